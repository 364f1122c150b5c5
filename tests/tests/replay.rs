//! Captures in, offers out: what the issue of this product is judged by, through the program as a person runs it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;
use tests::{json_lines, recorded, root, run, synthesise, touchpoint};

/// A synthetic town: the capture and its subscriber file.
struct Town {
    folder: TempDir,
}

impl Town {
    fn new(subscribers: &str, minutes: &str, seed: &str) -> Self {
        let town = Self { folder: tempfile::tempdir().expect("a temporary folder") };
        run(synthesise()
            .args(["--subscribers", subscribers, "--minutes", minutes, "--seed", seed, "--out"])
            .arg(town.capture())
            .arg("--directory")
            .arg(town.people()));
        town
    }

    fn capture(&self) -> PathBuf {
        self.folder.path().join("town.pcap")
    }

    fn people(&self) -> PathBuf {
        self.folder.path().join("town.csv")
    }
}

/// Replays and gives the decisions, in order, and the summary.
fn replay(capture: &Path, scenarios: &str, people: &Path, more: &[&str]) -> (Vec<Value>, Value) {
    let mut lines = json_lines(
        touchpoint()
            .arg("replay")
            .arg(capture)
            .arg("--scenarios")
            .arg(root().join("deploy/demo").join(scenarios))
            .arg("--subscribers")
            .arg(people)
            .arg("--json")
            .args(more),
    );
    let summary = lines.pop().expect("the last line is the summary");
    assert!(summary.get("summary").is_some(), "{summary}");
    (lines, summary)
}

fn sent(decisions: &[Value]) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for decision in decisions.iter().filter(|decision| decision["decision"] == "offer") {
        *counts.entry(decision["scenario"].as_str().expect("a scenario has a name").to_owned()).or_default() += 1;
    }
    counts
}

#[test]
fn the_recorded_capture_fires_what_its_phones_did() {
    let people = root().join("deploy/demo/recorded/subscribers.csv");
    let (decisions, _) = replay(&recorded("a-msc-leg.pcap"), "recorded", &people, &[]);
    let fired = sent(&decisions);
    // One phone moves to cell 7070 and has been off before; it dials 4999; it writes to the other; both show their handset.
    let expected = [("back-on", 1), ("hotline", 1), ("known-handset", 2), ("text-friend", 1), ("welcome-district", 1)];
    let expected: BTreeMap<String, usize> =
        expected.into_iter().map(|(name, count)| (name.to_owned(), count)).collect();
    assert_eq!(fired, expected, "{decisions:#?}");
}

#[test]
fn in_the_warm_up_of_a_cold_start_a_first_sighting_is_no_entry() {
    let town = Town::new("400", "20", "5");
    let entries = |more: &[&str]| {
        let (decisions, _) = replay(&town.capture(), "synthesised", &town.people(), more);
        decisions.iter().filter(|decision| decision["scenario"] == "wanda").count()
    };
    let (warm, cold) = (entries(&[]), entries(&["--cold"]));
    assert!(cold > 0 && cold < warm, "{cold} entries after a cold start, {warm} otherwise");
}

#[test]
fn threads_change_nothing() {
    let town = Town::new("1500", "20", "3");
    let outputs: Vec<(Vec<Value>, String)> = ["1", "2", "8"]
        .into_iter()
        .map(|threads| {
            let journal = town.folder.path().join(format!("offers-{threads}.jsonl"));
            let more = ["--threads", threads, "--journal", &journal.to_string_lossy()];
            let (decisions, _) = replay(&town.capture(), "synthesised", &town.people(), &more);
            (decisions, fs::read_to_string(journal).expect("the journal was written"))
        })
        .collect();
    let [one, two, eight] = outputs.as_slice() else { panic!("three runs") };
    assert!(sent(&one.0).values().sum::<usize>() > 50, "the town has something to say: {:?}", sent(&one.0));
    let reasons = one.0.iter().filter(|decision| decision["decision"] == "withheld").count();
    assert!(reasons > 20, "something was withheld: {reasons}");
    assert_eq!(one, two);
    assert_eq!(one, eight);
}

#[test]
fn common_id_removed_changes_nothing_where_the_imsi_was_shown_otherwise() {
    const COMMON_ID: [u8; 2] = [0x2f, 0x08];
    for name in ["a-msc-leg.pcap", "lite-ipa-leg.pcap"] {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let without = folder.path().join(name);
        let mut octets = fs::read(recorded(name)).expect("the recorded capture");
        // BSSAP discriminator 0, length, COMMON ID, IMSI element of eight octets: made a message type that is spare.
        let mut removed = 0;
        for at in 0..octets.len() - 6 {
            if octets[at] == 0
                && octets[at + 2..at + 4] == COMMON_ID
                && usize::from(octets[at + 1]) < 32
                && octets[at + 4] == 8
            {
                octets[at + 2] = 0xef;
                removed += 1;
            }
        }
        assert!(removed >= 3, "{name}: {removed} Common ID were found");
        fs::write(&without, &octets).expect("the changed capture");
        let events = |file: &Path| {
            let lines = json_lines(touchpoint().args(["decode", "--json", "--reveal"]).arg(file));
            lines
                .into_iter()
                .map(|mut event| {
                    // How the IMSI became known may differ, who it is may not.
                    event.as_object_mut().expect("an event is an object").remove("identity");
                    event.to_string()
                })
                .collect::<Vec<_>>()
        };
        assert_eq!(events(&recorded(name)), events(&without), "{name}");
    }
}

#[test]
fn compressed_and_split_captures_are_one_feed() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let whole = fs::read(recorded("a-msc-leg.pcap")).expect("the recorded capture");
    // Split between two records near the middle; the second half gets the file header again.
    let mut at = 24;
    while at < whole.len() / 2 {
        let kept = u32::from_le_bytes(whole[at + 8..at + 12].try_into().expect("four octets"));
        at += 16 + kept as usize;
    }
    let second = [&whole[..24], &whole[at..]].concat();
    // Names in the wrong order: time decides.
    fs::write(folder.path().join("b.pcap"), &whole[..at]).expect("first half");
    fs::write(folder.path().join("a.pcap"), &second).expect("second half");
    run(std::process::Command::new("gzip").arg(folder.path().join("a.pcap")));
    let decode = |path: &Path| run(touchpoint().args(["decode", "--json"]).arg(path)).stdout;
    assert_eq!(
        String::from_utf8_lossy(&decode(folder.path())),
        String::from_utf8_lossy(&decode(&recorded("a-msc-leg.pcap")))
    );

    let mut piped = touchpoint();
    piped
        .args(["decode", "--json", "-"])
        .stdin(fs::File::open(recorded("a-msc-leg.pcap")).expect("the recorded capture"));
    assert_eq!(run(&mut piped).stdout, decode(&recorded("a-msc-leg.pcap")));
}

#[test]
fn nobody_is_named_in_clear_unless_asked() {
    let people = root().join("deploy/demo/recorded/subscribers.csv");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let journal = folder.path().join("offers.jsonl");
    let identities = ["001010000000001", "001010000000002", "49170001", "49170002", "447785016005", "356969040000001"];
    let run_all = |reveal: &[&str]| {
        let mut shown = String::new();
        let mut add = |command: &mut std::process::Command| {
            let output = run(command.args(reveal));
            shown.push_str(&String::from_utf8_lossy(&output.stdout));
            shown.push_str(&String::from_utf8_lossy(&output.stderr));
        };
        let capture = recorded("a-msc-leg.pcap");
        add(touchpoint().arg("decode").arg(&capture));
        add(touchpoint().args(["decode", "--json"]).arg(&capture));
        add(touchpoint().args(["decode", "--messages"]).arg(&capture));
        add(touchpoint().args(["decode", "--messages", "--json"]).arg(&capture));
        for format in [&[][..], &["--json"][..]] {
            add(touchpoint()
                .arg("replay")
                .arg(&capture)
                .arg("--scenarios")
                .arg(root().join("deploy/demo/recorded"))
                .arg("--subscribers")
                .arg(&people)
                .arg("--journal")
                .arg(&journal)
                .args(format));
        }
        shown.push_str(&fs::read_to_string(&journal).expect("the journal was written"));
        shown
    };
    let masked = run_all(&[]);
    for identity in identities {
        assert!(!masked.contains(identity), "{identity} is shown in clear");
    }
    fs::remove_file(&journal).expect("the journal can be removed");
    let shown = run_all(&["--reveal"]);
    for identity in identities {
        assert!(shown.contains(identity), "{identity} is not shown although asked for");
    }
}

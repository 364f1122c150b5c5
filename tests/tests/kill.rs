//! `kill -9` in the middle of a replay to a message centre, then again from the start: no offer is sent twice, none is
//! forgotten but those of which nobody can know whether they were sent.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};
use tests::lookup::{LookupServer, Reply};
use tests::smsc::Smsc;
use tests::{json_lines, recorded, replay_town, root, run, synthesise, touchpoint};

fn replay(folder: &Path, smsc: &Smsc) -> Command {
    let mut command = replay_town(folder);
    command
        .args(["--json", "--reveal", "--smsc", &smsc.url()])
        // The store is where a person would have it who names none.
        .env("XDG_STATE_HOME", folder.join("state"));
    command
}

/// What the message centre took: (number, text) and how often.
fn taken(smsc: &Smsc) -> BTreeMap<(String, String), usize> {
    let mut counts = BTreeMap::new();
    for text in smsc.texts() {
        *counts.entry((text.to, text.text)).or_default() += 1;
    }
    counts
}

fn killed_after(mut replay: Command, smsc: &Smsc, submitted: usize) -> Option<()> {
    let mut child: Child = replay.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("touchpoint starts");
    loop {
        if smsc.events("submit_sm").len() >= submitted {
            break;
        }
        if child.try_wait().expect("a child can be asked").is_some() {
            return None;
        }
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    child.kill().expect("SIGKILL");
    child.wait().expect("it is dead");
    Some(())
}

#[test]
fn nothing_is_sent_twice_and_nothing_forgotten() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    run(synthesise()
        .args(["--subscribers", "1500", "--minutes", "20", "--seed", "11", "--out"])
        .arg(folder.path().join("town.pcap"))
        .arg("--directory")
        .arg(folder.path().join("town.csv")));
    let smsc = Smsc::start(json!({ "delay_ms": 3 }));

    let mut kills = 0;
    for submitted in [1, 40, 41, 90, 150, 230] {
        kills += usize::from(killed_after(replay(folder.path(), &smsc), &smsc, submitted).is_some());
    }
    assert!(kills >= 4, "the replay is slow enough to be killed: {kills}");

    let mut lines = json_lines(&mut replay(folder.path(), &smsc));
    let summary = lines.pop().expect("a summary");
    let offers: Vec<&Value> = lines.iter().filter(|line| line["decision"] == "offer").collect();
    let states = |state: &str| offers.iter().filter(|offer| offer["state"] == state).count();
    assert!(offers.len() > 200, "{summary}");

    // Exactly once, by the message centre's own log: a service offer of which nobody knew may come again, and only it.
    let service: BTreeSet<&str> = ["您关机期间的来电提醒,请拨12580查询"].into();
    let taken = taken(&smsc);
    for ((to, text), count) in &taken {
        let again = usize::from(service.contains(text.as_str())) * kills;
        assert!(*count <= 1 + again, "{to} got `{text}` {count} times");
    }
    // Whatever is said to be accepted is there, and whatever is not there is said to be unknown.
    for offer in &offers {
        let key = (
            offer["msisdn"].as_str().expect("an offer has an address").to_owned(),
            offer["text"].as_str().expect("an offer has a text").to_owned(),
        );
        match offer["state"].as_str() {
            Some("accepted") => assert!(taken.contains_key(&key), "accepted, but never taken: {offer}"),
            Some("unknown") => {}
            other => panic!("{other:?} is no final state: {offer}"),
        }
    }
    // At most the window of each kill can be in doubt.
    assert!(states("unknown") <= kills * 10, "{} of {} unknown", states("unknown"), offers.len());

    // And once more: everything has been decided and nothing is sent.
    let before = smsc.events("submit_sm").len();
    let mut again = json_lines(&mut replay(folder.path(), &smsc));
    again.pop();
    assert_eq!(again, lines, "a finished replay reports the same again");
    assert_eq!(smsc.events("submit_sm").len(), before, "nothing is sent by a finished replay");
}

#[test]
fn an_interrupted_replay_reports_what_an_uninterrupted_one_does() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    run(synthesise()
        .args(["--subscribers", "1500", "--minutes", "20", "--seed", "12", "--out"])
        .arg(folder.path().join("town.pcap"))
        .arg("--directory")
        .arg(folder.path().join("town.csv")));
    let to_journal = |store: &str, threads: &str| {
        let mut command = touchpoint();
        command
            .arg("replay")
            .arg(folder.path().join("town.pcap"))
            .arg("--scenarios")
            .arg(root().join("deploy/demo/synthesised"))
            .arg("--subscribers")
            .arg(folder.path().join("town.csv"))
            .args(["--json", "--threads", threads, "--store"])
            .arg(folder.path().join(store));
        command
    };
    let mut whole = json_lines(&mut to_journal("whole", "2"));
    whole.pop();
    for (pause_ms, threads) in [(20, "1"), (35, "2"), (60, "3"), (90, "1"), (140, "8")] {
        let mut child =
            to_journal("cut", threads).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("touchpoint starts");
        std::thread::sleep(std::time::Duration::from_millis(pause_ms));
        child.kill().ok();
        child.wait().expect("it is dead");
    }
    let mut cut = json_lines(&mut to_journal("cut", "2"));
    cut.pop();
    // An offer caught between writing and answer may be unknown; what was decided may not differ.
    let decided = |lines: &[Value]| -> Vec<String> {
        lines
            .iter()
            .map(|line| {
                format!("{} {} {} {} {}", line["decision"], line["at"], line["scenario"], line["reason"], line["offer"])
            })
            .collect()
    };
    assert_eq!(decided(&cut), decided(&whole));
}

#[test]
fn a_roamer_is_welcomed_at_the_number_that_the_hook_gives() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    // In the recorded capture both phones are foreigners to a network whose home is 460-00.
    let set = folder.path().join("set");
    std::fs::create_dir_all(set.join("scenarios")).expect("a folder can be made");
    std::fs::write(set.join("policy.yaml"), "timezone: Asia/Shanghai\nhome: [46000]\n").expect("a policy");
    std::fs::write(
        set.join("scenarios/welcome.yaml"),
        "scenario: welcome\npurpose: service\nwhen: {roam: {in: [international]}}\n\
         send: {sms: \"Welcome to China\"}\nlimits: {per_user: 1 per 72h, expires: 60m}\n",
    )
    .expect("a scenario");
    let hook =
        LookupServer::start([("001010000000001", Reply::Json("+4917012345")), ("001010000000002", Reply::Status(404))]);
    let smsc = Smsc::start(json!({}));
    let mut lines = json_lines(
        touchpoint()
            .arg("replay")
            .arg(recorded("a-msc-leg.pcap"))
            .arg("--scenarios")
            .arg(&set)
            .args(["--json", "--reveal", "--lookup", &hook.url(), "--smsc", &smsc.url()])
            .env("XDG_STATE_HOME", folder.path().join("state")),
    );
    lines.pop();
    let told: Vec<_> = lines
        .iter()
        .map(|line| {
            let text = |key: &str| line[key].as_str().unwrap_or_default().to_owned();
            (text("imsi"), text("decision"), text("reason"), text("state"), text("msisdn"))
        })
        .collect();
    let row = |cells: [&str; 5]| -> (String, String, String, String, String) { cells.map(str::to_owned).into() };
    assert_eq!(
        told,
        [
            row(["001010000000001", "offer", "", "accepted", "+4917012345"]),
            row(["001010000000002", "withheld", "no_address", "", ""]),
            // It was switched off and comes back without a location area, as from abroad: once in 72 hours is enough.
            row(["001010000000001", "withheld", "per_user_cap", "", ""]),
        ]
    );
    let texts = smsc.texts();
    assert_eq!(texts.len(), 1, "{texts:?}");
    assert_eq!((texts[0].to.as_str(), texts[0].text.as_str()), ("4917012345", "Welcome to China"));
    assert_eq!(hook.asked().len(), 2, "each is asked for once: {:?}", hook.asked());
}

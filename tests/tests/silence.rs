//! A capture with a hole: what was not heard is no absence and no stay, at any number of threads and after a crash in the hole.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;
use tests::{frames_of, json_lines, run, synthesise, touchpoint};

/// The capture begins here; of four hours the second and the third are the hole.
const DAY: &str = "2026-03-02T";
const HOLE_BEGINS: &str = "10:00:00";
const HOLE_ENDS: &str = "12:00:00";
/// By then every area has been silent for long enough: a busy one never pauses for as long as a minute.
const CERTAIN: &str = "10:03:00";
/// T3212 is half an hour: until then nobody who has not been heard again is absent.
const ALL_HEARD: &str = "12:30:00";

/// A town, the same with a hole, and scenarios whose time runs out in it.
struct Town {
    folder: TempDir,
}

impl Town {
    fn new() -> Self {
        let town = Self { folder: tempfile::tempdir().expect("a temporary folder") };
        run(synthesise()
            .args(["--subscribers", "3000", "--minutes", "240", "--bsc", "2", "--seed", "9", "--start"])
            .arg(format!("{DAY}09:00:00Z"))
            .args(["--periodic-update", "30", "--action-every", "1200", "--out"])
            .arg(town.path("whole.pcap"))
            .arg("--directory")
            .arg(town.path("town.csv")));
        let whole = fs::read(town.path("whole.pcap")).expect("the capture");
        fs::write(town.path("hole.pcap"), without_the_hole(&whole)).expect("the folder is ours");
        let scenario = |name: &str, rest: &str| {
            let text = format!("scenario: {name}\npurpose: service\n{rest}\n");
            fs::create_dir_all(town.path("set/scenarios")).expect("the folder is ours");
            fs::write(town.path(&format!("set/scenarios/{name}.yaml")), text).expect("the folder is ours");
        };
        let call = "{call: {out: yes}}";
        let absence =
            format!("when:\n  absence: {{after: {call}, no: {call}, for: 45m, still_here: no}}\nsend: {{sms: hello}}");
        scenario("quiet", &absence);
        let stage = "{after: 45m, unless: power_off, send: {sms: hello}}";
        scenario("later", &format!("when: {call}\nstages:\n  - {stage}"));
        let policy = "timezone: Asia/Shanghai\nhome: [46000, 46002, 46007]\nt3212: 30m\n";
        fs::write(town.path("set/policy.yaml"), policy).expect("the folder is ours");
        town
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn replay(&self, capture: &str, store: &Path, threads: &str) -> std::process::Command {
        let mut command = touchpoint();
        command.arg("replay").arg(self.path(capture)).arg("--scenarios").arg(self.path("set"));
        command.arg("--subscribers").arg(self.path("town.csv")).arg("--store").arg(store);
        command.args(["--json", "--reveal", "--threads", threads]);
        command
    }

    /// What was decided, apart from what became of it.
    fn decides(&self, capture: &str, threads: &str) -> BTreeSet<Decision> {
        let store = self.path(&format!("store-{capture}-{threads}"));
        decisions(&json_lines(&mut self.replay(capture, &store, threads)))
    }
}

/// Scenario, time of day, subscriber, and whether it was an offer.
type Decision = (String, String, String, bool);

fn decisions(lines: &[Value]) -> BTreeSet<Decision> {
    let text = |line: &Value, key: &str| line[key].as_str().unwrap_or_default().to_owned();
    let decision = |line: &Value| {
        let at = text(line, "at");
        let at = at.strip_prefix(DAY).unwrap_or(&at).to_owned();
        (text(line, "scenario"), at, text(line, "imsi"), line["decision"] == "offer")
    };
    lines.iter().filter(|line| line.get("decision").is_some()).map(decision).collect()
}

/// The frames before the hole and behind it.
fn without_the_hole(capture: &[u8]) -> Vec<u8> {
    let second_of_day = |time: &str| {
        let mut parts = time.split(':').map(|part| part.parse::<u32>().expect("a number"));
        parts.by_ref().take(3).fold(0, |sum, part| sum * 60 + part)
    };
    let hole = second_of_day(HOLE_BEGINS)..second_of_day(HOLE_ENDS);
    frames_of(capture, |second| !hole.contains(&(second % 86_400)))
}

fn offers_between<'d>(
    decisions: &'d BTreeSet<Decision>,
    scenario: &'d str,
    from: &'d str,
    to: &'d str,
) -> impl Iterator<Item = &'d Decision> {
    decisions
        .iter()
        .filter(move |(name, at, _, is_offer)| *is_offer && name.starts_with(scenario) && **at >= *from && **at < *to)
}

#[test]
fn nobody_is_absent_because_nothing_was_heard() {
    let town = Town::new();
    let (whole, holed) = (town.decides("whole.pcap", "2"), town.decides("hole.pcap", "2"));
    for scenario in ["quiet", "later"] {
        let count = |decisions| offers_between(decisions, scenario, CERTAIN, ALL_HEARD).count();
        assert!(count(&whole) > 100, "{scenario} has something to decide: {}", count(&whole));
        // Of whoever was heard again before all are, the clock goes on where it stood.
        let in_the_hole = offers_between(&holed, scenario, CERTAIN, HOLE_ENDS).collect::<Vec<_>>();
        assert!(in_the_hole.is_empty(), "{scenario}: {in_the_hole:?}");
        let afterwards = offers_between(&holed, scenario, HOLE_ENDS, "24").count();
        println!("{scenario}: {} without a hole, {afterwards} after it", count(&whole));
        assert!(afterwards > 10, "{scenario} goes on afterwards: {afterwards}");
    }
    for threads in ["1", "8"] {
        assert_eq!(town.decides("hole.pcap", threads), holed, "{threads} threads");
    }
}

#[test]
fn a_crash_in_the_hole_changes_nothing() {
    let town = Town::new();
    let whole = town.decides("hole.pcap", "2");
    for (round, millis) in [40, 120, 250].into_iter().enumerate() {
        let store = town.path(&format!("crashed-{round}"));
        let mut child = town.replay("hole.pcap", &store, "3");
        let mut child = child.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("touchpoint starts");
        std::thread::sleep(Duration::from_millis(millis));
        child.kill().expect("SIGKILL");
        child.wait().expect("it is dead");
        let resumed = decisions(&json_lines(&mut town.replay("hole.pcap", &store, "2")));
        assert_eq!(resumed, whole, "killed after {millis} ms");
    }
}

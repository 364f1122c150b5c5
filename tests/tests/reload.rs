//! Scenarios edited while frames come in: a broken file is refused and those in force stay, a good one is taken whole, and
//! what had begun under the first goes on under the second.

#![expect(clippy::disallowed_types, reason = "a thread reads what the program says, for the test to look at")]

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use serde_json::Value;
use tests::{json, json_lines, now, recorded, touchpoint};

const CAPTURE: &str = "a-msc-leg.pcap";
/// Octets before the first record, and before the data of each, in a pcap file.
const FILE_HEADER: usize = 24;
const RECORD_HEADER: usize = 16;

fn scenario(text: &str) -> String {
    format!(
        "scenario: update-then-call\npurpose: service\n\
         when: {{sequence: {{within: 48h, steps: [location_update, call]}}}}\nsend: {{sms: \"{text}\"}}\n"
    )
}

/// More than the beginning of an input by which it is known again, before which a replay does not start.
const BEGINNING: usize = 70_000;

/// The capture with a frame of nothing before it, so long that a replay of a pipe starts with the first of the others.
fn capture() -> Vec<u8> {
    let file = fs::read(recorded(CAPTURE)).expect("the capture");
    let (header, frames) = file.split_at(FILE_HEADER);
    let length = u32::try_from(BEGINNING).expect("a length").to_le_bytes();
    [header, &frames[..8], &length, &length, &[0; BEGINNING], frames].concat()
}

/// The octets of a pcap file up to each frame's end.
fn ends(file: &[u8]) -> Vec<usize> {
    let mut ends = vec![FILE_HEADER];
    let mut at = FILE_HEADER;
    while let Some(length) = file.get(at + 8..at + 12) {
        at += RECORD_HEADER + u32::from_le_bytes(length.try_into().expect("four octets")) as usize;
        ends.push(at);
    }
    ends
}

/// The frames of an update and of a later call of the same subscriber that are farthest apart.
fn update_and_call(capture: &Path) -> (usize, usize) {
    let events = json_lines(touchpoint().arg("decode").arg(capture).args(["--json", "--reveal"]));
    let frame = |event: &Value| event["frame"].as_u64().expect("a frame") as usize;
    let calls = events.iter().filter(|event| event["kind"] == "call_setup");
    let pair = |call: &Value| {
        let is_before = |event: &&Value| {
            event["kind"] == "location_update" && event["imsi"] == call["imsi"] && frame(event) < frame(call)
        };
        events.iter().filter(is_before).map(|update| (frame(update), frame(call))).max()
    };
    calls.filter_map(pair).max_by_key(|(update, call)| call - update).expect("an update and a call")
}

fn subscribers(file: &Path) {
    let events = json_lines(touchpoint().arg("decode").arg(recorded(CAPTURE)).args(["--json", "--reveal"]));
    let known: BTreeSet<&str> = events.iter().filter_map(|event| event["imsi"].as_str()).collect();
    let rows = known.iter().enumerate().map(|(place, imsi)| format!("{imsi},139000000{place:02}\n"));
    fs::write(file, format!("imsi,msisdn\n{}", rows.collect::<String>())).expect("the subscriber file");
}

fn replay(folder: &Path, capture: &str) -> Command {
    let mut command = touchpoint();
    command.arg("replay").arg(capture).arg("--scenarios").arg(folder.join("set"));
    command.arg("--subscribers").arg(folder.join("people.csv")).args(["--json", "--reveal"]);
    command
}

/// A replay that is fed frame by frame, and what it says meanwhile.
struct Fed {
    child: Child,
    input: ChildStdin,
    said: Arc<Mutex<String>>,
}

impl Fed {
    fn begin(mut command: Command) -> Self {
        let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = piped.spawn().expect("touchpoint starts");
        let input = child.stdin.take().expect("a pipe");
        let (said, errors) = (Arc::new(Mutex::new(String::new())), child.stderr.take().expect("a pipe"));
        let heard = Arc::clone(&said);
        thread::spawn(move || {
            for line in BufReader::new(errors).lines().map_while(Result::ok) {
                heard.lock().expect("nobody panics with it").push_str(&format!("{line}\n"));
            }
        });
        Self { child, input, said }
    }

    fn feed(&mut self, octets: &[u8]) {
        self.input.write_all(octets).and_then(|()| self.input.flush()).expect("touchpoint reads");
    }

    fn has_said(&self, words: &str) -> bool {
        self.said.lock().expect("nobody panics with it").contains(words)
    }

    /// Waits until it has begun its store: then the scenarios have been read.
    fn wait_for(&self, file: &Path) {
        let begun = now();
        while !file.exists() {
            let said = self.said.lock().expect("nobody panics with it").clone();
            assert!(begun.elapsed() < Duration::from_secs(60), "no store was begun, but:\n{said}");
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Feeds further frames, now and then one, until it says so. Gives the frame that comes next.
    fn feed_until(&mut self, words: &str, file: &[u8], ends: &[usize], mut next: usize, last: usize) -> usize {
        let begun = now();
        while !self.has_said(words) {
            let said = self.said.lock().expect("nobody panics with it").clone();
            assert!(next < last && begun.elapsed() < Duration::from_secs(60), "`{words}` was not said, but:\n{said}");
            self.feed(&file[ends[next]..ends[next + 1]]);
            next += 1;
            thread::sleep(Duration::from_millis(150));
        }
        next
    }

    fn finish(self) -> (Vec<Value>, String) {
        drop(self.input);
        let output = self.child.wait_with_output().expect("touchpoint ends");
        let said = self.said.lock().expect("nobody panics with it").clone();
        assert!(output.status.success(), "{said}");
        (json(&String::from_utf8(output.stdout).expect("UTF-8")), said)
    }
}

#[test]
fn scenarios_change_while_frames_come_in_and_what_has_begun_goes_on() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (set, folder) = (folder.path().join("set"), folder.path());
    fs::create_dir_all(set.join("tests")).expect("a folder");
    subscribers(&folder.join("people.csv"));
    fs::write(set.join("a.yaml"), scenario("before")).expect("a scenario");
    let (file, whole) = (capture(), folder.join("whole.pcap"));
    fs::write(&whole, &file).expect("the capture");
    let ends = ends(&file);
    let (update, call) = update_and_call(&whole);
    assert!(call - update > 20, "frames enough to change scenarios between {update} and {call}");

    let (mut command, store) = (replay(folder, "-"), folder.join("store"));
    command.arg("--watch-scenarios").arg("--store").arg(&store);
    let mut fed = Fed::begin(command);
    fed.feed(&file[..ends[update]]);
    fed.wait_for(&store.join("window/CURRENT"));
    // A mistake, then a test that fails: both times those in force stay.
    fs::write(set.join("a.yaml"), scenario("after").replace("purpose", "purpos")).expect("a scenario");
    let next = fed.feed_until("scenarios refused: 1 errors", &file, &ends, update, call - 1);
    fs::write(set.join("a.yaml"), scenario("after")).expect("a scenario");
    let case = "{case: one, events: [{at: \"10:00\", call: 114}], expect: [{at: \"10:00\", offer: update-then-call}]}";
    fs::write(set.join("tests/a_test.yaml"), format!("defaults: {{date: 2009-07-10}}\ncases: [{case}]\n"))
        .expect("a test");
    let next = fed.feed_until("scenarios refused: 1 of its unit tests fail", &file, &ends, next, call - 1);
    fs::remove_file(set.join("tests/a_test.yaml")).expect("a test");
    let next = fed.feed_until("scenarios in force: revision", &file, &ends, next, call - 1);
    fed.feed(&file[ends[next]..]);
    let (mut lines, said) = fed.finish();

    assert!(said.contains("error[S02") && said.contains("error[T02"), "{said}");
    let summary = lines.pop().expect("a summary");
    assert_eq!(summary["summary"]["reloads"], serde_json::json!({"taken": 1, "refused": 2}));
    // The same offers as if nobody had changed anything, by the text that was in force.
    let mut whole = json_lines(&mut replay(folder, whole.to_str().expect("UTF-8")));
    assert_eq!(whole.pop().expect("a summary")["summary"]["revision"], summary["summary"]["revision"]);
    let offers = |lines: &[Value]| -> Vec<(String, String)> {
        let offers = lines.iter().filter(|line| line["decision"] == "offer");
        offers.map(|line| (line["at"].to_string(), line["imsi"].to_string())).collect()
    };
    assert_eq!(offers(&lines), offers(&whole));
    assert!(!offers(&lines).is_empty());
    let texts: BTreeSet<&str> = lines.iter().filter_map(|line| line["text"].as_str()).collect();
    assert!(texts.contains("after") && texts.is_subset(&["before", "after"].into()), "{texts:?}");
}

#[test]
fn the_author_is_who_committed_last() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let good = scenario("hello");
    fs::write(folder.path().join("a.yaml"), &good).expect("a scenario");
    let git = |arguments: &[&str]| {
        let mut command = Command::new("git");
        command.arg("-C").arg(folder.path()).args(["-c", "user.name=李雷", "-c", "user.email=li@example.com"]);
        command.args(arguments).stdout(Stdio::null()).stderr(Stdio::null());
        assert!(command.status().expect("git").success(), "{arguments:?}");
    };
    let author = || engine::reload::load(folder.path(), &Default::default()).expect("a set without mistakes").author;
    git(&["init", "-q"]);
    assert_eq!(author(), None, "nobody has committed yet");
    git(&["add", "."]);
    git(&["commit", "-q", "-m", "first"]);
    let found = author().expect("somebody has");
    assert_eq!((found.name.as_str(), found.has_more), ("李雷", false));
    fs::write(folder.path().join("a.yaml"), good.replace("hello", "welcome")).expect("a scenario");
    assert!(author().expect("somebody has").has_more);
}

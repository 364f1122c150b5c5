//! Whatever comes in: a clear error that says what, where and what to do; nothing half done; the right exit code.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use tempfile::TempDir;
use tests::{recorded, root, touchpoint};

struct Case {
    folder: TempDir,
}

impl Case {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a temporary folder") }
    }

    fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::create_dir_all(path.parent().expect("a file lies in a folder")).expect("a folder can be made");
        fs::write(&path, content).expect("a file can be written");
        path
    }
}

fn decode(file: &Path) -> Output {
    touchpoint().args(["decode", "--json"]).arg(file).output().expect("touchpoint starts")
}

/// Runs, and expects this exit code and all of these words on standard error.
fn check(output: &Output, code: i32, words: &[&str]) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{said}");
    for word in words {
        assert!(said.contains(word), "`{word}` is missing in:\n{said}");
    }
    for jargon in ["panicked", "RUST_BACKTRACE", "Os {", "Error("] {
        assert!(!said.contains(jargon), "`{jargon}` must not be shown to a person:\n{said}");
    }
}

#[test]
fn a_missing_capture_is_named() {
    check(&decode(Path::new("no/such.pcap")), 1, &["no/such.pcap"]);
}

#[test]
fn an_empty_capture_is_named() {
    let case = Case::new();
    check(&decode(&case.file("empty.pcap", "")), 1, &["empty.pcap", "empty"]);
}

#[test]
fn a_foreign_file_is_recognised_as_such() {
    let case = Case::new();
    check(&decode(&case.file("letter.pcap", "Dear Sir or Madam, this is no capture.")), 1, &["letter.pcap", "pcap"]);
}

#[test]
fn a_capture_that_was_cut_off_is_read_as_far_as_it_goes() {
    let case = Case::new();
    let whole = fs::read(recorded("a-msc-leg.pcap")).expect("the recorded capture");
    let all = decode(&recorded("a-msc-leg.pcap"));
    check(&all, 0, &[]);
    let cut = decode(&case.file("cut.pcap", &whole[..whole.len() - 7]));
    check(&cut, 3, &["cut.pcap"]);
    let (all, cut) =
        (String::from_utf8_lossy(&all.stdout).into_owned(), String::from_utf8_lossy(&cut.stdout).into_owned());
    assert!(cut.lines().count() + 2 >= all.lines().count(), "all but the last frame is there");
}

#[test]
fn every_truncation_of_a_capture_ends_orderly() {
    let case = Case::new();
    let whole = fs::read(recorded("lite-ipa-leg.pcap")).expect("the recorded capture");
    for length in (0..whole.len()).step_by(701).chain(0..48) {
        let output = decode(&case.file("cut.pcap", &whole[..length]));
        let code = output.status.code();
        assert!(matches!(code, Some(0 | 1 | 3)), "cut after {length} octets: {code:?}");
    }
}

#[test]
fn corrupted_octets_never_stop_the_program() {
    let case = Case::new();
    let whole = fs::read(recorded("a-msc-leg.pcap")).expect("the recorded capture");
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    for round in 0..40 {
        let mut octets = whole.clone();
        for _ in 0..200 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let index = 24 + (state >> 33) as usize % (octets.len() - 24);
            octets[index] ^= (state >> 20) as u8;
        }
        let output = decode(&case.file("corrupt.pcap", &octets));
        let code = output.status.code();
        assert!(matches!(code, Some(0 | 1 | 3)), "round {round}: {code:?} {}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn an_unknown_link_type_is_named() {
    let case = Case::new();
    let mut octets = fs::read(recorded("a-msc-leg.pcap")).expect("the recorded capture");
    octets[20..24].copy_from_slice(&999_u32.to_le_bytes());
    check(&decode(&case.file("odd.pcap", &octets)), 1, &["odd.pcap", "999"]);
}

#[test]
fn a_folder_without_captures_is_named() {
    let case = Case::new();
    case.file("notes.txt", "nothing here");
    check(&decode(case.folder.path()), 1, &["capture"]);
}

fn replay(scenarios: &Path, more: &[&str]) -> Output {
    touchpoint()
        .arg("replay")
        .arg(recorded("a-msc-leg.pcap"))
        .arg("--scenarios")
        .arg(scenarios)
        .args(more)
        .output()
        .expect("touchpoint starts")
}

#[test]
fn a_scenario_with_errors_stops_before_anything_is_done() {
    let case = Case::new();
    case.file("set/scenarios/bad.yaml", "场景:bad\n优先级: 很高\n");
    let set = case.folder.path().join("set");
    let store = case.folder.path().join("store");
    let output = replay(&set, &["--store", &store.to_string_lossy()]);
    check(&output, 1, &["bad.yaml", ":"]);
    assert!(!store.exists(), "nothing was begun");
    assert!(output.stdout.is_empty(), "nothing was shown as if it had worked");
}

#[test]
fn a_missing_list_is_named() {
    let case = Case::new();
    let set = case.folder.path().join("set");
    case.file(
        "set/scenarios/x.yaml",
        "scenario: x\npurpose: service\nwhen: {device: no-such-list}\nsend: {sms: \"Hello\"}\n",
    );
    check(&replay(&set, &[]), 1, &["x.yaml", "no-such-list"]);
}

#[test]
fn a_missing_folder_of_scenarios_is_named() {
    check(&replay(Path::new("no/such/folder"), &[]), 1, &["no/such/folder"]);
}

#[test]
fn a_subscriber_file_with_a_bad_row_is_named_with_its_line() {
    let case = Case::new();
    let file = case.file("people.csv", "imsi,msisdn\n001010000000001,49170001\nnobody,49170002\n");
    let output = replay(&root().join("deploy/demo/recorded"), &["--subscribers", &file.to_string_lossy()]);
    check(&output, 1, &["people.csv", "3"]);
}

#[test]
fn a_message_centre_that_is_not_there_is_named() {
    let case = Case::new();
    let store = case.folder.path().join("store");
    let output = replay(
        &root().join("deploy/demo/recorded"),
        &["--smsc", "smpp://user:secret@127.0.0.1:1", "--store", &store.to_string_lossy()],
    );
    check(&output, 1, &["127.0.0.1:1"]);
    assert!(!String::from_utf8_lossy(&output.stderr).contains("secret"), "a password is never shown");
}

#[test]
fn wrong_arguments_say_what_is_known() {
    let output = touchpoint().args(["replay", "--no-such-option"]).output().expect("touchpoint starts");
    check(&output, 2, &["--no-such-option"]);
}

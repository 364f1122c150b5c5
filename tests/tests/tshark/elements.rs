//! Live traffic of real network elements (`tests/elements`): what was decoded while they spoke, frame by frame against what
//! the dissector finds in the recording made beside it, and against what is made of that recording later.

use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use tests::{json, json_lines, recorded, root, timeless, touchpoint};

use super::{Explain, FIELDS, Field, Values, agree, by_lines, compare, explained, gb};

/// What every story needs.
const ALWAYS: [&str; 8] =
    ["python3", "ip", "unshare", "dumpcap", "tshark", "osmo-hlr", "osmo-hlr-db-tool", "osmo-auc-gen"];

/// Whether everything is there; what is not is told.
fn is_possible(programs: &[&str]) -> bool {
    let folders: Vec<_> = env::var_os("PATH").iter().flat_map(env::split_paths).collect();
    let is_missing = |program: &&&str| !folders.iter().any(|folder| folder.join(program).exists());
    let missing: Vec<_> = ALWAYS.iter().chain(programs).filter(is_missing).copied().collect();
    if !missing.is_empty() {
        eprintln!("SKIPPED: not installed: {}; deploy/packages.sh elements installs them", missing.join(", "));
        return false;
    }
    let isolated = Command::new("unshare").args(["--net", "--pid", "--fork", "--mount-proc", "true"]).output();
    let is_allowed = isolated.is_ok_and(|output| output.status.success());
    if !is_allowed {
        eprintln!("SKIPPED: listening to real network elements needs root and namespaces (CAP_SYS_ADMIN, CAP_NET_RAW)");
    }
    is_allowed
}

fn check(story: &str, programs: &[&str], fields: &[Field], options: &[&str], explained: Explain) -> usize {
    if !is_possible(programs) {
        return usize::MAX;
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    let record = root().join("tests/elements/record.py");
    let output = Command::new(record).arg(story).arg(folder.path()).arg(touchpoint().get_program()).output();
    let output = output.expect("the recorder starts");
    assert!(output.status.success(), "{}\n{}", String::from_utf8_lossy(&output.stderr), logs(folder.path()));
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).expect("it was written");
    println!("{}", read("live.messages.said"));
    let recorded = folder.path().join("recorded.pcapng");
    let live = json(&read("live.messages"));
    let compared = agree(&by_lines(&live, fields), &recorded, fields, options, explained);
    let replay = |words: &[&str]| {
        timeless(json_lines(touchpoint().args(["decode", "--json", "--reveal"]).args(words).arg(&recorded)))
    };
    same("messages", &timeless(live), &replay(&["--messages"]));
    same("events", &timeless(json(&read("live.events"))), &replay(&[]));
    compared
}

/// The same lines; the first difference is told.
fn same(what: &str, live: &[Value], later: &[Value]) {
    assert!(!live.is_empty(), "no {what}");
    println!("{} {what} live, {} from the recording", live.len(), later.len());
    let difference = live.iter().zip(later).find(|(live, later)| live != later);
    assert!(difference.is_none(), "{what}: live, and from the recording:\n{difference:#?}");
    assert_eq!(live.len(), later.len(), "{what}");
}

/// What the elements and the recorder said.
fn logs(folder: &Path) -> String {
    let files = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let said = files.filter(|path| path.extension().is_some_and(|kind| kind == "log" || kind == "said"));
    said.map(|path| format!("== {}\n{}", path.display(), fs::read_to_string(&path).unwrap_or_default())).collect()
}

/// Why a disagreement on A is none.
fn explained_on_a(frame: &Values, field: &str, ours: &[String], theirs: &[String]) -> Option<&'static str> {
    match field {
        "operation" if ours.is_empty() => Some("TS 24.080 §3.6.2: the code of a return error is no operation"),
        "cc cause" if ours.is_empty() => {
            Some("TS 24.008 §10.5.4.11: octet 3a follows, and no octet is left for the value")
        }
        _ => explained(frame, field, ours, theirs),
    }
}

/// Why a disagreement on Gb is none.
fn explained_on_gb(frame: &Values, field: &str, ours: &[String], theirs: &[String]) -> Option<&'static str> {
    const STATUS: &str = "65";
    let has_status = frame.get("bssgp message").is_some_and(|types| types.iter().any(|code| code == STATUS));
    if has_status && theirs.len() > ours.len() {
        return Some("TS 48.018 §10.4.14: what STATUS quotes is not sent");
    }
    gb::explained(frame, field, ours, theirs)
}

#[test]
fn phones_on_gb_are_followed_live() {
    let programs = ["osmo-sgsn", "osmo-ggsn"];
    let compared = check("gb", &programs, gb::FIELDS, gb::OPTIONS, explained_on_gb);
    assert!(compared > 1500, "phones say more than these {compared} values");
}

#[test]
fn phones_on_a_are_followed_live() {
    let programs = ["linux.uml", "insmod", "osmo-stp", "osmo-msc", "osmo-bsc", "osmo-mgw"];
    let compared = check("a", &programs, FIELDS, &[], explained_on_a);
    assert!(compared > 10_000, "phones say more than these {compared} values");
}

#[test]
fn what_was_recorded_of_them_agrees() {
    assert!(
        compare(&recorded("elements-m3ua.pcap"), FIELDS, &[], explained_on_a) > 10_000,
        "the capture holds more than this"
    );
    assert!(
        compare(&recorded("elements-ipa.pcap"), FIELDS, &[], explained_on_a) > 2000,
        "the capture holds more than this"
    );
    let compared = compare(&recorded("elements-gb.pcap"), gb::FIELDS, gb::OPTIONS, explained_on_gb);
    assert!(compared > 1500, "the capture holds more than these {compared} values");
}

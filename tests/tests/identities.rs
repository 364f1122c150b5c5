//! A service that is killed amid traffic knows again whom temporary identities mean; nobody who is known so is sent anything
//! before the network has confirmed it. What nobody listened to meanwhile is no absence.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tests::service::Service;
use tests::{frames_of, json_lines, run, synthesise, touchpoint};

const CALLER: &str = "scenario: caller\npurpose: service\nwhen: {call: {out: yes}}\nsend: {sms: hello}\n";
const QUIET: &str = "scenario: quiet\npurpose: service\nwhen:\n  absence: {after: {call: {out: yes}}, no: {call: {out: yes}}, \
                     for: 15m, still_here: no}\nsend: {sms: hello}\n";
const POLICY: &str = "timezone: Asia/Shanghai\nhome: [46000, 46002, 46007]\nt3212: 30m\n";
const START: &str = "2026-03-02T09:00:00Z";
/// So many minutes are before the crash, and fifteen after it.
const BEFORE: u32 = 25;

/// A town in which phones use their temporary identities only, and the network says no more of them than it must. For so many
/// minutes after the crash nobody listens.
fn town(folder: &Path, interface: &str, scenario: &str, hole: u32) {
    let minutes = (BEFORE + hole + 15).to_string();
    run(synthesise()
        .args([
            "--subscribers",
            "1500",
            "--minutes",
            &minutes,
            "--seed",
            "5",
            "--start",
            START,
            "--action-every",
            "300",
        ])
        .args(["--common-id", "never", "--identity", "never", "--gb-imsi", "0.1", "--interface", interface, "--out"])
        .arg(folder.join("town.pcap"))
        .arg("--directory")
        .arg(folder.join("town.csv")));
    let whole = fs::read(folder.join("town.pcap")).unwrap();
    let minute = |second: u32| second % 86_400 / 60 - 9 * 60;
    fs::write(folder.join("1.pcap"), frames_of(&whole, |second| minute(second) < BEFORE)).unwrap();
    fs::write(folder.join("2.pcap"), frames_of(&whole, |second| minute(second) >= BEFORE + hole)).unwrap();
    fs::create_dir_all(folder.join("set/scenarios")).unwrap();
    fs::write(folder.join("set/policy.yaml"), POLICY).unwrap();
    fs::write(folder.join("set/scenarios/one.yaml"), scenario).unwrap();
}

fn frames(service: &Service) -> u64 {
    service.status()["feeds"][0]["frames"].as_u64().unwrap_or(0)
}

fn resolved(service: &Service, how: &str) -> u64 {
    let status = service.status();
    let counts = status["feeds"][0]["probe"].as_array().unwrap();
    let count =
        counts.iter().find(|count| count["group"] == "identities" && count["name"] == format!("resolved_{how}"));
    count.map_or(0, |count| count["count"].as_u64().unwrap())
}

/// A capture comes into the folder that is followed, and is taken in.
fn play(service: &mut Service, capture: &Path) {
    let messages = json_lines(touchpoint().args(["decode", "--messages", "--json"]).arg(capture));
    let count = messages.iter().filter_map(|line| line["frame"].as_u64()).max().unwrap();
    fs::copy(capture, service.captures().join("new")).unwrap();
    fs::rename(service.captures().join("new"), service.captures().join(capture.file_name().unwrap())).unwrap();
    service.until("all frames are taken in", |service| frames(service) >= count);
}

fn kept(service: &Service) -> BTreeSet<PathBuf> {
    let files = fs::read_dir(service.folder().join("store/window/identities")).unwrap();
    files.map(|file| file.unwrap().path()).filter(|file| file.extension().is_none()).collect()
}

/// How often subscribers were resolved as suspects after the crash, and who was sent what: what was on its way when it came is
/// sent after it, and so may not be in one run and be in another.
struct Outcome {
    suspects: u64,
    mapped: u64,
    after: BTreeSet<String>,
    all: BTreeSet<String>,
}

/// Killed after the first part of the town, started again for the second.
fn killed_between(folder: &Path, remembers: bool) -> Outcome {
    let more = format!(
        "[[feed]]\nname = \"a and gb\"\nfolder = \"captures\"\n[subscribers]\nfile = \"{}\"\n",
        folder.join("town.csv").display()
    );
    let mut service = Service::start(&folder.join("set"), &more);
    play(&mut service, &folder.join("1.pcap"));
    assert_eq!(resolved(&service, "suspect"), 0, "nobody is doubted before");
    // Written whole once more since the last frame: what is there now may lack the last seconds.
    kept(&service).iter().for_each(|file| fs::remove_file(file).unwrap());
    service.until("identities are written", |service| !kept(service).is_empty());
    service.signal("KILL");
    service.ended();
    fs::remove_file(service.captures().join("1.pcap")).unwrap();
    let before = offers(&service);
    if !remembers {
        kept(&service).iter().for_each(|file| fs::remove_file(file).unwrap());
    }
    service.begin();
    play(&mut service, &folder.join("2.pcap"));
    let (suspects, mapped) = (resolved(&service, "suspect"), resolved(&service, "mapped"));
    service.signal("TERM");
    assert!(service.ended().success());
    let all = offers(&service);
    let after = all.difference(&before).cloned().collect();
    let store = service.folder().join("store");
    let imsi = forgettable(folder);
    let told = json_lines(touchpoint().args(["store", "forget", &imsi, "--json", "--store"]).arg(store));
    assert_eq!((&told[0]["erased"], told[0]["other_rows"].as_u64() > Some(0)), (&Value::Bool(true), true), "{told:?}");
    Outcome { suspects, mapped, after, all }
}

/// Somebody of the town who is known at the end.
fn forgettable(folder: &Path) -> String {
    let lines = json_lines(touchpoint().args(["decode", "--json", "--reveal"]).arg(folder.join("2.pcap")));
    let imsi = lines.iter().find_map(|line| line["imsi"].as_str());
    imsi.unwrap().to_owned()
}

fn offers(service: &Service) -> BTreeSet<String> {
    let text = fs::read_to_string(service.folder().join("offers.jsonl")).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

#[test]
fn after_a_crash_subscribers_are_known_as_suspects_and_sent_nothing_until_confirmed() {
    for interface in ["a", "gb"] {
        let folder = tempfile::tempdir().unwrap();
        town(folder.path(), interface, CALLER, 0);
        let (knows, forgets) = (killed_between(folder.path(), true), killed_between(folder.path(), false));
        println!(
            "{interface}: {} resolved as suspects, {} confirmed; {} offers",
            knows.suspects,
            knows.mapped,
            knows.after.len()
        );
        assert!(knows.suspects > 200 && forgets.suspects == 0, "{interface}: {} {}", knows.suspects, forgets.suspects);
        assert!(knows.mapped > 100, "{interface}: they are confirmed in the end: {}", knows.mapped);
        assert!(interface == "gb" || knows.after.len() > 50, "{interface}: {} offers", knows.after.len());
        let beside: Vec<_> = knows.after.difference(&forgets.all).collect();
        assert!(beside.is_empty(), "{interface}: sent to suspects: {beside:?}");
    }
}

#[test]
fn nobody_is_absent_because_nobody_listened() {
    let folder = tempfile::tempdir().unwrap();
    town(folder.path(), "a", QUIET, 30);
    let in_the_hole = |offers: &BTreeSet<String>| {
        let at = |line: &&String| serde_json::from_str::<Value>(line).unwrap()["at"].as_str().unwrap().to_owned();
        offers.iter().filter(|line| ("2026-03-02T09:26".."2026-03-02T09:55").contains(&at(line).as_str())).count()
    };
    let (knows, forgets) = (killed_between(folder.path(), true), killed_between(folder.path(), false));
    // Without what it knew of areas it would take its own absence for theirs.
    assert_eq!(in_the_hole(&knows.after), 0);
    assert!(in_the_hole(&forgets.after) > 100, "{}", in_the_hole(&forgets.after));
}

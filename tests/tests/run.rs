//! `touchpoint run` as operators, authors and privacy officers use it: live, over HTTP, through signals and restarts.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use event::Timestamp;
use serde_json::{Value, json};
use tests::packages::installed;
use tests::service::Service;
use tests::smsc::{Smsc, Text};
use tests::{json, json_lines, now, recorded, root, run, synthesise, touchpoint};

/// Longer than what has been taken in waits for its place, and to be written.
const SETTLED: Duration = Duration::from_secs(9);

const FEED: &str = "[[feed]]\nname = \"a\"\nfolder = \"captures\"\n[subscribers]\nfile = \"subscribers.csv\"\n";

/// The recording of a real network through its scenarios, by a folder that is followed.
fn recording() -> Service {
    let demo = root().join("deploy/demo/recorded");
    let csv = demo.join("subscribers.csv");
    let mut service = Service::start(&demo, &FEED.replace("subscribers.csv", &csv.display().to_string()));
    play(&mut service);
    service
}

fn play(service: &mut Service) {
    fs::copy(recorded("a-msc-leg.pcap"), service.captures().join("new")).unwrap();
    fs::rename(service.captures().join("new"), service.captures().join("a.pcap")).unwrap();
    service.until("all frames are decoded", |service| service.status()["feeds"][0]["frames"] == 516);
}

fn engine(status: &Value, name: &str) -> u64 {
    let counts = status["engine"].as_array().unwrap().iter();
    counts.filter(|count| count["name"] == name).filter_map(|count| count["count"].as_u64()).sum()
}

#[test]
fn what_happens_on_a_feed_is_seen_everywhere() {
    let mut service = recording();
    service.until("offers are accepted", |service| engine(&service.status(), "accepted") > 0);
    service.until("they are added up", |service| {
        let offers = service.get("/api/v1/offers", "viewer").json();
        !offers["recent"].as_array().unwrap().is_empty()
    });
    let metrics = service.metrics();
    for expected in [
        "touchpoint_feed_frames_total{feed=\"a\"} 516",
        "touchpoint_channel_up{channel=\"sms\"} 1",
        "# TYPE touchpoint_events_total counter",
    ] {
        assert!(metrics.contains(expected), "{expected}\n{metrics}");
    }
    for page in ["/", "/scenarios", "/offers", "/areas", "/privacy"] {
        let shown = service.get(page, "viewer");
        assert_eq!(shown.status, 200, "{page}: {}", shown.text);
        assert!(shown.text.len() < 100_000, "{page}: {}", shown.text.len());
    }
}

#[test]
fn nothing_shows_an_identity_in_clear() {
    let mut service = recording();
    service.until("offers are accepted", |service| engine(&service.status(), "accepted") > 0);
    let question = json!({"subscriber": "001010000000001"}).to_string();
    let mut shown = vec![service.metrics(), service.log()];
    for path in
        ["/", "/scenarios", "/offers", "/areas", "/privacy", "/api/v1/status", "/api/v1/offers", "/api/v1/audit"]
    {
        shown.push(service.get(path, "privacy_officer").text);
    }
    shown.push(service.post("/api/v1/explain", "operator", &question, None).text);
    shown.push(fs::read_to_string(service.folder().join("audit.jsonl")).unwrap());
    shown.push(fs::read_to_string(service.folder().join("offers.jsonl")).unwrap());
    for text in shown {
        let clear = ["00101000000", "0010100000"].iter().find(|digits| text.contains(*digits));
        assert_eq!(clear, None, "{text}");
    }
}

#[test]
fn a_browser_shows_every_page_in_both_languages_and_both_lights() {
    if Command::new("chromedriver").arg("--version").output().is_err() {
        eprintln!("skipped: there is no chromedriver here (Debian: chromium-driver)");
        return;
    }
    let mut service = recording();
    service.until("offers are accepted", |service| engine(&service.status(), "accepted") > 0);
    let shots = service.folder().join("shots");
    let look = root().join("tests/browser/look.mjs");
    run(Command::new("node").arg(look).arg(service.url("")).arg(service.token("operator")).arg(&shots));
    assert_eq!(fs::read_dir(shots).unwrap().count(), 7 * 2 * 2);
}

#[test]
fn the_console_is_worked_by_keyboard_alone() {
    if Command::new("chromedriver").arg("--version").output().is_err() {
        eprintln!("skipped: there is no chromedriver here (Debian: chromium-driver)");
        return;
    }
    let demo = root().join("deploy/demo/recorded");
    let by_hand = "[[channel]]\nname = \"hand\"\nurl = \"journal:FOLDER/hand.jsonl?manual=FOLDER/hand\"\n";
    let mut service = Service::start(&demo, &format!("[[feed]]\nname = \"a\"\nfolder = \"captures\"\n{by_hand}"));
    play(&mut service);
    service.until("it is decided", |service| engine(&service.status(), "withheld") > 0);
    let [operator, officer] = ["operator", "privacy_officer"].map(|role| service.token(role));
    let keyboard = root().join("tests/browser/keyboard.mjs");
    let shots = service.folder().join("shots");
    run(Command::new("node")
        .arg(keyboard)
        .arg(service.url(""))
        .args([operator, officer, "001010000000001"])
        .arg(shots));
}

#[test]
fn other_programs_get_every_event_masked_and_hold_nothing_up() {
    let csv = root().join("deploy/demo/recorded/subscribers.csv");
    let demo = root().join("deploy/demo/recorded");
    let feed = FEED.replace("subscribers.csv", &csv.display().to_string());
    let lines = |service: &Service| fs::read_to_string(service.folder().join("events.jsonl")).unwrap_or_default();
    let mut service = Service::start(&demo, &format!("{feed}[events]\nto = \"file:events.jsonl\"\n"));
    play(&mut service);
    let decoded = run(touchpoint().args(["decode", "--json"]).arg(recorded("a-msc-leg.pcap"))).stdout;
    let decoded = String::from_utf8(decoded).unwrap();
    service.until("all lines are there", |service| lines(service).lines().count() == decoded.lines().count());
    // A feed has the name of the configuration, subscribers have pseudonyms, and temporary identities are left out.
    let without = |text: &str, fields: &[&str]| {
        let mut lines = json(text);
        for field in fields {
            lines.iter_mut().for_each(|line| _ = line.as_object_mut().unwrap().remove(*field));
        }
        lines
    };
    let told = lines(&service);
    assert_eq!(without(&told, &["feed", "subscriber"]), without(&decoded, &["feed", "imsi", "tmsi"]));
    let whose = |lines: &[Value], field: &str| lines.iter().map(|line| line[field].to_string()).collect::<Vec<_>>();
    let (subscribers, imsis) = (whose(&json(&told), "subscriber"), whose(&json(&decoded), "imsi"));
    let told_apart: BTreeMap<_, _> = subscribers.iter().zip(&imsis).collect();
    for (subscriber, imsi) in subscribers.iter().zip(&imsis) {
        assert_eq!((told_apart[subscriber], subscriber == "null"), (imsi, imsi == "null"));
    }
    drop(service);
    // What came last is written before the end.
    let mut service = Service::start(&demo, &format!("{feed}[events]\nto = \"file:events.jsonl\"\n"));
    play(&mut service);
    service.until("all is taken in", |service| engine(&service.status(), "events") == decoded.lines().count() as u64);
    service.signal("TERM");
    assert!(service.ended().success());
    assert_eq!(lines(&service).lines().count(), decoded.lines().count());
    // Nobody listens there.
    let mut service = Service::start(&demo, &format!("{feed}[events]\nto = \"unix:nobody.sock\"\n"));
    play(&mut service);
    service.until("they are counted", |service| {
        service.metrics().contains("touchpoint_event_lines_total{what=\"dropped\"}")
    });
    assert!(service.log().contains("events cannot be written"), "{}", service.log());
    service.signal("TERM");
    assert!(service.ended().success());
}

/// A program that reads the description of the API and asks everything that it allows, and what it does not allow.
#[test]
fn the_api_is_as_it_is_described_whatever_is_asked() {
    let packages = installed("schemathesis", &["requirements.txt"], |_| {
        let mut pip = Command::new("python3");
        pip.args(["-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-deps", "--target", "packages"]);
        pip.args(["-r", "requirements.txt"]);
        pip
    });
    let packages = packages.join("packages");
    let mut service = recording();
    service.until("offers are accepted", |service| engine(&service.status(), "accepted") > 0);
    for role in ["operator", "privacy_officer"] {
        let told = Command::new("python3")
            .arg(packages.join("bin/st"))
            .args(["run", &service.url("/api/v1/openapi.json")])
            .args(["-H", &format!("Authorization: Bearer {}", service.token(role))])
            // A draft is in a language of its own, of which the description says nothing: it may be refused.
            .args(["--checks", "all", "--exclude-checks", "positive_data_acceptance"])
            .args(["--max-examples", "30", "--seed", "1", "--no-color"])
            .env("PYTHONPATH", &packages)
            .current_dir(service.folder())
            .output()
            .expect("python3 is there");
        assert!(told.status.success(), "{role}: {}", String::from_utf8_lossy(&told.stdout));
    }
    assert_eq!(service.get("/api/v1/health", "").status, 200);
    assert!(!service.log().contains("panicked"), "{}", service.log());
}

#[test]
fn a_scenario_is_paused_released_and_both_are_written_down() {
    let mut service = recording();
    let scenarios = service.get("/api/v1/scenarios", "viewer").json();
    let name = scenarios[0]["name"].as_str().unwrap().to_owned();
    let paused = |service: &Service| service.status()["rules"]["paused"].as_array().unwrap().len();
    let done = service.post(&format!("/api/v1/scenarios/{name}/pause"), "marketing", "", None);
    assert_eq!(done.status, 200, "{}", done.text);
    service.until("it is paused", |service| paused(service) == 1);
    service.signal("TERM");
    assert!(service.ended().success(), "{}", service.log());
    service.begin();
    service.until("it is paused after a restart", |service| paused(service) == 1);
    assert_eq!(service.post(&format!("/api/v1/scenarios/{name}/release"), "operator", "", None).status, 200);
    service.until("it is released", |service| paused(service) == 0);
    assert_eq!(service.post("/api/v1/scenarios/none/pause", "operator", "", None).status, 404);
    let audit = service.get("/api/v1/audit", "privacy_officer").json();
    let last = |index: usize| [audit[index]["who"].as_str().unwrap(), audit[index]["action"].as_str().unwrap()];
    assert_eq!([last(0), last(1)], [["operator", "release"], ["marketing", "pause"]], "{audit}");
}

#[test]
fn a_change_is_taken_over_and_one_that_cannot_be_used_is_not() {
    let mut service = recording();
    let revision = |service: &Service| service.status()["rules"]["revision"].as_str().unwrap().to_owned();
    let before = revision(&service);
    let folder = service.folder().join("scenarios/scenarios");
    fs::write(folder.join("bad.yaml"), "scenario: bad\npurpos: service\n").unwrap();
    service.until("it is refused", |service| !service.status()["rules"]["refused"].is_null());
    assert_eq!(revision(&service), before);
    fs::write(folder.join("bad.yaml"), "scenario: good\npurpose: service\nwhen: {call: 114}\nsend: {sms: hello}\n")
        .unwrap();
    service.until("it is taken over", |service| revision(service) != before);
    assert!(service.status()["rules"]["refused"].is_null());
    fs::write(folder.join("bad.yaml"), "scenario: [").unwrap();
    let refused = service.post("/api/v1/scenarios/reload", "operator", "", None);
    assert!(refused.status == 422 && refused.text.contains("bad.yaml"), "{}", refused.text);
}

#[test]
fn who_refuses_in_words_of_the_configuration_is_answered_as_it_says() {
    let incoming = json!({"source_addr": "8613900000005", "destination_addr": "10086", "short_message": "Nie wieder!"});
    let smsc = Smsc::start(json!({ "incoming": incoming }));
    let more = format!(
        "[[channel]]\nname = \"centre\"\nurl = \"{}\"\n[answers]\nstop_marketing = [\"nie wieder\"]\nconfirmation = \"Gut.\"\n",
        smsc.url()
    );
    let service = Service::start(
        &root().join("deploy/demo/recorded"),
        &format!("{FEED}{more}").replace("[subscribers]\nfile = \"subscribers.csv\"\n", ""),
    );
    smsc.wait_for_count("submit_sm_resp", 1);
    let text = Text { to: "8613900000005".to_owned(), from: "10086".to_owned(), text: "Gut.".to_owned() };
    assert_eq!(smsc.texts(), [text]);
    let consent = fs::read_to_string(service.folder().join("store/consent.csv")).unwrap();
    assert!(consent.contains(",8613900000005,marketing,no,message to 10086,NIE"), "{consent}");
}

#[test]
fn a_service_manager_hears_that_it_is_ready_alive_reloading_and_ending() {
    let mut service = recording();
    service.signal("TERM");
    assert!(service.ended().success());
    let manager = UnixDatagram::bind(service.manager()).unwrap();
    manager.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let hear = || {
        let mut told = [0; 4096];
        let length = manager.recv(&mut told).expect("it tells in time");
        String::from_utf8(told[..length].to_vec()).unwrap()
    };
    let wait_for = |what: &str| while !hear().lines().any(|line| line == what) {};
    service.begin();
    wait_for("READY=1");
    (0..3).for_each(|_| wait_for("WATCHDOG=1"));
    service.signal("HUP");
    wait_for("RELOADING=1");
    wait_for("READY=1");
    service.signal("TERM");
    wait_for("STOPPING=1");
    assert!(service.ended().success());
}

#[test]
fn a_restart_counts_nothing_twice() {
    let mut service = recording();
    let known = |service: &Service| engine(&service.status(), "events");
    service.until("events are taken in", |service| known(service) > 50);
    let triggered = |service: &Service| -> u64 {
        let scenarios = service.get("/api/v1/scenarios", "viewer").json();
        scenarios.as_array().unwrap().iter().filter_map(|scenario| scenario["triggered"].as_u64()).sum()
    };
    service.signal("TERM");
    assert!(service.ended().success(), "{}", service.log());
    service.begin();
    service.until("the folder is read once more", |service| service.status()["feeds"][0]["frames"] == 516);
    service.until("decisions are added up", |service| triggered(service) > 0);
    let offers = fs::read_to_string(service.folder().join("offers.jsonl")).unwrap().lines().count();
    let once = triggered(&service);
    service.signal("KILL");
    service.ended();
    service.begin();
    service.until("the folder is read a third time", |service| service.status()["feeds"][0]["frames"] == 516);
    service.until("decisions are added up", |service| triggered(service) > 0);
    std::thread::sleep(Duration::from_secs(2));
    assert_eq!(triggered(&service), once);
    assert_eq!(fs::read_to_string(service.folder().join("offers.jsonl")).unwrap().lines().count(), offers);
}

/// Two minutes of a town, so many minutes ago; and how many facts it holds.
#[expect(clippy::disallowed_methods, reason = "a capture beside the clock has times of today")]
fn town(minutes_ago: u64, seed: u64, out: &Path) -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() - 60 * minutes_ago;
    let start = Timestamp::from_seconds(since as i64).to_string();
    run(synthesise()
        .args(["--subscribers", "300", "--minutes", "2", "--start", &start, "--seed", &seed.to_string(), "--out"])
        .arg(out));
    let events = json_lines(touchpoint().args(["decode", "--json"]).arg(out));
    events.iter().filter(|event| !event["imsi"].is_null()).count() as u64
}

/// Facts that this start of the service has taken in.
fn facts(service: &Service) -> u64 {
    let status = service.status();
    engine(&status, "events") - engine(&status, "unresolved") - engine(&status, "skipped")
}

#[test]
fn a_feed_that_is_behind_another_goes_on_where_it_was_itself() {
    let feeds = "[[feed]]\nname = \"a\"\nfolder = \"captures\"\n[[feed]]\nname = \"b\"\nfolder = \"behind\"\n";
    let files = tempfile::tempdir().unwrap();
    let [ahead, behind] = ["ahead.pcap", "behind.pcap"].map(|name| files.path().join(name));
    let (ahead_holds, behind_holds) = (town(10, 1, &ahead), town(40, 2, &behind));
    assert!(ahead_holds > 50 && behind_holds > 50, "{ahead_holds} {behind_holds}");
    let demo = root().join("deploy/demo/recorded");
    let behind_folder = files.path().join("behind");
    fs::create_dir(&behind_folder).unwrap();
    let feeds = feeds.replace("\"behind\"", &format!("\"{}\"", behind_folder.display()));
    let mut service = Service::start(&demo, &feeds);
    fs::copy(&ahead, service.captures().join("new")).unwrap();
    fs::rename(service.captures().join("new"), service.captures().join("a.pcap")).unwrap();
    service.until("one feed is taken in", |service| facts(service) == ahead_holds);
    std::thread::sleep(SETTLED);
    service.signal("KILL");
    service.ended();

    // Its first file comes late, and is of before what the other has told.
    fs::copy(&behind, files.path().join("new")).unwrap();
    fs::rename(files.path().join("new"), behind_folder.join("b.pcap")).unwrap();
    service.begin();
    service.until("the other is taken in", |service| facts(service) >= behind_holds);
    std::thread::sleep(SETTLED);
    assert_eq!(facts(&service), behind_holds, "and nothing of the first again");
    service.signal("KILL");
    service.ended();

    let all_frames = |service: &Service| {
        let feeds = service.status()["feeds"].as_array().unwrap().clone();
        feeds.iter().all(|feed| feed["frames"].as_u64().unwrap() > 0 && feed["silent_s"].as_u64().unwrap() > 2)
    };
    service.begin();
    service.until("both are read once more", all_frames);
    std::thread::sleep(SETTLED);
    assert_eq!(facts(&service), 0, "of none of them anything is taken in again");
}

#[test]
fn the_end_comes_in_order_and_in_time() {
    let mut service = recording();
    let begun = now();
    service.signal("TERM");
    assert!(service.ended().success(), "{}", service.log());
    assert!(begun.elapsed() < Duration::from_secs(25));
    assert!(service.log().contains("ended"), "{}", service.log());
}

#[test]
fn a_draft_is_tried_on_what_has_happened() {
    let mut service = recording();
    service.until("events are committed", |service| engine(&service.status(), "commits") > 0);
    let draft = "scenario: draft\npurpose: service\nwhen: {call: 4999}\nsend: {sms: hello}\n";
    let wrong = service.post("/api/v1/backtest", "marketing", &json!({"text": "scenario: x"}).to_string(), None);
    assert!(wrong.status == 422 && wrong.text.contains("S0"), "{}", wrong.text);
    let tried = service.post("/api/v1/backtest", "marketing", &json!({"text": draft, "hours": 48}).to_string(), None);
    assert_eq!(tried.status, 200, "{}", tried.text);
    let draft =
        tried.json()["scenarios"].as_array().unwrap().iter().find(|tried| tried["scenario"] == "draft").cloned();
    assert!(draft.is_some_and(|draft| draft["tried"]["triggered"] == 1), "{}", tried.text);
}

/// A link of this machine, for as long as the test lasts.
struct Link([String; 2]);

impl Link {
    /// `None`, said plainly, where the machine does not allow it.
    fn new() -> Option<Self> {
        let link = Self(["t", "r"].map(|end| format!("tp{end}{}", std::process::id())));
        let made =
            Command::new("ip").args(["link", "add", &link.0[0], "type", "veth", "peer", "name", &link.0[1]]).output();
        if !made.is_ok_and(|output| output.status.success()) {
            eprintln!("SKIPPED: a link needs root (CAP_NET_ADMIN, CAP_NET_RAW)");
            return None;
        }
        link.set("up");
        Some(link)
    }

    fn set(&self, state: &str) {
        self.0.iter().for_each(|end| _ = run(Command::new("ip").args(["link", "set", end, state])));
    }

    fn play(&self) {
        let file = recorded("a-msc-leg.pcap");
        run(Command::new("tcpreplay").args(["-q", "-M", "5", "-i", &self.0[0]]).arg(file));
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        let _ = Command::new("ip").args(["link", "del", &self.0[0]]).status();
    }
}

#[test]
fn a_mirror_port_is_watched_through_its_going_away() {
    let Some(link) = Link::new() else { return };
    let feed = format!("[[feed]]\nname = \"tap\"\ninterfaces = [\"{}\"]\nfilter = \"sctp\"\n", link.0[1]);
    let mut service = Service::start(&root().join("deploy/demo/recorded"), &feed);
    link.play();
    let frames = |service: &Service| service.status()["feeds"][0]["frames"].as_u64().unwrap();
    service.until("all frames are decoded", |service| frames(service) == 516);
    let counts = service.status()["feeds"][0]["interfaces"][0].clone();
    assert_eq!((&counts["received"], &counts["dropped_by_kernel"]), (&json!(516), &json!(0)), "{counts}");
    service.until("time goes on with the wall", |service| {
        let status = service.status();
        status["now"].as_str().is_some_and(|now| now > status["started"].as_str().unwrap())
    });
    link.set("down");
    service.until("it is told", |service| service.log().contains("looking for it every second"));
    link.set("up");
    service.until("it is back", |service| service.log().contains("is back"));
    link.play();
    service.until("and heard again", |service| frames(service) > 1_000);
    assert!(service.metrics().contains("what=\"gaps\"} 1"), "{}", service.metrics());
    service.signal("TERM");
    assert!(service.ended().success(), "{}", service.log());
}

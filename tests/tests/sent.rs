//! What becomes of offers that a message centre has taken: they come back on the A interface, where they trigger nothing and
//! what the phone says to them is heard, or they are taken back because they are not wanted any more.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use engine::offer::channel::{self, Opening, ReceiptState};
use engine::offer::consent::Consent;
use engine::offer::{Acknowledgement, Offer, Pace};
use engine::{Engine, EngineConfig};
use event::{Binding, CellId, Direction, Event, Interface, Kind, Timestamp};
use rules::Directory;
use rules::language::{Site, load_for};
use serde_json::{Value, json};
use tests::bare;
use tests::service::Service;
use tests::smsc::Smsc;
use tests::{json_lines, recorded, touchpoint};

/// A phone of the recorded capture, which writes to a friend and is written to by 49170003 and +49999 later.
const PHONE: &str = "001010000000001";

fn scenarios(folder: &Path, scenarios: &[(&str, &str)]) {
    fs::create_dir(folder.join("scenarios")).unwrap();
    for (name, when) in scenarios {
        let text = format!("scenario: {name}\npurpose: service\nwhen: {when}\nsend: {{sms: \"hello, TD\"}}\n");
        fs::write(folder.join(format!("scenarios/{name}.yaml")), text).unwrap();
    }
    fs::write(folder.join("people.csv"), format!("imsi,msisdn\n{PHONE},+49170000001\n")).unwrap();
}

fn replay(folder: &Path, channel: &str) -> Command {
    replay_of(&recorded("a-msc-leg.pcap"), folder, channel)
}

/// The recorded capture with `Shop` in the place of 49170003 as the sender; 3GPP TS 23.040 §9.1.2.5.
fn by_name(folder: &Path) -> PathBuf {
    const NUMBER: [u8; 6] = [0x08, 0x80, 0x94, 0x71, 0x00, 0x30];
    const NAME: [u8; 6] = [0x07, 0xd0, 0x53, 0xf4, 0x1b, 0x0e];
    let mut octets = fs::read(recorded("a-msc-leg.pcap")).unwrap();
    let places: Vec<usize> =
        octets.windows(6).enumerate().filter(|(_, six)| *six == NUMBER).map(|(at, _)| at).collect();
    assert_eq!(places.len(), 2, "both phones get one from there");
    places.iter().for_each(|at| octets[*at..at + 6].copy_from_slice(&NAME));
    let file = folder.join("by-name.pcap");
    fs::write(&file, octets).unwrap();
    file
}

fn replay_of(capture: &Path, folder: &Path, channel: &str) -> Command {
    let mut replay = touchpoint();
    replay.arg("replay").arg(capture).arg("--scenarios").arg(folder);
    replay.arg("--subscribers").arg(folder.join("people.csv")).arg("--store").arg(folder.join("store"));
    replay.args(["--json", "--channel", &format!("sms={channel}")]);
    replay
}

/// The only offer, as it is explained.
fn explained(folder: &Path, scenario: &str) -> Value {
    let mut explain = touchpoint();
    explain.args(["explain", PHONE, "--json", "--store"]).arg(folder.join("store")).arg("--scenarios").arg(folder);
    let mut lines = json_lines(&mut explain);
    lines.retain(|line| line["scenario"] == scenario);
    assert_eq!(lines.len(), 1, "{lines:?}");
    lines.remove(0)
}

#[test]
fn what_the_phone_says_on_a_counts_more_than_a_receipt() {
    let check = |source: &str, smsc: Value, receipt: Value, delivery: Value, phone: Value| {
        let folder = tempfile::tempdir().unwrap();
        scenarios(folder.path(), &[("friend", "{sms: {to: 49170002}}")]);
        let smsc = Smsc::start(smsc);
        json_lines(&mut replay(folder.path(), &format!("{}?source={source}", smsc.url())));
        let told = explained(folder.path(), "friend");
        assert_eq!((&told["state"], &told["receipt"], &told["delivery"]), (&json!("accepted"), &receipt, &delivery));
        assert_eq!(told["phone"], phone, "{told}");
        let mut report = touchpoint();
        let lines = json_lines(report.args(["report", "--json", "--store"]).arg(folder.path().join("store")));
        let delivered: u64 = lines.iter().filter_map(|line| line["delivered"].as_u64()).sum();
        assert_eq!(delivered, u64::from(delivery == "delivered"), "{lines:?}");
    };
    let taken = json!({ "at": "2026-11-22T00:42:14.156014Z", "said": "rp_ack" });
    let undeliverable = || json!({ "receipts": "early", "receipt_stat": "UNDELIV" });
    check("49170003", json!({}), Value::Null, json!("delivered"), taken.clone());
    check("49170003", undeliverable(), json!("undeliverable"), json!("delivered"), taken);
    check("49170009", undeliverable(), json!("undeliverable"), json!("undeliverable"), Value::Null);
    check("49170009", json!({}), Value::Null, Value::Null, Value::Null);
}

#[test]
fn our_own_messages_trigger_nothing() {
    let triggered = |source: &str| {
        let folder = tempfile::tempdir().unwrap();
        scenarios(folder.path(), &[("any-message", "{sms: }")]);
        let address = bare::listen(bare::accept);
        let lines = json_lines(&mut replay(folder.path(), &format!("smpp://a:b@{address}?source={source}")));
        lines.iter().filter(|line| line["decision"] == "offer" || line["decision"] == "withheld").count()
    };
    // Both phones get one from there.
    assert_eq!((triggered("49170009"), triggered("49170003")), (6, 4));
}

#[test]
fn a_sender_may_be_a_name() {
    let replayed = |source: &str, name: &str, when: &str| {
        let folder = tempfile::tempdir().unwrap();
        scenarios(folder.path(), &[(name, when)]);
        let address = bare::listen(bare::accept);
        let channel = format!("smpp://a:b@{address}?source={source}");
        let lines = json_lines(&mut replay_of(&by_name(folder.path()), folder.path(), &channel));
        (folder, lines)
    };
    let triggered = |source: &str| {
        let (_folder, lines) = replayed(source, "any-message", "{sms: }");
        lines.iter().filter(|line| line["decision"] == "offer" || line["decision"] == "withheld").count()
    };
    assert_eq!((triggered("Shoe"), triggered("Shop")), (6, 4));
    let phone = |source: &str| {
        let (folder, _lines) = replayed(source, "friend", "{sms: {to: 49170002}}");
        explained(folder.path(), "friend")["phone"]["said"].clone()
    };
    assert_eq!((phone("Shoe"), phone("Shop")), (Value::Null, json!("rp_ack")));
}

#[test]
fn a_scenario_that_would_answer_our_own_messages_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    scenarios(folder.path(), &[("echo", "{sms: {from: 49170003}}")]);
    let output = replay(folder.path(), "smpp://a:b@127.0.0.1:9?source=49170003").output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && told.contains("49170003") && told.contains("echo.yaml"), "{told}");
}

const SOURCE: &str = "10086";

/// What somebody does, or is done to, after so many seconds.
fn event(after_s: u64, kind: Kind) -> Event {
    Event {
        at: begin() + Duration::from_secs(after_s),
        frame: after_s + 1,
        feed: 0,
        interface: Interface::A,
        imsi: PHONE.parse().ok(),
        binding: Binding::OnWire,
        tmsi: None,
        imei: None,
        cell: CellId::UNKNOWN,
        after_reset: false,
        kind,
    }
}

fn begin() -> Timestamp {
    "2026-11-22T10:00:00Z".parse().unwrap()
}

/// An engine on the scenarios of this folder, with this channel.
fn engine(folder: &Path, url: &str) -> Engine {
    let site = Site { senders: vec![SOURCE.parse().unwrap()], ..Site::default() };
    let (rules, diagnostics) = load_for(folder, None, &site);
    let rules = rules.unwrap_or_else(|| panic!("{diagnostics:?}"));
    let directory = Directory::load(&folder.join("people.csv")).unwrap();
    let lane = channel::open("sms", url, Opening::default()).unwrap();
    let mut config = EngineConfig::new(folder.join("store"), Arc::new(rules), Arc::new(directory), vec![lane]);
    config.consent = Some(Consent::open(&folder.join("consent.csv")).unwrap());
    (config.pace, config.reorder_window) = (Pace::Live, Duration::ZERO);
    Engine::start(config).unwrap()
}

fn happens(engine: &mut Engine, after_s: u64, kind: Kind) {
    engine.event(&event(after_s, kind));
    engine.tick(begin() + Duration::from_secs(after_s)).unwrap();
}

fn dials(number: &str) -> Kind {
    Kind::CallSetup { direction: Direction::Out, number: number.parse().ok(), emergency: false }
}

/// The offer that a call has led to, after a phone has said these things to our messages: RP-ACK, or RP-ERROR and its cause.
fn after(said: &[(u64, Option<u8>)]) -> (Offer, [u64; 3]) {
    let folder = tempfile::tempdir().unwrap();
    scenarios(folder.path(), &[("at-once", "{call: 114}")]);
    let address = bare::listen(bare::accept);
    let mut engine = engine(folder.path(), &format!("smpp://a:b@{address}?source={SOURCE}"));
    happens(&mut engine, 0, dials("114"));
    for (after_s, cause) in said {
        let (direction, peer) = (Direction::In, SOURCE.parse().ok());
        let kind = cause.map_or(Kind::Sms { direction, peer }, |cause| Kind::SmsRejected { direction, peer, cause });
        happens(&mut engine, *after_s, kind);
    }
    let summary = engine.finish().unwrap();
    let counters = summary.counters;
    let offer = summary.store.outbox().unwrap().next().unwrap().unwrap();
    (offer, [counters.own_messages, counters.acknowledged, counters.phone_refused])
}

#[test]
fn a_refusal_of_the_phones_is_known_with_its_cause_until_it_takes_the_message() {
    let check = |said: &[(u64, Option<u8>)], expected: Option<(u64, Option<u8>)>, delivery, counted: [u64; 3]| {
        let (offer, counters) = after(said);
        let expected =
            expected.map(|(after_s, cause)| Acknowledgement { at: begin() + Duration::from_secs(after_s), cause });
        assert_eq!((offer.acknowledged, offer.delivery(), counters), (expected, delivery, counted), "{said:?}");
    };
    const FULL: Option<u8> = Some(22);
    check(&[], None, None, [0, 0, 0]);
    check(&[(5, FULL)], Some((5, FULL)), None, [1, 0, 1]);
    check(&[(5, FULL), (300, None)], Some((300, None)), Some(ReceiptState::Delivered), [2, 1, 1]);
    check(&[(5, None), (6, FULL)], Some((5, None)), Some(ReceiptState::Delivered), [2, 1, 1]);
}

const SUBMIT_SM: u32 = 0x04;
const CANCEL_SM: u32 = 0x08;

/// A message centre whose subscriber refuses everything with the third message; tells what it is asked for, of which message.
fn refusing() -> (String, Receiver<(u32, String)>) {
    let (told, asked) = channel();
    let messages = AtomicUsize::new(0);
    let address = bare::listen(move |pdu, out| {
        bare::accept(pdu, out);
        let command = bare::number(pdu, 4);
        match command {
            SUBMIT_SM => told.send((command, format!("{:x}", bare::number(pdu, 12)))).unwrap(),
            CANCEL_SM => {
                let name = pdu[bare::HEADER + 1..].split(|octet| *octet == 0).next().unwrap();
                told.send((command, String::from_utf8_lossy(name).into_owned())).unwrap();
            }
            _ => return,
        }
        if messages.fetch_add(1, Ordering::Relaxed) == 2 {
            let message = b"\0\x01\x0149170000001\0\0\x0010086\0\0\0\0\0\0\0\0\0\0\x02TD";
            bare::put(out, [0x05, 0, 1], message);
        }
    });
    (address, asked)
}

#[test]
fn who_refuses_gets_nothing_that_the_message_centre_still_holds() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    scenarios(folder, &[("service", "{call: 114}"), ("one", "{call: 115}"), ("two", "{call: 116}")]);
    for name in ["one", "two"] {
        let file = folder.join(format!("scenarios/{name}.yaml"));
        let text = fs::read_to_string(&file).unwrap().replace("purpose: service", "purpose: marketing");
        fs::write(&file, text).unwrap();
    }
    fs::write(folder.join("policy.yaml"), "timezone: Europe/Berlin\n").unwrap();
    let (address, asked) = refusing();
    let mut engine = engine(folder, &format!("smpp://a:b@{address}?source={SOURCE}&window=1"));
    let next = || asked.recv_timeout(Duration::from_secs(30)).expect("it is asked in time");
    let mut submitted = Vec::new();
    for (after_s, number) in (0..).zip(["114", "115", "116"]) {
        happens(&mut engine, after_s, dials(number));
        let (command, name) = next();
        assert_eq!(command, SUBMIT_SM);
        submitted.push(name);
    }
    let mut cancelled = [next(), next()];
    cancelled.sort();
    // Information that is no marketing cannot be refused.
    assert_eq!(cancelled, [(CANCEL_SM, submitted[1].clone()), (CANCEL_SM, submitted[2].clone())]);
    let summary = engine.finish().unwrap();
    assert_eq!((summary.counters.refusals, asked.try_recv().ok()), (1, None));
}

#[test]
fn what_a_paused_scenario_has_sent_is_taken_back_whole_while_the_message_centre_holds_it_even_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    scenarios(folder.path(), &[("friend", "{sms: {to: 49170002}}")]);
    let file = folder.path().join("scenarios/friend.yaml");
    let text = fs::read_to_string(&file).unwrap().replace("hello, TD", &format!("hello, TD {}", "x".repeat(300)));
    fs::write(file, text).unwrap();
    // It says that all are still on their way.
    let smsc = Smsc::start(json!({ "query_state": 1 }));
    let people = folder.path().join("people.csv");
    let mut service = Service::start(
        &folder.path().join("scenarios"),
        &format!(
            "[[channel]]\nname = \"out\"\nurl = \"{}?source=49170009&scenarios=friend\"\n[[feed]]\nname = \"a\"\nfolder = \
             \"captures\"\n[subscribers]\nfile = \"{}\"\n",
            smsc.url(),
            people.display()
        ),
    );
    fs::copy(recorded("a-msc-leg.pcap"), service.captures().join("new")).unwrap();
    fs::rename(service.captures().join("new"), service.captures().join("a.pcap")).unwrap();
    let accepted = |service: &Service| {
        let status = service.status();
        let counts = status["engine"].as_array().unwrap().clone();
        counts.iter().any(|count| count["name"] == "accepted" && count["count"] == 1)
    };
    service.until("its offer is accepted", accepted);
    assert!(smsc.events("cancel_sm").is_empty());
    service.signal("TERM");
    assert!(service.ended().success(), "{}", service.log());
    service.begin();
    let names = |event: &str| {
        smsc.wait_for_count(event, 3);
        let names = smsc.events(event).into_iter().map(|line| line["message_id"].as_str().unwrap().to_owned());
        names.collect::<BTreeSet<_>>()
    };
    let parts: BTreeSet<String> = ["a001", "a002", "a003"].map(str::to_owned).into();
    assert_eq!(names("query_sm"), parts);
    let done = service.post("/api/v1/scenarios/friend/pause", "marketing", "", None);
    assert_eq!(done.status, 200, "{}", done.text);
    let cancelled = smsc.wait_for("a cancel_sm", |line| line["event"] == "cancel_sm");
    assert_eq!(&cancelled["source_addr"], "49170009");
    assert_eq!(names("cancel_sm"), parts);
    service.until("its end is known", |service| {
        let question = json!({ "subscriber": PHONE }).to_string();
        service.post("/api/v1/explain", "operator", &question, None).json()[0]["receipt"] == "deleted"
    });
}

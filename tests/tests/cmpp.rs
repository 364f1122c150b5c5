//! The CMPP channel against a gateway of our own and against one that is not.

mod delivery;

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use delivery::{deliver, ends, next, offer, offers};
use engine::offer::Pushed;
use engine::offer::channel::{self, Channel, Opening, ReceiptState, Report, Submission, Taken};
use rules::scenario::Push;
use serde_json::Value;
use tests::free_port;
use tests::gateway::{Gateway, Habits};

const LONG_CHINESE: &str = "尊敬的客户，欢迎来到杭州！回复“流量”即可领取本地流量包，精彩不停歇。";

fn open(url: &str) -> Box<dyn Channel + Send> {
    channel::open("sms", url, Opening::default()).unwrap().channel
}

fn told(url: &str) -> String {
    channel::open("sms", url, Opening::default()).map(|lane| lane.name).unwrap_err().to_string()
}

/// Every offer's end, then every receipt.
fn deliver_with_receipts(channel: &mut (dyn Channel + Send), count: u128) -> usize {
    let outcome = deliver(channel, offers(count));
    assert_eq!(outcome.accepted() as u128, count);
    let is_delivered = |report: &&Report| matches!(report, Report::Receipt { state: ReceiptState::Delivered, .. });
    let mut receipts = outcome.all.iter().filter(is_delivered).count();
    while (receipts as u128) < count {
        receipts += usize::from(is_delivered(&&next(channel)));
    }
    receipts
}

#[test]
fn offers_are_taken_and_their_reports_matched_in_both_versions() {
    let check = |(version, name, resp): (u8, &str, usize), hasty, mixed| {
        let gateway = Gateway::start(Habits { version, hasty, mixed, ..Habits::default() });
        let mut cmpp = open(&format!("{}?version={name}&source=10086", gateway.url()));
        assert_eq!(deliver_with_receipts(&mut *cmpp, 100), 100);
        drop(cmpp);
        let seen = gateway.seen();
        assert_eq!((seen.taken.len(), seen.window, seen.terminated), (100, 16, true), "{name}");
        assert_eq!(seen.taken[0].0, "13900000001");
        assert!(seen.deliver_resps.iter().all(|length| *length == resp), "{:?}", seen.deliver_resps);
    };
    let (v2, v3) = ((0x20, "2.0", 9), (0x30, "3.0", 12));
    for hasty in [false, true] {
        check(v2, hasty, false);
        check(v3, hasty, false);
    }
    // Reports in the layout of the other version are answered in it.
    check((v2.0, v2.1, v3.2), false, true);
    check((v3.0, v3.1, v2.2), false, true);
}

#[test]
fn what_is_not_wanted_any_more_is_taken_back_where_the_gateway_lets_it() {
    for (version, name) in [(0x20, "2.0"), (0x30, "3.0")] {
        for (keeps, another_life) in [(false, false), (true, false), (false, true)] {
            let gateway = Gateway::start(Habits { version, silent: true, keeps, ..Habits::default() });
            let mut cmpp = open(&format!("{}?version={name}&source=10086", gateway.url()));
            let outcome = deliver(&mut *cmpp, [offer(1, LONG_CHINESE.repeat(5))].into());
            let Report::Accepted { message_id, others, .. } = &outcome.ends[&1] else { panic!("{:?}", outcome.ends) };
            let Submission { id, to, from, .. } = offer(1, "");
            let taken = Taken { id, message_id: message_id.clone(), others: others.clone(), to, from };
            if another_life {
                drop(cmpp);
                cmpp = open(&format!("{}?version={name}&source=10086", gateway.url()));
                cmpp.recall(taken.clone());
            }
            cmpp.withdraw(taken);
            let deleted = if keeps { Vec::new() } else { vec![(id.0, ReceiptState::Deleted)] };
            assert_eq!(ends(&[], &*cmpp, deleted.len()), deleted);
            let seen = gateway.seen();
            let first = u64::from_str_radix(message_id, 16).unwrap();
            assert_eq!((seen.cancelled.len(), seen.cancelled[0]), (seen.taken.len(), first));
            assert!(seen.taken.len() > 2);
        }
    }
}

#[test]
fn flow_control_loses_nothing_and_sends_nothing_twice() {
    let gateway = Gateway::start(Habits { throttle_each: 25, ..Habits::default() });
    let mut cmpp = open(&gateway.url());
    let outcome = deliver(&mut *cmpp, offers(60));
    assert_eq!(outcome.accepted(), 60);
    assert!(outcome.given_back() > 0);
    let mut to: Vec<String> = gateway.seen().taken.into_iter().map(|(to, _)| to).collect();
    to.sort();
    to.dedup();
    assert_eq!(to.len(), 60);
}

#[test]
fn after_a_break_the_unanswered_are_unknown_and_the_rest_goes_on() {
    let gateway = Gateway::start(Habits { drop_after: 20, ..Habits::default() });
    let mut cmpp = open(&format!("{}?reconnect_s=0.05", gateway.url()));
    let outcome = deliver(&mut *cmpp, offers(50));
    assert!((1..=16).contains(&outcome.unknown()), "{}", outcome.unknown());
    assert_eq!(outcome.accepted() + outcome.unknown(), 50);
    // What was on its way when the connection was cut may not have come; nothing came twice.
    let seen = gateway.seen();
    assert_eq!(seen.connections, 2);
    assert!((50 - outcome.unknown() as u64..=50).contains(&seen.submitted), "{}", seen.submitted);
}

#[test]
fn long_texts_and_pushed_addresses_are_cut_with_their_headers() {
    let gateway = Gateway::start(Habits::default());
    let mut cmpp = open(&gateway.url());
    let push = Pushed { url: "http://example.com/".to_owned(), action: Push::Indication };
    let pushed = channel::Submission { push: Some(push), ..offer(2, "Hi http://example.com/") };
    assert_eq!(deliver(&mut *cmpp, [offer(1, LONG_CHINESE.repeat(3)), pushed].into()).accepted(), 2);
    let taken = gateway.seen().taken;
    let to =
        |number: &str| taken.iter().filter(|(to, _)| to.as_str() == number).map(|(_, octets)| octets.clone()).collect();
    let (text, push): (Vec<Vec<u8>>, Vec<Vec<u8>>) = (to("13900000001"), to("13900000002"));
    let units: Vec<u16> = text
        .iter()
        .flat_map(|part| part[6..].chunks(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect::<Vec<_>>())
        .collect();
    assert_eq!(String::from_utf16(&units).unwrap(), LONG_CHINESE.repeat(3));
    let octets: String = push[0].iter().map(|octet| format!("{octet:02x}")).collect();
    assert!(
        octets.starts_with("0605040b8423f0") && octets.contains("c60c036578616d706c65008503000103486900"),
        "{octets}"
    );
}

#[test]
fn a_gateway_that_refuses_says_what_to_check() {
    let gateway = Gateway::start(Habits::default());
    let impostor = told(&gateway.url().replace("secret", "geheim"));
    assert!(impostor.contains("does not know the shared secret") && !impostor.contains("geheim"), "{impostor}");
    let absent = told("cmpp://900001:geheim@127.0.0.1:9");
    assert!(absent.contains("cannot connect to message centre `900001@127.0.0.1:9`"), "{absent}");
}

/// The gateway of `shared/peers`, where it stands beside the repository.
struct Peer {
    process: Child,
    port: u16,
}

impl Peer {
    fn start(port: u16, log: &Path, options: &[&str]) -> Option<Self> {
        let script = tests::root().join("../shared/peers/cmpp_gateway.py");
        if !script.exists() {
            eprintln!("SKIPPED: no ../shared/peers/cmpp_gateway.py beside the repository");
            return None;
        }
        let mut command = Command::new("python3");
        command.arg(script).args(["--port", &port.to_string(), "--life", "120", "--log"]).arg(log).args(options);
        let process = command.stdout(Stdio::null()).spawn().expect("python3 starts");
        let peer = Self { process, port };
        let listens = || {
            (0..1200).any(|_| {
                std::thread::sleep(Duration::from_millis(50));
                fs::read_to_string(log).is_ok_and(|log| log.contains("listening"))
            })
        };
        assert!(listens(), "the gateway did not start");
        Some(peer)
    }

    fn url(&self, secret: &str) -> String {
        format!("cmpp://900001:{secret}@127.0.0.1:{}", self.port)
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

fn lines(log: &Path, event: &str) -> Vec<Value> {
    let log = fs::read_to_string(log).unwrap();
    // The last line may be half written.
    let whole = log.rsplit_once('\n').map_or("", |(whole, _)| whole);
    whole.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()).filter(|line| line["ev"] == event).collect()
}

/// The same, once there is any.
fn lines_to_come(log: &Path, event: &str) -> Vec<Value> {
    let found = (0..3_000).find_map(|_| {
        std::thread::sleep(Duration::from_millis(20));
        Some(lines(log, event)).filter(|lines| !lines.is_empty())
    });
    found.unwrap_or_default()
}

#[test]
fn another_gateway_takes_offers_in_both_versions_and_its_reports_are_matched() {
    let folder = tempfile::tempdir().unwrap();
    for (version, options) in [
        ("2.0", &["--resp-ms", "3"][..]),
        ("3.0", &["--resp-ms", "3", "--dup-dlr"]),
        ("3.0", &["--early-dlr"]),
        ("3.0", &["--report21"]),
    ] {
        let log = folder.path().join(format!("{version}{}.log", options.join("")));
        let Some(peer) = Peer::start(free_port(), &log, options) else { return };
        let mut cmpp = open(&format!("{}?version={version}&source=10086&service=TOUCH", peer.url("888888")));
        assert_eq!(deliver_with_receipts(&mut *cmpp, 60), 60);
        assert_eq!(deliver(&mut *cmpp, [offer(99, LONG_CHINESE.repeat(4))].into()).accepted(), 1);
        drop(cmpp);
        let closed = lines_to_come(&log, "link_closed");
        assert!(closed[0]["max_outstanding"].as_u64().is_some_and(|most| most <= 16), "{closed:?}");
        let submitted = lines(&log, "submit");
        let long = submitted.iter().filter(|line| line["dests"][0] == "13900000099");
        assert_eq!(long.filter_map(|line| line["text"].as_str()).collect::<String>(), LONG_CHINESE.repeat(4));
        assert!(lines(&log, "deliver_resp").iter().all(|line| line["ok"] == true && line["result"] == 0));
        assert_eq!((lines(&log, "terminate").len(), lines(&log, "bad_submit").len()), (1, 0));
    }
}

#[test]
fn another_gateways_troubles_lose_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("troubles.log");
    let options = ["--rate", "200", "--drop-after", "150", "--dup-dlr", "--at-s", "0.2", "--mo-ms", "100"];
    let Some(peer) = Peer::start(free_port(), &log, &options) else { return };
    let mut cmpp = open(&format!("{}?reconnect_s=0.05", peer.url("888888")));
    let outcome = deliver(&mut *cmpp, offers(400));
    assert_eq!(outcome.accepted() + outcome.unknown(), 400);
    assert!(outcome.unknown() <= 16, "{}", outcome.unknown());
    let taken: Vec<Value> = lines(&log, "submit").into_iter().filter(|line| line["result"] == 0).collect();
    let mut to: Vec<&str> = taken.iter().filter_map(|line| line["dests"][0].as_str()).collect();
    to.sort_unstable();
    to.dedup();
    assert_eq!(to.len(), taken.len(), "nothing was sent twice");
    assert!(!lines(&log, "active_test_resp").is_empty());
    let mut written = outcome.all;
    let is_incoming = |report: &Report| matches!(report, Report::Incoming { text, .. } if text == "退订");
    while !written.iter().any(is_incoming) {
        written.push(next(&*cmpp));
    }
}

#[test]
fn another_gateway_refuses_a_wrong_secret_and_a_wrong_name() {
    let folder = tempfile::tempdir().unwrap();
    let Some(peer) = Peer::start(free_port(), &folder.path().join("log"), &[]) else { return };
    let check = |url: &str, expected: &[&str]| {
        let told = told(url);
        assert!(expected.iter().all(|part| told.contains(part)) && !told.contains("geheim"), "{told}");
    };
    check(&peer.url("geheim"), &["status 3 (authentication failed)", "the secret is wrong"]);
    check(&peer.url("geheim").replace("900001", "900002"), &["status 2 (unknown Source_Addr)", "sp_id"]);
}

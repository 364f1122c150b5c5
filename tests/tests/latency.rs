//! How long an offer takes from the release of its trigger to its `submit_sm` at the message centre, at a thousand a second:
//! the engine as a whole, its store on this disk, its channel by SMPP.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use engine::offer::Pace;
use engine::offer::channel::{self, Opening};
use engine::{Engine, EngineConfig};
use event::{Binding, CellId, Direction, Event, Interface, Kind, Timestamp};
use rules::Directory;
use tests::bare::{self, Submitted};

/// Offers a second, and for how many seconds.
const RATE: usize = 1_000;
const SECONDS: usize = 10;
/// Beyond it something is wrong, however busy the machine is.
const MOST: Duration = Duration::from_secs(5);
const SCENARIO: &str = "scenario: at-once\npurpose: service\nwhen: {call: 114}\nsend: {sms: hello}\n";

#[expect(clippy::disallowed_methods, reason = "it measures")]
fn now() -> Instant {
    Instant::now()
}

fn imsi(n: usize) -> String {
    format!("46000{n:010}")
}

/// The n-th millisecond's call.
fn call(n: usize) -> Event {
    Event {
        at: at(n),
        frame: n as u64 + 1,
        feed: 0,
        interface: Interface::A,
        imsi: imsi(n).parse().ok(),
        binding: Binding::OnWire,
        tmsi: None,
        imei: None,
        cell: CellId::UNKNOWN,
        after_reset: false,
        kind: Kind::CallSetup { direction: Direction::Out, number: "114".parse().ok(), emergency: false },
    }
}

fn at(n: usize) -> Timestamp {
    let begin: Timestamp = "2026-11-22T10:00:00Z".parse().unwrap();
    begin + Duration::from_secs(1) / RATE as u32 * n as u32
}

/// When the offer of each subscriber came.
fn centre() -> (String, Receiver<(usize, Instant)>) {
    let (came, arrivals) = channel();
    let address = bare::listen(move |pdu, out| {
        let number = Submitted::read(pdu).and_then(|submitted| submitted.to.strip_prefix("139")?.parse().ok());
        number.into_iter().for_each(|n| _ = came.send((n, now())));
        bare::accept(pdu, out);
    });
    (address, arrivals)
}

fn engine(folder: &Path, centre: &str) -> Engine {
    fs::create_dir(folder.join("scenarios")).unwrap();
    fs::write(folder.join("scenarios/at-once.yaml"), SCENARIO).unwrap();
    let (rules, diagnostics) = rules::load(folder);
    let rules = rules.unwrap_or_else(|| panic!("{diagnostics:?}"));
    let rows: String = (0..RATE * SECONDS).map(|n| format!("{},+86139{n:08}\n", imsi(n))).collect();
    let directory = Directory::parse(Path::new("people.csv"), format!("imsi,msisdn\n{rows}").into_bytes()).unwrap();
    let url = format!("smpp://a:b@{centre}?window=200&registered_delivery=0");
    let lane = channel::open("sms", &url, Opening::default()).unwrap();
    let mut config = EngineConfig::new(folder.join("store"), Arc::new(rules), Arc::new(directory), vec![lane]);
    (config.pace, config.reorder_window) = (Pace::Live, Duration::ZERO);
    Engine::start(config).unwrap()
}

/// Times of writing a page and having it on the disk, in order.
fn syncs(folder: &Path) -> Vec<Duration> {
    let mut file = File::create(folder.join("page")).unwrap();
    let mut sync = || {
        let begun = now();
        file.write_all(&[7; 4096]).unwrap();
        file.sync_data().unwrap();
        begun.elapsed()
    };
    let mut times: Vec<Duration> = (0..200).map(|_| sync()).collect();
    times.sort();
    times
}

fn told(what: &str, sorted: &[Duration]) -> Duration {
    let of = |percent: usize| sorted[(sorted.len() - 1) * percent / 100];
    eprintln!("{what}: p50 {:.2?}, p99 {:.2?}, most {:.2?}", of(50), of(99), of(100));
    of(99)
}

#[test]
fn an_offer_leaves_soon_after_its_trigger_is_released() {
    let folder = tempfile::tempdir().unwrap();
    let (address, arrivals) = centre();
    let mut engine = engine(folder.path(), &address);
    let begun = now();
    let mut released = Vec::new();
    for n in 0..RATE * SECONDS {
        engine.event(&call(n));
        let due = begun + at(n + 1).since(at(0));
        thread::sleep(due.saturating_duration_since(now()));
        released.push(now());
        engine.tick(at(n + 1)).unwrap();
    }
    let counters = engine.finish().unwrap().counters;
    assert_eq!(counters.accepted as usize, RATE * SECONDS, "{counters:?}");
    let mut times: Vec<Duration> = arrivals.try_iter().map(|(n, came)| came.duration_since(released[n])).collect();
    assert_eq!(times.len(), RATE * SECONDS);
    times.sort();
    told("fdatasync of a page", &syncs(folder.path()));
    let p99 = told("from release to submit_sm", &times);
    assert!(p99 < MOST, "{p99:?}");
}

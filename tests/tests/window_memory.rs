//! The memory of an engine is what its documentation says.

use std::fs;
use std::num::NonZeroUsize;
use std::sync::Arc;

use engine::offer::channel::{Lane, journal};
use engine::{Engine, EngineConfig};
use event::{Binding, CellId, Event, Imsi, Interface, Kind, Timestamp};
use rules::{Directory, Policy, RuleSet};

const SUBSCRIBERS: u64 = 400_000;
const EVENTS: u64 = 3_000_000;

/// The most memory that this process has had, in octets.
fn peak() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.split_ascii_whitespace().next().unwrap().parse::<u64>().unwrap() * 1024
}

fn event(index: u64) -> Event {
    // An odd multiplier scatters whose event is next.
    let imsi = 460_000_000_000_000 + index.wrapping_mul(0x9e37_79b9) % SUBSCRIBERS;
    let imsi: Imsi = imsi.to_string().parse().unwrap();
    let cell = |part: u64| Some((index * 31 % part) as u16);
    Event {
        at: Timestamp::from_micros(1_795_305_600_000_000 + 5_000 * index as i64),
        frame: index,
        feed: 0,
        interface: Interface::A,
        imsi: Some(imsi),
        binding: Binding::OnWire,
        tmsi: None,
        imei: None,
        cell: CellId { plmn: "460-00".parse().ok(), lac: cell(100), ci: cell(10_000) },
        after_reset: false,
        kind: Kind::PagingResponse,
    }
}

#[test]
fn an_engine_takes_no_more_than_the_formula_says_and_the_formula_says_something() {
    let folder = tempfile::tempdir().unwrap();
    let rules = RuleSet::new(Vec::new(), Policy::default(), String::new());
    let lanes = vec![Lane::sole(journal::open(&folder.path().join("offers"), false).unwrap())];
    let mut config =
        EngineConfig::new(folder.path().join("store"), Arc::new(rules), Arc::new(Directory::default()), lanes);
    config.threads = NonZeroUsize::new(2).unwrap();
    config.profiles = 50_000;
    config.arena_bytes = 2 << 20;
    let most = config.memory_octets();
    let mut engine = Engine::start(config).unwrap();
    for index in 0..EVENTS {
        let event = event(index);
        engine.event(&event);
        engine.tick(event.at).unwrap();
    }
    let summary = engine.finish().unwrap();
    println!("{} MB of {} MB", peak() / 1_000_000, most / 1_000_000);
    assert!(summary.counters.evicted > SUBSCRIBERS, "{}", summary.counters.evicted);
    assert!(peak() <= most, "{} octets, more than {most}", peak());
    assert!(peak() >= most / 4, "{} octets: the formula of {most} says nothing", peak());
}

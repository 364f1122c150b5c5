//! A shard before a thread that writes and does not come to it.

use std::thread;

use crossbeam::channel::{bounded, never, unbounded};
use event::{Binding, CellId, Interface, Kind};
use rules::Policy;
use rules::scenario::{Purpose, Scenario, Send, Trigger};

use super::*;
use crate::committer::WAITING_LIMIT;
use crate::testing::shared;
use crate::window::Store;

/// Longer than any of this takes.
const LONG: Duration = Duration::from_secs(60);

fn seconds(seconds: u64) -> Timestamp {
    Timestamp::from_seconds(1_700_000_000 + seconds as i64)
}

/// A batch with somebody who switches on, which is to lead to an offer; or without anybody.
fn batch(number: u64, has_event: bool) -> Message {
    let mut batch = Batch::default();
    if has_event {
        let imsi: Imsi = "460001234567890".parse().unwrap();
        let kind = Kind::LocationUpdate { update: event::UpdateType::ImsiAttach, old: None };
        let (at, cell) = (seconds(number), CellId { plmn: None, lac: Some(1), ci: Some(1) });
        let (binding, interface) = (Binding::OnWire, Interface::A);
        let (tmsi, imei, after_reset) = (None, None, false);
        let event = Event {
            at,
            frame: number,
            feed: 0,
            interface,
            imsi: Some(imsi),
            binding,
            tmsi,
            imei,
            cell,
            after_reset,
            kind,
        };
        let (slice, released) = (slice(imsi), at);
        batch.events.push(Routed { sequence: number, imsi, slice, released, is_warm: true, is_late: false, event });
    }
    batch.mark(Between::Turn(Turn { upto: number, now: seconds(number) }));
    Message::Batch(batch)
}

#[test]
fn while_the_disk_stands_still_a_shard_works_on_and_gathers() {
    let folder = tempfile::tempdir().unwrap();
    let mut shared = shared(Store::open(folder.path()).unwrap());
    let scenario = Scenario::new("hello", Purpose::Service, Trigger::PowerOn, Send::sms("hello"));
    let rules = Arc::new(RuleSet::new(vec![scenario], Policy::default(), String::new()));
    shared.rules.store(rules.clone());
    shared.lookup = true;
    shared.loads = Arc::new([Load::default()]);
    let limits = &mut shared.limits;
    (limits.commit_interval, limits.sync_interval, limits.offers_at_once) = (LONG, LONG, true);
    (limits.commit_bytes, limits.arena_bytes, limits.retention) = (1 << 20, 1 << 20, Duration::from_hours(48));
    (limits.decisions, limits.profiles) = (limits.retention, 1);
    let shared = Arc::new(shared);

    let (work, handed) = bounded(WAITING_LIMIT);
    let (spent, _empty) = bounded(1);
    let outlets = Outlets { work, committer_ends: never(), sealer_ends: never(), spent };
    let renewal = Arc::new(Renewal::new(rules, &[], [Timestamp::MIN; super::super::SLICES], Timestamp::MIN));
    let worker = Worker::new(0, 1, shared.clone(), outlets, renewal).unwrap();
    let (messages, given) = unbounded();
    let shard = thread::spawn(move || worker.run(&given));

    let many = 10 * WAITING_LIMIT as u64;
    (1..=many).for_each(|number| messages.send(batch(number, number == many)).unwrap());
    let within = clock() + LONG;
    while shared.counters.proposed.read() == 0 {
        assert!(clock() < within, "the shard waits for the disk");
        thread::sleep(Duration::from_millis(1));
    }
    let said: Vec<Work> = handed.try_iter().collect();
    assert_eq!(said.len(), MANY_WAITING);
    assert!(said.iter().all(|work| !matches!(work, Work::Write(write) if write.sync)));

    // There is room again: the offer goes with the next batch, whatever is in that.
    messages.send(batch(many + 1, false)).unwrap();
    let Ok(Work::Write(write)) = handed.recv_timeout(LONG) else { panic!("the offer is not handed over") };
    assert_eq!((write.sync, write.progress.upto, write.progress.offers.len()), (true, many + 1, 1));
    drop(messages);
    shard.join().unwrap().unwrap();
}

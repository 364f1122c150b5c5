//! Days of network time from one seed, which draws the feed, the threads, what memory may hold, where the process dies and
//! what the channel does. What is decided, stored and sent is held against a model without any of these.
//!
//! `TOUCHPOINT_SEEDS` says how many seeds, `TOUCHPOINT_SEED` from which on.

use super::model::{Decided, Model, decided};
use super::*;

/// Seeds of a run that nobody asks for more.
const SEEDS: u64 = 150;
/// What is this old at the end may be gone; what is younger is there.
const KEPT: Duration = Duration::from_hours(47);
/// Bounded by whole buckets, and by how far a shard may be behind.
const DROPPED: Duration = Duration::from_hours(48 + 6);

fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

fn world(seed: u64, random: &mut Random) -> World {
    let mut world = World::new(seed);
    world.rules = match random.below(3) {
        0 => rules(),
        _ => patterns::patterns(vec![Cap { count: 2 + random.below(4) as u32, per: patterns::MINUTE * 60 }]),
    };
    world.room = 1 + random.below(40) as usize;
    world.is_steady = random.chance(30);
    // Who always answers is waited for; who does not, not for long.
    world.patience = if world.is_steady { Duration::from_secs(60) } else { Duration::from_millis(20) };
    world.arena_bytes = 1 << (9 + random.below(12));
    world.profiles = random.below(60) as usize;
    world
}

fn check(seed: u64) {
    let mut random = Random::new(seed ^ 0x6461_7973);
    let world = world(seed, &mut random);
    let spacing = Duration::from_secs(30 + random.below(270));
    let events = stream(seed, 400 + random.below(800) as usize, spacing);
    for _ in 0..random.below(4) {
        let mut engine = world.start(1 + random.below(8) as usize);
        feed(&mut engine, &events[..random.below(events.len() as u64) as usize]);
        drop(engine);
    }
    let outcome = world.run(1 + random.below(8) as usize, &events);
    check_sent(&world, &outcome, seed);
    check_decided(&world, &events, &outcome, seed);
    let store = Store::open(&world.store()).unwrap();
    assert_eq!(store.check().unwrap(), [], "seed {seed}");
    check_window(&store, &events, seed);
}

fn check_decided(world: &World, events: &[Event], outcome: &Outcome, seed: u64) {
    let last = events.iter().map(|event| event.at).max().unwrap();
    let is_kept = |decided: &Decided| decided.at > last - KEPT;
    let expected: Vec<Decided> = Model::run(world, events).into_iter().filter(is_kept).collect();
    let all = decided(outcome);
    assert!(all.iter().all(|decided| decided.at > last - DROPPED), "seed {seed}: older than the retention");
    let found: Vec<Decided> = all.into_iter().filter(is_kept).collect();
    let differ = found.iter().zip(&expected).find(|(found, expected)| found != expected);
    assert!(differ.is_none(), "seed {seed}, found and expected: {differ:#?}");
    assert_eq!(found.len(), expected.len(), "seed {seed}");
}

fn check_window(store: &Store, events: &[Event], seed: u64) {
    let last = events.iter().map(|event| event.at).max().unwrap();
    let in_order = |mut events: Vec<Event>| {
        events.retain(|event| event.at > last - KEPT);
        events.sort_by_key(|event| (event.at, event.frame));
        events
    };
    for who in (0..SUBSCRIBERS).map(imsi) {
        let window = in_order(store.window(who, Timestamp::MIN).unwrap());
        assert_eq!(window, in_order(expected_window(events, who, Timestamp::MIN)), "seed {seed}");
    }
}

#[test]
fn days_of_any_seed_go_as_the_model_says() {
    let first = setting("TOUCHPOINT_SEED").unwrap_or(1);
    let seeds = setting("TOUCHPOINT_SEEDS").unwrap_or(SEEDS);
    println!("TOUCHPOINT_SEED={first} TOUCHPOINT_SEEDS={seeds}");
    (first..first + seeds).for_each(check);
}

//! Somebody is forgotten beside an engine that goes on: nothing is left, the others are decided about as if nothing had been, and
//! wherever it is cut off what must hold holds, and it can be done again.

use super::*;
use crate::erasure::{Erased, ErasureError, erase};
use crate::oblivion::{Course, Oblivion};

/// Rules by which nobody takes anything from anybody.
fn apart() -> Arc<RuleSet> {
    let sms = Trigger::Sms { direction: None, numbers: Vec::new() };
    let scenarios = vec![
        scenario("sms", Purpose::Service, sms, None),
        scenario("off", Purpose::Location, Trigger::PowerOff, None),
        scenario("on", Purpose::Marketing, Trigger::PowerOn, None),
    ];
    rule_set(scenarios, vec![Cap { count: 6, per: Duration::from_hours(12) }])
}

fn world(seed: u64, random: &mut Random) -> World {
    let mut world = World::new(seed);
    world.rules = apart();
    world.is_steady = true;
    world.arena_bytes = 1 << (10 + random.below(11));
    world.profiles = random.below(60) as usize;
    world.patience = Duration::from_secs(60);
    world
}

fn forget(oblivion: Oblivion, course: &Course) -> Result<Erased, ErasureError> {
    oblivion.delete(course)?.rewrite(0, course)
}

/// Decisions and offers about everybody but one, without their places in the input.
fn of_others(outcome: &Outcome, who: Imsi) -> (BTreeSet<String>, BTreeSet<String>) {
    let ledger = outcome.ledger.iter().filter(|entry| entry.imsi != who);
    let offers = outcome.offers.iter().filter(|offer| offer.imsi != who);
    let decisions = ledger.map(|entry| format!("{} {} {} {:?}", entry.at, entry.imsi, entry.scenario, entry.verdict));
    (decisions.collect(), offers.map(|offer| format!("{} {} {}", offer.at, offer.id, offer.state.names()[0])).collect())
}

fn check_beside(seed: u64) {
    let mut random = Random::new(seed ^ 0x666f_7267);
    let events = stream(seed, 1_500 + random.below(2_000) as usize, Duration::from_secs(20));
    let world = world(seed, &mut random);
    let mut whole = World::new(seed);
    (whole.rules, whole.is_steady, whole.patience) = (apart(), true, world.patience);
    let (who, whole) = (imsi(random.below(SUBSCRIBERS)), whole.run(2, &events));
    let first = 300 + random.below(events.len() as u64 / 2) as usize;
    let is_shut = random.chance(50);
    let mut engine = world.start(1 + random.below(4) as usize);
    world.is_open.store(!is_shut, Ordering::SeqCst);
    feed_part(&mut engine, &events, 0..first);
    let oblivion = engine.forget(who).unwrap();
    let work = std::thread::spawn(move || forget(oblivion, &Course::default()));
    let mut then = first;
    while !work.is_finished() {
        let next = (then + 23).min(events.len() - 200);
        feed_part(&mut engine, &events, then..next);
        then = next;
        std::thread::sleep(Duration::from_millis(2));
    }
    let erased = work.join().unwrap().unwrap();
    assert!(erased.is_proven() && erased.gone.facts > 0, "seed {seed}: {erased}");
    let sent = world.sent.lock().unwrap().len();
    world.is_open.store(true, Ordering::SeqCst);
    engine.forget_nobody();
    feed_part(&mut engine, &events, then..events.len());
    let summary = engine.finish().unwrap();
    let outcome = Outcome::read(&summary.store, summary.counters);

    assert_eq!(of_others(&outcome, who), of_others(&whole, who), "seed {seed}");
    assert_eq!(summary.store.check().unwrap(), [], "seed {seed}");
    let own = |event: &&Event| event.imsi == Some(who);
    let window: BTreeSet<u64> = summary.store.window(who, Timestamp::MIN).unwrap().iter().map(|e| e.frame).collect();
    let (before, after) = (events[..first].iter().filter(own), events[then..].iter().filter(own));
    assert!(before.map(|event| event.frame).all(|frame| !window.contains(&frame)), "seed {seed}: {window:?}");
    assert!(after.map(|event| event.frame).all(|frame| window.contains(&frame)), "seed {seed}: {window:?}");
    let late = Duration::from_mins(2);
    assert!(outcome.offers.iter().all(|offer| offer.imsi != who || offer.at + late > events[first].at), "seed {seed}");
    let later = &world.sent.lock().unwrap()[sent..];
    assert!(later.iter().all(|sent| sent.imsi != Some(who) || sent.at + late > events[first].at), "seed {seed}");
}

fn check_cut_off(seed: u64) {
    let mut random = Random::new(seed ^ 0x6375_7400);
    let events = stream(seed, 1_500, Duration::from_secs(20));
    let (world, who) = (world(seed, &mut random), imsi(random.below(SUBSCRIBERS)));
    let mut engine = world.start(1 + random.below(4) as usize);
    feed_part(&mut engine, &events, 0..1_000);
    let (oblivion, course) = (engine.forget(who).unwrap(), Arc::<Course>::default());
    let own = Arc::clone(&course);
    let work = std::thread::spawn(move || forget(oblivion, &own));
    feed_part(&mut engine, &events, 1_000..1_100);
    std::thread::sleep(Duration::from_millis(random.below(60)));
    course.end();
    drop(engine);
    let was_done = work.join().unwrap().is_ok();
    let store = Store::open(&world.store()).unwrap();
    assert_eq!(store.check().unwrap(), [], "seed {seed}, {was_done}");
    drop(store);
    let erased = erase(&world.store(), who).unwrap();
    assert!(erased.is_proven(), "seed {seed}, {was_done}: {erased}");
    world.run(2, &events);
}

#[test]
fn somebody_is_forgotten_beside_an_engine_that_goes_on() {
    (1..=12).for_each(check_beside);
}

#[test]
fn forgetting_may_be_cut_off_anywhere() {
    (1..=12).for_each(check_cut_off);
}

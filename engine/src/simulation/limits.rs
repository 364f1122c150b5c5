//! Offers that wait for the end of quiet hours, variants, successes and budgets in the whole engine: the same at any number
//! of threads and wherever a run is cut.

use rules::Group;
use rules::scenario::{Conversion, Money, Variant};

use super::*;
use crate::window::Verdict;

/// What one scenario, and all marketing, may cost: less than the streams of the tests ask for. An offer costs one.
const DEAR_BUDGET: u64 = 5;
const BUDGET: u64 = 90;

fn quiet_nights() -> Arc<RuleSet> {
    let sms = Trigger::Sms { direction: None, numbers: Vec::new() };
    let mut held = scenario("held", Purpose::Marketing, sms.clone(), None);
    held.limits.expires = Duration::from_hours(3);
    held.variants = ["one", "two"].map(|name| Variant { name: name.into(), share: 5000, send: Send::sms(name) }).into();
    held.conversion = Some(Conversion { step: Trigger::PowerOn.into(), within: Duration::from_hours(1) });
    held.limits.control = 2000;
    let short = scenario("short", Purpose::Marketing, Trigger::PowerOff, None);
    let mut dear = scenario("dear", Purpose::Marketing, Trigger::PowerOn, None);
    dear.limits.budget = Some(Money(DEAR_BUDGET));
    let policy = Policy {
        opt_in: Vec::new(),
        quiet: Some((jiff::civil::time(2, 0, 0, 0), jiff::civil::time(4, 0, 0, 0))),
        holds: true,
        price: Some(Money(1)),
        budget: Some(Money(BUDGET)),
        ..Policy::default()
    };
    Arc::new(RuleSet::new(vec![held, short, dear], policy, "0000000000000003".to_owned()))
}

fn world(seed: u64) -> World {
    let mut world = World::new(seed);
    world.rules = quiet_nights();
    world
}

/// From midnight to nine.
fn night(seed: u64) -> Vec<Event> {
    stream(seed, 8_000, Duration::from_secs(4))
}

fn verdicts<'o>(outcome: &'o Outcome, scenario: &'o str) -> impl Iterator<Item = Verdict> + 'o {
    outcome.ledger.iter().filter(move |entry| &*entry.scenario == scenario).map(|entry| entry.verdict)
}

#[test]
fn what_was_held_comes_when_quiet_hours_end_and_budgets_are_exact() {
    let events = night(51);
    let one = world(51).run(1, &events);
    let morning: Timestamp = "2026-11-22T04:00:00Z".parse().unwrap();
    let held = verdicts(&one, "held").filter(|verdict| *verdict == Verdict::Held(morning)).count();
    let released = one.ledger.iter().filter(|entry| entry.at == morning && &*entry.scenario == "held").count();
    assert!(held > 10 && held == released, "{held} held, {released} decided in the morning");
    let all = one.ledger.iter().filter(|entry| matches!(entry.verdict, Verdict::Held(_)));
    assert_eq!(one.counters.held, all.clone().count() as u64);
    // What would have expired by the morning is not held: that is all but what comes at the end of the night.
    let lasts = Duration::from_mins(10);
    assert!(all.filter(|entry| &*entry.scenario != "held").all(|entry| entry.at + lasts >= morning));
    assert!(verdicts(&one, "short").any(|verdict| verdict == Verdict::Withheld(Reason::QuietHours)));
    let passed = |scenario| one.count(scenario, |state| !matches!(state, State::Withheld(_))) as u64;
    assert_eq!(passed("dear"), DEAR_BUDGET);
    assert_eq!(passed("dear") + passed("held") + passed("short"), BUDGET);
    assert!(one.count("held", |state| *state == State::Withheld(Reason::BudgetSpent)) > 0);
    for variant in ["one", "two"] {
        let own = one.ledger.iter().filter(|entry| entry.variant.as_deref() == Some(variant));
        let converted = own.filter(|entry| entry.verdict == Verdict::Converted(Group::Offered)).count();
        assert!(converted > 2, "{variant}: {converted}");
    }
    assert!(verdicts(&one, "held").any(|verdict| verdict == Verdict::Converted(Group::Control)));
    for threads in [2, 8] {
        assert_same(&one, &world(51).run(threads, &events), &format!("{threads} threads"));
    }
}

/// One offer of the first is all there is: whoever else triggers it has room for the second when the place is given back.
fn one_of_two() -> Arc<RuleSet> {
    let sms = Trigger::Sms { direction: None, numbers: Vec::new() };
    let (first, second) = (
        scenario("first", Purpose::Marketing, sms, Some(1)),
        scenario("second", Purpose::Marketing, Trigger::PowerOff, None),
    );
    rule_set(vec![first, second], vec![Cap { count: 1, per: Duration::from_hours(24) }])
}

#[test]
fn what_a_total_withholds_takes_its_place_in_the_caps_of_the_subscriber_for_an_hour_at_most() {
    let events = stream(53, 12_000, Duration::from_secs(1));
    let run = |threads| {
        let mut world = World::new(53);
        world.rules = one_of_two();
        world.run(threads, &events)
    };
    let one = run(1);
    assert_eq!(one.count("first", |state| !matches!(state, State::Withheld(_))), 1);
    assert!(one.count("first", |state| *state == State::Withheld(Reason::TotalReached)) > 5);
    let capped = verdicts(&one, "second").filter(|verdict| *verdict == Verdict::Withheld(Reason::GlobalCap)).count();
    assert!(capped > 5, "{capped} capped");
    assert!(one.counters.given_back > 8, "{:?}", one.counters);
    // Who gets the second one triggered the first before, and nothing came of it.
    let got = |who: Imsi| one.offers.iter().any(|offer| offer.imsi == who && &*offer.scenario == "second");
    assert!(one.offers.iter().filter(|offer| &*offer.scenario == "first" && got(offer.imsi)).count() > 0);
    for threads in [2, 8] {
        assert_same(&one, &run(threads), &format!("{threads} threads"));
    }
}

#[test]
fn a_crash_gives_each_place_back_once_and_where_it_would_have_been() {
    let events = stream(53, 12_000, Duration::from_secs(1));
    let mut whole = World::new(53);
    whole.rules = one_of_two();
    let whole = whole.run(2, &events);
    for seed in 0..8 {
        let mut random = Random::new(4_000 + seed);
        let mut world = World::new(seed);
        (world.rules, world.arena_bytes) = (one_of_two(), 1 << (10 + random.below(12)));
        for _ in 0..3 {
            let mut engine = world.start(1 + random.below(8) as usize);
            feed(&mut engine, &events[..random.below(events.len() as u64) as usize]);
            drop(engine);
        }
        let resumed = world.run(1 + random.below(8) as usize, &events);
        assert_same(&whole, &resumed, &format!("seed {seed}"));
    }
}

#[test]
fn a_crash_while_offers_are_held_neither_loses_nor_doubles_them() {
    let events = night(52);
    let whole = world(52).run(2, &events);
    for seed in 0..8 {
        let mut random = Random::new(3_000 + seed);
        let mut world = world(seed);
        world.arena_bytes = 1 << (10 + random.below(12));
        // In the middle of the quiet hours, and anywhere.
        for crash in [2_000 + random.below(1_400), random.below(events.len() as u64)] {
            let mut engine = world.start(1 + random.below(8) as usize);
            feed(&mut engine, &events[..crash as usize]);
            drop(engine);
        }
        let resumed = world.run(1 + random.below(8) as usize, &events);
        assert_same(&whole, &resumed, &format!("seed {seed}"));
        check_sent(&world, &resumed, seed);
    }
}

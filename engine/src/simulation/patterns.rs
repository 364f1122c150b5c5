//! Patterns over time in the whole engine: timers decide the same at any number of threads, wherever a run is cut, and for
//! a rule set that comes later.

use event::{AreaFact, AreaFactKind, CellId, Lai, ReportTimer, Source};
use rules::lists::Area;
use rules::policy::Periodic;
use rules::scenario::{Evidence, Happening, Hold, Pattern, Step};

use super::*;

pub(super) const MINUTE: Duration = Duration::from_secs(60);

fn area() -> Trigger {
    let cells = [1, 2].map(|lac| CellId { plmn: None, lac: Some(lac), ci: None });
    Trigger::Enter(Arc::new(Area::new("shop", cells)))
}

fn step(trigger: Trigger, hold: Option<Hold>) -> Step {
    Step(vec![Happening { trigger, hold }])
}

fn sms() -> Step {
    Trigger::Sms { direction: None, numbers: Vec::new() }.into()
}

fn call() -> Step {
    Trigger::Call { phase: CallPhase::Setup, direction: None, numbers: Vec::new(), length: None, causes: Vec::new() }
        .into()
}

fn dwell(lasting: Duration, evidence: Evidence) -> Step {
    step(area(), Some(Hold::Dwell { lasting, evidence, grace: MINUTE, still_here: true }))
}

/// Each kind of pattern, with and without timers of its own.
pub(super) fn patterns(caps: Vec<Cap>) -> Arc<RuleSet> {
    let pattern = |name, purpose, pattern: Pattern| {
        let mut scenario = scenario(name, purpose, Trigger::PowerOn, (name == "presumed").then_some(40));
        scenario.trigger = pattern;
        scenario.limits.per_subscriber = None;
        scenario
    };
    let scenarios = vec![
        pattern("presumed", Purpose::Marketing, Pattern::Once(dwell(2 * MINUTE, Evidence::Presume))),
        pattern("confirmed", Purpose::Service, Pattern::Once(dwell(2 * MINUTE, Evidence::Reconfirm))),
        pattern("sequence", Purpose::Service, Pattern::Sequence { steps: vec![sms(), call()], within: 20 * MINUTE }),
        pattern(
            "count",
            Purpose::Service,
            Pattern::Count { of: call(), at_least: 3, within: 180 * MINUTE, gap: MINUTE },
        ),
        pattern(
            "absence",
            Purpose::Marketing,
            Pattern::Absence { after: sms(), no: call(), lasting: 10 * MINUTE, still_here: true },
        ),
        pattern(
            "all",
            Purpose::Service,
            Pattern::All {
                of: vec![sms(), dwell(MINUTE, Evidence::Presume)],
                without: vec![Trigger::PowerOff.into()],
                within: 15 * MINUTE,
            },
        ),
    ];
    let policy = Policy {
        caps: caps.into_iter().map(Into::into).collect(),
        opt_in: Vec::new(),
        t3212: Periodic { usual: 8 * MINUTE, by_lac: Vec::new() },
        ..Policy::default()
    };
    Arc::new(RuleSet::new(scenarios, policy, "0000000000000002".to_owned()))
}

fn world(seed: u64) -> World {
    let mut world = World::new(seed);
    world.rules = patterns(vec![Cap { count: 4, per: 60 * MINUTE }]);
    world
}

/// Quiet enough that much is due between two events.
fn quiet_stream(seed: u64) -> Vec<Event> {
    stream(seed, 8_000, Duration::from_secs(4))
}

#[test]
fn what_is_due_is_the_same_at_any_number_of_threads() {
    let events = quiet_stream(41);
    let one = world(41).run(1, &events);
    for reason in [Reason::DwellBroken, Reason::SeenBeforeDeadline, Reason::WindowExpired, Reason::NotPresent] {
        let withheld = one.ledger.iter().filter(|entry| entry.verdict == crate::window::Verdict::Withheld(reason));
        let count = withheld.count();
        assert!(count > 10, "{reason}: {count}");
    }
    for scenario in ["presumed", "confirmed", "sequence", "count", "absence", "all"] {
        assert!(one.count(scenario, |_| true) > 10, "{scenario}: {}", one.count(scenario, |_| true));
    }
    for threads in [2, 8] {
        assert_same(&one, &world(41).run(threads, &events), &format!("{threads} threads"));
    }
}

#[test]
fn a_crash_anywhere_neither_loses_nor_doubles_what_is_due() {
    let events = quiet_stream(42);
    let whole = world(42).run(2, &events);
    for seed in 0..12 {
        let mut random = Random::new(2_000 + seed);
        let mut world = world(seed);
        (world.arena_bytes, world.profiles) = (1 << (10 + random.below(12)), random.below(2) as usize * 1_000);
        for _ in 0..1 + random.below(4) {
            let mut engine = world.start(1 + random.below(8) as usize);
            feed(&mut engine, &events[..random.below(events.len() as u64) as usize]);
            drop(engine);
        }
        let resumed = world.run(1 + random.below(8) as usize, &events);
        assert_same(&whole, &resumed, &format!("seed {seed}"));
        check_sent(&world, &resumed, seed);
    }
}

// --- silence ---------------------------------------------------------------------------------------------------------

/// Areas that fall silent for a time and are heard again, one after the other or together; how often phones report there.
fn silences(seed: u64, events: &[Event]) -> Vec<AreaFact> {
    let mut random = Random::new(seed);
    let end = events.iter().map(|event| event.at).max().unwrap();
    let areas: BTreeSet<Lai> = events.iter().filter_map(|event| event.cell.lai()).collect();
    let mut facts = Vec::new();
    for area in areas {
        let mut at: Timestamp = START.parse().unwrap();
        while at < end {
            at = at + Duration::from_secs(random.below(3 * 3600));
            let kind = AreaFactKind::Silent { source: Source::Bss, since: at };
            facts.push(AreaFact { at, area, kind });
            at = at + Duration::from_secs(random.below(3600));
            facts.push(AreaFact { at, area, kind: AreaFactKind::Heard });
            let every = Duration::from_secs(360 * (1 + random.below(5)));
            facts.push(AreaFact { at, area, kind: AreaFactKind::Reports { timer: ReportTimer::T3212, every } });
        }
    }
    facts.sort_by_key(|fact| fact.at);
    facts
}

#[test]
fn silence_holds_the_same_back_at_any_number_of_threads_and_wherever_a_run_is_cut() {
    let events = quiet_stream(45);
    let facts = silences(45, &events);
    let whole = world(45).run_with(1, &events, &facts);
    let unaware = world(45).run(1, &events);
    let offers = |outcome: &Outcome, scenario: &str| outcome.count(scenario, |_| true);
    assert!(offers(&whole, "absence") > 10 && whole.ledger != unaware.ledger, "{}", offers(&whole, "absence"));
    for threads in [2, 8] {
        assert_same(&whole, &world(45).run_with(threads, &events, &facts), &format!("{threads} threads"));
    }
    for seed in 0..12 {
        let mut random = Random::new(3_000 + seed);
        let mut world = world(seed);
        (world.arena_bytes, world.profiles) = (1 << (10 + random.below(12)), random.below(2) as usize * 1_000);
        for _ in 0..1 + random.below(4) {
            let mut engine = world.start(1 + random.below(8) as usize);
            feed_with(&mut engine, &events, &facts, 0..random.below(events.len() as u64) as usize);
            drop(engine);
        }
        let resumed = world.run_with(1 + random.below(8) as usize, &events, &facts);
        assert_same(&whole, &resumed, &format!("seed {seed}"));
    }
}

#[test]
fn a_hole_in_the_feed_is_no_absence_and_no_stay() {
    let at = |minute: u64| START.parse::<Timestamp>().unwrap() + MINUTE * minute as u32;
    let area = Lai { plmn: "460-00".parse().unwrap(), lac: 1 };
    let seen = |minute, kind| {
        let mut random = Random::new(1);
        let cell = CellId { plmn: Some(area.plmn), lac: Some(area.lac), ci: Some(7) };
        let event = random_event(&mut random, imsi(1));
        Event { at: at(minute), binding: Binding::OnWire, imei: None, after_reset: false, cell, kind, ..event }
    };
    let sms = Kind::Sms { direction: Direction::Out, peer: None };
    let call = Kind::CallSetup { direction: Direction::Out, number: "13900000077".parse().ok(), emergency: false };
    // A message; then silence from the first minute to the 101st: the call that would have been no absence is not seen.
    let hole = [
        AreaFact { at: at(1), area, kind: AreaFactKind::Silent { source: Source::Link, since: at(0) } },
        AreaFact { at: at(101), area, kind: AreaFactKind::Heard },
    ];
    let withheld = |outcome: &Outcome| -> Vec<(String, Timestamp, bool)> {
        let entry = |entry: &LedgerEntry| {
            (entry.scenario.to_string(), entry.at, matches!(entry.verdict, crate::window::Verdict::Offered(_)))
        };
        outcome
            .ledger
            .iter()
            .map(entry)
            .filter(|(scenario, ..)| scenario == "absence" || scenario == "presumed")
            .collect()
    };
    let events = [seen(0, sms), seen(102, call)];
    let told = withheld(&world(1).run_with(2, &events, &hole));
    // Called before ten minutes were heard; and seen inside again, so there for two minutes at least.
    let decided = |scenario: &str, is_offer| (scenario.to_owned(), at(102), is_offer);
    assert_eq!(told, [decided("absence", false), decided("presumed", true)]);
    let told = withheld(&world(1).run(2, &events));
    assert!(told.iter().any(|(_, decided, _)| *decided < at(101)), "{told:?}");
}

#[test]
fn what_is_learnt_of_an_area_right_behind_an_event_holds_for_what_that_has_begun() {
    let start: Timestamp = START.parse().unwrap();
    let area = Lai { plmn: "460-00".parse().unwrap(), lac: 1 };
    let cell = CellId { plmn: Some(area.plmn), lac: Some(area.lac), ci: Some(7) };
    let sms = Kind::Sms { direction: Direction::Out, peer: None };
    let before = random_event(&mut Random::new(1), imsi(1));
    let before =
        Event { at: start, binding: Binding::OnWire, imei: None, after_reset: false, cell, kind: sms, ..before };
    let after = Event { at: start + 5 * MINUTE, ..before };
    let fact =
        AreaFact { at: start, area, kind: AreaFactKind::Reports { timer: ReportTimer::T3212, every: 2 * MINUTE } };
    let decided = |is_learnt: bool| {
        let mut world = world(1);
        let mut stay = scenario("stay", Purpose::Service, Trigger::PowerOn, None);
        stay.trigger = Pattern::Once(dwell(2 * MINUTE, Evidence::Reconfirm));
        world.rules = Arc::new(RuleSet::new(vec![stay], world.rules.policy().clone(), "3".to_owned()));
        let mut engine = world.start(1);
        engine.event(&before);
        if is_learnt {
            engine.area(&fact);
        }
        engine.event(&after);
        let store = engine.finish().unwrap().store;
        let entries = store.ledger().unwrap().map(|entry| entry.unwrap());
        entries.map(|entry| (entry.at, entry.verdict)).collect::<Vec<_>>()
    };
    // Phones report every two minutes: whoever is not seen for a tenth more has gone, whoever comes back then.
    let gone = (start + 2 * MINUTE + MINUTE / 5, crate::window::Verdict::Withheld(Reason::NotPresent));
    assert_eq!(decided(true), [gone]);
    assert!(matches!(decided(false)[..], [(at, crate::window::Verdict::Offered(_))] if at == after.at));
}

// --- other rules -----------------------------------------------------------------------------------------------------

/// What was decided after this: by what it is about, not by how it came about.
fn decided_after(outcome: &Outcome, later: Timestamp) -> Vec<(Timestamp, Imsi, Arc<str>, bool)> {
    let entries = outcome.ledger.iter().filter(|entry| entry.at > later && &*entry.scenario != "presumed");
    let is_offered = |entry: &LedgerEntry| matches!(entry.verdict, crate::window::Verdict::Offered(_));
    let mut decided: Vec<_> =
        entries.map(|entry| (entry.at, entry.imsi, entry.scenario.clone(), is_offered(entry))).collect();
    decided.sort();
    decided
}

fn assert_same_after(outcome: &Outcome, expected: &Outcome, later: Timestamp, what: &str) {
    let (decided, expected) = (decided_after(outcome, later), decided_after(expected, later));
    assert!(expected.len() > 500, "{}", expected.len());
    let differing = decided.iter().zip(&expected).find(|(decided, expected)| decided != expected);
    assert!(differing.is_none(), "{what}: {differing:#?}");
    assert_eq!(decided.len(), expected.len(), "{what}");
}

#[test]
fn rules_that_come_later_know_what_has_begun() {
    let events = quiet_stream(43);
    let half = events.len() / 2;
    let mut always = World::new(43);
    always.rules = patterns(Vec::new());
    let always = always.run(2, &events);
    // At a start, or while events flow; from no patterns, or from some of them in other places; cut off or not.
    for (seed, threads) in [1, 3, 8, 2, 5].into_iter().enumerate() {
        let mut world = World::new(43);
        (world.arena_bytes, world.profiles) = (1 << (10 + 2 * seed), if seed % 2 == 0 { 0 } else { 1_000 });
        if seed > 2 {
            world.rules = some_patterns();
        }
        let mut engine = world.start(threads);
        feed(&mut engine, &events[..half]);
        world.rules = patterns(Vec::new());
        if seed == 0 {
            drop(engine);
            engine = world.start(threads);
            feed(&mut engine, &events[..half]);
        } else {
            engine.reload(world.rules.clone()).unwrap();
        }
        if seed == 4 {
            // Amid the sweep, perhaps.
            drop(engine);
            engine = world.start(threads);
            feed(&mut engine, &events[..half]);
        }
        feed_part(&mut engine, &events, half..events.len());
        let summary = engine.finish().unwrap();
        let outcome = Outcome::read(&summary.store, summary.counters);
        assert_same_after(&outcome, &always, events[half].at + MINUTE, &format!("case {seed}"));
    }
}

/// Three of [`patterns`], and one that is not among them, in an order of their own.
fn some_patterns() -> Arc<RuleSet> {
    let all = patterns(Vec::new());
    let mut scenarios: Vec<Scenario> = all.scenarios().iter().filter(|one| one.name.len() % 2 == 0).cloned().collect();
    scenarios.iter_mut().zip([10, 90, 30, 70]).for_each(|(scenario, priority)| scenario.priority = priority);
    let mut other = scenarios[0].clone();
    (other.name, other.priority) = ("another".into(), 80);
    scenarios.push(other);
    Arc::new(RuleSet::new(scenarios, all.policy().clone(), "0000000000000003".to_owned()))
}

#[test]
fn rules_that_come_again_and_again_change_nothing_of_what_stays() {
    let events = quiet_stream(44);
    let mut steady = world(44);
    steady.rules = patterns(Vec::new());
    let steady = steady.run(2, &events);
    let mut world = world(44);
    world.rules = patterns(Vec::new());
    let mut engine = world.start(3);
    let mut refused = 0;
    for (index, from) in (0..events.len()).step_by(events.len() / 40).enumerate() {
        feed_part(&mut engine, &events, from..from + events.len() / 40);
        // The others have ranks of their own, and so the same patterns stand elsewhere; and back.
        let added = world.rules.scenarios().iter().cloned().chain((index % 2 == 0).then(|| {
            let mut added = scenario("added", Purpose::Service, Trigger::RoamIn(Vec::new()), None);
            added.priority = 99;
            added
        }));
        let rules = RuleSet::new(added.collect(), world.rules.policy().clone(), "0000000000000004".to_owned());
        match engine.reload(Arc::new(rules)) {
            Ok(()) => {}
            Err(crate::EngineError::Renewing) => refused += 1,
            Err(error) => panic!("{error}"),
        }
    }
    let summary = engine.finish().unwrap();
    assert!(refused < 40, "some were taken");
    assert_eq!(summary.store.editions().unwrap().len(), 1, "all have been brought over");
    let mut outcome = Outcome::read(&summary.store, summary.counters);
    outcome.ledger.retain(|entry| &*entry.scenario != "added");
    assert_same_after(&outcome, &steady, Timestamp::MIN, "all");
}

//! Patterns over time in the whole engine: timers decide the same at any number of threads, wherever a run is cut, and for
//! a rule set that comes later.

use event::CellId;
use rules::lists::Area;
use rules::policy::Periodic;
use rules::scenario::{Evidence, Happening, Hold, Pattern, Step};

use super::*;

const MINUTE: Duration = Duration::from_secs(60);

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
    Trigger::Call { phase: CallPhase::Setup, direction: None, numbers: Vec::new() }.into()
}

fn dwell(lasting: Duration, evidence: Evidence) -> Step {
    step(area(), Some(Hold::Dwell { lasting, evidence, grace: MINUTE }))
}

/// Each kind of pattern, with and without timers of its own.
fn patterns(caps: Vec<Cap>) -> Arc<RuleSet> {
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
        timezone: TimeZone::UTC,
        quiet: None,
        caps,
        universal_control: 0,
        opt_in: Vec::new(),
        home: Vec::new(),
        t3212: Periodic { usual: 8 * MINUTE, by_lac: Vec::new() },
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
        assert!(withheld.count() > 20, "{reason}");
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

#[test]
fn rules_that_come_later_know_what_has_begun() {
    let events = quiet_stream(43);
    let half = events.len() / 2;
    let decided = |outcome: &Outcome| -> Vec<_> {
        let later = events[half].at + MINUTE;
        let entries = outcome.ledger.iter().filter(|entry| entry.at > later && &*entry.scenario != "presumed");
        let is_offered = |entry: &LedgerEntry| matches!(entry.verdict, crate::window::Verdict::Offered(_));
        entries.map(|entry| (entry.at, entry.imsi, entry.scenario.clone(), is_offered(entry))).collect()
    };
    let mut world = World::new(43);
    let mut engine = world.start(2);
    feed(&mut engine, &events[..half]);
    drop(engine);
    world.rules = patterns(Vec::new());
    let later = world.run(3, &events);
    let mut always = World::new(43);
    always.rules = patterns(Vec::new());
    let (later, always) = (decided(&later), decided(&always.run(2, &events)));
    assert!(later.len() > 500, "{}", later.len());
    let differing = later.iter().zip(&always).find(|(later, always)| later != always);
    assert!(differing.is_none(), "{differing:#?}");
    assert_eq!(later.len(), always.len());
}

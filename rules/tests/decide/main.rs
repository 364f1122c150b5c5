//! `RuleSet::decide` against the definitions: an oracle without index, profile or cache judges each event anew from the
//! list of all events before it. Random rule sets, subscribers and streams; the seed of a case is printed when it fails.
//!
//! Seen to fail with each of these planted in turn: `>=` for `>` in the cap's period; an unknown network taken as another
//! one; the exit of an area judged by the cell after; a periodic update counted as power on; prefixes of one length only;
//! scenarios of equal priority in reverse order of name; a suspect sighting, a late one or a shown IMEI remembered as a
//! sighting; an event that is two steps of a sequence; the earlier of two ways kept; the end of a span counted as in it;
//! an excursion that does not end; somebody gone presumed to dwell, or present at that moment; an arrival that does not
//! begin the settling anew; suspect evidence for a pattern; an event decided before what was due; due by rank, not time;
//! any event a success; success not watched for in the control group, or for a second too long; what became of a success's
//! area told; what is ruled out forgotten while the offer waits; somebody gone offered; nothing that calls it off; two
//! waits at once; a time of day at its own moment, or beyond the window; access points with their operator unlike those
//! without; a cell better known taken as another; our own messages heard; protected people remembered; a call for help that
//! counts a moment too long, or one that came in; days made up for forgotten, or free; calls of any length.
#![expect(clippy::unwrap_used, reason = "the inputs of a test are known to be right")]

mod draw;
mod naive;
mod oracle;
mod silence;

use std::time::Duration;

use event::{Event, Imsi, Timestamp};
use rules::matcher::Passage;
use rules::{Areas, Decision, Group, Outcome, Profile, Reason, RuleSet};

use crate::draw::{Random, World};
use crate::oracle::{Judgement, Oracle};

/// Each case is a rule set and a stream of events.
const CASES: u64 = 100_000;
const FIRST_SEED: u64 = 1;

#[test]
fn decisions_are_those_of_the_definitions() {
    println!("seeds {FIRST_SEED} to {}", FIRST_SEED + CASES - 1);
    let mut seen = Seen::default();
    for seed in FIRST_SEED..FIRST_SEED + CASES {
        run(seed, &mut seen);
    }
    seen.expect_everything();
}

fn run(seed: u64, seen: &mut Seen) {
    let mut random = Random::new(seed);
    let world = World::draw(&mut random);
    let mut oracle = Oracle::new(&world);
    let mut profiles = vec![Profile::default(); world.people.len()];
    // For when each would be woken, if nothing happened.
    let mut armed = vec![None; world.people.len()];
    let mut decisions = Vec::new();
    let (mut areas, mut told, mut now) = (Areas::default(), 0, Timestamp::MIN);
    // Of areas it may be known before what will be, as after a crash: it changes nothing.
    let ahead = if random.one_in(2) { Duration::from_secs(1_000_000) } else { Duration::ZERO };
    let mut rules = &world.rules;
    for (place, event) in world.events.iter().enumerate() {
        if let Some((_, after)) = world.reload.as_ref().filter(|(at, _)| *at == place) {
            for (index, (person, profile)) in world.people.iter().zip(&mut profiles).enumerate() {
                decisions.clear();
                rules.wake(person.imsi, now, profile, world.context(&areas), &mut decisions);
                compare(seed, rules, &decisions, &oracle.wake(person, now), &"the change of rules");
                reload(&world, &world.events[..place], (rules, after), person.imsi, (&areas, now), profile);
                armed[index] = after.due(profile, &areas, now);
                seen.note(&decisions);
            }
            oracle.reload(after, now);
            rules = after;
            seen.reloads += 1;
        }
        now = now.max(event.at);
        while let Some(fact) = world.facts.get(told).filter(|fact| fact.at <= now + ahead) {
            areas.take(fact);
            told += 1;
        }
        let expected = oracle.judge(event);
        let person = world.people.iter().position(|person| Some(person.imsi) == event.imsi);
        let mut nobody = Profile::default();
        let profile = person.map_or(&mut nobody, |index| &mut profiles[index]);
        decisions.clear();
        rules.decide(event, profile, world.context(&areas), &mut decisions);
        compare(seed, rules, &decisions, &expected, event);
        seen.note(&decisions);
        if let Some(armed) = person.map(|index| &mut armed[index]) {
            let woken = decisions.iter().map(|decision| decision.at).find(|at| *at < event.at);
            assert!(
                woken.is_none_or(|woken| armed.is_some_and(|armed| armed <= woken)),
                "seed {seed}: {armed:?} {event:?}"
            );
            *armed = rules.due(profile, &areas, now);
        }
    }
    let end = world.events.iter().map(|event| event.at).max().unwrap() + Duration::from_secs(1_000_000);
    world.facts.iter().for_each(|fact| _ = areas.take(fact));
    for (person, profile) in world.people.iter().zip(&mut profiles) {
        decisions.clear();
        rules.wake(person.imsi, end, profile, world.context(&areas), &mut decisions);
        compare(seed, rules, &decisions, &oracle.wake(person, end), &"the end");
        assert!(rules.due(profile, &areas, end).is_none(), "seed {seed}: {:?}", profile.live);
        assert!(profile.live.marks().is_empty(), "seed {seed}: {:?}", profile.live);
        seen.note(&decisions);
    }
}

/// Brings a subscriber over to other rules, as a shard does.
fn reload(
    world: &World,
    past: &[Event],
    (before, after): (&RuleSet, &RuleSet),
    imsi: Imsi,
    (areas, now): (&Areas, Timestamp),
    profile: &mut Profile,
) {
    let facts = past.iter().filter(|event| event.imsi == Some(imsi) && !before.is_protected(imsi, &world.directory));
    let warm_from = if world.warm { Timestamp::MIN } else { Timestamp::MAX };
    after.renew(&Passage::new(before.patterns(), after), facts, warm_from, now, areas, profile);
}

fn compare(seed: u64, rules: &RuleSet, decisions: &[Decision], expected: &[Judgement<'_>], at: &dyn std::fmt::Debug) {
    let scenarios = rules.scenarios();
    let name = |decision: &Decision| &*scenarios[decision.scenario as usize].name;
    let found: Vec<Judgement<'_>> =
        decisions.iter().map(|decision| (decision.at, name(decision), decision.outcome)).collect();
    assert_eq!(found, expected, "seed {seed}: {at:?}\n{scenarios:#?}");
}

/// What came up, so that the test cannot go blind.
#[derive(Default)]
struct Seen {
    offers: u64,
    together: u64,
    withheld: std::collections::BTreeMap<Reason, u64>,
    /// Waited for the end of quiet hours.
    held: u64,
    reloads: u64,
    /// Successes of those who were offered, and of the control group.
    converted: [u64; 2],
}

impl Seen {
    fn note(&mut self, decisions: &[Decision]) {
        self.together += u64::from(decisions.len() > 1);
        for decision in decisions {
            match decision.outcome {
                Outcome::Offer => self.offers += 1,
                Outcome::Withheld(reason) => *self.withheld.entry(reason).or_default() += 1,
                Outcome::Held(_) => self.held += 1,
                Outcome::Converted(group, _) => self.converted[usize::from(group == Group::Control)] += 1,
            }
        }
    }

    fn expect_everything(&self) {
        println!("{} offers, {} events with several, withheld {:?}", self.offers, self.together, self.withheld);
        println!("converted {:?}, held {}", self.converted, self.held);
        assert!(self.held > 1000 && self.reloads > 10_000);
        assert!(self.offers > 5_000 && self.together > 5_000 && self.converted.iter().all(|count| *count > 100));
        let elsewhere = [Reason::TotalReached, Reason::BudgetSpent, Reason::Expired, Reason::TakenBack];
        for reason in Reason::ALL.into_iter().filter(|reason| !elsewhere.contains(reason)) {
            assert!(self.withheld.get(&reason).is_some_and(|count| *count > 100), "{reason} hardly came up");
        }
    }
}

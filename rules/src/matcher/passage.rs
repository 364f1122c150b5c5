//! From one rule set to the next: what has begun under a scenario that did not change goes on, a scenario that did is
//! derived from the facts.

use std::hash::{Hash, Hasher};

use rustc_hash::{FxHashMap, FxHashSet};
use siphasher::sip::SipHasher13;

use super::live::{Live, Mark};
use super::set::RuleSet;
use crate::policy::Policy;
use crate::scenario::{Delay, Scenario, Until};

/// What a rule set's pattern is: the same for the same scenario with the same pattern over lists of the same content.
/// Never [`NO_PATTERN`].
pub type PatternId = u64;

/// In the place of a pattern where a scenario has none: there is nothing to remember.
pub const NO_PATTERN: PatternId = 0;

const KEY: (u64, u64) = (0x746f_7563_6870_6f69, 0x6e74_2070_6174_7465);

/// Names the pattern of a scenario, with what else its marks depend on.
pub(super) fn pattern_id(scenario: &Scenario, policy: &Policy) -> PatternId {
    let mut hasher = SipHasher13::new_with_keys(KEY.0, KEY.1);
    (&scenario.name, &scenario.trigger, &scenario.delay, &scenario.conversion).hash(&mut hasher);
    // Success is counted by variant.
    if scenario.conversion.is_some() && !scenario.variants.is_empty() {
        scenario.variants.iter().for_each(|variant| variant.name.hash(&mut hasher));
    }
    if let Some(Delay { until: Until::Clock(_), .. }) = scenario.delay {
        (&scenario.schedule, &policy.calendar, policy.timezone.iana_name()).hash(&mut hasher);
    }
    hasher.finish().max(1)
}

/// How marks that were set under one rule set are read under another.
#[derive(Debug)]
pub struct Passage {
    /// By rank in the earlier set: the rank in the later one.
    kept: Vec<Option<u32>>,
    /// By rank in the later set: whether its pattern is new.
    is_new: Vec<bool>,
    needs_facts: bool,
}

impl Passage {
    /// From a set with these patterns ([`RuleSet::patterns`]) to another.
    pub fn new(before: &[PatternId], after: &RuleSet) -> Self {
        let has_pattern = |(_, id): &(u32, &PatternId)| **id != NO_PATTERN;
        let earlier: FxHashSet<PatternId> = before.iter().copied().collect();
        let later: FxHashMap<PatternId, u32> =
            (0..).zip(after.patterns()).filter(has_pattern).map(|(rank, id)| (*id, rank)).collect();
        // Of an offer that waits for the end of quiet hours no fact tells.
        let is_new = |(rank, id): (u32, &PatternId)| after.pattern(rank).is_some() && !earlier.contains(id);
        let is_new: Vec<bool> = (0..).zip(after.patterns()).map(is_new).collect();
        Self {
            kept: before.iter().map(|id| later.get(id).copied()).collect(),
            needs_facts: is_new.contains(&true),
            is_new,
        }
    }

    /// Whether the later set has a pattern that the earlier had not, so that it must be derived from the facts.
    pub fn needs_facts(&self) -> bool {
        self.needs_facts
    }

    /// One subscriber's marks under the later set: of kept patterns those that were there, of new ones those of
    /// `derived`. Silence is credited to both up to the same time.
    pub(super) fn carry(&self, live: &Live, derived: &Live) -> Live {
        let kept = live.marks().iter().filter_map(|mark| {
            let rank = (*self.kept.get(mark.rank as usize)?)?;
            Some(Mark { rank, ..*mark })
        });
        let is_new = |mark: &&Mark| self.is_new.get(mark.rank as usize) == Some(&true);
        let marks = kept.chain(derived.marks().iter().filter(is_new).copied()).collect();
        Live::changed(marks, live.credited().max(derived.credited()))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use event::{CellId, Timestamp};

    use super::super::live::SlotKind;
    use super::*;
    use crate::lists::Area;
    use crate::scenario::{Conversion, Hold, Pattern, Purpose, Send, Step, Trigger};

    fn dwelling(name: &str, priority: u8, minutes: u64, cells: &[u16]) -> Scenario {
        let cells = cells.iter().map(|ci| CellId { plmn: None, lac: Some(1), ci: Some(*ci) });
        let mut step = Step::from(Trigger::Enter(Arc::new(Area::new("shop", cells))));
        let lasting = Duration::from_secs(60 * minutes);
        let (evidence, grace) = (Default::default(), Duration::ZERO);
        step.0[0].hold = Some(Hold::Dwell { lasting, evidence, grace, still_here: true });
        plain(name, priority, Pattern::Once(step))
    }

    fn plain(name: &str, priority: u8, trigger: Pattern) -> Scenario {
        Scenario { priority, ..Scenario::new(name, Purpose::Service, trigger, Send::sms("hello")) }
    }

    fn set(scenarios: Vec<Scenario>) -> RuleSet {
        RuleSet::new(scenarios, Policy::default(), String::new())
    }

    fn marks(marks: &[(u32, i64)]) -> Live {
        let mark = |(rank, at): &(u32, i64)| Mark {
            rank: *rank,
            slot: SlotKind::Held.at(0),
            at: Timestamp::from_seconds(*at),
        };
        Live::from_marks(marks.iter().map(mark).collect(), Timestamp::MIN)
    }

    /// Marks of ranks 0, 1… of the first set, and 100 s later in those derived, under the second.
    fn check(before: Vec<Scenario>, after: Vec<Scenario>, expected: &[(u32, i64)]) -> Passage {
        let (before, after) = (set(before), set(after));
        let passage = Passage::new(before.patterns(), &after);
        let live: Vec<_> = (0..before.patterns().len() as u32).map(|rank| (rank, i64::from(rank))).collect();
        let derived: Vec<_> = (0..after.patterns().len() as u32).map(|rank| (rank, 100 + i64::from(rank))).collect();
        assert_eq!(passage.carry(&marks(&live), &marks(&derived)), marks(expected));
        passage
    }

    #[test]
    fn a_pattern_that_stays_keeps_its_marks_wherever_its_scenario_comes_to_stand() {
        let a = || dwelling("a", 50, 5, &[1, 2]);
        let b = || dwelling("b", 50, 5, &[1, 2]);
        assert!(!check(vec![a(), b()], vec![b(), a()], &[(0, 0), (1, 1)]).needs_facts());
        assert!(!check(vec![a(), b()], vec![a(), dwelling("b", 90, 5, &[2, 1])], &[(0, 1), (1, 0)]).needs_facts());
        let between = plain("ab", 50, Trigger::PowerOn.into());
        assert!(!check(vec![a(), b()], vec![a(), between, b()], &[(0, 0), (2, 1)]).needs_facts());
        assert!(!check(vec![a(), b()], vec![a()], &[(0, 0)]).needs_facts());
    }

    #[test]
    fn a_pattern_that_changed_is_derived() {
        let a = || dwelling("a", 50, 5, &[1, 2]);
        let step = Trigger::PowerOn.into();
        let hopeful = Scenario { conversion: Some(Conversion { step, within: Duration::from_secs(9) }), ..a() };
        let others = [dwelling("a", 50, 6, &[1, 2]), dwelling("a", 50, 5, &[1, 3]), dwelling("c", 50, 5, &[1, 2])];
        for changed in others.into_iter().chain([hopeful]) {
            assert!(check(vec![a()], vec![changed], &[(0, 100)]).needs_facts());
        }
        assert!(check(vec![a()], vec![a(), dwelling("b", 50, 5, &[1])], &[(0, 0), (1, 101)]).needs_facts());
    }
}

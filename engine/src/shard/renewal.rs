//! From one rule set to the next while events flow. Every shard changes over at the same place among the events; each of
//! its subscribers at the first event, timer or sweep after that: what began under a pattern that stays goes on, what a
//! new pattern would have begun by then is derived from the facts. Nothing that was due before is decided.

use std::sync::Arc;

use event::{Event, Imsi, Timestamp};
use rules::matcher::Passage;
use rules::{Areas, RuleSet};

use super::table::Slot;
use super::{SLICES, slice};
use crate::window::editions::Edition;

/// How subscribers come from the rule sets before to this one.
#[derive(Debug)]
pub(crate) struct Renewal {
    pub(crate) rules: Arc<RuleSet>,
    /// Of this rule set.
    pub(crate) edition: u32,
    /// From the rule sets of which there may be marks, oldest first. Empty where all marks mean what they did.
    passages: Vec<(u32, Passage)>,
    /// Packet time of the change for each slice, and the oldest time of the facts.
    now: [Timestamp; SLICES],
    since: Timestamp,
}

impl Renewal {
    /// From these editions, oldest first, of which the last may be the rule set's own.
    pub(crate) fn new(rules: Arc<RuleSet>, before: &[Edition], now: [Timestamp; SLICES], since: Timestamp) -> Self {
        let newest = before.last();
        let edition = match newest {
            Some(newest) if newest.patterns == rules.patterns() => newest.number,
            newest => newest.map_or(1, |newest| newest.number.saturating_add(1)),
        };
        let earlier = before.iter().filter(|earlier| earlier.number != edition);
        let passages = earlier.map(|earlier| (earlier.number, Passage::new(&earlier.patterns, &rules))).collect();
        Self { rules, edition, passages, now, since }
    }

    /// The edition that the rule set is.
    pub(crate) fn to_edition(&self) -> Edition {
        Edition { number: self.edition, patterns: self.rules.patterns().to_vec() }
    }

    /// Whether there is anything to bring over.
    pub(crate) fn is_needed(&self) -> bool {
        !self.passages.is_empty()
    }

    /// The oldest edition of which there may be marks.
    pub(crate) fn oldest(&self) -> u32 {
        self.passages.first().map_or(self.edition, |(oldest, _)| *oldest)
    }

    /// Whether the facts of a subscriber of any earlier edition must be read.
    pub(crate) fn needs_facts(&self) -> bool {
        self.passages.iter().any(|(_, passage)| passage.needs_facts())
    }

    /// From when on the facts are wanted.
    pub(crate) fn since(&self) -> Timestamp {
        self.since
    }

    /// Brings a subscriber over, with its facts from [`Renewal::since`] on, oldest first.
    pub(crate) fn renew(&self, slot: &mut Slot, imsi: Imsi, facts: &[Event], areas: &Areas) {
        let passage = self.passages.iter().find(|(number, _)| *number >= slot.edition).map(|(_, passage)| passage);
        let Some(passage) = passage else { return };
        // Whoever was there before is seen by then; who is first seen later, was not.
        let warm_from = self.since + self.rules.policy().t3212.presence(None);
        let now = self.now.get(usize::from(slice(imsi))).copied().unwrap_or(Timestamp::MIN);
        self.rules.renew(passage, facts, warm_from, now, areas, &mut slot.profile);
        slot.edition = self.edition;
    }
}

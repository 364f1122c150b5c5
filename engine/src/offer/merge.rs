//! The shards' proposals in one order: that of the triggering events. A proposal's turn has come when no shard can
//! propose anything before it any more. So has the turn of a phone's answer, which may be about one of them.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use event::{Imsi, Timestamp};

use super::{Offer, PhoneAnswer};
use crate::shard::Progress;

/// The proposals that a slower shard may still overtake, and how far each shard has come.
///
/// Bounded by the bounds of the shards' queues: while one is full, none of the others is given more.
pub(crate) struct Merge {
    upto: Vec<u64>,
    now: Vec<Timestamp>,
    ahead: BinaryHeap<Reverse<Proposal>>,
    /// By place among the events.
    answers: BTreeMap<u64, PhoneAnswer>,
}

struct Proposal(Offer);

impl Proposal {
    // What is due between two events has the place of the later one, or of the last of its stretch, and its own time.
    fn place(&self) -> (u64, Timestamp, Imsi, u16) {
        (self.0.sequence, self.0.at, self.0.imsi, self.0.rank)
    }
}

impl PartialEq for Proposal {
    fn eq(&self, other: &Self) -> bool {
        self.place() == other.place()
    }
}

impl Eq for Proposal {}

impl PartialOrd for Proposal {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Proposal {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.place().cmp(&other.place())
    }
}

impl Merge {
    pub(crate) fn new(shards: usize) -> Self {
        Self {
            upto: vec![0; shards],
            now: vec![Timestamp::MIN; shards],
            ahead: BinaryHeap::new(),
            answers: BTreeMap::new(),
        }
    }

    /// Takes a proposal that an earlier start has left.
    pub(crate) fn resume(&mut self, offer: Offer) {
        self.ahead.push(Reverse(Proposal(offer)));
    }

    /// Nothing of the subscriber has a turn any more.
    pub(crate) fn forget(&mut self, imsi: Imsi) {
        self.ahead.retain(|Reverse(Proposal(offer))| offer.imsi != imsi);
        self.answers.retain(|_, answer| answer.imsi != imsi);
    }

    /// Takes what a shard tells.
    pub(crate) fn step(&mut self, step: Progress) {
        if let (Some(upto), Some(now)) = (self.upto.get_mut(step.shard), self.now.get_mut(step.shard)) {
            *upto = step.upto;
            *now = step.now;
        }
        self.ahead.extend(step.offers.into_iter().map(|offer| Reverse(Proposal(offer))));
        self.answers.extend(step.answers.into_iter().map(|answer| (answer.sequence, answer)));
    }

    /// The proposal whose turn it is.
    pub(crate) fn next(&mut self) -> Option<Offer> {
        let Reverse(first) = self.ahead.peek()?;
        let upto = self.upto.iter().copied().min()?;
        if first.0.sequence > upto {
            return None;
        }
        self.ahead.pop().map(|Reverse(Proposal(offer))| offer)
    }

    /// Nothing is proposed any more up to this place among the events, and nothing waits for its turn.
    pub(crate) fn passed(&self) -> u64 {
        let upto = self.upto.iter().copied().min().unwrap_or(0);
        self.ahead.peek().map_or(upto, |Reverse(first)| upto.min(first.0.sequence.saturating_sub(1)))
    }

    /// The phone's answer whose turn it is, once nothing is proposed any more before it.
    pub(crate) fn next_answer(&mut self) -> Option<PhoneAnswer> {
        let (first, upto) = (*self.answers.first_key_value()?.0, self.upto.iter().copied().min()?);
        if first > upto { None } else { self.answers.pop_first().map(|(_, answer)| answer) }
    }

    /// Packet time of the slowest shard.
    pub(crate) fn now(&self) -> Timestamp {
        self.now.iter().copied().min().unwrap_or(Timestamp::MIN)
    }

    /// Whether no shard will tell anything more.
    pub(crate) fn is_finished(&self) -> bool {
        self.upto.iter().all(|upto| *upto == u64::MAX)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.ahead.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::offer::Acknowledgement;
    use crate::testing::offer;

    fn step(shard: usize, upto: u64, sequences: &[u64]) -> Progress {
        let offers = sequences.iter().map(|sequence| offer(*sequence)).collect();
        let now = Timestamp::from_micros(upto.min(100) as i64);
        Progress { shard, upto, now, offers, answers: Vec::new(), forgets: None }
    }

    fn turns(merge: &mut Merge) -> Vec<u64> {
        std::iter::from_fn(|| merge.next()).map(|offer| offer.sequence).collect()
    }

    #[test]
    fn a_phones_answer_has_its_turn_with_the_proposals_that_it_may_be_about() {
        let answer = |sequence| {
            let (imsi, from) = (offer(1).imsi, "10086".parse().unwrap());
            PhoneAnswer { sequence, imsi, from, said: Acknowledgement { at: offer(1).at, cause: None } }
        };
        let turns = |merge: &mut Merge| -> Vec<u64> {
            std::iter::from_fn(|| merge.next_answer()).map(|answer| answer.sequence).collect()
        };
        let mut merge = Merge::new(2);
        merge.step(Progress { answers: vec![answer(8), answer(3)], ..step(0, 10, &[]) });
        assert_eq!(turns(&mut merge), [0_u64; 0]);
        merge.step(Progress { answers: vec![answer(4)], ..step(1, 5, &[]) });
        assert_eq!(turns(&mut merge), [3, 4]);
        merge.step(step(1, u64::MAX, &[]));
        assert_eq!(turns(&mut merge), [8]);
    }

    #[test]
    fn a_turn_comes_when_every_shard_has_passed_it() {
        let mut merge = Merge::new(2);
        merge.resume(offer(2));
        merge.step(step(0, 10, &[3, 9]));
        assert_eq!(turns(&mut merge), [0_u64; 0]);
        merge.step(step(1, 5, &[1, 4]));
        assert_eq!(turns(&mut merge), [1, 2, 3, 4]);
        assert_eq!(merge.now(), Timestamp::from_micros(5));
        merge.step(step(1, u64::MAX, &[]));
        assert_eq!(turns(&mut merge), [9]);
        assert!(!merge.is_finished());
        merge.step(step(0, u64::MAX, &[11]));
        assert!(merge.is_finished() && !merge.is_empty());
        assert_eq!(turns(&mut merge), [11]);
    }
}

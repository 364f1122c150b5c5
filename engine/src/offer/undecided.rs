//! Proposals whose turn has come but whose subscriber's number is being looked up. Within a scenario nobody overtakes,
//! so that its total goes to the same offers however long an answer takes; scenarios do not hold each other up.

use std::collections::VecDeque;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use event::{Imsi, Number};
use rustc_hash::FxHashMap;

use super::Offer;
use super::address::Answer;

/// How often a number is asked for that the source fails to look up; then nobody knows it.
const ATTEMPTS: u8 = 3;

/// What is known of a number that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Known {
    /// Nobody has asked.
    NotAsked,
    /// It has not come.
    Awaited,
    /// The number, or that nobody knows one.
    Came(Option<Number>),
}

struct Asked {
    by: usize,
    attempts: u8,
    answer: Option<Option<Number>>,
}

/// The proposals that wait, by scenario, and the numbers they wait for. Its owner bounds [`Undecided::len`].
#[derive(Default)]
pub(crate) struct Undecided {
    scenarios: FxHashMap<Arc<str>, VecDeque<Offer>>,
    asked: FxHashMap<Imsi, Asked>,
    len: usize,
}

impl Undecided {
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Whether a proposal of this scenario has to wait for others.
    pub(crate) fn holds_up(&self, scenario: &str) -> bool {
        self.scenarios.contains_key(scenario)
    }

    /// Takes a proposal. Tells whether its subscriber's number is to be asked for.
    pub(crate) fn push(&mut self, offer: Offer) -> bool {
        self.len += 1;
        let is_new = match self.asked.entry(offer.imsi) {
            Entry::Occupied(mut asked) => {
                asked.get_mut().by += 1;
                false
            }
            Entry::Vacant(vacant) => {
                vacant.insert(Asked { by: 1, attempts: 1, answer: None });
                true
            }
        };
        self.scenarios.entry(offer.scenario.clone()).or_default().push_back(offer);
        is_new
    }

    /// An answer has come; one that nobody waits for is passed over. Tells whether to ask again.
    pub(crate) fn answer(&mut self, imsi: Imsi, answer: &Answer) -> bool {
        let Some(asked) = self.asked.get_mut(&imsi) else { return false };
        asked.answer = match answer {
            Answer::Found(number) => Some(Some(*number)),
            Answer::Failed(_) if asked.attempts < ATTEMPTS => {
                asked.attempts += 1;
                return true;
            }
            Answer::Unknown | Answer::Failed(_) => Some(None),
        };
        false
    }

    /// What is known of a subscriber's number.
    pub(crate) fn known(&self, imsi: Imsi) -> Known {
        match self.asked.get(&imsi) {
            None => Known::NotAsked,
            Some(Asked { answer: None, .. }) => Known::Awaited,
            Some(Asked { answer: Some(number), .. }) => Known::Came(*number),
        }
    }

    /// The scenarios, in the order of the first proposal that waits in each.
    pub(crate) fn scenarios(&self) -> Vec<Arc<str>> {
        let place = |offers: &VecDeque<Offer>| offers.front().map(|first| (first.sequence, first.rank));
        let mut turns: Vec<_> = self.scenarios.iter().map(|(name, offers)| (place(offers), name.clone())).collect();
        turns.sort_unstable();
        turns.into_iter().map(|(_, name)| name).collect()
    }

    /// The first proposal of a scenario.
    pub(crate) fn first(&self, scenario: &str) -> Option<&Offer> {
        self.scenarios.get(scenario)?.front()
    }

    /// The first place among the events that one of them has.
    pub(crate) fn earliest(&self) -> Option<u64> {
        self.scenarios.values().filter_map(|offers| offers.front()).map(|first| first.sequence).min()
    }

    /// Takes it out.
    pub(crate) fn pop(&mut self, scenario: &str) -> Option<Offer> {
        let offers = self.scenarios.get_mut(scenario)?;
        let first = offers.pop_front()?;
        if offers.is_empty() {
            self.scenarios.remove(scenario);
        }
        self.len -= 1;
        if let Entry::Occupied(mut asked) = self.asked.entry(first.imsi) {
            asked.get_mut().by -= 1;
            if asked.get().by == 0 {
                asked.remove();
            }
        }
        Some(first)
    }

    /// The subscriber's proposals wait no more.
    pub(crate) fn forget(&mut self, imsi: Imsi) {
        for offers in self.scenarios.values_mut() {
            offers.retain(|offer| offer.imsi != imsi);
        }
        self.scenarios.retain(|_, offers| !offers.is_empty());
        self.asked.remove(&imsi);
        self.len = self.scenarios.values().map(VecDeque::len).sum();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::offer;

    #[test]
    fn a_number_is_asked_for_once_and_forgotten_when_nobody_waits() {
        let mut undecided = Undecided::default();
        let first = offer(1);
        assert!(undecided.push(first.clone()));
        assert!(!undecided.push(offer(2)));
        assert_eq!(undecided.known(first.imsi), Known::Awaited);
        for again in [true, true, false] {
            assert_eq!(undecided.answer(first.imsi, &Answer::Failed("no route".into())), again);
        }
        assert_eq!(undecided.known(first.imsi), Known::Came(None));
        assert_eq!(undecided.pop(&first.scenario).unwrap().sequence, 1);
        assert!(undecided.holds_up(&first.scenario));
        assert_eq!(undecided.pop(&first.scenario).unwrap().sequence, 2);
        assert_eq!(undecided.known(first.imsi), Known::NotAsked);
        assert!(!undecided.holds_up(&first.scenario));
        assert_eq!(undecided.len(), 0);
    }
}

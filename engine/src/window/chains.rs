//! The records of one subscriber after the other, out of an arena in which they lie far apart: several chains are followed side by
//! side, for to follow one waits for memory at each record.

use std::collections::VecDeque;

use super::arena::{Arena, NO_RECORD, Tail};

/// So many chains are followed at a time.
const SIDE_BY_SIDE: usize = 16;

/// Chains of an arena, in the order of their tails.
pub(super) struct Chains<'a, T> {
    arena: &'a Arena,
    tails: T,
    ahead: VecDeque<Chain>,
    /// The one that has come to its turn.
    own: Chain,
}

/// As far as it has been followed.
#[derive(Default)]
struct Chain {
    /// Newest first.
    places: Vec<Tail>,
    /// What is fetched, but not looked at.
    next: Tail,
}

impl Chain {
    fn begin(&mut self, arena: &Arena, tail: Tail) {
        self.places.clear();
        self.next = tail;
        arena.fetch(tail);
    }

    fn step(&mut self, arena: &Arena) {
        if self.next != NO_RECORD {
            self.places.push(self.next);
            self.next = arena.before(self.next);
            arena.fetch(self.next);
        }
    }
}

impl<'a, T: Iterator<Item = Tail>> Chains<'a, T> {
    pub(super) fn new(arena: &'a Arena, mut tails: T) -> Self {
        let mut ahead = VecDeque::with_capacity(SIDE_BY_SIDE);
        for tail in tails.by_ref().take(SIDE_BY_SIDE) {
            let mut chain = Chain::default();
            chain.begin(arena, tail);
            ahead.push_back(chain);
        }
        Self { arena, tails, ahead, own: Chain::default() }
    }

    /// Where the records of the next chain are, newest first; absent where no chain is left.
    pub(super) fn next(&mut self) -> Option<&[Tail]> {
        let Self { arena, tails, ahead, own } = self;
        let next = ahead.pop_front()?;
        let mut spent = std::mem::replace(own, next);
        while own.next != NO_RECORD {
            own.step(arena);
        }
        ahead.iter_mut().for_each(|chain| chain.step(arena));
        if let Some(tail) = tails.next() {
            spent.begin(arena, tail);
            ahead.push_back(spent);
        }
        Some(&own.places)
    }
}

#[cfg(test)]
mod tests {
    use event::Imsi;

    use super::*;
    use crate::testing::{Random, random_event};

    #[test]
    fn chains_of_any_length_come_whole_and_in_their_order() {
        let (mut random, mut arena) = (Random::new(6), Arena::default());
        let imsi: Imsi = "460001234567890".parse().unwrap();
        let mut expected: Vec<Vec<Tail>> = vec![Vec::new(); 100];
        for _ in 0..3_000 {
            let who = (random.below(10) * random.below(10)) as usize;
            let tail = expected[who].first().copied().unwrap_or(NO_RECORD);
            let tail = arena.append(imsi, tail, &random_event(&mut random, imsi));
            expected[who].insert(0, tail);
        }
        let tails = expected.iter().map(|places| places.first().copied().unwrap_or(NO_RECORD));
        let mut chains = Chains::new(&arena, tails);
        expected.iter().for_each(|places| assert_eq!(chains.next(), Some(&places[..])));
        assert_eq!(chains.next(), None);
    }
}

//! The part of the window that is not sealed yet: records one after the other, each pointing to the one before it of
//! the same subscriber. Appending never reads and never moves.

use event::{Event, Imsi};

use super::octets::Octets;
use super::record::{self, Previous};

/// Where a subscriber's newest record begins; [`NO_RECORD`] where there is none.
pub(crate) type Tail = u32;

/// No record.
pub(crate) const NO_RECORD: Tail = Tail::MAX;

/// The most octets that an arena may be asked to hold: a tail must be able to point to all of them.
pub(crate) const ARENA_LIMIT: usize = 1 << 30;

const POINTER: usize = size_of::<Tail>();

/// Records of many subscribers.
#[derive(Debug, Default)]
pub(crate) struct Arena {
    octets: Vec<u8>,
}

impl Arena {
    pub(crate) fn with_capacity(octets: usize) -> Self {
        Self { octets: Vec::with_capacity(octets) }
    }

    pub(crate) fn len(&self) -> usize {
        self.octets.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.octets.is_empty()
    }

    /// Appends to the chain that ends at `tail` and gives its new end.
    pub(crate) fn append(&mut self, tail: Tail, event: &Event) -> Tail {
        let here = self.octets.len() as Tail; // sealed long before `ARENA_LIMIT`
        self.octets.extend_from_slice(&tail.to_le_bytes());
        record::put(&mut self.octets, event, &mut Previous::default());
        here
    }

    /// Appends the subscriber's events to `events`, oldest first. `None` where the chain is broken.
    pub(crate) fn read(&self, imsi: Imsi, tail: Tail, events: &mut Vec<Event>) -> Option<()> {
        let start = events.len();
        let mut here = tail;
        while here != NO_RECORD {
            let mut octets = Octets::new(self.octets.get(here as usize..)?);
            here = Tail::from_le_bytes(octets.fixed::<POINTER>()?);
            events.push(record::read(&mut octets, imsi, &mut Previous::default())?);
        }
        events.get_mut(start..)?.reverse();
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Random, random_event};

    #[test]
    fn chains_keep_subscribers_apart_and_in_order() {
        let mut random = Random::new(3);
        let imsis: Vec<Imsi> = (0..10).map(|n| format!("46000000000000{n}").parse().unwrap()).collect();
        let (mut arena, mut tails) = (Arena::default(), [NO_RECORD; 10]);
        let mut expected: Vec<Vec<Event>> = vec![Vec::new(); 10];
        for _ in 0..2_000 {
            let who = random.below(9) as usize;
            let event = random_event(&mut random, imsis[who]);
            tails[who] = arena.append(tails[who], &event);
            expected[who].push(event);
        }
        for who in 0..10 {
            let mut events = Vec::new();
            arena.read(imsis[who], tails[who], &mut events).unwrap();
            assert_eq!(events, expected[who]);
        }
    }
}

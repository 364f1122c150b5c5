//! The part of the window that is not sealed yet: records one after the other, each pointing to the one before it of
//! the same subscriber, and told relative to the first of its page. Appending never reads and never moves.

use event::{Event, Imsi, prefetch, with_large_capacity};

use super::keys::Bucket;
use super::octets::Octets;
use super::record::{self, MOST_OCTETS, Previous, Record};

/// Where a subscriber's newest record begins, and in which of two arenas; [`NO_RECORD`] where there is none.
pub(crate) type Tail = u32;

/// No record.
pub(crate) const NO_RECORD: Tail = 0;

/// The most octets that an arena may be asked to hold: a tail must be able to point to all of them.
pub(crate) const ARENA_LIMIT: usize = 1 << 30;

const POINTER: usize = size_of::<Tail>();
/// Records that begin within so many octets are told relative to the first of them: time and frame then take few octets.
const PAGE_OCTETS: usize = 1 << 16;
/// Few records have more.
const USUAL_OCTETS: usize = 32;
/// Which of two arenas.
const OTHER: Tail = 1 << 31;

const _: () = assert!(2 * ARENA_LIMIT <= OTHER as usize);
const _: () = assert!(POINTER + 1 + MOST_OCTETS < PAGE_OCTETS, "a record begins on every page");

/// Records of many subscribers.
#[derive(Debug, Default)]
pub(crate) struct Arena {
    /// A pointer, a length, a record, and so on.
    octets: Vec<u8>,
    /// What the records of each page are told relative to.
    pages: Vec<Previous>,
    /// In order of the first record of each.
    subscribers: Vec<Imsi>,
    /// Of the records. Nearly always one, or two when an hour turns.
    buckets: Vec<Bucket>,
    is_other: bool,
}

impl Arena {
    /// An arena whose tails are told from those of this one, in the memory of one that is spent.
    pub(crate) fn next(&self, spent: Self) -> Self {
        let Self { mut octets, mut pages, mut subscribers, mut buckets, .. } = spent;
        octets.clear();
        pages.clear();
        subscribers.clear();
        buckets.clear();
        if octets.capacity() < self.octets.len() {
            octets = with_large_capacity(self.octets.len());
        }
        subscribers.reserve(self.subscribers.len());
        Self { octets, pages, subscribers, buckets, is_other: !self.is_other }
    }

    /// Whether the record is one of this arena, of the two that there are at a time.
    pub(crate) fn holds(&self, tail: Tail) -> bool {
        tail != NO_RECORD && (tail & OTHER != 0) == self.is_other
    }

    /// Who has records.
    pub(crate) fn subscribers(&self) -> &[Imsi] {
        &self.subscribers
    }

    /// Where its events lie.
    pub(crate) fn buckets(&self) -> &[Bucket] {
        &self.buckets
    }

    /// Times and frames of some of the records, in order of arrival.
    pub(crate) fn points(&self) -> impl Iterator<Item = (i64, u64)> + Clone {
        self.pages.iter().map(Previous::point)
    }

    pub(crate) fn len(&self) -> usize {
        self.octets.len()
    }

    /// Appends to the subscriber's chain in this arena, which ends at `tail`, and gives its new end.
    pub(crate) fn append(&mut self, imsi: Imsi, tail: Tail, event: &Event) -> Tail {
        if tail == NO_RECORD {
            self.subscribers.push(imsi);
        }
        let bucket = Bucket::of(event.at);
        if self.buckets.last() != Some(&bucket) && !self.buckets.contains(&bucket) {
            self.buckets.push(bucket);
        }
        let start = self.octets.len();
        if start / PAGE_OCTETS >= self.pages.len() {
            self.pages.push(Previous::of(event));
        }
        let mut first = self.pages.last().copied().unwrap_or_default();
        self.octets.extend_from_slice(&tail.to_le_bytes());
        let length = self.octets.len();
        self.octets.push(0);
        record::put(&mut self.octets, event, &mut first);
        let octets = self.octets.len() - length - 1;
        // Only now is it known.
        self.octets.get_mut(length).into_iter().for_each(|length| *length = octets as u8);
        let place = start as Tail + 1; // sealed long before `ARENA_LIMIT`
        place | if self.is_other { OTHER } else { 0 }
    }

    /// Appends the subscriber's events to `events`, oldest first. `None` where the chain is broken.
    pub(crate) fn read(&self, imsi: Imsi, tail: Tail, events: &mut Vec<Event>) -> Option<()> {
        let start = events.len();
        let mut here = tail;
        while here != NO_RECORD {
            events.push(self.record(here)?.event(imsi)?);
            here = self.before(here);
        }
        events.get_mut(start..)?.reverse();
        Some(())
    }

    /// The record that begins there.
    pub(crate) fn record(&self, tail: Tail) -> Option<Record<'_>> {
        let mut octets = self.at(tail)?;
        octets.fixed::<POINTER>()?;
        let length = octets.octet()?;
        Some(Record { octets: octets.slice(length.into())?, after: self.pages.get(start(tail)? / PAGE_OCTETS)? })
    }

    /// Begins to fetch a record. Nothing but time depends on it.
    pub(crate) fn fetch(&self, tail: Tail) {
        let Some(start) = start(tail) else { return };
        let lines = [start, start + USUAL_OCTETS];
        lines.into_iter().filter_map(|octet| self.octets.get(octet)).for_each(prefetch);
    }

    /// The record before this one of the same subscriber.
    pub(crate) fn before(&self, tail: Tail) -> Tail {
        self.at(tail).and_then(|mut octets| octets.fixed()).map_or(NO_RECORD, Tail::from_le_bytes)
    }

    fn at(&self, tail: Tail) -> Option<Octets<'_>> {
        Some(Octets::new(self.octets.get(start(tail)?..)?))
    }
}

fn start(tail: Tail) -> Option<usize> {
    (tail & !OTHER).checked_sub(1).map(|start| start as usize)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Random, random_event};

    #[test]
    fn records_of_any_page_are_read() {
        let (mut random, mut arena) = (Random::new(4), Arena::default());
        let imsi: Imsi = "460001234567890".parse().unwrap();
        let events: Vec<Event> = (0..20_000).map(|_| random_event(&mut random, imsi)).collect();
        let tail = events.iter().fold(NO_RECORD, |tail, event| arena.append(imsi, tail, event));
        let mut read = Vec::new();
        arena.read(imsi, tail, &mut read).unwrap();
        assert_eq!(arena.pages.len(), arena.len().div_ceil(PAGE_OCTETS));
        assert!(arena.pages.len() > 5 && read == events);
    }

    #[test]
    fn chains_keep_subscribers_apart_and_in_order() {
        let mut random = Random::new(3);
        let imsis: Vec<Imsi> = (0..10).map(|n| format!("46000000000000{n}").parse().unwrap()).collect();
        let (mut arena, mut tails) = (Arena::default().next(Arena::default()), [NO_RECORD; 10]);
        let mut expected: Vec<Vec<Event>> = vec![Vec::new(); 10];
        for _ in 0..2_000 {
            let who = random.below(9) as usize;
            let event = random_event(&mut random, imsis[who]);
            tails[who] = arena.append(imsis[who], tails[who], &event);
            expected[who].push(event);
        }
        for who in 0..10 {
            let mut events = Vec::new();
            arena.read(imsis[who], tails[who], &mut events).unwrap();
            assert_eq!(events, expected[who]);
            let [holds, next_holds] = [&arena, &arena.next(Arena::default())].map(|arena| arena.holds(tails[who]));
            assert_eq!((holds, next_holds), (who < 9, false), "{who}");
        }
        let mut subscribers = arena.subscribers().to_vec();
        subscribers.sort_unstable();
        assert_eq!(subscribers, imsis[..9]);
    }
}

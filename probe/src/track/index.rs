//! Where in a table something lies, by the hash of its key: an index that can be asked ahead of time.
//!
//! A place that the hash alone tells, and seldom another cache line behind it, answers who has a key and that nobody has it, and is
//! all that coming and going touch: so many look-ups can be under way at one time. It holds no keys: whoever asks compares them.

use event::{prefetch, with_large_capacity};

const LINE_LENGTH: usize = 8;
const FIRST_LINES: usize = 8;
/// So many of a line's places may be taken, on average: what finds its own taken lies behind it.
const FULL: usize = 4;

/// Nothing lies there.
const NOWHERE: u32 = u32::MAX;

/// Places by hash, each below `u32::MAX`. Several may have one hash.
pub(super) struct Index {
    /// A power of two of them; the lowest bits of the hash choose where a search begins.
    lines: Vec<Line>,
    count: usize,
}

/// A cache line.
#[derive(Clone, Copy)]
#[repr(align(64))]
struct Line([Entry; LINE_LENGTH]);

#[derive(Clone, Copy, PartialEq, Eq)]
struct Entry {
    /// The lowest bits of the hash.
    hash: u32,
    place: u32,
}

impl Entry {
    const NONE: Self = Self { hash: 0, place: NOWHERE };
}

impl Default for Index {
    fn default() -> Self {
        Self { lines: vec![Line([Entry::NONE; LINE_LENGTH]); FIRST_LINES], count: 0 }
    }
}

impl Index {
    /// How many places it holds.
    pub(super) fn len(&self) -> usize {
        self.count
    }

    /// Begins to fetch what the others will look at.
    #[inline]
    pub(super) fn expect(&self, hash: u64) {
        self.lines.get(self.begin(hash as u32) / LINE_LENGTH).into_iter().for_each(prefetch);
    }

    /// Where the key with this hash most probably is.
    #[inline]
    pub(super) fn guess(&self, hash: u64) -> Option<usize> {
        self.find(hash, |_| true)
    }

    /// The place of this hash that `is` the one.
    #[inline]
    pub(super) fn find(&self, hash: u64, is: impl Fn(usize) -> bool) -> Option<usize> {
        let hash = hash as u32;
        let mut at = self.begin(hash);
        loop {
            let entry = self.entry(at);
            if entry.place == NOWHERE {
                return None;
            }
            if entry.hash == hash && is(entry.place as usize) {
                return Some(entry.place as usize);
            }
            at = self.after(at);
        }
    }

    /// Adds a place, which this hash does not have yet.
    #[inline]
    pub(super) fn insert(&mut self, hash: u64, place: u32) {
        if self.count >= self.lines.len() * FULL {
            self.grow();
        }
        self.count += 1;
        self.put(Entry { hash: hash as u32, place });
    }

    /// Takes a place of this hash out, if it is there.
    #[inline]
    pub(super) fn remove(&mut self, hash: u64, place: u32) {
        let gone = Entry { hash: hash as u32, place };
        let mut at = self.begin(gone.hash);
        while self.entry(at) != gone {
            if self.entry(at).place == NOWHERE {
                return;
            }
            at = self.after(at);
        }
        self.count -= 1;
        self.vacate(at);
    }

    /// Those behind move up, unless they would come to lie before where their search begins.
    fn vacate(&mut self, mut vacant: usize) {
        let mut at = self.after(vacant);
        loop {
            let entry = self.entry(at);
            if entry.place == NOWHERE {
                return self.set(vacant, Entry::NONE);
            }
            if self.distance(self.begin(entry.hash), at) >= self.distance(vacant, at) {
                self.set(vacant, entry);
                vacant = at;
            }
            at = self.after(at);
        }
    }

    fn put(&mut self, entry: Entry) {
        let mut at = self.begin(entry.hash);
        while self.entry(at).place != NOWHERE {
            at = self.after(at);
        }
        self.set(at, entry);
    }

    #[cold]
    fn grow(&mut self) {
        let mut grown = with_large_capacity(2 * self.lines.len());
        grown.resize(2 * self.lines.len(), Line([Entry::NONE; LINE_LENGTH]));
        let before = std::mem::replace(&mut self.lines, grown);
        before.into_iter().flat_map(|Line(entries)| entries).filter(|entry| entry.place != NOWHERE).for_each(|entry| {
            self.put(entry);
        });
    }

    #[inline]
    fn begin(&self, hash: u32) -> usize {
        hash as usize & self.last()
    }

    #[inline]
    fn after(&self, at: usize) -> usize {
        (at + 1) & self.last()
    }

    /// How far `to` is behind `from`.
    #[inline]
    fn distance(&self, from: usize, to: usize) -> usize {
        to.wrapping_sub(from) & self.last()
    }

    #[inline]
    fn last(&self) -> usize {
        self.lines.len() * LINE_LENGTH - 1
    }

    #[inline]
    fn entry(&self, at: usize) -> Entry {
        let line = self.lines.get(at / LINE_LENGTH);
        line.and_then(|Line(entries)| entries.get(at % LINE_LENGTH)).copied().unwrap_or(Entry::NONE)
    }

    #[inline]
    fn set(&mut self, at: usize, entry: Entry) {
        let line = self.lines.get_mut(at / LINE_LENGTH);
        line.and_then(|Line(entries)| entries.get_mut(at % LINE_LENGTH)).into_iter().for_each(|place| *place = entry);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn all(index: &Index, hash: u64) -> BTreeSet<usize> {
        let found = std::cell::RefCell::new(BTreeSet::new());
        index.find(hash, |place| {
            found.borrow_mut().insert(place);
            false
        });
        found.into_inner()
    }

    /// Comes and goes at random, among hashes that begin at `spread` places, and holds every answer against a set.
    fn check(spread: u64, steps: u64) {
        let (mut index, mut there) = (Index::default(), BTreeSet::new());
        let mut random = 1_u64;
        for _ in 0..steps {
            random = random.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
            let (hash, place) = ((random >> 33) % spread * 0x1_0003, (random >> 60) as u32);
            if there.insert((hash, place)) {
                index.insert(hash, place);
            } else {
                there.remove(&(hash, place));
                index.remove(hash, place);
                index.remove(hash, place);
            }
            let expected = there.range((hash, 0)..=(hash, u32::MAX)).map(|(_, place)| *place as usize).collect();
            assert_eq!(all(&index, hash), expected);
            assert_eq!(index.guess(hash).is_some(), !expected.is_empty());
            assert_eq!(index.count, there.len());
        }
        for hash in 0..spread {
            let hash = hash * 0x1_0003;
            let expected = there.range((hash, 0)..=(hash, u32::MAX)).map(|(_, place)| *place as usize).collect();
            assert_eq!(all(&index, hash), expected);
        }
    }

    #[test]
    fn what_came_and_did_not_go_is_found() {
        check(3, 2_000);
        check(40, 5_000);
        check(5_000, 50_000);
    }

    #[test]
    fn what_lies_at_the_end_goes_on_at_the_beginning() {
        let mut index = Index::default();
        let last = index.last() as u64;
        (0..4).for_each(|place| index.insert(last, place));
        index.insert(1, 9);
        index.remove(last, 0);
        assert_eq!((all(&index, last), all(&index, 1)), (BTreeSet::from([1, 2, 3]), BTreeSet::from([9])));
    }

    #[test]
    fn it_grows_before_it_is_full() {
        let mut index = Index::default();
        (0..1000).for_each(|place| index.insert(u64::from(place) << 2, place));
        assert!((0..1000).all(|place| index.find(place << 2, |at| at == place as usize) == Some(place as usize)));
        assert!(index.lines.len() * FULL >= 1000);
    }
}

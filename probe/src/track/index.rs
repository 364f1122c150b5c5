//! Where in a table something lies, by the hash of its key: an index that can be asked ahead of time.
//!
//! A place that the hash alone tells, and seldom another cache line behind it, answers who has a key and that nobody has it, and is
//! all that coming and going touch: so many look-ups can be under way at one time. It holds no keys: whoever asks compares them.

use event::{prefetch, with_large_capacity};
use wide::u32x8;

/// So many places of a cache line are taken, on average, before the table grows: what finds its own line full lies behind it.
const FULL: usize = 4;
const SLOTS: usize = 7;
const FIRST_LINES: usize = 8;

/// Nothing lies there.
const NOWHERE: u32 = u32::MAX;

/// Places by hash, each below `u32::MAX`. Several may have one hash.
pub(super) struct Index {
    /// A power of two of them; the lowest bits of the hash choose where a search begins.
    lines: Vec<Line>,
    count: usize,
}

/// A cache line. All of it is compared at once: how far a loop would have to go could not be foretold.
#[derive(Clone, Copy)]
#[repr(align(64))]
struct Line {
    /// The lowest bits of each hash.
    hashes: Lanes,
    /// Each place, and in the lane behind them how many lie in other lines that would lie here if there were room: a search
    /// goes on until there are none.
    places: Lanes,
}

/// A lane for each slot, and one more.
type Lanes = u32x8;

impl Line {
    const EMPTY: Self = Self {
        hashes: Lanes::new([0; SLOTS + 1]),
        places: Lanes::new([NOWHERE, NOWHERE, NOWHERE, NOWHERE, NOWHERE, NOWHERE, NOWHERE, 0]),
    };

    #[inline]
    fn get(&self, slot: usize) -> u32 {
        self.places.as_array().get(slot).copied().unwrap_or(NOWHERE)
    }

    #[inline]
    fn set(&mut self, slot: usize, hash: u32, place: u32) {
        self.hashes.as_mut_array().get_mut(slot).into_iter().for_each(|slot| *slot = hash);
        self.places.as_mut_array().get_mut(slot).into_iter().for_each(|slot| *slot = place);
    }

    #[inline]
    fn passed(&self) -> u32 {
        let [.., passed] = self.places.as_array();
        *passed
    }

    #[inline]
    fn passed_mut(&mut self) -> &mut u32 {
        let [.., passed] = self.places.as_mut_array();
        passed
    }
}

/// Which slots hold what is `wanted`.
#[inline]
fn equal(lanes: Lanes, wanted: u32) -> Slots {
    Slots(lanes.simd_eq(Lanes::splat(wanted)).to_bitmask() & ((1 << SLOTS) - 1))
}

/// Slots of a line, a bit for each.
#[derive(Clone, Copy)]
struct Slots(u32);

impl Iterator for Slots {
    type Item = usize;

    #[inline]
    fn next(&mut self) -> Option<usize> {
        let Self(slots) = *self;
        self.0 = slots & slots.wrapping_sub(1);
        (slots != 0).then_some(slots.trailing_zeros() as usize)
    }
}

impl Default for Index {
    fn default() -> Self {
        Self { lines: vec![Line::EMPTY; FIRST_LINES], count: 0 }
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
        self.lines.get(self.begin(hash as u32)).into_iter().for_each(prefetch);
    }

    /// Where the key with this hash most probably is: one that its first line holds, and most do.
    #[inline]
    pub(super) fn guess(&self, hash: u64) -> Option<usize> {
        let hash = hash as u32;
        let line = self.lines.get(self.begin(hash))?;
        let place = line.get(equal(line.hashes, hash).next()?);
        (place != NOWHERE).then_some(place as usize)
    }

    /// The place of this hash that `is` the one.
    #[inline]
    pub(super) fn find(&self, hash: u64, is: impl Fn(usize) -> bool) -> Option<usize> {
        let hash = hash as u32;
        let mut at = self.begin(hash);
        loop {
            let line = self.lines.get(at)?;
            for slot in equal(line.hashes, hash) {
                let place = line.get(slot);
                if place != NOWHERE && is(place as usize) {
                    return Some(place as usize);
                }
            }
            if line.passed() == 0 {
                return None;
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
        self.put(hash as u32, place);
    }

    /// Takes a place of this hash out, if it is there.
    #[inline]
    pub(super) fn remove(&mut self, hash: u64, place: u32) {
        let hash = hash as u32;
        let first = self.begin(hash);
        let mut at = first;
        while let Some(line) = self.lines.get_mut(at) {
            let Slots(hashes) = equal(line.hashes, hash);
            let Slots(places) = equal(line.places, place);
            if let Some(slot) = Slots(hashes & places).next() {
                line.set(slot, 0, NOWHERE);
                self.count -= 1;
                return self.come_back(first, at);
            }
            if line.passed() == 0 {
                return;
            }
            at = self.after(at);
        }
    }

    // One place less lies behind the lines from `first` to the one before `last`.
    #[inline]
    fn come_back(&mut self, first: usize, last: usize) {
        let mut at = first;
        while at != last {
            self.lines.get_mut(at).into_iter().for_each(|line| *line.passed_mut() -= 1);
            at = self.after(at);
        }
    }

    #[inline]
    fn put(&mut self, hash: u32, place: u32) {
        let mut at = self.begin(hash);
        while let Some(line) = self.lines.get_mut(at) {
            if let Some(slot) = equal(line.places, NOWHERE).next() {
                return line.set(slot, hash, place);
            }
            *line.passed_mut() += 1;
            at = self.after(at);
        }
    }

    #[cold]
    fn grow(&mut self) {
        let mut grown = with_large_capacity(2 * self.lines.len());
        grown.resize(2 * self.lines.len(), Line::EMPTY);
        for Line { hashes, places, .. } in std::mem::replace(&mut self.lines, grown) {
            let taken =
                hashes.to_array().into_iter().zip(places.to_array()).take(SLOTS).filter(|(_, place)| *place != NOWHERE);
            taken.for_each(|(hash, place)| self.put(hash, place));
        }
    }

    #[inline]
    fn begin(&self, hash: u32) -> usize {
        hash as usize & (self.lines.len() - 1)
    }

    #[inline]
    fn after(&self, at: usize) -> usize {
        (at + 1) & (self.lines.len() - 1)
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
            assert!(index.guess(hash).is_none_or(|guess| expected.contains(&guess)));
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
        let last = index.lines.len() as u64 - 1;
        (0..9).for_each(|place| index.insert(last, place));
        index.insert(0, 9);
        index.remove(last, 0);
        assert_eq!((all(&index, last), all(&index, 0)), ((1..9).collect(), BTreeSet::from([9])));
        (1..9).for_each(|place| index.remove(last, place));
        assert!(index.lines.iter().all(|line| line.passed() == 0));
    }

    #[test]
    fn most_are_where_they_are_guessed() {
        let hash = |place: u32| u64::from(place.wrapping_mul(0x9e37_79b1) >> 7);
        let mut index = Index::default();
        (0..10_000).for_each(|place| index.insert(hash(place), place));
        let guessed = (0..10_000).filter(|place| index.guess(hash(*place)) == Some(*place as usize)).count();
        assert!(guessed > 9_000, "{guessed}");
    }

    #[test]
    fn it_grows_before_it_is_full() {
        let mut index = Index::default();
        (0..1000).for_each(|place| index.insert(u64::from(place) << 2, place));
        assert!((0..1000).all(|place| index.find(place << 2, |at| at == place as usize) == Some(place as usize)));
        assert!(index.lines.len() * FULL >= 1000);
    }
}

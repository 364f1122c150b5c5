//! Many keys: in the order of their hashes, nine bytes each, where something goes with each; else in lines of memory, eleven bytes
//! each, of which one mostly tells whether a key is there.

use event::{prefetch, with_large_capacity};

/// An odd multiplier spreads keys over the high bits and, being invertible, keeps different keys different.
const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;
/// What undoes the spreading, by Newton's iteration: each step doubles the bits that are right.
const GATHER: u64 = {
    let (mut inverse, mut step) = (SPREAD, 0);
    while step < 5 {
        inverse = inverse.wrapping_mul(2_u64.wrapping_sub(SPREAD.wrapping_mul(inverse)));
        step += 1;
    }
    inverse
};
const _: () = assert!(SPREAD.wrapping_mul(GATHER) == 1);
/// Keys that share a bucket on average are at most this many: half a cache line.
const KEYS_PER_BUCKET: usize = 4;

/// A set of keys, standing in the order of their hashes; where each stands is what goes with it is found by.
#[derive(Default)]
pub(super) struct Keys {
    hashes: Vec<u64>,
    /// For the high bits of a hash: where the hashes that begin so start, and last where they all end.
    starts: Vec<u32>,
    shift: u32,
}

impl Keys {
    /// The set, and for each place the index of its key in `keys`. Equal keys stand side by side in the order given.
    /// There must be fewer than 2³² of them.
    pub(super) fn new(keys: &[u64]) -> (Self, Vec<u32>) {
        let mut order: Vec<(u64, u32)> = keys.iter().map(|key| key.wrapping_mul(SPREAD)).zip(0..).collect();
        order.sort_unstable();
        let hashes: Vec<u64> = order.iter().map(|(hash, _)| *hash).collect();
        (Self::over(hashes), order.into_iter().map(|(_, index)| index).collect())
    }

    fn over(hashes: Vec<u64>) -> Self {
        let buckets = (hashes.len() / KEYS_PER_BUCKET).next_power_of_two().max(2);
        let shift = u64::BITS - buckets.trailing_zeros();
        let mut starts = vec![0_u32; buckets + 1];
        for hash in &hashes {
            if let Some(start) = starts.get_mut((hash >> shift) as usize + 1) {
                *start += 1;
            }
        }
        let mut sum = 0;
        for start in &mut starts {
            sum += *start;
            *start = sum;
        }
        Self { hashes, starts, shift }
    }

    pub(super) fn len(&self) -> usize {
        self.hashes.len()
    }

    /// Where a key stands.
    pub(super) fn find(&self, key: u64) -> Option<u32> {
        let hash = key.wrapping_mul(SPREAD);
        let bucket = (hash >> self.shift) as usize;
        let (start, end) = (*self.starts.get(bucket)?, *self.starts.get(bucket + 1)?);
        let place = self.hashes.get(start as usize..end as usize)?.iter().position(|other| *other == hash)?;
        Some(start + place as u32)
    }

    /// The key that stands at this place.
    pub(super) fn at(&self, place: usize) -> Option<u64> {
        self.hashes.get(place).map(|hash| hash.wrapping_mul(GATHER))
    }

    /// Whether the key at this place is the same as the one before it.
    pub(super) fn repeats(&self, place: usize) -> bool {
        place.checked_sub(1).is_some_and(|before| self.hashes.get(before) == self.hashes.get(place))
    }
    /// Bytes of memory.
    pub(super) fn bytes(&self) -> usize {
        self.hashes.capacity() * size_of::<u64>() + self.starts.capacity() * size_of::<u32>()
    }
}

const LINE_LENGTH: usize = 8;
/// So many of a line's places are taken on average: few lines are full.
const KEYS_PER_LINE: usize = 6;

/// A set of keys other than zero, that can be asked for ahead of time.
#[derive(Default)]
pub(super) struct KeySet {
    /// Keys stand where their hashes' share of the lines is, or behind where that is full.
    lines: Vec<Line>,
    len: usize,
}

/// A cache line of hashes; zero where there is none.
#[derive(Clone, Copy, Default)]
#[repr(align(64))]
struct Line([u64; LINE_LENGTH]);

impl KeySet {
    /// The set of these keys, each once.
    pub(super) fn new(keys: &[u64]) -> Self {
        let count = keys.len() / KEYS_PER_LINE + 1;
        let mut lines = with_large_capacity(count);
        lines.resize(count, Line::default());
        let mut set = Self { lines, len: 0 };
        keys.iter().map(|key| key.wrapping_mul(SPREAD)).filter(|hash| *hash != 0).for_each(|hash| set.insert(hash));
        set
    }

    fn insert(&mut self, hash: u64) {
        let mut at = self.first(hash);
        loop {
            let Some(Line(hashes)) = self.lines.get_mut(at) else { return };
            match hashes.iter_mut().find(|there| **there == hash || **there == 0) {
                Some(there) => {
                    self.len += usize::from(*there == 0);
                    *there = hash;
                    return;
                }
                None => at = self.after(at),
            }
        }
    }

    /// How many keys are in it.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Whether a key is in it.
    #[inline]
    pub(super) fn contains(&self, key: u64) -> bool {
        let hash = key.wrapping_mul(SPREAD);
        let mut at = self.first(hash);
        while let Some(Line(hashes)) = self.lines.get(at) {
            let is_here = hashes.iter().fold(false, |found, there| found | (*there == hash));
            if is_here || hashes.last() == Some(&0) {
                return is_here && hash != 0;
            }
            at = self.after(at);
        }
        false
    }

    /// A key will be looked for: begins to fetch where it would stand.
    #[inline]
    pub(super) fn expect(&self, key: u64) {
        self.lines.get(self.first(key.wrapping_mul(SPREAD))).into_iter().for_each(prefetch);
    }

    /// Bytes of memory.
    pub(super) fn bytes(&self) -> usize {
        self.lines.capacity() * size_of::<Line>()
    }

    /// The line in which a search begins.
    #[inline]
    fn first(&self, hash: u64) -> usize {
        ((u128::from(hash) * self.lines.len() as u128) >> u64::BITS) as usize
    }

    #[inline]
    fn after(&self, at: usize) -> usize {
        if at + 1 < self.lines.len() { at + 1 } else { 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_found_where_its_row_stands_and_no_other() {
        for count in [0_u64, 1, 2, 3, 4, 5, 100, 10_000] {
            let given: Vec<u64> = (0..count).map(|index| 460_000_000_000_000 + index * 3).collect();
            let (keys, order) = Keys::new(&given);
            for (index, key) in given.iter().enumerate() {
                let place = keys.find(*key).unwrap();
                assert_eq!(order[place as usize] as usize, index);
                assert_eq!(keys.find(key + 1), None);
            }
            let set = KeySet::new(&given);
            assert_eq!(set.len() as u64, count);
            assert!(given.iter().all(|key| set.contains(*key) && !set.contains(key + 1)));
        }
    }

    #[test]
    fn repeated_keys_stand_side_by_side() {
        let (keys, order) = Keys::new(&[7, 9, 7]);
        let place = keys.find(7).unwrap() as usize;
        assert_eq!((order[place], order[place + 1], keys.repeats(place + 1)), (0, 2, true));
        assert!(keys.bytes() < 100);
    }

    #[test]
    fn a_key_is_in_the_set_once_and_zero_never() {
        let set = KeySet::new(&[7, 9, 7, 0]);
        assert_eq!((set.len(), set.contains(7), set.contains(9), set.contains(0)), (2, true, true, false));
        assert!(!KeySet::default().contains(7) && !KeySet::default().contains(0));
    }

    #[test]
    fn keys_that_fit_no_line_any_more_stand_in_the_next_round_the_end() {
        // Hashes that all belong to the last of the lines.
        let given: Vec<u64> = (1..=20_u64).map(|low| (u64::MAX - low).wrapping_mul(GATHER)).collect();
        let set = KeySet::new(&given);
        assert!(set.lines.len() > 2 && set.lines[0].0[0] != 0);
        assert!(given.iter().all(|key| set.contains(*key)));
        assert!((21..40_u64).all(|low| !set.contains((u64::MAX - low).wrapping_mul(GATHER))));
    }
}

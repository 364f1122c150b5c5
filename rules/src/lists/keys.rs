//! Many keys in nine bytes each, found by two memory accesses.

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

    /// The set of these keys, each once.
    pub(super) fn set(keys: &[u64]) -> Self {
        let mut hashes: Vec<u64> = keys.iter().map(|key| key.wrapping_mul(SPREAD)).collect();
        hashes.sort_unstable();
        hashes.dedup();
        hashes.shrink_to_fit();
        Self::over(hashes)
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
            assert_eq!(Keys::set(&given).len() as u64, count);
        }
    }

    #[test]
    fn repeated_keys_stand_side_by_side() {
        let (keys, order) = Keys::new(&[7, 9, 7]);
        let place = keys.find(7).unwrap() as usize;
        assert_eq!((order[place], order[place + 1], keys.repeats(place + 1)), (0, 2, true));
        assert_eq!(Keys::set(&[7, 9, 7]).len(), 2);
        assert!(keys.bytes() < 100);
    }
}

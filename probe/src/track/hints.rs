//! Where something probably lies: a table beside a map, which can be asked ahead of time.
//!
//! A map answers by a chain of look-ups, each of which waits for the one before. A hint is one look-up, at a place that the hash
//! alone tells: so many can be under way at one time. It may be outdated, and two keys may share one: whoever follows
//! it compares the key, and asks the map where that differs.

use event::prefetch;

/// Hints of one place of the table: together they are a quarter of a cache line.
const SET_SIZE: usize = 4;
/// Hints for each thing that there is, at least.
const SPARE: usize = 2;
const FIRST_LENGTH: usize = 16;

/// Where a place ends in a hint and a part of the hash begins.
const PLACE_BITS: u32 = 24;
/// No place has this number, nor any above.
pub(super) const NOWHERE: usize = (1 << PLACE_BITS) - 1;

/// Places by hash.
pub(super) struct Hints {
    /// A power of two of them; the lowest bits of the hash choose. The latest first.
    sets: Vec<Set>,
}

/// Within one cache line.
#[derive(Clone, Copy)]
#[repr(align(16))]
struct Set([u32; SET_SIZE]);

impl Default for Hints {
    fn default() -> Self {
        Self { sets: vec![Set([u32::MAX; SET_SIZE]); FIRST_LENGTH] }
    }
}

impl Hints {
    /// Begins to fetch what [`Hints::guess`] will give.
    #[inline]
    pub(super) fn expect(&self, hash: u64) {
        self.sets.get(self.index(hash)).into_iter().for_each(prefetch);
    }

    /// Where the key with this hash may be.
    #[inline]
    pub(super) fn guess(&self, hash: u64) -> usize {
        let is_of = |hint: &&u32| (**hint ^ mark(hash)) >> PLACE_BITS == 0;
        let hint = self.sets.get(self.index(hash)).and_then(|Set(set)| set.iter().find(is_of));
        hint.map_or(NOWHERE, |hint| *hint as usize & NOWHERE)
    }

    /// The key with this hash, one of `count`, is at `place`. Places of [`NOWHERE`] and above are not hinted.
    #[inline]
    pub(super) fn note(&mut self, hash: u64, place: u32, count: usize) {
        if SPARE * count > SET_SIZE * self.sets.len() {
            self.grow();
        }
        let index = self.index(hash);
        if let Some(Set(set)) = self.sets.get_mut(index)
            && (place as usize) < NOWHERE
        {
            let [first, second, third, _] = *set;
            *set = [mark(hash) | place, first, second, third];
        }
    }

    // A bit more of the hash counts. It is not known, so what was hinted is hinted for both of its values.
    #[cold]
    fn grow(&mut self) {
        self.sets.extend_from_within(..);
    }

    #[inline]
    fn index(&self, hash: u64) -> usize {
        hash as usize & (self.sets.len() - 1)
    }
}

/// The part of the hash that a hint holds: bits that do not choose the set.
#[inline]
const fn mark(hash: u64) -> u32 {
    (hash >> 32) as u32 >> PLACE_BITS << PLACE_BITS
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As hashes are: the lowest bits, and those of the mark.
    const fn hash(number: u64) -> u64 {
        number.wrapping_mul(0x9e37_79b9_7f4a_7c15)
    }

    #[test]
    fn the_latest_of_a_set_are_guessed_by_their_marks() {
        let mut hints = Hints::default();
        assert_eq!(hints.guess(5), NOWHERE);
        let key = |number: u64| number << 56 | 5;
        (0..5).for_each(|number| hints.note(key(number), number as u32, 1));
        let guesses: Vec<_> = (0..5).map(|number| hints.guess(key(number))).collect();
        assert_eq!(guesses, [NOWHERE, 1, 2, 3, 4]);
        hints.note(key(4), NOWHERE as u32, 1);
        assert_eq!(hints.guess(key(4)), 4);
    }

    #[test]
    fn as_they_grow_few_are_lost() {
        const COUNT: usize = 10_000;
        let mut hints = Hints::default();
        (0..COUNT).for_each(|number| hints.note(hash(number as u64), number as u32, number + 1));
        let right = (0..COUNT).filter(|number| hints.guess(hash(*number as u64)) == *number).count();
        assert!(right > COUNT * 8 / 10, "{right}");
        assert!(hints.sets.len() * SET_SIZE >= SPARE * COUNT);
    }
}

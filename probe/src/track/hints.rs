//! Where something probably lies: a table beside a map, which can be asked ahead of time.
//!
//! A map answers by a chain of look-ups, each of which waits for the one before. A hint is one look-up, at a place that the hash
//! alone tells: so many can be under way at one time. It may be outdated, and two keys may share one: whoever follows
//! it compares the key, and asks the map where that differs.

use super::prefetch::prefetch;

/// No place has this number.
const NOWHERE: u32 = u32::MAX;
/// Hints for each thing that there is, at least: so few share theirs.
const SPARE: usize = 2;
const FIRST_LENGTH: usize = 64;

/// Places by the lowest bits of a hash.
pub(super) struct Hints {
    /// A power of two of them.
    places: Vec<u32>,
}

impl Default for Hints {
    fn default() -> Self {
        Self { places: vec![NOWHERE; FIRST_LENGTH] }
    }
}

impl Hints {
    /// Begins to fetch what [`Hints::guess`] will give.
    #[inline]
    pub(super) fn expect(&self, hash: u64) {
        self.places.get(self.index(hash)).into_iter().for_each(prefetch);
    }

    /// Where the key with this hash may be.
    #[inline]
    pub(super) fn guess(&self, hash: u64) -> usize {
        self.places.get(self.index(hash)).map_or(NOWHERE as usize, |place| *place as usize)
    }

    /// The key with this hash, one of `count`, is at `place`.
    #[inline]
    pub(super) fn note(&mut self, hash: u64, place: u32, count: usize) {
        if SPARE * count > self.places.len() {
            self.grow();
        }
        let index = self.index(hash);
        self.places.iter_mut().skip(index).take(1).for_each(|hint| *hint = place);
    }

    // The hints are lost, and learned again as they are missed.
    #[cold]
    fn grow(&mut self) {
        self.places = vec![NOWHERE; 2 * self.places.len()];
    }

    #[inline]
    fn index(&self, hash: u64) -> usize {
        hash as usize & (self.places.len() - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_that_was_noted_is_guessed() {
        let mut hints = Hints::default();
        assert_eq!(hints.guess(5), NOWHERE as usize);
        hints.note(5, 1, 1);
        hints.note(6, 2, 2);
        hints.note(5 + FIRST_LENGTH as u64, 3, 3);
        assert_eq!((hints.guess(5), hints.guess(6)), (3, 2));
    }

    #[test]
    fn there_are_more_hints_than_things() {
        let mut hints = Hints::default();
        (0..10_000).for_each(|number| hints.note(number, number as u32, number as usize + 1));
        let right = (0..10_000).filter(|number| hints.guess(*number) == *number as usize);
        assert!(right.count() > 1000, "what was noted after the table grew");
        (0..10_000).for_each(|number| hints.note(number, number as u32, 10_000));
        assert!((0..10_000).all(|number| hints.guess(number) == number as usize));
    }
}

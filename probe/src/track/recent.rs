//! What was there of late: spares whoever is told the same over and over the way to what is known of it.

use std::hash::{BuildHasher, Hash};

use event::prefetch;
use rustc_hash::FxBuildHasher;

/// Places: so many at most are remembered. More than there are areas, BSSs and links in most networks.
const PLACES: usize = 1 << 12;

/// Values seen of late. A value has one place, which its hash tells; the next one there displaces it.
pub(super) struct Recent<V> {
    places: Vec<Place<V>>,
    /// One more with each time that all was cleared.
    turn: u32,
}

/// A value with the turn in which it was seen; within a cache line.
#[derive(Clone, Copy)]
#[repr(align(32))]
struct Place<V>(Option<(V, u32)>);

impl<V: Copy + Eq + Hash> Default for Recent<V> {
    fn default() -> Self {
        const { assert!(size_of::<Place<V>>() <= 64) };
        Self { places: vec![Place(None); PLACES], turn: 0 }
    }
}

impl<V: Copy + Eq + Hash> Recent<V> {
    /// Whether it was seen. Where not, that says nothing.
    #[inline]
    pub(super) fn has(&self, value: V) -> bool {
        self.places.get(place(value)).is_some_and(|Place(seen)| *seen == Some((value, self.turn)))
    }

    /// It will be asked for: begins to fetch its place.
    #[inline]
    pub(super) fn expect(&self, value: V) {
        self.places.get(place(value)).into_iter().for_each(prefetch);
    }

    /// It is seen now.
    pub(super) fn note(&mut self, value: V) {
        let turn = self.turn;
        self.places.get_mut(place(value)).into_iter().for_each(|place| *place = Place(Some((value, turn))));
    }

    /// Nothing was seen.
    pub(super) fn clear(&mut self) {
        self.turn = self.turn.wrapping_add(1);
        if self.turn == 0 {
            self.places.fill(Place(None));
        }
    }
}

#[inline]
fn place<V: Hash>(value: V) -> usize {
    FxBuildHasher.hash_one(value) as usize % PLACES
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_seen_is_there_until_it_is_displaced_or_all_is_cleared() {
        let mut recent = Recent::default();
        let same_place = (1_u32..).find(|other| place(*other) == place(0)).unwrap();
        recent.note(0);
        assert_eq!([recent.has(0), recent.has(same_place)], [true, false]);
        recent.note(same_place);
        assert_eq!([recent.has(0), recent.has(same_place)], [false, true]);
        recent.clear();
        assert!(!recent.has(same_place));
    }
}

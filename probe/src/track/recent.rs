//! What was there of late: spares whoever is told the same over and over the way to what is known of it.

use std::hash::{BuildHasher, Hash};

use rustc_hash::FxBuildHasher;

/// Places: so many at most are remembered.
const PLACES: usize = 1024;

/// Values seen of late. A value has one place, which its hash tells; the next one there displaces it.
pub(super) struct Recent<V>(Vec<Option<V>>);

impl<V: Copy + Eq + Hash> Default for Recent<V> {
    fn default() -> Self {
        Self(vec![None; PLACES])
    }
}

impl<V: Copy + Eq + Hash> Recent<V> {
    /// Whether it was seen. Where not, that says nothing.
    #[inline]
    pub(super) fn has(&self, value: V) -> bool {
        self.0.get(place(value)) == Some(&Some(value))
    }

    /// It is seen now.
    pub(super) fn note(&mut self, value: V) {
        self.0.get_mut(place(value)).into_iter().for_each(|place| *place = Some(value));
    }

    /// Nothing was seen.
    pub(super) fn clear(&mut self) {
        self.0.fill(None);
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

//! Who of many has been silent for longest: an order of idleness over the places of a table.

use std::time::Duration;

use event::Timestamp;

/// Precision of the order, so that who is busy is not moved with every message: moving touches three places.
pub const PRECISION: Duration = Duration::from_secs(10);

const NONE: u32 = u32::MAX;

/// When somebody was seen: kept by the table, in the place itself.
#[derive(Clone, Copy)]
pub struct Seen {
    last: Timestamp,
    /// The time by which the place in the order was chosen; at most [`PRECISION`] before the last.
    listed: Timestamp,
}

/// The order, by the indices of places.
pub struct IdleOrder {
    neighbours: Vec<Neighbours>,
    longest: u32,
    least: u32,
}

#[derive(Clone, Copy)]
struct Neighbours {
    longer: u32,
    shorter: u32,
}

impl Seen {
    /// In a place that nobody holds.
    pub const NEVER: Self = Self { last: Timestamp::MIN, listed: Timestamp::MIN };

    /// When last.
    pub fn last(&self) -> Timestamp {
        self.last
    }
}

impl Default for IdleOrder {
    fn default() -> Self {
        Self { neighbours: Vec::new(), longest: NONE, least: NONE }
    }
}

impl IdleOrder {
    /// The place at `index`, which was not in the order, is held by somebody from now on.
    pub fn enter(&mut self, index: u32, at: Timestamp) -> Seen {
        let places = index as usize + 1;
        if self.neighbours.len() < places {
            self.neighbours.resize(places, Neighbours { longer: NONE, shorter: NONE });
        }
        self.append(index);
        Seen { last: at, listed: at }
    }

    /// Whoever is at `index` was seen.
    #[inline]
    pub fn touch(&mut self, index: u32, seen: &mut Seen, at: Timestamp) {
        seen.last = seen.last.max(at);
        if at.since(seen.listed) >= PRECISION {
            seen.listed = at;
            self.leave(index);
            self.append(index);
        }
    }

    /// Whoever is at `index` is gone.
    pub fn leave(&mut self, index: u32) {
        let Some(&Neighbours { longer, shorter }) = self.neighbours.get(index as usize) else { return };
        match self.neighbours.get_mut(longer as usize) {
            Some(neighbour) => neighbour.shorter = shorter,
            None => self.longest = shorter,
        }
        match self.neighbours.get_mut(shorter as usize) {
            Some(neighbour) => neighbour.longer = longer,
            None => self.least = longer,
        }
    }

    /// Who has been silent for longest.
    pub fn longest(&self) -> Option<u32> {
        (self.longest != NONE).then_some(self.longest)
    }

    /// All, the longest silent first.
    pub fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        std::iter::successors(self.longest(), |index| {
            let shorter = self.neighbours.get(*index as usize)?.shorter;
            (shorter != NONE).then_some(shorter)
        })
    }

    fn append(&mut self, index: u32) {
        let last = std::mem::replace(&mut self.least, index);
        if let Some(place) = self.neighbours.get_mut(index as usize) {
            *place = Neighbours { longer: last, shorter: NONE };
        }
        match self.neighbours.get_mut(last as usize) {
            Some(neighbour) => neighbour.shorter = index,
            None => self.longest = index,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_seconds(second)
    }

    #[test]
    fn who_was_seen_later_stands_behind_to_the_precision() {
        let mut order = IdleOrder::default();
        let mut seen: Vec<Seen> = (0..3).map(|index| order.enter(index, at(0))).collect();
        order.touch(0, &mut seen[0], at(9));
        assert_eq!(order.iter().collect::<Vec<_>>(), [0, 1, 2]);
        order.touch(0, &mut seen[0], at(10));
        order.touch(1, &mut seen[1], at(11));
        assert_eq!(order.iter().collect::<Vec<_>>(), [2, 0, 1]);
        order.touch(1, &mut seen[1], at(5));
        assert_eq!(seen[1].last(), at(11));
    }

    #[test]
    fn who_leaves_is_out_of_the_order_and_the_place_may_be_entered_again() {
        let mut order = IdleOrder::default();
        (0..3).for_each(|index| _ = order.enter(index, at(0)));
        for (leaving, rest) in [(1, &[0, 2][..]), (0, &[2]), (2, &[])] {
            order.leave(leaving);
            assert_eq!(order.iter().collect::<Vec<_>>(), rest);
        }
        assert_eq!(order.longest(), None);
        order.enter(1, at(9));
        assert_eq!(order.longest(), Some(1));
    }
}

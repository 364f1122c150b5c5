//! Who of many has been silent for longest: an order of idleness over the places of a table.
//!
//! It is a queue: who is seen again stands behind all others anew, who goes leaves a gap. So nobody touches a neighbour, who is far
//! away in memory.

use std::collections::VecDeque;
use std::time::Duration;

use event::Timestamp;

/// Precision of the order, so that who is busy is not moved with every message.
pub const PRECISION: Duration = Duration::from_secs(10);

/// Gaps that are let be, beside as many as there are members.
const GAPS: usize = 64;

/// When somebody was seen: kept by the table, in the place itself.
#[derive(Clone, Copy)]
pub struct Seen {
    last: Timestamp,
    /// The time by which the place in the order was chosen; at most [`PRECISION`] before the last.
    listed: Timestamp,
}

/// The order, by the indices of places.
#[derive(Default)]
pub struct IdleOrder {
    /// The longest silent first. Its first entry is no gap.
    queue: VecDeque<Entry>,
    /// The turn in which each place came to stand where it stands; zero where nobody is.
    turns: Vec<u32>,
    latest: u32,
    members: usize,
}

/// A gap, unless the place has this turn still.
#[derive(Clone, Copy)]
struct Entry {
    index: u32,
    turn: u32,
}

impl Seen {
    /// In a place that nobody holds.
    pub const NEVER: Self = Self { last: Timestamp::MIN, listed: Timestamp::MIN };

    /// When last.
    pub fn last(&self) -> Timestamp {
        self.last
    }
}

impl IdleOrder {
    /// The place at `index`, which was not in the order, is held by somebody from now on.
    pub fn enter(&mut self, index: u32, at: Timestamp) -> Seen {
        let places = index as usize + 1;
        if self.turns.len() < places {
            self.turns.resize(places, 0);
        }
        self.members += 1;
        self.append(index);
        Seen { last: at, listed: at }
    }

    /// Whoever is at `index` was seen.
    #[inline]
    pub fn touch(&mut self, index: u32, seen: &mut Seen, at: Timestamp) {
        seen.last = seen.last.max(at);
        if at.since(seen.listed) >= PRECISION {
            seen.listed = at;
            self.append(index);
            self.close_ranks();
        }
    }

    /// Whoever is at `index` is gone.
    pub fn leave(&mut self, index: u32) {
        self.turns.get_mut(index as usize).into_iter().for_each(|turn| *turn = 0);
        self.members -= 1;
        self.close_ranks();
    }

    /// Who has been silent for longest.
    pub fn longest(&self) -> Option<u32> {
        self.queue.front().map(|entry| entry.index)
    }

    /// All, the longest silent first.
    pub fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        self.queue.iter().filter(|entry| entry.stands(&self.turns)).map(|entry| entry.index)
    }

    fn append(&mut self, index: u32) {
        self.latest = self.latest.checked_add(1).unwrap_or(1);
        let turn = self.latest;
        self.turns.get_mut(index as usize).into_iter().for_each(|place| *place = turn);
        self.queue.push_back(Entry { index, turn });
        if self.queue.len() > 2 * self.members + GAPS {
            let Self { queue, turns, .. } = self;
            queue.retain(|entry| entry.stands(turns));
        }
    }

    // No gap stands first.
    #[inline]
    fn close_ranks(&mut self) {
        while self.queue.front().is_some_and(|first| !first.stands(&self.turns)) {
            self.queue.pop_front();
        }
    }
}

impl Entry {
    #[inline]
    fn stands(&self, turns: &[u32]) -> bool {
        turns.get(self.index as usize) == Some(&self.turn)
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
    #[test]
    fn gaps_take_no_more_room_than_members_do() {
        let mut order = IdleOrder::default();
        let mut seen: Vec<Seen> = (0..100).map(|index| order.enter(index, at(0))).collect();
        for turn in 1..1_000 {
            // The one who never moves keeps all gaps behind it.
            (1..100).for_each(|index| order.touch(index, &mut seen[index as usize], at(10 * turn)));
            assert!(order.queue.len() <= 2 * 100 + GAPS, "{}", order.queue.len());
        }
        assert_eq!(order.iter().collect::<Vec<_>>(), (0..100).collect::<Vec<_>>());
    }
}

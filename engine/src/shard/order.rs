//! Events, and what shows of location areas, in order of event time. They come nearly in order: those that waited for an
//! identity, or for the other direction of a link, keep their own time and are put in their place, within a window.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use event::{AreaFact, Event, Timestamp};

/// The most events that wait; beyond it the earliest goes on before its time, and is counted.
pub(crate) const REORDER_LIMIT: usize = 1 << 16;

struct Waiting {
    at: Timestamp,
    arrival: u64,
    item: Item,
}

/// What goes to the shards in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Item {
    Event(Event),
    Area(AreaFact),
}

impl Item {
    pub(crate) fn at(&self) -> Timestamp {
        match self {
            Self::Event(event) => event.at,
            Self::Area(fact) => fact.at,
        }
    }
}

impl PartialEq for Waiting {
    fn eq(&self, other: &Self) -> bool {
        (self.at, self.arrival) == (other.at, other.arrival)
    }
}

impl Eq for Waiting {}

impl PartialOrd for Waiting {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Waiting {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.at, self.arrival).cmp(&(other.at, other.arrival))
    }
}

/// The events that wait for their turn. Releases depend on what is pushed and asked for, and on nothing else.
#[derive(Default)]
pub(crate) struct Order {
    waiting: BinaryHeap<Reverse<Waiting>>,
    arrivals: u64,
}

impl Order {
    /// Takes one more; gives back the earliest where too many wait.
    pub(crate) fn push(&mut self, item: Item) -> Option<Item> {
        self.arrivals += 1;
        self.waiting.push(Reverse(Waiting { at: item.at(), arrival: self.arrivals, item }));
        if self.waiting.len() > REORDER_LIMIT { self.pop() } else { None }
    }

    /// The next, in order of time and arrival, that is not later than `upto`.
    pub(crate) fn release(&mut self, upto: Timestamp) -> Option<Item> {
        let Reverse(first) = self.waiting.peek()?;
        if first.at <= upto { self.pop() } else { None }
    }

    fn pop(&mut self) -> Option<Item> {
        self.waiting.pop().map(|Reverse(waiting)| waiting.item)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Random, random_event};

    fn event(at: i64, frame: u64) -> Item {
        let event = random_event(&mut Random::new(1), "460001234567890".parse().unwrap());
        Item::Event(Event { at: Timestamp::from_micros(at), frame, ..event })
    }

    fn frame(item: Item) -> u64 {
        let Item::Event(event) = item else { panic!("{item:?}") };
        event.frame
    }

    fn release(order: &mut Order, upto: i64) -> Vec<u64> {
        std::iter::from_fn(|| order.release(Timestamp::from_micros(upto))).map(frame).collect()
    }

    #[test]
    fn events_leave_by_time_then_arrival_and_not_before_their_time() {
        let mut order = Order::default();
        for (at, frame) in [(30, 1), (10, 2), (20, 3), (10, 4), (40, 5)] {
            assert_eq!(order.push(event(at, frame)), None);
        }
        assert_eq!(release(&mut order, 9), [0_u64; 0]);
        assert_eq!(release(&mut order, 20), [2, 4, 3]);
        order.push(event(5, 6));
        assert_eq!(release(&mut order, 20), [6]);
        assert_eq!(release(&mut order, 100), [1, 5]);
    }

    #[test]
    fn beyond_the_limit_the_earliest_goes_on() {
        let mut order = Order::default();
        for frame in 0..REORDER_LIMIT as u64 {
            assert_eq!(order.push(event(1_000 - (frame % 1_000) as i64, frame)), None);
        }
        assert_eq!(order.push(event(2_000, 7)).unwrap().at(), Timestamp::from_micros(1));
    }
}

//! Events, and what shows of location areas, in order of event time. They come nearly in order: those that waited for an
//! identity, or for the other direction of a link, keep their own time and are put in their place, within a window.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use event::{AreaFact, Event, Imsi, Interface, Kind, Timestamp};
use rustc_hash::FxHashMap;

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

impl Waiting {
    fn place(&self) -> (Timestamp, u64) {
        (self.at, self.arrival)
    }
}

impl PartialEq for Waiting {
    fn eq(&self, other: &Self) -> bool {
        self.place() == other.place()
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
        self.place().cmp(&other.place())
    }
}

/// The events that wait for their turn. Releases depend on what is pushed and asked for, and on nothing else.
#[derive(Default)]
pub(crate) struct Order {
    /// Those that came in order: most.
    run: VecDeque<Waiting>,
    /// Those that came behind a later one.
    strays: BinaryHeap<Reverse<Waiting>>,
    arrivals: u64,
}

impl Order {
    /// Takes one more; gives back the earliest where too many wait.
    pub(crate) fn push(&mut self, item: Item) -> Option<Item> {
        self.arrivals += 1;
        let waiting = Waiting { at: item.at(), arrival: self.arrivals, item };
        match self.run.back() {
            Some(last) if waiting.at < last.at => self.strays.push(Reverse(waiting)),
            _ => self.run.push_back(waiting),
        }
        if self.run.len() + self.strays.len() > REORDER_LIMIT { self.release(Timestamp::MAX) } else { None }
    }

    /// Nothing of the subscriber waits any more; tells how many events did.
    pub(crate) fn forget(&mut self, imsi: Imsi) -> usize {
        let is_others = |waiting: &Waiting| !matches!(waiting.item, Item::Event(event) if event.imsi == Some(imsi));
        let before = self.run.len() + self.strays.len();
        self.run.retain(is_others);
        self.strays.retain(|Reverse(stray)| is_others(stray));
        before - self.run.len() - self.strays.len()
    }

    /// The next, in order of time and arrival, that is not later than `upto`.
    pub(crate) fn release(&mut self, upto: Timestamp) -> Option<Item> {
        let in_run = self.run.front().map(Waiting::place);
        let stray = self.strays.peek().map(|Reverse(stray)| stray.place());
        let is_stray = stray.is_some_and(|stray| in_run.is_none_or(|in_run| stray < in_run));
        let (at, _) = if is_stray { stray? } else { in_run? };
        match (at <= upto, is_stray) {
            (false, _) => None,
            (true, true) => self.strays.pop().map(|Reverse(stray)| stray.item),
            (true, false) => self.run.pop_front().map(|waiting| waiting.item),
        }
    }
}

/// Facts that were released last, all of one microsecond. Two that are equal in subscriber, time, interface and kind are one fact,
/// by whatever feeds they come, as they are for a start that is told them again.
#[derive(Default)]
pub(crate) struct Moment {
    at: Option<Timestamp>,
    /// The first of them: mostly the only one.
    first: Option<(Imsi, Interface, Kind)>,
    /// The others, by subscriber.
    others: FxHashMap<Imsi, Vec<(Interface, Kind)>>,
}

/// So many facts of one subscriber and microsecond are told apart; what more comes is taken as it comes.
const FACTS_OF_A_MOMENT: usize = 64;

/// What a fact is beside those released before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fact {
    New,
    /// There is one that is equal.
    Equal,
    /// Later ones have been released: the window tells whether there is one that is equal.
    Late,
}

impl Moment {
    /// A fact about this subscriber is released.
    pub(crate) fn take(&mut self, imsi: Imsi, event: &Event) -> Fact {
        if self.at.is_some_and(|at| event.at < at) {
            return Fact::Late;
        }
        if self.at != Some(event.at) {
            (self.at, self.first) = (Some(event.at), Some((imsi, event.interface, event.kind)));
            self.others.clear();
            return Fact::New;
        }
        let fact = (event.interface, event.kind);
        if self.first.is_some_and(|(first, interface, kind)| (first, (interface, kind)) == (imsi, fact)) {
            return Fact::Equal;
        }
        let others = self.others.entry(imsi).or_default();
        if others.contains(&fact) {
            return Fact::Equal;
        }
        if others.len() < FACTS_OF_A_MOMENT {
            others.push(fact);
        }
        Fact::New
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
    fn of_somebody_who_is_forgotten_nothing_waits() {
        let mut order = Order::default();
        let other = |at, frame| match event(at, frame) {
            Item::Event(event) => Item::Event(Event { imsi: "460001234567891".parse().ok(), ..event }),
            area => area,
        };
        for item in [event(30, 1), other(10, 2), event(20, 3), other(40, 4), event(50, 5)] {
            order.push(item);
        }
        assert_eq!(order.forget("460001234567890".parse().unwrap()), 3);
        assert_eq!(release(&mut order, 100), [2, 4]);
    }

    #[test]
    fn whatever_the_disorder_they_leave_as_if_they_were_sorted() {
        for seed in 0..200 {
            let (mut random, mut order) = (Random::new(seed), Order::default());
            let (mut waiting, mut upto) = (Vec::new(), 0);
            for frame in 0..300 {
                let at = upto + random.below(40) as i64;
                order.push(event(at, frame));
                waiting.push((at, frame));
                if random.chance(20) {
                    upto += random.below(30) as i64;
                    waiting.sort_unstable();
                    let count = waiting.partition_point(|(at, _)| *at <= upto);
                    let expected: Vec<u64> = waiting.drain(..count).map(|(_, frame)| frame).collect();
                    assert_eq!(release(&mut order, upto), expected, "{seed}");
                }
            }
        }
    }

    #[test]
    fn equal_facts_of_one_microsecond_are_one() {
        let Item::Event(first) = event(5, 1) else { panic!() };
        let [one, other] = ["460001234567890", "460001234567891"].map(|imsi| imsi.parse().unwrap());
        let mut moment = Moment::default();
        let again = Event { frame: 2, feed: 7, ..first };
        let kind = Event { kind: Kind::Handover, ..first };
        let later = Event { at: Timestamp::from_micros(6), ..first };
        let facts = [(one, &first), (one, &again), (other, &first), (one, &kind), (one, &first), (one, &later)];
        let found = facts.map(|(imsi, event)| moment.take(imsi, event));
        assert_eq!(found, [Fact::New, Fact::Equal, Fact::New, Fact::New, Fact::Equal, Fact::New]);
        assert_eq!([&first, &later].map(|event| moment.take(one, event)), [Fact::Late, Fact::Equal]);
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

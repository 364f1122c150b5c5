//! Offers that wait for a channel: the most important first, among equals in the order in which they were decided. What
//! finds no room in memory is only known by its place, and is read from the store when its turn comes.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use event::Imsi;

use super::outbox::Queued;

/// The most offers of one channel that are held in memory whole.
const HELD_LIMIT: usize = 8_192;

/// Where an offer stands: by its scenario's priority, then by its ticket.
pub(crate) type Place = (Reverse<u8>, u64);

/// An offer that waits.
#[derive(Debug)]
pub(crate) enum Waiting {
    /// Here it is.
    Held(Box<Queued>),
    /// It is in the store, under this ticket.
    Stored(u64),
}

/// The offers that wait for one channel.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    waiting: BTreeMap<Place, Option<Box<Queued>>>,
    held: usize,
}

impl Queue {
    /// Takes its place. Tells whether it is held in memory.
    pub(crate) fn push(&mut self, queued: Queued) -> bool {
        let place = (Reverse(queued.offer.priority), queued.ticket);
        let is_held = self.held < HELD_LIMIT;
        self.held += usize::from(is_held);
        self.waiting.insert(place, is_held.then(|| Box::new(queued)));
        is_held
    }

    /// The one whose turn it is.
    pub(crate) fn pop(&mut self) -> Option<Waiting> {
        let (place, offer) = self.waiting.pop_first()?;
        Some(self.out(place, offer))
    }

    /// Where the least important stands: among those of the lowest priority the oldest, which has the least time left.
    pub(crate) fn least(&self) -> Option<Place> {
        let ((lowest, _), _) = self.waiting.last_key_value()?;
        self.waiting.range((*lowest, 0)..).next().map(|(place, _)| *place)
    }

    /// Takes out the one that stands there.
    pub(crate) fn remove(&mut self, place: Place) -> Option<Waiting> {
        let offer = self.waiting.remove(&place)?;
        Some(self.out(place, offer))
    }

    fn out(&mut self, (_, ticket): Place, offer: Option<Box<Queued>>) -> Waiting {
        self.held -= usize::from(offer.is_some());
        offer.map_or(Waiting::Stored(ticket), Waiting::Held)
    }

    /// The subscriber's offers that are held in memory wait no more.
    pub(crate) fn forget(&mut self, imsi: Imsi) {
        self.waiting.retain(|_, held| held.as_ref().is_none_or(|queued| queued.offer.imsi != imsi));
        self.held = self.waiting.values().flatten().count();
    }

    /// How many wait.
    pub(crate) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Whether nothing waits.
    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::offer::Offer;
    use crate::testing::offer;

    fn queued(ticket: u64, priority: u8) -> Queued {
        Queued { ticket, offer: Offer { priority, ..offer(ticket) } }
    }

    fn ticket(waiting: Waiting) -> u64 {
        match waiting {
            Waiting::Held(queued) => queued.ticket,
            Waiting::Stored(ticket) => ticket,
        }
    }

    #[test]
    fn the_most_important_goes_first_and_the_least_important_gives_way_first() {
        let offers = [(1, 50), (2, 90), (3, 10), (4, 90), (5, 10)];
        let full = || {
            let mut queue = Queue::default();
            offers.iter().for_each(|(ticket, priority)| assert!(queue.push(queued(*ticket, *priority))));
            queue
        };
        let mut queue = full();
        let order: Vec<u64> = std::iter::from_fn(|| queue.pop().map(ticket)).collect();
        assert_eq!(order, [2, 4, 1, 3, 5]);
        let mut queue = full();
        let give_way = || queue.least().and_then(|place| queue.remove(place)).map(ticket);
        let order: Vec<u64> = std::iter::from_fn(give_way).collect();
        assert_eq!(order, [3, 5, 1, 2, 4]);
    }

    #[test]
    fn what_finds_no_room_in_memory_keeps_its_place() {
        let mut queue = Queue::default();
        let last = HELD_LIMIT as u64 + 2;
        let held = (1..=last).filter(|ticket| queue.push(queued(*ticket, 50))).count();
        assert_eq!((held, queue.len() as u64), (HELD_LIMIT, last));
        for expected in 1..=last {
            let waiting = queue.pop().unwrap();
            assert_eq!(matches!(waiting, Waiting::Held(_)), expected <= HELD_LIMIT as u64);
            assert_eq!(ticket(waiting), expected);
        }
        assert!(queue.is_empty() && queue.push(queued(1, 50)));
    }
}

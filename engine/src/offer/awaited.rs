//! Accepted offers whose receipt is waited for: as many as the limit says, the oldest is forgotten first.

use std::collections::VecDeque;

use event::{Imsi, Number};
use rustc_hash::FxHashMap;

use super::consent::{is_same, last_digits};
use super::{Offer, OfferId};

/// What is waited for.
pub(super) struct Awaited {
    limit: usize,
    offers: FxHashMap<OfferId, Offer>,
    /// Also holds offers whose receipt has come since.
    order: VecDeque<OfferId>,
}

impl Awaited {
    pub(super) fn new(limit: usize) -> Self {
        Self { limit, offers: FxHashMap::default(), order: VecDeque::new() }
    }

    /// Waits for an offer's receipt, unless it has come.
    pub(super) fn insert(&mut self, offer: Offer) {
        if offer.receipt.is_some() {
            return;
        }
        while self.offers.len() >= self.limit
            && let Some(oldest) = self.order.pop_front()
        {
            if self.offers.remove(&oldest).is_some() {
                metrics::counter!("touchpoint_receipts_limit_reached_total").increment(1);
            }
        }
        if self.order.len() >= 2 * self.limit {
            self.order.retain(|id| self.offers.contains_key(id));
        }
        self.order.push_back(offer.id);
        self.offers.insert(offer.id, offer);
    }

    /// Nothing is waited for of the subscriber's.
    pub(super) fn forget(&mut self, imsi: Imsi) {
        self.offers.retain(|_, offer| offer.imsi != imsi);
    }

    pub(super) fn find(&mut self, id: OfferId) -> Option<&mut Offer> {
        self.offers.get_mut(&id)
    }

    /// Those to this number.
    pub(super) fn to(&self, number: &Number) -> impl Iterator<Item = &Offer> {
        let digits = last_digits(number);
        self.iter().filter(move |offer| offer.to.is_some_and(|to| last_digits(&to) == digits && is_same(&to, number)))
    }

    /// All of them, in no order.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Offer> {
        self.offers.values()
    }

    /// Its receipt has come.
    pub(super) fn remove(&mut self, id: OfferId) -> Option<Offer> {
        self.offers.remove(&id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::offer;

    #[test]
    fn those_to_a_number_are_found_however_it_is_written() {
        let mut awaited = Awaited::new(9);
        for (id, to) in [(1, "+8613900000005"), (2, "13900000005"), (3, "+8613900000006")] {
            awaited.insert(Offer { to: to.parse().ok(), ..offer(id) });
        }
        let mut found: Vec<u128> = awaited.to(&"8613900000005".parse().unwrap()).map(|offer| offer.id.0).collect();
        found.sort_unstable();
        assert_eq!(found, [1, 2]);
    }

    #[test]
    fn only_offers_that_wait_take_room() {
        let mut awaited = Awaited::new(3);
        awaited.insert(offer(1));
        for id in 2..100 {
            awaited.insert(offer(id));
            assert!(awaited.order.len() <= 2 * awaited.limit);
            assert!(awaited.remove(OfferId(id.into())).is_some());
        }
        assert!(awaited.find(OfferId(1)).is_some());
        (100..103).for_each(|id| awaited.insert(offer(id)));
        assert!(awaited.find(OfferId(1)).is_none() && awaited.find(OfferId(100)).is_some());
    }
}

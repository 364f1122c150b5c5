//! The outbox: offers and their states, durable. Shards put proposals in; the arbiter alone changes them afterwards.

use std::sync::Arc;

use event::Imsi;
use rocksdb::WriteBatch;
use rules::Reason;
use rules::policy::{Spent, scenario_hash};
use rules::scenario::Money;
use rustc_hash::{FxHashMap, FxHashSet};

use super::{Offer, OfferId, State};
use crate::window::keys::{self, OutboxKey};
use crate::window::octets::{Octets, put_varint};
use crate::window::{Store, StoreError};

/// Adds an intent to a shard's batch: the offer, and its place in the arbiter's order.
pub(crate) fn propose(store: &Store, batch: &mut WriteBatch, offer: &Offer) -> Result<(), StoreError> {
    let key = keys::outbox(offer.at, offer.id);
    put(store, batch, &key, offer)?;
    batch.put_cf(&store.family(keys::PROPOSAL)?, keys::proposal(offer), key);
    Ok(())
}

/// Whether this offer has been made before.
pub(crate) fn exists(store: &Store, at: event::Timestamp, id: OfferId) -> Result<bool, StoreError> {
    Ok(store.row(keys::OUTBOX, &keys::outbox(at, id))?.is_some())
}

fn put(store: &Store, batch: &mut WriteBatch, key: &OutboxKey, offer: &Offer) -> Result<(), StoreError> {
    let mut value = Vec::new();
    offer.put(&mut value);
    batch.put_cf(&store.family(keys::OUTBOX)?, key, value);
    Ok(())
}

/// In the place of a scenario's name, which is never empty: all marketing.
const MARKETING: &str = "";

/// Rows of before knew no money.
fn read_spent(row: &[u8]) -> Option<Spent> {
    let mut octets = Octets::new(row);
    let offers = octets.varint()?;
    Some(Spent { offers, money: Money(octets.varint().unwrap_or(0)) })
}

/// An offer that the arbiter has let pass, with its place in the queue.
#[derive(Clone, Debug)]
pub(crate) struct Queued {
    pub(crate) ticket: u64,
    pub(crate) offer: Offer,
}

/// The arbiter's side. Changes gather in a batch until [`Outbox::commit`].
pub(crate) struct Outbox {
    store: Arc<Store>,
    batch: WriteBatch,
    next_ticket: u64,
    /// What was let pass, by scenario, and of all marketing under [`MARKETING`].
    spent: FxHashMap<u64, Spent>,
}

impl Outbox {
    pub(crate) fn open(store: Arc<Store>) -> Result<Self, StoreError> {
        let mut spent = FxHashMap::default();
        for row in store.rows(keys::TOTAL, &[])? {
            let (scenario, row) = row?;
            let read = || Some((u64::from_be_bytes(scenario.as_ref().try_into().ok()?), read_spent(&row)?));
            spent.extend([read().ok_or_else(|| store.damaged(keys::TOTAL))?]);
        }
        let mut outbox = Self { store, batch: WriteBatch::default(), next_ticket: 1, spent };
        outbox.next_ticket = outbox.last_ticket()?.map_or(1, |last| last + 1);
        Ok(outbox)
    }

    fn last_ticket(&self) -> Result<Option<u64>, StoreError> {
        let mut last = None;
        for row in self.store.rows(keys::QUEUE, &[])? {
            last = keys::read_ticket(&row?.0);
        }
        Ok(last)
    }

    /// Proposals that no arbiter has decided yet, in order of input and place in it.
    pub(crate) fn proposals(&self) -> Result<Vec<Offer>, StoreError> {
        self.store.rows(keys::PROPOSAL, &[])?.map(|row| self.offer(&row?.1)).collect()
    }

    /// Up to `count` offers of the queue from a ticket on.
    pub(crate) fn queued(&self, from: u64, count: usize) -> Result<Vec<Queued>, StoreError> {
        let rows = self.store.rows(keys::QUEUE, &keys::ticket(from))?.take(count);
        rows.map(|row| {
            let (ticket, key) = row?;
            let ticket = keys::read_ticket(&ticket).ok_or_else(|| self.store.damaged(keys::QUEUE))?;
            Ok(Queued { ticket, offer: self.offer(&key)? })
        })
        .collect()
    }

    fn offer(&self, key: &[u8]) -> Result<Offer, StoreError> {
        let row = self.store.row(keys::OUTBOX, key)?;
        row.and_then(|row| Offer::read(&row)).ok_or_else(|| self.store.damaged(keys::OUTBOX))
    }

    /// What was let pass of a scenario.
    pub(crate) fn spent(&self, scenario: &str) -> Spent {
        self.spent.get(&scenario_hash(scenario)).copied().unwrap_or_default()
    }

    /// What was let pass of all marketing.
    pub(crate) fn marketing(&self) -> Spent {
        self.spent(MARKETING)
    }

    /// The arbiter says no.
    pub(crate) fn withhold(&mut self, mut offer: Offer, reason: Reason) -> Result<(), StoreError> {
        offer.state = State::Withheld(reason);
        self.decided(&offer)
    }

    /// The arbiter lets it pass: it takes a place in the scenario's total, this from the budgets, and a place in the queue.
    pub(crate) fn queue(&mut self, mut offer: Offer, cost: Money) -> Result<Queued, StoreError> {
        offer.state = State::Queued;
        self.decided(&offer)?;
        self.spend(&offer.scenario, cost)?;
        if !offer.is_service() {
            self.spend(MARKETING, cost)?;
        }
        let ticket = self.next_ticket;
        self.next_ticket += 1;
        let key = keys::outbox(offer.at, offer.id);
        self.batch.put_cf(&self.store.family(keys::QUEUE)?, keys::ticket(ticket), key);
        Ok(Queued { ticket, offer })
    }

    fn spend(&mut self, of: &str, cost: Money) -> Result<(), StoreError> {
        let hash = scenario_hash(of);
        let spent = self.spent.entry(hash).or_default();
        *spent = spent.and(cost);
        let mut row = Vec::new();
        put_varint(&mut row, spent.offers);
        put_varint(&mut row, spent.money.0);
        self.batch.put_cf(&self.store.family(keys::TOTAL)?, hash.to_be_bytes(), row);
        Ok(())
    }

    fn decided(&mut self, offer: &Offer) -> Result<(), StoreError> {
        let proposal = keys::proposal(offer);
        self.batch.delete_cf(&self.store.family(keys::PROPOSAL)?, proposal);
        self.put(offer)
    }

    /// Writes the offer in its present state; a settled one leaves the queue.
    pub(crate) fn update(&mut self, queued: &Queued) -> Result<(), StoreError> {
        if queued.offer.state.is_settled() {
            self.batch.delete_cf(&self.store.family(keys::QUEUE)?, keys::ticket(queued.ticket));
        }
        self.put(&queued.offer)
    }

    /// Writes the message centre's last word on an offer that has left the queue.
    pub(crate) fn put(&mut self, offer: &Offer) -> Result<(), StoreError> {
        put(&self.store, &mut self.batch, &keys::outbox(offer.at, offer.id), offer)
    }

    /// These offers to a subscriber go, with their places, and with the contacts that they were; at once and durably.
    pub(crate) fn forget(&mut self, imsi: Imsi, offers: &[Offer]) -> Result<(), StoreError> {
        let store = Arc::clone(&self.store);
        let own: FxHashSet<OutboxKey> = offers.iter().map(|offer| keys::outbox(offer.at, offer.id)).collect();
        // Until now the batch may put what goes, or give it a place in the queue.
        self.commit(false)?;
        let queue = store.family(keys::QUEUE)?;
        for row in store.rows(keys::QUEUE, &[])?.filter(|_| !own.is_empty()) {
            let (ticket, place) = row?;
            if place.as_ref().try_into().is_ok_and(|place: &OutboxKey| own.contains(place)) {
                self.batch.delete_cf(&queue, ticket);
            }
        }
        let (outbox, proposal) = (store.family(keys::OUTBOX)?, store.family(keys::PROPOSAL)?);
        own.iter().for_each(|key| self.batch.delete_cf(&outbox, key));
        offers.iter().for_each(|offer| self.batch.delete_cf(&proposal, keys::proposal(offer)));
        self.batch.delete_cf(&store.family(keys::CONTACT)?, keys::subscriber(imsi));
        self.commit(true)
    }

    /// Makes the changes so far durable: against a crash of this process, and with `sync` of the machine.
    pub(crate) fn commit(&mut self, sync: bool) -> Result<(), StoreError> {
        if self.batch.is_empty() {
            return Ok(());
        }
        self.store.write(std::mem::take(&mut self.batch), sync)
    }
}

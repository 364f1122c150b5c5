//! Reading the store from outside: one subscriber's window, the ledger, the outbox. Safe beside a running engine, and
//! sees what that has committed.

use std::sync::Arc;

use event::{Event, Imsi, Timestamp};
use rocksdb::ReadOptions;
use rules::Profile;
use rules::policy::scenario_hash;
use rustc_hash::{FxHashMap, FxHashSet};

use super::keys::{self, Bucket, LedgerKey, Stamp};
use super::ledger::LedgerEntry;
use super::pace::Pace;
use super::store::{Row, Rows, Store, StoreError};
use super::{journal, ledger, profile, seal};
use crate::offer::{Offer, OfferId};

impl Store {
    /// The subscriber's events from `since` on, in the order in which they were taken in.
    pub fn window(&self, imsi: Imsi, since: Timestamp) -> Result<Vec<Event>, StoreError> {
        // Registering a run and deleting its journal is one step: at one moment an event is in exactly one of them.
        let snapshot = self.db().snapshot();
        let options = || {
            let mut options = ReadOptions::default();
            options.set_snapshot(&snapshot);
            options
        };
        let registered = self.registered_rows(options())?;
        let mut events = Vec::new();
        self.sealed(imsi, since, options, |run| registered.get(&run).copied(), &mut events)?;
        for row in self.rows_with(keys::JOURNAL, &[], options())? {
            let take = |event: Event| events.extend((event.at >= since).then_some(event));
            journal::read_of(imsi, &row?.1, take).ok_or_else(|| self.damaged(keys::JOURNAL))?;
        }
        Ok(events)
    }

    /// Appends the subscriber's sealed events from `since` on, oldest bucket first, of the runs that `counts` tells the pace of.
    pub(crate) fn sealed(
        &self,
        imsi: Imsi,
        since: Timestamp,
        options: impl Fn() -> ReadOptions,
        counts: impl Fn((Bucket, Stamp)) -> Option<Pace>,
        events: &mut Vec<Event>,
    ) -> Result<(), StoreError> {
        for bucket in self.buckets().iter() {
            // A bucket may be dropped meanwhile: then it is older than the retention.
            let Some(family) = self.db().cf_handle(&bucket.family()) else { continue };
            let blocks = self.db().get_pinned_cf_opt(&family, keys::subscriber(imsi), &options());
            let Some(blocks) = blocks.map_err(|error| self.failed(&error))? else { continue };
            seal::read_blocks(&blocks, *bucket, imsi, since, |run| counts((*bucket, run)), events)
                .ok_or_else(|| self.damaged(&bucket.family()))?;
        }
        Ok(())
    }

    /// How many subscribers the store remembers to have been seen; not those of whom it only knows that somebody was refused
    /// who said to be them. Reads all of them.
    pub fn subscribers(&self) -> Result<u64, StoreError> {
        let mut unsealed = FxHashSet::default();
        let mut note = |imsi, event: Event| {
            let mut profile = Profile::default();
            profile.observe(&event, true);
            profile.last_seen.into_iter().for_each(|_| _ = unsealed.insert(imsi));
        };
        for row in self.rows(keys::JOURNAL, &[])? {
            journal::read(&row?.1, &mut note).ok_or_else(|| self.damaged(keys::JOURNAL))?;
        }
        let mut count = 0;
        for row in self.rows(keys::PROFILE, &[])? {
            let (key, value) = row?;
            let known = keys::read_subscriber(&key).zip(profile::read(&value));
            let (imsi, profile) = known.ok_or_else(|| self.damaged(keys::PROFILE))?;
            if profile.last_seen.is_some() {
                unsealed.remove(&imsi);
                count += 1;
            }
        }
        Ok(count + unsealed.len() as u64)
    }

    /// All decisions, in order of time, place in the input, and scenario. Holds one bucket in memory.
    pub fn ledger(&self) -> Result<impl Iterator<Item = Result<LedgerEntry, StoreError>> + '_, StoreError> {
        let names = self.scenario_names()?;
        let read = move |key: &[u8], value: &[u8]| read_entry(&names, key, value);
        let rows = self.current_rows(keys::LEDGER)?;
        Ok(InOrder::new(self, keys::LEDGER, rows, read, |entry| {
            (entry.at, entry.sequence, entry.imsi, entry.scenario.clone())
        }))
    }

    /// The decisions about one subscriber, in order of time. Reads no others.
    pub fn ledger_of(&self, imsi: Imsi) -> Result<Vec<LedgerEntry>, StoreError> {
        // What is sealed meanwhile is found twice, and told once.
        let mut rows = self.pending_rows(keys::LEDGER, |key| keys::is_ledger_of(key, imsi))?;
        for row in self.ledger_rows_of(imsi)? {
            let (key, value) = row?;
            rows.entry(key).or_insert(Some(value));
        }
        let names = self.scenario_names()?;
        let entries = rows.iter().filter_map(|(key, value)| Some((key, value.as_ref()?)));
        entries.map(|(key, value)| read_entry(&names, key, value).ok_or_else(|| self.damaged(keys::LEDGER))).collect()
    }

    /// The sealed rows of the ledger that are about one subscriber.
    pub(super) fn ledger_rows_of(&self, imsi: Imsi) -> Result<Vec<Row>, StoreError> {
        let (mut found, mut from) = (Vec::new(), Vec::new());
        // From each bucket that there is, straight to the subscriber's rows in it.
        while let Some(first) = self.rows(keys::LEDGER, &from)?.next() {
            let (key, _) = first?;
            let (own, next) = keys::ledger_of(&key, imsi).ok_or_else(|| self.damaged(keys::LEDGER))?;
            let is_own = |row: &Row| row.as_ref().map_or(true, |(key, _)| key.starts_with(&own));
            found.extend(self.rows(keys::LEDGER, &own)?.take_while(is_own));
            let Some(next) = next else { break };
            from = next.to_vec();
        }
        Ok(found)
    }

    /// The offer of this identity, triggered then.
    pub fn offer(&self, at: Timestamp, id: OfferId) -> Result<Option<Offer>, StoreError> {
        let Some(row) = self.row(keys::OUTBOX, &keys::outbox(at, id))? else { return Ok(None) };
        Offer::read(&row).map(Some).ok_or_else(|| self.damaged(keys::OUTBOX))
    }

    /// All offers, in order of the trigger's time, place in the input, and scenario. Holds one bucket in memory.
    pub fn outbox(&self) -> Result<impl Iterator<Item = Result<Offer, StoreError>> + '_, StoreError> {
        let rows = self.rows(keys::OUTBOX, &[])?;
        let read = |_: &[u8], value: &[u8]| Offer::read(value);
        Ok(InOrder::new(self, keys::OUTBOX, rows, read, |offer| {
            (offer.at, offer.sequence, offer.imsi, offer.scenario.clone())
        }))
    }

    pub(super) fn scenario_names(&self) -> Result<FxHashMap<u64, Arc<str>>, StoreError> {
        let prefix = b"scenario/";
        let mut names = FxHashMap::default();
        for row in self.rows(keys::META, prefix)? {
            let (key, name) = row?;
            if !key.starts_with(prefix) {
                break;
            }
            let name = std::str::from_utf8(&name).map_err(|_| self.damaged(keys::META))?;
            names.insert(scenario_hash(name), Arc::from(name));
        }
        Ok(names)
    }
}

pub(super) fn read_entry(names: &FxHashMap<u64, Arc<str>>, key: &[u8], value: &[u8]) -> Option<LedgerEntry> {
    let key = LedgerKey::read(key)?;
    let scenario = names.get(&key.scenario)?.clone();
    let (verdict, variant) = ledger::read(value)?;
    Some(LedgerEntry { at: key.at, sequence: key.sequence, imsi: key.imsi, scenario, verdict, variant })
}

type Place = (Timestamp, u64, Imsi, Arc<str>);

/// Rows sorted within each bucket. Buckets follow one another in order of key, so that the whole is sorted.
struct InOrder<'a, T, R, P> {
    store: &'a Store,
    family: &'static str,
    rows: std::iter::Peekable<Rows<'a>>,
    read: R,
    place: P,
    bucket: std::vec::IntoIter<T>,
}

impl<'a, T, R, P> InOrder<'a, T, R, P>
where
    R: Fn(&[u8], &[u8]) -> Option<T>,
    P: Fn(&T) -> Place,
{
    fn new(store: &'a Store, family: &'static str, rows: Rows<'a>, read: R, place: P) -> Self {
        Self { store, family, rows: rows.peekable(), read, place, bucket: Vec::new().into_iter() }
    }

    fn next_bucket(&mut self) -> Result<Vec<T>, StoreError> {
        let mut items = Vec::new();
        let mut bucket: Option<Box<[u8]>> = None;
        let bucket_of = |key: &[u8]| key.get(..4).unwrap_or_default().into();
        while let Some(row) = self
            .rows
            .next_if(|row| row.as_ref().map_or(true, |(key, _)| bucket.as_ref().is_none_or(|b| key.starts_with(b))))
        {
            let (key, value) = row?;
            items.push((self.read)(&key, &value).ok_or_else(|| self.store.damaged(self.family))?);
            bucket.get_or_insert_with(|| bucket_of(&key));
        }
        items.sort_by_cached_key(&self.place);
        Ok(items)
    }
}

impl<T, R, P> Iterator for InOrder<'_, T, R, P>
where
    R: Fn(&[u8], &[u8]) -> Option<T>,
    P: Fn(&T) -> Place,
{
    type Item = Result<T, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.bucket.len() == 0 {
            match self.next_bucket() {
                Ok(items) => self.bucket = items.into_iter(),
                Err(error) => return Some(Err(error)),
            }
        }
        self.bucket.next().map(Ok)
    }
}

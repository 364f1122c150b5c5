//! Reading the facts of everybody, one subscriber after the other, from a store that nobody writes meanwhile.

use std::collections::BTreeMap;
use std::iter::Peekable;

use event::{Event, Imsi, Timestamp};

use super::keys::{self, Bucket};
use super::store::{Rows, Runs, Store, StoreError};
use super::{journal, seal};

/// Subscribers with their events, in order of IMSI; the events of each in the order of [`Store::window`].
pub struct Windows<'a> {
    store: &'a Store,
    since: Timestamp,
    registered: std::sync::Arc<Runs>,
    /// Oldest first.
    sealed: Vec<(Bucket, Peekable<Rows<'a>>)>,
    /// Bounded by the arenas that it was written with.
    unsealed: BTreeMap<Imsi, Vec<Event>>,
}

impl Store {
    /// Everybody's events from `since` on. Whoever has none is passed over.
    pub fn windows(&self, since: Timestamp) -> Result<Windows<'_>, StoreError> {
        let mut unsealed: BTreeMap<Imsi, Vec<Event>> = BTreeMap::new();
        for row in self.rows(keys::JOURNAL, &[])? {
            let take = |imsi, event: Event| {
                if event.at >= since {
                    unsealed.entry(imsi).or_default().push(event);
                }
            };
            journal::read(&row?.1, take).ok_or_else(|| self.damaged(keys::JOURNAL))?;
        }
        let buckets = self.buckets();
        let sealed = buckets.iter().map(|bucket| Ok((*bucket, self.rows(&bucket.family(), &[])?.peekable())));
        Ok(Windows {
            sealed: sealed.collect::<Result<_, StoreError>>()?,
            registered: self.registered(),
            store: self,
            since,
            unsealed,
        })
    }
}

impl Windows<'_> {
    fn take(&mut self) -> Result<Option<(Imsi, Vec<Event>)>, StoreError> {
        let mut next = self.unsealed.first_key_value().map(|(imsi, _)| *imsi);
        for (bucket, rows) in &mut self.sealed {
            // An error is met again when the row is taken.
            let Some(Ok((key, _))) = rows.peek() else { continue };
            let imsi = keys::read_subscriber(key).ok_or_else(|| self.store.damaged(&bucket.family()))?;
            next = Some(next.map_or(imsi, |next| next.min(imsi)));
        }
        let Some(imsi) = next else { return self.failed() };
        let (key, mut events) = (keys::subscriber(imsi), Vec::new());
        for (bucket, rows) in &mut self.sealed {
            let is_next = |row: &Result<(Box<[u8]>, _), _>| row.as_ref().map_or(true, |(found, _)| **found == key);
            let Some(row) = rows.next_if(is_next) else { continue };
            let counts = |run| self.registered.get(&(*bucket, run)).copied();
            seal::read_blocks(&row?.1, *bucket, imsi, self.since, counts, &mut events)
                .ok_or_else(|| self.store.damaged(&bucket.family()))?;
        }
        events.extend(self.unsealed.remove(&imsi).unwrap_or_default());
        Ok(Some((imsi, events)))
    }

    // Nothing is left but rows that cannot be read.
    fn failed(&mut self) -> Result<Option<(Imsi, Vec<Event>)>, StoreError> {
        self.sealed.iter_mut().find_map(|(_, rows)| rows.next()).map_or(Ok(None), |row| row.map(|_| None))
    }
}

impl Iterator for Windows<'_> {
    type Item = Result<(Imsi, Vec<Event>), StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.take().transpose()? {
                Ok((_, events)) if events.is_empty() => {}
                taken => return Some(taken),
            }
        }
    }
}

//! Rows that groups have changed, before they are sealed. What a group has changed of a column family is written as one value, in
//! order of arrival; all that came with an arena is put in order once, and goes to its family in one sorted run when the events
//! go to their buckets. At a start, whatever waits is written row by row.

use std::collections::BTreeMap;
use std::iter::Peekable;
use std::ops::Range;

use rocksdb::WriteBatch;
use rules::matcher::MARKS_LIMIT;

use super::keys::{self, JournalKey};
use super::octets::Octets;
use super::store::{Family, Row, Rows, Store, StoreError};

const VERSION: u8 = 1;
/// In the place of a value's length.
const DELETED: u16 = u16::MAX;
const HEAD_OCTETS: usize = 3;
/// So many octets are written at a time at a start.
const SETTLED_OCTETS: usize = 4 << 20;

// Edition, times and marks at their longest.
const _: () = assert!(64 + MARKS_LIMIT * (5 + 2 + 10) < DELETED as usize);

/// What a group has changed of one column family, in order of arrival. Reused from group to group.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    octets: Vec<u8>,
}

impl Changes {
    /// From now on the row has what `put` appends.
    pub(crate) fn put(&mut self, key: &[u8], put: impl FnOnce(&mut Vec<u8>)) {
        let head = self.begin(key, DELETED);
        let start = self.octets.len();
        put(&mut self.octets);
        let length = (self.octets.len() - start) as u16;
        let place = self.octets.get_mut(head + 1..head + HEAD_OCTETS);
        place.into_iter().for_each(|place| place.copy_from_slice(&length.to_be_bytes()));
    }

    /// From now on there is no such row.
    pub(crate) fn delete(&mut self, key: &[u8]) {
        self.begin(key, DELETED);
    }

    fn begin(&mut self, key: &[u8], length: u16) -> usize {
        if self.octets.is_empty() {
            self.octets.push(VERSION);
        }
        let head = self.octets.len();
        self.octets.push(key.len() as u8);
        self.octets.extend_from_slice(&length.to_be_bytes());
        self.octets.extend_from_slice(key);
        head
    }

    pub(crate) fn octets(&self) -> &[u8] {
        &self.octets
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.octets.is_empty()
    }

    /// Adds them, as those of this family and place in the journal, and begins anew.
    pub(crate) fn write(
        &mut self,
        store: &Store,
        batch: &mut WriteBatch,
        journal: JournalKey,
        family: &str,
    ) -> Result<(), StoreError> {
        if !self.is_empty() {
            batch.put_cf(&store.family(keys::CHANGE)?, keys::change(journal, family), &self.octets);
            self.octets.clear();
        }
        Ok(())
    }

    /// Adds each to its family, and begins anew.
    pub(crate) fn write_rows(&mut self, batch: &mut WriteBatch, family: &Family<'_>) {
        let mut octets = Octets::new(self.octets.get(1..).unwrap_or_default());
        while let Some((key, value)) = change(&mut octets) {
            put_row(batch, family, key, value);
        }
        self.octets.clear();
    }
}

fn put_row(batch: &mut WriteBatch, family: &Family<'_>, key: &[u8], value: Option<&[u8]>) {
    match value {
        Some(value) => batch.put_cf(family, key, value),
        None => batch.delete_cf(family, key),
    }
}

/// Changed rows of one column family that are not sealed: in order of key, each once.
#[derive(Debug, Default)]
pub(crate) struct Pending {
    octets: Vec<u8>,
    rows: Vec<Place>,
}

/// Rows that are not sealed, by key: the value of each, or that it goes.
pub(crate) type PendingRows = BTreeMap<Box<[u8]>, Option<Box<[u8]>>>;

/// Where a changed row is. What its key begins with tells it from most others without going there.
#[derive(Clone, Copy, Debug)]
struct Place {
    begins: u128,
    at: usize,
}

impl Pending {
    /// Takes what a group has changed. `None` where it is not one of ours.
    fn take(&mut self, group: &[u8]) -> Option<()> {
        let mut octets = Octets::new(group);
        if octets.octet()? != VERSION {
            return None;
        }
        let base = self.octets.len();
        self.octets.extend_from_slice(group);
        while !octets.is_empty() {
            let at = base + group.len() - octets.rest().len();
            let (key, _) = change(&mut octets)?;
            let mut begins = [0; 16];
            begins.iter_mut().zip(key).for_each(|(place, octet)| *place = *octet);
            self.rows.push(Place { begins: u128::from_be_bytes(begins), at });
        }
        Some(())
    }

    /// Puts them in order; of the changes of a row the last one counts.
    fn sort(&mut self) {
        let Self { octets, rows } = self;
        let key = |place: &Place| at(octets, place.at).0;
        rows.sort_unstable_by(|a, b| {
            a.begins.cmp(&b.begins).then_with(|| key(a).cmp(key(b))).then_with(|| a.at.cmp(&b.at))
        });
        rows.dedup_by(|later, kept| {
            let is_same = later.begins == kept.begins && key(later) == key(kept);
            if is_same {
                *kept = *later;
            }
            is_same
        });
    }

    /// Key and value of each; none where the row is deleted.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&[u8], Option<&[u8]>)> {
        self.rows.iter().map(|place| at(&self.octets, place.at))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    fn get(&self, number: usize) -> Option<(&[u8], Option<&[u8]>)> {
        Some(at(&self.octets, self.rows.get(number)?.at))
    }
}

fn at(octets: &[u8], at: usize) -> (&[u8], Option<&[u8]>) {
    change(&mut Octets::new(octets.get(at..).unwrap_or_default())).unwrap_or_default()
}

fn change<'a>(octets: &mut Octets<'a>) -> Option<(&'a [u8], Option<&'a [u8]>)> {
    let key = octets.octet()?;
    let length = u16::from_be_bytes(octets.fixed()?);
    let key = octets.slice(key.into())?;
    let value = if length == DELETED { None } else { Some(octets.slice(length.into())?) };
    Some((key, value))
}

impl Store {
    /// What waits to be sealed of a family, of this range of the journal.
    pub(crate) fn pending(&self, family: &str, journal: Range<&[u8]>) -> Result<Pending, StoreError> {
        let mut pending = Pending::default();
        for row in self.rows(keys::CHANGE, journal.start)? {
            let (key, group) = row?;
            if *key >= *journal.end {
                break;
            }
            if keys::read_change(&key) == Some(family) {
                pending.take(&group).ok_or_else(|| self.damaged(keys::CHANGE))?;
            }
        }
        pending.sort();
        Ok(pending)
    }

    /// What waits to be sealed of those rows of a family that are asked for, in order of key: the value of each, or that it goes.
    pub(crate) fn pending_rows(
        &self,
        family: &str,
        is_asked_for: impl Fn(&[u8]) -> bool,
    ) -> Result<PendingRows, StoreError> {
        let mut found = BTreeMap::new();
        for row in self.rows(keys::CHANGE, &[])? {
            let (key, group) = row?;
            if keys::read_change(&key) != Some(family) {
                continue;
            }
            let mut octets = Octets::new(&group);
            if octets.octet() != Some(VERSION) {
                return Err(self.damaged(keys::CHANGE));
            }
            while !octets.is_empty() {
                let (key, value) = change(&mut octets).ok_or_else(|| self.damaged(keys::CHANGE))?;
                if is_asked_for(key) {
                    found.insert(key.into(), value.map(Into::into));
                }
            }
        }
        Ok(found)
    }

    /// The rows of a family as the groups have left them, sealed or not, in order of key. Beside a running engine only for rows
    /// that never change.
    pub(crate) fn current_rows(&self, family: &str) -> Result<Rows<'_>, StoreError> {
        // What is sealed meanwhile is found twice, and told once.
        let pending = self.pending(family, &[]..&keys::AFTER_JOURNAL)?;
        Ok(Box::new(Current { pending, next: 0, sealed: self.rows(family, &[])?.peekable() }))
    }

    /// Writes all that waits to its families. Only where no engine runs.
    pub(crate) fn settle_changes(&self) -> Result<(), StoreError> {
        for family in keys::CHANGED {
            let (handle, mut batch) = (self.family(family)?, WriteBatch::default());
            for (key, value) in self.pending(family, &[]..&keys::AFTER_JOURNAL)?.iter() {
                put_row(&mut batch, &handle, key, value);
                if batch.size_in_bytes() >= SETTLED_OCTETS {
                    self.write(std::mem::take(&mut batch), false)?;
                }
            }
            self.write(batch, false)?;
        }
        // Until now whatever has been written would be written again.
        let mut batch = WriteBatch::default();
        batch.delete_range_cf(&self.family(keys::CHANGE)?, &[][..], &keys::AFTER_JOURNAL[..]);
        self.write(batch, true)
    }
}

/// Sealed rows, and those that wait, which are newer.
struct Current<'a> {
    pending: Pending,
    next: usize,
    sealed: Peekable<Rows<'a>>,
}

impl Iterator for Current<'_> {
    type Item = Row;

    fn next(&mut self) -> Option<Row> {
        loop {
            let Some((key, value)) = self.pending.get(self.next) else { return self.sealed.next() };
            if let Some(sealed) = self.sealed.next_if(|row| row.as_ref().map_or(true, |(sealed, _)| **sealed <= *key)) {
                match &sealed {
                    Ok((sealed, _)) if **sealed == *key => continue,
                    _ => return Some(sealed),
                }
            }
            self.next += 1;
            if let Some(value) = value {
                return Some(Ok((key.into(), value.into())));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::window::keys::Stamp;

    /// A change of a row: its value, or that it goes.
    type Changed = (&'static [u8], Option<u8>);

    fn group(store: &Store, number: u32, family: &str, changes: &[Changed]) {
        let (mut own, mut batch) = (Changes::default(), WriteBatch::default());
        for (key, value) in changes {
            match value {
                Some(value) => own.put(key, |out| out.push(*value)),
                None => own.delete(key),
            }
        }
        let journal = JournalKey { stamp: Stamp { epoch: 1, number }, shard: 0 };
        own.write(store, &mut batch, journal, family).unwrap();
        assert!(own.is_empty());
        store.write(batch, false).unwrap();
    }

    fn found(rows: Rows<'_>) -> Vec<(Vec<u8>, Vec<u8>)> {
        rows.map(|row| row.unwrap()).map(|(key, value)| (key.to_vec(), value.to_vec())).collect()
    }

    #[test]
    fn rows_are_as_they_were_left_last_before_and_after_they_are_settled() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let long = b"the same sixteen octets, and more".as_slice();
        let mut batch = WriteBatch::default();
        for key in [b"a".as_slice(), b"c", b"x"] {
            batch.put_cf(&store.family(keys::LIVE).unwrap(), key, [1]);
        }
        store.write(batch, false).unwrap();
        group(&store, 1, keys::LIVE, &[(b"b", Some(2)), (long, Some(3)), (b"c", None), (b"b", Some(4))]);
        group(&store, 2, keys::LEDGER, &[(b"b", Some(9))]);
        group(&store, 3, keys::LIVE, &[(b"x", Some(5)), (&long[..20], Some(6)), (b"d", Some(7)), (b"d", None)]);
        let expected: Vec<(Vec<u8>, Vec<u8>)> =
            [(b"a".as_slice(), 1), (b"b", 4), (&long[..20], 6), (long, 3), (b"x", 5)]
                .map(|(key, value)| (key.to_vec(), vec![value]))
                .to_vec();
        assert_eq!(found(store.current_rows(keys::LIVE).unwrap()), expected);
        assert_eq!(store.rows(keys::LIVE, &[]).unwrap().count(), 3);
        store.settle_changes().unwrap();
        assert_eq!(found(store.rows(keys::LIVE, &[]).unwrap()), expected);
        assert_eq!(found(store.current_rows(keys::LEDGER).unwrap()), [(b"b".to_vec(), vec![9])]);
        assert_eq!(store.rows(keys::CHANGE, &[]).unwrap().count(), 0);
    }

    #[test]
    fn what_ends_early_is_refused() {
        let mut changes = Changes::default();
        changes.put(b"key", |out| out.extend_from_slice(b"value"));
        let octets = &changes.octets;
        assert_eq!(Pending::default().take(octets), Some(()));
        (2..octets.len()).for_each(|length| assert_eq!(Pending::default().take(&octets[..length]), None, "{length}"));
        assert_eq!(Pending::default().take(&[VERSION + 1]), None);
    }
}

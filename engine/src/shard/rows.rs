//! Rows of one column family that a group has changed. They are written in the order of their keys and each once: the database
//! then finds their places side by side, which takes half the time.

use std::ops::Range;

use rocksdb::WriteBatch;

use crate::window::Family;

/// Rows in the order in which they have changed.
#[derive(Debug, Default)]
pub(super) struct Rows {
    octets: Vec<u8>,
    changes: Vec<Change>,
}

/// Where key and value lie; a row without a value is deleted.
#[derive(Clone, Debug)]
struct Change {
    key: Range<usize>,
    value: Option<Range<usize>>,
}

impl Rows {
    /// From now on the row has what `put` appends.
    pub(super) fn put(&mut self, key: &[u8], put: impl FnOnce(&mut Vec<u8>)) {
        let key = self.key(key);
        put(&mut self.octets);
        let value = key.end..self.octets.len();
        self.changes.push(Change { key, value: Some(value) });
    }

    /// From now on there is no such row.
    pub(super) fn delete(&mut self, key: &[u8]) {
        let key = self.key(key);
        self.changes.push(Change { key, value: None });
    }

    /// How many octets they have.
    pub(super) fn len(&self) -> usize {
        self.octets.len()
    }

    /// Adds them as they are now, and begins anew.
    pub(super) fn write(&mut self, batch: &mut WriteBatch, family: &Family<'_>) {
        let Self { octets, changes } = self;
        let part = |range: &Range<usize>| octets.get(range.clone()).unwrap_or_default();
        // What has changed last stays last.
        changes.sort_by(|a, b| part(&a.key).cmp(part(&b.key)));
        for same in changes.chunk_by(|a, b| part(&a.key) == part(&b.key)) {
            match same.last() {
                Some(Change { key, value: Some(value) }) => batch.put_cf(family, part(key), part(value)),
                Some(Change { key, value: None }) => batch.delete_cf(family, part(key)),
                None => {}
            }
        }
        octets.clear();
        changes.clear();
    }

    fn key(&mut self, key: &[u8]) -> Range<usize> {
        let start = self.octets.len();
        self.octets.extend_from_slice(key);
        start..self.octets.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::window::{Store, keys};

    #[test]
    fn a_row_is_as_it_was_left_last() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let mut rows = Rows::default();
        let write = |rows: &mut Rows| {
            let mut batch = WriteBatch::default();
            rows.write(&mut batch, &store.family(keys::LIVE).unwrap());
            assert_eq!(rows.len(), 0);
            let count = batch.len();
            store.write(batch, false).unwrap();
            let found = store.rows(keys::LIVE, &[]).unwrap().map(|row| row.unwrap());
            (count, found.map(|(key, value)| (key.to_vec(), value.to_vec())).collect::<Vec<_>>())
        };
        for (key, value) in [(b"b", 1), (b"a", 2), (b"c", 3), (b"b", 4)] {
            rows.put(key, |out| out.push(value));
        }
        let row = |key: &[u8], value| (key.to_vec(), vec![value]);
        assert_eq!(write(&mut rows), (3, vec![row(b"a", 2), row(b"b", 4), row(b"c", 3)]));
        rows.delete(b"a");
        rows.put(b"b", |out| out.push(5));
        rows.delete(b"b");
        rows.delete(b"c");
        rows.put(b"c", |out| out.push(6));
        assert_eq!(write(&mut rows), (3, vec![row(b"c", 6)]));
        assert_eq!(write(&mut rows), (0, vec![row(b"c", 6)]));
    }
}

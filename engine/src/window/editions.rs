//! Which rule sets the rows of [`keys::LIVE`] were written under: usually one; while subscribers are being taken from one
//! set to the next, and after a crash amid that, both.

use rocksdb::WriteBatch;
use rules::matcher::PatternId;

use super::keys;
use super::store::{Store, StoreError};

/// A rule set, as far as marks depend on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Edition {
    pub(crate) number: u32,
    /// [`rules::RuleSet::patterns`].
    pub(crate) patterns: Vec<PatternId>,
}

impl Store {
    /// Oldest first; never empty.
    pub(crate) fn editions(&self) -> Result<Vec<Edition>, StoreError> {
        let mut editions = Vec::new();
        for row in self.rows(keys::META, keys::META_PATTERNS)? {
            let (key, value) = row?;
            let Some(number) = keys::read_patterns(&key) else { break };
            let (patterns, rest) = value.as_chunks();
            if !rest.is_empty() {
                return Err(self.damaged(keys::META));
            }
            let patterns = patterns.iter().copied().map(PatternId::from_be_bytes).collect();
            editions.push(Edition { number, patterns });
        }
        if editions.is_empty() {
            editions.push(Edition { number: 0, patterns: Vec::new() });
        }
        Ok(editions)
    }

    /// Makes a edition known, before any row is written under it.
    pub(crate) fn begin_edition(&self, edition: &Edition) -> Result<(), StoreError> {
        let octets: Vec<u8> = edition.patterns.iter().flat_map(|id| id.to_be_bytes()).collect();
        let mut batch = WriteBatch::default();
        batch.put_cf(&self.family(keys::META)?, keys::patterns(edition.number), octets);
        self.write(batch, true)
    }

    /// Forgets every edition before this one, of which there are no rows any more.
    pub(crate) fn settle_edition(&self, number: u32) -> Result<(), StoreError> {
        let mut batch = WriteBatch::default();
        batch.delete_range_cf(&self.family(keys::META)?, keys::patterns(0), keys::patterns(number));
        self.write(batch, true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn editions_are_kept_until_they_are_settled() {
        let folder = tempfile::tempdir().unwrap();
        let edition = |number, patterns: &[PatternId]| Edition { number, patterns: patterns.to_vec() };
        let (first, second) = (edition(1, &[7, 0, u64::MAX]), edition(300, &[]));
        let store = Store::open(folder.path()).unwrap();
        assert_eq!(store.editions().unwrap(), [edition(0, &[])]);
        store.begin_edition(&second).unwrap();
        store.begin_edition(&first).unwrap();
        store.begin().unwrap();
        drop(store);
        let store = Store::open(folder.path()).unwrap();
        assert_eq!(store.editions().unwrap(), [first, second.clone()]);
        store.settle_edition(300).unwrap();
        assert_eq!(store.editions().unwrap(), [second]);
    }
}

//! What a store holds and how much room it takes, without reading all of it.

use std::fs::Metadata;
use std::path::{Path, PathBuf};

use event::Timestamp;
use rocksdb::properties;

use super::keys;
use super::store::{Store, StoreError};
use crate::shard;

/// A store at a glance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stats {
    /// The layout that its rows have.
    pub layout: u32,
    /// How often an engine has been started on it.
    pub starts: u32,
    /// How far packet time has come in any input.
    pub latest: Option<Timestamp>,
    /// Inputs of which it knows how far they were taken in.
    pub inputs: u64,
    /// The column families that every store has, in their order.
    pub families: Vec<FamilyStats>,
    /// The window, oldest bucket first.
    pub buckets: Vec<BucketStats>,
    /// Octets of all its files.
    pub octets: u64,
}

/// One column family.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FamilyStats {
    /// Its name.
    pub name: String,
    /// About how many rows it has.
    pub rows: u64,
    /// Octets of its files; what is only in the log and in memory is not counted.
    pub octets: u64,
}

/// Six hours of events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BucketStats {
    /// When they begin.
    pub from: Timestamp,
    /// When they end; this moment is of the next.
    pub until: Timestamp,
    /// Sealed runs that count.
    pub runs: u64,
    /// About how many subscribers have events in it; `rows` of all its runs until they are merged.
    pub rows: FamilyStats,
}

impl Store {
    /// A store at a glance. Cheap, whatever its size.
    pub fn stats(&self) -> Result<Stats, StoreError> {
        let registered = self.registered();
        let buckets = self.buckets();
        let buckets = buckets.iter().map(|bucket| {
            let runs = registered.keys().filter(|(of, _)| of == bucket).count() as u64;
            let (from, until) = bucket.span();
            Ok(BucketStats { from, until, runs, rows: self.family_stats(&bucket.family())? })
        });
        let families = keys::FIXED.iter().map(|name| self.family_stats(name));
        Ok(Stats {
            layout: keys::VERSION,
            starts: self.starts()?,
            latest: shard::latest(self)?,
            inputs: self.inputs()?,
            families: families.collect::<Result<_, _>>()?,
            buckets: buckets.collect::<Result<_, StoreError>>()?,
            octets: self.octets(),
        })
    }

    /// Writes every column family anew, so that nothing that was deleted takes room, and a read looks at one file.
    pub fn compact(&self, mut done: impl FnMut(&str)) -> Result<(), StoreError> {
        for name in self.families() {
            self.rewrite(&name)?;
            done(&name);
        }
        Ok(())
    }

    fn family_stats(&self, name: &str) -> Result<FamilyStats, StoreError> {
        let family = self.family(name)?;
        let number = |property| {
            let value = self.db().property_int_value_cf(&family, property).map_err(|error| self.failed(&error))?;
            Ok::<_, StoreError>(value.unwrap_or(0))
        };
        let rows = number(properties::ESTIMATE_NUM_KEYS)?;
        Ok(FamilyStats { name: name.to_owned(), rows, octets: number(properties::TOTAL_SST_FILES_SIZE)? })
    }

    // Each input has several rows: from its first, straight to the next input.
    fn inputs(&self) -> Result<u64, StoreError> {
        let (mut count, mut from) = (0, Some(0));
        while let Some(input) = from {
            let Some(row) = self.rows(keys::POSITION, &keys::position(input, 0))?.next() else { break };
            let (found, _) = keys::read_position(&row?.0).ok_or_else(|| self.damaged(keys::POSITION))?;
            count += 1;
            from = found.checked_add(1);
        }
        Ok(count)
    }

    /// Octets of all its files. Those that an engine removes meanwhile are passed over.
    pub fn octets(&self) -> u64 {
        octets_below(self.path())
    }
}

fn octets_below(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let octets = |(path, about): (PathBuf, Metadata)| if about.is_dir() { octets_below(&path) } else { about.len() };
    entries.filter_map(|entry| Some((entry.path(), entry.metadata().ok()?))).map(octets).sum()
}

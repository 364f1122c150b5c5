//! The facts of the last 48 hours, what was decided about them, and how far each input has been taken in: in RocksDB.
//!
//! Events are appended to an [`arena`] in memory and, a group at a time, to the [`journal`] on disk. At the end of six
//! hours, or when an arena is full, [`seal`] turns it into a sorted run. [`recover`] seals what a crash has left. The
//! layout is in [`keys`].

pub(crate) mod areas;
pub(crate) mod arena;
mod beside;
mod chains;
pub(crate) mod changes;
mod check;
mod copy;
pub(crate) mod editions;
mod forget;
pub(crate) mod journal;
pub(crate) mod keys;
#[cfg(test)]
mod layouts;
pub(crate) mod ledger;
pub(crate) mod live;
pub(crate) mod octets;
mod options;
pub(crate) mod pace;
pub(crate) mod profile;
mod read;
pub(crate) mod record;
pub(crate) mod recover;
mod scan;
pub(crate) mod seal;
mod stats;
mod store;
mod visit;

pub(crate) use beside::{Breath, Deleted, Former};
pub use check::{Broken, Invariant};
pub use forget::{Forgotten, Trace};
pub use ledger::{LedgerEntry, Verdict};
pub(crate) use options::{DEFAULT_ARENA_BYTES, DEFAULT_CACHE_BYTES, write_buffers_octets};
pub use stats::{BucketStats, FamilyStats, Stats};
pub(crate) use store::Row;
pub use store::{Store, StoreError};

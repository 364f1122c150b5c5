//! Erasing a subscriber from a store that no engine writes, and the proof that nothing is left.

use std::fmt;
use std::io;
use std::path::Path;

use event::Imsi;

use crate::identities;
use crate::window::{Forgotten, Store, StoreError, Trace};

/// Why somebody could not be erased.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ErasureError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What is kept of temporary identities.
    #[error("temporary identities that are kept cannot be read or written: {0}")]
    Identities(#[from] io::Error),
}

/// What was erased, and what is left of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Erased {
    pub(crate) gone: Forgotten,
    pub(crate) traces: Vec<Trace>,
}

/// Erases a subscriber from the store in this folder; what is left is looked for in rows and files after it has been opened anew,
/// when logs and manifests of before have been replaced.
pub(crate) fn erase(folder: &Path, imsi: Imsi) -> Result<Erased, ErasureError> {
    let store = Store::open(folder)?;
    let mut gone = store.forget(imsi)?;
    gone.rows += identities::forget(folder, imsi)?;
    drop(store);
    Ok(Erased { gone, traces: Store::open(folder)?.traces(imsi)? })
}

impl Erased {
    /// With so many other rows that were erased before.
    pub(crate) fn and(mut self, rows: u64) -> Self {
        self.gone.rows += rows;
        self
    }

    /// Whether nothing is left.
    pub(crate) fn is_proven(&self) -> bool {
        self.traces.is_empty()
    }
}

/// For people, without saying who it was.
impl fmt::Display for Erased {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Forgotten { facts, decisions, offers, rows } = self.gone;
        write!(f, "erased {facts} rows of facts, {decisions} decisions, {offers} offers, {rows} other rows.")?;
        if self.is_proven() {
            return write!(f, "\nEvery row and every octet of the files was looked through: nothing is left.");
        }
        self.traces.iter().try_for_each(|trace| match trace {
            Trace::Row(family) => write!(f, "\nleft in a row of {family}"),
            Trace::Remains(family) => write!(f, "\nfiles of {family} hold more than its rows"),
            Trace::File(file) => write!(f, "\nleft in the file {}", file.display()),
        })
    }
}

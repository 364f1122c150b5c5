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
/// when logs and manifests of before have been replaced. Where feeds go on meanwhile, they have erased it `from_feeds` already, so
/// many rows: what they keep of temporary identities is theirs, and may tell of it anew.
pub(crate) fn erase(folder: &Path, imsi: Imsi, from_feeds: Option<u64>) -> Result<Erased, ErasureError> {
    let store = Store::open(folder)?;
    let mut gone = store.forget(imsi)?;
    gone.rows += from_feeds.map_or_else(|| identities::forget(folder, imsi), Ok)?;
    drop(store);
    let mut traces = Store::open(folder)?.traces(imsi)?;
    if from_feeds.is_some() {
        traces.retain(|trace| !matches!(trace, Trace::File(file) if identities::is_kept(folder, file)));
    }
    Ok(Erased { gone, traces })
}

impl Erased {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_feeds_keep_is_theirs_while_they_go_on() {
        let folder = tempfile::tempdir().unwrap();
        let imsi = "460001234567890".parse().unwrap();
        drop(Store::open(folder.path()).unwrap());
        let draft = folder.path().join("identities/0.draft");
        std::fs::create_dir(draft.parent().unwrap()).unwrap();
        std::fs::write(&draft, "heard again: 460001234567890").unwrap();
        let erased = erase(folder.path(), imsi, Some(3)).unwrap();
        assert!(erased.is_proven() && erased.gone.rows == 3, "{erased}");
        assert!(draft.exists());
        let erased = erase(folder.path(), imsi, None).unwrap();
        assert!(erased.is_proven() && !draft.exists(), "{erased}");
        std::fs::write(folder.path().join("beside"), "460001234567890").unwrap();
        assert!(!erase(folder.path(), imsi, Some(0)).unwrap().is_proven());
    }
}

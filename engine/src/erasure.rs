//! Erasing a subscriber from a store that no engine writes, and the proof that nothing is left; and who is still to be erased.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use event::Imsi;

use crate::durable::replace;
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
    /// The engine ends before it is done.
    #[error("the engine ends before all is erased")]
    Ended,
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
    Unfinished::of(folder).settle(imsi)?;
    Ok(Erased { gone, traces: Store::open(folder)?.traces(imsi)? })
}

/// Who is being erased, or waits for it, by a service that may end before it is done: its next start goes on with them.
#[derive(Debug)]
pub(crate) struct Unfinished {
    file: PathBuf,
}

impl Unfinished {
    const FILE: &str = "forgetting";

    /// Of the store in this folder.
    pub(crate) fn of(store: &Path) -> Self {
        Self { file: store.join(Self::FILE) }
    }

    /// Whether this is its file, or a draft of it.
    pub(crate) fn is_kept(store: &Path, file: &Path) -> bool {
        file.parent() == Some(store) && file.file_stem().is_some_and(|name| name == Self::FILE)
    }

    /// Who it is, in the order of asking.
    pub(crate) fn read(&self) -> io::Result<Vec<Imsi>> {
        let text = match fs::read_to_string(&self.file) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let imsi = |line: &str| line.parse().map_err(|_| io::Error::other("a line of `forgetting` is no IMSI"));
        text.lines().map(imsi).collect()
    }

    /// One more: durable when this returns.
    pub(crate) fn note(&self, imsi: Imsi) -> io::Result<()> {
        let mut all = self.read()?;
        if !all.contains(&imsi) {
            all.push(imsi);
        }
        self.write(&all)
    }

    /// Nothing is to be done of this one.
    pub(crate) fn settle(&self, imsi: Imsi) -> io::Result<()> {
        let mut all = self.read()?;
        if !all.contains(&imsi) {
            return Ok(());
        }
        all.retain(|other| *other != imsi);
        self.write(&all)
    }

    fn write(&self, all: &[Imsi]) -> io::Result<()> {
        let lines: String = all.iter().map(|imsi| format!("{imsi}\n")).collect();
        replace(&self.file, lines.as_bytes())
    }
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
            Trace::Former(file) => {
                write!(
                    f,
                    "\nthe file {} of before, which may hold it, is still there: it is being read or written anew",
                    file.display()
                )
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_not_erased_yet_is_remembered() {
        let folder = tempfile::tempdir().unwrap();
        let (first, second): (Imsi, Imsi) = ("460001234567890".parse().unwrap(), "460001234567891".parse().unwrap());
        let unfinished = Unfinished::of(folder.path());
        assert_eq!(unfinished.read().unwrap(), []);
        unfinished.settle(first).unwrap();
        [first, second, first].into_iter().for_each(|imsi| unfinished.note(imsi).unwrap());
        assert_eq!(Unfinished::of(folder.path()).read().unwrap(), [first, second]);
        unfinished.settle(first).unwrap();
        assert_eq!(unfinished.read().unwrap(), [second]);
        assert!(Unfinished::is_kept(folder.path(), &folder.path().join("forgetting")));
        fs::write(folder.path().join("forgetting"), "somebody\n").unwrap();
        assert!(unfinished.read().is_err());
    }

    #[test]
    fn what_is_kept_beside_the_rows_is_erased_and_looked_for() {
        let folder = tempfile::tempdir().unwrap();
        let imsi = "460001234567890".parse().unwrap();
        drop(Store::open(folder.path()).unwrap());
        let draft = folder.path().join("identities/0.draft");
        std::fs::create_dir(draft.parent().unwrap()).unwrap();
        std::fs::write(&draft, "heard again: 460001234567890").unwrap();
        Unfinished::of(folder.path()).note(imsi).unwrap();
        let erased = erase(folder.path(), imsi).unwrap();
        assert!(erased.is_proven() && !draft.exists(), "{erased}");
        std::fs::write(folder.path().join("beside"), "460001234567890").unwrap();
        assert!(!erase(folder.path(), imsi).unwrap().is_proven());
    }
}

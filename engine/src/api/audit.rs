//! The audit log: who changed, revealed or released what. A JSON line each, only ever added, on disk before it is done.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use event::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Entry {
    /// When, on the wall.
    pub at: String,
    /// Whose token; `touchpoint` for what it did by itself.
    pub who: String,
    /// `pause`, `release`, `reload`, `let_go`, `explain`, `reveal`, `backtest`, `forget`, `forgotten`, `rotate`.
    pub action: String,
    /// Of what: a scenario, a subscriber's pseudonym.
    pub object: String,
}

/// The file. Written by a single call for each line, so that lines of several threads do not mix.
#[derive(Debug)]
pub struct Audit {
    path: PathBuf,
    file: File,
}

impl Audit {
    /// Opens it for adding; nobody else may read it.
    pub fn open(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().create(true).append(true).mode(0o600).open(path)?;
        Ok(Self { path: path.to_owned(), file })
    }

    /// Adds a line. It is on disk when this comes back.
    pub fn write(&self, at: Timestamp, who: &str, action: &str, object: &str) -> io::Result<()> {
        let entry =
            Entry { at: at.to_string(), who: who.to_owned(), action: action.to_owned(), object: object.to_owned() };
        let mut line = serde_json::to_vec(&entry)?;
        line.push(b'\n');
        (&self.file).write_all(&line)?;
        self.file.sync_data()
    }

    /// The last `most` lines, the newest first. A line that a crash has cut is passed over.
    pub fn last(&self, most: usize) -> io::Result<Vec<Entry>> {
        let mut entries = std::collections::VecDeque::with_capacity(most);
        for line in BufReader::new(File::open(&self.path)?).lines() {
            let Ok(entry) = serde_json::from_str::<Entry>(&line?) else { continue };
            if entries.len() == most {
                entries.pop_back();
            }
            entries.push_front(entry);
        }
        Ok(entries.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_only_added() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.jsonl");
        for (second, scenario) in [(1, "a\"b"), (2, "城"), (3, "c")] {
            let audit = Audit::open(&path).unwrap();
            audit.write(Timestamp::from_seconds(second), "li", "pause", scenario).unwrap();
        }
        std::fs::OpenOptions::new().append(true).open(&path).unwrap().write_all(b"{\"at\":").unwrap();
        let last = Audit::open(&path).unwrap().last(2).unwrap();
        assert_eq!(last.iter().map(|entry| entry.object.as_str()).collect::<Vec<_>>(), ["c", "城"]);
    }
}

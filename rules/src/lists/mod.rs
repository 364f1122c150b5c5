//! The lists that scenarios name: areas, targets, handsets; and the subscriber file.
//!
//! All are CSV with a header, as spreadsheets save it. A list is read whole or refused with the lines at fault: a
//! value that could mean two things is never guessed.

mod area;
mod cell;
mod directory;
mod keys;
mod msisdn;
mod subscribers;
mod table;
mod tac;

use std::fmt;
use std::hash::{BuildHasher, Hash, Hasher};
use std::path::PathBuf;

pub use area::{Area, Presence};
pub use directory::{Directory, Subscriber};
pub use msisdn::national;
pub use subscribers::SubscriberList;
pub use tac::TacList;

/// A list could not be read: where and why, for people.
#[derive(Debug)]
pub struct ListError {
    /// The file.
    pub file: PathBuf,
    /// Line, from 1, where it is about one.
    pub line: Option<u64>,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

/// `areas/wanda.csv:3: `6A11` is not decimal; name the column `lac_hex``.
impl fmt::Display for ListError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.file.display())?;
        if let Some(line) = self.line {
            write!(f, "{line}:")?;
        }
        write!(f, " {}", self.message)?;
        self.help.iter().try_for_each(|help| write!(f, "; {help}"))
    }
}

impl std::error::Error for ListError {}

/// Takes what a list holds into a hash, in whatever order it gives it.
fn hash_content<T: Hash>(content: impl Iterator<Item = T>, state: &mut impl Hasher) {
    let one = rustc_hash::FxBuildHasher;
    state.write_u64(content.fold(0, |all, item| all.wrapping_add(one.hash_one(item))));
}

/// The name of a list: its file's, without folder and ending.
fn name_of(file: &std::path::Path) -> String {
    file.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default()
}

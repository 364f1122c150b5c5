//! The lists that scenarios name: areas, targets, handsets; and the subscriber file.
//!
//! All are CSV with a header, as spreadsheets save it. A list is read whole or refused with the lines at fault: a
//! value that could mean two things is never guessed.

mod area;
mod cell;
mod directory;
mod fault;
mod keys;
mod map;
mod msisdn;
mod provinces;
mod subscribers;
mod table;
mod tac;

use std::hash::{BuildHasher, Hash, Hasher};

pub use area::{Area, Presence};
pub use directory::{Directory, Subscriber};
pub use fault::ListError;
pub(crate) use map::CellTable;
pub use msisdn::national;
pub use provinces::Provinces;
pub use subscribers::SubscriberList;
pub(crate) use table::Sheet;
pub use tac::TacList;

/// Takes what a list holds into a hash, in whatever order it gives it.
fn hash_content<T: Hash>(content: impl Iterator<Item = T>, state: &mut impl Hasher) {
    let one = rustc_hash::FxBuildHasher;
    state.write_u64(content.fold(0, |all, item| all.wrapping_add(one.hash_one(item))));
}

/// The name of a list: its file's, without folder and ending.
fn name_of(file: &std::path::Path) -> String {
    file.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default()
}

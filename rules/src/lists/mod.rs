//! The lists that scenarios name: areas, targets, handsets; and the subscriber file.

use std::path::{Path, PathBuf};

use event::{CellId, Imei, Imsi, Number};

/// A named set of cells.
#[derive(Debug, Default)]
pub struct Area {
    /// Its name: the file's, without ending.
    pub name: String,
}

impl Area {
    /// Whether the cell belongs to it.
    pub fn contains(&self, _cell: CellId) -> bool {
        todo!()
    }
}

/// A named set of handset models by TAC.
#[derive(Debug, Default)]
pub struct TacList {
    /// Its name.
    pub name: String,
}

impl TacList {
    /// Whether the device's model is on it.
    pub fn contains(&self, _device: Imei) -> bool {
        todo!()
    }
}

/// A named set of subscribers by IMSI or MSISDN.
#[derive(Debug, Default)]
pub struct SubscriberList {
    /// Its name.
    pub name: String,
}

impl SubscriberList {
    /// Whether a subscriber is on it, by either identity.
    pub fn contains(&self, _imsi: Imsi, _msisdn: Option<Number>) -> bool {
        todo!()
    }
}

/// The subscriber file: IMSI to MSISDN and tags. A few bytes per subscriber and column.
#[derive(Debug, Default)]
pub struct Directory {}

/// A list could not be read: where and why, for people.
#[derive(Debug, thiserror::Error)]
#[error("{}: {message}", file.display())]
pub struct ListError {
    /// The file.
    pub file: PathBuf,
    /// Line, from 1, where it is about one.
    pub line: Option<u64>,
    /// What is wrong and what to do.
    pub message: String,
}

impl Directory {
    /// Reads a CSV with a header: `imsi`, `msisdn`, further columns as tags.
    pub fn load(_file: &Path) -> Result<Self, ListError> {
        todo!()
    }

    /// How many subscribers it holds.
    pub fn len(&self) -> usize {
        0
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The subscriber's row.
    pub fn find(&self, _imsi: Imsi) -> Option<Subscriber<'_>> {
        todo!()
    }
}

/// One row of the subscriber file.
#[derive(Clone, Copy, Debug)]
pub struct Subscriber<'a> {
    directory: &'a Directory,
    row: u32,
}

impl<'a> Subscriber<'a> {
    /// The number to send to.
    pub fn msisdn(&self) -> Option<Number> {
        todo!()
    }

    /// The value in a column.
    pub fn tag(&self, _column: &str) -> Option<&'a str> {
        let _ = (self.directory, self.row);
        todo!()
    }
}

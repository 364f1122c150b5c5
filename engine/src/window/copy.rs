//! The store as it is at one moment, beside the one that goes on being written.

use std::fs::File;
use std::path::Path;

use rocksdb::checkpoint::Checkpoint;

use super::store::{MARK, Store, StoreError};

impl Store {
    /// Opens a copy as of now in `folder`, which must not be there yet. Files are linked, not copied, where it is on the same
    /// file system: this costs next to nothing.
    pub(crate) fn copy(&self, folder: &Path) -> Result<Self, StoreError> {
        let checkpoint = Checkpoint::new(self.db()).map_err(|error| self.failed(&error))?;
        checkpoint.create_checkpoint(folder).map_err(|error| self.failed(&error))?;
        File::create(folder.join(MARK))
            .map_err(|error| StoreError::Failed { path: folder.to_owned(), message: error.to_string() })?;
        Self::open(folder)
    }
}

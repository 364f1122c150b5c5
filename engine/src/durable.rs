//! Small files that are replaced whole.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, fchown};
use std::path::Path;

/// The file holds these octets, or those before, also when the power fails. Nobody but its owner may read it, who stays the same.
pub(crate) fn replace(file: &Path, octets: &[u8]) -> io::Result<()> {
    let beside = file.with_extension("new");
    let mut draft = OpenOptions::new().create(true).write(true).truncate(true).mode(0o600).open(&beside)?;
    if let Ok(before) = fs::metadata(file) {
        fchown(&draft, Some(before.uid()), Some(before.gid()))?;
    }
    draft.write_all(octets)?;
    draft.sync_all()?;
    fs::rename(&beside, file)?;
    match file.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        Some(folder) => File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}

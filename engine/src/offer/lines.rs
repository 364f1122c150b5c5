//! A file of whole lines that only grows: one writer, and what was reported as written is on the disk. A last line that a
//! crash has torn is cut off; it was never reported.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, BufRead, BufReader, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use thiserror::Error;

/// Why such a file cannot be used.
#[derive(Debug, Error)]
pub enum LinesError {
    /// The system says so.
    #[error("cannot {step} the {what} `{}`: {source}", path.display())]
    Io {
        /// For people: `journal of offers`.
        what: &'static str,
        /// Which file.
        path: PathBuf,
        /// `open`, `read`, …
        step: &'static str,
        /// Why.
        source: io::Error,
    },
    /// Another process writes it.
    #[error("the {what} `{}` is being written by another process; stop it, or name another file", path.display())]
    Locked {
        /// For people.
        what: &'static str,
        /// Which file.
        path: PathBuf,
    },
    /// A device, a pipe: it cannot be read again after a restart.
    #[error("the {what} `{}` is no regular file; name one, or a new one", path.display())]
    NoFile {
        /// For people.
        what: &'static str,
        /// Which.
        path: PathBuf,
    },
    /// The file holds something else.
    #[error("`{}` is not a {what}: line {line} is not one; name another file", path.display())]
    Foreign {
        /// For people.
        what: &'static str,
        /// Which file.
        path: PathBuf,
        /// From 1.
        line: usize,
    },
}

/// Which file, in messages for people.
#[derive(Clone, Copy)]
pub(super) struct Title<'a> {
    pub(super) what: &'static str,
    pub(super) path: &'a Path,
}

impl Title<'_> {
    /// The system failed in this step.
    pub(super) fn failed(self, step: &'static str) -> impl Fn(io::Error) -> LinesError {
        let Self { what, path } = self;
        move |source| LinesError::Io { what, path: path.to_owned(), step, source }
    }

    /// This line, from 1, is none of such a file.
    pub(super) fn foreign(self, line: usize) -> LinesError {
        LinesError::Foreign { what: self.what, path: self.path.to_owned(), line }
    }
}

/// The file, open for writing.
#[derive(Debug)]
pub(super) struct Lines {
    file: File,
    /// Where the last whole line ends.
    end: u64,
    /// Something may stand beyond `end`.
    is_dirty: bool,
}

impl Lines {
    /// Opens or begins a file, and gives each whole line of it, with its number from 1. One whose only line is torn and does
    /// not begin as `start` does is something else, and left alone, as is one of which a line is refused.
    pub(super) fn open<E: From<LinesError>>(
        title: Title<'_>,
        start: &[u8],
        mut take: impl FnMut(usize, &[u8]) -> Result<(), E>,
    ) -> Result<Self, E> {
        let file = locked(title)?;
        let (mut reader, mut line, mut end) = (BufReader::new(&file), Vec::new(), 0);
        for number in 1.. {
            line.clear();
            let length = reader.read_until(b'\n', &mut line).map_err(title.failed("read"))?;
            if !line.ends_with(b"\n") {
                if number == 1 && !line.starts_with(start) && !start.starts_with(&line) {
                    return Err(title.foreign(number).into());
                }
                break;
            }
            take(number, &line)?;
            end += length as u64;
        }
        let mut lines = Self { file, end, is_dirty: false };
        lines.cut().map_err(title.failed("repair"))?;
        sync_folder(title.path).map_err(title.failed("create"))?;
        Ok(lines)
    }

    /// Whether nothing stands in it.
    pub(super) fn is_empty(&self) -> bool {
        self.end == 0
    }

    /// Writes whole lines, all or none: they are on the disk, or what a failure has left behind is cut off, at the latest
    /// before the next are written.
    pub(super) fn append(&mut self, lines: &[u8]) -> io::Result<()> {
        if lines.is_empty() {
            return Ok(());
        }
        if self.is_dirty {
            self.cut()?;
        }
        self.is_dirty = true;
        if let Err(error) = self.file.write_all(lines).and_then(|()| self.file.sync_data()) {
            self.cut().unwrap_or_default();
            return Err(error);
        }
        self.is_dirty = false;
        self.end += lines.len() as u64;
        Ok(())
    }

    fn cut(&mut self) -> io::Result<()> {
        self.file.set_len(self.end)?;
        self.file.seek(SeekFrom::Start(self.end))?;
        self.is_dirty = false;
        Ok(())
    }
}

fn locked(title: Title<'_>) -> Result<File, LinesError> {
    let Title { what, path } = title;
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    let file = options.open(path).map_err(title.failed("open"))?;
    if !file.metadata().map_err(title.failed("open"))?.is_file() {
        return Err(LinesError::NoFile { what, path: path.to_owned() });
    }
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(LinesError::Locked { what, path: path.to_owned() }),
        Err(TryLockError::Error(source)) => Err(title.failed("lock")(source)),
    }
}

/// Syncs the folder in which something stands: what is new outlasts a crash only when that is on the disk too.
pub(super) fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn open(path: &Path) -> Result<(Lines, Vec<Vec<u8>>), LinesError> {
        let mut found = Vec::new();
        let take = |_, line: &[u8]| {
            found.push(line.to_owned());
            Ok(())
        };
        let lines = Lines::open::<LinesError>(Title { what: "list of tests", path }, b"one,", take)?;
        Ok((lines, found))
    }

    #[test]
    fn a_torn_line_is_cut_off_at_any_octet() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lines");
        let whole = "one,退订\ntwo,退订\n".as_bytes();
        for length in 0..=whole.len() {
            fs::write(&path, &whole[..length]).unwrap();
            let (mut lines, found) = open(&path).unwrap();
            let kept = found.concat();
            assert_eq!(kept.len(), whole[..length].iter().rposition(|o| *o == b'\n').map_or(0, |at| at + 1));
            assert_eq!(lines.is_empty(), kept.is_empty());
            lines.append(b"three\n").unwrap();
            assert_eq!(fs::read(&path).unwrap(), [&kept[..], b"three\n"].concat(), "cut at {length}");
        }
    }

    #[test]
    fn what_a_failure_left_behind_is_cut_off_before_the_next() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lines");
        let (mut lines, _) = open(&path).unwrap();
        lines.append(b"one,\n").unwrap();
        let writable = std::mem::replace(&mut lines.file, File::open(&path).unwrap());
        assert!(lines.append(b"two\n").is_err());
        lines.file = writable;
        lines.file.write_all(b"tw").unwrap();
        lines.append(b"three\n").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"one,\nthree\n");
    }

    #[test]
    fn a_file_of_something_else_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lines");
        fs::write(&path, "no end").unwrap();
        let told = open(&path).map(|_| ()).unwrap_err().to_string();
        assert!(told.ends_with("is not a list of tests: line 1 is not one; name another file"), "{told}");
        assert_eq!(fs::read(&path).unwrap(), b"no end");
    }
}

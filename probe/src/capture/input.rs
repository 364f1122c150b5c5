//! What was named on the command line: files, folders, streams; opened, decompressed, and the octets counted.

use std::fs::{self, File};
use std::io::{self, BufReader, Cursor, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use event::Timestamp;

use super::CaptureError;
use super::buffer::BUFFER_OCTETS;
use super::e1::E1Settings;
use super::source::Source;

/// Octets of each file that the fingerprint looks at.
pub(super) const FINGERPRINT_OCTETS: usize = 64 << 10;

const STANDARD_INPUT: &str = "-";

/// A file that was looked at and is not read yet.
pub(super) struct Input {
    /// As named.
    pub(super) name: PathBuf,
    /// Its place among all that was named.
    pub(super) position: u16,
    /// Capture time of its first frame; the earliest where it has none.
    pub(super) first: Timestamp,
    /// Octets; absent of a stream.
    pub(super) size: Option<u64>,
    /// Hash of size and beginning.
    pub(super) fingerprint: u64,
    /// A stream cannot be opened twice: it stands at its first frame.
    pub(super) stream: Option<Box<Source>>,
}

/// What is needed to open inputs.
struct Opening<'a> {
    read: &'a Arc<AtomicU64>,
    e1: &'a E1Settings,
}

/// All files that `named` stands for, and why others in folders were passed over.
pub(super) fn look_at(
    named: &[PathBuf],
    read: &Arc<AtomicU64>,
    e1: &E1Settings,
) -> Result<(Vec<Input>, Vec<CaptureError>), CaptureError> {
    let (mut inputs, mut passed_over) = (Vec::new(), Vec::new());
    let opening = Opening { read, e1 };
    for name in named {
        if name.as_os_str() == STANDARD_INPUT {
            inputs.push(opening.look_at_stream(name, place(&inputs), Box::new(io::stdin()))?);
        } else if name.is_dir() {
            opening.look_at_folder(name, &mut inputs, &mut passed_over)?;
        } else {
            inputs.push(opening.look_at_file(name, place(&inputs))?);
        }
    }
    if inputs.is_empty() { Err(CaptureError::NoInput) } else { Ok((inputs, passed_over)) }
}

impl Opening<'_> {
    fn look_at_folder(
        &self,
        folder: &Path,
        inputs: &mut Vec<Input>,
        passed_over: &mut Vec<CaptureError>,
    ) -> Result<(), CaptureError> {
        let before = (inputs.len(), passed_over.len());
        for file in
            files_in(folder).map_err(|reason| CaptureError::UnreadableFolder { folder: folder.into(), reason })?
        {
            match self.look_at_file(&file, place(inputs)) {
                Ok(input) => inputs.push(input),
                Err(error) if error.is_something_else() => passed_over.push(error),
                Err(error) => return Err(error),
            }
        }
        if inputs.len() == before.0 {
            let passed_over = passed_over.len() - before.1;
            return Err(CaptureError::NoCaptures { folder: folder.into(), passed_over });
        }
        Ok(())
    }

    fn look_at_file(&self, name: &Path, position: u16) -> Result<Input, CaptureError> {
        let failed = |reason| unreadable(name, reason);
        let file = File::open(name).map_err(failed)?;
        let metadata = file.metadata().map_err(failed)?;
        if !metadata.is_file() {
            return self.look_at_stream(name, position, Box::new(file));
        }
        let beginning = beginning(&mut &file).map_err(failed)?;
        let mut source = Source::open(name.into(), position, open(name, &Arc::default())?, self.e1)?;
        let first = first_time(&mut source)?;
        let fingerprint = fingerprint(metadata.len(), &beginning);
        Ok(Input { name: name.into(), position, first, size: Some(metadata.len()), fingerprint, stream: None })
    }

    fn look_at_stream(
        &self,
        name: &Path,
        position: u16,
        mut stream: Box<dyn Read + Send>,
    ) -> Result<Input, CaptureError> {
        let failed = |reason| unreadable(name, reason);
        let beginning = beginning(&mut stream).map_err(failed)?;
        let fingerprint = fingerprint(0, &beginning);
        let input = Counted { input: Cursor::new(beginning.clone()).chain(stream), read: Arc::clone(self.read) };
        let mut source =
            Source::open(name.into(), position, decompressed(input, &beginning).map_err(failed)?, self.e1)?;
        let first = first_time(&mut source)?;
        Ok(Input { name: name.into(), position, first, size: None, fingerprint, stream: Some(Box::new(source)) })
    }
}

fn place(inputs: &[Input]) -> u16 {
    u16::try_from(inputs.len()).unwrap_or(u16::MAX)
}

/// The files of a folder in the order of their names, so that files with equal times come in the same order everywhere.
pub(super) fn files_in(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
        let path = entry.path();
        if !hidden && path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

// A file that is cut off in its first frame is told when its turn comes, like one that is cut off later.
fn first_time(source: &mut Source) -> Result<Timestamp, CaptureError> {
    match source.advance() {
        Ok(_) => Ok(source.at().unwrap_or(Timestamp::MIN)),
        Err(error) if error.is_truncation() => Ok(Timestamp::MIN),
        Err(error) => Err(error),
    }
}

/// Opens a file for reading, counting its octets.
pub(super) fn open(name: &Path, read: &Arc<AtomicU64>) -> Result<Box<dyn Read + Send>, CaptureError> {
    let failed = |reason| unreadable(name, reason);
    let mut file = File::open(name).map_err(failed)?;
    let mut magic = Vec::new();
    (&mut file).take(4).read_to_end(&mut magic).map_err(failed)?;
    let input = Counted { input: Cursor::new(magic.clone()).chain(file), read: Arc::clone(read) };
    decompressed(input, &magic).map_err(failed)
}

fn decompressed(input: impl Read + Send + 'static, beginning: &[u8]) -> io::Result<Box<dyn Read + Send>> {
    Ok(match beginning {
        [0x1f, 0x8b, ..] => {
            Box::new(flate2::bufread::MultiGzDecoder::new(BufReader::with_capacity(BUFFER_OCTETS, input)))
        }
        [0x28, 0xb5, 0x2f, 0xfd, ..] => Box::new(zstd::Decoder::new(input)?),
        _ => Box::new(input),
    })
}

fn unreadable(name: &Path, reason: io::Error) -> CaptureError {
    match reason.kind() {
        io::ErrorKind::NotFound => CaptureError::Missing { file: name.into() },
        _ => CaptureError::Read { file: name.into(), octet: 0, reason },
    }
}

fn beginning(input: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut octets = Vec::new();
    input.take(FINGERPRINT_OCTETS as u64).read_to_end(&mut octets)?;
    Ok(octets)
}

fn fingerprint(size: u64, beginning: &[u8]) -> u64 {
    hash(hash(HASH_BASIS, &size.to_le_bytes()), beginning)
}

/// Where [`hash`] starts.
pub(super) const HASH_BASIS: u64 = 0xcbf2_9ce4_8422_2325;

/// FNV-1a: the same on every machine and in every version, as positions in captures are kept.
pub(super) fn hash(basis: u64, octets: &[u8]) -> u64 {
    octets.iter().fold(basis, |hash, octet| (hash ^ u64::from(*octet)).wrapping_mul(0x100_0000_01b3))
}

struct Counted<R> {
    input: R,
    read: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, octets: &mut [u8]) -> io::Result<usize> {
        let count = self.input.read(octets)?;
        self.read.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

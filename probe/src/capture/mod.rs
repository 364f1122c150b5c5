//! Frames from files, folders and standard input, in time order. The only module of the probe that does I/O.

use std::path::PathBuf;

use event::Timestamp;

pub use crate::wire::LinkType;

/// One frame as captured.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a> {
    /// Number of the frame in the capture, over all its files in time order, from 1.
    pub number: u64,
    /// Capture time.
    pub at: Timestamp,
    /// What the octets begin with.
    pub link: LinkType,
    /// The octets that were kept: fewer than [`Frame::original_length`] where the capture was snapped.
    pub captured: &'a [u8],
    /// Octets of the frame on the wire.
    pub original_length: u32,
    /// Which file, as an index into [`Capture::files`].
    pub file: u16,
}

/// How far a capture has been read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Octets read so far, as they lie on the disk (compressed).
    pub read_octets: u64,
    /// Octets in all; absent where standard input is among the inputs.
    pub total_octets: Option<u64>,
}

/// Why a capture cannot be read, or not to its end.
#[derive(Debug, thiserror::Error)]
#[error("not yet")]
pub struct CaptureError;

impl CaptureError {
    /// Whether the file ends in the middle of a record: what was read before is whole, and a caller can go on with it.
    /// [`Capture::next`] may be called again and goes on with the other files.
    pub fn is_truncation(&self) -> bool {
        todo!()
    }
}

/// The frames of one or more files in time order.
pub struct Capture {}

impl Capture {
    /// Opens files, folders (not their subfolders) and standard input (`-`). Every file is looked at, so that a missing or foreign one is
    /// told before the first frame.
    pub fn open(_inputs: &[PathBuf]) -> Result<Self, CaptureError> {
        todo!()
    }

    /// The next frame in time order, or `None` at the end.
    #[expect(clippy::should_implement_trait, reason = "a frame borrows from the reader: not an iterator")]
    pub fn next(&mut self) -> Result<Option<Frame<'_>>, CaptureError> {
        todo!()
    }

    /// The files in the order of their first frames.
    pub fn files(&self) -> &[PathBuf] {
        todo!()
    }

    /// How far it has been read.
    pub fn progress(&self) -> Progress {
        todo!()
    }

    /// A hash of each file's size and first 64 KiB: the same inputs give the same number, for resuming a replay.
    pub fn fingerprint(&self) -> u64 {
        todo!()
    }
}

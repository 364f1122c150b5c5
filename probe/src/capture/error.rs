//! Why a capture cannot be read: what, where, why, and what to do.

use std::io;
use std::path::PathBuf;

use crate::wire::LinkType;

/// Why a capture cannot be read, or not to its end. Octets are counted in the capture as it is when decompressed.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the fields are named in the messages")]
pub enum CaptureError {
    /// Nothing was named.
    #[error("no capture is named: give a file, a folder, or `-` for standard input")]
    NoInput,
    /// There is no such file or folder.
    #[error("there is no file or folder `{}`: check its name", .file.display())]
    Missing { file: PathBuf },
    /// The system does not let it be read.
    #[error("cannot read `{}` at octet {octet}: {reason}", .file.display())]
    Read { file: PathBuf, octet: u64, reason: io::Error },
    /// The folder cannot be listed.
    #[error("cannot list the folder `{}`: {reason}", .folder.display())]
    UnreadableFolder { folder: PathBuf, reason: io::Error },
    /// No file in the folder is a capture that can be read.
    #[error(
        "the folder `{}` holds no capture that can be read (files passed over: {passed_over}): \
         pcap, pcapng and E1 recordings are read, also compressed with gzip or zstd; subfolders are not looked into",
        .folder.display()
    )]
    NoCaptures { folder: PathBuf, passed_over: usize },
    /// The file has no octets.
    #[error("`{}` is empty: the capture was not written, or not yet", .file.display())]
    Empty { file: PathBuf },
    /// Not a capture.
    #[error(
        "`{}` is not a capture but looks like {looks_like}: \
         pcap, pcapng and E1 recordings are read, also compressed with gzip or zstd",
        .file.display()
    )]
    Foreign { file: PathBuf, looks_like: &'static str },
    /// The file ends inside a record.
    #[error(
        "`{}` is cut off at octet {octet}, in the middle of frame {frame}: the {whole} frames before it are whole; \
         copy the file again if the original is longer",
        .file.display(), whole = frame - 1
    )]
    Truncated { file: PathBuf, octet: u64, frame: u64 },
    /// A record says that it is longer than any can be.
    #[error(
        "`{}` is damaged at octet {octet}: frame {frame} claims {length} octets, more than the {limit} that a frame \
         can have; what follows cannot be read",
        .file.display()
    )]
    AbsurdLength { file: PathBuf, octet: u64, frame: u64, length: u64, limit: u64 },
    /// The file contradicts its format.
    #[error("`{}` is damaged at octet {octet}, before frame {frame}: {problem}", .file.display())]
    Damaged { file: PathBuf, octet: u64, frame: u64, problem: &'static str },
    /// Frames that begin with something unknown.
    #[error(
        "`{}` has link type {code}, which is not known; known are {}",
        .file.display(), known_link_types()
    )]
    UnknownLinkType { file: PathBuf, code: u16 },
    /// More files than can be numbered.
    #[error("{count} capture files are more than the {limit} that can be read at once: merge them first (mergecap -w)")]
    TooManyFiles { count: usize, limit: usize },
    /// More files than can be open at one time have frames of the same time.
    #[error(
        "more than {limit} files overlap in time, the last being `{}`: merge them first (mergecap -w)",
        .file.display()
    )]
    TooManyOverlapping { file: PathBuf, limit: usize },
}

impl CaptureError {
    /// Whether the file ends in the middle of a record: what was read before is whole, and a caller can go on with it.
    /// [`Capture::next`](super::Capture::next) may be called again and goes on with the other files.
    pub fn is_truncation(&self) -> bool {
        matches!(self, Self::Truncated { .. })
    }

    /// Whether a file in a folder may be passed over for this: it is something else than what the probe reads.
    pub(super) fn is_something_else(&self) -> bool {
        matches!(self, Self::Empty { .. } | Self::Foreign { .. } | Self::UnknownLinkType { .. })
    }
}

pub(super) fn known_link_types() -> String {
    let mut known = LinkType::KNOWN.to_vec();
    known.sort_unstable_by_key(|(code, ..)| *code);
    known.iter().map(|(code, _, name)| format!("{code} ({name})")).collect::<Vec<_>>().join(", ")
}

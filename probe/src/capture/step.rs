//! What a feed that goes on gives next: frames, quiet, news of itself, or its end; and how it is told to end.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use event::Timestamp;

use super::{Batch, CaptureError};

/// What a feed that goes on gives next.
#[derive(Debug)]
pub enum Step<'a> {
    /// The next frames.
    Frames(Batch<'a>),
    /// No frame for the moment. All that was captured before this time has been given.
    Quiet(Timestamp),
    /// The feed sees less than before, or more again; at this time.
    News(Timestamp, News),
    /// It was told to end, and all until then has been given.
    End,
}

/// A change in what a feed can see, to be shown to an operator.
#[derive(Debug)]
#[expect(missing_docs, reason = "the fields are named in the messages")]
pub enum News {
    /// An interface went down or away.
    InterfaceLost { interface: String, reason: String },
    /// It is there again.
    InterfaceBack { interface: String, gap: Duration },
    /// A file became shorter than what was read of it.
    FileTruncated { file: PathBuf },
    /// Another file has taken its name while it was followed.
    FileReplaced { file: PathBuf },
    /// A file was gone before its turn came.
    FileMissed { file: PathBuf },
    /// Files were gone before they were seen, by the numbers that dumpcap gives; this one came next.
    FilesUnseen { before: PathBuf, count: u64 },
    /// A file grew after a later one was begun.
    FileGrew { file: PathBuf },
    /// A file could not be read, or not further.
    FileUnreadable { error: CaptureError },
}

impl News {
    /// How long the feed was blind, where this ends or means a gap; [`Duration::MAX`] where nobody can tell.
    pub fn gap(&self) -> Option<Duration> {
        match self {
            Self::InterfaceLost { .. } => None,
            Self::InterfaceBack { gap, .. } => Some(*gap),
            _ => Some(Duration::MAX),
        }
    }
}

impl fmt::Display for News {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InterfaceLost { interface, reason } => {
                write!(f, "interface `{interface}` {reason}: looking for it every second")
            }
            Self::InterfaceBack { interface, gap } => {
                write!(f, "interface `{interface}` is back: a gap of {:.1} s", gap.as_secs_f64())
            }
            Self::FileTruncated { file } => {
                write!(f, "`{}` became shorter while it was followed: a gap of unknown length", file.display())
            }
            Self::FileReplaced { file } => {
                write!(f, "`{}` was replaced while it was followed: a gap of unknown length", file.display())
            }
            Self::FileMissed { file } => {
                write!(f, "`{}` was deleted before it was read: give the ring more files", file.display())
            }
            Self::FilesUnseen { before, count } => {
                write!(f, "files were deleted unseen before `{}` ({count}): give the ring more files", before.display())
            }
            Self::FileGrew { file } => write!(
                f,
                "`{}` grew after a later file was begun, which is not read: let each folder have one writer",
                file.display()
            ),
            Self::FileUnreadable { error } => write!(f, "{error}"),
        }
    }
}

/// When a feed is to end. Clones are the same moment; whoever holds one may bring it forward.
#[derive(Clone, Debug)]
pub struct Deadline {
    micros: Arc<AtomicI64>,
}

impl Deadline {
    /// `after` from now, or never.
    pub fn new(after: Option<Duration>) -> Self {
        let at = after.map_or(Timestamp::MAX, |after| now() + after);
        Self { micros: Arc::new(AtomicI64::new(at.as_micros())) }
    }

    /// Ends the feed now: what was captured until this moment is still given.
    pub fn end_now(&self) {
        self.micros.fetch_min(now().as_micros(), Ordering::Relaxed);
    }

    /// The capture time after which nothing is given.
    pub(super) fn at(&self) -> Timestamp {
        Timestamp::from_micros(self.micros.load(Ordering::Relaxed))
    }
}

/// The clock that stamps frames: only live feeds, which have no other sign of time passing, read it.
#[expect(clippy::disallowed_methods, reason = "a live feed is where time comes from")]
pub(super) fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}

//! Frames from files, folders, standard input and interfaces, in time order. The only module of the probe that does I/O.

mod buffer;
pub mod e1;
mod error;
pub mod follow;
mod foreign;
mod input;
pub mod live;
mod pcap;
mod pcapng;
mod source;
mod step;

#[cfg(test)]
mod tests;

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use event::Timestamp;

pub use crate::wire::LinkType;
pub use error::CaptureError;
pub use step::{Deadline, News, Step};

use e1::{E1, E1Settings, LineReport, RecordingCounters};
use input::Input;
use source::Source;

/// Files of one capture.
pub const FILE_LIMIT: usize = 65_535;
/// Files that are open at one time: those that overlap in time.
pub const OPEN_LIMIT: usize = 256;

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
    /// Octets in all; absent where a stream is among the inputs.
    pub total_octets: Option<u64>,
}

/// The frames of one or more files in time order: files that overlap are merged.
pub struct Capture {
    files: Vec<PathBuf>,
    passed_over: Vec<CaptureError>,
    fingerprint: u64,
    total_octets: Option<u64>,
    read_octets: Arc<AtomicU64>,
    /// Not opened yet, the earliest last.
    waiting: Vec<(u16, Input)>,
    /// Open, standing at a frame later than the current one's.
    open: BinaryHeap<Reverse<Queued>>,
    current: Option<Box<Source>>,
    /// Time of the earliest frame outside of the current file.
    horizon: Timestamp,
    frames: u64,
    unknown_links: u64,
    e1_settings: E1Settings,
    e1: E1Reports,
}

/// What was seen in recordings of E1 lines that were read to their end.
#[derive(Default)]
struct E1Reports {
    lines: Vec<LineReport>,
    counters: RecordingCounters,
}

impl Capture {
    /// Opens files, folders (not their subfolders) and standard input (`-`). Every file is looked at, so that a missing or
    /// foreign one is told before the first frame.
    ///
    /// # Errors
    /// Where something named cannot be read or is no capture. In a folder, what is no capture is passed over.
    pub fn open(named: &[PathBuf]) -> Result<Self, CaptureError> {
        Self::open_with(named, E1Settings::default())
    }

    /// As [`Capture::open`], recordings of E1 lines being read in this way.
    ///
    /// # Errors
    /// As [`Capture::open`].
    pub fn open_with(named: &[PathBuf], e1_settings: E1Settings) -> Result<Self, CaptureError> {
        let read_octets = Arc::default();
        let (mut inputs, passed_over) = input::look_at(named, &read_octets, &e1_settings)?;
        inputs.sort_by_key(|input| input.first);
        if inputs.len() > FILE_LIMIT {
            return Err(CaptureError::TooManyFiles { count: inputs.len(), limit: FILE_LIMIT });
        }
        let fingerprint =
            inputs.iter().fold(input::HASH_BASIS, |hash, input| input::hash(hash, &input.fingerprint.to_le_bytes()));
        Ok(Self {
            files: inputs.iter().map(|input| input.name.clone()).collect(),
            passed_over,
            fingerprint,
            total_octets: inputs.iter().map(|input| input.size).sum(),
            read_octets,
            waiting: (0..).zip(inputs).collect::<Vec<_>>().into_iter().rev().collect(),
            open: BinaryHeap::new(),
            current: None,
            horizon: Timestamp::MIN,
            frames: 0,
            unknown_links: 0,
            e1_settings,
            e1: E1Reports::default(),
        })
    }

    /// The next frame in time order, or `None` at the end.
    ///
    /// # Errors
    /// Where a file cannot be read further. The frames before were given; called again, it goes on with the other files.
    #[expect(clippy::should_implement_trait, reason = "a frame borrows from the reader: not an iterator")]
    #[inline]
    pub fn next(&mut self) -> Result<Option<Frame<'_>>, CaptureError> {
        if let Some(source) = &mut self.current {
            match source.advance() {
                Ok(true) => {}
                Ok(false) => self.close_current(),
                Err(error) => {
                    self.close_current();
                    return Err(error);
                }
            }
        }
        let at = self.current.as_ref().and_then(|source| source.at());
        if at.is_none_or(|at| at > self.horizon) {
            self.choose()?;
        }
        let Some(source) = &self.current else { return Ok(None) };
        self.frames += 1;
        Ok(source.frame(self.frames))
    }

    /// The files in the order of their first frames.
    pub fn files(&self) -> &[PathBuf] {
        &self.files
    }

    /// Why files in folders were passed over.
    pub fn passed_over(&self) -> &[CaptureError] {
        &self.passed_over
    }

    /// Frames passed over because they came by an interface of unknown link type, in files that have others too. Complete at
    /// the end.
    pub fn unknown_links(&self) -> u64 {
        self.unknown_links
    }

    /// What was seen on the E1 lines so far, in the order of ports within a recording.
    pub fn e1_lines(&self) -> Vec<LineReport> {
        let open = self.e1_open().flat_map(E1::reports);
        self.e1.lines.iter().cloned().chain(open).collect()
    }

    /// Counters of E1 recordings beside those of their lines.
    pub fn e1_counters(&self) -> RecordingCounters {
        self.e1_open().fold(self.e1.counters, |sum, e1| sum.and(e1.counters()))
    }

    /// How far it has been read.
    pub fn progress(&self) -> Progress {
        Progress { read_octets: self.read_octets.load(Ordering::Relaxed), total_octets: self.total_octets }
    }

    /// A hash of each file's size and first 64 KiB: the same inputs give the same number, for resuming a replay.
    pub fn fingerprint(&self) -> u64 {
        self.fingerprint
    }

    // Makes the file with the earliest frame the current one.
    fn choose(&mut self) -> Result<(), CaptureError> {
        if let Some(source) = self.current.take() {
            self.queue(source);
        }
        while let Some((file, input)) = self.take_due() {
            if self.open.len() >= OPEN_LIMIT {
                return Err(CaptureError::TooManyOverlapping { file: input.name, limit: OPEN_LIMIT });
            }
            let mut source = match input.stream {
                Some(source) => source,
                None => {
                    let octets = input::open(&input.name, &self.read_octets)?;
                    Box::new(Source::open(input.name, input.position, octets, &self.e1_settings)?)
                }
            };
            source.file = file;
            if source.at().is_none() {
                source.advance()?;
            }
            self.queue(source);
        }
        self.current = self.open.pop().map(|Reverse(queued)| queued.source);
        let waiting = self.waiting.last().map(|(_, input)| input.first);
        let open = self.open.peek().map(|Reverse(queued)| queued.at);
        self.horizon = waiting.into_iter().chain(open).min().unwrap_or(Timestamp::MAX);
        Ok(())
    }

    // A waiting file whose first frame is not later than that of any open one.
    fn take_due(&mut self) -> Option<(u16, Input)> {
        let (_, input) = self.waiting.last()?;
        let is_due = self.open.peek().is_none_or(|Reverse(queued)| input.first <= queued.at);
        if is_due { self.waiting.pop() } else { None }
    }

    fn queue(&mut self, source: Box<Source>) {
        if let Some(at) = source.at() {
            self.open.push(Reverse(Queued { at, source }));
        }
    }

    fn close_current(&mut self) {
        if let Some(source) = self.current.take() {
            self.unknown_links += source.unknown_links();
            if let Some(e1) = source.e1() {
                self.e1.lines.extend(e1.reports());
                self.e1.counters = self.e1.counters.and(e1.counters());
            }
        }
    }

    fn e1_open(&self) -> impl Iterator<Item = &E1> {
        let open = self.open.iter().map(|Reverse(queued)| &queued.source);
        self.current.iter().chain(open).filter_map(|source| source.e1())
    }
}

/// An open file, in the order of the frame that it stands at; files with equal times in their own order.
struct Queued {
    at: Timestamp,
    source: Box<Source>,
}

impl Queued {
    fn key(&self) -> (Timestamp, u16) {
        (self.at, self.source.file)
    }
}

impl PartialEq for Queued {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Queued {}

impl PartialOrd for Queued {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Queued {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key().cmp(&other.key())
    }
}

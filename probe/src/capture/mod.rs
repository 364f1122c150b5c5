//! Frames from files, folders, standard input and interfaces, in time order. The only module of the probe that does I/O.

mod alignment;
mod batch;
mod buffer;
pub mod e1;
mod error;
pub mod follow;
mod foreign;
mod input;
pub mod live;
mod pcap;
mod pcapng;
pub mod plausible;
mod ring_numbers;
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
pub use alignment::{ClockReport, HELD_LIMIT, HELD_OCTETS_LIMIT, LEARNING};
pub(crate) use batch::Place;
pub use batch::{BATCH_FRAMES, Batch};
pub use error::CaptureError;
pub use step::{Deadline, News, Step};

use alignment::Alignment;
use e1::{E1, E1Settings, LineReport, RecordingCounters};
use input::Input;
use source::Source;

use crate::track::clocks::LEAD_LIMIT;

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
    /// Which file, the files of a ring being one, as are all recordings of E1 lines: where links have numbers, they are unique in
    /// it.
    pub file: u16,
}

impl Frame<'_> {
    /// Whether the capture does not hold its end.
    #[inline]
    pub fn is_snapped(&self) -> bool {
        self.original_length as usize > self.captured.len()
    }
}

/// How far a capture has been read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Octets read so far, as they lie on the disk (compressed).
    pub read_octets: u64,
    /// Octets in all; absent where a stream is among the inputs.
    pub total_octets: Option<u64>,
}

/// The frames of one or more files in time order: files that overlap are merged, and their clocks compared.
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
    /// When the alignment is to be told of the next waiting file.
    announcement: Timestamp,
    alignment: Alignment,
    /// The frames of the present batch, and the octets of those that were copied.
    places: Vec<Place>,
    copied: Vec<u8>,
    /// Found behind the present batch.
    failed: Option<CaptureError>,
    frames: u64,
    unknown_links: u64,
    implausible_times: u64,
    e1_settings: E1Settings,
    e1: E1Reports,
}

/// Where the next frame is.
enum Next {
    /// The current file stands at it; it is given at this time.
    Recorded(Timestamp),
    /// Among those that were held.
    Held,
    /// There is none.
    End,
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
            announcement: Timestamp::MAX,
            alignment: Alignment::default(),
            places: Vec::with_capacity(BATCH_FRAMES),
            copied: Vec::new(),
            failed: None,
            frames: 0,
            unknown_links: 0,
            implausible_times: 0,
            e1_settings,
            e1: E1Reports::default(),
        })
    }

    /// The next frame in time order, or `None` at the end. Its time is what the first clock would have shown.
    ///
    /// # Errors
    /// Where a file cannot be read further. The frames before were given, except those that are still held; called again, it
    /// goes on with the other files.
    #[expect(clippy::should_implement_trait, reason = "a frame borrows from the reader: not an iterator")]
    #[inline]
    pub fn next(&mut self) -> Result<Option<Frame<'_>>, CaptureError> {
        let next = self.find()?;
        self.frames += u64::from(!matches!(next, Next::End));
        Ok(self.frame(&next))
    }

    /// The next frames: none at the end.
    ///
    /// # Errors
    /// As [`Capture::next`].
    pub fn batch(&mut self) -> Result<Batch<'_>, CaptureError> {
        self.places.clear();
        let next = self.find()?;
        let first = self.frames + 1;
        let is_buffered = self.current.as_ref().is_some_and(|source| source.start().is_some());
        if self.alignment.is_idle() && matches!(next, Next::Recorded(_)) && is_buffered {
            self.gather();
            let octets = self.current.as_ref().map_or(&[][..], |source| source.buffered());
            return Ok(Batch::new(octets, &self.places, first));
        }
        self.copy(next);
        Ok(Batch::new(&self.copied, &self.places, first))
    }

    // The current frame, and those behind it that are to be given in the order and at the times of their file.
    #[inline]
    fn gather(&mut self) {
        let Self { current: Some(source), places, frames, alignment, .. } = self else { return };
        let bounds = (self.horizon, self.announcement);
        let latest = source.gather(places, BATCH_FRAMES, bounds);
        *frames += places.len() as u64;
        // The first was passed when it was found.
        alignment.pass(places.len().saturating_sub(1) as u64, latest.unwrap_or(Timestamp::MIN));
    }

    // Frames that lie here and there.
    #[inline(never)]
    fn copy(&mut self, mut next: Next) {
        let (mut copied, mut places) = (std::mem::take(&mut self.copied), std::mem::take(&mut self.places));
        copied.clear();
        while places.len() < BATCH_FRAMES {
            self.frames += u64::from(!matches!(next, Next::End));
            let Some(frame) = self.frame(&next) else { break };
            places.push(Place::new(&frame, copied.len()));
            copied.extend_from_slice(frame.captured);
            next = if places.len() < BATCH_FRAMES { self.find_or_note() } else { Next::End };
        }
        (self.copied, self.places) = (copied, places);
    }

    // As find; a failure is told when what was found before it has been taken.
    fn find_or_note(&mut self) -> Next {
        self.find().unwrap_or_else(|error| {
            self.failed = Some(error);
            Next::End
        })
    }

    // The frame that was found.
    #[inline]
    fn frame(&self, next: &Next) -> Option<Frame<'_>> {
        match next {
            Next::Recorded(at) => {
                let frame = self.current.as_ref().and_then(|source| source.frame(self.frames));
                frame.map(|frame| Frame { at: *at, ..frame })
            }
            Next::Held => self.alignment.released(self.frames),
            Next::End => None,
        }
    }

    #[inline]
    fn find(&mut self) -> Result<Next, CaptureError> {
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        loop {
            if self.alignment.is_due() {
                self.alignment.release();
                return Ok(Next::Held);
            }
            self.step()?;
            let Some(source) = &self.current else {
                return Ok(if self.alignment.end() { continue } else { Next::End });
            };
            let Some(frame) = source.frame(0) else { return Ok(Next::End) };
            if let Some(at) = self.alignment.take(source.clock(), &frame) {
                return Ok(Next::Recorded(at));
            }
        }
    }

    // Goes to the next frame in the order of recording.
    #[inline]
    fn step(&mut self) -> Result<(), CaptureError> {
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
        if self.at().is_none_or(|at| at > self.horizon) {
            self.choose()?;
        }
        if self.at().is_some_and(|at| at >= self.announcement) {
            self.announce();
        }
        if let Some(source) = &mut self.current
            && !source.has_clock()
        {
            let clock = self.alignment.input(source.stamper());
            source.set_clock(clock, self.alignment.recorder(clock));
        }
        Ok(())
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

    /// How the clocks of the files and interfaces go, where there are several. The first one that was named is taken as right.
    pub fn clocks(&self) -> Vec<ClockReport> {
        self.alignment.reports()
    }

    /// Frames that were given out of order, because too many would have had to be held.
    pub fn given_early(&self) -> u64 {
        self.alignment.released_early()
    }

    /// Frames whose time cannot be ([`plausible`]): they were given at their predecessor's.
    pub fn implausible_times(&self) -> u64 {
        let open = self.open.iter().map(|Reverse(queued)| &queued.source);
        self.implausible_times + self.current.iter().chain(open).map(|source| source.implausible_times()).sum::<u64>()
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

    #[inline]
    fn at(&self) -> Option<Timestamp> {
        self.current.as_ref().and_then(|source| source.at())
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
            if let Some(at) = source.at().filter(|_| source.interfaces() > 1) {
                self.alignment.learn(at);
            }
            self.queue(source);
        }
        self.current = self.open.pop().map(|Reverse(queued)| queued.source);
        let waiting = self.waiting.last().map(|(_, input)| input.first);
        let open = self.open.peek().map(|Reverse(queued)| queued.at);
        self.horizon = waiting.into_iter().chain(open).min().unwrap_or(Timestamp::MAX);
        self.announcement = waiting.map_or(Timestamp::MAX, |first| first - LEAD_LIMIT);
        Ok(())
    }

    // A file is about to begin.
    fn announce(&mut self) {
        self.announcement = Timestamp::MAX;
        if let Some((_, input)) = self.waiting.last() {
            self.alignment.expect(&input.name, input.first);
        }
    }

    // A waiting file whose first frame is not later than that of any open one.
    fn take_due(&mut self) -> Option<(u16, Input)> {
        let (_, input) = self.waiting.last()?;
        let is_due = self.open.peek().is_none_or(|Reverse(queued)| input.first <= queued.at);
        if is_due { self.waiting.pop() } else { None }
    }

    fn queue(&mut self, source: Box<Source>) {
        match source.at() {
            Some(at) => self.open.push(Reverse(Queued { at, source })),
            // Lines without a frame have alarms all the same.
            None => self.close(&source),
        }
    }

    fn close_current(&mut self) {
        if let Some(source) = self.current.take() {
            self.close(&source);
        }
    }

    fn close(&mut self, source: &Source) {
        self.unknown_links += source.unknown_links();
        self.implausible_times += source.implausible_times();
        source.clocks().for_each(|clock| self.alignment.close(clock));
        if let Some(e1) = source.e1() {
            self.e1.lines.extend(e1.reports());
            self.e1.counters = self.e1.counters.and(e1.counters());
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

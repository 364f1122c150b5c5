//! One capture file of any format, record by record.

use std::collections::VecDeque;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use event::Timestamp;

use super::alignment::Stamper;
use super::buffer::Buffer;
use super::e1::{E1, E1Settings, is_e1};
use super::pcap::{Pcap, is_pcap};
use super::pcapng::{Pcapng, is_pcapng};
use super::plausible::{LOOK_AHEAD, Plausible};
use super::{CaptureError, Frame, Place, foreign};
use crate::wire::LinkType;

/// A frame as it lies at the beginning of the buffer.
#[derive(Clone, Copy)]
pub(super) struct Record {
    /// Capture time.
    pub(super) at: Timestamp,
    /// What the frame begins with.
    pub(super) link: LinkType,
    /// Index of the interface in its section of the file.
    pub(super) interface: u32,
    /// Octets of the frame on the wire.
    pub(super) original_length: u32,
    /// Where the captured octets begin, from the beginning of the buffer.
    pub(super) start: usize,
    /// How many were captured.
    pub(super) length: usize,
    /// Where the record ends.
    pub(super) total: usize,
}

/// What lies at the beginning of a buffer.
pub(super) enum Parsed {
    /// A whole record.
    Record(Record),
    /// No whole one: so many octets are needed to go on.
    Needs(usize),
}

/// Why a format's reader stopped; [`Source`] knows where.
pub(super) enum Stop {
    /// There is nothing.
    Empty,
    /// No capture; what it looks like.
    Foreign(&'static str),
    /// The input ended inside a record.
    Truncated,
    /// A length above its limit.
    AbsurdLength {
        /// What the record says.
        length: u64,
        /// What is the most.
        limit: u64,
    },
    /// A contradiction.
    Damaged(&'static str),
    /// Not known.
    UnknownLinkType(u16),
    /// The system's reason.
    Read(io::Error),
}

// A decompressor that runs out of input says so in this way.
impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::UnexpectedEof { Self::Truncated } else { Self::Read(error) }
    }
}

enum Format {
    Pcap(Pcap),
    Pcapng(Pcapng),
    E1(Box<E1>),
}

/// A frame that was read ahead: the octets are its own, as the buffer goes on.
struct Kept {
    at: Timestamp,
    link: LinkType,
    interface: u32,
    original_length: u32,
    octets: Vec<u8>,
}

/// An open capture file and the record that it stands at.
pub(super) struct Source {
    name: PathBuf,
    position: u16,
    /// Index of the file in the capture.
    pub(super) file: u16,
    /// What it counts as: see [`Frame::file`].
    recorder: u16,
    /// The clocks of its interfaces, as far as they were seen; the present one is the first.
    clocks: Vec<(u32, usize)>,
    buffer: Buffer,
    format: Format,
    /// The record that it stands at, unless frames were read ahead: then it is the first of those.
    head: Option<Record>,
    ahead: VecDeque<Kept>,
    /// Why no more could be read ahead.
    stopped: Option<CaptureError>,
    frames: u64,
    times: Plausible,
}

impl Source {
    /// Reads as far as the format needs. No record is there before [`Source::advance`]. `position` is its place among what was
    /// named.
    pub(super) fn open(
        name: PathBuf,
        position: u16,
        input: Box<dyn io::Read + Send>,
        e1: &E1Settings,
    ) -> Result<Self, CaptureError> {
        let mut buffer = Buffer::new(input);
        match open_format(&mut buffer, position, e1) {
            Ok(format) => Ok(Self {
                name,
                position,
                file: 0,
                recorder: 0,
                clocks: Vec::new(),
                buffer,
                format,
                head: None,
                ahead: VecDeque::new(),
                stopped: None,
                frames: 0,
                times: Plausible::default(),
            }),
            Err(stop) => Err(error(&name, &buffer, 1, stop)),
        }
    }

    /// Whether more may be written behind the end: what has to wait for that is then not given before.
    pub(super) fn grows(&mut self, grows: bool) {
        if let Format::E1(e1) = &mut self.format {
            e1.grows(grows);
        }
    }

    /// Goes to the next record; false at the end. Its time is one that can be: see [`Plausible`].
    #[inline]
    pub(super) fn advance(&mut self) -> Result<bool, CaptureError> {
        if !self.ahead.is_empty() || self.stopped.is_some() {
            return self.advance_ahead();
        }
        if !self.read()? {
            return Ok(false);
        }
        if !self.head.as_ref().is_some_and(|head| self.times.follows(head.at)) {
            self.keep();
            self.judge();
        }
        Ok(true)
    }

    /// Appends to `places` the record that it stands at, and those behind it that lie in the buffer already, come by the same
    /// interface before either time (the second excluded), and have times that need no judgement: `most` at most. It then stands at
    /// the last of them. The time of the latest; `None` where the record does not lie in the buffer.
    pub(super) fn gather(
        &mut self,
        places: &mut Vec<Place>,
        most: usize,
        bounds: (Timestamp, Timestamp),
    ) -> Option<Timestamp> {
        self.start()?;
        let Self { head, buffer, format, times, recorder, frames, .. } = self;
        let gathering = Gathering { places, most, bounds, file: *recorder };
        let (head, ready) = (head.as_mut()?, buffer.ready());
        let latest = match format {
            Format::Pcap(pcap) if pcap.is_usual() => gathering.run(head, times, ready, |octets| pcap.usual(octets)),
            Format::Pcap(pcap) => gathering.run(head, times, ready, |octets| pcap.whole(octets)),
            Format::Pcapng(pcapng) => gathering.run(head, times, ready, |octets| pcapng.parse(octets)),
            Format::E1(_) => return None,
        };
        *frames += places.len().saturating_sub(1) as u64;
        Some(latest)
    }

    /// Where the octets of its record begin in [`Source::buffered`]; `None` where they lie elsewhere.
    #[inline]
    pub(super) fn start(&self) -> Option<usize> {
        match &self.format {
            Format::Pcap(_) | Format::Pcapng(_) => self.head.as_ref().map(|head| head.start),
            Format::E1(_) => None,
        }
    }

    /// What lies in the buffer.
    pub(super) fn buffered(&self) -> &[u8] {
        self.buffer.ready()
    }

    // Goes to the next of those that were read ahead.
    #[cold]
    fn advance_ahead(&mut self) -> Result<bool, CaptureError> {
        self.ahead.pop_front();
        match self.ahead.front() {
            Some(next) if self.times.follows(next.at) => Ok(true),
            Some(_) => {
                self.judge();
                Ok(true)
            }
            None => match self.stopped.take() {
                Some(stopped) => Err(stopped),
                None => self.advance(),
            },
        }
    }

    // Decides about the time of the first of those that were read ahead.
    #[cold]
    fn judge(&mut self) {
        while self.ahead.len() <= LOOK_AHEAD && self.stopped.is_none() {
            match self.read() {
                Ok(true) => self.keep(),
                Ok(false) => break,
                Err(error) => self.stopped = Some(error),
            }
        }
        let mut times = self.ahead.iter().map(|kept| kept.at);
        let Some(at) = times.next() else { return };
        let at = self.times.judge(at, times);
        if let Some(first) = self.ahead.front_mut() {
            first.at = at;
        }
    }

    // Moves the record at the beginning of the buffer to those that were read ahead.
    fn keep(&mut self) {
        let octets = self.octets_of_head().unwrap_or_default().to_vec();
        if let Some(Record { at, link, interface, original_length, total, .. }) = self.head.take() {
            self.buffer.consume(total);
            self.ahead.push_back(Kept { at, link, interface, original_length, octets });
        }
    }

    #[inline]
    fn read(&mut self) -> Result<bool, CaptureError> {
        if let Some(head) = self.head.take() {
            self.buffer.consume(head.total);
        }
        let record = match &mut self.format {
            Format::Pcap(pcap) => pcap.record(&mut self.buffer),
            Format::Pcapng(pcapng) => pcapng.record(&mut self.buffer),
            Format::E1(e1) => e1.record(&mut self.buffer),
        };
        match record {
            Ok(record) => {
                self.frames += u64::from(record.is_some());
                self.head = record;
                Ok(self.head.is_some())
            }
            Err(stop) => Err(error(&self.name, &self.buffer, self.frames + 1, stop)),
        }
    }

    /// Capture time of the record that it stands at.
    #[inline]
    pub(super) fn at(&self) -> Option<Timestamp> {
        self.head.as_ref().map(|head| head.at).or_else(|| self.ahead.front().map(|kept| kept.at))
    }

    // Index of the interface that it came by, in its section of the file.
    #[inline]
    fn interface(&self) -> u32 {
        let ahead = || self.ahead.front().map(|kept| kept.interface);
        self.head.as_ref().map(|head| head.interface).or_else(ahead).unwrap_or_default()
    }

    /// How many interfaces it has, as far as it was read.
    pub(super) fn interfaces(&self) -> usize {
        match &self.format {
            Format::Pcap(_) | Format::E1(_) => 1,
            Format::Pcapng(pcapng) => pcapng.interfaces(),
        }
    }

    /// Who stamped the record that it stands at.
    pub(super) fn stamper(&self) -> Stamper<'_> {
        let interface = (self.interface(), self.interfaces());
        Stamper { file: &self.name, position: self.position, interface, has_lines: self.e1().is_some() }
    }

    /// Whether the clock of its present interface is known.
    #[inline]
    pub(super) fn has_clock(&mut self) -> bool {
        let interface = self.interface();
        if self.clocks.first().is_some_and(|(of, _)| *of == interface) {
            return true;
        }
        let known = self.clocks.iter().position(|(of, _)| *of == interface);
        known.inspect(|index| self.clocks.swap(0, *index)).is_some()
    }

    /// The clock of its present interface is this, and it is of this recorder.
    pub(super) fn set_clock(&mut self, clock: usize, recorder: u16) {
        self.clocks.insert(0, (self.interface(), clock));
        self.recorder = recorder;
    }

    /// The clock of its present interface, once it was set.
    #[inline]
    pub(super) fn clock(&self) -> usize {
        self.clocks.first().map_or(0, |(_, clock)| *clock)
    }

    /// The clocks of all its interfaces.
    pub(super) fn clocks(&self) -> impl Iterator<Item = usize> + '_ {
        self.clocks.iter().map(|(_, clock)| *clock)
    }

    /// The record that it stands at.
    #[inline]
    pub(super) fn frame(&self, number: u64) -> Option<Frame<'_>> {
        let file = self.recorder;
        if let Some(&Record { at, link, original_length, .. }) = self.head.as_ref() {
            return Some(Frame { number, at, link, captured: self.octets_of_head()?, original_length, file });
        }
        let Kept { at, link, original_length, octets, .. } = self.ahead.front()?;
        Some(Frame { number, at: *at, link: *link, captured: octets, original_length: *original_length, file })
    }

    #[inline]
    fn octets_of_head(&self) -> Option<&[u8]> {
        let &Record { start, length, .. } = self.head.as_ref()?;
        let octets = match &self.format {
            Format::Pcap(_) | Format::Pcapng(_) => self.buffer.ready(),
            Format::E1(e1) => e1.octets(),
        };
        octets.get(start..)?.get(..length)
    }

    /// Frames whose time was not believed.
    pub(super) fn implausible_times(&self) -> u64 {
        self.times.implausible()
    }

    /// Frames passed over because their interface has an unknown link type.
    pub(super) fn unknown_links(&self) -> u64 {
        match &self.format {
            Format::Pcap(_) | Format::E1(_) => 0,
            Format::Pcapng(pcapng) => pcapng.unknown_links(),
        }
    }

    /// The recording, where it is one of E1 lines.
    pub(super) fn e1(&self) -> Option<&E1> {
        match &self.format {
            Format::Pcap(_) | Format::Pcapng(_) => None,
            Format::E1(e1) => Some(e1),
        }
    }
}

/// Records that are taken one behind the other, as they lie in the buffer.
struct Gathering<'a> {
    places: &'a mut Vec<Place>,
    most: usize,
    /// They come until the first time, and before the second.
    bounds: (Timestamp, Timestamp),
    file: u16,
}

impl Gathering<'_> {
    /// From `head` on, which becomes the last of them. The time of the latest.
    #[inline(always)]
    fn run(
        self,
        head: &mut Record,
        times: &mut Plausible,
        ready: &[u8],
        mut parse: impl FnMut(&[u8]) -> Option<Record>,
    ) -> Timestamp {
        let Self { places, most, bounds: (until, before), file } = self;
        let last = until.min(before - MOMENT);
        let (mut record, mut begin, mut latest) = (*head, 0, head.at);
        loop {
            let Record { at, link, original_length, start, length, total, .. } = record;
            let start = (begin + start) as u32;
            places.push(Place { at, start, length: length as u32, original_length, file, link });
            latest = latest.max(at);
            if places.len() >= most {
                break;
            }
            let next = ready.get(begin + total..).and_then(&mut parse);
            let Some(next) = next.filter(|next| next.at <= last && times.follows(next.at)) else { break };
            (record, begin) = (next, begin + total);
        }
        *head = Record { start: begin + record.start, total: begin + record.total, ..record };
        latest
    }
}

/// The shortest span that times tell apart.
const MOMENT: Duration = Duration::from_micros(1);

fn open_format(buffer: &mut Buffer, position: u16, e1: &E1Settings) -> Result<Format, Stop> {
    match buffer.want(foreign::BEGINNING_OCTETS) {
        // What a cut-off compressed file still gives may hold whole frames.
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof && !buffer.ready().is_empty() => {}
        read => _ = read?,
    }
    let beginning = buffer.ready();
    if is_pcap(beginning) {
        Pcap::open(buffer).map(Format::Pcap)
    } else if is_pcapng(beginning) {
        Ok(Format::Pcapng(Pcapng::open()))
    } else if is_e1(beginning) {
        E1::open(buffer, e1.links.clone()).map(|e1| Format::E1(Box::new(e1)))
    } else if beginning.is_empty() {
        Err(Stop::Empty)
    } else if let Some(raw) = e1.raw {
        Ok(Format::E1(Box::new(E1::open_raw(position, raw, e1.links.clone()))))
    } else {
        Err(Stop::Foreign(foreign::looks_like(beginning)))
    }
}

fn error(name: &Path, buffer: &Buffer, frame: u64, stop: Stop) -> CaptureError {
    let (file, octet) = (name.to_path_buf(), buffer.position());
    match stop {
        Stop::Empty => CaptureError::Empty { file },
        Stop::Foreign(looks_like) => CaptureError::Foreign { file, looks_like },
        Stop::Truncated => CaptureError::Truncated { file, octet: buffer.end_position(), frame },
        Stop::AbsurdLength { length, limit } => CaptureError::AbsurdLength { file, octet, frame, length, limit },
        Stop::Damaged(problem) => CaptureError::Damaged { file, octet, frame, problem },
        Stop::UnknownLinkType(code) => CaptureError::UnknownLinkType { file, code },
        Stop::Read(reason) => CaptureError::Read { file, octet: buffer.end_position(), reason },
    }
}

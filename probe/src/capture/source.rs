//! One capture file of any format, record by record.

use std::io;
use std::path::{Path, PathBuf};

use event::Timestamp;

use super::buffer::Buffer;
use super::e1::{E1, E1Settings, is_e1};
use super::pcap::{Pcap, is_pcap};
use super::pcapng::{Pcapng, is_pcapng};
use super::{CaptureError, Frame, foreign};
use crate::wire::LinkType;

/// A frame as it lies at the beginning of the buffer.
pub(super) struct Record {
    /// Capture time.
    pub(super) at: Timestamp,
    /// What the frame begins with.
    pub(super) link: LinkType,
    /// Octets of the frame on the wire.
    pub(super) original_length: u32,
    /// Where the captured octets begin, from the beginning of the record.
    pub(super) start: usize,
    /// How many were captured.
    pub(super) length: usize,
    /// Octets of the whole record.
    pub(super) total: usize,
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

/// An open capture file and the record that it stands at.
pub(super) struct Source {
    name: PathBuf,
    /// Index of the file in the capture.
    pub(super) file: u16,
    buffer: Buffer,
    format: Format,
    head: Option<Record>,
    frames: u64,
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
            Ok(format) => Ok(Self { name, file: 0, buffer, format, head: None, frames: 0 }),
            Err(stop) => Err(error(&name, &buffer, 1, stop)),
        }
    }

    /// Goes to the next record; false at the end.
    #[inline]
    pub(super) fn advance(&mut self) -> Result<bool, CaptureError> {
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
    pub(super) fn at(&self) -> Option<Timestamp> {
        self.head.as_ref().map(|head| head.at)
    }

    /// The record that it stands at.
    #[inline]
    pub(super) fn frame(&self, number: u64) -> Option<Frame<'_>> {
        let &Record { at, link, original_length, start, length, .. } = self.head.as_ref()?;
        let octets = match &self.format {
            Format::Pcap(_) | Format::Pcapng(_) => self.buffer.ready(),
            Format::E1(e1) => e1.octets(),
        };
        let captured = octets.get(start..)?.get(..length)?;
        Some(Frame { number, at, link, captured, original_length, file: self.file })
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

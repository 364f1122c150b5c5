//! Recordings of E1 lines, as `deploy/docs/e1.md` describes them: blocks of bits in, signal units in the order of time out.
//!
//! What a frame is shows only in aligned bits, so reading needs `track::e1`, and frames are numbered behind it.

mod format;
mod order;

use std::collections::BTreeMap;

use event::Timestamp;

use super::buffer::Buffer;
use super::source::{Record, Stop};
use crate::track::e1::{Block, ChannelCounters, Content, Line, LineCounters, LineName, LinkSettings, Timeslots, Unit};
use crate::wire::LinkType;
use format::{BlockHead, Header};
use order::Order;

pub use format::BitOrder;
pub(super) use format::is_e1;
pub use order::REORDER_LIMIT;

/// Lines (directions of ports) of a recording; the blocks of others are counted and dropped.
pub const LINE_LIMIT: usize = 4096;

/// How E1 recordings are read.
#[derive(Clone, Debug, Default)]
pub struct E1Settings {
    /// Which links there are.
    pub links: LinkSettings,
    /// Where set, a file that is no capture is taken for bits without header, of one line each: the ports in the order in
    /// which the files are named.
    pub raw: Option<RawSettings>,
}

/// What a recording without header does not tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RawSettings {
    /// When the first bit was on the line.
    pub start: Timestamp,
    /// The order of bits.
    pub bit_order: BitOrder,
}

/// What was seen on a line.
#[derive(Clone, Debug)]
pub struct LineReport {
    /// Which.
    pub line: LineName,
    /// Whether frames are aligned at the end.
    pub is_aligned: bool,
    /// Counters of the line.
    pub counters: LineCounters,
    /// What is on it.
    pub channels: Vec<ChannelReport>,
}

/// What was seen in a channel.
#[derive(Clone, Copy, Debug)]
pub struct ChannelReport {
    /// Where it is.
    pub timeslots: Timeslots,
    /// What it carries, as far as known.
    pub content: Option<Content>,
    /// Number of the link.
    pub link: u16,
    /// Counters of the channel.
    pub counters: ChannelCounters,
}

/// Counters of a recording beside those of its lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RecordingCounters {
    /// Blocks read.
    pub blocks: u64,
    /// Blocks dropped at the limit of lines.
    pub blocks_refused: u64,
    /// Frames given before it was sure that none comes before them, at the limit of those that wait.
    pub units_early: u64,
}

impl RecordingCounters {
    /// The sums with those of another recording.
    pub(super) fn and(self, other: Self) -> Self {
        Self {
            blocks: self.blocks + other.blocks,
            blocks_refused: self.blocks_refused + other.blocks_refused,
            units_early: self.units_early + other.units_early,
        }
    }
}

/// An open recording.
pub(super) struct E1 {
    layout: Layout,
    links: LinkSettings,
    lines: BTreeMap<LineName, Reading>,
    order: Order,
    octets: Vec<u8>,
    counters: RecordingCounters,
    /// Blocks may be written behind the end.
    grows: bool,
    /// Why there are no more blocks.
    ended: Option<Result<(), Stop>>,
}

enum Layout {
    Blocks(Header),
    Raw { port: u16, settings: RawSettings, octets: u64 },
}

struct Reading {
    line: Line,
    next_sequence: Option<u32>,
}

impl E1 {
    /// Reads the file header.
    pub(super) fn open(buffer: &mut Buffer, links: LinkSettings) -> Result<Self, Stop> {
        Header::read(buffer).map(|header| Self::new(Layout::Blocks(header), links))
    }

    /// Takes all octets for those of one line.
    pub(super) fn open_raw(port: u16, settings: RawSettings, links: LinkSettings) -> Self {
        Self::new(Layout::Raw { port, settings, octets: 0 }, links)
    }

    fn new(layout: Layout, links: LinkSettings) -> Self {
        let (order, counters) = (Order::default(), RecordingCounters::default());
        Self { layout, links, lines: BTreeMap::new(), order, octets: Vec::new(), counters, grows: false, ended: None }
    }

    /// Goes to the next frame; `None` at the end. Its octets are not in the buffer but in [`E1::octets`].
    pub(super) fn record(&mut self, buffer: &mut Buffer) -> Result<Option<Record>, Stop> {
        loop {
            if let Some(unit) = self.order.next(&mut self.counters) {
                let length = unit.octets.len();
                let record = Record {
                    at: unit.at,
                    link: unit.link_type,
                    interface: 0,
                    original_length: length as u32,
                    start: 0,
                    length,
                    total: 0,
                };
                return Ok(Some(record));
            }
            if let Some(ended) = self.ended.take() {
                self.ended = Some(Ok(()));
                return ended.map(|()| None);
            }
            match self.block(buffer) {
                Ok(true) => {}
                Ok(false) if self.grows => return Ok(None),
                Err(Stop::Truncated) if self.grows => return Err(Stop::Truncated),
                Ok(false) => self.end(Ok(())),
                Err(stop) => self.end(Err(stop)),
            }
        }
    }

    /// Whether blocks may be written behind the end.
    pub(super) fn grows(&mut self, grows: bool) {
        self.grows = grows;
    }

    /// The frame that it stands at.
    pub(super) fn octets(&self) -> &[u8] {
        self.order.current()
    }

    /// What was seen on the lines so far.
    pub(super) fn reports(&self) -> impl Iterator<Item = LineReport> + '_ {
        self.lines.iter().map(|(line, reading)| LineReport {
            line: *line,
            is_aligned: reading.line.is_aligned(),
            counters: *reading.line.counters(),
            channels: reading.line.channels().iter().map(ChannelReport::of).collect(),
        })
    }

    /// Counters beside those of the lines.
    pub(super) fn counters(&self) -> RecordingCounters {
        self.counters
    }

    fn end(&mut self, how: Result<(), Stop>) {
        self.order.release_all();
        self.ended = Some(how);
    }

    // Reads a block; false at the end.
    fn block(&mut self, buffer: &mut Buffer) -> Result<bool, Stop> {
        let (head, bit_order, length) = match &mut self.layout {
            Layout::Blocks(header) => {
                let Some(head) = BlockHead::read(buffer)? else { return Ok(false) };
                (head, header.bit_order, head.octets)
            }
            Layout::Raw { port, settings, octets } => {
                let length = format::raw_octets(buffer)?;
                let head = BlockHead::of_raw(*port, settings.start, *octets, length);
                *octets += length as u64;
                (head, settings.bit_order, length)
            }
        };
        let octets = buffer.ready().get(..length).unwrap_or_default();
        if octets.is_empty() && matches!(self.layout, Layout::Raw { .. }) {
            return Ok(false);
        }
        self.octets.clear();
        self.octets.extend(octets.iter().map(|octet| bit_order.first_lowest(*octet)));
        buffer.consume(length);
        self.counters.blocks += 1;
        self.read_line(&head);
        Ok(true)
    }

    fn read_line(&mut self, head: &BlockHead) {
        let Self { lines, links, order, octets, counters, .. } = self;
        if !lines.contains_key(&head.line) && lines.len() >= LINE_LIMIT {
            counters.blocks_refused += 1;
            return;
        }
        let reading = lines
            .entry(head.line)
            .or_insert_with(|| Reading { line: Line::new(&links.channels(head.line)), next_sequence: None });
        let is_missing = |expected| head.sequence.is_some_and(|sequence| sequence != expected);
        let follows_gap = head.follows_gap || reading.next_sequence.is_some_and(is_missing);
        reading.next_sequence = head.sequence.map(|sequence| sequence.wrapping_add(1));
        let block = Block { at: head.at, follows_gap, octets };
        reading.line.take(&block, &mut |unit: Unit<'_>| order.put(&unit, link_type(unit.content)));
        order.turn(head.line, head.at);
    }
}

impl ChannelReport {
    fn of(channel: &crate::track::e1::Channel) -> Self {
        Self {
            timeslots: channel.plan().timeslots,
            content: channel.content(),
            link: channel.plan().link,
            counters: *channel.counters(),
        }
    }
}

/// The link type under which frames of E1 look like those of other captures, behind a pseudo-header that names link and
/// direction.
const fn link_type(content: Content) -> LinkType {
    match content {
        Content::Mtp2 | Content::Mtp2AnnexA => LinkType::Mtp2WithPseudoHeader,
        Content::FrameRelay => LinkType::FrameRelayOfLine,
    }
}

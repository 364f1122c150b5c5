//! The file format: a header, then blocks of one line's octets each. All numbers are big endian.

use std::time::Duration;

use event::Timestamp;

use super::super::buffer::Buffer;
use super::super::source::Stop;
use crate::track::e1::LineName;
use crate::wire::g704::LINE_RATE;

/// What a recording begins with: as the signature of PNG, it shows a transfer as text.
const MAGIC: [u8; 8] = *b"\x89E1B\r\n\x1a\n";
const VERSION: u16 = 1;
/// Octets of the header: magic, version, flags, reserved.
const HEADER_LENGTH: usize = 16;
/// Header flag: the first bit is in the least significant place.
const FLAG_FIRST_LOWEST: u16 = 0x0001;
/// Octets of a block's head: port, direction, flags, sequence, time, count.
const BLOCK_HEAD_LENGTH: usize = 20;
/// Block flag: the recorder lost octets before it.
const FLAG_GAP: u8 = 0x01;
/// Octets of a block: four seconds.
pub(super) const BLOCK_LIMIT: usize = 1 << 20;
/// Octets that a recording without header is read by: 32 ms.
const RAW_BLOCK: usize = 8192;

/// Where the bit that was on the line first is in an octet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BitOrder {
    /// In the most significant place.
    #[default]
    FirstHighest,
    /// In the least significant place.
    FirstLowest,
}

impl BitOrder {
    /// The octet with the first bit in the least significant place.
    #[inline]
    pub(super) const fn first_lowest(self, octet: u8) -> u8 {
        match self {
            Self::FirstHighest => octet.reverse_bits(),
            Self::FirstLowest => octet,
        }
    }
}

/// What the file header says.
pub(super) struct Header {
    /// Of all blocks.
    pub(super) bit_order: BitOrder,
}

/// What a block's head says.
#[derive(Clone, Copy)]
pub(super) struct BlockHead {
    /// Which line.
    pub(super) line: LineName,
    /// The recorder lost octets before it.
    pub(super) follows_gap: bool,
    /// Number of the block on its line; wraps. Absent without header.
    pub(super) sequence: Option<u32>,
    /// Time of the first bit.
    pub(super) at: Timestamp,
    /// How many.
    pub(super) octets: usize,
}

/// Whether a file begins like this format.
pub(in crate::capture) fn is_e1(beginning: &[u8]) -> bool {
    beginning.starts_with(&MAGIC)
}

impl Header {
    /// Reads the header.
    pub(super) fn read(buffer: &mut Buffer) -> Result<Self, Stop> {
        if !buffer.want(HEADER_LENGTH)? {
            return Err(Stop::Truncated);
        }
        let &[_, _, _, _, _, _, _, _, v0, v1, f0, f1, ..] = buffer.ready() else { return Err(Stop::Truncated) };
        if u16::from_be_bytes([v0, v1]) != VERSION {
            return Err(Stop::Damaged("this version of E1 recordings is not known"));
        }
        let is_lowest = u16::from_be_bytes([f0, f1]) & FLAG_FIRST_LOWEST != 0;
        buffer.consume(HEADER_LENGTH);
        Ok(Self { bit_order: if is_lowest { BitOrder::FirstLowest } else { BitOrder::FirstHighest } })
    }
}

impl BlockHead {
    /// Brings the next block into the buffer, its octets first; `None` at the end.
    pub(super) fn read(buffer: &mut Buffer) -> Result<Option<Self>, Stop> {
        if !buffer.want(BLOCK_HEAD_LENGTH)? {
            return if buffer.ready().is_empty() { Ok(None) } else { Err(Stop::Truncated) };
        }
        let Some(&[p0, p1, direction, flags, s0, s1, s2, s3, ref time @ .., c0, c1, c2, c3]) =
            buffer.ready().first_chunk::<BLOCK_HEAD_LENGTH>()
        else {
            return Err(Stop::Truncated);
        };
        let head = Self {
            line: LineName { port: u16::from_be_bytes([p0, p1]), direction },
            follows_gap: flags & FLAG_GAP != 0,
            sequence: Some(u32::from_be_bytes([s0, s1, s2, s3])),
            at: Timestamp::from_micros(i64::from_be_bytes(*time)),
            octets: u32::from_be_bytes([c0, c1, c2, c3]) as usize,
        };
        if head.octets > BLOCK_LIMIT {
            return Err(Stop::AbsurdLength { length: head.octets as u64, limit: BLOCK_LIMIT as u64 });
        }
        if !buffer.want(BLOCK_HEAD_LENGTH + head.octets)? {
            return Err(Stop::Truncated);
        }
        buffer.consume(BLOCK_HEAD_LENGTH);
        Ok(Some(head))
    }

    /// A block of a recording without header, so many octets behind its beginning.
    pub(super) fn of_raw(port: u16, start: Timestamp, before: u64, octets: usize) -> Self {
        let line = LineName { port, direction: 0 };
        Self { line, follows_gap: false, sequence: None, at: start + span(before), octets }
    }
}

/// Octets of the next block of a recording without header.
pub(super) fn raw_octets(buffer: &mut Buffer) -> Result<usize, Stop> {
    buffer.want(RAW_BLOCK)?;
    Ok(buffer.ready().len().min(RAW_BLOCK))
}

fn span(octets: u64) -> Duration {
    Duration::from_micros(octets.saturating_mul(8 * 1_000_000) / LINE_RATE)
}

//! The classic capture file format, draft-ietf-opsawg-pcap: microseconds or nanoseconds, either byte order.

use event::Timestamp;

use super::buffer::Buffer;
use super::source::{Parsed, Record, Stop};
use crate::wire::LinkType;

const FILE_HEADER: usize = 24;
const RECORD_HEADER: usize = 16;
/// What libpcap calls MAXIMUM_SNAPLEN: no frame is longer, unless the file header announces it.
const FRAME_LIMIT: u32 = 262_144;
/// No announcement above this is believed.
const ANNOUNCED_LIMIT: u32 = 16 << 20;

/// What the file header says.
pub(super) struct Pcap {
    big_endian: bool,
    nanoseconds: bool,
    /// Octets that Kuznetsov's variant has behind each record header.
    extra: usize,
    limit: u32,
    link: LinkType,
}

/// Whether a file begins like this format.
pub(super) fn is_pcap(beginning: &[u8]) -> bool {
    beginning.first_chunk().is_some_and(|magic| variant(*magic).is_some())
}

// Byte order, resolution, length of the record header beyond the usual.
fn variant(magic: [u8; 4]) -> Option<(bool, bool, usize)> {
    let of = |magic, big_endian| match magic {
        0xa1b2_c3d4 => Some((big_endian, false, 0)),
        0xa1b2_3c4d => Some((big_endian, true, 0)),
        0xa1b2_cd34 => Some((big_endian, false, 8)),
        _ => None,
    };
    of(u32::from_be_bytes(magic), true).or_else(|| of(u32::from_le_bytes(magic), false))
}

impl Pcap {
    /// Reads the file header.
    pub(super) fn open(buffer: &mut Buffer) -> Result<Self, Stop> {
        if !buffer.want(FILE_HEADER)? {
            return Err(Stop::Truncated);
        }
        let &[m0, m1, m2, m3, _, _, _, _, _, _, _, _, _, _, _, _, s0, s1, s2, s3, l0, l1, l2, l3, ..] = buffer.ready()
        else {
            return Err(Stop::Truncated);
        };
        let (big_endian, nanoseconds, extra) = variant([m0, m1, m2, m3]).ok_or(Stop::Damaged("no magic number"))?;
        let snaplen = number(big_endian, [s0, s1, s2, s3]);
        // The upper bits tell of frame check sequences at the end, which no layer above minds.
        let code = number(big_endian, [l0, l1, l2, l3]) as u16;
        let link = LinkType::from_code(code).ok_or(Stop::UnknownLinkType(code))?;
        buffer.consume(FILE_HEADER);
        let limit = if snaplen <= ANNOUNCED_LIMIT { snaplen.max(FRAME_LIMIT) } else { FRAME_LIMIT };
        Ok(Self { big_endian, nanoseconds, extra, limit, link })
    }

    /// Brings the next record into the buffer; `None` at the end.
    #[inline]
    pub(super) fn record(&self, buffer: &mut Buffer) -> Result<Option<Record>, Stop> {
        loop {
            match self.parse(buffer.ready())? {
                Parsed::Record(record) => return Ok(Some(record)),
                Parsed::Needs(count) if buffer.want(count)? => {}
                Parsed::Needs(_) => return if buffer.ready().is_empty() { Ok(None) } else { Err(Stop::Truncated) },
            }
        }
    }

    /// The record at the beginning of `ready`.
    fn parse(&self, ready: &[u8]) -> Result<Parsed, Stop> {
        if let Some(record) = self.whole(ready) {
            return Ok(Parsed::Record(record));
        }
        let header = RECORD_HEADER + self.extra;
        let Some(&[_, _, _, _, _, _, _, _, c0, c1, c2, c3, ..]) = ready.first_chunk::<RECORD_HEADER>() else {
            return Ok(Parsed::Needs(header));
        };
        match number(self.big_endian, [c0, c1, c2, c3]) {
            captured if captured <= self.limit => Ok(Parsed::Needs(header + captured as usize)),
            captured => Err(Stop::AbsurdLength { length: captured.into(), limit: self.limit.into() }),
        }
    }

    /// The record at the beginning of `ready`, where it lies there whole.
    #[inline]
    pub(super) fn whole(&self, ready: &[u8]) -> Option<Record> {
        self.read(ready, self.big_endian, self.nanoseconds, self.extra)
    }

    /// Whether [`Pcap::usual`] reads it.
    pub(super) fn is_usual(&self) -> bool {
        !self.big_endian && !self.nanoseconds && self.extra == 0
    }

    /// As [`Pcap::whole`], of a file as nearly all are.
    #[inline(always)]
    pub(super) fn usual(&self, ready: &[u8]) -> Option<Record> {
        self.read(ready, false, false, 0)
    }

    #[inline(always)]
    fn read(&self, ready: &[u8], big_endian: bool, nanoseconds: bool, extra: usize) -> Option<Record> {
        let &[s0, s1, s2, s3, f0, f1, f2, f3, c0, c1, c2, c3, o0, o1, o2, o3] = ready.first_chunk()?;
        let seconds = number(big_endian, [s0, s1, s2, s3]);
        let fraction = number(big_endian, [f0, f1, f2, f3]);
        let captured = number(big_endian, [c0, c1, c2, c3]);
        let original_length = number(big_endian, [o0, o1, o2, o3]);
        let (start, length) = (RECORD_HEADER + extra, captured as usize);
        let total = start + length;
        if captured > self.limit || ready.len() < total {
            return None;
        }
        let micros = if nanoseconds { fraction / 1000 } else { fraction };
        let at = Timestamp::from_micros(i64::from(seconds) * 1_000_000 + i64::from(micros));
        Some(Record { at, link: self.link, interface: 0, original_length, start, length, total })
    }
}

#[inline(always)]
fn number(big_endian: bool, octets: [u8; 4]) -> u32 {
    if big_endian { u32::from_be_bytes(octets) } else { u32::from_le_bytes(octets) }
}

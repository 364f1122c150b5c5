//! The capture file format of blocks, draft-ietf-opsawg-pcapng: sections of either byte order, several interfaces with their
//! own link type, snap length and clock.

use event::Timestamp;

use super::buffer::Buffer;
use super::source::{Record, Stop};
use crate::wire::{Fault, LinkType, Malformed, Protocol, Reader};

/// The longest block that is read whole: a frame of 16 MiB and its options.
const BLOCK_LIMIT: u64 = (16 << 20) + (64 << 10);
/// Interfaces of one section.
const INTERFACE_LIMIT: usize = 4096;

// Block types, §10.
const SECTION_HEADER: u32 = 0x0a0d_0d0a;
const INTERFACE_DESCRIPTION: u32 = 1;
const PACKET: u32 = 2;
const SIMPLE_PACKET: u32 = 3;
const ENHANCED_PACKET: u32 = 6;

// Options of an interface, §4.2.
const OPTION_END: u16 = 0;
const OPTION_TSRESOL: u16 = 9;
const OPTION_TSOFFSET: u16 = 14;

const BLOCK_HEADER: usize = 8;
const BYTE_ORDER_MAGIC: u32 = 0x1a2b_3c4d;

/// The current section.
pub(super) struct Pcapng {
    big_endian: bool,
    interfaces: Vec<Interface>,
    /// Time of the last packet: simple packets have none of their own.
    last: Timestamp,
    unknown_links: u64,
}

#[derive(Clone, Copy)]
struct Interface {
    /// The number of a link type that is not known is kept.
    link: Result<LinkType, u16>,
    snaplen: u32,
    /// Ticks per second.
    resolution: u64,
    /// Seconds to be added.
    offset: i64,
}

/// Whether a file begins like this format.
pub(super) fn is_pcapng(beginning: &[u8]) -> bool {
    beginning.starts_with(&SECTION_HEADER.to_be_bytes())
}

impl Pcapng {
    /// Before the first section.
    pub(super) fn open() -> Self {
        Self { big_endian: true, interfaces: Vec::new(), last: Timestamp::default(), unknown_links: 0 }
    }

    /// Interfaces of the present section that were described so far.
    pub(super) fn interfaces(&self) -> usize {
        self.interfaces.len()
    }

    /// Packets passed over because only other interfaces of the section have a link type that is known.
    pub(super) fn unknown_links(&self) -> u64 {
        self.unknown_links
    }

    /// Brings the next packet into the buffer; `None` at the end.
    pub(super) fn record(&mut self, buffer: &mut Buffer) -> Result<Option<Record>, Stop> {
        loop {
            if !buffer.want(BLOCK_HEADER)? {
                return if buffer.ready().is_empty() { Ok(None) } else { Err(Stop::Truncated) };
            }
            let kind = self.u32_at(buffer, 0)?;
            if kind == SECTION_HEADER {
                self.begin_section(buffer)?;
            }
            let total = u64::from(self.u32_at(buffer, 4)?);
            if total < 12 || !total.is_multiple_of(4) {
                return Err(Stop::Damaged("a block has a length that cannot be"));
            }
            let is_read = matches!(kind, INTERFACE_DESCRIPTION | PACKET | SIMPLE_PACKET | ENHANCED_PACKET);
            if !is_read && total > BLOCK_LIMIT {
                if !buffer.skip(total)? {
                    return Err(Stop::Truncated);
                }
                continue;
            }
            if total > BLOCK_LIMIT {
                return Err(Stop::AbsurdLength { length: total, limit: BLOCK_LIMIT });
            }
            let total = total as usize;
            if !buffer.want(total)? {
                return Err(Stop::Truncated);
            }
            let body = buffer.ready().get(BLOCK_HEADER..total - 4).unwrap_or_default();
            if !is_read {
                // Passed over whole: a file that is still written may be asked again for the rest of it.
            } else if kind == INTERFACE_DESCRIPTION {
                let interface = self.interface(body).map_err(|_| Stop::Damaged("an interface description is short"))?;
                self.interfaces.push(interface);
                if self.interfaces.len() > INTERFACE_LIMIT {
                    return Err(Stop::Damaged("a section has more interfaces than can be"));
                }
            } else if let Some(record) = self.packet(kind, body, total)? {
                return Ok(Some(record));
            }
            buffer.consume(total);
        }
    }

    /// The packet at the beginning of `ready`, where one lies there whole that can be nothing but the next of the only interface.
    #[inline]
    pub(super) fn parse(&mut self, ready: &[u8]) -> Option<Record> {
        let (&[k0, k1, k2, k3, t0, t1, t2, t3], _) = ready.split_first_chunk()?;
        let (kind, total) = (self.u32([k0, k1, k2, k3]), self.u32([t0, t1, t2, t3]) as usize);
        let is_next = kind == ENHANCED_PACKET && total.is_multiple_of(4) && self.interfaces.len() == 1;
        let body = ready.get(..total)?.get(BLOCK_HEADER..total.checked_sub(4)?)?;
        if is_next { self.packet(kind, body, total).ok().flatten() } else { None }
    }

    // §4.1. The byte order is the section's own, and its interfaces are.
    fn begin_section(&mut self, buffer: &mut Buffer) -> Result<(), Stop> {
        if !buffer.want(12)? {
            return Err(Stop::Truncated);
        }
        self.big_endian = true;
        self.big_endian = match self.u32_at(buffer, 8)? {
            BYTE_ORDER_MAGIC => true,
            magic if magic.swap_bytes() == BYTE_ORDER_MAGIC => false,
            _ => return Err(Stop::Damaged("a section has no byte-order magic")),
        };
        self.interfaces.clear();
        Ok(())
    }

    fn u32_at(&self, buffer: &Buffer, offset: usize) -> Result<u32, Stop> {
        let octets = buffer.ready().get(offset..).and_then(|octets| octets.first_chunk()).ok_or(Stop::Truncated)?;
        Ok(self.u32(*octets))
    }

    fn u32(&self, octets: [u8; 4]) -> u32 {
        if self.big_endian { u32::from_be_bytes(octets) } else { u32::from_le_bytes(octets) }
    }

    fn u16(&self, octets: [u8; 2]) -> u16 {
        if self.big_endian { u16::from_be_bytes(octets) } else { u16::from_le_bytes(octets) }
    }

    fn interface(&self, body: &[u8]) -> Result<Interface, Malformed> {
        let mut r = Reader::new(Protocol::Ethernet, body);
        let code = self.u16(r.v("link type")?);
        r.v::<2>("reserved")?;
        let snaplen = self.u32(r.v("snap length")?);
        let link = LinkType::from_code(code).ok_or(code);
        let mut interface = Interface { link, snaplen, resolution: 1_000_000, offset: 0 };
        while !r.is_empty() {
            let option = self.u16(r.v("option code")?);
            let length = usize::from(self.u16(r.v("option length")?));
            let mut value = Reader::new(Protocol::Ethernet, r.take(length, "option value")?);
            r.take((length.next_multiple_of(4) - length).min(r.rest().len()), "option padding")?;
            match option {
                OPTION_END => break,
                OPTION_TSRESOL => {
                    let [exponent] = value.v("if_tsresol")?;
                    interface.resolution = resolution(exponent).ok_or(r.error("if_tsresol", Fault::Invalid))?;
                }
                OPTION_TSOFFSET => {
                    let octets: [u8; 8] = value.v("if_tsoffset")?;
                    interface.offset =
                        if self.big_endian { i64::from_be_bytes(octets) } else { i64::from_le_bytes(octets) };
                }
                _ => {}
            }
        }
        Ok(interface)
    }

    // `None` where the packet's interface has an unknown link type but another one has not.
    fn packet(&mut self, kind: u32, body: &[u8], total: usize) -> Result<Option<Record>, Stop> {
        let mut r = Reader::new(Protocol::Ethernet, body);
        let short = |_: Malformed| Stop::Damaged("a packet block is shorter than its packet");
        let (index, ticks, captured, original_length) = match kind {
            SIMPLE_PACKET => (0, None, None, self.u32(r.v("original length").map_err(short)?)),
            _ => {
                let index = match kind {
                    ENHANCED_PACKET => self.u32(r.v("interface").map_err(short)?),
                    _ => {
                        let index = self.u16(r.v("interface").map_err(short)?);
                        r.v::<2>("drops").map_err(short)?;
                        u32::from(index)
                    }
                };
                let high = self.u32(r.v("timestamp").map_err(short)?);
                let low = self.u32(r.v("timestamp").map_err(short)?);
                let captured = self.u32(r.v("captured length").map_err(short)?);
                let original_length = self.u32(r.v("original length").map_err(short)?);
                (index, Some(u64::from(high) << 32 | u64::from(low)), Some(captured), original_length)
            }
        };
        let interface = self.interfaces.get(index as usize);
        let interface = *interface.ok_or(Stop::Damaged("a packet names an interface that was not described"))?;
        let length = match captured {
            Some(captured) => captured as usize,
            None => simple_length(&interface, original_length, r.rest().len()),
        };
        if length > r.rest().len() {
            return Err(Stop::Damaged("a packet block is shorter than its packet"));
        }
        let link = match interface.link {
            Ok(link) => link,
            Err(code) if self.interfaces.iter().all(|interface| interface.link.is_err()) => {
                return Err(Stop::UnknownLinkType(code));
            }
            Err(_) => {
                self.unknown_links += 1;
                return Ok(None);
            }
        };
        if let Some(ticks) = ticks {
            self.last = interface.time(ticks);
        }
        let start = BLOCK_HEADER + body.len() - r.rest().len();
        Ok(Some(Record { at: self.last, link, interface: index, original_length, start, length, total }))
    }
}

// §4.4: not written, but the least of three.
fn simple_length(interface: &Interface, original_length: u32, there: usize) -> usize {
    let snapped = if interface.snaplen == 0 { original_length } else { original_length.min(interface.snaplen) };
    (snapped as usize).min(there)
}

// §4.2: a power of ten, or of two where the highest bit is set. Finer than any clock is refused.
fn resolution(exponent: u8) -> Option<u64> {
    let base: u64 = if exponent & 0x80 == 0 { 10 } else { 2 };
    base.checked_pow(u32::from(exponent & 0x7f))
}

impl Interface {
    fn time(&self, ticks: u64) -> Timestamp {
        let micros = match self.resolution {
            1_000_000 => ticks,
            1_000_000_000 => ticks / 1000,
            resolution => (u128::from(ticks) * 1_000_000 / u128::from(resolution)) as u64,
        };
        let offset = self.offset.saturating_mul(1_000_000);
        Timestamp::from_micros(i64::try_from(micros).unwrap_or(i64::MAX).saturating_add(offset))
    }
}

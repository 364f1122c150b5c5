//! SCTP packets and chunks, RFC 9260 §3, with I-DATA of RFC 8260 §2.1. Checksums are never judged.

use super::{Fault, Malformed, Message, Protocol, Reader, Value};

/// Chunk types that the probe acts on, RFC 9260 §3.2.
pub mod chunk_type {
    /// Payload data.
    pub const DATA: u8 = 0;
    /// Initiation acknowledgement.
    pub const INIT_ACK: u8 = 2;
    /// Selective acknowledgement.
    pub const SACK: u8 = 3;
    /// Abort.
    pub const ABORT: u8 = 6;
    /// Shutdown complete.
    pub const SHUTDOWN_COMPLETE: u8 = 14;
    /// Payload data supporting packet interleaving, RFC 8260.
    pub const I_DATA: u8 = 64;
}

/// The common header, RFC 9260 §3.1: source port, destination port and verification tag in one word, as they follow each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CommonHeader(pub u64);

impl CommonHeader {
    /// Octets of it.
    pub const LENGTH: usize = 12;

    /// Reads the header; `r` then stands at the first chunk.
    #[inline]
    pub fn read(r: &mut Reader<'_>) -> Result<Self, Malformed> {
        let &[s0, s1, d0, d1, t0, t1, t2, t3, _, _, _, _] = r.header("common header")?;
        Ok(Self(u64::from_be_bytes([s0, s1, d0, d1, t0, t1, t2, t3])))
    }

    /// Source port.
    pub const fn source_port(self) -> u16 {
        (self.0 >> 48) as u16
    }

    /// Destination port.
    pub const fn destination_port(self) -> u16 {
        (self.0 >> 32) as u16
    }

    /// The tag that the receiver chose; 0 only beside INIT.
    pub const fn verification_tag(self) -> u32 {
        self.0 as u32
    }

    /// The header of the other direction, in which packets carry `tag`.
    pub const fn reverse(self, tag: u32) -> Self {
        Self((self.destination_port() as u64) << 48 | (self.source_port() as u64) << 32 | tag as u64)
    }
}

/// A chunk, RFC 9260 §3.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chunk<'a> {
    /// Chunk type.
    pub kind: u8,
    /// Chunk flags.
    pub flags: u8,
    /// What was captured of the value.
    pub value: &'a [u8],
    /// The capture does not hold the whole value.
    pub snapped: bool,
}

impl<'a> Chunk<'a> {
    /// Reads one chunk with its padding.
    #[inline]
    pub fn read(r: &mut Reader<'a>) -> Result<Self, Malformed> {
        let &[kind, flags, l0, l1] = r.header("chunk header")?;
        let length = usize::from(u16::from_be_bytes([l0, l1]));
        let length = length.checked_sub(4).ok_or(r.error("chunk length", Fault::Invalid))?;
        let value = r.rest().get(..length);
        let (value, snapped) = value.map_or((r.rest(), true), |whole| (whole, false));
        r.pass((length + 3) & !3); // padded, but for the last
        Ok(Self { kind, flags, value, snapped })
    }
}

/// The name of a chunk type.
pub const fn chunk_name(kind: u8) -> &'static str {
    match kind {
        0 => "data",
        1 => "init",
        2 => "init_ack",
        3 => "sack",
        4 => "heartbeat",
        5 => "heartbeat_ack",
        6 => "abort",
        7 => "shutdown",
        8 => "shutdown_ack",
        9 => "error",
        10 => "cookie_echo",
        11 => "cookie_ack",
        12 => "ecne",
        13 => "cwr",
        14 => "shutdown_complete",
        15 => "auth",
        64 => "i_data",
        128 => "asconf_ack",
        130 => "re_config",
        132 => "pad",
        192 => "forward_tsn",
        193 => "asconf",
        194 => "i_forward_tsn",
        _ => "unknown",
    }
}

/// A DATA or I-DATA chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Data<'a> {
    /// Transmission sequence number.
    pub tsn: u32,
    /// Stream identifier.
    pub stream: u16,
    /// Which user message of its sender this belongs to, and where.
    pub part: Part,
    /// Payload protocol identifier; of I-DATA only in the first fragment.
    pub protocol: u32,
    /// Whether this is the first fragment of the user message (B bit).
    pub beginning: bool,
    /// Whether this is the last fragment of the user message (E bit).
    pub ending: bool,
    /// Octets of the user message.
    pub payload: &'a [u8],
}

/// A fragment's user message and its place there. Fragments with the same `message` and consecutive `sequence` belong
/// together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// For I-DATA unordered bit, stream and message identifier; for DATA always 0, as its fragments have consecutive TSNs.
    pub message: u64,
    /// The fragment sequence number of I-DATA; the TSN of DATA.
    pub sequence: u32,
}

impl Part {
    /// The place before this.
    pub const fn before(self) -> Self {
        Self { sequence: self.sequence.wrapping_sub(1), ..self }
    }

    /// The place behind this.
    pub const fn after(self) -> Self {
        Self { sequence: self.sequence.wrapping_add(1), ..self }
    }
}

const UNORDERED: u8 = 4;
const BEGINNING: u8 = 2;
const ENDING: u8 = 1;

impl<'a> Data<'a> {
    /// Reads a DATA or an I-DATA chunk; `None` where `chunk` is neither.
    #[inline]
    pub fn read(chunk: &Chunk<'a>) -> Option<Result<Self, Malformed>> {
        match chunk.kind {
            chunk_type::DATA => Some(Self::read_data(chunk)),
            chunk_type::I_DATA => Some(Self::read_i_data(chunk)),
            _ => None,
        }
    }

    /// Whether a chunk of this type is one of either.
    pub const fn is_data(chunk_type: Option<u8>) -> bool {
        matches!(chunk_type, Some(chunk_type::DATA | chunk_type::I_DATA))
    }

    /// Whether this is a user message of its own.
    pub const fn is_whole(&self) -> bool {
        self.beginning && self.ending
    }

    // RFC 9260 §3.3.1.
    #[inline]
    fn read_data(chunk: &Chunk<'a>) -> Result<Self, Malformed> {
        let mut r = Reader::new(Protocol::Sctp, chunk.value);
        let &[t0, t1, t2, t3, s0, s1, _, _, p0, p1, p2, p3] = r.header("data header")?;
        let tsn = u32::from_be_bytes([t0, t1, t2, t3]);
        let stream = u16::from_be_bytes([s0, s1]);
        let protocol = u32::from_be_bytes([p0, p1, p2, p3]);
        let part = Part { message: 0, sequence: tsn };
        Ok(Self::with_flags(chunk.flags, tsn, stream, part, protocol, r.rest()))
    }

    // RFC 8260 §2.1.
    fn read_i_data(chunk: &Chunk<'a>) -> Result<Self, Malformed> {
        let mut r = Reader::new(Protocol::Sctp, chunk.value);
        let tsn = r.u32("tsn")?;
        let stream = r.u16("stream identifier")?;
        r.u16("reserved")?;
        let message = r.u32("message identifier")?;
        let protocol_or_sequence = r.u32("payload protocol identifier")?;
        let unordered = u64::from(chunk.flags & UNORDERED != 0);
        let message = 1 << 63 | unordered << 62 | u64::from(stream) << 32 | u64::from(message);
        let (protocol, sequence) =
            if chunk.flags & BEGINNING != 0 { (protocol_or_sequence, 0) } else { (0, protocol_or_sequence) };
        Ok(Self::with_flags(chunk.flags, tsn, stream, Part { message, sequence }, protocol, r.rest()))
    }

    #[inline]
    const fn with_flags(flags: u8, tsn: u32, stream: u16, part: Part, protocol: u32, payload: &'a [u8]) -> Self {
        let (beginning, ending) = (flags & BEGINNING != 0, flags & ENDING != 0);
        Self { tsn, stream, part, protocol, beginning, ending, payload }
    }
}

/// What nearly every chunk is: a DATA chunk, whole in the capture, with a user message of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlainData<'a> {
    /// Transmission sequence number.
    pub tsn: u32,
    /// Payload protocol identifier.
    pub protocol: u32,
    /// The user message.
    pub payload: &'a [u8],
}

impl<'a> PlainData<'a> {
    /// Reads the first of these chunks, and gives those behind it; `None` where it is another one, or has a fault. It says no more
    /// than [`Chunk`] and [`Data`] would.
    #[inline(always)]
    pub fn read(chunks: &'a [u8]) -> Option<(Self, &'a [u8])> {
        const HEADERS: usize = 16;
        const WHOLE: u8 = BEGINNING | ENDING;
        let headers: &[u8; HEADERS] = chunks.first_chunk()?;
        let &[chunk_type::DATA, flags, l0, l1, t0, t1, t2, t3, _, _, _, _, p0, p1, p2, p3] = headers else {
            return None;
        };
        if flags & WHOLE != WHOLE {
            return None;
        }
        let length = usize::from(u16::from_be_bytes([l0, l1]));
        let payload = chunks.get(HEADERS..length)?;
        let behind = chunks.get((length + 3) & !3..).unwrap_or_default(); // padded, but for the last
        let (tsn, protocol) = (u32::from_be_bytes([t0, t1, t2, t3]), u32::from_be_bytes([p0, p1, p2, p3]));
        Some((Self { tsn, protocol, payload }, behind))
    }
}

/// The cumulative TSN ack where these chunks are nothing but a SACK that tells of no gaps, RFC 9260 §3.3.4.
#[inline(always)]
pub fn plain_acknowledgement(chunks: &[u8]) -> Option<u32> {
    const LENGTH: usize = 16;
    // Type and length; the flags mean nothing.
    const HEADER: u32 = (chunk_type::SACK as u32) << 24 | LENGTH as u32;
    const FLAGS: u32 = 0xff << 16;
    let &[h0, h1, h2, h3, a, b, c, d, ..] = <&[u8; LENGTH]>::try_from(chunks).ok()?;
    (u32::from_be_bytes([h0, h1, h2, h3]) & !FLAGS == HEADER).then_some(u32::from_be_bytes([a, b, c, d]))
}

/// The fixed part of INIT and INIT ACK, RFC 9260 §3.3.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Initiation {
    /// The tag that packets to the sender of this chunk will carry.
    pub initiate_tag: u32,
    /// The first TSN that the sender of this chunk will use.
    pub initial_tsn: u32,
}

impl Initiation {
    /// Reads the value of INIT or INIT ACK.
    pub fn read(chunk: &Chunk<'_>) -> Result<Self, Malformed> {
        let mut r = Reader::new(Protocol::Sctp, chunk.value);
        let initiate_tag = r.u32("initiate tag")?;
        r.u32("advertised receiver window credit")?;
        r.u32("number of streams")?;
        let initial_tsn = r.u32("initial tsn")?;
        Ok(Self { initiate_tag, initial_tsn })
    }
}

/// A chunk as `decode --messages` shows it.
#[derive(Clone, Copy, Debug)]
pub struct ChunkMessage<'a> {
    /// Ports and tag of the packet.
    pub header: CommonHeader,
    /// Type and flags.
    pub chunk: Chunk<'a>,
    /// What it carries, if it is DATA or I-DATA.
    pub data: Option<Data<'a>>,
    /// Its TSN was seen before: it is not decoded again.
    pub repeated: bool,
}

impl Message for ChunkMessage<'_> {
    fn protocol(&self) -> Protocol {
        Protocol::Sctp
    }

    fn name(&self) -> &'static str {
        chunk_name(self.chunk.kind)
    }

    fn code(&self) -> u8 {
        self.chunk.kind
    }

    fn elements(&self, visit: &mut dyn FnMut(&'static str, Value<'_>)) {
        visit("source_port", Value::Integer(u64::from(self.header.source_port())));
        visit("destination_port", Value::Integer(u64::from(self.header.destination_port())));
        visit("verification_tag", Value::Code(u64::from(self.header.verification_tag())));
        visit("flags", Value::Code(u64::from(self.chunk.flags)));
        if let Some(data) = self.data {
            visit("tsn", Value::Integer(u64::from(data.tsn)));
            visit("stream_identifier", Value::Integer(u64::from(data.stream)));
            visit("payload_protocol_identifier", Value::Integer(u64::from(data.protocol)));
            visit("repeated", Value::Flag(self.repeated));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DATA: [u8; 20] = [0, 3, 0, 18, 0, 0, 0, 9, 0, 1, 0, 0, 0, 0, 0, 3, 7, 8, 0, 0];

    #[test]
    fn chunks_follow_each_other_behind_padding() {
        let octets = [&DATA[..], &[3, 0, 0, 5, 1]].concat(); // the last chunk without its padding
        let mut r = Reader::new(Protocol::Sctp, &octets);
        let first = Chunk::read(&mut r).unwrap();
        let data = Data::read(&first).unwrap().unwrap();
        assert_eq!((data.tsn, data.stream, data.protocol, data.payload), (9, 1, 3, &[7, 8][..]));
        assert!(data.is_whole());
        let second = Chunk::read(&mut r).unwrap();
        assert_eq!((chunk_name(second.kind), second.value), ("sack", &[1][..]));
        assert!(r.is_empty() && Data::read(&second).is_none());
    }

    #[test]
    fn a_cut_chunk_is_marked_or_malformed() {
        for len in 1..DATA.len() {
            let mut r = Reader::new(Protocol::Sctp, &DATA[..len]);
            match Chunk::read(&mut r) {
                Err(malformed) => assert!(len < 4 && malformed.fault == Fault::Truncated, "cut at {len}"),
                Ok(chunk) => {
                    assert_eq!(chunk.snapped, len < 18, "cut at {len}");
                    assert_eq!(Data::read(&chunk).unwrap().is_ok(), len >= 16, "cut at {len}");
                }
            }
        }
        let mut r = Reader::new(Protocol::Sctp, &[0, 3, 0, 3]);
        assert_eq!(Chunk::read(&mut r).unwrap_err().element, "chunk length");
    }

    #[test]
    fn i_data_numbers_its_fragments_within_the_message() {
        let first =
            Chunk { kind: 64, flags: 2, value: &[0, 0, 0, 1, 0, 2, 0, 0, 0, 0, 0, 5, 0, 0, 0, 3], snapped: false };
        let second = Chunk { flags: 1, value: &[0, 0, 0, 8, 0, 2, 0, 0, 0, 0, 0, 5, 0, 0, 0, 1], ..first };
        let (first, second) = (Data::read(&first).unwrap().unwrap(), Data::read(&second).unwrap().unwrap());
        assert_eq!((first.protocol, first.part.sequence, second.part.sequence), (3, 0, 1));
        assert_eq!(first.part.message, second.part.message);
    }

    #[test]
    fn plain_data_are_what_the_chunk_says() {
        // What is read chunk by chunk, where that is plain.
        let by_parts = |octets: &[u8]| {
            let mut r = Reader::new(Protocol::Sctp, octets);
            let chunk = Chunk::read(&mut r).ok().filter(|chunk| chunk.kind == chunk_type::DATA && !chunk.snapped)?;
            let data = Data::read(&chunk)?.ok().filter(Data::is_whole)?;
            Some((data.tsn, data.protocol, data.payload.to_vec(), r.rest().to_vec()))
        };
        let check = |octets: &[u8]| {
            let plain = PlainData::read(octets);
            let plain = plain.map(|(data, behind)| (data.tsn, data.protocol, data.payload.to_vec(), behind.to_vec()));
            assert_eq!(plain, by_parts(octets), "{octets:?}");
            plain.is_some()
        };
        let chunks = [DATA, DATA].concat();
        assert!(check(&chunks));
        for (place, value) in (0..DATA.len()).flat_map(|place| (0..=u8::MAX).map(move |value| (place, value))) {
            let mut other = chunks.clone();
            other[place] = value;
            check(&other);
        }
        (0..chunks.len()).for_each(|len| assert_eq!(check(&chunks[..len]), len >= 18, "cut at {len}"));
    }

    #[test]
    fn a_plain_acknowledgement_is_a_sack_alone() {
        let sack = [3, 0, 0, 16, 0, 0, 1, 9, 0, 0, 1, 0, 0, 0, 0, 0];
        assert_eq!(plain_acknowledgement(&sack), Some(0x109));
        assert_eq!(plain_acknowledgement(&sack[..15]), None);
        assert_eq!(plain_acknowledgement(&[&sack[..], &DATA].concat()), None);
        let mut with_gap = [&sack[..], &[0, 2, 0, 3]].concat();
        with_gap[3] = 20;
        assert_eq!(plain_acknowledgement(&with_gap), None);
    }
}

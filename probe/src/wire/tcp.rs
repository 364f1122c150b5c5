//! TCP segments, RFC 9293 §3.1.

use super::{Fault, Malformed, Protocol, Reader};

/// A segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment<'a> {
    /// Source port.
    pub source_port: u16,
    /// Destination port.
    pub destination_port: u16,
    /// Sequence number of the first octet of the payload, or of SYN.
    pub sequence: u32,
    /// The sender has every octet of the other direction before this one.
    pub acknowledged: Option<u32>,
    /// CWR, ECE, URG, ACK, PSH, RST, SYN, FIN from the highest bit down.
    pub flags: u8,
    /// The octets of the stream.
    pub payload: &'a [u8],
}

impl<'a> Segment<'a> {
    const FIN: u8 = 1;
    const SYN: u8 = 2;
    const RST: u8 = 4;
    const ACK: u8 = 16;

    /// Reads a segment.
    #[inline]
    pub fn read(octets: &'a [u8]) -> Result<Self, Malformed> {
        let mut r = Reader::new(Protocol::Tcp, octets);
        let source_port = r.u16("source port")?;
        let destination_port = r.u16("destination port")?;
        let sequence = r.u32("sequence number")?;
        let acknowledgment = r.u32("acknowledgment number")?;
        let [data_offset, flags] = r.v("data offset")?;
        r.v::<6>("window")?;
        let options = usize::from(data_offset >> 4) * 4;
        r.take(options.checked_sub(20).ok_or(r.error("data offset", Fault::Invalid))?, "options")?;
        let acknowledged = (flags & Self::ACK != 0).then_some(acknowledgment);
        Ok(Self { source_port, destination_port, sequence, acknowledged, flags, payload: r.rest() })
    }

    /// The sender has nothing more to send.
    pub const fn fin(&self) -> bool {
        self.flags & Self::FIN != 0
    }

    /// The first segment of a direction.
    pub const fn syn(&self) -> bool {
        self.flags & Self::SYN != 0
    }

    /// The first segment of a connection: SYN without ACK.
    pub const fn opens(&self) -> bool {
        self.flags & (Self::SYN | Self::ACK) == Self::SYN
    }

    /// The connection is gone.
    pub const fn rst(&self) -> bool {
        self.flags & Self::RST != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_passed() {
        let octets = [&[0x13, 0x88, 0, 9, 0, 0, 0, 7, 0, 0, 0, 0, 0x60, 0x12, 0, 0, 0, 0, 0, 0][..], &[1; 4], &[5, 6]];
        let octets = octets.concat();
        let segment = Segment::read(&octets).unwrap();
        assert_eq!((segment.source_port, segment.destination_port, segment.sequence), (5000, 9, 7));
        assert_eq!(segment.payload, [5, 6]);
        assert!(segment.syn() && !segment.fin() && !segment.rst());
        for len in 0..24 {
            assert_eq!(Segment::read(&octets[..len]).unwrap_err().fault, Fault::Truncated, "cut at {len}");
        }
    }

    #[test]
    fn a_data_offset_inside_the_header_is_malformed() {
        let octets = [0, 1, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0x40, 0, 0, 0, 0, 0, 0, 0];
        assert_eq!(Segment::read(&octets).unwrap_err().element, "data offset");
    }
}

//! UDP datagrams, RFC 768.

use super::{Malformed, Protocol, Reader};

/// A datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Datagram<'a> {
    /// Source port.
    pub source_port: u16,
    /// Destination port.
    pub destination_port: u16,
    /// What was captured of the payload.
    pub payload: &'a [u8],
}

impl<'a> Datagram<'a> {
    const HEADER_LENGTH: u16 = 8;

    /// Reads a datagram. Octets behind its length are none of it; a length of 0 is a jumbogram's (RFC 2675 §4).
    #[inline]
    pub fn read(octets: &'a [u8]) -> Result<Self, Malformed> {
        let mut r = Reader::new(Protocol::Udp, octets);
        let source_port = r.u16("source port")?;
        let destination_port = r.u16("destination port")?;
        let length = r.u16("length")?;
        r.u16("checksum")?;
        let whole = r.rest();
        let payload = match length {
            0 => whole,
            _ => whole.get(..usize::from(length.saturating_sub(Self::HEADER_LENGTH))).unwrap_or(whole),
        };
        Ok(Self { source_port, destination_port, payload })
    }
}

#[cfg(test)]
mod tests {
    use super::super::Fault;
    use super::*;

    #[test]
    fn a_datagram_ends_where_its_length_says() {
        let octets = [0x08, 0x6d, 0x4e, 0x1f, 0, 10, 0, 0, 1, 2, 9];
        let datagram = Datagram::read(&octets).unwrap();
        assert_eq!((datagram.source_port, datagram.destination_port, datagram.payload), (2157, 19_999, &[1, 2][..]));
        assert_eq!(Datagram::read(&octets[..9]).unwrap().payload, [1]);
        for len in 0..8 {
            assert_eq!(Datagram::read(&octets[..len]).unwrap_err().fault, Fault::Truncated, "cut at {len}");
        }
    }
}

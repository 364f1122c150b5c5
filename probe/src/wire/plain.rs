//! What nearly every frame is, read at one go: SCTP on IPv4 in Ethernet. It says no more than [`super::link`] and [`super::ip`]
//! would, and of what is otherwise nothing.

use super::ether_type;
use super::ip::{Addresses, protocol};
use super::sctp::CommonHeader;

/// An SCTP packet that is whole, in one piece, its IPv4 header without options, behind any VLAN tags.
#[derive(Clone, Copy, Debug)]
pub struct Plain<'a> {
    /// Source and destination address.
    pub addresses: Addresses<'a>,
    /// The common header of SCTP.
    pub header: CommonHeader,
    /// What follows it.
    pub chunks: &'a [u8],
}

impl<'a> Plain<'a> {
    /// Reads a frame of Ethernet; `None` where it is another one, or has a fault.
    #[inline(always)]
    pub fn read(frame: &'a [u8]) -> Option<Self> {
        const MAC_ADDRESSES: usize = 12;
        const ETHER_TYPE: usize = 2;
        const HEADERS: usize = ETHER_TYPE + 20 + CommonHeader::LENGTH;
        let mut tagged = frame.get(MAC_ADDRESSES..)?;
        loop {
            // One look at the length is enough for all headers.
            let headers: &[u8; HEADERS] = tagged.first_chunk()?;
            let (ether_type, headers) = headers.split_first_chunk()?;
            match u16::from_be_bytes(*ether_type) {
                ether_type::IPV4 => {
                    let (&[0x45, _, t0, t1, _, _, f0, f1, _, protocol::SCTP, _, _, ref addresses @ ..], header) =
                        headers.split_first_chunk::<20>()?
                    else {
                        return None;
                    };
                    // More fragments, or an offset.
                    if (f0 & 0x3f) | f1 != 0 {
                        return None;
                    }
                    let end = ETHER_TYPE + usize::from(u16::from_be_bytes([t0, t1]));
                    let chunks = tagged.get(HEADERS..end)?;
                    let header = CommonHeader(u64::from_be_bytes(*header.first_chunk()?));
                    return Some(Self { addresses: Addresses(addresses), header, chunks });
                }
                ether_type::VLAN | ether_type::SERVICE_VLAN | ether_type::OLD_SERVICE_VLAN => {
                    const TAG: usize = 4;
                    tagged = tagged.get(TAG..)?;
                }
                _ => return None,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::link::{self, Carried, LinkType};
    use super::super::{Protocol, Reader, ip};
    use super::*;

    type Parts<'a> = (Addresses<'a>, CommonHeader, &'a [u8]);

    fn read(frame: &[u8]) -> Option<Parts<'_>> {
        Plain::read(frame).map(|plain| (plain.addresses, plain.header, plain.chunks))
    }

    /// As it is read layer by layer, where that gives a plain one.
    fn in_layers(frame: &[u8]) -> Option<Parts<'_>> {
        let Ok(Carried::Network { ether_type: ether_type::IPV4, octets }) = link::read(LinkType::Ethernet, frame)
        else {
            return None;
        };
        let packet = ip::read_v4(octets).ok()?;
        let is_plain = packet.protocol == protocol::SCTP && packet.fragment.is_none() && packet.missing == 0;
        let mut r = Reader::new(Protocol::Sctp, packet.payload);
        let header = CommonHeader::read(&mut r).ok().filter(|_| is_plain)?;
        Some((packet.addresses, header, r.rest()))
    }

    fn frame(tags: &[u8]) -> Vec<u8> {
        let packet = [0x45, 0, 0, 36, 0, 9, 0x40, 0, 64, 132, 1, 2, 10, 0, 0, 1, 10, 0, 0, 2];
        [&[7; 12], tags, &[8, 0], &packet, &[3; 16], &[0; 4]].concat()
    }

    #[test]
    fn a_plain_packet_is_what_its_layers_say() {
        for tags in [&[][..], &[0x81, 0, 0, 7], &[0x88, 0xa8, 0, 7, 0x91, 0, 0, 8]] {
            let frame = frame(tags);
            assert_eq!(read(&frame), in_layers(&frame));
            let header = CommonHeader(0x0303_0303_0303_0303);
            assert_eq!(read(&frame), Some((Addresses(&[10, 0, 0, 1, 10, 0, 0, 2]), header, &[3; 4][..])));
            for len in 0..frame.len() {
                assert_eq!(read(&frame[..len]).is_some(), len >= frame.len() - 4, "cut at {len}");
            }
        }
    }

    #[test]
    fn what_is_not_plain_is_left_to_the_layers() {
        let whole = frame(&[0x81, 0, 0, 7]);
        for (place, value) in (0..whole.len() - 20).flat_map(|place| (0..=u8::MAX).map(move |value| (place, value))) {
            let mut other = whole.clone();
            other[place] = value;
            if let Some(plain) = read(&other) {
                assert_eq!(Some(plain), in_layers(&other), "octet {place} is {value}");
            }
        }
        // More fragments, an offset, options, another protocol, a length shorter than the headers, none.
        for (place, value) in [(24, 0x20), (25, 1), (18, 0x46), (27, 17), (21, 31), (21, 19), (21, 0)] {
            let mut other = whole.clone();
            other[place] = value;
            assert!(read(&other).is_none(), "octet {place} is {value}");
        }
    }
}

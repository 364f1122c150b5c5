//! IPv4 (RFC 791) and IPv6 (RFC 8200) headers with options and extension headers. Checksums are never judged: captures
//! are taken before the network card has filled them in.

use std::fmt;
use std::net::Ipv6Addr;

use super::{Fault, Malformed, Protocol, Reader};

/// An IPv6 address, or an IPv4 address mapped into one (RFC 4291 §2.5.5.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address(pub u128);

impl Address {
    /// An IPv4 address.
    pub const fn from_ipv4(octets: [u8; 4]) -> Self {
        Self(0xffff_0000_0000 | u32::from_be_bytes(octets) as u128)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let address = Ipv6Addr::from_bits(self.0);
        match address.to_ipv4_mapped() {
            Some(address) => address.fmt(f),
            None => write!(f, "[{address}]"),
        }
    }
}

/// The addresses of a packet, where they lie: the source's octets and then the destination's. There are none where its header was
/// not captured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Addresses<'a>(pub &'a [u8]);

impl Addresses<'_> {
    /// Source address; zero where it is not known.
    pub fn source(self) -> Address {
        Self::address(self.0.split_at(self.0.len() / 2).0)
    }

    /// Destination address; zero where it is not known.
    pub fn destination(self) -> Address {
        Self::address(self.0.split_at(self.0.len() / 2).1)
    }

    fn address(octets: &[u8]) -> Address {
        if let Ok(octets) = octets.try_into() {
            return Address::from_ipv4(octets);
        }
        Address(octets.try_into().map_or(0, u128::from_be_bytes))
    }
}

/// Upper-layer protocol numbers that the probe acts on (IANA).
pub mod protocol {
    /// IPv4 in IP, RFC 2003.
    pub const IPV4: u8 = 4;
    /// Transmission Control Protocol.
    pub const TCP: u8 = 6;
    /// User Datagram Protocol.
    pub const UDP: u8 = 17;
    /// IPv6 in IP, RFC 2473.
    pub const IPV6: u8 = 41;
    /// Generic Routing Encapsulation.
    pub const GRE: u8 = 47;
    /// Stream Control Transmission Protocol.
    pub const SCTP: u8 = 132;
}

/// A datagram or a fragment of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packet<'a> {
    /// Source and destination address.
    pub addresses: Addresses<'a>,
    /// Protocol of the payload.
    pub protocol: u8,
    /// Where the payload belongs, if it is a fragment.
    pub fragment: Option<Fragment>,
    /// What was captured of the payload, without link padding.
    pub payload: &'a [u8],
    /// Octets of the payload that the capture does not hold.
    pub missing: usize,
}

impl<'a> Packet<'a> {
    /// What a packet of this protocol carried, where a capture holds no more of it: its addresses are not known.
    pub const fn without_header(protocol: u8, payload: &'a [u8]) -> Self {
        Self { addresses: Addresses(&[]), protocol, fragment: None, payload, missing: 0 }
    }
}

/// The place of a fragment, RFC 791 §3.1 and RFC 8200 §4.5.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fragment {
    /// Identification of the datagram, 16 bits in IPv4 and 32 in IPv6.
    pub identification: u32,
    /// Offset of the payload in octets, a multiple of 8.
    pub offset: u16,
    /// More fragments follow.
    pub more: bool,
}

/// Reads an IPv4 packet.
#[inline]
pub fn read_v4(octets: &[u8]) -> Result<Packet<'_>, Malformed> {
    let mut r = Reader::new(Protocol::Ip, octets);
    let &[version_ihl, _tos, t0, t1, i0, i1, f0, f1, _ttl, protocol, _, _, ref addresses @ ..]: &[u8; 20] =
        r.header("header")?;
    let header_length = usize::from(version_ihl & 15) * 4;
    if version_ihl >> 4 != 4 || header_length < 20 {
        return Err(r.error("version", Fault::Invalid));
    }
    if header_length > 20 {
        r.take(header_length - 20, "options")?;
    }
    let total_length = usize::from(u16::from_be_bytes([t0, t1]));
    let identification = u16::from_be_bytes([i0, i1]);
    let flags_offset = u16::from_be_bytes([f0, f1]);
    let (payload, missing) = match total_length {
        0 => (r.rest(), 0), // filled in by the network card when it segments (TSO)
        _ => kept(r.rest(), total_length.checked_sub(header_length).ok_or(r.error("total length", Fault::Invalid))?),
    };
    let fragment = (flags_offset & 0x3fff != 0).then_some(Fragment {
        identification: u32::from(identification),
        offset: (flags_offset & 0x1fff).wrapping_mul(8),
        more: flags_offset & 0x2000 != 0,
    });
    Ok(Packet { addresses: Addresses(addresses), protocol, fragment, payload, missing })
}

/// Reads an IPv6 packet, passing over its extension headers.
pub fn read_v6(octets: &[u8]) -> Result<Packet<'_>, Malformed> {
    let mut r = Reader::new(Protocol::Ip, octets);
    let [version, _, _, _] = r.v("version")?;
    if version >> 4 != 6 {
        return Err(r.error("version", Fault::Invalid));
    }
    let payload_length = usize::from(r.u16("payload length")?);
    let [next_header, _hop_limit] = r.v("next header")?;
    let addresses = Addresses(r.header::<32>("addresses")?);
    let (payload, missing) = match payload_length {
        0 => (r.rest(), 0), // a jumbogram, or segmented by the network card
        _ => kept(r.rest(), payload_length),
    };
    let mut r = Reader::new(Protocol::Ip, payload);
    let (protocol, fragment) = extension_headers(&mut r, next_header)?;
    Ok(Packet { addresses, protocol, fragment, payload: r.rest(), missing })
}

// RFC 8200 §4: up to the first header that is none, or up to the fragment header of a later fragment, behind which there
// is no header any more.
fn extension_headers(r: &mut Reader<'_>, mut next_header: u8) -> Result<(u8, Option<Fragment>), Malformed> {
    let mut fragment = None;
    loop {
        match next_header {
            // Hop-by-hop, routing, destination options, mobility, HIP, shim6: length in units of 8 octets, less one.
            0 | 43 | 60 | 135 | 139 | 140 => {
                let [next, units] = r.v("extension header")?;
                r.take(6 + usize::from(units) * 8, "extension header")?;
                next_header = next;
            }
            // Authentication header, RFC 4302 §2.2: units of 4 octets, less two.
            51 => {
                let [next, units] = r.v("authentication header")?;
                r.take(6 + usize::from(units) * 4, "authentication header")?;
                next_header = next;
            }
            44 => {
                let [next, _] = r.v("fragment header")?;
                let offset_more = r.u16("fragment offset")?;
                let identification = r.u32("identification")?;
                next_header = next;
                // An "atomic" fragment (RFC 6946) is whole.
                if offset_more & 0xfff9 != 0 {
                    let offset = offset_more & 0xfff8;
                    fragment = Some(Fragment { identification, offset, more: offset_more & 1 != 0 });
                    return Ok((next_header, fragment));
                }
            }
            _ => return Ok((next_header, fragment)),
        }
    }
}

#[inline]
fn kept(octets: &[u8], length: usize) -> (&[u8], usize) {
    octets.get(..length).map_or((octets, length.saturating_sub(octets.len())), |whole| (whole, 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    const V4: [u8; 20] = [0x45, 0, 0, 24, 0x12, 0x34, 0x20, 3, 64, 132, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2];

    #[test]
    fn ipv4_without_link_padding() {
        let octets = [&V4[..], &[1, 2, 3, 4, 0, 0]].concat();
        let packet = read_v4(&octets).unwrap();
        assert_eq!(packet.payload, [1, 2, 3, 4]);
        assert_eq!(packet.addresses.source(), Address::from_ipv4([10, 0, 0, 1]));
        assert_eq!(packet.addresses.destination(), Address::from_ipv4([10, 0, 0, 2]));
        assert_eq!(packet.protocol, protocol::SCTP);
        assert_eq!(packet.fragment, Some(Fragment { identification: 0x1234, offset: 24, more: true }));
        assert_eq!(packet.missing, 0);
        assert_eq!(read_v4(&octets[..22]).unwrap().missing, 2);
        for len in 0..20 {
            assert_eq!(read_v4(&octets[..len]).unwrap_err().fault, Fault::Truncated, "cut at {len}");
        }
    }

    #[test]
    fn ipv4_options_are_passed_and_do_not_fragment_means_whole() {
        let mut octets = [&V4[..], &[1, 1, 1, 1], &[9, 9]].concat();
        octets[0] = 0x46;
        octets[3] = 26;
        octets[6..8].copy_from_slice(&[0x40, 0]);
        let packet = read_v4(&octets).unwrap();
        assert_eq!((packet.payload, packet.fragment), (&[9, 9][..], None));
        octets[3] = 20; // shorter than its own header
        assert_eq!(read_v4(&octets).unwrap_err().element, "total length");
    }

    fn v6(next_header: u8, behind: &[u8]) -> Vec<u8> {
        let length = u8::try_from(behind.len()).unwrap();
        [&[0x60, 0, 0, 0, 0, length, next_header, 64][..], &[1; 16], &[2; 16], behind].concat()
    }

    #[test]
    fn ipv6_extension_headers_are_passed() {
        let hop_by_hop = [60, 0, 1, 4, 0, 0, 0, 0];
        let destination_options = [51, 1, 1, 4, 0, 0, 0, 0, 1, 4, 0, 0, 0, 0, 0, 0];
        let authentication = [132, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        let octets = v6(0, &[&hop_by_hop[..], &destination_options, &authentication, &[7, 7]].concat());
        let packet = read_v6(&octets).unwrap();
        assert_eq!((packet.protocol, packet.payload, packet.fragment), (132, &[7, 7][..], None));
        let ends = [packet.addresses.source(), packet.addresses.destination()];
        assert_eq!(ends, [1, 2].map(|octet| Address(u128::from_be_bytes([octet; 16]))));
        for len in 0..octets.len() - 2 {
            assert_eq!(read_v6(&octets[..len]).unwrap_err().fault, Fault::Truncated, "cut at {len}");
        }
    }

    #[test]
    fn ipv6_fragments_end_the_headers_and_atomic_ones_are_whole() {
        let octets = v6(44, &[132, 0, 0, 17, 0, 0, 0, 5, 8, 8]);
        let packet = read_v6(&octets).unwrap();
        assert_eq!(packet.fragment, Some(Fragment { identification: 5, offset: 16, more: true }));
        assert_eq!(packet.payload, [8, 8]);
        assert_eq!(read_v6(&v6(44, &[132, 0, 0, 0, 0, 0, 0, 5, 8])).unwrap().fragment, None);
    }
}

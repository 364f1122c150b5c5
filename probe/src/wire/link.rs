//! Link layers: from the captured octets to the network layer's.
//!
//! Ethernet with any depth of VLAN tags, Linux "cooked" frames, BSD loopback, and raw IP.

use super::{Fault, Malformed, Protocol, Reader};

/// The link types that can be read, of those registered at <https://www.tcpdump.org/linktypes.html>.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LinkType {
    /// 0: BSD loopback, the protocol family in the byte order of the capturing host.
    Null,
    /// 1: IEEE 802.3.
    Ethernet,
    /// 101, and 12 or 14 as some systems write it: IPv4 or IPv6 by the version field.
    Raw,
    /// 108: OpenBSD loopback, the protocol family in network byte order.
    Loop,
    /// 113: Linux "cooked" capture.
    LinuxSll,
    /// 228: IPv4.
    Ipv4,
    /// 229: IPv6.
    Ipv6,
    /// 276: Linux "cooked" capture, version 2.
    LinuxSll2,
}

impl LinkType {
    /// Every link type that can be read: the number in files, the type, its name.
    pub const KNOWN: [(u16, Self, &'static str); 10] = [
        (0, Self::Null, "BSD loopback"),
        (1, Self::Ethernet, "Ethernet"),
        (12, Self::Raw, "raw IP"),
        (14, Self::Raw, "raw IP"),
        (101, Self::Raw, "raw IP"),
        (108, Self::Loop, "OpenBSD loopback"),
        (113, Self::LinuxSll, "Linux cooked"),
        (228, Self::Ipv4, "IPv4"),
        (229, Self::Ipv6, "IPv6"),
        (276, Self::LinuxSll2, "Linux cooked v2"),
    ];

    /// The link type with this number in capture files.
    pub fn from_code(code: u16) -> Option<Self> {
        Self::KNOWN.iter().find(|known| known.0 == code).map(|known| known.1)
    }
}

/// EtherTypes that the probe acts on, IEEE 802 Numbers (IANA).
pub mod ether_type {
    /// Internet Protocol version 4.
    pub const IPV4: u16 = 0x0800;
    /// Address Resolution Protocol.
    pub const ARP: u16 = 0x0806;
    /// Customer VLAN tag, IEEE 802.1Q.
    pub const VLAN: u16 = 0x8100;
    /// Internet Protocol version 6.
    pub const IPV6: u16 = 0x86dd;
    /// Service VLAN tag, IEEE 802.1ad (QinQ).
    pub const SERVICE_VLAN: u16 = 0x88a8;
    /// The service tag of equipment older than IEEE 802.1ad.
    pub const OLD_SERVICE_VLAN: u16 = 0x9100;
}

/// What a frame carries, behind any VLAN tags.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Carried<'a> {
    /// The EtherType; below 0x0600 an IEEE 802.3 length, the frame being LLC.
    pub ether_type: u16,
    /// The octets behind it, with padding where the link pads.
    pub octets: &'a [u8],
}

/// Reads the link layer of `frame`.
#[inline]
pub fn read(link: LinkType, frame: &[u8]) -> Result<Carried<'_>, Malformed> {
    let mut r = Reader::new(Protocol::Ethernet, frame);
    match link {
        LinkType::Ethernet => {
            r.v::<12>("addresses")?;
            tagged(&mut r)
        }
        LinkType::LinuxSll => {
            r.v::<14>("cooked header")?;
            tagged(&mut r)
        }
        LinkType::LinuxSll2 => {
            let ether_type = r.u16("protocol type")?;
            r.v::<18>("cooked header")?;
            untag(&mut r, ether_type)
        }
        LinkType::Null | LinkType::Loop => by_family(&mut r),
        LinkType::Raw => by_version(&r),
        LinkType::Ipv4 => Ok(Carried { ether_type: ether_type::IPV4, octets: frame }),
        LinkType::Ipv6 => Ok(Carried { ether_type: ether_type::IPV6, octets: frame }),
    }
}

#[inline]
fn tagged<'a>(r: &mut Reader<'a>) -> Result<Carried<'a>, Malformed> {
    let ether_type = r.u16("ethertype")?;
    untag(r, ether_type)
}

#[inline]
fn untag<'a>(r: &mut Reader<'a>, mut ether_type: u16) -> Result<Carried<'a>, Malformed> {
    while matches!(ether_type, ether_type::VLAN | ether_type::SERVICE_VLAN | ether_type::OLD_SERVICE_VLAN) {
        r.v::<2>("vlan tag control information")?;
        ether_type = r.u16("ethertype")?;
    }
    Ok(Carried { ether_type, octets: r.rest() })
}

// Families are small numbers, so a large one was written by a host of the other byte order. AF_INET is 2 everywhere,
// AF_INET6 is not.
fn by_family<'a>(r: &mut Reader<'a>) -> Result<Carried<'a>, Malformed> {
    let family = r.u32("protocol family")?;
    let family = if family > 0xffff { family.swap_bytes() } else { family };
    let ether_type = match family {
        2 => ether_type::IPV4,
        10 | 24 | 28 | 30 => ether_type::IPV6,
        _ => return Err(r.error("protocol family", Fault::Invalid)),
    };
    Ok(Carried { ether_type, octets: r.rest() })
}

fn by_version<'a>(r: &Reader<'a>) -> Result<Carried<'a>, Malformed> {
    let ether_type = match r.peek().map(|octet| octet >> 4) {
        Some(4) => ether_type::IPV4,
        Some(6) => ether_type::IPV6,
        Some(_) => return Err(r.error("ip version", Fault::Invalid)),
        None => return Err(r.error("ip version", Fault::Truncated)),
    };
    Ok(Carried { ether_type, octets: r.rest() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(link: LinkType, header: &[u8], expected: u16) {
        let frame = [header, &[0x45, 1, 2]].concat();
        let carried = read(link, &frame).unwrap();
        assert_eq!((carried.ether_type, carried.octets), (expected, &[0x45, 1, 2][..]), "{link:?}");
        for len in 0..header.len() {
            assert_eq!(read(link, &frame[..len]).unwrap_err().fault, Fault::Truncated, "{link:?} cut at {len}");
        }
    }

    #[test]
    fn every_link_type_gives_what_it_carries() {
        check(LinkType::Ethernet, &[&[0; 12][..], &[8, 0]].concat(), ether_type::IPV4);
        check(LinkType::LinuxSll, &[&[0; 14][..], &[0x86, 0xdd]].concat(), ether_type::IPV6);
        check(LinkType::LinuxSll2, &[&[8, 6][..], &[0; 18]].concat(), ether_type::ARP);
        check(LinkType::Loop, &[0, 0, 0, 2], ether_type::IPV4);
        check(LinkType::Null, &[2, 0, 0, 0], ether_type::IPV4);
        check(LinkType::Null, &[0, 0, 0, 30], ether_type::IPV6);
        check(LinkType::Raw, &[], ether_type::IPV4);
    }

    #[test]
    fn vlan_tags_are_passed_at_any_depth() {
        let tags = [&[0; 12][..], &[0x91, 0, 0, 1], &[0x88, 0xa8, 0, 2], &[0x81, 0, 0xe0, 3], &[8, 0]].concat();
        check(LinkType::Ethernet, &tags, ether_type::IPV4);
        let cooked = [&[0; 14][..], &[0x81, 0, 0, 1], &[8, 0]].concat();
        check(LinkType::LinuxSll, &cooked, ether_type::IPV4);
    }

    #[test]
    fn a_strange_family_or_version_is_malformed() {
        assert_eq!(read(LinkType::Null, &[99, 0, 0, 0]).unwrap_err().element, "protocol family");
        assert_eq!(read(LinkType::Raw, &[0x55]).unwrap_err().element, "ip version");
        assert_eq!(LinkType::from_code(140), None);
        assert_eq!(LinkType::from_code(14), Some(LinkType::Raw));
    }
}

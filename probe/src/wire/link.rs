//! Link layers: from the captured octets to what they carry.
//!
//! Ethernet with any depth of VLAN tags, Linux "cooked" frames, BSD loopback, raw IP, PPP, Cisco HDLC, Frame Relay, the
//! layers of a signalling link, and what others have traced of GSM.

use super::frame_relay::LineEnd;
use super::mtp2::PseudoHeader;
use super::{Fault, Malformed, Protocol, Reader, ether_type, frame_relay, ppp, snap};

/// The link types that can be read, of those registered at <https://www.tcpdump.org/linktypes.html>.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LinkType {
    /// 0: BSD loopback, the protocol family in the byte order of the capturing host.
    Null,
    /// 1: IEEE 802.3.
    Ethernet,
    /// 9, 50 and 51: PPP, with or without its address field, or in an Ethernet session.
    Ppp(PppForm),
    /// 101, and 12 or 14 as some systems write it: IPv4 or IPv6 by the version field.
    Raw,
    /// 104: Cisco HDLC, an EtherType behind two octets.
    CiscoHdlc,
    /// 204: PPP behind an octet that tells the direction.
    PppWithDirection,
    /// 205: Cisco HDLC behind an octet that tells the direction.
    CiscoHdlcWithDirection,
    /// 248: SCTP packets without IP.
    Sctp,
    /// 107: Frame Relay.
    FrameRelay,
    /// 206: Frame Relay behind an octet that tells the direction.
    FrameRelayWithDirection,
    /// 182: Frame Relay on a bundle of links, FRF.16.1.
    MultilinkFrameRelay,
    /// Frame Relay behind the pseudo-header of frames from E1 recordings, in no capture file.
    FrameRelayOfLine,
    /// 108: OpenBSD loopback, the protocol family in network byte order.
    Loop,
    /// 113: Linux "cooked" capture.
    LinuxSll,
    /// 139: MTP2 signal units behind a pseudo-header.
    Mtp2WithPseudoHeader,
    /// 140: MTP2 signal units.
    Mtp2,
    /// 141: MTP3 messages.
    Mtp3,
    /// 142: SCCP messages.
    Sccp,
    /// 169: LLC frames of GPRS.
    Llc,
    /// 217 and 218: what GSMTAP traces, of the air or of Abis.
    Gsmtap,
    /// 228: IPv4.
    Ipv4,
    /// 229: IPv6.
    Ipv6,
    /// 276: Linux "cooked" capture, version 2.
    LinuxSll2,
}

/// How PPP lies in a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PppForm {
    /// A frame.
    Bare,
    /// A frame of an Ethernet session, RFC 2516.
    Session,
}

impl LinkType {
    /// Every link type that can be read: the number in files, the type, its name.
    pub const KNOWN: [(u16, Self, &'static str); 27] = [
        (0, Self::Null, "BSD loopback"),
        (1, Self::Ethernet, "Ethernet"),
        (9, Self::Ppp(PppForm::Bare), "PPP"),
        (12, Self::Raw, "raw IP"),
        (14, Self::Raw, "raw IP"),
        (50, Self::Ppp(PppForm::Bare), "PPP in HDLC"),
        (51, Self::Ppp(PppForm::Session), "PPP over Ethernet"),
        (101, Self::Raw, "raw IP"),
        (104, Self::CiscoHdlc, "Cisco HDLC"),
        (107, Self::FrameRelay, "Frame Relay"),
        (108, Self::Loop, "OpenBSD loopback"),
        (113, Self::LinuxSll, "Linux cooked"),
        (139, Self::Mtp2WithPseudoHeader, "MTP2 with pseudo-header"),
        (140, Self::Mtp2, "MTP2"),
        (141, Self::Mtp3, "MTP3"),
        (142, Self::Sccp, "SCCP"),
        (169, Self::Llc, "GPRS LLC"),
        (182, Self::MultilinkFrameRelay, "Multilink Frame Relay"),
        (204, Self::PppWithDirection, "PPP with direction"),
        (205, Self::CiscoHdlcWithDirection, "Cisco HDLC with direction"),
        (206, Self::FrameRelayWithDirection, "Frame Relay with direction"),
        (217, Self::Gsmtap, "GSMTAP of the air"),
        (218, Self::Gsmtap, "GSMTAP of Abis"),
        (228, Self::Ipv4, "IPv4"),
        (229, Self::Ipv6, "IPv6"),
        (248, Self::Sctp, "SCTP"),
        (276, Self::LinuxSll2, "Linux cooked v2"),
    ];

    /// The link type with this number in capture files.
    pub fn from_code(code: u16) -> Option<Self> {
        Self::KNOWN.iter().find(|known| known.0 == code).map(|known| known.1)
    }
}

/// What a frame carries, behind any VLAN tags.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carried<'a> {
    /// What an EtherType names.
    Network {
        /// The EtherType.
        ether_type: u16,
        /// The octets behind it, with padding where the link pads.
        octets: &'a [u8],
    },
    /// An MTP2 signal unit.
    SignalUnit {
        /// Link and direction, where the capture tells.
        header: Option<PseudoHeader>,
        /// The unit.
        octets: &'a [u8],
    },
    /// An MTP3 message.
    Mtp3(&'a [u8]),
    /// An SCCP message.
    Sccp(&'a [u8]),
    /// An SCTP packet of which the capture does not hold the IP header.
    Sctp(&'a [u8]),
    /// An NS PDU on Frame Relay.
    Ns {
        /// The end of the link that sent it, where the capture tells.
        sender: Option<LineEnd>,
        /// The virtual circuit: its data link connection identifier.
        circuit: u32,
        /// The PDU.
        octets: &'a [u8],
    },
    /// An LLC frame of GPRS without what carried it, so nobody's.
    Llc(&'a [u8]),
    /// A GSMTAP header and what it is about.
    Gsmtap(&'a [u8]),
    /// The link's own control, which carries nothing.
    Control,
}

/// Reads the link layer of `frame`.
#[inline]
pub fn read(link: LinkType, frame: &[u8]) -> Result<Carried<'_>, Malformed> {
    match link {
        LinkType::Ethernet => ethernet(frame),
        _ => other_than_ethernet(link, frame),
    }
}

#[inline]
fn ethernet(frame: &[u8]) -> Result<Carried<'_>, Malformed> {
    let mut r = Reader::new(Protocol::Ethernet, frame);
    r.v::<12>("addresses")?;
    tagged(&mut r)
}

#[inline(never)]
fn other_than_ethernet(link: LinkType, frame: &[u8]) -> Result<Carried<'_>, Malformed> {
    let mut r = Reader::new(Protocol::Ethernet, frame);
    match link {
        LinkType::Ethernet => ethernet(frame),
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
        LinkType::Ipv4 => Ok(Carried::Network { ether_type: ether_type::IPV4, octets: frame }),
        LinkType::Ipv6 => Ok(Carried::Network { ether_type: ether_type::IPV6, octets: frame }),
        LinkType::Ppp(PppForm::Bare) => ppp::read(frame),
        LinkType::Ppp(PppForm::Session) => ppp::read_session(frame),
        LinkType::CiscoHdlc => cisco_hdlc(&mut r),
        LinkType::PppWithDirection => {
            r.u8("direction")?;
            ppp::read(r.rest())
        }
        LinkType::CiscoHdlcWithDirection => {
            r.u8("direction")?;
            cisco_hdlc(&mut r)
        }
        LinkType::FrameRelay => frame_relay::read(frame),
        LinkType::FrameRelayWithDirection => frame_relay::read_with_direction(frame),
        LinkType::MultilinkFrameRelay => frame_relay::read_multilink(frame),
        LinkType::FrameRelayOfLine => frame_relay::read_of_line(frame),
        LinkType::Mtp2WithPseudoHeader => {
            let header = Some(PseudoHeader::read(&mut r)?);
            Ok(Carried::SignalUnit { header, octets: r.rest() })
        }
        LinkType::Mtp2 => Ok(Carried::SignalUnit { header: None, octets: frame }),
        LinkType::Mtp3 => Ok(Carried::Mtp3(frame)),
        LinkType::Sccp => Ok(Carried::Sccp(frame)),
        LinkType::Llc => Ok(Carried::Llc(frame)),
        LinkType::Gsmtap => Ok(Carried::Gsmtap(frame)),
        LinkType::Sctp => Ok(Carried::Sctp(frame)),
    }
}

fn cisco_hdlc<'a>(r: &mut Reader<'a>) -> Result<Carried<'a>, Malformed> {
    r.v::<2>("address and control")?;
    tagged(r)
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
    if ether_type <= snap::LONGEST_FRAME {
        return with_length(r, ether_type);
    }
    Ok(Carried::Network { ether_type, octets: r.rest() })
}

// A frame of IEEE 802.3: padded where it is short. A "cooked" one has no length, but the number of this protocol.
#[cold]
fn with_length<'a>(r: &mut Reader<'a>, length: u16) -> Result<Carried<'a>, Malformed> {
    const COOKED_802_2: u16 = 4;
    let rest = r.rest();
    snap::read(if length == COOKED_802_2 { rest } else { rest.get(..usize::from(length)).unwrap_or(rest) })
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
    Ok(Carried::Network { ether_type, octets: r.rest() })
}

fn by_version<'a>(r: &Reader<'a>) -> Result<Carried<'a>, Malformed> {
    let ether_type = match r.peek().map(|octet| octet >> 4) {
        Some(4) => ether_type::IPV4,
        Some(6) => ether_type::IPV6,
        Some(_) => return Err(r.error("ip version", Fault::Invalid)),
        None => return Err(r.error("ip version", Fault::Truncated)),
    };
    Ok(Carried::Network { ether_type, octets: r.rest() })
}

#[cfg(test)]
mod tests {
    use super::super::mtp2::SequenceFormat;
    use super::*;

    fn check(link: LinkType, header: &[u8], expected: u16) {
        let frame = [header, &[0x45, 1, 2]].concat();
        let carried = Carried::Network { ether_type: expected, octets: &[0x45, 1, 2] };
        assert_eq!(read(link, &frame), Ok(carried), "{link:?}");
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
        check(LinkType::Ppp(PppForm::Bare), &[0, 0x21], ether_type::IPV4);
        check(LinkType::Ppp(PppForm::Session), &[0x11, 0, 0, 1, 0, 5, 0, 0x21], ether_type::IPV4);
        check(LinkType::CiscoHdlc, &[0x0f, 0, 0x86, 0xdd], ether_type::IPV6);
        check(LinkType::CiscoHdlcWithDirection, &[1, 0x0f, 0, 8, 0], ether_type::IPV4);
        check(LinkType::PppWithDirection, &[0, 0, 0x21], ether_type::IPV4);
    }

    #[test]
    fn a_length_in_place_of_an_ether_type_is_followed_by_one() {
        let snap = [0xaa, 0xaa, 3, 0, 0, 0, 8, 0];
        check(LinkType::Ethernet, &[&[0; 12][..], &[0, 11], &snap].concat(), ether_type::IPV4);
        check(LinkType::Ethernet, &[&[0; 12][..], &[0x81, 0, 0, 7, 0, 11], &snap].concat(), ether_type::IPV4);
        check(LinkType::LinuxSll, &[&[0; 14][..], &[0, 4], &snap].concat(), ether_type::IPV4);
        let padded = [&[0; 12][..], &[0, 9], &snap, &[0x45, 0, 0, 0]].concat();
        let packet = Carried::Network { ether_type: ether_type::IPV4, octets: &[0x45] };
        assert_eq!(read(LinkType::Ethernet, &padded), Ok(packet));
    }

    #[test]
    fn frame_relay_carries_packets_and_more() {
        let packet = Carried::Network { ether_type: ether_type::IPV4, octets: &[0x45] };
        assert_eq!(read(LinkType::FrameRelay, &[0x18, 0x41, 3, 0xcc, 0x45]), Ok(packet));
    }

    #[test]
    fn the_layers_of_a_signalling_link_are_carried_as_they_are() {
        let octets = &[0, 0, 0, 9, 1, 2][..];
        let header = Some(PseudoHeader { sent: false, format: Some(SequenceFormat::Basic), link: 9 });
        for (link, expected) in [
            (LinkType::Mtp2WithPseudoHeader, Carried::SignalUnit { header, octets: &[1, 2] }),
            (LinkType::Mtp2, Carried::SignalUnit { header: None, octets }),
            (LinkType::Mtp3, Carried::Mtp3(octets)),
            (LinkType::Sccp, Carried::Sccp(octets)),
            (LinkType::Sctp, Carried::Sctp(octets)),
            (LinkType::Llc, Carried::Llc(octets)),
            (LinkType::Gsmtap, Carried::Gsmtap(octets)),
        ] {
            assert_eq!(read(link, octets), Ok(expected), "{link:?}");
        }
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
        assert_eq!(LinkType::from_code(147), None);
        assert_eq!(LinkType::from_code(14), Some(LinkType::Raw));
    }
}

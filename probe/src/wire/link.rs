//! Link layers: from the captured octets to what they carry.
//!
//! Ethernet with any depth of VLAN tags, Linux "cooked" frames, BSD loopback, raw IP, PPP, Cisco HDLC, Frame Relay, the
//! layers of a signalling link, and what others have traced of GSM.

use super::frame_relay::LineEnd;
use super::mtp2::PseudoHeader;
use super::{Fault, Malformed, Protocol, Reader, ether_type, frame_relay, ppp, snap};

/// The one table of link types: what each is, what reads its frames, and the numbers and names that it has in capture files.
macro_rules! link_types {
    ($($(#[$doc:meta])* $link:ident, $read:expr, [$($code:literal $name:literal),*];)*) => {
        /// The link types that can be read, of those registered at <https://www.tcpdump.org/linktypes.html>.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum LinkType {
            $($(#[$doc])* $link,)*
        }

        impl LinkType {
            /// Every link type of capture files that can be read: the number in files, the type, its name.
            pub const KNOWN: &'static [(u16, Self, &'static str)] = &[$($(($code, Self::$link, $name),)*)*];
        }

        #[inline(never)]
        fn read_any(link: LinkType, frame: &[u8]) -> Result<Carried<'_>, Malformed> {
            match link {
                $(LinkType::$link => $read(frame),)*
            }
        }
    };
}

link_types! {
    /// BSD loopback, the protocol family in the byte order of the capturing host.
    Null, by_family, [0 "BSD loopback"];
    /// IEEE 802.3.
    Ethernet, ethernet, [1 "Ethernet"];
    /// PPP, with or without its address field.
    Ppp, ppp::read, [9 "PPP", 50 "PPP in HDLC"];
    /// IPv4 or IPv6 by the version field; 12 and 14 as some systems write it.
    Raw, by_version, [12 "raw IP", 14 "raw IP", 101 "raw IP"];
    /// PPP in an Ethernet session, RFC 2516.
    PppSession, ppp::read_session, [51 "PPP over Ethernet"];
    /// Cisco HDLC, an EtherType behind two octets.
    CiscoHdlc, cisco_hdlc, [104 "Cisco HDLC"];
    /// Frame Relay.
    FrameRelay, frame_relay::read, [107 "Frame Relay"];
    /// OpenBSD loopback, the protocol family in network byte order.
    Loop, by_family, [108 "OpenBSD loopback"];
    /// Linux "cooked" capture.
    LinuxSll, linux_sll, [113 "Linux cooked"];
    /// MTP2 signal units behind a pseudo-header.
    Mtp2WithPseudoHeader, mtp2_with_pseudo_header, [139 "MTP2 with pseudo-header"];
    /// MTP2 signal units.
    Mtp2, |octets| Ok(Carried::SignalUnit { header: None, octets }), [140 "MTP2"];
    /// MTP3 messages.
    Mtp3, |octets| Ok(Carried::Mtp3(octets)), [141 "MTP3"];
    /// SCCP messages.
    Sccp, |octets| Ok(Carried::Sccp(octets)), [142 "SCCP"];
    /// LLC frames of GPRS.
    Llc, |octets| Ok(Carried::Llc(octets)), [169 "GPRS LLC"];
    /// Frame Relay on a bundle of links, FRF.16.1.
    MultilinkFrameRelay, frame_relay::read_multilink, [182 "Multilink Frame Relay"];
    /// PPP behind an octet that tells the direction.
    PppWithDirection, |frame| ppp::read(behind_direction(frame)?), [204 "PPP with direction"];
    /// Cisco HDLC behind an octet that tells the direction.
    CiscoHdlcWithDirection, |frame| cisco_hdlc(behind_direction(frame)?), [205 "Cisco HDLC with direction"];
    /// Frame Relay behind an octet that tells the direction.
    FrameRelayWithDirection, frame_relay::read_with_direction, [206 "Frame Relay with direction"];
    /// What GSMTAP traces, of the air or of Abis.
    Gsmtap, |octets| Ok(Carried::Gsmtap(octets)), [217 "GSMTAP of the air", 218 "GSMTAP of Abis"];
    /// IPv4.
    Ipv4, |octets| Ok(Carried::Network { ether_type: ether_type::IPV4, octets }), [228 "IPv4"];
    /// IPv6.
    Ipv6, |octets| Ok(Carried::Network { ether_type: ether_type::IPV6, octets }), [229 "IPv6"];
    /// SCTP packets without IP.
    Sctp, |octets| Ok(Carried::Sctp(octets)), [248 "SCTP"];
    /// Linux "cooked" capture, version 2.
    LinuxSll2, linux_sll2, [276 "Linux cooked v2"];
    /// Frame Relay behind the pseudo-header of frames from E1 recordings, in no capture file.
    FrameRelayOfLine, frame_relay::read_of_line, [];
}

impl LinkType {
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
    // Nearly every frame is one.
    if link == LinkType::Ethernet { ethernet(frame) } else { read_any(link, frame) }
}

#[inline]
fn ethernet(frame: &[u8]) -> Result<Carried<'_>, Malformed> {
    let mut r = Reader::new(Protocol::Ethernet, frame);
    r.v::<12>("addresses")?;
    tagged(&mut r)
}

fn linux_sll(frame: &[u8]) -> Result<Carried<'_>, Malformed> {
    let mut r = Reader::new(Protocol::Ethernet, frame);
    r.v::<14>("cooked header")?;
    tagged(&mut r)
}

fn linux_sll2(frame: &[u8]) -> Result<Carried<'_>, Malformed> {
    let mut r = Reader::new(Protocol::Ethernet, frame);
    let ether_type = r.u16("protocol type")?;
    r.v::<18>("cooked header")?;
    untag(&mut r, ether_type)
}

fn cisco_hdlc(frame: &[u8]) -> Result<Carried<'_>, Malformed> {
    let mut r = Reader::new(Protocol::Ethernet, frame);
    r.v::<2>("address and control")?;
    tagged(&mut r)
}

fn mtp2_with_pseudo_header(frame: &[u8]) -> Result<Carried<'_>, Malformed> {
    let mut r = Reader::new(Protocol::Ethernet, frame);
    let header = Some(PseudoHeader::read(&mut r)?);
    Ok(Carried::SignalUnit { header, octets: r.rest() })
}

fn behind_direction(frame: &[u8]) -> Result<&[u8], Malformed> {
    let mut r = Reader::new(Protocol::Ethernet, frame);
    r.u8("direction")?;
    Ok(r.rest())
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
fn by_family(frame: &[u8]) -> Result<Carried<'_>, Malformed> {
    let mut r = Reader::new(Protocol::Ethernet, frame);
    let family = r.u32("protocol family")?;
    let family = if family > 0xffff { family.swap_bytes() } else { family };
    let ether_type = match family {
        2 => ether_type::IPV4,
        10 | 24 | 28 | 30 => ether_type::IPV6,
        _ => return Err(r.error("protocol family", Fault::Invalid)),
    };
    Ok(Carried::Network { ether_type, octets: r.rest() })
}

fn by_version(frame: &[u8]) -> Result<Carried<'_>, Malformed> {
    let r = Reader::new(Protocol::Ethernet, frame);
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
        check(LinkType::Ppp, &[0, 0x21], ether_type::IPV4);
        check(LinkType::PppSession, &[0x11, 0, 0, 1, 0, 5, 0, 0x21], ether_type::IPV4);
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

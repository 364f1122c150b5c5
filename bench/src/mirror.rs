//! How a mirror hands over what it has seen: frames in tunnels, in the "cooked" form of a capturing host, with tags, over IPv6
//! instead of IPv4, in fragments.

use crate::encode::Octets;
use crate::encode::ip::{self, Socket};
use crate::writer::LinkType;

/// What happens to an Ethernet frame with an IPv4 packet on its way to the capture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrapping {
    /// A VLAN tag, IEEE 802.1Q.
    Vlan,
    /// Two tags, IEEE 802.1ad.
    QinQ,
    /// Two labels, RFC 3032.
    Mpls,
    /// PPP frames, RFC 1662.
    Ppp,
    /// The packet in GRE, RFC 2784.
    Gre,
    /// The frame in VXLAN, RFC 7348.
    Vxlan,
    /// The frame in ERSPAN type II.
    Erspan2,
    /// The frame in ERSPAN type III.
    Erspan3,
    /// The network has IPv6, RFC 8200.
    Ipv6,
    /// Linux "cooked" capture.
    Sll,
    /// Linux "cooked" capture, version 2.
    Sll2,
    /// Each packet in two fragments, RFC 791 §3.2 or RFC 8200 §4.5.
    Fragments,
}

impl Wrapping {
    /// All of them with their names on the command line.
    pub const ALL: &[(Self, &str)] = &[
        (Self::Vlan, "vlan"),
        (Self::QinQ, "qinq"),
        (Self::Mpls, "mpls"),
        (Self::Ppp, "ppp"),
        (Self::Gre, "gre"),
        (Self::Vxlan, "vxlan"),
        (Self::Erspan2, "erspan2"),
        (Self::Erspan3, "erspan3"),
        (Self::Ipv6, "ipv6"),
        (Self::Sll, "sll"),
        (Self::Sll2, "sll2"),
        (Self::Fragments, "fragments"),
    ];

    /// What frames begin with behind it: where no longer with Ethernet, nothing can follow.
    pub fn link_type(self) -> LinkType {
        match self {
            Self::Ppp => LinkType::Ppp,
            Self::Sll => LinkType::LinuxSll,
            Self::Sll2 => LinkType::LinuxSll2,
            _ => LinkType::Ethernet,
        }
    }
}

/// A mirror with its wrappings, the innermost first.
#[derive(Clone, Debug, Default)]
pub struct Mirror {
    wrappings: Vec<Wrapping>,
    frames: u32,
}

const ETHERNET_OCTETS: usize = 14;
const IPV4_OCTETS: usize = 20;
const IPV6: u16 = 0x86dd;

impl Mirror {
    /// A mirror that does this, in this order.
    pub fn new(wrappings: Vec<Wrapping>) -> Self {
        Self { wrappings, frames: 0 }
    }

    /// Whether frames come as they are.
    pub fn is_plain(&self) -> bool {
        self.wrappings.is_empty()
    }

    /// What its frames begin with.
    pub fn link_type(&self) -> LinkType {
        self.wrappings.last().map_or(LinkType::Ethernet, |wrapping| wrapping.link_type())
    }

    /// What becomes of a frame: one, or several where it is fragmented.
    pub fn hand_over(&mut self, frame: &[u8]) -> Vec<Vec<u8>> {
        let Self { wrappings, frames: number } = self;
        let mut frames = vec![frame.to_vec()];
        for wrapping in wrappings.iter() {
            frames = frames.iter().flat_map(|frame| wrap(*wrapping, frame, number)).collect();
        }
        frames
    }
}

fn wrap(wrapping: Wrapping, frame: &[u8], number: &mut u32) -> Vec<Vec<u8>> {
    *number = number.wrapping_add(1);
    let Some((stations, typed)) = frame.split_at_checked(12) else { return Vec::new() };
    let (ether_type, packet) = typed.split_at_checked(2).unwrap_or_default();
    let number = *number;
    vec![match wrapping {
        Wrapping::Vlan => [stations, &[0x81, 0, 0, 100], typed].concat(),
        Wrapping::QinQ => [stations, &[0x88, 0xa8, 0, 200, 0x81, 0, 0, 100], typed].concat(),
        Wrapping::Mpls => [stations, &[0x88, 0x47, 0x01, 0x00, 0x10, 64, 0x00, 0x20, 0x01, 64], packet].concat(),
        Wrapping::Ppp => {
            let protocol: [u8; 2] = if ether_type == IPV6.to_be_bytes() { [0x00, 0x57] } else { [0x00, 0x21] };
            [&[0xff, 0x03][..], &protocol, packet].concat()
        }
        Wrapping::Gre => in_gre(number, &[0, 0], ether_type, &[], packet),
        Wrapping::Erspan2 => {
            let header = [&number.to_be_bytes()[..], &[0x10, 0x64, 0x00, 0x01, 0, 0, 0, 0]].concat();
            in_gre(number, &[0x10, 0], &[0x88, 0xbe], &header, frame)
        }
        Wrapping::Erspan3 => {
            let time = number.to_be_bytes();
            let header = [&time[..], &[0x20, 0x64, 0x00, 0x01], &time, &[0; 4]].concat();
            in_gre(number, &[0x10, 0], &[0x22, 0xeb], &header, frame)
        }
        Wrapping::Vxlan => in_vxlan(number, frame),
        Wrapping::Sll => {
            let station = stations.get(6..).unwrap_or_default();
            [&[0, 0, 0, 1, 0, 6][..], station, &[0, 0], typed].concat()
        }
        Wrapping::Sll2 => {
            let station = stations.get(6..).unwrap_or_default();
            [ether_type, &[0, 0, 0, 0, 0, 3, 0, 1, 0, 6], station, &[0, 0], packet].concat()
        }
        Wrapping::Ipv6 => over_ipv6(stations, packet),
        Wrapping::Fragments => return fragments(stations, ether_type, packet, number),
    }]
}

/// The ends of the mirror's tunnel.
const TUNNEL: [Socket; 2] =
    [Socket { address: [172, 16, 0, 1], port: 50_000 }, Socket { address: [172, 16, 0, 2], port: 4789 }];

fn in_gre(number: u32, flags: &[u8; 2], protocol: &[u8], header: &[u8], carried: &[u8]) -> Vec<u8> {
    const GRE: u8 = 47;
    let [from, to] = TUNNEL;
    let mut o = Octets::default();
    ip::begin(&mut o, from.address, to.address, GRE, number as u16);
    [flags, protocol, header, carried].into_iter().for_each(|octets| o.bytes(octets));
    ip::end(&mut o);
    o.as_slice().to_vec()
}

fn in_vxlan(number: u32, frame: &[u8]) -> Vec<u8> {
    let [from, to] = TUNNEL;
    let mut o = Octets::default();
    ip::udp(&mut o, number as u16, from, to, |o| {
        o.bytes(&[0x08, 0, 0, 0, 0, 0, 100, 0]);
        o.bytes(frame);
    });
    o.as_slice().to_vec()
}

// The same packet between the addresses 2001:db8::a.b.c.d.
fn over_ipv6(stations: &[u8], packet: &[u8]) -> Vec<u8> {
    const PREFIX: [u8; 12] = [0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0];
    let Some((header, payload)) = packet.split_at_checked(IPV4_OCTETS) else { return Vec::new() };
    let [.., protocol, _, _, s0, s1, s2, s3, d0, d1, d2, d3] = *header else { return Vec::new() };
    let mut payload = payload.to_vec();
    let checksum = match protocol {
        ip::TCP => payload.get_mut(16..18),
        ip::UDP => payload.get_mut(6..8),
        _ => None,
    };
    if let Some([high, low]) = checksum {
        // Over the pseudo-header too, which now has the prefix twice (RFC 1624, RFC 8200 §8.1).
        let sum = u32::from(!u16::from_be_bytes([*high, *low])) + 2 * (0x2001 + 0x0db8);
        [*high, *low] = (!((sum & 0xffff) + (sum >> 16)) as u16).to_be_bytes();
    }
    let length = (payload.len() as u16).to_be_bytes();
    let head = [&IPV6.to_be_bytes()[..], &[0x60, 0, 0, 0], &length, &[protocol, 64]].concat();
    [stations, &head, &PREFIX, &[s0, s1, s2, s3], &PREFIX, &[d0, d1, d2, d3], &payload].concat()
}

// In two, the first a multiple of eight octets; what is too short remains whole.
fn fragments(stations: &[u8], ether_type: &[u8], packet: &[u8], number: u32) -> Vec<Vec<u8>> {
    const IPV6_OCTETS: usize = 40;
    const FRAGMENT: u8 = 44;
    const MORE: u16 = 1;
    let is_ipv6 = ether_type == IPV6.to_be_bytes();
    let header = packet.get(..if is_ipv6 { IPV6_OCTETS } else { IPV4_OCTETS }).unwrap_or_default();
    let payload = packet.get(header.len()..).unwrap_or_default();
    let cut = payload.len() / 16 * 8;
    let whole = [stations, ether_type, packet].concat();
    if cut == 0 {
        return vec![whole];
    }
    let (first, last) = payload.split_at(cut);
    if !is_ipv6 {
        let fragment = |place: u16, octets: &[u8]| {
            let mut o = Octets::default();
            [stations, ether_type, header, octets].into_iter().for_each(|octets| o.bytes(octets));
            o.patch(ETHERNET_OCTETS + 6, &place.to_be_bytes());
            o.patch(ETHERNET_OCTETS + 10, &[0, 0]);
            ip::complete(&mut o, ETHERNET_OCTETS);
            o.as_slice().to_vec()
        };
        return vec![fragment(MORE << 13, first), fragment((cut / 8) as u16, last)];
    }
    let [version @ .., _, _, protocol, hops] = header.split_at(8).0 else { return vec![whole] };
    let fragment = |place: u16, octets: &[u8]| {
        let length = (octets.len() as u16 + 8).to_be_bytes();
        let place = place.to_be_bytes();
        let extension = [&[*protocol, 0][..], &place, &number.to_be_bytes()].concat();
        let head = [version, &length, &[FRAGMENT, *hops], header.split_at(8).1].concat();
        [stations, ether_type, &head, &extension, octets].concat()
    };
    vec![fragment(MORE, first), fragment(cut as u16, last)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fragments_have_flags_offsets_and_lengths_of_their_own() {
        let mut o = Octets::default();
        ip::begin(&mut o, [10, 0, 0, 1], [10, 0, 0, 2], ip::SCTP, 7);
        o.bytes(&[9; 30]);
        ip::end(&mut o);
        let frames = Mirror::new(vec![Wrapping::Fragments]).hand_over(o.as_slice());
        let heads: Vec<_> = frames.iter().map(|frame| (frame[17], &frame[20..22], frame.len())).collect();
        assert_eq!(heads, [(28, &[0x20, 0][..], 42), (42, &[0, 1], 56)]);
        let frames = Mirror::new(vec![Wrapping::Ipv6, Wrapping::Fragments]).hand_over(o.as_slice());
        let heads: Vec<_> = frames.iter().map(|frame| (&frame[18..21], frame[54], &frame[56..58])).collect();
        assert_eq!(heads, [(&[0, 16, 44][..], 132, &[0, 1][..]), (&[0, 30, 44], 132, &[0, 8])]);
    }

    #[test]
    fn an_empty_mirror_changes_nothing() {
        assert_eq!(Mirror::default().hand_over(&[7; 20]), [[7; 20]]);
        assert_eq!(Mirror::new(vec![Wrapping::Vlan, Wrapping::Sll]).link_type(), LinkType::LinuxSll);
    }
}

//! What in a frame must have come before something in another one, by a number that both carry: data before their
//! acknowledgement, a request before its confirmation. Two clocks can be compared by it.

use std::hash::{Hash, Hasher};

use rustc_hash::FxHasher;

use crate::wire::ip::{self, Address, Packet};
use crate::wire::link::{self, Carried, LinkType};
use crate::wire::mtp2::{Content, SequenceFormat, SignalUnit};
use crate::wire::mtp3::{Mtp3Message, service};
use crate::wire::sccp::{self, SccpMessageType};
use crate::wire::sctp::{Chunk, CommonHeader, Data, chunk_type};
use crate::wire::tcp::Segment;
use crate::wire::udp::Datagram;
use crate::wire::{Malformed, PointCodeFormat, Protocol, Reader, ether_type, gre, mpls, ns, ppp};

/// Tunnels in tunnels that are looked into.
const DEPTH_LIMIT: u8 = 4;

/// One side of a pair; both have the same number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// What comes first.
    Cause(u64),
    /// What comes after it.
    Effect(u64),
}

/// Tells every sign in a frame. What cannot be read has none.
pub fn signs(link: LinkType, octets: &[u8], mut tell: impl FnMut(Sign)) {
    if let Ok(carried) = link::read(link, octets) {
        let _ = in_link(carried, 0, &mut tell);
    }
}

fn in_link(carried: Carried<'_>, depth: u8, tell: &mut impl FnMut(Sign)) -> Result<(), Malformed> {
    match carried {
        _ if depth > DEPTH_LIMIT => Ok(()),
        Carried::Network { ether_type: ether_type::IPV4, octets } => in_packet(&ip::read_v4(octets)?, depth, tell),
        Carried::Network { ether_type: ether_type::IPV6, octets } => in_packet(&ip::read_v6(octets)?, depth, tell),
        Carried::Network { ether_type: ether_type::MPLS | ether_type::MPLS_UPSTREAM, octets } => {
            in_link(mpls::read(octets)?, depth + 1, tell)
        }
        Carried::Network { ether_type: ether_type::PPPOE_SESSION, octets } => {
            in_link(ppp::read_session(octets)?, depth + 1, tell)
        }
        Carried::SignalUnit { header, octets } => {
            let format = header.and_then(|header| header.format).unwrap_or(SequenceFormat::Basic);
            match SignalUnit::read(octets, format, false)?.content {
                Content::Message(message) => in_mtp3(message, tell),
                Content::FillIn | Content::LinkStatus(_) => Ok(()),
            }
        }
        Carried::Mtp3(octets) => in_mtp3(octets, tell),
        Carried::Sccp(octets) => in_sccp(octets, (0, 0), tell),
        Carried::Sctp(octets) => in_sctp(&Packet::without_header(ip::protocol::SCTP, octets), tell),
        Carried::Ns { circuit, octets, .. } => in_ns(octets, &circuit, &circuit, tell),
        Carried::Network { .. } | Carried::Llc(_) | Carried::Gsmtap(_) | Carried::Control => Ok(()),
    }
}

fn in_packet(packet: &Packet<'_>, depth: u8, tell: &mut impl FnMut(Sign)) -> Result<(), Malformed> {
    match packet.protocol {
        _ if packet.fragment.is_some() => Ok(()),
        ip::protocol::SCTP => in_sctp(packet, tell),
        ip::protocol::TCP => in_tcp(packet, tell),
        ip::protocol::UDP => in_udp(packet, tell),
        ip::protocol::GRE => in_link(gre::read(packet.payload)?, depth + 1, tell),
        _ => Ok(()),
    }
}

// A TSN, and the SACK that says it has come: RFC 9260 §3.3.1, §3.3.4.
fn in_sctp(packet: &Packet<'_>, tell: &mut impl FnMut(Sign)) -> Result<(), Malformed> {
    let mut r = Reader::new(Protocol::Sctp, packet.payload);
    let header = CommonHeader::read(&mut r)?;
    let source = (packet.addresses.source(), header.source_port());
    let destination = (packet.addresses.destination(), header.destination_port());
    while !r.is_empty() {
        let chunk = Chunk::read(&mut r)?;
        if let Some(Ok(data)) = Data::read(&chunk) {
            tell(Sign::Cause(numbered(source, destination, data.tsn)));
        } else if chunk.kind == chunk_type::SACK {
            let tsn = Reader::new(Protocol::Sctp, chunk.value).u32("cumulative tsn ack")?;
            tell(Sign::Effect(numbered(destination, source, tsn)));
        }
    }
    Ok(())
}

// The end of a segment's octets, and the segment that acknowledges them: RFC 9293 §3.4.
fn in_tcp(packet: &Packet<'_>, tell: &mut impl FnMut(Sign)) -> Result<(), Malformed> {
    let segment = Segment::read(packet.payload)?;
    let source = (packet.addresses.source(), segment.source_port);
    let destination = (packet.addresses.destination(), segment.destination_port);
    if let Some(acknowledged) = segment.acknowledged {
        tell(Sign::Effect(numbered(destination, source, acknowledged)));
    }
    let octets = segment.payload.len() + packet.missing;
    if octets > 0 {
        tell(Sign::Cause(numbered(source, destination, segment.sequence.wrapping_add(octets as u32))));
    }
    Ok(())
}

fn in_udp(packet: &Packet<'_>, tell: &mut impl FnMut(Sign)) -> Result<(), Malformed> {
    let datagram = Datagram::read(packet.payload)?;
    let source = (packet.addresses.source(), datagram.source_port);
    let destination = (packet.addresses.destination(), datagram.destination_port);
    in_ns(datagram.payload, &source, &destination, tell)
}

// The test procedure, 3GPP TS 48.016 §7.4. One is under way at a time, and the next begins seconds later.
fn in_ns<E: Hash>(octets: &[u8], sender: &E, receiver: &E, tell: &mut impl FnMut(Sign)) -> Result<(), Malformed> {
    let [pdu_type] = octets else { return Ok(()) };
    match ns::NsPduType(*pdu_type) {
        ns::NsPduType::ALIVE => tell(Sign::Cause(number(&("ns", sender, receiver)))),
        ns::NsPduType::ALIVE_ACK => tell(Sign::Effect(number(&("ns", receiver, sender)))),
        _ => {}
    }
    Ok(())
}

// How point codes are written is not known here: a label that was read in the wrong way has no counterpart.
fn in_mtp3(octets: &[u8], tell: &mut impl FnMut(Sign)) -> Result<(), Malformed> {
    for format in [PointCodeFormat::International, PointCodeFormat::China] {
        let message = Mtp3Message::read(octets, &[format; 4])?;
        if message.si == service::SCCP {
            in_sccp(message.user_data, (message.label.opc, message.label.dpc), tell)?;
        }
    }
    Ok(())
}

// A connection request and its confirmation, a release and its completion, which name the same reference: ITU-T Q.713 §4.2,
// §4.3, §4.5, §4.6. The one is mostly asked by the BSS, the other by the MSC.
fn in_sccp(octets: &[u8], (sender, receiver): (u32, u32), tell: &mut impl FnMut(Sign)) -> Result<(), Malformed> {
    let message = sccp::read(octets, PointCodeFormat::default())?.message;
    match (message.message_type, message.source, message.destination) {
        (SccpMessageType::CONNECTION_REQUEST, Some(reference), _) => {
            tell(Sign::Cause(number(&("sccp", sender, receiver, reference))));
        }
        (SccpMessageType::CONNECTION_CONFIRM, _, Some(reference)) => {
            tell(Sign::Effect(number(&("sccp", receiver, sender, reference))));
        }
        (SccpMessageType::RELEASED, Some(reference), _) => {
            tell(Sign::Cause(number(&("release", sender, receiver, reference))));
        }
        (SccpMessageType::RELEASE_COMPLETE, _, Some(reference)) => {
            tell(Sign::Effect(number(&("release", receiver, sender, reference))));
        }
        _ => {}
    }
    Ok(())
}

fn numbered(source: (Address, u16), destination: (Address, u16), sequence: u32) -> u64 {
    number(&(source, destination, sequence))
}

fn number(what: &impl Hash) -> u64 {
    let mut hasher = FxHasher::default();
    what.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mtp3(opc: u8, dpc: u8, sccp: &[u8]) -> Vec<u8> {
        let label = u32::from(dpc) | u32::from(opc) << 14;
        [&[0x83], label.to_le_bytes().as_slice(), sccp].concat()
    }

    fn check(link: LinkType, cause: &[u8], effect: &[u8], is_pair: bool) {
        let (mut causes, mut effects) = (Vec::new(), Vec::new());
        signs(link, cause, |sign| causes.push(sign));
        signs(link, effect, |sign| effects.push(sign));
        let pairs = causes.iter().filter(|sign| match sign {
            Sign::Cause(number) => effects.contains(&Sign::Effect(*number)),
            Sign::Effect(_) => false,
        });
        assert_eq!(pairs.count() > 0, is_pair, "{causes:?} {effects:?}");
    }

    const REQUEST: [u8; 13] = [1, 9, 9, 7, 2, 2, 6, 4, 0x43, 5, 0, 254, 0];
    const CONFIRM: [u8; 9] = [2, 9, 9, 7, 1, 2, 3, 2, 0];

    #[test]
    fn a_connection_request_comes_before_the_confirmation_that_names_its_reference() {
        check(LinkType::Mtp3, &mtp3(1, 2, &REQUEST), &mtp3(2, 1, &CONFIRM), true);
        check(LinkType::Mtp3, &mtp3(1, 2, &REQUEST), &mtp3(3, 1, &CONFIRM), false);
        check(LinkType::Mtp3, &mtp3(1, 2, &CONFIRM), &mtp3(2, 1, &REQUEST), false);
        check(LinkType::Sccp, &REQUEST, &CONFIRM, true);
    }

    const RELEASED: [u8; 9] = [4, 1, 2, 3, 9, 9, 7, 3, 0];
    const COMPLETE: [u8; 7] = [5, 9, 9, 7, 1, 2, 3];

    #[test]
    fn a_release_comes_before_its_completion() {
        check(LinkType::Mtp3, &mtp3(2, 1, &RELEASED), &mtp3(1, 2, &COMPLETE), true);
        check(LinkType::Mtp3, &mtp3(2, 1, &RELEASED), &mtp3(2, 1, &COMPLETE), false);
    }

    fn ipv4(protocol: u8, last: [u8; 2], payload: &[u8]) -> Vec<u8> {
        let [length_high, length_low] = (20 + payload.len() as u16).to_be_bytes();
        let [source, destination] = last;
        let header =
            [0x45, 0, length_high, length_low, 0, 0, 0, 0, 64, protocol, 0, 0, 10, 0, 0, source, 10, 0, 0, destination];
        [&header, payload].concat()
    }

    const DATA: [u8; 20] = [0, 3, 0, 20, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 3, 1, 2, 3, 4];
    const SACK: [u8; 16] = [3, 0, 0, 16, 0, 0, 0, 9, 0, 0, 1, 0, 0, 0, 0, 0];

    fn sctp(ports: [u8; 2], chunk: &[u8]) -> Vec<u8> {
        [&[0, ports[0], 0, ports[1], 0, 0, 0, 1, 0, 0, 0, 0], chunk].concat()
    }

    #[test]
    fn data_come_before_the_acknowledgement_of_their_number() {
        let data = ipv4(132, [1, 2], &sctp([7, 8], &DATA));
        check(LinkType::Ipv4, &data, &ipv4(132, [2, 1], &sctp([8, 7], &SACK)), true);
        check(LinkType::Ipv4, &data, &ipv4(132, [2, 3], &sctp([8, 7], &SACK)), false);
        check(LinkType::Ipv4, &data, &ipv4(132, [2, 1], &sctp([8, 6], &SACK)), false);
    }

    fn tcp(ports: [u8; 2], sequence: u8, acknowledged: u8, payload: &[u8]) -> Vec<u8> {
        let header = [0, ports[0], 0, ports[1], 0, 0, 0, sequence, 0, 0, 0, acknowledged, 0x50, 0x10, 1, 0, 0, 0, 0, 0];
        [&header, payload].concat()
    }

    #[test]
    fn octets_come_before_the_segment_that_acknowledges_the_last_of_them() {
        let octets = ipv4(6, [1, 2], &tcp([7, 8], 5, 1, &[1, 2, 3]));
        check(LinkType::Ipv4, &octets, &ipv4(6, [2, 1], &tcp([8, 7], 1, 8, &[])), true);
        check(LinkType::Ipv4, &octets, &ipv4(6, [2, 1], &tcp([8, 7], 1, 7, &[])), false);
    }

    #[test]
    fn a_test_of_a_virtual_connection_comes_before_its_answer() {
        let udp = |ports: [u8; 2], pdu: u8| [0, ports[0], 0, ports[1], 0, 9, 0, 0, pdu];
        let alive = ipv4(17, [1, 2], &udp([7, 8], 0x0a));
        check(LinkType::Ipv4, &alive, &ipv4(17, [2, 1], &udp([8, 7], 0x0b)), true);
        check(LinkType::Ipv4, &alive, &ipv4(17, [1, 2], &udp([7, 8], 0x0b)), false);
    }
}

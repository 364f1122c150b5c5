//! What a phone asks for in its user packets: hosts only, by DNS, HTTP, TLS and WAP. No path, no content.

use event::DomainName;

use crate::interpret::a_interface::AInterface;
use crate::track::links::LinkId;
use crate::track::n_pdus::{NPdus, Progress};
use crate::wire::ip::{self, Packet};
use crate::wire::tcp::Segment;
use crate::wire::udp::Datagram;
use crate::wire::{Sndcp, dns, http, tls, wsp};
use crate::{Provenance, Sink};

const PORT_DNS: u16 = 53;

/// Takes a segment from a phone; the host that the packet asks for, where this makes it whole.
pub(super) fn host<S: Sink>(
    n_pdus: &mut NPdus,
    link: LinkId,
    segment: &Sndcp<'_>,
    from: Provenance,
    a: &mut AInterface,
    sink: &mut S,
) -> Option<DomainName> {
    if segment.is_compressed() {
        a.counters.packet.packets_compressed += 1;
        return None;
    }
    match n_pdus.take(link, segment, from.at) {
        Progress::Whole(octets) => {
            a.counters.packet.packets += 1;
            of_packet(octets, from, a, sink)
        }
        Progress::Waiting => None,
        Progress::Incomplete { begun } => {
            a.counters.packet.packets_incomplete += u64::from(begun);
            None
        }
        Progress::Refused => {
            a.counters.limits.n_pdus += 1;
            None
        }
    }
}

fn of_packet<S: Sink>(octets: &[u8], from: Provenance, a: &mut AInterface, sink: &mut S) -> Option<DomainName> {
    let version = octets.first().map_or(0, |first| first >> 4);
    let read = match version {
        4 => ip::read_v4(octets),
        6 => ip::read_v6(octets),
        // Another network protocol (3GPP TS 24.008 §10.5.6.4: PPP), or nothing that can be told.
        _ => return None,
    };
    let packet = match read {
        Ok(packet) => packet,
        Err(malformed) => {
            a.malformed(malformed, from, sink);
            return None;
        }
    };
    if packet.fragment.is_some_and(|fragment| fragment.offset > 0) {
        return None;
    }
    match packet.protocol {
        ip::protocol::UDP => of_datagram(&packet, from, a, sink),
        ip::protocol::TCP => of_segment(&packet, from, a, sink),
        _ => None,
    }
}

fn of_datagram<S: Sink>(packet: &Packet<'_>, from: Provenance, a: &mut AInterface, sink: &mut S) -> Option<DomainName> {
    let read = Datagram::read(packet.payload).map_err(|malformed| a.malformed(malformed, from, sink));
    let Datagram { destination_port, payload, .. } = read.ok()?;
    match destination_port {
        PORT_DNS => {
            let read = dns::read(payload);
            let query = a.understood(&read, from, sink)?;
            a.note(query, from, sink);
            query.host()
        }
        wsp::port::CONNECTIONLESS | wsp::port::SESSION => {
            let read = match destination_port {
                wsp::port::SESSION => wsp::read_session(payload).transpose()?,
                _ => wsp::read_connectionless(payload),
            };
            let request = a.understood(&read, from, sink)?;
            a.note(request, from, sink);
            request.host
        }
        _ => None,
    }
}

/// Requests are told by how they begin, whatever the port.
fn of_segment<S: Sink>(packet: &Packet<'_>, from: Provenance, a: &mut AInterface, sink: &mut S) -> Option<DomainName> {
    let read = Segment::read(packet.payload).map_err(|malformed| a.malformed(malformed, from, sink));
    let payload = read.ok()?.payload;
    if let Some(request) = http::read(payload) {
        a.note(&request, from, sink);
        return request.host;
    }
    let read = Ok(tls::read(payload)?);
    let hello = a.understood(&read, from, sink)?;
    a.note(hello, from, sink);
    hello.server_name
}

//! From a frame to the SCCP messages and NS PDUs in it: links, IP, SCTP and M3UA, TCP and IPA, UDP.

use super::fragments::Fragments;
use super::network::{ENDPOINTS, Networks};
use super::sctp::{Associations, Found};
use super::tcp::Connections;
use crate::capture::Frame;
use crate::wire::ip::{self, Packet};
use crate::wire::ipa::{self, IpaMessage};
use crate::wire::link::{self, ether_type};
use crate::wire::m3ua::{M3uaMessage, SERVICE_INDICATOR_SCCP};
use crate::wire::udp::Datagram;
use crate::wire::{Malformed, Message};
use crate::{Provenance, Sink};

pub use super::counters::TransportCounters;
pub use super::network::{Carrier, Payload};

/// Payload protocol identifier of M3UA, RFC 4666 §1.4.1.
const PPID_M3UA: u32 = 3;
/// "No payload protocol specified", RFC 9260 §3.3.1: taken for M3UA on its port.
const PPID_NONE: u32 = 0;
const PORT_M3UA: u16 = 2905;

/// What is to be configured.
#[derive(Clone, Debug)]
pub struct TransportSettings {
    /// TCP ports that carry IPA (SCCPlite), at either end.
    pub ipa_ports: Vec<u16>,
    /// UDP ports that carry NS (the Gb interface), at either end.
    pub ns_ports: Vec<u16>,
}

impl Default for TransportSettings {
    fn default() -> Self {
        Self { ipa_ports: vec![3002, 3003, 3006, 4222, 4249, 4250, 5000], ns_ports: vec![2157, 19_999, 23_000] }
    }
}

/// The state of all transports. One thread's.
pub struct Transport {
    fragments: Fragments,
    upper: Upper,
    counters: TransportCounters,
}

/// What stands on IP.
struct Upper {
    associations: Associations,
    connections: Connections,
    ns_ports: Vec<u16>,
    networks: Networks,
}

/// Where what is found goes.
struct Outlet<'a, S, U> {
    sink: &'a mut S,
    upward: &'a mut U,
}

impl Transport {
    /// Nothing seen yet.
    pub fn new(settings: &TransportSettings) -> Self {
        let upper = Upper {
            associations: Associations::default(),
            connections: Connections::new(&settings.ipa_ports),
            ns_ports: settings.ns_ports.clone(),
            networks: Networks::default(),
        };
        Self { fragments: Fragments::default(), upper, counters: TransportCounters::default() }
    }

    /// Takes a frame and gives each message that it completes to `upward`: whole, or what a snapped capture holds of it.
    pub fn frame<S: Sink>(
        &mut self,
        frame: &Frame<'_>,
        feed: u16,
        sink: &mut S,
        upward: &mut impl FnMut(Carrier, Payload<'_>, &mut S),
    ) {
        let from = Provenance { at: frame.at, frame: frame.number, feed };
        let Self { fragments, upper, counters } = self;
        let mut outlet = Outlet { sink, upward };
        counters.frames += 1;
        counters.frames_snapped += u64::from(frame.original_length as usize > frame.captured.len());
        match read_packet(frame, counters) {
            Ok(Some(packet)) => match packet.fragment {
                None => upper.packet(from, &packet, counters, &mut outlet),
                Some(fragment) => {
                    let whole = fragments.take(feed, &packet, fragment, from.at, counters);
                    if let Some(payload) = whole {
                        upper.packet(from, &Packet { payload, fragment: None, ..packet }, counters, &mut outlet);
                    }
                }
            },
            Ok(None) => {}
            Err(malformed) => outlet.malformed(from, malformed, counters),
        }
    }

    /// The capture has ended: gives what was still waiting behind holes in TCP streams.
    pub fn finish<S: Sink>(&mut self, sink: &mut S, upward: &mut impl FnMut(Carrier, Payload<'_>, &mut S)) {
        let mut outlet = Outlet { sink, upward };
        let message = |carrier: Carrier, message: IpaMessage<'_>, counters: &mut TransportCounters| {
            outlet.ipa(carrier, &message, counters);
        };
        self.upper.connections.finish(&mut self.counters, message);
    }

    /// What was seen.
    pub fn counters(&self) -> &TransportCounters {
        &self.counters
    }
}

fn read_packet<'a>(frame: &Frame<'a>, counters: &mut TransportCounters) -> Result<Option<Packet<'a>>, Malformed> {
    let carried = link::read(frame.link, frame.captured)?;
    match carried.ether_type {
        ether_type::IPV4 => {
            counters.ipv4 += 1;
            ip::read_v4(carried.octets).map(Some)
        }
        ether_type::IPV6 => {
            counters.ipv6 += 1;
            ip::read_v6(carried.octets).map(Some)
        }
        ether_type::ARP => {
            counters.arp += 1;
            Ok(None)
        }
        _ => {
            counters.other_ether_types += 1;
            Ok(None)
        }
    }
}

impl Upper {
    fn packet<S: Sink, U: FnMut(Carrier, Payload<'_>, &mut S)>(
        &mut self,
        from: Provenance,
        packet: &Packet<'_>,
        counters: &mut TransportCounters,
        outlet: &mut Outlet<'_, S, U>,
    ) {
        let read = match packet.protocol {
            ip::protocol::SCTP => self.sctp(from, packet, counters, outlet),
            ip::protocol::TCP => {
                let Self { connections, networks, .. } = self;
                let message = |carrier: Carrier, message: IpaMessage<'_>, counters: &mut TransportCounters| {
                    outlet.ipa(carrier, &message, counters);
                };
                connections.segment(from, packet, networks, counters, message)
            }
            ip::protocol::UDP => self.udp(from, packet, counters, outlet),
            _ => {
                counters.other_ip_protocols += 1;
                Ok(())
            }
        };
        if let Err(malformed) = read {
            outlet.malformed(from, malformed, counters);
        }
    }

    fn sctp<S: Sink, U: FnMut(Carrier, Payload<'_>, &mut S)>(
        &mut self,
        from: Provenance,
        packet: &Packet<'_>,
        counters: &mut TransportCounters,
        outlet: &mut Outlet<'_, S, U>,
    ) -> Result<(), Malformed> {
        let Self { associations, networks, .. } = self;
        associations.packet(from.feed, from.at, packet.payload, counters, |found, counters| match found {
            Found::Chunk(chunk) => outlet.message(from, &chunk),
            Found::Malformed(malformed) => outlet.malformed(from, malformed, counters),
            Found::UserMessage { header, protocol, octets, snapped } => {
                let on_port = header.source_port == PORT_M3UA || header.destination_port == PORT_M3UA;
                if protocol == PPID_M3UA || protocol == PPID_NONE && on_port {
                    outlet.m3ua(from, octets, snapped, networks, counters);
                } else {
                    counters.sctp_other_protocols += 1;
                }
            }
        })
    }
}

impl Upper {
    fn udp<S: Sink, U: FnMut(Carrier, Payload<'_>, &mut S)>(
        &mut self,
        from: Provenance,
        packet: &Packet<'_>,
        counters: &mut TransportCounters,
        outlet: &mut Outlet<'_, S, U>,
    ) -> Result<(), Malformed> {
        let datagram = Datagram::read(packet.payload)?;
        counters.udp += 1;
        let Datagram { source_port, destination_port, payload } = datagram;
        if !self.ns_ports.contains(&source_port) && !self.ns_ports.contains(&destination_port) {
            counters.udp_other_ports += 1;
            return Ok(());
        }
        counters.ns_over_udp += 1;
        let sender = self.networks.endpoint(from.feed, packet.source, source_port);
        let receiver = self.networks.endpoint(from.feed, packet.destination, destination_port);
        match (sender, receiver) {
            (Some(sender), Some(receiver)) => {
                let carrier = Carrier { from, network: ENDPOINTS, nodes: ENDPOINTS, sender, receiver };
                (outlet.upward)(carrier, Payload::Ns(payload), outlet.sink);
            }
            _ => counters.networks_refused += 1,
        }
        Ok(())
    }
}

impl<S: Sink, U: FnMut(Carrier, Payload<'_>, &mut S)> Outlet<'_, S, U> {
    fn m3ua(
        &mut self,
        from: Provenance,
        octets: &[u8],
        snapped: bool,
        networks: &mut Networks,
        counters: &mut TransportCounters,
    ) {
        let message = match M3uaMessage::read(octets, snapped) {
            Ok(message) => message,
            Err(malformed) => return self.malformed(from, malformed, counters),
        };
        self.message(from, &message);
        let Some(data) = message.protocol_data.filter(|_| message.is_data()) else {
            counters.m3ua_management += 1;
            return;
        };
        counters.m3ua_data += 1;
        if data.si != SERVICE_INDICATOR_SCCP {
            counters.m3ua_other_services += 1;
            return;
        }
        match networks.m3ua(from.feed, data.ni, message.network_appearance) {
            Some(network) => {
                let carrier = Carrier { from, network, nodes: network, sender: data.opc, receiver: data.dpc };
                self.sccp(carrier, data.user_data, counters);
            }
            None => counters.networks_refused += 1,
        }
    }

    fn ipa(&mut self, carrier: Carrier, message: &IpaMessage<'_>, counters: &mut TransportCounters) {
        self.message(carrier.from, message);
        match message.stream {
            ipa::stream::SCCP => {
                counters.ipa_sccp += 1;
                self.sccp(carrier, message.payload, counters);
            }
            ipa::stream::CONTROL => counters.ipa_control += 1,
            ipa::stream::MGCP => counters.ipa_mgcp += 1,
            _ => counters.ipa_other_streams += 1,
        }
    }

    fn sccp(&mut self, carrier: Carrier, octets: &[u8], counters: &mut TransportCounters) {
        counters.sccp_messages += 1;
        (self.upward)(carrier, Payload::Sccp(octets), self.sink);
    }

    fn message(&mut self, from: Provenance, message: &dyn Message) {
        if S::MESSAGES {
            self.sink.message(from, message);
        }
    }

    fn malformed(&mut self, from: Provenance, malformed: Malformed, counters: &mut TransportCounters) {
        counters.count_malformed(malformed);
        self.sink.malformed(from, malformed);
    }
}

#[cfg(test)]
mod tests;

//! From a frame to the messages in it that an interface begins with: SCCP of the A interface, NS of the Gb interface.
//!
//! [`Layers`] goes from the link upward, through tunnels to any of the transports; [`outlet`] from there to what is given
//! upward.

mod outlet;
mod queue;

use super::air::AirChannels;
use super::crossing::Crossings;
use super::duplicates::{Duplicates, Path};
use super::fragments::Fragments;
use super::framing::{StreamMessage, StreamProtocol};
use super::loss::{EndpointLosses, LinkLoss, Losses};
use super::network::{Endpoint, Endpoints, Networks};
use super::ns_endpoints::NsEndpoints;
use super::sctp::{Arrival, Associations, UpperLayer, UserMessage};
use super::signalling_link::{Admission, LinkDirection, Sender, SignallingLinks};
use super::tcp::Connections;
use crate::capture::{BATCH_FRAMES, Batch, Frame, Place};
use crate::wire::frame_relay::LineEnd;
use crate::wire::ip::{self, Address, Fragment, Packet};
use crate::wire::link::{self, Carried, LinkType};
use crate::wire::mtp2::{self, Content, PseudoHeader, SequenceFormat, SignalUnit};
use crate::wire::mtp3::Mtp3Message;
use crate::wire::plain::Plain;
use crate::wire::sctp::{self, ChunkMessage};
use crate::wire::udp::Datagram;
use crate::wire::{Malformed, PointCodeFormat, ether_type, gre, gsmtap, mpls, ns, ppp, rtp, vxlan};
use crate::{Provenance, Sink};

pub use super::counters::TransportCounters;
pub use super::network::{Carrier, Payload};

use outlet::{Delivery, Outlet};
use queue::{Queue, Queued};

/// Tunnels in tunnels that are followed: more are nobody's mirror.
pub const TUNNEL_LIMIT: u8 = 8;

/// What is to be configured.
#[derive(Clone, Debug)]
pub struct TransportSettings {
    /// TCP ports that carry IPA (SCCPlite), at either end.
    pub ipa_ports: Vec<u16>,
    /// TCP ports that carry M3UA, at either end.
    pub m3ua_ports: Vec<u16>,
    /// UDP ports that carry NS (the Gb interface), at either end. Others are recognised by what passes there.
    pub ns_ports: Vec<u16>,
    /// How point codes are written, by network indicator (ITU-T Q.704 §14.2.2, 0 to 3).
    pub point_codes: [PointCodeFormat; 4],
    /// How MTP2 links number, where the capture does not tell.
    pub sequence_numbers: SequenceFormat,
}

impl Default for TransportSettings {
    fn default() -> Self {
        Self {
            ipa_ports: vec![3002, 3003, 3006, 4222, 4249, 4250, 5000],
            m3ua_ports: vec![2905],
            ns_ports: vec![2157, 19_999, 23_000],
            point_codes: [PointCodeFormat::International; 4],
            sequence_numbers: SequenceFormat::Basic,
        }
    }
}

/// The state of all transports. One thread's.
pub struct Transport {
    layers: Layers,
    delivery: Delivery,
    counters: TransportCounters,
}

/// From the link to the transports.
struct Layers {
    fragments: Fragments,
    associations: Associations,
    connections: Connections,
    links: SignallingLinks,
    endpoints: Endpoints,
    ns_endpoints: NsEndpoints,
    sequence_numbers: SequenceFormat,
}

/// Where octets came from.
#[derive(Clone, Copy)]
struct Origin {
    from: Provenance,
    /// The file of the capture.
    file: u16,
    /// The capture does not hold the frame's end.
    snapped: bool,
    /// How many tunnels they came through.
    depth: u8,
    /// The ends of the innermost tunnel that has addresses.
    tunnel: Option<(Address, Address)>,
}

impl Transport {
    /// Nothing seen yet.
    pub fn new(settings: &TransportSettings) -> Self {
        let ipa = settings.ipa_ports.iter().map(|port| (*port, StreamProtocol::Ipa));
        let m3ua = settings.m3ua_ports.iter().map(|port| (*port, StreamProtocol::M3ua));
        let layers = Layers {
            fragments: Fragments::default(),
            associations: Associations::default(),
            connections: Connections::new(ipa.chain(m3ua)),
            links: SignallingLinks::default(),
            endpoints: Endpoints::default(),
            ns_endpoints: NsEndpoints::new(&settings.ns_ports),
            sequence_numbers: settings.sequence_numbers,
        };
        let (networks, duplicates) = (Networks::default(), Duplicates::default());
        let crossings = Crossings::default();
        let (air, queue, point_codes) = (AirChannels::default(), Queue::default(), settings.point_codes);
        let delivery = Delivery { networks, duplicates, crossings, air, point_codes, queue };
        Self { layers, delivery, counters: TransportCounters::default() }
    }

    /// What networks and endpoints are called by.
    pub fn nodes(&self) -> (&Networks, &Endpoints) {
        (&self.delivery.networks, &self.layers.endpoints)
    }

    /// What networks and endpoints are called by, to take back what was known.
    pub fn nodes_mut(&mut self) -> (&mut Networks, &mut Endpoints) {
        (&mut self.delivery.networks, &mut self.layers.endpoints)
    }

    /// Takes a frame and gives `upward` each message that it completes.
    pub fn frame<S: Sink>(
        &mut self,
        frame: &Frame<'_>,
        feed: u16,
        sink: &mut S,
        upward: &mut impl FnMut(&Carrier, Payload<'_>, &mut S),
    ) {
        let place = [Place::new(frame, 0)];
        let frames = Batch::new(frame.captured, &place, frame.number);
        self.take(frames, feed, sink, upward);
        self.deliver(frames, sink, upward);
    }

    /// Takes frames. What is shown goes to `sink`, and what cannot wait to `upward`; the other messages are
    /// [`Transport::waiting`] to be delivered.
    pub fn take<S: Sink>(
        &mut self,
        frames: Batch<'_>,
        feed: u16,
        sink: &mut S,
        upward: &mut impl FnMut(&Carrier, Payload<'_>, &mut S),
    ) {
        let Self { layers, delivery, counters } = self;
        // Who asks for messages is shown them in their order.
        let mut sorted = Sorted::new();
        sorted.take(frames, feed, !S::MESSAGES);
        layers.expect(&mut sorted);
        let mut outlet = Outlet { sink, upward, delivery, frames: frames.octets() };
        counters.frames += frames.len() as u64;
        counters.frames_snapped += frames.snapped() as u64;
        layers.acknowledgements(&sorted, counters);
        for sorting in sorted.others() {
            match sorting {
                Sorting::Plain(arrival) => {
                    counters.ipv4 += 1;
                    layers.arrival(arrival, counters, &mut outlet);
                }
                Sorting::Other(number) => layers.frame(frames.numbered(*number), feed, counters, &mut outlet),
                Sorting::Nothing => {}
            }
        }
    }

    /// The messages of these frames that are to be delivered.
    pub fn waiting<'a>(&'a self, frames: Batch<'a>) -> impl Iterator<Item = (&'a Carrier, Payload<'a>)> {
        self.delivery.queue.iter(frames.octets()).map(|(Queued { carrier, .. }, payload)| (carrier, payload))
    }

    /// Looks for those messages among the ones of late. To do so is part of delivering them, and may be done before.
    pub fn look(&mut self) {
        let Delivery { queue, duplicates, .. } = &mut self.delivery;
        queue.look(duplicates);
    }

    /// Gives `upward` what waits of these frames: each message once, whole, or what a snapped capture holds of it.
    pub fn deliver<S: Sink>(
        &mut self,
        frames: Batch<'_>,
        sink: &mut S,
        upward: &mut impl FnMut(&Carrier, Payload<'_>, &mut S),
    ) {
        let Self { delivery, counters, .. } = self;
        Outlet { sink, upward, delivery, frames: frames.octets() }.deliver(counters);
    }

    /// The capture has ended: gives what was still waiting behind holes in TCP streams.
    pub fn finish<S: Sink>(&mut self, sink: &mut S, upward: &mut impl FnMut(&Carrier, Payload<'_>, &mut S)) {
        let Self { layers, delivery, counters } = self;
        let mut outlet = Outlet { sink, upward, delivery, frames: &[] };
        let message = |carrier: Carrier, message: StreamMessage<'_>, counters: &mut TransportCounters| {
            outlet.stream(carrier, &message, counters);
        };
        layers.connections.finish(counters, message);
        outlet.deliver(counters);
    }

    /// What was seen.
    pub fn counters(&self) -> &TransportCounters {
        &self.counters
    }

    /// What was lost before it reached the capture, by link and direction, in the order of their names; with what was lost
    /// of `frames` above network service.
    pub fn losses(&self, frames: &EndpointLosses) -> Vec<LinkLoss> {
        let Layers { associations, connections, links, endpoints, .. } = &self.layers;
        let there = associations.losses().into_iter().chain(connections.losses()).chain(links.losses());
        let there = there.chain(frames.all(endpoints));
        Losses::default().with(there)
    }
}

/// The frames of a batch, those read already that are plain. What only acknowledges lies behind the others, from the end: nothing
/// waits for it, and taken apart neither the ones nor the others come as a surprise.
struct Sorted<'a> {
    frames: [Sorting<'a>; BATCH_FRAMES],
    /// So many of the others there are.
    others: usize,
    /// Where those that only acknowledge lie from.
    acknowledging: usize,
}

/// A frame of a batch.
#[derive(Clone, Copy)]
enum Sorting<'a> {
    Nothing,
    Plain(Arrival<'a>),
    /// To be read layer by layer; its number.
    Other(u64),
}

impl<'a> Sorted<'a> {
    // A constant would be copied whole.
    #[inline(always)]
    fn new() -> Self {
        Self { frames: std::array::from_fn(|_| Sorting::Nothing), others: 0, acknowledging: BATCH_FRAMES }
    }

    /// Takes frames; whether those that only acknowledge go apart.
    #[inline(always)]
    fn take(&mut self, frames: Batch<'a>, feed: u16, is_apart: bool) {
        for frame in frames.iter() {
            let read = if frame.link == LinkType::Ethernet { Plain::read(frame.captured) } else { None };
            if let Some(Plain { addresses, header, chunks }) = read {
                let acknowledges = is_apart & sctp::plain_acknowledgement(chunks).is_some();
                let Some(place) = self.next(acknowledges) else { return };
                let from = Provenance { at: frame.at, frame: frame.number, feed };
                *place = Sorting::Plain(Arrival::new(from, addresses, header, chunks));
            } else if let Some(place) = self.next(false) {
                *place = Sorting::Other(frame.number);
            }
        }
    }

    // Where a frame goes: no jump, as nobody could foretell it.
    #[inline(always)]
    fn next(&mut self, acknowledges: bool) -> Option<&mut Sorting<'a>> {
        let place = if acknowledges { self.acknowledging - 1 } else { self.others };
        self.others += usize::from(!acknowledges);
        self.acknowledging -= usize::from(acknowledges);
        self.frames.get_mut(place)
    }

    /// Those that only acknowledge, in order.
    #[inline]
    fn acknowledging(&self) -> impl Iterator<Item = &Arrival<'a>> {
        let frames = self.frames.get(self.acknowledging..).unwrap_or_default();
        frames.iter().rev().filter_map(|sorting| match sorting {
            Sorting::Plain(arrival) => Some(arrival),
            _ => None,
        })
    }

    /// The others, in order.
    #[inline]
    fn others(&self) -> &[Sorting<'a>] {
        self.frames.get(..self.others).unwrap_or_default()
    }
}

impl Layers {
    /// Begins to fetch what is known of the associations of frames that are plain, before any is taken.
    #[inline]
    fn expect(&self, sorted: &mut Sorted<'_>) {
        for sorting in &sorted.frames {
            if let Sorting::Plain(arrival) = sorting {
                self.associations.expect(arrival);
            }
        }
        for sorting in &mut sorted.frames {
            if let Sorting::Plain(arrival) = sorting {
                self.associations.fetch(arrival);
            }
        }
    }

    #[inline]
    fn acknowledgements(&mut self, sorted: &Sorted<'_>, counters: &mut TransportCounters) {
        for arrival in sorted.acknowledging() {
            let Some(tsn) = arrival.acknowledged() else { continue };
            counters.ipv4 += 1;
            counters.sctp_packets += 1;
            self.associations.acknowledgement(arrival, tsn, counters);
        }
    }

    // Any frame, layer by layer.
    #[inline(never)]
    fn frame<S: Sink, U: FnMut(&Carrier, Payload<'_>, &mut S)>(
        &mut self,
        frame: Option<Frame<'_>>,
        feed: u16,
        counters: &mut TransportCounters,
        outlet: &mut Outlet<'_, S, U>,
    ) {
        let Some(frame) = frame else { return };
        let from = Provenance { at: frame.at, frame: frame.number, feed };
        let origin = Origin { from, file: frame.file, snapped: frame.is_snapped(), depth: 0, tunnel: None };
        let carried = link::read(frame.link, frame.captured);
        if let Err(malformed) = carried.and_then(|carried| self.carried(&origin, &carried, counters, outlet)) {
            outlet.malformed(from, malformed, counters);
        }
    }

    fn carried<S: Sink, U: FnMut(&Carrier, Payload<'_>, &mut S)>(
        &mut self,
        origin: &Origin,
        carried: &Carried<'_>,
        counters: &mut TransportCounters,
        outlet: &mut Outlet<'_, S, U>,
    ) -> Result<(), Malformed> {
        match *carried {
            Carried::Network { ether_type: ether_type::IPV4, octets } => {
                counters.ipv4 += 1;
                self.datagram(origin, &ip::read_v4(octets)?, counters, outlet)
            }
            Carried::Network { ether_type: ether_type::IPV6, octets } => {
                counters.ipv6 += 1;
                self.datagram(origin, &ip::read_v6(octets)?, counters, outlet)
            }
            _ => self.other_than_ip(origin, carried, counters, outlet),
        }
    }

    fn other_than_ip<S: Sink, U: FnMut(&Carrier, Payload<'_>, &mut S)>(
        &mut self,
        origin: &Origin,
        carried: &Carried<'_>,
        counters: &mut TransportCounters,
        outlet: &mut Outlet<'_, S, U>,
    ) -> Result<(), Malformed> {
        match *carried {
            Carried::Network { ether_type: ether_type::MPLS | ether_type::MPLS_UPSTREAM, octets } => {
                self.tunnel(origin, mpls::read(octets)?, counters, outlet)
            }
            Carried::Network { ether_type: ether_type::PPPOE_SESSION, octets } => {
                self.tunnel(origin, ppp::read_session(octets)?, counters, outlet)
            }
            Carried::Network { ether_type, .. } => {
                match ether_type {
                    ether_type::ARP => counters.arp += 1,
                    _ => counters.other_ether_types += 1,
                }
                Ok(())
            }
            Carried::SignalUnit { header, octets } => self.signal_unit(origin, header, octets, counters, outlet),
            Carried::Mtp3(octets) => {
                counters.mtp3_frames += 1;
                outlet.mtp3(origin.from, octets, Path::UNNUMBERED, counters);
                Ok(())
            }
            Carried::Sccp(octets) => {
                counters.sccp_frames += 1;
                outlet.bare_sccp(origin.from, origin.file, octets, counters);
                Ok(())
            }
            Carried::Sctp(octets) => {
                let packet = Packet::without_header(ip::protocol::SCTP, octets);
                self.sctp(origin.from, &packet, counters, outlet)
            }
            Carried::Ns { sender, circuit, octets } => {
                counters.ns_over_frame_relay += 1;
                let entity = ns::entity(octets);
                let (sender, receiver) = self.circuit(origin, sender, circuit, entity);
                outlet.ns(self.endpoints.carrier(origin.from, sender, receiver), octets, counters);
                Ok(())
            }
            Carried::Llc(octets) => outlet.bare_llc(origin.from, octets, counters),
            Carried::Gsmtap(octets) => outlet.gsmtap(origin.from, octets, counters),
            Carried::Control => {
                counters.link_control += 1;
                Ok(())
            }
        }
    }

    // The ends of a circuit of Frame Relay, the sender first; a PDU that resets it says which entity it belongs to.
    fn circuit(
        &mut self,
        origin: &Origin,
        sender: Option<LineEnd>,
        circuit: u32,
        entity: Option<u16>,
    ) -> (Endpoint, Endpoint) {
        let Origin { file, tunnel, from, .. } = *origin;
        let far = |end: LineEnd| LineEnd { own: !end.own, ..end };
        let line = |end: Option<LineEnd>| {
            let name = entity.map(|nsei| Endpoint::Entity(file, end.map(|end| end.own), nsei));
            (Endpoint::Circuit(file, end, circuit), name)
        };
        let tunnelled = |address| {
            let name = entity.map(|nsei| Endpoint::TunnelledEntity(address, nsei));
            (Endpoint::TunnelledCircuit(address, circuit), name)
        };
        let ends = match tunnel {
            Some((source, destination)) => [tunnelled(source), tunnelled(destination)],
            None => [line(sender), line(sender.map(far))],
        };
        for (end, name) in ends {
            if let Some(name) = name {
                self.endpoints.name(from.feed, end, name);
            }
        }
        let [(own, _), (other, _)] = ends;
        (own, other)
    }

    fn tunnel<S: Sink, U: FnMut(&Carrier, Payload<'_>, &mut S)>(
        &mut self,
        origin: &Origin,
        carried: Carried<'_>,
        counters: &mut TransportCounters,
        outlet: &mut Outlet<'_, S, U>,
    ) -> Result<(), Malformed> {
        if origin.depth >= TUNNEL_LIMIT {
            counters.tunnels_too_deep += 1;
            return Ok(());
        }
        counters.tunnelled += 1;
        self.carried(&Origin { depth: origin.depth + 1, ..*origin }, &carried, counters, outlet)
    }

    fn datagram<S: Sink, U: FnMut(&Carrier, Payload<'_>, &mut S)>(
        &mut self,
        origin: &Origin,
        packet: &Packet<'_>,
        counters: &mut TransportCounters,
        outlet: &mut Outlet<'_, S, U>,
    ) -> Result<(), Malformed> {
        match packet.fragment {
            None => self.packet(origin, packet, counters, outlet),
            Some(fragment) => self.fragment(origin, packet, fragment, counters, outlet),
        }
    }

    fn fragment<S: Sink, U: FnMut(&Carrier, Payload<'_>, &mut S)>(
        &mut self,
        origin: &Origin,
        packet: &Packet<'_>,
        fragment: Fragment,
        counters: &mut TransportCounters,
        outlet: &mut Outlet<'_, S, U>,
    ) -> Result<(), Malformed> {
        let Provenance { at, feed, .. } = origin.from;
        let Some(whole) = self.fragments.take(feed, packet, fragment, at, counters) else { return Ok(()) };
        let packet = Packet { payload: whole.payload(), fragment: None, ..*packet };
        let read = self.packet(origin, &packet, counters, outlet);
        self.fragments.put_back(whole);
        read
    }

    fn packet<S: Sink, U: FnMut(&Carrier, Payload<'_>, &mut S)>(
        &mut self,
        origin: &Origin,
        packet: &Packet<'_>,
        counters: &mut TransportCounters,
        outlet: &mut Outlet<'_, S, U>,
    ) -> Result<(), Malformed> {
        match packet.protocol {
            ip::protocol::SCTP => self.sctp(origin.from, packet, counters, outlet),
            _ => self.other_than_sctp(origin, packet, counters, outlet),
        }
    }

    fn other_than_sctp<S: Sink, U: FnMut(&Carrier, Payload<'_>, &mut S)>(
        &mut self,
        origin: &Origin,
        packet: &Packet<'_>,
        counters: &mut TransportCounters,
        outlet: &mut Outlet<'_, S, U>,
    ) -> Result<(), Malformed> {
        let tunnel = &Origin { tunnel: Some((packet.addresses.source(), packet.addresses.destination())), ..*origin };
        match packet.protocol {
            ip::protocol::TCP => {
                let Self { connections, endpoints, .. } = self;
                let message = |carrier: Carrier, message: StreamMessage<'_>, counters: &mut TransportCounters| {
                    outlet.stream(carrier, &message, counters);
                };
                connections.segment(origin.from, packet, endpoints, counters, message)
            }
            ip::protocol::UDP => self.udp(tunnel, packet, counters, outlet),
            ip::protocol::GRE => self.tunnel(tunnel, gre::read(packet.payload)?, counters, outlet),
            ip::protocol::IPV4 => {
                let carried = Carried::Network { ether_type: ether_type::IPV4, octets: packet.payload };
                self.tunnel(tunnel, carried, counters, outlet)
            }
            ip::protocol::IPV6 => {
                let carried = Carried::Network { ether_type: ether_type::IPV6, octets: packet.payload };
                self.tunnel(tunnel, carried, counters, outlet)
            }
            _ => {
                counters.other_ip_protocols += 1;
                Ok(())
            }
        }
    }

    #[inline(never)]
    fn sctp<S: Sink, U: FnMut(&Carrier, Payload<'_>, &mut S)>(
        &mut self,
        from: Provenance,
        packet: &Packet<'_>,
        counters: &mut TransportCounters,
        outlet: &mut Outlet<'_, S, U>,
    ) -> Result<(), Malformed> {
        let arrival = Arrival::read(from, packet.addresses, packet.payload);
        counters.sctp_packets += u64::from(arrival.is_err());
        self.arrival(&arrival?, counters, outlet);
        Ok(())
    }

    // A packet of SCTP, however it came.
    #[inline(always)]
    fn arrival<S: Sink, U: FnMut(&Carrier, Payload<'_>, &mut S)>(
        &mut self,
        arrival: &Arrival<'_>,
        counters: &mut TransportCounters,
        outlet: &mut Outlet<'_, S, U>,
    ) {
        let Self { associations, endpoints, .. } = self;
        counters.sctp_packets += 1;
        let mut users = SctpUsers { from: &arrival.from, endpoints, outlet };
        if let Err(malformed) = associations.packet(arrival, counters, &mut users) {
            users.malformed(malformed, counters);
        }
    }

    fn udp<S: Sink, U: FnMut(&Carrier, Payload<'_>, &mut S)>(
        &mut self,
        origin: &Origin,
        packet: &Packet<'_>,
        counters: &mut TransportCounters,
        outlet: &mut Outlet<'_, S, U>,
    ) -> Result<(), Malformed> {
        let Datagram { source_port, destination_port, payload } = Datagram::read(packet.payload)?;
        counters.udp += 1;
        let ends = [(packet.addresses.source(), source_port), (packet.addresses.destination(), destination_port)];
        if self.ns_endpoints.carry(origin.from.feed, ends, payload) {
            counters.ns_over_udp += 1;
            counters.ns_endpoints_refused = self.ns_endpoints.refused;
            let sender = Endpoint::Port(packet.addresses.source(), source_port);
            let receiver = Endpoint::Port(packet.addresses.destination(), destination_port);
            outlet.ns(self.endpoints.carrier(origin.from, sender, receiver), payload, counters);
        } else if destination_port == gsmtap::PORT {
            outlet.gsmtap(origin.from, payload, counters)?;
        } else if vxlan::PORTS.contains(&destination_port) && vxlan::is_plausible(payload) {
            return self.tunnel(origin, vxlan::read(payload)?, counters, outlet);
        } else {
            match rtp::kind(payload) {
                Some(rtp::Kind::Media) => counters.udp_rtp += 1,
                Some(rtp::Kind::Control) => counters.udp_rtcp += 1,
                None => counters.udp_other_ports += 1,
            }
        }
        Ok(())
    }

    fn signal_unit<S: Sink, U: FnMut(&Carrier, Payload<'_>, &mut S)>(
        &mut self,
        origin: &Origin,
        header: Option<PseudoHeader>,
        octets: &[u8],
        counters: &mut TransportCounters,
        outlet: &mut Outlet<'_, S, U>,
    ) -> Result<(), Malformed> {
        let Origin { from, file, snapped, .. } = *origin;
        let (link, sender) = header
            .map_or((0, Sender::Unknown), |header| (header.link, if header.sent { Sender::Own } else { Sender::Far }));
        let direction = LinkDirection { feed: from.feed, file, link, sender };
        let format = header.and_then(|header| header.format).unwrap_or(self.sequence_numbers);
        let unit = SignalUnit::read(octets, format, snapped)?;
        match unit.content {
            Content::FillIn => {
                counters.mtp2_fill_in_units += 1;
                self.links.count(direction, format, false, from.at);
            }
            Content::LinkStatus(status) => {
                counters.mtp2_link_status_units += 1;
                self.links.count(direction, format, true, from.at);
                if mtp2::is_alignment(status) {
                    self.links.align(direction);
                }
            }
            Content::Message(message) => {
                counters.mtp2_messages += 1;
                outlet.message(from, &unit);
                let is_untold = sender == Sender::Unknown;
                let read = is_untold.then(|| Mtp3Message::read(message, &outlet.delivery.point_codes));
                let direction = match read {
                    Some(Ok(Mtp3Message { label, .. })) => {
                        self.links.direction_of(direction, label.opc, label.dpc, counters)
                    }
                    _ => direction,
                };
                match self.links.admit(direction, format, unit.fsn, message, from.at) {
                    Admission::Repeated => {
                        counters.mtp2_repeated += 1;
                        outlet.repeated_mtp3(from, message);
                        return Ok(());
                    }
                    Admission::Untracked => counters.mtp2_untracked += 1,
                    Admission::Fresh => {}
                }
                outlet.mtp3(from, message, direction.path(), counters);
            }
        }
        Ok(())
    }
}

/// The users of SCTP, while one packet is given to them.
struct SctpUsers<'a, 'o, S, U> {
    from: &'a Provenance,
    endpoints: &'a mut Endpoints,
    outlet: &'a mut Outlet<'o, S, U>,
}

impl<S: Sink, U: FnMut(&Carrier, Payload<'_>, &mut S)> UpperLayer for SctpUsers<'_, '_, S, U> {
    const CHUNKS: bool = S::MESSAGES;

    #[inline]
    fn chunk(&mut self, chunk: &ChunkMessage<'_>) {
        self.outlet.message(*self.from, chunk);
    }

    #[inline(always)]
    fn user_message(&mut self, message: UserMessage<'_>, counters: &mut TransportCounters) {
        self.outlet.sctp(message, self.endpoints, counters);
    }

    fn malformed(&mut self, malformed: Malformed, counters: &mut TransportCounters) {
        self.outlet.malformed(*self.from, malformed, counters);
    }
}

#[cfg(test)]
mod tests;

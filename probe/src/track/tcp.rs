//! TCP connections that carry IPA or M3UA, seen from outside.

use std::time::Duration;

use event::Timestamp;
use rustc_hash::FxHashMap;

use super::counters::TransportCounters;
use super::framing::{StreamMessage, StreamProtocol};
use super::loss::{Link, LinkLoss, Losses, PortPair};
use super::network::{Carrier, ENDPOINTS, Endpoint, Endpoints};
use super::stream::{Piece, Stream, Tally};
use crate::Provenance;
use crate::wire::ip::{Address, Packet};
use crate::wire::tcp::Segment;
use crate::wire::{Malformed, PointCodeFormat};

/// Connections tracked at one time.
pub const CONNECTION_LIMIT: usize = 65_536;
/// Octets that wait for others, in all connections together; beyond, those of the connection at hand are given up.
pub const WAITING_OCTETS_LIMIT: usize = 64 << 20;
/// A connection without a segment for so long is forgotten.
pub const IDLE_SECONDS: u64 = 3600;
/// A connection that was reset is kept so long, for repetitions that are still under way.
pub const LINGER_SECONDS: u64 = 30;

const SWEEP_SECONDS: u64 = 60;

/// All connections.
pub struct Connections {
    /// Ports with what they carry.
    ports: Vec<(u16, StreamProtocol)>,
    table: FxHashMap<ConnectionKey, Connection>,
    waiting_octets: usize,
    gone: Losses,
    next_sweep: Timestamp,
}

/// Both ends in the order of their addresses, and the feed.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct ConnectionKey {
    low: (Address, u16),
    high: (Address, u16),
    feed: u16,
}

struct Connection {
    protocol: StreamProtocol,
    network: u32,
    low: End,
    high: End,
    last: Timestamp,
    reset: bool,
}

/// One end of a connection and what it sends.
struct End {
    endpoint: u32,
    stream: Stream,
    /// Any segment of it was seen.
    is_heard: bool,
}

impl Connections {
    /// Tracks connections with one of these ports at either end.
    pub fn new(ports: impl Iterator<Item = (u16, StreamProtocol)>) -> Self {
        let (ports, table) = (ports.collect(), FxHashMap::default());
        Self { ports, table, waiting_octets: 0, gone: Losses::default(), next_sweep: Timestamp::MIN }
    }

    /// What was lost before it reached the capture, by connection and direction.
    pub fn losses(&self) -> Vec<LinkLoss> {
        self.gone.with(self.table.iter().flat_map(|(key, connection)| connection.losses(key)))
    }

    /// Takes a segment and gives the messages that it completes. An error where its header cannot be read.
    pub fn segment(
        &mut self,
        from: Provenance,
        packet: &Packet<'_>,
        endpoints: &mut Endpoints,
        counters: &mut TransportCounters,
        mut message: impl FnMut(Carrier, StreamMessage<'_>, &mut TransportCounters),
    ) -> Result<(), Malformed> {
        let segment = Segment::read(packet.payload)?;
        let ports = [segment.destination_port, segment.source_port].map(|port| self.carried_on(port));
        let protocol = match ports {
            [None, None] => {
                counters.tcp_other_ports += 1;
                return Ok(());
            }
            [Some(one), Some(other)] if one != other => between(one, other, &segment),
            [one, other] => one.or(other),
        };
        counters.tcp_segments += 1;
        self.sweep(from.at, counters, &mut message);
        let source = (packet.addresses.source(), segment.source_port);
        let destination = (packet.addresses.destination(), segment.destination_port);
        let from_low = source < destination;
        let (low, high) = if from_low { (source, destination) } else { (destination, source) };
        let waiting = self.waiting_octets;
        let Some(connection) =
            self.connection(ConnectionKey { low, high, feed: from.feed }, protocol, from.at, endpoints, counters)
        else {
            return Ok(());
        };
        let before = connection.waiting_octets();
        connection.hear(from_low);
        if segment.syn() {
            connection.synchronise(&segment, from_low, endpoints, counters, &mut message);
        }
        if let Some(acknowledged) = segment.acknowledged {
            connection.acknowledge(acknowledged, from_low, counters, &mut message);
        }
        if !segment.payload.is_empty() || packet.missing > 0 {
            let sequence = segment.sequence.wrapping_add(u32::from(segment.syn()));
            let piece = Piece { from, sequence, octets: segment.payload, missing: packet.missing };
            connection.take(piece, from_low, counters, &mut message);
        }
        connection.expire(from.at, counters, &mut message);
        if segment.rst() {
            connection.give_up(counters, &mut message);
            connection.reset = true;
        }
        let others = waiting - before;
        if connection.waiting_octets() > before && others + connection.waiting_octets() > WAITING_OCTETS_LIMIT {
            counters.tcp_abandoned += 1;
            connection.abandon(counters, &mut message);
        }
        self.waiting_octets = others + connection.waiting_octets();
        Ok(())
    }

    /// Gives what still waits behind holes.
    pub fn finish(
        &mut self,
        counters: &mut TransportCounters,
        mut message: impl FnMut(Carrier, StreamMessage<'_>, &mut TransportCounters),
    ) {
        for connection in self.table.values_mut() {
            connection.give_up(counters, &mut message);
        }
    }

    fn carried_on(&self, port: u16) -> Option<StreamProtocol> {
        self.ports.iter().find(|(listening, _)| *listening == port).map(|(_, protocol)| *protocol)
    }

    fn connection(
        &mut self,
        key: ConnectionKey,
        protocol: Option<StreamProtocol>,
        at: Timestamp,
        endpoints: &mut Endpoints,
        counters: &mut TransportCounters,
    ) -> Option<&mut Connection> {
        if !self.table.contains_key(&key) {
            let protocol = protocol?;
            let listening = |(address, port): (Address, u16)| {
                Endpoint::Port(address, if self.carried_on(port).is_some() { port } else { 0 })
            };
            let (low, high) = (listening(key.low), listening(key.high));
            let (Some(low), Some(high)) = (endpoints.id(key.feed, low), endpoints.id(key.feed, high)) else {
                counters.networks_refused += 1;
                return None;
            };
            if self.table.len() >= CONNECTION_LIMIT {
                counters.tcp_refused += 1;
                return None;
            }
            counters.tcp_connections += 1;
            self.table.insert(key, Connection::new(protocol, endpoints.connection(), low, high));
        }
        let connection = self.table.get_mut(&key)?;
        connection.last = at;
        Some(connection)
    }

    fn sweep(
        &mut self,
        at: Timestamp,
        counters: &mut TransportCounters,
        message: &mut impl FnMut(Carrier, StreamMessage<'_>, &mut TransportCounters),
    ) {
        if at < self.next_sweep {
            return;
        }
        self.next_sweep = at + Duration::from_secs(SWEEP_SECONDS);
        let Self { table, waiting_octets, gone, .. } = self;
        table.retain(|key, connection| {
            *waiting_octets -= connection.waiting_octets();
            let keep_seconds = if connection.reset { LINGER_SECONDS } else { IDLE_SECONDS };
            let keep = at.since(connection.last) <= Duration::from_secs(keep_seconds);
            if keep {
                connection.expire(at, counters, message);
                *waiting_octets += connection.waiting_octets();
            } else {
                connection.give_up(counters, message);
                connection.losses(key).into_iter().for_each(|loss| gone.add(loss));
            }
            keep
        });
    }
}

impl Connection {
    fn new(protocol: StreamProtocol, network: u32, low: u32, high: u32) -> Self {
        let end = |endpoint| End { endpoint, stream: Stream::new(protocol), is_heard: false };
        Self { protocol, network, low: end(low), high: end(high), last: Timestamp::MIN, reset: false }
    }

    fn hear(&mut self, from_low: bool) {
        let sender = if from_low { &mut self.low } else { &mut self.high };
        sender.is_heard = true;
    }

    // A SYN that is no repetition begins a connection, on ports that may have served an earlier one.
    fn synchronise(
        &mut self,
        segment: &Segment<'_>,
        from_low: bool,
        endpoints: &mut Endpoints,
        counters: &mut TransportCounters,
        message: &mut impl FnMut(Carrier, StreamMessage<'_>, &mut TransportCounters),
    ) {
        let sender = if from_low { &self.low } else { &self.high };
        if sender.stream.began_at(segment.sequence) {
            return;
        }
        if segment.opens() && !(self.low.stream.is_new() && self.high.stream.is_new()) {
            self.give_up(counters, message);
            counters.tcp_connections += 1;
            let (low, high) = (self.low.endpoint, self.high.endpoint);
            *self = Self { last: self.last, ..Self::new(self.protocol, endpoints.connection(), low, high) };
            self.hear(from_low);
        }
        let sender = if from_low { &mut self.low } else { &mut self.high };
        sender.stream = Stream::beginning_at(self.protocol, segment.sequence);
    }

    fn losses(&self, key: &ConnectionKey) -> [LinkLoss; 2] {
        let ConnectionKey { low, high, feed } = *key;
        // A direction of which nothing was heard is silent where the other one acknowledges, else it is not there.
        [(low, high, &self.low), (high, low, &self.high)].map(|(source, destination, end)| {
            let Tally { seen, missing, repeated, is_silent } = end.stream.tally();
            let link = Link::Tcp(PortPair { feed, source, destination });
            LinkLoss { repeated, silent: is_silent && !end.is_heard, ..LinkLoss::new(link, seen, missing) }
        })
    }

    fn take(
        &mut self,
        piece: Piece<'_>,
        from_low: bool,
        counters: &mut TransportCounters,
        message: &mut impl FnMut(Carrier, StreamMessage<'_>, &mut TransportCounters),
    ) {
        let network = self.network;
        let (sender, receiver) = if from_low { (&mut self.low, &self.high) } else { (&mut self.high, &self.low) };
        sender.stream.take(piece, counters, &mut carried(network, sender.endpoint, receiver.endpoint, message));
    }

    fn acknowledge(
        &mut self,
        sequence: u32,
        from_low: bool,
        counters: &mut TransportCounters,
        message: &mut impl FnMut(Carrier, StreamMessage<'_>, &mut TransportCounters),
    ) {
        let network = self.network;
        let (sender, receiver) = if from_low { (&mut self.high, &self.low) } else { (&mut self.low, &self.high) };
        let mut message = carried(network, sender.endpoint, receiver.endpoint, message);
        sender.stream.acknowledge(sequence, counters, &mut message);
    }

    fn expire(
        &mut self,
        now: Timestamp,
        counters: &mut TransportCounters,
        message: &mut impl FnMut(Carrier, StreamMessage<'_>, &mut TransportCounters),
    ) {
        let (network, low, high) = (self.network, self.low.endpoint, self.high.endpoint);
        self.low.stream.expire(now, counters, &mut carried(network, low, high, message));
        self.high.stream.expire(now, counters, &mut carried(network, high, low, message));
    }

    fn waiting_octets(&self) -> usize {
        self.low.stream.waiting_octets() + self.high.stream.waiting_octets()
    }

    fn abandon(
        &mut self,
        counters: &mut TransportCounters,
        message: &mut impl FnMut(Carrier, StreamMessage<'_>, &mut TransportCounters),
    ) {
        let (network, low, high) = (self.network, self.low.endpoint, self.high.endpoint);
        self.low.stream.abandon(counters, &mut carried(network, low, high, message));
        self.high.stream.abandon(counters, &mut carried(network, high, low, message));
    }

    fn give_up(
        &mut self,
        counters: &mut TransportCounters,
        message: &mut impl FnMut(Carrier, StreamMessage<'_>, &mut TransportCounters),
    ) {
        let (network, low, high) = (self.network, self.low.endpoint, self.high.endpoint);
        self.low.stream.give_up(counters, &mut carried(network, low, high, message));
        self.high.stream.give_up(counters, &mut carried(network, high, low, message));
    }
}

// What is carried between two ports that are known for different things: a SYN travels to the listening one or, with ACK, from
// it; amid a connection its content tells. `None` where nothing does yet.
fn between(of_destination: StreamProtocol, of_source: StreamProtocol, segment: &Segment<'_>) -> Option<StreamProtocol> {
    match (segment.syn(), segment.opens()) {
        (true, true) => Some(of_destination),
        (true, false) => Some(of_source),
        _ => [of_destination, of_source].into_iter().find(|protocol| protocol.is_in_step(segment.payload)),
    }
}

// Names the carrier of the messages of one direction.
fn carried(
    network: u32,
    sender: u32,
    receiver: u32,
    message: &mut impl FnMut(Carrier, StreamMessage<'_>, &mut TransportCounters),
) -> impl FnMut(Provenance, StreamMessage<'_>, &mut TransportCounters) {
    let point_codes = PointCodeFormat::default();
    move |from, cut, counters| {
        message(Carrier { from, network, nodes: ENDPOINTS, sender, receiver, point_codes }, cut, counters);
    }
}

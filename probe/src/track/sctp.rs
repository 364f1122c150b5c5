//! SCTP associations seen from outside: each user message once, whole.
//!
//! A direction of an association is known by its ports and verification tag, not by addresses: so multi-homing and doubled
//! taps need nothing of their own, and an association seen from its middle is like any other.

use std::time::Duration;

use event::Timestamp;
use rustc_hash::FxHashMap;

use super::counters::TransportCounters;
use super::pending::Pending;
use super::tsn::{Admission, TsnWindow};
use crate::wire::sctp::{Chunk, ChunkMessage, CommonHeader, Data, Initiation, chunk_type};
use crate::wire::{Malformed, Protocol, Reader};

/// Directions tracked at one time.
pub const DIRECTION_LIMIT: usize = 1 << 17;
/// A direction without a packet for so long is forgotten. Heartbeats come every 30 s unless configured otherwise.
pub const IDLE_SECONDS: u64 = 900;
/// A direction that ended is kept so long, for repetitions that are still under way.
pub const LINGER_SECONDS: u64 = 30;
/// Octets of fragments that wait for their siblings, in all directions together.
pub const PENDING_OCTETS_LIMIT: usize = 64 << 20;

const SWEEP_SECONDS: u64 = 60;

/// What is found in a packet.
pub enum Found<'a> {
    /// A chunk, in the order of the packet, before what it carries.
    Chunk(ChunkMessage<'a>),
    /// A user message, whole and for the first time.
    UserMessage {
        /// Ports and tag of the packet that completed it.
        header: CommonHeader,
        /// Payload protocol identifier.
        protocol: u32,
        /// The message, or what the capture holds of it.
        octets: &'a [u8],
        /// The capture does not hold its end.
        snapped: bool,
    },
    /// A chunk that cannot be read.
    Malformed(Malformed),
}

/// All associations.
pub struct Associations {
    directions: FxHashMap<DirectionKey, Direction>,
    reassembly: Reassembly,
    next_sweep: Timestamp,
}

#[derive(Default)]
struct Reassembly {
    assembled: Vec<u8>,
    pending_octets: usize,
}

/// Ports and verification tag in one word, and the feed.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct DirectionKey(u64, u16);

impl DirectionKey {
    const fn new(feed: u16, header: &CommonHeader) -> Self {
        let ports = (header.source_port as u64) << 16 | header.destination_port as u64;
        Self(ports << 32 | header.verification_tag as u64, feed)
    }

    const fn tag(self) -> u32 {
        self.0 as u32
    }

    /// The other direction, in which packets carry `tag`.
    const fn reverse(self, tag: u32) -> Self {
        let (source, destination) = (self.0 >> 48, self.0 >> 32 & 0xffff);
        Self(destination << 48 | source << 32 | tag as u64, self.1)
    }
}

/// Small, as every packet touches one of many: what few need lies apart.
#[derive(Default)]
struct Direction {
    window: TsnWindow,
    last: Timestamp,
    life: Option<Box<Life>>,
}

/// What beginning, end and fragmentation of an association leave behind.
#[derive(Default)]
struct Life {
    /// The first TSN, where its INIT ACK was seen.
    initial_tsn: Option<u32>,
    /// The tag of the other direction, where INIT ACK was seen.
    reverse_tag: Option<u32>,
    ended: bool,
    pending: Pending,
}

impl Direction {
    fn life(&mut self) -> &mut Life {
        self.life.get_or_insert_default()
    }

    fn has_ended(&self) -> bool {
        self.life.as_ref().is_some_and(|life| life.ended)
    }

    /// Drops the fragments that wait; the octets that they held.
    fn drop_pending(&mut self, counters: &mut TransportCounters) -> usize {
        let Some(life) = &mut self.life else { return 0 };
        let pending = std::mem::take(&mut life.pending);
        counters.sctp_fragments_dropped += pending.fragments();
        pending.octets()
    }
}

impl Default for Associations {
    fn default() -> Self {
        let (directions, reassembly) = (FxHashMap::default(), Reassembly::default());
        Self { directions, reassembly, next_sweep: Timestamp::MIN }
    }
}

impl Associations {
    /// Takes a packet and gives what is in it to `found`. An error where its header cannot be read.
    pub fn packet(
        &mut self,
        feed: u16,
        at: Timestamp,
        packet: &[u8],
        counters: &mut TransportCounters,
        mut found: impl FnMut(Found<'_>, &mut TransportCounters),
    ) -> Result<(), Malformed> {
        let mut r = Reader::new(Protocol::Sctp, packet);
        let header = CommonHeader::read(&mut r)?;
        counters.sctp_packets += 1;
        self.sweep(at, counters);
        let key = DirectionKey::new(feed, &header);
        let (mut begins, mut ends) = (None, false);
        let Self { directions, reassembly, .. } = self;
        // INIT travels before its direction has a tag, and begins none.
        let is_tracked = header.verification_tag != 0 || Data::is_data(r.peek());
        let mut direction = if is_tracked { direction(directions, key, at, counters) } else { None };
        while !r.is_empty() {
            let chunk = Chunk::read(&mut r)?;
            match Data::read(&chunk) {
                Some(Ok(data)) => {
                    reassembly.data(direction.as_deref_mut(), header, chunk, data, counters, &mut found);
                }
                Some(Err(malformed)) => found(Found::Malformed(malformed), counters),
                None => {
                    found(Found::Chunk(ChunkMessage { header, chunk, data: None, repeated: false }), counters);
                    match chunk.kind {
                        chunk_type::INIT_ACK => begins = Some(Initiation::read(&chunk)?),
                        chunk_type::ABORT | chunk_type::SHUTDOWN_COMPLETE => ends = true,
                        _ => {}
                    }
                }
            }
        }
        if let Some(initiation) = begins {
            self.begin(key, initiation, at, counters);
        }
        if ends {
            self.end(key, counters);
        }
        Ok(())
    }

    // INIT ACK carries the tag of the direction that it travels in, and names that of the other one.
    fn begin(&mut self, key: DirectionKey, initiation: Initiation, at: Timestamp, counters: &mut TransportCounters) {
        let Initiation { initiate_tag, initial_tsn } = initiation;
        if let Some(direction) = direction(&mut self.directions, key, at, counters) {
            let life = direction.life();
            life.reverse_tag = Some(initiate_tag);
            // A new association under an old tag; a repeated INIT ACK changes nothing.
            if life.initial_tsn != Some(initial_tsn) {
                life.initial_tsn = Some(initial_tsn);
                life.ended = false;
                direction.window = TsnWindow::starting_at(initial_tsn);
                self.reassembly.pending_octets -= direction.drop_pending(counters);
            }
        }
        if let Some(direction) = direction(&mut self.directions, key.reverse(initiate_tag), at, counters) {
            let life = direction.life();
            life.reverse_tag = Some(key.tag());
            life.ended = false;
        }
    }

    fn end(&mut self, key: DirectionKey, counters: &mut TransportCounters) {
        let Some(direction) = self.directions.get_mut(&key) else { return };
        counters.sctp_ended += u64::from(!direction.has_ended());
        direction.life().ended = true;
        let reverse = direction.life().reverse_tag.map(|tag| key.reverse(tag));
        self.reassembly.pending_octets -= direction.drop_pending(counters);
        if let Some(direction) = reverse.and_then(|key| self.directions.get_mut(&key)) {
            direction.life().ended = true;
            self.reassembly.pending_octets -= direction.drop_pending(counters);
        }
    }

    fn sweep(&mut self, at: Timestamp, counters: &mut TransportCounters) {
        if at < self.next_sweep {
            return;
        }
        self.next_sweep = at + Duration::from_secs(SWEEP_SECONDS);
        let Self { directions, reassembly, .. } = self;
        directions.retain(|_, direction| {
            let keep_seconds = if direction.has_ended() { LINGER_SECONDS } else { IDLE_SECONDS };
            let keep = at.since(direction.last) <= Duration::from_secs(keep_seconds);
            if !keep {
                reassembly.pending_octets -= direction.drop_pending(counters);
            }
            keep
        });
    }
}

impl Reassembly {
    fn data(
        &mut self,
        mut direction: Option<&mut Direction>,
        header: CommonHeader,
        chunk: Chunk<'_>,
        data: Data<'_>,
        counters: &mut TransportCounters,
        found: &mut impl FnMut(Found<'_>, &mut TransportCounters),
    ) {
        counters.sctp_data += 1;
        let repeated = is_repeated(direction.as_deref_mut(), &header, data.tsn, counters);
        found(Found::Chunk(ChunkMessage { header, chunk, data: Some(data), repeated }), counters);
        if repeated {
            return;
        }
        let Chunk { snapped, .. } = chunk;
        if data.is_whole() {
            found(Found::UserMessage { header, protocol: data.protocol, octets: data.payload, snapped }, counters);
        } else if let Some(protocol) = self.fragment(direction.filter(|_| !snapped), &data, counters) {
            found(Found::UserMessage { header, protocol, octets: &self.assembled, snapped }, counters);
        }
    }

    // The protocol of the message that the fragment completes; its octets are then in `assembled`.
    fn fragment(
        &mut self,
        direction: Option<&mut Direction>,
        data: &Data<'_>,
        counters: &mut TransportCounters,
    ) -> Option<u32> {
        counters.sctp_fragments += 1;
        let Some(direction) = direction.filter(|_| self.pending_octets < PENDING_OCTETS_LIMIT) else {
            counters.sctp_fragments_dropped += 1;
            return None;
        };
        let pending = &mut direction.life().pending;
        self.pending_octets -= pending.octets();
        let protocol = pending.take(data, &mut self.assembled, counters);
        self.pending_octets += pending.octets();
        counters.sctp_reassembled += u64::from(protocol.is_some());
        protocol
    }
}

#[inline]
fn direction<'a>(
    directions: &'a mut FxHashMap<DirectionKey, Direction>,
    key: DirectionKey,
    at: Timestamp,
    counters: &mut TransportCounters,
) -> Option<&'a mut Direction> {
    if directions.len() >= DIRECTION_LIMIT && !directions.contains_key(&key) {
        counters.sctp_untracked += 1;
        return None;
    }
    let direction = directions.entry(key).or_insert_with(|| {
        counters.sctp_directions += 1;
        Direction::default()
    });
    direction.last = at;
    Some(direction)
}

// A tag of zero is only allowed beside INIT (RFC 9260 §8.5.1). Traces made by tools carry it on everything, with TSNs that mean
// nothing.
fn is_repeated(
    direction: Option<&mut Direction>,
    header: &CommonHeader,
    tsn: u32,
    counters: &mut TransportCounters,
) -> bool {
    if header.verification_tag == 0 {
        counters.sctp_untagged += 1;
        return false;
    }
    let repeated = direction.is_some_and(|direction| direction.window.admit(tsn) == Admission::Repeated);
    counters.sctp_repeated += u64::from(repeated);
    repeated
}

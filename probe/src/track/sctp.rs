//! SCTP associations seen from outside: each user message once, whole.
//!
//! A direction of an association is known by its ports and verification tag, not by addresses: so multi-homing and doubled
//! taps need nothing of their own, and an association seen from its middle is like any other.

mod direction;

use std::time::Duration;

use event::Timestamp;

use super::counters::TransportCounters;
use super::loss::{LinkLoss, Losses, PortPair};
use super::tsn::{Admission, TsnWindow};
use crate::wire::sctp::{Chunk, ChunkMessage, CommonHeader, Data, Initiation, PlainData, chunk_type};
use crate::wire::{Malformed, Protocol, Reader};

pub use direction::Arrival;
use direction::{Direction, DirectionKey, Directions};

/// Directions tracked at one time.
pub const DIRECTION_LIMIT: usize = 1 << 17;
/// A direction without a packet for so long is forgotten. Heartbeats come every 30 s unless configured otherwise.
pub const IDLE_SECONDS: u64 = 900;
/// A direction that ended is kept so long, for repetitions that are still under way.
pub const LINGER_SECONDS: u64 = 30;
/// Octets of fragments that wait for their siblings, in all directions together.
pub const PENDING_OCTETS_LIMIT: usize = 64 << 20;

const SWEEP_SECONDS: u64 = 60;

/// Takes what is found in a packet, in its order.
pub trait UpperLayer {
    /// Whether it wants chunks.
    const CHUNKS: bool;

    /// A chunk, before what it carries.
    fn chunk(&mut self, chunk: &ChunkMessage<'_>);

    /// A user message, whole and for the first time.
    fn user_message(&mut self, message: UserMessage<'_>, counters: &mut TransportCounters);

    /// A chunk that cannot be read.
    fn malformed(&mut self, malformed: Malformed, counters: &mut TransportCounters);
}

/// What an association carries.
#[derive(Clone, Copy, Debug)]
pub struct UserMessage<'a> {
    /// The packet that completed it.
    pub arrival: &'a Arrival<'a>,
    /// Payload protocol identifier.
    pub protocol: u32,
    /// The message, or what the capture holds of it.
    pub octets: &'a [u8],
    /// The capture does not hold its end.
    pub snapped: bool,
    /// The ends of its direction as they were first seen, whatever path it came by; absent where it is not tracked.
    pub path: Option<&'a PortPair>,
}

/// All associations.
pub struct Associations {
    directions: Directions,
    gone: Losses,
    reassembly: Reassembly,
    next_sweep: Timestamp,
}

/// What becomes of an association.
enum Turn {
    Begins(Initiation),
    Ends,
}

impl Turn {
    #[cold]
    fn read(chunk: &Chunk<'_>) -> Result<Option<Self>, Malformed> {
        Ok(match chunk.kind {
            chunk_type::INIT_ACK => Some(Self::Begins(Initiation::read(chunk)?)),
            chunk_type::ABORT | chunk_type::SHUTDOWN_COMPLETE => Some(Self::Ends),
            _ => None,
        })
    }
}

#[derive(Default)]
struct Reassembly {
    assembled: Vec<u8>,
    pending_octets: usize,
}

impl Default for Associations {
    fn default() -> Self {
        let (directions, reassembly) = (Directions::default(), Reassembly::default());
        Self { directions, gone: Losses::default(), reassembly, next_sweep: Timestamp::MIN }
    }
}

impl Associations {
    /// Takes a packet and gives what is in it to `upper`. An error where a chunk cannot be read: then those behind it cannot either.
    #[inline(always)]
    pub fn packet<U: UpperLayer>(
        &mut self,
        arrival: &Arrival<'_>,
        counters: &mut TransportCounters,
        upper: &mut U,
    ) -> Result<(), Malformed> {
        self.tick(arrival.from.at, counters);
        let Self { directions, reassembly, .. } = self;
        let mut chunks = arrival.chunks;
        // INIT travels before its direction has a tag, and begins none.
        let is_tracked = arrival.header.verification_tag() != 0 || Data::is_data(chunks.first().copied());
        let mut direction = if is_tracked { directions.direction(arrival, counters) } else { None };
        let mut turn = None;
        while !chunks.is_empty() {
            let plain = if U::CHUNKS { None } else { PlainData::read(chunks) };
            if let Some((PlainData { tsn, protocol, payload: octets }, behind)) = plain {
                chunks = behind;
                counters.sctp_data += 1;
                if !is_repeated(direction.as_deref_mut(), arrival.header, tsn, counters) {
                    let path = direction.as_deref().map(|direction| &direction.life.path);
                    upper.user_message(UserMessage { arrival, protocol, octets, snapped: false, path }, counters);
                }
                continue;
            }
            let mut r = Reader::new(Protocol::Sctp, chunks);
            let chunk = Chunk::read(&mut r)?;
            chunks = r.rest();
            match chunk.kind {
                chunk_type::DATA | chunk_type::I_DATA => {
                    reassembly.data(direction.as_deref_mut(), arrival, chunk, counters, upper);
                }
                _ => {
                    upper.chunk(&ChunkMessage { header: arrival.header, chunk, data: None, repeated: false });
                    if chunk.kind == chunk_type::SACK {
                        let tsn = Reader::new(Protocol::Sctp, chunk.value).u32("cumulative tsn ack")?;
                        direction.as_deref_mut().into_iter().for_each(|direction| direction.acknowledge(tsn));
                    } else {
                        turn = Turn::read(&chunk)?.or(turn);
                    }
                }
            }
        }
        if let Some(turn) = turn {
            self.turn(arrival, turn, counters);
        }
        Ok(())
    }

    /// Takes a packet that only acknowledges what came before this TSN, and it.
    #[inline]
    pub fn acknowledgement(&mut self, arrival: &Arrival<'_>, tsn: u32, counters: &mut TransportCounters) {
        if arrival.header.verification_tag() != 0
            && let Some(direction) = self.directions.direction(arrival, counters)
        {
            direction.acknowledge(tsn);
        }
    }

    /// What is known of the direction of a packet will be asked for: begins to fetch a hint of where that is.
    #[inline]
    pub fn expect(&self, arrival: &Arrival<'_>) {
        self.directions.expect(arrival);
    }

    /// Begins to fetch what the hint leads to.
    #[inline]
    pub fn fetch(&self, arrival: &mut Arrival<'_>) {
        self.directions.fetch(arrival);
    }

    #[cold]
    fn turn(&mut self, arrival: &Arrival<'_>, turn: Turn, counters: &mut TransportCounters) {
        match turn {
            Turn::Begins(initiation) => self.begin(arrival, initiation, counters),
            Turn::Ends => self.end(arrival.key(), counters),
        }
    }

    // INIT ACK carries the tag of the direction that it travels in, and names that of the other one.
    fn begin(&mut self, arrival: &Arrival<'_>, initiation: Initiation, counters: &mut TransportCounters) {
        let Initiation { initiate_tag, initial_tsn } = initiation;
        if let Some(direction) = self.directions.direction(arrival, counters) {
            let life = &mut direction.life;
            life.reverse_tag = Some(initiate_tag);
            // A new association under an old tag; a repeated INIT ACK changes nothing.
            if life.initial_tsn != Some(initial_tsn) {
                life.ended = false;
                if direction.window.highest().is_some() {
                    self.gone.add(direction.loss());
                    direction.life.repeated = 0;
                }
                direction.life.initial_tsn = Some(initial_tsn);
                direction.window = TsnWindow::starting_at(initial_tsn);
                self.reassembly.pending_octets -= direction.drop_pending(counters);
            }
        }
        let reverse = arrival.key().reverse(initiate_tag);
        let known = self.directions.place(reverse);
        let place = known.or_else(|| self.directions.begin_tracking(reverse, arrival.path().reverse(), counters));
        if let Some(direction) = place.and_then(|place| self.directions.at(place)) {
            direction.last = arrival.from.at;
            direction.life.reverse_tag = Some(arrival.header.verification_tag());
            direction.life.ended = false;
        }
    }

    fn end(&mut self, key: DirectionKey, counters: &mut TransportCounters) {
        let Some(direction) = self.directions.find_mut(key) else { return };
        counters.sctp_ended += u64::from(!direction.life.ended);
        direction.life.ended = true;
        let reverse = direction.life.reverse_tag.map(|tag| key.reverse(tag));
        self.reassembly.pending_octets -= direction.drop_pending(counters);
        if let Some(direction) = reverse.and_then(|key| self.directions.find_mut(key)) {
            direction.life.ended = true;
            self.reassembly.pending_octets -= direction.drop_pending(counters);
        }
    }

    #[inline]
    fn tick(&mut self, at: Timestamp, counters: &mut TransportCounters) {
        if at >= self.next_sweep {
            self.sweep(at, counters);
        }
    }

    #[cold]
    fn sweep(&mut self, at: Timestamp, counters: &mut TransportCounters) {
        self.next_sweep = at + Duration::from_secs(SWEEP_SECONDS);
        let Self { directions, gone, reassembly, .. } = self;
        directions.retain(|direction| {
            let keep_seconds = if direction.life.ended { LINGER_SECONDS } else { IDLE_SECONDS };
            let keep = at.since(direction.last) <= Duration::from_secs(keep_seconds);
            if !keep {
                reassembly.pending_octets -= direction.drop_pending(counters);
                gone.add(direction.loss());
            }
            keep
        });
    }

    /// What was lost before it reached the capture, by association and direction: TSNs passed over, or acknowledged by the
    /// other side (RFC 9260 §6.2), and never seen.
    pub fn losses(&self) -> Vec<LinkLoss> {
        let there = self.directions.iter().map(Direction::loss);
        self.gone.with(there.chain(self.directions.acknowledged_unseen()))
    }
}

impl Reassembly {
    // Of chunks that are not plain, or are to be shown.
    #[inline(never)]
    fn data(
        &mut self,
        mut direction: Option<&mut Direction>,
        arrival: &Arrival<'_>,
        chunk: Chunk<'_>,
        counters: &mut TransportCounters,
        upper: &mut impl UpperLayer,
    ) {
        let data = match Data::read(&chunk) {
            Some(Ok(data)) => data,
            Some(Err(malformed)) => return upper.malformed(malformed, counters),
            None => return,
        };
        counters.sctp_data += 1;
        let repeated = is_repeated(direction.as_deref_mut(), arrival.header, data.tsn, counters);
        upper.chunk(&ChunkMessage { header: arrival.header, chunk, data: Some(data), repeated });
        if repeated {
            return;
        }
        let snapped = chunk.snapped;
        let (protocol, octets) = match data.is_whole() {
            true => (data.protocol, data.payload),
            false if snapped => {
                counters.sctp_fragments += 1;
                counters.sctp_fragments_dropped += 1;
                return;
            }
            false => match self.fragment(direction.as_deref_mut(), chunk.kind, chunk.flags, chunk.value, counters) {
                Some(protocol) => (protocol, self.assembled.as_slice()),
                None => return,
            },
        };
        let path = direction.map(|direction| &direction.life.path);
        upper.user_message(UserMessage { arrival, protocol, octets, snapped, path }, counters);
    }

    // The protocol of the message that the fragment completes; its octets are then in `assembled`.
    #[cold]
    fn fragment(
        &mut self,
        direction: Option<&mut Direction>,
        kind: u8,
        flags: u8,
        value: &[u8],
        counters: &mut TransportCounters,
    ) -> Option<u32> {
        counters.sctp_fragments += 1;
        // Read once more: what is rare must not keep it in memory for all.
        let data = Data::read(&Chunk { kind, flags, value, snapped: false })?.ok()?;
        let Some(direction) = direction.filter(|_| self.pending_octets < PENDING_OCTETS_LIMIT) else {
            counters.sctp_fragments_dropped += 1;
            return None;
        };
        let pending = &mut direction.life.pending;
        self.pending_octets -= pending.octets();
        let protocol = pending.take(&data, &mut self.assembled, counters);
        self.pending_octets += pending.octets();
        counters.sctp_reassembled += u64::from(protocol.is_some());
        protocol
    }
}

// A tag of zero is only allowed beside INIT (RFC 9260 §8.5.1). Traces made by tools carry it on everything, with TSNs that mean
// nothing.
#[inline(always)]
fn is_repeated(
    direction: Option<&mut Direction>,
    header: CommonHeader,
    tsn: u32,
    counters: &mut TransportCounters,
) -> bool {
    if header.verification_tag() == 0 {
        counters.sctp_untagged += 1;
        return false;
    }
    let repeated = direction.is_some_and(|direction| {
        let repeated = direction.window.admit(tsn) == Admission::Repeated;
        if repeated {
            direction.life.repeated += 1;
        }
        repeated
    });
    counters.sctp_repeated += u64::from(repeated);
    repeated
}

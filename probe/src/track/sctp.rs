//! SCTP associations seen from outside: each user message once, whole.
//!
//! A direction of an association is known by its ports and verification tag, not by addresses: so multi-homing and doubled
//! taps need nothing of their own, and an association seen from its middle is like any other.

use std::hash::BuildHasher;
use std::time::Duration;

use event::{Timestamp, prefetch};
use rustc_hash::{FxBuildHasher, FxHashMap};

use super::counters::TransportCounters;
use super::index::Index;
use super::loss::{Link, LinkLoss, Losses, PortPair};
use super::pending::Pending;

use super::tsn::{Admission, TsnWindow};
use crate::Provenance;
use crate::wire::ip::Addresses;
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

/// Takes what is found in a packet, in its order.
pub trait UpperLayer {
    /// A chunk, before what it carries.
    fn chunk(&mut self, chunk: &ChunkMessage<'_>);

    /// A user message, whole and for the first time.
    fn user_message(&mut self, message: &UserMessage<'_>, counters: &mut TransportCounters);

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

/// A packet of which no more was read yet than whose it is.
#[derive(Clone, Copy, Debug)]
pub struct Arrival<'a> {
    /// Where it was seen.
    pub from: Provenance,
    addresses: Addresses<'a>,
    /// Its ports and tag.
    pub header: CommonHeader,
    chunks: &'a [u8],
    hash: u64,
    /// Where its direction most probably is.
    place: usize,
}

impl<'a> Arrival<'a> {
    /// Reads the common header of a packet between these addresses.
    #[inline]
    pub fn read(from: Provenance, addresses: Addresses<'a>, sctp: &'a [u8]) -> Result<Self, Malformed> {
        let mut r = Reader::new(Protocol::Sctp, sctp);
        let header = CommonHeader::read(&mut r)?;
        let hash = DirectionKey(header, from.feed).hash();
        Ok(Self { from, addresses, header, chunks: r.rest(), hash, place: usize::MAX })
    }

    /// Who sent it to whom.
    pub fn path(&self) -> PortPair {
        let Self { from, addresses, header, .. } = self;
        PortPair {
            feed: from.feed,
            source: (addresses.source(), header.source_port()),
            destination: (addresses.destination(), header.destination_port()),
        }
    }

    const fn key(&self) -> DirectionKey {
        DirectionKey(self.header, self.from.feed)
    }
}

/// Ports and verification tag, and the feed.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct DirectionKey(CommonHeader, u16);

impl DirectionKey {
    #[inline]
    fn hash(&self) -> u64 {
        FxBuildHasher.hash_one(self)
    }

    /// The other direction, in which packets carry `tag`.
    const fn reverse(self, tag: u32) -> Self {
        Self(self.0.reverse(tag), self.1)
    }
}

/// A cache line with its key, as every packet touches one of many: what few need lies apart. (The box is never null: an option
/// of it takes no more room.)
#[repr(align(64))]
struct Direction {
    key: DirectionKey,
    window: TsnWindow,
    last: Timestamp,
    life: Box<Life>,
    /// The last TSN of the other direction that this one acknowledged, once it did.
    acknowledged: u32,
    acknowledges: bool,
}

/// What beginning, end and fragmentation of an association leave behind.
struct Life {
    /// The addresses that were seen first.
    path: PortPair,
    /// The first TSN of the other direction that was seen acknowledged.
    first_acknowledged: u32,
    /// The first TSN, where its INIT ACK was seen.
    initial_tsn: Option<u32>,
    /// The tag of the other direction, where INIT ACK was seen.
    reverse_tag: Option<u32>,
    ended: bool,
    pending: Pending,
    /// Chunks that were seen again.
    repeated: u64,
}

impl Direction {
    fn new(key: DirectionKey, path: PortPair) -> Self {
        let life = Life {
            path,
            first_acknowledged: 0,
            initial_tsn: None,
            reverse_tag: None,
            ended: false,
            pending: Pending::default(),
            repeated: 0,
        };
        Self {
            key,
            window: TsnWindow::default(),
            last: Timestamp::MIN,
            life: Box::new(life),
            acknowledged: 0,
            acknowledges: false,
        }
    }

    // The cumulative TSN ack of a SACK, RFC 9260 §3.3.4.
    #[inline]
    fn acknowledge(&mut self, tsn: u32) {
        if !self.acknowledges {
            self.acknowledges = true;
            (self.acknowledged, self.life.first_acknowledged) = (tsn, tsn);
        } else if is_ahead(tsn, self.acknowledged) {
            self.acknowledged = tsn;
        }
    }

    fn loss(&self) -> LinkLoss {
        // A window that starts at a known TSN takes the one before for seen.
        let seen = self.window.seen().saturating_sub(u64::from(self.life.initial_tsn.is_some()));
        let loss = LinkLoss::new(Link::Sctp(self.life.path), seen, self.window.missing());
        LinkLoss { repeated: self.life.repeated, ..loss }
    }

    /// Drops the fragments that wait; the octets that they held.
    fn drop_pending(&mut self, counters: &mut TransportCounters) -> usize {
        let pending = std::mem::take(&mut self.life.pending);
        counters.sctp_fragments_dropped += pending.fragments();
        pending.octets()
    }
}

impl Default for Associations {
    fn default() -> Self {
        let (directions, reassembly) = (Directions::default(), Reassembly::default());
        Self { directions, gone: Losses::default(), reassembly, next_sweep: Timestamp::MIN }
    }
}

impl Associations {
    /// Takes a packet and gives what is in it to `upper`. An error where a chunk cannot be read: then those behind it cannot either.
    #[inline]
    pub fn packet(
        &mut self,
        arrival: &Arrival<'_>,
        counters: &mut TransportCounters,
        upper: &mut impl UpperLayer,
    ) -> Result<(), Malformed> {
        self.tick(arrival.from.at, counters);
        let Self { directions, reassembly, .. } = self;
        let mut r = Reader::new(Protocol::Sctp, arrival.chunks);
        // INIT travels before its direction has a tag, and begins none.
        let is_tracked = arrival.header.verification_tag() != 0 || Data::is_data(r.peek());
        let mut direction = if is_tracked { directions.direction(arrival, counters) } else { None };
        let mut turn = None;
        while !r.is_empty() {
            let chunk = Chunk::read(&mut r)?;
            match chunk.kind {
                chunk_type::DATA => reassembly.data(direction.as_deref_mut(), arrival, chunk, counters, upper),
                chunk_type::I_DATA => reassembly.i_data(direction.as_deref_mut(), arrival, chunk, counters, upper),
                _ => {
                    upper.chunk(&ChunkMessage { header: arrival.header, chunk, data: None, repeated: false });
                    if chunk.kind != chunk_type::SACK {
                        turn = Turn::read(&chunk)?.or(turn);
                        continue;
                    }
                    let tsn = Reader::new(Protocol::Sctp, chunk.value).u32("cumulative tsn ack")?;
                    if let Some(direction) = direction.as_deref_mut() {
                        direction.acknowledge(tsn);
                    }
                }
            }
        }
        if let Some(turn) = turn {
            self.turn(arrival, turn, counters);
        }
        Ok(())
    }

    /// What is known of the direction of a packet will be asked for: begins to fetch a hint of where that is.
    #[inline]
    pub fn expect(&self, arrival: &Arrival<'_>) {
        self.directions.index.expect(arrival.hash);
    }

    /// Begins to fetch what the hint leads to.
    #[inline]
    pub fn fetch(&self, arrival: &mut Arrival<'_>) {
        let Some(place) = self.directions.index.guess(arrival.hash) else { return };
        arrival.place = place;
        self.directions.slots.get(place).into_iter().for_each(prefetch);
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

/// All directions, found by their keys.
#[derive(Default)]
struct Directions {
    slots: Vec<Option<Direction>>,
    free: Vec<u32>,
    index: Index,
}

impl Directions {
    #[inline]
    fn direction(&mut self, arrival: &Arrival<'_>, counters: &mut TransportCounters) -> Option<&mut Direction> {
        let place = match self.is_at(arrival.place, arrival.key()) {
            true => arrival.place,
            false => self.seek(arrival, counters)?,
        };
        let direction = self.at(place)?;
        direction.last = arrival.from.at;
        Some(direction)
    }

    // Of a packet that was not looked ahead for, or begins a direction.
    #[inline(never)]
    fn seek(&mut self, arrival: &Arrival<'_>, counters: &mut TransportCounters) -> Option<usize> {
        let key = arrival.key();
        self.place(key).or_else(|| self.begin_tracking(key, arrival.path(), counters))
    }

    #[inline]
    fn at(&mut self, place: usize) -> Option<&mut Direction> {
        self.slots.get_mut(place)?.as_mut()
    }

    #[inline]
    fn is_at(&self, place: usize, key: DirectionKey) -> bool {
        matches!(self.slots.get(place), Some(Some(there)) if there.key == key)
    }

    #[inline]
    fn place(&self, key: DirectionKey) -> Option<usize> {
        self.index.find(key.hash(), |place| self.is_at(place, key))
    }

    fn find(&self, key: DirectionKey) -> Option<&Direction> {
        self.slots.get(self.place(key)?)?.as_ref()
    }

    fn find_mut(&mut self, key: DirectionKey) -> Option<&mut Direction> {
        let place = self.place(key)?;
        self.slots.get_mut(place)?.as_mut()
    }

    fn iter(&self) -> impl Iterator<Item = &Direction> {
        self.slots.iter().flatten()
    }

    fn retain(&mut self, mut keep: impl FnMut(&mut Direction) -> bool) {
        for (place, slot) in (0..).zip(&mut self.slots) {
            let Some(gone) = slot.take_if(|direction| !keep(direction)) else { continue };
            self.index.remove(gone.key.hash(), place);
            self.free.push(place);
        }
    }

    #[cold]
    fn begin_tracking(&mut self, key: DirectionKey, path: PortPair, counters: &mut TransportCounters) -> Option<usize> {
        let Self { index, slots, free, .. } = self;
        if index.len() >= DIRECTION_LIMIT {
            counters.sctp_untracked += 1;
            return None;
        }
        counters.sctp_directions += 1;
        let place = free.pop().unwrap_or_else(|| {
            slots.push(None);
            slots.len() as u32 - 1
        });
        index.insert(key.hash(), place);
        *slots.get_mut(place as usize)? = Some(Direction::new(key, path));
        Some(place as usize)
    }

    fn acknowledged_unseen(&self) -> impl Iterator<Item = LinkLoss> + '_ {
        let mut latest = FxHashMap::<PortPair, &Direction>::default();
        for direction in self.iter() {
            let known = latest.entry(direction.life.path).or_insert(direction);
            if known.last < direction.last {
                *known = direction;
            }
        }
        self.iter().filter(|direction| direction.acknowledges).filter_map(move |direction| {
            let back = direction.life.path.reverse();
            let by_tag = direction.life.reverse_tag.and_then(|tag| self.find(direction.key.reverse(tag)));
            let seen = by_tag.or_else(|| latest.get(&back).copied());
            let highest = seen.and_then(|seen| seen.window.highest());
            let since = highest.unwrap_or(direction.life.first_acknowledged);
            let missing = direction.acknowledged.wrapping_sub(since);
            let link = Link::Sctp(seen.map_or(back, |seen| seen.life.path));
            (missing != 0 && is_ahead(direction.acknowledged, since)).then_some(LinkLoss {
                silent: seen.is_none_or(|seen| seen.loss().seen == 0),
                ..LinkLoss::new(link, 0, u64::from(missing))
            })
        })
    }
}

/// Whether a TSN comes after another, in the arithmetic of RFC 1982.
const fn is_ahead(tsn: u32, other: u32) -> bool {
    tsn.wrapping_sub(other).cast_signed() > 0
}

impl Reassembly {
    // What is rare lies apart from what is not.
    #[inline(never)]
    fn i_data(
        &mut self,
        direction: Option<&mut Direction>,
        arrival: &Arrival<'_>,
        chunk: Chunk<'_>,
        counters: &mut TransportCounters,
        upper: &mut impl UpperLayer,
    ) {
        self.data(direction, arrival, chunk, counters, upper);
    }

    #[inline(always)]
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
        upper.user_message(&UserMessage { arrival, protocol, octets, snapped, path }, counters);
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

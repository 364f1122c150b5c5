//! Directions of associations, each found by ports and verification tag; and packets that ask for them.

use std::hash::BuildHasher;

use event::{Timestamp, prefetch};
use rustc_hash::{FxBuildHasher, FxHashMap};

use super::DIRECTION_LIMIT;
use crate::Provenance;
use crate::track::counters::TransportCounters;
use crate::track::index::Index;
use crate::track::loss::{Link, LinkLoss, PortPair};
use crate::track::pending::Pending;
use crate::track::tsn::TsnWindow;
use crate::wire::ip::Addresses;
use crate::wire::sctp::{self, CommonHeader};
use crate::wire::{Malformed, Protocol, Reader};

/// A packet of which no more was read yet than whose it is.
#[derive(Clone, Copy, Debug)]
pub struct Arrival<'a> {
    /// Where it was seen.
    pub from: Provenance,
    addresses: Addresses<'a>,
    /// Its ports and tag.
    pub header: CommonHeader,
    pub(super) chunks: &'a [u8],
    /// The hash of its direction's key; and then where that most probably is.
    hint: u64,
}

impl<'a> Arrival<'a> {
    /// Reads the common header of a packet between these addresses.
    #[inline]
    pub fn read(from: Provenance, addresses: Addresses<'a>, sctp: &'a [u8]) -> Result<Self, Malformed> {
        let mut r = Reader::new(Protocol::Sctp, sctp);
        let header = CommonHeader::read(&mut r)?;
        Ok(Self::new(from, addresses, header, r.rest()))
    }

    /// A packet of which the common header was read.
    #[inline(always)]
    pub fn new(from: Provenance, addresses: Addresses<'a>, header: CommonHeader, chunks: &'a [u8]) -> Self {
        Self { from, addresses, header, chunks, hint: DirectionKey(header, from.feed).hash() }
    }

    /// Up to which TSN it acknowledges, where it does nothing else.
    #[inline]
    pub fn acknowledged(&self) -> Option<u32> {
        sctp::plain_acknowledgement(self.chunks)
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

    /// What its direction is known by.
    pub(super) const fn key(&self) -> DirectionKey {
        DirectionKey(self.header, self.from.feed)
    }
}

/// Ports and verification tag, and the feed.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct DirectionKey(CommonHeader, u16);

impl DirectionKey {
    // A probe's packets are nearly always of one feed.
    #[inline]
    fn hash(&self) -> u64 {
        FxBuildHasher.hash_one(self.0)
    }

    /// The other direction, in which packets carry `tag`.
    pub(super) const fn reverse(self, tag: u32) -> Self {
        Self(self.0.reverse(tag), self.1)
    }
}

/// A cache line with its key, as every packet touches one of many: what few need lies apart. (The box is never null: an option
/// of it takes no more room.)
#[repr(align(64))]
pub(super) struct Direction {
    key: DirectionKey,
    pub(super) window: TsnWindow,
    pub(super) last: Timestamp,
    pub(super) life: Box<Life>,
    /// The last TSN of the other direction that this one acknowledged, once it did.
    acknowledged: u32,
    acknowledges: bool,
}

/// What beginning, end and fragmentation of an association leave behind.
pub(super) struct Life {
    /// The addresses that were seen first.
    pub(super) path: PortPair,
    /// The first TSN of the other direction that was seen acknowledged.
    first_acknowledged: u32,
    /// The first TSN, where its INIT ACK was seen.
    pub(super) initial_tsn: Option<u32>,
    /// The tag of the other direction, where INIT ACK was seen.
    pub(super) reverse_tag: Option<u32>,
    pub(super) ended: bool,
    pub(super) pending: Pending,
    /// Chunks that were seen again.
    pub(super) repeated: u64,
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

    /// Takes the cumulative TSN ack of a SACK, RFC 9260 §3.3.4.
    #[inline]
    pub(super) fn acknowledge(&mut self, tsn: u32) {
        if !self.acknowledges {
            self.acknowledges = true;
            (self.acknowledged, self.life.first_acknowledged) = (tsn, tsn);
        } else if is_ahead(tsn, self.acknowledged) {
            self.acknowledged = tsn;
        }
    }

    /// What was lost of it before it reached the capture, as far as it tells itself.
    pub(super) fn loss(&self) -> LinkLoss {
        // A window that starts at a known TSN takes the one before for seen.
        let seen = self.window.seen().saturating_sub(u64::from(self.life.initial_tsn.is_some()));
        let loss = LinkLoss::new(Link::Sctp(self.life.path), seen, self.window.missing());
        LinkLoss { repeated: self.life.repeated, ..loss }
    }

    /// Drops the fragments that wait; the octets that they held.
    pub(super) fn drop_pending(&mut self, counters: &mut TransportCounters) -> usize {
        let pending = std::mem::take(&mut self.life.pending);
        counters.sctp_fragments_dropped += pending.fragments();
        pending.octets()
    }
}

/// All directions, found by their keys.
#[derive(Default)]
pub(super) struct Directions {
    slots: Vec<Option<Direction>>,
    free: Vec<u32>,
    index: Index,
}

impl Directions {
    /// Begins to fetch a hint of where the direction of a packet is.
    #[inline]
    pub(super) fn expect(&self, arrival: &Arrival<'_>) {
        self.index.expect(arrival.hint);
    }

    /// Begins to fetch what the hint leads to.
    #[inline]
    pub(super) fn fetch(&self, arrival: &mut Arrival<'_>) {
        let place = self.index.guess(arrival.hint).unwrap_or(usize::MAX);
        arrival.hint = place as u64;
        self.slots.get(place).into_iter().for_each(prefetch);
    }

    /// The direction of a packet, begun where it is the first; absent at the limit.
    #[inline]
    pub(super) fn direction(
        &mut self,
        arrival: &Arrival<'_>,
        counters: &mut TransportCounters,
    ) -> Option<&mut Direction> {
        let place = arrival.hint as usize;
        let direction = match self.is_at(place, arrival.key()) {
            true => self.at(place)?,
            false => self.seek(arrival, counters)?,
        };
        direction.last = arrival.from.at;
        Some(direction)
    }

    // Of a packet that was not looked ahead for, or begins a direction.
    #[inline(never)]
    fn seek(&mut self, arrival: &Arrival<'_>, counters: &mut TransportCounters) -> Option<&mut Direction> {
        let key = arrival.key();
        let place = self.place(key).or_else(|| self.begin_tracking(key, arrival.path(), counters));
        self.at(place?)
    }

    /// The direction that lies there.
    #[inline]
    pub(super) fn at(&mut self, place: usize) -> Option<&mut Direction> {
        self.slots.get_mut(place)?.as_mut()
    }

    #[inline]
    fn is_at(&self, place: usize, key: DirectionKey) -> bool {
        matches!(self.slots.get(place), Some(Some(there)) if there.key == key)
    }

    /// Where the direction with this key lies.
    #[inline]
    pub(super) fn place(&self, key: DirectionKey) -> Option<usize> {
        self.index.find(key.hash(), |place| self.is_at(place, key))
    }

    fn find(&self, key: DirectionKey) -> Option<&Direction> {
        self.slots.get(self.place(key)?)?.as_ref()
    }

    /// The direction with this key.
    pub(super) fn find_mut(&mut self, key: DirectionKey) -> Option<&mut Direction> {
        let place = self.place(key)?;
        self.slots.get_mut(place)?.as_mut()
    }

    /// All of them.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Direction> {
        self.slots.iter().flatten()
    }

    /// Forgets those that `keep` does not.
    pub(super) fn retain(&mut self, mut keep: impl FnMut(&mut Direction) -> bool) {
        for (place, slot) in (0..).zip(&mut self.slots) {
            let Some(gone) = slot.take_if(|direction| !keep(direction)) else { continue };
            self.index.remove(gone.key.hash(), place);
            self.free.push(place);
        }
    }

    /// Where a direction lies that begins; absent at the limit.
    #[cold]
    pub(super) fn begin_tracking(
        &mut self,
        key: DirectionKey,
        path: PortPair,
        counters: &mut TransportCounters,
    ) -> Option<usize> {
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

    /// What the other side has acknowledged and nobody saw, by the direction that it was sent in.
    pub(super) fn acknowledged_unseen(&self) -> impl Iterator<Item = LinkLoss> + '_ {
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

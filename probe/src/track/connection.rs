//! SCCP connections seen from outside: which messages belong together, in both directions, from the middle too.
//!
//! A connection has two ends, each a node and the local reference that it chose. Messages name the *receiver's*
//! reference only, so a connection may be known by one end until a message names both. What a connection means is
//! the caller's: the state `T` of each.

use std::hash::BuildHasher;
use std::time::Duration;

use event::{Timestamp, prefetch, with_large_capacity};
use rustc_hash::FxBuildHasher;

use super::assembly::{Assembled, Assemblies};
use super::idle::{IdleOrder, Seen};
use super::index::Index;
use super::node_tally::NodeTally;

/// Connections followed at once; beyond, the longest idle one ends.
pub const MAX_CONNECTIONS: usize = 262_144;
/// A connection without a message for so long has ended unseen: above T(iar), ITU-T Q.714 §C.4 (11 to 21 minutes).
pub const IDLE_TIMEOUT: Duration = Duration::from_secs(25 * 60);

/// In place of the reference of an end that is not known: they have 24 bits.
const NO_REFERENCE: u32 = u32::MAX;

/// Which connection: stays unequal to later ones in the same place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ConnectionId {
    index: u32,
    generation: u32,
}

impl ConnectionId {
    /// Where it lies: another connection may lie there later.
    pub fn index(self) -> u32 {
        self.index
    }
}

/// One end of a connection: a node and the local reference that it chose, 24 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct End {
    /// The network in which the node's number is unique.
    pub network: u32,
    /// The node.
    pub node: u32,
    /// Its local reference.
    pub reference: u32,
}

impl End {
    #[inline]
    fn hash(&self) -> u64 {
        FxBuildHasher.hash_one(self)
    }
}

/// An end that a message will ask for.
#[derive(Clone, Copy)]
pub struct Expected(u64);

/// Where a message belongs: the connection, and which of its two ends (0 or 1) was meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The connection.
    pub id: ConnectionId,
    /// The end that was looked up.
    pub end: usize,
}

impl Place {
    const fn key(self) -> u32 {
        self.id.index << 1 | self.end as u32
    }
}

/// What came of naming both ends of a connection at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paired {
    /// Neither is known.
    Unknown,
    /// They are one connection. `end` is the first one's.
    One(Place),
    /// Each is known as a half: they are to be merged, then [`Connections::merge`] called.
    Halves(Place, Place),
    /// This connection has one of the ends but another partner, so it is over: close it and ask again.
    Stale(ConnectionId),
}

/// What happened to the table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ConnectionCounters {
    /// Opened by a connection request.
    pub opened: u64,
    /// Seen from the middle: first known by data to an unknown reference, or by an answer that overtook the request.
    pub half_opened: u64,
    /// Halves found to be one connection.
    pub merged: u64,
    /// Closed.
    pub closed: u64,
    /// Ended after [`IDLE_TIMEOUT`].
    pub expired: u64,
    /// Ended because of [`MAX_CONNECTIONS`].
    pub evicted: u64,
    /// Messages given up because of `MAX_SEGMENTED_OCTETS` or `MAX_WAITING_OCTETS` of [`super::assembly`].
    pub segments_refused: u64,
}

/// What every message needs of a connection, in a cache line.
#[derive(Clone, Copy)]
#[repr(align(64))]
struct Slot {
    seen: Seen,
    network: u32,
    /// The nodes of the two ends, known before their references are.
    nodes: [u32; 2],
    /// The references of the two ends, or [`NO_REFERENCE`].
    references: [u32; 2],
    generation: u32,
    live: bool,
    /// Whether segments to an end are waiting.
    assembling: [bool; 2],
}

impl Slot {
    const FREE: Self = Self {
        seen: Seen::NEVER,
        network: 0,
        nodes: [0; 2],
        references: [NO_REFERENCE; 2],
        generation: 0,
        live: false,
        assembling: [false; 2],
    };

    #[inline]
    fn is(&self, id: ConnectionId) -> bool {
        self.live && self.generation == id.generation
    }

    fn end(&self, number: usize) -> Option<End> {
        let reference = self.references.get(number).copied().filter(|reference| *reference != NO_REFERENCE)?;
        Some(End { network: self.network, node: *self.nodes.get(number)?, reference })
    }
}

/// The table. Places of closed connections are used again, so that nothing is allocated steadily.
pub struct Connections<T> {
    limit: usize,
    slots: Vec<Slot>,
    /// What each slot's connection means to the caller.
    states: Vec<T>,
    free: Vec<u32>,
    /// Index and end (lowest bit) by reference.
    by_end: Index,
    nodes: NodeTally,
    idle: IdleOrder,
    assemblies: Assemblies,
    /// What happened.
    pub counters: ConnectionCounters,
}

impl<T: Default> Default for Connections<T> {
    fn default() -> Self {
        Self::with_limit(MAX_CONNECTIONS)
    }
}

impl<T: Default> Connections<T> {
    /// None open; at most `limit` (at least one) at once.
    pub fn with_limit(limit: usize) -> Self {
        Self {
            limit: limit.max(1),
            // Room that nobody used yet is no memory.
            slots: with_large_capacity(limit.max(1)),
            states: with_large_capacity(limit.max(1)),
            free: Vec::new(),
            by_end: Index::default(),
            nodes: NodeTally::default(),
            idle: IdleOrder::default(),
            assemblies: Assemblies::default(),
            counters: ConnectionCounters::default(),
        }
    }

    /// How many are open.
    pub fn len(&self) -> usize {
        self.slots.len() - self.free.len()
    }

    /// Whether none is open.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The connection that has this end.
    #[inline]
    pub fn find(&self, end: End) -> Option<Place> {
        let (index, number) = self.look_up(end)?;
        let generation = self.slots.get(index)?.generation;
        Some(Place { id: ConnectionId { index: index as u32, generation }, end: number })
    }

    /// The connection that has this end, of which a message is seen now; and whether segments towards the end are waiting.
    // What it gives stays in registers.
    #[inline(always)]
    pub fn meet(&mut self, end: End, at: Timestamp) -> Option<(Place, bool)> {
        let (index, number) = self.look_up(end)?;
        let slot = self.slots.get_mut(index)?;
        self.idle.touch(index as u32, &mut slot.seen, at);
        let id = ConnectionId { index: index as u32, generation: slot.generation };
        Some((Place { id, end: number }, slot.assembling.get(number) == Some(&true)))
    }

    /// Where the connection is that has this end, and the number of the end.
    #[inline]
    fn look_up(&self, end: End) -> Option<(usize, usize)> {
        let place = self.by_end.find(end.hash(), |place| self.has(place as u32, end))?;
        Some((place >> 1, place & 1))
    }

    // Whether this is the place of `end`: index and number of the end, as in `by_end`.
    #[inline]
    fn has(&self, place: u32, end: End) -> bool {
        let Some(slot) = self.slots.get((place >> 1) as usize) else { return false };
        let number = (place & 1) as usize;
        let has_node = slot.nodes.get(number) == Some(&end.node) && slot.network == end.network;
        slot.live && has_node && slot.references.get(number) == Some(&end.reference)
    }

    /// A message will ask for this end: begins to fetch where it may be. Changes nothing.
    #[inline]
    pub fn expect(&self, end: End) -> Expected {
        let hash = end.hash();
        self.by_end.expect(hash);
        Expected(hash)
    }

    /// Begins to fetch the connection, and gives its index and state, which is to be fetched before it is looked at.
    #[inline]
    pub fn fetch(&self, Expected(hash): Expected) -> Option<(usize, &T)> {
        let index = self.by_end.guess(hash)? >> 1;
        self.slots.get(index).into_iter().for_each(prefetch);
        Some((index, self.states.get(index)?))
    }

    /// The longest idle connection where the table is full: to be closed before another is opened.
    pub fn surplus(&mut self) -> Option<ConnectionId> {
        if self.len() < self.limit {
            return None;
        }
        self.counters.evicted += 1;
        self.id_at(self.idle.longest()?)
    }

    /// The longest idle connection where it has been idle for [`IDLE_TIMEOUT`]: to be closed.
    pub fn expired(&mut self, now: Timestamp) -> Option<ConnectionId> {
        let longest = self.idle.longest()?;
        if now.since(self.slots.get(longest as usize)?.seen.last()) < IDLE_TIMEOUT {
            return None;
        }
        self.counters.expired += 1;
        self.id_at(longest)
    }

    /// Opens a connection of which `end` is end 0 and `peer` the node of end 1. The caller has made sure that no live
    /// connection has that end, and that there is room.
    pub fn open(&mut self, end: End, peer: u32, at: Timestamp) -> ConnectionId {
        let index = match self.free.pop() {
            Some(index) => index,
            None => self.append(),
        };
        if let Some(slot) = self.slots.get_mut(index as usize) {
            slot.live = true;
            slot.network = end.network;
            slot.nodes = [end.node, peer];
            slot.references = [end.reference, NO_REFERENCE];
            slot.seen = self.idle.enter(index, at);
            slot.nodes.into_iter().for_each(|node| self.nodes.add(node));
        }
        self.by_end.insert(end.hash(), index << 1);
        self.id_at(index).unwrap_or(ConnectionId { index, generation: 0 })
    }

    /// Finds the connection of two ends named together by one message, and notes an end that was not known.
    pub fn pair(&mut self, first: End, second: End) -> Paired {
        let known = self.find(first);
        if let Some(place) = known
            && self.has(place.id.index << 1 | (1 - place.end as u32), second)
        {
            return Paired::One(place);
        }
        match (known, self.find(second)) {
            (None, None) => Paired::Unknown,
            (Some(a), Some(b)) if a.id == b.id => Paired::One(a),
            (Some(a), None) => self.complete(a, second).map_or(Paired::Stale(a.id), |()| Paired::One(a)),
            (None, Some(b)) => {
                let other = Place { id: b.id, end: 1 - b.end };
                self.complete(b, first).map_or(Paired::Stale(b.id), |()| Paired::One(other))
            }
            (Some(a), Some(b)) => match (self.is_half(a.id), self.is_half(b.id)) {
                (true, true) => Paired::Halves(a, b),
                (true, false) => Paired::Stale(b.id),
                (false, _) => Paired::Stale(a.id),
            },
        }
    }

    /// Makes `gone` part of `kept`: its end becomes the other end. Its state is the caller's to take over before.
    pub fn merge(&mut self, kept: Place, gone: Place) {
        let end = self.slot(gone.id).and_then(|slot| slot.end(gone.end));
        self.close(gone.id);
        self.counters.merged += 1;
        if let Some(end) = end {
            self.complete(kept, end);
        }
    }

    /// The state of a connection, where it is still open.
    pub fn state(&mut self, id: ConnectionId) -> Option<&mut T> {
        self.slot(id)?;
        self.states.get_mut(id.index as usize)
    }

    /// The state at this index, whether a connection has it or not.
    pub fn state_at(&self, index: usize) -> Option<&T> {
        self.states.get(index)
    }

    /// Takes the state out, leaving an empty one: put it back with [`Connections::restore`].
    pub fn take(&mut self, id: ConnectionId) -> Option<T> {
        self.state(id).map(std::mem::take)
    }

    /// Puts a state back. For a connection that is no longer open it is dropped.
    pub fn restore(&mut self, id: ConnectionId, state: T) {
        if let Some(place) = self.state(id) {
            *place = state;
        }
    }

    /// A message of this connection was seen: it is not idle.
    pub fn touch(&mut self, id: ConnectionId, at: Timestamp) {
        if let Some(slot) = self.slots.get_mut(id.index as usize).filter(|slot| slot.is(id)) {
            self.idle.touch(id.index, &mut slot.seen, at);
        }
    }

    /// Ends a connection. Its state stays in place for the next one, which must find it reset.
    pub fn close(&mut self, id: ConnectionId) {
        let Some(slot) = self.slot_mut(id) else { return };
        slot.live = false;
        slot.generation = slot.generation.wrapping_add(1);
        let assembling = std::mem::take(&mut slot.assembling);
        let (nodes, ends) = (slot.nodes, [slot.end(0), slot.end(1)]);
        nodes.into_iter().for_each(|node| self.nodes.remove(node));
        for (number, (end, assembling)) in (0..).zip(ends.into_iter().zip(assembling)) {
            let place = id.index << 1 | number;
            if let Some(end) = end {
                self.by_end.remove(end.hash(), place);
            }
            if assembling {
                self.assemblies.give_up(place);
            }
        }
        self.idle.leave(id.index);
        self.free.push(id.index);
        self.counters.closed += 1;
    }

    /// The connections between two nodes of a network, in the order of their places.
    pub fn between(&self, network: u32, a: u32, b: u32) -> impl Iterator<Item = ConnectionId> + '_ {
        let of = move |slot: &Slot| (slot.nodes == [a, b] || slot.nodes == [b, a]) && slot.network == network;
        self.search(self.nodes.may_have(a) && self.nodes.may_have(b), of)
    }

    /// The connections of a node of a network, in the order of their places.
    pub fn of_node(&self, network: u32, node: u32) -> impl Iterator<Item = ConnectionId> + '_ {
        let of = move |slot: &Slot| slot.nodes.contains(&node) && slot.network == network;
        self.search(self.nodes.may_have(node), of)
    }

    /// All open connections, in the order of their places.
    pub fn all(&self) -> impl Iterator<Item = ConnectionId> + '_ {
        self.live().map(|(id, _)| id)
    }

    /// Adds a segment of data towards `place`. `None` while more is to come; else the buffer with the whole message,
    /// which is to be given back with [`Connections::recycle`].
    pub fn assemble(&mut self, place: Place, data: &[u8], more: bool) -> Option<Vec<u8>> {
        let slot = self.slots.get_mut(place.id.index as usize).filter(|slot| slot.is(place.id))?;
        let assembling = slot.assembling.get_mut(place.end)?;
        let assembled = self.assemblies.add(place.key(), data, more);
        *assembling = assembled == Assembled::Waiting;
        match assembled {
            Assembled::Waiting => None,
            Assembled::Whole(buffer) => Some(buffer),
            Assembled::Refused => {
                self.counters.segments_refused += 1;
                None
            }
        }
    }

    /// Takes a buffer back.
    pub fn recycle(&mut self, buffer: Vec<u8>) {
        self.assemblies.recycle(buffer);
    }

    fn search(&self, is_worth_it: bool, of: impl Fn(&Slot) -> bool) -> impl Iterator<Item = ConnectionId> {
        let live = is_worth_it.then(|| self.live()).into_iter().flatten();
        live.filter(move |(_, slot)| of(slot)).map(|(id, _)| id)
    }

    fn live(&self) -> impl Iterator<Item = (ConnectionId, &Slot)> + '_ {
        self.slots
            .iter()
            .enumerate()
            .filter(|(_, slot)| slot.live)
            .map(|(index, slot)| (ConnectionId { index: index as u32, generation: slot.generation }, slot))
    }

    fn is_half(&self, id: ConnectionId) -> bool {
        self.slot(id).is_some_and(|slot| slot.references.contains(&NO_REFERENCE))
    }

    /// Notes the partner of the end at `place`; `None` where it has another one.
    fn complete(&mut self, place: Place, partner: End) -> Option<()> {
        let other = 1 - place.end;
        let slot = self.slot_mut(place.id)?;
        let vacant = slot.references.get_mut(other).filter(|reference| **reference == NO_REFERENCE)?;
        *vacant = partner.reference;
        let expected = std::mem::replace(slot.nodes.get_mut(other)?, partner.node);
        self.nodes.remove(expected);
        self.nodes.add(partner.node);
        self.by_end.insert(partner.hash(), place.id.index << 1 | other as u32);
        Some(())
    }

    fn append(&mut self) -> u32 {
        self.slots.push(Slot::FREE);
        self.states.push(T::default());
        (self.slots.len() - 1) as u32
    }

    #[inline]
    fn slot(&self, id: ConnectionId) -> Option<&Slot> {
        self.slots.get(id.index as usize).filter(|slot| slot.is(id))
    }

    #[inline]
    fn slot_mut(&mut self, id: ConnectionId) -> Option<&mut Slot> {
        self.slots.get_mut(id.index as usize).filter(|slot| slot.is(id))
    }

    /// The connection at this index.
    pub fn id_at(&self, index: u32) -> Option<ConnectionId> {
        self.slots.get(index as usize).map(|slot| ConnectionId { index, generation: slot.generation })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_seconds(second)
    }

    fn end(node: u32, reference: u32) -> End {
        End { network: 0, node, reference }
    }

    #[test]
    fn a_table_that_is_full_gives_up_the_longest_idle() {
        let mut table = Connections::<u32>::with_limit(3);
        let ids: Vec<_> = (0..3).map(|number| table.open(end(1, number), 2, at(i64::from(number)))).collect();
        table.touch(ids[0], at(10));
        assert_eq!(table.surplus(), Some(ids[1]));
        table.close(ids[1]);
        assert_eq!(table.surplus(), None);
        assert_eq!((table.len(), table.find(end(1, 1))), (2, None));
    }

    #[test]
    fn idle_connections_expire_in_order_and_busy_ones_do_not() {
        let mut table = Connections::<u32>::default();
        let ids: Vec<_> = (0..3).map(|number| table.open(end(1, number), 2, at(i64::from(number)))).collect();
        table.touch(ids[0], at(100));
        let timeout = IDLE_TIMEOUT.as_secs() as i64;
        let mut expired = Vec::new();
        while let Some(id) = table.expired(at(timeout + 2)) {
            expired.push(id);
            table.close(id);
        }
        assert_eq!(expired, [ids[1], ids[2]]);
        assert_eq!(table.expired(at(timeout + 99)), None);
        assert_eq!(table.expired(at(timeout + 100)), Some(ids[0]));
    }

    #[test]
    fn a_place_that_is_used_again_is_another_connection() {
        let mut table = Connections::<u32>::default();
        let first = table.open(end(1, 1), 2, at(0));
        table.close(first);
        let second = table.open(end(1, 1), 2, at(1));
        assert_ne!(first, second);
        assert!(table.state(first).is_none());
        table.close(first);
        assert!(table.state(second).is_some());
    }

    #[test]
    fn an_end_with_another_partner_makes_the_connection_stale() {
        let mut table = Connections::<u32>::default();
        let id = table.open(end(1, 1), 2, at(0));
        assert_eq!(table.pair(end(1, 1), end(2, 9)), Paired::One(Place { id, end: 0 }));
        assert_eq!(table.pair(end(2, 9), end(1, 1)), Paired::One(Place { id, end: 1 }));
        assert_eq!(table.pair(end(1, 1), end(2, 8)), Paired::Stale(id));
        table.close(id);
        assert_eq!(table.pair(end(1, 1), end(2, 8)), Paired::Unknown);
    }

    #[test]
    fn halves_merge_into_one() {
        let mut table = Connections::<u32>::default();
        let one = table.open(end(1, 1), 2, at(0));
        let other = table.open(end(2, 9), 1, at(0));
        let Paired::Halves(kept, gone) = table.pair(end(2, 9), end(1, 1)) else { panic!("two halves") };
        assert_eq!((kept.id, gone.id), (other, one));
        table.merge(kept, gone);
        assert_eq!(table.find(end(1, 1)), Some(Place { id: other, end: 1 }));
        assert_eq!((table.len(), table.between(0, 1, 2).next()), (1, Some(other)));
    }
}

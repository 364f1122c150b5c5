//! SCCP connections seen from outside: which messages belong together, in both directions, from the middle too.
//!
//! A connection has two ends, each a node and the local reference that it chose. Messages name the *receiver's*
//! reference only, so a connection may be known by one end until a message names both. What a connection means is
//! the caller's: the state `T` of each.

use std::time::Duration;

use event::Timestamp;
use rustc_hash::FxHashMap;

/// Connections followed at once; beyond, the longest idle one ends.
pub const MAX_CONNECTIONS: usize = 262_144;
/// A connection without a message for so long has ended unseen: above T(iar), ITU-T Q.714 §C.4 (11 to 21 minutes).
pub const IDLE_TIMEOUT: Duration = Duration::from_secs(25 * 60);
/// Precision with which the order of idleness is kept, so that a busy connection is not moved with every message.
const IDLE_PRECISION: Duration = Duration::from_secs(1);
/// The most octets of a segmented message of which segments are waiting (ITU-T Q.713 §3.7, more data).
pub const MAX_SEGMENTED_OCTETS: usize = 4096;
/// The most octets of segmented messages that wait, in all connections together.
pub const MAX_WAITING_OCTETS: usize = 32 << 20;
/// Memory that a connection keeps for its next segmented message.
const KEPT_OCTETS: usize = 512;

const NONE: u32 = u32::MAX;

/// Which connection: stays unequal to later ones in the same place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ConnectionId {
    index: u32,
    generation: u32,
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

/// Where a message belongs: the connection, and which of its two ends (0 or 1) was meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The connection.
    pub id: ConnectionId,
    /// The end that was looked up.
    pub end: usize,
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
    /// Messages given up because of [`MAX_SEGMENTED_OCTETS`] or [`MAX_WAITING_OCTETS`].
    pub segments_refused: u64,
}

struct Slot<T> {
    generation: u32,
    live: bool,
    ends: [Option<End>; 2],
    /// The nodes of the two ends, known before their references are.
    nodes: [u32; 2],
    last_at: Timestamp,
    listed_at: Timestamp,
    previous: u32,
    next: u32,
    segments: [Vec<u8>; 2],
    state: T,
}

impl<T> Slot<T> {
    fn is_of(&self, network: u32) -> bool {
        self.ends.iter().flatten().any(|end| end.network == network)
    }
}

/// The table. Places of closed connections are used again with their buffers, so that nothing is allocated steadily.
pub struct Connections<T> {
    limit: usize,
    slots: Vec<Slot<T>>,
    free: Vec<u32>,
    /// Index and end (lowest bit) by reference.
    by_end: FxHashMap<End, u32>,
    longest_idle: u32,
    least_idle: u32,
    waiting_octets: usize,
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
            slots: Vec::new(),
            free: Vec::new(),
            by_end: FxHashMap::default(),
            longest_idle: NONE,
            least_idle: NONE,
            waiting_octets: 0,
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
    pub fn find(&self, end: End) -> Option<Place> {
        let place = *self.by_end.get(&end)?;
        let index = place >> 1;
        let generation = self.slots.get(index as usize)?.generation;
        Some(Place { id: ConnectionId { index, generation }, end: (place & 1) as usize })
    }

    /// The longest idle connection where the table is full: to be closed before another is opened.
    pub fn surplus(&mut self) -> Option<ConnectionId> {
        if self.len() < self.limit {
            return None;
        }
        self.counters.evicted += 1;
        self.id_at(self.longest_idle)
    }

    /// The longest idle connection where it has been idle for [`IDLE_TIMEOUT`]: to be closed.
    pub fn expired(&mut self, now: Timestamp) -> Option<ConnectionId> {
        let slot = self.slots.get(self.longest_idle as usize)?;
        if now.since(slot.last_at) < IDLE_TIMEOUT {
            return None;
        }
        self.counters.expired += 1;
        self.id_at(self.longest_idle)
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
            slot.ends = [Some(end), None];
            slot.nodes = [end.node, peer];
            (slot.last_at, slot.listed_at) = (at, at);
        }
        self.by_end.insert(end, index << 1);
        self.enlist(index);
        self.id_at(index).unwrap_or(ConnectionId { index, generation: 0 })
    }

    /// Finds the connection of two ends named together by one message, and notes an end that was not known.
    pub fn pair(&mut self, first: End, second: End) -> Paired {
        match (self.find(first), self.find(second)) {
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
        let end = self.slot(gone.id).and_then(|slot| slot.ends.get(gone.end).copied().flatten());
        self.close(gone.id);
        self.counters.merged += 1;
        if let Some(end) = end {
            self.complete(kept, end);
        }
    }

    /// The state of a connection, where it is still open.
    pub fn state(&mut self, id: ConnectionId) -> Option<&mut T> {
        self.slot_mut(id).map(|slot| &mut slot.state)
    }

    /// Takes the state out, leaving an empty one: put it back with [`Connections::restore`].
    pub fn take(&mut self, id: ConnectionId) -> Option<T> {
        self.slot_mut(id).map(|slot| std::mem::take(&mut slot.state))
    }

    /// Puts a state back. For a connection that is no longer open it is dropped.
    pub fn restore(&mut self, id: ConnectionId, state: T) {
        if let Some(slot) = self.slot_mut(id) {
            slot.state = state;
        }
    }

    /// The nodes of the connection's ends 0 and 1.
    pub fn nodes(&self, id: ConnectionId) -> Option<[u32; 2]> {
        self.slot(id).map(|slot| slot.nodes)
    }

    /// A message of this connection was seen: it is not idle.
    pub fn touch(&mut self, id: ConnectionId, at: Timestamp) {
        let Some(slot) = self.slot_mut(id) else { return };
        slot.last_at = slot.last_at.max(at);
        if at.since(slot.listed_at) >= IDLE_PRECISION {
            slot.listed_at = at;
            self.unlist(id.index);
            self.enlist(id.index);
        }
    }

    /// Ends a connection. Its state stays in place for the next one, which must find it reset.
    pub fn close(&mut self, id: ConnectionId) {
        let Some(slot) = self.slot_mut(id) else { return };
        let ends = slot.ends;
        slot.live = false;
        slot.generation = slot.generation.wrapping_add(1);
        let waiting: usize = slot.segments.iter().map(Vec::len).sum();
        for buffer in &mut slot.segments {
            buffer.clear();
            buffer.shrink_to(KEPT_OCTETS);
        }
        self.waiting_octets -= waiting;
        for (number, end) in ends.into_iter().enumerate() {
            let place = id.index << 1 | number as u32;
            if let Some(end) = end
                && self.by_end.get(&end) == Some(&place)
            {
                self.by_end.remove(&end);
            }
        }
        self.unlist(id.index);
        self.free.push(id.index);
        self.counters.closed += 1;
    }

    /// The connections between two nodes of a network, in the order of their places.
    pub fn between(&self, network: u32, a: u32, b: u32) -> impl Iterator<Item = ConnectionId> + '_ {
        let of = move |slot: &Slot<T>| (slot.nodes == [a, b] || slot.nodes == [b, a]) && slot.is_of(network);
        self.live().filter(move |(_, slot)| of(slot)).map(|(id, _)| id)
    }

    /// The connections of a node of a network, in the order of their places.
    pub fn of_node(&self, network: u32, node: u32) -> impl Iterator<Item = ConnectionId> + '_ {
        let of = move |slot: &Slot<T>| slot.nodes.contains(&node) && slot.is_of(network);
        self.live().filter(move |(_, slot)| of(slot)).map(|(id, _)| id)
    }

    /// All open connections, in the order of their places.
    pub fn all(&self) -> impl Iterator<Item = ConnectionId> + '_ {
        self.live().map(|(id, _)| id)
    }

    /// Adds a segment of data towards `place`. `None` while more is to come; else the buffer with the whole message,
    /// which is to be given back with [`Connections::recycle`].
    pub fn assemble(&mut self, place: Place, data: &[u8], more: bool) -> Option<Vec<u8>> {
        let slot = self.slots.get_mut(place.id.index as usize)?;
        let buffer = slot.segments.get_mut(place.end)?;
        self.waiting_octets -= buffer.len();
        if buffer.len() + data.len() > MAX_SEGMENTED_OCTETS
            || self.waiting_octets + buffer.len() + data.len() > MAX_WAITING_OCTETS
        {
            buffer.clear();
            self.counters.segments_refused += 1;
            return None;
        }
        buffer.extend_from_slice(data);
        if more {
            self.waiting_octets += buffer.len();
            return None;
        }
        Some(std::mem::take(buffer))
    }

    /// Whether segments towards `place` are waiting.
    pub fn is_assembling(&self, place: Place) -> bool {
        self.slot(place.id).and_then(|slot| slot.segments.get(place.end)).is_some_and(|buffer| !buffer.is_empty())
    }

    /// Takes an emptied buffer back.
    pub fn recycle(&mut self, place: Place, mut buffer: Vec<u8>) {
        buffer.clear();
        buffer.shrink_to(KEPT_OCTETS);
        if let Some(slot) = self.slot_mut(place.id)
            && let Some(place) = slot.segments.get_mut(place.end)
        {
            *place = buffer;
        }
    }

    fn live(&self) -> impl Iterator<Item = (ConnectionId, &Slot<T>)> + '_ {
        self.slots
            .iter()
            .enumerate()
            .filter(|(_, slot)| slot.live)
            .map(|(index, slot)| (ConnectionId { index: index as u32, generation: slot.generation }, slot))
    }

    fn is_half(&self, id: ConnectionId) -> bool {
        self.slot(id).is_some_and(|slot| slot.ends.iter().flatten().count() == 1)
    }

    /// Notes the partner of the end at `place`; `None` where it has another one.
    fn complete(&mut self, place: Place, partner: End) -> Option<()> {
        let other = 1 - place.end;
        let slot = self.slot_mut(place.id)?;
        let vacant = slot.ends.get_mut(other)?;
        if vacant.is_some() {
            return None;
        }
        *vacant = Some(partner);
        *slot.nodes.get_mut(other)? = partner.node;
        self.by_end.insert(partner, place.id.index << 1 | other as u32);
        Some(())
    }

    fn append(&mut self) -> u32 {
        self.slots.push(Slot {
            generation: 0,
            live: false,
            ends: [None; 2],
            nodes: [0; 2],
            last_at: Timestamp::MIN,
            listed_at: Timestamp::MIN,
            previous: NONE,
            next: NONE,
            segments: [Vec::new(), Vec::new()],
            state: T::default(),
        });
        (self.slots.len() - 1) as u32
    }

    fn slot(&self, id: ConnectionId) -> Option<&Slot<T>> {
        self.slots.get(id.index as usize).filter(|slot| slot.live && slot.generation == id.generation)
    }

    fn slot_mut(&mut self, id: ConnectionId) -> Option<&mut Slot<T>> {
        self.slots.get_mut(id.index as usize).filter(|slot| slot.live && slot.generation == id.generation)
    }

    fn id_at(&self, index: u32) -> Option<ConnectionId> {
        self.slots.get(index as usize).map(|slot| ConnectionId { index, generation: slot.generation })
    }

    /// Puts a connection at the end of the list that is ordered by idleness.
    fn enlist(&mut self, index: u32) {
        let last = std::mem::replace(&mut self.least_idle, index);
        if let Some(slot) = self.slots.get_mut(index as usize) {
            (slot.previous, slot.next) = (last, NONE);
        }
        match self.slots.get_mut(last as usize) {
            Some(before) => before.next = index,
            None => self.longest_idle = index,
        }
    }

    fn unlist(&mut self, index: u32) {
        let Some(slot) = self.slots.get(index as usize) else { return };
        let (previous, next) = (slot.previous, slot.next);
        match self.slots.get_mut(previous as usize) {
            Some(before) => before.next = next,
            None => self.longest_idle = next,
        }
        match self.slots.get_mut(next as usize) {
            Some(after) => after.previous = previous,
            None => self.least_idle = previous,
        }
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
        assert_eq!((table.len(), table.nodes(other)), (1, Some([2, 1])));
    }

    #[test]
    fn segments_that_wait_are_bounded_in_all_connections_together() {
        let mut table = Connections::<u32>::default();
        let first = [7; MAX_SEGMENTED_OCTETS - 1];
        let places: Vec<_> = (0..MAX_WAITING_OCTETS / first.len() + 1)
            .map(|number| Place { id: table.open(end(1, number as u32), 2, at(0)), end: 0 })
            .collect();
        assert!(places.iter().all(|place| table.assemble(*place, &first, true).is_none()));
        assert_eq!(table.counters.segments_refused, 1);
        table.close(places[0].id);
        let whole = places[1..].iter().filter_map(|place| table.assemble(*place, &[8], false));
        assert_eq!(whole.map(|message| message.len()).sum::<usize>(), (places.len() - 2) * MAX_SEGMENTED_OCTETS + 1);
    }

    #[test]
    fn a_message_of_too_many_segments_is_given_up() {
        let mut table = Connections::<u32>::default();
        let place = Place { id: table.open(end(1, 1), 2, at(0)), end: 0 };
        let piece = [7; 255];
        let segments = MAX_SEGMENTED_OCTETS / piece.len() + 1;
        assert!((0..segments).all(|_| table.assemble(place, &piece, true).is_none()));
        assert_eq!(table.counters.segments_refused, 1);
        assert_eq!(table.assemble(place, &[1], false), Some(vec![1]));
    }
}

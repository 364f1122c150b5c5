//! Logical links between phones and an SGSN: one for each phone, found by the TLLI that it uses and by the one that it
//! is about to use or has just left (3GPP TS 44.064 §8.3). What a link means is the caller's: the state `T` of each.

use std::time::Duration;

use event::Timestamp;
use rustc_hash::FxHashMap;

use super::idle::{IdleOrder, Seen};
use crate::wire::{Tlli, TlliKind};

/// Links followed at once; beyond, the longest idle one ends.
pub const MAX_LINKS: usize = 524_288;
/// A link without a frame for so long is forgotten; who its P-TMSI is stays known.
pub const IDLE_TIMEOUT: Duration = Duration::from_secs(60 * 60);

/// Which link: stays unequal to later ones in the same place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LinkId {
    index: u32,
    generation: u32,
}

/// A BSSGP virtual connection, 3GPP TS 48.018 §5.4: a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Bvc {
    /// The network in which the numbers of nodes are unique.
    pub network: u32,
    /// The SGSN.
    pub sgsn: u32,
    /// The BSS.
    pub bss: u32,
    /// BVCI.
    pub bvci: u16,
}

/// Where a TLLI means one phone: a local one wherever its SGSN is, the others in one cell only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Address {
    network: u32,
    sgsn: u32,
    tlli: Tlli,
    cell: Option<(u32, u16)>,
}

impl Address {
    /// The address of `tlli` in a cell.
    pub fn new(tlli: Tlli, bvc: Bvc) -> Self {
        let cell = (tlli.kind() != TlliKind::Local).then_some((bvc.bss, bvc.bvci));
        Self { network: bvc.network, sgsn: bvc.sgsn, tlli, cell }
    }
}

/// What happened to the table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LinkCounters {
    /// Opened.
    pub opened: u64,
    /// Ended after [`IDLE_TIMEOUT`].
    pub expired: u64,
    /// Ended because of [`MAX_LINKS`].
    pub evicted: u64,
}

struct Slot<T> {
    generation: u32,
    /// The address in use, and a second one: the next or the last.
    addresses: [Option<Address>; 2],
    seen: Seen,
    state: T,
}

/// The table. Places of closed links are used again with their buffers, so that nothing is allocated steadily.
pub struct Links<T> {
    limit: usize,
    slots: Vec<Slot<T>>,
    free: Vec<u32>,
    by_address: FxHashMap<Address, u32>,
    idle: IdleOrder,
    /// What happened.
    pub counters: LinkCounters,
}

impl<T: Default> Default for Links<T> {
    fn default() -> Self {
        Self::with_limit(MAX_LINKS)
    }
}

impl<T: Default> Links<T> {
    /// None open; at most `limit` (at least one) at once.
    pub fn with_limit(limit: usize) -> Self {
        Self {
            limit: limit.max(1),
            slots: Vec::new(),
            free: Vec::new(),
            by_address: FxHashMap::default(),
            idle: IdleOrder::default(),
            counters: LinkCounters::default(),
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

    /// The link of this address.
    pub fn find(&self, address: Address) -> Option<LinkId> {
        self.by_address.get(&address).and_then(|index| self.id_at(*index))
    }

    /// The longest idle link where the table is full: to be closed before another is opened.
    pub fn surplus(&mut self) -> Option<LinkId> {
        if self.len() < self.limit {
            return None;
        }
        self.counters.evicted += 1;
        self.id_at(self.idle.longest()?)
    }

    /// The longest idle link where it has been idle for [`IDLE_TIMEOUT`]: to be closed.
    pub fn expired(&mut self, now: Timestamp) -> Option<LinkId> {
        let longest = self.idle.longest()?;
        if now.since(self.slots.get(longest as usize)?.seen.last()) < IDLE_TIMEOUT {
            return None;
        }
        self.counters.expired += 1;
        self.id_at(longest)
    }

    /// Opens a link that has this address only. The caller has made sure that none has it, and that there is room.
    pub fn open(&mut self, address: Address, at: Timestamp) -> LinkId {
        self.counters.opened += 1;
        let index = self.free.pop().unwrap_or_else(|| self.append());
        if let Some(slot) = self.slots.get_mut(index as usize) {
            slot.addresses = [Some(address), None];
            slot.seen = self.idle.enter(index, at);
        }
        self.by_address.insert(address, index);
        self.id_at(index).unwrap_or(LinkId { index, generation: 0 })
    }

    /// The link has `address` too. Whoever had it has it no more.
    pub fn add(&mut self, id: LinkId, address: Address) {
        if self.find(address) == Some(id) {
            return;
        }
        self.withdraw(address);
        let Some(slot) = self.slot_mut(id) else { return };
        let [_, second] = &mut slot.addresses;
        let displaced = second.replace(address);
        if let Some(displaced) = displaced {
            self.by_address.remove(&displaced);
        }
        self.by_address.insert(address, id.index);
    }

    /// The phone uses `address` of the link: where it was the second one, the first is over.
    pub fn settle(&mut self, id: LinkId, address: Address) {
        let Some(slot) = self.slot_mut(id) else { return };
        let [first, second] = slot.addresses;
        if second == Some(address) {
            slot.addresses = [second, None];
            if let Some(first) = first {
                self.by_address.remove(&first);
            }
        }
    }

    /// The state of a link, where it is still open.
    pub fn state(&mut self, id: LinkId) -> Option<&mut T> {
        self.slot_mut(id).map(|slot| &mut slot.state)
    }

    /// A frame of this link was seen: it is not idle.
    pub fn touch(&mut self, id: LinkId, at: Timestamp) {
        if let Some(slot) = self.slots.get_mut(id.index as usize).filter(|slot| slot.generation == id.generation) {
            self.idle.touch(id.index, &mut slot.seen, at);
        }
    }

    /// Ends a link. Its state stays in place for the next one, which must find it reset.
    pub fn close(&mut self, id: LinkId) {
        let Some(slot) = self.slot_mut(id) else { return };
        slot.generation = slot.generation.wrapping_add(1);
        for address in std::mem::take(&mut slot.addresses).into_iter().flatten() {
            self.by_address.remove(&address);
        }
        self.idle.leave(id.index);
        self.free.push(id.index);
    }

    /// All open links, the longest idle first.
    pub fn all(&self) -> impl Iterator<Item = LinkId> + '_ {
        self.idle.iter().filter_map(|index| self.id_at(index))
    }

    fn withdraw(&mut self, address: Address) {
        let Some(index) = self.by_address.remove(&address) else { return };
        if let Some(slot) = self.slots.get_mut(index as usize) {
            slot.addresses.iter_mut().filter(|held| **held == Some(address)).for_each(|held| *held = None);
        }
    }

    fn id_at(&self, index: u32) -> Option<LinkId> {
        self.slots.get(index as usize).map(|slot| LinkId { index, generation: slot.generation })
    }

    fn slot_mut(&mut self, id: LinkId) -> Option<&mut Slot<T>> {
        self.slots.get_mut(id.index as usize).filter(|slot| slot.generation == id.generation)
    }

    fn append(&mut self) -> u32 {
        self.slots.push(Slot { generation: 0, addresses: [None; 2], seen: Seen::NEVER, state: T::default() });
        self.slots.len() as u32 - 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: Bvc = Bvc { network: 0, sgsn: 1, bss: 2, bvci: 3 };
    const THERE: Bvc = Bvc { bvci: 4, ..HERE };
    const LOCAL: Tlli = Tlli(0xc000_0001);
    const NEXT: Tlli = Tlli(0xc000_0002);
    const RANDOM: Tlli = Tlli(0x7800_0001);

    fn at(second: i64) -> Timestamp {
        Timestamp::from_seconds(second)
    }

    fn here(tlli: Tlli) -> Address {
        Address::new(tlli, HERE)
    }

    #[test]
    fn a_local_tlli_means_the_same_phone_in_every_cell_and_others_do_not() {
        assert_eq!(here(LOCAL), Address::new(LOCAL, THERE));
        assert_ne!(here(LOCAL), Address::new(LOCAL, Bvc { sgsn: 9, ..HERE }));
        assert_ne!(here(RANDOM), Address::new(RANDOM, THERE));
    }

    #[test]
    fn a_link_has_two_addresses_until_it_settles() {
        let mut links = Links::<()>::default();
        let id = links.open(here(RANDOM), at(1));
        links.add(id, here(LOCAL));
        assert_eq!((links.find(here(RANDOM)), links.find(here(LOCAL))), (Some(id), Some(id)));
        links.add(id, here(NEXT));
        assert_eq!((links.find(here(LOCAL)), links.find(here(NEXT))), (None, Some(id)));
        links.settle(id, here(RANDOM));
        assert_eq!((links.find(here(RANDOM)), links.find(here(NEXT))), (Some(id), Some(id)));
        links.settle(id, here(NEXT));
        assert_eq!((links.find(here(RANDOM)), links.find(here(NEXT))), (None, Some(id)));
        links.close(id);
        assert_eq!((links.find(here(NEXT)), links.len()), (None, 0));
    }

    #[test]
    fn an_address_given_to_another_phone_is_the_others_alone() {
        let mut links = Links::<()>::default();
        let first = links.open(here(LOCAL), at(1));
        let second = links.open(here(RANDOM), at(2));
        links.add(second, here(LOCAL));
        links.settle(second, here(LOCAL));
        assert_eq!((links.find(here(LOCAL)), links.find(here(RANDOM))), (Some(second), None));
        links.close(first);
        assert_eq!(links.find(here(LOCAL)), Some(second));
    }

    #[test]
    fn the_longest_idle_goes_first() {
        let mut links = Links::<()>::with_limit(2);
        let first = links.open(here(LOCAL), at(1));
        let second = links.open(here(NEXT), at(2));
        links.touch(first, at(11));
        assert_eq!(links.all().collect::<Vec<_>>(), [second, first]);
        assert_eq!(links.surplus(), Some(second));
        links.close(second);
        assert_eq!(links.surplus(), None);
        assert_eq!(links.expired(at(3600)), None);
        assert_eq!(links.expired(at(3611)), Some(first));
        links.close(first);
        assert_eq!(links.all().count(), 0);
    }
}

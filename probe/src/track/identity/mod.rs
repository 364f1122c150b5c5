//! Who a temporary identity is: TMSI → IMSI for each VLR, with age, proof and doubt.
//!
//! Unresolved is acceptable, wrong is not: a binding is made by the network's word only, and lost as soon as its TMSI
//! may mean somebody else. Location areas are only the way to the VLR that serves them: [`pools`].

mod pools;
#[cfg(test)]
mod tests;
mod unplaced;

use std::hash::{BuildHasher, BuildHasherDefault};
use std::ops::Range;

use event::{Binding, Imsi, Lai, Timestamp, Tmsi, prefetch, push_large};
use rustc_hash::{FxHashMap, FxHasher};

use self::pools::Pools;
use self::unplaced::Waiting;
use super::index::Index;

pub use self::pools::{ExpectedArea, MAX_AREAS, MAX_NRIS, MAX_VLRS_PER_AREA, PoolSettings};
pub use self::unplaced::{MAX_UNPLACED, Unplaced};

/// Subscribers whose temporary identities are remembered; beyond, one of the least recently confirmed goes.
pub const MAX_SUBSCRIBERS: usize = 4_000_000;
/// VLRs whose restarts are remembered one by one; a further one makes all bindings suspect.
pub const MAX_DOUBTED: usize = 4096;
/// Subscribers compared when one has to go.
const EVICTION_CANDIDATES: usize = 8;

/// A visitor location register: the MSC node that it is part of, in its network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Vlr {
    /// The network in which the node's number is unique.
    pub network: u32,
    /// Point code of the MSC, or the id of its endpoint.
    pub node: u32,
}

/// A TMSI together with the VLR that gave it: only so does it mean a subscriber.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Temporary {
    /// Who gave it.
    pub vlr: Vlr,
    /// What was given.
    pub tmsi: Tmsi,
}

/// What a binding rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Proof {
    /// PAGING with IMSI and TMSI, 3GPP TS 48.008 §3.2.1.19.
    Paging,
    /// COMMON ID in a connection of this TMSI, 3GPP TS 48.008 §3.2.1.68.
    CommonId,
    /// IDENTITY RESPONSE or another word of the phone that the network then accepted.
    Accepted,
    /// HANDOVER REQUEST with an IMSI, 3GPP TS 48.008 §3.2.1.8.
    Handover,
    /// The network gave the TMSI: LOCATION UPDATING ACCEPT or TMSI REALLOCATION COMMAND.
    Allocation,
    /// IMSI beside the TLLI in DL-UNITDATA or RA-CAPABILITY-UPDATE-ACK, 3GPP TS 48.018 §10.2.1 and §10.3.7.
    Downlink,
    /// Read back after a restart and not confirmed since.
    Restored,
}

/// One binding, as stored between runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bound {
    /// The temporary identity.
    pub temporary: Temporary,
    /// The subscriber.
    pub imsi: Imsi,
    /// What it rests on.
    pub proof: Proof,
    /// When it was last confirmed.
    pub at: Timestamp,
}

/// What happened to the map.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct IdentityCounters {
    /// Bindings made.
    pub bound: u64,
    /// Bindings confirmed again.
    pub confirmed: u64,
    /// Bindings that ended because their TMSI went to somebody else.
    pub reassigned: u64,
    /// Subscribers forgotten because of [`MAX_SUBSCRIBERS`].
    pub evicted: u64,
    /// Location areas and NRIs not learned because of [`MAX_AREAS`], [`MAX_VLRS_PER_AREA`] or [`MAX_NRIS`].
    pub areas_refused: u64,
    /// TMSIs of areas without a known VLR that were not kept because of [`MAX_UNPLACED`].
    pub unplaced_refused: u64,
    /// Times a VLR restarted or a feed had a gap, so that its bindings became suspect.
    pub doubted: u64,
    /// Restarts of one VLR that made all bindings suspect because of [`MAX_DOUBTED`].
    pub doubts_widened: u64,
}

#[derive(Clone, Copy)]
struct Subscriber {
    imsi: Imsi,
    /// The temporary identity given last.
    current: Option<Temporary>,
    /// The one before, until the phone has taken the current one (3GPP TS 24.008 §4.3.1.3: either may be in use).
    previous: Option<Temporary>,
    at: Timestamp,
    proof: Proof,
}

impl Subscriber {
    #[inline]
    fn holds(&self, temporary: Temporary) -> bool {
        self.current == Some(temporary) || self.previous == Some(temporary)
    }
}

/// A subscriber who will be asked for.
#[derive(Clone, Copy)]
pub struct Expected {
    hash: u64,
    is_temporary: bool,
}

/// The bindings of all VLRs. About 80 octets a subscriber.
pub struct Identities {
    limit: usize,
    subscribers: Vec<Subscriber>,
    by_imsi: Index,
    by_temporary: Index,
    pools: Pools,
    waiting: Waiting,
    doubted_at: FxHashMap<Vlr, Timestamp>,
    all_doubted_at: Timestamp,
    eviction_hand: usize,
    counters: IdentityCounters,
}

impl Default for Identities {
    fn default() -> Self {
        Self::new(&PoolSettings::default(), MAX_SUBSCRIBERS)
    }
}

impl Identities {
    /// Nobody known; at most `limit` subscribers (at least one) will be.
    pub fn new(pools: &PoolSettings, limit: usize) -> Self {
        Self {
            limit: limit.max(1),
            subscribers: Vec::new(),
            by_imsi: Index::default(),
            by_temporary: Index::default(),
            pools: Pools::new(pools),
            waiting: Waiting::default(),
            doubted_at: FxHashMap::default(),
            all_doubted_at: Timestamp::MIN,
            eviction_hand: 0,
            counters: IdentityCounters::default(),
        }
    }

    /// Who `temporary` is, and whether that is [`Binding::Mapped`] or [`Binding::Suspect`].
    pub fn resolve(&self, temporary: Temporary) -> Option<(Imsi, Binding)> {
        let subscriber = self.subscribers.get(self.holder(temporary)?)?;
        let suspect = subscriber.proof == Proof::Restored
            || subscriber.at <= self.all_doubted_at
            || self.doubted_at.get(&temporary.vlr).is_some_and(|doubted| subscriber.at <= *doubted);
        Some((subscriber.imsi, if suspect { Binding::Suspect } else { Binding::Mapped }))
    }

    /// The temporary identity that `tmsi` is, said by a phone that comes from `area` to the VLR `here`: given by the VLR
    /// of that area that its NRI names, else by the one there that knows it, else by `here` where that serves the area.
    /// `None` where no such VLR is known, or two know the TMSI as different subscribers'.
    pub fn in_area(&self, area: Lai, tmsi: Tmsi, here: Vlr) -> Option<Temporary> {
        if let Some(vlr) = self.pools.named(area, tmsi) {
            return Some(Temporary { vlr, tmsi });
        }
        let serves = self.pools.serves(here, area).then_some(Temporary { vlr: here, tmsi });
        self.known_in_area(area, tmsi).or(serves)
    }

    /// The VLR that gives `tmsi` to phones in `area`: the only one there, or the one that its NRI names.
    pub fn server(&self, area: Lai, tmsi: Tmsi) -> Option<Vlr> {
        self.pools.only_server(area).or_else(|| self.pools.named(area, tmsi))
    }

    /// A connection from `area` went to `vlr`.
    pub fn learn_area(&mut self, area: Lai, vlr: Vlr) {
        if self.pools.learn_area(area, vlr) {
            self.waiting.take(area).into_iter().for_each(|unplaced| self.settle(unplaced));
        }
    }

    /// The VLR of an area, which does not say its name, has said whose a TMSI is. Whether it is known: else that waits for the
    /// first connection from the area, unless several VLRs are known there.
    pub fn place(&mut self, unplaced: Unplaced) -> bool {
        let Unplaced { area, tmsi, imsi, proof, at } = unplaced;
        self.waiting.forget(imsi);
        let Some(vlr) = self.server(area, tmsi) else {
            if self.pools.servers(area).is_empty() && !self.waiting.keep(unplaced) {
                self.counters.unplaced_refused += 1;
            }
            return false;
        };
        match proof {
            Proof::Allocation => self.allocate(Temporary { vlr, tmsi }, imsi, None, proof, at),
            _ => self.bind(Temporary { vlr, tmsi }, imsi, proof, at),
        }
        true
    }

    /// The VLR of its area is known now. What was learned since of its subscriber, or of its TMSI, is better.
    fn settle(&mut self, unplaced: Unplaced) {
        let Unplaced { area, tmsi, imsi, at, .. } = unplaced;
        let holder = self.server(area, tmsi).and_then(|vlr| self.holder(Temporary { vlr, tmsi }));
        let is_newer = |index: usize| self.subscribers.get(index).is_some_and(|subscriber| subscriber.at > at);
        if !holder.into_iter().chain(self.index_of(imsi)).any(is_newer) {
            self.place(unplaced);
        }
    }

    fn known_in_area(&self, area: Lai, tmsi: Tmsi) -> Option<Temporary> {
        let mut known = (self.pools.servers(area).iter())
            .map(|vlr| Temporary { vlr: *vlr, tmsi })
            .filter_map(|temporary| self.resolve(temporary).map(|(imsi, _)| (temporary, imsi)));
        let (temporary, imsi) = known.next()?;
        known.all(|(_, other)| other == imsi).then_some(temporary)
    }

    /// The network said that `temporary` is `imsi`'s. Whoever held it before holds it no more.
    pub fn bind(&mut self, temporary: Temporary, imsi: Imsi, proof: Proof, at: Timestamp) {
        let index = self.entry(imsi, proof, at);
        let Some(subscriber) = self.subscribers.get_mut(index) else { return };
        (subscriber.proof, subscriber.at) = (proof, at);
        if subscriber.current == Some(temporary) || subscriber.previous == Some(temporary) {
            self.counters.confirmed += 1;
            return;
        }
        self.unlink_both(index);
        self.link(index, temporary, None);
    }

    /// The network gives `temporary` to `imsi`, who used `used` until now: both mean it until [`Identities::complete`].
    /// `proof` is how the subscriber is known: [`Proof::Allocation`], or [`Proof::Restored`] while that is suspect.
    pub fn allocate(&mut self, temporary: Temporary, imsi: Imsi, used: Option<Temporary>, proof: Proof, at: Timestamp) {
        self.pools.learn_nri(temporary);
        let index = self.entry(imsi, proof, at);
        let Some(subscriber) = self.subscribers.get_mut(index) else { return };
        (subscriber.proof, subscriber.at) = (proof, at);
        let (current, previous) = (subscriber.current, subscriber.previous);
        if current == Some(temporary) {
            return;
        }
        // Which of two the phone holds it has shown by using it; else the one that it had confirmed stays.
        let kept = [current, previous].into_iter().flatten().find(|held| used == Some(*held)).or(previous).or(current);
        self.unlink_both(index);
        self.link(index, temporary, kept.filter(|kept| *kept != temporary));
    }

    /// TMSI REALLOCATION COMPLETE: the phone has taken `temporary`, the one before means nobody.
    pub fn complete(&mut self, temporary: Temporary) {
        let Some(index) = self.holder(temporary) else { return };
        let Some(subscriber) = self.subscribers.get_mut(index) else { return };
        if subscriber.current == Some(temporary)
            && let Some(previous) = subscriber.previous.take()
        {
            self.unindex(previous, index);
        }
    }

    /// The subscriber's temporary identities are deleted: LOCATION UPDATING ACCEPT with an IMSI.
    pub fn release(&mut self, imsi: Imsi) {
        self.waiting.forget(imsi);
        if let Some(index) = self.index_of(imsi) {
            self.unlink_both(index);
        }
    }

    /// `temporary` was given to a subscriber who is not known: it no longer means whom it meant.
    pub fn disown(&mut self, temporary: Temporary) {
        if let Some(index) = self.holder(temporary) {
            self.counters.reassigned += 1;
            self.unlink(index, temporary);
        }
    }

    /// The VLR restarted, or its feed has a gap before `at`: bindings confirmed until then are suspect.
    pub fn doubt(&mut self, vlr: Vlr, at: Timestamp) {
        self.counters.doubted += 1;
        if self.doubted_at.len() < MAX_DOUBTED || self.doubted_at.contains_key(&vlr) {
            self.doubted_at.insert(vlr, at);
        } else {
            self.counters.doubts_widened += 1;
            self.all_doubted_at = self.all_doubted_at.max(at);
        }
    }

    /// The feed had a gap before `at`: all bindings confirmed until then are suspect.
    pub fn doubt_all(&mut self, at: Timestamp) {
        self.counters.doubted += 1;
        self.all_doubted_at = self.all_doubted_at.max(at);
    }

    /// Every binding.
    pub fn bindings(&self) -> impl Iterator<Item = Bound> + '_ {
        self.bindings_of(0..self.len())
    }

    /// The bindings of some of the subscribers, in the order in which these came to be known.
    pub fn bindings_of(&self, subscribers: Range<usize>) -> impl Iterator<Item = Bound> + '_ {
        self.subscribers.get(subscribers).unwrap_or_default().iter().flat_map(|subscriber| {
            let Subscriber { imsi, proof, at, .. } = *subscriber;
            let held = [subscriber.previous, subscriber.current].into_iter().flatten();
            held.map(move |temporary| Bound { temporary, imsi, proof, at })
        })
    }

    /// Every area of which is known who serves it, with each VLR that does.
    pub fn areas(&self) -> impl Iterator<Item = (Lai, Vlr)> + '_ {
        self.pools.areas()
    }

    /// Network resource identifiers, and the VLRs that have given them.
    pub fn resource_identifiers(&self) -> impl Iterator<Item = (Vlr, u16)> + '_ {
        self.pools.nris()
    }

    /// A VLR gives TMSIs with this network resource identifier (3GPP TS 23.236 §4.1).
    pub fn learn_resource_identifier(&mut self, vlr: Vlr, nri: u16) {
        self.pools.insert_nri(vlr, nri);
    }

    /// Takes a stored binding back: suspect until the network confirms it. What is known already is better, and of two stored
    /// ones the younger.
    pub fn insert_suspect(&mut self, bound: Bound) {
        let holder = self.holder(bound.temporary).and_then(|holder| self.subscribers.get(holder));
        if holder.is_some_and(|holder| holder.proof != Proof::Restored || holder.at >= bound.at) {
            return;
        }
        let index = self.entry(bound.imsi, Proof::Restored, bound.at);
        let Some(subscriber) = self.subscribers.get(index) else { return };
        if subscriber.proof == Proof::Restored {
            let previous = subscriber.current;
            self.unlink_both(index);
            self.link(index, bound.temporary, previous);
        }
    }

    /// How many subscribers are known.
    pub fn len(&self) -> usize {
        self.subscribers.len()
    }

    /// Whether nobody is known.
    pub fn is_empty(&self) -> bool {
        self.subscribers.is_empty()
    }

    /// What happened to the map.
    pub fn counters(&self) -> IdentityCounters {
        IdentityCounters { areas_refused: self.pools.refused, ..self.counters }
    }

    /// Whoever has `imsi` will be asked for: begins to fetch where that is. Changes nothing.
    pub fn expect_imsi(&self, imsi: Imsi) -> Expected {
        let hash = hash(&imsi);
        self.by_imsi.expect(hash);
        Expected { hash, is_temporary: false }
    }

    /// Whoever holds `temporary` will be asked for: begins to fetch where that is. Changes nothing.
    pub fn expect_temporary(&self, temporary: Temporary) -> Expected {
        let hash = hash(&temporary);
        self.by_temporary.expect(hash);
        Expected { hash, is_temporary: true }
    }

    /// A connection from `area` goes to `vlr`: begins to fetch whether that is known. Changes nothing.
    pub fn expect_area(&self, area: Lai, vlr: Vlr) {
        self.pools.expect_area(area, vlr);
    }

    /// A phone will say that it was in `area`: begins to fetch where is known who serves that. Changes nothing.
    pub fn expect_last_area(&self, area: Lai) -> ExpectedArea {
        self.pools.expect_last_area(area)
    }

    /// Begins to fetch who serves the area.
    pub fn fetch_area(&self, area: ExpectedArea) {
        self.pools.fetch_area(area);
    }

    /// Begins to fetch the subscriber.
    pub fn fetch(&self, Expected { hash, is_temporary }: Expected) {
        let index = if is_temporary { &self.by_temporary } else { &self.by_imsi };
        index.guess(hash).and_then(|place| self.subscribers.get(place)).into_iter().for_each(prefetch);
    }

    fn holder(&self, temporary: Temporary) -> Option<usize> {
        let holds = |index: usize| self.subscribers.get(index).is_some_and(|holder| holder.holds(temporary));
        self.by_temporary.find(hash(&temporary), holds)
    }

    fn index_of(&self, imsi: Imsi) -> Option<usize> {
        let is = |index: usize| self.subscribers.get(index).is_some_and(|subscriber| subscriber.imsi == imsi);
        self.by_imsi.find(hash(&imsi), is)
    }

    /// The subscriber's index, entered where new.
    fn entry(&mut self, imsi: Imsi, proof: Proof, at: Timestamp) -> usize {
        if let Some(index) = self.index_of(imsi) {
            return index;
        }
        let fresh = Subscriber { imsi, current: None, previous: None, at, proof };
        let index = match self.subscribers.len() < self.limit {
            true => {
                push_large(&mut self.subscribers, fresh);
                self.subscribers.len() - 1
            }
            false => self.evict(fresh),
        };
        self.by_imsi.insert(hash(&imsi), index as u32);
        index
    }

    /// Puts `fresh` in the place of the least recently confirmed of the next few.
    fn evict(&mut self, fresh: Subscriber) -> usize {
        let count = self.subscribers.len();
        let candidates = (0..EVICTION_CANDIDATES).map(|step| (self.eviction_hand + step) % count);
        let confirmed = |index: &usize| self.subscribers.get(*index).map(|subscriber| subscriber.at);
        let index = candidates.min_by_key(confirmed).unwrap_or(0);
        self.eviction_hand = (self.eviction_hand + EVICTION_CANDIDATES) % count;
        self.counters.evicted += 1;
        self.unlink_both(index);
        if let Some(place) = self.subscribers.get_mut(index) {
            let gone = std::mem::replace(place, fresh).imsi;
            self.by_imsi.remove(hash(&gone), index as u32);
        }
        index
    }

    fn unlink_both(&mut self, index: usize) {
        let Some(subscriber) = self.subscribers.get_mut(index) else { return };
        for temporary in [subscriber.current.take(), subscriber.previous.take()].into_iter().flatten() {
            self.unindex(temporary, index);
        }
    }

    fn unlink(&mut self, index: usize, temporary: Temporary) {
        let Some(subscriber) = self.subscribers.get_mut(index) else { return };
        if subscriber.current == Some(temporary) {
            subscriber.current = subscriber.previous.take();
        } else {
            subscriber.previous = None;
        }
        self.unindex(temporary, index);
    }

    fn unindex(&mut self, temporary: Temporary, index: usize) {
        self.by_temporary.remove(hash(&temporary), index as u32);
    }

    /// Gives `current`, and still `previous`, to the subscriber at `index`, who holds nothing.
    fn link(&mut self, index: usize, current: Temporary, previous: Option<Temporary>) {
        self.counters.bound += 1;
        for temporary in [Some(current), previous].into_iter().flatten() {
            self.disown(temporary);
        }
        if let Some(subscriber) = self.subscribers.get_mut(index) {
            (subscriber.current, subscriber.previous) = (Some(current), previous);
        }
        for temporary in [Some(current), previous].into_iter().flatten() {
            self.by_temporary.insert(hash(&temporary), index as u32);
        }
    }
}

fn hash(key: &impl std::hash::Hash) -> u64 {
    BuildHasherDefault::<FxHasher>::default().hash_one(key)
}

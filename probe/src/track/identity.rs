//! Who a temporary identity is: TMSI → IMSI for each VLR, with age, proof and doubt.
//!
//! Unresolved is acceptable, wrong is not: a binding is made by the network's word only, and lost as soon as its TMSI
//! may mean somebody else. Location areas are only the way to the VLR that serves them.

use std::hash::{BuildHasher, BuildHasherDefault};

use event::{Binding, Imsi, Lai, Timestamp, Tmsi};
use hashbrown::HashTable;
use rustc_hash::{FxHashMap, FxHasher};

/// Subscribers whose temporary identities are remembered; beyond, one of the least recently confirmed goes.
pub const MAX_SUBSCRIBERS: usize = 4_000_000;
/// Location areas whose VLR is remembered; further ones are not learned.
pub const MAX_AREAS: usize = 65_536;
/// VLRs that may serve one location area; further ones are not learned. As many as a network resource identifier of five bits
/// can name in a pool (3GPP TS 23.236).
pub const MAX_VLRS_PER_AREA: usize = 32;
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
    /// Location areas not learned because of [`MAX_AREAS`] or [`MAX_VLRS_PER_AREA`].
    pub areas_refused: u64,
    /// Times a VLR restarted or a feed had a gap, so that its bindings became suspect.
    pub doubted: u64,
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

#[derive(Clone, Copy)]
struct Servers {
    count: u8,
    vlrs: [Vlr; MAX_VLRS_PER_AREA],
}

/// The bindings of all VLRs. About 80 octets a subscriber.
pub struct Identities {
    limit: usize,
    subscribers: Vec<Subscriber>,
    by_imsi: HashTable<u32>,
    by_temporary: HashTable<Held>,
    areas: FxHashMap<Lai, Servers>,
    doubted_at: FxHashMap<Vlr, Timestamp>,
    all_doubted_at: Timestamp,
    eviction_hand: usize,
    counters: IdentityCounters,
}

impl Default for Identities {
    fn default() -> Self {
        Self::with_limit(MAX_SUBSCRIBERS)
    }
}

impl Identities {
    /// Nobody known; at most `limit` subscribers (at least one) will be.
    pub fn with_limit(limit: usize) -> Self {
        Self {
            limit: limit.max(1),
            subscribers: Vec::new(),
            by_imsi: HashTable::new(),
            by_temporary: HashTable::new(),
            areas: FxHashMap::default(),
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

    /// The temporary identity that `tmsi` is, given by a VLR that serves `area`. `None` where no such VLR knows it, or
    /// two do for different subscribers.
    pub fn in_area(&self, area: Lai, tmsi: Tmsi) -> Option<Temporary> {
        let servers = self.areas.get(&area)?;
        let vlrs = servers.vlrs.iter().take(usize::from(servers.count));
        let mut known = vlrs
            .map(|vlr| Temporary { vlr: *vlr, tmsi })
            .filter_map(|temporary| self.resolve(temporary).map(|(imsi, _)| (temporary, imsi)));
        let (temporary, imsi) = known.next()?;
        known.all(|(_, other)| other == imsi).then_some(temporary)
    }

    /// Whether `vlr` is known to serve `area`.
    pub fn serves(&self, vlr: Vlr, area: Lai) -> bool {
        let servers = self.areas.get(&area);
        servers.is_some_and(|servers| servers.vlrs.iter().take(usize::from(servers.count)).any(|known| *known == vlr))
    }

    /// The VLR that serves `area`, where it is known and no other does.
    pub fn server(&self, area: Lai) -> Option<Vlr> {
        let servers = self.areas.get(&area).filter(|servers| servers.count == 1)?;
        servers.vlrs.first().copied()
    }

    /// A connection from `area` went to `vlr`.
    pub fn learn_area(&mut self, area: Lai, vlr: Vlr) {
        if area.is_deleted() {
            return;
        }
        let full = self.areas.len() >= MAX_AREAS;
        let Some(servers) = self.areas.get_mut(&area) else {
            match full {
                true => self.counters.areas_refused += 1,
                false => {
                    self.areas.insert(area, Servers { count: 1, vlrs: [vlr; MAX_VLRS_PER_AREA] });
                }
            }
            return;
        };
        let count = usize::from(servers.count);
        if servers.vlrs.iter().take(count).any(|known| *known == vlr) {
            return;
        }
        match servers.vlrs.get_mut(count) {
            Some(slot) => {
                *slot = vlr;
                servers.count += 1;
            }
            None => self.counters.areas_refused += 1,
        }
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
        self.doubted_at.insert(vlr, at);
    }

    /// The feed had a gap before `at`: all bindings confirmed until then are suspect.
    pub fn doubt_all(&mut self, at: Timestamp) {
        self.counters.doubted += 1;
        self.all_doubted_at = self.all_doubted_at.max(at);
    }

    /// Every binding, for storage.
    pub fn bindings(&self) -> impl Iterator<Item = Bound> + '_ {
        self.subscribers.iter().flat_map(|subscriber| {
            let Subscriber { imsi, proof, at, .. } = *subscriber;
            let held = [subscriber.previous, subscriber.current].into_iter().flatten();
            held.map(move |temporary| Bound { temporary, imsi, proof, at })
        })
    }

    /// Takes a stored binding back: suspect until the network confirms it. What is known already is better.
    pub fn insert_suspect(&mut self, bound: Bound) {
        if self.holder(bound.temporary).is_some() {
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
        self.counters
    }

    fn holder(&self, temporary: Temporary) -> Option<usize> {
        let holds = |held: &Held| {
            let subscriber = self.subscribers.get(held.index as usize);
            subscriber.is_some_and(|holder| holder.current == Some(temporary) || holder.previous == Some(temporary))
        };
        self.by_temporary.find(hash(&digest(&temporary)), holds).map(|held| held.index as usize)
    }

    fn index_of(&self, imsi: Imsi) -> Option<usize> {
        let is = |index: &u32| self.subscribers.get(*index as usize).is_some_and(|subscriber| subscriber.imsi == imsi);
        self.by_imsi.find(hash(&imsi), is).map(|index| *index as usize)
    }

    /// The subscriber's index, entered where new.
    fn entry(&mut self, imsi: Imsi, proof: Proof, at: Timestamp) -> usize {
        if let Some(index) = self.index_of(imsi) {
            return index;
        }
        let fresh = Subscriber { imsi, current: None, previous: None, at, proof };
        let index = match self.subscribers.len() < self.limit {
            true => {
                self.subscribers.push(fresh);
                self.subscribers.len() - 1
            }
            false => self.evict(fresh),
        };
        let subscribers = &self.subscribers;
        self.by_imsi.insert_unique(hash(&imsi), index as u32, |index| {
            subscribers.get(*index as usize).map_or(0, |subscriber| hash(&subscriber.imsi))
        });
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
            if let Ok(entry) = self.by_imsi.find_entry(hash(&gone), |entry| *entry as usize == index) {
                entry.remove();
            }
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
        let digest = digest(&temporary);
        let is = |held: &Held| held.index as usize == index && held.digest == digest;
        if let Ok(entry) = self.by_temporary.find_entry(hash(&digest), is) {
            entry.remove();
        }
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
            self.index(temporary, index);
        }
    }

    fn index(&mut self, temporary: Temporary, index: usize) {
        let held = Held { index: index as u32, digest: digest(&temporary) };
        self.by_temporary.insert_unique(held.hash(), held, Held::hash);
    }
}

/// A subscriber under one of two identities. The digest is kept because the index alone does not tell under which.
#[derive(Clone, Copy)]
struct Held {
    index: u32,
    digest: u32,
}

impl Held {
    fn hash(&self) -> u64 {
        hash(&self.digest)
    }
}

fn digest(temporary: &Temporary) -> u32 {
    (hash(temporary) >> 32) as u32
}

fn hash(key: &impl std::hash::Hash) -> u64 {
    BuildHasherDefault::<FxHasher>::default().hash_one(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: Vlr = Vlr { network: 0, node: 2 };
    const THERE: Vlr = Vlr { network: 0, node: 3 };

    fn imsi(number: u32) -> Imsi {
        format!("46000{number:010}").parse().unwrap()
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_seconds(second)
    }

    fn temporary(vlr: Vlr, tmsi: u32) -> Temporary {
        Temporary { vlr, tmsi: Tmsi(tmsi) }
    }

    fn here(tmsi: u32) -> Temporary {
        temporary(HERE, tmsi)
    }

    /// Who holds each TMSI of [`HERE`], by the last digits; 0 for nobody.
    #[track_caller]
    fn check(identities: &Identities, holders: &[(u32, u32)]) {
        for (tmsi, number) in holders {
            let holder = identities.resolve(here(*tmsi)).map(|(imsi, _)| imsi);
            assert_eq!(holder, (*number > 0).then(|| imsi(*number)), "TMSI {tmsi}");
        }
    }

    #[test]
    fn a_tmsi_means_a_subscriber_only_with_its_vlr() {
        let mut identities = Identities::default();
        identities.bind(temporary(HERE, 5), imsi(1), Proof::Paging, at(1));
        identities.bind(temporary(THERE, 5), imsi(2), Proof::Paging, at(1));
        check(&identities, &[(5, 1)]);
        assert_eq!(identities.resolve(temporary(THERE, 5)), Some((imsi(2), Binding::Mapped)));
    }

    #[test]
    fn an_allocation_keeps_the_old_one_until_complete() {
        let mut identities = Identities::default();
        identities.bind(here(5), imsi(1), Proof::CommonId, at(1));
        identities.allocate(here(6), imsi(1), Some(here(5)), Proof::Allocation, at(2));
        check(&identities, &[(5, 1), (6, 1)]);
        identities.complete(here(6));
        check(&identities, &[(5, 0), (6, 1)]);
    }

    #[test]
    fn of_two_allocations_that_were_not_completed_the_one_in_use_stays() {
        for (used, kept, gone) in [(Some(6), 6, 5), (Some(5), 5, 6), (None, 5, 6)] {
            let mut identities = Identities::default();
            identities.bind(here(5), imsi(1), Proof::CommonId, at(1));
            identities.allocate(here(6), imsi(1), Some(here(5)), Proof::Allocation, at(2));
            identities.allocate(here(7), imsi(1), used.map(here), Proof::Allocation, at(3));
            check(&identities, &[(kept, 1), (gone, 0), (7, 1)]);
        }
    }

    #[test]
    fn a_tmsi_for_a_second_subscriber_is_the_seconds_alone() {
        let mut identities = Identities::default();
        identities.bind(here(5), imsi(1), Proof::Paging, at(1));
        identities.bind(here(5), imsi(2), Proof::Paging, at(2));
        identities.bind(here(6), imsi(1), Proof::Paging, at(3));
        check(&identities, &[(5, 2), (6, 1)]);
        assert_eq!(identities.counters().reassigned, 1);
    }

    #[test]
    fn a_subscriber_holds_what_the_network_said_last() {
        let mut identities = Identities::default();
        identities.bind(here(5), imsi(1), Proof::Paging, at(1));
        identities.bind(here(6), imsi(1), Proof::Paging, at(2));
        check(&identities, &[(5, 0), (6, 1)]);
        identities.release(imsi(1));
        check(&identities, &[(6, 0)]);
    }

    #[test]
    fn doubt_lasts_until_the_next_proof() {
        let mut identities = Identities::default();
        identities.bind(here(5), imsi(1), Proof::Paging, at(1));
        identities.bind(temporary(THERE, 5), imsi(2), Proof::Paging, at(1));
        identities.doubt(HERE, at(2));
        assert_eq!(identities.resolve(here(5)), Some((imsi(1), Binding::Suspect)));
        assert_eq!(identities.resolve(temporary(THERE, 5)), Some((imsi(2), Binding::Mapped)));
        identities.bind(here(5), imsi(1), Proof::CommonId, at(3));
        assert_eq!(identities.resolve(here(5)), Some((imsi(1), Binding::Mapped)));
    }

    #[test]
    fn after_a_gap_of_the_feed_every_vlr_is_doubted() {
        let mut identities = Identities::default();
        identities.bind(here(5), imsi(1), Proof::Paging, at(1));
        identities.bind(temporary(THERE, 5), imsi(2), Proof::Paging, at(3));
        identities.doubt_all(at(2));
        assert_eq!(identities.resolve(here(5)), Some((imsi(1), Binding::Suspect)));
        assert_eq!(identities.resolve(temporary(THERE, 5)), Some((imsi(2), Binding::Mapped)));
        identities.doubt_all(at(3));
        assert_eq!(identities.resolve(temporary(THERE, 5)), Some((imsi(2), Binding::Suspect)));
    }

    #[test]
    fn stored_bindings_come_back_as_suspects_and_do_not_displace_what_is_known() {
        let mut before = Identities::default();
        before.bind(here(5), imsi(1), Proof::Paging, at(1));
        before.bind(here(6), imsi(2), Proof::Paging, at(1));
        before.allocate(here(7), imsi(2), Some(here(6)), Proof::Allocation, at(2));
        let mut after = Identities::default();
        after.bind(here(5), imsi(3), Proof::Paging, at(9));
        before.bindings().for_each(|bound| after.insert_suspect(bound));
        check(&after, &[(5, 3), (6, 2), (7, 2)]);
        assert_eq!(after.resolve(here(7)), Some((imsi(2), Binding::Suspect)));
        assert_eq!(after.resolve(here(5)), Some((imsi(3), Binding::Mapped)));
    }

    #[test]
    fn an_area_leads_to_the_vlrs_that_serve_it_and_two_answers_are_none() {
        let area = |lac| Lai { plmn: "460-00".parse().unwrap(), lac };
        let mut identities = Identities::default();
        identities.learn_area(area(1), HERE);
        identities.learn_area(area(1), THERE);
        identities.learn_area(area(0xfffe), HERE);
        identities.bind(here(5), imsi(1), Proof::Paging, at(1));
        identities.bind(temporary(THERE, 6), imsi(2), Proof::Paging, at(1));
        assert_eq!(identities.in_area(area(1), Tmsi(5)), Some(here(5)));
        assert_eq!(identities.in_area(area(1), Tmsi(6)), Some(temporary(THERE, 6)));
        assert_eq!(identities.in_area(area(2), Tmsi(5)), None);
        assert_eq!(identities.in_area(area(0xfffe), Tmsi(5)), None);
        identities.bind(temporary(THERE, 5), imsi(2), Proof::Paging, at(2));
        assert_eq!(identities.in_area(area(1), Tmsi(5)), None);
    }

    #[test]
    fn the_number_of_subscribers_is_bounded_and_the_longest_unconfirmed_go() {
        const LIMIT: u32 = 100;
        let mut identities = Identities::with_limit(LIMIT as usize);
        for number in 1..=2 * LIMIT {
            identities.bind(here(number), imsi(number), Proof::Paging, at(i64::from(number)));
        }
        assert_eq!((identities.len(), identities.counters().evicted), (LIMIT as usize, u64::from(LIMIT)));
        assert_eq!(identities.bindings().count(), LIMIT as usize);
        check(&identities, &[(2 * LIMIT, 2 * LIMIT)]);
        for bound in identities.bindings() {
            assert_eq!(identities.resolve(bound.temporary).map(|(imsi, _)| imsi), Some(bound.imsi));
        }
    }

    /// Whatever happens, the two indexes and the subscribers say the same, and no TMSI has two holders.
    #[test]
    fn a_long_random_history_keeps_the_map_whole() {
        let mut identities = Identities::with_limit(64);
        let mut seed = 1_u32;
        let mut next = |below: u32| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 16) % below
        };
        for second in 0..20_000 {
            let (who, tmsi, used) = (imsi(next(90) + 1), here(next(150)), here(next(150)));
            match next(6) {
                0 | 1 => identities.bind(tmsi, who, Proof::Paging, at(second)),
                2 => identities.allocate(tmsi, who, Some(used), Proof::Allocation, at(second)),
                3 => identities.complete(tmsi),
                4 => identities.disown(tmsi),
                _ => identities.release(who),
            }
        }
        let held: Vec<_> = identities.bindings().collect();
        let distinct: std::collections::HashSet<_> = held.iter().map(|bound| bound.temporary).collect();
        assert_eq!((distinct.len(), identities.by_temporary.len()), (held.len(), held.len()));
        assert_eq!(identities.by_imsi.len(), identities.len());
        for bound in held {
            assert_eq!(identities.resolve(bound.temporary).map(|(imsi, _)| imsi), Some(bound.imsi));
        }
    }
}

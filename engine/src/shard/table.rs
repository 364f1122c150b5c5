//! The subscribers that a shard has in memory: what is remembered of each, and where its newest record is.

use event::{Imsi, Timestamp};
use rules::{Place, Places, Profile, Roster, in_turn};

use crate::window::arena::{NO_RECORD, Tail};
use crate::window::recover::stored_profile;
use crate::window::seal::Generation;
use crate::window::{Store, StoreError, keys, live, profile};

/// One subscriber.
#[derive(Debug, Default)]
pub(crate) struct Slot {
    pub(crate) profile: Profile,
    pub(crate) tail: Tail,
    /// Of the rule set whose marks the profile has.
    pub(crate) edition: u32,
    /// For when the subscriber's timer is set.
    pub(crate) armed: Option<Timestamp>,
}

// Two lines of memory, with the IMSI.
const _: () = assert!(size_of::<Slot>() <= 120);

/// Read from the store when first met, put out when too many are there.
#[derive(Debug, Default)]
pub(crate) struct Table {
    slots: Roster<Slot>,
    /// Who has not been looked at since these were all there were; husks stand where the others were.
    idle: Roster<Slot>,
    husks: usize,
    freezing: Option<Freezing>,
    loads: u64,
}

/// An arena that is full, while it is noted who has records in it, and what is remembered of each as of its end: some at a time,
/// and each before anything about it changes.
#[derive(Debug)]
struct Freezing {
    generation: Generation,
    /// So many of the arena's subscribers have been looked at.
    seen: usize,
}

impl Freezing {
    #[inline]
    fn note(&mut self, imsi: Imsi, slot: &mut Slot) {
        if self.generation.arena.holds(slot.tail) {
            self.generation.add(imsi, slot.tail, &slot.profile);
            slot.tail = NO_RECORD;
        }
    }
}

impl Table {
    /// The subscriber, looked for first where it is likely, from the store where it is not in memory; of this edition where
    /// nothing says of which.
    #[inline]
    pub(crate) fn slot(
        &mut self,
        store: &Store,
        imsi: Imsi,
        likely: Place,
        edition: u32,
    ) -> Result<&mut Slot, StoreError> {
        let Self { slots, idle, husks, freezing, loads } = self;
        let slot = slots.find_or_make(imsi, likely, || match idle.find(imsi) {
            Some(slot) => {
                *husks += 1;
                Ok(std::mem::take(slot))
            }
            None => {
                *loads += 1;
                load(store, imsi, edition)
            }
        })?;
        if let Some(freezing) = freezing {
            freezing.note(imsi, slot);
        }
        Ok(slot)
    }

    /// Those looked at of late, to be fetched ahead.
    pub(crate) fn slots(&self) -> &Roster<Slot> {
        &self.slots
    }

    /// Whether the subscriber is in memory.
    pub(crate) fn is_known(&mut self, imsi: Imsi) -> bool {
        self.slots.find(imsi).is_some() || self.idle.find(imsi).is_some()
    }

    /// Who in memory is of an earlier edition.
    pub(crate) fn before(&self, edition: u32) -> Vec<Imsi> {
        self.slots
            .iter()
            .chain(self.idle.iter())
            .filter(|(_, slot)| slot.edition < edition)
            .map(|(imsi, _)| imsi)
            .collect()
    }

    /// Nothing of the subscriber is in memory any more but what is being frozen.
    pub(crate) fn remove(&mut self, imsi: Imsi) {
        let is_husk = self.slots.remove(imsi).is_some();
        if self.idle.remove(imsi).is_some() && is_husk {
            self.husks -= 1;
        }
    }

    /// How many subscribers are in memory.
    pub(crate) fn len(&self) -> usize {
        self.slots.len() + self.idle.len() - self.husks
    }

    /// How many subscribers have been met since this was asked last.
    pub(crate) fn take_loads(&mut self) -> u64 {
        std::mem::take(&mut self.loads)
    }

    /// From now on this generation is frozen; the one before has been.
    pub(crate) fn begin_freezing(&mut self, generation: Generation) {
        self.freezing = Some(Freezing { generation, seen: 0 });
    }

    /// What is being frozen.
    pub(crate) fn freezing(&self) -> Option<&Generation> {
        self.freezing.as_ref().map(|freezing| &freezing.generation)
    }

    /// Notes so many more subscribers; gives the generation when all have been.
    pub(crate) fn freeze(&mut self, count: usize) -> Option<Generation> {
        let Self { slots, idle, freezing, .. } = self;
        let frozen = freezing.as_mut()?;
        let subscribers = frozen.generation.arena.subscribers();
        let next: Vec<Imsi> = subscribers.iter().skip(frozen.seen).take(count).copied().collect();
        let is_whole = frozen.seen + next.len() == subscribers.len();
        frozen.seen += next.len();
        let mut places = Places::default();
        for [now, next, then] in in_turn(&next) {
            let here = places.pass(slots.fetch(next.iter().copied(), then.iter().copied()));
            for (imsi, likely) in now.iter().zip(here) {
                let slot = slots.find_or_make(*imsi, likely, || Err(())).ok().or_else(|| idle.find(*imsi));
                slot.into_iter().for_each(|slot| frozen.note(*imsi, slot));
            }
        }
        if is_whole { freezing.take().map(|freezing| freezing.generation) } else { None }
    }

    /// Where more than `limit` are there, who has not been looked at since this was done last is put out: that is told, with their
    /// number, so that it can be thrown away elsewhere. Only to be called when an arena has been sealed and none
    /// waits for it, so that the store has all there is to know of them, and when all are of one edition.
    pub(crate) fn put_out(&mut self, limit: usize) -> Option<(Roster<Slot>, u64)> {
        if self.slots.len() + self.idle.len() <= limit {
            return None;
        }
        let out = std::mem::replace(&mut self.idle, std::mem::take(&mut self.slots));
        let count = out.len() - std::mem::take(&mut self.husks);
        Some((out, count as u64))
    }
}

/// The subscriber as the store knows it, of this edition where nothing says of which.
pub(crate) fn load(store: &Store, imsi: Imsi, edition: u32) -> Result<Slot, StoreError> {
    let (stored, key) = (stored_profile(store, imsi)?, keys::subscriber(imsi));
    // Whoever has contacts has events, and is in memory until these are sealed, and the profile with them.
    let contacts = if stored.is_some() { store.row(keys::CONTACT, &key)? } else { None };
    let mut profile = stored.unwrap_or_default();
    if let Some(row) = contacts {
        profile.contacts = profile::read_contacts(&row).ok_or_else(|| store.damaged(keys::CONTACT))?.into();
    }
    let (mut edition, mut armed) = (edition, None);
    if let Some(row) = store.row(keys::LIVE, &key)? {
        let stored = live::read(&row).ok_or_else(|| store.damaged(keys::LIVE))?;
        (profile.live, edition, armed) = (stored.live, stored.edition, stored.armed);
    }
    Ok(Slot { profile, tail: NO_RECORD, edition, armed })
}

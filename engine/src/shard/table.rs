//! The subscribers that a shard has in memory: what is remembered of each, and where its newest record is.

use event::{Imsi, Timestamp};
use rules::{Place, Profile, Roster, SIDE_BY_SIDE};

use super::Routed;
use crate::window::arena::{NO_RECORD, Tail};
use crate::window::recover::stored_profile;
use crate::window::seal::Member;
use crate::window::{Store, StoreError, keys, live, profile};

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
    loads: u64,
}

impl Table {
    /// The subscriber, from the store where it is not in memory; of this edition where nothing says of which. It is looked for
    /// first where [`Table::fetch`] told.
    pub(crate) fn slot(
        &mut self,
        store: &Store,
        imsi: Imsi,
        likely: Place,
        edition: u32,
    ) -> Result<&mut Slot, StoreError> {
        let loads = &mut self.loads;
        self.slots.find_or_make(imsi, likely, || {
            *loads += 1;
            load(store, imsi, edition)
        })
    }

    /// Begins to bring near what will be looked at for these events, as [`Roster::fetch`] does.
    pub(crate) fn fetch(&self, next: &[Routed], then: &[Routed]) -> [Place; SIDE_BY_SIDE] {
        self.slots.fetch(next.iter().map(|routed| routed.imsi), then.iter().map(|routed| routed.imsi))
    }

    /// The subscriber, where it is in memory.
    pub(crate) fn known(&mut self, imsi: Imsi) -> Option<&mut Slot> {
        self.slots.find(imsi)
    }

    /// Who in memory is of an earlier edition.
    pub(crate) fn before(&self, edition: u32) -> Vec<Imsi> {
        self.slots.iter().filter(|(_, slot)| slot.edition < edition).map(|(imsi, _)| imsi).collect()
    }

    /// How many subscribers have been met since this was asked last.
    pub(crate) fn take_loads(&mut self) -> u64 {
        std::mem::take(&mut self.loads)
    }

    /// The subscribers with records in the arena, in order, with their stored profiles; ends their chains.
    pub(crate) fn freeze(&mut self) -> (Vec<Member>, Vec<u8>) {
        let mut touched: Vec<(Imsi, &mut Slot)> =
            self.slots.iter_mut().filter(|(_, slot)| slot.tail != NO_RECORD).collect();
        touched.sort_unstable_by_key(|(imsi, _)| *imsi);
        let mut profiles = Vec::new();
        let members = touched.into_iter().map(|(imsi, slot)| {
            profile::put(&mut profiles, &slot.profile);
            let tail = std::mem::replace(&mut slot.tail, NO_RECORD);
            Member { imsi, tail, profile_end: profiles.len() }
        });
        (members.collect(), profiles)
    }

    /// Puts out subscribers without records in the arena where there are more than `limit` in all; tells how many.
    /// Only to be called when no arena waits to be sealed: then the store has all there is to know of them. Who is still
    /// of an edition before `edition` stays, for the store may not know that.
    pub(crate) fn evict(&mut self, limit: usize, edition: u32) -> u64 {
        let before = self.slots.len();
        if before > limit {
            self.slots.retain(|slot| slot.tail != NO_RECORD || slot.edition < edition);
        }
        (before - self.slots.len()) as u64
    }
}

/// The subscriber as the store knows it, of this edition where nothing says of which.
pub(crate) fn load(store: &Store, imsi: Imsi, edition: u32) -> Result<Slot, StoreError> {
    let mut profile = stored_profile(store, imsi)?.unwrap_or_default();
    let key = keys::subscriber(imsi);
    if let Some(row) = store.row(keys::CONTACT, &key)? {
        profile.contacts = profile::read_contacts(&row).ok_or_else(|| store.damaged(keys::CONTACT))?.into();
    }
    let (mut edition, mut armed) = (edition, None);
    if let Some(row) = store.row(keys::LIVE, &key)? {
        let stored = live::read(&row).ok_or_else(|| store.damaged(keys::LIVE))?;
        (profile.live, edition, armed) = (stored.live, stored.edition, stored.armed);
    }
    Ok(Slot { profile, tail: NO_RECORD, edition, armed })
}

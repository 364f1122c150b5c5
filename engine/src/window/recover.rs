//! Recovery: the journal that the last start left is read once, taken into profiles and arena, and sealed. Decides
//! nothing. Afterwards the store is the same whatever number of shards wrote it or will go on with it.

use event::{Event, Imsi};
use rules::Profile;
use rustc_hash::FxHashMap;

use super::arena::{Arena, NO_RECORD, Tail};
use super::keys::{self, Bucket, JournalKey, Stamp};
use super::seal::{Generation, seal};
use super::store::{Store, StoreError};
use super::{journal, profile};

struct Slot {
    profile: Profile,
    tail: Tail,
}

/// Seals what is in the journal, in pieces of at most about `arena_bytes`. `observe` takes an event into a profile.
pub(crate) fn recover(
    store: &Store,
    epoch: u32,
    arena_bytes: usize,
    mut observe: impl FnMut(&mut Profile, &Event),
) -> Result<u64, StoreError> {
    store.settle_changes()?;
    let mut arena = Arena::default();
    let mut slots: FxHashMap<Imsi, Slot> = FxHashMap::default();
    let mut recovered = 0;
    let mut rows = store.rows(keys::JOURNAL, &[])?.peekable();
    while let Some(row) = rows.next() {
        let (key, blob) = row?;
        let key = JournalKey::read(&key).ok_or_else(|| store.damaged(keys::JOURNAL))?;
        let mut failure = None;
        let take = |imsi, event: Event| {
            recovered += 1;
            match slot(store, &mut slots, imsi) {
                Ok(slot) => {
                    slot.tail = arena.append(imsi, slot.tail, &event);
                    observe(&mut slot.profile, &event);
                }
                Err(error) => failure = Some(error),
            }
        };
        journal::read(&blob, take).ok_or_else(|| store.damaged(keys::JOURNAL))?;
        failure.map_or(Ok(()), Err)?;
        if arena.len() >= arena_bytes || rows.peek().is_none() {
            let piece = generation(store, epoch, key, std::mem::take(&mut arena), std::mem::take(&mut slots));
            seal(store, &piece, Bucket::FIRST)?;
            tracing::info!(events = recovered, "the journal of the last run is taken in");
        }
    }
    drop(rows);
    if recovered > 0 {
        // Whoever reads a window looks through the journal, and past what was deleted in its files.
        store.rewrite(keys::JOURNAL)?;
    }
    Ok(recovered)
}

fn slot<'a>(store: &Store, slots: &'a mut FxHashMap<Imsi, Slot>, imsi: Imsi) -> Result<&'a mut Slot, StoreError> {
    use std::collections::hash_map::Entry;
    Ok(match slots.entry(imsi) {
        Entry::Occupied(slot) => slot.into_mut(),
        Entry::Vacant(vacant) => {
            let profile = stored_profile(store, imsi)?.unwrap_or_default();
            vacant.insert(Slot { profile, tail: NO_RECORD })
        }
    })
}

/// A subscriber's profile as of the last sealing, without contacts.
pub(crate) fn stored_profile(store: &Store, imsi: Imsi) -> Result<Option<Profile>, StoreError> {
    let Some(row) = store.row(keys::PROFILE, &keys::subscriber(imsi))? else { return Ok(None) };
    profile::read(&row).map(Some).ok_or_else(|| store.damaged(keys::PROFILE))
}

fn generation(store: &Store, epoch: u32, last: JournalKey, arena: Arena, slots: FxHashMap<Imsi, Slot>) -> Generation {
    let end = JournalKey { stamp: Stamp { number: last.stamp.number.saturating_add(1), ..last.stamp }, ..last };
    let mut generation = Generation::new(store.next_run(epoch), ([0; 9], end.octets()), arena);
    slots.iter().for_each(|(imsi, slot)| generation.add(*imsi, slot.tail, &slot.profile));
    generation
}

//! The timers of a shard: when which of its subscribers is to be looked at, though nothing happens. One for each
//! subscriber of whom something has begun, never later than what is due first; one that fires early only sets itself
//! anew. Durable: what the rows of [`keys::LIVE`] say, as of the last commit.

use std::collections::BTreeSet;

use event::{Imsi, Timestamp};

use super::group::Group;
use super::table::Slot;
use crate::window::{Store, StoreError, keys, live};

/// In order of time.
#[derive(Debug, Default)]
pub(crate) struct Timers {
    due: BTreeSet<(Timestamp, Imsi)>,
}

impl Timers {
    /// Those of the subscribers that `is_ours` tells.
    pub(crate) fn load(store: &Store, is_ours: impl Fn(Imsi) -> bool) -> Result<Self, StoreError> {
        let mut due = BTreeSet::new();
        for row in store.rows(keys::LIVE, &[])? {
            let (key, value) = row?;
            let imsi = keys::read_subscriber(&key).ok_or_else(|| store.damaged(keys::LIVE))?;
            if is_ours(imsi) {
                let stored = live::read(&value).ok_or_else(|| store.damaged(keys::LIVE))?;
                due.extend(stored.armed.map(|armed| (armed, imsi)));
            }
        }
        Ok(Self { due })
    }

    /// The subscriber's timer, which is set for then, goes.
    pub(crate) fn remove(&mut self, imsi: Imsi, armed: Option<Timestamp>) {
        armed.map(|armed| self.due.remove(&(armed, imsi)));
    }

    /// The first subscriber whose timer is set for `upto` or before and whom `may` allows.
    pub(crate) fn first(&self, upto: Timestamp, may: impl Fn(Imsi) -> bool) -> Option<Imsi> {
        self.due.iter().take_while(|(due, _)| *due <= upto).map(|(_, imsi)| *imsi).find(|imsi| may(*imsi))
    }

    /// Sets the subscriber's timer for what is due next, now that an event or its time has been decided upon, and
    /// writes what has changed.
    pub(crate) fn set(
        &mut self,
        group: &mut Group,
        imsi: Imsi,
        slot: &mut Slot,
        due: Option<Timestamp>,
        fired_upto: Timestamp,
    ) {
        let has_changed = slot.profile.live.take_changed();
        let armed = match (slot.armed, due) {
            // What is seen often moves its end often: the timer need not follow.
            (Some(armed), Some(due)) if armed <= due && armed > fired_upto => Some(armed),
            (_, due) => due,
        };
        if armed != slot.armed {
            slot.armed.map(|before| self.due.remove(&(before, imsi)));
            self.due.extend(armed.map(|armed| (armed, imsi)));
        }
        if has_changed || armed != slot.armed {
            slot.armed = armed;
            group.live(imsi, slot.edition, &slot.profile.live, armed);
        }
    }
}

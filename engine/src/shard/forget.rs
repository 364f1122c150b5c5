//! How a shard forgets a subscriber of whom nothing comes any more: at once in memory; in what waits to be sealed when it has been
//! sealed, without those who are not in memory. Whoever asked then deletes what is in the store.

use std::time::Duration;

use crossbeam::channel::Sender;
use event::Imsi;
use rules::Place;

use super::worker::{Gone, Worker};
use super::{Forgetting, Progress, slice};
use crate::committer::Work;
use crate::window::{StoreError, keys};

/// How soon is looked again whether what waits can be sealed, or has been.
pub(super) const LOOK: Duration = Duration::from_millis(5);

/// Who waits until nothing of a subscriber is unsealed, and how many of its events will not be.
pub(super) enum Unsealed {
    /// The arena that was appended to has not been given away yet.
    Waits(Sender<u64>, u64),
    /// It has.
    IsSealed(Sender<u64>, u64),
}

impl Worker {
    /// The journal and what waits beside it may tell of the subscriber until its arena is sealed.
    pub(super) fn forget(&mut self, imsi: Imsi, done: Sender<u64>) -> Result<Result<(), Gone>, StoreError> {
        let shared = self.shared.clone();
        let slot = self.table.slot(&shared.store, imsi, Place::NOWHERE, self.edition)?;
        let (armed, tail, mut events) = (slot.armed, slot.tail, Vec::new());
        self.arena.read(imsi, tail, &mut events).ok_or_else(|| shared.store.damaged(keys::JOURNAL))?;
        self.timers.remove(imsi, armed);
        self.positions.pass(slice(imsi));
        self.table.remove(imsi);
        self.group.forget(imsi);
        self.unsealed = Some(Unsealed::Waits(done, events.len() as u64));
        self.commit(true)
    }

    /// Whether the arena is to be given away although it is not full, and nobody has to wait for that.
    pub(super) fn is_sealing_wanted(&self) -> bool {
        let is_free = !self.turnover.is_sealing() && self.table.freezing().is_none();
        is_free && matches!(self.unsealed, Some(Unsealed::Waits(..)))
    }

    /// The arena has been given away.
    pub(super) fn note_given(&mut self) {
        self.unsealed = match self.unsealed.take() {
            Some(Unsealed::Waits(done, events)) => Some(Unsealed::IsSealed(done, events)),
            other => other,
        };
    }

    /// An arena has been sealed.
    pub(super) fn note_sealed(&mut self) {
        match self.unsealed.take() {
            // Who asked may have gone.
            Some(Unsealed::IsSealed(done, events)) => _ = done.send(events),
            other => self.unsealed = other,
        }
    }

    /// The arbiter is told behind all offers that were made to the subscriber.
    pub(super) fn forget_offers(&mut self, forgets: Forgetting) -> Result<Result<(), Gone>, StoreError> {
        let committed = self.commit(true)?;
        let step = Progress { forgets: Some(forgets), ..self.progress(self.upto, Vec::new(), Vec::new()) };
        Ok(committed.and_then(|()| self.hand(Work::Tell(step))))
    }
}

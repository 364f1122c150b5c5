//! After a change of rules: brings those over of whom nothing is heard. One thread reads who there is and gives each
//! shard its own, a few at a time, so that events are held up by no more than those.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crossbeam::channel::{Sender, bounded};
use event::Imsi;

use crate::shard::{Message, Renewal, Shared, Swept, slice};
use crate::window::{StoreError, keys};

/// Subscribers that a shard brings over between two batches of events: some milliseconds.
const PIECE: usize = 64;

pub(crate) struct Sweep {
    pub(crate) shared: Arc<Shared>,
    pub(crate) renewal: Arc<Renewal>,
    pub(crate) shards: Vec<Sender<Message>>,
    /// The engine goes away: end where it is. The next start goes on.
    pub(crate) is_stopped: Arc<AtomicBool>,
}

/// A shard has gone, or the engine goes: it knows why.
struct Gone;

impl Sweep {
    /// Works until every subscriber has been brought over.
    pub(crate) fn run(self) -> Result<(), StoreError> {
        if self.sweep_store()?.is_err() || self.sweep_memory().is_err() {
            return Ok(());
        }
        self.shared.store.settle_edition(self.renewal.edition)
    }

    fn sweep_store(&self) -> Result<Result<(), Gone>, StoreError> {
        let store = &self.shared.store;
        // Where every pattern is known already, only those matter of whom something has begun.
        let family = if self.renewal.needs_facts() { keys::PROFILE } else { keys::LIVE };
        let mut pieces = vec![Vec::with_capacity(PIECE); self.shards.len()];
        for row in store.rows(family, &[])? {
            let imsi = keys::read_subscriber(&row?.0).ok_or_else(|| store.damaged(family))?;
            let index = usize::from(slice(imsi)) % self.shards.len();
            let Some(piece) = pieces.get_mut(index) else { continue };
            piece.push(imsi);
            if piece.len() >= PIECE && self.give(index, std::mem::take(piece), Swept::InOrder).is_err() {
                return Ok(Err(Gone));
            }
        }
        let rest = pieces.into_iter().enumerate();
        Ok(rest.into_iter().try_for_each(|(index, piece)| self.give(index, piece, Swept::InOrder)))
    }

    // Who was not in the store yet when it was read.
    fn sweep_memory(&self) -> Result<(), Gone> {
        for (index, shard) in self.shards.iter().enumerate() {
            let (sender, left) = bounded(1);
            shard.send(Message::Unswept(sender)).map_err(|_| Gone)?;
            let left: Vec<Imsi> = left.recv().map_err(|_| Gone)?;
            left.chunks(PIECE).try_for_each(|piece| self.give(index, piece.to_vec(), Swept::Left))?;
            let (sender, done) = bounded(1);
            shard.send(Message::Renewed(sender)).map_err(|_| Gone)?;
            done.recv().map_err(|_| Gone)?;
        }
        Ok(())
    }

    fn give(&self, index: usize, piece: Vec<Imsi>, swept: Swept) -> Result<(), Gone> {
        if self.is_stopped.load(Ordering::Relaxed) {
            return Err(Gone);
        }
        let shard = self.shards.get(index).ok_or(Gone)?;
        shard.send(Message::Sweep(piece, swept)).map_err(|_| Gone)
    }
}

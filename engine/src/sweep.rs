//! After a change of rules: brings those over of whom nothing is heard. One thread reads who there is and gives each
//! shard its own, a few at a time, so that events are held up by no more than those.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crossbeam::channel::{Receiver, Sender, bounded, select};
use event::Imsi;

use crate::shard::{Message, Renewal, Shared, Swept, slice};
use crate::window::{StoreError, keys};

/// Subscribers that a shard brings over between two batches of events: some milliseconds.
const PIECE: usize = 64;

/// Where a shard is to be reached.
#[derive(Clone)]
pub(crate) struct Shard {
    pub(crate) messages: Sender<Message>,
    /// Says nothing, and ends with its thread.
    pub(crate) ends: Receiver<Infallible>,
}

pub(crate) struct Sweep {
    pub(crate) shared: Arc<Shared>,
    pub(crate) renewal: Arc<Renewal>,
    pub(crate) shards: Vec<Shard>,
    /// The engine goes away: end where it is. The next start goes on.
    pub(crate) is_stopped: Arc<AtomicBool>,
}

/// A shard has gone, or the engine goes: it knows why.
#[derive(Debug)]
pub(crate) struct Gone;

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
            let left: Vec<Imsi> = shard.ask(Message::Unswept)?;
            left.chunks(PIECE).try_for_each(|piece| self.give(index, piece.to_vec(), Swept::Left))?;
            shard.ask(Message::Renewed)?;
        }
        Ok(())
    }

    fn give(&self, index: usize, piece: Vec<Imsi>, swept: Swept) -> Result<(), Gone> {
        if self.is_stopped.load(Ordering::Relaxed) {
            return Err(Gone);
        }
        let shard = self.shards.get(index).ok_or(Gone)?;
        shard.messages.send(Message::Sweep(piece, swept)).map_err(|_| Gone)
    }
}

impl Shard {
    pub(crate) fn ask<T>(&self, question: impl FnOnce(Sender<T>) -> Message) -> Result<T, Gone> {
        let (sender, answer) = bounded(1);
        self.messages.send(question(sender)).map_err(|_| Gone)?;
        // A question that nobody comes to any more stays in the queue, with its sender.
        select! {
            recv(answer) -> answer => answer.map_err(|_| Gone),
            recv(self.ends) -> _ => answer.try_recv().map_err(|_| Gone),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_asks_a_shard_that_has_ended_or_ends_does_not_wait_for_ever() {
        for ends_before in [true, false] {
            let (messages, given) = bounded(2);
            let (living, ends) = bounded(0);
            let shard = Shard { messages, ends };
            let asking = std::thread::spawn({
                let shard = shard.clone();
                move || shard.ask(Message::Unswept).map(|left| left.len())
            });
            let question = if ends_before { None } else { Some(given.recv()) };
            // Its queue outlives the shard: others hold on to it.
            drop(living);
            assert!(asking.join().unwrap().is_err(), "{ends_before}");
            drop((question, given, shard));
        }
    }

    #[test]
    fn an_answer_is_given_though_the_shard_ends_right_behind_it() {
        for _ in 0..200 {
            let (messages, given) = bounded(2);
            let (living, ends) = bounded(0);
            let shard = Shard { messages, ends };
            let answering = std::thread::spawn(move || {
                let Ok(Message::Renewed(asking)) = given.recv() else { panic!("it was asked for something else") };
                asking.send(()).unwrap();
                drop(living);
            });
            assert!(shard.ask(Message::Renewed).is_ok());
            answering.join().unwrap();
        }
    }
}

//! What a shard is at work with, for whoever looks at it: told by its thread once a batch, read by anyone. Decides nothing.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use crate::delays::{Counted, Lengths};

/// Told by a shard, and by who gives it its events.
#[derive(Debug, Default)]
pub(crate) struct Load {
    events: AtomicU64,
    turn: Lengths,
    subscribers: AtomicU64,
    unsealed_octets: AtomicU64,
    written: AtomicU64,
}

/// One shard at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShardLoad {
    /// Events that were given to it.
    pub events: u64,
    /// Messages that wait for it: batches of events, for the most part.
    pub waiting: u64,
    /// How long it worked at a batch.
    pub turn: Counted,
    /// Subscribers in memory.
    pub subscribers: u64,
    /// Octets of facts that are in the journal, and not yet sealed.
    pub unsealed_octets: u64,
}

impl Load {
    /// An event was put into its batch.
    pub(crate) fn given(&self) {
        // One thread gives, so that nothing is lost.
        self.events.store(self.events.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
    }

    /// A batch that was begun at `start` is done.
    pub(super) fn turned(&self, start: Instant, subscribers: usize, unsealed_octets: usize) {
        self.turn.since(start);
        self.subscribers.store(subscribers as u64, Ordering::Relaxed);
        self.unsealed_octets.store(unsealed_octets as u64, Ordering::Relaxed);
    }

    /// What it has given to be written is in the store up to this number.
    pub(crate) fn written(&self, number: u64) {
        self.written.store(number, Ordering::Release);
    }

    /// Up to which number what it has given to be written is in the store.
    pub(super) fn last_written(&self) -> u64 {
        self.written.load(Ordering::Acquire)
    }

    pub(crate) fn read(&self, waiting: usize) -> ShardLoad {
        ShardLoad {
            events: self.events.load(Ordering::Relaxed),
            waiting: waiting as u64,
            turn: self.turn.read(),
            subscribers: self.subscribers.load(Ordering::Relaxed),
            unsealed_octets: self.unsealed_octets.load(Ordering::Relaxed),
        }
    }
}

//! The sealing thread: the only one that makes, merges and drops buckets.

use std::sync::Arc;

use crossbeam::channel::{Receiver, Sender};
use event::Timestamp;

use crate::shard::Shared;
use crate::window::StoreError;
use crate::window::keys::Bucket;
use crate::window::seal::{Generation, drop_before, seal};

/// So many runs of a closed bucket are left as they are: to read them costs less than to write them once more.
const FEW_RUNS: usize = 4;

/// What a shard asks for.
pub(crate) enum Job {
    /// Seal this, then say so.
    Seal { generation: Arc<Generation>, done: Sender<()> },
    /// Throw this away: that takes a while.
    Free(Box<dyn Send>),
    /// The shard's packet time has come to another bucket.
    Passed { shard: usize, now: Timestamp },
}

/// Works until every shard has gone.
pub(crate) fn run(shared: &Arc<Shared>, shards: usize, jobs: &Receiver<Job>) -> Result<(), StoreError> {
    let mut sealer =
        Sealer { shared, passed: vec![Timestamp::MIN; shards], closed: Bucket::FIRST, floor: Bucket::FIRST };
    for job in jobs {
        match job {
            Job::Seal { generation, done } => {
                seal(&shared.store, &generation, sealer.floor)?;
                shared.counters.seals.add(1);
                // The shard has its memory back.
                drop(generation);
                // A shard that has gone unfinished does not wait.
                let _ = done.send(());
            }
            Job::Free(waste) => drop(waste),
            Job::Passed { shard, now } => sealer.passed(shard, now)?,
        }
    }
    Ok(())
}

struct Sealer<'a> {
    shared: &'a Shared,
    /// Packet time of each shard.
    passed: Vec<Timestamp>,
    /// Every shard has sealed its events of the buckets before this one.
    closed: Bucket,
    /// The oldest bucket that still holds a moment within the retention.
    floor: Bucket,
}

impl Sealer<'_> {
    fn passed(&mut self, shard: usize, now: Timestamp) -> Result<(), StoreError> {
        if let Some(slot) = self.passed.get_mut(shard) {
            *slot = now;
        }
        let slowest = self.passed.iter().copied().min().unwrap_or(Timestamp::MIN);
        let remembered = self.shared.rules.load().policy().remembered;
        self.shared.store.forget_before(self.shared.limits.forgotten(slowest, remembered));
        self.drop_to(slowest)?;
        self.close_to(Bucket::of(slowest))
    }

    fn drop_to(&mut self, now: Timestamp) -> Result<(), StoreError> {
        let limits = &self.shared.limits;
        let floor = Bucket::of(limits.oldest(now));
        if floor > self.floor {
            self.floor = floor;
            let decided = Bucket::of(limits.oldest_decision(now));
            self.shared.counters.dropped_buckets.add(drop_before(&self.shared.store, floor, decided)?);
        }
        Ok(())
    }

    fn close_to(&mut self, closed: Bucket) -> Result<(), StoreError> {
        let store = &self.shared.store;
        for bucket in store.buckets().iter().filter(|bucket| (self.closed..closed).contains(*bucket)) {
            if store.runs_of(*bucket) > FEW_RUNS {
                store.merge_runs(*bucket)?;
            }
        }
        self.closed = self.closed.max(closed);
        Ok(())
    }
}

//! The sealing thread: the only one that makes, merges and drops buckets.

use std::sync::Arc;

use crossbeam::channel::{Receiver, Sender};
use event::Timestamp;

use crate::shard::Shared;
use crate::window::StoreError;
use crate::window::keys::Bucket;
use crate::window::seal::{Generation, drop_before, seal};

/// So many large runs of a closed bucket are left as they are: to read them costs less than to write them once more.
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
        // What another shard has sealed next would be written to a file just before it is deleted.
        if jobs.is_empty() {
            shared.store.empty_journal()?;
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
            if store.large_runs(*bucket)? > FEW_RUNS {
                store.merge_runs(*bucket)?;
            }
        }
        self.closed = self.closed.max(closed);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crossbeam::channel::{bounded, unbounded};
    use rocksdb::{WriteBatch, properties};

    use super::*;
    use crate::testing::shared;
    use crate::window::Store;
    use crate::window::arena::Arena;
    use crate::window::keys::{self, JournalKey, Stamp};

    /// How much of the journal comes to files when two of three blobs of so many octets are sealed, one after the other.
    fn filed(octets: usize) -> u64 {
        let folder = tempfile::tempdir().unwrap();
        let shared = Arc::new(shared(Store::open(folder.path()).unwrap()));
        let store = &shared.store;
        let family = store.family(keys::JOURNAL).unwrap();
        let key = |number| JournalKey { stamp: Stamp { epoch: 1, number }, shard: 0 }.octets();
        let ((jobs, waiting), (done, _sealed)) = (unbounded(), bounded(3));
        for number in 0..3 {
            let mut batch = WriteBatch::default();
            batch.put_cf(&family, key(number), vec![7; octets]);
            store.write(batch, false).unwrap();
            let run = Stamp { epoch: 1, number };
            let generation = Arc::new(Generation::new(run, (key(number), key(number + 1)), Arena::default()));
            if number < 2 {
                jobs.send(Job::Seal { generation, done: done.clone() }).unwrap();
            }
        }
        drop(jobs);
        run(&shared, 1, &waiting).unwrap();
        let number = |property| store.db().property_int_value_cf(&family, property).unwrap().unwrap();
        // What has begun ends first.
        while number(properties::NUM_IMMUTABLE_MEM_TABLE) > 0 {
            std::thread::yield_now();
        }
        number(properties::TOTAL_SST_FILES_SIZE)
    }

    #[test]
    fn while_there_is_room_nothing_of_the_journal_comes_to_a_file() {
        assert_eq!(filed(20 << 20), 0);
    }

    #[test]
    fn only_what_is_left_of_the_journal_when_all_is_sealed_comes_to_a_file() {
        let octets = 35 << 20;
        let filed = filed(octets);
        assert!((octets as u64..octets as u64 * 5 / 4).contains(&filed), "{filed} of {octets} that are left");
    }
}

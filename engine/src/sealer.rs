//! The sealing thread: the only one that makes and drops buckets.

use std::sync::Arc;
use std::time::Duration;

use crossbeam::channel::{Receiver, Sender};
use event::Timestamp;

use crate::shard::Shared;
use crate::window::StoreError;
use crate::window::keys::Bucket;
use crate::window::seal::{Generation, drop_before, seal};

/// What a shard asks for.
pub(crate) enum Job {
    /// Seal this, then say so.
    Seal { generation: Generation, done: Sender<()> },
    /// The shard's packet time has come to another bucket.
    Passed { shard: usize, now: Timestamp },
}

/// Works until every shard has gone.
pub(crate) fn run(shared: &Arc<Shared>, shards: usize, jobs: &Receiver<Job>) -> Result<(), StoreError> {
    let mut passed = vec![Timestamp::MIN; shards];
    let mut floor = Bucket::FIRST;
    for job in jobs {
        match job {
            Job::Seal { generation, done } => {
                seal(&shared.store, &generation, floor)?;
                shared.counters.seals.add(1);
                // A shard that has gone unfinished does not wait.
                let _ = done.send(());
            }
            Job::Passed { shard, now } => {
                if let Some(slot) = passed.get_mut(shard) {
                    *slot = now;
                }
                let slowest = passed.iter().copied().min().unwrap_or(Timestamp::MIN);
                let oldest = bucket_before(slowest, shared.limits.retention);
                if oldest > floor {
                    floor = oldest;
                    shared.counters.dropped_buckets.add(drop_before(&shared.store, floor)?);
                }
            }
        }
    }
    Ok(())
}

// The oldest bucket that still holds a moment within the retention.
fn bucket_before(now: Timestamp, retention: Duration) -> Bucket {
    let micros = i64::try_from(retention.as_micros()).unwrap_or(i64::MAX);
    Bucket::of(Timestamp::from_micros(now.as_micros().saturating_sub(micros)))
}

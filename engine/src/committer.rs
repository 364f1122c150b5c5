//! The thread that writes for all shards: what they have gathered goes to the store in the order in which they gave it; then, once
//! for all of it, what must outlive a failure of the power is synced; and only then the arbiter hears of it. So no shard waits for
//! the disk, or for whatever else the store is busy with.

use std::sync::Arc;
use std::time::Instant;

use crossbeam::channel::{Receiver, Sender};
use rocksdb::WriteBatch;

use crate::delays::clock;
use crate::sealer::Job;
use crate::shard::{Progress, Shared};
use crate::window::StoreError;

/// The most that is written before it is synced: what comes meanwhile waits for the next time.
const AT_ONCE: usize = 256;
/// The most that wait; beyond it shards wait.
pub(crate) const WAITING_LIMIT: usize = 32;
/// Where so many wait, the disk does not keep up: what a shard has to say waits with it, until there is more.
pub(crate) const MANY_WAITING: usize = WAITING_LIMIT / 2;

/// What a shard hands over.
pub(crate) enum Work {
    /// To be written, and told when it is.
    Write(Write),
    /// How far the shard has come without anything to write.
    Tell(Progress),
    /// For the sealing thread, which relies on what has been written before.
    Seal(Job),
    /// To be answered when all before it is written, and synced where that was asked for.
    Answer(Sender<()>),
}

/// What a shard has gathered.
pub(crate) struct Write {
    /// With their number, from 1; none where there is only something to be synced.
    pub(crate) rows: Option<(u64, WriteBatch)>,
    pub(crate) sync: bool,
    /// When the events were given that led to offers.
    pub(crate) intended: Vec<Instant>,
    pub(crate) progress: Progress,
}

/// Works until every shard has gone.
pub(crate) fn run(
    shared: &Arc<Shared>,
    progress: &Sender<Progress>,
    sealer: &Sender<Job>,
    work: &Receiver<Work>,
) -> Result<(), StoreError> {
    let committer = Committer { shared, progress, sealer };
    while let Ok(first) = work.recv() {
        if committer.work(std::iter::once(first).chain(work.try_iter().take(AT_ONCE)))?.is_err() {
            break;
        }
    }
    Ok(())
}

struct Committer<'a> {
    shared: &'a Shared,
    progress: &'a Sender<Progress>,
    sealer: &'a Sender<Job>,
}

/// Nobody listens any more: whoever it is knows why.
struct Gone;

impl Committer<'_> {
    fn work(&self, work: impl Iterator<Item = Work>) -> Result<Result<(), Gone>, StoreError> {
        let (mut told, mut answers, mut syncs) = (Vec::new(), Vec::new(), false);
        for work in work {
            match work {
                Work::Write(write) => {
                    syncs |= write.sync;
                    self.write(write.progress.shard, write.rows)?;
                    told.push((write.progress, write.intended));
                }
                Work::Tell(progress) => told.push((progress, Vec::new())),
                Work::Seal(job) => {
                    if self.sealer.send(job).is_err() {
                        return Ok(Err(Gone));
                    }
                }
                Work::Answer(answer) => answers.push(answer),
            }
        }
        if syncs {
            let start = clock();
            self.shared.store.sync()?;
            self.shared.counters.syncs.add(1);
            self.shared.delays.sync.since(start);
        }
        for (progress, intended) in told {
            intended.into_iter().for_each(|given| self.shared.delays.offer.since(given));
            if self.progress.send(progress).is_err() {
                return Ok(Err(Gone));
            }
        }
        // Who has asked may have gone.
        answers.into_iter().for_each(|answer| _ = answer.send(()));
        Ok(Ok(()))
    }

    fn write(&self, shard: usize, rows: Option<(u64, WriteBatch)>) -> Result<(), StoreError> {
        if let Some((number, batch)) = rows {
            let start = clock();
            self.shared.store.write(batch, false)?;
            self.shared.counters.commits.add(1);
            self.shared.delays.write.since(start);
            self.shared.loads.get(shard).into_iter().for_each(|load| load.written(number));
        }
        Ok(())
    }
}

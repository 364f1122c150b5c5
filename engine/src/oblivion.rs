//! Forgetting a subscriber beside a running engine: its shard and the arbiter forget it in memory, in this order its rows go from the
//! store, the files in which they were are written anew, and it is looked for what is left.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use event::Imsi;

use crate::delays::clock;
use crate::erasure::{Erased, ErasureError, Unfinished};
use crate::identities;
use crate::shard::{Forgetting, Message};
use crate::sweep::Shard;
use crate::window::{Deleted, Former, Store, StoreError};

/// The longest stretch of reading; then the engine has the processor for as long.
const STRETCH: Duration = Duration::from_millis(10);
/// How often files are written anew before it is told that something is left.
const ATTEMPTS: u32 = 3;
/// How long files of before may be read by others, at each attempt.
const PATIENCE: Duration = Duration::from_secs(10);
const LOOK: Duration = Duration::from_millis(50);

/// How far the forgetting of a subscriber is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// It is forgotten in memory, and its rows are deleted.
    Rows,
    /// Files are written anew.
    Files,
    /// It is looked for what is left.
    Proof,
}

impl Step {
    const ALL: [Self; 3] = [Self::Rows, Self::Files, Self::Proof];

    /// As in status and JSON.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Rows => "rows",
            Self::Files => "files",
            Self::Proof => "proof",
        }
    }
}

/// How far it is, and whether to go on: for the one who does it and the one who waits.
#[derive(Debug, Default)]
pub(crate) struct Course {
    step: AtomicU8,
    ends: AtomicBool,
}

impl Course {
    pub(crate) fn step(&self) -> Step {
        Step::ALL.get(usize::from(self.step.load(Ordering::Acquire))).copied().unwrap_or(Step::Proof)
    }

    fn comes_to(&self, step: Step) {
        self.step.store(step as u8, Ordering::Release);
    }

    /// It is to end where it is.
    pub(crate) fn end(&self) {
        self.ends.store(true, Ordering::Relaxed);
    }

    fn goes_on(&self) -> bool {
        !self.ends.load(Ordering::Relaxed)
    }

    /// Gives way to the engine from time to time; tells whether to go on.
    fn breather(&self) -> impl FnMut() -> bool {
        let mut since: Instant = clock();
        move || {
            let taken = since.elapsed();
            if taken >= STRETCH {
                thread::sleep(taken.min(STRETCH));
                since = clock();
            }
            self.goes_on()
        }
    }
}

/// What forgets a subscriber of whom the engine takes nothing in.
pub(crate) struct Oblivion {
    pub(crate) imsi: Imsi,
    pub(crate) store: Arc<Store>,
    pub(crate) shard: Shard,
}

/// What is left to be done when its rows have gone.
pub(crate) struct Rewriting {
    store: Arc<Store>,
    deleted: Deleted,
    patience: Duration,
}

impl Oblivion {
    /// Memory and rows: a second or two. From then on it is unknown.
    pub(crate) fn delete(self, course: &Course) -> Result<Rewriting, ErasureError> {
        let Self { imsi, store, shard } = self;
        let mut breath = course.breather();
        let unsealed = shard.ask(|done| Message::Forget(imsi, done)).map_err(|_| ErasureError::Ended)?;
        // In this order, so that what must hold between rows holds wherever it is cut off.
        let mut deleted = store.delete_own(imsi)?;
        deleted.gone.facts += unsealed;
        let offers = store.offers_to(imsi, &mut breath)?;
        if !course.goes_on() {
            return Err(ErasureError::Ended);
        }
        let forgetting = |done| Message::ForgetOffers(Forgetting { imsi, offers: offers.clone(), done });
        shard.ask(forgetting).map_err(|_| ErasureError::Ended)?;
        store.note_deleted(&mut deleted, &offers)?;
        course.comes_to(Step::Files);
        Ok(Rewriting { store, deleted, patience: PATIENCE })
    }
}

impl Rewriting {
    /// Files and proof: as long as it takes to read the store at half a processor's speed.
    pub(crate) fn rewrite(self, from_feeds: u64, course: &Course) -> Result<Erased, ErasureError> {
        let Self { store, mut deleted, patience } = self;
        deleted.gone.rows += from_feeds;
        let is_others =
            |file: &std::path::Path| identities::is_kept(store.path(), file) || Unfinished::is_kept(store.path(), file);
        let mut breath = course.breather();
        let mut traces = Vec::new();
        for attempt in 0..ATTEMPTS {
            course.comes_to(Step::Files);
            store.rewrite_without(&mut deleted, attempt > 0, &mut breath)?;
            course.comes_to(Step::Proof);
            traces = await_files(&store, &deleted, patience, course)?.traces();
            if traces.is_empty() {
                traces = store.traces_without(&deleted, is_others, &mut breath)?;
            }
            if !course.goes_on() {
                return Err(ErasureError::Ended);
            }
            if traces.is_empty() {
                break;
            }
        }
        Ok(Erased { gone: deleted.gone, traces })
    }
}

/// Files of before are removed when nobody reads them any more. One that is in use stays until it is written anew.
fn await_files(store: &Store, deleted: &Deleted, patience: Duration, course: &Course) -> Result<Former, StoreError> {
    let begun = clock();
    loop {
        let former = store.files_before(deleted)?;
        let is_vain = !former.in_use.is_empty() || begun.elapsed() >= patience || !course.goes_on();
        if former.is_empty() || is_vain {
            return Ok(former);
        }
        thread::sleep(LOOK);
    }
}

#[cfg(test)]
mod tests {
    use rocksdb::WriteBatch;

    use super::*;
    use crate::window::{Trace, keys};

    #[test]
    fn whoever_reads_all_the_time_is_not_waited_for_for_ever() {
        let folder = tempfile::tempdir().unwrap();
        let store = Arc::new(Store::open(folder.path()).unwrap());
        let imsi = "460001234567890".parse().unwrap();
        let mut batch = WriteBatch::default();
        batch.put_cf(&store.family(keys::LIVE).unwrap(), keys::subscriber(imsi), b"it");
        store.write(batch, true).unwrap();
        store.compact(|_| {}).unwrap();
        let reader = store.rows(keys::LIVE, &[]).unwrap();
        let rewrite = || {
            let mut deleted = store.delete_own(imsi).unwrap();
            store.note_deleted(&mut deleted, &[]).unwrap();
            let rewriting = Rewriting { store: Arc::clone(&store), deleted, patience: LOOK };
            rewriting.rewrite(0, &Course::default()).unwrap()
        };
        let erased = rewrite();
        assert!(matches!(&erased.traces[..], [Trace::Former(table)] if table.exists()), "{erased}");
        drop(reader);
        assert!(rewrite().is_proven());
    }
}

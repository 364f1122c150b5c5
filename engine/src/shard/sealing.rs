//! How a shard gives a full arena away: it begins another one, notes who is in the full one a few at a time between batches, so
//! that events are never held up for long, and hands it to the sealing thread.

use std::sync::Arc;

use crossbeam::channel::{Receiver, bounded};
use event::{Event, Imsi, Timestamp};
use rocksdb::ReadOptions;

use super::worker::{Gone, Worker};
use crate::committer::Work;
use crate::delays::clock;
use crate::sealer::Job;
use crate::window::arena::{Arena, Tail};
use crate::window::keys::{self, Bucket, JournalKey, Stamp};
use crate::window::seal::Generation;
use crate::window::{Store, StoreError};

/// Subscribers who are noted between two batches of events: a fraction of a millisecond.
const FREEZE_PIECE: usize = 1_024;

/// While the sealing thread has a full arena.
struct Sealing {
    generation: Arc<Generation>,
    done: Receiver<()>,
}

/// Where a shard is with its arenas.
pub(super) struct Turnover {
    /// First journal blob of the events in the arena.
    first_blob: u32,
    /// The bucket that packet time is in.
    pub(super) bucket: Bucket,
    /// When it came to another one, until the sealing thread is told.
    turned: Option<Timestamp>,
    sealing: Option<Sealing>,
    /// Has been sealed: its memory is for the next.
    spent: Option<Generation>,
}

impl Default for Turnover {
    fn default() -> Self {
        Self { first_blob: 0, bucket: Bucket::FIRST, turned: None, sealing: None, spent: None }
    }
}

impl Turnover {
    /// Whether the sealing thread has a full arena.
    pub(super) fn is_sealing(&self) -> bool {
        self.sealing.is_some()
    }
}

impl Worker {
    // Only after a commit: then arena and journal hold the same.
    pub(super) fn seal_if_due(&mut self) -> Result<(), Gone> {
        if self.turnover.sealing.as_ref().is_some_and(|sealing| sealing.done.try_recv().is_ok()) {
            self.sealed();
        }
        let bucket = Bucket::of(self.now);
        let is_turned = bucket > self.turnover.bucket;
        let fullest = self.arena.len().max(self.group.unsealed());
        let is_wanted = is_turned || self.is_sealing_wanted();
        if fullest >= self.shared.limits.arena_bytes || fullest > 0 && is_wanted {
            self.begin_sealing()?;
        }
        if is_turned {
            (self.turnover.bucket, self.turnover.turned) = (bucket, Some(self.now));
        }
        if self.table.freezing().is_none() { self.tell_turned() } else { self.freeze() }
    }

    // One generation at a time: a disk that cannot keep up holds its shard back, and memory stays bounded.
    fn begin_sealing(&mut self) -> Result<(), Gone> {
        if self.turnover.sealing.is_some() || self.table.freezing().is_some() {
            let start = clock();
            self.await_sealed()?;
            self.shared.delays.held.since(start);
        }
        let start = clock();
        let mut spent = self.turnover.spent.take().unwrap_or_default();
        let next = self.arena.next(std::mem::take(&mut spent.arena));
        let arena = std::mem::replace(&mut self.arena, next);
        let key =
            |number| JournalKey { stamp: Stamp { epoch: self.shared.epoch, number }, shard: self.index as u8 }.octets();
        let next_blob = self.group.begin_arena();
        let journal = (key(self.turnover.first_blob), key(next_blob));
        self.turnover.first_blob = next_blob;
        let run = self.shared.store.next_run(self.shared.epoch);
        self.table.begin_freezing(spent.renewed(run, journal, arena));
        self.shared.delays.turn.since(start);
        self.note_given();
        Ok(())
    }

    /// Goes on with noting who is in a full arena, where there is one.
    pub(super) fn freeze(&mut self) -> Result<(), Gone> {
        self.freeze_more(FREEZE_PIECE)
    }

    fn freeze_more(&mut self, count: usize) -> Result<(), Gone> {
        if self.table.freezing().is_none() {
            return Ok(());
        }
        let start = clock();
        let whole = self.table.freeze(count);
        self.shared.delays.turn.since(start);
        let Some(generation) = whole.map(Arc::new) else { return Ok(()) };
        let (tell, done) = bounded(1);
        self.turnover.sealing = Some(Sealing { generation: generation.clone(), done });
        self.hand(Work::Seal(Job::Seal { generation, done: tell }))?;
        self.tell_turned()
    }

    // Only when the sealing thread has been given whatever belongs to the buckets before.
    fn tell_turned(&mut self) -> Result<(), Gone> {
        let Some(now) = self.turnover.turned.take() else { return Ok(()) };
        self.hand(Work::Seal(Job::Passed { shard: self.index, now }))
    }

    /// Waits until a full arena is sealed, where there is one.
    pub(super) fn await_sealed(&mut self) -> Result<(), Gone> {
        self.freeze_more(usize::MAX)?;
        let Some(sealing) = &self.turnover.sealing else { return Ok(()) };
        crossbeam::channel::select! {
            recv(sealing.done) -> done => done.map_err(|_| Gone)?,
            recv(self.outlets.sealer_ends) -> _ => return Err(Gone),
            recv(self.outlets.committer_ends) -> _ => return Err(Gone),
        }
        self.sealed();
        Ok(())
    }

    fn sealed(&mut self) {
        let start = clock();
        self.turnover.spent = self.turnover.sealing.take().and_then(|sealing| Arc::into_inner(sealing.generation));
        self.note_sealed();
        if self.renewing.is_some() {
            return;
        }
        if let Some((out, count)) = self.table.put_out(self.shared.limits.profiles) {
            self.shared.counters.evicted.add(count);
            // Where the sealing thread has gone, that is found out when it is given something to seal.
            let _ = self.hand(Work::Seal(Job::Free(Box::new(out))));
        }
        self.shared.delays.turn.since(start);
    }

    /// What is not in the store for certain.
    pub(super) fn memory(&self) -> Memory<'_> {
        let sealing = self.turnover.sealing.as_ref().map(|sealing| &*sealing.generation);
        Memory { arena: &self.arena, sealing: sealing.or(self.table.freezing()) }
    }
}

/// What of a shard's events is not in the store yet, or not for certain.
pub(super) struct Memory<'a> {
    arena: &'a Arena,
    sealing: Option<&'a Generation>,
}

impl Memory<'_> {
    /// Appends the events of a subscriber of this shard from `since` on, in order of bucket and arrival. The subscriber's
    /// newest record in the arena that is appended to is at `tail`.
    pub(super) fn window(
        &self,
        store: &Store,
        imsi: Imsi,
        tail: Tail,
        since: Timestamp,
        events: &mut Vec<Event>,
    ) -> Result<(), StoreError> {
        let registered = store.registered();
        let is_sealed = |run: &(Bucket, Stamp)| self.sealing.is_none_or(|sealing| sealing.run != run.1);
        let counts = |run| registered.get(&run).copied().filter(|_| is_sealed(&run));
        store.sealed(imsi, since, ReadOptions::default, counts, events)?;
        if let Some((sealing, tail)) = self.sealing.and_then(|sealing| Some((sealing, sealing.tail(imsi)?))) {
            sealing.arena.read(imsi, tail, events).ok_or_else(|| store.damaged(keys::JOURNAL))?;
        }
        self.arena.read(imsi, tail, events).ok_or_else(|| store.damaged(keys::JOURNAL))?;
        events.retain(|event| event.at >= since);
        Ok(())
    }
}

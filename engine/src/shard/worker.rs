//! The work of a shard: take events in, decide, append, commit, hand full arenas to be sealed. Reads no clock but to
//! pace its commits, which changes nothing that it decides.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam::channel::{Receiver, RecvTimeoutError, Sender};
use event::{AreaFact, Event, Imsi, Timestamp};
use rocksdb::ReadOptions;
use rules::{Areas, Context, Decision, Outcome, Place, Places, RuleSet, in_turn};

use super::group::{Cause, DUE, Group};
use super::position::{Position, Positions, positions};
use super::renewal::Renewal;
use super::table::{Table, load};
use super::timers::Timers;
use super::{Batch, Message, Progress, Routed, Shared, Swept, slice};
use crate::sealer::Job;
use crate::window::arena::{Arena, Tail};
use crate::window::keys::{self, Bucket, JournalKey, Stamp};
use crate::window::record::kind_code;
use crate::window::seal::Generation;
use crate::window::{Store, StoreError};

/// Where a shard's results go.
pub(crate) struct Outlets {
    pub(crate) progress: Sender<Progress>,
    pub(crate) sealer: Sender<Job>,
    /// Says nothing, and ends with the sealing thread: a job that it has not come to then is still in the queue.
    pub(crate) sealer_ends: Receiver<Infallible>,
    /// Empty batches, to be filled again.
    pub(crate) spent: Sender<Vec<Routed>>,
}

/// One shard.
pub(crate) struct Worker {
    index: usize,
    shared: Arc<Shared>,
    outlets: Outlets,
    rules: Arc<RuleSet>,
    /// Of the rules: see [`crate::window::editions`].
    edition: u32,
    renewing: Option<Renewing>,
    positions: Positions,
    table: Table,
    timers: Timers,
    areas: Areas,
    arena: Arena,
    group: Group,
    decisions: Vec<Decision>,
    /// First journal blob of the events in the arena.
    first_blob: u32,
    /// The bucket that packet time is in.
    bucket: Bucket,
    upto: u64,
    now: Timestamp,
    due: Option<Instant>,
    sync_due: Option<Instant>,
    sealing: Option<Sealing>,
}

/// While subscribers are brought over to the present rule set.
struct Renewing {
    renewal: Arc<Renewal>,
    /// Of those in the store, whoever comes up to here has been.
    upto: Option<Imsi>,
}

/// While a full arena is being sealed.
struct Sealing {
    generation: Arc<Generation>,
    done: Receiver<()>,
}

/// The other side of a channel has gone: it knows why.
struct Gone;

impl Worker {
    /// The worker of this index among so many, with the rules that `renewal` begins with.
    pub(crate) fn new(
        index: usize,
        of: usize,
        shared: Arc<Shared>,
        outlets: Outlets,
        renewal: Arc<Renewal>,
    ) -> Result<Self, StoreError> {
        let positions = positions(&shared.store, shared.input)?;
        let timers = Timers::load(&shared.store, |imsi| usize::from(slice(imsi)) % of == index)?;
        let mut worker = Self {
            index,
            outlets,
            rules: renewal.rules.clone(),
            edition: renewal.edition,
            renewing: None,
            positions,
            table: Table::default(),
            timers,
            areas: shared.store.areas()?,
            arena: Arena::default(),
            group: Group::new(),
            decisions: Vec::new(),
            first_blob: 0,
            bucket: Bucket::FIRST,
            upto: 0,
            now: Timestamp::MIN,
            due: None,
            sync_due: None,
            sealing: None,
            shared,
        };
        worker.change_rules(renewal);
        Ok(worker)
    }

    /// Works until all is done, or, without another word, until the engine goes away unfinished.
    pub(crate) fn run(mut self, messages: &Receiver<Message>) -> Result<(), StoreError> {
        loop {
            let message = match self.wait() {
                None => messages.recv().map_err(|_| RecvTimeoutError::Disconnected),
                Some(wait) => messages.recv_timeout(wait),
            };
            let went_on = match message {
                Ok(Message::Batch(batch)) => {
                    self.take(batch)?;
                    if self.is_due() { self.commit(false)? } else { Ok(()) }
                }
                Ok(Message::Area(fact)) => {
                    self.area(&fact)?;
                    Ok(())
                }
                Ok(Message::Renew(renewal)) => {
                    self.change_rules(renewal);
                    Ok(())
                }
                Ok(Message::Sweep(subscribers, swept)) => self.sweep(&subscribers, swept)?,
                Ok(Message::Unswept(asking)) => asking.send(self.table.before(self.edition)).map_err(|_| Gone),
                Ok(Message::Renewed(asking)) => self.renewed(&asking)?,
                Err(RecvTimeoutError::Timeout) => self.commit(false)?,
                Ok(Message::Finish) => return self.finish(),
                Err(RecvTimeoutError::Disconnected) => return Ok(()),
            };
            if went_on.is_err() {
                return Ok(());
            }
        }
    }

    fn take(&mut self, mut batch: Batch) -> Result<(), StoreError> {
        let shared = self.shared.clone();
        let rules = self.rules.clone();
        let (mut skipped, mut too_old, mut protected) = (0, 0, 0);
        let mut places = Places::default();
        for [now, next, then] in in_turn(&batch.events) {
            let here = places.pass(self.table.fetch(next, then));
            for (routed, place) in now.iter().zip(here) {
                let Some(position) = self.positions.get_mut(usize::from(routed.slice)) else { continue };
                if routed.sequence <= position.sequence {
                    skipped += 1;
                    continue;
                }
                *position = Position { sequence: routed.sequence, released: routed.released };
                if rules.is_protected(routed.imsi, &shared.directory) {
                    protected += 1;
                    continue;
                }
                too_old += u64::from(routed.event.at < shared.limits.oldest(routed.released));
                self.event(&shared, &rules, routed, place)?;
            }
        }
        shared.counters.skipped.add(skipped);
        shared.counters.too_old.add(too_old);
        shared.counters.protected.add(protected);
        if batch.is_complete {
            self.wake(&shared, &rules, &batch)?;
        }
        shared.counters.subscribers.add(self.table.take_loads());
        self.upto = batch.upto;
        self.now = batch.now;
        batch.events.clear();
        // Where nobody collects it, it is freed here.
        let _ = self.outlets.spent.try_send(batch.events);
        self.await_commit();
        Ok(())
    }

    /// Every shard knows all areas; one of them writes it down.
    fn area(&mut self, fact: &AreaFact) -> Result<(), StoreError> {
        let is_new = self.areas.take(fact);
        match self.areas.state(fact.area).filter(|_| is_new && self.index == 0) {
            Some(state) => {
                self.group.area(&self.shared.store, fact.area, state)?;
                self.await_commit();
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// Something has been taken in: from now on runs the time within which it is written, and on disk.
    fn await_commit(&mut self) {
        let limits = &self.shared.limits;
        self.due.get_or_insert_with(|| clock() + limits.commit_interval);
        self.sync_due.get_or_insert_with(|| clock() + limits.sync_interval);
    }

    /// Takes in an event of somebody whose record most likely stands at this place.
    fn event(&mut self, shared: &Shared, rules: &RuleSet, routed: &Routed, place: Place) -> Result<(), StoreError> {
        let Routed { imsi, sequence, released, is_warm, event, .. } = routed;
        let mut cause = Cause { imsi: *imsi, sequence: *sequence, released: *released, kind: DUE };
        self.renew(*imsi, true)?;
        let slot = self.table.slot(&shared.store, *imsi, place, self.edition)?;
        rules.wake(*imsi, event.at, &mut slot.profile, context(shared, &self.areas, *is_warm), &mut self.decisions);
        let rank = self.decided(shared, rules, &cause, 0)?;
        let slot = self.table.slot(&shared.store, *imsi, place, self.edition)?;
        rules.decide(event, &mut slot.profile, context(shared, &self.areas, *is_warm), &mut self.decisions);
        slot.tail = self.arena.append(slot.tail, event);
        self.group.event(routed);
        cause.kind = kind_code(&event.kind);
        self.decided(shared, rules, &cause, rank)?;
        self.set_timer(shared, rules, (*imsi, place), event.at, Timestamp::MIN)
    }

    /// Decides what is due though nothing happened. In a run that goes on from an earlier one, not about those who were
    /// ahead of this place when that ended: their turn is when it comes to theirs.
    fn wake(&mut self, shared: &Shared, rules: &RuleSet, batch: &Batch) -> Result<(), StoreError> {
        let positions = self.positions;
        let may =
            |imsi| positions.get(usize::from(slice(imsi))).is_some_and(|position| position.sequence <= batch.upto);
        while let Some(imsi) = self.timers.first(batch.now, may) {
            let cause = Cause { imsi, sequence: batch.upto, released: batch.now, kind: DUE };
            self.renew(imsi, true)?;
            let slot = self.table.slot(&shared.store, imsi, Place::NOWHERE, self.edition)?;
            rules.wake(imsi, batch.now, &mut slot.profile, context(shared, &self.areas, true), &mut self.decisions);
            self.decided(shared, rules, &cause, 0)?;
            self.set_timer(shared, rules, (imsi, Place::NOWHERE), batch.now, batch.now)?;
        }
        Ok(())
    }

    fn set_timer(
        &mut self,
        shared: &Shared,
        rules: &RuleSet,
        (imsi, place): (Imsi, Place),
        now: Timestamp,
        fired_upto: Timestamp,
    ) -> Result<(), StoreError> {
        let slot = self.table.slot(&shared.store, imsi, place, self.edition)?;
        let due = rules.due(&slot.profile, &self.areas, now);
        self.timers.set(&shared.store, &mut self.group, imsi, slot, due, fired_upto)
    }

    // --- another rule set ------------------------------------------------------------------------------------------

    fn change_rules(&mut self, renewal: Arc<Renewal>) {
        (self.rules, self.edition) = (renewal.rules.clone(), renewal.edition);
        self.group.keep_empty(renewal.is_needed());
        self.renewing = renewal.is_needed().then_some(Renewing { renewal, upto: None });
    }

    /// Brings a subscriber over to the present rules, where that is not done yet. Who was not in memory stays there if
    /// `is_wanted`.
    fn renew(&mut self, imsi: Imsi, is_wanted: bool) -> Result<(), StoreError> {
        let Some(Renewing { renewal, upto }) = &self.renewing else { return Ok(()) };
        let store = &self.shared.store;
        let edition = if upto.is_some_and(|upto| imsi <= upto) { renewal.edition } else { renewal.oldest() };
        let mut passing;
        let slot = match self.table.known(imsi) {
            Some(slot) => slot,
            None if is_wanted => self.table.slot(store, imsi, Place::NOWHERE, edition)?,
            None => {
                passing = load(store, imsi, edition)?;
                &mut passing
            }
        };
        if slot.edition == renewal.edition {
            return Ok(());
        }
        let mut facts = Vec::new();
        if renewal.needs_facts() {
            let memory = Memory { arena: &self.arena, sealing: self.sealing.as_ref() };
            memory.window(store, imsi, slot.tail, renewal.since(), &mut facts)?;
            self.shared.counters.windows_read.add(1);
        }
        renewal.renew(slot, imsi, &facts, &self.areas);
        let due = self.rules.due(&slot.profile, &self.areas, self.now);
        self.group.keep_empty(is_wanted);
        self.timers.set(store, &mut self.group, imsi, slot, due, Timestamp::MIN)?;
        self.group.keep_empty(true);
        Ok(())
    }

    // Committed at once, so that whoever is not in memory is read as it is now.
    fn sweep(&mut self, subscribers: &[Imsi], swept: Swept) -> Result<Result<(), Gone>, StoreError> {
        subscribers.iter().try_for_each(|imsi| self.renew(*imsi, false))?;
        if let (Swept::InOrder, Some(renewing), Some(last)) = (swept, &mut self.renewing, subscribers.last()) {
            renewing.upto = Some(*last);
        }
        self.commit(false)
    }

    fn renewed(&mut self, asking: &Sender<()>) -> Result<Result<(), Gone>, StoreError> {
        self.renewing = None;
        self.group.keep_empty(false);
        let committed = self.commit(true)?;
        Ok(committed.and_then(|()| asking.send(()).map_err(|_| Gone)))
    }

    // --- what comes of it ------------------------------------------------------------------------------------------

    /// Takes down the decisions, of which the first has this rank; gives the rank that comes next.
    fn decided(&mut self, shared: &Shared, rules: &RuleSet, cause: &Cause, first: u16) -> Result<u16, StoreError> {
        if self.decisions.is_empty() {
            return Ok(first);
        }
        let mut next = first;
        let (mut proposed, mut repeated, mut withheld, mut held, mut converted) = (0, 0, 0, 0, 0);
        for (rank, decision) in (first..=u16::MAX).zip(self.decisions.drain(..)) {
            next = rank.saturating_add(1);
            let is_offer = decision.outcome == Outcome::Offer;
            let scenario = rules.scenarios().get(decision.scenario as usize).filter(|_| is_offer);
            let text = match scenario {
                Some(scenario) => {
                    let slot = self.table.slot(&shared.store, cause.imsi, Place::NOWHERE, self.edition)?;
                    rules.text(scenario, cause.imsi, &slot.profile, context(shared, &self.areas, true))
                }
                None => None,
            };
            let is_new = self.group.decision(shared, rules, cause, rank, decision, text)?;
            *match decision.outcome {
                _ if !is_new => &mut repeated,
                Outcome::Offer => &mut proposed,
                Outcome::Withheld(_) => &mut withheld,
                Outcome::Held(_) => &mut held,
                Outcome::Converted(..) => &mut converted,
            } += 1;
        }
        if proposed + repeated > 0 {
            let slot = self.table.slot(&shared.store, cause.imsi, Place::NOWHERE, self.edition)?;
            self.group.contacts(&shared.store, cause.imsi, &slot.profile.contacts)?;
        }
        shared.counters.proposed.add(proposed);
        shared.counters.repeated.add(repeated);
        shared.counters.withheld.add(withheld);
        shared.counters.held.add(held);
        shared.counters.converted.add(converted);
        Ok(next)
    }

    fn commit(&mut self, sync: bool) -> Result<Result<(), Gone>, StoreError> {
        self.due = None;
        let sync = sync || self.sync_due.is_some_and(|due| due <= clock());
        let committed = self.group.commit(&self.shared, self.index as u8, &self.positions, sync)?;
        if committed.is_none() && sync {
            self.shared.store.sync()?;
        }
        self.shared.counters.commits.add(u64::from(committed.is_some()));
        let (offers, synced) = committed.map_or((Vec::new(), sync), |committed| (committed.intents, committed.synced));
        if synced {
            self.sync_due = None;
            self.shared.counters.syncs.add(1);
        }
        if self.report(self.upto, offers).is_err() {
            return Ok(Err(Gone));
        }
        self.seal_if_due()
    }

    fn report(&self, upto: u64, offers: Vec<crate::offer::Offer>) -> Result<(), Gone> {
        let progress = Progress { shard: self.index, upto, now: self.now, offers };
        self.outlets.progress.send(progress).map_err(|_| Gone)
    }

    // Only after a commit: then arena and journal hold the same.
    fn seal_if_due(&mut self) -> Result<Result<(), Gone>, StoreError> {
        if self.sealing.as_ref().is_some_and(|sealing| sealing.done.try_recv().is_ok()) {
            self.sealed();
        }
        let bucket = Bucket::of(self.now);
        let turned = bucket > self.bucket;
        if !turned && self.arena.len() < self.shared.limits.arena_bytes {
            return Ok(Ok(()));
        }
        self.bucket = bucket.max(self.bucket);
        if !self.arena.is_empty() && self.seal().is_err() {
            return Ok(Err(Gone));
        }
        if turned && self.outlets.sealer.send(Job::Passed { shard: self.index, now: self.now }).is_err() {
            return Ok(Err(Gone));
        }
        Ok(Ok(()))
    }

    fn seal(&mut self) -> Result<(), Gone> {
        // One generation at a time: a disk that cannot keep up holds its shard back, and memory stays bounded.
        if let Some(sealing) = self.sealing.take() {
            self.await_sealed(&sealing)?;
            self.sealed();
        }
        let capacity = self.arena.len();
        let arena = std::mem::replace(&mut self.arena, Arena::with_capacity(capacity));
        let (members, profiles) = self.table.freeze();
        let key =
            |number| JournalKey { stamp: Stamp { epoch: self.shared.epoch, number }, shard: self.index as u8 }.octets();
        let journal = (key(self.first_blob), key(self.group.next_blob()));
        self.first_blob = self.group.next_blob();
        let run = self.shared.store.next_run(self.shared.epoch);
        let (done, sealed) = crossbeam::channel::bounded(1);
        let generation = Arc::new(Generation { run, journal, arena, members, profiles });
        self.sealing = Some(Sealing { generation: generation.clone(), done: sealed });
        self.outlets.sealer.send(Job::Seal { generation, done }).map_err(|_| Gone)
    }

    fn await_sealed(&self, sealing: &Sealing) -> Result<(), Gone> {
        crossbeam::channel::select! {
            recv(sealing.done) -> done => done.map_err(|_| Gone),
            recv(self.outlets.sealer_ends) -> _ => Err(Gone),
        }
    }

    fn sealed(&mut self) {
        self.sealing = None;
        self.shared.counters.evicted.add(self.table.evict(self.shared.limits.profiles, self.edition));
    }

    fn finish(mut self) -> Result<(), StoreError> {
        if self.commit(true)?.is_ok() {
            // Where nobody listens any more, the engine knows why.
            let _ = self.report(u64::MAX, Vec::new());
        }
        if let Some(sealing) = self.sealing.take() {
            let _ = self.await_sealed(&sealing);
        }
        Ok(())
    }

    fn wait(&self) -> Option<Duration> {
        let first = self.due.into_iter().chain(self.sync_due).min()?;
        Some(first.saturating_duration_since(clock()))
    }

    fn is_due(&self) -> bool {
        let limits = &self.shared.limits;
        self.group.len() >= limits.commit_bytes
            || self.arena.len() >= limits.arena_bytes
            || self.wait().is_some_and(|wait| wait.is_zero())
    }
}

/// What of a shard's events is not in the store yet, or not for certain.
struct Memory<'a> {
    arena: &'a Arena,
    sealing: Option<&'a Sealing>,
}

impl Memory<'_> {
    /// Appends the events of a subscriber of this shard from `since` on, in order of bucket and arrival.
    fn window(
        &self,
        store: &Store,
        imsi: Imsi,
        tail: Tail,
        since: Timestamp,
        events: &mut Vec<Event>,
    ) -> Result<(), StoreError> {
        let registered = store.registered();
        let sealing = self.sealing.map(|sealing| &*sealing.generation);
        let counts = |run| registered.contains(&run) && sealing.is_none_or(|sealing| sealing.run != run.1);
        store.sealed(imsi, since, ReadOptions::default, counts, events)?;
        if let Some((sealing, tail)) = sealing.and_then(|sealing| Some((sealing, sealing.tail(imsi)?))) {
            sealing.arena.read(imsi, tail, events).ok_or_else(|| store.damaged(keys::JOURNAL))?;
        }
        self.arena.read(imsi, tail, events).ok_or_else(|| store.damaged(keys::JOURNAL))?;
        events.retain(|event| event.at >= since);
        Ok(())
    }
}

fn context<'a>(shared: &'a Shared, areas: &'a Areas, warm: bool) -> Context<'a> {
    Context { directory: &shared.directory, lookup: shared.lookup, warm, areas }
}

#[expect(clippy::disallowed_methods, reason = "paces writes to the disk; nothing is decided by it")]
fn clock() -> Instant {
    Instant::now()
}

//! The engine as a whole: starts its threads, gives each event to its shard in order of event time, and brings
//! everything to an end.

use std::convert::Infallible;
use std::slice;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use arc_swap::ArcSwap;
use crossbeam::channel::{Receiver, Sender, TryRecvError, bounded};
use event::{AreaFact, Event, Imsi, Timestamp};
use rocksdb::WriteBatch;
use rules::policy::scenario_hash;
use rules::{Directory, RuleSet};

use crate::committer;
use crate::counters::EngineCounters;
use crate::delays::{EngineDelays, clock};
use crate::oblivion::Oblivion;
use crate::offer::arbiter::{Arbiter, Means};
use crate::offer::{GivingBack, Pace, Telling, withheld_ends};
use crate::sealer;
use crate::settings::EngineConfig;
use crate::shard::{
    self, Batch, Between, Fact, INPUTS_LIMIT, Item, MAX_THREADS, Message, Moment, Order, Renewal, Routed, ShardLoad,
    Shared, Turn,
};
use crate::sweep::{Shard, Sweep};
use crate::window::arena::ARENA_LIMIT;
use crate::window::recover::recover;
use crate::window::{Store, StoreError, keys};

/// The most events in one batch, with what comes between them.
const BATCH_EVENTS: usize = 512;
/// The most batches that wait for a shard; beyond it the decoding thread waits.
const SHARD_BATCHES: usize = 16;
/// Where packet time runs beside the clock, a shard for which so many wait is given the next when it is full.
const BUSY_BATCHES: usize = SHARD_BATCHES / 2;
/// The most reports of progress that wait for the arbiter; beyond it the shards wait.
const ARBITER_STEPS: usize = 256;
/// Packet time between two releases: ticks in between do nothing, so that there may be one for each frame. An offer waits for those
/// that were released with its trigger and before it: so few that this takes no longer than the disk.
const RELEASE_STEP: Duration = Duration::from_millis(1);
/// The most that a shard gathers where packet time runs beside the clock: an offer waits until what came before it is written.
const LIVE_COMMIT_BYTES: usize = 64 << 10;
/// Packet time after which shards without events are told how far the others are.
const IDLE_STEP: Duration = Duration::from_secs(1);

/// Why the engine cannot start or go on.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The rules are changed one time after the other.
    #[error("subscribers are still being brought over to the rules that were changed last; try again in a while")]
    Renewing,
    /// The number of threads.
    #[error("{0} threads are not possible; choose 1 to {MAX_THREADS}")]
    Threads(usize),
    /// The operating system.
    #[error("no thread can be started: {0}")]
    Spawn(#[from] std::io::Error),
    /// A fault of the program.
    #[error("the thread `{0}` has stopped by a fault of the program; start again: nothing is counted twice")]
    Fault(String),
}

/// What a run has come to.
#[derive(Debug)]
pub struct Summary {
    /// Everything that was counted.
    pub counters: EngineCounters,
    /// How long things took.
    pub delays: EngineDelays,
    /// Offers that are still to be sent, or of which the answer is still out; the next start goes on with them.
    pub unsettled: u64,
    /// The store, for reports.
    pub store: Arc<Store>,
}

/// A running engine. Dropped without [`Engine::finish`] it stops where it is, as if it had been killed.
pub struct Engine {
    shared: Arc<Shared>,
    order: Order,
    moment: Moment,
    reorder_window: Duration,
    /// When the warm-up is over; absent before the first event.
    warm_from: Option<Timestamp>,
    /// Packet time, less the reorder window.
    now: Timestamp,
    /// The last turn that all shards are told of.
    told: Turn,
    pace: Pace,
    /// Events released so far.
    sequence: u64,
    giving_back: GivingBack,
    /// Of whom nothing is taken in.
    forgotten: Option<Imsi>,
    /// What is not given to its shard yet.
    batches: Vec<Batch>,
    shards: Vec<Shard>,
    spent: Receiver<Batch>,
    threads: Vec<JoinHandle<Result<(), StoreError>>>,
    /// While subscribers are brought over to other rules.
    sweep: Option<JoinHandle<Result<(), StoreError>>>,
    ends_sweep: Arc<AtomicBool>,
    is_stopped: bool,
}

impl Engine {
    /// Opens the store, recovers what a crash has left, and starts the threads.
    pub fn start(config: EngineConfig) -> Result<Self, EngineError> {
        let threads = config.threads.get();
        if threads > MAX_THREADS {
            return Err(EngineError::Threads(threads));
        }
        let arena_bytes = config.arena_bytes.min(ARENA_LIMIT);
        let store = Arc::new(Store::open_with(&config.store, config.cache_bytes, arena_bytes)?);
        let epoch = store.begin()?;
        name_scenarios(&store, &config.rules)?;
        let own = if config.feeds.is_empty() { slice::from_ref(&config.input) } else { &config.feeds };
        let forgotten = shard::forget_inputs(&store, own, INPUTS_LIMIT)?;
        shard::regroup(&store, own, threads as u8)?;
        let warm = config.warm.is_warm(&store, &config.rules)?;
        let remembered = config.rules.policy().remembered_micros();
        let recovered = recover(&store, epoch, arena_bytes, |profile, event| {
            profile.forget(event.at, remembered);
            profile.observe(event, warm);
        })?;
        let limits = shard::Limits {
            commit_interval: config.commit_interval,
            offers_at_once: config.pace == Pace::Live,
            sync_interval: config.sync_interval,
            commit_bytes: match config.pace {
                Pace::Replay => config.commit_bytes,
                Pace::Live => config.commit_bytes.min(LIVE_COMMIT_BYTES),
            },
            arena_bytes,
            profiles: config.profiles,
            retention: config.retention,
            decisions: config.decisions,
        };
        let shared = Arc::new(Shared {
            store,
            rules: ArcSwap::new(config.rules),
            directory: ArcSwap::new(config.directory),
            counters: Arc::default(),
            delays: Arc::default(),
            loads: (0..threads).map(|_| shard::Load::default()).collect(),
            epoch,
            input: config.input,
            feeds: config.feeds,
            lookup: config.lookup.is_some(),
            limits,
        });
        shared.counters.recovered.add(recovered);
        shared.counters.forgotten_inputs.add(forgotten);
        let means = Means {
            lanes: config.lanes,
            lookup: config.lookup,
            pace: config.pace,
            patience: config.patience,
            waiting: config.waiting,
            consent: config.consent,
            keywords: config.keywords,
        };
        let latest = shard::latest(&shared.store)?.unwrap_or(Timestamp::MIN);
        let (telling, giving_back) = withheld_ends(config.input, latest, config.pace == Pace::Replay);
        let mut engine = Self::new(shared, threads, config.pace, config.reorder_window, giving_back);
        engine.warm_from = warm.then_some(Timestamp::MIN);
        let spent = bounded(threads * SHARD_BATCHES);
        engine.spent = spent.1;
        let renewal = engine.renewal(engine.shared.rules.load_full(), None)?;
        engine.spawn_all(threads, means, telling, &spent.0, &renewal)?;
        if renewal.is_needed() {
            engine.sweep(renewal).run()?;
        }
        Ok(engine)
    }

    fn new(shared: Arc<Shared>, threads: usize, pace: Pace, reorder_window: Duration, giving_back: GivingBack) -> Self {
        Self {
            shared,
            order: Order::default(),
            moment: Moment::default(),
            reorder_window,
            warm_from: None,
            now: Timestamp::MIN,
            told: Turn { upto: 0, now: Timestamp::MIN },
            pace,
            sequence: 0,
            giving_back,
            forgotten: None,
            batches: (0..threads).map(|_| Batch::default()).collect(),
            shards: Vec::with_capacity(threads),
            spent: crossbeam::channel::never(),
            threads: Vec::new(),
            sweep: None,
            ends_sweep: Arc::default(),
            is_stopped: false,
        }
    }

    fn spawn_all(
        &mut self,
        threads: usize,
        means: Means,
        telling: Telling,
        spent: &Sender<Batch>,
        renewal: &Arc<Renewal>,
    ) -> Result<(), EngineError> {
        let (progress, steps) = bounded(ARBITER_STEPS);
        let (jobs, seals) = bounded(4 * threads);
        let shared = self.shared.clone();
        let sealer_ends = self.spawn("sealer".to_owned(), move || sealer::run(&shared, threads, &seals))?;
        let arbiter = Arbiter::open(self.shared.clone(), means, threads, telling)?;
        self.spawn("arbiter".to_owned(), move || arbiter.run(&steps))?;
        let (work, handed) = bounded(committer::WAITING_LIMIT);
        let shared = self.shared.clone();
        let write = move || committer::run(&shared, &progress, &jobs, &handed);
        let committer_ends = self.spawn("committer".to_owned(), write)?;
        for index in 0..threads {
            let (work, committer_ends, sealer_ends) = (work.clone(), committer_ends.clone(), sealer_ends.clone());
            let outlets = shard::Outlets { work, committer_ends, sealer_ends, spent: spent.clone() };
            let worker = shard::Worker::new(index, threads, self.shared.clone(), outlets, renewal.clone())?;
            let (messages, given) = bounded(SHARD_BATCHES);
            let ends = self.spawn(format!("shard-{index}"), move || worker.run(&given))?;
            self.shards.push(Shard { messages, ends });
        }
        Ok(())
    }

    // What it gives says nothing, and ends with the thread: what that has not come to by then stays in its queue, with what is
    // to be answered.
    fn spawn(
        &mut self,
        name: String,
        work: impl FnOnce() -> Result<(), StoreError> + Send + 'static,
    ) -> Result<Receiver<Infallible>, EngineError> {
        let (living, ends) = bounded(0);
        let work = move || {
            let _living = living;
            work()
        };
        self.threads.push(std::thread::Builder::new().name(name).spawn(work)?);
        Ok(ends)
    }

    /// From here on these rules hold, for every subscriber: what has been released before was decided by the others, what
    /// comes after is decided by these. What has begun under a scenario whose pattern stays goes on; a new one knows what
    /// has happened, and nothing that it would have decided is decided now. There is no warm-up.
    ///
    /// Subscribers of whom nothing is heard are brought over beside the events; until that is done
    /// [`EngineError::Renewing`] refuses other rules, and the old ones stay.
    pub fn reload(&mut self, rules: Arc<RuleSet>) -> Result<(), EngineError> {
        self.reap_sweep()?;
        if self.sweep.is_some() {
            return Err(EngineError::Renewing);
        }
        name_scenarios(&self.shared.store, &rules)?;
        let renewal = self.renewal(rules.clone(), Some(self.now))?;
        self.turn();
        self.hand_over();
        self.shared.rules.store(rules);
        for shard in &self.shards {
            self.is_stopped |= shard.messages.send(Message::Renew(renewal.clone())).is_err();
        }
        if renewal.is_needed() {
            let sweep = self.sweep(renewal);
            self.sweep = Some(std::thread::Builder::new().name("sweep".to_owned()).spawn(|| sweep.run())?);
        }
        if self.is_stopped { Err(self.failure()) } else { Ok(()) }
    }

    /// From here on subscribers are known by this file: what has been released before is decided by the one before.
    pub fn know(&mut self, directory: Arc<Directory>) {
        self.turn();
        self.hand_over();
        self.shared.directory.store(Arc::clone(&directory));
        for shard in &self.shards {
            self.is_stopped |= shard.messages.send(Message::Know(Arc::clone(&directory))).is_err();
        }
    }

    /// Whether every subscriber has been brought over to the rules that hold.
    pub fn is_settled(&self) -> bool {
        self.sweep.as_ref().is_none_or(JoinHandle::is_finished)
    }

    // From the rules that the store knows of. At a start each slice is where its last event was.
    fn renewal(&self, rules: Arc<RuleSet>, now: Option<Timestamp>) -> Result<Arc<Renewal>, EngineError> {
        let shared = &self.shared;
        let editions = shared.store.editions()?;
        let times = now.map_or_else(|| shard::times(&shared.store), |now| Ok([now; shard::SLICES]))?;
        let latest = times.iter().copied().max().unwrap_or(Timestamp::MIN);
        let renewal = Renewal::new(rules, &editions, times, shared.limits.oldest(latest));
        if editions.last().is_none_or(|newest| newest.number < renewal.edition) {
            shared.store.begin_edition(&renewal.to_edition())?;
        }
        Ok(Arc::new(renewal))
    }

    fn sweep(&self, renewal: Arc<Renewal>) -> Sweep {
        let (shared, shards) = (self.shared.clone(), self.shards.clone());
        Sweep { shared, renewal, shards, is_stopped: self.ends_sweep.clone() }
    }

    fn reap_sweep(&mut self) -> Result<(), EngineError> {
        match self.sweep.take_if(|sweep| sweep.is_finished()) {
            Some(sweep) => ended(sweep),
            None => Ok(()),
        }
    }

    /// Takes an event, in the order of the probe; tells whether it came late: later ones have been passed on already.
    pub fn event(&mut self, event: &Event) -> bool {
        let counters = &self.shared.counters;
        counters.events.add(1);
        let rules = &self.shared.rules;
        self.warm_from.get_or_insert_with(|| event.at + rules.load().policy().t3212.presence(None));
        if event.imsi.is_none() {
            counters.unresolved.add(1);
            return false;
        }
        let is_late = event.at < self.now;
        if is_late {
            counters.late.add(1);
            self.shared.delays.late.add(self.now.since(event.at));
        }
        self.put_in_order(Item::Event(*event));
        is_late
    }

    /// Takes what shows of a location area, in the order of the probe: clocks of those who were last seen there may stand still
    /// for a time.
    pub fn area(&mut self, fact: &AreaFact) {
        self.shared.counters.areas.add(1);
        self.put_in_order(Item::Area(*fact));
    }

    fn put_in_order(&mut self, item: Item) {
        if let Some(early) = self.order.push(item) {
            self.shared.counters.reorder_limit.add(1);
            self.pass_on(early);
        }
    }

    /// Packet time has come to `now`: events that have waited long enough go on. In a replay this is to be called at
    /// the same places of the same input, always (after each frame, say): what is decided depends on them. Tells where
    /// the engine cannot go on.
    pub fn tick(&mut self, now: Timestamp) -> Result<(), EngineError> {
        let window = i64::try_from(self.reorder_window.as_micros()).unwrap_or(i64::MAX);
        let now = Timestamp::from_micros(now.as_micros().saturating_sub(window));
        if now >= self.now + RELEASE_STEP {
            self.release(now);
            self.reap_sweep()?;
        }
        if self.is_stopped { Err(self.failure()) } else { Ok(()) }
    }

    /// What has been released goes to the shards, though it be little: where packet time does not run beside the clock, to be
    /// called when more may not come for a while. Decides nothing.
    pub fn hand_over(&mut self) {
        (0..self.batches.len()).for_each(|index| self.give(index));
    }

    fn release(&mut self, now: Timestamp) {
        self.now = now;
        while let Some(item) = self.order.release(now) {
            self.pass_on(item);
        }
        if self.sequence > self.told.upto || self.now.since(self.told.now) >= IDLE_STEP {
            self.turn();
        }
        self.give_back();
        if self.pace == Pace::Live {
            self.give_idle();
        }
    }

    // All is written here and told, so that the arbiter is not waited for next time.
    fn give_back(&mut self) {
        let shards = &self.shards;
        let is_gone = || shards.iter().any(|shard| shard.ends.try_recv() == Err(TryRecvError::Disconnected));
        let Some(due) = self.giving_back.due(self.now, self.sequence, is_gone) else { return };
        let forgotten = self.forgotten;
        for withheld in due.into_iter().filter(|withheld| Some(withheld.imsi) != forgotten) {
            let index = usize::from(shard::slice(withheld.imsi)) % self.batches.len();
            self.batches.get_mut(index).into_iter().for_each(|batch| {
                batch.mark(Between::Withheld(withheld, self.sequence));
            });
            self.give_full(index);
        }
        self.mark(Between::Write);
        self.hand_over();
    }

    /// Releases everything, waits until all of it is decided and durable and the channel has answered, and ends.
    pub fn finish(mut self) -> Result<Summary, EngineError> {
        if let Some(sweep) = self.sweep.take() {
            ended(sweep)?;
        }
        while let Some(item) = self.order.release(Timestamp::MAX) {
            self.now = self.now.max(item.at());
            self.pass_on(item);
        }
        self.turn();
        self.hand_over();
        let shards = std::mem::take(&mut self.shards);
        shards.iter().for_each(|shard| self.is_stopped |= shard.messages.send(Message::Finish).is_err());
        drop(shards);
        self.join()?;
        if self.is_stopped {
            return Err(self.failure());
        }
        let store = self.store();
        let unsettled = store.rows(keys::QUEUE, &[])?.count() + store.rows(keys::PROPOSAL, &[])?.count();
        Ok(Summary { counters: self.counters(), delays: self.delays(), unsettled: unsettled as u64, store })
    }

    /// From here on nothing is taken in of this subscriber, until [`Engine::forget_nobody`]: gives what forgets it meanwhile, beside
    /// the engine. While rows are deleted the rules are not to be changed: who is brought over would be written down.
    pub(crate) fn forget(&mut self, imsi: Imsi) -> Option<Oblivion> {
        self.forgotten = Some(imsi);
        let waited = self.order.forget(imsi);
        self.note_passed_over(waited);
        self.hand_over();
        let shard = self.shards.get(usize::from(shard::slice(imsi)) % self.shards.len().max(1))?.clone();
        Some(Oblivion { imsi, store: self.store(), shard })
    }

    /// So many events told of the subscriber who is being forgotten were passed over by who gives them.
    pub(crate) fn note_passed_over(&self, count: usize) {
        self.shared.counters.passed_over.add(count as u64);
    }

    /// Everybody is taken in again.
    pub(crate) fn forget_nobody(&mut self) {
        self.forgotten = None;
    }

    /// The store, for reports: readable at any time.
    pub fn store(&self) -> Arc<Store> {
        self.shared.store.clone()
    }

    /// Everything counted so far.
    pub fn counters(&self) -> EngineCounters {
        self.shared.counters.read()
    }

    /// How long things have taken so far.
    pub fn delays(&self) -> EngineDelays {
        self.shared.delays.read()
    }

    /// What each shard is at work with.
    pub fn loads(&self) -> Vec<ShardLoad> {
        self.shared.loads.iter().zip(&self.shards).map(|(load, shard)| load.read(shard.messages.len())).collect()
    }

    fn pass_on(&mut self, item: Item) {
        match item {
            Item::Event(event) => self.route(event),
            Item::Area(fact) => self.mark(Between::Area(fact)),
        }
    }

    fn route(&mut self, event: Event) {
        let Some(imsi) = event.imsi else { return };
        if self.forgotten == Some(imsi) {
            self.shared.counters.passed_over.add(1);
            return;
        }
        let fact = self.moment.take(imsi, &event);
        if fact == Fact::Equal {
            self.shared.counters.equal.add(1);
            return;
        }
        self.sequence += 1;
        let slice = shard::slice(imsi);
        let index = usize::from(slice) % self.batches.len();
        let released = self.now.max(event.at);
        let is_warm = self.warm_from.is_some_and(|warm_from| event.at >= warm_from);
        let is_late = fact == Fact::Late;
        let routed = Routed { sequence: self.sequence, imsi, slice, released, is_warm, is_late, event };
        let Some(batch) = self.batches.get_mut(index) else { return };
        batch.given.get_or_insert_with(clock);
        batch.events.push(routed);
        self.shared.loads.get(index).into_iter().for_each(shard::Load::given);
        if batch.len() >= BATCH_EVENTS {
            self.give(index);
        }
    }

    fn turn(&mut self) {
        self.told = Turn { upto: self.sequence, now: self.now };
        self.mark(Between::Turn(self.told));
    }

    // To every shard, at the same place among the events.
    fn mark(&mut self, what: Between) {
        self.batches.iter_mut().for_each(|batch| batch.mark(what));
        (0..self.batches.len()).for_each(|index| self.give_full(index));
    }

    fn give_full(&mut self, index: usize) {
        if self.batches.get(index).is_some_and(|batch| batch.len() >= BATCH_EVENTS) {
            self.give(index);
        }
    }

    // Whoever is busy is given more at a time.
    fn give_idle(&mut self) {
        for index in 0..self.shards.len() {
            if self.shards.get(index).is_some_and(|shard| shard.messages.len() < BUSY_BATCHES) {
                self.give(index);
            }
        }
    }

    // Waits where the shard is behind.
    fn give(&mut self, index: usize) {
        let Some((batch, shard)) = self.batches.get_mut(index).zip(self.shards.get(index)) else { return };
        if batch.len() > 0 {
            let batch = std::mem::replace(batch, self.spent.try_recv().unwrap_or_default());
            self.is_stopped |= shard.messages.send(Message::Batch(batch)).is_err();
        }
    }

    // A thread that is gone is the sign; the first thread that says why is the reason.
    fn failure(&mut self) -> EngineError {
        self.shards.clear();
        self.join().err().unwrap_or_else(|| EngineError::Fault("shard".to_owned()))
    }

    fn join(&mut self) -> Result<(), EngineError> {
        self.ends_sweep.store(true, Ordering::Relaxed);
        let threads = self.sweep.take().into_iter().chain(self.threads.drain(..));
        threads.map(ended).fold(Ok(()), Result::and)
    }
}

// What a thread has come to.
fn ended(thread: JoinHandle<Result<(), StoreError>>) -> Result<(), EngineError> {
    let name = thread.thread().name().unwrap_or_default().to_owned();
    match thread.join() {
        Ok(ended) => ended.map_err(EngineError::Store),
        Err(_) => Err(EngineError::Fault(name)),
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.shards.clear();
        // Nobody is left to be told.
        let _ = self.join();
    }
}

// The ledger names scenarios by hash; the names outlive the files.
fn name_scenarios(store: &Store, rules: &RuleSet) -> Result<(), StoreError> {
    let mut batch = WriteBatch::default();
    let family = store.family(keys::META)?;
    for scenario in rules.scenarios() {
        batch.put_cf(&family, keys::scenario(scenario_hash(&scenario.name)), scenario.name.as_bytes());
    }
    store.write(batch, false)
}

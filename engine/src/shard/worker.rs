//! The work of a shard: take events in, decide, append, commit. Reads no clock but to pace its commits, which changes
//! nothing that it decides.

mod renewing;

use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam::channel::{Receiver, RecvTimeoutError, Sender, bounded};
use event::{AreaFact, Event, Imsi, Timestamp};
use rules::profile::Contact;
use rules::{Areas, Context, Decision, Directory, Outcome, Place, Places, RuleSet, in_turn};

use super::forget::{self, Unsealed};
use super::group::{Cause, DUE, Gathered, Group};
use super::position::{Positions, Share, Taken};
use super::renewal::Renewal;
use super::sealing::Turnover;
use super::table::Table;
use super::timers::Timers;
use super::{Batch, Between, Load, Message, Progress, Routed, Shared, Swept, Turn, slice};
use crate::committer::{MANY_WAITING, Work, Write};
use crate::delays::clock;
use crate::offer::{Offer, PhoneAnswer, Withheld};
use crate::window::StoreError;
use crate::window::arena::Arena;
use crate::window::keys::Bucket;
use crate::window::record::kind_code;

/// Where a shard's results go.
pub(crate) struct Outlets {
    /// To the thread that writes, and through it to the arbiter and to the sealing thread.
    pub(crate) work: Sender<Work>,
    /// Says nothing, and ends with the thread that writes.
    pub(crate) committer_ends: Receiver<Infallible>,
    /// Says nothing, and ends with the sealing thread.
    pub(crate) sealer_ends: Receiver<Infallible>,
    /// Empty batches, to be filled again.
    pub(crate) spent: Sender<Batch>,
}

impl Outlets {
    /// Whether what is handed over stands in a queue, so that more of it would come no sooner.
    fn have_many_waiting(&self) -> bool {
        self.work.len() >= MANY_WAITING
    }
}

/// One shard.
pub(crate) struct Worker {
    pub(super) index: usize,
    pub(super) shared: Arc<Shared>,
    pub(super) outlets: Outlets,
    rules: Arc<RuleSet>,
    directory: Arc<Directory>,
    /// Of the rules: see [`crate::window::editions`].
    pub(super) edition: u32,
    pub(super) renewing: Option<renewing::Renewing>,
    pub(super) positions: Positions,
    pub(super) table: Table,
    pub(super) timers: Timers,
    areas: Areas,
    /// The number of what is known of areas, and of the rules: by these it is told when something is due.
    circumstances: u32,
    pub(super) arena: Arena,
    pub(super) group: Group,
    decisions: Vec<Decision>,
    /// What phones have said to messages from our own numbers since the last commit.
    answers: Vec<PhoneAnswer>,
    pub(super) upto: u64,
    pub(super) now: Timestamp,
    pace: Pace,
    pub(super) turnover: Turnover,
    /// While a subscriber is being forgotten.
    pub(super) unsealed: Option<Unsealed>,
}

/// On the clock: when what has gathered is to be written, and how long offers have waited for that.
struct Pace {
    /// When the events were given that are worked on.
    given: Instant,
    /// When those were given whose offers are not handed over yet.
    intended: Vec<Instant>,
    due: Option<Instant>,
    sync_due: Option<Instant>,
}

/// The other side of a channel has gone: it knows why.
pub(super) struct Gone;

impl Worker {
    /// The worker of this index among so many, with the rules that `renewal` begins with.
    pub(crate) fn new(
        index: usize,
        of: usize,
        shared: Arc<Shared>,
        outlets: Outlets,
        renewal: Arc<Renewal>,
    ) -> Result<Self, StoreError> {
        let share = Share { shard: index as u8, threads: of as u8 };
        let positions = Positions::load(&shared.store, shared.input, &shared.feeds, share)?;
        shared.loads.get(index).into_iter().for_each(|load| load.written(0));
        let timers = Timers::load(&shared.store, |imsi| usize::from(slice(imsi)) % of == index)?;
        let mut worker = Self {
            index,
            outlets,
            rules: renewal.rules.clone(),
            directory: shared.directory.load_full(),
            edition: renewal.edition,
            renewing: None,
            positions,
            table: Table::default(),
            timers,
            areas: shared.store.areas()?,
            circumstances: 0,
            arena: Arena::default(),
            group: Group::new(),
            decisions: Vec::new(),
            answers: Vec::new(),
            upto: 0,
            now: Timestamp::MIN,
            pace: Pace { given: clock(), intended: Vec::new(), due: None, sync_due: None },
            turnover: Turnover::default(),
            unsealed: None,
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
                Ok(Message::Batch(batch)) => match self.take(batch)? {
                    Err(Gone) => Err(Gone),
                    Ok(()) if self.is_due() => self.commit(false)?,
                    Ok(()) => self.hurry().and_then(|()| self.freeze()),
                },
                Ok(Message::Renew(renewal)) => {
                    self.change_rules(renewal);
                    Ok(())
                }
                Ok(Message::Know(directory)) => {
                    self.directory = directory;
                    Ok(())
                }
                Ok(Message::Sweep(subscribers, swept)) => self.sweep(&subscribers, swept)?,
                Ok(Message::Unswept(asking)) => asking.send(self.table.before(self.edition)).map_err(|_| Gone),
                Ok(Message::Renewed(asking)) => self.renewed(asking)?,
                Ok(Message::Forget(imsi, done)) => self.forget(imsi, done)?,
                Ok(Message::ForgetOffers(forgets)) => self.forget_offers(forgets)?,
                Err(RecvTimeoutError::Timeout) if self.is_due() => self.commit(false)?,
                Err(RecvTimeoutError::Timeout) => self.freeze(),
                Ok(Message::Finish) => return self.finish(),
                Err(RecvTimeoutError::Disconnected) => return Ok(()),
            };
            if went_on.is_err() {
                return Ok(());
            }
        }
    }

    fn take(&mut self, mut batch: Batch) -> Result<Result<(), Gone>, StoreError> {
        let start = clock();
        let (shared, rules, directory) = (self.shared.clone(), self.rules.clone(), self.directory.clone());
        self.pace.given = batch.given.unwrap_or_else(clock);
        let (mut marks, mut places, mut taken) = (batch.marks.iter().peekable(), Places::default(), 0);
        for [now, next, then] in in_turn(&batch.events) {
            let here = places.pass(self.table.slots().fetch(imsis(next), imsis(then)));
            for (routed, likely) in now.iter().zip(here) {
                while let Some(mark) = marks.next_if(|mark| mark.after <= taken) {
                    if self.pass(&shared, &rules, &directory, &mark.what)?.is_err() {
                        return Ok(Err(Gone));
                    }
                }
                self.event(&shared, &rules, &directory, routed, likely)?;
                taken += 1;
            }
        }
        for mark in marks {
            if self.pass(&shared, &rules, &directory, &mark.what)?.is_err() {
                return Ok(Err(Gone));
            }
        }
        shared.counters.subscribers.add(self.table.take_loads());
        batch.clear();
        // Where nobody collects it, it is freed here.
        let _ = self.outlets.spent.try_send(batch);
        self.await_commit();
        let load = shared.loads.get(self.index).into_iter();
        load.for_each(|load| load.turned(start, self.table.len(), self.arena.len()));
        Ok(Ok(()))
    }

    fn pass(
        &mut self,
        shared: &Shared,
        rules: &RuleSet,
        directory: &Directory,
        what: &Between,
    ) -> Result<Result<(), Gone>, StoreError> {
        match what {
            Between::Turn(turn) => self.turn(shared, rules, directory, *turn),
            Between::Area(fact) => self.area(fact).map(Ok),
            Between::Withheld(withheld, given) => self.give_back(withheld, *given).map(Ok),
            Between::Write => self.commit(false),
        }
    }

    fn turn(
        &mut self,
        shared: &Shared,
        rules: &RuleSet,
        directory: &Directory,
        turn: Turn,
    ) -> Result<Result<(), Gone>, StoreError> {
        self.wake(shared, rules, directory, turn)?;
        (self.upto, self.now) = (turn.upto, turn.now);
        // Sealed where a bucket ends, so that few runs reach into two.
        if Bucket::of(turn.now) > self.turnover.bucket { self.commit(false) } else { Ok(Ok(())) }
    }

    /// Every shard knows all areas; one of them writes it down.
    fn area(&mut self, fact: &AreaFact) -> Result<(), StoreError> {
        let is_new = self.areas.take(fact);
        self.circumstances += u32::from(is_new);
        match self.areas.state(fact.area).filter(|_| is_new && self.index == 0) {
            Some(state) => self.group.area(&self.shared.store, fact.area, state),
            None => Ok(()),
        }
    }

    /// What was withheld has not been received: it takes no place in caps. Where an earlier start has gone on beyond this place,
    /// it has done so.
    fn give_back(&mut self, withheld: &Withheld, given: u64) -> Result<(), StoreError> {
        if !self.positions.has_come_to(slice(withheld.imsi), given) {
            return Ok(());
        }
        self.renew(withheld.imsi, true)?;
        let slot = self.table.slot(&self.shared.store, withheld.imsi, Place::NOWHERE, self.edition)?;
        let contacts = &mut slot.profile.contacts;
        let is_it = |contact: &Contact| (contact.at, contact.scenario) == (withheld.at, withheld.scenario);
        if let Some(place) = contacts.iter().position(is_it) {
            contacts.remove(place);
            self.group.contacts(&self.shared.store, withheld.imsi, contacts)?;
            self.shared.counters.given_back.add(1);
        }
        Ok(())
    }

    /// Something has been taken in: from now on runs the time within which it is written, and on disk.
    fn await_commit(&mut self) {
        let (limits, now) = (&self.shared.limits, clock());
        let is_urgent = limits.offers_at_once && self.group.has_intents() && !self.outlets.have_many_waiting();
        let due = if is_urgent { now } else { now + limits.commit_interval };
        self.pace.due = Some(self.pace.due.map_or(due, |before| before.min(due)));
        self.pace.sync_due.get_or_insert(now + limits.sync_interval);
    }

    fn is_known(&mut self, routed: &Routed) -> Result<bool, StoreError> {
        match self.positions.take(routed) {
            Taken::Yes => Ok(true),
            // What is older may be dropped at any time.
            Taken::No if !routed.is_late || routed.event.at < self.shared.limits.oldest(routed.released) => Ok(false),
            Taken::No | Taken::Perhaps => self.has_fact(routed.imsi, &routed.event),
            Taken::BeforeForgetting => {
                let slot = self.table.slot(&self.shared.store, routed.imsi, Place::NOWHERE, self.edition)?;
                let is_unknown = slot.profile.last_seen.is_none();
                Ok(is_unknown || self.has_fact(routed.imsi, &routed.event)?)
            }
        }
    }

    // What is told again may come of other frames than before.
    fn has_fact(&mut self, imsi: Imsi, event: &Event) -> Result<bool, StoreError> {
        self.renew(imsi, true)?;
        let store = &self.shared.store;
        let tail = self.table.slot(store, imsi, Place::NOWHERE, self.edition)?.tail;
        let mut facts = Vec::new();
        self.memory().window(store, imsi, tail, event.at, &mut facts)?;
        self.shared.counters.windows_read.add(1);
        Ok(facts.iter().any(|fact| (fact.at, fact.interface, fact.kind) == (event.at, event.interface, event.kind)))
    }

    fn event(
        &mut self,
        shared: &Shared,
        rules: &RuleSet,
        directory: &Directory,
        routed: &Routed,
        likely: Place,
    ) -> Result<(), StoreError> {
        if self.is_known(routed)? {
            shared.counters.skipped.add(1);
            return Ok(());
        }
        if rules.is_protected(routed.imsi, directory) {
            shared.counters.protected.add(1);
            return Ok(());
        }
        if routed.event.at < shared.limits.oldest(routed.released) {
            shared.counters.too_old.add(1);
        }
        self.take_in(shared, rules, directory, routed, likely)
    }

    // The record most likely stands where it was fetched. It is looked up once, unless something is decided.
    fn take_in(
        &mut self,
        shared: &Shared,
        rules: &RuleSet,
        directory: &Directory,
        routed: &Routed,
        likely: Place,
    ) -> Result<(), StoreError> {
        let Routed { imsi, sequence, released, is_warm, event, .. } = routed;
        let mut cause = Cause { imsi: *imsi, sequence: *sequence, released: *released, kind: DUE };
        self.renew(*imsi, true)?;
        let mut slot = self.table.slot(&shared.store, *imsi, likely, self.edition)?;
        let mut rank = 0;
        // Nothing is due before the timer, as far as it is known that nothing has come between.
        let is_due = slot.armed.is_some_and(|armed| armed <= event.at);
        let live = &slot.profile.live;
        if is_due || !live.is_empty() && !live.is_told(self.circumstances) {
            let context = context(shared, directory, &self.areas, *is_warm);
            rules.wake(*imsi, event.at, &mut slot.profile, context, &mut self.decisions);
            rank = self.decided(shared, rules, directory, &cause, rank)?;
            slot = self.table.slot(&shared.store, *imsi, likely, self.edition)?;
        }
        let context = context(shared, directory, &self.areas, *is_warm);
        rules.take(event, *imsi, &mut slot.profile, context, &mut self.decisions);
        slot.tail = self.arena.append(*imsi, slot.tail, event);
        self.group.event(*imsi, event);
        if let Some(answer) = PhoneAnswer::of(event, *imsi, *sequence).filter(|answer| rules.sends_from(&answer.from)) {
            shared.counters.own_messages.add(1);
            self.answers.push(answer);
        }
        if !self.decisions.is_empty() {
            cause.kind = kind_code(&event.kind);
            self.decided(shared, rules, directory, &cause, rank)?;
            slot = self.table.slot(&shared.store, *imsi, likely, self.edition)?;
        }
        let due = rules.due(&slot.profile, &self.areas, event.at);
        slot.profile.live.tell(self.circumstances);
        self.timers.set(&mut self.group, *imsi, slot, due, Timestamp::MIN);
        Ok(())
    }

    /// Decides what is due though nothing happened. In a run that goes on from an earlier one, not about those who were
    /// ahead of this place when that ended: their turn is when it comes to theirs.
    fn wake(&mut self, shared: &Shared, rules: &RuleSet, directory: &Directory, turn: Turn) -> Result<(), StoreError> {
        while let Some(imsi) = self.timers.first(turn.now, |imsi| self.positions.has_come_to(slice(imsi), turn.upto)) {
            let cause = Cause { imsi, sequence: turn.upto, released: turn.now, kind: DUE };
            self.renew(imsi, true)?;
            let slot = self.table.slot(&shared.store, imsi, Place::NOWHERE, self.edition)?;
            rules.wake(
                imsi,
                turn.now,
                &mut slot.profile,
                context(shared, directory, &self.areas, true),
                &mut self.decisions,
            );
            self.decided(shared, rules, directory, &cause, 0)?;
            let slot = self.table.slot(&shared.store, imsi, Place::NOWHERE, self.edition)?;
            let due = rules.due(&slot.profile, &self.areas, turn.now);
            slot.profile.live.tell(self.circumstances);
            self.timers.set(&mut self.group, imsi, slot, due, turn.now);
        }
        Ok(())
    }

    // --- what comes of it ------------------------------------------------------------------------------------------

    /// Takes down the decisions, of which the first has this rank; gives the rank that comes next.
    fn decided(
        &mut self,
        shared: &Shared,
        rules: &RuleSet,
        directory: &Directory,
        cause: &Cause,
        first: u16,
    ) -> Result<u16, StoreError> {
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
                    rules.text(scenario, cause.imsi, &slot.profile, context(shared, directory, &self.areas, true))
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
        self.pace.intended.extend((0..proposed).map(|_| self.pace.given));
        shared.counters.proposed.add(proposed);
        shared.counters.repeated.add(repeated);
        shared.counters.withheld.add(withheld);
        shared.counters.held.add(held);
        shared.counters.converted.add(converted);
        Ok(next)
    }

    pub(super) fn commit(&mut self, sync: bool) -> Result<Result<(), Gone>, StoreError> {
        self.pace.due = self.unsealed.is_some().then(|| clock() + forget::LOOK);
        let load = self.shared.loads.get(self.index);
        let written = load.map_or(0, Load::last_written);
        let gathered = self.group.gather(&self.shared, self.index as u8, &mut self.positions, written)?;
        let (rows, offers) = match gathered {
            Some(Gathered { number, batch, intents }) => (Some((number, batch)), intents),
            None => (None, Vec::new()),
        };
        // An intent is on disk before anybody hears of it.
        let sync = sync || !offers.is_empty() || self.pace.sync_due.is_some_and(|due| due <= clock());
        let intended = if sync { std::mem::take(&mut self.pace.intended) } else { Vec::new() };
        if sync {
            self.pace.sync_due = None;
        }
        let answers = std::mem::take(&mut self.answers);
        let progress = self.progress(self.upto, offers, answers);
        if self.hand(Work::Write(Write { rows, sync, intended, progress })).is_err() {
            return Ok(Err(Gone));
        }
        Ok(self.seal_if_due())
    }

    /// Where offers are to go out at once, those of other shards do not wait for this one to write what led to none.
    fn hurry(&self) -> Result<(), Gone> {
        if !self.shared.limits.offers_at_once || self.group.has_intents() || self.outlets.have_many_waiting() {
            return Ok(());
        }
        self.hand(Work::Tell(self.progress(self.upto, Vec::new(), Vec::new())))
    }

    pub(super) fn progress(&self, upto: u64, offers: Vec<Offer>, answers: Vec<PhoneAnswer>) -> Progress {
        Progress { shard: self.index, upto, now: self.now, offers, answers, forgets: None }
    }

    pub(super) fn hand(&self, work: Work) -> Result<(), Gone> {
        self.outlets.work.send(work).map_err(|_| Gone)
    }

    /// Waits until all that has been handed over is written.
    fn settle(&self) -> Result<(), Gone> {
        let (answer, answered) = bounded(1);
        self.hand(Work::Answer(answer))?;
        crossbeam::channel::select! {
            recv(answered) -> answered => answered.map_err(|_| Gone),
            recv(self.outlets.committer_ends) -> _ => Err(Gone),
        }
    }

    fn finish(mut self) -> Result<(), StoreError> {
        if self.commit(true)?.is_ok() {
            // Where nobody listens any more, the engine knows why.
            let _ = self.hand(Work::Tell(self.progress(u64::MAX, Vec::new(), Vec::new())));
        }
        let _ = self.await_sealed();
        Ok(())
    }

    /// How long to wait for a message before there is something else to do.
    fn wait(&self) -> Option<Duration> {
        if self.table.freezing().is_some() {
            return Some(Duration::ZERO);
        }
        self.wait_for_commit()
    }

    fn wait_for_commit(&self) -> Option<Duration> {
        let first = self.pace.due.into_iter().chain(self.pace.sync_due).min()?;
        Some(first.saturating_duration_since(clock()))
    }

    fn is_due(&self) -> bool {
        let limits = &self.shared.limits;
        self.group.len() >= limits.commit_bytes
            || self.arena.len() >= limits.arena_bytes
            || self.wait_for_commit().is_some_and(|wait| wait.is_zero())
    }
}

fn imsis(events: &[Routed]) -> impl Iterator<Item = Imsi> {
    events.iter().map(|routed| routed.imsi)
}

fn context<'a>(shared: &Shared, directory: &'a Directory, areas: &'a Areas, warm: bool) -> Context<'a> {
    Context { directory, lookup: shared.lookup, warm, areas }
}

#[cfg(test)]
mod tests;

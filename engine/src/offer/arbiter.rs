//! The one thread behind all shards. It decides what is global, in the order of the triggering events, up to where every
//! shard has come: so that a total is exact and never overspent, and the same at any number of threads. Then it sends.
//!
//! An offer goes `proposed` → `queued` → `sending` → `accepted`, `failed` or `unknown`; or is withheld, or expires.

mod resumed;
mod taken;

use std::mem;
use std::sync::Arc;
use std::time::Duration;

use crossbeam::channel::{Receiver, Select, after, never};
use event::{Imsi, Number, Timestamp};
use rules::scenario::Money;
use rules::{Reason, RuleSet};
use rustc_hash::FxHashMap;

use super::answer::{Keywords, Reaction, Said};
use super::awaited::Awaited;
use super::back::{Back, Incoming};
use super::channel::{Lane, ReceiptState, Report, Submission};
use super::consent::Consent;
use super::echo::Echoes;
use super::merge::Merge;
use super::outbox::{Outbox, Queued};
use super::queue::Waiting;
use super::router::{Leaving, Router};
use super::undecided::{Known, Undecided};
use super::{AddressSource, Offer, OfferId, State, Telling};
use crate::shard::{Progress, Shared};
use crate::window::StoreError;

/// The most proposals that wait for an address; beyond it the shards wait.
const UNDECIDED_LIMIT: usize = 16_384;
/// The most accepted offers whose receipt is still waited for.
const RECEIPT_LIMIT: usize = 65_536;
/// The most messages that are taken in before the next write.
const TAKE_LIMIT: usize = 4_096;
/// How often a look-up is asked for answers.
const LOOKUP_PAUSE: Duration = Duration::from_millis(2);

/// How packet time runs beside the clock on the wall.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// As fast as it can be read: an offer that is decided does not age while it waits for the channel.
    Replay,
    /// Together: an offer that waits too long expires.
    Live,
}

/// What the arbiter works with.
pub(crate) struct Means {
    pub(crate) lanes: Vec<Lane>,
    pub(crate) lookup: Option<Box<dyn AddressSource>>,
    pub(crate) pace: Pace,
    /// How long to wait at the end for channels that tell nothing.
    pub(crate) patience: Duration,
    /// The most offers that wait for channels.
    pub(crate) waiting: usize,
    pub(crate) consent: Option<Consent>,
    pub(crate) keywords: Keywords,
}

pub(crate) struct Arbiter {
    shared: Arc<Shared>,
    means: Means,
    outbox: Outbox,
    merge: Merge,
    undecided: Undecided,
    router: Router,
    back: Back,
    sending: FxHashMap<OfferId, Queued>,
    accepted: Awaited,
    echoes: Echoes,
    telling: Telling,
    /// In force when last looked.
    rules: Arc<RuleSet>,
}

enum Verdict {
    Pass(Number, Money),
    Withhold(Reason),
    Wait,
}

impl Arbiter {
    /// Takes up what an earlier start has left: proposals, the queue, and offers of which nobody knows whether they
    /// were sent. Of these only service messages are sent again.
    pub(crate) fn open(
        shared: Arc<Shared>,
        mut means: Means,
        shards: usize,
        telling: Telling,
    ) -> Result<Self, StoreError> {
        let lanes = mem::take(&mut means.lanes);
        let back = Back::new(means.consent.take(), mem::take(&mut means.keywords));
        let mut arbiter = Self {
            outbox: Outbox::open(shared.store.clone())?,
            rules: shared.rules.load_full(),
            shared,
            means,
            merge: Merge::new(shards),
            undecided: Undecided::default(),
            router: Router::new(lanes),
            back,
            sending: FxHashMap::default(),
            accepted: Awaited::new(RECEIPT_LIMIT),
            echoes: Echoes::default(),
            telling,
        };
        arbiter.resume_sent()?;
        arbiter.resume_queue()?;
        arbiter.resume_proposals()?;
        Ok(arbiter)
    }

    /// Decides and sends until all shards have finished and the channels have answered, or nothing is heard of them any
    /// more; then hears these out. Ends at once where the shards go away unfinished.
    pub(crate) fn run(mut self, progress: &Receiver<Progress>) -> Result<(), StoreError> {
        let reports = self.router.reports();
        if self.work(progress, &reports)? { self.hear_out(&reports) } else { Ok(()) }
    }

    /// Whether the shards have finished.
    fn work(&mut self, progress: &Receiver<Progress>, reports: &[Receiver<Report>]) -> Result<bool, StoreError> {
        let mut deadline = never();
        loop {
            let heard = self.receive(progress, reports, &deadline)?;
            self.back.write_down();
            self.decide()?;
            self.hear_phones()?;
            self.take_back_stopped();
            self.outbox.commit(false)?;
            self.tell_decided();
            self.shed()?;
            self.send()?;
            let is_finished = self.merge.is_finished();
            match heard {
                _ if is_finished && self.is_idle() => return Ok(true),
                Heard::Gone if !is_finished => return Ok(false),
                Heard::Deadline => return Ok(true),
                // The last word of the shards and their going may be heard at once.
                Heard::Something | Heard::Gone if is_finished => deadline = after(self.means.patience),
                _ => {}
            }
        }
    }

    fn is_idle(&self) -> bool {
        self.merge.is_empty()
            && self.undecided.len() == 0
            && self.router.is_empty()
            && !self.back.is_replying()
            && self.sending.is_empty()
    }

    // Waits for a first message, then takes what else is there.
    fn receive(
        &mut self,
        progress: &Receiver<Progress>,
        reports: &[Receiver<Report>],
        deadline: &Receiver<std::time::Instant>,
    ) -> Result<Heard, StoreError> {
        let pause = [self.awaits_lookup().then_some(LOOKUP_PAUSE), self.router.wakes_in()].into_iter().flatten().min();
        let pause = pause.map_or_else(never, after);
        let nothing = never();
        let is_open = self.undecided.len() < UNDECIDED_LIMIT && !self.merge.is_finished();
        let progress = if is_open { progress } else { &nothing };
        let mut select = Select::new();
        let from_shards = select.recv(progress);
        reports.iter().for_each(|reports| _ = select.recv(reports));
        let at_deadline = select.recv(deadline);
        select.recv(&pause);
        let ready = select.ready();
        if ready == at_deadline && deadline.try_recv().is_ok() {
            return Ok(Heard::Deadline);
        }
        let mut heard = Heard::Nothing;
        for (index, reports) in reports.iter().enumerate() {
            for report in reports.try_iter().take(TAKE_LIMIT) {
                // A link that only goes up and down is not worth waiting for.
                if !matches!(report, Report::Down { .. } | Report::Ready | Report::Refused { again: true, .. }) {
                    heard = Heard::Something;
                }
                self.report(index, report)?;
            }
        }
        for _ in 0..TAKE_LIMIT {
            match progress.try_recv() {
                Ok(mut step) => {
                    let forgets = step.forgets.take();
                    self.merge.step(step);
                    forgets.map_or(Ok(()), |forgets| self.forget(forgets))?;
                }
                Err(error) if error.is_disconnected() && ready == from_shards => return Ok(Heard::Gone),
                Err(_) => break,
            }
            heard = Heard::Something;
        }
        if self.collect_answers()? {
            heard = Heard::Something;
        }
        Ok(heard)
    }

    // --- decisions -------------------------------------------------------------------------------------------------

    fn decide(&mut self) -> Result<(), StoreError> {
        while self.undecided.len() < UNDECIDED_LIMIT
            && let Some(offer) = self.merge.next()
        {
            self.consider(offer)?;
        }
        Ok(())
    }

    fn consider(&mut self, offer: Offer) -> Result<(), StoreError> {
        if !self.undecided.holds_up(&offer.scenario) {
            match self.verdict(&offer) {
                Verdict::Wait => {}
                verdict => return self.apply(offer, verdict),
            }
        }
        let imsi = offer.imsi;
        if self.undecided.push(offer)
            && let Some(lookup) = self.means.lookup.as_mut()
        {
            lookup.request(imsi);
        }
        Ok(())
    }

    fn apply(&mut self, mut offer: Offer, verdict: Verdict) -> Result<(), StoreError> {
        match verdict {
            Verdict::Pass(number, cost) => {
                offer.to = Some(number);
                let queued = self.outbox.queue(offer, cost)?;
                self.enqueue(queued)?;
            }
            Verdict::Withhold(reason) => {
                self.shared.counters.arbiter_withheld.add(1);
                self.limit(self.telling.withheld(&offer));
                self.outbox.withhold(offer, reason)?;
            }
            Verdict::Wait => {}
        }
        Ok(())
    }

    fn limit(&self, has_room: bool) {
        self.shared.counters.withheld_limit.add(u64::from(!has_room));
    }

    // After a commit: whose places are given back is known as withheld for certain.
    fn tell_decided(&self) {
        let before = |sequence: u64| sequence.saturating_sub(1);
        let passed = self.merge.passed();
        self.telling.decided(self.undecided.earliest().map_or(passed, |first| passed.min(before(first))));
    }

    // Answers have come: each scenario goes on as far as it can.
    fn settle_undecided(&mut self) -> Result<(), StoreError> {
        for scenario in self.undecided.scenarios() {
            while let Some(first) = self.undecided.first(&scenario) {
                let verdict = self.verdict(first);
                if matches!(verdict, Verdict::Wait) {
                    break;
                }
                if let Some(offer) = self.undecided.pop(&scenario) {
                    self.apply(offer, verdict)?;
                }
            }
        }
        Ok(())
    }

    // The gates, in the order of `Reason`.
    fn verdict(&self, offer: &Offer) -> Verdict {
        let rules = self.shared.rules.load();
        let scenario = rules.scenario(&offer.scenario);
        let cost = rules.policy().cost(offer.parts());
        let (own, marketing) = (self.outbox.spent(&offer.scenario), self.outbox.marketing());
        if let Some(reason) = scenario.and_then(|scenario| rules.policy().excess(scenario, own, marketing, cost)) {
            return Verdict::Withhold(reason);
        }
        let number = match (self.directory_number(offer.imsi), self.undecided.known(offer.imsi)) {
            (Some(number), _) => Some(number),
            (None, Known::Came(number)) => number,
            (None, _) if self.means.lookup.is_some() => return Verdict::Wait,
            (None, _) => None,
        };
        match number {
            None => Verdict::Withhold(Reason::NoAddress),
            Some(number) if self.back.refuses(&number, offer.purpose) => Verdict::Withhold(Reason::NoConsent),
            Some(_) if offer.since > offer.expires => Verdict::Withhold(Reason::Expired),
            Some(number) => Verdict::Pass(number, cost),
        }
    }

    fn directory_number(&self, imsi: Imsi) -> Option<Number> {
        self.shared.directory.load().find(imsi)?.msisdn()
    }

    fn awaits_lookup(&self) -> bool {
        self.undecided.len() > 0 && self.means.lookup.is_some()
    }

    fn collect_answers(&mut self) -> Result<bool, StoreError> {
        let Some(lookup) = self.means.lookup.as_mut() else { return Ok(false) };
        let mut came = false;
        while let Some((imsi, answer)) = lookup.answer() {
            came = true;
            if self.undecided.answer(imsi, &answer) {
                lookup.request(imsi);
            }
        }
        if came {
            self.settle_undecided()?;
        }
        Ok(came)
    }

    // --- sending ---------------------------------------------------------------------------------------------------

    fn enqueue(&mut self, queued: Queued) -> Result<(), StoreError> {
        self.expect_echo(&queued.offer);
        match self.router.push(queued) {
            Ok(is_held) => self.shared.counters.spilled.add(u64::from(!is_held)),
            Err(mut queued) => {
                let channel = queued.offer.channel.as_deref().unwrap_or(queued.offer.kind());
                queued.offer.state = State::Failed(format!("there is no channel `{channel}`"));
                self.shared.counters.failed.add(1);
                self.outbox.update(&queued)?;
            }
        }
        Ok(())
    }

    // After a commit: what is read back has been written.
    fn fetch(&self, waiting: Waiting) -> Result<Option<Queued>, StoreError> {
        match waiting {
            Waiting::Held(queued) => Ok(Some(*queued)),
            Waiting::Stored(ticket) => {
                let found = self.outbox.queued(ticket, 1)?.pop();
                Ok(found.filter(|queued| queued.ticket == ticket))
            }
        }
    }

    /// More wait than may: the least important expire before their time.
    fn shed(&mut self) -> Result<(), StoreError> {
        while self.router.len() > self.means.waiting
            && let Some(least) = self.router.shed()
        {
            let Some(mut queued) = self.fetch(least)? else { continue };
            queued.offer.state = State::Expired;
            self.echoes.forget(queued.offer.imsi, queued.offer.id);
            self.outbox.update(&queued)?;
            self.shared.counters.expired.add(1);
            self.shared.counters.outbox_limit.add(1);
        }
        Ok(())
    }

    // As many as go out at once, marked as being sent, durably, before the first byte.
    fn send(&mut self) -> Result<(), StoreError> {
        while let Some((track, reply)) = self.back.reply(|track| self.router.has_room(track)) {
            self.router.reply(track, reply);
        }
        let due = self.router.due();
        if due.is_empty() {
            return Ok(());
        }
        let now = self.merge.now();
        let mut leaving = Vec::with_capacity(due.len());
        for Leaving { waiting, track } in due {
            let Some(mut queued) = self.fetch(waiting)? else { continue };
            if self.means.pace == Pace::Live {
                queued.offer.since = now.max(queued.offer.since);
            }
            queued.offer.state = self.departure(&queued.offer);
            self.outbox.update(&queued)?;
            if queued.offer.state == State::Sending {
                leaving.push((track, queued));
            } else {
                self.echoes.forget(queued.offer.imsi, queued.offer.id);
            }
        }
        self.outbox.commit(true)?;
        self.shared.counters.submitted.add(leaving.len() as u64);
        for (track, queued) in leaving {
            let replaces = self.replaced(&queued.offer);
            if let Some(submission) = submission(&queued.offer, replaces) {
                self.sending.insert(queued.offer.id, queued);
                self.router.submit(track, submission);
            }
        }
        Ok(())
    }

    /// The channel's name of a push that this one may take the place of: the last to the subscriber, of the same scenario, of
    /// which no more is known than that it was taken.
    fn replaced(&mut self, offer: &Offer) -> Option<String> {
        let (_, id) = self.back.last(offer.to.as_ref().filter(|_| offer.push.is_some())?)?;
        let before = self.accepted.find(id)?;
        match &before.state {
            State::Accepted(name) if before.scenario == offer.scenario && before.push.is_some() => Some(name.clone()),
            _ => None,
        }
    }

    /// What becomes of an offer whose turn has come: a last look at the time, at whether its scenario is still in force, and at
    /// what the subscriber has said since.
    fn departure(&self, offer: &Offer) -> State {
        let counters = &self.shared.counters;
        if offer.since > offer.expires {
            counters.expired.add(1);
            return State::Expired;
        }
        if self.shared.rules.load().scenario(&offer.scenario).is_none() {
            counters.taken_back.add(1);
            return State::Withheld(Reason::TakenBack);
        }
        if offer.to.is_some_and(|to| self.back.refuses(&to, offer.purpose)) {
            counters.scrubbed.add(1);
            return State::Withheld(Reason::NoConsent);
        }
        State::Sending
    }

    fn report(&mut self, track: usize, report: Report) -> Result<(), StoreError> {
        self.router.heard(track, &report);
        if report.ends().is_some_and(|id| self.back.is_reply(id)) {
            return Ok(());
        }
        let counters = &self.shared.counters;
        match report {
            Report::Accepted { id, message_id, others } => {
                counters.accepted.add(1);
                if let Some(queued) = self.sending.get_mut(&id) {
                    queued.offer.others = others;
                }
                if let Some(offer) = self.settle(id, State::Accepted(message_id))? {
                    self.back.sent(&offer);
                    if self.is_unwanted(&offer) {
                        self.router.withdraw(&offer);
                    }
                    self.accepted.insert(offer);
                }
            }
            Report::Refused { id, again: true, .. } => {
                counters.deferred.add(1);
                self.defer(id)?;
            }
            Report::Refused { id, reason, again: false } => {
                counters.failed.add(1);
                self.settle(id, State::Failed(reason))?;
            }
            Report::Unknown { id } => self.unknown(id)?,
            Report::Receipt { id, state } => {
                if let Some(mut offer) = self.accepted.remove(id) {
                    offer.receipt = Some(state);
                    self.outbox.put(&offer)?;
                    if state == ReceiptState::Delivered {
                        self.echoes.forget(offer.imsi, id);
                    }
                }
            }
            Report::Incoming { at, from, to, text } => {
                self.hear(&Incoming { track, at, from: &from, to: &to, text: &text })?;
            }
            Report::Ready => {}
            Report::Down { reason } => {
                tracing::warn!(channel = self.router.name(track), reason, "the channel is down; offers wait");
            }
        }
        Ok(())
    }

    fn hear(&mut self, incoming: &Incoming<'_>) -> Result<(), StoreError> {
        let counters = &self.shared.counters;
        let Some(heard) = self.back.hear(incoming) else { return Ok(()) };
        counters.incoming.add(1);
        if matches!(heard.said, Said::Stop(_)) {
            counters.refusals.add(1);
            self.take_back_from(incoming.from);
        }
        let Some((at, id)) = heard.offer else { return Ok(()) };
        let Some(mut offer) = self.known(at, id)? else { return Ok(()) };
        let is_yes = heard.said == Said::Yes;
        if offer.reaction.is_some_and(|before| before.is_yes || !is_yes) {
            return Ok(());
        }
        let counters = &self.shared.counters;
        counters.answered.add(u64::from(offer.reaction.is_none()));
        counters.yes.add(u64::from(is_yes));
        offer.reaction = Some(Reaction { at: incoming.at, is_yes });
        self.outbox.put(&offer)?;
        if let Some(waiting) = self.accepted.find(id) {
            waiting.reaction = offer.reaction;
        }
        Ok(())
    }

    fn settle(&mut self, id: OfferId, state: State) -> Result<Option<Offer>, StoreError> {
        let Some(mut queued) = self.sending.remove(&id) else { return Ok(None) };
        queued.offer.acknowledged = self.echoes.said(queued.offer.imsi, id);
        if matches!(state, State::Failed(_)) {
            self.echoes.forget(queued.offer.imsi, id);
        }
        queued.offer.state = state;
        self.outbox.update(&queued)?;
        Ok(Some(queued.offer))
    }

    fn unknown(&mut self, id: OfferId) -> Result<(), StoreError> {
        if self.sending.get(&id).is_some_and(|queued| queued.offer.is_service()) {
            return self.defer(id);
        }
        self.shared.counters.unknown.add(1);
        self.settle(id, State::Unknown).map(|_| ())
    }

    fn defer(&mut self, id: OfferId) -> Result<(), StoreError> {
        let Some(mut queued) = self.sending.remove(&id) else { return Ok(()) };
        queued.offer.state = State::Queued;
        self.outbox.update(&queued)?;
        self.enqueue(queued)
    }
}

enum Heard {
    Something,
    Nothing,
    Deadline,
    Gone,
}

fn submission(offer: &Offer, replaces: Option<String>) -> Option<Submission> {
    Some(Submission {
        id: offer.id,
        to: offer.to?,
        imsi: Some(offer.imsi),
        scenario: offer.scenario.to_string(),
        at: offer.at,
        from: offer.from.clone(),
        text: offer.text.clone(),
        push: offer.push.clone(),
        validity_s: offer.expires.since(offer.since).as_secs().max(1),
        replaces,
    })
}

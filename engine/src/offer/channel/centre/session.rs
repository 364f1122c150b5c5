//! A session with a message centre: binds, keeps the window filled, answers, tries the link, and binds again when it breaks.
//! Ends when the side that submits is dropped.

mod errands;
mod leave;

use std::cell::RefCell;
use std::collections::VecDeque;
use std::future::Future;
use std::rc::Rc;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use crossbeam::channel::Sender;
use event::Timestamp;
use metrics::Counter;
use rustc_hash::FxHashMap;
use tokio::sync::mpsc::Receiver;
use tokio::time::sleep_until;

use super::dialect::{Answer, Delivery, Dialect, Heard, Role, Verdict};
use super::error::CentreError;
use super::exchange::{Errand, Exchange, Message, TakenSegment};
use super::gate::Gate;
use super::link::{Broken, Link, Moved};
use crate::offer::channel::receipts::{Matched, Receipt, Receipts};
use crate::offer::channel::{ReceiptState, Report, Taken};

/// Reports that nobody has read yet, beyond which those that may be lost (receipts, notices) are dropped and counted.
/// Ends of submissions are never dropped: the side that reads them bounds them by what it submits.
const NOTICES_LIMIT: usize = 65_536;

/// A pause before the next attempt to connect is shortened by up to this share, so that many clients of a restarted
/// message centre do not come at once.
const JITTER: f64 = 0.25;

/// What the sessions with one message centre share: a receipt comes by any of them.
pub(super) struct Shared {
    reports: Sender<Report>,
    /// While what has come in is handled: what is told then, so that whoever hears it is woken once.
    held: RefCell<Option<Vec<Report>>>,
    state: RefCell<State>,
}

#[derive(Default)]
struct State {
    receipts: Receipts,
    /// Sessions that are bound and send.
    senders: usize,
}

/// Where a session sits: what it is for, and what it is given.
pub(super) struct Seat {
    pub(super) role: Role,
    pub(super) submitted: Receiver<Message>,
    /// Of one of the sessions.
    pub(super) errands: Option<Receiver<Errand>>,
    pub(super) gate: Arc<Gate>,
}

/// Everything that outlives a link.
pub(super) struct Session<D: Dialect> {
    dialect: D,
    role: Role,
    submissions: Receiver<Message>,
    errands: Option<Receiver<Errand>>,
    /// What is to be done next, each about one segment.
    parts: VecDeque<Errand>,
    /// Whether the message centre answers questions at all.
    takes_questions: bool,
    gate: Arc<Gate>,
    shared: Rc<Shared>,
    exchange: Exchange,
    /// Counted among those that send.
    is_bound: bool,
    was_ready: bool,
    reconnect_after: Duration,
    counts: Counts,
}

/// Counters of every message: looked up once.
struct Counts {
    submitted: Counter,
    /// By status.
    answers: FxHashMap<&'static str, Counter>,
}

/// What concerns the present link only.
struct Pulse {
    heard: Instant,
    /// The link is being tried since.
    enquired: Option<Instant>,
    /// When we stop waiting for answers, once there is nobody left to submit.
    closes_at: Option<Instant>,
}

/// How serving a link ended.
enum Ending {
    Done,
    Broken(Broken),
}

impl Counts {
    fn new<D: Dialect>() -> Self {
        let submitted = metrics::counter!("touchpoint_centre_total", "protocol" => D::NAME, "what" => "submitted");
        Self { submitted, answers: FxHashMap::default() }
    }

    fn answers<D: Dialect>(&mut self, status: &'static str) -> &Counter {
        self.answers.entry(status).or_insert_with(
            || metrics::counter!("touchpoint_centre_answers_total", "protocol" => D::NAME, "status" => status),
        )
    }
}

impl Shared {
    pub(super) fn new(reports: Sender<Report>) -> Self {
        Self { reports, held: RefCell::default(), state: RefCell::default() }
    }

    /// The end of a submission. Nobody listens any more only when the channel is being dropped.
    fn tell(&self, report: Report) {
        match &mut *self.held.borrow_mut() {
            Some(held) => held.push(report),
            None => _ = self.reports.send(report),
        }
    }

    /// From here on reports are held.
    fn hold(&self) {
        self.held.borrow_mut().get_or_insert_default();
    }

    /// Reports that are held go out, and others at once again.
    fn release(&self) {
        let held = self.held.take();
        held.into_iter().flatten().for_each(|report| _ = self.reports.send(report));
    }

    fn notice(&self, report: Report) -> bool {
        let held = self.held.borrow().as_ref().map_or(0, Vec::len);
        let has_room = self.reports.len() + held < NOTICES_LIMIT;
        if has_room {
            self.tell(report);
        }
        has_room
    }
}

impl<D: Dialect> Session<D> {
    pub(super) fn new(dialect: D, seat: Seat, shared: Rc<Shared>) -> Self {
        let habits = dialect.habits();
        let exchange = Exchange::new(habits.window, habits.response_timeout);
        let reconnect_after = habits.reconnect_first;
        let Seat { role, submitted, errands, gate } = seat;
        Self {
            dialect,
            role,
            submissions: submitted,
            errands,
            parts: VecDeque::new(),
            takes_questions: true,
            gate,
            shared,
            exchange,
            is_bound: false,
            was_ready: false,
            reconnect_after,
            counts: Counts::new::<D>(),
        }
    }

    /// Binds, tells `bound` how that went, and serves until nobody submits any more. Where the first bind fails, only the
    /// patient try again.
    pub(super) async fn run(mut self, bound: Sender<Result<(), CentreError>>, is_patient: bool) {
        let sequence = self.exchange.sequence();
        let mut link = match Link::open(&mut self.dialect, self.role, sequence).await {
            Ok(link) => {
                // Before anybody hears of it, so that whoever does finds room.
                self.publish();
                bound.send(Ok(())).ok();
                Some(link)
            }
            Err(error) if is_patient => {
                bound.send(Ok(())).ok();
                self.bind_again(&error.to_string()).await
            }
            Err(error) => {
                bound.send(Err(error)).ok();
                None
            }
        };
        drop(bound);
        while let Some(mut serving) = link.take() {
            count::<D>("binds");
            self.count_sender(true);
            let ending = self.serve(&mut serving).await;
            self.count_sender(false);
            match ending {
                Ending::Done => {
                    let sequence = self.exchange.sequence();
                    return serving.close(&self.dialect, sequence).await;
                }
                Ending::Broken(broken) => link = self.bind_again(&broken.to_string()).await,
            }
        }
    }

    fn count_sender(&mut self, is_bound: bool) {
        if self.role == Role::Receiver || self.is_bound == is_bound {
            return;
        }
        self.is_bound = is_bound;
        let senders = &mut self.shared.state.borrow_mut().senders;
        *senders = if is_bound { *senders + 1 } else { senders.saturating_sub(1) };
    }

    async fn serve(&mut self, link: &mut Link<D>) -> Ending {
        let started = now();
        let mut pulse = Pulse { heard: started, enquired: None, closes_at: None };
        let alarm = sleep_until(started.into());
        tokio::pin!(alarm);
        loop {
            if let Err(broken) = self.turn(link, &mut pulse) {
                if matches!(broken, Broken::Unbound) {
                    self.hear_out(link).await;
                }
                return Ending::Broken(broken);
            }
            if pulse.closes_at.is_some_and(|end| self.exchange.is_idle() || end <= now()) {
                self.break_off("the channel was closed");
                return Ending::Done;
            }
            let wakes_at = self.wakes_at(&pulse).into();
            // One that goes off too early costs a turn; setting it at every turn costs more.
            if wakes_at < alarm.deadline() || alarm.is_elapsed() {
                alarm.as_mut().reset(wakes_at);
            }
            tokio::select! {
                moved = link.moved() => match moved {
                    Ok(Moved::Read) => pulse.heard = now(),
                    Ok(Moved::Written) => {}
                    Err(broken) => return Ending::Broken(broken),
                },
                submission = self.submissions.recv(), if pulse.closes_at.is_none() => match submission {
                    Some(message) => self.accept(message),
                    None => pulse.closes_at = Some(now() + self.dialect.habits().close_timeout),
                },
                errand = errands::next(&mut self.errands), if self.may_run_errand() => self.run_errand(errand),
                () = &mut alarm => {}
            }
        }
    }

    fn hear(&mut self, link: &mut Link<D>, pulse: &mut Pulse) -> Result<(), Broken> {
        while let Some(pdu) = link.next_pdu()? {
            pulse.enquired = None;
            let heard = self.dialect.hear(pdu, &mut link.outbound);
            self.handle(heard)?;
        }
        Ok(())
    }

    /// Everything that is due: what came in is handled, what may go out is written, what waits too long is given up.
    fn turn(&mut self, link: &mut Link<D>, pulse: &mut Pulse) -> Result<(), Broken> {
        self.shared.hold();
        let heard = self.hear(link, pulse);
        self.shared.release();
        heard?;
        let now = now();
        while let Some(report) = self.exchange.overdue(now) {
            count::<D>("answers_overdue");
            self.tell(report);
        }
        let response_timeout = self.dialect.habits().response_timeout;
        if self.exchange.is_stuck() {
            return Err(Broken::Silent("a submission", response_timeout));
        }
        (0..self.exchange.give_up_errands(now)).for_each(|_| count::<D>("errands_unanswered"));
        self.enquire(link, pulse, now)?;
        self.take_waiting();
        self.run_errands(link);
        self.fill(link, now);
        self.publish();
        Ok(())
    }

    fn accept(&mut self, message: Message) {
        let pdus = message.short.count();
        self.exchange.accept(message);
        self.gate.taken_over(pdus, self.exchange.load());
    }

    /// What was handed over meanwhile goes out with the rest, in one piece.
    fn take_waiting(&mut self) {
        while let Ok(message) = self.submissions.try_recv() {
            self.accept(message);
        }
    }

    /// Writes as many parts as the window has room for.
    fn fill(&mut self, link: &mut Link<D>, now: Instant) {
        while let Some(due) = self.exchange.next(now) {
            let Some(part) = due.message.short.part(due.segment) else { continue };
            self.dialect.submit(due.sequence, due.message, part, &mut link.outbound);
            self.counts.submitted.increment(1);
        }
    }

    fn enquire(&mut self, link: &mut Link<D>, pulse: &mut Pulse, now: Instant) -> Result<(), Broken> {
        let habits = self.dialect.habits();
        match pulse.enquired {
            Some(since) if since + habits.response_timeout <= now => {
                return Err(Broken::Silent("the link's test", habits.response_timeout));
            }
            None if pulse.heard + habits.enquire_interval <= now => {
                let sequence = self.exchange.sequence();
                self.dialect.enquire(sequence, &mut link.outbound);
                pulse.enquired = Some(now);
            }
            _ => {}
        }
        Ok(())
    }

    fn wakes_at(&mut self, pulse: &Pulse) -> Instant {
        let habits = self.dialect.habits();
        let link_tried = match pulse.enquired {
            Some(since) => since + habits.response_timeout,
            None => pulse.heard + habits.enquire_interval,
        };
        [self.exchange.wakes_at(), pulse.closes_at].into_iter().flatten().fold(link_tried, Instant::min)
    }

    fn handle(&mut self, heard: Heard) -> Result<(), Broken> {
        match heard {
            Heard::Answered(answer) => return self.answered(answer),
            Heard::Delivered(delivery) => self.delivered(delivery),
            Heard::Told { sequence, state } => self.told(sequence, state),
            Heard::Cancelled { sequence, is_done } => self.cancelled(sequence, is_done),
            Heard::Ended(broken) => return Err(broken),
            Heard::Odd(what) => count::<D>(what),
            Heard::Farewell | Heard::Nothing => {}
        }
        Ok(())
    }

    fn answered(&mut self, answer: Answer) -> Result<(), Broken> {
        let (sequence, status, name) = (answer.sequence, answer.status, answer.name.clone());
        let Some(answered) = self.exchange.answered(answer, now()) else {
            self.unasked(sequence);
            return Ok(());
        };
        self.counts.answers::<D>(status).increment(1);
        // Accepted first, then its receipt.
        answered.report.into_iter().for_each(|report| self.tell(report));
        match answered.verdict {
            Verdict::Taken => {
                self.reconnect_after = self.dialect.habits().reconnect_first;
                answered.taken.iter().for_each(|taken| self.expect_receipt(taken, &name));
                Ok(())
            }
            Verdict::Unbound => Err(Broken::NoSession),
            Verdict::Slower | Verdict::Refused => Ok(()),
        }
    }

    /// The end of a submission, and before it the room that it leaves: whoever hears of it may be waiting for just that.
    fn tell(&self, report: Report) {
        self.publish_room();
        self.shared.tell(report);
    }

    fn expect_receipt(&mut self, taken: &TakenSegment, name: &str) {
        if self.dialect.has_receipts() {
            let receipts = &mut self.shared.state.borrow_mut().receipts;
            let ended = receipts.expect(taken.id, taken.segments, name, &taken.to.to_string());
            ended.into_iter().for_each(|matched| self.matched(matched));
        }
    }

    fn delivered(&self, delivery: Delivery) {
        match delivery {
            Delivery::Receipt(receipt) => {
                let matched = self.shared.state.borrow_mut().receipts.receive(receipt);
                self.matched(matched);
            }
            Delivery::Passing => count::<D>("receipts_passing"),
            Delivery::Incoming { from, to, text } => {
                count::<D>("mobile_originated");
                if let Some(text) = text {
                    self.notice(Report::Incoming { at: time(), from, to, text });
                }
            }
        }
    }

    fn matched(&self, matched: Matched) {
        match matched {
            Matched::Offer(id, state) => {
                count::<D>("receipts_matched");
                self.notice(Report::Receipt { id, state });
            }
            Matched::Segment => count::<D>("receipts_matched"),
            Matched::Known => count::<D>("receipts_repeated"),
            Matched::Nothing => count::<D>("receipts_unmatched"),
        }
    }

    /// Connects again, more slowly each time; `None` when nobody is left to submit.
    async fn bind_again(&mut self, reason: &str) -> Option<Link<D>> {
        tracing::warn!(centre = self.dialect.centre(), reason, "the link to the message centre is down");
        count::<D>("links_lost");
        self.break_off(reason);
        self.tell_down(reason);
        loop {
            let pause = self.reconnect_after.mul_f64(1.0 - JITTER * fastrand::f64());
            self.reconnect_after = self.dialect.habits().reconnect_most.min(self.reconnect_after * 2);
            self.refusing(reason, tokio::time::sleep(pause)).await?;
            let (mut dialect, role, sequence) = (self.dialect.clone(), self.role, self.exchange.sequence());
            let opened = self.refusing(reason, Link::open(&mut dialect, role, sequence)).await?;
            self.dialect = dialect;
            match opened {
                Ok(link) => return Some(link),
                Err(error) => tracing::warn!(centre = self.dialect.centre(), %error, "cannot bind again yet"),
            }
        }
    }

    /// With others still bound the channel is only narrower.
    fn tell_down(&self, reason: &str) {
        if self.shared.state.borrow().senders == 0 {
            self.notice(Report::Down { reason: reason.to_owned() });
        }
    }

    /// Waits for `future`, giving back at once what is submitted meanwhile; `None` when nobody is left to submit.
    async fn refusing<T>(&mut self, reason: &str, future: impl Future<Output = T>) -> Option<T> {
        tokio::pin!(future);
        loop {
            let message = tokio::select! {
                output = &mut future => return Some(output),
                message = self.submissions.recv() => message?,
            };
            self.accept(message);
            self.break_off(reason);
        }
    }

    /// Ends every message for want of a link.
    fn break_off(&mut self, reason: &str) {
        for report in self.exchange.broken(reason) {
            self.shared.tell(report);
        }
        self.was_ready = false;
        self.gate.publish(0, 0);
    }

    fn publish_room(&self) {
        let width = if self.role == Role::Receiver { 0 } else { self.exchange.width() };
        self.gate.publish(width, self.exchange.load());
    }

    fn publish(&mut self) {
        self.publish_room();
        let is_ready = self.gate.ready() > 0;
        if is_ready && !self.was_ready {
            self.notice(Report::Ready);
        }
        self.was_ready = is_ready;
    }

    fn notice(&self, report: Report) {
        if !self.shared.notice(report) {
            count::<D>("notices_dropped");
        }
    }
}

/// A session that fails leaves nobody waiting: what it holds ends, and nothing more is handed to it.
impl<D: Dialect> Drop for Session<D> {
    fn drop(&mut self) {
        self.count_sender(false);
        self.shared.release();
        self.gate.publish(0, 0);
        self.submissions.close();
        self.take_waiting();
        self.break_off(FAILED);
        if thread::panicking() {
            tracing::error!(centre = self.dialect.centre(), "{FAILED}; start the program again");
            self.tell_down(FAILED);
        }
    }
}

const FAILED: &str = "the session failed";

pub(super) fn count<D: Dialect>(what: &'static str) {
    metrics::counter!("touchpoint_centre_total", "protocol" => D::NAME, "what" => what).increment(1);
}

#[expect(clippy::disallowed_methods, reason = "timers of a live link, not of the subscriber's story")]
fn now() -> Instant {
    Instant::now()
}

#[expect(clippy::disallowed_methods, reason = "when a subscriber's message came, for the proof of what it says")]
fn time() -> Timestamp {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_micros(since.as_micros() as i64)
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use crossbeam::channel::{Receiver as Reports, unbounded};
    use tokio::sync::mpsc;

    use super::super::dialect::Address;
    use super::super::short::{Short, Wanted};
    use super::*;
    use crate::offer::OfferId;
    use crate::offer::channel::smpp::SmppConfig;

    fn message(id: u128) -> Message {
        let short = Short::text(OfferId(id), "hi", Wanted::default()).unwrap();
        let (to, source) = ("13900000005".parse().unwrap(), Address::default());
        Message { id: OfferId(id), to, source, short, validity_s: 0 }
    }

    /// A bound session with an offer on its way, and another handed over.
    fn busy() -> (Session<SmppConfig>, mpsc::Sender<Message>, Reports<Report>) {
        let (submissions, submitted) = mpsc::channel(10);
        let (told, reports) = unbounded();
        let seat = Seat { role: Role::Both, submitted, errands: None, gate: Arc::new(Gate::default()) };
        let dialect = SmppConfig::from_url("smpp://a:b@localhost").unwrap();
        let mut session = Session::new(dialect, seat, Rc::new(Shared::new(told)));
        session.count_sender(true);
        session.publish();
        session.accept(message(1));
        assert!(session.exchange.next(now()).is_some());
        submissions.try_send(message(2)).unwrap();
        (session, submissions, reports)
    }

    #[test]
    fn a_session_that_panics_ends_what_it_holds_and_says_so() {
        let (session, submissions, reports) = busy();
        let gate = Arc::clone(&session.gate);
        let failed = catch_unwind(AssertUnwindSafe(|| {
            let _session = session;
            panic!("as a fault in the session would");
        }));
        assert!(failed.is_err());
        let down = Report::Down { reason: FAILED.to_owned() };
        let back = Report::Refused { id: OfferId(2), reason: format!("not sent: {FAILED}"), again: true };
        let expected = [Report::Ready, Report::Unknown { id: OfferId(1) }, back, down];
        assert_eq!(reports.try_iter().collect::<Vec<_>>(), expected);
        assert_eq!(gate.ready(), 0);
        assert!(submissions.try_send(message(3)).is_err());
    }
}

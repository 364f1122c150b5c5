//! The session with a message centre: binds, keeps the window filled, answers, tries the link, and binds again when it
//! breaks. Runs on its own thread; ends when the side that submits is dropped.

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam::channel::Sender;
use tokio::sync::mpsc::Receiver;
use tokio::time::sleep_until;

use super::config::SmppConfig;
use super::error::SmppError;
use super::exchange::{Exchange, Message, TakenSegment};
use super::gate::Gate;
use super::link::{Broken, Link, Moved};
use super::pdu::{self, Address, DeliverSm, Pdu, SubmitSm, command};
use super::receipts::{self, Delivery, Matched, Receipts};
use super::status::{Status, Verdict};
use crate::offer::channel::Report;
use crate::offer::text::{self, Encoding};

/// Reports that nobody has read yet, beyond which those that may be lost (receipts, notices) are dropped and counted.
/// Ends of submissions are never dropped: the side that reads them bounds them by what it submits.
const NOTICES_LIMIT: usize = 65_536;

/// A pause before the next attempt to connect is shortened by up to this share, so that many clients of a restarted
/// message centre do not come at once.
const JITTER: f64 = 0.25;

/// Everything that outlives a link.
pub(super) struct Session {
    config: SmppConfig,
    submissions: Receiver<Message>,
    reports: Sender<Report>,
    gate: Arc<Gate>,
    exchange: Exchange,
    receipts: Receipts,
    was_ready: bool,
    reconnect_after: Duration,
}

/// What concerns the present link only.
struct Pulse {
    heard: Instant,
    /// An `enquire_link` is unanswered since.
    enquired: Option<Instant>,
    /// When we stop waiting for answers, once there is nobody left to submit.
    closes_at: Option<Instant>,
}

/// How serving a link ended.
enum Ending {
    Done,
    Broken(Broken),
}

impl Session {
    pub(super) fn new(
        config: SmppConfig,
        submissions: Receiver<Message>,
        reports: Sender<Report>,
        gate: Arc<Gate>,
    ) -> Self {
        let exchange = Exchange::new(config.window, config.response_timeout);
        let reconnect_after = config.reconnect_first;
        let receipts = Receipts::default();
        Self { config, submissions, reports, gate, exchange, receipts, was_ready: false, reconnect_after }
    }

    /// Binds, tells `bound` how that went, and if it went well serves until nobody submits any more.
    pub(super) async fn run(mut self, bound: Sender<Result<(), SmppError>>) {
        let opened = Link::open(&self.config, self.exchange.sequence()).await;
        let (mut link, outcome) = match opened {
            Ok(link) => (Some(link), Ok(())),
            Err(error) => (None, Err(error)),
        };
        if link.is_some() {
            self.publish();
        }
        if bound.send(outcome).is_err() {
            return;
        }
        while let Some(mut serving) = link.take() {
            count("binds");
            match self.serve(&mut serving).await {
                Ending::Done => {
                    let sequence = self.exchange.sequence();
                    return serving.close(sequence, self.config.close_timeout).await;
                }
                Ending::Broken(broken) => link = self.bind_again(&broken.to_string()).await,
            }
        }
    }

    async fn serve(&mut self, link: &mut Link) -> Ending {
        let started = now();
        let mut pulse = Pulse { heard: started, enquired: None, closes_at: None };
        loop {
            if let Err(broken) = self.turn(link, &mut pulse) {
                return Ending::Broken(broken);
            }
            if pulse.closes_at.is_some_and(|end| self.exchange.is_idle() || end <= now()) {
                self.break_off("the channel was closed");
                return Ending::Done;
            }
            let wakes_at = self.wakes_at(&pulse);
            tokio::select! {
                moved = link.moved() => match moved {
                    Ok(Moved::Read) => pulse.heard = now(),
                    Ok(Moved::Written) => {}
                    Err(broken) => return Ending::Broken(broken),
                },
                submission = self.submissions.recv(), if pulse.closes_at.is_none() => match submission {
                    Some(message) => self.accept(message),
                    None => pulse.closes_at = Some(now() + self.config.close_timeout),
                },
                () = sleep_until(wakes_at.into()) => {}
            }
        }
    }

    /// Everything that is due: what came in is handled, what may go out is written, what waits too long is given up.
    fn turn(&mut self, link: &mut Link, pulse: &mut Pulse) -> Result<(), Broken> {
        while let Some(pdu) = link.next_pdu()? {
            pulse.enquired = None;
            self.handle(link, &pdu)?;
        }
        let now = now();
        while let Some(report) = self.exchange.overdue(now) {
            count("answers_overdue");
            self.tell(report);
        }
        if self.exchange.is_stuck() {
            return Err(Broken::Silent("submit_sm", self.config.response_timeout));
        }
        self.enquire(link, pulse, now)?;
        self.fill(link, now);
        self.publish();
        Ok(())
    }

    fn accept(&mut self, message: Message) {
        let pdus = message.segments.count();
        self.exchange.accept(message);
        self.gate.taken_over(pdus, self.exchange.load());
    }

    /// Writes as many segments as the window has room for.
    fn fill(&mut self, link: &mut Link, now: Instant) {
        while let Some(due) = self.exchange.next(now) {
            let message = due.message;
            let reference = text::reference(message.id);
            let Some((header, text)) = message.segments.with_headers(reference).nth(due.segment) else { continue };
            let submit = SubmitSm {
                service_type: &self.config.service_type,
                source: &message.source,
                destination: &destination(&self.config, message),
                priority_flag: self.config.priority,
                validity_s: message.validity_s,
                registered_delivery: self.config.registered_delivery(),
                data_coding: data_coding(message.segments.encoding()),
                user_data_header: header,
                text,
            };
            submit.write(due.sequence, &mut link.outbound);
            count("submit_sm");
        }
    }

    fn enquire(&mut self, link: &mut Link, pulse: &mut Pulse, now: Instant) -> Result<(), Broken> {
        match pulse.enquired {
            Some(since) if since + self.config.response_timeout <= now => {
                return Err(Broken::Silent("enquire_link", self.config.response_timeout));
            }
            None if pulse.heard + self.config.enquire_interval <= now => {
                let sequence = self.exchange.sequence();
                pdu::write_bare(&mut link.outbound, command::ENQUIRE_LINK, Status::OK, sequence);
                pulse.enquired = Some(now);
            }
            _ => {}
        }
        Ok(())
    }

    fn wakes_at(&self, pulse: &Pulse) -> Instant {
        let link_tried = match pulse.enquired {
            Some(since) => since + self.config.response_timeout,
            None => pulse.heard + self.config.enquire_interval,
        };
        [self.exchange.wakes_at(), pulse.closes_at].into_iter().flatten().fold(link_tried, Instant::min)
    }

    fn handle(&mut self, link: &mut Link, pdu: &Pdu) -> Result<(), Broken> {
        const SUBMIT_SM_RESP: u32 = command::SUBMIT_SM | command::RESPONSE;
        match pdu.command {
            SUBMIT_SM_RESP | command::GENERIC_NACK => return self.answered(pdu),
            command::DELIVER_SM => {
                self.delivered(&DeliverSm::read(&pdu.body));
                pdu::write_delivered(&mut link.outbound, pdu.command, pdu.sequence);
            }
            // Nobody expects mobile-originated data here, but an unanswered request would block their window.
            command::DATA_SM => pdu::write_delivered(&mut link.outbound, pdu.command, pdu.sequence),
            command::ENQUIRE_LINK => link.respond(pdu, Status::OK),
            command::UNBIND => {
                link.respond(pdu, Status::OK);
                return Err(Broken::Unbound);
            }
            command::ALERT_NOTIFICATION => {} // §4.12.1: has no response
            response if response & command::RESPONSE != 0 => {}
            _ => {
                count("unknown_pdus");
                pdu::write_bare(&mut link.outbound, command::GENERIC_NACK, Status::INVALID_COMMAND_ID, pdu.sequence);
            }
        }
        Ok(())
    }

    fn answered(&mut self, pdu: &Pdu) -> Result<(), Broken> {
        // A generic_nack that says "success" still took nothing; §4.3.1.
        let status = match (pdu.command, pdu.status) {
            (command::GENERIC_NACK, Status::OK) => Status::INVALID_COMMAND_ID,
            (_, status) => status,
        };
        let message_id = pdu.message_id();
        let Some(answered) = self.exchange.answered(pdu.sequence, status, message_id.clone(), now()) else {
            count("answers_unasked");
            return Ok(());
        };
        count_answer(status);
        // Accepted first, then its receipt.
        answered.report.into_iter().for_each(|report| self.tell(report));
        match answered.verdict {
            Verdict::Taken => {
                self.reconnect_after = self.config.reconnect_first;
                answered.taken.iter().for_each(|taken| self.expect_receipt(taken, &message_id));
                Ok(())
            }
            Verdict::Unbound => Err(Broken::NoSession),
            Verdict::Slower | Verdict::Refused => Ok(()),
        }
    }

    fn expect_receipt(&mut self, taken: &TakenSegment, message_id: &str) {
        if self.config.registered_delivery() != 0 {
            let ended = self.receipts.expect(taken.id, taken.segments, message_id, &taken.to.to_string());
            ended.into_iter().for_each(|matched| self.matched(matched));
        }
    }

    fn delivered(&mut self, deliver: &DeliverSm) {
        match receipts::read(deliver) {
            Delivery::Receipt(receipt) => {
                let matched = self.receipts.receive(receipt);
                self.matched(matched);
            }
            Delivery::Passing => count("receipts_passing"),
            Delivery::MobileOriginated => count("mobile_originated"),
        }
    }

    fn matched(&mut self, matched: Matched) {
        match matched {
            Matched::Offer(id, state) => {
                count("receipts_matched");
                self.notice(Report::Receipt { id, state });
            }
            Matched::Segment => count("receipts_matched"),
            Matched::Nothing => count("receipts_unmatched"),
        }
    }

    /// Connects again, more slowly each time; `None` when nobody is left to submit.
    async fn bind_again(&mut self, reason: &str) -> Option<Link> {
        tracing::warn!(centre = self.config.centre(), reason, "the link to the message centre is down");
        count("links_lost");
        self.break_off(reason);
        self.notice(Report::Down { reason: reason.to_owned() });
        loop {
            let pause = self.reconnect_after.mul_f64(1.0 - JITTER * fastrand::f64());
            self.reconnect_after = self.config.reconnect_most.min(self.reconnect_after * 2);
            self.refusing(reason, tokio::time::sleep(pause)).await?;
            let (config, sequence) = (self.config.clone(), self.exchange.sequence());
            match self.refusing(reason, Link::open(&config, sequence)).await? {
                Ok(link) => return Some(link),
                Err(error) => tracing::warn!(centre = config.centre(), %error, "cannot bind again yet"),
            }
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
            self.tell(report);
        }
        self.was_ready = false;
        self.gate.publish(0, 0);
    }

    fn publish(&mut self) {
        self.gate.publish(self.exchange.width(), self.exchange.load());
        let is_ready = self.gate.ready() > 0;
        if is_ready && !self.was_ready {
            self.notice(Report::Ready);
        }
        self.was_ready = is_ready;
    }

    /// The end of a submission. Nobody listens any more only when the channel is being dropped.
    fn tell(&self, report: Report) {
        self.reports.send(report).ok();
    }

    fn notice(&self, report: Report) {
        if self.reports.len() < NOTICES_LIMIT {
            self.tell(report);
        } else {
            count("notices_dropped");
        }
    }
}

/// The subscriber's address: international with `+`, else as the message centre's operator wants it.
fn destination(config: &SmppConfig, message: &Message) -> Address {
    let number = message.to;
    let ton = if number.is_international() { 1 } else { config.dest_ton };
    Address { ton, npi: config.dest_npi, digits: number.without_first(0, false).to_string() }
}

/// §5.2.19.
fn data_coding(encoding: Encoding) -> u8 {
    match encoding {
        Encoding::Gsm7 => 0,
        Encoding::Ucs2 => 8,
    }
}

fn count(what: &'static str) {
    metrics::counter!("touchpoint_smpp_total", "what" => what).increment(1);
}

fn count_answer(status: Status) {
    let status = status.name().unwrap_or("other");
    metrics::counter!("touchpoint_smpp_submit_sm_resp_total", "status" => status).increment(1);
}

#[expect(clippy::disallowed_methods, reason = "timers of a live link, not of the subscriber's story")]
fn now() -> Instant {
    Instant::now()
}

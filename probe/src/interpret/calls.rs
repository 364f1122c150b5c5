//! Calls: a call is a connection together with a transaction, from SETUP to the first sign of its end
//! (3GPP TS 24.008 §5.2 to §5.4).

use event::{Answered, Direction, Event, Kind, Number, Timestamp};

use super::dialogue::Dialogue;
use super::lost::Lost;
use super::scene::{Scene, Side};
use crate::counters::Counters;
use crate::wire::{Cc, CcMessageType, TransactionIdentifier};
use crate::{Provenance, Sink};

/// Calls of one connection at once: seven transaction identifiers for each side (3GPP TS 24.007 §11.2.3.1.3).
pub const MAX_CALLS: usize = 14;

/// A transaction: its value and who opened it, so that the flag needs no further thought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Transaction {
    value: u8,
    by_mobile: bool,
}

impl Transaction {
    /// `identifier` as sent by `sender`.
    pub(super) fn new(identifier: TransactionIdentifier, sender: Side) -> Self {
        let by_mobile = (sender == Side::Mobile) != identifier.to_originator;
        Self { value: identifier.value, by_mobile }
    }

    /// A bit for each transaction of a connection; those with an extended value share one.
    fn bit(self) -> u16 {
        1 << (self.value.min(7) + if self.by_mobile { 8 } else { 0 })
    }

    /// Whose it is: seen from the subscriber.
    pub(super) fn direction(self) -> Direction {
        if self.by_mobile { Direction::Out } else { Direction::In }
    }
}

/// A call that has not ended.
#[derive(Clone, Copy, Debug)]
pub(super) struct Call {
    transaction: Transaction,
    /// Whether SETUP was seen; else the call was joined in its middle, or SETUP is captured late.
    set_up: bool,
    number: Option<Number>,
    answered_at: Option<Timestamp>,
    /// CONNECT ACKNOWLEDGE: proves the answer should CONNECT have been lost.
    acknowledged: Option<Provenance>,
}

impl Call {
    /// The end of this call, seen at `at`. Unless both directions were seen from SETUP on, that it had no CONNECT says
    /// nothing.
    fn ended(&self, at: Timestamp, cause: Option<u8>, left_view: bool, heard_whole: bool) -> Kind {
        let unanswered = if self.set_up && heard_whole { Answered::No } else { Answered::Unknown };
        Kind::CallEnded {
            direction: self.transaction.direction(),
            number: self.number,
            answered: self.answered_at.map_or(unanswered, |answered| Answered::For(at.since(answered))),
            cause,
            left_view,
        }
    }
}

impl Dialogue {
    /// A call control message.
    pub(super) fn call_control<S: Sink>(&mut self, message: &Cc<'_>, sender: Side, scene: &mut Scene<'_, S>) {
        let transaction = Transaction::new(message.transaction, sender);
        match message.message_type {
            CcMessageType::SETUP => self.call_set_up(transaction, message, false, scene),
            CcMessageType::EMERGENCY_SETUP => self.call_set_up(transaction, message, true, scene),
            CcMessageType::CALL_PROCEEDING | CcMessageType::CALL_CONFIRMED | CcMessageType::ALERTING => {
                self.call(transaction, scene);
            }
            CcMessageType::CONNECT => self.call_connected(transaction, sender, scene),
            CcMessageType::CONNECT_ACKNOWLEDGE => {
                if let Some(call) = self.calls.iter_mut().find(|call| call.transaction == transaction) {
                    call.acknowledged = Some(scene.from);
                }
            }
            CcMessageType::DISCONNECT | CcMessageType::RELEASE | CcMessageType::RELEASE_COMPLETE => {
                self.call_ended(transaction, message.cause, scene);
            }
            _ => {}
        }
    }

    /// Every call of this connection is over, without a word about why.
    pub(super) fn end_calls<S: Sink>(&mut self, left_view: bool, scene: &mut Scene<'_, S>) {
        for index in 0..self.calls.len() {
            if let Some(call) = self.calls.get(index).copied() {
                self.tell_end(call, None, left_view, scene);
            }
        }
        self.calls.clear();
    }

    /// The radio link is lost: the calls wait for a re-establishment.
    pub(super) fn lose_calls<S: Sink>(&mut self, scene: &mut Scene<'_, S>) {
        if self.calls.is_empty() {
            return;
        }
        let (at, heard_whole) = (scene.from.at, self.is_heard_whole());
        let ended = |call: Call| (call, self.subject.event(call.ended(at, None, false, heard_whole), scene));
        let calls = self.calls.drain(..).map(ended).collect();
        let lost = Lost { at, imsi: self.subject.imsi(), temporary: self.subject.temporary(), calls };
        if let Some(surplus) = scene.around.lost.keep(lost) {
            scene.counters.limits.lost_calls += 1;
            end_lost(&surplus, scene.counters, scene.sink);
        }
    }

    /// A re-established connection goes on with the calls that were lost.
    pub(super) fn recover_calls<S: Sink>(&mut self, scene: &mut Scene<'_, S>) {
        if let Some(lost) = scene.around.lost.recover(self.subject.imsi(), self.subject.temporary()) {
            scene.counters.connections.reestablished += 1;
            let calls = lost.calls.into_iter().map(|(call, _)| call);
            self.calls.extend(calls);
        }
    }

    /// The network does not go on with the calls that the phone asked for: they ended when they were lost.
    pub(super) fn gives_up_calls<S: Sink>(&mut self, scene: &mut Scene<'_, S>) {
        if std::mem::take(&mut self.reestablishing)
            && let Some(lost) = scene.around.lost.recover(self.subject.imsi(), self.subject.temporary())
        {
            end_lost(&lost, scene.counters, scene.sink);
        }
    }

    /// Takes over the calls of another part of this session. What either part saw the end of has ended, once.
    pub(super) fn absorb_calls(&mut self, other: &mut Self) {
        let twice = self.ended_calls & other.ended_calls;
        self.ended_calls |= other.ended_calls;
        if twice != 0 {
            other.subject.withdraw_end(if twice > 0xff { Direction::Out } else { Direction::In });
        }
        if self.calls.is_empty() {
            std::mem::swap(&mut self.calls, &mut other.calls);
        }
        for call in other.calls.drain(..) {
            match self.calls.iter_mut().find(|known| known.transaction == call.transaction) {
                Some(known) => {
                    known.set_up |= call.set_up;
                    known.number = known.number.or(call.number);
                    known.answered_at = known.answered_at.or(call.answered_at);
                    known.acknowledged = known.acknowledged.or(call.acknowledged);
                }
                None => self.calls.push(call),
            }
        }
        let ended = self.ended_calls;
        self.calls.retain(|call| ended & call.transaction.bit() == 0);
    }

    fn call_set_up<S: Sink>(
        &mut self,
        transaction: Transaction,
        message: &Cc<'_>,
        emergency: bool,
        scene: &mut Scene<'_, S>,
    ) {
        if self.calls.iter().any(|call| call.transaction == transaction && call.set_up) {
            // The call before it ended without our seeing it.
            self.call_ended(transaction, None, scene);
        }
        self.ended_calls &= !transaction.bit();
        let party = if transaction.by_mobile { message.called } else { message.calling };
        let number = party.map(|number| scene.around.plan.normalise(number));
        if let Some(call) = self.call(transaction, scene) {
            (call.set_up, call.number) = (true, number);
            self.subject.tell(Kind::CallSetup { direction: transaction.direction(), number, emergency }, scene);
        }
    }

    fn call_connected<S: Sink>(&mut self, transaction: Transaction, sender: Side, scene: &mut Scene<'_, S>) {
        // It is the called side that answers.
        let answered = (sender == Side::Network) == transaction.by_mobile;
        let at = scene.from.at;
        let Some(call) = self.call(transaction, scene) else { return };
        if answered && call.answered_at.is_none() {
            call.answered_at = Some(at);
            let answered = Kind::CallAnswered { direction: transaction.direction(), number: call.number };
            self.subject.tell(answered, scene);
        }
    }

    fn call_ended<S: Sink>(&mut self, transaction: Transaction, cause: Option<u8>, scene: &mut Scene<'_, S>) {
        if let Some(index) = self.calls.iter().position(|call| call.transaction == transaction) {
            let call = self.calls.swap_remove(index);
            self.ended_calls |= transaction.bit();
            self.tell_end(call, cause, false, scene);
        }
    }

    /// The call is over. Where its CONNECT was lost, and not merely sent in the direction that is not seen, it was answered
    /// when that was acknowledged.
    fn tell_end<S: Sink>(&mut self, mut call: Call, cause: Option<u8>, left_view: bool, scene: &mut Scene<'_, S>) {
        if let (None, Some(Provenance { at, frame, .. })) = (call.answered_at, call.acknowledged)
            && self.is_heard_whole()
        {
            call.answered_at = Some(at);
            let answered = Kind::CallAnswered { direction: call.transaction.direction(), number: call.number };
            let answered = Event { at, frame, ..self.subject.event(answered, scene) };
            self.subject.tell_as(answered, scene);
        }
        let ended = call.ended(scene.from.at, cause, left_view, self.is_heard_whole());
        self.subject.tell(ended, scene);
    }

    /// The call of this transaction, begun here where the connection was joined in its middle.
    fn call<S: Sink>(&mut self, transaction: Transaction, scene: &mut Scene<'_, S>) -> Option<&mut Call> {
        let known = self.calls.iter().position(|call| call.transaction == transaction);
        let index = known.unwrap_or(self.calls.len());
        if index >= MAX_CALLS {
            scene.counters.limits.calls += 1;
            return None;
        }
        if known.is_none() {
            let call = Call { transaction, set_up: false, number: None, answered_at: None, acknowledged: None };
            self.calls.push(call);
        }
        self.calls.get_mut(index)
    }
}

/// The phone did not come back: its calls ended when the link was lost.
pub(super) fn end_lost<S: Sink>(lost: &Lost, counters: &mut Counters, sink: &mut S) {
    for (_, event) in &lost.calls {
        counters.event(event);
        sink.event(event);
    }
}

//! What a session does beside submitting: asks what became of earlier messages, and takes back what is not wanted any more.

use super::{Delivery, Dialect, Errand, Link, Receipt, ReceiptState, Receiver, Report, Session, Taken, count, now};

impl<D: Dialect> Session<D> {
    pub(super) fn may_run_errand(&self) -> bool {
        self.cancels.is_empty() && self.exchange.has_room_for_errand()
    }

    /// As many errands as have room; offers do not hold them up.
    pub(super) fn run_errands(&mut self, link: &mut Link<D>) {
        while self.exchange.has_room_for_errand() {
            if let Some(part) = self.cancels.pop_front() {
                self.cancel(link, part);
            } else if let Some(errand) = self.errands.as_mut().and_then(|errands| errands.try_recv().ok()) {
                self.run_errand(link, errand);
            } else {
                return;
            }
        }
    }

    pub(super) fn run_errand(&mut self, link: &mut Link<D>, errand: Errand) {
        match errand {
            Errand::Ask(taken) => self.recall(link, taken),
            Errand::Cancel(taken) => {
                let parts = self.shared.state.borrow().receipts.waiting(taken.id);
                let parts = if parts.is_empty() { vec![taken.message_id.clone()] } else { parts };
                self.cancels.extend(parts.into_iter().map(|message_id| Taken { message_id, ..taken.clone() }));
            }
        }
    }

    /// Waits for an earlier offer's receipt again, and asks what became of it.
    fn recall(&mut self, link: &mut Link<D>, taken: Taken) {
        if !self.dialect.has_receipts() {
            return;
        }
        let (to, message_id) = (taken.to.to_string(), &taken.message_id);
        let ended = self.shared.state.borrow_mut().receipts.expect(taken.id, 1, message_id, &to);
        if let Some(matched) = ended {
            return self.matched(matched);
        }
        if !self.takes_questions {
            return;
        }
        let sequence = self.exchange.sequence();
        if self.dialect.query(sequence, &taken, &mut link.outbound) {
            count::<D>("questions");
            self.exchange.run(sequence, Errand::Ask(taken), now());
        }
    }

    fn cancel(&mut self, link: &mut Link<D>, part: Taken) {
        let sequence = self.exchange.sequence();
        if !part.message_id.is_empty() && self.dialect.cancel(sequence, &part, &mut link.outbound) {
            count::<D>("cancels");
            self.exchange.run(sequence, Errand::Cancel(part), now());
        }
    }

    pub(super) fn told(&mut self, sequence: u32, state: Option<ReceiptState>) {
        if let (Some(Errand::Ask(taken)), Some(state)) = (self.exchange.ran(sequence), state) {
            self.ended(&taken, state);
        }
    }

    /// What cannot be taken back goes its way.
    pub(super) fn cancelled(&mut self, sequence: u32, is_done: bool) {
        let Some(Errand::Cancel(taken)) = self.exchange.ran(sequence) else { return };
        count::<D>(if is_done { "cancels_done" } else { "cancels_refused" });
        match self.dialect.has_receipts() {
            true if is_done => self.ended(&taken, ReceiptState::Deleted),
            false if is_done => self.notice(Report::Receipt { id: taken.id, state: ReceiptState::Deleted }),
            _ => {}
        }
    }

    /// As if its receipt had come.
    fn ended(&self, taken: &Taken, state: ReceiptState) {
        let receipt = Receipt::new(&taken.message_id, [&taken.to.to_string(), ""], state);
        self.delivered(Delivery::Receipt(receipt));
    }

    /// An answer to no submission: to an errand it says that the message centre does not know how.
    pub(super) fn unasked(&mut self, sequence: u32) {
        count::<D>(match self.exchange.ran(sequence) {
            Some(Errand::Ask(_)) => {
                self.takes_questions = false;
                "questions_refused"
            }
            Some(Errand::Cancel(_)) => "cancels_refused",
            None => "answers_unasked",
        });
    }
}

/// The next errand; never where there are no more.
pub(super) async fn next(errands: &mut Option<Receiver<Errand>>) -> Errand {
    let errand = match errands {
        Some(errands) => errands.recv().await,
        None => None,
    };
    match errand {
        Some(errand) => errand,
        None => std::future::pending().await,
    }
}

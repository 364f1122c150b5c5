//! What a session does beside submitting: asks what became of earlier messages, and takes back what is not wanted any more.

use super::{Delivery, Dialect, Errand, Link, Receipt, ReceiptState, Receiver, Report, Session, Taken, count, now};

impl<D: Dialect> Session<D> {
    pub(super) fn may_run_errand(&self) -> bool {
        self.parts.is_empty() && self.exchange.has_room_for_errand()
    }

    /// As many errands as have room; offers do not hold them up.
    pub(super) fn run_errands(&mut self, link: &mut Link<D>) {
        while self.exchange.has_room_for_errand() {
            if let Some(part) = self.parts.pop_front() {
                self.run_part(link, part);
            } else if let Some(errand) = self.errands.as_mut().and_then(|errands| errands.try_recv().ok()) {
                self.run_errand(errand);
            } else {
                return;
            }
        }
    }

    /// Cuts it into its parts, which are run as there is room for them.
    pub(super) fn run_errand(&mut self, errand: Errand) {
        match errand {
            Errand::Ask(taken) => self.recall(taken),
            Errand::Cancel(mut taken) => {
                let mut known = self.shared.state.borrow().receipts.waiting(taken.id).into_iter();
                if let Some(first) = known.next() {
                    (taken.message_id, taken.others) = (first, known.collect());
                }
                self.parts.extend(taken.each().map(Errand::Cancel));
            }
        }
    }

    /// Waits for an earlier offer's receipts again, and asks what became of it.
    fn recall(&mut self, taken: Taken) {
        if !self.dialect.has_receipts() {
            return;
        }
        let segments = 1 + taken.others.len();
        for part in taken.each() {
            let (to, message_id) = (part.to.to_string(), &part.message_id);
            let matched = self.shared.state.borrow_mut().receipts.expect(part.id, segments, message_id, &to);
            match matched {
                Some(matched) => self.matched(matched),
                None if self.takes_questions => self.parts.push_back(Errand::Ask(part)),
                None => {}
            }
        }
    }

    fn run_part(&mut self, link: &mut Link<D>, part: Errand) {
        match part {
            Errand::Ask(part) => self.ask(link, part),
            Errand::Cancel(part) => self.cancel(link, part),
        }
    }

    fn ask(&mut self, link: &mut Link<D>, taken: Taken) {
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
        if self.dialect.cancel(sequence, &part, &mut link.outbound) {
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

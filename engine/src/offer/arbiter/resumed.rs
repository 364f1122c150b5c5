//! What an earlier start has left for the arbiter.

use super::*;

/// How many offers of the queue are read at once at the start.
const RESUME_STEP: usize = 8_192;

impl Arbiter {
    /// Who got an offer may still answer it, and its receipt may still come; who got none may not know it yet.
    pub(super) fn resume_sent(&mut self) -> Result<(), StoreError> {
        let store = Arc::clone(&self.shared.store);
        for offer in store.outbox()? {
            let offer = offer?;
            self.limit(self.telling.recall(&offer));
            if matches!(offer.state, State::Accepted(_)) {
                self.back.sent(&offer);
                self.router.recall(&offer);
                if offer.delivery() != Some(ReceiptState::Delivered) {
                    self.expect_echo(&offer);
                }
                self.accepted.insert(offer);
            }
        }
        Ok(())
    }

    pub(super) fn resume_queue(&mut self) -> Result<(), StoreError> {
        let mut from = 0;
        loop {
            let piece = self.outbox.queued(from, RESUME_STEP)?;
            let Some(last) = piece.last() else { break };
            from = last.ticket + 1;
            for queued in piece {
                self.resume(queued)?;
            }
            self.outbox.commit(true)?;
        }
        Ok(())
    }

    fn resume(&mut self, mut queued: Queued) -> Result<(), StoreError> {
        if queued.offer.state == State::Sending {
            queued.offer.state = if queued.offer.is_service() { State::Queued } else { State::Unknown };
            self.outbox.update(&queued)?;
        }
        if queued.offer.state == State::Queued {
            self.enqueue(queued)?;
        } else {
            self.shared.counters.unknown.add(1);
        }
        Ok(())
    }

    pub(super) fn resume_proposals(&mut self) -> Result<(), StoreError> {
        for offer in self.outbox.proposals()? {
            match offer.input == self.shared.input {
                true => self.merge.resume(offer),
                // Nobody goes on with that input now: the order within it is all the order there is.
                false => self.consider(offer)?,
            }
        }
        Ok(())
    }
}

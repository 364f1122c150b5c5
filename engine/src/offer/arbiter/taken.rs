//! What becomes of offers that a channel has taken, or is about to: what phones say to their messages, which of them are taken
//! back because they are not wanted any more, and which are forgotten.

use super::*;
use crate::offer::echo::Matched;
use crate::shard::Forgetting;

impl Arbiter {
    pub(super) fn expect_echo(&mut self, offer: &Offer) {
        if let Some(sender) = self.router.sender(offer) {
            self.echoes.expect(offer, sender);
        }
    }

    pub(super) fn hear_phones(&mut self) -> Result<(), StoreError> {
        while let Some(answer) = self.merge.next_answer() {
            self.shared.counters.phone_refused.add(u64::from(answer.said.cause.is_some()));
            if let Matched::Offer(at, id) = self.echoes.hear(&answer) {
                self.shared.counters.acknowledged.add(u64::from(answer.said.cause.is_none()));
                self.acknowledged(at, id)?;
            }
        }
        Ok(())
    }

    /// The channels take leave. What they have said until then counts: a receipt may come with the answer that was the last to be
    /// waited for. What they have not taken is for the next start.
    pub(super) fn hear_out(&mut self, reports: &[Receiver<Report>]) -> Result<(), StoreError> {
        self.router.close();
        for (track, reports) in reports.iter().enumerate() {
            let counts = |report: &Report| match report {
                Report::Accepted { .. } | Report::Receipt { .. } | Report::Incoming { .. } => true,
                Report::Refused { again, .. } => !again,
                Report::Unknown { .. } | Report::Ready | Report::Down { .. } => false,
            };
            reports.try_iter().filter(counts).try_for_each(|report| self.report(track, report))?;
        }
        self.back.write_down();
        self.outbox.commit(false)
    }

    /// Of one that is still on its way to the channel it is written when the channel has answered.
    fn acknowledged(&mut self, at: Timestamp, id: OfferId) -> Result<(), StoreError> {
        if self.sending.contains_key(&id) {
            return Ok(());
        }
        let Some(mut offer) = self.known(at, id)?.filter(|offer| offer.state.is_settled()) else { return Ok(()) };
        offer.acknowledged = self.echoes.said(offer.imsi, id);
        self.outbox.put(&offer)?;
        if let Some(waiting) = self.accepted.find(id) {
            waiting.acknowledged = offer.acknowledged;
        }
        Ok(())
    }

    /// What is known of an offer is in memory while a receipt is waited for, else in the store.
    pub(super) fn known(&mut self, at: Timestamp, id: OfferId) -> Result<Option<Offer>, StoreError> {
        if let Some(offer) = self.accepted.find(id) {
            return Ok(Some(offer.clone()));
        }
        self.outbox.commit(false)?;
        self.shared.store.offer(at, id)
    }

    /// Who refuses does not want what has not come yet either.
    pub(super) fn take_back_from(&mut self, from: &str) {
        let Ok(from) = from.parse() else { return };
        let (router, back) = (&mut self.router, &self.back);
        for offer in self.accepted.to(&from).filter(|offer| back.refuses(&from, offer.purpose)) {
            router.withdraw(offer);
        }
    }

    /// What a scenario has sent that is no longer in force is taken back as far as it has not arrived.
    pub(super) fn take_back_stopped(&mut self) {
        let rules = self.shared.rules.load_full();
        let before = mem::replace(&mut self.rules, rules);
        if Arc::ptr_eq(&before, &self.rules) {
            return;
        }
        let is_stopped = |name: &str| before.scenario(name).is_some() && self.rules.scenario(name).is_none();
        let stopped = self.accepted.iter().filter(|offer| is_stopped(&offer.scenario));
        stopped.for_each(|offer| self.router.withdraw(offer));
    }

    /// Offers to a subscriber are forgotten, wherever they are; what channels say of them afterwards means nothing.
    pub(super) fn forget(&mut self, forgets: Forgetting) -> Result<(), StoreError> {
        let Forgetting { imsi, offers, done } = forgets;
        self.merge.forget(imsi);
        self.undecided.forget(imsi);
        self.router.forget(imsi);
        self.sending.retain(|_, queued| queued.offer.imsi != imsi);
        self.accepted.forget(imsi);
        self.echoes.forget_all(imsi);
        self.back.forget(&offers.iter().map(|offer| offer.id).collect());
        self.outbox.forget(imsi, &offers)?;
        // Others may have waited behind its proposals.
        self.settle_undecided()?;
        // Who asked may have gone.
        _ = done.send(());
        Ok(())
    }

    /// Whether it would not be sent any more.
    pub(super) fn is_unwanted(&self, offer: &Offer) -> bool {
        self.rules.scenario(&offer.scenario).is_none()
            || offer.to.is_some_and(|to| self.back.refuses(&to, offer.purpose))
    }
}

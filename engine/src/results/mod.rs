//! What scenarios have brought: from each trigger to its success, by scenario and hour, beside the control group. Read from
//! the ledger and the outbox; decides nothing.

mod lift;

use std::collections::BTreeMap;

use event::Timestamp;
use rules::{Group, Reason};

use crate::offer::channel::ReceiptState;
use crate::offer::{Offer, State};
use crate::window::{LedgerEntry, Verdict};

pub use lift::{Lift, Share};

/// The way of a scenario's triggers, each step a part of the one before it but for those withheld.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Funnel {
    /// Triggers.
    pub triggered: u64,
    /// Of them, withheld, by reason; the control group too.
    pub withheld: BTreeMap<Reason, u64>,
    /// Offers that were let pass: a place in the queue of a channel.
    pub queued: u64,
    /// Of them, taken by the channel.
    pub sent: u64,
    /// Of them, those whose receipt says that they were delivered.
    pub delivered: u64,
    /// Of those sent, answered.
    pub answered: u64,
    /// Of those sent, successful: answered with yes, or what was hoped for has happened.
    pub converted: u64,
    /// Successes in the control group.
    pub control_converted: u64,
    /// Offers that ended otherwise than sent: by the name of their state.
    pub lost: BTreeMap<&'static str, u64>,
    /// Short messages that the offers sent took.
    pub parts: u64,
}

impl Funnel {
    /// Takes in a decision, and the offer that came of it.
    pub fn take(&mut self, entry: &LedgerEntry, offer: Option<&Offer>) {
        match entry.verdict {
            Verdict::Withheld(reason) => self.withhold(reason),
            Verdict::Offered(_) => offer.into_iter().for_each(|offer| self.offered(offer)),
            // A trigger of its own when it is decided.
            Verdict::Held(_) => {}
            Verdict::Converted(Group::Offered) => self.converted += 1,
            Verdict::Converted(Group::Control) => self.control_converted += 1,
        }
    }

    fn withhold(&mut self, reason: Reason) {
        self.triggered += 1;
        *self.withheld.entry(reason).or_default() += 1;
    }

    fn offered(&mut self, offer: &Offer) {
        match &offer.state {
            State::Withheld(reason) => return self.withhold(*reason),
            State::Proposed => {
                self.triggered += 1;
                return;
            }
            State::Accepted(_) => self.sent(offer),
            State::Queued | State::Sending => {}
            lost @ (State::Failed(_) | State::Unknown | State::Expired) => {
                *self.lost.entry(lost.name()).or_default() += 1;
            }
        }
        self.triggered += 1;
        self.queued += 1;
    }

    fn sent(&mut self, offer: &Offer) {
        self.sent += 1;
        self.delivered += u64::from(offer.receipt == Some(ReceiptState::Delivered));
        self.parts += offer.parts();
        if let Some(reaction) = offer.reaction {
            self.answered += 1;
            self.converted += u64::from(reaction.is_yes);
        }
    }

    /// Those who were triggered and not offered it, to compare with.
    pub fn control(&self) -> u64 {
        self.withheld.get(&Reason::ControlGroup).copied().unwrap_or(0)
    }

    /// What the offer brought beyond what happens without it; `None` without a control group, or before anything was sent.
    pub fn lift(&self) -> Option<Lift> {
        let (offered, control) =
            (Share::new(self.converted, self.sent)?, Share::new(self.control_converted, self.control())?);
        Some(Lift::of(offered, control))
    }

    /// Adds another to this one.
    pub fn add(&mut self, other: &Self) {
        for (mine, theirs) in self.counts_mut().into_iter().zip(other.counts()) {
            *mine += theirs;
        }
        other.withheld.iter().for_each(|(reason, count)| *self.withheld.entry(*reason).or_default() += count);
        other.lost.iter().for_each(|(state, count)| *self.lost.entry(state).or_default() += count);
    }

    fn counts(&self) -> [u64; 8] {
        let Self { triggered, queued, sent, delivered, answered, converted, control_converted, parts, .. } = *self;
        [triggered, queued, sent, delivered, answered, converted, control_converted, parts]
    }

    fn counts_mut(&mut self) -> [&mut u64; 8] {
        let Self { triggered, queued, sent, delivered, answered, converted, control_converted, parts, .. } = self;
        [triggered, queued, sent, delivered, answered, converted, control_converted, parts]
    }
}

/// Scenarios, and of each the hours in which something was triggered, by their beginning.
pub type Results = BTreeMap<String, BTreeMap<Timestamp, Funnel>>;

/// Sums up decisions with the offers that came of them. `hour` gives the beginning of the hour on the clock of the author.
pub fn results<'a>(
    decisions: impl IntoIterator<Item = (&'a LedgerEntry, Option<&'a Offer>)>,
    hour: impl Fn(Timestamp) -> Timestamp,
) -> Results {
    let mut results = Results::new();
    for (entry, offer) in decisions {
        let hours = results.entry(entry.scenario.to_string()).or_default();
        hours.entry(hour(entry.at)).or_default().take(entry, offer);
    }
    results
}

/// All hours together.
pub fn total<'a>(hours: impl IntoIterator<Item = &'a Funnel>) -> Funnel {
    hours.into_iter().fold(Funnel::default(), |mut total, funnel| {
        total.add(funnel);
        total
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::offer::Reaction;
    use crate::testing::offer;

    fn decided(state: State, receipt: Option<ReceiptState>, is_yes: Option<bool>) -> Funnel {
        let at = offer(1).at;
        let reaction = is_yes.map(|is_yes| Reaction { at, is_yes });
        let offer = Offer { state, receipt, reaction, ..offer(1) };
        let mut funnel = Funnel::default();
        funnel.take(&entry(Verdict::Offered(offer.id)), Some(&offer));
        funnel
    }

    fn entry(verdict: Verdict) -> LedgerEntry {
        let offer = offer(1);
        LedgerEntry { at: offer.at, sequence: 1, imsi: offer.imsi, scenario: offer.scenario, verdict, variant: None }
    }

    #[test]
    fn each_offer_is_counted_as_far_as_it_came() {
        let check = |state, receipt, is_yes, expected: [u64; 6]| {
            let Funnel { triggered, queued, sent, delivered, answered, converted, .. } =
                decided(state, receipt, is_yes);
            assert_eq!([triggered, queued, sent, delivered, answered, converted], expected);
        };
        let accepted = || State::Accepted("1".to_owned());
        check(State::Proposed, None, None, [1, 0, 0, 0, 0, 0]);
        check(State::Withheld(Reason::TotalReached), None, None, [1, 0, 0, 0, 0, 0]);
        check(State::Queued, None, None, [1, 1, 0, 0, 0, 0]);
        check(State::Expired, None, None, [1, 1, 0, 0, 0, 0]);
        check(accepted(), None, None, [1, 1, 1, 0, 0, 0]);
        check(accepted(), Some(ReceiptState::Expired), None, [1, 1, 1, 0, 0, 0]);
        check(accepted(), Some(ReceiptState::Delivered), Some(false), [1, 1, 1, 1, 1, 0]);
        check(accepted(), Some(ReceiptState::Delivered), Some(true), [1, 1, 1, 1, 1, 1]);
        assert_eq!(decided(State::Unknown, None, None).lost, BTreeMap::from([("unknown", 1)]));
    }

    #[test]
    fn the_control_group_is_who_was_withheld_for_it() {
        let mut funnel = decided(State::Accepted("1".to_owned()), None, Some(true));
        assert_eq!(funnel.lift(), None);
        for reason in [Reason::ControlGroup, Reason::ControlGroup, Reason::QuietHours] {
            funnel.take(&entry(Verdict::Withheld(reason)), None);
        }
        assert_eq!((funnel.triggered, funnel.control()), (4, 2));
        assert!(funnel.lift().is_some_and(|lift| lift.difference == 1.0));
    }
}

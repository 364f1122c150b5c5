//! What scenarios have brought: from each trigger to its success, by scenario and hour, beside the control group. Read from
//! the ledger and the outbox; decides nothing.

mod lift;

use std::collections::BTreeMap;
use std::sync::Arc;

use event::{Imsi, Timestamp};
use rules::{Group, Reason};
use rustc_hash::FxHashMap;

use crate::offer::channel::ReceiptState;
use crate::offer::{Offer, State};
use crate::window::{LedgerEntry, Verdict};

pub use lift::{Cohort, Lift, Share};

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
    /// Of those queued, refused by the channel.
    pub failed: u64,
    /// Of those queued, those of which nobody knows whether the channel took them.
    pub unknown: u64,
    /// Of those sent, those whose receipt says that they were delivered.
    pub delivered: u64,
    /// Of those sent, answered.
    pub answered: u64,
    /// Of those sent, successful: answered with yes, or what was hoped for has happened. An offer succeeds once.
    pub converted: u64,
    /// Successes in the control group.
    pub control_converted: u64,
    /// Short messages that the offers sent took.
    pub parts: u64,
    /// Those to whom it was sent.
    offered: Cohort,
    /// Those who were triggered and not offered it, to compare with.
    control: Cohort,
}

impl Funnel {
    /// Takes in a decision, and the offer that came of it.
    pub fn take(&mut self, entry: &LedgerEntry, offer: Option<&Offer>) {
        match entry.verdict {
            Verdict::Withheld(reason) => {
                self.withhold(reason);
                if reason == Reason::ControlGroup {
                    self.control.take(entry.imsi);
                }
            }
            Verdict::Offered(_) => offer.into_iter().for_each(|offer| self.offered(offer)),
            // A trigger of its own when it is decided.
            Verdict::Held(_) => {}
            Verdict::Converted(Group::Offered) => {
                self.converted += 1;
                self.offered.succeed(entry.imsi);
            }
            Verdict::Converted(Group::Control) => {
                self.control_converted += 1;
                self.control.succeed(entry.imsi);
            }
        }
    }

    fn withhold(&mut self, reason: Reason) {
        self.triggered += 1;
        *self.withheld.entry(reason).or_default() += 1;
    }

    fn offered(&mut self, offer: &Offer) {
        if let Some(reason) = offer.state.withheld() {
            return self.withhold(reason);
        }
        self.triggered += 1;
        self.queued += u64::from(offer.state != State::Proposed);
        self.failed += u64::from(matches!(offer.state, State::Failed(_)));
        self.unknown += u64::from(offer.state == State::Unknown);
        if offer.is_sent() {
            self.sent(offer);
        }
    }

    fn sent(&mut self, offer: &Offer) {
        self.sent += 1;
        self.delivered += u64::from(offer.delivery() == Some(ReceiptState::Delivered));
        self.answered += u64::from(offer.reaction.is_some());
        self.parts += u64::from(offer.parts());
        self.offered.take(offer.imsi);
        if offer.is_answered_yes() {
            self.converted += 1;
            self.offered.succeed(offer.imsi);
        }
    }

    /// How often somebody of the control group was triggered.
    pub fn control(&self) -> u64 {
        self.withheld.get(&Reason::ControlGroup).copied().unwrap_or(0)
    }

    /// What the offer brought beyond what happens without it, in people; `None` without a control group, or before anything
    /// was sent.
    pub fn lift(&self) -> Option<Lift> {
        Some(Lift::of(self.offered.share()?, self.control.share()?))
    }

    /// Adds another to this one; who is in both is one person still.
    pub fn add(&mut self, other: &Self) {
        for (mine, theirs) in self.counts_mut().into_iter().zip(other.counts()) {
            *mine += theirs;
        }
        other.withheld.iter().for_each(|(reason, count)| *self.withheld.entry(*reason).or_default() += count);
        self.offered.add(&other.offered);
        self.control.add(&other.control);
    }

    fn counts(&self) -> [u64; 10] {
        let Self { triggered, queued, sent, failed, unknown, delivered, .. } = *self;
        let Self { answered, converted, control_converted, parts, .. } = *self;
        [triggered, queued, sent, failed, unknown, delivered, answered, converted, control_converted, parts]
    }

    fn counts_mut(&mut self) -> [&mut u64; 10] {
        let Self { triggered, queued, sent, failed, unknown, delivered, answered, converted, .. } = self;
        let (control_converted, parts) = (&mut self.control_converted, &mut self.parts);
        [triggered, queued, sent, failed, unknown, delivered, answered, converted, control_converted, parts]
    }
}

/// Scenarios, and of each the hours in which something was triggered, by their beginning.
pub type Results = BTreeMap<String, BTreeMap<Timestamp, Funnel>>;

/// Sums up decisions, which come in their order, with the offers that came of them.
pub struct Summing<H> {
    results: Results,
    /// Gives the beginning of an hour on the clock of the author.
    hour: H,
    /// Of each subscriber and scenario the last trigger of which a success may still come: that is what it counts for.
    hoped: FxHashMap<(Imsi, Arc<str>), Timestamp>,
}

impl<H: Fn(Timestamp) -> Timestamp> Summing<H> {
    /// Of nothing yet.
    pub fn new(hour: H) -> Self {
        Self { results: Results::new(), hour, hoped: FxHashMap::default() }
    }

    /// Takes in a decision, and the offer that came of it. A success stands in the hour of what it is a success of; one of
    /// an offer that was not sent, or has succeeded already, is none.
    pub fn take(&mut self, entry: &LedgerEntry, offer: Option<&Offer>) {
        let whose = (entry.imsi, Arc::clone(&entry.scenario));
        let is_hoped = match entry.verdict {
            Verdict::Converted(_) => match self.hoped.remove(&whose) {
                Some(at) => return self.funnel(entry, at).take(entry, None),
                None => return,
            },
            Verdict::Offered(_) => Some(offer.is_some_and(|offer| offer.is_sent() && !offer.is_answered_yes())),
            Verdict::Withheld(Reason::ControlGroup) => Some(true),
            Verdict::Withheld(_) | Verdict::Held(_) => None,
        };
        match is_hoped {
            Some(true) => drop(self.hoped.insert(whose, entry.at)),
            Some(false) => drop(self.hoped.remove(&whose)),
            None => {}
        }
        self.funnel(entry, entry.at).take(entry, offer);
    }

    fn funnel(&mut self, entry: &LedgerEntry, at: Timestamp) -> &mut Funnel {
        self.results.entry(entry.scenario.to_string()).or_default().entry((self.hour)(at)).or_default()
    }

    /// The sums.
    pub fn results(self) -> Results {
        self.results
    }
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
    use std::time::Duration;

    use super::*;
    use crate::offer::Reaction;
    use crate::testing::offer;

    fn decided(state: State, receipt: Option<ReceiptState>, is_yes: Option<bool>) -> Funnel {
        let at = offer(1).at;
        let reaction = is_yes.map(|is_yes| Reaction { at, is_yes });
        let offer = Offer { state, receipt, reaction, ..offer(1) };
        let mut funnel = Funnel::default();
        funnel.take(&entry(1, 0, Verdict::Offered(offer.id)), Some(&offer));
        funnel
    }

    /// A decision about a subscriber, so many minutes after the first.
    fn entry(who: u64, minutes: u64, verdict: Verdict) -> LedgerEntry {
        let Offer { at, scenario, .. } = offer(1);
        let imsi = imsi(who);
        let at = at + Duration::from_secs(60 * minutes);
        LedgerEntry { at, sequence: 1, imsi, scenario, verdict, variant: None }
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
        check(State::Expired, None, None, [1, 0, 0, 0, 0, 0]);
        check(accepted(), None, None, [1, 1, 1, 0, 0, 0]);
        check(accepted(), Some(ReceiptState::Expired), None, [1, 1, 1, 0, 0, 0]);
        check(accepted(), Some(ReceiptState::Delivered), Some(false), [1, 1, 1, 1, 1, 0]);
        check(accepted(), Some(ReceiptState::Delivered), Some(true), [1, 1, 1, 1, 1, 1]);
        check(State::Unknown, None, None, [1, 1, 0, 0, 0, 0]);
        assert_eq!(decided(State::Unknown, None, None).unknown, 1);
        assert_eq!(decided(State::Failed("no".to_owned()), None, None).failed, 1);
        assert_eq!(decided(State::Expired, None, None).withheld, BTreeMap::from([(Reason::Expired, 1)]));
    }

    fn imsi(who: u64) -> Imsi {
        format!("46000123456789{who}").parse().unwrap()
    }

    fn sent(who: u64, is_yes: bool) -> Offer {
        let reaction = is_yes.then(|| Reaction { at: offer(1).at, is_yes });
        Offer { state: State::Accepted("1".to_owned()), reaction, imsi: imsi(who), ..offer(1) }
    }

    fn summed(decisions: &[(LedgerEntry, Option<Offer>)]) -> Vec<Funnel> {
        let hour = |at: Timestamp| Timestamp::from_micros(at.as_micros().div_euclid(3_600_000_000) * 3_600_000_000);
        let mut summing = Summing::new(hour);
        decisions.iter().for_each(|(entry, offer)| summing.take(entry, offer.as_ref()));
        summing.results().into_values().flat_map(BTreeMap::into_values).collect()
    }

    #[test]
    fn an_offer_succeeds_once_and_in_the_hour_in_which_it_was_made() {
        let offered = |minutes, offer: Offer| (entry(1, minutes, Verdict::Offered(offer.id)), Some(offer));
        let success = |minutes| (entry(1, minutes, Verdict::Converted(Group::Offered)), None);
        let check = |decisions: &[_], expected: &[u64]| {
            let converted: Vec<_> = summed(decisions).iter().map(|funnel| funnel.converted).collect();
            assert_eq!(converted, expected, "{decisions:?}");
        };
        check(&[offered(0, sent(1, false)), success(90)], &[1]);
        check(&[offered(0, sent(1, true)), success(90)], &[1]);
        check(&[offered(0, sent(1, false)), success(90), success(91)], &[1]);
        check(&[offered(0, sent(1, false)), success(90), offered(120, sent(1, false)), success(130)], &[1, 1]);
        // It is the last offer that is watched, and that was not sent.
        check(&[offered(0, sent(1, false)), offered(1, offer(1)), success(90)], &[0]);
        check(&[success(90)], &[]);
    }

    #[test]
    fn people_are_compared_not_triggers() {
        let mut decisions = vec![(entry(1, 0, Verdict::Offered(offer(1).id)), Some(sent(1, true)))];
        decisions.extend([2, 2, 2, 3].map(|who| (entry(who, who * 60, Verdict::Withheld(Reason::ControlGroup)), None)));
        decisions.push((entry(1, 200, Verdict::Withheld(Reason::QuietHours)), None));
        decisions.push((entry(3, 250, Verdict::Converted(Group::Control)), None));
        let total = total(&summed(&decisions));
        assert_eq!((total.triggered, total.control(), total.control_converted), (6, 4, 1));
        let lift = total.lift().map(|lift| (lift.offered, lift.control));
        assert_eq!(lift, Some((1.0, 0.5)));
        assert_eq!(decided(State::Accepted("1".to_owned()), None, Some(true)).lift(), None);
    }
}

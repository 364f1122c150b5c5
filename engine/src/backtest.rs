//! What scenarios would have done with facts that are there already: the same decisions as in the shards, subscriber by
//! subscriber. Nothing is written and nothing is sent.

use std::collections::BTreeMap;

use event::{Event, Imsi, Timestamp};
use rules::{Context, Decision, Directory, Outcome, Profile, Reason, RuleSet};

use crate::offer::text;

/// A rule set on trial.
pub struct Backtest<'a> {
    rules: &'a RuleSet,
    directory: &'a Directory,
    span: Span,
    decisions: Vec<Decision>,
    tallies: Vec<Tally>,
}

/// Of what time the facts are.
#[derive(Clone, Copy, Debug)]
pub struct Span {
    /// From when on a first sighting is an entry: before it, it is a baseline.
    pub warm_from: Timestamp,
    /// What is due by then is decided.
    pub until: Timestamp,
}

/// What came of one scenario.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// How often its trigger was met.
    pub triggered: u64,
    /// Offers that would have been made.
    pub offers: u64,
    /// Short messages that they take: what is paid for.
    pub segments: u64,
    /// Withheld, by reason.
    pub withheld: BTreeMap<Reason, u64>,
}

impl<'a> Backtest<'a> {
    /// Nothing has been tried yet.
    pub fn new(rules: &'a RuleSet, directory: &'a Directory, span: Span) -> Self {
        let tallies = vec![Tally::default(); rules.scenarios().len()];
        Self { rules, directory, span, decisions: Vec::new(), tallies }
    }

    /// Tries the facts of one subscriber, in the order in which they were taken in. Tells which scenarios (indices into
    /// [`RuleSet::scenarios`]) would have offered, a scenario's own total aside: in order, each once.
    pub fn subscriber(&mut self, imsi: Imsi, facts: &[Event]) -> Vec<u32> {
        let mut profile = Profile::default();
        let mut context = Context { directory: self.directory, lookup: false, warm: true };
        for event in facts {
            context.warm = event.at >= self.span.warm_from;
            self.rules.decide(event, &mut profile, context, &mut self.decisions);
        }
        self.rules.wake(imsi, self.span.until, &mut profile, context, &mut self.decisions);
        let mut offered = Vec::new();
        for decision in self.decisions.drain(..) {
            let Some(tally) = self.tallies.get_mut(decision.scenario as usize) else { continue };
            tally.triggered += 1;
            match decision.outcome {
                Outcome::Withheld(reason) => *tally.withheld.entry(reason).or_default() += 1,
                Outcome::Offer => {
                    tally.offers += 1;
                    offered.push(decision.scenario);
                }
            }
        }
        offered.sort_unstable();
        offered.dedup();
        offered
    }

    /// What came of each scenario, in the order of [`RuleSet::scenarios`].
    pub fn finish(mut self) -> Vec<Tally> {
        for (tally, scenario) in self.tallies.iter_mut().zip(self.rules.scenarios()) {
            let beyond = scenario.limits.total.map_or(0, |total| tally.offers.saturating_sub(total));
            if beyond > 0 {
                tally.offers -= beyond;
                tally.withheld.insert(Reason::TotalReached, beyond);
            }
            // A text too long for any number of segments was refused when the set was loaded.
            let segments = text::segments(&scenario.send.sms).map_or(0, |segments| segments.count());
            tally.segments = tally.offers * segments as u64;
        }
        self.tallies
    }
}

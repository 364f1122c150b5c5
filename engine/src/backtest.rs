//! What scenarios would have done with facts that are there already: the same decisions as in the shards, subscriber by
//! subscriber. Nothing is written and nothing is sent.

use std::collections::BTreeMap;

use event::{Event, Imsi, Timestamp};
use rules::{Areas, Context, Decision, Directory, Outcome, Profile, Reason, RuleSet};

use crate::offer::text;

/// A rule set on trial.
pub struct Backtest<'a> {
    rules: &'a RuleSet,
    directory: &'a Directory,
    areas: &'a Areas,
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
    pub fn new(rules: &'a RuleSet, directory: &'a Directory, areas: &'a Areas, span: Span) -> Self {
        let tallies = vec![Tally::default(); rules.scenarios().len()];
        Self { rules, directory, areas, span, decisions: Vec::new(), tallies }
    }

    /// Tries the facts of one subscriber, in the order in which they were taken in. Tells which scenarios (indices into
    /// [`RuleSet::scenarios`]) would have offered: in order, each once. A scenario's total goes to whoever is tried first.
    pub fn subscriber(&mut self, imsi: Imsi, facts: &[Event]) -> Vec<u32> {
        let mut profile = Profile::default();
        let mut context = Context { directory: self.directory, lookup: false, warm: true, areas: self.areas };
        let mut offered = Vec::new();
        for event in facts {
            context.warm = event.at >= self.span.warm_from;
            self.rules.decide(event, &mut profile, context, &mut self.decisions);
            self.count(imsi, &profile, context, &mut offered);
        }
        self.rules.wake(imsi, self.span.until, &mut profile, context, &mut self.decisions);
        self.count(imsi, &profile, context, &mut offered);
        offered.sort_unstable();
        offered.dedup();
        offered
    }

    fn count(&mut self, imsi: Imsi, profile: &Profile, context: Context<'_>, offered: &mut Vec<u32>) {
        for decision in self.decisions.drain(..) {
            let index = decision.scenario as usize;
            let Some((tally, scenario)) = self.tallies.get_mut(index).zip(self.rules.scenarios().get(index)) else {
                continue;
            };
            match decision.outcome {
                Outcome::Withheld(reason) => {
                    tally.triggered += 1;
                    *tally.withheld.entry(reason).or_default() += 1;
                }
                Outcome::Offer if scenario.limits.total.is_some_and(|total| tally.offers >= total) => {
                    tally.triggered += 1;
                    *tally.withheld.entry(Reason::TotalReached).or_default() += 1;
                }
                Outcome::Offer => {
                    tally.triggered += 1;
                    tally.offers += 1;
                    // A text too long for any number of segments was refused when the set was loaded.
                    let text = self.rules.text(scenario, imsi, profile, context).unwrap_or_default();
                    tally.segments += text::segments(&text).map_or(0, |segments| segments.count()) as u64;
                    offered.push(decision.scenario);
                }
                // Of what has not been sent there is no success.
                Outcome::Converted(_) => {}
            }
        }
    }

    /// What came of each scenario, in the order of [`RuleSet::scenarios`].
    pub fn finish(self) -> Vec<Tally> {
        self.tallies
    }
}

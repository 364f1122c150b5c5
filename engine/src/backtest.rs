//! What scenarios would have done with facts that are there already: the same decisions as in the shards, subscriber by
//! subscriber. Nothing is written and nothing is sent.

use std::collections::BTreeMap;

use event::{Event, Imsi, Timestamp};
use rules::policy::Spent;
use rules::scenario::Purpose;
use rules::{Areas, Context, Decision, Directory, Outcome, Profile, Reason, RuleSet};

/// A rule set on trial.
pub struct Backtest<'a> {
    rules: &'a RuleSet,
    directory: &'a Directory,
    areas: &'a Areas,
    span: Span,
    decisions: Vec<Decision>,
    tallies: Vec<Tally>,
    /// Of each scenario, and of all marketing.
    spent: Vec<Spent>,
    marketing: Spent,
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

impl Tally {
    fn withhold(&mut self, reason: Reason) {
        self.triggered += 1;
        *self.withheld.entry(reason).or_default() += 1;
    }
}

impl<'a> Backtest<'a> {
    /// Nothing has been tried yet.
    pub fn new(rules: &'a RuleSet, directory: &'a Directory, areas: &'a Areas, span: Span) -> Self {
        let tallies = vec![Tally::default(); rules.scenarios().len()];
        let spent = vec![Spent::default(); rules.scenarios().len()];
        Self { rules, directory, areas, span, decisions: Vec::new(), tallies, spent, marketing: Spent::default() }
    }

    /// Tries the facts of one subscriber, in the order in which they were taken in. Tells which scenarios (indices into
    /// [`RuleSet::scenarios`]) would have offered: in order, each once. Totals and budgets go to whoever is tried first.
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
            let (tally, spent) = (self.tallies.get_mut(index), self.spent.get_mut(index));
            let Some(((tally, spent), scenario)) = tally.zip(spent).zip(self.rules.scenarios().get(index)) else {
                continue;
            };
            match decision.outcome {
                Outcome::Withheld(reason) => tally.withhold(reason),
                Outcome::Offer => {
                    let text = self.rules.text(scenario, imsi, profile, context).unwrap_or_default();
                    let (policy, parts) = (self.rules.policy(), scenario.parts_of(imsi, &text));
                    let cost = policy.cost(parts);
                    if let Some(reason) = policy.excess(scenario, *spent, self.marketing, cost) {
                        tally.withhold(reason);
                        continue;
                    }
                    *spent = spent.and(cost);
                    if scenario.purpose != Purpose::Service {
                        self.marketing = self.marketing.and(cost);
                    }
                    tally.triggered += 1;
                    tally.offers += 1;
                    tally.segments += u64::from(parts);
                    offered.push(decision.scenario);
                }
                // What is held is told when it is decided; of what has not been sent there is no success.
                Outcome::Held(_) | Outcome::Converted(..) => {}
            }
        }
    }

    /// What came of each scenario, in the order of [`RuleSet::scenarios`].
    pub fn finish(self) -> Vec<Tally> {
        self.tallies
    }
}

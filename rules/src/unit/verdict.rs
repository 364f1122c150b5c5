//! What came of a case against what its author expects.

use std::ops::Range;
use std::sync::Arc;

use super::{Case, Expected, Step, Why};
use crate::matcher::{Outcome, RuleSet};

/// One way in which a case fails.
#[derive(Clone, Debug)]
pub struct Failure {
    /// What differs.
    pub what: Difference,
    /// Place in the outcome of [`super::run`] of the step that tells most about it.
    pub step: Option<usize>,
    pub(crate) span: Range<usize>,
}

/// How expectation and outcome differ.
#[derive(Clone, Debug)]
pub enum Difference {
    /// An offer was expected and not made.
    Missing(Expected),
    /// An offer was made and not expected.
    Unexpected(Step),
    /// A scenario was expected to be withheld for a reason, and was not, or for another.
    OtherReason {
        /// The scenario's name.
        scenario: Arc<str>,
        /// The reason that was expected.
        expected: Why,
    },
}

/// Whether all that the case expects came, and no other offer.
pub fn passes(set: &RuleSet, case: &Case, steps: &[Step]) -> bool {
    failures(set, case, steps).is_empty()
}

/// All in which the outcome differs from what the case expects.
pub fn failures(set: &RuleSet, case: &Case, steps: &[Step]) -> Vec<Failure> {
    let (mut missing, unexpected) = compare(set, case, steps);
    missing.extend(unexpected);
    missing.extend(case.why_not.iter().filter_map(|why_not| {
        let of_scenario = || steps.iter().enumerate().filter(|(_, step)| name(set, step) == &*why_not.scenario);
        let came = match why_not.reason {
            Why::NotTriggered => of_scenario().next().is_none(),
            Why::Withheld(reason) => of_scenario().any(|(_, step)| step.outcome == Outcome::Withheld(reason)),
        };
        let (scenario, expected) = (Arc::clone(&why_not.scenario), why_not.reason);
        (!came).then(|| Failure {
            what: Difference::OtherReason { scenario, expected },
            step: of_scenario().next_back().map(|(place, _)| place),
            span: why_not.span.clone(),
        })
    }));
    missing
}

/// Offers that are missing, and those that are too many: each expected one stands for one made.
fn compare(set: &RuleSet, case: &Case, steps: &[Step]) -> (Vec<Failure>, Vec<Failure>) {
    let mut made: Vec<(usize, &Step)> =
        steps.iter().enumerate().filter(|(_, step)| step.outcome == Outcome::Offer).collect();
    let mut missing = Vec::new();
    for expected in &case.expect {
        let same = |(_, step): &(usize, &Step)| step.at == expected.at && name(set, step) == &*expected.scenario;
        match made.iter().position(same) {
            Some(place) => _ = made.remove(place),
            None => missing.push(Failure {
                what: Difference::Missing(expected.clone()),
                step: likeliest(set, expected, steps),
                span: expected.span.clone(),
            }),
        }
    }
    let unexpected = made.into_iter().map(|(place, step)| Failure {
        what: Difference::Unexpected(*step),
        step: Some(place),
        span: case.expect_span.clone(),
    });
    (missing, unexpected.collect())
}

/// The step that comes closest to an expected offer: of its scenario, at its time or else the last.
fn likeliest(set: &RuleSet, expected: &Expected, steps: &[Step]) -> Option<usize> {
    let of_scenario = || steps.iter().enumerate().filter(|(_, step)| name(set, step) == &*expected.scenario);
    let at_its_time = of_scenario().find(|(_, step)| step.at == expected.at);
    at_its_time.or_else(|| of_scenario().next_back()).map(|(place, _)| place)
}

/// The name of the scenario that a step is about.
pub(crate) fn name<'s>(set: &'s RuleSet, step: &Step) -> &'s str {
    set.scenarios().get(step.scenario as usize).map_or("", |scenario| &scenario.name)
}

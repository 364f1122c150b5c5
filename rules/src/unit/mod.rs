//! Unit tests of scenarios: cases that authors write, run with a simulated clock through the same [`RuleSet`] as the
//! events of a network.
//!
//! [`crate::language::load_tests`] reads them; [`run`] plays one; [`verdict`] compares what came of it with what its
//! author expects. Pure: no files, no clock.

mod run;
mod verdict;

use std::ops::Range;
use std::sync::Arc;

use event::{Event, Timestamp};

pub use run::{Gates, Step, gates, run};
pub(crate) use verdict::name;
pub use verdict::{Difference, Failure, failures, passes};

use crate::lists::Directory;
use crate::policy::Reason;

/// The most events of one case.
pub const MAX_EVENTS: usize = 10_000;

/// A test file.
#[derive(Debug)]
pub struct TestFile {
    /// Index of its text among the sources of the diagnostics that came with it.
    pub source: usize,
    /// Its cases, in the order of the file.
    pub cases: Vec<Case>,
    /// Mistakes that no case can notice, as its author says.
    pub equivalents: Vec<Equivalent>,
}

/// A mistake that changes nothing, so that no case can notice it: said by an author who was told of it.
#[derive(Debug)]
pub struct Equivalent {
    /// The scenario's name; `policy` for the policy file.
    pub scenario: String,
    /// What is changed, as `test --mutate` names it.
    pub change: String,
    /// Why nothing comes of it.
    pub because: String,
    pub(crate) span: Range<usize>,
}

/// What happens to one subscriber, and what must come of it.
#[derive(Debug)]
pub struct Case {
    /// What it shows.
    pub name: String,
    /// Where its name stands in the file.
    pub(crate) span: Range<usize>,
    /// What happens, in order of time.
    pub events: Vec<Event>,
    /// The clock goes on until then, so that what waits for a time can come due.
    pub until: Timestamp,
    /// The subscriber file, with the one subscriber.
    pub directory: Directory,
    /// Whether a number may be looked up where the case gives none.
    pub lookup: bool,
    /// Whether the warm-up is over.
    pub warm: bool,
    /// The control groups that the subscriber is in.
    pub control: Control,
    /// All offers that must be made.
    pub expect: Vec<Expected>,
    /// Where they stand in the file.
    pub(crate) expect_span: Range<usize>,
    /// Scenarios that must be withheld, and why.
    pub why_not: Vec<WhyNot>,
}

/// The control groups that the subscriber of a case is in: whether the IMSI in it falls into a group by its hash is of no
/// interest to its author.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Control {
    /// None.
    #[default]
    Outside,
    /// Those of scenarios.
    OfScenarios,
    /// Those of scenarios, and the one of the policy.
    All,
}

/// An offer that must be made.
#[derive(Clone, Debug)]
pub struct Expected {
    /// When its trigger is complete.
    pub at: Timestamp,
    /// The scenario's name.
    pub scenario: Arc<str>,
    pub(crate) span: Range<usize>,
}

/// A scenario that must be withheld.
#[derive(Clone, Debug)]
pub struct WhyNot {
    /// The scenario's name.
    pub scenario: Arc<str>,
    /// For this.
    pub reason: Why,
    pub(crate) span: Range<usize>,
}

/// Why a scenario sends nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// A gate refused.
    Withheld(Reason),
    /// Its trigger was never met.
    NotTriggered,
}

impl Why {
    /// Snake case, as in test files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Withheld(reason) => reason.name(),
            Self::NotTriggered => "not_triggered",
        }
    }
}

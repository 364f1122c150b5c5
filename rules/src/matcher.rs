//! From an event to decisions, through an index that only looks at scenarios which the event can concern.

use event::Event;

use crate::lists::Directory;
use crate::policy::{Policy, Reason};
use crate::profile::Profile;
use crate::scenario::Scenario;

/// Scenarios, policy and lists, compiled and immutable. Shared between threads behind one pointer.
#[derive(Debug)]
pub struct RuleSet {
    scenarios: Vec<Scenario>,
    policy: Policy,
    revision: String,
}

/// What a decision needs to know besides the event and the profile.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// The subscriber file.
    pub directory: &'a Directory,
    /// Whether a subscriber without a number there may still get one from a look-up hook.
    pub lookup: bool,
    /// Whether the warm-up is over.
    pub warm: bool,
}

/// What came of one scenario that an event triggered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Index into [`RuleSet::scenarios`].
    pub scenario: u32,
    /// The outcome.
    pub outcome: Outcome,
}

/// Sent, or withheld for a reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// To be offered; already counted in the profile's contacts.
    Offer,
    /// Not offered.
    Withheld(Reason),
}

impl RuleSet {
    /// Compiles the index. `revision` names the content of the files.
    pub fn new(scenarios: Vec<Scenario>, policy: Policy, revision: String) -> Self {
        Self { scenarios, policy, revision }
    }

    /// The scenarios, in order of name.
    pub fn scenarios(&self) -> &[Scenario] {
        &self.scenarios
    }

    /// The contact policy.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Names the content of the files: the same for the same files, 16 hexadecimal digits.
    pub fn revision(&self) -> &str {
        &self.revision
    }

    /// Takes the event into the profile and appends a decision for each scenario that it triggers, highest priority
    /// first (then by name). Offers are entered in `profile.contacts`. An event without IMSI triggers nothing.
    pub fn decide(
        &self,
        _event: &Event,
        _profile: &mut Profile,
        _context: Context<'_>,
        _decisions: &mut Vec<Decision>,
    ) {
        todo!()
    }
}

//! A rule set: scenarios, policy and lists, compiled.

use std::time::Duration;

use event::{Imsi, Number};

use super::index::Index;
use super::numbers::Numbers;
use super::passage::{NO_PATTERN, PatternId, pattern_id};
use super::pattern::{self, Bits, Pattern};
use crate::lists::Directory;
use crate::policy::{self, Policy};
use crate::scenario::{Purpose, Scenario};

/// Scenarios, policy and lists, compiled and immutable. Shared between threads behind one pointer.
#[derive(Debug)]
pub struct RuleSet {
    scenarios: Vec<Scenario>,
    /// [`policy::scenario_hash`] of each, and of its campaign.
    hashes: Vec<[u64; 2]>,
    /// Scenarios by rank: highest priority first, then by name.
    ranked: Vec<u32>,
    /// By rank, the patterns that take more than one event.
    patterns: Vec<Option<Pattern>>,
    /// By rank, what they are; see [`RuleSet::patterns`].
    pattern_ids: Vec<PatternId>,
    /// The rank of each trigger of the index, and what it is in that scenario's pattern.
    happenings: Vec<(u32, Bits)>,
    pub(super) index: Index,
    /// The numbers from which we send.
    pub(super) senders: Numbers,
    /// [`Policy::remembered`].
    pub(super) remembered_micros: u64,
    pub(super) policy: Policy,
    pub(super) longest_cap: Duration,
    revision: String,
}

impl RuleSet {
    /// Compiles the index. `revision` names the content of the files. Names must be unique.
    pub fn new(mut scenarios: Vec<Scenario>, policy: Policy, revision: String) -> Self {
        scenarios.sort_by(|a, b| a.name.cmp(&b.name));
        let own = scenarios.iter().flat_map(Scenario::senders);
        let senders: Vec<_> = policy.senders.iter().copied().chain(own).collect();
        let mut ranked: Vec<(u8, u32)> =
            scenarios.iter().map(|scenario| u8::MAX - scenario.priority).zip(0..).collect();
        ranked.sort_unstable();
        let ranked: Vec<u32> = ranked.into_iter().map(|(_, scenario)| scenario).collect();
        let in_rank = || ranked.iter().filter_map(|scenario| scenarios.get(*scenario as usize));
        let mut happenings = Vec::new();
        for (rank, scenario) in (0..).zip(in_rank()) {
            let own = scenario.happenings().enumerate();
            happenings.extend(own.map(|(position, _)| (rank, pattern::bit(position))));
        }
        let patterns: Vec<_> = in_rank().map(|scenario| Pattern::new(scenario, &policy)).collect();
        let id = |(scenario, pattern): (&Scenario, &Option<Pattern>)| {
            // Also where quiet hours withhold now: what they held before waits still.
            let may_wait = scenario.purpose != Purpose::Service;
            if pattern.is_some() || may_wait { pattern_id(scenario, &policy) } else { NO_PATTERN }
        };
        let triggers = in_rank().flat_map(Scenario::happenings).map(|happening| &happening.trigger);
        let beginnings = in_rank().flat_map(Scenario::beginnings).map(|happening| &happening.trigger);
        Self {
            hashes: scenarios
                .iter()
                .map(|scenario| [&scenario.name, &scenario.campaign].map(|name| policy::scenario_hash(name)))
                .collect(),
            index: Index::new(triggers, beginnings),
            senders: Numbers::of(&senders),
            pattern_ids: in_rank().zip(&patterns).map(id).collect(),
            patterns,
            happenings,
            longest_cap: longest_cap(&scenarios, &policy),
            scenarios,
            ranked,
            remembered_micros: policy.remembered_micros(),
            policy,
            revision,
        }
    }

    /// The scenarios, in order of name.
    pub fn scenarios(&self) -> &[Scenario] {
        &self.scenarios
    }

    /// The scenario of this name.
    pub fn scenario(&self, name: &str) -> Option<&Scenario> {
        let place = self.scenarios.binary_search_by(|scenario| (*scenario.name).cmp(name)).ok()?;
        self.scenarios.get(place)
    }

    /// The contact policy.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Names the content of the files: the same for the same files, 16 hexadecimal digits.
    pub fn revision(&self) -> &str {
        &self.revision
    }

    /// The longest period of any cap: how far back a profile remembers contacts. Zero where nothing is capped.
    pub fn longest_cap(&self) -> Duration {
        self.longest_cap
    }

    /// By rank, what has to be remembered for: whatever has begun under one of them means the same under every rule set
    /// that has it.
    pub fn patterns(&self) -> &[PatternId] {
        &self.pattern_ids
    }

    /// Whether this is somebody of whom nothing may be stored, by IMSI or by the number in the subscriber file: such a
    /// person's events are none, and whoever stores events must ask before.
    #[inline]
    pub fn is_protected(&self, imsi: Imsi, directory: &Directory) -> bool {
        let number = || -> Option<Number> { directory.find(imsi)?.msisdn() };
        self.policy.protected.as_ref().is_some_and(|list| list.contains(imsi, number()))
    }

    /// Whether we send from this number: by the policy, or because a scenario does.
    pub fn sends_from(&self, number: &Number) -> bool {
        self.senders.fits(*number)
    }

    /// The pattern of the scenario of this rank, where it takes more than one event.
    pub(super) fn pattern(&self, rank: u32) -> Option<&Pattern> {
        self.patterns.get(rank as usize)?.as_ref()
    }

    /// Whose trigger this is.
    pub(super) fn happening(&self, trigger: u32) -> Option<(u32, Bits)> {
        self.happenings.get(trigger as usize).copied()
    }

    /// The scenario of this rank: its index, itself, and the hashes of its name and its campaign's.
    pub(super) fn ranked(&self, rank: u32) -> Option<(u32, &Scenario, [u64; 2])> {
        let index = *self.ranked.get(rank as usize)?;
        Some((index, self.scenarios.get(index as usize)?, *self.hashes.get(index as usize)?))
    }
}

fn longest_cap(scenarios: &[Scenario], policy: &Policy) -> Duration {
    let own = scenarios.iter().filter_map(|scenario| scenario.limits.per_subscriber);
    own.chain(policy.caps.iter().map(|cap| cap.cap)).map(|cap| cap.per).max().unwrap_or(Duration::ZERO)
}

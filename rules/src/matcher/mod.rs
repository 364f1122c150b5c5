//! From an event to decisions, through an index that only looks at scenarios which the event can concern.

mod index;
mod numbers;
mod occurrence;
mod shared;

use std::time::Duration;

use event::{Event, Imsi};

use self::index::Index;
use self::occurrence::Occurrence;
use crate::lists::Directory;
use crate::policy::{self, Case, Home, Person, Policy, Reason};
use crate::profile::{Contact, Profile};
use crate::scenario::{Purpose, Scenario};

/// How late an event may come and still find all contacts that its caps count.
const LATE: Duration = Duration::from_secs(3600);

/// Scenarios, policy and lists, compiled and immutable. Shared between threads behind one pointer.
#[derive(Debug)]
pub struct RuleSet {
    scenarios: Vec<Scenario>,
    /// [`policy::scenario_hash`] of each.
    hashes: Vec<u64>,
    /// Scenarios by rank: highest priority first, then by name.
    ranked: Vec<u32>,
    index: Index,
    policy: Policy,
    longest_cap: Duration,
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
    /// Compiles the index. `revision` names the content of the files. Names must be unique.
    pub fn new(mut scenarios: Vec<Scenario>, policy: Policy, revision: String) -> Self {
        scenarios.sort_by(|a, b| a.name.cmp(&b.name));
        let mut ranked: Vec<(u8, u32)> =
            scenarios.iter().map(|scenario| u8::MAX - scenario.priority).zip(0..).collect();
        ranked.sort_unstable();
        let ranked: Vec<u32> = ranked.into_iter().map(|(_, scenario)| scenario).collect();
        let in_rank = ranked.iter().filter_map(|scenario| scenarios.get(*scenario as usize));
        Self {
            hashes: scenarios.iter().map(|scenario| policy::scenario_hash(&scenario.name)).collect(),
            index: Index::new(in_rank.map(|scenario| &scenario.trigger)),
            longest_cap: longest_cap(&scenarios, &policy),
            scenarios,
            ranked,
            policy,
            revision,
        }
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

    /// The longest period of any cap: how far back a profile remembers contacts. Zero where nothing is capped.
    pub fn longest_cap(&self) -> Duration {
        self.longest_cap
    }

    /// Takes the event into the profile and appends a decision for each scenario that it triggers, highest priority
    /// first (then by name). Offers are entered in `profile.contacts`. An event without IMSI triggers nothing.
    ///
    /// Allocates nothing but room in `decisions` and `profile.contacts`.
    pub fn decide(&self, event: &Event, profile: &mut Profile, context: Context<'_>, decisions: &mut Vec<Decision>) {
        let Some(imsi) = event.imsi else { return };
        let change = profile.observe(event, context.warm);
        let serving = change.after.plmn.or(profile.lai.map(|lai| lai.plmn));
        let home = Home::new(&self.policy, &serving);
        let occurrence = Occurrence::new(event, imsi, &change, &home);

        let before = decisions.len();
        // A rank stands in for the scenario until the triggered ones are in order.
        self.index.triggered(&occurrence, |rank| decisions.push(Decision { scenario: rank, outcome: Outcome::Offer }));
        let Some(triggered) = decisions.get_mut(before..).filter(|triggered| !triggered.is_empty()) else { return };
        triggered.sort_unstable_by_key(|decision| decision.scenario);

        let person = person(event, imsi, &home, context);
        let local = self.policy.local(event.at);
        profile.contacts.drain(..self.forgotten(&profile.contacts, event));
        for decision in triggered {
            let scenario_index = self.ranked.get(decision.scenario as usize).copied().unwrap_or(decision.scenario);
            decision.scenario = scenario_index;
            let at_index = scenario_index as usize;
            let Some((scenario, hash)) = self.scenarios.get(at_index).zip(self.hashes.get(at_index)) else { continue };
            let case = Case {
                policy: &self.policy,
                scenario,
                scenario_hash: *hash,
                person: &person,
                contacts: &profile.contacts,
                at: event.at,
                local,
            };
            match policy::first_refusal(&case) {
                Some(reason) => decision.outcome = Outcome::Withheld(reason),
                None => self.remember(scenario, *hash, event, profile),
            }
        }
    }

    /// How many of the oldest contacts no cap counts any more, not even for an event that comes late.
    fn forgotten(&self, contacts: &[Contact], event: &Event) -> usize {
        let since = event.at - self.longest_cap - LATE;
        contacts.partition_point(|contact| contact.at <= since)
    }

    fn remember(&self, scenario: &Scenario, hash: u64, event: &Event, profile: &mut Profile) {
        if self.longest_cap.is_zero() {
            return;
        }
        let contact = Contact { at: event.at, scenario: hash, counted: scenario.purpose != Purpose::Service };
        // An event that came late is not the newest.
        let place = profile.contacts.partition_point(|other| other.at <= contact.at);
        profile.contacts.insert(place, contact);
    }
}

fn longest_cap(scenarios: &[Scenario], policy: &Policy) -> Duration {
    let own = scenarios.iter().filter_map(|scenario| scenario.limits.per_subscriber);
    own.chain(policy.caps.iter().copied()).map(|cap| cap.per).max().unwrap_or(Duration::ZERO)
}

fn person<'a>(event: &Event, imsi: Imsi, home: &Home<'_>, context: Context<'a>) -> Person<'a> {
    let subscriber = context.directory.find(imsi);
    Person {
        imsi,
        binding: event.binding,
        origin: home.of_subscriber(imsi),
        subscriber,
        msisdn: subscriber.and_then(|subscriber| subscriber.msisdn()),
        lookup: context.lookup,
    }
}

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

#[cfg(test)]
mod tests {
    use std::path::Path;

    use event::{Binding, CellId, Interface, Kind, Timestamp};
    use jiff::tz::TimeZone;

    use super::*;
    use crate::scenario::{Audience, Cap, Limits, Schedule, Send, Trigger};

    const HOUR: Duration = Duration::from_secs(3600);

    fn scenario(name: &str, priority: u8, purpose: Purpose, per_subscriber: Option<Cap>) -> Scenario {
        Scenario {
            name: name.into(),
            title: name.to_owned(),
            file: "set.yaml".into(),
            purpose,
            priority,
            schedule: Schedule::default(),
            trigger: Trigger::Ussd(Vec::new()),
            audience: Audience::default(),
            send: Send { sms: "text".to_owned(), from: None },
            limits: Limits { per_subscriber, total: None, control: 0, expires: HOUR },
        }
    }

    fn rules(scenarios: Vec<Scenario>, caps: Vec<Cap>) -> RuleSet {
        let policy = Policy {
            timezone: TimeZone::UTC,
            quiet: None,
            caps,
            universal_control: 0,
            opt_in: Vec::new(),
            home: Vec::new(),
        };
        RuleSet::new(scenarios, policy, "0123456789abcdef".to_owned())
    }

    fn dials(seconds: i64) -> Event {
        Event {
            at: Timestamp::from_seconds(seconds),
            frame: 1,
            feed: 0,
            interface: Interface::A,
            imsi: "460001234567890".parse().ok(),
            binding: Binding::OnWire,
            tmsi: None,
            imei: None,
            cell: CellId::UNKNOWN,
            kind: Kind::Ussd { code: "*100#".parse().unwrap() },
        }
    }

    /// What comes of dialling a code at these seconds: scenarios in order, those withheld in brackets.
    fn check(rules: &RuleSet, expected: &[(i64, &str)]) -> Profile {
        let directory =
            Directory::parse(Path::new("s.csv"), "imsi,msisdn\n460001234567890,13900000001\n".into()).unwrap();
        let context = Context { directory: &directory, lookup: false, warm: true };
        let (mut profile, mut decisions) = (Profile::default(), Vec::new());
        for (seconds, expected) in expected {
            decisions.clear();
            rules.decide(&dials(*seconds), &mut profile, context, &mut decisions);
            let show = |decision: &Decision| {
                let name = &rules.scenarios()[decision.scenario as usize].name;
                match decision.outcome {
                    Outcome::Offer => name.to_string(),
                    Outcome::Withheld(reason) => format!("[{name} {reason}]"),
                }
            };
            let shown: Vec<String> = decisions.iter().map(show).collect();
            assert_eq!(shown.join(" "), *expected, "at {seconds}");
        }
        profile
    }

    #[test]
    fn of_two_that_hit_at_once_the_higher_priority_takes_the_cap() {
        let marketing = |name, priority| scenario(name, priority, Purpose::Marketing, None);
        let set = vec![marketing("b", 50), marketing("c", 90), marketing("a", 50)];
        let rules = rules(set, vec![Cap { count: 1, per: HOUR }]);
        check(
            &rules,
            &[
                (0, "c [a global_cap] [b global_cap]"),
                (3599, "[c global_cap] [a global_cap] [b global_cap]"),
                (3600, "c [a global_cap] [b global_cap]"),
            ],
        );
    }

    #[test]
    fn contacts_are_kept_in_order_as_far_back_as_the_longest_cap() {
        let cap = |hours| Some(Cap { count: 1, per: HOUR * hours });
        let set = vec![scenario("a", 50, Purpose::Service, cap(2)), scenario("b", 50, Purpose::Marketing, None)];
        let rules = rules(set, Vec::new());
        assert_eq!(rules.longest_cap(), HOUR * 2);
        let at = |profile: &Profile| -> Vec<i64> {
            profile.contacts.iter().map(|contact| contact.at.as_micros() / 1_000_000).collect()
        };
        let with_a_late_one = [(0, "a b"), (10_000, "a b"), (9000, "[a per_user_cap] b")];
        assert_eq!(at(&check(&rules, &with_a_late_one)), [0, 0, 9000, 10_000, 10_000]);
        let profile = check(&rules, &[(0, "a b"), (10_000, "a b"), (20_000, "a b")]);
        assert_eq!(at(&profile), [10_000, 10_000, 20_000, 20_000]);
        let counted: Vec<bool> = profile.contacts.iter().map(|contact| contact.counted).collect();
        assert_eq!(counted, [false, true, false, true]);
    }

    #[test]
    fn an_event_that_comes_late_still_finds_the_contacts_that_its_cap_counts() {
        let twice = Some(Cap { count: 2, per: HOUR * 2 });
        let rules = rules(vec![scenario("a", 50, Purpose::Service, twice)], Vec::new());
        check(&rules, &[(0, "a"), (7300, "a"), (7100, "[a per_user_cap]")]);
    }

    #[test]
    fn decisions_already_there_are_left_alone() {
        let rules = rules(vec![scenario("a", 50, Purpose::Service, None)], Vec::new());
        let directory = Directory::default();
        let context = Context { directory: &directory, lookup: true, warm: true };
        let earlier = Decision { scenario: 9, outcome: Outcome::Withheld(Reason::Expired) };
        let (mut profile, mut decisions) = (Profile::default(), vec![earlier]);
        rules.decide(&dials(0), &mut profile, context, &mut decisions);
        assert_eq!(decisions, [earlier, Decision { scenario: 0, outcome: Outcome::Offer }]);
        assert!(profile.contacts.is_empty(), "nothing is capped, so nothing need be remembered");
    }
}

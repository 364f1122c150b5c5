use std::path::Path;
use std::time::Duration;

use event::Kind;

use super::*;
use crate::policy::Policy;
use crate::scenario::{Cap, Conversion, Delay, Purpose, Send, Step, Trigger, Until};
use crate::testing;

const HOUR: Duration = Duration::from_secs(3600);

fn scenario(name: &str, priority: u8, purpose: Purpose, per_subscriber: Option<Cap>) -> Scenario {
    let mut scenario = Scenario::new(name, purpose, Trigger::Ussd(Vec::new()), Send::sms("text"));
    scenario.priority = priority;
    scenario.limits.per_subscriber = per_subscriber;
    scenario
}

fn rules(scenarios: Vec<Scenario>, caps: Vec<Cap>) -> RuleSet {
    let caps = caps.into_iter().map(Into::into).collect();
    let policy = Policy { caps, opt_in: Vec::new(), ..Policy::default() };
    RuleSet::new(scenarios, policy, "0123456789abcdef".to_owned())
}

fn dials(seconds: i64) -> Event {
    testing::event(seconds, Kind::Ussd { code: "*100#".parse().unwrap() })
}

/// What comes of dialling a code at these seconds: scenarios in order, those withheld in brackets.
fn check(rules: &RuleSet, expected: &[(i64, &str)]) -> Profile {
    let directory = Directory::parse(Path::new("s.csv"), "imsi,msisdn\n460001234567890,13900000001\n".into()).unwrap();
    let context = Context { directory: &directory, lookup: false, warm: true, areas: Areas::none() };
    let (mut profile, mut decisions) = (Profile::default(), Vec::new());
    for (seconds, expected) in expected {
        decisions.clear();
        rules.decide(&dials(*seconds), &mut profile, context, &mut decisions);
        let show = |decision: &Decision| {
            let name = &rules.scenarios()[decision.scenario as usize].name;
            match decision.outcome {
                Outcome::Offer => name.to_string(),
                Outcome::Withheld(reason) => format!("[{name} {reason}]"),
                Outcome::Held(until) => format!("({name} held for {} s)", until.since(decision.at).as_secs()),
                Outcome::Converted(group, variant) => format!("({name} {} {variant})", group.name()),
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
fn an_offer_may_wait_and_its_success_is_told_once_in_either_group() {
    let mut delayed = scenario("late", 50, Purpose::Service, None);
    delayed.delay = Some(Delay { until: Until::After(HOUR), unless: Step(Vec::new()), still_here: false });
    let mut hopeful = scenario("hope", 50, Purpose::Marketing, None);
    let step = Trigger::Ussd(Vec::new()).into();
    hopeful.conversion = Some(Conversion { step, within: HOUR });
    let set = |scenario: &Scenario| rules(vec![scenario.clone()], Vec::new());
    check(&set(&delayed), &[(0, ""), (600, ""), (3600, "late"), (3601, ""), (7200, "late")]);
    // What converts is an offer's trigger as well.
    check(&set(&hopeful), &[(0, "hope"), (3599, "(hope offered 0) hope"), (7199, "hope")]);
    hopeful.limits.control = 10_000;
    check(&set(&hopeful), &[(0, "[hope control_group]"), (9, "(hope control 0) [hope control_group]")]);
}

#[test]
fn our_own_messages_and_protected_people_trigger_nothing() {
    let received = Trigger::Sms { direction: None, numbers: Vec::new() };
    let set = vec![Scenario::new("sms", Purpose::Service, received, Send::sms("text"))];
    let message = Kind::Sms { direction: Direction::In, peer: "1065712580".parse().ok() };
    let event = Event { kind: message, ..dials(0) };
    let decided = |policy: Policy| {
        let rules = RuleSet::new(set.clone(), policy, String::new());
        let (directory, mut profile, mut decisions) = (Directory::default(), Profile::default(), Vec::new());
        let context = Context { directory: &directory, lookup: true, warm: true, areas: Areas::none() };
        rules.decide(&event, &mut profile, context, &mut decisions);
        (decisions.len(), profile.last_seen.is_some())
    };
    let ours = crate::scenario::NumberPattern::Prefix("10657".parse().unwrap());
    let protected = crate::lists::SubscriberList::new("staff", event.imsi, None);
    assert_eq!(decided(Policy::default()), (1, true));
    assert_eq!(decided(Policy { senders: vec![ours], ..Policy::default() }), (0, true));
    assert_eq!(decided(Policy { protected: Some(protected.into()), ..Policy::default() }), (0, false));
}

#[test]
fn decisions_already_there_are_left_alone() {
    let rules = rules(vec![scenario("a", 50, Purpose::Service, None)], Vec::new());
    let directory = Directory::default();
    let context = Context { directory: &directory, lookup: true, warm: true, areas: Areas::none() };
    let at = Timestamp::from_seconds(0);
    let earlier = Decision { scenario: 9, at, since: at, outcome: Outcome::Withheld(Reason::Expired) };
    let (mut profile, mut decisions) = (Profile::default(), vec![earlier]);
    rules.decide(&dials(0), &mut profile, context, &mut decisions);
    assert_eq!(decisions, [earlier, Decision { scenario: 0, at, since: at, outcome: Outcome::Offer }]);
    assert!(profile.contacts.is_empty(), "nothing is capped, so nothing need be remembered");
}

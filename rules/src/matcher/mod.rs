//! From an event to decisions, through an index that only looks at scenarios which the event can concern, and through
//! what the subscriber's earlier events have begun.

mod index;
mod live;
mod numbers;
mod occurrence;
mod passage;
mod pattern;
mod set;
mod shared;

use std::time::Duration;

use event::{Binding, Event, Imsi, Plmn, Timestamp};

pub use self::live::{Live, MARKS_LIMIT, Mark, Slot, SlotKind};
pub use self::passage::{NO_PATTERN, Passage, PatternId};
pub use self::set::RuleSet;

use self::occurrence::Occurrence;
use self::pattern::Moment;
use crate::lists::Directory;
use crate::policy::{self, Case, Home, Person, Reason};
use crate::profile::{Change, Contact, Profile};
use crate::scenario::{Purpose, Scenario};

/// How late an event may come and still find all contacts that its caps count.
const LATE: Duration = Duration::from_secs(3600);

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

/// What came of one scenario that an event triggered or ended, or whose time was up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Index into [`RuleSet::scenarios`].
    pub scenario: u32,
    /// When: that of the event, or when the time was up.
    pub at: Timestamp,
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

/// Where the subscriber is at home, and what else holds for all that one event or one moment leads to.
struct Circumstances<'a> {
    imsi: Imsi,
    binding: Binding,
    at: Timestamp,
    context: Context<'a>,
}

impl RuleSet {
    /// Ends what is due by the time of the event, takes it into the profile, and appends a decision for each scenario
    /// that it triggers, highest priority first (then by name), and for each that it ends. Offers are entered in
    /// `profile.contacts`. An event without IMSI triggers nothing.
    ///
    /// Allocates nothing but room in `decisions`, `profile.contacts` and `profile.live`.
    pub fn decide(&self, event: &Event, profile: &mut Profile, context: Context<'_>, decisions: &mut Vec<Decision>) {
        let Some(imsi) = event.imsi else { return };
        self.wake(imsi, event.at, profile, context, decisions);
        let change = profile.observe(event, context.warm);
        let serving = serving(&change, profile);
        let home = Home::new(&self.policy, &serving);
        let occurrence = Occurrence::new(event, imsi, &change, &home);
        let before = decisions.len();
        self.happen(event, &occurrence, &change, &mut profile.live, decisions);
        let circumstances = Circumstances { imsi, binding: event.binding, at: event.at, context };
        self.judge(&circumstances, &home, profile, decisions, before);
    }

    /// Decides about what is due for a subscriber up to `upto` without any event: in order of time, then of priority.
    /// To be called when packet time has come so far; [`RuleSet::decide`] does so itself.
    pub fn wake(
        &self,
        imsi: Imsi,
        upto: Timestamp,
        profile: &mut Profile,
        context: Context<'_>,
        decisions: &mut Vec<Decision>,
    ) {
        while let Some((due, mark)) = self.next_due(profile).filter(|(due, _)| *due <= upto) {
            let before = decisions.len();
            let gone = self.gone(profile);
            let Some(pattern) = self.pattern(mark.rank) else {
                profile.live.of(mark.rank).clear(mark.slot);
                continue;
            };
            let mut marks = profile.live.of(mark.rank);
            pattern.elapse(&mut marks, &mark, due, gone, |at, ending| decisions.push(ended(mark.rank, at, ending)));
            let serving = profile.cell.plmn.or(profile.lai.map(|lai| lai.plmn));
            let home = Home::new(&self.policy, &serving);
            // Doubtful events begin nothing.
            let circumstances = Circumstances { imsi, binding: Binding::Mapped, at: due, context };
            self.judge(&circumstances, &home, profile, decisions, before);
        }
    }

    /// When [`RuleSet::wake`] has something to decide about the subscriber, if nothing happens before. Costs nothing
    /// where nothing has begun.
    pub fn due(&self, profile: &Profile) -> Option<Timestamp> {
        self.next_due(profile).map(|(due, _)| due)
    }

    /// Makes `profile.live` anew, as these facts up to `now`, oldest first, lead to it under this set: for a scenario
    /// that was not there before knows what has happened. Decides nothing. A first sighting before `warm_from` is a
    /// baseline.
    pub fn derive<'e>(
        &self,
        facts: impl IntoIterator<Item = &'e Event>,
        warm_from: Timestamp,
        now: Timestamp,
        profile: &mut Profile,
    ) {
        let mut past = Profile::default();
        let mut ended = Vec::new();
        for event in facts {
            let Some(imsi) = event.imsi else { continue };
            self.elapse(&mut past, event.at);
            let change = past.observe(event, event.at >= warm_from);
            let serving = serving(&change, &past);
            let occurrence = Occurrence::new(event, imsi, &change, &Home::new(&self.policy, &serving));
            self.happen(event, &occurrence, &change, &mut past.live, &mut ended);
            ended.clear();
        }
        self.elapse(&mut past, now);
        profile.live = past.live;
    }

    fn elapse(&self, profile: &mut Profile, upto: Timestamp) {
        while let Some((due, mark)) = self.next_due(profile).filter(|(due, _)| *due <= upto) {
            let gone = self.gone(profile);
            let mut marks = profile.live.of(mark.rank);
            match self.pattern(mark.rank) {
                Some(pattern) => pattern.elapse(&mut marks, &mark, due, gone, |_, _| {}),
                None => marks.clear(mark.slot),
            }
        }
    }

    /// The mark whose time is up first.
    fn next_due(&self, profile: &Profile) -> Option<(Timestamp, Mark)> {
        if profile.live.is_empty() {
            return None;
        }
        let gone = self.gone(profile);
        let due = |mark: &Mark| {
            let due =
                self.pattern(mark.rank).map_or(Some(Timestamp::MIN), |pattern| pattern.due(&profile.live, mark, gone));
            due.map(|due| (due, *mark))
        };
        profile.live.marks().iter().filter_map(due).min()
    }

    /// From when on the subscriber is not present, unless seen again before.
    fn gone(&self, profile: &Profile) -> Timestamp {
        let lac = profile.cell.lac.or(profile.lai.map(|lai| lai.lac));
        match profile.last_seen {
            Some(seen) if !profile.detached => seen + self.policy.t3212.presence(lac),
            Some(seen) => seen,
            None => Timestamp::MIN,
        }
    }

    /// Appends what the event ends and triggers, in order of rank; a rank stands in for the scenario.
    fn happen(
        &self,
        event: &Event,
        occurrence: &Occurrence,
        change: &Change,
        live: &mut Live,
        decisions: &mut Vec<Decision>,
    ) {
        // The triggers that fit stand before what comes of them until that is known.
        let first = decisions.len();
        self.index.triggered(occurrence, |trigger| decisions.push(ended(trigger, event.at, None)));
        let Some(triggered) = decisions.get_mut(first..) else { return };
        triggered.sort_unstable_by_key(|decision| decision.scenario);
        let last = decisions.len();
        let is_evidence = event.binding != Binding::Suspect;
        if first == last && (live.is_empty() || !is_evidence) {
            return;
        }
        let moment = Moment::new(event, change);
        let (mut next, mut from) = (first, 0);
        loop {
            let happening = decisions.get(next).filter(|_| next < last).and_then(|hit| self.happening(hit.scenario));
            let begun = live.next_rank(from).filter(|_| is_evidence);
            let Some(rank) = happening.map(|(rank, _)| rank).into_iter().chain(begun).min() else { break };
            let mut triggered = 0;
            while let Some((_, bit)) = decisions
                .get(next)
                .filter(|_| next < last)
                .and_then(|hit| self.happening(hit.scenario))
                .filter(|(of, _)| *of == rank)
            {
                triggered |= bit;
                next += 1;
            }
            match self.pattern(rank) {
                None if triggered != 0 => decisions.push(ended(rank, event.at, None)),
                Some(pattern) if is_evidence => {
                    let end = |at, ending| decisions.push(ended(rank, at, ending));
                    pattern.happen(&mut live.of(rank), triggered, &moment, end);
                }
                _ => {}
            }
            from = rank + 1;
        }
        decisions.drain(first..last);
    }

    /// Puts the scenario in the place of its rank in the decisions from `from` on, and lets those pass the gates that
    /// are to be offers.
    fn judge(
        &self,
        circumstances: &Circumstances<'_>,
        home: &Home<'_>,
        profile: &mut Profile,
        decisions: &mut [Decision],
        from: usize,
    ) {
        let Some(decisions) = decisions.get_mut(from..).filter(|decisions| !decisions.is_empty()) else { return };
        let person = circumstances.person(home);
        let local = self.policy.local(circumstances.at);
        profile.contacts.drain(..self.forgotten(&profile.contacts, circumstances.at));
        for decision in decisions {
            let Some((index, scenario, hash)) = self.ranked(decision.scenario) else { continue };
            decision.scenario = index;
            if decision.outcome != Outcome::Offer {
                continue;
            }
            let case = Case {
                policy: &self.policy,
                scenario,
                scenario_hash: hash,
                person: &person,
                contacts: &profile.contacts,
                at: circumstances.at,
                local,
            };
            match policy::first_refusal(&case) {
                Some(reason) => decision.outcome = Outcome::Withheld(reason),
                None => self.remember(scenario, hash, circumstances.at, profile),
            }
        }
    }

    /// How many of the oldest contacts no cap counts any more, not even for an event that comes late.
    fn forgotten(&self, contacts: &[Contact], at: Timestamp) -> usize {
        let since = at - self.longest_cap - LATE;
        contacts.partition_point(|contact| contact.at <= since)
    }

    fn remember(&self, scenario: &Scenario, hash: u64, at: Timestamp, profile: &mut Profile) {
        if self.longest_cap.is_zero() {
            return;
        }
        let contact = Contact { at, scenario: hash, counted: scenario.purpose != Purpose::Service };
        // An event that came late is not the newest.
        let place = profile.contacts.partition_point(|other| other.at <= contact.at);
        profile.contacts.insert(place, contact);
    }
}

impl<'a> Circumstances<'a> {
    fn person(&self, home: &Home<'_>) -> Person<'a> {
        let subscriber = self.context.directory.find(self.imsi);
        Person {
            imsi: self.imsi,
            binding: self.binding,
            origin: home.of_subscriber(self.imsi),
            subscriber,
            msisdn: subscriber.and_then(|subscriber| subscriber.msisdn()),
            lookup: self.context.lookup,
        }
    }
}

impl Moment {
    fn new(event: &Event, change: &Change) -> Self {
        Self {
            at: event.at,
            seen: change.seen.then_some(change.after),
            power_off: change.power_off,
            device_shown: change.device_shown,
            device_changed: change.device_before.is_some(),
        }
    }
}

/// The network of the place where the subscriber is.
fn serving(change: &Change, profile: &Profile) -> Option<Plmn> {
    change.after.plmn.or(profile.lai.map(|lai| lai.plmn))
}

fn ended(rank: u32, at: Timestamp, ending: Option<Reason>) -> Decision {
    Decision { scenario: rank, at, outcome: ending.map_or(Outcome::Offer, Outcome::Withheld) }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use event::{CellId, Interface, Kind};
    use jiff::tz::TimeZone;

    use super::*;
    use crate::policy::Policy;
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
            trigger: Trigger::Ussd(Vec::new()).into(),
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
            t3212: policy::Periodic::default(),
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
            after_reset: false,
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
        let at = Timestamp::from_seconds(0);
        let earlier = Decision { scenario: 9, at, outcome: Outcome::Withheld(Reason::Expired) };
        let (mut profile, mut decisions) = (Profile::default(), vec![earlier]);
        rules.decide(&dials(0), &mut profile, context, &mut decisions);
        assert_eq!(decisions, [earlier, Decision { scenario: 0, at, outcome: Outcome::Offer }]);
        assert!(profile.contacts.is_empty(), "nothing is capped, so nothing need be remembered");
    }
}

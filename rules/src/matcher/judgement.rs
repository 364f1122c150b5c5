//! From what was triggered to what is offered: the gates, what waits for the end of quiet hours, and what is remembered of it.

use std::time::Duration;

use event::Timestamp;
use thin_vec::ThinVec;

use super::{Circumstances, Decision, Group, Outcome, QUIETED, RuleSet};
use crate::policy::{self, Case, Home, Person, Reason};
use crate::profile::{Contact, Profile};
use crate::scenario::{Purpose, Scenario};

/// How late an event may come and still find all contacts that its caps count.
const LATE: Duration = Duration::from_secs(3600);

impl RuleSet {
    /// Puts the scenario in the place of its rank in the decisions from `from` on, and lets those pass the gates that
    /// are to be offers.
    pub(super) fn judge(
        &self,
        circumstances: &Circumstances<'_>,
        home: &Home<'_>,
        profile: &mut Profile,
        decisions: &mut [Decision],
        from: usize,
    ) {
        let Some(decisions) = decisions.get_mut(from..).filter(|decisions| !decisions.is_empty()) else { return };
        let concerned = decisions.iter().filter_map(|decision| self.ranked(decision.scenario));
        let targets = concerned.filter_map(|(_, scenario, _)| scenario.audience.target.as_ref());
        targets.for_each(|target| target.expect(circumstances.imsi));
        let person = circumstances.person(home, profile);
        let local = self.policy.local(circumstances.at);
        profile.contacts.drain(..self.forgotten(&profile.contacts, circumstances.at));
        for decision in decisions {
            let rank = decision.scenario;
            let Some((index, scenario, hashes)) = self.ranked(rank) else { continue };
            let [scenario_hash, campaign_hash] = hashes;
            decision.scenario = index;
            if decision.outcome != Outcome::Offer {
                continue;
            }
            let case = Case {
                policy: &self.policy,
                scenario,
                scenario_hash,
                campaign_hash,
                person: &person,
                contacts: &profile.contacts,
                at: circumstances.at,
                is_held: circumstances.is_held,
                local,
            };
            let refusal = policy::first_refusal(&case);
            let held_until = self.quiet_hold(refusal, scenario, circumstances.at);
            if let Some(until) = held_until.filter(|_| profile.live.of(rank).begin(QUIETED, circumstances.at)) {
                decision.outcome = Outcome::Held(until);
                continue;
            }
            match refusal {
                Some(reason) => decision.outcome = Outcome::Withheld(reason),
                None => self.remember(scenario, hashes, &person, circumstances.at, &mut profile.contacts),
            }
            let variant = scenario.variant_of(circumstances.imsi).map_or(0, |(place, _)| place);
            let group = match refusal {
                None => Group::Offered,
                Some(Reason::ControlGroup) => Group::Control,
                Some(_) => continue,
            };
            if let Some(pattern) = self.pattern(rank) {
                pattern.watch(&mut profile.live.of(rank), group, variant, circumstances.at);
            }
        }
    }

    /// How many of the oldest contacts no cap counts any more, not even for an event that comes late.
    fn forgotten(&self, contacts: &[Contact], at: Timestamp) -> usize {
        let since = at - self.longest_cap - LATE;
        contacts.partition_point(|contact| contact.at <= since)
    }

    /// Until when an offer that is refused for quiet hours waits instead: it must not expire before.
    fn quiet_hold(&self, refusal: Option<Reason>, scenario: &Scenario, at: Timestamp) -> Option<Timestamp> {
        let holds = self.policy.holds && refusal == Some(Reason::QuietHours);
        let ends = holds.then(|| self.policy.quiet_ends(at));
        ends.filter(|ends| *ends <= at + scenario.limits.expires)
    }

    fn remember(
        &self,
        scenario: &Scenario,
        [hash, campaign]: [u64; 2],
        person: &Person<'_>,
        at: Timestamp,
        contacts: &mut ThinVec<Contact>,
    ) {
        if self.longest_cap.is_zero() {
            return;
        }
        let contact = Contact {
            at,
            scenario: hash,
            campaign,
            counted: scenario.purpose != Purpose::Service,
            kind: scenario.send_to(person.imsi).message.kind(),
            parts: scenario.parts(&self.policy, person),
        };
        // An event that came late is not the newest.
        let place = contacts.partition_point(|other| other.at <= contact.at);
        contacts.insert(place, contact);
    }
}

impl<'a> Circumstances<'a> {
    fn person(&self, home: &Home<'_>, profile: &Profile) -> Person<'a> {
        Person::new(self.imsi, self.binding, home.of_subscriber(self.imsi), profile, self.context)
    }
}

//! Whom an offer may go to, and when: each gate as its definition says.

use event::Binding;
use rules::Reason;
use rules::scenario::{Cap, ContactCap, Message, Origin, Purpose, Scenario, Scope, Send, Text, Unit};

use super::Oracle;
use super::calendar::{is_on, number, quiet_ends};
use super::moment::Moment;
use crate::draw::Person;

impl Oracle<'_> {
    pub(super) fn refusal(
        &self,
        scenario: &Scenario,
        person: &Person,
        moment: &Moment<'_>,
        is_held: bool,
    ) -> Option<Reason> {
        let policy = self.world.rules.policy();
        let at = moment.event.at;
        let marketing = scenario.purpose != Purpose::Service;
        let listed = |list: &std::sync::Arc<rules::lists::SubscriberList>| self.world.is_on(list, person);
        // The zone is eight hours ahead of UTC all year; 1 January 1970 was a Thursday.
        let local = at.as_micros().div_euclid(1_000_000) + 8 * 3600;
        let (day, second) = (local.div_euclid(86_400), local.rem_euclid(86_400));
        let seconds = |time: jiff::civil::Time| i64::from(time.hour()) * 3600;
        let within = |(from, to): (i64, i64), second: i64| (from <= second) && (second < to);
        let on = |day: i64| is_on(self.world, scenario, day);
        let opens = |from: jiff::civil::Time, to: jiff::civil::Time, day_of_span: i64| {
            let length = (seconds(to) - seconds(from)).rem_euclid(86_400);
            let begin = day_of_span * 86_400 + seconds(from);
            within((begin, begin + length), day * 86_400 + second)
        };
        let in_hours = match scenario.schedule.hours.is_empty() {
            true => on(day),
            false => scenario
                .schedule
                .hours
                .iter()
                .any(|(from, to)| [day - 1, day].into_iter().any(|begun| opens(*from, *to, begun) && on(begun))),
        };
        let valid = scenario.schedule.validity.is_none_or(|(first, last)| number(first) <= day && day <= number(last));
        let received = |per, counts: &dyn Fn(&Scenario) -> bool| -> Vec<&Scenario> {
            let mine = self.offers_to(person.imsi);
            mine.filter(|(offer, by)| offer.at > at - per && counts(by)).map(|(_, by)| *by).collect()
        };
        let reached =
            |cap: &Cap, counts: &dyn Fn(&Scenario) -> bool| received(cap.per, counts).len() >= cap.count as usize;
        let capped = |scope: Scope, counts: &dyn Fn(&Scenario) -> bool| {
            let own = policy.caps.iter().filter(|cap| cap.scope == scope);
            let counts = |by: &Scenario| by.purpose != Purpose::Service && counts(by);
            let exceeds = |cap: &ContactCap| match cap.unit {
                Unit::Offers => reached(&cap.cap, &counts),
                Unit::Parts => {
                    let parts = received(cap.cap.per, &counts).into_iter().map(|by| parts(by, person)).sum::<usize>();
                    parts + self::parts(scenario, person) > cap.cap.count as usize
                }
            };
            marketing && own.into_iter().any(exceeds)
        };
        let kind = send_of(scenario).message.kind();
        let in_segment = |segment: &std::sync::Arc<rules::scenario::Audience>| {
            segment.target.as_ref().is_none_or(listed)
                && !segment.exclude.iter().any(listed)
                && segment.tags.iter().all(|(_, values)| values.iter().any(|value| value == person.brand))
        };
        let segments = &scenario.audience.segments;
        let checks = [
            (Reason::SuspectIdentity, moment.event.binding == Binding::Suspect),
            (Reason::OutsideValidity, !valid),
            (Reason::OutsideHours, !in_hours && !is_held),
            (
                Reason::Machine,
                !scenario.audience.machines
                    && policy.machines.iter().any(|prefix| {
                        let digits = prefix.digits() as usize;
                        person.imsi.to_string()[..digits] == format!("{:0digits$}", prefix.value())
                    }),
            ),
            (Reason::NotInTarget, scenario.audience.target.as_ref().is_some_and(|list| !listed(list))),
            (Reason::Excluded, scenario.audience.exclude.iter().any(listed)),
            (
                Reason::NotInAudience,
                !scenario.audience.tags.is_empty() && person.brand != "gotone"
                    || !scenario.audience.origins.is_empty() && moment.home_of(person.imsi) != Some(Origin::Home)
                    || scenario.audience.device.as_ref().is_some_and(|list| {
                        moment.device_now().is_none_or(|device| list.tacs().all(|tac| tac != device.tac()))
                    }),
            ),
            (Reason::NotInSegment, !segments.is_empty() && !segments.iter().any(in_segment)),
            (Reason::NotInSample, scenario.audience.sample == Some(0)),
            (Reason::DoNotDisturb, marketing && policy.do_not_disturb.as_ref().is_some_and(listed)),
            (
                Reason::NoConsent,
                marketing && policy.opt_in.contains(&scenario.purpose) && !person.consent.contains(&scenario.purpose),
            ),
            (Reason::ControlGroup, marketing && (policy.universal_control > 0 || scenario.limits.control > 0)),
            (
                Reason::AfterEmergency,
                marketing && moment.called_for_help().is_some_and(|called| at < called + policy.after_emergency),
            ),
            (Reason::QuietHours, marketing && !is_held && policy.quiet.is_some() && quiet_ends(self.world, at) > at),
            (
                Reason::PerUserCap,
                scenario.limits.per_subscriber.as_ref().is_some_and(|cap| reached(cap, &|by| by.name == scenario.name)),
            ),
            (Reason::CampaignCap, capped(Scope::Campaign, &|by| by.campaign == scenario.campaign)),
            (Reason::GlobalCap, capped(Scope::All, &|_| true)),
            (Reason::ChannelCap, capped(Scope::Kind(kind), &|by| send_of(by).message.kind() == kind)),
            (Reason::ValueUnknown, words_of(scenario, person).values().next().is_some() && person.brand.is_empty()),
            (Reason::Trial, policy.trial.as_ref().is_some_and(|list| !listed(list))),
            (Reason::NoAddress, person.msisdn.is_none() && !self.world.lookup),
        ];
        checks.into_iter().find(|(_, refuses)| *refuses).map(|(reason, _)| reason)
    }
}

/// What everybody is sent, or those of the variant that has all of them.
fn send_of(scenario: &Scenario) -> &Send {
    let variant = scenario.variants.iter().find(|variant| variant.share > 0);
    variant.map_or(&scenario.send, |variant| &variant.send)
}

/// The text in the language of the person: in these cases that is the brand.
fn words_of<'s>(scenario: &'s Scenario, person: &Person) -> &'s Text {
    let send = send_of(scenario);
    let own = send.languages.iter().find(|(language, _)| language.to_lowercase() == person.brand);
    match (own, &send.message) {
        (Some((_, text)), _) => text,
        (None, Message::Sms(text) | Message::WapPush { title: text, .. }) => text,
    }
}

/// How many short messages the offer takes. Long texts are of 71 characters that GSM 7 bit does not have.
fn parts(scenario: &Scenario, person: &Person) -> usize {
    if words_of(scenario, person).longest(|_| 0) > 70 { 2 } else { 1 }
}

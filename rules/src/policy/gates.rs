//! The gates between a trigger and an offer, as a table in the order in which they are asked.

use event::{Binding, CellId, Imei, Imsi, Number, Timestamp};
use jiff::civil::{DateTime, Time};
use jiff::tz::TimeZone;

use super::control::{in_control, in_sample, in_universal_control};
use super::{CONTACTS_LIMIT, Policy, Reason};
use crate::lists::Subscriber;
use crate::matcher::Context;
use crate::profile::{Contact, Profile};
use crate::scenario::{Audience, Cap, Origin, Purpose, Scenario, Scope, Unit};

/// Whom an event is about: the same for all scenarios that it triggers.
#[derive(Clone, Copy, Debug)]
pub struct Person<'a> {
    /// The subscriber.
    pub imsi: Imsi,
    /// How the subscriber is known.
    pub binding: Binding,
    /// Where the subscriber is at home, where that is known.
    pub origin: Option<Origin>,
    /// The row of the subscriber file.
    pub subscriber: Option<Subscriber<'a>>,
    /// The number in that row.
    pub msisdn: Option<Number>,
    /// Whether a look-up hook may find a number where the file has none.
    pub lookup: bool,
    /// The device last seen.
    pub device: Option<Imei>,
    /// Where last seen.
    pub cell: CellId,
    /// The last call for help.
    pub emergency: Option<Timestamp>,
}

impl<'a> Person<'a> {
    /// As the profile and the subscriber file know them.
    pub fn new(imsi: Imsi, binding: Binding, origin: Option<Origin>, profile: &Profile, context: Context<'a>) -> Self {
        let subscriber = context.directory.find(imsi);
        Self {
            imsi,
            binding,
            origin,
            subscriber,
            msisdn: subscriber.and_then(|subscriber| subscriber.msisdn()),
            lookup: context.lookup,
            device: profile.imei,
            cell: profile.cell.cell(),
            emergency: profile.emergency,
        }
    }
}

/// One scenario triggered for one person at one time.
#[derive(Clone, Copy, Debug)]
pub struct Case<'a> {
    /// The policy over all scenarios.
    pub policy: &'a Policy,
    /// The scenario.
    pub scenario: &'a Scenario,
    /// [`super::scenario_hash`] of its name.
    pub scenario_hash: u64,
    /// The same of its campaign's.
    pub campaign_hash: u64,
    /// The person.
    pub person: &'a Person<'a>,
    /// Offers made to the person, oldest first, none older than the longest cap.
    pub contacts: &'a [Contact],
    /// When.
    pub at: Timestamp,
    /// Whether its offer has waited for the end of quiet hours: that its time of day was right was asked before.
    pub is_held: bool,
    /// The same in the policy's time zone: see [`Policy::local`].
    pub local: DateTime,
}

/// What a gate says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The offer may pass.
    Passes,
    /// The offer is withheld.
    Refuses,
    /// Not known before the offer has its place among those of all subscribers.
    DecidedLater,
}

type Gate = Option<fn(&Case<'_>) -> bool>;

/// Each reason and whether it holds; without a test where it is decided behind the shards.
const GATES: [(Reason, Gate); 24] = [
    (Reason::SuspectIdentity, Some(suspect_identity)),
    (Reason::OutsideValidity, Some(outside_validity)),
    (Reason::OutsideHours, Some(outside_hours)),
    (Reason::Machine, Some(machine)),
    (Reason::NotInTarget, Some(not_in_target)),
    (Reason::Excluded, Some(excluded)),
    (Reason::NotInAudience, Some(not_in_audience)),
    (Reason::NotInSegment, Some(not_in_segment)),
    (Reason::NotInSample, Some(not_in_sample)),
    (Reason::DoNotDisturb, Some(do_not_disturb)),
    (Reason::NoConsent, Some(no_consent)),
    (Reason::ControlGroup, Some(control_group)),
    (Reason::AfterEmergency, Some(after_emergency)),
    (Reason::QuietHours, Some(quiet_hours)),
    (Reason::PerUserCap, Some(per_user_cap)),
    (Reason::CampaignCap, Some(campaign_cap)),
    (Reason::GlobalCap, Some(global_cap)),
    (Reason::ChannelCap, Some(channel_cap)),
    (Reason::ValueUnknown, Some(value_unknown)),
    (Reason::Trial, Some(trial)),
    (Reason::TotalReached, None),
    (Reason::BudgetSpent, None),
    (Reason::NoAddress, Some(no_address)),
    (Reason::Expired, None),
];

/// The gates, in the order in which they are asked.
pub fn gates() -> impl Iterator<Item = Reason> {
    GATES.iter().map(|(reason, _)| *reason)
}

/// The first gate that refuses.
pub fn first_refusal(case: &Case<'_>) -> Option<Reason> {
    GATES.iter().find(|(_, gate)| gate.is_some_and(|refuses| refuses(case))).map(|(reason, _)| *reason)
}

/// Every gate with its verdict, in order.
pub fn explain<'a>(case: &'a Case<'a>) -> impl Iterator<Item = (Reason, Verdict)> + 'a {
    GATES.iter().map(|(reason, gate)| {
        let verdict = match gate {
            Some(refuses) if refuses(case) => Verdict::Refuses,
            Some(_) => Verdict::Passes,
            None => Verdict::DecidedLater,
        };
        (*reason, verdict)
    })
}

impl Policy {
    /// Date and time of day in the policy's time zone: what the clocks on the wall showed, summer time included.
    pub fn local(&self, at: Timestamp) -> DateTime {
        local(&self.timezone, at)
    }
}

/// Date and time of day in a time zone.
pub(crate) fn local(zone: &TimeZone, at: Timestamp) -> DateTime {
    let beyond = if at.as_micros() < 0 { jiff::Timestamp::MIN } else { jiff::Timestamp::MAX };
    zone.to_datetime(jiff::Timestamp::from_microsecond(at.as_micros()).unwrap_or(beyond))
}

fn suspect_identity(case: &Case<'_>) -> bool {
    matches!(case.person.binding, Binding::Suspect | Binding::Unresolved)
}

fn outside_validity(case: &Case<'_>) -> bool {
    let today = case.local.date();
    case.scenario.schedule.validity.is_some_and(|(first, last)| today < first || today > last)
}

/// Hours over midnight belong to the day on which they begin: Friday 22:00 to 02:00 holds on Saturday at 01:00.
fn outside_hours(case: &Case<'_>) -> bool {
    let schedule = &case.scenario.schedule;
    let today = case.local.date();
    let in_force = |day: Day| match day {
        Day::Today => schedule.is_on(today, &case.policy.calendar),
        Day::Yesterday => today.yesterday().is_ok_and(|day| schedule.is_on(day, &case.policy.calendar)),
    };
    match schedule.hours.is_empty() {
        _ if case.is_held => false,
        true => !in_force(Day::Today),
        false => !schedule.hours.iter().any(|hours| day_of(*hours, case.local.time()).is_some_and(in_force)),
    }
}

/// The day on which a span of hours began.
#[derive(Clone, Copy)]
enum Day {
    Today,
    Yesterday,
}

/// When the span that holds `time` began, if it holds it. A span that ends when it begins is a whole day.
fn day_of((from, to): (Time, Time), time: Time) -> Option<Day> {
    let over_midnight = from >= to;
    if time >= from && (over_midnight || time < to) {
        Some(Day::Today)
    } else if over_midnight && time < to {
        Some(Day::Yesterday)
    } else {
        None
    }
}

/// Whether a span of hours holds a time of day.
pub(super) fn is_within(span: (Time, Time), time: Time) -> bool {
    day_of(span, time).is_some()
}

fn machine(case: &Case<'_>) -> bool {
    !case.scenario.audience.machines && case.policy.machines.iter().any(|prefix| prefix.begins(case.person.imsi))
}

fn not_in_target(case: &Case<'_>) -> bool {
    !case.person.is_target(&case.scenario.audience)
}

fn excluded(case: &Case<'_>) -> bool {
    case.person.is_excluded(&case.scenario.audience)
}

fn not_in_audience(case: &Case<'_>) -> bool {
    !case.person.is_like(&case.scenario.audience)
}

fn not_in_segment(case: &Case<'_>) -> bool {
    let (person, segments) = (case.person, &case.scenario.audience.segments);
    let belongs =
        |segment: &Audience| person.is_target(segment) && !person.is_excluded(segment) && person.is_like(segment);
    !segments.is_empty() && !segments.iter().any(|segment| belongs(segment))
}

impl Person<'_> {
    fn is_target(&self, audience: &Audience) -> bool {
        audience.target.as_ref().is_none_or(|list| list.contains(self.imsi, self.msisdn))
    }

    fn is_excluded(&self, audience: &Audience) -> bool {
        audience.exclude.iter().any(|list| list.contains(self.imsi, self.msisdn))
    }

    /// Whether tags, home and handset are as an audience wants them.
    fn is_like(&self, audience: &Audience) -> bool {
        let has_tag = |(column, values): &(String, Vec<String>)| {
            let value = self.subscriber.and_then(|subscriber| subscriber.tag(column));
            value.is_some_and(|value| values.iter().any(|wanted| wanted == value))
        };
        let has_origin = || self.origin.is_some_and(|origin| audience.origins.contains(&origin));
        let has_device = || {
            let list = audience.device.as_ref();
            list.is_none_or(|list| self.device.is_some_and(|device| list.contains(device)))
        };
        audience.tags.iter().all(has_tag) && (audience.origins.is_empty() || has_origin()) && has_device()
    }
}

fn not_in_sample(case: &Case<'_>) -> bool {
    let sample = case.scenario.audience.sample;
    sample.is_some_and(|share| !in_sample(case.person.imsi, &case.scenario.name, share))
}

fn do_not_disturb(case: &Case<'_>) -> bool {
    let list = case.policy.do_not_disturb.as_ref().filter(|_| !is_service(case));
    list.is_some_and(|list| list.contains(case.person.imsi, case.person.msisdn))
}

/// Service messages stand outside consent, control groups, quiet hours and the caps over all scenarios.
fn is_service(case: &Case<'_>) -> bool {
    case.scenario.purpose == Purpose::Service
}

fn no_consent(case: &Case<'_>) -> bool {
    let purpose = case.scenario.purpose;
    let agreed = || case.person.subscriber.is_some_and(|subscriber| subscriber.consents(purpose));
    !is_service(case) && case.policy.opt_in.contains(&purpose) && !agreed()
}

fn control_group(case: &Case<'_>) -> bool {
    let imsi = case.person.imsi;
    !is_service(case)
        && (in_universal_control(imsi, case.policy.universal_control)
            || in_control(imsi, &case.scenario.name, case.scenario.limits.control))
}

/// A call for help that the event comes before, late as it is, counts too.
fn after_emergency(case: &Case<'_>) -> bool {
    let until = case.person.emergency.map(|called| called + case.policy.after_emergency);
    !is_service(case) && until.is_some_and(|until| case.at < until)
}

fn quiet_hours(case: &Case<'_>) -> bool {
    let is_quiet = || case.policy.quiet.is_some_and(|quiet| is_within(quiet, case.local.time()));
    !is_service(case) && !case.is_held && is_quiet()
}

fn per_user_cap(case: &Case<'_>) -> bool {
    let cap = case.scenario.limits.per_subscriber;
    cap.is_some_and(|cap| reached(cap, Unit::Offers, case, |contact| contact.scenario == case.scenario_hash))
}

fn campaign_cap(case: &Case<'_>) -> bool {
    capped(case, Scope::Campaign, |contact| contact.campaign == case.campaign_hash)
}

fn channel_cap(case: &Case<'_>) -> bool {
    let kind = case.scenario.send_to(case.person.imsi).message.kind();
    capped(case, Scope::Kind(kind), |contact| contact.kind == kind)
}

fn global_cap(case: &Case<'_>) -> bool {
    case.contacts.len() >= CONTACTS_LIMIT || capped(case, Scope::All, |_| true)
}

/// Whether a cap of the policy of this scope is reached. Of what a subscriber received only marketing counts.
fn capped(case: &Case<'_>, scope: Scope, counts: impl Fn(&Contact) -> bool) -> bool {
    let mut caps = case.policy.caps.iter().filter(|cap| cap.scope == scope && !is_service(case));
    caps.any(|cap| reached(cap.cap, cap.unit, case, |contact| contact.counted && counts(contact)))
}

/// Whether the period that ends now has no room for the offer. A contact later than this event (which then came late) counts too:
/// there is a period that holds both.
fn reached(cap: Cap, unit: Unit, case: &Case<'_>, counts: impl Fn(&Contact) -> bool) -> bool {
    let since = case.at - cap.per;
    let recent = case.contacts.iter().rev().take_while(|contact| contact.at > since);
    let counted = recent.filter(|contact| counts(contact));
    match unit {
        Unit::Offers => counted.take(cap.count as usize).count() >= cap.count as usize,
        Unit::Parts => {
            let parts = counted.map(|contact| u32::from(contact.parts)).fold(0, u32::saturating_add);
            parts.saturating_add(case.parts().into()) > cap.count
        }
    }
}

fn value_unknown(case: &Case<'_>) -> bool {
    !case.can_be_worded()
}

fn trial(case: &Case<'_>) -> bool {
    case.policy.trial.as_ref().is_some_and(|list| !list.contains(case.person.imsi, case.person.msisdn))
}

fn no_address(case: &Case<'_>) -> bool {
    case.person.msisdn.is_none() && !case.person.lookup
}

#[cfg(test)]
mod tests;

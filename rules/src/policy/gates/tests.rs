//! What each gate lets pass and what it refuses.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::civil::{Date, Weekday, date, time};
use jiff::tz::TimeZone;

use super::*;
use crate::areas::Areas;
use crate::lists::TacList;
use crate::lists::{Directory, SubscriberList};
use crate::policy::{ImsiPrefix, scenario_hash};
use crate::scenario::{
    Calendar, ContactCap, Holidays, MessageKind, Schedule, Scope, Send, Text, Trigger, Value, Variable,
};

const HOUR: Duration = Duration::from_secs(3600);

/// A case that passes every gate, until a test changes something.
struct Fixture {
    policy: Policy,
    scenario: Scenario,
    subscribers: &'static str,
    binding: Binding,
    origin: Option<Origin>,
    lookup: bool,
    profile: Profile,
    contacts: Vec<Contact>,
    at: &'static str,
    is_held: bool,
}

fn fixture() -> Fixture {
    Fixture {
        policy: Policy { timezone: TimeZone::get("Asia/Shanghai").unwrap(), opt_in: Vec::new(), ..Policy::default() },
        scenario: Scenario::new("wanda", Purpose::Marketing, Trigger::PowerOn, Send::sms("text")),
        subscribers: "imsi,msisdn,brand,consent\n460001234567890,13900000001,gotone,marketing\n",
        binding: Binding::Mapped,
        origin: Some(Origin::Home),
        lookup: false,
        profile: Profile::default(),
        contacts: Vec::new(),
        // Friday 18:00 in Shanghai.
        at: "2009-07-10T10:00:00Z",
        is_held: false,
    }
}

fn contact(at: &str, scenario: &str, counted: bool) -> Contact {
    let scenario = scenario_hash(scenario);
    Contact { at: at.parse().unwrap(), scenario, campaign: scenario, counted, kind: MessageKind::Sms, parts: 1 }
}

fn list(imsi: &str, msisdn: &str) -> Arc<SubscriberList> {
    Arc::new(SubscriberList::new("vip", imsi.parse(), msisdn.parse()))
}

/// Which gates refuse the fixture after `change`.
fn check(change: impl FnOnce(&mut Fixture), expected: &[Reason]) {
    let mut fixture = fixture();
    change(&mut fixture);
    let directory = Directory::parse(Path::new("subscribers.csv"), fixture.subscribers.into()).unwrap();
    let imsi = "460001234567890".parse().unwrap();
    let at = fixture.at.parse().unwrap();
    let context = Context { directory: &directory, lookup: fixture.lookup, warm: true, areas: Areas::none() };
    let person = Person::new(imsi, fixture.binding, fixture.origin, &fixture.profile, context);
    let case = Case {
        policy: &fixture.policy,
        scenario: &fixture.scenario,
        scenario_hash: scenario_hash(&fixture.scenario.name),
        campaign_hash: scenario_hash(&fixture.scenario.campaign),
        person: &person,
        contacts: &fixture.contacts,
        at,
        is_held: fixture.is_held,
        local: fixture.policy.local(at),
    };
    let refusing: Vec<Reason> =
        explain(&case).filter(|(_, verdict)| *verdict == Verdict::Refuses).map(|(reason, _)| reason).collect();
    assert_eq!(refusing, expected);
    assert_eq!(first_refusal(&case), expected.first().copied());
}

#[test]
fn the_gates_are_asked_in_the_order_of_the_reasons() {
    assert!(Reason::ALL.starts_with(&GATES.map(|(reason, _)| reason)));
    check(|_| {}, &[]);
}

#[test]
fn a_doubtful_identity_is_refused() {
    check(|fixture| fixture.binding = Binding::Suspect, &[Reason::SuspectIdentity]);
    check(|fixture| fixture.binding = Binding::OnWire, &[]);
}

#[test]
fn validity_holds_from_its_first_to_its_last_day_in_the_policys_zone() {
    let valid = |at: &'static str, expected: &[Reason]| {
        let days = Some((date(2009, 7, 10), date(2009, 7, 11)));
        check(|fixture| (fixture.at, fixture.scenario.schedule.validity) = (at, days), expected);
    };
    valid("2009-07-09T15:59:59Z", &[Reason::OutsideValidity]);
    valid("2009-07-09T16:00:00Z", &[]);
    valid("2009-07-11T15:59:59Z", &[]);
    valid("2009-07-11T16:00:00Z", &[Reason::OutsideValidity]);
}

#[test]
fn hours_over_midnight_belong_to_the_day_on_which_they_begin() {
    let on = |at: &'static str, hours: &[(Time, Time)], expected: &[Reason]| {
        let weekdays = vec![Weekday::Friday];
        let schedule = Schedule { weekdays, hours: hours.to_vec(), ..Schedule::default() };
        check(|fixture| (fixture.at, fixture.scenario.schedule) = (at, schedule), expected);
    };
    let night = &[(time(22, 0, 0, 0), time(2, 0, 0, 0))];
    let noon = &[(time(9, 0, 0, 0), time(10, 0, 0, 0)), (time(12, 0, 0, 0), time(13, 0, 0, 0))];
    let whole = &[(time(0, 0, 0, 0), time(0, 0, 0, 0))];
    let outside = &[Reason::OutsideHours];
    on("2009-07-10T10:00:00Z", &[], &[]);
    on("2009-07-11T10:00:00Z", &[], outside);
    on("2009-07-10T14:00:00Z", night, &[]);
    on("2009-07-10T17:59:59Z", night, &[]);
    on("2009-07-10T18:00:00Z", night, outside);
    on("2009-07-09T17:00:00Z", night, outside);
    on("2009-07-10T04:59:59Z", noon, &[]);
    on("2009-07-10T05:00:00Z", noon, outside);
    on("2009-07-10T10:00:00Z", whole, &[]);
}

#[test]
fn targets_exclusions_tags_and_origins_leave_people_out() {
    let me = || list("460001234567890", "");
    let my_number = || list("", "+8613900000001");
    let other = || list("460009999999999", "13900000009");
    check(|fixture| fixture.scenario.audience.target = Some(me()), &[]);
    check(|fixture| fixture.scenario.audience.target = Some(my_number()), &[]);
    check(|fixture| fixture.scenario.audience.target = Some(other()), &[Reason::NotInTarget]);
    check(|fixture| fixture.scenario.audience.exclude = vec![other(), my_number()], &[Reason::Excluded]);
    let tagged = |column: &str, values: &[&str], expected: &[Reason]| {
        let tags = vec![(column.to_owned(), values.iter().map(|value| (*value).to_owned()).collect())];
        check(|fixture| fixture.scenario.audience.tags = tags, expected);
    };
    tagged("brand", &["m-zone", "gotone"], &[]);
    tagged("brand", &["m-zone"], &[Reason::NotInAudience]);
    tagged("value", &["high"], &[Reason::NotInAudience]);
    let origins = || vec![Origin::International];
    check(|fixture| fixture.scenario.audience.origins = origins(), &[Reason::NotInAudience]);
    check(
        |fixture| (fixture.scenario.audience.origins, fixture.origin) = (origins(), Some(Origin::International)),
        &[],
    );
    check(|fixture| (fixture.scenario.audience.origins, fixture.origin) = (origins(), None), &[Reason::NotInAudience]);
}

#[test]
fn a_purpose_that_needs_consent_needs_its_own() {
    let purpose = |purpose, expected: &[Reason]| {
        let opt_in = vec![Purpose::Marketing, Purpose::Location];
        check(|fixture| (fixture.scenario.purpose, fixture.policy.opt_in) = (purpose, opt_in), expected);
    };
    purpose(Purpose::Marketing, &[]);
    purpose(Purpose::Location, &[Reason::NoConsent]);
    purpose(Purpose::Service, &[]);
    let unknown = |fixture: &mut Fixture| {
        fixture.policy.opt_in = vec![Purpose::Marketing];
        fixture.subscribers = "imsi\n";
        fixture.lookup = true;
    };
    check(unknown, &[Reason::NoConsent]);
}

#[test]
fn control_groups_receive_no_marketing() {
    let control = |universal, own, purpose, expected: &[Reason]| {
        let change = |fixture: &mut Fixture| {
            fixture.policy.universal_control = universal;
            fixture.scenario.limits.control = own;
            fixture.scenario.purpose = purpose;
        };
        check(change, expected);
    };
    control(10_000, 0, Purpose::Marketing, &[Reason::ControlGroup]);
    control(0, 10_000, Purpose::Location, &[Reason::ControlGroup]);
    control(10_000, 10_000, Purpose::Service, &[]);
}

#[test]
fn quiet_hours_are_those_of_the_wall_clock_over_midnight_and_summer_time() {
    let quiet = |zone: &str, at: &'static str, purpose, expected: &[Reason]| {
        let change = |fixture: &mut Fixture| {
            fixture.policy.timezone = TimeZone::get(zone).unwrap();
            fixture.policy.quiet = Some((time(21, 0, 0, 0), time(9, 0, 0, 0)));
            fixture.scenario.purpose = purpose;
            fixture.at = at;
        };
        check(change, expected);
    };
    let quiet_hours = &[Reason::QuietHours];
    quiet("Asia/Shanghai", "2009-07-10T12:59:59Z", Purpose::Marketing, &[]);
    quiet("Asia/Shanghai", "2009-07-10T13:00:00Z", Purpose::Marketing, quiet_hours);
    quiet("Asia/Shanghai", "2009-07-11T00:59:59Z", Purpose::Location, quiet_hours);
    quiet("Asia/Shanghai", "2009-07-11T01:00:00Z", Purpose::Marketing, &[]);
    quiet("Asia/Shanghai", "2009-07-10T13:00:00Z", Purpose::Service, &[]);
    // 08:30 in winter, 09:30 on the first day of summer time.
    quiet("Europe/Berlin", "2026-03-28T07:30:00Z", Purpose::Marketing, quiet_hours);
    quiet("Europe/Berlin", "2026-03-29T07:30:00Z", Purpose::Marketing, &[]);
}

#[test]
fn caps_count_what_is_younger_than_their_period() {
    let cap = Cap { count: 2, per: HOUR };
    let capped = |contacts: &[(&str, &str, bool)], own: bool, purpose, expected: &[Reason]| {
        let change = |fixture: &mut Fixture| {
            fixture.contacts = contacts.iter().map(|(at, name, counted)| contact(at, name, *counted)).collect();
            fixture.scenario.purpose = purpose;
            match own {
                true => fixture.scenario.limits.per_subscriber = Some(cap),
                false => fixture.policy.caps = vec![Cap { count: 9, per: HOUR }.into(), cap.into()],
            }
        };
        check(change, expected);
    };
    let (old, young, now) = ("2009-07-10T09:00:00Z", "2009-07-10T09:00:00.000001Z", "2009-07-10T10:00:00Z");
    let late = "2009-07-10T10:00:01Z";
    let (own, all) = (true, false);
    capped(&[(young, "wanda", true), (now, "wanda", true)], own, Purpose::Service, &[Reason::PerUserCap]);
    capped(&[(old, "wanda", true), (now, "wanda", true)], own, Purpose::Marketing, &[]);
    capped(&[(young, "other", true), (now, "wanda", true)], own, Purpose::Marketing, &[]);
    capped(&[(now, "wanda", true), (late, "wanda", true)], own, Purpose::Marketing, &[Reason::PerUserCap]);
    capped(&[(young, "other", true), (now, "third", true)], all, Purpose::Marketing, &[Reason::GlobalCap]);
    capped(&[(young, "other", false), (now, "third", true)], all, Purpose::Marketing, &[]);
    capped(&[(young, "other", true), (now, "third", true)], all, Purpose::Service, &[]);
}

#[test]
fn caps_of_the_policy_count_what_they_are_on() {
    let mark = |kind, parts, campaign: &str| Contact {
        kind,
        parts,
        campaign: scenario_hash(campaign),
        ..contact("2009-07-10T09:30:00Z", "other", true)
    };
    let capped = |scope, unit, count, contacts: &[Contact], purpose, expected: &[Reason]| {
        let change = |fixture: &mut Fixture| {
            fixture.contacts = contacts.to_vec();
            fixture.scenario.campaign = "summer".into();
            fixture.scenario.purpose = purpose;
            // Two short messages.
            fixture.scenario.send = Send::sms("长".repeat(71).as_str());
            fixture.policy.caps = vec![ContactCap { scope, unit, cap: Cap { count, per: HOUR } }];
        };
        check(change, expected);
    };
    let (sms, push) = (MessageKind::Sms, MessageKind::WapPush);
    let marketing = Purpose::Marketing;
    let mixed = [mark(sms, 2, "summer"), mark(push, 1, "winter")];
    capped(Scope::Campaign, Unit::Offers, 2, &mixed, marketing, &[]);
    capped(Scope::Campaign, Unit::Offers, 1, &mixed, marketing, &[Reason::CampaignCap]);
    capped(Scope::Campaign, Unit::Offers, 1, &mixed, Purpose::Service, &[]);
    capped(Scope::Kind(sms), Unit::Offers, 1, &mixed, marketing, &[Reason::ChannelCap]);
    capped(Scope::Kind(sms), Unit::Offers, 2, &mixed, marketing, &[]);
    capped(Scope::Kind(push), Unit::Offers, 1, &mixed, marketing, &[]);
    capped(Scope::All, Unit::Parts, 5, &mixed, marketing, &[]);
    capped(Scope::All, Unit::Parts, 4, &mixed, marketing, &[Reason::GlobalCap]);
    capped(Scope::All, Unit::Parts, 1, &[], marketing, &[Reason::GlobalCap]);
}

#[test]
fn whoever_is_in_none_of_the_segments_is_left_out() {
    let young = Audience { tags: vec![("brand".to_owned(), vec!["m-zone".to_owned()])], ..Audience::default() };
    let vip = Audience { target: Some(list("460001234567890", "")), ..Audience::default() };
    let not_vip = Audience { exclude: vec![list("460001234567890", "")], ..Audience::default() };
    let among = |segments: &[&Audience], expected: &[Reason]| {
        let segments = segments.iter().map(|segment| Arc::new((*segment).clone())).collect();
        check(|fixture| fixture.scenario.audience.segments = segments, expected);
    };
    among(&[], &[]);
    among(&[&young], &[Reason::NotInSegment]);
    among(&[&not_vip, &young], &[Reason::NotInSegment]);
    among(&[&young, &vip], &[]);
}

#[test]
fn an_offer_that_was_held_is_not_asked_for_its_time_of_day_again() {
    let held = |is_held, expected: &[Reason]| {
        let change = |fixture: &mut Fixture| {
            fixture.is_held = is_held;
            fixture.policy.quiet = Some((time(17, 0, 0, 0), time(19, 0, 0, 0)));
            fixture.scenario.schedule.hours = vec![(time(9, 0, 0, 0), time(10, 0, 0, 0))];
            fixture.scenario.schedule.validity = Some((date(2009, 7, 9), date(2009, 7, 9)));
        };
        check(change, expected);
    };
    held(false, &[Reason::OutsideValidity, Reason::OutsideHours, Reason::QuietHours]);
    held(true, &[Reason::OutsideValidity]);
}

#[test]
fn quiet_hours_end_at_their_end_on_the_wall() {
    let ends = |zone: &str, at: &str, expected: &str| {
        let timezone = TimeZone::get(zone).unwrap();
        let quiet = Some((time(21, 0, 0, 0), time(2, 30, 0, 0)));
        let policy = Policy { timezone, quiet, ..Policy::default() };
        assert_eq!(policy.quiet_ends(at.parse().unwrap()), expected.parse().unwrap(), "{zone} {at}");
    };
    ends("Asia/Shanghai", "2009-07-10T12:59:00Z", "2009-07-10T12:59:00Z");
    ends("Asia/Shanghai", "2009-07-10T13:00:00Z", "2009-07-10T18:30:00Z");
    ends("Asia/Shanghai", "2009-07-10T18:00:00Z", "2009-07-10T18:30:00Z");
    // There is no 02:30 on the first day of summer time, and two on the last.
    ends("Europe/Berlin", "2026-03-28T22:00:00Z", "2026-03-29T01:30:00Z");
    ends("Europe/Berlin", "2026-10-24T22:00:00Z", "2026-10-25T00:30:00Z");
    ends("Europe/Berlin", "2026-10-25T01:15:00Z", "2026-10-25T01:15:00Z");
}

#[test]
fn a_scenarios_last_day_ends_at_midnight_on_the_wall() {
    let ends = |zone: &str, days: Option<(Date, Date)>, expected: Option<&str>| {
        let policy = Policy { timezone: TimeZone::get(zone).unwrap(), ..Policy::default() };
        let mut scenario = fixture().scenario;
        scenario.schedule.validity = days;
        assert_eq!(policy.validity_ends(&scenario), expected.map(|at| at.parse().unwrap()), "{zone} {days:?}");
    };
    ends("Asia/Shanghai", Some((date(2009, 7, 1), date(2009, 7, 10))), Some("2009-07-10T16:00:00Z"));
    ends("Europe/Berlin", Some((date(2026, 3, 29), date(2026, 3, 29))), Some("2026-03-29T22:00:00Z"));
    ends("Asia/Shanghai", None, None);
}

#[test]
fn who_got_as_many_offers_as_are_remembered_gets_no_more() {
    let full = |fixture: &mut Fixture| {
        fixture.contacts = vec![contact("2009-07-10T09:00:00Z", "other", false); CONTACTS_LIMIT];
        fixture.scenario.purpose = Purpose::Service;
    };
    check(full, &[Reason::GlobalCap]);
}

#[test]
fn holidays_are_those_of_the_calendar() {
    let on = |rule, off: &[_], expected: &[Reason]| {
        let calendar = Calendar { off: off.to_vec(), working: Vec::new() };
        check(
            |fixture| (fixture.policy.calendar, fixture.scenario.schedule.holidays) = (calendar, Some(rule)),
            expected,
        );
    };
    let today = (date(2009, 7, 10), date(2009, 7, 10));
    on(Holidays::Except, &[], &[]);
    on(Holidays::Except, &[today], &[Reason::OutsideHours]);
    on(Holidays::Only, &[], &[Reason::OutsideHours]);
    on(Holidays::Only, &[today], &[]);
}

#[test]
fn machines_are_left_out_unless_the_scenario_is_for_them() {
    let machines = |prefix: &str, included, expected: &[Reason]| {
        let change = |fixture: &mut Fixture| {
            fixture.policy.machines = vec![ImsiPrefix::new(prefix).unwrap()];
            fixture.scenario.audience.machines = included;
        };
        check(change, expected);
    };
    machines("4600012", false, &[Reason::Machine]);
    machines("4600012", true, &[]);
    machines("4600013", false, &[]);
}

#[test]
fn handsets_and_samples_leave_people_out() {
    let device = |seen: Option<&str>, expected: &[Reason]| {
        let change = |fixture: &mut Fixture| {
            fixture.profile.imei = seen.map(|imei| imei.parse().unwrap());
            fixture.scenario.audience.device = Some(Arc::new(TacList::new("smart", [35_390_002])));
        };
        check(change, expected);
    };
    device(Some("353900021234560"), &[]);
    device(Some("358240051234560"), &[Reason::NotInAudience]);
    device(None, &[Reason::NotInAudience]);
    check(|fixture| fixture.scenario.audience.sample = Some(0), &[Reason::NotInSample]);
    check(|fixture| fixture.scenario.audience.sample = Some(10_000), &[]);
}

#[test]
fn who_is_not_to_be_disturbed_and_who_called_for_help_receives_no_marketing() {
    let quiet = |purpose, expected: &[Reason]| {
        let change = |fixture: &mut Fixture| {
            fixture.policy.do_not_disturb = Some(list("460001234567890", ""));
            fixture.scenario.purpose = purpose;
        };
        check(change, expected);
    };
    quiet(Purpose::Marketing, &[Reason::DoNotDisturb]);
    quiet(Purpose::Service, &[]);
    let called = |at: &str, purpose, expected: &[Reason]| {
        let change = |fixture: &mut Fixture| {
            fixture.profile.emergency = at.parse().ok();
            fixture.policy.after_emergency = HOUR;
            fixture.scenario.purpose = purpose;
        };
        check(change, expected);
    };
    called("2009-07-10T09:00:00.000001Z", Purpose::Marketing, &[Reason::AfterEmergency]);
    called("2009-07-10T09:00:00Z", Purpose::Marketing, &[]);
    called("2009-07-10T09:59:00Z", Purpose::Service, &[]);
}

#[test]
fn what_cannot_be_filled_in_is_not_sent() {
    let tag = |column: &str, otherwise: Option<&str>, expected: &[Reason]| {
        let value = Value { variable: Variable::Tag(column.into()), otherwise: otherwise.map(str::to_owned) };
        let text = Text::new("Dear {x}", |_| Ok::<_, ()>(Some(value.clone()))).unwrap();
        check(|fixture| fixture.scenario.send = Send::sms(text), expected);
    };
    tag("brand", None, &[]);
    tag("city", Some("friend"), &[]);
    tag("city", None, &[Reason::ValueUnknown]);
}

#[test]
fn a_trial_reaches_those_on_its_list_alone() {
    check(|fixture| fixture.policy.trial = Some(list("460009999999999", "")), &[Reason::Trial]);
    check(|fixture| fixture.policy.trial = Some(list("460001234567890", "")), &[]);
}

#[test]
fn without_a_number_only_a_look_up_may_find_one() {
    let unknown = |lookup| {
        move |fixture: &mut Fixture| (fixture.subscribers, fixture.lookup) = ("imsi,msisdn\n460001234567890,\n", lookup)
    };
    check(unknown(false), &[Reason::NoAddress]);
    check(unknown(true), &[]);
}

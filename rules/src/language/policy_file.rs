//! The policy file, and what holds without one.

use std::sync::Arc;
use std::time::Duration;

use jiff::civil::Time;
use jiff::tz::{Offset, TimeZone};

use super::audience;
use super::diagnostic::Findings;
use super::field;
use super::form::Form;
use super::problem::{Problem, Shape};
use super::shelf::Shelf;
use super::value;
use super::vocabulary as v;
use super::words::Word;
use super::yaml::{Entry, Node, Value};
use crate::lists::Provinces;
use crate::policy::{ImsiPrefix, Periodic, Policy};
use crate::scenario::{Audience, Calendar, ContactCap, MessageKind, Purpose, Scope, WINDOW};

/// What the policy file says.
pub(super) struct Draft {
    pub(super) policy: Policy,
    /// Whether it names a time zone, if only one that is not known.
    pub(super) has_time_zone: bool,
}

/// The longest time after a call for help.
const MOST_AFTER_EMERGENCY: Duration = Duration::from_secs(30 * 24 * 3600);
/// The longest time for which a subscriber is remembered.
const MOST_REMEMBERED: Duration = Duration::from_secs(180 * 24 * 3600);

/// Reads all that can be read, and tells the author of everything that cannot.
pub(super) fn read(root: &Node, shelf: &mut Shelf<'_>, findings: &mut Findings<'_>) -> Option<Draft> {
    let start = super::punctuation::line_at(&findings.source.text, root.span.start);
    let form = Form::read(root, &start, &v::POLICY_FILE, findings)?;
    let zone = form.find(v::TIMEZONE);
    let quiet = form.find(v::QUIET);
    if let (None, Some(quiet)) = (zone, quiet) {
        findings.report(&quiet.key_span, Problem::NoTimeZone { word: v::QUIET });
    }
    let mut policy = Policy::default();
    if let Some(zone) = zone.and_then(|entry| field::parsed(entry, findings, time_zone, |_| Problem::TimeZone)) {
        policy.timezone = zone;
    }
    if let Some((hours, holds)) = quiet.and_then(|entry| quiet_hours(entry, findings)) {
        (policy.quiet, policy.holds) = (Some(hours), holds);
    }
    policy.caps = form.find(v::CAPS).map(|entry| caps(entry, findings)).unwrap_or_default();
    let share = form.find(v::UNIVERSAL_CONTROL).and_then(|entry| field::control(entry, findings));
    policy.universal_control = share.unwrap_or(0);
    if let Some(entry) = form.find(v::CONSENT) {
        policy.opt_in = consent(entry, findings);
    }
    if let Some(entry) = form.find(v::HOME) {
        policy.home = field::each(entry, findings, |text| text.parse().ok(), |_| Problem::Network);
    }
    if let Some(period) = form.find(v::T3212).and_then(|entry| periodic(entry, findings)) {
        policy.t3212 = period;
    }
    people(&form, &mut policy, shelf, findings);
    money(&form, &mut policy, findings);
    places(&form, &mut policy, shelf, findings);
    memory(&form, &mut policy, findings);
    Some(Draft { policy, has_time_zone: zone.is_some() })
}

/// Who receives nothing, or alone something.
fn people(form: &Form<'_>, policy: &mut Policy, shelf: &mut Shelf<'_>, findings: &mut Findings<'_>) {
    let mut list = |word| form.find(word).and_then(|entry| shelf.subscribers(entry, findings));
    policy.do_not_disturb = list(v::DO_NOT_DISTURB);
    policy.protected = list(v::PROTECTED);
    policy.trial = list(v::TRIAL);
    if let Some(entry) = form.find(v::SEGMENT_LIST) {
        policy.segments = segments(entry, shelf, findings);
    }
    if let Some(column) = form.find(v::LANGUAGE_COLUMN).and_then(|entry| field::text(entry, findings)) {
        policy.language = column.to_owned();
    }
    if let Some(entry) = form.find(v::MACHINES) {
        policy.machines = field::each(entry, findings, imsi_prefix, |_| Problem::ImsiPrefix);
    }
    if let Some(entry) = form.find(v::TAGS) {
        policy.tags = field::names(entry, findings);
    }
}

/// `46000485*`, with or without the star.
fn imsi_prefix(text: &str) -> Option<ImsiPrefix> {
    ImsiPrefix::new(text.trim_end_matches('*'))
}

/// What is ours, and which days are none of work.
fn places(form: &Form<'_>, policy: &mut Policy, shelf: &mut Shelf<'_>, findings: &mut Findings<'_>) {
    if let Some(entry) = form.find(v::SENDERS) {
        policy.senders = field::numbers(entry, findings);
    }
    policy.provinces = form.find(v::PROVINCES).and_then(|entry| provinces(entry, shelf, findings)).map(Arc::new);
    if let Some(calendar) = form.find(v::HOLIDAYS).and_then(|entry| calendar(entry, findings)) {
        policy.calendar = calendar;
    }
}

/// How long what is known holds.
fn memory(form: &Form<'_>, policy: &mut Policy, findings: &mut Findings<'_>) {
    let after_emergency = form.find(v::AFTER_EMERGENCY);
    if let Some(span) = after_emergency.and_then(|entry| field::up_to(entry, MOST_AFTER_EMERGENCY, "30d", findings)) {
        policy.after_emergency = span;
    }
    if let Some(entry) = form.find(v::REMEMBERED)
        && let Some(span) = field::up_to(entry, MOST_REMEMBERED, "180d", findings)
    {
        // What has happened is known for that long anyway.
        if span < WINDOW {
            findings.report(&entry.value.span, Problem::DurationRange { least: "48h", most: "180d" });
        }
        policy.remembered = span;
    }
    if let Some(entry) = form.find(v::CAPS)
        && policy.caps.iter().any(|cap| cap.cap.per > policy.remembered)
    {
        let days = value::days_of(policy.remembered);
        findings.report(&entry.value.span, Problem::CapBeyondMemory { days });
    }
}

/// `{ours: 浙江, imsi: imsi-provinces, location_areas: lai-provinces}`
fn provinces(entry: &Entry, shelf: &Shelf<'_>, findings: &mut Findings<'_>) -> Option<Provinces> {
    let form = Form::read(&entry.value, &entry.key_span, &v::PROVINCES_FORM, findings)?;
    let ours = form.require(v::OURS, findings).map(|entry| field::texts(entry, findings)).unwrap_or_default();
    let mut provinces = Provinces::new(ours.into_iter().map(|(_, name)| name.to_owned()).collect());
    let segments =
        form.find(v::SEGMENTS).map(|entry| shelf.provinces(entry, findings, |file| provinces.load_segments(file)));
    let areas = form
        .find(v::LOCATION_AREAS)
        .map(|entry| shelf.provinces(entry, findings, |file| provinces.load_location_areas(file)));
    segments.unwrap_or(Some(()))?;
    areas.unwrap_or(Some(()))?;
    Some(provinces)
}

/// `{off: [2009-10-01..2009-10-08], working: [2009-09-27, 2009-10-10]}`
fn calendar(entry: &Entry, findings: &mut Findings<'_>) -> Option<Calendar> {
    let form = Form::read(&entry.value, &entry.key_span, &v::CALENDAR_FORM, findings)?;
    let mut days = |word| form.find(word).map(|entry| field::days(entry, findings)).unwrap_or_default();
    Some(Calendar { off: days(v::DAYS_OFF), working: days(v::DAYS_WORKED) })
}

/// `Asia/Shanghai`, `北京时间`, `+08:00`.
fn time_zone(text: &str) -> Option<TimeZone> {
    if matches!(text, "北京时间" | "北京" | "中国") {
        return TimeZone::get("Asia/Shanghai").ok();
    }
    if let Some(clock) = text.strip_prefix('+').or_else(|| text.strip_prefix('-')) {
        let time = value::clock(clock)?;
        let seconds = (i32::from(time.hour()) * 60 + i32::from(time.minute())) * 60;
        let signed = if text.starts_with('-') { -seconds } else { seconds };
        return Offset::from_seconds(signed).ok().map(TimeZone::fixed);
    }
    TimeZone::get(text).ok()
}

/// `{from: 21:00, to: 09:00, then: hold}`, `21:00..09:00`; and whether offers wait for their end.
fn quiet_hours(entry: &Entry, findings: &mut Findings<'_>) -> Option<((Time, Time), bool)> {
    if let Value::Text { .. } = entry.value.value {
        let read = |text: &str| value::hours(text).filter(|(from, to)| from != to);
        return field::parsed(entry, findings, read, |_| Problem::Hours).map(|hours| (hours, false));
    }
    let form = Form::read(&entry.value, &entry.key_span, &v::QUIET_FORM, findings)?;
    let mut end = |word| {
        let entry = form.require(word, findings)?;
        field::parsed(entry, findings, value::clock, |_| Problem::Clock)
    };
    let (from, to) = (end(v::QUIET_FROM), end(v::QUIET_TO));
    let then = form.find(v::QUIET_THEN);
    let holds = then.and_then(|then| field::choice(then, &[(v::DROP, false), (v::HOLD, true)], findings));
    let (from, to) = (from?, to?);
    if from == to {
        findings.report(&entry.value.span, Problem::Hours);
        return None;
    }
    Some(((from, to), holds.unwrap_or(false)))
}

/// `{all: 1 per 24h, sms: [3 per 7d, 5 parts per 7d], per_campaign: 1 per 30d}`.
fn caps(entry: &Entry, findings: &mut Findings<'_>) -> Vec<ContactCap> {
    const SCOPES: [(Word, Scope); 4] = [
        (v::CAPS_ALL, Scope::All),
        (v::CAPS_SMS, Scope::Kind(MessageKind::Sms)),
        (v::CAPS_PUSH, Scope::Kind(MessageKind::WapPush)),
        (v::CAPS_CAMPAIGN, Scope::Campaign),
    ];
    if let Value::Text { .. } | Value::List(_) = entry.value.value {
        return field::caps(entry, Scope::All, findings);
    }
    let Some(form) = Form::read(&entry.value, &entry.key_span, &v::CAPS_FORM, findings) else { return Vec::new() };
    let given = SCOPES.into_iter().filter_map(|(word, scope)| Some((form.find(word)?, scope)));
    given.flat_map(|(entry, scope)| field::caps(entry, scope, findings)).collect()
}

/// `price: 0.05`, `budget: 5000`.
fn money(form: &Form<'_>, policy: &mut Policy, findings: &mut Findings<'_>) {
    policy.price = form.find(v::PRICE).and_then(|entry| field::money(entry, findings));
    let budget = form.find(v::BUDGET);
    policy.budget = budget.and_then(|entry| field::money(entry, findings));
    if let (Some(entry), None) = (budget, form.find(v::PRICE)) {
        findings.report(&entry.key_span, Problem::NoPrice);
    }
}

/// `{young: {tags: {age: [18-24]}}, vip: {target: vip}}`
fn segments(entry: &Entry, shelf: &mut Shelf<'_>, findings: &mut Findings<'_>) -> Vec<(String, Arc<Audience>)> {
    let Value::Fields(entries) = &entry.value.value else {
        if entry.value.value != Value::Refused {
            findings.report(&entry.value.span, Problem::WrongShape { shape: Shape::Fields });
        }
        return Vec::new();
    };
    let mut segments: Vec<(String, Arc<Audience>)> = Vec::with_capacity(entries.len());
    for own in entries {
        if segments.iter().any(|(known, _)| *known == own.key) {
            findings.report(&own.key_span, Problem::DuplicateKey { key: own.key.clone() });
        }
        let segment = audience::segment(own, shelf, findings);
        segments.extend(segment.map(|segment| (own.key.clone(), Arc::new(segment))));
    }
    segments
}

/// `60m`, `{usual: 60m, 0x6A11: 30m}`: by location area code, decimal or hexadecimal behind `0x`.
fn periodic(entry: &Entry, findings: &mut Findings<'_>) -> Option<Periodic> {
    let Value::Fields(rows) = &entry.value.value else {
        return field::span(entry, findings).map(|usual| Periodic { usual, by_lac: Vec::new() });
    };
    let mut periodic = Periodic::default();
    for row in rows {
        let Some(period) = field::span(row, findings) else { continue };
        match location_area_code(&row.key) {
            Some(lac) => periodic.by_lac.push((lac, period)),
            None if v::USUAL.is(&row.key) => periodic.usual = period,
            None => findings
                .report(&row.key_span, Problem::UnknownKey { key: row.key.clone(), nearest: None, known: &[v::USUAL] }),
        }
    }
    Some(periodic)
}

fn location_area_code(text: &str) -> Option<u16> {
    match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => u16::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    }
}

/// Purposes that need an agreement. One that is not named keeps its default.
fn consent(entry: &Entry, findings: &mut Findings<'_>) -> Vec<Purpose> {
    const MANNERS: [(Word, bool); 2] = [(v::OPT_IN, true), (v::OPT_OUT, false)];
    let defaults = Policy::default().opt_in;
    let Some(form) = Form::read(&entry.value, &entry.key_span, &v::CONSENT_FORM, findings) else { return defaults };
    let mut needed = Vec::new();
    for (word, purpose) in [(v::MARKETING, Purpose::Marketing), (v::LOCATION, Purpose::Location)] {
        let said = form.find(word).and_then(|entry| field::choice(entry, &MANNERS, findings));
        if said.unwrap_or(defaults.contains(&purpose)) {
            needed.push(purpose);
        }
    }
    needed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_zones_are_known_by_name_by_custom_and_by_offset() {
        let check = |text: &str, expected: Option<i32>| {
            let zone = time_zone(text);
            let offset = zone.map(|zone| zone.to_offset(jiff::Timestamp::UNIX_EPOCH).seconds());
            assert_eq!(offset, expected, "{text}");
        };
        check("Asia/Shanghai", Some(8 * 3600));
        check("北京时间", Some(8 * 3600));
        check("+08:00", Some(8 * 3600));
        check("-03:30", Some(-12_600));
        check("UTC", Some(0));
        check("Asia/Peking", None);
        check("+8", None);
        check("", None);
    }
}

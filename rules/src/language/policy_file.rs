//! The policy file, and what holds without one.

use jiff::civil::Time;
use jiff::tz::{Offset, TimeZone};

use super::diagnostic::Findings;
use super::field;
use super::form::Form;
use super::problem::Problem;
use super::value;
use super::vocabulary as v;
use super::words::Word;
use super::yaml::{Entry, Node, Value};
use crate::policy::{Periodic, Policy};
use crate::scenario::{Cap, Purpose};

/// What the policy file says.
pub(super) struct Draft {
    pub(super) policy: Policy,
    /// Whether it names a time zone, if only one that is not known.
    pub(super) has_time_zone: bool,
}

/// What holds where no file says otherwise: subscribers must have agreed to be advertised to by where they are.
pub(super) fn default() -> Policy {
    Policy {
        timezone: TimeZone::UTC,
        quiet: None,
        caps: Vec::new(),
        universal_control: 0,
        opt_in: vec![Purpose::Location],
        home: Vec::new(),
        t3212: Periodic::default(),
    }
}

/// Reads all that can be read, and tells the author of everything that cannot.
pub(super) fn read(root: &Node, findings: &mut Findings<'_>) -> Option<Draft> {
    let start = super::punctuation::line_at(&findings.source.text, root.span.start);
    let form = Form::read(root, &start, &v::POLICY_FILE, findings)?;
    let zone = form.find(v::TIMEZONE);
    let quiet = form.find(v::QUIET);
    if let (None, Some(quiet)) = (zone, quiet) {
        findings.report(&quiet.key_span, Problem::NoTimeZone { word: v::QUIET });
    }
    let mut policy = default();
    if let Some(zone) = zone.and_then(|entry| field::parsed(entry, findings, time_zone, |_| Problem::TimeZone)) {
        policy.timezone = zone;
    }
    policy.quiet = quiet.and_then(|entry| quiet_hours(entry, findings));
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
    Some(Draft { policy, has_time_zone: zone.is_some() })
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

/// `{from: 21:00, to: 09:00}`, `21:00..09:00`.
fn quiet_hours(entry: &Entry, findings: &mut Findings<'_>) -> Option<(Time, Time)> {
    if let Value::Text { .. } = entry.value.value {
        let read = |text: &str| value::hours(text).filter(|(from, to)| from != to);
        return field::parsed(entry, findings, read, |_| Problem::Hours);
    }
    let form = Form::read(&entry.value, &entry.key_span, &v::QUIET_FORM, findings)?;
    let mut end = |word| {
        let entry = form.require(word, findings)?;
        field::parsed(entry, findings, value::clock, |_| Problem::Clock)
    };
    let (from, to) = (end(v::QUIET_FROM), end(v::QUIET_TO));
    if let Some(then) = form.find(v::QUIET_THEN)
        && field::choice(then, &[(v::DROP, false), (v::HOLD, true)], findings) == Some(true)
    {
        let what = findings.source.text.get(then.value.span.clone()).unwrap_or_default().to_owned();
        findings.report(&then.value.span, Problem::NotYet { what });
    }
    let (from, to) = (from?, to?);
    if from == to {
        findings.report(&entry.value.span, Problem::Hours);
        return None;
    }
    Some((from, to))
}

/// `{all: 1 per 24h, sms: 3 per 7d}`. Short messages are the one channel there is: a cap on them is one on all offers.
fn caps(entry: &Entry, findings: &mut Findings<'_>) -> Vec<Cap> {
    if let Value::Text { .. } = entry.value.value {
        return field::cap(entry, findings).into_iter().collect();
    }
    let Some(form) = Form::read(&entry.value, &entry.key_span, &v::CAPS_FORM, findings) else { return Vec::new() };
    [v::CAPS_ALL, v::CAPS_SMS]
        .into_iter()
        .filter_map(|word| form.find(word))
        .filter_map(|entry| field::cap(entry, findings))
        .collect()
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
    let defaults = default().opt_in;
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

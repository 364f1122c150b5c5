//! The value of one field, typed by that field; the author is told of each that does not fit.

use std::time::Duration;

use event::DomainName;
use jiff::civil::{Date, Time, Weekday};

use super::diagnostic::Findings;
use super::form::refuse;
use super::problem::{Problem, Shape};
use super::punctuation;
use super::value;
use super::vocabulary as v;
use super::words::{self, Word};
use super::yaml::{Entry, Node, Value};
use crate::scenario::{Cap, ContactCap, Money, NumberPattern, Scope, WINDOW};

/// The shortest time that limits and caps can speak of.
const LEAST_PERIOD: Duration = Duration::from_secs(60);
/// The longest: as long as a subscriber's contacts are remembered.
const MOST_PERIOD: Duration = Duration::from_secs(180 * 24 * 3600);
/// The most offers that a cap can allow.
const MOST_OFFERS: u32 = 1000;

/// A single value as it was written. `None` where there is none, and the author has been told.
pub(super) fn text<'n>(entry: &'n Entry, findings: &mut Findings<'_>) -> Option<&'n str> {
    match &entry.value.value {
        Value::Text { text, .. } => Some(text.trim()),
        Value::Refused => None,
        Value::Empty => {
            findings.report(&entry.key_span, Problem::MissingValue { key: entry.key.clone() });
            None
        }
        Value::List(_) | Value::Fields(_) => {
            findings.report(&entry.value.span, Problem::WrongShape { shape: Shape::Text });
            None
        }
    }
}

/// A single value read by `read`; where that gives nothing the author is told `problem`.
pub(super) fn parsed<T>(
    entry: &Entry,
    findings: &mut Findings<'_>,
    read: impl FnOnce(&str) -> Option<T>,
    problem: impl FnOnce(&str) -> Problem,
) -> Option<T> {
    let written = text(entry, findings)?;
    let value = read(written);
    if value.is_none() {
        refuse(&entry.value, written, problem(written), findings);
    }
    value
}

/// The single values of a list; one alone is a list too. Nothing at all is an empty list only where `or_none`.
pub(super) fn texts<'n>(entry: &'n Entry, findings: &mut Findings<'_>) -> Vec<(&'n Node, &'n str)> {
    let items = match &entry.value.value {
        Value::List(items) => items.as_slice(),
        _ => std::slice::from_ref(&entry.value),
    };
    let mut texts = Vec::with_capacity(items.len());
    for item in items {
        match &item.value {
            Value::Text { text, .. } => texts.push((item, text.trim())),
            Value::Refused => {}
            Value::Empty => findings.report(&entry.key_span, Problem::MissingValue { key: entry.key.clone() }),
            _ => findings.report(&item.span, Problem::WrongShape { shape: Shape::TextOrList }),
        }
    }
    if items.is_empty() {
        findings.report(&entry.key_span, Problem::MissingValue { key: entry.key.clone() });
    }
    texts
}

/// The values of a list, each read by `read`.
pub(super) fn each<T>(
    entry: &Entry,
    findings: &mut Findings<'_>,
    read: impl Fn(&str) -> Option<T>,
    problem: impl Fn(&str) -> Problem,
) -> Vec<T> {
    let mut values = Vec::new();
    for (node, written) in texts(entry, findings) {
        match read(written) {
            Some(value) => values.push(value),
            None => refuse(node, written, problem(written), findings),
        }
    }
    values
}

/// Names that mean what they say: columns of the subscriber file, or what stands in them. A full-width comma joins two into
/// one that nobody means, unless it stands in quotes.
pub(super) fn names(entry: &Entry, findings: &mut Findings<'_>) -> Vec<String> {
    let texts = texts(entry, findings);
    for (node, text) in &texts {
        let is_plain = matches!(node.value, Value::Text { plain: true, .. });
        let comma =
            text.find(['，', '、']).filter(|_| is_plain).and_then(|at| punctuation::first_wide(text.get(at..)?));
        if let Some((_, problem)) = comma {
            refuse(node, text, problem, findings);
        }
    }
    texts.into_iter().map(|(_, text)| text.to_owned()).collect()
}

/// One of few words.
pub(super) fn choice<T: Copy>(entry: &Entry, choices: &[(Word, T)], findings: &mut Findings<'_>) -> Option<T> {
    parsed(entry, findings, |text| chosen(text, choices), |text| not_among(text, choices))
}

/// Some of few words.
pub(super) fn choices<T: Copy>(entry: &Entry, choices: &[(Word, T)], findings: &mut Findings<'_>) -> Vec<T> {
    each(entry, findings, |text| chosen(text, choices), |text| not_among(text, choices))
}

fn chosen<T: Copy>(text: &str, choices: &[(Word, T)]) -> Option<T> {
    choices.iter().find(|(word, _)| word.is(text)).map(|(_, value)| *value)
}

fn not_among<T>(text: &str, choices: &[(Word, T)]) -> Problem {
    let spellings = choices.iter().flat_map(|(word, _)| word.spellings());
    let nearest = words::nearest(text, spellings).map(str::to_owned);
    Problem::Choice { nearest, choices: choices.iter().map(|(word, _)| *word).collect() }
}

/// A whole number within bounds.
pub(super) fn whole_number(entry: &Entry, least: u64, most: u64, findings: &mut Findings<'_>) -> Option<u64> {
    let read = |text: &str| {
        let digits: String = text.chars().filter(|letter| !matches!(letter, ',' | '_')).collect();
        digits.parse().ok().filter(|number| (least..=most).contains(number))
    };
    parsed(entry, findings, read, |_| Problem::WholeNumber { least, most })
}

/// A time that an offer may wait: a second to a week.
pub(super) fn expiry(entry: &Entry, findings: &mut Findings<'_>) -> Option<Duration> {
    up_to(entry, Duration::from_secs(7 * 24 * 3600), "7d", findings)
}

/// A time to look back or to wait: a second to as long as facts are kept.
pub(super) fn span(entry: &Entry, findings: &mut Findings<'_>) -> Option<Duration> {
    up_to(entry, WINDOW, "48h", findings)
}

/// A length of time from a second to `most`, which is written `written`.
pub(super) fn up_to(
    entry: &Entry,
    most: Duration,
    written: &'static str,
    findings: &mut Findings<'_>,
) -> Option<Duration> {
    let duration = parsed(entry, findings, value::duration, |_| Problem::Duration)?;
    if duration > most {
        findings.report(&entry.value.span, Problem::DurationRange { least: "1s", most: written });
        return None;
    }
    Some(duration)
}

/// A cap that lets something through.
pub(super) fn cap(entry: &Entry, findings: &mut Findings<'_>) -> Option<Cap> {
    let cap = parsed(entry, findings, value::cap, |_| Problem::Cap)?;
    if let Some(problem) = wrong(cap) {
        findings.report(&entry.value.span, problem);
        return None;
    }
    Some(cap)
}

/// What is wrong with a cap that can be read, if anything.
fn wrong(cap: Cap) -> Option<Problem> {
    match () {
        () if cap.count == 0 => Some(Problem::LetsNothingThrough),
        () if !(LEAST_PERIOD..=MOST_PERIOD).contains(&cap.per) => {
            Some(Problem::DurationRange { least: "1m", most: "180d" })
        }
        () => (cap.count > MOST_OFFERS).then_some(Problem::Cap),
    }
}

/// An amount that is not nothing.
pub(super) fn money(entry: &Entry, findings: &mut Findings<'_>) -> Option<Money> {
    let amount = parsed(entry, findings, value::money, |_| Problem::Money)?;
    if amount == Money::default() {
        findings.report(&entry.value.span, Problem::LetsNothingThrough);
        return None;
    }
    Some(amount)
}

/// Caps of the policy of one scope, one or several.
pub(super) fn caps(entry: &Entry, scope: Scope, findings: &mut Findings<'_>) -> Vec<ContactCap> {
    let counted = each(entry, findings, value::counted_cap, |_| Problem::Cap);
    let problem = counted.iter().find_map(|(cap, _)| wrong(*cap));
    if let Some(problem) = problem {
        findings.report(&entry.value.span, problem);
        return Vec::new();
    }
    counted.into_iter().map(|(cap, unit)| ContactCap { scope, unit, cap }).collect()
}

/// A share of subscribers, in hundredths of a percent; not all of them.
pub(super) fn control(entry: &Entry, findings: &mut Findings<'_>) -> Option<u16> {
    let share = parsed(entry, findings, value::percentage, |_| Problem::Percentage)?;
    if share == 10_000 {
        findings.report(&entry.value.span, Problem::LetsNothingThrough);
        return None;
    }
    Some(share)
}

/// Times of day.
pub(super) fn clocks(entry: &Entry, findings: &mut Findings<'_>) -> Vec<Time> {
    each(entry, findings, value::clock, |_| Problem::Clock)
}

/// Days of the calendar, one or several ranges: first and last of each.
pub(super) fn days(entry: &Entry, findings: &mut Findings<'_>) -> Vec<(Date, Date)> {
    let mut days = each(entry, findings, value::dates, |_| Problem::Dates);
    let count = days.len();
    days.retain(|(first, last)| first <= last);
    if days.len() < count {
        findings.report(&entry.value.span, Problem::EndsBeforeItBegins);
    }
    days
}

/// Times of day, one or several ranges.
pub(super) fn hours(entry: &Entry, findings: &mut Findings<'_>) -> Vec<(Time, Time)> {
    let read = |text: &str| value::hours(text).filter(|(from, to)| from != to);
    each(entry, findings, read, |_| Problem::Hours)
}

/// Numbers, short codes and prefixes.
pub(super) fn numbers(entry: &Entry, findings: &mut Findings<'_>) -> Vec<NumberPattern> {
    each(entry, findings, value::number_pattern, |_| Problem::NumberPattern)
}

/// Hosts or access points.
pub(super) fn domains(entry: &Entry, findings: &mut Findings<'_>) -> Vec<DomainName> {
    each(entry, findings, value::domain, |_| Problem::DomainName)
}

/// One host or access point.
pub(super) fn domain(entry: &Entry, findings: &mut Findings<'_>) -> Option<DomainName> {
    parsed(entry, findings, value::domain, |_| Problem::DomainName)
}

/// A share of subscribers that is not nobody, in hundredths of a percent.
pub(super) fn sample(entry: &Entry, findings: &mut Findings<'_>) -> Option<u16> {
    let share = parsed(entry, findings, value::percentage, |_| Problem::Percentage)?;
    if share == 0 {
        findings.report(&entry.value.span, Problem::LetsNothingThrough);
        return None;
    }
    Some(share)
}

const DAYS: [(Word, Weekday); 7] = [
    (v::MONDAY, Weekday::Monday),
    (v::TUESDAY, Weekday::Tuesday),
    (v::WEDNESDAY, Weekday::Wednesday),
    (v::THURSDAY, Weekday::Thursday),
    (v::FRIDAY, Weekday::Friday),
    (v::SATURDAY, Weekday::Saturday),
    (v::SUNDAY, Weekday::Sunday),
];

/// Days of the week, each once, from Monday: `[mon, wed]`, `周一至周五`, `weekend`; and whether `workdays` are among them.
pub(super) fn weekdays(entry: &Entry, findings: &mut Findings<'_>) -> (Vec<Weekday>, bool) {
    let mut working_days = false;
    let read = |text: &str| if v::WORKDAYS.is(text) { Some(None) } else { some_weekdays(text).map(Some) };
    let mut days = Vec::new();
    for named in each(entry, findings, read, |_| Problem::Weekday) {
        match named {
            Some(named) => days.extend(named),
            None => working_days = true,
        }
    }
    (DAYS.iter().map(|(_, day)| *day).filter(|day| days.contains(day)).collect(), working_days)
}

fn some_weekdays(text: &str) -> Option<Vec<Weekday>> {
    if v::WEEKEND.is(text) {
        return Some(between(Weekday::Saturday, Weekday::Sunday));
    }
    match value::ends(text).or_else(|| text.split_once('-')) {
        Some((first, last)) => Some(between(chosen(first.trim(), &DAYS)?, chosen(last.trim(), &DAYS)?)),
        None => chosen(text, &DAYS).map(|day| vec![day]),
    }
}

/// From `first` to `last`, over the end of the week where needed.
fn between(first: Weekday, last: Weekday) -> Vec<Weekday> {
    let days = usize::try_from(last.since(first)).unwrap_or(0);
    first.cycle_forward().take(days + 1).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weekdays_are_read_alone_in_ranges_and_by_name() {
        let check = |text: &str, expected: &[i8]| {
            let days = some_weekdays(text).unwrap_or_default();
            let numbers: Vec<_> = days.into_iter().map(Weekday::to_monday_one_offset).collect();
            assert_eq!(numbers, expected, "{text}");
        };
        check("mon", &[1]);
        check("星期天", &[7]);
        check("周一至周五", &[1, 2, 3, 4, 5]);
        check("sat..mon", &[6, 7, 1]);
        check("周末", &[6, 7]);
        check("someday", &[]);
    }
}

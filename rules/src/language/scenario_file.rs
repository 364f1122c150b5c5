//! A scenario file.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use jiff::civil::Date;

use super::diagnostic::Findings;
use super::field;
use super::form::Form;
use super::pattern;
use super::problem::{Problem, Shape};
use super::shelf::Shelf;
use super::stage;
use super::text;
use super::trigger;
use super::value;
use super::vocabulary as v;
use super::words::Word;
use super::yaml::{Entry, Node, Value};
use crate::scenario::{Audience, Limits, Origin, Pattern, Purpose, Scenario, Schedule, Send};

/// How long an offer may wait where its file does not say.
pub const DEFAULT_EXPIRY: Duration = Duration::from_secs(30 * 60);
/// The rank of a scenario where its file does not say.
pub const DEFAULT_PRIORITY: u8 = 50;
/// The longest name of a scenario, in characters.
const MAX_NAME_CHARS: usize = 64;

const PURPOSES: [(Word, Purpose); 3] =
    [(v::SERVICE, Purpose::Service), (v::MARKETING, Purpose::Marketing), (v::LOCATION, Purpose::Location)];
const ORIGINS: [(Word, Origin); 4] = [
    (v::HOME_PROVINCE, Origin::Home),
    (v::OTHER_PROVINCE, Origin::OtherProvince),
    (v::OTHER_NETWORK, Origin::OtherNetwork),
    (v::INTERNATIONAL, Origin::International),
];

/// What a file says, and where it says what the whole set has to be asked about.
pub(super) struct Draft {
    pub(super) name: Option<(String, Range<usize>)>,
    /// The first field that needs the policy's time zone.
    pub(super) needs_time_zone: Option<(Word, Range<usize>)>,
    pub(super) commercial: bool,
    /// What acts at once. Complete, unless something was found, or unless there are only stages.
    pub(super) scenario: Option<Scenario>,
    /// What acts later.
    pub(super) stages: Vec<Scenario>,
}

/// Reads all that can be read, and tells the author of everything that cannot.
pub(super) fn read(root: &Node, shelf: &mut Shelf<'_>, findings: &mut Findings<'_>) -> Option<Draft> {
    let start = super::punctuation::line_at(&findings.source.text, root.span.start);
    let form = Form::read(root, &start, &v::SCENARIO_FILE, findings)?;
    let name = form.require(v::SCENARIO, findings).and_then(|entry| name(entry, findings));
    let title = form.find(v::TITLE).and_then(|entry| field::text(entry, findings)).map(str::to_owned);
    let purpose = form.require(v::PURPOSE, findings);
    let purpose = purpose.and_then(|entry| field::choice(entry, &PURPOSES, findings));
    let priority = form.find(v::PRIORITY).map(|entry| field::whole_number(entry, 0, 100, findings));
    let schedule = schedule(&form, findings);
    let when = form.require(v::WHEN, findings);
    let trigger = when.and_then(|entry| pattern::read(entry, shelf, findings));
    if let (Some(entry), Some(trigger), Some(purpose)) = (when, &trigger, purpose) {
        judge(entry, trigger, purpose, findings);
    }
    let audience = form.find(v::WHO).map(|entry| audience(entry, shelf, findings)).unwrap_or_default();
    let stages = form.find(v::STAGES);
    let at_once = if stages.is_some() { form.find(v::SEND) } else { form.require(v::SEND, findings) };
    let send_at_once = at_once.and_then(|entry| send(entry, purpose, findings));
    let read = |entry| stage::read(entry, shelf, findings, |entry, findings| send(entry, purpose, findings));
    let later = stages.map(read).unwrap_or_default();
    if let Some(entry) = stages.filter(|_| trigger.as_ref().is_some_and(|trigger| !is_step(trigger))) {
        findings.report(&entry.key_span, Problem::NotYet { what: entry.key.clone() });
    }
    let limits = limits(form.find(v::LIMITS), findings);
    let draft_name = name.clone();
    let build = |send: Send| {
        let (name, _) = name?;
        Some(Scenario {
            title: title.unwrap_or_else(|| name.clone()),
            name: Arc::from(name),
            file: findings.source.file.clone(),
            purpose: purpose?,
            priority: u8::try_from(priority.flatten().unwrap_or(u64::from(DEFAULT_PRIORITY))).ok()?,
            schedule,
            trigger: trigger?,
            audience,
            send,
            limits,
        })
    };
    // A stage has its own text in the place of this one.
    let whole = build(send_at_once.clone().unwrap_or_else(|| Send { sms: String::new(), from: None }));
    let stages = whole.as_ref().map(|whole| later.into_iter().filter_map(|stage| stage.of(whole)).collect());
    Some(Draft {
        name: draft_name,
        needs_time_zone: needs_time_zone(&form),
        commercial: purpose.is_some_and(|purpose| purpose != Purpose::Service),
        scenario: whole.filter(|_| send_at_once.is_some()),
        stages: stages.unwrap_or_default(),
    })
}

const fn is_step(pattern: &Pattern) -> bool {
    matches!(pattern, Pattern::Once(_))
}

/// The file that a finding of the whole set names, for tests of names.
pub(super) fn is_name(text: &str) -> bool {
    let symbol = |letter: char| letter.is_alphanumeric() || matches!(letter, '-' | '_' | '.');
    !text.is_empty() && text.chars().count() <= MAX_NAME_CHARS && text.chars().all(symbol)
}

fn name(entry: &Entry, findings: &mut Findings<'_>) -> Option<(String, Range<usize>)> {
    let read = |text: &str| is_name(text).then(|| text.to_owned());
    let name = field::parsed(entry, findings, read, |_| Problem::Name)?;
    Some((name, entry.value.span.clone()))
}

fn needs_time_zone(form: &Form<'_>) -> Option<(Word, Range<usize>)> {
    [v::VALID, v::WEEKDAYS, v::HOURS].into_iter().find_map(|word| Some((word, form.find(word)?.key_span.clone())))
}

fn schedule(form: &Form<'_>, findings: &mut Findings<'_>) -> Schedule {
    Schedule {
        validity: form.find(v::VALID).and_then(|entry| validity(entry, findings)),
        weekdays: form.find(v::WEEKDAYS).map(|entry| field::weekdays(entry, findings)).unwrap_or_default(),
        hours: form.find(v::HOURS).map(|entry| field::hours(entry, findings)).unwrap_or_default(),
    }
}

fn validity(entry: &Entry, findings: &mut Findings<'_>) -> Option<(Date, Date)> {
    let (first, last) = field::parsed(entry, findings, value::dates, |_| Problem::Dates)?;
    if last < first {
        findings.report(&entry.value.span, Problem::EndsBeforeItBegins);
        return None;
    }
    Some((first, last))
}

/// What the trigger and the purpose must not be together.
fn judge(entry: &Entry, pattern: &Pattern, purpose: Purpose, findings: &mut Findings<'_>) {
    if purpose == Purpose::Service {
        return;
    }
    if let Some(number) = pattern.happenings().find_map(|happening| trigger::emergency(&happening.trigger)) {
        findings.report(&entry.value.span, Problem::EmergencyNumber { number: number.to_owned() });
    }
    let uses_location = pattern.happenings().any(|happening| trigger::uses_location(&happening.trigger));
    if purpose == Purpose::Marketing && uses_location {
        findings.report(&entry.value.span, Problem::NotLocation);
    }
}

fn audience(entry: &Entry, shelf: &mut Shelf<'_>, findings: &mut Findings<'_>) -> Audience {
    let Some(form) = Form::read(&entry.value, &entry.key_span, &v::WHO_FORM, findings) else {
        return Audience::default();
    };
    Audience {
        target: form.find(v::TARGET).and_then(|entry| shelf.subscribers(entry, findings)),
        exclude: form.find(v::EXCLUDE).map(|entry| shelf.all_subscribers(entry, findings)).unwrap_or_default(),
        tags: form.find(v::TAGS).map(|entry| tags(entry, findings)).unwrap_or_default(),
        origins: form.find(v::ORIGIN).map(|entry| field::choices(entry, &ORIGINS, findings)).unwrap_or_default(),
    }
}

/// Columns of the subscriber file and the values that may stand there: `{brand: [gotone, m-zone]}`.
fn tags(entry: &Entry, findings: &mut Findings<'_>) -> Vec<(String, Vec<String>)> {
    let Value::Fields(columns) = &entry.value.value else {
        if entry.value.value != Value::Refused {
            findings.report(&entry.value.span, Problem::WrongShape { shape: Shape::Fields });
        }
        return Vec::new();
    };
    let mut tags: Vec<(String, Vec<String>)> = Vec::with_capacity(columns.len());
    for column in columns {
        if tags.iter().any(|(name, _)| *name == column.key) {
            findings.report(&column.key_span, Problem::DuplicateKey { key: column.key.clone() });
        }
        let values = field::texts(column, findings).into_iter().map(|(_, text)| text.to_owned()).collect();
        tags.push((column.key.clone(), values));
    }
    tags
}

fn send(entry: &Entry, purpose: Option<Purpose>, findings: &mut Findings<'_>) -> Option<Send> {
    let form = Form::read(&entry.value, &entry.key_span, &v::SEND_FORM, findings)?;
    let from = form.find(v::SENDER).and_then(|entry| field::text(entry, findings)).map(str::to_owned);
    let sms = form.require(v::TEXT, findings).and_then(|entry| text::message(entry, purpose, findings))?;
    Some(Send { sms, from })
}

fn limits(entry: Option<&Entry>, findings: &mut Findings<'_>) -> Limits {
    let mut limits = Limits { per_subscriber: None, total: None, control: 0, expires: DEFAULT_EXPIRY };
    let form = entry.and_then(|entry| Form::read(&entry.value, &entry.key_span, &v::LIMITS_FORM, findings));
    let Some(form) = form else { return limits };
    limits.per_subscriber = form.find(v::PER_USER).and_then(|entry| field::cap(entry, findings));
    limits.total = form.find(v::TOTAL).and_then(|entry| total(entry, findings));
    limits.control = form.find(v::CONTROL).and_then(|entry| field::control(entry, findings)).unwrap_or(0);
    let expires = form.find(v::EXPIRES).and_then(|entry| field::expiry(entry, findings));
    limits.expires = expires.unwrap_or(DEFAULT_EXPIRY);
    limits
}

fn total(entry: &Entry, findings: &mut Findings<'_>) -> Option<u64> {
    const MOST: u64 = 1_000_000_000;
    if matches!(&entry.value.value, Value::Text { text, .. } if text.trim() == "0") {
        findings.report(&entry.value.span, Problem::LetsNothingThrough);
        return None;
    }
    field::whole_number(entry, 1, MOST, findings)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_short_and_of_letters_digits_and_joints() {
        let check = |text: &str, expected| assert_eq!(is_name(text), expected, "{text}");
        check("wanda-g3", true);
        check("万达_G3.夏", true);
        check("", false);
        check("two words", false);
        check("a/b", false);
        check(&"x".repeat(65), false);
    }
}

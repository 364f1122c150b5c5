//! A scenario file.

use std::ops::Range;
use std::sync::Arc;

use jiff::civil::Date;

use super::audience;
use super::diagnostic::Findings;
use super::field;
use super::form::Form;
use super::pattern;
use super::problem::Problem;
use super::sending;
use super::shelf::Shelf;
use super::source::Language;
use super::text::Wording;
use super::timing;
use super::trigger;
use super::value;
use super::variants;
use super::vocabulary as v;
use super::words::Word;
use super::yaml::{Entry, Node};
use crate::policy::Policy;
use crate::scenario::{DEFAULT_PRIORITY, Holidays, Limits, Purpose, Scenario, Schedule, Send, Trigger};

/// The longest name of a scenario, in characters.
const MAX_NAME_CHARS: usize = 64;

const PURPOSES: [(Word, Purpose); 3] =
    [(v::SERVICE, Purpose::Service), (v::MARKETING, Purpose::Marketing), (v::LOCATION, Purpose::Location)];
const HOLIDAYS: [(Word, Holidays); 2] = [(v::ONLY, Holidays::Only), (v::EXCEPT, Holidays::Except)];

/// What an offer is for, as people read it.
pub fn purpose_name(purpose: Purpose, language: Language) -> &'static str {
    PURPOSES.iter().find(|(_, known)| *known == purpose).map_or("", |(word, _)| word.in_language(language))
}

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
pub(super) fn read(root: &Node, policy: &Policy, shelf: &mut Shelf<'_>, findings: &mut Findings<'_>) -> Option<Draft> {
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
    let campaign = form.find(v::CAMPAIGN).and_then(|entry| field::parsed(entry, findings, named, |_| Problem::Name));
    let campaign = campaign.or_else(|| Some(as_written(&name.as_ref()?.1, findings).to_owned()));
    let delay = form.find(v::SCHEDULE).map(|entry| timing::schedule(entry, shelf, findings));
    let audience = form.find(v::WHO).map(|entry| audience::read(entry, policy, shelf, findings)).unwrap_or_default();
    let conversion = form.find(v::CONVERT).map(|entry| timing::conversion(entry, shelf, findings));
    let limits = limits(&form, policy, findings);
    let draft_name = name.clone();
    let complete = trigger.is_some() && delay.as_ref().is_none_or(Option::is_some);
    let mut whole = Scenario {
        title: title.unwrap_or_default(),
        file: findings.source.file.clone(),
        campaign: campaign.unwrap_or_default().into(),
        priority: u8::try_from(priority.flatten().unwrap_or(u64::from(DEFAULT_PRIORITY))).unwrap_or(DEFAULT_PRIORITY),
        schedule,
        delay: delay.flatten(),
        audience,
        limits,
        conversion: conversion.flatten(),
        // What could not be read stands in for nothing: without it there is no scenario.
        ..Scenario::new(
            "",
            purpose.unwrap_or(Purpose::Service),
            trigger.unwrap_or_else(|| Trigger::Seen.into()),
            Send::sms(""),
        )
    };
    if let (Some(entry), true) = (when, complete && purpose.is_some()) {
        judge(entry, &whole, policy, findings);
    }
    let wording = Wording::new(&whole, complete, purpose, policy);
    let stages = form.find(v::STAGES);
    let variants = form.find(v::VARIANTS);
    let at_once = match stages.or(variants) {
        Some(_) => form.find(v::SEND),
        None => form.require(v::SEND, findings),
    };
    form.one_of(&[v::SEND, v::VARIANTS], findings);
    let send_at_once = at_once.and_then(|entry| sending::read(entry, &wording, findings));
    let variants = variants.map(|entry| variants::read(entry, &wording, findings)).unwrap_or_default();
    let send_at_once = send_at_once.or_else(|| variants.first().map(|first| first.send.clone()));
    let read =
        |entry| timing::stages(entry, shelf, findings, |entry, findings| sending::read(entry, &wording, findings));
    let later = stages.map(read).unwrap_or_default();
    one_delay_only(&form, findings);
    let mut draft = Draft {
        name: draft_name,
        needs_time_zone: needs_time_zone(&form),
        commercial: purpose.is_some_and(|purpose| purpose != Purpose::Service),
        scenario: None,
        stages: Vec::new(),
    };
    let Some((name, _)) = name.filter(|_| complete && purpose.is_some()) else { return Some(draft) };
    if whole.title.is_empty() {
        whole.title.clone_from(&name);
    }
    whole.name = Arc::from(name);
    draft.stages = later.into_iter().map(|stage| stage.of(&whole)).collect();
    draft.scenario = send_at_once.map(|send| Scenario { send, variants, ..whole });
    Some(draft)
}

/// A stage has its own delay.
fn one_delay_only(form: &Form<'_>, findings: &mut Findings<'_>) {
    if form.find(v::STAGES).is_some() {
        form.one_of(&[v::STAGES, v::SCHEDULE], findings);
    }
}

fn limits(form: &Form<'_>, policy: &Policy, findings: &mut Findings<'_>) -> Limits {
    let entry = form.find(v::LIMITS);
    let limits = sending::limits(entry, findings);
    if let (Some(cap), Some(entry)) = (limits.per_subscriber, entry)
        && cap.per > policy.remembered
    {
        findings.report(&entry.value.span, Problem::CapBeyondMemory { days: value::days_of(policy.remembered) });
    }
    if let (Some(_), Some(entry), None) = (limits.budget, entry, policy.price) {
        findings.report(&entry.value.span, Problem::NoPrice);
    }
    limits
}

/// The file that a finding of the whole set names, for tests of names.
pub(super) fn is_name(text: &str) -> bool {
    let symbol = |letter: char| letter.is_alphanumeric() || matches!(letter, '-' | '_' | '.');
    !text.is_empty() && text.chars().count() <= MAX_NAME_CHARS && text.chars().all(symbol)
}

/// The text where it can be a name.
pub(super) fn named(text: &str) -> Option<String> {
    is_name(text).then(|| text.to_owned())
}

fn name(entry: &Entry, findings: &mut Findings<'_>) -> Option<(String, Range<usize>)> {
    let name = field::parsed(entry, findings, named, |_| Problem::Name)?;
    Some((name, entry.value.span.clone()))
}

/// A name with the columns of a template in it: the same for all scenarios of a file, wherever the file stands.
fn as_written<'s>(span: &Range<usize>, findings: &Findings<'s>) -> &'s str {
    findings.source.text.get(span.clone()).unwrap_or_default().trim_matches(['"', '\''])
}

fn needs_time_zone(form: &Form<'_>) -> Option<(Word, Range<usize>)> {
    let words = [v::VALID, v::WEEKDAYS, v::HOLIDAYS, v::HOURS, v::SCHEDULE];
    words.into_iter().find_map(|word| Some((word, form.find(word)?.key_span.clone())))
}

fn schedule(form: &Form<'_>, findings: &mut Findings<'_>) -> Schedule {
    let weekdays = form.find(v::WEEKDAYS).map(|entry| field::weekdays(entry, findings));
    let (weekdays, working_days) = weekdays.unwrap_or_default();
    Schedule {
        validity: form.find(v::VALID).and_then(|entry| validity(entry, findings)),
        weekdays,
        working_days,
        holidays: form.find(v::HOLIDAYS).and_then(|entry| field::choice(entry, &HOLIDAYS, findings)),
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

/// What the trigger, the purpose and the policy must not be together.
fn judge(entry: &Entry, scenario: &Scenario, policy: &Policy, findings: &mut Findings<'_>) {
    let triggers = || scenario.happenings().map(|happening| &happening.trigger);
    let senders: Vec<_> = policy.senders.iter().copied().chain(scenario.senders()).collect();
    if let Some(sender) = triggers().find_map(|trigger| trigger::own_sender(trigger, &senders)) {
        findings.report(&entry.value.span, Problem::OwnSender { number: value::written(sender) });
    }
    if scenario.purpose == Purpose::Service {
        return;
    }
    if let Some(number) = triggers().find_map(trigger::emergency) {
        findings.report(&entry.value.span, Problem::EmergencyNumber { number: number.to_owned() });
    }
    if triggers().any(|trigger| matches!(trigger, Trigger::Refused(_))) {
        findings.report(&entry.value.span, Problem::NotProven);
    }
    if scenario.purpose == Purpose::Marketing && triggers().any(trigger::uses_location) {
        findings.report(&entry.value.span, Problem::NotLocation);
    }
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

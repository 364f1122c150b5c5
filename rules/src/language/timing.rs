//! `schedule:` and `stages:` — what is sent some time after the trigger, unless something has happened by then; and
//! `convert:`, what is hoped for. Each stage is a scenario of its own in the set, `welcome+24h`, with its own place in the
//! ledger; limits and audience are those of the file.

use std::time::Duration;

use super::diagnostic::Findings;
use super::field;
use super::form::Form;
use super::pattern;
use super::problem::{Problem, Shape};
use super::shelf::Shelf;
use super::vocabulary as v;
use super::yaml::{Entry, Node, Value};
use crate::scenario::{Conversion, Delay, MAX_STEPS, Scenario, Send, Step, Until, WINDOW};

/// Reads `schedule:`; times of day may stand alone: `schedule: 10:00`.
pub(super) fn schedule(entry: &Entry, shelf: &mut Shelf<'_>, findings: &mut Findings<'_>) -> Option<Delay> {
    if let Value::Text { .. } | Value::List(_) = entry.value.value {
        let times = field::clocks(entry, findings);
        return Some(Delay { until: Until::Clock(times), unless: Step(Vec::new()), still_here: false });
    }
    let form = Form::read(&entry.value, &entry.key_span, &v::SCHEDULE_FORM, findings)?;
    let (word, until) = form.require_one(&[v::AT, v::AFTER], findings)?;
    let until = match word == v::AT {
        true => Until::Clock(field::clocks(until, findings)),
        false => Until::After(field::span(until, findings)?),
    };
    delay(&form, until, false, shelf, findings)
}

/// The rest of a delay: `unless` and `still_here`, which is `usual` where nothing is said.
fn delay(
    form: &Form<'_>,
    until: Until,
    usual: bool,
    shelf: &mut Shelf<'_>,
    findings: &mut Findings<'_>,
) -> Option<Delay> {
    let unless = form.find(v::UNLESS);
    let read = |entry| few(pattern::step(entry, shelf, findings)?, entry, findings);
    let unless = unless.map_or_else(|| Some(Step(Vec::new())), read);
    let still_here = form.find(v::STILL_HERE).map_or(Some(usual), |_| pattern::still_here(form, findings));
    Some(Delay { until, unless: unless?, still_here: still_here? })
}

/// Reads `convert: {call: {dialled: 12580}, within: 48h}`.
pub(super) fn conversion(entry: &Entry, shelf: &mut Shelf<'_>, findings: &mut Findings<'_>) -> Option<Conversion> {
    let form = Form::read(&entry.value, &entry.key_span, &v::CONVERT_FORM, findings)?;
    let within = form.find(v::WITHIN).map_or(Some(WINDOW), |entry| field::span(entry, findings));
    let (word, success) = form.require_one(v::STEP.keys, findings)?;
    let step = pattern::happening(word, success, shelf, findings).and_then(|step| few(step, entry, findings));
    Some(Conversion { step: step?, within: within? })
}

/// A step that is any of no more than [`MAX_STEPS`] happenings.
fn few(step: Step, entry: &Entry, findings: &mut Findings<'_>) -> Option<Step> {
    if step.0.len() > MAX_STEPS {
        findings.report(&entry.key_span, Problem::Number { least: 1, most: MAX_STEPS });
        return None;
    }
    Some(step)
}

/// One stage.
pub(super) struct Stage {
    after: Duration,
    delay: Delay,
    send: Send,
}

/// Reads the stages of a file. `send` reads the key of that name.
pub(super) fn stages(
    entry: &Entry,
    shelf: &mut Shelf<'_>,
    findings: &mut Findings<'_>,
    send: impl Fn(&Entry, &mut Findings<'_>) -> Option<Send>,
) -> Vec<Stage> {
    let Value::List(items) = &entry.value.value else {
        findings.report(&entry.value.span, Problem::WrongShape { shape: Shape::List });
        return Vec::new();
    };
    if !(1..=MAX_STEPS).contains(&items.len()) {
        findings.report(&entry.key_span, Problem::Number { least: 1, most: MAX_STEPS });
    }
    let mut stages: Vec<Stage> = Vec::new();
    for item in items {
        let Some((stage, after)) = stage(item, entry, shelf, findings, &send) else { continue };
        if stages.iter().any(|other| other.after == stage.after) {
            findings.report(&after.value.span, Problem::DuplicateKey { key: label(stage.after) });
            continue;
        }
        stages.push(stage);
    }
    stages
}

/// `{after: 24h, unless: {call: {out: yes}}, send: {sms: ...}}`, and where it says when.
fn stage<'n>(
    node: &'n Node,
    opened_by: &Entry,
    shelf: &mut Shelf<'_>,
    findings: &mut Findings<'_>,
    send: impl Fn(&Entry, &mut Findings<'_>) -> Option<Send>,
) -> Option<(Stage, &'n Entry)> {
    let form = Form::read(node, &opened_by.key_span, &v::STAGE_FORM, findings)?;
    let after = form.require(v::AFTER, findings);
    let lasting = after.and_then(|entry| field::span(entry, findings));
    let delay = delay(&form, Until::After(lasting.unwrap_or_default()), true, shelf, findings);
    let send = form.require(v::SEND, findings).and_then(|entry| send(entry, findings));
    Some((Stage { after: lasting?, delay: delay?, send: send? }, after?))
}

impl Stage {
    /// The scenario that this stage is, of the one that its file tells.
    pub(super) fn of(self, whole: &Scenario) -> Scenario {
        let name = format!("{}+{}", whole.name, label(self.after));
        Scenario { name: name.into(), delay: Some(self.delay), send: self.send, ..whole.clone() }
    }
}

/// `24h`, `90m`, `45s`.
fn label(span: Duration) -> String {
    let seconds = span.as_secs();
    let units = [(3600, "h"), (60, "m"), (1, "s")];
    let (unit, name) = units.into_iter().find(|(unit, _)| seconds.is_multiple_of(*unit)).unwrap_or((1, "s"));
    format!("{}{name}", seconds / unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stage_is_named_by_its_time_in_the_largest_unit_that_fits() {
        let check = |seconds, expected: &str| assert_eq!(label(Duration::from_secs(seconds)), expected);
        check(86_400, "24h");
        check(5400, "90m");
        check(61, "61s");
    }
}

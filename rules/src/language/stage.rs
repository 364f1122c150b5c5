//! `stages:` — what is sent some time after the trigger, unless something has happened by then. Each stage is a scenario
//! of its own in the set, `welcome+24h`, with its own place in the ledger; limits and audience are those of the file.

use std::time::Duration;

use super::diagnostic::Findings;
use super::field;
use super::form::Form;
use super::pattern;
use super::problem::{Problem, Shape};
use super::shelf::Shelf;
use super::vocabulary as v;
use super::yaml::{Entry, Node, Value};
use crate::scenario::{MAX_STEPS, Pattern, Scenario, Send, Step};

/// One stage.
pub(super) struct Stage {
    after: Duration,
    /// What calls it off; nothing where there is no step.
    unless: Step,
    still_here: bool,
    send: Send,
}

/// Reads the stages of a file. `send` reads the key of that name.
pub(super) fn read(
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
    let unless = form.find(v::UNLESS);
    let unless = unless.map_or_else(|| Some(Step(Vec::new())), |entry| pattern::step(entry, shelf, findings));
    let still_here = pattern::still_here(&form, findings);
    let send = form.require(v::SEND, findings).and_then(|entry| send(entry, findings));
    Some((Stage { after: lasting?, unless: unless?, still_here: still_here?, send: send? }, after?))
}

impl Stage {
    /// The scenario that this stage is, of the one that its file tells. `None` where that is triggered by more than one
    /// step.
    pub(super) fn of(self, whole: &Scenario) -> Option<Scenario> {
        let Pattern::Once(after) = &whole.trigger else { return None };
        let trigger = Pattern::Absence {
            after: after.clone(),
            no: self.unless,
            lasting: self.after,
            still_here: self.still_here,
        };
        let name = format!("{}+{}", whole.name, label(self.after));
        Some(Scenario { name: name.into(), trigger, send: self.send, ..whole.clone() })
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

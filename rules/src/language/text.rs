//! The text of an offer: what may stand in it, how long it may be, and whether it tells how to refuse.

use super::diagnostic::Findings;
use super::problem::Problem;
use super::yaml::{Entry, Value};
use super::{field, form};
use crate::scenario::Purpose;

/// The most parts of a concatenated message.
const MAX_PARTS: usize = 10;
/// Characters of UCS-2 in each part of a concatenated message, 3GPP TS 23.040 §9.2.3.24.1.
const CHARS_PER_PART: usize = 67;

/// Ways in which a commercial message tells how to be left alone.
const REFUSALS: [&str; 10] =
    ["退订", "拒收", "取消订", "回复T", "回T", "TD", "unsubscribe", "opt out", "opt-out", "stop"];

/// The text as it is sent.
pub(super) fn message(entry: &Entry, purpose: Option<Purpose>, findings: &mut Findings<'_>) -> Option<String> {
    let text = written(entry, findings)?;
    if text.is_empty() {
        findings.report(&entry.value.span, Problem::EmptyText);
        return None;
    }
    if let Some(character) = text.chars().find(|letter| letter.is_control() && *letter != '\n') {
        findings.report(&entry.value.span, Problem::ControlCharacter { character });
        return None;
    }
    if let Some(variable) = variable(text) {
        findings.report(&entry.value.span, Problem::NotYet { what: variable.to_owned() });
        return None;
    }
    let parts = text.encode_utf16().count().div_ceil(CHARS_PER_PART);
    if parts > MAX_PARTS {
        findings.report(&entry.value.span, Problem::TextTooLong { parts });
        return None;
    }
    if purpose.is_some_and(|purpose| purpose != Purpose::Service) && !tells_how_to_refuse(text) {
        findings.report(&entry.value.span, Problem::NoWayToRefuse);
    }
    Some(text.to_owned())
}

/// An empty pair of quotes is an empty text, not a missing one.
fn written<'n>(entry: &'n Entry, findings: &mut Findings<'_>) -> Option<&'n str> {
    if let Value::Fields(_) | Value::List(_) = entry.value.value
        && let Some(variable) = findings.source.text.get(entry.value.span.clone()).and_then(variable)
    {
        let problem = Problem::NotYet { what: variable.to_owned() };
        form::refuse(&entry.value, variable, problem, findings);
        return None;
    }
    field::text(entry, findings)
}

/// The first `{name}` in a text.
fn variable(text: &str) -> Option<&str> {
    let (start, _) = text.match_indices('{').next()?;
    let rest = text.get(start..)?;
    let end = rest.find('}')?;
    let name = rest.get(1..end)?;
    let symbol = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '.');
    (!name.is_empty() && name.chars().all(symbol)).then(|| rest.get(..=end)).flatten()
}

fn tells_how_to_refuse(text: &str) -> bool {
    let text = text.to_lowercase();
    REFUSALS.iter().any(|refusal| text.contains(&refusal.to_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_seen_and_other_braces_are_not() {
        let check = |text, expected| assert_eq!(variable(text), expected, "{text}");
        check("您在{区域}附近", Some("{区域}"));
        check("{area} and {device}", Some("{area}"));
        check("a {b c}", None);
        check("{}", None);
        check("only {", None);
    }

    #[test]
    fn ways_to_refuse_are_known_in_both_languages() {
        let check = |text: &str, expected| assert_eq!(tells_how_to_refuse(text), expected, "{text}");
        check("G3手机买一送一,退订回复TD", true);
        check("Reply STOP to end", true);
        check("拒收请回复R", true);
        check("G3手机买一送一", false);
    }
}

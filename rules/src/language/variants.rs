//! `variants:` — several things to send instead of one, each to its share of the subscribers.

use super::diagnostic::Findings;
use super::field;
use super::form::Form;
use super::problem::{Problem, Shape};
use super::scenario_file::named;
use super::sending;
use super::text::Wording;
use super::vocabulary as v;
use super::yaml::{Entry, Node, Value};
use crate::scenario::{MAX_VARIANTS, Send, Variant};

/// All subscribers, in hundredths of a percent.
const WHOLE: u16 = 10_000;

/// One of them, with its share where it says one.
struct Draft {
    name: String,
    share: Option<u16>,
    send: Send,
}

/// Reads `[{name: a, share: 50%, send: {...}}, {name: b, ...}]`. Shares that nobody says are equal.
pub(super) fn read(entry: &Entry, wording: &Wording<'_>, findings: &mut Findings<'_>) -> Vec<Variant> {
    let Value::List(items) = &entry.value.value else {
        if entry.value.value != Value::Refused {
            findings.report(&entry.value.span, Problem::WrongShape { shape: Shape::List });
        }
        return Vec::new();
    };
    if !(2..=MAX_VARIANTS).contains(&items.len()) {
        findings.report(&entry.key_span, Problem::Number { least: 2, most: MAX_VARIANTS });
        return Vec::new();
    }
    let mut drafts: Vec<Draft> = Vec::new();
    for item in items {
        let Some((draft, name)) = variant(item, entry, wording, findings) else { continue };
        if drafts.iter().any(|other| other.name == draft.name) {
            findings.report(&name.value.span, Problem::DuplicateKey { key: draft.name });
            continue;
        }
        drafts.push(draft);
    }
    if drafts.len() < items.len() {
        return Vec::new();
    }
    let Some(shares) = shares(&drafts) else {
        findings.report(&entry.key_span, Problem::Shares);
        return Vec::new();
    };
    let whole = |(draft, share): (Draft, u16)| Variant { name: draft.name.into(), share, send: draft.send };
    drafts.into_iter().zip(shares).map(whole).collect()
}

fn variant<'n>(
    node: &'n Node,
    opened_by: &Entry,
    wording: &Wording<'_>,
    findings: &mut Findings<'_>,
) -> Option<(Draft, &'n Entry)> {
    let form = Form::read(node, &opened_by.key_span, &v::VARIANT_FORM, findings)?;
    let entry = form.require(v::VARIANT_NAME, findings);
    let name = entry.and_then(|entry| field::parsed(entry, findings, named, |_| Problem::Name));
    let share = form.find(v::SHARE).map(|entry| field::sample(entry, findings));
    let send = form.require(v::SEND, findings).and_then(|entry| sending::read(entry, wording, findings));
    let share = share.map_or(Some(None), |share| share.map(Some))?;
    Some((Draft { name: name?, share, send: send? }, entry?))
}

/// The share of each: as they say, where together they are a whole; equal ones where none says.
fn shares(drafts: &[Draft]) -> Option<Vec<u16>> {
    let said: Vec<u16> = drafts.iter().filter_map(|draft| draft.share).collect();
    if said.is_empty() {
        let count = u16::try_from(drafts.len()).ok()?;
        let rest = usize::from(WHOLE.checked_rem(count)?);
        return Some((0..drafts.len()).map(|place| WHOLE / count + u16::from(place < rest)).collect());
    }
    let sum: u32 = said.iter().map(|share| u32::from(*share)).sum();
    (said.len() == drafts.len() && sum == u32::from(WHOLE)).then_some(said)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_a_whole_or_equal() {
        let check = |said: &[Option<u16>], expected: Option<&[u16]>| {
            let draft = |share: &Option<u16>| Draft { name: String::new(), share: *share, send: Send::sms("") };
            let drafts: Vec<Draft> = said.iter().map(draft).collect();
            assert_eq!(shares(&drafts).as_deref(), expected, "{said:?}");
        };
        check(&[None, None], Some(&[5000, 5000]));
        check(&[None, None, None], Some(&[3334, 3333, 3333]));
        check(&[Some(2500), Some(7500)], Some(&[2500, 7500]));
        check(&[Some(2500), Some(7000)], None);
        check(&[Some(10_000), None], None);
    }
}

//! `who:` — whom a scenario is for, and the segments of subscribers that it may name.

use std::sync::Arc;

use super::diagnostic::Findings;
use super::field;
use super::form::Form;
use super::problem::{Problem, Shape};
use super::shelf::Shelf;
use super::vocabulary as v;
use super::words::{self, Word};
use super::yaml::{Entry, Value};
use crate::policy::Policy;
use crate::scenario::{Audience, Origin};

const ORIGINS: [(Word, Origin); 4] = [
    (v::HOME_PROVINCE, Origin::Home),
    (v::OTHER_PROVINCE, Origin::OtherProvince),
    (v::OTHER_NETWORK, Origin::OtherNetwork),
    (v::INTERNATIONAL, Origin::International),
];

/// Reads all conditions that can be read.
pub(super) fn read(entry: &Entry, policy: &Policy, shelf: &mut Shelf<'_>, findings: &mut Findings<'_>) -> Audience {
    let Some(form) = Form::read(&entry.value, &entry.key_span, &v::WHO_FORM, findings) else {
        return Audience::default();
    };
    let segments = form.find(v::SEGMENT).map(|entry| segments(entry, policy, findings)).unwrap_or_default();
    Audience {
        segments,
        sample: form.find(v::SAMPLE).and_then(|entry| field::sample(entry, findings)),
        machines: machines(&form, findings),
        ..people(&form, shelf, findings)
    }
}

/// Reads one of the segments of the policy.
pub(super) fn segment(entry: &Entry, shelf: &mut Shelf<'_>, findings: &mut Findings<'_>) -> Option<Audience> {
    let form = Form::read(&entry.value, &entry.key_span, &v::SEGMENT_FORM, findings)?;
    Some(people(&form, shelf, findings))
}

/// The segments that a scenario names.
fn segments(entry: &Entry, policy: &Policy, findings: &mut Findings<'_>) -> Vec<Arc<Audience>> {
    let unknown = |name: &str| {
        let nearest = words::nearest(name, policy.segments.iter().map(|(known, _)| known.as_str())).map(str::to_owned);
        Problem::UnknownSegment { name: name.to_owned(), nearest }
    };
    field::each(entry, findings, |name| policy.segment(name).cloned(), unknown)
}

/// What a segment can say of people as well.
fn people(form: &Form<'_>, shelf: &mut Shelf<'_>, findings: &mut Findings<'_>) -> Audience {
    Audience {
        target: form.find(v::TARGET).and_then(|entry| shelf.subscribers(entry, findings)),
        exclude: form.find(v::EXCLUDE).map(|entry| shelf.all_subscribers(entry, findings)).unwrap_or_default(),
        tags: form.find(v::TAGS).map(|entry| tags(entry, findings)).unwrap_or_default(),
        origins: form.find(v::ORIGIN).map(|entry| field::choices(entry, &ORIGINS, findings)).unwrap_or_default(),
        device: form.find(v::DEVICE).and_then(|entry| shelf.devices(entry, findings)),
        ..Audience::default()
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
        tags.push((column.key.clone(), field::names(column, findings)));
    }
    tags
}

fn machines(form: &Form<'_>, findings: &mut Findings<'_>) -> bool {
    const INCLUDED: [(Word, bool); 2] = [(v::YES, true), (v::NO_NEED, false)];
    form.find(v::MACHINES).and_then(|entry| field::choice(entry, &INCLUDED, findings)).unwrap_or(false)
}

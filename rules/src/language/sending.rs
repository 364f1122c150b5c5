//! `send:` and `limits:` — what is sent, and how much of it.

use super::diagnostic::Findings;
use super::field;
use super::form::Form;
use super::problem::{Problem, Shape};
use super::scenario_file::named;
use super::text::Wording;
use super::vocabulary as v;
use super::words::Word;
use super::yaml::{Entry, Value};
use crate::scenario::{Limits, Message, Push, Send, Text};

/// The longest address of a pushed page, in octets: the whole push fits into three short messages.
const MAX_URL_OCTETS: usize = 255;

const PUSHES: [(Word, Push); 2] = [(v::INDICATION, Push::Indication), (v::LOADING, Push::Loading)];

/// Reads `send:`.
pub(super) fn read(entry: &Entry, wording: &Wording<'_>, findings: &mut Findings<'_>) -> Option<Send> {
    let form = Form::read(&entry.value, &entry.key_span, &v::SEND_FORM, findings)?;
    let channel = form.find(v::CHANNEL).and_then(|entry| field::parsed(entry, findings, named, |_| Problem::Name));
    let from = form.find(v::SENDER).and_then(|entry| field::text(entry, findings)).map(str::to_owned);
    let (word, entry) = form.require_one(&[v::TEXT, v::WAP_PUSH], findings)?;
    let message = match word == v::TEXT {
        true => Message::Sms(wording.read(entry, findings)?),
        false => wap_push(entry, wording, findings)?,
    };
    let languages = form.find(v::LANGUAGE).map(|entry| languages(entry, wording, findings)).unwrap_or_default();
    Some(Send { message, languages, channel, from })
}

/// `language: {en: "Dear customer"}`: the text in other languages, by what the subscriber file says.
fn languages(entry: &Entry, wording: &Wording<'_>, findings: &mut Findings<'_>) -> Vec<(Box<str>, Text)> {
    let Value::Fields(entries) = &entry.value.value else {
        if entry.value.value != Value::Refused {
            findings.report(&entry.value.span, Problem::WrongShape { shape: Shape::Fields });
        }
        return Vec::new();
    };
    let mut languages: Vec<(Box<str>, Text)> = Vec::with_capacity(entries.len());
    for own in entries {
        if languages.iter().any(|(known, _)| known.eq_ignore_ascii_case(&own.key)) {
            findings.report(&own.key_span, Problem::DuplicateKey { key: own.key.clone() });
        }
        languages.extend(wording.read(own, findings).map(|text| (own.key.as_str().into(), text)));
    }
    languages
}

/// `wap_push: {url: "http://wap.monternet.com/g3", text: "...", action: loading}`
fn wap_push(entry: &Entry, wording: &Wording<'_>, findings: &mut Findings<'_>) -> Option<Message> {
    let form = Form::read(&entry.value, &entry.key_span, &v::WAP_PUSH_FORM, findings)?;
    let url = form.require(v::URL, findings).and_then(|entry| {
        field::parsed(entry, findings, |text| is_url(text).then(|| text.to_owned()), |_| Problem::Url)
    });
    let title = form.require(v::PUSH_TITLE, findings).and_then(|entry| wording.read(entry, findings));
    let push = form.find(v::ACTION).map_or(Some(Push::default()), |entry| field::choice(entry, &PUSHES, findings));
    Some(Message::WapPush { title: title?, url: url?, push: push? })
}

fn is_url(text: &str) -> bool {
    let rest = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://"));
    let is_host = |rest: &str| rest.starts_with(|first: char| first.is_ascii_alphanumeric());
    text.len() <= MAX_URL_OCTETS && text.bytes().all(|byte| byte.is_ascii_graphic()) && rest.is_some_and(is_host)
}

/// Reads `limits:`; what is not there is as usual.
pub(super) fn limits(entry: Option<&Entry>, findings: &mut Findings<'_>) -> Limits {
    let mut limits = Limits::default();
    let form = entry.and_then(|entry| Form::read(&entry.value, &entry.key_span, &v::LIMITS_FORM, findings));
    let Some(form) = form else { return limits };
    limits.per_subscriber = form.find(v::PER_USER).and_then(|entry| field::cap(entry, findings));
    limits.total = form.find(v::TOTAL).and_then(|entry| total(entry, findings));
    limits.budget = form.find(v::BUDGET).and_then(|entry| field::money(entry, findings));
    limits.control = form.find(v::CONTROL).and_then(|entry| field::control(entry, findings)).unwrap_or(0);
    let expires = form.find(v::EXPIRES).and_then(|entry| field::expiry(entry, findings));
    limits.expires = expires.unwrap_or(limits.expires);
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
    fn addresses_begin_with_their_scheme_and_hold_no_other_script() {
        let check = |text: &str, expected| assert_eq!(is_url(text), expected, "{text}");
        check("http://wap.monternet.com/g3?a=1", true);
        check("https://10086.cn", true);
        check("wap.monternet.com", false);
        check("http://", false);
        check("http://移动.cn", false);
        check("http://a b", false);
        check(&format!("http://{}", "a".repeat(MAX_URL_OCTETS)), false);
    }
}

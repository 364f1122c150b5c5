//! A form: known keys with their values. Every key that is unknown, doubled, missing or too early for this version is told.

use std::ops::Range;

use super::diagnostic::Findings;
use super::problem::{Problem, Shape};
use super::punctuation;
use super::vocabulary::{self, Vocabulary};
use super::words::{self, Word};
use super::yaml::{Entry, Node, Value};

/// The fields of a form that its vocabulary knows.
pub(super) struct Form<'n> {
    /// Where to point when something is missing: the key that opens the form.
    at: Range<usize>,
    fields: Vec<(Word, &'n Entry)>,
    /// What keys that could not be read were probably meant to be: these are not missing.
    meant: Vec<Word>,
    refused_a_key: bool,
}

impl<'n> Form<'n> {
    /// Reads `node`, which stands at `at`. `None` where it holds no keys, and the author has been told.
    pub(super) fn read(
        node: &'n Node,
        at: &Range<usize>,
        vocabulary: &'static Vocabulary,
        findings: &mut Findings<'_>,
    ) -> Option<Self> {
        let entries = match &node.value {
            Value::Fields(entries) => entries,
            Value::Refused => return None,
            Value::Empty => {
                let key = findings.source.text.get(at.clone()).unwrap_or_default().to_owned();
                findings.report(at, Problem::MissingValue { key });
                return None;
            }
            other => {
                findings.report(&node.span, no_fields(other, vocabulary));
                return None;
            }
        };
        let mut form =
            Self { at: at.clone(), fields: Vec::with_capacity(entries.len()), meant: Vec::new(), refused_a_key: false };
        for entry in entries {
            form.enter(entry, vocabulary, findings);
        }
        Some(form)
    }

    fn enter(&mut self, entry: &'n Entry, vocabulary: &'static Vocabulary, findings: &mut Findings<'_>) {
        let Some(word) = vocabulary.keys.iter().find(|word| word.is(&entry.key)) else {
            self.refuse_key(entry, vocabulary, findings);
            return;
        };
        if let Some(first) = self.find(*word) {
            let problem = Problem::DuplicateKey { key: entry.key.clone() };
            let related = findings.related(&first.key_span, &problem);
            findings.report_with(&entry.key_span, problem, Some(related));
            return;
        }
        self.fields.push((*word, entry));
    }

    fn refuse_key(&mut self, entry: &Entry, vocabulary: &'static Vocabulary, findings: &mut Findings<'_>) {
        self.refused_a_key = true;
        let key = entry.key.as_str();
        if let Some((meant, at)) = oddly_spaced(key) {
            self.meant.extend(vocabulary.keys.iter().find(|word| word.is(&meant)));
            let start = entry.key_span.start + at.start;
            findings.report(&(start..start + at.len()), Problem::OddSpace);
            return;
        }
        if let Some((word, at, problem)) = crammed(key, vocabulary) {
            self.meant.push(word);
            let start = entry.key_span.start + at.start;
            findings.report(&(start..start + at.len()), problem);
            return;
        }
        let problem = match unknown(key, vocabulary) {
            Problem::UnknownKey { nearest: None, .. } if is_rest_of_text(entry, findings) => Problem::CutByComma,
            problem => problem,
        };
        if let Problem::UnknownKey { nearest: Some(nearest), .. } = &problem {
            self.meant.extend(vocabulary.keys.iter().find(|word| word.is(nearest)));
        }
        findings.report(&entry.key_span, problem);
    }

    /// The field, if it is there.
    pub(super) fn find(&self, word: Word) -> Option<&'n Entry> {
        self.fields.iter().find(|(known, _)| *known == word).map(|(_, entry)| *entry)
    }

    /// The field; the author is told where it is not there.
    pub(super) fn require(&self, word: Word, findings: &mut Findings<'_>) -> Option<&'n Entry> {
        let found = self.find(word);
        if found.is_none() && !self.meant.contains(&word) {
            findings.report(&self.at, Problem::MissingKey { word });
        }
        found
    }

    /// The one field of `words` that is there; the author is told of a second one.
    pub(super) fn one_of(&self, words: &[Word], findings: &mut Findings<'_>) -> Option<(Word, &'n Entry)> {
        let mut given = self.fields.iter().filter(|(word, _)| words.contains(word));
        let first = given.next()?;
        if let Some((other, second)) = given.next() {
            let problem = Problem::OneOnly { words: vec![first.0, *other] };
            let related = findings.related(&first.1.key_span, &problem);
            findings.report_with(&second.key_span, problem, Some(related));
        }
        Some((first.0, first.1))
    }

    /// As [`Form::one_of`]; the author is told where none is there.
    pub(super) fn require_one(&self, words: &'static [Word], findings: &mut Findings<'_>) -> Option<(Word, &'n Entry)> {
        let found = self.one_of(words, findings);
        if found.is_none() && !self.refused_a_key {
            findings.report(&self.at, Problem::OneNeeded { words });
        }
        found
    }
}

/// Whether a key without value is what a comma cut off from a text without quotes: `{sms: Hello, dear}`.
fn is_rest_of_text(entry: &Entry, findings: &Findings<'_>) -> bool {
    let before = findings.source.text.get(..entry.key_span.start).unwrap_or_default();
    entry.value.value == Value::Empty && before.trim_end().ends_with(',')
}

/// A key that would be one without the spaces in it that are none, and the place of the first of them.
fn oddly_spaced(key: &str) -> Option<(String, Range<usize>)> {
    let at = punctuation::odd_space(key)?;
    let plain = punctuation::without_odd_spaces(key);
    vocabulary::is_key(plain.trim()).then(|| (plain.trim().to_owned(), at))
}

/// What to say of a value where keys should stand.
fn no_fields(value: &Value, vocabulary: &Vocabulary) -> Problem {
    let text = if let Value::Text { text, .. } = value { text.as_str() } else { "" };
    let shape = vocabulary.under.map_or(Shape::Fields, Shape::FieldsUnder);
    punctuation::round_bracket(text).unwrap_or(Problem::WrongShape { shape })
}

/// What to say of a key that the form does not know.
fn unknown(key: &str, vocabulary: &'static Vocabulary) -> Problem {
    if key.contains('\t') {
        return Problem::Cells;
    }
    if let Some(problem) = punctuation::round_bracket(key) {
        return problem;
    }
    if vocabulary.later.iter().any(|word| word.is(key)) {
        return Problem::NotYet { what: key.to_owned() };
    }
    if vocabulary::OF_CHANNELS.iter().any(|word| word.is(key)) {
        return Problem::OfChannels { what: key.to_owned() };
    }
    if let Some(under) = vocabulary::belongs_under(key, vocabulary) {
        return Problem::MisplacedKey { key: key.to_owned(), under };
    }
    let spellings: Vec<_> = vocabulary.keys.iter().chain(vocabulary.later).flat_map(Word::spellings).collect();
    let nearest = words::nearest_within(key, &spellings).map(str::to_owned);
    Problem::UnknownKey { key: key.to_owned(), nearest, known: vocabulary.keys }
}

/// A known key whose colon was none to the parser, and the place of that colon: `进入:wanda`.
fn crammed(key: &str, vocabulary: &'static Vocabulary) -> Option<(Word, Range<usize>, Problem)> {
    let (before, _) = key.split_once([':', '：'])?;
    let word = vocabulary.keys.iter().find(|word| word.is(before.trim()))?;
    let wide = key.get(before.len()..)?.starts_with('：');
    let (length, problem) = if wide { ('：'.len_utf8(), Problem::WideColon) } else { (1, Problem::NoSpace) };
    Some((*word, before.len()..before.len() + length, problem))
}

/// Reports `problem` about a value, unless it only comes from a full-width mark in it.
pub(super) fn refuse(node: &Node, text: &str, problem: Problem, findings: &mut Findings<'_>) {
    let source = findings.source.text.get(node.span.clone());
    let wide = source.filter(|source| source.contains(text)).and_then(punctuation::first_wide);
    match wide {
        Some((at, wide)) => findings.report(&(node.span.start + at.start..node.span.start + at.end), wide),
        None => findings.report(&node.span, problem),
    }
}

//! YAML to a tree of texts, each with its place. Nothing is guessed from the look of a value: `0114` stays a text until a
//! field says what it wants. References, tags and deep nesting have no place in a form and are refused.

use std::ops::Range;

use granit_parser::{ErrorKind, Event, Parser, ScalarStyle, ScanError, Span, StrInput};

use super::diagnostic::Findings;
use super::problem::{Limit, Problem};
use super::punctuation;

/// How deep lists and keys may stand in each other.
pub const MAX_DEPTH: usize = 16;
/// How many values a file may hold.
pub const MAX_VALUES: usize = 20_000;

/// A value and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Node {
    pub(super) span: Range<usize>,
    pub(super) value: Value,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    /// Nothing was written, or `~`.
    Empty,
    /// A single value; `plain` where it stands without quotes.
    Text { text: String, plain: bool },
    /// Several values.
    List(Vec<Node>),
    /// Keys and their values, in the order of the file.
    Fields(Vec<Entry>),
    /// A value about which the author has been told already.
    Refused,
}

/// A key and its value.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) key_span: Range<usize>,
    pub(super) value: Node,
}

/// What stands in braces alone: `{area}` without quotes is a form with one key and no value.
pub(super) fn bare_braces(node: &Node) -> Option<&str> {
    match &node.value {
        Value::Fields(entries) => match entries.as_slice() {
            [Entry { key, value: Node { value: Value::Empty, .. }, .. }] => Some(key),
            _ => None,
        },
        _ => None,
    }
}

/// Reads the one document of a file. `None` where it is no YAML, and the author has been told why.
pub(super) fn parse(findings: &mut Findings<'_>) -> Option<Node> {
    let text = findings.source.text.as_str();
    let options = granit_parser::options! {
        disallow_directives: true,
        emit_unresolved_aliases: true,
        emit_comments: false,
        flow_nesting_limit: MAX_DEPTH,
        block_nesting_limit: MAX_DEPTH,
    };
    let parser = Parser::new_from_str_with_options(text, options);
    Builder { parser, findings, values: 0 }.document().ok()
}

/// Reading cannot go on; the author has been told why.
struct Stop;

struct Builder<'s, 'f> {
    parser: Parser<'s, StrInput<'s>>,
    findings: &'f mut Findings<'s>,
    values: usize,
}

impl<'s> Builder<'s, '_> {
    fn document(&mut self) -> Result<Node, Stop> {
        let mut document = None;
        loop {
            let (event, at) = self.next()?;
            match event {
                Event::StreamStart | Event::DocumentEnd => {}
                Event::DocumentStart(..) if document.is_some() => {
                    self.findings.report(&at, Problem::SeveralDocuments);
                    return Err(Stop);
                }
                Event::DocumentStart(..) => {
                    let (event, at) = self.next()?;
                    document = Some(self.node(event, at, 0)?);
                }
                _ => break,
            }
        }
        Ok(document.unwrap_or(Node { span: 0..0, value: Value::Empty }))
    }

    fn node(&mut self, event: Event<'s>, span: Range<usize>, depth: usize) -> Result<Node, Stop> {
        self.values += 1;
        if self.values > MAX_VALUES || depth > MAX_DEPTH {
            let limit = if depth > MAX_DEPTH { Limit::Depth } else { Limit::Values };
            self.findings.report(&span, Problem::TooLarge { limit });
            return Err(Stop);
        }
        let (anchored, tagged) = properties(&event);
        if let Some(mark) = anchored.then_some('&').or(tagged.then_some('!')) {
            self.findings.report(&span, Problem::SpecialStart { mark });
        }
        let start = span.start;
        let (value, end) = match event {
            Event::Scalar(text, style, ..) => (self.scalar(&text, style, &span), span.end),
            Event::SequenceStart(..) => self.list(depth)?,
            Event::MappingStart(..) => self.fields(depth)?,
            _ => {
                self.findings.report(&span, Problem::SpecialStart { mark: '*' });
                (Value::Refused, span.end)
            }
        };
        Ok(Node { span: start..end.max(start), value })
    }

    fn scalar(&mut self, text: &str, style: ScalarStyle, span: &Range<usize>) -> Value {
        let plain = style == ScalarStyle::Plain;
        if !plain {
            return Value::Text { text: text.to_owned(), plain };
        }
        if matches!(text, "" | "~" | "null") {
            return Value::Empty;
        }
        match punctuation::quoted_as_in_chinese(text) {
            Some(problem) => {
                self.findings.report(span, problem);
                Value::Refused
            }
            None => Value::Text { text: text.to_owned(), plain },
        }
    }

    fn list(&mut self, depth: usize) -> Result<(Value, usize), Stop> {
        let mut items = Vec::new();
        loop {
            let (event, at) = self.next()?;
            match event {
                Event::SequenceEnd => return Ok((Value::List(items), at.end)),
                event => items.push(self.node(event, at, depth + 1)?),
            }
        }
    }

    fn fields(&mut self, depth: usize) -> Result<(Value, usize), Stop> {
        let mut entries = Vec::new();
        let mut refused = false;
        loop {
            let (event, at) = self.next()?;
            if event == Event::MappingEnd {
                return Ok((if refused { Value::Refused } else { Value::Fields(entries) }, at.end));
            }
            let key = self.node(event, at, depth + 1)?;
            let (event, at) = self.next()?;
            let value = self.node(event, at, depth + 1)?;
            match key.value {
                Value::Text { text, .. } => entries.push(Entry { key: text, key_span: key.span, value }),
                Value::Refused => {}
                _ => {
                    self.findings.report(&key.span, Problem::NotAForm);
                    refused = true;
                }
            }
        }
    }

    fn next(&mut self) -> Result<(Event<'s>, Range<usize>), Stop> {
        match self.parser.next_event() {
            Some(Ok((event, span))) => Ok((event, octets(span))),
            Some(Err(error)) => {
                self.explain(&error);
                Err(Stop)
            }
            None => Ok((Event::StreamEnd, 0..0)),
        }
    }

    fn explain(&mut self, error: &ScanError) {
        let text = self.findings.source.text.as_str();
        let at = error.marker().byte_offset().unwrap_or(0);
        let likely = match error.kind() {
            ErrorKind::RecursionLimitExceeded => Vec::new(),
            _ => punctuation::likely_mistakes(text),
        };
        if likely.is_empty() {
            let (span, problem) = syntax(error.kind(), text, at);
            self.findings.report(&span, problem);
        }
        for (span, problem) in likely {
            self.findings.report(&span, problem);
        }
    }
}

fn octets(span: Span) -> Range<usize> {
    span.byte_range().unwrap_or(0..0)
}

/// Whether a node carries an anchor, and whether a tag.
fn properties(event: &Event<'_>) -> (bool, bool) {
    match event {
        Event::Scalar(_, _, anchor, tag) => (*anchor != 0, tag.is_some()),
        Event::SequenceStart(_, anchor, tag) | Event::MappingStart(_, anchor, tag) => (*anchor != 0, tag.is_some()),
        _ => (false, false),
    }
}

/// What the parser stumbled over, in the words of a form.
fn syntax(kind: &ErrorKind, text: &str, at: usize) -> (Range<usize>, Problem) {
    use ErrorKind as E;
    let next = text.get(at..).and_then(|rest| rest.chars().next());
    let one = at..at + next.map_or(0, char::len_utf8);
    match kind {
        E::RecursionLimitExceeded => (one, Problem::TooLarge { limit: Limit::Depth }),
        E::TabNotAllowed
        | E::TabInBlockIndentation
        | E::TabInIndentation
        | E::TabAtBlockScalarStart
        | E::TabInPlainScalar => (one, Problem::Tab),
        E::UnclosedFlowCollection { open } => punctuation::unclosed(text, *open, at),
        E::UnexpectedEofFlowSequence | E::ExpectedFlowSequenceSeparator => punctuation::unclosed(text, '[', at),
        E::UnexpectedEofFlowMapping | E::UnexpectedEofImplicitFlowMapping | E::ExpectedFlowMappingSeparator => {
            punctuation::unclosed(text, '{', at)
        }
        E::MismatchedFlowCollectionEnd { open, close } => (one, Problem::WrongBracket { open: *open, close: *close }),
        E::MisplacedFlowCollectionEnd => (one, Problem::LooseBracket),
        E::UnclosedQuotedScalar | E::DocumentIndicatorInQuotedScalar => (one, Problem::UnclosedQuote),
        E::InvalidTrailingSingleQuotedScalar | E::InvalidTrailingDoubleQuotedScalar => (one, Problem::AfterQuote),
        E::UnknownQuotedScalarEscape | E::InvalidQuotedScalarHexEscape | E::InvalidUnicodeEscape => {
            (one, Problem::Backslash)
        }
        E::MappingValueNotAllowed | E::MappingKeyNotAllowed => second_colon(text, at),
        E::SimpleKeyExpected
        | E::InvalidSimpleKey
        | E::MultipleDocumentsUnsupported
        | E::ExpectedDocumentStart
        | E::InvalidDocumentEnd => no_key(text, at),
        E::InvalidIndentation
        | E::InvalidFlowScalarIndent
        | E::InvalidQuotedScalarIndent
        | E::InvalidBlockScalarIndent
        | E::ExpectedBlockMappingKey
        | E::ExpectedBlockSequenceEntry
        | E::BlockSequenceEntryNotAllowed
        | E::BlockEntryInFlowCollection => (punctuation::line_at(text, at), Problem::Indentation),
        E::UnexpectedCharacter { .. } if text.get(at..).is_some_and(|rest| rest.starts_with("```")) => {
            (punctuation::line_at(text, at), Problem::NotAForm)
        }
        E::UnexpectedCharacter { character } => (one, Problem::SpecialStart { mark: *character }),
        E::CommentNotSeparated => (one, Problem::SpecialStart { mark: '#' }),
        E::DirectiveDisallowed => (one, Problem::SpecialStart { mark: '%' }),
        E::MissingAnchorOrAliasName => (one, Problem::SpecialStart { mark: next.unwrap_or('*') }),
        _ => (one, Problem::NotAForm),
    }
}

/// A colon where none can be: the second of its line, or the first, because the line before has none.
fn second_colon(text: &str, at: usize) -> (Range<usize>, Problem) {
    let line = punctuation::line_at(text, at);
    let is_first = text.get(line.start..at).is_some_and(|before| !before.contains(':'));
    let before = punctuation::line_at(text, line.start.saturating_sub(1));
    match text.get(before.clone()) {
        Some(text) if is_first && !text.is_empty() && !text.contains(':') => (before, Problem::NoColon),
        _ => (at..at + 1, Problem::ColonInText),
    }
}

/// A line that is no key where one is expected: it has no colon, or stands in the wrong column.
fn no_key(text: &str, at: usize) -> (Range<usize>, Problem) {
    let line = punctuation::line_at(text, at);
    let has_key = text.get(line.clone()).is_some_and(|line| line.contains(": ") || line.ends_with(':'));
    (line, if has_key { Problem::Indentation } else { Problem::NoColon })
}

//! A section of a TOML file as a form: every key is asked for by name and read as what it must be; what is left over in the
//! end is a mistake. Reading goes on after a mistake, so that one run tells of all.

use std::cell::RefCell;
use std::ops::Range;

use rules::language::{Diagnostic, Language, Source, nearest};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::problem::{Problem, Shape};

/// Takes the findings of one file.
pub(super) struct Findings<'s> {
    source: &'s Source,
    language: Language,
    list: RefCell<Vec<Diagnostic>>,
}

impl<'s> Findings<'s> {
    pub(super) fn new(source: &'s Source, language: Language) -> Self {
        Self { source, language, list: RefCell::default() }
    }

    pub(super) fn report(&self, span: Range<usize>, problem: &Problem) {
        let said = problem.say(self.language);
        self.list.borrow_mut().push(Diagnostic::error_at(self.source, span, problem.code(), self.language, said));
    }

    pub(super) fn finish(self) -> Vec<Diagnostic> {
        let mut list = self.list.into_inner();
        list.sort_by_key(|found| found.position);
        list
    }
}

/// A value with its place.
pub(super) type Value<'t> = &'t Spanned<DeValue<'t>>;

/// A section.
pub(super) struct Form<'t> {
    table: Option<&'t DeTable<'t>>,
    /// What it would be called, where there is none.
    absent: &'static str,
    /// Where it begins: what is missing is told there.
    span: Range<usize>,
    known: Vec<&'static str>,
    findings: &'t Findings<'t>,
}

impl<'t> Form<'t> {
    pub(super) fn new(table: &'t DeTable<'t>, span: Range<usize>, findings: &'t Findings<'t>) -> Self {
        Self { table: Some(table), absent: "", span, known: Vec::new(), findings }
    }

    /// Whether there is something under this key.
    pub(super) fn has(&self, key: &str) -> bool {
        self.table.is_some_and(|table| table.contains_key(key))
    }

    pub(super) fn report(&self, span: Range<usize>, problem: &Problem) {
        self.findings.report(span, problem);
    }

    /// About the section as a whole.
    pub(super) fn report_here(&self, problem: &Problem) {
        self.report(self.span.clone(), problem);
    }

    fn value(&mut self, key: &'static str) -> Option<Value<'t>> {
        self.known.push(key);
        self.table.and_then(|table| table.get(key))
    }

    /// The value of a key as `read` takes it; none where it is absent or wrong.
    pub(super) fn read<T>(
        &mut self,
        key: &'static str,
        read: impl FnOnce(&DeValue<'t>) -> Result<T, Problem>,
    ) -> Option<T> {
        self.placed(key, read).map(|(value, _)| value)
    }

    /// As [`Form::read`], with the value's place.
    pub(super) fn placed<T>(
        &mut self,
        key: &'static str,
        read: impl FnOnce(&DeValue<'t>) -> Result<T, Problem>,
    ) -> Option<(T, Range<usize>)> {
        let value = self.value(key)?;
        match read(value.get_ref()) {
            Ok(read) => Some((read, value.span())),
            Err(problem) => {
                self.report(value.span(), &problem);
                None
            }
        }
    }

    /// As [`Form::read`], where the key must be there.
    pub(super) fn need<T>(
        &mut self,
        key: &'static str,
        read: impl FnOnce(&DeValue<'t>) -> Result<T, Problem>,
    ) -> Option<T> {
        self.need_placed(key, read).map(|(value, _)| value)
    }

    /// As [`Form::placed`], where the key must be there.
    pub(super) fn need_placed<T>(
        &mut self,
        key: &'static str,
        read: impl FnOnce(&DeValue<'t>) -> Result<T, Problem>,
    ) -> Option<(T, Range<usize>)> {
        if !self.has(key) {
            self.known.push(key);
            self.report_here(&Problem::MissingKey { key, section: self.absent });
            return None;
        }
        self.placed(key, read)
    }

    /// Each value of a list as `read` takes it; none where the key is absent.
    pub(super) fn list<T>(
        &mut self,
        key: &'static str,
        example: &'static str,
        read: impl Fn(&DeValue<'t>) -> Result<T, Problem>,
    ) -> Option<Vec<T>> {
        let value = self.value(key)?;
        let DeValue::Array(values) = value.get_ref() else {
            self.report(value.span(), &Problem::WrongShape { shape: Shape::List, example });
            return None;
        };
        let read = |value: &Spanned<DeValue<'t>>| {
            read(value.get_ref()).map_err(|problem| self.report(value.span(), &problem)).ok()
        };
        Some(values.iter().filter_map(read).collect())
    }

    /// A section within; an empty form where there is none.
    pub(super) fn section(&mut self, key: &'static str) -> Self {
        let empty =
            Self { table: None, absent: key, span: self.span.clone(), known: Vec::new(), findings: self.findings };
        let Some(value) = self.value(key) else { return empty };
        self.form(value).unwrap_or(empty)
    }

    /// Sections of the same kind: `[[key]]`.
    pub(super) fn sections(&mut self, key: &'static str, example: &'static str) -> Vec<Self> {
        let Some(value) = self.value(key) else { return Vec::new() };
        match value.get_ref() {
            DeValue::Array(values) => values.iter().filter_map(|value| self.form(value)).collect(),
            _ => {
                self.report(value.span(), &Problem::WrongShape { shape: Shape::Table, example });
                Vec::new()
            }
        }
    }

    fn form(&self, value: Value<'t>) -> Option<Self> {
        match value.get_ref() {
            DeValue::Table(table) => Some(Self::new(table, value.span(), self.findings)),
            _ => {
                self.report(value.span(), &Problem::WrongShape { shape: Shape::Table, example: "[section]" });
                None
            }
        }
    }

    /// Tells of every key that was not asked for.
    pub(super) fn finish(self) {
        for key in self.table.iter().flat_map(|table| table.keys()) {
            let name: &str = key.get_ref();
            if !self.known.contains(&name) {
                let nearest = nearest(name, self.known.iter().copied()).map(str::to_owned);
                let known = self.known.clone();
                self.report(key.span(), &Problem::UnknownKey { key: name.to_owned(), nearest, known });
            }
        }
    }
}

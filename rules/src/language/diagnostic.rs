//! What is found in files: collected while reading, shown to people, handed to programs.

use std::ops::Range;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::problem::Problem;
use super::source::{Language, Position, Source};

/// The most findings that are shown of one file; of more, only their number is told.
pub const MAX_FINDINGS_PER_FILE: usize = 100;

/// One finding about a file, in the author's language.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    /// `S001`…: stable, explained by [`super::codes`].
    pub code: &'static str,
    /// Whether the set can still be used.
    pub severity: Severity,
    /// The file or folder that it is about, relative to the folder of the set; empty for the folder itself.
    pub file: PathBuf,
    /// Line and column; absent where the finding is about a file as a whole.
    #[serde(flatten)]
    pub position: Option<Position>,
    /// What is wrong.
    pub message: String,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// What led to it, such as the verdict of each gate.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// Other places that have to do with it, such as the first of two scenarios of one name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub related: Vec<Related>,
    /// The language of its texts.
    pub language: Language,
    /// The octets of the file's text that it underlines.
    #[serde(skip)]
    pub(super) span: Option<Range<usize>>,
}

impl Diagnostic {
    /// An error about the octets `span` of a file that is no scenario, with what is wrong and what to do.
    pub fn error_at(
        source: &Source,
        span: Range<usize>,
        code: &'static str,
        language: Language,
        (message, help): (String, Option<String>),
    ) -> Self {
        Self {
            code,
            severity: Severity::Error,
            file: source.file.clone(),
            position: Some(source.position(span.start)),
            message,
            help,
            notes: Vec::new(),
            related: Vec::new(),
            language,
            span: Some(span),
        }
    }
}

/// Another place that has to do with a finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Related {
    /// Its file, relative to the folder of the set.
    pub file: PathBuf,
    /// Where in the file.
    #[serde(flatten)]
    pub position: Position,
    /// What stands there.
    pub message: String,
    #[serde(skip)]
    pub(super) span: Range<usize>,
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The set cannot be used.
    Error,
    /// It can, but probably not as meant.
    Warning,
}

/// All findings about a folder.
#[derive(Clone, Debug, Default)]
pub struct Diagnostics {
    /// The folder of the set, as it was given.
    pub folder: PathBuf,
    /// In order of file and position.
    pub list: Vec<Diagnostic>,
    /// The files that the findings point into.
    pub sources: Vec<Source>,
}

impl Diagnostics {
    /// Whether the set cannot be used.
    pub fn has_errors(&self) -> bool {
        self.errors() > 0
    }

    /// The language of the set: that of its first file.
    pub fn language(&self) -> Language {
        self.sources.first().map(Source::language).unwrap_or_default()
    }

    /// How many findings make the set unusable.
    pub fn errors(&self) -> usize {
        self.list.iter().filter(|found| found.severity == Severity::Error).count()
    }

    /// How many findings do not.
    pub fn warnings(&self) -> usize {
        self.list.len() - self.errors()
    }

    pub(super) fn source(&self, file: &Path) -> Option<&Source> {
        self.sources.iter().find(|source| source.file == file)
    }

    /// A finding about a file or folder as a whole.
    pub(super) fn about(&mut self, file: &Path, line: Option<usize>, language: Language, problem: &Problem) {
        self.list.push(about(file, line, language, problem));
    }

    pub(super) fn sort(&mut self) {
        self.list.sort_by(|a, b| (&a.file, a.position, a.code).cmp(&(&b.file, b.position, b.code)));
    }
}

fn about(file: &Path, line: Option<usize>, language: Language, problem: &Problem) -> Diagnostic {
    let (message, help) = problem.say(language);
    Diagnostic {
        code: problem.code(),
        severity: problem.severity(),
        file: file.to_owned(),
        position: line.map(|line| Position { line, column: 1 }),
        message,
        help,
        notes: Vec::new(),
        related: Vec::new(),
        language,
        span: None,
    }
}

/// Takes the findings of one file while it is read.
pub(super) struct Findings<'s> {
    pub(super) source: &'s Source,
    pub(super) language: Language,
    list: Vec<Diagnostic>,
    /// How many findings more there are than are shown, and where the first of them is.
    unshown: usize,
    unshown_from: Range<usize>,
}

impl<'s> Findings<'s> {
    pub(super) fn new(source: &'s Source, language: Language) -> Self {
        Self { source, language, list: Vec::new(), unshown: 0, unshown_from: 0..0 }
    }

    /// Enters a finding about the octets `span`.
    pub(super) fn report(&mut self, span: &Range<usize>, problem: Problem) {
        self.report_with(span, problem, None);
    }

    /// Enters a finding with the other place that belongs to it. The same mistake at the same place is told once.
    pub(super) fn report_with(&mut self, span: &Range<usize>, problem: Problem, related: Option<Related>) {
        let same = |other: &Diagnostic| {
            other.code == problem.code() && other.span.as_ref().is_some_and(|place| place.start == span.start)
        };
        if self.list.iter().any(same) {
            return;
        }
        if self.list.len() >= MAX_FINDINGS_PER_FILE {
            if self.unshown == 0 {
                self.unshown_from = span.clone();
            }
            self.unshown += 1;
            return;
        }
        let mut found = self.found(span, &problem);
        found.related.extend(related);
        self.list.push(found);
    }

    fn found(&self, span: &Range<usize>, problem: &Problem) -> Diagnostic {
        let mut found = about(&self.source.file, None, self.language, problem);
        found.position = Some(self.source.position(span.start));
        found.span = Some(span.clone());
        found
    }

    /// Enters what was found by other means. The same mistake at the same place is told once.
    pub(super) fn take(&mut self, found: Diagnostic) {
        let same = |other: &Diagnostic| {
            (other.code, &other.file, other.position, &other.message)
                == (found.code, &found.file, found.position, &found.message)
        };
        if self.list.iter().any(same) {
            return;
        }
        if self.list.len() >= MAX_FINDINGS_PER_FILE {
            self.unshown += 1;
            return;
        }
        self.list.push(found);
    }

    /// Enters a finding about another file, which this one names.
    pub(super) fn report_elsewhere(&mut self, file: &Path, line: Option<usize>, problem: &Problem) {
        self.list.push(about(file, line, self.language, problem));
    }

    /// The place `span` as one that belongs to a finding elsewhere.
    pub(super) fn related(&self, span: &Range<usize>, problem: &Problem) -> Related {
        related(self.source, span, problem.first_place(self.language))
    }

    /// What was found, to be added to the findings of the set.
    pub(super) fn finish(mut self) -> Vec<Diagnostic> {
        if self.unshown > 0 {
            let problem = Problem::FurtherFindings { count: self.unshown };
            let from = self.unshown_from.clone();
            self.list.push(self.found(&from, &problem));
        }
        self.list
    }
}

pub(super) fn related(source: &Source, span: &Range<usize>, message: String) -> Related {
    Related { file: source.file.clone(), position: source.position(span.start), message, span: span.clone() }
}

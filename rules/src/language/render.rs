//! Findings as people read them: the line, underlined, and what to do.

use std::path::Path;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use super::diagnostic::{Diagnostic, Diagnostics, Related, Severity};
use super::source::{Language, Source};

/// Columns to which a long line of a file is cut around the finding.
const WIDTH: usize = 120;

impl Diagnostics {
    /// All findings as text, each with its line and what to do; `colour` for a terminal.
    pub fn render(&self, colour: bool) -> String {
        let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
        let renderer = renderer.decor_style(DecorStyle::Unicode).term_width(WIDTH);
        let mut text = String::new();
        for found in &self.list {
            text.push_str(renderer.render(&[self.group(found)]).trim_end());
            text.push_str("\n\n");
        }
        text
    }

    fn group<'a>(&'a self, found: &'a Diagnostic) -> Group<'a> {
        let names = Names::of(found.language);
        let level = match found.severity {
            Severity::Error => Level::ERROR.with_name(names.error),
            Severity::Warning => Level::WARNING.with_name(names.warning),
        };
        let mut group = level.primary_title(found.message.as_str()).id(found.code).elements(None::<Origin<'a>>);
        group = match (self.source(&found.file), &found.span) {
            (Some(source), Some(span)) => {
                group = group.element(snippet(source, span, AnnotationKind::Primary, None));
                found.related.iter().filter_map(|place| self.place(place)).fold(group, Group::element)
            }
            _ => group.element(self.origin(found)),
        };
        group = found
            .notes
            .iter()
            .fold(group, |group, note| group.element(Level::NOTE.with_name(names.note).message(note.as_str())));
        match &found.help {
            Some(help) => group.element(Level::HELP.with_name(names.help).message(help.as_str())),
            None => group,
        }
    }

    fn origin<'a>(&self, found: &Diagnostic) -> Origin<'a> {
        let is_folder = found.file.as_os_str().is_empty();
        let origin = Origin::path(if is_folder { self.folder.display().to_string() } else { name(&found.file) });
        match found.position {
            Some(position) => origin.line(position.line),
            None => origin,
        }
    }

    fn place<'a>(&'a self, place: &'a Related) -> Option<Snippet<'a, annotate_snippets::Annotation<'a>>> {
        let source = self.source(&place.file)?;
        Some(snippet(source, &place.span, AnnotationKind::Context, Some(place.message.as_str())))
    }
}

fn snippet<'a>(
    source: &'a Source,
    span: &std::ops::Range<usize>,
    kind: AnnotationKind,
    label: Option<&'a str>,
) -> Snippet<'a, annotate_snippets::Annotation<'a>> {
    let excerpt = source.excerpt(span);
    Snippet::source(excerpt.text)
        .line_start(excerpt.first_line)
        .path(name(&source.file))
        .annotation(kind.span(excerpt.span).label(label))
}

/// Slashes on every system, so that the text is the same everywhere.
fn name(file: &Path) -> String {
    let parts: Vec<_> = file.iter().map(|part| part.to_string_lossy()).collect();
    parts.join("/")
}

struct Names {
    error: &'static str,
    warning: &'static str,
    help: &'static str,
    note: &'static str,
}

impl Names {
    const fn of(language: Language) -> Self {
        match language {
            Language::English => Self { error: "error", warning: "warning", help: "help", note: "note" },
            Language::Chinese => Self { error: "错误", warning: "警告", help: "建议", note: "附注" },
        }
    }
}

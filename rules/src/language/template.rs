//! Templates: one scenario file and the rows of a CSV, `template: shops`. Each row makes a scenario of its own: `{column}`
//! stands for what is in that column, in any value. A mistake that a cell makes is told at its row.

use std::ops::Range;
use std::path::Path;

use super::diagnostic::{Diagnostic, Findings};
use super::problem::Problem;
use super::shelf::Shelf;
use super::source::{Language, Position};
use super::vocabulary as v;
use super::yaml::{self, Entry, Node, Value};
use crate::lists::Sheet;
use crate::scenario;

/// The most scenarios of one template.
pub const MAX_ROWS: usize = 10_000;

/// Reads a file by `read`: once, or for each row where it is a template.
pub(super) fn each<T>(
    root: &Node,
    shelf: &mut Shelf<'_>,
    findings: &mut Findings<'_>,
    mut read: impl FnMut(&Node, &mut Shelf<'_>, &mut Findings<'_>) -> Option<T>,
) -> Vec<T> {
    let Some(entry) = rows_of(root) else { return read(root, shelf, findings).into_iter().collect() };
    let Some((file, sheet)) = shelf.sheet(entry, findings) else { return Vec::new() };
    if sheet.rows.len() > MAX_ROWS {
        findings.report(&entry.value.span, Problem::Number { least: 1, most: MAX_ROWS });
        return Vec::new();
    }
    if !told_apart(root, &sheet) {
        findings.report(&entry.key_span, Problem::NoColumnInName);
        return Vec::new();
    }
    let mut all = Vec::new();
    for (line, cells) in &sheet.rows {
        let mut row = Row { sheet: &sheet, cells, filled: Vec::new() };
        let filled_in = row.fill(root);
        let mut own = Findings::new(findings.source, findings.language);
        all.extend(read(&filled_in, shelf, &mut own));
        row.hand_over(own, &file, *line, findings);
    }
    all
}

/// The field that names the rows.
fn rows_of(root: &Node) -> Option<&Entry> {
    let Value::Fields(entries) = &root.value else { return None };
    entries.iter().find(|entry| v::TEMPLATE.is(&entry.key))
}

/// Whether the names of the scenarios can differ.
fn told_apart(root: &Node, sheet: &Sheet) -> bool {
    let Value::Fields(entries) = &root.value else { return true };
    let name = entries.iter().find(|entry| v::SCENARIO.is(&entry.key));
    let has_column = |text: &str| sheet.names.iter().any(|column| text.contains(&format!("{{{column}}}")));
    match name.map(|entry| &entry.value) {
        Some(Node { value: Value::Text { text, .. }, .. }) => has_column(text),
        Some(node) => yaml::bare_braces(node).is_none_or(|name| sheet.names.iter().any(|column| column == name)),
        None => true,
    }
}

/// One row, and where its cells were filled in.
struct Row<'a> {
    sheet: &'a Sheet,
    cells: &'a [String],
    /// Places of the file, and the column.
    filled: Vec<(Range<usize>, usize)>,
}

impl<'a> Row<'a> {
    fn fill(&mut self, node: &Node) -> Node {
        let value = match &node.value {
            Value::Text { text, plain } => Value::Text { text: self.fill_text(text, &node.span), plain: *plain },
            Value::List(items) => Value::List(items.iter().map(|item| self.fill(item)).collect()),
            Value::Fields(entries) => match yaml::bare_braces(node).and_then(|name| self.cell(name)) {
                Some((column, cell)) => {
                    let text = cell.to_owned();
                    self.filled.push((node.span.clone(), column));
                    Value::Text { text, plain: true }
                }
                None => Value::Fields(entries.iter().map(|entry| self.fill_entry(entry)).collect()),
            },
            value @ (Value::Empty | Value::Refused) => value.clone(),
        };
        Node { span: node.span.clone(), value }
    }

    fn fill_entry(&mut self, entry: &Entry) -> Entry {
        Entry { key: entry.key.clone(), key_span: entry.key_span.clone(), value: self.fill(&entry.value) }
    }

    /// The text with the cells of the columns that it names; other braces are left alone.
    fn fill_text(&mut self, text: &str, span: &Range<usize>) -> String {
        let mut filled = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, name, after)) = scenario::braces(rest) {
            filled.push_str(before);
            match self.cell(name) {
                Some((column, cell)) => {
                    filled.push_str(cell);
                    self.filled.push((span.clone(), column));
                }
                None => {
                    let whole = rest.get(before.len()..rest.len() - after.len());
                    filled.push_str(whole.unwrap_or_default());
                }
            }
            rest = after;
        }
        filled.push_str(rest);
        filled
    }

    fn cell(&self, name: &str) -> Option<(usize, &'a str)> {
        let column = self.sheet.names.iter().position(|column| column == name.trim())?;
        Some((column, self.cells.get(column)?))
    }

    /// Tells of what was found: at the row where a cell is at fault, else once for all rows.
    fn hand_over(&self, own: Findings<'_>, file: &Path, line: u64, findings: &mut Findings<'_>) {
        for mut found in own.finish() {
            if let Some(column) = found.span.as_ref().and_then(|span| self.column_at(span)) {
                place_at_row(&mut found, file, line, column);
            }
            findings.take(found);
        }
    }

    /// The column that was filled in at a place.
    fn column_at(&self, place: &Range<usize>) -> Option<&str> {
        let holds = |span: &Range<usize>| span.start <= place.start && place.start < span.end.max(span.start + 1);
        let (_, column) = self.filled.iter().find(|(span, _)| holds(span))?;
        self.sheet.names.get(*column).map(String::as_str)
    }
}

/// Makes a finding about the template one about a cell of a row.
fn place_at_row(found: &mut Diagnostic, file: &Path, line: u64, column: &str) {
    let template = found.file.display().to_string();
    let in_template = found.position.map_or(1, |position| position.line);
    let (message, note) = match found.language {
        Language::English => (
            format!("column `{column}`: {}", found.message),
            format!("it is filled in at `{template}`, line {in_template}"),
        ),
        Language::Chinese => {
            (format!("`{column}` 列：{}", found.message), format!("它填入 `{template}` 的第 {in_template} 行"))
        }
    };
    found.message = message;
    found.notes.push(note);
    found.file = file.to_owned();
    found.position = usize::try_from(line).ok().map(|line| Position { line, column: 1 });
    found.span = None;
    found.related.clear();
}

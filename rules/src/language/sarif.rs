//! Findings as SARIF 2.1.0: what editors and code review read.

use std::path::Path;

use serde_json::{Value, json};

use super::diagnostic::{Diagnostic, Diagnostics, Severity};
use super::source::{Language, Position};
use super::{codes, test_codes};

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

impl Diagnostics {
    /// The findings as one SARIF log. Files are named relative to the folder of the set.
    pub fn sarif(&self) -> Value {
        let language = self.list.first().map(|found| found.language).unwrap_or_default();
        let rules: Vec<Value> = codes().chain(test_codes()).map(|code| rule(code, language)).collect();
        json!({
            "$schema": SCHEMA,
            "version": "2.1.0",
            "runs": [{
                "tool": { "driver": {
                    "name": "touchpoint check",
                    "version": env!("CARGO_PKG_VERSION"),
                    "rules": rules,
                } },
                "columnKind": "unicodeCodePoints",
                "results": self.list.iter().map(|found| self.result(found)).collect::<Vec<_>>(),
            }],
        })
    }

    fn result(&self, found: &Diagnostic) -> Value {
        let notes = found.help.iter().chain(&found.notes).map(String::as_str);
        let text: Vec<&str> = std::iter::once(found.message.as_str()).chain(notes).collect();
        let related: Vec<Value> = found
            .related
            .iter()
            .map(|place| {
                let mut location = location(&place.file, Some(place.position), self.end_of(&place.file, &place.span));
                if let Some(location) = location.as_object_mut() {
                    location.insert("message".to_owned(), json!({ "text": place.message }));
                }
                location
            })
            .collect();
        let end = found.span.as_ref().and_then(|span| self.end_of(&found.file, span));
        json!({
            "ruleId": found.code,
            "level": match found.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
            },
            "message": { "text": text.join("\n") },
            "locations": [location(&found.file, found.position, end)],
            "relatedLocations": related,
        })
    }

    /// Where a place of a file that was read ends.
    fn end_of(&self, file: &Path, span: &std::ops::Range<usize>) -> Option<Position> {
        self.source(file).map(|source| source.position(span.end))
    }
}

fn rule(code: &super::Code, language: Language) -> Value {
    json!({
        "id": code.code,
        "shortDescription": { "text": code.title(language) },
        "fullDescription": { "text": code.explanation(language) },
    })
}

fn location(file: &Path, start: Option<Position>, end: Option<Position>) -> Value {
    let name = file.to_string_lossy().replace('\\', "/");
    let uri = if name.is_empty() { ".".to_owned() } else { name };
    let mut place = json!({ "artifactLocation": { "uri": uri } });
    let region = start.map(|start| match end.filter(|end| *end > start) {
        Some(end) => json!({
            "startLine": start.line, "startColumn": start.column, "endLine": end.line, "endColumn": end.column,
        }),
        None => json!({ "startLine": start.line, "startColumn": start.column }),
    });
    if let (Some(region), Some(place)) = (region, place.as_object_mut()) {
        place.insert("region".to_owned(), region);
    }
    json!({ "physicalLocation": place })
}

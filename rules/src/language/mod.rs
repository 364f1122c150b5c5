//! Scenario files to a [`crate::RuleSet`], or to diagnostics that tell an author what to change.

use std::path::Path;

use crate::RuleSet;

/// One finding about a file, in the author's language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// `S001`…: stable, with a page in the docs.
    pub code: &'static str,
    /// Whether the set can still be used.
    pub severity: Severity,
    /// File, relative to the folder of the set.
    pub file: std::path::PathBuf,
    /// Line and column, from 1; column counts characters.
    pub position: Option<(usize, usize)>,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// The set cannot be used.
    Error,
    /// It can, but probably not as meant.
    Warning,
}

/// All findings about a folder.
#[derive(Clone, Debug, Default)]
pub struct Diagnostics {
    /// In order of file and position.
    pub list: Vec<Diagnostic>,
}

/// Reads a folder: `scenarios/*.yaml` (or `*.yaml` directly in it), `policy.yaml`, `areas/*.csv`, `lists/*.csv`.
/// Gives the set unless there is an error among the diagnostics.
pub fn load(_folder: &Path) -> (Option<RuleSet>, Diagnostics) {
    todo!()
}

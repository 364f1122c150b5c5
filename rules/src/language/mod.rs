//! Scenario files to a [`RuleSet`], or to diagnostics that tell an author what to change, in the author's language.
//!
//! `yaml` makes a tree of texts with their places; forms (`form`, `vocabulary`) give each text a field, fields (`field`,
//! `value`) give it a type; `scenario_file`, `pattern`, `trigger` and `policy_file` build the model. Each step goes on after a
//! mistake, so one run tells of as many as it can. Pure but for `folder` and the lists.

mod audience;
mod chinese;
mod codes;
mod diagnostic;
mod difference;
mod english;
mod feeds;
mod field;
mod folder;
mod form;
mod mutation;
mod pattern;
mod policy_file;
mod problem;
mod punctuation;
mod reasons;
mod render;
mod sarif;
mod scenario_file;
mod schema;
mod schema_fields;
mod sending;
mod shelf;
mod site;
mod source;
mod survey;
mod template;
mod test_event;
mod test_file;
mod test_problem;
mod test_set;
mod test_words;
mod text;
mod timing;
mod trigger;
mod value;
mod variants;
mod vocabulary;
mod words;
mod yaml;

use std::ops::Range;
use std::path::{Path, PathBuf};

pub use codes::{Code, codes};
pub use diagnostic::{Diagnostic, Diagnostics, MAX_FINDINGS_PER_FILE, Related, Severity};
pub use difference::{Change, Detail, Key, Notation, SetChange, SetPart, Values, difference};
pub use folder::{MAX_FILE_BYTES, MAX_FILES};
pub use reasons::{gate_name, reason_name};
pub use scenario_file::purpose_name;
pub use schema::{SchemaKind, schema};
pub use shelf::check_tables;
pub use site::Site;
pub use source::{Language, Position, Source};
pub use survey::{Mutant, Survey, survey};
pub use template::MAX_ROWS;
pub use test_problem::test_codes;
pub use test_set::{TestSet, load_tests};
pub use words::nearest;
pub use yaml::{MAX_DEPTH, MAX_VALUES};

use crate::scenario::NumberPattern;
use crate::{Policy, RuleSet};
use diagnostic::Findings;
use folder::Folder;
use problem::Problem;
use shelf::Shelf;
use words::Word;

/// Reads a folder: `scenarios/**/*.yaml` (or `*.yaml` directly in it), `policy.yaml`, `areas/*.csv`, `lists/*.csv`.
/// Gives the set unless there is an error among the diagnostics. Each file is spoken of in the language of its keys.
pub fn load(folder: &Path) -> (Option<RuleSet>, Diagnostics) {
    load_in(folder, None)
}

/// As [`load`], with all diagnostics in one language where it is given.
pub fn load_in(root: &Path, language: Option<Language>) -> (Option<RuleSet>, Diagnostics) {
    load_for(root, language, &Site::default())
}

/// As [`load_in`]; also tells what does not work where the set is to run.
pub fn load_for(root: &Path, language: Option<Language>, site: &Site) -> (Option<RuleSet>, Diagnostics) {
    let mut reading = Reading {
        root,
        asked: language,
        site,
        diagnostics: Diagnostics { folder: root.to_owned(), ..Diagnostics::default() },
        needs: Vec::new(),
    };
    let set = match Folder::open(root) {
        Ok(folder) => reading.read(&folder),
        Err((file, problem)) => {
            reading.diagnostics.about(&file, None, language.unwrap_or_default(), &problem);
            None
        }
    };
    reading.diagnostics.sort();
    (set.filter(|_| !reading.diagnostics.has_errors()), reading.diagnostics)
}

/// A field that has no meaning without the policy's time zone.
struct Need {
    source: usize,
    word: Word,
    span: Range<usize>,
}

/// A scenario's name and where it stands.
struct Named {
    source: usize,
    name: String,
    span: Range<usize>,
}

struct Reading<'r> {
    root: &'r Path,
    asked: Option<Language>,
    site: &'r Site,
    diagnostics: Diagnostics,
    needs: Vec<Need>,
}

impl Reading<'_> {
    fn read(&mut self, folder: &Folder) -> Option<RuleSet> {
        let mut shelf = Shelf::new(self.root, &folder.areas, &folder.lists);
        let policy = self.policy(&folder.policies, &mut shelf);
        let mut rules = policy.as_ref().map_or_else(Policy::default, |draft| draft.policy.clone());
        rules.senders.extend(self.site.senders.iter().copied().map(NumberPattern::Exactly));
        let (mut scenarios, mut names) = (Vec::new(), Vec::new());
        let mut commercial = false;
        for file in &folder.scenarios {
            for draft in self.scenarios(file, &rules, &mut shelf, &mut names) {
                commercial |= draft.commercial;
                scenarios.extend(draft.scenario);
                scenarios.extend(draft.stages);
            }
        }
        self.judge(folder, policy.as_ref(), commercial);
        self.tell_same_names(&names);
        scenarios.sort_by(|a, b| a.name.cmp(&b.name));
        let revision = match folder.revision(self.root) {
            Ok(revision) => revision,
            Err((file, problem)) => {
                self.diagnostics.about(&file, None, self.language(), &problem);
                return None;
            }
        };
        Some(RuleSet::new(scenarios, rules, revision))
    }

    fn policy(&mut self, files: &[PathBuf], shelf: &mut Shelf<'_>) -> Option<policy_file::Draft> {
        let (file, others) = files.split_first()?;
        for other in others {
            let problem = Problem::TwoPolicies { other: other.display().to_string() };
            self.diagnostics.about(file, None, self.language(), &problem);
        }
        self.file(file, |root, findings| policy_file::read(root, shelf, findings)).1
    }

    /// What a file says: one scenario, or one for each row of a template.
    fn scenarios(
        &mut self,
        file: &Path,
        policy: &Policy,
        shelf: &mut Shelf<'_>,
        names: &mut Vec<Named>,
    ) -> Vec<scenario_file::Draft> {
        let site = self.site;
        let (source, drafts) = self.file(file, |root, findings| {
            Some(template::each(root, shelf, findings, |root, shelf, findings| {
                let draft = scenario_file::read(root, policy, shelf, findings);
                site.judge(root, shelf, findings);
                draft
            }))
        });
        let drafts = drafts.unwrap_or_default();
        let named = drafts.iter().filter_map(|draft| draft.name.clone());
        names.extend(named.map(|(name, span)| Named { source, name, span }));
        let need = drafts.iter().find_map(|draft| draft.needs_time_zone.clone());
        self.needs.extend(need.map(|(word, span)| Need { source, word, span }));
        drafts
    }

    /// Reads one YAML file by `read` and keeps its text for the findings. Gives the index of its source too.
    fn file<T>(
        &mut self,
        file: &Path,
        read: impl FnOnce(&yaml::Node, &mut Findings<'_>) -> Option<T>,
    ) -> (usize, Option<T>) {
        let index = self.diagnostics.sources.len();
        let text = match folder::read_text(&self.root.join(file)) {
            Ok(text) => text,
            Err(problem) => {
                self.diagnostics.about(file, None, self.language(), &problem);
                return (index, None);
            }
        };
        let source = Source::new(file, text);
        let language = self.asked.unwrap_or_else(|| source.language());
        let mut findings = Findings::new(&source, language);
        let value = match yaml::parse(&mut findings) {
            Some(root) if root.value == yaml::Value::Empty => {
                findings.report(&(0..0), Problem::EmptyFile);
                None
            }
            Some(yaml::Node { span, value: yaml::Value::Text { text, .. } }) => {
                findings.report(&span, if text.contains('\t') { Problem::Cells } else { Problem::NotAForm });
                None
            }
            Some(yaml::Node { span, value: yaml::Value::List(_) }) => {
                findings.report(&span, Problem::NotAForm);
                None
            }
            Some(root) => read(&root, &mut findings),
            None => None,
        };
        let found = findings.finish();
        self.diagnostics.list.extend(found);
        self.diagnostics.sources.push(source);
        (index, value)
    }

    /// What only the whole set can tell.
    fn judge(&mut self, folder: &Folder, policy: Option<&policy_file::Draft>, commercial: bool) {
        if folder.scenarios.is_empty() {
            self.diagnostics.about(Path::new(""), None, self.language(), &Problem::NoScenarios);
        }
        if folder.policies.is_empty() && commercial {
            self.diagnostics.about(Path::new("policy.yaml"), None, self.language(), &Problem::NoPolicy);
        }
        for (one, other) in folder.same_areas() {
            let problem = Problem::TwoAreas { other: one.display().to_string() };
            self.diagnostics.about(other, None, self.language(), &problem);
        }
        // A policy that could not be read may well name one.
        let lacks_zone = folder.policies.is_empty() || policy.is_some_and(|policy| !policy.has_time_zone);
        for need in std::mem::take(&mut self.needs).iter().filter(|_| lacks_zone) {
            self.report(need.source, &need.span, Problem::NoTimeZone { word: need.word }, None);
        }
    }

    fn tell_same_names(&mut self, names: &[Named]) {
        let mut first = rustc_hash::FxHashMap::default();
        for named in names {
            let earlier: &Named = first.entry(named.name.as_str()).or_insert(named);
            if !std::ptr::eq(earlier, named) {
                let problem = Problem::SameName { name: named.name.clone() };
                self.report(named.source, &named.span, problem, Some(earlier));
            }
        }
    }

    fn report(&mut self, source: usize, span: &Range<usize>, problem: Problem, first: Option<&Named>) {
        let sources = &self.diagnostics.sources;
        let Some(own) = sources.get(source) else { return };
        let language = self.asked.unwrap_or_else(|| own.language());
        let related = first.and_then(|first| {
            let text = problem.first_place(language);
            sources.get(first.source).map(|source| diagnostic::related(source, &first.span, text))
        });
        let mut findings = Findings::new(own, language);
        findings.report_with(span, problem, related);
        let found = findings.finish();
        self.diagnostics.list.extend(found);
    }

    /// The language for what is about no text: as asked, or as in the files read so far.
    fn language(&self) -> Language {
        self.asked.unwrap_or_else(|| self.diagnostics.language())
    }
}

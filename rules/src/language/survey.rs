//! Which mistakes in a set its own test cases would not notice.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::diagnostic::{Diagnostics, Findings, Severity};
use super::folder::{self, Folder};
use super::mutation::{self, Mutation};
use super::shelf::Shelf;
use super::source::{Language, Position, Source};
use super::yaml::{self, Node};
use super::{TestSet, policy_file, scenario_file, template};
use crate::policy::Policy;
use crate::scenario::Scenario;
use crate::unit::Equivalent;

/// The mistakes that were tried in one file.
#[derive(Clone, Debug, Serialize)]
pub struct Survey {
    /// The scenario's name; `policy` for the policy file.
    pub scenario: String,
    /// Its file, relative to the folder of the set.
    pub file: PathBuf,
    /// How many mistakes a case noticed.
    pub caught: usize,
    /// Those that none did.
    pub missed: Vec<Mutant>,
    /// Those that none can, as an author has said.
    pub equivalent: Vec<Mutant>,
}

/// A mistake that no case notices.
#[derive(Clone, Debug, Serialize)]
pub struct Mutant {
    /// Where in the file.
    #[serde(flatten)]
    pub position: Position,
    /// What stands there.
    pub before: String,
    /// What could stand there instead; absent where it could as well be taken out.
    pub after: Option<String>,
}

impl Mutant {
    /// What is changed, in a few words: `10m → 20m`.
    pub fn change(&self, language: Language) -> String {
        match (&self.after, language) {
            (Some(after), _) => format!("{} → {after}", self.before),
            (None, Language::English) => format!("without {}", self.before),
            (None, Language::Chinese) => format!("去掉 {}", self.before),
        }
    }

    /// Whether an author has said that this one changes nothing.
    fn is(&self, scenario: &str, said: &Equivalent) -> bool {
        let is_same = |language| said.change == self.change(language);
        said.scenario == scenario && [Language::English, Language::Chinese].into_iter().any(is_same)
    }
}

/// Breaks every file of the set in small ways, one at a time, and runs all cases. A file that cannot be read is passed
/// over: the set was read before. What an author calls equivalent and is not, is told in `diagnostics`.
pub fn survey(root: &Path, set: &TestSet, diagnostics: &mut Diagnostics) -> Vec<Survey> {
    let mut surveys = break_all(root, set);
    for (file, said) in set.files.iter().flat_map(|file| file.equivalents.iter().map(move |said| (file, said))) {
        if !surveys.iter_mut().any(|survey| survey.set_aside(said)) {
            diagnostics.tell_not_equivalent(file.source, said);
        }
    }
    surveys
}

fn break_all(root: &Path, set: &TestSet) -> Vec<Survey> {
    let Ok(folder) = Folder::open(root) else { return Vec::new() };
    let mut surveyor = Surveyor { root, set, shelf: Shelf::new(root, &folder.areas, &folder.lists) };
    let lists: Vec<PathBuf> = folder.areas.iter().chain(&folder.lists).cloned().collect();
    let names: Vec<&str> = lists.iter().filter_map(|file| file.file_stem()?.to_str()).collect();
    let scenarios = folder.scenarios.iter().filter_map(|file| surveyor.scenario(file, &names)).collect::<Vec<_>>();
    scenarios.into_iter().chain(folder.policies.first().and_then(|file| surveyor.policy(file, &names))).collect()
}

struct Surveyor<'a> {
    root: &'a Path,
    set: &'a TestSet,
    shelf: Shelf<'a>,
}

impl Surveyor<'_> {
    fn scenario(&mut self, file: &Path, lists: &[&str]) -> Option<Survey> {
        let (source, root) = self.read(file)?;
        let original = self.scenarios_of(&source, &root)?;
        let mut survey = Survey::new(&original.first()?.name, file);
        for mutation in mutation::mutations(&root, lists) {
            let Some(mutants) = self.scenarios_of(&source, &mutation.root) else { continue };
            if format!("{mutants:?}") != format!("{original:?}") {
                let caught = self.notices(|scenarios, _| replace(scenarios, &mutants));
                survey.enter(&source, mutation, caught);
            }
        }
        Some(survey)
    }

    fn policy(&mut self, file: &Path, lists: &[&str]) -> Option<Survey> {
        let (source, root) = self.read(file)?;
        let original = self.policy_of(&source, &root)?;
        let mut survey = Survey::new("policy", file);
        for mutation in mutation::mutations(&root, lists) {
            let Some(mutant) = self.policy_of(&source, &mutation.root) else { continue };
            if format!("{mutant:?}") != format!("{original:?}") {
                let caught = self.notices(|_, policy| *policy = mutant.clone());
                survey.enter(&source, mutation, caught);
            }
        }
        Some(survey)
    }

    fn read(&self, file: &Path) -> Option<(Source, Node)> {
        let source = Source::new(file, folder::read_text(&self.root.join(file)).ok()?);
        let root = yaml::parse(&mut Findings::new(&source, Language::English))?;
        Some((source, root))
    }

    /// What a file says, stages included; nothing where it says it wrongly, so that `check` would tell.
    fn scenarios_of(&mut self, source: &Source, root: &Node) -> Option<Vec<Scenario>> {
        let mut findings = Findings::new(source, Language::English);
        let policy = self.set.rules.outside.policy();
        let drafts = template::each(root, &mut self.shelf, &mut findings, |root, shelf, findings| {
            scenario_file::read(root, policy, shelf, findings)
        });
        let all = drafts.into_iter().flat_map(|draft| draft.scenario.into_iter().chain(draft.stages));
        Some(all.collect()).filter(|_| is_clean(findings))
    }

    fn policy_of(&mut self, source: &Source, root: &Node) -> Option<Policy> {
        let mut findings = Findings::new(source, Language::English);
        let draft = policy_file::read(root, &mut self.shelf, &mut findings)?;
        Some(draft.policy).filter(|_| is_clean(findings))
    }

    /// Whether any case fails where the set is changed.
    fn notices(&self, change: impl Fn(&mut Vec<Scenario>, &mut Policy)) -> bool {
        let changed = self.set.rules.changed(change);
        self.set.files.iter().flat_map(|file| &file.cases).any(|case| !changed.passes(case))
    }
}

fn is_clean(findings: Findings<'_>) -> bool {
    findings.finish().iter().all(|found| found.severity != Severity::Error)
}

/// Puts the mutants in the place of the scenarios of their names; those that a mutation has lost go.
fn replace(scenarios: &mut Vec<Scenario>, mutants: &[Scenario]) {
    let Some(file) = mutants.first().map(|mutant| mutant.file.clone()) else { return };
    scenarios.retain(|scenario| scenario.file != file);
    scenarios.extend_from_slice(mutants);
}

impl Survey {
    fn new(scenario: &str, file: &Path) -> Self {
        Self {
            scenario: scenario.to_owned(),
            file: file.to_owned(),
            caught: 0,
            missed: Vec::new(),
            equivalent: Vec::new(),
        }
    }

    /// Takes what an author calls equivalent from the missed ones. Whether there was any.
    fn set_aside(&mut self, said: &Equivalent) -> bool {
        let (equivalent, missed): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.missed).into_iter().partition(|mutant| mutant.is(&self.scenario, said));
        self.missed = missed;
        let any = !equivalent.is_empty();
        self.equivalent.extend(equivalent);
        any
    }

    fn enter(&mut self, source: &Source, mutation: Mutation, caught: bool) {
        let Mutation { span, before, after, .. } = mutation;
        match caught {
            true => self.caught += 1,
            false => self.missed.push(Mutant { position: source.position(span.start), before, after }),
        }
    }
}

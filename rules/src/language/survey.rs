//! Which mistakes in a set its own test cases would not notice.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::diagnostic::{Findings, Severity};
use super::folder::{self, Folder};
use super::mutation::{self, Mutation};
use super::shelf::Shelf;
use super::source::{Language, Position, Source};
use super::yaml::{self, Node};
use super::{TestSet, policy_file, scenario_file, template};
use crate::matcher::RuleSet;
use crate::policy::Policy;
use crate::scenario::Scenario;
use crate::unit::{self, Case};

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

/// Breaks every file of the set in small ways, one at a time, and runs all cases. A file that cannot be read is passed
/// over: the set was read before.
pub fn survey(root: &Path, set: &TestSet) -> Vec<Survey> {
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
        let policy = self.set.rules.policy();
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
        let changed = |original: &RuleSet| {
            let (mut scenarios, mut policy) = (original.scenarios().to_vec(), original.policy().clone());
            change(&mut scenarios, &mut policy);
            RuleSet::new(scenarios, policy, original.revision().to_owned())
        };
        let rules = changed(&self.set.rules).with_control(false);
        let in_control = changed(&self.set.in_control).with_control(true);
        let fails = |case: &Case| {
            let rules = if case.in_control { &in_control } else { &rules };
            !unit::passes(rules, case, &unit::run(rules, case))
        };
        self.set.files.iter().flat_map(|file| &file.cases).any(fails)
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
        Self { scenario: scenario.to_owned(), file: file.to_owned(), caught: 0, missed: Vec::new() }
    }

    fn enter(&mut self, source: &Source, mutation: Mutation, caught: bool) {
        let Mutation { span, before, after, .. } = mutation;
        match caught {
            true => self.caught += 1,
            false => self.missed.push(Mutant { position: source.position(span.start), before, after }),
        }
    }
}

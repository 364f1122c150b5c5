//! A set with its test files, `tests/*_test.yaml`; and what an author is told of a case that fails.

use std::path::Path;

use event::Timestamp;

use super::diagnostic::{Diagnostic, Diagnostics, Findings};
use super::folder::{self, Folder};
use super::shelf::Shelf;
use super::site::Site;
use super::source::Language;
use super::test_problem::TestProblem;
use super::{Reading, reason_name, test_file};
use crate::matcher::{Outcome, RuleSet};
use crate::policy::{Policy, Reason, Verdict};
use crate::scenario::Scenario;
use crate::unit::{self, Case, Control, Difference, Equivalent, Failure, Step, TestFile};

/// Where test files stand in a set.
const FOLDER: &str = "tests";
/// How their names end.
const ENDINGS: [&str; 2] = ["_test.yaml", "_test.yml"];

/// A set and the tests that its authors have written.
#[derive(Debug)]
pub struct TestSet {
    /// The set.
    pub whole: RuleSet,
    pub(super) rules: ByControl,
    /// Its test files, in order of name.
    pub files: Vec<TestFile>,
}

/// A set with every subscriber in none, some or all of its control groups.
#[derive(Debug)]
pub(super) struct ByControl {
    pub(super) outside: RuleSet,
    of_scenarios: RuleSet,
    all: RuleSet,
}

impl ByControl {
    fn new(set: impl Fn(Control) -> RuleSet) -> Self {
        let [outside, of_scenarios, all] = [Control::Outside, Control::OfScenarios, Control::All].map(set);
        Self { outside, of_scenarios, all }
    }

    fn of(&self, control: Control) -> &RuleSet {
        match control {
            Control::Outside => &self.outside,
            Control::OfScenarios => &self.of_scenarios,
            Control::All => &self.all,
        }
    }

    /// The same with other scenarios or another policy.
    pub(super) fn changed(&self, change: impl Fn(&mut Vec<Scenario>, &mut Policy)) -> Self {
        Self::new(|control| {
            let original = self.of(control);
            let (mut scenarios, mut policy) = (original.scenarios().to_vec(), original.policy().clone());
            change(&mut scenarios, &mut policy);
            RuleSet::new(scenarios, policy, original.revision().to_owned()).with_control(control)
        })
    }

    /// Whether a case comes out as its author expects.
    pub(super) fn passes(&self, case: &Case) -> bool {
        let rules = self.of(case.control);
        unit::passes(rules, case, &unit::run(rules, case))
    }
}

/// Reads a folder as [`super::load_for`] does, and its test files. Gives the set unless there is an error in either.
pub fn load_tests(root: &Path, language: Option<Language>, site: &Site) -> (Option<TestSet>, Diagnostics) {
    let (set, diagnostics) = super::load_for(root, language, site);
    let Some(set) = set else { return (None, diagnostics) };
    let mut reading = Reading { root, asked: language, site, diagnostics, needs: Vec::new() };
    let files = reading.test_files(&set);
    reading.diagnostics.sort();
    let usable = !reading.diagnostics.has_errors();
    let set = usable.then(|| {
        let rules = ByControl::new(|control| set.with_control(control));
        TestSet { rules, whole: set, files }
    });
    (set, reading.diagnostics)
}

impl Reading<'_> {
    fn test_files(&mut self, set: &RuleSet) -> Vec<TestFile> {
        let found =
            Folder::open(self.root).and_then(|folder| Ok((folder, folder::tests(self.root, FOLDER, &ENDINGS)?)));
        let (folder, files) = match found {
            Ok(found) => found,
            Err((file, problem)) => {
                self.diagnostics.about(&file, None, self.language(), &problem);
                return Vec::new();
            }
        };
        let mut shelf = Shelf::new(self.root, &folder.areas, &folder.lists);
        files.iter().filter_map(|file| self.test_file(file, set, &mut shelf)).collect()
    }

    fn test_file(&mut self, file: &Path, set: &RuleSet, shelf: &mut Shelf<'_>) -> Option<TestFile> {
        let (source, draft) = self.file(file, |root, findings| test_file::read(root, set, shelf, findings));
        let test_file::Draft { cases, equivalents } = draft?;
        Some(TestFile { source, cases, equivalents })
    }
}

impl RuleSet {
    /// The same set with every subscriber in these control groups.
    fn with_control(&self, control: Control) -> Self {
        let share = |share: u16, inside: bool| if inside && share > 0 { ALL } else { 0 };
        let mut scenarios = self.scenarios().to_vec();
        for scenario in &mut scenarios {
            scenario.limits.control = share(scenario.limits.control, control != Control::Outside);
        }
        let mut policy = self.policy().clone();
        policy.universal_control = share(policy.universal_control, control == Control::All);
        Self::new(scenarios, policy, self.revision().to_owned())
    }
}

/// All subscribers, in hundredths of a percent.
const ALL: u16 = 10_000;

impl TestSet {
    /// The set that the case is about.
    pub fn rules_of(&self, case: &Case) -> &RuleSet {
        self.rules.of(case.control)
    }
}

impl Diagnostics {
    /// Tells of a change that its author calls equivalent, and that is not.
    pub(super) fn tell_not_equivalent(&mut self, source: usize, said: &Equivalent) {
        let Some(own) = self.sources.get(source) else { return };
        let mut findings = Findings::new(own, own.language());
        findings.report(&said.span, TestProblem::NotEquivalent.into());
        let found = findings.finish();
        self.list.extend(found);
    }

    /// Tells of a case that failed: what was expected, what came, and the gates in order.
    pub fn tell_failure(&mut self, source: usize, set: &RuleSet, case: &Case, steps: &[Step], failure: &Failure) {
        let Some(own) = self.sources.get(source) else { return };
        let language = self.list.first().map_or_else(|| own.language(), |found| found.language);
        let telling = Telling { set, case, steps, language };
        let mut findings = Findings::new(own, language);
        findings.report(&failure.span, telling.problem(failure).into());
        let mut found = findings.finish();
        found.iter_mut().for_each(|found: &mut Diagnostic| found.notes = telling.notes(failure));
        self.list.extend(found);
    }
}

/// How the outcome of a case is put into words.
struct Telling<'a> {
    set: &'a RuleSet,
    case: &'a Case,
    steps: &'a [Step],
    language: Language,
}

impl Telling<'_> {
    fn problem(&self, failure: &Failure) -> TestProblem {
        let case = self.case.name.clone();
        match &failure.what {
            Difference::Missing(expected) => TestProblem::Missing {
                case,
                offer: expected.scenario.to_string(),
                at: self.time(expected.at),
                got: self.got(failure),
            },
            Difference::Unexpected(step) => {
                TestProblem::Unexpected { case, offer: unit::name(self.set, step).to_owned(), at: self.time(step.at) }
            }
            Difference::OtherReason { scenario, expected } => TestProblem::OtherReason {
                case,
                scenario: scenario.to_string(),
                expected: expected.word().in_language(self.language).to_owned(),
                got: self.got(failure),
            },
        }
    }

    /// What came of the scenario instead.
    fn got(&self, failure: &Failure) -> String {
        let step = failure.step.and_then(|place| self.steps.get(place));
        match (step, self.language) {
            (Some(step), _) => self.outcome(step),
            (None, Language::English) => "nothing: its trigger was never met".to_owned(),
            (None, Language::Chinese) => "没有结果：从未触发".to_owned(),
        }
    }

    fn outcome(&self, step: &Step) -> String {
        let at = self.time(step.at);
        match (step.outcome, self.language) {
            (Outcome::Offer, Language::English) => format!("an offer at {at}"),
            (Outcome::Offer, Language::Chinese) => format!("在 {at} 发送"),
            (Outcome::Withheld(reason), Language::English) => format!("`{reason}` at {at}"),
            (Outcome::Withheld(reason), Language::Chinese) => format!("在 {at} 因「{}」不发", self.name(reason)),
            (Outcome::Held(until), Language::English) => format!("held at {at} until {}", self.time(until)),
            (Outcome::Held(until), Language::Chinese) => format!("在 {at} 推迟到 {}", self.time(until)),
            (Outcome::Converted(group, _), Language::English) => format!("a success ({}) at {at}", group.name()),
            (Outcome::Converted(group, _), Language::Chinese) => format!("在 {at} 转化({})", group.name()),
        }
    }

    fn notes(&self, failure: &Failure) -> Vec<String> {
        let (all, gates, none) = match self.language {
            Language::English => ("what came of this case:", "the gates in order:", "  nothing"),
            Language::Chinese => ("本用例的全部结果：", "各道关卡依次为：", "  没有"),
        };
        let mut lines: Vec<String> = self.steps.iter().map(|step| self.line(step)).collect();
        if lines.is_empty() {
            lines.push(none.to_owned());
        }
        let mut notes = vec![format!("{all}\n{}", lines.join("\n"))];
        let gates_of = |place: usize| unit::gates(self.set, self.case, place);
        if let Some(verdicts) = failure.step.map(gates_of).filter(|verdicts| !verdicts.is_empty()) {
            let mark = |verdict| match verdict {
                Verdict::Passes => "✓",
                Verdict::Refuses => "✗",
                Verdict::DecidedLater => "·",
            };
            let lines: Vec<String> = verdicts
                .into_iter()
                .map(|(reason, verdict)| format!("  {} {}", mark(verdict), self.name(reason)))
                .collect();
            notes.push(format!("{gates}\n{}", lines.join("\n")));
        }
        notes
    }

    fn line(&self, step: &Step) -> String {
        let name = unit::name(self.set, step);
        match step.outcome {
            Outcome::Offer => format!("  {}  {name}", self.time(step.at)),
            Outcome::Withheld(reason) => format!("  {}  {name}: {}", self.time(step.at), self.name(reason)),
            Outcome::Held(until) => format!("  {}  {name}: held until {}", self.time(step.at), self.time(until)),
            Outcome::Converted(group, _) => format!("  {}  {name}: converted ({})", self.time(step.at), group.name()),
        }
    }

    fn name(&self, reason: Reason) -> &'static str {
        reason_name(reason, self.language)
    }

    /// As an author writes it, on the clock of the policy's time zone.
    fn time(&self, at: Timestamp) -> String {
        let local = self.set.policy().local(at);
        let date = local.date();
        format!("{date} {:02}:{:02}", local.hour(), local.minute())
    }
}

//! `touchpoint test`: the unit tests of a folder of scenarios, and which mistakes no test would notice.

use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};

use comfy_table::Cell;
use rules::language::{self, Language, Mutant, Site, Survey, TestSet};
use rules::unit::{self, Case, Failure, Step};
use rules::{Diagnostics, RuleSet};
use serde::Serialize;

use super::Failure as Refusal;
use super::{Ending, check, report};

/// Runs the unit tests that stand beside scenarios: tests/*_test.yaml.
#[derive(clap::Args, Debug)]
#[command(after_help = "\
A test file lists cases: the events of one subscriber, and all offers that must come of them.

  # yaml-language-server: $schema=test.schema.json
  defaults: {date: 2009-07-10, who: {imsi: 460001111111111, consent: [marketing, location]}}
  cases:
    - case: dials 114 once, and again while the cap holds
      events: [{at: \"10:00\", call: 114}, {at: \"+30h\", call: 114}]
      expect: [{at: \"10:00\", offer: dial-114}]
      why_not: {dial-114: per_user_cap}

Times are on the clock of the policy's time zone; `+30h` counts from the first event of the case. A cell is written
`6A11-1001`: the LAC as four hexadecimal digits, the CI in decimal; with the network it is all decimal, as `decode` shows
it: `460-00-27153-1001`. `area: wanda` is a cell of that area, `stay: 2h` a phone at rest. Cases run after the warm-up
unless they say `cold: yes`, and outside of control groups unless `who` says `control_group: yes`.")]
pub(crate) struct Test {
    /// The folder of scenarios, as for `check`.
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// Only cases with this in their name, or in the name of their file.
    #[arg(long, value_name = "NAME")]
    filter: Option<String>,
    /// Break each scenario in small ways, and name the mistakes that no case notices.
    #[arg(long)]
    mutate: bool,
    /// One JSON object per case (or per mistake), then a summary, for programs.
    #[arg(long)]
    json: bool,
}

/// What a program is told of a case.
#[derive(Serialize)]
struct Told<'a> {
    case: &'a str,
    file: &'a Path,
    passed: bool,
}

/// The last line for programs.
#[derive(Serialize)]
struct Summary {
    passed: usize,
    failed: usize,
}

impl Test {
    pub(crate) fn run(&self) -> Result<Ending, Refusal> {
        let (set, mut diagnostics) = language::load_tests(&self.folder, None, &Site::default());
        let terminal = io::stderr().is_terminal();
        let Some(set) = set else { return Err(Refusal::rendered(diagnostics.render(terminal))) };
        eprint!("{}", diagnostics.render(terminal));
        if self.mutate {
            return self.survey(&set, diagnostics);
        }
        diagnostics.list.clear();
        let mut out = io::stdout().lock();
        let summary = self.cases(&set, &mut diagnostics, &mut out).map_err(Refusal::output)?;
        if self.json {
            self.json(&mut out, &diagnostics, &summary).map_err(Refusal::output)?;
        } else {
            eprint!("{}", diagnostics.render(terminal));
            let Summary { passed, failed } = summary;
            let written = match diagnostics.language() {
                Language::English => writeln!(out, "{passed} passed, {failed} failed"),
                Language::Chinese => writeln!(out, "{passed} 个通过，{failed} 个未通过"),
            };
            written.map_err(Refusal::output)?;
        }
        match summary.failed {
            0 => Ok(Ending::Complete),
            _ => Err(Refusal::rendered(String::new())),
        }
    }

    /// Tries mistakes, and names those that no case notices.
    fn survey(&self, set: &TestSet, mut diagnostics: Diagnostics) -> Result<Ending, Refusal> {
        let failing = set.files.iter().flat_map(|file| &file.cases).any(|case| {
            let rules = set.rules_of(case);
            !unit::passes(rules, case, &unit::run(rules, case))
        });
        if failing {
            return Err(Refusal::new(match diagnostics.language() {
                Language::English => "some cases fail as it is; mend them before trying mistakes",
                Language::Chinese => "有用例本身就没有通过，请先改好再试 --mutate",
            }));
        }
        diagnostics.list.clear();
        let surveys = language::survey(&self.folder, set, &mut diagnostics);
        let mut out = io::stdout().lock();
        let written = match self.json {
            true => surveys
                .iter()
                .try_for_each(|survey| json_line(&mut out, survey))
                .and_then(|()| check::json(&mut out, &diagnostics)),
            false => {
                eprint!("{}", diagnostics.render(io::stderr().is_terminal()));
                writeln!(out, "{}", surveys_table(&surveys, diagnostics.language()))
            }
        };
        written.map_err(Refusal::output)?;
        match diagnostics.list.is_empty() && surveys.iter().all(|survey| survey.missed.is_empty()) {
            true => Ok(Ending::Complete),
            false => Err(Refusal::rendered(String::new())),
        }
    }

    /// Runs each case; what fails is entered in the diagnostics.
    fn cases(&self, set: &TestSet, diagnostics: &mut Diagnostics, out: &mut impl Write) -> io::Result<Summary> {
        let mut summary = Summary { passed: 0, failed: 0 };
        for file in &set.files {
            let name = diagnostics.sources.get(file.source).map_or_else(PathBuf::new, |source| source.file.clone());
            for case in file.cases.iter().filter(|case| self.wants(case, &name)) {
                let rules = set.rules_of(case);
                let steps = unit::run(rules, case);
                let failures = unit::failures(rules, case, &steps);
                let passed = failures.is_empty();
                *if passed { &mut summary.passed } else { &mut summary.failed } += 1;
                tell(diagnostics, file.source, rules, case, &steps, &failures);
                let told = Told { case: &case.name, file: &name, passed };
                self.line(out, &told)?;
            }
        }
        Ok(summary)
    }

    fn wants(&self, case: &Case, file: &Path) -> bool {
        let holds = |part: &String| case.name.contains(part) || file.to_string_lossy().contains(part);
        self.filter.as_ref().is_none_or(holds)
    }

    fn line(&self, out: &mut impl Write, told: &Told<'_>) -> io::Result<()> {
        match self.json {
            true => json_line(out, told),
            false => writeln!(out, "{} {}", if told.passed { "✓" } else { "✗" }, told.case),
        }
    }

    fn json(&self, out: &mut impl Write, diagnostics: &Diagnostics, summary: &Summary) -> io::Result<()> {
        check::json(out, diagnostics)?;
        json_line(out, summary)
    }
}

fn tell(
    diagnostics: &mut Diagnostics,
    source: usize,
    rules: &RuleSet,
    case: &Case,
    steps: &[Step],
    failures: &[Failure],
) {
    for failure in failures {
        diagnostics.tell_failure(source, rules, case, steps, failure);
    }
}

fn json_line(out: &mut impl Write, value: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *out, value)?;
    out.write_all(b"\n")
}

/// A row for each file, with the mistakes that nobody would notice.
fn surveys_table(surveys: &[Survey], language: Language) -> String {
    let header = match language {
        Language::English => ["scenario", "tried", "noticed", "equivalent", "noticed by no case"],
        Language::Chinese => ["场景", "改动", "被发现", "等效", "没有用例发现"],
    };
    let mut table = report::new_table(header);
    let (mut tried, mut missed) = (0, 0);
    for survey in surveys {
        let all = survey.caught + survey.equivalent.len() + survey.missed.len();
        tried += all;
        missed += survey.missed.len();
        table.add_row([
            Cell::new(&survey.scenario),
            report::right(all as u64),
            report::right(survey.caught as u64),
            report::right(survey.equivalent.len() as u64),
            Cell::new(
                survey.missed.iter().map(|mutant| mistake(survey, mutant, language)).collect::<Vec<_>>().join("\n"),
            ),
        ]);
    }
    let summary = match language {
        Language::English => format!("{tried} mistakes tried, {missed} noticed by no case"),
        Language::Chinese => format!("共试了 {tried} 处改动，{missed} 处没有用例发现"),
    };
    format!("{table}\n{summary}")
}

/// `scenarios/wanda.yaml:8: 10m → 20m`.
fn mistake(survey: &Survey, mutant: &Mutant, language: Language) -> String {
    format!("{}:{}: {}", survey.file.display(), mutant.position.line, mutant.change(language))
}

//! The guide for marketing staff: its scenarios are clean, its cases pass, no small mistake in them goes unnoticed, and both
//! languages say the same.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::path::{Path, PathBuf};

use event::Timestamp;
use rules::language::{self, Language, Site, TestSet};
use rules::{Diagnostics, Outcome, unit};

fn folder(language: Language) -> PathBuf {
    let name = match language {
        Language::English => "en",
        Language::Chinese => "zh",
    };
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/docs/guide").join(name).join("set")
}

/// The set of a language, about which there is nothing to tell.
fn load(language: Language) -> (TestSet, Diagnostics) {
    let (set, diagnostics) = language::load_tests(&folder(language), None, &Site::default());
    assert!(diagnostics.list.is_empty(), "{}", diagnostics.render(false));
    assert!(diagnostics.sources.iter().all(|source| source.language() == language), "a file in the other language");
    (set.unwrap(), diagnostics)
}

/// What came of each case: when, of which scenario, what.
type Outcomes = Vec<Vec<(Timestamp, String, Outcome)>>;

fn outcomes(set: &TestSet) -> Outcomes {
    let cases = set.files.iter().flat_map(|file| &file.cases);
    let play = |case| {
        let rules = set.rules_of(case);
        let steps = unit::run(rules, case);
        assert!(unit::passes(rules, case, &steps), "{}", case.name);
        let name = |step: &unit::Step| rules.scenarios()[step.scenario as usize].name.to_string();
        steps.iter().map(|step| (step.at, name(step), step.outcome)).collect()
    };
    cases.map(play).collect()
}

#[test]
fn all_cases_pass_and_come_to_the_same_in_both_languages() {
    let [english, chinese] = [Language::English, Language::Chinese].map(|language| outcomes(&load(language).0));
    assert!(english.len() >= 79, "{} cases", english.len());
    assert_eq!(english, chinese);
}

fn no_mistake_goes_unnoticed(language: Language) {
    let (set, mut diagnostics) = load(language);
    let surveys = language::survey(&folder(language), &set, &mut diagnostics);
    assert!(diagnostics.list.is_empty(), "{}", diagnostics.render(false));
    assert_eq!(surveys.len(), 12, "eleven files and the policy");
    for survey in surveys {
        let missed: Vec<String> = survey.missed.iter().map(|mutant| mutant.change(language)).collect();
        assert!(missed.is_empty(), "{}: {missed:?}", survey.scenario);
        assert!(survey.caught >= 10, "{}: {}", survey.scenario, survey.caught);
    }
}

#[test]
fn no_small_mistake_in_the_english_scenarios_goes_unnoticed() {
    no_mistake_goes_unnoticed(Language::English);
}

#[test]
fn no_small_mistake_in_the_chinese_scenarios_goes_unnoticed() {
    no_mistake_goes_unnoticed(Language::Chinese);
}

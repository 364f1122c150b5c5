//! What authors have at hand, on the sets that the repository carries: their cases pass, and notice mistakes.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fs;
use std::path::{Path, PathBuf};

use rules::Diagnostics;
use rules::language::{self, Language, Site};
use rules::unit;

fn guide() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/docs/guide/en/set")
}

/// A copy of the guide with these cases as its only ones.
fn with_cases(name: &str, cases: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("authors").join(name);
    let _ = fs::remove_dir_all(&folder);
    for part in ["scenarios", "areas", "lists", "tests"] {
        fs::create_dir_all(folder.join(part)).unwrap();
        for file in fs::read_dir(guide().join(part)).unwrap().filter(|_| part != "tests") {
            let file = file.unwrap();
            fs::copy(file.path(), folder.join(part).join(file.file_name())).unwrap();
        }
    }
    fs::copy(guide().join("policy.yaml"), folder.join("policy.yaml")).unwrap();
    fs::write(folder.join("tests/own_test.yaml"), cases).unwrap();
    folder
}

fn failures(folder: &Path, language: Option<Language>) -> Diagnostics {
    let (set, mut diagnostics) = language::load_tests(folder, language, &Site::default());
    let Some(set) = set else { return diagnostics };
    for (file, case) in set.files.iter().flat_map(|file| file.cases.iter().map(move |case| (file, case))) {
        let rules = set.rules_of(case);
        let steps = unit::run(rules, case);
        for failure in unit::failures(rules, case, &steps) {
            diagnostics.tell_failure(file.source, rules, case, &steps, &failure);
        }
    }
    diagnostics
}

/// What the author of one case is told: the code, the line, and how it begins.
fn check(code: &str, line: usize, case: &str) {
    let text = format!("defaults: {{date: 2009-07-10, who: {{consent: [marketing]}}}}\ncases:\n{case}\n");
    for language in [Language::English, Language::Chinese] {
        let found = failures(&with_cases(code, &text), Some(language));
        let told: Vec<_> =
            found.list.iter().map(|found| (found.code, found.position.map(|place| place.line))).collect();
        assert!(told.contains(&(code, Some(line))), "{case}\n{}", found.render(false));
    }
}

#[test]
fn each_mistake_in_a_test_file_is_told_with_its_code_at_its_line() {
    check("T001", 3, "  - {case: a, events: [{at: 2pm, call: 114}], expect: []}");
    check(
        "T002",
        5,
        "  - case: a\n    events: [{at: \"10:00\", call: 1},\n      {at: \"09:00\", call: 1}]\n    expect: []",
    );
    check("T003", 3, "  - {case: a, events: [{at: +1h, call: 114}], expect: []}");
    check("T004", 3, "  - {case: a, events: [{at: \"10:00\", cell: 6A11}], expect: []}");
    check("T005", 3, "  - {case: a, events: [{at: \"10:00\", imei: x}], expect: []}");
    check("T006", 3, "  - {case: a, events: [{at: \"22:00\", call: 1}], expect: [], why_not: {dial-115: quiet_hours}}");
    check("T007", 3, "  - {case: a, events: [{at: \"22:00\", call: 1}], expect: [], why_not: {dial-114: quiet}}");
    check("T008", 3, "  - {case: a, events: [{at: \"22:00\"}], expect: []}");
    check("T009", 2, "  []");
    check(
        "T010",
        4,
        "  - {case: a, events: [{at: \"9:00\", call: 1}], expect: []}\n  - {case: a, events: [{at: \"9:00\", call: 1}], expect: []}",
    );
    check("T011", 3, "  - {case: a, events: [{at: \"9:00\", cell: 6A11-1001, stay: 900d}], expect: []}");
    check("S021", 3, "  - {case: a, evnts: [{at: \"9:00\", call: 1}], expect: []}");
    check("S022", 3, "  - {case: a, events: [{at: \"9:00\", call: 1}]}");
}

#[test]
fn each_way_to_fail_is_told_with_its_code_at_its_line() {
    check(
        "T020",
        5,
        "  - case: a\n    events: [{at: \"22:00\", call: 114}]\n    expect: [{at: \"22:00\", offer: dial-114}]",
    );
    check("T021", 5, "  - case: a\n    events: [{at: \"10:00\", call: 114}]\n    expect: []");
    check(
        "T022",
        6,
        "  - case: a\n    events: [{at: \"22:00\", call: 114}]\n    expect: []\n    why_not: {dial-114: no_consent}",
    );
    check(
        "T022",
        6,
        "  - case: a\n    events: [{at: \"22:00\", call: 1}]\n    expect: []\n    why_not: {dial-114: no_consent}",
    );
}

#[test]
fn a_failure_shows_all_gates_with_the_first_that_said_no() {
    let case = "cases:\n  - case: night\n    date: 2009-07-10\n    who: {consent: [marketing]}\n    \
                events: [{at: \"22:00\", call: 114}]\n    expect: [{at: \"22:00\", offer: dial-114}]\n";
    let shown = failures(&with_cases("gates", case), None).render(false);
    for part in [
        "`night`: expected the offer `dial-114` at 2009-07-10 22:00, got `quiet_hours`",
        "✓ no_consent",
        "✗ quiet_hours",
    ] {
        assert!(shown.contains(part), "{shown}");
    }
}

#[test]
fn a_case_may_be_of_the_control_group() {
    let case = |who: &str, expect: &str| {
        let text = format!(
            "cases:\n  - {{case: a, date: 2009-07-10, who: {{consent: [marketing]{who}}}, \
             events: [{{at: \"10:00\", call: 114}}], {expect}}}\n"
        );
        failures(&with_cases("control", &text), None).list
    };
    assert_eq!(case("", "expect: [{at: \"10:00\", offer: dial-114}]"), []);
    assert_eq!(case(", control_group: yes", "expect: [], why_not: {dial-114: control_group}"), []);
}

/// What `test --mutate` tells of what the author calls equivalent.
fn told_of_equivalents(equivalent: &str) -> Vec<(&'static str, Option<usize>)> {
    let cases = "cases:\n  - {case: a, date: 2026-03-02, who: {consent: [marketing]}, \
                 events: [{at: \"10:00\", call: 114}], expect: [{at: \"10:00\", offer: dial-114}]}";
    let folder = with_cases("equivalent", &format!("{cases}\nequivalent:\n  - {equivalent}\n"));
    let (set, mut diagnostics) = language::load_tests(&folder, None, &Site::default());
    let surveys = language::survey(&folder, &set.unwrap(), &mut diagnostics);
    let set_aside: usize = surveys.iter().map(|survey| survey.equivalent.len()).sum();
    assert_eq!(set_aside == 0, !diagnostics.list.is_empty(), "{}", diagnostics.render(false));
    diagnostics.list.iter().map(|found| (found.code, found.position.map(|place| place.line))).collect()
}

#[test]
fn what_is_called_equivalent_is_set_aside_only_where_no_case_notices_it() {
    let label = |change: &str| format!("{{scenario: dial-114, change: \"{change}\", because: it is the same}}");
    assert_eq!(told_of_equivalents(&label("1 per 48h → 1 per 4d")), []);
    assert_eq!(told_of_equivalents(&label("去掉 per_user: 1 per 48h")), []);
    assert_eq!(told_of_equivalents(&label("114 → 115")), [("T012", Some(4))]);
    assert_eq!(told_of_equivalents(&label("48h → 4d")), [("T012", Some(4))]);
}

#[test]
fn reasons_may_be_named_in_either_language() {
    let case = |reason: &str| {
        let text = format!(
            "cases:\n  - {{case: a, date: 2026-03-02, who: {{consent: [marketing]}}, \
             events: [{{at: \"22:00\", call: 114}}], expect: [], why_not: {{dial-114: {reason}}}}}\n"
        );
        failures(&with_cases("reasons", &text), None).list.len()
    };
    assert_eq!((case("quiet_hours"), case("静默时段"), case("未触发")), (0, 0, 1));
}

#[test]
fn every_code_of_test_files_is_explained_in_both_languages() {
    for code in language::test_codes() {
        for language in [Language::English, Language::Chinese] {
            assert!(!code.title(language).is_empty() && code.explanation(language).len() > 20, "{}", code.code);
        }
    }
}

//! Patterns over time as marketing staff write them, with the cases that say what they mean.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::path::Path;

use rules::language::{self, Site};
use rules::unit;

/// Runs all cases of a set.
fn check(set: &str, expected: usize) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sets").join(set);
    let (set, mut diagnostics) = language::load_tests(&folder, None, &Site::default());
    assert!(diagnostics.list.is_empty(), "{}", diagnostics.render(false));
    let set = set.unwrap();
    let cases: Vec<_> =
        set.files.iter().flat_map(|file| file.cases.iter().map(move |case| (file.source, case))).collect();
    for (source, case) in &cases {
        let rules = set.rules_of(case);
        let steps = unit::run(rules, case);
        for failure in unit::failures(rules, case, &steps) {
            diagnostics.tell_failure(*source, rules, case, &steps, &failure);
        }
    }
    assert!(diagnostics.list.is_empty(), "{}", diagnostics.render(false));
    assert_eq!(cases.len(), expected);
}

#[test]
fn the_cases_of_the_examples_pass() {
    check("examples", 17);
}

#[test]
fn the_cases_of_every_ability_pass() {
    check("abilities", 24);
}

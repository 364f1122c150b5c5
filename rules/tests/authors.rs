//! What authors have at hand, on the sets that the repository carries: their cases pass, and notice mistakes.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::path::{Path, PathBuf};

use rules::language::{self, TestSet};
use rules::unit;

fn guide() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/demo/guide")
}

fn set() -> TestSet {
    let (set, diagnostics) = language::load_tests(&guide(), None);
    assert!(diagnostics.list.is_empty(), "{}", diagnostics.render(false));
    set.unwrap()
}

#[test]
fn the_cases_of_the_guide_pass() {
    let (_, mut diagnostics) = language::load_tests(&guide(), None);
    let set = set();
    let mut count = 0;
    for file in &set.files {
        for case in &file.cases {
            let rules = set.rules_of(case);
            let steps = unit::run(rules, case);
            for failure in unit::failures(rules, case, &steps) {
                diagnostics.tell_failure(file.source, rules, case, &steps, &failure);
            }
            count += 1;
        }
    }
    assert!(diagnostics.list.is_empty(), "{}", diagnostics.render(false));
    assert!(count >= 15, "only {count} cases");
}

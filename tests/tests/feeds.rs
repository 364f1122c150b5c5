//! The table of what feeds show, held against what is decoded of captures of each.

use std::collections::BTreeSet;

use rules::feed::{Feed, ROWS, Shown};
use tests::{json_lines, run, synthesise, touchpoint};

/// The kinds of events in a capture that is synthesised with these options.
fn kinds(options: &[&str]) -> BTreeSet<String> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let capture = folder.path().join("town.pcap");
    run(synthesise().args(["--subscribers", "300", "--minutes", "60", "--quiet", "--out"]).arg(&capture).args(options));
    let lines = json_lines(touchpoint().args(["decode", "--json"]).arg(&capture));
    lines.iter().map(|line| line["kind"].as_str().expect("a kind").to_owned()).collect()
}

fn check(feed: Feed, options: &[&str]) {
    let seen = kinds(options);
    for row in &ROWS {
        let shown = row.kinds.iter().any(|kind| seen.contains(*kind));
        match row.sight.shown_by(feed).expect("the table has a column for every feed") {
            Shown::Never(obstacle) => assert!(!shown, "{feed:?} shows {:?}, which has {obstacle:?}", row.sight),
            Shown::Always => assert!(shown || row.kinds.is_empty(), "{feed:?} does not show {:?}", row.sight),
            Shown::OnlyIf(_) => {}
        }
    }
}

#[test]
fn the_table_is_true_of_a() {
    check(Feed::A, &["--interface", "a"]);
}

#[test]
fn the_table_is_true_of_gb_in_clear() {
    check(Feed::Gb, &["--interface", "gb"]);
}

#[test]
fn the_table_is_true_of_gb_that_is_ciphered_throughout() {
    check(
        Feed::GbCiphered,
        &["--interface", "gb", "--gb-ciphered", "--authentication", "always", "--attached", "never"],
    );
}

//! `touchpoint store`: what people do with a store that no engine has open.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use engine::pseudonyms::Pseudonyms;
use engine::window::{Store, Trace};
use event::{Imsi, Timestamp};
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::RowAccessor;
use tests::{json, json_lines, replay_town, run, synthesise, touchpoint};

/// A store of a town's half hour, over the end of a bucket.
fn replayed(folder: &Path) {
    run(synthesise()
        .args(["--subscribers", "800", "--minutes", "30", "--seed", "7", "--quiet"])
        .args(["--start", "2026-03-02T11:45:00Z", "--out"])
        .arg(folder.join("town.pcap"))
        .arg("--directory")
        .arg(folder.join("town.csv")));
    run(replay_town(folder).arg("--journal").arg(folder.join("offers.jsonl")).arg("--store").arg(folder.join("store")));
}

fn store(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = touchpoint();
    command.arg("store").args(arguments).arg("--store").arg(folder.join("store"));
    command
}

fn opened(folder: &Path) -> Store {
    Store::open(&folder.join("store/window")).expect("a store")
}

#[test]
fn a_store_is_shown_checked_and_made_smaller() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let folder = folder.path();
    replayed(folder);
    let stats = json_lines(&mut store(folder, &["stats", "--json"])).remove(0);
    assert_eq!((stats["starts"].as_u64(), stats["inputs"].as_u64()), (Some(1), Some(1)), "{stats}");
    assert!(stats["latest"].as_str().is_some_and(|at| at.starts_with("2026-03-02T12:1")), "{stats}");
    let families: BTreeSet<&str> =
        stats["families"].as_array().expect("a list").iter().filter_map(|family| family["name"].as_str()).collect();
    assert!(families.is_superset(&["ledger", "outbox", "live"].into()), "{stats}");

    let checked = json_lines(&mut store(folder, &["check", "--json"]));
    assert!(checked.len() > 10 && checked.iter().all(|line| line["holds"] == true), "{checked:#?}");
    let told = run(&mut store(folder, &["check"]));
    assert!(String::from_utf8_lossy(&told.stdout).starts_with("The store is sound"), "{told:?}");

    let before = opened(folder).windows(Timestamp::MIN).expect("windows").map(Result::unwrap).collect::<Vec<_>>();
    let compacted = json_lines(&mut store(folder, &["compact", "--json"])).remove(0);
    assert!(compacted["octets"].as_u64() <= compacted["octets_before"].as_u64(), "{compacted}");
    let after = opened(folder).windows(Timestamp::MIN).expect("windows").map(Result::unwrap).collect::<Vec<_>>();
    assert!(before == after && !before.is_empty());
}

#[test]
fn who_is_forgotten_has_left_no_trace_and_the_others_are_as_they_were() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let folder = folder.path();
    replayed(folder);
    // Whoever was made an offer has rows everywhere.
    let (who, others) = {
        let before = opened(folder);
        let who: Imsi = before.outbox().expect("offers").next().expect("an offer").expect("an offer").imsi;
        let traces = before.traces(who).expect("traces");
        for family in ["ledger", "outbox", "contact"] {
            assert!(traces.contains(&Trace::Row(family.to_owned())), "{family}: {traces:?}");
        }
        assert!(traces.iter().any(|trace| matches!(trace, Trace::File(_))), "{traces:?}");
        (who, everything_but(&before, who))
    };
    let told = json_lines(&mut store(folder, &["forget", &who.to_string(), "--json"])).remove(0);
    assert!(told["erased"] == true && told["offers"].as_u64() >= Some(1), "{told}");
    assert!(!told.to_string().contains(&who.to_string()), "{told}");
    let after = opened(folder);
    assert_eq!(after.traces(who).expect("traces"), []);
    assert!(after.check().expect("a check").is_empty());
    assert_eq!(everything_but(&after, who), others);
    drop(after);

    // Nor does the same capture bring it back.
    let nobody = store(folder, &["forget", &who.to_string(), "--json"]).output().expect("it runs");
    let told = json(&String::from_utf8_lossy(&nobody.stdout)).remove(0);
    assert_eq!(
        (told["facts"].as_u64(), told["decisions"].as_u64(), told["offers"].as_u64()),
        (Some(0), Some(0), Some(0))
    );
}

/// Facts, decisions and offers of everybody else.
fn everything_but(store: &Store, who: Imsi) -> Vec<String> {
    let windows = store.windows(Timestamp::MIN).expect("windows").map(Result::unwrap);
    let ledger = store.ledger().expect("a ledger").map(Result::unwrap);
    let offers = store.outbox().expect("offers").map(Result::unwrap);
    let windows = windows.filter(|(imsi, _)| *imsi != who).map(|window| format!("{window:?}"));
    let ledger = ledger.filter(|entry| entry.imsi != who).map(|entry| format!("{entry:?}"));
    let offers = offers.filter(|offer| offer.imsi != who).map(|offer| format!("{offer:?}"));
    windows.chain(ledger).chain(offers).collect()
}

#[test]
fn analysts_get_every_fact_and_no_identity() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let folder = folder.path();
    replayed(folder);
    let export = |name: &str, more: &[&str]| {
        let file = folder.join(name);
        run(store(folder, &["export"]).args(more).arg("--out").arg(&file));
        (rows(&file), fs::read(&file).expect("a file"))
    };
    let facts: Vec<(Imsi, Timestamp, &str)> = opened(folder)
        .windows(Timestamp::MIN)
        .expect("windows")
        .map(Result::unwrap)
        .flat_map(|(imsi, events)| events.into_iter().map(move |event| (imsi, event.at, event.kind.name())))
        .collect();
    let of = |rows: &[Row]| rows.iter().map(|row| (row.0, row.2.clone())).collect::<Vec<_>>();
    let (clear, _) = export("clear.parquet", &["--reveal"]);
    let expected: Vec<Row> =
        facts.iter().map(|(imsi, at, kind)| (at.as_micros(), imsi.to_string(), (*kind).to_owned())).collect();
    assert_eq!(clear, expected);

    let (other, _) = export("other.parquet", &[]);
    assert_ne!(other, export("again.parquet", &[]).0, "without keys pseudonyms are this file's alone");
    let (rotated, keys) = ("2026-03-02T12:00:00Z".parse().expect("a time"), folder.join("keys.json"));
    Pseudonyms::open(&keys, Timestamp::from_seconds(0)).expect("a first key");
    let service = Pseudonyms::rotate(&keys, rotated, Duration::from_hours(48)).expect("a second key");
    let (first, octets) = export("first.parquet", &["--keys", &keys.to_string_lossy()]);
    let named: Vec<Row> = facts
        .iter()
        .map(|(imsi, at, kind)| (at.as_micros(), service.at(*at).name(*imsi).to_string(), (*kind).to_owned()))
        .collect();
    assert!(first == named, "subscribers are called what the service calls them at the time");
    assert_eq!(of(&first), of(&clear));
    let both = ["p1-", "p2-"].map(|key| first.iter().any(|row| row.1.starts_with(key)));
    assert_eq!(both, [true, true]);
    let count = |rows: &[Row]| rows.iter().map(|row| &row.1).collect::<BTreeSet<_>>().len();
    assert_eq!(count(&other), count(&clear), "as many as there are subscribers");
    let text = String::from_utf8_lossy(&octets);
    assert!(clear.iter().all(|row| !text.contains(&row.1)), "an IMSI stands in the file");

    let noon: Timestamp = "2026-03-02T12:00:00Z".parse().expect("a time");
    let (late, _) = export("late.parquet", &["--since", &noon.to_string()]);
    assert_eq!(late.len(), facts.iter().filter(|(_, at, _)| *at >= noon).count());
}

/// Time, subscriber, kind.
type Row = (i64, String, String);

fn rows(file: &Path) -> Vec<Row> {
    let reader = SerializedFileReader::new(File::open(file).expect("a file")).expect("a Parquet file");
    let rows = reader.get_row_iter(None).expect("rows").map(|row| {
        let row = row.expect("a row");
        let text = |column| row.get_string(column).expect("a text").clone();
        (row.get_timestamp_micros(0).expect("a time"), text(1), text(3))
    });
    rows.collect()
}

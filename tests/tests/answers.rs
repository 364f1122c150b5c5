//! What subscribers answer: who refuses gets nothing more, and what was answered stands in the report.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use tests::smsc::Smsc;
use tests::{json_lines, replay_town, root, run, synthesise, touchpoint};

fn replay(folder: &Path, store: &str, smsc: &Smsc) -> Command {
    let mut command = replay_town(folder);
    command
        .args(["--json", "--channel", &format!("sms={}?source=10086&window=2", smsc.url())])
        .arg("--consent")
        .arg(folder.join("consent.csv"))
        .arg("--store")
        .arg(folder.join(store));
    command
}

/// Who has refused.
fn refused(folder: &Path) -> BTreeSet<String> {
    let ledger = fs::read_to_string(folder.join("consent.csv")).unwrap();
    let rows = ledger.lines().skip(1).map(|row| row.split(',').collect::<Vec<_>>());
    rows.map(|row| {
        assert_eq!(row[2..], ["all", "no", "message to 10086", "TD"]);
        row[1].to_owned()
    })
    .collect()
}

fn sum(report: &[Value], field: &str) -> u64 {
    report.iter().filter_map(|line| line[field].as_u64()).sum()
}

fn report(folder: &Path, store: &str) -> Vec<Value> {
    json_lines(touchpoint().args(["report", "--json", "--store"]).arg(folder.join(store)))
}

#[test]
fn who_refuses_gets_no_marketing_any_more_and_answers_stand_in_the_report() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    run(synthesise()
        .args(["--subscribers", "1500", "--minutes", "20", "--seed", "11", "--out"])
        .arg(folder.join("town.pcap"))
        .arg("--directory")
        .arg(folder.join("town.csv")));
    let smsc = Smsc::start(json!({ "answer": "td!", "receipts": "text" }));
    json_lines(&mut replay(folder, "first", &smsc));
    let refused = refused(folder);
    assert!(refused.len() > 20, "{}", refused.len());
    let first = report(folder, "first");
    assert!(sum(&first, "sent") > 0 && sum(&first, "delivered") > 0 && sum(&first, "answered") > 0, "{first:?}");
    assert!(sum(&first, "answered") <= sum(&first, "sent"));
    assert_eq!(sum(&first, "converted"), 0);

    let smsc = Smsc::start(json!({ "answer": "yes" }));
    json_lines(&mut replay(folder, "second", &smsc));
    // Information that is no marketing cannot be refused; it does not say how to.
    let submitted = smsc.events("submit_sm");
    let is_marketing = |line: &&Value| line["text"].as_str().is_some_and(|text| text.contains("TD"));
    let mut marketing = submitted.iter().filter(is_marketing).map(|line| line["destination_addr"].as_str().unwrap());
    assert!(!marketing.any(|to| refused.contains(to)));
    let second = report(folder, "second");
    let withheld: u64 = second.iter().filter_map(|line| line["withheld"]["no_consent"].as_u64()).sum();
    assert!(withheld > 0, "{second:?}");
    assert!(sum(&second, "converted") > 0 && sum(&second, "converted") <= sum(&second, "sent"), "{second:?}");

    let page = folder.join("report.html");
    run(touchpoint()
        .args(["report", "--html"])
        .arg(&page)
        .arg("--scenarios")
        .arg(root().join("deploy/demo/synthesised"))
        .arg("--store")
        .arg(folder.join("second")));
    let page = fs::read_to_string(page).unwrap();
    let others = page.replace("http://www.w3.org/2000/svg", "");
    assert!(page.contains("<svg") && !page.contains("<script") && !others.contains("http"), "a page by itself");
    let csv = run(touchpoint().args(["report", "--csv", "--store"]).arg(folder.join("second"))).stdout;
    assert_eq!(String::from_utf8(csv).unwrap().lines().count(), second.len() + 1);
    let exported = run(touchpoint().args(["consent", "export"]).arg(folder.join("consent.csv"))).stdout;
    assert_eq!(exported, fs::read(folder.join("consent.csv")).unwrap());
}

//! The tools of authors, as a person runs them: test, test --mutate, schema, diff, explain.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;
use tests::{json_lines, recorded, root, run, synthesise, touchpoint};

fn guide() -> PathBuf {
    root().join("deploy/docs/guide/en/set")
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder can be made");
    for entry in fs::read_dir(from).expect("a folder can be read") {
        let entry = entry.expect("an entry can be read");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("a file can be copied");
        }
    }
}

/// A copy of the guide in which a file was changed.
fn changed(file: &str, from: &str, to: &str) -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    copy(&guide(), folder.path());
    let path = folder.path().join(file);
    let text = fs::read_to_string(&path).expect("the file is there");
    assert!(text.contains(from), "{file} holds no {from}");
    fs::write(path, text.replace(from, to)).expect("the file can be written");
    folder
}

fn output(command: &mut Command) -> (Output, String) {
    let output = command.output().expect("the program starts");
    let shown = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
    (output, String::from_utf8(shown).expect("output is UTF-8"))
}

#[test]
fn the_cases_of_the_guide_pass_and_are_counted() {
    let output = run(touchpoint().arg("test").arg(guide()));
    let shown = String::from_utf8(output.stdout).expect("output is UTF-8");
    assert!(shown.trim_end().ends_with("passed, 0 failed"), "{shown}");
}

#[test]
fn a_case_that_fails_ends_with_1_and_shows_its_line_and_the_gates() {
    let folder = changed("policy.yaml", "21:00", "23:00");
    let (output, shown) =
        output(touchpoint().arg("test").arg(folder.path()).args(["--filter", "half past nine is quiet"]));
    assert_eq!(output.status.code(), Some(1), "{shown}");
    for part in ["0 passed, 1 failed", "00-policy_test.yaml", "T021", "✓ quiet_hours"] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
}

#[test]
fn a_program_is_told_each_case_then_the_sum() {
    let lines = json_lines(touchpoint().arg("test").arg(guide()).arg("--json"));
    let (sum, cases) = lines.split_last().expect("a sum");
    assert_eq!(sum["passed"], Value::from(cases.len()));
    assert!(cases.iter().all(|case| case["passed"] == Value::Bool(true)));
}

#[test]
fn mistakes_that_no_case_notices_are_named_with_their_line() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    copy(&guide(), folder.path());
    fs::remove_file(folder.path().join("tests/01-mall_test.yaml")).expect("the file is there");
    let (output, shown) = output(touchpoint().arg("test").arg(folder.path()).args(["--mutate", "--json"]));
    assert_eq!(output.status.code(), Some(1), "{shown}");
    let surveys: Vec<Value> =
        shown.lines().map(|line| serde_json::from_str(line).expect("one JSON object per file")).collect();
    let missed_of = |survey: &Value| survey["missed"].as_array().expect("a list").clone();
    let mall = surveys.iter().find(|survey| survey["scenario"] == "mall-phones").expect("the scenario was tried");
    assert!(missed_of(mall).iter().any(|missed| missed["line"] == 7 && missed["after"] == "5m"), "{mall}");
    assert!(surveys.iter().any(|survey| survey["caught"].as_u64() > Some(0) && missed_of(survey).is_empty()));
}

#[test]
fn schemas_of_all_kinds_are_written_for_an_editor() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    run(touchpoint().arg("schema").arg("--out").arg(folder.path()));
    for kind in ["scenario", "policy", "test"] {
        let text = fs::read_to_string(folder.path().join(format!("{kind}.schema.json"))).expect("it is written");
        let schema: Value = serde_json::from_str(&text).expect("a schema is JSON");
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
        assert!(schema["$defs"][kind]["properties"].is_object(), "{kind}");
    }
}

#[test]
fn a_diff_tells_what_changed_in_words() {
    let folder = changed("scenarios/02-dial-114.yaml", "1 per 48h", "每2天1次");
    let same = run(touchpoint().arg("diff").arg(guide()).arg(folder.path()));
    let shown = String::from_utf8(same.stdout).expect("output is UTF-8");
    assert!(shown.contains("nothing changed"), "{shown}");

    let folder = changed("scenarios/02-dial-114.yaml", "dialled: 114}\nsend", "dialled: [114, 12580]}\nsend");
    fs::write(folder.path().join("areas/wanda.csv"), "lac_hex,ci\n6A11,1001\n6A11,1003\n").expect("it can be written");
    let changes = json_lines(touchpoint().arg("diff").arg(guide()).arg(folder.path()).arg("--json"));
    assert_eq!(changes[0]["name"], "dial-114");
    assert_eq!(changes[0]["details"][0], "when, call, dialled: 114 → 114, 12580");
    assert_eq!(changes[1]["kind"], "list");
}

#[test]
fn an_explanation_shows_gates_and_evidence_and_no_identity_unasked() {
    let store = tempfile::tempdir().expect("a temporary folder");
    let people = root().join("deploy/demo/recorded/subscribers.csv");
    let scenarios = root().join("deploy/demo/recorded");
    let decisions = json_lines(
        touchpoint()
            .arg("replay")
            .arg(recorded("a-msc-leg.pcap"))
            .arg("--scenarios")
            .arg(&scenarios)
            .arg("--subscribers")
            .arg(&people)
            .arg("--store")
            .arg(store.path())
            .args(["--json", "--reveal"]),
    );
    let offer = decisions.iter().find(|line| line["decision"] == "offer").expect("the replay makes offers");
    let (imsi, number) = (offer["imsi"].as_str().expect("an IMSI"), offer["msisdn"].as_str().expect("a number"));
    let explain = |who: &str| {
        let mut command = touchpoint();
        command.args(["explain", who, "--store"]).arg(store.path()).arg("--subscribers").arg(&people);
        command.arg("--scenarios").arg(&scenarios);
        command
    };
    let by_imsi = json_lines(explain(imsi).args(["--json", "--reveal"]));
    let own = decisions.iter().filter(|line| line["imsi"] == offer["imsi"]).count();
    assert_eq!(by_imsi.len(), own, "every decision about the subscriber, and no other");
    assert_eq!(by_imsi, json_lines(explain(number).args(["--json", "--reveal"])));
    let made = by_imsi.iter().find(|line| line["offer"] == offer["offer"]).expect("the offer is explained");
    assert!(made["gates"].as_object().is_some_and(|gates| gates.values().all(|said| said == "passed")), "{made}");

    let shown = String::from_utf8(run(&mut explain(imsi)).stdout).expect("output is UTF-8");
    assert!(!shown.contains(imsi) && !shown.contains(number), "identities are masked: {shown}");
    assert!(shown.contains("gates: ✓ suspect_identity"), "{shown}");
    let (missing, told) = output(touchpoint().args(["explain", imsi, "--store"]).arg(people.with_file_name("none")));
    assert_eq!(missing.status.code(), Some(1), "{told}");
    assert!(told.contains("there is no store"), "{told}");
}

/// A town, its subscribers, and the scenarios of the demonstration.
fn town() -> (TempDir, [PathBuf; 3]) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (capture, directory) = (folder.path().join("town.pcap"), folder.path().join("town.csv"));
    run(synthesise()
        .args(["--subscribers", "1200", "--minutes", "25", "--seed", "21", "--quiet", "--out"])
        .arg(&capture)
        .arg("--directory")
        .arg(&directory));
    (folder, [capture, directory, root().join("deploy/demo/synthesised")])
}

fn by_scenario(lines: &[Value]) -> BTreeMap<&str, &Value> {
    lines.iter().map(|line| (line["scenario"].as_str().expect("a name"), line)).collect()
}

#[test]
fn a_backtest_comes_to_what_a_replay_does() {
    let (folder, [capture, directory, scenarios]) = town();
    let store = folder.path().join("store");
    let mut replay = json_lines(
        touchpoint()
            .arg("replay")
            .arg(&capture)
            .arg("--scenarios")
            .arg(&scenarios)
            .arg("--subscribers")
            .arg(&directory)
            .arg("--store")
            .arg(&store)
            .arg("--json"),
    );
    let summary = replay.pop().expect("a summary");
    let tried = json_lines(
        touchpoint()
            .arg("backtest")
            .arg(&scenarios)
            .arg("--subscribers")
            .arg(&directory)
            .arg("--json")
            .arg("--pcap")
            .arg(&capture),
    );
    let mut offers = 0;
    for (name, line) in by_scenario(&tried) {
        let replayed = &summary["summary"]["scenarios"][name];
        let tried = &line["tried"];
        assert_eq!(tried["triggered"], replayed["triggered"], "{name}");
        assert_eq!(tried["offers"], replayed["sent"], "{name}");
        assert_eq!(tried["withheld"], replayed["withheld"], "{name}");
        offers += tried["offers"].as_u64().expect("a count");
        assert!(tried["messages"].as_u64() >= tried["offers"].as_u64(), "{name}");
    }
    assert!(offers > 100, "{offers}");

    // On the store of the replay, beside a set that withholds more and has one scenario less.
    let stricter = folder.path().join("stricter");
    copy(&scenarios, &stricter);
    let policy = stricter.join("policy.yaml");
    let text = fs::read_to_string(&policy).expect("a policy");
    fs::write(&policy, text.replace("全局对照组: 2%", "全局对照组: 60%")).expect("the policy can be written");
    let gone = fs::read_dir(stricter.join("scenarios")).expect("scenarios").next().expect("one").expect("one").path();
    fs::remove_file(gone).expect("it can be removed");
    let lines = json_lines(
        touchpoint()
            .arg("backtest")
            .arg(&stricter)
            .arg("--subscribers")
            .arg(&directory)
            .args(["--json", "--diff"])
            .arg(&scenarios)
            .arg("--store")
            .arg(&store),
    );
    let count = |field: &str| lines.iter().map(|line| line[field].as_u64().expect("a count")).sum::<u64>();
    assert_eq!(count("gained"), 0);
    assert!(count("lost") > 20, "{}", count("lost"));
    assert_eq!(lines.iter().filter(|line| line["tried"].is_null()).count(), 1);
}

#[test]
fn an_offer_goes_by_the_channel_that_its_scenario_names_and_one_that_is_not_there_is_refused() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (scenarios, [sms, hall]) = (folder.path().join("set"), ["sms", "hall"].map(|name| folder.path().join(name)));
    copy(&root().join("deploy/demo/recorded"), &scenarios);
    let hotline = scenarios.join("scenarios/hotline.yaml");
    let text = fs::read_to_string(&hotline).expect("the scenario is there");
    fs::write(&hotline, text.replace("发送: {", "发送: {渠道: hall, ")).expect("it can be written");
    let replay = |channels: &[(&str, &Path)]| {
        let mut command = touchpoint();
        command.arg("replay").arg(recorded("a-msc-leg.pcap")).arg("--scenarios").arg(&scenarios);
        command.arg("--subscribers").arg(scenarios.join("subscribers.csv"));
        command.arg("--store").arg(folder.path().join(format!("store-{}", channels.len())));
        for (name, journal) in channels {
            command.arg("--channel").arg(format!("{name}=journal:{}", journal.display()));
        }
        command
    };
    run(&mut replay(&[("sms", &sms), ("hall", &hall)]));
    let offered = |journal: &Path| tests::json(&fs::read_to_string(journal).expect("a journal"));
    let is_hotline = |line: &Value| line["scenario"] == "hotline";
    assert!(!offered(&hall).is_empty() && offered(&hall).iter().all(is_hotline), "{:?}", offered(&hall));
    assert!(!offered(&sms).is_empty() && !offered(&sms).iter().any(is_hotline), "{:?}", offered(&sms));

    let (output, shown) = output(&mut replay(&[("halls", &hall)]));
    assert_eq!(output.status.code(), Some(1), "{shown}");
    assert!(shown.contains("S083") && shown.contains("是不是想写「halls」？"), "{shown}");
    let config = folder.path().join("touchpoint.toml");
    let channel = "[[channel]]\nname = \"sms\"\nurl = \"journal:offers\"\n";
    fs::write(&config, format!("[store]\nfolder = \"s\"\n[scenarios]\nfolder = \"set\"\n{channel}"))
        .expect("it is made");
    let mut check = touchpoint();
    check.arg("check").arg(&scenarios).arg("--config").arg(&config).arg("--json");
    let (_, found) = self::output(&mut check);
    assert!(found.contains("\"S083\"") && found.contains("hotline.yaml"), "{found}");
}

//! The schemas against an independent validator: every file that the repository carries is right, every kind of mistake
//! that a schema can see is underlined.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fs;
use std::path::{Path, PathBuf};

use jsonschema::Validator;
use rules::language::{SchemaKind, schema};
use serde_json::Value;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn validator(kind: SchemaKind) -> Validator {
    let schema = schema(kind);
    jsonschema::meta::validate(&schema).unwrap();
    jsonschema::draft202012::new(&schema).unwrap()
}

/// The file as an editor sees it.
fn read(text: &str) -> Value {
    // As YAML 1.2 has it: `on` and `yes` are texts.
    let options = serde_saphyr::options! { strict_booleans: true };
    serde_saphyr::from_str_with_options(text, options).unwrap()
}

fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path, ending));
        } else if path.to_str().unwrap().ends_with(ending) {
            found.push(path);
        }
    }
    found
}

fn check_all(kind: SchemaKind, folders: &[PathBuf], wanted: impl Fn(&Path) -> bool) {
    let validator = validator(kind);
    let mut count = 0;
    for file in folders.iter().flat_map(|folder| files(folder, ".yaml")).filter(|file| wanted(file)) {
        let value = read(&fs::read_to_string(&file).unwrap());
        let errors: Vec<String> =
            validator.iter_errors(&value).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert!(errors.is_empty(), "{}: {}", file.display(), errors.join("\n"));
        count += 1;
    }
    assert!(count > 0, "no {} files", kind.name());
}

fn sets() -> [PathBuf; 3] {
    [root().join("deploy/demo"), root().join("deploy/docs/guide"), root().join("rules/tests/sets")]
}

fn is_in(file: &Path, folder: &str) -> bool {
    file.parent().is_some_and(|parent| parent.ends_with(folder))
}

#[test]
fn every_scenario_of_the_repository_is_right_by_its_schema() {
    check_all(SchemaKind::Scenario, &sets(), |file| is_in(file, "scenarios"));
}

#[test]
fn every_policy_of_the_repository_is_right_by_its_schema() {
    check_all(SchemaKind::Policy, &sets(), |file| file.file_name().is_some_and(|name| name == "policy.yaml"));
}

#[test]
fn every_test_file_of_the_repository_is_right_by_its_schema() {
    check_all(SchemaKind::Test, &sets(), |file| is_in(file, "tests"));
}

fn check(kind: SchemaKind, text: &str, place: Option<&str>) {
    let value = read(text);
    let places: Vec<String> =
        validator(kind).iter_errors(&value).map(|error| error.instance_path().to_string()).collect();
    match place {
        Some(place) => assert!(places.iter().any(|found| found == place), "{text}: {places:?}"),
        None => assert!(places.is_empty(), "{text}: {places:?}"),
    }
}

const SCENARIO: &str = "scenario: a\npurpose: service\nwhen: {call: 114}\nsend: {sms: hello}\n";

#[test]
fn what_the_schema_can_see_is_underlined_where_it_stands() {
    let scenario = |more: &str, place: Option<&str>| check(SchemaKind::Scenario, &format!("{SCENARIO}{more}"), place);
    scenario("", None);
    scenario("优先级: 60\n限制: {每人: 每30天1次}\n", None);
    scenario("时段: 9点到21点半\n有效期: 2026/7/1-2026/8/31\n定时: {时刻: [10点]}\n", None);
    scenario("prioritty: 60\n", Some(""));
    scenario("priority: 101\n", Some("/priority"));
    scenario("limits: {per_user: 30d}\n", Some("/limits/per_user"));
    scenario("limits: {control: 10}\n", Some("/limits/control"));
    scenario("限制: {每人: 1 per 30d, 封顶: 3}\n", Some("/限制"));
    scenario("valid: soon\n", Some("/valid"));
    check(SchemaKind::Scenario, "scenario: a\n", Some(""));
    check(SchemaKind::Policy, "静默: {从: \"21:00\", 到: \"9\"}\n", Some("/静默"));
    check(SchemaKind::Policy, "caps: {all: 1 per 24h}\nhome: [46000]\n", None);
    let case = |more: &str| format!("cases:\n  - {{case: a, events: [{{at: \"10:00\", {more}}}], expect: []}}\n");
    check(SchemaKind::Test, &case("call: 114"), None);
    check(SchemaKind::Test, &case("cell: 6A11-1001"), None);
    check(SchemaKind::Test, &case("cell: 6A11"), Some("/cases/0/events/0/cell"));
    check(SchemaKind::Test, &case("calls: 114"), Some("/cases/0/events/0"));
}

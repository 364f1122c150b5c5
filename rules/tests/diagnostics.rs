//! Mistakes of authors, and what they are told. Each case in `diagnostics/` is named by the code that it must lead to:
//! `S010-wide-colon.yaml` is put into the set `_set` as a scenario, `….policy.yaml` as its policy, a folder is a set of its
//! own, and at the end of a name `-on-a,gb` says which feeds there are, `-by-sms,hall` which channels. The expected text stands beside it in `.expected`; `UPDATE_EXPECTED=1 cargo test -p rules` writes it anew.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use rules::feed::Feed;
use rules::language::{self, Language, Site};
use rules::{Diagnostics, RuleSet};

fn cases_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/diagnostics")
}

/// A fresh folder with a copy of the set that the cases are put into.
fn fresh_set(test: &str, name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("diagnostics").join(test).join(name);
    let _ = fs::remove_dir_all(&folder);
    copy(&cases_folder().join("_set"), &folder);
    folder
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// A broken set: its name, and the folder to load.
fn cases(test: &str) -> Vec<(String, PathBuf)> {
    let mut cases = Vec::new();
    for entry in fs::read_dir(cases_folder()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if name == "_set" || name.ends_with(".expected") {
            continue;
        }
        let folder = if path.is_dir() {
            path.clone()
        } else {
            let folder = fresh_set(test, &name);
            let place = if name.ends_with(".policy.yaml") { "policy.yaml".into() } else { format!("scenarios/{name}") };
            fs::copy(&path, folder.join(place)).unwrap();
            folder
        };
        cases.push((name.trim_end_matches(".yaml").to_owned(), folder));
    }
    cases.extend(made_cases(test));
    cases.sort();
    cases
}

/// Cases that are too large for a repository, or are no file at all.
fn made_cases(test: &str) -> Vec<(String, PathBuf)> {
    let made = |name: &str, text: String| {
        let folder = fresh_set(test, name);
        fs::write(folder.join("scenarios").join(format!("{name}.yaml")), text).unwrap();
        (name.to_owned(), folder)
    };
    let unknown_keys = (0..150).map(|number| format!("key{number}: 1\n")).collect::<String>();
    vec![
        ("S001-no-folder".to_owned(), Path::new(env!("CARGO_TARGET_TMPDIR")).join("no such folder")),
        made("S003-ten-megabytes", "title: x\n".repeat(10 << 20).get(..10 << 20).unwrap().to_owned()),
        made("S003-many-values", format!("title: [{}]\n", "1, ".repeat(30_000))),
        made("S008-many-mistakes", format!("scenario: many\n{unknown_keys}")),
    ]
}

/// Reads the folder of a case, with the feeds and the channels that its name says.
fn load(name: &str, folder: &Path, language: Option<Language>) -> (Option<RuleSet>, Diagnostics) {
    let (_, feeds) = name.split_once("-on-").unwrap_or_default();
    let named = |list: &str| list.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect();
    let channels = name.split_once("-by-").map(|(_, channels)| named(channels));
    let feeds = feeds.split(',').filter_map(Feed::named).collect();
    let site = Site { feeds, channels, ..Site::default() };
    language::load_for(folder, language, &site)
}

/// What is wrong with what a case is told, if anything, and the codes that it carries.
fn check(name: &str, folder: &Path) -> (Option<String>, Vec<&'static str>) {
    let (set, diagnostics) = load(name, folder, None);
    assert_eq!(set.is_none(), diagnostics.has_errors(), "{name}: a set is given unless it has errors");
    let shown = diagnostics.render(false).replace(&folder.display().to_string(), "(the folder)");
    let beside = cases_folder().join(format!("{name}.expected"));
    if std::env::var_os("UPDATE_EXPECTED").is_some() {
        fs::write(&beside, &shown).unwrap();
    }
    let expected = fs::read_to_string(&beside).unwrap_or_default();
    let codes: Vec<_> = diagnostics.list.iter().map(|found| found.code).collect();
    let wrong = if !codes.contains(&name.get(..4).unwrap()) {
        Some(format!("{name} does not lead to the code of its name:\n{shown}"))
    } else {
        (shown != expected).then(|| format!("{name} is told\n{shown}\nand not\n{expected}"))
    };
    (wrong, codes)
}

#[test]
fn each_mistake_is_told_as_expected_and_every_code_has_a_case() {
    let (mut seen, mut wrong) = (BTreeSet::new(), Vec::new());
    for (name, folder) in cases("told") {
        let (mistake, codes) = check(&name, &folder);
        wrong.extend(mistake);
        seen.extend(codes);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let known: BTreeSet<_> = language::codes().map(|code| code.code).collect();
    assert_eq!(seen, known);
}

#[test]
fn every_mistake_can_be_told_in_either_language() {
    for (name, folder) in cases("either") {
        let [english, chinese] =
            [Language::English, Language::Chinese].map(|asked| load(&name, &folder, Some(asked)).1.list);
        assert_eq!(english.len(), chinese.len(), "{name}");
        for (english, chinese) in english.iter().zip(&chinese) {
            assert_eq!((english.code, english.position), (chinese.code, chinese.position), "{name}");
            let is_chinese = |text: &str| text.chars().any(|letter| matches!(letter, '\u{4e00}'..='\u{9fff}'));
            assert!(is_chinese(&chinese.message), "{name}: {}", chinese.message);
            assert!(english.message.len() > 10, "{name}: {}", english.message);
        }
    }
}

/// `UPDATE_EXPECTED=1` writes the pages anew.
#[test]
fn every_code_has_its_page() {
    let pages = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/docs/codes");
    let codes: Vec<_> = language::codes().chain(language::test_codes()).collect();
    for code in &codes {
        let file = pages.join(format!("{}.md", code.code));
        if std::env::var_os("UPDATE_EXPECTED").is_some() {
            fs::create_dir_all(&pages).unwrap();
            fs::write(&file, code.page()).unwrap();
        }
        assert_eq!(fs::read_to_string(&file).unwrap_or_default(), code.page(), "{}", file.display());
    }
    assert_eq!(fs::read_dir(&pages).unwrap().count(), codes.len(), "a page without a code");
}

/// `UPDATE_EXPECTED=1` writes it anew.
#[test]
fn what_feeds_show_has_its_page() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/docs/feeds.md");
    if std::env::var_os("UPDATE_EXPECTED").is_some() {
        fs::write(&file, rules::feed::page()).unwrap();
    }
    assert_eq!(fs::read_to_string(&file).unwrap_or_default(), rules::feed::page());
}

/// No type of the program shows through, and nothing that only a programmer understands.
#[test]
fn no_message_speaks_of_the_program() {
    let words = [
        "unwrap", "panic", "::", "Some(", "None", "Ok(", "Err(", "usize", "u64", "String", "struct", "serde", "parser",
    ];
    for (name, folder) in cases("plain") {
        for found in load(&name, &folder, None).1.list {
            let text = [Some(found.message), found.help].into_iter().flatten().chain(found.notes).collect::<String>();
            assert!(!words.iter().any(|word| text.contains(word)), "{name}: {text}");
        }
    }
}

#[test]
fn findings_for_editors_name_file_line_and_rule() {
    let folder = fresh_set("sarif", "set");
    fs::write(folder.join("scenarios/a.yaml"), "scenario: good\npurpose: servise\nwhen: power_on\nsend: {sms: Hi}\n")
        .unwrap();
    let sarif = language::load(&folder).1.sarif();
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    let same_name = results.iter().find(|result| result["ruleId"] == "S050").unwrap();
    assert_eq!(same_name["relatedLocations"].as_array().unwrap().len(), 1);
    let choice = results.iter().find(|result| result["ruleId"] == "S038").unwrap();
    let place = &choice["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "scenarios/a.yaml");
    let region = serde_json::json!({ "startLine": 2, "startColumn": 10, "endLine": 2, "endColumn": 17 });
    assert_eq!((&place["region"], &choice["level"]), (&region, &serde_json::json!("error")));
    let rules = sarif["runs"][0]["tool"]["driver"]["rules"].as_array().unwrap();
    assert!(results.iter().all(|result| rules.iter().any(|rule| rule["id"] == result["ruleId"])));
}

#[test]
fn every_code_is_explained_in_both_languages() {
    for code in language::codes() {
        for language in [Language::English, Language::Chinese] {
            assert!(!code.title(language).is_empty(), "{}", code.code);
            assert!(code.explanation(language).chars().count() > 10, "{}", code.code);
        }
    }
}

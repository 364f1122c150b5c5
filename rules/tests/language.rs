//! The scenario language from the outside: both languages say the same, and no file whatever can upset it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::fs;
use std::path::{Path, PathBuf};

use rules::language::{self, Severity};
use rules::{RuleSet, Scenario};

fn set_folder(language: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sets").join(language)
}

fn loaded(folder: &Path) -> RuleSet {
    let (set, diagnostics) = language::load(folder);
    assert!(diagnostics.list.is_empty(), "{}", diagnostics.render(false));
    set.unwrap()
}

/// A fresh folder with one scenario file and nothing else.
fn one_file(name: &str, octets: &[u8]) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("language").join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("scenario.yaml"), octets).unwrap();
    folder
}

/// A scenario without the place of its file.
fn meaning(scenario: &Scenario) -> String {
    format!("{:#?}", Scenario { file: PathBuf::new(), ..scenario.clone() })
}

#[test]
fn a_set_means_the_same_in_chinese_as_in_english() {
    let [english, chinese] = ["english", "chinese"].map(|language| loaded(&set_folder(language)));
    assert_eq!(english.scenarios().len(), 24);
    let meanings = |set: &RuleSet| set.scenarios().iter().map(meaning).collect::<Vec<_>>();
    for (english, chinese) in meanings(&english).iter().zip(meanings(&chinese)) {
        assert!(*english == chinese, "{english}\nis not\n{chinese}");
    }
    let [english, chinese] = [english.policy(), chinese.policy()].map(|policy| format!("{policy:#?}"));
    assert_eq!(english, chinese);
}

#[test]
fn a_drawn_area_holds_the_cells_that_stand_in_it() {
    let set = loaded(&set_folder("english"));
    let shop = set.scenarios().iter().find(|scenario| &*scenario.name == "shop-2").unwrap();
    let area = shop.areas().next().unwrap();
    let mut cells: Vec<_> = area.codes().collect();
    cells.sort_unstable();
    assert_eq!(cells, [(27153, Some(1001)), (27153, Some(1002))]);
    assert_eq!((area.title(), shop.title.as_str()), ("People's Square", "People's Square"));
}

#[test]
fn scenarios_stand_in_order_of_name_and_know_their_file() {
    let set = loaded(&set_folder("chinese"));
    let names: Vec<_> = set.scenarios().iter().map(|scenario| scenario.name.to_string()).collect();
    assert!(names.is_sorted(), "{names:?}");
    let file = &set.scenarios().iter().find(|scenario| &*scenario.name == "wanda-g3").unwrap().file;
    assert_eq!(file, Path::new("scenarios/夏季/wanda.yaml"));
}

#[test]
fn a_campaign_is_the_name_that_stands_in_the_file_wherever_the_file_is() {
    let template = loaded(&set_folder("english"));
    let rows = template.scenarios().iter().filter(|scenario| scenario.name.starts_with("shop-"));
    assert!(rows.clone().count() > 1 && rows.clone().all(|scenario| &*scenario.campaign == "shop-{id}"));
    let stages = "scenario: \"a\"\npurpose: service\nwhen: power_on\nstages: [{after: 1h, send: {sms: Hi}}]\n";
    let campaigns = |set: &RuleSet| set.scenarios().iter().map(|scenario| scenario.campaign.to_string()).collect();
    let folder = one_file("campaign", stages.as_bytes());
    let before: Vec<String> = campaigns(&loaded(&folder));
    assert_eq!(before, ["a"]);
    fs::rename(folder.join("scenario.yaml"), folder.join("moved.yaml")).unwrap();
    assert_eq!(before, campaigns(&loaded(&folder)));
}

#[test]
fn each_thing_that_is_sent_may_name_its_channel() {
    let text = "场景: a\n用途: 服务\n当: 开机\n分组:\n  - {名称: x, 发送: {短信: 甲, 渠道: hall}}\n  - {名称: y, 发送: {短信: 乙}}\n\
                分阶段:\n  - {之后: 1小时, 发送: {短信: 丙, channel: 外呼}}\n";
    let set = loaded(&one_file("channel", text.as_bytes()));
    let sends = set.scenarios().iter().flat_map(|scenario| {
        scenario
            .variants
            .iter()
            .map(|variant| &variant.send)
            .chain(scenario.variants.is_empty().then_some(&scenario.send))
    });
    let channels: Vec<_> = sends.map(|send| send.channel.as_deref()).collect();
    assert_eq!(channels, [Some("hall"), None, Some("外呼")]);
}

#[test]
fn a_list_is_read_once_and_shared() {
    let set = loaded(&set_folder("english"));
    let lists: Vec<_> = set
        .scenarios()
        .iter()
        .flat_map(|scenario| scenario.trigger.happenings())
        .filter_map(|happening| match &happening.trigger {
            rules::scenario::Trigger::DeviceChange { to: Some(list), .. } => Some(list),
            rules::scenario::Trigger::Device(list) => Some(list),
            _ => None,
        })
        .collect();
    let [first, others @ ..] = &lists[..] else { panic!("scenarios name handsets") };
    assert_eq!(others.len(), 2);
    assert!(others.iter().all(|other| std::sync::Arc::ptr_eq(first, other)));
}

#[test]
fn the_revision_names_the_content_of_all_files() {
    let text = "scenario: a\npurpose: service\nwhen: power_on\nsend: {sms: Hi}\n";
    let folder = one_file("revision", text.as_bytes());
    let first = loaded(&folder).revision().to_owned();
    assert_eq!(first, "c5448377b62b9c4f", "the same on every machine");
    let check = |what: &str, expected: bool| {
        assert_eq!(loaded(&folder).revision() == first, expected, "{what}");
    };
    check("read again", true);
    fs::create_dir(folder.join("lists")).unwrap();
    fs::write(folder.join("lists/vip.csv"), "imsi\n").unwrap();
    check("with another list", false);
    fs::remove_file(folder.join("lists/vip.csv")).unwrap();
    check("without it again", true);
    fs::write(folder.join("scenario.yaml"), text.replace("Hi", "Ho")).unwrap();
    check("with another text", false);
    fs::write(folder.join("scenario.yaml"), text).unwrap();
    fs::rename(folder.join("scenario.yaml"), folder.join("scenario.yml")).unwrap();
    check("with another name", false);
}

#[test]
fn programs_read_diagnostics_as_json() {
    let (_, diagnostics) = language::load(&one_file("json", "场景: a\n用途: 营削\n".as_bytes()));
    let found = diagnostics.list.iter().find(|found| found.code == "S038").unwrap();
    let json = serde_json::to_value(found).unwrap();
    let expected = serde_json::json!({
        "code": "S038", "severity": "error", "file": "scenario.yaml", "line": 2, "column": 5,
        "message": "这里不能写这个内容", "help": "是不是想写「营销」？", "language": "chinese",
    });
    assert_eq!(json, expected);
}

#[test]
fn colour_is_only_in_the_rendering_that_asks_for_it() {
    let (_, diagnostics) = language::load(&one_file("colour", b"scenario: a\n"));
    assert!(diagnostics.render(true).contains("\u{1b}["));
    assert!(!diagnostics.render(false).contains("\u{1b}["));
}

/// Whatever the file holds, there is a finding or a set, and each finding can be shown.
fn survive(name: &str, octets: &[u8]) {
    let (set, diagnostics) = language::load(&one_file(name, octets));
    assert_ne!(set.is_some(), diagnostics.has_errors(), "{octets:?}");
    let shown = diagnostics.render(false);
    assert_eq!(shown.is_empty(), diagnostics.list.is_empty());
    for found in diagnostics.list.iter().filter(|found| found.severity == Severity::Error) {
        assert!(!found.message.is_empty(), "{}", found.code);
    }
}

#[test]
fn files_made_to_do_harm_are_refused() {
    let bomb = "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nd: [*c, *c, *c]\n";
    let check = |text: &str| survive("harm", text.as_bytes());
    check(bomb);
    check(&"- ".repeat(100_000));
    check(&"{a: ".repeat(100_000));
    check(&"[".repeat(1_000_000));
    check(&"? ".repeat(100_000));
    check(&format!("{}: 1", "k".repeat(900_000)));
    check(&format!("scenario: {}", "9".repeat(900_000)));
    check(&"scenario: a\n".repeat(50_000));
    check(&"\n".repeat(1_000_000));
    check("<<: {a: b}\nscenario: a\n");
    check("%YAML 9.9\n---\nscenario: a\n");
    check("send: |\n  text\n \tx: y\n");
    survive("harm", &[0xff; 1000]);
    survive("harm", b"\xef\xbb\xbf");
    survive("harm", b"scenario: \0");
}

/// Every truncation of a good file, and thousands of files with octets changed at random.
#[test]
fn no_change_to_a_good_file_can_upset_the_reader() {
    let good = fs::read(set_folder("chinese").join("scenarios/夏季/wanda.yaml")).unwrap();
    for length in 0..good.len() {
        survive("mutated", &good[..length]);
    }
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state >> 33).unwrap() % below
    };
    let marks = "{}[]:,|>-#&*!%@`\"' \n\t\u{ff1a}\u{ff0c}\u{201c}\0";
    for _ in 0..1500 {
        let mut text = String::from_utf8(good.clone()).unwrap();
        for _ in 0..=random(4) {
            let places: Vec<_> = text.char_indices().map(|(at, _)| at).collect();
            let at = places[random(places.len())];
            let mark = marks.chars().nth(random(marks.chars().count())).unwrap();
            match random(3) {
                0 => text.insert(at, mark),
                1 => drop(text.remove(at)),
                _ => text.replace_range(at..at + text[at..].chars().next().unwrap().len_utf8(), &mark.to_string()),
            }
        }
        survive("mutated", text.as_bytes());
    }
}

#[test]
fn tables_that_no_scenario_names_are_looked_at_too_and_forbid_nothing() {
    let folder = one_file("unnamed tables", b"scenario: a\npurpose: service\nwhen: {call: 114}\nsend: {sms: hello}\n");
    let put = |file: &str, text: &str| {
        let path = folder.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    put("lists/good.csv", "imsi\n460001234567890\n");
    put("lists/open.csv", "imsi,name\n460001234567890,\"Li\n");
    put("lists/long.csv", "imsi\n460001234567890,1,2\n");
    put("areas/mall.csv", "lac,ci\n1,many\n");
    let drawing = |radius: &str| {
        let geometry = r#"{"type":"Point","coordinates":[120.1,30.2]}"#;
        format!(r#"{{"type":"Feature","properties":{{"radius":{radius}}},"geometry":{geometry}}}"#)
    };
    put("areas/lake.geojson", &drawing("200"));
    put("areas/nowhere.geojson", &drawing("null"));
    put("areas/torn.json", r#"{"type":"Feature","#);
    put("cells.csv", "lac,ci,latitude,longitude\n1,2,north,east\n");
    let (set, mut diagnostics) = language::load(&folder);
    assert!(set.is_some() && diagnostics.list.is_empty());
    language::check_tables(&mut diagnostics, None);
    language::check_tables(&mut diagnostics, None);
    let told: Vec<_> =
        diagnostics.list.iter().map(|found| (found.file.to_str().unwrap(), found.code, found.severity)).collect();
    let files =
        ["areas/mall.csv", "areas/nowhere.geojson", "areas/torn.json", "cells.csv", "lists/long.csv", "lists/open.csv"];
    let expected = files.map(|file| (file, "S053", Severity::Warning));
    assert_eq!(told, expected);
}

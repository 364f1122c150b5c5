//! The guide for marketing staff: each of its scenarios comes from packets to an offer, and its pages show what the program
//! prints. `UPDATE_EXPECTED=1 cargo test -p tests --test guide` writes what pages show anew.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;
use tests::lookup::{LookupServer, Reply};
use tests::{json_lines, root, run, synthesise, touchpoint};

const GUESTS_NUMBER: &str = "14155550100";

fn folder(language: &str) -> PathBuf {
    root().join("deploy/docs/guide").join(language)
}

/// A town that was synthesised.
struct Town {
    name: &'static str,
    folder: TempDir,
}

impl Town {
    fn new(name: &'static str, options: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        run(synthesise()
            .args(options.split_whitespace())
            .arg("--quiet")
            .arg("--out")
            .arg(folder.path().join("town.pcap"))
            .arg("--directory")
            .arg(folder.path().join("town.csv")));
        Self { name, folder }
    }

    /// Replays it through the guide's scenarios; the store stays in the town's folder.
    fn replay(&self, language: &str) -> Vec<Value> {
        let numbers = LookupServer::for_everybody(Reply::Plain(GUESTS_NUMBER));
        let town = self.folder.path();
        json_lines(
            touchpoint()
                .arg("replay")
                .arg(town.join("town.pcap"))
                .arg("--scenarios")
                .arg(folder(language).join("set"))
                .arg("--subscribers")
                .arg(town.join("town.csv"))
                .arg("--lookup")
                .arg(numbers.url())
                .arg("--store")
                .arg(town.join(language))
                .args(["--json", "--reveal"]),
        )
    }
}

/// Two days of people who go about, call and change their phones.
fn busy() -> Town {
    Town::new("busy", "--subscribers 500 --minutes 2700 --action-every 4800 --start 2026-03-01T23:00:00Z --seed 5")
}

/// A day of people who come from abroad, or back from there, and do little.
fn guests() -> Town {
    Town::new(
        "guests",
        "--subscribers 100 --minutes 1700 --action-every 14400 --roamers 0.4 --returning 0.6 \
         --start 2026-03-02T02:00:00Z --seed 1",
    )
}

/// A morning on Gb.
fn online() -> Town {
    Town::new("online", "--subscribers 40 --minutes 360 --interface gb --start 2026-03-01T23:00:00Z --seed 5")
}

/// How many offers of each scenario were sent.
fn sent(lines: &[Value]) -> BTreeMap<String, u64> {
    let summary = lines.last().expect("a summary");
    let scenarios = summary["summary"]["scenarios"].as_object().expect("counts by scenario");
    let count = |line: &Value| line["sent"].as_u64().expect("a count");
    scenarios.iter().map(|(name, line)| (name.clone(), count(line))).collect()
}

/// Each scenario is sent in the town that is about it.
fn check_sent(language: &str, decisions: &[Vec<Value>]) {
    let [busy, guests, online] = decisions else { panic!("three towns") };
    let check = |town: &[Value], names: &[&str]| {
        let town = sent(town);
        assert_eq!(town.len(), 12, "a scenario that no town is about: {town:?}");
        for name in names {
            assert!(town.get(*name).is_some_and(|sent| *sent > 0), "{language}: {name} is never sent: {town:?}");
        }
    };
    check(busy, &["mall-phones", "dial-114", "new-handset", "hotline", "churn-care", "shop-visitor"]);
    check(busy, &["forward-tip+10m", "forward-tip+24h"]);
    check(guests, &["welcome", "roam-back", "silent-guest"]);
    check(online, &["lunch-data"]);
}

/// What a page says about the command below: the only scenario file of the set, and a mistake that is made in it.
#[derive(Default)]
struct Setting {
    only: Option<String>,
    mistake: Option<(String, String)>,
}

impl Setting {
    /// `<!-- 02-dial-114 -->`, ``<!-- 02-dial-114: `被叫: 114` -> `被叫：114` -->``.
    fn read(line: &str) -> Option<Self> {
        let text = line.strip_prefix("<!-- ")?.strip_suffix(" -->")?;
        let (only, mistake) = text.split_once(": `").map_or((text, None), |(only, mistake)| (only, Some(mistake)));
        let parts = |text: &str| {
            let (before, after) = text.strip_suffix('`')?.split_once("` -> `")?;
            let written = |text: &str| text.replace("\\n", "\n").replace("\\t", "\t");
            Some((written(before), written(after)))
        };
        let mistake = mistake.map(|text| parts(text).unwrap_or_else(|| panic!("no mistake: {line}")));
        Some(Self { only: Some(only.to_owned()), mistake })
    }
}

/// Where the commands of a page are run: beside the set, and the stores of towns by their names.
struct Stage<'a> {
    language: &'a str,
    towns: &'a [Town],
    /// What each town's replay decided.
    decisions: Vec<Vec<Value>>,
}

impl Stage<'_> {
    /// The page with what its files hold and what its commands print.
    fn shown(&self, page: &str) -> String {
        let (mut shown, mut lines) = (String::new(), page.lines().peekable());
        let mut setting = Setting::default();
        while let Some(line) = lines.next() {
            let Some(block) = line.strip_prefix("```").filter(|block| !block.is_empty()) else {
                setting = Setting::read(line).unwrap_or_default();
                shown.push_str(&format!("{line}\n"));
                continue;
            };
            let inside: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            let text = match block.split_once(' ') {
                Some((_, file)) => fs::read_to_string(folder(self.language).join(file)).expect(file),
                None if block == "console" => self.printed(inside.first().expect("a command"), &setting),
                None => inside.join("\n") + "\n",
            };
            shown.push_str(&format!("{line}\n{text}```\n"));
            setting = Setting::default();
        }
        shown
    }

    /// The command, and what it prints.
    fn printed(&self, line: &str, setting: &Setting) -> String {
        let line = self.about_somebody(line);
        let place = self.prepare(setting);
        let program = touchpoint();
        let programs = Path::new(program.get_program()).parent().expect("the program lies in a folder");
        let path = std::env::var("PATH").expect("a path to programs");
        let output = Command::new("sh")
            .args(["-c", &format!("exec 2>&1; {}", line.trim_start_matches("$ "))])
            .current_dir(place.path())
            .env("PATH", format!("{}:{path}", programs.display()))
            .output()
            .expect("a shell");
        let printed = String::from_utf8(output.stdout).expect("output is UTF-8");
        format!("{line}\n{}\n", printed.trim_end())
    }

    fn prepare(&self, setting: &Setting) -> TempDir {
        let place = tempfile::tempdir().expect("a temporary folder");
        let (set, own) = (folder(self.language).join("set"), place.path().join("set"));
        for town in self.towns {
            symlink(town.folder.path().join(self.language), place.path().join(town.name)).expect("a link");
        }
        let Some(only) = &setting.only else {
            symlink(set, own).expect("a link");
            return place;
        };
        fs::create_dir_all(own.join("scenarios")).expect("a folder");
        for part in ["policy.yaml", "areas", "lists"] {
            symlink(set.join(part), own.join(part)).expect("a link");
        }
        let file = format!("scenarios/{only}.yaml");
        let mut text = fs::read_to_string(set.join(&file)).expect(&file);
        if let Some((before, after)) = &setting.mistake {
            assert!(text.contains(before.as_str()), "{file} holds no {before}");
            text = text.replacen(before.as_str(), after, 1);
        }
        fs::write(own.join(file), text).expect("the file can be written");
        place
    }

    /// `explain` is about the first subscriber who has got the offer, wherever the pages are written anew.
    fn about_somebody(&self, line: &str) -> String {
        let mut words: Vec<&str> = line.split(' ').collect();
        let (["$", "touchpoint", "explain", _, scenario, "--store", store, ..], true) =
            (words.as_slice(), is_updated())
        else {
            return line.to_owned();
        };
        let place = self.towns.iter().position(|town| town.name == *store).expect("the store of a town");
        let is_offer = |line: &&Value| line["decision"] == "offer" && line["scenario"] == *scenario;
        let offer = self.decisions[place].iter().find(is_offer).unwrap_or_else(|| panic!("no offer of {scenario}"));
        words[3] = offer["imsi"].as_str().expect("an IMSI");
        words.join(" ")
    }
}

fn is_updated() -> bool {
    std::env::var_os("UPDATE_EXPECTED").is_some()
}

fn pages_of(language: &str) -> Vec<PathBuf> {
    let mut pages: Vec<PathBuf> = fs::read_dir(folder(language))
        .expect("the guide")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "md"))
        .collect();
    pages.sort();
    pages
}

#[test]
fn every_scenario_comes_from_packets_to_an_offer_and_pages_show_what_is_printed() {
    let towns = [busy(), guests(), online()];
    for language in ["zh", "en"] {
        let decisions: Vec<Vec<Value>> = towns.iter().map(|town| town.replay(language)).collect();
        check_sent(language, &decisions);
        let stage = Stage { language, towns: &towns, decisions };
        let pages = pages_of(language);
        assert_eq!(pages.len(), 11, "an introduction and ten scenarios");
        for page in pages {
            let text = fs::read_to_string(&page).expect("a page");
            let shown = stage.shown(&text);
            if is_updated() {
                fs::write(&page, &shown).expect("the page can be written");
            } else {
                assert_eq!(text, shown, "{}", page.display());
            }
        }
    }
}

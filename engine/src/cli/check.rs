//! `touchpoint check`: every mistake in a folder of scenarios, in one run.

use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};

use comfy_table::Cell;
use event::Timestamp;
use rules::feed::{Feed, Seen};
use rules::language::{Language, Site, purpose_name};
use rules::{Diagnostics, RuleSet};

use super::explain::existing;
use super::{Ending, Failure, report, run};
use crate::window::Store;

/// Checks a folder of scenarios and says what to change.
#[derive(clap::Args, Debug)]
pub(crate) struct Check {
    /// The folder: scenarios/*.yaml, policy.yaml, areas/*.csv, lists/*.csv.
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// The signalling that there is: tells what it cannot show of each scenario.
    #[arg(long, value_name = "a|gb|gb-ciphered", value_delimiter = ',', value_parser = feed)]
    feed: Vec<Feed>,
    /// A store of the same signalling: tells how many of its subscribers have shown what is not always seen.
    #[arg(long, value_name = "DIR", requires = "feed")]
    store: Option<PathBuf>,
    /// The configuration of `touchpoint run`: tells which channels there are not.
    #[arg(long, value_name = "TOML")]
    config: Option<PathBuf>,
    /// Language of the messages; otherwise that of each file's keys.
    #[arg(long, value_name = "zh|en", value_parser = language)]
    lang: Option<Language>,
    /// One JSON object per finding, for programs.
    #[arg(long)]
    json: bool,
    /// One SARIF log, for editors and code review.
    #[arg(long, conflicts_with = "json")]
    sarif: bool,
}

fn feed(text: &str) -> Result<Feed, String> {
    Feed::named(text).ok_or_else(|| format!("no feed `{text}`: say {}", Feed::ALL.map(Feed::name).join(", ")))
}

pub(crate) fn language(text: &str) -> Result<Language, String> {
    match text {
        "zh" => Ok(Language::Chinese),
        "en" => Ok(Language::English),
        other => Err(format!("no language `{other}`: say zh or en")),
    }
}

impl Check {
    pub(crate) fn run(&self) -> Result<Ending, Failure> {
        let known = self.config.as_deref().map(|file| run::load(file, self.lang.unwrap_or_default())).transpose()?;
        let seen = self.store.as_deref().map(seen).transpose()?;
        let site = Site { feeds: self.feed.clone(), seen, ..known.map(|config| config.site()).unwrap_or_default() };
        let (set, mut diagnostics) = rules::language::load_for(&self.folder, self.lang, &site);
        rules::language::check_tables(&mut diagnostics, self.lang);
        let mut out = io::stdout().lock();
        let written = if self.json {
            json(&mut out, &diagnostics)
        } else if self.sarif {
            writeln!(out, "{:#}", diagnostics.sarif())
        } else {
            eprint!("{}", diagnostics.render(io::stderr().is_terminal()));
            let language = self.lang.unwrap_or_else(|| diagnostics.language());
            set.as_ref().map_or(Ok(()), |set| writeln!(out, "{}", overview(set, language)))
        };
        written.map_err(Failure::output)?;
        match set {
            Some(_) => Ok(Ending::Complete),
            None => Err(Failure::rendered(String::new())),
        }
    }
}

/// What the subscribers of a store have shown.
fn seen(folder: &Path) -> Result<Seen, Failure> {
    let store = Store::open(&existing(folder)?)?;
    let mut seen = Seen::default();
    for window in store.windows(Timestamp::MIN)? {
        seen.subscriber(&window?.1);
    }
    Ok(seen)
}

pub(crate) fn json(out: &mut impl Write, diagnostics: &Diagnostics) -> io::Result<()> {
    diagnostics.list.iter().try_for_each(|diagnostic| {
        serde_json::to_writer(&mut *out, diagnostic)?;
        out.write_all(b"\n")
    })
}

/// Loads a set for another command: what is wrong with it is shown, and ends the command where it cannot be used.
pub(crate) fn load(folder: &Path, language: Option<Language>) -> Result<RuleSet, Failure> {
    load_told(folder, language).map(|(set, _)| set)
}

/// As [`load`], with the language to tell of the set in: this, or else its own.
pub(crate) fn load_told(folder: &Path, language: Option<Language>) -> Result<(RuleSet, Language), Failure> {
    load_for(folder, language, &Site::default())
}

/// As [`load_told`]; refused too is what does not work where the set is to run.
pub(crate) fn load_for(folder: &Path, language: Option<Language>, site: &Site) -> Result<(RuleSet, Language), Failure> {
    let (set, diagnostics) = rules::language::load_for(folder, language, site);
    let rendered = diagnostics.render(io::stderr().is_terminal());
    match set {
        Some(set) => {
            eprint!("{rendered}");
            Ok((set, language.unwrap_or_else(|| diagnostics.language())))
        }
        None => Err(Failure::rendered(rendered)),
    }
}

fn overview(set: &RuleSet, language: Language) -> String {
    let header = match language {
        Language::English => ["scenario", "title", "purpose", "priority", "file"],
        Language::Chinese => ["场景", "标题", "用途", "优先级", "文件"],
    };
    let mut table = report::new_table(header);
    for scenario in set.scenarios() {
        table.add_row([
            Cell::new(&scenario.name),
            Cell::new(&scenario.title),
            Cell::new(purpose_name(scenario.purpose, language)),
            report::right(scenario.priority.into()),
            Cell::new(scenario.file.display()),
        ]);
    }
    let (count, revision) = (set.scenarios().len(), set.revision());
    match language {
        Language::English => format!("{table}\n{count} scenarios, revision {revision}"),
        Language::Chinese => format!("{table}\n共 {count} 个场景，版本 {revision}"),
    }
}

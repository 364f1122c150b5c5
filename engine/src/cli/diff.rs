//! `touchpoint diff`: what changed between two folders of scenarios, in words.

use std::io::{self, Write};
use std::path::PathBuf;

use rules::language::{Language, difference};

use super::{Ending, Failure, check};

/// Says what changed between two folders of scenarios.
#[derive(clap::Args, Debug)]
pub(crate) struct Diff {
    /// The folder as it was.
    #[arg(value_name = "OLD")]
    old: PathBuf,
    /// The folder as it is.
    #[arg(value_name = "NEW")]
    new: PathBuf,
    /// Language of what is told; otherwise that of the folder as it is.
    #[arg(long, value_name = "zh|en", value_parser = check::language)]
    lang: Option<Language>,
    /// One JSON object per scenario, list or policy that changed, for programs.
    #[arg(long)]
    json: bool,
}

impl Diff {
    pub(crate) fn run(&self) -> Result<Ending, Failure> {
        let old = check::load(&self.old, self.lang)?;
        let (new, language) = check::load_told(&self.new, self.lang)?;
        let changes = difference(&self.old, &self.new);
        let mut out = io::stdout().lock();
        let written = changes.iter().try_for_each(|change| match self.json {
            true => {
                serde_json::to_writer(&mut out, change).map_err(io::Error::from).and_then(|()| out.write_all(b"\n"))
            }
            false => out.write_all(change.told(language).as_bytes()),
        });
        written.map_err(Failure::output)?;
        if !self.json {
            let same = language.of(["nothing changed\n", "没有变化\n"]);
            let same = if changes.is_empty() { same } else { "" };
            let word = language.of(["revision", "版本"]);
            writeln!(out, "{same}{word} {} → {}", old.revision(), new.revision()).map_err(Failure::output)?;
        }
        Ok(Ending::Complete)
    }
}

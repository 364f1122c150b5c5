//! `touchpoint diff`: what changed between two folders of scenarios, in words.

use std::io::{self, Write};
use std::path::PathBuf;

use rules::language::{Change, SetChange, difference};

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
    /// One JSON object per scenario, list or policy that changed, for programs.
    #[arg(long)]
    json: bool,
}

impl Diff {
    pub(crate) fn run(&self) -> Result<Ending, Failure> {
        let (old, new) = (check::load(&self.old)?, check::load(&self.new)?);
        let changes = difference(&self.old, &self.new);
        let mut out = io::stdout().lock();
        let written = changes.iter().try_for_each(|change| match self.json {
            true => {
                serde_json::to_writer(&mut out, change).map_err(io::Error::from).and_then(|()| out.write_all(b"\n"))
            }
            false => out.write_all(in_words(change).as_bytes()),
        });
        written.map_err(Failure::output)?;
        if !self.json {
            let same = if changes.is_empty() { "nothing changed" } else { "" };
            let revisions = format!("{same}\nrevision {} → {}", old.revision(), new.revision());
            writeln!(out, "{}", revisions.trim_start()).map_err(Failure::output)?;
        }
        Ok(Ending::Complete)
    }
}

fn in_words(change: &SetChange) -> String {
    let (kind, name) = (change.kind, &change.name);
    match &change.change {
        Change::Added => format!("{kind} {name}: new\n"),
        Change::Removed => format!("{kind} {name}: gone\n"),
        Change::Changed { details } => {
            let details: Vec<String> = details.iter().map(|detail| format!("  {detail}\n")).collect();
            format!("{kind} {name}\n{}", details.concat())
        }
    }
}

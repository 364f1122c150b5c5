//! `touchpoint release`: lets offers of a channel go that is worked by hand.

use std::path::PathBuf;

use crate::offer::hold;

use super::report::grouped;
use super::{Ending, Failure, say};

/// Lets offers go that wait for a person: those of a channel whose URL has `manual=FOLDER`.
#[derive(clap::Args, Debug)]
pub(crate) struct Release {
    /// The folder that the channel's URL names.
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
    /// How many, the most important first; otherwise all that wait.
    #[arg(long, value_name = "N", conflicts_with = "show")]
    count: Option<u64>,
    /// Only say how many wait.
    #[arg(long)]
    show: bool,
}

impl Release {
    pub(crate) fn run(&self) -> Result<Ending, Failure> {
        let waiting = hold::waiting(&self.folder)?;
        if self.show {
            say(format_args!("{} offers wait", grouped(waiting)))?;
            return Ok(Ending::Complete);
        }
        hold::release(&self.folder, self.count)?;
        say(format_args!("{} offers may go", grouped(self.count.map_or(waiting, |count| count.min(waiting)))))?;
        Ok(Ending::Complete)
    }
}

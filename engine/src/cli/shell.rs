//! Completions for shells and man pages, made of the command line's own definition.

use std::io::{self, Write};
use std::path::PathBuf;

use clap::CommandFactory as _;
use clap_complete::Shell;

use super::{Cli, Ending, Failure};

/// Prints completions for a shell.
#[derive(clap::Args, Debug)]
pub(crate) struct Completions {
    /// The shell.
    shell: Shell,
}

impl Completions {
    pub(crate) fn run(&self) -> Result<Ending, Failure> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "touchpoint", &mut script);
        io::stdout().write_all(&script).map_err(Failure::output)?;
        Ok(Ending::Complete)
    }
}

/// Writes the man pages into a folder: touchpoint.1, touchpoint-run.1…
#[derive(clap::Args, Debug)]
pub(crate) struct Man {
    /// The folder; made where there is none.
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

impl Man {
    pub(crate) fn run(&self) -> Result<Ending, Failure> {
        std::fs::create_dir_all(&self.folder)?;
        clap_mangen::generate_to(Cli::command(), &self.folder)?;
        Ok(Ending::Complete)
    }
}

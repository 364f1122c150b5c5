//! `touchpoint consent`: the ledger of who has refused and who has agreed, from and to other systems.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::offer::consent::Consent as Ledger;

use super::{Ending, Failure, say};

/// Imports and exports what subscribers have refused and agreed to.
#[derive(clap::Args, Debug)]
pub(crate) struct Consent {
    #[command(subcommand)]
    action: Action,
}

#[derive(clap::Subcommand, Debug)]
enum Action {
    /// Adds the rows of a CSV to a ledger, all of them or none: at, msisdn, purpose (marketing, location, all), consent (yes,
    /// no), source, proof.
    Import {
        /// The ledger; begun where there is none.
        #[arg(value_name = "LEDGER")]
        ledger: PathBuf,
        /// The rows to add.
        #[arg(value_name = "CSV")]
        file: PathBuf,
    },
    /// Prints a ledger's rows, numbers in clear: it is what another system, or a court, is given.
    Export {
        /// The ledger.
        #[arg(value_name = "LEDGER")]
        ledger: PathBuf,
    },
}

impl Consent {
    pub(crate) fn run(&self) -> Result<Ending, Failure> {
        match &self.action {
            Action::Import { ledger, file } => {
                let count = Ledger::open(ledger)?.import(file)?;
                say(format_args!("{count} rows added to {}", ledger.display()))?;
            }
            Action::Export { ledger } => export(ledger)?,
        }
        Ok(Ending::Complete)
    }
}

fn export(ledger: &Path) -> Result<(), Failure> {
    let rows = fs::read(ledger).map_err(|error| {
        Failure::new(format_args!("cannot read the consent ledger `{}`: {error}", ledger.display()))
    })?;
    // What is being written at this moment is not a row yet.
    let whole = rows.iter().rposition(|octet| *octet == b'\n').map_or(0, |end| end + 1);
    io::stdout().write_all(rows.get(..whole).unwrap_or_default()).map_err(Failure::output)
}

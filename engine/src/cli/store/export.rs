//! `touchpoint store export`: the window as one Parquet file, for analysts. Whose facts they are shows as pseudonyms.

mod table;

use std::fs::File;
use std::io;
use std::path::PathBuf;

use event::Timestamp;

use super::super::report::grouped;
use super::super::{Ending, Failure, say};
use super::open;
use crate::pseudonyms::{KEYS_FILE, Pseudonyms};
use table::{Names, TableWriter};

/// Writes the facts of the window to a Parquet file, one row an event, those of a subscriber together.
#[derive(clap::Args, Debug)]
#[command(after_help = "\
Columns: at, subscriber, interface, kind, identity, network, lac, ci, device_type (TAC), device, direction, number, update, cause, \
name (access point or host), length_ms, after_reset, frame. What does not belong to a kind is absent.

Subscribers, devices and numbers are pseudonyms: those of the service, as in its console, its API and its events for others, \
where its keys are at hand (`touchpoint pseudonyms`). Else they are the same for the same one within this file only.")]
pub(super) struct Export {
    /// The store of a replay or an engine.
    #[arg(long, value_name = "DIR")]
    store: PathBuf,
    /// The file to write.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Only events from this time on, RFC 3339.
    #[arg(long, value_name = "TIME")]
    since: Option<Timestamp>,
    /// The service's keys of pseudonyms (`privacy.keys` of its configuration); without, the `pseudonyms.json` in the store's folder or beside it.
    #[arg(long, value_name = "FILE", conflicts_with = "reveal")]
    keys: Option<PathBuf>,
    /// Write IMSIs, IMEIs and numbers in clear.
    #[arg(long)]
    reveal: bool,
}

impl Export {
    pub(super) fn run(&self) -> Result<Ending, Failure> {
        let store = open(&self.store)?;
        let failed = |error: io::Error| Failure::new(format_args!("cannot write `{}`: {error}", self.out.display()));
        let names = self.names()?;
        let file = File::create(&self.out).map_err(failed)?;
        let mut table = TableWriter::new(file, names)?;
        let (mut subscribers, mut events) = (0, 0);
        for window in store.windows(self.since.unwrap_or(Timestamp::MIN))? {
            let (imsi, facts) = window?;
            subscribers += 1;
            events += facts.len() as u64;
            facts.iter().try_for_each(|event| table.add(imsi, event))?;
        }
        table.finish()?.sync_all().map_err(failed)?;
        say(format_args!("{} events of {} subscribers", grouped(events), grouped(subscribers)))?;
        Ok(Ending::Complete)
    }

    fn names(&self) -> Result<Names, Failure> {
        if self.reveal {
            return Ok(Names::Clear);
        }
        let places = [self.store.join(KEYS_FILE), self.store.with_file_name(KEYS_FILE)];
        let file = self.keys.clone().or(places.into_iter().find(|file| file.exists()));
        let keys = match file {
            Some(file) => Pseudonyms::load(&file)?,
            None => Pseudonyms::unkept()?,
        };
        Ok(Names::Pseudonyms(keys))
    }
}

//! `touchpoint store export`: the window as one Parquet file, for analysts. Whose facts they are shows as pseudonyms.

mod table;

use std::fs::File;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io;
use std::path::PathBuf;

use event::Timestamp;
use siphasher::sip::SipHasher13;

use super::super::report::grouped;
use super::super::{Ending, Failure, say};
use super::open;
use table::{Names, TableWriter};

/// Writes the facts of the window to a Parquet file, one row an event, those of a subscriber together.
#[derive(clap::Args, Debug)]
#[command(after_help = "\
Columns: at, subscriber, interface, kind, identity, network, lac, ci, device_type (TAC), device, direction, number, update, cause, \
name (access point or host), length_ms, after_reset, frame. What does not belong to a kind is absent.

Subscribers, devices and numbers are pseudonyms, 16 hexadecimal digits: the same for the same one within a file, and, with \
--key, in every file that is written with that key. Whoever has the key can tell whose they are.")]
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
    /// What pseudonyms depend on; otherwise they are new each time.
    #[arg(
        long,
        value_name = "SECRET",
        env = "TOUCHPOINT_EXPORT_KEY",
        hide_env_values = true,
        conflicts_with = "reveal"
    )]
    key: Option<String>,
    /// Write IMSIs, IMEIs and numbers in clear.
    #[arg(long)]
    reveal: bool,
}

impl Export {
    pub(super) fn run(&self) -> Result<Ending, Failure> {
        let store = open(&self.store)?;
        let failed = |error: io::Error| Failure::new(format_args!("cannot write `{}`: {error}", self.out.display()));
        let file = File::create(&self.out).map_err(failed)?;
        let mut table = TableWriter::new(file, self.names())?;
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

    fn names(&self) -> Names {
        if self.reveal {
            return Names::Clear;
        }
        let half = |number: u64| match &self.key {
            Some(key) => {
                let mut hasher = SipHasher13::new_with_keys(number, 0);
                hasher.write(key.as_bytes());
                hasher.finish()
            }
            // Keyed by the operating system's randomness.
            None => RandomState::new().hash_one(number),
        };
        Names::Pseudonyms(half(0), half(1))
    }
}

//! `touchpoint pseudonyms`: what subscribers are called, and the keys that decide it.

use std::path::PathBuf;

use event::Imsi;

use super::report::new_table;
use super::run::{CONFIG, load};
use super::{Ending, Failure, say};
use crate::config::Config;
use crate::pseudonyms::Pseudonyms;
use crate::run::clock;

use rules::language::Language;

/// Names of subscribers in events for others, API and console: whose they are, and the keys that they depend on.
#[derive(clap::Args, Debug)]
#[command(after_help = "\
A pseudonym such as p3-8f2c0d4416b1a7e9 is that of key 3. What happened while a key was in force keeps its pseudonyms; a key that \
was replaced is kept as long as the store keeps facts, then rotating takes it away, and nobody can tell any more whom it named. \
A service that runs takes a new key over with `systemctl reload touchpoint`; with `rotate_after` in its configuration it rotates \
by itself.")]
pub(crate) struct PseudonymsCommand {
    /// The configuration of the service.
    #[arg(long, value_name = "TOML", default_value = CONFIG, global = true)]
    config: PathBuf,
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand, Debug)]
enum What {
    /// Every key, with the time for which it was in force.
    Keys,
    /// A new key from now on.
    Rotate,
    /// What a subscriber is called, by every key.
    Of {
        /// The subscriber's IMSI.
        #[arg(value_name = "SUBSCRIBER")]
        subscriber: Imsi,
    },
}

impl PseudonymsCommand {
    pub(crate) fn run(&self) -> Result<Ending, Failure> {
        let Config { privacy, store, .. } = load(&self.config, Language::English)?;
        match self.what {
            What::Keys => self.tell(&Pseudonyms::load(&privacy.keys)?, None)?,
            What::Of { subscriber } => self.tell(&Pseudonyms::load(&privacy.keys)?, Some(subscriber))?,
            What::Rotate => {
                let keys = Pseudonyms::rotate(&privacy.keys, clock::wall(), store.retention)?;
                say(format_args!(
                    "key {} is in force; `systemctl reload touchpoint` takes it over",
                    keys.newest().number()
                ))?;
            }
        }
        Ok(Ending::Complete)
    }

    fn tell(&self, keys: &Pseudonyms, whose: Option<Imsi>) -> Result<(), Failure> {
        let mut table = new_table(["key", "since", "until", if whose.is_some() { "pseudonym" } else { "" }]);
        for key in keys.all() {
            let until = keys.until(key).map_or_else(|| "now".to_owned(), |until| until.to_string());
            let name = whose.map(|imsi| key.name(imsi).to_string()).unwrap_or_default();
            table.add_row([key.number().to_string(), key.since().to_string(), until, name]);
        }
        say(table)
    }
}

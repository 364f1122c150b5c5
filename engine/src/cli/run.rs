//! `touchpoint run`, `config`, `token`: the service, and what it is told.

use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};

use rules::language::Language;

use super::{Ending, Failure, check, say};
use crate::api::{TokenHash, new_token};
use crate::config::{self, Config};
use crate::run;

/// Where the package puts the configuration.
pub(super) const CONFIG: &str = "/etc/touchpoint/touchpoint.toml";

/// Runs live: feeds, scenarios, channels and console in one process, until SIGTERM.
#[derive(clap::Args, Debug)]
#[command(after_help = "\
Signals: HUP takes over changed scenarios, all or nothing; TERM (or INT) ends in order, within 25 seconds; what is not settled \
by then, the next start takes up. Under systemd it tells when it is ready, what it does, and that it is alive.")]
pub(crate) struct Run {
    /// The configuration; `touchpoint config check` says what is wrong with it.
    #[arg(long, value_name = "TOML", default_value = CONFIG)]
    config: PathBuf,
}

impl Run {
    pub(crate) fn run(&self) -> Result<Ending, Failure> {
        let config = load(&self.config, Language::English)?;
        run::begin_log(config.log);
        run::run(config)?;
        Ok(Ending::Complete)
    }
}

/// Checks or shows a configuration.
#[derive(clap::Args, Debug)]
pub(crate) struct ConfigCommand {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand, Debug)]
enum What {
    /// Tells of every mistake, with its line.
    Check(File),
    /// Shows what holds, with all defaults and without passwords.
    Show(File),
}

#[derive(clap::Args, Debug)]
struct File {
    /// The configuration.
    #[arg(value_name = "TOML", default_value = CONFIG)]
    config: PathBuf,
    /// The same, as for `run`.
    #[arg(long = "config", value_name = "TOML", conflicts_with = "config")]
    named: Option<PathBuf>,
    /// Language of the messages.
    #[arg(long, value_name = "zh|en", value_parser = check::language, default_value = "en")]
    lang: Language,
}

impl File {
    fn path(&self) -> &Path {
        self.named.as_ref().unwrap_or(&self.config)
    }
}

impl ConfigCommand {
    pub(crate) fn run(&self) -> Result<Ending, Failure> {
        match &self.what {
            What::Check(file) => {
                let config = load(file.path(), file.lang)?;
                let (feeds, channels) = (config.feeds.len(), config.channels.len());
                match file.lang {
                    Language::English => {
                        say(format_args!("{}: {feeds} feeds, {channels} channels", file.path().display()))?
                    }
                    Language::Chinese => {
                        say(format_args!("{}：{feeds} 个信号源，{channels} 个通道", file.path().display()))?
                    }
                }
            }
            What::Show(file) => say(toml::to_string(&load(file.path(), file.lang)?)?.trim_end())?,
        }
        Ok(Ending::Complete)
    }
}

/// Loads a configuration, or tells what is wrong with it.
pub(crate) fn load(file: &Path, language: Language) -> Result<Config, Failure> {
    let (config, diagnostics) = config::load(file, language);
    config.ok_or_else(|| Failure::rendered(diagnostics.render(io::stderr().is_terminal())))
}

/// Makes a token for console and API: the token is for its owner, the hash for the configuration.
#[derive(clap::Args, Debug)]
pub(crate) struct Token {}

impl Token {
    pub(crate) fn run(&self) -> Result<Ending, Failure> {
        let token = new_token().map_err(|error| Failure::new(format_args!("no chance is to be had: {error}")))?;
        say(format_args!("token   {token}\nsha256  {}", TokenHash::of(&token)))?;
        Ok(Ending::Complete)
    }
}

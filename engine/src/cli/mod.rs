//! The command line: arguments, and what people and programs are shown. Everything it does, it asks of the crates.

pub(crate) mod backtest;
mod check;
mod consent;
mod decode;
mod diff;
mod e1;
pub(crate) mod explain;
mod feed;
mod inputs;
pub(crate) mod json;
mod links;
mod network;
mod pseudonyms;
mod release;
mod remote;
mod replay;
pub(crate) mod report;
mod results;
mod run;
mod schema;
mod shell;
pub(crate) mod show;
mod status;
mod store;
mod teller;
mod test;
mod top;

use std::fmt::Display;
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use clap::Parser;
use tracing::Level;

/// Touchpoint reads 2G signalling and sends the right offer at the right moment.
#[derive(Parser, Debug)]
#[command(
    name = "touchpoint",
    version,
    max_term_width = 100,
    arg_required_else_help = true,
    after_help = "\
Exit codes: 0 done; 1 it could not be done (standard error says why); 2 wrong arguments;
3 done as far as the capture reaches: it was cut off in the middle of a record.

IMSI, IMEI and telephone numbers are masked unless a command is told --reveal. Message texts are never read."
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand, Debug)]
enum Command {
    Replay(replay::Replay),
    Decode(decode::Decode),
    Discover(e1::Discover),
    Check(check::Check),
    Test(test::Test),
    Backtest(backtest::Backtest),
    Explain(explain::Explain),
    Report(results::Report),
    Consent(consent::Consent),
    Release(release::Release),
    Diff(diff::Diff),
    Store(store::StoreCommand),
    Schema(schema::Schema),
    Run(run::Run),
    Config(run::ConfigCommand),
    Token(run::Token),
    Pseudonyms(pseudonyms::PseudonymsCommand),
    Status(status::Status),
    Top(top::Top),
    Completions(shell::Completions),
    Man(shell::Man),
}

/// Runs the program on the process's arguments.
pub fn run() -> ExitCode {
    let command = Cli::parse().command;
    // The service logs as its configuration says.
    if !matches!(command, Command::Run(_)) {
        begin_log();
    }
    let result = match command {
        Command::Replay(replay) => replay.run(),
        Command::Decode(decode) => decode.run(),
        Command::Discover(discover) => discover.run(),
        Command::Check(check) => check.run(),
        Command::Test(test) => test.run(),
        Command::Backtest(backtest) => backtest.run(),
        Command::Explain(explain) => explain.run(),
        Command::Report(report) => report.run(),
        Command::Consent(consent) => consent.run(),
        Command::Release(release) => release.run(),
        Command::Diff(diff) => diff.run(),
        Command::Store(store) => store.run(),
        Command::Schema(schema) => schema.run(),
        Command::Run(run) => run.run(),
        Command::Config(config) => config.run(),
        Command::Token(token) => token.run(),
        Command::Pseudonyms(pseudonyms) => pseudonyms.run(),
        Command::Status(status) => status.run(),
        Command::Top(top) => top.run(),
        Command::Completions(completions) => completions.run(),
        Command::Man(man) => man.run(),
    };
    match result {
        Ok(Ending::Complete) => ExitCode::SUCCESS,
        Ok(Ending::CutOff) => ExitCode::from(3),
        Err(failure) => {
            eprint!("{}", failure.text);
            ExitCode::FAILURE
        }
    }
}

fn begin_log() {
    // Warnings and errors only: below them a library may show a URL, and a URL an IMSI.
    tracing_subscriber::fmt()
        .with_max_level(Level::WARN)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .with_target(false)
        .without_time()
        .init();
}

/// How far a command that could be carried out got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// To the end.
    Complete,
    /// To where a capture was cut off.
    CutOff,
}

/// Why a command could not be carried out, as shown to a person.
#[derive(Debug)]
pub(crate) struct Failure {
    text: String,
}

impl Failure {
    pub(crate) fn new(what: impl Display) -> Self {
        Self { text: format!("error: {what}\n") }
    }

    /// Diagnostics that are already laid out for people (or programs).
    pub(crate) fn rendered(text: String) -> Self {
        Self { text }
    }

    /// What is shown.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Standard output takes no more. Where its reader has gone (`touchpoint … | head`), nobody needs to be told.
    pub(crate) fn output(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::rendered(String::new()),
            _ => Self::new(format_args!("cannot write to standard output: {error}")),
        }
    }
}

/// Says something on standard output, a line or several.
pub(crate) fn say(text: impl Display) -> Result<(), Failure> {
    writeln!(io::stdout().lock(), "{text}").map_err(Failure::output)
}

/// An error and all of its causes, in one sentence.
impl<E: std::error::Error> From<E> for Failure {
    fn from(error: E) -> Self {
        let mut text = error.to_string();
        let mut cause = error.source();
        while let Some(inner) = cause {
            let inner_text = inner.to_string();
            // A well-made error does not repeat its cause; one that does shall not be shown twice.
            if !text.contains(&inner_text) {
                text.push_str(": ");
                text.push_str(&inner_text);
            }
            cause = inner.source();
        }
        Self::new(text)
    }
}

//! `touchpoint`: see `touchpoint --help`.

use std::process::ExitCode;

fn main() -> ExitCode {
    engine::cli::run()
}

//! `touchpoint`: see `touchpoint --help`.

use std::process::ExitCode;

fn main() -> ExitCode {
    if let Err(text) = engine::processor::check() {
        eprint!("{text}");
        return ExitCode::FAILURE;
    }
    engine::cli::run()
}

//! What benchmarks share: the large capture, what a whole process took, and the round in the middle.

use std::io::Read;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use wait4::Wait4;

/// What a process took from its start to its end.
#[derive(Clone, Debug)]
pub struct Used {
    /// CPU time, user and system, in seconds.
    pub cpu_seconds: f64,
    /// The most memory, in octets.
    pub memory: u64,
    /// What it printed, where its output is piped.
    pub said: String,
}

/// Runs a command to its end.
///
/// # Errors
/// Where it cannot be started or does not succeed.
pub fn used(command: &mut Command) -> Result<Used> {
    let mut child = command.spawn().with_context(|| format!("{command:?} cannot be started"))?;
    let mut said = String::new();
    if let Some(output) = &mut child.stdout {
        output.read_to_string(&mut said)?;
    }
    let used = child.wait4()?;
    ensure!(used.status.success(), "{command:?} ended with {}", used.status);
    let cpu_seconds = (used.rusage.utime + used.rusage.stime).as_secs_f64();
    Ok(Used { cpu_seconds, memory: used.rusage.maxrss, said })
}

/// The round in the middle by one figure of each; `None` where there was none.
pub fn median<T>(rounds: &mut [T], figure: impl Fn(&T) -> f64) -> Option<&T> {
    rounds.sort_by(|one, other| figure(one).total_cmp(&figure(other)));
    rounds.get(rounds.len() / 2)
}

/// A program that is built together with this one.
///
/// # Errors
/// Where the system does not tell where this one lies.
pub fn beside(program: &str) -> Result<PathBuf> {
    let own = std::env::current_exe()?;
    Ok(own.parent().context("an executable lies in a folder")?.join(program))
}

/// Two minutes of a million subscribers on 10,000 associations, 6 million frames: made once, kept with the system's temporary
/// files.
///
/// # Errors
/// Where the synthesiser is not built, or does not succeed.
pub fn large_capture() -> Result<PathBuf> {
    let folder = std::env::temp_dir().join("touchpoint-bench");
    let file = folder.join("decode.pcap");
    if !file.exists() {
        std::fs::create_dir_all(&folder)?;
        let status = Command::new(beside("synthesise")?)
            .args(["--subscribers", "1000000", "--bsc", "500", "--associations", "10000", "--minutes", "2", "--out"])
            .arg(&file)
            .stderr(Stdio::null())
            .status()
            .context("synthesise is not built: run `make build`")?;
        ensure!(status.success(), "synthesise ended with {status}");
    }
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(words: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", words]);
        command
    }

    #[test]
    fn a_process_counts_whole_and_is_heard_where_its_output_is_piped() {
        let mut busy = shell("i=0; while [ $i -lt 20000 ]; do i=$((i + 1)); done; echo $i");
        let used = used(busy.stdout(Stdio::piped())).unwrap();
        assert_eq!(used.said, "20000\n");
        assert!(used.cpu_seconds > 0.0 && used.memory > 100_000, "{used:?}");
    }

    #[test]
    fn a_process_that_fails_is_no_measurement() {
        assert!(used(&mut shell("exit 3")).unwrap_err().to_string().contains("exit status: 3"));
    }

    #[test]
    fn the_median_is_a_round_that_there_was() {
        let mut rounds = [(5.0, 'a'), (1.0, 'b'), (3.0, 'c')];
        assert_eq!(median(&mut rounds, |round| round.0), Some(&(3.0, 'c')));
        assert_eq!(median(&mut [0.0; 0], |round| *round), None);
    }
}

//! What keeping and deciding costs, as ratios of things run in turn on the same stream of events: the engine with its store
//! against a RocksDB key for each event, with no scenario, with the three patterns of the comparison with other engines, and
//! with a hundred live scenarios. CPU time of whole processes, user and system, until the store is drained.

#![expect(clippy::print_stdout, reason = "the figures are its output")]

#[path = "../match-benchmark/fact.rs"]
mod fact;
mod hundred;
mod keep;
mod plain;
#[path = "../match-benchmark/set.rs"]
mod set;
#[path = "../match-benchmark/stream.rs"]
mod stream;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use clap::{Parser, Subcommand};
use rules::{Policy, RuleSet};
use wait4::Wait4;

/// Measures the store and the engine around it.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    part: Option<Part>,
    /// Events of the stream.
    #[arg(long, default_value_t = 20_000_000)]
    events: u64,
    /// Where stores are made, one after the other; removed at the end.
    #[arg(long, default_value = "target/store-benchmark")]
    folder: PathBuf,
    /// Shards.
    #[arg(long, default_value_t = 1, global = true)]
    threads: usize,
}

#[derive(Subcommand)]
enum Part {
    /// Runs only the reference: a key of 20 octets with a value of 13 for each event.
    Plain { events: PathBuf, store: PathBuf },
    /// Runs only the engine without any scenario.
    Append { events: PathBuf, store: PathBuf },
    /// Runs only the engine with the three patterns of a folder.
    Patterns { events: PathBuf, store: PathBuf, set: PathBuf },
    /// Runs only the engine with a hundred live scenarios.
    Hundred { events: PathBuf, store: PathBuf },
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let threads = arguments.threads;
    match &arguments.part {
        Some(Part::Plain { events, store }) => plain::run(events, store)?,
        Some(Part::Append { events, store }) => keep::run(events, store, nothing(), threads)?,
        Some(Part::Patterns { events, store, set }) => keep::run(events, store, set::load(set)?, threads)?,
        Some(Part::Hundred { events, store }) => keep::run(events, store, hundred::rules()?, threads)?,
        None => compare(&arguments)?,
    }
    Ok(())
}

fn nothing() -> RuleSet {
    RuleSet::new(Vec::new(), Policy::default(), String::new())
}

/// One thing that was measured.
struct Measured {
    cpu: Duration,
    wall: Duration,
    /// Octets of the store afterwards, and those written on the way.
    stored: u64,
    written: u64,
    /// The most memory, in octets.
    memory: u64,
    said: String,
}

#[expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
fn measure(arguments: &Arguments, part: &str, events: &Path, more: Option<&Path>) -> Result<Measured> {
    let store = arguments.folder.join(part);
    if store.exists() {
        std::fs::remove_dir_all(&store)?;
    }
    std::fs::create_dir_all(&store)?;
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("--threads").arg(arguments.threads.to_string()).arg(part).arg(events).arg(&store).args(more);
    let began = std::time::Instant::now();
    let mut child = command.stdout(Stdio::piped()).spawn()?;
    let mut said = String::new();
    std::io::Read::read_to_string(&mut child.stdout.take().context("it was piped")?, &mut said)?;
    let used = child.wait4()?;
    ensure!(used.status.success(), "{part} ended with {}", used.status);
    let (first, rest) = said.split_once('\n').unwrap_or((&said, ""));
    let measured = Measured {
        cpu: used.rusage.utime + used.rusage.stime,
        wall: began.elapsed(),
        stored: octets(&store)?,
        written: first.trim().parse().with_context(|| format!("{part} said `{said}`"))?,
        memory: used.rusage.maxrss,
        said: rest.trim().to_owned(),
    };
    std::fs::remove_dir_all(&store)?;
    Ok(measured)
}

fn octets(folder: &Path) -> Result<u64> {
    let mut sum = 0;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let about = entry.metadata()?;
        sum += if about.is_dir() { octets(&entry.path())? } else { about.len() };
    }
    Ok(sum)
}

/// Octets that this process has given to disks so far: proc(5), `io`.
fn written_octets() -> Result<u64> {
    let io = std::fs::read_to_string("/proc/self/io")?;
    let line = io.lines().find_map(|line| line.strip_prefix("wchar: ")).context("no wchar")?;
    Ok(line.parse()?)
}

/// What Flink SQL on RocksDB did at best, on an idle machine of two cores of the kind that this was made on.
const FLINK_SQL_ON_ROCKSDB: f64 = 43_000.0;

fn compare(arguments: &Arguments) -> Result<()> {
    let folder = std::env::temp_dir().join("touchpoint-bench");
    std::fs::create_dir_all(&folder)?;
    let events = folder.join(format!("events-{}.bin", arguments.events));
    if !events.exists() {
        stream::write(&events, arguments.events)?;
    }
    let set = folder.join("patterns");
    set::write_set(&set, stream::targets())?;
    println!(
        "{:<28} {:>8} {:>8} {:>12} {:>14} {:>14} {:>10}",
        "", "CPU s", "wall s", "ns an event", "a CPU second", "stored, o/ev.", "memory MB"
    );
    let count = arguments.events as f64;
    let run = |name: &str, part: &str, more: Option<&Path>| -> Result<f64> {
        let measured = measure(arguments, part, &events, more)?;
        let seconds = measured.cpu.as_secs_f64();
        println!(
            "{name:<28} {seconds:>8.1} {:>8.1} {:>12.0} {:>14.0} {:>14.1} {:>10.0}   written {:.1} × stored{}",
            measured.wall.as_secs_f64(),
            seconds * 1e9 / count,
            count / seconds,
            measured.stored as f64 / count,
            measured.memory as f64 / 1e6,
            measured.written as f64 / measured.stored as f64,
            if measured.said.is_empty() { String::new() } else { format!("; {}", measured.said) },
        );
        Ok(seconds)
    };
    let plain = run("a RocksDB key for each", "plain", None)?;
    let append = run("touchpoint, no scenario", "append", None)?;
    let patterns = run("touchpoint, three patterns", "patterns", Some(&set))?;
    let hundred = run("touchpoint, 100 scenarios", "hundred", None)?;
    println!("\nAppending costs 1/{:.1} of a key for each event; wanted: at most 1/3.", plain / append);
    println!(
        "Three patterns: {:.0} times Flink SQL on RocksDB ({FLINK_SQL_ON_ROCKSDB}, measured before); wanted: 20.",
        count / patterns / FLINK_SQL_ON_ROCKSDB
    );
    println!("100 live scenarios: {:.0} events a CPU second; wanted: 700,000.", count / hundred);
    println!("No event reads a window: what scenarios have begun is kept beside the subscriber.");
    Ok(())
}

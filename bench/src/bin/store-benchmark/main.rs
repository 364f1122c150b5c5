//! What keeping and deciding costs, as ratios of things run in turn on the same stream of events: the engine with its store
//! against a RocksDB key for each event, with no scenario, with the three patterns of the comparison with other engines, and
//! with a hundred live scenarios; and the whole program from a capture to the ledger. CPU time of whole processes, user and system,
//! until the store is drained, the median of several rounds.

#![expect(clippy::print_stdout, reason = "the figures are its output")]

#[path = "../match-benchmark/fact.rs"]
mod fact;
mod hundred;
mod keep;
mod latency;
mod plain;
mod scale;
#[path = "../match-benchmark/set.rs"]
mod set;
#[path = "../match-benchmark/stream.rs"]
mod stream;
mod town;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result};
use bench::measure::{Used, median, used};
use clap::{Parser, Subcommand};
use rules::{Policy, RuleSet};
use town::Town;

/// What is measured of a store's folder lies here.
const WINDOW: &str = "window";

/// Measures the store and the engine around it.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    part: Option<Part>,
    /// Events of the stream.
    #[arg(long, default_value_t = 20_000_000)]
    events: u64,
    /// Rounds of which the median counts.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Where a folder is made for each store, and removed after it.
    #[arg(long, default_value = "target")]
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
    /// Runs the engine with a hundred live scenarios at a steady rate, and tells how long things take.
    Latency {
        events: PathBuf,
        store: PathBuf,
        /// Events a second.
        #[arg(long, default_value_t = 350_000)]
        rate: u64,
    },
    /// Runs the engine on the window of a large network, and tells what that takes of disk and memory, and to read.
    Scale {
        store: PathBuf,
        #[arg(long, default_value_t = 10_000_000)]
        subscribers: u64,
        /// Events within 48 hours.
        #[arg(long, default_value_t = 200_000_000)]
        events: u64,
        /// Megabytes of an arena: the larger, the fewer runs does a bucket have.
        #[arg(long, default_value_t = 32)]
        arena_mb: usize,
    },
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let threads = arguments.threads;
    match &arguments.part {
        Some(Part::Plain { events, store }) => plain::run(events, store)?,
        Some(Part::Append { events, store }) => keep::run(events, store, nothing(), threads)?,
        Some(Part::Patterns { events, store, set }) => keep::run(events, store, set::load(set)?, threads)?,
        Some(Part::Hundred { events, store }) => keep::run(events, store, hundred::rules()?, threads)?,
        Some(Part::Scale { store, subscribers, events, arena_mb }) => {
            scale::run(store, *subscribers, *events, *arena_mb << 20, threads)?;
        }
        Some(Part::Latency { events, store, rate }) => latency::run(events, store, *rate, threads)?,
        None => compare(&arguments)?,
    }
    Ok(())
}

fn nothing() -> RuleSet {
    RuleSet::new(Vec::new(), Policy::default(), String::new())
}

/// One thing to measure.
struct Run {
    name: &'static str,
    part: &'static str,
    /// What the part is given beside events and store.
    more: Option<PathBuf>,
    rounds: Vec<Measured>,
}

/// What came of a round.
struct Measured {
    used: Used,
    wall_seconds: f64,
    /// Octets of the store afterwards, and those written on the way.
    stored: u64,
    written: u64,
}

impl Run {
    fn new(name: &'static str, part: &'static str, more: Option<PathBuf>) -> Self {
        Self { name, part, more, rounds: Vec::new() }
    }

    #[expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
    fn once(&mut self, arguments: &Arguments, events: &Path) -> Result<()> {
        let store = tempfile::tempdir_in(&arguments.folder)?;
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("--threads").arg(arguments.threads.to_string()).arg(self.part);
        command.arg(events).arg(store.path()).args(&self.more);
        let began = std::time::Instant::now();
        let used = used(command.stdout(Stdio::piped()))?;
        let wall_seconds = began.elapsed().as_secs_f64();
        let first = used.said.lines().next().unwrap_or_default();
        let written = first.parse().with_context(|| format!("{} said `{first}`", self.part))?;
        self.rounds.push(Measured { wall_seconds, stored: octets(&store.path().join(WINDOW))?, written, used });
        Ok(())
    }

    /// Prints the round in the middle; gives its CPU seconds.
    fn report(&mut self, events: u64) -> Result<f64> {
        let round = median(&mut self.rounds, |round| round.used.cpu_seconds).context("no round")?;
        let (count, seconds, stored) = (events as f64, round.used.cpu_seconds, round.stored as f64);
        println!(
            "{:<28} {seconds:>8.1} {:>8.1} {:>12.0} {:>14.0} {:>14.1} {:>10.0} {:>16.1}",
            self.name,
            round.wall_seconds,
            seconds * 1e9 / count,
            count / seconds,
            stored / count,
            round.used.memory as f64 / 1e6,
            round.written as f64 / stored,
        );
        round.used.said.lines().skip(1).for_each(|line| println!("    {line}"));
        Ok(seconds)
    }
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
    std::fs::create_dir_all(&arguments.folder)?;
    let mut runs = [
        Run::new("a RocksDB key for each", "plain", None),
        Run::new("touchpoint, no scenario", "append", None),
        Run::new("touchpoint, three patterns", "patterns", Some(set)),
        Run::new("touchpoint, 100 scenarios", "hundred", None),
    ];
    let mut town = Town::default();
    for _ in 0..arguments.rounds.max(1) {
        runs.iter_mut().try_for_each(|run| run.once(arguments, &events))?;
        town.once(&arguments.folder, arguments.threads)?;
    }
    println!(
        "{:<28} {:>8} {:>8} {:>12} {:>14} {:>14} {:>10} {:>16}",
        "", "CPU s", "wall s", "ns an event", "a CPU second", "stored, o/ev.", "memory MB", "written / stored"
    );
    let [plain, append, patterns, hundred] = runs.each_mut().map(|run| run.report(arguments.events));
    let (plain, append, patterns, hundred) = (plain?, append?, patterns?, hundred?);
    let count = arguments.events as f64;
    println!("\nAppending costs 1/{:.1} of a key for each event; wanted: at most 1/3.", plain / append);
    println!(
        "Three patterns: {:.0} times Flink SQL on RocksDB ({FLINK_SQL_ON_ROCKSDB}, measured before); wanted: 20.",
        count / patterns / FLINK_SQL_ON_ROCKSDB
    );
    println!("100 live scenarios: {:.0} events a CPU second; wanted: 700,000.", count / hundred);
    town.report()
}

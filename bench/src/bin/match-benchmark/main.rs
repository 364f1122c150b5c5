//! What matching costs, as ratios of things run in turn: the three patterns of a stream of events by the matcher, by a program
//! with these patterns written out in hash tables, and by engines for complex event processing where they are there; and
//! scenarios beside those that an event concerns. CPU time of whole processes, user and system, the median of several rounds.

#![expect(clippy::print_stdout, reason = "the figures are its output")]

mod fact;
mod others;
mod patterns;
mod peers;
mod reference;
mod set;
mod shard;
mod stream;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Result, ensure};
use bench::measure::{median, used};
use clap::{Parser, Subcommand};

/// Measures matching against engines for complex event processing, and with many scenarios.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    part: Option<Part>,
    /// Rounds of which the median counts.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Events for the matcher; the peers and the runs with many scenarios get a fifth of them.
    #[arg(long, default_value_t = 25_000_000)]
    events: u64,
    /// Where the peers' jars are: bench/peers/README.md tells how to come by them.
    #[arg(long, default_value = "target/peers")]
    peers: PathBuf,
}

#[derive(Subcommand)]
enum Part {
    /// Runs only the three patterns, by scenarios in a folder.
    Patterns { events: PathBuf, set: PathBuf },
    /// Runs only the three patterns, written out in hash tables.
    Reference { events: PathBuf },
    /// Runs only so many scenarios that no event concerns.
    Unconcerned { events: PathBuf, scenarios: u32 },
    /// Runs only so many scenarios that every data session concerns.
    Concerned { events: PathBuf, scenarios: u32 },
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    match &arguments.part {
        Some(Part::Patterns { events, set }) => println!("{:?}", patterns::run(events, set)?),
        Some(Part::Reference { events }) => println!("{:?}", reference::run(events)?),
        Some(Part::Unconcerned { events, scenarios }) => println!("{}", others::unconcerned(events, *scenarios)?),
        Some(Part::Concerned { events, scenarios }) => println!("{}", others::concerned(events, *scenarios)?),
        None => compare(&arguments)?,
    }
    Ok(())
}

/// Files that all runs read.
struct Files {
    /// All events, a fifth of them, and none.
    events: PathBuf,
    fewer: PathBuf,
    none: PathBuf,
    /// The scenarios, and the same with a target list of a million: of those who appear in events, the same are on it.
    set: PathBuf,
    large_set: PathBuf,
    /// Where peers are compiled.
    classes: PathBuf,
}

impl Files {
    fn make(events: u64) -> Result<Self> {
        let folder = std::env::temp_dir().join("touchpoint-bench");
        let stream = |events: u64| -> Result<PathBuf> {
            let file = folder.join(format!("events-{events}.bin"));
            if !file.exists() {
                stream::write(&file, events)?;
            }
            Ok(file)
        };
        std::fs::create_dir_all(&folder)?;
        let (set, large_set) = (folder.join("patterns"), folder.join("patterns-large"));
        set::write_set(&set, stream::targets())?;
        set::write_set(&large_set, stream::targets().into_iter().chain(nobodies()))?;
        let classes = folder.join("classes");
        Ok(Self { events: stream(events)?, fewer: stream(events / 5)?, none: stream(0)?, set, large_set, classes })
    }

    fn targets(&self) -> PathBuf {
        self.set.join(set::TARGETS)
    }
}

/// Who fills the target list up to a million, and does nothing.
fn nobodies() -> impl Iterator<Item = u64> {
    (stream::TARGETS as u64..1_000_000).map(|index| stream::FIRST_IMSI + stream::SUBSCRIBERS + index)
}

fn compare(arguments: &Arguments) -> Result<()> {
    let own = std::env::current_exe()?;
    let files = Files::make(arguments.events)?;
    let part = |part: &str| {
        let mut command = Command::new(&own);
        command.arg(part);
        command
    };
    let fewer = arguments.events / 5;
    let given = |part: &str, given: &dyn AsRef<std::ffi::OsStr>| {
        let command = |events: &Path| {
            let mut command = Command::new(&own);
            command.arg(part).arg(events).arg(given);
            command
        };
        [command(&files.fewer), command(&files.none)]
    };
    let mut whole = part("patterns");
    whole.arg(&files.events).arg(&files.set);
    let mut reference = part("reference");
    reference.arg(&files.events);
    let mut engines = vec![
        Run::new("hash tables, by hand", arguments.events, whole_process(reference)),
        Run::new("touchpoint", arguments.events, whole_process(whole)),
    ];
    let part_and_none = [&*files.fewer, &files.none];
    for (name, commands) in peers::commands(&arguments.peers, &files.classes, part_and_none, &files.targets())? {
        engines.push(Run::new(name, fewer, commands));
    }
    let mut beside = vec![
        Run::new("10 that it does not concern", fewer, given("unconcerned", &"10")),
        Run::new("10,000 that it does not concern", fewer, given("unconcerned", &"10000")),
        Run::new("target list of 100,000", fewer, given("patterns", &files.set)),
        Run::new("target list of 1,000,000", fewer, given("patterns", &files.large_set)),
        Run::new("10 that a sixth of them concern", fewer, given("concerned", &"10")),
        Run::new("110 that a sixth of them concern", fewer, given("concerned", &"110")),
    ];
    for _ in 0..arguments.rounds.max(1) {
        engines.iter_mut().chain(&mut beside).try_for_each(Run::once)?;
    }
    if let [by_hand, touchpoint, ..] = &*engines {
        ensure!(by_hand.told == touchpoint.told, "found {}, not {}", touchpoint.told.trim(), by_hand.told.trim());
    }
    report_engines(&engines);
    report_scenarios(&beside);
    Ok(())
}

/// All that a process does counts, so there is nothing to run without events.
fn whole_process(command: Command) -> [Option<Command>; 2] {
    [Some(command), None]
}

/// One thing to measure.
struct Run {
    name: &'static str,
    events: u64,
    /// With the events; and where only these are to count, without any.
    commands: [Option<Command>; 2],
    /// CPU seconds of the rounds.
    seconds: Vec<f64>,
    /// What it told of the events.
    told: String,
}

impl Run {
    fn new(name: &'static str, events: u64, commands: [impl Into<Option<Command>>; 2]) -> Self {
        Self { name, events, commands: commands.map(Into::into), seconds: Vec::new(), told: String::new() }
    }

    fn once(&mut self) -> Result<()> {
        let [with, without] = &mut self.commands;
        let (seconds, told) = measured(with)?;
        self.seconds.push(seconds - measured(without)?.0);
        self.told = told;
        Ok(())
    }

    fn median_seconds(&self) -> f64 {
        median(&mut self.seconds.clone(), |seconds| *seconds).copied().unwrap_or(f64::NAN)
    }

    fn events_per_second(&self) -> f64 {
        self.events as f64 / self.median_seconds()
    }

    fn nanoseconds_per_event(&self) -> f64 {
        1e9 / self.events_per_second()
    }
}

/// CPU seconds of a process, and what it told; nothing where there is none.
fn measured(command: &mut Option<Command>) -> Result<(f64, String)> {
    let Some(command) = command else { return Ok(Default::default()) };
    let used = used(command.stdout(Stdio::piped()).stderr(Stdio::null()))?;
    Ok((used.cpu_seconds, used.said))
}

/// Of Flink's pattern API, the best that was measured on an idle machine of two cores of the kind that this was made on.
const MEASURED_BEFORE: f64 = 312_000.0;

fn report_engines(runs: &[Run]) {
    println!(
        "{:<34} {:>12} {:>8} {:>20} {:>14}",
        "three patterns", "events", "CPU s", "events a CPU second", "of best peer"
    );
    let peers = runs.iter().skip(2).map(Run::events_per_second);
    let best = peers.reduce(f64::max);
    for run in runs {
        let speed = run.events_per_second();
        let times = speed / best.unwrap_or(MEASURED_BEFORE);
        println!("{:<34} {:>12} {:>8.2} {speed:>20.0} {times:>13.1}×", run.name, run.events, run.median_seconds());
    }
    if best.is_none() {
        println!(
            "No peers' jars are there (bench/peers/README.md): compared with {MEASURED_BEFORE}, which Flink CEP did before."
        );
    }
    println!(
        "Wanted of touchpoint: at least 20 times the best peer. Of peers the start is left out, of touchpoint nothing.\n"
    );
}

/// The share of [`stream::kind::DATA`] among the events.
const DATA_SHARE: f64 = 0.16;

fn report_scenarios(runs: &[Run]) {
    println!("{:<34} {:>12} {:>14} {:>10}", "scenarios, per event", "events", "ns an event", "ratio");
    for [few, many] in runs.as_chunks().0 {
        let [less, more] = [few, many].map(Run::nanoseconds_per_event);
        println!("{:<34} {:>12} {less:>14.0} {:>10}", few.name, few.events, "");
        println!("{:<34} {:>12} {more:>14.0} {:>10.2}", many.name, many.events, more / less);
    }
    if let [.., ten, more] = runs {
        let cost = more.nanoseconds_per_event() - ten.nanoseconds_per_event();
        println!("One scenario that an event concerns costs {:.0} ns.", cost / 100.0 / DATA_SHARE);
    }
    println!("Wanted: the first two ratios at most 1.15 and 1.");
}

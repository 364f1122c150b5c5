//! What decoding costs, as ratios of things run in turn on one file from the page cache: a bare libpcap loop (`pcap_loop` with
//! a counting callback, by the crate `pcap`), the probe into a null sink, `touchpoint decode` where it is built, and
//! `tshark` with eleven fields on a part from the middle. CPU time of whole processes, user and system, the median of several
//! rounds.

#![expect(clippy::print_stdout, reason = "the figures are its output")]

mod memory;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use bench::measure::{beside, large_capture, median, used};
use clap::{Parser, Subcommand};
use probe::capture::Capture;
use probe::{Probe, ProbeConfig};

use memory::Memory;

/// Measures decoding against a bare libpcap loop and against tshark.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    part: Option<Part>,
    /// A large capture; without one, two minutes of a million synthetic subscribers on 10,000 associations: 6 million frames.
    capture: Option<PathBuf>,
    /// Rounds of which the median counts.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Frames of the part that tshark reads.
    #[arg(long, default_value_t = 200_000)]
    part_frames: usize,
    /// Leave tshark out (it takes more than 20 µs a frame).
    #[arg(long)]
    without_tshark: bool,
}

#[derive(Subcommand)]
enum Part {
    /// Runs only the bare libpcap loop over a file.
    Loop { capture: PathBuf },
    /// Runs only the probe into a null sink.
    Probe {
        capture: PathBuf,
        /// The sink takes every message too, not only events.
        #[arg(long)]
        messages: bool,
    },
    /// Prints the probe's resident memory by hour over a day of synthetic traffic.
    Memory(Memory),
}

/// The fields of which both dissectors print a line a frame.
const FIELDS: [&str; 11] = [
    "frame.number",
    "gsm_a.bssmap.msgtype",
    "gsm_a.dtap.msg_mm_type",
    "gsm_a.dtap.msg_cc_type",
    "gsm_a.dtap.msg_sms_type",
    "e212.imsi",
    "3gpp.tmsi",
    "gsm_a.imeisv",
    "gsm_a.lac",
    "gsm_a.bssmap.cell_ci",
    "gsm_a.dtap.cld_party_bcd_num",
];

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    match &arguments.part {
        Some(Part::Loop { capture }) => bare_loop(capture),
        Some(Part::Probe { capture, messages: false }) => null_sink::<false>(capture),
        Some(Part::Probe { capture, messages: true }) => null_sink::<true>(capture),
        Some(Part::Memory(memory)) => memory.run(&beside("synthesise")?),
        None => compare(&arguments),
    }
}

fn bare_loop(file: &Path) -> anyhow::Result<()> {
    let mut capture = pcap::Capture::from_file(file)?;
    let (mut frames, mut octets) = (0_u64, 0_u64);
    capture.for_each(None, |packet| {
        frames += 1;
        octets += packet.data.len() as u64;
    })?;
    println!("{frames} {octets}");
    Ok(())
}

/// Counts what it is given.
#[derive(Default)]
struct Null<const MESSAGES: bool> {
    events: u64,
}

impl<const MESSAGES: bool> probe::Sink for Null<MESSAGES> {
    const MESSAGES: bool = MESSAGES;

    fn event(&mut self, event: &event::Event) {
        std::hint::black_box(event);
        self.events += 1;
    }
}

fn null_sink<const MESSAGES: bool>(file: &Path) -> anyhow::Result<()> {
    let mut capture = Capture::open(&[file.to_owned()])?;
    let mut probe = Probe::new(ProbeConfig::default());
    let (mut sink, mut frames) = (Null::<MESSAGES>::default(), 0);
    loop {
        let batch = capture.batch()?;
        if batch.is_empty() {
            break;
        }
        probe.frames(batch, &mut sink);
        frames += batch.len();
    }
    probe.finish(&mut sink);
    println!("{frames} {}", sink.events);
    Ok(())
}

fn compare(arguments: &Arguments) -> anyhow::Result<()> {
    let own = std::env::current_exe()?;
    let file = match &arguments.capture {
        Some(file) => file.clone(),
        None => large_capture()?,
    };
    let command = |program: &Path, words: &[&str]| {
        let mut command = Command::new(program);
        command.args(words).arg(&file);
        command
    };
    let frames = count(&file)?;
    let mut runs = vec![
        Run::new("bare libpcap loop", frames, command(&own, &["loop"])),
        Run::new("probe, null sink", frames, command(&own, &["probe"])),
    ];
    let touchpoint = beside("touchpoint")?;
    if touchpoint.exists() {
        let words = ["decode", "--json", "--reveal"];
        runs.push(Run::new("touchpoint decode --json", frames, command(&touchpoint, &words)));
    }
    if !arguments.without_tshark {
        let part = file.with_extension("part.pcap");
        let frames = write_part(&file, frames, arguments.part_frames, &part)?;
        let mut tshark = Command::new("tshark");
        tshark.args(["-n", "-T", "fields"]);
        tshark.args(FIELDS.into_iter().flat_map(|field| ["-e", field]));
        tshark.arg("-r").arg(part);
        runs.push(Run::new(TSHARK, frames, tshark));
    }
    for _ in 0..arguments.rounds.max(1) {
        runs.iter_mut().try_for_each(Run::once)?;
    }
    report(&file, &mut runs);
    Ok(())
}

fn count(file: &Path) -> anyhow::Result<usize> {
    let mut frames = 0;
    pcap::Capture::from_file(file)?.for_each(None, |_| frames += 1)?;
    Ok(frames)
}

/// Writes `wanted` frames from the middle of a capture, where all associations are at work; how many there are.
fn write_part(file: &Path, frames: usize, wanted: usize, part: &Path) -> anyhow::Result<usize> {
    let mut capture = pcap::Capture::from_file(file)?;
    let mut written = capture.savefile(part)?;
    let wanted = wanted.min(frames);
    let begin = (frames - wanted) / 2;
    let mut number = 0;
    capture.for_each(Some(begin + wanted), |packet| {
        if number >= begin {
            written.write(&packet);
        }
        number += 1;
    })?;
    written.flush()?;
    Ok(wanted)
}

/// One thing to measure.
struct Run {
    name: &'static str,
    frames: usize,
    command: Command,
    seconds: Vec<f64>,
}

impl Run {
    fn new(name: &'static str, frames: usize, mut command: Command) -> Self {
        command.stdout(Stdio::null()).stderr(Stdio::null());
        Self { name, frames, command, seconds: Vec::new() }
    }

    fn once(&mut self) -> anyhow::Result<()> {
        self.seconds.push(used(&mut self.command)?.cpu_seconds);
        Ok(())
    }

    /// CPU time, the median of the rounds.
    fn nanoseconds_per_frame(&mut self) -> f64 {
        let seconds = median(&mut self.seconds, |seconds| *seconds).copied().unwrap_or(f64::NAN);
        seconds / self.frames as f64 * 1e9
    }
}

const TSHARK: &str = "tshark -T fields";

fn report(file: &Path, runs: &mut [Run]) {
    println!("{}", file.display());
    println!("{:<28} {:>10} {:>12} {:>14} {:>14}", "", "frames", "ns a frame", "of bare loop", "tshark / this");
    let costs: Vec<f64> = runs.iter_mut().map(Run::nanoseconds_per_frame).collect();
    let Some(bare) = costs.first() else { return };
    let tshark = runs.iter().zip(&costs).find(|(run, _)| run.name == TSHARK).map(|(_, cost)| cost);
    for (run, cost) in runs.iter().zip(&costs) {
        let share = 100.0 * bare / cost;
        let times = tshark.map_or("-".into(), |tshark| format!("{:.1}", tshark / cost));
        println!("{:<28} {:>10} {cost:>12.0} {share:>12.1} % {times:>14}", run.name, run.frames);
    }
    println!("Wanted of the probe: at least 30 % of the bare loop's throughput, and tshark / probe at least 100.");
}

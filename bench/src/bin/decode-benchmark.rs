//! What decoding costs, as ratios of things run in turn on one file: a bare libpcap loop, the probe into a null sink,
//! `touchpoint decode`, and `tshark` with the same fields. CPU time of whole processes, user and system, the median of
//! several rounds.

#![expect(clippy::print_stdout, reason = "the figures are its output")]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, bail, ensure};
use clap::{Parser, Subcommand};
use wait4::Wait4;

/// Measures decoding against a bare libpcap loop and against tshark.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    part: Option<Part>,
    /// A large capture; without one, 20,000 synthetic subscribers for half an hour.
    capture: Option<PathBuf>,
    /// Rounds of which the median counts.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Leave tshark out (it takes 22 µs a frame).
    #[arg(long)]
    without_tshark: bool,
}

#[derive(Subcommand)]
enum Part {
    /// Runs only the bare libpcap loop over a file.
    Loop { capture: PathBuf },
    /// Runs only the probe into a null sink.
    Probe { capture: PathBuf },
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
        Some(Part::Probe { capture }) => null_sink(capture),
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
struct Null {
    events: u64,
}

impl probe::Sink for Null {
    fn event(&mut self, event: &event::Event) {
        std::hint::black_box(event);
        self.events += 1;
    }
}

fn null_sink(file: &Path) -> anyhow::Result<()> {
    let mut capture = probe::capture::Capture::open(&[file.to_owned()])?;
    let mut probe = probe::Probe::new(probe::ProbeConfig::default());
    let (mut sink, mut frames) = (Null::default(), 0_u64);
    while let Some(frame) = capture.next()? {
        probe.frame(&frame, &mut sink);
        frames += 1;
    }
    probe.finish(&mut sink);
    println!("{frames} {}", sink.events);
    Ok(())
}

fn compare(arguments: &Arguments) -> anyhow::Result<()> {
    let own = std::env::current_exe()?;
    let folder = own.parent().context("an executable lies in a folder")?;
    let file = match &arguments.capture {
        Some(file) => file.clone(),
        None => synthesised(folder)?,
    };
    let touchpoint = folder.join("touchpoint");
    ensure!(touchpoint.exists(), "{} is not built: run `make build`", touchpoint.display());

    let command = |program: &Path, words: &[&str]| {
        let mut command = Command::new(program);
        command.args(words).arg(&file);
        command
    };
    let mut runs = vec![
        Run::new("bare libpcap loop", command(&own, &["loop"])),
        Run::new("probe, null sink", command(&own, &["probe"])),
        Run::new("touchpoint decode --json", command(&touchpoint, &["decode", "--json", "--reveal"])),
        Run::new(
            "touchpoint decode --messages --json",
            command(
                &touchpoint,
                &["decode", "--messages", "--json", "--reveal", "--protocol", "bssmap,mm,cc,sms,rp,tpdu"],
            ),
        ),
    ];
    if !arguments.without_tshark {
        let mut tshark = Command::new("tshark");
        tshark.args(["-n", "-T", "fields"]);
        tshark.args(FIELDS.into_iter().flat_map(|field| ["-e", field]));
        tshark.arg("-r").arg(&file);
        runs.push(Run::new("tshark -T fields", tshark));
    }
    let frames = frames_of(&own, &file)?;
    for _ in 0..arguments.rounds.max(1) {
        runs.iter_mut().try_for_each(Run::once)?;
    }
    report(&file, frames, &mut runs);
    Ok(())
}

fn synthesised(folder: &Path) -> anyhow::Result<PathBuf> {
    let file = folder.join("../bench/decode.pcap");
    if !file.exists() {
        std::fs::create_dir_all(folder.join("../bench"))?;
        let status = Command::new(folder.join("synthesise"))
            .args(["--subscribers", "20000", "--minutes", "30", "--seed", "1", "--out"])
            .arg(&file)
            .status()
            .context("synthesise is not built: run `make build`")?;
        ensure!(status.success(), "synthesise ended with {status}");
    }
    Ok(file)
}

fn frames_of(own: &Path, file: &Path) -> anyhow::Result<f64> {
    let output = Command::new(own).arg("loop").arg(file).output()?;
    let text = String::from_utf8(output.stdout)?;
    let Some(frames) = text.split_whitespace().next() else { bail!("cannot read {}", file.display()) };
    Ok(frames.parse()?)
}

/// One thing to measure.
struct Run {
    name: &'static str,
    command: Command,
    seconds: Vec<f64>,
}

impl Run {
    fn new(name: &'static str, mut command: Command) -> Self {
        command.stdout(Stdio::null()).stderr(Stdio::null());
        Self { name, command, seconds: Vec::new() }
    }

    fn once(&mut self) -> anyhow::Result<()> {
        let mut child = self.command.spawn().with_context(|| format!("{}: cannot be started", self.name))?;
        let used = child.wait4()?;
        ensure!(used.status.success(), "{} ended with {}", self.name, used.status);
        self.seconds.push((used.rusage.utime + used.rusage.stime).as_secs_f64());
        Ok(())
    }

    fn median(&mut self) -> f64 {
        self.seconds.sort_by(f64::total_cmp);
        self.seconds.get(self.seconds.len() / 2).copied().unwrap_or(f64::NAN)
    }
}

fn report(file: &Path, frames: f64, runs: &mut [Run]) {
    println!("{}: {frames:.0} frames", file.display());
    println!("{:<38} {:>9} {:>12} {:>14} {:>14}", "", "CPU s", "ns a frame", "x bare loop", "tshark / this");
    let medians: Vec<f64> = runs.iter_mut().map(Run::median).collect();
    let (bare, slowest) = (medians.first().copied().unwrap_or(f64::NAN), medians.last().copied().unwrap_or(f64::NAN));
    for (run, median) in runs.iter().zip(medians) {
        let nanoseconds = median / frames * 1e9;
        println!(
            "{:<38} {median:>9.3} {nanoseconds:>12.0} {:>14.2} {:>14.1}",
            run.name,
            median / bare,
            slowest / median
        );
    }
}

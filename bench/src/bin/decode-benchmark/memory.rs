//! What the probe's memory does over a day of traffic: the synthesiser runs beside it, and nothing is written to disk.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, ensure};
use clap::Args;
use event::Timestamp;
use probe::capture::Capture;
use probe::{Probe, ProbeConfig};

use crate::Null;

/// A day of traffic, at a rate that is over in minutes.
#[derive(Args)]
pub(crate) struct Memory {
    /// How many subscribers.
    #[arg(long, default_value_t = 1_000_000)]
    subscribers: u32,
    /// How many hours of network time.
    #[arg(long, default_value_t = 24)]
    hours: u32,
    /// Seconds between two things that somebody does, on average.
    #[arg(long, default_value_t = 28_800)]
    action_every: u32,
}

impl Memory {
    /// Prints resident memory by hour.
    pub(crate) fn run(&self, synthesise: &Path) -> anyhow::Result<()> {
        let mut command = Command::new(synthesise);
        command.args(["--out", "-", "--bsc", "100", "--associations", "1000", "--periodic-update", "1440"]);
        command.args(["--subscribers", &self.subscribers.to_string(), "--minutes", &(60 * self.hours).to_string()]);
        command.args(["--action-every", &self.action_every.to_string()]);
        // Of the capture's own standard input there is only one: the synthesiser's output comes by its file descriptor.
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().context("cannot synthesise")?;
        let output = child.stdout.take().context("no output of the synthesiser")?;
        watch(&descriptor(&output))?;
        drop(output);
        let status = child.wait()?;
        ensure!(status.success(), "synthesise ended with {status}");
        Ok(())
    }
}

fn descriptor(output: &impl std::os::fd::AsRawFd) -> PathBuf {
    PathBuf::from(format!("/dev/fd/{}", output.as_raw_fd()))
}

fn watch(input: &Path) -> anyhow::Result<()> {
    const HOUR_MICROS: i64 = 3_600_000_000;
    println!("{:>5} {:>14} {:>13} {:>13} {:>12}", "hour", "frames", "connections", "subscribers", "resident MB");
    let mut capture = Capture::open(&[input.to_owned()])?;
    let (mut probe, mut sink) = (Probe::new(ProbeConfig::default()), Null::<false>::default());
    let mut begin: Option<Timestamp> = None;
    let (mut frames, mut hours) = (0, 0);
    loop {
        let batch = capture.batch()?;
        let Some(last) = batch.iter().last() else { break };
        probe.frames(batch, &mut sink);
        frames += batch.len();
        let passed = last.at.as_micros() - begin.get_or_insert(last.at).as_micros();
        if passed / HOUR_MICROS > hours {
            hours = passed / HOUR_MICROS;
            tell(hours, frames, &probe)?;
        }
    }
    probe.finish(&mut sink);
    tell(hours + 1, frames, &probe)
}

fn tell(hour: i64, frames: usize, probe: &Probe) -> anyhow::Result<()> {
    let (connections, subscribers) = (probe.counters().connections.open, probe.counters().identities.subscribers);
    let megabytes = resident_octets()? as f64 / 1e6;
    println!("{hour:>5} {frames:>14} {connections:>13} {subscribers:>13} {megabytes:>12.1}");
    Ok(())
}

/// Octets of this process in memory, by proc(5).
fn resident_octets() -> anyhow::Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS in /proc/self/status")?;
    let kilobytes: u64 = line.trim().trim_end_matches("kB").trim().parse()?;
    Ok(1024 * kilobytes)
}

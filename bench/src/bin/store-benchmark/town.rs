//! From a capture to the ledger: the whole program replays a synthetic town's traffic through a hundred scenarios into a store.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};
use bench::measure::{Used, beside, large_capture, median, used};
use bench::network::FIRST_AREA;
use serde_json::Value;

use crate::set;

const SCENARIOS: u16 = 100;
/// Each scenario's area is the next location area but so many.
const STEP: u16 = 10;
/// Frames a CPU second.
const WANTED: f64 = 2e6;

/// The rounds so far.
#[derive(Default)]
pub(crate) struct Town {
    rounds: Vec<Used>,
}

impl Town {
    /// Replays it once, with a set and a store in `folder`.
    pub(crate) fn once(&mut self, folder: &Path, threads: usize) -> Result<()> {
        let touchpoint = beside("touchpoint")?;
        ensure!(touchpoint.exists(), "{} is not built: run `make build`", touchpoint.display());
        let folder = tempfile::tempdir_in(folder)?;
        let scenarios = folder.path().join("set");
        write_set(&scenarios)?;
        let mut command = Command::new(touchpoint);
        command.args(["replay", "--json", "--threads"]).arg(threads.to_string()).arg("--scenarios").arg(scenarios);
        command.arg("--store").arg(folder.path().join("store")).arg(large_capture()?);
        self.rounds.push(used(command.stdout(Stdio::piped()).stderr(Stdio::null()))?);
        Ok(())
    }

    /// Prints the round in the middle.
    pub(crate) fn report(&mut self) -> Result<()> {
        let round = median(&mut self.rounds, |round| round.cpu_seconds).context("no round")?;
        let last = round.said.lines().last().context("the replay said nothing")?;
        let said: Value = serde_json::from_str(last)?;
        let summary = said.get("summary").context("the replay's last line is no summary")?;
        let frames = summary.get("frames").and_then(Value::as_f64).context("no frames")?;
        let events = summary.get("events").and_then(Value::as_object).context("no events")?;
        let events: f64 = events.values().filter_map(Value::as_f64).sum();
        let decisions = round.said.lines().count() - 1;
        println!(
            "From a capture to the ledger, 100 live scenarios: {:.2} million captured frames a CPU second; wanted: {:.0}. \
             {frames} frames, {:.3} events a frame, {decisions} decisions, {:.1} CPU s.",
            frames / round.cpu_seconds / 1e6,
            WANTED / 1e6,
            events / frames,
            round.cpu_seconds,
        );
        Ok(())
    }
}

/// The same five kinds as [`crate::hundred`], about the areas and the numbers of a synthetic town, as their authors write them.
fn write_set(folder: &Path) -> Result<()> {
    set::write(folder, "policy.yaml", set::POLICY)?;
    for number in 0..SCENARIOS {
        let area = format!("area-{number}");
        set::write(folder, &format!("areas/{area}.csv"), &format!("lac,ci\n{},\n", FIRST_AREA + STEP * number))?;
        let call = format!("{{call: {{dialled: [\"139{number:02}*\"]}}}}");
        let when = match number % 5 {
            0 => format!("area: {{enter: {area}, dwell: 1h, evidence: reconfirm, grace: 5m}}"),
            1 => format!("count: {{of: {{location_update: {{area: {area}}}}}, at_least: 3, within: 48h, gap: 1h}}"),
            2 => format!("sequence: {{within: 2h, steps: [{{area: {{enter: {area}}}}}, {call}]}}"),
            3 => format!("absence: {{after: {call}, no: {{area: {{enter: {area}}}}}, for: 6h, still_here: yes}}"),
            _ => {
                let within = 1 + number % 24;
                format!("sequence: {{within: {within}h, steps: [device_change, {{pdp: {{phase: activated}}}}]}}")
            }
        };
        let scenario = format!("scenario: s{number}\npurpose: service\nwhen:\n  {when}\nsend: {{sms: hello}}\n");
        set::write(folder, &format!("scenarios/s{number}.yaml"), &scenario)?;
    }
    Ok(())
}

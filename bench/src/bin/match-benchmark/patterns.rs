//! The three patterns of the stream, by the matcher: from scenario files and the file of events to decisions, those for which
//! time is up included.

use std::path::Path;

use anyhow::Context as _;
use rules::RuleSet;

use crate::fact::location_area;
use crate::shard::Shard;
use crate::stream;

/// What the scenarios found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Matches {
    pub(crate) events: u64,
    /// Reports from the area by somebody on the target list.
    pub(crate) in_target: u64,
    /// Three reports from the area within 48 hours.
    pub(crate) visits: u64,
    /// Another device, then data within 24 hours.
    pub(crate) devices: u64,
}

const SET: [(&str, &str); 4] = [
    ("policy.yaml", include_str!("set/policy.yaml")),
    ("scenarios/in-target.yaml", include_str!("set/scenarios/in-target.yaml")),
    ("scenarios/three-visits.yaml", include_str!("set/scenarios/three-visits.yaml")),
    ("scenarios/new-device-online.yaml", include_str!("set/scenarios/new-device-online.yaml")),
];

/// The target list of a set.
pub(crate) const TARGETS: &str = "lists/target.csv";

/// Writes the scenario set with its area and its target list.
pub(crate) fn write_set(folder: &Path, targets: impl IntoIterator<Item = u64>) -> std::io::Result<()> {
    for (name, text) in SET {
        write(folder, name, text)?;
    }
    let cells = stream::AREA.map(|cell| format!("{},{}\n", location_area(cell), cell));
    write(folder, "areas/shops.csv", &format!("lac,ci\n{}", cells.collect::<String>()))?;
    let targets = targets.into_iter().map(|imsi| format!("{imsi}\n"));
    write(folder, TARGETS, &format!("imsi\n{}", targets.collect::<String>()))
}

fn write(folder: &Path, name: &str, text: &str) -> std::io::Result<()> {
    let file = folder.join(name);
    file.parent().map_or(Ok(()), std::fs::create_dir_all)?;
    std::fs::write(file, text)
}

/// The rule set in a folder.
fn load(folder: &Path) -> anyhow::Result<RuleSet> {
    let (rules, diagnostics) = rules::load(folder);
    rules.with_context(|| format!("{}: {diagnostics:?}", folder.display()))
}

/// Runs the events of a file through the scenarios of a folder.
pub(crate) fn run(events: &Path, folder: &Path) -> anyhow::Result<Matches> {
    let rules = load(folder)?;
    let names = ["in-target", "three-visits", "new-device-online"];
    let place = |name: &str| rules.scenarios().iter().position(|scenario| &*scenario.name == name);
    let [Some(in_target), Some(visits), Some(devices)] = names.map(place) else { anyhow::bail!("not the three") };
    let mut shard = Shard::new(&rules);
    shard.meet_everybody();
    // The devices of before are of index 0.
    let mut index = 1;
    let count = stream::for_each_batch(events, |batch| {
        shard.take(batch, index);
        index += batch.len() as u64;
    })?;
    let offers = |scenario: usize| shard.offers.get(scenario).copied().unwrap_or_default();
    Ok(Matches { events: count, in_target: offers(in_target), visits: offers(visits), devices: offers(devices) })
}

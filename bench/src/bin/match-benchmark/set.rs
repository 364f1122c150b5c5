//! The three patterns of the stream as scenario files.

use std::path::Path;

use anyhow::Context as _;
use rules::RuleSet;

use crate::fact::location_area;
use crate::stream;

/// Where the network is at home, and in which time zone.
pub(crate) const POLICY: &str = include_str!("set/policy.yaml");

const SET: [(&str, &str); 4] = [
    ("policy.yaml", POLICY),
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

/// Writes one of its files.
pub(crate) fn write(folder: &Path, name: &str, text: &str) -> std::io::Result<()> {
    let file = folder.join(name);
    file.parent().map_or(Ok(()), std::fs::create_dir_all)?;
    std::fs::write(file, text)
}

/// The rule set in a folder.
pub(crate) fn load(folder: &Path) -> anyhow::Result<RuleSet> {
    let (rules, diagnostics) = rules::load(folder);
    rules.with_context(|| format!("{}: {diagnostics:?}", folder.display()))
}

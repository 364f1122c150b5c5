//! The three patterns of the stream, by the matcher: from scenario files and the file of events to decisions, those for which
//! time is up included.

use std::path::Path;

use crate::set::load;
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

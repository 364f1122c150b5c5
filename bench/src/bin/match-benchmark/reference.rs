//! The three patterns written out in hash tables: what every engine must find, and what the least program for them costs.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use crate::patterns::Matches;
use crate::stream::{self, Record, kind};

const HOUR_MS: u64 = 3_600_000;

#[derive(Default)]
struct Reference {
    targets: HashSet<u64>,
    visits: HashMap<u64, Vec<u64>>,
    devices: HashMap<u64, u64>,
    matches: Matches,
}

/// What is to be found in a file of events.
pub(crate) fn run(events: &Path) -> anyhow::Result<Matches> {
    let mut reference = Reference { targets: stream::targets().into_iter().collect(), ..Reference::default() };
    reference.matches.events =
        stream::for_each_batch(events, |batch| batch.iter().for_each(|one| reference.take(one)))?;
    Ok(reference.matches)
}

impl Reference {
    fn take(&mut self, record: &Record) {
        match record.kind {
            kind::LOCATION if stream::AREA.contains(&record.cell) => {
                self.matches.in_target += u64::from(self.targets.contains(&record.imsi));
                let visits = self.visits.entry(record.imsi).or_default();
                visits.retain(|visit| record.at_ms - visit < 48 * HOUR_MS);
                visits.push(record.at_ms);
                if visits.len() == 3 {
                    self.matches.visits += 1;
                    visits.clear();
                }
            }
            kind::OTHER_DEVICE => {
                self.devices.insert(record.imsi, record.at_ms);
            }
            kind::DATA => {
                let since = self.devices.remove(&record.imsi);
                self.matches.devices += u64::from(since.is_some_and(|since| record.at_ms - since < 24 * HOUR_MS));
            }
            _ => {}
        }
    }
}

//! Where it is busy: events by location area within this hour. A place where fewer than the minimum cohort were seen is
//! counted, but its number is not shown.

use event::{Event, Imsi, Lai, Timestamp};
use rustc_hash::{FxHashMap, FxHashSet};

use super::status::AreaStatus;

/// The most areas of one hour; events elsewhere are not counted by area.
const AREAS_LIMIT: usize = 65_536;
/// The busiest areas that are shown.
const SHOWN: usize = 200;
const HOUR_SECONDS: i64 = 3_600;

/// The tally of one hour.
pub(super) struct AreaTally {
    hour: i64,
    minimum_cohort: usize,
    areas: FxHashMap<Lai, Tally>,
}

#[derive(Default)]
struct Tally {
    events: u64,
    /// Who was seen, up to as many as it takes to show the number.
    cohort: FxHashSet<Imsi>,
}

impl AreaTally {
    pub(super) fn new(minimum_cohort: u64) -> Self {
        let minimum_cohort = usize::try_from(minimum_cohort).unwrap_or(usize::MAX);
        Self { hour: i64::MIN, minimum_cohort, areas: FxHashMap::default() }
    }

    pub(super) fn event(&mut self, event: &Event) {
        let (Some(area), Some(imsi)) = (event.cell.lai(), event.imsi) else { return };
        self.come_to(event.at);
        if self.areas.len() >= AREAS_LIMIT && !self.areas.contains_key(&area) {
            metrics::counter!("touchpoint_limit_reached_total", "limit" => "areas_of_console").increment(1);
            return;
        }
        let tally = self.areas.entry(area).or_default();
        tally.events += 1;
        if tally.cohort.len() < self.minimum_cohort {
            tally.cohort.insert(imsi);
        }
    }

    fn come_to(&mut self, at: Timestamp) {
        let hour = at.as_micros().div_euclid(HOUR_SECONDS * 1_000_000);
        if hour > self.hour {
            self.hour = hour;
            self.areas.clear();
        }
    }

    /// Somebody is counted no more among those who were seen; numbers stay.
    pub(super) fn forget(&mut self, imsi: Imsi) {
        self.areas.values_mut().for_each(|tally| _ = tally.cohort.remove(&imsi));
    }

    /// The busiest first; those that may not be shown as a number last, in order of their names.
    pub(super) fn status(&self) -> Vec<AreaStatus> {
        let status = |(area, tally): (&Lai, &Tally)| AreaStatus {
            area: area.to_string(),
            events: (tally.cohort.len() >= self.minimum_cohort).then_some(tally.events),
        };
        let mut areas: Vec<AreaStatus> = self.areas.iter().map(status).collect();
        areas.sort_by(|a, b| b.events.cmp(&a.events).then_with(|| a.area.cmp(&b.area)));
        areas.truncate(SHOWN);
        areas
    }
}

#[cfg(test)]
mod tests {
    use event::CellId;

    use super::*;
    use crate::testing::{Random, random_event};

    fn event(second: i64, lac: u16, imsi: &str) -> Event {
        let cell = CellId { plmn: Some("460-00".parse().unwrap()), lac: Some(lac), ci: Some(1) };
        let at = Timestamp::from_seconds(second);
        Event { at, cell, ..random_event(&mut Random::new(1), imsi.parse().unwrap()) }
    }

    #[test]
    fn a_place_of_few_people_has_no_number_and_each_hour_begins_anew() {
        let mut tally = AreaTally::new(2);
        let mut check = |events: &[Event], expected: &[(&str, Option<u64>)]| {
            events.iter().for_each(|event| tally.event(event));
            let status = tally.status();
            let shown: Vec<_> = status.iter().map(|area| (area.area.as_str(), area.events)).collect();
            assert_eq!(shown, expected);
        };
        let (one, two) = ("460001234567890", "460001234567891");
        check(&[event(0, 7, one), event(1, 7, one), event(2, 8, one)], &[("460-00-7", None), ("460-00-8", None)]);
        check(&[event(3, 8, two)], &[("460-00-8", Some(2)), ("460-00-7", None)]);
        check(&[event(3_600, 9, two)], &[("460-00-9", None)]);
        check(&[event(3_599, 9, one)], &[("460-00-9", Some(2))]);
    }
}

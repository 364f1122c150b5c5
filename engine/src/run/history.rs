//! How it went: a sample a minute for the last day, for charts.

use std::collections::VecDeque;

use event::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::status::Status;

/// Samples kept: a day.
const SAMPLES: usize = 24 * 60;
const MINUTE_MICROS: i64 = 60_000_000;

/// What happened within one minute.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
pub struct Sample {
    /// When it ended: Unix time in seconds, on the wall.
    pub at: i64,
    /// Frames a second.
    pub frames: f64,
    /// Events a second.
    pub events: f64,
    /// Packets lost before the probe.
    pub lost: u64,
    /// Offers taken by channels.
    pub offers: u64,
    /// Triggers withheld.
    pub withheld: u64,
}

/// The samples, oldest first.
#[derive(Clone, Debug, Default)]
pub struct History {
    samples: VecDeque<Sample>,
    last: Option<(Timestamp, Totals)>,
}

#[derive(Clone, Copy, Debug)]
struct Totals {
    frames: u64,
    events: u64,
    lost: u64,
    offers: u64,
    withheld: u64,
}

impl From<&Status> for Totals {
    fn from(status: &Status) -> Self {
        Self {
            frames: status.frames_total(),
            events: status.events_total(),
            lost: status.lost_total(),
            offers: status.engine_count("accepted"),
            withheld: status.engine_count("withheld") + status.engine_count("arbiter_withheld"),
        }
    }
}

impl History {
    /// Takes in how it stands; tells whether a minute is over.
    pub(super) fn note(&mut self, status: &Status, wall: Timestamp) -> bool {
        let totals = Totals::from(status);
        let Some((since, before)) = self.last else {
            self.last = Some((wall, totals));
            return false;
        };
        let micros = wall.as_micros() - since.as_micros();
        if micros < MINUTE_MICROS {
            return false;
        }
        let more = |now: u64, before: u64| now.saturating_sub(before);
        let rate = |now, before| more(now, before) as f64 * 1e6 / micros as f64;
        self.samples.push_back(Sample {
            at: wall.as_micros().div_euclid(1_000_000),
            frames: rate(totals.frames, before.frames),
            events: rate(totals.events, before.events),
            lost: more(totals.lost, before.lost),
            offers: more(totals.offers, before.offers),
            withheld: more(totals.withheld, before.withheld),
        });
        if self.samples.len() > SAMPLES {
            self.samples.pop_front();
        }
        self.last = Some((wall, totals));
        true
    }

    /// Oldest first.
    pub fn samples(&self) -> impl ExactSizeIterator<Item = &Sample> {
        self.samples.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::super::status::counts;
    use super::*;

    #[test]
    fn a_minute_is_one_sample_and_a_day_is_kept() {
        let mut history = History::default();
        let mut note = |second: i64, events| {
            let status = Status { engine: counts([("events", events)]), ..Status::default() };
            history.note(&status, Timestamp::from_seconds(second))
        };
        assert_eq!([note(0, 0), note(59, 600), note(60, 600), note(61, 610)], [false, false, true, false]);
        for minute in 2..2_000 {
            note(minute * 60, 600 * minute as u64);
        }
        assert_eq!(history.samples().len(), SAMPLES);
        assert!(history.samples().all(|sample| (sample.events - 10.0).abs() < 1e-9));
    }
}

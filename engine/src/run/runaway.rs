//! Scenarios that offer far more than their own history: those are paused, until a person releases them.

use crate::census::{HOURS, ScenarioCensus};
use crate::config::RunawayConfig;

/// Hours of history without which nothing is far more than usual.
const LEAST_HOURS: usize = 6;

/// Whether the last hour has far more offers than the hours before.
pub(super) fn is_runaway(config: RunawayConfig, scenario: &ScenarioCensus) -> bool {
    let [earlier @ .., last] = &scenario.offers_by_hour;
    debug_assert_eq!(earlier.len() + 1, HOURS);
    let first = earlier.iter().position(|offers| *offers > 0).unwrap_or(earlier.len());
    let history = earlier.get(first..).unwrap_or_default();
    if config.factor == 0 || *last < config.least || history.len() < LEAST_HOURS {
        return false;
    }
    let sum: u64 = history.iter().sum();
    *last * history.len() as u64 > sum * config.factor
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn far_more_than_usual_is_a_runaway() {
        let check = |earlier: &[u64], last, factor, expected| {
            let mut offers_by_hour = [0; HOURS];
            offers_by_hour[HOURS - 1 - earlier.len()..HOURS - 1].copy_from_slice(earlier);
            offers_by_hour[HOURS - 1] = last;
            let scenario = ScenarioCensus { offers_by_hour, ..ScenarioCensus::default() };
            let config = RunawayConfig { factor, least: 100 };
            assert_eq!(is_runaway(config, &scenario), expected, "{earlier:?} {last} {factor}");
        };
        check(&[10; 8], 101, 10, true);
        check(&[10; 8], 100, 10, false);
        check(&[10; 8], 101, 0, false);
        check(&[1; 8], 99, 10, false);
        check(&[10; 5], 1_000, 10, false);
        check(&[], 1_000, 10, false);
        check(&[20, 0, 0, 0, 0, 0, 0, 0], 101, 10, true);
    }
}

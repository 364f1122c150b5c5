//! Restarts of nodes: for a while afterwards the phones that they served register again, whatever they had done before.

use std::time::Duration;

use event::Timestamp;
use rustc_hash::FxHashMap;

/// Nodes whose last restart is remembered; those of further ones are not noticed.
pub const MAX_RESETS: usize = 4096;

/// When each node restarted last.
pub struct Resets {
    window: Duration,
    at: FxHashMap<(u32, u32), Timestamp>,
    latest: Option<Timestamp>,
    /// Restarts not noticed because of [`MAX_RESETS`].
    pub refused: u64,
}

impl Resets {
    /// None yet. What comes within `window` of a restart counts as its consequence.
    pub fn new(window: Duration) -> Self {
        Self { window, at: FxHashMap::default(), latest: None, refused: 0 }
    }

    /// This node of a network restarted.
    pub fn note(&mut self, network: u32, node: u32, at: Timestamp) {
        if self.at.len() >= MAX_RESETS {
            let window = self.window;
            self.at.retain(|_, reset| at.since(*reset) < window);
        }
        if self.at.len() >= MAX_RESETS {
            self.refused += 1;
            return;
        }
        self.at.insert((network, node), at);
        self.latest = Some(at);
    }

    /// Whether one of these nodes restarted just before `now`.
    pub fn precede(&self, now: Timestamp, network: u32, nodes: [u32; 2]) -> bool {
        let is_recent = |reset: Timestamp| now.since(reset) < self.window;
        self.latest.is_some_and(is_recent)
            && nodes.into_iter().any(|node| self.at.get(&(network, node)).copied().is_some_and(is_recent))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_seconds(second)
    }

    #[test]
    fn a_restart_is_felt_at_its_node_and_for_a_while() {
        let mut resets = Resets::new(Duration::from_secs(60));
        resets.note(0, 7, at(100));
        let felt = |second, nodes| resets.precede(at(second), 0, nodes);
        assert_eq!(
            [felt(101, [7, 1]), felt(101, [1, 7]), felt(159, [7, 1]), felt(160, [7, 1])],
            [true, true, true, false]
        );
        assert!(!felt(101, [1, 2]) && !resets.precede(at(101), 1, [7, 1]));
    }

    #[test]
    fn old_restarts_make_room_for_new_ones() {
        let mut resets = Resets::new(Duration::from_secs(60));
        for node in 0..=MAX_RESETS as u32 {
            resets.note(0, node, at(100));
        }
        assert_eq!((resets.refused, resets.precede(at(101), 0, [MAX_RESETS as u32; 2])), (1, false));
        resets.note(0, 9_999, at(200));
        assert_eq!((resets.refused, resets.precede(at(201), 0, [9_999; 2]), resets.at.len()), (1, true, 1));
    }
}

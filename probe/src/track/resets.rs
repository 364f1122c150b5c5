//! Restarts of nodes: for a while afterwards the phones that they served register again, whatever they had done before.

use std::time::Duration;

use event::Timestamp;
use rustc_hash::FxHashMap;

/// Nodes whose restarts are noticed; those of further ones are not.
pub const MAX_NODES: usize = 4096;

/// When each node restarted last. A node that nobody has been seen at yet does not restart, it begins: whoever comes to it
/// comes for reasons of his own.
pub struct Resets {
    window: Duration,
    /// By network and node, those at which somebody has been seen.
    at: FxHashMap<(u32, u32), Option<Timestamp>>,
    latest: Option<Timestamp>,
    /// Times that a node was not remembered because of [`MAX_NODES`].
    pub refused: u64,
}

impl Resets {
    /// None yet. What comes within `window` of a restart counts as its consequence.
    pub fn new(window: Duration) -> Self {
        Self { window, at: FxHashMap::default(), latest: None, refused: 0 }
    }

    /// This node of a network restarted.
    pub fn note(&mut self, network: u32, node: u32, at: Timestamp) {
        if let Some(reset) = self.at.get_mut(&(network, node)) {
            *reset = Some(at);
            self.latest = Some(at);
        }
    }

    /// Somebody is seen at these nodes. Tells whether one of them restarted just before.
    pub fn serve(&mut self, now: Timestamp, network: u32, nodes: [u32; 2]) -> bool {
        let is_recent = |reset: Timestamp| now.since(reset) < self.window;
        let is_any_recent = self.latest.is_some_and(is_recent);
        let mut is_after_reset = false;
        for node in nodes {
            match self.at.get(&(network, node)) {
                Some(reset) => is_after_reset |= is_any_recent && reset.is_some_and(is_recent),
                None if self.at.len() < MAX_NODES => _ = self.at.insert((network, node), None),
                None => self.refused += 1,
            }
        }
        is_after_reset
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
        assert!(!resets.serve(at(90), 0, [7, 1]));
        resets.note(0, 7, at(100));
        let mut felt = |second, nodes| resets.serve(at(second), 0, nodes);
        assert_eq!(
            [felt(101, [7, 1]), felt(101, [1, 7]), felt(159, [7, 1]), felt(160, [7, 1])],
            [true, true, true, false]
        );
        assert!(!felt(101, [1, 2]) && !resets.serve(at(101), 1, [7, 1]));
    }

    #[test]
    fn a_node_that_begins_does_not_restart() {
        let mut resets = Resets::new(Duration::from_secs(60));
        resets.note(0, 7, at(100));
        assert!(!resets.serve(at(101), 0, [7, 1]));
        resets.note(0, 7, at(110));
        assert!(resets.serve(at(111), 0, [7, 1]));
    }

    #[test]
    fn nodes_beyond_the_limit_are_counted() {
        let mut resets = Resets::new(Duration::from_secs(60));
        (0..MAX_NODES as u32 + 2).for_each(|node| _ = resets.serve(at(100), 0, [node, 0]));
        assert_eq!((resets.at.len(), resets.refused), (MAX_NODES, 2));
    }
}

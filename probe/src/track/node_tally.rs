//! Which nodes have connections at all, so that a reset of one that has none costs no search through all connections.

/// Places that nodes share by chance: a search too many is the worst of it.
const PLACES: usize = 4096;

/// How many ends of connections are at the nodes of each place.
pub struct NodeTally(Vec<u32>);

impl Default for NodeTally {
    fn default() -> Self {
        Self(vec![0; PLACES])
    }
}

impl NodeTally {
    /// An end is at this node.
    #[inline]
    pub fn add(&mut self, node: u32) {
        if let Some(count) = self.0.get_mut(place(node)) {
            *count += 1;
        }
    }

    /// An end that was added is no more.
    #[inline]
    pub fn remove(&mut self, node: u32) {
        if let Some(count) = self.0.get_mut(place(node)) {
            *count = count.saturating_sub(1);
        }
    }

    /// Whether an end may be at this node.
    pub fn may_have(&self, node: u32) -> bool {
        self.0.get(place(node)).is_some_and(|count| *count > 0)
    }
}

/// By the highest bits of a multiplicative hash (the golden ratio), so that neighbours go apart.
#[inline]
const fn place(node: u32) -> usize {
    (node.wrapping_mul(0x9e37_79b9) >> (u32::BITS - PLACES.ilog2())) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_is_told_while_an_end_is_there() {
        let mut tally = NodeTally::default();
        tally.add(5);
        tally.add(5);
        tally.remove(5);
        assert!(tally.may_have(5) && !tally.may_have(6));
        tally.remove(5);
        assert!(!tally.may_have(5));
    }
}

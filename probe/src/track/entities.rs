//! Network service entities of Gb (3GPP TS 48.016 §4.2): which endpoints are one BSS or one SGSN, and which cell each
//! virtual connection is.

use event::CellId;
use rustc_hash::{FxHashMap, FxHashSet};

use super::links::Bvc;

/// Endpoints whose entity is remembered; further ones stand for themselves.
pub const MAX_ENDPOINTS: usize = 65_536;
/// Virtual connections whose cell is remembered; of further ones the cell is known from what phones send only.
pub const MAX_CELLS: usize = 262_144;

/// What was learned.
#[derive(Default)]
pub struct Entities {
    /// The first peer of an endpoint under an NSEI.
    peers: FxHashMap<(u32, u32, u16), u32>,
    /// The endpoint that stands for another one of the same entity.
    stands_for: FxHashMap<(u32, u32), u32>,
    sgsns: FxHashSet<(u32, u32)>,
    cells: FxHashMap<Bvc, CellId>,
    blocked: FxHashSet<Bvc>,
    /// Endpoints and cells not learned because of [`MAX_ENDPOINTS`] and [`MAX_CELLS`].
    pub refused: u64,
}

impl Entities {
    /// Two endpoints belong to the network service entity `nsei` (each to its side of it): what speaks with the same
    /// endpoint about the same entity is one node.
    pub fn learn(&mut self, network: u32, endpoints: [u32; 2], nsei: u16) {
        let [a, b] = endpoints;
        self.learn_peer(network, a, b, nsei);
        self.learn_peer(network, b, a, nsei);
    }

    fn learn_peer(&mut self, network: u32, endpoint: u32, peer: u32, nsei: u16) {
        let key = (network, endpoint, nsei);
        match self.peers.get(&key).copied() {
            Some(first) if first == peer || self.stands_for.contains_key(&(network, peer)) => {}
            Some(first) if self.node(network, first) == peer => {}
            Some(_) if self.stands_for.len() >= MAX_ENDPOINTS => self.refused += 1,
            Some(first) => {
                self.stands_for.insert((network, peer), self.node(network, first));
            }
            None if self.peers.len() >= MAX_ENDPOINTS => self.refused += 1,
            None => {
                self.peers.insert(key, peer);
            }
        }
    }

    /// The node that an endpoint is part of.
    pub fn node(&self, network: u32, endpoint: u32) -> u32 {
        self.stands_for.get(&(network, endpoint)).copied().unwrap_or(endpoint)
    }

    /// Endpoints that another one stands for, and that one.
    pub fn all(&self) -> impl Iterator<Item = (u32, u32)> + '_ {
        self.stands_for.iter().map(|((_, endpoint), node)| (*endpoint, *node))
    }

    /// An endpoint was known before to be part of a node.
    pub fn learn_node(&mut self, network: u32, endpoint: u32, node: u32) {
        if self.stands_for.len() < MAX_ENDPOINTS {
            self.stands_for.insert((network, endpoint), node);
        } else {
            self.refused += 1;
        }
    }

    /// This node is an SGSN.
    pub fn learn_sgsn(&mut self, network: u32, node: u32) {
        if self.sgsns.len() < MAX_ENDPOINTS {
            self.sgsns.insert((network, node));
        }
    }

    /// Whether this node is known as an SGSN.
    pub fn is_sgsn(&self, network: u32, node: u32) -> bool {
        self.sgsns.contains(&(network, node))
    }

    /// A virtual connection is this cell's.
    pub fn learn_cell(&mut self, bvc: Bvc, cell: CellId) {
        if self.cells.len() < MAX_CELLS || self.cells.contains_key(&bvc) {
            self.cells.insert(bvc, cell);
        } else {
            self.refused += 1;
        }
    }

    /// A virtual connection is blocked, or is not so any more.
    pub fn block(&mut self, bvc: Bvc, blocked: bool) {
        if !blocked {
            self.blocked.remove(&bvc);
        } else if self.blocked.len() < MAX_CELLS {
            self.blocked.insert(bvc);
        } else {
            self.refused += 1;
        }
    }

    /// How many virtual connections have a known cell, and how many are blocked.
    pub fn cells(&self) -> (u64, u64) {
        (self.cells.len() as u64, self.blocked.len() as u64)
    }

    /// The cell of a virtual connection.
    pub fn cell(&self, bvc: Bvc) -> Option<CellId> {
        self.cells.get(&bvc).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_of_one_entity_are_one_node_on_either_side() {
        let mut entities = Entities::default();
        entities.learn(0, [10, 20], 7);
        entities.learn(0, [10, 21], 7);
        entities.learn(0, [11, 21], 7);
        let nodes = [10, 11, 20, 21].map(|endpoint| entities.node(0, endpoint));
        assert_eq!(nodes, [10, 10, 20, 20]);
    }

    #[test]
    fn the_same_number_elsewhere_is_another_entity() {
        let mut entities = Entities::default();
        entities.learn(0, [10, 20], 7);
        entities.learn(0, [12, 22], 7);
        entities.learn(0, [10, 23], 8);
        assert_eq!([20, 22, 23].map(|endpoint| entities.node(0, endpoint)), [20, 22, 23]);
    }

    #[test]
    fn endpoints_beyond_the_limit_stand_for_themselves_and_are_counted() {
        let mut entities = Entities::default();
        let most = MAX_ENDPOINTS as u32;
        // Peers of endpoints that are remembered, and peers that stand for another.
        (0..most + 3).for_each(|endpoint| entities.learn_peer(0, endpoint, 1 << 20, 7));
        assert_eq!((entities.peers.len() as u32, entities.refused), (most, 3));
        (1..=most + 2).for_each(|peer| entities.learn_peer(0, 0, (1 << 20) + peer, 7));
        assert_eq!((entities.stands_for.len() as u32, entities.refused), (most, 5));
        assert_eq!(
            [1, most, most + 1].map(|peer| entities.node(0, (1 << 20) + peer)),
            [1 << 20, 1 << 20, (1 << 20) + most + 1]
        );
    }

    #[test]
    fn a_cell_belongs_to_one_virtual_connection() {
        let mut entities = Entities::default();
        let bvc = Bvc { network: 0, sgsn: 20, bss: 10, bvci: 2 };
        let cell = CellId { ci: Some(7), ..CellId::UNKNOWN };
        entities.learn_cell(bvc, cell);
        assert_eq!(entities.cell(bvc), Some(cell));
        assert_eq!(entities.cell(Bvc { bss: 11, ..bvc }), None);
        assert_eq!(entities.cells(), (1, 0));
    }

    #[test]
    fn a_virtual_connection_is_blocked_until_it_is_unblocked_or_reset() {
        let mut entities = Entities::default();
        let bvc = Bvc { network: 0, sgsn: 20, bss: 10, bvci: 2 };
        entities.block(bvc, true);
        entities.block(Bvc { bvci: 3, ..bvc }, true);
        entities.block(bvc, true);
        assert_eq!(entities.cells(), (0, 2));
        entities.block(bvc, false);
        assert_eq!(entities.cells(), (0, 1));
    }
}

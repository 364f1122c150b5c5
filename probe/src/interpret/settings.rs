//! What no message tells of the network that is watched.

use event::CellId;

use crate::track::identity::PoolSettings;

/// What is to be configured of the network, on either interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetworkSettings {
    /// What cells are completed with that messages give in part only (3GPP TS 48.008 §3.2.2.17): network and location
    /// area. What is missing here stays absent.
    pub cells: CellId,
    /// Pools of MSCs.
    pub mscs: PoolSettings,
    /// Pools of SGSNs.
    pub sgsns: PoolSettings,
    /// Registrations for so long after a restart of their MSC, BSC, SGSN or BSS are its consequence, in seconds.
    pub storm_seconds: u64,
    /// Subscribers that one device may have, 1 to 15; where more show it, it is a copied number and nobody's.
    pub subscribers_of_device: usize,
}

impl Default for NetworkSettings {
    fn default() -> Self {
        Self {
            cells: CellId::UNKNOWN,
            mscs: PoolSettings::default(),
            sgsns: PoolSettings::default(),
            storm_seconds: 900,
            subscribers_of_device: 8,
        }
    }
}

impl NetworkSettings {
    /// `cell` with what it lacks. Of no cell at all nothing can be said.
    pub(super) fn complete(&self, cell: CellId) -> CellId {
        if cell == CellId::UNKNOWN { cell } else { cell.or(CellId { ci: None, ..self.cells }) }
    }
}

//! Dense ids for networks and nodes: what an SCCP connection is keyed by.

use rustc_hash::FxHashMap;

use crate::Provenance;
use crate::wire::Sccp;
use crate::wire::ip::Address;

/// Networks of M3UA that are told apart, in all feeds.
pub const NETWORK_LIMIT: usize = 4096;
/// Endpoints of TCP, UDP and SUA that are told apart.
pub const ENDPOINT_LIMIT: usize = 65_536;

/// The space of all endpoints (addresses and ports), in [`Carrier::nodes`].
pub const ENDPOINTS: u32 = u32::MAX;

/// A message of the layer where interfaces begin.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Payload<'a> {
    /// A message of the A interface: SCCP, ITU-T Q.713.
    Sccp(&'a [u8]),
    /// The SCCP message that an SUA message (RFC 3868) stands for. The message itself was shown already.
    Sua(&'a Sccp<'a>),
    /// A message of the Gb interface: an NS PDU, 3GPP TS 48.016 §9.
    Ns(&'a [u8]),
}

/// What carried a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Carrier {
    /// Frame, time and feed: of the frame that completed the message.
    pub from: Provenance,
    /// Dense id of the network in which `sender` and `receiver` are unique: for M3UA of feed, network indicator and network
    /// appearance; for IPA of the TCP connection.
    pub network: u32,
    /// Where `sender` and `receiver` mean the same nodes for good: the network of M3UA; [`ENDPOINTS`] for IPA, whose endpoints
    /// outlive their connections.
    pub nodes: u32,
    /// Originating point code; for IPA a dense id of the TCP endpoint that outlives the connection (address, and port where it
    /// is a listening one).
    pub sender: u32,
    /// Destination point code, or the id of the TCP endpoint.
    pub receiver: u32,
}

/// The ids that were given.
#[derive(Default)]
pub struct Networks {
    m3ua: FxHashMap<(u16, u8, Option<u32>), u32>,
    endpoints: FxHashMap<(u16, Address, u16), u32>,
    given: u32,
}

impl Networks {
    /// The id of an M3UA network; `None` at the limit.
    pub fn m3ua(&mut self, feed: u16, indicator: u8, appearance: Option<u32>) -> Option<u32> {
        let key = (feed, indicator, appearance);
        if let Some(id) = self.m3ua.get(&key) {
            return Some(*id);
        }
        if self.m3ua.len() >= NETWORK_LIMIT {
            return None;
        }
        let id = self.connection();
        self.m3ua.insert(key, id);
        Some(id)
    }

    /// A new id, for a TCP connection.
    pub fn connection(&mut self) -> u32 {
        let id = self.given;
        self.given = self.given.wrapping_add(1);
        id
    }

    /// The id of an endpoint; `None` at the limit. `port` is 0 for the side that chose its port at random.
    pub fn endpoint(&mut self, feed: u16, address: Address, port: u16) -> Option<u32> {
        let key = (feed, address, port);
        if let Some(id) = self.endpoints.get(&key) {
            return Some(*id);
        }
        let id = u32::try_from(self.endpoints.len()).ok().filter(|_| self.endpoints.len() < ENDPOINT_LIMIT)?;
        self.endpoints.insert(key, id);
        Some(id)
    }
}

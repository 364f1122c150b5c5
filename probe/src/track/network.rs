//! Dense ids for networks and nodes: what an SCCP connection is keyed by.

use std::fmt;

use rustc_hash::FxHashMap;

use crate::Provenance;
use crate::wire::frame_relay::LineEnd;
use crate::wire::ip::Address;
use crate::wire::{PointCodeFormat, Sccp};

/// Networks of signalling points that are told apart, in all feeds.
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
    /// An SCCP message that was seen before, by another tap or because its link sent it again: only to be shown. Given where
    /// messages are asked for.
    Duplicate(&'a [u8]),
    /// A message of the Gb interface: an NS PDU, 3GPP TS 48.016 §9.
    Ns(&'a [u8]),
}

/// What carried a message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Carrier {
    /// Frame, time and feed: of the frame that completed the message.
    pub from: Provenance,
    /// Dense id of the network in which `sender` and `receiver` are unique: for M3UA and MTP3 of feed, network indicator and
    /// network appearance; for IPA of the TCP connection; [`ENDPOINTS`] for SUA and NS.
    pub network: u32,
    /// Where `sender` and `receiver` mean the same nodes for good: the network of M3UA and MTP3; [`ENDPOINTS`] for the others,
    /// whose endpoints outlive their connections.
    pub nodes: u32,
    /// Originating point code; else a dense id of the endpoint. That of IPA outlives the connection (address, and port where it
    /// is a listening one). On Frame Relay it is the virtual circuit's, the same in both directions where the capture does
    /// not tell them apart.
    pub sender: u32,
    /// Destination point code, or the id of the endpoint.
    pub receiver: u32,
    /// How the message writes point codes.
    pub point_codes: PointCodeFormat,
}

/// Networks of signalling points.
#[derive(Default)]
pub struct Networks {
    ids: FxHashMap<NetworkKey, u32>,
    latest: Option<(NetworkKey, u32)>,
}

/// Point codes are unique within a feed, a network indicator and, where M3UA names one, a network appearance. In one word: the
/// appearance, the indicator, whether there is an appearance, the feed.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct NetworkKey(u64);

impl NetworkKey {
    const NAMED: u64 = 1 << 40;

    #[inline]
    const fn new(feed: u16, indicator: u8, appearance: Option<u32>) -> Self {
        let appearance = match appearance {
            Some(appearance) => Self::NAMED | appearance as u64,
            None => 0,
        };
        Self((feed as u64) << 48 | (indicator as u64) << 32 | appearance)
    }

    const fn indicator(self) -> u8 {
        (self.0 >> 32) as u8
    }

    fn appearance(self) -> Option<u32> {
        (self.0 & Self::NAMED != 0).then_some(self.0 as u32)
    }
}

impl Networks {
    /// All of them: id, network indicator and network appearance.
    pub fn all(&self) -> impl Iterator<Item = (u32, u8, Option<u32>)> + '_ {
        self.ids.iter().map(|(key, id)| (*id, key.indicator(), key.appearance()))
    }

    /// The id of a network; `None` at the limit. `appearance` is that of M3UA.
    #[inline(always)]
    pub fn id(&mut self, feed: u16, indicator: u8, appearance: Option<u32>) -> Option<u32> {
        let key = NetworkKey::new(feed, indicator, appearance);
        match self.latest {
            Some((latest, id)) if latest == key => Some(id),
            _ => self.look_up(key),
        }
    }

    #[inline(never)]
    fn look_up(&mut self, key: NetworkKey) -> Option<u32> {
        let next = self.ids.len();
        let id = match self.ids.get(&key) {
            Some(id) => *id,
            None if next >= NETWORK_LIMIT => return None,
            None => {
                let id = u32::try_from(next).ok()?;
                self.ids.insert(key, id);
                id
            }
        };
        self.latest = Some((key, id));
        Some(id)
    }
}

/// Endpoints that are no signalling points, and connections between them.
#[derive(Default)]
pub struct Endpoints {
    ids: FxHashMap<(u16, Endpoint), u32>,
    /// What endpoints have said that they are.
    named: FxHashMap<u32, Name>,
    connections: u32,
}

/// What an endpoint has said that it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Name {
    /// One node: its name, and its id.
    Node(Endpoint, u32),
    /// Several: it stands before them.
    Several,
}

/// Something with an address on a transport.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Endpoint {
    /// A port; 0 for the side that chose its port at random.
    Port(Address, u16),
    /// A Frame Relay circuit as this end of a tunnel has it.
    TunnelledCircuit(Address, u32),
    /// A Frame Relay circuit of a captured link: the file that holds it, the end of the link where the capture tells ends apart,
    /// the circuit.
    Circuit(u16, Option<LineEnd>, u32),
    /// A point code that SUA names.
    Node(u32),
    /// An end of the network service entity (3GPP TS 48.016 §4.2) that a circuit's NS-RESET names, in the file of the circuit.
    Entity(u16, Option<bool>, u16),
    /// The same, of a circuit as this end of a tunnel has it.
    TunnelledEntity(Address, u16),
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Port(address, port) => write!(f, "{address}:{port}"),
            Self::TunnelledCircuit(address, circuit) => write!(f, "{address} circuit {circuit}"),
            Self::Circuit(file, end, circuit) => {
                write!(f, "{file}")?;
                if let Some(LineEnd { link, own }) = end {
                    write!(f, "/{link} {}", if *own { "own end" } else { "far end" })?;
                }
                write!(f, " circuit {circuit}")
            }
            Self::Node(point_code) => write!(f, "point code {point_code}"),
            Self::Entity(file, end, nsei) => {
                let end = end.map_or("", |own| if own { "own end " } else { "far end " });
                write!(f, "{file}/{end}NSEI {nsei}")
            }
            Self::TunnelledEntity(address, nsei) => write!(f, "{address} NSEI {nsei}"),
        }
    }
}

impl Endpoints {
    /// All of them: id, feed and endpoint.
    pub fn all(&self) -> impl Iterator<Item = (u32, u16, Endpoint)> + '_ {
        self.ids.iter().map(|((feed, endpoint), id)| (*id, *feed, *endpoint))
    }

    /// Those that have said what they are: which node, or none where they are several.
    pub fn names(&self) -> impl Iterator<Item = (u32, Option<u32>)> + '_ {
        let node = |name: &Name| match name {
            Name::Node(_, id) => Some(*id),
            Name::Several => None,
        };
        self.named.iter().map(move |(endpoint, name)| (*endpoint, node(name)))
    }

    /// An endpoint has said before what it is: one node, or several.
    pub fn take_name(&mut self, feed: u16, endpoint: Endpoint, node: Option<Endpoint>) {
        match (node, self.id(feed, endpoint)) {
            (Some(node), _) => self.name(feed, endpoint, node),
            (None, Some(endpoint)) => _ = self.named.insert(endpoint, Name::Several),
            (None, None) => {}
        }
    }

    /// A new id in [`Carrier::network`], for a TCP connection.
    pub fn connection(&mut self) -> u32 {
        // Of networks there are fewer than this.
        const CONNECTION: u32 = 1 << 31;
        let id = CONNECTION | self.connections;
        self.connections = self.connections.wrapping_add(1) % (CONNECTION - 1);
        id
    }

    /// The id of an endpoint; `None` at the limit.
    pub fn id(&mut self, feed: u16, endpoint: Endpoint) -> Option<u32> {
        let key = (feed, endpoint);
        if let Some(id) = self.ids.get(&key) {
            return Some(*id);
        }
        let id = u32::try_from(self.ids.len()).ok().filter(|_| self.ids.len() < ENDPOINT_LIMIT)?;
        self.ids.insert(key, id);
        Some(id)
    }

    /// An endpoint says which node it is. The ends of an association have many addresses, a node many associations, an entity
    /// many circuits: by its name it is one.
    pub fn name(&mut self, feed: u16, endpoint: Endpoint, name: Endpoint) {
        let Some(endpoint) = self.id(feed, endpoint) else { return };
        let name = match self.named.get(&endpoint) {
            Some(Name::Node(known, _)) if *known == name => return,
            Some(_) => Name::Several,
            None => match self.id(feed, name) {
                Some(id) => Name::Node(name, id),
                None => return,
            },
        };
        self.named.insert(endpoint, name);
    }

    /// The node that an endpoint has said it is; else itself.
    pub fn node(&self, endpoint: u32) -> u32 {
        match self.named.get(&endpoint) {
            Some(Name::Node(_, id)) => *id,
            Some(Name::Several) | None => endpoint,
        }
    }

    /// What carries a message between two endpoints; `None` at the limit.
    pub fn carrier(&mut self, from: Provenance, sender: Endpoint, receiver: Endpoint) -> Option<Carrier> {
        let (sender, receiver) = (self.id(from.feed, sender)?, self.id(from.feed, receiver)?);
        let (sender, receiver) = (self.node(sender), self.node(receiver));
        let point_codes = PointCodeFormat::default();
        Some(Carrier { from, network: ENDPOINTS, nodes: ENDPOINTS, sender, receiver, point_codes })
    }
}

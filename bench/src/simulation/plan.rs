//! What a simulation is to make, and what it has made.

use std::time::Duration;

use event::Timestamp;

use crate::encode::Tally;
use crate::link::{Choices, Medium, Transport};
use crate::mirror::{Mirror, Wrapping};
use crate::network::{Hotspot, Size};
use crate::population::Shares;
use crate::procedures::Practice;
use crate::sgsn::Layout;
use crate::tap::{Carried, Faults, TapCounts};
use crate::writer::{Format, LinkType};

/// Everything that decides what a capture looks like.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Equal plans with equal seeds give equal octets.
    pub seed: u64,
    /// How many subscribers.
    pub subscribers: u32,
    /// Who they are.
    pub shares: Shares,
    /// When the capture begins.
    pub start: Timestamp,
    /// How long it lasts.
    pub length: Duration,
    /// How long the network has been running when it begins: not captured.
    pub lead_in: Duration,
    /// How large the network is.
    pub size: Size,
    /// Which interfaces are captured.
    pub interfaces: Interfaces,
    /// How the A interface is carried.
    pub transport: Transport,
    /// What else there is to choose of links.
    pub choices: Choices,
    /// How the mirror hands frames over, the innermost wrapping first; only frames of IP.
    pub wrappings: Vec<Wrapping>,
    /// How the packet side is built, where Gb is captured.
    pub packet: Layout,
    /// Areas where people go.
    pub hotspots: Vec<Hotspot>,
    /// What the network is configured to do.
    pub practice: Practice,
    /// How often a BSC or an MSC loses its memory of their connections, on average; never if absent.
    pub resets: Option<Duration>,
    /// What the tap does to frames.
    pub faults: Faults,
    /// The format of the capture.
    pub format: Format,
    /// What the truth calls the feed.
    pub feed: String,
}

/// Which interfaces the network has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Interfaces {
    /// A alone.
    #[default]
    A,
    /// Gb alone.
    Gb,
    /// Both, with the same subscribers on them.
    Both,
}

impl Interfaces {
    /// Whether there is an A interface.
    pub fn a(self) -> bool {
        self != Self::Gb
    }

    /// Whether there is a Gb interface.
    pub fn gb(self) -> bool {
        self != Self::A
    }
}

impl Plan {
    /// What the capture is of: of both interfaces the same.
    pub fn medium(&self) -> Medium {
        if self.interfaces.a() { self.transport.medium() } else { self.packet.carrier.medium() }
    }

    // What frames of the capture begin with, where it is of frames.
    pub(super) fn link_type(&self) -> Option<LinkType> {
        let mirror = Mirror::new(self.wrappings.clone());
        match self.medium() {
            Medium::Frames(link_type) => Some(if mirror.is_plain() { link_type } else { mirror.link_type() }),
            Medium::Lines => None,
        }
    }
}

/// What was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Frames in the capture.
    pub frames: u64,
    /// Messages that the network sent while it was captured, those lost by the tap included.
    pub messages: Tally,
    /// Events in the truth.
    pub events: u64,
    /// Of them, those whose identity could be known.
    pub observable: u64,
    /// What the tap did.
    pub tap: TapCounts,
    /// What passed on each link, and of that what was lost: what the BSS sends, then what comes to it. Virtual connections of
    /// Gb come behind the links of A.
    pub carried: Vec<[Carried; 2]>,
    /// How many SCCP connections were under way at the end.
    pub open: u64,
}

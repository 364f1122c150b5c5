//! Links between a BSC and the MSC: how an SCCP message becomes frames. A further transport is a line in [`Transport::ALL`]
//! and, where it needs one, a file here and a variant of `Bearer`.

mod adaptation;
mod association;
mod channel;
mod connection;
pub mod gb;
mod lines;
mod record;
mod signalling_link;
mod terminal;

use std::io::Write;
use std::time::Duration;

use event::Timestamp;

use crate::e1::Numbering;
use crate::encode::mtp3::Route;
use crate::encode::sccp::{self, Ends};
use crate::encode::{Message, Octets, PointCode, Tally};
use crate::network::Network;
use crate::random::Random;
use crate::script::Side;
use crate::tap::{Tap, Token};
use crate::writer::LinkType;

pub use lines::{BLOCK, LineLayout, Lines};

use adaptation::{Adaptation, Layer};
use association::Association;
use channel::Channel;
use connection::Connection;
use gb::NetworkService;
use record::Records;
use signalling_link::SignallingLink;

/// How the A interface is carried.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Transport {
    /// M3UA over SCTP.
    #[default]
    Sigtran,
    /// M2UA over SCTP.
    M2ua,
    /// M2PA over SCTP.
    M2pa,
    /// SUA over SCTP.
    Sua,
    /// SCCP in IPA frames over TCP.
    Lite,
    /// M3UA over TCP.
    M3uaTcp,
    /// MTP2 signal units.
    Mtp2,
    /// MTP2 signal units behind a pseudo-header that tells link and direction.
    Mtp2WithHeader,
    /// Signal units in timeslots of E1 lines.
    E1,
    /// MTP3 messages, captured as such.
    Mtp3,
    /// SCCP messages, captured as such.
    Sccp,
}

impl Transport {
    /// All of them: with their names on the command line, and what they are.
    pub const ALL: &[(Self, &str, &str)] = &[
        (Self::Sigtran, "sigtran", "M3UA over SCTP"),
        (Self::M2ua, "m2ua", "M2UA over SCTP"),
        (Self::M2pa, "m2pa", "M2PA over SCTP"),
        (Self::Sua, "sua", "SUA over SCTP"),
        (Self::Lite, "lite", "SCCPlite: IPA over TCP"),
        (Self::M3uaTcp, "m3ua-tcp", "M3UA over TCP"),
        (Self::Mtp2, "mtp2", "MTP2 signal units"),
        (Self::Mtp2WithHeader, "mtp2-header", "MTP2 signal units behind a pseudo-header of link and direction"),
        (Self::E1, "e1", "MTP2 in timeslots of E1 lines, recorded bit by bit"),
        (Self::Mtp3, "mtp3", "MTP3 messages captured as such"),
        (Self::Sccp, "sccp", "SCCP messages captured as such"),
    ];

    /// What its captures are of.
    pub fn medium(self) -> Medium {
        Medium::Frames(match self {
            Self::E1 => return Medium::Lines,
            Self::Mtp2 => LinkType::Mtp2,
            Self::Mtp2WithHeader => LinkType::Mtp2WithPseudoHeader,
            Self::Mtp3 => LinkType::Mtp3,
            Self::Sccp => LinkType::Sccp,
            _ => LinkType::Ethernet,
        })
    }

    /// How long after its first packet a link is ready for traffic, at most.
    pub fn ready_after(self) -> Duration {
        Duration::from_millis(500)
    }
}

/// What a capture is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Medium {
    /// Frames that begin with this.
    Frames(LinkType),
    /// The bits of E1 lines.
    Lines,
}

/// What else there is to choose of links.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choices {
    /// Octets of user data beyond which an SCCP message is segmented.
    pub longest_data: usize,
    /// Octets of a DATA chunk's piece of a user message of SCTP, or of a segment of TCP.
    pub longest_piece: usize,
    /// How E1 lines are laid out, and MTP2 links numbered.
    pub layout: LineLayout,
}

impl Default for Choices {
    fn default() -> Self {
        let timeslots = Some(1);
        let layout = LineLayout { timeslots, numbering: Numbering::Basic, crc4: false, least_significant_first: false };
        Self { longest_data: 255, longest_piece: 1400, layout }
    }
}

/// The two nodes that a link connects.
#[derive(Clone, Copy, Debug)]
pub struct Nodes {
    /// The BSC.
    pub bss: PointCode,
    /// The MSC.
    pub msc: PointCode,
}

impl Nodes {
    // To whom and from whom this side speaks.
    fn ends(&self, side: Side) -> Ends {
        match side {
            Side::Bss => Ends { called: self.msc, calling: self.bss },
            Side::Msc => Ends { called: self.bss, calling: self.msc },
        }
    }

    fn route(&self, cargo: &Cargo<'_>) -> Route {
        const NATIONAL: u8 = 2;
        let Ends { called, calling } = self.ends(cargo.side);
        Route {
            originating: calling,
            destination: called,
            network_indicator: NATIONAL,
            link_selection: cargo.link_selection,
        }
    }
}

/// What a link asked to be woken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Timer {
    /// The next step of its start-up.
    Start(u8),
    /// A message waits to share a packet with the next one of its side.
    Flush(Side),
    /// A side owes an acknowledgement.
    Acknowledge(Side),
    /// What a side sent was refused, and is to be sent again.
    Repeat(Side),
    /// It is time for a sign of life; true for its answer.
    Heartbeat(bool),
}

/// A message for a link to carry.
#[derive(Clone, Copy, Debug)]
pub struct Cargo<'a> {
    /// Who sends it.
    pub side: Side,
    /// Signalling link selection.
    pub link_selection: u8,
    /// The SCCP message; on Gb the NS PDU.
    pub sccp: &'a [u8],
    /// Whose it is; empty for what is the network's own and concerns nobody.
    pub tokens: &'a [Token],
}

/// What a link needs while it works.
pub struct Surroundings<'a, W> {
    /// Where frames go.
    pub tap: &'a mut Tap<W>,
    /// Counts messages of the transport.
    pub tally: &'a mut Tally,
    /// Chance.
    pub random: &'a mut Random,
    /// Timers that the link starts: when, what.
    pub timers: &'a mut Vec<(Timestamp, Timer)>,
    /// Where links put things together.
    pub desk: &'a mut Desk,
}

/// Where links put packets together. Reused, so that nothing is allocated for one.
#[derive(Debug, Default)]
pub struct Desk {
    packet: Octets,
    // What goes into a packet: a message of the layer above, and whose.
    message: Octets,
    tokens: Vec<Token>,
    // A message that is cut into segments.
    segments: Octets,
}

impl<W> Surroundings<'_, W> {
    fn wake(&mut self, now: Timestamp, after: Duration, timer: Timer) {
        self.timers.push((now + after, timer));
    }

    fn count(&mut self, messages: &[Message]) {
        messages.iter().for_each(|message| self.tally.count(*message));
    }

    // The packet, an MTP3 message or a frame of Frame Relay, leaves on a link of an E1 line.
    fn transmit_on_line(&mut self, now: Timestamp, link: u16, side: Side, tokens: &[Token])
    where
        W: Write,
    {
        self.desk.packet.messages().iter().for_each(|message| self.tally.count(*message));
        if let Some(lines) = self.tap.lines() {
            lines.send(link, side, now, self.desk.packet.as_slice(), tokens);
        }
    }

    // The packet leaves.
    fn transmit(&mut self, now: Timestamp, side: Side, tokens: &[Token])
    where
        W: Write,
    {
        self.desk.packet.messages().iter().for_each(|message| self.tally.count(*message));
        self.tap.frame(now, side, self.desk.packet.as_slice(), tokens);
    }
}

/// A link over any transport, or a virtual connection of Gb.
#[derive(Debug)]
pub struct Link {
    bearer: Bearer,
    // Of an SCCP link: where it cuts messages that are too long.
    segmentation: Option<Segmentation>,
}

#[derive(Clone, Copy, Debug)]
struct Segmentation {
    nodes: Nodes,
    longest_data: usize,
}

#[derive(Debug)]
enum Bearer {
    Association(Association),
    Connection(Connection),
    Records(Records),
    SignallingLink(SignallingLink),
    Channel(Channel),
    NetworkService(NetworkService),
}

impl Link {
    /// A link between these nodes, not yet up.
    pub fn new(transport: Transport, choices: Choices, index: u32, nodes: Nodes, random: &mut Random) -> Self {
        let association = |layer, random| {
            let adaptation = Adaptation::new(layer, nodes);
            // Point codes tell the nodes: the MSC has an address for each of its interfaces.
            let sockets = Network::sockets(index, adaptation.port(), index, adaptation.port());
            Bearer::Association(Association::new(sockets, adaptation, choices.longest_piece, random))
        };
        let connection = |layer, random| {
            let adaptation = Adaptation::new(layer, nodes);
            let sockets = Network::sockets(index, Connection::FIRST_BSS_PORT, nodes.msc.value(), adaptation.port());
            Bearer::Connection(Connection::new(sockets, adaptation, choices.longest_piece, random))
        };
        let bearer = match transport {
            Transport::Sigtran => association(Layer::M3ua, random),
            Transport::M2ua => association(Layer::M2ua, random),
            Transport::M2pa => association(Layer::M2pa, random),
            Transport::Sua => association(Layer::Sua, random),
            Transport::Lite => connection(Layer::Ipa, random),
            Transport::M3uaTcp => connection(Layer::M3ua, random),
            Transport::Mtp2 => Bearer::SignallingLink(SignallingLink::new(None, choices.layout.numbering, nodes)),
            Transport::Mtp2WithHeader => {
                let number = Some(index as u16);
                Bearer::SignallingLink(SignallingLink::new(number, choices.layout.numbering, nodes))
            }
            Transport::E1 => Bearer::Channel(Channel::new(index as u16, nodes)),
            Transport::Mtp3 => Bearer::Records(Records::Mtp3(nodes)),
            Transport::Sccp => Bearer::Records(Records::Sccp),
        };
        Self { bearer, segmentation: Some(Segmentation { nodes, longest_data: choices.longest_data }) }
    }

    /// A virtual connection of Gb.
    pub fn of_packets(service: NetworkService) -> Self {
        Self { bearer: Bearer::NetworkService(service), segmentation: None }
    }

    /// Takes a message to the other side; in segments if its user data is too long.
    pub fn send<W: Write>(&mut self, now: Timestamp, cargo: Cargo<'_>, around: &mut Surroundings<'_, W>) {
        let is_too_long = |cut: &Segmentation| cargo.sccp.len() > cut.longest_data;
        let Some(Segmentation { nodes, longest_data }) = self.segmentation.filter(is_too_long) else {
            return self.bearer.send(now, cargo, around);
        };
        let mut segments = std::mem::take(&mut around.desk.segments);
        segments.clear();
        let ends = sccp::segmented(&mut segments, cargo.sccp, nodes.ends(cargo.side), longest_data);
        let mut from = 0;
        for (index, to) in ends.iter().enumerate() {
            let is_last = index + 1 == ends.len();
            let tokens: Vec<Token> = cargo.tokens.iter().map(|token| token.of_piece(is_last)).collect();
            let sccp = segments.as_slice().get(from..*to).unwrap_or_default();
            self.bearer.send(now, Cargo { sccp, tokens: &tokens, ..cargo }, around);
            from = *to;
        }
        // The message itself was counted when it was written.
        if let [_, more @ ..] = segments.messages() {
            around.count(more);
        }
        around.desk.segments = segments;
    }

    /// Reads what the next message will need of it, so that it is in the caches.
    pub fn fetch(&self) -> u32 {
        match &self.bearer {
            Bearer::Association(association) => association.fetch(),
            _ => 0,
        }
    }

    /// A timer that the link started has run out.
    pub fn wake<W: Write>(&mut self, now: Timestamp, timer: Timer, around: &mut Surroundings<'_, W>) {
        match &mut self.bearer {
            Bearer::Association(association) => association.wake(now, timer, around),
            Bearer::Connection(connection) => connection.wake(now, timer, around),
            Bearer::Records(_) => {}
            Bearer::SignallingLink(link) => link.wake(now, timer, around),
            Bearer::Channel(channel) => channel.wake(now, timer, around),
            Bearer::NetworkService(service) => service.wake(now, timer, around),
        }
    }
}

impl Bearer {
    fn send<W: Write>(&mut self, now: Timestamp, cargo: Cargo<'_>, around: &mut Surroundings<'_, W>) {
        match self {
            Self::Association(association) => association.send(now, cargo, around),
            Self::Connection(connection) => connection.send(now, cargo, around),
            Self::Records(records) => records.send(now, cargo, around),
            Self::SignallingLink(link) => link.send(now, cargo, around),
            Self::Channel(channel) => channel.send(now, cargo, around),
            Self::NetworkService(service) => service.send(now, cargo, around),
        }
    }
}

const ROUND_TRIP: Duration = Duration::from_micros(350);
const PROMPT_ACKNOWLEDGEMENT: Duration = Duration::from_micros(40);
// Less than the quickest answer takes: a message never leaves after the answer to it.
const BUNDLING_WAIT: Duration = Duration::from_micros(800);
const BUNDLING_SHARE: f64 = 0.04;

// The pieces of a message, each with whether it is the first and whether it is the last. Nothing is one piece.
fn pieces(message: &[u8], longest: usize) -> impl Iterator<Item = (&[u8], (bool, bool))> {
    let count = message.len().div_ceil(longest).max(1);
    (0..count).map(move |index| {
        let piece = message.get(index * longest..message.len().min((index + 1) * longest)).unwrap_or_default();
        (piece, (index == 0, index + 1 == count))
    })
}

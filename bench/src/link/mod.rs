//! Links between a BSC and the MSC: how an SCCP message becomes frames. A further transport is a further file here
//! and a variant of [`Link`].

mod association;
pub mod gb;
mod lite;

use std::io::Write;
use std::time::Duration;

use event::Timestamp;

use crate::encode::{Message, Octets, Tally};
use crate::random::Random;
use crate::script::Side;
use crate::tap::{Tap, Token};

pub use association::Association;
pub use lite::Lite;

/// How the A interface is carried.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Transport {
    /// M3UA over SCTP.
    #[default]
    Sigtran,
    /// SCCP in IPA frames over TCP.
    Lite,
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
    /// Where a packet is put together.
    pub packet: &'a mut Octets,
}

impl<W> Surroundings<'_, W> {
    fn wake(&mut self, now: Timestamp, after: Duration, timer: Timer) {
        self.timers.push((now + after, timer));
    }

    fn count(&mut self, messages: &[Message]) {
        messages.iter().for_each(|message| self.tally.count(*message));
    }

    // The packet leaves.
    fn transmit(&mut self, now: Timestamp, tokens: &[Token])
    where
        W: Write,
    {
        self.packet.messages().iter().for_each(|message| self.tally.count(*message));
        self.tap.frame(now, self.packet.as_slice(), tokens);
    }
}

/// A link of either transport.
#[derive(Debug)]
pub enum Link {
    /// An SCTP association with M3UA.
    Sigtran(Association),
    /// A TCP connection with IPA.
    Lite(Lite),
}

impl Link {
    /// Takes a message to the other side.
    pub fn send<W: Write>(&mut self, now: Timestamp, cargo: Cargo<'_>, around: &mut Surroundings<'_, W>) {
        match self {
            Self::Sigtran(association) => association.send(now, cargo, around),
            Self::Lite(lite) => lite.send(now, cargo, around),
        }
    }

    /// A timer that the link started has run out.
    pub fn wake<W: Write>(&mut self, now: Timestamp, timer: Timer, around: &mut Surroundings<'_, W>) {
        match self {
            Self::Sigtran(association) => association.wake(now, timer, around),
            Self::Lite(lite) => lite.wake(now, timer, around),
        }
    }
}

/// How long after its first packet a link is ready for traffic, at most.
pub const READY_AFTER: Duration = Duration::from_millis(500);

//! Captures that begin above the link: each message is a record, and nothing tells when it was not received.

use std::io::Write;

use event::Timestamp;

use super::{Cargo, Nodes, Surroundings};
use crate::encode::mtp3;

/// What a record holds.
#[derive(Debug)]
pub(super) enum Records {
    /// An MTP3 message between these nodes.
    Mtp3(Nodes),
    /// An SCCP message.
    Sccp,
}

impl Records {
    /// Takes a message.
    pub(super) fn send<W: Write>(&mut self, now: Timestamp, cargo: Cargo<'_>, around: &mut Surroundings<'_, W>) {
        around.desk.packet.clear();
        match self {
            Self::Mtp3(nodes) => mtp3::sccp(&mut around.desk.packet, nodes.route(&cargo), cargo.sccp),
            Self::Sccp => around.desk.packet.bytes(cargo.sccp),
        }
        around.transmit(now, cargo.side, cargo.tokens);
    }
}

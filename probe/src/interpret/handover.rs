//! Which two connections are one phone in a handover between BSCs: those with the identical RR HANDOVER COMMAND.
//!
//! The target BSC writes it into HANDOVER REQUEST ACKNOWLEDGE, the MSC passes it on in HANDOVER COMMAND (3GPP TS 48.008
//! §3.1.5.2). Either may be seen first. What fits two phones at once is joined for neither.

use std::hash::{BuildHasher, BuildHasherDefault};
use std::time::Duration;

use event::Timestamp;
use rustc_hash::FxHasher;

use super::a_interface::AInterface;
use super::dialogue::HANDOVER_SUCCESSFUL;
use crate::track::connection::ConnectionId;
use crate::track::transport::Carrier;
use crate::wire::{Bssmap, BssmapMessageType};
use crate::{Provenance, Sink};

/// Handovers whose counterpart is waited for; a newer one takes the place of an older one.
pub const MAX_HANDOVERS: usize = 4096;
/// The counterpart has to come by then: longer than T7 and T101 of any network.
const COUNTERPART_WINDOW: Duration = Duration::from_secs(30);

/// Which part of a handover a connection is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// The connection that the phone comes from.
    Source,
    /// The connection that was opened for it.
    Target,
}

#[derive(Clone, Copy)]
struct Pending {
    command: u64,
    at: Timestamp,
    source: Option<ConnectionId>,
    target: Option<ConnectionId>,
    ambiguous: bool,
}

/// The two connections of a handover.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Joined {
    pub(super) source: ConnectionId,
    pub(super) target: ConnectionId,
}

/// What came of a HANDOVER COMMAND.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Match {
    /// The counterpart was not seen yet.
    Waiting,
    /// These are one phone.
    Joined(Joined),
    /// Two phones have the same command.
    Ambiguous,
}

/// Handovers that wait for their counterpart.
#[derive(Default)]
pub(super) struct Handovers {
    /// By the command's hash: a table of fixed size.
    pending: Vec<Option<Pending>>,
    /// Handovers given up because of [`MAX_HANDOVERS`].
    pub(super) displaced: u64,
}

impl Handovers {
    /// `command` (the octets of RR HANDOVER COMMAND) was seen in a connection of this network.
    pub(super) fn seen(&mut self, network: u32, command: &[u8], part: Part, id: ConnectionId, at: Timestamp) -> Match {
        if self.pending.is_empty() {
            self.pending.resize(MAX_HANDOVERS, None);
        }
        let command = BuildHasherDefault::<FxHasher>::default().hash_one((network, command));
        let Some(place) = self.pending.get_mut(command as usize % MAX_HANDOVERS) else { return Match::Waiting };
        let waiting = place.filter(|pending| at.since(pending.at) <= COUNTERPART_WINDOW);
        if waiting.is_some_and(|pending| pending.command != command) {
            self.displaced += 1;
        }
        let mut pending = match waiting.filter(|pending| pending.command == command) {
            Some(pending) => pending,
            None => Pending { command, at, source: None, target: None, ambiguous: false },
        };
        let slot = match part {
            Part::Source => &mut pending.source,
            Part::Target => &mut pending.target,
        };
        let another = slot.replace(id).is_some_and(|known| known != id);
        pending.ambiguous |= another;
        let found = match (pending.ambiguous, pending.source, pending.target) {
            (true, _, _) => Match::Ambiguous,
            (false, Some(source), Some(target)) => Match::Joined(Joined { source, target }),
            (false, _, _) => Match::Waiting,
        };
        *place = Some(pending).filter(|_| !matches!(found, Match::Joined(_)));
        found
    }
}

/// Whether a connection ends because its phone is in another cell now.
pub(super) fn is_cleared_by_handover(message: &Bssmap<'_>) -> bool {
    message.message_type == BssmapMessageType::CLEAR_COMMAND && message.cause == Some(HANDOVER_SUCCESSFUL)
}

impl AInterface {
    /// What a message does to two connections at once: a handover between BSCs.
    pub(super) fn handover<S: Sink>(
        &mut self,
        carrier: &Carrier,
        id: ConnectionId,
        message: &Bssmap<'_>,
        sink: &mut S,
    ) {
        let part = match message.message_type {
            BssmapMessageType::HANDOVER_REQUEST_ACKNOWLEDGE => Part::Target,
            BssmapMessageType::HANDOVER_COMMAND => Part::Source,
            BssmapMessageType::HANDOVER_COMPLETE => {
                self.with_dialogue(id, Some(carrier.from), sink, |dialogue, scene| dialogue.accept(scene));
                return self.arrive(id, carrier.from, sink);
            }
            BssmapMessageType::HANDOVER_FAILURE => return self.part(id),
            _ => return,
        };
        if part == Part::Source
            && let Some(dialogue) = self.connections.state(id)
        {
            dialogue.handover.departing = true;
        }
        let Some(command) = message.layer_3_information else { return };
        match self.handovers.seen(carrier.nodes, command, part, id, carrier.from.at) {
            Match::Waiting => {}
            Match::Joined(joined) => self.join(joined, carrier.from, sink),
            Match::Ambiguous => self.counters.unmatched.handover_ambiguous += 1,
        }
    }

    fn join<S: Sink>(&mut self, joined: Joined, from: Provenance, sink: &mut S) {
        let Joined { source, target } = joined;
        if let Some(dialogue) = self.connections.state(source) {
            dialogue.handover.partner = Some(target);
        }
        let Some(dialogue) = self.connections.state(target) else { return };
        dialogue.handover.partner = Some(source);
        if dialogue.handover.arrived {
            self.carry_over(source, target, from, sink);
        }
    }

    /// The handover failed: the phone stays where it was.
    fn part(&mut self, id: ConnectionId) {
        let Some(dialogue) = self.connections.state(id) else { return };
        dialogue.handover.departing = false;
        let partner = dialogue.handover.partner.take();
        if let Some(other) = partner.and_then(|partner| self.connections.state(partner)) {
            other.handover.departing = false;
            other.handover.partner = None;
        }
    }

    /// The phone is in the cell that this connection was opened for.
    fn arrive<S: Sink>(&mut self, target: ConnectionId, from: Provenance, sink: &mut S) {
        let partner = self.connections.state(target).and_then(|dialogue| dialogue.handover.partner);
        if let Some(source) = partner {
            self.carry_over(source, target, from, sink);
        }
        self.with_dialogue(target, Some(from), sink, |dialogue, scene| dialogue.arrives(scene));
    }

    /// The phone has left for another cell: where its arrival there was not seen yet, this proves it.
    pub(super) fn leave<S: Sink>(&mut self, source: ConnectionId, from: Provenance, sink: &mut S) {
        let target = self.connections.state(source).and_then(|dialogue| dialogue.handover.partner);
        if let Some(target) = target {
            self.arrive(target, from, sink);
        }
    }

    /// Identity, calls and what waits go over from `source` to `target`.
    fn carry_over<S: Sink>(&mut self, source: ConnectionId, target: ConnectionId, from: Provenance, sink: &mut S) {
        let Some(mut before) = self.connections.take(source) else { return };
        self.with_dialogue(target, Some(from), sink, |dialogue, scene| dialogue.continue_from(&mut before, scene));
        before.handover.partner = None;
        if let Some(dialogue) = self.connections.state(target) {
            dialogue.handover.partner = None;
        }
        self.connections.restore(source, before);
        self.counters.connections.handed_over += 1;
    }
}

//! Which two connections are one phone in a handover between BSCs: those with the identical RR HANDOVER COMMAND.
//!
//! The target BSC writes it into HANDOVER REQUEST ACKNOWLEDGE, the MSC passes it on in HANDOVER COMMAND (3GPP TS 48.008
//! §3.1.5.2). Either may be seen first. What fits two phones at once is joined for neither.

use std::hash::{BuildHasher, BuildHasherDefault};
use std::time::Duration;

use event::Timestamp;
use rustc_hash::FxHasher;

use crate::track::connection::ConnectionId;

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
    pub(super) fn seen(
        &mut self,
        network: u32,
        command: &[u8],
        part: Part,
        id: ConnectionId,
        at: Timestamp,
    ) -> Match {
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
            None => Pending { command, at, source: None, target: None },
        };
        let slot = match part {
            Part::Source => &mut pending.source,
            Part::Target => &mut pending.target,
        };
        let another = slot.is_some_and(|known| known != id);
        *slot = Some(id);
        *place = Some(pending);
        match (another, pending.source, pending.target) {
            (true, _, _) => Match::Ambiguous,
            (false, Some(source), Some(target)) => Match::Joined(Joined { source, target }),
            (false, _, _) => Match::Waiting,
        }
    }
}

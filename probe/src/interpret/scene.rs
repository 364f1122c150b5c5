//! What surrounds a message while it is interpreted: when, from whom, and what its facts go to.

use event::{Event, Interface};

use super::lost::LostCalls;
use super::numbers::NumberPlan;
use super::settings::NetworkSettings;
use crate::counters::Counters;
use crate::track::devices::Devices;
use crate::track::identity::{Identities, Vlr};
use crate::track::resets::Resets;
use crate::{Provenance, Sink};

/// One of the two sides of the A or Gb interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Side {
    /// BSS and mobile station.
    Mobile,
    /// MSC or SGSN and what is behind it.
    Network,
}

impl Side {
    /// The one across.
    pub(super) fn other(self) -> Self {
        match self {
            Self::Mobile => Self::Network,
            Self::Network => Self::Mobile,
        }
    }
}

/// The surroundings of one message.
pub(super) struct Scene<'a, S> {
    /// Where the message came from.
    pub(super) from: Provenance,
    /// Where it was seen.
    pub(super) interface: Interface,
    /// The VLR of the connection's MSC; on Gb the SGSN, which gives P-TMSIs as a VLR gives TMSIs.
    pub(super) vlr: Vlr,
    /// The BSC or BSS, in the same network.
    pub(super) bss: u32,
    pub(super) identities: &'a mut Identities,
    pub(super) devices: &'a mut Devices,
    pub(super) resets: &'a mut Resets,
    pub(super) lost: &'a mut LostCalls,
    pub(super) plan: &'a NumberPlan,
    pub(super) network: &'a NetworkSettings,
    pub(super) counters: &'a mut Counters,
    pub(super) sink: &'a mut S,
}

impl<S: Sink> Scene<'_, S> {
    /// Somebody is seen here and now. Tells whether a registration would be the consequence of a restart.
    pub(super) fn is_after_reset(&mut self) -> bool {
        self.resets.serve(self.from.at, self.vlr.network, [self.vlr.node, self.bss])
    }

    /// Gives a fact away.
    pub(super) fn publish(&mut self, event: &Event) {
        self.counters.event(event);
        self.sink.event(event);
    }
}

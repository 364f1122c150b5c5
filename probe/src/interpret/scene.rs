//! What surrounds a message while it is interpreted: when, from whom, and what its facts go to.

use std::time::Duration;

use event::{AreaFact, AreaFactKind, CellId, Event, Interface, Lai, ReportTimer};

use super::surroundings::Surroundings;
use crate::counters::Counters;
use crate::track::identity::{Identities, Vlr};
use crate::track::silence;
use crate::{Provenance, Sink};

/// In the place of a node that is not known. None has this number.
pub(super) const UNKNOWN_NODE: u32 = u32::MAX;

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

/// One message's.
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
    pub(super) around: &'a mut Surroundings,
    pub(super) counters: &'a mut Counters,
    pub(super) sink: &'a mut S,
}

impl<S: Sink> Scene<'_, S> {
    /// Somebody is seen here and now. Tells whether a registration would be the consequence of a restart.
    pub(super) fn is_after_reset(&mut self) -> bool {
        self.around.resets.serve(self.from.at, self.vlr.network, [self.vlr.node, self.bss])
    }

    /// Somebody is heard in this cell.
    pub(super) fn hears(&mut self, cell: CellId) {
        let area = cell.lai().filter(|_| self.bss != UNKNOWN_NODE);
        let name =
            area.map(|area| silence::Name { network: self.vlr.network, bss: self.bss, serving: self.vlr.node, area });
        if name.is_some_and(|name| self.around.silences.is_repeated(name)) {
            return;
        }
        self.is_after_reset();
        let Self { around, counters, sink, .. } = self;
        if let Some(name) = name {
            around.silences.sign(name, self.from.at, |fact| tell_area(fact, counters, *sink));
        }
    }

    /// Gives a fact away.
    pub(super) fn publish(&mut self, event: &Event) {
        if let Some(fact) = self.around.reports.sign(event) {
            tell_area(&fact, self.counters, self.sink);
        }
        self.counters.event(event);
        self.sink.event(event);
    }

    /// The network tells a phone in this area to report itself so often on the packet side.
    pub(super) fn demands_reports(&mut self, area: Lai, every: Duration) {
        if let Some(fact) = self.around.reports.learn(area, ReportTimer::T3312, every, self.from.at) {
            tell_area(&fact, self.counters, self.sink);
        }
    }
}

/// Gives away what shows of a location area.
pub(super) fn tell_area<S: Sink>(fact: &AreaFact, counters: &mut Counters, sink: &mut S) {
    let totals = &mut counters.areas;
    match fact.kind {
        AreaFactKind::Silent { .. } => totals.silent += 1,
        AreaFactKind::Heard => totals.heard += 1,
        AreaFactKind::Reports { .. } => totals.reports += 1,
    }
    sink.area(fact);
}

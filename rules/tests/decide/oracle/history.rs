//! What the events so far say about one subscriber.

use event::{AreaFactKind, CellId, Event, Imei, Kind, Lai, ReportTimer, Timestamp, UpdateType};
use rules::scenario::Attempt;

use crate::draw::World;
use crate::silence::{Clock, Seen};

/// What the events so far say about one subscriber.
#[derive(Clone, Default)]
pub(super) struct History {
    pub(super) sightings: Vec<Event>,
    /// Devices shown, with the time.
    pub(super) devices: Vec<(Timestamp, Imei)>,
}

impl History {
    pub(super) fn add(&mut self, event: &Event) {
        let device = self.device(event);
        if self.is_sighting(event) {
            self.sightings.push(*event);
        }
        self.devices.extend(device.map(|device| (event.at, device)));
    }

    pub(super) fn is_sighting(&self, event: &Event) -> bool {
        let is_newest = self.sightings.iter().all(|sighting| sighting.at <= event.at);
        let proves = match event.kind {
            Kind::ImeiSeen => false,
            kind if attempt(&kind).is_some() => false,
            Kind::CallSetup { emergency: true, .. } => !self.sightings.is_empty(),
            _ => true,
        };
        proves && is_newest
    }

    pub(super) fn device(&self, event: &Event) -> Option<Imei> {
        let refused = attempt(&event.kind).is_some();
        let model = self.devices.last().map(|(_, device)| device.tac());
        let since = self.devices.iter().rev().take_while(|(_, device)| Some(device.tac()) == model).last();
        let is_newest = self.sightings.iter().all(|sighting| sighting.at <= event.at)
            && since.is_none_or(|(since, _)| *since <= event.at);
        event.imei.filter(|imei| !refused && is_newest && imei.device() != 0)
    }

    pub(super) fn place(&self) -> CellId {
        self.sightings.iter().fold(CellId::UNKNOWN, |place, sighting| complete(place, sighting.cell))
    }

    /// The last sighting, and until when the subscriber is present after it by a clock that always goes.
    pub(super) fn expected(&self, world: &World) -> (Timestamp, Timestamp) {
        let Some(last) = self.sightings.last() else { return (Timestamp::MIN, Timestamp::MIN) };
        let Seen { report, .. } = self.seen(world);
        (last.at, if self.detached() { last.at } else { last.at + report * 11 / 10 })
    }

    /// When and where the subscriber was seen last, and how often phones report themselves there.
    fn seen(&self, world: &World) -> Seen {
        let at = self.sightings.last().unwrap().at;
        let updates = self.sightings.iter().filter(|past| registration(&past.kind).is_some());
        let updated = updates.filter_map(|past| past.cell.lai()).next_back();
        let (plmn, lac) = (updated.map(|lai| lai.plmn), updated.map(|lai| lai.lac));
        let place = self.place();
        let place = CellId { plmn: place.plmn.or(plmn), lac: place.lac.or(lac), ci: None };
        let t3212 = &world.rules.policy().t3212;
        let special = t3212.by_lac.iter().find(|(known, _)| Some(*known) == place.lac).map(|(_, period)| *period);
        let observed = |wanted| {
            let told = world.facts.iter().filter(|fact| Some(fact.area) == place.lai() && fact.at <= at);
            let mut told = told.filter_map(|fact| match fact.kind {
                AreaFactKind::Reports { timer, every } => Some(every).filter(|_| timer == wanted),
                _ => None,
            });
            told.next_back()
        };
        let observed = observed(ReportTimer::T3212).max(observed(ReportTimer::T3312));
        Seen { at, area: place.lai(), report: special.or(observed).unwrap_or(t3212.usual) }
    }

    pub(super) fn clock<'w>(&self, world: &'w World) -> Clock<'w> {
        let mut earlier = Self::default();
        let mut clock = Clock { facts: &world.facts, seen: Vec::new() };
        if !world.facts.is_empty() {
            for sighting in &self.sightings {
                earlier.sightings.push(*sighting);
                clock.seen.push(earlier.seen(world));
            }
        }
        clock
    }

    pub(super) fn detached(&self) -> bool {
        self.sightings.last().is_some_and(|sighting| is_switched_off(&sighting.kind))
    }
}

pub(super) fn is_switched_off(kind: &Kind) -> bool {
    matches!(kind, Kind::ImsiDetach | Kind::GprsDetach { power_off: true })
}

/// The old location area of an accepted registration, be it for calls or for data.
pub(super) fn registration(kind: &Kind) -> Option<Option<Lai>> {
    match kind {
        Kind::LocationUpdate { old, .. } => Some(*old),
        Kind::GprsAttach { old, .. } | Kind::RoutingAreaUpdate { old, .. } => Some(old.map(|old| old.lai)),
        _ => None,
    }
}

/// How an accepted update counts in the circuit-switched world.
pub(super) fn updating(kind: &Kind) -> Option<UpdateType> {
    use event::RoutingAreaUpdateType as R;
    match kind {
        Kind::LocationUpdate { update, .. } => Some(*update),
        Kind::RoutingAreaUpdate { update: R::Normal | R::Combined, .. } => Some(UpdateType::Normal),
        Kind::RoutingAreaUpdate { update: R::CombinedImsiAttach, .. } => Some(UpdateType::ImsiAttach),
        Kind::RoutingAreaUpdate { update: R::Periodic, .. } => Some(UpdateType::Periodic),
        Kind::RoutingAreaUpdate { update: R::Reserved, .. } => Some(UpdateType::Reserved),
        _ => None,
    }
}

/// What was refused.
pub(super) fn attempt(kind: &Kind) -> Option<Attempt> {
    match kind {
        Kind::LocationUpdateRejected { .. } => Some(Attempt::LocationUpdate),
        Kind::ServiceRejected { .. } => Some(Attempt::Service),
        Kind::GprsAttachRejected { .. } | Kind::RoutingAreaUpdateRejected { .. } => Some(Attempt::Data),
        _ => None,
    }
}

/// Where somebody is who was at `place` and is now seen in `seen`.
pub(super) fn complete(place: CellId, seen: CellId) -> CellId {
    match (seen.lac, place.lac) {
        (None, _) => place,
        (Some(now), Some(before)) if now == before => {
            let moved = matches!((seen.plmn, place.plmn), (Some(now), Some(before)) if now != before);
            if moved { seen } else { seen.or(place) }
        }
        _ => seen,
    }
}

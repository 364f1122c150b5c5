//! What one event is, after those before it.

use event::{
    Binding, CellId, Direction, Event, ForwardingOperation, Imei, Imsi, Kind, Lai, Number, Plmn, Timestamp, UpdateType,
};
use rules::scenario::{CallPhase, NumberPattern, Origin, Scenario, Trigger};

use super::history::{History, attempt, complete, is_switched_off, registration, updating};
use crate::draw::World;
use crate::naive::{Tick, entered};

/// An event, and what came before it.
pub(super) struct Moment<'m> {
    pub(super) world: &'m World,
    pub(super) event: &'m Event,
    pub(super) history: History,
}

impl Moment<'_> {
    pub(super) fn triggers(&self, trigger: &Trigger) -> bool {
        let sighting = self.history.is_sighting(self.event);
        // Whoever registers after a restart was there and on before.
        let tells_of_coming = matches!(
            trigger,
            Trigger::Enter(_)
                | Trigger::Leave(_)
                | Trigger::CellChange
                | Trigger::PowerOn
                | Trigger::RoamIn(_)
                | Trigger::RoamBack(_)
        );
        if self.event.after_reset && tells_of_coming {
            return false;
        }
        match (trigger, &self.event.kind) {
            (Trigger::Enter(area), _) => sighting && self.enters(self.rows(area)),
            (Trigger::Leave(area), _) => sighting && self.leaves(self.rows(area)),
            (Trigger::Inside(area), _) => {
                let here = complete(self.history.place(), self.event.cell);
                sighting && here.lac.is_some() && certainly_inside(self.rows(area), here)
            }
            (Trigger::PowerOn, Kind::LocationUpdate { update, .. }) => {
                sighting
                    && match update {
                        UpdateType::ImsiAttach => true,
                        UpdateType::Periodic => false,
                        UpdateType::Normal | UpdateType::Reserved => self.history.detached(),
                    }
            }
            (Trigger::PowerOn, Kind::GprsAttach { .. }) => sighting && self.history.detached(),
            (Trigger::PowerOff, kind) => sighting && is_switched_off(kind),
            (Trigger::Seen, _) => sighting,
            (Trigger::CellChange, _) => {
                let (before, after) = (self.history.place(), complete(self.history.place(), self.event.cell));
                let before = self.before().unwrap_or(before);
                let other = |known: bool, same: bool| known && !same;
                sighting
                    && self.moves()
                    && (other(before.plmn.is_some() && after.plmn.is_some(), before.plmn == after.plmn)
                        || other(before.lac.is_some() && after.lac.is_some(), before.lac == after.lac)
                        || other(before.ci.is_some() && after.ci.is_some(), before.ci == after.ci))
            }
            (Trigger::LocationUpdate(wanted), kind) => {
                updating(kind).is_some_and(|update| wanted.is_none_or(|wanted| wanted == update))
            }
            (Trigger::UpdateIn(area), kind) => {
                let cell = self.event.cell;
                updating(kind).is_some() && cell.lac.is_some() && certainly_inside(self.rows(area), cell)
            }
            (Trigger::DataAttach, Kind::GprsAttach { .. }) | (Trigger::DataDetach, Kind::GprsDetach { .. }) => true,
            (Trigger::Pdp { activated, access_points }, kind) => {
                let (is_activation, name) = match kind {
                    Kind::PdpActivated { access_point } => (true, access_point),
                    Kind::PdpDeactivated { access_point } => (false, access_point),
                    _ => return false,
                };
                let bare = |name: &str| name.split(".mnc").next().unwrap().to_owned();
                let name = name.map(|name| bare(name.as_str()));
                let named = access_points.iter().any(|wanted| name.as_deref() == Some(&bare(wanted.as_str())));
                is_activation == *activated && (access_points.is_empty() || named)
            }
            (Trigger::Web(hosts), Kind::WebVisit { host }) => {
                let below = |domain: &str| format!(".{host}").ends_with(&format!(".{domain}"));
                hosts.is_empty() || hosts.iter().any(|domain| below(domain.as_str()))
            }
            (Trigger::Refused(attempts), kind) => {
                attempt(kind).is_some_and(|attempt| attempts.is_empty() || attempts.contains(&attempt))
            }
            (Trigger::DeviceChange { to, from }, _) => {
                let before = self.history.devices.last().map(|(_, device)| *device);
                match (before, self.history.device(self.event)) {
                    (Some(before), Some(now)) if before.tac() != now.tac() => {
                        to.as_ref().is_none_or(|list| list.tacs().any(|tac| tac == now.tac()))
                            && from.as_ref().is_none_or(|list| list.tacs().any(|tac| tac == before.tac()))
                    }
                    _ => false,
                }
            }
            (Trigger::Device(list), Kind::ImeiSeen) => {
                self.event.imei.is_some_and(|imei| list.tacs().any(|tac| tac == imei.tac()))
            }
            (Trigger::RoamIn(origins), kind) => {
                let arrived = registration(kind).and_then(|old| self.arrives(old));
                arrived.is_some_and(|origin| origins.is_empty() || origins.contains(&origin))
            }
            (Trigger::RoamBack(origins), kind) => {
                let returned = registration(kind).and_then(|old| self.returns(old));
                returned.is_some_and(|origin| origins.is_empty() || origins.contains(&origin))
            }
            (Trigger::Call { phase, direction, numbers, length, causes }, kind) => match call(kind) {
                Some((now, whose, number)) => {
                    let lasted = match kind {
                        Kind::CallEnded { answered, .. } => answered.length(),
                        _ => None,
                    };
                    let long_enough = length.is_none_or(|range| {
                        lasted
                            .is_some_and(|lasted| lasted >= range.least && range.most.is_none_or(|most| lasted <= most))
                    });
                    let given = match kind {
                        Kind::CallEnded { cause, .. } => *cause,
                        _ => None,
                    };
                    long_enough
                        && (causes.is_empty() || causes.iter().any(|wanted| given == Some(*wanted)))
                        && now == *phase
                        && direction.is_none_or(|direction| direction == whose)
                        && if numbers.is_empty() { is_somebody(whose, number) } else { fits(numbers, number) }
                }
                None => false,
            },
            (Trigger::Sms { direction, numbers }, Kind::Sms { direction: whose, peer }) => {
                let ours = *whose == Direction::In && peer.is_some() && {
                    let senders = &self.world.rules.policy().senders;
                    !senders.is_empty() && fits(senders, *peer)
                };
                !ours
                    && direction.is_none_or(|direction| direction == *whose)
                    && (numbers.is_empty() || fits(numbers, *peer))
            }
            (Trigger::Ussd(codes), Kind::Ussd { code }) => codes.is_empty() || fits(codes, Some(*code)),
            (Trigger::CallForwarding, Kind::CallForwarding(forwarding)) => {
                matches!(forwarding.operation, ForwardingOperation::Register | ForwardingOperation::Activate)
            }
            _ => false,
        }
    }

    /// The device that is known once the event has been taken in.
    pub(super) fn device_now(&self) -> Option<Imei> {
        let shown = self.history.device(self.event).filter(|_| self.event.binding != Binding::Suspect);
        shown.or(self.history.devices.last().map(|(_, device)| *device))
    }

    /// The last call for help of somebody who was known.
    pub(super) fn called_for_help(&self) -> Option<Timestamp> {
        let certain = self.event.binding != Binding::Suspect && self.history.is_sighting(self.event);
        let all = self.history.sightings.iter().chain(certain.then_some(self.event));
        let calls = all.filter(|event| match event.kind {
            Kind::CallSetup { emergency: true, .. } => true,
            Kind::CallSetup { direction: Direction::Out, number: Some(number), .. } => {
                !is_somebody(Direction::Out, Some(number))
            }
            _ => false,
        });
        calls.map(|call| call.at).next_back()
    }

    pub(super) fn tick(&self, scenario: &Scenario, fits: Vec<bool>) -> Tick {
        let seen = self.history.is_sighting(self.event);
        let after = complete(self.history.place(), self.event.cell);
        let inside = |area| {
            let rows = self.rows(area);
            let is_inside = certainly_inside(rows, after);
            let known = after.lac.is_some() && (is_inside || certainly_outside(rows, after));
            known.then_some(is_inside)
        };
        let before = self.history.devices.last().map(|(_, device)| device.tac());
        let shown = self.history.device(self.event).map(|device| device.tac());
        Tick {
            at: self.event.at,
            seen,
            off: seen && is_switched_off(&self.event.kind),
            device_shown: shown.is_some(),
            device_changed: before.is_some() && shown.is_some() && before != shown,
            fits,
            inside: scenario.happenings().map(|happening| entered(happening).and_then(inside)).collect(),
        }
    }

    fn rows(&self, area: &std::sync::Arc<rules::lists::Area>) -> &[CellId] {
        let known = self.world.areas.iter().find(|(known, _)| std::sync::Arc::ptr_eq(known, area));
        known.map(|(_, rows)| rows.as_slice()).unwrap()
    }

    /// The place before; in the warm-up, of somebody never placed, the old location area.
    fn before(&self) -> Option<CellId> {
        let place = self.history.place();
        let old = registration(&self.event.kind).flatten().filter(|lai| !matches!(lai.lac, 0 | 0xfffe));
        let proven =
            old.filter(|_| !self.world.warm).map(|lai| CellId { plmn: Some(lai.plmn), lac: Some(lai.lac), ci: None });
        if place.lac.is_some() { Some(place) } else { proven }
    }

    /// Whether the place is another one than before, or was not known before.
    fn moves(&self) -> bool {
        let after = complete(self.history.place(), self.event.cell);
        match self.before() {
            Some(before) if self.history.place().lac.is_some() => before != after,
            // In the warm-up the old location area stands in, where the event proves another one.
            Some(before) => before.lai() != after.lai(),
            None => self.world.warm && after != self.history.place(),
        }
    }

    fn enters(&self, rows: &[CellId]) -> bool {
        let after = complete(self.history.place(), self.event.cell);
        let from_outside = self.before().map_or(self.world.warm, |before| certainly_outside(rows, before));
        from_outside && after.lac.is_some() && certainly_inside(rows, after)
    }

    fn leaves(&self, rows: &[CellId]) -> bool {
        let after = complete(self.history.place(), self.event.cell);
        let was_inside = self.before().is_some_and(|before| certainly_inside(rows, before));
        was_inside && after.lac.is_some() && certainly_outside(rows, after)
    }

    fn homes(&self) -> Vec<Plmn> {
        let named = &self.world.rules.policy().home;
        let sighting = self.history.is_sighting(self.event);
        let place = self.history.place();
        let place = if sighting { complete(place, self.event.cell) } else { place };
        let updates = self.history.sightings.iter().filter(|past| registration(&past.kind).is_some());
        let updated = updates.filter_map(|past| past.cell.lai()).next_back().map(|lai| lai.plmn);
        let now = registration(&self.event.kind).is_some() && sighting;
        let now = self.event.cell.lai().map(|lai| lai.plmn).filter(|_| now && self.event.binding != Binding::Suspect);
        if named.is_empty() { place.plmn.or(now).or(updated).into_iter().collect() } else { named.clone() }
    }

    pub(super) fn home_of(&self, imsi: Imsi) -> Option<Origin> {
        let text = imsi.to_string();
        self.class(|home| text.starts_with(&home.to_string().replace('-', "")), &text[..3])
    }

    fn class(&self, is_home: impl Fn(&Plmn) -> bool, country: &str) -> Option<Origin> {
        let homes = self.homes();
        if homes.is_empty() {
            None
        } else if homes.iter().any(is_home) {
            Some(Origin::Home)
        } else if homes.iter().any(|home| home.to_string().starts_with(country)) {
            Some(Origin::OtherNetwork)
        } else {
            Some(Origin::International)
        }
    }

    /// Where the old location area lies, if outside our network.
    fn outside(&self, old: Option<Lai>) -> Option<Origin> {
        let plmn = old.filter(|lai| !matches!(lai.lac, 0 | 0xfffe))?.plmn;
        let country = plmn.to_string();
        self.class(|home| *home == plmn, &country[..3]).filter(|origin| *origin != Origin::Home)
    }

    fn arrives(&self, old: Option<Lai>) -> Option<Origin> {
        let home = self.home_of(self.event.imsi?).filter(|origin| *origin != Origin::Home)?;
        let deleted = old.is_some_and(|lai| matches!(lai.lac, 0 | 0xfffe));
        let unknown = self.world.warm && self.history.sightings.is_empty();
        (self.outside(old).is_some() || deleted || unknown).then_some(home)
    }

    fn returns(&self, old: Option<Lai>) -> Option<Origin> {
        let home = self.home_of(self.event.imsi?);
        if home == Some(Origin::Home) { self.outside(old) } else { None }
    }
}

/// Every cell that a partly known one can be, among those that rows speak of and one of which none speaks.
fn possible(cell: CellId) -> Vec<CellId> {
    let plmns: Vec<Plmn> = ["46000", "46001", "99999"].map(|plmn| plmn.parse().unwrap()).to_vec();
    let mut cells = Vec::new();
    for plmn in cell.plmn.map_or(plmns, |plmn| vec![plmn]) {
        for lac in cell.lac.map_or(vec![1, 2, 3, 99], |lac| vec![lac]) {
            for ci in cell.ci.map_or(vec![1, 2, 3, 99], |ci| vec![ci]) {
                cells.push(CellId { plmn: Some(plmn), lac: Some(lac), ci: Some(ci) });
            }
        }
    }
    cells
}

fn is_inside(rows: &[CellId], cell: CellId) -> bool {
    rows.iter().any(|row| {
        (row.plmn.is_none() || row.plmn == cell.plmn) && row.lac == cell.lac && (row.ci.is_none() || row.ci == cell.ci)
    })
}

fn certainly_inside(rows: &[CellId], cell: CellId) -> bool {
    possible(cell).into_iter().all(|cell| is_inside(rows, cell))
}

fn certainly_outside(rows: &[CellId], cell: CellId) -> bool {
    !possible(cell).into_iter().any(|cell| is_inside(rows, cell))
}

fn call(kind: &Kind) -> Option<(CallPhase, Direction, Option<Number>)> {
    match *kind {
        Kind::CallSetup { direction, number, emergency: false } => Some((CallPhase::Setup, direction, number)),
        Kind::CallAnswered { direction, number } => Some((CallPhase::Answered, direction, number)),
        Kind::CallEnded { direction, number, left_view: false, .. } => Some((CallPhase::Ended, direction, number)),
        _ => None,
    }
}

fn is_somebody(direction: Direction, number: Option<Number>) -> bool {
    match number.map(|number| number.to_string()) {
        None => direction == Direction::In,
        Some(number) => !["110", "112", "119", "120", "122"].contains(&number.as_str()),
    }
}

/// A number as text, ours without country code, others with 00.
fn plain(number: &Number) -> String {
    let text = number.to_string();
    match text.strip_prefix("+86").or_else(|| text.strip_prefix("0086")) {
        Some(ours) => ours.to_owned(),
        None => text.replace('+', "00"),
    }
}

fn fits(patterns: &[NumberPattern], number: Option<Number>) -> bool {
    let Some(number) = number.as_ref().map(plain) else { return false };
    // Digits without + or 00 may be an international number's as well.
    let forms = [number.clone(), number.strip_prefix("00").unwrap_or(&number).to_owned()];
    patterns.iter().any(|pattern| match pattern {
        NumberPattern::Exactly(wanted) => forms.contains(&plain(wanted)),
        NumberPattern::Prefix(prefix) => forms.iter().any(|form| form.starts_with(&plain(prefix))),
    })
}

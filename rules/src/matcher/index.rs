//! The compiled triggers: what an event can concern is found by hash look-ups, in time that does not grow with the
//! number of scenarios that it does not concern.
//!
//! Triggers stand here by number, those of the first rank first. Each is given for an event at most once, because its
//! entries exclude each other.

use std::time::Duration;

use event::{Direction, UpdateType};

use super::domains::Domains;
use super::interest::Interest;
use super::numbers::{self, Numbers};
use super::occurrence::{Activity, Occurrence, Roamed, is_elsewhere};
use super::shared::{DeviceChanges, Models, Places, Ranks};
use super::table::Table;
use crate::scenario::{Attempt, CallPhase, LengthRange, NumberPattern, Origin, Trigger};

/// All triggers of a set.
#[derive(Debug, Default)]
pub(super) struct Index {
    interest: Interest,
    enter: Places,
    leave: Places,
    inside: Places,
    calls: [[Numbers; 2]; 3],
    sms: [Numbers; 2],
    ussd: Numbers,
    call_forwarding: Ranks,
    device: Models,
    device_change: DeviceChanges,
    roam_in: Kinds<4>,
    roam_back: Kinds<4>,
    power_on: Ranks,
    power_off: Ranks,
    updates: Kinds<4>,
    updates_in: Places,
    cell_change: Ranks,
    seen: Ranks,
    data_attach: Ranks,
    data_detach: Ranks,
    /// Begun, ended.
    pdp: [Domains; 2],
    web: Domains,
    refused: Kinds<3>,
    /// How a call must have ended, where a trigger asks for it.
    ends: Table<u32, CallEnd>,
}

const DIRECTIONS: [Direction; 2] = [Direction::Out, Direction::In];
const PHASES: [CallPhase; 3] = [CallPhase::Setup, CallPhase::Answered, CallPhase::Ended];
const UPDATES: [UpdateType; 4] =
    [UpdateType::Normal, UpdateType::Periodic, UpdateType::ImsiAttach, UpdateType::Reserved];
const ATTEMPTS: [Attempt; 3] = [Attempt::LocationUpdate, Attempt::Service, Attempt::Data];
const ORIGINS: [Origin; 4] = [Origin::Home, Origin::OtherProvince, Origin::OtherNetwork, Origin::International];

impl Index {
    /// The index of these triggers; each is given by its position. The `beginnings` among them are those of
    /// [`crate::scenario::Scenario::beginnings`].
    pub(super) fn new<'a>(
        triggers: impl Iterator<Item = &'a Trigger>,
        beginnings: impl Iterator<Item = &'a Trigger>,
    ) -> Self {
        let mut index = Self::default();
        for (trigger, rank) in triggers.zip(0..) {
            index.interest.add(trigger);
            index.insert(trigger, rank);
        }
        beginnings.for_each(|trigger| index.interest.add_beginning(trigger));
        index
    }

    fn insert(&mut self, trigger: &Trigger, rank: u32) {
        match trigger {
            Trigger::Enter(area) => self.enter.insert(area, rank),
            Trigger::Leave(area) => self.leave.insert(area, rank),
            Trigger::Inside(area) => self.inside.insert(area, rank),
            Trigger::Call { phase, direction, numbers, length, causes } => {
                if length.is_some() || !causes.is_empty() {
                    self.ends.insert(rank, CallEnd { length: *length, causes: causes.clone() });
                }
                let phases = self.calls.iter_mut().zip(PHASES).filter(|(_, known)| known == phase);
                phases.for_each(|(directions, _)| insert_numbers(directions, *direction, numbers, rank));
            }
            Trigger::Sms { direction, numbers } => insert_numbers(&mut self.sms, *direction, numbers, rank),
            Trigger::Ussd(codes) => self.ussd.insert(codes, rank),
            Trigger::CallForwarding => self.call_forwarding.push(rank),
            Trigger::DeviceChange { to, from } => self.device_change.insert(to.as_ref(), from.as_ref(), rank),
            Trigger::Device(list) => self.device.insert(list, rank),
            Trigger::RoamIn(origins) => self.roam_in.insert(&ORIGINS, origins, rank),
            Trigger::RoamBack(origins) => self.roam_back.insert(&ORIGINS, origins, rank),
            Trigger::PowerOn => self.power_on.push(rank),
            Trigger::PowerOff => self.power_off.push(rank),
            Trigger::LocationUpdate(update) => self.updates.insert(&UPDATES, update.as_slice(), rank),
            Trigger::UpdateIn(area) => self.updates_in.insert(area, rank),
            Trigger::CellChange => self.cell_change.push(rank),
            Trigger::Seen => self.seen.push(rank),
            Trigger::DataAttach => self.data_attach.push(rank),
            Trigger::DataDetach => self.data_detach.push(rank),
            Trigger::Pdp { activated, access_points } => {
                let [begun, ended] = &mut self.pdp;
                if *activated { begun } else { ended }.insert_access_points(access_points, rank);
            }
            Trigger::Web(hosts) => self.web.insert_hosts(hosts, rank),
            Trigger::Refused(attempts) => self.refused.insert(&ATTEMPTS, attempts, rank),
        }
    }

    /// What any trigger waits for.
    pub(super) fn interest(&self) -> &Interest {
        &self.interest
    }

    /// Gives each trigger that the occurrence fits, once, in no particular order.
    pub(super) fn triggered(&self, occurrence: &Occurrence<'_>, mut hit: impl FnMut(u32)) {
        let change = occurrence.change;
        if change.moved {
            let (before, after) = (change.before.cell(), change.after.cell());
            self.enter.entered(before, after, &mut hit);
            self.leave.left(before, after, &mut hit);
            // Another one for certain, not only better known.
            if !self.cell_change.is_empty() && is_elsewhere(before, after) {
                self.cell_change.iter().copied().for_each(&mut hit);
            }
        }
        if change.seen {
            self.inside.at(change.after.cell(), &mut hit);
            self.seen.iter().copied().for_each(&mut hit);
        }
        if change.power_on {
            self.power_on.iter().copied().for_each(&mut hit);
        }
        if change.power_off {
            self.power_off.iter().copied().for_each(&mut hit);
        }
        if let Some((before, after)) = change.device_before.zip(occurrence.device) {
            self.device_change.matching(before, after, &mut hit);
        }
        match occurrence.roamed {
            Some(Roamed::In(origin)) => self.roam_in.matching(&ORIGINS, origin, &mut hit),
            Some(Roamed::Back(origin)) => self.roam_back.matching(&ORIGINS, origin, &mut hit),
            None => {}
        }
        self.active(&occurrence.activity, hit);
    }

    fn active(&self, activity: &Activity<'_>, mut hit: impl FnMut(u32)) {
        match *activity {
            Activity::Call { phase, direction, number, length, cause } => {
                let mut hit = |rank| {
                    if self.ends.get(&rank).is_none_or(|end| end.fits(length, cause)) {
                        hit(rank);
                    }
                };
                let somebody = numbers::is_call_to_somebody(direction, number.copied());
                let phases = self.calls.iter().zip(PHASES).filter(|(_, known)| *known == phase);
                let numbers = phases.flat_map(|(directions, _)| of_direction(directions, direction));
                numbers.for_each(|numbers| numbers.matching(number.copied(), somebody, &mut hit));
            }
            Activity::Sms { direction, number } => {
                of_direction(&self.sms, direction)
                    .for_each(|numbers| numbers.matching(number.copied(), true, &mut hit));
            }
            Activity::Ussd(code) => self.ussd.matching(Some(*code), true, hit),
            Activity::CallForwarding => self.call_forwarding.iter().copied().for_each(hit),
            Activity::Device(device) => self.device.matching(device, hit),
            Activity::Update(update, cell) => {
                self.updates.matching(&UPDATES, update, &mut hit);
                self.updates_in.at(cell, hit);
            }
            Activity::DataAttach => self.data_attach.iter().copied().for_each(hit),
            Activity::DataDetach => self.data_detach.iter().copied().for_each(hit),
            Activity::Pdp { activated, access_point } => {
                let [begun, ended] = &self.pdp;
                if activated { begun } else { ended }.matching_access_point(access_point.copied(), hit);
            }
            Activity::Web(host) => self.web.matching_host(*host, hit),
            Activity::Refused(attempt) => self.refused.matching(&ATTEMPTS, attempt, hit),
            Activity::None => {}
        }
    }
}

/// What a trigger asks of the end of a call.
#[derive(Debug)]
struct CallEnd {
    length: Option<LengthRange>,
    causes: Vec<u8>,
}

impl CallEnd {
    fn fits(&self, length: Option<Duration>, cause: Option<u8>) -> bool {
        self.length.is_none_or(|range| range.holds(length))
            && (self.causes.is_empty() || cause.is_some_and(|cause| self.causes.contains(&cause)))
    }
}

fn of_direction(numbers: &[Numbers; 2], direction: Direction) -> impl Iterator<Item = &Numbers> {
    numbers.iter().zip(DIRECTIONS).filter(move |(_, known)| *known == direction).map(|(numbers, _)| numbers)
}

fn insert_numbers(directions: &mut [Numbers; 2], wanted: Option<Direction>, patterns: &[NumberPattern], rank: u32) {
    let fitting =
        directions.iter_mut().zip(DIRECTIONS).filter(|(_, known)| wanted.is_none_or(|wanted| wanted == *known));
    fitting.for_each(|(numbers, _)| numbers.insert(patterns, rank));
}

/// Ranks by kind, of few kinds.
#[derive(Debug)]
struct Kinds<const N: usize>([Ranks; N]);

impl<const N: usize> Default for Kinds<N> {
    fn default() -> Self {
        Self([const { Ranks::new() }; N])
    }
}

impl<const N: usize> Kinds<N> {
    /// A scenario for any of these, or for all where there are none.
    fn insert<K: PartialEq>(&mut self, all: &[K; N], wanted: &[K], rank: u32) {
        let fits = |kind: &K| wanted.is_empty() || wanted.contains(kind);
        let fitting = self.0.iter_mut().zip(all).filter(|(_, kind)| fits(kind));
        fitting.for_each(|(ranks, _)| ranks.push(rank));
    }

    fn matching<K: PartialEq>(&self, all: &[K; N], kind: K, hit: impl FnMut(u32)) {
        let ranks = self.0.iter().zip(all).filter(|(_, known)| **known == kind);
        ranks.flat_map(|(ranks, _)| ranks.iter().copied()).for_each(hit);
    }
}

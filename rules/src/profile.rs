//! What is remembered of one subscriber between events, and what a new event means in its light.
//!
//! Facts in, facts out: nothing here knows a scenario, a policy or which networks are home. What scenarios have begun is
//! only kept here.

use event::{Binding, CellId, Direction, Event, Imei, Kind, Lai, Number, PackedCell, Plmn, Timestamp, UpdateType};
use thin_vec::ThinVec;

use crate::matcher::Live;
use crate::scenario::MessageKind;

/// The small record per subscriber that outlives the window. Everything but `contacts` and `live` can be rebuilt from
/// the events by [`Profile::observe`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Profile {
    /// When last seen.
    pub last_seen: Option<Timestamp>,
    /// Where last seen.
    pub cell: PackedCell,
    /// The last location area of an accepted update.
    pub lai: Option<Lai>,
    /// Whether an IMSI detach was the last word.
    pub detached: bool,
    /// The device last seen.
    pub imei: Option<Imei>,
    /// Since when that device, or another slot of it (the same TAC), is the one.
    pub imei_since: Option<Timestamp>,
    /// The last call for help.
    pub emergency: Option<Timestamp>,
    /// Offers made: when, and by which scenario (see [`Contact::scenario`]), oldest first; as far back as the longest
    /// cap, and at most [`crate::policy::CONTACTS_LIMIT`].
    pub contacts: ThinVec<Contact>,
    /// What patterns have begun and not ended, under one rule set: see [`crate::RuleSet::renew`].
    pub live: Live,
}

// With whom it is and a few words of the shard's own it fills two lines of memory.
const _: () = assert!(size_of::<Profile>() <= 104);

/// An offer that was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Contact {
    /// Time of the trigger.
    pub at: Timestamp,
    /// A stable hash of the scenario's name: [`crate::policy::scenario_hash`].
    pub scenario: u64,
    /// The same of the campaign's.
    pub campaign: u64,
    /// Whether the policy's caps count it (marketing).
    pub counted: bool,
    /// What kind of message.
    pub kind: MessageKind,
    /// How many short messages it took.
    pub parts: u8,
}

/// What an event means for a subscriber whose profile was as it was before it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Change {
    /// The subscriber is in another cell than before (or, after the warm-up, seen in one for the first time).
    pub moved: bool,
    /// The cell before this event; without LAC where nothing was known. During the warm-up a location update may stand
    /// in with the old location area.
    pub before: PackedCell,
    /// The cell after this event.
    pub after: PackedCell,
    /// Switched on.
    pub power_on: bool,
    /// Switched off.
    pub power_off: bool,
    /// The device before, where it is another one now.
    pub device_before: Option<Imei>,
    /// Nothing was known of the subscriber, and the warm-up is over.
    pub newcomer: bool,
    /// The event proves that the subscriber is there now.
    pub seen: bool,
    /// The event shows the subscriber's device.
    pub device_shown: bool,
}

impl Profile {
    /// Forgets what is known of the subscriber and the offers made, where all of it is older than `remembered_micros`, in
    /// microseconds. What has begun has times of its own.
    #[inline]
    pub fn forget(&mut self, now: Timestamp, remembered_micros: u64) {
        let is_old = |time: Timestamp| now.micros_since(time) > remembered_micros;
        // Mostly seen of late.
        if self.last_seen.is_none_or(is_old) {
            let contact = self.contacts.last().map(|contact| contact.at);
            let newest = self.last_seen.max(self.imei_since).max(contact);
            if newest.is_some_and(is_old) {
                *self = Self { live: std::mem::take(&mut self.live), ..Self::default() };
            }
        }
    }

    /// Takes the event in and tells what it means. `warm` is false during the warm-up after a cold start, in which a
    /// first sighting is a baseline and not an entry; what is remembered does not depend on it.
    ///
    /// Nothing is remembered of a refused attempt, of an event without IMSI, or of a doubtful identity (of that it is
    /// only told what it would mean). An event older than the last one means nothing for place, power and device.
    pub fn observe(&mut self, event: &Event, warm: bool) -> Change {
        let device = self.device_shown(event);
        let seen = self.is_sighting(event);
        let after = if seen { self.place(event.cell.into()) } else { self.cell };
        // Whoever registers after a reset has not come, and not switched on.
        let means_more = seen && !event.after_reset;
        let (before, moved) = match means_more && !warm && !self.cell.has_lac() {
            true => stated_movement(&event.kind, after),
            false => (self.cell, means_more && after != self.cell),
        };
        let change = Change {
            moved,
            before,
            after,
            power_on: means_more && self.is_power_on(&event.kind),
            power_off: means_more && is_power_off(&event.kind),
            device_before: device.and_then(|device| self.imei.filter(|known| known.tac() != device.tac())),
            newcomer: means_more && warm && self.last_seen.is_none(),
            seen,
            device_shown: device.is_some(),
        };
        if event.binding != Binding::Suspect {
            self.remember(event, &change);
        }
        change
    }

    fn is_power_on(&self, kind: &Kind) -> bool {
        match kind {
            Kind::LocationUpdate { update: UpdateType::ImsiAttach, .. } => true,
            Kind::LocationUpdate { update: UpdateType::Periodic, .. } => false,
            Kind::LocationUpdate { .. } | Kind::GprsAttach { .. } => self.detached,
            _ => false,
        }
    }

    fn remember(&mut self, event: &Event, change: &Change) {
        if let Some(device) = event.imei.filter(|_| change.device_shown) {
            let same_model = self.imei.is_some_and(|known| known.tac() == device.tac());
            if !same_model {
                self.imei_since = Some(event.at);
            }
            self.imei = Some(device);
        }
        if change.seen {
            if is_call_for_help(&event.kind) {
                self.emergency = Some(event.at);
            }
            self.last_seen = Some(event.at);
            self.cell = change.after;
            self.detached = change.power_off;
            if let Some(lai) = event.cell.lai().filter(|_| event.kind.is_registration()) {
                self.lai = Some(lai);
            }
        }
    }

    /// The network in which the subscriber was last seen.
    pub(crate) fn serving(&self) -> Option<Plmn> {
        self.cell.cell().plmn.or(self.lai.map(|lai| lai.plmn))
    }

    /// The location area in which the subscriber was last seen.
    pub(crate) fn area(&self) -> Option<Lai> {
        self.cell.cell().or(self.lai.map_or(CellId::UNKNOWN, cells_of)).lai()
    }

    /// Whether the event proves that the subscriber is there now.
    fn is_sighting(&self, event: &Event) -> bool {
        let proves = match event.kind {
            // Comes before the network's verdict on a location update; what is accepted has its own event.
            Kind::ImeiSeen => false,
            Kind::CallSetup { emergency: true, .. } => self.last_seen.is_some(),
            _ => event.kind.is_sighting(),
        };
        proves && event.imsi.is_some() && self.last_seen.is_none_or(|last| event.at >= last)
    }

    /// The device that the event shows, unless it says nothing about the subscriber's now.
    fn device_shown(&self, event: &Event) -> Option<Imei> {
        let device = event.imei?;
        let newest = self.last_seen.max(self.imei_since);
        let counts = event.imsi.is_some() && event.kind.is_sighting() && newest.is_none_or(|last| event.at >= last);
        Some(device).filter(|device| counts && !is_dummy(*device))
    }

    /// Where the subscriber is, seen in a cell of which parts may be unknown: what is unknown contradicts nothing.
    fn place(&self, seen: PackedCell) -> PackedCell {
        if seen.is_complete() { seen } else { self.incomplete_place(seen) }
    }

    #[cold]
    fn incomplete_place(&self, seen: PackedCell) -> PackedCell {
        let (seen, known) = (seen.cell(), self.cell.cell());
        if seen.lac.is_none() {
            return self.cell;
        }
        let same_network = seen.plmn.is_none() || known.plmn.is_none() || seen.plmn == known.plmn;
        if same_network && seen.lac == known.lac { seen.or(known) } else { seen }.into()
    }
}

/// Where somebody was of whom nothing is known, and whether that was elsewhere: the message itself may prove it, for the phone
/// says where it comes from.
#[cold]
fn stated_movement(kind: &Kind, after: PackedCell) -> (PackedCell, bool) {
    let before = old_location_area(kind).map_or(CellId::UNKNOWN, cells_of);
    let moved = before.lai().is_some_and(|before| Some(before) != after.cell().lai());
    (before.into(), moved)
}

fn is_power_off(kind: &Kind) -> bool {
    matches!(kind, Kind::ImsiDetach | Kind::GprsDetach { power_off: true })
}

/// Numbers at which people ask for help: nothing commercial is tied to them.
pub const EMERGENCY_NUMBERS: [&str; 5] = ["110", "112", "119", "120", "122"];

/// Whether a number is one of [`EMERGENCY_NUMBERS`].
pub(crate) fn is_emergency(number: Number) -> bool {
    let is_it = |code: &&str| code.len() == number.len() && number.symbols().eq(code.bytes().map(|digit| digit - b'0'));
    EMERGENCY_NUMBERS.iter().any(is_it)
}

/// An emergency setup, or a call to one of the numbers.
fn is_call_for_help(kind: &Kind) -> bool {
    match *kind {
        Kind::CallSetup { emergency: true, .. } => true,
        Kind::CallSetup { direction: Direction::Out, number, .. } => number.is_some_and(is_emergency),
        _ => false,
    }
}

/// The location area that the phone comes from, as an accepted update says, where it is a real one.
pub(crate) fn old_location_area(kind: &Kind) -> Option<Lai> {
    stated_location_area(kind).filter(|lai| !is_nowhere(*lai))
}

/// The location area that the phone says it comes from in what was accepted, be it a real one or none.
pub(crate) fn stated_location_area(kind: &Kind) -> Option<Lai> {
    match kind {
        Kind::LocationUpdate { old, .. } => *old,
        Kind::GprsAttach { old, .. } | Kind::RoutingAreaUpdate { old, .. } => old.map(|old| old.lai),
        _ => None,
    }
}

/// Whether the phone says that it had no location area: a deleted one, or what an empty SIM holds.
pub(crate) fn is_nowhere(lai: Lai) -> bool {
    lai.is_deleted() || !lai.plmn.is_decimal()
}

fn cells_of(lai: Lai) -> CellId {
    CellId { plmn: Some(lai.plmn), lac: Some(lai.lac), ci: None }
}

/// IMEIs that many devices share: TAC and SNR that belong to none, those of test phones and of copies.
const DUMMIES: [u64; 4] = [499_901_064_000, 1_234_567_890_123, 12_345_678_901_234, 13_579_024_681_122];
/// Fourteen ones: every number of equal digits is a multiple of it.
const EQUAL_DIGITS: u64 = 11_111_111_111_111;

fn is_dummy(imei: Imei) -> bool {
    imei.device().is_multiple_of(EQUAL_DIGITS) || DUMMIES.contains(&imei.device())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    const IN_10: &str = "460-00-10";
    const ATTACH: Kind = update(UpdateType::ImsiAttach);
    const NORMAL: Kind = update(UpdateType::Normal);
    const PERIODIC: Kind = update(UpdateType::Periodic);

    const fn update(update: UpdateType) -> Kind {
        Kind::LocationUpdate { update, old: None }
    }

    fn update_from(old: &str) -> Kind {
        let (plmn, lac) = old.rsplit_once('-').unwrap();
        let old = Some(Lai { plmn: plmn.parse().unwrap(), lac: lac.parse().unwrap() });
        Kind::LocationUpdate { update: UpdateType::Normal, old }
    }

    fn cell(text: &str) -> CellId {
        let parts: Vec<&str> = text.split('-').collect();
        let number = |index: usize| parts.get(index).and_then(|part| part.parse().ok());
        CellId { plmn: parts.get(..2).and_then(|plmn| plmn.join("-").parse().ok()), lac: number(2), ci: number(3) }
    }

    fn event(seconds: i64, kind: Kind, place: &str) -> Event {
        Event { cell: cell(place), ..testing::event(seconds, kind) }
    }

    fn device(seconds: i64, imei: &str) -> Event {
        Event { imei: imei.parse().ok(), ..event(seconds, Kind::ImeiSeen, "") }
    }

    /// Says of each event what it means: `moved`, `on`, `off`, `device`, `newcomer`.
    fn check(warm: bool, events: &[(Event, &str)]) -> Profile {
        let mut profile = Profile::default();
        let mut cold_profile = Profile::default();
        for (event, expected) in events {
            let change = profile.observe(event, warm);
            let words = [
                (change.moved, "moved"),
                (change.power_on, "on"),
                (change.power_off, "off"),
                (change.device_before.is_some(), "device"),
                (change.newcomer, "newcomer"),
            ];
            let said: Vec<&str> = words.into_iter().filter(|(so, _)| *so).map(|(_, word)| word).collect();
            assert_eq!(said.join(" "), *expected, "{event:?}");
            cold_profile.observe(event, !warm);
            assert_eq!(profile, cold_profile, "what is remembered does not depend on the warm-up");
        }
        profile
    }

    #[test]
    fn a_first_sighting_is_an_entry_after_the_warm_up_and_a_baseline_within() {
        let page = |at, place| event(at, Kind::PagingResponse, place);
        check(true, &[(page(1, "460-00-10-1"), "moved newcomer"), (page(2, "460-00-10-1"), "")]);
        check(false, &[(page(1, "460-00-10-1"), ""), (page(2, "460-00-10-2"), "moved")]);
    }

    #[test]
    fn in_the_warm_up_an_update_from_elsewhere_proves_a_move() {
        let update = |old| event(1, update_from(old), "460-00-10-1");
        check(false, &[(update("460-00-11"), "moved")]);
        check(false, &[(update("460-00-10"), "")]);
        check(false, &[(update("460-00-65534"), "")]);
        check(false, &[(event(1, NORMAL, "460-00-10-1"), "")]);
    }

    #[test]
    fn a_cell_partly_unknown_leaves_nowhere() {
        let page = |at, place| event(at, Kind::PagingResponse, place);
        let profile = check(
            true,
            &[
                (page(1, "460-00-10-1"), "moved newcomer"),
                (page(2, IN_10), ""),
                (page(3, ""), ""),
                (page(4, "x-x-x-9"), ""),
                (page(5, "460-00-11"), "moved"),
                (page(6, "460-00-11-3"), "moved"),
            ],
        );
        assert_eq!(profile.cell.cell(), cell("460-00-11-3"));
        check(true, &[(page(1, ""), "newcomer"), (page(2, "460-00-10-1"), "moved")]);
    }

    #[test]
    fn power_on_is_an_attach_or_an_update_after_a_detach_and_never_periodic() {
        let at = |at, kind| event(at, kind, "460-00-10-1");
        let profile = check(
            true,
            &[
                (at(1, NORMAL), "moved newcomer"),
                (at(2, ATTACH), "on"),
                (at(3, Kind::ImsiDetach), "off"),
                (at(4, NORMAL), "on"),
                (at(5, NORMAL), ""),
                (at(6, Kind::ImsiDetach), "off"),
                (at(7, PERIODIC), ""),
                (at(8, NORMAL), ""),
                (at(9, Kind::ImsiDetach), "off"),
                (at(10, Kind::PagingResponse), ""),
                (at(11, NORMAL), ""),
                (at(12, Kind::ImsiDetach), "off"),
            ],
        );
        assert!(profile.detached);
        assert_eq!(profile.lai, cell(IN_10).lai());
    }

    #[test]
    fn whoever_registers_after_a_reset_has_not_come_and_not_switched_on() {
        let after_reset = |at, place| Event { after_reset: true, ..event(at, ATTACH, place) };
        let profile = check(
            true,
            &[
                (after_reset(1, "460-00-10-1"), ""),
                (after_reset(2, "460-00-11-1"), ""),
                (event(3, PERIODIC, "460-00-11-1"), ""),
            ],
        );
        assert_eq!((profile.lai, profile.cell.cell()), (cell("460-00-11").lai(), cell("460-00-11-1")));
    }

    #[test]
    fn a_refused_attempt_changes_nothing() {
        let reject = Kind::LocationUpdateRejected { update: UpdateType::ImsiAttach, cause: 6 };
        let rejected = Event { imei: "353900021234560".parse().ok(), ..event(1, reject, "460-00-10-1") };
        let refused = event(2, Kind::ServiceRejected { cause: 6 }, "460-00-10-1");
        assert_eq!(check(true, &[(rejected, ""), (refused, "")]), Profile::default());
        assert_eq!(check(true, &[(Event { imsi: None, ..event(1, ATTACH, IN_10) }, "")]), Profile::default());
    }

    #[test]
    fn a_doubtful_identity_is_told_and_not_remembered() {
        let doubtful = Event { binding: Binding::Suspect, ..event(1, ATTACH, "460-00-10-1") };
        assert_eq!(check(true, &[(doubtful, "moved on newcomer")]), Profile::default());
    }

    #[test]
    fn a_first_device_is_a_baseline_and_another_model_a_change() {
        let profile = check(
            true,
            &[
                (device(1, "353900021234560"), ""),
                (device(2, "3539000212345678"), ""),
                (device(3, "353900029999990"), ""),
                (device(4, "000000000000000"), ""),
                (device(5, "004999010640000"), ""),
                (device(6, "358240051111110"), "device"),
                (device(7, "358240051111110"), ""),
                (device(3, "353900021234560"), ""),
            ],
        );
        assert_eq!(profile.imei, "358240051111110".parse().ok());
        assert_eq!(profile.imei_since, Some(Timestamp::from_seconds(6)));
        assert_eq!(profile.last_seen, None, "a device shown before the update is accepted is no sighting");
    }

    #[test]
    fn an_event_older_than_the_last_changes_nothing() {
        let profile = check(
            true,
            &[
                (event(10, NORMAL, "460-00-10-1"), "moved newcomer"),
                (event(5, Kind::ImsiDetach, "460-00-11-1"), ""),
                (event(6, ATTACH, "460-00-12-1"), ""),
                (event(10, Kind::PagingResponse, "460-00-10-1"), ""),
            ],
        );
        assert_eq!((profile.cell.cell(), profile.detached), (cell("460-00-10-1"), false));
    }

    #[test]
    fn who_was_not_seen_for_as_long_as_people_are_remembered_is_nobody_again() {
        const REMEMBERED_MICROS: u64 = 100_000_000;
        let seen = |now| {
            let mut profile = check(true, &[(event(10, NORMAL, "460-00-10-1"), "moved newcomer")]);
            profile.forget(Timestamp::from_seconds(now), REMEMBERED_MICROS);
            profile
        };
        assert_eq!(seen(110).last_seen, Some(Timestamp::from_seconds(10)));
        assert_eq!(seen(111), Profile::default());
        let mut profile = check(true, &[(device(50, "353900021234560"), "")]);
        profile.forget(Timestamp::from_seconds(150), REMEMBERED_MICROS);
        assert!(profile.imei.is_some());
    }

    #[test]
    fn a_call_for_help_is_remembered_of_a_known_subscriber() {
        let call = |at, direction, number: &str, emergency| {
            event(at, Kind::CallSetup { direction, number: number.parse().ok(), emergency }, "460-00-10-1")
        };
        let known = (event(1, NORMAL, "460-00-10-1"), "moved newcomer");
        let since = |call| check(true, &[known, (call, "")]).emergency.map(|at| at.as_micros() / 1_000_000);
        assert_eq!(since(call(2, Direction::Out, "", true)), Some(2));
        assert_eq!(since(call(3, Direction::Out, "120", false)), Some(3));
        assert_eq!(since(call(4, Direction::Out, "1200", false)), None);
        assert_eq!(since(call(5, Direction::In, "110", false)), None);
    }

    #[test]
    fn an_emergency_call_creates_no_subscriber() {
        let call = Kind::CallSetup { direction: Direction::Out, number: None, emergency: true };
        assert_eq!(check(true, &[(event(1, call, "460-00-10-1"), "")]), Profile::default());
    }
}

//! How time passes for one subscriber: clocks stand still while nobody could be heard where the subscriber was last seen.

use std::time::Duration;

use event::Timestamp;

use super::live::{Live, SlotKind};
use crate::areas::{Areas, Standstill};
use crate::policy::Periodic;
use crate::profile::Profile;

/// The course of time for one subscriber, as it is known now.
#[derive(Clone, Copy, Debug)]
pub(super) struct Course<'a> {
    standstill: Standstill<'a>,
    /// When the subscriber was last seen.
    seen: Timestamp,
    /// Up to when the marks that stand still have been moved.
    credited: Timestamp,
    /// How often phones report themselves there.
    report: Duration,
    /// Until when the subscriber is present though not seen, by a clock that never stands still.
    pub(super) expected: Timestamp,
}

impl<'a> Course<'a> {
    pub(super) fn new(profile: &Profile, areas: &'a Areas, periodic: &Periodic) -> Self {
        let seen = profile.last_seen.unwrap_or(Timestamp::MIN);
        let area = profile.area();
        let standstill = areas.standstill(area, seen);
        let lac = profile.cell.cell().lac.or(area.map(|area| area.lac));
        let report = periodic.period(lac, standstill.every);
        let expected = match profile.last_seen {
            Some(seen) if !profile.detached => seen + Periodic::with_tenth(report),
            _ => seen,
        };
        let (standstill, credited) = (standstill.with_reports_every(report), profile.live.credited().max(seen));
        Self { standstill, seen, credited, report, expected }
    }

    /// From when on the subscriber is not present, unless seen again before.
    pub(super) fn gone(&self) -> Timestamp {
        self.standstill.put_off(self.expected, self.seen).unwrap_or(Timestamp::MAX)
    }

    /// When a mark of this kind is due that would be at `due` if its clock never stood still. `None` while nobody can tell.
    pub(super) fn due(&self, kind: SlotKind, due: Timestamp) -> Option<Timestamp> {
        match kind {
            // Whoever is seen proves where, whatever was not heard before: what waited for that is due then.
            SlotKind::Held | SlotKind::Outside => self.standstill.put_off(due.max(self.seen), self.seen),
            SlotKind::Awaited | SlotKind::Postponed => self.standstill.put_off(due, self.credited),
            SlotKind::Scheduled => self.standstill.hold_back(due),
            // What was triggered before waits for nobody to be heard.
            SlotKind::Quieted => Some(due),
            // These only end.
            SlotKind::Reached | SlotKind::Counted | SlotKind::Barred | SlotKind::Offered | SlotKind::Spared => {
                Some(due)
            }
        }
    }

    /// When to look again, while nobody can tell at `now` when something is due: before any clock can go on, for an area that
    /// is heard again still has its phones to hear.
    pub(super) fn look_again(&self, now: Timestamp) -> Timestamp {
        now + (self.report / 2).max(Duration::from_secs(1))
    }

    /// Time has come to `now`: what of it was none is added to the marks that stand still.
    pub(super) fn credit(&self, live: &mut Live, now: Timestamp) {
        let none = self.standstill.between(self.credited, now);
        if !none.is_zero() {
            live.credit(none, now);
        }
    }
}

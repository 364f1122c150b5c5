//! How often phones report themselves, by location area. T3212 is told on the radio only: on the A interface it shows as the
//! time between a phone's last sign and its periodic update, in whole units. T3312 is told to each phone that attaches, on Gb.

use std::hash::{BuildHasher, BuildHasherDefault};
use std::time::Duration;

use event::{
    AreaFact, AreaFactKind, Binding, CellId, Event, Imsi, Interface, Kind, Lai, ReportTimer, Timestamp, UpdateType,
};
use rustc_hash::{FxHashMap, FxHasher};

/// The most phones whose signs are followed; where there are more, every second of them is.
pub const MAX_FOLLOWED: usize = 65_536;
/// The most areas of which anything is learned; further ones are not, and counted.
pub const MAX_AREAS: usize = 65_536;

/// T3212 is counted in tenths of an hour, 3GPP TS 44.018 §10.5.2.11.
const UNIT: Duration = Duration::from_secs(360);
/// The largest T3212, in units.
const MOST_UNITS: u64 = 255;
/// A phone is so late at most: it waits for a radio channel, and its timer began when the connection before was released.
const DELAY: Duration = Duration::from_secs(30);
/// So many more phones must say the same than say otherwise.
const VOTES: u8 = 5;
/// No more than this is remembered of what phones said, so that a change is noticed.
const MOST_VOTES: u8 = 16;

/// What was learned.
#[derive(Default)]
pub struct Reports {
    followed: FxHashMap<Imsi, (Timestamp, Lai)>,
    /// Only phones are followed of which these bits of the hash are zero.
    mask: u64,
    areas: FxHashMap<(Lai, ReportTimer), Vote>,
    /// Areas of which nothing is learned because of [`MAX_AREAS`].
    pub refused: u64,
}

/// What most phones say.
#[derive(Clone, Copy, Default)]
struct Vote {
    candidate: Duration,
    votes: u8,
    told: Duration,
}

impl Vote {
    /// One more phone says so. Gives it where it is new that most do.
    fn count(&mut self, every: Duration) -> Option<Duration> {
        match self.votes {
            _ if every == self.candidate => self.votes = (self.votes + 1).min(MOST_VOTES),
            0 => (self.candidate, self.votes) = (every, 1),
            _ => self.votes -= 1,
        }
        let is_new = self.votes >= VOTES && self.told != self.candidate;
        is_new.then(|| {
            self.told = self.candidate;
            self.candidate
        })
    }
}

impl Reports {
    /// A phone is there. Gives how often phones report themselves in its area where that is learned by this.
    pub fn sign(&mut self, event: &Event) -> Option<AreaFact> {
        let imsi = event.imsi.filter(|_| event.binding != Binding::Suspect && event.interface == Interface::A)?;
        let is_periodic = matches!(event.kind, Kind::LocationUpdate { update: UpdateType::Periodic, .. });
        if !is_periodic && self.followed.is_empty() {
            return None;
        }
        let before = match event.kind {
            Kind::ImsiDetach => return self.followed.remove(&imsi).and(None),
            _ if is_periodic => self.follow(imsi, event.at, event.cell),
            _ => {
                if let Some((last, _)) = self.followed.get_mut(&imsi) {
                    *last = event.at.max(*last);
                }
                return None;
            }
        };
        let (last, area) = before.filter(|(_, area)| Some(*area) == event.cell.lai())?;
        self.learn(area, ReportTimer::T3212, whole_units(event.at.since(last))?, event.at)
    }

    /// The network has told a phone in this area by which `timer` it is to report itself.
    pub fn learn(&mut self, area: Lai, timer: ReportTimer, every: Duration, at: Timestamp) -> Option<AreaFact> {
        if self.areas.len() >= MAX_AREAS && !self.areas.contains_key(&(area, timer)) {
            self.refused += 1;
            return None;
        }
        let every = self.areas.entry((area, timer)).or_default().count(every)?;
        Some(AreaFact { at, area, kind: AreaFactKind::Reports { timer, every } })
    }

    /// Follows a phone from here on; gives when it was last there, and where, if it was followed.
    fn follow(&mut self, imsi: Imsi, at: Timestamp, cell: CellId) -> Option<(Timestamp, Lai)> {
        if hash(imsi) & self.mask != 0 {
            return None;
        }
        if self.followed.len() >= MAX_FOLLOWED {
            self.mask = self.mask << 1 | 1;
            let mask = self.mask;
            self.followed.retain(|imsi, _| hash(*imsi) & mask == 0);
        }
        self.followed.insert(imsi, (at, cell.lai()?))
    }
}

fn hash(imsi: Imsi) -> u64 {
    // The low bits of this hash are the poorer ones.
    BuildHasherDefault::<FxHasher>::default().hash_one(imsi).reverse_bits()
}

/// The time rounded down to whole units, where it is hardly more than those.
fn whole_units(time: Duration) -> Option<Duration> {
    let units = time.as_secs() / UNIT.as_secs();
    let delay = time.checked_sub(UNIT * u32::try_from(units).ok()?)?;
    ((1..=MOST_UNITS).contains(&units) && delay <= DELAY).then(|| UNIT * units as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PERIODIC: Kind = Kind::LocationUpdate { update: UpdateType::Periodic, old: None };

    fn sign(reports: &mut Reports, phone: u64, second: i64, kind: Kind, lac: u16) -> Option<u64> {
        let event = Event {
            at: Timestamp::from_seconds(second),
            frame: 1,
            feed: 0,
            interface: Interface::A,
            imsi: format!("46000{phone:010}").parse().ok(),
            binding: Binding::Mapped,
            tmsi: None,
            imei: None,
            cell: CellId { plmn: "460-00".parse().ok(), lac: Some(lac), ci: None },
            after_reset: false,
            kind,
        };
        let fact = reports.sign(&event)?;
        let AreaFactKind::Reports { timer: ReportTimer::T3212, every } = fact.kind else { panic!("{fact:?}") };
        assert_eq!((fact.at, fact.area.lac), (event.at, lac));
        Some(every.as_secs())
    }

    #[test]
    fn a_period_is_learned_from_phones_that_report_after_it() {
        let mut reports = Reports::default();
        let mut told = Vec::new();
        for phone in 0..8 {
            sign(&mut reports, phone, 0, PERIODIC, 7);
            // What else a phone does begins its timer anew.
            sign(&mut reports, phone, 1000, Kind::PagingResponse, 7);
            told.push(sign(&mut reports, phone, 4602 + phone as i64, PERIODIC, 7));
        }
        assert_eq!(told, [None, None, None, None, Some(3600), None, None, None]);
    }

    #[test]
    fn what_is_no_whole_unit_or_of_another_area_says_nothing() {
        let mut reports = Reports::default();
        for phone in 0..20 {
            sign(&mut reports, phone, 0, PERIODIC, 7);
            assert_eq!(sign(&mut reports, phone, 3650, PERIODIC, 7), None);
            assert_eq!(sign(&mut reports, phone, 3650 + 3601, PERIODIC, 8), None);
        }
        for phone in 20..40 {
            sign(&mut reports, phone, 0, PERIODIC, 7);
            sign(&mut reports, phone, 10, Kind::ImsiDetach, 7);
            assert_eq!(sign(&mut reports, phone, 3610, PERIODIC, 7), None);
        }
    }

    #[test]
    fn a_change_is_learned_when_most_say_so() {
        let mut reports = Reports::default();
        let every = |reports: &mut Reports, from: i64, period: i64, phones: std::ops::Range<u64>| {
            let told = phones.filter_map(|phone| {
                sign(reports, phone, from, PERIODIC, 7);
                sign(reports, phone, from + period, PERIODIC, 7)
            });
            told.collect::<Vec<_>>()
        };
        assert_eq!(every(&mut reports, 0, 3600, 0..30), [3600]);
        assert_eq!(every(&mut reports, 9_000, 1800, 0..3), [0; 0]);
        assert_eq!(every(&mut reports, 20_000, 1800, 0..30), [1800]);
    }

    #[test]
    fn where_there_are_too_many_phones_half_of_them_are_followed() {
        let mut reports = Reports::default();
        for phone in 0..3 * MAX_FOLLOWED as u64 {
            sign(&mut reports, phone, 0, PERIODIC, 7);
            assert!(reports.followed.len() <= MAX_FOLLOWED);
        }
        assert!(reports.followed.len() > MAX_FOLLOWED / 4, "{}", reports.followed.len());
    }
}

//! A compiled delay: until when an offer waits whose trigger is complete.

use event::Timestamp;
use jiff::civil::Time;
use jiff::tz::TimeZone;

use super::Outcome;
use super::live::{Marks, Slot, SlotKind};
use super::pattern::Bits;
use crate::policy::{self, Policy, Reason};
use crate::scenario::{self, Calendar, Scenario, Schedule, Until, WINDOW};

#[derive(Debug)]
pub(super) struct Delay {
    until: End,
    /// The happenings that call the offer off.
    pub(super) unless: Bits,
    pub(super) still_here: bool,
}

#[derive(Debug)]
enum End {
    After(std::time::Duration),
    Clock(Clock),
}

/// Times of day on the days of a schedule.
#[derive(Debug)]
struct Clock {
    /// In order.
    times: Vec<Time>,
    schedule: Schedule,
    calendar: Calendar,
    zone: TimeZone,
}

impl Delay {
    pub(super) fn new(delay: &scenario::Delay, unless: Bits, scenario: &Scenario, policy: &Policy) -> Self {
        let until = match &delay.until {
            Until::After(span) => End::After(*span),
            Until::Clock(times) => {
                let mut times = times.clone();
                times.sort_unstable();
                let (schedule, calendar) = (scenario.schedule.clone(), policy.calendar.clone());
                End::Clock(Clock { times, schedule, calendar, zone: policy.timezone.clone() })
            }
        };
        Self { until, unless, still_here: delay.still_here }
    }

    /// Where it is remembered that an offer waits.
    pub(super) fn slot(&self) -> Slot {
        match self.until {
            End::After(_) => SlotKind::Postponed.at(0),
            End::Clock(_) => SlotKind::Scheduled.at(0),
        }
    }

    /// The trigger is complete: the offer waits from now on, unless one waits already. Gives what comes of it where there
    /// is nothing to wait for.
    pub(super) fn begin(&self, marks: &mut Marks<'_>, at: Timestamp) -> Option<Outcome> {
        let slot = self.slot();
        if marks.find(slot).is_some() {
            return None;
        }
        let end = match &self.until {
            End::After(span) => Some(at + *span),
            End::Clock(clock) => clock.next(at),
        };
        match end {
            Some(end) => {
                marks.set(slot, end);
                None
            }
            None => Some(Outcome::Withheld(Reason::OutsideHours)),
        }
    }
}

impl Clock {
    /// The first of its times after `at`, if it comes within the window.
    fn next(&self, at: Timestamp) -> Option<Timestamp> {
        let mut date = policy::local(&self.zone, at).date();
        // Summer time makes a window touch four days.
        for _ in 0..4 {
            let on = self.times.iter().filter(|_| self.schedule.is_on(date, &self.calendar));
            let instants = on.filter_map(|time| self.zone.to_timestamp(date.to_datetime(*time)).ok());
            let next = instants.map(|instant| Timestamp::from_micros(instant.as_microsecond())).find(|time| *time > at);
            if next.is_some() {
                return next.filter(|time| *time <= at + WINDOW);
            }
            date = date.tomorrow().ok()?;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::{Weekday, date, time};

    use super::*;

    fn check(weekdays: &[Weekday], zone: &str, at: &str, expected: Option<&str>) {
        let clock = Clock {
            times: vec![time(10, 0, 0, 0), time(18, 30, 0, 0)],
            schedule: Schedule { weekdays: weekdays.to_vec(), ..Schedule::default() },
            calendar: Calendar::default(),
            zone: TimeZone::get(zone).unwrap(),
        };
        let expected = expected.map(|text| text.parse().unwrap());
        assert_eq!(clock.next(at.parse().unwrap()), expected, "{weekdays:?} {zone} {at}");
    }

    #[test]
    fn the_next_time_is_the_first_after_the_trigger_on_a_day_that_is_on() {
        let shanghai = "Asia/Shanghai";
        check(&[], shanghai, "2009-07-10T01:59:59Z", Some("2009-07-10T02:00:00Z"));
        check(&[], shanghai, "2009-07-10T02:00:00Z", Some("2009-07-10T10:30:00Z"));
        check(&[], shanghai, "2009-07-10T10:30:00Z", Some("2009-07-11T02:00:00Z"));
        check(&[Weekday::Saturday], shanghai, "2009-07-10T01:00:00Z", Some("2009-07-11T02:00:00Z"));
        check(&[Weekday::Sunday], shanghai, "2009-07-10T02:00:00Z", Some("2009-07-12T02:00:00Z"));
        check(&[Weekday::Sunday], shanghai, "2009-07-10T01:59:59Z", None);
        check(&[Weekday::Friday], shanghai, "2009-07-10T10:30:00Z", None);
        assert_eq!(date(2009, 7, 10).weekday(), Weekday::Friday);
    }

    #[test]
    fn the_clock_is_that_on_the_wall_over_summer_time() {
        check(&[], "Europe/Berlin", "2026-03-28T17:30:00Z", Some("2026-03-29T08:00:00Z"));
        check(&[], "Europe/Berlin", "2026-03-27T17:30:00Z", Some("2026-03-28T09:00:00Z"));
    }
}

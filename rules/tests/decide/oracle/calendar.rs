//! Days and times of day, looked for one after the other.

use event::Timestamp;
use rules::scenario::{Holidays, Scenario, Until};

use crate::draw::World;

/// When the quiet hours of this moment end, looked for minute by minute; the moment itself where it is in none.
pub(super) fn quiet_ends(world: &World, at: Timestamp) -> Timestamp {
    let Some((from, to)) = world.rules.policy().quiet else { return at };
    let is_quiet = |at: Timestamp| {
        let minute = (at.as_micros().div_euclid(60_000_000) + 8 * 60).rem_euclid(1440);
        let (from, to) = (i64::from(from.hour()) * 60, i64::from(to.hour()) * 60);
        if from < to { (from..to).contains(&minute) } else { minute >= from || minute < to }
    };
    let minute = |later: i64| Timestamp::from_micros((at.as_micros().div_euclid(60_000_000) + later) * 60_000_000);
    if is_quiet(at) { (1..).map(minute).find(|at| !is_quiet(*at)).unwrap() } else { at }
}

/// Days since 1 January 1970.
pub(super) fn number(date: jiff::civil::Date) -> i64 {
    i64::from((date - jiff::civil::date(1970, 1, 1)).get_days())
}

/// Whether a day, counted from 1 January 1970, is one of the scenario's.
pub(super) fn is_on(world: &World, scenario: &Scenario, day: i64) -> bool {
    let schedule = &scenario.schedule;
    let weekday = (day + 3).rem_euclid(7) as i8;
    let among = |days: &[(jiff::civil::Date, jiff::civil::Date)]| {
        days.iter().any(|(first, last)| number(*first) <= day && day <= number(*last))
    };
    let calendar = &world.rules.policy().calendar;
    let (off, made_up_for) = (among(&calendar.off), among(&calendar.working));
    let works = made_up_for || weekday < 5 && !off;
    let any_day = schedule.weekdays.is_empty() && !schedule.working_days;
    let named = schedule.weekdays.iter().any(|named| named.to_monday_zero_offset() == weekday);
    let holiday = off && !made_up_for;
    (any_day || named || schedule.working_days && works)
        && match schedule.holidays {
            None => true,
            Some(Holidays::Only) => holiday,
            Some(Holidays::Except) => !holiday,
        }
}

/// The first of the scenario's times of day after this, at most 48 hours later: looked for minute by minute.
pub(super) fn next_time(world: &World, scenario: &Scenario, at: Timestamp) -> Option<Timestamp> {
    let Some(Until::Clock(times)) = scenario.delay.as_ref().map(|delay| &delay.until) else { return None };
    let minute = at.as_micros().div_euclid(60_000_000);
    (minute..=minute + 48 * 60).map(|minute| Timestamp::from_micros(minute * 60_000_000)).find(|time| {
        let local = time.as_micros() / 60_000_000 + 8 * 60;
        let (day, of_day) = (local.div_euclid(1440), local.rem_euclid(1440));
        let is_time = times.iter().any(|time| i64::from(time.hour()) * 60 + i64::from(time.minute()) == of_day);
        is_time && *time > at && *time <= at + rules::scenario::WINDOW && is_on(world, scenario, day)
    })
}

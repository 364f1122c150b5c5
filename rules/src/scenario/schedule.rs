//! When a scenario is in force: days and hours on the clocks of the policy's time zone, and which days are holidays.

use jiff::civil::{Date, Time, Weekday};

/// When a scenario is in force, in the policy's time zone.
#[derive(Clone, Debug, Default, Hash)]
pub struct Schedule {
    /// First and last day, both included.
    pub validity: Option<(Date, Date)>,
    /// Days of the week; empty means all, unless `working_days` says otherwise.
    pub weekdays: Vec<Weekday>,
    /// Working days of the calendar as well as `weekdays`.
    pub working_days: bool,
    /// Whether it makes a difference that a day is a holiday.
    pub holidays: Option<Holidays>,
    /// Times of day, from (included) to (excluded), over midnight where from is later; empty means always.
    pub hours: Vec<(Time, Time)>,
}

/// What a holiday means for a scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Holidays {
    /// In force on holidays only.
    Only,
    /// Not in force on holidays.
    Except,
}

/// Days that are not what their weekday says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Calendar {
    /// Days off: first and last of each, both included.
    pub off: Vec<(Date, Date)>,
    /// Days on which a day off is made up for.
    pub working: Vec<(Date, Date)>,
}

impl Calendar {
    /// Whether it is a day off by law, not only a weekend.
    pub fn is_holiday(&self, date: Date) -> bool {
        among(&self.off, date) && !among(&self.working, date)
    }

    /// Whether people work: from Monday to Friday but on holidays, and when a day off is made up for.
    pub fn is_working_day(&self, date: Date) -> bool {
        let is_weekend = matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday);
        among(&self.working, date) || !is_weekend && !among(&self.off, date)
    }
}

fn among(days: &[(Date, Date)], date: Date) -> bool {
    days.iter().any(|(first, last)| (*first..=*last).contains(&date))
}

impl Schedule {
    /// Whether the day is one of its days, whatever the hour and the validity.
    pub fn is_on(&self, date: Date, calendar: &Calendar) -> bool {
        let on_any = self.weekdays.is_empty() && !self.working_days;
        let on_weekday = self.weekdays.contains(&date.weekday());
        let on_working_day = self.working_days && calendar.is_working_day(date);
        let on_holiday = self.holidays.is_none_or(|rule| (rule == Holidays::Only) == calendar.is_holiday(date));
        (on_any || on_weekday || on_working_day) && on_holiday
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    /// The days from 27 September 2009 on that are on: `S` for Sunday the 27th, which is worked, and so forth.
    fn check(schedule: &Schedule, expected: &str) {
        let day = |number: i8| if number <= 30 { date(2009, 9, number) } else { date(2009, 10, number - 30) };
        let calendar =
            Calendar { off: vec![(day(31), day(38))], working: vec![(day(27), day(27)), (day(40), day(40))] };
        let shown: String =
            (27..=42).map(|number| if schedule.is_on(day(number), &calendar) { '+' } else { '.' }).collect();
        assert_eq!(shown, expected, "{schedule:?}");
    }

    #[test]
    fn working_days_follow_the_calendar_and_weekdays_the_week() {
        //                                   SMTWtfsSMTWtfsSM
        check(&Schedule::default(), "++++++++++++++++");
        check(&Schedule { working_days: true, ..Schedule::default() }, "++++........++.+");
        check(&Schedule { weekdays: vec![Weekday::Saturday], ..Schedule::default() }, "......+......+..");
        let both = Schedule { weekdays: vec![Weekday::Sunday], working_days: true, ..Schedule::default() };
        check(&both, "++++...+....++++");
    }

    #[test]
    fn holidays_are_days_off_that_are_not_made_up_for() {
        check(&Schedule { holidays: Some(Holidays::Only), ..Schedule::default() }, "....++++++++....");
        check(&Schedule { holidays: Some(Holidays::Except), ..Schedule::default() }, "++++........++++");
        let weekend = vec![Weekday::Saturday, Weekday::Sunday];
        let weekend = Schedule { weekdays: weekend, holidays: Some(Holidays::Except), ..Schedule::default() };
        check(&weekend, "+............++.");
    }
}

//! When: microseconds of capture time. Nothing here reads a clock.

use std::fmt;
use std::num::NonZeroU64;
use std::ops::{Add, Sub};
use std::str::FromStr;
use std::time::Duration;

/// A point in capture time: microseconds since 1970-01-01T00:00:00Z. Shown and read as RFC 3339 in UTC.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(
    /// The microseconds, and [`EPOCH`]: never 0, so that a time that may be absent takes no more room than one.
    NonZeroU64,
);

/// What stands for 1970.
const EPOCH: u64 = 1 << 63;

/// A text is not an RFC 3339 time in UTC such as `2026-03-01T09:30:00Z`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidTimestamp;

impl fmt::Display for InvalidTimestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a time is written as 2026-03-01T09:30:00Z, with or without a fraction")
    }
}

impl std::error::Error for InvalidTimestamp {}

const MICROS: i64 = 1_000_000;
const DAY_SECONDS: i64 = 86_400;

impl Timestamp {
    /// The earliest time that can be told.
    pub const MIN: Self = Self(NonZeroU64::MIN);
    /// The latest time that can be told.
    pub const MAX: Self = Self(NonZeroU64::MAX);

    /// From microseconds since the Unix epoch.
    #[inline]
    pub const fn from_micros(micros: i64) -> Self {
        Self::from_bits(micros as u64 ^ EPOCH)
    }

    const fn from_bits(bits: u64) -> Self {
        match NonZeroU64::new(bits) {
            Some(bits) => Self(bits),
            None => Self::MIN,
        }
    }

    /// Microseconds since the Unix epoch.
    #[inline]
    pub const fn as_micros(self) -> i64 {
        (self.0.get() ^ EPOCH) as i64
    }

    /// From whole seconds since the Unix epoch.
    pub const fn from_seconds(seconds: i64) -> Self {
        Self::from_micros(seconds.saturating_mul(MICROS))
    }

    /// Time from `earlier` to this; zero where `earlier` is later.
    #[inline]
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(self.micros_since(earlier))
    }

    /// The same in microseconds.
    #[inline]
    pub const fn micros_since(self, earlier: Self) -> u64 {
        self.0.get().saturating_sub(earlier.0.get())
    }
}

/// 1970.
impl Default for Timestamp {
    fn default() -> Self {
        Self::from_micros(0)
    }
}

impl Add<Duration> for Timestamp {
    type Output = Self;

    #[inline]
    fn add(self, span: Duration) -> Self {
        Self(self.0.saturating_add(micros(span)))
    }
}

impl Sub<Duration> for Timestamp {
    type Output = Self;

    #[inline]
    fn sub(self, span: Duration) -> Self {
        Self::from_bits(self.0.get().saturating_sub(micros(span)))
    }
}

#[inline]
fn micros(span: Duration) -> u64 {
    u64::try_from(span.as_micros()).unwrap_or(u64::MAX)
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (seconds, micros) = (self.as_micros().div_euclid(MICROS), self.as_micros().rem_euclid(MICROS));
        let (days, second) = (seconds.div_euclid(DAY_SECONDS), seconds.rem_euclid(DAY_SECONDS));
        let (year, month, day) = civil_from_days(days);
        write!(
            f,
            "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}.{micros:06}Z",
            second / 3600,
            second / 60 % 60,
            second % 60
        )
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Timestamp({self})")
    }
}

impl FromStr for Timestamp {
    type Err = InvalidTimestamp;

    fn from_str(text: &str) -> Result<Self, InvalidTimestamp> {
        parse(text).ok_or(InvalidTimestamp)
    }
}

fn parse(text: &str) -> Option<Timestamp> {
    let (date, time) = text.strip_suffix('Z')?.split_once('T')?;
    let mut parts = date.splitn(3, '-').map(|part| part.parse::<i64>().ok());
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    let (whole, fraction) = time.split_once('.').unwrap_or((time, ""));
    let mut parts = whole.splitn(3, ':').map(|part| part.parse::<i64>().ok());
    let (hour, minute, second) = (parts.next()??, parts.next()??, parts.next()??);
    let known = (0..=9999).contains(&year)
        && (1..=12).contains(&month)
        && (1..=31).contains(&day)
        && (0..24).contains(&hour)
        && (0..60).contains(&minute)
        && (0..=60).contains(&second)
        && fraction.bytes().all(|byte| byte.is_ascii_digit());
    if !known {
        return None;
    }
    let micros: i64 = format!("{fraction:0<6.6}").parse().ok()?;
    let days = days_from_civil(year, month, day);
    let seconds = days * DAY_SECONDS + hour * 3600 + minute * 60 + second;
    Some(Timestamp::from_micros(seconds * MICROS + micros))
}

// Days since 1970-01-01 in the proleptic Gregorian calendar, counted in years that begin on 1 March.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_keep_their_order_and_stay_within_what_can_be_told() {
        let at = |micros| Timestamp::from_micros(micros);
        let rising = [i64::MIN + 1, -7, 0, 7, i64::MAX];
        assert!(rising.is_sorted_by(|a, b| at(*a) < at(*b)));
        assert!(rising.iter().all(|micros| at(*micros).as_micros() == *micros));
        assert_eq!((at(i64::MIN), at(i64::MAX)), (Timestamp::MIN, Timestamp::MAX));
        let span = Duration::from_micros(10);
        assert_eq!((at(-7) + span, at(3) - span), (at(3), at(-7)));
        assert_eq!((Timestamp::MAX + span, Timestamp::MIN - span), (Timestamp::MAX, Timestamp::MIN));
        assert_eq!((at(3).since(at(-7)), at(-7).since(at(3))), (span, Duration::ZERO));
        assert_eq!(size_of::<Option<Timestamp>>(), 8);
    }

    #[test]
    fn rfc_3339_round_trip() {
        for text in [
            "1970-01-01T00:00:00.000000Z",
            "2009-07-10T23:59:59.999999Z",
            "2000-02-29T12:00:00.000001Z",
            "1969-12-31T23:59:59.500000Z",
            "2026-11-22T02:26:20.123456Z",
        ] {
            assert_eq!(text.parse::<Timestamp>().unwrap().to_string(), text);
        }
        assert_eq!("2026-11-22T00:00:00Z".parse::<Timestamp>().unwrap().as_micros(), 1_795_305_600_000_000);
        assert_eq!("2026-11-22T00:00:00.5Z".parse::<Timestamp>().unwrap().as_micros(), 1_795_305_600_500_000);
        assert!("2026-13-22T00:00:00Z".parse::<Timestamp>().is_err());
        assert!("2026-11-22 00:00:00".parse::<Timestamp>().is_err());
    }
}

//! The small notations of the language: durations, caps, shares, dates, times and number patterns. Pure: a text gives a
//! value or nothing; what to say about nothing is for [`super::field`].

use std::time::Duration;

use event::{DomainName, Number};
use jiff::civil::{Date, Time};

use crate::scenario::{Cap, Money, NumberPattern, Unit};

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// Units of time and their seconds.
const UNITS: [(&[&str], u64); 5] = [
    (&["s", "sec", "second", "seconds", "秒", "秒钟"], 1),
    (&["m", "min", "mins", "minute", "minutes", "分", "分钟"], MINUTE),
    (&["h", "hour", "hours", "时", "小时", "个小时"], HOUR),
    (&["d", "day", "days", "天", "日"], DAY),
    (&["w", "week", "weeks", "周", "星期", "个星期"], 7 * DAY),
];

/// What may stand between two ends.
const RANGE_MARKS: [&str; 9] = ["..", "至", "到", "~", " to ", " - ", "——", "—", "–"];

/// `10m`, `1h30m`, `48 小时`.
pub(super) fn duration(text: &str) -> Option<Duration> {
    let mut seconds = 0_u64;
    let mut rest = text.trim();
    while !rest.is_empty() {
        let (count, after) = leading_digits(rest)?;
        let after = after.trim_start();
        let end = after.find(|letter: char| letter.is_ascii_digit() || letter.is_whitespace()).unwrap_or(after.len());
        let (unit, next) = after.split_at_checked(end)?;
        seconds = seconds.checked_add(count.checked_mul(unit_seconds(unit)?)?)?;
        rest = next.trim_start();
    }
    (seconds > 0).then(|| Duration::from_secs(seconds))
}

fn unit_seconds(unit: &str) -> Option<u64> {
    UNITS
        .iter()
        .find(|(names, _)| names.iter().any(|name| name.eq_ignore_ascii_case(unit)))
        .map(|(_, seconds)| *seconds)
}

/// The digits at the beginning and what follows them.
fn leading_digits(text: &str) -> Option<(u64, &str)> {
    let end = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at_checked(end)?;
    Some((digits.parse().ok()?, rest))
}

/// `1 per 30d`, `2/7d`, `once per day`, `每30天1次`, `每天最多一次`, `1次/天`. A count of 0 is for the caller to refuse.
pub(super) fn cap(text: &str) -> Option<Cap> {
    let text = arabic(text.trim());
    let (count, per) = ["per", "/", "每"]
        .into_iter()
        .find_map(|mark| text.split_once(mark).filter(|(count, _)| !count.trim().is_empty()))
        .map_or_else(|| count_last(&text), |(count, per)| Some((times(count)?, per.trim())))?;
    Some(Cap { count, per: period(per)? })
}

/// Words that stand behind a count of short messages rather than of offers.
const PARTS: [&str; 5] = ["parts", "part", "segments", "segment", "计费条"];

/// A cap on offers, or on the short messages that they take: `5 parts per 7d`, `每7天最多5计费条`.
pub(super) fn counted_cap(text: &str) -> Option<(Cap, Unit)> {
    match PARTS.into_iter().find(|word| text.contains(word)) {
        Some(word) => cap(&text.replacen(word, "次", 1)).map(|cap| (cap, Unit::Parts)),
        None => cap(text).map(|cap| (cap, Unit::Offers)),
    }
}

/// `500`, `0.05`, `5,000元`, `￥12.5`: at most four decimals.
pub(super) fn money(text: &str) -> Option<Money> {
    const MOST_DIGITS: usize = 12;
    let text = text.trim().trim_start_matches(['¥', '￥']).trim_end_matches("yuan").trim_end_matches('元').trim();
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let whole: String = whole.chars().filter(|letter| *letter != ',').collect();
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || whole.len() > MOST_DIGITS || fraction.len() > 4 || !digits(&whole) || !digits(fraction) {
        return None;
    }
    format!("{whole}{fraction:0<4}").parse().ok().map(Money)
}

/// `每30天最多1次`: the count stands last.
fn count_last(text: &str) -> Option<(u32, &str)> {
    let text = text.trim_start_matches("每").trim().strip_suffix("次")?.trim_end();
    let per = text.trim_end_matches(|letter: char| letter.is_ascii_digit());
    let count = text.strip_prefix(per)?.parse().ok()?;
    let per = ["最多", "至多", "不超过", "限", "发"].into_iter().find_map(|most| per.strip_suffix(most)).unwrap_or(per);
    Some((count, per.trim()))
}

/// `1`, `1次`, `once`, `2 times`.
fn times(text: &str) -> Option<u32> {
    let text = text.trim();
    match text {
        "once" => return Some(1),
        "twice" => return Some(2),
        _ => {}
    }
    let (count, unit) = leading_digits(text)?;
    matches!(unit.trim(), "" | "次" | "条" | "x" | "time" | "times").then(|| u32::try_from(count).ok()).flatten()
}

/// `30d`, `day`, `天`.
fn period(text: &str) -> Option<Duration> {
    unit_seconds(text).map(Duration::from_secs).or_else(|| duration(text))
}

/// Single Chinese numerals as digits: `每天一次`. Compound ones (十五) stay, and are refused.
fn arabic(text: &str) -> String {
    let digit = |letter| "零一二三四五六七八九".chars().position(|numeral| numeral == letter);
    let mut written = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        let next_is_numeral = letters.peek().is_some_and(|next| digit(*next).is_some() || *next == '十');
        let value = if letter == '两' { Some(2) } else { digit(letter) };
        match value.filter(|_| !next_is_numeral && !written.ends_with('十')).and_then(|value| u32::try_from(value).ok())
        {
            Some(value) => written.extend(char::from_digit(value, 10)),
            None => written.push(letter),
        }
    }
    written
}

/// `10%`, `2.5 %`, in hundredths of a percent, 0 to 10,000.
pub(super) fn percentage(text: &str) -> Option<u16> {
    let number = text.trim().strip_suffix('%')?.trim_end();
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || whole.len() > 3 || fraction.len() > 2 || !digits(whole) || !digits(fraction) {
        return None;
    }
    let hundredths = format!("{fraction:0<2}").parse::<u16>().ok()? + whole.parse::<u16>().ok()? * 100;
    (hundredths <= 10_000).then_some(hundredths)
}

/// `2009-07-01..2009-08-31`, or one day. The ends are not compared.
pub(super) fn dates(text: &str) -> Option<(Date, Date)> {
    let slashed = || text.contains('/').then(|| text.split_once('-')).flatten();
    match ends(text).or_else(slashed) {
        Some((from, to)) => Some((date(from)?, date(to)?)),
        None => date(text).map(|day| (day, day)),
    }
}

/// `2009-07-01`, `2009年7月1日`, and `2009/7/1` as spreadsheets write it.
fn date(text: &str) -> Option<Date> {
    let mut parts = text.trim().trim_end_matches('日').split(['-', '/', '年', '月']);
    let mut part = || parts.next().map(str::trim).filter(|part| part.bytes().all(|byte| byte.is_ascii_digit()));
    let (year, month, day) = (part()?, part()?, part()?);
    if year.len() != 4 || parts.next().is_some() {
        return None;
    }
    Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()
}

/// The two ends of a range, if the text is one.
pub(super) fn ends(text: &str) -> Option<(&str, &str)> {
    RANGE_MARKS.into_iter().find_map(|mark| text.split_once(mark)).map(|(from, to)| (from.trim(), to.trim()))
}

/// `09:00..21:00`, `09:00-21:00`. Equal ends are for the caller to refuse.
pub(super) fn hours(text: &str) -> Option<(Time, Time)> {
    let (from, to) = ends(text).or_else(|| text.split_once('-'))?;
    Some((clock(from)?, clock(to)?))
}

/// `22:00`, `9:30`, `21点`, `9点30分`; `24:00` is midnight.
pub(super) fn clock(text: &str) -> Option<Time> {
    let (hour, minute) = match text.trim().split_once('点') {
        Some((hour, "")) => (hour, "00"),
        Some((hour, "半")) => (hour, "30"),
        Some((hour, minute)) => (hour, minute.trim_end_matches('分')),
        None => text.trim().split_once(':')?,
    };
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if !matches!(hour.len(), 1 | 2) || minute.len() != 2 || !digits(hour) || !digits(minute) {
        return None;
    }
    match (hour.parse().ok()?, minute.parse().ok()?) {
        (24, 0) => Some(Time::midnight()),
        (hour, minute) => Time::new(hour, minute, 0, 0).ok(),
    }
}

/// `114`, `+8613800100186`, `*100#`, `1795*` for all that begin so.
pub(super) fn number_pattern(text: &str) -> Option<NumberPattern> {
    let text = text.trim();
    if text.contains(|symbol: char| symbol.is_ascii_alphabetic()) {
        return None;
    }
    match text.strip_suffix('*') {
        Some(prefix) => prefix.parse::<Number>().ok().map(NumberPattern::Prefix),
        None => text.parse().ok().map(NumberPattern::Exactly),
    }
}

/// A pattern of numbers as it is written.
pub(super) fn written(pattern: &NumberPattern) -> String {
    match pattern {
        NumberPattern::Exactly(number) => number.to_string(),
        NumberPattern::Prefix(prefix) => format!("{prefix}*"),
    }
}

/// A length of time in whole days.
pub(super) fn days_of(span: Duration) -> u64 {
    span.as_secs() / DAY
}

/// `taobao.com`, `*.taobao.com`, `http://m.taobao.com/`: the host, with or without what people copy along with it.
pub(super) fn domain(text: &str) -> Option<DomainName> {
    let text = text.trim();
    let host = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://")).unwrap_or(text);
    let host = host.strip_suffix('/').unwrap_or(host);
    host.strip_prefix("*.").unwrap_or(host).parse().ok()
}

#[cfg(test)]
mod tests {
    use std::fmt::Debug;

    use jiff::civil;

    use super::*;

    fn check<T: PartialEq + Debug>(read: impl Fn(&str) -> Option<T>, text: &str, expected: Option<T>) {
        assert_eq!(read(text), expected, "{text}");
    }

    #[test]
    fn durations_have_a_unit_and_more_than_nothing() {
        let seconds = |count| Some(Duration::from_secs(count));
        check(duration, "10m", seconds(600));
        check(duration, "48h", seconds(172_800));
        check(duration, "1h30m", seconds(5400));
        check(duration, "1小时 30分钟", seconds(5400));
        check(duration, "30 天", seconds(30 * DAY));
        check(duration, "2 Weeks", seconds(14 * DAY));
        for bad in ["", "10", "m", "0m", "-1h", "1.5h", "10 mo", "99999999999999999999d", "18446744073709551615w"] {
            check(duration, bad, None);
        }
    }

    #[test]
    fn caps_are_read_as_people_say_them() {
        let cap_of = |count, days| Some(Cap { count, per: Duration::from_secs(days * DAY) });
        for once in
            ["1 per 30d", "1/30d", "once per 30 days", "每30天1次", "30天1次", "每30天最多1次", "1次/30天", "1次每30天"]
        {
            check(cap, once, cap_of(1, 30));
        }
        check(cap, "每天一次", cap_of(1, 1));
        check(cap, "3 times per week", cap_of(3, 7));
        check(cap, "每三天两次", cap_of(2, 3));
        check(cap, "0 per 1d", cap_of(0, 1));
        for bad in ["", "1", "1 per", "per 1d", "30天", "每十五天一次", "1 每", "4294967296/1d", "one per day", "每次"]
        {
            check(cap, bad, None);
        }
    }

    #[test]
    fn shares_need_the_percent_sign_and_end_at_a_hundred() {
        check(percentage, "10%", Some(1000));
        check(percentage, "2.5 %", Some(250));
        check(percentage, "0.01%", Some(1));
        check(percentage, "100%", Some(10_000));
        for bad in ["10", "%", "100.01%", "-1%", "1.234%", "a%", ".5%", "9999%"] {
            check(percentage, bad, None);
        }
    }

    #[test]
    fn dates_exist_and_stand_in_either_notation() {
        let july = (civil::date(2009, 7, 1), civil::date(2009, 8, 31));
        for text in [
            "2009-07-01..2009-08-31",
            "2009-7-1 至 2009-8-31",
            "2009年7月1日到2009年8月31日",
            "2009-07-01 to 2009-08-31",
            "2009/7/1-2009/8/31",
            "2009-07-01—2009-08-31",
        ] {
            check(dates, text, Some(july));
        }
        check(dates, "2009-07-01", Some((july.0, july.0)));
        for bad in [
            "",
            "2009-02-29",
            "2009-13-01",
            "09-07-01",
            "09/07/01",
            "2009.07.01",
            "2009-07-01..",
            "2009-07-01-01",
            "七月",
        ] {
            check(dates, bad, None);
        }
    }

    #[test]
    fn hosts_are_read_as_they_are_copied() {
        let host = |text: &str| text.parse().ok();
        check(domain, "taobao.com", host("taobao.com"));
        check(domain, "*.taobao.com", host("taobao.com"));
        check(domain, "http://M.Taobao.com/", host("m.taobao.com"));
        check(domain, "cmwap", host("cmwap"));
        for bad in ["", "*", "淘宝", "a b", "taobao.com/item", "taobao，com"] {
            check(domain, bad, None);
        }
    }

    #[test]
    fn times_are_of_a_day() {
        check(clock, "9:05", Some(civil::time(9, 5, 0, 0)));
        check(clock, "24:00", Some(Time::midnight()));
        check(clock, "9点", Some(civil::time(9, 0, 0, 0)));
        check(clock, "21点半", Some(civil::time(21, 30, 0, 0)));
        check(clock, "9点05分", Some(civil::time(9, 5, 0, 0)));
        for bad in ["", "9", "25:00", "24:01", "09:60", "9:5", "9pm", "1320", "22:00:00", "+9:00", "25点", "九点"] {
            check(clock, bad, None);
        }
        for text in ["21:00..09:00", "21:00-9:00", "21:00至09:00", "21:00—9:00", "21点到9点"] {
            check(hours, text, Some((civil::time(21, 0, 0, 0), civil::time(9, 0, 0, 0))));
        }
        check(hours, "21:00", None);
    }

    #[test]
    fn numbers_keep_their_zeros_and_a_star_at_the_end_means_any_rest() {
        let number = |text: &str| text.parse::<Number>().unwrap();
        check(number_pattern, "0114", Some(NumberPattern::Exactly(number("0114"))));
        check(number_pattern, "*100#", Some(NumberPattern::Exactly(number("*100#"))));
        check(number_pattern, "+86138", Some(NumberPattern::Exactly(number("+86138"))));
        check(number_pattern, "1795*", Some(NumberPattern::Prefix(number("1795"))));
        for bad in ["", "*", "+", "138 0013", "010-1234", "abc", "1e3", "123456789012345678901234567890123"] {
            check(number_pattern, bad, None);
        }
    }

    #[test]
    fn caps_count_offers_or_what_is_paid_for() {
        let check = |text: &str, expected: Option<(u32, u64, Unit)>| {
            let found = counted_cap(text).map(|(cap, unit)| (cap.count, cap.per.as_secs() / DAY, unit));
            assert_eq!(found, expected, "{text}");
        };
        check("3 per 7d", Some((3, 7, Unit::Offers)));
        check("5 parts per 7d", Some((5, 7, Unit::Parts)));
        check("5 segments/7d", Some((5, 7, Unit::Parts)));
        check("每7天最多5计费条", Some((5, 7, Unit::Parts)));
        check("每7天5次", Some((5, 7, Unit::Offers)));
        check("parts", None);
    }

    #[test]
    fn money_has_up_to_four_decimals() {
        let check =
            |text: &str, expected: Option<u64>| assert_eq!(money(text).map(|money| money.0), expected, "{text}");
        check("500", Some(5_000_000));
        check("0.05", Some(500));
        check("5,000元", Some(50_000_000));
        check("￥12.5", Some(125_000));
        check("0.0001", Some(1));
        for bad in ["", "free", "-1", "0.00001", "1e3", ".5", "元"] {
            check(bad, None);
        }
    }
}

//! Small, meaningful mistakes: each place of a file changed as an author might have written it by error. Works on the tree
//! of a file and its notations alone, so that whatever the language can say is covered.

use std::ops::Range;
use std::time::Duration;

use jiff::civil::{Date, Time};

use super::value;
use super::vocabulary as v;
use super::words::Word;
use super::yaml::{Entry, Node, Value};
use crate::scenario::{Cap, NumberPattern};

/// One change of a file.
#[derive(Debug)]
pub(super) struct Mutation {
    /// Where.
    pub(super) span: Range<usize>,
    /// What stood there; a key is written with its colon.
    pub(super) before: String,
    /// What stands there instead; nothing where it was taken out.
    pub(super) after: Option<String>,
    /// The file with the change.
    pub(super) root: Node,
}

/// Keys whose values no case can notice: what people read, and how long an offer may wait for its channel.
const UNSEEN: [Word; 14] = [
    v::SCENARIO,
    v::TITLE,
    v::NOTE,
    v::TEMPLATE,
    v::SEND,
    v::VARIANTS,
    v::LANGUAGE,
    v::CONVERT,
    v::EXPIRES,
    v::TIMEZONE,
    v::UNIVERSAL_CONTROL,
    v::SAMPLE,
    v::HOME,
    v::REMEMBERED,
];

/// Values of which one may be taken for another.
const CHOICES: [&[Word]; 13] = [
    &[v::SERVICE, v::MARKETING, v::LOCATION],
    &[v::SETUP, v::ANSWERED, v::ENDED],
    &[v::CALL_OUT, v::CALL_IN],
    &[v::SMS_OUT, v::SMS_IN],
    &[v::RECONFIRM, v::PRESUME],
    &[v::ON, v::OFF],
    &[v::ATTACH, v::DETACH],
    &[v::ONLY, v::EXCEPT],
    &[v::NORMAL, v::PERIODIC],
    &[v::OPT_IN, v::OPT_OUT],
    &[v::DROP, v::HOLD],
    &[v::INTERNATIONAL, v::OTHER_NETWORK, v::HOME_PROVINCE],
    &[v::BUSY, v::NO_ANSWER, v::TURNED_DOWN],
];

/// Keys whose whole numbers count something, and are none that people dial.
const AMOUNTS: [Word; 3] = [v::TOTAL, v::AT_LEAST, v::BUDGET];

/// Keys of which one may be taken for another.
const KEYS: [[Word; 2]; 6] = [
    [v::ENTER, v::LEAVE],
    [v::DIALLED, v::CALLER],
    [v::OUTGOING, v::INCOMING],
    [v::ROAM_IN, v::ROAM_BACK],
    [v::POWER_ON, v::POWER_OFF],
    [v::TARGET, v::EXCLUDE],
];

/// All changes of a file. `lists` are the names of areas and lists, any of which may be taken for another.
pub(super) fn mutations(root: &Node, lists: &[&str]) -> Vec<Mutation> {
    let mut walk = Walk { root, lists, path: Vec::new(), found: Vec::new() };
    walk.node(root, None);
    walk.found
}

struct Walk<'a> {
    root: &'a Node,
    lists: &'a [&'a str],
    /// The places of the values that lead to the one at hand.
    path: Vec<usize>,
    found: Vec<Mutation>,
}

impl Walk<'_> {
    fn node(&mut self, node: &Node, key: Option<&str>) {
        match &node.value {
            Value::Text { text, .. } => {
                for after in other_values(text.trim(), key, self.lists) {
                    let value = Value::Text { text: after.clone(), plain: true };
                    self.change(&node.span, text, Some(after), |place| place.value = value);
                }
            }
            Value::List(items) => self.list(node, items, key),
            Value::Fields(entries) => self.fields(entries),
            Value::Empty | Value::Refused => {}
        }
    }

    fn list(&mut self, node: &Node, items: &[Node], key: Option<&str>) {
        for (place, item) in items.iter().enumerate() {
            if items.len() > 1 {
                let what = brief(item);
                self.change(&item.span, &what, None, |list| {
                    if let Value::List(items) = &mut list.value {
                        items.remove(place);
                    }
                });
            }
            if place > 0 && key.is_some_and(|key| v::STEPS.is(key)) {
                let [before, after] = [[place, place + 1], [place + 1, place]].map(|order| format!("{order:?}"));
                self.change(&node.span, &before, Some(after), |list| {
                    if let Value::List(items) = &mut list.value {
                        items.swap(place - 1, place);
                    }
                });
            }
            self.path.push(place);
            self.node(item, key);
            self.path.pop();
        }
    }

    fn fields(&mut self, entries: &[Entry]) {
        for (place, entry) in entries.iter().enumerate() {
            if UNSEEN.iter().any(|word| word.is(&entry.key)) {
                continue;
            }
            self.change(&entry.key_span, &format!("{}: {}", entry.key, brief(&entry.value)), None, |form| {
                if let Value::Fields(entries) = &mut form.value {
                    entries.remove(place);
                }
            });
            for other in other_keys(&entry.key) {
                self.change(&entry.key_span, &format!("{}:", entry.key), Some(format!("{other}:")), |form| {
                    if let Value::Fields(entries) = &mut form.value
                        && let Some(entry) = entries.get_mut(place)
                    {
                        entry.key = other.to_owned();
                    }
                });
            }
            self.path.push(place);
            self.node(&entry.value, Some(&entry.key));
            self.path.pop();
        }
    }

    /// Enters the file in which `change` was made at the place at hand.
    fn change(&mut self, span: &Range<usize>, before: &str, after: Option<String>, change: impl FnOnce(&mut Node)) {
        let mut root = self.root.clone();
        if let Some(place) = self.path.iter().try_fold(&mut root, |node, place| child(node, *place)) {
            change(place);
            self.found.push(Mutation { span: span.clone(), before: before.to_owned(), after, root });
        }
    }
}

fn child(node: &mut Node, place: usize) -> Option<&mut Node> {
    match &mut node.value {
        Value::List(items) => items.get_mut(place),
        Value::Fields(entries) => entries.get_mut(place).map(|entry| &mut entry.value),
        Value::Text { .. } | Value::Empty | Value::Refused => None,
    }
}

/// A value in a few words.
fn brief(node: &Node) -> String {
    match &node.value {
        Value::Text { text, .. } => text.clone(),
        Value::List(items) => format!("[{}]", items.iter().map(brief).collect::<Vec<_>>().join(", ")),
        Value::Fields(entries) => {
            let fields = entries.iter().map(|entry| format!("{}: {}", entry.key, brief(&entry.value)));
            format!("{{{}}}", fields.collect::<Vec<_>>().join(", "))
        }
        Value::Empty | Value::Refused => String::new(),
    }
}

/// The keys that an author may have taken for this one.
fn other_keys(key: &str) -> impl Iterator<Item = &'static str> + '_ {
    KEYS.iter().filter_map(|[one, other]| match () {
        () if one.is(key) => Some(other.english),
        () if other.is(key) => Some(one.english),
        () => None,
    })
}

/// What an author may have written in place of a value.
fn other_values(text: &str, key: Option<&str>, lists: &[&str]) -> Vec<String> {
    if lists.contains(&text) {
        return lists.iter().filter(|other| **other != text).map(|other| (*other).to_owned()).collect();
    }
    let is = |word: Word| key.is_some_and(|key| word.is(key));
    if let Ok(number) = text.parse::<u64>()
        && is(v::PRIORITY)
    {
        return [0, 100].into_iter().filter(|other| *other != number).map(|other| other.to_string()).collect();
    }
    let chosen = choices(text);
    if !chosen.is_empty() {
        return chosen;
    }
    value::duration(text)
        .map(durations)
        .or_else(|| value::cap(text).map(caps))
        .or_else(|| value::dates(text).map(dates))
        .or_else(|| value::hours(text).map(hours))
        .or_else(|| value::clock(text).map(clocks))
        .or_else(|| AMOUNTS.into_iter().any(is).then(|| text.parse().ok().map(amounts)).flatten())
        .or_else(|| value::number_pattern(text).and_then(number))
        .unwrap_or_default()
}

fn choices(text: &str) -> Vec<String> {
    let group = CHOICES.iter().find(|group| group.iter().any(|word| word.is(text)));
    let others = group.into_iter().copied().flatten().filter(|word| !word.is(text));
    others.map(|word| word.english.to_owned()).collect()
}

/// Twice as long, and half as long.
fn durations(span: Duration) -> Vec<String> {
    let seconds = span.as_secs();
    vec![span_text(seconds.saturating_mul(2)), span_text((seconds / 2).max(1))]
}

/// `90m` for 5400 seconds: the largest unit without rest.
pub(super) fn span_text(seconds: u64) -> String {
    let units = [(86_400, "d"), (3600, "h"), (60, "m")];
    let unit = units.into_iter().find(|(unit, _)| seconds.is_multiple_of(*unit));
    unit.map_or_else(|| format!("{seconds}s"), |(unit, name)| format!("{}{name}", seconds / unit))
}

/// One more, and in a period twice or half as long.
fn caps(cap: Cap) -> Vec<String> {
    let periods = durations(cap.per).into_iter().map(|per| format!("{} per {per}", cap.count));
    let more = format!("{} per {}", cap.count.saturating_add(1), span_text(cap.per.as_secs()));
    std::iter::once(more).chain(periods).collect()
}

/// Just after, and a day shorter at either end.
fn dates((first, last): (Date, Date)) -> Vec<String> {
    let range = |first: Option<Date>, last: Option<Date>| Some(format!("{}..{}", first?, last?));
    let days = first.until(last).map_or(0, |span| span.get_days());
    let later = |date: Date| date.checked_add(jiff::Span::new().try_days(days + 1).ok()?).ok();
    let shrunk = [range(first.tomorrow().ok(), Some(last)), range(Some(first), last.yesterday().ok())];
    let shrunk = shrunk.into_iter().filter(|_| first < last);
    std::iter::once(range(later(first), later(last))).chain(shrunk).flatten().collect()
}

/// The other part of the day, and an hour shorter at either end.
fn hours((from, to): (Time, Time)) -> Vec<String> {
    let shifted = |time: Time, hours: i64| clock_text(time.wrapping_add(jiff::SignedDuration::from_hours(hours)));
    vec![
        format!("{}..{}", clock_text(to), clock_text(from)),
        format!("{}..{}", shifted(from, 1), clock_text(to)),
        format!("{}..{}", clock_text(from), shifted(to, -1)),
    ]
}

/// An hour later and an hour earlier.
fn clocks(time: Time) -> Vec<String> {
    [1, -1].into_iter().map(|hours| clock_text(time.wrapping_add(jiff::SignedDuration::from_hours(hours)))).collect()
}

fn clock_text(time: Time) -> String {
    format!("{:02}:{:02}", time.hour(), time.minute())
}

/// One more and one less.
fn amounts(amount: u64) -> Vec<String> {
    [amount.checked_add(1), amount.checked_sub(1)].into_iter().flatten().map(|amount| amount.to_string()).collect()
}

/// Another number, by its last digit.
fn number(pattern: NumberPattern) -> Option<Vec<String>> {
    let (NumberPattern::Exactly(number) | NumberPattern::Prefix(number)) = pattern;
    let text = number.to_string();
    let place = text.rfind(|symbol: char| symbol.is_ascii_digit())?;
    let digit = text.get(place..)?.chars().next()?.to_digit(10)?;
    let mut other = text.get(..place)?.to_owned();
    other.extend(char::from_digit((digit + 1) % 10, 10));
    other.push_str(text.get(place + 1..)?);
    Some(match pattern {
        NumberPattern::Exactly(_) => vec![other],
        NumberPattern::Prefix(_) => vec![format!("{other}*"), text],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_notation_is_mistaken_in_its_own_way() {
        let check = |key: &str, text: &str, expected: &[&str]| {
            assert_eq!(other_values(text, Some(key), &["wanda", "shops"]), expected, "{key}: {text}");
        };
        check("停留", "10m", &["20m", "5m"]);
        check("within", "48h", &["4d", "1d"]);
        check("per_user", "1 per 30d", &["2 per 30d", "1 per 60d", "1 per 15d"]);
        check(
            "valid",
            "2009-07-01..2009-07-31",
            &["2009-08-01..2009-08-31", "2009-07-02..2009-07-31", "2009-07-01..2009-07-30"],
        );
        check("hours", "09:00..12:00", &["12:00..09:00", "10:00..12:00", "09:00..11:00"]);
        check("from", "21:00", &["22:00", "20:00"]);
        check("priority", "50", &["0", "100"]);
        check("dialled", "114", &["115"]);
        check("dialled", "1795*", &["1796*", "1795"]);
        check("ussd", "*139#", &["*130#"]);
        check("total", "3", &["4", "2"]);
        check("enter", "wanda", &["shops"]);
        check("purpose", "服务", &["marketing", "location"]);
        check("tags", "gotone", &[]);
    }
}

//! What a value of the configuration can be.

use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::SignedDuration;
use probe::capture::live::check_filter;
use rules::language::nearest;
use toml::de::DeValue;

use super::problem::{Problem, Shape};
use super::{EventsTo, SecretUrl};
use crate::offer::channel;

pub(super) fn text(value: &DeValue<'_>) -> Result<String, Problem> {
    let text = value.as_str().ok_or(Problem::WrongShape { shape: Shape::Text, example: "\"text\"" })?;
    Ok(text.to_owned())
}

/// A word that a message can be: it has a letter or a digit.
pub(super) fn word(value: &DeValue<'_>) -> Result<String, Problem> {
    let word = text(value)?;
    let is_word = word.chars().any(char::is_alphanumeric);
    is_word.then_some(word).ok_or(Problem::Malformed { what: "keyword", example: "\"TD\"" })
}

/// `file:PATH`, `unix:PATH`, `tcp:ADDRESS:PORT`, or the URL of a Redis server.
pub(super) fn events_to(base: &Path) -> impl Fn(&DeValue<'_>) -> Result<EventsTo, Problem> {
    move |value| {
        let text = text(value)?;
        let to = text.split_once(':').and_then(|(kind, place)| match kind {
            "file" => Some(EventsTo::File(base.join(place))),
            "unix" => Some(EventsTo::Unix(base.join(place))),
            "tcp" => place.parse().ok().map(EventsTo::Tcp),
            "redis" | "redis+unix" => {
                redis::Client::open(&*text).ok().map(|_| EventsTo::Redis(SecretUrl(text.clone())))
            }
            _ => None,
        });
        to.ok_or(Problem::Malformed {
            what: "file, socket or broker",
            example: "\"file:/var/lib/touchpoint/events.jsonl\"",
        })
    }
}

/// The URL of a channel.
pub(super) fn channel(value: &DeValue<'_>) -> Result<String, Problem> {
    let url = text(value)?;
    channel::check(&url).map_err(|fault| Problem::Unusable { what: fault.to_string() })?;
    Ok(url)
}

/// What the kernel is to give us, in the language of pcap-filter(7).
pub(super) fn filter(value: &DeValue<'_>) -> Result<String, Problem> {
    let filter = text(value)?;
    check_filter(&filter).map_err(|what| Problem::Unusable { what })?;
    Ok(filter)
}

pub(super) fn flag(value: &DeValue<'_>) -> Result<bool, Problem> {
    value.as_bool().ok_or(Problem::WrongShape { shape: Shape::Flag, example: "true" })
}

/// A whole number within a range.
pub(super) fn whole(range: RangeInclusive<u64>) -> impl Fn(&DeValue<'_>) -> Result<u64, Problem> {
    move |value| {
        let (least, most) = (*range.start(), *range.end());
        let number = value.as_integer().ok_or(Problem::WrongShape { shape: Shape::Whole, example: "16" })?;
        let number = u64::from_str_radix(number.as_str(), number.radix()).ok();
        number.filter(|number| range.contains(number)).ok_or(Problem::OutOfRange { least, most })
    }
}

/// A path, from the folder of the configuration.
pub(super) fn path(base: &Path) -> impl Fn(&DeValue<'_>) -> Result<PathBuf, Problem> {
    move |value| text(value).map(|text| base.join(text))
}

/// The path of a file that can be read.
pub(super) fn file(base: &Path) -> impl Fn(&DeValue<'_>) -> Result<PathBuf, Problem> {
    move |value| {
        let path = path(base)(value)?;
        match std::fs::File::open(&path) {
            Ok(_) => Ok(path),
            Err(error) => Err(Problem::Unreadable { what: format!("`{}`: {error}", path.display()) }),
        }
    }
}

/// The path of a folder that is there.
pub(super) fn folder(base: &Path) -> impl Fn(&DeValue<'_>) -> Result<PathBuf, Problem> {
    move |value| {
        let path = path(base)(value)?;
        match std::fs::read_dir(&path) {
            Ok(_) => Ok(path),
            Err(error) => Err(Problem::Unreadable { what: format!("`{}`: {error}", path.display()) }),
        }
    }
}

/// `48h`, `90s`, `1h 30m`; more than nothing.
pub(super) fn duration(value: &DeValue<'_>) -> Result<Duration, Problem> {
    let wrong = || Problem::Malformed { what: "length of time", example: "48h" };
    let duration: SignedDuration = text(value)?.parse().map_err(|_| wrong())?;
    Duration::try_from(duration).ok().filter(|duration| !duration.is_zero()).ok_or_else(wrong)
}

pub(super) fn address(value: &DeValue<'_>) -> Result<SocketAddr, Problem> {
    let wrong = |_| Problem::Malformed { what: "address and port", example: "127.0.0.1:8443" };
    text(value)?.parse().map_err(wrong)
}

/// One of a few words.
pub(super) fn choice<T: Copy>(words: &[(&'static str, T)]) -> impl Fn(&DeValue<'_>) -> Result<T, Problem> {
    move |value| {
        let text = text(value)?;
        let known: Vec<&'static str> = words.iter().map(|(word, _)| *word).collect();
        let found = words.iter().find(|(word, _)| *word == text).map(|(_, meaning)| *meaning);
        found
            .ok_or_else(|| Problem::Choice { nearest: nearest(&text, known.iter().copied()).map(str::to_owned), known })
    }
}

/// A text that something else reads.
pub(super) fn parsed<T: std::str::FromStr>(
    what: &'static str,
    example: &'static str,
) -> impl Fn(&DeValue<'_>) -> Result<T, Problem> {
    move |value| text(value)?.parse().map_err(|_| Problem::Malformed { what, example })
}

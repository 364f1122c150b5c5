//! Which timeslots of which ports make up which link: configuration, in the words that the command line takes.

use std::fmt;
use std::str::FromStr;

use super::content::Content;
use crate::wire::g704::TIMESLOTS;

/// Timeslots of an E1 that carry one channel, or the whole 2,048 kbit/s without frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Timeslots(u32);

/// One direction of an E1 as a recording names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LineName {
    /// Number of the port.
    pub port: u16,
    /// The recorder's 0 or 1; 0 where each direction has a port of its own.
    pub direction: u8,
}

/// A signalling link: where its directions are, and what it carries. Written `PORT:TIMESLOTS` where one port has both
/// directions, `PORT:TIMESLOTS/PORT:TIMESLOTS` where each has a port; then `=CONTENT`, unless that shall be recognised.
/// Timeslots are written `16`, `1-15,17-31`, or `all` for 2,048 kbit/s without frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkPlan {
    first: End,
    second: Option<End>,
    content: Option<Content>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct End {
    port: u16,
    timeslots: Timeslots,
}

/// A channel of a line: what [`LinkPlan`]s, or the search for links, make of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChannelPlan {
    /// Number of the link: 32 times the port plus the first timeslot, of the link's first direction.
    pub link: u16,
    /// Whether this is the link's second direction.
    pub is_second: bool,
    /// Where it is.
    pub timeslots: Timeslots,
    /// What it carries, where told.
    pub content: Option<Content>,
}

/// How links are found.
#[derive(Clone, Debug, Default)]
pub enum LinkSettings {
    /// Every timeslot is taken for a link of its own, and so are timeslots 1 to 31 together, with and without 16, and the
    /// line without frames: those that prove to be one are given.
    #[default]
    Automatic,
    /// The links are these.
    Planned(Vec<LinkPlan>),
    /// As [`LinkSettings::Automatic`], with every run of timeslots.
    Search,
}

/// Why a text is no link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidLink {
    /// No port.
    #[error("a link is written `PORT:TIMESLOTS` or `PORT:TIMESLOTS/PORT:TIMESLOTS`, ports being numbers up to 2047")]
    Port,
    /// No timeslots.
    #[error("timeslots are written `16`, `1-15,17-31` or `all`, from 1 to 31, each once")]
    Timeslots,
    /// No content.
    #[error(transparent)]
    Content(#[from] super::content::UnknownContent),
}

/// Ports that links can be numbered on: 32 numbers each.
pub const PORT_LIMIT: u16 = 2048;

const WHOLE: &str = "all";
const LAST: u32 = TIMESLOTS as u32 - 1;

impl Timeslots {
    /// The line without frames, timeslot 0 included.
    pub const WHOLE: Self = Self(u32::MAX);

    /// The timeslots from `first` to `last`, from 1 to 31; `None` where there are no such.
    pub fn run(first: u32, last: u32) -> Option<Self> {
        let is_valid = 1 <= first && first <= last && last <= LAST;
        is_valid.then(|| Self(u32::MAX >> (LAST - (last - first)) << first))
    }

    /// These without timeslot 16, which other signalling has; `None` where nothing is left or nothing changes.
    pub fn without_16(self) -> Option<Self> {
        let without = Self(self.0 & !(1 << 16));
        (without != self && without.0 != 0).then_some(without)
    }

    /// Whether the line has no frames.
    pub fn is_whole(self) -> bool {
        self == Self::WHOLE
    }

    /// Their numbers, ascending.
    pub fn iter(self) -> impl Iterator<Item = usize> + Clone {
        (0..TIMESLOTS).filter(move |timeslot| self.0 >> timeslot & 1 == 1)
    }

    /// How many.
    pub fn count(self) -> usize {
        self.0.count_ones() as usize
    }

    /// Whether some are the same. The line without frames has all.
    pub fn overlaps(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    fn first(self) -> u16 {
        if self.is_whole() { 0 } else { self.0.trailing_zeros() as u16 }
    }
}

impl fmt::Display for Timeslots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_whole() {
            return f.pad(WHOLE);
        }
        let mut text = String::new();
        let mut rest = self.0;
        while rest != 0 {
            let first = rest.trailing_zeros();
            let last = first + (rest >> first).trailing_ones() - 1;
            let comma = if text.is_empty() { "" } else { "," };
            text += &if first == last { format!("{comma}{first}") } else { format!("{comma}{first}-{last}") };
            rest = if last == LAST { 0 } else { rest >> (last + 1) << (last + 1) };
        }
        f.pad(&text)
    }
}

impl FromStr for Timeslots {
    type Err = InvalidLink;

    fn from_str(text: &str) -> Result<Self, InvalidLink> {
        if text == WHOLE {
            return Ok(Self::WHOLE);
        }
        let number = |text: &str| text.parse::<u32>().ok();
        text.split(',').try_fold(Self(0), |all, part| {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            let run = number(first).zip(number(last)).and_then(|(first, last)| Self::run(first, last));
            let run = run.filter(|run| !run.overlaps(all)).ok_or(InvalidLink::Timeslots)?;
            Ok(Self(all.0 | run.0))
        })
    }
}

impl fmt::Display for LineName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "port {} direction {}", self.port, self.direction)
    }
}

impl FromStr for End {
    type Err = InvalidLink;

    fn from_str(text: &str) -> Result<Self, InvalidLink> {
        let (port, timeslots) = text.split_once(':').ok_or(InvalidLink::Port)?;
        let port = port.parse().ok().filter(|port| *port < PORT_LIMIT).ok_or(InvalidLink::Port)?;
        Ok(Self { port, timeslots: timeslots.parse()? })
    }
}

impl FromStr for LinkPlan {
    type Err = InvalidLink;

    fn from_str(text: &str) -> Result<Self, InvalidLink> {
        let (ends, content) = text.split_once('=').map_or((text, None), |(ends, content)| (ends, Some(content)));
        let content = content.map(str::parse).transpose()?;
        let (first, second) = ends.split_once('/').map_or((ends, None), |(first, second)| (first, Some(second)));
        Ok(Self { first: first.parse()?, second: second.map(str::parse).transpose()?, content })
    }
}

impl LinkPlan {
    fn channel(&self, line: LineName) -> Option<ChannelPlan> {
        let link = self.first.port * TIMESLOTS as u16 + self.first.timeslots.first();
        let channel = |end: End, is_second| {
            (end.port == line.port).then_some(ChannelPlan {
                link,
                is_second,
                timeslots: end.timeslots,
                content: self.content,
            })
        };
        match self.second {
            None => channel(self.first, line.direction != 0),
            Some(second) => channel(self.first, false).or_else(|| channel(second, true)),
        }
    }
}

impl LinkSettings {
    /// The channels to look for in a line.
    pub fn channels(&self, line: LineName) -> Vec<ChannelPlan> {
        let runs: Vec<Timeslots> = match self {
            Self::Planned(links) => return links.iter().filter_map(|link| link.channel(line)).collect(),
            Self::Automatic => Timeslots::run(1, LAST).into_iter().collect(),
            Self::Search => (1..LAST).flat_map(|f| (f + 1..=LAST).filter_map(move |l| Timeslots::run(f, l))).collect(),
        };
        let singles = (1..=LAST).filter_map(|timeslot| Timeslots::run(timeslot, timeslot));
        let with_and_without_16 = runs.into_iter().flat_map(|run| {
            let is_within = run.overlaps(Timeslots(1 << 15)) && run.overlaps(Timeslots(1 << 17));
            [Some(run), run.without_16().filter(|_| is_within)].into_iter().flatten()
        });
        let all = singles.chain(with_and_without_16).chain([Timeslots::WHOLE]);
        all.map(|timeslots| ChannelPlan {
            link: line.port.min(PORT_LIMIT - 1) * TIMESLOTS as u16 + timeslots.first(),
            is_second: line.direction != 0,
            timeslots,
            content: None,
        })
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, line: (u16, u8), expected: Option<(u16, bool, &str, Option<Content>)>) {
        let link: LinkPlan = text.parse().unwrap();
        let channel = link.channel(LineName { port: line.0, direction: line.1 });
        let timeslots = |c: ChannelPlan| (c.link, c.is_second, c.timeslots.to_string(), c.content);
        let expected = expected.map(|(link, is_second, slots, content)| (link, is_second, slots.to_owned(), content));
        assert_eq!(channel.map(timeslots), expected, "{text} at {line:?}");
    }

    #[test]
    fn a_link_has_both_directions_on_one_port_or_one_on_each_of_two() {
        check("0:16", (0, 0), Some((16, false, "16", None)));
        check("0:16", (0, 1), Some((16, true, "16", None)));
        check("0:16", (1, 0), None);
        check("2:1-15,17-31/3:1-31=mtp2-annex-a", (2, 0), Some((65, false, "1-15,17-31", Some(Content::Mtp2AnnexA))));
        check("2:1-15,17-31/3:1-31=mtp2-annex-a", (3, 0), Some((65, true, "1-31", Some(Content::Mtp2AnnexA))));
        check("7:all=frame-relay", (7, 1), Some((224, true, "all", Some(Content::FrameRelay))));
    }

    #[test]
    fn what_is_no_link_is_told_why() {
        for (text, expected) in [
            ("16", InvalidLink::Port),
            ("2048:16", InvalidLink::Port),
            ("0:0", InvalidLink::Timeslots),
            ("0:32", InvalidLink::Timeslots),
            ("0:5-3", InvalidLink::Timeslots),
            ("0:3,2-4", InvalidLink::Timeslots),
            ("0:3/1", InvalidLink::Port),
            ("0:3=isdn", InvalidLink::Content(super::super::content::UnknownContent)),
        ] {
            assert_eq!(text.parse::<LinkPlan>(), Err(expected), "{text}");
        }
    }

    #[test]
    fn a_search_has_every_run_once() {
        let line = LineName { port: 1, direction: 1 };
        let channels = LinkSettings::Search.channels(line);
        let mut timeslots: Vec<_> = channels.iter().map(|channel| channel.timeslots).collect();
        timeslots.sort();
        timeslots.dedup();
        assert_eq!((timeslots.len(), channels.len()), (31 + 465 + 225 + 1, 31 + 465 + 225 + 1));
        assert_eq!(LinkSettings::Automatic.channels(line).len(), 31 + 2 + 1);
        assert!(channels.iter().all(|channel| channel.is_second && channel.link / 32 == 1));
    }
}

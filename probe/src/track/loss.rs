//! What was lost before it reached the capture, by link: numbers that were passed over or acknowledged, and never seen.

use std::fmt;

use rustc_hash::FxHashMap;

use super::signalling_link::LinkDirection;
use crate::wire::ip::Address;

/// Links whose losses are kept after they are gone.
pub const LINK_LIMIT: usize = 65_536;

/// One direction of a link, by the name under which an operator knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Link {
    /// A direction of an SCTP association, by the addresses that were seen first.
    Sctp(PortPair),
    /// A direction of a TCP connection.
    Tcp(PortPair),
    /// A direction of an MTP2 link.
    Mtp2(LinkDirection),
}

/// Addresses and ports, from source to destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PortPair {
    /// The feed.
    pub feed: u16,
    /// Source address and port.
    pub source: (Address, u16),
    /// Destination address and port.
    pub destination: (Address, u16),
}

/// What is known of a link's losses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkLoss {
    /// Which link and direction.
    pub link: Link,
    /// What was seen of it, each once: DATA chunks of SCTP, octets of TCP, message signal units of MTP2.
    pub seen: u64,
    /// What was not, in the same unit.
    pub missing: u64,
    /// Nothing was ever seen, although the other side acknowledges: the tap misses this direction.
    pub silent: bool,
}

/// The losses of links that are gone.
#[derive(Default)]
pub struct Losses {
    links: FxHashMap<Link, Total>,
    refused: u64,
}

#[derive(Clone, Copy, Default)]
struct Total {
    seen: u64,
    missing: u64,
    silent: bool,
}

impl Losses {
    /// Adds what a link that is gone has lost.
    pub fn add(&mut self, loss: LinkLoss) {
        if self.links.len() >= LINK_LIMIT && !self.links.contains_key(&loss.link) {
            self.refused += 1;
            return;
        }
        let total = self.links.entry(loss.link).or_default();
        total.seen += loss.seen;
        total.missing += loss.missing;
        total.silent |= loss.silent;
    }

    /// How often a link's losses were not kept, at [`LINK_LIMIT`].
    pub fn refused(&self) -> u64 {
        self.refused
    }

    /// These and those of links that are there, each link once, in the order of their names.
    pub fn with(&self, there: impl Iterator<Item = LinkLoss>) -> Vec<LinkLoss> {
        let mut all = Self { links: self.links.clone(), refused: 0 };
        there.for_each(|loss| all.add(loss));
        let mut all: Vec<_> = all
            .links
            .into_iter()
            .map(|(link, Total { seen, missing, silent })| LinkLoss { link, seen, missing, silent })
            .collect();
        all.sort_by_key(|loss| loss.link);
        all
    }
}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sctp(ports) => write!(f, "sctp {ports}"),
            Self::Tcp(ports) => write!(f, "tcp {ports}"),
            Self::Mtp2(LinkDirection { file, link, sent, .. }) => {
                let direction = match sent {
                    Some(true) => " sent",
                    Some(false) => " received",
                    None => "",
                };
                write!(f, "mtp2 {file}/{link}{direction}")
            }
        }
    }
}

impl fmt::Display for PortPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { source: (source, source_port), destination: (destination, destination_port), .. } = self;
        write!(f, "{source}:{source_port} > {destination}:{destination_port}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn loss(port: u16, missing: u64) -> LinkLoss {
        let end = |last| Address::from_ipv4([10, 0, 0, last]);
        let link = Link::Sctp(PortPair { feed: 0, source: (end(1), port), destination: (end(2), 2905) });
        LinkLoss { link, seen: 10, missing, silent: false }
    }

    #[test]
    fn links_that_are_gone_and_those_that_are_there_add_up() {
        let mut losses = Losses::default();
        losses.add(loss(7, 1));
        losses.add(loss(7, 2));
        losses.add(loss(5, 0));
        let all = losses.with([loss(7, 4), loss(9, 8)].into_iter());
        let told: Vec<_> = all.iter().map(|loss| (loss.link.to_string(), loss.seen, loss.missing)).collect();
        assert_eq!(
            told,
            [
                ("sctp 10.0.0.1:5 > 10.0.0.2:2905".to_owned(), 10, 0),
                ("sctp 10.0.0.1:7 > 10.0.0.2:2905".to_owned(), 30, 7),
                ("sctp 10.0.0.1:9 > 10.0.0.2:2905".to_owned(), 10, 8),
            ]
        );
    }
}

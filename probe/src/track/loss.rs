//! What was lost before it reached the capture, by link: numbers that were passed over or acknowledged, and never seen.

use std::fmt;

use rustc_hash::FxHashMap;

use super::frame_numbers::{Arrival, Inside};
use super::network::{Endpoint, Endpoints};
use super::signalling_link::{LinkDirection, Sender};
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
    /// What a BSS or an SGSN sends on a virtual connection of network service.
    Ns(EndpointPair),
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

/// Endpoints, from source to destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EndpointPair {
    /// The feed.
    pub feed: u16,
    /// Who sends.
    pub source: Endpoint,
    /// To whom.
    pub destination: Endpoint,
    /// Whether it is the BSS that sends: where a capture does not tell the ends apart, what passes does.
    pub from_bss: bool,
}

/// What is known of a link's losses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkLoss {
    /// Which link and direction.
    pub link: Link,
    /// What was seen of it, each once, in the unit of its [`Link::unit`]; on Gb those between two known numbers.
    pub seen: u64,
    /// What was not, in the same unit.
    pub missing: u64,
    /// What was seen again: sent again, or tapped twice. Messages and segments, not octets.
    pub repeated: u64,
    /// Fill-in signal units that were captured (ITU-T Q.703 §2.2): of MTP2 only.
    pub fill_in_units: u64,
    /// Link status signal units that were captured: of MTP2 only.
    pub link_status_units: u64,
    /// Nothing was ever seen, although the other side acknowledges: the tap misses this direction.
    pub silent: bool,
    /// Nothing was ever seen of the other direction.
    pub one_way: bool,
}

impl LinkLoss {
    /// A direction of which this is known, and nothing else.
    pub fn new(link: Link, seen: u64, missing: u64) -> Self {
        let (repeated, fill_in_units, link_status_units) = (0, 0, 0);
        Self { link, seen, missing, repeated, fill_in_units, link_status_units, silent: false, one_way: false }
    }

    /// Whether there is anything to tell: of some directions only their beginning was seen.
    pub fn is_empty(&self) -> bool {
        self.seen + self.missing + self.repeated + self.fill_in_units + self.link_status_units == 0 && !self.silent
    }

    /// The share of what was sent that was not seen, 0 to 1.
    pub fn share(&self) -> f64 {
        self.missing as f64 / (self.seen + self.missing).max(1) as f64
    }
}

impl Link {
    /// What carries it.
    pub fn transport(&self) -> &'static str {
        match self {
            Self::Sctp(_) => "sctp",
            Self::Tcp(_) => "tcp",
            Self::Mtp2(_) => "mtp2",
            Self::Ns(_) => "ns",
        }
    }

    /// Who sends to whom.
    pub fn ends(&self) -> Ends {
        Ends(*self)
    }

    /// What is counted on it: what carries a number.
    pub fn unit(&self) -> &'static str {
        match self {
            Self::Sctp(_) => "chunks",
            Self::Tcp(_) => "octets",
            Self::Mtp2(_) => "signal units",
            Self::Ns(_) => "LLC frames",
        }
    }

    // The other direction; `None` where the directions are not told apart.
    fn reverse(&self) -> Option<Self> {
        match *self {
            Self::Sctp(ports) => Some(Self::Sctp(ports.reverse())),
            Self::Tcp(ports) => Some(Self::Tcp(ports.reverse())),
            Self::Mtp2(direction) => direction.reverse().map(Self::Mtp2),
            Self::Ns(EndpointPair { feed, source, destination, from_bss }) => {
                Some(Self::Ns(EndpointPair { feed, source: destination, destination: source, from_bss: !from_bss }))
            }
        }
    }
}

impl PortPair {
    /// From destination to source.
    pub const fn reverse(self) -> Self {
        Self { source: self.destination, destination: self.source, ..self }
    }
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
    repeated: u64,
    fill_in_units: u64,
    link_status_units: u64,
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
        total.repeated += loss.repeated;
        total.fill_in_units += loss.fill_in_units;
        total.link_status_units += loss.link_status_units;
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
        let is_heard = |link: &Link| all.links.get(link).is_some_and(|total| !total.silent);
        let told = |(link, total): (&Link, &Total)| {
            let Total { seen, missing, repeated, fill_in_units, link_status_units, silent } = *total;
            let one_way = !silent && link.reverse().is_some_and(|reverse| !is_heard(&reverse));
            LinkLoss { link: *link, seen, missing, repeated, fill_in_units, link_status_units, silent, one_way }
        };
        let mut all: Vec<_> = all.links.iter().map(told).collect();
        all.sort_by_key(|loss| loss.link);
        all
    }
}

/// Losses of links whose ends have dense ids, counted as messages come.
#[derive(Default)]
pub struct EndpointLosses {
    /// By sender, receiver, and whether the BSS sends.
    links: FxHashMap<(u32, u32, bool), Total>,
    refused: u64,
}

impl EndpointLosses {
    /// From `sender` to `receiver`: what a frame says of those before it.
    pub fn note(&mut self, sender: u32, receiver: u32, from_bss: bool, arrival: Arrival) {
        let key = (sender, receiver, from_bss);
        if self.links.len() >= LINK_LIMIT && !self.links.contains_key(&key) {
            self.refused += 1;
            return;
        }
        let total = self.links.entry(key).or_default();
        match arrival {
            Arrival::New(Inside { seen, missing, found }) => {
                total.seen += u64::from(seen);
                // What was overtaken on the way by another link is found there.
                total.missing = (total.missing + u64::from(missing)).saturating_sub(found.into());
            }
            Arrival::Repeated => total.repeated += 1,
        }
    }

    /// How often a message was not counted, at [`LINK_LIMIT`].
    pub fn refused(&self) -> u64 {
        self.refused
    }

    /// What was lost, by link. `endpoints` says who the ids are.
    pub fn all(&self, endpoints: &Endpoints) -> impl Iterator<Item = LinkLoss> + '_ {
        let named: FxHashMap<u32, (u16, Endpoint)> =
            endpoints.all().map(|(id, feed, endpoint)| (id, (feed, endpoint))).collect();
        self.links.iter().filter_map(move |((sender, receiver, from_bss), total)| {
            let (feed, source) = *named.get(sender)?;
            let (_, destination) = *named.get(receiver)?;
            let link = Link::Ns(EndpointPair { feed, source, destination, from_bss: *from_bss });
            Some(LinkLoss { repeated: total.repeated, ..LinkLoss::new(link, total.seen, total.missing) })
        })
    }
}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.transport(), self.ends())
    }
}

/// Who sends to whom on a link, without what carries it.
#[derive(Clone, Copy, Debug)]
pub struct Ends(Link);

impl fmt::Display for Ends {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Link::Sctp(ports) | Link::Tcp(ports) => write!(f, "{ports}"),
            Link::Ns(EndpointPair { source, destination, from_bss, .. }) if source == destination => {
                write!(f, "{source} from the {}", if *from_bss { "BSS" } else { "SGSN" })
            }
            Link::Ns(EndpointPair { source, destination, .. }) => write!(f, "{source} > {destination}"),
            Link::Mtp2(LinkDirection { file, link, sender, .. }) => match sender {
                Sender::Own => write!(f, "{file}/{link} sent"),
                Sender::Far => write!(f, "{file}/{link} received"),
                Sender::Side(node) => write!(f, "{file}/{link} from the side of {node}"),
                Sender::Unknown => write!(f, "{file}/{link}"),
            },
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
        LinkLoss::new(link, 10, missing)
    }

    #[test]
    fn a_direction_whose_other_one_was_never_heard_says_so() {
        let there = loss(7, 0);
        let Link::Sctp(ports) = there.link else { panic!("it is SCTP") };
        let back = LinkLoss { silent: true, ..LinkLoss::new(Link::Sctp(ports.reverse()), 0, 9) };
        let told = |losses: &[LinkLoss]| {
            let all = Losses::default().with(losses.iter().copied());
            all.iter().map(|loss| (loss.silent, loss.one_way)).collect::<Vec<_>>()
        };
        assert_eq!(told(&[there]), [(false, true)]);
        assert_eq!(told(&[there, back]), [(false, true), (true, false)]);
        assert_eq!(told(&[there, LinkLoss { silent: false, ..back }]), [(false, false), (false, false)]);
    }

    #[test]
    fn the_share_is_that_of_what_was_sent() {
        assert_eq!(loss(7, 10).share(), 0.5);
        assert_eq!(LinkLoss { seen: 0, ..loss(7, 0) }.share(), 0.0);
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

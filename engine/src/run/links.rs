//! What was seen of each link between network elements (BSC, MSC, BSS, SGSN), in each direction: of so many that metrics stay few.

use std::time::Duration;

use event::Timestamp;
use probe::Probe;
use probe::track::loss::{Link, LinkLoss};
use rustc_hash::FxHashSet;

use super::status::LinkStatus;

/// The most links of a feed that are told by their ends: those that were heard first. All others are told together.
const SHOWN: usize = 64;
/// What all others are called.
const OTHERS: &str = "others";
/// How often links are added up.
const EVERY: Duration = Duration::from_secs(10);

/// The links of a feed.
pub(super) struct Links {
    shown: FxHashSet<Link>,
    due: Timestamp,
    told: Vec<LinkStatus>,
}

impl Default for Links {
    fn default() -> Self {
        Self { shown: FxHashSet::default(), due: Timestamp::MIN, told: Vec::new() }
    }
}

impl Links {
    /// As they were when they were last added up, which is now where that is due.
    pub(super) fn at(&mut self, wall: Timestamp, probe: &Probe) -> Vec<LinkStatus> {
        if wall >= self.due {
            self.due = wall + EVERY;
            self.told = self.tell(&probe.losses());
        }
        self.told.clone()
    }

    // Who is told by name stays so: a count never goes back.
    fn tell(&mut self, losses: &[LinkLoss]) -> Vec<LinkStatus> {
        let mut told = Vec::new();
        let mut others = LinkStatus { link: OTHERS.to_owned(), ..LinkStatus::default() };
        for loss in losses.iter().filter(|loss| !loss.is_empty()) {
            if self.shown.contains(&loss.link) || self.shown.len() < SHOWN {
                self.shown.insert(loss.link);
                told.push(LinkStatus::from(loss));
            } else {
                others.add(loss);
            }
        }
        if others != (LinkStatus { link: OTHERS.to_owned(), ..LinkStatus::default() }) {
            told.push(others);
        }
        told
    }
}

#[cfg(test)]
mod tests {
    use probe::track::loss::PortPair;
    use probe::wire::ip::Address;

    use super::*;

    fn loss(port: u16, seen: u64) -> LinkLoss {
        let end = |last| Address::from_ipv4([10, 0, 0, last]);
        LinkLoss::new(Link::Sctp(PortPair { feed: 0, source: (end(1), port), destination: (end(2), 2905) }), seen, 1)
    }

    #[test]
    fn so_many_links_are_told_by_their_ends_and_all_others_together() {
        let mut links = Links::default();
        let first = links.tell(&[loss(9, 5), loss(8, 0)]);
        let told: Vec<_> = first.iter().map(|link| (link.link.as_str(), link.seen, link.missing)).collect();
        assert_eq!(told, [("10.0.0.1:9 > 10.0.0.2:2905", 5, 1), ("10.0.0.1:8 > 10.0.0.2:2905", 0, 1)]);
        let many: Vec<_> = (1..=SHOWN as u16 + 10).map(|port| loss(port, 2)).collect();
        let told = links.tell(&many);
        assert_eq!(told.len(), SHOWN + 1);
        assert!(told.iter().any(|link| link.link == "10.0.0.1:9 > 10.0.0.2:2905"), "who was told is told again");
        let others = told.last().unwrap();
        assert_eq!((others.link.as_str(), others.seen, others.missing), (OTHERS, 20, 10));
    }
}

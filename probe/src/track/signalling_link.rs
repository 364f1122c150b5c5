//! MTP2 links seen from outside: each message signal unit once, however often it was sent (ITU-T Q.703 §5 and §6).
//!
//! Basic error correction and preventive cyclic retransmission alike send a unit again under its own forward sequence
//! number, so that a unit with the octets that its number had less than a cycle ago is the same one.

use std::hash::{BuildHasher, Hasher};
use std::time::Duration;

use event::Timestamp;
use rustc_hash::{FxBuildHasher, FxHashMap, FxHasher};

use super::counters::TransportCounters;
use super::duplicates::Path;
use super::link_sides::LinkSides;
use super::loss::{Link, LinkLoss};
use crate::wire::mtp2::SequenceFormat;

/// Directions of links tracked at one time.
pub const LINK_LIMIT: usize = 16_384;
/// A direction without a unit for so long is forgotten where there is no room.
pub const IDLE_SECONDS: u64 = 3600;

/// One direction of a link, as far as the capture tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LinkDirection {
    /// The feed.
    pub feed: u16,
    /// The file of the feed that the capture lies in.
    pub file: u16,
    /// The number of the link; 0 where the capture does not tell links apart.
    pub link: u16,
    /// Which side sends.
    pub sender: Sender,
}

/// A side of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Sender {
    /// Nothing tells which.
    Unknown,
    /// The side that captured.
    Own,
    /// The side across from it.
    Far,
    /// The side of the node with this point code, where only the labels of messages tell sides apart.
    Side(u32),
}

impl LinkDirection {
    /// The path that this is to a message, where the capture tells directions apart: numbers are one direction's.
    pub fn path(self) -> Path {
        match self.sender {
            Sender::Own | Sender::Far => Path::numbered(FxBuildHasher.hash_one(self) as u32),
            Sender::Unknown | Sender::Side(_) => Path::UNNUMBERED,
        }
    }

    /// The other direction, where the capture names it.
    pub fn reverse(self) -> Option<Self> {
        let sender = match self.sender {
            Sender::Own => Sender::Far,
            Sender::Far => Sender::Own,
            Sender::Unknown | Sender::Side(_) => return None,
        };
        Some(Self { sender, ..self })
    }
}

/// Whether a unit is to be decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// For the first time.
    Fresh,
    /// Sent again.
    Repeated,
    /// For the first time as far as is known: there is no room to remember it.
    Untracked,
}

/// All directions.
#[derive(Default)]
pub struct SignallingLinks {
    directions: FxHashMap<LinkDirection, Direction>,
    sides: LinkSides,
}

struct Direction {
    /// What each forward sequence number stood for last.
    units: Box<[Unit]>,
    /// The number of the next unit, once one was seen.
    next: Option<u16>,
    /// Units seen, each once.
    seen: u64,
    /// Numbers passed over and not seen since.
    missing: u64,
    /// Units that were sent again.
    repeated: u64,
    fill_in_units: u64,
    link_status_units: u64,
    last: Timestamp,
}

#[derive(Clone, Copy, Default)]
struct Unit {
    hash: u32,
    /// Which one of those that were seen, from 1; 0 for none.
    serial: u32,
}

impl SignallingLinks {
    /// The direction in which a message between these point codes goes, as far as they tell it: of a link of which nothing else does.
    pub fn direction_of(
        &mut self,
        link: LinkDirection,
        sender: u32,
        receiver: u32,
        counters: &mut TransportCounters,
    ) -> LinkDirection {
        self.sides.direction(link, sender, receiver, counters)
    }

    /// Takes a message signal unit's number and octets.
    pub fn admit(
        &mut self,
        direction: LinkDirection,
        format: SequenceFormat,
        fsn: u16,
        octets: &[u8],
        at: Timestamp,
    ) -> Admission {
        match self.direction(direction, format, at) {
            Some(state) => state.admit(fsn, octets, direction.sender != Sender::Unknown),
            None => Admission::Untracked,
        }
    }

    /// Counts a unit without message: of link status, or to fill in.
    pub fn count(&mut self, direction: LinkDirection, format: SequenceFormat, is_status: bool, at: Timestamp) {
        if let Some(state) = self.direction(direction, format, at) {
            if is_status { state.link_status_units += 1 } else { state.fill_in_units += 1 }
        }
    }

    /// The link is aligned anew (Q.703 §7.3): its numbers begin again.
    pub fn align(&mut self, direction: LinkDirection) {
        for direction in self.sides.both(direction) {
            if let Some(state) = self.directions.get_mut(&direction) {
                state.next = None;
            }
        }
    }

    /// What was lost before it reached the capture, by link. Where only labels tell sides apart, nodes that speak to their own side
    /// are those of several links, and so is what seems to lose more than it brings, each with numbers of its own: nothing is told
    /// of them.
    pub fn losses(&self) -> impl Iterator<Item = LinkLoss> + '_ {
        let told = self.directions.iter().filter(|(direction, state)| match direction.sender {
            Sender::Own | Sender::Far => true,
            Sender::Side(_) => state.missing <= state.seen && !self.sides.is_mixed(direction),
            Sender::Unknown => false,
        });
        told.map(|(direction, state)| LinkLoss {
            repeated: state.repeated,
            fill_in_units: state.fill_in_units,
            link_status_units: state.link_status_units,
            ..LinkLoss::new(Link::Mtp2(*direction), state.seen, state.missing)
        })
    }

    fn direction(&mut self, key: LinkDirection, format: SequenceFormat, at: Timestamp) -> Option<&mut Direction> {
        if self.directions.len() >= LINK_LIMIT && !self.directions.contains_key(&key) {
            let limit = Duration::from_secs(IDLE_SECONDS);
            self.directions.retain(|_, direction| at.since(direction.last) <= limit);
            if self.directions.len() >= LINK_LIMIT {
                return None;
            }
        }
        let state = self.directions.entry(key).or_insert_with(|| Direction::new(format));
        // The capture may say otherwise later: numbers of another width are another numbering.
        if state.units.len() != usize::from(format.modulus()) {
            *state = Direction::new(format);
        }
        state.last = at;
        Some(state)
    }
}

impl Direction {
    fn new(format: SequenceFormat) -> Self {
        let units = vec![Unit::default(); usize::from(format.modulus())].into_boxed_slice();
        let (seen, missing, repeated, fill_in_units, link_status_units) = (0, 0, 0, 0, 0);
        Self { units, next: None, seen, missing, repeated, fill_in_units, link_status_units, last: Timestamp::MIN }
    }

    fn admit(&mut self, fsn: u16, octets: &[u8], in_order: bool) -> Admission {
        let modulus = self.units.len() as u32;
        let serial = (self.seen as u32).wrapping_add(1).max(1);
        let hash = hash(octets);
        let Some(unit) = self.units.get_mut(usize::from(fsn)) else { return Admission::Untracked };
        if unit.serial != 0 && unit.hash == hash && serial.wrapping_sub(unit.serial) < modulus {
            self.repeated += 1;
            return Admission::Repeated;
        }
        *unit = Unit { hash, serial };
        self.seen += 1;
        if in_order {
            self.number(fsn, modulus as u16);
        }
        Admission::Fresh
    }

    // What is passed over is missing, until it is sent again after all.
    fn number(&mut self, fsn: u16, modulus: u16) {
        let ahead = self.next.map_or(0, |next| fsn.wrapping_sub(next) & (modulus - 1));
        if ahead < modulus / 2 {
            self.missing += u64::from(ahead);
            self.next = Some(fsn.wrapping_add(1) & (modulus - 1));
        } else {
            self.missing = self.missing.saturating_sub(1);
        }
    }
}

fn hash(octets: &[u8]) -> u32 {
    let mut hasher = FxHasher::default();
    hasher.write(octets);
    (hasher.finish() >> 32) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIRECTION: LinkDirection = LinkDirection { feed: 0, file: 0, link: 1, sender: Sender::Own };

    /// Numbers and octets; gives how many were fresh, and how many are missing.
    fn check(format: SequenceFormat, units: impl IntoIterator<Item = (u16, u32)>, fresh: usize, missing: u64) {
        let mut links = SignallingLinks::default();
        let admit = |(fsn, octets): (u16, u32)| {
            links.admit(DIRECTION, format, fsn, &octets.to_be_bytes(), Timestamp::MIN) == Admission::Fresh
        };
        let admitted = units.into_iter().map(admit).filter(|fresh| *fresh).count();
        let lost: u64 = links.losses().map(|loss| loss.missing).sum();
        assert_eq!((admitted, lost), (fresh, missing), "{format:?}");
    }

    #[test]
    fn units_in_order_are_fresh_across_the_wrap_of_numbers() {
        check(SequenceFormat::Basic, (0..1000).map(|unit| (unit as u16 % 128, unit)), 1000, 0);
        check(SequenceFormat::Basic, (0..1000).map(|unit| (unit as u16 % 128, 7)), 1000, 0);
        check(SequenceFormat::Extended, (0..9000).map(|unit| (unit as u16 % 4096, unit)), 9000, 0);
    }

    #[test]
    fn a_retransmission_is_repeated_whether_basic_or_preventive() {
        check(SequenceFormat::Basic, [(126, 1), (127, 2), (0, 3), (127, 2), (0, 3), (1, 4)], 4, 0);
        let cyclic = (0..100).chain((0..100).chain(0..100)).chain(100..200);
        check(SequenceFormat::Basic, cyclic.map(|unit| (unit as u16 % 128, unit)), 200, 0);
    }

    #[test]
    fn what_is_passed_over_is_missing_until_it_is_sent_again() {
        check(SequenceFormat::Basic, [(5, 1), (8, 4)], 2, 2);
        check(SequenceFormat::Basic, [(5, 1), (7, 3), (8, 4), (6, 2), (7, 3), (8, 4), (9, 5)], 5, 0);
    }

    const UNTOLD: LinkDirection = LinkDirection { sender: Sender::Unknown, ..DIRECTION };

    #[test]
    fn alignment_begins_the_numbers_again() {
        for link in [DIRECTION, UNTOLD] {
            let mut links = SignallingLinks::default();
            for (fsn, octets) in [(5, [1]), (40, [2]), (41, [3])] {
                let direction = match link.sender {
                    Sender::Unknown => links.direction_of(link, 187, 9, &mut TransportCounters::default()),
                    _ => link,
                };
                links.admit(direction, SequenceFormat::Basic, fsn, &octets, Timestamp::MIN);
                links.align(link);
            }
            assert_eq!(links.losses().map(|loss| (loss.seen, loss.missing)).next(), Some((3, 0)));
        }
    }

    /// Messages by the nodes that send and receive them and their number; seen and missing of each side.
    #[track_caller]
    fn check_sides(messages: &[(u32, u32, u16)], expected: &[(u64, u64)]) {
        let mut links = SignallingLinks::default();
        for (serial, (sender, receiver, fsn)) in (0_u32..).zip(messages) {
            let direction = links.direction_of(UNTOLD, *sender, *receiver, &mut TransportCounters::default());
            links.admit(direction, SequenceFormat::Basic, *fsn, &serial.to_be_bytes(), Timestamp::MIN);
        }
        let mut told: Vec<_> = links.losses().map(|loss| (loss.link, loss.seen, loss.missing)).collect();
        told.sort();
        assert_eq!(told.iter().map(|(_, seen, missing)| (*seen, *missing)).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn sides_that_only_labels_tell_lose_each_their_own() {
        let both = [(9, 187, 5), (187, 9, 90), (9, 187, 6), (187, 9, 92), (9, 187, 7), (187, 9, 93), (9, 187, 8)];
        check_sides(&both, &[(4, 0), (3, 1)]);
    }

    #[test]
    fn several_links_between_the_same_nodes_are_not_judged() {
        let numbers = [5, 50, 6, 51, 7, 52];
        check_sides(&numbers.map(|number| (9, 187, number)), &[]);
    }

    #[test]
    fn several_links_of_which_nodes_speak_to_their_own_side_are_not_judged() {
        let star = [(9, 187, 5), (187, 9, 90), (9, 188, 6), (188, 9, 91)];
        check_sides(&star, &[(2, 0), (2, 0)]);
        check_sides(&[star.as_slice(), &[(187, 188, 7)]].concat(), &[]);
    }

    #[test]
    fn units_without_message_are_counted_and_no_messages() {
        let mut links = SignallingLinks::default();
        for is_status in [true, false, false] {
            links.count(DIRECTION, SequenceFormat::Basic, is_status, Timestamp::MIN);
        }
        links.admit(DIRECTION, SequenceFormat::Basic, 0, &[1], Timestamp::MIN);
        let told = links.losses().map(|loss| (loss.seen, loss.fill_in_units, loss.link_status_units)).next();
        assert_eq!(told, Some((1, 2, 1)));
    }

    #[test]
    fn the_table_is_bounded_and_cleared_by_time() {
        let mut links = SignallingLinks::default();
        let admit = |links: &mut SignallingLinks, link: usize, seconds| {
            let direction = LinkDirection { file: (link >> 8) as u16, link: link as u16 & 0xff, ..DIRECTION };
            links.admit(direction, SequenceFormat::Basic, 0, &[1], Timestamp::from_seconds(seconds))
        };
        for link in 0..LINK_LIMIT {
            assert_eq!(admit(&mut links, link, 0), Admission::Fresh);
        }
        assert_eq!(admit(&mut links, LINK_LIMIT, 0), Admission::Untracked);
        assert_eq!(admit(&mut links, LINK_LIMIT, 4000), Admission::Fresh);
        assert_eq!(links.directions.len(), 1);
    }
}

//! Frames of several lines put in the order of time: lines are recorded block by block, one behind the other.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::time::Duration;

use event::Timestamp;

use super::RecordingCounters;
use crate::track::e1::{Content, LineName, Unit};
use crate::wire::LinkType;

/// A line that is so far behind the others is not waited for.
pub const REORDER_LIMIT: Duration = Duration::from_secs(2);
/// Frames that wait for their turn.
pub(super) const WAITING_LIMIT: usize = 65_536;

/// A frame that waits.
pub(super) struct Waiting {
    /// When it was complete.
    pub(super) at: Timestamp,
    /// Frames of one time keep the order in which they came.
    number: u64,
    /// What it begins with.
    pub(super) link_type: LinkType,
    /// Its octets.
    pub(super) octets: Vec<u8>,
}

/// Frames that wait, and how far the lines have come.
#[derive(Default)]
pub(super) struct Order {
    waiting: BinaryHeap<Reverse<Waiting>>,
    current: Option<Waiting>,
    /// Memory of frames that were given.
    spare: Vec<Vec<u8>>,
    /// When the last block of each line began.
    turns: BTreeMap<LineName, Timestamp>,
    /// No frame before this comes any more.
    watermark: Option<Timestamp>,
    number: u64,
}

impl Order {
    /// Lets a frame wait.
    pub(super) fn put(&mut self, unit: &Unit<'_>, link_type: LinkType) {
        let mut octets = self.spare.pop().unwrap_or_default();
        octets.clear();
        octets.extend(pseudo_header(unit));
        octets.extend_from_slice(unit.octets);
        self.number += 1;
        self.waiting.push(Reverse(Waiting { at: unit.at, number: self.number, link_type, octets }));
    }

    /// A line's block, which began at this time, has been read. Lines take turns: when the first one's next block comes, every
    /// line has had one, so that what was before its beginning is complete.
    pub(super) fn turn(&mut self, line: LineName, at: Timestamp) {
        self.turns.insert(line, at);
        let latest = self.turns.values().max().copied().unwrap_or(at);
        self.watermark = self.turns.values().filter(|turn| latest.since(**turn) <= REORDER_LIMIT).min().copied();
    }

    /// Nothing comes any more.
    pub(super) fn release_all(&mut self) {
        self.watermark = Some(Timestamp::MAX);
    }

    /// Goes to the next frame whose turn has come.
    pub(super) fn next(&mut self, counters: &mut RecordingCounters) -> Option<&Waiting> {
        let is_due =
            self.waiting.peek().is_some_and(|Reverse(first)| self.watermark.is_some_and(|mark| first.at < mark));
        let is_early = !is_due && self.waiting.len() > WAITING_LIMIT;
        if !is_due && !is_early {
            return None;
        }
        counters.units_early += u64::from(is_early);
        let next = self.waiting.pop().map(|Reverse(next)| next);
        if let Some(given) = std::mem::replace(&mut self.current, next) {
            self.spare.push(given.octets);
        }
        self.current.as_ref()
    }

    /// The octets of the frame that it stands at.
    pub(super) fn current(&self) -> &[u8] {
        self.current.as_ref().map(|current| current.octets.as_slice()).unwrap_or_default()
    }
}

/// Direction, Annex A or not, link number: as <https://www.tcpdump.org/linktypes/LINKTYPE_MTP2_WITH_PHDR.html>. Frame Relay has
/// the same here.
fn pseudo_header(unit: &Unit<'_>) -> [u8; 4] {
    let [high, low] = unit.link.to_be_bytes();
    [u8::from(unit.is_second), u8::from(unit.content == Content::Mtp2AnnexA), high, low]
}

impl Waiting {
    fn key(&self) -> (Timestamp, u64) {
        (self.at, self.number)
    }
}

impl PartialEq for Waiting {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Waiting {}

impl PartialOrd for Waiting {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Waiting {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key().cmp(&other.key())
    }
}

//! What an interface's thread hands over: the frames of a moment in one block of octets, used again and again.

use event::Timestamp;

use super::super::News;
use crate::wire::LinkType;

/// Frames of one batch.
pub(super) const BATCH_FRAMES: usize = 4096;
/// Octets after which a batch is full; its last frame may go beyond.
pub(super) const BATCH_OCTETS: usize = 256 << 10;

/// Frames of one interface in the order in which the kernel gave them.
pub(super) struct Batch {
    /// Whose, as an index into the list of interfaces.
    pub(super) interface: usize,
    /// What the frames begin with.
    pub(super) link: LinkType,
    /// All that the interface captured before this has been handed over, this batch included.
    pub(super) until: Timestamp,
    /// What happened to the interface before the first frame.
    pub(super) news: Option<(Timestamp, News)>,
    /// The interface gives nothing more.
    pub(super) last: bool,
    held: Vec<Held>,
    octets: Vec<u8>,
}

/// A frame in a batch.
#[derive(Clone, Copy)]
pub(super) struct Held {
    /// Capture time.
    pub(super) at: Timestamp,
    /// Octets on the wire.
    pub(super) original_length: u32,
    /// Where its octets begin.
    pub(super) start: usize,
    length: usize,
}

impl Batch {
    /// An empty one. It takes memory as it is filled, once.
    pub(super) fn new(interface: usize) -> Self {
        let (held, octets) = (Vec::new(), Vec::new());
        Self { interface, link: LinkType::Ethernet, until: Timestamp::MIN, news: None, last: false, held, octets }
    }

    /// Makes it empty again.
    pub(super) fn clear(&mut self) {
        self.news = None;
        self.last = false;
        self.held.clear();
        self.octets.clear();
    }

    /// Takes a frame in.
    #[inline]
    pub(super) fn push(&mut self, at: Timestamp, original_length: u32, captured: &[u8]) {
        self.held.push(Held { at, original_length, start: self.octets.len(), length: captured.len() });
        self.octets.extend_from_slice(captured);
        self.until = self.until.max(at);
    }

    /// Frames in it.
    pub(super) fn len(&self) -> usize {
        self.held.len()
    }

    /// Whether no further frame is to be taken in.
    pub(super) fn is_full(&self) -> bool {
        self.held.len() >= BATCH_FRAMES || self.octets.len() >= BATCH_OCTETS
    }

    /// Capture time of its first frame.
    pub(super) fn first_at(&self) -> Option<Timestamp> {
        self.held.first().map(|held| held.at)
    }

    /// The frame with this index.
    #[inline]
    pub(super) fn held(&self, index: usize) -> Option<Held> {
        self.held.get(index).copied()
    }

    /// The octets of all frames.
    pub(super) fn octets(&self) -> &[u8] {
        &self.octets
    }

    /// The octets of a frame of this batch.
    #[inline]
    pub(super) fn octets_of(&self, held: Held) -> &[u8] {
        self.octets.get(held.start..).and_then(|rest| rest.get(..held.length)).unwrap_or_default()
    }
}

//! One HDLC channel of a line: its frames, recognised and freed of the signal units that only fill.

use super::content::{Content, Recognition};
use super::counters::ChannelCounters;
use super::plan::ChannelPlan;
use super::receiver::Receiver;

/// Octets of the longest fill-in or link status signal unit, Annex A's.
const FILL_LENGTH: usize = 8;

/// A channel and its state.
#[derive(Debug)]
pub struct Channel {
    plan: ChannelPlan,
    content: Option<Content>,
    recognition: Recognition,
    receiver: Receiver,
    fill: Fill,
    counters: ChannelCounters,
}

/// The last fill-in or link status signal unit that was given.
#[derive(Clone, Copy, Debug, Default)]
struct Fill {
    octets: [u8; FILL_LENGTH],
    length: usize,
}

impl Channel {
    /// Nothing received yet.
    pub fn new(plan: ChannelPlan) -> Self {
        Self {
            plan,
            content: plan.content,
            recognition: Recognition::default(),
            receiver: Receiver::new(),
            fill: Fill::default(),
            counters: ChannelCounters::default(),
        }
    }

    /// What it was made of.
    pub fn plan(&self) -> &ChannelPlan {
        &self.plan
    }

    /// What it carries, as far as known.
    pub fn content(&self) -> Option<Content> {
        self.content
    }

    /// What it has seen.
    pub fn counters(&self) -> &ChannelCounters {
        &self.counters
    }

    /// What came is not continued by what comes.
    pub fn lose(&mut self) {
        self.receiver.lose();
    }

    /// Takes the next octets and gives frames with their content and the index of the octet that completed them.
    #[inline]
    pub fn take(&mut self, octets: &[u8], mut give: impl FnMut(usize, Content, &[u8])) {
        let Self { content: known, recognition, receiver, fill, counters, .. } = self;
        let mut intact = IntactFrames::default();
        counters.octets += octets.len() as u64;
        receiver.take(octets, counters, |index, frame| {
            let Some(content) = *known else {
                intact.unrecognised += 1;
                *known = recognition.take(frame);
                return;
            };
            if !content.admits(frame) {
                intact.implausible += 1;
            } else if content.is_fill(frame) && !fill.is_news(frame) {
                intact.repeated_fill += 1;
            } else {
                intact.given += 1;
                give(index, content, frame);
            }
        });
        intact.add_to(counters);
    }
}

/// What became of intact frames, counted apart while the receiver counts its own.
#[derive(Default)]
struct IntactFrames {
    unrecognised: u64,
    implausible: u64,
    repeated_fill: u64,
    given: u64,
}

impl IntactFrames {
    fn add_to(&self, counters: &mut ChannelCounters) {
        counters.unrecognised += self.unrecognised;
        counters.implausible += self.implausible;
        counters.repeated_fill += self.repeated_fill;
        counters.given += self.given;
    }
}

impl Fill {
    // Keeps it where it differs from the last one.
    fn is_news(&mut self, frame: &[u8]) -> bool {
        if self.octets.get(..self.length) == Some(frame) {
            return false;
        }
        if let Some(octets) = self.octets.get_mut(..frame.len()) {
            octets.copy_from_slice(frame);
            self.length = frame.len();
        }
        true
    }
}

//! Messages on their way upward, while a batch of frames is taken.

use super::{Carrier, Payload};
use crate::track::duplicates::{Duplicates, Fingerprint, Sighting};

/// Messages of a batch, in order.
#[derive(Default)]
pub(super) struct Queue {
    messages: Vec<Queued>,
    /// How many of them have been looked for among those of late.
    looked_for: usize,
    /// The octets of those that do not lie in a frame.
    octets: Vec<u8>,
}

/// A message without its octets.
pub(super) struct Queued {
    pub(super) carrier: Carrier,
    pub(super) interface: Interface,
    fingerprint: Fingerprint,
    /// What came of looking for it among those of late.
    pub(super) sighting: Sighting,
    octets: Octets,
}

/// What a message belongs to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Interface {
    A,
    Gb,
}

/// Where the octets of a message lie.
#[derive(Clone, Copy)]
enum Octets {
    /// In the frames of the batch.
    InFrames { start: usize, end: usize },
    /// In the queue.
    Kept { start: usize, end: usize },
}

impl Queue {
    /// Appends an SCCP message or an NS PDU, the octets of which may lie in `frames`.
    #[inline(always)]
    pub(super) fn push(
        &mut self,
        carrier: Carrier,
        interface: Interface,
        fingerprint: Fingerprint,
        octets: &[u8],
        frames: &[u8],
    ) {
        // Where they do lie there, this is how far from the beginning; else it is anything.
        let start = octets.as_ptr().addr().wrapping_sub(frames.as_ptr().addr());
        let end = start.wrapping_add(octets.len());
        let octets = match frames.get(start..end) {
            Some(there) if std::ptr::eq(there, octets) => Octets::InFrames { start, end },
            _ => self.keep(octets),
        };
        self.messages.push(Queued { carrier, interface, fingerprint, sighting: Sighting::First, octets });
    }

    /// Looks for each message, once, among those of late.
    #[inline]
    pub(super) fn look(&mut self, duplicates: &mut Duplicates) {
        for Queued { carrier, fingerprint, sighting, .. } in self.messages.iter_mut().skip(self.looked_for) {
            *sighting = duplicates.look(carrier.from.at, *fingerprint);
        }
        self.looked_for = self.messages.len();
    }

    // What was put together of several frames.
    #[inline(never)]
    fn keep(&mut self, octets: &[u8]) -> Octets {
        let start = self.octets.len();
        self.octets.extend_from_slice(octets);
        Octets::Kept { start, end: self.octets.len() }
    }

    /// Empties it.
    pub(super) fn clear(&mut self) {
        self.octets.clear();
        self.messages.clear();
        self.looked_for = 0;
    }

    /// The messages in order: the same `frames` as when they were pushed.
    #[inline]
    pub(super) fn iter<'a>(&'a self, frames: &'a [u8]) -> impl Iterator<Item = (&'a Queued, Payload<'a>)> {
        self.messages.iter().map(move |queued| {
            let octets = match queued.octets {
                Octets::InFrames { start, end } => frames.get(start..end),
                Octets::Kept { start, end } => self.octets.get(start..end),
            };
            let octets = octets.unwrap_or_default();
            let payload = match queued.interface {
                Interface::A => Payload::Sccp(octets),
                Interface::Gb => Payload::Ns(octets),
            };
            (queued, payload)
        })
    }
}

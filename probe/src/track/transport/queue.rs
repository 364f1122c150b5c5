//! Messages on their way upward, while a batch of frames is taken.

use super::{Carrier, Payload};
use crate::track::duplicates::{Duplicates, Fingerprint, Sighting};

/// Messages of a batch, in order.
#[derive(Default)]
pub(super) struct Queue {
    messages: Vec<Queued>,
    /// How many there are: behind them lie places of earlier ones.
    count: usize,
    /// How many of them have been looked for among those of late.
    looked_for: usize,
    /// The octets of those that do not lie in a frame.
    octets: Vec<u8>,
}

/// A message without its octets.
#[derive(Default)]
pub(super) struct Queued {
    pub(super) carrier: Carrier,
    pub(super) interface: Interface,
    fingerprint: Fingerprint,
    /// What came of looking for it among those of late.
    pub(super) sighting: Sighting,
    octets: Octets,
}

/// Where the octets of a message lie.
#[derive(Clone, Copy, Default)]
struct Octets {
    /// In the queue, not in the frames of the batch.
    is_kept: bool,
    start: u32,
    length: u32,
}

/// What a message belongs to.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Interface {
    #[default]
    A,
    Gb,
}

impl Queue {
    /// Appends an SCCP message or an NS PDU, the octets of which may lie in `frames`.
    #[inline(always)]
    pub(super) fn push(
        &mut self,
        carrier: &Carrier,
        interface: Interface,
        fingerprint: Fingerprint,
        octets: &[u8],
        frames: &[u8],
    ) {
        // Where they do lie there, this is how far from the beginning; else it is anything.
        let start = octets.as_ptr().addr().wrapping_sub(frames.as_ptr().addr());
        let end = start.wrapping_add(octets.len());
        let is_kept = start > frames.len() || end > frames.len();
        let start = if is_kept { self.keep(octets) } else { start };
        let octets = Octets { is_kept, start: start as u32, length: octets.len() as u32 };
        // What is in registers goes to its place from there: a vector would have it put together before.
        if let Some(place) = self.next() {
            place.carrier = *carrier;
            (place.interface, place.sighting) = (interface, Sighting::First);
            (place.fingerprint, place.octets) = (fingerprint, octets);
        }
    }

    #[inline]
    fn next(&mut self) -> Option<&mut Queued> {
        let place = self.count;
        self.count += 1;
        if place >= self.messages.len() {
            self.grow();
        }
        self.messages.get_mut(place)
    }

    #[cold]
    fn grow(&mut self) {
        self.messages.push(Queued::default());
    }

    fn messages(&self) -> &[Queued] {
        self.messages.get(..self.count).unwrap_or_default()
    }

    /// Looks for each message, once, among those of late.
    #[inline]
    pub(super) fn look(&mut self, duplicates: &mut Duplicates) {
        let messages = self.messages.get_mut(self.looked_for..self.count).unwrap_or_default();
        for Queued { carrier, fingerprint, sighting, .. } in messages {
            *sighting = duplicates.look(carrier.from.at, *fingerprint);
        }
        self.looked_for = self.count;
    }

    // What was put together of several frames.
    #[inline(never)]
    fn keep(&mut self, octets: &[u8]) -> usize {
        let start = self.octets.len();
        self.octets.extend_from_slice(octets);
        start
    }

    /// Empties it.
    pub(super) fn clear(&mut self) {
        self.octets.clear();
        self.count = 0;
        self.looked_for = 0;
    }

    /// The messages in order: the same `frames` as when they were pushed.
    #[inline]
    pub(super) fn iter<'a>(&'a self, frames: &'a [u8]) -> impl Iterator<Item = (&'a Queued, Payload<'a>)> {
        self.messages().iter().map(move |queued| {
            let Octets { is_kept, start, length } = queued.octets;
            let all = if is_kept { &self.octets } else { frames };
            let octets = all.get(start as usize..start as usize + length as usize).unwrap_or_default();
            let payload = match queued.interface {
                Interface::A => Payload::Sccp(octets),
                Interface::Gb => Payload::Ns(octets),
            };
            (queued, payload)
        })
    }
}

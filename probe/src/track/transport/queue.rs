//! Messages on their way upward, while a batch of frames is taken.

use super::{Carrier, Payload};
use crate::track::duplicates::Fingerprint;

/// Messages of a batch, in order.
#[derive(Default)]
pub(super) struct Queue {
    octets: Vec<u8>,
    messages: Vec<Queued>,
}

/// A message without its octets: they end here, and begin where those of the one before end.
pub(super) struct Queued {
    pub(super) carrier: Carrier,
    pub(super) interface: Interface,
    pub(super) fingerprint: Fingerprint,
    end: usize,
}

/// What a message belongs to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Interface {
    A,
    Gb,
}

impl Queue {
    /// Appends an SCCP message or an NS PDU.
    #[inline]
    pub(super) fn push(&mut self, carrier: Carrier, interface: Interface, fingerprint: Fingerprint, octets: &[u8]) {
        self.octets.extend_from_slice(octets);
        self.messages.push(Queued { carrier, interface, fingerprint, end: self.octets.len() });
    }

    /// Empties it.
    pub(super) fn clear(&mut self) {
        self.octets.clear();
        self.messages.clear();
    }

    /// The messages in order.
    #[inline]
    pub(super) fn iter(&self) -> impl Iterator<Item = (&Queued, Payload<'_>)> {
        let mut start = 0;
        self.messages.iter().map(move |queued| {
            let octets = self.octets.get(start..queued.end).unwrap_or_default();
            start = queued.end;
            let payload = match queued.interface {
                Interface::A => Payload::Sccp(octets),
                Interface::Gb => Payload::Ns(octets),
            };
            (queued, payload)
        })
    }
}

//! Messages on their way from the transports to the interfaces, while a batch of frames is taken.

use crate::track::transport::{Carrier, Payload};

/// Messages of a batch, in order.
#[derive(Default)]
pub(crate) struct Queue {
    octets: Vec<u8>,
    messages: Vec<Queued>,
}

/// A message without its octets: they begin where those of the one before end.
struct Queued {
    carrier: Carrier,
    interface: Interface,
    end: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Interface {
    A,
    Gb,
}

impl Queue {
    /// Appends an SCCP message.
    #[inline]
    pub(crate) fn push_sccp(&mut self, carrier: Carrier, octets: &[u8]) {
        self.push(carrier, Interface::A, octets);
    }

    /// Appends an NS PDU.
    pub(crate) fn push_ns(&mut self, carrier: Carrier, octets: &[u8]) {
        self.push(carrier, Interface::Gb, octets);
    }

    #[inline]
    fn push(&mut self, carrier: Carrier, interface: Interface, octets: &[u8]) {
        self.octets.extend_from_slice(octets);
        self.messages.push(Queued { carrier, interface, end: self.octets.len() });
    }

    /// Empties it.
    pub(crate) fn clear(&mut self) {
        self.octets.clear();
        self.messages.clear();
    }

    /// The messages in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Carrier, Payload<'_>)> {
        let mut start = 0;
        self.messages.iter().map(move |Queued { carrier, interface, end }| {
            let octets = self.octets.get(start..*end).unwrap_or_default();
            start = *end;
            let payload = match interface {
                Interface::A => Payload::Sccp(octets),
                Interface::Gb => Payload::Ns(octets),
            };
            (*carrier, payload)
        })
    }
}

//! The probe put together: transports below, the A interface above.

use event::Timestamp;

use crate::Sink;
use crate::capture::Frame;
use crate::counters::Counters;
use crate::interpret::{AInterface, NumberPlan};
use crate::track::identity::Identities;
use crate::track::loss::LinkLoss;
use crate::track::transport::{Payload, Transport, TransportCounters, TransportSettings};

/// What is to be configured of a probe.
#[derive(Clone, Debug, Default)]
pub struct ProbeConfig {
    /// Which feed it reads, in the order of the configuration: stands in its events.
    pub feed: u16,
    /// How transports are told apart.
    pub transport: TransportSettings,
    /// How numbers are dialled.
    pub numbers: NumberPlan,
}

/// Frames of one feed in, facts about subscribers out. One thread's.
pub struct Probe {
    feed: u16,
    transport: Transport,
    a_interface: AInterface,
}

impl Probe {
    /// A probe that has seen nothing yet.
    pub fn new(config: ProbeConfig) -> Self {
        Self {
            feed: config.feed,
            transport: Transport::new(&config.transport),
            a_interface: AInterface::new(config.numbers),
        }
    }

    /// Takes the next frame, in the order of capture.
    pub fn frame<S: Sink>(&mut self, frame: &Frame<'_>, sink: &mut S) {
        let Self { feed, transport, a_interface } = self;
        transport.frame(frame, *feed, sink, &mut |carrier, payload, sink| match payload {
            Payload::Sccp(octets) => a_interface.sccp(carrier, octets, sink),
            Payload::Duplicate(octets) => a_interface.show(carrier, octets, sink),
            Payload::Sua(message) => a_interface.message(carrier, message, sink),
            Payload::Ns(_) => {}
        });
    }

    /// Time has passed without a frame: ends what has been silent for too long.
    pub fn tick<S: Sink>(&mut self, now: Timestamp, sink: &mut S) {
        self.a_interface.tick(now, sink);
    }

    /// The capture has ended: events that still wait go out. Calls that go on have not ended.
    pub fn finish<S: Sink>(&mut self, sink: &mut S) {
        let Self { transport, a_interface, .. } = self;
        transport.finish(sink, &mut |carrier, payload, sink| {
            if let Payload::Sccp(octets) = payload {
                a_interface.sccp(carrier, octets, sink);
            }
        });
        a_interface.finish(sink);
    }

    /// What was seen and done from SCCP upward.
    pub fn counters(&self) -> Counters {
        self.a_interface.counters()
    }

    /// What was lost before it reached the capture, by link and direction, in the order of their names.
    pub fn losses(&self) -> Vec<LinkLoss> {
        self.transport.losses()
    }

    /// What the transports have seen.
    pub fn transport_counters(&self) -> &TransportCounters {
        self.transport.counters()
    }

    /// Who temporary identities are, for storage.
    pub fn identities(&self) -> &Identities {
        self.a_interface.identities()
    }

    /// Who temporary identities are, to put stored bindings back as suspects.
    pub fn identities_mut(&mut self) -> &mut Identities {
        self.a_interface.identities_mut()
    }
}

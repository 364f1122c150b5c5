//! The passive probe: frames in, facts about subscribers out. It knows no scenarios.
//!
//! The way of a packet is the order of the modules: [`capture`] reads frames (the only I/O), [`wire`] decodes octets
//! (pure, a file per specification), [`track`] keeps bounded state between frames, [`interpret`] turns messages and
//! state into [`event::Event`]s. Time is data: nothing behind `capture` reads a clock.

pub mod capture;
pub mod counters;
pub mod interpret;
pub mod remembered;
pub mod track;
pub mod wire;

mod listener;
mod probe;

pub use probe::{Probe, ProbeConfig};

use event::{AreaFact, Event, Timestamp};

use wire::Message;

/// Where a frame came from: stands beside everything that is read out of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Provenance {
    /// Capture time.
    pub at: Timestamp,
    /// Number of the frame in its feed, from 1.
    pub frame: u64,
    /// Which feed, in the order of the configuration.
    pub feed: u16,
}

/// Takes what the probe finds. Called in the order of discovery; an event that waited for its IMSI keeps its own time.
pub trait Sink {
    /// Whether [`Sink::message`] wants to be called: decoding for its sake is compiled out where not.
    const MESSAGES: bool = false;

    /// Whether [`Sink::frame`] wants to be called.
    const FRAMES: bool = false;

    /// What a frame brought has been told; this was its time. Of each frame, in their order.
    fn frame(&mut self, _at: Timestamp) {}

    /// A fact.
    fn event(&mut self, event: &Event);

    /// Something that shows of a location area as a whole. Its time may be before that of events that were told already, where
    /// only the end of a quiet time shows it; never by more than the quiet time.
    fn area(&mut self, _fact: &AreaFact) {}

    /// A decoded message of any layer, in the order in which layers nest.
    fn message(&mut self, _from: Provenance, _message: &dyn Message) {}

    /// A message whose decoding stopped. Counted by the probe whether or not this is implemented.
    fn malformed(&mut self, _from: Provenance, _malformed: wire::Malformed) {}
}

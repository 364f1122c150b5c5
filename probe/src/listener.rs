//! Sinks of any type as two: one that is shown messages, and one that is not. So what leads to them is compiled twice, with the
//! probe, and not again with each sink.

use event::{AreaFact, Event, Timestamp};

use crate::wire::{Malformed, Message};
use crate::{Provenance, Sink};

/// A sink that has forgotten its type.
pub(crate) trait Listener {
    /// As [`Sink::frame`].
    fn hear_frame(&mut self, at: Timestamp);
    /// As [`Sink::event`].
    fn hear_event(&mut self, event: &Event);
    /// As [`Sink::area`].
    fn hear_area(&mut self, fact: &AreaFact);
    /// As [`Sink::message`].
    fn hear_message(&mut self, from: Provenance, message: &dyn Message);
    /// As [`Sink::malformed`].
    fn hear_malformed(&mut self, from: Provenance, malformed: Malformed);
}

impl<S: Sink> Listener for S {
    fn hear_frame(&mut self, at: Timestamp) {
        self.frame(at);
    }

    fn hear_event(&mut self, event: &Event) {
        self.event(event);
    }

    fn hear_area(&mut self, fact: &AreaFact) {
        self.area(fact);
    }

    fn hear_message(&mut self, from: Provenance, message: &dyn Message) {
        self.message(from, message);
    }

    fn hear_malformed(&mut self, from: Provenance, malformed: Malformed) {
        self.malformed(from, malformed);
    }
}

/// A sink that is shown messages, or one that is not.
pub(crate) struct Heard<'a, const MESSAGES: bool>(pub(crate) &'a mut dyn Listener);

impl<const MESSAGES: bool> Sink for Heard<'_, MESSAGES> {
    const MESSAGES: bool = MESSAGES;

    fn frame(&mut self, at: Timestamp) {
        self.0.hear_frame(at);
    }

    fn event(&mut self, event: &Event) {
        self.0.hear_event(event);
    }

    fn area(&mut self, fact: &AreaFact) {
        self.0.hear_area(fact);
    }

    fn message(&mut self, from: Provenance, message: &dyn Message) {
        self.0.hear_message(from, message);
    }

    fn malformed(&mut self, from: Provenance, malformed: Malformed) {
        self.0.hear_malformed(from, malformed);
    }
}

//! A link in timeslots of an E1 line: what it sends, and when it comes up. The bits are made where all lines are recorded.

use std::io::Write;

use event::Timestamp;

use super::signalling_link::{ALIGNMENT, ALIGNMENT_STEP};
use super::{Cargo, Nodes, Surroundings, Timer};
use crate::encode::{Message, mtp3};

/// The link.
#[derive(Debug)]
pub(super) struct Channel {
    number: u16,
    nodes: Nodes,
}

impl Channel {
    /// The link of this number, which is not aligned yet.
    pub(super) fn new(number: u16, nodes: Nodes) -> Self {
        Self { number, nodes }
    }

    /// Takes a message.
    pub(super) fn send<W: Write>(&mut self, now: Timestamp, cargo: Cargo<'_>, around: &mut Surroundings<'_, W>) {
        around.desk.packet.clear();
        around.desk.packet.note(Message::MessageSignalUnit);
        mtp3::sccp(&mut around.desk.packet, self.nodes.route(&cargo), cargo.sccp);
        around.transmit_on_line(now, self.number, cargo.side, cargo.tokens);
    }

    /// A timer has run out.
    pub(super) fn wake<W: Write>(&mut self, now: Timestamp, timer: Timer, around: &mut Surroundings<'_, W>) {
        let Timer::Start(step) = timer else { return };
        let status = ALIGNMENT.get(usize::from(step)).copied();
        if let Some(lines) = around.tap.lines() {
            lines.align(self.number, status);
        }
        if status.is_some() {
            around.wake(now, ALIGNMENT_STEP, Timer::Start(step + 1));
        }
    }
}

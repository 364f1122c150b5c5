//! A link in timeslots of an E1 line: what it sends, and when it comes up. The bits are made where all lines are recorded.

use std::io::Write;
use std::time::Duration;

use event::Timestamp;

use super::lines;
use super::signalling_link::ALIGNMENT;
use super::{Cargo, Nodes, Surroundings, Timer};
use crate::encode::{Message, Octets, mtp3};

const ALIGNMENT_STEP: Duration = Duration::from_millis(60);

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
        let mut octets = Octets::default();
        octets.note(Message::MessageSignalUnit);
        mtp3::sccp(&mut octets, self.nodes.route(&cargo), cargo.sccp);
        around.count(octets.messages());
        if let Some(lines) = around.tap.lines() {
            lines.send(self.number, cargo.side, now, octets.as_slice(), cargo.tokens);
        }
    }

    /// A timer has run out. The first link also sees to it that the lines are recorded.
    pub(super) fn wake<W: Write>(&mut self, now: Timestamp, timer: Timer, around: &mut Surroundings<'_, W>) {
        match timer {
            Timer::Start(step) => {
                let status = ALIGNMENT.get(usize::from(step)).copied();
                if let Some(lines) = around.tap.lines() {
                    lines.align(self.number, status);
                }
                match status {
                    Some(_) => around.wake(now, ALIGNMENT_STEP, Timer::Start(step + 1)),
                    None if self.number == 0 => around.wake(now, lines::BLOCK, Timer::Heartbeat(false)),
                    None => {}
                }
            }
            Timer::Heartbeat(_) => {
                around.tap.record(now);
                around.wake(now, lines::BLOCK, Timer::Heartbeat(false));
            }
            Timer::Flush(_) | Timer::Acknowledge(_) | Timer::Repeat(_) => {}
        }
    }
}

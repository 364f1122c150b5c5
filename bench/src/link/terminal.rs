//! One end of an MTP2 link with basic error correction, ITU-T Q.703 §5: numbers what it sends, and sends again from the message
//! on that the other end refuses.

use std::collections::VecDeque;

use event::Timestamp;

use crate::e1::{Numbering, SignalUnits};
use crate::tap::Token;

/// An MTP3 message to be sent.
#[derive(Clone, Debug)]
pub(super) struct Outgoing {
    /// Since when it waits.
    pub(super) since: Timestamp,
    /// How many messages the other end had sent by then: it may be the answer to the last of them.
    pub(super) after: u64,
    /// Service information octet and signalling information field.
    pub(super) octets: Vec<u8>,
    /// Whose it is; empty when it is sent again.
    pub(super) tokens: Vec<Token>,
    /// It is sent again.
    pub(super) is_repeated: bool,
}

/// One end.
#[derive(Debug)]
pub(super) struct Terminal {
    units: SignalUnits,
    waiting: VecDeque<Outgoing>,
    // What was sent since the other end refused a message, that one first.
    refused: VecDeque<Outgoing>,
    is_to_repeat: bool,
    // How many of those that wait are sent again.
    repeating: usize,
    // The other end ignores what comes until the refused message comes again.
    is_refused: bool,
}

/// What the other end made of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Delivery {
    /// It will be acknowledged.
    Accepted,
    /// It was damaged: a negative acknowledgement follows.
    Refused,
    /// It came behind one that was refused.
    Ignored,
}

impl Terminal {
    pub(super) fn new(numbering: Numbering) -> Self {
        Self {
            units: SignalUnits::new(numbering),
            waiting: VecDeque::new(),
            refused: VecDeque::new(),
            is_to_repeat: false,
            repeating: 0,
            is_refused: false,
        }
    }

    /// A message waits for its turn.
    pub(super) fn push(&mut self, outgoing: Outgoing) {
        self.waiting.push_back(outgoing);
    }

    /// The message whose turn it is, if it was there by `now` and nothing that it may answer is still under way (`heard`
    /// messages of the other end are not), as a signal unit and as it is to be delivered.
    pub(super) fn next(&mut self, now: Timestamp, heard: u64) -> Option<(Vec<u8>, Outgoing)> {
        if std::mem::take(&mut self.is_to_repeat) {
            self.units.turn();
            self.repeating = self.refused.len();
            self.refused.drain(..).rev().for_each(|outgoing| self.waiting.push_front(outgoing));
        }
        let outgoing = self.waiting.pop_front_if(|outgoing| outgoing.since <= now && outgoing.after <= heard)?;
        let unit = match self.repeating.checked_sub(1) {
            Some(left) => {
                self.repeating = left;
                self.units.repeated(left as u16, &outgoing.octets)
            }
            None => self.units.message(&outgoing.octets),
        };
        Some((unit, outgoing))
    }

    /// A fill-in signal unit.
    pub(super) fn fill_in(&self) -> Vec<u8> {
        self.units.fill_in()
    }

    /// A link status signal unit.
    pub(super) fn status(&self, status: u8) -> Vec<u8> {
        self.units.status(status)
    }

    /// The negative acknowledgement has come.
    pub(super) fn repeat(&mut self) {
        self.is_to_repeat = !self.refused.is_empty();
    }

    /// What the other end makes of a message when it comes there, damaged or not.
    pub(super) fn deliver(&mut self, outgoing: Outgoing, is_damaged: bool) -> Delivery {
        let Outgoing { is_repeated, .. } = outgoing;
        let kept = Outgoing { tokens: Vec::new(), is_repeated: true, ..outgoing };
        if self.is_refused && !is_repeated {
            self.refused.push_back(kept);
            return Delivery::Ignored;
        }
        self.is_refused = is_damaged && !is_repeated;
        if self.is_refused {
            self.refused.push_back(kept);
            return Delivery::Refused;
        }
        Delivery::Accepted
    }

    /// A message of the other end has come, and this was made of it: the units from now on say so.
    pub(super) fn receive(&mut self, delivery: Delivery) {
        match delivery {
            Delivery::Accepted => self.units.acknowledge(),
            Delivery::Refused => self.units.refuse(),
            Delivery::Ignored => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outgoing(mark: u8) -> Outgoing {
        Outgoing {
            since: Timestamp::MIN,
            after: 0,
            octets: vec![0x83, mark, 0],
            tokens: Vec::new(),
            is_repeated: false,
        }
    }

    #[test]
    fn what_is_refused_is_sent_again_under_its_number_and_the_rest_behind_it() {
        let (mut own, mut other) = (Terminal::new(Numbering::Basic), Terminal::new(Numbering::Basic));
        let mut sent = Vec::new();
        let mut exchange = |own: &mut Terminal, other: &mut Terminal, damaged: Option<u8>| {
            while let Some((unit, outgoing)) = own.next(Timestamp::MIN, 0) {
                sent.push((unit[1], unit[4]));
                let is_damaged = damaged == Some(unit[4]);
                let delivery = own.deliver(outgoing, is_damaged);
                other.receive(delivery);
            }
        };
        (1..=4).for_each(|mark| own.push(outgoing(mark)));
        exchange(&mut own, &mut other, Some(2));
        assert_eq!(other.fill_in()[0], 0x00, "the first is acknowledged, the indicator turned");
        own.push(outgoing(5));
        own.repeat();
        exchange(&mut own, &mut other, None);
        let again = [(0x01, 2), (0x02, 3), (0x03, 4), (0x04, 5)];
        assert_eq!(sent[..4], [(0x80, 1), (0x81, 2), (0x82, 3), (0x83, 4)]);
        assert_eq!(sent[4..], again);
        assert_eq!(other.fill_in()[0], 0x04);
    }
}

//! A 64 kbit/s link captured by its signal units: alignment, messages with their numbers, acknowledgements by fill-in units,
//! now and then a message that is sent again (ITU-T Q.703). Of the fill-in units between, captures hold a few.

use std::io::Write;
use std::time::Duration;

use event::Timestamp;

use super::terminal::{Delivery, Outgoing, Terminal};
use super::{Cargo, Nodes, Surroundings, Timer};
use crate::e1::Numbering;
use crate::encode::{Message, mtp3};
use crate::script::Side;
use crate::tap::Token;

const ACKNOWLEDGED_AFTER: Duration = Duration::from_millis(3);
const REPEATED_AFTER: Duration = Duration::from_millis(15);
/// Messages that the other side finds damaged.
pub(super) const DAMAGED_SHARE: f64 = 0.01;
const SIGN_OF_LIFE_EVERY: Duration = Duration::from_secs(5);
/// Link status while a link comes up, §11.1.3: out of alignment, normal alignment.
pub(super) const ALIGNMENT: [u8; 2] = [0, 1];
/// How long each is sent.
pub(super) const ALIGNMENT_STEP: Duration = Duration::from_millis(60);

/// The link.
#[derive(Debug)]
pub(super) struct SignallingLink {
    /// Its number in the pseudo-header, where the capture has one.
    number: Option<u16>,
    numbering: Numbering,
    nodes: Nodes,
    bss: Terminal,
    msc: Terminal,
    /// Whether the BSC and the MSC owe an acknowledgement.
    owing: [bool; 2],
}

impl SignallingLink {
    /// A link that is not aligned yet.
    pub(super) fn new(number: Option<u16>, numbering: Numbering, nodes: Nodes) -> Self {
        let [bss, msc] = [Terminal::new(numbering), Terminal::new(numbering)];
        Self { number, numbering, nodes, bss, msc, owing: [false; 2] }
    }

    /// Takes a message.
    pub(super) fn send<W: Write>(&mut self, now: Timestamp, cargo: Cargo<'_>, around: &mut Surroundings<'_, W>) {
        let mut message = std::mem::take(&mut around.desk.message);
        message.clear();
        mtp3::sccp(&mut message, self.nodes.route(&cargo), cargo.sccp);
        around.count(message.messages());
        let (octets, tokens) = (message.as_slice().to_vec(), cargo.tokens.to_vec());
        let outgoing = Outgoing { since: now, after: 0, octets, tokens, is_repeated: false };
        around.desk.message = message;
        self.ends(cargo.side).0.push(outgoing);
        self.exchange(now, cargo.side, around);
    }

    /// A timer has run out.
    pub(super) fn wake<W: Write>(&mut self, now: Timestamp, timer: Timer, around: &mut Surroundings<'_, W>) {
        match timer {
            Timer::Start(step) => self.align(now, usize::from(step), around),
            Timer::Acknowledge(side) => {
                if self.owes(side, false) {
                    self.fill_in(now, side, around);
                }
            }
            Timer::Repeat(side) => {
                self.fill_in(now, side.other(), around);
                self.ends(side).0.repeat();
                self.exchange(now, side, around);
            }
            Timer::Heartbeat(_) => {
                self.fill_in(now, Side::Bss, around);
                self.fill_in(now, Side::Msc, around);
                around.wake(now, SIGN_OF_LIFE_EVERY, Timer::Heartbeat(false));
            }
            Timer::Flush(_) => {}
        }
    }

    fn ends(&mut self, side: Side) -> (&mut Terminal, &mut Terminal) {
        match side {
            Side::Bss => (&mut self.bss, &mut self.msc),
            Side::Msc => (&mut self.msc, &mut self.bss),
        }
    }

    // Notes whether a side owes an acknowledgement; whether it did.
    fn owes(&mut self, side: Side, owes: bool) -> bool {
        let [bss, msc] = &mut self.owing;
        std::mem::replace(if side == Side::Bss { bss } else { msc }, owes)
    }

    // Sends what waits on one side.
    fn exchange<W: Write>(&mut self, now: Timestamp, side: Side, around: &mut Surroundings<'_, W>) {
        while let Some((unit, outgoing)) = self.ends(side).0.next(now, 0) {
            self.unit(now, side, Message::MessageSignalUnit, &unit, &outgoing.tokens, around);
            self.owes(side, false);
            let is_damaged = around.random.chance(DAMAGED_SHARE);
            let (own, other) = self.ends(side);
            let delivery = own.deliver(outgoing, is_damaged);
            other.receive(delivery);
            match delivery {
                Delivery::Accepted if self.owes(side.other(), true) => {}
                Delivery::Accepted => around.wake(now, ACKNOWLEDGED_AFTER, Timer::Acknowledge(side.other())),
                Delivery::Refused => around.wake(now, REPEATED_AFTER, Timer::Repeat(side)),
                Delivery::Ignored => {}
            }
        }
    }

    fn align<W: Write>(&mut self, now: Timestamp, step: usize, around: &mut Surroundings<'_, W>) {
        let Some(status) = ALIGNMENT.get(step) else { return self.wake(now, Timer::Heartbeat(false), around) };
        for side in [Side::Bss, Side::Msc] {
            let unit = self.ends(side).0.status(*status);
            self.unit(now, side, Message::LinkStatus, &unit, &[], around);
        }
        around.wake(now, ALIGNMENT_STEP, Timer::Start(step as u8 + 1));
    }

    fn fill_in<W: Write>(&mut self, now: Timestamp, side: Side, around: &mut Surroundings<'_, W>) {
        let unit = self.ends(side).0.fill_in();
        self.unit(now, side, Message::FillIn, &unit, &[], around);
    }

    // A record: as if it had been captured at the MSC.
    fn unit<W: Write>(
        &mut self,
        now: Timestamp,
        side: Side,
        kind: Message,
        unit: &[u8],
        tokens: &[Token],
        around: &mut Surroundings<'_, W>,
    ) {
        around.desk.packet.clear();
        around.desk.packet.note(kind);
        if let Some(number) = self.number {
            let annex_a = self.numbering == Numbering::AnnexA;
            around.desk.packet.bytes(&[u8::from(side == Side::Msc), u8::from(annex_a)]);
            around.desk.packet.u16(number);
        }
        around.desk.packet.bytes(unit);
        around.transmit(now, side, tokens);
    }
}

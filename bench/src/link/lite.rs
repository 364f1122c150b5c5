//! SCCPlite: SCCP in IPA frames over a TCP connection, which the BSC opens.

use std::io::Write;
use std::time::Duration;

use event::Timestamp;

use super::{Cargo, Surroundings, Timer};
use crate::encode::{Message, Octets, ip, ipa};
use crate::random::Random;
use crate::script::Side;
use crate::tap::Token;

const ROUND_TRIP: Duration = Duration::from_micros(350);
const DELAYED_ACKNOWLEDGEMENT: Duration = Duration::from_millis(40);
const PROMPT_ACKNOWLEDGEMENT: Duration = Duration::from_micros(40);
const PING_INTERVAL: Duration = Duration::from_secs(30);
// Less than the quickest answer takes: a message never leaves after the answer to it.
const BUNDLING_WAIT: Duration = Duration::from_micros(800);
const BUNDLING_SHARE: f64 = 0.04;

/// One end of the connection.
#[derive(Debug)]
struct End {
    socket: ip::Socket,
    sequence: u32,
    identification: u16,
    // The segment that waits for company: its frames so far.
    waiting: Octets,
    waiting_tokens: Vec<Token>,
    unacknowledged: u32,
    acknowledgement_due: bool,
}

impl End {
    fn new(socket: ip::Socket, random: &mut Random) -> Self {
        Self {
            socket,
            sequence: random.bits() as u32,
            identification: random.bits() as u16,
            waiting: Octets::default(),
            waiting_tokens: Vec::new(),
            unacknowledged: 0,
            acknowledgement_due: false,
        }
    }
}

/// The connection.
#[derive(Debug)]
pub struct Lite {
    bss: End,
    msc: End,
    unit_name: String,
}

impl Lite {
    /// The port on which the MSC listens.
    pub const PORT: u16 = 5000;
    /// The first of the ports from which BSCs connect.
    pub const FIRST_BSS_PORT: u16 = 40_000;

    /// A connection between these ends, not yet set up.
    pub fn new(sockets: (ip::Socket, ip::Socket), point_code: u16, random: &mut Random) -> Self {
        Self {
            bss: End::new(sockets.0, random),
            msc: End::new(sockets.1, random),
            unit_name: format!("bsc-{point_code}"),
        }
    }

    /// Takes a message: alone, or to share a segment with the next.
    pub fn send<W: Write>(&mut self, now: Timestamp, cargo: Cargo<'_>, around: &mut Surroundings<'_, W>) {
        let own = self.ends(cargo.side).0;
        let first = own.waiting.is_empty();
        ipa::sccp(&mut own.waiting, cargo.sccp);
        own.waiting_tokens.extend_from_slice(cargo.tokens);
        if first && around.random.chance(BUNDLING_SHARE) {
            return around.wake(now, BUNDLING_WAIT, Timer::Flush(cargo.side));
        }
        self.flush(now, cargo.side, around);
    }

    /// A timer has run out.
    pub fn wake<W: Write>(&mut self, now: Timestamp, timer: Timer, around: &mut Surroundings<'_, W>) {
        match timer {
            Timer::Start(step) => self.start(now, step, around),
            Timer::Flush(side) => self.flush(now, side, around),
            Timer::Acknowledge(side) => self.acknowledge(now, side, around),
            Timer::Heartbeat(answer) => self.ping(now, answer, around),
        }
    }

    fn ends(&mut self, side: Side) -> (&mut End, &mut End) {
        match side {
            Side::Bss => (&mut self.bss, &mut self.msc),
            Side::Msc => (&mut self.msc, &mut self.bss),
        }
    }

    // Sends one segment with what waits. SYN counts as an octet (RFC 9293 §3.4).
    fn transmit<W: Write>(&mut self, now: Timestamp, side: Side, control: u8, around: &mut Surroundings<'_, W>) {
        let (own, other) = self.ends(side);
        own.identification = own.identification.wrapping_add(1);
        let acknowledged = if control & ip::ACK == 0 { 0 } else { other.sequence };
        let segment = ip::Segment { from: own.socket, to: other.socket, sequence: own.sequence, acknowledged, control };
        around.packet.clear();
        ip::tcp(around.packet, own.identification, segment, own.waiting.as_slice());
        let length = own.waiting.len() as u32 + u32::from(control & ip::SYN != 0);
        own.sequence = own.sequence.wrapping_add(length);
        own.unacknowledged = 0;
        other.unacknowledged += u32::from(!own.waiting.is_empty());
        around.count(own.waiting.messages());
        around.transmit(now, &own.waiting_tokens);
        own.waiting.clear();
        own.waiting_tokens.clear();
    }

    fn flush<W: Write>(&mut self, now: Timestamp, side: Side, around: &mut Surroundings<'_, W>) {
        if self.ends(side).0.waiting.is_empty() {
            return;
        }
        self.transmit(now, side, ip::PSH | ip::ACK, around);
        let other = self.ends(side).1;
        if other.unacknowledged == 2 {
            around.wake(now, PROMPT_ACKNOWLEDGEMENT, Timer::Acknowledge(side.other()));
        } else if !other.acknowledgement_due {
            other.acknowledgement_due = true;
            around.wake(now, DELAYED_ACKNOWLEDGEMENT, Timer::Acknowledge(side.other()));
        }
    }

    fn acknowledge<W: Write>(&mut self, now: Timestamp, side: Side, around: &mut Surroundings<'_, W>) {
        let own = self.ends(side).0;
        own.acknowledgement_due = false;
        // What waits here will carry the acknowledgement.
        if own.unacknowledged > 0 && own.waiting.is_empty() {
            self.transmit(now, side, ip::ACK, around);
        }
    }

    fn ping<W: Write>(&mut self, now: Timestamp, answer: bool, around: &mut Surroundings<'_, W>) {
        let (side, message) = if answer { (Side::Bss, Message::IpaPong) } else { (Side::Msc, Message::IpaPing) };
        self.control(now, side, around, |o| ipa::ccm(o, message));
        let (after, timer) = match answer {
            true => (PING_INTERVAL, Timer::Heartbeat(false)),
            false => (ROUND_TRIP, Timer::Heartbeat(true)),
        };
        around.wake(now, after, timer);
    }

    // The start-up, a segment a step: TCP's three-way handshake, then the unit's name.
    fn start<W: Write>(&mut self, now: Timestamp, step: u8, around: &mut Surroundings<'_, W>) {
        match step {
            0 => self.transmit(now, Side::Bss, ip::SYN, around),
            1 => self.transmit(now, Side::Msc, ip::SYN | ip::ACK, around),
            2 => self.transmit(now, Side::Bss, ip::ACK, around),
            3 => self.control(now, Side::Msc, around, ipa::identity_request),
            4 => {
                let name = std::mem::take(&mut self.unit_name);
                self.control(now, Side::Bss, around, |o| ipa::identity_response(o, &name));
                self.unit_name = name;
            }
            _ => self.control(now, Side::Msc, around, |o| ipa::ccm(o, Message::IpaIdentityAck)),
        }
        const LAST_STEP: u8 = 5;
        match step < LAST_STEP {
            true => around.wake(now, ROUND_TRIP, Timer::Start(step + 1)),
            false => around.wake(now, PING_INTERVAL, Timer::Heartbeat(false)),
        }
    }

    fn control<W: Write>(
        &mut self,
        now: Timestamp,
        side: Side,
        around: &mut Surroundings<'_, W>,
        message: impl FnOnce(&mut Octets),
    ) {
        message(&mut self.ends(side).0.waiting);
        self.flush(now, side, around);
    }
}

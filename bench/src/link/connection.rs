//! A TCP connection with an adaptation layer over it, which the BSC opens: SCCPlite, or M3UA.

use std::io::Write;
use std::ops::Range;
use std::time::Duration;

use event::Timestamp;

use super::adaptation::Adaptation;
use super::{BUNDLING_SHARE, BUNDLING_WAIT, Cargo, PROMPT_ACKNOWLEDGEMENT, ROUND_TRIP, Surroundings, Timer, pieces};
use crate::encode::{Octets, ip};
use crate::random::Random;
use crate::script::Side;
use crate::tap::Token;

const DELAYED_ACKNOWLEDGEMENT: Duration = Duration::from_millis(40);
const HEARTBEAT_INTERVAL: Duration = Duration::from_secs(30);
const HANDSHAKE_STEPS: u8 = 3;

/// One end of the connection.
#[derive(Debug)]
struct End {
    socket: ip::Socket,
    sequence: u32,
    identification: u16,
    // The segment that waits for company: its frames so far.
    waiting: Octets,
    // Whose messages wait, and from where to where.
    waiting_tokens: Vec<(Token, Range<usize>)>,
    // Whose messages are in the segment that leaves.
    tokens: Vec<Token>,
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
            tokens: Vec::new(),
            unacknowledged: 0,
            acknowledgement_due: false,
        }
    }
}

/// The connection.
#[derive(Debug)]
pub(super) struct Connection {
    bss: End,
    msc: End,
    adaptation: Adaptation,
    // The most octets of a segment.
    longest_piece: usize,
}

impl Connection {
    /// The first of the ports from which BSCs connect.
    pub(super) const FIRST_BSS_PORT: u16 = 40_000;

    /// A connection between these ends, not yet set up.
    pub(super) fn new(
        sockets: (ip::Socket, ip::Socket),
        adaptation: Adaptation,
        longest_piece: usize,
        random: &mut Random,
    ) -> Self {
        Self { bss: End::new(sockets.0, random), msc: End::new(sockets.1, random), adaptation, longest_piece }
    }

    /// Takes a message: alone, or to share a segment with the next.
    pub(super) fn send<W: Write>(&mut self, now: Timestamp, cargo: Cargo<'_>, around: &mut Surroundings<'_, W>) {
        let Self { bss, msc, adaptation, .. } = self;
        let own = if cargo.side == Side::Bss { bss } else { msc };
        let first = own.waiting.is_empty();
        let begin = own.waiting.len();
        adaptation.data(&mut own.waiting, &cargo);
        let place = begin..own.waiting.len();
        own.waiting_tokens.extend(cargo.tokens.iter().map(|token| (*token, place.clone())));
        if first && around.random.chance(BUNDLING_SHARE) {
            return around.wake(now, BUNDLING_WAIT, Timer::Flush(cargo.side));
        }
        self.flush(now, cargo.side, around);
    }

    /// A timer has run out.
    pub(super) fn wake<W: Write>(&mut self, now: Timestamp, timer: Timer, around: &mut Surroundings<'_, W>) {
        match timer {
            Timer::Start(step) => self.start(now, step, around),
            Timer::Flush(side) => self.flush(now, side, around),
            Timer::Acknowledge(side) => self.acknowledge(now, side, around),
            Timer::Heartbeat(answer) => self.heartbeat(now, answer, around),
            Timer::Repeat(_) => {}
        }
    }

    fn ends(&mut self, side: Side) -> (&mut End, &mut End) {
        match side {
            Side::Bss => (&mut self.bss, &mut self.msc),
            Side::Msc => (&mut self.msc, &mut self.bss),
        }
    }

    // Sends what waits, in segments no longer than a piece. SYN counts as an octet (RFC 9293 §3.4).
    fn transmit<W: Write>(&mut self, now: Timestamp, side: Side, control: u8, around: &mut Surroundings<'_, W>) {
        let longest_piece = self.longest_piece;
        let (own, other) = self.ends(side);
        let acknowledged = if control & ip::ACK == 0 { 0 } else { other.sequence };
        let mut begin = 0;
        for (piece, (_, is_last)) in pieces(own.waiting.as_slice(), longest_piece) {
            own.identification = own.identification.wrapping_add(1);
            let (from, to) = (own.socket, other.socket);
            let segment = ip::Segment { from, to, sequence: own.sequence, acknowledged, control };
            around.desk.packet.clear();
            ip::tcp(&mut around.desk.packet, own.identification, segment, piece);
            own.sequence = own.sequence.wrapping_add(piece.len() as u32 + u32::from(control & ip::SYN != 0));
            other.unacknowledged += u32::from(!piece.is_empty());
            if is_last {
                around.count(own.waiting.messages());
            }
            let end = begin + piece.len();
            let here = |(_, place): &&(Token, Range<usize>)| place.start < end && begin < place.end;
            own.tokens.clear();
            let tokens = own.waiting_tokens.iter().filter(here);
            own.tokens.extend(tokens.map(|(token, place)| token.of_piece(place.end <= end)));
            around.transmit(now, side, &own.tokens);
            begin = end;
        }
        own.unacknowledged = 0;
        own.waiting.clear();
        own.waiting_tokens.clear();
    }

    fn flush<W: Write>(&mut self, now: Timestamp, side: Side, around: &mut Surroundings<'_, W>) {
        if self.ends(side).0.waiting.is_empty() {
            return;
        }
        self.transmit(now, side, ip::PSH | ip::ACK, around);
        let other = self.ends(side).1;
        if other.unacknowledged >= 2 {
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

    // The MSC asks whether the BSC is there, which answers.
    fn heartbeat<W: Write>(&mut self, now: Timestamp, answer: bool, around: &mut Surroundings<'_, W>) {
        let Self { bss, msc, adaptation, .. } = self;
        let (side, own) = if answer { (Side::Bss, bss) } else { (Side::Msc, msc) };
        adaptation.heartbeat(&mut own.waiting, answer);
        self.flush(now, side, around);
        let (after, timer) = match answer {
            true => (HEARTBEAT_INTERVAL, Timer::Heartbeat(false)),
            false => (ROUND_TRIP, Timer::Heartbeat(true)),
        };
        around.wake(now, after, timer);
    }

    // The start-up, a segment a step: TCP's three-way handshake, then what the layer above says.
    fn start<W: Write>(&mut self, now: Timestamp, step: u8, around: &mut Surroundings<'_, W>) {
        match step {
            0 => self.transmit(now, Side::Bss, ip::SYN, around),
            1 => self.transmit(now, Side::Msc, ip::SYN | ip::ACK, around),
            2 => self.transmit(now, Side::Bss, ip::ACK, around),
            _ => {
                let step = usize::from(step - HANDSHAKE_STEPS);
                let Self { bss, msc, adaptation, .. } = self;
                let Some(side) = adaptation.opener(step) else {
                    return around.wake(now, HEARTBEAT_INTERVAL, Timer::Heartbeat(false));
                };
                adaptation.open(if side == Side::Bss { &mut bss.waiting } else { &mut msc.waiting }, step);
                self.flush(now, side, around);
            }
        }
        around.wake(now, ROUND_TRIP, Timer::Start(step + 1));
    }
}

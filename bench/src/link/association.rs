//! An SCTP association with an adaptation layer over it, RFC 9260: handshake, numbering, acknowledgement, heartbeats, and now
//! and then two messages in a packet.

use std::io::Write;
use std::time::Duration;

use event::Timestamp;

use super::adaptation::Adaptation;
use super::{BUNDLING_SHARE, BUNDLING_WAIT, Cargo, PROMPT_ACKNOWLEDGEMENT, ROUND_TRIP, Surroundings, Timer, pieces};
use crate::encode::{Message, Octets, ip, sctp};
use crate::random::Random;
use crate::script::Side;
use crate::tap::Token;

const STREAMS: usize = 17; // stream 0 for management (RFC 4666 §1.4.7), one for each link selection
const DELAYED_ACKNOWLEDGEMENT: Duration = Duration::from_millis(200); // RFC 9260 §6.2
const HEARTBEAT_INTERVAL: Duration = Duration::from_secs(30); // RFC 9260 §16
const COOKIE_OCTETS: usize = 32;
const HANDSHAKE_STEPS: u8 = 4;

/// One end of an association.
#[derive(Debug)]
struct End {
    socket: ip::Socket,
    tag: u32,
    next_tsn: u32,
    sequences: [u16; STREAMS],
    identification: u16,
    // What waits for company in a packet: its chunks so far, how many of them are of data, and whose.
    waiting: Octets,
    waiting_data: u32,
    waiting_tokens: Vec<Token>,
    // What the other end has sent and this end has not acknowledged.
    unacknowledged: u32,
    acknowledgement_due: bool,
}

impl End {
    fn new(socket: ip::Socket, random: &mut Random) -> Self {
        Self {
            socket,
            tag: random.bits() as u32 | 1,
            next_tsn: random.bits() as u32,
            sequences: [0; STREAMS],
            identification: random.bits() as u16,
            waiting: Octets::default(),
            waiting_data: 0,
            waiting_tokens: Vec::new(),
            unacknowledged: 0,
            acknowledgement_due: false,
        }
    }

    fn offer(&self) -> sctp::Offer {
        sctp::Offer { tag: self.tag, tsn: self.next_tsn, streams: STREAMS as u16 }
    }

    // Numbers the next chunk.
    fn place(&mut self, chunk: &Chunk<'_>) -> sctp::Position {
        let Chunk { stream, protocol, bounds: (begins, ends), .. } = *chunk;
        let sequence = self.sequences.get_mut(stream).map_or(0, |next| {
            let sequence = *next;
            *next = next.wrapping_add(u16::from(ends));
            sequence
        });
        let tsn = self.next_tsn;
        self.next_tsn = tsn.wrapping_add(1);
        sctp::Position { tsn, stream: stream as u16, sequence, begins, ends, protocol }
    }

    // The next packet takes it along.
    fn wait(&mut self, chunk: &Chunk<'_>) {
        let position = self.place(chunk);
        chunk.write(&mut self.waiting, position);
        self.waiting_data += 1;
        self.waiting_tokens.extend(chunk.tokens());
    }

    // The last TSN that has left: a message that waits for company has its number but has not been sent.
    fn sent_tsn(&self) -> u32 {
        self.next_tsn.wrapping_sub(1 + self.waiting_data)
    }
}

/// A user message, or a piece of one, to be sent.
#[derive(Clone, Copy)]
struct Chunk<'a> {
    stream: usize,
    protocol: u32,
    // Whether the message begins and ends here.
    bounds: (bool, bool),
    octets: &'a [u8],
    // What is in the message, where it ends here.
    messages: &'a [Message],
    tokens: &'a [Token],
}

impl<'a> Chunk<'a> {
    // What the link itself has to say.
    fn of_link(stream: usize, protocol: u32, message: &'a Octets) -> Self {
        let (octets, messages) = (message.as_slice(), message.messages());
        Self { stream, protocol, bounds: (true, true), octets, messages, tokens: &[] }
    }

    fn write(&self, o: &mut Octets, position: sctp::Position) {
        sctp::data(o, position, self.octets);
        o.note_all(self.messages);
    }

    fn tokens(&self) -> impl Iterator<Item = Token> {
        self.tokens.iter().map(|token| token.of_piece(self.bounds.1))
    }
}

/// The association.
#[derive(Debug)]
pub(super) struct Association {
    bss: End,
    msc: End,
    adaptation: Adaptation,
    // The longest piece of a user message, in octets.
    longest_piece: usize,
}

impl Association {
    /// An association between these ends, not yet set up. The BSC opens it.
    pub(super) fn new(
        sockets: (ip::Socket, ip::Socket),
        adaptation: Adaptation,
        longest_piece: usize,
        random: &mut Random,
    ) -> Self {
        Self { bss: End::new(sockets.0, random), msc: End::new(sockets.1, random), adaptation, longest_piece }
    }

    /// Reads something of both ends.
    pub(super) fn fetch(&self) -> u32 {
        self.bss.tag ^ self.msc.tag
    }

    /// Takes a message: alone, or to share a packet with the next; in several packets if it is longer than a piece.
    pub(super) fn send<W: Write>(&mut self, now: Timestamp, cargo: Cargo<'_>, around: &mut Surroundings<'_, W>) {
        let Cargo { side, tokens, .. } = cargo;
        let mut message = std::mem::take(&mut around.desk.message);
        message.clear();
        self.adaptation.data(&mut message, &cargo);
        let is_first = self.ends(side).0.waiting.is_empty();
        let waits = is_first && self.adaptation.may_wait() && around.random.chance(BUNDLING_SHARE);
        let (stream, protocol) = (self.adaptation.stream(cargo.link_selection, STREAMS), self.adaptation.protocol());
        for (octets, bounds @ (_, is_last)) in pieces(message.as_slice(), self.longest_piece) {
            let messages = if is_last { message.messages() } else { &[] };
            let chunk = Chunk { stream, protocol, bounds, octets, messages, tokens };
            if waits && is_last {
                self.ends(side).0.wait(&chunk);
                around.wake(now, BUNDLING_WAIT, Timer::Flush(side));
            } else {
                self.carry(now, side, Some(chunk), around);
            }
        }
        around.desk.message = message;
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

    // Sends one packet with what `chunks` writes into it: the messages of `tokens`, if any.
    fn transmit<W: Write>(
        &mut self,
        now: Timestamp,
        side: Side,
        tag: u32,
        tokens: &[Token],
        around: &mut Surroundings<'_, W>,
        chunks: impl FnOnce(&mut Octets, &mut End, &mut End),
    ) {
        let (own, other) = self.ends(side);
        own.identification = own.identification.wrapping_add(1);
        around.desk.packet.clear();
        sctp::begin(&mut around.desk.packet, own.socket, other.socket, tag, own.identification);
        chunks(&mut around.desk.packet, own, other);
        sctp::end(&mut around.desk.packet);
        around.transmit(now, side, tokens);
    }

    // What waits leaves.
    fn flush<W: Write>(&mut self, now: Timestamp, side: Side, around: &mut Surroundings<'_, W>) {
        if !self.ends(side).0.waiting.is_empty() {
            self.carry(now, side, None, around);
        }
    }

    // Sends what waits and this, with the acknowledgement that this side owes before it (RFC 9260 §6.10).
    fn carry<W: Write>(
        &mut self,
        now: Timestamp,
        side: Side,
        chunk: Option<Chunk<'_>>,
        around: &mut Surroundings<'_, W>,
    ) {
        let (own, other) = self.ends(side);
        let tag = other.tag;
        let mut tokens = std::mem::take(&mut around.desk.tokens);
        tokens.append(&mut own.waiting_tokens);
        tokens.extend(chunk.iter().flat_map(Chunk::tokens));
        self.transmit(now, side, tag, &tokens, around, |packet, own, other| {
            if std::mem::take(&mut own.unacknowledged) > 0 {
                sctp::sack(packet, other.sent_tsn());
            }
            if !own.waiting.is_empty() {
                packet.bytes(own.waiting.as_slice());
                packet.note_all(own.waiting.messages());
                own.waiting.clear();
                own.waiting_data = 0;
            }
            if let Some(chunk) = chunk {
                chunk.write(packet, own.place(&chunk));
            }
            other.unacknowledged += 1;
        });
        tokens.clear();
        around.desk.tokens = tokens;
        self.owe(now, side.other(), around);
    }

    // Every second packet is acknowledged at once, others within 200 ms (RFC 9260 §6.2).
    fn owe<W: Write>(&mut self, now: Timestamp, side: Side, around: &mut Surroundings<'_, W>) {
        let end = self.ends(side).0;
        if end.unacknowledged == 2 {
            around.wake(now, PROMPT_ACKNOWLEDGEMENT, Timer::Acknowledge(side));
        } else if !end.acknowledgement_due {
            end.acknowledgement_due = true;
            around.wake(now, DELAYED_ACKNOWLEDGEMENT, Timer::Acknowledge(side));
        }
    }

    fn acknowledge<W: Write>(&mut self, now: Timestamp, side: Side, around: &mut Surroundings<'_, W>) {
        let (own, other) = self.ends(side);
        let (owed, tag) = (own.unacknowledged > 0, other.tag);
        own.acknowledgement_due = false;
        if !owed {
            return;
        }
        let mut message = std::mem::take(&mut around.desk.message);
        message.clear();
        if self.adaptation.acknowledge(&mut message, side) {
            let chunk = Chunk::of_link(self.adaptation.stream(0, STREAMS), self.adaptation.protocol(), &message);
            self.carry(now, side, Some(chunk), around);
        } else {
            self.transmit(now, side, tag, &[], around, |packet, own, other| {
                sctp::sack(packet, other.sent_tsn());
                own.unacknowledged = 0;
            });
        }
        around.desk.message = message;
    }

    fn heartbeat<W: Write>(&mut self, now: Timestamp, answer: bool, around: &mut Surroundings<'_, W>) {
        let side = if answer { Side::Msc } else { Side::Bss };
        let tag = self.ends(side).1.tag;
        let information = u64::from(self.bss.tag) << 16 | u64::from(self.bss.socket.port);
        self.transmit(now, side, tag, &[], around, |packet, _, _| sctp::heartbeat(packet, answer, information));
        let (after, timer) = match answer {
            true => (HEARTBEAT_INTERVAL, Timer::Heartbeat(false)),
            false => (ROUND_TRIP, Timer::Heartbeat(true)),
        };
        around.wake(now, after, timer);
    }

    // The start-up, a message a step: SCTP's four-way handshake, then what the layer above says.
    fn start<W: Write>(&mut self, now: Timestamp, step: u8, around: &mut Surroundings<'_, W>) {
        let (bss_tag, msc_tag) = (self.bss.tag, self.msc.tag);
        let cookie: [u8; COOKIE_OCTETS] = cookie(bss_tag, msc_tag);
        match step {
            0 => self.transmit(now, Side::Bss, 0, &[], around, |o, own, _| sctp::init(o, own.offer())),
            1 => {
                self.transmit(now, Side::Msc, bss_tag, &[], around, |o, own, _| sctp::init_ack(o, own.offer(), &cookie))
            }
            2 => self.transmit(now, Side::Bss, msc_tag, &[], around, |o, _, _| sctp::cookie_echo(o, &cookie)),
            3 => self.transmit(now, Side::Msc, bss_tag, &[], around, |o, _, _| sctp::cookie_ack(o)),
            _ => {
                let step = usize::from(step - HANDSHAKE_STEPS);
                let Some(side) = self.adaptation.opener(step) else {
                    return around.wake(now, HEARTBEAT_INTERVAL, Timer::Heartbeat(false));
                };
                let mut message = Octets::default();
                self.adaptation.open(&mut message, step);
                let chunk = Chunk::of_link(0, self.adaptation.protocol(), &message);
                self.carry(now, side, Some(chunk), around);
            }
        }
        around.wake(now, ROUND_TRIP, Timer::Start(step + 1));
    }
}

fn cookie(bss_tag: u32, msc_tag: u32) -> [u8; COOKIE_OCTETS] {
    let mut random = Random::new(u64::from(bss_tag) << 32 | u64::from(msc_tag));
    random.octets()
}

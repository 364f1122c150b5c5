//! E1 lines that a cross-connect mirrors: the links of a network in timeslots, recorded block by block. A unit is captured when
//! its closing flag is; its number is the one that a reader of the recording gives it (`deploy/docs/e1.md`).

use std::collections::VecDeque;
use std::io::{self, Write};
use std::time::Duration;

use event::Timestamp;

use super::signalling_link::DAMAGED_SHARE;
use super::terminal::{Delivery, Outgoing, Terminal};
use crate::e1::{Bits, BlockHead, FRAME_BITS, Framer, Framing, LINE_RATE, Numbering, Recording, stuffed};
use crate::random::Random;
use crate::script::{Side, Sighting};
use crate::tap::{Carried, Faults, Token};

/// Time between two blocks of a line.
pub const BLOCK: Duration = Duration::from_millis(10);
const FRAME: Duration = Duration::from_micros(125);
const BLOCK_FRAMES: usize = (BLOCK.as_micros() / FRAME.as_micros()) as usize;
const FLAG: u8 = 0x7e;
const TIMESLOTS: u16 = 31; // besides timeslot 0

/// How lines are laid out and recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineLayout {
    /// Timeslots of each link: 1 to 31; none where a link has the 2,048 kbit/s of a line without frames.
    pub timeslots: Option<u16>,
    /// How signal units are numbered.
    pub numbering: Numbering,
    /// Whether timeslot 0 has the cyclic redundancy check.
    pub crc4: bool,
    /// Whether the bit that was on the line first is the least significant one of its octet.
    pub least_significant_first: bool,
}

impl LineLayout {
    fn links_of_port(&self) -> u16 {
        self.timeslots.map_or(1, |timeslots| TIMESLOTS / timeslots)
    }

    /// Where a link is: its port, and its first and last timeslot.
    pub fn place(&self, link: u16) -> (u16, Option<(u16, u16)>) {
        let (port, index) = (link / self.links_of_port(), link % self.links_of_port());
        (port, self.timeslots.map(|timeslots| (1 + index * timeslots, (index + 1) * timeslots)))
    }

    /// Where a link is, as `--e1-link` of the probe names it.
    pub fn name(&self, link: u16) -> String {
        match self.place(link) {
            (port, None) => format!("{port}:all"),
            (port, Some((first, last))) if first == last => format!("{port}:{first}"),
            (port, Some((first, last))) => format!("{port}:{first}-{last}"),
        }
    }
}

/// What a link sends on the line.
#[derive(Debug)]
enum Protocol {
    /// Signal units without pause; of the link's status while it comes up.
    Mtp2 { terminal: Terminal, status: Option<u8> },
    /// Frames, and flags between.
    FrameRelay(VecDeque<Outgoing>),
}

/// One direction of a link.
#[derive(Debug)]
struct Channel {
    protocol: Protocol,
    is_up: bool,
    timeslots: Vec<usize>,
    // Bits of the channel that were made and not sent.
    bits: Bits,
    sent: u64,
    under_way: VecDeque<UnderWay>,
    // Messages that it was given, that are through, and that the other side has got through to it.
    taken: u64,
    through: u64,
    heard: u64,
    // What a reader has seen fill the line last.
    last_filling: Vec<u8>,
    // What filled it last and its bits: most of a line is the same unit again and again.
    filling: (Vec<u8>, Bits),
    // What the other side makes of the messages that are through.
    delivered: Vec<Delivery>,
    // It refused one in the last block.
    was_refused: bool,
    // The share of messages that the mirror damages, and what it carried.
    loss: f64,
    carried: Carried,
}

/// A unit whose closing flag is not sent yet.
#[derive(Debug)]
struct UnderWay {
    // The bit of the channel at which its closing flag ends.
    end: u64,
    octets: Vec<u8>,
    // It only fills the line.
    is_filling: bool,
    // It is a message for the first time.
    is_first: bool,
    // The mirror damages it; the other side gets it as it was sent.
    is_lost: bool,
    tokens: Vec<Token>,
    delivery: Option<Delivery>,
}

/// A unit that is a frame to a reader, or a message that none can read: the bit of the line since the beginning, whose it is.
struct Captured {
    end: u64,
    is_lost: bool,
    tokens: Vec<Token>,
}

/// All lines.
#[derive(Debug)]
pub struct Lines<W> {
    layout: LineLayout,
    recording: Recording<W>,
    opens: Timestamp,
    begin: Timestamp,
    blocks: u32,
    links: Vec<[Channel; 2]>,
    framers: Vec<[Framer; 2]>,
    faults: Faults,
    random: Random,
    frames: u64,
}

impl<W: Write> Lines<W> {
    /// Lines that begin at `begin`, and the head of their recording, which begins at `opens`. Of the faults, lines meet loss.
    pub fn new(
        out: W,
        layout: LineLayout,
        begin: Timestamp,
        opens: Timestamp,
        faults: Faults,
        random: Random,
    ) -> io::Result<Self> {
        let recording = Recording::new(out, !layout.least_significant_first)?;
        let (links, framers) = (Vec::new(), Vec::new());
        Ok(Self { layout, recording, opens, begin, blocks: 0, links, framers, faults, random, frames: 0 })
    }

    /// Adds the next link: of MTP2, or else of Frame Relay.
    pub fn add(&mut self, is_mtp2: bool) {
        let link = self.links.len() as u16;
        let (port, timeslots) = self.layout.place(link);
        let timeslots: Vec<usize> =
            timeslots.map_or((0..32).collect(), |(first, last)| (first.into()..=last.into()).collect());
        if self.framers.len() <= usize::from(port) {
            let framer = Framer::new(Framing { crc4: self.layout.crc4, remote_alarm: false });
            self.framers.push([framer.clone(), framer]);
        }
        if let Some(framers) = self.framers.last_mut() {
            *framers = framers.clone().map(|framer| framer.channel(timeslots.iter().copied(), Bits::default()));
        }
        let protocol = || match is_mtp2 {
            true => Protocol::Mtp2 { terminal: Terminal::new(self.layout.numbering), status: None },
            false => Protocol::FrameRelay(VecDeque::new()),
        };
        let Faults { loss, lossy, .. } = self.faults;
        let loss = |side| if lossy.is_none_or(|lossy| lossy == side) { loss } else { 0.0 };
        let channel = |side| Channel::new(protocol(), timeslots.clone(), loss(side));
        self.links.push([Side::Bss, Side::Msc].map(channel));
    }

    /// A link comes up: first with this status, at last with none.
    pub fn align(&mut self, link: u16, status: Option<u8>) {
        let channels = self.links.get_mut(usize::from(link)).into_iter().flatten();
        channels.for_each(|channel| channel.align(status));
    }

    /// Takes an MTP3 message, or a frame of a Frame Relay circuit.
    pub(super) fn send(&mut self, link: u16, side: Side, now: Timestamp, octets: &[u8], tokens: &[Token]) {
        let Some(link) = self.links.get_mut(usize::from(link)) else { return };
        let [own, other] = ends(link, side);
        own.taken += 1;
        let (octets, tokens) = (octets.to_vec(), tokens.to_vec());
        let outgoing = Outgoing { since: now, after: other.taken, octets, tokens, is_repeated: false };
        match &mut own.protocol {
            Protocol::Mtp2 { terminal, .. } => terminal.push(outgoing),
            Protocol::FrameRelay(waiting) => waiting.push_back(outgoing),
        }
    }

    /// How many frames a reader of the recording finds.
    pub fn frames(&self) -> u64 {
        self.frames
    }

    /// What passed on each link in each direction.
    pub fn carried(&self) -> Vec<[Carried; 2]> {
        self.links.iter().map(|link| link.each_ref().map(|channel| channel.carried)).collect()
    }

    /// Records all that was on the lines by `now`; tells whose messages were captured where.
    pub fn record(&mut self, now: Timestamp, captured: &mut Vec<(Token, Sighting)>) -> io::Result<()> {
        while self.begin + BLOCK * (self.blocks + 1) <= now {
            self.block(captured)?;
        }
        Ok(())
    }

    /// Ends the file.
    pub fn finish(self) -> io::Result<W> {
        self.recording.finish()
    }

    fn block(&mut self, captured: &mut Vec<(Token, Sighting)>) -> io::Result<()> {
        let at = self.begin + BLOCK * self.blocks;
        let is_recorded = at >= self.opens;
        if is_recorded && at < self.opens + BLOCK {
            self.links.iter_mut().flatten().for_each(Channel::is_read_from_here);
        }
        let mut units = Vec::new();
        for port in 0..self.framers.len() {
            for direction in 0..2 {
                let bits = self.line(port, direction, at, &mut units);
                if is_recorded {
                    let head = BlockHead { port: port as u16, direction: direction as u8, sequence: self.blocks, at };
                    self.recording.block(head, &bits.octets(!self.layout.least_significant_first))?;
                }
            }
        }
        self.blocks += 1;
        // What a side makes of the other's messages shows from the next block on.
        self.links.iter_mut().for_each(settle);
        units.sort_by_key(|unit| unit.end);
        for Captured { end, is_lost, tokens } in units {
            self.frames += u64::from(is_recorded && !is_lost);
            let frame = if is_recorded && !is_lost { self.frames } else { 0 };
            let sighting = Sighting { frame, at: self.begin + Duration::from_micros(end * 1_000_000 / LINE_RATE) };
            captured.extend(tokens.into_iter().map(|token| (token, sighting)));
        }
        Ok(())
    }

    // What is on one direction of a port in a block, and the units that it completes.
    fn line(&mut self, port: usize, direction: usize, at: Timestamp, units: &mut Vec<Captured>) -> Bits {
        let Self { layout, links, framers, random, .. } = self;
        let links_of_port = usize::from(layout.links_of_port());
        let here = links.iter_mut().skip(port * links_of_port).take(links_of_port);
        let channels = here.filter_map(|link| link.get_mut(direction));
        let Some(framer) = framers.get_mut(port).and_then(|framers| framers.get_mut(direction)) else {
            return Bits::default();
        };
        for (place, channel) in channels.enumerate() {
            let bits = channel.block(at, random, units);
            if layout.timeslots.is_none() {
                return bits;
            }
            framer.supply(place, bits);
        }
        framer.frames(BLOCK_FRAMES)
    }
}

fn ends(link: &mut [Channel; 2], side: Side) -> [&mut Channel; 2] {
    let [bss, msc] = link;
    if side == Side::Bss { [bss, msc] } else { [msc, bss] }
}

// What a side makes of the other's messages shows in what it sends from the next block on; what it refused is sent again from
// the one after that.
fn settle(link: &mut [Channel; 2]) {
    for side in [Side::Bss, Side::Msc] {
        let [own, other] = ends(link, side);
        other.heard = own.through;
        let was_refused = std::mem::replace(&mut own.was_refused, own.delivered.contains(&Delivery::Refused));
        if let (Protocol::Mtp2 { terminal: own, .. }, true) = (&mut own.protocol, was_refused) {
            own.repeat();
        }
        if let Protocol::Mtp2 { terminal: other, .. } = &mut other.protocol {
            own.delivered.drain(..).for_each(|delivery| other.receive(delivery));
        }
    }
}

impl Channel {
    fn new(protocol: Protocol, timeslots: Vec<usize>, loss: f64) -> Self {
        Self {
            protocol,
            is_up: false,
            timeslots,
            bits: Bits::default(),
            sent: 0,
            under_way: VecDeque::new(),
            taken: 0,
            through: 0,
            heard: 0,
            last_filling: Vec::new(),
            filling: Default::default(),
            delivered: Vec::new(),
            was_refused: false,
            loss,
            carried: Carried::default(),
        }
    }

    // The reader has seen no filling yet, and nothing is missing.
    fn is_read_from_here(&mut self) {
        self.last_filling.clear();
        self.carried = Carried::default();
    }

    fn align(&mut self, now: Option<u8>) {
        self.is_up = true;
        if let Protocol::Mtp2 { status, .. } = &mut self.protocol {
            *status = now;
        }
    }

    // The bits of a block that begins at `at`, and the units whose closing flags are among them.
    fn block(&mut self, at: Timestamp, random: &mut Random, units: &mut Vec<Captured>) -> Bits {
        let frame_bits = self.timeslots.len() * 8;
        while self.bits.len() < BLOCK_FRAMES * frame_bits {
            let frames = (self.bits.len() / frame_bits) as u32;
            self.append(at + FRAME * frames, random);
        }
        let bits = self.bits.take(BLOCK_FRAMES * frame_bits);
        self.sent += bits.len() as u64;
        while let Some(unit) = self.under_way.pop_front_if(|unit| unit.end <= self.sent) {
            units.extend(self.complete(unit));
        }
        bits
    }

    // The next unit, or a flag.
    fn append(&mut self, now: Timestamp, random: &mut Random) {
        let Some(unit) = self.next_unit(now, random) else { return self.bits.push_octet(FLAG) };
        let begin = self.bits.len();
        if unit.is_filling {
            if self.filling.0 != unit.octets {
                self.filling = (unit.octets.clone(), stuffed(&unit.octets));
            }
            self.bits.append(&self.filling.1);
        } else {
            self.bits.append(&stuffed(&unit.octets));
        }
        let is_lost = self.loss > 0.0 && !unit.tokens.is_empty() && random.chance(self.loss);
        if is_lost {
            let middle = (begin + self.bits.len()) / 2;
            self.bits.as_mut_vec().iter_mut().skip(middle).take(1).for_each(|bit| *bit = !*bit);
        }
        let end = self.sent + self.bits.len() as u64 + u64::from(u8::BITS);
        self.under_way.push_back(UnderWay { end, is_lost, ..unit });
    }

    fn next_unit(&mut self, now: Timestamp, random: &mut Random) -> Option<UnderWay> {
        let Self { protocol, heard, .. } = self;
        match protocol {
            _ if !self.is_up => None,
            Protocol::Mtp2 { terminal, status: Some(status) } => Some(UnderWay::filling(terminal.status(*status))),
            Protocol::Mtp2 { terminal, status: None } => Some(match terminal.next(now, *heard) {
                None => UnderWay::filling(terminal.fill_in()),
                Some((unit, outgoing)) => {
                    let message = UnderWay::message(unit, outgoing.tokens.clone(), !outgoing.is_repeated);
                    let delivery = terminal.deliver(outgoing, random.chance(DAMAGED_SHARE));
                    UnderWay { delivery: Some(delivery), ..message }
                }
            }),
            Protocol::FrameRelay(waiting) => {
                let next = waiting.pop_front_if(|next| next.since <= now && next.after <= *heard);
                next.map(|outgoing| UnderWay::message(outgoing.octets, outgoing.tokens, true))
            }
        }
    }

    // Of what only fills the line nothing is left, where it is the same as before.
    fn complete(&mut self, unit: UnderWay) -> Option<Captured> {
        self.delivered.extend(unit.delivery);
        self.through += u64::from(unit.is_first);
        if !unit.tokens.is_empty() {
            self.carried.frames += 1;
            self.carried.lost += u64::from(unit.is_lost);
        }
        if unit.is_filling {
            if unit.octets == self.last_filling {
                return None;
            }
            self.last_filling = unit.octets;
        }
        let octet = (unit.end - 1) / 8;
        let (frame, place) = (octet / self.timeslots.len() as u64, octet % self.timeslots.len() as u64);
        let timeslot = self.timeslots.get(place as usize).map_or(0, |timeslot| *timeslot as u64);
        let end = frame * FRAME_BITS as u64 + (timeslot + 1) * 8;
        Some(Captured { end, is_lost: unit.is_lost, tokens: unit.tokens })
    }
}

impl UnderWay {
    fn filling(octets: Vec<u8>) -> Self {
        Self { is_filling: true, ..Self::message(octets, Vec::new(), false) }
    }

    fn message(octets: Vec<u8>, tokens: Vec<Token>, is_first: bool) -> Self {
        Self { end: 0, octets, is_filling: false, is_first, is_lost: false, tokens, delivery: None }
    }
}

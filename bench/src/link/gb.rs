//! A virtual connection of Gb between a BSS and an SGSN (3GPP TS 48.016): its start-up, its tests, and its PDUs as frames.
//! What carries them is the [`Bearer`]'s matter.

use std::io::Write;
use std::time::Duration;

use event::Timestamp;

use super::{Cargo, Medium, Surroundings, Timer};
use crate::encode::ip::Socket;
use crate::encode::ns::{self, Name};
use crate::encode::{Message, Octets, frame_relay, ip};
use crate::script::Side;
use crate::tap::Token;
use crate::writer::LinkType;

const ROUND_TRIP: Duration = Duration::from_micros(900);
const CONFIGURED_IN: u8 = 5; // steps of SIZE and CONFIG, after the first
const TEST_INTERVAL: Duration = Duration::from_secs(30); // Tns-test, 48.016 §14

/// What carries NS PDUs. A further bearer is a file beside this one and a variant here.
#[derive(Debug)]
pub enum Bearer {
    /// UDP over IPv4, §6.2.
    Udp(Udp),
    /// A circuit of Frame Relay, §6.1.
    FrameRelay(u16),
    /// A circuit of Frame Relay in GRE, between the BSS and the SGSN.
    Tunnel(Tunnel, u16),
    /// A circuit of Frame Relay in timeslots of an E1: the number of the link, and the circuit.
    Line(u16, u16),
}

/// How Gb is carried.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Carrier {
    /// UDP.
    #[default]
    Udp,
    /// Frame Relay.
    FrameRelay,
    /// Frame Relay in GRE.
    Gre,
    /// Frame Relay in timeslots of E1 lines, one for each BSS.
    E1,
}

impl Carrier {
    /// All of them: with their names on the command line, and what they are.
    pub const ALL: &[(Self, &str, &str)] = &[
        (Self::Udp, "udp", "UDP"),
        (Self::FrameRelay, "frame-relay", "Frame Relay"),
        (Self::Gre, "gre", "Frame Relay in GRE"),
        (Self::E1, "e1", "Frame Relay in timeslots of E1 lines"),
    ];

    /// What its captures are of.
    pub fn medium(self) -> Medium {
        match self {
            Self::Udp | Self::Gre => Medium::Frames(LinkType::Ethernet),
            Self::FrameRelay => Medium::Frames(LinkType::FrameRelay),
            Self::E1 => Medium::Lines,
        }
    }
}

impl Bearer {
    /// Writes the frame in which `side` sends the NS PDU that `pdu` writes.
    fn frame(&mut self, o: &mut Octets, side: Side, pdu: impl FnOnce(&mut Octets)) {
        match self {
            Self::Udp(udp) => udp.frame(o, side, pdu),
            Self::FrameRelay(circuit) | Self::Line(_, circuit) => {
                frame_relay::address(o, *circuit);
                pdu(o);
            }
            Self::Tunnel(tunnel, circuit) => tunnel.frame(o, side, *circuit, pdu),
        }
    }
}

/// GRE between two addresses, RFC 2784.
#[derive(Debug)]
pub struct Tunnel {
    bss: [u8; 4],
    sgsn: [u8; 4],
    identification: u16,
}

impl Tunnel {
    /// Between these ends.
    pub fn new(bss: Socket, sgsn: Socket) -> Self {
        Self { bss: bss.address, sgsn: sgsn.address, identification: 0 }
    }

    fn frame(&mut self, o: &mut Octets, side: Side, circuit: u16, pdu: impl FnOnce(&mut Octets)) {
        const GRE: u8 = 47;
        const FRAME_RELAY: u16 = 0x6559; // RFC 1701
        let (from, to) = if side == Side::Bss { (self.bss, self.sgsn) } else { (self.sgsn, self.bss) };
        self.identification = self.identification.wrapping_add(1);
        ip::begin(o, from, to, GRE, self.identification);
        o.u16(0);
        o.u16(FRAME_RELAY);
        frame_relay::address(o, circuit);
        pdu(o);
        ip::end(o);
    }
}

/// NS over UDP between two sockets.
#[derive(Debug)]
pub struct Udp {
    bss: Socket,
    sgsn: Socket,
    identifications: [u16; 2],
}

impl Udp {
    /// Between these ends.
    pub fn new(bss: Socket, sgsn: Socket) -> Self {
        Self { bss, sgsn, identifications: [bss.port, sgsn.port] }
    }

    fn frame(&mut self, o: &mut Octets, side: Side, pdu: impl FnOnce(&mut Octets)) {
        let [of_bss, of_sgsn] = &mut self.identifications;
        let (from, to, identification) = match side {
            Side::Bss => (self.bss, self.sgsn, of_bss),
            Side::Msc => (self.sgsn, self.bss, of_sgsn),
        };
        *identification = identification.wrapping_add(1);
        ip::udp(o, *identification, from, to, pdu);
    }
}

/// How a connection comes up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StartUp {
    /// NS-RESET and NS-UNBLOCK, §7.3 and §7.2.
    Reset,
    /// The sub-network service, §7.4b: the first connection of an entity tells the endpoints of both sides.
    Configuration {
        /// The BSS's; empty where another connection of the entity has told them.
        bss: Vec<Socket>,
        /// The SGSN's.
        sgsn: Vec<Socket>,
    },
}

/// The virtual connection.
#[derive(Debug)]
pub struct NetworkService {
    name: Name,
    start_up: StartUp,
    bearer: Bearer,
}

impl NetworkService {
    /// A connection that is not up yet.
    pub fn new(name: Name, start_up: StartUp, bearer: Bearer) -> Self {
        Self { name, start_up, bearer }
    }

    /// Takes an NS PDU to the other side.
    pub fn send<W: Write>(&mut self, now: Timestamp, cargo: Cargo<'_>, around: &mut Surroundings<'_, W>) {
        self.transmit(now, cargo.side, cargo.tokens, around, |o| o.bytes(cargo.sccp));
    }

    /// A timer has run out.
    pub fn wake<W: Write>(&mut self, now: Timestamp, timer: Timer, around: &mut Surroundings<'_, W>) {
        match timer {
            Timer::Start(step) => self.start(now, step, around),
            Timer::Heartbeat(answer) => self.test(now, answer, around),
            Timer::Flush(_) | Timer::Acknowledge(_) | Timer::Repeat(_) => {}
        }
    }

    fn transmit<W: Write>(
        &mut self,
        now: Timestamp,
        side: Side,
        tokens: &[Token],
        around: &mut Surroundings<'_, W>,
        pdu: impl FnOnce(&mut Octets),
    ) {
        around.desk.packet.clear();
        self.bearer.frame(&mut around.desk.packet, side, pdu);
        match self.bearer {
            Bearer::Line(line, _) => around.transmit_on_line(now, line, side, tokens),
            _ => around.transmit(now, side, tokens),
        }
    }

    // A PDU a step; the connection is in use from its first test on.
    fn start<W: Write>(&mut self, now: Timestamp, step: u8, around: &mut Surroundings<'_, W>) {
        if let (0, Bearer::Line(line, _), Some(lines)) = (step, &self.bearer, around.tap.lines()) {
            lines.align(*line, None);
        }
        let goes_on = match self.start_up.clone() {
            StartUp::Reset => self.reset(now, step, around),
            // The others are there once the first has told of them.
            StartUp::Configuration { bss, .. } if bss.is_empty() => step < CONFIGURED_IN,
            StartUp::Configuration { bss, sgsn } => self.configure(now, step, (&bss, &sgsn), around),
        };
        match goes_on {
            true => around.wake(now, ROUND_TRIP, Timer::Start(step + 1)),
            false => around.wake(now, ROUND_TRIP, Timer::Heartbeat(false)),
        }
    }

    fn reset<W: Write>(&mut self, now: Timestamp, step: u8, around: &mut Surroundings<'_, W>) -> bool {
        let name = self.name;
        match step {
            0 => self.transmit(now, Side::Bss, &[], around, |o| ns::reset(o, name)),
            1 => self.transmit(now, Side::Msc, &[], around, |o| ns::reset_ack(o, name)),
            2 => self.transmit(now, Side::Bss, &[], around, |o| o.message(Message::NsUnblock)),
            _ => self.transmit(now, Side::Msc, &[], around, |o| o.message(Message::NsUnblockAck)),
        }
        step < 3
    }

    fn configure<W: Write>(
        &mut self,
        now: Timestamp,
        step: u8,
        (bss, sgsn): (&[Socket], &[Socket]),
        around: &mut Surroundings<'_, W>,
    ) -> bool {
        let nsei = self.name.nsei;
        let side = if matches!(step, 0 | 2 | 5) { Side::Bss } else { Side::Msc };
        let connections = (bss.len() * sgsn.len()) as u16;
        self.transmit(now, side, &[], around, |o| match step {
            0 => ns::sns_size(o, nsei, connections, bss.len() as u16),
            1 => ns::sns_acknowledge(o, Message::SnsSizeAck, nsei),
            2 => ns::sns_config(o, nsei, bss),
            4 => ns::sns_config(o, nsei, sgsn),
            _ => ns::sns_acknowledge(o, Message::SnsConfigAck, nsei),
        });
        step < CONFIGURED_IN
    }

    // Both sides test, §7.4.
    fn test<W: Write>(&mut self, now: Timestamp, answer: bool, around: &mut Surroundings<'_, W>) {
        let message = if answer { Message::NsAliveAck } else { Message::NsAlive };
        for side in [Side::Bss, Side::Msc] {
            self.transmit(now, side, &[], around, |o| o.message(message));
        }
        match answer {
            true => around.wake(now, TEST_INTERVAL, Timer::Heartbeat(false)),
            false => around.wake(now, ROUND_TRIP, Timer::Heartbeat(true)),
        }
    }
}

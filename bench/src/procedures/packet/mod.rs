//! What phones and SGSNs say to each other over Gb. A [`PacketDialogue`] writes the script of one procedure, or of a few
//! that belong together.

pub mod behaviour;
mod context;
mod registration;
mod short_message;
mod traffic;

use std::time::Duration;

use event::{Imei, Interface, Kind, Tmsi};

use super::dialogue::Parts;
use crate::encode::bssgp::{self, Downlink, Uplink};
use crate::encode::llc::{self, Protection, Sapi};
use crate::encode::{Octets, ns};
use crate::network::{Network, Site};
use crate::population::Subscriber;
use crate::random::Random;
use crate::script::{Binding, Fact, Presented, Script, Side, StepId};
use crate::sgsn::PacketCore;

/// What SGSNs are configured to do.
#[derive(Clone, Copy, Debug)]
pub struct PacketPractice {
    /// Network mode of operation I: MSC and SGSN are joined by Gs.
    pub combined: bool,
    /// Whether all that can be ciphered is.
    pub ciphered: bool,
    /// Share of dialogues in which the SGSN names the subscriber in DL-UNITDATA.
    pub names_subscriber: f64,
    /// Share of accepted procedures that bring a new P-TMSI.
    pub p_tmsi_reallocation: f64,
    /// Share of registrations with authentication.
    pub authentication: f64,
    /// Share of authentications that ask for the IMEISV.
    pub imeisv: f64,
    /// Share of registrations in which the SGSN asks for the IMSI, though it knows it.
    pub identity: f64,
    /// Share of registrations that are rejected.
    pub rejects: f64,
    /// After so long a silent phone updates its routing area.
    pub periodic_update: Duration,
}

/// A step and whether what it says can be read.
#[derive(Clone, Copy, Debug)]
struct Said {
    step: StepId,
    readable: bool,
}

/// A dialogue between one phone and its SGSN.
pub struct PacketDialogue<'a> {
    script: &'a mut Script,
    network: &'a mut Network,
    random: &'a mut Random,
    practice: &'a PacketPractice,
    subscriber: &'a mut Subscriber,
    action_every: Duration,
    at: event::Timestamp,
    site: Site,
    // Where a frame, and a user packet, is put together.
    frame: Octets,
    packet: Octets,
    // The phone has asked for something, and until it is granted nothing that it says counts.
    claims: bool,
    names_subscriber: bool,
}

/// The most frames by which a P-TMSI is known before the SGSN asks for the IMSI again: keeps the truth's lists short.
const PROOF_LIMIT: usize = 64;
const LOCAL: u32 = 0xc000_0000;

/// The TLLI that a phone makes of its P-TMSI where that was given, 3GPP TS 23.003 §2.6.
fn local(p_tmsi: Tmsi) -> u32 {
    p_tmsi.0 | LOCAL
}

/// The TLLI that it makes of it elsewhere.
fn foreign(p_tmsi: Tmsi) -> u32 {
    p_tmsi.0 & !LOCAL | 0x8000_0000
}

fn p_tmsi_of(tlli: u32) -> Option<Tmsi> {
    (tlli >> 31 == 1).then_some(Tmsi(tlli | LOCAL))
}

impl<'a> PacketDialogue<'a> {
    /// A dialogue that begins at `at` in the subscriber's cell. Nothing has been said.
    pub fn new(parts: Parts<'a>, at: event::Timestamp) -> Self {
        let Parts { script, network, random, practice, subscriber } = parts;
        let site = network.site(subscriber.site);
        let (action_every, practice) = (practice.action_every, &practice.packet);
        let names_subscriber = random.chance(practice.names_subscriber);
        script.interface = Interface::Gb;
        if let Some(tmsi) = subscriber.packet.p_tmsi {
            script.presented = Presented::Tmsi(tmsi);
        }
        let [frame, packet] = std::mem::take(&mut script.scratch);
        Self {
            script,
            network,
            random,
            practice,
            subscriber,
            action_every,
            at,
            site,
            frame,
            packet,
            claims: false,
            names_subscriber,
        }
    }

    fn finish(self) {
        self.subscriber.packet.last_contact = self.at;
        self.script.scratch = [self.frame, self.packet];
    }

    fn pause(&mut self, least_ms: u64, most_ms: u64) {
        self.at = self.at + self.random.millis(least_ms, most_ms);
    }

    fn chance(&mut self, probability: f64) -> bool {
        self.random.chance(probability)
    }

    fn sgsn(&self) -> u32 {
        self.network.packet.as_ref().map_or(0, |core| core.sgsn_of(self.site.bsc))
    }

    // A BSSGP PDU in the phone's cell, or on the signalling connection of its BSS.
    fn pdu(&mut self, side: Side, bvci: u16, write: impl FnOnce(&mut Octets)) -> StepId {
        let selector = if bvci == bssgp::SIGNALLING { 0 } else { self.subscriber.packet.tlli };
        let route = self.network.packet.as_ref().map_or(0, |core| core.route(self.site.bsc, selector));
        self.script.packet_step(self.at, route, side, |o| ns::unitdata(o, bvci, write))
    }

    // The frame that was put together goes to the other side.
    fn transmit(&mut self, side: Side) -> StepId {
        let (site, tlli) = (self.site, self.subscriber.packet.tlli);
        let frame = std::mem::take(&mut self.frame);
        let step = match side {
            Side::Bss => {
                let area = PacketCore::routing_area(site);
                let from = Uplink { tlli, area, cell: site.cell, packet_flow: self.packet_flow() };
                self.pdu(side, site.bvci, |o| bssgp::ul_unitdata(o, from, &frame))
            }
            Side::Msc => {
                let imsi = self.names_subscriber.then_some(self.subscriber.imsi);
                let to = Downlink { tlli, old_tlli: self.subscriber.packet.old_tlli.take(), imsi };
                self.pdu(side, site.bvci, |o| bssgp::dl_unitdata(o, to, &frame))
            }
        };
        self.frame = frame;
        self.frame.clear();
        if side == Side::Bss && !self.claims {
            self.happened(Said { step, readable: true }, Kind::Sighting, &[]);
        }
        if side == Side::Msc && self.names_subscriber {
            self.imsi_shown(step);
        }
        step
    }

    fn packet_flow(&self) -> Option<u8> {
        const BEST_EFFORT: u8 = 0;
        self.subscriber.packet.context.as_ref().map(|_| BEST_EFFORT)
    }

    fn ui(&mut self, side: Side, sapi: Sapi, protection: Protection, write: impl FnOnce(&mut Octets)) -> Said {
        let number = self.subscriber.packet.next_number(side, sapi);
        llc::ui(&mut self.frame, side, sapi, number, protection, self.random, write);
        Said { step: self.transmit(side), readable: protection != Protection::Ciphered }
    }

    fn protection(&self) -> Protection {
        if self.subscriber.packet.ciphered { Protection::Ciphered } else { Protection::Checked }
    }

    /// The phone says something.
    fn phone(&mut self, sapi: Sapi, write: impl FnOnce(&mut Octets)) -> Said {
        self.pause(80, 400);
        let protection = self.protection();
        self.ui(Side::Bss, sapi, protection, write)
    }

    /// The network says something.
    fn network(&mut self, sapi: Sapi, write: impl FnOnce(&mut Octets)) -> Said {
        self.pause(5, 40);
        let protection = self.protection();
        self.ui(Side::Msc, sapi, protection, write)
    }

    /// What is never ciphered (3GPP TS 24.008 §4.7.1.2): requests, rejections, identities and authentication.
    fn in_clear(&mut self, side: Side, write: impl FnOnce(&mut Octets)) -> Said {
        match side {
            Side::Bss => self.pause(80, 400),
            Side::Msc => self.pause(5, 40),
        }
        self.ui(side, Sapi::Llgmm, Protection::Checked, write)
    }

    /// These steps prove this fact, if they can be read.
    fn happened(&mut self, evidence: Said, kind: Kind, depends: &[StepId]) {
        if evidence.readable {
            let mut fact = Fact::new(evidence.step, kind, self.site.cell);
            fact.tmsi = p_tmsi_of(self.subscriber.packet.tlli);
            self.script.fact(fact, depends.iter().copied());
        }
    }

    // Shown first here: from several showings one is enough.
    fn imsi_shown(&mut self, step: StepId) {
        if self.script.imsi_shown.is_empty() {
            self.script.imsi_shown.push(step);
        }
    }

    fn device_shown(&mut self, device: Imei, said: Said) {
        self.script.devices.push((device, said.step));
        self.happened(said, Kind::ImeiSeen, &[]);
    }

    /// With this step the network goes on with the phone.
    fn accepted(&mut self, said: Said) {
        self.script.accepted.get_or_insert(said.step);
        self.claims = false;
    }

    fn renewed(&mut self, steps: Vec<StepId>) {
        self.script.binding = Binding::Renewed(steps);
    }
}

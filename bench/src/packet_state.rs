//! What a phone and its SGSN hold of each other from one procedure to the next, and what an observer has seen of it.

use std::time::Duration;

use event::{CellId, DomainName, Imei, Kind, Lai, Plmn, Rai, Timestamp, Tmsi};

use crate::encode::llc::Sapi;
use crate::script::{Side, Sighting, StepId};

/// One phone in the packet domain.
#[derive(Debug)]
pub struct PacketState {
    /// Whether it does packets at all.
    pub capable: bool,
    /// Whether it is attached, as it believes itself.
    pub attached: bool,
    /// Whether by combined procedures for calls too (network mode I).
    pub combined: bool,
    /// The P-TMSI that it holds.
    pub p_tmsi: Option<Tmsi>,
    /// The signature that it got with it.
    pub signature: Option<[u8; 3]>,
    /// The routing area that it holds.
    pub area: Rai,
    /// The SGSN that gave the P-TMSI, by index.
    pub sgsn: u32,
    /// Whether that SGSN still knows it.
    pub known_to_sgsn: bool,
    /// By which the phone is known on the link.
    pub tlli: u32,
    /// The TLLI before, of which the BSS is to be told.
    pub old_tlli: Option<u32>,
    /// Whether what can be ciphered is.
    pub ciphered: bool,
    /// The PDP context in use.
    pub context: Option<Box<Context>>,
    /// N(U) of the next UI frame of the phone and of the SGSN.
    pub numbers: [[u16; Sapi::COUNT]; 2],
    /// Number of the next N-PDU, of the phone and of the SGSN.
    pub n_pdus: [u16; 2],
    /// When the SGSN last heard of it.
    pub last_contact: Timestamp,
    /// It is about to be switched off, and leaves the other domain next.
    pub leaving: bool,
    /// The sightings by which an observer knows whose the P-TMSI is.
    pub proof: Option<Vec<Sighting>>,
    /// What an observer has been told.
    pub observed: Observed,
}

/// A PDP context.
#[derive(Clone, Debug)]
pub struct Context {
    /// Its access point.
    pub access_point: DomainName,
    /// Network service access point identifier, 5 to 15.
    pub nsapi: u8,
    /// The value of its transaction identifier.
    pub transaction: u8,
    /// The phone's address.
    pub address: [u8; 4],
    /// The longest segment of a user packet, in octets.
    pub longest_segment: usize,
    /// Whether the frames' check covers all of their information.
    pub protected: bool,
    /// N(S) of acknowledged operation, of the phone and of the SGSN, where the context has it.
    pub acknowledged: Option<[u16; 2]>,
    /// The steps that activated it, in the script that goes on.
    pub activated_by: Vec<StepId>,
    /// Where its activation was seen, before this script.
    pub seen: Vec<Sighting>,
}

/// What an ideal observer remembers of a phone, so as not to tell the same again.
#[derive(Debug, Default)]
pub struct Observed {
    told: Option<(Timestamp, CellId)>,
    // The last is the newest.
    visits: Vec<(Timestamp, DomainName)>,
    /// The device that the phone has shown.
    pub device: Option<Imei>,
}

const QUIET: Duration = Duration::from_secs(600);
const VISIT_AGAIN: Duration = Duration::from_secs(60);

impl PacketState {
    /// A phone that has been attached before, or never was.
    pub fn new(capable: bool, plmn: Plmn) -> Self {
        const NOWHERE: u16 = 0xfffe;
        Self {
            capable,
            attached: false,
            combined: false,
            p_tmsi: None,
            signature: None,
            area: Rai { lai: Lai { plmn, lac: NOWHERE }, rac: 0xff },
            sgsn: 0,
            known_to_sgsn: false,
            tlli: 0,
            old_tlli: None,
            ciphered: false,
            context: None,
            numbers: [[0; Sapi::COUNT]; 2],
            n_pdus: [0; 2],
            last_contact: Timestamp::MIN,
            leaving: false,
            proof: None,
            observed: Observed::default(),
        }
    }

    /// The SGSN has forgotten the phone in the middle of something: it begins as if new.
    pub fn lose(&mut self) {
        (self.attached, self.combined, self.ciphered) = (false, false, false);
        (self.p_tmsi, self.context) = (None, None);
    }

    /// The number of the next UI frame.
    pub fn next_number(&mut self, side: Side, sapi: Sapi) -> u16 {
        const NUMBERS: u16 = 512;
        let [mobile, network] = &mut self.numbers;
        let numbers = if side == Side::Bss { mobile } else { network };
        let Some(next) = numbers.get_mut(sapi.index()) else { return 0 };
        std::mem::replace(next, (*next + 1) % NUMBERS)
    }

    /// The number of the next user packet.
    pub fn next_n_pdu(&mut self, side: Side) -> u16 {
        const NUMBERS: u16 = 4096;
        let [mobile, network] = &mut self.n_pdus;
        let next = if side == Side::Bss { mobile } else { network };
        std::mem::replace(next, (*next + 1) % NUMBERS)
    }
}

impl Observed {
    const VISITS: usize = 4;

    /// The phone attaches: what was before counts no more.
    pub fn begin_anew(&mut self) {
        *self = Self::default();
    }

    /// Whether an ideal observer tells this, which was seen there and then; it is remembered.
    pub fn tells(&mut self, kind: &Kind, cell: CellId, evidence: Sighting, is_whole: bool) -> bool {
        let is_seen = evidence.frame != 0;
        let tells = match kind {
            Kind::Sighting => is_seen && !self.is_known(cell, evidence.at),
            Kind::WebVisit { host } => is_whole && self.is_new(*host, evidence.at),
            _ => true,
        };
        let places = !matches!(
            kind,
            Kind::ImeiSeen
                | Kind::Sms { .. }
                | Kind::SmsRejected { .. }
                | Kind::GprsAttachRejected { .. }
                | Kind::RoutingAreaUpdateRejected { .. }
        );
        if tells && is_seen && places {
            self.told = Some((evidence.at, cell));
        }
        tells
    }

    fn is_known(&self, cell: CellId, at: Timestamp) -> bool {
        self.told.is_some_and(|(told, place)| place == cell && at.since(told) < QUIET)
    }

    fn is_new(&mut self, host: DomainName, at: Timestamp) -> bool {
        if self.visits.iter().any(|(told, known)| *known == host && at.since(*told) < VISIT_AGAIN) {
            return false;
        }
        if self.visits.len() == Self::VISITS {
            self.visits.remove(0);
        }
        self.visits.push((at, host));
        true
    }
}

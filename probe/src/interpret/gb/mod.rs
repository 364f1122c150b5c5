//! The Gb interface from NS upward: links of phones followed, messages decoded, each given to its session.

mod contexts;
mod frames;
mod mobility;
mod session;
mod traffic;

use std::time::Duration;

use event::{CellId, Interface, Timestamp};

use self::session::Session;
use super::a_interface::AInterface;
use super::scene::{Scene, Side, UNKNOWN_NODE};
use super::settings::NetworkSettings;
use crate::counters::Counters;
use crate::track::entities::Entities;
use crate::track::identity::{Identities, MAX_SUBSCRIBERS, Proof, Temporary, Unplaced, Vlr};
use crate::track::links::{Address, Bvc, LinkId, Links};
use crate::track::loss::EndpointLosses;
use crate::track::n_pdus::NPdus;
use crate::track::transport::Carrier;
use crate::wire::{Bssgp, BssgpPduType, Ns, NsPduType, Tlli, TlliKind, bssgp, ns};
use crate::{Provenance, Sink};

pub use self::contexts::MAX_CONTEXTS;

/// Idle links are looked for so often, in capture time.
const EXPIRY_INTERVAL: Duration = Duration::from_secs(1);
/// BVCI of signalling that concerns no cell, 3GPP TS 48.018 §5.4.1.
const SIGNALLING: u16 = 0;

/// What is to be configured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GbSettings {
    /// A phone that stays in its cell is sighted again after so long, in seconds.
    pub quiet_seconds: u64,
}

impl Default for GbSettings {
    fn default() -> Self {
        Self { quiet_seconds: 600 }
    }
}

/// All state of the Gb interface. One thread's.
pub struct GbInterface {
    links: Links<Session>,
    entities: Entities,
    /// P-TMSIs, each with the SGSN that gave it.
    identities: Identities,
    n_pdus: NPdus,
    losses: EndpointLosses,
    quiet: Duration,
    expired_until: Timestamp,
}

/// A BSSGP PDU about one phone.
struct Envelope<'a> {
    carrier: &'a Carrier,
    bvc: Bvc,
    tlli: Tlli,
    pdu: &'a Bssgp<'a>,
}

impl GbInterface {
    /// Nothing seen yet.
    pub fn new(settings: GbSettings, network: &NetworkSettings) -> Self {
        Self {
            links: Links::default(),
            entities: Entities::default(),
            identities: Identities::new(&network.sgsns, MAX_SUBSCRIBERS),
            n_pdus: NPdus::default(),
            losses: EndpointLosses::default(),
            quiet: Duration::from_secs(settings.quiet_seconds),
            expired_until: Timestamp::MIN,
        }
    }

    /// The map of P-TMSIs, for storage.
    pub fn identities(&self) -> &Identities {
        &self.identities
    }

    /// The map of P-TMSIs, to put stored bindings back.
    pub fn identities_mut(&mut self) -> &mut Identities {
        &mut self.identities
    }

    /// Which endpoints are one node.
    pub fn entities(&self) -> &Entities {
        &self.entities
    }

    /// Which endpoints are one node, to take back what was known.
    pub fn entities_mut(&mut self) -> &mut Entities {
        &mut self.entities
    }

    /// UI frames that are missing by their numbers, by virtual connection.
    pub fn losses(&self) -> &EndpointLosses {
        &self.losses
    }

    /// Adds what was seen and done to the counters of the A interface.
    pub fn add_counters(&self, counters: &mut Counters) {
        let (links, identities) = (self.links.counters, self.identities.counters());
        let totals = &mut counters.packet;
        (totals.cells, totals.cells_blocked) = self.entities.cells();
        totals.links_open = self.links.len() as u64;
        totals.links_opened = links.opened;
        totals.links_expired = links.expired;
        let totals = &mut counters.identities;
        totals.packet_subscribers = self.identities.len() as u64;
        totals.bound += identities.bound;
        totals.confirmed += identities.confirmed;
        totals.reassigned += identities.reassigned;
        totals.doubted += identities.doubted;
        let totals = &mut counters.limits;
        totals.links = links.evicted + self.losses.refused();
        totals.subscribers += identities.evicted;
        totals.areas += identities.areas_refused;
        totals.doubts += identities.doubts_widened;
        totals.entities = self.entities.refused;
    }

    /// Takes one NS PDU. `a` is the A interface of the same network, whose TMSIs combined procedures give.
    pub fn ns<S: Sink>(&mut self, carrier: &Carrier, octets: &[u8], a: &mut AInterface, sink: &mut S) {
        self.tick(carrier.from.at, a, sink);
        let read = ns::read(octets);
        let Some(message) = a.understood(&read, carrier.from, sink) else { return };
        a.note(message, carrier.from, sink);
        if let Some(nsei) = message.nsei {
            self.entities.learn(carrier.nodes, [carrier.sender, carrier.receiver], nsei);
        }
        if let Ns { pdu_type: NsPduType::UNITDATA, bvci: Some(bvci), sdu: Some(sdu), .. } = *message {
            self.bssgp(carrier, bvci, sdu, a, sink);
        }
    }

    /// Ends what has been silent for too long at `now`. Messages do so too.
    pub fn tick<S: Sink>(&mut self, now: Timestamp, a: &mut AInterface, sink: &mut S) {
        a.pass(now, sink);
        if now < self.expired_until + EXPIRY_INTERVAL {
            return;
        }
        self.expired_until = now;
        while let Some(id) = self.links.expired(now) {
            self.end(id, a, sink);
        }
    }

    /// The capture has ended: what still waits goes out.
    pub fn finish<S: Sink>(&mut self, a: &mut AInterface, sink: &mut S) {
        let open: Vec<_> = self.links.all().collect();
        for id in open {
            self.end(id, a, sink);
        }
    }

    fn bssgp<S: Sink>(&mut self, carrier: &Carrier, bvci: u16, octets: &[u8], a: &mut AInterface, sink: &mut S) {
        let read = bssgp::read(octets);
        let Some(pdu) = a.understood(&read, carrier.from, sink) else { return };
        a.note(pdu, carrier.from, sink);
        let Some(from_bss) = self.is_from_bss(carrier, pdu) else {
            a.counters.unmatched.packet_direction_unknown += u64::from(pdu.tlli.is_some());
            return;
        };
        let bvc = self.bvc(carrier, bvci, from_bss);
        match pdu.pdu_type {
            BssgpPduType::BVC_RESET if pdu.bvci == Some(SIGNALLING) => {
                let restarted = if from_bss { bvc.bss } else { bvc.sgsn };
                a.around.resets.note(bvc.network, restarted, carrier.from.at);
                if !from_bss {
                    // The SGSN has lost its memory (§8.4).
                    self.identities.doubt(sgsn(bvc), carrier.from.at);
                }
            }
            BssgpPduType::PAGING_PS => self.paging(carrier, bvc, pdu, a, sink),
            BssgpPduType::PAGING_CS => self.paging_for_calls(carrier, bvc, pdu, a),
            BssgpPduType::BVC_RESET | BssgpPduType::BVC_BLOCK | BssgpPduType::UNBLOCK => {
                let Some(bvci) = pdu.bvci else { return };
                let bvc = Bvc { bvci, ..bvc };
                if let Some(cell) = pdu.cell {
                    self.entities.learn_cell(bvc, cell);
                }
                self.entities.block(bvc, pdu.pdu_type == BssgpPduType::BVC_BLOCK);
            }
            _ => {
                if let Some(tlli) = pdu.tlli {
                    let envelope = Envelope { carrier, bvc, tlli, pdu };
                    if from_bss { self.uplink(&envelope, a, sink) } else { self.downlink(&envelope, a, sink) }
                }
            }
        }
    }

    /// Which side sends: as the type tells, else as the nodes were known before.
    fn is_from_bss(&mut self, carrier: &Carrier, pdu: &Bssgp<'_>) -> Option<bool> {
        let node = |endpoint| self.entities.node(carrier.nodes, endpoint);
        let (sender, receiver) = (node(carrier.sender), node(carrier.receiver));
        // Only a BSS says which cell a virtual connection is (§10.4.12).
        if let Some(from_bss) = pdu.pdu_type.is_from_bss().or(pdu.cell.map(|_| true)) {
            self.entities.learn_sgsn(carrier.nodes, if from_bss { receiver } else { sender });
            return Some(from_bss);
        }
        let is_sgsn = |node| self.entities.is_sgsn(carrier.nodes, node);
        if is_sgsn(sender) { Some(false) } else { is_sgsn(receiver).then_some(true) }
    }

    fn bvc(&self, carrier: &Carrier, bvci: u16, from_bss: bool) -> Bvc {
        let node = |endpoint| self.entities.node(carrier.nodes, endpoint);
        let (sender, receiver) = (node(carrier.sender), node(carrier.receiver));
        let (bss, sgsn) = if from_bss { (sender, receiver) } else { (receiver, sender) };
        Bvc { network: carrier.nodes, sgsn, bss, bvci }
    }

    /// PAGING-PS, 3GPP TS 48.018 §10.3.1: the SGSN says whose a P-TMSI is.
    fn paging<S: Sink>(&mut self, carrier: &Carrier, bvc: Bvc, pdu: &Bssgp<'_>, a: &mut AInterface, sink: &mut S) {
        let (Some(imsi), Some(tmsi)) = (pdu.imsi, pdu.tmsi) else { return };
        self.identities.bind(Temporary { vlr: sgsn(bvc), tmsi }, imsi, Proof::Paging, carrier.from.at);
        if let Some(id) = self.links.find(Address::new(Tlli::local(tmsi), bvc)) {
            self.with_session(id, carrier.from, bvc, a, sink, |session, _, scene| {
                session.dialogue.subject.learn(imsi, Proof::Paging, scene);
            });
        }
    }

    /// PAGING-CS, 3GPP TS 48.018 §10.3.2: the VLR says, through the SGSN, whose a TMSI is. The page is for a location or
    /// routing area, or for one cell.
    fn paging_for_calls(&self, carrier: &Carrier, bvc: Bvc, pdu: &Bssgp<'_>, a: &mut AInterface) {
        let cell = || self.entities.cell(Bvc { bvci: pdu.bvci?, ..bvc }).and_then(CellId::lai);
        let area = pdu.location_area.or(pdu.routing_area.map(|area| area.lai)).or_else(cell);
        let (Some(imsi), Some(tmsi), Some(area)) = (pdu.imsi, pdu.tmsi, area) else { return };
        let is_known = a.identities.place(Unplaced { area, tmsi, imsi, proof: Proof::Paging, at: carrier.from.at });
        a.counters.packet.pages_without_vlr += u64::from(!is_known);
    }

    fn uplink<S: Sink>(&mut self, envelope: &Envelope<'_>, a: &mut AInterface, sink: &mut S) {
        let Envelope { carrier, bvc, tlli, pdu } = *envelope;
        let (from, address) = (carrier.from, Address::new(tlli, bvc));
        let Some(id) = self.link(self.links.find(address), address, pdu, a, sink) else { return };
        self.links.touch(id, from.at);
        self.links.settle(id, address);
        let cell = pdu.cell.or_else(|| self.entities.cell(bvc));
        self.with_session(id, from, bvc, a, sink, |session, _, scene| {
            session.is_known_by(tlli, scene);
            if let Some(cell) = cell.filter(|cell| *cell != session.dialogue.subject.cell) {
                session.dialogue.subject.cell = cell;
                cell.lai().into_iter().for_each(|area| scene.identities.learn_area(area, scene.vlr));
            }
        });
        if let Some(octets) = pdu.llc_pdu {
            self.llc(id, Side::Mobile, envelope, octets, a, sink);
        }
        if pdu.pdu_type == BssgpPduType::UL_UNITDATA {
            let quiet = self.quiet;
            self.with_session(id, from, bvc, a, sink, |session, _, scene| session.sight(quiet, scene));
        }
    }

    fn downlink<S: Sink>(&mut self, envelope: &Envelope<'_>, a: &mut AInterface, sink: &mut S) {
        let Envelope { carrier, bvc, tlli, pdu } = *envelope;
        let (from, address) = (carrier.from, Address::new(tlli, bvc));
        let old = pdu.old_tlli.and_then(|old| self.links.find(Address::new(old, bvc)));
        let current = self.links.find(address);
        if let (Some(before), Some(id)) = (old.filter(|before| Some(*before) != current), current) {
            // The phone used what it was given, which could not be read, before the network said so.
            self.merge(before, id, envelope, a, sink);
        }
        let Some(id) = self.link(current.or(old), address, pdu, a, sink) else { return };
        self.links.touch(id, from.at);
        self.links.add(id, address);
        let (imsi, was_old) = (pdu.imsi, old.is_some());
        self.with_session(id, from, bvc, a, sink, |session, _, scene| {
            match tlli.p_tmsi().filter(|_| tlli.kind() == TlliKind::Local) {
                // Given by what could not be read.
                Some(p_tmsi) if was_old && (!session.holds(p_tmsi, scene) || session.request.is_some()) => {
                    session.is_accepted_unseen(scene);
                    session.receives(p_tmsi, scene);
                }
                _ if session.tlli.is_none() => session.is_known_by(tlli, scene),
                _ => {}
            }
            if let Some(imsi) = imsi {
                session.dialogue.subject.learn(imsi, Proof::Downlink, scene);
            }
        });
        if let Some(octets) = pdu.llc_pdu {
            self.llc(id, Side::Network, envelope, octets, a, sink);
        }
    }

    /// The known link, or a new one for what phones and the network say to each other; other PDUs say nothing of a phone
    /// that is not known, and are not always sent in its cell.
    fn link<S: Sink>(
        &mut self,
        known: Option<LinkId>,
        address: Address,
        pdu: &Bssgp<'_>,
        a: &mut AInterface,
        sink: &mut S,
    ) -> Option<LinkId> {
        let opens = matches!(pdu.pdu_type, BssgpPduType::UL_UNITDATA | BssgpPduType::DL_UNITDATA);
        match known {
            None if opens || pdu.imsi.is_some() => Some(self.open(address, a, sink)),
            known => known,
        }
    }

    fn open<S: Sink>(&mut self, address: Address, a: &mut AInterface, sink: &mut S) -> LinkId {
        if let Some(surplus) = self.links.surplus() {
            self.end(surplus, a, sink);
        }
        let id = self.links.open(address, self.expired_until);
        if let Some(session) = self.links.state(id) {
            session.reset();
        }
        id
    }

    fn end<S: Sink>(&mut self, id: LinkId, a: &mut AInterface, sink: &mut S) {
        let last = self.links.state(id).and_then(|session| session.dialogue.last);
        if let Some(from) = last {
            self.with_session(id, from, NO_BVC, a, sink, |session, _, scene| session.finish(scene));
        }
        self.links.close(id);
    }

    /// Calls `act` with a link's session, the identities of the A interface, and what surrounds the message.
    fn with_session<S: Sink, T>(
        &mut self,
        id: LinkId,
        from: Provenance,
        bvc: Bvc,
        a: &mut AInterface,
        sink: &mut S,
        act: impl FnOnce(&mut Session, &mut Identities, &mut Scene<'_, S>) -> T,
    ) -> Option<T> {
        let session = self.links.state(id)?;
        session.dialogue.last = Some(from);
        let AInterface { identities: vlr_identities, around, counters, .. } = a;
        let (interface, vlr, bss, identities) = (Interface::Gb, sgsn(bvc), bvc.bss, &mut self.identities);
        let mut scene = Scene { from, interface, vlr, bss, identities, around, counters, sink };
        Some(act(session, vlr_identities, &mut scene))
    }
}

/// For what ends without a message: nothing is given then.
const NO_BVC: Bvc = Bvc { network: u32::MAX, sgsn: UNKNOWN_NODE, bss: UNKNOWN_NODE, bvci: SIGNALLING };

fn sgsn(bvc: Bvc) -> Vlr {
    Vlr { network: bvc.network, node: bvc.sgsn }
}

//! Attach, routing area update, P-TMSI reallocation and detach, 3GPP TS 24.008 §4.7.

use event::{Kind, Lai, Rai, RoutingAreaUpdateType, Tmsi};

use super::{PacketDialogue, Said, foreign, local};
use crate::encode::gmm::{self, Attaching, Detaching, Given};
use crate::encode::llc::{self, Sapi};
use crate::encode::mm::{IdentityType, MobileIdentity, NO_KEY};
use crate::encode::{Message, bssgp};
use crate::packet_state::PacketState;
use crate::population::Class;
use crate::script::{Binding, Presented, Side, StepId};
use crate::sgsn::PacketCore;

// GMM causes, §10.5.5.14: no GPRS, PLMN not allowed, location area not allowed, no GPRS in this PLMN, roaming not
// allowed, network failure.
const ATTACH_REJECT_CAUSES: &[(u32, u8)] = &[(30, 7), (20, 11), (10, 12), (20, 14), (10, 13), (10, 17)];
// Identity cannot be derived, implicitly detached.
const UPDATE_REJECT_CAUSES: &[(u32, u8)] = &[(50, 9), (50, 10)];
const GEA_1: u8 = 1;

impl PacketDialogue<'_> {
    /// The phone attaches; the network accepts or rejects.
    pub(super) fn attach(&mut self) {
        let (old, combined) = (self.subscriber.packet.area, self.practice.combined);
        self.subscriber.packet.begin_link(self.random.bits() as u32, PacketCore::routing_area(self.site));
        self.script.begins_anew = true;
        self.claims = true;
        let identity =
            self.subscriber.packet.p_tmsi.map_or(MobileIdentity::Imsi(self.subscriber.imsi), MobileIdentity::Tmsi);
        let key = if self.subscriber.packet.p_tmsi.is_some() { self.random.below(6) as u8 } else { NO_KEY };
        let signature = self.subscriber.packet.signature;
        let request = self.in_clear(Side::Bss, |o| {
            gmm::attach_request(o, Attaching { combined, key, identity, old, signature });
        });
        if let MobileIdentity::Imsi(_) = identity {
            self.script.presented = Presented::Imsi;
            self.imsi_shown(request.step);
        }
        self.capability();
        self.identify();
        let unwelcome = if self.subscriber.class == Class::Home { 1.0 } else { 4.0 };
        if self.chance(self.practice.rejects * unwelcome) {
            return self.reject_attach(request);
        }
        self.authenticate();
        let given = self.grant(combined);
        let accept = self.network(Sapi::Llgmm, |o| gmm::attach_accept(o, given));
        self.happened(accept, Kind::GprsAttach { combined, old: Some(old) }, &[request.step]);
        self.settle(accept, given, Message::AttachComplete);
    }

    fn reject_attach(&mut self, request: Said) {
        let cause = self.random.weighted(ATTACH_REJECT_CAUSES, 7);
        let reject = self.in_clear(Side::Msc, |o| gmm::attach_reject(o, cause));
        self.happened(reject, Kind::GprsAttachRejected { cause }, &[request.step]);
        let packet = &mut self.subscriber.packet;
        (packet.attached, packet.combined, packet.p_tmsi) = (false, false, None);
        self.script.binding = Binding::Deleted;
    }

    /// The phone reports its routing area; the network accepts, or cannot go on with it.
    pub(super) fn update(&mut self, update: RoutingAreaUpdateType) {
        let (old, new) = (self.subscriber.packet.area, PacketCore::routing_area(self.site));
        let elsewhere = self.sgsn() != self.subscriber.packet.sgsn;
        if let Some(p_tmsi) = self.subscriber.packet.p_tmsi {
            self.subscriber.packet.tlli = if old == new { local(p_tmsi) } else { foreign(p_tmsi) };
        }
        if elsewhere {
            self.subscriber.packet.forget_link();
        }
        self.claims = true;
        let (key, signature) = (self.random.below(6) as u8, self.subscriber.packet.signature);
        let request = self.in_clear(Side::Bss, |o| gmm::update_request(o, update, key, old, signature));
        self.identify();
        if !self.subscriber.packet.known_to_sgsn || self.chance(self.practice.rejects) {
            return self.reject_update(update, request);
        }
        if elsewhere {
            self.authenticate();
        }
        let given = self.grant(update != RoutingAreaUpdateType::Periodic && self.practice.combined);
        let accept = self.network(Sapi::Llgmm, |o| gmm::update_accept(o, given));
        self.happened(accept, Kind::RoutingAreaUpdate { update, old: Some(old) }, &[request.step]);
        if let Some(context) = &mut self.subscriber.packet.context {
            // What is known of it goes on only with these.
            context.activated_by.extend([request.step, accept.step]);
        }
        self.settle(accept, given, Message::RoutingAreaUpdateComplete);
    }

    // The phone attaches again, by and by.
    fn reject_update(&mut self, update: RoutingAreaUpdateType, request: Said) {
        let cause = self.random.weighted(UPDATE_REJECT_CAUSES, 9);
        let reject = self.in_clear(Side::Msc, |o| gmm::update_reject(o, cause));
        self.happened(reject, Kind::RoutingAreaUpdateRejected { update, cause }, &[request.step]);
        let packet = &mut self.subscriber.packet;
        (packet.attached, packet.combined, packet.context) = (false, false, None);
        if cause == 9 {
            packet.p_tmsi = None;
            self.script.binding = Binding::Deleted;
        }
    }

    // What comes with an accept. A P-TMSI of another SGSN must be replaced, as must a TMSI of another VLR.
    fn grant(&mut self, combined: bool) -> Given {
        let (area, sgsn) = (PacketCore::routing_area(self.site), self.sgsn());
        let packet = &self.subscriber.packet;
        let needed = packet.p_tmsi.is_none() || packet.sgsn != sgsn || !packet.known_to_sgsn;
        let gives = needed || self.chance(self.practice.p_tmsi_reallocation);
        let p_tmsi = gives.then(|| self.new_p_tmsi(sgsn));
        let signature = gives.then(|| self.random.octets());
        let ms_identity = if combined { self.grant_for_calls(area.lai) } else { None };
        Given { area, signature, p_tmsi, combined, ms_identity, cause: None }
    }

    fn new_p_tmsi(&mut self, sgsn: u32) -> Tmsi {
        self.network.packet.as_mut().map_or(Tmsi(0), |core| core.p_tmsi(sgsn))
    }

    // The MSC accepts over Gs (3GPP TS 29.018): its TMSI goes with the accept.
    fn grant_for_calls(&mut self, area: Lai) -> Option<MobileIdentity> {
        const REALLOCATION: f64 = 0.5;
        let msc = self.network.msc_of(self.site.bsc, self.subscriber.msc);
        let person = &self.subscriber;
        let needed = person.tmsi.is_none() || !person.known_to_vlr || person.msc != msc;
        let tmsi = (needed || self.chance(REALLOCATION)).then(|| self.network.tmsi(msc));
        let person = &mut *self.subscriber;
        (person.msc, person.area, person.attached, person.known_to_vlr) = (msc, area, true, true);
        person.last_contact = self.at;
        tmsi.map(|tmsi| {
            person.tmsi = Some(tmsi);
            MobileIdentity::Tmsi(tmsi)
        })
    }

    // The phone has what it was given, and says so if that is an identity.
    fn settle(&mut self, accept: Said, given: Given, complete: Message) {
        self.accepted(accept);
        if let Some(MobileIdentity::Tmsi(_)) = given.ms_identity {
            self.script.binds_for_calls = Some(accept.step);
        }
        let (sgsn, at) = (self.sgsn(), self.at);
        let packet = &mut self.subscriber.packet;
        (packet.attached, packet.known_to_sgsn, packet.combined) = (true, true, given.combined || packet.combined);
        (packet.area, packet.sgsn, packet.last_contact) = (given.area, sgsn, at);
        packet.take(given.p_tmsi, given.signature);
        if given.p_tmsi.is_some() {
            self.renewed(vec![accept.step]);
            // From now on the phone has a TLLI that nothing else explains.
            self.script.opening.push(accept.step);
        }
        if given.p_tmsi.is_some() || given.ms_identity.is_some() {
            self.phone(Sapi::Llgmm, |o| gmm::bare(o, complete));
        }
        self.tell_new_link(accept, given.p_tmsi.is_some());
    }

    // Where an observer cannot read the new P-TMSI, the old TLLI beside the new one tells of it.
    fn tell_new_link(&mut self, accept: Said, given: bool) {
        let hidden = given && !accept.readable;
        if hidden || self.random.chance(0.3) {
            let said = self.network(Sapi::Llgmm, gmm::information);
            if hidden {
                self.renewed(vec![said.step]);
            }
        }
    }

    /// The network gives the phone another P-TMSI.
    pub(super) fn reallocate(&mut self) {
        let (sgsn, area) = (self.sgsn(), PacketCore::routing_area(self.site));
        let (p_tmsi, signature) = (self.new_p_tmsi(sgsn), self.random.octets());
        let command = self.network(Sapi::Llgmm, |o| gmm::reallocation_command(o, p_tmsi, area, signature));
        self.subscriber.packet.take(Some(p_tmsi), Some(signature));
        self.renewed(vec![command.step]);
        self.script.opening.push(command.step);
        self.phone(Sapi::Llgmm, |o| gmm::bare(o, Message::PTmsiReallocationComplete));
        self.tell_new_link(command, true);
    }

    /// The phone gives up packets, because it is switched off or because its user wants so.
    pub(super) fn detach(&mut self, power_off: bool) {
        let Some(p_tmsi) = self.subscriber.packet.p_tmsi else { return };
        let combined = power_off && self.subscriber.packet.combined;
        let what = if combined { Detaching::Combined } else { Detaching::Gprs };
        let request = self.phone(Sapi::Llgmm, |o| gmm::detach_request(o, what, power_off, p_tmsi));
        self.ended(request, power_off, &[]);
        if !power_off {
            self.network(Sapi::Llgmm, gmm::detach_accept);
        }
        if combined {
            self.subscriber.attached = false;
        }
        // Where it is only packets that end, the phone registers for calls by the MSC's own procedure.
        self.subscriber.packet.leaving = power_off && self.subscriber.attached;
    }

    /// The network sends the phone off: to attach again at once, or not.
    pub(super) fn send_off(&mut self) {
        const IMPLICITLY_DETACHED: u8 = 10;
        let again = self.chance(0.7);
        let request = self.network(Sapi::Llgmm, |o| {
            gmm::detach_request_by_network(o, again, (!again).then_some(IMPLICITLY_DETACHED));
        });
        let accept = self.phone(Sapi::Llgmm, |o| gmm::bare(o, Message::DetachAccept));
        self.ended(accept, false, &[request.step]);
    }

    fn ended(&mut self, evidence: Said, power_off: bool, depends: &[StepId]) {
        if let Some(context) = self.subscriber.packet.context.take() {
            self.context_ended(evidence, *context, depends);
        }
        self.happened(evidence, Kind::GprsDetach { power_off }, depends);
        let packet = &mut self.subscriber.packet;
        (packet.attached, packet.combined, packet.ciphered) = (false, false, false);
    }

    // The SGSN asks who that is: it does not know the P-TMSI, or wants to be sure again.
    fn identify(&mut self) {
        let packet = &self.subscriber.packet;
        let presented = matches!(self.script.presented, Presented::Tmsi(_));
        let stale = packet.proof.as_ref().is_some_and(|proof| proof.len() > super::PROOF_LIMIT);
        if presented && (!packet.known_to_sgsn || stale || self.random.chance(self.practice.identity)) {
            self.in_clear(Side::Msc, |o| gmm::identity_request(o, IdentityType::Imsi));
            let imsi = MobileIdentity::Imsi(self.subscriber.imsi);
            let response = self.in_clear(Side::Bss, |o| gmm::identity_response(o, imsi));
            self.imsi_shown(response.step);
        }
    }

    // Authentication, with which ciphering begins.
    fn authenticate(&mut self) {
        let ciphers = self.practice.ciphered;
        if !ciphers && !self.chance(self.practice.authentication) {
            return;
        }
        let (algorithm, asked) = (if ciphers { GEA_1 } else { 0 }, self.chance(self.practice.imeisv));
        let (reference, key) = (self.random.below(16) as u8, self.random.below(7) as u8);
        let (challenge, answer) = (self.random.octets(), self.random.bits() as u32);
        if ciphers {
            let offset = self.random.bits() as u32;
            self.pause(5, 40);
            llc::offer_ciphering_input(&mut self.frame, offset);
            self.transmit(Side::Msc);
        }
        self.in_clear(Side::Msc, |o| gmm::authentication_request(o, algorithm, asked, reference, challenge, key));
        let device = self.subscriber.device;
        let shown = asked.then_some(MobileIdentity::Imeisv(device));
        let response = self.in_clear(Side::Bss, |o| gmm::authentication_response(o, reference, answer, shown));
        if asked {
            self.device_shown(device, response);
        }
        self.subscriber.packet.ciphered = ciphers;
    }

    // The BSS asks what the phone can, and learns whose it is.
    fn capability(&mut self) {
        if !self.chance(0.1) {
            return;
        }
        let (tlli, tag, imsi, bvci) =
            (self.subscriber.packet.tlli, self.random.bits() as u8, self.subscriber.imsi, self.site.bvci);
        self.pause(2, 8);
        self.pdu(Side::Bss, bvci, |o| bssgp::ra_capability_update(o, tlli, tag));
        self.pause(2, 8);
        let answer = self.pdu(Side::Msc, bvci, |o| bssgp::ra_capability_update_ack(o, tlli, tag, imsi));
        self.imsi_shown(answer);
    }
}

impl PacketState {
    // The link of an attach: its TLLI, and numbers from 0.
    fn begin_link(&mut self, chance: u32, area: Rai) {
        const RANDOM: u32 = 0x7800_0000;
        self.tlli = match self.p_tmsi {
            Some(p_tmsi) if self.area == area => local(p_tmsi),
            Some(p_tmsi) => foreign(p_tmsi),
            None => RANDOM | chance >> 5,
        };
        self.context = None;
        self.forget_link();
    }

    // Another SGSN begins its numbers anew, and unciphered.
    fn forget_link(&mut self) {
        (self.old_tlli, self.ciphered, self.numbers) = (None, false, Default::default());
    }

    // The TLLI is a local one from now on; the BSS is told with the next frame.
    fn take(&mut self, p_tmsi: Option<Tmsi>, signature: Option<[u8; 3]>) {
        self.p_tmsi = p_tmsi.or(self.p_tmsi);
        self.signature = signature.or(self.signature);
        let Some(held) = self.p_tmsi else { return };
        let before = std::mem::replace(&mut self.tlli, local(held));
        self.old_tlli = (before != self.tlli).then_some(before);
    }
}

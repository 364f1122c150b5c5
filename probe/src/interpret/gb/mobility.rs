//! GPRS mobility management: who is where, accepted or refused (3GPP TS 24.008 §4.7).

use event::{CellId, Kind, Lai, Rai, Tmsi};

use super::session::{Request, Session};
use crate::interpret::a_interface::OVERTAKING_WINDOW;
use crate::interpret::scene::{Scene, Side};
use crate::interpret::subject::Standing;
use crate::track::identity::{Identities, Proof, Unplaced};
use crate::wire::gmm::{AttachRequest, DetachRequest, Given, GprsTimer, RoutingAreaUpdateRequest};
use crate::wire::{Gmm, GmmMessageType, MobileIdentity, Tlli};
use crate::{Provenance, Sink};

/// GMM cause `illegal MS`, 3GPP TS 24.008 §10.5.5.14: a phone takes AUTHENTICATION AND CIPHERING REJECT as this
/// (§4.7.7.5).
const ILLEGAL_MS: u8 = 3;
/// Attach result `combined GPRS/IMSI attached`, 3GPP TS 24.008 §10.5.5.1.
const COMBINED: u8 = 3;
/// Types of detach that concern calls only, 3GPP TS 24.008 §10.5.5.5: packets stay. From the phone, and from the network.
const IMSI_DETACH: u8 = 2;
const IMSI_DETACH_BY_NETWORK: u8 = 3;

/// What the network says when it goes along.
#[derive(Clone, Copy, Debug)]
pub(super) struct Accept {
    area: Rai,
    given: Given,
    /// The phone is attached for calls too.
    combined: bool,
}

impl Session {
    /// A GPRS mobility management message. `vlr_identities` are those of the A interface, for the TMSI of a combined
    /// procedure.
    pub(super) fn mobility<S: Sink>(
        &mut self,
        message: &Gmm,
        sender: Side,
        vlr_identities: &mut Identities,
        scene: &mut Scene<'_, S>,
    ) {
        match message {
            Gmm::AttachRequest(request) => {
                self.attach_requested(request, scene);
                self.is_answered_already(vlr_identities, scene);
            }
            Gmm::AttachAccept(accept) => {
                demands_reports(accept.routing_area, accept.update_timer, scene);
                let combined = accept.attach_result == COMBINED;
                let accept = Accept { area: accept.routing_area, given: accept.given, combined };
                self.accepted(accept, vlr_identities, scene);
            }
            Gmm::RoutingAreaUpdateRequest(request) => {
                self.update_requested(request, scene);
                self.is_answered_already(vlr_identities, scene);
            }
            Gmm::RoutingAreaUpdateAccept(accept) => {
                demands_reports(accept.routing_area, accept.update_timer, scene);
                let accept = Accept { area: accept.routing_area, given: accept.given, combined: false };
                self.accepted(accept, vlr_identities, scene);
            }
            Gmm::AttachReject(cause) | Gmm::RoutingAreaUpdateReject(cause) => self.refused(cause.0, scene),
            Gmm::ServiceReject(cause) => {
                self.dialogue.subject.tell_refused(Kind::ServiceRejected { cause: cause.0 }, scene);
            }
            Gmm::DetachRequest(request) => self.detach_requested(request, sender, scene),
            Gmm::PTmsiReallocationCommand(command) => {
                self.dialogue.accept(scene);
                scene.identities.learn_area(command.routing_area.lai, scene.vlr);
                if let Some(p_tmsi) = command.mobile_identity.tmsi() {
                    self.gave_p_tmsi = Some(true);
                    self.receives(p_tmsi, scene);
                }
            }
            Gmm::IdentityResponse(response) => self.answers_identity(response.mobile_identity, scene),
            Gmm::AuthenticationAndCipheringResponse(response) => {
                if let Some(imei) = response.imeisv.and_then(MobileIdentity::imei) {
                    self.dialogue.subject.shows(imei, scene);
                }
            }
            Gmm::Other(other) => self.other_mobility(*other, scene),
            _ => {}
        }
    }

    fn other_mobility<S: Sink>(&mut self, message_type: GmmMessageType, scene: &mut Scene<'_, S>) {
        match message_type {
            GmmMessageType::ATTACH_COMPLETE
            | GmmMessageType::ROUTING_AREA_UPDATE_COMPLETE
            | GmmMessageType::P_TMSI_REALLOCATION_COMPLETE => {
                self.dialogue.accept(scene);
                // Where the P-TMSI stayed, the phone confirms its TMSI only (§4.7.3.2.3.2).
                if self.gave_p_tmsi.take() != Some(false) {
                    self.dialogue.subject.takes(scene);
                }
            }
            // The network's word is carried out; its own accept says nothing new (§4.7.4.2).
            GmmMessageType::DETACH_ACCEPT if std::mem::take(&mut self.is_sent_off) => {
                self.dialogue.accept(scene);
                self.detached(false, scene);
            }
            GmmMessageType::AUTHENTICATION_AND_CIPHERING_REJECT => self.refused(ILLEGAL_MS, scene),
            GmmMessageType::GMM_INFORMATION | GmmMessageType::SERVICE_ACCEPT => self.dialogue.accept(scene),
            _ => {}
        }
    }

    /// A new beginning: whoever had this TLLI before counts no more.
    fn attach_requested<S: Sink>(&mut self, request: &AttachRequest, scene: &mut Scene<'_, S>) {
        let cell = self.dialogue.subject.cell;
        self.dialogue.finish(scene);
        self.dialogue.reset(Standing::Claimed);
        self.dialogue.hear(Side::Mobile, scene.from);
        self.dialogue.subject.cell = cell;
        self.contexts.clear();
        self.request = Some(Request::Attach { old: request.old_routing_area });
        match request.mobile_identity {
            MobileIdentity::Tmsi(p_tmsi) => self.comes_from(p_tmsi, request.old_routing_area.lai, scene),
            other => self.dialogue.identifies(other, scene),
        }
    }

    /// The phone goes on as who it is: only whether the network goes along is open.
    fn update_requested<S: Sink>(&mut self, request: &RoutingAreaUpdateRequest, scene: &mut Scene<'_, S>) {
        let RoutingAreaUpdateRequest { update, old_routing_area: old, p_tmsi, .. } = *request;
        self.request = Some(Request::RoutingAreaUpdate { update, old });
        self.is_asking();
        let p_tmsi = p_tmsi.or(self.tlli.and_then(|tlli| tlli.p_tmsi()));
        let Some(p_tmsi) = p_tmsi else { return };
        if self.dialogue.subject.imsi().is_none() {
            self.comes_from(p_tmsi, old.lai, scene);
        }
        self.continues = self.dialogue.subject.temporary().filter(|held| held.tmsi == p_tmsi);
    }

    /// The P-TMSI was given by the SGSN of the *old* routing area.
    fn comes_from<S: Sink>(&mut self, p_tmsi: Tmsi, old: Lai, scene: &mut Scene<'_, S>) {
        let temporary = scene.identities.in_area(old, p_tmsi, scene.vlr);
        self.dialogue.subject.uses(p_tmsi, temporary, scene);
    }

    /// The accept of what the phone has just asked for may have been captured before it: the fact stands there.
    fn is_answered_already<S: Sink>(&mut self, vlr_identities: &mut Identities, scene: &mut Scene<'_, S>) {
        let now = scene.from;
        let recent = |(from, _): &(Provenance, Accept)| now.at.since(from.at) <= OVERTAKING_WINDOW;
        if let Some((from, accept)) = self.early.take().filter(recent) {
            scene.from = from;
            self.accepted(accept, vlr_identities, scene);
            scene.from = now;
        }
    }

    fn accepted<S: Sink>(&mut self, accept: Accept, vlr_identities: &mut Identities, scene: &mut Scene<'_, S>) {
        let Accept { area, given, combined } = accept;
        self.early = self.request.is_none().then_some((scene.from, accept));
        let Lai { plmn, lac } = area.lai;
        scene.identities.learn_area(area.lai, scene.vlr);
        let place = CellId { plmn: Some(plmn), lac: Some(lac), ci: None };
        self.dialogue.subject.cell = self.dialogue.subject.cell.or(place);
        self.dialogue.accept(scene);
        self.gave_p_tmsi = Some(given.p_tmsi.is_some());
        match given.p_tmsi {
            Some(p_tmsi) => self.receives(p_tmsi, scene),
            None => {
                self.dialogue.subject.keeps(scene);
                self.given = self.tlli.and_then(Tlli::p_tmsi);
            }
        }
        if let Some(identity) = given.ms_identity {
            self.attached_for_calls(identity, area.lai, vlr_identities, scene);
        }
        self.granted(combined, scene);
    }

    /// The network gave the phone a P-TMSI in a message that was ciphered: the accept of what the phone asked for.
    pub(super) fn is_accepted_unseen<S: Sink>(&mut self, scene: &mut Scene<'_, S>) {
        self.dialogue.accept(scene);
        if self.request.is_some() {
            self.granted(false, scene);
        }
    }

    /// What the phone asked for is done; `combined` says that it is attached for calls too.
    fn granted<S: Sink>(&mut self, combined: bool, scene: &mut Scene<'_, S>) {
        let done = match self.request.take() {
            Some(Request::Attach { old }) => Kind::GprsAttach { combined, old: Some(old) },
            Some(Request::RoutingAreaUpdate { update, old }) => Kind::RoutingAreaUpdate { update, old: Some(old) },
            None => return scene.counters.unmatched.packet_accept += 1,
        };
        self.tell(done, scene);
    }

    /// The network gives the phone a P-TMSI.
    pub(super) fn receives<S: Sink>(&mut self, p_tmsi: Tmsi, scene: &mut Scene<'_, S>) {
        self.dialogue.subject.gives(p_tmsi, scene);
        self.given = Some(p_tmsi);
    }

    /// A combined procedure replaces the location update on the A interface: its TMSI is the VLR's (3GPP TS 29.018).
    fn attached_for_calls<S: Sink>(
        &mut self,
        identity: MobileIdentity,
        area: Lai,
        vlr_identities: &mut Identities,
        scene: &mut Scene<'_, S>,
    ) {
        let Some(imsi) = self.dialogue.subject.imsi() else { return };
        match identity {
            MobileIdentity::Tmsi(tmsi) => {
                let unplaced = Unplaced { area, tmsi, imsi, proof: Proof::Allocation, at: scene.from.at };
                scene.counters.packet.combined_without_vlr += u64::from(!vlr_identities.place(unplaced));
            }
            MobileIdentity::Imsi(imsi) => vlr_identities.release(imsi),
            _ => {}
        }
    }

    fn refused<S: Sink>(&mut self, cause: u8, scene: &mut Scene<'_, S>) {
        self.dialogue.subject.reject(scene);
        self.forget_numbers();
        match self.request.take() {
            Some(Request::Attach { .. }) => {
                self.dialogue.subject.tell_refused(Kind::GprsAttachRejected { cause }, scene);
            }
            Some(Request::RoutingAreaUpdate { update, .. }) => {
                self.dialogue.subject.tell_refused(Kind::RoutingAreaUpdateRejected { update, cause }, scene);
            }
            None => {}
        }
    }

    fn detach_requested<S: Sink>(&mut self, request: &DetachRequest, sender: Side, scene: &mut Scene<'_, S>) {
        if sender == Side::Network {
            self.is_sent_off = request.detach_type != IMSI_DETACH_BY_NETWORK;
            return;
        }
        if request.detach_type == IMSI_DETACH {
            return;
        }
        // The network does not contest it (§4.7.4.1): there is nothing to wait for.
        self.dialogue.accept(scene);
        self.detached(request.power_off, scene);
    }

    fn detached<S: Sink>(&mut self, power_off: bool, scene: &mut Scene<'_, S>) {
        self.end_contexts(scene);
        self.tell(Kind::GprsDetach { power_off }, scene);
    }

    fn answers_identity<S: Sink>(&mut self, identity: MobileIdentity, scene: &mut Scene<'_, S>) {
        match identity {
            // Asked for as a confirmation, it says nothing of where the P-TMSI was given.
            MobileIdentity::Tmsi(_) => {}
            other => self.dialogue.identifies(other, scene),
        }
    }
}

/// T3312 is given to each phone with its accept (3GPP TS 24.008 §4.7.2.2).
fn demands_reports<S: Sink>(area: Rai, timer: GprsTimer, scene: &mut Scene<'_, S>) {
    if let Some(every) = timer.duration() {
        scene.demands_reports(area.lai, every);
    }
}

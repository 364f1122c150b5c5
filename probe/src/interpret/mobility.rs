//! Mobility management: who is where, accepted or refused (3GPP TS 24.008 §4.3, §4.4, §4.5).

use event::Kind;

use super::dialogue::{Dialogue, Update};
use super::scene::Scene;
use super::subject::Standing;
use crate::Sink;
use crate::track::identity::{Proof, Temporary};
use crate::wire::mm::{CmServiceRequest, LocationUpdatingAccept, LocationUpdatingRequest};
use crate::wire::{Mm, MmMessageType, MobileIdentity};

/// CM service type `emergency call establishment`, 3GPP TS 24.008 §10.5.3.3.
const EMERGENCY_CALL: u8 = 2;
/// Reject cause `illegal MS`, 3GPP TS 24.008 §10.5.3.6: a phone takes AUTHENTICATION REJECT, which has no cause of its
/// own, as this (§4.3.2.5).
const ILLEGAL_MS: u8 = 3;

impl Dialogue {
    /// A mobility management message.
    pub(super) fn mobility<S: Sink>(&mut self, message: &Mm, scene: &mut Scene<'_, S>) {
        match message {
            Mm::ImsiDetachIndication(detach) => {
                self.identifies(detach.mobile_identity, scene);
                // The network does not answer (§4.3.4): there is nothing to wait for.
                self.accept(scene);
                self.subject.tell(Kind::ImsiDetach, scene);
            }
            Mm::LocationUpdatingRequest(request) => self.update_requested(request, scene),
            Mm::LocationUpdatingAccept(accept) => self.update_accepted(accept, scene),
            Mm::LocationUpdatingReject(cause) => self.refused(cause.0, scene),
            Mm::AuthenticationReject(_) => self.refused(ILLEGAL_MS, scene),
            Mm::CmServiceRequest(request) => self.service_requested(request, scene),
            Mm::CmReestablishmentRequest(request) => {
                self.reestablishing = true;
                self.service_requested = true;
                self.identifies(request.mobile_identity, scene);
            }
            Mm::CmServiceAccept(_) => self.accept(scene),
            Mm::CmServiceReject(cause) => self.service_refused(cause.0, scene),
            Mm::IdentityResponse(response) => self.answers_identity(response.mobile_identity, scene),
            Mm::TmsiReallocationCommand(command) => {
                self.accept(scene);
                scene.identities.learn_area(command.location_area, scene.vlr);
                self.assigned(command.mobile_identity, scene);
            }
            Mm::TmsiReallocationComplete(_) => {
                self.accept(scene);
                self.subject.takes(scene);
            }
            Mm::Other(MmMessageType::MM_INFORMATION) => self.accept(scene),
            _ => {}
        }
    }

    /// The phone says who it is, in a message other than LOCATION UPDATING REQUEST: a TMSI is of the serving VLR.
    pub(super) fn identifies<S: Sink>(&mut self, identity: MobileIdentity, scene: &mut Scene<'_, S>) {
        match identity {
            MobileIdentity::Tmsi(tmsi) => {
                self.subject.uses(tmsi, Some(Temporary { vlr: scene.vlr, tmsi }), scene);
            }
            MobileIdentity::Imsi(imsi) => self.subject.claims(imsi, scene),
            MobileIdentity::Imei(imei) => self.subject.shows(imei, scene),
            MobileIdentity::Absent | MobileIdentity::Other(_) => {}
        }
    }

    fn update_requested<S: Sink>(&mut self, request: &LocationUpdatingRequest, scene: &mut Scene<'_, S>) {
        self.update = Some(Update { update: request.update, old: request.old_location_area });
        match request.mobile_identity {
            MobileIdentity::Tmsi(tmsi) => {
                // The VLR that gave it is that of the *old* location area.
                let temporary = scene.identities.in_area(request.old_location_area, tmsi, scene.vlr);
                self.subject.uses(tmsi, temporary, scene);
            }
            other => self.identifies(other, scene),
        }
    }

    fn update_accepted<S: Sink>(&mut self, accept: &LocationUpdatingAccept, scene: &mut Scene<'_, S>) {
        scene.identities.learn_area(accept.location_area, scene.vlr);
        let area =
            event::CellId { plmn: Some(accept.location_area.plmn), lac: Some(accept.location_area.lac), ci: None };
        self.subject.cell = self.subject.cell.or(area);
        self.accept(scene);
        match accept.mobile_identity {
            Some(identity) => self.assigned(identity, scene),
            None => self.subject.keeps(scene),
        }
        match self.update.take() {
            Some(Update { update, old }) => self.subject.tell(Kind::LocationUpdate { update, old: Some(old) }, scene),
            None => scene.counters.unmatched.location_updating_accept += 1,
        }
    }

    /// The network gives the phone an identity: a new TMSI, or its IMSI instead of the TMSI.
    fn assigned<S: Sink>(&mut self, identity: MobileIdentity, scene: &mut Scene<'_, S>) {
        match identity {
            MobileIdentity::Tmsi(tmsi) => self.subject.gives(tmsi, scene),
            MobileIdentity::Imsi(imsi) => {
                self.subject.learn(imsi, Proof::Allocation, scene);
                self.subject.loses(imsi, scene);
            }
            _ => {}
        }
    }

    fn service_requested<S: Sink>(&mut self, request: &CmServiceRequest, scene: &mut Scene<'_, S>) {
        self.service_requested = true;
        if request.service_type == EMERGENCY_CALL {
            // Served without authentication, and without a SIM (§4.5.1.5).
            self.subject.unauthenticated = true;
        }
        self.identifies(request.mobile_identity, scene);
    }

    fn answers_identity<S: Sink>(&mut self, identity: MobileIdentity, scene: &mut Scene<'_, S>) {
        match identity {
            // Asked for as a confirmation, it says nothing of where the TMSI was given.
            MobileIdentity::Tmsi(_) => {}
            other => self.identifies(other, scene),
        }
    }

    /// The network refuses the phone: LOCATION UPDATING REJECT or AUTHENTICATION REJECT.
    fn refused<S: Sink>(&mut self, cause: u8, scene: &mut Scene<'_, S>) {
        self.gives_up_calls(scene);
        self.subject.reject(scene);
        if let Some(Update { update, .. }) = self.update.take() {
            self.subject.tell_refused(Kind::LocationUpdateRejected { update, cause }, scene);
        } else if std::mem::take(&mut self.service_requested) {
            self.subject.tell_refused(Kind::ServiceRejected { cause }, scene);
        }
    }

    fn service_refused<S: Sink>(&mut self, cause: u8, scene: &mut Scene<'_, S>) {
        self.service_requested = false;
        self.gives_up_calls(scene);
        if self.subject.standing == Standing::Claimed {
            self.subject.reject(scene);
        }
        self.subject.tell_refused(Kind::ServiceRejected { cause }, scene);
    }
}

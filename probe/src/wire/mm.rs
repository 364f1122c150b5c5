//! Mobility management messages, 3GPP TS 24.008 §9.2.

use event::{Lai, UpdateType};

use super::codes::codes;
use super::{Malformed, Message, MobileIdentity, Protocol, Reader, Value};

codes! {
    /// Message type, 3GPP TS 24.008 Table 10.2.
    MmMessageType {
        0x01 IMSI_DETACH_INDICATION "imsi_detach_indication",
        0x02 LOCATION_UPDATING_ACCEPT "location_updating_accept",
        0x04 LOCATION_UPDATING_REJECT "location_updating_reject",
        0x08 LOCATION_UPDATING_REQUEST "location_updating_request",
        0x11 AUTHENTICATION_REJECT "authentication_reject",
        0x12 AUTHENTICATION_REQUEST "authentication_request",
        0x14 AUTHENTICATION_RESPONSE "authentication_response",
        0x18 IDENTITY_REQUEST "identity_request",
        0x19 IDENTITY_RESPONSE "identity_response",
        0x1a TMSI_REALLOCATION_COMMAND "tmsi_reallocation_command",
        0x1b TMSI_REALLOCATION_COMPLETE "tmsi_reallocation_complete",
        0x1c AUTHENTICATION_FAILURE "authentication_failure",
        0x21 CM_SERVICE_ACCEPT "cm_service_accept",
        0x22 CM_SERVICE_REJECT "cm_service_reject",
        0x23 CM_SERVICE_ABORT "cm_service_abort",
        0x24 CM_SERVICE_REQUEST "cm_service_request",
        0x25 CM_SERVICE_PROMPT "cm_service_prompt",
        0x28 CM_REESTABLISHMENT_REQUEST "cm_reestablishment_request",
        0x29 ABORT "abort",
        0x30 MM_NULL "mm_null",
        0x31 MM_STATUS "mm_status",
        0x32 MM_INFORMATION "mm_information",
    }
}

/// A mobility management message.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Mm {
    /// From the mobile station.
    ImsiDetachIndication(ImsiDetachIndication),
    /// From the network.
    LocationUpdatingAccept(LocationUpdatingAccept),
    /// From the network.
    LocationUpdatingReject(Cause),
    /// From the mobile station.
    LocationUpdatingRequest(LocationUpdatingRequest),
    /// From the network.
    AuthenticationReject,
    /// From the network.
    AuthenticationRequest(AuthenticationRequest),
    /// From the mobile station.
    AuthenticationResponse,
    /// From the network.
    IdentityRequest(IdentityRequest),
    /// From the mobile station.
    IdentityResponse(IdentityResponse),
    /// From the network.
    TmsiReallocationCommand(TmsiReallocationCommand),
    /// From the mobile station.
    TmsiReallocationComplete,
    /// From the mobile station.
    AuthenticationFailure(Cause),
    /// From the network.
    CmServiceAccept,
    /// From the network.
    CmServiceReject(Cause),
    /// From the mobile station.
    CmServiceAbort,
    /// From the mobile station.
    CmServiceRequest(CmServiceRequest),
    /// From the mobile station.
    CmReestablishmentRequest(CmReestablishmentRequest),
    /// From the network.
    Abort(Cause),
    /// From either side.
    MmStatus(Cause),
    /// Any other, and one whose mandatory elements could not be read.
    Other(MmMessageType),
}

/// Reject cause, 3GPP TS 24.008 §10.5.3.6, of LOCATION UPDATING REJECT (§9.2.14), AUTHENTICATION FAILURE (§9.2.3a),
/// CM SERVICE REJECT (§9.2.6), ABORT (§9.2.8) and MM STATUS (§9.2.16).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cause(pub u8);

/// IMSI DETACH INDICATION, 3GPP TS 24.008 §9.2.12.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImsiDetachIndication {
    /// Mobile identity.
    pub mobile_identity: MobileIdentity,
}

/// LOCATION UPDATING ACCEPT, 3GPP TS 24.008 §9.2.13.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LocationUpdatingAccept {
    /// Location area identification: where the subscriber now is registered.
    pub location_area: Lai,
    /// Mobile identity: a TMSI is assigned; an IMSI deletes the TMSI; absent, the TMSI stays.
    pub mobile_identity: Option<MobileIdentity>,
    /// Follow on proceed.
    pub follow_on_proceed: bool,
}

/// LOCATION UPDATING REQUEST, 3GPP TS 24.008 §9.2.15.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LocationUpdatingRequest {
    /// Location updating type, §10.5.3.5.
    pub update: UpdateType,
    /// Follow-on request.
    pub follow_on_request: bool,
    /// Ciphering key sequence number, 7: no key.
    pub key_sequence: u8,
    /// Location area identification stored in the mobile station.
    pub old_location_area: Lai,
    /// Mobile identity.
    pub mobile_identity: MobileIdentity,
}

/// AUTHENTICATION REQUEST, 3GPP TS 24.008 §9.2.2. The challenge is not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuthenticationRequest {
    /// Ciphering key sequence number, 0 to 6.
    pub key_sequence: u8,
}

/// IDENTITY REQUEST, 3GPP TS 24.008 §9.2.10.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IdentityRequest {
    /// Identity type, §10.5.5.9: 1 IMSI, 2 IMEI, 3 IMEISV, 4 TMSI.
    pub identity_type: u8,
}

/// IDENTITY RESPONSE, 3GPP TS 24.008 §9.2.11.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IdentityResponse {
    /// Mobile identity.
    pub mobile_identity: MobileIdentity,
}

/// TMSI REALLOCATION COMMAND, 3GPP TS 24.008 §9.2.17.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TmsiReallocationCommand {
    /// Location area identification.
    pub location_area: Lai,
    /// Mobile identity: the new TMSI, or an IMSI to delete the old one.
    pub mobile_identity: MobileIdentity,
}

/// CM SERVICE REQUEST, 3GPP TS 24.008 §9.2.9.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CmServiceRequest {
    /// CM service type, §10.5.3.3: 1 call, 2 emergency call, 4 short message, 8 supplementary service.
    pub service_type: u8,
    /// Ciphering key sequence number, 7: no key.
    pub key_sequence: u8,
    /// Mobile identity: an IMEI in an emergency call without SIM.
    pub mobile_identity: MobileIdentity,
}

/// CM RE-ESTABLISHMENT REQUEST, 3GPP TS 24.008 §9.2.4.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CmReestablishmentRequest {
    /// Ciphering key sequence number, 7: no key.
    pub key_sequence: u8,
    /// Mobile identity.
    pub mobile_identity: MobileIdentity,
    /// Location area identification, where the identity is a TMSI.
    pub location_area: Option<Lai>,
}

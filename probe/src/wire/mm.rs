//! Mobility management messages, 3GPP TS 24.008 §9.2.

use event::{Lai, UpdateType};

use super::body::{Body, NoElements, messages};
use super::cell::location_area;
use super::element::{Elements, Format};
use super::{Decoded, Malformed, Message, MobileIdentity, Protocol, Reader, Value};

messages! {
    /// Message type, 3GPP TS 24.008 Table 10.2.
    pub MmMessageType;
    /// A mobility management message.
    pub Mm {
        0x01 IMSI_DETACH_INDICATION "imsi_detach_indication" => ImsiDetachIndication(ImsiDetachIndication),
        0x02 LOCATION_UPDATING_ACCEPT "location_updating_accept" => LocationUpdatingAccept(LocationUpdatingAccept),
        0x04 LOCATION_UPDATING_REJECT "location_updating_reject" => LocationUpdatingReject(Cause),
        0x08 LOCATION_UPDATING_REQUEST "location_updating_request" => LocationUpdatingRequest(LocationUpdatingRequest),
        0x11 AUTHENTICATION_REJECT "authentication_reject" => AuthenticationReject(NoElements),
        0x12 AUTHENTICATION_REQUEST "authentication_request" => AuthenticationRequest(AuthenticationRequest),
        0x14 AUTHENTICATION_RESPONSE "authentication_response" => AuthenticationResponse(NoElements),
        0x18 IDENTITY_REQUEST "identity_request" => IdentityRequest(IdentityRequest),
        0x19 IDENTITY_RESPONSE "identity_response" => IdentityResponse(IdentityResponse),
        0x1a TMSI_REALLOCATION_COMMAND "tmsi_reallocation_command" => TmsiReallocationCommand(TmsiReallocationCommand),
        0x1b TMSI_REALLOCATION_COMPLETE "tmsi_reallocation_complete" => TmsiReallocationComplete(NoElements),
        0x1c AUTHENTICATION_FAILURE "authentication_failure" => AuthenticationFailure(Cause),
        0x21 CM_SERVICE_ACCEPT "cm_service_accept" => CmServiceAccept(NoElements),
        0x22 CM_SERVICE_REJECT "cm_service_reject" => CmServiceReject(Cause),
        0x23 CM_SERVICE_ABORT "cm_service_abort" => CmServiceAbort(NoElements),
        0x24 CM_SERVICE_REQUEST "cm_service_request" => CmServiceRequest(CmServiceRequest),
        0x25 CM_SERVICE_PROMPT "cm_service_prompt",
        0x28 CM_REESTABLISHMENT_REQUEST "cm_reestablishment_request" => CmReestablishmentRequest(CmReestablishmentRequest),
        0x29 ABORT "abort" => Abort(Cause),
        0x30 MM_NULL "mm_null",
        0x31 MM_STATUS "mm_status" => MmStatus(Cause),
        0x32 MM_INFORMATION "mm_information",
    }
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

/// Elements of the optional parts, 3GPP TS 24.008 Tables 9.2.5 to 9.2.19.
static ELEMENTS: Elements = Elements::of_layer_3(&[
    (LOCATION_AREA_IDENTIFICATION, "location area identification", Format::Tv(5)),
    (MOBILE_IDENTITY, "mobile identity", Format::Tlv),
]);

const LOCATION_AREA_IDENTIFICATION: u8 = 0x13;
const MOBILE_IDENTITY: u8 = 0x17;
const FOLLOW_ON_PROCEED: u8 = 0xa1;

const fn integer(value: u8) -> Value<'static> {
    Value::Integer(value as u64)
}

fn mobile_identity(r: &mut Reader<'_>) -> Result<MobileIdentity, Malformed> {
    let value = r.lv("mobile identity")?; // 10.5.1.4
    MobileIdentity::read(r.within(value))
}

/// Ciphering key sequence number, §10.5.1.2, from the half octet that holds it.
const fn key_sequence(half_octet: u8) -> u8 {
    half_octet & 7
}

impl Body for Cause {
    fn read(r: &mut Reader<'_>) -> Result<Self, Malformed> {
        r.u8("reject cause").map(Self) // 10.5.3.6
    }

    fn visit(&self, visit: &mut dyn FnMut(&'static str, Value<'_>)) {
        visit("reject_cause", integer(self.0));
    }
}

impl Body for ImsiDetachIndication {
    fn read(r: &mut Reader<'_>) -> Result<Self, Malformed> {
        let [_classmark_1] = r.v("mobile station classmark 1")?; // 10.5.1.5
        Ok(Self { mobile_identity: mobile_identity(r)? })
    }

    fn visit(&self, visit: &mut dyn FnMut(&'static str, Value<'_>)) {
        visit("mobile_identity", self.mobile_identity.value());
    }
}

impl Body for LocationUpdatingAccept {
    fn read(r: &mut Reader<'_>) -> Result<Self, Malformed> {
        let location_area = location_area(r)?; // 10.5.1.3
        let mut accept = Self { location_area, mobile_identity: None, follow_on_proceed: false };
        while let Some((identifier, value)) = r.element(&ELEMENTS) {
            match identifier {
                MOBILE_IDENTITY => accept.mobile_identity = r.keep(MobileIdentity::read(value)),
                FOLLOW_ON_PROCEED => accept.follow_on_proceed = true, // 10.5.3.7
                _ => {}
            }
        }
        Ok(accept)
    }

    fn visit(&self, visit: &mut dyn FnMut(&'static str, Value<'_>)) {
        visit("location_area_identification", Value::Lai(self.location_area));
        if let Some(identity) = self.mobile_identity {
            visit("mobile_identity", identity.value());
        }
        visit("follow_on_proceed", Value::Flag(self.follow_on_proceed));
    }
}

impl Body for LocationUpdatingRequest {
    fn read(r: &mut Reader<'_>) -> Result<Self, Malformed> {
        const FOLLOW_ON_REQUEST: u8 = 0x08;
        let [type_and_key] = r.v("location updating type")?; // 10.5.3.5, 10.5.1.2
        let old_location_area = location_area(r)?; // 10.5.1.3
        let [_classmark_1] = r.v("mobile station classmark 1")?; // 10.5.1.5
        let mobile_identity = mobile_identity(r)?; // 10.5.1.4
        Ok(Self {
            update: update_type(type_and_key),
            follow_on_request: type_and_key & FOLLOW_ON_REQUEST != 0,
            key_sequence: key_sequence(type_and_key >> 4),
            old_location_area,
            mobile_identity,
        })
    }

    fn visit(&self, visit: &mut dyn FnMut(&'static str, Value<'_>)) {
        visit("location_updating_type", Value::Name(self.update.name()));
        visit("follow_on_request", Value::Flag(self.follow_on_request));
        visit("ciphering_key_sequence_number", integer(self.key_sequence));
        visit("location_area_identification", Value::Lai(self.old_location_area));
        visit("mobile_identity", self.mobile_identity.value());
    }
}

/// Location updating type, §10.5.3.5.
const fn update_type(octet: u8) -> UpdateType {
    match octet & 3 {
        0 => UpdateType::Normal,
        1 => UpdateType::Periodic,
        2 => UpdateType::ImsiAttach,
        _ => UpdateType::Reserved,
    }
}

impl Body for AuthenticationRequest {
    fn read(r: &mut Reader<'_>) -> Result<Self, Malformed> {
        let [key] = r.v("ciphering key sequence number")?; // 10.5.1.2
        let _challenge: [u8; 16] = r.v("authentication parameter rand")?; // 10.5.3.1
        Ok(Self { key_sequence: key_sequence(key) })
    }

    fn visit(&self, visit: &mut dyn FnMut(&'static str, Value<'_>)) {
        visit("ciphering_key_sequence_number", integer(self.key_sequence));
    }
}

impl Body for IdentityRequest {
    fn read(r: &mut Reader<'_>) -> Result<Self, Malformed> {
        let [identity_type] = r.v("identity type")?; // 10.5.3.4
        Ok(Self { identity_type: identity_type & 7 })
    }

    fn visit(&self, visit: &mut dyn FnMut(&'static str, Value<'_>)) {
        visit("identity_type", integer(self.identity_type));
    }
}

impl Body for IdentityResponse {
    fn read(r: &mut Reader<'_>) -> Result<Self, Malformed> {
        Ok(Self { mobile_identity: mobile_identity(r)? })
    }

    fn visit(&self, visit: &mut dyn FnMut(&'static str, Value<'_>)) {
        visit("mobile_identity", self.mobile_identity.value());
    }
}

impl Body for TmsiReallocationCommand {
    fn read(r: &mut Reader<'_>) -> Result<Self, Malformed> {
        let location_area = location_area(r)?; // 10.5.1.3
        Ok(Self { location_area, mobile_identity: mobile_identity(r)? })
    }

    fn visit(&self, visit: &mut dyn FnMut(&'static str, Value<'_>)) {
        visit("location_area_identification", Value::Lai(self.location_area));
        visit("mobile_identity", self.mobile_identity.value());
    }
}

impl Body for CmServiceRequest {
    fn read(r: &mut Reader<'_>) -> Result<Self, Malformed> {
        let [service_and_key] = r.v("cm service type")?; // 10.5.3.3, 10.5.1.2
        let _classmark_2 = r.lv("mobile station classmark 2")?; // 10.5.1.6
        Ok(Self {
            service_type: service_and_key & 15,
            key_sequence: key_sequence(service_and_key >> 4),
            mobile_identity: mobile_identity(r)?,
        })
    }

    fn visit(&self, visit: &mut dyn FnMut(&'static str, Value<'_>)) {
        visit("cm_service_type", integer(self.service_type));
        visit("ciphering_key_sequence_number", integer(self.key_sequence));
        visit("mobile_identity", self.mobile_identity.value());
    }
}

impl Body for CmReestablishmentRequest {
    fn read(r: &mut Reader<'_>) -> Result<Self, Malformed> {
        let [key] = r.v("ciphering key sequence number")?; // 10.5.1.2
        let _classmark_2 = r.lv("mobile station classmark 2")?; // 10.5.1.6
        let mobile_identity = mobile_identity(r)?; // 10.5.1.4
        let mut request = Self { key_sequence: key_sequence(key), mobile_identity, location_area: None };
        while let Some((identifier, mut value)) = r.element(&ELEMENTS) {
            if identifier == LOCATION_AREA_IDENTIFICATION {
                request.location_area = r.keep(location_area(&mut value));
            }
        }
        Ok(request)
    }

    fn visit(&self, visit: &mut dyn FnMut(&'static str, Value<'_>)) {
        visit("ciphering_key_sequence_number", integer(self.key_sequence));
        visit("mobile_identity", self.mobile_identity.value());
        if let Some(area) = self.location_area {
            visit("location_area_identification", Value::Lai(area));
        }
    }
}

//! GPRS mobility management messages, 3GPP TS 24.008 §9.4.

use std::time::Duration;

use event::{Rai, RoutingAreaUpdateType, Tmsi};

use super::body::{Body, messages};
use super::cell::routing_area;
use super::element::{Elements, Format};
use super::{Decoded, Malformed, Message, MobileIdentity, Protocol, Reader, Value};

messages! {
    /// Message type, 3GPP TS 24.008 Table 10.4.
    pub GmmMessageType;
    /// A GPRS mobility management message.
    pub Gmm {
        0x01 ATTACH_REQUEST "attach_request" => AttachRequest(AttachRequest),
        0x02 ATTACH_ACCEPT "attach_accept" => AttachAccept(AttachAccept),
        0x03 ATTACH_COMPLETE "attach_complete",
        0x04 ATTACH_REJECT "attach_reject" => AttachReject(GmmCause),
        0x05 DETACH_REQUEST "detach_request" => DetachRequest(DetachRequest),
        0x06 DETACH_ACCEPT "detach_accept",
        0x08 ROUTING_AREA_UPDATE_REQUEST "routing_area_update_request" => RoutingAreaUpdateRequest(RoutingAreaUpdateRequest),
        0x09 ROUTING_AREA_UPDATE_ACCEPT "routing_area_update_accept" => RoutingAreaUpdateAccept(RoutingAreaUpdateAccept),
        0x0a ROUTING_AREA_UPDATE_COMPLETE "routing_area_update_complete",
        0x0b ROUTING_AREA_UPDATE_REJECT "routing_area_update_reject" => RoutingAreaUpdateReject(GmmCause),
        0x0c SERVICE_REQUEST "service_request" => ServiceRequest(ServiceRequest),
        0x0d SERVICE_ACCEPT "service_accept",
        0x0e SERVICE_REJECT "service_reject" => ServiceReject(GmmCause),
        0x10 P_TMSI_REALLOCATION_COMMAND "p_tmsi_reallocation_command" => PTmsiReallocationCommand(PTmsiReallocationCommand),
        0x11 P_TMSI_REALLOCATION_COMPLETE "p_tmsi_reallocation_complete",
        0x12 AUTHENTICATION_AND_CIPHERING_REQUEST "authentication_and_ciphering_request"
            => AuthenticationAndCipheringRequest(AuthenticationAndCipheringRequest),
        0x13 AUTHENTICATION_AND_CIPHERING_RESPONSE "authentication_and_ciphering_response"
            => AuthenticationAndCipheringResponse(AuthenticationAndCipheringResponse),
        0x14 AUTHENTICATION_AND_CIPHERING_REJECT "authentication_and_ciphering_reject",
        0x15 IDENTITY_REQUEST "identity_request" => IdentityRequest(IdentityRequest),
        0x16 IDENTITY_RESPONSE "identity_response" => IdentityResponse(IdentityResponse),
        0x1c AUTHENTICATION_AND_CIPHERING_FAILURE "authentication_and_ciphering_failure"
            => AuthenticationAndCipheringFailure(GmmCause),
        0x20 GMM_STATUS "gmm_status" => GmmStatus(GmmCause),
        0x21 GMM_INFORMATION "gmm_information",
    }
}

/// GMM cause, 3GPP TS 24.008 §10.5.5.14.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GmmCause(pub u8);

/// GPRS timer, 3GPP TS 24.008 §10.5.7.3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GprsTimer(pub u8);

impl GprsTimer {
    /// How long; `None` where the timer is deactivated or zero.
    pub fn duration(self) -> Option<Duration> {
        let value = u64::from(self.0 & 0x1f);
        let seconds = match self.0 >> 5 {
            0 => 2 * value,
            2 => 360 * value,
            7 => return None,
            // 1, and what is to be taken as this.
            _ => 60 * value,
        };
        Some(Duration::from_secs(seconds)).filter(|duration| !duration.is_zero())
    }
}

/// ATTACH REQUEST, 3GPP TS 24.008 §9.4.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AttachRequest {
    /// Attach type, §10.5.5.2: 1 GPRS, 3 combined, 4 emergency.
    pub attach_type: u8,
    /// GPRS ciphering key sequence number, 7: no key.
    pub key_sequence: u8,
    /// P-TMSI or IMSI.
    pub mobile_identity: MobileIdentity,
    /// Old routing area identification.
    pub old_routing_area: Rai,
}

/// ATTACH ACCEPT, 3GPP TS 24.008 §9.4.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AttachAccept {
    /// Attach result, §10.5.5.1: 1 GPRS only, 3 combined.
    pub attach_result: u8,
    /// Periodic RA update timer: T3312.
    pub update_timer: GprsTimer,
    /// Routing area identification: where the subscriber now is registered.
    pub routing_area: Rai,
    /// What is optional in this message and in ROUTING AREA UPDATE ACCEPT.
    pub given: Given,
}

/// What the network gives with an accept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Given {
    /// Allocated P-TMSI.
    pub p_tmsi: Option<Tmsi>,
    /// MS identity: the TMSI, or the IMSI to delete it, of a combined procedure.
    pub ms_identity: Option<MobileIdentity>,
    /// Why only half of a combined procedure was accepted.
    pub cause: Option<GmmCause>,
}

/// DETACH REQUEST of either side, 3GPP TS 24.008 §9.4.5.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DetachRequest {
    /// Type of detach, §10.5.5.5, without its power-off bit: from the phone 1 GPRS, 2 IMSI, 3 both; from the network 1
    /// re-attach, 2 no re-attach, 3 IMSI.
    pub detach_type: u8,
    /// The phone is being switched off (nothing in the other direction).
    pub power_off: bool,
    /// P-TMSI.
    pub p_tmsi: Option<Tmsi>,
    /// Why the network detaches.
    pub cause: Option<GmmCause>,
}

/// ROUTING AREA UPDATE REQUEST, 3GPP TS 24.008 §9.4.14.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RoutingAreaUpdateRequest {
    /// Update type, §10.5.5.18.
    pub update: RoutingAreaUpdateType,
    /// GPRS ciphering key sequence number, 7: no key.
    pub key_sequence: u8,
    /// Old routing area identification.
    pub old_routing_area: Rai,
    /// P-TMSI, where it is not in the TLLI.
    pub p_tmsi: Option<Tmsi>,
}

/// ROUTING AREA UPDATE ACCEPT, 3GPP TS 24.008 §9.4.15.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RoutingAreaUpdateAccept {
    /// Update result, §10.5.5.17: 0 RA updated, 1 combined.
    pub update_result: u8,
    /// Periodic RA update timer: T3312.
    pub update_timer: GprsTimer,
    /// Routing area identification: where the subscriber now is registered.
    pub routing_area: Rai,
    /// What is optional in this message and in ATTACH ACCEPT.
    pub given: Given,
}

/// SERVICE REQUEST, 3GPP TS 24.008 §9.4.20.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServiceRequest {
    /// GPRS ciphering key sequence number, 7: no key.
    pub key_sequence: u8,
    /// Service type, §10.5.5.20: 0 signalling, 1 data, 2 paging response.
    pub service_type: u8,
    /// P-TMSI.
    pub mobile_identity: MobileIdentity,
}

/// P-TMSI REALLOCATION COMMAND, 3GPP TS 24.008 §9.4.7.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PTmsiReallocationCommand {
    /// Allocated P-TMSI.
    pub mobile_identity: MobileIdentity,
    /// Routing area identification.
    pub routing_area: Rai,
}

/// AUTHENTICATION AND CIPHERING REQUEST, 3GPP TS 24.008 §9.4.9. The challenge is not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuthenticationAndCipheringRequest {
    /// Ciphering algorithm, §10.5.5.3: 0 none, 1 GEA/1 and so on.
    pub ciphering_algorithm: u8,
    /// IMEISV request, §10.5.5.10.
    pub imeisv_requested: bool,
    /// GPRS ciphering key sequence number, where there is a challenge.
    pub key_sequence: Option<u8>,
}

/// AUTHENTICATION AND CIPHERING RESPONSE, 3GPP TS 24.008 §9.4.10.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuthenticationAndCipheringResponse {
    /// IMEISV.
    pub imeisv: Option<MobileIdentity>,
}

/// IDENTITY REQUEST, 3GPP TS 24.008 §9.4.12.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IdentityRequest {
    /// Identity type 2, §10.5.5.9: 1 IMSI, 2 IMEI, 3 IMEISV, 4 TMSI.
    pub identity_type: u8,
}

/// IDENTITY RESPONSE, 3GPP TS 24.008 §9.4.13.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IdentityResponse {
    /// Mobile identity, §10.5.1.4.
    pub mobile_identity: MobileIdentity,
}

const ALLOCATED_P_TMSI: u8 = 0x18;
const MS_IDENTITY_OR_IMEISV: u8 = 0x23;
const CAUSE: u8 = 0x25;
/// Of an element of type 1, whose value is in the low half.
const KEY_SEQUENCE: u8 = 0x80;
const HALF_OCTET: u8 = 0xf0;

/// Elements of the optional parts, 3GPP TS 24.008 Tables 9.4.1 to 9.4.22.
static ELEMENTS: Elements = Elements::of_layer_3(&[
    (0x17, "ready timer", Format::Tv(1)),
    (ALLOCATED_P_TMSI, "p-tmsi", Format::Tlv),
    (0x19, "p-tmsi signature", Format::Tv(3)),
    (0x21, "authentication parameter rand", Format::Tv(16)),
    (0x22, "authentication parameter response", Format::Tv(4)),
    (MS_IDENTITY_OR_IMEISV, "mobile identity", Format::Tlv),
    (CAUSE, "gmm cause", Format::Tv(1)),
    (0x27, "drx parameter", Format::Tv(2)),
]);

/// In DETACH REQUEST the signature has a length, 3GPP TS 24.008 Table 9.4.5.2.
static DETACH_ELEMENTS: Elements = Elements::of_layer_3(&[
    (ALLOCATED_P_TMSI, "p-tmsi", Format::Tlv),
    (0x19, "p-tmsi signature 2", Format::Tlv),
    (CAUSE, "gmm cause", Format::Tv(1)),
]);

const AREA: &str = "routing_area_identification";
const UPDATE_TIMER: &str = "periodic_ra_update_timer";
const OLD_AREA: &str = "old_routing_area_identification";

const fn integer(value: u8) -> Value<'static> {
    Value::Integer(value as u64)
}

fn mobile_identity(r: &mut Reader<'_>) -> Result<MobileIdentity, Malformed> {
    let value = r.lv("mobile identity")?; // 10.5.1.4
    MobileIdentity::read(r.within(value))
}

/// The low three bits of a half octet that holds a type or a key sequence number.
const fn three_bits(half_octet: u8) -> u8 {
    half_octet & 7
}

impl Body for GmmCause {
    fn read(r: &mut Reader<'_>) -> Result<Self, Malformed> {
        r.u8("gmm cause").map(Self) // 10.5.5.14
    }

    fn visit(&self, visit: &mut dyn FnMut(&'static str, Value<'_>)) {
        visit("gmm_cause", integer(self.0));
    }
}

impl Body for AttachRequest {
    fn read(r: &mut Reader<'_>) -> Result<Self, Malformed> {
        let _network_capability = r.lv("ms network capability")?; // 10.5.5.12
        let [type_and_key] = r.v("attach type")?; // 10.5.5.2, 10.5.1.2
        let _drx: [u8; 2] = r.v("drx parameter")?; // 10.5.5.6
        let mobile_identity = mobile_identity(r)?; // 10.5.1.4
        let old_routing_area = routing_area(r)?; // 10.5.5.15
        let _radio_capability = r.lv("ms radio access capability")?; // 10.5.5.12a
        Ok(Self {
            attach_type: three_bits(type_and_key),
            key_sequence: three_bits(type_and_key >> 4),
            mobile_identity,
            old_routing_area,
        })
    }

    fn visit(&self, visit: &mut dyn FnMut(&'static str, Value<'_>)) {
        visit("attach_type", integer(self.attach_type));
        visit("ciphering_key_sequence_number", integer(self.key_sequence));
        visit("mobile_identity", self.mobile_identity.value());
        visit_area(OLD_AREA, self.old_routing_area, visit);
    }
}

impl Body for AttachAccept {
    fn read(r: &mut Reader<'_>) -> Result<Self, Malformed> {
        let [result_and_standby] = r.v("attach result")?; // 10.5.5.1, 10.5.5.7
        let update_timer = GprsTimer(r.u8("periodic ra update timer")?); // 10.5.7.3
        let [_radio_priorities] = r.v("radio priority for sms")?; // 10.5.7.2, 10.5.7.5
        let routing_area = routing_area(r)?; // 10.5.5.15
        Ok(Self { attach_result: three_bits(result_and_standby), update_timer, routing_area, given: Given::read(r) })
    }

    fn visit(&self, visit: &mut dyn FnMut(&'static str, Value<'_>)) {
        visit("attach_result", integer(self.attach_result));
        visit(UPDATE_TIMER, integer(self.update_timer.0));
        visit_area(AREA, self.routing_area, visit);
        self.given.visit(visit);
    }
}

impl Given {
    fn read(r: &mut Reader<'_>) -> Self {
        let mut given = Self::default();
        while let Some((identifier, mut value)) = r.element(&ELEMENTS) {
            match identifier {
                ALLOCATED_P_TMSI => given.p_tmsi = r.keep(MobileIdentity::read(value)).and_then(MobileIdentity::tmsi),
                MS_IDENTITY_OR_IMEISV => given.ms_identity = r.keep(MobileIdentity::read(value)),
                CAUSE => given.cause = r.keep(GmmCause::read(&mut value)),
                _ => {}
            }
        }
        given
    }

    fn visit(&self, visit: &mut dyn FnMut(&'static str, Value<'_>)) {
        if let Some(p_tmsi) = self.p_tmsi {
            visit("allocated_p_tmsi", Value::Tmsi(p_tmsi));
        }
        if let Some(identity) = self.ms_identity {
            visit("ms_identity", identity.value());
        }
        if let Some(cause) = self.cause {
            cause.visit(visit);
        }
    }
}

impl Body for DetachRequest {
    fn read(r: &mut Reader<'_>) -> Result<Self, Malformed> {
        const POWER_OFF: u8 = 0x08;
        let [detach_type] = r.v("detach type")?; // 10.5.5.5
        let power_off = detach_type & POWER_OFF != 0;
        let mut request = Self { detach_type: three_bits(detach_type), power_off, p_tmsi: None, cause: None };
        while let Some((identifier, mut value)) = r.element(&DETACH_ELEMENTS) {
            match identifier {
                ALLOCATED_P_TMSI => request.p_tmsi = r.keep(MobileIdentity::read(value)).and_then(MobileIdentity::tmsi),
                CAUSE => request.cause = r.keep(GmmCause::read(&mut value)),
                _ => {}
            }
        }
        Ok(request)
    }

    fn visit(&self, visit: &mut dyn FnMut(&'static str, Value<'_>)) {
        visit("detach_type", integer(self.detach_type));
        if self.power_off {
            visit("power_off", Value::Flag(true));
        }
        if let Some(p_tmsi) = self.p_tmsi {
            visit("p_tmsi", Value::Tmsi(p_tmsi));
        }
        if let Some(cause) = self.cause {
            cause.visit(visit);
        }
    }
}

impl Body for RoutingAreaUpdateRequest {
    fn read(r: &mut Reader<'_>) -> Result<Self, Malformed> {
        let [type_and_key] = r.v("update type")?; // 10.5.5.18, 10.5.1.2
        let old_routing_area = routing_area(r)?; // 10.5.5.15
        let _radio_capability = r.lv("ms radio access capability")?; // 10.5.5.12a
        let (update, key_sequence) = (update_type(type_and_key), three_bits(type_and_key >> 4));
        let mut request = Self { update, key_sequence, old_routing_area, p_tmsi: None };
        while let Some((identifier, value)) = r.element(&ELEMENTS) {
            if identifier == ALLOCATED_P_TMSI {
                request.p_tmsi = r.keep(MobileIdentity::read(value)).and_then(MobileIdentity::tmsi);
            }
        }
        Ok(request)
    }

    fn visit(&self, visit: &mut dyn FnMut(&'static str, Value<'_>)) {
        visit("update_type", Value::Name(self.update.name()));
        visit("ciphering_key_sequence_number", integer(self.key_sequence));
        visit_area(OLD_AREA, self.old_routing_area, visit);
        if let Some(p_tmsi) = self.p_tmsi {
            visit("p_tmsi", Value::Tmsi(p_tmsi));
        }
    }
}

/// Update type, §10.5.5.18.
const fn update_type(octet: u8) -> RoutingAreaUpdateType {
    match octet & 7 {
        0 => RoutingAreaUpdateType::Normal,
        1 => RoutingAreaUpdateType::Combined,
        2 => RoutingAreaUpdateType::CombinedImsiAttach,
        3 => RoutingAreaUpdateType::Periodic,
        _ => RoutingAreaUpdateType::Reserved,
    }
}

impl Body for RoutingAreaUpdateAccept {
    fn read(r: &mut Reader<'_>) -> Result<Self, Malformed> {
        let [standby_and_result] = r.v("update result")?; // 10.5.5.7, 10.5.5.17
        let update_timer = GprsTimer(r.u8("periodic ra update timer")?); // 10.5.7.3
        let routing_area = routing_area(r)?; // 10.5.5.15
        Ok(Self {
            update_result: three_bits(standby_and_result >> 4),
            update_timer,
            routing_area,
            given: Given::read(r),
        })
    }

    fn visit(&self, visit: &mut dyn FnMut(&'static str, Value<'_>)) {
        visit("update_result", integer(self.update_result));
        visit(UPDATE_TIMER, integer(self.update_timer.0));
        visit_area(AREA, self.routing_area, visit);
        self.given.visit(visit);
    }
}

impl Body for ServiceRequest {
    fn read(r: &mut Reader<'_>) -> Result<Self, Malformed> {
        let [key_and_type] = r.v("service type")?; // 10.5.1.2, 10.5.5.20
        let (key_sequence, service_type) = (three_bits(key_and_type), three_bits(key_and_type >> 4));
        Ok(Self { key_sequence, service_type, mobile_identity: mobile_identity(r)? })
    }

    fn visit(&self, visit: &mut dyn FnMut(&'static str, Value<'_>)) {
        visit("ciphering_key_sequence_number", integer(self.key_sequence));
        visit("service_type", integer(self.service_type));
        visit("mobile_identity", self.mobile_identity.value());
    }
}

impl Body for PTmsiReallocationCommand {
    fn read(r: &mut Reader<'_>) -> Result<Self, Malformed> {
        let mobile_identity = mobile_identity(r)?; // 10.5.1.4
        Ok(Self { mobile_identity, routing_area: routing_area(r)? })
    }

    fn visit(&self, visit: &mut dyn FnMut(&'static str, Value<'_>)) {
        visit("mobile_identity", self.mobile_identity.value());
        visit_area(AREA, self.routing_area, visit);
    }
}

impl Body for AuthenticationAndCipheringRequest {
    fn read(r: &mut Reader<'_>) -> Result<Self, Malformed> {
        let [algorithm_and_imeisv] = r.v("ciphering algorithm")?; // 10.5.5.3, 10.5.5.10
        let [_standby_and_reference] = r.v("a&c reference number")?; // 10.5.5.7, 10.5.5.19
        let mut key_sequence = None;
        while let Some((identifier, _)) = r.element(&ELEMENTS) {
            if identifier & HALF_OCTET == KEY_SEQUENCE {
                key_sequence = Some(three_bits(identifier)); // 10.5.1.2
            }
        }
        Ok(Self {
            ciphering_algorithm: three_bits(algorithm_and_imeisv),
            imeisv_requested: three_bits(algorithm_and_imeisv >> 4) == 1,
            key_sequence,
        })
    }

    fn visit(&self, visit: &mut dyn FnMut(&'static str, Value<'_>)) {
        visit("ciphering_algorithm", integer(self.ciphering_algorithm));
        visit("imeisv_request", Value::Flag(self.imeisv_requested));
        if let Some(key_sequence) = self.key_sequence {
            visit("ciphering_key_sequence_number", integer(key_sequence));
        }
    }
}

impl Body for AuthenticationAndCipheringResponse {
    fn read(r: &mut Reader<'_>) -> Result<Self, Malformed> {
        let [_reference] = r.v("a&c reference number")?; // 10.5.5.19
        let mut response = Self { imeisv: None };
        while let Some((identifier, value)) = r.element(&ELEMENTS) {
            if identifier == MS_IDENTITY_OR_IMEISV {
                response.imeisv = r.keep(MobileIdentity::read(value));
            }
        }
        Ok(response)
    }

    fn visit(&self, visit: &mut dyn FnMut(&'static str, Value<'_>)) {
        if let Some(imeisv) = self.imeisv {
            visit("imeisv", imeisv.value());
        }
    }
}

impl Body for IdentityRequest {
    fn read(r: &mut Reader<'_>) -> Result<Self, Malformed> {
        let [type_and_standby] = r.v("identity type 2")?; // 10.5.5.9, 10.5.5.7
        Ok(Self { identity_type: three_bits(type_and_standby) })
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

fn visit_area(name: &'static str, area: Rai, visit: &mut dyn FnMut(&'static str, Value<'_>)) {
    visit(name, Value::Lai(area.lai));
    visit("routing_area_code", Value::Integer(u64::from(area.rac)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gprs_timer_has_units_and_may_be_deactivated() {
        let seconds = |octet| GprsTimer(octet).duration().map(|duration| duration.as_secs());
        // 54 minutes is what most networks give.
        assert_eq!([0x49, 0x3e, 0x05, 0xa3].map(seconds), [Some(9 * 360), Some(1800), Some(10), Some(180)]);
        assert_eq!([0xe0, 0xff, 0x40, 0x00].map(seconds), [None; 4]);
    }
}

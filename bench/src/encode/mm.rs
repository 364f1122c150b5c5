//! Mobility management, 3GPP TS 24.008 §9.2, and the identities of §10.5.1 that other protocols carry too.

use event::{Imei, Imsi, Lai, Tmsi, UpdateType};

use super::{Message, Octets, digits};

/// Mobile identity, 3GPP TS 24.008 §10.5.1.4.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MobileIdentity {
    /// Type 1.
    Imsi(Imsi),
    /// Type 2: TAC, SNR and a spare digit, which is 0.
    Imei(Imei),
    /// Type 3: TAC, SNR and the software version.
    Imeisv(Imei),
    /// Type 4.
    Tmsi(Tmsi),
}

/// Writes the value part of a mobile identity.
pub fn mobile_identity(o: &mut Octets, identity: MobileIdentity) {
    match identity {
        MobileIdentity::Imsi(imsi) => write_digits(o, 1, imsi.length(), imsi.prefix(imsi.length())),
        MobileIdentity::Imei(imei) => write_digits(o, 2, 15, imei.device() * 10),
        MobileIdentity::Imeisv(imei) => {
            write_digits(o, 3, 16, imei.device() * 100 + u64::from(imei.software().unwrap_or(0)));
        }
        MobileIdentity::Tmsi(tmsi) => {
            o.u8(0xf4);
            o.u32(tmsi.0);
        }
    }
}

fn write_digits(o: &mut Octets, kind: u8, count: u32, value: u64) {
    let mut digits = digits(value, count);
    let odd = (count % 2) as u8;
    o.u8(digits.next().unwrap_or(0) << 4 | odd << 3 | kind);
    o.half_octets(digits);
}

/// Location area identification, §10.5.1.3, value part.
pub fn location_area(o: &mut Octets, area: Lai) {
    o.bytes(&area.plmn.octets());
    o.u16(area.lac);
}

/// Mobile station classmark 1, §10.5.1.5: phase 2, early sending, A5/1, class 4.
pub const CLASSMARK_1: u8 = 0x33;
/// Mobile station classmark 2, §10.5.1.6: as above, with short messages point to point and A5/3.
pub const CLASSMARK_2: [u8; 3] = [0x33, 0x19, 0xa1];
/// "No key is available" as a ciphering key sequence number, §10.5.1.2.
pub const NO_KEY: u8 = 7;

/// LOCATION UPDATING REQUEST, §9.2.15.
pub fn location_updating_request(o: &mut Octets, update: UpdateType, key: u8, old: Lai, identity: MobileIdentity) {
    let update = match update {
        UpdateType::Normal => 0,
        UpdateType::Periodic => 1,
        UpdateType::ImsiAttach => 2,
        UpdateType::Reserved => 3,
    };
    o.layer3(0, Message::LocationUpdatingRequest);
    o.u8(key << 4 | update);
    location_area(o, old);
    o.u8(CLASSMARK_1);
    o.lv(|o| mobile_identity(o, identity));
}

/// LOCATION UPDATING ACCEPT, §9.2.13. The identity is a new TMSI, or the IMSI where the TMSI is deleted.
pub fn location_updating_accept(o: &mut Octets, area: Lai, identity: Option<MobileIdentity>) {
    o.layer3(0, Message::LocationUpdatingAccept);
    location_area(o, area);
    if let Some(identity) = identity {
        o.tlv(0x17, |o| mobile_identity(o, identity));
    }
}

/// LOCATION UPDATING REJECT, §9.2.14.
pub fn location_updating_reject(o: &mut Octets, cause: u8) {
    o.layer3(0, Message::LocationUpdatingReject);
    o.u8(cause);
}

/// TMSI REALLOCATION COMPLETE, §9.2.18.
pub fn tmsi_reallocation_complete(o: &mut Octets) {
    o.layer3(0, Message::TmsiReallocationComplete);
}

/// IMSI DETACH INDICATION, §9.2.12.
pub fn imsi_detach_indication(o: &mut Octets, identity: MobileIdentity) {
    o.layer3(0, Message::ImsiDetachIndication);
    o.u8(CLASSMARK_1);
    o.lv(|o| mobile_identity(o, identity));
}

/// AUTHENTICATION REQUEST, §9.2.2.
pub fn authentication_request(o: &mut Octets, key: u8, challenge: [u8; 16]) {
    o.layer3(0, Message::AuthenticationRequest);
    o.u8(key);
    o.bytes(&challenge);
}

/// AUTHENTICATION RESPONSE, §9.2.3.
pub fn authentication_response(o: &mut Octets, response: u32) {
    o.layer3(0, Message::AuthenticationResponse);
    o.u32(response);
}

/// What an IDENTITY REQUEST asks for, §10.5.3.4.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdentityType {
    /// The IMSI.
    Imsi = 1,
    /// The IMEI.
    Imei = 2,
    /// The IMEISV.
    Imeisv = 3,
}

/// IDENTITY REQUEST, §9.2.10.
pub fn identity_request(o: &mut Octets, wanted: IdentityType) {
    o.layer3(0, Message::IdentityRequest);
    o.u8(wanted as u8);
}

/// IDENTITY RESPONSE, §9.2.11.
pub fn identity_response(o: &mut Octets, identity: MobileIdentity) {
    o.layer3(0, Message::IdentityResponse);
    o.lv(|o| mobile_identity(o, identity));
}

/// The service that a CM SERVICE REQUEST asks for, §10.5.3.3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// Mobile originating call.
    Call = 1,
    /// Emergency call.
    EmergencyCall = 2,
    /// Short message.
    ShortMessage = 4,
    /// Supplementary service.
    SupplementaryService = 8,
}

/// CM SERVICE REQUEST, §9.2.9.
pub fn cm_service_request(o: &mut Octets, service: Service, key: u8, identity: MobileIdentity) {
    o.layer3(0, Message::CmServiceRequest);
    o.u8(key << 4 | service as u8);
    o.lv(|o| o.bytes(&CLASSMARK_2));
    o.lv(|o| mobile_identity(o, identity));
}

/// CM SERVICE ACCEPT, §9.2.5.
pub fn cm_service_accept(o: &mut Octets) {
    o.layer3(0, Message::CmServiceAccept);
}

/// CM SERVICE REJECT, §9.2.6.
pub fn cm_service_reject(o: &mut Octets, cause: u8) {
    o.layer3(0, Message::CmServiceReject);
    o.u8(cause);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(identity: MobileIdentity, expected: &[u8]) {
        let mut o = Octets::default();
        mobile_identity(&mut o, identity);
        assert_eq!(o.as_slice(), expected);
    }

    #[test]
    fn identities_as_a_recorded_phone_writes_them() {
        check(
            MobileIdentity::Imsi("001010000000001".parse().unwrap()),
            &[0x09, 0x10, 0x10, 0x00, 0x00, 0x00, 0x00, 0x10],
        );
        check(
            MobileIdentity::Imeisv("3569690400000010".parse().unwrap()),
            &[0x33, 0x65, 0x69, 0x09, 0x04, 0x00, 0x00, 0x10, 0xf0],
        );
        check(MobileIdentity::Tmsi(Tmsi(0xd2d2_d780)), &[0xf4, 0xd2, 0xd2, 0xd7, 0x80]);
    }
}

//! GPRS mobility management, 3GPP TS 24.008 §9.4. Elements in the order of the tables.

use event::{Rai, RoutingAreaUpdateType, Tmsi};

use super::mm::{self, MobileIdentity};
use super::{Message, Octets};

/// MS network capability, §10.5.5.12: GEA/1, short messages over both, UCS2.
const NETWORK_CAPABILITY: [u8; 2] = [0xe5, 0xe0];
/// MS radio access capability, §10.5.5.12a: GSM 900 in class 4, no more.
pub const RADIO_ACCESS_CAPABILITY: [u8; 5] = [0x12, 0x23, 0x42, 0x06, 0x40];
/// DRX parameter, §10.5.5.6.
const DRX: [u8; 2] = [0x0a, 0x00];
/// GPRS timer, §10.5.7.3: 54 minutes in units of six.
const PERIODIC_UPDATE_TIMER: u8 = 0x49;
/// GPRS timer: 44 seconds in units of two.
const READY_TIMER: u8 = 0x16;
/// Radio priority, §10.5.7.2, for short messages, and for detach tolerance.
const RADIO_PRIORITY: u8 = 0x04;

const READY_TIMER_VALUE: u8 = 0x17;
const ALLOCATED_P_TMSI: u8 = 0x18;
const P_TMSI_SIGNATURE: u8 = 0x19;
const MS_IDENTITY: u8 = 0x23;
const CAUSE: u8 = 0x25;

fn routing_area(o: &mut Octets, area: Rai) {
    mm::location_area(o, area.lai);
    o.u8(area.rac);
}

fn signature(o: &mut Octets, signature: Option<[u8; 3]>) {
    if let Some(signature) = signature {
        o.u8(P_TMSI_SIGNATURE);
        o.bytes(&signature);
    }
}

fn p_tmsi(o: &mut Octets, p_tmsi: Option<Tmsi>) {
    if let Some(p_tmsi) = p_tmsi {
        o.tlv(ALLOCATED_P_TMSI, |o| mm::mobile_identity(o, MobileIdentity::Tmsi(p_tmsi)));
    }
}

/// Who asks to be attached, and where the P-TMSI comes from.
#[derive(Clone, Copy, Debug)]
pub struct Attaching {
    /// Whether for calls too: network mode I.
    pub combined: bool,
    /// GPRS ciphering key sequence number.
    pub key: u8,
    /// P-TMSI or IMSI.
    pub identity: MobileIdentity,
    /// The routing area that the phone holds.
    pub old: Rai,
    /// P-TMSI signature.
    pub signature: Option<[u8; 3]>,
}

/// ATTACH REQUEST, §9.4.1.
pub fn attach_request(o: &mut Octets, who: Attaching) {
    let attach_type = if who.combined { 3 } else { 1 };
    o.layer3(0, Message::AttachRequest);
    o.lv(|o| o.bytes(&NETWORK_CAPABILITY));
    o.u8(who.key << 4 | attach_type);
    o.bytes(&DRX);
    o.lv(|o| mm::mobile_identity(o, who.identity));
    routing_area(o, who.old);
    o.lv(|o| o.bytes(&RADIO_ACCESS_CAPABILITY));
    signature(o, who.signature);
    o.bytes(&[READY_TIMER_VALUE, READY_TIMER]);
}

/// What the network gives with an accept.
#[derive(Clone, Copy, Debug)]
pub struct Given {
    /// Where the subscriber now is registered.
    pub area: Rai,
    /// P-TMSI signature.
    pub signature: Option<[u8; 3]>,
    /// A new P-TMSI.
    pub p_tmsi: Option<Tmsi>,
    /// Whether the procedure was accepted for calls too.
    pub combined: bool,
    /// The VLR's TMSI of a combined procedure, or the IMSI, which deletes it.
    pub ms_identity: Option<MobileIdentity>,
    /// Why a combined procedure was accepted for packets only.
    pub cause: Option<u8>,
}

/// ATTACH ACCEPT, §9.4.2.
pub fn attach_accept(o: &mut Octets, given: Given) {
    o.layer3(0, Message::AttachAccept);
    o.u8(if given.combined { 3 } else { 1 });
    o.u8(PERIODIC_UPDATE_TIMER);
    o.u8(RADIO_PRIORITY);
    routing_area(o, given.area);
    signature(o, given.signature);
    o.bytes(&[READY_TIMER_VALUE, READY_TIMER]);
    given_identities(o, given);
}

fn given_identities(o: &mut Octets, given: Given) {
    p_tmsi(o, given.p_tmsi);
    if let Some(identity) = given.ms_identity {
        o.tlv(MS_IDENTITY, |o| mm::mobile_identity(o, identity));
    }
    if let Some(cause) = given.cause {
        o.bytes(&[CAUSE, cause]);
    }
}

/// ATTACH REJECT, §9.4.4.
pub fn attach_reject(o: &mut Octets, cause: u8) {
    o.layer3(0, Message::AttachReject);
    o.u8(cause);
}

/// A message of nothing but its type: ATTACH COMPLETE, ROUTING AREA UPDATE COMPLETE, P-TMSI REALLOCATION COMPLETE,
/// AUTHENTICATION AND CIPHERING REJECT, DETACH ACCEPT of the phone.
pub fn bare(o: &mut Octets, message: Message) {
    o.layer3(0, message);
}

/// What a phone gives up, §10.5.5.5.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detaching {
    /// Packets.
    Gprs = 1,
    /// Packets and calls.
    Combined = 3,
}

/// DETACH REQUEST of the phone, §9.4.5.2.
pub fn detach_request(o: &mut Octets, what: Detaching, power_off: bool, of: Tmsi) {
    const POWER_OFF: u8 = 8;
    o.layer3(0, Message::DetachRequest);
    o.u8(if power_off { POWER_OFF } else { 0 } | what as u8);
    p_tmsi(o, Some(of));
}

/// DETACH ACCEPT of the network, §9.4.6.2.
pub fn detach_accept(o: &mut Octets) {
    o.layer3(0, Message::DetachAccept);
    o.u8(0);
}

/// DETACH REQUEST of the network, §9.4.5.1: the phone is to attach again, or not.
pub fn detach_request_by_network(o: &mut Octets, again: bool, cause: Option<u8>) {
    o.layer3(0, Message::DetachRequest);
    o.u8(if again { 1 } else { 2 });
    if let Some(cause) = cause {
        o.bytes(&[CAUSE, cause]);
    }
}

/// ROUTING AREA UPDATE REQUEST, §9.4.14. The P-TMSI is in the TLLI.
pub fn update_request(o: &mut Octets, update: RoutingAreaUpdateType, key: u8, old: Rai, with: Option<[u8; 3]>) {
    let update = match update {
        RoutingAreaUpdateType::Normal => 0,
        RoutingAreaUpdateType::Combined => 1,
        RoutingAreaUpdateType::CombinedImsiAttach => 2,
        RoutingAreaUpdateType::Periodic => 3,
        RoutingAreaUpdateType::Reserved => 7,
    };
    o.layer3(0, Message::RoutingAreaUpdateRequest);
    o.u8(key << 4 | update);
    routing_area(o, old);
    o.lv(|o| o.bytes(&RADIO_ACCESS_CAPABILITY));
    signature(o, with);
}

/// ROUTING AREA UPDATE ACCEPT, §9.4.15.
pub fn update_accept(o: &mut Octets, given: Given) {
    o.layer3(0, Message::RoutingAreaUpdateAccept);
    o.u8(if given.combined { 1 << 4 } else { 0 });
    o.u8(PERIODIC_UPDATE_TIMER);
    routing_area(o, given.area);
    signature(o, given.signature);
    given_identities(o, given);
    o.bytes(&[READY_TIMER_VALUE, READY_TIMER]);
}

/// ROUTING AREA UPDATE REJECT, §9.4.17.
pub fn update_reject(o: &mut Octets, cause: u8) {
    o.layer3(0, Message::RoutingAreaUpdateReject);
    o.bytes(&[cause, 0]);
}

/// P-TMSI REALLOCATION COMMAND, §9.4.7.
pub fn reallocation_command(o: &mut Octets, given: Tmsi, area: Rai, with: [u8; 3]) {
    o.layer3(0, Message::PTmsiReallocationCommand);
    o.lv(|o| mm::mobile_identity(o, MobileIdentity::Tmsi(given)));
    routing_area(o, area);
    o.u8(0);
    signature(o, Some(with));
}

/// AUTHENTICATION AND CIPHERING REQUEST, §9.4.9.
pub fn authentication_request(
    o: &mut Octets,
    algorithm: u8,
    imeisv: bool,
    reference: u8,
    challenge: [u8; 16],
    key: u8,
) {
    const RAND: u8 = 0x21;
    const KEY: u8 = 0x80;
    o.layer3(0, Message::AuthenticationAndCipheringRequest);
    o.u8(u8::from(imeisv) << 4 | algorithm);
    o.u8(reference << 4);
    o.u8(RAND);
    o.bytes(&challenge);
    o.u8(KEY | key);
}

/// AUTHENTICATION AND CIPHERING RESPONSE, §9.4.10.
pub fn authentication_response(o: &mut Octets, reference: u8, response: u32, imeisv: Option<MobileIdentity>) {
    const RES: u8 = 0x22;
    o.layer3(0, Message::AuthenticationAndCipheringResponse);
    o.u8(reference);
    o.u8(RES);
    o.u32(response);
    if let Some(imeisv) = imeisv {
        o.tlv(MS_IDENTITY, |o| mm::mobile_identity(o, imeisv));
    }
}

/// IDENTITY REQUEST, §9.4.12.
pub fn identity_request(o: &mut Octets, wanted: mm::IdentityType) {
    o.layer3(0, Message::GmmIdentityRequest);
    o.u8(wanted as u8);
}

/// IDENTITY RESPONSE, §9.4.13.
pub fn identity_response(o: &mut Octets, identity: MobileIdentity) {
    o.layer3(0, Message::GmmIdentityResponse);
    o.lv(|o| mm::mobile_identity(o, identity));
}

/// GMM INFORMATION, §9.4.19, with the time zone of China.
pub fn information(o: &mut Octets) {
    const TIME_ZONE: u8 = 0x46;
    const EIGHT_HOURS_AHEAD: u8 = 0x23;
    o.layer3(0, Message::GmmInformation);
    o.bytes(&[TIME_ZONE, EIGHT_HOURS_AHEAD]);
}

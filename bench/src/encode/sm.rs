//! Session management, 3GPP TS 24.008 §9.5: contexts by which phones use access points.

use super::{Message, Octets};

/// Quality of service, §10.5.6.5, as a phone of 1999 asks for: best effort.
const QUALITY: [u8; 3] = [0x00, 0x00, 0x00];
/// The same as the network grants it: delay class 4, unacknowledged, 16 kbit/s.
const GRANTED: [u8; 3] = [0x23, 0x12, 0x1f];
const RADIO_PRIORITY: u8 = 0x02;

const ACCESS_POINT_NAME: u8 = 0x28;
const PDP_ADDRESS: u8 = 0x2b;
const IETF: u8 = 0x01;
const IPV4: u8 = 0x21;

/// ACTIVATE PDP CONTEXT REQUEST, §9.5.1, for an IPv4 address that the network gives.
pub fn activate_request(o: &mut Octets, transaction: u8, nsapi: u8, llc_sapi: u8, access_point: &str) {
    o.layer3(transaction, Message::ActivatePdpContextRequest);
    o.u8(nsapi);
    o.u8(llc_sapi);
    o.lv(|o| o.bytes(&QUALITY));
    o.lv(|o| o.bytes(&[IETF, IPV4]));
    o.tlv(ACCESS_POINT_NAME, |o| access_point.split('.').for_each(|label| o.lv(|o| o.bytes(label.as_bytes()))));
}

/// ACTIVATE PDP CONTEXT ACCEPT, §9.5.2.
pub fn activate_accept(o: &mut Octets, transaction: u8, llc_sapi: u8, address: [u8; 4]) {
    o.layer3(transaction, Message::ActivatePdpContextAccept);
    o.u8(llc_sapi);
    o.lv(|o| o.bytes(&GRANTED));
    o.u8(RADIO_PRIORITY);
    o.tlv(PDP_ADDRESS, |o| {
        o.bytes(&[IETF, IPV4]);
        o.bytes(&address);
    });
}

/// ACTIVATE PDP CONTEXT REJECT, §9.5.3.
pub fn activate_reject(o: &mut Octets, transaction: u8, cause: u8) {
    o.layer3(transaction, Message::ActivatePdpContextReject);
    o.u8(cause);
}

/// MODIFY PDP CONTEXT REQUEST of the network, §9.5.9.
pub fn modify_request(o: &mut Octets, transaction: u8, llc_sapi: u8) {
    o.layer3(transaction, Message::ModifyPdpContextRequest);
    o.u8(RADIO_PRIORITY);
    o.u8(llc_sapi);
    o.lv(|o| o.bytes(&GRANTED));
}

/// MODIFY PDP CONTEXT ACCEPT of the phone, §9.5.10.
pub fn modify_accept(o: &mut Octets, transaction: u8) {
    o.layer3(transaction, Message::ModifyPdpContextAccept);
}

/// DEACTIVATE PDP CONTEXT REQUEST, §9.5.8.
pub fn deactivate_request(o: &mut Octets, transaction: u8, cause: u8) {
    o.layer3(transaction, Message::DeactivatePdpContextRequest);
    o.u8(cause);
}

/// DEACTIVATE PDP CONTEXT ACCEPT, §9.5.9.
pub fn deactivate_accept(o: &mut Octets, transaction: u8) {
    o.layer3(transaction, Message::DeactivatePdpContextAccept);
}

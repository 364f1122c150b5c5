//! Signalling connection control part, ITU-T Q.713: classes 0 and 2, subsystem BSSAP, 14-bit point codes.

use super::{Message, Octets};

/// A local reference, 24 bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reference(pub u32);

const BSSAP: u8 = 254; // subsystem number, 3GPP TS 48.006 §6.2
const CLASS_2: u8 = 0x02;

// References and point codes go least significant octet first (Q.713 §3.2, §3.4.2.2).
fn reference(o: &mut Octets, reference: Reference) {
    let [a, b, c, _] = reference.0.to_le_bytes();
    o.bytes(&[a, b, c]);
}

// §3.4: routed on subsystem number, point code and subsystem number present, no global title.
fn address(o: &mut Octets, point_code: u16) {
    o.u8(0x43);
    o.bytes(&(point_code & 0x3fff).to_le_bytes());
    o.u8(BSSAP);
}

/// The two ends of a message: point codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ends {
    /// To whom.
    pub called: u16,
    /// From whom.
    pub calling: u16,
}

/// CONNECTION REQUEST, §4.2, class 2, with user data.
pub fn connection_request(o: &mut Octets, source: Reference, ends: Ends, data: impl FnOnce(&mut Octets)) {
    o.message(Message::ConnectionRequest);
    reference(o, source);
    o.u8(CLASS_2);
    o.u8(2); // pointer to the called party address
    o.u8(6); // pointer to the optional part
    o.lv(|o| address(o, ends.called));
    o.tlv(0x04, |o| address(o, ends.calling));
    o.tlv(0x0f, data);
    o.u8(0); // end of optional parameters
}

/// CONNECTION CONFIRM, §4.3, without user data.
pub fn connection_confirm(o: &mut Octets, destination: Reference, source: Reference) {
    o.message(Message::ConnectionConfirm);
    reference(o, destination);
    reference(o, source);
    o.u8(CLASS_2);
    o.u8(0); // no optional part
}

/// CONNECTION CONFIRM, §4.3, with user data.
pub fn connection_confirm_with_data(
    o: &mut Octets,
    destination: Reference,
    source: Reference,
    data: impl FnOnce(&mut Octets),
) {
    o.message(Message::ConnectionConfirm);
    reference(o, destination);
    reference(o, source);
    o.u8(CLASS_2);
    o.u8(1); // pointer to the optional part
    o.tlv(0x0f, data);
    o.u8(0);
}

/// DATA FORM 1, §4.7, unsegmented.
pub fn data_form_1(o: &mut Octets, destination: Reference, data: impl FnOnce(&mut Octets)) {
    o.message(Message::DataForm1);
    reference(o, destination);
    o.u8(0); // no more data
    o.u8(1); // pointer to the data
    o.lv(data);
}

/// RELEASED, §4.5, originated by the user.
pub fn released(o: &mut Octets, destination: Reference, source: Reference) {
    o.message(Message::Released);
    reference(o, destination);
    reference(o, source);
    o.u8(3); // §3.11: SCCP user originated
    o.u8(0);
}

/// RELEASE COMPLETE, §4.6.
pub fn release_complete(o: &mut Octets, destination: Reference, source: Reference) {
    o.message(Message::ReleaseComplete);
    reference(o, destination);
    reference(o, source);
}

/// INACTIVITY TEST, §4.16.
pub fn inactivity_test(o: &mut Octets, destination: Reference, source: Reference) {
    o.message(Message::InactivityTest);
    reference(o, destination);
    reference(o, source);
    o.u8(CLASS_2);
    o.bytes(&[0, 0, 0]); // sequencing and credit: without meaning in class 2
}

/// UNITDATA, §4.10, class 0.
pub fn unitdata(o: &mut Octets, ends: Ends, data: impl FnOnce(&mut Octets)) {
    o.message(Message::Unitdata);
    o.u8(0x00);
    o.bytes(&[3, 7, 11]); // pointers: each address has a length and four octets
    o.lv(|o| address(o, ends.called));
    o.lv(|o| address(o, ends.calling));
    o.lv(data);
}

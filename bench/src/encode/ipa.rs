//! The IP Access framing of SCCPlite: length, stream identifier, payload; and its CCM messages.

use super::{Message, Octets};

const CCM: u8 = 0xfe;
const SCCP: u8 = 0xfd;

fn frame(o: &mut Octets, stream: u8, body: impl FnOnce(&mut Octets)) {
    let at = o.len();
    o.bytes(&[0, 0, stream]);
    body(o);
    let length = (o.len() - at - 3) as u16;
    o.patch(at, &length.to_be_bytes());
}

/// An SCCP message.
pub fn sccp(o: &mut Octets, message: &[u8]) {
    frame(o, SCCP, |o| o.bytes(message));
}

/// A CCM message without content: ping, pong, identity acknowledgement.
pub fn ccm(o: &mut Octets, message: Message) {
    frame(o, CCM, |o| o.message(message));
}

const UNIT_NAME: u8 = 0x01;

/// Asks the other side for its unit name.
pub fn identity_request(o: &mut Octets) {
    frame(o, CCM, |o| {
        o.message(Message::IpaIdentityRequest);
        o.bytes(&[1, UNIT_NAME]); // length 1, tag
    });
}

/// The answer: length of tag and value, tag, value with a final zero.
pub fn identity_response(o: &mut Octets, name: &str) {
    frame(o, CCM, |o| {
        o.message(Message::IpaIdentityResponse);
        o.u16(name.len() as u16 + 2);
        o.u8(UNIT_NAME);
        o.bytes(name.as_bytes());
        o.u8(0);
    });
}

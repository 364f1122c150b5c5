//! MTP 2 peer-to-peer adaptation, RFC 4165 §2: a signalling link over an association.

use super::{Message, Octets, sigtran};

/// Sequence numbers, §2.2: 24 bits each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Numbers {
    /// Backward: the last message accepted.
    pub backward: u32,
    /// Forward: the last message sent, this one included.
    pub forward: u32,
}

/// The greatest sequence number, which stands before the first (§4.1.3).
pub const LAST_NUMBER: u32 = 0x00ff_ffff;

fn numbered(o: &mut Octets, message: Message, numbers: Numbers, body: impl FnOnce(&mut Octets)) {
    sigtran::message(o, message, |o| {
        o.u32(numbers.backward);
        o.u32(numbers.forward);
        body(o);
    });
}

/// User data, §2.3.1: priority, then what `body` writes of MTP 3.
pub fn user_data(o: &mut Octets, numbers: Numbers, body: impl FnOnce(&mut Octets)) {
    numbered(o, Message::M2paUserData, numbers, |o| {
        o.u8(0);
        body(o);
    });
}

/// User data without a message: it only acknowledges, §4.2.1.
pub fn acknowledgement(o: &mut Octets, numbers: Numbers) {
    numbered(o, Message::M2paUserData, numbers, |_| {});
}

/// The state of a link, §2.3.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Alignment.
    Alignment = 1,
    /// Proving, normal.
    Proving = 2,
    /// Ready.
    Ready = 4,
}

/// Link status.
pub fn link_status(o: &mut Octets, status: Status) {
    let numbers = Numbers { backward: LAST_NUMBER, forward: LAST_NUMBER };
    numbered(o, Message::M2paLinkStatus, numbers, |o| o.u32(status as u32));
}

//! MTP 2 user adaptation, RFC 3331 §3.3.1: what a signalling terminal passes to a far MTP 3.

use super::mtp3::{self, Route};
use super::{Message, Octets, sigtran};

/// Data, §3.3.1.1, with an MTP3 message.
pub fn data(o: &mut Octets, interface: u32, route: Route, sccp: &[u8]) {
    const PROTOCOL_DATA: u16 = 0x0300;
    sigtran::message(o, Message::M2uaData, |o| {
        sigtran::context(o, &sigtran::M2UA, interface);
        sigtran::parameter(o, PROTOCOL_DATA, |o| mtp3::sccp(o, route, sccp));
    });
}

/// Establish request, §3.3.1.2, or its confirmation.
pub fn establish(o: &mut Octets, interface: u32, confirm: bool) {
    let message = if confirm { Message::M2uaEstablishConfirm } else { Message::M2uaEstablishRequest };
    sigtran::message(o, message, |o| sigtran::context(o, &sigtran::M2UA, interface));
}

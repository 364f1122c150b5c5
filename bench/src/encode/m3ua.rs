//! MTP 3 user adaptation, RFC 4666 §3.3.1.

use super::mtp3::{self, Route};
use super::{Message, Octets, sigtran};

/// Payload data with an SCCP message.
pub fn data(o: &mut Octets, route: Route, routing_context: u32, sccp: &[u8]) {
    const PROTOCOL_DATA: u16 = 0x0210;
    sigtran::message(o, Message::M3uaData, |o| {
        sigtran::context(o, &sigtran::M3UA, routing_context);
        sigtran::parameter(o, PROTOCOL_DATA, |o| {
            o.u32(route.originating.value());
            o.u32(route.destination.value());
            o.bytes(&[mtp3::SCCP, route.network_indicator, 0, route.link_selection]);
            o.bytes(sccp);
        });
    });
}

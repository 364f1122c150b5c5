//! MTP 3 user adaptation, RFC 4666 §3.

use super::{Message, Octets};

/// What M3UA says about where an MTP 3 message goes, §3.3.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Route {
    /// Originating point code.
    pub originating: u32,
    /// Destination point code.
    pub destination: u32,
    /// Network indicator, ITU-T Q.704 §14.2.2: 2 national.
    pub network_indicator: u8,
    /// Signalling link selection.
    pub link_selection: u8,
    /// Routing context.
    pub routing_context: u32,
}

const SCCP: u8 = 3; // service indicator, ITU-T Q.704 §14.2.1

fn header(o: &mut Octets, message: Message, length: usize) {
    o.note(message);
    o.bytes(&[1, 0, message.code() >> 4, message.code() & 15]);
    o.u32(8 + length as u32);
}

fn parameter_u32(o: &mut Octets, tag: u16, value: u32) {
    o.u16(tag);
    o.u16(8);
    o.u32(value);
}

const ROUTING_CONTEXT: u16 = 0x0006;
const STATUS: u16 = 0x000d;
const TRAFFIC_MODE: u16 = 0x000b;
const ASP_IDENTIFIER: u16 = 0x0011;
const PROTOCOL_DATA: u16 = 0x0210;
const LOADSHARE: u32 = 2;

/// Payload data, §3.3.1, with an SCCP message.
pub fn data(o: &mut Octets, route: Route, sccp: &[u8]) {
    let length = 16 + sccp.len();
    let padding = length.wrapping_neg() & 3;
    header(o, Message::M3uaData, 8 + length + padding);
    parameter_u32(o, ROUTING_CONTEXT, route.routing_context);
    o.u16(PROTOCOL_DATA);
    o.u16(length as u16);
    o.u32(route.originating);
    o.u32(route.destination);
    o.bytes(&[SCCP, route.network_indicator, 0, route.link_selection]);
    o.bytes(sccp);
    (0..padding).for_each(|_| o.u8(0));
}

/// ASP Up, §3.5.1.
pub fn asp_up(o: &mut Octets, identifier: u32) {
    header(o, Message::M3uaAspUp, 8);
    parameter_u32(o, ASP_IDENTIFIER, identifier);
}

/// ASP Up Acknowledgement, §3.5.2.
pub fn asp_up_ack(o: &mut Octets) {
    header(o, Message::M3uaAspUpAck, 0);
}

/// ASP Active, §3.7.1.
pub fn asp_active(o: &mut Octets, routing_context: u32) {
    header(o, Message::M3uaAspActive, 16);
    parameter_u32(o, TRAFFIC_MODE, LOADSHARE);
    parameter_u32(o, ROUTING_CONTEXT, routing_context);
}

/// ASP Active Acknowledgement, §3.7.2.
pub fn asp_active_ack(o: &mut Octets, routing_context: u32) {
    header(o, Message::M3uaAspActiveAck, 16);
    parameter_u32(o, TRAFFIC_MODE, LOADSHARE);
    parameter_u32(o, ROUTING_CONTEXT, routing_context);
}

/// The state of an application server, §3.8.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// AS-INACTIVE.
    Inactive = 2,
    /// AS-ACTIVE.
    Active = 3,
}

/// Notify, §3.8.2: application server state change.
pub fn notify(o: &mut Octets, state: State, routing_context: u32) {
    const STATE_CHANGE: u32 = 1;
    header(o, Message::M3uaNotify, 16);
    parameter_u32(o, STATUS, STATE_CHANGE << 16 | state as u32);
    parameter_u32(o, ROUTING_CONTEXT, routing_context);
}

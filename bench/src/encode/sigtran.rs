//! What the adaptation layers of SIGTRAN have in common: header, parameters, and how an application server process comes up
//! (RFC 3331, RFC 3868 and RFC 4666, §3.1 to §3.2 and §3.5 to §3.8 of the last).

use super::{Message, Octets};

/// The names under which one layer's messages of management are counted, and its parameter for what is managed.
#[derive(Clone, Copy, Debug)]
pub struct Management {
    asp_up: Message,
    asp_up_ack: Message,
    heartbeat: Message,
    heartbeat_ack: Message,
    asp_active: Message,
    asp_active_ack: Message,
    notify: Message,
    context: u16,
}

const INTERFACE_IDENTIFIER: u16 = 0x0001;
const ROUTING_CONTEXT: u16 = 0x0006;
const HEARTBEAT_DATA: u16 = 0x0009;
const TRAFFIC_MODE: u16 = 0x000b;
const STATUS: u16 = 0x000d;
const ASP_IDENTIFIER: u16 = 0x0011;

/// M3UA's.
pub const M3UA: Management = Management {
    asp_up: Message::M3uaAspUp,
    asp_up_ack: Message::M3uaAspUpAck,
    heartbeat: Message::M3uaHeartbeat,
    heartbeat_ack: Message::M3uaHeartbeatAck,
    asp_active: Message::M3uaAspActive,
    asp_active_ack: Message::M3uaAspActiveAck,
    notify: Message::M3uaNotify,
    context: ROUTING_CONTEXT,
};

/// SUA's.
pub const SUA: Management = Management {
    asp_up: Message::SuaAspUp,
    asp_up_ack: Message::SuaAspUpAck,
    heartbeat: Message::SuaHeartbeat,
    heartbeat_ack: Message::SuaHeartbeatAck,
    asp_active: Message::SuaAspActive,
    asp_active_ack: Message::SuaAspActiveAck,
    notify: Message::SuaNotify,
    context: ROUTING_CONTEXT,
};

/// M2UA's, which manages links.
pub const M2UA: Management = Management {
    asp_up: Message::M2uaAspUp,
    asp_up_ack: Message::M2uaAspUpAck,
    heartbeat: Message::M2uaHeartbeat,
    heartbeat_ack: Message::M2uaHeartbeatAck,
    asp_active: Message::M2uaAspActive,
    asp_active_ack: Message::M2uaAspActiveAck,
    notify: Message::M2uaNotify,
    context: INTERFACE_IDENTIFIER,
};

/// A message: the common header and what `body` writes.
pub fn message(o: &mut Octets, message: Message, body: impl FnOnce(&mut Octets)) {
    o.note(message);
    let at = o.len();
    o.bytes(&[1, 0, message.code() >> 4, message.code() & 15]);
    o.u32(0);
    body(o);
    let length = (o.len() - at) as u32;
    o.patch(at + 4, &length.to_be_bytes());
}

/// A parameter, padded to a multiple of four octets.
pub fn parameter(o: &mut Octets, tag: u16, body: impl FnOnce(&mut Octets)) {
    let at = o.len();
    o.u16(tag);
    o.u16(0);
    body(o);
    let length = o.len() - at;
    o.patch(at + 2, &(length as u16).to_be_bytes());
    o.pad(length);
}

/// A parameter of four octets.
pub fn parameter_u32(o: &mut Octets, tag: u16, value: u32) {
    parameter(o, tag, |o| o.u32(value));
}

/// What is managed: an application server by its routing context, a link by its interface identifier.
pub fn context(o: &mut Octets, layer: &Management, value: u32) {
    parameter_u32(o, layer.context, value);
}

/// ASP Up, §3.5.1.
pub fn asp_up(o: &mut Octets, layer: &Management, identifier: u32) {
    message(o, layer.asp_up, |o| parameter_u32(o, ASP_IDENTIFIER, identifier));
}

/// ASP Up Acknowledgement, §3.5.2.
pub fn asp_up_ack(o: &mut Octets, layer: &Management) {
    message(o, layer.asp_up_ack, |_| {});
}

/// Heartbeat, §3.5.5, and its acknowledgement, §3.5.6, which returns the sender's data.
pub fn heartbeat(o: &mut Octets, layer: &Management, acknowledgement: bool, data: u32) {
    let kind = if acknowledgement { layer.heartbeat_ack } else { layer.heartbeat };
    message(o, kind, |o| parameter_u32(o, HEARTBEAT_DATA, data));
}

/// ASP Active, §3.7.1, or its acknowledgement, §3.7.2.
pub fn asp_active(o: &mut Octets, layer: &Management, acknowledgement: bool, managed: u32) {
    const LOADSHARE: u32 = 2;
    let kind = if acknowledgement { layer.asp_active_ack } else { layer.asp_active };
    message(o, kind, |o| {
        parameter_u32(o, TRAFFIC_MODE, LOADSHARE);
        context(o, layer, managed);
    });
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
pub fn notify(o: &mut Octets, layer: &Management, state: State, managed: u32) {
    const STATE_CHANGE: u32 = 1;
    message(o, layer.notify, |o| {
        parameter_u32(o, STATUS, STATE_CHANGE << 16 | state as u32);
        context(o, layer, managed);
    });
}

//! Stream control transmission protocol, RFC 9260 §3: the packet and the chunks that an association needs.

use super::{Message, Octets, ip};

const CHECKSUM_AT: usize = ip::PAYLOAD_AT + 8;

/// Begins a packet in its frame.
pub fn begin(o: &mut Octets, from: ip::Socket, to: ip::Socket, tag: u32, identification: u16) {
    ip::begin(o, from.address, to.address, ip::SCTP, identification);
    let ([a, b], [c, d], [e, f, g, h]) = (from.port.to_be_bytes(), to.port.to_be_bytes(), tag.to_be_bytes());
    o.bytes(&[a, b, c, d, e, f, g, h, 0, 0, 0, 0]);
}

/// Ends the packet: CRC32c (appendix A, least significant octet first) and the lengths below.
pub fn end(o: &mut Octets) {
    let checksum = crc32c::crc32c(o.as_slice().get(ip::PAYLOAD_AT..).unwrap_or_default());
    o.patch(CHECKSUM_AT, &checksum.to_le_bytes());
    ip::end(o);
}

fn chunk(o: &mut Octets, message: Message, flags: u8, body: impl FnOnce(&mut Octets)) {
    let at = o.len();
    o.message(message);
    o.u8(flags);
    o.u16(0);
    body(o);
    let length = o.len() - at;
    o.patch(at + 2, &(length as u16).to_be_bytes());
    o.pad(length);
}

/// What an end says of itself in INIT and INIT ACK, §3.3.2.
#[derive(Clone, Copy, Debug)]
pub struct Offer {
    /// Its initiate tag.
    pub tag: u32,
    /// Its initial TSN.
    pub tsn: u32,
    /// How many streams, each way.
    pub streams: u16,
}

fn offer(o: &mut Octets, offer: Offer) {
    o.u32(offer.tag);
    o.u32(RECEIVER_WINDOW);
    o.u16(offer.streams);
    o.u16(offer.streams);
    o.u32(offer.tsn);
}

const RECEIVER_WINDOW: u32 = 106_496;

/// INIT, §3.3.2.
pub fn init(o: &mut Octets, own: Offer) {
    chunk(o, Message::SctpInit, 0, |o| offer(o, own));
}

/// INIT ACK, §3.3.3, with a state cookie.
pub fn init_ack(o: &mut Octets, own: Offer, cookie: &[u8]) {
    chunk(o, Message::SctpInitAck, 0, |o| {
        offer(o, own);
        o.u16(0x0007);
        o.u16(4 + cookie.len() as u16);
        o.bytes(cookie);
    });
}

/// COOKIE ECHO, §3.3.11.
pub fn cookie_echo(o: &mut Octets, cookie: &[u8]) {
    chunk(o, Message::SctpCookieEcho, 0, |o| o.bytes(cookie));
}

/// COOKIE ACK, §3.3.12.
pub fn cookie_ack(o: &mut Octets) {
    chunk(o, Message::SctpCookieAck, 0, |_| {});
}

/// SACK, §3.3.4, without gaps.
pub fn sack(o: &mut Octets, cumulative_tsn: u32) {
    chunk(o, Message::SctpSack, 0, |o| {
        o.u32(cumulative_tsn);
        o.u32(RECEIVER_WINDOW);
        o.u32(0);
    });
}

/// HEARTBEAT, §3.3.5, and its acknowledgement, §3.3.6, which returns the sender's information.
pub fn heartbeat(o: &mut Octets, acknowledgement: bool, information: u64) {
    let message = if acknowledgement { Message::SctpHeartbeatAck } else { Message::SctpHeartbeat };
    chunk(o, message, 0, |o| {
        o.u16(1);
        o.u16(12);
        o.bytes(&information.to_be_bytes());
    });
}

/// Where a DATA chunk stands, §3.3.1.
#[derive(Clone, Copy, Debug)]
pub struct Position {
    /// Transmission sequence number.
    pub tsn: u32,
    /// Stream.
    pub stream: u16,
    /// Stream sequence number.
    pub sequence: u16,
    /// Whether the user message begins here.
    pub begins: bool,
    /// Whether it ends here.
    pub ends: bool,
    /// Payload protocol identifier.
    pub protocol: u32,
}

/// DATA, §3.3.1: ordered.
pub fn data(o: &mut Octets, position: Position, payload: &[u8]) {
    let flags = u8::from(position.begins) << 1 | u8::from(position.ends);
    chunk(o, Message::SctpData, flags, |o| {
        o.u32(position.tsn);
        o.u16(position.stream);
        o.u16(position.sequence);
        o.u32(position.protocol);
        o.bytes(payload);
    });
}

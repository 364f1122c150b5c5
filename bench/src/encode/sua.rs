//! SCCP user adaptation, RFC 3868 §3: what a gateway makes of the messages of SCCP (§1.4.2).

use super::sccp::{self, Ends};
use super::{Message, Octets, sigtran};

const SOURCE_ADDRESS: u16 = 0x0102;
const DESTINATION_ADDRESS: u16 = 0x0103;
const SOURCE_REFERENCE: u16 = 0x0104;
const DESTINATION_REFERENCE: u16 = 0x0105;
const SCCP_CAUSE: u16 = 0x0106;
const SEQUENCE_NUMBER: u16 = 0x0107;
const DATA: u16 = 0x010b;
const PROTOCOL_CLASS: u16 = 0x0115;
const SEQUENCE_CONTROL: u16 = 0x0116;
const SEGMENTATION: u16 = 0x0117;

/// What of an SCCP message SUA says in parameters of its own.
#[derive(Clone, Copy, Debug, Default)]
struct Parts<'a> {
    destination: u32,
    source: u32,
    class: u8,
    cause: u8,
    more: bool,
    segmentation: Option<[u8; 4]>,
    data: &'a [u8],
}

/// What it needs besides the SCCP message.
#[derive(Clone, Copy, Debug)]
pub struct Around {
    /// Routing context.
    pub routing_context: u32,
    /// To whom, from whom.
    pub ends: Ends,
    /// For messages that must keep their order, §3.10.5.
    pub sequence_control: u32,
}

/// Writes what stands for an SCCP message. One that SUA does not have becomes nothing.
pub fn of_sccp(o: &mut Octets, around: Around, sccp: &[u8]) {
    let Some((message, parts)) = parts(sccp) else { return };
    let class = |o: &mut Octets| sigtran::parameter_u32(o, PROTOCOL_CLASS, u32::from(parts.class));
    let source = |o: &mut Octets| sigtran::parameter_u32(o, SOURCE_REFERENCE, parts.source);
    let destination = |o: &mut Octets| sigtran::parameter_u32(o, DESTINATION_REFERENCE, parts.destination);
    let sequence = |o: &mut Octets| sigtran::parameter_u32(o, SEQUENCE_CONTROL, around.sequence_control);
    let called = |o: &mut Octets| address(o, DESTINATION_ADDRESS, around.ends.called.value());
    let calling = |o: &mut Octets| address(o, SOURCE_ADDRESS, around.ends.calling.value());
    sigtran::message(o, message, |o| {
        sigtran::context(o, &sigtran::SUA, around.routing_context);
        match message {
            Message::SuaConnectionlessData => {
                class(o);
                calling(o);
                called(o);
                sequence(o);
                if let Some(segmentation) = parts.segmentation {
                    sigtran::parameter(o, SEGMENTATION, |o| o.bytes(&segmentation));
                }
            }
            Message::SuaConnectionRequest => {
                class(o);
                source(o);
                called(o);
                sequence(o);
                calling(o);
            }
            Message::SuaConnectionAcknowledge => {
                class(o);
                destination(o);
                source(o);
                sequence(o);
            }
            Message::SuaReleaseRequest => {
                destination(o);
                source(o);
                sigtran::parameter(o, SCCP_CAUSE, |o| o.bytes(&[0, 0, RELEASE_CAUSE, parts.cause]));
            }
            Message::SuaReleaseComplete => {
                destination(o);
                source(o);
            }
            Message::SuaInactivityTest => {
                class(o);
                source(o);
                destination(o);
            }
            _ => {
                if parts.more {
                    sigtran::parameter(o, SEQUENCE_NUMBER, |o| o.bytes(&[0, 0, 1, 0]));
                }
                destination(o);
            }
        }
        if !parts.data.is_empty() {
            sigtran::parameter(o, DATA, |o| o.bytes(parts.data));
        }
    });
}

/// The type of cause that says why a connection is released, §3.10.6.
const RELEASE_CAUSE: u8 = 3;

// §3.10.2: routed on subsystem number and point code, both there.
fn address(o: &mut Octets, tag: u16, point_code: u32) {
    const ROUTE_ON_SUBSYSTEM_AND_POINT_CODE: u16 = 2;
    const BOTH_INCLUDED: u16 = 0b011;
    const POINT_CODE: u16 = 0x8002;
    const SUBSYSTEM_NUMBER: u16 = 0x8003;
    sigtran::parameter(o, tag, |o| {
        o.u16(ROUTE_ON_SUBSYSTEM_AND_POINT_CODE);
        o.u16(BOTH_INCLUDED);
        sigtran::parameter_u32(o, POINT_CODE, point_code);
        sigtran::parameter_u32(o, SUBSYSTEM_NUMBER, u32::from(sccp::BSSAP));
    });
}

// Takes an SCCP message of ours apart (ITU-T Q.713 §4): its fixed part, and the data that a pointer leads to.
fn parts(message: &[u8]) -> Option<(Message, Parts<'_>)> {
    let octet = |at: usize| message.get(at).copied();
    let reference = |at: usize| Some(u32::from_le_bytes([octet(at)?, octet(at + 1)?, octet(at + 2)?, 0]));
    let behind = |pointer: usize| Some(pointer + usize::from(octet(pointer)?));
    let sized = |at: usize| message.get(at + 1..at + 1 + usize::from(octet(at)?));
    let nothing = Parts::default();
    Some(match octet(0)? {
        0x01 => {
            let data = optional(message, behind(6)?, sccp::DATA).unwrap_or_default();
            (Message::SuaConnectionRequest, Parts { source: reference(1)?, class: octet(4)?, data, ..nothing })
        }
        0x02 => {
            let data = optional(message, behind(8)?, sccp::DATA).filter(|_| octet(8) != Some(0)).unwrap_or_default();
            let (destination, source) = (reference(1)?, reference(4)?);
            (Message::SuaConnectionAcknowledge, Parts { destination, source, class: octet(7)?, data, ..nothing })
        }
        0x04 => {
            let (destination, source) = (reference(1)?, reference(4)?);
            (Message::SuaReleaseRequest, Parts { destination, source, cause: octet(7)?, ..nothing })
        }
        0x05 => (Message::SuaReleaseComplete, Parts { destination: reference(1)?, source: reference(4)?, ..nothing }),
        0x06 => {
            let (more, data) = (octet(4)? & 1 != 0, sized(behind(5)?)?);
            (Message::SuaData, Parts { destination: reference(1)?, more, data, ..nothing })
        }
        0x09 => (Message::SuaConnectionlessData, Parts { class: octet(1)?, data: sized(behind(4)?)?, ..nothing }),
        0x10 => {
            let (destination, source) = (reference(1)?, reference(4)?);
            (Message::SuaInactivityTest, Parts { destination, source, class: octet(7)?, ..nothing })
        }
        0x11 => {
            let segmentation = optional(message, behind(6)?, sccp::SEGMENTATION).and_then(as_parameter);
            let data = sized(behind(5)?)?;
            (Message::SuaConnectionlessData, Parts { class: octet(1)? & 15, segmentation, data, ..nothing })
        }
        _ => return None,
    })
}

// First segment in bit 8, how many remain; then the reference: Q.713 §3.17 beside RFC 3868 §3.10.21.
fn as_parameter(segmentation: &[u8]) -> Option<[u8; 4]> {
    let [first, a, b, c] = *segmentation.first_chunk()?;
    Some([first & 0x80 | first & 0x0f, a, b, c])
}

fn optional(message: &[u8], from: usize, wanted: u8) -> Option<&[u8]> {
    let mut rest = message.get(from..)?;
    while let [tag, length, behind @ ..] = rest {
        let (value, next) = behind.split_at_checked(usize::from(*length))?;
        match *tag {
            0 => return None,
            tag if tag == wanted => return Some(value),
            _ => rest = next,
        }
    }
    None
}

//! What the adaptation layers of SIGTRAN share: the common message header and parameters, RFC 4666 §3.1, §3.2 (the same
//! in RFC 3331, RFC 3868 and RFC 4165).

use super::{Fault, Malformed, Protocol, Reader};

/// Octets of the common message header.
pub const HEADER_LENGTH: usize = 8;

/// The common message header and what it counts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Header<'a> {
    /// Message class, §3.1.2.
    pub(super) class: u8,
    /// Message type within its class.
    pub(super) kind: u8,
    /// The rest of the message: as much of it as was captured.
    pub(super) body: Reader<'a>,
}

impl<'a> Header<'a> {
    /// Reads the header. `snapped` tells that the capture does not hold the message's end.
    #[inline]
    pub(super) fn read(layer: Protocol, octets: &'a [u8], snapped: bool) -> Result<Self, Malformed> {
        let mut r = Reader::new(layer, octets);
        let &[version, _reserved, class, kind, l0, l1, l2, l3] = r.header("common header")?;
        if version != 1 {
            return Err(r.error("version", Fault::Invalid));
        }
        let length = u32::from_be_bytes([l0, l1, l2, l3]);
        let body = usize::try_from(length).ok().and_then(|length| length.checked_sub(HEADER_LENGTH));
        let body = body.ok_or(r.error("message length", Fault::Invalid))?;
        // The length counts the padding of the last parameter, which some senders leave out.
        if body.saturating_sub(3) > r.rest().len() && !snapped {
            return Err(r.error("message length", Fault::Truncated));
        }
        let body = r.rest().get(..body).unwrap_or(r.rest());
        Ok(Self { class, kind, body: r.within(body) })
    }
}

/// Reads the tag and the value of the next parameter, and passes its padding.
#[inline]
pub(super) fn parameter<'a>(r: &mut Reader<'a>, snapped: bool) -> Result<(u16, Reader<'a>), Malformed> {
    let &[t0, t1, l0, l1] = r.header("parameter header")?;
    let tag = u16::from_be_bytes([t0, t1]);
    let length = usize::from(u16::from_be_bytes([l0, l1]));
    let length = length.checked_sub(4).ok_or(r.error("parameter length", Fault::Invalid))?;
    let value = match r.rest().get(..length) {
        Some(value) => value,
        None if snapped => r.rest(),
        None => return Err(r.error("parameter value", Fault::Truncated)),
    };
    r.pass((length + 3) & !3); // padded, but for the last
    Ok((tag, r.within(value)))
}

/// The names of the messages that all layers with routing contexts have: classes management, signalling network
/// management, ASP state and traffic maintenance, routing key management (RFC 4666 §3.1.2).
pub(super) const fn management_name(class: u8, kind: u8) -> &'static str {
    match (class, kind) {
        (0, 0) => "error",
        (0, 1) => "notify",
        (2, 1) => "destination_unavailable",
        (2, 2) => "destination_available",
        (2, 3) => "destination_state_audit",
        (2, 4) => "signalling_congestion",
        (2, 5) => "destination_user_part_unavailable",
        (2, 6) => "destination_restricted",
        (3, 1) => "asp_up",
        (3, 2) => "asp_down",
        (3, 3) => "heartbeat",
        (3, 4) => "asp_up_acknowledgement",
        (3, 5) => "asp_down_acknowledgement",
        (3, 6) => "heartbeat_acknowledgement",
        (4, 1) => "asp_active",
        (4, 2) => "asp_inactive",
        (4, 3) => "asp_active_acknowledgement",
        (4, 4) => "asp_inactive_acknowledgement",
        (9, 1) => "registration_request",
        (9, 2) => "registration_response",
        (9, 3) => "deregistration_request",
        (9, 4) => "deregistration_response",
        _ => "unknown",
    }
}

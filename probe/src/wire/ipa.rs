//! IPA, the multiplex that carries SCCP over TCP ("SCCPlite"): a length of two octets, a stream identifier, a message.
//!
//! There is no specification; the names are those of the Osmocom documentation, "IPA protocol".

use super::{Malformed, Message, Protocol, Reader, Value};

/// Octets of the header.
pub const HEADER_LENGTH: usize = 3;
/// The longest message that is taken for one. SCCP's own limit for unsegmented data is far below.
pub const LONGEST_MESSAGE: usize = 4096;

/// Stream identifiers.
pub mod stream {
    /// Call agent and media gateway, RFC 3435.
    pub const MGCP: u8 = 0xfc;
    /// SCCP messages.
    pub const SCCP: u8 = 0xfd;
    /// Control of the connection itself.
    pub const CONTROL: u8 = 0xfe;
    /// Osmocom extensions, by a further octet.
    pub const EXTENSION: u8 = 0xee;
}

/// A message of the multiplex.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IpaMessage<'a> {
    /// Which stream.
    pub stream: u8,
    /// The message on it.
    pub payload: &'a [u8],
}

impl<'a> IpaMessage<'a> {
    /// Reads one message; an error with [`super::Fault::Truncated`] where it is not complete.
    pub fn read(r: &mut Reader<'a>) -> Result<Self, Malformed> {
        let length = r.u16("length")?;
        let [stream] = r.v("stream identifier")?;
        let payload = r.take(usize::from(length), "payload")?;
        Ok(Self { stream, payload })
    }

    /// Whether `octets` could be the beginning of a message: what a stream that was lost is picked up at.
    pub fn is_plausible(octets: &[u8]) -> bool {
        let &[high, low, stream, first, ..] = octets else { return false };
        let length = usize::from(u16::from_be_bytes([high, low]));
        let known = match stream {
            stream::SCCP => (0x01..=0x14).contains(&first), // Q.713 Table 1
            stream::CONTROL => first <= 0x08,
            stream::MGCP => first.is_ascii_alphanumeric(),
            stream::EXTENSION => first <= 0x10,
            _ => false,
        };
        known && (1..=LONGEST_MESSAGE).contains(&length)
    }
}

impl Message for IpaMessage<'_> {
    fn protocol(&self) -> Protocol {
        Protocol::Ipa
    }

    fn name(&self) -> &'static str {
        match (self.stream, self.payload.first()) {
            (stream::SCCP, _) => "sccp",
            (stream::MGCP, _) => "mgcp",
            (stream::EXTENSION, _) => "extension",
            (stream::CONTROL, Some(0x00)) => "ping",
            (stream::CONTROL, Some(0x01)) => "pong",
            (stream::CONTROL, Some(0x04)) => "identity_request",
            (stream::CONTROL, Some(0x05)) => "identity_response",
            (stream::CONTROL, Some(0x06)) => "identity_acknowledge",
            _ => "unknown",
        }
    }

    fn code(&self) -> u8 {
        match (self.stream, self.payload.first()) {
            (stream::CONTROL, Some(kind)) => *kind,
            _ => self.stream,
        }
    }

    fn is_named_by_code(&self) -> bool {
        false
    }

    fn elements(&self, visit: &mut dyn FnMut(&'static str, Value<'_>)) {
        visit("stream", Value::Code(u64::from(self.stream)));
    }
}

#[cfg(test)]
mod tests {
    use super::super::Fault;
    use super::*;

    #[test]
    fn messages_follow_each_other() {
        let mut r = Reader::new(Protocol::Ipa, &[0, 1, 0xfe, 0x06, 0, 2, 0xfd, 1, 2, 0, 9]);
        let first = IpaMessage::read(&mut r).unwrap();
        assert_eq!((first.name(), first.code()), ("identity_acknowledge", 6));
        assert_eq!(IpaMessage::read(&mut r).unwrap().payload, [1, 2]);
        assert_eq!(IpaMessage::read(&mut r).unwrap_err().fault, Fault::Truncated);
    }

    #[test]
    fn a_plausible_beginning_is_a_known_message_of_a_sane_length() {
        for (octets, expected) in [
            (&[0, 9, 0xfd, 1][..], true),
            (&[0, 9, 0xfd, 0x40], false),
            (&[0, 0, 0xfd, 1], false),
            (&[0xff, 9, 0xfd, 1], false),
            (&[0, 1, 0xfe, 0], true),
            (&[0, 1, 0x11, 0], false),
            (&[0, 1, 0xfe], false),
        ] {
            assert_eq!(IpaMessage::is_plausible(octets), expected, "{octets:02x?}");
        }
    }
}

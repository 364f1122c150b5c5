//! MTP2 User Peer-to-Peer Adaptation, RFC 4165 §2: a signalling link over an association.

use super::sigtran::Header;
use super::{Malformed, Message, Protocol, Value};

/// Message class of M2PA messages, §2.1.2.
const M2PA: u8 = 11;

/// A message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct M2paMessage<'a> {
    /// Message class: always the same.
    pub class: u8,
    /// Message type: 1 user data, 2 link status.
    pub kind: u8,
    /// Backward sequence number, 24 bits.
    pub bsn: u32,
    /// Forward sequence number, 24 bits.
    pub fsn: u32,
    /// The MTP3 message of user data, from the service information octet; empty where it only acknowledges (§4.2.1).
    pub data: &'a [u8],
}

const SEQUENCE_NUMBER: u32 = 0x00ff_ffff;

impl<'a> M2paMessage<'a> {
    /// Reads a message. `snapped` tells that the capture does not hold its end.
    pub fn read(octets: &'a [u8], snapped: bool) -> Result<Self, Malformed> {
        let Header { class, kind, body: mut r } = Header::read(Protocol::M2pa, octets, snapped)?;
        let bsn = r.u32("backward sequence number")? & SEQUENCE_NUMBER;
        let fsn = r.u32("forward sequence number")? & SEQUENCE_NUMBER;
        // §2.3.1: the priority, which only the Japanese TTC uses, comes before the service information octet.
        if class == M2PA && kind == 1 && !r.is_empty() {
            r.u8("priority")?;
        }
        Ok(Self { class, kind, bsn, fsn, data: r.rest() })
    }

    /// Whether this is user data that carries a message.
    pub const fn is_data(&self) -> bool {
        self.class == M2PA && self.kind == 1 && !self.data.is_empty()
    }
}

impl Message for M2paMessage<'_> {
    fn protocol(&self) -> Protocol {
        Protocol::M2pa
    }

    fn name(&self) -> &'static str {
        match (self.class, self.kind) {
            (M2PA, 1) => "user_data",
            (M2PA, 2) => "link_status",
            _ => "unknown",
        }
    }

    fn code(&self) -> u8 {
        self.kind
    }

    fn elements(&self, visit: &mut dyn FnMut(&'static str, Value<'_>)) {
        visit("bsn", Value::Integer(u64::from(self.bsn)));
        visit("fsn", Value::Integer(u64::from(self.fsn)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DATA: [u8; 23] = [1, 0, 11, 1, 0, 0, 0, 23, 0, 0, 0, 5, 0, 0xff, 0xff, 0xff, 0, 0x83, 20, 0, 0x64, 0, 9];

    #[test]
    fn user_data_has_numbers_and_a_message() {
        let message = M2paMessage::read(&DATA, false).unwrap();
        assert_eq!((message.name(), message.bsn, message.fsn), ("user_data", 5, 0x00ff_ffff));
        assert!(message.is_data());
        assert_eq!(message.data, [0x83, 20, 0, 0x64, 0, 9]);
        for len in 0..16 {
            assert!(M2paMessage::read(&DATA[..len], true).is_err(), "cut at {len}");
        }
        assert!(M2paMessage::read(&DATA[..18], false).is_err());
        assert_eq!(M2paMessage::read(&DATA[..18], true).unwrap().data, [0x83]);
    }

    #[test]
    fn an_acknowledgement_and_a_link_status_are_no_data() {
        let mut octets = DATA;
        octets[7] = 16;
        assert!(!M2paMessage::read(&octets[..16], false).unwrap().is_data());
        octets[3] = 2;
        octets[7] = 20;
        let status = M2paMessage::read(&octets[..20], false).unwrap();
        assert_eq!((status.name(), status.is_data(), status.data), ("link_status", false, &octets[16..20]));
    }
}

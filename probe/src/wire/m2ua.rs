//! MTP2 User Adaptation, RFC 3331 §3: MTP3 messages of a link, without its signal units.

use super::sigtran::{self, Header};
use super::{Fault, Malformed, Message, Protocol, Reader, Value};

/// Message class of MTP2 user adaptation messages, §3.1.2.
const MAUP: u8 = 6;

// Parameter tags, §3.2, §3.3.1.
const INTERFACE_IDENTIFIER: u16 = 0x0001;
const PROTOCOL_DATA_1: u16 = 0x0300;
const PROTOCOL_DATA_2: u16 = 0x0301;

/// A message of any class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct M2uaMessage<'a> {
    /// Message class, §3.1.2.
    pub class: u8,
    /// Message type within its class.
    pub kind: u8,
    /// Which link, where it is named by a number.
    pub interface_identifier: Option<u32>,
    /// The MTP3 message, of DATA: from the service information octet.
    pub protocol_data: Option<&'a [u8]>,
}

impl<'a> M2uaMessage<'a> {
    /// Reads a message. `snapped` tells that the capture does not hold its end.
    pub fn read(octets: &'a [u8], snapped: bool) -> Result<Self, Malformed> {
        let Header { class, kind, mut body } = Header::read(Protocol::M2ua, octets, snapped)?;
        let mut message = Self { class, kind, interface_identifier: None, protocol_data: None };
        while !body.is_empty() {
            let (tag, value) = sigtran::parameter(&mut body, snapped)?;
            message.parameter(tag, value)?;
        }
        if message.is_data() && message.protocol_data.is_none() {
            return Err(body.error("protocol data", Fault::Truncated));
        }
        Ok(message)
    }

    /// Whether this is a DATA message.
    pub const fn is_data(&self) -> bool {
        self.class == MAUP && self.kind == 1
    }

    fn parameter(&mut self, tag: u16, mut value: Reader<'a>) -> Result<(), Malformed> {
        match tag {
            INTERFACE_IDENTIFIER => self.interface_identifier = Some(value.u32("interface identifier")?),
            PROTOCOL_DATA_1 => self.protocol_data = Some(value.rest()),
            // As the Japanese TTC has it: the length indicator, with the priority, comes first.
            PROTOCOL_DATA_2 => {
                value.u8("length indicator")?;
                self.protocol_data = Some(value.rest());
            }
            _ => {}
        }
        Ok(())
    }
}

impl Message for M2uaMessage<'_> {
    fn protocol(&self) -> Protocol {
        Protocol::M2ua
    }

    fn name(&self) -> &'static str {
        match (self.class, self.kind) {
            (MAUP, 1) => "data",
            (MAUP, 2) => "establish_request",
            (MAUP, 3) => "establish_confirm",
            (MAUP, 4) => "release_request",
            (MAUP, 5) => "release_confirm",
            (MAUP, 6) => "release_indication",
            (MAUP, 7) => "state_request",
            (MAUP, 8) => "state_confirm",
            (MAUP, 9) => "state_indication",
            (MAUP, 10) => "data_retrieval_request",
            (MAUP, 11) => "data_retrieval_confirm",
            (MAUP, 12) => "data_retrieval_indication",
            (MAUP, 13) => "data_retrieval_complete_indication",
            (MAUP, 14) => "congestion_indication",
            (MAUP, 15) => "data_acknowledge",
            (10, 1) => "registration_request",
            (10, 2) => "registration_response",
            (10, 3) => "deregistration_request",
            (10, 4) => "deregistration_response",
            (0 | 3 | 4, _) => sigtran::management_name(self.class, self.kind),
            _ => "unknown",
        }
    }

    fn code(&self) -> u8 {
        self.kind
    }

    fn is_named_by_code(&self) -> bool {
        false
    }

    fn elements(&self, visit: &mut dyn FnMut(&'static str, Value<'_>)) {
        visit("message_class", Value::Code(u64::from(self.class)));
        if let Some(identifier) = self.interface_identifier {
            visit("interface_identifier", Value::Integer(u64::from(identifier)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DATA: [u8; 27] = [1, 0, 6, 1, 0, 0, 0, 28, 0, 1, 0, 8, 0, 0, 0, 7, 3, 0, 0, 11, 0x83, 20, 0, 0x64, 0, 9, 1];

    #[test]
    fn data_names_its_link_and_holds_the_message() {
        let message = M2uaMessage::read(&DATA, false).unwrap();
        assert_eq!((message.name(), message.interface_identifier), ("data", Some(7)));
        assert_eq!(message.protocol_data, Some(&[0x83, 20, 0, 0x64, 0, 9, 1][..]));
        for len in 0..DATA.len() {
            assert!(M2uaMessage::read(&DATA[..len], false).is_err(), "cut at {len}");
            assert_eq!(M2uaMessage::read(&DATA[..len], true).is_ok(), len >= 20, "snapped at {len}");
        }
    }

    #[test]
    fn the_japanese_form_has_its_length_indicator_before_the_message() {
        let mut octets = DATA;
        octets[17] = 1;
        assert_eq!(M2uaMessage::read(&octets, false).unwrap().protocol_data, Some(&octets[21..]));
    }

    #[test]
    fn messages_without_data_have_names() {
        for (class, kind, name) in [(6, 3, "establish_confirm"), (3, 1, "asp_up"), (2, 1, "unknown")] {
            assert_eq!(M2uaMessage::read(&[1, 0, class, kind, 0, 0, 0, 8], false).unwrap().name(), name);
        }
    }
}

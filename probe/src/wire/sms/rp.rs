//! Relay protocol of short messages, 3GPP TS 24.011 §7.3.

use event::Number;

use super::Tpdu;
use crate::wire::codes::codes;
use crate::wire::element::{Elements, Format};
use crate::wire::number::party_number;
use crate::wire::{Decoded, Malformed, Message, Protocol, Reader, Value};

codes! {
    /// Message type indicator, 3GPP TS 24.011 §8.2.2: even from the mobile station, odd from the network.
    pub RpMessageType {
        0 RP_DATA_FROM_MOBILE "rp_data",
        1 RP_DATA_FROM_NETWORK "rp_data",
        2 RP_ACK_FROM_MOBILE "rp_ack",
        3 RP_ACK_FROM_NETWORK "rp_ack",
        4 RP_ERROR_FROM_MOBILE "rp_error",
        5 RP_ERROR_FROM_NETWORK "rp_error",
        6 RP_SMMA "rp_smma",
    }
}

impl RpMessageType {
    /// Whether a mobile station sends it.
    pub const fn is_from_mobile(self) -> bool {
        self.0 & 1 == 0
    }

    /// Whether it is RP-ERROR, of either side.
    pub(super) const fn is_error(self) -> bool {
        matches!(self, Self::RP_ERROR_FROM_MOBILE | Self::RP_ERROR_FROM_NETWORK)
    }
}

/// An RP message.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rp {
    /// Message type indicator.
    pub message_type: RpMessageType,
    /// RP-Message reference, §8.2.3: ties RP-DATA to RP-ACK or RP-ERROR.
    pub reference: Option<u8>,
    /// RP-Originator address of RP-DATA from the network: a service centre.
    pub originator: Option<Number>,
    /// RP-Destination address of RP-DATA from the mobile station: a service centre.
    pub destination: Option<Number>,
    /// RP-Cause of RP-ERROR, §8.2.5.4.
    pub cause: Option<u8>,
    /// RP-User data, as far as it could be read.
    pub tpdu: Option<Tpdu>,
}

const USER_DATA: u8 = 0x41;

/// Elements of the optional parts, 3GPP TS 24.011 Table 8.2.
static ELEMENTS: Elements = Elements::new(&[(USER_DATA, "rp-user data", Format::Tlv)]);

impl Rp {
    /// Reads CP-User data. An error only where there is no octet.
    pub(super) fn read(octets: &[u8]) -> Result<Decoded<Self>, Malformed> {
        let mut r = Reader::new(Protocol::Rp, octets);
        let [indicator] = r.v("rp-message type")?; // 8.2.2
        let mut message = Self {
            message_type: RpMessageType(indicator & 7),
            reference: None,
            originator: None,
            destination: None,
            cause: None,
            tpdu: None,
        };
        let read = message.read_body(&mut r);
        r.keep(read);
        Ok(Decoded { message, malformed: r.stopped() })
    }

    fn read_body(&mut self, r: &mut Reader<'_>) -> Result<(), Malformed> {
        use RpMessageType as T;
        self.reference = Some(r.u8("rp-message reference")?); // 8.2.3
        match self.message_type {
            T::RP_DATA_FROM_MOBILE | T::RP_DATA_FROM_NETWORK => {
                self.originator = address(r, "rp-originator address")?; // 8.2.5.1
                self.destination = address(r, "rp-destination address")?; // 8.2.5.2
                let user_data = r.lv("rp-user data")?; // 8.2.5.3
                self.put_tpdu(user_data, r);
            }
            T::RP_ACK_FROM_MOBILE | T::RP_ACK_FROM_NETWORK => self.read_optional(r),
            T::RP_ERROR_FROM_MOBILE | T::RP_ERROR_FROM_NETWORK => {
                let value = r.lv("rp-cause")?; // 8.2.5.4
                self.cause = Some(r.within(value).u8("rp-cause")? & 0x7f);
                self.read_optional(r);
            }
            _ => {}
        }
        Ok(())
    }

    fn read_optional(&mut self, r: &mut Reader<'_>) {
        while let Some((identifier, value)) = r.element(&ELEMENTS) {
            if identifier == USER_DATA {
                self.put_tpdu(value.rest(), r);
            }
        }
    }

    fn put_tpdu(&mut self, octets: &[u8], r: &mut Reader<'_>) {
        let read = Tpdu::read(octets, self.message_type);
        self.tpdu = r.keep(read).map(|decoded| decoded.noted_by(r));
    }
}

/// The address of a service centre; absent in one direction.
fn address(r: &mut Reader<'_>, element: &'static str) -> Result<Option<Number>, Malformed> {
    let value = r.lv(element)?;
    if value.is_empty() {
        return Ok(None);
    }
    party_number(r.within(value), element)
}

impl Message for Rp {
    fn protocol(&self) -> Protocol {
        Protocol::Rp
    }

    fn name(&self) -> &'static str {
        self.message_type.name()
    }

    fn code(&self) -> u8 {
        self.message_type.0
    }

    fn elements(&self, visit: &mut dyn FnMut(&'static str, Value<'_>)) {
        let integer = |value: u8| Value::Integer(u64::from(value));
        let elements = [
            ("rp_message_type", Some(integer(self.message_type.0))),
            ("rp_message_reference", self.reference.map(integer)),
            ("rp_originator_address", self.originator.map(Value::Number)),
            ("rp_destination_address", self.destination.map(Value::Number)),
            ("rp_cause", self.cause.map(integer)),
        ];
        for (name, value) in elements {
            if let Some(value) = value {
                visit(name, value);
            }
        }
    }
}

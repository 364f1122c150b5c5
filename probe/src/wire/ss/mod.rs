//! Supplementary services, 3GPP TS 24.080 §2: REGISTER, FACILITY and RELEASE COMPLETE.

mod ber;
mod component;
mod ussd;

pub use component::{Component, ComponentType, Facility, Operation};

use super::cc::cause;
use super::codes::codes;
use super::element::{Elements, Format};
use super::{Decoded, Malformed, Message, Protocol, Reader, TransactionIdentifier, Value};

codes! {
    /// Message type, 3GPP TS 24.080 §3.4.
    pub SsMessageType {
        0x2a RELEASE_COMPLETE "release_complete",
        0x3a FACILITY "facility",
        0x3b REGISTER "register",
    }
}

/// A message of supplementary services.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ss<'a> {
    /// Transaction identifier.
    pub transaction: TransactionIdentifier,
    /// Message type.
    pub message_type: SsMessageType,
    /// Cause value of RELEASE COMPLETE, TS 24.008 §10.5.4.11.
    pub cause: Option<u8>,
    /// Facility.
    pub facility: Option<Facility<'a>>,
    /// SS version indicator, §3.7.2.
    pub version: Option<u8>,
}

const CAUSE: u8 = 0x08;
const FACILITY_ELEMENT: u8 = 0x1c;
const VERSION: u8 = 0x7f;

/// Elements of the optional parts, 3GPP TS 24.080 Tables 2.3 to 2.5.
static ELEMENTS: Elements = Elements::of_layer_3(&[
    (CAUSE, "cause", Format::Tlv),
    (FACILITY_ELEMENT, "facility", Format::Tlv),
    (VERSION, "ss version indicator", Format::Tlv),
]);

impl<'a> Ss<'a> {
    /// Reads what follows a message type (without its sequence number).
    pub(super) fn read(transaction: TransactionIdentifier, code: u8, octets: &'a [u8]) -> Decoded<Self> {
        let mut r = Reader::new(Protocol::Ss, octets);
        let message_type = SsMessageType(code);
        let mut message = Self { transaction, message_type, cause: None, facility: None, version: None };
        let read = message.read_mandatory(&mut r);
        if r.keep(read).is_some() {
            while let Some((identifier, value)) = r.element(&ELEMENTS) {
                let put = message.put(identifier, value);
                r.keep(put);
            }
        }
        Decoded { message, malformed: r.stopped() }
    }

    /// In FACILITY the element stands without its identifier, §2.3.
    fn read_mandatory(&mut self, r: &mut Reader<'a>) -> Result<(), Malformed> {
        if self.message_type == SsMessageType::FACILITY {
            let value = r.lv("facility")?;
            let put = self.put(FACILITY_ELEMENT, r.within(value));
            r.keep(put);
        }
        Ok(())
    }

    fn put(&mut self, identifier: u8, mut r: Reader<'a>) -> Result<(), Malformed> {
        match identifier {
            CAUSE => self.cause = Some(cause(r)?),
            FACILITY_ELEMENT => {
                let decoded = Facility::read(r);
                self.facility = Some(decoded.message);
                return decoded.malformed.map_or(Ok(()), Err);
            }
            VERSION => self.version = Some(r.u8("ss version indicator")?),
            _ => {}
        }
        Ok(())
    }
}

impl Message for Ss<'_> {
    fn protocol(&self) -> Protocol {
        Protocol::Ss
    }

    fn name(&self) -> &'static str {
        self.message_type.name()
    }

    fn code(&self) -> u8 {
        self.message_type.0
    }

    fn elements(&self, visit: &mut dyn FnMut(&'static str, Value<'_>)) {
        self.transaction.visit(visit);
        if let Some(cause) = self.cause {
            visit("cause", Value::Integer(u64::from(cause)));
        }
        if let Some(facility) = self.facility {
            facility.visit(visit);
        }
        if let Some(version) = self.version {
            visit("ss_version_indicator", Value::Integer(u64::from(version)));
        }
    }
}

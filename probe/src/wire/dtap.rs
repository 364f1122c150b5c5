//! Layer 3 messages of the mobile station, 3GPP TS 24.007 §11.2.3: which protocol, which transaction.

use super::sms::Cp;
use super::{Cc, Decoded, Gmm, Malformed, Message, Mm, Protocol, Reader, Rr, Sm, Ss, Value};

/// Transaction identifier, 3GPP TS 24.007 §11.2.3.1.3. A transaction is known by its value together with the side that
/// opened it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TransactionIdentifier {
    /// 0 to 6, or from the extension octet 7 to 127.
    pub value: u8,
    /// TI flag: set on what is sent *to* the side that opened the transaction.
    pub to_originator: bool,
}

impl TransactionIdentifier {
    /// From the high half of the first octet, and from the octet after it where that half says so.
    fn read(first: u8, r: &mut Reader<'_>) -> Result<Self, Malformed> {
        const EXTENDED: u8 = 7;
        let value = match first >> 4 & 7 {
            EXTENDED => r.u8("transaction identifier")? & 0x7f,
            value => value,
        };
        Ok(Self { value, to_originator: first & 0x80 != 0 })
    }

    /// As elements of a message.
    pub(super) fn visit(self, visit: &mut dyn FnMut(&'static str, Value<'_>)) {
        visit("transaction_identifier", Value::Integer(u64::from(self.value)));
        visit("ti_flag", Value::Flag(self.to_originator));
    }
}

/// A layer 3 message. Each says itself, by its type, who sends it; so no direction is needed to read it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Dtap<'a> {
    /// Radio resources, 3GPP TS 44.018.
    Rr(Rr),
    /// Mobility management, TS 24.008 §9.2.
    Mm(Mm),
    /// Call control, TS 24.008 §9.3.
    Cc(Cc<'a>),
    /// Short messages, TS 24.011.
    Sms(Cp),
    /// Supplementary services, TS 24.080.
    Ss(Ss<'a>),
    /// GPRS mobility management, TS 24.008 §9.4: on Gb only.
    Gmm(Gmm),
    /// Session management, TS 24.008 §9.5: on Gb only.
    Sm(Sm<'a>),
    /// Another protocol (location services…).
    Other(OtherProtocol),
}

/// A message of a protocol that is not read here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OtherProtocol {
    /// Protocol discriminator, 3GPP TS 24.007 §11.2.3.1.1.
    pub discriminator: u8,
    /// The octet where the message type stands.
    pub code: u8,
}

/// Protocol discriminators, 3GPP TS 24.007 Table 11.2.
const CALL_CONTROL: u8 = 3;
const MOBILITY_MANAGEMENT: u8 = 5;
const RADIO_RESOURCES: u8 = 6;
const GPRS_MOBILITY_MANAGEMENT: u8 = 8;
const SHORT_MESSAGES: u8 = 9;
const SESSION_MANAGEMENT: u8 = 10;
const SUPPLEMENTARY_SERVICES: u8 = 11;

/// Reads a layer 3 message. An error only where not even the message type is there.
pub fn read(octets: &[u8]) -> Result<Decoded<Dtap<'_>>, Malformed> {
    let mut r = Reader::new(Protocol::Dtap, octets);
    let [first] = r.v("protocol discriminator")?;
    let discriminator = first & 15;
    if matches!(discriminator, CALL_CONTROL | SHORT_MESSAGES | SESSION_MANAGEMENT | SUPPLEMENTARY_SERVICES) {
        return read_transaction(discriminator, first, r);
    }
    let [code] = r.v("message type")?;
    // Each by itself: to move the largest of them takes as long as to read most.
    match discriminator {
        MOBILITY_MANAGEMENT => Ok(Mm::read(without_sequence(code), r.rest()).map(Dtap::Mm)),
        RADIO_RESOURCES => Ok(Rr::read(code, r.rest()).map(Dtap::Rr)),
        GPRS_MOBILITY_MANAGEMENT => Ok(Gmm::read(code, r.rest()).map(Dtap::Gmm)),
        _ => Ok(Decoded::from(Dtap::Other(OtherProtocol { discriminator, code }))),
    }
}

fn read_transaction(discriminator: u8, first: u8, mut r: Reader<'_>) -> Result<Decoded<Dtap<'_>>, Malformed> {
    let transaction = TransactionIdentifier::read(first, &mut r)?;
    let [code] = r.v("message type")?;
    match discriminator {
        CALL_CONTROL => Ok(Cc::read(transaction, without_sequence(code), r.rest()).map(Dtap::Cc)),
        SHORT_MESSAGES => Ok(Cp::read(transaction, code, r.rest()).map(Dtap::Sms)),
        SESSION_MANAGEMENT => Ok(Sm::read(transaction, code, r.rest()).map(Dtap::Sm)),
        _ => Ok(Ss::read(transaction, without_sequence(code), r.rest()).map(Dtap::Ss)),
    }
}

/// Bits 7 and 8 number what a mobile station sends, 3GPP TS 24.007 §11.2.3.2.1; MM, CC and SS have six bits of type.
const fn without_sequence(code: u8) -> u8 {
    code & 0x3f
}

impl Dtap<'_> {
    /// Calls `visit` with this message and those inside it, in the order in which they nest.
    #[inline(always)]
    pub fn messages(&self, mut visit: impl FnMut(&dyn Message)) {
        match self {
            Self::Rr(message) => visit(message),
            Self::Mm(message) => visit(message),
            Self::Cc(message) => visit(message),
            Self::Sms(message) => message.messages(&mut visit),
            Self::Ss(message) => visit(message),
            Self::Gmm(message) => visit(message),
            Self::Sm(message) => visit(message),
            Self::Other(message) => visit(message),
        }
    }
}

impl Message for OtherProtocol {
    fn protocol(&self) -> Protocol {
        Protocol::Dtap
    }

    fn name(&self) -> &'static str {
        "unknown"
    }

    fn code(&self) -> u8 {
        self.code
    }

    fn elements(&self, visit: &mut dyn FnMut(&'static str, Value<'_>)) {
        visit("protocol_discriminator", Value::Code(u64::from(self.discriminator)));
    }
}

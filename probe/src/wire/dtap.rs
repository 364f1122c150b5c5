//! Layer 3 messages of the mobile station, 3GPP TS 24.007 §11.2.3: which protocol, which transaction.

use super::sms::Cp;
use super::{Cc, Decoded, Malformed, Message, Mm, Rr, Ss};

/// Transaction identifier, 3GPP TS 24.007 §11.2.3.1.3. A transaction is known by its value together with the side that
/// opened it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TransactionIdentifier {
    /// 0 to 6, or from the extension octet 7 to 127.
    pub value: u8,
    /// TI flag: set on what is sent *to* the side that opened the transaction.
    pub to_originator: bool,
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
    /// Another protocol (GMM, session management, location services…).
    Other {
        /// Protocol discriminator, TS 24.007 §11.2.3.1.1.
        discriminator: u8,
        /// Message type.
        code: u8,
    },
}

/// Reads a layer 3 message. An error only where not even the message type is there.
pub fn read(_octets: &[u8]) -> Result<Decoded<Dtap<'_>>, Malformed> {
    todo!()
}

impl Dtap<'_> {
    /// Calls `visit` with this message and those inside it, in the order in which they nest.
    pub fn messages(&self, _visit: &mut dyn FnMut(&dyn Message)) {
        todo!()
    }
}

//! Connection protocol of short messages, 3GPP TS 24.011 §7.2.

use super::Rp;
use crate::wire::codes::codes;
use crate::wire::{Decoded, Malformed, Message, Protocol, Reader, TransactionIdentifier, Value};

codes! {
    /// Message type, 3GPP TS 24.011 §8.1.3.
    pub CpMessageType {
        0x01 CP_DATA "cp_data",
        0x04 CP_ACK "cp_ack",
        0x10 CP_ERROR "cp_error",
    }
}

/// A CP message.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cp {
    /// Transaction identifier.
    pub transaction: TransactionIdentifier,
    /// Message type.
    pub message_type: CpMessageType,
    /// CP-User data of CP-DATA, as far as it could be read.
    pub rp: Option<Rp>,
    /// CP-Cause of CP-ERROR, §8.1.4.2.
    pub cause: Option<u8>,
}

impl Cp {
    /// Reads what follows a message type.
    #[inline(always)]
    pub(in crate::wire) fn read(transaction: TransactionIdentifier, code: u8, octets: &[u8]) -> Decoded<Self> {
        let mut r = Reader::new(Protocol::Sms, octets);
        let mut message = Self { transaction, message_type: CpMessageType(code), rp: None, cause: None };
        let read = message.read_body(&mut r);
        r.keep(read);
        Decoded { message, malformed: r.stopped() }
    }

    fn read_body(&mut self, r: &mut Reader<'_>) -> Result<(), Malformed> {
        match self.message_type {
            CpMessageType::CP_DATA => {
                let user_data = r.lv("cp-user data")?; // 8.1.4.1
                self.rp = Some(Rp::read(user_data)?.noted_by(r));
            }
            CpMessageType::CP_ERROR => self.cause = Some(r.u8("cp-cause")?), // 8.1.4.2
            _ => {}
        }
        Ok(())
    }

    /// Calls `visit` with this message and those inside it.
    pub(in crate::wire) fn messages(&self, visit: &mut dyn FnMut(&dyn Message)) {
        visit(self);
        if let Some(rp) = &self.rp {
            visit(rp);
            if let Some(tpdu) = &rp.tpdu {
                visit(tpdu);
            }
        }
    }
}

impl Message for Cp {
    fn protocol(&self) -> Protocol {
        Protocol::Sms
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
            visit("cp_cause", Value::Integer(u64::from(cause)));
        }
    }
}

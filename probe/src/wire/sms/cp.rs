//! Connection protocol of short messages, 3GPP TS 24.011 §7.2.

use super::Rp;
use crate::wire::codes::codes;
use crate::wire::{Message, Protocol, Reader, TransactionIdentifier, Value};

codes! {
    /// Message type, 3GPP TS 24.011 §8.1.3.
    CpMessageType {
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

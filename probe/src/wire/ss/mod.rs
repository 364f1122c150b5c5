//! Supplementary services, 3GPP TS 24.080 §2: REGISTER, FACILITY and RELEASE COMPLETE.

mod component;

pub use component::{Component, ComponentType, Facility, Operation};

use super::codes::codes;
use super::{Message, Protocol, Reader, TransactionIdentifier, Value};

codes! {
    /// Message type, 3GPP TS 24.080 §3.4.
    SsMessageType {
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

//! Relay protocol of short messages, 3GPP TS 24.011 §7.3.

use event::Number;

use super::Tpdu;
use crate::wire::codes::codes;
use crate::wire::{Malformed, Message, Protocol, Reader, Value};

codes! {
    /// Message type indicator, 3GPP TS 24.011 §8.2.2: even from the mobile station, odd from the network.
    RpMessageType {
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
}

/// An RP message.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rp {
    /// Message type indicator.
    pub message_type: RpMessageType,
    /// RP-Message reference, §8.2.3: ties RP-DATA to RP-ACK or RP-ERROR.
    pub reference: u8,
    /// RP-Originator address of RP-DATA from the network: a service centre.
    pub originator: Option<Number>,
    /// RP-Destination address of RP-DATA from the mobile station: a service centre.
    pub destination: Option<Number>,
    /// RP-Cause of RP-ERROR, §8.2.5.4.
    pub cause: Option<u8>,
    /// RP-User data, as far as it could be read.
    pub tpdu: Option<Tpdu>,
}

//! Signalling connection control part, ITU-T Q.713. What each message holds is a table ([`layout`]).

mod address;

pub use address::{Address, GlobalTitle};

use super::codes::codes;
use super::{Decoded, Malformed, Message, Protocol, Reader, Value};

codes! {
    /// Message type, ITU-T Q.713 §2.1, Table 1.
    SccpMessageType {
        0x01 CONNECTION_REQUEST "connection_request",
        0x02 CONNECTION_CONFIRM "connection_confirm",
        0x03 CONNECTION_REFUSED "connection_refused",
        0x04 RELEASED "released",
        0x05 RELEASE_COMPLETE "release_complete",
        0x06 DATA_FORM_1 "data_form_1",
        0x07 DATA_FORM_2 "data_form_2",
        0x08 DATA_ACKNOWLEDGEMENT "data_acknowledgement",
        0x09 UNITDATA "unitdata",
        0x0a UNITDATA_SERVICE "unitdata_service",
        0x0b EXPEDITED_DATA "expedited_data",
        0x0c EXPEDITED_DATA_ACKNOWLEDGEMENT "expedited_data_acknowledgement",
        0x0d RESET_REQUEST "reset_request",
        0x0e RESET_CONFIRMATION "reset_confirmation",
        0x0f PROTOCOL_DATA_UNIT_ERROR "protocol_data_unit_error",
        0x10 INACTIVITY_TEST "inactivity_test",
        0x11 EXTENDED_UNITDATA "extended_unitdata",
        0x12 EXTENDED_UNITDATA_SERVICE "extended_unitdata_service",
        0x13 LONG_UNITDATA "long_unitdata",
        0x14 LONG_UNITDATA_SERVICE "long_unitdata_service",
    }
}

/// Local reference, ITU-T Q.713 §3.2, 24 bits: names a connection at the node that chose it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LocalReference(pub u32);

/// Segmentation, ITU-T Q.713 §3.17, of XUDT and LUDT.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segmentation {
    /// Whether this is the first segment.
    pub first: bool,
    /// Whether in-sequence delivery (class 1) was asked for.
    pub in_sequence: bool,
    /// How many segments are still to come, 0 to 15.
    pub remaining: u8,
    /// Segmentation local reference, 24 bits.
    pub reference: u32,
}

/// An SCCP message: its type and its parameters; which are there is the type's.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sccp<'a> {
    /// Message type.
    pub message_type: SccpMessageType,
    /// Destination local reference, §3.2.
    pub destination: Option<LocalReference>,
    /// Source local reference, §3.3.
    pub source: Option<LocalReference>,
    /// Protocol class, §3.6: class 0 to 3 in the low four bits, return on error in the high.
    pub protocol_class: Option<u8>,
    /// Refusal, release, return, reset or error cause (§3.15, §3.11 to §3.14), as the message type says.
    pub cause: Option<u8>,
    /// More data follows in the next DT1 or DT2 (§3.7, §3.9).
    pub more_data: bool,
    /// Called party address, §3.4.
    pub called: Option<Address<'a>>,
    /// Calling party address, §3.5.
    pub calling: Option<Address<'a>>,
    /// Segmentation, §3.17; absent where the data is whole.
    pub segmentation: Option<Segmentation>,
    /// Data or long data (§3.16, §3.20): the user's octets.
    pub data: Option<&'a [u8]>,
}

/// Reads an SCCP message. An error only where there is no octet.
pub fn read(_octets: &[u8]) -> Result<Decoded<Sccp<'_>>, Malformed> {
    todo!()
}

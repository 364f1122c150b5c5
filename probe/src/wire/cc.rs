//! Call control messages, 3GPP TS 24.008 §9.3. Mandatory elements by a table, optional ones by their identifiers.

use event::Number;

use super::codes::codes;
use super::ss::Facility;
use super::{Malformed, Message, Protocol, Reader, TransactionIdentifier, Value};

codes! {
    /// Message type, 3GPP TS 24.008 Table 10.3.
    CcMessageType {
        0x01 ALERTING "alerting",
        0x02 CALL_PROCEEDING "call_proceeding",
        0x03 PROGRESS "progress",
        0x04 CC_ESTABLISHMENT "cc_establishment",
        0x05 SETUP "setup",
        0x06 CC_ESTABLISHMENT_CONFIRMED "cc_establishment_confirmed",
        0x07 CONNECT "connect",
        0x08 CALL_CONFIRMED "call_confirmed",
        0x09 START_CC "start_cc",
        0x0b RECALL "recall",
        0x0e EMERGENCY_SETUP "emergency_setup",
        0x0f CONNECT_ACKNOWLEDGE "connect_acknowledge",
        0x10 USER_INFORMATION "user_information",
        0x13 MODIFY_REJECT "modify_reject",
        0x17 MODIFY "modify",
        0x18 HOLD "hold",
        0x19 HOLD_ACKNOWLEDGE "hold_acknowledge",
        0x1a HOLD_REJECT "hold_reject",
        0x1c RETRIEVE "retrieve",
        0x1d RETRIEVE_ACKNOWLEDGE "retrieve_acknowledge",
        0x1e RETRIEVE_REJECT "retrieve_reject",
        0x1f MODIFY_COMPLETE "modify_complete",
        0x25 DISCONNECT "disconnect",
        0x2a RELEASE_COMPLETE "release_complete",
        0x2d RELEASE "release",
        0x31 STOP_DTMF "stop_dtmf",
        0x32 STOP_DTMF_ACKNOWLEDGE "stop_dtmf_acknowledge",
        0x34 STATUS_ENQUIRY "status_enquiry",
        0x35 START_DTMF "start_dtmf",
        0x36 START_DTMF_ACKNOWLEDGE "start_dtmf_acknowledge",
        0x37 START_DTMF_REJECT "start_dtmf_reject",
        0x39 CONGESTION_CONTROL "congestion_control",
        0x3a FACILITY "facility",
        0x3d STATUS "status",
        0x3e NOTIFY "notify",
    }
}

/// A call control message: its type and those of its elements that bear on who calls whom and how it ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cc<'a> {
    /// Transaction identifier: names the call within its connection.
    pub transaction: TransactionIdentifier,
    /// Message type.
    pub message_type: CcMessageType,
    /// Cause value, §10.5.4.11, 0 to 127.
    pub cause: Option<u8>,
    /// Call state of STATUS, §10.5.4.6.
    pub call_state: Option<u8>,
    /// Progress description, §10.5.4.21.
    pub progress: Option<u8>,
    /// Facility, §10.5.4.15: supplementary services of this call.
    pub facility: Option<Facility<'a>>,
    /// Called party BCD number, §10.5.4.7.
    pub called: Option<Number>,
    /// Calling party BCD number, §10.5.4.9; absent where it is withheld.
    pub calling: Option<Number>,
    /// Connected number, §10.5.4.13.
    pub connected: Option<Number>,
    /// Redirecting party BCD number, §10.5.4.21b.
    pub redirecting: Option<Number>,
}

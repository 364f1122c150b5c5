//! Transfer protocol of short messages, 3GPP TS 23.040 §9.2. Of user data the length only.

use event::Number;

use crate::wire::{Malformed, Message, Protocol, Reader, Value};

/// TPDU types, 3GPP TS 23.040 §9.2.3.1. The code is the type indicator's; what it means depends on the direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names are the specification's")]
pub enum TpduType {
    Deliver,
    DeliverReport,
    Submit,
    SubmitReport,
    StatusReport,
    Command,
    /// The value 3.
    Reserved,
}

/// TP-Originating, TP-Destination or TP-Recipient address, 3GPP TS 23.040 §9.1.2.5.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Party {
    /// A number or short code.
    Number(Number),
    /// A name (type of number alphanumeric), which is not read.
    Alphanumeric,
}

/// A TPDU.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tpdu {
    /// TP-Message type, made unambiguous by the direction.
    pub tpdu_type: TpduType,
    /// TP-User data header indicator.
    pub user_data_header: bool,
    /// TP-Message reference (SUBMIT, STATUS-REPORT, COMMAND).
    pub reference: Option<u8>,
    /// The other party: TP-OA of DELIVER, TP-DA of SUBMIT and COMMAND, TP-RA of STATUS-REPORT.
    pub party: Option<Party>,
    /// TP-Protocol identifier, §9.2.3.9.
    pub protocol_identifier: Option<u8>,
    /// TP-Data coding scheme, TS 23.038 §4.
    pub data_coding_scheme: Option<u8>,
    /// TP-Status of STATUS-REPORT, §9.2.3.15.
    pub status: Option<u8>,
    /// TP-Failure cause of a report that answers with RP-ERROR, §9.2.3.22.
    pub failure_cause: Option<u8>,
    /// TP-User data length: septets or octets, as the data coding scheme says.
    pub user_data_length: Option<u8>,
}

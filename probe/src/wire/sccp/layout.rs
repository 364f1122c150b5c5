//! What each SCCP message holds, ITU-T Q.713 §4.2 to §4.21 (Tables 4 to 25), as a table; parameters by their names.

use super::SccpMessageType;
use crate::wire::codes::codes;

codes! {
    /// Parameter name code, ITU-T Q.713 §3.1, Table 2.
    pub(super) Parameter {
        0x00 END_OF_OPTIONAL_PARAMETERS "end of optional parameters",
        0x01 DESTINATION_LOCAL_REFERENCE "destination local reference",
        0x02 SOURCE_LOCAL_REFERENCE "source local reference",
        0x03 CALLED_PARTY_ADDRESS "called party address",
        0x04 CALLING_PARTY_ADDRESS "calling party address",
        0x05 PROTOCOL_CLASS "protocol class",
        0x06 SEGMENTING_REASSEMBLING "segmenting/reassembling",
        0x07 RECEIVE_SEQUENCE_NUMBER "receive sequence number",
        0x08 SEQUENCING_SEGMENTING "sequencing/segmenting",
        0x09 CREDIT "credit",
        0x0a RELEASE_CAUSE "release cause",
        0x0b RETURN_CAUSE "return cause",
        0x0c RESET_CAUSE "reset cause",
        0x0d ERROR_CAUSE "error cause",
        0x0e REFUSAL_CAUSE "refusal cause",
        0x0f DATA "data",
        0x10 SEGMENTATION "segmentation",
        0x11 HOP_COUNTER "hop counter",
        0x13 LONG_DATA "long data",
    }
}

impl Parameter {
    /// Octets of the parameter where its length is fixed.
    pub(super) const fn fixed_length(self) -> usize {
        match self {
            Self::DESTINATION_LOCAL_REFERENCE | Self::SOURCE_LOCAL_REFERENCE => 3,
            Self::SEQUENCING_SEGMENTING => 2,
            _ => 1,
        }
    }
}

/// Which parameters a message has: fixed ones first, then variable ones by pointer, then optional ones.
#[derive(Clone, Copy)]
pub(super) struct Layout {
    pub(super) fixed: &'static [Parameter],
    pub(super) variable: &'static [Parameter],
    pub(super) optional: bool,
}

const fn layout(fixed: &'static [Parameter], variable: &'static [Parameter], optional: bool) -> Layout {
    Layout { fixed, variable, optional }
}

const DESTINATION: Parameter = Parameter::DESTINATION_LOCAL_REFERENCE;
const SOURCE: Parameter = Parameter::SOURCE_LOCAL_REFERENCE;
const CALLED: Parameter = Parameter::CALLED_PARTY_ADDRESS;
const CALLING: Parameter = Parameter::CALLING_PARTY_ADDRESS;
const CLASS: Parameter = Parameter::PROTOCOL_CLASS;
const SEQUENCING: Parameter = Parameter::SEQUENCING_SEGMENTING;
const DATA: Parameter = Parameter::DATA;
const HOPS: Parameter = Parameter::HOP_COUNTER;
const RETURN_CAUSE: Parameter = Parameter::RETURN_CAUSE;

impl Layout {
    /// The layout of a message type; `None` for one that the specification does not have.
    pub(super) const fn of(message_type: SccpMessageType) -> Option<Self> {
        use SccpMessageType as T;
        Some(match message_type {
            T::CONNECTION_REQUEST => layout(&[SOURCE, CLASS], &[CALLED], true),
            T::CONNECTION_CONFIRM => layout(&[DESTINATION, SOURCE, CLASS], &[], true),
            T::CONNECTION_REFUSED => layout(&[DESTINATION, Parameter::REFUSAL_CAUSE], &[], true),
            T::RELEASED => layout(&[DESTINATION, SOURCE, Parameter::RELEASE_CAUSE], &[], true),
            T::RELEASE_COMPLETE => layout(&[DESTINATION, SOURCE], &[], false),
            T::DATA_FORM_1 => layout(&[DESTINATION, Parameter::SEGMENTING_REASSEMBLING], &[DATA], false),
            T::DATA_FORM_2 => layout(&[DESTINATION, SEQUENCING], &[DATA], false),
            T::DATA_ACKNOWLEDGEMENT => {
                layout(&[DESTINATION, Parameter::RECEIVE_SEQUENCE_NUMBER, Parameter::CREDIT], &[], false)
            }
            T::UNITDATA => layout(&[CLASS], &[CALLED, CALLING, DATA], false),
            T::UNITDATA_SERVICE => layout(&[RETURN_CAUSE], &[CALLED, CALLING, DATA], false),
            T::EXPEDITED_DATA => layout(&[DESTINATION], &[DATA], false),
            T::EXPEDITED_DATA_ACKNOWLEDGEMENT => layout(&[DESTINATION], &[], false),
            T::RESET_REQUEST => layout(&[DESTINATION, SOURCE, Parameter::RESET_CAUSE], &[], false),
            T::RESET_CONFIRMATION => layout(&[DESTINATION, SOURCE], &[], false),
            T::PROTOCOL_DATA_UNIT_ERROR => layout(&[DESTINATION, Parameter::ERROR_CAUSE], &[], false),
            T::INACTIVITY_TEST => layout(&[DESTINATION, SOURCE, CLASS, SEQUENCING, Parameter::CREDIT], &[], false),
            T::EXTENDED_UNITDATA => layout(&[CLASS, HOPS], &[CALLED, CALLING, DATA], true),
            T::EXTENDED_UNITDATA_SERVICE => layout(&[RETURN_CAUSE, HOPS], &[CALLED, CALLING, DATA], true),
            T::LONG_UNITDATA => layout(&[CLASS, HOPS], &[CALLED, CALLING, Parameter::LONG_DATA], true),
            T::LONG_UNITDATA_SERVICE => layout(&[RETURN_CAUSE, HOPS], &[CALLED, CALLING, Parameter::LONG_DATA], true),
            _ => return None,
        })
    }
}

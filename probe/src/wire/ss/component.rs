//! Components of the Facility element, 3GPP TS 24.080 §3.6.

use event::{Forwarding, Number};

use crate::wire::codes::codes;
use crate::wire::{Malformed, Reader};

codes! {
    /// Component type tag, 3GPP TS 24.080 Table 3.7.
    ComponentType {
        0xa1 INVOKE "invoke",
        0xa2 RETURN_RESULT "return_result",
        0xa3 RETURN_ERROR "return_error",
        0xa4 REJECT "reject",
    }
}

codes! {
    /// Operation code, 3GPP TS 24.080 §4.5 and TS 29.002 §17.5.
    Operation {
        10 REGISTER_SS "register_ss",
        11 ERASE_SS "erase_ss",
        12 ACTIVATE_SS "activate_ss",
        13 DEACTIVATE_SS "deactivate_ss",
        14 INTERROGATE_SS "interrogate_ss",
        16 NOTIFY_SS "notify_ss",
        17 REGISTER_PASSWORD "register_password",
        18 GET_PASSWORD "get_password",
        19 PROCESS_UNSTRUCTURED_SS_DATA "process_unstructured_ss_data",
        38 FORWARD_CHECK_SS_INDICATION "forward_check_ss_indication",
        59 PROCESS_UNSTRUCTURED_SS_REQUEST "process_unstructured_ss_request",
        60 UNSTRUCTURED_SS_REQUEST "unstructured_ss_request",
        61 UNSTRUCTURED_SS_NOTIFY "unstructured_ss_notify",
        77 ERASE_CC_ENTRY "erase_cc_entry",
        78 REGISTER_CC_ENTRY "register_cc_entry",
        117 FORWARD_CUG_INFO "forward_cug_info",
        118 SPLIT_MPTY "split_mpty",
        119 RETRIEVE_MPTY "retrieve_mpty",
        120 HOLD_MPTY "hold_mpty",
        121 BUILD_MPTY "build_mpty",
        122 FORWARD_CHARGE_ADVICE "forward_charge_advice",
        123 EXPLICIT_CT "explicit_ct",
        124 ACCESS_REGISTER_CC_ENTRY "access_register_cc_entry",
    }
}

/// The value of a Facility element: a sequence of components.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facility<'a>(pub(crate) &'a [u8]);

/// One component of a Facility element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Component {
    /// Component type tag.
    pub component_type: ComponentType,
    /// Invoke identifier.
    pub invoke_id: Option<u8>,
    /// Operation code of an invoke or a return result.
    pub operation: Option<Operation>,
    /// Error code of a return error, TS 24.080 §4.5.
    pub error: Option<u8>,
    /// SS code, TS 29.002 §17.7.5.
    pub ss_code: Option<u8>,
    /// Number forwarded to, of registerSS.
    pub forwarded_to: Option<Number>,
    /// Keypad symbols that a subscriber dialled: the USSD string of a request by the mobile station (operations 59 and
    /// 19) up to the first character that is no keypad symbol.
    pub ussd: Option<Number>,
}

impl<'a> Facility<'a> {
    /// The components in order; ends after the first that cannot be read.
    pub fn components(self) -> impl Iterator<Item = Result<Component, Malformed>> + use<'a> {
        std::iter::empty()
    }
}

impl Component {
    /// The call-forwarding operation that a mobile station invokes here, if it does.
    pub fn forwarding(&self) -> Option<Forwarding> {
        todo!()
    }
}

//! PDU types of BSSGP, 3GPP TS 48.018 Table 11.3.26.

use crate::wire::codes::codes;

codes! {
    /// PDU type, 3GPP TS 48.018 Table 11.3.26.
    pub BssgpPduType {
        0x00 DL_UNITDATA "dl_unitdata",
        0x01 UL_UNITDATA "ul_unitdata",
        0x02 RA_CAPABILITY "ra_capability",
        0x04 DL_MBMS_UNITDATA "dl_mbms_unitdata",
        0x05 UL_MBMS_UNITDATA "ul_mbms_unitdata",
        0x06 PAGING_PS "paging_ps",
        0x07 PAGING_CS "paging_cs",
        0x08 RA_CAPABILITY_UPDATE "ra_capability_update",
        0x09 RA_CAPABILITY_UPDATE_ACK "ra_capability_update_ack",
        0x0a RADIO_STATUS "radio_status",
        0x0b SUSPEND "suspend",
        0x0c SUSPEND_ACK "suspend_ack",
        0x0d SUSPEND_NACK "suspend_nack",
        0x0e RESUME "resume",
        0x0f RESUME_ACK "resume_ack",
        0x10 RESUME_NACK "resume_nack",
        0x11 PAGING_PS_REJECT "paging_ps_reject",
        0x12 DUMMY_PAGING_PS "dummy_paging_ps",
        0x13 DUMMY_PAGING_PS_RESPONSE "dummy_paging_ps_response",
        0x14 MS_REGISTRATION_ENQUIRY "ms_registration_enquiry",
        0x15 MS_REGISTRATION_ENQUIRY_RESPONSE "ms_registration_enquiry_response",
        0x20 BVC_BLOCK "bvc_block",
        0x21 BVC_BLOCK_ACK "bvc_block_ack",
        0x22 BVC_RESET "bvc_reset",
        0x23 BVC_RESET_ACK "bvc_reset_ack",
        0x24 UNBLOCK "unblock",
        0x25 UNBLOCK_ACK "unblock_ack",
        0x26 FLOW_CONTROL_BVC "flow_control_bvc",
        0x27 FLOW_CONTROL_BVC_ACK "flow_control_bvc_ack",
        0x28 FLOW_CONTROL_MS "flow_control_ms",
        0x29 FLOW_CONTROL_MS_ACK "flow_control_ms_ack",
        0x2a FLUSH_LL "flush_ll",
        0x2b FLUSH_LL_ACK "flush_ll_ack",
        0x2c LLC_DISCARDED "llc_discarded",
        0x2d FLOW_CONTROL_PFC "flow_control_pfc",
        0x2e FLOW_CONTROL_PFC_ACK "flow_control_pfc_ack",
        0x40 SGSN_INVOKE_TRACE "sgsn_invoke_trace",
        0x41 STATUS "status",
        0x42 OVERLOAD "overload",
        0x50 DOWNLOAD_BSS_PFC "download_bss_pfc",
        0x51 CREATE_BSS_PFC "create_bss_pfc",
        0x52 CREATE_BSS_PFC_ACK "create_bss_pfc_ack",
        0x53 CREATE_BSS_PFC_NACK "create_bss_pfc_nack",
        0x54 MODIFY_BSS_PFC "modify_bss_pfc",
        0x55 MODIFY_BSS_PFC_ACK "modify_bss_pfc_ack",
        0x56 DELETE_BSS_PFC "delete_bss_pfc",
        0x57 DELETE_BSS_PFC_ACK "delete_bss_pfc_ack",
        0x58 DELETE_BSS_PFC_REQ "delete_bss_pfc_req",
        0x59 PS_HANDOVER_REQUIRED "ps_handover_required",
        0x5a PS_HANDOVER_REQUIRED_ACK "ps_handover_required_ack",
        0x5b PS_HANDOVER_REQUIRED_NACK "ps_handover_required_nack",
        0x5c PS_HANDOVER_REQUEST "ps_handover_request",
        0x5d PS_HANDOVER_REQUEST_ACK "ps_handover_request_ack",
        0x5e PS_HANDOVER_REQUEST_NACK "ps_handover_request_nack",
        0x60 PERFORM_LOCATION_REQUEST "perform_location_request",
        0x61 PERFORM_LOCATION_RESPONSE "perform_location_response",
        0x62 PERFORM_LOCATION_ABORT "perform_location_abort",
        0x63 POSITION_COMMAND "position_command",
        0x64 POSITION_RESPONSE "position_response",
        0x70 RAN_INFORMATION "ran_information",
        0x71 RAN_INFORMATION_REQUEST "ran_information_request",
        0x72 RAN_INFORMATION_ACK "ran_information_ack",
        0x73 RAN_INFORMATION_ERROR "ran_information_error",
        0x74 RAN_INFORMATION_APPLICATION_ERROR "ran_information_application_error",
        0x80 MBMS_SESSION_START_REQUEST "mbms_session_start_request",
        0x81 MBMS_SESSION_START_RESPONSE "mbms_session_start_response",
        0x82 MBMS_SESSION_STOP_REQUEST "mbms_session_stop_request",
        0x83 MBMS_SESSION_STOP_RESPONSE "mbms_session_stop_response",
        0x84 MBMS_SESSION_UPDATE_REQUEST "mbms_session_update_request",
        0x85 MBMS_SESSION_UPDATE_RESPONSE "mbms_session_update_response",
        0x91 PS_HANDOVER_COMPLETE "ps_handover_complete",
        0x92 PS_HANDOVER_CANCEL "ps_handover_cancel",
        0x93 PS_HANDOVER_COMPLETE_ACK "ps_handover_complete_ack",
    }
}

impl BssgpPduType {
    /// Whether the BSS sends it; `None` where either side may, or that is not known.
    pub const fn is_from_bss(self) -> Option<bool> {
        match self {
            Self::UL_UNITDATA
            | Self::RA_CAPABILITY_UPDATE
            | Self::RADIO_STATUS
            | Self::SUSPEND
            | Self::RESUME
            | Self::BVC_BLOCK
            | Self::UNBLOCK
            | Self::FLOW_CONTROL_BVC
            | Self::FLOW_CONTROL_MS
            | Self::FLUSH_LL_ACK
            | Self::LLC_DISCARDED
            | Self::MS_REGISTRATION_ENQUIRY
            | Self::DOWNLOAD_BSS_PFC => Some(true),
            Self::DL_UNITDATA
            | Self::RA_CAPABILITY
            | Self::PAGING_PS
            | Self::PAGING_CS
            | Self::RA_CAPABILITY_UPDATE_ACK
            | Self::SUSPEND_ACK
            | Self::SUSPEND_NACK
            | Self::RESUME_ACK
            | Self::RESUME_NACK
            | Self::BVC_BLOCK_ACK
            | Self::UNBLOCK_ACK
            | Self::FLOW_CONTROL_BVC_ACK
            | Self::FLOW_CONTROL_MS_ACK
            | Self::FLUSH_LL
            | Self::MS_REGISTRATION_ENQUIRY_RESPONSE
            | Self::SGSN_INVOKE_TRACE => Some(false),
            _ => None,
        }
    }
}

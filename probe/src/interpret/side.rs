//! Which side sends a message, where its type tells: a table, by specification. Others may come from either side.

use super::scene::Side;
use crate::wire::{BssmapMessageType as B, Cc, CcMessageType as C, Dtap, Mm, MmMessageType as M, Rr};

/// The sender of a BSSMAP message, 3GPP TS 48.008 §3.2.1.
pub(super) fn of_bssmap(message_type: B) -> Option<Side> {
    match message_type {
        B::COMPLETE_LAYER_3_INFORMATION
        | B::ASSIGNMENT_COMPLETE
        | B::ASSIGNMENT_FAILURE
        | B::HANDOVER_REQUIRED
        | B::HANDOVER_REQUEST_ACKNOWLEDGE
        | B::HANDOVER_DETECT
        | B::HANDOVER_COMPLETE
        | B::HANDOVER_FAILURE
        | B::HANDOVER_PERFORMED
        | B::CLEAR_REQUEST
        | B::CLEAR_COMPLETE
        | B::CIPHER_MODE_COMPLETE
        | B::CIPHER_MODE_REJECT
        | B::CLASSMARK_UPDATE
        | B::SAPI_N_REJECT
        | B::QUEUING_INDICATION
        | B::SUSPEND
        | B::RESUME
        | B::CHANGE_CIRCUIT_ACKNOWLEDGE
        | B::INTERNAL_HANDOVER_REQUIRED
        | B::LCLS_CONNECT_CONTROL_ACK
        | B::LCLS_NOTIFICATION => Some(Side::Mobile),
        B::ASSIGNMENT_REQUEST
        | B::HANDOVER_REQUEST
        | B::HANDOVER_COMMAND
        | B::HANDOVER_REQUIRED_REJECT
        | B::HANDOVER_SUCCEEDED
        | B::CLEAR_COMMAND
        | B::CIPHER_MODE_COMMAND
        | B::CLASSMARK_REQUEST
        | B::COMMON_ID
        | B::PAGING
        | B::CHANGE_CIRCUIT
        | B::INTERNAL_HANDOVER_REQUIRED_REJECT
        | B::INTERNAL_HANDOVER_COMMAND
        | B::INTERNAL_HANDOVER_ENQUIRY
        | B::LCLS_CONNECT_CONTROL
        | B::REROUTE_COMMAND
        | B::REROUTE_COMPLETE
        | B::MSC_INVOKE_TRACE => Some(Side::Network),
        _ => None,
    }
}

/// The sender of a layer 3 message, 3GPP TS 24.008 §9.2 and §9.3, 24.011 §7.3, 44.018 §9.1.
pub(super) fn of_layer_3(message: &Dtap<'_>) -> Option<Side> {
    match message {
        Dtap::Mm(message) => of_mobility(message),
        Dtap::Cc(message) => of_call_control(message),
        Dtap::Sms(message) => message.rp.map(|rp| match rp.message_type.is_from_mobile() {
            true => Side::Mobile,
            false => Side::Network,
        }),
        Dtap::Rr(Rr::PagingResponse(_) | Rr::CipheringModeComplete(_) | Rr::ClassmarkChange(_)) => Some(Side::Mobile),
        Dtap::Rr(_) | Dtap::Ss(_) | Dtap::Gmm(_) | Dtap::Sm(_) | Dtap::Other { .. } => None,
    }
}

fn of_mobility(message: &Mm) -> Option<Side> {
    match message {
        Mm::ImsiDetachIndication(_)
        | Mm::LocationUpdatingRequest(_)
        | Mm::AuthenticationResponse(_)
        | Mm::AuthenticationFailure(_)
        | Mm::IdentityResponse(_)
        | Mm::TmsiReallocationComplete(_)
        | Mm::CmServiceAbort(_)
        | Mm::CmServiceRequest(_)
        | Mm::CmReestablishmentRequest(_) => Some(Side::Mobile),
        Mm::LocationUpdatingAccept(_)
        | Mm::LocationUpdatingReject(_)
        | Mm::AuthenticationReject(_)
        | Mm::AuthenticationRequest(_)
        | Mm::IdentityRequest(_)
        | Mm::TmsiReallocationCommand(_)
        | Mm::CmServiceAccept(_)
        | Mm::CmServiceReject(_)
        | Mm::Abort(_)
        | Mm::Other(M::MM_INFORMATION | M::CM_SERVICE_PROMPT) => Some(Side::Network),
        Mm::MmStatus(_) | Mm::Other(_) => None,
    }
}

fn of_call_control(message: &Cc<'_>) -> Option<Side> {
    match message.message_type {
        C::CALL_CONFIRMED | C::EMERGENCY_SETUP | C::START_DTMF | C::STOP_DTMF | C::HOLD | C::RETRIEVE => {
            Some(Side::Mobile)
        }
        C::CALL_PROCEEDING
        | C::PROGRESS
        | C::START_DTMF_ACKNOWLEDGE
        | C::START_DTMF_REJECT
        | C::STOP_DTMF_ACKNOWLEDGE
        | C::HOLD_ACKNOWLEDGE
        | C::HOLD_REJECT
        | C::RETRIEVE_ACKNOWLEDGE
        | C::RETRIEVE_REJECT => Some(Side::Network),
        _ => None,
    }
}

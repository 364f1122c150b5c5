//! Supplementary services, 3GPP TS 24.080: REGISTER, FACILITY and RELEASE COMPLETE with the operations of USSD and call
//! forwarding (arguments of 3GPP TS 29.002 §17.7).

use event::{Forwarding, ForwardingOperation, Number};

use super::{Message, Octets, sms};

const INVOKE: u8 = 0xa1;
const RETURN_RESULT: u8 = 0xa2;
const OCTET_STRING: u8 = 0x04;
const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 0x02;
const CONTEXT: u8 = 0x80;
const CONTEXT_CONSTRUCTED: u8 = 0xa0;
const DEFAULT_ALPHABET: u8 = 0x0f; // 3GPP TS 23.038 §5
const SPEECH: u8 = 0x11; // teleservice code, 3GPP TS 29.002 §17.7.9: telephony

/// Operation codes, 3GPP TS 24.080 §4.5.
pub mod operation {
    /// registerSS.
    pub const REGISTER: u8 = 10;
    /// eraseSS.
    pub const ERASE: u8 = 11;
    /// activateSS.
    pub const ACTIVATE: u8 = 12;
    /// deactivateSS.
    pub const DEACTIVATE: u8 = 13;
    /// interrogateSS.
    pub const INTERROGATE: u8 = 14;
    /// processUnstructuredSS-Request.
    pub const USSD: u8 = 59;
}

fn code(forwarding: &Forwarding) -> u8 {
    match forwarding.operation {
        ForwardingOperation::Register => operation::REGISTER,
        ForwardingOperation::Erase => operation::ERASE,
        ForwardingOperation::Activate => operation::ACTIVATE,
        ForwardingOperation::Deactivate => operation::DEACTIVATE,
        ForwardingOperation::Interrogate => operation::INTERROGATE,
    }
}

/// REGISTER from the phone, §2.4.2: an operation is invoked, with the SS version (§3.7.2) of phase 2.
pub fn register(o: &mut Octets, ti: u8, invocation: impl FnOnce(&mut Octets)) {
    o.layer3(ti, Message::Register);
    o.tlv(0x1c, invocation);
    o.tlv_bytes(0x7f, &[0x00]);
}

/// RELEASE COMPLETE, §2.5.1, with the result.
pub fn release_complete(o: &mut Octets, ti: u8, result: impl FnOnce(&mut Octets)) {
    o.layer3(ti, Message::SsReleaseComplete);
    o.tlv(0x1c, result);
}

fn invoke(o: &mut Octets, operation: u8, argument: impl FnOnce(&mut Octets)) {
    o.tlv(INVOKE, |o| {
        o.tlv_bytes(INTEGER, &[1]);
        o.tlv_bytes(INTEGER, &[operation]);
        argument(o);
    });
}

fn return_result(o: &mut Octets, operation: u8, argument: impl FnOnce(&mut Octets)) {
    o.tlv(RETURN_RESULT, |o| {
        o.tlv_bytes(INTEGER, &[1]);
        o.tlv(SEQUENCE, |o| {
            o.tlv_bytes(INTEGER, &[operation]);
            argument(o);
        });
    });
}

fn ussd_argument(o: &mut Octets, text: &str) {
    o.tlv(SEQUENCE, |o| {
        o.tlv_bytes(OCTET_STRING, &[DEFAULT_ALPHABET]);
        o.tlv(OCTET_STRING, |o| ussd_text(o, text));
    });
}

// 3GPP TS 23.038 §6.1.2.3.1: seven spare bits at the end are filled with CR.
fn ussd_text(o: &mut Octets, text: &str) {
    let filler = (text.len() % 8 == 7).then_some(b'\r');
    sms::septets(o, text.bytes().chain(filler));
}

/// Invokes processUnstructuredSS-Request with keypad symbols.
pub fn ussd_request(o: &mut Octets, code: &str) {
    invoke(o, operation::USSD, |o| ussd_argument(o, code));
}

/// The answer to it, in ASCII that the default alphabet shares.
pub fn ussd_result(o: &mut Octets, text: &str) {
    return_result(o, operation::USSD, |o| ussd_argument(o, text));
}

/// Invokes a call-forwarding operation for speech.
pub fn forwarding_request(o: &mut Octets, forwarding: &Forwarding) {
    invoke(o, code(forwarding), |o| {
        o.tlv(SEQUENCE, |o| {
            o.tlv_bytes(OCTET_STRING, &[forwarding.service]);
            o.tlv_bytes(CONTEXT | 3, &[SPEECH]);
            if let Some(number) = &forwarding.to {
                o.tlv(CONTEXT | 4, |o| address_string(o, number));
            }
        });
    });
}

/// The answer to it: forwardingInfo with one feature; for an interrogation of one service its status alone.
pub fn forwarding_result(o: &mut Octets, forwarding: &Forwarding) {
    const REGISTERED_AND_ACTIVE: u8 = 0x07;
    const NOT_REGISTERED: u8 = 0x04;
    let status = match forwarding.operation {
        ForwardingOperation::Register | ForwardingOperation::Activate => REGISTERED_AND_ACTIVE,
        _ => NOT_REGISTERED,
    };
    return_result(o, code(forwarding), |o| {
        if forwarding.operation == ForwardingOperation::Interrogate {
            return o.tlv_bytes(CONTEXT, &[status]);
        }
        o.tlv(CONTEXT_CONSTRUCTED, |o| {
            o.tlv_bytes(OCTET_STRING, &[forwarding.service]);
            o.tlv(SEQUENCE, |o| {
                o.tlv(SEQUENCE, |o| {
                    o.tlv_bytes(CONTEXT | 3, &[SPEECH]);
                    o.tlv_bytes(CONTEXT | 4, &[status]);
                    if let Some(number) = &forwarding.to {
                        o.tlv(CONTEXT | 5, |o| address_string(o, number));
                    }
                });
            });
        });
    });
}

// AddressString, 3GPP TS 29.002 §17.7.8: nature of address and numbering plan, then digits.
fn address_string(o: &mut Octets, number: &Number) {
    o.u8(if number.is_international() { 0x91 } else { 0x81 });
    o.number(number);
}

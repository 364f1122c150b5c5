//! Call control, 3GPP TS 24.008 §9.3. `ti` is the half octet of 3GPP TS 24.007 §11.2.3.1.3: flag and value.

use event::Number;

use super::{Message, Octets};

/// Cause values, §10.5.4.11.
pub mod cause {
    /// Normal call clearing.
    pub const NORMAL: u8 = 16;
    /// User busy.
    pub const BUSY: u8 = 17;
    /// No answer.
    pub const NO_ANSWER: u8 = 19;
    /// Unassigned number.
    pub const UNASSIGNED: u8 = 1;
}

/// Who says so, §10.5.4.11 location.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Location {
    /// The user.
    User = 0,
    /// The public network serving the local user.
    LocalNetwork = 2,
}

fn cause_value(o: &mut Octets, location: Location, cause: u8) {
    o.u8(0xe0 | location as u8);
    o.u8(0x80 | cause);
}

// §10.5.4.5: full rate preferred, speech versions 3, 1 and half rate 1.
fn bearer_capability(o: &mut Octets) {
    o.tlv_bytes(0x04, &[0x60, 0x04, 0x02, 0x00, 0x81]);
}

// Octet 3 of §10.5.4.7 and §10.5.4.9: extension, type of number, ISDN numbering plan.
fn number_type(number: &Number) -> u8 {
    if number.is_international() { 0x11 } else { 0x01 }
}

/// SETUP from the phone, §9.3.23.2.
pub fn setup_uplink(o: &mut Octets, ti: u8, called: &Number) {
    o.layer3(ti, Message::Setup);
    bearer_capability(o);
    o.tlv(0x5e, |o| {
        o.u8(0x80 | number_type(called));
        o.number(called);
    });
}

/// SETUP to the phone, §9.3.23.1; the calling number only where it is shown.
pub fn setup_downlink(o: &mut Octets, ti: u8, calling: Option<&Number>) {
    o.layer3(ti, Message::Setup);
    bearer_capability(o);
    if let Some(number) = calling {
        o.tlv(0x5c, |o| {
            o.u8(number_type(number));
            o.u8(0x81); // octet 3a: presentation allowed, verified and passed
            o.number(number);
        });
    }
}

/// EMERGENCY SETUP, §9.3.8.
pub fn emergency_setup(o: &mut Octets, ti: u8) {
    o.layer3(ti, Message::EmergencySetup);
    bearer_capability(o);
}

/// CALL PROCEEDING, §9.3.3.
pub fn call_proceeding(o: &mut Octets, ti: u8) {
    o.layer3(ti, Message::CallProceeding);
}

/// CALL CONFIRMED, §9.3.2.
pub fn call_confirmed(o: &mut Octets, ti: u8) {
    o.layer3(ti, Message::CallConfirmed);
    bearer_capability(o);
}

/// ALERTING, §9.3.1.
pub fn alerting(o: &mut Octets, ti: u8) {
    o.layer3(ti, Message::Alerting);
}

/// CONNECT, §9.3.5.
pub fn connect(o: &mut Octets, ti: u8) {
    o.layer3(ti, Message::Connect);
}

/// CONNECT ACKNOWLEDGE, §9.3.6.
pub fn connect_acknowledge(o: &mut Octets, ti: u8) {
    o.layer3(ti, Message::ConnectAcknowledge);
}

/// DISCONNECT, §9.3.7.
pub fn disconnect(o: &mut Octets, ti: u8, location: Location, cause: u8) {
    o.layer3(ti, Message::Disconnect);
    o.lv(|o| cause_value(o, location, cause));
}

/// RELEASE, §9.3.18.
pub fn release(o: &mut Octets, ti: u8) {
    o.layer3(ti, Message::Release);
}

/// RELEASE COMPLETE, §9.3.19, with a cause where it is the first sign of the end.
pub fn release_complete(o: &mut Octets, ti: u8, cause: Option<(Location, u8)>) {
    o.layer3(ti, Message::CcReleaseComplete);
    if let Some((location, cause)) = cause {
        o.tlv(0x08, |o| cause_value(o, location, cause));
    }
}

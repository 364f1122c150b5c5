//! Call control messages, 3GPP TS 24.008 §9.3. Mandatory elements by a table, optional ones by their identifiers.

use event::Number;

use super::codes::codes;
use super::element::{Elements, Format};
use super::number::party_number;
use super::ss::Facility;
use super::{Decoded, Malformed, Message, Protocol, Reader, TransactionIdentifier, Value};

codes! {
    /// Message type, 3GPP TS 24.008 Table 10.3.
    pub CcMessageType {
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
    /// Calling party BCD number, §10.5.4.9; absent where the network withholds it.
    pub calling: Option<Number>,
    /// Connected number, §10.5.4.13.
    pub connected: Option<Number>,
    /// Redirecting party BCD number, §10.5.4.21b.
    pub redirecting: Option<Number>,
}

/// A mandatory element, which stands without its identifier.
#[derive(Clone, Copy)]
enum Mandatory {
    /// Format LV, an element also known by this identifier.
    Lv(u8, &'static str),
    /// Format V of one octet.
    V(&'static str),
    /// Call state, §10.5.4.6.
    CallState,
}

const CAUSE: u8 = 0x08;
const FACILITY: u8 = 0x1c;
const PROGRESS_INDICATOR: u8 = 0x1e;
const CONNECTED_NUMBER: u8 = 0x4c;
const CALLING_PARTY_BCD_NUMBER: u8 = 0x5c;
const CALLED_PARTY_BCD_NUMBER: u8 = 0x5e;
const REDIRECTING_PARTY_BCD_NUMBER: u8 = 0x74;
const BEARER_CAPABILITY: u8 = 0x04;
const USER_USER: u8 = 0x7e;
const SETUP_CONTAINER: u8 = 0x7b;

/// Elements of the optional parts, 3GPP TS 24.008 §9.3. All are of type 4 but these and those of one octet.
static ELEMENTS: Elements = Elements::of_layer_3(&[
    (BEARER_CAPABILITY, "bearer capability", Format::Tlv),
    (CAUSE, "cause", Format::Tlv),
    (FACILITY, "facility", Format::Tlv),
    (PROGRESS_INDICATOR, "progress indicator", Format::Tlv),
    (0x2c, "keypad facility", Format::Tv(1)),
    (0x34, "signal", Format::Tv(1)),
    (CONNECTED_NUMBER, "connected number", Format::Tlv),
    (CALLING_PARTY_BCD_NUMBER, "calling party bcd number", Format::Tlv),
    (CALLED_PARTY_BCD_NUMBER, "called party bcd number", Format::Tlv),
    (REDIRECTING_PARTY_BCD_NUMBER, "redirecting party bcd number", Format::Tlv),
    (USER_USER, "user-user", Format::Tlv),
]);

/// The mandatory elements of a message type, in order: 3GPP TS 24.008 §9.3.
const fn mandatory(message_type: CcMessageType) -> &'static [Mandatory] {
    use CcMessageType as T;
    use Mandatory::{CallState, Lv, V};
    const CAUSE_LV: Mandatory = Lv(CAUSE, "cause");
    const BEARER_CAPABILITY_LV: Mandatory = Lv(BEARER_CAPABILITY, "bearer capability");
    match message_type {
        T::PROGRESS => &[Lv(PROGRESS_INDICATOR, "progress indicator")],
        T::CC_ESTABLISHMENT => &[Lv(SETUP_CONTAINER, "setup container")],
        T::RECALL => &[V("recall type"), Lv(FACILITY, "facility")],
        T::USER_INFORMATION => &[Lv(USER_USER, "user-user")],
        T::MODIFY | T::MODIFY_COMPLETE => &[BEARER_CAPABILITY_LV],
        T::MODIFY_REJECT => &[BEARER_CAPABILITY_LV, CAUSE_LV],
        T::DISCONNECT | T::HOLD_REJECT | T::RETRIEVE_REJECT | T::START_DTMF_REJECT => &[CAUSE_LV],
        T::CONGESTION_CONTROL => &[V("congestion level")],
        T::FACILITY => &[Lv(FACILITY, "facility")],
        T::STATUS => &[CAUSE_LV, CallState],
        T::NOTIFY => &[V("notification indicator")],
        _ => &[],
    }
}

impl<'a> Cc<'a> {
    /// Reads what follows a message type (without its sequence number).
    #[inline(always)]
    pub(super) fn read(transaction: TransactionIdentifier, code: u8, octets: &'a [u8]) -> Decoded<Self> {
        let mut r = Reader::new(Protocol::Cc, octets);
        let mut message = Self::new(transaction, CcMessageType(code));
        let read = message.read_mandatory(&mut r);
        if r.keep(read).is_some() {
            while let Some((identifier, value)) = r.element(&ELEMENTS) {
                let put = message.put(identifier, value);
                r.keep(put);
            }
        }
        Decoded { message, malformed: r.stopped() }
    }

    const fn new(transaction: TransactionIdentifier, message_type: CcMessageType) -> Self {
        Self {
            transaction,
            message_type,
            cause: None,
            call_state: None,
            progress: None,
            facility: None,
            called: None,
            calling: None,
            connected: None,
            redirecting: None,
        }
    }

    fn read_mandatory(&mut self, r: &mut Reader<'a>) -> Result<(), Malformed> {
        for element in mandatory(self.message_type) {
            match *element {
                Mandatory::Lv(identifier, name) => {
                    let value = r.lv(name)?;
                    let put = self.put(identifier, r.within(value));
                    r.keep(put);
                }
                Mandatory::V(name) => {
                    let [_] = r.v(name)?;
                }
                Mandatory::CallState => self.call_state = Some(r.u8("call state")? & 0x3f),
            }
        }
        Ok(())
    }

    fn put(&mut self, identifier: u8, r: Reader<'a>) -> Result<(), Malformed> {
        match identifier {
            CAUSE => self.cause = Some(cause(r)?),
            FACILITY => {
                let decoded = Facility::read(r);
                self.facility = Some(decoded.message);
                return decoded.malformed.map_or(Ok(()), Err);
            }
            PROGRESS_INDICATOR => self.progress = Some(progress(r)?),
            CONNECTED_NUMBER => self.connected = party_number(r, "connected number")?,
            CALLING_PARTY_BCD_NUMBER => self.calling = party_number(r, "calling party bcd number")?,
            CALLED_PARTY_BCD_NUMBER => self.called = party_number(r, "called party bcd number")?,
            REDIRECTING_PARTY_BCD_NUMBER => self.redirecting = party_number(r, "redirecting party bcd number")?,
            _ => {}
        }
        Ok(())
    }
}

/// Cause value, 3GPP TS 24.008 §10.5.4.11: after coding standard and location, and where these are extended the
/// recommendation.
pub(super) fn cause(mut r: Reader<'_>) -> Result<u8, Malformed> {
    const LAST: u8 = 0x80;
    let [location] = r.v("cause")?;
    if location & LAST == 0 {
        let [_recommendation] = r.v("cause")?;
    }
    r.u8("cause").map(|value| value & 0x7f)
}

/// Progress description, §10.5.4.21.
fn progress(mut r: Reader<'_>) -> Result<u8, Malformed> {
    let [_location, description] = r.v("progress indicator")?;
    Ok(description & 0x7f)
}

impl Message for Cc<'_> {
    fn protocol(&self) -> Protocol {
        Protocol::Cc
    }

    fn name(&self) -> &'static str {
        self.message_type.name()
    }

    fn code(&self) -> u8 {
        self.message_type.0
    }

    fn elements(&self, visit: &mut dyn FnMut(&'static str, Value<'_>)) {
        self.transaction.visit(visit);
        let integer = |value: u8| Value::Integer(u64::from(value));
        let elements = [
            ("cause", self.cause.map(integer)),
            ("call_state", self.call_state.map(integer)),
            ("progress_indicator", self.progress.map(integer)),
            ("connected_number", self.connected.map(Value::Number)),
            ("calling_party_bcd_number", self.calling.map(Value::Number)),
            ("called_party_bcd_number", self.called.map(Value::Number)),
            ("redirecting_party_bcd_number", self.redirecting.map(Value::Number)),
        ];
        for (name, value) in elements {
            if let Some(value) = value {
                visit(name, value);
            }
        }
        if let Some(facility) = self.facility {
            facility.visit(visit);
        }
    }
}

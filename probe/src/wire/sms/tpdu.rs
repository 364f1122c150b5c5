//! Transfer protocol of short messages, 3GPP TS 23.040 §9.2. Of user data the length only.

use event::Number;

use super::RpMessageType;
use crate::wire::number::{ALPHANUMERIC, digits, semi_octets, septets, type_of_number};
use crate::wire::{Decoded, Malformed, Message, Protocol, Reader, Value};

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
    /// A name (type of number alphanumeric). As an element it is not shown: it is text that somebody wrote.
    Name(Number),
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

/// The fields of a TPDU behind its first octet.
#[derive(Clone, Copy)]
enum Field {
    MessageReference,
    Address(&'static str),
    ProtocolIdentifier,
    DataCodingScheme,
    /// Of the length that the validity period format says.
    ValidityPeriod,
    /// Octets without a meaning here.
    Passed(usize, &'static str),
    Status,
    /// There in an RP-ERROR only.
    FailureCause,
    /// Says which of protocol identifier, data coding scheme and user data are there; may be missing altogether.
    ParameterIndicator,
    /// Those, behind what stands between the indicator and them.
    Indicated,
    UserDataLength,
}

const TIME_STAMP: Field = Field::Passed(7, "tp-service-centre-time-stamp");

/// Parameter indicator, 3GPP TS 23.040 §9.2.3.27.
const PROTOCOL_IDENTIFIER_INDICATED: u8 = 0x01;
const DATA_CODING_SCHEME_INDICATED: u8 = 0x02;
const USER_DATA_INDICATED: u8 = 0x04;

impl TpduType {
    /// By type indicator, §9.2.3.1, and direction.
    const fn new(indicator: u8, from_mobile: bool) -> Self {
        match (indicator & 3, from_mobile) {
            (0, false) => Self::Deliver,
            (0, true) => Self::DeliverReport,
            (1, true) => Self::Submit,
            (1, false) => Self::SubmitReport,
            (2, false) => Self::StatusReport,
            (2, true) => Self::Command,
            _ => Self::Reserved,
        }
    }

    /// The specification's name in snake case.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Deliver => "sms_deliver",
            Self::DeliverReport => "sms_deliver_report",
            Self::Submit => "sms_submit",
            Self::SubmitReport => "sms_submit_report",
            Self::StatusReport => "sms_status_report",
            Self::Command => "sms_command",
            Self::Reserved => "unknown",
        }
    }

    /// Type indicator.
    pub const fn code(self) -> u8 {
        match self {
            Self::Deliver | Self::DeliverReport => 0,
            Self::Submit | Self::SubmitReport => 1,
            Self::StatusReport | Self::Command => 2,
            Self::Reserved => 3,
        }
    }

    /// 3GPP TS 23.040 §9.2.2.1 to §9.2.2.4.
    const fn fields(self) -> &'static [Field] {
        use Field as F;
        match self {
            Self::Deliver => &[
                F::Address("tp-originating-address"),
                F::ProtocolIdentifier,
                F::DataCodingScheme,
                TIME_STAMP,
                F::UserDataLength,
            ],
            Self::DeliverReport => &[F::FailureCause, F::ParameterIndicator, F::Indicated],
            Self::Submit => &[
                F::MessageReference,
                F::Address("tp-destination-address"),
                F::ProtocolIdentifier,
                F::DataCodingScheme,
                F::ValidityPeriod,
                F::UserDataLength,
            ],
            Self::SubmitReport => &[F::FailureCause, F::ParameterIndicator, TIME_STAMP, F::Indicated],
            Self::StatusReport => &[
                F::MessageReference,
                F::Address("tp-recipient-address"),
                TIME_STAMP,
                F::Passed(7, "tp-discharge-time"),
                F::Status,
                F::ParameterIndicator,
                F::Indicated,
            ],
            Self::Command => &[
                F::MessageReference,
                F::ProtocolIdentifier,
                F::Passed(1, "tp-command-type"),
                F::Passed(1, "tp-message-number"),
                F::Address("tp-destination-address"),
                F::UserDataLength,
            ],
            Self::Reserved => &[],
        }
    }

    const fn address_name(self) -> &'static str {
        match self {
            Self::Deliver => "tp_originating_address",
            Self::StatusReport => "tp_recipient_address",
            _ => "tp_destination_address",
        }
    }
}

impl Tpdu {
    /// Reads RP-User data: the RP message says the direction. An error only where there is no octet.
    pub(super) fn read(octets: &[u8], rp: RpMessageType) -> Result<Decoded<Self>, Malformed> {
        const USER_DATA_HEADER: u8 = 0x40;
        let mut r = Reader::new(Protocol::Tpdu, octets);
        let [first] = r.v("tp-message-type-indicator")?;
        let mut message = Self {
            tpdu_type: TpduType::new(first, rp.is_from_mobile()),
            user_data_header: first & USER_DATA_HEADER != 0,
            reference: None,
            party: None,
            protocol_identifier: None,
            data_coding_scheme: None,
            status: None,
            failure_cause: None,
            user_data_length: None,
        };
        let read = message.read_fields(first, rp, &mut r);
        r.keep(read);
        Ok(Decoded { message, malformed: r.stopped() })
    }

    fn read_fields(&mut self, first: u8, rp: RpMessageType, r: &mut Reader<'_>) -> Result<(), Malformed> {
        let mut indicated = 0;
        for field in self.tpdu_type.fields() {
            match *field {
                Field::MessageReference => self.reference = Some(r.u8("tp-message-reference")?),
                Field::Address(element) => self.party = Some(Party::read(r, element)?),
                Field::ProtocolIdentifier => self.protocol_identifier = Some(r.u8("tp-protocol-identifier")?),
                Field::DataCodingScheme => self.data_coding_scheme = Some(r.u8("tp-data-coding-scheme")?),
                Field::ValidityPeriod => drop(r.take(validity_period_length(first), "tp-validity-period")?),
                Field::Passed(length, element) => drop(r.take(length, element)?),
                Field::Status => self.status = Some(r.u8("tp-status")?),
                Field::FailureCause if rp.is_error() => self.failure_cause = Some(r.u8("tp-failure-cause")?),
                Field::FailureCause => {}
                Field::ParameterIndicator => indicated = parameter_indicator(r)?,
                Field::Indicated => self.read_indicated(indicated, r)?,
                Field::UserDataLength => self.user_data_length = Some(r.u8("tp-user-data-length")?),
            }
        }
        Ok(())
    }

    fn read_indicated(&mut self, indicated: u8, r: &mut Reader<'_>) -> Result<(), Malformed> {
        if indicated & PROTOCOL_IDENTIFIER_INDICATED != 0 {
            self.protocol_identifier = Some(r.u8("tp-protocol-identifier")?);
        }
        if indicated & DATA_CODING_SCHEME_INDICATED != 0 {
            self.data_coding_scheme = Some(r.u8("tp-data-coding-scheme")?);
        }
        if indicated & USER_DATA_INDICATED != 0 {
            self.user_data_length = Some(r.u8("tp-user-data-length")?);
        }
        Ok(())
    }
}

impl Party {
    /// §9.1.2.5: its length counts semi-octets, without the type of address.
    fn read(r: &mut Reader<'_>, element: &'static str) -> Result<Self, Malformed> {
        let [length, type_of_address] = r.v(element)?;
        let length = usize::from(length);
        let value = r.take(length.div_ceil(2), element)?;
        Ok(match type_of_number(type_of_address) {
            ALPHANUMERIC => Self::Name(Number::of_septets(septets(value).take(length * 4 / 7))),
            number => Self::Number(digits(number, semi_octets(value).take(length))),
        })
    }

    const fn value(self) -> Value<'static> {
        match self {
            Self::Number(number) => Value::Number(number),
            Self::Name(_) => Value::Name("alphanumeric"),
        }
    }
}

/// §9.2.3.27; its extension octets say nothing that is read here.
fn parameter_indicator(r: &mut Reader<'_>) -> Result<u8, Malformed> {
    const EXTENDED: u8 = 0x80;
    if r.is_empty() {
        return Ok(0);
    }
    let first = r.u8("tp-parameter-indicator")?;
    let mut last = first;
    while last & EXTENDED != 0 {
        last = r.u8("tp-parameter-indicator")?;
    }
    Ok(first)
}

/// Validity period format, §9.2.3.3.
const fn validity_period_length(first: u8) -> usize {
    match first >> 3 & 3 {
        0 => 0,
        2 => 1,
        _ => 7,
    }
}

impl Message for Tpdu {
    fn protocol(&self) -> Protocol {
        Protocol::Tpdu
    }

    fn name(&self) -> &'static str {
        self.tpdu_type.name()
    }

    fn code(&self) -> u8 {
        self.tpdu_type.code()
    }

    // The direction too.
    fn is_named_by_code(&self) -> bool {
        false
    }

    fn elements(&self, visit: &mut dyn FnMut(&'static str, Value<'_>)) {
        let integer = |value: u8| Value::Integer(u64::from(value));
        let elements = [
            ("tp_message_reference", self.reference.map(integer)),
            (self.tpdu_type.address_name(), self.party.map(Party::value)),
            ("tp_protocol_identifier", self.protocol_identifier.map(integer)),
            ("tp_data_coding_scheme", self.data_coding_scheme.map(|scheme| Value::Code(u64::from(scheme)))),
            ("tp_status", self.status.map(integer)),
            ("tp_failure_cause", self.failure_cause.map(|cause| Value::Code(u64::from(cause)))),
            ("tp_user_data_header_indicator", Some(Value::Flag(self.user_data_header))),
            ("tp_user_data_length", self.user_data_length.map(integer)),
        ];
        for (name, value) in elements {
            if let Some(value) = value {
                visit(name, value);
            }
        }
    }
}

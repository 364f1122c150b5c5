//! Signalling connection control part, ITU-T Q.713. What each message holds is a table (`layout`).

mod address;
mod layout;
pub mod management;

pub use address::{Address, GlobalTitle};

use self::layout::{Layout, Parameter};
use super::codes::codes;
use super::point_code::PointCodeFormat;
use super::{Decoded, Fault, Malformed, Message, Protocol, Reader, Value};

codes! {
    /// Message type, ITU-T Q.713 §2.1, Table 1.
    pub SccpMessageType {
        0x01 CONNECTION_REQUEST "connection_request",
        0x02 CONNECTION_CONFIRM "connection_confirm",
        0x03 CONNECTION_REFUSED "connection_refused",
        0x04 RELEASED "released",
        0x05 RELEASE_COMPLETE "release_complete",
        0x06 DATA_FORM_1 "data_form_1",
        0x07 DATA_FORM_2 "data_form_2",
        0x08 DATA_ACKNOWLEDGEMENT "data_acknowledgement",
        0x09 UNITDATA "unitdata",
        0x0a UNITDATA_SERVICE "unitdata_service",
        0x0b EXPEDITED_DATA "expedited_data",
        0x0c EXPEDITED_DATA_ACKNOWLEDGEMENT "expedited_data_acknowledgement",
        0x0d RESET_REQUEST "reset_request",
        0x0e RESET_CONFIRMATION "reset_confirmation",
        0x0f PROTOCOL_DATA_UNIT_ERROR "protocol_data_unit_error",
        0x10 INACTIVITY_TEST "inactivity_test",
        0x11 EXTENDED_UNITDATA "extended_unitdata",
        0x12 EXTENDED_UNITDATA_SERVICE "extended_unitdata_service",
        0x13 LONG_UNITDATA "long_unitdata",
        0x14 LONG_UNITDATA_SERVICE "long_unitdata_service",
    }
}

/// Local reference, ITU-T Q.713 §3.2, 24 bits: names a connection at the node that chose it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LocalReference(pub u32);

/// Segmentation, ITU-T Q.713 §3.17, of XUDT and LUDT.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segmentation {
    /// Whether this is the first segment.
    pub first: bool,
    /// Whether in-sequence delivery (class 1) was asked for.
    pub in_sequence: bool,
    /// How many segments are still to come, 0 to 15.
    pub remaining: u8,
    /// Segmentation local reference, 24 bits.
    pub reference: u32,
}

/// An SCCP message: its type and its parameters; which are there is the type's.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sccp<'a> {
    /// Message type.
    pub message_type: SccpMessageType,
    /// Destination local reference, §3.2.
    pub destination: Option<LocalReference>,
    /// Source local reference, §3.3.
    pub source: Option<LocalReference>,
    /// Protocol class, §3.6: class 0 to 3 in the low four bits, return on error in the high.
    pub protocol_class: Option<u8>,
    /// Refusal, release, return, reset or error cause (§3.15, §3.11 to §3.14), as the message type says.
    pub cause: Option<u8>,
    /// More data follows in the next DT1 or DT2 (§3.7, §3.9).
    pub more_data: bool,
    /// Called party address, §3.4.
    pub called: Option<Address<'a>>,
    /// Calling party address, §3.5.
    pub calling: Option<Address<'a>>,
    /// Segmentation, §3.17; absent where the data is whole.
    pub segmentation: Option<Segmentation>,
    /// Data or long data (§3.16, §3.20): the user's octets.
    pub data: Option<&'a [u8]>,
}

/// A segment of a connection's data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment<'a> {
    /// Destination local reference, §3.2.
    pub destination: LocalReference,
    /// More data follows in the next one (§3.7).
    pub more_data: bool,
    /// Data (§3.16).
    pub data: &'a [u8],
}

impl<'a> Segment<'a> {
    /// That of DT1, §4.7, which nearly every message is: type, destination local reference, segmenting/reassembling, pointer to
    /// the length of the data. `None` of another message, and of one that is cut short.
    #[inline]
    pub fn of_data_form_1(octets: &'a [u8]) -> Option<Self> {
        const DATA_FORM_1: u8 = SccpMessageType::DATA_FORM_1.0;
        const POINTER_PLACE: usize = 5;
        let &[DATA_FORM_1, a, b, c, segmenting, pointer, ..] = octets else { return None };
        if pointer == 0 {
            return None;
        }
        let (length, data) = octets.get(POINTER_PLACE + usize::from(pointer)..)?.split_first()?;
        let destination = LocalReference(u32::from_le_bytes([a, b, c, 0]));
        Some(Self { destination, more_data: segmenting & 1 != 0, data: data.get(..usize::from(*length))? })
    }
}

/// Reads an SCCP message; `point_codes` is how its addresses write them. An error only where there is no octet.
pub fn read(octets: &[u8], point_codes: PointCodeFormat) -> Result<Decoded<Sccp<'_>>, Malformed> {
    let mut place = Decoded::from(Sccp::UNREAD);
    read_at(&mut place, octets, point_codes)?;
    Ok(place)
}

/// The same where the message is to lie, which is [`Sccp::UNREAD`] yet: to move it would take longer than to read most.
pub fn read_at<'m, 'a>(
    place: &'m mut Decoded<Sccp<'a>>,
    octets: &'a [u8],
    point_codes: PointCodeFormat,
) -> Result<&'m Decoded<Sccp<'a>>, Malformed> {
    let mut r = Reader::new(Protocol::Sccp, octets);
    let Decoded { message, malformed } = &mut *place;
    message.message_type = SccpMessageType(r.u8("message type")?);
    let read = message.read(&mut r, point_codes);
    r.keep(read);
    *malformed = r.stopped();
    Ok(place)
}

impl<'a> Sccp<'a> {
    /// Of a message of which nothing has been read.
    pub const UNREAD: Self = Self::new(SccpMessageType(0));

    /// A message of this type without parameters.
    pub(super) const fn new(message_type: SccpMessageType) -> Self {
        Self {
            message_type,
            destination: None,
            source: None,
            protocol_class: None,
            cause: None,
            more_data: false,
            called: None,
            calling: None,
            segmentation: None,
            data: None,
        }
    }

    /// The segment of data that a DT1 or DT2 is.
    pub fn segment(&self) -> Option<Segment<'a>> {
        let &Self { destination, more_data, data, .. } = self;
        Some(Segment { destination: destination?, more_data, data: data? })
    }

    #[inline(always)]
    fn read(&mut self, r: &mut Reader<'a>, point_codes: PointCodeFormat) -> Result<(), Malformed> {
        use SccpMessageType as T;
        match self.message_type {
            T::CONNECTION_REQUEST => self.read_as::<{ T::CONNECTION_REQUEST.0 }>(r, point_codes),
            T::CONNECTION_CONFIRM => self.read_as::<{ T::CONNECTION_CONFIRM.0 }>(r, point_codes),
            T::RELEASED => self.read_as::<{ T::RELEASED.0 }>(r, point_codes),
            T::RELEASE_COMPLETE => self.read_as::<{ T::RELEASE_COMPLETE.0 }>(r, point_codes),
            T::UNITDATA => self.read_as::<{ T::UNITDATA.0 }>(r, point_codes),
            other => self.read_other(other, r, point_codes),
        }
    }

    fn read_other(
        &mut self,
        message_type: SccpMessageType,
        r: &mut Reader<'a>,
        point_codes: PointCodeFormat,
    ) -> Result<(), Malformed> {
        let Some(layout) = Layout::of(message_type) else { return Ok(()) };
        self.read_laid_out(layout, r, point_codes)
    }

    /// Of the types that are most frequent: compiled apart for each, with its layout known.
    fn read_as<const TYPE: u8>(&mut self, r: &mut Reader<'a>, point_codes: PointCodeFormat) -> Result<(), Malformed> {
        let Some(layout) = (const { Layout::of(SccpMessageType(TYPE)) }) else { return Ok(()) };
        self.read_laid_out(layout, r, point_codes)
    }

    #[inline(always)]
    fn read_laid_out(
        &mut self,
        layout: Layout,
        r: &mut Reader<'a>,
        point_codes: PointCodeFormat,
    ) -> Result<(), Malformed> {
        for &parameter in layout.fixed {
            let value = r.take(parameter.fixed_length(), parameter.name())?;
            self.put(parameter, r.within(value), point_codes)?;
        }
        let width = Width::of(self.message_type);
        for &parameter in layout.variable {
            let mut target = width.pointer(r, parameter.name())?.ok_or(r.error(parameter.name(), Fault::Invalid))?;
            let value = length_and_value(&mut target, parameter)?;
            // An odd address must not cost the data behind it.
            let put = self.put(parameter, r.within(value), point_codes);
            r.keep(put);
        }
        if !layout.optional {
            return Ok(());
        }
        match width.pointer(r, "pointer to optional part")? {
            Some(optional) => self.read_optional(optional, r, point_codes),
            None => Ok(()),
        }
    }

    #[inline(never)]
    fn read_optional(
        &mut self,
        mut optional: Reader<'a>,
        r: &mut Reader<'a>,
        point_codes: PointCodeFormat,
    ) -> Result<(), Malformed> {
        loop {
            let [code] = optional.v(Parameter::END_OF_OPTIONAL_PARAMETERS.name())?;
            let parameter = Parameter(code);
            if parameter == Parameter::END_OF_OPTIONAL_PARAMETERS {
                return Ok(());
            }
            let value = length_and_value(&mut optional, parameter)?;
            let put = self.put(parameter, r.within(value), point_codes);
            r.keep(put);
        }
    }

    #[inline(always)]
    fn put(&mut self, parameter: Parameter, mut r: Reader<'a>, point_codes: PointCodeFormat) -> Result<(), Malformed> {
        let element = parameter.name();
        match parameter {
            Parameter::DESTINATION_LOCAL_REFERENCE => self.destination = Some(LocalReference::read(&mut r, element)?),
            Parameter::SOURCE_LOCAL_REFERENCE => self.source = Some(LocalReference::read(&mut r, element)?),
            Parameter::CALLED_PARTY_ADDRESS => self.called = Some(Address::read(r, element, point_codes)?),
            Parameter::CALLING_PARTY_ADDRESS => self.calling = Some(Address::read(r, element, point_codes)?),
            Parameter::PROTOCOL_CLASS => self.protocol_class = Some(r.u8(element)?),
            Parameter::SEGMENTING_REASSEMBLING => self.more_data = r.u8(element)? & 1 != 0,
            // The flag is bit 1 of the last octet, Q.713 §3.9.
            Parameter::SEQUENCING_SEGMENTING => self.more_data = r.u16(element)? & 1 != 0,
            Parameter::RELEASE_CAUSE
            | Parameter::RETURN_CAUSE
            | Parameter::RESET_CAUSE
            | Parameter::ERROR_CAUSE
            | Parameter::REFUSAL_CAUSE => self.cause = Some(r.u8(element)?),
            Parameter::SEGMENTATION => self.segmentation = Some(Segmentation::read(r, element)?),
            Parameter::DATA | Parameter::LONG_DATA => self.data = Some(r.rest()),
            _ => {}
        }
        Ok(())
    }
}

/// How wide pointers are: LUDT and LUDTS have two octets, Q.713 §2.3.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Width {
    One,
    Two,
}

impl Width {
    const fn of(message_type: SccpMessageType) -> Self {
        match message_type {
            SccpMessageType::LONG_UNITDATA | SccpMessageType::LONG_UNITDATA_SERVICE => Self::Two,
            _ => Self::One,
        }
    }

    /// Reads a pointer and gives what it points to; `None` where it is zero. It counts from its own (last) octet.
    fn pointer<'a>(self, r: &mut Reader<'a>, element: &'static str) -> Result<Option<Reader<'a>>, Malformed> {
        let mut from = r.rest();
        let [low] = r.v(element)?;
        let high = if self == Self::Two {
            from = r.rest();
            let [high] = r.v(element)?;
            high
        } else {
            0
        };
        let offset = u16::from_le_bytes([low, high]);
        if offset == 0 {
            return Ok(None);
        }
        let target = from.get(usize::from(offset)..).ok_or(r.error(element, Fault::Truncated))?;
        Ok(Some(r.within(target)))
    }
}

/// Long data has a length of two octets, the low one first: Q.713 §3.20.
fn length_and_value<'a>(r: &mut Reader<'a>, parameter: Parameter) -> Result<&'a [u8], Malformed> {
    if parameter != Parameter::LONG_DATA {
        return r.lv(parameter.name());
    }
    let length = r.v(parameter.name()).map(u16::from_le_bytes)?;
    r.take(usize::from(length), parameter.name())
}

impl LocalReference {
    fn read(r: &mut Reader<'_>, element: &'static str) -> Result<Self, Malformed> {
        // The low octet first, as elsewhere in SCCP.
        let [a, b, c] = r.v(element)?;
        Ok(Self(u32::from_le_bytes([a, b, c, 0])))
    }
}

impl Segmentation {
    fn read(mut r: Reader<'_>, element: &'static str) -> Result<Self, Malformed> {
        let flags = r.u8(element)?;
        let LocalReference(reference) = LocalReference::read(&mut r, element)?;
        Ok(Self { first: flags & 0x80 != 0, in_sequence: flags & 0x40 != 0, remaining: flags & 15, reference })
    }
}

impl Message for Sccp<'_> {
    fn protocol(&self) -> Protocol {
        Protocol::Sccp
    }

    fn name(&self) -> &'static str {
        self.message_type.name()
    }

    fn code(&self) -> u8 {
        self.message_type.0
    }

    fn elements(&self, visit: &mut dyn FnMut(&'static str, Value<'_>)) {
        let code = |value: u32| Value::Code(u64::from(value));
        let subsystem = |address: Option<Address<'_>>| address.and_then(|address| address.subsystem);
        let integer = |value: u8| Value::Integer(u64::from(value));
        let elements = [
            ("destination_local_reference", self.destination.map(|reference| code(reference.0))),
            ("source_local_reference", self.source.map(|reference| code(reference.0))),
            ("protocol_class", self.protocol_class.map(|class| code(u32::from(class & 15)))),
            ("cause", self.cause.map(u32::from).map(code)),
            ("called_subsystem_number", subsystem(self.called).map(integer)),
            ("calling_subsystem_number", subsystem(self.calling).map(integer)),
            ("segmentation_local_reference", self.segmentation.map(|segment| code(segment.reference))),
            ("remaining_segments", self.segmentation.map(|segment| integer(segment.remaining))),
        ];
        for (name, value) in elements {
            if let Some(value) = value {
                visit(name, value);
            }
        }
        if self.protocol_class.is_some_and(|class| class & 0x80 != 0) {
            visit("return_on_error", Value::Flag(true));
        }
        if self.more_data {
            visit("more_data", Value::Flag(true));
        }
    }
}

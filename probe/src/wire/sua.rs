//! SCCP User Adaptation, RFC 3868 §3: the service of SCCP in messages of its own, read into those of SCCP (§1.3.1).

use super::sccp::{Address, LocalReference, Sccp, SccpMessageType, Segmentation};
use super::sigtran::{self, Header};
use super::{Malformed, Message, Protocol, Reader, Value};

// Message classes, §3.1.2.
const CONNECTIONLESS: u8 = 7;
const CONNECTION_ORIENTED: u8 = 8;

// Parameter tags, §3.9, §3.10.
const ROUTING_CONTEXT: u16 = 0x0006;
const SOURCE_ADDRESS: u16 = 0x0102;
const DESTINATION_ADDRESS: u16 = 0x0103;
const SOURCE_REFERENCE: u16 = 0x0104;
const DESTINATION_REFERENCE: u16 = 0x0105;
const SCCP_CAUSE: u16 = 0x0106;
const SEQUENCE_NUMBER: u16 = 0x0107;
const DATA: u16 = 0x010b;
const PROTOCOL_CLASS: u16 = 0x0115;
const SEGMENTATION: u16 = 0x0117;

// Tags inside an address, §3.10.2.
const POINT_CODE: u16 = 0x8002;
const SUBSYSTEM_NUMBER: u16 = 0x8003;

/// A message of any class.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SuaMessage<'a> {
    /// Message class, §3.1.2.
    pub class: u8,
    /// Message type within its class.
    pub kind: u8,
    /// The first routing context.
    pub routing_context: Option<u32>,
    /// The SCCP message that this one stands for; absent in messages of the layer's own. References have 32 bits here.
    pub sccp: Option<Sccp<'a>>,
}

impl<'a> SuaMessage<'a> {
    /// Reads a message. `snapped` tells that the capture does not hold its end.
    pub fn read(octets: &'a [u8], snapped: bool) -> Result<Self, Malformed> {
        let Header { class, kind, mut body } = Header::read(Protocol::Sua, octets, snapped)?;
        let sccp = sccp_type(class, kind).map(Sccp::new);
        let mut message = Self { class, kind, routing_context: None, sccp };
        while !body.is_empty() {
            let (tag, mut value) = sigtran::parameter(&mut body, snapped)?;
            match (tag, &mut message.sccp) {
                (ROUTING_CONTEXT, _) => message.routing_context = Some(value.u32("routing context")?),
                (_, Some(sccp)) => put(sccp, tag, value, snapped)?,
                _ => {}
            }
        }
        Ok(message)
    }
}

/// The SCCP message that carries the same, RFC 3868 §1.3.1, §3.3, §3.4.
const fn sccp_type(class: u8, kind: u8) -> Option<SccpMessageType> {
    Some(match (class, kind) {
        (CONNECTIONLESS, 1) => SccpMessageType::EXTENDED_UNITDATA,
        (CONNECTIONLESS, 2) => SccpMessageType::EXTENDED_UNITDATA_SERVICE,
        (CONNECTION_ORIENTED, 1) => SccpMessageType::CONNECTION_REQUEST,
        (CONNECTION_ORIENTED, 2) => SccpMessageType::CONNECTION_CONFIRM,
        (CONNECTION_ORIENTED, 3) => SccpMessageType::CONNECTION_REFUSED,
        (CONNECTION_ORIENTED, 4) => SccpMessageType::RELEASED,
        (CONNECTION_ORIENTED, 5) => SccpMessageType::RELEASE_COMPLETE,
        (CONNECTION_ORIENTED, 6) => SccpMessageType::RESET_CONFIRMATION,
        (CONNECTION_ORIENTED, 7) => SccpMessageType::RESET_REQUEST,
        (CONNECTION_ORIENTED, 8) => SccpMessageType::DATA_FORM_1,
        (CONNECTION_ORIENTED, 9) => SccpMessageType::DATA_ACKNOWLEDGEMENT,
        (CONNECTION_ORIENTED, 10) => SccpMessageType::PROTOCOL_DATA_UNIT_ERROR,
        (CONNECTION_ORIENTED, 11) => SccpMessageType::INACTIVITY_TEST,
        _ => return None,
    })
}

fn put<'a>(sccp: &mut Sccp<'a>, tag: u16, mut value: Reader<'a>, snapped: bool) -> Result<(), Malformed> {
    match tag {
        SOURCE_ADDRESS => sccp.calling = Some(address(value, "source address", snapped)?),
        DESTINATION_ADDRESS => sccp.called = Some(address(value, "destination address", snapped)?),
        SOURCE_REFERENCE => sccp.source = Some(LocalReference(value.u32("source reference number")?)),
        DESTINATION_REFERENCE => sccp.destination = Some(LocalReference(value.u32("destination reference number")?)),
        SCCP_CAUSE => {
            let [_, _, _kind, cause] = value.v("sccp cause")?;
            sccp.cause = Some(cause);
        }
        SEQUENCE_NUMBER => {
            let [_, _, receive, _send] = value.v("sequence number")?;
            sccp.more_data = receive & 1 != 0; // as in Q.713 §3.9
        }
        PROTOCOL_CLASS => {
            let [_, _, _, class] = value.v("protocol class")?;
            sccp.protocol_class = Some(class & 0x83);
        }
        SEGMENTATION => {
            let [first_remaining, high, middle, low] = value.v("segmentation")?;
            let (first, remaining) = (first_remaining & 0x80 != 0, first_remaining & 0x7f);
            let reference = u32::from_be_bytes([0, high, middle, low]);
            // A message in one piece may say so.
            sccp.segmentation =
                (!first || remaining > 0).then_some(Segmentation { first, in_sequence: false, remaining, reference });
        }
        DATA => sccp.data = Some(value.rest()),
        _ => {}
    }
    Ok(())
}

/// An address, §3.10.2. A global title is laid out in another way than SCCP's and is not read.
fn address<'a>(mut value: Reader<'a>, element: &'static str, snapped: bool) -> Result<Address<'a>, Malformed> {
    const ROUTE_ON_SUBSYSTEM: u16 = 2;
    let routing = value.u16(element)?;
    value.u16(element)?;
    let mut address = Address {
        route_on_subsystem: routing == ROUTE_ON_SUBSYSTEM,
        point_code: None,
        subsystem: None,
        global_title: None,
    };
    while !value.is_empty() {
        let (tag, mut part) = sigtran::parameter(&mut value, snapped)?;
        match tag {
            POINT_CODE => address.point_code = Some(part.u32("point code")?),
            SUBSYSTEM_NUMBER => {
                let [_, _, _, subsystem] = part.v("subsystem number")?;
                address.subsystem = Some(subsystem);
            }
            _ => {}
        }
    }
    Ok(address)
}

impl Message for SuaMessage<'_> {
    fn protocol(&self) -> Protocol {
        Protocol::Sua
    }

    fn name(&self) -> &'static str {
        match (self.class, self.kind) {
            (CONNECTIONLESS, 1) => "connectionless_data_transfer",
            (CONNECTIONLESS, 2) => "connectionless_data_response",
            (CONNECTION_ORIENTED, 1) => "connection_request",
            (CONNECTION_ORIENTED, 2) => "connection_acknowledge",
            (CONNECTION_ORIENTED, 3) => "connection_refused",
            (CONNECTION_ORIENTED, 4) => "release_request",
            (CONNECTION_ORIENTED, 5) => "release_complete",
            (CONNECTION_ORIENTED, 6) => "reset_confirm",
            (CONNECTION_ORIENTED, 7) => "reset_request",
            (CONNECTION_ORIENTED, 8) => "connection_oriented_data_transfer",
            (CONNECTION_ORIENTED, 9) => "connection_oriented_data_acknowledge",
            (CONNECTION_ORIENTED, 10) => "connection_oriented_error",
            (CONNECTION_ORIENTED, 11) => "inactivity_test",
            _ => sigtran::management_name(self.class, self.kind),
        }
    }

    fn code(&self) -> u8 {
        self.kind
    }

    fn is_named_by_code(&self) -> bool {
        false
    }

    fn elements(&self, visit: &mut dyn FnMut(&'static str, Value<'_>)) {
        visit("message_class", Value::Code(u64::from(self.class)));
        if let Some(context) = self.routing_context {
            visit("routing_context", Value::Integer(u64::from(context)));
        }
        if let Some(sccp) = self.sccp {
            sccp.elements(visit);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parameter(tag: u16, value: &[u8]) -> Vec<u8> {
        let length = u16::try_from(value.len() + 4).unwrap().to_be_bytes();
        let mut octets = [&tag.to_be_bytes()[..], &length, value].concat();
        octets.resize(octets.len().next_multiple_of(4), 0);
        octets
    }

    fn message(class: u8, kind: u8, parameters: &[Vec<u8>]) -> Vec<u8> {
        let parameters = parameters.concat();
        let length = u32::try_from(parameters.len() + 8).unwrap().to_be_bytes();
        [&[1, 0, class, kind][..], &length, &parameters].concat()
    }

    fn address(point_code: u32, subsystem: u8) -> Vec<u8> {
        let parts =
            [parameter(POINT_CODE, &point_code.to_be_bytes()), parameter(SUBSYSTEM_NUMBER, &[0, 0, 0, subsystem])];
        [&[0, 2, 0, 3][..], &parts.concat()].concat()
    }

    #[test]
    fn a_connection_request_is_sccps() {
        let octets = message(
            8,
            1,
            &[
                parameter(ROUTING_CONTEXT, &[0, 0, 0, 9]),
                parameter(PROTOCOL_CLASS, &[0, 0, 0, 2]),
                parameter(SOURCE_REFERENCE, &[0, 1, 2, 3]),
                parameter(DESTINATION_ADDRESS, &address(187, 254)),
                parameter(SOURCE_ADDRESS, &address(185, 254)),
                parameter(DATA, &[0, 1, 0x57]),
            ],
        );
        let read = SuaMessage::read(&octets, false).unwrap();
        assert_eq!((read.name(), read.routing_context), ("connection_request", Some(9)));
        let sccp = read.sccp.unwrap();
        assert_eq!(sccp.message_type, SccpMessageType::CONNECTION_REQUEST);
        assert_eq!((sccp.source, sccp.destination), (Some(LocalReference(0x1_0203)), None));
        assert_eq!((sccp.protocol_class, sccp.data), (Some(2), Some(&[0, 1, 0x57][..])));
        let called = sccp.called.unwrap();
        assert_eq!((called.point_code, called.subsystem, called.route_on_subsystem), (Some(187), Some(254), true));
        for len in 0..octets.len() - 3 {
            assert!(SuaMessage::read(&octets[..len], false).is_err(), "cut at {len}");
        }
    }

    #[test]
    fn data_tells_its_connection_cause_and_whether_more_follows() {
        let data = message(
            8,
            8,
            &[
                parameter(DESTINATION_REFERENCE, &[0, 0, 0, 5]),
                parameter(SEQUENCE_NUMBER, &[0, 0, 1, 0]),
                parameter(DATA, &[7]),
            ],
        );
        let sccp = SuaMessage::read(&data, false).unwrap().sccp.unwrap();
        assert_eq!((sccp.message_type, sccp.more_data), (SccpMessageType::DATA_FORM_1, true));
        let release = message(8, 4, &[parameter(SCCP_CAUSE, &[0, 0, 3, 15])]);
        assert_eq!(SuaMessage::read(&release, false).unwrap().sccp.unwrap().cause, Some(15));
    }

    #[test]
    fn segments_of_connectionless_data_are_told() {
        for (octets, expected) in
            [([0x80, 0, 0, 1], None), ([0x82, 0, 0, 1], Some((true, 2))), ([0, 0, 0, 1], Some((false, 0)))]
        {
            let octets = message(7, 1, &[parameter(SEGMENTATION, &octets), parameter(DATA, &[1])]);
            let sccp = SuaMessage::read(&octets, false).unwrap().sccp.unwrap();
            assert_eq!(sccp.segmentation.map(|segment| (segment.first, segment.remaining)), expected);
        }
    }

    #[test]
    fn messages_of_its_own_have_names_only() {
        for (class, kind, name) in [(3, 1, "asp_up"), (2, 2, "destination_available"), (5, 5, "unknown")] {
            let octets = message(class, kind, &[]);
            let read = SuaMessage::read(&octets, false).unwrap();
            assert_eq!((read.name(), read.sccp), (name, None));
        }
    }
}

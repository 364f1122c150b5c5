//! Session management messages, 3GPP TS 24.008 §9.5.

use event::DomainName;

use super::codes::codes;
use super::element::{Elements, Format};
use super::{Decoded, Fault, Malformed, Message, Protocol, Reader, TransactionIdentifier, Value};

codes! {
    /// Message type, 3GPP TS 24.008 Table 10.4a.
    pub SmMessageType {
        0x41 ACTIVATE_PDP_CONTEXT_REQUEST "activate_pdp_context_request",
        0x42 ACTIVATE_PDP_CONTEXT_ACCEPT "activate_pdp_context_accept",
        0x43 ACTIVATE_PDP_CONTEXT_REJECT "activate_pdp_context_reject",
        0x44 REQUEST_PDP_CONTEXT_ACTIVATION "request_pdp_context_activation",
        0x45 REQUEST_PDP_CONTEXT_ACTIVATION_REJECT "request_pdp_context_activation_reject",
        0x46 DEACTIVATE_PDP_CONTEXT_REQUEST "deactivate_pdp_context_request",
        0x47 DEACTIVATE_PDP_CONTEXT_ACCEPT "deactivate_pdp_context_accept",
        0x48 MODIFY_PDP_CONTEXT_REQUEST_BY_NETWORK "modify_pdp_context_request",
        0x49 MODIFY_PDP_CONTEXT_ACCEPT_BY_MOBILE "modify_pdp_context_accept",
        0x4a MODIFY_PDP_CONTEXT_REQUEST_BY_MOBILE "modify_pdp_context_request",
        0x4b MODIFY_PDP_CONTEXT_ACCEPT_BY_NETWORK "modify_pdp_context_accept",
        0x4c MODIFY_PDP_CONTEXT_REJECT "modify_pdp_context_reject",
        0x4d ACTIVATE_SECONDARY_PDP_CONTEXT_REQUEST "activate_secondary_pdp_context_request",
        0x4e ACTIVATE_SECONDARY_PDP_CONTEXT_ACCEPT "activate_secondary_pdp_context_accept",
        0x4f ACTIVATE_SECONDARY_PDP_CONTEXT_REJECT "activate_secondary_pdp_context_reject",
        0x55 SM_STATUS "sm_status",
        0x56 ACTIVATE_MBMS_CONTEXT_REQUEST "activate_mbms_context_request",
        0x57 ACTIVATE_MBMS_CONTEXT_ACCEPT "activate_mbms_context_accept",
        0x58 ACTIVATE_MBMS_CONTEXT_REJECT "activate_mbms_context_reject",
        0x59 REQUEST_MBMS_CONTEXT_ACTIVATION "request_mbms_context_activation",
        0x5a REQUEST_MBMS_CONTEXT_ACTIVATION_REJECT "request_mbms_context_activation_reject",
        0x5b REQUEST_SECONDARY_PDP_CONTEXT_ACTIVATION "request_secondary_pdp_context_activation",
        0x5c REQUEST_SECONDARY_PDP_CONTEXT_ACTIVATION_REJECT "request_secondary_pdp_context_activation_reject",
        0x5d NOTIFICATION "notification",
    }
}

/// A session management message: its type and those of its elements that bear on what is used, and how.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sm<'a> {
    /// Transaction identifier.
    pub transaction: TransactionIdentifier,
    /// Message type.
    pub message_type: SmMessageType,
    /// NSAPI, §10.5.6.2: 5 to 15.
    pub nsapi: Option<u8>,
    /// LLC service access point identifier, §10.5.6.9.
    pub llc_sapi: Option<u8>,
    /// Packet data protocol address, §10.5.6.4.
    pub pdp_address: Option<PdpAddress<'a>>,
    /// Access point name, §10.5.6.1.
    pub access_point_name: Option<DomainName>,
    /// SM cause, §10.5.6.6.
    pub cause: Option<u8>,
    /// Linked TI, §10.5.6.7: the transaction of the context that a secondary one belongs to.
    pub linked_transaction: Option<u8>,
    /// Tear down indicator, §10.5.6.10: all contexts of this address end.
    pub tear_down: bool,
}

/// Packet data protocol address, 3GPP TS 24.008 §10.5.6.4.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PdpAddress<'a> {
    /// PDP type number, with IETF as organisation: 0x21 IPv4, 0x57 IPv6, 0x8d both.
    pub type_number: u8,
    /// Nothing where the address is to be given by the network.
    pub address: &'a [u8],
}

const ACCESS_POINT_NAME: u8 = 0x28;
const PDP_ADDRESS: u8 = 0x2b;
const TEAR_DOWN: u8 = 0x90;
const HALF_OCTET: u8 = 0xf0;

/// Elements of the optional parts, 3GPP TS 24.008 Tables 9.5.1 to 9.5.24.
static ELEMENTS: Elements = Elements::of_layer_3(&[
    (0x27, "protocol configuration options", Format::Tlv),
    (ACCESS_POINT_NAME, "access point name", Format::Tlv),
    (PDP_ADDRESS, "packet data protocol address", Format::Tlv),
    (0x30, "new qos", Format::Tlv),
    (0x31, "new tft", Format::Tlv),
    (0x32, "requested llc sapi", Format::Tv(1)),
    (0x34, "packet flow identifier", Format::Tlv),
    (0x36, "tft", Format::Tlv),
]);

impl<'a> Sm<'a> {
    /// Reads what follows a message type.
    pub(super) fn read(transaction: TransactionIdentifier, code: u8, octets: &'a [u8]) -> Decoded<Self> {
        let mut r = Reader::new(Protocol::Sm, octets);
        let mut message = Self::new(transaction, SmMessageType(code));
        let read = message.read_body(&mut r);
        r.keep(read);
        Decoded { message, malformed: r.stopped() }
    }

    const fn new(transaction: TransactionIdentifier, message_type: SmMessageType) -> Self {
        Self {
            transaction,
            message_type,
            nsapi: None,
            llc_sapi: None,
            pdp_address: None,
            access_point_name: None,
            cause: None,
            linked_transaction: None,
            tear_down: false,
        }
    }

    fn read_body(&mut self, r: &mut Reader<'a>) -> Result<(), Malformed> {
        self.read_mandatory(r)?;
        while let Some((identifier, value)) = r.element(&ELEMENTS) {
            let put = self.put(identifier, value);
            r.keep(put);
        }
        Ok(())
    }

    fn read_mandatory(&mut self, r: &mut Reader<'a>) -> Result<(), Malformed> {
        use SmMessageType as T;
        match self.message_type {
            T::ACTIVATE_PDP_CONTEXT_REQUEST => {
                self.read_service(r)?;
                let address = r.lv("packet data protocol address")?; // 10.5.6.4
                self.pdp_address = Some(PdpAddress::read(r.within(address))?);
            }
            T::ACTIVATE_SECONDARY_PDP_CONTEXT_REQUEST => {
                self.read_service(r)?;
                let linked = r.lv("linked ti")?; // 10.5.6.7
                self.linked_transaction = Some(r.within(linked).u8("linked ti")? >> 4 & 7);
            }
            T::ACTIVATE_PDP_CONTEXT_ACCEPT | T::ACTIVATE_SECONDARY_PDP_CONTEXT_ACCEPT => {
                self.llc_sapi = Some(r.u8("negotiated llc sapi")? & 15); // 10.5.6.9
                let _qos = r.lv("negotiated qos")?; // 10.5.6.5
                let [_radio_priority] = r.v("radio priority")?; // 10.5.7.2
            }
            T::REQUEST_PDP_CONTEXT_ACTIVATION => {
                let address = r.lv("offered pdp address")?; // 10.5.6.4
                self.pdp_address = Some(PdpAddress::read(r.within(address))?);
            }
            T::MODIFY_PDP_CONTEXT_REQUEST_BY_NETWORK => {
                let [_radio_priority] = r.v("radio priority")?; // 10.5.7.2
                self.llc_sapi = Some(r.u8("requested llc sapi")? & 15); // 10.5.6.9
                let _qos = r.lv("new qos")?; // 10.5.6.5
            }
            T::ACTIVATE_PDP_CONTEXT_REJECT
            | T::REQUEST_PDP_CONTEXT_ACTIVATION_REJECT
            | T::DEACTIVATE_PDP_CONTEXT_REQUEST
            | T::MODIFY_PDP_CONTEXT_REJECT
            | T::ACTIVATE_SECONDARY_PDP_CONTEXT_REJECT
            | T::SM_STATUS => self.cause = Some(r.u8("sm cause")?), // 10.5.6.6
            _ => {}
        }
        Ok(())
    }

    /// The beginning of the two requests for a context.
    fn read_service(&mut self, r: &mut Reader<'a>) -> Result<(), Malformed> {
        self.nsapi = Some(r.u8("requested nsapi")? & 15); // 10.5.6.2
        self.llc_sapi = Some(r.u8("requested llc sapi")? & 15); // 10.5.6.9
        let _qos = r.lv("requested qos")?; // 10.5.6.5
        Ok(())
    }

    fn put(&mut self, identifier: u8, r: Reader<'a>) -> Result<(), Malformed> {
        match identifier {
            ACCESS_POINT_NAME => self.access_point_name = Some(access_point_name(r)?),
            PDP_ADDRESS => self.pdp_address = Some(PdpAddress::read(r)?),
            _ if identifier & HALF_OCTET == TEAR_DOWN => self.tear_down = identifier & 1 != 0,
            _ => {}
        }
        Ok(())
    }
}

impl<'a> PdpAddress<'a> {
    fn read(mut r: Reader<'a>) -> Result<Self, Malformed> {
        const ELEMENT: &str = "packet data protocol address";
        let [_organisation, type_number] = r.v(ELEMENT)?;
        Ok(Self { type_number, address: r.rest() })
    }
}

/// Access point name, §10.5.6.1: labels, each behind its length (3GPP TS 23.003 §9.1).
fn access_point_name(mut r: Reader<'_>) -> Result<DomainName, Malformed> {
    const ELEMENT: &str = "access point name";
    let mut whole = Ok(());
    let labels = std::iter::from_fn(|| {
        let label = (!r.is_empty()).then(|| r.lv(ELEMENT))?;
        label.map_err(|malformed| whole = Err(malformed)).ok()
    });
    let name = DomainName::from_labels(labels);
    whole?;
    name.ok_or(r.error(ELEMENT, Fault::Invalid))
}

impl Message for Sm<'_> {
    fn protocol(&self) -> Protocol {
        Protocol::Sm
    }

    fn name(&self) -> &'static str {
        self.message_type.name()
    }

    fn code(&self) -> u8 {
        self.message_type.0
    }

    fn elements(&self, visit: &mut dyn FnMut(&'static str, Value<'_>)) {
        let integer = |number: u8| Value::Integer(u64::from(number));
        self.transaction.visit(visit);
        let mut show = |name, value: Option<Value<'_>>| {
            if let Some(value) = value {
                visit(name, value);
            }
        };
        show("nsapi", self.nsapi.map(integer));
        show("llc_sapi", self.llc_sapi.map(integer));
        show("pdp_type_number", self.pdp_address.map(|address| Value::Code(u64::from(address.type_number))));
        let given = self.pdp_address.filter(|address| !address.address.is_empty());
        show("pdp_address", given.map(|address| Value::Octets(address.address)));
        show("access_point_name", self.access_point_name.map(Value::Domain));
        show("sm_cause", self.cause.map(integer));
        show("linked_ti", self.linked_transaction.map(integer));
        show("tear_down", self.tear_down.then_some(Value::Flag(true)));
    }
}

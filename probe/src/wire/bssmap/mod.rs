//! BSS management application part, 3GPP TS 48.008 §3.2. Formats of elements are a table (`element`).

mod element;
mod message_type;

pub use message_type::BssmapMessageType;

use event::{CellId, Imsi, Tmsi};

use self::element::ELEMENTS;
use super::cell::{CellIdentifierList, cell_identifier};
use super::{Decoded, Dlci, Malformed, Message, MobileIdentity, Protocol, Reader, Value};

/// A BSSMAP message: its type and those of its elements that bear on who, where and what becomes of the connection.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bssmap<'a> {
    /// Message type.
    pub message_type: BssmapMessageType,
    /// Circuit identity code, §3.2.2.2: absent over IP.
    pub circuit: Option<u16>,
    /// Cause, §3.2.2.5: 0 to 127, or of two octets without their extension bit (the first of which is a class).
    pub cause: Option<u16>,
    /// Cell identifier, §3.2.2.17: the serving one.
    pub cell: Option<CellId>,
    /// The second cell identifier of HANDOVER REQUEST: the target.
    pub target_cell: Option<CellId>,
    /// Cell identifier list, §3.2.2.27: where to page, where to hand over to.
    pub cells: Option<CellIdentifierList<'a>>,
    /// IMSI, §3.2.2.6.
    pub imsi: Option<Imsi>,
    /// TMSI, §3.2.2.7.
    pub tmsi: Option<Tmsi>,
    /// Mobile identity (§3.2.2.41) or IMEI (§3.2.2.86).
    pub mobile_identity: Option<MobileIdentity>,
    /// Layer 3 information, §3.2.2.24: for [`super::dtap::read`].
    pub layer_3_information: Option<&'a [u8]>,
    /// Layer 3 message contents, §3.2.2.35: as above, of CIPHER MODE COMPLETE.
    pub layer_3_message_contents: Option<&'a [u8]>,
    /// Chosen encryption algorithm, §3.2.2.44: 1 none, 2 A5/1 and so on.
    pub chosen_encryption_algorithm: Option<u8>,
    /// RR cause, §3.2.2.22.
    pub rr_cause: Option<u8>,
    /// Data link connection identifier, §3.2.2.25.
    pub dlci: Option<Dlci>,
    /// Call identifier, §3.2.2.105, the low octet first: of a call over IP.
    pub call_identifier: Option<u32>,
    /// Call identifier list, §3.2.2.106: of RESET IP RESOURCE and its acknowledgement.
    call_identifiers: &'a [u8],
}

/// Reads a BSSMAP message. An error only where there is no octet.
pub fn read(octets: &[u8]) -> Result<Decoded<Bssmap<'_>>, Malformed> {
    let mut place = Decoded::from(Bssmap::UNREAD);
    read_at(&mut place, octets)?;
    Ok(place)
}

/// The same where the message is to lie, which is [`Bssmap::UNREAD`] yet: to move it would take longer than to read most.
pub fn read_at<'m, 'a>(
    place: &'m mut Decoded<Bssmap<'a>>,
    octets: &'a [u8],
) -> Result<&'m Decoded<Bssmap<'a>>, Malformed> {
    let mut r = Reader::new(Protocol::Bssmap, octets);
    let Decoded { message, malformed } = &mut *place;
    message.message_type = BssmapMessageType(r.u8("message type")?);
    while let Some((identifier, value)) = r.element(&ELEMENTS) {
        let put = message.put(identifier, value);
        r.keep(put);
    }
    *malformed = r.stopped();
    Ok(place)
}

impl<'a> Bssmap<'a> {
    /// Of a message of which nothing has been read.
    pub const UNREAD: Self = Self {
        message_type: BssmapMessageType(0),
        circuit: None,
        cause: None,
        cell: None,
        target_cell: None,
        cells: None,
        imsi: None,
        tmsi: None,
        mobile_identity: None,
        layer_3_information: None,
        layer_3_message_contents: None,
        chosen_encryption_algorithm: None,
        rr_cause: None,
        dlci: None,
        call_identifier: None,
        call_identifiers: &[],
    };

    /// The layer 3 message inside, if there is one: for [`super::dtap::read`].
    pub fn layer_3(&self) -> Option<&'a [u8]> {
        self.layer_3_information.or(self.layer_3_message_contents)
    }

    /// The calls of a call identifier list.
    pub fn call_identifiers(&self) -> impl Iterator<Item = u32> + use<'a> {
        self.call_identifiers.as_chunks().0.iter().map(|octets| u32::from_le_bytes(*octets))
    }

    #[inline(always)]
    fn put(&mut self, identifier: u8, mut r: Reader<'a>) -> Result<(), Malformed> {
        match identifier {
            element::CIRCUIT_IDENTITY_CODE => self.circuit = Some(r.u16("circuit identity code")?),
            element::CAUSE => self.cause = Some(cause(r)?),
            element::CELL_IDENTIFIER => self.put_cell(cell_identifier(r)?),
            element::IMSI => self.imsi = MobileIdentity::read(r)?.imsi(),
            element::TMSI => self.tmsi = Some(Tmsi(r.u32("tmsi")?)),
            element::RR_CAUSE => self.rr_cause = Some(r.u8("rr cause")?),
            element::LAYER_3_INFORMATION => self.layer_3_information = Some(r.rest()),
            element::DLCI => self.dlci = Some(Dlci(r.u8("dlci")?)),
            element::CALL_IDENTIFIER => self.call_identifier = Some(r.v("call identifier").map(u32::from_le_bytes)?),
            element::CALL_IDENTIFIER_LIST => self.call_identifiers = r.rest(),
            element::CELL_IDENTIFIER_LIST => self.cells = Some(CellIdentifierList::read(r)?),
            element::LAYER_3_MESSAGE_CONTENTS => self.layer_3_message_contents = Some(r.rest()),
            element::CHOSEN_ENCRYPTION_ALGORITHM => {
                self.chosen_encryption_algorithm = Some(r.u8("chosen encryption algorithm")?);
            }
            element::MOBILE_IDENTITY | element::IMEI => self.mobile_identity = Some(MobileIdentity::read(r)?),
            _ => {}
        }
        Ok(())
    }

    /// HANDOVER REQUEST has two cell identifiers, the serving one before the target (§3.2.1.8).
    fn put_cell(&mut self, cell: CellId) {
        match self.cell {
            Some(_) => self.target_cell = Some(cell),
            None => self.cell = Some(cell),
        }
    }
}

/// §3.2.2.5: with the high bit set the value goes on in a second octet.
fn cause(mut r: Reader<'_>) -> Result<u16, Malformed> {
    let [first] = r.v("cause")?;
    if first & 0x80 == 0 {
        return Ok(u16::from(first));
    }
    let [second] = r.v("cause")?;
    Ok(u16::from_be_bytes([first & 0x7f, second]))
}

impl Message for Bssmap<'_> {
    fn protocol(&self) -> Protocol {
        Protocol::Bssmap
    }

    fn name(&self) -> &'static str {
        self.message_type.name()
    }

    fn code(&self) -> u8 {
        self.message_type.0
    }

    fn elements(&self, visit: &mut dyn FnMut(&'static str, Value<'_>)) {
        let mut show = |name, value: Option<Value<'_>>| {
            if let Some(value) = value {
                visit(name, value);
            }
        };
        show("circuit_identity_code", self.circuit.map(|code| Value::Integer(u64::from(code))));
        show("cause", self.cause.map(|cause| Value::Code(u64::from(cause))));
        show("cell_identifier", self.cell.map(Value::Cell));
        show("cell_identifier_target", self.target_cell.map(Value::Cell));
        show("imsi", self.imsi.map(Value::Imsi));
        show("tmsi", self.tmsi.map(Value::Tmsi));
        show("mobile_identity", self.mobile_identity.map(MobileIdentity::value));
        show(
            "chosen_encryption_algorithm",
            self.chosen_encryption_algorithm.map(|code| Value::Integer(u64::from(code))),
        );
        show("rr_cause", self.rr_cause.map(|cause| Value::Code(u64::from(cause))));
        show("dlci", self.dlci.map(|dlci| Value::Code(u64::from(dlci.0))));
        let integer = |identifier: u32| Value::Integer(u64::from(identifier));
        show("call_identifier", self.call_identifier.map(integer));
        self.call_identifiers().for_each(|identifier| visit("call_identifier_list", integer(identifier)));
        let Some(list) = self.cells else { return };
        if list.is_all_cells() {
            visit("cell_identifier_list", Value::Name("all_cells"));
        }
        list.cells().for_each(|cell| visit("cell_identifier_list", Value::Cell(cell)));
    }
}

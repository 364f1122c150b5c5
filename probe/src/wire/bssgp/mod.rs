//! BSS GPRS protocol, 3GPP TS 48.018: between BSS and SGSN, about phones and about cells.

mod pdu_type;

pub use pdu_type::BssgpPduType;

use event::{CellId, Imsi, Lai, Rai, Tmsi};

use super::cell::{location_area, routing_area};
use super::element::Elements;
use super::{Decoded, Malformed, Message, MobileIdentity, Protocol, Reader, Tlli, Value};

/// A BSSGP PDU: its type and those of its elements that bear on who and where.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bssgp<'a> {
    /// PDU type.
    pub pdu_type: BssgpPduType,
    /// TLLI, §11.3.35.
    pub tlli: Option<Tlli>,
    /// TLLI (old) of DL-UNITDATA, §10.2.1: the phone is known by it until now.
    pub old_tlli: Option<Tlli>,
    /// IMSI, §11.3.14.
    pub imsi: Option<Imsi>,
    /// P-TMSI or TMSI, §11.3.36: of PAGING PS or CS.
    pub tmsi: Option<Tmsi>,
    /// BVCI, §11.3.6.
    pub bvci: Option<u16>,
    /// BVCI (new) of FLUSH-LL, §10.4.1: where the phone is now.
    pub new_bvci: Option<u16>,
    /// NSEI, §11.3.48.
    pub nsei: Option<u16>,
    /// Cell identifier, §11.3.9.
    pub cell: Option<CellId>,
    /// Routing area, §11.3.31, or that of the cell identifier.
    pub routing_area: Option<Rai>,
    /// Location area, §11.3.17.
    pub location_area: Option<Lai>,
    /// Cause, §11.3.8.
    pub cause: Option<u8>,
    /// Radio cause of RADIO-STATUS, §11.3.29.
    pub radio_cause: Option<u8>,
    /// Suspend reference number, §11.3.33.
    pub suspend_reference: Option<u8>,
    /// Tag, §11.3.34.
    pub tag: Option<u8>,
    /// LLC-PDU, §11.3.15: for [`super::llc::read`].
    pub llc_pdu: Option<&'a [u8]>,
}

const BVCI: u8 = 0x04;
const CAUSE: u8 = 0x07;
const CELL_IDENTIFIER: u8 = 0x08;
const IMSI: u8 = 0x0d;
const LLC_PDU: u8 = 0x0e;
const LOCATION_AREA: u8 = 0x10;
const RADIO_CAUSE: u8 = 0x19;
const ROUTEING_AREA: u8 = 0x1b;
const SUSPEND_REFERENCE_NUMBER: u8 = 0x1d;
const TAG: u8 = 0x1e;
const TLLI: u8 = 0x1f;
const TMSI: u8 = 0x20;
const NSEI: u8 = 0x3e;

/// Information elements, 3GPP TS 48.018 §11.3.
static ELEMENTS: Elements = Elements::of_gb(&[
    (0x00, "alignment octets"),
    (0x01, "bmax default ms"),
    (0x02, "bss area indication"),
    (0x03, "bucket leak rate"),
    (BVCI, "bvci"),
    (0x05, "bvc bucket size"),
    (0x06, "bvc measurement"),
    (CAUSE, "cause"),
    (CELL_IDENTIFIER, "cell identifier"),
    (0x09, "channel needed"),
    (0x0a, "drx parameters"),
    (0x0b, "emlpp-priority"),
    (0x0c, "flush action"),
    (IMSI, "imsi"),
    (LLC_PDU, "llc-pdu"),
    (0x0f, "llc frames discarded"),
    (LOCATION_AREA, "location area"),
    (0x11, "mobile id"),
    (0x12, "ms bucket size"),
    (0x13, "ms radio access capability"),
    (0x14, "omc id"),
    (0x15, "pdu in error"),
    (0x16, "pdu lifetime"),
    (0x17, "priority"),
    (0x18, "qos profile"),
    (RADIO_CAUSE, "radio cause"),
    (0x1a, "ra-cap-upd-cause"),
    (ROUTEING_AREA, "routeing area"),
    (0x1c, "r_default_ms"),
    (SUSPEND_REFERENCE_NUMBER, "suspend reference number"),
    (TAG, "tag"),
    (TLLI, "tlli"),
    (TMSI, "tmsi"),
    (0x21, "trace reference"),
    (0x22, "trace type"),
    (0x23, "transactionid"),
    (0x24, "trigger id"),
    (0x25, "number of octets affected"),
    (0x26, "lsa identifier list"),
    (0x27, "lsa information"),
    (0x28, "packet flow identifier"),
    (0x29, "packet flow timer"),
    (0x3a, "aggregate bss qos profile"),
    (0x3b, "feature bitmap"),
    (0x3c, "bucket full ratio"),
    (0x3d, "service utran cco"),
    (NSEI, "nsei"),
]);

/// Reads a BSSGP PDU. An error only where there is no octet.
pub fn read(octets: &[u8]) -> Result<Decoded<Bssgp<'_>>, Malformed> {
    let mut r = Reader::new(Protocol::Bssgp, octets);
    let [code] = r.v("pdu type")?;
    let mut pdu = Bssgp::new(BssgpPduType(code));
    let read = pdu.read_body(&mut r);
    r.keep(read);
    Ok(Decoded { message: pdu, malformed: r.stopped() })
}

impl<'a> Bssgp<'a> {
    const fn new(pdu_type: BssgpPduType) -> Self {
        Self {
            pdu_type,
            tlli: None,
            old_tlli: None,
            imsi: None,
            tmsi: None,
            bvci: None,
            new_bvci: None,
            nsei: None,
            cell: None,
            routing_area: None,
            location_area: None,
            cause: None,
            radio_cause: None,
            suspend_reference: None,
            tag: None,
            llc_pdu: None,
        }
    }

    fn read_body(&mut self, r: &mut Reader<'a>) -> Result<(), Malformed> {
        if matches!(self.pdu_type, BssgpPduType::UL_UNITDATA | BssgpPduType::DL_UNITDATA) {
            self.tlli = Some(Tlli(r.u32("tlli")?)); // 11.3.35
            let _qos_profile: [u8; 3] = r.v("qos profile")?; // 11.3.28
        }
        while let Some((identifier, value)) = r.element(&ELEMENTS) {
            let put = self.put(identifier, value);
            r.keep(put);
        }
        Ok(())
    }

    fn put(&mut self, identifier: u8, mut r: Reader<'a>) -> Result<(), Malformed> {
        match identifier {
            BVCI if self.bvci.is_some() => self.new_bvci = Some(r.u16("bvci")?),
            BVCI => self.bvci = Some(r.u16("bvci")?),
            CAUSE => self.cause = Some(r.u8("cause")?),
            CELL_IDENTIFIER => {
                let area = routing_area(&mut r)?;
                let Lai { plmn, lac } = area.lai;
                self.routing_area = Some(area);
                self.cell = Some(CellId { plmn: Some(plmn), lac: Some(lac), ci: Some(r.u16("cell identifier")?) });
            }
            IMSI => self.imsi = MobileIdentity::read(r)?.imsi(),
            LLC_PDU => self.llc_pdu = Some(r.rest()),
            LOCATION_AREA => self.location_area = Some(location_area(&mut r)?),
            RADIO_CAUSE => self.radio_cause = Some(r.u8("radio cause")?),
            ROUTEING_AREA => self.routing_area = Some(routing_area(&mut r)?),
            SUSPEND_REFERENCE_NUMBER => self.suspend_reference = Some(r.u8("suspend reference number")?),
            TAG => self.tag = Some(r.u8("tag")?),
            TLLI if self.tlli.is_some() => self.old_tlli = Some(Tlli(r.u32("tlli")?)),
            TLLI => self.tlli = Some(Tlli(r.u32("tlli")?)),
            TMSI => self.tmsi = Some(Tmsi(r.u32("tmsi")?)),
            NSEI => self.nsei = Some(r.u16("nsei")?),
            _ => {}
        }
        Ok(())
    }
}

impl Message for Bssgp<'_> {
    fn protocol(&self) -> Protocol {
        Protocol::Bssgp
    }

    fn name(&self) -> &'static str {
        self.pdu_type.name()
    }

    fn code(&self) -> u8 {
        self.pdu_type.0
    }

    fn elements(&self, visit: &mut dyn FnMut(&'static str, Value<'_>)) {
        let mut show = |name, value: Option<Value<'_>>| {
            if let Some(value) = value {
                visit(name, value);
            }
        };
        let code = |code: u8| Value::Code(u64::from(code));
        let tlli = |tlli: Tlli| Value::Code(u64::from(tlli.0));
        let integer = |number: u16| Value::Integer(u64::from(number));
        show("tlli", self.tlli.map(tlli));
        show("tlli_old", self.old_tlli.map(tlli));
        show("imsi", self.imsi.map(Value::Imsi));
        show("tmsi", self.tmsi.map(Value::Tmsi));
        show("bvci", self.bvci.map(integer));
        show("bvci_new", self.new_bvci.map(integer));
        show("nsei", self.nsei.map(integer));
        show("cell_identifier", self.cell.map(Value::Cell));
        if self.cell.is_none() {
            show("routeing_area", self.routing_area.map(|area| Value::Lai(area.lai)));
        }
        show("routing_area_code", self.routing_area.map(|area| Value::Integer(u64::from(area.rac))));
        show("location_area", self.location_area.map(Value::Lai));
        show("cause", self.cause.map(code));
        show("radio_cause", self.radio_cause.map(code));
        show("suspend_reference_number", self.suspend_reference.map(code));
        show("tag", self.tag.map(code));
    }
}

#[cfg(test)]
mod tests {
    use super::super::Fault;
    use super::*;

    const UL_UNITDATA: [u8; 25] = [
        0x01, 0x78, 0x12, 0x34, 0x56, 0, 0, 4, 0x08, 0x88, 0x00, 0xf1, 0x10, 0, 23, 5, 0x1b, 0x39, 0x00, 0x80, 0x0e,
        0x83, 7, 8, 9,
    ];

    #[test]
    fn what_comes_up_names_phone_and_cell() {
        let Decoded { message, malformed } = read(&UL_UNITDATA).unwrap();
        assert_eq!((message.name(), malformed), ("ul_unitdata", None));
        assert_eq!(message.tlli, Some(Tlli(0x7812_3456)));
        assert_eq!(message.cell.map(|cell| cell.to_string()).as_deref(), Some("001-01-23-6969"));
        assert_eq!(message.routing_area.map(|area| area.rac), Some(5));
        assert_eq!(message.llc_pdu, Some(&[7, 8, 9][..]));
    }

    #[test]
    fn a_second_tlli_is_the_old_one_and_a_second_bvci_the_new_one() {
        let down = [0x00, 0xc0, 0, 0, 1, 0, 0, 4, 0x1f, 0x84, 0x78, 0, 0, 2, 0x0e, 0x80];
        let message = read(&down).unwrap().message;
        assert_eq!((message.tlli, message.old_tlli), (Some(Tlli(0xc000_0001)), Some(Tlli(0x7800_0002))));
        let flush = [0x2a, 0x1f, 0x84, 0xc0, 0, 0, 1, 0x04, 0x82, 0, 2, 0x04, 0x82, 0, 3];
        let message = read(&flush).unwrap().message;
        assert_eq!((message.tlli, message.bvci, message.new_bvci), (Some(Tlli(0xc000_0001)), Some(2), Some(3)));
    }

    #[test]
    fn every_truncation_is_told_or_ends_between_elements() {
        let between = [8, 18, 20];
        for length in 0..UL_UNITDATA.len() {
            let cut = read(&UL_UNITDATA[..length]).map_or_else(Some, |cut| cut.malformed);
            let fault = cut.map(|malformed| malformed.fault);
            assert_eq!(fault, (!between.contains(&length)).then_some(Fault::Truncated), "cut at {length}");
        }
    }
}

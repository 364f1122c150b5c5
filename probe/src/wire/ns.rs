//! Network service of Gb, 3GPP TS 48.016 §9 and §10.

use super::codes::codes;
use super::element::Elements;
use super::{Decoded, Fault, Malformed, Message, Protocol, Reader, Value};

codes! {
    /// PDU type, 3GPP TS 48.016 Table 10.3.7.1.
    pub NsPduType {
        0x00 UNITDATA "ns_unitdata",
        0x02 RESET "ns_reset",
        0x03 RESET_ACK "ns_reset_ack",
        0x04 BLOCK "ns_block",
        0x05 BLOCK_ACK "ns_block_ack",
        0x06 UNBLOCK "ns_unblock",
        0x07 UNBLOCK_ACK "ns_unblock_ack",
        0x08 STATUS "ns_status",
        0x0a ALIVE "ns_alive",
        0x0b ALIVE_ACK "ns_alive_ack",
        0x0c SNS_ACK "sns_ack",
        0x0d SNS_ADD "sns_add",
        0x0e SNS_CHANGEWEIGHT "sns_changeweight",
        0x0f SNS_CONFIG "sns_config",
        0x10 SNS_CONFIG_ACK "sns_config_ack",
        0x11 SNS_DELETE "sns_delete",
        0x12 SNS_SIZE "sns_size",
        0x13 SNS_SIZE_ACK "sns_size_ack",
    }
}

/// A network service PDU.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ns<'a> {
    /// PDU type.
    pub pdu_type: NsPduType,
    /// BVCI, §10.3.1: of NS-UNITDATA, and of NS-STATUS where the cause concerns one.
    pub bvci: Option<u16>,
    /// Cause, §10.3.2.
    pub cause: Option<u8>,
    /// NSEI, §10.3.6.
    pub nsei: Option<u16>,
    /// NS-VCI, §10.3.5.
    pub ns_vci: Option<u16>,
    /// NS SDU of NS-UNITDATA: for [`super::bssgp::read`].
    pub sdu: Option<&'a [u8]>,
}

const CAUSE: u8 = 0x00;
const NS_VCI: u8 = 0x01;
const BVCI: u8 = 0x03;
const NSEI: u8 = 0x04;

static ELEMENTS: Elements = Elements::of_gb(&[
    (CAUSE, "cause"),
    (NS_VCI, "ns-vci"),
    (0x02, "ns pdu"),
    (BVCI, "bvci"),
    (NSEI, "nsei"),
    (0x05, "list of ip4 elements"),
    (0x06, "list of ip6 elements"),
    (0x0b, "ip address"),
]);

/// Reads a network service PDU. An error only where there is no octet.
pub fn read(octets: &[u8]) -> Result<Decoded<Ns<'_>>, Malformed> {
    let mut r = Reader::new(Protocol::Ns, octets);
    let [code] = r.v("pdu type")?;
    let mut pdu = Ns { pdu_type: NsPduType(code), bvci: None, cause: None, nsei: None, ns_vci: None, sdu: None };
    let read = pdu.read_body(&mut r);
    r.keep(read);
    Ok(Decoded { message: pdu, malformed: r.stopped() })
}

impl<'a> Ns<'a> {
    fn read_body(&mut self, r: &mut Reader<'a>) -> Result<(), Malformed> {
        use NsPduType as T;
        match self.pdu_type {
            T::UNITDATA => {
                let [_sdu_control_bits] = r.v("ns sdu control bits")?; // 10.3.9
                self.bvci = Some(r.u16("bvci")?); // 10.3.1
                self.sdu = Some(r.rest()); // 10.3.8
            }
            T::RESET | T::RESET_ACK | T::BLOCK | T::BLOCK_ACK | T::STATUS => {
                while let Some((identifier, value)) = r.element(&ELEMENTS) {
                    let put = self.put(identifier, value);
                    r.keep(put);
                }
            }
            // Of the sub-network service the NSEI comes first (9.3); what follows is of no element that is read here.
            T::SNS_ACK
            | T::SNS_ADD
            | T::SNS_CHANGEWEIGHT
            | T::SNS_CONFIG_ACK
            | T::SNS_DELETE
            | T::SNS_SIZE
            | T::SNS_SIZE_ACK => self.read_nsei(r)?,
            T::SNS_CONFIG => {
                let [_end_flag] = r.v("end flag")?; // 10.3.2d
                self.read_nsei(r)?;
            }
            _ => {}
        }
        Ok(())
    }

    fn read_nsei(&mut self, r: &mut Reader<'a>) -> Result<(), Malformed> {
        match r.element(&ELEMENTS) {
            Some((identifier, value)) => self.put(identifier, value),
            None => Err(r.error("nsei", Fault::Truncated)),
        }
    }

    fn put(&mut self, identifier: u8, mut r: Reader<'a>) -> Result<(), Malformed> {
        match identifier {
            CAUSE => self.cause = Some(r.u8("cause")?),
            NS_VCI => self.ns_vci = Some(r.u16("ns-vci")?),
            BVCI => self.bvci = Some(r.u16("bvci")?),
            NSEI => self.nsei = Some(r.u16("nsei")?),
            _ => {}
        }
        Ok(())
    }
}

impl Message for Ns<'_> {
    fn protocol(&self) -> Protocol {
        Protocol::Ns
    }

    fn name(&self) -> &'static str {
        self.pdu_type.name()
    }

    fn code(&self) -> u8 {
        self.pdu_type.0
    }

    fn elements(&self, visit: &mut dyn FnMut(&'static str, Value<'_>)) {
        let mut integer = |name, value: Option<u16>| {
            if let Some(value) = value {
                visit(name, Value::Integer(u64::from(value)));
            }
        };
        integer("cause", self.cause.map(u16::from));
        integer("ns_vci", self.ns_vci);
        integer("bvci", self.bvci);
        integer("nsei", self.nsei);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RESET: [u8; 12] = [0x02, 0x00, 0x81, 0x0a, 0x01, 0x82, 0x03, 0xe8, 0x04, 0x82, 0x03, 0xe8];

    #[test]
    fn a_reset_names_entity_and_connection() {
        let Decoded { message, malformed } = read(&RESET).unwrap();
        assert_eq!((message.name(), malformed), ("ns_reset", None));
        assert_eq!((message.cause, message.ns_vci, message.nsei), (Some(10), Some(1000), Some(1000)));
        for length in [0, 2, 3, 5, 6, 7, 9, 10, 11] {
            let cut = read(&RESET[..length]).map(|cut| cut.malformed).unwrap_or_else(Some);
            assert_eq!(cut.map(|malformed| malformed.fault), Some(Fault::Truncated), "cut at {length}");
        }
    }

    #[test]
    fn unitdata_carries_to_a_virtual_connection() {
        let message = read(&[0, 0, 0, 2, 7, 8]).unwrap().message;
        assert_eq!((message.bvci, message.sdu), (Some(2), Some(&[7, 8][..])));
        assert_eq!(read(&[0, 0, 0]).unwrap().malformed.map(|malformed| malformed.element), Some("bvci"));
    }

    #[test]
    fn the_sub_network_service_names_its_entity() {
        let size = [0x12, 0x04, 0x82, 0x00, 0x07, 0x0a, 0x01];
        let config = [0x0f, 0x01, 0x04, 0x82, 0x00, 0x07, 0x05, 0x88, 10, 0, 0, 1, 0x59, 0xd8, 1, 1];
        for octets in [&size[..], &config] {
            assert_eq!(read(octets).unwrap().message.nsei, Some(7), "{octets:02x?}");
        }
        assert_eq!(read(&size[..1]).unwrap().malformed.map(|malformed| malformed.element), Some("nsei"));
    }
}

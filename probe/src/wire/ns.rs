//! Network service of Gb, 3GPP TS 48.016 §9 and §10.

use super::codes::codes;
use super::element::{Elements, Format};
use super::ip::Address;
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
    /// Transaction identifier, §10.3.11: of changes to the IP sub-network.
    pub transaction: Option<u8>,
    /// End flag, §10.3.2d: the last SNS-CONFIG.
    pub end: Option<bool>,
    /// Reset flag, §10.3.2i: the sub-network is set up anew.
    pub reset: Option<bool>,
    /// Numbers of NS-VCs, IPv4 endpoints and IPv6 endpoints that the sender can have, §10.3.2e to §10.3.2h.
    pub most: [Option<u16>; 3],
    /// Endpoints of the IP sub-network, §10.3.2b and §10.3.2c.
    pub endpoints: Endpoints<'a>,
    /// NS SDU of NS-UNITDATA: for [`super::bssgp::read`].
    pub sdu: Option<&'a [u8]>,
}

/// Endpoints of an IP sub-network, as octets of whole elements.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Endpoints<'a> {
    ipv4: &'a [u8],
    ipv6: &'a [u8],
}

impl Endpoints<'_> {
    /// Each address and UDP port, without its weights.
    pub fn iter(&self) -> impl Iterator<Item = (Address, u16)> + use<'_> {
        let ipv4 = self.ipv4.as_chunks().0.iter().map(|[a, b, c, d, high, low, _, _]| {
            (Address::from_ipv4([*a, *b, *c, *d]), u16::from_be_bytes([*high, *low]))
        });
        ipv4.chain(self.ipv6.as_chunks::<IPV6_ELEMENT>().0.iter().filter_map(|element| {
            let (address, rest) = element.split_first_chunk()?;
            let (port, _weights) = rest.split_first_chunk()?;
            Some((Address(u128::from_be_bytes(*address)), u16::from_be_bytes(*port)))
        }))
    }
}

/// Octets of an element of each list: address, port, signalling weight, data weight.
const IPV4_ELEMENT: usize = 8;
const IPV6_ELEMENT: usize = 20;

const CAUSE: u8 = 0x00;
const NS_VCI: u8 = 0x01;
const BVCI: u8 = 0x03;
const NSEI: u8 = 0x04;

const LIST_OF_IP4_ELEMENTS: u8 = 0x05;
const LIST_OF_IP6_ELEMENTS: u8 = 0x06;
const MOST_NS_VCS: u8 = 0x07;
const MOST_IP4_ENDPOINTS: u8 = 0x08;
const MOST_IP6_ENDPOINTS: u8 = 0x09;
const RESET_FLAG: u8 = 0x0a;

/// Information elements, 3GPP TS 48.016 §10.3. Those of the sub-network have their own formats.
static ELEMENTS: Elements = Elements::of_gb(&[
    (CAUSE, "cause"),
    (NS_VCI, "ns-vci"),
    (0x02, "ns pdu"),
    (BVCI, "bvci"),
    (NSEI, "nsei"),
    (LIST_OF_IP4_ELEMENTS, "list of ip4 elements"),
    (LIST_OF_IP6_ELEMENTS, "list of ip6 elements"),
])
.and(&[
    (MOST_NS_VCS, "maximum number of ns-vcs", Format::Tv(2)),
    (MOST_IP4_ENDPOINTS, "number of ip4 endpoints", Format::Tv(2)),
    (MOST_IP6_ENDPOINTS, "number of ip6 endpoints", Format::Tv(2)),
    (RESET_FLAG, "reset flag", Format::Tv(1)),
]);

/// Reads a network service PDU. An error only where there is no octet.
pub fn read(octets: &[u8]) -> Result<Decoded<Ns<'_>>, Malformed> {
    let mut r = Reader::new(Protocol::Ns, octets);
    let [code] = r.v("pdu type")?;
    let mut pdu = Ns::new(NsPduType(code));
    let read = pdu.read_body(&mut r);
    r.keep(read);
    Ok(Decoded { message: pdu, malformed: r.stopped() })
}

/// The network service entity whose circuit a PDU resets, §9.2.5 and §9.2.6; others name none.
pub fn entity(octets: &[u8]) -> Option<u16> {
    let resets = [NsPduType::RESET, NsPduType::RESET_ACK].contains(&NsPduType(*octets.first()?));
    resets.then(|| read(octets).ok()?.message.nsei).flatten()
}

impl<'a> Ns<'a> {
    fn new(pdu_type: NsPduType) -> Self {
        Self {
            pdu_type,
            bvci: None,
            cause: None,
            nsei: None,
            ns_vci: None,
            transaction: None,
            end: None,
            reset: None,
            most: [None; 3],
            endpoints: Endpoints::default(),
            sdu: None,
        }
    }

    fn read_body(&mut self, r: &mut Reader<'a>) -> Result<(), Malformed> {
        use NsPduType as T;
        match self.pdu_type {
            T::UNITDATA => {
                let [_sdu_control_bits] = r.v("ns sdu control bits")?; // 10.3.9
                self.bvci = Some(r.u16("bvci")?); // 10.3.1
                self.sdu = Some(r.rest()); // 10.3.8
            }
            T::RESET | T::RESET_ACK | T::BLOCK | T::BLOCK_ACK | T::STATUS => self.read_elements(r),
            T::SNS_CONFIG_ACK | T::SNS_SIZE | T::SNS_SIZE_ACK => {
                self.read_nsei(r)?;
                self.read_elements(r);
            }
            T::SNS_ACK | T::SNS_ADD | T::SNS_CHANGEWEIGHT => {
                self.read_nsei(r)?;
                self.transaction = Some(r.u8("transaction id")?); // 10.3.11
                self.read_elements(r);
            }
            T::SNS_DELETE => self.read_delete(r)?,
            T::SNS_CONFIG => {
                self.end = Some(r.u8("end flag")? & 1 != 0); // 10.3.2d
                self.read_nsei(r)?;
                self.read_elements(r);
            }
            _ => {}
        }
        Ok(())
    }

    fn read_elements(&mut self, r: &mut Reader<'a>) {
        while let Some((identifier, value)) = r.element(&ELEMENTS) {
            let put = self.put(identifier, value);
            r.keep(put);
        }
    }

    /// SNS-DELETE has one element whose extent its type tells, §10.3.2a: a whole address is deleted.
    fn read_delete(&mut self, r: &mut Reader<'a>) -> Result<(), Malformed> {
        const IP_ADDRESS: u8 = 0x0b;
        const IPV4: u8 = 1;
        self.read_nsei(r)?;
        self.transaction = Some(r.u8("transaction id")?); // 10.3.11
        if r.peek() == Some(IP_ADDRESS) {
            let [_identifier, address_type] = r.v("ip address")?;
            r.take(if address_type == IPV4 { 4 } else { 16 }, "ip address")?;
        }
        self.read_elements(r);
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
            LIST_OF_IP4_ELEMENTS => self.endpoints.ipv4 = whole(r, IPV4_ELEMENT, "list of ip4 elements")?,
            LIST_OF_IP6_ELEMENTS => self.endpoints.ipv6 = whole(r, IPV6_ELEMENT, "list of ip6 elements")?,
            MOST_NS_VCS | MOST_IP4_ENDPOINTS | MOST_IP6_ENDPOINTS => {
                let number = r.u16("number of ip endpoints")?;
                if let Some(most) = self.most.get_mut(usize::from(identifier - MOST_NS_VCS)) {
                    *most = Some(number);
                }
            }
            RESET_FLAG => self.reset = Some(r.u8("reset flag")? & 1 != 0),
            _ => {}
        }
        Ok(())
    }
}

/// A list of whole elements.
fn whole<'a>(r: Reader<'a>, length: usize, element: &'static str) -> Result<&'a [u8], Malformed> {
    let list = r.rest();
    if list.len().is_multiple_of(length) { Ok(list) } else { Err(r.error(element, Fault::Truncated)) }
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
        integer("transaction_id", self.transaction.map(u16::from));
        let names = ["maximum_number_of_ns_vcs", "number_of_ip4_endpoints", "number_of_ip6_endpoints"];
        names.into_iter().zip(self.most).for_each(|(name, most)| integer(name, most));
        for (name, flag) in [("end_flag", self.end), ("reset_flag", self.reset)] {
            if let Some(flag) = flag {
                visit(name, Value::Flag(flag));
            }
        }
        self.endpoints.iter().for_each(|(_, port)| visit("udp_port", Value::Integer(u64::from(port))));
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
        for octets in [&size[..], &CONFIG, &ADD, &DELETE] {
            let Decoded { message, malformed } = read(octets).unwrap();
            assert_eq!((message.nsei, malformed), (Some(7), None), "{octets:02x?}");
        }
        assert_eq!(read(&size).unwrap().message.reset, Some(true));
        assert_eq!(read(&DELETE).unwrap().message.transaction, Some(2));
        assert_eq!(read(&size[..1]).unwrap().malformed.map(|malformed| malformed.element), Some("nsei"));
    }

    const CONFIG: [u8; 16] = [0x0f, 0x01, 0x04, 0x82, 0x00, 0x07, 0x05, 0x88, 10, 0, 0, 1, 0x59, 0xd8, 1, 1];
    const ADD: [u8; 28] = [
        0x0d, 0x04, 0x82, 0x00, 0x07, 9, 0x06, 0x94, 0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0x59,
        0xd9, 1, 1,
    ];
    const DELETE: [u8; 12] = [0x11, 0x04, 0x82, 0x00, 0x07, 2, 0x0b, 1, 10, 0, 0, 1];

    #[test]
    fn the_sub_network_service_tells_its_endpoints() {
        let check = |octets: &[u8], expected: &str| {
            let message = read(octets).unwrap().message;
            let endpoints: Vec<_> =
                message.endpoints.iter().map(|(address, port)| format!("{address}:{port}")).collect();
            assert_eq!(endpoints, [expected]);
        };
        check(&CONFIG, "10.0.0.1:23000");
        check(&ADD, "[2001:db8::1]:23001");
        let mut odd = CONFIG;
        odd[7] = 0x87;
        assert_eq!(read(&odd).unwrap().malformed.map(|malformed| malformed.element), Some("list of ip4 elements"));
    }
}

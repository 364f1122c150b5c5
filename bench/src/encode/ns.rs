//! Network service of Gb, 3GPP TS 48.016: the PDUs of §9 and the elements of §10. Also the form of elements that BSSGP
//! shares with it.

use super::ip::Socket;
use super::{Message, Octets};

const CAUSE: u8 = 0x00;
const NS_VCI: u8 = 0x01;
const NSEI: u8 = 0x04;
const IP4_ELEMENTS: u8 = 0x05;
const MAXIMUM_CONNECTIONS: u8 = 0x07;
const IP4_ENDPOINTS: u8 = 0x08;
const RESET_FLAG: u8 = 0x0a;

/// NS cause `O&M intervention`, §10.3.2.
const INTERVENTION: u8 = 0x01;

/// An element with its length of §10.1.2: one octet with the extension bit up to 127 octets, else two.
pub fn element(o: &mut Octets, identifier: u8, value: &[u8]) {
    const ONE_OCTET: u8 = 0x80;
    o.u8(identifier);
    match value.len() {
        short @ 0..=0x7f => o.u8(ONE_OCTET | short as u8),
        long => o.u16(long as u16),
    }
    o.bytes(value);
}

/// NS-UNITDATA, §9.2.10, with the BSSGP PDU that `pdu` writes.
pub fn unitdata(o: &mut Octets, bvci: u16, pdu: impl FnOnce(&mut Octets)) {
    o.message(Message::NsUnitdata);
    o.u8(0); // NS SDU control bits, §10.3.9: no change of flow
    o.u16(bvci);
    pdu(o);
}

/// A virtual connection and the entity that it belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Name {
    /// NSEI, §10.3.6: the BSS.
    pub nsei: u16,
    /// NS-VCI, §10.3.5.
    pub ns_vci: u16,
}

fn name(o: &mut Octets, name: Name) {
    element(o, NS_VCI, &name.ns_vci.to_be_bytes());
    element(o, NSEI, &name.nsei.to_be_bytes());
}

/// NS-RESET, §9.2.5.
pub fn reset(o: &mut Octets, of: Name) {
    o.message(Message::NsReset);
    element(o, CAUSE, &[INTERVENTION]);
    name(o, of);
}

/// NS-RESET-ACK, §9.2.6.
pub fn reset_ack(o: &mut Octets, of: Name) {
    o.message(Message::NsResetAck);
    name(o, of);
}

/// SNS-SIZE, §9.3.7: how many connections and IPv4 endpoints the BSS can have.
pub fn sns_size(o: &mut Octets, nsei: u16, connections: u16, endpoints: u16) {
    o.message(Message::SnsSize);
    element(o, NSEI, &nsei.to_be_bytes());
    o.bytes(&[RESET_FLAG, 1]);
    o.u8(MAXIMUM_CONNECTIONS);
    o.u16(connections);
    o.u8(IP4_ENDPOINTS);
    o.u16(endpoints);
}

/// SNS-CONFIG, §9.3.5: all endpoints of one side, with their weights for signalling and for data.
pub fn sns_config(o: &mut Octets, nsei: u16, endpoints: &[Socket]) {
    const LAST: u8 = 1;
    const WEIGHTS: [u8; 2] = [1, 1];
    o.message(Message::SnsConfig);
    o.u8(LAST);
    element(o, NSEI, &nsei.to_be_bytes());
    let of = |socket: &Socket| {
        let ([a, b, c, d], [high, low], [signalling, data]) = (socket.address, socket.port.to_be_bytes(), WEIGHTS);
        [a, b, c, d, high, low, signalling, data]
    };
    let elements: Vec<u8> = endpoints.iter().flat_map(of).collect();
    element(o, IP4_ELEMENTS, &elements);
}

/// SNS-SIZE-ACK and SNS-CONFIG-ACK, §9.3.8 and §9.3.6.
pub fn sns_acknowledge(o: &mut Octets, message: Message, nsei: u16) {
    o.message(message);
    element(o, NSEI, &nsei.to_be_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_takes_a_second_octet_beyond_127() {
        let mut o = Octets::default();
        element(&mut o, 0x0e, &[7; 127]);
        assert_eq!(o.as_slice().get(..3), Some(&[0x0e, 0xff, 7][..]));
        o.clear();
        element(&mut o, 0x0e, &[7; 128]);
        assert_eq!(o.as_slice().get(..4), Some(&[0x0e, 0x00, 0x80, 7][..]));
    }
}

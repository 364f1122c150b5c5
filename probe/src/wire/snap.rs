//! Logical link control with the subnetwork access protocol, IEEE 802-2014 §9: an EtherType in frames that have a length instead.

use super::link::Carried;
use super::{Malformed, Protocol, Reader, ether_type};

/// The longest frame of IEEE 802.3: what is greater is an EtherType.
pub const LONGEST_FRAME: u16 = 1500;

/// Reads what follows the length: service access points and control, and behind them an EtherType or what the points stand for.
pub fn read(octets: &[u8]) -> Result<Carried<'_>, Malformed> {
    const SNAP: [u8; 3] = [0xaa, 0xaa, 0x03];
    const IPV4: [u8; 3] = [0x06, 0x06, 0x03];
    let mut r = Reader::new(Protocol::Ethernet, octets);
    let header = r.v("service access points")?;
    match header {
        SNAP => read_header(r.rest()),
        IPV4 => Ok(Carried::Network { ether_type: ether_type::IPV4, octets: r.rest() }),
        _ => Ok(Carried::Network { ether_type: ether_type::UNKNOWN, octets: r.rest() }),
    }
}

/// Reads an organisation and its protocol.
pub fn read_header(octets: &[u8]) -> Result<Carried<'_>, Malformed> {
    // RFC 1042; and IEEE 802.1H, for what a bridge would take for that.
    const ENCAPSULATED_ETHERNET: [[u8; 3]; 2] = [[0, 0, 0], [0, 0, 0xf8]];
    let mut r = Reader::new(Protocol::Ethernet, octets);
    let organisation: [u8; 3] = r.v("organisation")?;
    let protocol = r.u16("ethertype")?;
    let is_ether_type = ENCAPSULATED_ETHERNET.contains(&organisation);
    let ether_type = if is_ether_type { protocol } else { ether_type::UNKNOWN };
    Ok(Carried::Network { ether_type, octets: r.rest() })
}

#[cfg(test)]
mod tests {
    use super::super::Fault;
    use super::*;

    fn check(octets: &[u8], ether_type: u16) {
        let frame = [octets, &[0x45]].concat();
        assert_eq!(read(&frame), Ok(Carried::Network { ether_type, octets: &[0x45] }), "{octets:02x?}");
        for len in 0..octets.len() {
            assert_eq!(read(&octets[..len]).unwrap_err().fault, Fault::Truncated, "cut at {len}");
        }
    }

    #[test]
    fn an_ether_type_or_an_access_point_tells_what_follows() {
        check(&[0xaa, 0xaa, 0x03, 0, 0, 0, 0x86, 0xdd], ether_type::IPV6);
        check(&[0xaa, 0xaa, 0x03, 0, 0, 0xf8, 0x08, 0x00], ether_type::IPV4);
        check(&[0xaa, 0xaa, 0x03, 0, 0, 0x0c, 0x08, 0x00], ether_type::UNKNOWN);
        check(&[0x06, 0x06, 0x03], ether_type::IPV4);
        check(&[0x42, 0x42, 0x03], ether_type::UNKNOWN);
    }
}

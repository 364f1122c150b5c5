//! PPP frames, RFC 1661 §2 and RFC 1662 §3, and PPP over Ethernet, RFC 2516 §4.

use super::ether_type;
use super::link::Carried;
use super::{Fault, Malformed, Protocol, Reader};

// Protocol numbers (IANA).
const IPV4: u16 = 0x0021;
const IPV6: u16 = 0x0057;
const MPLS: u16 = 0x0281;

/// Reads a frame, with or without address and control fields, with or without compression of the protocol field.
pub fn read(octets: &[u8]) -> Result<Carried<'_>, Malformed> {
    const ALL_STATIONS_UNNUMBERED: [u8; 2] = [0xff, 0x03];
    let octets = octets.strip_prefix(&ALL_STATIONS_UNNUMBERED).unwrap_or(octets);
    let mut r = Reader::new(Protocol::Ppp, octets);
    let [first] = r.v("protocol")?;
    // The last octet of a protocol number is odd, RFC 1661 §2.
    let protocol = if first & 1 == 1 { u16::from(first) } else { u16::from_be_bytes([first, r.u8("protocol")?]) };
    let ether_type = match protocol {
        IPV4 => ether_type::IPV4,
        IPV6 => ether_type::IPV6,
        MPLS => ether_type::MPLS,
        _ => return Ok(Carried::Control),
    };
    Ok(Carried::Network { ether_type, octets: r.rest() })
}

/// Reads a frame of a PPP over Ethernet session.
pub fn read_session(octets: &[u8]) -> Result<Carried<'_>, Malformed> {
    let mut r = Reader::new(Protocol::Ppp, octets);
    let [version_type, _code] = r.v("version")?;
    if version_type != 0x11 {
        return Err(r.error("version", Fault::Invalid));
    }
    let _session = r.u16("session identifier")?;
    let length = usize::from(r.u16("length")?);
    let rest = r.rest();
    read(rest.get(..length).unwrap_or(rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(octets: &[u8], ether_type: u16) {
        assert_eq!(read(octets), Ok(Carried::Network { ether_type, octets: &[0x45] }), "{octets:02x?}");
        let session = [&[0x11, 0, 0, 7, 0, octets.len() as u8][..], octets, &[0; 9]].concat();
        assert_eq!(read_session(&session), Ok(Carried::Network { ether_type, octets: &[0x45] }));
    }

    #[test]
    fn headers_may_be_left_out_or_compressed() {
        check(&[0xff, 0x03, 0x00, 0x21, 0x45], ether_type::IPV4);
        check(&[0x00, 0x57, 0x45], ether_type::IPV6);
        check(&[0x21, 0x45], ether_type::IPV4);
        check(&[0x02, 0x81, 0x45], ether_type::MPLS);
    }

    #[test]
    fn link_control_carries_nothing_and_what_is_cut_is_malformed() {
        assert_eq!(read(&[0xff, 0x03, 0xc0, 0x21, 1]), Ok(Carried::Control));
        for octets in [&[][..], &[0xff, 0x03], &[0xff, 0x03, 0x00]] {
            assert_eq!(read(octets).unwrap_err().fault, Fault::Truncated, "{octets:02x?}");
        }
        assert_eq!(read_session(&[0x12, 0, 0, 7, 0, 0]).unwrap_err().fault, Fault::Invalid);
    }
}

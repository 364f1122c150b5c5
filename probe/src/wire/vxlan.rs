//! Virtual extensible LAN, RFC 7348 §5: Ethernet frames in UDP.

use super::link::{self, Carried, LinkType};
use super::{Fault, Malformed, Protocol, Reader};

/// UDP ports: the registered one, and that of Linux before it was.
pub const PORTS: [u16; 2] = [4789, 8472];

/// The flag without which there is no network identifier, and no frame.
const HAS_NETWORK_IDENTIFIER: u8 = 0x08;

/// Whether `octets`, on one of the ports, could be a header: others may have chosen the port at random.
pub fn is_plausible(octets: &[u8]) -> bool {
    octets.first() == Some(&HAS_NETWORK_IDENTIFIER)
}

/// Reads the header, then the frame in it.
pub fn read(octets: &[u8]) -> Result<Carried<'_>, Malformed> {
    let mut r = Reader::new(Protocol::Vxlan, octets);
    let [flags, ..] = r.v::<8>("header")?;
    if flags & HAS_NETWORK_IDENTIFIER == 0 {
        return Err(r.error("flags", Fault::Invalid));
    }
    link::read(LinkType::Ethernet, r.rest())
}

#[cfg(test)]
mod tests {
    use super::super::ether_type;
    use super::*;

    #[test]
    fn the_frame_follows_the_header() {
        let octets = [&[8, 0, 0, 0, 0, 0, 7, 0][..], &[0; 12], &[8, 0, 0x45]].concat();
        assert_eq!(read(&octets), Ok(Carried::Network { ether_type: ether_type::IPV4, octets: &[0x45] }));
        assert_eq!(read(&octets[..7]).unwrap_err().fault, Fault::Truncated);
        assert_eq!(read(&[0; 30]).unwrap_err().fault, Fault::Invalid);
    }
}

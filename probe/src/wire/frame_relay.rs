//! Frame Relay frames, ITU-T Q.922 §3, without flags and check sequence: NS of the Gb interface (3GPP TS 48.016 §6.2.2), or
//! packets in multiprotocol encapsulation (RFC 2427).

use super::link::Carried;
use super::{Fault, Malformed, Protocol, Reader, ether_type, snap};

/// Circuits of signalling between user and network, ITU-T Q.933 Annex A and the older "LMI": no data.
const SIGNALLING_CIRCUITS: [u32; 2] = [0, 1023];
/// Octets of the longest address, Q.922 §3.2.
const LONGEST_ADDRESS: usize = 4;

/// Unnumbered information, then the protocol, RFC 2427 §3. No NS PDU begins so: after 03 (NS-RESET-ACK) comes an element's
/// identifier, and these are none (TS 48.016 §10.3).
const ENCAPSULATED_IPV4: [u8; 2] = [0x03, 0xcc];
const ENCAPSULATED_IPV6: [u8; 2] = [0x03, 0x8e];
/// With a pad octet, so that an EtherType is aligned.
const ENCAPSULATED_SNAP: [u8; 3] = [0x03, 0x00, 0x80];

/// One end of a captured link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LineEnd {
    /// The number of the link; 0 where the capture does not tell links apart.
    pub link: u16,
    /// Whether it is the side that captured, or the first direction's receiver.
    pub own: bool,
}

/// Reads a frame behind the pseudo-header that E1 recordings are given: its direction, a zero, and the number of the link, as
/// link type 139 has them for MTP2.
pub fn read_of_line(octets: &[u8]) -> Result<Carried<'_>, Malformed> {
    let mut r = Reader::new(Protocol::FrameRelay, octets);
    let [sent, _] = r.v("pseudo-header")?;
    let link = r.u16("pseudo-header")?;
    Ok(sent_by(LineEnd { link, own: sent != 0 }, read(r.rest())?))
}

/// Reads a frame behind an octet that tells its direction: 0 if it was received.
pub fn read_with_direction(octets: &[u8]) -> Result<Carried<'_>, Malformed> {
    let mut r = Reader::new(Protocol::FrameRelay, octets);
    let sent = r.u8("direction")?;
    Ok(sent_by(LineEnd { link: 0, own: sent != 0 }, read(r.rest())?))
}

/// Reads a frame of a bundle of links, FRF.16.1 §3.2: behind the fragmentation header. A fragment cannot be read alone; frames of
/// Gb, of at most 1,600 octets (3GPP TS 48.016 §6.1), need not be cut.
pub fn read_multilink(octets: &[u8]) -> Result<Carried<'_>, Malformed> {
    const BEGINS: u8 = 0x80;
    const ENDS: u8 = 0x40;
    const CONTROL: u8 = 0x20;
    let mut r = Reader::new(Protocol::FrameRelay, octets);
    let [flags, _sequence] = r.v("fragmentation header")?;
    if flags & CONTROL != 0 {
        return Ok(Carried::Control);
    }
    if flags & (BEGINS | ENDS) != BEGINS | ENDS {
        return Err(r.error("fragment", Fault::Invalid));
    }
    read(r.rest())
}

fn sent_by(end: LineEnd, carried: Carried<'_>) -> Carried<'_> {
    match carried {
        Carried::Ns { circuit, octets, .. } => Carried::Ns { sender: Some(end), circuit, octets },
        other => other,
    }
}

/// Reads a frame.
pub fn read(octets: &[u8]) -> Result<Carried<'_>, Malformed> {
    let mut r = Reader::new(Protocol::FrameRelay, octets);
    let circuit = address(&mut r)?;
    let octets = r.rest();
    if SIGNALLING_CIRCUITS.contains(&circuit) {
        return Ok(Carried::Control);
    }
    Ok(if let Some(octets) = octets.strip_prefix(&ENCAPSULATED_IPV4) {
        Carried::Network { ether_type: ether_type::IPV4, octets }
    } else if let Some(octets) = octets.strip_prefix(&ENCAPSULATED_IPV6) {
        Carried::Network { ether_type: ether_type::IPV6, octets }
    } else if let Some(octets) = octets.strip_prefix(&ENCAPSULATED_SNAP) {
        snap::read_header(octets)?
    } else {
        Carried::Ns { sender: None, circuit, octets }
    })
}

/// The data link connection identifier: 10, 16, 17 or 23 bits, Q.922 §3.3.6, by the number of octets up to the one whose
/// extension bit ends the address.
fn address(r: &mut Reader<'_>) -> Result<u32, Malformed> {
    const LAST: u8 = 1;
    let mut octets = [0; LONGEST_ADDRESS];
    for (index, place) in octets.iter_mut().enumerate() {
        *place = r.u8("address")?;
        if *place & LAST != 0 {
            let [a, b, c, d] = octets.map(u32::from);
            let upper = (a >> 2) << 4 | b >> 4;
            return match index {
                1 => Ok(upper),
                2 => Ok(upper << 6 | c >> 2),
                3 => Ok(upper << 13 | (c >> 1) << 6 | d >> 2),
                _ => Err(r.error("address", Fault::Invalid)),
            };
        }
    }
    Err(r.error("address", Fault::Invalid))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(octets: &[u8], expected: Carried<'_>) {
        assert_eq!(read(octets), Ok(expected), "{octets:02x?}");
    }

    #[test]
    fn addresses_of_every_length_are_read() {
        check(&[0x18, 0x41, 0x0a], Carried::Ns { sender: None, circuit: 100, octets: &[0x0a] });
        check(&[0x18, 0x40, 0x05, 0x0a], Carried::Ns { sender: None, circuit: 100 << 6 | 1, octets: &[0x0a] });
        check(
            &[0x18, 0x40, 0x04, 0x09, 0x0a],
            Carried::Ns { sender: None, circuit: 100 << 13 | 2 << 6 | 2, octets: &[0x0a] },
        );
        assert_eq!(read(&[0x18, 0x40]).unwrap_err().fault, Fault::Truncated);
        for octets in [&[0x19][..], &[0x18, 0x40, 0x04, 0x08]] {
            assert_eq!(read(octets).unwrap_err().fault, Fault::Invalid, "{octets:02x?}");
        }
    }

    #[test]
    fn packets_and_signalling_of_the_link_are_no_ns() {
        check(&[0x18, 0x41, 0x03, 0xcc, 0x45], Carried::Network { ether_type: ether_type::IPV4, octets: &[0x45] });
        check(&[0x18, 0x41, 0x03, 0x8e, 0x60], Carried::Network { ether_type: ether_type::IPV6, octets: &[0x60] });
        check(&[0x18, 0x41, 0x03, 0x01, 0x82], Carried::Ns { sender: None, circuit: 100, octets: &[0x03, 0x01, 0x82] });
        check(&[0x00, 0x01, 0x03, 0x08, 0x00], Carried::Control);
        let snap = [0x18, 0x41, 0x03, 0x00, 0x80, 0, 0, 0, 0x08, 0x00, 0x45];
        check(&snap, Carried::Network { ether_type: ether_type::IPV4, octets: &[0x45] });
    }

    #[test]
    fn whole_frames_of_a_bundle_are_read_and_fragments_told() {
        let expected = Carried::Ns { sender: None, circuit: 100, octets: &[0x0a] };
        assert_eq!(read_multilink(&[0xc1, 7, 0x18, 0x41, 0x0a]), Ok(expected));
        assert_eq!(read_multilink(&[0xe1, 4, 1]), Ok(Carried::Control));
        assert_eq!(read_multilink(&[0x81, 7, 0x18, 0x41]).unwrap_err().element, "fragment");
        assert_eq!(read_multilink(&[0xc1]).unwrap_err().fault, Fault::Truncated);
    }

    #[test]
    fn pseudo_headers_tell_the_sender() {
        let sender = Some(LineEnd { link: 37, own: true });
        let expected = Carried::Ns { sender, circuit: 100, octets: &[0x0a] };
        assert_eq!(read_of_line(&[1, 0, 0, 37, 0x18, 0x41, 0x0a]), Ok(expected));
        let sender = Some(LineEnd { link: 0, own: false });
        assert_eq!(
            read_with_direction(&[0, 0x18, 0x41, 0x0a]),
            Ok(Carried::Ns { sender, circuit: 100, octets: &[0x0a] })
        );
        assert_eq!(read_with_direction(&[]).unwrap_err().fault, Fault::Truncated);
        assert_eq!(read_of_line(&[1, 0, 0]).unwrap_err().fault, Fault::Truncated);
    }
}

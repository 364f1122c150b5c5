//! Generic routing encapsulation, RFC 2784 and RFC 2890 (PPTP's, RFC 2637), and what mirrors put in it: packets, Ethernet
//! frames, ERSPAN of types I to III (draft-foschiano-erspan), Frame Relay.

use super::link::{self, Carried, LinkType};
use super::{Fault, Malformed, Protocol, Reader, ether_type, frame_relay, ppp};

// Protocol types beside EtherTypes of packets.
const TRANSPARENT_ETHERNET_BRIDGING: u16 = 0x6558;
const FRAME_RELAY: u16 = 0x6559;
const PPP: u16 = 0x880b;
const ERSPAN_I_II: u16 = 0x88be;
const ERSPAN_III: u16 = 0x22eb;

// Flags of the first two octets, RFC 2890 §2; the version is in the lowest three bits.
const CHECKSUM: u16 = 0x8000;
const ROUTING: u16 = 0x4000;
const KEY: u16 = 0x2000;
const SEQUENCE_NUMBER: u16 = 0x1000;
const ACKNOWLEDGMENT: u16 = 0x0080;
const VERSION: u16 = 0x0007;

/// Reads a packet and what it carries.
pub fn read(octets: &[u8]) -> Result<Carried<'_>, Malformed> {
    let mut r = Reader::new(Protocol::Gre, octets);
    let flags = r.u16("flags and version")?;
    let protocol = r.u16("protocol type")?;
    let version = flags & VERSION;
    if version > 1 || flags & ROUTING != 0 {
        return Err(r.error("flags and version", Fault::Invalid));
    }
    let acknowledged = version == 1 && flags & ACKNOWLEDGMENT != 0;
    for (present, element) in [
        (flags & CHECKSUM != 0, "checksum"),
        (flags & KEY != 0, "key"),
        (flags & SEQUENCE_NUMBER != 0, "sequence number"),
        (acknowledged, "acknowledgment number"),
    ] {
        if present {
            r.u32(element)?;
        }
    }
    match protocol {
        TRANSPARENT_ETHERNET_BRIDGING => link::read(LinkType::Ethernet, r.rest()),
        FRAME_RELAY => frame_relay::read(r.rest()),
        PPP if r.is_empty() => Ok(Carried::Control), // only acknowledges, RFC 2637 §4.1
        PPP => ppp::read(r.rest()),
        // Without a sequence number this is type I, which has no header of its own.
        ERSPAN_I_II if flags & SEQUENCE_NUMBER == 0 => link::read(LinkType::Ethernet, r.rest()),
        ERSPAN_I_II => {
            r.v::<8>("erspan header")?;
            link::read(LinkType::Ethernet, r.rest())
        }
        ERSPAN_III => erspan_iii(&mut r),
        ether_type => Ok(Carried::Network { ether_type, octets: r.rest() }),
    }
}

fn erspan_iii<'a>(r: &mut Reader<'a>) -> Result<Carried<'a>, Malformed> {
    const IP_FRAMES: u8 = 2;
    let [.., frame_type, optional] = r.v::<12>("erspan header")?;
    if optional & 1 != 0 {
        r.v::<8>("platform specific subheader")?;
    }
    match frame_type >> 2 & 0x1f {
        0 => link::read(LinkType::Ethernet, r.rest()),
        IP_FRAMES => link::read(LinkType::Raw, r.rest()),
        _ => Ok(Carried::Network { ether_type: ether_type::UNKNOWN, octets: r.rest() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ETHERNET: [u8; 15] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 8, 0, 0x45];
    const PACKET: Carried<'_> = Carried::Network { ether_type: ether_type::IPV4, octets: &[0x45] };

    fn check(header: &[u8], carried: &[u8], expected: Carried<'_>) {
        let octets = [header, carried].concat();
        assert_eq!(read(&octets), Ok(expected), "{header:02x?}");
        for len in 0..header.len() {
            assert_eq!(read(&octets[..len]).unwrap_err().fault, Fault::Truncated, "{header:02x?} cut at {len}");
        }
    }

    #[test]
    fn optional_fields_are_passed() {
        check(&[0, 0, 8, 0], &[0x45], PACKET);
        check(&[0xb0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 1], &[0x45], PACKET);
        check(&[0x30, 0x81, 0x88, 0x0b, 0, 1, 0, 7, 0, 0, 0, 1, 0, 0, 0, 2], &[0x21, 0x45], PACKET);
        check(&[0, 0, 0x65, 0x58], &ETHERNET, PACKET);
    }

    #[test]
    fn erspan_of_every_type_gives_the_mirrored_frame() {
        check(&[0, 0, 0x88, 0xbe], &ETHERNET, PACKET);
        check(&[0x10, 0, 0x88, 0xbe, 0, 0, 0, 1, 0x10, 1, 0, 1, 0, 0, 0, 0], &ETHERNET, PACKET);
        let third = [0x10, 0, 0x22, 0xeb, 0, 0, 0, 1, 0x20, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0];
        check(&third, &ETHERNET, PACKET);
        let mut third = [&third[..], &[0; 8]].concat();
        third[19] = 1;
        check(&third, &ETHERNET, PACKET);
    }

    #[test]
    fn frame_relay_is_carried_with_its_circuit() {
        check(&[0, 0, 0x65, 0x59, 0x18, 0x41], &[0x0a], Carried::Ns { sender: None, circuit: 100, octets: &[0x0a] });
    }

    #[test]
    fn an_unknown_version_is_malformed() {
        assert_eq!(read(&[0, 2, 8, 0]).unwrap_err().fault, Fault::Invalid);
        assert_eq!(read(&[0x40, 0, 8, 0]).unwrap_err().fault, Fault::Invalid);
    }
}

//! What the kernel is asked not to give us: the user plane, which outnumbers signalling a hundredfold on AoIP mirrors.

use std::io;

use ::pcap::{Active, BpfInstruction, BpfProgram, Capture, Linktype};
use socket2::{SockFilter, SockRef};

/// Passes over RTP and RTCP (RFC 3550 §5.1: version 2 in the first two bits) and nothing that may be signalling.
///
/// Signalling over UDP does not begin so: PDU types of NS are below 0x20 (3GPP TS 48.016 §10.3.7), GSMTAP begins with its
/// version 2 as an octet, GTP with a version in the first three bits, VXLAN with 0x08, and a fragment but the first has no
/// UDP header. What may begin with anything is known by its port: below 1024 (DNS), GRE in UDP (4754, 4755), MPLS in UDP
/// (6635, 6636) and SCTP in UDP (9899). A datagram shorter than an RTP header passes, as does RTP inside a tunnel or behind
/// two VLAN tags: the kernel does not look so deep.
pub const DEFAULT_FILTER: &str = "not (\
    ((udp and udp[4:2] >= 20 and udp[8] & 0xc0 = 0x80 and udp[0:2] >= 1024 and udp[2:2] >= 1024) \
     or (ip6 and ip6[6] = 17 and ip6[44:2] >= 20 and ip6[48] & 0xc0 = 0x80 \
         and ip6[40:2] >= 1024 and ip6[42:2] >= 1024)) \
    and not udp port 4754 and not udp port 4755 and not udp port 6635 and not udp port 6636 and not udp port 9899)";

/// Whether a filter can be meant, in the language of pcap-filter(7).
///
/// # Errors
/// What libpcap says against it.
pub fn check_filter(filter: &str) -> Result<(), String> {
    let compiled = Capture::dead(Linktype::ETHERNET).and_then(|dead| dead.compile(filter, true));
    compiled.map(drop).map_err(|error| error.to_string())
}

/// Makes the kernel pass over what goes out before it runs `program`: on a loopback interface each frame passes twice, out and
/// in, and is taken once.
///
/// The word `inbound` in a filter would lose packets: libpcap runs its filter itself over the ring's first block, where it
/// knows no direction and passes over everything. So it is not told of this.
///
/// # Errors
/// Where the kernel does not take the program.
pub(super) fn hear_once(packets: &Capture<Active>, program: &BpfProgram) -> io::Result<()> {
    let rest = program.get_instructions().iter().filter_map(instruction);
    let whole: Vec<SockFilter> = not_outgoing().into_iter().chain(rest).collect();
    SockRef::from(packets).attach_filter(&whole)
}

// Loads the packet's type (linux/filter.h: SKF_AD_OFF + SKF_AD_PKTTYPE) and gives up where it is PACKET_OUTGOING. Jumps are
// relative, so any program may follow.
fn not_outgoing() -> [SockFilter; 3] {
    [SockFilter::new(0x28, 0, 0, 0xffff_f004), SockFilter::new(0x15, 0, 1, 4), SockFilter::new(0x06, 0, 0, 0)]
}

// The wrapper of libpcap shows the parts of an instruction as text only.
fn instruction(instruction: &BpfInstruction) -> Option<SockFilter> {
    let text = instruction.to_string();
    let mut parts = text.split(' ');
    let (code, jump_true, jump_false, k) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    Some(SockFilter::new(code.parse().ok()?, jump_true.parse().ok()?, jump_false.parse().ok()?, k.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn udp(source: u16, destination: u16, payload: &[u8]) -> Vec<u8> {
        let length = u16::try_from(payload.len() + 8).unwrap();
        [&source.to_be_bytes()[..], &destination.to_be_bytes(), &length.to_be_bytes(), &[0, 0], payload].concat()
    }

    fn ipv4(fragment_offset: u16, carried: &[u8]) -> Vec<u8> {
        let [high, low] = fragment_offset.to_be_bytes();
        let header = [0x45, 0, 0, 0, 0, 0, high, low, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2];
        [&[0; 12][..], &[8, 0], &header, carried].concat()
    }

    fn ipv6(carried: &[u8]) -> Vec<u8> {
        [&[0; 12][..], &[0x86, 0xdd, 0x60, 0, 0, 0, 0, 0, 17, 64], &[0; 32], carried].concat()
    }

    fn compile(filter: &str) -> BpfProgram {
        Capture::dead(Linktype::ETHERNET).unwrap().compile(filter, true).unwrap()
    }

    fn check(what: &str, frame: &[u8], passes: bool) {
        assert_eq!(compile(DEFAULT_FILTER).filter(frame), passes, "{what}");
    }

    const RTP: [u8; 172] = [0x80; 172];

    #[test]
    fn voice_is_left_to_the_kernel() {
        check("RTP", &ipv4(0, &udp(16_384, 4002, &RTP)), false);
        check("RTCP", &ipv4(0, &udp(16_385, 4003, &[[0x81, 0xc8].as_slice(), &RTP].concat())), false);
        check("RTP over IPv6", &ipv6(&udp(16_384, 4002, &RTP)), false);
    }

    #[test]
    fn what_may_be_signalling_passes() {
        for port in [53, 4754, 4755, 6635, 6636, 9899] {
            check("by its port", &ipv4(0, &udp(port, 40_000, &RTP)), true);
            check("by its port, IPv6", &ipv6(&udp(40_000, port, &RTP)), true);
        }
        for first in (0_u8..0x80).chain(0xc0..=0xff) {
            check("by its first octet", &ipv4(0, &udp(23_000, 23_000, &[&[first][..], &RTP].concat())), true);
        }
        check("a later fragment", &ipv4(185, &udp(16_384, 4002, &RTP)), true);
        check("NS-ALIVE", &ipv4(0, &udp(23_000, 23_000, &[0x0a])), true);
        check("UDP without payload", &ipv4(0, &udp(23_000, 23_000, &[])), true);
        check("too short for RTP", &ipv4(0, &udp(23_000, 23_000, &RTP[..11])), true);
        check("ARP", &[&[0; 12][..], &[8, 6], &[0; 28]].concat(), true);
    }

    #[test]
    fn every_recorded_frame_passes() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/captures/osmocom");
        for name in ["a-msc-leg.pcap", "lite-ipa-leg.pcap", "gb-sgsn-leg.pcap"] {
            let mut capture = Capture::from_file(folder.join(name)).unwrap();
            let program = capture.compile(DEFAULT_FILTER, true).unwrap();
            while let Ok(packet) = capture.next_packet() {
                assert!(program.filter(packet.data), "{name}: {packet:?}");
            }
        }
    }

    #[test]
    fn a_program_goes_to_the_kernel_whole() {
        let program = compile(DEFAULT_FILTER);
        let instructions = program.get_instructions();
        assert!(instructions.len() > 20, "{}", instructions.len());
        assert!(instructions.iter().all(|text| instruction(text).is_some()));
    }
}

//! MPLS label stacks, RFC 3032, and what is found under them: IP, or Ethernet of a pseudowire (RFC 4448).

use super::ether_type;
use super::link::{self, Carried, LinkType};
use super::{Malformed, Protocol, Reader};

/// The bottom-of-stack bit of a label stack entry, RFC 3032 §2.1.
const BOTTOM: u32 = 0x100;
/// Octets of a pseudowire's control word, RFC 4385 §3.
const CONTROL_WORD_LENGTH: usize = 4;

/// Reads a label stack and what it carries. Nothing tells the latter but its first octets (RFC 4928 §3).
pub fn read(octets: &[u8]) -> Result<Carried<'_>, Malformed> {
    let mut r = Reader::new(Protocol::Mpls, octets);
    while r.u32("label stack entry")? & BOTTOM == 0 {}
    let rest = r.rest();
    match rest.first().map(|octet| octet >> 4) {
        Some(4) => Ok(Carried::Network { ether_type: ether_type::IPV4, octets: rest }),
        Some(6) => Ok(Carried::Network { ether_type: ether_type::IPV6, octets: rest }),
        Some(1) => Ok(Carried::Control), // the pseudowire's associated channel, RFC 4385 §5
        _ => pseudowire(rest),
    }
}

// The control word is optional, and a station's address may begin with zeros as it does: the reading whose EtherType is
// known is the right one.
fn pseudowire(octets: &[u8]) -> Result<Carried<'_>, Malformed> {
    let behind_control_word = octets.get(CONTROL_WORD_LENGTH..).unwrap_or_default();
    let [with, without] = [behind_control_word, octets].map(|frame| link::read(LinkType::Ethernet, frame));
    match with {
        Ok(Carried::Network { ether_type, .. }) if ether_type::is_known(ether_type) => with,
        _ => without,
    }
}

#[cfg(test)]
mod tests {
    use super::super::Fault;
    use super::*;

    const LABELS: [u8; 8] = [0, 1, 0x20, 64, 0, 2, 0x21, 64];
    const STATIONS: [u8; 12] = [0, 0x1b, 1, 2, 3, 4, 0, 0x1c, 5, 6, 7, 8];

    fn check(carried: &[u8], expected: Carried<'_>) {
        assert_eq!(read(&[&LABELS, carried].concat()), Ok(expected));
    }

    #[test]
    fn what_is_under_the_stack_is_told_by_its_beginning() {
        check(&[0x45, 9], Carried::Network { ether_type: ether_type::IPV4, octets: &[0x45, 9] });
        check(&[0x60, 9], Carried::Network { ether_type: ether_type::IPV6, octets: &[0x60, 9] });
        check(&[0x10, 9], Carried::Control);
        let ethernet = [&STATIONS[..], &[8, 0, 0x45]].concat();
        let expected = Carried::Network { ether_type: ether_type::IPV4, octets: &[0x45] };
        check(&ethernet, expected);
        check(&[&[0, 0, 0, 7][..], &ethernet].concat(), expected);
    }

    #[test]
    fn a_stack_without_bottom_is_truncated() {
        for len in 0..LABELS.len() {
            assert_eq!(read(&LABELS[..len]).unwrap_err().fault, Fault::Truncated, "cut at {len}");
        }
    }
}

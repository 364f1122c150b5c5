//! Where the Gb interface runs over UDP: on ports that are configured, at endpoints that the IP sub-network service names
//! (3GPP TS 48.016 §6.2), and wherever what passes can be nothing else.

use rustc_hash::FxHashSet;

use crate::wire::ip::Address;
use crate::wire::{NsPduType, bssgp, ns};

/// Endpoints that are remembered; further ones are known by configuration only.
pub const MAX_NS_ENDPOINTS: usize = 4096;

/// Known endpoints.
pub struct NsEndpoints {
    ports: Vec<u16>,
    learned: FxHashSet<(u16, Address, u16)>,
    /// Endpoints not learned because of [`MAX_NS_ENDPOINTS`].
    pub refused: u64,
}

impl NsEndpoints {
    /// Only what is configured.
    pub fn new(ports: &[u16]) -> Self {
        Self { ports: ports.to_vec(), learned: FxHashSet::default(), refused: 0 }
    }

    /// Whether a datagram of this feed between two endpoints is an NS PDU.
    pub fn carry(&mut self, feed: u16, ends: [(Address, u16); 2], payload: &[u8]) -> bool {
        let is_known = |(address, port): (Address, u16)| {
            self.ports.contains(&port) || self.learned.contains(&(feed, address, port))
        };
        if !ends.into_iter().any(is_known) {
            if !is_evident(payload) {
                return false;
            }
            ends.into_iter().for_each(|end| self.learn(feed, end));
        }
        if let Some(0x0d | 0x0f) = payload.first() {
            self.learn_configured(feed, payload);
        }
        true
    }

    /// SNS-ADD and SNS-CONFIG tell where else the entity is.
    fn learn_configured(&mut self, feed: u16, payload: &[u8]) {
        if let Ok(read) = ns::read(payload) {
            read.message.endpoints.iter().for_each(|end| self.learn(feed, end));
        }
    }

    fn learn(&mut self, feed: u16, (address, port): (Address, u16)) {
        let end = (feed, address, port);
        if self.learned.len() < MAX_NS_ENDPOINTS {
            self.learned.insert(end);
        } else if !self.learned.contains(&end) {
            self.refused += 1;
        }
    }
}

/// Whether octets read as a whole NS PDU that says more than a few octets could by chance.
fn is_evident(payload: &[u8]) -> bool {
    const HIGHEST_TYPE: u8 = 0x13;
    if payload.first().is_none_or(|first| *first > HIGHEST_TYPE) {
        return false;
    }
    let Ok(read) = ns::read(payload) else { return false };
    let (pdu, is_whole) = (read.message, read.malformed.is_none());
    match pdu.pdu_type {
        NsPduType::UNITDATA => pdu.sdu.is_some_and(is_bssgp),
        NsPduType::RESET => is_whole && pdu.cause.is_some() && pdu.ns_vci.is_some() && pdu.nsei.is_some(),
        NsPduType::RESET_ACK => is_whole && pdu.ns_vci.is_some() && pdu.nsei.is_some(),
        NsPduType::SNS_CONFIG => is_whole && pdu.nsei.is_some() && pdu.endpoints.iter().next().is_some(),
        NsPduType::SNS_SIZE => is_whole && pdu.nsei.is_some() && pdu.reset.is_some(),
        _ => false,
    }
}

fn is_bssgp(sdu: &[u8]) -> bool {
    let Ok(read) = bssgp::read(sdu) else { return false };
    let (pdu, is_whole) = (read.message, read.malformed.is_none());
    let says_something =
        pdu.llc_pdu.is_some_and(|llc| !llc.is_empty()) || pdu.bvci.is_some() || pdu.imsi.is_some() || pdu.tag.is_some();
    is_whole && says_something && pdu.pdu_type.name() != "unknown"
}

#[cfg(test)]
mod tests {
    use super::*;

    const RESET: [u8; 12] = [0x02, 0x00, 0x81, 0x0a, 0x01, 0x82, 0x03, 0xe8, 0x04, 0x82, 0x03, 0xe8];
    /// BVC-RESET of cell 7 in NS-UNITDATA.
    const UNITDATA: [u8; 12] = [0x00, 0x00, 0x00, 0x00, 0x22, 0x04, 0x82, 0x00, 0x07, 0x07, 0x81, 0x08];
    const CONFIG: [u8; 16] = [0x0f, 0x01, 0x04, 0x82, 0x00, 0x07, 0x05, 0x88, 10, 0, 0, 9, 0x10, 0xe2, 1, 1];
    const ALIVE: [u8; 1] = [0x0a];
    /// A DNS query whose identifier is 0.
    const QUERY: [u8; 21] = [0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 3, b'w', b'w', b'w', 0, 0, 1, 0, 1];

    fn end(last: u8, port: u16) -> (Address, u16) {
        (Address::from_ipv4([10, 0, 0, last]), port)
    }

    fn check(passed: &[(u8, u16, &[u8], bool)]) {
        let mut endpoints = NsEndpoints::new(&[23_000]);
        for (index, (last, port, payload, expected)) in passed.iter().enumerate() {
            let carried = endpoints.carry(0, [end(1, 40_000), end(*last, *port)], payload);
            assert_eq!(carried, *expected, "datagram {index}");
        }
    }

    #[test]
    fn a_configured_port_carries_whatever_passes() {
        check(&[(2, 23_000, &ALIVE, true), (2, 23_001, &ALIVE, false)]);
    }

    #[test]
    fn another_port_is_known_by_what_passes_and_from_then_on() {
        check(&[(2, 5000, &ALIVE, false), (2, 5000, &RESET, true), (2, 5000, &ALIVE, true)]);
        check(&[(2, 5000, &UNITDATA, true), (3, 6000, &ALIVE, true)]);
        check(&[(2, 5000, &QUERY, false), (2, 5000, &[], false), (2, 5000, &RESET[..11], false)]);
    }

    #[test]
    fn endpoints_of_the_sub_network_are_those_that_it_names() {
        let mut endpoints = NsEndpoints::new(&[]);
        assert!(!endpoints.carry(0, [end(3, 1), end(9, 4322)], &ALIVE));
        assert!(endpoints.carry(0, [end(1, 40_000), end(2, 5000)], &CONFIG));
        assert!(endpoints.carry(0, [end(3, 1), end(9, 4322)], &ALIVE));
        assert!(!endpoints.carry(1, [end(3, 1), end(9, 4322)], &ALIVE));
    }

    #[test]
    fn what_is_learned_is_bounded() {
        let mut endpoints = NsEndpoints::new(&[]);
        for number in 0..=MAX_NS_ENDPOINTS as u16 / 2 {
            endpoints.carry(0, [end(1, number), end(2, number)], &RESET);
        }
        assert_eq!((endpoints.learned.len(), endpoints.refused), (MAX_NS_ENDPOINTS, 2));
    }
}

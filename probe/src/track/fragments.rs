//! IP datagrams put together from their fragments (RFC 791 §3.2, RFC 8200 §4.5).
//!
//! Where fragments overlap, what came first stays: both taps of a doubled mirror then give the same datagram.

use std::time::Duration;

use event::Timestamp;
use rustc_hash::FxHashMap;

use super::counters::TransportCounters;
use crate::wire::ip::{Address, Fragment, Packet};

/// Datagrams in reassembly at one time.
pub const DATAGRAM_LIMIT: usize = 1024;
/// How long a datagram waits for its fragments, RFC 8200 §4.5 allows 60.
pub const TIMEOUT_SECONDS: u64 = 30;

const LONGEST_DATAGRAM: usize = 65_535;
const UNIT_OCTETS: usize = 8;
const WORDS: usize = LONGEST_DATAGRAM.div_ceil(UNIT_OCTETS).div_ceil(64);

/// Datagrams in reassembly.
#[derive(Default)]
pub struct Fragments {
    waiting: FxHashMap<Key, Datagram>,
    spare: Vec<Datagram>,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Key {
    source: Address,
    destination: Address,
    identification: u32,
    protocol: u8,
    feed: u16,
}

struct Datagram {
    octets: Vec<u8>,
    /// A bit for each unit of 8 octets that is there.
    units: Box<[u64; WORDS]>,
    units_there: usize,
    /// Octets in all, once the last fragment came.
    length: Option<usize>,
    started: Timestamp,
}

/// A datagram that was put together.
pub struct Whole {
    datagram: Datagram,
    length: usize,
}

impl Whole {
    /// Its payload.
    pub fn payload(&self) -> &[u8] {
        self.datagram.octets.get(..self.length).unwrap_or_default()
    }
}

impl Fragments {
    /// Takes a fragment. Gives the datagram if it is now whole: to be put back when read.
    pub fn take(
        &mut self,
        feed: u16,
        packet: &Packet<'_>,
        fragment: Fragment,
        at: Timestamp,
        counters: &mut TransportCounters,
    ) -> Option<Whole> {
        counters.ip_fragments += 1;
        let start = usize::from(fragment.offset);
        let end = start + packet.payload.len();
        let uneven = fragment.more && !packet.payload.len().is_multiple_of(UNIT_OCTETS);
        if packet.missing > 0 || packet.payload.is_empty() || uneven || end > LONGEST_DATAGRAM {
            counters.ip_fragments_invalid += 1;
            return None;
        }
        let Packet { addresses, protocol, .. } = *packet;
        let (source, destination) = (addresses.source(), addresses.destination());
        let key = Key { source, destination, identification: fragment.identification, protocol, feed };
        let datagram = self.datagram(key, at, counters)?;
        if !datagram.place(start, packet.payload) {
            counters.ip_fragments_overlapping += 1;
        }
        if !fragment.more {
            datagram.length.get_or_insert(end);
        }
        let length = datagram.whole_length()?;
        counters.ip_reassembled += 1;
        let datagram = self.waiting.remove(&key)?;
        Some(Whole { datagram, length })
    }

    /// Takes a datagram back, so that its room serves the next.
    pub fn put_back(&mut self, whole: Whole) {
        self.spare.push(whole.datagram);
    }

    fn datagram(&mut self, key: Key, at: Timestamp, counters: &mut TransportCounters) -> Option<&mut Datagram> {
        if self.waiting.len() >= DATAGRAM_LIMIT && !self.waiting.contains_key(&key) {
            self.drop_timed_out(at, counters);
            if self.waiting.len() >= DATAGRAM_LIMIT {
                counters.ip_fragments_refused += 1;
                return None;
            }
        }
        let spare = &mut self.spare;
        let datagram = self.waiting.entry(key).or_insert_with(|| {
            let mut datagram = spare.pop().unwrap_or_else(Datagram::new);
            datagram.restart(at);
            datagram
        });
        if datagram.is_timed_out(at) {
            counters.ip_fragments_timed_out += 1;
            datagram.restart(at);
        }
        Some(datagram)
    }

    fn drop_timed_out(&mut self, at: Timestamp, counters: &mut TransportCounters) {
        let timed_out = self.waiting.extract_if(|_, datagram| datagram.is_timed_out(at));
        for (_, datagram) in timed_out {
            counters.ip_fragments_timed_out += 1;
            self.spare.push(datagram);
        }
    }
}

impl Datagram {
    fn new() -> Self {
        let units = Box::new([0; WORDS]);
        Self { octets: Vec::new(), units, units_there: 0, length: None, started: Timestamp::MIN }
    }

    fn restart(&mut self, at: Timestamp) {
        self.octets.clear();
        self.units.fill(0);
        self.units_there = 0;
        self.length = None;
        self.started = at;
    }

    fn is_timed_out(&self, at: Timestamp) -> bool {
        at.since(self.started) > Duration::from_secs(TIMEOUT_SECONDS)
    }

    /// Places a fragment unit by unit; false where something was there already.
    fn place(&mut self, start: usize, payload: &[u8]) -> bool {
        let end = start + payload.len();
        if self.octets.len() < end {
            self.octets.resize(end, 0);
        }
        let mut fresh = true;
        let units = self.octets.get_mut(start..end).unwrap_or_default().chunks_mut(UNIT_OCTETS);
        for (index, (there, octets)) in units.zip(payload.chunks(UNIT_OCTETS)).enumerate() {
            let unit = start / UNIT_OCTETS + index;
            let Some(word) = self.units.get_mut(unit / 64) else { continue };
            if *word >> (unit % 64) & 1 == 1 {
                fresh = false;
                continue;
            }
            *word |= 1 << (unit % 64);
            self.units_there += 1;
            there.copy_from_slice(octets);
        }
        fresh
    }

    fn whole_length(&self) -> Option<usize> {
        self.length.filter(|length| self.units_there >= length.div_ceil(UNIT_OCTETS))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::ip::Addresses;

    const PAYLOAD: [u8; 20] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20];

    struct Case {
        fragments: Fragments,
        counters: TransportCounters,
    }

    impl Case {
        fn new() -> Self {
            Self { fragments: Fragments::default(), counters: TransportCounters::default() }
        }

        fn take(&mut self, identification: u32, seconds: i64, range: std::ops::Range<usize>) -> Option<Vec<u8>> {
            let packet = Packet {
                addresses: Addresses(&[10, 0, 0, 1, 10, 0, 0, 2]),
                protocol: 132,
                fragment: None,
                payload: &PAYLOAD[range.clone()],
                missing: 0,
            };
            let offset = u16::try_from(range.start).unwrap();
            let fragment = Fragment { identification, offset, more: range.end < PAYLOAD.len() };
            let at = Timestamp::from_seconds(seconds);
            let whole = self.fragments.take(0, &packet, fragment, at, &mut self.counters)?;
            let payload = whole.payload().to_vec();
            self.fragments.put_back(whole);
            Some(payload)
        }
    }

    fn check(order: &[std::ops::Range<usize>], overlapping: u64) {
        let mut case = Case::new();
        let (last, before) = order.split_last().unwrap();
        for range in before {
            assert_eq!(case.take(7, 0, range.clone()), None, "{order:?}");
        }
        assert_eq!(case.take(7, 0, last.clone()).as_deref(), Some(&PAYLOAD[..]), "{order:?}");
        assert_eq!(case.counters.ip_fragments_overlapping, overlapping, "{order:?}");
    }

    #[test]
    fn a_datagram_is_whole_in_any_order_and_with_overlaps() {
        check(&[0..8, 8..16, 16..20], 0);
        check(&[16..20, 0..8, 8..16], 0);
        check(&[0..16, 0..16, 8..20], 2);
        check(&[8..16, 0..20], 1);
    }

    #[test]
    fn the_slot_of_a_whole_datagram_serves_the_next() {
        let mut case = Case::new();
        for identification in 0..3 {
            assert_eq!(case.take(identification, 0, 0..16), None);
            assert_eq!(case.take(identification, 0, 16..20).as_deref(), Some(&PAYLOAD[..]));
        }
        assert_eq!(case.fragments.spare.len(), 1);
    }

    #[test]
    fn fragments_too_far_apart_in_time_do_not_meet() {
        let mut case = Case::new();
        case.take(7, 0, 0..16);
        assert_eq!(case.take(7, 31, 16..20), None);
        assert_eq!(case.counters.ip_fragments_timed_out, 1);
    }

    #[test]
    fn the_table_is_bounded_and_cleared_by_time() {
        let mut case = Case::new();
        for identification in 0..1025 {
            case.take(identification, 0, 0..8);
        }
        assert_eq!((case.fragments.waiting.len(), case.counters.ip_fragments_refused), (DATAGRAM_LIMIT, 1));
        case.take(2000, 31, 0..8);
        assert_eq!((case.fragments.waiting.len(), case.counters.ip_fragments_timed_out), (1, 1024));
    }

    #[test]
    fn an_uneven_middle_fragment_is_invalid() {
        let mut case = Case::new();
        assert_eq!(case.take(7, 0, 0..7), None);
        assert_eq!(case.counters.ip_fragments_invalid, 1);
    }
}

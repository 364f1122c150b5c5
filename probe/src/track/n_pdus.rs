//! User packets put together from their segments: N-PDUs of SNDCP, 3GPP TS 44.065 §6.7.

use std::time::Duration;

use event::Timestamp;
use rustc_hash::FxHashMap;

use super::links::LinkId;
use crate::wire::{SnPduType, Sndcp};

/// N-PDUs in reassembly at one time; segments of further ones are dropped.
pub const MAX_N_PDUS: usize = 8192;
/// The longest N-PDU, 3GPP TS 44.065 §5.1.
const MAX_OCTETS: usize = 1520;
/// How long an N-PDU waits for its segments.
const TIMEOUT: Duration = Duration::from_secs(10);

/// What a segment makes.
#[derive(Debug, PartialEq, Eq)]
pub enum Progress<'a> {
    /// The N-PDU is whole.
    Whole(&'a [u8]),
    /// More is to come.
    Waiting,
    /// A segment before this one is missing; `begun` is where others are given up with it.
    Incomplete {
        /// Whether a part of it was waiting.
        begun: bool,
    },
    /// Dropped at [`MAX_N_PDUS`].
    Refused,
}

/// N-PDUs in reassembly.
#[derive(Default)]
pub struct NPdus {
    waiting: FxHashMap<(LinkId, u8), Waiting>,
    spare: Vec<Vec<u8>>,
    whole: Vec<u8>,
}

struct Waiting {
    number: Option<u16>,
    next_segment: u8,
    begun_at: Timestamp,
    octets: Vec<u8>,
}

impl NPdus {
    /// Takes a segment that a phone sent on `link`.
    pub fn take<'a>(&'a mut self, link: LinkId, segment: &Sndcp<'a>, at: Timestamp) -> Progress<'a> {
        let key = (link, segment.nsapi);
        if segment.first {
            self.forget(key);
            if !segment.more {
                return Progress::Whole(segment.data);
            }
            return self.begin(key, segment, at);
        }
        let added = self.waiting.get_mut(&key).map(|waiting| waiting.add(segment, at));
        if added != Some(true) {
            self.forget(key);
            return Progress::Incomplete { begun: added.is_some() };
        }
        if segment.more {
            return Progress::Waiting;
        }
        if let Some(done) = self.waiting.remove(&key) {
            let before = std::mem::replace(&mut self.whole, done.octets);
            self.spare.push(before);
        }
        Progress::Whole(&self.whole)
    }

    fn begin(&mut self, key: (LinkId, u8), segment: &Sndcp<'_>, at: Timestamp) -> Progress<'static> {
        if self.waiting.len() >= MAX_N_PDUS {
            let over = self.waiting.extract_if(|_, waiting| at.since(waiting.begun_at) > TIMEOUT);
            self.spare.extend(over.map(|(_, waiting)| waiting.octets));
            if self.waiting.len() >= MAX_N_PDUS {
                return Progress::Refused;
            }
        }
        let mut octets = self.spare.pop().unwrap_or_else(|| Vec::with_capacity(MAX_OCTETS));
        octets.clear();
        octets.extend_from_slice(segment.data);
        self.waiting.insert(key, Waiting { number: segment.n_pdu_number, next_segment: 1, begun_at: at, octets });
        Progress::Waiting
    }

    fn forget(&mut self, key: (LinkId, u8)) {
        if let Some(waiting) = self.waiting.remove(&key) {
            self.spare.push(waiting.octets);
        }
    }
}

impl Waiting {
    /// Adds a segment; false where it does not follow. Those of unacknowledged mode have numbers, the others come in order.
    fn add(&mut self, segment: &Sndcp<'_>, at: Timestamp) -> bool {
        let in_order = match segment.pdu_type {
            SnPduType::SN_UNITDATA => {
                segment.n_pdu_number == self.number && segment.segment == Some(self.next_segment & 15)
            }
            _ => true,
        };
        let fits = self.octets.len() + segment.data.len() <= MAX_OCTETS;
        let follows = in_order && fits && at.since(self.begun_at) <= TIMEOUT;
        if follows {
            self.next_segment = self.next_segment.wrapping_add(1);
            self.octets.extend_from_slice(segment.data);
        }
        follows
    }
}

#[cfg(test)]
mod tests {
    use super::super::links::{Address, Bvc, Links};
    use super::*;
    use crate::wire::Tlli;

    fn links(count: u32) -> Vec<LinkId> {
        let mut links = Links::<()>::default();
        let bvc = Bvc { network: 0, sgsn: 1, bss: 2, bvci: 3 };
        (0..count).map(|tlli| links.open(Address::new(Tlli(0xc000_0000 | tlli), bvc), Timestamp::MIN)).collect()
    }

    fn segment(number: u16, segment: u8, more: bool, data: &'static [u8]) -> Sndcp<'static> {
        Sndcp {
            pdu_type: SnPduType::SN_UNITDATA,
            nsapi: 5,
            first: segment == 0,
            more,
            segment: Some(segment),
            n_pdu_number: Some(number),
            compression: (segment == 0).then_some((0, 0)),
            data,
        }
    }

    /// Segments as number, segment, more; what they make: a whole one's octets, `.` waiting, `x` incomplete.
    #[track_caller]
    fn check(segments: &[(u16, u8, bool)], expected: &str) {
        let link = links(1)[0];
        let mut n_pdus = NPdus::default();
        let mut made = String::new();
        for (number, index, more) in segments {
            let data: &'static [u8] = [b"a", b"b", b"c"][usize::from(*index)];
            match n_pdus.take(link, &segment(*number, *index, *more, data), Timestamp::from_seconds(1)) {
                Progress::Whole(octets) => made += std::str::from_utf8(octets).unwrap(),
                Progress::Waiting => made += ".",
                Progress::Incomplete { .. } => made += "x",
                Progress::Refused => made += "!",
            }
        }
        assert_eq!(made, expected);
    }

    #[test]
    fn segments_in_order_make_a_packet() {
        check(&[(1, 0, false)], "a");
        check(&[(1, 0, true), (1, 1, true), (1, 2, false), (2, 0, true), (2, 1, false)], "..abc.ab");
    }

    #[test]
    fn a_missing_segment_loses_its_packet_only() {
        check(&[(1, 0, true), (1, 2, false), (2, 0, false)], ".xa");
        check(&[(1, 1, false)], "x");
        check(&[(1, 0, true), (2, 1, false)], ".x");
        check(&[(1, 0, true), (2, 0, true), (2, 1, false)], "..ab");
    }

    #[test]
    fn acknowledged_segments_follow_without_numbers() {
        let link = links(1)[0];
        let mut n_pdus = NPdus::default();
        let first = Sndcp { pdu_type: SnPduType::SN_DATA, segment: None, ..segment(1, 0, true, b"a") };
        let last =
            Sndcp { pdu_type: SnPduType::SN_DATA, segment: None, n_pdu_number: None, ..segment(1, 1, false, b"b") };
        assert_eq!(n_pdus.take(link, &first, Timestamp::MIN), Progress::Waiting);
        assert_eq!(n_pdus.take(link, &last, Timestamp::MIN), Progress::Whole(b"ab"));
    }

    #[test]
    fn the_table_is_bounded_and_cleared_by_time() {
        let links = links(MAX_N_PDUS as u32 + 1);
        let mut n_pdus = NPdus::default();
        let at = Timestamp::from_seconds(1);
        for link in &links[..MAX_N_PDUS] {
            assert_eq!(n_pdus.take(*link, &segment(1, 0, true, b"a"), at), Progress::Waiting);
        }
        assert_eq!(n_pdus.take(links[MAX_N_PDUS], &segment(1, 0, true, b"a"), at), Progress::Refused);
        let later = Timestamp::from_seconds(12);
        assert_eq!(n_pdus.take(links[MAX_N_PDUS], &segment(1, 0, true, b"a"), later), Progress::Waiting);
        assert_eq!(n_pdus.waiting.len(), 1);
    }
}

//! Fragments of SCTP user messages that wait for their siblings (RFC 9260 §6.9, RFC 8260 §2.2), of one direction.

use super::counters::TransportCounters;
use crate::wire::sctp::{Data, Part};

/// Fragments of one direction that may wait.
pub const FRAGMENT_LIMIT: usize = 128;
/// Their octets.
pub const OCTETS_LIMIT: usize = 256 << 10;

/// Memory that is kept for the next message in fragments: octets, and fragments.
const KEPT: (usize, usize) = (1024, 8);

/// Fragments in waiting. Their octets lie one behind the other and are given back when none waits any more.
#[derive(Default)]
pub struct Pending {
    waiting: Vec<Waiting>,
    octets: Vec<u8>,
}

struct Waiting {
    part: Part,
    beginning: bool,
    ending: bool,
    protocol: u32,
    start: usize,
    length: usize,
}

impl Pending {
    /// Octets held.
    pub fn octets(&self) -> usize {
        self.octets.len()
    }

    /// Fragments held.
    pub fn fragments(&self) -> u64 {
        self.waiting.len() as u64
    }

    /// Takes a fragment. If its message is now whole, writes it to `assembled` and gives its payload protocol identifier.
    pub fn take(&mut self, data: &Data<'_>, assembled: &mut Vec<u8>, counters: &mut TransportCounters) -> Option<u32> {
        if self.waiting.len() >= FRAGMENT_LIMIT || self.octets.len() + data.payload.len() > OCTETS_LIMIT {
            counters.sctp_fragments_dropped += self.fragments();
            self.clear();
        }
        let &Data { part, beginning, ending, protocol, payload, .. } = data;
        let (start, length) = (self.octets.len(), payload.len());
        self.octets.extend_from_slice(payload);
        self.waiting.push(Waiting { part, beginning, ending, protocol, start, length });
        self.assemble(part, assembled)
    }

    fn assemble(&mut self, part: Part, assembled: &mut Vec<u8>) -> Option<u32> {
        let mut first = self.find(part)?;
        while !first.beginning {
            first = self.find(first.part.before())?;
        }
        let (protocol, first) = (first.protocol, first.part);
        let mut last = first;
        assembled.clear();
        loop {
            let fragment = self.find(last)?;
            assembled.extend_from_slice(self.octets.get(fragment.start..)?.get(..fragment.length)?);
            if fragment.ending {
                break;
            }
            last = last.after();
        }
        let length = last.sequence.wrapping_sub(first.sequence);
        self.waiting.retain(|waiting| {
            waiting.part.message != first.message || waiting.part.sequence.wrapping_sub(first.sequence) > length
        });
        if self.waiting.is_empty() {
            self.clear();
        }
        Some(protocol)
    }

    fn find(&self, part: Part) -> Option<&Waiting> {
        self.waiting.iter().find(|waiting| waiting.part == part)
    }

    fn clear(&mut self) {
        self.waiting.clear();
        self.octets.clear();
        self.octets.shrink_to(KEPT.0);
        self.waiting.shrink_to(KEPT.1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fragment(message: u64, sequence: u32, place: &str, payload: &'static [u8]) -> Data<'static> {
        Data {
            tsn: sequence,
            stream: 0,
            part: Part { message, sequence },
            protocol: 3,
            beginning: place == "first",
            ending: place == "last",
            payload,
        }
    }

    fn check(fragments: &[Data<'_>], expected: &[&[u8]]) {
        let (mut pending, mut assembled, mut counters) = (Pending::default(), Vec::new(), TransportCounters::default());
        let mut messages = Vec::new();
        for data in fragments {
            if pending.take(data, &mut assembled, &mut counters).is_some() {
                messages.push(assembled.clone());
            }
        }
        assert_eq!(messages, expected);
        assert_eq!((pending.fragments(), pending.octets()), (0, 0));
    }

    #[test]
    fn fragments_meet_in_any_order_and_across_wrap_around() {
        let [a, b, c] = [
            fragment(0, u32::MAX, "first", b"one "),
            fragment(0, 0, "middle", b"two "),
            fragment(0, 1, "last", b"three"),
        ];
        check(&[a, b, c], &[b"one two three"]);
        check(&[c, a, b], &[b"one two three"]);
        check(&[b, c, a], &[b"one two three"]);
    }

    #[test]
    fn neighbours_are_not_mixed() {
        let fragments = [
            fragment(0, 3, "last", b"d"),
            fragment(0, 0, "first", b"a"),
            fragment(0, 2, "first", b"c"),
            fragment(0, 1, "last", b"b"),
        ];
        check(&fragments, &[b"cd", b"ab"]);
    }

    #[test]
    fn interleaved_messages_are_kept_apart() {
        let fragments = [
            fragment(1, 0, "first", b"a"),
            fragment(2, 0, "first", b"c"),
            fragment(1, 1, "last", b"b"),
            fragment(2, 1, "last", b"d"),
        ];
        check(&fragments, &[b"ab", b"cd"]);
    }

    #[test]
    fn at_the_limit_those_who_wait_are_dropped_and_counted() {
        let (mut pending, mut assembled, mut counters) = (Pending::default(), Vec::new(), TransportCounters::default());
        for index in 0..=FRAGMENT_LIMIT as u32 {
            pending.take(&fragment(0, index * 2, "middle", b"x"), &mut assembled, &mut counters);
        }
        assert_eq!((pending.fragments(), counters.sctp_fragments_dropped), (1, FRAGMENT_LIMIT as u64));
    }
}

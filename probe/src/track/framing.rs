//! IPA messages cut out of the octets of a TCP direction, and found again where the cut was lost.

use super::counters::TransportCounters;
use crate::Provenance;
use crate::wire::ipa::{HEADER_LENGTH, IpaMessage, LONGEST_MESSAGE};
use crate::wire::{Fault, Malformed, Protocol, Reader};

/// Where one direction's messages begin.
#[derive(Default)]
pub struct Framing {
    /// The next octet is the first of a message, or of the rest of `partial`.
    in_step: bool,
    partial: Vec<u8>,
}

enum Header {
    Incomplete,
    Total(usize),
    Nonsense,
}

impl Framing {
    /// At the first octet of a connection.
    pub fn at_beginning() -> Self {
        Self { in_step: true, partial: Vec::new() }
    }

    /// Octets are missing here.
    pub fn lose_step(&mut self, counters: &mut TransportCounters) {
        counters.tcp_octets_skipped += self.partial.len() as u64;
        self.partial.clear();
        self.in_step = false;
    }

    /// Takes the next octets, which came by `from`, and gives the messages that they complete.
    pub fn feed(
        &mut self,
        from: Provenance,
        octets: &[u8],
        counters: &mut TransportCounters,
        message: &mut impl FnMut(Provenance, IpaMessage<'_>, &mut TransportCounters),
    ) {
        let mut rest = self.complete(from, octets, counters, message);
        while !rest.is_empty() {
            rest = if self.in_step { self.cut(from, rest, counters, message) } else { self.find_step(rest, counters) };
        }
    }

    // Completes the message whose beginning came earlier.
    fn complete<'a>(
        &mut self,
        from: Provenance,
        mut octets: &'a [u8],
        counters: &mut TransportCounters,
        message: &mut impl FnMut(Provenance, IpaMessage<'_>, &mut TransportCounters),
    ) -> &'a [u8] {
        while !self.partial.is_empty() && !octets.is_empty() {
            let wanted = match header(&self.partial) {
                Header::Incomplete => HEADER_LENGTH,
                Header::Total(total) => total,
                Header::Nonsense => {
                    self.nonsense(counters);
                    break;
                }
            };
            let wanted = wanted.saturating_sub(self.partial.len()).min(octets.len());
            let (head, rest) = octets.split_at_checked(wanted).unwrap_or((octets, &[]));
            self.partial.extend_from_slice(head);
            octets = rest;
            if let Ok(whole) = IpaMessage::read(&mut Reader::new(Protocol::Ipa, &self.partial)) {
                message(from, whole, counters);
                self.partial.clear();
            }
        }
        octets
    }

    // Cuts off one message, or keeps what there is of it.
    fn cut<'a>(
        &mut self,
        from: Provenance,
        octets: &'a [u8],
        counters: &mut TransportCounters,
        message: &mut impl FnMut(Provenance, IpaMessage<'_>, &mut TransportCounters),
    ) -> &'a [u8] {
        if matches!(header(octets), Header::Nonsense) {
            self.nonsense(counters);
            return octets;
        }
        let mut r = Reader::new(Protocol::Ipa, octets);
        match IpaMessage::read(&mut r) {
            Ok(whole) => {
                message(from, whole, counters);
                r.rest()
            }
            Err(_) => {
                self.partial.extend_from_slice(octets);
                &[]
            }
        }
    }

    fn find_step<'a>(&mut self, octets: &'a [u8], counters: &mut TransportCounters) -> &'a [u8] {
        let skip = (0..octets.len()).find(|skip| octets.get(*skip..).is_some_and(is_in_step));
        self.in_step = skip.is_some();
        let skip = skip.unwrap_or(octets.len());
        counters.tcp_octets_skipped += skip as u64;
        octets.get(skip..).unwrap_or_default()
    }

    fn nonsense(&mut self, counters: &mut TransportCounters) {
        counters.count_malformed(Malformed { layer: Protocol::Ipa, element: "length", fault: Fault::Invalid });
        self.lose_step(counters);
    }
}

fn header(octets: &[u8]) -> Header {
    let &[high, low, _stream, ..] = octets else { return Header::Incomplete };
    match usize::from(u16::from_be_bytes([high, low])) {
        length @ 1..=LONGEST_MESSAGE => Header::Total(HEADER_LENGTH + length),
        _ => Header::Nonsense,
    }
}

// Plausible messages one behind the other, up to the end or into the beginning of one.
fn is_in_step(mut octets: &[u8]) -> bool {
    let mut whole = false;
    while IpaMessage::is_plausible(octets) {
        let Header::Total(total) = header(octets) else { return false };
        let Some(rest) = octets.get(total..) else { return true };
        whole = true;
        octets = rest;
    }
    whole && octets.len() <= HEADER_LENGTH
}

#[cfg(test)]
mod tests {
    use event::Timestamp;

    use super::*;

    const OCTETS: [u8; 17] = [0, 1, 0xfe, 6, 0, 5, 0xfd, 1, 2, 3, 4, 5, 0, 2, 0xfd, 4, 9];

    fn check(framing: Framing, parts: &[&[u8]], expected: &[&[u8]]) -> TransportCounters {
        let (mut framing, mut counters, mut messages) = (framing, TransportCounters::default(), Vec::new());
        let from = Provenance { at: Timestamp::MIN, frame: 1, feed: 0 };
        for part in parts {
            framing.feed(from, part, &mut counters, &mut |_, message, _| messages.push(message.payload.to_vec()));
        }
        assert_eq!(messages, expected, "{parts:02x?}");
        counters
    }

    #[test]
    fn messages_are_cut_wherever_segments_end() {
        let expected: [&[u8]; 3] = [&[6], &[1, 2, 3, 4, 5], &[4, 9]];
        for first in 0..OCTETS.len() {
            for second in first..OCTETS.len() {
                let parts = [&OCTETS[..first], &OCTETS[first..second], &OCTETS[second..]];
                check(Framing::at_beginning(), &parts, &expected);
            }
        }
    }

    #[test]
    fn a_stream_seen_from_the_middle_is_picked_up_at_the_next_message() {
        let counters = check(Framing::default(), &[&OCTETS[8..], &OCTETS], &[&[4, 9], &[6], &[1, 2, 3, 4, 5], &[4, 9]]);
        assert_eq!(counters.tcp_octets_skipped, 4);
    }

    #[test]
    fn a_length_that_cannot_be_loses_the_step() {
        let nonsense = [&[0xff, 0xff, 0xfd, 1][..], &OCTETS].concat();
        let counters = check(Framing::at_beginning(), &[&nonsense], &[&[6], &[1, 2, 3, 4, 5], &[4, 9]]);
        assert_eq!((counters.tcp_octets_skipped, counters.malformed().count()), (4, 1));
        let counters =
            check(Framing::at_beginning(), &[&nonsense[..2], &nonsense[2..]], &[&[6], &[1, 2, 3, 4, 5], &[4, 9]]);
        assert_eq!(counters.malformed().count(), 1);
    }
}

//! Messages cut out of the octets of a TCP direction, and found again where the cut was lost.

use super::counters::TransportCounters;
use crate::Provenance;
use crate::wire::ipa::{self, IpaMessage};
use crate::wire::{Fault, Malformed, Protocol, Reader, m3ua, sigtran};

/// Memory that a stream keeps for the next message that comes in parts.
const KEPT_OCTETS: usize = 1024;
/// So many plausible messages one behind the other are no chance. Looking at more would make the search for the step
/// quadratic in the length of what is searched.
const CONVINCING_MESSAGES: usize = 16;

/// What a connection carries, each with a length of its own in its header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StreamProtocol {
    /// The multiplex of SCCPlite.
    Ipa,
    /// M3UA, one message behind the other.
    M3ua,
}

/// A message as it was cut out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StreamMessage<'a> {
    /// A message of the multiplex.
    Ipa(IpaMessage<'a>),
    /// The octets of an M3UA message.
    M3ua(&'a [u8]),
    /// No message can begin here.
    Malformed(Malformed),
}

/// Where one direction's messages begin.
pub struct Framing {
    protocol: StreamProtocol,
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
    pub fn at_beginning(protocol: StreamProtocol) -> Self {
        Self { in_step: true, ..Self::from_middle(protocol) }
    }

    /// Somewhere in a connection.
    pub fn from_middle(protocol: StreamProtocol) -> Self {
        Self { protocol, in_step: false, partial: Vec::new() }
    }

    /// What the connection carries.
    pub fn protocol(&self) -> StreamProtocol {
        self.protocol
    }

    /// Octets of a message whose rest is still to come.
    pub fn partial_octets(&self) -> usize {
        self.partial.len()
    }

    /// Octets are missing here.
    pub fn lose_step(&mut self, counters: &mut TransportCounters) {
        counters.tcp_octets_skipped += self.partial.len() as u64;
        self.forget_partial();
        self.in_step = false;
    }

    /// Takes the next octets, which came by `from`, and gives the messages that they complete.
    pub fn feed(
        &mut self,
        from: Provenance,
        octets: &[u8],
        counters: &mut TransportCounters,
        message: &mut impl FnMut(Provenance, StreamMessage<'_>, &mut TransportCounters),
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
        message: &mut impl FnMut(Provenance, StreamMessage<'_>, &mut TransportCounters),
    ) -> &'a [u8] {
        while !self.partial.is_empty() && !octets.is_empty() {
            let wanted = match self.protocol.header(&self.partial) {
                Header::Incomplete => self.protocol.header_length(),
                Header::Total(total) => total,
                Header::Nonsense => {
                    self.nonsense(from, counters, message);
                    break;
                }
            };
            let wanted = wanted.saturating_sub(self.partial.len()).min(octets.len());
            let (head, rest) = octets.split_at_checked(wanted).unwrap_or((octets, &[]));
            self.partial.extend_from_slice(head);
            octets = rest;
            if let Some((whole, _)) = self.protocol.split(&self.partial) {
                message(from, whole, counters);
                self.forget_partial();
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
        message: &mut impl FnMut(Provenance, StreamMessage<'_>, &mut TransportCounters),
    ) -> &'a [u8] {
        if matches!(self.protocol.header(octets), Header::Nonsense) {
            self.nonsense(from, counters, message);
            return octets;
        }
        match self.protocol.split(octets) {
            Some((whole, rest)) => {
                message(from, whole, counters);
                rest
            }
            None => {
                self.partial.extend_from_slice(octets);
                &[]
            }
        }
    }

    fn forget_partial(&mut self) {
        self.partial.clear();
        self.partial.shrink_to(KEPT_OCTETS);
    }

    fn find_step<'a>(&mut self, octets: &'a [u8], counters: &mut TransportCounters) -> &'a [u8] {
        let is_in_step = |octets| self.protocol.is_in_step(octets);
        let skip = (0..octets.len()).find(|skip| octets.get(*skip..).is_some_and(is_in_step));
        self.in_step = skip.is_some();
        let skip = skip.unwrap_or(octets.len());
        counters.tcp_octets_skipped += skip as u64;
        octets.get(skip..).unwrap_or_default()
    }

    fn nonsense(
        &mut self,
        from: Provenance,
        counters: &mut TransportCounters,
        message: &mut impl FnMut(Provenance, StreamMessage<'_>, &mut TransportCounters),
    ) {
        let (layer, element) = match self.protocol {
            StreamProtocol::Ipa => (Protocol::Ipa, "length"),
            StreamProtocol::M3ua => (Protocol::M3ua, "message length"),
        };
        message(from, StreamMessage::Malformed(Malformed { layer, element, fault: Fault::Invalid }), counters);
        self.lose_step(counters);
    }
}

impl StreamProtocol {
    const fn header_length(self) -> usize {
        match self {
            Self::Ipa => ipa::HEADER_LENGTH,
            Self::M3ua => sigtran::HEADER_LENGTH,
        }
    }

    fn header(self, octets: &[u8]) -> Header {
        let (total, longest) = match (self, octets) {
            (Self::Ipa, &[high, low, _stream, ..]) => match u16::from_be_bytes([high, low]) {
                0 => return Header::Nonsense,
                length => (ipa::HEADER_LENGTH + usize::from(length), ipa::HEADER_LENGTH + ipa::LONGEST_MESSAGE),
            },
            (Self::M3ua, &[version, _, _, _, a, b, c, d, ..]) => match u32::from_be_bytes([a, b, c, d]) as usize {
                length if version == 1 && length >= sigtran::HEADER_LENGTH => (length, m3ua::LONGEST_MESSAGE),
                _ => return Header::Nonsense,
            },
            _ => return Header::Incomplete,
        };
        if total > longest { Header::Nonsense } else { Header::Total(total) }
    }

    /// The first message, where it is whole, and what follows it.
    fn split(self, octets: &[u8]) -> Option<(StreamMessage<'_>, &[u8])> {
        match self {
            Self::Ipa => {
                let mut r = Reader::new(Protocol::Ipa, octets);
                IpaMessage::read(&mut r).ok().map(|message| (StreamMessage::Ipa(message), r.rest()))
            }
            Self::M3ua => {
                let Header::Total(total) = self.header(octets) else { return None };
                octets.split_at_checked(total).map(|(message, rest)| (StreamMessage::M3ua(message), rest))
            }
        }
    }

    fn is_plausible(self, octets: &[u8]) -> bool {
        match self {
            Self::Ipa => IpaMessage::is_plausible(octets),
            Self::M3ua => m3ua::is_plausible(octets),
        }
    }

    /// Plausible messages one behind the other, up to the end or into the beginning of one.
    pub(super) fn is_in_step(self, mut octets: &[u8]) -> bool {
        for whole in 0..CONVINCING_MESSAGES {
            if !self.is_plausible(octets) {
                return whole > 0 && octets.len() <= self.header_length();
            }
            let Header::Total(total) = self.header(octets) else { return false };
            let Some(rest) = octets.get(total..) else { return true };
            octets = rest;
        }
        true
    }
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
            framing.feed(from, part, &mut counters, &mut |_, message, counters| match message {
                StreamMessage::Ipa(message) => messages.push(message.payload.to_vec()),
                StreamMessage::M3ua(octets) => messages.push(octets.to_vec()),
                StreamMessage::Malformed(malformed) => counters.count_malformed(malformed),
            });
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
                check(Framing::at_beginning(StreamProtocol::Ipa), &parts, &expected);
            }
        }
    }

    #[test]
    fn a_stream_seen_from_the_middle_is_picked_up_at_the_next_message() {
        let counters = check(
            Framing::from_middle(StreamProtocol::Ipa),
            &[&OCTETS[8..], &OCTETS],
            &[&[4, 9], &[6], &[1, 2, 3, 4, 5], &[4, 9]],
        );
        assert_eq!(counters.tcp_octets_skipped, 4);
    }

    #[test]
    fn a_length_that_cannot_be_loses_the_step() {
        let nonsense = [&[0xff, 0xff, 0xfd, 1][..], &OCTETS].concat();
        let counters =
            check(Framing::at_beginning(StreamProtocol::Ipa), &[&nonsense], &[&[6], &[1, 2, 3, 4, 5], &[4, 9]]);
        assert_eq!((counters.tcp_octets_skipped, counters.malformed().count()), (4, 1));
        let counters = check(
            Framing::at_beginning(StreamProtocol::Ipa),
            &[&nonsense[..2], &nonsense[2..]],
            &[&[6], &[1, 2, 3, 4, 5], &[4, 9]],
        );
        assert_eq!(counters.malformed().count(), 1);
    }

    #[test]
    fn a_long_run_of_messages_is_convincing_whatever_follows() {
        let run = [&[0xff][..], &OCTETS[..4].repeat(CONVINCING_MESSAGES), &[0xff; 20]].concat();
        let counters = check(Framing::from_middle(StreamProtocol::Ipa), &[&run], &vec![&[6][..]; CONVINCING_MESSAGES]);
        assert_eq!((counters.tcp_octets_skipped, counters.malformed().count()), (21, 1));
        let short = [&[0xff][..], &OCTETS[..4].repeat(CONVINCING_MESSAGES - 1), &[0xff; 20]].concat();
        let counters = check(Framing::from_middle(StreamProtocol::Ipa), &[&short], &[]);
        assert_eq!(counters.tcp_octets_skipped, short.len() as u64);
    }

    #[test]
    fn m3ua_is_cut_by_its_own_length_and_found_again() {
        let first = [1, 0, 3, 1, 0, 0, 0, 8];
        let second = [1, 0, 1, 1, 0, 0, 0, 12, 0, 6, 0, 4];
        let octets = [&first[..], &second].concat();
        for cut in 0..octets.len() {
            let parts = [&octets[..cut], &octets[cut..]];
            check(Framing::at_beginning(StreamProtocol::M3ua), &parts, &[&first, &second]);
        }
        let counters = check(Framing::from_middle(StreamProtocol::M3ua), &[&octets[3..]], &[&second]);
        assert_eq!(counters.tcp_octets_skipped, 5);
        let nonsense = [&[2, 0, 3, 1, 0, 0, 0, 8][..], &octets].concat();
        let counters = check(Framing::at_beginning(StreamProtocol::M3ua), &[&nonsense], &[&first, &second]);
        assert_eq!(counters.malformed().count(), 1);
    }
}

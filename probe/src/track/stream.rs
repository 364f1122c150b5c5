//! One direction of a TCP connection put in order (RFC 9293 §3.4), octets once each.
//!
//! A hole is waited for as far as two named bounds, then given up: the stream goes on behind it, at the next message.

use std::time::Duration;

use event::Timestamp;

use super::counters::TransportCounters;
use super::framing::{Framing, StreamMessage, StreamProtocol};
use crate::Provenance;

/// Octets that may wait behind a hole.
pub const HOLE_OCTETS: usize = 64 << 10;
/// Segments that may wait behind a hole.
pub const HOLE_SEGMENTS: usize = 512;
/// How long they may wait, in capture time: a lost segment is sent again within this.
pub const HOLE_SECONDS: u64 = 3;
/// Memory that a stream keeps for the next hole, octets and segments.
const KEPT: (usize, usize) = (1024, 8);
/// A sequence number so far from the expected one belongs to another connection, whose SYN was not seen.
pub const RESTART_DISTANCE: u32 = 1 << 22;

/// One direction of a connection.
pub struct Stream {
    /// Sequence number of the next octet; `None` until something was seen.
    next: Option<u32>,
    /// Sequence number of the SYN, where seen.
    initial: Option<u32>,
    framing: Framing,
    held: Held,
    /// Octets taken, each once, and octets of holes that were given up.
    seen: u64,
    missing: u64,
    /// Segments that brought nothing new.
    repeated: u64,
    /// While nothing was seen: the first and the last octet that the receiver acknowledged.
    acknowledged_unseen: Option<(u32, u32)>,
}

/// What became of a stream's octets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Octets taken, each once.
    pub seen: u64,
    /// Octets of holes that were given up, or that were acknowledged and never seen.
    pub missing: u64,
    /// Segments that brought nothing new.
    pub repeated: u64,
    /// Octets were acknowledged, and none was ever seen.
    pub is_silent: bool,
}

/// Octets of a segment.
#[derive(Clone, Copy)]
pub struct Piece<'a> {
    /// The frame that they came by.
    pub from: Provenance,
    /// Sequence number of the first.
    pub sequence: u32,
    /// What was captured of them.
    pub octets: &'a [u8],
    /// Octets of the segment that the capture does not hold.
    pub missing: usize,
}

/// Segments behind a hole; their octets lie one behind the other.
#[derive(Default)]
struct Held {
    segments: Vec<HeldSegment>,
    octets: Vec<u8>,
}

struct HeldSegment {
    from: Provenance,
    sequence: u32,
    start: usize,
    length: usize,
    missing: usize,
}

impl Stream {
    /// A stream of which nothing was seen yet.
    pub fn new(protocol: StreamProtocol) -> Self {
        let framing = Framing::from_middle(protocol);
        let held = Held::default();
        Self { next: None, initial: None, framing, held, seen: 0, missing: 0, repeated: 0, acknowledged_unseen: None }
    }

    /// Whether nothing was seen yet.
    pub fn is_new(&self) -> bool {
        self.next.is_none()
    }

    /// Whether the SYN with this sequence number began the stream.
    pub fn began_at(&self, sequence: u32) -> bool {
        self.initial == Some(sequence)
    }

    /// A stream whose SYN has this sequence number.
    pub fn beginning_at(protocol: StreamProtocol, sequence: u32) -> Self {
        Self {
            next: Some(sequence.wrapping_add(1)),
            initial: Some(sequence),
            framing: Framing::at_beginning(protocol),
            ..Self::new(protocol)
        }
    }

    /// What became of its octets.
    pub fn tally(&self) -> Tally {
        let Self { seen, missing, repeated, .. } = *self;
        let unseen = self.acknowledged_unseen.filter(|_| seen == 0).map_or(0, |(first, last)| last.wrapping_sub(first));
        Tally { seen, missing: missing + u64::from(unseen), repeated, is_silent: seen == 0 && unseen > 0 }
    }

    /// Octets that wait: for a hole before them to be filled, or for the rest of their message.
    pub fn waiting_octets(&self) -> usize {
        self.held.octets.len() + self.framing.partial_octets()
    }

    /// Gives up everything that waits.
    pub fn abandon(
        &mut self,
        counters: &mut TransportCounters,
        message: &mut impl FnMut(Provenance, StreamMessage<'_>, &mut TransportCounters),
    ) {
        self.give_up(counters, message);
        if self.framing.partial_octets() > 0 {
            self.framing.lose_step(counters);
        }
    }

    /// Takes a segment and gives the messages that it completes.
    pub fn take(
        &mut self,
        piece: Piece<'_>,
        counters: &mut TransportCounters,
        message: &mut impl FnMut(Provenance, StreamMessage<'_>, &mut TransportCounters),
    ) {
        let next = *self.next.get_or_insert(piece.sequence);
        let ahead = distance(next, piece.sequence);
        if ahead.unsigned_abs() > RESTART_DISTANCE {
            self.give_up(counters, message);
            let Self { seen, missing, repeated, .. } = *self;
            *self = Self { next: Some(piece.sequence), seen, missing, repeated, ..Self::new(self.framing.protocol()) };
        }
        if (1..=RESTART_DISTANCE as i32).contains(&ahead) {
            counters.tcp_out_of_order += 1;
            self.held.put(piece, counters);
            while self.held.octets.len() > HOLE_OCTETS || self.held.segments.len() > HOLE_SEGMENTS {
                self.skip_hole(counters, message);
            }
        } else {
            self.accept(piece, counters, message);
            self.release(counters, message);
        }
    }

    /// Gives up holes that were waited for long enough.
    pub fn expire(
        &mut self,
        now: Timestamp,
        counters: &mut TransportCounters,
        message: &mut impl FnMut(Provenance, StreamMessage<'_>, &mut TransportCounters),
    ) {
        let limit = Duration::from_secs(HOLE_SECONDS);
        while self.held.segments.iter().any(|segment| now.since(segment.from.at) > limit) {
            self.skip_hole(counters, message);
        }
    }

    /// The receiver has every octet before `sequence`: a hole there will not be filled, its octets were lost on the way to us.
    pub fn acknowledge(
        &mut self,
        sequence: u32,
        counters: &mut TransportCounters,
        message: &mut impl FnMut(Provenance, StreamMessage<'_>, &mut TransportCounters),
    ) {
        if self.seen == 0 && self.held.segments.is_empty() {
            let (first, last) = self.acknowledged_unseen.unwrap_or((sequence, sequence));
            let last = if distance(last, sequence) > 0 { sequence } else { last };
            self.acknowledged_unseen = Some((first, last));
        }
        while self.nearest_held().is_some_and(|end| distance(end, sequence) >= 0) {
            self.skip_hole(counters, message);
        }
    }

    /// Gives up all holes.
    pub fn give_up(
        &mut self,
        counters: &mut TransportCounters,
        message: &mut impl FnMut(Provenance, StreamMessage<'_>, &mut TransportCounters),
    ) {
        while !self.held.segments.is_empty() {
            self.skip_hole(counters, message);
        }
    }

    fn skip_hole(
        &mut self,
        counters: &mut TransportCounters,
        message: &mut impl FnMut(Provenance, StreamMessage<'_>, &mut TransportCounters),
    ) {
        let next = self.next.unwrap_or_default();
        if let Some(sequence) = self.nearest_held() {
            counters.tcp_holes += 1;
            self.missing += u64::from(sequence.wrapping_sub(next));
            self.framing.lose_step(counters);
            self.next = Some(sequence);
        }
        self.release(counters, message);
    }

    // Where the first hole ends.
    fn nearest_held(&self) -> Option<u32> {
        let next = self.next.unwrap_or_default();
        self.held.segments.iter().map(|segment| segment.sequence).min_by_key(|sequence| distance(next, *sequence))
    }

    // Takes what is no longer behind a hole.
    fn release(
        &mut self,
        counters: &mut TransportCounters,
        message: &mut impl FnMut(Provenance, StreamMessage<'_>, &mut TransportCounters),
    ) {
        if self.held.segments.is_empty() {
            return;
        }
        let mut held = std::mem::take(&mut self.held);
        let in_reach = |next: u32, segment: &HeldSegment| distance(next, segment.sequence) <= 0;
        while let Some(index) =
            self.next.and_then(|next| held.segments.iter().position(|segment| in_reach(next, segment)))
        {
            let HeldSegment { from, sequence, start, length, missing } = held.segments.swap_remove(index);
            let octets = held.octets.get(start..start + length).unwrap_or_default();
            self.accept(Piece { from, sequence, octets, missing }, counters, message);
        }
        if held.segments.is_empty() {
            held.clear();
        }
        self.held = held;
    }

    // Takes the octets that are not behind the expected one.
    fn accept(
        &mut self,
        piece: Piece<'_>,
        counters: &mut TransportCounters,
        message: &mut impl FnMut(Provenance, StreamMessage<'_>, &mut TransportCounters),
    ) {
        let next = self.next.unwrap_or(piece.sequence);
        let seen = next.wrapping_sub(piece.sequence) as usize;
        let whole = piece.octets.len() + piece.missing;
        if seen >= whole {
            counters.tcp_repeated += 1;
            self.repeated += 1;
            return;
        }
        self.framing.feed(piece.from, piece.octets.get(seen..).unwrap_or_default(), counters, message);
        self.seen += (whole - seen) as u64;
        if piece.missing > 0 {
            self.framing.lose_step(counters);
        }
        self.next = Some(piece.sequence.wrapping_add(whole as u32));
    }
}

impl Held {
    fn clear(&mut self) {
        self.segments.clear();
        self.octets.clear();
        self.octets.shrink_to(KEPT.0);
        self.segments.shrink_to(KEPT.1);
    }

    fn put(&mut self, piece: Piece<'_>, counters: &mut TransportCounters) {
        let Piece { from, sequence, octets, missing } = piece;
        let (start, length) = (self.octets.len(), octets.len());
        if self.segments.iter().any(|segment| segment.sequence == sequence && segment.length >= length) {
            counters.tcp_repeated += 1;
            return;
        }
        self.octets.extend_from_slice(octets);
        self.segments.push(HeldSegment { from, sequence, start, length, missing });
    }
}

/// How far `sequence` is ahead of `next`, in the arithmetic of RFC 9293 §3.4.
const fn distance(next: u32, sequence: u32) -> i32 {
    sequence.wrapping_sub(next).cast_signed()
}

#[cfg(test)]
mod tests {
    use super::*;

    const OCTETS: [u8; 24] = [0, 5, 0xfd, 1, 1, 1, 1, 1, 0, 5, 0xfd, 2, 2, 2, 2, 2, 0, 5, 0xfd, 3, 3, 3, 3, 3];

    struct Case {
        stream: Stream,
        counters: TransportCounters,
        /// First octet of each message, and the frame that it came by.
        messages: Vec<(u8, u64)>,
        frame: u64,
        base: u32,
    }

    impl Case {
        fn new(base: u32) -> Self {
            let stream = Stream::beginning_at(StreamProtocol::Ipa, base.wrapping_sub(1));
            Self { stream, counters: TransportCounters::default(), messages: Vec::new(), frame: 0, base }
        }

        fn take(&mut self, seconds: i64, range: std::ops::Range<usize>) {
            self.frame += 1;
            let from = Provenance { at: Timestamp::from_seconds(seconds), frame: self.frame, feed: 0 };
            let sequence = self.base.wrapping_add(u32::try_from(range.start).unwrap());
            let piece = Piece { from, sequence, octets: &OCTETS[range], missing: 0 };
            let messages = &mut self.messages;
            let mut message = |from: Provenance, message: StreamMessage<'_>, _: &mut TransportCounters| {
                let StreamMessage::Ipa(message) = message else { unreachable!() };
                messages.push((message.payload[0], from.frame));
            };
            self.stream.take(piece, &mut self.counters, &mut message);
            self.stream.expire(from.at, &mut self.counters, &mut message);
        }

        fn acknowledge(&mut self, octets: u32) {
            let messages = &mut self.messages;
            let mut message = |from: Provenance, message: StreamMessage<'_>, _: &mut TransportCounters| {
                let StreamMessage::Ipa(message) = message else { unreachable!() };
                messages.push((message.payload[0], from.frame));
            };
            self.stream.acknowledge(self.base.wrapping_add(octets), &mut self.counters, &mut message);
        }
    }

    fn check(ranges: &[std::ops::Range<usize>], expected: &[(u8, u64)]) {
        for base in [1000, u32::MAX - 10] {
            let mut case = Case::new(base);
            for range in ranges {
                case.take(0, range.clone());
            }
            assert_eq!(case.messages, expected, "{ranges:?} from {base}");
        }
    }

    #[test]
    fn octets_are_taken_once_and_in_order() {
        check(&[0..8, 8..16, 16..24], &[(1, 1), (2, 2), (3, 3)]);
        check(&[0..8, 0..8, 8..16, 0..16], &[(1, 1), (2, 3)]);
        check(&[0..10, 4..20, 12..24], &[(1, 1), (2, 2), (3, 3)]);
        check(&[16..24, 8..16, 0..8], &[(1, 3), (2, 2), (3, 1)]);
        check(&[16..24, 16..24, 6..18, 0..8], &[(1, 4), (2, 3), (3, 1)]);
    }

    #[test]
    fn a_hole_is_given_up_when_the_receiver_acknowledges_what_it_lacked() {
        let mut case = Case::new(1000);
        case.take(0, 0..8);
        case.take(0, 16..24);
        case.acknowledge(12);
        assert_eq!(case.messages, [(1, 1)], "the receiver may lack the rest too");
        case.acknowledge(16);
        assert_eq!((case.messages.as_slice(), case.counters.tcp_holes), (&[(1, 1), (3, 2)][..], 1));
    }

    #[test]
    fn what_is_acknowledged_and_never_seen_is_missing() {
        let mut case = Case::new(1000);
        [0, 8, 16].into_iter().for_each(|octets| case.acknowledge(octets));
        assert_eq!(case.stream.tally(), Tally { missing: 16, is_silent: true, ..Tally::default() });
        case.take(0, 16..24);
        case.acknowledge(24);
        case.take(0, 16..24);
        assert_eq!(case.stream.tally(), Tally { seen: 8, missing: 16, repeated: 1, is_silent: false });
    }

    #[test]
    fn a_hole_is_given_up_after_its_time() {
        let mut case = Case::new(1000);
        case.take(0, 0..10);
        case.take(1, 12..24);
        assert_eq!(case.messages, [(1, 1)]);
        case.take(5, 16..24);
        assert_eq!(case.messages, [(1, 1), (3, 2)]);
        assert_eq!((case.counters.tcp_holes, case.counters.tcp_octets_skipped), (1, 6));
        let Tally { seen, missing, .. } = case.stream.tally();
        assert_eq!((seen, missing), (22, 2));
        case.take(5, 8..16); // too late
        assert_eq!(case.messages.len(), 2);
    }

    #[test]
    fn a_hole_is_given_up_when_too_many_segments_wait_behind_it() {
        let mut case = Case::new(1000);
        case.take(0, 0..8);
        let from = Provenance { at: Timestamp::from_seconds(0), frame: 2, feed: 0 };
        // Captured without payload, so that octets alone would never be too many.
        (0..=HOLE_SEGMENTS as u32).for_each(|number| {
            let piece = Piece { from, sequence: 2000 + 10 * number, octets: &[], missing: 5 };
            case.stream.take(piece, &mut case.counters, &mut |_, _, _| {});
        });
        assert_eq!((case.counters.tcp_holes, case.stream.held.segments.len()), (1, HOLE_SEGMENTS));
    }

    #[test]
    fn a_hole_is_given_up_when_too_much_waits_behind_it() {
        let mut case = Case::new(1000);
        for start in (0..).map(|index| 1000 + 100 + index * 800).take(90) {
            let octets = OCTETS[..8].repeat(100);
            let from = Provenance { at: Timestamp::from_seconds(0), frame: 1, feed: 0 };
            let piece = Piece { from, sequence: start, octets: &octets, missing: 0 };
            let mut count = 0;
            case.stream.take(piece, &mut case.counters, &mut |_, _, _| count += 1);
            case.frame += count;
            assert!(case.stream.held.octets.len() <= HOLE_OCTETS);
        }
        assert_eq!((case.frame, case.counters.tcp_holes), (9000, 1));
    }

    #[test]
    fn a_distant_sequence_number_is_another_connection() {
        let mut case = Case::new(1000);
        case.take(0, 0..8);
        case.base = 0x9000_0000;
        case.take(0, 8..16);
        case.take(0, 16..24);
        assert_eq!(case.messages, [(1, 1), (2, 2), (3, 3)]);
    }
}

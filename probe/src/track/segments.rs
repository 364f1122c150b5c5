//! Segmented connectionless messages put together again: XUDT and LUDT, ITU-T Q.714 §4.1.1.2.3.

use std::time::Duration;

use event::Timestamp;

use crate::wire::sccp::Segmentation;

/// Messages being put together at once; beyond, the oldest is given up.
pub const MAX_SEGMENTED_MESSAGES: usize = 64;
/// The longest message: sixteen segments of 255 octets (ITU-T Q.713 §3.17).
const MAX_OCTETS: usize = 16 * 255;
/// The last segment has to come by then: T(reass), ITU-T Q.714 §C.4 (10 to 20 s).
const REASSEMBLY_TIMEOUT: Duration = Duration::from_secs(20);

/// Whose message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The network.
    pub network: u32,
    /// The node that sends it.
    pub sender: u32,
    /// Segmentation local reference.
    pub reference: u32,
}

struct Pending {
    origin: Origin,
    begun_at: Timestamp,
    remaining: u8,
    octets: Vec<u8>,
}

/// Messages of which segments are still to come.
#[derive(Default)]
pub struct Segments {
    pending: Vec<Pending>,
    /// Messages given up because of [`MAX_SEGMENTED_MESSAGES`].
    pub refused: u64,
}

impl Segments {
    /// Adds a segment. Gives the whole message with the last one, and nothing where one before it is missing.
    pub fn add(&mut self, origin: Origin, segmentation: Segmentation, data: &[u8], at: Timestamp) -> Option<Vec<u8>> {
        let known = self.pending.iter().position(|pending| pending.origin == origin);
        if segmentation.first {
            known.map(|index| self.pending.swap_remove(index));
            self.begin(origin, segmentation.remaining, data, at);
            return None;
        }
        let index = known?;
        let pending = self.pending.get_mut(index)?;
        let follows = pending.remaining == segmentation.remaining + 1
            && pending.octets.len() + data.len() <= MAX_OCTETS
            && at.since(pending.begun_at) <= REASSEMBLY_TIMEOUT;
        if !follows {
            self.pending.swap_remove(index);
            return None;
        }
        pending.octets.extend_from_slice(data);
        pending.remaining = segmentation.remaining;
        (segmentation.remaining == 0).then(|| self.pending.swap_remove(index).octets)
    }

    fn begin(&mut self, origin: Origin, remaining: u8, data: &[u8], at: Timestamp) {
        self.pending.retain(|pending| at.since(pending.begun_at) <= REASSEMBLY_TIMEOUT);
        if self.pending.len() >= MAX_SEGMENTED_MESSAGES {
            self.pending.remove(0);
            self.refused += 1;
        }
        self.pending.push(Pending { origin, begun_at: at, remaining, octets: data.to_vec() });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segment(first: bool, remaining: u8) -> Segmentation {
        Segmentation { first, in_sequence: true, remaining, reference: 7 }
    }

    const ORIGIN: Origin = Origin { network: 1, sender: 2, reference: 7 };

    #[track_caller]
    fn check(steps: &[(bool, u8, &[u8], i64)], whole: Option<&[u8]>) {
        let mut segments = Segments::default();
        let mut last = None;
        for (first, remaining, data, second) in steps {
            last = segments.add(ORIGIN, segment(*first, *remaining), data, Timestamp::from_seconds(*second));
        }
        assert_eq!(last.as_deref(), whole);
    }

    #[test]
    fn segments_in_order_are_one_message() {
        check(&[(true, 2, b"a", 0), (false, 1, b"b", 1), (false, 0, b"c", 2)], Some(b"abc"));
    }

    #[test]
    fn a_missing_or_late_segment_loses_the_message() {
        check(&[(true, 2, b"a", 0), (false, 0, b"c", 1)], None);
        check(&[(false, 0, b"c", 1)], None);
        check(&[(true, 1, b"a", 0), (false, 0, b"b", 30)], None);
    }

    #[test]
    fn a_first_segment_again_begins_anew() {
        check(&[(true, 1, b"x", 0), (true, 1, b"a", 1), (false, 0, b"b", 2)], Some(b"ab"));
    }

    #[test]
    fn the_number_of_messages_is_bounded() {
        let mut segments = Segments::default();
        for reference in 0..=MAX_SEGMENTED_MESSAGES as u32 {
            segments.add(Origin { reference, ..ORIGIN }, segment(true, 1), b"a", Timestamp::default());
        }
        assert_eq!((segments.pending.len(), segments.refused), (MAX_SEGMENTED_MESSAGES, 1));
    }
}

//! Which transmission sequence numbers of a direction have been seen (RFC 9260 §3.3.1; serial arithmetic of RFC 1982).

/// TSNs below the highest one of which it is known whether they were seen.
pub const WINDOW_TSNS: u32 = 1024;
/// A TSN so far below the highest is no repetition but another numbering: an association whose beginning was not seen.
pub const RESTART_DISTANCE: u32 = 1 << 16;
/// So many TSNs below the window, one after the other and nothing else, are another numbering too.
pub const RESTART_COUNT: u8 = 64;

const WORDS: usize = WINDOW_TSNS as usize / 64;
const _: () = assert!(WINDOW_TSNS.is_multiple_of(64) && WINDOW_TSNS < RESTART_DISTANCE);

/// Whether a chunk is to be decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// For the first time.
    Fresh,
    /// Seen before, or so old that it must have been.
    Repeated,
}

/// A window of TSNs: a bit each, found by the TSN modulo the width.
#[derive(Clone, Default)]
pub struct TsnWindow {
    /// `None` until the first TSN: an association may be seen from its middle.
    highest: Option<u32>,
    below_window: u8,
    seen: [u64; WORDS],
}

impl TsnWindow {
    /// The window of an association whose first TSN will be `initial`.
    pub fn starting_at(initial: u32) -> Self {
        Self { highest: Some(initial.wrapping_sub(1)), ..Self::default() }
    }

    /// Marks `tsn` as seen.
    #[inline]
    pub fn admit(&mut self, tsn: u32) -> Admission {
        let Some(highest) = self.highest else { return self.restart(tsn) };
        let ahead = tsn.wrapping_sub(highest);
        let behind = highest.wrapping_sub(tsn);
        if ahead != 0 && ahead < 1 << 31 {
            self.advance(highest, ahead);
            self.mark(tsn)
        } else if behind < WINDOW_TSNS {
            self.mark(tsn)
        } else if behind < RESTART_DISTANCE && self.below_window < RESTART_COUNT {
            self.below_window += 1;
            Admission::Repeated
        } else {
            self.restart(tsn)
        }
    }

    fn restart(&mut self, tsn: u32) -> Admission {
        *self = Self::starting_at(tsn);
        self.advance(tsn.wrapping_sub(1), 1);
        self.mark(tsn)
    }

    // Forgets what the places between the old and the new highest TSN meant a window ago.
    #[inline]
    fn advance(&mut self, highest: u32, ahead: u32) {
        if ahead >= WINDOW_TSNS {
            self.seen = [0; WORDS];
        } else {
            for step in 1..=ahead {
                let (word, bit) = place(highest.wrapping_add(step));
                if let Some(word) = self.seen.get_mut(word) {
                    *word &= !bit;
                }
            }
        }
        self.highest = Some(highest.wrapping_add(ahead));
    }

    #[inline]
    fn mark(&mut self, tsn: u32) -> Admission {
        let (word, bit) = place(tsn);
        let Some(word) = self.seen.get_mut(word) else { return Admission::Fresh };
        if *word & bit != 0 {
            return Admission::Repeated;
        }
        *word |= bit;
        self.below_window = 0;
        Admission::Fresh
    }
}

const fn place(tsn: u32) -> (usize, u64) {
    let index = tsn % WINDOW_TSNS;
    (index as usize / 64, 1 << (index % 64))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(tsns: impl IntoIterator<Item = u32>, fresh: usize) {
        let mut window = TsnWindow::default();
        let admitted = tsns.into_iter().filter(|tsn| window.admit(*tsn) == Admission::Fresh).count();
        assert_eq!(admitted, fresh);
    }

    #[test]
    fn each_tsn_is_fresh_once() {
        check([5, 5, 6, 6, 5], 2);
        check((0..5000).flat_map(|tsn| [tsn, tsn]), 5000);
    }

    #[test]
    fn tsns_wrap_around() {
        check((0..4000).map(|step| 0xffff_fc00_u32.wrapping_add(step)), 4000);
        check([0xffff_ffff, 0, 0xffff_ffff, 1, 0], 3);
        check([0x7fff_ffff, 0x8000_0000, 0x7fff_ffff, 0x8000_0001], 3);
    }

    #[test]
    fn earlier_ones_are_fresh_when_seen_from_the_middle_or_out_of_order() {
        check([2000, 1999, 1000, 1999, 2001, 1000], 4);
        check([10, 500, 11, 12, 10, 499, 500], 5);
    }

    #[test]
    fn after_a_gap_wider_than_the_window_nothing_old_is_taken_for_seen() {
        check([10, 10 + 5 * WINDOW_TSNS, 9 + 5 * WINDOW_TSNS, 10], 3);
    }

    #[test]
    fn another_numbering_is_recognised_by_distance_or_persistence() {
        check([1 << 20, 7, 8, 7], 3);
        check((0..3000).chain(0..3000), 3000 + 3000 - usize::from(RESTART_COUNT));
    }

    #[test]
    fn what_starts_at_a_known_tsn_takes_that_first() {
        let mut window = TsnWindow::starting_at(0);
        assert_eq!(window.admit(0), Admission::Fresh);
        assert_eq!(window.admit(0), Admission::Repeated);
    }
}

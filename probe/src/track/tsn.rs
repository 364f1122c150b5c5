//! Which transmission sequence numbers of a direction have been seen (RFC 9260 §3.3.1; serial arithmetic of RFC 1982).
//!
//! What is common takes little room: the highest TSN and a bit for each of the 64 before. Older ones were seen, but for
//! the gaps that are listed.

/// How far below the first TSN that was seen others are taken for earlier ones of the same numbering: an association may
/// be seen from its middle, and its chunks out of order. What is further below is another numbering.
pub const REACH_TSNS: u32 = 1024;
/// Gaps that are remembered. A chunk of a forgotten one, should it still come, is taken for repeated.
pub const GAP_LIMIT: usize = 64;

const RECENT_TSNS: u32 = u64::BITS;
/// The bit of the oldest one among them.
const OLDEST: u64 = 1 << (RECENT_TSNS - 1);

/// Whether a chunk is to be decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// For the first time.
    Fresh,
    /// Seen before.
    Repeated,
}

/// The TSNs that were seen.
#[derive(Default)]
pub struct TsnWindow {
    /// Bit n stands for `highest` - n; none is set before the first TSN.
    recent: u64,
    highest: u32,
    /// The lowest one seen.
    lowest: u32,
    gaps: Option<Box<Gaps>>,
}

/// Oldest first.
#[derive(Default)]
struct Gaps {
    list: Vec<Gap>,
    /// TSNs in them, and in those that were forgotten.
    missing: u64,
}

/// TSNs not seen, between others that were.
struct Gap {
    first: u32,
    count: u32,
}

impl TsnWindow {
    /// The window of an association whose first TSN will be `initial`.
    pub fn starting_at(initial: u32) -> Self {
        Self::with_one(initial.wrapping_sub(1))
    }

    fn with_one(tsn: u32) -> Self {
        Self { recent: 1, highest: tsn, lowest: tsn, gaps: None }
    }

    /// Marks `tsn` as seen.
    #[inline(always)]
    pub fn admit(&mut self, tsn: u32) -> Admission {
        // The next, and what leaves the recent ones was seen, or lies before all that was: so nearly always.
        if tsn == self.highest.wrapping_add(1) && (self.recent & OLDEST != 0 || self.is_young()) {
            self.highest = tsn;
            self.recent = self.recent << 1 | 1;
            return Admission::Fresh;
        }
        self.admit_any(tsn)
    }

    // Whether all that was seen is among the recent ones.
    #[inline]
    fn is_young(&self) -> bool {
        self.recent != 0 && self.highest.wrapping_sub(self.lowest) < RECENT_TSNS - 1
    }

    #[inline(never)]
    fn admit_any(&mut self, tsn: u32) -> Admission {
        let ahead = tsn.wrapping_sub(self.highest);
        let behind = self.highest.wrapping_sub(tsn);
        if self.recent == 0 {
            *self = Self::with_one(tsn);
            Admission::Fresh
        } else if ahead != 0 && ahead < 1 << 31 {
            self.leap(ahead);
            Admission::Fresh
        } else if behind < RECENT_TSNS {
            self.mark(tsn, 1 << behind)
        } else if behind <= self.highest.wrapping_sub(self.lowest) {
            self.fill_gap(tsn)
        } else {
            self.go_below(tsn)
        }
    }

    /// The highest TSN that was seen; `None` before the first.
    pub fn highest(&self) -> Option<u32> {
        (self.recent != 0).then_some(self.highest)
    }

    /// How many TSNs were seen, each once.
    pub fn seen(&self) -> u64 {
        if self.recent == 0 {
            return 0;
        }
        (u64::from(self.highest.wrapping_sub(self.lowest)) + 1).saturating_sub(self.missing())
    }

    /// How many TSNs between others that were seen were not.
    pub fn missing(&self) -> u64 {
        if self.recent == 0 {
            return 0;
        }
        let among_recent = u64::from((!self.recent & self.since_lowest()).count_ones());
        among_recent + self.gaps.as_ref().map_or(0, |gaps| gaps.missing)
    }

    // The places among the recent ones that are not below the lowest TSN: those are no gaps.
    #[inline]
    fn since_lowest(&self) -> u64 {
        let seen_from = self.highest.wrapping_sub(self.lowest).min(RECENT_TSNS - 1);
        u64::MAX >> (RECENT_TSNS - 1 - seen_from)
    }

    #[inline]
    fn mark(&mut self, tsn: u32, bit: u64) -> Admission {
        if self.recent & bit != 0 {
            return Admission::Repeated;
        }
        self.recent |= bit;
        if self.highest.wrapping_sub(tsn) > self.highest.wrapping_sub(self.lowest) {
            self.lowest = tsn;
        }
        Admission::Fresh
    }

    fn leap(&mut self, ahead: u32) {
        let leaving = if ahead < RECENT_TSNS { u64::MAX << (RECENT_TSNS - ahead) } else { u64::MAX };
        let left_out = !self.recent & self.since_lowest() & leaving;
        if left_out != 0 {
            for behind in (0..RECENT_TSNS).rev().filter(|behind| left_out >> behind & 1 == 1) {
                self.leave_out(self.highest.wrapping_sub(behind), 1);
            }
        }
        if ahead > RECENT_TSNS {
            self.leave_out(self.highest.wrapping_add(1), ahead - RECENT_TSNS);
        }
        self.recent = self.recent.checked_shl(ahead).unwrap_or(0) | 1;
        self.highest = self.highest.wrapping_add(ahead);
    }

    #[cold]
    fn leave_out(&mut self, first: u32, count: u32) {
        let Gaps { list: gaps, missing } = &mut **self.gaps.get_or_insert_default();
        *missing += u64::from(count);
        match gaps.last_mut() {
            Some(last) if last.first.wrapping_add(last.count) == first => last.count += count,
            _ => {
                if gaps.len() >= GAP_LIMIT {
                    gaps.remove(0);
                }
                gaps.push(Gap { first, count });
            }
        }
    }

    #[cold]
    fn fill_gap(&mut self, tsn: u32) -> Admission {
        let Some(Gaps { list: gaps, missing }) = self.gaps.as_deref_mut() else { return Admission::Repeated };
        let of = |gap: &Gap| tsn.wrapping_sub(gap.first) < gap.count;
        let Some(index) = gaps.iter().position(of) else { return Admission::Repeated };
        let gap = gaps.remove(index);
        *missing -= 1;
        let before = tsn.wrapping_sub(gap.first);
        let parts = [
            Gap { first: gap.first, count: before },
            Gap { first: tsn.wrapping_add(1), count: gap.count - before - 1 },
        ];
        for part in parts.into_iter().rev().filter(|part| part.count > 0) {
            gaps.insert(index, part);
        }
        if gaps.len() > GAP_LIMIT {
            gaps.remove(0);
        }
        Admission::Fresh
    }

    #[cold]
    fn go_below(&mut self, tsn: u32) -> Admission {
        let below = self.lowest.wrapping_sub(tsn);
        if below > REACH_TSNS {
            *self = Self::with_one(tsn);
        } else {
            // What lies among the recent ones has its bit there.
            let count = (below - 1).min(self.highest.wrapping_sub(tsn) - RECENT_TSNS);
            let Gaps { list: gaps, missing } = &mut **self.gaps.get_or_insert_default();
            *missing += u64::from(count);
            if count > 0 && gaps.len() < GAP_LIMIT {
                gaps.insert(0, Gap { first: tsn.wrapping_add(1), count });
            }
            self.lowest = tsn;
        }
        Admission::Fresh
    }
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
        check([100, 95, 30, 50].into_iter().chain(101..200).chain([50, 30, 40, 40]), 4 + 99 + 1);
    }

    #[test]
    fn what_was_left_out_is_fresh_however_late() {
        check([10, 10_000, 9_999, 10, 5_000, 5_000, 4_999, 5_001, 11, 11], 7);
        let every_third_late = (0..6000).filter(|tsn| tsn % 3 != 0).chain((5850..6000).step_by(3));
        check(every_third_late.flat_map(|tsn| [tsn, tsn]), 4000 + 50);
    }

    #[test]
    fn gaps_are_bounded_and_the_oldest_forgotten() {
        let mut window = TsnWindow::default();
        for tsn in (0..10_000).step_by(100) {
            window.admit(tsn);
        }
        assert_eq!(window.gaps.as_ref().map(|gaps| gaps.list.len()), Some(GAP_LIMIT));
        assert_eq!(window.admit(150), Admission::Repeated);
        assert_eq!(window.admit(9650), Admission::Fresh);
    }

    #[test]
    fn another_numbering_is_recognised_by_distance() {
        check([1 << 20, 7, 8, 7], 3);
        check((0..3000).chain(0..3000), 3000);
    }

    #[test]
    fn what_was_never_seen_is_missing() {
        for (tsns, seen, missing) in [
            (&[][..], 0, 0),
            (&[10], 1, 0),
            (&[10, 12, 15], 3, 3),
            (&[10, 12, 15, 11, 13, 14], 6, 0),
            (&[10, 1000], 2, 989),
            (&[10, 1000, 500, 500, 12], 4, 987),
            (&[2000, 1000, 1500], 3, 998),
            (&[0xffff_fffe, 1], 2, 2),
        ] {
            let mut window = TsnWindow::default();
            tsns.iter().for_each(|tsn| _ = window.admit(*tsn));
            assert_eq!((window.seen(), window.missing()), (seen, missing), "{tsns:?}");
        }
    }

    #[test]
    fn what_starts_at_a_known_tsn_takes_that_first() {
        let mut window = TsnWindow::starting_at(0);
        assert_eq!(window.admit(0), Admission::Fresh);
        assert_eq!(window.admit(0), Admission::Repeated);
    }
}

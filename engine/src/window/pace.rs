//! How fast frames come: a record's frame is then told as by how much it is off, which takes an octet where it would take four.
//! A guess, made once for each sealed run and kept with its name; a bad one costs octets and nothing else.

use super::octets::{Octets, put_signed, put_varint, signed_octets};

/// A straight line through frames of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Pace {
    /// In microseconds.
    at: i64,
    /// The frame of then.
    frame: u64,
    /// Frames a microsecond, times 2³².
    slope: i64,
}

impl Pace {
    /// Through the first and the last of these times and frames, where that brings it nearer to all of them than nothing does.
    pub(crate) fn through(points: impl Iterator<Item = (i64, u64)> + Clone) -> Self {
        let Some((at, frame)) = points.clone().next() else { return Self::default() };
        let (end, last) = points.clone().last().unwrap_or((at, frame));
        let rise = i128::from(last) - i128::from(frame);
        let slope = (rise << SLOPE_BITS).checked_div(i128::from(end) - i128::from(at)).unwrap_or(0);
        let Ok(slope) = i64::try_from(slope) else { return Self::default() };
        let pace = Self { at, frame, slope };
        let octets =
            |pace: Self| points.clone().map(|(at, frame)| signed_octets(pace.off(at, frame) as i64)).sum::<u64>();
        if octets(pace) < octets(Self::default()) { pace } else { Self::default() }
    }

    fn guess(self, at: i64) -> u64 {
        let passed = i128::from(at) - i128::from(self.at);
        self.frame.wrapping_add((passed.wrapping_mul(self.slope.into()) >> SLOPE_BITS) as u64)
    }

    /// By how much a frame of then is off, as an unsigned difference that wraps.
    pub(crate) fn off(self, at: i64, frame: u64) -> u64 {
        frame.wrapping_sub(self.guess(at))
    }

    /// The inverse of [`Pace::off`].
    pub(crate) fn frame(self, at: i64, off: u64) -> u64 {
        off.wrapping_add(self.guess(at))
    }

    pub(crate) fn put(self, out: &mut Vec<u8>) {
        put_signed(out, self.at);
        put_varint(out, self.frame);
        put_signed(out, self.slope);
    }

    /// Reads what [`Pace::put`] appended; of a run from before layout 10 there is nothing.
    pub(crate) fn read(row: &[u8]) -> Option<Self> {
        if row.is_empty() {
            return Some(Self::default());
        }
        let mut octets = Octets::new(row);
        let pace = Self { at: octets.signed()?, frame: octets.varint()?, slope: octets.signed()? };
        octets.is_empty().then_some(pace)
    }
}

const SLOPE_BITS: u32 = 32;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Random;

    #[test]
    fn whatever_the_pace_frames_come_back() {
        let mut random = Random::new(12);
        for _ in 0..2_000 {
            let points: Vec<(i64, u64)> =
                (0..random.below(5)).map(|_| (random.next() as i64 >> random.below(63), random.next())).collect();
            let pace = Pace::through(points.iter().copied());
            let (at, frame) = (random.next() as i64, random.next());
            assert_eq!(pace.frame(at, pace.off(at, frame)), frame);
            let mut row = Vec::new();
            pace.put(&mut row);
            assert_eq!(Pace::read(&row), Some(pace));
            (1..row.len()).for_each(|length| assert_eq!(Pace::read(&row[..length]), None));
        }
        assert_eq!(Pace::read(&[]), Some(Pace::default()));
    }

    #[test]
    fn a_steady_pace_is_met_and_a_wild_one_is_not_followed() {
        let steady = (0..100).map(|index| (1_795_305_600_000_000 + 1_700 * index, 5_000_000_000 + 3 * index as u64));
        let pace = Pace::through(steady.clone());
        assert!(steady.clone().all(|(at, frame)| signed_octets(pace.off(at, frame) as i64) == 1));
        // The last one is of another feed.
        let wild = steady.chain([(1_795_305_600_200_000, 1)]);
        let pace = Pace::through(wild.clone());
        let octets =
            |pace: Pace| wild.clone().map(|(at, frame)| signed_octets(pace.off(at, frame) as i64)).sum::<u64>();
        assert!(octets(pace) <= octets(Pace::default()));
    }
}

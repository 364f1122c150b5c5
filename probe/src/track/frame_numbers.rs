//! Numbers N(U) of the UI frames of one direction of a logical link, 3GPP TS 44.064 §6.4.1: which frame was seen before, and
//! how many between two that were seen were not.

use std::time::Duration;

use event::Timestamp;

use crate::wire::Llc;
use crate::wire::llc::{SEQUENCE_NUMBERS, sapi};

/// Two taps of one link give the same frame within so long.
const REPETITION_WINDOW: Duration = Duration::from_secs(1);
/// A greater step of N(U) is no loss but a new beginning; who is as far behind was overtaken.
const LARGEST_STEP: u16 = u32::BITS as u16;
/// Service access points with numbers of their own.
const NUMBERED: [u8; 6] = [sapi::LLGMM, sapi::LL3, sapi::LL5, sapi::LLSMS, sapi::LL9, sapi::LL11];

/// What is known of the frames of one direction.
#[derive(Clone, Copy, Debug, Default)]
pub struct FrameNumbers {
    series: [Option<Series>; NUMBERED.len()],
    last: Option<(Timestamp, u8, u16, u32)>,
}

/// Numbers one behind the other. They go on where the TLLI changes, and begin again at 0 where one is assigned anew
/// (§8.3).
#[derive(Clone, Copy, Debug)]
struct Series {
    highest: u16,
    /// How far the highest is from the first, at most [`LARGEST_STEP`].
    length: u16,
    /// Bit n: the number n below the highest was seen.
    seen: u32,
}

/// What a frame says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// It is new, and so much is known now of those before it.
    New(Inside),
    /// It was seen before.
    Repeated,
}

/// Frames between the first and the last of a series: of these alone it is certain whether any is missing, and of the two
/// at the ends that none is, so that counting them would tell too little.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Inside {
    /// Seen.
    pub seen: u16,
    /// Missing.
    pub missing: u16,
    /// Told as missing before, and seen after all.
    pub found: u16,
}

impl FrameNumbers {
    /// Judges a UI frame.
    pub fn arrive(&mut self, frame: &Llc<'_>, at: Timestamp) -> Arrival {
        let Some(number) = frame.sequence else { return Arrival::New(Inside::default()) };
        let this = (at, frame.sapi, number, frame.frame_check_sequence);
        let is_last = |last: (Timestamp, u8, u16, u32)| {
            (last.1, last.2, last.3) == (this.1, this.2, this.3) && at.since(last.0) < REPETITION_WINDOW
        };
        if self.last.is_some_and(is_last) {
            return Arrival::Repeated;
        }
        self.last = Some(this);
        let place = NUMBERED.iter().position(|sapi| *sapi == frame.sapi);
        let series = place.and_then(|place| self.series.get_mut(place));
        Arrival::New(series.map(|series| Series::take(series, number)).unwrap_or_default())
    }
}

impl Series {
    fn starting_at(number: u16) -> Self {
        Self { highest: number, length: 0, seen: 1 }
    }

    fn take(place: &mut Option<Self>, number: u16) -> Inside {
        let Some(series) = place else {
            *place = Some(Self::starting_at(number));
            return Inside::default();
        };
        let ahead = distance(series.highest, number);
        let behind = distance(number, series.highest);
        if (1..=LARGEST_STEP).contains(&ahead) {
            return series.advance(ahead);
        }
        let is_unseen = series.seen.checked_shr(behind.into()).is_some_and(|seen| seen & 1 == 0);
        if is_unseen && behind < series.length {
            series.seen |= 1 << behind;
            return Inside { seen: 1, missing: 0, found: 1 };
        }
        // What was overtaken by the first of its series is none itself.
        if !is_unseen || number == 0 {
            *series = Self::starting_at(number);
        }
        Inside::default()
    }

    fn advance(&mut self, step: u16) -> Inside {
        let inside = Inside { seen: u16::from(self.length > 0), missing: step - 1, found: 0 };
        self.highest = (self.highest + step) % SEQUENCE_NUMBERS;
        self.length = (self.length + step).min(LARGEST_STEP);
        self.seen = self.seen.checked_shl(step.into()).unwrap_or(0) | 1;
        inside
    }
}

fn distance(from: u16, to: u16) -> u16 {
    (to + SEQUENCE_NUMBERS - from) % SEQUENCE_NUMBERS
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{FrameCheck, LlcFrameType};

    fn frame(number: u16, check: u32) -> Llc<'static> {
        Llc {
            frame_type: LlcFrameType::UI,
            sapi: sapi::LLGMM,
            command_response: false,
            sequence: Some(number),
            encrypted: false,
            check: FrameCheck::Good,
            frame_check_sequence: check,
            information: &[],
        }
    }

    /// Numbers of frames, each unlike the others; how many inside are seen, and how many are missing in the end.
    #[track_caller]
    fn check(numbers: &[u16], seen: u16, missing: u16) {
        let mut frames = FrameNumbers::default();
        let (mut told_seen, mut told_missing) = (0, 0);
        for (index, number) in numbers.iter().enumerate() {
            match frames.arrive(&frame(*number, index as u32), Timestamp::from_seconds(1)) {
                Arrival::New(inside) => {
                    told_seen += inside.seen;
                    told_missing = told_missing + inside.missing - inside.found;
                }
                Arrival::Repeated => panic!("{number} is no repetition"),
            }
        }
        assert_eq!((told_seen, told_missing), (seen, missing), "{numbers:?}");
    }

    #[test]
    fn only_what_lies_between_two_that_were_seen_counts() {
        check(&[5], 0, 0);
        check(&[5, 6], 0, 0);
        check(&[5, 7], 0, 1);
        check(&[5, 6, 8], 1, 1);
        check(&[5, 6, 7, 8], 2, 0);
    }

    #[test]
    fn gaps_are_counted_across_the_wrap_of_numbers() {
        check(&[509, 511, 0, 2], 2, 2);
    }

    #[test]
    fn a_new_beginning_is_no_loss() {
        check(&[100, 101, 102, 0, 1, 2], 2, 0);
        check(&[5, 6, 0, 1], 0, 0);
        check(&[0, 1, 2, 3, 1, 2, 3], 3, 0);
    }

    #[test]
    fn what_was_overtaken_is_not_missing() {
        check(&[5, 7, 6, 8], 2, 0);
        check(&[5, 9, 7, 6, 10], 3, 1);
        check(&[6, 5, 7, 8], 1, 0);
    }

    #[test]
    fn the_same_frame_by_a_second_tap_is_a_repetition() {
        let mut frames = FrameNumbers::default();
        let at = Timestamp::from_seconds(1);
        let is_repeated = |frames: &mut FrameNumbers, at| frames.arrive(&frame(3, 9), at) == Arrival::Repeated;
        assert!(!is_repeated(&mut frames, at));
        assert!(is_repeated(&mut frames, at + Duration::from_millis(20)));
        assert!(!is_repeated(&mut frames, at + Duration::from_secs(2)));
    }
}

//! The multiframe of 16 frames and its cyclic redundancy check, where a line has them (ITU-T G.704 §2.3.3, G.706 §4.2).

use super::counters::LineCounters;
use crate::wire::g704::{self, SUB_MULTIFRAME};

/// Failed checks in [`CHECKS`] from which frame alignment is taken for imitated, G.706 §4.3.2.
pub const FALSE_ALIGNMENT_ERRORS: u16 = 915;
/// Checks over which failures are summed: a second.
pub const CHECKS: u16 = 1000;
/// Multiframe signals in error, consecutive, at which the line is taken to have no multiframe.
pub const LOSS_SIGNALS: u8 = 4;

const MULTIFRAME: u8 = 16;

/// The state between frames.
#[derive(Clone, Copy, Debug, Default)]
pub struct Multiframe {
    /// International bits of the last eight frames without alignment signal, the latest in the lowest place.
    bits: u8,
    state: State,
}

#[derive(Clone, Copy, Debug, Default)]
enum State {
    /// Looking for the signal.
    #[default]
    Searching,
    /// It was seen once; counts frames until it must be seen again.
    Seen { frame: u8 },
    /// It was seen twice, two milliseconds apart.
    Found(Found),
}

#[derive(Clone, Copy, Debug, Default)]
struct Found {
    /// Number in the multiframe of the next frame.
    frame: u8,
    /// Signals in error, consecutive.
    missed: u8,
    /// Remainder of the current sub-multiframe so far.
    remainder: u8,
    /// Remainder of the one before, which this one's check bits tell.
    previous: Option<u8>,
    /// Check bits of the current one so far, the first in the lowest place.
    check_bits: u8,
    checks: u16,
    errors: u16,
}

impl Multiframe {
    /// Takes the octets of the next frame. False where the checks say that the frame alignment is none.
    #[inline]
    pub fn take(&mut self, frame: &[u8], has_signal: bool, counters: &mut LineCounters) -> bool {
        let Some((timeslot_0, others)) = frame.split_first() else { return true };
        if !has_signal {
            self.bits = self.bits << 1 | u8::from(g704::international_bit(*timeslot_0));
        }
        let is_signal = !has_signal && g704::is_multiframe_signal(self.bits);
        match &mut self.state {
            State::Searching if is_signal => self.state = State::Seen { frame: 0 },
            State::Searching => {}
            State::Seen { frame } => {
                *frame += 1;
                if *frame == MULTIFRAME {
                    counters.multiframes_found += u64::from(is_signal);
                    self.state = if is_signal { State::Found(Found::default()) } else { State::Searching };
                }
            }
            State::Found(found) => {
                let is_true = found.take(*timeslot_0, others, is_signal, counters);
                if found.missed >= LOSS_SIGNALS {
                    self.state = State::Searching;
                }
                return is_true;
            }
        }
        true
    }
}

impl Found {
    #[inline]
    fn take(&mut self, timeslot_0: u8, others: &[u8], is_signal: bool, counters: &mut LineCounters) -> bool {
        let place = self.frame % SUB_MULTIFRAME;
        let mut first = timeslot_0;
        if place.is_multiple_of(2) {
            self.check_bits |= u8::from(g704::international_bit(timeslot_0)) << (place / 2);
            first = g704::without_check_bit(timeslot_0);
        }
        self.remainder = others.iter().fold(g704::check(self.remainder, first), |r, octet| g704::check(r, *octet));
        self.frame = (self.frame + 1) % MULTIFRAME;
        if self.frame == 0 {
            self.missed = if is_signal { 0 } else { self.missed + 1 };
        }
        place != SUB_MULTIFRAME - 1 || self.compare(counters)
    }

    // At the end of a sub-multiframe.
    fn compare(&mut self, counters: &mut LineCounters) -> bool {
        let previous = self.previous.replace(self.remainder);
        let is_error = previous.is_some_and(|previous| previous != self.check_bits);
        (self.remainder, self.check_bits) = (0, 0);
        counters.checks += u64::from(previous.is_some());
        counters.check_errors += u64::from(is_error);
        (self.checks, self.errors) = (self.checks + 1, self.errors + u16::from(is_error));
        if self.checks < CHECKS {
            return true;
        }
        let is_true = self.errors < FALSE_ALIGNMENT_ERRORS;
        (self.checks, self.errors) = (0, 0);
        is_true
    }
}

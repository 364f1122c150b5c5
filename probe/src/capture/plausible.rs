//! Times that cannot be. One frame stamped years ahead would end every call and let every timer run out: so a time that is
//! far from its neighbours' is not believed.
//!
//! The rule: a frame more than [`JUMP`] before or after its predecessor in the file stands at its predecessor's time if one
//! of the next [`LOOK_AHEAD`] frames is back near it: time does not return from where it has been. Otherwise the jump was
//! one (a gap, a clock that was set), and counts. The first frame of a file stands at the second one's time if all that
//! follow are earlier than it by more than [`JUMP`]. The last frame of a file stands at its predecessor's time if it is more
//! than [`LONGEST_GAP`] from it: nobody bears it out, until in a file that grows a next one does.
//!
//! An interface has a clock beside it: [`of_live`].

use std::time::Duration;

use event::Timestamp;

/// Frames of one file that are farther apart are looked at.
pub const JUMP: Duration = Duration::from_secs(60);
/// The longest time without a frame that is believed of the last frame alone.
pub const LONGEST_GAP: Duration = Duration::from_secs(48 * 3600);
/// How far a live frame's time may be behind the clock: the kernel's ring holds no more.
pub const OLDEST_LIVE: Duration = Duration::from_secs(600);
/// Frames that decide about one.
pub const LOOK_AHEAD: usize = 8;

/// How many frames must contradict the first of a file.
const WITNESSES: usize = 2;

/// The times of one file.
#[derive(Default)]
pub(super) struct Plausible {
    last: Option<Timestamp>,
    /// The time of a last frame that was not believed.
    doubted: Option<Timestamp>,
    implausible: u64,
}

impl Plausible {
    /// Whether a time needs no look ahead; it then is the last.
    #[inline]
    pub(super) fn follows(&mut self, at: Timestamp) -> bool {
        let follows = self.last.is_some_and(|last| is_near(last, at));
        if follows {
            self.last = Some(at);
        }
        follows
    }

    /// The time at which a frame stands: `at`, unless those `ahead` of it say that this cannot be.
    pub(super) fn judge(&mut self, at: Timestamp, ahead: impl Iterator<Item = Timestamp> + Clone) -> Timestamp {
        let contradicting = match self.last {
            Some(last) if ahead.clone().next().is_none() => self.is_alone(at, last).then_some(last),
            Some(last) => ahead.clone().any(|later| is_near(last, later)).then_some(last),
            None => {
                let is_contradicted =
                    ahead.clone().count() >= WITNESSES && ahead.clone().all(|later| later + JUMP < at);
                ahead.clone().next().filter(|_| is_contradicted)
            }
        };
        self.implausible += u64::from(contradicting.is_some());
        let at = contradicting.unwrap_or(at);
        self.last = Some(at);
        at
    }

    /// Whether only this frame says that so much time has passed.
    fn is_alone(&mut self, at: Timestamp, last: Timestamp) -> bool {
        let is_far = at.since(last) > LONGEST_GAP || last.since(at) > LONGEST_GAP;
        let is_borne_out = self.doubted.take().is_some_and(|doubted| is_near(doubted, at));
        self.doubted = Some(at).filter(|_| is_far && !is_borne_out);
        self.doubted.is_some()
    }

    /// Frames whose time was not believed.
    pub(super) fn implausible(&self) -> u64 {
        self.implausible
    }
}

/// When a frame of an interface was captured that is stamped `at`, by a clock that shows `now`; `None` where that cannot be
/// (a card with a clock of its own that nobody has set).
pub(super) fn of_live(at: Timestamp, now: Timestamp) -> Option<Timestamp> {
    Some(at).filter(|at| at.since(now) <= JUMP && now.since(*at) <= OLDEST_LIVE)
}

#[inline]
fn is_near(a: Timestamp, b: Timestamp) -> bool {
    const JUMP_MICROS: u64 = JUMP.as_micros() as u64;
    a.as_micros().abs_diff(b.as_micros()) <= JUMP_MICROS
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Seconds as they are stamped, and as they are believed.
    fn check(stamped: &[i64], believed: &[i64]) {
        let stamped: Vec<_> = stamped.iter().map(|second| Timestamp::from_seconds(*second)).collect();
        let mut times = Plausible::default();
        let given: Vec<_> = (0..stamped.len())
            .map(|index| {
                let ahead = stamped[index + 1..].iter().take(LOOK_AHEAD).copied();
                if times.follows(stamped[index]) { stamped[index] } else { times.judge(stamped[index], ahead) }
            })
            .map(|at| at.as_micros() / 1_000_000)
            .collect();
        assert_eq!(given, believed);
        let differing = given.iter().zip(&stamped).filter(|(given, at)| Timestamp::from_seconds(**given) != **at);
        assert_eq!(times.implausible(), differing.count() as u64);
    }

    #[test]
    fn a_time_from_which_there_is_a_return_is_not_believed() {
        check(&[100, 101, 9_999_999, 102], &[100, 101, 101, 102]);
        check(&[100, 101, 0, 102], &[100, 101, 101, 102]);
        check(&[100, 101, 9_999_999, 0, 5_555_555, 102], &[100, 101, 101, 101, 101, 102]);
    }

    #[test]
    fn a_gap_and_a_clock_that_was_set_are_believed() {
        check(&[100, 101, 4000, 4001], &[100, 101, 4000, 4001]);
        check(&[4000, 4001, 100, 101], &[4000, 4001, 100, 101]);
        check(&[0, 86_400, 172_800, 259_200], &[0, 86_400, 172_800, 259_200]);
    }

    #[test]
    fn behind_a_gap_times_are_judged_anew() {
        check(&[100, 4000, 77_777, 4001, 4002], &[100, 4000, 4000, 4001, 4002]);
    }

    #[test]
    fn more_than_a_few_odd_times_are_a_clock_that_was_set() {
        let away = [100, 5000, 5000, 5000, 5000, 5000, 5000, 5000, 5000, 5000, 101];
        check(&away, &away);
    }

    #[test]
    fn a_last_frame_days_away_is_not_believed_until_another_bears_it_out() {
        check(&[100, 101, 9_999_999], &[100, 101, 101]);
        check(&[9_999_998, 9_999_999, 100], &[9_999_998, 9_999_999, 9_999_999]);
        check(&[100, 101, 100 + 48 * 3600], &[100, 101, 100 + 48 * 3600]);
        let mut growing = Plausible::default();
        let mut next =
            |second| growing.judge(Timestamp::from_seconds(second), std::iter::empty()).as_micros() / 1_000_000;
        assert_eq!([100, 9_999_999, 9_999_999 + 5, 9_999_999 + 6].map(&mut next), [100, 100, 10_000_004, 10_000_005]);
    }

    #[test]
    fn an_interface_s_frame_is_of_now_or_of_what_its_ring_can_hold() {
        let of_live = |second| of_live(Timestamp::from_seconds(second), Timestamp::from_seconds(10_000)).is_some();
        assert_eq!([10_000, 10_060, 10_061, 9_400, 9_399, 0].map(of_live), [true, true, false, true, false, false]);
    }

    #[test]
    fn a_first_frame_from_the_future_stands_at_the_second_ones_time() {
        check(&[9_999_999, 100, 101], &[100, 100, 101]);
        check(&[0, 100, 101], &[0, 100, 101]);
    }
}

//! How fast to send: the window shrinks by half when the message centre asks for less, with a growing pause, and widens
//! by one for every window's worth of messages taken. One that says how busy it is need not refuse anything first. Time is a
//! parameter.

use std::time::{Duration, Instant};

const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// From here on a message centre is as busy as it should be, nearly too busy, and too busy, in percent; SMPP 5.0 §4.8.4.18.
const OPTIMUM: u8 = 80;
const NEARING_CONGESTION: u8 = 90;
const CONGESTED: u8 = 100;

/// The part of the window that is given up for every window's worth of messages taken while the message centre is nearly
/// too busy: one in so many.
const GIVEN_UP: usize = 4;

/// The width of the window now, and whether it is shut.
#[derive(Clone, Debug)]
pub(super) struct Pace {
    /// As configured.
    widest: usize,
    /// 1 to `widest`.
    width: usize,
    /// Messages taken since `width` changed.
    taken: usize,
    next_pause: Duration,
    paused_until: Option<Instant>,
}

impl Pace {
    pub(super) fn new(widest: usize) -> Self {
        Self { widest, width: widest, taken: 0, next_pause: FIRST_PAUSE, paused_until: None }
    }

    /// How many may be unanswered: 0 during a pause.
    pub(super) fn width(&self) -> usize {
        if self.paused_until.is_some() { 0 } else { self.width }
    }

    /// How many may be unanswered, but for a pause: at least 1.
    pub(super) fn slots(&self) -> usize {
        self.width
    }

    /// When the pause ends.
    pub(super) fn resumes_at(&self) -> Option<Instant> {
        self.paused_until
    }

    /// Ends a pause that is over.
    pub(super) fn advance(&mut self, now: Instant) {
        self.paused_until = self.paused_until.filter(|until| *until > now);
    }

    /// A message was taken, by a message centre that is so busy, in percent.
    pub(super) fn taken(&mut self, load: u8, now: Instant) {
        if load >= CONGESTED {
            // It takes what it gets, so that pauses need not grow.
            self.next_pause = FIRST_PAUSE;
            return self.narrow(now);
        }
        self.taken += 1;
        if self.taken >= self.width {
            self.width = match load {
                NEARING_CONGESTION.. => (self.width - self.width.div_ceil(GIVEN_UP)).max(1),
                OPTIMUM.. => self.width,
                _ => self.widest.min(self.width + 1),
            };
            self.taken = 0;
            self.next_pause = FIRST_PAUSE;
        }
    }

    /// A message was refused for being too many, or nearly. The answers to those that were sent before the pause are one refusal.
    pub(super) fn narrow(&mut self, now: Instant) {
        self.taken = 0;
        if self.paused_until.is_none() {
            self.width = (self.width / 2).max(1);
            self.paused_until = Some(now + self.next_pause);
            self.next_pause = LONGEST_PAUSE.min(self.next_pause * 2);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[expect(clippy::disallowed_methods, reason = "some instant to count from")]
    fn start() -> Instant {
        Instant::now()
    }

    #[test]
    fn throttling_pauses_longer_each_time_and_halves_the_window() {
        let (mut pace, mut now) = (Pace::new(10), start());
        for (width, pause_ms) in [(5, 250), (2, 500), (1, 1000), (1, 2000), (1, 4000), (1, 8000), (1, 10_000)] {
            pace.narrow(now);
            pace.narrow(now);
            assert_eq!(pace.width(), 0);
            assert_eq!(pace.resumes_at(), Some(now + Duration::from_millis(pause_ms)));
            now += Duration::from_millis(pause_ms);
            pace.advance(now - Duration::from_millis(1));
            assert_eq!(pace.width(), 0);
            pace.advance(now);
            assert_eq!(pace.width(), width);
        }
    }

    #[test]
    fn messages_taken_widen_the_window_up_to_what_is_configured() {
        let (mut pace, now) = (Pace::new(4), start());
        pace.narrow(now);
        pace.advance(now + LONGEST_PAUSE);
        let widths: Vec<usize> = (0..10)
            .map(|_| {
                pace.taken(0, now);
                pace.width()
            })
            .collect();
        assert_eq!(widths, [2, 3, 3, 3, 4, 4, 4, 4, 4, 4]);
        pace.narrow(now);
        assert_eq!(pace.resumes_at(), Some(now + FIRST_PAUSE));
    }

    #[test]
    fn a_message_centre_that_says_how_busy_it_is_is_spared() {
        let check = |load: u8, width: usize, paused: bool| {
            let (mut pace, now) = (Pace::new(16), start());
            pace.narrow(now);
            pace.advance(now + LONGEST_PAUSE);
            // One window's worth: eight.
            (0..8).for_each(|_| pace.taken(load, now));
            assert_eq!((pace.slots(), pace.resumes_at().is_some()), (width, paused), "{load} %");
        };
        check(0, 9, false);
        check(79, 9, false);
        check(80, 8, false);
        check(89, 8, false);
        check(90, 6, false);
        check(99, 6, false);
        check(100, 4, true);
    }
}

//! How fast to send: the window shrinks by half when the message centre asks for less, with a growing pause, and widens
//! by one for every window's worth of messages taken. Time is a parameter.

use std::time::{Duration, Instant};

const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

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

    /// A message was taken.
    pub(super) fn widen(&mut self) {
        self.taken += 1;
        if self.taken >= self.width {
            self.width = self.widest.min(self.width + 1);
            self.taken = 0;
            self.next_pause = FIRST_PAUSE;
        }
    }

    /// A message was refused for being too many. The answers to those that were sent before the pause are one refusal.
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
                pace.widen();
                pace.width()
            })
            .collect();
        assert_eq!(widths, [2, 3, 3, 3, 4, 4, 4, 4, 4, 4]);
        pace.narrow(now);
        assert_eq!(pace.resumes_at(), Some(now + FIRST_PAUSE));
    }
}

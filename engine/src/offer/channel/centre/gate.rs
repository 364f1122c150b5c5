//! What the sender may read without asking the session: how much room there is. Two threads, no lock.

use std::sync::atomic::{AtomicUsize, Ordering};

/// Room in the window, in PDUs, shared by the side that submits and the session that sends.
///
/// A text of several segments takes as many slots. How many the next one will take is not known, so room is counted
/// in the widest text of late: never too many, and no less than one text while nothing is on its way.
#[derive(Debug, Default)]
pub(super) struct Gate {
    /// Slots in all: 0 while the link is down or paused. Written by the session.
    width: AtomicUsize,
    /// PDUs waiting or unanswered in the session. Written by the session.
    load: AtomicUsize,
    /// PDUs handed over that the session has not counted yet.
    handed: AtomicUsize,
    /// PDUs of the widest text of late. Written by the side that submits.
    widest: AtomicUsize,
}

impl Gate {
    /// How many submissions would go out at once.
    pub(super) fn ready(&self) -> usize {
        // `handed` before `load`: the session adds to `load` before it takes from `handed`, so that between the two a
        // submission is counted twice, never missed. `load` before `width`, which the session writes the other way round.
        let handed = self.handed.load(Ordering::Acquire);
        let used = handed + self.load.load(Ordering::Acquire);
        let width = self.width.load(Ordering::Acquire);
        let widest = self.widest.load(Ordering::Relaxed).max(1);
        match width.saturating_sub(used) / widest {
            0 => usize::from(used == 0 && width > 0),
            submissions => submissions,
        }
    }

    /// A submission of so many PDUs is being handed over.
    pub(super) fn hand_over(&self, pdus: usize) {
        self.handed.fetch_add(pdus, Ordering::AcqRel);
        // Falls by one with each narrower text, so that one long text does not slow the channel for ever.
        let widest = self.widest.load(Ordering::Relaxed).saturating_sub(1).max(pdus);
        self.widest.store(widest, Ordering::Relaxed);
    }

    /// The session has counted a submission of so many PDUs in its load.
    pub(super) fn taken_over(&self, pdus: usize, load: usize) {
        self.load.store(load, Ordering::Release);
        self.handed.fetch_sub(pdus, Ordering::AcqRel);
    }

    /// The session's own count.
    pub(super) fn publish(&self, width: usize, load: usize) {
        self.width.store(width, Ordering::Release);
        self.load.store(load, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_is_counted_in_the_widest_text_of_late() {
        let gate = Gate::default();
        assert_eq!(gate.ready(), 0);
        gate.publish(10, 0);
        assert_eq!(gate.ready(), 10);
        gate.hand_over(3);
        assert_eq!(gate.ready(), 2);
        gate.taken_over(3, 3);
        assert_eq!(gate.ready(), 2);
        gate.hand_over(1);
        assert_eq!(gate.ready(), 3);
    }

    #[test]
    fn a_text_wider_than_the_window_goes_when_nothing_else_is_on_its_way() {
        let gate = Gate::default();
        gate.publish(2, 0);
        gate.hand_over(5);
        assert_eq!(gate.ready(), 0);
        gate.taken_over(5, 0);
        assert_eq!(gate.ready(), 1);
    }
}

//! How long things take, counted by length: told by threads, read by anyone at any time. Decides nothing.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Lengths that are told apart between one power of two microseconds and the next.
const PARTS: usize = 64;
/// Up to 2³² µs: more than an hour. Longer ones count as that.
const POWERS: usize = 33;
const LENGTHS: usize = PARTS * (POWERS - PARTS.ilog2() as usize);

/// The clock that lengths are measured with, and that paces what goes to the disk.
#[expect(
    clippy::disallowed_methods,
    reason = "lengths of what has been done and pauses between writes; decides nothing"
)]
pub(crate) fn clock() -> Instant {
    Instant::now()
}

/// Lengths of one kind.
#[derive(Debug)]
pub(crate) struct Lengths {
    counts: [AtomicU64; LENGTHS],
}

impl Default for Lengths {
    fn default() -> Self {
        Self { counts: [const { AtomicU64::new(0) }; LENGTHS] }
    }
}

impl Lengths {
    /// Takes down what began at `start` and ends now.
    pub(crate) fn since(&self, start: Instant) {
        self.add(clock().saturating_duration_since(start));
    }

    /// Takes down a length.
    pub(crate) fn add(&self, length: Duration) {
        let micros = u64::try_from(length.as_micros()).unwrap_or(u64::MAX);
        self.counts.get(place(micros)).into_iter().for_each(|count| _ = count.fetch_add(1, Ordering::Relaxed));
    }

    pub(crate) fn read(&self) -> Counted {
        Counted { counts: self.counts.iter().map(|count| count.load(Ordering::Relaxed)).collect() }
    }
}

/// Lengths of one kind at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counted {
    counts: Vec<u64>,
}

impl Counted {
    /// How many there were.
    pub fn count(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// The length that this share of them (0 to 1) does not exceed, to a 64th of it; none where there were none.
    pub fn within(&self, share: f64) -> Option<Duration> {
        let rank = ((self.count() as f64 * share).ceil() as u64).max(1);
        let mut passed = 0;
        let place = self.counts.iter().position(|count| {
            passed += count;
            passed >= rank
        })?;
        Some(Duration::from_micros(longest(place)))
    }
}

/// What takes its time in an engine.
#[derive(Debug, Default)]
pub(crate) struct Delays {
    pub(crate) offer: Lengths,
    pub(crate) sync: Lengths,
    pub(crate) write: Lengths,
    pub(crate) turn: Lengths,
    pub(crate) held: Lengths,
    pub(crate) late: Lengths,
}

/// How long things have taken in an engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EngineDelays {
    /// From the release of an event to its offer on disk.
    pub offer: Counted,
    /// To wait for the disk, once for all that has been written.
    pub sync: Counted,
    /// To write what a shard has gathered, without waiting for the disk; the shard does not wait.
    pub write: Counted,
    /// What a shard does at a time to give a full arena away and to put subscribers out of memory.
    pub turn: Counted,
    /// How long a shard waited for the sealing thread before it could begin another arena: the disk does not keep up.
    pub held: Counted,
    /// In packet time, by how much events came after others of later times had been passed on.
    pub late: Counted,
}

impl Delays {
    pub(crate) fn read(&self) -> EngineDelays {
        EngineDelays {
            offer: self.offer.read(),
            sync: self.sync.read(),
            write: self.write.read(),
            turn: self.turn.read(),
            held: self.held.read(),
            late: self.late.read(),
        }
    }
}

/// The first lengths have a place each, then a 64th of a power of two has one.
fn place(micros: u64) -> usize {
    let micros = micros.min((1 << (POWERS - 1)) - 1);
    let power = micros.max(PARTS as u64).ilog2();
    let part = micros >> (power - PARTS.ilog2());
    (power - PARTS.ilog2()) as usize * PARTS + part as usize
}

/// In microseconds, of those that have this place.
fn longest(place: usize) -> u64 {
    let power = (place / PARTS).saturating_sub(1);
    let part = place - power * PARTS;
    ((part as u64 + 1) << power) - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_told_apart_to_a_64th_of_them() {
        for micros in (0..5_000).chain([1 << 20, (1 << 32) - 1, u64::MAX]) {
            let (told, kept) = (longest(place(micros)), micros.min((1 << 32) - 1));
            assert!(told >= kept && told - kept <= kept / 64, "{micros}: {told}");
        }
        assert!(place(u64::MAX) < LENGTHS);
    }

    #[test]
    fn a_share_of_all_is_within_a_length() {
        let lengths = Lengths::default();
        assert_eq!(lengths.read().within(0.5), None);
        (1..=100).for_each(|millis| lengths.add(Duration::from_millis(millis)));
        let read = lengths.read();
        assert_eq!(read.count(), 100);
        for share in [0.0, 0.5, 0.99, 1.0] {
            let (told, exact) = (read.within(share).unwrap().as_secs_f64(), (100.0 * share).max(1.0) / 1e3);
            assert!((exact..=exact * 1.016).contains(&told), "{share}: {told}");
        }
    }
}

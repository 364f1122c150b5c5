//! The same message seen twice because it was tapped twice: in and out of a mirrored port, on both sides of a transfer point,
//! on another VLAN, link or address.
//!
//! Where a path numbers its messages (TSN, FSN, TCP sequence numbers), repetitions *on* it were recognised by number: a message
//! that is there again under a new number was sent again, and counts again. What comes by *another* path within the
//! window is the same message. The air interface is too slow for a phone to repeat itself so fast.

use std::hash::Hasher;

use event::{Timestamp, prefetch};
use rustc_hash::FxHasher;

/// How far apart in time the two taps may show a message, in microseconds of capture time.
pub const WINDOW_MICROS: i64 = 50_000;
/// Messages remembered: as many may pass within the window before one is forgotten early.
pub const MESSAGE_LIMIT: usize = SET_LIMIT * SET_SIZE;

/// A set is a cache line, so that a look-up touches one.
const SET_SIZE: usize = 4;
/// Sets to begin with: they grow to the limit with the rate of messages, so that few stay in the fastest cache.
const SETS: usize = 64;
const SET_LIMIT: usize = 4096;
const _: () = assert!(SETS.is_power_of_two() && SET_LIMIT.is_power_of_two() && SETS < SET_LIMIT);

/// Time is kept in units of 64 µs: 32 bits of them are three days.
const UNIT_BITS: u32 = 6;
const WINDOW_UNITS: u32 = (WINDOW_MICROS >> UNIT_BITS) as u32;

/// By what a message came: one direction of something that numbers its messages, or of something that does not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Path(u32);

impl Path {
    /// A path on which repetition cannot be told by number.
    pub const UNNUMBERED: Self = Self(0);

    /// A path that numbers its messages, by an identification that is its own. Two are taken for a third one.
    pub const fn numbered(identification: u32) -> Self {
        match identification {
            0 | u32::MAX => Self(u32::MAX - 1),
            other => Self(other),
        }
    }
}

/// By what a message is recognised.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fingerprint {
    hash: u64,
    path: Path,
}

/// What came of looking for a message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sighting {
    /// Not seen within the window.
    #[default]
    First,
    /// Not seen within the window; remembering it forgot one that was.
    FirstDisplacing,
    /// Seen within the window, by another path.
    Duplicate,
}

/// The messages of the last 50 ms.
pub struct Duplicates {
    /// A power of two of them; the lowest bits of the hash choose.
    sets: Vec<Set>,
}

/// The latest first. All of it is compared at once: what a loop would find, and where, could not be foretold.
#[derive(Clone, Copy, Default)]
#[repr(align(64))]
struct Set {
    hashes: [u64; SET_SIZE],
    times: [u32; SET_SIZE],
    /// One more than each path's number.
    paths: [u32; SET_SIZE],
}

#[derive(Clone, Copy)]
struct Seen {
    hash: u64,
    at: u32,
    path: u32,
}

impl Default for Duplicates {
    fn default() -> Self {
        Self { sets: vec![Set::default(); SETS] }
    }
}

impl Duplicates {
    /// By what a message from `sender` to `receiver` is recognised. Fetches what a look for it will need.
    #[inline(always)]
    pub fn fingerprint(&self, path: Path, sender: u32, receiver: u32, octets: &[u8]) -> Fingerprint {
        let mut hasher = FxHasher::default();
        hasher.write(octets);
        hasher.write_u64(u64::from(sender) << 32 | u64::from(receiver));
        let hash = hasher.finish();
        self.sets.get(self.place(hash)).into_iter().for_each(prefetch);
        Fingerprint { hash, path }
    }

    /// Looks for a message and remembers it.
    #[inline(always)]
    pub fn look(&mut self, at: Timestamp, Fingerprint { hash, path }: Fingerprint) -> Sighting {
        let now = (at.as_micros() >> UNIT_BITS) as u32;
        let seen = Seen { hash, at: now, path: path.0 + 1 };
        let Some(set) = self.set(hash) else { return Sighting::First };
        match set.find(hash, now) {
            Some(slot) => set.see_again(slot, seen),
            None => self.remember(seen),
        }
    }

    #[inline]
    fn set(&mut self, hash: u64) -> Option<&mut Set> {
        let place = self.place(hash);
        self.sets.get_mut(place)
    }

    #[inline]
    fn place(&self, hash: u64) -> usize {
        hash as usize & (self.sets.len() - 1)
    }

    #[inline]
    fn remember(&mut self, seen: Seen) -> Sighting {
        let Some(set) = self.set(seen.hash) else { return Sighting::First };
        if set.age(SET_SIZE - 1, seen.at) > WINDOW_UNITS {
            set.push(seen);
            return Sighting::First;
        }
        self.make_room(seen)
    }

    #[cold]
    fn make_room(&mut self, seen: Seen) -> Sighting {
        if self.sets.len() < SET_LIMIT {
            let grown = vec![Set::default(); 2 * self.sets.len()];
            for set in std::mem::replace(&mut self.sets, grown) {
                set.recent(seen.at).rev().for_each(|old| {
                    self.remember(old);
                });
            }
            return self.remember(seen);
        }
        self.set(seen.hash).into_iter().for_each(|set| set.push(seen));
        Sighting::FirstDisplacing
    }
}

impl Set {
    // Where this message was seen within the window.
    #[inline]
    fn find(&self, hash: u64, now: u32) -> Option<usize> {
        let same =
            self.hashes.iter().enumerate().fold(0_u32, |same, (slot, seen)| same | u32::from(*seen == hash) << slot);
        if same == 0 { None } else { self.find_recent(hash, now) }
    }

    #[cold]
    fn find_recent(&self, hash: u64, now: u32) -> Option<usize> {
        (0..SET_SIZE).find(|slot| self.hashes.get(*slot) == Some(&hash) && self.age(*slot, now) <= WINDOW_UNITS)
    }

    #[cold]
    fn see_again(&mut self, slot: usize, seen: Seen) -> Sighting {
        if self.paths.get(slot) != Some(&seen.path) || seen.path == Path::UNNUMBERED.0 + 1 {
            return Sighting::Duplicate;
        }
        self.hashes.get_mut(..=slot).into_iter().for_each(|upto| upto.rotate_right(1));
        self.times.get_mut(..=slot).into_iter().for_each(|upto| upto.rotate_right(1));
        self.paths.get_mut(..=slot).into_iter().for_each(|upto| upto.rotate_right(1));
        let [at, ..] = &mut self.times;
        *at = seen.at;
        Sighting::First
    }

    // How long ago it was seen, in units of 64 µs; what was never seen, longer than anything.
    #[inline]
    fn age(&self, slot: usize, now: u32) -> u32 {
        let never = self.paths.get(slot).is_none_or(|path| *path == NEVER);
        let at = self.times.get(slot).copied().unwrap_or_default();
        if never { u32::MAX } else { distance(at, now) }
    }

    fn recent(&self, now: u32) -> impl DoubleEndedIterator<Item = Seen> {
        let seen = self.hashes.into_iter().zip(self.times).zip(self.paths);
        let seen = seen.map(|((hash, at), path)| Seen { hash, at, path });
        seen.filter(move |seen| seen.path != NEVER && distance(seen.at, now) <= WINDOW_UNITS)
    }

    // The last one goes.
    #[inline]
    fn push(&mut self, Seen { hash, at, path }: Seen) {
        let Self { hashes: [h0, h1, h2, _], times: [t0, t1, t2, _], paths: [p0, p1, p2, _] } = *self;
        *self = Self { hashes: [hash, h0, h1, h2], times: [at, t0, t1, t2], paths: [path, p0, p1, p2] };
    }
}

/// In [`Set::paths`]: nothing was here yet.
const NEVER: u32 = 0;

/// How far apart two times are, whichever is the later.
const fn distance(a: u32, b: u32) -> u32 {
    let (forward, back) = (a.wrapping_sub(b), b.wrapping_sub(a));
    if forward < back { forward } else { back }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TAP: Path = Path::numbered(7);
    const OTHER_TAP: Path = Path::numbered(8);

    /// Milliseconds, path, sender, octets; whether it is a duplicate.
    type Seen = (i64, Path, u32, &'static [u8], bool);

    fn check(messages: &[Seen]) {
        for base in [0, 1_700_000_000_000_000, (1 << 38) - 20_000] {
            let mut duplicates = Duplicates::default();
            for (index, (millis, path, sender, octets, expected)) in messages.iter().enumerate() {
                let at = Timestamp::from_micros(base + 1000 * millis);
                let fingerprint = duplicates.fingerprint(*path, *sender, 2, octets);
                let sighting = duplicates.look(at, fingerprint);
                assert_eq!(sighting == Sighting::Duplicate, *expected, "message {index} from {base}");
            }
        }
    }

    #[test]
    fn a_message_by_another_path_within_the_window_is_a_duplicate() {
        check(&[(0, TAP, 1, b"a", false), (0, OTHER_TAP, 1, b"a", true), (49, OTHER_TAP, 1, b"a", true)]);
        check(&[(0, TAP, 1, b"a", false), (52, OTHER_TAP, 1, b"a", false)]);
        check(&[(40, TAP, 1, b"a", false), (0, OTHER_TAP, 1, b"a", true)]);
    }

    #[test]
    fn other_octets_or_another_sender_are_another_message() {
        check(&[(0, TAP, 1, b"a", false), (0, OTHER_TAP, 1, b"b", false), (0, OTHER_TAP, 3, b"a", false)]);
    }

    #[test]
    fn what_a_numbering_path_says_again_was_sent_again() {
        check(&[(0, TAP, 1, b"a", false), (5, TAP, 1, b"a", false), (6, OTHER_TAP, 1, b"a", true)]);
        check(&[(0, Path::numbered(0), 1, b"a", false), (5, Path::numbered(0), 1, b"a", false)]);
    }

    #[test]
    fn without_numbers_any_repetition_is_one() {
        let path = Path::UNNUMBERED;
        check(&[(0, path, 1, b"a", false), (5, path, 1, b"a", true), (60, path, 1, b"a", false)]);
    }

    #[test]
    fn what_was_sent_again_is_younger_than_what_was_not() {
        let mut set = Set::default();
        let seen = |hash, at| super::Seen { hash, at, path: 8 };
        (1..=4).for_each(|hash| set.push(seen(hash, hash as u32)));
        assert_eq!(set.see_again(2, seen(2, 5)), Sighting::First);
        assert_eq!((set.hashes, set.times, set.paths), ([2, 4, 3, 1], [5, 4, 3, 1], [8; 4]));
        set.push(seen(5, 6));
        assert_eq!((set.hashes, set.times), ([5, 2, 4, 3], [6, 5, 4, 3]));
    }

    #[test]
    fn the_oldest_is_forgotten_where_too_many_come_at_once() {
        let mut duplicates = Duplicates::default();
        let at = Timestamp::from_micros(1_000_000);
        let count = 4 * MESSAGE_LIMIT as u32;
        let displacing = (0..count).filter(|number| {
            let fingerprint = duplicates.fingerprint(TAP, 1, 2, &number.to_be_bytes());
            duplicates.look(at, fingerprint) == Sighting::FirstDisplacing
        });
        assert!(displacing.count() > 2 * MESSAGE_LIMIT);
    }
}

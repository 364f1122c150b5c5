//! What the source has said, for a while: bounded, and what has not been asked for lately goes first.

use std::mem;
use std::time::{Duration, Instant};

use event::Imsi;
use rustc_hash::FxHashMap;

/// Two generations of at most half the limit each: what is asked for moves to the young one; when that is full, the
/// old one is forgotten whole and the young one becomes old.
pub(super) struct Cache<V> {
    name: &'static str,
    half: usize,
    ttl: Duration,
    young: FxHashMap<Imsi, (V, Instant)>,
    old: FxHashMap<Imsi, (V, Instant)>,
}

impl<V: Copy> Cache<V> {
    /// At most `limit` entries, each for `ttl`; `name` is the counter's.
    pub(super) fn new(name: &'static str, limit: usize, ttl: Duration) -> Self {
        Self { name, half: limit / 2, ttl, young: FxHashMap::default(), old: FxHashMap::default() }
    }

    pub(super) fn find(&mut self, imsi: Imsi, now: Instant) -> Option<V> {
        let (value, until) = match self.young.get(&imsi) {
            Some(entry) => *entry,
            None => {
                let entry = self.old.remove(&imsi)?;
                self.store(imsi, entry);
                entry
            }
        };
        (now < until).then_some(value)
    }

    pub(super) fn insert(&mut self, imsi: Imsi, value: V, now: Instant) {
        self.old.remove(&imsi);
        self.store(imsi, (value, now + self.ttl));
    }

    pub(super) fn remove(&mut self, imsi: Imsi) {
        self.young.remove(&imsi);
        self.old.remove(&imsi);
    }

    fn store(&mut self, imsi: Imsi, entry: (V, Instant)) {
        if self.half == 0 {
            return;
        }
        if self.young.len() >= self.half && !self.young.contains_key(&imsi) {
            self.old = mem::take(&mut self.young);
            metrics::counter!("touchpoint_lookup_limit_reached_total", "table" => self.name).increment(1);
        }
        self.young.insert(imsi, entry);
    }
}

#[cfg(test)]
mod tests {
    use super::super::dispatch::tests::{imsi, start};
    use super::*;

    const TTL: Duration = Duration::from_secs(60);

    #[test]
    fn an_entry_lives_for_its_time() {
        let (mut cache, now) = (Cache::new("test", 10, TTL), start());
        cache.insert(imsi(1), 'a', now);
        assert_eq!(cache.find(imsi(1), now + TTL - Duration::from_millis(1)), Some('a'));
        assert_eq!(cache.find(imsi(1), now + TTL), None);
        cache.insert(imsi(1), 'b', now + TTL);
        assert_eq!(cache.find(imsi(1), now + TTL), Some('b'));
        cache.remove(imsi(1));
        assert_eq!(cache.find(imsi(1), now + TTL), None);
    }

    #[test]
    fn what_is_asked_for_outlives_what_is_not_and_the_limit_holds() {
        let (mut cache, now) = (Cache::new("test", 10, TTL), start());
        cache.insert(imsi(0), 0, now);
        for n in 1..1000 {
            cache.insert(imsi(n), n, now);
            assert_eq!(cache.find(imsi(0), now), Some(0), "after {n}");
            assert!(cache.young.len() + cache.old.len() <= 10);
        }
        assert_eq!(cache.find(imsi(1), now), None);
        assert_eq!(cache.find(imsi(999), now), Some(999));
    }

    #[test]
    fn without_room_nothing_is_kept() {
        let (mut cache, now) = (Cache::new("test", 0, TTL), start());
        cache.insert(imsi(1), 'a', now);
        assert_eq!(cache.find(imsi(1), now), None);
    }
}

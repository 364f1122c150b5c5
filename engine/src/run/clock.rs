//! Packet time over several feeds: as far as the feed that is furthest behind, unless that one is quiet. The clock on the wall
//! is read here, at the edge, and nowhere behind it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use event::Timestamp;

/// A feed that has told nothing for so long does not hold the others up; when all are quiet, time goes on this far behind the
/// wall.
pub(super) const HOLD: Duration = Duration::from_secs(5);
/// No more than this passes between two looks at the feeds, unless the engine or its disk holds everything up.
const LOOK: Duration = Duration::from_secs(1);
/// A feed that was further from the wall than this when it was last heard is a recording: it goes on by its own frames alone.
const BESIDE: Duration = Duration::from_secs(3600);

/// The clock on the wall.
#[expect(clippy::disallowed_methods, reason = "the edge of a running system, where time comes from")]
pub(crate) fn wall() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}

/// How far each feed has come.
pub(super) struct FeedTimes {
    feeds: Vec<FeedTime>,
    now: Timestamp,
    /// On the wall, when this was last asked.
    looked: Timestamp,
}

#[derive(Clone, Copy)]
struct FeedTime {
    reached: Timestamp,
    /// On the wall, when it last came further.
    heard_at: Timestamp,
    has_ended: bool,
}

impl FeedTimes {
    /// All of which begin at `wall`.
    pub(super) fn new(feeds: usize, wall: Timestamp) -> Self {
        let feed = FeedTime { reached: Timestamp::MIN, heard_at: wall, has_ended: false };
        Self { feeds: vec![feed; feeds], now: Timestamp::MIN, looked: wall }
    }

    /// A feed has given everything before `reached`.
    pub(super) fn reach(&mut self, feed: usize, reached: Timestamp, wall: Timestamp) {
        if let Some(feed) = self.feeds.get_mut(feed)
            && reached > feed.reached
        {
            (feed.reached, feed.heard_at) = (reached, wall);
        }
    }

    /// A feed gives nothing any more; tells whether that is new.
    pub(super) fn end(&mut self, feed: usize) -> bool {
        self.feeds.get_mut(feed).is_some_and(|feed| !std::mem::replace(&mut feed.has_ended, true))
    }

    /// Packet time when the clock on the wall shows `wall`; never goes back.
    pub(super) fn now(&mut self, wall: Timestamp) -> Timestamp {
        self.look(wall);
        let running = self.feeds.iter().filter(|feed| !feed.has_ended);
        let holding = running.filter_map(|feed| feed.time(wall)).min();
        // Where nothing holds it, it is where the frames have brought it.
        let reached = || self.feeds.iter().map(|feed| feed.reached).max();
        self.now = self.now.max(holding.or_else(reached).unwrap_or(Timestamp::MIN));
        self.now
    }

    // Who could not be listened to was not quiet, and will be heard when its turn comes.
    fn look(&mut self, wall: Timestamp) {
        let away = wall.since(self.looked);
        if away > LOOK {
            self.feeds.iter_mut().for_each(|feed| feed.heard_at = wall.min(feed.heard_at + away));
        }
        self.looked = wall;
    }
}

impl FeedTime {
    /// Where it holds time; none where it does not.
    fn time(self, wall: Timestamp) -> Option<Timestamp> {
        if wall < self.heard_at + HOLD {
            return Some(self.reached);
        }
        let is_beside = self.reached > Timestamp::MIN && self.reached + BESIDE > self.heard_at;
        is_beside.then(|| self.reached.max(wall - HOLD))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: i64 = 1_000_000;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(START + seconds)
    }

    /// Packet time when somebody has looked every second until then.
    fn looked(times: &mut FeedTimes, seconds: std::ops::RangeInclusive<i64>) -> Timestamp {
        seconds.map(|second| times.now(at(second))).last().unwrap()
    }

    #[test]
    fn the_feed_that_is_behind_holds_time_until_it_is_quiet() {
        let mut times = FeedTimes::new(2, at(0));
        times.reach(0, at(9), at(10));
        assert_eq!(times.now(at(1)), Timestamp::MIN, "the other may still begin");
        assert_eq!(looked(&mut times, 2..=6), at(9), "it has had its time");
        times.reach(1, at(10), at(10));
        times.reach(0, at(20), at(20));
        assert_eq!(looked(&mut times, 7..=12), at(10));
        assert_eq!(looked(&mut times, 13..=20), at(15), "quiet, it is where the wall is, less what it may be late");
        times.end(1);
        assert_eq!(times.now(at(20)), at(20));
    }

    #[test]
    fn a_feed_that_nobody_listened_to_is_not_quiet() {
        let mut times = FeedTimes::new(2, at(0));
        (0..2).for_each(|feed| times.reach(feed, at(1), at(1)));
        assert_eq!(times.now(at(1)), at(1));
        // The disk stands still for a minute; then one of the two is heard first.
        times.reach(0, at(60), at(61));
        assert_eq!(times.now(at(61)), at(1));
        times.reach(1, at(59), at(62));
        assert_eq!(times.now(at(62)), at(59));
    }

    #[test]
    fn when_all_are_quiet_time_goes_on_with_the_wall() {
        let mut times = FeedTimes::new(1, at(0));
        times.reach(0, at(1), at(1));
        assert_eq!(times.now(at(2)), at(1));
        assert_eq!(looked(&mut times, 3..=100), at(95));
        times.reach(0, at(50), at(101));
        assert_eq!(times.now(at(101)), at(95), "never back");
    }

    #[test]
    fn a_feed_that_is_quiet_for_hours_holds_nobody_up() {
        let mut times = FeedTimes::new(2, at(0));
        times.reach(0, at(1), at(1));
        assert_eq!(looked(&mut times, 1..=20_000), at(19_995));
        times.reach(1, at(20_000), at(20_000));
        assert_eq!(times.now(at(20_001)), at(19_996));
        assert!(times.end(1));
        assert!(!times.end(1), "it has ended already");
        assert_eq!(looked(&mut times, 20_002..=30_000), at(29_995), "the quiet one is where the wall is");
    }

    #[test]
    fn a_recording_beside_a_live_feed_holds_it_only_while_it_is_read() {
        let mut times = FeedTimes::new(2, at(0));
        times.reach(0, at(-90_000), at(1));
        times.reach(1, at(1), at(1));
        assert_eq!(times.now(at(2)), at(-90_000));
        times.reach(1, at(10), at(10));
        assert_eq!(looked(&mut times, 3..=11), at(10));
    }

    #[test]
    fn a_recording_goes_on_by_its_own_frames() {
        let mut times = FeedTimes::new(1, at(0));
        times.reach(0, at(-90_000), at(1));
        assert_eq!(looked(&mut times, 1..=100), at(-90_000));
    }
}

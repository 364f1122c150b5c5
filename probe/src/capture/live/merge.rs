//! Several interfaces as one feed, merged by time. A frame waits until every other interface is known to have nothing
//! earlier, at most [`MERGE_WINDOW`] of capture time.

use std::collections::VecDeque;
use std::sync::mpsc::SyncSender;
use std::time::Duration;

use event::Timestamp;

use super::super::{BATCH_FRAMES, Frame, News, Place};
use super::batch::{Batch, Held};
use crate::capture;

/// How long a frame waits for interfaces of which nothing is heard.
pub(super) const MERGE_WINDOW: Duration = Duration::from_secs(1);

/// What comes next.
pub(super) enum Choice {
    /// The frames that this lane stands at: [`Merge::frames`].
    Frames(usize),
    /// News of an interface.
    News(Timestamp, News),
    /// Something has to come in first. Everything before this time has been given.
    Wait(Timestamp),
    /// Every interface has ended.
    End,
}

/// The lanes of all interfaces.
pub(super) struct Merge {
    lanes: Vec<Lane>,
    current: Option<usize>,
    /// The frames that were chosen last.
    places: Vec<Place>,
    frames: u64,
    reached: Timestamp,
    late: u64,
}

/// What an interface has handed over and was not given yet.
struct Lane {
    batches: VecDeque<Batch>,
    /// Index of the next frame in the first batch.
    next: usize,
    /// Nothing captured before this is still to come.
    until: Timestamp,
    ended: bool,
    given: u64,
    pool: SyncSender<Batch>,
}

impl Merge {
    /// A lane for each interface, which gives emptied batches back to its pool.
    pub(super) fn new(pools: Vec<SyncSender<Batch>>) -> Self {
        let lane =
            |pool| Lane { batches: VecDeque::new(), next: 0, until: Timestamp::MIN, ended: false, given: 0, pool };
        let lanes = pools.into_iter().map(lane).collect();
        Self { lanes, current: None, places: Vec::new(), frames: 0, reached: Timestamp::MIN, late: 0 }
    }

    /// Takes in what an interface hands over.
    pub(super) fn take_in(&mut self, batch: Batch) {
        if let Some(lane) = self.lanes.get_mut(batch.interface) {
            lane.until = lane.until.max(batch.until);
            lane.batches.push_back(batch);
            lane.tidy();
        }
    }

    /// No interface will hand anything over any more.
    pub(super) fn end(&mut self) {
        self.lanes.iter_mut().for_each(|lane| lane.ended = true);
    }

    /// Passes over the frames that were chosen last, and chooses: `most` of them at most.
    pub(super) fn choose(&mut self, most: usize) -> Choice {
        if let Some(lane) = self.current.take().and_then(|index| self.lanes.get_mut(index)) {
            lane.next += self.places.len();
            lane.tidy();
        }
        let (mut head, mut bound, mut newest) = (None, Timestamp::MAX, Timestamp::MIN);
        for (index, lane) in self.lanes.iter_mut().enumerate() {
            if let Some((at, news)) = lane.take_news() {
                return Choice::News(at, news);
            }
            newest = newest.max(lane.until);
            match lane.head() {
                Some(held) if head.is_none_or(|(first, _)| held.at < first) => head = Some((held.at, index)),
                None if !lane.ended => bound = bound.min(lane.until),
                _ => {}
            }
        }
        match head {
            Some((at, index)) if at <= bound || newest >= at + MERGE_WINDOW => self.chosen(index, most),
            Some((at, _)) => Choice::Wait(self.reached.max(at.min(bound))),
            None if self.lanes.iter().all(|lane| lane.ended) => Choice::End,
            None => Choice::Wait(self.reached.max(bound)),
        }
    }

    /// The frames that were chosen, all of this lane.
    #[inline]
    pub(super) fn frames(&self, index: usize) -> Option<capture::Batch<'_>> {
        let batch = self.lanes.get(index)?.batches.front()?;
        let first = self.frames + 1 - self.places.len() as u64;
        Some(capture::Batch::new(batch.octets(), &self.places, first))
    }

    /// Frames of an interface that were given.
    pub(super) fn given(&self, index: usize) -> u64 {
        self.lanes.get(index).map_or(0, |lane| lane.given)
    }

    /// Frames that were given after later ones.
    pub(super) fn late(&self) -> u64 {
        self.late
    }

    // The first frame of this lane, and those behind it that are earlier than anything of the others.
    fn chosen(&mut self, index: usize, most: usize) -> Choice {
        let others = self.lanes.iter().enumerate().filter(|(other, _)| *other != index);
        let earliest = others.filter_map(|(_, lane)| lane.earliest()).min().unwrap_or(Timestamp::MAX);
        let Self { lanes, current, places, frames, reached, late } = self;
        places.clear();
        let Some(lane) = lanes.get_mut(index) else { return Choice::End };
        let Some(batch) = lane.batches.front() else { return Choice::End };
        while let Some(held) = batch.held(lane.next + places.len())
            && (places.is_empty() || held.at < earliest && places.len() < most.min(BATCH_FRAMES))
        {
            *frames += 1;
            *late += u64::from(held.at < *reached);
            *reached = held.at.max(*reached);
            let frame = Frame {
                number: *frames,
                at: held.at,
                link: batch.link,
                captured: batch.octets_of(held),
                original_length: held.original_length,
                file: u16::try_from(index).unwrap_or(u16::MAX),
            };
            places.push(Place::new(&frame, held.start));
        }
        lane.given += places.len() as u64;
        *current = Some(index);
        Choice::Frames(index)
    }
}

impl Lane {
    /// Before this nothing of it is still to come.
    fn earliest(&self) -> Option<Timestamp> {
        self.head().map(|held| held.at).or((!self.ended).then_some(self.until))
    }

    #[inline]
    fn head(&self) -> Option<Held> {
        self.batches.front()?.held(self.next)
    }

    fn take_news(&mut self) -> Option<(Timestamp, News)> {
        let news = self.batches.front_mut()?.news.take();
        self.tidy();
        news
    }

    // Gives emptied batches back.
    #[inline]
    fn tidy(&mut self) {
        while self.batches.front().is_some_and(|batch| self.next >= batch.len() && batch.news.is_none()) {
            let Some(batch) = self.batches.pop_front() else { return };
            self.next = 0;
            self.ended |= batch.last;
            // An interface that has ended wants none.
            let _ = self.pool.try_send(batch);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, sync_channel};

    use super::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_micros(millis * 1000)
    }

    struct Bench {
        merge: Merge,
        pools: Vec<Receiver<Batch>>,
    }

    impl Bench {
        fn new(lanes: usize) -> Self {
            let (senders, pools) = (0..lanes).map(|_| sync_channel(8)).unzip();
            Self { merge: Merge::new(senders), pools }
        }

        /// Frames at these milliseconds, the first octet being the interface's index.
        fn hand_over(&mut self, interface: usize, frames: &[i64], until: i64) {
            let mut batch = Batch::new(interface);
            frames.iter().for_each(|millis| batch.push(at(*millis), 9, &[interface as u8, *millis as u8]));
            batch.until = batch.until.max(at(until));
            self.merge.take_in(batch);
        }

        fn end(&mut self, interface: usize) {
            let mut batch = Batch::new(interface);
            batch.last = true;
            self.merge.take_in(batch);
        }

        /// What is given until something has to come in, or the end: `0@5` is the first interface's frame at 5 ms.
        fn given(&mut self) -> String {
            let mut words = Vec::new();
            loop {
                match self.merge.choose(2) {
                    Choice::Frames(lane) => {
                        for frame in self.merge.frames(lane).unwrap().iter() {
                            assert_eq!(frame.captured, [lane as u8, (frame.at.as_micros() / 1000) as u8]);
                            words.push(format!("{lane}@{}", frame.at.as_micros() / 1000));
                        }
                    }
                    Choice::News(_, news) => words.push(news.to_string()),
                    Choice::Wait(_) => return words.join(" "),
                    Choice::End => return words.join(" ") + " end",
                }
            }
        }
    }

    #[test]
    fn a_frame_waits_for_what_may_be_earlier() {
        let mut bench = Bench::new(2);
        bench.hand_over(0, &[1, 4, 6], 6);
        assert_eq!(bench.given(), "");
        bench.hand_over(1, &[2, 5], 5);
        assert_eq!(bench.given(), "0@1 1@2 0@4 1@5");
        bench.hand_over(1, &[], 7);
        assert_eq!(bench.given(), "0@6");
        bench.end(0);
        bench.hand_over(1, &[8], 8);
        assert_eq!(bench.given(), "1@8");
        bench.end(1);
        assert_eq!(bench.given(), " end");
        assert_eq!((bench.merge.given(0), bench.merge.given(1), bench.merge.late()), (3, 3, 0));
    }

    #[test]
    fn a_frame_waits_no_longer_than_the_window() {
        let mut bench = Bench::new(2);
        bench.hand_over(0, &[1, 900, 1001], 1001);
        assert_eq!(bench.given(), "0@1");
        bench.hand_over(1, &[0, 950], 950);
        assert_eq!(bench.given(), "1@0 0@900 1@950");
        assert_eq!(bench.merge.late(), 1);
    }

    #[test]
    fn emptied_batches_go_back_and_news_keep_their_place() {
        let mut bench = Bench::new(1);
        bench.hand_over(0, &[1, 2], 2);
        let mut batch = Batch::new(0);
        batch.news = Some((at(3), News::InterfaceLost { interface: "eth1".into(), reason: "is down".into() }));
        batch.push(at(4), 9, &[0, 4]);
        bench.merge.take_in(batch);
        assert_eq!(bench.given(), "0@1 0@2 interface `eth1` is down: looking for it every second 0@4");
        assert_eq!(bench.pools[0].try_iter().count(), 2);
    }

    #[test]
    fn waiting_tells_how_far_the_feed_is() {
        let mut bench = Bench::new(2);
        bench.hand_over(0, &[], 50);
        bench.hand_over(1, &[60], 70);
        assert!(matches!(bench.merge.choose(1), Choice::Wait(time) if time == at(50)));
        bench.hand_over(0, &[], 80);
        assert_eq!(bench.given(), "1@60");
        assert!(matches!(bench.merge.choose(1), Choice::Wait(time) if time == at(70)));
    }
}

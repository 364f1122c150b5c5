//! What patterns have begun for one subscriber: marks in time, 16 octets each. A dwell is one mark, a sequence one for
//! each step reached, a count one for each occurrence. Knows nothing of what the marks mean.

use std::time::Duration;

use event::Timestamp;
use smallvec::SmallVec;

/// The most marks of one subscriber; beyond it nothing new is begun.
pub const MARKS_LIMIT: usize = 512;

/// What a pattern remembers of one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mark {
    /// Rank of the scenario in its rule set.
    pub rank: u32,
    /// What it is in the scenario's pattern.
    pub slot: Slot,
    /// When.
    pub at: Timestamp,
}

/// A place in a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Slot {
    /// What the mark says.
    pub kind: SlotKind,
    /// Of which happening, step or occurrence.
    pub index: u8,
}

/// What a mark says of its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum SlotKind {
    /// A happening began to last.
    Held = 1,
    /// Since then the subscriber is on an excursion.
    Outside = 2,
    /// A step was reached: of a sequence, the beginning of the latest way to it.
    Reached = 3,
    /// An occurrence was counted.
    Counted = 4,
    /// A wait began.
    Awaited = 5,
    /// What must not have happened did.
    Barred = 6,
    /// The pattern is complete, and the offer waits until then.
    Postponed = 7,
    /// An offer was made, and success is hoped for.
    Offered = 8,
    /// An offer was not made for the sake of the control group, and success is watched for.
    Spared = 9,
    /// The pattern is complete, and the offer waits for this time by the clock on the wall.
    Scheduled = 10,
    /// An offer triggered in quiet hours waits for their end.
    Quieted = 11,
}

impl SlotKind {
    /// The stored form.
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// The inverse of [`SlotKind::code`].
    pub fn from_code(code: u8) -> Option<Self> {
        const ALL: [SlotKind; 11] = [
            SlotKind::Held,
            SlotKind::Outside,
            SlotKind::Reached,
            SlotKind::Counted,
            SlotKind::Awaited,
            SlotKind::Barred,
            SlotKind::Postponed,
            SlotKind::Offered,
            SlotKind::Spared,
            SlotKind::Scheduled,
            SlotKind::Quieted,
        ];
        ALL.into_iter().find(|kind| kind.code() == code)
    }

    /// Whether it is by a clock that stands still while nobody can be heard. The others only end.
    pub(super) const fn is_clocked(self) -> bool {
        match self {
            Self::Held | Self::Outside | Self::Awaited | Self::Postponed | Self::Scheduled => true,
            Self::Reached | Self::Counted | Self::Barred | Self::Offered | Self::Spared | Self::Quieted => false,
        }
    }

    pub(super) const fn at(self, index: usize) -> Slot {
        Slot { kind: self, index: index as u8 }
    }
}

const _: () = assert!(size_of::<Mark>() == 16);

/// All marks of one subscriber.
#[derive(Clone, Debug)]
pub struct Live {
    /// In order of rank and slot, each place once. Mostly there is one, and it stands with what else is known of the
    /// subscriber.
    marks: SmallVec<[Mark; 1]>,
    /// Up to when marks have been moved by the times in which nobody could be heard.
    credited: Timestamp,
    has_changed: bool,
    /// Under which circumstances it was told when something of it is due; 0 where it was not.
    told: u32,
}

impl Default for Live {
    fn default() -> Self {
        Self { marks: SmallVec::new(), credited: Timestamp::MIN, has_changed: false, told: 0 }
    }
}

impl PartialEq for Live {
    fn eq(&self, other: &Self) -> bool {
        (&self.marks, self.credited) == (&other.marks, other.credited)
    }
}

impl Eq for Live {}

impl Live {
    /// Its marks, in order.
    pub fn marks(&self) -> &[Mark] {
        &self.marks
    }

    /// From marks in any order.
    pub fn from_marks(mut marks: Vec<Mark>, credited: Timestamp) -> Self {
        marks.sort_unstable();
        marks.dedup_by_key(|mark| (mark.rank, mark.slot));
        Self { marks: SmallVec::from_vec(marks), credited, has_changed: false, told: 0 }
    }

    /// From marks in any order, which are other ones than before.
    pub(super) fn changed(marks: Vec<Mark>, credited: Timestamp) -> Self {
        Self { has_changed: true, ..Self::from_marks(marks, credited) }
    }

    /// Up to when marks have been moved by the times in which nobody could be heard.
    pub fn credited(&self) -> Timestamp {
        self.credited
    }

    /// Moves the marks whose clocks stood still by this time, which was none and ended at `upto`; what was held back in it is
    /// not before that.
    pub(super) fn credit(&mut self, by: Duration, upto: Timestamp) {
        for mark in &mut self.marks {
            match mark.slot.kind {
                SlotKind::Awaited | SlotKind::Postponed => mark.at = mark.at + by,
                SlotKind::Scheduled => mark.at = mark.at.max(upto),
                _ => {}
            }
        }
        self.credited = upto;
        self.has_changed = true;
    }

    /// Whether nothing has begun.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.marks.is_empty()
    }

    /// Whether something must last, which every event of the subscriber may end or confirm; of all else only triggers do.
    pub(super) fn is_holding(&self) -> bool {
        self.marks.iter().any(|mark| mark.slot.kind == SlotKind::Held)
    }

    /// Whether a mark was set or taken out since this was asked last.
    pub fn take_changed(&mut self) -> bool {
        std::mem::take(&mut self.has_changed)
    }

    /// It has been told when something of it is due, under circumstances with this number, which is not 0: what is known of areas,
    /// and the rules.
    pub fn tell(&mut self, circumstances: u32) {
        self.told = circumstances;
    }

    /// Whether that still holds under these.
    pub fn is_told(&self, circumstances: u32) -> bool {
        self.told == circumstances
    }

    /// The first rank from `rank` on that has marks.
    pub(super) fn next_rank(&self, rank: u32) -> Option<u32> {
        let from = self.marks.partition_point(|mark| mark.rank < rank);
        self.marks.get(from).map(|mark| mark.rank)
    }

    /// The marks of one scenario.
    pub(super) fn of(&mut self, rank: u32) -> Marks<'_> {
        Marks { live: self, rank }
    }

    pub(super) fn find(&self, rank: u32, slot: Slot) -> Option<Timestamp> {
        let place = self.place(rank, slot).ok()?;
        self.marks.get(place).map(|mark| mark.at)
    }

    /// The times of one kind, in order of index.
    pub(super) fn times(&self, rank: u32, kind: SlotKind) -> impl DoubleEndedIterator<Item = (u8, Timestamp)> {
        let place = |index| self.place(rank, Slot { kind, index }).unwrap_or_else(|place| place);
        let marks = self.marks.get(place(0)..place(u8::MAX)).unwrap_or_default();
        marks.iter().map(|mark| (mark.slot.index, mark.at))
    }

    fn place(&self, rank: u32, slot: Slot) -> Result<usize, usize> {
        self.marks.binary_search_by(|mark| (mark.rank, mark.slot).cmp(&(rank, slot)))
    }
}

/// The marks of one scenario.
pub(super) struct Marks<'l> {
    live: &'l mut Live,
    rank: u32,
}

impl Marks<'_> {
    pub(super) fn find(&self, slot: Slot) -> Option<Timestamp> {
        self.live.find(self.rank, slot)
    }

    pub(super) fn set(&mut self, slot: Slot, at: Timestamp) {
        self.live.has_changed = true;
        match self.live.place(self.rank, slot) {
            Ok(place) => self.live.marks.iter_mut().skip(place).take(1).for_each(|mark| mark.at = at),
            Err(_) if self.live.marks.len() >= MARKS_LIMIT => {}
            Err(place) => self.live.marks.insert(place, Mark { rank: self.rank, slot, at }),
        }
    }

    pub(super) fn clear(&mut self, slot: Slot) {
        if let Ok(place) = self.live.place(self.rank, slot) {
            self.live.marks.remove(place);
            self.live.has_changed = true;
        }
    }

    /// Sets it where nothing stands there; tells whether it now stands there by this.
    pub(super) fn begin(&mut self, slot: Slot, at: Timestamp) -> bool {
        let is_free = self.find(slot).is_none();
        if is_free {
            self.set(slot, at);
        }
        is_free && self.find(slot).is_some()
    }

    /// Takes it out; tells whether it was there.
    pub(super) fn take(&mut self, slot: Slot) -> bool {
        let was_there = self.find(slot).is_some();
        self.clear(slot);
        was_there
    }

    /// Takes out those of one kind that `goes` tells to go.
    pub(super) fn clear_all(&mut self, kind: SlotKind, goes: impl Fn(Timestamp) -> bool) {
        let (rank, before) = (self.rank, self.live.marks.len());
        self.live.marks.retain(|mark| (mark.rank, mark.slot.kind) != (rank, kind) || !goes(mark.at));
        self.live.has_changed |= self.live.marks.len() != before;
    }

    /// The times of one kind, in order of index.
    pub(super) fn times(&self, kind: SlotKind) -> impl DoubleEndedIterator<Item = (u8, Timestamp)> {
        self.live.times(self.rank, kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(seconds)
    }

    #[test]
    fn a_place_holds_one_time_and_scenarios_are_apart() {
        let mut live = Live::default();
        live.of(7).set(SlotKind::Counted.at(1), at(5));
        live.of(3).set(SlotKind::Held.at(0), at(1));
        live.of(7).set(SlotKind::Counted.at(0), at(4));
        live.of(7).set(SlotKind::Counted.at(1), at(6));
        live.of(7).set(SlotKind::Awaited.at(0), at(9));
        assert_eq!(live.of(7).times(SlotKind::Counted).collect::<Vec<_>>(), [(0, at(4)), (1, at(6))]);
        assert_eq!(live.of(3).find(SlotKind::Counted.at(0)), None);
        assert_eq!([0, 3, 4, 8].map(|rank| live.next_rank(rank)), [Some(3), Some(3), Some(7), None]);
        let mut turned = live.marks().to_vec();
        turned.reverse();
        assert_eq!(Live::from_marks(turned, Timestamp::MIN), live);
        live.of(7).clear_all(SlotKind::Counted, |time| time < at(6));
        assert_eq!(live.of(7).times(SlotKind::Counted).collect::<Vec<_>>(), [(1, at(6))]);
        live.of(7).clear(SlotKind::Counted.at(1));
        assert_eq!(live.marks().len(), 2);
    }

    #[test]
    fn beyond_the_limit_nothing_new_is_begun() {
        let mut live = Live::default();
        for rank in 0..MARKS_LIMIT as u32 + 5 {
            live.of(rank).set(SlotKind::Held.at(0), at(1));
        }
        live.of(0).set(SlotKind::Held.at(0), at(2));
        assert_eq!((live.marks().len(), live.of(0).find(SlotKind::Held.at(0))), (MARKS_LIMIT, Some(at(2))));
    }

    #[test]
    fn every_kind_survives() {
        (1..=11).for_each(|code| assert_eq!(SlotKind::from_code(code).unwrap().code(), code));
        assert_eq!([0, 12].map(SlotKind::from_code), [None, None]);
    }
}

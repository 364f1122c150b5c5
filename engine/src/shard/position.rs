//! How far an input has been taken in: for each slice, the last of its events. Written in the batch of the facts that
//! came of them, those of a shard in one row: a commit costs little, however often there is one. An input is a capture, whose
//! events are counted, or a feed, whose events have their own time.

use std::collections::BTreeMap;
use std::slice;
use std::time::Duration;

use event::Timestamp;
use rocksdb::WriteBatch;
use rules::policy::scenario_hash;

use super::{Routed, SLICES};
use crate::window::keys::{self, Reach};
use crate::window::octets::{Octets, put_signed, put_varint};
use crate::window::{Row, Store, StoreError};

/// The most inputs besides the present one of which is known how far they were taken in. Beyond it those go that end longest ago,
/// in packet time; read again, they would be counted again.
pub(crate) const INPUTS_LIMIT: usize = 4_096;

/// The last event of a slice that was taken in. The greater of two is the later one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Position {
    /// Its place among the released events of a capture, from 1; 0 before the first, and of a feed.
    sequence: u64,
    /// Packet time at its release; of a feed, the time of the newest event.
    reached: Timestamp,
    /// Of a feed: when it had come so far, somebody was forgotten of whom no fact tells any more that it was taken in.
    passed: Timestamp,
}

impl Position {
    const START: Self = Self { sequence: 0, reached: Timestamp::MIN, passed: Timestamp::MIN };

    /// What the first of a row is told after.
    const BEFORE_ALL: Self = Self { sequence: 0, reached: Timestamp::from_micros(0), passed: Timestamp::MIN };

    fn put_after(self, before: Self, out: &mut Vec<u8>) {
        put_signed(out, self.sequence.wrapping_sub(before.sequence).cast_signed());
        put_signed(out, self.reached.as_micros().wrapping_sub(before.reached.as_micros()));
        let since = self.reached.as_micros().wrapping_sub(self.passed.as_micros()).cast_unsigned().wrapping_add(1);
        put_varint(out, if self.passed > Timestamp::MIN { since } else { 0 });
    }

    fn read_after(before: Self, octets: &mut Octets<'_>) -> Option<Self> {
        let sequence = before.sequence.wrapping_add(octets.signed()?.cast_unsigned());
        let reached = before.reached.as_micros().wrapping_add(octets.signed()?);
        let passed = match octets.varint()? {
            0 => Timestamp::MIN,
            since => Timestamp::from_micros(reached.wrapping_sub(since.wrapping_sub(1).cast_signed())),
        };
        Some(Self { sequence, reached: Timestamp::from_micros(reached), passed })
    }

    // Before layout 12 each slice had a row of its own, before layout 3 with the sequence alone.
    fn put_alone(self, out: &mut Vec<u8>) {
        put_varint(out, self.sequence);
        put_signed(out, self.reached.as_micros());
        if self.passed > Timestamp::MIN {
            put_signed(out, self.passed.as_micros());
        }
    }

    fn read_alone(octets: &[u8]) -> Option<Self> {
        let mut octets = Octets::new(octets);
        let sequence = octets.varint()?;
        let mut time = || if octets.is_empty() { Some(i64::MIN) } else { octets.signed() };
        let (reached, passed) = (Timestamp::from_micros(time()?), Timestamp::from_micros(time()?));
        Some(Self { sequence, reached, passed })
    }
}

/// The slices of a shard: with n threads every n-th, from the one with the number of the shard on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Share {
    pub(crate) shard: u8,
    /// From 1.
    pub(crate) threads: u8,
}

impl Share {
    fn slices(self) -> impl Iterator<Item = usize> {
        (usize::from(self.shard)..SLICES).step_by(usize::from(self.threads).max(1))
    }

    fn put(self, positions: &[Position; SLICES], out: &mut Vec<u8>) {
        let mut before = Position::BEFORE_ALL;
        for position in self.slices().filter_map(|slice| positions.get(slice)) {
            position.put_after(before, out);
            before = *position;
        }
    }
}

/// Whether an event has been taken in before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    No,
    Yes,
    /// The facts tell.
    Perhaps,
    /// The facts tell, unless nothing is known of the subscriber: then yes, for it was forgotten since.
    BeforeForgetting,
}

/// How far a shard has taken in what it is given.
pub(crate) struct Positions {
    /// A capture alone, or feeds in the order of [`event::Event::feed`].
    inputs: Vec<Input>,
    is_counted: bool,
    share: Share,
}

struct Input {
    name: u64,
    slices: [Position; SLICES],
    has_moved: bool,
    /// How far an earlier start came.
    before: Times,
    /// How far it had come when it forgot somebody.
    passed: Times,
}

impl Positions {
    /// Of the input of this name, or of these feeds where there are any.
    pub(crate) fn load(store: &Store, input: u64, feeds: &[u64], share: Share) -> Result<Self, StoreError> {
        let open = |name: &u64| {
            let slices = positions(store, *name)?.unwrap_or([Position::START; SLICES]);
            let before = if feeds.is_empty() { [Timestamp::MIN; SLICES] } else { feed_times(store, *name)? };
            let passed = slices.map(|position| position.passed);
            Ok(Input { name: *name, slices, has_moved: false, before, passed })
        };
        let inputs = if feeds.is_empty() { slice::from_ref(&input) } else { feeds };
        let inputs = inputs.iter().map(open).collect::<Result<_, StoreError>>()?;
        Ok(Self { inputs, is_counted: feeds.is_empty(), share })
    }

    /// An event comes, and is the last one now.
    #[inline]
    pub(crate) fn take(&mut self, routed: &Routed) -> Taken {
        let (input, slice) = (usize::from(routed.event.feed), usize::from(routed.slice));
        let Some(input) = self.inputs.get_mut(if self.is_counted { 0 } else { input }) else { return Taken::No };
        let Some(position) = input.slices.get_mut(slice) else { return Taken::No };
        if self.is_counted {
            if routed.sequence <= position.sequence {
                return Taken::Yes;
            }
            *position = Position { sequence: routed.sequence, reached: routed.released, ..Position::START };
            input.has_moved = true;
            return Taken::No;
        }
        if routed.event.at > position.reached {
            position.reached = routed.event.at;
            input.has_moved = true;
        }
        let is_later_than = |times: &Times| times.get(slice).is_none_or(|time| routed.event.at > *time);
        match (is_later_than(&input.before), is_later_than(&input.passed)) {
            (true, _) => Taken::No,
            (false, true) => Taken::Perhaps,
            (false, false) => Taken::BeforeForgetting,
        }
    }

    /// Somebody of the slice is being forgotten: what feeds have told so far of whom nothing is known is known from now on by its
    /// time alone, and nobody can say any more whose the last event was.
    pub(crate) fn pass(&mut self, slice: u8) {
        for input in self.inputs.iter_mut().filter(|_| !self.is_counted) {
            let position = input.slices.get_mut(usize::from(slice));
            if let Some(position) = position.filter(|position| **position != Position::START) {
                position.reached = position.reached + Duration::from_micros(1);
                position.passed = position.reached;
                input.has_moved = true;
            }
        }
    }

    /// Whether no event of the slice up to this place has been taken in by an earlier start alone.
    pub(crate) fn has_come_to(&self, slice: u8, upto: u64) -> bool {
        let position = |input: &Input| input.slices.get(usize::from(slice)).copied();
        self.inputs.iter().filter_map(position).all(|position| position.sequence <= upto)
    }

    /// Adds what has changed since this was called last.
    pub(crate) fn write(&mut self, store: &Store, batch: &mut WriteBatch) -> Result<(), StoreError> {
        let family = store.family(keys::POSITION)?;
        let mut row = Vec::new();
        for Input { name, slices, has_moved, .. } in &mut self.inputs {
            if std::mem::take(has_moved) {
                row.clear();
                self.share.put(slices, &mut row);
                batch.put_cf(&family, keys::positions(*name, self.share), &row);
            }
        }
        Ok(())
    }
}

/// The input that a feed of this name is.
pub(crate) fn feed_input(name: &str) -> u64 {
    scenario_hash(name)
}

/// Of each slice.
pub(crate) type Times = [Timestamp; SLICES];

/// How far a feed has been taken in by earlier starts.
pub(crate) fn feed_times(store: &Store, input: u64) -> Result<Times, StoreError> {
    let mut times = [Timestamp::MIN; SLICES];
    for input in [input, keys::EVERY_FEED] {
        let positions = positions(store, input)?;
        times
            .iter_mut()
            .zip(positions.iter().flatten())
            .for_each(|(time, position)| *time = position.reached.max(*time));
    }
    Ok(times)
}

/// Before layout 6 one time was kept for all feeds: that of any input. None of them is behind it.
pub(crate) fn migrate(store: &Store, batch: &mut WriteBatch) -> Result<(), StoreError> {
    let family = store.family(keys::POSITION)?;
    for (slice, reached) in (0..=u8::MAX).zip(times(store)?).filter(|(_, reached)| *reached > Timestamp::MIN) {
        let mut row = Vec::new();
        Position { reached, ..Position::START }.put_alone(&mut row);
        batch.put_cf(&family, keys::position(keys::EVERY_FEED, slice), row);
    }
    Ok(())
}

fn positions(store: &Store, input: u64) -> Result<Option<[Position; SLICES]>, StoreError> {
    let mut positions = None;
    for row in rows_of(store, input)? {
        let (key, value) = row?;
        let positions = positions.get_or_insert([Position::START; SLICES]);
        let latest = |slice: usize, position: Position| {
            positions.get_mut(slice).into_iter().for_each(|latest| *latest = position.max(*latest));
        };
        read_row(&key, &value, latest).ok_or_else(|| store.damaged(keys::POSITION))?;
    }
    Ok(positions)
}

fn rows_of(store: &Store, input: u64) -> Result<impl Iterator<Item = Row>, StoreError> {
    let input = input.to_be_bytes();
    let is_of = move |row: &Row| row.as_ref().map_or(true, |(key, _)| key.starts_with(&input));
    Ok(store.rows(keys::POSITION, &input)?.take_while(is_of))
}

fn read_row(key: &[u8], value: &[u8], mut each: impl FnMut(usize, Position)) -> Option<()> {
    let share = match keys::read_position(key)?.1 {
        Reach::Slice(slice) => {
            each(usize::from(slice), Position::read_alone(value)?);
            return Some(());
        }
        Reach::Shard(share) => share,
    };
    let (mut octets, mut before) = (Octets::new(value), Position::BEFORE_ALL);
    for slice in share.slices() {
        before = Position::read_after(before, &mut octets)?;
        each(slice, before);
    }
    octets.is_empty().then_some(())
}

/// Writes in rows for so many shards what other starts have written for as many as they had, or for each slice. Then no row is left
/// behind the others: that would tell still when somebody was last seen who has been forgotten since.
pub(crate) fn regroup(store: &Store, own: &[u64], threads: u8) -> Result<(), StoreError> {
    let (mut batch, family) = (WriteBatch::default(), store.family(keys::POSITION)?);
    for input in own {
        let Some(positions) = positions(store, *input)? else { continue };
        for row in rows_of(store, *input)? {
            batch.delete_cf(&family, row?.0);
        }
        for share in (0..threads).map(|shard| Share { shard, threads }) {
            let mut row = Vec::new();
            share.put(&positions, &mut row);
            batch.put_cf(&family, keys::positions(*input, share), row);
        }
    }
    store.write(batch, false)
}

/// How far packet time has come for each slice, by any input.
pub(crate) fn times(store: &Store) -> Result<Times, StoreError> {
    let mut times = [Timestamp::MIN; SLICES];
    for row in store.rows(keys::POSITION, &[])? {
        let (key, value) = row?;
        let latest = |slice: usize, position: Position| {
            times.get_mut(slice).into_iter().for_each(|time| *time = position.reached.max(*time));
        };
        read_row(&key, &value, latest).ok_or_else(|| store.damaged(keys::POSITION))?;
    }
    Ok(times)
}

/// How far packet time has come in any input.
pub(crate) fn latest(store: &Store) -> Result<Option<Timestamp>, StoreError> {
    Ok(times(store)?.into_iter().max().filter(|latest| *latest > Timestamp::MIN))
}

/// Forgets the inputs that are beyond `limit`, but never these; tells how many.
pub(crate) fn forget_inputs(store: &Store, own: &[u64], limit: usize) -> Result<u64, StoreError> {
    let mut newest: BTreeMap<u64, Timestamp> = BTreeMap::new();
    for row in store.rows(keys::POSITION, &[])? {
        let (key, value) = row?;
        let (input, _) = keys::read_position(&key).ok_or_else(|| store.damaged(keys::POSITION))?;
        let newest = newest.entry(input).or_insert(Timestamp::MIN);
        read_row(&key, &value, |_, position| *newest = position.reached.max(*newest))
            .ok_or_else(|| store.damaged(keys::POSITION))?;
    }
    own.iter().for_each(|own| _ = newest.remove(own));
    let mut inputs: Vec<(Timestamp, u64)> = newest.into_iter().map(|(input, at)| (at, input)).collect();
    inputs.sort_unstable();
    inputs.truncate(inputs.len().saturating_sub(limit));
    let (mut batch, family) = (WriteBatch::default(), store.family(keys::POSITION)?);
    for (_, input) in &inputs {
        for row in rows_of(store, *input)? {
            batch.delete_cf(&family, row?.0);
        }
    }
    store.write(batch, false)?;
    Ok(inputs.len() as u64)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use event::Event;

    use super::*;
    use crate::testing::{Random, random_event};

    #[test]
    fn of_too_many_inputs_those_go_that_end_longest_ago() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let mut batch = WriteBatch::default();
        for (input, seconds) in [(7, 50), (u64::MAX, 10), (3, 40), (0, 30), (9, 20)] {
            let mut value = Vec::new();
            Position { sequence: 5, reached: Timestamp::from_seconds(seconds), ..Position::START }
                .put_alone(&mut value);
            for slice in [0, 255] {
                batch.put_cf(&store.family(keys::POSITION).unwrap(), keys::position(input, slice), &value);
            }
        }
        store.write(batch, false).unwrap();
        let is_known = || [0, 3, 7, 9, u64::MAX].map(|input| positions(&store, input).unwrap().is_some());
        assert_eq!(forget_inputs(&store, &[u64::MAX], 4).unwrap(), 0);
        assert_eq!(forget_inputs(&store, &[u64::MAX], 2).unwrap(), 2);
        assert_eq!(is_known(), [false, true, true, false, true]);
    }

    const WHOLE: Share = Share { shard: 0, threads: 1 };

    #[test]
    fn a_row_of_a_shard_is_written_as_it_always_was_in_its_layout() {
        let mut positions = [Position::START; SLICES];
        for (slice, sequence) in [(62, 300), (126, 299), (254, 302)] {
            let reached = Timestamp::from_micros(1_000_000 + sequence as i64);
            positions[slice] = Position { sequence, reached, passed: Timestamp::MIN };
        }
        positions[190] =
            Position { passed: Timestamp::from_micros(90), reached: Timestamp::from_micros(100), sequence: 0 };
        let share = Share { shard: 62, threads: 64 };
        let (mut row, mut read) = (Vec::new(), [Position::START; SLICES]);
        share.put(&positions, &mut row);
        assert_eq!(
            row,
            [0xd8, 4, 0xd8, 0x8d, 0x7a, 0, 1, 1, 0, 0xd5, 4, 0x8d, 0x8c, 0x7a, 11, 0xdc, 4, 0x94, 0x8c, 0x7a, 0]
        );
        let key = keys::positions(7, share);
        read_row(&key, &row, |slice, position| read[slice] = position).unwrap();
        assert_eq!(read, positions);
        for length in 0..row.len() {
            assert_eq!(read_row(&key, &row[..length], |_, _| ()), None, "{length}");
        }
    }

    #[test]
    fn however_many_shards_there_are_an_input_goes_on_where_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let mut batch = WriteBatch::default();
        let expected: Vec<Position> = (0..SLICES as i64)
            .map(|slice| Position { reached: Timestamp::from_seconds(900 - slice), ..Position::START })
            .collect();
        for (slice, position) in (0..=u8::MAX).zip(&expected) {
            let mut row = Vec::new();
            position.put_alone(&mut row);
            for input in [11, 12] {
                batch.put_cf(&store.family(keys::POSITION).unwrap(), keys::position(input, slice), &row);
            }
        }
        store.write(batch, false).unwrap();
        let count = |input| rows_of(&store, input).unwrap().count();
        for threads in [3, 64, 1, 2] {
            regroup(&store, &[11], threads).unwrap();
            assert_eq!((count(11), count(12)), (usize::from(threads), SLICES));
            assert_eq!(positions(&store, 11).unwrap().unwrap().as_slice(), expected);
        }
        regroup(&store, &[13], 2).unwrap();
        assert_eq!((positions(&store, 13).unwrap(), times(&store).unwrap()[255]), (None, Timestamp::from_seconds(645)));
        // Each shard goes on with its own alone.
        let mut second = Positions::load(&store, 5, &[11], Share { shard: 1, threads: 2 }).unwrap();
        second.take(&routed(0, 1, 5_000));
        written(&store, &mut second);
        assert_eq!([8, 9].map(|slice| feed_times(&store, 11).unwrap()[slice].as_micros() / 1_000_000), [892, 5_000]);
    }

    fn routed(feed: u16, sequence: u64, seconds: i64) -> Routed {
        let imsi = "460001234567890".parse().unwrap();
        let at = Timestamp::from_seconds(seconds);
        let event = Event { feed, at, ..random_event(&mut Random::new(1), imsi) };
        Routed { sequence, imsi, slice: 9, released: at + Duration::from_secs(1), is_warm: true, is_late: false, event }
    }

    fn written(store: &Store, positions: &mut Positions) {
        let mut batch = WriteBatch::default();
        positions.write(store, &mut batch).unwrap();
        store.write(batch, false).unwrap();
    }

    #[test]
    fn events_of_a_capture_are_counted() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let mut positions = Positions::load(&store, 5, &[], WHOLE).unwrap();
        let taken = [7, 8, 8, 6].map(|sequence| positions.take(&routed(3, sequence, 100)));
        assert_eq!(taken, [Taken::No, Taken::No, Taken::Yes, Taken::Yes]);
        written(&store, &mut positions);
        let mut again = Positions::load(&store, 5, &[], WHOLE).unwrap();
        assert_eq!([8, 9].map(|sequence| again.take(&routed(0, sequence, 1))), [Taken::Yes, Taken::No]);
        assert_eq!(
            [7, 8].map(|upto| Positions::load(&store, 5, &[], WHOLE).unwrap().has_come_to(9, upto)),
            [false, true]
        );
        assert_eq!(times(&store).unwrap()[9], Timestamp::from_seconds(101));
    }

    #[test]
    fn each_feed_is_known_by_its_own_time() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let mut positions = Positions::load(&store, 5, &[11, 12], WHOLE).unwrap();
        for (feed, seconds) in [(0, 5_000), (1, 40), (1, 30)] {
            assert_eq!(positions.take(&routed(feed, 1, seconds)), Taken::No, "nothing comes twice within a start");
        }
        written(&store, &mut positions);
        assert_eq!([11, 12].map(|feed| feed_times(&store, feed).unwrap()[9].as_micros() / 1_000_000), [5_000, 40]);
        // The other way round: it is the names that count.
        let mut again = Positions::load(&store, 6, &[12, 11], WHOLE).unwrap();
        let taken = [(0, 40), (0, 41), (1, 41), (1, 5_001), (2, 1)].map(|(feed, at)| again.take(&routed(feed, 1, at)));
        assert_eq!(taken, [Taken::Perhaps, Taken::No, Taken::Perhaps, Taken::No, Taken::No]);
        assert!(again.has_come_to(9, 0), "what is due waits for no count");
    }

    #[test]
    fn what_was_told_before_somebody_was_forgotten_is_known_by_its_time() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let mut positions = Positions::load(&store, 5, &[11], WHOLE).unwrap();
        positions.take(&routed(0, 1, 40));
        positions.pass(9);
        positions.take(&routed(0, 1, 50));
        written(&store, &mut positions);
        let mut again = Positions::load(&store, 5, &[11], WHOLE).unwrap();
        let taken = [39, 40, 41, 50, 51].map(|at| again.take(&routed(0, 1, at)));
        let before = Taken::BeforeForgetting;
        assert_eq!(taken, [before, before, Taken::Perhaps, Taken::Perhaps, Taken::No]);
    }

    #[test]
    fn a_store_that_knew_one_time_for_all_feeds_takes_none_of_them_further_back() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let mut before = Positions::load(&store, 5, &[], WHOLE).unwrap();
        before.take(&routed(0, 1, 99));
        written(&store, &mut before);
        let mut batch = WriteBatch::default();
        migrate(&store, &mut batch).unwrap();
        store.write(batch, false).unwrap();
        assert_eq!(feed_times(&store, 11).unwrap()[9], Timestamp::from_seconds(100));
        assert_eq!(feed_times(&store, 11).unwrap()[8], Timestamp::MIN);
    }

    #[test]
    fn positions_of_both_layouts_are_read() {
        let position = Position { sequence: 300, reached: Timestamp::from_micros(-2), ..Position::START };
        let mut out = Vec::new();
        position.put_alone(&mut out);
        assert_eq!(out, [0xac, 2, 3]);
        assert_eq!(Position::read_alone(&out), Some(position));
        assert_eq!(Position::read_alone(&[0xac, 2]), Some(Position { reached: Timestamp::MIN, ..position }));
        let position = Position { passed: Timestamp::from_micros(-3), ..position };
        out.clear();
        position.put_alone(&mut out);
        assert_eq!((&out[..], Position::read_alone(&out)), (&[0xac, 2, 3, 5][..], Some(position)));
        assert_eq!((Position::read_alone(&[]), Position::read_alone(&[0xac, 2, 0x83])), (None, None));
    }
}

//! How far an input has been taken in: for each slice, the last of its events. Written in the batch of the facts that
//! came of them.

use std::collections::BTreeMap;

use event::Timestamp;
use rocksdb::WriteBatch;

use super::SLICES;
use crate::window::octets::{Octets, put_signed, put_varint};
use crate::window::{Store, StoreError, keys};

/// The most inputs besides the present one of which is known how far they were taken in. Beyond it those go that end longest
/// ago, in packet time; read again, they would be counted again.
pub(crate) const INPUTS_LIMIT: usize = 4_096;

/// The last event of a slice that was taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Position {
    /// Its place among the released events of the input, from 1; 0 before the first.
    pub(crate) sequence: u64,
    /// Packet time at its release.
    pub(crate) released: Timestamp,
}

impl Position {
    const START: Self = Self { sequence: 0, released: Timestamp::MIN };

    pub(crate) fn put(self, out: &mut Vec<u8>) {
        put_varint(out, self.sequence);
        put_signed(out, self.released.as_micros());
    }

    // Before layout 3 there was the sequence alone.
    fn read(octets: &[u8]) -> Option<Self> {
        let mut octets = Octets::new(octets);
        let sequence = octets.varint()?;
        let released = if octets.is_empty() { Timestamp::MIN } else { Timestamp::from_micros(octets.signed()?) };
        Some(Self { sequence, released })
    }
}

/// Of each slice.
pub(crate) type Positions = [Position; SLICES];

/// How far this input has been taken in.
pub(crate) fn positions(store: &Store, input: u64) -> Result<Positions, StoreError> {
    let mut positions = [Position::START; SLICES];
    for (slice, position) in (0..=u8::MAX).zip(&mut positions) {
        if let Some(row) = store.row(keys::POSITION, &keys::position(input, slice))? {
            *position = Position::read(&row).ok_or_else(|| store.damaged(keys::POSITION))?;
        }
    }
    Ok(positions)
}

/// How far packet time has come for each slice, by any input.
pub(crate) fn times(store: &Store) -> Result<[Timestamp; SLICES], StoreError> {
    let mut times = [Timestamp::MIN; SLICES];
    for row in store.rows(keys::POSITION, &[])? {
        let (key, value) = row?;
        let position = Position::read(&value).ok_or_else(|| store.damaged(keys::POSITION))?;
        let time = key.last().and_then(|slice| times.get_mut(usize::from(*slice)));
        time.into_iter().for_each(|time| *time = position.released.max(*time));
    }
    Ok(times)
}

/// Forgets the inputs that are beyond `limit`, but never this one; tells how many.
pub(crate) fn forget_inputs(store: &Store, own: u64, limit: usize) -> Result<u64, StoreError> {
    let mut newest: BTreeMap<u64, Timestamp> = BTreeMap::new();
    for row in store.rows(keys::POSITION, &[])? {
        let (key, value) = row?;
        let read = keys::read_position(&key).zip(Position::read(&value));
        let (input, position) = read.ok_or_else(|| store.damaged(keys::POSITION))?;
        let newest = newest.entry(input).or_insert(Timestamp::MIN);
        *newest = position.released.max(*newest);
    }
    newest.remove(&own);
    let mut inputs: Vec<(Timestamp, u64)> = newest.into_iter().map(|(input, at)| (at, input)).collect();
    inputs.sort_unstable();
    inputs.truncate(inputs.len().saturating_sub(limit));
    let (mut batch, family) = (WriteBatch::default(), store.family(keys::POSITION)?);
    for (_, input) in &inputs {
        (0..=u8::MAX).for_each(|slice| batch.delete_cf(&family, keys::position(*input, slice)));
    }
    store.write(batch, false)?;
    Ok(inputs.len() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_too_many_inputs_those_go_that_were_taken_in_longest_ago() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let mut batch = WriteBatch::default();
        for (input, seconds) in [(7, 50), (u64::MAX, 10), (3, 40), (0, 30), (9, 20)] {
            let mut value = Vec::new();
            Position { sequence: 5, released: Timestamp::from_seconds(seconds) }.put(&mut value);
            for slice in [0, 255] {
                batch.put_cf(&store.family(keys::POSITION).unwrap(), keys::position(input, slice), &value);
            }
        }
        store.write(batch, false).unwrap();
        let sequences = || [0, 3, 7, 9, u64::MAX].map(|input| positions(&store, input).unwrap()[255].sequence);
        assert_eq!(forget_inputs(&store, u64::MAX, 4).unwrap(), 0);
        assert_eq!(forget_inputs(&store, u64::MAX, 2).unwrap(), 2);
        assert_eq!(sequences(), [0, 5, 5, 0, 5]);
    }

    #[test]
    fn positions_of_both_layouts_are_read() {
        let position = Position { sequence: 300, released: Timestamp::from_micros(-2) };
        let mut out = Vec::new();
        position.put(&mut out);
        assert_eq!(out, [0xac, 2, 3]);
        assert_eq!(Position::read(&out), Some(position));
        assert_eq!(Position::read(&[0xac, 2]), Some(Position { released: Timestamp::MIN, ..position }));
        assert_eq!((Position::read(&[]), Position::read(&[0xac, 2, 0x83])), (None, None));
    }
}

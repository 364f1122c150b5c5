//! How far an input has been taken in: for each slice, the last of its events. Written in the batch of the facts that
//! came of them.

use event::Timestamp;

use super::SLICES;
use crate::window::octets::{Octets, put_signed, put_varint};
use crate::window::{Store, StoreError, keys};

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

#[cfg(test)]
mod tests {
    use super::*;

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

//! A record told after another one than before: what does not depend on that is taken over as it stands, unread.

use event::{CellId, Event, Imsi, Timestamp};

use super::super::octets::{Octets, put_signed};
use super::super::pace::Pace;
use super::{
    CELL, CI, FEED, IMEI, LAC, PLMN, Previous, SAME_CELL, SOFTWARE, TMSI, cell_flags_after, put_cell, read, read_cell,
};

/// A record by itself, and what it is told after.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Record<'a> {
    pub(crate) octets: &'a [u8],
    pub(crate) after: &'a Previous,
}

impl Record<'_> {
    /// What it tells; `None` where it is not one of ours.
    pub(crate) fn event(&self, imsi: Imsi) -> Option<Event> {
        let mut octets = Octets::new(self.octets);
        read(&mut octets, imsi, &mut self.after.clone()).filter(|_| octets.is_empty())
    }
}

/// A record of which that is known which depends on the one before.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Retold<'a> {
    head: u8,
    /// Which fields follow, but for those of the cell.
    present: u8,
    own: Previous,
    /// Feed, TMSI and device.
    identities: &'a [u8],
    /// What belongs to the kind.
    kind: &'a [u8],
}

impl<'a> Retold<'a> {
    /// `None` where it is not one of ours. What belongs to the kind is not looked at.
    pub(crate) fn of(record: Record<'a>) -> Option<Self> {
        let mut octets = Octets::new(record.octets);
        let (head, present) = (octets.octet()?, octets.octet()?);
        let has = |flag: u8| present & flag != 0;
        let at = record.after.at.wrapping_add(octets.signed()?);
        let frame = record.after.frame.wrapping_add(octets.signed()? as u64);
        let identities = octets;
        if has(FEED) {
            octets.varint()?;
        }
        if has(TMSI) {
            octets.fixed::<4>()?;
        }
        if has(IMEI) {
            octets.varint()?;
        }
        if has(SOFTWARE) {
            octets.octet()?;
        }
        let identities = identities.before(&octets);
        let cell = read_cell(&mut octets, present, if has(SAME_CELL) { record.after.cell } else { CellId::UNKNOWN })?;
        let own = Previous { at, frame, cell };
        Some(Self { head, present: present & !CELL, own, identities, kind: octets.rest() })
    }

    /// When it was.
    pub(crate) fn at(&self) -> Timestamp {
        Timestamp::from_micros(self.own.at)
    }

    /// With by how much its frame is off the pace, in the place of the frame.
    pub(crate) fn off(self, pace: Pace) -> Self {
        let Previous { at, frame, cell } = self.own;
        Self { own: Previous { at, frame: pace.off(at, frame), cell }, ..self }
    }

    /// Appends it, told after `previous`.
    pub(crate) fn put(&self, out: &mut Vec<u8>, previous: &mut Previous) {
        let cell = cell_flags_after(self.own.cell, previous.cell);
        out.extend_from_slice(&[self.head, self.present | cell]);
        put_signed(out, self.own.at.wrapping_sub(previous.at));
        put_signed(out, self.own.frame.wrapping_sub(previous.frame) as i64);
        out.extend_from_slice(self.identities);
        put_cell(out, self.own.cell, cell);
        out.extend_from_slice(self.kind);
        *previous = self.own;
    }
}

const _: () = assert!(CELL == SAME_CELL | PLMN | LAC | CI);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Random, random_event};
    use crate::window::record::put;

    #[test]
    fn a_record_told_after_another_one_is_as_if_it_had_always_been() {
        let mut random = Random::new(9);
        let imsi: Imsi = "460001234567890".parse().unwrap();
        for _ in 0..5_000 {
            let [event, before, other] = [0; 3].map(|_| random_event(&mut random, imsi));
            let (mut first, mut told, mut retold) = (Vec::new(), Vec::new(), Vec::new());
            put(&mut first, &event, &mut Previous::of(&before));
            put(&mut told, &event, &mut Previous::of(&other));
            let record = Record { octets: &first, after: &Previous::of(&before) };
            let parts = Retold::of(record).unwrap();
            let mut previous = Previous::of(&other);
            parts.put(&mut retold, &mut previous);
            assert_eq!((retold, previous, parts.at()), (told, Previous::of(&event), event.at), "{event:?}");
            assert_eq!(record.event(imsi), Some(event));
        }
    }
}

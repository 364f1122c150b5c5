//! The journal: what a group commit writes first, and what a restart reads back. One blob holds the events of one
//! group in order of arrival: the records of the arena, each behind its whole IMSI, by which `forget` looks for what is left of
//! somebody, and its length. What records are told after stands before them, behind no IMSI.

use event::{Event, Imsi};

use super::octets::{Octets, put_varint};
use super::record::{self, Previous, Record};

/// 1: without the length of each record. 2: each record told after the one before. 3: after what stands before them.
const BLOB_VERSION: u8 = 3;
const FIRST_VERSION: u8 = 1;
const NO_IMSI: [u8; 8] = [0; 8];

/// A blob under construction. Reused from group to group.
#[derive(Debug, Default)]
pub(crate) struct Blob {
    octets: Vec<u8>,
    after: Previous,
}

impl Blob {
    pub(crate) fn append(&mut self, imsi: Imsi, record: Record<'_>) {
        if self.octets.is_empty() {
            self.octets.push(BLOB_VERSION);
        }
        if *record.after != self.after {
            self.after = *record.after;
            let mut after = Vec::new();
            self.after.put(&mut after);
            self.put(NO_IMSI, &after);
        }
        self.put(imsi.to_bits().to_be_bytes(), record.octets);
    }

    /// Appends an event that is told on its own.
    pub(crate) fn append_event(&mut self, imsi: Imsi, event: &Event) {
        let mut octets = Vec::new();
        record::put(&mut octets, event, &mut Previous::default());
        self.append(imsi, Record { octets: &octets, after: &Previous::default() });
    }

    fn put(&mut self, imsi: [u8; 8], record: &[u8]) {
        self.octets.extend_from_slice(&imsi);
        put_varint(&mut self.octets, record.len() as u64);
        self.octets.extend_from_slice(record);
    }

    pub(crate) fn octets(&self) -> &[u8] {
        &self.octets
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.octets.is_empty()
    }

    pub(crate) fn clear(&mut self) {
        self.octets.clear();
        self.after = Previous::default();
    }
}

/// Calls `take` for each event of a stored blob. `None` where it is not one of ours.
pub(crate) fn read(blob: &[u8], mut take: impl FnMut(Imsi, Event)) -> Option<()> {
    let version = *blob.first()?;
    let mut after = Previous::default();
    each(blob, |imsi, record| {
        let mut last = after;
        match imsi {
            Some(imsi) => take(imsi, record::read(record, imsi, &mut last)?),
            None => after = Previous::read(record)?,
        }
        if version < 3 {
            after = last;
        }
        Some(())
    })
}

/// The same for the events of one subscriber. Where there are none, nothing is read but whose the others are.
pub(crate) fn read_of(wanted: Imsi, blob: &[u8], mut take: impl FnMut(Event)) -> Option<()> {
    let mut is_there = blob.first() == Some(&FIRST_VERSION);
    if !is_there {
        each(blob, |imsi, record| {
            is_there |= imsi == Some(wanted);
            record.slice(record.rest().len()).map(|_| ())
        })?;
    }
    if !is_there {
        return Some(());
    }
    read(blob, |imsi, event| {
        if imsi == wanted {
            take(event);
        }
    })
}

/// Calls `take` for each record, of which it is to read all, and for what they are told after.
fn each<'a>(blob: &'a [u8], mut take: impl FnMut(Option<Imsi>, &mut Octets<'a>) -> Option<()>) -> Option<()> {
    let mut octets = Octets::new(blob);
    let version = octets.octet()?;
    if !(FIRST_VERSION..=BLOB_VERSION).contains(&version) {
        return None;
    }
    while !octets.is_empty() {
        let imsi: [u8; 8] = octets.fixed()?;
        let is_own = version == BLOB_VERSION && imsi == NO_IMSI;
        let imsi = if is_own { None } else { Some(Imsi::from_bits(u64::from_be_bytes(imsi))?) };
        if version == FIRST_VERSION {
            take(imsi, &mut octets)?;
            continue;
        }
        let length = usize::try_from(octets.varint()?).ok()?;
        let mut record = Octets::new(octets.slice(length)?);
        take(imsi, &mut record)?;
        if !record.is_empty() {
            return None;
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Random, random_event};
    use crate::window::arena::{Arena, NO_RECORD};

    #[test]
    fn a_blob_gives_back_its_events_and_can_be_reused() {
        let mut random = Random::new(5);
        let mut blob = Blob::default();
        for _ in 0..3 {
            blob.clear();
            let events: Vec<Event> = (0..3_000)
                .map(|n| random_event(&mut random, format!("4600000000000{:02}", n % 7).parse().unwrap()))
                .collect();
            let mut arena = Arena::default();
            for event in &events {
                let (imsi, tail) = (event.imsi.unwrap(), arena.append(event.imsi.unwrap(), NO_RECORD, event));
                blob.append(imsi, arena.record(tail).unwrap());
            }
            let mut read_back = Vec::new();
            read(blob.octets(), |_, event| read_back.push(event)).unwrap();
            assert_eq!(read_back, events);
            for who in 0..8 {
                let imsi: Imsi = format!("4600000000000{who:02}").parse().unwrap();
                let mut read_back = Vec::new();
                read_of(imsi, blob.octets(), |event| read_back.push(event)).unwrap();
                let own: Vec<Event> = events.iter().copied().filter(|event| event.imsi == Some(imsi)).collect();
                assert_eq!(read_back, own);
            }
        }
        assert_eq!(read(&blob.octets()[..blob.octets().len() - 1], |_, _| {}), None);
        assert_eq!(read(&[9], |_, _| {}), None);
    }
}

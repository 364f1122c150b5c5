//! The journal: what a group commit writes first, and what a restart reads back. One blob holds the events of one
//! group in order of arrival. Each record stands behind its whole IMSI, by which `forget` looks for what is left of somebody.

use event::{Event, Imsi};

use super::octets::{Octets, put_varint};
use super::record::{self, Previous};

/// 1: without the length of each record.
const BLOB_VERSION: u8 = 2;

/// A blob under construction. Reused from group to group.
#[derive(Debug, Default)]
pub(crate) struct Blob {
    octets: Vec<u8>,
    previous: Previous,
    record: Vec<u8>,
}

impl Blob {
    pub(crate) fn append(&mut self, imsi: Imsi, event: &Event) {
        if self.octets.is_empty() {
            self.octets.push(BLOB_VERSION);
        }
        self.record.clear();
        record::put(&mut self.record, event, &mut self.previous);
        self.octets.extend_from_slice(&imsi.to_bits().to_be_bytes());
        put_varint(&mut self.octets, self.record.len() as u64);
        self.octets.extend_from_slice(&self.record);
    }

    pub(crate) fn octets(&self) -> &[u8] {
        &self.octets
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.octets.is_empty()
    }

    pub(crate) fn clear(&mut self) {
        self.octets.clear();
        self.previous = Previous::default();
    }
}

/// Calls `take` for each event of a stored blob. `None` where it is not one of ours.
pub(crate) fn read(blob: &[u8], mut take: impl FnMut(Imsi, Event)) -> Option<()> {
    let mut octets = Octets::new(blob);
    let mut previous = Previous::default();
    if octets.octet()? == 1 {
        return read_first(octets, take);
    }
    each(blob, |imsi, mut record| {
        take(imsi, record::read(&mut record, imsi, &mut previous)?);
        record.is_empty().then_some(())
    })
}

/// The same for the events of one subscriber. Where there are none, nothing is read but whose the others are.
pub(crate) fn read_of(wanted: Imsi, blob: &[u8], mut take: impl FnMut(Event)) -> Option<()> {
    let mut is_there = blob.first() == Some(&1);
    if !is_there {
        each(blob, |imsi, _| {
            is_there |= imsi == wanted;
            Some(())
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

/// Calls `take` for the record of each event.
fn each<'a>(blob: &'a [u8], mut take: impl FnMut(Imsi, Octets<'a>) -> Option<()>) -> Option<()> {
    let mut octets = Octets::new(blob);
    if octets.octet()? != BLOB_VERSION {
        return None;
    }
    while !octets.is_empty() {
        let imsi = Imsi::from_bits(u64::from_be_bytes(octets.fixed()?))?;
        let length = usize::try_from(octets.varint()?).ok()?;
        take(imsi, Octets::new(octets.slice(length)?))?;
    }
    Some(())
}

fn read_first(mut octets: Octets<'_>, mut take: impl FnMut(Imsi, Event)) -> Option<()> {
    let mut previous = Previous::default();
    while !octets.is_empty() {
        let imsi = Imsi::from_bits(u64::from_be_bytes(octets.fixed()?))?;
        take(imsi, record::read(&mut octets, imsi, &mut previous)?);
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Random, random_event};

    #[test]
    fn a_blob_gives_back_its_events_and_can_be_reused() {
        let mut random = Random::new(5);
        let mut blob = Blob::default();
        for _ in 0..3 {
            blob.clear();
            let events: Vec<Event> = (0..100)
                .map(|n| random_event(&mut random, format!("4600000000000{:02}", n % 7).parse().unwrap()))
                .collect();
            events.iter().for_each(|event| blob.append(event.imsi.unwrap(), event));
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

//! The journal: what a group commit writes first, and what a restart reads back. One blob holds the events of one
//! group in order of arrival: a record each, told after the one before, behind its length and by how much its IMSI is another one
//! than the one before.

use event::{Event, Imsi};

use super::octets::{Octets, put_signed};
use super::record::{self, Previous};

/// 1: whole IMSIs, and no lengths. 2: lengths. 3: records told after what stands before them, behind no IMSI. 4: each told after the
/// one before, and IMSIs too.
const BLOB_VERSION: u8 = 4;
const FIRST_VERSION: u8 = 1;
/// That of records of an arena.
const PAGES_VERSION: u8 = 3;
const NO_IMSI: [u8; 8] = [0; 8];

/// A blob under construction. Reused from group to group.
#[derive(Debug, Default)]
pub(crate) struct Blob {
    octets: Vec<u8>,
    /// Of the last event.
    imsi: u64,
    previous: Previous,
}

impl Blob {
    pub(crate) fn append(&mut self, imsi: Imsi, event: &Event) {
        if self.octets.is_empty() {
            self.octets.push(BLOB_VERSION);
        }
        put_signed(&mut self.octets, imsi.to_bits().wrapping_sub(self.imsi) as i64);
        self.imsi = imsi.to_bits();
        let length = self.octets.len();
        self.octets.push(0);
        record::put(&mut self.octets, event, &mut self.previous);
        let octets = self.octets.len() - length - 1; // at most `record::MOST_OCTETS`
        // Only now is it known.
        self.octets.get_mut(length).into_iter().for_each(|length| *length = octets as u8);
    }

    pub(crate) fn octets(&self) -> &[u8] {
        &self.octets
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.octets.is_empty()
    }

    pub(crate) fn clear(&mut self) {
        self.octets.clear();
        (self.imsi, self.previous) = (0, Previous::default());
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
        if version != PAGES_VERSION {
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
    let mut last = 0_u64;
    while !octets.is_empty() {
        let imsi = if version == BLOB_VERSION {
            last = last.wrapping_add(octets.signed()? as u64);
            Some(Imsi::from_bits(last)?)
        } else {
            let imsi: [u8; 8] = octets.fixed()?;
            let is_own = version == PAGES_VERSION && imsi == NO_IMSI;
            if is_own { None } else { Some(Imsi::from_bits(u64::from_be_bytes(imsi))?) }
        };
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

    #[test]
    fn a_blob_gives_back_its_events_and_can_be_reused() {
        let mut random = Random::new(5);
        let mut blob = Blob::default();
        for _ in 0..3 {
            blob.clear();
            let events: Vec<Event> = (0..3_000)
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

    #[test]
    fn blobs_of_layouts_before_are_read() {
        let octets =
            |hex: &str| -> Vec<u8> { hex.split(' ').map(|octet| u8::from_str_radix(octet, 16).unwrap()).collect() };
        let (imsi, after) = ("0f 01 a2 5e 62 2e c2 d2", "00 00 00 00 00 00 00 00 04 80 01 03 00");
        let told = |blob: String| {
            let mut told = Vec::new();
            read(&octets(&blob), |_, event| told.push((event.at.as_micros(), event.frame))).unwrap();
            let mut own = Vec::new();
            let who = "460001234567890".parse().unwrap();
            read_of(who, &octets(&blob), |event| own.push((event.at.as_micros(), event.frame))).unwrap();
            assert_eq!(own, told);
            told
        };
        assert_eq!(told(format!("01 {imsi} 64 08 80 01 06 {imsi} 64 08 02 02")), [(64, 3), (65, 4)]);
        assert_eq!(told(format!("02 {imsi} 05 64 08 80 01 06 {imsi} 04 64 08 02 02")), [(64, 3), (65, 4)]);
        let pages = format!("03 {after} {imsi} 04 64 08 02 02 {imsi} 04 64 08 00 00");
        assert_eq!(told(pages), [(65, 4), (64, 3)]);
    }
}

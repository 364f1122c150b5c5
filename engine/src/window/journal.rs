//! The journal: what a group commit writes first, and what a restart reads back. One blob holds the events of one
//! group in order of arrival.

use event::{Event, Imsi};

use super::octets::Octets;
use super::record::{self, Previous};

const BLOB_VERSION: u8 = 1;

/// A blob under construction. Reused from group to group.
#[derive(Debug, Default)]
pub(crate) struct Blob {
    octets: Vec<u8>,
    previous: Previous,
}

impl Blob {
    pub(crate) fn append(&mut self, imsi: Imsi, event: &Event) {
        if self.octets.is_empty() {
            self.octets.push(BLOB_VERSION);
        }
        self.octets.extend_from_slice(&imsi.to_bits().to_be_bytes());
        record::put(&mut self.octets, event, &mut self.previous);
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
    if octets.octet()? != BLOB_VERSION {
        return None;
    }
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
        }
        assert_eq!(read(&blob.octets()[..blob.octets().len() - 1], |_, _| {}), None);
        assert_eq!(read(&[9], |_, _| {}), None);
    }
}

//! The numbers that dumpcap gives to the files of its ring. Where one is left out, a file was deleted before anybody saw it.

use std::path::Path;

/// Digits of a file's number.
const NUMBER_DIGITS: usize = 5;
/// Digits of the time at which it was begun.
const TIME_DIGITS: usize = 14;

/// How far a ring was followed.
#[derive(Debug, Default)]
pub(super) struct RingNumbers {
    /// The ring's name and the number of the file that was begun last.
    last: Option<(String, u64)>,
    /// Files deleted since that were seen before.
    known: u64,
}

impl RingNumbers {
    /// A file is begun. Gives how many of its ring's files before it were deleted unseen. A smaller number than before is a ring
    /// begun anew.
    pub(super) fn begun(&mut self, file: &Path) -> u64 {
        let now = parts(file);
        let skipped = match (&self.last, now) {
            (Some((ring, last)), Some((same, number))) if ring == same => number.saturating_sub(last + 1),
            _ => 0,
        };
        let unseen = skipped.saturating_sub(self.known);
        self.known = 0;
        self.last = now.map(|(ring, number)| (ring.to_owned(), number));
        unseen
    }

    /// A file that had been seen was deleted before its turn.
    pub(super) fn missed(&mut self) {
        self.known += 1;
    }
}

// `RING_00012_20261122063000.pcapng`; with `-b nametimenum:2` the time comes first.
fn parts(file: &Path) -> Option<(&str, u64)> {
    let mut words = file.file_name()?.to_str()?.rsplitn(3, '_');
    let (last, first, ring) = (words.next()?, words.next()?, words.next()?);
    let last = last.split('.').next()?;
    let (number, time) = if last.len() == TIME_DIGITS { (first, last) } else { (last, first) };
    if number.len() != NUMBER_DIGITS || time.len() != TIME_DIGITS || time.parse::<u64>().is_err() {
        return None;
    }
    Some((ring, number.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(files: &[&str], unseen: &[u64]) {
        let mut numbers = RingNumbers::default();
        let found: Vec<u64> = files.iter().map(|file| numbers.begun(Path::new(file))).collect();
        assert_eq!(found, unseen, "{files:?}");
    }

    #[test]
    fn a_number_left_out_is_a_file_that_nobody_saw() {
        let [one, two, five] = [
            "r/a_b_00001_20261122063000.pcapng",
            "r/a_b_00002_20261122063001.pcapng.gz",
            "r/a_b_00005_20261122063002.pcap",
        ];
        check(&[one, two, five], &[0, 0, 2]);
        check(&[five, one, two], &[0, 0, 0]);
        check(&["a_20261122063000_00001.pcap", "a_20261122063000_00003.pcap"], &[0, 1]);
        check(&[one, "r/other_00005_20261122063002.pcap"], &[0, 0]);
        check(&["tap_00001_1795329000.pcap", "tap_00009_1795329000.pcap"], &[0, 0]);
        check(&["1.pcap", "9.pcap"], &[0, 0]);
    }

    #[test]
    fn what_was_seen_and_missed_is_not_counted_again() {
        let mut numbers = RingNumbers::default();
        numbers.begun(Path::new("a_00001_20261122063000.pcap"));
        numbers.missed();
        assert_eq!(numbers.begun(Path::new("a_00004_20261122063002.pcap")), 1);
        assert_eq!(numbers.begun(Path::new("a_00006_20261122063004.pcap")), 1);
    }
}

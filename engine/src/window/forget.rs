//! Erasing a subscriber: every row about it goes, and every file in which one was is written anew. What is left is looked
//! for afterwards, in rows and in the octets of files.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use event::Imsi;
use memchr::memmem;
use rocksdb::{BottommostLevelCompaction, CompactOptions, WriteBatch};

use super::Breath;
use super::journal::{self, Blob};
use super::keys;
use super::store::{Store, StoreError};
use crate::offer::Offer;

/// What there was of a subscriber.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Forgotten {
    /// Events of the window; of sealed ones, buckets that had any.
    pub facts: u64,
    /// Rows of the ledger.
    pub decisions: u64,
    /// Offers, in whatever state.
    pub offers: u64,
    /// Other rows: the profile, contacts, what patterns have begun, places in queues.
    pub rows: u64,
}

/// Where something of a subscriber is left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trace {
    /// In a row of this column family.
    Row(String),
    /// In this file.
    File(PathBuf),
    /// Perhaps in this file of before, which is still there.
    Former(PathBuf),
    /// Perhaps in files of this column family, which hold more than its rows.
    Remains(String),
}

/// Octets of a file that are looked through at a time.
const PIECE_OCTETS: usize = 1 << 20;

impl Store {
    /// Deletes every row about the subscriber, and writes the files anew. Only for a store that no engine writes. What old
    /// manifests and logs say goes when the store is opened next: then [`Store::traces`] tells what is left.
    pub fn forget(&self, imsi: Imsi) -> Result<Forgotten, StoreError> {
        self.settle_changes()?;
        let (mut batch, mut gone) = (WriteBatch::default(), Forgotten::default());
        self.forget_facts(imsi, &mut batch, &mut gone)?;
        self.forget_patterns(imsi, &mut batch, &mut gone)?;
        self.forget_decisions(imsi, &mut batch, &mut gone)?;
        self.forget_offers(imsi, &mut batch, &mut gone)?;
        self.write(batch, true)?;
        self.compact(|_| {})?;
        Ok(gone)
    }

    fn forget_facts(&self, imsi: Imsi, batch: &mut WriteBatch, gone: &mut Forgotten) -> Result<(), StoreError> {
        let key = keys::subscriber(imsi);
        for bucket in self.buckets().iter() {
            if self.row(&bucket.family(), &key)?.is_some() {
                batch.delete_cf(&self.family(&bucket.family())?, key);
                gone.facts += 1;
            }
        }
        let family = self.family(keys::JOURNAL)?;
        for row in self.rows(keys::JOURNAL, &[])? {
            let (key, blob) = row?;
            let (mut others, mut own) = (Blob::default(), 0);
            let keep = |who, event| {
                if who == imsi { own += 1 } else { others.append(who, &event) }
            };
            journal::read(&blob, keep).ok_or_else(|| self.damaged(keys::JOURNAL))?;
            gone.facts += own;
            match others.is_empty() {
                _ if own == 0 => {}
                true => batch.delete_cf(&family, key),
                false => batch.put_cf(&family, key, others.octets()),
            }
        }
        Ok(())
    }

    fn forget_patterns(&self, imsi: Imsi, batch: &mut WriteBatch, gone: &mut Forgotten) -> Result<(), StoreError> {
        let key = keys::subscriber(imsi);
        for family in [keys::PROFILE, keys::CONTACT, keys::LIVE] {
            if self.row(family, &key)?.is_some() {
                batch.delete_cf(&self.family(family)?, key);
                gone.rows += 1;
            }
        }
        Ok(())
    }

    fn forget_decisions(&self, imsi: Imsi, batch: &mut WriteBatch, gone: &mut Forgotten) -> Result<(), StoreError> {
        let family = self.family(keys::LEDGER)?;
        for row in self.ledger_rows_of(imsi)? {
            batch.delete_cf(&family, row?.0);
            gone.decisions += 1;
        }
        Ok(())
    }

    fn forget_offers(&self, imsi: Imsi, batch: &mut WriteBatch, gone: &mut Forgotten) -> Result<(), StoreError> {
        for (family, is_place) in [(keys::OUTBOX, false), (keys::PROPOSAL, true), (keys::QUEUE, true)] {
            let handle = self.family(family)?;
            for row in self.rows(family, &[])? {
                let (key, value) = row?;
                let offer = match is_place {
                    true => self.row(keys::OUTBOX, &value)?.and_then(|offer| Offer::read(&offer)),
                    false => Offer::read(&value),
                };
                let offer = offer.ok_or_else(|| self.damaged(family))?;
                if offer.imsi == imsi {
                    batch.delete_cf(&handle, key);
                    *(if is_place { &mut gone.rows } else { &mut gone.offers }) += 1;
                }
            }
        }
        Ok(())
    }

    /// Moves what is in memory into files, and writes all files of a column family anew: the last level too, where what
    /// was deleted would be left.
    pub(super) fn rewrite(&self, family: &str) -> Result<(), StoreError> {
        let family = self.family(family)?;
        self.db().flush_cf(&family).map_err(|error| self.failed(&error))?;
        let mut options = CompactOptions::default();
        options.set_bottommost_level_compaction(BottommostLevelCompaction::Force);
        self.db().compact_range_cf_opt(&family, None::<&[u8]>, None::<&[u8]>, &options);
        Ok(())
    }

    /// Where anything of the subscriber is: in which rows, and in the octets of which files. Blocks of files are
    /// compressed, so that these are asked too whether they hold anything but the rows that were looked through.
    pub fn traces(&self, imsi: Imsi) -> Result<Vec<Trace>, StoreError> {
        let own = keys::subscriber(imsi);
        let mut traces = Vec::new();
        let files = self.db().live_files().map_err(|error| self.failed(&error))?;
        for name in self.families() {
            self.db().flush_cf(&self.family(&name)?).map_err(|error| self.failed(&error))?;
            let (mut rows, mut found) = (0, false);
            for row in self.rows(&name, &[])? {
                let (key, value) = row?;
                rows += 1;
                found |= names(&name, &key, &value, imsi);
            }
            let stored: u64 =
                files.iter().filter(|file| file.column_family_name == name).map(|file| file.num_entries).sum();
            traces.extend(found.then(|| Trace::Row(name.clone())));
            traces.extend((stored > rows).then_some(Trace::Remains(name)));
        }
        // A log may tell of it after somebody else, where no octets show it. When all is flushed none is needed.
        traces.extend(self.logs()?.into_iter().map(Trace::Former));
        let digits = imsi.to_string();
        let needles = [own.as_slice(), digits.as_bytes()];
        let in_files = files_with(self.path(), &needles, &mut || true).map_err(|error| self.unreadable(&error))?;
        traces.extend(in_files.into_iter().map(Trace::File));
        Ok(traces)
    }
}

/// Whether a row names the subscriber: in its octets, or after another one. What cannot be read may.
pub(super) fn names(family: &str, key: &[u8], value: &[u8], imsi: Imsi) -> bool {
    let mut is_told = false;
    let is_unread = family == keys::JOURNAL && journal::read_of(imsi, value, |_| is_told = true).is_none();
    is_told
        || is_unread
        || [key, value].into_iter().any(|octets| memmem::find(octets, &keys::subscriber(imsi)).is_some())
}

/// The files below a folder whose octets hold any of these. One that is removed meanwhile does not.
pub(super) fn files_with(folder: &Path, needles: &[&[u8]], breath: Breath<'_>) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files_with(&path, needles, breath)?);
            continue;
        }
        match File::open(&path) {
            Ok(file) => found.extend(holds(file, needles, breath)?.then_some(path)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    found.sort();
    Ok(found)
}

fn holds(mut file: impl Read, needles: &[&[u8]], breath: Breath<'_>) -> io::Result<bool> {
    let overlap = needles.iter().map(|needle| needle.len()).max().unwrap_or(0);
    let mut octets = Vec::with_capacity(PIECE_OCTETS + overlap);
    loop {
        let read = file.by_ref().take(PIECE_OCTETS as u64).read_to_end(&mut octets)?;
        if needles.iter().any(|needle| memmem::find(&octets, needle).is_some()) {
            return Ok(true);
        }
        if read == 0 || !breath() {
            return Ok(false);
        }
        // What stands across the border is found in the next piece.
        octets.drain(..octets.len().saturating_sub(overlap));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn octets_are_found_wherever_pieces_end() {
        let needle = b"460001234567890".as_slice();
        for at in [0, 1, PIECE_OCTETS - 20, PIECE_OCTETS - 15, PIECE_OCTETS - 7, PIECE_OCTETS, 2 * PIECE_OCTETS + 3] {
            let mut file = vec![0x46; 3 * PIECE_OCTETS];
            assert!(!holds(file.as_slice(), &[needle, b"x"], &mut || true).unwrap());
            file.get_mut(at..at + needle.len()).unwrap().copy_from_slice(needle);
            assert!(holds(file.as_slice(), &[b"x", needle], &mut || true).unwrap(), "at {at}");
        }
    }

    #[test]
    fn a_log_that_is_still_there_may_tell_of_anybody() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let (imsi, before): (Imsi, Imsi) = ("460001234567890".parse().unwrap(), "460001234567891".parse().unwrap());
        let mut blob = Blob::default();
        for imsi in [before, imsi] {
            blob.append(imsi, &crate::testing::random_event(&mut crate::testing::Random::new(1), imsi));
        }
        let mut batch = WriteBatch::default();
        batch.put_cf(&store.family(keys::JOURNAL).unwrap(), [0; 9], blob.octets());
        store.write(batch, true).unwrap();
        // Somebody copies the folder meanwhile.
        store.db().disable_file_deletions().unwrap();
        store.forget(imsi).unwrap();
        let is_log =
            |trace: &Trace| matches!(trace, Trace::Former(path) if path.extension().is_some_and(|end| end == "log"));
        assert!(store.traces(imsi).unwrap().iter().any(is_log));
        store.db().enable_file_deletions().unwrap();
        assert_eq!(store.traces(imsi).unwrap(), []);
    }

    #[test]
    fn whoever_is_told_after_another_one_is_found_in_the_journal() {
        let mut random = crate::testing::Random::new(1);
        let [imsi, before, other]: [Imsi; 3] =
            ["460001234567890", "460001234567891", "460001234567892"].map(|imsi| imsi.parse().unwrap());
        let mut blob = Blob::default();
        for imsi in [before, imsi] {
            blob.append(imsi, &crate::testing::random_event(&mut random, imsi));
        }
        let own = keys::subscriber(imsi);
        assert!(memmem::find(blob.octets(), &own).is_none() && names(keys::JOURNAL, &[], blob.octets(), imsi));
        assert!(!names(keys::JOURNAL, &[], blob.octets(), other));
        assert!(names(keys::JOURNAL, &[], &[9], imsi), "what cannot be read may name anybody");
        assert!(names(keys::LIVE, &own, &[], imsi) && names(keys::META, &[], &own, imsi));
        assert!(!names(keys::LIVE, &own, &own, other));
    }
}

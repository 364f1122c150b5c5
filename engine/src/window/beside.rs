//! Erasing a subscriber beside a running engine that takes nothing in about it any more: its rows are deleted, the files in which
//! they may be are written anew, and it is proven that none of them is left. Others' rows go on changing meanwhile, so that what
//! is left is not told by their number: files are told by theirs, and the subscriber's own keys are looked for beneath the rows.

use std::ops::Range;
use std::path::{Path, PathBuf};

use event::Imsi;
use rocksdb::{
    BottommostLevelCompaction, CompactOptions, PerfContext, PerfMetric, PerfStatsLevel, ReadOptions, WriteBatch,
};

use super::forget::{Forgotten, Trace, files_with, names};
use super::keys::{self, Bucket};
use super::store::{Store, StoreError};
use crate::offer::Offer;

/// Families whose rows go in stretches, or whose keys do not say whom they are about: they are written anew whole.
const WHOLE: [&str; 6] = [keys::JOURNAL, keys::CHANGE, keys::LEDGER, keys::OUTBOX, keys::PROPOSAL, keys::QUEUE];
/// Families that have one row of a subscriber; so have all buckets.
const OWN: [&str; 3] = [keys::PROFILE, keys::CONTACT, keys::LIVE];

/// What was deleted of a subscriber.
#[derive(Debug)]
pub(crate) struct Deleted {
    pub(crate) imsi: Imsi,
    pub(crate) gone: Forgotten,
    /// Family and key of each row that was there or may have been.
    keys: Vec<(String, Box<[u8]>)>,
    /// Logs and manifests with numbers up to this may hold it.
    newest_log: u64,
    /// Tables with numbers up to this may, and what is being merged.
    newest_table: u64,
}

/// Files of before that are still there.
#[derive(Debug, Default)]
pub(crate) struct Former {
    /// Tables that were to be written anew and are in use.
    pub(crate) in_use: Vec<PathBuf>,
    /// In use no more, and removed when nobody reads them any more; or a log that is still needed.
    pub(crate) held: Vec<PathBuf>,
}

impl Former {
    pub(crate) fn is_empty(&self) -> bool {
        self.in_use.is_empty() && self.held.is_empty()
    }

    pub(crate) fn traces(self) -> Vec<Trace> {
        self.in_use.into_iter().chain(self.held).map(Trace::Former).collect()
    }
}

/// Told between two pieces of work; gives whether to go on.
pub(crate) type Breath<'a> = &'a mut dyn FnMut() -> bool;

impl Store {
    /// Deletes what is stored under the subscriber's own keys, but its contacts. Nothing of it may be unsealed.
    pub(crate) fn delete_own(&self, imsi: Imsi) -> Result<Deleted, StoreError> {
        let own = keys::subscriber(imsi);
        let families: Vec<String> =
            self.buckets().iter().map(|bucket| bucket.family()).chain(OWN.map(str::to_owned)).collect();
        let (mut batch, mut gone, mut deleted) = (WriteBatch::default(), Forgotten::default(), Vec::new());
        for family in families {
            // A bucket may be dropped meanwhile.
            let Some(handle) = self.db().cf_handle(&family) else { continue };
            if self.row(&family, &own)?.is_some() {
                *(if Bucket::from_family(&family).is_some() { &mut gone.facts } else { &mut gone.rows }) += 1;
            }
            // Whoever was made an offer has contacts: these go with the offers.
            if family != keys::CONTACT {
                batch.delete_cf(&handle, own);
            }
            deleted.push((family, Box::from(own)));
        }
        let ledger = self.family(keys::LEDGER)?;
        for row in self.ledger_rows_of(imsi)? {
            let (key, _) = row?;
            batch.delete_cf(&ledger, &key);
            gone.decisions += 1;
            deleted.push((keys::LEDGER.to_owned(), key));
        }
        self.write(batch, true)?;
        Ok(Deleted { imsi, gone, keys: deleted, newest_log: u64::MAX, newest_table: u64::MAX })
    }

    /// All offers to a subscriber. Reads those of everybody.
    pub(crate) fn offers_to(&self, imsi: Imsi, breath: Breath<'_>) -> Result<Vec<Offer>, StoreError> {
        let mut offers = Vec::new();
        for row in self.rows_with(keys::OUTBOX, &[], passing())? {
            let offer = Offer::read(&row?.1).ok_or_else(|| self.damaged(keys::OUTBOX))?;
            offers.extend((offer.imsi == imsi).then_some(offer));
            if !breath() {
                break;
            }
        }
        Ok(offers)
    }

    /// These offers have been deleted too, and with them the last of the subscriber's rows.
    pub(crate) fn note_deleted(&self, deleted: &mut Deleted, offers: &[Offer]) -> Result<(), StoreError> {
        for offer in offers {
            deleted.keys.push((keys::OUTBOX.to_owned(), Box::from(keys::outbox(offer.at, offer.id))));
            deleted.keys.push((keys::PROPOSAL.to_owned(), Box::from(keys::proposal(offer))));
        }
        deleted.gone.offers = offers.len() as u64;
        deleted.newest_log = self.newest(|path| !is_table(path))?;
        // From here on that log is not empty, or is none any more that is written to: when all is flushed, nobody needs it.
        self.touch()
    }

    /// Writes a row that says what it said before.
    fn touch(&self) -> Result<(), StoreError> {
        let mut batch = WriteBatch::default();
        batch.put_cf(&self.family(keys::META)?, keys::META_VERSION, keys::VERSION.to_be_bytes());
        self.write(batch, true)
    }

    /// Writes the files anew in which something of it may be, while the engine writes others; `all` of them where that was not enough.
    pub(crate) fn rewrite_without(
        &self,
        deleted: &mut Deleted,
        all: bool,
        breath: Breath<'_>,
    ) -> Result<(), StoreError> {
        for name in self.families() {
            self.flush(&name)?;
        }
        deleted.newest_table = self.newest(is_table)?;
        let own = keys::subscriber(deleted.imsi);
        let whole = WHOLE.into_iter().map(|name| (name.to_owned(), None));
        let families = self.families().into_iter().filter(|name| is_of_subscribers(name));
        for (name, key) in whole.chain(families.map(|name| (name, (!all).then_some(own)))) {
            let (Some(family), true) = (self.db().cf_handle(&name), breath()) else { continue };
            let mut options = CompactOptions::default();
            options.set_bottommost_level_compaction(BottommostLevelCompaction::Force);
            // What the engine seals meanwhile is merged beside it.
            options.set_exclusive_manual_compaction(false);
            self.db().compact_range_cf_opt(&family, key, key, &options);
        }
        // A manifest tells of files that went by its own last entry: one more, and the next one does not.
        self.touch()?;
        self.flush(keys::META)
    }

    /// Files that may still hold what was deleted, after the database has been asked to remove what nobody needs any more.
    pub(crate) fn files_before(&self, deleted: &Deleted) -> Result<Former, StoreError> {
        self.remove_needless()?;
        let live = self.db().live_files().map_err(|error| self.failed(&error))?;
        let mut former = Former::default();
        let newest = |path: &Path| if is_table(path) { deleted.newest_table } else { deleted.newest_log };
        for (_, path) in self.numbered()?.into_iter().filter(|(number, path)| *number <= newest(path)) {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            match live.iter().find(|file| file.name.trim_start_matches('/') == name) {
                // Of a family by subscriber a table is not written anew that does not have this one's key.
                Some(table) if !WHOLE.contains(&table.column_family_name.as_str()) => {}
                Some(_) => former.in_use.push(path),
                None => former.held.push(path),
            }
        }
        Ok(former)
    }

    /// The database removes what it needs no more when a piece of its work ends, but what a reader or another piece still held at that
    /// moment only at the end of the next piece; of which there may be none while little happens.
    fn remove_needless(&self) -> Result<(), StoreError> {
        let asked = self.db().disable_file_deletions().and_then(|()| self.db().enable_file_deletions());
        asked.map_err(|error| self.failed(&error))
    }

    /// Where anything of the subscriber is: beneath the rows under the keys that were deleted, in any row, or in the octets of any
    /// file but those that `passes_over` tells.
    pub(crate) fn traces_without(
        &self,
        deleted: &Deleted,
        passes_over: impl Fn(&Path) -> bool,
        breath: Breath<'_>,
    ) -> Result<Vec<Trace>, StoreError> {
        let own = keys::subscriber(deleted.imsi);
        let mut traces = self.files_before(deleted)?.traces();
        for (family, key) in &deleted.keys {
            traces.extend(self.is_beneath(family, key)?.then(|| Trace::Remains(family.clone())));
        }
        for name in self.families() {
            let Some(family) = self.db().cf_handle(&name) else { continue };
            let rows = self.db().iterator_cf_opt(&family, passing(), rocksdb::IteratorMode::Start);
            let mut found = false;
            for row in rows {
                let (key, value) = row.map_err(|error| self.failed(&error))?;
                found |= names(&name, &key, &value, deleted.imsi);
                if found || !breath() {
                    break;
                }
            }
            traces.extend(found.then_some(Trace::Row(name)));
        }
        let digits = deleted.imsi.to_string();
        let in_files =
            files_with(self.path(), &[&own, digits.as_bytes()], breath).map_err(|error| self.unreadable(&error))?;
        traces.extend(in_files.into_iter().filter(|file| !passes_over(file)).map(Trace::File));
        Ok(traces)
    }

    /// Ends what the database does by itself, for the process is about to end; so does [`Store::rewrite_without`].
    pub(crate) fn end_work(&self) {
        self.db().cancel_all_background_work(true);
    }

    /// Whether there is a row of this key, or was one of which a table or the memory still has something: a value that was deleted, or
    /// the word that it was. The database counts what it steps over.
    fn is_beneath(&self, family: &str, key: &[u8]) -> Result<bool, StoreError> {
        let Some(family) = self.db().cf_handle(family) else { return Ok(false) };
        let Range { start, end } = only(key);
        let mut options = passing();
        options.set_iterate_upper_bound(end);
        rocksdb::perf::set_perf_stats(PerfStatsLevel::EnableCount);
        let mut counted = PerfContext::default();
        counted.reset();
        let mode = rocksdb::IteratorMode::From(&start, rocksdb::Direction::Forward);
        let row = self.db().iterator_cf_opt(&family, options, mode).next().transpose();
        let metrics = [PerfMetric::InternalKeySkippedCount, PerfMetric::InternalDeleteSkippedCount];
        let skipped: u64 = metrics.into_iter().map(|metric| counted.metric(metric)).sum();
        rocksdb::perf::set_perf_stats(PerfStatsLevel::Disable);
        Ok(row.map_err(|error| self.failed(&error))?.is_some() || skipped > 0)
    }

    fn flush(&self, name: &str) -> Result<(), StoreError> {
        let Some(family) = self.db().cf_handle(name) else { return Ok(()) };
        self.db().flush_cf(&family).map_err(|error| self.failed(&error))
    }

    /// All that there are now, by name.
    pub(super) fn families(&self) -> Vec<String> {
        let buckets = self.buckets();
        keys::FIXED.into_iter().map(str::to_owned).chain(buckets.iter().map(|bucket| bucket.family())).collect()
    }

    /// Logs with anything in them, after the database has been asked to remove what nobody needs any more.
    pub(super) fn logs(&self) -> Result<Vec<PathBuf>, StoreError> {
        self.remove_needless()?;
        let is_log = |path: &PathBuf| path.extension().is_some_and(|ending| ending == "log");
        let holds = |path: &PathBuf| path.metadata().is_ok_and(|about| about.len() > 0);
        Ok(self.numbered()?.into_iter().map(|(_, path)| path).filter(|path| is_log(path) && holds(path)).collect())
    }

    /// The greatest number of these files of the database.
    fn newest(&self, of: impl Fn(&Path) -> bool) -> Result<u64, StoreError> {
        Ok(self.numbered()?.into_iter().filter(|(_, path)| of(path)).map(|(number, _)| number).max().unwrap_or(0))
    }

    /// The database's own files, with their numbers, by which the newer is told.
    fn numbered(&self) -> Result<Vec<(u64, PathBuf)>, StoreError> {
        let files = std::fs::read_dir(self.path()).map_err(|error| self.unreadable(&error))?;
        let numbered = files.flatten().filter_map(|file| {
            let name = file.file_name().to_string_lossy().into_owned();
            let table_or_log = || name.strip_suffix(".sst").or_else(|| name.strip_suffix(".log"));
            let number = name.strip_prefix("MANIFEST-").or_else(table_or_log)?;
            Some((number.parse().ok()?, file.path()))
        });
        Ok(numbered.collect())
    }
}

fn is_table(file: &Path) -> bool {
    file.extension().is_some_and(|ending| ending == "sst")
}

fn is_of_subscribers(family: &str) -> bool {
    OWN.contains(&family) || Bucket::from_family(family).is_some()
}

/// What is read once is not to take the place of what is read often.
fn passing() -> ReadOptions {
    let mut options = ReadOptions::default();
    options.fill_cache(false);
    options
}

/// This key and no other.
fn only(key: &[u8]) -> Range<Vec<u8>> {
    key.to_vec()..[key, &[0]].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Random;

    fn traces(store: &Store, deleted: &Deleted) -> Vec<Trace> {
        store.traces_without(deleted, |_| false, &mut || true).unwrap()
    }

    #[test]
    fn what_is_left_anywhere_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let (imsi, other): (Imsi, Imsi) = ("460001234567890".parse().unwrap(), "460001234567891".parse().unwrap());
        let put = |family: &str, key: &[u8], value: &[u8]| {
            let mut batch = WriteBatch::default();
            batch.put_cf(&store.family(family).unwrap(), key, value);
            store.write(batch, true).unwrap();
        };
        for imsi in [imsi, other] {
            put(keys::PROFILE, &keys::subscriber(imsi), b"it");
            put(keys::LIVE, &keys::subscriber(imsi), b"it");
        }
        store.flush(keys::PROFILE).unwrap();
        let mut deleted = store.delete_own(imsi).unwrap();
        store.note_deleted(&mut deleted, &[]).unwrap();
        assert_eq!(deleted.gone.rows, 2);
        let left = traces(&store, &deleted);
        let remains = |family: &str| left.contains(&Trace::Remains(family.to_owned()));
        assert!(remains(keys::PROFILE) && remains(keys::LIVE) && !remains(keys::CONTACT), "{left:?}");
        assert!(
            left.iter().any(|trace| matches!(trace, Trace::Former(path) if path.extension().is_some())),
            "{left:?}"
        );

        // Who still sees it as it was keeps it.
        put(keys::LIVE, &keys::subscriber(imsi), b"it");
        let seen = store.db().snapshot();
        deleted = store.delete_own(imsi).unwrap();
        store.note_deleted(&mut deleted, &[]).unwrap();
        store.rewrite_without(&mut deleted, false, &mut || true).unwrap();
        let left = traces(&store, &deleted);
        assert!(left.contains(&Trace::Remains(keys::LIVE.to_owned())), "{left:?}");
        drop(seen);
        store.rewrite_without(&mut deleted, false, &mut || true).unwrap();
        assert_eq!(traces(&store, &deleted), []);
        assert_eq!(store.row(keys::PROFILE, &keys::subscriber(other)).unwrap().as_deref(), Some(b"it".as_slice()));

        // What comes anew is found as what was there.
        put(keys::META, b"about", &keys::subscriber(imsi));
        assert!(traces(&store, &deleted).contains(&Trace::Row(keys::META.to_owned())));
    }

    #[test]
    fn nothing_of_others_names_who_was_forgotten_between_them() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let [before, imsi, after]: [Imsi; 3] =
            ["460001234567889", "460001234567890", "460001234567891"].map(|imsi| imsi.parse().unwrap());
        let (mut random, mut batch) = (Random::new(1), WriteBatch::default());
        for imsi in [before, imsi, after] {
            // Each fills blocks of its own.
            let value: Vec<u8> = (0..20_000).map(|_| random.below(256) as u8).collect();
            batch.put_cf(&store.family(keys::LIVE).unwrap(), keys::subscriber(imsi), value);
        }
        store.write(batch, true).unwrap();
        let mut deleted = store.delete_own(imsi).unwrap();
        store.note_deleted(&mut deleted, &[]).unwrap();
        store.rewrite_without(&mut deleted, false, &mut || true).unwrap();
        assert_eq!(traces(&store, &deleted), []);
    }

    #[test]
    fn a_table_of_before_is_a_trace_as_long_as_it_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let imsi: Imsi = "460001234567890".parse().unwrap();
        let mut batch = WriteBatch::default();
        batch.put_cf(&store.family(keys::CONTACT).unwrap(), keys::subscriber(imsi), b"it");
        store.write(batch, true).unwrap();
        store.flush(keys::CONTACT).unwrap();
        let reader = store.rows(keys::CONTACT, &[]).unwrap();
        let mut deleted = store.delete_own(imsi).unwrap();
        let mut batch = WriteBatch::default();
        batch.delete_cf(&store.family(keys::CONTACT).unwrap(), keys::subscriber(imsi));
        store.write(batch, true).unwrap();
        store.note_deleted(&mut deleted, &[]).unwrap();
        store.rewrite_without(&mut deleted, false, &mut || true).unwrap();
        let former = || store.files_before(&deleted).unwrap();
        let held = former().held;
        assert!(held.iter().all(|path| is_table(path)), "{held:?}");
        assert_eq!((held.len(), former().in_use), (1, Vec::new()));
        drop(reader);
        assert!(former().is_empty(), "{:?}", former());
    }

    #[test]
    fn what_others_write_meanwhile_keeps_no_log_of_before() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let (imsi, other): (Imsi, Imsi) = ("460001234567890".parse().unwrap(), "460001234567891".parse().unwrap());
        let put = |imsi: Imsi| {
            let mut batch = WriteBatch::default();
            batch.put_cf(&store.family(keys::LIVE).unwrap(), keys::subscriber(imsi), b"it");
            store.write(batch, true).unwrap();
        };
        put(imsi);
        let mut deleted = store.delete_own(imsi).unwrap();
        // The database begins another log by itself, in which there is nothing yet.
        store.families().iter().for_each(|family| store.flush(family).unwrap());
        store.note_deleted(&mut deleted, &[]).unwrap();
        let mut engine = || {
            put(other);
            true
        };
        store.rewrite_without(&mut deleted, false, &mut engine).unwrap();
        assert!(store.files_before(&deleted).unwrap().is_empty(), "{:?}", store.files_before(&deleted));
        assert_eq!(traces(&store, &deleted), []);
    }
}

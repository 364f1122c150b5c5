//! The store as RocksDB sees it: opening, refusing what is not ours, reading rows, writing batches.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};

use arc_swap::ArcSwap;
use event::Timestamp;
use rocksdb::{
    BoundColumnFamily, Cache, ColumnFamilyDescriptor, DBPinnableSlice, DBWithThreadMode, Direction, FlushOptions,
    IteratorMode, MultiThreaded, Options, ReadOptions, WriteBatch, WriteOptions,
};
use rustc_hash::FxHashMap;

use super::keys::{self, Bucket, Stamp};
use super::options::{
    DEFAULT_ARENA_BYTES, DEFAULT_CACHE_BYTES, database_options, family_options, forget, journal_buffer_octets,
};
use super::pace::Pace;
use crate::shard;

/// Why a store cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another process has it open.
    #[error(
        "the store `{}` is in use by another touchpoint; stop that one first, or name another folder with --store",
        path.display()
    )]
    Locked {
        /// The folder.
        path: PathBuf,
    },
    /// The folder holds something else.
    #[error("`{}` is not empty and holds no touchpoint store; name an empty or new folder with --store", path.display())]
    NotAStore {
        /// The folder.
        path: PathBuf,
    },
    /// Written by a newer program.
    #[error(
        "the store `{}` has layout {found}, this touchpoint knows layouts up to {known}; use the newer touchpoint \
         that wrote it, or name another folder with --store",
        path.display()
    )]
    Newer {
        /// The folder.
        path: PathBuf,
        /// Its layout.
        found: u32,
        /// The newest layout that this program knows.
        known: u32,
    },
    /// No room.
    #[error("the disk that holds the store `{}` is full; free some space and start again: nothing is counted twice", path.display())]
    DiskFull {
        /// The folder.
        path: PathBuf,
    },
    /// A row is not what was written.
    #[error("the store `{}` is damaged: a row of `{family}` cannot be read; restore a copy, or name a new folder with --store", path.display())]
    Damaged {
        /// The folder.
        path: PathBuf,
        /// The column family.
        family: String,
    },
    /// Anything else that the database or the file system says.
    #[error("the store `{}` cannot be used: {message}", path.display())]
    Failed {
        /// The folder.
        path: PathBuf,
        /// What it said.
        message: String,
    },
}

type Db = DBWithThreadMode<MultiThreaded>;
pub(crate) type Family<'a> = Arc<BoundColumnFamily<'a>>;
/// Sealed runs that count, by bucket.
pub(crate) type Runs = FxHashMap<(Bucket, Stamp), Pace>;

/// Facts, decisions and offers on disk. Shared by all threads; every row has one writer.
pub struct Store {
    db: Db,
    path: PathBuf,
    runs: AtomicU32,
    cache: Cache,
    arena_bytes: usize,
    /// Oldest first. Changed by the sealing thread alone.
    buckets: ArcSwap<Vec<Bucket>>,
    /// Changed by the sealing thread alone, after the rows of [`keys::META`].
    registered: ArcSwap<Runs>,
    /// Subscribers of whom all is older than this are forgotten, in microseconds.
    forgotten: Arc<AtomicI64>,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").field("path", &self.path).finish_non_exhaustive()
    }
}

/// The first layout in which it is known how far each feed has come.
const FEEDS_APART: u32 = 6;

/// What is less than one part in so many of a bucket is a small one.
const SMALL_PART: usize = 32;

/// Where sealed runs are written before they are taken in.
const SEALING_FOLDER: &str = "sealing";

/// The empty file that says whose folder this is. It is there before anything else, so that a store whose making was
/// cut off anywhere is known as ours, and a database of another program is never opened.
pub(super) const MARK: &str = "TOUCHPOINT";

impl Store {
    /// Opens the store in this folder, or makes one there.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        Self::open_with(path, DEFAULT_CACHE_BYTES, DEFAULT_ARENA_BYTES)
    }

    /// The same, with so many octets for what was read lately, and written from arenas of so many octets.
    pub(crate) fn open_with(path: &Path, cache_bytes: usize, arena_bytes: usize) -> Result<Self, StoreError> {
        let fail = |error: rocksdb::Error| failure(path, &error);
        take(path)?;
        std::fs::create_dir_all(path.join(SEALING_FOLDER)).map_err(|error| io_failure(path, &error))?;
        // RocksDB puts its `CURRENT` in place when its first manifest is whole: without it there is no row yet.
        let is_new = !path.join("CURRENT").is_file();
        let cache = Cache::new_lru_cache(cache_bytes);
        let options = database_options(arena_bytes).map_err(fail)?;
        let mut names: Vec<String> = if is_new { Vec::new() } else { Db::list_cf(&options, path).map_err(fail)? };
        names.extend(keys::FIXED.into_iter().map(str::to_owned));
        names.sort_unstable();
        names.dedup();
        let mut buckets: Vec<Bucket> = names.iter().filter_map(|name| Bucket::from_family(name)).collect();
        buckets.sort_unstable();
        let forgotten = Arc::new(AtomicI64::new(i64::MIN));
        let families = names.into_iter().map(|name| {
            let mut options = family_options(&name, &cache, arena_bytes)?;
            forget(&mut options, &name, &forgotten);
            Ok(ColumnFamilyDescriptor::new(name, options))
        });
        let families: Vec<ColumnFamilyDescriptor> = families.collect::<Result<_, _>>().map_err(fail)?;
        let db = Db::open_cf_descriptors(&options, path, families).map_err(fail)?;
        let store = Self {
            db,
            path: path.to_owned(),
            runs: AtomicU32::new(0),
            cache,
            arena_bytes,
            buckets: ArcSwap::from_pointee(buckets),
            registered: ArcSwap::default(),
            forgotten,
        };
        store.check_version()?;
        store.drop_former()?;
        store.registered.store(Arc::new(store.registered_rows(ReadOptions::default())?));
        Ok(store)
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// From now on subscribers of whom all is older than this are forgotten: their rows go when the database next rewrites
    /// them, a month after they were written at the latest. Whoever reads one before must ask its age.
    pub(crate) fn forget_before(&self, oldest: Timestamp) {
        self.forgotten.fetch_max(oldest.as_micros(), Ordering::Relaxed);
    }

    fn check_version(&self) -> Result<(), StoreError> {
        match self.number(keys::META_VERSION)? {
            Some(found) if found > keys::VERSION => {
                Err(StoreError::Newer { path: self.path.clone(), found, known: keys::VERSION })
            }
            Some(keys::VERSION) => Ok(()),
            Some(found) => self.migrate(found),
            // Its making was cut off before the first row.
            None if self.rows(keys::META, &[])?.next().is_none() => self.mark_version(WriteBatch::default()),
            None => Err(self.damaged(keys::META)),
        }
    }

    fn migrate(&self, from: u32) -> Result<(), StoreError> {
        let mut batch = WriteBatch::default();
        if from < FEEDS_APART {
            shard::migrate(self, &mut batch)?;
        }
        self.mark_version(batch)
    }

    fn mark_version(&self, mut batch: WriteBatch) -> Result<(), StoreError> {
        batch.put_cf(&self.family(keys::META)?, keys::META_VERSION, keys::VERSION.to_be_bytes());
        self.write(batch, true)
    }

    // Whatever they told is told elsewhere since.
    fn drop_former(&self) -> Result<(), StoreError> {
        let mut former = keys::FORMER.into_iter().filter(|name| self.db.cf_handle(name).is_some());
        former.try_for_each(|name| self.db.drop_cf(name).map_err(|error| self.failed(&error)))
    }

    fn number(&self, key: &[u8]) -> Result<Option<u32>, StoreError> {
        let Some(row) = self.row(keys::META, key)? else { return Ok(None) };
        let octets = row.as_ref().try_into().map_err(|_| self.damaged(keys::META))?;
        Ok(Some(u32::from_be_bytes(octets)))
    }

    /// How often an engine has been started on it.
    pub fn starts(&self) -> Result<u32, StoreError> {
        Ok(self.number(keys::META_EPOCH)?.unwrap_or(0))
    }

    /// Begins a start of the engine: gives its number, and clears what an earlier one left half written.
    pub(crate) fn begin(&self) -> Result<u32, StoreError> {
        let epoch = self.starts()?.saturating_add(1);
        let mut batch = WriteBatch::default();
        batch.put_cf(&self.family(keys::META)?, keys::META_EPOCH, epoch.to_be_bytes());
        self.write(batch, true)?;
        let left = std::fs::read_dir(self.path.join(SEALING_FOLDER)).map_err(|error| io_failure(&self.path, &error))?;
        left.flatten()
            .try_for_each(|file| std::fs::remove_file(file.path()))
            .map_err(|error| io_failure(&self.path, &error))?;
        self.runs.store(0, Ordering::Relaxed);
        Ok(epoch)
    }

    /// A name for a sealed run that no other has had.
    pub(crate) fn next_run(&self, epoch: u32) -> Stamp {
        Stamp { epoch, number: self.runs.fetch_add(1, Ordering::Relaxed) }
    }

    /// Where what a run has for this column family is written before it is taken in.
    pub(crate) fn sealing_file(&self, family: &str, run: Stamp) -> PathBuf {
        self.path.join(SEALING_FOLDER).join(format!("{family}-{}-{}.sst", run.epoch, run.number))
    }

    pub(crate) fn family(&self, name: &str) -> Result<Family<'_>, StoreError> {
        self.db.cf_handle(name).ok_or_else(|| self.damaged(name))
    }

    /// The column family of a bucket's events, made where there is none. Only the sealing thread calls this.
    pub(crate) fn bucket_family(&self, bucket: Bucket) -> Result<Family<'_>, StoreError> {
        let name = bucket.family();
        if self.db.cf_handle(&name).is_none() {
            self.db.create_cf(&name, &self.run_options(&name)?).map_err(|error| self.failed(&error))?;
            let mut buckets = self.buckets.load().to_vec();
            buckets.push(bucket);
            buckets.sort_unstable();
            self.buckets.store(Arc::new(buckets));
        }
        self.family(&name)
    }

    /// The options with which sealed runs are written.
    pub(crate) fn run_options(&self, family: &str) -> Result<Options, StoreError> {
        family_options(family, &self.cache, self.arena_bytes).map_err(|error| self.failed(&error))
    }

    /// Octets of memory for what was read lately.
    pub(crate) fn cache_octets(&self) -> u64 {
        self.cache.get_usage() as u64
    }

    /// The buckets whose events are there, oldest first.
    pub(crate) fn buckets(&self) -> Arc<Vec<Bucket>> {
        self.buckets.load_full()
    }

    /// The runs that count, for those who read beside the sealing thread.
    pub(crate) fn registered(&self) -> Arc<Runs> {
        self.registered.load_full()
    }

    /// How many files of a bucket have more than a small part of it. When packet time comes to a bucket, its first events are sealed
    /// with the last ones before it: such a run costs little to read, and is no reason to write the others once more.
    pub(crate) fn large_runs(&self, bucket: Bucket) -> Result<usize, StoreError> {
        let (files, name) = (self.db.live_files().map_err(|error| self.failed(&error))?, bucket.family());
        let sizes = || files.iter().filter(|file| file.column_family_name == name).map(|file| file.size);
        let all: usize = sizes().sum();
        Ok(sizes().filter(|size| *size > all / SMALL_PART).count())
    }

    pub(crate) fn registered_rows(&self, options: ReadOptions) -> Result<Runs, StoreError> {
        let mut runs = Runs::default();
        for row in self.rows_with(keys::META, keys::META_RUN, options)? {
            let (key, pace) = row?;
            // What follows the runs in `meta` is none.
            let Some(run) = keys::read_run(&key) else { break };
            runs.insert(run, Pace::read(&pace).ok_or_else(|| self.damaged(keys::META))?);
        }
        Ok(runs)
    }

    /// A run has been registered in these buckets. Only the sealing thread calls this.
    pub(crate) fn note_run(&self, buckets: &[Bucket], run: Stamp, pace: Pace) {
        let mut registered = self.registered().as_ref().clone();
        registered.extend(buckets.iter().map(|bucket| ((*bucket, run), pace)));
        self.registered.store(Arc::new(registered));
    }

    /// Makes one file of a closed bucket's runs, one value of each subscriber's blocks.
    pub(crate) fn merge_runs(&self, bucket: Bucket) -> Result<(), StoreError> {
        let family = self.family(&bucket.family())?;
        self.db.compact_range_cf(&family, None::<&[u8]>, None::<&[u8]>);
        Ok(())
    }

    /// Drops the events of every bucket before `floor`; tells how many. Only the sealing thread calls this.
    pub(crate) fn drop_buckets(&self, floor: Bucket) -> Result<u64, StoreError> {
        let (old, kept): (Vec<Bucket>, Vec<Bucket>) = self.buckets().iter().partition(|bucket| **bucket < floor);
        self.buckets.store(Arc::new(kept));
        let mut registered = self.registered().as_ref().clone();
        registered.retain(|(at, _), _| *at >= floor);
        self.registered.store(Arc::new(registered));
        for bucket in &old {
            self.db.drop_cf(&bucket.family()).map_err(|error| self.failed(&error))?;
        }
        Ok(old.len() as u64)
    }

    pub(crate) const fn db(&self) -> &Db {
        &self.db
    }

    pub(crate) fn row(&self, family: &str, key: &[u8]) -> Result<Option<DBPinnableSlice<'_>>, StoreError> {
        self.db.get_pinned_cf(&self.family(family)?, key).map_err(|error| self.failed(&error))
    }

    /// The rows from a key onwards.
    pub(crate) fn rows<'a>(&'a self, family: &str, from: &[u8]) -> Result<Rows<'a>, StoreError> {
        self.rows_with(family, from, ReadOptions::default())
    }

    pub(crate) fn rows_with<'a>(
        &'a self,
        family: &str,
        from: &[u8],
        options: ReadOptions,
    ) -> Result<Rows<'a>, StoreError> {
        let mode = IteratorMode::From(from, Direction::Forward);
        let rows = self.db.iterator_cf_opt(&self.family(family)?, options, mode);
        Ok(Box::new(rows.map(|row| row.map_err(|error| self.failed(&error)))))
    }

    /// Writes all of it or nothing. With `sync` it is on disk when this returns; without, the operating system has it,
    /// so that only a power failure can take it away.
    pub(crate) fn write(&self, batch: WriteBatch, sync: bool) -> Result<(), StoreError> {
        self.db.write_opt(batch, &WriteOptions::default()).map_err(|error| self.failed(&error))?;
        // Apart from the write, so that others can write while this one waits for the disk.
        if sync { self.sync() } else { Ok(()) }
    }

    /// Everything that has been written is on disk when this returns.
    pub(crate) fn sync(&self) -> Result<(), StoreError> {
        self.db.flush_wal(true).map_err(|error| self.failed(&error))
    }

    /// Part of the journal has been deleted, and of the changes beside it, and nothing more is for now: where little room is left in
    /// memory, what they take is given back, and only the rest is written to files.
    pub(crate) fn empty_journal(&self) -> Result<(), StoreError> {
        let families = [self.family(keys::JOURNAL)?, self.family(keys::CHANGE)?];
        let mut octets = 0;
        for family in &families {
            let own = self.db.property_int_value_cf(family, rocksdb::properties::CUR_SIZE_ACTIVE_MEM_TABLE);
            octets += own.map_err(|error| self.failed(&error))?.unwrap_or_default();
        }
        if octets < journal_buffer_octets(self.arena_bytes) as u64 / 4 * 3 {
            return Ok(());
        }
        let mut options = FlushOptions::default();
        options.set_wait(false);
        families
            .iter()
            .try_for_each(|family| self.db.flush_cf_opt(family, &options))
            .map_err(|error| self.failed(&error))
    }

    /// Frees at once the files that hold nothing but this range, which has been deleted.
    pub(crate) fn delete_files(&self, family: &str, range: Range<&[u8]>) -> Result<(), StoreError> {
        let family = self.family(family)?;
        self.db.delete_file_in_range_cf(&family, range.start, range.end).map_err(|error| self.failed(&error))
    }

    pub(crate) fn failed(&self, error: &rocksdb::Error) -> StoreError {
        failure(&self.path, error)
    }

    pub(crate) fn unreadable(&self, error: &std::io::Error) -> StoreError {
        io_failure(&self.path, error)
    }

    pub(crate) fn damaged(&self, family: &str) -> StoreError {
        StoreError::Damaged { path: self.path.clone(), family: family.to_owned() }
    }
}

// An empty or missing folder becomes ours; one with other things in it is left alone.
fn take(path: &Path) -> Result<(), StoreError> {
    let fail = |error: std::io::Error| io_failure(path, &error);
    let mark = path.join(MARK);
    if mark.is_file() {
        return Ok(());
    }
    std::fs::create_dir_all(path).map_err(fail)?;
    match std::fs::read_dir(path).map_err(fail)?.next() {
        None => std::fs::File::create(mark).and_then(|file| file.sync_all()).map_err(fail),
        Some(_) => Err(StoreError::NotAStore { path: path.to_owned() }),
    }
}

/// Key and value.
pub(crate) type Row = Result<(Box<[u8]>, Box<[u8]>), StoreError>;

/// Rows of a column family in order of key.
pub(crate) type Rows<'a> = Box<dyn Iterator<Item = Row> + 'a>;

fn failure(path: &Path, error: &rocksdb::Error) -> StoreError {
    let message = error.to_string();
    let path = path.to_owned();
    // RocksDB tells these two only in words.
    if message.contains("lock file") || message.contains("lock hold by") {
        StoreError::Locked { path }
    } else if message.contains("No space left on device") {
        StoreError::DiskFull { path }
    } else {
        StoreError::Failed { path, message }
    }
}

fn io_failure(path: &Path, error: &std::io::Error) -> StoreError {
    let path = path.to_owned();
    match error.kind() {
        std::io::ErrorKind::StorageFull => StoreError::DiskFull { path },
        _ => StoreError::Failed { path, message: error.to_string() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::window::profile;

    fn folder() -> tempfile::TempDir {
        tempfile::tempdir().unwrap()
    }

    #[test]
    fn a_store_opens_again_and_counts_its_starts() {
        let folder = folder();
        for epoch in 1..4 {
            assert_eq!(Store::open(folder.path()).unwrap().begin().unwrap(), epoch);
        }
    }

    #[test]
    fn a_store_in_use_is_refused() {
        let folder = folder();
        let _first = Store::open(folder.path()).unwrap();
        let error = Store::open(folder.path()).unwrap_err();
        assert!(matches!(error, StoreError::Locked { .. }), "{error}");
        assert!(error.to_string().contains(&folder.path().display().to_string()), "{error}");
    }

    #[test]
    fn a_newer_store_is_refused() {
        let folder = folder();
        let store = Store::open(folder.path()).unwrap();
        let mut batch = WriteBatch::default();
        batch.put_cf(&store.family(keys::META).unwrap(), keys::META_VERSION, (keys::VERSION + 1).to_be_bytes());
        store.write(batch, true).unwrap();
        drop(store);
        let error = Store::open(folder.path()).unwrap_err();
        assert!(matches!(error, StoreError::Newer { found, .. } if found == keys::VERSION + 1), "{error}");
    }

    #[test]
    fn an_older_store_is_read_and_marked() {
        let folder = folder();
        let store = Store::open(folder.path()).unwrap();
        let mut batch = WriteBatch::default();
        batch.put_cf(&store.family(keys::META).unwrap(), keys::META_VERSION, (keys::VERSION - 1).to_be_bytes());
        store.write(batch, true).unwrap();
        drop(store);
        let store = Store::open(folder.path()).unwrap();
        assert_eq!(store.number(keys::META_VERSION).unwrap(), Some(keys::VERSION));
    }

    #[test]
    fn a_folder_of_other_things_is_refused_and_left_alone() {
        let folder = folder();
        std::fs::write(folder.path().join("letters.txt"), "dear").unwrap();
        let error = Store::open(folder.path()).unwrap_err();
        assert!(matches!(error, StoreError::NotAStore { .. }), "{error}");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn another_program_s_database_is_refused() {
        let folder = folder();
        let mut options = Options::default();
        options.create_if_missing(true);
        options.create_missing_column_families(true);
        drop(Db::open_cf(&options, folder.path(), ["meta"]).unwrap());
        let error = Store::open(folder.path()).unwrap_err();
        assert!(matches!(error, StoreError::NotAStore { .. }), "{error}");
        assert_eq!(Db::list_cf(&options, folder.path()).unwrap(), ["default", "meta"], "left as it was");
    }

    #[test]
    fn a_store_whose_making_was_cut_off_is_made_anew() {
        // What is there after a kill: our mark, then what RocksDB writes in this order before its `CURRENT`.
        let whole = folder();
        drop(Store::open(whole.path()).unwrap());
        let manifest = std::fs::read_dir(whole.path())
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .find(|path| path.file_name().unwrap().to_string_lossy().starts_with("MANIFEST"))
            .unwrap();
        let manifest = std::fs::read(manifest).unwrap();
        for (left, octets) in [
            (vec![MARK], &manifest[..]),
            (vec![MARK, "LOCK", "LOG"], &manifest[..]),
            (vec![MARK, "LOCK", "LOG", "MANIFEST-000001"], &manifest[..7]),
            (vec![MARK, "LOCK", "LOG", "IDENTITY", "MANIFEST-000001", "000001.dbtmp"], &manifest[..]),
        ] {
            let folder = folder();
            for name in &left {
                let octets = if name.starts_with("MANIFEST") { octets } else { &[] };
                std::fs::write(folder.path().join(name), octets).unwrap();
            }
            assert_eq!(Store::open(folder.path()).unwrap().begin().unwrap(), 1, "{left:?}");
        }
    }

    #[test]
    fn rows_of_subscribers_who_are_forgotten_go() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let mut batch = WriteBatch::default();
        for seconds in 1..=4_u64 {
            let at = Timestamp::from_seconds(seconds as i64);
            let seen = rules::Profile { last_seen: Some(at), ..rules::Profile::default() };
            let kind = rules::scenario::MessageKind::Sms;
            let contact = rules::profile::Contact { at, scenario: 1, campaign: 1, counted: true, kind, parts: 1 };
            let (mut row, mut contacts) = (Vec::new(), Vec::new());
            profile::put(&mut row, &seen);
            profile::put_contacts(&mut contacts, &[contact]);
            batch.put_cf(&store.family(keys::PROFILE).unwrap(), seconds.to_be_bytes(), row);
            batch.put_cf(&store.family(keys::CONTACT).unwrap(), seconds.to_be_bytes(), contacts);
        }
        store.write(batch, true).unwrap();
        let count = |family| {
            store.db.compact_range_cf(&store.family(family).unwrap(), None::<&[u8]>, None::<&[u8]>);
            store.rows(family, &[]).unwrap().count()
        };
        store.forget_before(Timestamp::from_seconds(3));
        store.forget_before(Timestamp::from_seconds(2));
        assert_eq!((count(keys::PROFILE), count(keys::CONTACT)), (2, 2));
    }

    #[test]
    fn small_runs_of_a_bucket_are_no_large_ones() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let (bucket, other) = (Bucket::of(Timestamp::from_seconds(0)), Bucket::of(Timestamp::from_seconds(-1)));
        let mut random = crate::testing::Random::new(1);
        let mut run = |bucket, octets| {
            let family = store.bucket_family(bucket).unwrap();
            let value: Vec<u8> = (0..octets).map(|_| random.below(256) as u8).collect();
            store.db.merge_cf(&family, b"key", value).unwrap();
            store.db.flush_cf(&family).unwrap();
        };
        for octets in [200_000, 100_000, 100, 150_000, 100] {
            run(bucket, octets);
        }
        run(other, 5_000_000);
        assert_eq!((store.large_runs(bucket).unwrap(), store.large_runs(other).unwrap()), (3, 1));
    }
}

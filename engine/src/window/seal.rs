//! Sealing: an immutable arena becomes one sorted run per bucket, and the journal that it came from is deleted.
//!
//! A run counts from the moment when its name is registered, in the same batch that deletes the journal range. What a
//! crash leaves taken in but not registered is passed over by readers and goes with its bucket, so sealing again after
//! a crash, under a new name, loses nothing and doubles nothing. Profiles are taken in before that too: what they know of is
//! then in the journal still, and means nothing to them when it is observed again.

use std::collections::BTreeMap;
use std::ops::Range;

use event::{Event, Imsi, Timestamp, prefetch};
use rocksdb::{IngestExternalFileOptions, Options, SstFileWriter, WriteBatch};
use rules::Profile;

use super::arena::{Arena, Tail};
use super::chains::Chains;
use super::keys::{self, Bucket, Stamp};
use super::octets::{Octets, put_varint};
use super::pace::Pace;
use super::profile;
use super::record::{self, Previous, Retold};
use super::store::{Family, Store, StoreError};

/// About how many octets a stored profile has.
const PROFILE_OCTETS: usize = 48;

/// What is sealed at once: an arena that nobody appends to any more, with its subscribers.
#[derive(Debug, Default)]
pub(crate) struct Generation {
    /// The name of its runs.
    pub(crate) run: Stamp,
    /// First key of the journal that holds the same events, and the key after its last.
    pub(crate) journal: ([u8; 9], [u8; 9]),
    pub(crate) arena: Arena,
    members: Vec<Member>,
    /// So many of them are sorted, in pieces of [`PIECE`].
    sorted: usize,
    /// Stored profiles of the members, one after the other.
    profiles: Vec<u8>,
}

/// A subscriber of a generation.
#[derive(Clone, Debug)]
struct Member {
    imsi: Imsi,
    tail: Tail,
    /// Where its profile is in [`Generation::profiles`].
    profile: Range<u32>,
}

/// So many members before its turn what is remembered of a member is fetched.
const AHEAD: usize = 8;

/// Members that are sorted at once, so that each is found without all of them being sorted.
const PIECE: usize = 1_024;

impl Generation {
    /// Of these events and no subscriber yet.
    pub(crate) fn new(run: Stamp, journal: ([u8; 9], [u8; 9]), arena: Arena) -> Self {
        Self::default().renewed(run, journal, arena)
    }

    /// The same, in the memory of one that has been sealed: to get other memory takes as long as to fill it.
    pub(crate) fn renewed(mut self, run: Stamp, journal: ([u8; 9], [u8; 9]), arena: Arena) -> Self {
        self.members.clear();
        self.profiles.clear();
        self.members.reserve(arena.subscribers().len());
        self.profiles.reserve(PROFILE_OCTETS * arena.subscribers().len());
        Self { run, journal, arena, sorted: 0, ..self }
    }

    /// Adds a subscriber with records in the arena.
    pub(crate) fn add(&mut self, imsi: Imsi, tail: Tail, profile: &Profile) {
        let start = self.profiles.len() as u32; // fewer octets than the records, of which there are fewer than 2³⁰
        profile::put(&mut self.profiles, profile);
        self.members.push(Member { imsi, tail, profile: start..self.profiles.len() as u32 });
        if self.members.len() - self.sorted >= PIECE {
            self.members.get_mut(self.sorted..).unwrap_or_default().sort_unstable_by_key(|member| member.imsi);
            self.sorted = self.members.len();
        }
    }

    fn pace(&self) -> Pace {
        Pace::through(self.arena.points())
    }

    /// Where the newest record of a subscriber begins who has been added.
    pub(crate) fn tail(&self, imsi: Imsi) -> Option<Tail> {
        let (sorted, rest) = self.members.split_at_checked(self.sorted)?;
        let within = |piece: &[Member]| piece.binary_search_by_key(&imsi, |member| member.imsi).ok();
        let find = |piece: &'_ [Member]| piece.get(within(piece)?).map(|member| member.tail);
        let last = || rest.iter().find(|member| member.imsi == imsi).map(|member| member.tail);
        sorted.chunks(PIECE).find_map(find).or_else(last)
    }
}

/// Seals a generation. Events of buckets before `floor` are older than the retention and are left out.
pub(crate) fn seal(store: &Store, generation: &Generation, floor: Bucket) -> Result<(), StoreError> {
    // Pieces of them are sorted already: a stable sort finds and merges them.
    let mut members = generation.members.clone();
    members.sort_by_key(|member| member.imsi);
    let buckets = write_runs(store, generation, &members, floor)?;
    write_profiles(store, generation, &members)?;
    write_changes(store, generation)?;
    take_in(store, generation, &buckets)?;
    register(store, generation, &buckets)
}

fn take_in(store: &Store, generation: &Generation, buckets: &[Bucket]) -> Result<(), StoreError> {
    let mut options = IngestExternalFileOptions::default();
    options.set_move_files(true);
    let take_in = |family: Family<'_>, name: &str| {
        let file = store.sealing_file(name, generation.run);
        // Where nothing has changed there is none.
        if !file.is_file() {
            return Ok(());
        }
        let files = vec![file];
        store.db().ingest_external_file_cf_opts(&family, &options, files).map_err(|error| store.failed(&error))
    };
    for bucket in buckets {
        take_in(store.bucket_family(*bucket)?, &bucket.family())?;
    }
    let families = [keys::PROFILE].into_iter().chain(keys::CHANGED);
    families.into_iter().try_for_each(|name| take_in(store.family(name)?, name))
}

fn write_runs(
    store: &Store,
    generation: &Generation,
    members: &[Member],
    floor: Bucket,
) -> Result<Vec<Bucket>, StoreError> {
    let buckets = generation.arena.buckets().iter().filter(|bucket| **bucket >= floor);
    let options: BTreeMap<Bucket, Options> =
        buckets.map(|bucket| Ok((*bucket, store.run_options(&bucket.family())?))).collect::<Result<_, _>>()?;
    let mut writers = BTreeMap::new();
    for (bucket, options) in &options {
        let writer = SstFileWriter::create(options);
        writer.open(store.sealing_file(&bucket.family(), generation.run)).map_err(|error| store.failed(&error))?;
        writers.insert(*bucket, writer);
    }
    let (arena, pace) = (&generation.arena, generation.pace());
    let mut chains = Chains::new(arena, members.iter().map(|member| member.tail));
    let (mut records, mut block) = (Vec::new(), Vec::new());
    for member in members {
        records.clear();
        let chain = chains.next().unwrap_or_default().iter().rev();
        for record in chain.map(|place| Retold::of(arena.record(*place)?)) {
            records.push(record.ok_or_else(|| store.damaged(keys::JOURNAL))?.off(pace));
        }
        for (bucket, writer) in &mut writers {
            block.clear();
            if put_block(&mut block, generation.run, *bucket, member.imsi, &records) {
                writer.merge(keys::subscriber(member.imsi), &block).map_err(|error| store.failed(&error))?;
            }
        }
    }
    writers.values_mut().try_for_each(SstFileWriter::finish).map_err(|error| store.failed(&error))?;
    Ok(writers.into_keys().collect())
}

/// What groups have changed since the arena began, where they have.
fn write_changes(store: &Store, generation: &Generation) -> Result<(), StoreError> {
    let (from, to) = &generation.journal;
    for family in keys::CHANGED {
        let pending = store.pending(family, from..to)?;
        if pending.is_empty() {
            continue;
        }
        let options = store.run_options(family)?;
        let mut writer = SstFileWriter::create(&options);
        let mut write = || {
            writer.open(store.sealing_file(family, generation.run))?;
            pending.iter().try_for_each(|(key, value)| match value {
                Some(value) => writer.put(key, value),
                None => writer.delete(key),
            })?;
            writer.finish()
        };
        write().map_err(|error| store.failed(&error))?;
    }
    Ok(())
}

fn write_profiles(store: &Store, generation: &Generation, members: &[Member]) -> Result<(), StoreError> {
    if members.is_empty() {
        return Ok(());
    }
    let options = store.run_options(keys::PROFILE)?;
    let mut writer = SstFileWriter::create(&options);
    let mut write = || {
        writer.open(store.sealing_file(keys::PROFILE, generation.run))?;
        let ahead = members.iter().skip(AHEAD).map(Some).chain(std::iter::repeat(None));
        for (Member { imsi, profile, .. }, ahead) in members.iter().zip(ahead) {
            let first = ahead.and_then(|ahead| generation.profiles.get(ahead.profile.start as usize));
            first.into_iter().for_each(prefetch);
            let profile = generation.profiles.get(profile.start as usize..profile.end as usize).unwrap_or_default();
            writer.put(keys::subscriber(*imsi), profile)?;
        }
        writer.finish()
    };
    write().map_err(|error| store.failed(&error))
}

/// Leads a block of which the run's name is told in few octets, the first record after its bucket, and frames by how much they are
/// off the run's pace. Before layout 10 a block began with the number of a start, of which there are fewer.
const BLOCK_VERSION: u8 = 0x81;

// A block: its version, the run's name, the length of what follows, then records. False where the bucket has none of the events.
pub(super) fn put_block(out: &mut Vec<u8>, run: Stamp, bucket: Bucket, imsi: Imsi, records: &[Retold<'_>]) -> bool {
    out.push(BLOCK_VERSION);
    put_varint(out, run.epoch.into());
    put_varint(out, run.number.into());
    let (start, mut previous) = (out.len(), Previous::in_bucket(bucket, imsi));
    for record in records.iter().filter(|record| Bucket::of(record.at()) == bucket) {
        record.put(out, &mut previous);
    }
    let length = out.len() - start;
    put_varint(out, length as u64);
    // Only now is the length known that stands before them.
    let varint = out.len() - start - length;
    out.get_mut(start..).unwrap_or_default().rotate_right(varint);
    length > 0
}

/// The run's name and what the first record is told after.
fn read_head(blocks: &mut Octets<'_>, bucket: Bucket, imsi: Imsi) -> Option<(Stamp, Previous)> {
    let mut octets = *blocks;
    if octets.octet()? != BLOCK_VERSION {
        return Some((Stamp::read(blocks)?, Previous::default()));
    }
    let mut number = || u32::try_from(octets.varint()?).ok();
    let run = Stamp { epoch: number()?, number: number()? };
    *blocks = octets;
    Some((run, Previous::in_bucket(bucket, imsi)))
}

/// Reads a subscriber's blocks in a bucket, passing over runs that are not registered, of which there is no pace, and events before
/// `since`.
pub(crate) fn read_blocks(
    blocks: &[u8],
    bucket: Bucket,
    imsi: Imsi,
    since: Timestamp,
    registered: impl Fn(Stamp) -> Option<Pace>,
    events: &mut Vec<Event>,
) -> Option<()> {
    let mut blocks = Octets::new(blocks);
    while !blocks.is_empty() {
        let (run, mut previous) = read_head(&mut blocks, bucket, imsi)?;
        let length = usize::try_from(blocks.varint()?).ok()?;
        let mut records = Octets::new(blocks.slice(length)?);
        let Some(pace) = registered(run) else { continue };
        while !records.is_empty() {
            let mut event = record::read(&mut records, imsi, &mut previous)?;
            event.frame = pace.frame(event.at.as_micros(), event.frame);
            if event.at >= since {
                events.push(event);
            }
        }
    }
    Some(())
}

fn register(store: &Store, generation: &Generation, buckets: &[Bucket]) -> Result<(), StoreError> {
    let mut batch = WriteBatch::default();
    let meta = store.family(keys::META)?;
    let (pace, mut row) = (generation.pace(), Vec::new());
    pace.put(&mut row);
    buckets.iter().for_each(|bucket| batch.put_cf(&meta, keys::run(*bucket, generation.run), &row));
    let (from, to) = &generation.journal;
    batch.delete_range_cf(&store.family(keys::JOURNAL)?, from, to);
    batch.delete_range_cf(&store.family(keys::CHANGE)?, from, to);
    store.write(batch, true)?;
    store.note_run(buckets, generation.run, pace);
    Ok(())
}

/// Drops every bucket whole: events before `floor`, the ledger before `decided`, and offers before that as far as they are
/// settled. Tells how many buckets of events went.
pub(crate) fn drop_before(store: &Store, floor: Bucket, decided: Bucket) -> Result<u64, StoreError> {
    let mut batch = WriteBatch::default();
    let first = keys::bucket_start(Bucket::FIRST);
    let end = keys::bucket_start(decided);
    let settled = keys::bucket_start(oldest_unsettled(store)?.unwrap_or(decided).min(decided));
    batch.delete_range_cf(&store.family(keys::LEDGER)?, first, end);
    batch.delete_range_cf(&store.family(keys::OUTBOX)?, first, settled);
    let no_run = Stamp::default();
    batch.delete_range_cf(&store.family(keys::META)?, keys::run(Bucket::FIRST, no_run), keys::run(floor, no_run));
    // Their runs are forgotten first, for certain: a run that counts has its bucket, whenever the power fails.
    store.write(batch, true)?;
    let dropped = store.drop_buckets(floor)?;
    store.delete_files(keys::LEDGER, &first..&end)?;
    store.delete_files(keys::OUTBOX, &first..&settled)?;
    Ok(dropped)
}

fn oldest_unsettled(store: &Store) -> Result<Option<Bucket>, StoreError> {
    let mut oldest = None;
    for family in [keys::PROPOSAL, keys::QUEUE] {
        for row in store.rows(family, &[])? {
            let (_, key) = row?;
            let (bucket, _) = keys::read_outbox(&key).ok_or_else(|| store.damaged(family))?;
            oldest = Some(oldest.map_or(bucket, |oldest: Bucket| oldest.min(bucket)));
        }
    }
    Ok(oldest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Random, random_event};
    use crate::window::arena::NO_RECORD;
    use crate::window::journal::Blob;
    use crate::window::keys::JournalKey;
    use crate::window::recover::{recover, stored_profile};

    fn observe(profile: &mut Profile, event: &Event) {
        profile.observe(event, true);
    }

    /// What a profile remembers of these events.
    fn observed(events: &[Event]) -> Profile {
        let mut profile = Profile::default();
        events.iter().for_each(|event| observe(&mut profile, event));
        profile
    }

    /// A store with one journal blob of one subscriber, and the generation that seals it.
    fn unsealed(store: &Store, imsi: Imsi) -> (Vec<Event>, Generation) {
        let epoch = store.begin().unwrap();
        let mut random = Random::new(1);
        let mut events: Vec<Event> = (0..50).map(|_| random_event(&mut random, imsi)).collect();
        events.sort_by_key(|event| event.at);
        let (mut blob, mut arena, mut tail) = (Blob::default(), Arena::default(), NO_RECORD);
        for event in &events {
            tail = arena.append(imsi, tail, event);
            blob.append(imsi, event);
        }
        let key = |number| JournalKey { stamp: Stamp { epoch, number }, shard: 3 }.octets();
        let mut batch = WriteBatch::default();
        batch.put_cf(&store.family(keys::JOURNAL).unwrap(), key(0), blob.octets());
        store.write(batch, false).unwrap();
        let mut generation = Generation::new(store.next_run(epoch), (key(0), key(1)), arena);
        generation.add(imsi, tail, &observed(&events));
        (events, generation)
    }

    /// `crash_after` steps of sealing, then a restart: each event is there once, before and after, and the profile is of all
    /// of them, though it may have been taken in before they were.
    fn check(crash_after: usize) {
        let folder = tempfile::tempdir().unwrap();
        let imsi: Imsi = "460001234567890".parse().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let (events, generation) = unsealed(&store, imsi);
        if crash_after >= 1 {
            let members = &generation.members;
            let buckets = write_runs(&store, &generation, members, Bucket::FIRST).unwrap();
            write_profiles(&store, &generation, members).unwrap();
            if crash_after >= 2 {
                take_in(&store, &generation, &buckets).unwrap();
            }
            if crash_after >= 3 {
                register(&store, &generation, &buckets).unwrap();
            }
        }
        assert_eq!(store.window(imsi, Timestamp::MIN).unwrap(), events, "before, {crash_after} steps");
        drop(store);
        let store = Store::open(folder.path()).unwrap();
        let epoch = store.begin().unwrap();
        let profile = || stored_profile(&store, imsi).unwrap();
        assert_eq!(profile(), (crash_after >= 2).then(|| observed(&events)), "what was taken in, {crash_after} steps");
        let recovered = recover(&store, epoch, 1 << 20, observe).unwrap();
        assert_eq!(profile(), Some(observed(&events)), "what is known afterwards, {crash_after} steps");
        assert_eq!(recovered, if crash_after >= 3 { 0 } else { 50 });
        assert_eq!(store.rows(keys::JOURNAL, &[]).unwrap().count(), 0);
        store.buckets().iter().for_each(|bucket| store.merge_runs(*bucket).unwrap());
        assert_eq!(store.window(imsi, Timestamp::MIN).unwrap(), events, "after, {crash_after} steps");
    }

    #[test]
    fn who_has_been_added_is_found_whatever_the_order() {
        let imsi = |number: usize| -> Imsi { format!("46000{number:010}").parse().unwrap() };
        let mut generation = Generation::default();
        for count in 0..3 * PIECE {
            assert_eq!(generation.tail(imsi(count * 7_919 % 10_007)), None);
            generation.add(imsi(count * 7_919 % 10_007), count as Tail, &Profile::default());
        }
        for count in 0..3 * PIECE {
            assert_eq!(generation.tail(imsi(count * 7_919 % 10_007)), Some(count as Tail), "{count}");
        }
    }

    #[test]
    fn blocks_give_back_what_counts_whatever_the_pace() {
        let mut random = Random::new(2);
        let imsi: Imsi = "460001234567890".parse().unwrap();
        let alone = Previous::default();
        for _ in 0..200 {
            let mut some = || -> Vec<Event> { (0..8).map(|_| random_event(&mut random, imsi)).collect() };
            let bucket = Bucket::of(some()[0].at);
            let (mut blocks, mut block, mut expected) = (Vec::new(), Vec::new(), Vec::new());
            let mut paces = Vec::new();
            for number in 0..3 {
                let points: Vec<(i64, u64)> = some().iter().map(|event| Previous::of(event).point()).collect();
                let (events, pace) = (some(), Pace::through(points.iter().copied()));
                let told = events.iter().map(|event| {
                    let mut out = Vec::new();
                    record::put(&mut out, event, &mut Previous::default());
                    out
                });
                let told: Vec<Vec<u8>> = told.collect();
                let record = |octets| Retold::of(record::Record { octets, after: &alone }).unwrap().off(pace);
                let records: Vec<Retold<'_>> = told.iter().map(|octets| record(&octets[..])).collect();
                block.clear();
                if put_block(&mut block, Stamp { epoch: number, number: 300 }, bucket, imsi, &records) {
                    blocks.extend_from_slice(&block);
                }
                if number != 1 {
                    expected.extend(events.into_iter().filter(|event| Bucket::of(event.at) == bucket));
                }
                paces.push(pace);
            }
            let counts = |run: Stamp| paces.get(run.epoch as usize).copied().filter(|_| run.epoch != 1);
            let mut read = Vec::new();
            read_blocks(&blocks, bucket, imsi, Timestamp::MIN, counts, &mut read).unwrap();
            assert_eq!(read, expected);
        }
    }

    #[test]
    fn a_crash_at_any_step_of_sealing_loses_nothing_and_doubles_nothing() {
        (0..=3).for_each(check);
    }
}

//! Sealing: an immutable arena becomes one sorted run per bucket, and the journal that it came from is deleted.
//!
//! A run counts from the moment when its name is registered, in the same batch that deletes the journal range. What a
//! crash leaves taken in but not registered is passed over by readers and goes with its bucket, so sealing again after
//! a crash, under a new name, loses nothing and doubles nothing.

use std::collections::{BTreeMap, BTreeSet};

use event::{Event, Imsi, Timestamp};
use rocksdb::{IngestExternalFileOptions, Options, SstFileWriter, WriteBatch};

use super::arena::{Arena, Tail};
use super::keys::{self, Bucket, Stamp};
use super::octets::{Octets, put_varint};
use super::record::{self, Previous};
use super::store::{Store, StoreError};

/// What is sealed at once: an arena that nobody appends to any more, with its subscribers in order.
#[derive(Debug)]
pub(crate) struct Generation {
    /// The name of its runs.
    pub(crate) run: Stamp,
    /// First key of the journal that holds the same events, and the key after its last.
    pub(crate) journal: ([u8; 9], [u8; 9]),
    pub(crate) arena: Arena,
    /// In order of IMSI.
    pub(crate) members: Vec<Member>,
    /// Stored profiles of the members, one after the other.
    pub(crate) profiles: Vec<u8>,
}

/// A subscriber of a generation.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Member {
    pub(crate) imsi: Imsi,
    pub(crate) tail: Tail,
    /// Where its profile ends in [`Generation::profiles`]; it begins where the one before ends.
    pub(crate) profile_end: usize,
}

impl Generation {
    /// Where the subscriber's newest record begins, where it has any.
    pub(crate) fn tail(&self, imsi: Imsi) -> Option<Tail> {
        let place = self.members.binary_search_by_key(&imsi, |member| member.imsi).ok()?;
        self.members.get(place).map(|member| member.tail)
    }
}

/// Seals a generation. Events of buckets before `floor` are older than the retention and are left out.
pub(crate) fn seal(store: &Store, generation: &Generation, floor: Bucket) -> Result<(), StoreError> {
    let buckets = write_runs(store, generation, floor)?;
    take_in(store, generation, &buckets)?;
    register(store, generation, &buckets)
}

fn take_in(store: &Store, generation: &Generation, buckets: &[Bucket]) -> Result<(), StoreError> {
    for bucket in buckets {
        let family = store.bucket_family(*bucket)?;
        let mut options = IngestExternalFileOptions::default();
        options.set_move_files(true);
        let files = vec![store.sealing_file(*bucket, generation.run)];
        store.db().ingest_external_file_cf_opts(&family, &options, files).map_err(|error| store.failed(&error))?;
    }
    Ok(())
}

fn write_runs(store: &Store, generation: &Generation, floor: Bucket) -> Result<Vec<Bucket>, StoreError> {
    let options = buckets_of(store, generation, floor)?;
    let mut writers = BTreeMap::new();
    for (bucket, options) in &options {
        let writer = SstFileWriter::create(options);
        writer.open(store.sealing_file(*bucket, generation.run)).map_err(|error| store.failed(&error))?;
        writers.insert(*bucket, writer);
    }
    let (mut events, mut block) = (Vec::new(), Vec::new());
    for member in &generation.members {
        events.clear();
        read_member(store, generation, member, &mut events)?;
        for (bucket, writer) in &mut writers {
            block.clear();
            if put_block(&mut block, generation.run, *bucket, &events) {
                writer.merge(keys::subscriber(member.imsi), &block).map_err(|error| store.failed(&error))?;
            }
        }
    }
    writers.values_mut().try_for_each(SstFileWriter::finish).map_err(|error| store.failed(&error))?;
    Ok(writers.into_keys().collect())
}

// Nearly always one bucket, or two when an hour turns.
fn buckets_of(store: &Store, generation: &Generation, floor: Bucket) -> Result<BTreeMap<Bucket, Options>, StoreError> {
    let (mut events, mut buckets) = (Vec::new(), BTreeSet::new());
    for member in &generation.members {
        events.clear();
        read_member(store, generation, member, &mut events)?;
        buckets.extend(events.iter().map(|event| Bucket::of(event.at)).filter(|bucket| *bucket >= floor));
    }
    Ok(buckets.into_iter().map(|bucket| (bucket, store.run_options(bucket))).collect())
}

fn read_member(
    store: &Store,
    generation: &Generation,
    member: &Member,
    events: &mut Vec<Event>,
) -> Result<(), StoreError> {
    generation.arena.read(member.imsi, member.tail, events).ok_or_else(|| store.damaged(keys::JOURNAL))
}

// A block: the run's name, the length of what follows, then records. False where the bucket has none of the events.
fn put_block(out: &mut Vec<u8>, run: Stamp, bucket: Bucket, events: &[Event]) -> bool {
    let (mut records, mut previous) = (Vec::new(), Previous::default());
    for event in events.iter().filter(|event| Bucket::of(event.at) == bucket) {
        record::put(&mut records, event, &mut previous);
    }
    out.extend_from_slice(&run.octets());
    put_varint(out, records.len() as u64);
    out.extend_from_slice(&records);
    !records.is_empty()
}

/// Reads a subscriber's blocks, passing over runs that are not registered and events before `since`.
pub(crate) fn read_blocks(
    blocks: &[u8],
    imsi: Imsi,
    since: Timestamp,
    registered: impl Fn(Stamp) -> bool,
    events: &mut Vec<Event>,
) -> Option<()> {
    let mut blocks = Octets::new(blocks);
    while !blocks.is_empty() {
        let run = Stamp::read(&mut blocks)?;
        let length = usize::try_from(blocks.varint()?).ok()?;
        let mut records = Octets::new(blocks.slice(length)?);
        if !registered(run) {
            continue;
        }
        let mut previous = Previous::default();
        while !records.is_empty() {
            let event = record::read(&mut records, imsi, &mut previous)?;
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
    buckets.iter().for_each(|bucket| batch.put_cf(&meta, keys::run(*bucket, generation.run), []));
    let profiles = store.family(keys::PROFILE)?;
    let mut start = 0;
    for member in &generation.members {
        let profile = generation.profiles.get(start..member.profile_end).unwrap_or_default();
        batch.put_cf(&profiles, keys::subscriber(member.imsi), profile);
        start = member.profile_end;
    }
    let (from, to) = &generation.journal;
    batch.delete_range_cf(&store.family(keys::JOURNAL)?, from, to);
    store.write(batch, true)?;
    store.note_run(buckets, generation.run);
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
    use crate::window::recover::recover;

    /// A store with one journal blob of one subscriber, and the generation that seals it.
    fn unsealed(store: &Store, imsi: Imsi) -> (Vec<Event>, Generation) {
        let epoch = store.begin().unwrap();
        let mut random = Random::new(1);
        let mut events: Vec<Event> = (0..50).map(|_| random_event(&mut random, imsi)).collect();
        events.sort_by_key(|event| event.at);
        let (mut blob, mut arena, mut tail) = (Blob::default(), Arena::default(), NO_RECORD);
        for event in &events {
            blob.append(imsi, event);
            tail = arena.append(tail, event);
        }
        let key = |number| JournalKey { stamp: Stamp { epoch, number }, shard: 3 }.octets();
        let mut batch = WriteBatch::default();
        batch.put_cf(&store.family(keys::JOURNAL).unwrap(), key(0), blob.octets());
        store.write(batch, false).unwrap();
        let mut profiles = Vec::new();
        crate::window::profile::put(&mut profiles, &rules::Profile::default());
        let members = vec![Member { imsi, tail, profile_end: profiles.len() }];
        (events, Generation { run: store.next_run(epoch), journal: (key(0), key(1)), arena, members, profiles })
    }

    /// `crash_after` steps of sealing, then a restart: each event is there once, before and after.
    fn check(crash_after: usize) {
        let folder = tempfile::tempdir().unwrap();
        let imsi: Imsi = "460001234567890".parse().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let (events, generation) = unsealed(&store, imsi);
        if crash_after >= 1 {
            let buckets = write_runs(&store, &generation, Bucket::FIRST).unwrap();
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
        let recovered = recover(&store, epoch, 1 << 20, |_, _| {}).unwrap();
        assert_eq!(recovered, if crash_after >= 3 { 0 } else { 50 });
        assert_eq!(store.rows(keys::JOURNAL, &[]).unwrap().count(), 0);
        store.buckets().iter().for_each(|bucket| store.merge_runs(*bucket).unwrap());
        assert_eq!(store.window(imsi, Timestamp::MIN).unwrap(), events, "after, {crash_after} steps");
    }

    #[test]
    fn a_crash_at_any_step_of_sealing_loses_nothing_and_doubles_nothing() {
        (0..=3).for_each(check);
    }
}

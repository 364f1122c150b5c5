//! What patterns have begun, made anew from the facts when the rule set is another one than at the last start: one scan
//! over all subscribers, before the shards begin. With the same rule set the stored rows hold, and nothing is read.

use event::{Imsi, Timestamp};
use rocksdb::WriteBatch;
use rules::{Profile, RuleSet};

use crate::window::{Store, StoreError, keys, live, profile};

/// Rows are written in batches of about so many octets.
const BATCH_BYTES: usize = 4 << 20;

/// Brings the stored marks and timers to this rule set. `oldest` gives the oldest time within the retention. Nothing is
/// decided: what would have been due is over. To be done again from its beginning where a crash cuts it short.
pub(crate) fn derive(
    store: &Store,
    rules: &RuleSet,
    oldest: impl Fn(Timestamp) -> Timestamp,
) -> Result<(), StoreError> {
    let known = store.row(keys::META, keys::META_DERIVED)?;
    if known.is_some_and(|revision| revision.as_ref() == rules.revision().as_bytes()) {
        return Ok(());
    }
    clear(store, keys::LIVE)?;
    clear(store, keys::TIMER)?;
    let now = newest(store)?.filter(|_| rules.has_patterns());
    if let Some(now) = now {
        derive_all(store, rules, oldest(now), now)?;
    }
    let mut batch = WriteBatch::default();
    batch.put_cf(&store.family(keys::META)?, keys::META_DERIVED, rules.revision().as_bytes());
    store.write(batch, true)
}

fn clear(store: &Store, family: &str) -> Result<(), StoreError> {
    let mut batch = WriteBatch::default();
    for row in store.rows(family, &[])? {
        batch.delete_cf(&store.family(family)?, row?.0);
        write_full(store, &mut batch)?;
    }
    store.write(batch, false)
}

/// When anybody was last seen: packet time has come at least so far.
fn newest(store: &Store) -> Result<Option<Timestamp>, StoreError> {
    let mut newest = None;
    for member in profiles(store)? {
        newest = newest.max(member?.1.last_seen);
    }
    Ok(newest)
}

fn derive_all(store: &Store, rules: &RuleSet, since: Timestamp, now: Timestamp) -> Result<(), StoreError> {
    // Whoever was there before is seen by then; who is first seen later, was not.
    let warm_from = since + rules.policy().t3212.presence(None);
    let mut batch = WriteBatch::default();
    let mut value = Vec::new();
    for member in profiles(store)? {
        let (imsi, mut profile) = member?;
        if profile.last_seen.is_some_and(|seen| seen < since) {
            continue;
        }
        rules.derive(&store.window(imsi, since)?, warm_from, now, &mut profile);
        if profile.live.is_empty() {
            continue;
        }
        let due = rules.due(&profile);
        value.clear();
        live::put(&mut value, &profile.live, due);
        batch.put_cf(&store.family(keys::LIVE)?, keys::subscriber(imsi), &value);
        if let Some(due) = due {
            batch.put_cf(&store.family(keys::TIMER)?, keys::timer(due, imsi), []);
        }
        write_full(store, &mut batch)?;
    }
    store.write(batch, false)
}

fn profiles(store: &Store) -> Result<impl Iterator<Item = Result<(Imsi, Profile), StoreError>>, StoreError> {
    let damaged = || store.damaged(keys::PROFILE);
    Ok(store.rows(keys::PROFILE, &[])?.map(move |row| {
        let (key, value) = row?;
        let imsi = keys::read_subscriber(&key).ok_or_else(damaged)?;
        Ok((imsi, profile::read(&value).ok_or_else(damaged)?))
    }))
}

fn write_full(store: &Store, batch: &mut WriteBatch) -> Result<(), StoreError> {
    if batch.size_in_bytes() < BATCH_BYTES {
        return Ok(());
    }
    store.write(std::mem::take(batch), false)
}

//! Each subscriber belongs to one shard; a shard is one thread that owns all of its state.
//!
//! A subscriber's slice is a fixed hash of the IMSI, a slice's shard follows from the number of threads: so progress,
//! which is kept per slice, means the same at any number of threads.

mod forget;
mod group;
mod load;
mod order;
mod position;
mod renewal;
mod sealing;
mod table;
mod timers;
mod worker;

use std::hash::Hasher;
use std::sync::Arc;
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use crossbeam::channel::Sender;
use event::{AreaFact, Event, Imsi, Timestamp};
use rules::{Directory, RuleSet};
use siphasher::sip::SipHasher13;

use crate::counters::Counters;
use crate::delays::Delays;
use crate::offer::{Offer, PhoneAnswer, Withheld};
use crate::window::Store;
use crate::window::keys::Bucket;

pub(crate) use load::Load;
pub use load::ShardLoad;
pub(crate) use order::{Fact, Item, Moment, Order};
pub(crate) use position::{
    INPUTS_LIMIT, Share, Times, feed_input, feed_times, forget_inputs, latest, migrate, regroup, times,
};
pub(crate) use renewal::Renewal;
pub(crate) use worker::{Outlets, Worker};

/// Parts that subscribers are divided into, once and for all.
pub(crate) const SLICES: usize = 256;

/// The most shards: each has a good number of slices, and its number fits an octet of a key.
pub const MAX_THREADS: usize = 64;

const SLICE_KEY: (u64, u64) = (0x746f_7563_6870_6f69, 0x6e74_2073_6c69_6365);

/// About how much memory a subscriber takes: a record of two lines, up to four entries of the index, and what has begun.
pub(crate) const SUBSCRIBER_OCTETS: usize = 200;

/// How many subscribers each of so many shards can keep within so many octets in all.
pub(crate) fn subscribers_within(octets: usize, shards: usize) -> usize {
    octets / SUBSCRIBER_OCTETS / shards.max(1)
}

/// The slice of a subscriber. Stored progress depends on it: it never changes.
pub(crate) fn slice(imsi: Imsi) -> u8 {
    let mut hasher = SipHasher13::new_with_keys(SLICE_KEY.0, SLICE_KEY.1);
    hasher.write_u64(imsi.to_bits());
    hasher.finish() as u8
}

/// An event on its way to its shard.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Routed {
    /// Place among the released events of the input, from 1: the same at every replay.
    pub(crate) sequence: u64,
    pub(crate) imsi: Imsi,
    pub(crate) slice: u8,
    /// Packet time at the release.
    pub(crate) released: Timestamp,
    /// Whether the warm-up was over.
    pub(crate) is_warm: bool,
    /// Whether later ones have been released before.
    pub(crate) is_late: bool,
    pub(crate) event: Event,
}

/// What a shard is sent: by the decoding thread and, while rules change, by the sweep.
#[derive(Debug)]
pub(crate) enum Message {
    /// Events, in order, and what comes between them.
    Batch(Batch),
    /// From here on another rule set holds.
    Renew(Arc<Renewal>),
    /// From here on subscribers are known by another file.
    Know(Arc<Directory>),
    /// These of the shard's subscribers are to be brought over to it.
    Sweep(Vec<Imsi>, Swept),
    /// Tell who in memory has not been.
    Unswept(Sender<Vec<Imsi>>),
    /// All have been. Say when that is on disk.
    Renewed(Sender<()>),
    /// Nothing comes of this subscriber any more: forget what is in memory, and say how many events that were when nothing of it
    /// waits to be sealed.
    Forget(Imsi, Sender<u64>),
    /// These offers are to be forgotten by the arbiter, which has all that were proposed before.
    ForgetOffers(Forgetting),
    /// No more will come.
    Finish,
}

/// Offers to a subscriber that are to go from the store and from the arbiter's memory.
#[derive(Debug)]
pub(crate) struct Forgetting {
    pub(crate) imsi: Imsi,
    /// All that there are in the store.
    pub(crate) offers: Vec<Offer>,
    /// Who is told when they have gone.
    pub(crate) done: Sender<()>,
}

/// Who is swept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Swept {
    /// The next ones of those in the store, in order: whoever of them comes before has been brought over.
    InOrder,
    /// Some who were only in memory.
    Left,
}

#[derive(Debug, Default)]
pub(crate) struct Batch {
    pub(crate) events: Vec<Routed>,
    pub(crate) marks: Vec<Mark>,
    /// On the clock, when the first of it was released.
    pub(crate) given: Option<Instant>,
}

impl Batch {
    /// Events and what comes between them.
    pub(crate) fn len(&self) -> usize {
        self.events.len() + self.marks.len()
    }

    /// Puts it behind the events that are there.
    pub(crate) fn mark(&mut self, what: Between) {
        self.marks.push(Mark { after: self.events.len(), what });
    }

    /// Keeps nothing but the room.
    pub(crate) fn clear(&mut self) {
        self.events.clear();
        self.marks.clear();
        self.given = None;
    }
}

/// Something between the events of a batch.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mark {
    /// So many of them come before.
    pub(crate) after: usize,
    pub(crate) what: Between,
}

/// What comes between events.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Between {
    /// All shards together have been given theirs so far.
    Turn(Turn),
    /// Something shows of a location area.
    Area(AreaFact),
    /// An offer was withheld after it had been proposed; so many events have been given by now to all shards together.
    Withheld(Withheld, u64),
    /// What has gathered is to be written, and told.
    Write,
}

/// How far all shards together have been given their events.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Turn {
    /// No event that comes later has a sequence up to this.
    pub(crate) upto: u64,
    /// Packet time, less the reorder window: what is due by then can be decided.
    pub(crate) now: Timestamp,
}

/// What a shard tells the arbiter, after it has become durable.
#[derive(Debug)]
pub(crate) struct Progress {
    pub(crate) shard: usize,
    /// The shard has nothing more to propose about events up to this.
    pub(crate) upto: u64,
    /// Packet time, less the reorder window.
    pub(crate) now: Timestamp,
    pub(crate) offers: Vec<Offer>,
    /// What phones have said to messages from our own numbers.
    pub(crate) answers: Vec<PhoneAnswer>,
    /// Offers that are to be forgotten, after all of those before.
    pub(crate) forgets: Option<Forgetting>,
}

/// What all threads of an engine share. Nothing in it changes but the rules, whole, and the counters. Shards hold the
/// rules themselves, for they change them at a place among the events.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) store: Arc<Store>,
    pub(crate) rules: ArcSwap<RuleSet>,
    /// For the arbiter; shards have theirs, for they change it at a place among the events.
    pub(crate) directory: ArcSwap<Directory>,
    pub(crate) counters: Arc<Counters>,
    pub(crate) delays: Arc<Delays>,
    /// By shard.
    pub(crate) loads: Arc<[Load]>,
    pub(crate) epoch: u32,
    pub(crate) input: u64,
    pub(crate) feeds: Vec<u64>,
    pub(crate) lookup: bool,
    pub(crate) limits: Limits,
}

/// How much a shard gathers before it writes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) commit_interval: Duration,
    /// An offer is handed over to be written as soon as the batch with its trigger is done, and does not wait for more.
    pub(crate) offers_at_once: bool,
    pub(crate) sync_interval: Duration,
    pub(crate) commit_bytes: usize,
    pub(crate) arena_bytes: usize,
    pub(crate) profiles: usize,
    pub(crate) retention: Duration,
    pub(crate) decisions: Duration,
}

impl Limits {
    /// The oldest time of which facts are kept.
    pub(crate) fn oldest(&self, now: Timestamp) -> Timestamp {
        before(now, self.retention)
    }

    /// The oldest time of which decisions and offers are kept.
    pub(crate) fn oldest_decision(&self, now: Timestamp) -> Timestamp {
        before(now, self.decisions)
    }

    /// Of whom nothing is known from then on, nothing is remembered: longer ago than subscribers are remembered, and than the
    /// oldest bucket begins that still holds facts or decisions of them.
    pub(crate) fn forgotten(&self, now: Timestamp, remembered: Duration) -> Timestamp {
        let kept = self.oldest(now).min(self.oldest_decision(now));
        before(now, remembered).min(Bucket::of(kept).span().0)
    }
}

// For ever is a time too.
fn before(now: Timestamp, length: Duration) -> Timestamp {
    let micros = i64::try_from(length.as_micros()).unwrap_or(i64::MAX);
    Timestamp::from_micros(now.as_micros().saturating_sub(micros))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::limits;

    fn check(retention: u64, decisions: u64, remembered: u64, forgotten: i64) {
        let hours = Duration::from_hours;
        let limits = Limits { retention: hours(retention), decisions: hours(decisions), ..limits() };
        let now = Timestamp::from_seconds(1_003 * 3_600);
        let expected = Timestamp::from_seconds(forgotten * 3_600);
        assert_eq!(limits.forgotten(now, hours(remembered)), expected, "{retention} {decisions} {remembered}");
    }

    #[test]
    fn nobody_is_forgotten_of_whom_there_are_facts_or_decisions() {
        // Buckets begin at 948, 954, ….
        check(48, 48, 48, 954);
        check(48, 52, 48, 948);
        check(52, 48, 48, 948);
        check(48, 48, 720, 283);
    }
}

//! What an engine is started with.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use event::Timestamp;
use rules::{Directory, RuleSet};

use crate::committer;
use crate::offer::channel::Lane;
use crate::offer::consent::Consent;
use crate::offer::{AddressSource, Keywords, Pace};
use crate::shard;
use crate::window::{DEFAULT_ARENA_BYTES, DEFAULT_CACHE_BYTES, Store, StoreError, write_buffers_octets};

/// What an engine is started with.
pub struct EngineConfig {
    /// The folder of the store; made where there is none.
    pub store: PathBuf,
    /// Shards, each a thread, 1 to 64. Decides nothing but speed.
    pub threads: NonZeroUsize,
    /// What to match against.
    pub rules: Arc<RuleSet>,
    /// The subscriber file.
    pub directory: Arc<Directory>,
    /// The ways out.
    pub lanes: Vec<Lane>,
    /// Where to ask for numbers that the subscriber file does not know.
    pub lookup: Option<Box<dyn AddressSource>>,
    /// Names the input: by its content, so that the same capture is not counted twice into one store, as long as it is one of
    /// the inputs that the store remembers: the newest few thousand.
    pub input: u64,
    /// Names each feed of a running system, in the order of [`Event::feed`]: then it is known by the time of the events how far
    /// each has come, and they are not counted. Empty where all is one input.
    pub feeds: Vec<u64>,
    /// Whether the warm-up is over from the start. Else it lasts from the first event for the time in which every phone that
    /// is there reports (T3212 and a tenth).
    pub warm: Warm,
    /// Whether packet time runs beside the clock.
    pub pace: Pace,
    /// How long, in packet time, an event waits for earlier ones. The same for the same input, always.
    pub reorder_window: Duration,
    /// How long facts are kept, in packet time.
    pub retention: Duration,
    /// How long decisions and settled offers are kept, in packet time; whole buckets of six hours go.
    pub decisions: Duration,
    /// The longest time between two group commits.
    pub commit_interval: Duration,
    /// A group is committed when it holds so many octets.
    pub commit_bytes: usize,
    /// The longest time for which a failure of the power may take away facts that have been taken in; what an offer
    /// depends on is synced before its first byte leaves. Longer than `commit_interval` it saves work of the disk.
    pub sync_interval: Duration,
    /// An arena is sealed when it holds so many octets; a shard may hold two.
    pub arena_bytes: usize,
    /// The most subscribers that a shard keeps in memory, but for those with events that are not sealed yet.
    pub profiles: usize,
    /// Octets for what was read of the store lately: windows, and profiles of those who come back.
    pub cache_bytes: usize,
    /// How long to wait at the end for channels that tell nothing.
    pub patience: Duration,
    /// The most offers that wait for channels; beyond it the least important expire.
    pub waiting: usize,
    /// Who has refused what; absent means that nothing is known, and nothing kept.
    pub consent: Option<Consent>,
    /// What subscribers may answer.
    pub keywords: Keywords,
}

impl EngineConfig {
    /// The defaults of a replay on one thread. The input is still to be named.
    pub fn new(store: impl Into<PathBuf>, rules: Arc<RuleSet>, directory: Arc<Directory>, lanes: Vec<Lane>) -> Self {
        Self {
            store: store.into(),
            threads: NonZeroUsize::MIN,
            rules,
            directory,
            lanes,
            lookup: None,
            input: 0,
            feeds: Vec::new(),
            warm: Warm::Always,
            pace: Pace::Replay,
            reorder_window: Duration::from_millis(500),
            retention: Duration::from_secs(48 * 3600),
            decisions: Duration::from_secs(48 * 3600),
            commit_interval: Duration::from_millis(100),
            commit_bytes: 1 << 20,
            sync_interval: Duration::from_millis(100),
            arena_bytes: DEFAULT_ARENA_BYTES,
            profiles: 1 << 20,
            cache_bytes: DEFAULT_CACHE_BYTES,
            patience: Duration::from_secs(30),
            waiting: 1_000_000,
            consent: None,
            keywords: Keywords::default(),
        }
    }
}

/// The program itself, and what RocksDB needs beside its cache.
const BASE_OCTETS: u64 = 150 << 20;
/// Octets that may be taken for each one of an arena's size: two arenas, who has records in them and what is remembered of each,
/// and the records of those whom only these have brought into memory. All of it is there only where everybody has one event.
const PER_ARENA_OCTET: u64 = 21;

impl EngineConfig {
    /// The most memory that an engine takes with this, in octets; the formula of `deploy/docs/memory.md`.
    pub fn memory_octets(&self) -> u64 {
        let subscribers = self.profiles.saturating_mul(shard::SUBSCRIBER_OCTETS) as u64;
        let shard = subscribers.saturating_add(PER_ARENA_OCTET * self.arena_bytes as u64);
        let shards = shard.saturating_mul(self.threads.get() as u64);
        let handed_over = (committer::WAITING_LIMIT * self.commit_bytes) as u64;
        BASE_OCTETS + handed_over + (self.cache_bytes + write_buffers_octets(self.arena_bytes)) as u64 + shards
    }
}

/// Whether it is known who is where already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Warm {
    /// In a replay, unless told otherwise.
    Always,
    /// Not yet.
    Never,
    /// Where the store has been told of everybody within the time in which every phone reports, before this moment.
    At(Timestamp),
}

impl Warm {
    pub(crate) fn is_warm(self, store: &Store, rules: &RuleSet) -> Result<bool, StoreError> {
        Ok(match self {
            Self::Always => true,
            Self::Never => false,
            Self::At(now) => {
                shard::latest(store)?.is_some_and(|latest| latest + rules.policy().t3212.presence(None) > now)
            }
        })
    }
}

//! `touchpoint run`: feeds, engine, channels and console in one process, until it is told to end.
//!
//! Each feed has a thread with a probe of its own ([`feed`]); what shows comes to the [`driver`], which owns the engine and
//! [`clock`]. Console and API see only what is published in [`View`], and ask by [`Order`]. What a replay and this share is the
//! engine; here time goes on when nothing comes, and nothing ends by itself.

mod areas;
mod broker;
pub(crate) mod clock;
mod driver;
mod feed;
mod forgetting;
mod history;
mod links;
mod log;
mod observed;
mod relay;
mod reread;
mod rulebook;
mod runaway;
mod service;
pub mod status;
mod surveyor;

use std::collections::BTreeMap;
use std::io;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use crossbeam::channel::{Sender, bounded};
use event::{Imsi, Timestamp};
use rules::{Directory, RuleSet};
use tokio::sync::oneshot;

use crate::api::{self, Audit};
use crate::census::Census;
use crate::config::{ChannelConfig, Config, FeedConfig};
use crate::identities::Keeper;
use crate::metrics::Meters;
use crate::offer::address::{Lookup, LookupConfig};
use crate::offer::channel::{self, ChannelError, Lane, Opening};
use crate::offer::consent::Consent;
use crate::offer::{AddressSource, Pace};
use crate::pseudonyms::{KeysError, Pseudonyms};
use crate::reload;
use crate::shard;
use crate::window::{Store, StoreError};
use crate::{Engine, EngineConfig, EngineError, Warm};

use driver::Driver;
pub(crate) use feed::DOUBTFUL_GAP;
pub use feed::FeedError;
use feed::{Feed, PARCELS, Post};
pub use history::{History, Sample};
pub use log::begin as begin_log;
use observed::{Observed, Seen};
use rulebook::Rulebook;
use service::Service;
use status::Status;

/// The most requests of people that wait for the driver.
const ORDERS: usize = 64;
/// The file, beside the store, of what subscribers have said to.
const CONSENT_FILE: &str = "consent.csv";
/// How long to wait at the end for a channel that tells nothing.
const PATIENCE: Duration = Duration::from_secs(10);
/// The longest time between SIGTERM and the end; what is not settled by then is taken up at the next start.
const DRAIN: Duration = Duration::from_secs(25);

const _: () = assert!(PATIENCE.as_millis() < DRAIN.as_millis());

/// Why it cannot run.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// A feed.
    #[error(transparent)]
    Feed(#[from] FeedError),
    /// The engine.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Scenarios that cannot be used, with their diagnostics.
    #[error("the scenarios cannot be used: {0}\n{1}")]
    Scenarios(String, String),
    /// The file of subscribers.
    #[error("{0}")]
    Subscribers(String),
    /// The keys of pseudonyms.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// A channel.
    #[error(transparent)]
    Channel(#[from] ChannelError),
    /// The service that is asked for numbers.
    #[error("{0}")]
    Lookup(String),
    /// Console or metrics.
    #[error("{what}: {error}")]
    Listen {
        /// What was to be listened to.
        what: String,
        /// Why that failed.
        error: io::Error,
    },
    /// A file or a thread.
    #[error("{what}: {error}")]
    System {
        /// What was wanted.
        what: &'static str,
        /// Why that failed.
        error: io::Error,
    },
    /// No feed is left, without having been told to end.
    #[error("all feeds have ended")]
    FeedsEnded,
}

fn system(what: &'static str) -> impl FnOnce(io::Error) -> RunError {
    move |error| RunError::System { what, error }
}

/// What console, API and metrics see.
pub struct View {
    /// As it was told.
    pub config: Config,
    /// Once a second.
    pub status: ArcSwap<Status>,
    /// Once a minute.
    pub history: ArcSwap<History>,
    /// Every few seconds.
    pub census: ArcSwap<Census>,
    /// The set of the folder, with what is paused.
    pub rules: ArcSwap<RuleSet>,
    /// Facts, decisions, offers.
    pub store: Arc<Store>,
    /// Who subscribers are.
    pub directory: ArcSwap<Directory>,
    /// Channels whose offers a person lets go, and the folder for it.
    pub manual: BTreeMap<String, PathBuf>,
    /// What subscribers are called.
    pub pseudonyms: ArcSwap<Pseudonyms>,
    /// Who did what.
    pub audit: Audit,
    /// Asks the driver.
    pub orders: Sender<Order>,
}

impl View {
    /// What a subscriber is called now.
    pub fn call(&self, imsi: Imsi) -> String {
        self.pseudonyms.load().newest().name(imsi).to_string()
    }
}

/// What a person asks of the driver.
pub struct Order {
    /// What.
    pub what: Request,
    /// The answer, or why not.
    pub reply: oneshot::Sender<Result<String, String>>,
}

/// What can be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// Read scenarios, subscribers and keys again, and take over what can be used.
    Reload,
    /// Pause a scenario.
    Pause(String),
    /// Release a scenario that is paused.
    Release(String),
    /// Erase a subscriber.
    Forget(Imsi),
}

/// Runs until SIGTERM or SIGINT.
///
/// # Errors
/// Where something cannot be opened, before anything is done; and where the store or the engine cannot go on.
pub fn run(config: Config) -> Result<(), RunError> {
    let signals = service::Signals::catch().map_err(system("signals cannot be waited for"))?;
    let loaded = reload::load(&config.scenarios.folder, &config.site())
        .map_err(|refused| RunError::Scenarios(refused.to_string(), refused.diagnostics))?;
    let wall = clock::wall();
    let folder = config.store.folder.clone();
    std::fs::create_dir_all(&folder).map_err(system("the folder of the store cannot be made"))?;
    let rulebook = Rulebook::open(&folder, &loaded, wall).map_err(system("what is paused cannot be read"))?;
    let pseudonyms = Pseudonyms::open(&config.privacy.keys, wall)?;
    let directory = Arc::new(directory(&config)?);
    let meters = Meters::install();
    let (lanes, seen) = lanes(&config.channels)?;
    let by_hand = |lane: &Lane| Some((lane.name.clone(), lane.terms.manual.clone()?));
    let manual = lanes.iter().filter_map(by_hand).collect();
    let engine = engine(&config, rulebook.in_force(), Arc::clone(&directory), lanes, wall)?;

    let (orders, ordered) = bounded(ORDERS);
    let audit = Audit::open(&config.console.audit).map_err(system("the audit log cannot be written"))?;
    let view = Arc::new(View {
        status: ArcSwap::default(),
        history: ArcSwap::default(),
        census: ArcSwap::default(),
        rules: ArcSwap::new(Arc::clone(rulebook.whole())),
        store: engine.store(),
        directory: ArcSwap::new(directory),
        manual,
        pseudonyms: ArcSwap::from_pointee(pseudonyms),
        audit,
        orders,
        config,
    });
    let server = api::serve(&view, &meters)?;
    let surveyor = surveyor::begin(&view).map_err(system("no thread can be started"))?;
    let (parcels, taken) = bounded(PARCELS);
    let (emptied, spent) = bounded(PARCELS);
    let post = Post { parcels, spent };
    let names = view.config.feeds.iter().map(|feed| feed.name.as_str());
    let identities = Keeper::begin(&window(&view.config), names).map_err(system("identities cannot be kept"))?;
    let feeds = feeds(&view, &identities, post)?;
    let service = Service::begin(view.config.console.listen);
    let eraser = identities.eraser();
    let driver =
        Driver::new(engine, feeds, taken, emptied, ordered, rulebook, Arc::clone(&view), seen, eraser, meters)?;
    let ended = driver.run(&signals, service);
    // Where it could not go on, feeds may still run.
    if ended.is_ok() {
        identities.end();
    }
    surveyor.end();
    server.end();
    ended
}

/// The folder of the database.
fn window(config: &Config) -> PathBuf {
    config.store.folder.join("window")
}

/// The engine as it is told to be, with rules, subscribers and channels.
fn engine(
    config: &Config,
    rules: Arc<RuleSet>,
    directory: Arc<Directory>,
    lanes: Vec<Lane>,
    wall: Timestamp,
) -> Result<Engine, RunError> {
    let folder = &config.store.folder;
    let mut settings = EngineConfig::new(window(config), rules, directory, lanes);
    settings.threads = NonZeroUsize::new(config.store.threads).unwrap_or(NonZeroUsize::MIN);
    (settings.retention, settings.decisions) = (config.store.retention, config.store.retention);
    (settings.sync_interval, settings.cache_bytes) = (config.store.sync, (config.store.cache_mb << 20) as usize);
    settings.profiles = shard::subscribers_within((config.store.subscribers_mb << 20) as usize, config.store.threads);
    settings.arena_bytes = (config.store.arena_mb << 20) as usize;
    settings.pace = Pace::Live;
    settings.patience = PATIENCE;
    settings.lookup = lookup(config)?;
    let consent =
        Consent::open(&folder.join(CONSENT_FILE)).map_err(|error| RunError::Subscribers(error.to_string()))?;
    settings.consent = Some(consent);
    settings.keywords = config.answers.clone();
    // Live frames come once: each start is an input of its own.
    settings.input = wall.as_micros() as u64;
    settings.feeds = config.feeds.iter().map(|feed| shard::feed_input(&feed.name)).collect();
    settings.warm = Warm::At(wall);
    Ok(Engine::start(settings)?)
}

/// The ways out, and what is seen of each. One that is down at the start is tried again; what cannot be meant is an error.
fn lanes(configs: &[ChannelConfig]) -> Result<(Vec<Lane>, Vec<Arc<Seen>>), RunError> {
    let (mut lanes, mut seen) = (Vec::new(), Vec::new());
    for ChannelConfig { name, url } in configs {
        let lane = channel::open(name, &url.0, Opening { reveal: false, patient: true })?;
        let (lane, noted) = Observed::lane(lane).map_err(system("no thread can be started"))?;
        lanes.push(lane);
        seen.push(noted);
    }
    Ok((lanes, seen))
}

fn directory(config: &Config) -> Result<Directory, RunError> {
    let file = config.subscribers.file.as_deref();
    let read = file.map(Directory::load).transpose().map_err(|error| RunError::Subscribers(error.to_string()));
    read.map(Option::unwrap_or_default)
}

fn lookup(config: &Config) -> Result<Option<Box<dyn AddressSource>>, RunError> {
    let Some(url) = &config.subscribers.lookup else { return Ok(None) };
    let lookup = Lookup::open(LookupConfig::new(&url.0)).map_err(|error| RunError::Lookup(error.to_string()))?;
    Ok(Some(Box::new(lookup)))
}

/// Each goes on where earlier starts have come with it. They alone hold the post: when all have ended, it ends.
fn feeds(view: &View, identities: &Keeper, post: Post) -> Result<Vec<Feed>, RunError> {
    let start = |(index, feed): (u16, &FeedConfig)| {
        let known = shard::feed_times(&view.store, shard::feed_input(&feed.name))?;
        let notes = identities.notes(&feed.name, view.config.store.retention);
        Ok(Feed::start(index, feed, known, notes, post.clone())?)
    };
    (0..).zip(&view.config.feeds).map(start).collect()
}

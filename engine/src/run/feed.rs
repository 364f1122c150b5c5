//! A feed: its own thread reads frames and takes them through a probe of its own; what shows goes to the driver in parcels.
//! Where the driver is behind, the feed waits, and the kernel's ring fills: what is lost is lost and counted there.

use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use arc_swap::ArcSwap;
use crossbeam::channel::{Receiver, Sender, bounded};
use event::{AreaFact, Event, Timestamp};
use probe::capture::follow::Follow;
use probe::capture::live::{Live, LiveSettings};
use probe::capture::{CaptureError, Deadline, Step};
use probe::{Probe, ProbeConfig, Sink};

use super::clock;
use super::forgetting::Forgetting;
use super::links::Links;
use super::status::{FeedStatus, InterfaceStatus};
use crate::config::{FeedConfig, Listening};
use crate::identities::Notes;
use crate::shard::{self, Times};

/// The most frames between two parcels.
const STEP_FRAMES: usize = 4_096;
/// A parcel is handed over when it holds so much.
const PARCEL_ITEMS: usize = 1_024;
/// The most parcels that wait for the driver; beyond it the feeds wait.
pub(super) const PARCELS: usize = 64;
/// Packet time after which the driver is told how far a feed is, though nothing shows.
const TELL: Duration = Duration::from_millis(20);
/// How often counters are published.
const PUBLISH: Duration = Duration::from_secs(1);
/// A feed that was blind for so long has missed temporary identities that changed hands.
pub(crate) const DOUBTFUL_GAP: Duration = Duration::from_secs(10);

/// What shows of subscribers, or of a location area.
#[derive(Clone, Copy, Debug)]
pub(super) enum Item {
    Event(Event),
    Area(AreaFact),
}

/// What a feed tells the driver.
pub(super) struct Parcel {
    pub(super) feed: u16,
    pub(super) items: Vec<Item>,
    /// Everything before it has been told.
    pub(super) reached: Timestamp,
    /// Nothing comes any more, and why if that was not asked for.
    pub(super) end: Option<Result<(), CaptureError>>,
}

/// A feed that runs.
pub(super) struct Feed {
    pub(super) name: Arc<str>,
    pub(super) status: Arc<ArcSwap<FeedStatus>>,
    pub(super) deadline: Deadline,
    /// Its events that came late, as the driver counts them.
    pub(super) late: u64,
    /// Who is to be forgotten.
    pub(super) forgets: Sender<Forgetting>,
    thread: JoinHandle<()>,
}

/// Where parcels go, and emptied ones come from.
#[derive(Clone)]
pub(super) struct Post {
    pub(super) parcels: Sender<Parcel>,
    pub(super) spent: Receiver<Vec<Item>>,
}

/// Why a feed cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum FeedError {
    /// What it is to read.
    #[error("the feed `{feed}` cannot be opened: {reason}")]
    Open {
        /// Its name.
        feed: String,
        /// For people.
        reason: String,
    },
}

impl Feed {
    /// Opens what the feed is to read, and begins to read it. Of a folder, what earlier starts have taken in, up to these times,
    /// is told to the probe alone: it brings identities back, and is not counted twice.
    pub(super) fn start(
        index: u16,
        config: &FeedConfig,
        known: Times,
        notes: Notes,
        post: Post,
    ) -> Result<Self, FeedError> {
        let deadline = Deadline::new(None);
        let status = Arc::new(ArcSwap::from_pointee(FeedStatus::new(config)));
        let (opened, opening) = bounded(1);
        let (forgets, forgotten) = bounded(1);
        let fail = |reason: String| FeedError::Open { feed: config.name.clone(), reason };
        let (settings, ends, published) = (config.clone(), deadline.clone(), Arc::clone(&status));
        let run = move || {
            let mut probe = Probe::new(ProbeConfig { feed: index, ..settings.reading.probe_config() });
            let is_folder = matches!(settings.listening, Listening::Folder { .. });
            let heard = known.iter().copied().max().unwrap_or(Timestamp::MIN);
            let known = is_folder.then_some(known);
            let (items, reading, told) = (Vec::new(), Timestamp::MIN, Timestamp::MIN);
            let mut collector = Collector { index, known, items, reading, told, post };
            if !is_folder {
                // Before frames come that would have to wait.
                notes.recall(&mut probe, heard, clock::wall(), &mut collector);
            }
            match Frames::open(&settings.listening, &ends) {
                Ok(frames) => {
                    _ = opened.send(Ok(()));
                    let recall = is_folder.then_some(heard);
                    let links = Links::default();
                    let status = published;
                    Reader { frames, probe, collector, notes, forgotten, recall, links, status, settings }.run();
                }
                Err(reason) => _ = opened.send(Err(reason)),
            }
        };
        let thread = thread::Builder::new()
            .name(format!("feed-{}", config.name))
            .spawn(run)
            .map_err(|error| fail(error.to_string()))?;
        opening.recv().unwrap_or_else(|_| Err("its thread ended".to_owned())).map_err(fail)?;
        Ok(Self { name: config.name.as_str().into(), status, deadline, late: 0, forgets, thread })
    }

    /// Whether its thread has ended, whatever it told before.
    pub(super) fn has_ended(&self) -> bool {
        self.thread.is_finished()
    }

    /// Waits for its end.
    pub(super) fn join(self) {
        // A thread that panicked has told so itself.
        _ = self.thread.join();
    }
}

enum Frames {
    Live(Box<Live>),
    Folder(Box<Follow>),
}

impl Frames {
    fn open(listening: &Listening, deadline: &Deadline) -> Result<Self, String> {
        match listening {
            Listening::Interfaces { interfaces, filter, snaplen, promiscuous, buffer_mb } => {
                let settings = LiveSettings {
                    filter: filter.clone(),
                    snaplen: u32::try_from(*snaplen).unwrap_or(u32::MAX),
                    promiscuous: *promiscuous,
                    buffer_octets: u32::try_from(buffer_mb << 20).unwrap_or(u32::MAX),
                };
                let live = Live::open(interfaces, &settings, deadline).map_err(|error| error.to_string())?;
                Ok(Self::Live(Box::new(live)))
            }
            Listening::Folder { folder, .. } => {
                let follow = Follow::open(folder.clone(), listening.e1_settings(), deadline);
                Ok(Self::Folder(Box::new(follow.map_err(|error| error.to_string())?)))
            }
        }
    }

    fn next(&mut self) -> Result<Step<'_>, CaptureError> {
        match self {
            Self::Live(live) => Ok(live.next(STEP_FRAMES)),
            Self::Folder(follow) => follow.next(STEP_FRAMES),
        }
    }

    fn interfaces(&self) -> Vec<InterfaceStatus> {
        match self {
            Self::Live(live) => live.totals().iter().map(InterfaceStatus::from).collect(),
            Self::Folder(follow) => vec![InterfaceStatus::of_folder(follow)],
        }
    }
}

struct Reader {
    frames: Frames,
    probe: Probe,
    collector: Collector,
    notes: Notes,
    forgotten: Receiver<Forgetting>,
    /// Up to when an earlier start has heard, where what it knew is not known again yet: the first frame of a folder says how
    /// long ago that was.
    recall: Option<Timestamp>,
    links: Links,
    status: Arc<ArcSwap<FeedStatus>>,
    settings: FeedConfig,
}

impl Reader {
    fn run(mut self) {
        let mut published = Timestamp::MIN;
        let end = loop {
            match self.step() {
                Ok(true) => {}
                Ok(false) => break Ok(()),
                Err(error) => break Err(error),
            }
            self.forget();
            let wall = clock::wall();
            if wall >= published + PUBLISH {
                published = wall;
                self.publish();
                // What is not known again yet stays written as it is.
                if self.recall.is_none() {
                    self.notes.turn(&mut self.probe, wall, self.collector.told);
                }
            }
        };
        self.probe.finish(&mut self.collector);
        self.publish();
        if self.recall.is_none() {
            self.notes.finish(&mut self.probe, self.collector.told);
        }
        self.collector.hand_over(Timestamp::MIN, Some(end));
    }

    // Whether there is more to come.
    fn step(&mut self) -> Result<bool, CaptureError> {
        let Self { frames, probe, collector, notes, recall, .. } = self;
        match frames.next()? {
            Step::Frames(frames) => {
                if let Some(first) = frames.iter().next()
                    && let Some(heard) = recall.take()
                {
                    notes.recall(probe, heard, first.at, collector);
                }
                let latest = frames.latest();
                latest.into_iter().for_each(|latest| collector.read(latest));
                probe.frames(frames, collector);
                latest.into_iter().for_each(|latest| collector.reach(latest));
            }
            Step::Quiet(reached) => {
                collector.read(reached);
                probe.tick(reached, collector);
                collector.reach(reached);
            }
            Step::News(at, news) => {
                tracing::warn!(feed = self.settings.name, "{news}");
                if news.gap().is_some_and(|gap| gap >= DOUBTFUL_GAP) {
                    probe.doubt(at, collector);
                }
            }
            Step::End => return Ok(false),
        }
        Ok(true)
    }

    // From then on nothing is written of them either.
    fn forget(&mut self) {
        while let Ok((imsi, done)) = self.forgotten.try_recv() {
            self.probe.forget(imsi);
            self.notes.restart();
            // Who asked may have gone.
            _ = done.send(());
        }
    }

    fn publish(&mut self) {
        let (before, wall) = (self.status.load(), clock::wall());
        let links = self.links.at(wall, &self.probe);
        let status = before.next(self.frames.interfaces(), links, &self.probe, self.collector.told, wall);
        self.status.store(Arc::new(status));
    }
}

/// Puts what shows into parcels.
struct Collector {
    index: u16,
    /// How far earlier starts have come with a folder.
    known: Option<Times>,
    items: Vec<Item>,
    /// No frame that has been read is later.
    reading: Timestamp,
    told: Timestamp,
    post: Post,
}

impl Sink for Collector {
    fn event(&mut self, event: &Event) {
        if !self.is_known(event) {
            self.items.push(Item::Event(*event));
        }
    }

    fn area(&mut self, fact: &AreaFact) {
        self.items.push(Item::Area(*fact));
    }
}

impl Collector {
    // Whatever shows of frames before the last event that was taken in came before that. Of what shows later, be it of earlier
    // events, the shard sees whether it has been taken in.
    fn is_known(&self, event: &Event) -> bool {
        let known = self.known.as_ref().zip(event.imsi);
        let upto = known.and_then(|(known, imsi)| known.get(usize::from(shard::slice(imsi))));
        upto.is_some_and(|upto| self.reading < *upto)
    }

    fn read(&mut self, latest: Timestamp) {
        self.reading = self.reading.max(latest);
    }

    fn reach(&mut self, reached: Timestamp) {
        if self.items.len() >= PARCEL_ITEMS || reached >= self.told + TELL {
            self.hand_over(reached, None);
        }
    }

    fn hand_over(&mut self, reached: Timestamp, end: Option<Result<(), CaptureError>>) {
        self.told = self.told.max(reached);
        let items = std::mem::replace(&mut self.items, self.post.spent.try_recv().unwrap_or_default());
        // Without a driver there is nobody to be told.
        _ = self.post.parcels.send(Parcel { feed: self.index, items, reached: self.told, end });
    }
}

//! What a running system tells of itself, once a second: plain values without identities, for console, API and metrics.

use event::Timestamp;
use probe::Probe;
use probe::capture::follow::Follow;
use probe::capture::live::InterfaceTotals;
use probe::track::loss::LinkLoss;
use serde::{Serialize, Serializer};
use utoipa::ToSchema;

use crate::config::{FeedConfig, Listening};
use crate::shard::ShardLoad;
use crate::{Counted, EngineCounters, EngineDelays};

/// Everything at one moment.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub struct Status {
    /// Of the program.
    pub version: &'static str,
    /// When it began, on the wall.
    #[serde(serialize_with = "time")]
    #[schema(value_type = Option<String>)]
    pub started: Option<Timestamp>,
    /// When this was written, on the wall.
    #[serde(serialize_with = "time")]
    #[schema(value_type = Option<String>)]
    pub at: Option<Timestamp>,
    /// Packet time.
    #[serde(serialize_with = "time")]
    #[schema(value_type = Option<String>)]
    pub now: Option<Timestamp>,
    /// Where signalling comes from.
    pub feeds: Vec<FeedStatus>,
    /// Events by kind.
    pub events: Vec<Count>,
    /// What the engine has counted.
    pub engine: Vec<Count>,
    /// How long things took, since the start.
    pub delays: Vec<DelayStatus>,
    /// What each matching thread is at work with, in their order.
    pub shards: Vec<ShardStatus>,
    /// The scenarios in force.
    pub rules: RulesStatus,
    /// Ways out.
    pub channels: Vec<ChannelStatus>,
    /// Places with the most events within this hour.
    pub areas: Vec<AreaStatus>,
    /// Octets of memory for what was read of the store lately.
    pub store_cache_octets: u64,
    /// Octets of the store on disk.
    pub store_octets: u64,
    /// Octets of memory of the process.
    pub resident_octets: u64,
    /// While somebody is being erased.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub erasing: Option<ErasingStatus>,
}

/// How far it is with somebody who is being erased. Others are matched meanwhile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ErasingStatus {
    /// Since when, on the wall.
    #[serde(serialize_with = "time")]
    #[schema(value_type = Option<String>)]
    pub since: Option<Timestamp>,
    /// `rows`: they are deleted; `files`: they are written anew without them; `proof`: it is looked for what is left.
    pub step: &'static str,
    /// Others who wait for it.
    pub waiting: usize,
}

impl Status {
    /// The engine's counter of this name.
    pub fn engine_count(&self, name: &str) -> u64 {
        self.engine.iter().find(|count| count.name == name).map_or(0, |count| count.count)
    }

    /// Events so far.
    pub fn events_total(&self) -> u64 {
        self.engine_count("events")
    }

    /// Frames of all feeds so far.
    pub fn frames_total(&self) -> u64 {
        self.feeds.iter().map(|feed| feed.frames).sum()
    }

    /// Packets lost of all feeds so far.
    pub fn lost_total(&self) -> u64 {
        self.feeds.iter().map(FeedStatus::lost).sum()
    }
}

/// How often.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Count {
    /// What.
    pub name: &'static str,
    /// How often.
    pub count: u64,
}

/// A list of counts.
pub(crate) fn counts(counts: impl IntoIterator<Item = (&'static str, u64)>) -> Vec<Count> {
    counts.into_iter().map(|(name, count)| Count { name, count }).collect()
}

/// The engine's counters by name.
pub(crate) fn engine_counts(counters: &EngineCounters) -> Vec<Count> {
    counts(counters.iter())
}

/// How long something took, since the start.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct DelayStatus {
    /// `offer`: from the release of a trigger to its offer on disk; `sync`: to wait for the disk; `write`: to write
    /// what a shard has gathered, without waiting; `sealing`: what a
    /// shard does at a time to give facts away; `held`: waiting for what writes them; `late`: how far events came, in packet
    /// time, behind what had been passed on; `send`: from the trigger, in packet time, to the channel.
    pub what: &'static str,
    /// Of `send`, the channel.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel: Option<String>,
    /// How often.
    pub count: u64,
    /// Half of them took no longer, in seconds.
    pub median_s: Option<f64>,
    /// Of a hundred, 99 took no longer, in seconds.
    pub p99_s: Option<f64>,
}

impl DelayStatus {
    pub(super) fn new(what: &'static str, channel: Option<String>, counted: &Counted) -> Self {
        let within = |share| counted.within(share).map(|length| length.as_secs_f64());
        Self { what, channel, count: counted.count(), median_s: within(0.5), p99_s: within(0.99) }
    }

    /// Of the engine.
    pub(super) fn of_engine(delays: &EngineDelays) -> [Self; 6] {
        let EngineDelays { offer, sync, write, turn, held, late } = delays;
        let all =
            [("offer", offer), ("sync", sync), ("write", write), ("sealing", turn), ("held", held), ("late", late)];
        all.map(|(what, counted)| Self::new(what, None, counted))
    }
}

/// What a matching thread is at work with.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ShardStatus {
    /// Events that were given to it.
    pub events: u64,
    /// Batches that wait for it.
    pub waiting: u64,
    /// Batches that it has worked at.
    pub turns: u64,
    /// Of a hundred, 99 took no longer, in seconds.
    pub turn_p99_s: Option<f64>,
    /// Subscribers in memory.
    pub subscribers: u64,
    /// Octets of facts that are not yet sealed.
    pub unsealed_octets: u64,
}

impl From<ShardLoad> for ShardStatus {
    fn from(load: ShardLoad) -> Self {
        Self {
            events: load.events,
            waiting: load.waiting,
            turns: load.turn.count(),
            turn_p99_s: load.turn.within(0.99).map(|length| length.as_secs_f64()),
            subscribers: load.subscribers,
            unsealed_octets: load.unsealed_octets,
        }
    }
}

/// One feed.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct FeedStatus {
    /// As in the configuration.
    pub name: String,
    /// `interfaces` or `folder`.
    pub kind: &'static str,
    /// What it reads.
    pub interfaces: Vec<InterfaceStatus>,
    /// Frames decoded.
    pub frames: u64,
    /// Of its events, those that came late: later ones, of any feed, had been passed on already. They are taken in all the same.
    pub late: u64,
    /// How far it has come, in packet time.
    #[serde(serialize_with = "time")]
    #[schema(value_type = Option<String>)]
    pub reached: Option<Timestamp>,
    /// On the wall, when its number of frames last grew.
    #[serde(serialize_with = "time")]
    #[schema(value_type = Option<String>)]
    pub heard: Option<Timestamp>,
    /// Seconds since then.
    pub silent_s: u64,
    /// Links between network elements, in each direction.
    pub links: Vec<LinkStatus>,
    /// Below the messages.
    pub transport: Vec<Count>,
    /// Of the probe, by group and name.
    pub probe: Vec<GroupCount>,
    /// By protocol and name.
    pub messages: Vec<GroupCount>,
    /// What could not be read, by layer and element.
    pub malformed: Vec<GroupCount>,
}

/// How often, within a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct GroupCount {
    /// A layer, a protocol, a part of the probe.
    pub group: &'static str,
    /// What in it.
    pub name: &'static str,
    /// How often.
    pub count: u64,
}

impl FeedStatus {
    pub(super) fn new(config: &FeedConfig) -> Self {
        Self {
            name: config.name.clone(),
            kind: match config.listening {
                Listening::Interfaces { .. } => "interfaces",
                Listening::Folder { .. } => "folder",
            },
            interfaces: Vec::new(),
            frames: 0,
            late: 0,
            reached: None,
            heard: None,
            silent_s: 0,
            links: Vec::new(),
            transport: Vec::new(),
            probe: Vec::new(),
            messages: Vec::new(),
            malformed: Vec::new(),
        }
    }

    /// What there is to tell now.
    pub(super) fn next(
        &self,
        interfaces: Vec<InterfaceStatus>,
        links: Vec<LinkStatus>,
        probe: &Probe,
        reached: Timestamp,
        wall: Timestamp,
    ) -> Self {
        let (transport, counters) = (probe.transport_counters(), probe.counters());
        let group = |(group, name, count)| GroupCount { group, name, count };
        let heard = if transport.frames > self.frames { Some(wall) } else { self.heard.or(Some(wall)) };
        Self {
            name: self.name.clone(),
            kind: self.kind,
            interfaces,
            frames: transport.frames,
            late: 0,
            reached: (reached > Timestamp::MIN).then_some(reached),
            heard,
            silent_s: 0,
            links,
            transport: counts(transport.iter().skip(1)),
            probe: counters.totals().map(group).collect(),
            messages: counters
                .messages()
                .map(|(protocol, name, count)| group((protocol.name(), name, count)))
                .collect(),
            malformed: counters
                .malformed()
                .chain(transport.malformed())
                .map(|(what, count)| group((what.layer.name(), what.element, count)))
                .collect(),
        }
    }

    /// As it stands at `wall`, with so many late events: a feed that tells nothing any more is silent too.
    pub(super) fn at(&self, wall: Timestamp, late: u64) -> Self {
        Self { silent_s: self.heard.map_or(0, |heard| wall.since(heard).as_secs()), late, ..self.clone() }
    }

    /// Packets lost before the probe.
    pub fn lost(&self) -> u64 {
        self.interfaces.iter().map(InterfaceStatus::lost).sum()
    }

    /// The probe's counter of this name.
    pub fn probe_count(&self, group: &str, name: &str) -> u64 {
        let found = self.probe.iter().find(|count| count.group == group && count.name == name);
        found.map_or(0, |count| count.count)
    }

    /// Of a hundred connections and steps, how many have a known subscriber; none before the first.
    pub fn resolved_percent(&self) -> Option<u64> {
        let count = |name| self.probe_count("identities", name);
        let resolved = count("resolved_on_wire") + count("resolved_mapped") + count("resolved_suspect");
        let all = resolved + count("unresolved");
        (all > 0).then(|| resolved * 100 / all)
    }
}

/// An interface, or a folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct InterfaceStatus {
    /// Its name.
    pub name: String,
    /// Packets that passed the filter.
    pub received: u64,
    /// Frames given to the probe.
    pub decoded: u64,
    /// Lost because the kernel's ring was full.
    pub dropped_by_kernel: u64,
    /// Lost by the interface or its driver.
    pub dropped_by_interface: u64,
    /// Passed over by the filter.
    pub filtered: u64,
    /// Times it was away; of a folder, files that could not be read whole.
    pub gaps: u64,
}

impl InterfaceStatus {
    pub(super) fn of_folder(follow: &Follow) -> Self {
        let totals = follow.totals();
        Self {
            name: follow.folder().display().to_string(),
            received: totals.frames,
            decoded: totals.frames,
            dropped_by_kernel: 0,
            dropped_by_interface: 0,
            filtered: 0,
            gaps: totals.gaps,
        }
    }

    fn lost(&self) -> u64 {
        self.dropped_by_kernel + self.dropped_by_interface
    }
}

impl From<&InterfaceTotals> for InterfaceStatus {
    fn from(totals: &InterfaceTotals) -> Self {
        Self {
            name: totals.interface.clone(),
            received: totals.received,
            decoded: totals.decoded,
            dropped_by_kernel: totals.dropped_by_kernel,
            dropped_by_interface: totals.dropped_by_interface,
            filtered: totals.filtered,
            gaps: totals.gaps,
        }
    }
}

/// A direction of a link between two network elements.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct LinkStatus {
    /// What carries it: `sctp`, `tcp`, `mtp2`, `ns`.
    pub transport: &'static str,
    /// Who sends to whom; `others` for all that are not told by name.
    pub link: String,
    /// What was seen that carries a number.
    pub seen: u64,
    /// What was sent, as its numbers tell, and not seen.
    pub missing: u64,
}

impl LinkStatus {
    pub(super) fn add(&mut self, loss: &LinkLoss) {
        (self.seen, self.missing) = (self.seen + loss.seen, self.missing + loss.missing);
    }
}

impl From<&LinkLoss> for LinkStatus {
    fn from(loss: &LinkLoss) -> Self {
        let (transport, link) = (loss.link.transport(), loss.link.ends().to_string());
        Self { transport, link, seen: loss.seen, missing: loss.missing }
    }
}

/// The scenarios in force.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub struct RulesStatus {
    /// Which set.
    pub revision: String,
    /// How many scenarios it has, those that are paused included.
    pub scenarios: usize,
    /// How many unit tests it has passed.
    pub cases: usize,
    /// Who committed to its folder last, and when, where that is a git checkout.
    pub author: Option<String>,
    /// All of that, for people.
    pub loaded: String,
    /// When it was taken over, on the wall.
    #[serde(serialize_with = "time")]
    #[schema(value_type = Option<String>)]
    pub since: Option<Timestamp>,
    /// Why the last change was not taken over; absent where it was.
    pub refused: Option<String>,
    /// Names of scenarios that are paused.
    pub paused: Vec<String>,
}

/// A way out.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ChannelStatus {
    /// As in the configuration.
    pub name: String,
    /// Whether it would take something now.
    pub ready: bool,
    /// Why it is down, by its own words; absent where it is not.
    pub down: Option<String>,
    /// Offers that wait for a person to let them go; absent where they go by themselves.
    pub held: Option<u64>,
    /// Handed to it.
    pub submitted: u64,
    /// Taken by it.
    pub accepted: u64,
    /// Refused by it, for good or for the time being.
    pub refused: u64,
}

/// A location area.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct AreaStatus {
    /// `460-00-4301`.
    pub area: String,
    /// Events within this hour; absent where fewer subscribers were there than may be shown.
    pub events: Option<u64>,
}

/// Octets of memory of this process, by `/proc/self/statm`; 0 where that cannot be read.
pub(super) fn resident_octets() -> u64 {
    const PAGE_OCTETS: u64 = 4096;
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = statm.split_ascii_whitespace().nth(1).and_then(|pages| pages.parse::<u64>().ok());
    pages.unwrap_or(0) * PAGE_OCTETS
}

fn time<S: Serializer>(at: &Option<Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
    match at {
        Some(at) => serializer.collect_str(at),
        None => serializer.serialize_none(),
    }
}

//! The thread that owns the engine: takes parcels of all feeds, makes time go on, does what people ask, and tells once a second
//! how it stands.

use std::collections::VecDeque;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use crossbeam::channel::{Receiver, RecvTimeoutError, Sender, TryRecvError, bounded};
use event::{Imsi, Kind, Timestamp};

use super::areas::AreaTally;
use super::clock::{self, FeedTimes};
use super::feed::{Feed, Item, Parcel};
use super::forgetting::Erasing;
use super::history::History;
use super::observed::Seen;
use super::relay::{Ending, Relay};
use super::reread::Reread;
use super::rulebook::Rulebook;
use super::runaway::is_runaway;
use super::service::{Service, Signals};
use super::status::{self, DelayStatus, ShardStatus, Status};
use super::{DRAIN, Order, Request, RunError, View, system};
use crate::erasure::Unfinished;
use crate::identities::Eraser;
use crate::metrics::Meters;
use crate::pseudonyms::Pseudonyms;
use crate::reload::{Loaded, Refused, Watch};
use crate::{Engine, EngineError};

/// How long to wait for a parcel before time goes on without one.
const BEAT: Duration = Duration::from_millis(20);
/// The most parcels between two looks at anything else.
const PARCELS_AT_ONCE: usize = 256;
/// How often is told how it stands.
const PUBLISH: Duration = Duration::from_secs(1);
/// How often the store's files are measured.
const MEASURE: Duration = Duration::from_secs(30);

pub(super) struct Driver {
    engine: Engine,
    times: FeedTimes,
    feeds: Vec<Feed>,
    parcels: Receiver<Parcel>,
    emptied: Sender<Vec<Item>>,
    orders: Receiver<Order>,
    rulebook: Rulebook,
    watch: Option<Watch>,
    /// What was read at the start is read again, because a person or a signal asked for it.
    reading: Option<Reading>,
    /// Rules that wait until all subscribers are brought over to the last ones.
    is_renewal_due: bool,
    areas: AreaTally,
    relay: Option<Relay>,
    /// Events by kind.
    kinds: [u64; Kind::NAMES.len()],
    seen: Vec<Arc<Seen>>,
    identities: Eraser,
    /// Who are to be erased, one after the other, and who asked; nobody where an earlier run was asked.
    erasures: VecDeque<(Imsi, Option<Order>)>,
    erasing: Option<Erasing>,
    unfinished: Unfinished,
    view: Arc<View>,
    meters: Meters,
    history: History,
    now: Timestamp,
    started: Timestamp,
    published: Timestamp,
    measured: Timestamp,
    store_octets: u64,
    is_ending: bool,
}

struct Reading {
    result: Receiver<Reread>,
    replies: Vec<Order>,
}

impl Driver {
    #[expect(clippy::too_many_arguments, reason = "called once, where everything is opened")]
    pub(super) fn new(
        engine: Engine,
        feeds: Vec<Feed>,
        parcels: Receiver<Parcel>,
        emptied: Sender<Vec<Item>>,
        orders: Receiver<Order>,
        rulebook: Rulebook,
        view: Arc<View>,
        seen: Vec<Arc<Seen>>,
        identities: Eraser,
        meters: Meters,
    ) -> Result<Self, RunError> {
        let config = &view.config;
        let watch = config.scenarios.watch.then(|| Watch::begin(&config.scenarios.folder, config.site())).transpose();
        let relay = config
            .events
            .to
            .clone()
            .map(|to| Relay::begin(to, Arc::clone(&view)))
            .transpose()
            .map_err(system("no thread can be started"))?;
        let started = clock::wall();
        let unfinished = Unfinished::of(&super::window(config));
        let left = unfinished.read().map_err(system("who is still to be erased cannot be read"))?;
        Ok(Self {
            engine,
            times: FeedTimes::new(feeds.len(), started),
            feeds,
            parcels,
            emptied,
            orders,
            rulebook,
            watch: watch.map_err(system("the scenarios cannot be watched"))?,
            reading: None,
            is_renewal_due: false,
            areas: AreaTally::new(config.privacy.minimum_cohort),
            relay,
            kinds: [0; Kind::NAMES.len()],
            seen,
            identities,
            erasures: left.into_iter().map(|imsi| (imsi, None)).collect(),
            erasing: None,
            unfinished,
            meters,
            history: History::default(),
            now: Timestamp::MIN,
            started,
            published: Timestamp::MIN,
            measured: Timestamp::MIN,
            store_octets: 0,
            is_ending: false,
            view,
        })
    }

    /// Until a signal ends it, or it cannot go on.
    pub(super) fn run(mut self, signals: &Signals, mut service: Service) -> Result<(), RunError> {
        loop {
            let has_feeds = self.take_parcels();
            let wall = clock::wall();
            self.advance(wall)?;
            self.renew(signals, &service)?;
            self.erase(wall)?;
            if wall >= self.published + PUBLISH {
                self.published = wall;
                self.second(wall, &service)?;
            }
            service.alive();
            if signals.ends() && !self.is_ending {
                self.is_ending = true;
                service.stopping(DRAIN);
                self.feeds.iter().for_each(|feed| feed.deadline.end_now());
            }
            match (has_feeds, self.is_ending, self.feeds.is_empty()) {
                (false, true, _) => break,
                (false, false, false) => return Err(RunError::FeedsEnded),
                _ => {}
            }
        }
        self.finish()
    }

    // Whether a feed is still running.
    fn take_parcels(&mut self) -> bool {
        let mut next = self.parcels.recv_timeout(BEAT);
        for _ in 0..PARCELS_AT_ONCE {
            match next {
                Ok(parcel) => self.take(parcel),
                Err(RecvTimeoutError::Timeout) => return true,
                Err(RecvTimeoutError::Disconnected) => {
                    // Nobody tells how long to wait any more.
                    thread::sleep(BEAT);
                    return false;
                }
            }
            next = self.parcels.try_recv().map_err(|error| match error.is_disconnected() {
                true => RecvTimeoutError::Disconnected,
                false => RecvTimeoutError::Timeout,
            });
        }
        // The last one was taken out: it is not to be lost.
        next.into_iter().for_each(|parcel| self.take(parcel));
        true
    }

    fn take(&mut self, mut parcel: Parcel) {
        let index = usize::from(parcel.feed);
        if let Some(erasing) = &self.erasing {
            let count = parcel.items.len();
            parcel.items.retain(|item| !matches!(item, Item::Event(event) if event.imsi == Some(erasing.imsi)));
            self.engine.note_passed_over(count - parcel.items.len());
        }
        if let Some((relay, feed)) = self.relay.as_ref().zip(self.feeds.get(index)) {
            let event = |item: &Item| if let Item::Event(event) = item { Some(*event) } else { None };
            relay.send(&feed.name, parcel.items.iter().filter_map(event).collect());
        }
        let mut late = 0;
        for item in parcel.items.drain(..) {
            match item {
                Item::Event(event) => {
                    self.areas.event(&event);
                    self.kinds.get_mut(event.kind.index()).into_iter().for_each(|count| *count += 1);
                    late += u64::from(self.engine.event(&event));
                }
                Item::Area(fact) => self.engine.area(&fact),
            }
        }
        self.feeds.get_mut(index).into_iter().for_each(|feed| feed.late += late);
        // One that finds no room is given back to the allocator.
        _ = self.emptied.try_send(parcel.items);
        self.times.reach(index, parcel.reached, clock::wall());
        if let Some(end) = parcel.end {
            _ = self.times.end(index);
            let name = self.feeds.get(index).map_or("", |feed| &*feed.name);
            match end {
                Ok(()) if self.is_ending => {}
                Ok(()) => tracing::error!(feed = name, "the feed has ended"),
                Err(error) => tracing::error!(feed = name, "the feed has ended: {error}"),
            }
        }
    }

    fn advance(&mut self, wall: Timestamp) -> Result<(), EngineError> {
        self.now = self.times.now(wall);
        if self.now > Timestamp::MIN { self.engine.tick(self.now) } else { Ok(()) }
    }

    // Everything that changes the rules.
    fn renew(&mut self, signals: &Signals, service: &Service) -> Result<(), RunError> {
        if signals.reloads() {
            service.reloading();
            self.begin_reading(None, service);
        }
        while let Ok(order) = self.orders.try_recv() {
            match &order.what {
                Request::Reload => self.begin_reading(Some(order), service),
                Request::Pause(scenario) => _ = order.reply.send(self.pause(scenario, true)),
                Request::Release(scenario) => _ = order.reply.send(self.pause(scenario, false)),
                Request::Forget(imsi) => self.is_to_be_erased(*imsi, order),
            }
        }
        let changed = self.watch.as_ref().and_then(Watch::news);
        changed.into_iter().for_each(|read| self.take_over(read));
        self.take_reading(service);
        // Once those that are being brought over to the last ones have come over.
        let is_erasing = self.erasing.as_ref().is_some_and(Erasing::has_rows);
        if self.is_renewal_due && self.engine.is_settled() && !is_erasing {
            self.engine.reload(self.rulebook.in_force())?;
            self.is_renewal_due = false;
        }
        Ok(())
    }

    // Remembered before anything is done, so that no end of the process makes it undone.
    fn is_to_be_erased(&mut self, imsi: Imsi, order: Order) {
        match self.unfinished.note(imsi) {
            Ok(()) => self.erasures.push_back((imsi, Some(order))),
            // Who asked may have gone.
            Err(error) => _ = order.reply.send(Err(format!("nothing is erased, it cannot be written down: {error}"))),
        }
    }

    /// Goes on with those who are to be erased. Nobody begins while subscribers are brought over to other rules.
    fn erase(&mut self, wall: Timestamp) -> Result<(), RunError> {
        if let Some(erasing) = self.erasing.take_if(|erasing| erasing.is_finished()) {
            self.engine.forget_nobody();
            self.erased(erasing, wall);
        }
        if self.erasing.is_some() || self.is_ending || self.erasures.is_empty() || !self.engine.is_settled() {
            return Ok(());
        }
        let Some((imsi, order)) = self.erasures.pop_front() else { return Ok(()) };
        let Some(oblivion) = self.engine.forget(imsi) else { return Ok(()) };
        self.areas.forget(imsi);
        let feeds = self.feeds.iter().map(|feed| feed.forgets.clone()).collect();
        let erasing = Erasing::begin(oblivion, feeds, self.identities.clone(), order, wall);
        self.erasing = Some(erasing.map_err(system("no thread can be started"))?);
        Ok(())
    }

    fn erased(&mut self, erasing: Erasing, wall: Timestamp) {
        let (imsi, order, told) = erasing.end();
        let told = match told {
            Ok(erased) if erased.is_proven() => Ok(erased.to_string()),
            Ok(erased) => Err(format!(
                "{erased}\nAsk again in a minute; what stays even then goes when the service is stopped and `touchpoint store forget` run"
            )),
            Err(why) => Err(why),
        };
        self.view.census.store(Arc::default());
        match &told {
            Ok(_) => self.audit(wall, "forgotten", &self.view.call(imsi)),
            Err(why) => tracing::error!("a subscriber is not erased: {why}"),
        }
        // Whoever is told that something is left asks again; nobody else is to find it undone later.
        let settled = self.unfinished.settle(imsi);
        settled.unwrap_or_else(|error| tracing::error!("who was erased is erased again at the next start: {error}"));
        // Who asked may have gone.
        order.into_iter().for_each(|order| _ = order.reply.send(told.clone()));
    }

    fn begin_reading(&mut self, order: Option<Order>, service: &Service) {
        if let Some(reading) = &mut self.reading {
            reading.replies.extend(order);
            return;
        }
        let (tell, result) = bounded(1);
        let config = self.view.config.clone();
        let read = move || _ = tell.send(Reread::of(&config));
        match thread::Builder::new().name("scenarios-read".to_owned()).spawn(read) {
            Ok(_) => self.reading = Some(Reading { result, replies: order.into_iter().collect() }),
            Err(error) => {
                tracing::error!("the scenarios cannot be read: {error}");
                order.into_iter().for_each(|order| _ = order.reply.send(Err(error.to_string())));
                service.reloaded();
            }
        }
    }

    fn take_reading(&mut self, service: &Service) {
        let told = match self.reading.as_ref().map(|reading| reading.result.try_recv()) {
            Some(Ok(read)) => self.take_again(read),
            Some(Err(TryRecvError::Disconnected)) => {
                let told = "the scenarios could not be read: the thread that read them failed".to_owned();
                tracing::error!("{told}");
                Err(told)
            }
            Some(Err(TryRecvError::Empty)) | None => return,
        };
        let replies = self.reading.take().map(|reading| reading.replies).unwrap_or_default();
        // Who asked may have gone.
        replies.into_iter().for_each(|order| _ = order.reply.send(told.clone()));
        service.reloaded();
    }

    // Each whole, or not at all.
    fn take_again(&mut self, read: Reread) -> Result<String, String> {
        let Reread { scenarios, subscribers, keys } = read;
        let told = scenarios.as_ref().map(ToString::to_string).map_err(|refused| refused.diagnostics.clone());
        self.take_over(scenarios);
        let known = subscribers.map(|directory| {
            let (told, directory) = (format!("{} subscribers in the file", directory.len()), Arc::new(directory));
            self.engine.know(Arc::clone(&directory));
            self.view.directory.store(directory);
            told
        });
        let keys = keys.map(|keys| self.view.pseudonyms.store(Arc::new(keys)));
        known.iter().for_each(|told| tracing::info!("{told}"));
        known.as_ref().err().into_iter().chain(keys.as_ref().err()).for_each(|why| {
            tracing::error!("not read again, what was known before stays: {why}");
        });
        Ok(format!("{}; {}", told?, keys.and(known)?))
    }

    fn take_over(&mut self, read: Result<Loaded, Refused>) {
        match &read {
            Ok(loaded) => tracing::info!("scenarios taken over: {loaded}"),
            Err(refused) => tracing::error!("changed scenarios are not taken over, those before stay: {refused}"),
        }
        self.is_renewal_due |= self.rulebook.take(read, clock::wall());
        self.view.rules.store(Arc::clone(self.rulebook.whole()));
    }

    fn pause(&mut self, scenario: &str, is_paused: bool) -> Result<String, String> {
        if !self.rulebook.knows(scenario) {
            return Err(format!("there is no scenario `{scenario}`"));
        }
        let changed = self.rulebook.pause(scenario, is_paused).map_err(|error| error.to_string())?;
        self.is_renewal_due |= changed;
        if !is_paused {
            self.rulebook.trust(scenario, clock::wall());
        }
        let (what, already) = if is_paused { ("paused", "paused already") } else { ("released", "not paused") };
        Ok(format!("`{scenario}` is {}", if changed { what } else { already }))
    }

    fn second(&mut self, wall: Timestamp, service: &Service) -> Result<(), RunError> {
        self.stop_runaways(wall);
        self.rotate_keys(wall);
        self.miss_feeds();
        if wall >= self.measured + MEASURE {
            (self.measured, self.store_octets) = (wall, self.view.store.octets());
        }
        let status = self.status(wall);
        self.meters.publish(&status, &self.view.census.load());
        service.status(&format!("{} frames, {} events", status.frames_total(), status.events_total()));
        if self.history.note(&status, wall) {
            self.view.history.store(Arc::new(self.history.clone()));
        }
        self.view.status.store(Arc::new(status));
        Ok(())
    }

    // One whose thread failed gives no end.
    fn miss_feeds(&mut self) {
        if !self.parcels.is_empty() {
            return;
        }
        for (index, feed) in self.feeds.iter().enumerate() {
            if feed.has_ended() && self.times.end(index) {
                tracing::error!(feed = &*feed.name, "the feed has failed; start anew to have it back");
            }
        }
    }

    fn rotate_keys(&self, wall: Timestamp) {
        let (privacy, view) = (&self.view.config.privacy, &self.view);
        let since = view.pseudonyms.load().newest().since();
        if privacy.rotate_after.is_none_or(|after| wall < since + after) {
            return;
        }
        match Pseudonyms::rotate(&privacy.keys, wall, view.config.store.retention) {
            Ok(keys) => {
                let key = format!("key {}", keys.newest().number());
                tracing::info!("pseudonyms have a new key: {key}");
                view.pseudonyms.store(Arc::new(keys));
                self.audit(wall, "rotate", &key);
            }
            Err(error) => tracing::error!("the key of pseudonyms stays: {error}"),
        }
    }

    fn audit(&self, wall: Timestamp, action: &str, object: &str) {
        let audited = self.view.audit.write(wall, "touchpoint", action, object);
        audited.unwrap_or_else(|error| tracing::error!("the audit log cannot be written: {error}"));
    }

    fn stop_runaways(&mut self, wall: Timestamp) {
        let (census, config) = (self.view.census.load_full(), self.view.config.runaway);
        for (name, _) in census.scenarios.iter().filter(|(_, scenario)| is_runaway(config, scenario)) {
            if !self.rulebook.may_stop(name, wall) {
                continue;
            }
            match self.pause(name, true) {
                Ok(_) => {
                    tracing::error!(
                        scenario = &**name,
                        "far more offers than usual: paused until a person releases it"
                    );
                    metrics::counter!("touchpoint_runaway_total", "scenario" => name.to_string()).increment(1);
                    self.audit(wall, "pause", name);
                }
                Err(why) => tracing::error!(scenario = &**name, "far more offers than usual, and not paused: {why}"),
            }
        }
    }

    fn status(&self, wall: Timestamp) -> Status {
        let counters = self.engine.counters();
        let feed = |feed: &Feed| feed.status.load().at(wall, feed.late);
        let sent = |seen: &Arc<Seen>| DelayStatus::new("send", Some(seen.status().name), &seen.sending());
        let delays = DelayStatus::of_engine(&self.engine.delays()).into_iter().chain(self.seen.iter().map(sent));
        Status {
            version: env!("CARGO_PKG_VERSION"),
            started: Some(self.started),
            at: Some(wall),
            now: (self.now > Timestamp::MIN).then_some(self.now),
            feeds: self.feeds.iter().map(feed).collect(),
            events: status::counts(Kind::NAMES.into_iter().zip(self.kinds)),
            engine: status::engine_counts(&counters),
            delays: delays.collect(),
            shards: self.engine.loads().into_iter().map(ShardStatus::from).collect(),
            rules: self.rulebook.status(),
            channels: self.seen.iter().map(|seen| seen.status()).collect(),
            areas: self.areas.status(),
            store_cache_octets: self.view.store.cache_octets(),
            store_octets: self.store_octets,
            resident_octets: status::resident_octets(),
            erasing: self.erasing.as_ref().map(|erasing| erasing.status(self.erasures.len())),
        }
    }

    fn finish(mut self) -> Result<(), RunError> {
        self.erasing.iter().for_each(Erasing::hurry);
        self.feeds.drain(..).for_each(Feed::join);
        let written = self.relay.take().map(Relay::close);
        let summary = self.engine.finish()?;
        self.erasing.into_iter().for_each(Erasing::cut_off);
        written.into_iter().for_each(Ending::wait);
        tracing::info!(
            events = summary.counters.events,
            unsettled = summary.unsettled,
            "ended; what is unsettled is taken up at the next start"
        );
        Ok(())
    }
}

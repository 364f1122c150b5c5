//! The whole engine on random input: a fake channel and a fake look-up, crashes at random places, and a naive model of
//! what must come out.
#![expect(clippy::disallowed_types, reason = "a fake that answers from a thread of its own")]

mod days;
mod forgetting;
mod limits;
mod model;
mod patterns;
mod pushes;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crossbeam::channel::{Receiver, Sender, unbounded};
use event::{AreaFact, Binding, Direction, Event, Imsi, Kind, Number, Timestamp};
use rules::scenario::{CallPhase, Cap, Limits, Purpose, Send, Trigger};
use rules::{Directory, Policy, Reason, RuleSet, Scenario};

use crate::offer::address::Answer;
use crate::offer::channel::{Channel, Lane, Report, Submission};
use crate::offer::{AddressSource, Offer, OfferId, State};
use crate::shard::Item;
use crate::testing::{Random, random_event};
use crate::window::{LedgerEntry, Store};
use crate::{Engine, EngineConfig, EngineCounters};

const SUBSCRIBERS: u64 = 40;
const START: &str = "2026-11-22T00:00:00Z";

fn imsi(index: u64) -> Imsi {
    format!("4600012345678{index:02}").parse().unwrap()
}

fn cap(count: u32, per: Duration) -> Option<Cap> {
    Some(Cap { count, per })
}

fn scenario(name: &str, purpose: Purpose, trigger: Trigger, total: Option<u64>) -> Scenario {
    let per_subscriber = cap(3, Duration::from_hours(6));
    let expires = Duration::from_mins(10);
    Scenario {
        limits: Limits { per_subscriber, total, expires, ..Limits::default() },
        ..Scenario::new(name, purpose, trigger, Send::sms(format!("{name}!").as_str()))
    }
}

fn rule_set(scenarios: Vec<Scenario>, caps: Vec<Cap>) -> Arc<RuleSet> {
    let caps = caps.into_iter().map(Into::into).collect();
    let policy = Policy { caps, opt_in: Vec::new(), ..Policy::default() };
    Arc::new(RuleSet::new(scenarios, policy, "0000000000000001".to_owned()))
}

/// What two of the scenarios may offer in all: less than the streams of the tests ask for, help calls aside.
const CALL_TOTAL: usize = 15;
const ON_TOTAL: usize = 12;

/// Scenarios that depend on a single event, on what came before it, on caps, and on totals.
fn rules() -> Arc<RuleSet> {
    let call = Trigger::Call {
        phase: CallPhase::Setup,
        direction: None,
        numbers: Vec::new(),
        length: None,
        causes: Vec::new(),
    };
    let scenarios = vec![
        scenario("call", Purpose::Marketing, call, Some(CALL_TOTAL as u64)),
        scenario("sms", Purpose::Service, Trigger::Sms { direction: None, numbers: Vec::new() }, None),
        scenario("off", Purpose::Location, Trigger::PowerOff, None),
        scenario("on", Purpose::Marketing, Trigger::PowerOn, Some(ON_TOTAL as u64)),
        scenario("device", Purpose::Marketing, Trigger::DeviceChange { to: None, from: None }, None),
    ];
    rule_set(scenarios, vec![Cap { count: 6, per: Duration::from_hours(12) }])
}

/// A subscriber file with the numbers of these subscribers.
fn directory(folder: &Path, has: impl Fn(u64) -> bool) -> Arc<Directory> {
    let rows =
        (0..SUBSCRIBERS).filter(|index| has(*index)).map(|index| format!("{},139000000{index:02}\n", imsi(index)));
    let file = folder.join("subscribers.csv");
    std::fs::write(&file, format!("imsi,msisdn\n{}", rows.collect::<String>())).unwrap();
    Arc::new(Directory::load(&file).unwrap())
}

/// Events about `spacing` apart, a few of them out of place, a few of them unresolved.
fn stream(seed: u64, count: usize, spacing: Duration) -> Vec<Event> {
    let mut random = Random::new(seed);
    let mut at: Timestamp = START.parse().unwrap();
    (0..count)
        .map(|frame| {
            at = at + Duration::from_micros(random.below(2 * spacing.as_micros() as u64));
            let who = imsi(random.below(SUBSCRIBERS));
            let event = random_event(&mut random, who);
            let delay = if random.chance(10) { random.below(60_000_000) } else { 0 };
            Event {
                at: Timestamp::from_micros(at.as_micros() - delay as i64),
                frame: frame as u64 + 1,
                imsi: event.imsi.filter(|_| random.chance(97)),
                ..event
            }
        })
        .collect()
}

/// Takes everything, and tells what became of it when and how it likes.
struct FakeChannel {
    random: Random,
    room: usize,
    is_steady: bool,
    sent: Arc<Mutex<Vec<Submission>>>,
    is_open: Arc<AtomicBool>,
    waiting: VecDeque<OfferId>,
    reports: (Sender<Report>, Receiver<Report>),
}

impl Channel for FakeChannel {
    fn name(&self) -> &'static str {
        "fake"
    }

    fn ready(&self) -> usize {
        if self.is_open.load(Ordering::SeqCst) { self.room } else { 0 }
    }

    fn submit(&mut self, submission: Submission) {
        if !self.is_steady && self.random.chance(20) {
            // It says that it was not sent, and it was not.
            let again = Report::Refused { id: submission.id, reason: "throttled".to_owned(), again: true };
            self.reports.0.send(again).unwrap();
            return;
        }
        self.waiting.push_back(submission.id);
        self.sent.lock().unwrap().push(submission);
        // Some answers wait for the next submission, some never come.
        while self.is_steady || self.waiting.len() > 3 || self.random.chance(60) {
            let Some(id) = self.waiting.pop_front() else { break };
            self.reports.0.send(Report::Accepted { id, message_id: format!("{id}"), others: Vec::new() }).unwrap();
        }
    }

    fn reports(&self) -> &Receiver<Report> {
        &self.reports.1
    }
}

/// What has been sent by all engines of a test, and how they are configured.
struct World {
    folder: tempfile::TempDir,
    directory: Arc<Directory>,
    rules: Arc<RuleSet>,
    /// How many submissions the channel takes at once.
    room: usize,
    /// Whether it takes every one at the first time and always answers.
    is_steady: bool,
    sent: Arc<Mutex<Vec<Submission>>>,
    is_open: Arc<AtomicBool>,
    lookup: Option<fn(u64) -> Box<dyn AddressSource>>,
    arena_bytes: usize,
    profiles: usize,
    decisions: Duration,
    patience: Duration,
    seed: u64,
}

impl World {
    fn new(seed: u64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self {
            directory: directory(folder.path(), |index| index % 5 != 0),
            rules: rules(),
            room: 7,
            is_steady: false,
            folder,
            sent: Arc::default(),
            is_open: Arc::new(AtomicBool::new(true)),
            lookup: None,
            arena_bytes: 1 << 20,
            profiles: 1 << 20,
            decisions: Duration::from_hours(48),
            patience: Duration::from_millis(300),
            seed,
        }
    }

    fn store(&self) -> std::path::PathBuf {
        self.folder.path().join("store")
    }

    fn start(&self, threads: usize) -> Engine {
        let channel = FakeChannel {
            random: Random::new(self.seed + 1),
            room: self.room,
            is_steady: self.is_steady,
            sent: self.sent.clone(),
            is_open: self.is_open.clone(),
            waiting: VecDeque::new(),
            reports: unbounded(),
        };
        let lanes = vec![Lane::sole(Box::new(channel))];
        let mut config = EngineConfig::new(self.store(), self.rules.clone(), self.directory.clone(), lanes);
        config.threads = NonZeroUsize::new(threads).unwrap();
        config.input = 4711;
        config.arena_bytes = self.arena_bytes;
        config.profiles = self.profiles;
        config.decisions = self.decisions;
        config.lookup = self.lookup.map(|lookup| lookup(self.seed));
        config.commit_interval = Duration::from_millis(3);
        config.patience = self.patience;
        Engine::start(config).unwrap()
    }

    fn run(&self, threads: usize, events: &[Event]) -> Outcome {
        self.run_with(threads, events, &[])
    }

    fn run_with(&self, threads: usize, events: &[Event], facts: &[AreaFact]) -> Outcome {
        let mut engine = self.start(threads);
        feed_with(&mut engine, events, facts, 0..events.len());
        let summary = engine.finish().unwrap();
        Outcome::read(&summary.store, summary.counters)
    }
}

/// Says where two runs differ first, rather than all that they hold.
fn assert_same(a: &Outcome, b: &Outcome, what: &str) {
    let ((ledger_a, offers_a), (ledger_b, offers_b)) = (a.decided(), b.decided());
    let decision = ledger_a.iter().zip(&ledger_b).find(|(a, b)| a != b);
    assert!(decision.is_none(), "{what}: {decision:#?}");
    let offer = offers_a.iter().zip(&offers_b).find(|(a, b)| a != b);
    assert!(offer.is_none(), "{what}: {offer:#?}");
    assert_eq!((ledger_a.len(), offers_a.len()), (ledger_b.len(), offers_b.len()), "{what}");
}

/// Gives an engine events, with a tick at places that depend on the events alone.
fn feed(engine: &mut Engine, events: &[Event]) {
    feed_part(engine, events, 0..events.len());
}

/// Gives an engine some of the events, as if those before had been given to it.
fn feed_part(engine: &mut Engine, events: &[Event], part: std::ops::Range<usize>) {
    feed_with(engine, events, &[], part);
}

/// The same, with what shows of location areas meanwhile.
fn feed_with(engine: &mut Engine, events: &[Event], facts: &[AreaFact], part: std::ops::Range<usize>) {
    let (mut now, mut told) = (Timestamp::MIN, 0);
    for (index, event) in events.iter().enumerate().take(part.end) {
        now = now.max(event.at);
        if index < part.start {
            continue;
        }
        for fact in facts.iter().skip(told).take_while(|fact| fact.at <= now) {
            engine.area(fact);
            told += 1;
        }
        engine.event(event);
        if index % 23 == 0 {
            engine.tick(now).unwrap();
            engine.hand_over();
        }
    }
}

#[derive(Debug)]
struct Outcome {
    ledger: Vec<LedgerEntry>,
    offers: Vec<Offer>,
    counters: EngineCounters,
}

impl Outcome {
    fn read(store: &Store, counters: EngineCounters) -> Self {
        Self {
            ledger: store.ledger().unwrap().collect::<Result<_, _>>().unwrap(),
            offers: store.outbox().unwrap().collect::<Result<_, _>>().unwrap(),
            counters,
        }
    }

    /// What has to be the same however a run was cut into pieces: the decisions, without how far sending has come.
    fn decided(&self) -> (Vec<LedgerEntry>, Vec<Offer>) {
        let mut offers = self.offers.clone();
        for offer in &mut offers {
            if matches!(offer.state, State::Accepted(_) | State::Unknown | State::Sending) {
                offer.state = State::Queued;
            }
        }
        (self.ledger.clone(), offers)
    }

    fn with_state(&self, wanted: impl Fn(&State) -> bool) -> BTreeSet<OfferId> {
        self.offers.iter().filter(|offer| wanted(&offer.state)).map(|offer| offer.id).collect()
    }

    fn count(&self, scenario: &str, wanted: impl Fn(&State) -> bool) -> usize {
        self.offers.iter().filter(|offer| &*offer.scenario == scenario && wanted(&offer.state)).count()
    }
}

#[test]
fn the_number_of_threads_decides_nothing() {
    let events = stream(1, 12_000, Duration::from_secs(3));
    let one = World::new(1).run(1, &events);
    assert!(one.ledger.len() > 1_000 && one.offers.len() > 100, "{} {}", one.ledger.len(), one.offers.len());
    assert!(one.counters.late > 0 && one.counters.unresolved > 0, "{:?}", one.counters);
    for threads in [2, 8] {
        let many = World::new(1).run(threads, &events);
        assert_same(&one, &many, &format!("{threads} threads"));
    }
}

#[test]
fn a_total_is_exact() {
    let events = stream(3, 24_000, Duration::from_secs(3));
    for threads in [1, 8] {
        let outcome = World::new(5).run(threads, &events);
        let passed = |scenario| outcome.count(scenario, |state| !matches!(state, State::Withheld(_)));
        assert_eq!((passed("call"), passed("on")), (CALL_TOTAL, ON_TOTAL));
        assert!(outcome.count("call", |state| *state == State::Withheld(Reason::TotalReached)) > 0);
    }
}

#[test]
fn a_crash_anywhere_loses_nothing_and_sends_nothing_twice() {
    let events = stream(4, 6_000, Duration::from_secs(5));
    let whole = World::new(7).run(2, &events);
    for seed in 0..12 {
        let mut random = Random::new(1_000 + seed);
        let mut world = World::new(seed);
        world.arena_bytes = 1 << (10 + random.below(12));
        for _ in 0..1 + random.below(4) {
            let mut engine = world.start(1 + random.below(8) as usize);
            feed(&mut engine, &events[..random.below(events.len() as u64) as usize]);
            drop(engine);
        }
        let resumed = world.run(1 + random.below(8) as usize, &events);
        assert_same(&whole, &resumed, &format!("seed {seed}"));
        check_sent(&world, &resumed, seed);
    }
}

// Marketing went out at most once, and what did not go out is known as such; nothing is left behind undecided. Where the
// channel was still silent when patience ended, an offer may be on its way or wait for another try.
fn check_sent(world: &World, outcome: &Outcome, seed: u64) {
    let mut times: BTreeMap<OfferId, usize> = BTreeMap::new();
    world.sent.lock().unwrap().iter().for_each(|submission| *times.entry(submission.id).or_default() += 1);
    for offer in &outcome.offers {
        let times = times.get(&offer.id).copied().unwrap_or(0);
        let is_service = offer.purpose == Purpose::Service;
        let is_right = match &offer.state {
            State::Accepted(_) => times == 1 || is_service && times > 1,
            State::Unknown => times <= 1 && !is_service,
            State::Sending => !world.is_steady && (times <= 1 || is_service),
            State::Queued => !world.is_steady && (times == 0 || is_service),
            State::Withheld(_) => times == 0,
            _ => false,
        };
        assert!(is_right, "seed {seed}: sent {times} times: {offer:?}");
    }
}

#[test]
fn what_was_counted_is_not_counted_again() {
    let events = stream(5, 3_000, Duration::from_secs(3));
    let world = World::new(11);
    let first = world.run(2, &events);
    let sent = world.sent.lock().unwrap().len();
    let again = world.run(8, &events);
    assert_same(&first, &again, "again");
    assert_eq!(again.counters.skipped, again.counters.events - again.counters.unresolved);
    assert_eq!((again.counters.proposed, again.counters.withheld), (0, 0));
    // Only the service messages that were on their way may go out again.
    let on_their_way = first.with_state(|state| *state == State::Sending).len();
    assert!(world.sent.lock().unwrap().len() <= sent + on_their_way);
}

#[test]
fn memory_s_limits_decide_nothing() {
    let events = stream(6, 6_000, Duration::from_secs(4));
    let roomy = World::new(13).run(2, &events);
    // A subscriber is put out only once sealed, and the sealer's thread may lag behind a whole run: again, then.
    let is_evicting = (0..20).any(|_| {
        let mut tight = World::new(13);
        (tight.arena_bytes, tight.profiles) = (4_096, 0);
        let tight = tight.run(2, &events);
        assert!(tight.counters.seals > 20, "{:?}", tight.counters);
        assert_same(&roomy, &tight, "tight");
        tight.counters.evicted > 0
    });
    assert!(is_evicting, "nobody was put out of memory in any run");
}

/// Answers out of order; fails the first time for each; knows nobody whose IMSI ends in 0.
struct FakeLookup {
    random: Random,
    asked: Vec<Imsi>,
    failed: BTreeSet<Imsi>,
}

impl AddressSource for FakeLookup {
    fn request(&mut self, imsi: Imsi) {
        self.asked.push(imsi);
    }

    fn answer(&mut self) -> Option<(Imsi, Answer)> {
        if self.asked.is_empty() || self.random.chance(50) {
            return None;
        }
        let imsi = self.asked.swap_remove(self.random.below(self.asked.len() as u64) as usize);
        let number: Number = "+8613700000000".parse().unwrap();
        Some((
            imsi,
            match imsi.to_string().ends_with('0') {
                _ if self.failed.insert(imsi) => Answer::Failed("no route".to_owned()),
                true => Answer::Unknown,
                false => Answer::Found(number),
            },
        ))
    }
}

#[test]
fn look_ups_that_answer_in_any_order_decide_the_same() {
    let events = stream(7, 12_000, Duration::from_secs(4));
    let run = |threads, seed| {
        let mut world = World::new(seed);
        world.lookup =
            Some(|seed| Box::new(FakeLookup { random: Random::new(seed), asked: Vec::new(), failed: BTreeSet::new() }));
        world.run(threads, &events)
    };
    let one = run(1, 17);
    let found = one.offers.iter().filter(|offer| offer.to == "+8613700000000".parse().ok()).count();
    assert!(found > 10, "{found}");
    assert!(one.with_state(|state| *state == State::Withheld(Reason::NoAddress)).len() > 10);
    assert_eq!(one.count("call", |state| !matches!(state, State::Withheld(_))), CALL_TOTAL);
    for threads in [2, 8] {
        assert_same(&one, &run(threads, 19), &format!("{threads} threads"));
    }
}

#[test]
fn offers_that_find_no_room_in_memory_wait_in_the_store_and_keep_their_order() {
    let mut events = stream(8, 9_500, Duration::from_secs(1));
    for event in &mut events {
        event.kind = Kind::Sms { direction: Direction::Out, peer: None };
        event.binding = Binding::OnWire;
    }
    let mut sms = scenario("sms", Purpose::Marketing, Trigger::Sms { direction: None, numbers: Vec::new() }, None);
    sms.limits.per_subscriber = None;
    let order = [1, 4].map(|threads| {
        let mut world = World::new(23);
        (world.rules, world.room) = (rule_set(vec![sms.clone()], Vec::new()), 400);
        world.directory = directory(world.folder.path(), |_| true);
        world.is_steady = true;
        world.is_open.store(false, Ordering::SeqCst);
        let mut engine = world.start(threads);
        feed(&mut engine, &events);
        let full = (0..4_000).any(|_| {
            std::thread::sleep(Duration::from_millis(5));
            engine.counters().spilled > 0
        });
        assert!(full, "{:?}", engine.counters());
        world.is_open.store(true, Ordering::SeqCst);
        let summary = engine.finish().unwrap();
        let outcome = Outcome::read(&summary.store, summary.counters);
        assert!(outcome.offers.len() > 9_000, "{:?}", outcome.counters);
        assert_eq!(outcome.with_state(|state| matches!(state, State::Accepted(_))).len(), outcome.offers.len());
        let sent: Vec<OfferId> = world.sent.lock().unwrap().iter().map(|submission| submission.id).collect();
        let mut offers = outcome.offers;
        offers.sort_by_key(|offer| offer.sequence);
        assert!(sent.iter().eq(offers.iter().map(|offer| &offer.id)), "{threads} threads");
        sent
    });
    assert!(order[0] == order[1]);
}

// --- the window -----------------------------------------------------------------------------------------------------

/// The events of one subscriber in the order in which they are to be taken in.
fn expected_window(events: &[Event], who: Imsi, since: Timestamp) -> Vec<Event> {
    let mut order = crate::shard::Order::default();
    let (mut released, mut now) = (Vec::new(), Timestamp::MIN);
    for (index, event) in events.iter().enumerate() {
        if event.imsi.is_some() {
            released.extend(order.push(Item::Event(*event)));
        }
        now = now.max(event.at);
        if index % 23 == 0 {
            let upto = Timestamp::from_micros(now.as_micros() - 500_000);
            released.extend(std::iter::from_fn(|| order.release(upto)));
        }
    }
    released.extend(std::iter::from_fn(|| order.release(Timestamp::MAX)));
    let released = released.into_iter().filter_map(|item| match item {
        Item::Event(event) => Some(event),
        Item::Area(_) => None,
    });
    released.filter(|event| event.imsi == Some(who) && event.at >= since).collect()
}

#[test]
fn the_window_holds_every_event_across_runs_seals_crashes_and_buckets() {
    let events = stream(9, 8_000, Duration::from_secs(9));
    let since: Timestamp = "2026-11-22T05:00:00Z".parse().unwrap();
    for arena_bytes in [1 << 10, 1 << 14, 1 << 20] {
        let mut world = World::new(29);
        world.arena_bytes = arena_bytes;
        let mut engine = world.start(3);
        feed(&mut engine, &events[..5_000]);
        drop(engine);
        world.run(2, &events);
        let store = Store::open(&world.store()).unwrap();
        for who in (0..SUBSCRIBERS).map(imsi) {
            // Bucket by bucket, in order within each: an event that came late to its bucket stands at its end.
            let bucket = |event: &Event| event.at.as_micros().div_euclid(6 * 3_600_000_000);
            let mut expected = expected_window(&events, who, since);
            expected.sort_by_key(bucket);
            let mut window = store.window(who, since).unwrap();
            window.sort_by_key(bucket);
            assert_eq!(window, expected, "arena of {arena_bytes}");
        }
        assert_eq!(store.subscribers().unwrap(), SUBSCRIBERS);
        for since in [since, Timestamp::MIN, "2026-11-22T17:00:00Z".parse().unwrap()] {
            let each = |who| (who, store.window(who, since).unwrap());
            let expected: Vec<_> =
                (0..SUBSCRIBERS).map(imsi).map(each).filter(|(_, events)| !events.is_empty()).collect();
            assert_eq!(store.windows(since).unwrap().collect::<Result<Vec<_>, _>>().unwrap(), expected);
        }
        assert!(store.window("460000000000000".parse().unwrap(), Timestamp::MIN).unwrap().is_empty());
    }
}

#[test]
fn what_is_older_than_the_retention_is_dropped_whole() {
    let events = stream(10, 4_000, Duration::from_secs(90)); // a hundred hours
    let world = World::new(31);
    let outcome = world.run(2, &events);
    let last = events.iter().map(|event| event.at).max().unwrap();
    let hours = |hours: i64| Timestamp::from_micros(last.as_micros() - hours * 3_600_000_000);
    assert!(outcome.counters.dropped_buckets > 3, "{:?}", outcome.counters);
    let store = Store::open(&world.store()).unwrap();
    for who in (0..SUBSCRIBERS).map(imsi) {
        let window = store.window(who, Timestamp::MIN).unwrap();
        assert!(window.iter().all(|event| event.at > hours(48 + 12)), "{who:?}");
        let kept = |events: Vec<Event>| events.into_iter().filter(|event| event.at > hours(47)).count();
        assert_eq!(kept(window), kept(expected_window(&events, who, Timestamp::MIN)));
    }
    assert!(outcome.ledger.iter().all(|entry| entry.at > hours(48 + 12)));
    assert!(outcome.ledger.iter().any(|entry| entry.at < hours(47)));
}

#[test]
fn decisions_may_be_kept_longer_than_facts() {
    let events = stream(10, 4_000, Duration::from_secs(90));
    let short = World::new(31).run(2, &events);
    let mut world = World::new(31);
    world.decisions = Duration::MAX;
    let long = world.run(2, &events);
    assert_eq!(short.counters.dropped_buckets, long.counters.dropped_buckets);
    let later = long.ledger.len() - short.ledger.len();
    assert!(later > 100 && long.ledger[later..] == short.ledger, "{later}");
    assert_eq!(long.counters.proposed, long.offers.len() as u64);
}

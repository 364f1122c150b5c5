//! Random rule sets, subscribers and streams of events over a small domain, so that things meet.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use event::{
    Answered, AreaFact, AreaFactKind, Binding, CellId, Direction, DomainName, Event, Forwarding, ForwardingOperation,
    Imei, Imsi, Interface, Kind, Lai, Number, Rai, ReportTimer, RoutingAreaUpdateType, Source, Timestamp, UpdateType,
};
use jiff::civil::{Weekday, date, time};
use jiff::tz::TimeZone;
use rules::areas::{REPORTS_LIMIT, SILENCES_LIMIT};
use rules::lists::{Area, SubscriberList, TacList};
use rules::policy::{DEFAULT_REMEMBERED, ImsiPrefix, Periodic};
use rules::scenario::{
    Attempt, Audience, Calendar, CallPhase, Cap, ContactCap, Conversion, Delay, Evidence, Happening, Hold, Holidays,
    LengthRange, Limits, Message, MessageKind, NumberPattern, Origin, Pattern, Purpose, Scenario, Schedule, Scope,
    Send, Step, Text, Trigger, Unit, Until, Value, Variable, Variant,
};
use rules::{Context, Directory, Policy, RuleSet};

/// SplitMix64.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }

    /// True once in `times`.
    pub(crate) fn one_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }

    pub(crate) fn of<T: Clone>(&mut self, from: &[T]) -> T {
        from[self.below(from.len() as u64) as usize].clone()
    }

    /// At most `most` of these, perhaps one of them twice.
    fn some<T: Clone>(&mut self, from: &[T], most: u64) -> Vec<T> {
        (0..self.below(most + 1)).map(|_| self.of(from)).collect()
    }

    fn maybe<T>(&mut self, draw: impl FnOnce(&mut Self) -> T) -> Option<T> {
        (!self.one_in(2)).then(|| draw(self))
    }
}

pub(crate) const PLMNS: [&str; 3] = ["46000", "46001", "45400"];
const IMSIS: [&str; 4] = ["460001111111111", "460021111111111", "460011111111111", "454001111111111"];
const NUMBERS: [&str; 8] =
    ["114", "1145", "+861145", "008613900000001", "13900000001", "+85291234567", "0085291234567", "110"];
const PATTERNS: [&str; 8] = ["114", "114*", "11*", "+8613900000001", "85291234567", "00*", "852*", "*"];
const DEVICES: [&str; 6] =
    ["353900021111110", "353900022222220", "358240051111110", "3582400511111199", "000000000000000", "350000001111111"];
const TACS: [u32; 3] = [35_390_002, 35_824_005, 35_000_000];

/// One subscriber, and what the subscriber file says of them.
pub(crate) struct Person {
    pub(crate) imsi: Imsi,
    pub(crate) msisdn: Option<&'static str>,
    pub(crate) brand: &'static str,
    pub(crate) consent: &'static [Purpose],
}

/// Everything about one case.
pub(crate) struct World {
    pub(crate) areas: Vec<(Arc<Area>, Vec<CellId>)>,
    pub(crate) lists: Vec<(Arc<SubscriberList>, Vec<Imsi>)>,
    pub(crate) people: Vec<Person>,
    pub(crate) directory: Directory,
    pub(crate) rules: RuleSet,
    pub(crate) lookup: bool,
    pub(crate) warm: bool,
    pub(crate) events: Vec<Event>,
    /// In order of time.
    pub(crate) facts: Vec<AreaFact>,
    /// Other rules before the event of this place.
    pub(crate) reload: Option<(usize, RuleSet)>,
}

impl World {
    pub(crate) fn draw(random: &mut Random) -> Self {
        let areas: Vec<_> = (0..3).map(|_| area(random)).collect();
        let people: Vec<Person> = (0..2).map(|index| person(random, index)).collect();
        let lists: Vec<_> = (0..2).map(|_| list(random, &people)).collect();
        let tacs: Vec<_> = (0..2).map(|_| Arc::new(TacList::new("models", random.some(&TACS, 2)))).collect();
        let mut scenarios: Vec<Scenario> = Vec::new();
        for number in 0..=random.below(6) {
            // Not in order of name.
            scenarios.push(scenario(random, &format!("s{}", (number * 5 + 3) % 7), &areas, &tacs, &lists));
        }
        // Where clocks stand still, events come in order: what is late has then missed what it would have begun. And people
        // are remembered, as they are for longer than anything begun lasts.
        let is_silent = random.one_in(2);
        let mut policy = policy(random, &lists);
        if is_silent {
            policy.remembered = DEFAULT_REMEMBERED;
        }
        let others = random.one_in(3).then(|| others(random, &scenarios, &areas, &tacs, &lists));
        let others = others.map(|others| RuleSet::new(others, policy.clone(), "1".repeat(16)));
        let rules = RuleSet::new(scenarios, policy, "0".repeat(16));
        let second = random.of(&[1, 600]);
        let mut at = Timestamp::from_seconds(1_247_200_200 + (random.below(200_000) / second * second) as i64);
        let begin = at;
        let events: Vec<Event> =
            (0..4 + random.below(32)).map(|_| event(random, &people, &mut at, !is_silent)).collect();
        let reload = others.map(|others| (1 + random.below(events.len() as u64 - 1) as usize, others));
        Self {
            facts: if is_silent { facts(random, begin, at) } else { Vec::new() },
            directory: directory(&people),
            areas,
            lists,
            people,
            rules,
            lookup: random.one_in(2),
            warm: !random.one_in(4),
            events,
            reload,
        }
    }
}

impl World {
    /// What decisions need to know, where this is known of areas.
    pub(crate) fn context<'w>(&'w self, areas: &'w rules::Areas) -> Context<'w> {
        Context { directory: &self.directory, lookup: self.lookup, warm: self.warm, areas }
    }

    /// Whether somebody stands on a list.
    pub(crate) fn is_on(&self, list: &Arc<SubscriberList>, person: &Person) -> bool {
        let known = self.lists.iter().find(|(known, _)| Arc::ptr_eq(known, list));
        known.is_some_and(|(_, members)| members.contains(&person.imsi))
    }
}

fn cell(random: &mut Random, unknown_in: u64) -> CellId {
    let known = |random: &mut Random| !random.one_in(unknown_in);
    CellId {
        plmn: known(random).then(|| random.of(&PLMNS[..2]).parse().unwrap()),
        lac: known(random).then(|| 1 + random.below(3) as u16),
        ci: known(random).then(|| 1 + random.below(3) as u16),
    }
}

fn area(random: &mut Random) -> (Arc<Area>, Vec<CellId>) {
    let mut rows = Vec::new();
    for _ in 0..=random.below(4) {
        let mut row = cell(random, 3);
        row.plmn = row.plmn.filter(|_| random.one_in(3));
        row.lac = row.lac.or(Some(2));
        rows.push(row);
    }
    (Arc::new(Area::new("area", rows.iter().copied())), rows)
}

fn person(random: &mut Random, index: u64) -> Person {
    let consents: [&[Purpose]; 3] = [&[], &[Purpose::Marketing], &[Purpose::Location, Purpose::Marketing]];
    Person {
        imsi: IMSIS[(index * 2 + random.below(2)) as usize].parse().unwrap(),
        msisdn: random.of(&[None, Some("13900000001"), Some("13900000002")]),
        brand: random.of(&["", "gotone", "m-zone"]),
        consent: random.of(&consents),
    }
}

fn directory(people: &[Person]) -> Directory {
    let mut text = String::from("imsi,msisdn,brand,consent\n");
    for person in people {
        let consent: Vec<&str> = person.consent.iter().map(|purpose| word(*purpose)).collect();
        let msisdn = person.msisdn.unwrap_or_default();
        text.push_str(&format!("{},{msisdn},{},{}\n", person.imsi, person.brand, consent.join("|")));
    }
    Directory::parse(Path::new("subscribers.csv"), text.into()).unwrap()
}

fn word(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Service => "service",
        Purpose::Marketing => "marketing",
        Purpose::Location => "location",
    }
}

/// Members by IMSI or by number.
fn list(random: &mut Random, people: &[Person]) -> (Arc<SubscriberList>, Vec<Imsi>) {
    let member = people[random.below(people.len() as u64) as usize].imsi;
    let number = random.of(&["13900000001", "+8613900000002"]);
    let by_number = random.one_in(2);
    let members = match by_number {
        true => people
            .iter()
            .filter(|person| person.msisdn.is_some_and(|msisdn| number.ends_with(msisdn)))
            .map(|person| person.imsi)
            .collect(),
        false => vec![member],
    };
    let list = match by_number {
        true => SubscriberList::new("list", None, number.parse()),
        false => SubscriberList::new("list", Some(member), None),
    };
    (Arc::new(list), members)
}

fn pattern(text: &str) -> NumberPattern {
    match text.strip_suffix('*') {
        Some(prefix) => NumberPattern::Prefix(prefix.parse().unwrap_or(Number::EMPTY)),
        None => NumberPattern::Exactly(text.parse().unwrap()),
    }
}

type Areas = [(Arc<Area>, Vec<CellId>)];

/// Spans that meet the steps of the stream exactly.
fn span(random: &mut Random) -> Duration {
    Duration::from_secs(random.of(&[60, 600, 1200, 3600, 7200]))
}

fn pattern_of(random: &mut Random, areas: &Areas, tacs: &[Arc<TacList>]) -> Pattern {
    let step = |random: &mut Random| step(random, areas, tacs);
    match random.below(10) {
        0..=2 => trigger(random, areas, tacs).into(),
        3 | 4 => Pattern::Once(step(random)),
        5 => {
            let count = 2 + random.below(2);
            Pattern::Sequence { steps: (0..count).map(|_| step(random)).collect(), within: span(random) }
        }
        6 => Pattern::Count {
            of: step(random),
            at_least: 2 + random.below(2) as u8,
            within: span(random),
            gap: if random.one_in(2) { Duration::ZERO } else { Duration::from_secs(random.of(&[1, 60, 600])) },
        },
        7 => Pattern::Absence {
            after: step(random),
            no: step(random),
            lasting: span(random),
            still_here: !random.one_in(3),
        },
        _ => {
            let (of, without) = (1 + random.below(2), random.below(2));
            Pattern::All {
                of: (0..of).map(|_| step(random)).collect(),
                without: (0..without).map(|_| step(random)).collect(),
                within: span(random),
            }
        }
    }
}

fn step(random: &mut Random, areas: &Areas, tacs: &[Arc<TacList>]) -> Step {
    let any = 1 + u64::from(random.one_in(4));
    Step((0..any).map(|_| happening(random, areas, tacs)).collect())
}

fn delay(random: &mut Random, areas: &Areas, tacs: &[Arc<TacList>]) -> Delay {
    // Times that the stream meets exactly.
    let clock = |random: &mut Random| time(random.below(24) as i8, 10 * random.below(6) as i8, 0, 0);
    let clock = Until::Clock((0..=random.below(8)).map(|_| clock(random)).collect());
    Delay {
        until: if random.one_in(2) { clock } else { Until::After(span(random)) },
        unless: if random.one_in(2) { step(random, areas, tacs) } else { Step(Vec::new()) },
        still_here: random.one_in(2),
    }
}

/// Mostly what happens often, so that patterns come to their end.
fn happening(random: &mut Random, areas: &Areas, tacs: &[Arc<TacList>]) -> Happening {
    let any = Vec::new;
    let trigger = match random.below(9) {
        0..=2 => Trigger::Enter(random.of(areas).0),
        3 => Trigger::Sms { direction: None, numbers: any() },
        4 => Trigger::Call {
            phase: CallPhase::Answered,
            direction: None,
            numbers: any(),
            length: None,
            causes: Vec::new(),
        },
        5 => Trigger::DeviceChange { to: None, from: None },
        8 => Trigger::Call {
            phase: CallPhase::Ended,
            direction: None,
            numbers: any(),
            length: Some(LengthRange { least: span(random), most: random.maybe(span) }),
            causes: Vec::new(),
        },
        6 => Trigger::RoamIn(Vec::new()),
        _ => trigger(random, areas, tacs),
    };
    let hold = random.maybe(|random| hold(random, &trigger)).flatten();
    Happening { trigger, hold }
}

fn hold(random: &mut Random, trigger: &Trigger) -> Option<Hold> {
    match trigger {
        Trigger::Enter(_) => Some(Hold::Dwell {
            lasting: span(random),
            evidence: random.of(&[Evidence::Reconfirm, Evidence::Presume]),
            grace: if random.one_in(2) { Duration::ZERO } else { Duration::from_secs(random.of(&[1, 60, 600])) },
            still_here: !random.one_in(3),
        }),
        Trigger::DeviceChange { .. } => Some(Hold::Stable(span(random))),
        Trigger::RoamIn(_) | Trigger::RoamBack(_) => Some(Hold::Settle(span(random))),
        _ => None,
    }
}

fn trigger(random: &mut Random, areas: &[(Arc<Area>, Vec<CellId>)], tacs: &[Arc<TacList>]) -> Trigger {
    let origins = [Origin::Home, Origin::OtherNetwork, Origin::International];
    let patterns = |random: &mut Random| random.some(&PATTERNS.map(pattern), 3);
    match random.below(24) {
        14 => Trigger::LocationUpdate(random.of(&[
            None,
            Some(UpdateType::Normal),
            Some(UpdateType::Periodic),
            Some(UpdateType::ImsiAttach),
        ])),
        23 => Trigger::Inside(random.of(areas).0),
        15 => Trigger::CellChange,
        16 => Trigger::Seen,
        17 => random.of(&[Trigger::DataAttach, Trigger::DataDetach]),
        18 => Trigger::Pdp { activated: !random.one_in(3), access_points: random.some(&names(&ACCESS_POINTS), 2) },
        19 => Trigger::Web(random.some(&names(&HOSTS), 3)),
        20 => Trigger::Refused(random.some(&[Attempt::LocationUpdate, Attempt::Service, Attempt::Data], 2)),
        0..=2 => Trigger::Enter(random.of(areas).0),
        3 => Trigger::Leave(random.of(areas).0),
        4 | 5 => Trigger::Call {
            phase: random.of(&[CallPhase::Setup, CallPhase::Answered, CallPhase::Ended]),
            direction: random.of(&[None, Some(Direction::Out), Some(Direction::In)]),
            numbers: patterns(random),
            length: random.one_in(2).then(|| LengthRange { least: span(random), most: random.maybe(span) }),
            causes: random.some(&CAUSES, 2),
        },
        6 => Trigger::Sms {
            direction: random.of(&[None, Some(Direction::Out), Some(Direction::In)]),
            numbers: patterns(random),
        },
        7 => Trigger::Ussd(random.some(&["*100#", "*1*"].map(pattern), 2)),
        8 => Trigger::CallForwarding,
        9 => Trigger::DeviceChange {
            to: random.maybe(|random| random.of(tacs)),
            from: random.maybe(|random| random.of(tacs)),
        },
        10 => Trigger::Device(random.of(tacs)),
        11 => Trigger::RoamIn(random.some(&origins, 2)),
        12 => Trigger::RoamBack(random.some(&origins, 2)),
        22 => Trigger::UpdateIn(random.of(areas).0),
        _ => random.of(&[Trigger::PowerOn, Trigger::PowerOff]),
    }
}

type Lists = [(Arc<SubscriberList>, Vec<Imsi>)];

fn scenario(random: &mut Random, name: &str, areas: &Areas, tacs: &[Arc<TacList>], lists: &Lists) -> Scenario {
    let trigger = pattern_of(random, areas, tacs);
    let purpose = random.of(&[Purpose::Service, Purpose::Marketing, Purpose::Location]);
    Scenario {
        priority: random.of(&[10, 50, 90]),
        schedule: schedule(random),
        delay: random.one_in(4).then(|| delay(random, areas, tacs)),
        audience: Audience {
            target: random.one_in(8).then(|| random.of(lists).0),
            exclude: if random.one_in(8) { vec![random.of(lists).0] } else { vec![] },
            tags: if random.one_in(10) { vec![("brand".into(), vec!["gotone".into(), "x".into()])] } else { vec![] },
            origins: if random.one_in(10) { vec![Origin::Home] } else { vec![] },
            device: random.one_in(12).then(|| random.of(tacs)),
            sample: random.one_in(12).then(|| random.of(&[0, 10_000])),
            machines: random.one_in(2),
            segments: if random.one_in(10) { segments(random, lists) } else { vec![] },
        },
        limits: Limits {
            per_subscriber: random.maybe(cap),
            total: None,
            budget: None,
            control: if random.one_in(6) { 10_000 } else { 0 },
            // As long as quiet hours, shorter, and longer.
            expires: Duration::from_secs(random.of(&[600, 12 * 3600, 100_000])),
        },
        campaign: random.of(&["one", "two"]).into(),
        variants: if random.one_in(4) { variants(random) } else { vec![] },
        conversion: random.one_in(3).then(|| Conversion { step: step(random, areas, tacs), within: span(random) }),
        ..Scenario::new(name, purpose, trigger, send(random))
    }
}

/// How long the success of a scenario is waited for that takes the place of another: no other has such a time.
pub(crate) const OF_ANOTHER: Duration = Duration::from_secs(61);

/// Rules that take the place of these: some stay with their patterns but not their ranks, some are others under the same
/// name, some are new, some are gone.
fn others(
    random: &mut Random,
    before: &[Scenario],
    areas: &Areas,
    tacs: &[Arc<TacList>],
    lists: &Lists,
) -> Vec<Scenario> {
    let mut others = Vec::new();
    for scenario in before {
        match random.below(4) {
            0 => {}
            1 => {
                let mut other = self::scenario(random, &scenario.name, areas, tacs, lists);
                other.conversion = Some(Conversion { step: step(random, areas, tacs), within: OF_ANOTHER });
                others.push(other);
            }
            _ => others.push(Scenario { priority: random.of(&[10, 50, 90]), ..scenario.clone() }),
        }
    }
    others.extend((0..random.below(3)).map(|number| self::scenario(random, &format!("t{number}"), areas, tacs, lists)));
    others
}

/// Those who are to be told of in any one of these ways.
fn segments(random: &mut Random, lists: &Lists) -> Vec<Arc<Audience>> {
    let by_list =
        Audience { target: Some(random.of(lists).0), exclude: vec![random.of(lists).0], ..Audience::default() };
    let by_tag = Audience { tags: vec![("brand".into(), vec!["m-zone".into()])], ..Audience::default() };
    random.of(&[vec![by_list.clone()], vec![by_tag.clone()], vec![by_list, by_tag]]).into_iter().map(Arc::new).collect()
}

/// Everybody is in one of them, so that no hash need be known.
fn variants(random: &mut Random) -> Vec<Variant> {
    let whole = random.below(3);
    let share = |place| if place == whole { 10_000 } else { 0 };
    (0..3).map(|place| Variant { name: format!("v{place}").into(), share: share(place), send: send(random) }).collect()
}

fn send(random: &mut Random) -> Send {
    let mut send = Send::sms(text(random));
    if random.one_in(3) {
        send.message = Message::WapPush { title: text(random), url: "http://a".to_owned(), push: Default::default() };
    }
    if random.one_in(3) {
        send.languages = vec![("gotone".into(), text(random)), ("M-Zone".into(), text(random))];
    }
    send
}

/// Some name what only some people have; some take two short messages.
fn text(random: &mut Random) -> Text {
    if random.one_in(4) {
        return Text::from("长".repeat(71).as_str());
    }
    let brand = Value { variable: Variable::Tag("brand".into()), otherwise: None };
    let written = if random.one_in(10) { "dear {brand}" } else { "dear friend" };
    Text::new(written, |_| Ok::<_, ()>(Some(brand.clone()))).unwrap()
}

fn schedule(random: &mut Random) -> Schedule {
    let day = |number: u64| date(2009, 7, 10 + number as i8);
    let hours = [(time(9, 0, 0, 0), time(18, 0, 0, 0)), (time(22, 0, 0, 0), time(3, 0, 0, 0))];
    Schedule {
        validity: random.one_in(8).then(|| (day(random.below(2)), day(1 + random.below(2)))),
        weekdays: if random.one_in(8) { random.some(&[Weekday::Friday, Weekday::Saturday], 2) } else { vec![] },
        working_days: random.one_in(8),
        holidays: random.one_in(8).then(|| random.of(&[Holidays::Only, Holidays::Except])),
        hours: if random.one_in(8) { random.some(&hours, 2) } else { vec![] },
    }
}

fn cap(random: &mut Random) -> Cap {
    // Periods that meet the steps of the stream exactly.
    Cap { count: 1 + random.below(2) as u32, per: Duration::from_secs(random.of(&[60, 3600, 86_400])) }
}

fn contact_cap(random: &mut Random) -> ContactCap {
    let kinds = [Scope::Kind(MessageKind::Sms), Scope::Kind(MessageKind::WapPush)];
    let scope = random.of(&[Scope::All, Scope::Campaign, kinds[0], kinds[1]]);
    ContactCap { scope, unit: random.of(&[Unit::Offers, Unit::Parts]), cap: cap(random) }
}

fn policy(random: &mut Random, lists: &Lists) -> Policy {
    let home: [&[&str]; 3] = [&[], &["46000", "46002"], &["46001"]];
    let list = |random: &mut Random, times| random.one_in(times).then(|| random.of(lists).0);
    let day = |number: u64| date(2009, 7, 8 + number as i8);
    let days = |random: &mut Random| {
        let first = random.below(6);
        vec![(day(first), day(first + random.below(2)))]
    };
    Policy {
        timezone: TimeZone::fixed(jiff::tz::offset(8)),
        quiet: random.one_in(3).then(|| (time(21, 0, 0, 0), time(9, 0, 0, 0))),
        caps: (0..random.below(3)).map(|_| contact_cap(random)).collect(),
        holds: random.one_in(2),
        language: "brand".to_owned(),
        universal_control: if random.one_in(40) { 10_000 } else { 0 },
        opt_in: random.some(&[Purpose::Marketing, Purpose::Location], 2),
        home: random.of(&home).iter().map(|plmn| plmn.parse().unwrap()).collect(),
        t3212: Periodic { usual: span(random), by_lac: random.maybe(|random| (2, span(random))).into_iter().collect() },
        calendar: Calendar { off: days(random), working: days(random) },
        senders: if random.one_in(4) { random.some(&PATTERNS.map(pattern), 2) } else { vec![] },
        do_not_disturb: list(random, 10),
        protected: list(random, 30),
        trial: list(random, 20),
        machines: if random.one_in(6) { vec![ImsiPrefix::new("46000").unwrap()] } else { vec![] },
        after_emergency: span(random),
        // Sometimes so short that people are forgotten between two events.
        remembered: if random.one_in(4) { Duration::from_secs(3000) } else { DEFAULT_REMEMBERED },
        ..Policy::default()
    }
}

fn event(random: &mut Random, people: &[Person], at: &mut Timestamp, may_be_late: bool) -> Event {
    let step = Duration::from_secs(random.of(&[0, 1, 59, 60, 600, 3600]));
    let late = Duration::from_secs(random.of(&[1, 60, 600]));
    let is_late = random.one_in(12) && may_be_late;
    *at = if is_late { *at } else { *at + step };
    let kind = kind(random);
    Event {
        at: if is_late { *at - late } else { *at },
        frame: 1,
        feed: 0,
        interface: Interface::A,
        imsi: (!random.one_in(30)).then(|| people[random.below(people.len() as u64) as usize].imsi),
        binding: if random.one_in(20) { Binding::Suspect } else { Binding::Mapped },
        tmsi: None,
        imei: (kind == Kind::ImeiSeen || random.one_in(6)).then(|| device(random)),
        cell: cell(random, 8),
        after_reset: kind.is_registration() && random.one_in(8),
        kind,
    }
}

/// What shows of some areas, and that all of them are heard in the end.
fn facts(random: &mut Random, begin: Timestamp, end: Timestamp) -> Vec<AreaFact> {
    let mut facts = Vec::new();
    for lac in 1..=random.below(4) as u16 {
        let area = Lai { plmn: random.of(&PLMNS[..2]).parse().unwrap(), lac };
        let (mut at, mut reports) = (begin, 0);
        // As many as are remembered.
        for _ in 0..SILENCES_LIMIT {
            if at >= end {
                break;
            }
            at = at + Duration::from_secs(random.of(&[1, 59, 600, 3600, 20_000]));
            let every = span(random);
            let timer = random.of(&[ReportTimer::T3212, ReportTimer::T3312]);
            if random.one_in(3) && reports < REPORTS_LIMIT {
                reports += 1;
                facts.push(AreaFact { at, area, kind: AreaFactKind::Reports { timer, every } });
            } else {
                let kind = AreaFactKind::Silent { source: Source::Area, since: at };
                facts.push(AreaFact { at, area, kind });
                at = at + Duration::from_secs(random.of(&[1, 59, 600, 3600, 20_000]));
                facts.push(AreaFact { at, area, kind: AreaFactKind::Heard });
            }
        }
    }
    facts.sort_by_key(|fact| fact.at);
    facts
}

fn device(random: &mut Random) -> Imei {
    random.of(&DEVICES).parse().unwrap()
}

fn kind(random: &mut Random) -> Kind {
    let update = random.of(&[UpdateType::Normal, UpdateType::Normal, UpdateType::Periodic, UpdateType::ImsiAttach]);
    let direction = random.of(&[Direction::Out, Direction::In]);
    let number = random.of(&[None, Some(())]).map(|()| random.of(&NUMBERS).parse().unwrap());
    let operation =
        random.of(&[ForwardingOperation::Register, ForwardingOperation::Erase, ForwardingOperation::Activate]);
    let access_point = random.maybe(|random| random.of(&names(&ACCESS_POINTS)));
    match random.below(24) {
        16 => Kind::GprsAttach { combined: random.one_in(2), old: random.maybe(old_routing_area) },
        17 => Kind::RoutingAreaUpdate { update: routing_area_update(random), old: random.maybe(old_routing_area) },
        18 => Kind::GprsDetach { power_off: random.one_in(2) },
        19 => random.of(&[Kind::PdpActivated { access_point }, Kind::PdpDeactivated { access_point }]),
        20 => Kind::WebVisit { host: random.of(&names(&HOSTS)) },
        21 => random.of(&[
            Kind::GprsAttachRejected { cause: 7 },
            Kind::RoutingAreaUpdateRejected { update: RoutingAreaUpdateType::Normal, cause: 9 },
        ]),
        22 => random.of(&[Kind::Sighting, Kind::SmsRejected { direction, peer: number, cause: 22 }]),
        0..=3 => Kind::LocationUpdate { update, old: random.maybe(old_location_area) },
        4 => Kind::LocationUpdateRejected { update, cause: 6 },
        5 => Kind::ImsiDetach,
        6 if direction == Direction::In => Kind::SmsRejected { direction, peer: number, cause: 22 },
        6 => Kind::PagingResponse,
        7 => Kind::ServiceRejected { cause: 6 },
        8 => Kind::Handover,
        9 => Kind::CallSetup { direction, number, emergency: random.one_in(8) },
        10 => Kind::CallAnswered { direction, number },
        11 => {
            let cause = random.maybe(|random| random.of(&CAUSES));
            Kind::CallEnded { direction, number, answered: answered(random), cause, left_view: random.one_in(4) }
        }
        12 => Kind::Sms { direction, peer: number },
        13 => Kind::Ussd { code: random.of(&["*100#", "*1", "#"]).parse().unwrap() },
        14 => Kind::CallForwarding(Forwarding { operation, service: 0x21, to: None }),
        _ => Kind::ImeiSeen,
    }
}

const CAUSES: [u8; 3] = [16, 17, 19];

fn answered(random: &mut Random) -> Answered {
    let length = span(random);
    random.of(&[Answered::Unknown, Answered::No, Answered::For(length)])
}

const ACCESS_POINTS: [&str; 3] = ["cmwap", "cmwap.mnc000.mcc460.gprs", "cmnet"];
const HOSTS: [&str; 4] = ["taobao.com", "m.taobao.com", "com", "example.cn"];

fn names<const N: usize>(names: &[&str; N]) -> [DomainName; N] {
    names.map(|name| name.parse().unwrap())
}

fn routing_area_update(random: &mut Random) -> RoutingAreaUpdateType {
    use RoutingAreaUpdateType::{Combined, CombinedImsiAttach, Normal, Periodic};
    random.of(&[Normal, Combined, CombinedImsiAttach, Periodic])
}

fn old_routing_area(random: &mut Random) -> Rai {
    Rai { lai: old_location_area(random), rac: 1 }
}

fn old_location_area(random: &mut Random) -> Lai {
    Lai { plmn: random.of(&PLMNS).parse().unwrap(), lac: random.of(&[0, 1, 2, 3, 0xfffe]) }
}

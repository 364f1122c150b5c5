//! What tests of this crate share: what threads share, offers, random numbers from a seed, and random events.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use event::{
    Answered, Binding, CellId, Direction, DomainName, Event, Forwarding, ForwardingOperation, Imsi, Interface, Kind,
    Lai, Number, Rai, RoutingAreaUpdateType, Timestamp, Tmsi, UpdateType,
};
use rules::scenario::Purpose;
use rules::{Directory, Policy, RuleSet};

use crate::offer::{Offer, OfferId, State};
use crate::shard::{Limits, Shared};
use crate::window::Store;

/// Nothing is gathered, and nothing is kept for any time.
pub(crate) fn limits() -> Limits {
    Limits {
        commit_interval: Duration::ZERO,
        offers_at_once: false,
        sync_interval: Duration::ZERO,
        commit_bytes: 0,
        arena_bytes: 0,
        profiles: 0,
        retention: Duration::ZERO,
        decisions: Duration::ZERO,
    }
}

/// What the threads of an engine without rules and shards share.
pub(crate) fn shared(store: Store) -> Shared {
    Shared {
        store: Arc::new(store),
        rules: ArcSwap::from_pointee(RuleSet::new(Vec::new(), Policy::default(), String::new())),
        directory: ArcSwap::from_pointee(Directory::default()),
        counters: Arc::default(),
        delays: Arc::default(),
        loads: Arc::new([]),
        epoch: 1,
        input: 0,
        feeds: Vec::new(),
        lookup: false,
        limits: limits(),
    }
}

/// The offer that the event with this sequence proposes.
pub(crate) fn offer(sequence: u64) -> Offer {
    let at = Timestamp::from_seconds(1_795_305_600);
    Offer {
        id: OfferId(u128::from(sequence)),
        scenario: "wanda".into(),
        imsi: "460001234567890".parse().unwrap(),
        at,
        input: 1,
        sequence,
        rank: 0,
        purpose: Purpose::Marketing,
        expires: at + Duration::from_secs(600),
        text: "hello".to_owned(),
        push: None,
        channel: None,
        priority: rules::scenario::DEFAULT_PRIORITY,
        from: None,
        to: None,
        state: State::Proposed,
        others: Vec::new(),
        since: at,
        receipt: None,
        acknowledged: None,
        reaction: None,
    }
}

/// SplitMix64.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut value = self.0;
        value = (value ^ value >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        value = (value ^ value >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        value ^ value >> 31
    }

    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    pub(crate) fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }
}

/// Any event of a subscriber, around 2026-11-22.
pub(crate) fn random_event(random: &mut Random, imsi: Imsi) -> Event {
    let plmn = "460-00".parse().unwrap();
    let some = |random: &mut Random| random.chance(60);
    let cell = CellId {
        plmn: some(random).then_some(plmn),
        lac: some(random).then(|| random.below(4) as u16),
        ci: some(random).then(|| random.below(8) as u16),
    };
    let kind = random_kind(random);
    Event {
        at: Timestamp::from_micros(1_795_305_600_000_000 + random.below(86_400_000_000) as i64),
        frame: random.below(1 << 30),
        feed: if random.chance(70) { 0 } else { random.below(300) as u16 },
        interface: if random.chance(80) { Interface::A } else { Interface::Gb },
        imsi: Some(imsi),
        binding: [Binding::Suspect, Binding::Mapped, Binding::OnWire, Binding::Unresolved][random.below(4) as usize],
        tmsi: some(random).then(|| Tmsi(random.next() as u32)),
        imei: match random.below(3) {
            0 => None,
            1 => Some("01234567000001".parse().unwrap()),
            _ => Some(format!("3539000212345{:03}", random.below(1000)).parse().unwrap()),
        },
        cell,
        after_reset: kind.is_registration() && random.chance(20),
        kind,
    }
}

fn random_number(random: &mut Random) -> Option<Number> {
    if random.chance(30) {
        return None;
    }
    let mut number = Number::new(random.chance(50));
    (0..random.below(33)).for_each(|_| number.push(random.below(15) as u8));
    Some(number)
}

fn random_area(random: &mut Random) -> Option<Rai> {
    let lai = Lai { plmn: "310-260".parse().unwrap(), lac: random.next() as u16 };
    random.chance(50).then(|| Rai { lai, rac: random.next() as u8 })
}

fn random_routing_update(random: &mut Random) -> RoutingAreaUpdateType {
    use RoutingAreaUpdateType as T;
    [T::Normal, T::Combined, T::CombinedImsiAttach, T::Periodic, T::Reserved][random.below(5) as usize]
}

fn random_name(random: &mut Random) -> Option<DomainName> {
    random.chance(70).then(|| format!("{}.example.com", "w".repeat(1 + random.below(40) as usize)).parse().unwrap())
}

fn random_kind(random: &mut Random) -> Kind {
    let direction = if random.chance(50) { Direction::Out } else { Direction::In };
    let update = [UpdateType::Normal, UpdateType::Periodic, UpdateType::ImsiAttach, UpdateType::Reserved]
        [random.below(4) as usize];
    let cause = random.next() as u8;
    match random.below(22) {
        0 => Kind::LocationUpdate {
            update,
            old: random.chance(50).then(|| Lai { plmn: "310-260".parse().unwrap(), lac: random.next() as u16 }),
        },
        1 => Kind::LocationUpdateRejected { update, cause },
        2 => Kind::ImsiDetach,
        3 => Kind::PagingResponse,
        4 => Kind::ServiceRejected { cause },
        5 => Kind::Handover,
        6 => Kind::CallSetup { direction, number: random_number(random), emergency: random.chance(10) },
        7 => Kind::CallAnswered { direction, number: random_number(random) },
        8 => Kind::CallEnded {
            direction,
            number: random_number(random),
            answered: match random.below(3) {
                0 => Answered::Unknown,
                1 => Answered::No,
                _ => Answered::For(Duration::from_micros(random.below(1 << 40))),
            },
            cause: random.chance(50).then_some(cause),
            left_view: random.chance(50),
        },
        9 if cause.is_multiple_of(8) => Kind::SmsRejected { direction, peer: random_number(random), cause },
        9 => Kind::Sms { direction, peer: random_number(random) },
        10 => Kind::Ussd { code: random_number(random).unwrap_or(Number::EMPTY) },
        11 => Kind::CallForwarding(Forwarding {
            operation: [ForwardingOperation::Register, ForwardingOperation::Interrogate][random.below(2) as usize],
            service: cause,
            to: random_number(random),
        }),
        12 => Kind::GprsAttach { combined: random.chance(50), old: random_area(random) },
        13 => Kind::GprsAttachRejected { cause },
        14 => Kind::RoutingAreaUpdate { update: random_routing_update(random), old: random_area(random) },
        15 => Kind::RoutingAreaUpdateRejected { update: random_routing_update(random), cause },
        16 => Kind::GprsDetach { power_off: random.chance(50) },
        17 => Kind::PdpActivated { access_point: random_name(random) },
        18 => Kind::PdpDeactivated { access_point: random_name(random) },
        19 => Kind::Sighting,
        20 => Kind::WebVisit { host: random_name(random).unwrap_or("example.com".parse().unwrap()) },
        _ => Kind::ImeiSeen,
    }
}

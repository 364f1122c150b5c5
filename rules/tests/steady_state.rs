//! Deciding allocates nothing once the buffers have their size: neither finding what an event triggers, nor keeping what has
//! begun, nor asking the gates.
#![expect(clippy::unwrap_used, reason = "the inputs of a test are known to be right")]

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use event::{Binding, CellId, Direction, Event, Interface, Kind, Timestamp, UpdateType};
use jiff::civil::time;
use jiff::tz::TimeZone;
use rules::lists::{Area, SubscriberList};
use rules::scenario::{
    Audience, Cap, Evidence, Hold, Limits, Pattern, Purpose, Scenario, Schedule, Send, Step, Trigger,
};
use rules::{Areas, Context, Directory, Outcome, Policy, Profile, RuleSet};
use tests::allocations::{Counting, allocations};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn scenario(name: &str, purpose: Purpose, trigger: impl Into<Pattern>) -> Scenario {
    let day = Duration::from_secs(86_400);
    Scenario {
        schedule: Schedule { hours: vec![(time(8, 0, 0, 0), time(20, 0, 0, 0))], ..Schedule::default() },
        audience: Audience { tags: vec![("brand".into(), vec!["gotone".into()])], ..Audience::default() },
        limits: Limits { per_subscriber: Some(Cap { count: 3, per: day }), control: 1000, ..Limits::default() },
        ..Scenario::new(name, purpose, trigger, Send::sms("text"))
    }
}

fn rules() -> RuleSet {
    let area = |lac| Arc::new(Area::new("area", [CellId { lac: Some(lac), ..CellId::UNKNOWN }]));
    let call = Trigger::Call {
        phase: rules::scenario::CallPhase::Setup,
        direction: None,
        numbers: vec![rules::scenario::NumberPattern::Prefix("1".parse().unwrap())],
        length: None,
        causes: Vec::new(),
    };
    let policy = Policy {
        timezone: TimeZone::get("Asia/Shanghai").unwrap(),
        quiet: Some((time(21, 0, 0, 0), time(9, 0, 0, 0))),
        caps: vec![Cap { count: 2, per: Duration::from_secs(7200) }.into()],
        universal_control: 100,
        opt_in: vec![Purpose::Marketing, Purpose::Location],
        home: vec!["46000".parse().unwrap()],
        ..Policy::default()
    };
    let hour = Duration::from_secs(3600);
    let entered = |lac| Step::from(Trigger::Enter(area(lac)));
    let mut stays = entered(2);
    let lasting = hour / 4;
    stays.0[0].hold =
        Some(Hold::Dwell { lasting, evidence: Evidence::Presume, grace: Duration::ZERO, still_here: true });
    let often = Pattern::Count { of: entered(3), at_least: 3, within: 10 * hour, gap: Duration::ZERO };
    let then = Pattern::Sequence { steps: vec![entered(1), call.clone().into()], within: 2 * hour };
    let silent = Pattern::Absence { after: entered(1), no: call.clone().into(), lasting: hour / 3, still_here: true };
    let mut listed = scenario("often", Purpose::Service, often);
    listed.audience.target = Some(Arc::new(SubscriberList::new("vip", "460001234567890".parse().ok(), None)));
    let scenarios = vec![
        listed,
        scenario("stays", Purpose::Service, Pattern::Once(stays)),
        scenario("then", Purpose::Service, then),
        scenario("silent", Purpose::Service, silent),
        scenario("enter", Purpose::Location, Trigger::Enter(area(1))),
        scenario("leave", Purpose::Service, Trigger::Leave(area(2))),
        scenario("call", Purpose::Marketing, call),
        scenario("roam", Purpose::Service, Trigger::RoamBack(Vec::new())),
    ];
    RuleSet::new(scenarios, policy, "0".repeat(16))
}

fn event(number: i64) -> Event {
    let old = Some("45400".parse().unwrap()).map(|plmn| event::Lai { plmn, lac: 7 });
    Event {
        at: Timestamp::from_seconds(1_247_200_000 + number * 600),
        frame: 1,
        feed: 0,
        interface: Interface::A,
        imsi: "460001234567890".parse().ok(),
        binding: Binding::Mapped,
        tmsi: None,
        imei: None,
        cell: CellId { plmn: "46000".parse().ok(), lac: Some(1 + (number % 3) as u16), ci: Some(7) },
        after_reset: false,
        kind: match number % 4 {
            0 => Kind::CallSetup { direction: Direction::Out, number: "114".parse().ok(), emergency: false },
            1 => Kind::LocationUpdate { update: UpdateType::Normal, old },
            _ => Kind::PagingResponse,
        },
    }
}

#[test]
fn deciding_allocates_nothing() {
    let rules = rules();
    let row = "imsi,msisdn,brand,consent\n460001234567890,13900000001,gotone,marketing|location\n";
    let directory = Directory::parse(Path::new("s.csv"), row.into()).unwrap();
    let context = Context { directory: &directory, lookup: false, warm: true, areas: Areas::none() };
    let (mut profile, mut decisions, mut offers) = (Profile::default(), Vec::new(), 0);
    let mut allocated = 0;
    for number in 0..10_000 {
        // The first events give the buffers their size.
        if number == 1000 {
            allocated = allocations();
        }
        let event = event(number);
        decisions.clear();
        rules.decide(&event, &mut profile, context, &mut decisions);
        offers += decisions.iter().filter(|decision| decision.outcome == Outcome::Offer).count();
    }
    assert!(offers > 100, "{offers} offers");
    assert_eq!(allocations() - allocated, 0);
}

//! The hash tables in which an event is looked up. Tests count the look-ups: a cost that grows with the number of scenarios
//! would show there, however fast the machine.

#[cfg(not(test))]
pub(super) type Table<K, V> = rustc_hash::FxHashMap<K, V>;

#[cfg(test)]
pub(super) type Table<K, V> = std::collections::HashMap<K, V, tests::Counting>;

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::hash::BuildHasher;
    use std::sync::Arc;

    use event::{CellId, Direction, DomainName, Event, Imei, Kind, Number, UpdateType};
    use rustc_hash::FxHasher;

    use super::super::{Context, RuleSet};
    use crate::lists::{Area, TacList};
    use crate::policy::Policy;
    use crate::scenario::{CallPhase, NumberPattern, Purpose, Scenario, Send, Trigger};
    use crate::{Areas, Directory, Profile, testing};

    thread_local! {
        static LOOK_UPS: Cell<u64> = const { Cell::new(0) };
    }

    /// Counts what is looked up by it.
    #[derive(Clone, Copy, Debug, Default)]
    pub(in super::super) struct Counting;

    impl BuildHasher for Counting {
        type Hasher = FxHasher;

        fn build_hasher(&self) -> FxHasher {
            LOOK_UPS.set(LOOK_UPS.get() + 1);
            FxHasher::default()
        }
    }

    /// Scenarios of each kind in turn, each about something that never comes.
    fn elsewhere(count: u32) -> RuleSet {
        let trigger = |number: u32| {
            let cell = CellId { plmn: None, lac: Some(60_000), ci: Some(number as u16) };
            let area = || Arc::new(Area::new("area", [cell]));
            let models = || Arc::new(TacList::new("models", [number]));
            let digits = || format!("9{number:05}").parse::<Number>().unwrap();
            let name = || format!("host-{number}.example.com").parse::<DomainName>().unwrap();
            let call = |pattern| Trigger::Call {
                phase: CallPhase::Setup,
                direction: None,
                numbers: vec![pattern],
                length: None,
                causes: Vec::new(),
            };
            match number % 12 {
                0 => Trigger::Enter(area()),
                1 => Trigger::Leave(area()),
                2 => Trigger::Inside(area()),
                3 => Trigger::UpdateIn(area()),
                4 => call(NumberPattern::Exactly(digits())),
                5 => call(NumberPattern::Prefix(digits())),
                6 => Trigger::Sms { direction: None, numbers: vec![NumberPattern::Exactly(digits())] },
                7 => Trigger::Ussd(vec![NumberPattern::Exactly(digits())]),
                8 => Trigger::Pdp { activated: true, access_points: vec![name()] },
                9 => Trigger::Web(vec![name()]),
                10 => Trigger::Device(models()),
                _ => Trigger::DeviceChange { to: Some(models()), from: None },
            }
        };
        let scenario =
            |number| Scenario::new(&format!("s{number}"), Purpose::Service, trigger(number), Send::sms("text"));
        RuleSet::new((0..count).map(scenario).collect(), Policy::default(), String::new())
    }

    fn events() -> impl Iterator<Item = Event> {
        let number: Option<Number> = "13900000001".parse().ok();
        let name: DomainName = "www.example.org".parse().unwrap();
        let kinds = [
            Kind::LocationUpdate { update: UpdateType::Normal, old: None },
            Kind::CallSetup { direction: Direction::Out, number, emergency: false },
            Kind::Sms { direction: Direction::In, peer: number },
            Kind::Ussd { code: "*100#".parse().unwrap() },
            Kind::PdpActivated { access_point: Some(name) },
            Kind::WebVisit { host: name },
            Kind::ImeiSeen,
        ];
        (0..70_u16).zip(kinds.into_iter().cycle()).map(|(place, kind)| Event {
            imei: Imei::from_device((35_000_000 + u64::from(place)) * 1_000_000),
            cell: CellId { plmn: "46000".parse().ok(), lac: Some(1 + place / 5), ci: Some(place) },
            ..testing::event(place.into(), kind)
        })
    }

    #[test]
    fn among_ten_thousand_scenarios_an_event_is_looked_up_as_often_as_among_a_dozen() {
        let look_ups = |count| {
            let rules = elsewhere(count);
            let (directory, mut profile, mut decisions) = (Directory::default(), Profile::default(), Vec::new());
            let context = Context { directory: &directory, lookup: true, warm: true, areas: Areas::none() };
            LOOK_UPS.set(0);
            events().for_each(|event| rules.decide(&event, &mut profile, context, &mut decisions));
            assert!(decisions.is_empty());
            LOOK_UPS.get()
        };
        let among_a_dozen = look_ups(12);
        assert!(among_a_dozen > 70, "{among_a_dozen}");
        assert_eq!(look_ups(10_000), among_a_dozen);
    }
}

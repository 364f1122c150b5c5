//! What an event is, in the words of triggers: the fact, what it means for its subscriber, and where from.

use event::{CellId, Direction, Event, ForwardingOperation, Imei, Imsi, Kind, Lai, Number};

use crate::policy::Home;
use crate::profile::{Change, is_nowhere, old_location_area, stated_location_area};
use crate::scenario::{CallPhase, Origin};

/// One event, ready for the index.
#[derive(Clone, Copy, Debug)]
pub(super) struct Occurrence {
    /// The cell before and after, where it is another one.
    pub(super) moved: Option<(CellId, CellId)>,
    pub(super) power_on: bool,
    pub(super) power_off: bool,
    /// The device before and now, where it is another one.
    pub(super) device_change: Option<(Imei, Imei)>,
    pub(super) roamed: Option<Roamed>,
    pub(super) activity: Activity,
}

/// Where a subscriber came over the border of our network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Roamed {
    /// A guest arrived, whose home is this.
    In(Origin),
    /// Our own subscriber came back, from this.
    Back(Origin),
}

/// What the subscriber or the device did.
#[derive(Clone, Copy, Debug)]
pub(super) enum Activity {
    Call { phase: CallPhase, direction: Direction, number: Option<Number> },
    Sms { direction: Direction, number: Option<Number> },
    Ussd(Number),
    CallForwarding,
    Device(Imei),
    None,
}

impl Occurrence {
    pub(super) fn new(event: &Event, imsi: Imsi, change: &Change, home: &Home<'_>) -> Self {
        Self {
            moved: change.moved.then_some((change.before, change.after)),
            power_on: change.power_on,
            power_off: change.power_off,
            device_change: change.device_before.zip(event.imei),
            roamed: if event.after_reset { None } else { roamed(&event.kind, imsi, change.newcomer, home) },
            activity: Activity::new(event),
        }
    }
}

/// Whether an accepted update shows that the subscriber came over the border of our network.
fn roamed(kind: &Kind, imsi: Imsi, newcomer: bool, home: &Home<'_>) -> Option<Roamed> {
    let (Kind::LocationUpdate { .. } | Kind::GprsAttach { .. } | Kind::RoutingAreaUpdate { .. }) = kind else {
        return None;
    };
    let subscriber = home.of_subscriber(imsi)?;
    let from = old_location_area(kind).and_then(|lai: Lai| home.of_place(lai.plmn));
    let from_abroad = from.filter(|place| *place != Origin::Home);
    match subscriber {
        Origin::Home => from_abroad.map(Roamed::Back),
        guest => {
            let from_nowhere = stated_location_area(kind).is_some_and(is_nowhere);
            (from_abroad.is_some() || from_nowhere || newcomer).then_some(Roamed::In(guest))
        }
    }
}

impl Activity {
    fn new(event: &Event) -> Self {
        match event.kind {
            Kind::CallSetup { emergency: true, .. } => Self::None,
            Kind::CallSetup { direction, number, .. } => Self::Call { phase: CallPhase::Setup, direction, number },
            Kind::CallAnswered { direction, number } => Self::Call { phase: CallPhase::Answered, direction, number },
            // It goes on where nobody watches.
            Kind::CallEnded { left_view: true, .. } => Self::None,
            Kind::CallEnded { direction, number, .. } => Self::Call { phase: CallPhase::Ended, direction, number },
            Kind::Sms { direction, peer } => Self::Sms { direction, number: peer },
            Kind::Ussd { code } => Self::Ussd(code),
            Kind::CallForwarding(forwarding) => match forwarding.operation {
                ForwardingOperation::Register | ForwardingOperation::Activate => Self::CallForwarding,
                ForwardingOperation::Erase | ForwardingOperation::Deactivate | ForwardingOperation::Interrogate => {
                    Self::None
                }
            },
            Kind::ImeiSeen => event.imei.map_or(Self::None, Self::Device),
            Kind::LocationUpdate { .. }
            | Kind::LocationUpdateRejected { .. }
            | Kind::ImsiDetach
            | Kind::PagingResponse
            | Kind::ServiceRejected { .. }
            | Kind::Handover
            | Kind::GprsAttach { .. }
            | Kind::GprsAttachRejected { .. }
            | Kind::RoutingAreaUpdate { .. }
            | Kind::RoutingAreaUpdateRejected { .. }
            | Kind::GprsDetach { .. }
            | Kind::PdpActivated { .. }
            | Kind::PdpDeactivated { .. }
            | Kind::Sighting
            | Kind::WebVisit { .. } => Self::None,
        }
    }
}

#[cfg(test)]
mod tests {
    use event::UpdateType;
    use jiff::tz::TimeZone;

    use super::*;
    use crate::policy::Policy;

    fn check(imsi: &str, old: Option<&str>, newcomer: bool, expected: Option<Roamed>) {
        let policy = Policy {
            timezone: TimeZone::UTC,
            quiet: None,
            caps: Vec::new(),
            universal_control: 0,
            opt_in: Vec::new(),
            home: ["46000", "46002"].map(|plmn| plmn.parse().unwrap()).to_vec(),
            t3212: crate::policy::Periodic::default(),
        };
        let old = old.map(|lai| lai.rsplit_once('-').unwrap());
        let old = old.map(|(plmn, lac)| Lai { plmn: plmn.parse().unwrap(), lac: lac.parse().unwrap() });
        let kind = Kind::LocationUpdate { update: UpdateType::Normal, old };
        let found = roamed(&kind, imsi.parse().unwrap(), newcomer, &Home::new(&policy, &None));
        assert_eq!(found, expected, "{imsi} from {old:?}");
    }

    #[test]
    fn a_guest_roams_in_from_outside_from_nowhere_or_unknown() {
        let (guest, abroad) = ("310260111111111", Some(Roamed::In(Origin::International)));
        check(guest, Some("45400-1"), false, abroad);
        check(guest, Some("46001-1"), false, abroad);
        check(guest, Some("46000-65534"), false, abroad);
        check(guest, Some("46000-0"), false, abroad);
        check(guest, Some("46000-1"), false, None);
        check(guest, Some("46000-1"), true, abroad);
        check(guest, None, false, None);
        check(guest, None, true, abroad);
        check("460011111111111", Some("46001-1"), false, Some(Roamed::In(Origin::OtherNetwork)));
    }

    #[test]
    fn our_own_subscriber_comes_back_only_from_a_place_that_is_not_ours() {
        let home = "460021111111111";
        check(home, Some("45400-1"), false, Some(Roamed::Back(Origin::International)));
        check(home, Some("46001-1"), false, Some(Roamed::Back(Origin::OtherNetwork)));
        check(home, Some("46000-1"), true, None);
        check(home, Some("45400-65534"), true, None);
        check(home, None, true, None);
    }
}

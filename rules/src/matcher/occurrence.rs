//! What an event is, in the words of triggers: the fact, what it means for its subscriber, and where from.

use std::time::Duration;

use event::{
    CellId, Direction, DomainName, Event, ForwardingOperation, Imei, Imsi, Kind, Lai, Number, RoutingAreaUpdateType,
    UpdateType,
};

use crate::policy::Home;
use crate::profile::{Change, is_nowhere, old_location_area, stated_location_area};
use crate::scenario::{Attempt, CallPhase, Origin};

/// One event, ready for the index.
#[derive(Clone, Copy, Debug)]
pub(super) struct Occurrence<'e> {
    /// What it means for the subscriber.
    pub(super) change: &'e Change,
    /// The device that it shows.
    pub(super) device: Option<Imei>,
    pub(super) roamed: Option<Roamed>,
    pub(super) activity: Activity<'e>,
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
pub(super) enum Activity<'e> {
    Call {
        phase: CallPhase,
        direction: Direction,
        number: Option<&'e Number>,
        length: Option<Duration>,
        cause: Option<u8>,
    },
    Sms {
        direction: Direction,
        number: Option<&'e Number>,
    },
    Ussd(&'e Number),
    CallForwarding,
    Device(Imei),
    /// An accepted update, and the cell that it came from.
    Update(UpdateType, CellId),
    DataAttach,
    DataDetach,
    Pdp {
        activated: bool,
        access_point: Option<&'e DomainName>,
    },
    Web(&'e DomainName),
    Refused(Attempt),
    None,
}

impl<'e> Occurrence<'e> {
    /// `home` where anybody asks who has come over the border.
    pub(super) fn new(event: &'e Event, imsi: Imsi, change: &'e Change, home: Option<&Home<'_>>) -> Self {
        let home = home.filter(|_| !event.after_reset);
        Self {
            change,
            device: event.imei,
            roamed: home.and_then(|home| roamed(&event.kind, imsi, change.newcomer, home)),
            activity: Activity::new(event),
        }
    }
}

/// Whether two cells are certainly not the same.
pub(super) fn is_elsewhere(before: CellId, after: CellId) -> bool {
    fn differ<T: PartialEq>(before: Option<T>, after: Option<T>) -> bool {
        before.zip(after).is_some_and(|(before, after)| before != after)
    }
    differ(before.plmn, after.plmn) || differ(before.lac, after.lac) || differ(before.ci, after.ci)
}

/// Whether an accepted update shows that the subscriber came over the border of our network.
fn roamed(kind: &Kind, imsi: Imsi, newcomer: bool, home: &Home<'_>) -> Option<Roamed> {
    let (Kind::LocationUpdate { .. } | Kind::GprsAttach { .. } | Kind::RoutingAreaUpdate { .. }) = kind else {
        return None;
    };
    let subscriber = home.of_subscriber(imsi)?;
    let from = old_location_area(kind).and_then(|lai: Lai| home.of_place(lai));
    let from_abroad = from.filter(|place| *place != Origin::Home);
    match subscriber {
        Origin::Home => from_abroad.map(Roamed::Back),
        guest => {
            let from_nowhere = stated_location_area(kind).is_some_and(is_nowhere);
            (from_abroad.is_some() || from_nowhere || newcomer).then_some(Roamed::In(guest))
        }
    }
}

impl<'e> Activity<'e> {
    fn new(event: &'e Event) -> Self {
        let call = |phase, direction, number| Self::Call { phase, direction, number, length: None, cause: None };
        match &event.kind {
            Kind::CallSetup { emergency: true, .. } => Self::None,
            Kind::CallSetup { direction, number, .. } => call(CallPhase::Setup, *direction, number.as_ref()),
            Kind::CallAnswered { direction, number } => call(CallPhase::Answered, *direction, number.as_ref()),
            // It goes on where nobody watches.
            Kind::CallEnded { left_view: true, .. } => Self::None,
            Kind::CallEnded { direction, number, answered, cause, .. } => {
                let (phase, direction, number) = (CallPhase::Ended, *direction, number.as_ref());
                Self::Call { phase, direction, number, length: answered.length(), cause: *cause }
            }
            Kind::Sms { direction, peer } => Self::Sms { direction: *direction, number: peer.as_ref() },
            Kind::Ussd { code } => Self::Ussd(code),
            Kind::CallForwarding(forwarding) => match forwarding.operation {
                ForwardingOperation::Register | ForwardingOperation::Activate => Self::CallForwarding,
                ForwardingOperation::Erase | ForwardingOperation::Deactivate | ForwardingOperation::Interrogate => {
                    Self::None
                }
            },
            Kind::ImeiSeen => event.imei.map_or(Self::None, Self::Device),
            Kind::LocationUpdate { update, .. } => Self::Update(*update, event.cell),
            Kind::RoutingAreaUpdate { update, .. } => {
                let update = match update {
                    RoutingAreaUpdateType::Normal | RoutingAreaUpdateType::Combined => UpdateType::Normal,
                    RoutingAreaUpdateType::CombinedImsiAttach => UpdateType::ImsiAttach,
                    RoutingAreaUpdateType::Periodic => UpdateType::Periodic,
                    RoutingAreaUpdateType::Reserved => UpdateType::Reserved,
                };
                Self::Update(update, event.cell)
            }
            Kind::GprsAttach { .. } => Self::DataAttach,
            Kind::GprsDetach { .. } => Self::DataDetach,
            Kind::PdpActivated { access_point } => Self::Pdp { activated: true, access_point: access_point.as_ref() },
            Kind::PdpDeactivated { access_point } => {
                Self::Pdp { activated: false, access_point: access_point.as_ref() }
            }
            Kind::WebVisit { host } => Self::Web(host),
            Kind::LocationUpdateRejected { .. } => Self::Refused(Attempt::LocationUpdate),
            Kind::ServiceRejected { .. } => Self::Refused(Attempt::Service),
            Kind::GprsAttachRejected { .. } | Kind::RoutingAreaUpdateRejected { .. } => Self::Refused(Attempt::Data),
            // A message that was not passed is nothing that anybody waits for.
            Kind::ImsiDetach | Kind::PagingResponse | Kind::Handover | Kind::SmsRejected { .. } | Kind::Sighting => {
                Self::None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Policy;

    fn check(imsi: &str, old: Option<&str>, newcomer: bool, expected: Option<Roamed>) {
        let policy =
            Policy { home: ["46000", "46002"].map(|plmn| plmn.parse().unwrap()).to_vec(), ..Policy::default() };
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

//! What a rule set listens for at all. One look at it tells that nothing can come of an event, which is so of nearly all.

use event::{Event, Kind};

use super::ground::Ground;
use crate::profile::Change;
use crate::scenario::Trigger;

/// What triggers wait for: a bit for each sort of event, and for each thing that an event can mean.
#[derive(Debug, Default)]
pub(super) struct Interest {
    anywhere: u32,
    /// Only in some areas, whose cells are these.
    somewhere: u32,
    ground: Ground,
}

const MOVE: u32 = 1 << 0;
const SIGHTING: u32 = 1 << 1;
const POWER_ON: u32 = 1 << 2;
const POWER_OFF: u32 = 1 << 3;
const OTHER_DEVICE: u32 = 1 << 4;
const ROAMING: u32 = 1 << 5;
const CALL: u32 = 1 << 6;
const SMS: u32 = 1 << 7;
const USSD: u32 = 1 << 8;
const CALL_FORWARDING: u32 = 1 << 9;
const DEVICE: u32 = 1 << 10;
const UPDATE: u32 = 1 << 11;
const DATA_ATTACH: u32 = 1 << 12;
const DATA_DETACH: u32 = 1 << 13;
const PDP: u32 = 1 << 14;
const WEB: u32 = 1 << 15;
const REFUSED: u32 = 1 << 16;

impl Interest {
    pub(super) fn add(&mut self, trigger: &Trigger) {
        if let Trigger::Enter(area) | Trigger::Leave(area) | Trigger::Inside(area) | Trigger::UpdateIn(area) = trigger {
            self.ground.add(area);
        }
        let interest = match trigger {
            Trigger::Enter(_) | Trigger::Leave(_) | Trigger::Inside(_) | Trigger::UpdateIn(_) => &mut self.somewhere,
            _ => &mut self.anywhere,
        };
        *interest |= match trigger {
            Trigger::Enter(_) | Trigger::Leave(_) | Trigger::CellChange => MOVE,
            Trigger::Inside(_) | Trigger::Seen => SIGHTING,
            Trigger::PowerOn => POWER_ON,
            Trigger::PowerOff => POWER_OFF,
            Trigger::DeviceChange { .. } => OTHER_DEVICE,
            Trigger::RoamIn(_) | Trigger::RoamBack(_) => ROAMING,
            Trigger::Call { .. } => CALL,
            Trigger::Sms { .. } => SMS,
            Trigger::Ussd(_) => USSD,
            Trigger::CallForwarding => CALL_FORWARDING,
            Trigger::Device(_) => DEVICE,
            Trigger::LocationUpdate(_) | Trigger::UpdateIn(_) => UPDATE,
            Trigger::DataAttach => DATA_ATTACH,
            Trigger::DataDetach => DATA_DETACH,
            Trigger::Pdp { .. } => PDP,
            Trigger::Web(_) => WEB,
            Trigger::Refused(_) => REFUSED,
        };
    }

    /// Whether a trigger can wait for this event, which means this for its subscriber.
    pub(super) fn meets(&self, event: &Event, change: &Change) -> bool {
        let sorts = of_kind(&event.kind) | of_change(change);
        let is_here = || {
            let may_be_in = |cell| self.ground.may_hold(cell);
            may_be_in(event.cell) || may_be_in(change.after) || change.moved && may_be_in(change.before)
        };
        self.anywhere & sorts != 0 || self.somewhere & sorts != 0 && is_here()
    }

    /// Whether anybody asks who has come over the border of our network.
    pub(super) fn is_in_roaming(&self) -> bool {
        self.anywhere & ROAMING != 0
    }
}

fn of_kind(kind: &Kind) -> u32 {
    match kind {
        Kind::LocationUpdate { .. } | Kind::RoutingAreaUpdate { .. } => UPDATE | ROAMING,
        Kind::GprsAttach { .. } => DATA_ATTACH | ROAMING,
        Kind::GprsDetach { .. } => DATA_DETACH,
        Kind::CallSetup { .. } | Kind::CallAnswered { .. } | Kind::CallEnded { .. } => CALL,
        Kind::Sms { .. } => SMS,
        Kind::Ussd { .. } => USSD,
        Kind::CallForwarding(_) => CALL_FORWARDING,
        Kind::ImeiSeen => DEVICE,
        Kind::PdpActivated { .. } | Kind::PdpDeactivated { .. } => PDP,
        Kind::WebVisit { .. } => WEB,
        Kind::LocationUpdateRejected { .. }
        | Kind::ServiceRejected { .. }
        | Kind::GprsAttachRejected { .. }
        | Kind::RoutingAreaUpdateRejected { .. } => REFUSED,
        Kind::ImsiDetach | Kind::PagingResponse | Kind::Handover | Kind::Sighting => 0,
    }
}

fn of_change(change: &Change) -> u32 {
    let bit = |bit: u32, is_so: bool| bit * u32::from(is_so);
    bit(MOVE, change.moved)
        | bit(SIGHTING, change.seen)
        | bit(POWER_ON, change.power_on)
        | bit(POWER_OFF, change.power_off)
        | bit(OTHER_DEVICE, change.device_before.is_some())
}

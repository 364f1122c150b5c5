//! What a rule set listens for at all. One look at it tells that nothing can come of an event, which is so of nearly all.

use event::{Event, Kind, PackedCell};

use super::ground::Ground;
use crate::profile::Change;
use crate::scenario::Trigger;

/// What triggers wait for.
#[derive(Debug, Default)]
pub(super) struct Interest {
    /// In somebody for whom something has begun, and in anybody else.
    in_begun: Sorts,
    in_others: Sorts,
    ground: Ground,
}

/// A bit for each sort of event, and for each thing that an event can mean.
#[derive(Clone, Copy, Debug, Default)]
struct Sorts {
    anywhere: u32,
    /// Only in some areas, whose cells are on the ground.
    somewhere: u32,
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
    /// A trigger of which something may come where something has begun.
    pub(super) fn add(&mut self, trigger: &Trigger) {
        if let Trigger::Enter(area) | Trigger::Leave(area) | Trigger::Inside(area) | Trigger::UpdateIn(area) = trigger {
            self.ground.add(area);
        }
        self.in_begun.add(trigger);
    }

    /// One of these by which something may begin.
    pub(super) fn add_beginning(&mut self, trigger: &Trigger) {
        self.in_others.add(trigger);
    }

    /// Whether a trigger can wait for this event, which means this for its subscriber, for whom something `has_begun` or not.
    #[inline]
    pub(super) fn meets(&self, event: &Event, change: &Change, has_begun: bool) -> bool {
        let wanted = if has_begun { &self.in_begun } else { &self.in_others };
        let sorts = of_kind(&event.kind) | of_change(change);
        wanted.anywhere & sorts != 0 || self.is_on_ground(wanted.somewhere & sorts, event, change)
    }

    /// Whether an area may be where these sorts are looked for.
    fn is_on_ground(&self, sorts: u32, event: &Event, change: &Change) -> bool {
        let may_hold = |of: u32, cell: PackedCell| sorts & of != 0 && self.ground.may_hold(cell.cell());
        sorts & UPDATE != 0 && self.ground.may_hold(event.cell)
            || may_hold(MOVE | SIGHTING, change.after)
            || may_hold(MOVE, change.before)
    }

    /// Whether anybody asks who has come over the border of our network.
    pub(super) fn is_in_roaming(&self) -> bool {
        self.in_begun.anywhere & ROAMING != 0
    }
}

impl Sorts {
    fn add(&mut self, trigger: &Trigger) {
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
        Kind::ImsiDetach | Kind::PagingResponse | Kind::Handover | Kind::SmsRejected { .. } | Kind::Sighting => 0,
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

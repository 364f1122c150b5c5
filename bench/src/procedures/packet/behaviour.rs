//! What somebody does next in the packet domain, and whether it is there that something happens next.

use std::time::Duration;

use event::{RoutingAreaUpdateType, Timestamp};

use super::PacketDialogue;
use crate::network::Network;
use crate::population::{self, Subscriber};
use crate::procedures::dialogue::Parts;
use crate::sgsn::PacketCore;

/// What people do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Action {
    Browse,
    Receive,
    Move,
    SendMessage,
    ReceiveMessage,
    Reallocate,
    GiveUp,
    SendOff,
    SwitchOff,
    ChangeDevice,
}

// By weight.
const ACTIONS: &[(u32, Action)] = &[
    (330, Action::Browse),
    (150, Action::Receive),
    (330, Action::Move),
    (40, Action::SendMessage),
    (40, Action::ReceiveMessage),
    (30, Action::Reallocate),
    (15, Action::GiveUp),
    (15, Action::SendOff),
    (30, Action::SwitchOff),
    (10, Action::ChangeDevice),
];

const MEAN_OFF: Duration = Duration::from_secs(420);
/// So soon a phone does what is due.
const SOON: Duration = Duration::from_secs(3);

/// Whether the next thing happens in the packet domain. Where the network has one domain only no chance is drawn.
pub fn is_next(parts: &mut Parts<'_>) -> bool {
    const PACKETS: f64 = 0.5;
    const ATTACHES: f64 = 0.3;
    if parts.network.packet.is_none() {
        return false;
    }
    if !parts.network.circuits {
        return true;
    }
    let (person, site) = (&*parts.subscriber, parts.network.site(parts.subscriber.site));
    let packet = &person.packet;
    if !packet.capable || packet.leaving {
        return false;
    }
    let has_moved = PacketCore::routing_area(site) != packet.area;
    match (packet.attached, person.attached) {
        (true, true) if packet.combined => has_moved || parts.random.chance(PACKETS),
        (true, true) if person.area != site.area => false,
        (true, true) => has_moved || parts.random.chance(PACKETS),
        (true, false) => true,
        (false, true) => parts.random.chance(ATTACHES),
        (false, false) => parts.practice.packet.combined,
    }
}

/// Whether the routing area has to be reported.
pub fn is_update_due(network: &Network, subscriber: &Subscriber) -> bool {
    let area = PacketCore::routing_area(network.site(subscriber.site));
    network.packet.is_some() && subscriber.packet.attached && area != subscriber.packet.area
}

/// Writes what the subscriber does now into the script, and when it acts next.
pub fn act(parts: Parts<'_>, now: Timestamp) {
    let mut dialogue = PacketDialogue::new(parts, now);
    match dialogue.subscriber.packet.attached {
        true => dialogue.act(),
        false => dialogue.come(),
    }
    dialogue.plan_next();
    dialogue.finish();
}

impl PacketDialogue<'_> {
    fn act(&mut self) {
        let silent = self.at.since(self.subscriber.packet.last_contact);
        if self.subscriber.packet.area != PacketCore::routing_area(self.site) {
            return self.report();
        }
        if silent >= self.practice.periodic_update {
            return self.update(RoutingAreaUpdateType::Periodic);
        }
        if !self.subscriber.packet.known_to_sgsn {
            // The SGSN has restarted: it does not know who sends (3GPP TS 23.060 §13.8.6).
            return self.send_off();
        }
        match self.random.weighted(ACTIONS, Action::Browse) {
            Action::Browse => self.browse(),
            Action::Receive => self.receive(),
            Action::Move => self.journey(),
            Action::SendMessage => self.send_message(),
            Action::ReceiveMessage => self.receive_message(),
            Action::Reallocate => self.reallocate(),
            Action::GiveUp => self.detach(false),
            Action::SendOff => self.send_off(),
            Action::SwitchOff => self.detach(true),
            Action::ChangeDevice => self.change_device(),
        }
    }

    fn come(&mut self) {
        if self.chance(0.3) && !self.subscriber.attached {
            let site = self.network.any_site(self.random);
            self.move_to(site);
        }
        self.attach();
    }

    fn move_to(&mut self, site: u32) {
        self.subscriber.site = site;
        self.site = self.network.site(site);
    }

    // Within its routing area a phone with a context reports its cell, any other says nothing.
    fn journey(&mut self) {
        let (home, work) = (self.subscriber.home, self.subscriber.work);
        let target = match self.random.weighted(&[(20, 0), (20, 1), (25, 2), (35, 3)], 3) {
            0 => home,
            1 => work,
            2 => self.network.hotspot_site(self.random),
            _ => self.network.neighbour(self.subscriber.site, self.random),
        };
        let before = self.site;
        self.move_to(target);
        if self.subscriber.packet.area != PacketCore::routing_area(self.site) {
            // For calls the phone reports first, unless one report serves both.
            if self.network.circuits && !self.subscriber.packet.combined && self.subscriber.area != self.site.area {
                return;
            }
            return self.report();
        }
        if self.subscriber.packet.context.is_some() && before.bvci != self.site.bvci {
            self.enter_cell();
            if self.chance(0.3) {
                self.flush(before.bvci);
            }
        }
    }

    fn report(&mut self) {
        let combined = self.practice.combined;
        let again = combined && !self.subscriber.packet.combined;
        self.update(match (combined, again) {
            (true, true) => RoutingAreaUpdateType::CombinedImsiAttach,
            (true, false) => RoutingAreaUpdateType::Combined,
            (false, _) => RoutingAreaUpdateType::Normal,
        });
    }

    // The SIM goes into another phone.
    fn change_device(&mut self) {
        self.detach(true);
        if let Some(device) = population::device(self.random) {
            self.subscriber.device = device;
        }
    }

    fn plan_next(&mut self) {
        let packet = &self.subscriber.packet;
        let is_lost = packet.attached && !packet.known_to_sgsn;
        let due = packet.leaving || is_lost || is_update_due(self.network, self.subscriber);
        let is_on = packet.attached || self.subscriber.attached;
        let next = match (due, is_on) {
            (true, _) => SOON,
            (false, true) => self.random.exponential(self.action_every).max(SOON),
            (false, false) => self.random.exponential(MEAN_OFF).max(SOON),
        };
        self.script.then = self.at + next;
    }
}

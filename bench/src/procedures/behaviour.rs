//! What somebody does next, and when: calls, messages, journeys, a phone switched off and on, another phone.

use std::time::Duration;

use event::{Lai, Timestamp, UpdateType};

use super::dialogue::{Dialogue, Parts};
use super::packet;
use crate::population::{self, Class};

/// What people do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Action {
    Call,
    BeCalled,
    Unreachable,
    SendMessage,
    ReceiveMessage,
    Move,
    DialCode,
    ForwardCalls,
    SwitchOff,
    ChangeDevice,
    Emergency,
}

// By weight. Journeys make location updates, the most frequent procedure of a real network.
const ACTIONS: &[(u32, Action)] = &[
    (200, Action::Call),
    (170, Action::BeCalled),
    (10, Action::Unreachable),
    (90, Action::SendMessage),
    (130, Action::ReceiveMessage),
    (320, Action::Move),
    (20, Action::DialCode),
    (10, Action::ForwardCalls),
    (30, Action::SwitchOff),
    (12, Action::ChangeDevice),
    (2, Action::Emergency),
];

// Reject causes, 3GPP TS 24.008 §10.5.3.6: unknown in HLR, illegal MS, PLMN, LA, roaming not allowed, network failure.
const REJECT_CAUSES: &[(u32, u8)] = &[(20, 2), (10, 3), (25, 11), (10, 12), (25, 13), (10, 17)];
const MEAN_OFF: Duration = Duration::from_secs(420);
const NO_AREA: u16 = 0xfffe; // 3GPP TS 23.003 §4.1: what a phone without location area sends

/// Writes what the subscriber does now into the script, and when it acts next. The script stays empty where nothing of
/// it shows on the A interface.
pub fn act(mut parts: Parts<'_>, now: Timestamp) {
    if packet::behaviour::is_next(&mut parts) {
        return packet::behaviour::act(parts, now);
    }
    let mut dialogue = Dialogue::new(parts, now);
    if dialogue.subscriber.attached {
        dialogue.act();
    } else {
        dialogue.register();
    }
    dialogue.plan_next();
}

impl Dialogue<'_> {
    fn act(&mut self) {
        if std::mem::take(&mut self.subscriber.packet.leaving) {
            return self.detach();
        }
        if !self.is_registered_by_packets() {
            let silent = self.at.since(self.subscriber.last_contact);
            if self.subscriber.area != self.leg.site.area {
                return self.location_update(UpdateType::Normal);
            }
            if silent >= self.practice.periodic_update {
                return self.location_update(UpdateType::Periodic);
            }
        }
        match self.next_action() {
            Action::Call => self.outgoing_call(),
            Action::BeCalled => self.incoming_call(),
            Action::Unreachable => self.unanswered_page(),
            Action::SendMessage => self.send_message(),
            Action::ReceiveMessage => self.receive_message(),
            Action::Move => self.journey(),
            Action::DialCode => self.dial_code(),
            Action::ForwardCalls => self.forward_calls(),
            Action::SwitchOff => self.detach(),
            Action::ChangeDevice => self.change_device(),
            Action::Emergency => self.emergency_call(),
        }
    }

    // A phone that is attached for packets leaves that domain first.
    fn next_action(&mut self) -> Action {
        match self.random.weighted(ACTIONS, Action::Move) {
            Action::SwitchOff | Action::ChangeDevice if self.subscriber.packet.attached => Action::Move,
            action => action,
        }
    }

    // Its location is the SGSN's to hear of (network mode I).
    fn is_registered_by_packets(&self) -> bool {
        self.subscriber.packet.attached && self.subscriber.packet.combined
    }

    // The phone comes on the air: at home by IMSI attach, elsewhere by a normal update.
    fn register(&mut self) {
        if self.chance(0.3) {
            let site = self.network.any_site(self.random);
            self.move_to(site);
        }
        if self.subscriber.known_to_vlr && self.chance(0.15) {
            // Some phones forget TMSI and location area.
            self.subscriber.tmsi = None;
            self.subscriber.area = Lai { plmn: self.network.plmn, lac: NO_AREA };
            self.subscriber.proof = None;
            self.choose_msc();
        }
        let same = self.subscriber.area == self.leg.site.area;
        let update = if same { UpdateType::ImsiAttach } else { UpdateType::Normal };
        let unwelcome = if self.subscriber.class == Class::Home { 1.0 } else { 4.0 };
        if self.chance(self.practice.rejects * unwelcome) {
            let reason = self.random.weighted(REJECT_CAUSES, 17);
            return self.rejected_update(update, reason);
        }
        self.location_update(update);
    }

    // Without a TMSI the BSC may send the phone to any MSC of a pool (3GPP TS 23.236 §4.3).
    fn choose_msc(&mut self) {
        let msc = self.network.any_msc(self.leg.site.bsc, self.random);
        if msc != self.subscriber.msc {
            self.subscriber.msc = msc;
            self.leg = self.leg_to(self.subscriber.site);
        }
    }

    fn journey(&mut self) {
        let (home, work) = (self.subscriber.home, self.subscriber.work);
        let site = match self.random.weighted(&[(25, 0), (25, 1), (30, 2), (20, 3)], 3) {
            0 => home,
            1 => work,
            2 => self.network.hotspot_site(self.random),
            _ => self.network.neighbour(self.subscriber.site, self.random),
        };
        self.move_to(site);
        // A phone that stays in its location area says nothing.
        if self.leg.site.area != self.subscriber.area && !self.is_registered_by_packets() {
            self.location_update(UpdateType::Normal);
        }
    }

    // The SIM goes into another phone: off with the one, on with the other.
    fn change_device(&mut self) {
        self.detach();
        if let Some(device) = population::device(self.random) {
            self.subscriber.device = device;
        }
    }

    fn plan_next(&mut self) {
        let mean = if self.subscriber.attached { self.practice.action_every } else { MEAN_OFF };
        let next = self.at + self.random.exponential(mean).max(Duration::from_secs(2));
        let periodic = self.subscriber.last_contact + self.practice.periodic_update;
        let is_due = self.subscriber.packet.leaving || packet::behaviour::is_update_due(self.network, self.subscriber);
        self.script.then = match self.subscriber.attached {
            _ if is_due => self.at + Duration::from_secs(2),
            true if self.is_registered_by_packets() => next,
            true => next.min(periodic).max(self.at + Duration::from_secs(2)),
            false => next,
        };
    }
}

//! What happens on Gb to cells, BSSs and SGSNs rather than to phones: they come up, keep their flow, are reset.

use std::io::Write;
use std::time::Duration;

use event::Timestamp;

use super::{Action, Simulation};
use crate::encode::{Octets, bssgp, ns};
use crate::link::Timer;
use crate::script::Side;
use crate::sgsn::PacketCore;
use crate::tap::Token;

/// What happens to a cell, a BSS or an SGSN.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Happening {
    /// BVC-RESET of signalling by a side of a BSS, or its answer.
    Signalling { bss: u32, by: Side, answers: bool },
    /// BVC-RESET of a cell by a side, or its answer.
    Cell { site: u32, by: Side, answers: bool },
    /// FLOW-CONTROL-BVC of a cell, or its answer.
    Flow { site: u32, answers: bool },
    /// Something fails.
    Outage,
}

const ANSWER_AFTER: Duration = Duration::from_millis(3);
const NEXT_AFTER: Duration = Duration::from_micros(150);
const FLOW_INTERVAL: Duration = Duration::from_secs(60);

impl<C: Write, T: Write> Simulation<C, T> {
    /// Every BSS resets its virtual connections, signalling first (3GPP TS 48.018 §8.4).
    pub(super) fn bring_cells_up(&mut self, at: Timestamp) {
        if self.network.packet.is_none() {
            return;
        }
        for bss in 0..self.plan.size.bscs {
            self.plan_packet(at + NEXT_AFTER * bss, Happening::Signalling { bss, by: Side::Bss, answers: false });
        }
        let cells = at + NEXT_AFTER * self.plan.size.bscs + ANSWER_AFTER * 2;
        for site in 0..self.network.sites().len() as u32 {
            let up = cells + NEXT_AFTER * site;
            self.plan_packet(up, Happening::Cell { site, by: Side::Bss, answers: false });
            self.plan_packet(up + ANSWER_AFTER * 2, Happening::Flow { site, answers: false });
        }
    }

    pub(super) fn plan_packet_outage(&mut self, now: Timestamp) {
        if let Some(mean) = self.plan.resets.filter(|_| self.network.packet.is_some()) {
            let after = self.outage_random.exponential(mean);
            self.plan_packet(now + after, Happening::Outage);
        }
    }

    fn plan_packet(&mut self, at: Timestamp, happening: Happening) {
        self.schedule(at, Action::Packet(happening));
    }

    pub(super) fn happen(&mut self, at: Timestamp, happening: Happening) {
        match happening {
            Happening::Signalling { bss, by, answers } => self.reset_signalling(at, (bss, by, answers), &[]),
            Happening::Cell { site, by, answers } => self.reset_cell(at, site, by, answers),
            Happening::Flow { site, answers } => self.control_flow(at, site, answers),
            Happening::Outage => {
                self.fail(at);
                self.plan_packet_outage(at);
            }
        }
    }

    fn reset_signalling(&mut self, at: Timestamp, (bss, by, answers): (u32, Side, bool), ended: &[Token]) {
        self.bssgp(at, bss, by, ended, |o| match answers {
            true => bssgp::bvc_reset_ack(o, bssgp::SIGNALLING, None),
            false => bssgp::bvc_reset(o, bssgp::SIGNALLING, None),
        });
        if !answers {
            self.plan_packet(at + ANSWER_AFTER, Happening::Signalling { bss, by: by.other(), answers: true });
        }
    }

    // The BSS says which cell it is, whichever side resets.
    fn reset_cell(&mut self, at: Timestamp, site: u32, by: Side, answers: bool) {
        let place = self.network.site(site);
        let cell = (by == Side::Bss).then_some((PacketCore::routing_area(place), place.cell));
        self.bssgp(at, place.bsc, by, &[], |o| match answers {
            true => bssgp::bvc_reset_ack(o, place.bvci, cell),
            false => bssgp::bvc_reset(o, place.bvci, cell),
        });
        if !answers {
            self.plan_packet(at + ANSWER_AFTER, Happening::Cell { site, by: by.other(), answers: true });
        }
    }

    fn control_flow(&mut self, at: Timestamp, site: u32, answers: bool) {
        let place = self.network.site(site);
        let (tag, by) = ((at.as_micros() / 1_000_000) as u8, if answers { Side::Msc } else { Side::Bss });
        self.pdu(at, (place.bsc, place.bvci), by, &[], |o| match answers {
            true => bssgp::flow_control_bvc_ack(o, tag),
            false => bssgp::flow_control_bvc(o, tag),
        });
        match answers {
            true => self.plan_packet(at + FLOW_INTERVAL, Happening::Flow { site, answers: false }),
            false => self.plan_packet(at + ANSWER_AFTER, Happening::Flow { site, answers: true }),
        }
    }

    // A virtual connection of network service, a BSS or an SGSN fails and comes back.
    fn fail(&mut self, at: Timestamp) {
        let bss = self.outage_random.below(u64::from(self.plan.size.bscs)) as u32;
        match self.outage_random.below(3) {
            0 => {
                let service = self.services.start + self.outage_random.below(self.services.len() as u64) as u32;
                self.work(at, service, |service, around| service.wake(at, Timer::Start(0), around));
            }
            1 => self.reset_bss(at, bss, Side::Bss),
            _ => self.restart_sgsn(at, bss),
        }
    }

    fn reset_bss(&mut self, at: Timestamp, bss: u32, by: Side) {
        let cells: Vec<u32> =
            (0..).zip(self.network.sites()).filter(|(_, site)| site.bsc == bss).map(|(index, _)| index).collect();
        self.plan_packet(at, Happening::Signalling { bss, by, answers: false });
        for (index, site) in (1..).zip(cells) {
            let after = ANSWER_AFTER * 2 + NEXT_AFTER * index;
            self.plan_packet(at + after, Happening::Cell { site, by, answers: false });
        }
    }

    // The SGSN of this BSS has lost its memory of phones.
    fn restart_sgsn(&mut self, at: Timestamp, of: u32) {
        let Some(core) = &self.network.packet else { return };
        let sgsn = core.sgsn_of(of);
        let served: Vec<u32> = (0..self.plan.size.bscs).filter(|bss| core.sgsn_of(*bss) == sgsn).collect();
        for bss in served {
            let ended = self.abandon(at, bss);
            self.reset_signalling(at, (bss, Side::Msc, false), &ended);
            self.reset_bss(at + ANSWER_AFTER * 2, bss, Side::Bss);
        }
        for person in self.people.iter_mut().filter(|person| person.packet.sgsn == sgsn) {
            person.packet.known_to_sgsn = false;
        }
    }

    // Ends the dialogues that are under way in a BSS; whose they were. The phones begin anew.
    fn abandon(&mut self, at: Timestamp, bss: u32) -> Vec<Token> {
        let mut ended = Vec::new();
        for (subscriber, (slot, person)) in (0..).zip(self.running.iter_mut().zip(&mut self.people)) {
            let is_here = self.network.site(person.site).bsc == bss;
            let running = slot.as_mut().filter(|script| is_here && script.interface == event::Interface::Gb);
            if let Some(step) = running.and_then(|script| script.abandon(at)) {
                ended.push(Token { subscriber, step, is_whole: true });
                person.packet.lose();
            }
        }
        ended
    }

    fn bssgp(&mut self, at: Timestamp, bss: u32, by: Side, ended: &[Token], write: impl FnOnce(&mut Octets)) {
        self.pdu(at, (bss, bssgp::SIGNALLING), by, ended, write);
    }

    fn pdu(
        &mut self,
        at: Timestamp,
        (bss, bvci): (u32, u16),
        by: Side,
        ended: &[Token],
        write: impl FnOnce(&mut Octets),
    ) {
        let Some(route) = self.network.packet.as_ref().map(|core| core.route(bss, u32::from(bvci))) else { return };
        let mut message = Octets::default();
        ns::unitdata(&mut message, bvci, write);
        self.announce(at, self.services.start + route, by, &message, ended);
    }
}

//! Handover during a call, 3GPP TS 48.008 §3.1.5: within a BSC the MSC only hears of it; between BSCs a second SCCP
//! connection takes over, joined to the first by the identical RR HANDOVER COMMAND.

use event::Kind;

use super::dialogue::{Dialogue, Leg};
use crate::encode::bssmap::{self, cause};
use crate::encode::sccp;
use crate::encode::{Octets, rr};
use crate::script::{Presented, Side, StepId};

impl Dialogue<'_> {
    /// The phone moves to another cell: of the same BSC, or of another one if there is one.
    pub(super) fn handover(&mut self) {
        let within = self.chance(0.6);
        let site = self.subscriber.site;
        match (self.network.handover_target(site, within), within) {
            (Some(target), true) => self.within_bsc(target),
            (Some(target), false) => self.between_bscs(target),
            (None, _) => {}
        }
    }

    /// The MSC asks whether the connection is still there, and the BSC whether the MSC's is (ITU-T Q.714 §3.4).
    pub(super) fn inactivity_test(&mut self) {
        let leg = self.leg;
        self.sccp(Side::Msc, |o| sccp::inactivity_test(o, leg.bss, leg.msc));
        self.pause(10, 400);
        self.sccp(Side::Bss, |o| sccp::inactivity_test(o, leg.msc, leg.bss));
    }

    fn within_bsc(&mut self, target: u32) {
        let site = self.network.site(target);
        self.subscriber.site = target;
        self.leg.site = site;
        let cell = self.named(site.cell);
        let step = self.bss(|o| bssmap::handover_performed(o, cause::BETTER_CELL, cell));
        self.arrived(step, &[]);
    }

    fn between_bscs(&mut self, target: u32) {
        let old = self.leg;
        let new = self.leg_to(target);
        let command = self.command();
        let (serving, wanted) = (self.named(old.site.cell), self.named(new.site.cell));
        self.bss(|o| bssmap::handover_required(o, cause::BETTER_CELL, wanted));
        let (request, named) = self.request(old, new, wanted);
        self.leg = new;
        self.pause(2, 10);
        let (confirm, acknowledge) = self.acknowledge(new, &command);
        self.leg = old;
        let commanded = self.msc(|o| bssmap::handover_command(o, |o| command.write(o)));
        let joined = [request, confirm, acknowledge, commanded];
        if named {
            self.imsi_shown(&joined);
        }
        self.leg = new;
        self.pause(80, 200);
        self.bss(bssmap::handover_detect);
        self.pause(40, 120);
        let complete = self.bss(bssmap::handover_complete);
        debug_assert_ne!(serving, wanted);
        self.subscriber.site = target;
        self.arrived(complete, &joined);
        self.leg = old;
        self.msc(|o| bssmap::clear_command(o, cause::HANDOVER_SUCCESSFUL));
        self.bss(bssmap::clear_complete);
        self.release();
        self.leg = new;
    }

    // The MSC opens the second connection. True if it names the subscriber.
    fn request(&mut self, old: Leg, new: Leg, target: event::CellId) -> (StepId, bool) {
        let (key, circuit) = (self.random.octets(), self.random.between(1, 2047) as u16);
        // Some MSCs name the subscriber here (48.008 §3.2.1.8), others do not.
        // A call without SIM has nobody to name.
        let named = self.chance(0.5) && self.script.presented != Presented::Imei;
        let shown = named.then_some(self.subscriber.imsi);
        let ends = self.ends_towards(new);
        let serving = self.named(old.site.cell);
        self.leg = new;
        self.connect(new);
        self.pause(3, 20);
        let step = self.sccp(Side::Msc, |o| {
            sccp::connection_request(o, new.msc, ends, |o| {
                bssmap::bssmap(o, |o| {
                    bssmap::handover_request(o, key, serving, target, circuit, cause::BETTER_CELL, shown);
                });
            });
        });
        (step, named)
    }

    // The BSC confirms with its acknowledgement inside, or sends it after.
    fn acknowledge(&mut self, new: Leg, command: &Command) -> (StepId, StepId) {
        let write = |o: &mut Octets| bssmap::handover_request_acknowledge(o, |o| command.write(o));
        if self.chance(0.5) {
            let step = self.sccp(Side::Bss, |o| {
                sccp::connection_confirm_with_data(o, new.msc, new.bss, |o| bssmap::bssmap(o, write));
            });
            return (step, step);
        }
        let confirm = self.sccp(Side::Bss, |o| sccp::connection_confirm(o, new.msc, new.bss));
        let acknowledge = self.bss(write);
        (confirm, acknowledge)
    }

    // From now on nothing in the connection can be told without these steps.
    fn arrived(&mut self, step: StepId, depends: &[StepId]) {
        self.script.opening.extend_from_slice(depends);
        self.noted(step, Kind::Handover);
        self.script.opening.push(step);
    }

    fn command(&mut self) -> Command {
        Command {
            arfcn: self.random.between(1, 124) as u16,
            colour: self.random.below(64) as u8,
            timeslot: self.random.below(8) as u8,
            reference: self.random.below(256) as u8,
        }
    }
}

/// The content of one RR HANDOVER COMMAND.
struct Command {
    arfcn: u16,
    colour: u8,
    timeslot: u8,
    reference: u8,
}

impl Command {
    fn write(&self, o: &mut Octets) {
        rr::handover_command(o, self.arfcn, self.colour, self.timeslot, self.reference);
    }
}

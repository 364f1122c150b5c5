//! PDP contexts, 3GPP TS 24.008 §6.1: activated for an access point, modified, ended.

use event::{DomainName, Kind};

use super::{PacketDialogue, Said};
use crate::encode::llc::{self, Sapi};
use crate::encode::{Message, sm};
use crate::packet_state::Context;
use crate::script::{Side, StepId};

const ACCESS_POINTS: &[(u32, &str)] = &[(50, "cmwap"), (40, "cmnet"), (6, "mms.corp.example"), (4, "internet")];
// SM causes, §10.5.6.6: unknown access point, not subscribed, insufficient resources.
const REJECT_CAUSES: &[(u32, u8)] = &[(40, 27), (40, 33), (20, 26)];
const REGULAR: u8 = 36;
const REJECTED: f64 = 0.04;
// Transaction flag of who answers, 3GPP TS 24.007 §11.2.3.1.3.
const ANSWER: u8 = 8;

impl PacketDialogue<'_> {
    /// The phone activates a context. False where the network refuses.
    pub(super) fn activate(&mut self) -> bool {
        let name = self.random.weighted(ACCESS_POINTS, "cmnet");
        let Some(access_point) = DomainName::from_text(name.as_bytes()) else { return false };
        let (transaction, nsapi) = (self.random.below(7) as u8, self.random.between(5, 9) as u8);
        let sapi = Sapi::Ll3 as u8;
        let request = self.phone(Sapi::Llgmm, |o| sm::activate_request(o, transaction, nsapi, sapi, name));
        if self.chance(REJECTED) {
            let cause = self.random.weighted(REJECT_CAUSES, 33);
            self.network(Sapi::Llgmm, |o| sm::activate_reject(o, ANSWER | transaction, cause));
            return false;
        }
        let [_, _, high, low] = (self.random.bits() as u32).to_be_bytes();
        let address = [10, 3, high, low];
        self.pause(200, 900);
        let accept = self.network(Sapi::Llgmm, |o| sm::activate_accept(o, ANSWER | transaction, sapi, address));
        self.happened(accept, Kind::PdpActivated { access_point: Some(access_point) }, &[request.step]);
        let longest_segment = self.random.weighted(&[(60, 490), (25, 240), (15, 88)], 490);
        let protected = self.chance(0.8);
        self.subscriber.packet.context = Some(Box::new(Context {
            access_point,
            nsapi,
            transaction,
            address,
            longest_segment,
            protected,
            acknowledged: None,
            activated_by: vec![request.step, accept.step],
            seen: Vec::new(),
        }));
        self.negotiate(longest_segment);
        true
    }

    // XID: the length of frames; and for some contexts acknowledged operation.
    fn negotiate(&mut self, longest_segment: usize) {
        const HEADER: u16 = 4;
        let n201_u = longest_segment as u16 + HEADER;
        for (side, command) in [(Side::Bss, true), (Side::Msc, false)] {
            self.pause(40, 200);
            llc::exchange_identification(&mut self.frame, side, Sapi::Ll3, command, n201_u);
            self.transmit(side);
        }
        if self.chance(0.2) {
            for (side, message) in [(Side::Bss, Message::LlcSabm), (Side::Msc, Message::LlcUa)] {
                self.pause(40, 200);
                llc::establish(&mut self.frame, side, Sapi::Ll3, message);
                self.transmit(side);
            }
            if let Some(context) = &mut self.subscriber.packet.context {
                context.acknowledged = Some([0; 2]);
            }
        }
    }

    /// The network changes the context's quality; nothing that anybody tells of.
    pub(super) fn modify(&mut self) {
        let Some(transaction) = self.subscriber.packet.context.as_ref().map(|context| context.transaction) else {
            return;
        };
        self.network(Sapi::Llgmm, |o| sm::modify_request(o, ANSWER | transaction, Sapi::Ll3 as u8));
        self.phone(Sapi::Llgmm, |o| sm::modify_accept(o, transaction));
    }

    /// The phone or the network ends the context.
    pub(super) fn deactivate(&mut self) {
        let Some(context) = self.subscriber.packet.context.take() else { return };
        let (own, answer) = (context.transaction, ANSWER | context.transaction);
        let by_phone = self.chance(0.7);
        let (request, accept) = match by_phone {
            true => (
                self.phone(Sapi::Llgmm, |o| sm::deactivate_request(o, own, REGULAR)),
                self.network(Sapi::Llgmm, |o| sm::deactivate_accept(o, answer)),
            ),
            false => (
                self.network(Sapi::Llgmm, |o| sm::deactivate_request(o, answer, REGULAR)),
                self.phone(Sapi::Llgmm, |o| sm::deactivate_accept(o, own)),
            ),
        };
        self.context_ended(accept, *context, &[request.step]);
    }

    // Which access point it was is known from its activation.
    pub(super) fn context_ended(&mut self, evidence: Said, context: Context, depends: &[StepId]) {
        let depends = [depends, &context.activated_by].concat();
        self.happened(evidence, Kind::PdpDeactivated { access_point: Some(context.access_point) }, &depends);
        self.script.ended_context = context.seen;
    }
}

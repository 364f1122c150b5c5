//! Supplementary services from the handset, 3GPP TS 24.080: USSD and call forwarding.

use event::{Direction, Forwarding, ForwardingOperation, Kind, Number};

use super::dialogue::{Dialogue, Sapi};
use super::numbers;
use crate::encode::bssmap::cause;
use crate::encode::mm::Service;
use crate::encode::ss;

const CODES: &[(u32, &str)] = &[(60, "*100#"), (15, "*133#"), (15, "*121*1#"), (10, "*109*3*1#")];
const ANSWER: &str = "Balance CNY 57.20";

// SS codes, 3GPP TS 29.002 §17.7.5, by how often people use them.
const UNCONDITIONAL: u8 = 0x21;
const BUSY: u8 = 0x29;
const NO_REPLY: u8 = 0x2a;
const NOT_REACHABLE: u8 = 0x2b;

impl Dialogue<'_> {
    /// The subscriber dials a code and reads the answer.
    pub(super) fn dial_code(&mut self) {
        let text = self.random.weighted(CODES, "*100#");
        let Ok(code) = text.parse::<Number>() else { return };
        if !self.request_service(Service::SupplementaryService) {
            return;
        }
        let (phone_ti, network_ti) = self.transaction(Direction::Out);
        let step = self.phone(Sapi::Signalling, |o| ss::register(o, phone_ti, |o| ss::ussd_request(o, text)));
        self.noted(step, Kind::Ussd { code });
        self.pause(200, 1500);
        self.network(Sapi::Signalling, |o| ss::release_complete(o, network_ti, |o| ss::ussd_result(o, ANSWER)));
        self.clear(cause::CALL_CONTROL);
    }

    /// The subscriber changes or asks for a call forwarding.
    pub(super) fn forward_calls(&mut self) {
        use ForwardingOperation::{Activate, Deactivate, Erase, Interrogate, Register};
        let operation = self
            .random
            .weighted(&[(50, Register), (25, Erase), (5, Activate), (5, Deactivate), (15, Interrogate)], Register);
        let service = self
            .random
            .weighted(&[(50, UNCONDITIONAL), (15, BUSY), (20, NO_REPLY), (15, NOT_REACHABLE)], UNCONDITIONAL);
        let to = if operation == Register { numbers::peer(self.random) } else { None };
        let on_wire = Forwarding { operation, service, to: to.map(|number| number.wire) };
        if !self.request_service(Service::SupplementaryService) {
            return;
        }
        let (phone_ti, network_ti) = self.transaction(Direction::Out);
        let step = self.phone(Sapi::Signalling, |o| ss::register(o, phone_ti, |o| ss::forwarding_request(o, &on_wire)));
        self.pause(200, 1500);
        // It is done when the network says so.
        let done = self.network(Sapi::Signalling, |o| {
            ss::release_complete(o, network_ti, |o| ss::forwarding_result(o, &on_wire));
        });
        let meant = Forwarding { to: to.map(|number| number.meant), ..on_wire };
        let mut fact = self.happened(done, Kind::CallForwarding(meant));
        fact.signalled = on_wire.to;
        self.note(fact, &[step]);
        self.clear(cause::CALL_CONTROL);
    }
}

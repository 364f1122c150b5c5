//! Circuit-switched calls, 3GPP TS 24.008 §5: outgoing, incoming, emergency; answered, busy, unanswered.

use std::time::Duration;

use event::{Answered, Direction, Kind, Number};

use super::dialogue::{Dialogue, Sapi, Signalled};
use super::numbers;
use crate::encode::bssmap;
use crate::encode::cc::{self, Location, cause};
use crate::encode::mm::{self, MobileIdentity, Service};
use crate::script::{Presented, StepId};

/// How a call goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Course {
    Answered,
    Busy,
    NoAnswer,
    Unassigned,
}

/// A call as the facts about it need it.
#[derive(Clone, Copy)]
struct Call {
    direction: Direction,
    number: Option<Signalled>,
    setup: StepId,
    connected: Option<StepId>,
    // The transaction identifier with its flag, as the phone and as the network send it.
    phone_ti: u8,
    network_ti: u8,
}

impl Call {
    fn meant(&self) -> Option<Number> {
        self.number.map(|number| number.meant)
    }
}

const MEAN_TALK: Duration = Duration::from_secs(75);
const LONGEST_TALK: Duration = Duration::from_secs(1800);
const HANDOVER_WORTH: Duration = Duration::from_secs(20);
const INACTIVITY_TEST_EVERY: Duration = Duration::from_secs(420);

impl Dialogue<'_> {
    /// The subscriber calls somebody.
    pub(super) fn outgoing_call(&mut self) {
        let Some(number) = numbers::dialled(self.random) else { return };
        if !self.request_service(Service::Call) {
            return;
        }
        let (phone_ti, network_ti) = self.transaction(Direction::Out);
        let setup = self.phone(Sapi::Signalling, |o| cc::setup_uplink(o, phone_ti, &number.wire));
        let call =
            Call { direction: Direction::Out, number: Some(number), setup, connected: None, phone_ti, network_ti };
        self.note_setup(&call, false);
        self.network(Sapi::Signalling, |o| cc::call_proceeding(o, network_ti));
        let course = self.random.weighted(
            &[(78, Course::Answered), (8, Course::Busy), (11, Course::NoAnswer), (3, Course::Unassigned)],
            Course::Answered,
        );
        self.assign();
        match course {
            Course::Busy => return self.refused(call, cause::BUSY),
            Course::Unassigned => return self.refused(call, cause::UNASSIGNED),
            Course::Answered | Course::NoAnswer => {}
        }
        self.pause(800, 3000);
        self.network(Sapi::Signalling, |o| cc::alerting(o, network_ti));
        if course == Course::NoAnswer {
            self.pause(8000, 40_000);
            return self.hang_up(call, true);
        }
        self.pause(2000, 15_000);
        let connected = self.network(Sapi::Signalling, |o| cc::connect(o, network_ti));
        self.phone(Sapi::Signalling, |o| cc::connect_acknowledge(o, phone_ti));
        self.talk_and_end(Call { connected: Some(connected), ..call });
    }

    /// Somebody calls the subscriber.
    pub(super) fn incoming_call(&mut self) {
        let number = numbers::calling(self.random);
        self.answer_page();
        self.security();
        let (phone_ti, network_ti) = self.transaction(Direction::In);
        let shown = number.map(|number| number.wire);
        let setup = self.network(Sapi::Signalling, |o| cc::setup_downlink(o, network_ti, shown.as_ref()));
        self.accepted(setup);
        let call = Call { direction: Direction::In, number, setup, connected: None, phone_ti, network_ti };
        self.note_setup(&call, false);
        self.phone(Sapi::Signalling, |o| cc::call_confirmed(o, phone_ti));
        self.assign();
        self.phone(Sapi::Signalling, |o| cc::alerting(o, phone_ti));
        let course = self
            .random
            .weighted(&[(74, Course::Answered), (8, Course::Busy), (18, Course::NoAnswer)], Course::Answered);
        match course {
            Course::Busy => {
                self.pause(1500, 9000);
                self.hang_up_with(call, true, cause::BUSY);
            }
            Course::NoAnswer | Course::Unassigned => {
                self.pause(8000, 40_000);
                self.hang_up(call, false);
            }
            Course::Answered => {
                self.pause(2000, 15_000);
                let connected = self.phone(Sapi::Signalling, |o| cc::connect(o, phone_ti));
                self.network(Sapi::Signalling, |o| cc::connect_acknowledge(o, network_ti));
                self.talk_and_end(Call { connected: Some(connected), ..call });
            }
        }
    }

    /// An emergency call; without a SIM the phone names itself by its IMEI, and there is no subscriber.
    pub(super) fn emergency_call(&mut self) {
        let anonymous = self.chance(0.3);
        let (identity, key) = match anonymous {
            true => (MobileIdentity::Imei(self.subscriber.device), mm::NO_KEY),
            false => (self.identity(), self.key()),
        };
        self.open(identity, |o| mm::cm_service_request(o, Service::EmergencyCall, key, identity));
        if anonymous || !self.security() {
            self.accept_service();
        }
        let (phone_ti, network_ti) = self.transaction(Direction::Out);
        let setup = self.phone(Sapi::Signalling, |o| cc::emergency_setup(o, phone_ti));
        let call = Call { direction: Direction::Out, number: None, setup, connected: None, phone_ti, network_ti };
        self.note_setup(&call, true);
        self.network(Sapi::Signalling, |o| cc::call_proceeding(o, network_ti));
        self.assign();
        self.network(Sapi::Signalling, |o| cc::alerting(o, network_ti));
        self.pause(1000, 5000);
        let connected = self.network(Sapi::Signalling, |o| cc::connect(o, network_ti));
        self.phone(Sapi::Signalling, |o| cc::connect_acknowledge(o, phone_ti));
        self.talk_and_end(Call { connected: Some(connected), ..call });
    }

    /// The MSC pages for a call, twice, and nobody answers.
    pub(super) fn unanswered_page(&mut self) {
        let page = self.page();
        self.wait(Duration::from_secs(5));
        self.page();
        // The page names both identities: whoever sees it knows the TMSI.
        if let Some(tmsi) = self.subscriber.tmsi {
            self.script.presented = Presented::Tmsi(tmsi);
            self.imsi_shown(&[page]);
        }
    }

    /// The phone asks for a service. False where the network refuses.
    pub(super) fn request_service(&mut self, service: Service) -> bool {
        const CONGESTION: u8 = 22; // 3GPP TS 24.008 §10.5.3.6
        const REFUSED: f64 = 0.01;
        let (identity, key) = (self.identity(), self.key());
        self.open(identity, |o| mm::cm_service_request(o, service, key, identity));
        if self.chance(REFUSED) {
            let step = self.network(Sapi::Signalling, |o| mm::cm_service_reject(o, CONGESTION));
            self.noted(step, Kind::ServiceRejected { cause: CONGESTION });
            self.clear(bssmap::cause::CALL_CONTROL);
            return false;
        }
        if !self.security() {
            self.accept_service();
        }
        true
    }

    fn accept_service(&mut self) {
        let step = self.network(Sapi::Signalling, mm::cm_service_accept);
        self.accepted(step);
    }

    /// A transaction identifier, as the phone and as the network send it: the flag is 0 from the side that began
    /// (3GPP TS 24.007 §11.2.3.1.3).
    pub(super) fn transaction(&mut self, direction: Direction) -> (u8, u8) {
        const FLAG: u8 = 8;
        let value = if self.chance(0.9) { 0 } else { self.random.between(1, 6) as u8 };
        match direction {
            Direction::Out => (value, FLAG | value),
            Direction::In => (FLAG | value, value),
        }
    }

    fn assign(&mut self) {
        let circuit = (self.random.below(64) << 5 | self.random.between(1, 31)) as u16;
        self.msc(|o| bssmap::assignment_request(o, circuit));
        self.pause(300, 900);
        self.bss(bssmap::assignment_complete);
    }

    // The far end refuses: the network disconnects.
    fn refused(&mut self, call: Call, reason: u8) {
        self.pause(600, 2500);
        self.hang_up_with(call, false, reason);
    }

    fn talk_and_end(&mut self, call: Call) {
        let fact = self.happened(
            call.connected.unwrap_or(call.setup),
            Kind::CallAnswered { direction: call.direction, number: call.meant() },
        );
        self.note(fact, &[call.setup]);
        let mut rest = (self.random.exponential(MEAN_TALK) + Duration::from_secs(3)).min(LONGEST_TALK);
        if rest > HANDOVER_WORTH && self.chance(self.practice.handovers) {
            let before = rest.mul_f64(self.random.fraction());
            self.wait(before);
            rest -= before;
            self.handover();
        }
        while rest > INACTIVITY_TEST_EVERY {
            self.wait(INACTIVITY_TEST_EVERY);
            rest -= INACTIVITY_TEST_EVERY;
            self.inactivity_test();
        }
        self.wait(rest);
        if self.chance(0.02) {
            return self.radio_lost(call);
        }
        let by_phone = self.chance(0.5);
        self.hang_up(call, by_phone);
    }

    fn hang_up(&mut self, call: Call, by_phone: bool) {
        let reason = if call.connected.is_none() && !by_phone { cause::NO_ANSWER } else { cause::NORMAL };
        self.hang_up_with(call, by_phone, reason);
    }

    // DISCONNECT, RELEASE, RELEASE COMPLETE; then the connection is cleared.
    fn hang_up_with(&mut self, call: Call, by_phone: bool, reason: u8) {
        let (phone_ti, network_ti) = (call.phone_ti, call.network_ti);
        let disconnect = if by_phone {
            let step = self.phone(Sapi::Signalling, |o| cc::disconnect(o, phone_ti, Location::User, reason));
            self.network(Sapi::Signalling, |o| cc::release(o, network_ti));
            self.phone(Sapi::Signalling, |o| cc::release_complete(o, phone_ti, None));
            step
        } else {
            let step =
                self.network(Sapi::Signalling, |o| cc::disconnect(o, network_ti, Location::LocalNetwork, reason));
            self.phone(Sapi::Signalling, |o| cc::release(o, phone_ti));
            self.network(Sapi::Signalling, |o| cc::release_complete(o, network_ti, None));
            step
        };
        self.note_end(&call, disconnect, Some(reason));
        self.clear(bssmap::cause::CALL_CONTROL);
    }

    // The BSC loses the phone: the first sign of the end is its CLEAR REQUEST, which has a BSSMAP cause.
    fn radio_lost(&mut self, call: Call) {
        let step = self.bss(|o| bssmap::clear_request(o, bssmap::cause::RADIO_INTERFACE_FAILURE));
        self.note_end(&call, step, None);
        self.clear(bssmap::cause::RADIO_INTERFACE_FAILURE);
    }

    fn note_setup(&mut self, call: &Call, emergency: bool) {
        let kind = Kind::CallSetup { direction: call.direction, number: call.meant(), emergency };
        let mut fact = self.happened(call.setup, kind);
        fact.signalled = call.number.map(|number| number.wire);
        self.note(fact, &[]);
    }

    fn note_end(&mut self, call: &Call, step: StepId, reason: Option<u8>) {
        let kind = Kind::CallEnded {
            direction: call.direction,
            number: call.meant(),
            answered: Answered::Unknown,
            cause: reason,
            left_view: false,
        };
        let mut fact = self.happened(step, kind);
        (fact.set_up, fact.connected) = (Some(call.setup), call.connected);
        let depends = [call.setup, call.connected.unwrap_or(call.setup)];
        self.note(fact, &depends);
    }
}

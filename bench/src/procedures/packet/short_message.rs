//! Short messages over LLC's service access point 7, 3GPP TS 24.011 §2.3.

use event::{Direction, Kind, Number};

use super::PacketDialogue;
use crate::encode::llc::Sapi;
use crate::encode::sms::{self, Address};
use crate::procedures::numbers;
use crate::procedures::short_message::{CENTRE, Text};

// Transaction identifiers with the flag of who answers, 3GPP TS 24.007 §11.2.3.1.3.
const OWN: u8 = 0;
const ANSWER: u8 = 8;

impl PacketDialogue<'_> {
    /// The subscriber sends a message.
    pub(super) fn send_message(&mut self) {
        let (Some(peer), Ok(centre)) = (numbers::peer(self.random), CENTRE.parse::<Number>()) else { return };
        let (reference, text) = (self.random.bits() as u8, Text::random(self.random));
        let sent = self.phone(Sapi::Llsms, |o| {
            sms::cp_data(o, OWN, |o| {
                sms::rp_data_uplink(o, reference, &centre, |o| {
                    sms::submit(o, reference, Address::Number(&peer.wire), text.data());
                });
            });
        });
        self.network(Sapi::Llsms, |o| sms::cp_ack(o, ANSWER));
        self.pause(100, 900);
        let passed = self.network(Sapi::Llsms, |o| {
            sms::cp_data(o, ANSWER, |o| sms::rp_ack_downlink(o, reference));
        });
        self.happened(passed, Kind::Sms { direction: Direction::Out, peer: Some(peer.meant) }, &[sent.step]);
        self.phone(Sapi::Llsms, |o| sms::cp_ack(o, OWN));
    }

    /// The subscriber receives a message.
    pub(super) fn receive_message(&mut self) {
        let (Some(sender), Ok(centre)) = (numbers::peer(self.random), CENTRE.parse::<Number>()) else { return };
        let (reference, at, text) = (self.random.bits() as u8, self.at, Text::random(self.random));
        let delivered = self.network(Sapi::Llsms, |o| {
            sms::cp_data(o, OWN, |o| {
                sms::rp_data_downlink(o, reference, &centre, |o| {
                    sms::deliver(o, Address::Number(&sender.wire), at, text.data());
                });
            });
        });
        self.phone(Sapi::Llsms, |o| sms::cp_ack(o, ANSWER));
        let passed = self.phone(Sapi::Llsms, |o| {
            sms::cp_data(o, ANSWER, |o| sms::rp_ack_uplink(o, reference));
        });
        self.happened(passed, Kind::Sms { direction: Direction::In, peer: Some(sender.meant) }, &[delivered.step]);
        self.network(Sapi::Llsms, |o| sms::cp_ack(o, OWN));
    }
}

//! Short messages, 3GPP TS 24.011 and 23.040. Their text is random.

use event::{Direction, Kind, Number};

use super::dialogue::{Dialogue, Sapi};
use super::numbers;
use crate::encode::bssmap::cause;
use crate::encode::mm::Service;
use crate::encode::sms::{self, Address, UserData};
use crate::random::Random;

pub(super) const CENTRE: &str = "+8613800571500";
// Senders that are names, as banks and shops use.
const NAMES: &[&str] = &["ICBC", "Taobao", "CTRIP"];

impl Dialogue<'_> {
    /// The subscriber sends a message.
    pub(super) fn send_message(&mut self) {
        let (Some(peer), Ok(centre)) = (numbers::peer(self.random), CENTRE.parse::<Number>()) else { return };
        if !self.request_service(Service::ShortMessage) {
            return;
        }
        let (phone_ti, network_ti) = self.transaction(Direction::Out);
        let reference = self.random.bits() as u8;
        let text = Text::random(self.random);
        let sapi = Sapi::ShortMessages;
        let step = self.phone(sapi, |o| {
            sms::cp_data(o, phone_ti, |o| {
                sms::rp_data_uplink(o, reference, &centre, |o| {
                    sms::submit(o, reference, Address::Number(&peer.wire), text.data());
                });
            });
        });
        self.network(sapi, |o| sms::cp_ack(o, network_ti));
        self.pause(100, 900);
        // The message has passed when the other side's RP-ACK says so.
        let passed = self.network(sapi, |o| sms::cp_data(o, network_ti, |o| sms::rp_ack_downlink(o, reference)));
        let mut fact = self.happened(passed, Kind::Sms { direction: Direction::Out, peer: Some(peer.meant) });
        fact.signalled = Some(peer.wire);
        self.note(fact, &[step]);
        self.phone(sapi, |o| sms::cp_ack(o, phone_ti));
        self.clear(cause::CALL_CONTROL);
    }

    /// The subscriber receives a message.
    pub(super) fn receive_message(&mut self) {
        let Ok(centre) = CENTRE.parse::<Number>() else { return };
        let name = if self.chance(0.15) { self.random.pick(NAMES).copied() } else { None };
        let Some(sender) = numbers::peer(self.random) else { return };
        self.answer_page();
        self.security();
        let (phone_ti, network_ti) = self.transaction(Direction::In);
        let (reference, sent) = (self.random.bits() as u8, self.at);
        let text = Text::random(self.random);
        let address = name.map_or(Address::Number(&sender.wire), Address::Name);
        let sapi = Sapi::ShortMessages;
        let step = self.network(sapi, |o| {
            sms::cp_data(o, network_ti, |o| {
                sms::rp_data_downlink(o, reference, &centre, |o| sms::deliver(o, address, sent, text.data()));
            });
        });
        self.accepted(step);
        self.phone(sapi, |o| sms::cp_ack(o, phone_ti));
        let passed = self.phone(sapi, |o| sms::cp_data(o, phone_ti, |o| sms::rp_ack_uplink(o, reference)));
        let shown = name.is_none().then_some(sender);
        let kind = Kind::Sms { direction: Direction::In, peer: shown.map(|number| number.meant) };
        let mut fact = self.happened(passed, kind);
        fact.signalled = shown.map(|number| number.wire);
        self.note(fact, &[step]);
        self.network(sapi, |o| sms::cp_ack(o, network_ti));
        self.clear(cause::CALL_CONTROL);
    }
}

/// A random text, in either coding.
pub(super) struct Text {
    octets: [u8; Text::MOST_OCTETS],
    used: usize,
    length: u8,
    coding: u8,
}

impl Text {
    const MOST_OCTETS: usize = 140;
    const UCS2: u8 = 8;

    pub(super) fn random(random: &mut Random) -> Self {
        if random.chance(0.6) { Self::ucs2(random) } else { Self::septets(random) }
    }

    // Chinese characters: U+4E00 to U+8FFF.
    fn ucs2(random: &mut Random) -> Self {
        let mut octets = random.octets();
        octets.iter_mut().step_by(2).for_each(|high| *high = 0x4e + *high % 0x42);
        let used = 2 * random.between(2, 70) as usize;
        Self { octets, used, length: used as u8, coding: Self::UCS2 }
    }

    // Letters of the default alphabet; the bits after the last septet are zero.
    fn septets(random: &mut Random) -> Self {
        let length = random.between(3, 160) as usize;
        let mut packed = crate::encode::Octets::default();
        let letters: [u8; 160] = random.octets();
        sms::septets(&mut packed, letters.iter().take(length).map(|letter| b'a' + letter % 26));
        let mut octets = [0; Self::MOST_OCTETS];
        octets.iter_mut().zip(packed.as_slice()).for_each(|(octet, packed)| *octet = *packed);
        Self { octets, used: packed.len(), length: length as u8, coding: 0 }
    }

    pub(super) fn data(&self) -> UserData<'_> {
        UserData { coding: self.coding, length: self.length, octets: self.octets.get(..self.used).unwrap_or_default() }
    }
}

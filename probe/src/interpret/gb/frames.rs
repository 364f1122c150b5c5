//! From an LLC frame upward: judged by its check and number, then layer 3 or user data.

use super::{Envelope, GbInterface, sgsn, traffic};
use crate::Sink;
use crate::interpret::a_interface::AInterface;
use crate::interpret::scene::Side;
use crate::track::frame_numbers::{Arrival, Inside};
use crate::track::identity::Temporary;
use crate::track::links::{Address, Bvc, LinkId};
use crate::track::transport::Carrier;
use crate::wire::llc::sapi;
use crate::wire::{FrameCheck, Llc, LlcFrameType, Tlli, dtap, llc, sndcp};

impl GbInterface {
    /// An LLC-PDU of a phone's link.
    pub(super) fn llc<S: Sink>(
        &mut self,
        id: LinkId,
        sender: Side,
        envelope: &Envelope<'_>,
        octets: &[u8],
        a: &mut AInterface,
        sink: &mut S,
    ) {
        if octets.is_empty() {
            return;
        }
        let from = envelope.carrier.from;
        let read = llc::read(octets);
        let Some(frame) = a.understood(&read, from, sink) else { return };
        a.note(frame, from, sink);
        let totals = &mut a.counters.packet;
        totals.frames += 1;
        match frame.check {
            FrameCheck::Ciphered => totals.frames_ciphered += 1,
            // An I frame does not say that it is ciphered, and then fails the check.
            FrameCheck::Bad if frame.frame_type.0 <= LlcFrameType::I_SACK.0 => totals.frames_ciphered += 1,
            FrameCheck::Bad => totals.frames_bad += 1,
            FrameCheck::Good => {}
        }
        let goes_on = frame.encrypted || sender == Side::Network && frame.sapi != sapi::LLGMM;
        let is_numbered = frame.frame_type == LlcFrameType::UI && frame.check != FrameCheck::Bad;
        let is_repeated = is_numbered && self.is_repeated(id, sender, envelope.carrier, frame, a);
        if goes_on {
            // The network serves the phone: it has gone on with what the phone says.
            self.with_session(id, from, envelope.bvc, a, sink, |session, _, scene| session.dialogue.accept(scene));
        }
        if frame.check == FrameCheck::Good && !is_repeated {
            self.information(id, sender, envelope, frame, a, sink);
        }
    }

    /// Notes what the number of a UI frame says of those before it. Whether it was seen before.
    fn is_repeated(
        &mut self,
        id: LinkId,
        sender: Side,
        carrier: &Carrier,
        frame: &Llc<'_>,
        a: &mut AInterface,
    ) -> bool {
        let Some(session) = self.links.state(id) else { return false };
        let arrival = session.arrive(frame, sender, carrier.from.at);
        self.losses.note(carrier.sender, carrier.receiver, sender == Side::Mobile, arrival);
        let totals = &mut a.counters.packet;
        match arrival {
            Arrival::New(Inside { missing, found, .. }) => {
                totals.frames_missing = (totals.frames_missing + u64::from(missing)).saturating_sub(found.into());
            }
            Arrival::Repeated => totals.frames_repeated += 1,
        }
        arrival == Arrival::Repeated
    }

    fn information<S: Sink>(
        &mut self,
        id: LinkId,
        sender: Side,
        envelope: &Envelope<'_>,
        frame: &Llc<'_>,
        a: &mut AInterface,
        sink: &mut S,
    ) {
        if !frame.carries_information() {
            return;
        }
        match frame.sapi {
            sapi::LLGMM | sapi::LLSMS => self.layer_3(id, sender, envelope, frame.information, a, sink),
            sapi::LL3 | sapi::LL5 | sapi::LL9 | sapi::LL11 => {
                self.user_data(id, sender, envelope, frame.information, a, sink);
            }
            _ => {}
        }
    }

    fn layer_3<S: Sink>(
        &mut self,
        id: LinkId,
        sender: Side,
        envelope: &Envelope<'_>,
        octets: &[u8],
        a: &mut AInterface,
        sink: &mut S,
    ) {
        let Envelope { carrier, bvc, .. } = *envelope;
        let read = dtap::read(octets);
        let Some(message) = a.understood(&read, carrier.from, sink) else { return };
        message.messages(|message| {
            a.counters.message(message);
            if S::MESSAGES {
                sink.message(carrier.from, message);
            }
        });
        let effects = self.with_session(id, carrier.from, bvc, a, sink, |session, vlr_identities, scene| {
            session.layer_3(message, sender, vlr_identities, scene);
            (session.continues.take(), session.given.take())
        });
        let Some((continued, given)) = effects else { return };
        if let Some(held) = continued {
            self.join(id, held, envelope, a, sink);
        }
        if let Some(p_tmsi) = given {
            self.links.add(id, Address::new(Tlli::local(p_tmsi), bvc));
        }
    }

    /// A phone that moved comes with a foreign TLLI: its link under the local one of its P-TMSI, with the SGSN that gave that,
    /// goes on as this one.
    fn join<S: Sink>(
        &mut self,
        id: LinkId,
        held: Temporary,
        envelope: &Envelope<'_>,
        a: &mut AInterface,
        sink: &mut S,
    ) {
        let local = Address::new(Tlli::local(held.tmsi), Bvc { sgsn: held.vlr.node, ..envelope.bvc });
        let Some(before) = self.links.find(local).filter(|before| *before != id) else { return };
        self.merge(before, id, envelope, a, sink);
        self.with_session(id, envelope.carrier.from, envelope.bvc, a, sink, |session, _, _| session.is_asking());
        if held.vlr == sgsn(envelope.bvc) {
            self.links.add(id, local);
        }
    }

    /// The link `before` turns out to be the same phone's as the link `id`, which goes on.
    pub(super) fn merge<S: Sink>(
        &mut self,
        before: LinkId,
        id: LinkId,
        envelope: &Envelope<'_>,
        a: &mut AInterface,
        sink: &mut S,
    ) {
        let Envelope { carrier, bvc, .. } = *envelope;
        let Some(mut session) = self.links.state(before).map(std::mem::take) else { return };
        self.with_session(id, carrier.from, bvc, a, sink, |joined, _, scene| joined.continue_from(&mut session, scene));
        if let Some(place) = self.links.state(before) {
            *place = session;
        }
        self.links.close(before);
    }

    fn user_data<S: Sink>(
        &mut self,
        id: LinkId,
        sender: Side,
        envelope: &Envelope<'_>,
        octets: &[u8],
        a: &mut AInterface,
        sink: &mut S,
    ) {
        let Envelope { carrier, bvc, .. } = *envelope;
        let read = sndcp::read(octets);
        let Some(segment) = a.understood(&read, carrier.from, sink) else { return };
        a.note(segment, carrier.from, sink);
        a.counters.packet.segments += 1;
        if sender == Side::Network {
            let totals = &mut a.counters.packet;
            totals.packets_to_phones += u64::from(segment.first);
            totals.packets_compressed += u64::from(segment.is_compressed());
            return;
        }
        let host = traffic::host(&mut self.n_pdus, id, segment, carrier.from, a, sink);
        if let Some(host) = host {
            self.with_session(id, carrier.from, bvc, a, sink, |session, _, scene| session.visit(host, scene));
        }
    }
}

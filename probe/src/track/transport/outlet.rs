//! From what the transports carry to what is given upward: the adaptation layers, the MTP, each SCCP message once.

use super::queue::{Interface, Queue, Queued};
use super::{Carrier, Payload, TransportCounters};
use crate::track::air::AirChannels;
use crate::track::crossing::Crossings;
use crate::track::duplicates::{Duplicates, Fingerprint, Path, Sighting};
use crate::track::framing::StreamMessage;
use crate::track::loss::PortPair;
use crate::track::network::{Endpoint, Endpoints, Networks};
use crate::track::sctp::UserMessage;
use crate::wire::gsmtap::{Carried, GsmtapHeader};
use crate::wire::ip::Address;
use crate::wire::ipa::{self, IpaMessage};
use crate::wire::lapdm::Lapdm;
use crate::wire::m2pa::M2paMessage;
use crate::wire::m2ua::M2uaMessage;
use crate::wire::m3ua::M3uaMessage;
use crate::wire::mtp3::{Mtp3Message, service};
use crate::wire::sua::SuaMessage;
use crate::wire::{Decoded, FrameCheck, Malformed, Message, PointCodeFormat, dtap, lapdm, llc, sndcp};
use crate::{Provenance, Sink};

/// Where SCCP messages pass before they go upward.
pub(super) struct Delivery {
    pub(super) networks: Networks,
    pub(super) duplicates: Duplicates,
    pub(super) crossings: Crossings,
    pub(super) air: AirChannels,
    pub(super) point_codes: [PointCodeFormat; 4],
    pub(super) queue: Queue,
}

impl Delivery {
    fn point_codes(&self, network_indicator: u8) -> PointCodeFormat {
        self.point_codes.get(usize::from(network_indicator)).copied().unwrap_or_default()
    }
}

/// Where what is found goes.
pub(super) struct Outlet<'a, S, U> {
    pub(super) sink: &'a mut S,
    pub(super) upward: &'a mut U,
    pub(super) delivery: &'a mut Delivery,
    /// The octets of the frames that are taken.
    pub(super) frames: &'a [u8],
}

/// The users of SCTP that can be read.
#[derive(Clone, Copy)]
enum SctpUser {
    M2ua,
    M3ua,
    Sua,
    M2pa,
}

impl SctpUser {
    /// By the payload protocol identifier (IANA); where it says nothing (RFC 9260 §3.3.1), by the registered port.
    #[inline]
    fn of(message: &UserMessage<'_>) -> Option<Self> {
        const UNSPECIFIED: u32 = 0;
        match message.protocol {
            3 => Some(Self::M3ua),
            2 => Some(Self::M2ua),
            4 => Some(Self::Sua),
            5 => Some(Self::M2pa),
            UNSPECIFIED => {
                let header = message.arrival.header;
                let ports = [header.destination_port(), header.source_port()];
                ports.into_iter().find_map(Self::on_port)
            }
            _ => None,
        }
    }

    const fn on_port(port: u16) -> Option<Self> {
        Some(match port {
            2904 => Self::M2ua,
            2905 => Self::M3ua,
            14_001 => Self::Sua,
            3565 => Self::M2pa,
            _ => return None,
        })
    }
}

impl<S: Sink, U: FnMut(&Carrier, Payload<'_>, &mut S)> Outlet<'_, S, U> {
    /// A user message of SCTP. M3UA is what most carry: its way is a straight one.
    #[inline(always)]
    pub(super) fn sctp(
        &mut self,
        message: UserMessage<'_>,
        endpoints: &mut Endpoints,
        counters: &mut TransportCounters,
    ) {
        let UserMessage { arrival, octets, snapped, .. } = message;
        let path = Path::numbered(arrival.header.verification_tag());
        let read = match SctpUser::of(&message) {
            Some(SctpUser::M3ua) => self.m3ua(&arrival.from, octets, snapped, path, counters),
            Some(user) => self.other_than_m3ua(user, &message, path, endpoints, counters),
            None => {
                counters.sctp_other_protocols += 1;
                Ok(())
            }
        };
        if let Err(malformed) = read {
            self.malformed(arrival.from, malformed, counters);
        }
    }

    #[inline(never)]
    fn other_than_m3ua(
        &mut self,
        user: SctpUser,
        message: &UserMessage<'_>,
        path: Path,
        endpoints: &mut Endpoints,
        counters: &mut TransportCounters,
    ) -> Result<(), Malformed> {
        let UserMessage { arrival, octets, snapped, .. } = *message;
        let from = arrival.from;
        match user {
            SctpUser::M3ua => self.m3ua(&from, octets, snapped, path, counters),
            SctpUser::M2ua => self.m2ua(from, octets, snapped, path, counters),
            SctpUser::M2pa => self.m2pa(from, octets, snapped, path, counters),
            SctpUser::Sua => {
                let PortPair { source, destination, .. } = message.path.copied().unwrap_or_else(|| arrival.path());
                self.sua(from, [source, destination], octets, snapped, endpoints, counters)
            }
        }
    }

    /// A message of a TCP connection, or what stands in its place.
    pub(super) fn stream(&mut self, carrier: Carrier, message: &StreamMessage<'_>, counters: &mut TransportCounters) {
        let path = Path::numbered(carrier.network);
        counters.tcp_messages += 1;
        match message {
            StreamMessage::Ipa(message) => self.ipa(carrier, message, path, counters),
            StreamMessage::Malformed(malformed) => self.malformed(carrier.from, *malformed, counters),
            StreamMessage::M3ua(octets) => {
                if let Err(malformed) = self.m3ua(&carrier.from, octets, false, path, counters) {
                    self.malformed(carrier.from, malformed, counters);
                }
            }
        }
    }

    #[inline(always)]
    fn m3ua(
        &mut self,
        from: &Provenance,
        octets: &[u8],
        snapped: bool,
        path: Path,
        counters: &mut TransportCounters,
    ) -> Result<(), Malformed> {
        // Who asks for messages is shown all of them.
        let plain = if S::MESSAGES { None } else { M3uaMessage::plain(octets) };
        let (appearance, data) = match plain {
            Some(plain) => plain,
            None => {
                let message = M3uaMessage::read(octets, snapped)?;
                self.message(*from, &message);
                let Some(data) = message.data()? else {
                    counters.m3ua_management += 1;
                    return Ok(());
                };
                (message.network_appearance, data)
            }
        };
        counters.m3ua_data += 1;
        if data.si != service::SCCP {
            counters.m3ua_other_services += 1;
            return Ok(());
        }
        let Some(network) = self.delivery.networks.id(from.feed, data.ni, appearance) else {
            counters.networks_refused += 1;
            return Ok(());
        };
        let point_codes = self.delivery.point_codes(data.ni);
        let (sender, receiver) = (data.opc, data.dpc);
        let carrier = || Carrier { from: *from, network, nodes: network, sender, receiver, point_codes };
        if self.delivery.crossings.is_only(network) {
            let fingerprint = self.delivery.duplicates.fingerprint(path, sender, receiver, data.user_data);
            self.push(&carrier(), Interface::A, fingerprint, data.user_data, counters);
        } else {
            self.sccp(carrier(), data.user_data, path, counters);
        }
        Ok(())
    }

    #[inline(never)]
    fn m2ua(
        &mut self,
        from: Provenance,
        octets: &[u8],
        snapped: bool,
        path: Path,
        counters: &mut TransportCounters,
    ) -> Result<(), Malformed> {
        let message = M2uaMessage::read(octets, snapped)?;
        self.message(from, &message);
        match message.protocol_data.filter(|_| message.is_data()) {
            Some(data) => {
                counters.m2ua_data += 1;
                self.mtp3(from, data, path, counters);
            }
            None => counters.m2ua_management += 1,
        }
        Ok(())
    }

    #[inline(never)]
    fn m2pa(
        &mut self,
        from: Provenance,
        octets: &[u8],
        snapped: bool,
        path: Path,
        counters: &mut TransportCounters,
    ) -> Result<(), Malformed> {
        let message = M2paMessage::read(octets, snapped)?;
        self.message(from, &message);
        if message.is_data() {
            counters.m2pa_data += 1;
            self.mtp3(from, message.data, path, counters);
        } else {
            counters.m2pa_status += 1;
        }
        Ok(())
    }

    #[inline(never)]
    fn sua(
        &mut self,
        from: Provenance,
        ends: [(Address, u16); 2],
        octets: &[u8],
        snapped: bool,
        endpoints: &mut Endpoints,
        counters: &mut TransportCounters,
    ) -> Result<(), Malformed> {
        let message = SuaMessage::read(octets, snapped)?;
        self.message(from, &message);
        let Some(sccp) = &message.sccp else {
            counters.sua_management += 1;
            return Ok(());
        };
        let ends = ends.map(|(address, port)| Endpoint::Port(address, port));
        let addresses = [&sccp.calling, &sccp.called];
        for (end, address) in ends.iter().zip(addresses) {
            if let Some(point_code) = address.as_ref().and_then(|address| address.point_code) {
                endpoints.name(from.feed, *end, Endpoint::Node(point_code));
            }
        }
        let [sender, receiver] = ends;
        match endpoints.carrier(from, sender, receiver) {
            Some(carrier) => {
                counters.sua_data += 1;
                self.deliver(counters);
                (self.upward)(&carrier, Payload::Sua(sccp), self.sink);
            }
            None => counters.networks_refused += 1,
        }
        Ok(())
    }

    fn ipa(&mut self, carrier: Carrier, message: &IpaMessage<'_>, path: Path, counters: &mut TransportCounters) {
        self.message(carrier.from, message);
        match message.stream {
            ipa::stream::SCCP => {
                counters.ipa_sccp += 1;
                self.sccp(carrier, message.payload, path, counters);
            }
            ipa::stream::CONTROL => counters.ipa_control += 1,
            ipa::stream::MGCP => counters.ipa_mgcp += 1,
            _ => counters.ipa_other_streams += 1,
        }
    }

    /// An MTP3 message.
    pub(super) fn mtp3(&mut self, from: Provenance, octets: &[u8], path: Path, counters: &mut TransportCounters) {
        let message = match Mtp3Message::read(octets, &self.delivery.point_codes) {
            Ok(message) => message,
            Err(malformed) => return self.malformed(from, malformed, counters),
        };
        self.message(from, &message);
        counters.mtp3_messages += 1;
        if message.si != service::SCCP {
            counters.mtp3_other_services += 1;
            return;
        }
        match self.carrier(from, &message) {
            Some(carrier) => self.sccp(carrier, message.user_data, path, counters),
            None => counters.networks_refused += 1,
        }
    }

    /// An MTP3 message that its link sends again: only to be shown.
    pub(super) fn repeated_mtp3(&mut self, from: Provenance, octets: &[u8]) {
        if !S::MESSAGES {
            return;
        }
        let Ok(message) = Mtp3Message::read(octets, &self.delivery.point_codes) else { return };
        self.message(from, &message);
        if let Some(carrier) = self.carrier(from, &message).filter(|_| message.si == service::SCCP) {
            (self.upward)(&carrier, Payload::Duplicate(message.user_data), self.sink);
        }
    }

    fn carrier(&mut self, from: Provenance, message: &Mtp3Message<'_>) -> Option<Carrier> {
        let network = self.delivery.networks.id(from.feed, message.ni, None)?;
        let point_codes = self.delivery.point_codes(message.ni);
        let (sender, receiver) = (message.label.opc, message.label.dpc);
        Some(Carrier { from, network, nodes: network, sender, receiver, point_codes })
    }

    /// An SCCP message of a capture that holds nothing below: who sent it to whom is not known.
    pub(super) fn bare_sccp(&mut self, from: Provenance, file: u16, octets: &[u8], counters: &mut TransportCounters) {
        /// No network indicator: they have two bits.
        const NO_INDICATOR: u8 = 4;
        let Some(network) = self.delivery.networks.id(from.feed, NO_INDICATOR, Some(u32::from(file))) else {
            counters.networks_refused += 1;
            return;
        };
        let point_codes = PointCodeFormat::default();
        let carrier = Carrier { from, network, nodes: network, sender: 0, receiver: 0, point_codes };
        self.sccp(carrier, octets, Path::UNNUMBERED, counters);
    }

    // An SCCP message, of which another one may be the other side.
    #[inline(never)]
    fn sccp(&mut self, carrier: Carrier, octets: &[u8], path: Path, counters: &mut TransportCounters) {
        let Delivery { crossings, duplicates, .. } = &mut *self.delivery;
        let carrier = crossings.place(carrier, octets, counters);
        let essence = crossings.essence(octets);
        let fingerprint = duplicates.fingerprint(path, carrier.sender, carrier.receiver, essence);
        self.push(&carrier, Interface::A, fingerprint, octets, counters);
    }

    /// An NS PDU; without carrier where there is no room for its ends.
    pub(super) fn ns(&mut self, carrier: Option<Carrier>, octets: &[u8], counters: &mut TransportCounters) {
        let Some(carrier) = carrier else {
            counters.networks_refused += 1;
            return;
        };
        // Nothing numbers NS PDUs, so that a second tap of one can only be told by its octets.
        let Carrier { sender, receiver, .. } = carrier;
        let fingerprint = self.delivery.duplicates.fingerprint(Path::UNNUMBERED, sender, receiver, octets);
        self.push(&carrier, Interface::Gb, fingerprint, octets, counters);
    }

    #[inline(always)]
    fn push(
        &mut self,
        carrier: &Carrier,
        interface: Interface,
        fingerprint: Fingerprint,
        octets: &[u8],
        counters: &mut TransportCounters,
    ) {
        self.delivery.queue.push(carrier, interface, fingerprint, octets, self.frames);
        // Who is shown messages is shown what is in one before the next.
        if S::MESSAGES {
            self.deliver(counters);
        }
    }

    /// Gives upward what waits, each message once.
    pub(super) fn deliver(&mut self, counters: &mut TransportCounters) {
        let Self { sink, upward, delivery, frames } = self;
        let Delivery { duplicates, queue, .. } = &mut **delivery;
        queue.look(duplicates);
        for (&Queued { ref carrier, sighting, .. }, payload) in queue.iter(frames) {
            let payload = match payload {
                Payload::Sccp(octets) if sighting == Sighting::Duplicate => {
                    counters.sccp_duplicates += 1;
                    Payload::Duplicate(octets)
                }
                Payload::Sccp(_) => {
                    counters.sccp_forgotten += u64::from(sighting == Sighting::FirstDisplacing);
                    counters.sccp_messages += 1;
                    payload
                }
                _ => {
                    counters.ns_duplicates += u64::from(sighting == Sighting::Duplicate);
                    payload
                }
            };
            // Who asks for messages is shown all of them.
            if S::MESSAGES || sighting != Sighting::Duplicate {
                upward(carrier, payload, sink);
            }
        }
        queue.clear();
    }

    /// An LLC frame that nothing carried: counted, and shown; without its BSSGP PDU nobody knows whose it is.
    pub(super) fn bare_llc(
        &mut self,
        from: Provenance,
        octets: &[u8],
        counters: &mut TransportCounters,
    ) -> Result<(), Malformed> {
        counters.llc_frames += 1;
        if S::MESSAGES { self.llc(from, octets, counters) } else { Ok(()) }
    }

    /// What GSMTAP traces: counted, and shown with what it carries, which has no subscriber that others would know.
    pub(super) fn gsmtap(
        &mut self,
        from: Provenance,
        octets: &[u8],
        counters: &mut TransportCounters,
    ) -> Result<(), Malformed> {
        counters.gsmtap += 1;
        let header = GsmtapHeader::read(octets)?;
        self.message(from, &header);
        match header.carried().filter(|_| S::MESSAGES) {
            Some(Carried::Common) => self.layer_3(from, lapdm::read_common(header.payload)?, counters),
            Some(Carried::Dedicated) => self.air(from, &header, lapdm::read(header.payload)?, counters),
            Some(Carried::Associated) => {
                const LAYER_1: usize = 2;
                let frame = header.payload.get(LAYER_1..).unwrap_or_default();
                self.air(from, &header, lapdm::read_associated(frame, header.uplink)?, counters);
            }
            Some(Carried::Llc) => self.llc(from, header.payload, counters)?,
            None => {}
        }
        counters.gsmtap_incomplete = self.delivery.air.incomplete;
        Ok(())
    }

    fn air(
        &mut self,
        from: Provenance,
        header: &GsmtapHeader<'_>,
        frame: Decoded<Lapdm<'_>>,
        counters: &mut TransportCounters,
    ) {
        let frame = self.understood(from, frame, counters);
        let mut air = std::mem::take(&mut self.delivery.air);
        air.take(header, &frame, |message| self.layer_3(from, message, counters));
        self.delivery.air = air;
    }

    fn llc(&mut self, from: Provenance, octets: &[u8], counters: &mut TransportCounters) -> Result<(), Malformed> {
        let frame = self.understood(from, llc::read(octets)?, counters);
        if frame.check == FrameCheck::Good && frame.carries_information() {
            match frame.sapi {
                llc::sapi::LLGMM | llc::sapi::LLSMS => self.layer_3(from, frame.information, counters),
                llc::sapi::LL3 | llc::sapi::LL5 | llc::sapi::LL9 | llc::sapi::LL11 => {
                    self.understood(from, sndcp::read(frame.information)?, counters);
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn layer_3(&mut self, from: Provenance, octets: &[u8], counters: &mut TransportCounters) {
        if octets.is_empty() {
            return;
        }
        match dtap::read(octets) {
            Ok(Decoded { message, malformed }) => {
                message.messages(|message| self.sink.message(from, message));
                malformed.into_iter().for_each(|malformed| self.malformed(from, malformed, counters));
            }
            Err(malformed) => self.malformed(from, malformed, counters),
        }
    }

    // Shows a message, and tells and counts where it could not be read on.
    fn understood<M: Message>(&mut self, from: Provenance, read: Decoded<M>, counters: &mut TransportCounters) -> M {
        let Decoded { message, malformed } = read;
        self.message(from, &message);
        malformed.into_iter().for_each(|malformed| self.malformed(from, malformed, counters));
        message
    }

    #[inline]
    pub(super) fn message(&mut self, from: Provenance, message: &dyn Message) {
        if S::MESSAGES {
            self.sink.message(from, message);
        }
    }

    #[cold]
    pub(super) fn malformed(&mut self, from: Provenance, malformed: Malformed, counters: &mut TransportCounters) {
        counters.count_malformed(malformed);
        self.sink.malformed(from, malformed);
    }
}

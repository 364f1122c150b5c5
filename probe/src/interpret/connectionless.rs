//! What the A interface says without a connection: paging, resets, and SCCP's own management.

use super::a_interface::{AInterface, SUBSYSTEM_BSSAP, is_for_bssap};
use super::scene::Side;
use crate::Sink;
use crate::track::channels::{Channel, ChannelName};
use crate::track::identity::{Proof, Temporary, Vlr};
use crate::track::segments::Origin;
use crate::track::transport::Carrier;
use crate::wire::sccp::management::{self, ManagementMessageType};
use crate::wire::{Bssap, Bssmap, BssmapMessageType, Decoded, Sccp, bssmap};

impl AInterface {
    pub(super) fn unitdata<S: Sink>(&mut self, carrier: &Carrier, message: &Sccp<'_>, sink: &mut S) {
        let Some(data) = message.data else { return };
        if message.called.and_then(|called| called.subsystem) == Some(management::SUBSYSTEM) {
            return self.management(carrier, data, sink);
        }
        if !is_for_bssap(message) {
            self.counters.unmatched.other_user += 1;
            return;
        }
        let Some(segmentation) = message.segmentation else { return self.connectionless(carrier, data, sink) };
        if segmentation.first && segmentation.remaining == 0 {
            return self.connectionless(carrier, data, sink);
        }
        let origin = Origin { network: carrier.network, sender: carrier.sender, reference: segmentation.reference };
        if let Some(whole) = self.segments.add(origin, segmentation, data, carrier.from.at) {
            self.connectionless(carrier, &whole, sink);
        }
    }

    fn connectionless<S: Sink>(&mut self, carrier: &Carrier, data: &[u8], sink: &mut S) {
        let Some(Bssap::Bssmap(octets)) = self.distribute(data, carrier.from, sink) else { return };
        let mut decoded = Decoded::from(Bssmap::UNREAD);
        let read = bssmap::read_at(&mut decoded, octets);
        let Some(message) = self.understood_in_place(read, carrier.from, sink) else { return };
        self.note(message, carrier.from, sink);
        match message.message_type {
            BssmapMessageType::PAGING => self.paging(carrier, message),
            BssmapMessageType::RESET => self.reset(carrier, sink),
            BssmapMessageType::RESET_CIRCUIT => {
                let circuit = message.circuit.map(ChannelName::Circuit);
                circuit.into_iter().for_each(|circuit| self.end_calls_on(carrier, circuit, sink));
            }
            BssmapMessageType::RESET_IP_RESOURCE => {
                let calls = message.call_identifiers().map(ChannelName::Call);
                calls.for_each(|call| self.end_calls_on(carrier, call, sink));
            }
            _ => {}
        }
    }

    /// PAGING, 3GPP TS 48.008 §3.2.1.19: the network says whose a TMSI is.
    fn paging(&mut self, carrier: &Carrier, message: &Bssmap<'_>) {
        if let (Some(imsi), Some(tmsi)) = (message.imsi, message.tmsi) {
            let vlr = Vlr { network: carrier.nodes, node: carrier.sender };
            self.identities.bind(Temporary { vlr, tmsi }, imsi, Proof::Paging, carrier.from.at);
        }
    }

    /// RESET, 3GPP TS 48.008 §3.1.4.1: all that was between the two is over; where the MSC has lost its memory, so has
    /// its VLR.
    fn reset<S: Sink>(&mut self, carrier: &Carrier, sink: &mut S) {
        self.around.resets.note(carrier.nodes, carrier.sender, carrier.from.at);
        if self.nodes.get(&(carrier.nodes, carrier.sender)) == Some(&Side::Network) {
            let vlr = Vlr { network: carrier.nodes, node: carrier.sender };
            self.identities.doubt(vlr, carrier.from.at);
        }
        let over: Vec<_> = self.connections.between(carrier.network, carrier.sender, carrier.receiver).collect();
        self.end_all(&over, carrier.from, sink);
    }

    /// RESET CIRCUIT and, over IP, RESET IP RESOURCE, 3GPP TS 48.008 §3.1.4.2 and §3.1.4.3: the calls that had it are over.
    fn end_calls_on<S: Sink>(&mut self, carrier: &Carrier, name: ChannelName, sink: &mut S) {
        let channel = Channel::new(carrier.network, carrier.sender, carrier.receiver, name);
        let has = |index| self.connections.state_at(index).is_some_and(|dialogue| dialogue.channel == Some(channel));
        let reset = self.channels.reset(channel, has).and_then(|index| self.connections.id_at(index as u32));
        let Some(id) = reset else { return };
        self.with_dialogue(id, Some(carrier.from), sink, |dialogue, scene| dialogue.end_calls(false, scene));
    }

    /// SCCP management, ITU-T Q.714 §5.3: where BSSAP of a node is prohibited, its connections are over.
    fn management<S: Sink>(&mut self, carrier: &Carrier, data: &[u8], sink: &mut S) {
        let read = management::read(data, carrier.point_codes);
        let Some(message) = self.understood(&read, carrier.from, sink) else { return };
        self.note(message, carrier.from, sink);
        let is_prohibited = message.message_type == ManagementMessageType::SUBSYSTEM_PROHIBITED;
        if is_prohibited && message.subsystem == SUBSYSTEM_BSSAP {
            let over: Vec<_> = self.connections.of_node(carrier.network, message.point_code).collect();
            self.end_all(&over, carrier.from, sink);
        }
    }
}

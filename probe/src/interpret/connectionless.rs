//! What the A interface says without a connection: paging, resets, and SCCP's own management.

use super::a_interface::{AInterface, SUBSYSTEM_BSSAP, is_for_bssap};
use super::scene::Side;
use crate::Sink;
use crate::track::identity::{Proof, Temporary, Vlr};
use crate::track::segments::Origin;
use crate::track::transport::Carrier;
use crate::wire::{Bssap, Bssmap, BssmapMessageType, Sccp, bssap};

/// Subsystem number of SCCP management, ITU-T Q.713 §3.4.2.2.
const SUBSYSTEM_MANAGEMENT: u8 = 1;
/// Subsystem prohibited, ITU-T Q.713 §5.2.1.
const SUBSYSTEM_PROHIBITED: u8 = 0x02;

impl AInterface {
    pub(super) fn unitdata<S: Sink>(&mut self, carrier: Carrier, message: &Sccp<'_>, sink: &mut S) {
        let Some(data) = message.data else { return };
        if message.called.and_then(|called| called.subsystem) == Some(SUBSYSTEM_MANAGEMENT) {
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

    fn connectionless<S: Sink>(&mut self, carrier: Carrier, data: &[u8], sink: &mut S) {
        let read = bssap::read(data);
        let Some(Bssap::Bssmap(message)) = self.understood(&read, carrier.from, sink) else { return };
        self.note(message, carrier.from, sink);
        match message.message_type {
            BssmapMessageType::PAGING => self.paging(carrier, message),
            BssmapMessageType::RESET => self.reset(carrier, sink),
            BssmapMessageType::RESET_CIRCUIT => self.reset_circuit(carrier, message, sink),
            _ => {}
        }
    }

    /// PAGING, 3GPP TS 48.008 §3.2.1.19: the network says whose a TMSI is.
    fn paging(&mut self, carrier: Carrier, message: &Bssmap<'_>) {
        if let (Some(imsi), Some(tmsi)) = (message.imsi, message.tmsi) {
            let vlr = Vlr { network: carrier.nodes, node: carrier.sender };
            self.identities.bind(Temporary { vlr, tmsi }, imsi, Proof::Paging, carrier.from.at);
        }
    }

    /// RESET, 3GPP TS 48.008 §3.1.4.1: all that was between the two is over; where the MSC has lost its memory, so has
    /// its VLR.
    fn reset<S: Sink>(&mut self, carrier: Carrier, sink: &mut S) {
        if self.nodes.get(&(carrier.nodes, carrier.sender)) == Some(&Side::Network) {
            let vlr = Vlr { network: carrier.nodes, node: carrier.sender };
            self.identities.doubt(vlr, carrier.from.at);
        }
        let over: Vec<_> = self.connections.between(carrier.network, carrier.sender, carrier.receiver).collect();
        self.end_all(&over, carrier.from, sink);
    }

    /// RESET CIRCUIT, 3GPP TS 48.008 §3.1.4.2: the call of this circuit is over.
    fn reset_circuit<S: Sink>(&mut self, carrier: Carrier, message: &Bssmap<'_>, sink: &mut S) {
        let Some(circuit) = message.circuit else { return };
        let here: Vec<_> = self.connections.between(carrier.network, carrier.sender, carrier.receiver).collect();
        for id in here {
            self.with_dialogue(id, Some(carrier.from), sink, |dialogue, scene| {
                if dialogue.circuit == Some(circuit) {
                    dialogue.end_calls(false, scene);
                }
            });
        }
    }

    /// SCCP management, ITU-T Q.713 §5: where BSSAP of a node is prohibited, its connections are over.
    fn management<S: Sink>(&mut self, carrier: Carrier, data: &[u8], sink: &mut S) {
        if let [SUBSYSTEM_PROHIBITED, SUBSYSTEM_BSSAP, low, high, ..] = data {
            let node = u32::from(u16::from_le_bytes([*low, *high]) & 0x3fff);
            let over: Vec<_> = self.connections.of_node(carrier.network, node).collect();
            self.end_all(&over, carrier.from, sink);
        }
    }
}

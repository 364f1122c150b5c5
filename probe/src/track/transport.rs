//! From a frame to the SCCP messages in it: links, IP, SCTP and M3UA, TCP and IPA.

use crate::capture::Frame;
use crate::{Provenance, Sink};

/// What carried an SCCP message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Carrier {
    /// Frame, time and feed: of the frame that completed the message.
    pub from: Provenance,
    /// Dense id of the network in which `sender` and `receiver` are unique: for M3UA of feed, network indicator and network
    /// appearance; for IPA of the TCP connection.
    pub network: u32,
    /// Originating point code; for IPA a dense id of the TCP endpoint that outlives the connection (address, and port where it is a
    /// listening one).
    pub sender: u32,
    /// Destination point code, or the id of the TCP endpoint.
    pub receiver: u32,
}

/// What is to be configured.
#[derive(Clone, Debug)]
pub struct TransportSettings {
    /// TCP ports that carry IPA (SCCPlite), at either end.
    pub ipa_ports: Vec<u16>,
}

impl Default for TransportSettings {
    fn default() -> Self {
        Self { ipa_ports: vec![3002, 3003, 3006, 4222, 4249, 4250, 5000] }
    }
}

/// Counters by name.
#[derive(Clone, Debug, Default)]
pub struct TransportCounters {}

impl TransportCounters {
    /// Every counter by its name, in the order of layers.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, u64)> + '_ {
        std::iter::empty()
    }

    /// Messages whose decoding stopped, by layer and element.
    pub fn malformed(&self) -> impl Iterator<Item = (crate::wire::Malformed, u64)> + '_ {
        std::iter::empty()
    }
}

/// The state of all transports. One thread's.
pub struct Transport {}

impl Transport {
    /// Nothing seen yet.
    pub fn new(_settings: &TransportSettings) -> Self {
        todo!()
    }

    /// Takes a frame and gives each SCCP message that it completes to `upward`.
    pub fn frame<S: Sink>(
        &mut self,
        _frame: &Frame<'_>,
        _feed: u16,
        _sink: &mut S,
        _upward: &mut impl FnMut(Carrier, &[u8], &mut S),
    ) {
        todo!()
    }

    /// The capture has ended: gives what was still waiting behind holes in TCP streams.
    pub fn finish<S: Sink>(&mut self, _sink: &mut S, _upward: &mut impl FnMut(Carrier, &[u8], &mut S)) {
        todo!()
    }

    /// What was seen.
    pub fn counters(&self) -> &TransportCounters {
        todo!()
    }
}

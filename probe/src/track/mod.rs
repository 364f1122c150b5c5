//! Bounded state between frames: fragments, streams, SCCP connections, identities. Time is passed in.

pub mod air;
pub mod causality;
pub mod clocks;
pub mod connection;
pub mod counters;
pub mod devices;
pub mod duplicates;
pub mod e1;
pub mod entities;
pub mod fragments;
pub mod framing;
pub mod identity;
pub mod links;
pub mod loss;
pub mod n_pdus;
pub mod network;
pub mod ns_endpoints;
pub mod pending;
pub mod resets;
pub mod sctp;
pub mod segments;
pub mod signalling_link;
pub mod stream;
pub mod tcp;
pub mod transport;
pub mod tsn;

//! What phones and network say to each other, a file per kind of procedure. Each is a function over a
//! [`Dialogue`](dialogue::Dialogue) that reads like the message flow in its specification.

pub mod behaviour;
mod call;
pub mod dialogue;
mod handover;
mod location;
mod numbers;
pub mod packet;
mod service;
mod short_message;

use std::time::Duration;

/// What the network is configured to do, and how often people do what.
#[derive(Clone, Copy, Debug)]
pub struct Practice {
    /// Share of connections in which the MSC sends Common ID.
    pub common_id: f64,
    /// Share of location updates that bring a new TMSI.
    pub tmsi_reallocation: f64,
    /// Share of connections with authentication.
    pub authentication: f64,
    /// Share of connections that are ciphered.
    pub ciphering: f64,
    /// Share of cipher mode commands that ask for the IMEISV.
    pub imeisv: f64,
    /// Share of location updates in which the MSC asks for the IMSI, though it knows it.
    pub identity: f64,
    /// Share of location updates that are rejected.
    pub rejects: f64,
    /// Share of long calls with a handover.
    pub handovers: f64,
    /// Whether the two directions of a connection take different links.
    pub split_links: bool,
    /// Whether references are given again as soon as they are free, after [`REFERENCE_REST`](crate::network::REFERENCE_REST).
    pub reuse_references: bool,
    /// Share of releases that nobody confirms.
    pub unconfirmed_releases: f64,
    /// Whether the IMEISV is asked for only when a phone attaches.
    pub imeisv_on_attach_only: bool,
    /// Whether BSCs name cells without the network: the network is the same for all (3GPP TS 48.008 §3.2.2.17).
    pub short_cells: bool,
    /// Mean time between two things that somebody does.
    pub action_every: Duration,
    /// What SGSNs are configured to do.
    pub packet: packet::PacketPractice,
    /// T3212: the time after which a silent phone makes a periodic update.
    pub periodic_update: Duration,
}

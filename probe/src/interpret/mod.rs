//! Messages and state to facts: what a phone and the network said to each other, as [`event::Event`]s.
//!
//! [`AInterface`] follows the connections of the A interface; a `Dialogue` is one connection's state, and each of the
//! other modules is what one protocol does to it. [`GbInterface`] does the like for the links of the Gb interface. It knows no
//! transports.

mod a_interface;
mod ahead;
mod buffers;
mod calls;
mod connectionless;
mod dialogue;
mod gb;
mod handover;
mod lost;
mod messages;
mod mobility;
mod numbers;
mod scene;
mod settings;
mod side;
mod subject;
mod supplementary;
mod surroundings;

#[cfg(test)]
mod stories;

pub use a_interface::{AInterface, MAX_NODES};
pub use calls::MAX_CALLS;
pub use gb::{GbInterface, GbSettings, MAX_CONTEXTS};
pub use handover::MAX_HANDOVERS;
pub use lost::{MAX_LOST, REESTABLISHMENT_WINDOW};
pub use messages::MAX_TRANSFERS;
pub use numbers::{NumberPlan, Pattern};
pub use settings::NetworkSettings;
pub use subject::MAX_WAITING_EVENTS;
pub use supplementary::MAX_REQUESTS;

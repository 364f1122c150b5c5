//! Traffic of a mobile network that never was, with the truth about it: captures of the A and Gb interfaces to test and
//! measure the probe with. Its encoders are written from the specifications and share nothing with the probe's decoders.

pub mod areas;
pub mod e1;
pub mod encode;
pub mod link;
pub mod measure;
pub mod mirror;
pub mod network;
pub mod packet_state;
pub mod population;
pub mod procedures;
pub mod queue;
pub mod random;
pub mod script;
pub mod sgsn;
pub mod simulation;
pub mod tap;
pub mod truth;
pub mod writer;

pub use simulation::{Plan, Report, Simulation};

//! Hostile input for the probe: one target over every decoder, tracker and file reader, and what must hold for any input.
//!
//! An input ([`input`]) is a capture file, or a sequence of records: frames of any link type, and messages of the upper
//! layers that are wrapped ([`wrapping`]) with right lengths, numbers and checks, so that mutation reaches deep layers.

pub mod balance;
pub mod files;
pub mod input;
pub mod memory;
pub mod mutation;
pub mod observer;
pub mod run;
pub mod seeds;
pub mod shape;
pub mod wrapping;

pub use run::run;

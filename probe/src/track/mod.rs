//! Bounded state between frames: fragments, streams, SCCP connections, identities. Time is passed in.

pub mod transport;

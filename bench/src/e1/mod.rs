//! E1 recordings as a cross-connect's mirror port gives them: messages become signal units, bits, frames of 2,048 kbit/s and
//! blocks of a recording. Written bit by bit from the specifications; the probe reads by tables.

mod bits;
mod frames;
mod recording;
mod signal_units;

pub use bits::{Bits, stuffed};
pub use frames::{Framer, Framing};
pub use recording::{BlockHead, Recording};
pub use signal_units::{Numbering, SignalUnits};

/// Bits a second on the line.
pub const LINE_RATE: u64 = 2_048_000;
/// Bits of a frame, ITU-T G.704 §2.3.1.
pub const FRAME_BITS: usize = 256;

/// A bit, as it is on the line.
pub type Bit = bool;

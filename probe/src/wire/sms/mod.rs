//! Short messages on the A interface: CP and RP (3GPP TS 24.011), TP (TS 23.040). Text is neither decoded nor kept.

mod cp;
mod rp;
mod tpdu;

pub use cp::{Cp, CpMessageType};
pub use rp::{Rp, RpMessageType};
pub use tpdu::{Party, Tpdu, TpduType};

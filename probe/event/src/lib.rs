//! The vocabulary that the probe and the rules share: who, where, when, what happened.
//!
//! Plain values without allocation. This crate knows no packets and no scenarios.

mod event;
mod identity;
mod number;
mod place;
mod time;

pub use event::{Binding, Direction, Event, Forwarding, ForwardingOperation, Interface, Kind, UpdateType};
pub use identity::{Imei, Imsi, InvalidIdentity, Tmsi};
pub use number::{InvalidNumber, Number};
pub use place::{CellId, InvalidPlace, Lai, Plmn};
pub use time::{InvalidTimestamp, Timestamp};

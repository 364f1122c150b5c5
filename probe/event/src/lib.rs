//! The vocabulary that the probe and the rules share: who, where, when, what happened.
//!
//! Plain values without allocation. This crate knows no packets and no scenarios.

mod area;
mod domain_name;
mod event;
mod identity;
mod memory;
mod number;
mod place;
mod time;

pub use area::{AreaFact, AreaFactKind, ReportTimer, Source};
pub use domain_name::{DomainName, InvalidDomainName};
pub use event::{
    Answered, Binding, Direction, Event, Forwarding, ForwardingOperation, Interface, Kind, RoutingAreaUpdateType,
    UpdateType,
};
pub use identity::{Imei, Imsi, InvalidIdentity, Tmsi};
pub use memory::{prefer_large_pages, prefetch, prefetch_lines, push_large, with_large_capacity};
pub use number::{InvalidNumber, Number};
pub use place::{CellId, InvalidPlace, Lai, PackedCell, Plmn, Rai};
pub use time::{InvalidTimestamp, Timestamp};

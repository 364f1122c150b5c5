//! Called and calling party address, ITU-T Q.713 §3.4.

use crate::wire::{Malformed, Reader};

/// Called or calling party address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Address<'a> {
    /// Whether routing is on the subsystem number (else on the global title).
    pub route_on_subsystem: bool,
    /// Signalling point code, 14 bits.
    pub point_code: Option<u16>,
    /// Subsystem number: 254 for BSSAP, 0 for not known.
    pub subsystem: Option<u8>,
    /// Global title.
    pub global_title: Option<GlobalTitle<'a>>,
}

/// Global title, ITU-T Q.713 §3.4.2.3, its octets as they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GlobalTitle<'a> {
    /// Global title indicator: which fields the octets hold, 1 to 15.
    pub indicator: u8,
    /// The fields, from octet 1 of the title.
    pub octets: &'a [u8],
}

//! Distribution of what SCCP carries, 3GPP TS 48.006 §9: to BSSMAP, or through to the mobile station.

use super::{Bssmap, Decoded, Malformed};

/// Data link connection identifier, 3GPP TS 48.006 §9.3.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Dlci(pub u8);

impl Dlci {
    /// SAPI of the radio interface: 0, or 3 for short messages.
    pub const fn sapi(self) -> u8 {
        self.0 & 7
    }
}

/// A BSSAP message.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Bssap<'a> {
    /// For the BSS or the MSC.
    Bssmap(Bssmap<'a>),
    /// For the mobile station or from it: octets for [`super::dtap::read`].
    Dtap {
        /// Data link connection identifier.
        dlci: Dlci,
        /// The layer 3 message.
        layer_3: &'a [u8],
    },
}

/// Reads the user data of an SCCP message. An error where it is neither BSSMAP nor DTAP, or has no message type.
pub fn read(_octets: &[u8]) -> Result<Decoded<Bssap<'_>>, Malformed> {
    todo!()
}

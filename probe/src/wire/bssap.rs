//! Distribution of what SCCP carries, 3GPP TS 48.006 §9: to BSSMAP, or through to the mobile station.

use super::{Fault, Malformed, Message, Protocol, Reader, Value};

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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bssap<'a> {
    /// For the BSS or the MSC: octets for [`super::bssmap::read`].
    Bssmap(&'a [u8]),
    /// For the mobile station or from it.
    Dtap {
        /// Data link connection identifier.
        dlci: Dlci,
        /// The layer 3 message: octets for [`super::dtap::read`].
        layer_3: &'a [u8],
    },
}

/// Discriminator, 3GPP TS 48.006 §9.3.1: bit 1 tells DTAP from BSSMAP.
const BSSMAP: u8 = 0;
const DTAP: u8 = 1;

/// Reads the user data of an SCCP message. An error where it is neither BSSMAP nor DTAP.
#[inline]
pub fn read(octets: &[u8]) -> Result<Bssap<'_>, Malformed> {
    let mut r = Reader::new(Protocol::Bssap, octets);
    let [discriminator] = r.v("discriminator")?;
    match discriminator {
        BSSMAP => Ok(Bssap::Bssmap(r.lv("length indicator")?)),
        DTAP => {
            let [dlci] = r.v("data link connection identifier")?;
            let layer_3 = r.lv("length indicator")?;
            Ok(Bssap::Dtap { dlci: Dlci(dlci), layer_3 })
        }
        _ => Err(r.error("discriminator", Fault::Invalid)),
    }
}

impl Message for Bssap<'_> {
    fn protocol(&self) -> Protocol {
        Protocol::Bssap
    }

    fn name(&self) -> &'static str {
        match self {
            Self::Bssmap(_) => "bssmap",
            Self::Dtap { .. } => "dtap",
        }
    }

    fn code(&self) -> u8 {
        match self {
            Self::Bssmap(_) => BSSMAP,
            Self::Dtap { .. } => DTAP,
        }
    }

    fn elements(&self, visit: &mut dyn FnMut(&'static str, Value<'_>)) {
        if let Self::Dtap { dlci, .. } = self {
            visit("dlci", Value::Code(u64::from(dlci.0)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_discriminator_distributes() {
        let dtap = [0x01, 0x83, 0x02, 0x09, 0x04];
        assert_eq!(read(&dtap), Ok(Bssap::Dtap { dlci: Dlci(0x83), layer_3: &[0x09, 0x04] }));
        assert_eq!(Dlci(0x83).sapi(), 3);
        assert_eq!(read(&[0, 1, 0x21, 9]), Ok(Bssap::Bssmap(&[0x21])));
    }

    #[test]
    fn what_is_cut_short_or_foreign_is_an_error() {
        let element = |octets| read(octets).map(drop).map_err(|malformed| (malformed.element, malformed.fault));
        assert_eq!(element(&[0x01, 0x03, 0x02, 0x09]), Err(("length indicator", Fault::Truncated)));
        assert_eq!(element(&[0x00, 0x01]), Err(("length indicator", Fault::Truncated)));
        assert_eq!(element(&[0x06, 0x00]), Err(("discriminator", Fault::Invalid)));
        assert_eq!(element(&[]), Err(("discriminator", Fault::Truncated)));
    }
}

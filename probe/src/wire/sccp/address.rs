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

/// Bits of the address indicator, ITU-T Q.713 §3.4.1.
const POINT_CODE: u8 = 0x01;
const SUBSYSTEM: u8 = 0x02;
const ROUTE_ON_SUBSYSTEM: u8 = 0x40;

impl<'a> Address<'a> {
    /// Reads the parameter's value. Of a calling party address the indicator may say that nothing is there.
    pub(super) fn read(mut r: Reader<'a>, element: &'static str) -> Result<Self, Malformed> {
        let [indicator] = r.v(element)?;
        let point_code = (indicator & POINT_CODE != 0).then(|| point_code(&mut r, element)).transpose()?;
        let subsystem = (indicator & SUBSYSTEM != 0).then(|| r.u8(element)).transpose()?;
        let title = indicator >> 2 & 15;
        let global_title = (title != 0).then_some(GlobalTitle { indicator: title, octets: r.rest() });
        Ok(Self { route_on_subsystem: indicator & ROUTE_ON_SUBSYSTEM != 0, point_code, subsystem, global_title })
    }
}

/// 14 bits, the low octet first: ITU-T Q.713 §3.4.2.1.
fn point_code(r: &mut Reader<'_>, element: &'static str) -> Result<u16, Malformed> {
    r.v(element).map(|octets| u16::from_le_bytes(octets) & 0x3fff)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{Fault, Protocol};

    fn read(octets: &[u8]) -> Result<Address<'_>, Fault> {
        Address::read(Reader::new(Protocol::Sccp, octets), "called party address").map_err(|malformed| malformed.fault)
    }

    #[test]
    fn point_code_and_subsystem_are_read() {
        let expected =
            Address { route_on_subsystem: true, point_code: Some(187), subsystem: Some(254), global_title: None };
        assert_eq!(read(&[0x43, 0xbb, 0x00, 0xfe]), Ok(expected));
        assert_eq!(read(&[0x43, 0xbb, 0x00]), Err(Fault::Truncated));
    }

    #[test]
    fn a_global_title_keeps_its_octets() {
        let address = read(&[0x12, 0x08, 0x00, 0x11, 0x04, 0x21]).unwrap();
        assert_eq!((address.route_on_subsystem, address.point_code, address.subsystem), (false, None, Some(8)));
        assert_eq!(address.global_title, Some(GlobalTitle { indicator: 4, octets: &[0x00, 0x11, 0x04, 0x21] }));
    }

    #[test]
    fn an_address_may_say_that_nothing_is_there() {
        assert_eq!(read(&[0x00]).map(|address| (address.point_code, address.subsystem)), Ok((None, None)));
        assert_eq!(read(&[]), Err(Fault::Truncated));
    }
}

//! Called and calling party address, ITU-T Q.713 §3.4.

use crate::wire::point_code::PointCodeFormat;
use crate::wire::{Malformed, Reader};

/// Called or calling party address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Address<'a> {
    /// Whether routing is on the subsystem number (else on the global title).
    pub route_on_subsystem: bool,
    /// Signalling point code, 14 or 24 bits.
    pub point_code: Option<u32>,
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
/// The global title indicator that says that there is none.
const NO_TITLE: u8 = 0;

impl<'a> Address<'a> {
    /// Reads the parameter's value. Of a calling party address the indicator may say that nothing is there.
    pub(super) fn read(mut r: Reader<'a>, element: &'static str, format: PointCodeFormat) -> Result<Self, Malformed> {
        let [indicator] = r.v(element)?;
        let title = indicator >> 2 & 15;
        let has_subsystem = indicator & SUBSYSTEM != 0;
        let format = match title {
            NO_TITLE => by_length(r.rest().len().saturating_sub(usize::from(has_subsystem)), format),
            _ => format,
        };
        let point_code = (indicator & POINT_CODE != 0).then(|| format.read(&mut r, element)).transpose()?;
        let subsystem = has_subsystem.then(|| r.u8(element)).transpose()?;
        let global_title = (title != NO_TITLE).then_some(GlobalTitle { indicator: title, octets: r.rest() });
        Ok(Self { route_on_subsystem: indicator & ROUTE_ON_SUBSYSTEM != 0, point_code, subsystem, global_title })
    }
}

/// Where nothing follows the subsystem number, the length of the address tells how wide its point code is, whatever was
/// configured: an address must not be misread, as the subsystem says who the message is for.
const fn by_length(point_code_octets: usize, configured: PointCodeFormat) -> PointCodeFormat {
    match point_code_octets {
        2 => PointCodeFormat::International,
        3 => PointCodeFormat::China,
        _ => configured,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{Fault, Protocol};

    fn read(octets: &[u8]) -> Result<Address<'_>, Fault> {
        read_as(PointCodeFormat::International, octets)
    }

    fn read_as(format: PointCodeFormat, octets: &[u8]) -> Result<Address<'_>, Fault> {
        let r = Reader::new(Protocol::Sccp, octets);
        Address::read(r, "called party address", format).map_err(|malformed| malformed.fault)
    }

    #[test]
    fn a_point_code_is_as_wide_as_the_address_has_room_or_as_configured() {
        use PointCodeFormat::{China, International};
        let parts = |format, octets| read_as(format, octets).map(|address| (address.point_code, address.subsystem));
        for format in [China, International] {
            assert_eq!(parts(format, &[0x43, 3, 2, 1, 254]), Ok((Some(0x01_0203), Some(254))));
            assert_eq!(parts(format, &[0x43, 0xbb, 0, 254]), Ok((Some(187), Some(254))));
            assert_eq!(parts(format, &[0x41, 3, 2, 1]), Ok((Some(0x01_0203), None)));
        }
        let with_title = [0x13, 3, 2, 1, 254, 0, 0x11, 4, 0x21];
        assert_eq!(parts(China, &with_title), Ok((Some(0x01_0203), Some(254))));
        assert_eq!(parts(International, &with_title), Ok((Some(0x0203), Some(1))));
    }

    #[test]
    fn point_code_and_subsystem_are_read() {
        let expected =
            Address { route_on_subsystem: true, point_code: Some(187), subsystem: Some(254), global_title: None };
        assert_eq!(read(&[0x43, 0xbb, 0x00, 0xfe]), Ok(expected));
        assert_eq!(read(&[0x43, 0xbb]), Err(Fault::Truncated));
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

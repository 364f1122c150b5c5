//! Mobile identity, 3GPP TS 24.008 §10.5.1.4.

use event::{Imei, Imsi, Tmsi};

use super::number::semi_octets;
use super::{Fault, Malformed, Reader, Value};

/// Who a mobile station says it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MobileIdentity {
    /// No identity: an IDENTITY RESPONSE that has none to give, the filling of a PAGING REQUEST.
    Absent,
    /// IMSI.
    Imsi(Imsi),
    /// IMEI, or IMEISV where [`Imei::software`] is there.
    Imei(Imei),
    /// TMSI, P-TMSI or M-TMSI.
    Tmsi(Tmsi),
    /// A type of identity that names no subscriber (TMGI) or that the specification reserves.
    Other(u8),
}

const ELEMENT: &str = "mobile identity";

impl MobileIdentity {
    /// Reads the element's value: `r` holds it and nothing else.
    pub(super) fn read(mut r: Reader<'_>) -> Result<Self, Malformed> {
        let [first] = r.v(ELEMENT)?;
        match first & 0x07 {
            0 => Ok(Self::Absent),
            1 => Imsi::from_digits(digits(first, r.rest())).map(Self::Imsi).ok_or(r.error(ELEMENT, Fault::Invalid)),
            // The software version makes an IMEISV: an IMEI has at most 15 digits, whatever follows them.
            2 => imei(digits(first, r.rest()).take(15), r),
            3 => imei(digits(first, r.rest()), r),
            4 => r.u32(ELEMENT).map(|tmsi| Self::Tmsi(Tmsi(tmsi))),
            other => Ok(Self::Other(other)),
        }
    }

    /// The IMSI, if it is one.
    pub const fn imsi(self) -> Option<Imsi> {
        match self {
            Self::Imsi(imsi) => Some(imsi),
            _ => None,
        }
    }

    /// The TMSI, if it is one.
    pub const fn tmsi(self) -> Option<Tmsi> {
        match self {
            Self::Tmsi(tmsi) => Some(tmsi),
            _ => None,
        }
    }

    /// The IMEI or IMEISV, if it is one.
    pub const fn imei(self) -> Option<Imei> {
        match self {
            Self::Imei(imei) => Some(imei),
            _ => None,
        }
    }

    /// As an element of a message.
    pub(super) fn value(self) -> Value<'static> {
        match self {
            Self::Absent => Value::Name("no_identity"),
            Self::Imsi(imsi) => Value::Imsi(imsi),
            Self::Imei(imei) => Value::Imei(imei),
            Self::Tmsi(tmsi) => Value::Tmsi(tmsi),
            Self::Other(code) => Value::Code(u64::from(code)),
        }
    }
}

fn imei(digits: impl Iterator<Item = u8>, r: Reader<'_>) -> Result<MobileIdentity, Malformed> {
    Imei::from_digits(digits).map(MobileIdentity::Imei).ok_or(r.error(ELEMENT, Fault::Invalid))
}

/// The first digit stands beside the type, the others follow two in an octet. Where their count is even the last
/// half octet is the end mark 1111.
fn digits(first: u8, octets: &[u8]) -> impl Iterator<Item = u8> + '_ {
    const END_MARK: u8 = 15;
    const ODD: u8 = 0x08;
    let count = octets.len() * 2 + usize::from(first & ODD != 0);
    std::iter::once(first >> 4).chain(semi_octets(octets)).take(count).take_while(|digit| *digit != END_MARK)
}

#[cfg(test)]
mod tests {
    use super::super::Protocol;
    use super::*;

    fn check(octets: &[u8], expected: Result<MobileIdentity, Fault>) {
        let read = MobileIdentity::read(Reader::new(Protocol::Mm, octets));
        assert_eq!(read.map_err(|malformed| malformed.fault), expected, "{octets:02x?}");
    }

    #[test]
    fn odd_and_even_imsis_keep_their_digits() {
        let odd = [0x09, 0x10, 0x10, 0x00, 0x00, 0x00, 0x00, 0x71];
        check(&odd, Ok(MobileIdentity::Imsi("001010000000017".parse().unwrap())));
        let even = [0x41, 0x06, 0x00, 0x21, 0xf3];
        check(&even, Ok(MobileIdentity::Imsi("46000123".parse().unwrap())));
    }

    #[test]
    fn imei_and_imeisv_differ_by_the_software_version() {
        let imei = [0x3a, 0x35, 0x09, 0x00, 0x12, 0x43, 0x65, 0x07];
        check(&imei, Ok(MobileIdentity::Imei("353900021345670".parse().unwrap())));
        let imeisv = [0x33, 0x35, 0x09, 0x00, 0x12, 0x43, 0x65, 0x07, 0xf8];
        let read = MobileIdentity::read(Reader::new(Protocol::Mm, &imeisv)).unwrap();
        assert_eq!(read.imei().map(|imei| imei.to_string()).as_deref(), Some("3539000213456708"));
    }

    #[test]
    fn a_tmsi_has_four_octets() {
        check(&[0xf4, 0xde, 0xad, 0xbe, 0xef], Ok(MobileIdentity::Tmsi(Tmsi(0xdead_beef))));
        check(&[0xf4, 0xde, 0xad, 0xbe], Err(Fault::Truncated));
    }

    #[test]
    fn what_is_no_identity_says_so() {
        check(&[0xf0], Ok(MobileIdentity::Absent));
        check(&[0x05, 1, 2], Ok(MobileIdentity::Other(5)));
        check(&[0x0a, 0xaa, 0xbb], Err(Fault::Invalid));
        check(&[], Err(Fault::Truncated));
    }
}

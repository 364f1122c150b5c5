//! Mobile identity, 3GPP TS 24.008 §10.5.1.4.

use event::{Imei, Imsi, Tmsi};

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
        let octets = r.rest();
        let [first] = r.v(ELEMENT)?;
        match first & 0x07 {
            0 => Ok(Self::Absent),
            1 => Digits::read(octets).imsi().map(Self::Imsi).ok_or(r.error(ELEMENT, Fault::Invalid)),
            // The software version makes an IMEISV: an IMEI has at most 15 digits, whatever follows them.
            2 => Digits::read(octets).first(15).imei().map(Self::Imei).ok_or(r.error(ELEMENT, Fault::Invalid)),
            3 => Digits::read(octets).imei().map(Self::Imei).ok_or(r.error(ELEMENT, Fault::Invalid)),
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

/// The first digits of an identity, in half octets from the highest; and how many it has.
#[derive(Clone, Copy)]
struct Digits {
    digits: u64,
    count: u32,
}

impl Digits {
    /// No identity has more.
    const MOST: u32 = 16;

    /// Two in an octet, the low half first; but in the low half of the first octet stand the type and whether their count is
    /// odd. Where it is even the last half octet is the end mark 1111.
    #[inline]
    fn read(octets: &[u8]) -> Self {
        const ODD: u64 = 8;
        const LOW_HALVES: u64 = 0x0f0f_0f0f_0f0f_0f0f;
        let eight = octets.first_chunk().copied().unwrap_or_else(|| Self::filled_up(octets));
        let halves = u64::from_be_bytes(eight);
        let halves = (halves & LOW_HALVES) << 4 | halves >> 4 & LOW_HALVES;
        let ninth = octets.get(8).map_or(0, |octet| octet & 15);
        let digits = halves << 4 | u64::from(ninth);
        let is_even = halves >> 60 & ODD == 0;
        let count = (2 * octets.len() as u32).saturating_sub(1 + u32::from(is_even));
        Self { digits, count }.first(Self::before_end_mark(digits))
    }

    #[cold]
    fn filled_up(octets: &[u8]) -> [u8; 8] {
        let mut eight = [0; 8];
        eight.iter_mut().zip(octets).for_each(|(place, octet)| *place = *octet);
        eight
    }

    /// How many stand before the first half octet 1111; more than [`Digits::MOST`] where there is none.
    fn before_end_mark(digits: u64) -> u32 {
        const EACH: u64 = 0x1111_1111_1111_1111;
        let marks = digits & digits >> 1 & digits >> 2 & digits >> 3 & EACH;
        if marks == 0 { u32::MAX } else { marks.leading_zeros() / 4 }
    }

    /// At most `count` of them.
    fn first(self, count: u32) -> Self {
        Self { count: self.count.min(count), ..self }
    }

    fn imsi(self) -> Option<Imsi> {
        Imsi::from_bcd(self.lowest()?, self.count)
    }

    fn imei(self) -> Option<Imei> {
        Imei::from_bcd(self.lowest()?, self.count)
    }

    /// The last digit in the lowest half octet.
    fn lowest(self) -> Option<u64> {
        let unused = Self::MOST.checked_sub(self.count)?;
        self.digits.checked_shr(4 * unused)
    }
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
    fn an_end_mark_ends_the_digits_wherever_it_stands() {
        let imsi: Imsi = "123456".parse().unwrap();
        check(&[0x19, 0x32, 0x54, 0xf6, 0x98], Ok(MobileIdentity::Imsi(imsi)));
        check(&[0x19, 0x32, 0x54, 0xf6, 0, 0, 0, 0, 0, 0, 0, 0], Ok(MobileIdentity::Imsi(imsi)));
        check(&[0x11, 0x32, 0x54, 0xf6], Ok(MobileIdentity::Imsi(imsi)));
    }

    #[test]
    fn imei_and_imeisv_differ_by_the_software_version() {
        let imei = [0x3a, 0x35, 0x09, 0x00, 0x12, 0x43, 0x65, 0x07];
        check(&imei, Ok(MobileIdentity::Imei("353900021345670".parse().unwrap())));
        let imeisv = [0x33, 0x35, 0x09, 0x00, 0x12, 0x43, 0x65, 0x07, 0xf8];
        let read = MobileIdentity::read(Reader::new(Protocol::Mm, &imeisv)).unwrap();
        assert_eq!(read.imei().map(|imei| imei.to_string()).as_deref(), Some("3539000213456708"));
        let more_than_an_imei = [0x32, 0x35, 0x09, 0x00, 0x12, 0x43, 0x65, 0x07, 0xf8];
        let read = MobileIdentity::read(Reader::new(Protocol::Mm, &more_than_an_imei)).unwrap();
        assert_eq!(read.imei().map(|imei| imei.to_string()).as_deref(), Some("35390002134567"));
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
        check(&[0xf1], Err(Fault::Invalid));
        check(&[0x19, 0x32, 0xa4, 0x65], Err(Fault::Invalid));
        check(&[0x19, 0x32, 0x54, 0x76, 0x98, 0x10, 0x32, 0x54, 0x76], Err(Fault::Invalid));
        check(&[], Err(Fault::Truncated));
    }
}

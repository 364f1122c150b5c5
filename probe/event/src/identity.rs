//! Who: IMSI, IMEI and TMSI, as values that fit a register.

use std::fmt;
use std::num::NonZeroU64;
use std::str::FromStr;

/// A text is not an identity of the kind asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidIdentity;

impl fmt::Display for InvalidIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an identity has 5 to 15 digits (IMSI) or 14 to 16 digits (IMEI)")
    }
}

impl std::error::Error for InvalidIdentity {}

const LENGTH_SHIFT: u32 = 56;
const DIGITS: u64 = (1 << LENGTH_SHIFT) - 1;
const POWERS_OF_TEN: [u64; 16] = {
    let (mut powers, mut exponent) = ([1; 16], 1);
    while exponent < powers.len() {
        powers[exponent] = powers[exponent - 1] * 10;
        exponent += 1;
    }
    powers
};

/// International Mobile Subscriber Identity, 3GPP TS 23.003 §2.2: 5 to 15 decimal digits, leading zeros kept.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Imsi(NonZeroU64);

impl Imsi {
    /// From decimal digits (values 0 to 9), most significant first. `None` unless there are 5 to 15 of them.
    pub fn from_digits(digits: impl IntoIterator<Item = u8>) -> Option<Self> {
        pack(digits, 5, 15).map(Self)
    }

    /// As [`Imsi::from_digits`], of `count` digits in half octets, the last one in the lowest; at most 16.
    #[inline]
    pub fn from_bcd(digits: u64, count: u32) -> Option<Self> {
        pack_bcd(digits, count, 5, 15).map(Self)
    }

    /// The packed form, stable, for storage: digits in the low 56 bits, their count in the high 8.
    #[inline]
    pub fn to_bits(self) -> u64 {
        self.0.get()
    }

    /// The inverse of [`Imsi::to_bits`]. `None` where the bits are not an IMSI's.
    #[inline]
    pub fn from_bits(bits: u64) -> Option<Self> {
        let length = bits >> LENGTH_SHIFT;
        let limit = POWERS_OF_TEN.get(length as usize).filter(|_| (5..=15).contains(&length));
        NonZeroU64::new(bits).filter(|_| limit.is_some_and(|limit| bits & DIGITS < *limit)).map(Self)
    }

    /// The number of digits, 5 to 15.
    pub fn length(self) -> u32 {
        (self.to_bits() >> LENGTH_SHIFT) as u32
    }

    /// The first `count` digits as a number (`count` at most the length).
    pub fn prefix(self, count: u32) -> u64 {
        let drop = self.length().saturating_sub(count);
        (self.to_bits() & DIGITS) / 10_u64.pow(drop)
    }

    /// Mobile country code: the first three digits.
    pub fn mcc(self) -> u16 {
        self.prefix(3) as u16
    }

    /// The form in which people see it unless they ask for more: country, network and the last two digits.
    pub fn masked(self) -> Masked {
        Masked(self)
    }
}

impl fmt::Display for Imsi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:0width$}", self.to_bits() & DIGITS, width = self.length() as usize)
    }
}

impl fmt::Debug for Imsi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Imsi({})", self.masked())
    }
}

impl FromStr for Imsi {
    type Err = InvalidIdentity;

    fn from_str(text: &str) -> Result<Self, InvalidIdentity> {
        pack_text(text, 5, 15).map(Self)
    }
}

/// An IMSI shown as `46000********12`.
pub struct Masked(Imsi);

impl fmt::Display for Masked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let length = self.0.length();
        let last = (self.0.to_bits() & DIGITS) % 100;
        write!(f, "{:05}", self.0.prefix(5))?;
        for _ in 7..length {
            f.write_str("*")?;
        }
        if length >= 7 { write!(f, "{last:02}") } else { Ok(()) }
    }
}

/// International Mobile Equipment Identity, 3GPP TS 23.003 §6.2: TAC (8 digits) and SNR (6 digits), and where an
/// IMEISV was seen its software version (2 digits). Two are the same device when their 14 digits are equal: the 15th
/// digit of an IMEI is not kept (it is 0 on the wire), and a change of software version is no change of device.
#[derive(Clone, Copy)]
pub struct Imei(
    /// TAC and SNR, and in the lowest eight bits the software version and 1, or [`NO_SOFTWARE`]. So it is never 0.
    NonZeroU64,
);

const SOFTWARE_BITS: u32 = 8;
const NO_SOFTWARE: u64 = (1 << SOFTWARE_BITS) - 1;

impl Imei {
    /// From 14 (TAC and SNR), 15 (IMEI) or 16 (IMEISV) decimal digits, most significant first.
    pub fn from_digits(digits: impl IntoIterator<Item = u8>) -> Option<Self> {
        Self::unpack(pack(digits, 14, 16)?)
    }

    /// As [`Imei::from_digits`], of `count` digits in half octets, the last one in the lowest; at most 16.
    #[inline]
    pub fn from_bcd(digits: u64, count: u32) -> Option<Self> {
        Self::unpack(pack_bcd(digits, count, 14, 16)?)
    }

    fn unpack(packed: NonZeroU64) -> Option<Self> {
        let digits = packed.get() & DIGITS;
        match packed.get() >> LENGTH_SHIFT {
            16 => Self::new(digits / 100, digits % 100 + 1),
            15 => Self::new(digits / 10, NO_SOFTWARE),
            _ => Self::new(digits, NO_SOFTWARE),
        }
    }

    fn new(device: u64, software: u64) -> Option<Self> {
        NonZeroU64::new(device << SOFTWARE_BITS | software).map(Self)
    }

    /// TAC and SNR as one number of 14 digits: what makes two sightings the same device.
    #[inline]
    pub fn device(self) -> u64 {
        self.0.get() >> SOFTWARE_BITS
    }

    /// From [`Imei::device`]; `None` where it has more than 14 digits.
    #[inline]
    pub fn from_device(device: u64) -> Option<Self> {
        if device < 100_000_000_000_000 { Self::new(device, NO_SOFTWARE) } else { None }
    }

    /// Type Allocation Code: the first eight digits, which name the model.
    #[inline]
    pub fn tac(self) -> u32 {
        (self.device() / 1_000_000) as u32
    }

    /// Software version number, where an IMEISV was seen: 0 to 99.
    pub fn software(self) -> Option<u8> {
        match self.0.get() & NO_SOFTWARE {
            NO_SOFTWARE => None,
            version => Some((version - 1) as u8),
        }
    }

    /// The model's digits, then stars: what people see unless they ask for more.
    pub fn masked(self) -> MaskedImei {
        MaskedImei(self)
    }
}

/// An IMEI shown as `35390002******`.
pub struct MaskedImei(Imei);

impl fmt::Display for MaskedImei {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08}******", self.0.tac())
    }
}

impl PartialEq for Imei {
    fn eq(&self, other: &Self) -> bool {
        self.device() == other.device()
    }
}

impl Eq for Imei {}

impl std::hash::Hash for Imei {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.device().hash(state);
    }
}

/// Sixteen digits where an IMEISV was seen, else the fourteen of TAC and SNR.
impl fmt::Display for Imei {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:014}", self.device())?;
        match self.software() {
            Some(software) => write!(f, "{software:02}"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Imei {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Imei({})", self.masked())
    }
}

impl FromStr for Imei {
    type Err = InvalidIdentity;

    fn from_str(text: &str) -> Result<Self, InvalidIdentity> {
        Self::unpack(pack_text(text, 14, 16)?).ok_or(InvalidIdentity)
    }
}

/// Temporary Mobile Subscriber Identity, 3GPP TS 23.003 §2.4. Means a subscriber only together with its VLR.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tmsi(pub u32);

/// Eight hexadecimal digits.
impl fmt::Display for Tmsi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}", self.0)
    }
}

impl fmt::Debug for Tmsi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tmsi({self})")
    }
}

fn pack(digits: impl IntoIterator<Item = u8>, least: u64, most: u64) -> Option<NonZeroU64> {
    let (mut value, mut length) = (0_u64, 0_u64);
    for digit in digits {
        length += 1;
        if digit > 9 || length > most {
            return None;
        }
        value = value * 10 + u64::from(digit);
    }
    NonZeroU64::new(length << LENGTH_SHIFT | value).filter(|_| length >= least)
}

// All digits at once: pairs of them, pairs of pairs, and so on.
#[inline]
fn pack_bcd(digits: u64, count: u32, least: u32, most: u32) -> Option<NonZeroU64> {
    const EACH: u64 = 0x1111_1111_1111_1111;
    let digits = if count < 16 { digits & ((1 << (4 * count)) - 1) } else { digits };
    let above_nine = digits >> 3 & (digits >> 2 | digits >> 1) & EACH;
    if above_nine != 0 || !(least..=most).contains(&count) {
        return None;
    }
    let twos = digits - 6 * (digits >> 4 & 0x0f0f_0f0f_0f0f_0f0f);
    let fours = (twos & 0x00ff_00ff_00ff_00ff) + 100 * (twos >> 8 & 0x00ff_00ff_00ff_00ff);
    let eights = (fours & 0xffff_0000_ffff) + 10_000 * (fours >> 16 & 0xffff_0000_ffff);
    let value = (eights & 0xffff_ffff) + 100_000_000 * (eights >> 32);
    NonZeroU64::new(u64::from(count) << LENGTH_SHIFT | value)
}

fn pack_text(text: &str, least: u64, most: u64) -> Result<NonZeroU64, InvalidIdentity> {
    // A byte that is no digit wraps to a value above 9, which `pack` refuses.
    pack(text.bytes().map(|byte| byte.wrapping_sub(b'0')), least, most).ok_or(InvalidIdentity)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imsi_keeps_leading_zeros_and_masks_by_default() {
        let imsi: Imsi = "001010000000017".parse().unwrap();
        assert_eq!(imsi.to_string(), "001010000000017");
        assert_eq!(imsi.masked().to_string(), "00101********17");
        assert_eq!(format!("{imsi:?}"), "Imsi(00101********17)");
        assert_eq!(Imsi::from_bits(imsi.to_bits()), Some(imsi));
        assert_eq!(imsi.mcc(), 1);
        assert!("4600011111111111".parse::<Imsi>().is_err());
        assert!("46000x".parse::<Imsi>().is_err());
        assert!("4600".parse::<Imsi>().is_err());
    }

    #[test]
    fn half_octets_are_digits() {
        for text in ["12345", "001010000000017", "99999999999999", "460012345678901"] {
            let bcd = u64::from_str_radix(text, 16).unwrap();
            let (imsi, count) = (text.parse().unwrap(), text.len() as u32);
            assert_eq!(Imsi::from_bcd(bcd, count), Some(imsi));
            // What stands before them is not looked at, but each of them is.
            assert_eq!(Imsi::from_bcd(bcd | 0xf << (4 * count), count), Some(imsi));
            for place in 0..count {
                for symbol in 10..16 {
                    let odd = bcd & !(15 << (4 * place)) | symbol << (4 * place);
                    assert_eq!(Imsi::from_bcd(odd, count), None, "{odd:x}");
                }
            }
        }
        assert_eq!((Imsi::from_bcd(0x1234, 4), Imsi::from_bcd(0x1234_5678_9012_3456, 16)), (None, None));
        let imei = |bcd, count| Imei::from_bcd(bcd, count).map(|imei| imei.to_string());
        assert_eq!(imei(0x9999_9999_9999_9999, 16).as_deref(), Some("9999999999999999"));
        assert_eq!(imei(0x0353_9000_2123_4567, 15).as_deref(), Some("35390002123456"));
        assert_eq!(imei(0x3539_0002_1234, 12), None);
    }

    #[test]
    fn imei_and_imeisv_of_one_device_are_equal() {
        let imei: Imei = "353900021234560".parse().unwrap();
        let imeisv: Imei = "3539000212345678".parse().unwrap();
        assert_eq!(imei, imeisv);
        assert_eq!(imei.tac(), 35_390_002);
        assert_eq!(imeisv.software(), Some(78));
        assert_eq!(imeisv.to_string(), "3539000212345678");
        assert_eq!(imei.to_string(), "35390002123456");
        let nothing: Imei = "0000000000000000".parse().unwrap();
        assert_eq!((nothing.device(), nothing.software()), (0, Some(0)));
        assert_eq!(
            [10_u64.pow(14) - 1, 10_u64.pow(14)].map(|device| Imei::from_device(device).is_some()),
            [true, false]
        );
        assert_eq!([size_of::<Option<Imei>>(), size_of::<Option<Imsi>>()], [8, 8]);
    }
}

//! A subscriber's number in eight bytes, the same however the country code is written.

use event::Number;

/// The country whose numbers are written without country code.
const COUNTRY_CODE: [u8; 2] = [8, 6];
/// National significant number of a mobile: `1` and ten digits.
const MOBILE_DIGITS: usize = 11;
/// E.164: the most digits of an international number.
const MOST_DIGITS: usize = 15;

const LENGTH_SHIFT: u32 = 56;
const INTERNATIONAL: u64 = 1 << 55;
const DIGITS: u64 = INTERNATIONAL - 1;

/// The number without `+86` or `0086`; with `+` instead of `00` before another country's code; else unchanged.
pub fn national(number: Number) -> Number {
    let mut symbols = number.symbols();
    let zeros = !number.is_international() && symbols.next() == Some(0) && symbols.next() == Some(0);
    let skipped = if zeros { 2 } else { 0 };
    let ours = number.symbols().skip(skipped).take(COUNTRY_CODE.len()).eq(COUNTRY_CODE);
    match (zeros || number.is_international(), ours) {
        (true, true) => number.without_first(skipped + COUNTRY_CODE.len(), false),
        (true, false) if zeros && number.len() > skipped => number.without_first(skipped, true),
        _ => number,
    }
}

/// A number of 1 to 15 digits: their value, whether international, and their count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Msisdn(u64);

impl Msisdn {
    /// `None` where it is not digits only, or has too many.
    pub(super) fn from_number(number: Number) -> Option<Self> {
        let number = without_bare_country_code(national(number));
        if number.is_empty() || number.len() > MOST_DIGITS || number.symbols().any(|symbol| symbol > 9) {
            return None;
        }
        let value = number.symbols().fold(0, |value, digit| value * 10 + u64::from(digit));
        let international = if number.is_international() { INTERNATIONAL } else { 0 };
        Some(Self((number.len() as u64) << LENGTH_SHIFT | international | value))
    }

    /// What most cells of a million hold, read without detour: digits that are neither `00…` nor `86…`. `None` where
    /// [`Msisdn::from_number`] must tell.
    pub(super) fn from_plain_digits(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        let plain = (1..=MOST_DIGITS).contains(&bytes.len()) && !text.starts_with("00") && !text.starts_with("86");
        let value = bytes.iter().filter(|_| plain).try_fold(0, |value: u64, byte| {
            let digit = byte.wrapping_sub(b'0');
            (digit < 10).then_some(value * 10 + u64::from(digit))
        });
        value.filter(|_| plain).map(|value| Self((bytes.len() as u64) << LENGTH_SHIFT | value))
    }

    pub(super) fn to_number(self) -> Number {
        let mut number = Number::new(self.0 & INTERNATIONAL != 0);
        let length = (self.0 >> LENGTH_SHIFT) as u32;
        let (mut rest, mut place) = (self.0 & DIGITS, 10_u64.pow(length.saturating_sub(1)));
        for _ in 0..length {
            number.push((rest / place) as u8);
            rest %= place;
            place = (place / 10).max(1);
        }
        number
    }

    /// Never 0.
    pub(super) fn to_bits(self) -> u64 {
        self.0
    }

    /// The inverse of [`Msisdn::to_bits`]; `None` for 0.
    pub(super) fn from_bits(bits: u64) -> Option<Self> {
        (bits >> LENGTH_SHIFT != 0).then_some(Self(bits))
    }
}

// Exports write `8613912345678` without +; no national number has thirteen digits that begin so.
fn without_bare_country_code(number: Number) -> Number {
    let bare = !number.is_international()
        && number.len() == COUNTRY_CODE.len() + MOBILE_DIGITS
        && number.symbols().take(3).eq([8, 6, 1]);
    if bare { number.without_first(COUNTRY_CODE.len(), false) } else { number }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        let msisdn = Msisdn::from_number(text.parse().unwrap()).unwrap();
        assert_eq!(msisdn.to_number().to_string(), expected, "{text}");
        assert_eq!(Msisdn::from_plain_digits(text).unwrap_or(msisdn), msisdn, "{text}");
        assert_eq!(Msisdn::from_bits(msisdn.to_bits()), Some(msisdn));
    }

    #[test]
    fn one_subscriber_has_one_number_however_it_is_written() {
        for text in ["13912345678", "+8613912345678", "008613912345678", "8613912345678"] {
            check(text, "13912345678");
        }
        check("+447700900123", "+447700900123");
        check("00447700900123", "+447700900123");
        check("057112345678", "057112345678");
        check("10086", "10086");
        check("0", "0");
        check("010", "010");
        assert_eq!(Msisdn::from_number("*100#".parse().unwrap()), None);
        assert_eq!(Msisdn::from_number("1234567890123456".parse().unwrap()), None);
        assert_eq!(Msisdn::from_number("+86".parse().unwrap()), None);
    }
}

//! A telephone number or a dialled code, as digits of a keypad; or the name that stands in the place of a sender's number.

use std::fmt;
use std::str::FromStr;

/// A text is not a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidNumber;

impl fmt::Display for InvalidNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number has at most 32 digits, *, # and a leading +")
    }
}

impl std::error::Error for InvalidNumber {}

/// Up to 32 keypad symbols (`0`–`9`, `*`, `#`, `a`, `b`, `c`) with the type of number of 3GPP TS 24.008 §10.5.4.7.
/// Of a longer one only the first 32 are kept.
///
/// A sender's name (type of number alphanumeric, 3GPP TS 23.040 §9.1.2.5) is symbol 15, which no number has, and two symbols for
/// each of its up to 11 septets: so it fits no digits, and is equal to itself alone.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Number {
    length: u8,
    international: bool,
    symbols: [u8; Number::CAPACITY / 2],
}

impl Number {
    /// The most symbols that are kept.
    pub const CAPACITY: usize = 32;
    /// No digits at all.
    pub const EMPTY: Self = Self { length: 0, international: false, symbols: [0; Self::CAPACITY / 2] };

    /// The most septets of a name.
    pub const NAME_CAPACITY: usize = 11;

    /// A name of 1 to 11 characters, as a sender's; `None` where it has another length or characters that ASCII and the GSM default
    /// alphabet do not share.
    pub fn name(text: &str) -> Option<Self> {
        let septets: Option<Vec<u8>> = text.chars().map(septet).collect();
        let septets = septets.filter(|septets| (1..=Self::NAME_CAPACITY).contains(&septets.len()))?;
        Some(Self::of_septets(septets))
    }

    /// A name as it is coded on the wire, a septet each. What fills the last octet (septets of 0 at the end) is no part of it.
    pub fn of_septets(septets: impl IntoIterator<Item = u8>) -> Self {
        let mut name = Self::EMPTY;
        name.push(NAME);
        for septet in septets.into_iter().take(Self::NAME_CAPACITY) {
            name.push(septet >> 4 & 7);
            name.push(septet);
        }
        while name.length > 3 && name.symbols().skip(name.len() - 2).eq([0, 0]) {
            name.length -= 2;
        }
        name
    }

    /// Whether it is a name.
    pub fn is_name(&self) -> bool {
        self.symbols().next() == Some(NAME)
    }

    fn characters(&self) -> impl Iterator<Item = char> + '_ {
        let high = self.symbols().skip(1).step_by(2);
        high.zip(self.symbols().skip(2).step_by(2)).map(|(high, low)| character(high << 4 | low))
    }

    /// An empty number of this type: `international` is type of number 001.
    pub const fn new(international: bool) -> Self {
        Self { length: 0, international, symbols: [0; Self::CAPACITY / 2] }
    }

    /// Appends one symbol as coded on the wire: 0–9, 10 `*`, 11 `#`, 12–14 `a`–`c` (Table 10.5.118). Beyond the
    /// capacity nothing is appended.
    pub fn push(&mut self, symbol: u8) {
        let index = usize::from(self.length);
        if let Some(octet) = self.symbols.get_mut(index / 2) {
            *octet |= (symbol & 15) << (4 * (index % 2));
            self.length += 1;
        }
    }

    /// The symbols as coded on the wire, in order.
    pub fn symbols(&self) -> impl Iterator<Item = u8> + '_ {
        (0..usize::from(self.length))
            .map(|index| self.symbols.get(index / 2).map_or(0, |octet| octet >> (4 * (index % 2)) & 15))
    }

    /// How many symbols there are, 0 to 32.
    pub fn len(&self) -> usize {
        usize::from(self.length)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Whether the type of number is international (shown with `+`).
    pub fn is_international(&self) -> bool {
        self.international
    }

    /// Whether this begins with the symbols of `prefix`; the type of number is not compared.
    #[inline]
    pub fn starts_with(&self, prefix: &Self) -> bool {
        let common = (self.bits() ^ prefix.bits()).trailing_zeros();
        self.length >= prefix.length && common >= 4 * u32::from(prefix.length)
    }

    /// This without its first `count` symbols, of the given type.
    pub fn without_first(&self, count: usize, international: bool) -> Self {
        let count = count.min(self.len());
        let rest = self.bits().checked_shr(4 * count as u32).unwrap_or(0);
        Self { length: self.length - count as u8, international, symbols: rest.to_le_bytes() }
    }

    // The first symbol in the lowest four.
    fn bits(&self) -> u128 {
        u128::from_le_bytes(self.symbols)
    }

    /// What people see unless they ask for more: the first three and the last two symbols. A short code (at most six
    /// symbols: a service, not a person) is shown whole, of a name the first letter.
    pub fn masked(&self) -> MaskedNumber<'_> {
        MaskedNumber(self)
    }
}

/// Begins a name. In numbers it is the end mark, which is no part of them.
const NAME: u8 = 15;

/// The characters that ASCII and the GSM default alphabet share under other codes; 3GPP TS 23.038 §6.2.1.
const MOVED: [(u8, char); 3] = [(0x00, '@'), (0x02, '$'), (0x11, '_')];

fn is_shared(code: u8) -> bool {
    matches!(code, b' '..=b'#' | b'%'..=b'?' | b'A'..=b'Z' | b'a'..=b'z')
}

fn septet(character: char) -> Option<u8> {
    let moved = MOVED.iter().find(|(_, known)| *known == character).map(|(code, _)| *code);
    moved.or_else(|| u8::try_from(character).ok().filter(|code| is_shared(*code)))
}

/// What is not shared is shown as `?`, and so is what would have to be escaped in a text between quotation marks.
fn character(septet: u8) -> char {
    let moved = MOVED.iter().find(|(code, _)| *code == septet).map(|(_, known)| *known);
    let is_plain = is_shared(septet) && septet != b'"';
    moved.unwrap_or(if is_plain { char::from(septet) } else { '?' })
}

fn letter(symbol: u8) -> char {
    match symbol {
        10 => '*',
        11 => '#',
        12..=14 => (b'a' + symbol - 12) as char,
        digit => (b'0' + digit % 10) as char,
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use fmt::Write;
        if self.is_name() {
            return self.characters().try_for_each(|character| f.write_char(character));
        }
        if self.international {
            f.write_char('+')?;
        }
        self.symbols().try_for_each(|symbol| f.write_char(letter(symbol)))
    }
}

impl fmt::Debug for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Number({})", self.masked())
    }
}

impl FromStr for Number {
    type Err = InvalidNumber;

    fn from_str(text: &str) -> Result<Self, InvalidNumber> {
        let (international, digits) = match text.strip_prefix('+') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        if digits.len() > Self::CAPACITY || digits.is_empty() {
            return Err(InvalidNumber);
        }
        let mut number = Self::new(international);
        for byte in digits.bytes() {
            number.push(match byte {
                b'0'..=b'9' => byte - b'0',
                b'*' => 10,
                b'#' => 11,
                b'a'..=b'c' => byte - b'a' + 12,
                _ => return Err(InvalidNumber),
            });
        }
        Ok(number)
    }
}

/// A number shown as `138******05`, a name as `S***`.
pub struct MaskedNumber<'a>(&'a Number);

impl fmt::Display for MaskedNumber<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use fmt::Write;
        const SHORT_CODE: usize = 6;
        if self.0.is_name() {
            let shown = |(index, character)| f.write_char(if index == 0 { character } else { '*' });
            return self.0.characters().enumerate().try_for_each(shown);
        }
        let length = self.0.len();
        if self.0.international {
            f.write_char('+')?;
        }
        self.0.symbols().enumerate().try_for_each(|(index, symbol)| {
            let shown = length <= SHORT_CODE || index < 3 || index + 2 >= length;
            f.write_char(if shown { letter(symbol) } else { '*' })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_show_and_mask() {
        let number: Number = "+8613900000005".parse().unwrap();
        assert_eq!(number.to_string(), "+8613900000005");
        assert_eq!(number.masked().to_string(), "+861********05");
        assert_eq!("10086".parse::<Number>().unwrap().masked().to_string(), "10086");
        assert_eq!("*100#".parse::<Number>().unwrap().to_string(), "*100#");
        assert!(number.starts_with(&"86139".parse().unwrap()));
        assert!(!number.starts_with(&"139".parse().unwrap()));
        assert_eq!(number.without_first(2, false).to_string(), "13900000005");
        assert!("12a-".parse::<Number>().is_err());
    }

    #[test]
    fn names_are_no_numbers() {
        let name = Number::name("Shop@_1").unwrap();
        assert_eq!(
            (name.to_string(), name.masked().to_string(), name.is_name()),
            ("Shop@_1".into(), "S******".into(), true)
        );
        assert_eq!(name, Number::of_septets([b'S', b'h', b'o', b'p', 0, 0x11, b'1', 0]));
        assert_eq!(Number::name("10086").map(|name| name == "10086".parse().unwrap()), Some(false));
        assert!(!Number::name("10086").unwrap().starts_with(&"1".parse().unwrap()));
        assert_eq!(Number::of_septets(*b"Shop\0\0"), Number::name("Shop").unwrap());
        assert_eq!(Number::of_septets([0x5b, 0x0d, b'"']).to_string(), "???");
        for text in ["", "123456789012", "[x]", "é"] {
            assert_eq!(Number::name(text), None, "{text}");
        }
        assert!(!"10086".parse::<Number>().unwrap().is_name() && !Number::EMPTY.is_name());
    }

    #[test]
    fn of_every_length_a_beginning_and_the_rest_are_told() {
        let of = |symbols: &[u8]| {
            let mut number = Number::EMPTY;
            symbols.iter().for_each(|symbol| number.push(*symbol));
            number
        };
        let symbols: Vec<u8> = (0..Number::CAPACITY as u8).map(|place| (place * 7 + 1) % 15).collect();
        for length in 0..=symbols.len() {
            let number = of(&symbols[..length]);
            for count in 0..=symbols.len() {
                let begins = of(&symbols[..count]);
                assert_eq!(number.starts_with(&begins), count <= length, "{count} of {length}");
                assert_eq!(number.without_first(count, false), of(&symbols[count.min(length)..length]));
                let other = symbols[..count].split_last().map(|(last, before)| [before, &[last ^ 8]].concat());
                assert!(other.is_none_or(|other| !number.starts_with(&of(&other))), "{count} of {length}");
            }
        }
    }

    #[test]
    fn beyond_the_capacity_nothing_is_appended() {
        let mut number = Number::EMPTY;
        (0..40).for_each(|_| number.push(7));
        assert_eq!(number.len(), Number::CAPACITY);
    }
}

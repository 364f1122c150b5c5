//! The keypad symbols that begin a USSD string, 3GPP TS 23.038 §6.1.2.3, and its length. Nothing else of it is read.

use event::Number;

use crate::wire::number::septets;

/// Whether a CBS data coding scheme means the GSM 7-bit default alphabet, uncompressed: 3GPP TS 23.038 §5.
const fn is_default_alphabet(data_coding_scheme: u8) -> bool {
    match data_coding_scheme >> 4 {
        0 | 2 | 3 => true,
        4 | 5 => data_coding_scheme & 0x0c == 0,
        15 => data_coding_scheme & 0x04 == 0,
        _ => false,
    }
}

/// The symbols of a string in this coding scheme, up to the first character that is none; `None` without any.
pub(super) fn keypad_symbols(data_coding_scheme: u8, string: &[u8]) -> Option<Number> {
    if is_default_alphabet(data_coding_scheme) { from_characters(septets(string)) } else { None }
}

/// How many characters a string in this coding scheme has.
pub(super) fn characters(data_coding_scheme: u8, string: &[u8]) -> usize {
    const CARRIAGE_RETURN: u8 = 0x0d;
    if !is_default_alphabet(data_coding_scheme) {
        let is_ucs2 = matches!(data_coding_scheme >> 4, 4..=7) && data_coding_scheme & 0x0c == 8;
        return if is_ucs2 { string.len() / 2 } else { string.len() };
    }
    let septets = septets(string);
    // Where the last octet would have room for one more, that is filled (§6.1.2.3.1).
    let is_filled = string.len().is_multiple_of(7) && septets.clone().last() == Some(CARRIAGE_RETURN);
    septets.count() - usize::from(is_filled)
}

/// Digits, `*` and `#` have the same codes in the default alphabet and in IA5.
pub(super) fn from_characters(characters: impl Iterator<Item = u8>) -> Option<Number> {
    let mut number = Number::EMPTY;
    characters.map_while(symbol).for_each(|symbol| number.push(symbol));
    (!number.is_empty()).then_some(number)
}

const fn symbol(character: u8) -> Option<u8> {
    match character {
        b'0'..=b'9' => Some(character - b'0'),
        b'*' => Some(10),
        b'#' => Some(11),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(data_coding_scheme: u8, string: &[u8], expected: Option<&str>) {
        let number = keypad_symbols(data_coding_scheme, string).map(|number| number.to_string());
        assert_eq!(number.as_deref(), expected);
    }

    #[test]
    fn a_code_is_unpacked() {
        check(0x0f, &[0xaa, 0x18, 0x0c, 0x36, 0x02], Some("*100#"));
        // Eight septets fill seven octets exactly.
        check(0x0f, &[0x31, 0xd9, 0x8c, 0x56, 0xb3, 0xdd, 0x70], Some("12345678"));
    }

    #[test]
    fn a_string_is_as_long_as_its_characters_without_filling() {
        assert_eq!(characters(0x0f, &[0xaa, 0x18, 0x0c, 0x36, 0x02]), 5);
        assert_eq!(characters(0x0f, &[0x31, 0xd9, 0x8c, 0x56, 0xb3, 0xdd, 0x70]), 8);
        assert_eq!(characters(0x0f, &[0x31, 0xd9, 0x8c, 0x56, 0xb3, 0xdd, 0x1a]), 7);
        assert_eq!(characters(0x48, &[0x00, 0x31]), 1);
        assert_eq!(characters(0x44, &[0x00, 0x31]), 2);
        assert_eq!(characters(0x0f, &[]), 0);
    }

    #[test]
    fn nothing_but_the_symbols_is_kept() {
        // `1a2`: what follows a letter is text.
        check(0x0f, &[0xb1, 0xb0, 0x0c], Some("1"));
        check(0x0f, &[0x61], None);
        check(0x48, &[0x00, 0x31], None);
        check(0x0f, &[], None);
    }
}

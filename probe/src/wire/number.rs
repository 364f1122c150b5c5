//! Numbers in BCD: 3GPP TS 24.008 §10.5.4.7 to §10.5.4.13, TS 24.011 §8.2.5, TS 23.040 §9.1.2.5, TS 29.002 §17.7.8; and names in their place.

use event::Number;

use super::{Malformed, Reader};

/// Half octets in the order of BCD: the low half first.
pub(super) fn semi_octets(octets: &[u8]) -> impl Iterator<Item = u8> + '_ {
    octets.iter().flat_map(|octet| [octet & 15, octet >> 4])
}

/// Type of number, 3GPP TS 24.008 Table 10.5.118, from the octet that holds it.
pub(super) const fn type_of_number(octet: u8) -> u8 {
    octet >> 4 & 7
}

/// Type of number alphanumeric, TS 23.040 §9.1.2.5.
pub(super) const ALPHANUMERIC: u8 = 5;

const INTERNATIONAL: u8 = 1;

/// Digits up to the end mark.
pub(super) fn digits(type_of_number: u8, symbols: impl Iterator<Item = u8>) -> Number {
    const END_MARK: u8 = 15;
    let mut number = Number::new(type_of_number == INTERNATIONAL);
    symbols.take_while(|symbol| *symbol != END_MARK).for_each(|symbol| number.push(symbol));
    number
}

/// Unpacks septets: each octet holds the low bits of the next septet above the high bits of the last.
pub(super) fn septets(octets: &[u8]) -> impl Iterator<Item = u8> + Clone + '_ {
    let mut octets = octets.iter();
    let (mut held, mut count) = (0_u16, 0_u32);
    std::iter::from_fn(move || {
        if count < 7 {
            held |= u16::from(*octets.next()?) << count;
            count += 8;
        }
        let septet = (held & 0x7f) as u8;
        held >>= 7;
        count -= 7;
        Some(septet)
    })
}

/// The value of a party's BCD number: type and plan, where it is extended presentation and screening, digits. `None`
/// where it has no digits: the number is withheld or not available.
pub(super) fn party_number(mut r: Reader<'_>, element: &'static str) -> Result<Option<Number>, Malformed> {
    const LAST: u8 = 0x80;
    let [type_and_plan] = r.v(element)?;
    if type_and_plan & LAST == 0 {
        let [_presentation_and_screening] = r.v(element)?;
    }
    let number = digits(type_of_number(type_and_plan), semi_octets(r.rest()));
    Ok((!number.is_empty()).then_some(number))
}

#[cfg(test)]
mod tests {
    use super::super::Protocol;
    use super::*;

    fn check(octets: &[u8], expected: Option<&str>) {
        let number = party_number(Reader::new(Protocol::Cc, octets), "number").unwrap();
        assert_eq!(number.map(|number| number.to_string()).as_deref(), expected);
    }

    #[test]
    fn type_of_number_and_end_mark_are_honoured() {
        check(&[0x81, 0x11, 0xf4], Some("114"));
        check(&[0x91, 0x68, 0x31, 0x09], Some("+861390"));
        check(&[0x81, 0xaa, 0x0b, 0xdc], Some("**#0ab"));
    }

    #[test]
    fn presentation_is_passed_over() {
        check(&[0x21, 0x83, 0x21, 0xf3], Some("123"));
        check(&[0x00, 0xa3], None);
        check(&[0x80], None);
        assert!(party_number(Reader::new(Protocol::Cc, &[]), "number").is_err());
        assert!(party_number(Reader::new(Protocol::Cc, &[0x01]), "number").is_err());
    }

    #[test]
    fn a_number_of_any_length_keeps_its_head() {
        check(&[&[0x81][..], &[0x11; 40]].concat(), Some("1".repeat(Number::CAPACITY).as_str()));
    }
}

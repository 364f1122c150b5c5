//! Basic encoding rules, ITU-T X.690 §8.1, as far as components of supplementary services need them.

use crate::wire::{Fault, Malformed, Reader};

pub(super) const INTEGER: u8 = 0x02;
pub(super) const OCTET_STRING: u8 = 0x04;
pub(super) const IA5_STRING: u8 = 0x16;
pub(super) const SEQUENCE: u8 = 0x30;

/// Next tag and its contents. Of a tag with a number above 30 only the first octet is given: none here has a meaning.
pub(super) fn tag_and_contents<'a>(r: &mut Reader<'a>, element: &'static str) -> Result<(u8, Reader<'a>), Malformed> {
    const HIGH_TAG_NUMBER: u8 = 0x1f;
    const MORE: u8 = 0x80;
    let [tag] = r.v(element)?;
    if tag & HIGH_TAG_NUMBER == HIGH_TAG_NUMBER {
        while let [octet] = r.v(element)?
            && octet & MORE != 0
        {}
    }
    let contents = contents(r, element)?;
    Ok((tag, r.within(contents)))
}

/// Definite lengths of up to two octets; with the indefinite form everything that is left.
fn contents<'a>(r: &mut Reader<'a>, element: &'static str) -> Result<&'a [u8], Malformed> {
    let length = match r.v(element)? {
        [short @ 0..=0x7f] => usize::from(short),
        [0x80] => r.rest().len(),
        [0x81] => r.v(element).map(|[length]| usize::from(length))?,
        [0x82] => usize::from(r.u16(element)?),
        _ => return Err(r.error(element, Fault::Invalid)),
    };
    r.take(length, element)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Protocol;

    fn check(octets: &[u8], expected: Result<(u8, &[u8]), Fault>) {
        let mut r = Reader::new(Protocol::Ss, octets);
        let read = tag_and_contents(&mut r, "component");
        assert_eq!(read.map(|(tag, r)| (tag, r.rest())).map_err(|malformed| malformed.fault), expected);
    }

    #[test]
    fn every_form_of_length_is_read() {
        check(&[0x04, 2, 1, 2, 9], Ok((0x04, &[1, 2])));
        check(&[0x04, 0x81, 2, 1, 2, 9], Ok((0x04, &[1, 2])));
        check(&[0x04, 0x82, 0, 2, 1, 2, 9], Ok((0x04, &[1, 2])));
        check(&[0x30, 0x80, 1, 2, 0, 0], Ok((0x30, &[1, 2, 0, 0])));
        check(&[0xbf, 0x81, 0x01, 1, 7], Ok((0xbf, &[7])));
    }

    #[test]
    fn a_length_beyond_the_octets_is_an_error() {
        check(&[], Err(Fault::Truncated));
        check(&[0x04], Err(Fault::Truncated));
        check(&[0x04, 3, 1, 2], Err(Fault::Truncated));
        check(&[0xbf, 0x81], Err(Fault::Truncated));
        check(&[0x04, 0x84, 0, 0, 0, 1, 7], Err(Fault::Invalid));
    }
}

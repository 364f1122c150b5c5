//! Octets of stored values: variable-length integers and fixed fields. Knows no events.

/// Appends an integer, seven bits an octet, least significant first.
pub(crate) fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Appends a signed integer so that small magnitudes are short.
pub(crate) fn put_signed(out: &mut Vec<u8>, value: i64) {
    put_varint(out, by_magnitude(value));
}

/// Octets that a signed integer takes.
pub(crate) fn signed_octets(value: i64) -> u64 {
    u64::from((u64::BITS - by_magnitude(value).leading_zeros()).div_ceil(7).max(1))
}

// 0, -1, 1, -2, 2, …
fn by_magnitude(value: i64) -> u64 {
    (value << 1 ^ value >> 63) as u64
}

/// Appends a text with its length before it.
pub(crate) fn put_text(out: &mut Vec<u8>, text: &str) {
    put_varint(out, text.len() as u64);
    out.extend_from_slice(text.as_bytes());
}

/// Reads what was put, in the same order. `None` means that the value is not one of ours.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Octets<'a> {
    rest: &'a [u8],
}

impl<'a> Octets<'a> {
    pub(crate) const fn new(octets: &'a [u8]) -> Self {
        Self { rest: octets }
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// What is left to be read.
    pub(crate) const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// What has been read from here on, where so much is left.
    pub(crate) fn before(&self, left: &Self) -> &'a [u8] {
        self.rest.get(..self.rest.len() - left.rest.len()).unwrap_or_default()
    }

    pub(crate) fn octet(&mut self) -> Option<u8> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }

    pub(crate) fn fixed<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (fixed, rest) = self.rest.split_first_chunk::<N>()?;
        self.rest = rest;
        Some(*fixed)
    }

    pub(crate) fn slice(&mut self, length: usize) -> Option<&'a [u8]> {
        let (slice, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some(slice)
    }

    pub(crate) fn varint(&mut self) -> Option<u64> {
        let mut value = 0_u64;
        for shift in (0..u64::BITS).step_by(7) {
            let octet = self.octet()?;
            let part = u64::from(octet & 0x7f);
            if part.leading_zeros() < shift {
                return None; // beyond 64 bits
            }
            value |= part << shift;
            if octet < 0x80 {
                return Some(value);
            }
        }
        None
    }

    pub(crate) fn signed(&mut self) -> Option<i64> {
        let value = self.varint()?;
        Some((value >> 1) as i64 ^ -((value & 1) as i64))
    }

    pub(crate) fn text(&mut self) -> Option<&'a str> {
        let length = usize::try_from(self.varint()?).ok()?;
        std::str::from_utf8(self.slice(length)?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_and_texts_survive() {
        let values = [0, 1, 127, 128, 300, 1 << 32, i64::MAX as u64, u64::MAX];
        let signed = [0, -1, 1, 63, -64, 64, i64::MIN, i64::MAX];
        let mut out = Vec::new();
        values.iter().for_each(|value| put_varint(&mut out, *value));
        for value in signed {
            let before = out.len();
            put_signed(&mut out, value);
            assert_eq!((out.len() - before) as u64, signed_octets(value));
        }
        put_text(&mut out, "漫游");

        let mut octets = Octets::new(&out);
        values.iter().for_each(|value| assert_eq!(octets.varint(), Some(*value)));
        signed.iter().for_each(|value| assert_eq!(octets.signed(), Some(*value)));
        assert_eq!(octets.text(), Some("漫游"));
        assert!(octets.is_empty());
    }

    #[test]
    fn what_ends_early_or_never_is_refused() {
        assert_eq!(Octets::new(&[0x80]).varint(), None);
        assert_eq!(Octets::new(&[0xff; 11]).varint(), None);
        assert_eq!(Octets::new(&[5, b'a']).text(), None);
        assert_eq!(Octets::new(&[1]).fixed::<2>(), None);
    }
}

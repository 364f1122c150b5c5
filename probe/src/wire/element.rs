//! Formats of information elements, 3GPP TS 24.007 §11.2.1.1, as tables; the walk over a message's optional part.

use super::{Malformed, Reader};

/// How the extent of an element is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// The identifier alone, or the identifier's octet with a value in its low half (types 1 and 2).
    T,
    /// The identifier and a value of so many octets (type 3).
    Tv(u8),
    /// Identifier, one octet of length, value (type 4).
    Tlv,
    /// Identifier, two octets of length, value (type 6).
    TlvE,
    /// Identifier, length of 7 bits in one octet or 15 bits in two, value: 3GPP TS 48.016 §10.1.2, TS 48.018 §11.1.
    TlvGb,
}

/// An element: identifier, name in the specification, format.
pub(super) type Definition = (u8, &'static str, Format);

/// The elements of a protocol by identifier.
pub(super) struct Elements {
    extents: [u8; 256],
    names: [&'static str; 256],
}

/// [`Format`] in an octet: so many octets of value, or one of these.
mod extent {
    pub(super) const TLV: u8 = 0xff;
    pub(super) const TLV_E: u8 = 0xfe;
    pub(super) const TLV_GB: u8 = 0xfd;
}

impl Format {
    const fn extent(self) -> u8 {
        match self {
            Self::T => 0,
            Self::Tv(length) => {
                assert!(length < extent::TLV_GB);
                length
            }
            Self::Tlv => extent::TLV,
            Self::TlvE => extent::TLV_E,
            Self::TlvGb => extent::TLV_GB,
        }
    }
}

impl Elements {
    const UNKNOWN: &'static str = "unknown element";

    /// Elements not in `known` are taken as TLV.
    pub(super) const fn new(known: &[Definition]) -> Self {
        Self::all(Format::Tlv).with(known)
    }

    /// Elements not in `known` are taken as 3GPP TS 24.007 §11.2.4 asks: with bit 8 set one octet, else TLV.
    pub(super) const fn of_layer_3(known: &[Definition]) -> Self {
        let mut elements = Self::all(Format::Tlv);
        let (_, upper) = elements.extents.split_at_mut(128);
        let mut rest = upper;
        while let [first, others @ ..] = rest {
            *first = Format::T.extent();
            rest = others;
        }
        elements.with(known)
    }

    /// The elements of the Gb interface: all have the same format, but for those that [`Elements::and`] adds.
    pub(super) const fn of_gb(known: &[(u8, &'static str)]) -> Self {
        let mut elements = Self::all(Format::TlvGb);
        let mut rest = known;
        while let [(identifier, name), others @ ..] = rest {
            elements.names[*identifier as usize] = name;
            rest = others;
        }
        elements
    }

    /// These, and others of formats of their own.
    pub(super) const fn and(self, others: &[Definition]) -> Self {
        self.with(others)
    }

    const fn all(format: Format) -> Self {
        Self { extents: [format.extent(); 256], names: [Self::UNKNOWN; 256] }
    }

    const fn with(mut self, known: &[Definition]) -> Self {
        let mut rest = known;
        while let [(identifier, name, format), others @ ..] = rest {
            self.names[*identifier as usize] = name;
            self.extents[*identifier as usize] = format.extent();
            rest = others;
        }
        self
    }

    #[inline]
    fn extent(&self, identifier: u8) -> u8 {
        self.extents.get(usize::from(identifier)).copied().unwrap_or(extent::TLV)
    }

    fn name(&self, identifier: u8) -> &'static str {
        self.names.get(usize::from(identifier)).copied().unwrap_or(Self::UNKNOWN)
    }
}

impl<'a> Reader<'a> {
    /// The next element of an optional part, its identifier and its value. At the end, and where an element is cut
    /// short (which is noted), `None`.
    #[inline(always)]
    pub(super) fn element(&mut self, elements: &Elements) -> Option<(u8, Reader<'a>)> {
        let identifier = self.peek()?;
        let extent = elements.extent(identifier);
        // Which of both comes next could not be foretold.
        let has_length = extent == extent::TLV;
        let said = self.rest().get(1).map_or(0, |length| usize::from(*length));
        let (begin, length) = if has_length { (2, said) } else { (1, usize::from(extent)) };
        let value = if has_length || extent < extent::TLV_GB { self.rest().get(begin..begin + length) } else { None };
        if let Some(value) = value {
            self.pass(begin + length);
            return Some((identifier, self.within(value)));
        }
        let read = self.other_value(identifier, elements);
        self.keep(read).map(|value| (identifier, self.within(value)))
    }

    // Of an element that is long, or cut short.
    #[inline(never)]
    fn other_value(&mut self, identifier: u8, elements: &Elements) -> Result<&'a [u8], Malformed> {
        let name = elements.name(identifier);
        let [_identifier] = self.v(name)?;
        match elements.extent(identifier) {
            extent::TLV => self.lv(name),
            extent::TLV_E => {
                let length = self.u16(name)?;
                self.take(usize::from(length), name)
            }
            extent::TLV_GB => {
                const ONE_OCTET: u8 = 0x80;
                let [first] = self.v(name)?;
                let length = match first & ONE_OCTET {
                    0 => u16::from_be_bytes([first, self.u8(name)?]),
                    _ => u16::from(first & !ONE_OCTET),
                };
                self.take(usize::from(length), name)
            }
            length => self.take(usize::from(length), name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Fault, Protocol};
    use super::*;

    const ELEMENTS: Elements = Elements::of_layer_3(&[
        (0x34, "signal", Format::Tv(1)),
        (0x49, "apdu", Format::TlvE),
        (0x17, "name", Format::Tlv),
    ]);

    fn check(octets: &[u8], expected: &[(u8, &[u8])], stopped: Option<&str>) {
        let mut r = Reader::new(Protocol::Mm, octets);
        let mut found = Vec::new();
        while let Some((identifier, value)) = r.element(&ELEMENTS) {
            found.push((identifier, value.rest()));
        }
        assert_eq!(found, expected);
        assert_eq!(r.stopped().map(|malformed| malformed.element), stopped);
    }

    #[test]
    fn elements_end_where_their_format_says() {
        check(
            &[0x17, 1, 7, 0xa1, 0x34, 9, 0x49, 0, 2, 5, 6, 0x7e, 0],
            &[(0x17, &[7]), (0xa1, &[]), (0x34, &[9]), (0x49, &[5, 6]), (0x7e, &[])],
            None,
        );
    }

    #[test]
    fn an_element_cut_short_ends_the_walk_and_is_named() {
        check(&[0xd1, 0x17, 3, 1, 2], &[(0xd1, &[])], Some("name"));
        check(&[0x34], &[], Some("signal"));
        check(&[0x49, 0], &[], Some("apdu"));
    }

    #[test]
    fn lengths_of_the_gb_interface_have_seven_or_fifteen_bits() {
        static ELEMENTS: Elements = Elements::of_gb(&[(0x0e, "llc-pdu")]);
        let mut r = Reader::new(Protocol::Mm, &[0x0e, 0x82, 1, 2, 0x0e, 0x00, 0x01, 9, 0x0e, 0x01]);
        let mut next = || r.element(&ELEMENTS).map(|(_, value)| value.rest());
        assert_eq!([next(), next(), next()], [Some(&[1, 2][..]), Some(&[9]), None]);
        assert_eq!(r.stopped().map(|malformed| malformed.element), Some("llc-pdu"));
    }

    #[test]
    fn only_the_first_fault_is_kept() {
        let mut r = Reader::new(Protocol::Mm, &[]);
        r.note(r.error("first", Fault::Invalid));
        assert!(r.element(&ELEMENTS).is_none());
        r.note(r.error("second", Fault::Truncated));
        assert_eq!(r.stopped().map(|malformed| malformed.element), Some("first"));
    }
}

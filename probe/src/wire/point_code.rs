//! Signalling point codes: their width is the network's, and nothing in a message tells it.

use super::{Malformed, Reader};

/// How a network writes its point codes, in the MTP and in SCCP addresses alike.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum PointCodeFormat {
    /// 14 bits, ITU-T Q.704 §2.2.2.
    #[default]
    International,
    /// 24 bits, as the national network of China has them (GF 001-9001).
    China,
}

impl PointCodeFormat {
    /// The format by its name in configuration: `itu` or `china`.
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "itu" => Some(Self::International),
            "china" => Some(Self::China),
            _ => None,
        }
    }

    /// Reads a point code of an SCCP address, the low octet first: ITU-T Q.713 §3.4.2.1.
    pub(super) fn read(self, r: &mut Reader<'_>, element: &'static str) -> Result<u32, Malformed> {
        match self {
            Self::International => r.v(element).map(|octets| u32::from(u16::from_le_bytes(octets) & 0x3fff)),
            Self::China => r.v(element).map(|[low, middle, high]| u32::from_le_bytes([low, middle, high, 0])),
        }
    }
}

/// The routing label, ITU-T Q.704 §2.2: who sends to whom, by which of several links.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RoutingLabel {
    /// Destination point code.
    pub dpc: u32,
    /// Originating point code.
    pub opc: u32,
    /// Signalling link selection, 4 bits.
    pub sls: u8,
}

impl RoutingLabel {
    /// Reads the label: 32 bits in the international format, 56 in the Chinese one; the low octet first.
    pub(super) fn read(r: &mut Reader<'_>, format: PointCodeFormat) -> Result<Self, Malformed> {
        match format {
            PointCodeFormat::International => {
                let label = r.v("routing label").map(u32::from_le_bytes)?;
                Ok(Self { dpc: label & 0x3fff, opc: label >> 14 & 0x3fff, sls: (label >> 28) as u8 })
            }
            PointCodeFormat::China => {
                let dpc = format.read(r, "routing label")?;
                let opc = format.read(r, "routing label")?;
                let sls = r.u8("routing label")? & 0x0f;
                Ok(Self { dpc, opc, sls })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Fault, Protocol};
    use super::*;

    fn check(format: PointCodeFormat, octets: &[u8], dpc: u32, opc: u32, sls: u8) {
        let read = |octets| RoutingLabel::read(&mut Reader::new(Protocol::Mtp3, octets), format);
        assert_eq!(read(octets), Ok(RoutingLabel { dpc, opc, sls }), "{octets:02x?}");
        for len in 0..octets.len() {
            assert_eq!(read(&octets[..len]).map_err(|malformed| malformed.fault), Err(Fault::Truncated));
        }
    }

    #[test]
    fn labels_are_read_in_either_format() {
        check(PointCodeFormat::International, &[0x14, 0x00, 0x64, 0x00], 20, 400, 0);
        check(PointCodeFormat::International, &[0xbb, 0x40, 0x2e, 0x50], 187, 185, 5);
        check(PointCodeFormat::International, &[0xff, 0xff, 0xff, 0xff], 0x3fff, 0x3fff, 15);
        check(PointCodeFormat::China, &[0x03, 0x02, 0x01, 0x06, 0x05, 0x04, 0xf9], 0x01_0203, 0x04_0506, 9);
    }

    #[test]
    fn formats_have_names() {
        assert_eq!(PointCodeFormat::from_name("china"), Some(PointCodeFormat::China));
        assert_eq!(PointCodeFormat::from_name("itu"), Some(PointCodeFormat::default()));
        assert_eq!(PointCodeFormat::from_name("ansi"), None);
    }
}

//! Signalling point codes: 14 bits by ITU-T Q.704 §2.2, or 24 as in China's national network (GF 001-9001).

use super::Octets;

/// How many bits a network's point codes have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Width {
    /// 14.
    #[default]
    Itu,
    /// 24.
    China,
}

/// A point code, which knows its width: nothing in a message tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PointCode {
    /// 14 bits.
    Itu(u16),
    /// 24 bits.
    China(u32),
}

impl PointCode {
    /// The point code with this number among those of a network, 14 bits. With 24 bits it lies in a region of its own.
    pub fn new(width: Width, number: u16) -> Self {
        const REGION: u32 = 0x0021_0000;
        match width {
            Width::Itu => Self::Itu(number & 0x3fff),
            Width::China => Self::China(REGION | u32::from(number)),
        }
    }

    /// As a number.
    pub fn value(self) -> u32 {
        match self {
            Self::Itu(value) => u32::from(value),
            Self::China(value) => value,
        }
    }

    /// Writes it as SCCP addresses have it, the low octet first (ITU-T Q.713 §3.4.2.1).
    pub fn write(self, o: &mut Octets) {
        match self {
            Self::Itu(value) => o.bytes(&value.to_le_bytes()),
            Self::China(value) => {
                let [low, middle, high, _] = value.to_le_bytes();
                o.bytes(&[low, middle, high]);
            }
        }
    }
}

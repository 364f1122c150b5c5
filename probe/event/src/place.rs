//! Where: network, location area and cell.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

/// A text is not a place of the kind asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidPlace;

impl fmt::Display for InvalidPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a network is written as 460-00, a location area as 460-00-27153")
    }
}

impl std::error::Error for InvalidPlace {}

/// Public land mobile network: MCC and MNC as the three octets of 3GPP TS 24.008 §10.5.1.3, which keep the difference
/// between a two-digit and a three-digit MNC.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Plmn([u8; 3]);

impl Plmn {
    /// From the three octets on the wire.
    pub const fn from_octets(octets: [u8; 3]) -> Self {
        Self(octets)
    }

    /// The three octets as on the wire.
    pub const fn octets(self) -> [u8; 3] {
        self.0
    }

    /// Mobile country code, 0 to 999 where the wire held decimal digits.
    pub fn mcc(self) -> u16 {
        let [a, b, _] = self.0;
        u16::from(a & 15) * 100 + u16::from(a >> 4) * 10 + u16::from(b & 15)
    }

    /// Mobile network code and its number of digits, 2 or 3.
    pub fn mnc(self) -> (u16, u8) {
        let [_, b, c] = self.0;
        let two = u16::from(c & 15) * 10 + u16::from(c >> 4);
        match b >> 4 {
            15 => (two, 2),
            third => (two * 10 + u16::from(third), 3),
        }
    }

    /// Whether every digit is decimal: what a real network sends.
    pub fn is_decimal(self) -> bool {
        let [a, b, c] = self.0;
        let decimal = |nibble: u8| nibble < 10;
        decimal(a & 15)
            && decimal(a >> 4)
            && decimal(b & 15)
            && (decimal(b >> 4) || b >> 4 == 15)
            && decimal(c & 15)
            && decimal(c >> 4)
    }
}

/// As one number: octets one by one take a hasher longer.
impl Hash for Plmn {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let [a, b, c] = self.0;
        u32::from_le_bytes([a, b, c, 0]).hash(state);
    }
}

/// `460-00`.
impl fmt::Display for Plmn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (mnc, digits) = self.mnc();
        write!(f, "{:03}-{mnc:0width$}", self.mcc(), width = usize::from(digits))
    }
}

impl fmt::Debug for Plmn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Plmn({self})")
    }
}

impl FromStr for Plmn {
    type Err = InvalidPlace;

    /// Reads `460-00` and `46000`.
    fn from_str(text: &str) -> Result<Self, InvalidPlace> {
        let mut digits = [15_u8; 6];
        let mut count = 0;
        for byte in text.bytes().filter(|byte| *byte != b'-') {
            let digit = byte.wrapping_sub(b'0');
            let slot = digits.get_mut(count).ok_or(InvalidPlace)?;
            if digit > 9 {
                return Err(InvalidPlace);
            }
            *slot = digit;
            count += 1;
        }
        if count != 5 && count != 6 {
            return Err(InvalidPlace);
        }
        let [a, b, c, d, e, f] = digits;
        Ok(Self([b << 4 | a, f << 4 | c, e << 4 | d]))
    }
}

/// Location area identification, 3GPP TS 24.008 §10.5.1.3.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Lai {
    /// The network.
    pub plmn: Plmn,
    /// Location area code. 0000 and FFFE mean that there is none (3GPP TS 23.003 §4.1).
    pub lac: u16,
}

impl Lai {
    /// Whether the code says that there is no location area: a phone without one sends FFFE or 0000.
    pub fn is_deleted(self) -> bool {
        matches!(self.lac, 0 | 0xfffe)
    }
}

/// `460-00-27153`: the location area code in decimal.
impl fmt::Display for Lai {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.plmn, self.lac)
    }
}

/// Routing area identification, 3GPP TS 24.008 §10.5.5.15: a part of a location area.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Rai {
    /// The location area.
    pub lai: Lai,
    /// Routing area code.
    pub rac: u8,
}

/// `460-00-27153 rac 5`.
impl fmt::Display for Rai {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} rac {}", self.lai, self.rac)
    }
}

/// A cell as far as it is known: every part may be absent. 3GPP TS 48.008 §3.2.2.17.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct CellId {
    /// The network.
    pub plmn: Option<Plmn>,
    /// Location area code.
    pub lac: Option<u16>,
    /// Cell identity.
    pub ci: Option<u16>,
}

impl CellId {
    /// Nothing known.
    pub const UNKNOWN: Self = Self { plmn: None, lac: None, ci: None };

    /// Whether nothing is missing.
    pub const fn is_complete(self) -> bool {
        matches!(self, Self { plmn: Some(_), lac: Some(_), ci: Some(_) })
    }

    /// The location area, where network and code are known.
    pub fn lai(self) -> Option<Lai> {
        Some(Lai { plmn: self.plmn?, lac: self.lac? })
    }

    /// This, with parts that are absent taken from `other`.
    pub fn or(self, other: Self) -> Self {
        Self { plmn: self.plmn.or(other.plmn), lac: self.lac.or(other.lac), ci: self.ci.or(other.ci) }
    }
}

/// `460-00-27153-4097`; parts unknown are absent from the right, and shown as `?` where a later one is known.
/// A [`CellId`] in one word, so that two of them are compared and copied as one: which parts are known, and what they are.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct PackedCell(u64);

const CI_SHIFT: u32 = 48;
const LAC_SHIFT: u32 = 32;
const PLMN_KNOWN: u64 = 1 << 24;
const LAC_KNOWN: u64 = 1 << 25;
const CI_KNOWN: u64 = 1 << 26;
const COMPLETE: u64 = PLMN_KNOWN | LAC_KNOWN | CI_KNOWN;

impl PackedCell {
    /// Whether network, area and cell are known.
    #[inline]
    pub const fn is_complete(self) -> bool {
        self.0 & COMPLETE == COMPLETE
    }

    /// Whether the location area code is known.
    #[inline]
    pub const fn has_lac(self) -> bool {
        self.0 & LAC_KNOWN != 0
    }

    /// The cell, unpacked.
    #[inline]
    pub fn cell(self) -> CellId {
        let known = |bit: u64| self.0 & bit != 0;
        let [a, b, c, ..] = self.0.to_le_bytes();
        CellId {
            plmn: known(PLMN_KNOWN).then_some(Plmn([a, b, c])),
            lac: known(LAC_KNOWN).then_some((self.0 >> LAC_SHIFT) as u16),
            ci: known(CI_KNOWN).then_some((self.0 >> CI_SHIFT) as u16),
        }
    }
}

impl From<CellId> for PackedCell {
    #[inline]
    fn from(cell: CellId) -> Self {
        let plmn = cell.plmn.map_or(0, |Plmn([a, b, c])| PLMN_KNOWN | u64::from(u32::from_le_bytes([a, b, c, 0])));
        let lac = cell.lac.map_or(0, |lac| LAC_KNOWN | u64::from(lac) << LAC_SHIFT);
        let ci = cell.ci.map_or(0, |ci| CI_KNOWN | u64::from(ci) << CI_SHIFT);
        Self(plmn | lac | ci)
    }
}

impl fmt::Debug for PackedCell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PackedCell({})", self.cell())
    }
}

impl fmt::Display for CellId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.plmn {
            Some(plmn) => write!(f, "{plmn}")?,
            None => f.write_str("?-?")?,
        }
        match (self.lac, self.ci) {
            (Some(lac), Some(ci)) => write!(f, "-{lac}-{ci}"),
            (Some(lac), None) => write!(f, "-{lac}"),
            (None, Some(ci)) => write!(f, "-?-{ci}"),
            (None, None) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plmn_keeps_two_and_three_digit_networks_apart() {
        let two: Plmn = "460-00".parse().unwrap();
        let three: Plmn = "310260".parse().unwrap();
        assert_eq!(two.octets(), [0x64, 0xf0, 0x00]);
        assert_eq!(two.to_string(), "460-00");
        assert_eq!(three.to_string(), "310-260");
        assert_eq!(three.mnc(), (260, 3));
        assert!("46".parse::<Plmn>().is_err());
    }

    #[test]
    fn a_cell_is_the_same_packed_and_unpacked_whatever_of_it_is_known() {
        let plmns = [None, Some(Plmn([0, 0, 0])), Some(Plmn([0x64, 0xf0, 0xff]))];
        let codes = [None, Some(0), Some(0x1234), Some(u16::MAX)];
        let mut seen = Vec::new();
        for (plmn, lac, ci) in
            plmns.into_iter().flat_map(|plmn| codes.map(|lac| codes.map(|ci| (plmn, lac, ci)))).flatten()
        {
            let cell = CellId { plmn, lac, ci };
            let packed = PackedCell::from(cell);
            assert_eq!(packed.cell(), cell);
            assert_eq!((packed.is_complete(), packed.has_lac()), (cell.is_complete(), lac.is_some()), "{cell}");
            assert!(!seen.contains(&packed), "{cell}");
            seen.push(packed);
        }
        assert_eq!(PackedCell::default().cell(), CellId::UNKNOWN);
    }

    #[test]
    fn a_cell_shows_what_it_knows() {
        let plmn = Some("001-01".parse().unwrap());
        assert_eq!(CellId { plmn, lac: Some(1), ci: Some(7) }.to_string(), "001-01-1-7");
        assert_eq!(CellId { plmn, lac: Some(1), ci: None }.to_string(), "001-01-1");
        assert_eq!(CellId { plmn: None, lac: None, ci: Some(7) }.to_string(), "?-?-?-7");
    }
}

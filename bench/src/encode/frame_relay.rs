//! Frame Relay, ITU-T Q.922 §3.2: the address in front of what a circuit carries.

use super::Octets;

/// The first circuit that is not reserved, §3.3.6, and the last one.
pub const CIRCUITS: std::ops::RangeInclusive<u16> = 16..=991;

/// An address of two octets: the data link connection identifier, and no congestion.
pub fn address(o: &mut Octets, circuit: u16) {
    let upper = (circuit >> 4) as u8 & 0x3f;
    let lower = circuit as u8 & 0x0f;
    o.bytes(&[upper << 2, lower << 4 | 1]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_six_and_four_bits() {
        let mut o = Octets::default();
        address(&mut o, 16);
        address(&mut o, 100);
        assert_eq!(o.as_slice(), [0x04, 0x01, 0x18, 0x41]);
    }
}

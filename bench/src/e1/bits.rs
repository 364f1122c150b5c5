//! Sequences of bits in the order of the line, and what HDLC makes of octets (ITU-T Q.703 §3, §4.1, §4.2).

use super::Bit;

/// Bits one behind the other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bits(Vec<Bit>);

impl Bits {
    /// Each octet's least significant bit first, as MTP2 and HDLC send them.
    pub fn of_octets(octets: &[u8]) -> Self {
        let mut bits = Self::default();
        octets.iter().for_each(|octet| bits.push_octet(*octet));
        bits
    }

    /// As written: `0111 1110`, the first bit on the left.
    pub fn of_text(text: &str) -> Self {
        Self(text.chars().filter(|bit| *bit != ' ').map(|bit| bit == '1').collect())
    }

    /// One bit more.
    pub fn push(&mut self, bit: Bit) {
        self.0.push(bit);
    }

    /// Eight bits more, the least significant first.
    pub fn push_octet(&mut self, octet: u8) {
        self.0.extend_from_slice(&std::array::from_fn::<_, 8, _>(|place| octet >> place & 1 == 1));
    }

    /// All of `more` behind these.
    pub fn append(&mut self, more: &Self) {
        self.extend(&more.0);
    }

    /// These bits more.
    pub fn extend(&mut self, bits: &[Bit]) {
        self.0.extend_from_slice(bits);
    }

    /// Takes the first `count` bits away; all, where there are fewer.
    pub fn take(&mut self, count: usize) -> Self {
        let rest = self.0.split_off(count.min(self.0.len()));
        Self(std::mem::replace(&mut self.0, rest))
    }

    /// The bits.
    pub fn as_slice(&self) -> &[Bit] {
        &self.0
    }

    /// The bits, to damage them.
    pub fn as_mut_vec(&mut self) -> &mut Vec<Bit> {
        &mut self.0
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Octets of eight bits each, the first bit in the most or the least significant place; what is left over at the end is
    /// dropped.
    pub fn octets(&self, first_is_most_significant: bool) -> Vec<u8> {
        let (octets, _) = self.0.as_chunks::<8>();
        let octet = |bits: &[Bit; 8]| bits.iter().fold(0, |octet, bit| octet << 1 | u8::from(*bit));
        match first_is_most_significant {
            true => octets.iter().map(octet).collect(),
            false => octets.iter().map(|bits| octet(bits).reverse_bits()).collect(),
        }
    }
}

/// A flag, and a frame of these octets with check sequence, a zero inserted after five ones. The closing flag is the next
/// frame's.
pub fn stuffed(octets: &[u8]) -> Bits {
    let mut frame = Bits::of_octets(octets);
    let check = check_sequence(&frame);
    frame.append(&check);
    let mut bits = Bits::of_text("0111 1110");
    let mut ones = 0;
    for bit in frame.as_slice() {
        bits.push(*bit);
        ones = if *bit { ones + 1 } else { 0 };
        if ones == 5 {
            bits.push(false);
            ones = 0;
        }
    }
    bits
}

/// The ones complement of the remainder of the division by x¹⁶ + x¹² + x⁵ + 1, preset to ones, highest power first.
fn check_sequence(bits: &Bits) -> Bits {
    const GENERATOR: u16 = 1 << 12 | 1 << 5 | 1;
    let mut register = u16::MAX;
    for bit in bits.as_slice() {
        let highest = register >> 15 == 1;
        register = register << 1 ^ if highest != *bit { GENERATOR } else { 0 };
    }
    Bits((0..16).rev().map(|power| register >> power & 1 == 0).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_sequence_is_that_of_a_known_frame() {
        // CRC-16/X-25 of the digits, by which implementations are compared.
        let bits = Bits::of_octets(b"123456789");
        assert_eq!(check_sequence(&bits).octets(false), [0x6e, 0x90]);
    }

    #[test]
    fn no_six_ones_follow_each_other_between_flags() {
        let bits = stuffed(&[0xff; 40]);
        let longest = bits.as_slice()[8..].split(|bit| !bit).map(<[Bit]>::len).max();
        assert_eq!(longest, Some(5));
    }
}

//! HDLC as links on E1 use it (ITU-T Q.703 §3, Q.922 §2; ISO/IEC 13239 §4): zero deletion and check sequence, as tables.
//!
//! Octets here have the bit that was on the line first in their least significant place.

/// Octets of the frame check sequence, Q.703 §3.6.
pub const FCS_LENGTH: usize = 2;
/// Ones in sequence of which more end a frame: five are data, six a flag, seven and more an abort or idle line.
pub const IDLE_ONES: u8 = 7;
/// Bits of a flag that were taken for data before its last bit showed it: `0`, and five ones.
pub const FLAG_DATA_BITS: u8 = 6;

/// What one octet from the line means when a number of ones in sequence came before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// Data bits, the first in the least significant place.
    pub data: u8,
    /// How many.
    pub count: u8,
    /// Ones in sequence at the end, up to [`IDLE_ONES`].
    pub ones: u8,
    /// Whether a flag or an abort is complete within the octet: it is to be read bit by bit.
    pub is_special: bool,
}

impl Step {
    const IDLE: Self = Self { data: 0, count: 0, ones: IDLE_ONES, is_special: false };
}

/// What one bit from the line means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bit {
    /// A bit of data.
    Data(bool),
    /// Stuffed by the sender, the sixth one, or one of an idle line.
    Nothing,
    /// The last bit of a flag.
    Flag,
    /// The seventh one: the frame is aborted.
    Abort,
}

/// The meaning of a bit behind `ones` ones in sequence, and the ones in sequence with it.
#[inline]
pub const fn bit(ones: u8, is_one: bool) -> (Bit, u8) {
    match (is_one, ones) {
        (true, 0..=4) => (Bit::Data(true), ones + 1),
        (true, 5) => (Bit::Nothing, 6),
        (true, 6) => (Bit::Abort, IDLE_ONES),
        (true, _) => (Bit::Nothing, IDLE_ONES),
        (false, 0..=4) => (Bit::Data(false), 0),
        (false, 6) => (Bit::Flag, 0),
        (false, _) => (Bit::Nothing, 0),
    }
}

/// The meaning of an octet behind `ones` ones in sequence.
#[inline]
pub fn step(ones: u8, octet: u8) -> Step {
    STEPS.get(usize::from(ones) << 8 | usize::from(octet)).copied().unwrap_or(Step::IDLE)
}

const STEP_COUNT: usize = (IDLE_ONES as usize + 1) << 8;

// By the ones in sequence before it, then by the octet.
static STEPS: [Step; STEP_COUNT] = steps();

const fn steps() -> [Step; STEP_COUNT] {
    let mut table = [Step::IDLE; STEP_COUNT];
    let mut index = 0;
    while index < STEP_COUNT {
        table[index] = octet_step((index >> 8) as u8, index as u8);
        index += 1;
    }
    table
}

const fn octet_step(ones: u8, octet: u8) -> Step {
    let mut step = Step { data: 0, count: 0, ones, is_special: false };
    let mut place = 0;
    while place < 8 {
        let (meaning, ones) = bit(step.ones, octet >> place & 1 == 1);
        step.ones = ones;
        match meaning {
            Bit::Data(is_one) => {
                step.data |= (is_one as u8) << step.count;
                step.count += 1;
            }
            Bit::Nothing => {}
            Bit::Flag | Bit::Abort => step.is_special = true,
        }
        place += 1;
    }
    step
}

/// Whether the check sequence at the end of `frame` is right: the generator is x¹⁶ + x¹² + x⁵ + 1, preset to ones, and the
/// remainder over frame and check sequence is a known one (Q.703 §4.2).
#[inline]
pub fn is_intact(frame: &[u8]) -> bool {
    const GOOD_REMAINDER: u16 = 0xf0b8;
    let remainder = frame.iter().fold(0xffff, |crc: u16, octet| {
        let [low, _] = crc.to_le_bytes();
        crc >> 8 ^ CRC.get(usize::from(low ^ octet)).copied().unwrap_or_default()
    });
    remainder == GOOD_REMAINDER
}

static CRC: [u16; 256] = crc();

const fn crc() -> [u16; 256] {
    const REFLECTED_GENERATOR: u16 = 0x8408;
    let mut table = [0; 256];
    let mut index = 0;
    while index < 256 {
        let mut crc = index as u16;
        let mut place = 0;
        while place < 8 {
            crc = if crc & 1 == 1 { crc >> 1 ^ REFLECTED_GENERATOR } else { crc >> 1 };
            place += 1;
        }
        table[index] = crc;
        index += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_zero_behind_five_ones_is_deleted() {
        assert_eq!(step(0, 0b0101_1111), Step { data: 0b0011_1111, count: 7, ones: 0, is_special: false });
        assert_eq!(step(5, 0b0000_0000), Step { data: 0, count: 7, ones: 0, is_special: false });
        assert_eq!(step(3, 0b0000_0011), Step { data: 0b11, count: 7, ones: 0, is_special: false });
    }

    #[test]
    fn flags_and_aborts_are_special_wherever_they_end() {
        for (ones, octet, expected) in [
            (0, 0x7e, true),
            (6, 0x00, true),
            (6, 0x01, true),
            (5, 0b01, true),
            (0, 0x7f, true),
            (0, 0x3f, true),
            (0, 0x1f, false),
            (7, 0xff, false),
            (7, 0x00, false),
        ] {
            assert_eq!(step(ones, octet).is_special, expected, "{octet:02x} behind {ones} ones");
        }
        assert_eq!(step(7, 0xff), Step::IDLE);
    }

    #[test]
    fn the_check_sequence_finds_every_single_error() {
        // The check value of this code for the digits 1 to 9 is 906e, least significant octet first.
        let frame = *b"123456789\x6e\x90";
        assert!(is_intact(&frame));
        for place in 0..frame.len() * 8 {
            let mut damaged = frame;
            damaged[place / 8] ^= 1 << (place % 8);
            assert!(!is_intact(&damaged), "bit {place}");
        }
    }
}

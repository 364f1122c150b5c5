//! Timeslot 0 of the 2,048 kbit/s frame (ITU-T G.704 §2.3), its multiframe and cyclic redundancy check (§2.3.3).
//!
//! Octets here have bit 1, which is on the line first, in their least significant place.

/// Timeslots of a frame, and so its octets.
pub const TIMESLOTS: usize = 32;
/// Bits of a frame.
pub const FRAME_BITS: u64 = 256;
/// Bits a second on the line.
pub const LINE_RATE: u64 = 2_048_000;

/// Bits 2 to 8 of timeslot 0 in frames with the alignment signal: 0011011. Bit 1 is free (Table 5A).
const ALIGNMENT_SIGNAL: u8 = 0b1101_1000;
const BIT_1: u8 = 0b0000_0001;
const BIT_2: u8 = 0b0000_0010;
const BIT_3: u8 = 0b0000_0100;

/// Whether timeslot 0 holds the frame alignment signal.
#[inline]
pub const fn is_alignment_signal(timeslot_0: u8) -> bool {
    timeslot_0 & !BIT_1 == ALIGNMENT_SIGNAL
}

/// Whether timeslot 0 can be that of a frame without alignment signal: its bit 2 is 1, so that the signal is not imitated.
#[inline]
pub const fn can_be_without_signal(timeslot_0: u8) -> bool {
    timeslot_0 & BIT_2 != 0
}

/// The international bit: bit 1, in a multiframe its alignment, its check bits and its error indications.
#[inline]
pub const fn international_bit(timeslot_0: u8) -> bool {
    timeslot_0 & BIT_1 != 0
}

/// The remote alarm indication: bit 3 in frames without alignment signal.
#[inline]
pub const fn remote_alarm(timeslot_0: u8) -> bool {
    timeslot_0 & BIT_3 != 0
}

/// Timeslot 0 with the international bit taken as 0, as the check over it is defined (§2.3.3.5.1).
#[inline]
pub const fn without_check_bit(timeslot_0: u8) -> u8 {
    timeslot_0 & !BIT_1
}

/// Frames of a sub-multiframe, over which one check is taken.
pub const SUB_MULTIFRAME: u8 = 8;
/// The international bits of the frames without alignment signal of a multiframe, the first in the highest place:
/// 001011, then two error indications (Table 5B).
const MULTIFRAME_SIGNAL: u8 = 0b0010_1100;
const MULTIFRAME_SIGNAL_MASK: u8 = 0b1111_1100;

/// Whether the last eight international bits of frames without alignment signal, the first in the highest place, are those
/// of a multiframe from its beginning.
#[inline]
pub const fn is_multiframe_signal(international_bits: u8) -> bool {
    international_bits & MULTIFRAME_SIGNAL_MASK == MULTIFRAME_SIGNAL
}

/// Continues the check of a sub-multiframe with the next octet; it begins with 0. In the result check bit C1 is in the lowest
/// place, C4 in the fourth.
#[inline]
pub fn check(remainder: u8, octet: u8) -> u8 {
    REMAINDERS.get(usize::from(remainder ^ octet)).copied().unwrap_or_default()
}

static REMAINDERS: [u8; 256] = remainders();

const fn remainders() -> [u8; 256] {
    /// x⁴ + x + 1 without its highest term, the lowest power in the highest of four places.
    const REFLECTED_GENERATOR: u8 = 0b1100;
    let mut table = [0; 256];
    let mut index = 0;
    while index < 256 {
        let mut remainder = index as u8;
        let mut place = 0;
        while place < 8 {
            remainder = if remainder & 1 == 1 { remainder >> 1 ^ REFLECTED_GENERATOR } else { remainder >> 1 };
            place += 1;
        }
        table[index] = remainder;
        index += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timeslot_0_is_told_by_its_fixed_bits() {
        // As G.704 prints them, bit 1 on the left.
        for (printed, is_signal, can_be_without) in [
            (0b0001_1011_u8, true, false),
            (0b1001_1011, true, false),
            (0b1101_1111, false, true),
            (0b0100_0000, false, true),
            (0b1001_1010, false, false),
        ] {
            let octet = printed.reverse_bits();
            assert_eq!(is_alignment_signal(octet), is_signal, "{printed:08b}");
            assert_eq!(can_be_without_signal(octet), can_be_without, "{printed:08b}");
        }
        assert!(remote_alarm(0b0110_0000_u8.reverse_bits()) && !remote_alarm(0b0101_1111_u8.reverse_bits()));
        assert!(is_multiframe_signal(0b0010_1111) && !is_multiframe_signal(0b1010_1111));
    }

    // Division as on paper: bits from the line one behind the other, then four zeros, by 10011.
    fn divide(octets: &[u8]) -> u8 {
        let bits = octets.iter().flat_map(|octet| (0..8).map(move |place| octet >> place & 1)).chain([0; 4]);
        let remainder = bits.fold(0_u8, |remainder, bit| {
            let shifted = remainder << 1 | bit;
            if shifted & 0b1_0000 == 0 { shifted } else { shifted ^ 0b1_0011 }
        });
        remainder.reverse_bits() >> 4
    }

    #[test]
    fn the_check_is_the_remainder_of_a_division() {
        for octets in [&[1_u8][..], &[0x80], &[0xd8, 0x7e, 0x31], &[0xff; 31], b"check me"] {
            let remainder = octets.iter().fold(0, |remainder, octet| check(remainder, *octet));
            assert_eq!(remainder, divide(octets), "{octets:02x?}");
        }
    }
}

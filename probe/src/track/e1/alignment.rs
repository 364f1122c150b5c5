//! Frame alignment: where a frame begins, and when that is no longer believed (ITU-T G.706 §4.1).

use crate::wire::g704::{self, FRAME_BITS};

/// Consecutive alignment signals in error at which alignment is lost, G.706 §4.1.1.
pub const LOSS_SIGNALS: u8 = 3;
/// Frames that a search wants to look right, beginning and ending with one that has the signal. G.706 §4.1.2 demands 3; five
/// make an alignment by chance two hundred times rarer.
pub const SEARCH_FRAMES: u64 = 5;
/// Frames in sequence that fit a slip by one frame and not the alignment, at which the slip is believed.
pub const SLIP_FRAMES: u8 = 3;

/// What timeslot 0 of a frame says of the frames before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing yet.
    Wait,
    /// They are aligned: this is an alignment signal, in its place.
    Aligned,
    /// They are aligned, but one of them was repeated or left out.
    FrameSlip,
    /// They are not.
    Lost,
}

/// The alignment of a line, from the frame at which a search ended.
#[derive(Clone, Copy, Debug)]
pub struct Alignment {
    /// Whether the next frame has the signal.
    is_signal_next: bool,
    /// Signals in error, consecutive.
    errors: u8,
    /// Frames that fit a slip by one frame, consecutive.
    slipped: u8,
}

impl Alignment {
    /// Before a frame with the signal.
    pub fn new() -> Self {
        Self { is_signal_next: true, errors: 0, slipped: 0 }
    }

    /// Alignment signals in error, consecutive, up to now.
    pub fn errors(&self) -> u8 {
        self.errors
    }

    /// Takes timeslot 0 of the next frame.
    #[inline]
    pub fn take(&mut self, timeslot_0: u8) -> Verdict {
        let has_signal = g704::is_alignment_signal(timeslot_0);
        let expected = self.is_signal_next;
        self.is_signal_next = !expected;
        if expected && has_signal {
            *self = Self { is_signal_next: false, errors: 0, slipped: 0 };
            return Verdict::Aligned;
        }
        let fits_slip = if expected { g704::can_be_without_signal(timeslot_0) } else { has_signal };
        self.slipped = if fits_slip { self.slipped + 1 } else { 0 };
        self.errors += u8::from(expected);
        if self.slipped >= SLIP_FRAMES && has_signal {
            *self = Self { is_signal_next: false, errors: 0, slipped: 0 };
            return Verdict::FrameSlip;
        }
        if self.errors >= LOSS_SIGNALS { Verdict::Lost } else { Verdict::Wait }
    }
}

impl Default for Alignment {
    fn default() -> Self {
        Self::new()
    }
}

/// Octet of `octets` that begins with this bit.
#[inline]
pub fn octet_at(octets: &[u8], bit: u64) -> Option<u8> {
    let (index, shift) = ((bit / 8) as usize, bit % 8);
    let low = *octets.get(index)?;
    if shift == 0 {
        return Some(low);
    }
    let high = *octets.get(index + 1)?;
    Some((u16::from_le_bytes([low, high]) >> shift) as u8)
}

/// The first bit, from `from` on, at which a frame with the signal begins; or from where to search on with more octets.
pub fn search(octets: &[u8], from: u64) -> Result<u64, u64> {
    let needed = (SEARCH_FRAMES - 1) * FRAME_BITS + 8;
    let end = (octets.len() as u64 * 8).saturating_sub(needed - 1).max(from);
    (from..end).find(|bit| is_beginning(octets, *bit)).ok_or(end)
}

#[inline]
fn is_beginning(octets: &[u8], bit: u64) -> bool {
    (0..SEARCH_FRAMES).all(|frame| {
        octet_at(octets, bit + frame * FRAME_BITS).is_some_and(|timeslot_0| {
            if frame % 2 == 0 { g704::is_alignment_signal(timeslot_0) } else { g704::can_be_without_signal(timeslot_0) }
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIGNAL: u8 = 0b0001_1011_u8.reverse_bits();
    const OTHER: u8 = 0b0101_1111_u8.reverse_bits();

    // S: a signal, o: another frame as it should be, x: neither.
    fn check(frames: &str, expected: &str) {
        let mut alignment = Alignment::new();
        let verdicts = frames.bytes().map(|frame| {
            let timeslot_0 = match frame {
                b'S' => SIGNAL,
                b'o' => OTHER,
                _ => 0,
            };
            match alignment.take(timeslot_0) {
                Verdict::Wait => '.',
                Verdict::Aligned => 'a',
                Verdict::FrameSlip => 's',
                Verdict::Lost => 'L',
            }
        });
        assert_eq!(verdicts.collect::<String>(), expected, "{frames}");
    }

    #[test]
    fn alignment_is_lost_at_the_third_signal_in_error() {
        check("SoSoSo", "a.a.a.");
        check("SoxoxoSo", "a.....a.");
        check("Soxoxox", "a.....L");
        check("SxSxSx", "a.a.a.");
    }

    #[test]
    fn a_frame_too_much_or_too_few_is_a_slip() {
        check("SoSSoSoSoSo", "a.a..s.a.a.");
        check("SoxSoSoSoSo", "a....s.a.a.");
        check("SoSooSoSoSo", "a.a....s.a.");
        check("SoSoSSxxxxx", "a.a.a.....L");
    }

    #[test]
    fn a_search_finds_the_frame_at_any_bit() {
        let mut line: Vec<u8> = Vec::new();
        for frame in 0..6 {
            line.push(if frame % 2 == 0 { SIGNAL } else { OTHER });
            line.extend([0xd5; 31]);
        }
        for shift in 0..40 {
            let bits = line.iter().flat_map(|octet| (0..8).map(move |place| octet >> place & 1));
            let shifted: Vec<u8> = std::iter::repeat_n(1, shift).chain(bits).collect();
            let octets: Vec<u8> =
                shifted.chunks(8).map(|bits| (0..).zip(bits).map(|(place, bit)| bit << place).sum()).collect();
            assert_eq!(search(&octets, 0), Ok(shift as u64));
            assert_eq!(search(&octets[..100], 0), Err(0));
            assert!(search(&octets, shift as u64 + 1).is_err());
        }
    }
}

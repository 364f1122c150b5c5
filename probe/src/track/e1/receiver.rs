//! Frames out of the octets of an HDLC channel: flags found, zeros deleted, check sequences tried (Q.703 §4.1).

use super::counters::ChannelCounters;
use crate::wire::hdlc::{self, Bit, FCS_LENGTH, FLAG_DATA_BITS, IDLE_ONES};

/// Octets between flags of which fewer are no frame: the least of Q.703 §4.1.4, which Q.922 §2.5 shares.
pub const SHORTEST_FRAME: usize = 3 + FCS_LENGTH;
/// Octets between flags of which more are no frame. MTP2 needs 279, Annex A 282, Frame Relay as Gb uses it 1,600.
pub const LONGEST_FRAME: usize = 2048;

/// The state between octets.
#[derive(Debug)]
pub struct Receiver {
    /// Ones in sequence at the end of what came.
    ones: u8,
    /// Whether a flag was seen, and neither abort nor nonsense since.
    in_frame: bool,
    /// Data bits that are no whole octet yet, the first in the lowest place.
    bits: u32,
    bit_count: u8,
    frame: Vec<u8>,
}

impl Receiver {
    /// In search of a flag.
    pub fn new() -> Self {
        // The frame's octets are given when there is one: most of the channels of a search never have any.
        Self { ones: IDLE_ONES, in_frame: false, bits: 0, bit_count: 0, frame: Vec::new() }
    }

    /// What came is not continued by what comes: searches for a flag.
    pub fn lose(&mut self) {
        self.ones = IDLE_ONES;
        self.leave();
    }

    /// Takes the next octets and gives each intact frame without its check sequence, with the index of the octet that
    /// completed its closing flag.
    #[inline]
    pub fn take(&mut self, octets: &[u8], counters: &mut ChannelCounters, mut frame: impl FnMut(usize, &[u8])) {
        for (index, octet) in octets.iter().enumerate() {
            let step = hdlc::step(self.ones, *octet);
            if step.is_special {
                self.take_bits(*octet, counters, |intact| frame(index, intact));
            } else {
                self.ones = step.ones;
                if self.in_frame {
                    self.data(step.data, step.count, counters);
                }
            }
        }
    }

    fn take_bits(&mut self, octet: u8, counters: &mut ChannelCounters, mut frame: impl FnMut(&[u8])) {
        for place in 0..8 {
            let (meaning, ones) = hdlc::bit(self.ones, octet >> place & 1 == 1);
            self.ones = ones;
            match meaning {
                Bit::Data(is_one) if self.in_frame => self.data(u8::from(is_one), 1, counters),
                Bit::Data(_) | Bit::Nothing => {}
                Bit::Flag => {
                    if let Some(intact) = self.close(counters) {
                        frame(intact);
                    }
                    self.enter();
                }
                Bit::Abort => {
                    counters.aborts += u64::from(self.in_frame);
                    self.leave();
                }
            }
        }
    }

    #[inline]
    fn data(&mut self, data: u8, count: u8, counters: &mut ChannelCounters) {
        self.bits |= u32::from(data) << self.bit_count;
        self.bit_count += count;
        if self.bit_count >= 8 {
            self.frame.push(self.bits as u8);
            self.bits >>= 8;
            self.bit_count -= 8;
            if self.frame.len() > LONGEST_FRAME {
                counters.too_long += 1;
                self.leave();
            }
        }
    }

    // A flag has come: what lies before it is a frame, or nothing where flags follow each other.
    fn close(&self, counters: &mut ChannelCounters) -> Option<&[u8]> {
        counters.flags += 1;
        let length = self.frame.len();
        if !self.in_frame || length == 0 && self.bit_count <= FLAG_DATA_BITS {
            return None;
        }
        let fault = if self.bit_count != FLAG_DATA_BITS {
            &mut counters.not_whole_octets
        } else if length < SHORTEST_FRAME {
            &mut counters.too_short
        } else if !hdlc::is_intact(&self.frame) {
            &mut counters.check_errors
        } else {
            counters.frames += 1;
            return self.frame.get(..length - FCS_LENGTH);
        };
        *fault += 1;
        None
    }

    fn enter(&mut self) {
        self.leave();
        self.in_frame = true;
    }

    fn leave(&mut self) {
        self.in_frame = false;
        (self.bits, self.bit_count) = (0, 0);
        self.frame.clear();
    }
}

impl Default for Receiver {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Bits as they are on the line, the first on the left; blanks are for the eye.
    fn octets(line: &str, before: usize) -> Vec<u8> {
        let bits: Vec<u8> = "1".repeat(before).bytes().chain(line.bytes()).filter(|bit| *bit != b' ').collect();
        bits.chunks(8).map(|chunk| (0..).zip(chunk).map(|(place, bit)| (bit - b'0') << place).sum()).collect()
    }

    fn check(line: &str, expected: &[&[u8]], counted: impl Fn(&ChannelCounters) -> u64, count: u64) {
        for before in 0..24 {
            for piece in [1, 3, 64] {
                let (mut receiver, mut counters) = (Receiver::new(), ChannelCounters::default());
                let mut frames: Vec<Vec<u8>> = Vec::new();
                for octets in octets(line, before).chunks(piece) {
                    receiver.take(octets, &mut counters, |_, frame| frames.push(frame.to_vec()));
                }
                assert_eq!(frames, expected, "{before} bits before");
                assert_eq!(counted(&counters), count, "{before} bits before: {counters:?}");
            }
        }
    }

    const FLAG: &str = "0111 1110 ";
    // A FISU as alignment leaves it: numbers 127 with their indicators set, length 0; a zero behind five ones each.
    const ONES: &str = "111110 111110 111110 1 00000000";

    /// Octets, with their check sequence, stuffed.
    fn stuffed(octets: &[u8]) -> String {
        let mut frame = octets.to_vec();
        let crc = octets.iter().fold(0xffff_u16, |crc, octet| {
            (0..8).fold(crc, |crc, place| {
                let bit = crc & 1 ^ u16::from(octet >> place & 1);
                crc >> 1 ^ if bit == 1 { 0x8408 } else { 0 }
            })
        });
        frame.extend((!crc).to_le_bytes());
        let (mut line, mut ones) = (String::new(), 0);
        for place in 0..frame.len() * 8 {
            let bit = frame[place / 8] >> (place % 8) & 1;
            line.push_str(if bit == 1 { "1" } else { "0" });
            ones = if bit == 1 { ones + 1 } else { 0 };
            if ones == 5 {
                line.push('0');
                ones = 0;
            }
        }
        line
    }

    #[test]
    fn frames_are_cut_at_flags_wherever_they_begin() {
        assert!(stuffed(&[0xff, 0xff, 0]).starts_with(&ONES.replace(' ', "")));
        let (one, other) = (stuffed(&[0xff, 0xff, 0]), stuffed(&[1, 2, 3, 0x7e, 0x7e, 0x1f]));
        let line = [FLAG, &one, FLAG, &other, FLAG, FLAG, &one, FLAG].concat();
        let frames: [&[u8]; 3] = [&[0xff, 0xff, 0], &[1, 2, 3, 0x7e, 0x7e, 0x1f], &[0xff, 0xff, 0]];
        check(&line, &frames, |counters| counters.frames, 3);
    }

    #[test]
    fn flags_may_share_their_zero() {
        let one = stuffed(&[9, 9, 0]);
        check(&["0111111 0111111 01111110", &one, "0111111 01111110"].concat(), &[&[9, 9, 0]], |c| c.flags, 5);
    }

    #[test]
    fn an_abort_ends_a_frame_and_ones_are_idle() {
        let one = stuffed(&[9, 9, 0]);
        let line = [FLAG, "0101 1111 1111 1111 1110 10", FLAG, &one, FLAG, "11111111 11111111"].concat();
        check(&line, &[&[9, 9, 0]], |counters| counters.aborts, 2);
    }

    #[test]
    fn what_is_no_frame_is_counted_by_its_fault() {
        check(&[FLAG, &stuffed(&[1, 2]), FLAG].concat(), &[], |counters| counters.too_short, 1);
        check(&[FLAG, &stuffed(&[1, 2, 3]), "0", FLAG].concat(), &[], |counters| counters.not_whole_octets, 1);
        let damaged = stuffed(&[1, 2, 3]).replacen("1000 0000".replace(' ', "").as_str(), "10010000", 1);
        check(&[FLAG, &damaged, FLAG].concat(), &[], |counters| counters.check_errors, 1);
        check(&[FLAG, &"01".repeat(LONGEST_FRAME * 4 + 8), FLAG].concat(), &[], |counters| counters.too_long, 1);
    }
}

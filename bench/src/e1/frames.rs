//! Frames of 2,048 kbit/s: timeslot 0, with or without the cyclic redundancy check, and channels in the others (ITU-T G.704).

use super::{Bit, Bits, FRAME_BITS};

const TIMESLOT_BITS: usize = 8;
const TIMESLOTS: usize = 32;
const SUB_MULTIFRAME: usize = 8;

/// What timeslot 0 is like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Framing {
    /// Whether there is a multiframe with the check, G.704 §2.3.3.
    pub crc4: bool,
    /// The remote alarm indication.
    pub remote_alarm: bool,
}

/// Puts channels into frames.
#[derive(Clone, Debug)]
pub struct Framer {
    framing: Framing,
    /// Timeslots and what is to be sent in them, and how far it was.
    channels: Vec<(Vec<usize>, Bits, usize)>,
    /// Frames so far.
    number: usize,
    /// The check bits of the last sub-multiframe.
    check: [Bit; 4],
}

impl Framer {
    /// Nothing in any timeslot but ones.
    pub fn new(framing: Framing) -> Self {
        Self { framing, channels: Vec::new(), number: 0, check: [false; 4] }
    }

    /// Sends these bits in these timeslots, and flags when they are at their end.
    pub fn channel(mut self, timeslots: impl IntoIterator<Item = usize>, bits: Bits) -> Self {
        self.channels.push((timeslots.into_iter().collect(), bits, 0));
        self
    }

    /// What channel `index` (in the order of their making) is to send next, in place of what it was.
    pub fn supply(&mut self, index: usize, bits: Bits) {
        if let Some((_, supply, sent)) = self.channels.get_mut(index) {
            (*supply, *sent) = (bits, 0);
        }
    }

    /// The next frames: whole multiframes.
    pub fn frames(&mut self, count: usize) -> Bits {
        let mut line: Vec<[Bit; FRAME_BITS]> = (0..count).map(|number| self.frame(self.number + number)).collect();
        self.number += count;
        if self.framing.crc4 {
            self.check = insert_checks(&mut line, self.check);
        }
        let mut bits = Bits::default();
        line.iter().for_each(|frame| bits.extend(frame));
        bits
    }

    fn frame(&mut self, number: usize) -> [Bit; FRAME_BITS] {
        let mut frame = [true; FRAME_BITS];
        let (timeslots, _) = frame.as_chunks_mut::<TIMESLOT_BITS>();
        if let Some(first) = timeslots.first_mut() {
            *first = self.timeslot_0(number);
        }
        for (places, bits, sent) in &mut self.channels {
            for place in places.iter().filter(|place| (1..TIMESLOTS).contains(*place)) {
                if let Some(timeslot) = timeslots.get_mut(*place) {
                    *timeslot = next_octet(bits.as_slice(), *sent);
                }
                *sent += TIMESLOT_BITS;
            }
        }
        frame
    }

    // Tables 5A and 5B.
    fn timeslot_0(&self, number: usize) -> [Bit; TIMESLOT_BITS] {
        const ALIGNMENT: u8 = 0b0001_1011;
        const NO_ALIGNMENT: u8 = 0b0101_1111;
        const INTERNATIONAL: u8 = 0b1000_0000;
        const REMOTE_ALARM: u8 = 0b0010_0000;
        const MULTIFRAME_ALIGNMENT: u8 = 0b0010_1111; // a bit in every second frame
        let Framing { crc4, remote_alarm } = self.framing;
        if number.is_multiple_of(2) {
            return octet(ALIGNMENT | if crc4 { 0 } else { INTERNATIONAL });
        }
        let first = if crc4 { MULTIFRAME_ALIGNMENT << (number % 16 / 2) & INTERNATIONAL } else { INTERNATIONAL };
        octet(NO_ALIGNMENT | first | if remote_alarm { REMOTE_ALARM } else { 0 })
    }
}

// The first bit of a timeslot is written on the left.
fn octet(value: u8) -> [Bit; TIMESLOT_BITS] {
    std::array::from_fn(|place| value << place & 0x80 != 0)
}

// The bits of a channel from `sent` on, and flags behind them.
fn next_octet(bits: &[Bit], sent: usize) -> [Bit; TIMESLOT_BITS] {
    const FLAG: u8 = 0b0111_1110;
    if let Some(octet) = bits.get(sent..).and_then(<[Bit]>::first_chunk) {
        return *octet;
    }
    std::array::from_fn(|place| {
        let place = sent + place;
        bits.get(place).copied().unwrap_or_else(|| FLAG << ((place - bits.len()) % 8) & 0x80 != 0)
    })
}

// The remainder over each sub-multiframe stands in the next one, in bit 1 of the frames with alignment signal.
// Gives the last one.
fn insert_checks(line: &mut [[Bit; FRAME_BITS]], mut check: [Bit; 4]) -> [Bit; 4] {
    for sub_multiframe in line.chunks_mut(SUB_MULTIFRAME) {
        let remainder = remainder(sub_multiframe.iter().flatten());
        for (frame, bit) in sub_multiframe.iter_mut().step_by(2).zip(check) {
            if let Some(place) = frame.first_mut() {
                *place = bit;
            }
        }
        check = remainder;
    }
    check
}

// Division by x⁴ + x + 1; the check bits are still 0. The highest power first.
fn remainder<'a>(bits: impl Iterator<Item = &'a Bit>) -> [Bit; 4] {
    let [mut x3, mut x2, mut x1, mut x0] = [false; 4];
    for bit in bits.chain(&[false; 4]) {
        let out = x3;
        (x3, x2, x1, x0) = (x2, x1, x0 ^ out, *bit ^ out);
    }
    [x3, x2, x1, x0]
}

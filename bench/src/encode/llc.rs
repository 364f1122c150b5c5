//! Logical link control, 3GPP TS 44.064 §6: frames between phone and SGSN, with their check.

use super::{Message, Octets};
use crate::random::Random;
use crate::script::Side;

/// Service access points, §6.2.3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sapi {
    /// Mobility and session management.
    Llgmm = 1,
    /// User data.
    Ll3 = 3,
    /// Short messages.
    Llsms = 7,
}

impl Sapi {
    /// How many there are here.
    pub const COUNT: usize = 3;

    /// The place of its counters.
    pub fn index(self) -> usize {
        match self {
            Self::Llgmm => 0,
            Self::Ll3 => 1,
            Self::Llsms => 2,
        }
    }
}

/// How a frame's information is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protection {
    /// As it is; the check covers all of it.
    Checked,
    /// As it is; the check covers the header and four octets (N202, §8.9.5).
    HeaderChecked,
    /// Ciphered together with the check.
    Ciphered,
}

const COMMAND: bool = true;
const RESPONSE: bool = false;
/// N202 for SNDCP of version 1, §8.9.5.
const UNPROTECTED_OCTETS: usize = 4;

// Commands of the SGSN and responses of the phone have C/R set, §6.2.2.
fn address(o: &mut Octets, side: Side, sapi: Sapi, command: bool) {
    const C_R: u8 = 0x40;
    let set = (side == Side::Msc) == command;
    o.u8(if set { C_R } else { 0 } | sapi as u8);
}

// Ends a frame that began at `start`: its check, over `covered` octets at most.
fn end(o: &mut Octets, start: usize, covered: usize) {
    let frame = o.as_slice().get(start..).unwrap_or_default();
    let check = frame_check(frame.get(..covered.min(frame.len())).unwrap_or_default());
    o.bytes(check.to_le_bytes().get(..3).unwrap_or_default());
}

/// UI frame, §6.3.3 (and §6.4.3.1): unacknowledged information, numbered N(U) from 0 to 511.
pub fn ui(
    o: &mut Octets,
    side: Side,
    sapi: Sapi,
    number: u16,
    protection: Protection,
    random: &mut Random,
    information: impl FnOnce(&mut Octets),
) {
    let start = o.len();
    address(o, side, sapi, COMMAND);
    o.note(Message::LlcUi);
    let (encrypted, protected) = match protection {
        Protection::Checked => (0, 1),
        Protection::HeaderChecked => (0, 0),
        Protection::Ciphered => (2, 1),
    };
    o.u8(0xc0 | (number >> 6 & 7) as u8);
    o.u8((number << 2) as u8 | encrypted | protected);
    let (header, mark) = (o.len() - start, o.mark());
    information(o);
    end(o, start, if protection == Protection::HeaderChecked { header + UNPROTECTED_OCTETS } else { usize::MAX });
    if protection == Protection::Ciphered {
        o.hide(mark, random);
    }
}

/// I frame with receive ready, §6.3.1: acknowledged information N(S), and N(R), the next one that is awaited. Whether it is
/// ciphered it does not say.
pub fn i(
    o: &mut Octets,
    side: Side,
    sapi: Sapi,
    numbers: (u16, u16),
    ciphered: Option<&mut Random>,
    information: impl FnOnce(&mut Octets),
) {
    let (sent, awaited) = numbers;
    let start = o.len();
    address(o, side, sapi, COMMAND);
    o.note(Message::LlcI);
    o.u8((sent >> 4 & 0x1f) as u8);
    o.u8((sent << 4) as u8 | (awaited >> 6 & 7) as u8);
    o.u8((awaited << 2) as u8);
    let mark = o.mark();
    information(o);
    end(o, start, usize::MAX);
    if let Some(random) = ciphered {
        o.hide(mark, random);
    }
}

/// RR, §6.3.2: all information before N(R) has arrived.
pub fn receive_ready(o: &mut Octets, side: Side, sapi: Sapi, awaited: u16) {
    let start = o.len();
    address(o, side, sapi, RESPONSE);
    o.note(Message::LlcRr);
    o.u8(0x80 | (awaited >> 6 & 7) as u8);
    o.u8((awaited << 2) as u8);
    end(o, start, usize::MAX);
}

// U frame, §6.3.4: P/F bit and M bits.
fn unnumbered(o: &mut Octets, side: Side, sapi: Sapi, command: bool, message: Message) {
    const POLL_FINAL: u8 = 0x10;
    address(o, side, sapi, command);
    o.note(message);
    o.u8(message.code() | if message == Message::LlcNull { 0 } else { POLL_FINAL });
}

/// SABM, §6.4.1.1, and UA, §6.4.1.3: acknowledged operation begins.
pub fn establish(o: &mut Octets, side: Side, sapi: Sapi, message: Message) {
    let start = o.len();
    unnumbered(o, side, sapi, message == Message::LlcSabm, message);
    end(o, start, usize::MAX);
}

/// NULL, §6.4.1.6: nothing but that the phone is there, which updates its cell.
pub fn null(o: &mut Octets, side: Side) {
    let start = o.len();
    unnumbered(o, side, Sapi::Llgmm, COMMAND, Message::LlcNull);
    end(o, start, usize::MAX);
}

/// XID, §6.4.1.4 and §6.4.1.5, with the largest information field of UI frames (N201-U, §6.4.1.6).
pub fn exchange_identification(o: &mut Octets, side: Side, sapi: Sapi, command: bool, n201_u: u16) {
    const N201_U: u8 = 5;
    let start = o.len();
    unnumbered(o, side, sapi, command, Message::LlcXid);
    o.u8(N201_U << 2 | 2);
    o.u16(n201_u);
    end(o, start, usize::MAX);
}

/// XID with which the SGSN sets the input offset value of ciphering (IOV-UI, §6.4.1.6 and §8.9.2).
pub fn offer_ciphering_input(o: &mut Octets, offset: u32) {
    const IOV_UI: u8 = 1;
    const LONG: u8 = 0x80;
    let start = o.len();
    unnumbered(o, Side::Msc, Sapi::Llgmm, COMMAND, Message::LlcXid);
    o.u8(LONG | IOV_UI << 2);
    o.u8(4 << 2);
    o.u32(offset);
    end(o, start, usize::MAX);
}

// §5.5: the generator, lowest power in the highest bit:
// x^24 + x^23 + x^21 + x^20 + x^19 + x^17 + x^16 + x^15 + x^13 + x^8 + x^7 + x^5 + x^4 + x^2 + 1.
const POWERS: [u32; 14] = [0, 2, 4, 5, 7, 8, 13, 15, 16, 17, 19, 20, 21, 23];
const ALL_ONES: u32 = (1 << 24) - 1;
// The rest that each octet leaves with so many octets of zeros behind it: four octets are divided at a time.
static TABLES: [[u32; 256]; 4] = tables();

const fn generator() -> u32 {
    let (mut generator, mut index) = (0, 0);
    while index < POWERS.len() {
        generator |= 1 << (23 - POWERS[index]);
        index += 1;
    }
    generator
}

const fn tables() -> [[u32; 256]; 4] {
    let mut tables = [[0; 256]; 4];
    let mut value = 0;
    while value < 256 {
        let (mut rest, mut bit) = (value as u32, 0);
        while bit < 32 {
            rest = if rest & 1 == 0 { rest >> 1 } else { rest >> 1 ^ generator() };
            bit += 1;
            if bit % 8 == 0 {
                tables[bit / 8 - 1][value] = rest;
            }
        }
        value += 1;
    }
    tables
}

fn frame_check(octets: &[u8]) -> u32 {
    let [none, one, two, three] = &TABLES;
    let after = |table: &[u32; 256], octet: u8| table.get(usize::from(octet)).copied().unwrap_or_default();
    let (words, last) = octets.as_chunks::<4>();
    let word = |rest: u32, word: &[u8; 4]| {
        let [a, b, c, d] = (rest ^ u32::from_le_bytes(*word)).to_le_bytes();
        after(three, a) ^ after(two, b) ^ after(one, c) ^ after(none, d)
    };
    let octet = |rest: u32, octet: &u8| rest >> 8 ^ after(none, rest as u8 ^ octet);
    !last.iter().fold(words.iter().fold(ALL_ONES, word), octet) & ALL_ONES
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_as_a_recorded_phone_writes_it() {
        // ATTACH COMPLETE in UI frame 3 of LLGMM, as in `gb-sgsn-leg.pcap`.
        let mut o = Octets::default();
        ui(&mut o, Side::Bss, Sapi::Llgmm, 3, Protection::Checked, &mut Random::new(1), |o| o.bytes(&[0x08, 0x03]));
        assert_eq!(o.as_slice(), [0x01, 0xc0, 0x0d, 0x08, 0x03, 0x55, 0x1c, 0xea]);
    }

    #[test]
    fn what_is_ciphered_keeps_its_length_and_nothing_else() {
        let write = |protection| {
            let mut o = Octets::default();
            ui(&mut o, Side::Msc, Sapi::Ll3, 300, protection, &mut Random::new(1), |o| {
                o.message(Message::AttachComplete);
                o.bytes(&[0; 40]);
            });
            o
        };
        let (clear, ciphered) = (write(Protection::Checked), write(Protection::Ciphered));
        assert_eq!(clear.len(), ciphered.len());
        assert_eq!(ciphered.messages(), [Message::LlcUi]);
        assert!(ciphered.as_slice().windows(4).all(|octets| octets != [0; 4]));
    }
}

//! Where encoders write: octets with length fields filled in afterwards, and a note of every message written.

use event::Number;

use super::message::{Message, Protocol};
use crate::random::Random;

/// A place in [`Octets`] under construction.
#[derive(Clone, Copy, Debug)]
pub struct Mark {
    octets: usize,
    messages: usize,
}

/// Octets under construction. Reused from script to script, so that writing a message allocates nothing.
#[derive(Debug, Default)]
pub struct Octets {
    octets: Vec<u8>,
    messages: Vec<Message>,
}

impl Octets {
    /// Forgets everything, keeps the memory.
    #[inline]
    pub fn clear(&mut self) {
        self.octets.clear();
        self.messages.clear();
    }

    /// Everything written so far.
    #[inline]
    pub fn as_slice(&self) -> &[u8] {
        &self.octets
    }

    /// Every message noted so far, in the order of writing.
    #[inline]
    pub fn messages(&self) -> &[Message] {
        &self.messages
    }

    /// How many octets there are.
    #[inline]
    pub fn len(&self) -> usize {
        self.octets.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.octets.is_empty()
    }

    /// Notes that a message begins here, without writing anything.
    #[inline]
    pub fn note(&mut self, message: Message) {
        self.messages.push(message);
    }

    /// Notes that these messages are here.
    #[inline]
    pub fn note_all(&mut self, messages: &[Message]) {
        self.messages.extend_from_slice(messages);
    }

    /// Begins a message that is known by its type alone: writes the type. MM, CC, SS and SMS write their protocol
    /// discriminator first ([`Octets::layer3`]).
    #[inline]
    pub fn message(&mut self, message: Message) {
        self.note(message);
        self.u8(message.code());
    }

    /// Begins a layer 3 message: skip indicator or transaction identifier in the high half octet, protocol
    /// discriminator, message type (3GPP TS 24.007 §11.2.3).
    pub fn layer3(&mut self, high: u8, message: Message) {
        let discriminator = match message.protocol() {
            Protocol::Cc => 0x3,
            Protocol::Mm => 0x5,
            Protocol::Rr => 0x6,
            Protocol::Gmm => 0x8,
            Protocol::Sms => 0x9,
            Protocol::Sm => 0xa,
            _ => 0xb,
        };
        self.u8(high << 4 | discriminator);
        self.message(message);
    }

    /// One octet.
    #[inline]
    pub fn u8(&mut self, value: u8) {
        self.octets.push(value);
    }

    /// Two octets, most significant first.
    #[inline]
    pub fn u16(&mut self, value: u16) {
        self.octets.extend_from_slice(&value.to_be_bytes());
    }

    /// Four octets, most significant first.
    #[inline]
    pub fn u32(&mut self, value: u32) {
        self.octets.extend_from_slice(&value.to_be_bytes());
    }

    /// Octets as they are.
    #[inline]
    pub fn bytes(&mut self, bytes: &[u8]) {
        self.octets.extend_from_slice(bytes);
    }

    /// Zeros behind what has `length` octets, up to a multiple of four.
    #[inline]
    pub fn pad(&mut self, length: usize) {
        self.bytes([0; 3].get(..length.wrapping_neg() & 3).unwrap_or_default());
    }

    /// A length octet and what `body` writes.
    pub fn lv(&mut self, body: impl FnOnce(&mut Self)) {
        let at = self.octets.len();
        self.u8(0);
        body(self);
        let length = self.octets.len() - at - 1;
        debug_assert!(length < 256, "a length octet cannot say {length}");
        if let Some(octet) = self.octets.get_mut(at) {
            *octet = length as u8;
        }
    }

    /// A tag, a length octet and what `body` writes.
    pub fn tlv(&mut self, tag: u8, body: impl FnOnce(&mut Self)) {
        self.u8(tag);
        self.lv(body);
    }

    /// A tag, a length octet and these octets.
    pub fn tlv_bytes(&mut self, tag: u8, bytes: &[u8]) {
        self.tlv(tag, |o| o.bytes(bytes));
    }

    /// Where the next octet goes.
    pub fn mark(&self) -> Mark {
        Mark { octets: self.octets.len(), messages: self.messages.len() }
    }

    /// Makes what follows `from` unreadable, as ciphering does; messages in it are not to be seen.
    pub fn hide(&mut self, from: Mark, random: &mut Random) {
        self.messages.truncate(from.messages);
        for chunk in self.octets.get_mut(from.octets..).unwrap_or_default().chunks_mut(8) {
            chunk.copy_from_slice(random.octets::<8>().get(..chunk.len()).unwrap_or_default());
        }
    }

    /// Sets bits of an octet that was written before.
    pub fn set_bits(&mut self, at: usize, bits: u8) {
        if let Some(octet) = self.octets.get_mut(at) {
            *octet |= bits;
        }
    }

    /// Overwrites octets that were written before.
    #[inline]
    pub fn patch(&mut self, at: usize, bytes: &[u8]) {
        if let Some(place) = self.octets.get_mut(at..at + bytes.len()) {
            place.copy_from_slice(bytes);
        }
    }

    /// Symbols two to an octet, the first in the low half, an odd last one beside 1111 (3GPP TS 24.008 §10.5.4.7).
    pub fn half_octets(&mut self, symbols: impl IntoIterator<Item = u8>) {
        let mut symbols = symbols.into_iter();
        while let Some(low) = symbols.next() {
            self.u8(symbols.next().unwrap_or(15) << 4 | low);
        }
    }

    /// The symbols of a number, two to an octet.
    pub fn number(&mut self, number: &Number) {
        self.half_octets(number.symbols());
    }
}

/// The decimal digits of a value, `count` of them, most significant first.
pub fn digits(value: u64, count: u32) -> impl Iterator<Item = u8> {
    const MOST: usize = 20; // of a u64
    let (mut digits, mut rest) = ([0; MOST], value);
    for digit in digits.iter_mut().rev().take(count as usize) {
        (*digit, rest) = ((rest % 10) as u8, rest / 10);
    }
    digits.into_iter().skip(MOST.saturating_sub(count as usize))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_filled_in_from_inside_out() {
        let mut o = Octets::default();
        o.tlv(0x17, |o| o.lv(|o| o.bytes(&[1, 2, 3])));
        assert_eq!(o.as_slice(), [0x17, 4, 3, 1, 2, 3]);
    }

    #[test]
    fn an_odd_last_digit_stands_beside_the_filler() {
        let mut o = Octets::default();
        o.number(&"10086".parse().unwrap());
        assert_eq!(o.as_slice(), [0x01, 0x80, 0xf6]);
    }
}

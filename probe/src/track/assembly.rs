//! Segmented data of SCCP connections until it is whole (more data, ITU-T Q.713 §3.7).

use rustc_hash::FxHashMap;

/// The most octets of a segmented message of which segments are waiting.
pub const MAX_SEGMENTED_OCTETS: usize = 4096;
/// The most octets of segmented messages that wait, in all connections together.
pub const MAX_WAITING_OCTETS: usize = 32 << 20;
/// Buffers that are kept for the next messages, and their memory.
const SPARE_BUFFERS: usize = 256;
const SPARE_OCTETS: usize = 512;

/// What came of a segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Assembled {
    /// More is to come.
    Waiting,
    /// The message, in a buffer that is to be given back with [`Assemblies::recycle`].
    Whole(Vec<u8>),
    /// The message is given up because of [`MAX_SEGMENTED_OCTETS`] or [`MAX_WAITING_OCTETS`].
    Refused,
}

/// Messages that wait for their ends, by whom they go to.
#[derive(Default)]
pub struct Assemblies {
    waiting: FxHashMap<u32, Vec<u8>>,
    waiting_octets: usize,
    spare: Vec<Vec<u8>>,
}

impl Assemblies {
    /// Adds a segment of the message to `receiver`.
    pub fn add(&mut self, receiver: u32, data: &[u8], more: bool) -> Assembled {
        let mut buffer = self.take(receiver).or_else(|| self.spare.pop()).unwrap_or_default();
        let octets = buffer.len() + data.len();
        if octets > MAX_SEGMENTED_OCTETS || self.waiting_octets + octets > MAX_WAITING_OCTETS {
            self.recycle(buffer);
            return Assembled::Refused;
        }
        buffer.extend_from_slice(data);
        if !more {
            return Assembled::Whole(buffer);
        }
        self.waiting_octets += buffer.len();
        self.waiting.insert(receiver, buffer);
        Assembled::Waiting
    }

    /// What was to come to `receiver` never will.
    pub fn give_up(&mut self, receiver: u32) {
        if let Some(buffer) = self.take(receiver) {
            self.recycle(buffer);
        }
    }

    /// Takes a buffer back.
    pub fn recycle(&mut self, mut buffer: Vec<u8>) {
        if self.spare.len() < SPARE_BUFFERS {
            buffer.clear();
            buffer.shrink_to(SPARE_OCTETS);
            self.spare.push(buffer);
        }
    }

    fn take(&mut self, receiver: u32) -> Option<Vec<u8>> {
        let buffer = self.waiting.remove(&receiver)?;
        self.waiting_octets -= buffer.len();
        Some(buffer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_come_together_for_each_receiver() {
        let mut assemblies = Assemblies::default();
        assert_eq!(assemblies.add(1, b"ab", true), Assembled::Waiting);
        assert_eq!(assemblies.add(2, b"xy", true), Assembled::Waiting);
        assert_eq!(assemblies.add(1, b"c", false), Assembled::Whole(b"abc".to_vec()));
        assemblies.give_up(2);
        assert_eq!(assemblies.add(2, b"z", false), Assembled::Whole(b"z".to_vec()));
        assert_eq!(assemblies.waiting_octets, 0);
    }

    #[test]
    fn a_message_of_too_many_segments_is_given_up() {
        let mut assemblies = Assemblies::default();
        let piece = [7; 255];
        for _ in 0..MAX_SEGMENTED_OCTETS / piece.len() {
            assert_eq!(assemblies.add(1, &piece, true), Assembled::Waiting);
        }
        assert_eq!(assemblies.add(1, &piece, true), Assembled::Refused);
        assert_eq!(assemblies.add(1, &[1], false), Assembled::Whole(vec![1]));
    }

    #[test]
    fn what_waits_is_bounded_in_all_together() {
        let mut assemblies = Assemblies::default();
        let first = [7; MAX_SEGMENTED_OCTETS - 1];
        let receivers = MAX_WAITING_OCTETS.div_ceil(first.len()) as u32;
        let waiting = (0..receivers).filter(|receiver| assemblies.add(*receiver, &first, true) == Assembled::Waiting);
        assert_eq!(waiting.count(), receivers as usize - 1);
        let whole = (1..receivers).filter(|receiver| assemblies.add(receiver - 1, &[8], false) != Assembled::Waiting);
        assert_eq!(whole.count(), receivers as usize - 1);
        assert_eq!(assemblies.waiting_octets, 0);
    }
}

//! Layer 3 messages of the air interface, of which GSMTAP shows the frames: segments put together, channel by channel
//! (3GPP TS 44.006 §5.8.5).

use rustc_hash::FxHashMap;

use crate::wire::gsmtap::GsmtapHeader;
use crate::wire::lapdm::{Lapdm, LapdmFrameType};

/// Channels of which segments may wait; segments of further ones are not put together.
pub const MAX_CHANNELS: usize = 4096;
/// The longest layer 3 message, 3GPP TS 44.006 §5.8.5.
const MAX_OCTETS: usize = 251;

/// A service access point of one direction of a channel.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Channel {
    arfcn: u16,
    timeslot: u8,
    sub_type: u8,
    sub_slot: u8,
    uplink: bool,
    sapi: u8,
}

/// Segments that wait for the last one.
#[derive(Default)]
pub struct AirChannels {
    waiting: FxHashMap<Channel, Waiting>,
    /// Messages given up because of [`MAX_CHANNELS`] or because of a segment that is missing.
    pub incomplete: u64,
}

#[derive(Default)]
struct Waiting {
    next: u8,
    octets: Vec<u8>,
}

impl AirChannels {
    /// Takes a frame and calls `upward` with the layer 3 message that it completes.
    pub fn take(&mut self, header: &GsmtapHeader<'_>, frame: &Lapdm<'_>, upward: impl FnOnce(&[u8])) {
        if frame.information.is_empty() {
            return;
        }
        let Some(number) = frame.send_sequence.filter(|_| frame.frame_type == LapdmFrameType::I) else {
            return upward(frame.information);
        };
        let GsmtapHeader { arfcn, timeslot, sub_type, sub_slot, uplink, .. } = *header;
        let channel = Channel { arfcn, timeslot, sub_type, sub_slot, uplink, sapi: frame.sapi };
        let is_full = self.waiting.len() >= MAX_CHANNELS;
        let Some(waiting) = self.waiting.get_mut(&channel) else {
            match frame.more {
                false => upward(frame.information),
                true if is_full => self.incomplete += 1,
                true => {
                    let octets = frame.information.to_vec();
                    self.waiting.insert(channel, Waiting { next: (number + 1) % 8, octets });
                }
            }
            return;
        };
        if (number + 1) % 8 == waiting.next {
            // Sent again.
            return;
        }
        if number != waiting.next || waiting.octets.len() + frame.information.len() > MAX_OCTETS {
            self.incomplete += 1;
            self.waiting.remove(&channel);
            return;
        }
        waiting.octets.extend_from_slice(frame.information);
        waiting.next = (number + 1) % 8;
        if !frame.more
            && let Some(Waiting { octets, .. }) = self.waiting.remove(&channel)
        {
            upward(&octets);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(timeslot: u8) -> GsmtapHeader<'static> {
        let (kind, arfcn, frame_number, sub_type) = (1, 871, 0, 8);
        GsmtapHeader { kind, timeslot, arfcn, uplink: true, frame_number, sub_type, sub_slot: 0, payload: &[] }
    }

    fn segment(number: u8, more: bool, information: &'static [u8]) -> Lapdm<'static> {
        Lapdm { frame_type: LapdmFrameType::I, sapi: 0, send_sequence: Some(number), more, length: None, information }
    }

    fn check(frames: &[(u8, Lapdm<'static>)], expected: &[&[u8]], incomplete: u64) {
        let mut channels = AirChannels::default();
        let mut messages = Vec::new();
        for (timeslot, frame) in frames {
            channels.take(&header(*timeslot), frame, |message| messages.push(message.to_vec()));
        }
        assert_eq!(messages, expected);
        assert_eq!((channels.waiting.len(), channels.incomplete), (0, incomplete));
    }

    #[test]
    fn segments_of_one_channel_are_one_message() {
        let (first, second, third) = (segment(7, true, &[1, 2]), segment(0, true, &[3]), segment(1, false, &[4]));
        check(&[(1, first), (1, second), (1, second), (1, third)], &[&[1, 2, 3, 4]], 0);
        check(&[(1, first), (2, segment(0, false, &[9])), (1, second), (1, third)], &[&[9], &[1, 2, 3, 4]], 0);
        check(&[(1, first), (1, third)], &[], 1);
        let command = Lapdm { frame_type: LapdmFrameType::SABM, send_sequence: None, ..segment(0, false, &[5, 8]) };
        check(&[(1, command), (1, segment(0, false, &[]))], &[&[5, 8]], 0);
    }
}

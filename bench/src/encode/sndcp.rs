//! Subnetwork dependent convergence protocol, 3GPP TS 44.065 §7.2: user packets (N-PDUs) in segments, uncompressed.

use super::{Message, Octets};

const FIRST: u8 = 0x40;
const UNACKNOWLEDGED: u8 = 0x20;
const MORE: u8 = 0x10;
const NO_COMPRESSION: u8 = 0;

/// A segment of an N-PDU.
#[derive(Clone, Copy, Debug)]
pub struct Segment<'a> {
    /// Network service access point identifier, 5 to 15.
    pub nsapi: u8,
    /// Number of the N-PDU.
    pub number: u16,
    /// Which segment of it, from 0.
    pub index: u8,
    /// Whether another follows.
    pub more: bool,
    /// Its part of the N-PDU.
    pub octets: &'a [u8],
}

/// The segments of a packet: as long as the information field of a frame allows.
pub fn segments(nsapi: u8, number: u16, packet: &[u8], longest: usize) -> impl Iterator<Item = Segment<'_>> {
    let last = packet.len().div_ceil(longest).saturating_sub(1);
    packet.chunks(longest).enumerate().map(move |(index, octets)| Segment {
        nsapi,
        number,
        index: index as u8,
        more: index < last,
        octets,
    })
}

fn head(o: &mut Octets, segment: &Segment<'_>, kind: u8) {
    let first = segment.index == 0;
    o.u8(if first { FIRST } else { 0 } | kind | if segment.more { MORE } else { 0 } | segment.nsapi);
    if first {
        o.u8(NO_COMPRESSION);
    }
}

/// SN-UNITDATA, §7.2.2: in UI frames. The number has 12 bits.
pub fn unitdata(o: &mut Octets, segment: &Segment<'_>) {
    o.note(Message::SnUnitdata);
    head(o, segment, UNACKNOWLEDGED);
    o.u16(u16::from(segment.index & 15) << 12 | segment.number & 0xfff);
    o.bytes(segment.octets);
}

/// SN-DATA, §7.2.1: in I frames. The number has 8 bits and stands in the first segment.
pub fn data(o: &mut Octets, segment: &Segment<'_>) {
    o.note(Message::SnData);
    head(o, segment, 0);
    if segment.index == 0 {
        o.u8(segment.number as u8);
    }
    o.bytes(segment.octets);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packet_is_cut_and_its_segments_numbered() {
        let mut o = Octets::default();
        segments(5, 0x123, &[1, 2, 3, 4, 5], 2).for_each(|segment| unitdata(&mut o, &segment));
        assert_eq!(o.as_slice(), [0x75, 0, 0x01, 0x23, 1, 2, 0x35, 0x11, 0x23, 3, 4, 0x25, 0x21, 0x23, 5]);
        o.clear();
        segments(5, 0x123, &[1, 2, 3], 2).for_each(|segment| data(&mut o, &segment));
        assert_eq!(o.as_slice(), [0x55, 0, 0x23, 1, 2, 0x05, 3]);
    }
}

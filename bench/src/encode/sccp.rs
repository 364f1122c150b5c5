//! Signalling connection control part, ITU-T Q.713: classes 0 and 2, subsystem BSSAP.

use super::{Message, Octets, PointCode};

/// A local reference, 24 bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reference(pub u32);

/// Subsystem number of BSSAP, 3GPP TS 48.006 §6.2.
pub const BSSAP: u8 = 254;
const CLASS_2: u8 = 0x02;
/// Tags of user data and segmentation among optional parameters, §3.16, §3.17.
pub(super) const DATA: u8 = 0x0f;
pub(super) const SEGMENTATION: u8 = 0x10;

// References and point codes go least significant octet first (Q.713 §3.2, §3.4.2.2).
fn reference(o: &mut Octets, reference: Reference) {
    let [a, b, c, _] = reference.0.to_le_bytes();
    o.bytes(&[a, b, c]);
}

// §3.4: routed on subsystem number, point code and subsystem number present, no global title.
fn address(o: &mut Octets, point_code: PointCode) {
    o.u8(0x43);
    point_code.write(o);
    o.u8(BSSAP);
}

/// The two ends of a message: point codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ends {
    /// To whom.
    pub called: PointCode,
    /// From whom.
    pub calling: PointCode,
}

/// CONNECTION REQUEST, §4.2, class 2, with user data.
pub fn connection_request(o: &mut Octets, source: Reference, ends: Ends, data: impl FnOnce(&mut Octets)) {
    o.message(Message::ConnectionRequest);
    reference(o, source);
    o.u8(CLASS_2);
    o.u8(2); // pointer to the called party address
    let pointer = o.len();
    o.u8(0); // pointer to the optional part
    o.lv(|o| address(o, ends.called));
    o.patch(pointer, &[(o.len() - pointer) as u8]);
    o.tlv(0x04, |o| address(o, ends.calling));
    o.tlv(DATA, data);
    o.u8(0); // end of optional parameters
}

/// CONNECTION CONFIRM, §4.3, without user data.
pub fn connection_confirm(o: &mut Octets, destination: Reference, source: Reference) {
    o.message(Message::ConnectionConfirm);
    reference(o, destination);
    reference(o, source);
    o.u8(CLASS_2);
    o.u8(0); // no optional part
}

/// CONNECTION CONFIRM, §4.3, with user data.
pub fn connection_confirm_with_data(
    o: &mut Octets,
    destination: Reference,
    source: Reference,
    data: impl FnOnce(&mut Octets),
) {
    o.message(Message::ConnectionConfirm);
    reference(o, destination);
    reference(o, source);
    o.u8(CLASS_2);
    o.u8(1); // pointer to the optional part
    o.tlv(DATA, data);
    o.u8(0);
}

/// DATA FORM 1, §4.7, unsegmented.
pub fn data_form_1(o: &mut Octets, destination: Reference, data: impl FnOnce(&mut Octets)) {
    segment_of_data(o, destination, false, data);
}

// DATA FORM 1 after which more data follows, or not (§3.7).
fn segment_of_data(o: &mut Octets, destination: Reference, more: bool, data: impl FnOnce(&mut Octets)) {
    o.message(Message::DataForm1);
    reference(o, destination);
    o.u8(u8::from(more));
    o.u8(1); // pointer to the data
    o.lv(data);
}

/// RELEASED, §4.5, originated by the user.
pub fn released(o: &mut Octets, destination: Reference, source: Reference) {
    o.message(Message::Released);
    reference(o, destination);
    reference(o, source);
    o.u8(3); // §3.11: SCCP user originated
    o.u8(0);
}

/// RELEASE COMPLETE, §4.6.
pub fn release_complete(o: &mut Octets, destination: Reference, source: Reference) {
    o.message(Message::ReleaseComplete);
    reference(o, destination);
    reference(o, source);
}

/// INACTIVITY TEST, §4.16.
pub fn inactivity_test(o: &mut Octets, destination: Reference, source: Reference) {
    o.message(Message::InactivityTest);
    reference(o, destination);
    reference(o, source);
    o.u8(CLASS_2);
    o.bytes(&[0, 0, 0]); // sequencing and credit: without meaning in class 2
}

/// UNITDATA, §4.10, class 0.
pub fn unitdata(o: &mut Octets, ends: Ends, data: impl FnOnce(&mut Octets)) {
    o.message(Message::Unitdata);
    o.u8(0x00);
    variable(o, ends, data, |_| {});
}

// The pointers to called and calling party address and data, those that `pointers` adds, and what the first three lead to.
fn variable(o: &mut Octets, ends: Ends, data: impl FnOnce(&mut Octets), pointers: impl FnOnce(&mut Octets)) {
    let at = o.len();
    o.bytes(&[0; 3]);
    pointers(o);
    point(o, at);
    o.lv(|o| address(o, ends.called));
    point(o, at + 1);
    o.lv(|o| address(o, ends.calling));
    point(o, at + 2);
    o.lv(data);
}

// A pointer counts from itself to what is written next (§2.3).
fn point(o: &mut Octets, pointer: usize) {
    o.patch(pointer, &[(o.len() - pointer) as u8]);
}

/// Where a segment of connectionless data stands, §3.17.
#[derive(Clone, Copy, Debug)]
struct Segment {
    first: bool,
    remaining: u8,
    reference: Reference,
}

// EXTENDED UNITDATA, §4.18, class 1 so that segments keep their order.
fn extended_unitdata(o: &mut Octets, ends: Ends, segment: Segment, data: &[u8]) {
    const CLASS_1: u8 = 0x01;
    const HOPS: u8 = 15;
    o.message(Message::ExtendedUnitdata);
    o.bytes(&[CLASS_1, HOPS]);
    let at = o.len();
    variable(o, ends, |o| o.bytes(data), |o| o.u8(0));
    point(o, at + 3);
    o.tlv(SEGMENTATION, |o| {
        o.u8(u8::from(segment.first) << 7 | segment.remaining);
        reference(o, segment.reference);
    });
    o.u8(0);
}

/// Cuts user data longer than `longest` octets into several messages: DATA FORM 1 with more-data (Q.714 §3.5.3), EXTENDED
/// UNITDATA in place of UNITDATA (Q.714 §4.1.1). Gives where each message ends in `o`; other messages remain as they are.
pub fn segmented(o: &mut Octets, message: &[u8], ends: Ends, longest: usize) -> Vec<usize> {
    match *message {
        [DATA_FORM_1, a, b, c, _, 1, length, ref data @ ..] if usize::from(length) > longest => {
            let destination = Reference(u32::from_le_bytes([a, b, c, 0]));
            segments(data, longest, |data, remaining| {
                segment_of_data(o, destination, remaining > 0, |o| o.bytes(data));
                o.len()
            })
        }
        [UNITDATA, _, _, _, pointer, ..] => {
            let data = message.get(5 + usize::from(pointer)..).unwrap_or_default();
            let reference = Reference(crc32c::crc32c(message) >> 8);
            if data.len() <= longest {
                o.bytes(message);
                return vec![o.len()];
            }
            let mut first = true;
            segments(data, longest, |data, remaining| {
                let segment = Segment { first: std::mem::take(&mut first), remaining, reference };
                extended_unitdata(o, ends, segment, data);
                o.len()
            })
        }
        _ => {
            o.bytes(message);
            vec![o.len()]
        }
    }
}

const DATA_FORM_1: u8 = Message::DataForm1.code();
const UNITDATA: u8 = Message::Unitdata.code();

fn segments(data: &[u8], longest: usize, mut write: impl FnMut(&[u8], u8) -> usize) -> Vec<usize> {
    let count = data.len().div_ceil(longest);
    let numbered = data.chunks(longest).zip((0..count as u8).rev());
    numbered.map(|(data, remaining)| write(data, remaining)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENDS: Ends = Ends { called: PointCode::Itu(187), calling: PointCode::China(0x01_02_03) };

    #[test]
    fn pointers_follow_the_width_of_point_codes() {
        let mut o = Octets::default();
        unitdata(&mut o, ENDS, |o| o.bytes(&[7, 8]));
        let expected = [9, 0, 3, 7, 12, 4, 0x43, 0xbb, 0, 254, 5, 0x43, 3, 2, 1, 254, 2, 7, 8];
        assert_eq!(o.as_slice(), expected);
    }

    #[test]
    fn data_is_cut_where_it_is_too_long() {
        let mut message = Octets::default();
        data_form_1(&mut message, Reference(5), |o| o.bytes(&[1, 2, 3, 4, 5]));
        let mut o = Octets::default();
        assert_eq!(segmented(&mut o, message.as_slice(), ENDS, 5), [12]);
        o.clear();
        assert_eq!(segmented(&mut o, message.as_slice(), ENDS, 3), [10, 19]);
        assert_eq!(o.as_slice(), [6, 5, 0, 0, 1, 1, 3, 1, 2, 3, 6, 5, 0, 0, 0, 1, 2, 4, 5]);
    }

    #[test]
    fn unitdata_becomes_extended_where_it_is_cut() {
        let ends = Ends { called: PointCode::Itu(187), calling: PointCode::Itu(185) };
        let mut message = Octets::default();
        unitdata(&mut message, ends, |o| o.bytes(&[1, 2, 3]));
        let mut o = Octets::default();
        let cuts = segmented(&mut o, message.as_slice(), ends, 2);
        let [first, second] = [&o.as_slice()[..cuts[0]], &o.as_slice()[cuts[0]..]];
        let addresses = [4, 0x43, 0xbb, 0, 254, 4, 0x43, 0xb9, 0, 254];
        let head = [&[0x11, 1, 15, 4, 8, 12, 14][..], &addresses, &[2, 1, 2, 0x10, 4, 0x81]].concat();
        assert_eq!(first[..head.len()], head);
        assert_eq!(second[second.len() - 9..][..5], [1, 3, 0x10, 4, 0x00]);
        assert_eq!((first[first.len() - 1], second[second.len() - 1]), (0, 0));
    }
}

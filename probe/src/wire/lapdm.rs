//! Frames of the signalling channels on the air, 3GPP TS 44.006 §2 and §3, as GSMTAP shows them.

use super::codes::codes;
use super::{Decoded, Fault, Malformed, Message, Protocol, Reader, Value};

codes! {
    /// Frame type, 3GPP TS 44.006 §3.8.1: the bits of the control field that tell it.
    pub LapdmFrameType {
        0x00 I "i",
        0x01 RR "rr",
        0x03 UI "ui",
        0x05 RNR "rnr",
        0x09 REJ "rej",
        0x0f DM "dm",
        0x2f SABM "sabm",
        0x43 DISC "disc",
        0x63 UA "ua",
    }
}

/// A frame of a dedicated channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lapdm<'a> {
    /// Frame type.
    pub frame_type: LapdmFrameType,
    /// Service access point identifier, §3.3.3: 0 signalling, 3 short messages.
    pub sapi: u8,
    /// N(S) of an I frame, §3.5.2.4: 0 to 7.
    pub send_sequence: Option<u8>,
    /// More data bit, §3.7.2: the layer 3 message goes on in the next I frame.
    pub more: bool,
    /// Length indicator, §3.6; a frame of format B4 has none.
    pub length: Option<u8>,
    /// Information field: layer 3, or a part of it.
    pub information: &'a [u8],
}

/// Reads a frame of a dedicated or associated channel (format A or B).
pub fn read(octets: &[u8]) -> Result<Decoded<Lapdm<'_>>, Malformed> {
    let mut r = Reader::new(Protocol::Lapdm, octets);
    let [address, control] = r.v("address field")?; // 3.2, 3.4
    let [length] = r.v("length indicator field")?; // 3.6
    if address & 1 == 0 || length & 1 == 0 {
        return Err(r.error("address field", Fault::Invalid));
    }
    let (frame_type, send_sequence) = match control & 3 {
        0 | 2 => (LapdmFrameType::I, Some(control >> 1 & 7)),
        1 => (LapdmFrameType(control & 0x0f), None),
        _ => (LapdmFrameType(control & 0xef), None),
    };
    let information = r.take(usize::from(length >> 2), "information field")?;
    let (sapi, more, length) = (address >> 2 & 7, length & 2 != 0, Some(length >> 2));
    Ok(Decoded { message: Lapdm { frame_type, sapi, send_sequence, more, length, information }, malformed: None })
}

/// Reads a frame of an associated channel: as others, but what the network sends there unasked is of format B4 (§2.1).
pub fn read_associated(octets: &[u8], uplink: bool) -> Result<Decoded<Lapdm<'_>>, Malformed> {
    match *octets {
        [address, UNNUMBERED_INFORMATION, ref block @ ..] if !uplink => {
            let (frame_type, sapi, information) = (LapdmFrameType::UI, address >> 2 & 7, read_common(block)?);
            let frame = Lapdm { frame_type, sapi, send_sequence: None, more: false, length: None, information };
            Ok(Decoded { message: frame, malformed: None })
        }
        _ => read(octets),
    }
}

/// The control field of UI, §3.8.6.
const UNNUMBERED_INFORMATION: u8 = 0x03;

/// Reads a block of a common channel, whose layer 3 message stands behind its length, 3GPP TS 44.018 §10.5.2.19, and is
/// followed by rest octets that belong to it. Empty where the block is filling.
pub fn read_common(octets: &[u8]) -> Result<&[u8], Malformed> {
    let mut r = Reader::new(Protocol::Lapdm, octets);
    let [pseudo_length] = r.v("l2 pseudo length")?;
    if pseudo_length & 3 != 1 {
        return Err(r.error("l2 pseudo length", Fault::Invalid));
    }
    let is_filling = pseudo_length >> 2 == 0;
    Ok(if is_filling { &[] } else { r.rest() })
}

impl Message for Lapdm<'_> {
    fn protocol(&self) -> Protocol {
        Protocol::Lapdm
    }

    fn name(&self) -> &'static str {
        self.frame_type.name()
    }

    fn code(&self) -> u8 {
        self.frame_type.0
    }

    fn elements(&self, visit: &mut dyn FnMut(&'static str, Value<'_>)) {
        visit("sapi", Value::Integer(u64::from(self.sapi)));
        if let Some(number) = self.send_sequence {
            visit("n(s)", Value::Integer(u64::from(number)));
        }
        visit("m", Value::Flag(self.more));
        if let Some(length) = self.length {
            visit("length", Value::Integer(u64::from(length)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(octets: &[u8], name: &str, sapi: u8, information: &[u8]) {
        let Decoded { message, .. } = read(octets).unwrap();
        assert_eq!((message.name(), message.sapi, message.information), (name, sapi, information));
    }

    #[test]
    fn frame_types_are_told_by_the_control_field() {
        check(&[0x01, 0x3f, 0x09, 5, 8, 0x2b], "sabm", 0, &[5, 8]);
        check(&[0x01, 0x73, 0x01, 0x2b], "ua", 0, &[]);
        check(&[0x0f, 0x24, 0x05, 9], "i", 3, &[9]);
        check(&[0x03, 0x41, 0x01], "rr", 0, &[]);
        check(&[0x03, 0x03, 0x05, 6], "ui", 0, &[6]);
        assert_eq!(read(&[0x0f, 0x24, 0x07, 9]).unwrap().message.send_sequence, Some(2));
        assert!(read(&[0x0f, 0x24, 0x07, 9]).unwrap().message.more);
    }

    #[test]
    fn what_is_cut_short_or_none_of_these_is_an_error() {
        for length in 0..4 {
            assert_eq!(read(&[0x01, 0x3f, 0x05, 5][..length]).map_err(|cut| cut.fault), Err(Fault::Truncated));
        }
        assert_eq!(read(&[0x00, 0x3f, 0x01]).map_err(|cut| cut.fault), Err(Fault::Invalid));
        assert_eq!(read_common(&[0x31, 6, 0x1a]), Ok(&[6, 0x1a][..]));
        let block = [0x03, 0x03, 0x0d, 6, 0x1e, 0x2b];
        let read = read_associated(&block, false).unwrap().message;
        assert_eq!((read.length, read.information), (None, &[6, 0x1e, 0x2b][..]));
        assert_eq!(read_associated(&block, true).unwrap().message.length, Some(3));
        assert_eq!(read_common(&[0x01, 0x2b]), Ok(&[][..]));
        assert_eq!(read_common(&[0x30, 6]).map_err(|cut| cut.fault), Err(Fault::Invalid));
    }
}

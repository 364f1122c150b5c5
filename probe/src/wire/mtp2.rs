//! Message transfer part level 2: signal units, ITU-T Q.703 §2; of links of high rate, Annex A.
//!
//! Octets start behind the opening flag. Check bits (§2.2.8), where a capture has kept them, stand behind what the length
//! indicator counts and are not judged: captures hold what the receiver accepted.

use super::{Malformed, Message, Protocol, Reader, Value};

/// How wide sequence numbers are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum SequenceFormat {
    /// 7 bits, and a length indicator of 6: Q.703 §2.3.
    #[default]
    Basic,
    /// 12 bits, and a length indicator of 9: Q.703 Annex A.
    Extended,
}

impl SequenceFormat {
    /// How many sequence numbers there are before they repeat.
    pub const fn modulus(self) -> u16 {
        match self {
            Self::Basic => 128,
            Self::Extended => 4096,
        }
    }
}

/// What a signal unit is for, §2.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content<'a> {
    /// Fill-in signal unit: nothing to send.
    FillIn,
    /// Link status signal unit: its status field.
    LinkStatus(&'a [u8]),
    /// Message signal unit: service information octet and signalling information field.
    Message(&'a [u8]),
}

/// A signal unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignalUnit<'a> {
    /// Backward sequence number: the last one accepted from the other side.
    pub bsn: u16,
    /// Backward indicator bit: inverted to ask for retransmission.
    pub bib: bool,
    /// Forward sequence number: this unit's own, or that of the last message.
    pub fsn: u16,
    /// Forward indicator bit: inverted when retransmission begins.
    pub fib: bool,
    /// Length indicator: octets between itself and the check bits; 63 for as many or more in the basic format.
    pub li: u16,
    /// What it carries.
    pub content: Content<'a>,
}

/// The length indicator that says "63 or more", §2.3.3.
const LONG: u16 = 63;
/// A status field has one octet or two, §2.3.12.
const LONGEST_STATUS: u16 = 2;

impl<'a> SignalUnit<'a> {
    /// Reads a signal unit. `snapped` tells that the capture does not hold its end.
    pub fn read(octets: &'a [u8], format: SequenceFormat, snapped: bool) -> Result<Self, Malformed> {
        let mut r = Reader::new(Protocol::Mtp2, octets);
        let (bsn, bib) = sequence_number(&mut r, format, "backward sequence number")?;
        let (fsn, fib) = sequence_number(&mut r, format, "forward sequence number")?;
        let li = match format {
            SequenceFormat::Basic => u16::from(r.u8("length indicator")? & 0x3f),
            SequenceFormat::Extended => r.v("length indicator").map(u16::from_le_bytes)? & 0x1ff,
        };
        let is_long = format == SequenceFormat::Basic && li == LONG;
        let length =
            if is_long || snapped && r.rest().len() < usize::from(li) { r.rest().len() } else { usize::from(li) };
        let field = r.take(length, "signalling information field")?;
        let content = match li {
            0 => Content::FillIn,
            1..=LONGEST_STATUS => Content::LinkStatus(field),
            _ => Content::Message(field),
        };
        Ok(Self { bsn, bib, fsn, fib, li, content })
    }
}

/// Whether a status field tells that the link is out of service or being aligned (§11.1.3: SIO, SIN, SIE, SIOS): numbers
/// begin again after that.
pub fn is_alignment(status: &[u8]) -> bool {
    const LAST_OF_ALIGNMENT: u8 = 3;
    status.first().is_some_and(|status| status & 7 <= LAST_OF_ALIGNMENT)
}

fn sequence_number(
    r: &mut Reader<'_>,
    format: SequenceFormat,
    element: &'static str,
) -> Result<(u16, bool), Malformed> {
    Ok(match format {
        SequenceFormat::Basic => {
            let octet = r.u8(element)?;
            (u16::from(octet & 0x7f), octet & 0x80 != 0)
        }
        SequenceFormat::Extended => {
            let octets = r.v(element).map(u16::from_le_bytes)?;
            (octets & 0x0fff, octets & 0x8000 != 0)
        }
    })
}

/// The pseudo-header of captures of link type 139.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PseudoHeader {
    /// Whether the unit was sent by the side that captured (else received).
    pub sent: bool,
    /// How the unit numbers; absent where the capture does not know.
    pub format: Option<SequenceFormat>,
    /// Which link.
    pub link: u16,
}

impl PseudoHeader {
    /// Reads the header; `r` then stands at the unit.
    pub fn read(r: &mut Reader<'_>) -> Result<Self, Malformed> {
        let [sent, annex_a] = r.v("pseudo-header")?;
        let link = r.u16("pseudo-header")?;
        let format = match annex_a {
            0 => Some(SequenceFormat::Basic),
            1 => Some(SequenceFormat::Extended),
            _ => None,
        };
        Ok(Self { sent: sent != 0, format, link })
    }
}

impl Message for SignalUnit<'_> {
    fn protocol(&self) -> Protocol {
        Protocol::Mtp2
    }

    fn name(&self) -> &'static str {
        match self.content {
            Content::FillIn => "fill_in_signal_unit",
            Content::LinkStatus(_) => "link_status_signal_unit",
            Content::Message(_) => "message_signal_unit",
        }
    }

    /// The length indicator as far as it tells the kinds apart: 0, 1 or 2, and 3 for all messages.
    fn code(&self) -> u8 {
        self.li.min(LONGEST_STATUS + 1) as u8
    }

    fn elements(&self, visit: &mut dyn FnMut(&'static str, Value<'_>)) {
        visit("bsn", Value::Integer(u64::from(self.bsn)));
        visit("bib", Value::Flag(self.bib));
        visit("fsn", Value::Integer(u64::from(self.fsn)));
        visit("fib", Value::Flag(self.fib));
        visit("li", Value::Integer(u64::from(self.li)));
    }
}

#[cfg(test)]
mod tests {
    use super::super::Fault;
    use super::*;

    fn check(format: SequenceFormat, octets: &[u8], bsn: u16, fsn: u16, content: Content<'_>) {
        let header = if format == SequenceFormat::Basic { 3 } else { 6 };
        let unit = SignalUnit::read(octets, format, false).unwrap();
        assert_eq!((unit.bsn, unit.fsn, unit.content), (bsn, fsn, content), "{octets:02x?}");
        for len in 0..header {
            let malformed = SignalUnit::read(&octets[..len], format, true).unwrap_err();
            assert_eq!(malformed.fault, Fault::Truncated, "cut at {len}");
        }
    }

    #[test]
    fn units_are_told_apart_by_their_length_with_or_without_check_bits() {
        use SequenceFormat::{Basic, Extended};
        check(Basic, &[0x9d, 0x1f, 0], 29, 31, Content::FillIn);
        check(Basic, &[0x9d, 0x1f, 0, 0xaa, 0xbb], 29, 31, Content::FillIn);
        check(Basic, &[0xff, 0xff, 1, 3], 127, 127, Content::LinkStatus(&[3]));
        check(Basic, &[1, 0x82, 4, 0x83, 1, 2, 3, 0xaa, 0xbb], 1, 2, Content::Message(&[0x83, 1, 2, 3]));
        check(
            Extended,
            &[0x34, 0x82, 0xff, 0x0f, 3, 0, 0x83, 1, 2, 0xaa, 0xbb],
            0x234,
            0xfff,
            Content::Message(&[0x83, 1, 2]),
        );
    }

    #[test]
    fn a_long_message_goes_to_the_end_in_the_basic_format() {
        let octets = [&[1, 2, 63][..], &[7; 100]].concat();
        check(SequenceFormat::Basic, &octets, 1, 2, Content::Message(&[7; 100]));
        let octets = [&[1, 0, 2, 0, 0x00, 0x01][..], &[7; 258]].concat();
        check(SequenceFormat::Extended, &octets, 1, 2, Content::Message(&[7; 256]));
    }

    #[test]
    fn what_is_cut_off_is_malformed_unless_the_capture_was_snapped() {
        let octets = [1, 2, 5, 0x83, 1, 2];
        assert_eq!(SignalUnit::read(&octets, SequenceFormat::Basic, false).unwrap_err().fault, Fault::Truncated);
        let unit = SignalUnit::read(&octets, SequenceFormat::Basic, true).unwrap();
        assert_eq!(unit.content, Content::Message(&[0x83, 1, 2]));
    }

    #[test]
    fn a_pseudo_header_names_link_direction_and_format() {
        let read = |octets| PseudoHeader::read(&mut Reader::new(Protocol::Mtp2, octets));
        let expected = PseudoHeader { sent: true, format: Some(SequenceFormat::Extended), link: 0x0102 };
        assert_eq!(read(&[1, 1, 1, 2]), Ok(expected));
        assert_eq!(read(&[0, 2, 0, 0]).map(|header| header.format), Ok(None));
        assert!(read(&[0, 2, 0]).is_err());
    }
}

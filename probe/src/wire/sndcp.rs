//! Subnetwork dependent convergence protocol, 3GPP TS 44.065 §7: user data in segments.

use super::codes::codes;
use super::{Decoded, Malformed, Message, Protocol, Reader, Value};

codes! {
    /// SN-PDU type, 3GPP TS 44.065 §7.2: the T bit.
    pub SnPduType {
        0 SN_DATA "sn_data",
        1 SN_UNITDATA "sn_unitdata",
    }
}

/// An SN-PDU: a segment of an N-PDU.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sndcp<'a> {
    /// SN-PDU type.
    pub pdu_type: SnPduType,
    /// NSAPI: which PDP context, 5 to 15.
    pub nsapi: u8,
    /// First segment indicator.
    pub first: bool,
    /// More bit: segments of this N-PDU follow.
    pub more: bool,
    /// Segment number of SN-UNITDATA, 0 to 15.
    pub segment: Option<u8>,
    /// N-PDU number: of SN-UNITDATA 12 bits, of the first segment of SN-DATA 8 bits.
    pub n_pdu_number: Option<u16>,
    /// Data (DCOMP) and protocol control information (PCOMP) compression of a first segment; 0 is none.
    pub compression: Option<(u8, u8)>,
    /// The segment.
    pub data: &'a [u8],
}

impl Sndcp<'_> {
    /// Whether the N-PDU that begins here is compressed: what it holds cannot be told.
    pub fn is_compressed(&self) -> bool {
        self.compression.is_some_and(|compression| compression != (0, 0))
    }
}

/// Reads the information field of an LLC frame of user data. An error where the header is not whole.
pub fn read(octets: &[u8]) -> Result<Decoded<Sndcp<'_>>, Malformed> {
    let mut r = Reader::new(Protocol::Sndcp, octets);
    let [head] = r.v("nsapi")?; // 7.2.3
    let first = head & 0x40 != 0;
    let pdu_type = SnPduType(head >> 5 & 1);
    let compression = first.then(|| r.u8("dcomp")).transpose()?.map(|octet| (octet >> 4, octet & 15));
    let (segment, n_pdu_number) = match pdu_type {
        SnPduType::SN_UNITDATA => {
            let number = r.u16("n-pdu number")?;
            (Some((number >> 12) as u8), Some(number & 0x0fff))
        }
        _ => (None, first.then(|| r.u8("n-pdu number")).transpose()?.map(u16::from)),
    };
    let pdu = Sndcp {
        pdu_type,
        nsapi: head & 15,
        first,
        more: head & 0x10 != 0,
        segment,
        n_pdu_number,
        compression,
        data: r.rest(),
    };
    Ok(Decoded { message: pdu, malformed: None })
}

impl Message for Sndcp<'_> {
    fn protocol(&self) -> Protocol {
        Protocol::Sndcp
    }

    fn name(&self) -> &'static str {
        self.pdu_type.name()
    }

    fn code(&self) -> u8 {
        self.pdu_type.0
    }

    fn elements(&self, visit: &mut dyn FnMut(&'static str, Value<'_>)) {
        let integer = |number: u8| Value::Integer(u64::from(number));
        visit("nsapi", integer(self.nsapi));
        visit("first_segment", Value::Flag(self.first));
        visit("more", Value::Flag(self.more));
        if let Some(segment) = self.segment {
            visit("segment_number", integer(segment));
        }
        if let Some(number) = self.n_pdu_number {
            visit("n_pdu_number", Value::Integer(u64::from(number)));
        }
        if let Some((data, control)) = self.compression {
            visit("dcomp", integer(data));
            visit("pcomp", integer(control));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Fault;
    use super::*;

    const FIRST: [u8; 5] = [0x75, 0x00, 0x01, 0x02, 0x45];

    #[test]
    fn a_first_segment_tells_compression_and_number() {
        let pdu = read(&FIRST).unwrap().message;
        let expected = Sndcp {
            pdu_type: SnPduType::SN_UNITDATA,
            nsapi: 5,
            first: true,
            more: true,
            segment: Some(0),
            n_pdu_number: Some(0x102),
            compression: Some((0, 0)),
            data: &[0x45],
        };
        assert_eq!(pdu, expected);
        for length in 0..4 {
            assert_eq!(read(&FIRST[..length]).map_err(|cut| cut.fault), Err(Fault::Truncated), "cut at {length}");
        }
    }

    #[test]
    fn later_segments_and_acknowledged_ones_say_less() {
        let pdu = read(&[0x25, 0x21, 0x02, 9]).unwrap().message;
        assert_eq!((pdu.first, pdu.segment, pdu.n_pdu_number, pdu.data), (false, Some(2), Some(0x102), &[9][..]));
        let pdu = read(&[0x45, 0x01, 0x07, 9]).unwrap().message;
        assert_eq!((pdu.name(), pdu.n_pdu_number, pdu.is_compressed()), ("sn_data", Some(7), true));
        assert_eq!(read(&[0x05, 9]).map(|read| (read.message.n_pdu_number, read.message.data)), Ok((None, &[9][..])));
    }
}

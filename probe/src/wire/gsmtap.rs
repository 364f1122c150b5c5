//! GSMTAP, version 2: frames of the air interface and others in UDP, as open-source elements write them for tracing.
//!
//! There is no specification; the names are those of the Osmocom documentation. A frame of the air interface is no message of
//! A or Gb: it has no connection that leads to a subscriber, so it is shown and counted, and says nothing of anybody.

use super::{Fault, Malformed, Message, Protocol, Reader, Value};

/// UDP port (IANA).
pub const PORT: u16 = 4729;

/// The header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GsmtapHeader<'a> {
    /// Type of what is carried: 1 Um, 2 Abis, 8 LLC, 9 SNDCP…
    pub kind: u8,
    /// Timeslot on the air, 0 to 7.
    pub timeslot: u8,
    /// Radio channel number with the band's bit, 15 bits.
    pub arfcn: u16,
    /// Sent by the phone.
    pub uplink: bool,
    /// GSM frame number.
    pub frame_number: u32,
    /// Type of the logical channel.
    pub sub_type: u8,
    /// Which of the channels of its type on this timeslot.
    pub sub_slot: u8,
    /// The frame.
    pub payload: &'a [u8],
}

/// What a payload is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carried {
    /// A block of a common channel: for [`super::lapdm::read_common`].
    Common,
    /// A frame of a dedicated channel: for [`super::lapdm::read`].
    Dedicated,
    /// The same behind two octets of layer 1 (3GPP TS 44.004 §7).
    Associated,
    /// A frame between phone and SGSN: for [`super::llc::read`].
    Llc,
}

const UPLINK: u16 = 0x4000;
const ARFCN: u16 = 0xbfff;
const HEADER_LENGTH: usize = 16;

impl<'a> GsmtapHeader<'a> {
    /// Reads the header.
    pub fn read(octets: &'a [u8]) -> Result<Self, Malformed> {
        let mut r = Reader::new(Protocol::Gsmtap, octets);
        let [version, words] = r.v("version")?;
        let length = usize::from(words) * 4;
        if version != 2 || length < HEADER_LENGTH {
            return Err(r.error("version", Fault::Invalid));
        }
        let [kind, timeslot] = r.v("type")?;
        let arfcn = r.u16("arfcn")?;
        let [_signal, _noise] = r.v("signal level")?;
        let frame_number = r.u32("frame number")?;
        let [sub_type, _antenna, sub_slot, _reserved] = r.v("sub type")?;
        r.take(length - HEADER_LENGTH, "header")?;
        let uplink = arfcn & UPLINK != 0;
        let arfcn = arfcn & ARFCN;
        Ok(Self { kind, timeslot, arfcn, uplink, frame_number, sub_type, sub_slot, payload: r.rest() })
    }

    /// What the payload is, by type and channel.
    pub const fn carried(&self) -> Option<Carried> {
        const UM: u8 = 0x01;
        const GB_LLC: u8 = 0x08;
        const ASSOCIATED: u8 = 0x80;
        match (self.kind, self.sub_type) {
            (GB_LLC, _) => Some(Carried::Llc),
            // BCCH, CCCH, AGCH, PCH.
            (UM, 0x01 | 0x02 | 0x04 | 0x05) => Some(Carried::Common),
            // SDCCH, SDCCH/4, SDCCH/8, FACCH/F, FACCH/H.
            (UM, 0x06..=0x0a) => Some(Carried::Dedicated),
            (UM, sub_type) if matches!(sub_type & !ASSOCIATED, 0x06..=0x0a) => Some(Carried::Associated),
            _ => None,
        }
    }
}

impl Message for GsmtapHeader<'_> {
    fn protocol(&self) -> Protocol {
        Protocol::Gsmtap
    }

    fn name(&self) -> &'static str {
        match self.kind {
            0x01 => "um",
            0x02 => "abis",
            0x03 => "um_burst",
            0x04 => "sim",
            0x08 => "gb_llc",
            0x09 => "gb_sndcp",
            0x0c => "umts_rrc",
            0x0d => "lte_rrc",
            0x10 => "log",
            _ => "unknown",
        }
    }

    fn code(&self) -> u8 {
        self.kind
    }

    fn elements(&self, visit: &mut dyn FnMut(&'static str, Value<'_>)) {
        visit("timeslot", Value::Integer(u64::from(self.timeslot)));
        visit("arfcn", Value::Integer(u64::from(self.arfcn)));
        visit("uplink", Value::Flag(self.uplink));
        visit("frame_number", Value::Integer(u64::from(self.frame_number)));
        visit("sub_type", Value::Code(u64::from(self.sub_type)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_is_read_and_its_length_believed() {
        let octets = [2, 4, 1, 3, 0x43, 0x67, 0, 0, 0, 0, 1, 0, 8, 0, 0, 0, 0x2b];
        let header = GsmtapHeader::read(&octets).unwrap();
        assert_eq!((header.name(), header.timeslot, header.arfcn, header.uplink), ("um", 3, 871, true));
        assert_eq!((header.frame_number, header.sub_type, header.payload), (256, 8, &[0x2b][..]));
        for len in 0..16 {
            assert_eq!(GsmtapHeader::read(&octets[..len]).unwrap_err().fault, Fault::Truncated, "cut at {len}");
        }
        assert_eq!(GsmtapHeader::read(&[1; 16]).unwrap_err().fault, Fault::Invalid);
    }
}

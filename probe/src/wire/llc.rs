//! Logical link control, 3GPP TS 44.064: frames between phone and SGSN.

use super::codes::codes;
use super::{Decoded, Fault, Malformed, Message, Protocol, Reader, Value, xid};

codes! {
    /// Format and command or response of a frame, 3GPP TS 44.064 §6.3 and §6.4: the bits of its control field that tell.
    pub LlcFrameType {
        0x00 I_RR "i_rr",
        0x01 I_ACK "i_ack",
        0x02 I_RNR "i_rnr",
        0x03 I_SACK "i_sack",
        0x80 RR "rr",
        0x81 ACK "ack",
        0x82 RNR "rnr",
        0x83 SACK "sack",
        0xc0 UI "ui",
        0xe0 NULL "null",
        0xe1 DM "dm",
        0xe4 DISC "disc",
        0xe6 UA "ua",
        0xe7 SABM "sabm",
        0xe8 FRMR "frmr",
        0xeb XID "xid",
    }
}

/// Service access point identifiers, 3GPP TS 44.064 §6.2.3.
pub mod sapi {
    /// GPRS mobility and session management.
    pub const LLGMM: u8 = 1;
    /// User data.
    pub const LL3: u8 = 3;
    /// User data.
    pub const LL5: u8 = 5;
    /// Short messages.
    pub const LLSMS: u8 = 7;
    /// User data.
    pub const LL9: u8 = 9;
    /// User data.
    pub const LL11: u8 = 11;
}

/// Whether a frame arrived as it was sent, §5.5.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FrameCheck {
    /// It did.
    Good,
    /// It did not, or an I frame is ciphered, which it does not say.
    Bad,
    /// The sequence is ciphered together with the information.
    Ciphered,
}

impl FrameCheck {
    /// Lower case, as in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Bad => "bad",
            Self::Ciphered => "ciphered",
        }
    }
}

/// An LLC frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Llc<'a> {
    /// Format, and command or response.
    pub frame_type: LlcFrameType,
    /// Service access point identifier, §6.2.3.
    pub sapi: u8,
    /// C/R bit, §6.2.2.
    pub command_response: bool,
    /// N(U) of a UI frame, §6.3.5.4.3, or N(S) of an I frame, §6.3.5.4.1: 0 to 511.
    pub sequence: Option<u16>,
    /// E bit of a UI frame, §6.3.5.5.1: the information is ciphered.
    pub encrypted: bool,
    /// Frame check sequence, §5.5.
    pub check: FrameCheck,
    /// The sequence itself, as a number.
    pub frame_check_sequence: u32,
    /// Information field: layer 3, SNDCP or parameters, as the service access point asks.
    pub information: &'a [u8],
}

impl Llc<'_> {
    /// Whether the information field holds something for the layer above.
    pub const fn carries_information(&self) -> bool {
        let is_numbered = self.frame_type.0 <= LlcFrameType::I_SACK.0;
        (is_numbered || self.frame_type.0 == LlcFrameType::UI.0) && !self.information.is_empty()
    }
}

/// Sequence numbers are of 9 bits.
pub const SEQUENCE_NUMBERS: u16 = 512;

/// The octets of the information field that the sequence covers in unprotected mode: N202, §8.9.5.
const UNPROTECTED_OCTETS: usize = 4;

/// Reads an LLC-PDU. What is covered by the check is judged, not corrected.
pub fn read(octets: &[u8]) -> Result<Decoded<Llc<'_>>, Malformed> {
    let mut r = Reader::new(Protocol::Llc, octets);
    let [address] = r.v("address field")?; // 6.2
    let control = Control::read(&mut r)?;
    let header_length = octets.len() - r.rest().len();
    let (information, sequence) =
        r.rest().split_last_chunk().ok_or(r.error("frame check sequence", Fault::Truncated))?;
    let [low, middle, high] = *sequence; // 5.5
    let frame_check_sequence = u32::from_le_bytes([low, middle, high, 0]);
    let covered =
        header_length + if control.protected { information.len() } else { information.len().min(UNPROTECTED_OCTETS) };
    let check = match octets.get(..covered) {
        _ if control.encrypted => FrameCheck::Ciphered,
        Some(covered) if frame_check(covered) == frame_check_sequence => FrameCheck::Good,
        _ => FrameCheck::Bad,
    };
    if control.frame_type == LlcFrameType::XID && check == FrameCheck::Good {
        let whole = xid::check(&mut r.within(information));
        r.keep(whole);
    }
    let frame = Llc {
        frame_type: control.frame_type,
        sapi: address & 15,
        command_response: address & 0x40 != 0,
        sequence: control.sequence,
        encrypted: control.encrypted,
        check,
        frame_check_sequence,
        information,
    };
    Ok(Decoded { message: frame, malformed: r.stopped() })
}

/// What a control field says, §6.3.
struct Control {
    frame_type: LlcFrameType,
    sequence: Option<u16>,
    encrypted: bool,
    protected: bool,
}

impl Control {
    fn read(r: &mut Reader<'_>) -> Result<Self, Malformed> {
        const CONTROL: &str = "control field";
        let [first] = r.v(CONTROL)?;
        match first >> 5 {
            0b111 => Ok(Self::new(LlcFrameType(0xe0 | first & 15))),
            0b110 => {
                let [second] = r.v(CONTROL)?;
                Ok(Self {
                    sequence: Some(u16::from(first & 7) << 6 | u16::from(second >> 2)),
                    encrypted: second & 2 != 0,
                    protected: second & 1 != 0,
                    ..Self::new(LlcFrameType::UI)
                })
            }
            0b100 | 0b101 => {
                let [second] = r.v(CONTROL)?;
                Ok(Self::new(LlcFrameType(0x80 | second & 3)))
            }
            _ => {
                let [second, third] = r.v(CONTROL)?;
                let frame_type = LlcFrameType(third & 3);
                if frame_type == LlcFrameType::I_SACK {
                    let [k] = r.v("selective acknowledgement")?;
                    r.take(usize::from(k & 0x1f) + 1, "selective acknowledgement")?;
                }
                let sequence = Some(u16::from(first & 0x1f) << 4 | u16::from(second >> 4));
                Ok(Self { sequence, ..Self::new(frame_type) })
            }
        }
    }

    const fn new(frame_type: LlcFrameType) -> Self {
        Self { frame_type, sequence: None, encrypted: false, protected: true }
    }
}

/// The generator of §5.5.6 without its highest term, lowest bit first:
/// x^23 + x^21 + x^20 + x^19 + x^17 + x^16 + x^15 + x^13 + x^8 + x^7 + x^5 + x^4 + x^2 + 1.
const GENERATOR: u32 = 0x00ad_85dd;
const ALL_ONES: u32 = 0x00ff_ffff;

static REMAINDERS: [u32; 256] = remainders();

const fn remainders() -> [u32; 256] {
    let mut table = [0; 256];
    let mut octet = 0;
    while octet < 256 {
        let mut remainder = octet as u32;
        let mut bit = 0;
        while bit < 8 {
            remainder = remainder >> 1 ^ if remainder & 1 == 1 { GENERATOR } else { 0 };
            bit += 1;
        }
        table[octet] = remainder;
        octet += 1;
    }
    table
}

/// Frame check sequence, §5.5.6: a cyclic redundancy check of 24 bits.
pub fn frame_check(octets: &[u8]) -> u32 {
    let remainder = octets.iter().fold(ALL_ONES, |remainder, octet| {
        let index = (remainder as u8 ^ octet) as usize;
        remainder >> 8 ^ REMAINDERS.get(index).copied().unwrap_or_default()
    });
    remainder ^ ALL_ONES
}

impl Message for Llc<'_> {
    fn protocol(&self) -> Protocol {
        Protocol::Llc
    }

    fn name(&self) -> &'static str {
        self.frame_type.name()
    }

    fn code(&self) -> u8 {
        self.frame_type.0
    }

    fn elements(&self, visit: &mut dyn FnMut(&'static str, Value<'_>)) {
        visit("sapi", Value::Integer(u64::from(self.sapi)));
        visit("c/r", Value::Flag(self.command_response));
        if let Some(sequence) = self.sequence {
            let name = if self.frame_type == LlcFrameType::UI { "n(u)" } else { "n(s)" };
            visit(name, Value::Integer(u64::from(sequence)));
        }
        if self.frame_type == LlcFrameType::UI {
            visit("e", Value::Flag(self.encrypted));
        }
        visit("frame_check", Value::Name(self.check.name()));
        visit("fcs", Value::Code(u64::from(self.frame_check_sequence)));
        if self.frame_type == LlcFrameType::XID && self.check == FrameCheck::Good {
            xid::parameters(self.information).for_each(|parameter| parameter.visit(visit));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(header: &[u8], information: &[u8], covered: usize) -> Vec<u8> {
        let mut octets = [header, information].concat();
        octets.extend_from_slice(&frame_check(&octets[..covered]).to_le_bytes()[..3]);
        octets
    }

    #[track_caller]
    fn check(octets: &[u8], name: &str, sequence: Option<u16>, information: &[u8], check: FrameCheck) {
        let Decoded { message, malformed } = read(octets).unwrap();
        assert_eq!((message.name(), message.sequence, malformed), (name, sequence, None));
        assert_eq!((message.information, message.check), (information, check));
    }

    #[test]
    fn formats_are_told_by_the_first_bits() {
        check(&frame(&[0x41, 0xc1, 0x15], &[8, 3], 5), "ui", Some(69), &[8, 3], FrameCheck::Good);
        check(&frame(&[0x03, 0xfb], &[1, 0], 4), "xid", None, &[1, 0], FrameCheck::Good);
        check(&frame(&[0x03, 0x80, 0x01], &[], 3), "ack", None, &[], FrameCheck::Good);
        check(&frame(&[0x03, 0x1f, 0xf0, 0x00], &[5], 5), "i_rr", Some(511), &[5], FrameCheck::Good);
        check(&frame(&[0x03, 0x00, 0x10, 0x03, 0x01, 7, 7], &[5], 8), "i_sack", Some(1), &[5], FrameCheck::Good);
    }

    #[test]
    fn unprotected_frames_are_checked_by_their_beginning() {
        let mut octets = frame(&[0x03, 0xc0, 0x00], &[1, 2, 3, 4, 5, 6], 7);
        octets[8] = 9;
        check(&octets, "ui", Some(0), &[1, 2, 3, 4, 5, 9], FrameCheck::Good);
        octets[4] = 9;
        check(&octets, "ui", Some(0), &[1, 9, 3, 4, 5, 9], FrameCheck::Bad);
    }

    #[test]
    fn ciphered_frames_cannot_be_checked() {
        check(&[0x01, 0xc0, 0x03, 9, 9, 1, 2, 3], "ui", Some(0), &[9, 9], FrameCheck::Ciphered);
    }

    #[test]
    fn every_truncation_up_to_the_shortest_frame_is_an_error() {
        let octets = frame(&[0x03, 0x00, 0x10, 0x03, 0x01, 7, 7], &[], 7);
        for length in 0..octets.len() {
            assert_eq!(
                read(&octets[..length]).map_err(|cut| cut.fault).map(drop),
                Err(Fault::Truncated),
                "at {length}"
            );
        }
        assert!(read(&octets).is_ok());
    }
}

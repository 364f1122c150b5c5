//! What the frames of a channel are: told by the configuration, or recognised.

use std::fmt;
use std::str::FromStr;

/// What an HDLC channel carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Content {
    /// MTP2 signal units with sequence numbers of 7 bits, ITU-T Q.703 §2.
    Mtp2,
    /// MTP2 signal units with sequence numbers of 12 bits, Q.703 Annex A.
    Mtp2AnnexA,
    /// Frame Relay with addresses of two octets, ITU-T Q.922 §3.3, carrying the network service of Gb.
    FrameRelay,
}

/// A text names no content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownContent;

impl Content {
    /// All, the one that is hardest to imitate first.
    pub const ALL: [Self; 3] = [Self::Mtp2AnnexA, Self::Mtp2, Self::FrameRelay];

    /// As in configuration.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Mtp2 => "mtp2",
            Self::Mtp2AnnexA => "mtp2-annex-a",
            Self::FrameRelay => "frame-relay",
        }
    }

    /// Whether `frame`, without check sequence, can be of this content.
    pub fn admits(self, frame: &[u8]) -> bool {
        match self {
            Self::Mtp2 => signal_unit_length(frame).is_some(),
            Self::Mtp2AnnexA => annex_a_length(frame).is_some(),
            // The address extension bit ends the address with its second octet, Q.922 §3.3.1.
            Self::FrameRelay => matches!(frame, [first, second, _, ..] if first & 1 == 0 && second & 1 == 1),
        }
    }

    /// Whether `frame` is a fill-in or link status signal unit: up to two octets behind its length indicator.
    pub fn is_fill(self, frame: &[u8]) -> bool {
        let length = match self {
            Self::Mtp2 => signal_unit_length(frame),
            Self::Mtp2AnnexA => annex_a_length(frame),
            Self::FrameRelay => None,
        };
        length.is_some_and(|length| length <= 2)
    }
}

/// Octets behind the length indicator, where it says the same: six bits, 63 standing for more too (Q.703 §2.3.3). The two
/// bits beside it are spare and 0.
fn signal_unit_length(frame: &[u8]) -> Option<usize> {
    let [_backward, _forward, indicator, rest @ ..] = frame else { return None };
    (usize::from(*indicator) == rest.len().min(63)).then_some(rest.len())
}

/// The same with nine bits in two octets, the low ones first; seven bits are spare and 0 (Q.703 Annex A.2.3.3).
fn annex_a_length(frame: &[u8]) -> Option<usize> {
    let [_, _, _, _, low, high, rest @ ..] = frame else { return None };
    (usize::from(u16::from_le_bytes([*low, *high])) == rest.len().min(511)).then_some(rest.len())
}

impl fmt::Display for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl fmt::Display for UnknownContent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("known contents are mtp2, mtp2-annex-a and frame-relay")
    }
}

impl std::error::Error for UnknownContent {}

impl FromStr for Content {
    type Err = UnknownContent;

    fn from_str(text: &str) -> Result<Self, UnknownContent> {
        Self::ALL.into_iter().find(|content| content.name() == text).ok_or(UnknownContent)
    }
}

/// Intact frames that must be of one content for it to be recognised. Speech gives an intact frame in hours, none of which
/// need look like anything.
pub const RECOGNITION_FRAMES: u8 = 8;

/// Frames seen while the content of a channel is unknown.
#[derive(Clone, Copy, Debug, Default)]
pub struct Recognition {
    frames: u8,
    admitted: [u8; Content::ALL.len()],
}

impl Recognition {
    /// Takes an intact frame; the content, when enough of them agree.
    pub fn take(&mut self, frame: &[u8]) -> Option<Content> {
        self.frames += 1;
        for (count, content) in self.admitted.iter_mut().zip(Content::ALL) {
            *count += u8::from(content.admits(frame));
        }
        if self.frames < RECOGNITION_FRAMES {
            return None;
        }
        let mut contents = self.admitted.into_iter().zip(Content::ALL);
        let found = contents.find(|(count, _)| *count == RECOGNITION_FRAMES).map(|(_, content)| content);
        *self = Self::default();
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FISU: &[u8] = &[0xff, 0xff, 0];
    const LSSU: &[u8] = &[0xff, 0xff, 1, 0];
    const MSU: &[u8] = &[0x81, 0x82, 4, 0x83, 1, 2, 3];
    const ANNEX_A_FISU: &[u8] = &[0xff, 0x8f, 0xff, 0x8f, 0, 0];
    const ANNEX_A_MSU: &[u8] = &[1, 0x80, 2, 0x80, 3, 0, 0x83, 1, 2];
    const NS_ALIVE: &[u8] = &[0x18, 0x41, 0x0a];
    const NS_UNITDATA: &[u8] = &[0x18, 0x41, 0, 0, 0, 2, 0x41, 0, 9];

    fn check(frames: &[&[u8]], expected: Option<Content>) {
        let mut recognition = Recognition::default();
        let found = frames.iter().cycle().take(usize::from(RECOGNITION_FRAMES)).find_map(|f| recognition.take(f));
        assert_eq!(found, expected, "{frames:02x?}");
    }

    #[test]
    fn content_is_recognised_by_what_all_frames_admit() {
        check(&[FISU], Some(Content::Mtp2));
        check(&[FISU, LSSU, MSU], Some(Content::Mtp2));
        check(&[ANNEX_A_FISU, ANNEX_A_MSU], Some(Content::Mtp2AnnexA));
        check(&[NS_ALIVE, NS_UNITDATA], Some(Content::FrameRelay));
        check(&[FISU, MSU, b"chance"], None);
        check(&[FISU, NS_ALIVE], None);
    }

    #[test]
    fn length_indicators_stop_at_their_greatest_value() {
        let long = |head: &[u8], count: usize| [head, &vec![7; count]].concat();
        assert!(Content::Mtp2.admits(&long(&[1, 2, 63], 63)) && Content::Mtp2.admits(&long(&[1, 2, 63], 272)));
        assert!(!Content::Mtp2.admits(&long(&[1, 2, 63], 62)) && !Content::Mtp2.admits(&long(&[1, 2, 64], 64)));
        assert!(Content::Mtp2AnnexA.admits(&long(&[1, 2, 3, 4, 0x10, 1], 272)));
        assert!(
            Content::Mtp2.is_fill(LSSU) && !Content::Mtp2.is_fill(MSU) && Content::Mtp2AnnexA.is_fill(ANNEX_A_FISU)
        );
    }
}

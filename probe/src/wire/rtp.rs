//! RTP and RTCP, RFC 3550, as far as they are to be told from signalling: on mirrors of an exchange there is a hundred times
//! more of them. Nothing names them on the wire; this is how RFC 5761 §4 tells them apart.

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// RTP: speech and tones.
    Media,
    /// RTCP: reports about it.
    Control,
}

const RTP_HEADER_LENGTH: usize = 12;
const RTCP_HEADER_LENGTH: usize = 8;

/// What a UDP payload looks like.
pub fn kind(octets: &[u8]) -> Option<Kind> {
    let &[first, second, ..] = octets else { return None };
    let is_version_2 = first >> 6 == 2;
    match second {
        _ if !is_version_2 => None,
        // Packet types of RTCP, RFC 3550 §12.1 and its extensions.
        192..=223 => (octets.len() >= RTCP_HEADER_LENGTH).then_some(Kind::Control),
        // Payload types, RFC 3551 §6: assigned, and dynamic; the highest bit marks.
        _ => {
            let is_assigned = matches!(second & 0x7f, 0..=34 | 96..=127);
            (is_assigned && octets.len() >= RTP_HEADER_LENGTH).then_some(Kind::Media)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn media_and_reports_are_told_from_the_rest() {
        for (beginning, length, expected) in [
            ([0x80, 8], 172, Some(Kind::Media)),
            ([0x90, 0xe0], 45, Some(Kind::Media)),
            ([0x80, 200], 52, Some(Kind::Control)),
            ([0x80, 8], 11, None),
            ([0x80, 72], 172, None),
            ([0x40, 8], 172, None),
            ([0x80, 40], 172, None),
        ] {
            let mut octets = vec![0; length];
            octets[..2].copy_from_slice(&beginning);
            assert_eq!(kind(&octets), expected, "{beginning:?}");
        }
        assert_eq!(kind(&[0x80]), None);
    }
}

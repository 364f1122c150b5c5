//! An offer as short messages: a text in its alphabet, or a pushed address as binary datagrams, cut, with the user data
//! header of each part (3GPP TS 23.040 §9.2.3.24).

use crate::offer::{OfferId, Pushed};
use rules::push;
use rules::segments::{self, Encoding, Segments, TooLong};

/// The port of a phone's push client (WAP-259 §6.4), and the one that pushes come from.
const PUSH_PORT: u16 = 2948;
const SOURCE_PORT: u16 = 9200;

/// The coding of the octets: 3GPP TS 23.038 §4.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Coding {
    /// GSM 7 bit default alphabet, a septet to an octet.
    Gsm7,
    /// ASCII.
    Ascii,
    /// 8 bit data.
    Binary,
    /// UTF-16, big endian.
    Ucs2,
}

/// An offer, cut into at least one and at most 255 parts.
#[derive(Clone, Debug)]
pub(in super::super) struct Short {
    reference: u8,
    content: Content,
}

#[derive(Clone, Debug)]
enum Content {
    Text(Segments),
    /// Cut wherever a part is full.
    Octets {
        octets: Vec<u8>,
        coding: Coding,
        room: usize,
    },
}

/// How a message centre wants texts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in super::super) struct Wanted {
    pub(in super::super) alphabet: Alphabet,
    /// In one piece: it cuts them itself.
    pub(in super::super) whole: bool,
}

/// The alphabets that a message centre takes texts in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in super::super) enum Alphabet {
    /// The default alphabet of GSM where that holds it, else UCS-2.
    #[default]
    Default,
    /// ASCII where that holds it and the default alphabet of GSM too, a septet each; else UCS-2.
    Ascii,
    /// UCS-2 always.
    Ucs2,
}

/// Of ASCII, at most so many characters go alone (CMPP 3.0 §8.4.3.1: less than 160 octets), and beside a header.
const ASCII_ALONE: usize = 159;
const ASCII_CONCATENATED: usize = 153;

/// What is not of the default alphabet, or takes two septets of it; 3GPP TS 23.038 §6.2.1.
fn is_plain_ascii(octet: u8) -> bool {
    matches!(octet, b'\n' | b'\r' | b' '..=b'~') && !b"[\\]^`{|}~".contains(&octet)
}

fn coding(segments: &Segments) -> Coding {
    match segments.encoding() {
        Encoding::Gsm7 => Coding::Gsm7,
        Encoding::Ucs2 => Coding::Ucs2,
    }
}

/// One short message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) struct Part<'a> {
    /// Which part of how many; absent of a message alone.
    pub(in super::super) concatenation: Option<Concatenation>,
    is_push: bool,
    /// What follows the header.
    pub(in super::super) octets: &'a [u8],
}

/// Which part of a concatenated short message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) struct Concatenation {
    pub(in super::super) reference: u8,
    pub(in super::super) total: u8,
    /// From 1.
    pub(in super::super) sequence: u8,
}

impl Short {
    /// A text, as the message centre wants it.
    pub(in super::super) fn text(id: OfferId, text: &str, wanted: Wanted) -> Result<Self, TooLong> {
        let segments = match wanted.alphabet {
            Alphabet::Ascii if text.bytes().all(is_plain_ascii) => return Self::ascii(id, text),
            Alphabet::Default => segments::segments(text)?,
            Alphabet::Ascii | Alphabet::Ucs2 => segments::ucs2_segments(text)?,
        };
        let content = match wanted.whole {
            true => {
                let octets: Vec<u8> = segments.with_headers(0).flat_map(|(_, octets)| octets.iter().copied()).collect();
                Content::Octets { room: octets.len().max(1), octets, coding: coding(&segments) }
            }
            false => Content::Text(segments),
        };
        Ok(Self { reference: id.reference(), content })
    }

    fn ascii(id: OfferId, text: &str) -> Result<Self, TooLong> {
        let room = if text.len() <= ASCII_ALONE { ASCII_ALONE } else { ASCII_CONCATENATED };
        Self::octets(id, text.as_bytes().to_vec(), Coding::Ascii, room)
    }

    fn octets(id: OfferId, octets: Vec<u8>, coding: Coding, room: usize) -> Result<Self, TooLong> {
        let segments = octets.len().div_ceil(room);
        if segments > segments::MAX_SEGMENTS {
            return Err(TooLong { segments, encoding: Encoding::Gsm7 });
        }
        Ok(Self { reference: id.reference(), content: Content::Octets { octets, coding, room } })
    }

    /// A pushed address.
    pub(in super::super) fn push(id: OfferId, pushed: &Pushed, title: &str) -> Result<Self, TooLong> {
        let octets = push::datagram(pushed.action, &pushed.url, title, id.reference());
        let room = push::room(octets.len());
        Self::octets(id, octets, Coding::Binary, room)
    }

    /// How many short messages it takes.
    pub(in super::super) fn count(&self) -> usize {
        match &self.content {
            Content::Text(segments) => segments.count(),
            Content::Octets { octets, room, .. } => octets.len().div_ceil(*room).max(1),
        }
    }

    pub(in super::super) fn coding(&self) -> Coding {
        match &self.content {
            Content::Text(segments) => coding(segments),
            Content::Octets { coding, .. } => *coding,
        }
    }

    /// A part, from 0.
    pub(in super::super) fn part(&self, index: usize) -> Option<Part<'_>> {
        let octets = match &self.content {
            Content::Text(segments) => segments.with_headers(self.reference).nth(index)?.1,
            Content::Octets { octets, .. } if octets.is_empty() && index == 0 => &[],
            Content::Octets { octets, room, .. } => octets.chunks(*room).nth(index)?,
        };
        let is_push = self.coding() == Coding::Binary;
        let total = self.count();
        let which = Concatenation { reference: self.reference, total: total as u8, sequence: index as u8 + 1 };
        Some(Part { concatenation: (total > 1).then_some(which), is_push, octets })
    }
}

impl Part<'_> {
    /// The user data header, empty where none is needed.
    pub(in super::super) fn header(&self) -> Header {
        Header::new(self.concatenation, self.is_push)
    }

    /// The same, where the concatenation is told beside it.
    pub(in super::super) fn header_without_concatenation(&self) -> Header {
        Header::new(None, self.is_push)
    }
}

/// A user data header with its length in front.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) struct Header {
    octets: [u8; 12],
    length: usize,
}

impl Header {
    fn new(concatenation: Option<Concatenation>, is_push: bool) -> Self {
        let mut header = Self { octets: [0; 12], length: 0 };
        if is_push {
            // Application port addressing, 16 bit: destination, source; §9.2.3.24.4.
            let ([a, b], [c, d]) = (PUSH_PORT.to_be_bytes(), SOURCE_PORT.to_be_bytes());
            header.put(&[0x05, 0x04, a, b, c, d]);
        }
        if let Some(Concatenation { reference, total, sequence }) = concatenation {
            // Concatenated short messages, 8-bit reference; §9.2.3.24.1.
            header.put(&[0x00, 0x03, reference, total, sequence]);
        }
        header
    }

    fn put(&mut self, element: &[u8]) {
        let start = self.length.max(1);
        if let Some(room) = self.octets.get_mut(start..start + element.len()) {
            room.copy_from_slice(element);
            self.length = start + element.len();
            let [length, ..] = &mut self.octets;
            *length = (self.length - 1) as u8;
        }
    }

    pub(in super::super) fn octets(&self) -> &[u8] {
        self.octets.get(..self.length).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use rules::scenario::Push;

    use super::*;

    /// Octets of user data in one short message, its header included.
    const USER_DATA: usize = 140;

    fn headers(short: &Short) -> Vec<String> {
        let hex = |octets: &[u8]| octets.iter().map(|octet| format!("{octet:02x}")).collect();
        (0..short.count()).map(|index| hex(short.part(index).unwrap().header().octets())).collect()
    }

    #[test]
    fn each_part_has_the_header_that_it_needs() {
        let id = OfferId(0xa7);
        let text = |text: &str| headers(&Short::text(id, text, Wanted::default()).unwrap());
        assert_eq!(text("alone"), [""]);
        assert_eq!(text(&"x".repeat(200)), ["050003a70201", "050003a70202"]);
        let push = |length: usize| {
            let url = format!("http://{}", "x".repeat(length));
            headers(&Short::push(id, &Pushed { url, action: Push::Loading }, "").unwrap())
        };
        assert_eq!(push(10), ["0605040b8423f0"]);
        assert_eq!(push(200), ["0b05040b8423f00003a70201", "0b05040b8423f00003a70202"]);
    }

    #[test]
    fn a_text_that_the_centre_cuts_is_given_whole() {
        let check = |text: &str, octets: usize| {
            let short = Short::text(OfferId(1), text, Wanted { whole: true, ..Wanted::default() }).unwrap();
            let part = short.part(0).unwrap();
            assert_eq!((short.count(), part.octets.len(), part.concatenation), (1, octets, None));
        };
        check("", 0);
        check(&"x".repeat(400), 400);
        check(&"欢".repeat(100), 200);
    }

    #[test]
    fn ascii_goes_as_it_is_and_what_it_cannot_hold_in_ucs2() {
        let check = |text: &str, coding, lengths: &[usize]| {
            let short = Short::text(OfferId(1), text, Wanted { alphabet: Alphabet::Ascii, whole: false }).unwrap();
            let found: Vec<usize> = (0..short.count()).map(|index| short.part(index).unwrap().octets.len()).collect();
            assert_eq!((short.coding(), found), (coding, lengths.to_vec()), "{text}");
        };
        check("abc @$_", Coding::Ascii, &[7]);
        check(&"x".repeat(159), Coding::Ascii, &[159]);
        check(&"x".repeat(160), Coding::Ascii, &[153, 7]);
        check("[x]", Coding::Ucs2, &[6]);
        check("é", Coding::Ucs2, &[2]);
    }

    #[test]
    fn a_datagram_fills_its_parts_and_comes_together_again() {
        for length in 0..400 {
            let pushed = Pushed { url: format!("http://{}", "x".repeat(length)), action: Push::Indication };
            let short = Short::push(OfferId(1), &pushed, "标题").unwrap();
            let parts: Vec<Part<'_>> = (0..short.count()).map(|index| short.part(index).unwrap()).collect();
            let whole: Vec<u8> = parts.iter().flat_map(|part| part.octets.to_vec()).collect();
            assert_eq!(whole, push::datagram(pushed.action, &pushed.url, "标题", 1));
            assert_eq!(parts.len(), usize::from(push::parts(pushed.action, &pushed.url, "标题")));
            let lengths: Vec<usize> =
                parts.iter().map(|part| part.header().octets().len() + part.octets.len()).collect();
            assert!(lengths.iter().rev().skip(1).all(|length| *length == USER_DATA), "{lengths:?}");
            assert!(lengths.iter().all(|length| *length <= USER_DATA), "{lengths:?}");
            assert_eq!(parts.len() > 1, whole.len() > USER_DATA - 7);
        }
    }
}

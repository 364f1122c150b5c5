//! A text as short messages: which alphabet it needs, and where it is cut (3GPP TS 23.040 §9.2.3.24.1).
//!
//! The GSM 7 bit default alphabet is given one septet to an octet, as SMPP's `data_coding` 0 carries it: the message
//! centre packs. Anything outside that alphabet makes the whole text UCS-2 (UTF-16 big endian, `data_coding` 8).

mod alphabet;

use thiserror::Error;

/// The alphabet of a whole text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// GSM 7 bit default alphabet with its extension table, 3GPP TS 23.038 §6.2.1.
    Gsm7,
    /// UTF-16, big endian; 3GPP TS 23.038 §6.2.3.
    Ucs2,
}

impl Encoding {
    /// Septets or UTF-16 units that fit a message alone.
    pub const fn alone(self) -> usize {
        match self {
            Self::Gsm7 => 160,
            Self::Ucs2 => 70,
        }
    }

    /// Septets or UTF-16 units that fit a segment beside the concatenation header.
    pub const fn concatenated(self) -> usize {
        match self {
            Self::Gsm7 => 153,
            Self::Ucs2 => 67,
        }
    }

    /// `gsm7` or `ucs2`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Gsm7 => "gsm7",
            Self::Ucs2 => "ucs2",
        }
    }
}

/// A text is longer than 255 segments, the most that a concatenated short message has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the text would need {segments} segments; a short message has at most {MAX_SEGMENTS}")]
pub struct TooLong {
    /// How many it would need.
    pub segments: usize,
    /// In this alphabet.
    pub encoding: Encoding,
}

/// The most segments of one message: the count is one octet.
pub const MAX_SEGMENTS: usize = 255;

/// A text, encoded and cut. No segment splits an escape pair or a surrogate pair.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segments {
    encoding: Encoding,
    octets: Vec<u8>,
    /// Where each segment ends in `octets`; at least one.
    ends: Vec<usize>,
}

/// Encodes `text` in the narrower alphabet that holds it, and cuts it.
pub fn segments(text: &str) -> Result<Segments, TooLong> {
    cut(text, narrowest(text.chars()))
}

/// Encodes `text` as UCS-2 whatever it holds, for message centres whose default alphabet is another.
pub fn ucs2_segments(text: &str) -> Result<Segments, TooLong> {
    cut(text, Encoding::Ucs2)
}

/// How many short messages a text takes, as [`segments`] cuts it; [`MAX_SEGMENTS`] for one that is too long.
pub fn count(characters: impl Iterator<Item = char> + Clone) -> u8 {
    let encoding = narrowest(characters.clone());
    let cuts = with_cuts(characters, encoding).filter(|(is_cut, _)| *is_cut).count();
    u8::try_from(cuts + 1).unwrap_or(u8::MAX)
}

fn narrowest(mut characters: impl Iterator<Item = char>) -> Encoding {
    let is_gsm7 = characters.all(|character| alphabet::septets(character).is_some());
    if is_gsm7 { Encoding::Gsm7 } else { Encoding::Ucs2 }
}

fn cut(text: &str, encoding: Encoding) -> Result<Segments, TooLong> {
    let (mut octets, mut ends) = (Vec::with_capacity(text.len() * 2), Vec::new());
    for (is_cut, character) in with_cuts(text.chars(), encoding) {
        if is_cut {
            ends.push(octets.len());
        }
        write(character, encoding, &mut octets);
    }
    ends.push(octets.len());
    if ends.len() > MAX_SEGMENTS {
        return Err(TooLong { segments: ends.len(), encoding });
    }
    Ok(Segments { encoding, octets, ends })
}

/// Each character, and whether the text is cut before it.
fn with_cuts(characters: impl Iterator<Item = char> + Clone, encoding: Encoding) -> impl Iterator<Item = (bool, char)> {
    let length: usize = characters.clone().map(|character| width(character, encoding)).sum();
    let room = if length <= encoding.alone() { encoding.alone() } else { encoding.concatenated() };
    let mut used = 0;
    characters.map(move |character| {
        let width = width(character, encoding);
        let is_cut = used + width > room;
        used = if is_cut { width } else { used + width };
        (is_cut, character)
    })
}

/// In septets or UTF-16 units.
fn width(character: char, encoding: Encoding) -> usize {
    match encoding {
        Encoding::Gsm7 => alphabet::septets(character).map_or(0, alphabet::Septets::count),
        Encoding::Ucs2 => character.len_utf16(),
    }
}

fn write(character: char, encoding: Encoding, octets: &mut Vec<u8>) {
    match encoding {
        Encoding::Gsm7 => octets.extend(alphabet::septets(character).into_iter().flat_map(alphabet::Septets::iter)),
        Encoding::Ucs2 => {
            octets.extend(character.encode_utf16(&mut [0; 2]).iter().flat_map(|unit| unit.to_be_bytes()));
        }
    }
}

impl Segments {
    /// The alphabet.
    pub fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// How many short messages it takes, 1 to 255: this is what is paid for.
    pub fn count(&self) -> usize {
        self.ends.len()
    }

    /// Septets or UTF-16 units in all.
    pub fn units(&self) -> usize {
        match self.encoding {
            Encoding::Gsm7 => self.octets.len(),
            Encoding::Ucs2 => self.octets.len() / 2,
        }
    }

    /// Septets or UTF-16 units that may still be added to the last segment.
    pub fn room(&self) -> usize {
        let most = if self.count() == 1 { self.encoding.alone() } else { self.encoding.concatenated() };
        let last = self.iter().next_back().map_or(0, |(octets, _)| octets.len());
        most - if self.encoding == Encoding::Ucs2 { last / 2 } else { last }
    }

    /// Each segment's octets and the concatenation header that goes before them (none for a message alone).
    pub fn with_headers(&self, reference: u8) -> impl Iterator<Item = (Option<[u8; 6]>, &[u8])> {
        let total = self.ends.len() as u8;
        self.iter().map(move |(octets, sequence)| {
            ((total > 1).then_some([0x05, 0x00, 0x03, reference, total, sequence]), octets)
        })
    }

    fn iter(&self) -> impl DoubleEndedIterator<Item = (&[u8], u8)> {
        (0..self.ends.len()).map(|index| {
            let start = index.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
            let end = self.ends.get(index).copied().unwrap_or(start);
            (self.octets.get(start..end).unwrap_or_default(), index as u8 + 1)
        })
    }
}

/// Reads the GSM 7 bit default alphabet, a septet to an octet; what is not of it is left out.
pub fn read_default(octets: &[u8]) -> String {
    alphabet::read(octets)
}

/// Reads UTF-16, big endian; half a pair is shown as U+FFFD.
pub fn read_ucs2(octets: &[u8]) -> String {
    let units = octets.chunks_exact(2).map(|pair| pair.iter().fold(0, |unit, octet| unit << 8 | u16::from(*octet)));
    char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lengths(text: &str) -> (Encoding, Vec<usize>) {
        let segments = segments(text).unwrap();
        let unit = if segments.encoding() == Encoding::Ucs2 { 2 } else { 1 };
        (segments.encoding(), segments.with_headers(0).map(|(_, octets)| octets.len() / unit).collect())
    }

    #[test]
    fn texts_are_cut_where_the_specification_says() {
        use Encoding::{Gsm7, Ucs2};
        let check = |text: &str, encoding, expected: &[usize]| assert_eq!(lengths(text), (encoding, expected.to_vec()));
        check("", Gsm7, &[0]);
        check(&"a".repeat(160), Gsm7, &[160]);
        check(&"a".repeat(161), Gsm7, &[153, 8]);
        check(&"€".repeat(80), Gsm7, &[160]);
        check(&"€".repeat(81), Gsm7, &[152, 10]);
        check(&("a".repeat(152) + "€ and eight more"), Gsm7, &[152, 17]);
        check(&"欢".repeat(70), Ucs2, &[70]);
        check(&"欢".repeat(71), Ucs2, &[67, 4]);
        check(&"😀".repeat(35), Ucs2, &[70]);
        check(&"😀".repeat(36), Ucs2, &[66, 6]);
        check("çedilla", Ucs2, &[7]);
    }

    #[test]
    fn headers_number_the_segments_of_a_concatenated_message() {
        let headers = |text: &str| -> Vec<Option<[u8; 6]>> {
            segments(text).unwrap().with_headers(0xa7).map(|(header, _)| header).collect()
        };
        assert_eq!(headers("alone"), [None]);
        assert_eq!(headers(&"x".repeat(200)), [Some([5, 0, 3, 0xa7, 2, 1]), Some([5, 0, 3, 0xa7, 2, 2])]);
    }

    #[test]
    fn room_is_what_the_last_segment_still_takes() {
        let room = |text: &str| segments(text).unwrap().room();
        assert_eq!(room("abc"), 157);
        assert_eq!(room(&"a".repeat(161)), 145);
        assert_eq!(room("欢迎"), 68);
    }

    #[test]
    fn a_text_of_more_than_255_segments_is_refused() {
        assert!(segments(&"a".repeat(153 * 255)).is_ok());
        assert_eq!(segments(&"a".repeat(153 * 255 + 1)), Err(TooLong { segments: 256, encoding: Encoding::Gsm7 }));
    }

    fn put_together(segments: &Segments) -> String {
        let octets: Vec<u8> = segments.with_headers(0).flat_map(|(_, octets)| octets.iter().copied()).collect();
        match segments.encoding() {
            Encoding::Gsm7 => alphabet::read(&octets),
            Encoding::Ucs2 => String::from_utf16(&units(&octets)).unwrap(),
        }
    }

    fn units(octets: &[u8]) -> Vec<u16> {
        octets.chunks(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect()
    }

    // Each segment must be readable alone: phones show what they have.
    fn check_segment(encoding: Encoding, octets: &[u8], room: usize) {
        match encoding {
            Encoding::Gsm7 => {
                assert!(octets.len() <= room);
                alphabet::read(octets);
            }
            Encoding::Ucs2 => {
                assert!(octets.len() <= room * 2);
                String::from_utf16(&units(octets)).unwrap();
            }
        }
    }

    #[test]
    fn ten_thousand_random_texts_survive_cutting() {
        let alphabets = ["abc @£_ΔΞ€[]{}~^|\\", "欢迎光临abc€", "a😀欢e\u{301}👨\u{200d}👩", "€", "😀"];
        let mut random = fastrand::Rng::with_seed(20_090_710);
        for _ in 0..10_000 {
            let characters: Vec<char> = alphabets[random.usize(..alphabets.len())].chars().collect();
            let length = random.usize(..600);
            let text: String = (0..length).map(|_| characters[random.usize(..characters.len())]).collect();
            let segments = segments(&text).unwrap();
            let encoding = segments.encoding();
            let room = if segments.count() == 1 { encoding.alone() } else { encoding.concatenated() };
            segments.with_headers(0).for_each(|(_, octets)| check_segment(encoding, octets, room));
            assert_eq!(put_together(&segments), text);
        }
    }
}

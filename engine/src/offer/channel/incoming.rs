//! What a subscriber writes, as message centres pass it on: the text behind the user data header. Of a message in parts only
//! the first is read, for keywords stand at the beginning, and a later part may begin with any word.

/// Concatenation, with a reference of one octet or two; 3GPP TS 23.040 §9.2.3.24.1, §9.2.3.24.8.
const CONCATENATED: [u8; 2] = [0x00, 0x08];

/// The text of user data, which may begin with a header; `None` where it is a later part of a longer message. What is no
/// header leaves no text.
pub(super) fn beginning(user_data: &[u8], has_header: bool) -> Option<&[u8]> {
    if !has_header {
        return Some(user_data);
    }
    let (length, rest) = user_data.split_first()?;
    let (header, text) = rest.split_at_checked(usize::from(*length)).unwrap_or_default();
    let is_later = elements(header).any(|(identifier, data)| {
        // The last octet is the number of the part, from 1.
        CONCATENATED.contains(&identifier) && data.last().is_some_and(|part| *part > 1)
    });
    (!is_later).then_some(text)
}

/// Information elements, §9.2.3.24, as far as they are whole.
fn elements(mut header: &[u8]) -> impl Iterator<Item = (u8, &[u8])> {
    std::iter::from_fn(move || {
        let ([identifier, length], rest) = header.split_first_chunk()?;
        let (data, rest) = rest.split_at_checked(usize::from(*length))?;
        header = rest;
        Some((*identifier, data))
    })
}

/// GB 18030 (Msg_Fmt 15 of CMPP): what phones of old send Chinese in.
pub(super) fn gb18030(octets: &[u8]) -> String {
    encoding_rs::GB18030.decode_without_bom_handling(octets).0.into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_message_in_parts_the_first_is_read() {
        let check = |user_data: &[u8], expected: Option<&[u8]>| assert_eq!(beginning(user_data, true), expected);
        check(b"\x05\x00\x03\x07\x02\x01TD", Some(b"TD"));
        check(b"\x05\x00\x03\x07\x02\x02TD", None);
        check(b"\x06\x08\x04\x01\x07\x02\x01TD", Some(b"TD"));
        check(b"\x06\x08\x04\x01\x07\x02\x02TD", None);
        check(b"\x0a\x04\x03abc\x00\x03\x07\x02\x02TD", None);
        check(b"\x02\x70\x00TD", Some(b"TD"));
        check(b"\x00TD", Some(b"TD"));
        check(b"\x09TD", Some(b""));
        check(b"", None);
        assert_eq!(beginning(b"\x05\x00\x03\x07\x02\x02TD", false), Some(&b"\x05\x00\x03\x07\x02\x02TD"[..]));
    }
}

//! A pushed address as octets: Service Indication (WAP-167) or Service Loading (WAP-168) as WBXML (WAP-192), in a WSP
//! connectionless push (WAP-230 §8.2.4.1), for port 2948 of the phone (3GPP TS 23.040 §9.2.3.24.4).

use crate::scenario::Push;

/// Octets of user data in one short message beside the header that names the ports (7 octets), and beside the one that says
/// which part it is too (12): 140 in all.
const ROOM_ALONE: usize = 133;
const ROOM_CONCATENATED: usize = 128;

/// WSP PDU type Push, WAP-230 Table 34.
const PUSH: u8 = 0x06;
/// Header names and values with their high bit, WAP-230 Tables 38 to 40.
const CONTENT_LENGTH: u8 = 0x8d;
const ENCODING_VERSION_1_3: [u8; 2] = [0xc3, 0x93];

/// WBXML 1.2, UTF-8, no string table; WAP-192 §5.4 to §5.7.
const WBXML_VERSION: u8 = 0x02;
const UTF_8: u8 = 0x6a;
const END: u8 = 0x01;
const STR_I: u8 = 0x03;
const HAS_CONTENT: u8 = 0x40;
const HAS_ATTRIBUTES: u8 = 0x80;

/// What the two document types differ in.
struct Document {
    /// WAP-230 Table 40: `application/vnd.wap.sic`, `application/vnd.wap.slc`.
    content_type: u8,
    /// WAP-192 §7.2.
    public_identifier: u8,
    /// Attribute start codes of `href` by what the address begins with; WAP-167 §9.3.2, WAP-168 §9.3.2.
    starts: [(u8, &'static str); 5],
}

const INDICATION: Document = Document {
    content_type: 0xae,
    public_identifier: 0x05,
    starts: [(0x0f, "https://www."), (0x0d, "http://www."), (0x0e, "https://"), (0x0c, "http://"), (0x0b, "")],
};

const LOADING: Document = Document {
    content_type: 0xb0,
    public_identifier: 0x06,
    starts: [(0x0c, "https://www."), (0x0a, "http://www."), (0x0b, "https://"), (0x09, "http://"), (0x08, "")],
};

/// Attribute values that have a code of their own, in both document types.
const VALUES: [(u8, &str); 4] = [(0x85, ".com/"), (0x86, ".edu/"), (0x87, ".net/"), (0x88, ".org/")];

/// The title of a pushed address: what stands before it in the text that stands in for it.
pub fn title<'t>(text: &'t str, url: &str) -> &'t str {
    text.strip_suffix(url).unwrap_or(text).trim_end()
}

/// How many octets of a datagram of this length go into one short message.
pub fn room(length: usize) -> usize {
    if length <= ROOM_ALONE { ROOM_ALONE } else { ROOM_CONCATENATED }
}

/// How many short messages a pushed address takes, at most 255: this is what is paid for.
pub fn parts(action: Push, url: &str, title: &str) -> u8 {
    let length = datagram(action, url, title, 0).len();
    u8::try_from(length.div_ceil(room(length))).unwrap_or(u8::MAX)
}

/// The datagram that pushes an address. `transaction` is the WSP TID: the same on every attempt.
pub fn datagram(action: Push, url: &str, title: &str, transaction: u8) -> Vec<u8> {
    let (document, body) = match action {
        Push::Indication => (&INDICATION, indication(url, title)),
        Push::Loading => (&LOADING, loading(url)),
    };
    let mut headers = vec![document.content_type, CONTENT_LENGTH];
    put_integer(&mut headers, body.len());
    headers.extend(ENCODING_VERSION_1_3);
    let mut datagram = vec![transaction, PUSH];
    put_uintvar(&mut datagram, headers.len());
    datagram.extend(headers);
    datagram.extend(body);
    datagram
}

/// `<si><indication href="…">title</indication></si>`
fn indication(url: &str, title: &str) -> Vec<u8> {
    const SI: u8 = 0x05;
    const INDICATION_TAG: u8 = 0x06;
    let mut body = begin(&INDICATION);
    body.extend([SI | HAS_CONTENT, INDICATION_TAG | HAS_CONTENT | HAS_ATTRIBUTES]);
    put_href(&mut body, &INDICATION, url);
    put_inline(&mut body, title);
    body.extend([END, END]);
    body
}

/// `<sl href="…"/>`
fn loading(url: &str) -> Vec<u8> {
    const SL: u8 = 0x05;
    let mut body = begin(&LOADING);
    body.push(SL | HAS_ATTRIBUTES);
    put_href(&mut body, &LOADING, url);
    body
}

fn begin(document: &Document) -> Vec<u8> {
    vec![WBXML_VERSION, document.public_identifier, UTF_8, 0]
}

/// The attribute, and the end of the attributes.
fn put_href(body: &mut Vec<u8>, document: &Document, url: &str) {
    let start = document.starts.iter().find_map(|(code, start)| Some((*code, url.strip_prefix(start)?)));
    let (code, rest) = start.unwrap_or((0, url));
    body.push(code);
    match VALUES
        .iter()
        .filter_map(|(code, value)| Some((rest.split_once(value)?, *code)))
        .min_by_key(|((before, _), _)| before.len())
    {
        Some(((before, after), code)) => {
            put_inline(body, before);
            body.push(code);
            put_inline(body, after);
        }
        None => put_inline(body, rest),
    }
    body.push(END);
}

/// STR_I; a zero would end it early.
fn put_inline(body: &mut Vec<u8>, text: &str) {
    body.push(STR_I);
    body.extend(text.bytes().filter(|octet| *octet != 0));
    body.push(0);
}

/// Integer-value, WAP-230 §8.4.2.3: short with the high bit, else its length and its octets.
fn put_integer(out: &mut Vec<u8>, value: usize) {
    if value < 0x80 {
        out.push(value as u8 | 0x80);
        return;
    }
    let octets = value.to_be_bytes();
    let zeros = octets.iter().take_while(|octet| **octet == 0).count();
    out.push((octets.len() - zeros) as u8);
    out.extend(octets.iter().skip(zeros));
}

/// Seven bits an octet, most significant first; WAP-230 §8.1.2.
fn put_uintvar(out: &mut Vec<u8>, value: usize) {
    let groups = (usize::BITS - value.leading_zeros()).div_ceil(7).max(1);
    out.extend((0..groups).rev().map(|group| (value >> (7 * group)) as u8 & 0x7f | if group > 0 { 0x80 } else { 0 }));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(octets: &[u8]) -> String {
        octets.iter().map(|octet| format!("{octet:02x}")).collect()
    }

    // The octets that Kannel's push proxy gateway sends for these.
    #[test]
    fn addresses_are_pushed_with_the_octets_of_another_gateway() {
        let check = |action, url: &str, title: &str, expected: &str| {
            assert_eq!(hex(&datagram(action, url, title, 0x2a)), expected, "{url}");
        };
        check(
            Push::Indication,
            "http://example.com/",
            "Hi",
            "2a0605ae8d9ac39302056a0045c60c036578616d706c650085030001034869000101",
        );
        check(Push::Loading, "http://example.com/p", "", "2a0605b08d94c39302066a008509036578616d706c65008503700001");
        check(Push::Loading, "https://www.a.net/", "", "2a0605b08d8dc39302066a00850c03610087030001");
        check(Push::Loading, "wtai://x", "", "2a0605b08d91c39302066a00850803777461693a2f2f780001");
    }

    #[test]
    fn a_length_above_127_takes_octets_of_its_own() {
        let datagram = datagram(Push::Loading, &format!("http://a/{}", "x".repeat(300)), "", 0);
        assert_eq!(hex(&datagram[..10]), "000607b08d020137c393");
        assert_eq!(datagram.len(), 10 + 0x137);
    }

    #[test]
    fn the_parts_of_the_datagram_count_and_not_those_of_the_text() {
        let check = |url: &str, title: &str, expected| {
            assert_eq!(parts(Push::Indication, url, title), expected, "{url} {title}");
        };
        check("http://example.com/", "Hi", 1);
        // 32 octets of frame, and three for each character.
        check("http://example.com/", &"看".repeat(33), 1);
        check("http://example.com/", &"看".repeat(34), 2);
        check(&format!("http://a/{}", "x".repeat(300)), "", 3);
        check(&"x".repeat(100_000), "", u8::MAX);
    }

    #[test]
    fn a_title_is_what_stands_before_the_address() {
        assert_eq!(title("看 看 http://a.cn/x", "http://a.cn/x"), "看 看");
        assert_eq!(title("http://a.cn/x", "http://a.cn/x"), "");
    }
}

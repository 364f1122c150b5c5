//! JSON lines for programs. Written by hand into one reused buffer: `decode` prints millions of them.
//!
//! Identities are masked here, in the one place that knows whether the command said `--reveal`, or whether others are to have
//! pseudonyms.

use std::fmt::Display;
use std::io::Write as _;
use std::sync::Arc;

use event::{Imei, Imsi, Number, Timestamp, Tmsi};
use probe::wire::Value;

use crate::pseudonyms::Pseudonyms;

/// How subscribers are named.
#[derive(Clone, Debug)]
pub(crate) enum Naming {
    /// By IMSI.
    Clear,
    /// By an IMSI without its middle.
    Masked,
    /// By pseudonym: that of the time which the line has told last. Devices and other people's numbers are masked, and temporary
    /// identities left out.
    Pseudonyms(Arc<Pseudonyms>),
}

impl Naming {
    /// As a command is told.
    pub(crate) fn new(reveal: bool) -> Self {
        if reveal { Self::Clear } else { Self::Masked }
    }
}

/// One JSON object on one line, built field by field.
pub(crate) struct Line {
    octets: Vec<u8>,
    naming: Naming,
    at: Timestamp,
    // The last second shown, and its text: consecutive lines mostly share it.
    second: i64,
    second_text: Vec<u8>,
}

impl Line {
    pub(crate) fn new(reveal: bool) -> Self {
        Self::named(Naming::new(reveal))
    }

    pub(crate) fn named(naming: Naming) -> Self {
        let octets = Vec::with_capacity(1024);
        Self { octets, naming, at: Timestamp::MIN, second: i64::MIN, second_text: Vec::new() }
    }

    fn reveals(&self) -> bool {
        matches!(self.naming, Naming::Clear)
    }

    /// Begins a new object; what was built before is forgotten.
    pub(crate) fn begin(&mut self) {
        self.octets.clear();
        self.octets.push(b'{');
    }

    /// Ends the object and gives the line with its line feed.
    pub(crate) fn end(&mut self) -> &[u8] {
        self.octets.extend_from_slice(b"}\n");
        &self.octets
    }

    fn key(&mut self, key: &str) {
        if self.octets.last() != Some(&b'{') {
            self.octets.push(b',');
        }
        self.octets.push(b'"');
        self.octets.extend_from_slice(key.as_bytes());
        self.octets.extend_from_slice(b"\":");
    }

    /// Opens a nested object.
    pub(crate) fn open(&mut self, key: &str) {
        self.key(key);
        self.octets.push(b'{');
    }

    /// Closes the nested object.
    pub(crate) fn close(&mut self) {
        self.octets.push(b'}');
    }

    pub(crate) fn integer(&mut self, key: &str, value: u64) {
        self.key(key);
        self.decimal(value);
    }

    /// A number with sign or fraction, as it is displayed.
    pub(crate) fn literal(&mut self, key: &str, value: impl Display) {
        self.key(key);
        // Writing to memory does not fail.
        let _ = write!(self.octets, "{value}");
    }

    pub(crate) fn flag(&mut self, key: &str, value: bool) {
        self.key(key);
        self.octets.extend_from_slice(if value { b"true" } else { b"false" });
    }

    /// Any text, escaped.
    pub(crate) fn text(&mut self, key: &str, value: &str) {
        self.key(key);
        self.string(value);
    }

    /// A value whose display needs no escaping (names, digits, places).
    pub(crate) fn plain(&mut self, key: &str, value: impl Display) {
        self.key(key);
        self.quoted(value);
    }

    pub(crate) fn code(&mut self, key: &str, value: u64) {
        self.key(key);
        self.hexadecimal(value);
    }

    /// Under `key`; a pseudonym as the `subscriber`.
    pub(crate) fn imsi(&mut self, key: &str, value: Imsi) {
        match &self.naming {
            Naming::Clear => self.plain(key, value),
            Naming::Masked => self.plain(key, value.masked()),
            Naming::Pseudonyms(keys) => {
                let name = keys.at(self.at).name(value);
                self.plain("subscriber", name);
            }
        }
    }

    /// Names nobody by itself, but can be followed: beside a pseudonym it is left out.
    pub(crate) fn tmsi(&mut self, key: &str, value: Tmsi) {
        if !matches!(self.naming, Naming::Pseudonyms(_)) {
            self.plain(key, value);
        }
    }

    pub(crate) fn imei(&mut self, key: &str, value: Imei) {
        self.key(key);
        if self.reveals() { self.quoted(value) } else { self.quoted(value.masked()) }
    }

    /// A sender's name is no number: nothing is said.
    pub(crate) fn number(&mut self, key: &str, value: &Number) {
        if value.is_name() {
            return;
        }
        self.key(key);
        if self.reveals() { self.quoted(value) } else { self.quoted(value.masked()) }
    }

    /// RFC 3339 in UTC with microseconds.
    pub(crate) fn time(&mut self, key: &str, at: Timestamp) {
        const MICROS: i64 = 1_000_000;
        self.key(key);
        self.at = at;
        let second = at.as_micros().div_euclid(MICROS);
        if second != self.second {
            self.second = second;
            self.second_text.clear();
            let whole = Timestamp::from_seconds(second).to_string();
            let head = whole.split('.').next().unwrap_or_default();
            self.second_text.extend_from_slice(head.as_bytes());
        }
        self.octets.push(b'"');
        self.octets.extend_from_slice(&self.second_text);
        self.octets.push(b'.');
        let fraction = at.as_micros().rem_euclid(MICROS) as u64;
        let mut scale = 100_000;
        while scale > 0 {
            self.octets.push(b'0' + (fraction / scale % 10) as u8);
            scale /= 10;
        }
        self.octets.extend_from_slice(b"Z\"");
    }

    /// An element of a decoded message, under its [`element_key`].
    pub(crate) fn element(&mut self, name: &'static str, value: Value<'_>) {
        self.key(element_key(name, &value));
        self.value(value);
    }

    /// Opens a list of the elements of one name.
    pub(crate) fn open_list(&mut self, name: &str) {
        self.key(name);
        self.octets.push(b'[');
    }

    /// A further element of the open list.
    pub(crate) fn item(&mut self, value: Value<'_>) {
        if self.octets.last() != Some(&b'[') {
            self.octets.push(b',');
        }
        self.value(value);
    }

    /// Opens a further object of the open list.
    pub(crate) fn open_item(&mut self) {
        if self.octets.last() != Some(&b'[') {
            self.octets.push(b',');
        }
        self.octets.push(b'{');
    }

    /// Closes the list.
    pub(crate) fn close_list(&mut self) {
        self.octets.push(b']');
    }

    fn value(&mut self, value: Value<'_>) {
        match value {
            Value::Integer(number) => self.decimal(number),
            Value::Code(code) => self.hexadecimal(code),
            Value::Flag(flag) => self.octets.extend_from_slice(if flag { b"true" } else { b"false" }),
            Value::Name(name) => self.string(name),
            Value::Number(number) if self.reveals() => self.quoted(number),
            Value::Number(number) => self.quoted(number.masked()),
            Value::Imsi(imsi) if self.reveals() => self.quoted(imsi),
            Value::Imsi(imsi) => self.quoted(imsi.masked()),
            Value::Imei(imei) if self.reveals() => self.quoted(imei),
            Value::Imei(imei) => self.quoted(imei.masked()),
            Value::Tmsi(tmsi) => self.quoted(tmsi),
            Value::Lai(lai) => self.quoted(lai),
            Value::Cell(cell) => self.quoted(cell),
            Value::Domain(name) => self.quoted(name),
            Value::Octets(octets) => {
                self.octets.push(b'"');
                for octet in octets {
                    self.octets.extend_from_slice(&[hex_digit(octet >> 4), hex_digit(octet & 15)]);
                }
                self.octets.push(b'"');
            }
        }
    }

    fn decimal(&mut self, value: u64) {
        let mut digits = [0_u8; 20];
        let mut rest = value;
        let mut count = 0;
        for digit in digits.iter_mut().rev() {
            *digit = b'0' + (rest % 10) as u8;
            rest /= 10;
            count += 1;
            if rest == 0 {
                break;
            }
        }
        self.octets.extend(digits.iter().skip(20 - count));
    }

    /// `"0x08"`, at least two digits.
    fn hexadecimal(&mut self, value: u64) {
        self.octets.extend_from_slice(b"\"0x");
        let digits = (64 - value.leading_zeros()).div_ceil(8).max(1) * 2;
        for index in (0..digits).rev() {
            self.octets.push(hex_digit((value >> (4 * index)) as u8 & 15));
        }
        self.octets.push(b'"');
    }

    fn quoted(&mut self, value: impl Display) {
        self.octets.push(b'"');
        // Writing to a Vec cannot fail.
        let _ = write!(self.octets, "{value}");
        self.octets.push(b'"');
    }

    fn string(&mut self, value: &str) {
        // Writing to a Vec cannot fail, nor can a str fail to serialise.
        let _ = serde_json::to_writer(&mut self.octets, value);
    }
}

/// The key of an element: its name in the specification, but an identity goes by its kind, because a "mobile identity"
/// may be any of three and a program must be able to tell them apart.
pub(crate) const fn element_key(name: &'static str, value: &Value<'_>) -> &'static str {
    match value {
        Value::Imsi(_) => "imsi",
        Value::Imei(_) => "imei",
        Value::Tmsi(_) => "tmsi",
        _ => name,
    }
}

const fn hex_digit(nibble: u8) -> u8 {
    if nibble < 10 { b'0' + nibble } else { b'a' + nibble - 10 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn built(reveal: bool, build: impl Fn(&mut Line)) -> String {
        let mut line = Line::new(reveal);
        line.begin();
        build(&mut line);
        String::from_utf8(line.end().to_vec()).unwrap()
    }

    #[test]
    fn a_line_is_one_json_object() {
        let line = built(false, |line| {
            line.integer("frame", 0);
            line.integer("big", u64::MAX);
            line.time("at", Timestamp::from_micros(1_795_305_600_000_501));
            line.code("code", 0x1b39);
            line.code("small", 8);
            line.text("text", "a \"quoted\" 短信\n");
            line.flag("malformed", true);
            line.open("inner");
            line.plain("layer", "mm");
            line.close();
            line.element("octets", Value::Octets(&[0, 0xff]));
        });
        let value: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(
            value,
            serde_json::json!({
                "frame": 0, "big": u64::MAX, "at": "2026-11-22T00:00:00.000501Z", "code": "0x1b39", "small": "0x08",
                "text": "a \"quoted\" 短信\n", "malformed": true, "inner": {"layer": "mm"}, "octets": "00ff"
            })
        );
    }

    #[test]
    fn identities_are_masked_unless_revealed() {
        let imsi: Imsi = "460001234567890".parse().unwrap();
        let imei: Imei = "353900021234560".parse().unwrap();
        let number: Number = "13900001234".parse().unwrap();
        let build = |line: &mut Line| {
            line.imsi("imsi", imsi);
            line.imei("imei", imei);
            line.number("number", &number);
            line.element("mobile_identity", Value::Imsi(imsi));
        };
        let masked = built(false, build);
        assert!(
            !masked.contains("1234567890") && !masked.contains("02123456") && !masked.contains("00001234"),
            "{masked}"
        );
        let shown = built(true, build);
        assert!(shown.contains("460001234567890") && shown.contains("35390002123456") && shown.contains("13900001234"));
    }
}

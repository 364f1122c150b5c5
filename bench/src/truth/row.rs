//! A line of JSON, field by field, in memory that is used again. Digits are written as such: the formatting of the standard
//! library took a third of the time that a capture takes.

use event::{CellId, DomainName, Imei, Imsi, Lai, Number, Plmn, Tmsi};

/// The line.
#[derive(Debug, Default)]
pub(super) struct Row(Vec<u8>);

/// What stands between quotation marks.
pub(super) trait Text {
    /// Appends it.
    fn append_to(&self, line: &mut Vec<u8>);
}

impl Row {
    /// Begins another line.
    pub(super) fn begin(&mut self) {
        self.0.clear();
        self.0.push(b'{');
    }

    /// Ends the line.
    pub(super) fn end(&mut self) -> &[u8] {
        self.0.extend_from_slice(b"}\n");
        &self.0
    }

    /// A field of text, which needs no escapes.
    pub(super) fn text(&mut self, name: &str, value: &(impl Text + ?Sized)) {
        self.name(name);
        self.0.push(b'"');
        value.append_to(&mut self.0);
        self.0.push(b'"');
    }

    /// The same where there is a value.
    pub(super) fn text_if(&mut self, name: &str, value: Option<&impl Text>) {
        if let Some(value) = value {
            self.text(name, value);
        }
    }

    /// A number.
    pub(super) fn integer(&mut self, name: &str, value: u64) {
        self.name(name);
        push_integer(&mut self.0, value);
    }

    /// True or false.
    pub(super) fn flag(&mut self, name: &str, value: bool) {
        self.name(name);
        self.0.extend_from_slice(if value { b"true" } else { b"false" });
    }

    /// The number of a frame; null for 0, which the capture lacks.
    pub(super) fn frame(&mut self, name: &str, frame: u64) {
        self.name(name);
        self.push_frame(frame);
    }

    /// A list of them.
    pub(super) fn frames(&mut self, name: &str, frames: impl Iterator<Item = u64>) {
        self.name(name);
        self.0.push(b'[');
        for (index, frame) in frames.enumerate() {
            if index > 0 {
                self.0.push(b',');
            }
            self.push_frame(frame);
        }
        self.0.push(b']');
    }

    fn push_frame(&mut self, frame: u64) {
        match frame {
            0 => self.0.extend_from_slice(b"null"),
            _ => push_integer(&mut self.0, frame),
        }
    }

    fn name(&mut self, name: &str) {
        self.0.extend_from_slice(if self.0.len() > 1 { b",\"" } else { b"\"" });
        self.0.extend_from_slice(name.as_bytes());
        self.0.extend_from_slice(b"\":");
    }
}

impl Text for str {
    fn append_to(&self, line: &mut Vec<u8>) {
        line.extend_from_slice(self.as_bytes());
    }
}

impl Text for DomainName {
    fn append_to(&self, line: &mut Vec<u8>) {
        self.as_str().append_to(line);
    }
}

impl Text for Imsi {
    fn append_to(&self, line: &mut Vec<u8>) {
        push_digits(line, self.prefix(self.length()), self.length() as usize);
    }
}

impl Text for Imei {
    fn append_to(&self, line: &mut Vec<u8>) {
        push_digits(line, self.device(), 14);
        if let Some(software) = self.software() {
            push_digits(line, software.into(), 2);
        }
    }
}

impl Text for Tmsi {
    fn append_to(&self, line: &mut Vec<u8>) {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let half_octets = (0..8).rev().map(|place| self.0 >> (4 * place) & 15);
        line.extend(half_octets.filter_map(|digit| DIGITS.get(digit as usize)));
    }
}

impl Text for Plmn {
    fn append_to(&self, line: &mut Vec<u8>) {
        let (code, digits) = self.mnc();
        push_digits(line, self.mcc().into(), 3);
        line.push(b'-');
        push_digits(line, code.into(), digits.into());
    }
}

impl Text for Lai {
    fn append_to(&self, line: &mut Vec<u8>) {
        self.plmn.append_to(line);
        line.push(b'-');
        push_integer(line, self.lac.into());
    }
}

// Parts unknown are absent from the right, and `?` where a later one is known.
impl Text for CellId {
    fn append_to(&self, line: &mut Vec<u8>) {
        match self.plmn {
            Some(plmn) => plmn.append_to(line),
            None => "?-?".append_to(line),
        }
        let known = if self.ci.is_some() { 2 } else { usize::from(self.lac.is_some()) };
        for part in [self.lac, self.ci].into_iter().take(known) {
            line.push(b'-');
            match part {
                Some(code) => push_integer(line, code.into()),
                None => line.push(b'?'),
            }
        }
    }
}

impl Text for Number {
    fn append_to(&self, line: &mut Vec<u8>) {
        const SYMBOLS: &[u8; 15] = b"0123456789*#abc";
        if self.is_international() {
            line.push(b'+');
        }
        line.extend(self.symbols().filter_map(|symbol| SYMBOLS.get(usize::from(symbol))));
    }
}

fn push_integer(line: &mut Vec<u8>, value: u64) {
    line.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
}

fn push_digits(line: &mut Vec<u8>, value: u64, count: usize) {
    let (begin, mut rest) = (line.len(), value);
    line.resize(begin + count, b'0');
    for place in line.iter_mut().skip(begin).rev() {
        *place = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(value: &(impl Text + std::fmt::Display)) {
        let mut line = Vec::new();
        value.append_to(&mut line);
        assert_eq!(String::from_utf8(line).unwrap(), value.to_string());
    }

    #[test]
    fn values_are_written_as_the_probe_shows_them() {
        check(&"460001234567890".parse::<Imsi>().unwrap());
        check(&"00101".parse::<Imsi>().unwrap());
        ["01234567890123", "0123456789012345"].iter().for_each(|imei| check(&imei.parse::<Imei>().unwrap()));
        [0, 0xc0ff_ee09].map(Tmsi).iter().for_each(check);
        ["10086", "+8613800000000", "*31#abc"].iter().for_each(|number| check(&number.parse::<Number>().unwrap()));
        check(&"wap.example.com".parse::<DomainName>().unwrap());
        let plmns = ["001-01", "310-026"].map(|plmn| plmn.parse::<Plmn>().unwrap());
        plmns.into_iter().for_each(|plmn| check(&Lai { plmn, lac: 65_534 }));
        for plmn in plmns.map(Some).into_iter().chain([None]) {
            for lac in [Some(1), None] {
                [Some(0), Some(4097), None].into_iter().for_each(|ci| check(&CellId { plmn, lac, ci }));
            }
        }
    }

    #[test]
    fn fields_stand_behind_each_other() {
        let mut row = Row::default();
        for _ in 0..2 {
            row.begin();
            row.frame("frame", 0);
            row.text("kind", "sms");
            row.text_if("number", None::<&Number>);
            row.integer("cause", 16);
            row.flag("answered", true);
            row.frames("depends", [0, 7].into_iter());
            let expected = "{\"frame\":null,\"kind\":\"sms\",\"cause\":16,\"answered\":true,\"depends\":[null,7]}\n";
            assert_eq!(str::from_utf8(row.end()), Ok(expected));
        }
    }
}

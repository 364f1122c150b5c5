//! The subscriber file: whose number belongs to an IMSI, what is known of them and what they have agreed to.

use std::fmt;
use std::path::Path;

use event::{Imsi, Number};
use rustc_hash::FxHashMap;

use super::fault::{Fault, Faults};
use super::keys::Keys;
use super::msisdn::Msisdn;
use super::subscribers::{IMSI_COLUMNS, MSISDN_COLUMNS};
use super::table::{Header, Row, Table};
use super::{ListError, cell};
use crate::scenario::Purpose;

/// What the column that holds the purposes agreed to may be called.
const CONSENT_COLUMNS: &[&str] = &["consent", "同意", "授权"];
/// What separates purposes in a cell.
const SEPARATORS: [char; 5] = ['|', ';', '；', '｜', '、'];

/// The subscriber file: IMSI to MSISDN and tags. Seventeen bytes per subscriber, and one, two or four per column (by
/// how many different values it holds).
#[derive(Default)]
pub struct Directory {
    keys: Keys,
    /// By place in `keys`; 0 where none is known.
    msisdns: Vec<u64>,
    columns: Vec<Column>,
    /// By value of the consent column: which purposes it grants.
    consents: Option<Consents>,
}

struct Consents {
    column: usize,
    granted: Vec<u8>,
}

impl Directory {
    /// Reads a CSV with a header: `imsi`, `msisdn`, further columns as tags; `consent` holds purposes separated by `|`
    /// or `;`. An IMSI that stands there twice with different contents is refused: nobody inherits another's tags.
    pub fn load(file: &Path) -> Result<Self, ListError> {
        Self::read(&Table::load(file)?)
    }

    /// As [`Directory::load`], from the file's content; `file` is what errors name.
    pub fn parse(file: &Path, content: Vec<u8>) -> Result<Self, ListError> {
        Self::read(&Table::parse(file, content)?)
    }

    fn read(table: &Table<'_>) -> Result<Self, ListError> {
        let (header, mut rows) = table.open()?;
        let mut reading = Reading::new(&header).map_err(|fault| fault.at(table.file(), Some(header.line())))?;
        let mut faults = Faults::new();
        while let Some(row) = rows.next() {
            let row = row.map_err(|(line, fault)| fault.at(table.file(), Some(line)))?;
            if let Err(fault) = row.fits(&header).and_then(|()| reading.take(&row)) {
                faults.note(row.line, fault);
            }
        }
        faults.finish(table.file())?;
        reading.finish().map_err(|(line, fault)| fault.at(table.file(), Some(line)))
    }

    /// How many subscribers it holds.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The columns that are tags, as the header names them.
    pub fn columns(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().map(|column| column.name.as_str())
    }

    /// The subscriber's row.
    pub fn find(&self, imsi: Imsi) -> Option<Subscriber<'_>> {
        self.keys.find(imsi.to_bits()).map(|row| Subscriber { directory: self, row })
    }

    /// Whose number this is. Looks at every row: for people who ask, not for events.
    pub fn with_number(&self, number: Number) -> impl Iterator<Item = Imsi> + '_ {
        let wanted = Msisdn::from_number(number).map(Msisdn::to_bits);
        let places = self.msisdns.iter().enumerate().filter(move |(_, bits)| Some(**bits) == wanted);
        places.filter_map(|(place, _)| self.keys.at(place).and_then(Imsi::from_bits))
    }

    /// Bytes of memory.
    pub fn bytes(&self) -> usize {
        let columns: usize = self.columns.iter().map(Column::bytes).sum();
        self.keys.bytes() + self.msisdns.capacity() * size_of::<u64>() + columns
    }
}

impl fmt::Debug for Directory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Directory({} subscribers, {} columns)", self.len(), self.columns.len())
    }
}

/// One row of the subscriber file.
#[derive(Clone, Copy, Debug)]
pub struct Subscriber<'a> {
    directory: &'a Directory,
    row: u32,
}

impl<'a> Subscriber<'a> {
    /// The number to send to.
    pub fn msisdn(&self) -> Option<Number> {
        let bits = *self.directory.msisdns.get(self.row as usize)?;
        Msisdn::from_bits(bits).map(Msisdn::to_number)
    }

    /// The value in a column (named without regard to case); `None` where there is no such column or no value.
    pub fn tag(&self, column: &str) -> Option<&'a str> {
        let column = self.directory.columns.iter().find(|known| known.name.eq_ignore_ascii_case(column))?;
        column.value(self.row).filter(|value| !value.is_empty())
    }

    /// Whether the subscriber has agreed to this purpose.
    pub fn consents(&self, purpose: Purpose) -> bool {
        let granted = self.directory.consents.as_ref().and_then(|consents| {
            let code = self.directory.columns.get(consents.column)?.codes.at(self.row)?;
            consents.granted.get(code as usize).copied()
        });
        granted.unwrap_or(0) & bit(purpose) != 0
    }
}

const fn bit(purpose: Purpose) -> u8 {
    match purpose {
        Purpose::Service => 1,
        Purpose::Marketing => 2,
        Purpose::Location => 4,
    }
}

fn purposes(text: &str) -> Result<u8, Fault> {
    let mut granted = 0;
    for word in text.split(SEPARATORS).map(str::trim) {
        granted |= match word.to_ascii_lowercase().as_str() {
            "" | "none" | "无" => 0,
            "service" | "服务" => bit(Purpose::Service),
            "marketing" | "营销" => bit(Purpose::Marketing),
            "location" | "位置" => bit(Purpose::Location),
            _ => {
                return Err(Fault::new(
                    [format!("`{word}` is no purpose to agree to"), format!("`{word}` 不是可以同意的用途")],
                    [
                        "write `marketing|location` (营销|位置), one of the two, or leave it empty",
                        "请写 `营销|位置`，或其中之一，或留空",
                    ],
                ));
            }
        };
    }
    Ok(granted)
}

/// A column of tags: each different value once, and a code per row.
struct Column {
    name: String,
    values: Values,
    codes: Codes,
}

impl Column {
    fn value(&self, row: u32) -> Option<&str> {
        self.values.at(self.codes.at(row)?)
    }

    fn bytes(&self) -> usize {
        self.values.text.capacity() + self.values.ends.capacity() * size_of::<u32>() + self.codes.bytes()
    }
}

/// Different texts, one behind the other.
#[derive(Default)]
struct Values {
    text: String,
    ends: Vec<u32>,
}

impl Values {
    fn push(&mut self, value: &str) -> u32 {
        self.text.push_str(value);
        self.ends.push(self.text.len() as u32);
        self.ends.len() as u32 - 1
    }

    fn at(&self, code: u32) -> Option<&str> {
        let end = *self.ends.get(code as usize)? as usize;
        let start =
            code.checked_sub(1).and_then(|before| self.ends.get(before as usize)).map_or(0, |end| *end as usize);
        self.text.get(start..end)
    }
}

/// A code per row, in as few bytes as the number of different values allows.
enum Codes {
    One(Vec<u8>),
    Two(Vec<u16>),
    Four(Vec<u32>),
}

impl Codes {
    /// `codes` in the order that `order` gives, all below `count`.
    fn new(codes: &[u32], order: &[u32], count: usize) -> Self {
        let ordered = order.iter().map(|row| codes.get(*row as usize).copied().unwrap_or(0));
        match count {
            0..=0x100 => Self::One(ordered.map(|code| code as u8).collect()),
            0x101..=0x1_0000 => Self::Two(ordered.map(|code| code as u16).collect()),
            _ => Self::Four(ordered.collect()),
        }
    }

    fn at(&self, row: u32) -> Option<u32> {
        let row = row as usize;
        match self {
            Self::One(codes) => codes.get(row).copied().map(u32::from),
            Self::Two(codes) => codes.get(row).copied().map(u32::from),
            Self::Four(codes) => codes.get(row).copied(),
        }
    }

    fn bytes(&self) -> usize {
        match self {
            Self::One(codes) => codes.capacity(),
            Self::Two(codes) => codes.capacity() * size_of::<u16>(),
            Self::Four(codes) => codes.capacity() * size_of::<u32>(),
        }
    }
}

/// The file while it is being read, rows in its order.
struct Reading {
    imsi_column: usize,
    msisdn_column: Option<usize>,
    tags: Vec<Tags>,
    consents: Option<Consents>,
    imsis: Vec<u64>,
    msisdns: Vec<u64>,
    lines: Vec<u64>,
}

/// A column of tags while it is being read.
struct Tags {
    name: String,
    column: usize,
    known: FxHashMap<Box<str>, u32>,
    values: Values,
    codes: Vec<u32>,
}

impl Tags {
    fn new(name: &str, column: usize) -> Self {
        let (known, values, codes) = Default::default();
        Self { name: name.to_owned(), column, known, values, codes }
    }

    fn code(&mut self, value: &str) -> u32 {
        match self.known.get(value) {
            Some(code) => *code,
            None => {
                let code = self.values.push(value);
                self.known.insert(value.into(), code);
                code
            }
        }
    }

    fn finish(self, order: &[u32]) -> Column {
        let codes = Codes::new(&self.codes, order, self.known.len());
        Column { name: self.name, values: self.values, codes }
    }
}

impl Reading {
    fn new(header: &Header) -> Result<Self, Fault> {
        let imsi_column = header.find(IMSI_COLUMNS).ok_or_else(|| header.lacks("imsi", "imsi,msisdn,brand,consent"))?;
        let msisdn_column = header.find(MSISDN_COLUMNS);
        let consent_column = header.find(CONSENT_COLUMNS);
        let is_tag = |column: usize| column != imsi_column && Some(column) != msisdn_column;
        let names = header.names().iter().enumerate();
        let tags: Vec<Tags> = names
            .filter(|(column, name)| is_tag(*column) && !name.is_empty())
            .map(|(column, name)| Tags::new(name, column))
            .collect();
        let consents = tags
            .iter()
            .position(|tags| Some(tags.column) == consent_column)
            .map(|column| Consents { column, granted: Vec::new() });
        let (imsis, msisdns, lines) = Default::default();
        Ok(Self { imsi_column, msisdn_column, tags, consents, imsis, msisdns, lines })
    }

    fn take(&mut self, row: &Row<'_, '_>) -> Result<(), Fault> {
        let imsi = cell::imsi(row.cell(self.imsi_column))?;
        let msisdn = match self.msisdn_column.map_or("", |column| row.cell(column)) {
            "" => 0,
            text => cell::msisdn(text)?.to_bits(),
        };
        for tags in &mut self.tags {
            let code = tags.code(row.cell(tags.column));
            tags.codes.push(code);
        }
        self.imsis.push(imsi.to_bits());
        self.msisdns.push(msisdn);
        self.lines.push(row.line);
        self.understand_consent()
    }

    // Each different value of the consent column is read once, when it first appears.
    fn understand_consent(&mut self) -> Result<(), Fault> {
        let Some(consents) = &mut self.consents else { return Ok(()) };
        let Some(tags) = self.tags.get(consents.column) else { return Ok(()) };
        let read = consents.granted.len() as u32;
        match tags.values.at(read) {
            Some(value) => {
                let granted = purposes(value);
                consents.granted.push(*granted.as_ref().unwrap_or(&0));
                granted.map(|_| ())
            }
            None => Ok(()),
        }
    }

    fn finish(self) -> Result<Directory, (u64, Fault)> {
        let (keys, order) = Keys::new(&self.imsis);
        if let Some(fault) = self.contradiction(&keys, &order) {
            return Err(fault);
        }
        let msisdns = order.iter().map(|row| self.msisdns.get(*row as usize).copied().unwrap_or(0)).collect();
        let columns = self.tags.into_iter().map(|tags| tags.finish(&order)).collect();
        Ok(Directory { keys, msisdns, columns, consents: self.consents })
    }

    // A row that only repeats another is harmless.
    fn contradiction(&self, keys: &Keys, order: &[u32]) -> Option<(u64, Fault)> {
        let pairs = order.windows(2).enumerate().filter(|(place, _)| keys.repeats(place + 1));
        let contradicting = pairs.filter_map(|(_, pair)| match *pair {
            [first, second] if !self.same(first as usize, second as usize) => Some((first, second)),
            _ => None,
        });
        let (first, second) = contradicting.min_by_key(|(_, second)| *second)?;
        let line = |row: u32| self.lines.get(row as usize).copied().unwrap_or(0);
        let fault = Fault::new(
            [
                format!("the same IMSI as in line {}, with other contents", line(first)),
                format!("与第 {} 行是同一个 IMSI，但内容不同", line(first)),
            ],
            ["keep the row that is true", "请只保留正确的一行"],
        );
        Some((line(second), fault))
    }

    fn same(&self, first: usize, second: usize) -> bool {
        self.msisdns.get(first) == self.msisdns.get(second)
            && self.tags.iter().all(|tags| tags.codes.get(first) == tags.codes.get(second))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Directory, ListError> {
        Directory::parse(Path::new("subscribers.csv"), text.into())
    }

    #[test]
    fn a_subscriber_has_a_number_tags_and_consent() {
        let directory = read(
            "imsi,msisdn,brand,Consent\n460001234567890,+8613900000001,gotone,marketing|location\n\
             460001234567891,,m-zone,营销\n460001234567892,13900000003,,\n",
        )
        .unwrap();
        assert_eq!((directory.len(), directory.columns().collect::<Vec<_>>()), (3, vec!["brand", "Consent"]));
        let check = |imsi: &str, msisdn: Option<&str>, brand: Option<&str>, marketing: bool, location: bool| {
            let found = directory.find(imsi.parse().unwrap()).unwrap();
            assert_eq!(found.msisdn().map(|number| number.to_string()).as_deref(), msisdn, "{imsi}");
            assert_eq!(found.tag("BRAND"), brand, "{imsi}");
            assert_eq!(found.tag("value"), None);
            assert_eq!(found.consents(Purpose::Marketing), marketing, "{imsi}");
            assert_eq!(found.consents(Purpose::Location), location, "{imsi}");
        };
        check("460001234567890", Some("13900000001"), Some("gotone"), true, true);
        check("460001234567891", None, Some("m-zone"), true, false);
        check("460001234567892", Some("13900000003"), None, false, false);
        assert!(directory.find("460001234567893".parse().unwrap()).is_none());
    }

    #[test]
    fn every_row_is_found_again_whatever_the_width_of_its_codes() {
        for count in [1_u64, 256, 257, 65_537] {
            let mut text = String::from("imsi,msisdn,half,same,own\n");
            for row in 0..count {
                text.push_str(&format!(
                    "{},{},{},x,v{row}\n",
                    460_001_000_000_000 + row,
                    13_900_000_000 + row,
                    row / 2
                ));
            }
            let directory = read(&text).unwrap();
            for row in (0..count).step_by(97) {
                let imsi = (460_001_000_000_000 + row).to_string().parse().unwrap();
                let found = directory.find(imsi).unwrap();
                assert_eq!(found.msisdn().unwrap().to_string(), (13_900_000_000 + row).to_string());
                assert_eq!(found.tag("half"), Some((row / 2).to_string().as_str()));
                assert_eq!((found.tag("same"), found.tag("own")), (Some("x"), Some(format!("v{row}").as_str())));
            }
        }
    }

    #[test]
    fn contradictions_and_bad_rows_are_refused_with_their_lines() {
        let refused = |text: &str| read(text).unwrap_err().to_string();
        assert_eq!(
            refused("imsi,msisdn\n460001,13900000001\n460002,\n460001,13900000002\n"),
            "subscribers.csv:4: the same IMSI as in line 2, with other contents; keep the row that is true"
        );
        assert_eq!(read("imsi,msisdn\n460001,13900000001\n460001,+8613900000001\n").unwrap().len(), 2);
        assert_eq!(
            refused("imsi,consent\n460001,marketing\n460002,yes\n4600x,location\n"),
            "subscribers.csv:3: `yes` is no purpose to agree to (lines at fault as well: 4); \
             write `marketing|location` (营销|位置), one of the two, or leave it empty"
        );
        assert!(refused("msisdn\n1\n").contains("no column `imsi`"));
        assert!(refused("imsi,brand\n460001,a,b\n").contains("3 cells"));
    }

    #[test]
    fn a_subscriber_costs_few_bytes() {
        let mut text = String::from("imsi,msisdn,brand,consent\n");
        for row in 0..10_000_u64 {
            text.push_str(&format!("{},{},gotone,marketing\n", 460_001_000_000_000 + row, 13_900_000_000 + row));
        }
        let directory = read(&text).unwrap();
        assert!(directory.bytes() < 10_000 * 21, "{} bytes", directory.bytes());
    }
}

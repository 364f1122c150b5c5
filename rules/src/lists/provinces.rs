//! Which province a subscriber and a location area belong to.

use std::fmt;
use std::path::Path;

use event::{Imsi, Lai, Plmn};
use rustc_hash::FxHashMap;

use super::ListError;
use super::cell::{self, Base};
use super::fault::{Fault, Faults};
use super::table::{Header, Row, Table};

/// Two tables: beginnings of IMSIs and ranges of location areas, each with a province.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Provinces {
    /// Names of provinces that are ours.
    ours: Vec<String>,
    /// By count of digits and their value: whether it is one of ours.
    segments: FxHashMap<(u32, u64), bool>,
    /// Bit n: there are segments of n digits.
    lengths: u16,
    /// First and last location area of each range, in order of network and first: whether it is one of ours.
    ranges: Vec<(Plmn, u16, u16, bool)>,
}

/// The most digits of an IMSI.
const MOST_DIGITS: u32 = 15;

impl Provinces {
    /// Of a subscriber whom no segment tells, and a location area that no range tells, nothing is known.
    pub fn new(ours: Vec<String>) -> Self {
        Self { ours, ..Self::default() }
    }

    /// Adds a CSV with columns `imsi` (the first digits, longer ones before shorter ones) and `province`.
    pub fn load_segments(&mut self, file: &Path) -> Result<(), ListError> {
        self.read_segments(&Table::load(file)?)
    }

    /// Adds a CSV with columns `plmn`, `lac_from`, `lac_to` (or `lac_from_hex`, `lac_to_hex`) and `province`.
    pub fn load_location_areas(&mut self, file: &Path) -> Result<(), ListError> {
        self.read_location_areas(&Table::load(file)?)
    }

    /// Whether the subscriber is at home in a province that is not ours.
    pub fn is_of_another(&self, imsi: Imsi) -> bool {
        let digits = (1..=MOST_DIGITS.min(imsi.length())).rev().filter(|count| self.lengths >> count & 1 != 0);
        let own = digits.filter_map(|count| self.segments.get(&(count, imsi.prefix(count)))).next();
        own.is_some_and(|is_ours| !is_ours)
    }

    /// Whether the location area is in a province that is not ours.
    pub fn is_in_another(&self, lai: Lai) -> bool {
        let after = self.ranges.partition_point(|(plmn, first, ..)| (*plmn, *first) <= (lai.plmn, lai.lac));
        let range = after.checked_sub(1).and_then(|place| self.ranges.get(place));
        range.is_some_and(|(plmn, _, last, is_ours)| *plmn == lai.plmn && lai.lac <= *last && !is_ours)
    }

    /// A location area that [`Provinces::is_in_another`].
    pub fn elsewhere(&self) -> Option<Lai> {
        let range = self.ranges.iter().find(|(.., is_ours)| !is_ours)?;
        Some(Lai { plmn: range.0, lac: range.1 })
    }

    fn is_ours(&self, province: &str) -> bool {
        self.ours.iter().any(|ours| ours.eq_ignore_ascii_case(province))
    }

    fn read_segments(&mut self, table: &Table<'_>) -> Result<(), ListError> {
        let columns = |header: &Header| {
            let imsi = header.find(&["imsi", "imsi号段", "号段"]).ok_or_else(|| header.lacks("imsi", SEGMENTS))?;
            Ok((imsi, province(header, SEGMENTS)?))
        };
        each_row(table, columns, |(imsi, province), row| {
            let is_ours = self.is_ours(row.cell(*province));
            let segment = row.cell(*imsi);
            let digits = segment.trim_end_matches('*');
            let count = u32::try_from(digits.len()).unwrap_or(u32::MAX);
            let value = digits.parse().ok().filter(|_| digits.bytes().all(|byte| byte.is_ascii_digit()));
            let value = value.filter(|_| (5..=MOST_DIGITS).contains(&count)).ok_or_else(|| no_segment(segment))?;
            self.lengths |= 1 << count;
            match self.segments.insert((count, value), is_ours) {
                Some(before) if before != is_ours => Err(twice(segment)),
                _ => Ok(()),
            }
        })
    }

    fn read_location_areas(&mut self, table: &Table<'_>) -> Result<(), ListError> {
        let mut lines: Vec<((Plmn, u16, u16, bool), u64)> = Vec::new();
        let columns = |header: &Header| {
            let plmn = header.find(&["plmn", "网络"]).ok_or_else(|| header.lacks("plmn", AREAS))?;
            let [from, to] = [("lac_from", "起始位置区"), ("lac_to", "结束位置区")].map(|(english, chinese)| {
                let hexadecimal = [format!("{english}_hex"), format!("{chinese}_hex")];
                let decimal = header.find(&[english, chinese]).map(|column| (column, Base::Decimal));
                let hexadecimal = || header.find(&hexadecimal.each_ref().map(String::as_str));
                decimal
                    .or_else(|| hexadecimal().map(|column| (column, Base::Hexadecimal)))
                    .ok_or_else(|| header.lacks(english, AREAS))
            });
            Ok((plmn, from?, to?, province(header, AREAS)?))
        };
        each_row(table, columns, |(plmn, from, to, province), row| {
            let plmn = cell::plmn(row.cell(*plmn))?;
            let [first, last] = [from, to].map(|(column, base)| cell::lac(row.cell(*column), *base));
            let (first, last) = (first?, last?);
            if last < first {
                return Err(ends_before_it_begins());
            }
            lines.push(((plmn, first, last, self.is_ours(row.cell(*province))), row.line));
            Ok(())
        })?;
        lines.sort_unstable();
        let overlap = lines
            .iter()
            .zip(lines.iter().skip(1))
            .find(|((before, _), (range, _))| before.0 == range.0 && range.1 <= before.2);
        if let Some((_, ((_, first, ..), line))) = overlap {
            return Err(twice(&first.to_string()).at(table.file(), Some(*line)));
        }
        self.ranges.extend(lines.into_iter().map(|(range, _)| range));
        self.ranges.sort_unstable();
        Ok(())
    }
}

const SEGMENTS: &str = "imsi,province";
const AREAS: &str = "plmn,lac_from,lac_to,province";

fn province(header: &Header, example: &str) -> Result<usize, Fault> {
    header.find(&["province", "省", "省份"]).ok_or_else(|| header.lacks("province", example))
}

/// Reads every row by the columns that the header has, and names all lines at fault.
fn each_row<C>(
    table: &Table<'_>,
    columns: impl FnOnce(&Header) -> Result<C, Fault>,
    mut read: impl FnMut(&C, &Row<'_, '_>) -> Result<(), Fault>,
) -> Result<(), ListError> {
    let (header, mut rows) = table.open()?;
    let columns = columns(&header).map_err(|fault| fault.at(table.file(), Some(header.line())))?;
    let mut faults = Faults::new();
    while let Some(row) = rows.next() {
        let row = row.map_err(|(line, fault)| fault.at(table.file(), Some(line)))?;
        if let Err(fault) = row.fits(&header).and_then(|()| read(&columns, &row)) {
            faults.note(row.line, fault);
        }
    }
    faults.finish(table.file())
}

fn no_segment(text: &str) -> Fault {
    Fault::new(
        [format!("`{text}` does not begin an IMSI"), format!("`{text}` 不是 IMSI 的开头")],
        ["write its first 5 to 15 digits, such as 4600012", "请写 IMSI 开头的 5 到 15 位数字，例如 4600012"],
    )
}

fn twice(text: &str) -> Fault {
    Fault::new(
        [format!("`{text}` is given two provinces"), format!("`{text}` 对应了两个省份")],
        ["remove one of the two rows", "请删去其中一行"],
    )
}

fn ends_before_it_begins() -> Fault {
    Fault::new(["the range ends before it begins", "范围的结束小于开始"], ["swap the two codes", "请对调两个代码"])
}

impl fmt::Debug for Provinces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Provinces({:?}, {} segments, {} ranges)", self.ours, self.segments.len(), self.ranges.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(text: &str) -> Table<'static> {
        Table::parse(Path::new("lists/provinces.csv"), text.into()).unwrap()
    }

    fn ours() -> Provinces {
        Provinces::new(vec!["浙江".to_owned()])
    }

    #[test]
    fn the_longest_segment_tells_a_subscribers_province() {
        let mut provinces = ours();
        provinces.read_segments(&table("imsi,province\n4600012,江苏\n460001234*,浙江\n46002,浙江\n")).unwrap();
        let check = |imsi: &str, expected| {
            assert_eq!(provinces.is_of_another(imsi.parse().unwrap()), expected, "{imsi}");
        };
        check("460001299999999", true);
        check("460001234567890", false);
        check("460021111111111", false);
        check("460071111111111", false);
    }

    #[test]
    fn a_range_of_its_network_tells_a_places_province() {
        let mut provinces = ours();
        let text = "网络,起始位置区,结束位置区,省份\n46000,100,199,江苏\n46000,200,299,浙江\n46002,1,10,江苏\n";
        provinces.read_location_areas(&table(text)).unwrap();
        let check = |plmn: &str, lac, expected| {
            assert_eq!(provinces.is_in_another(Lai { plmn: plmn.parse().unwrap(), lac }), expected, "{plmn} {lac}");
        };
        check("46000", 99, false);
        check("46000", 100, true);
        check("46000", 199, true);
        check("46000", 200, false);
        check("46002", 10, true);
        check("46007", 5, false);
        assert_eq!(provinces.elsewhere(), Some(Lai { plmn: "46000".parse().unwrap(), lac: 100 }));
    }

    #[test]
    fn tables_that_contradict_themselves_are_refused() {
        let segments = |text: &str| ours().read_segments(&table(text)).unwrap_err().to_string();
        let areas = |text: &str| ours().read_location_areas(&table(text)).unwrap_err().to_string();
        let twice = segments("imsi,province\n4600012,江苏\n4600012,浙江\n");
        assert!(twice.starts_with("lists/provinces.csv:3: `4600012` is given two provinces"), "{twice}");
        assert!(segments("imsi,province\nx,江苏\n").contains("does not begin an IMSI"));
        let header = "plmn,lac_from,lac_to,province\n";
        assert!(areas(&format!("{header}46000,1,10,江苏\n46000,5,20,江苏\n")).contains(":3: `5` is given two"));
        assert!(areas(&format!("{header}46000,10,1,江苏\n")).contains("ends before it begins"));
    }
}

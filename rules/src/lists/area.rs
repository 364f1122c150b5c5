//! Areas: cells by LAC and CI, or whole location areas.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::path::Path;

use event::{CellId, Plmn};
use rustc_hash::FxHashMap;

use super::cell::{self, Base};
use super::fault::{Fault, Faults};
use super::table::{Header, Row, Table};
use super::{ListError, name_of};

/// A named set of cells.
#[derive(Default)]
pub struct Area {
    /// Its name: the file's, without ending.
    pub name: String,
    /// What people call it, where its file says so.
    title: Option<String>,
    location_areas: FxHashMap<u16, LocationArea>,
}

/// The rows of one location area code.
#[derive(Default, Hash)]
struct LocationArea {
    /// Networks whose location area belongs to it as a whole; `None` stands for any network.
    whole: Vec<Option<Plmn>>,
    /// Cells, in order.
    cells: Vec<(u16, Option<Plmn>)>,
}

/// Whether a cell, as far as it is known, lies in an area.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// It does.
    Inside,
    /// It does not.
    Outside,
    /// What is not known of the cell decides it.
    Unknown,
}

impl Hash for Area {
    fn hash<H: Hasher>(&self, state: &mut H) {
        super::hash_content(self.location_areas.iter(), state);
    }
}

impl Area {
    /// The area of these cells: LAC and CI, or LAC only for a whole location area; the network where it matters.
    /// A cell without LAC says nothing and is left out.
    pub fn new(name: impl Into<String>, cells: impl IntoIterator<Item = CellId>) -> Self {
        let mut area = Self { name: name.into(), ..Self::default() };
        cells.into_iter().for_each(|cell| area.insert(cell));
        area.location_areas.values_mut().for_each(LocationArea::tidy);
        area
    }

    /// What people call it: the name where nothing is said.
    pub fn title(&self) -> &str {
        self.title.as_deref().unwrap_or(&self.name)
    }

    /// Whether that was said.
    pub fn is_titled(&self) -> bool {
        self.title.is_some()
    }

    /// The same area under this title.
    pub fn titled(self, title: Option<String>) -> Self {
        Self { title, ..self }
    }

    /// Reads a CSV with columns `lac` and `ci` (decimal) or `lac_hex` and `ci_hex`; optional `plmn`, and `title`, what
    /// people call the area, once. A row without CI means the whole location area.
    pub fn load(file: &Path) -> Result<Self, ListError> {
        Self::read(&Table::load(file)?)
    }

    fn read(table: &Table<'_>) -> Result<Self, ListError> {
        let (header, mut rows) = table.open()?;
        let columns = Columns::of(&header).map_err(|fault| fault.at(table.file(), Some(header.line())))?;
        let (mut cells, mut title, mut faults) = (Vec::new(), None, Faults::new());
        while let Some(row) = rows.next() {
            let row = row.map_err(|(line, fault)| fault.at(table.file(), Some(line)))?;
            title = title.or_else(|| columns.title(&row));
            match row.fits(&header).and_then(|()| columns.cell(&row)) {
                Ok(cell) => cells.push(cell),
                Err(fault) => faults.note(row.line, fault),
            }
        }
        faults.finish(table.file())?;
        Ok(Self::new(name_of(table.file()), cells).titled(title))
    }

    fn insert(&mut self, cell: CellId) {
        let Some(lac) = cell.lac else { return };
        let rows = self.location_areas.entry(lac).or_default();
        match cell.ci {
            Some(ci) => rows.cells.push((ci, cell.plmn)),
            None => rows.whole.push(cell.plmn),
        }
    }

    /// Whether the cell belongs to it for certain.
    pub fn contains(&self, cell: CellId) -> bool {
        self.presence(cell) == Presence::Inside
    }

    /// Whether the cell belongs to it, as far as the cell is known. One hash look-up.
    pub fn presence(&self, cell: CellId) -> Presence {
        let Some(lac) = cell.lac else { return Presence::Unknown };
        let Some(rows) = self.location_areas.get(&lac) else { return Presence::Outside };
        let whole = rows.whole.iter().map(|plmn| network_fits(*plmn, cell.plmn));
        match cell.ci {
            Some(ci) => decide(whole.chain(rows.of(ci).map(|plmn| network_fits(plmn, cell.plmn)))),
            None => decide(whole.chain(rows.cells.iter().map(|(_, plmn)| match network_fits(*plmn, cell.plmn) {
                Presence::Outside => Presence::Outside,
                Presence::Inside | Presence::Unknown => Presence::Unknown,
            }))),
        }
    }

    /// LAC and CI of its cells; CI is absent for a whole location area. In no particular order.
    pub fn codes(&self) -> impl Iterator<Item = (u16, Option<u16>)> + '_ {
        self.location_areas.iter().flat_map(|(lac, rows)| {
            let whole = (!rows.whole.is_empty()).then_some((*lac, None));
            whole.into_iter().chain(rows.cells.iter().map(|(ci, _)| (*lac, Some(*ci))))
        })
    }

    /// How many rows it has.
    pub fn len(&self) -> usize {
        self.location_areas.values().map(|rows| rows.whole.len() + rows.cells.len()).sum()
    }

    /// Whether it has none: nobody can ever be inside.
    pub fn is_empty(&self) -> bool {
        self.location_areas.is_empty()
    }
}

impl LocationArea {
    fn tidy(&mut self) {
        self.whole.sort_unstable();
        self.whole.dedup();
        self.cells.sort_unstable();
        self.cells.dedup();
    }

    /// The networks of the rows with this cell identity.
    fn of(&self, ci: u16) -> impl Iterator<Item = Option<Plmn>> + '_ {
        let start = self.cells.partition_point(|(other, _)| *other < ci);
        self.cells.iter().skip(start).take_while(move |(other, _)| *other == ci).map(|(_, plmn)| *plmn)
    }
}

fn network_fits(row: Option<Plmn>, cell: Option<Plmn>) -> Presence {
    match (row, cell) {
        (None, _) => Presence::Inside,
        (Some(_), None) => Presence::Unknown,
        (Some(row), Some(cell)) if row == cell => Presence::Inside,
        (Some(_), Some(_)) => Presence::Outside,
    }
}

fn decide(rows: impl Iterator<Item = Presence>) -> Presence {
    let mut decision = Presence::Outside;
    for row in rows {
        match row {
            Presence::Inside => return Presence::Inside,
            Presence::Unknown => decision = Presence::Unknown,
            Presence::Outside => {}
        }
    }
    decision
}

impl fmt::Debug for Area {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Area({}, {} rows)", self.name, self.len())
    }
}

/// Which column holds what, and how it is written.
pub(super) struct Columns {
    lac: (usize, Base),
    ci: Option<(usize, Base)>,
    plmn: Option<usize>,
    title: Option<usize>,
}

impl Columns {
    pub(super) fn of(header: &Header) -> Result<Self, Fault> {
        let lac = code_column(header, &["lac", "位置区", "位置区码"], &["lac_hex", "位置区_hex", "位置区码_hex"])?;
        let ci = code_column(header, &["ci", "小区", "小区码", "小区号"], &["ci_hex", "小区_hex", "小区码_hex"])?;
        let plmn = header.find(&["plmn", "网络", "运营商"]);
        let lac = lac.ok_or_else(|| header.lacks("lac", "lac,ci"))?;
        let title = header.find(&["title", "标题", "区域名", "区域名称"]);
        Ok(Self { lac, ci, plmn, title })
    }

    fn title(&self, row: &Row<'_, '_>) -> Option<String> {
        self.title.map(|column| row.cell(column)).filter(|title| !title.is_empty()).map(str::to_owned)
    }

    pub(super) fn cell(&self, row: &Row<'_, '_>) -> Result<CellId, Fault> {
        let (lac, base) = self.lac;
        let lac = Some(cell::lac(row.cell(lac), base)?);
        let ci = match self.ci.map(|(ci, base)| (row.cell(ci), base)) {
            None | Some(("", _)) => None,
            Some((text, base)) => Some(cell::code(text, base, "ci")?),
        };
        let plmn = match self.plmn.map(|plmn| row.cell(plmn)) {
            None | Some("") => None,
            Some(text) => Some(cell::plmn(text)?),
        };
        Ok(CellId { plmn, lac, ci })
    }
}

fn code_column(header: &Header, decimal: &[&str], hexadecimal: &[&str]) -> Result<Option<(usize, Base)>, Fault> {
    match (header.find(decimal), header.find(hexadecimal)) {
        (Some(_), Some(_)) => {
            let column = decimal.first().copied().unwrap_or_default();
            Err(Fault::new(
                [
                    format!("both `{column}` and `{column}_hex` are there"),
                    format!("同时有 `{column}` 和 `{column}_hex`"),
                ],
                ["keep one of the two columns", "两列请只保留一列"],
            ))
        }
        (Some(column), None) => Ok(Some((column, Base::Decimal))),
        (None, Some(column)) => Ok(Some((column, Base::Hexadecimal))),
        (None, None) => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn area(text: &str) -> Area {
        Area::read(&Table::parse(Path::new("areas/wanda.csv"), text.into()).unwrap()).unwrap()
    }

    fn refused(text: &str) -> String {
        Area::read(&Table::parse(Path::new("areas/wanda.csv"), text.into()).unwrap()).unwrap_err().to_string()
    }

    fn cell(plmn: &str, lac: u16, ci: impl Into<Option<u16>>) -> CellId {
        CellId { plmn: plmn.parse().ok(), lac: Some(lac), ci: ci.into() }
    }

    #[test]
    fn a_cell_is_inside_outside_or_not_known_well_enough() {
        use Presence::{Inside, Outside, Unknown};
        let area = area("lac,ci,plmn,name\n1,10,,door\n1,11,46000,\n2,,,all of it\n3,,46001,\n");
        assert_eq!((area.name.as_str(), area.len()), ("wanda", 4));
        for (cell, expected) in [
            (cell("46000", 1, 10), Inside),
            (cell("", 1, 10), Inside),
            (cell("46000", 1, 11), Inside),
            (cell("46001", 1, 11), Outside),
            (cell("", 1, 11), Unknown),
            (cell("46000", 1, 12), Outside),
            (cell("46000", 1, None), Unknown),
            (cell("46000", 2, 99), Inside),
            (cell("46000", 2, None), Inside),
            (cell("46001", 3, 1), Inside),
            (cell("46000", 3, None), Outside),
            (cell("46000", 4, None), Outside),
            (CellId { ci: Some(10), ..CellId::UNKNOWN }, Unknown),
            (CellId::UNKNOWN, Unknown),
        ] {
            assert_eq!(area.presence(cell), expected, "{cell}");
            assert_eq!(area.contains(cell), expected == Inside, "{cell}");
        }
    }

    #[test]
    fn chinese_hexadecimal_and_prefixed_columns_mean_the_same() {
        for text in [
            "lac,ci\n27153,4097\n",
            "位置区,小区\n27153,4097\n",
            "LAC_hex,CI_hex\n6a11,1001\n",
            "lac,ci\n0x6A11,4097\n",
        ] {
            let codes: Vec<_> = area(text).codes().collect();
            assert_eq!(codes, [(27153, Some(4097))], "{text}");
        }
    }

    #[test]
    fn all_lines_at_fault_are_named_with_what_to_do() {
        assert_eq!(
            refused("lac,ci\n6A11,1\n27153,1\n6A12,1\n1,x\n"),
            "areas/wanda.csv:2: `6A11` is not a decimal number (lines at fault as well: 4, 5); \
             if the column is hexadecimal, call it `lac_hex`"
        );
        assert_eq!(
            refused("cell\n1\n"),
            "areas/wanda.csv:1: no column `lac` in the header `cell`; \
             the first line must name the columns, for example `lac,ci`"
        );
        assert!(refused("lac,ci\n1,2,3\n").contains("3 cells, but the header names 2 columns"));
        assert!(refused("lac，ci\n1，2\n").contains("full-width"));
        assert!(refused("lac,lac_hex\n1,1\n").contains("keep one of the two columns"));
        let many: String = (0..20).map(|_| "x,1\n").collect();
        assert!(refused(&format!("lac,ci\n{many}")).contains("(lines at fault as well: 3, 4, 5, 6 and 15 more)"));
    }
}

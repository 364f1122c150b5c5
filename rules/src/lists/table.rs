//! CSV as spreadsheets write it: UTF-8, UTF-16 or GBK, with or without byte order mark, CRLF or LF, quoted cells,
//! comment lines that begin with `#`, empty lines. Rows come with their line, cells without surrounding space.

use std::borrow::Cow;
use std::path::Path;

use encoding_rs::{Encoding, GBK};
use memchr::memchr;

use super::ListError;
use super::fault::{Fault, Faults};

/// No list is larger than this, in bytes: fifteen million subscribers with their tags.
const FILE_LIMIT_BYTES: u64 = 2 << 30;
/// A file, decoded.
pub(super) struct Table<'f> {
    file: &'f Path,
    text: String,
}

impl<'f> Table<'f> {
    pub(super) fn load(file: &'f Path) -> Result<Self, ListError> {
        let bytes = read(file).map_err(|fault| fault.at(file, None))?;
        Self::parse(file, bytes)
    }

    /// The table in `bytes`; `file` is what errors name.
    pub(super) fn parse(file: &'f Path, bytes: Vec<u8>) -> Result<Self, ListError> {
        decode(bytes).map(|text| Self { file, text }).map_err(|(line, fault)| fault.at(file, line))
    }

    pub(super) fn file(&self) -> &'f Path {
        self.file
    }

    /// The names in the first row, and the rows below it.
    pub(super) fn open(&self) -> Result<(Header, Rows<'_>), ListError> {
        let mut rows = Rows { rest: &self.text, line: 1, separator: separator(&self.text), cells: Vec::new() };
        let first = match rows.next() {
            Some(Ok(row)) => (row.line, row.cells.iter().map(|name| name.trim().to_owned()).collect::<Vec<_>>()),
            Some(Err((line, fault))) => return Err(fault.at(self.file, Some(line))),
            None => {
                let fault = Fault::new(
                    ["the list is empty", "名单是空的"],
                    ["its first line must name the columns", "第一行必须写列名"],
                );
                return Err(fault.at(self.file, None));
            }
        };
        let header = Header { line: first.0, names: first.1 };
        header.refuse_repeated().map_err(|fault| fault.at(self.file, Some(header.line)))?;
        Ok((header, rows))
    }
}

fn read(file: &Path) -> Result<Vec<u8>, Fault> {
    let refused = |error: std::io::Error| {
        let help = match error.kind() {
            std::io::ErrorKind::NotFound => {
                ["create the file, or correct the name where it is used", "请建立该文件，或改正引用处的名字"]
            }
            _ => ["see whether it is a file and may be read", "请确认它是文件并且有读取权限"],
        };
        Fault::new([format!("cannot be read: {error}"), "无法读取".to_owned()], help)
    };
    if std::fs::metadata(file).map_err(refused)?.len() > FILE_LIMIT_BYTES {
        return Err(Fault::new(["is larger than 2 GiB", "超过 2 GiB"], ["split the list", "请拆分名单"]));
    }
    std::fs::read(file).map_err(refused)
}

fn decode(bytes: Vec<u8>) -> Result<String, (Option<u64>, Fault)> {
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"\xd0\xcf\x11\xe0") {
        let message = ["is a workbook, not a CSV file", "是 Excel 工作簿，不是 CSV 文件"];
        return Err((None, Fault::new(message, SAVE_AS)));
    }
    if let Some((encoding, mark)) = Encoding::for_bom(&bytes) {
        let text = encoding.decode_without_bom_handling_and_without_replacement(bytes.get(mark..).unwrap_or_default());
        return text.map(Cow::into_owned).ok_or_else(|| undecodable(&bytes));
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok(text),
        Err(error) => {
            let bytes = error.into_bytes();
            let text = GBK.decode_without_bom_handling_and_without_replacement(&bytes);
            text.map(Cow::into_owned).ok_or_else(|| undecodable(&bytes))
        }
    }
}

fn undecodable(bytes: &[u8]) -> (Option<u64>, Fault) {
    let broken = |line: &&[u8]| {
        std::str::from_utf8(line).is_err() && GBK.decode_without_bom_handling_and_without_replacement(line).is_none()
    };
    let line = bytes.split(|byte| *byte == b'\n').zip(1_u64..).find(|(line, _)| broken(line)).map(|(_, number)| number);
    (line, Fault::new(["holds text that is neither UTF-8 nor GBK", "内容既不是 UTF-8 也不是 GBK"], SAVE_AS))
}

const SAVE_AS: [&str; 2] =
    ["in the spreadsheet, save it as `CSV UTF-8`", "请在电子表格里另存为「CSV UTF-8(逗号分隔)」"];

/// What separates cells: a comma, unless the header has none and is written with tabs or semicolons.
fn separator(text: &str) -> u8 {
    let is_content = |line: &&str| !line.trim().is_empty() && !line.trim_start().starts_with('#');
    let header = text.lines().find(is_content).unwrap_or_default();
    [b',', b'\t', b';'].into_iter().find(|mark| memchr(*mark, header.as_bytes()).is_some()).unwrap_or(b',')
}

/// The first row: what the columns are called.
pub(super) struct Header {
    line: u64,
    names: Vec<String>,
}

impl Header {
    pub(super) fn line(&self) -> u64 {
        self.line
    }

    pub(super) fn names(&self) -> &[String] {
        &self.names
    }

    /// The column that goes by one of these names.
    pub(super) fn find(&self, aliases: &[&str]) -> Option<usize> {
        self.names.iter().position(|name| aliases.iter().any(|alias| name.eq_ignore_ascii_case(alias)))
    }

    /// The error of a header that lacks what the list needs.
    pub(super) fn lacks(&self, needed: &str, example: &str) -> Fault {
        let shown: String = self.names.join(",").chars().take(60).collect();
        let message =
            [format!("no column `{needed}` in the header `{shown}`"), format!("表头 `{shown}` 里没有 `{needed}` 列")];
        let help = match shown.contains('，') {
            true => [
                "separate the columns with `,` instead of the full-width `，`".to_owned(),
                "列之间请用半角逗号 `,`，不要用全角逗号 `，`".to_owned(),
            ],
            false => [
                format!("the first line must name the columns, for example `{example}`"),
                format!("第一行必须写列名，例如 `{example}`"),
            ],
        };
        Fault::new(message, help)
    }

    fn refuse_repeated(&self) -> Result<(), Fault> {
        let repeated = |(index, name): &(usize, &String)| {
            !name.is_empty() && self.names.iter().take(*index).any(|earlier| earlier.eq_ignore_ascii_case(name))
        };
        match self.names.iter().enumerate().find(repeated) {
            Some((_, name)) => Err(Fault::new(
                [format!("two columns are called `{name}`"), format!("有两列都叫 `{name}`")],
                ["rename or remove one", "请改名或删去其中一列"],
            )),
            None => Ok(()),
        }
    }
}

/// A whole table of texts: what a template is filled in with.
#[derive(Debug)]
pub(crate) struct Sheet {
    /// What the columns are called.
    pub(crate) names: Vec<String>,
    /// The line of each row, and its cells in the order of the names.
    pub(crate) rows: Vec<(u64, Vec<String>)>,
}

impl Sheet {
    pub(crate) fn load(file: &Path) -> Result<Self, ListError> {
        let mut rows = Vec::new();
        let names = Self::read(file, |row, columns| {
            rows.push((row.line, (0..columns).map(|column| row.cell(column).to_owned()).collect()));
        })?;
        Ok(Self { names, rows })
    }

    /// Whether a file can be read as a table, whatever it is for.
    pub(crate) fn check(file: &Path) -> Result<(), ListError> {
        Self::read(file, |_, _| {}).map(|_| ())
    }

    /// Gives each row with the number of columns; then the names of these.
    fn read(file: &Path, mut take: impl FnMut(&Row<'_, '_>, usize)) -> Result<Vec<String>, ListError> {
        let table = Table::load(file)?;
        let (header, mut rows) = table.open()?;
        let mut faults = Faults::new();
        while let Some(row) = rows.next() {
            let row = row.map_err(|(line, fault)| fault.at(file, Some(line)))?;
            match row.fits(&header) {
                Ok(()) => take(&row, header.names.len()),
                Err(fault) => faults.note(row.line, fault),
            }
        }
        faults.finish(file)?;
        Ok(header.names)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

/// The rows, one at a time; the cells of one are overwritten by the next.
pub(super) struct Rows<'t> {
    rest: &'t str,
    line: u64,
    separator: u8,
    cells: Vec<Cow<'t, str>>,
}

/// A row that holds something.
pub(super) struct Row<'r, 't> {
    /// From 1.
    pub(super) line: u64,
    cells: &'r [Cow<'t, str>],
}

impl Row<'_, '_> {
    /// What stands in a column, without surrounding space; nothing where the row ends before it.
    pub(super) fn cell(&self, column: usize) -> &str {
        self.cells.get(column).map_or("", |cell| cell.trim())
    }

    /// Refuses a row with something beyond the last column.
    pub(super) fn fits(&self, header: &Header) -> Result<(), Fault> {
        let columns = header.names.len();
        match self.cells.iter().skip(columns).any(|cell| !cell.trim().is_empty()) {
            true => Err(Fault::new(
                [
                    format!("{} cells, but the header names {columns} columns", self.cells.len()),
                    format!("有 {} 格，但表头只有 {columns} 列", self.cells.len()),
                ],
                ["put a cell that holds a comma in double quotes", "含逗号的内容请用双引号括起来"],
            )),
            false => Ok(()),
        }
    }
}

impl<'t> Rows<'t> {
    /// The next row that holds something, or the line and fault of a broken one.
    pub(super) fn next(&mut self) -> Option<Result<Row<'_, 't>, (u64, Fault)>> {
        loop {
            if self.rest.is_empty() {
                return None;
            }
            let line = self.line;
            if let Err(fault) = self.read_row() {
                self.rest = "";
                return Some(Err((line, fault)));
            }
            if self.cells.iter().any(|cell| !cell.trim().is_empty()) {
                return Some(Ok(Row { line, cells: &self.cells }));
            }
        }
    }

    // Leaves no cells for a comment.
    fn read_row(&mut self) -> Result<(), Fault> {
        self.cells.clear();
        let line = self.take_line();
        if line.trim_start().starts_with('#') {
            return Ok(());
        }
        if memchr(b'"', line.as_bytes()).is_none() {
            self.cells.extend(line.split(char::from(self.separator)).map(Cow::Borrowed));
            return Ok(());
        }
        self.read_quoted(line)
    }

    fn take_line(&mut self) -> &'t str {
        self.line += 1;
        let (line, rest) = self.rest.split_at(memchr(b'\n', self.rest.as_bytes()).unwrap_or(self.rest.len()));
        self.rest = rest.strip_prefix('\n').unwrap_or(rest);
        line.strip_suffix('\r').unwrap_or(line)
    }

    fn read_quoted(&mut self, mut line: &'t str) -> Result<(), Fault> {
        loop {
            if let Some(inside) = line.trim_start_matches(' ').strip_prefix('"') {
                let (cell, rest) = self.read_quotation(inside)?;
                self.cells.push(Cow::Owned(cell));
                line = rest.trim_start_matches(' ');
                if !line.is_empty() && !line.starts_with(char::from(self.separator)) {
                    return Err(Fault::new(
                        ["text after a closing quote", "闭合的引号后面又有内容"],
                        ["double the quotes that belong to the text", "属于内容的引号请写两遍"],
                    ));
                }
            } else {
                let end = memchr(self.separator, line.as_bytes()).unwrap_or(line.len());
                let (cell, rest) = line.split_at(end);
                self.cells.push(Cow::Borrowed(cell));
                line = rest;
            }
            match line.strip_prefix(char::from(self.separator)) {
                Some(rest) => line = rest,
                None => return Ok(()),
            }
        }
    }

    // A quoted cell may hold separators, doubled quotes and line ends.
    fn read_quotation(&mut self, mut line: &'t str) -> Result<(String, &'t str), Fault> {
        let mut cell = String::new();
        loop {
            match memchr(b'"', line.as_bytes()).and_then(|end| line.split_at_checked(end)) {
                Some((inside, quote)) => {
                    cell.push_str(inside);
                    let rest = quote.strip_prefix('"').unwrap_or(quote);
                    match rest.strip_prefix('"') {
                        Some(rest) => {
                            cell.push('"');
                            line = rest;
                        }
                        None => return Ok((cell, rest)),
                    }
                }
                None if self.rest.is_empty() => {
                    return Err(Fault::new(
                        ["a quote is opened and never closed", "引号没有闭合"],
                        ["close it, or remove it", "请补上另一半引号，或删去它"],
                    ));
                }
                None => {
                    cell.push_str(line);
                    cell.push('\n');
                    line = self.take_line();
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bytes: &[u8], expected: &[(u64, &[&str])]) {
        let table = Table::parse(Path::new("t.csv"), bytes.to_vec()).unwrap();
        let (header, mut rows) = table.open().unwrap();
        let mut found = vec![(header.line, header.names.clone())];
        while let Some(row) = rows.next() {
            let row = row.unwrap();
            found.push((row.line, (0..row.cells.len()).map(|column| row.cell(column).to_owned()).collect()));
        }
        let found: Vec<(u64, Vec<&str>)> =
            found.iter().map(|(line, cells)| (*line, cells.iter().map(String::as_str).collect())).collect();
        let expected: Vec<(u64, Vec<&str>)> = expected.iter().map(|(line, cells)| (*line, cells.to_vec())).collect();
        assert_eq!(found, expected);
    }

    fn refused(bytes: &[u8]) -> String {
        let table = match Table::parse(Path::new("t.csv"), bytes.to_vec()) {
            Ok(table) => table,
            Err(error) => return error.to_string(),
        };
        let mut rows = match table.open() {
            Ok((_, rows)) => rows,
            Err(error) => return error.to_string(),
        };
        while let Some(row) = rows.next() {
            if let Err((line, fault)) = row {
                return fault.at(Path::new("t.csv"), Some(line)).to_string();
            }
        }
        panic!("accepted");
    }

    #[test]
    fn rows_know_their_line_past_comments_empty_lines_and_quoted_line_ends() {
        check(b"lac,ci\n1,2\n3,4", &[(1, &["lac", "ci"]), (2, &["1", "2"]), (3, &["3", "4"])]);
        check(b"\xef\xbb\xbf# shops\r\n\r\nlac , ci\r\n , \r\n1,2\r\n", &[(3, &["lac", "ci"]), (5, &["1", "2"])]);
        check(
            b"a,b\n\"x, \"\"y\"\"\nz\",2\n 3 , \"4\" \n",
            &[(1, &["a", "b"]), (2, &["x, \"y\"\nz", "2"]), (4, &["3", "4"])],
        );
        check(b"a\tb\n1\t2\n", &[(1, &["a", "b"]), (2, &["1", "2"])]);
    }

    #[test]
    fn utf_8_utf_16_and_gbk_read_the_same() {
        let expected: &[(u64, &[&str])] = &[(1, &["位置区", "小区"]), (2, &["1", "万达"])];
        let text = "位置区,小区\n1,万达\n";
        check(text.as_bytes(), expected);
        check(&GBK.encode(text).0, expected);
        let utf_16: Vec<u8> = [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
        check(&utf_16, expected);
    }

    #[test]
    fn broken_files_say_where_and_what_to_do() {
        assert_eq!(refused(b""), "t.csv: the list is empty; its first line must name the columns");
        assert_eq!(
            refused(b"lac,ci\n1,2\n1,\xff\xff\n"),
            "t.csv:3: holds text that is neither UTF-8 nor GBK; in the spreadsheet, save it as `CSV UTF-8`"
        );
        assert_eq!(
            refused(b"lac,ci\n1,\"2\n3,4\n"),
            "t.csv:2: a quote is opened and never closed; close it, or remove it"
        );
        assert_eq!(refused(b"lac,ci,LAC\n"), "t.csv:1: two columns are called `LAC`; rename or remove one");
        assert!(refused(b"PK\x03\x04....").contains("save it as `CSV UTF-8`"));
    }
}

//! What is wrong with a list, in both languages.

use std::fmt;
use std::path::{Path, PathBuf};

/// How many further lines at fault an error names.
const FURTHER_LINES_SHOWN: usize = 4;

/// A list could not be read: where and why, for people.
#[derive(Debug)]
pub struct ListError {
    /// The file.
    pub file: PathBuf,
    /// Line, from 1, where it is about one.
    pub line: Option<u64>,
    fault: Fault,
}

impl ListError {
    /// What is wrong, and what to do, in English and in Chinese.
    pub(crate) fn says(&self) -> [(&str, &str); 2] {
        let ([message, chinese_message], [help, chinese_help]) = (&*self.fault.message, &*self.fault.help);
        [(message, help), (chinese_message, chinese_help)]
    }
}

/// `areas/wanda.csv:3: `6A11` is not decimal; name the column `lac_hex``.
impl fmt::Display for ListError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [(message, help), _] = self.says();
        write!(f, "{}:", self.file.display())?;
        if let Some(line) = self.line {
            write!(f, "{line}:")?;
        }
        write!(f, " {message}; {help}")
    }
}

impl std::error::Error for ListError {}

/// Why a cell, a row or a file is refused, and what to do; in English and in Chinese.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) message: Box<[String; 2]>,
    pub(super) help: Box<[String; 2]>,
}

impl Fault {
    pub(super) fn new<M: Into<String>, H: Into<String>>(message: [M; 2], help: [H; 2]) -> Self {
        Self { message: Box::new(message.map(Into::into)), help: Box::new(help.map(Into::into)) }
    }

    /// This fault as the error about `file`.
    pub(super) fn at(self, file: &Path, line: Option<u64>) -> ListError {
        ListError { file: file.to_owned(), line, fault: self }
    }
}

/// Collects the faults of a file, so that one run names all lines to correct.
pub(super) struct Faults {
    first: Option<(u64, Fault)>,
    further: Vec<u64>,
    count: u64,
}

impl Faults {
    pub(super) const fn new() -> Self {
        Self { first: None, further: Vec::new(), count: 0 }
    }

    pub(super) fn note(&mut self, line: u64, fault: Fault) {
        self.count += 1;
        match self.first {
            None => self.first = Some((line, fault)),
            Some(_) if self.further.len() < FURTHER_LINES_SHOWN => self.further.push(line),
            Some(_) => {}
        }
    }

    /// Passes where there was no fault.
    pub(super) fn finish(self, file: &Path) -> Result<(), ListError> {
        let Some((line, mut fault)) = self.first else { return Ok(()) };
        if !self.further.is_empty() {
            let lines: Vec<String> = self.further.iter().map(u64::to_string).collect();
            let (english, chinese) = match self.count.saturating_sub(1 + self.further.len() as u64) {
                0 => (String::new(), String::new()),
                more => (format!(" and {more} more"), format!("，还有 {more} 行")),
            };
            let [message, chinese_message] = &mut *fault.message;
            message.push_str(&format!(" (lines at fault as well: {}{english})", lines.join(", ")));
            chinese_message.push_str(&format!("(另有错误的行：{}{chinese})", lines.join("、")));
        }
        Err(fault.at(file, Some(line)))
    }
}

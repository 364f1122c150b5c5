//! Handset models by type allocation code, 3GPP TS 23.003 §6.2.1.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::path::Path;

use event::Imei;
use rustc_hash::FxHashSet;

use super::table::{Faults, Table};
use super::{ListError, cell, name_of};

/// A named set of handset models by TAC.
#[derive(Default)]
pub struct TacList {
    /// Its name: the file's, without ending.
    pub name: String,
    tacs: FxHashSet<u32>,
}

impl Hash for TacList {
    fn hash<H: Hasher>(&self, state: &mut H) {
        super::hash_content(self.tacs(), state);
    }
}

impl TacList {
    /// The list of these TACs: eight digits each, as numbers.
    pub fn new(name: impl Into<String>, tacs: impl IntoIterator<Item = u32>) -> Self {
        Self { name: name.into(), tacs: tacs.into_iter().collect() }
    }

    /// Reads a CSV with a column `tac` of eight digits; what else stands in a row is for people.
    pub fn load(file: &Path) -> Result<Self, ListError> {
        Self::read(&Table::load(file)?)
    }

    fn read(table: &Table<'_>) -> Result<Self, ListError> {
        let (header, mut rows) = table.open()?;
        let column = header
            .find(&["tac", "tac码", "型号码", "型号核准号"])
            .ok_or_else(|| header.lacks("tac", "tac,model").at(table.file(), Some(header.line())))?;
        let (mut tacs, mut faults) = (FxHashSet::default(), Faults::new());
        while let Some(row) = rows.next() {
            let row = row.map_err(|(line, fault)| fault.at(table.file(), Some(line)))?;
            match cell::tac(row.cell(column)) {
                Ok(tac) => _ = tacs.insert(tac),
                Err(fault) => faults.note(row.line, fault),
            }
        }
        faults.finish(table.file())?;
        Ok(Self::new(name_of(table.file()), tacs))
    }

    /// Whether the device's model is on it.
    pub fn contains(&self, device: Imei) -> bool {
        self.tacs.contains(&device.tac())
    }

    /// Its TACs, in no particular order.
    pub fn tacs(&self) -> impl Iterator<Item = u32> + '_ {
        self.tacs.iter().copied()
    }

    /// How many models it names.
    pub fn len(&self) -> usize {
        self.tacs.len()
    }

    /// Whether it names none.
    pub fn is_empty(&self) -> bool {
        self.tacs.is_empty()
    }
}

impl fmt::Debug for TacList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TacList({}, {} models)", self.name, self.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_is_on_the_list_by_its_first_eight_digits() {
        let read = |text: &str| TacList::read(&Table::parse(Path::new("lists/smart.csv"), text.into()).unwrap());
        let list = read("TAC,model\n35390002,Nokia E63\n00499901,test\n").unwrap();
        assert_eq!((list.name.as_str(), list.len()), ("smart", 2));
        assert!(list.contains("353900021234560".parse().unwrap()));
        assert!(list.contains("004999010640000".parse().unwrap()));
        assert!(!list.contains("353900031234560".parse().unwrap()));
        let error = read("tac\n35390002\n499901\n").unwrap_err();
        assert_eq!((error.line, error.message.as_str()), (Some(3), "`499901` is no TAC"));
    }
}

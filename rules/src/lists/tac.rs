//! Handset models by type allocation code, 3GPP TS 23.003 §6.2.1.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::path::Path;

use event::Imei;
use rustc_hash::FxHashMap;

use super::fault::Faults;
use super::table::Table;
use super::{ListError, cell, name_of};

/// A named set of handset models by TAC.
#[derive(Default)]
pub struct TacList {
    /// Its name: the file's, without ending.
    pub name: String,
    /// The model of each, empty where the file does not say.
    tacs: FxHashMap<u32, Box<str>>,
}

impl Hash for TacList {
    fn hash<H: Hasher>(&self, state: &mut H) {
        super::hash_content(self.tacs(), state);
    }
}

impl TacList {
    /// The list of these TACs: eight digits each, as numbers.
    pub fn new(name: impl Into<String>, tacs: impl IntoIterator<Item = u32>) -> Self {
        Self { name: name.into(), tacs: tacs.into_iter().map(|tac| (tac, Box::default())).collect() }
    }

    /// Reads a CSV with a column `tac` of eight digits and, where wanted, `model`; what else stands in a row is for people.
    pub fn load(file: &Path) -> Result<Self, ListError> {
        Self::read(&Table::load(file)?)
    }

    fn read(table: &Table<'_>) -> Result<Self, ListError> {
        let (header, mut rows) = table.open()?;
        let column = header
            .find(&["tac", "tac码", "型号码", "型号核准号"])
            .ok_or_else(|| header.lacks("tac", "tac,model").at(table.file(), Some(header.line())))?;
        let model = header.find(&["model", "型号", "机型", "名称"]);
        let (mut tacs, mut faults) = (FxHashMap::default(), Faults::new());
        while let Some(row) = rows.next() {
            let row = row.map_err(|(line, fault)| fault.at(table.file(), Some(line)))?;
            match cell::tac(row.cell(column)) {
                Ok(tac) => _ = tacs.insert(tac, model.map_or("", |model| row.cell(model)).into()),
                Err(fault) => faults.note(row.line, fault),
            }
        }
        faults.finish(table.file())?;
        Ok(Self { name: name_of(table.file()), tacs })
    }

    /// Whether the device's model is on it.
    pub fn contains(&self, device: Imei) -> bool {
        self.tacs.contains_key(&device.tac())
    }

    /// Its TACs, in no particular order.
    pub fn tacs(&self) -> impl Iterator<Item = u32> + '_ {
        self.tacs.keys().copied()
    }

    /// What the device's model is called.
    pub fn model(&self, device: Imei) -> Option<&str> {
        self.tacs.get(&device.tac()).map(AsRef::as_ref).filter(|model: &&str| !model.is_empty())
    }

    /// The length in UTF-16 code units of the longest name of a model.
    pub fn longest_model(&self) -> usize {
        self.tacs.values().map(|model| model.encode_utf16().count()).max().unwrap_or(0)
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
        assert_eq!(list.model("353900021234560".parse().unwrap()), Some("Nokia E63"));
        assert_eq!(list.longest_model(), 9);
        let error = read("tac\n35390002\n499901\n").unwrap_err();
        assert_eq!((error.line, error.says()[0].0), (Some(3), "`499901` is no TAC"));
    }
}

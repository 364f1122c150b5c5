//! Targets and exclusions: who is on a list, by IMSI or by number.

use std::fmt;
use std::path::Path;

use event::{Imsi, Number};

use super::fault::{Fault, Faults};
use super::keys::KeySet;
use super::msisdn::Msisdn;
use super::table::{Row, Table};
use super::{ListError, cell, name_of};

/// A named set of subscribers by IMSI or MSISDN: eleven bytes each.
#[derive(Default)]
pub struct SubscriberList {
    /// Its name: the file's, without ending.
    pub name: String,
    imsis: KeySet,
    msisdns: KeySet,
}

impl SubscriberList {
    /// The list of these subscribers. Numbers that no subscriber can have are left out.
    pub fn new(
        name: impl Into<String>,
        imsis: impl IntoIterator<Item = Imsi>,
        msisdns: impl IntoIterator<Item = Number>,
    ) -> Self {
        let imsis: Vec<u64> = imsis.into_iter().map(Imsi::to_bits).collect();
        let msisdns: Vec<u64> = msisdns.into_iter().filter_map(Msisdn::from_number).map(Msisdn::to_bits).collect();
        Self { name: name.into(), imsis: KeySet::new(&imsis), msisdns: KeySet::new(&msisdns) }
    }

    /// Reads a CSV with a column `imsi` or `msisdn`, or both: then a row's subscriber is on it by either.
    pub fn load(file: &Path) -> Result<Self, ListError> {
        Self::read(&Table::load(file)?)
    }

    fn read(table: &Table<'_>) -> Result<Self, ListError> {
        let (header, mut rows) = table.open()?;
        let imsi = header.find(IMSI_COLUMNS);
        let msisdn = header.find(MSISDN_COLUMNS);
        if imsi.or(msisdn).is_none() {
            let fault = header.lacks("imsi`/`msisdn", "msisdn");
            return Err(fault.at(table.file(), Some(header.line())));
        }
        let (mut imsis, mut msisdns, mut faults) = (Vec::new(), Vec::new(), Faults::new());
        while let Some(row) = rows.next() {
            let row = row.map_err(|(line, fault)| fault.at(table.file(), Some(line)))?;
            match identities(&row, imsi, msisdn) {
                Ok((imsi, msisdn)) => {
                    imsis.extend(imsi.map(Imsi::to_bits));
                    msisdns.extend(msisdn.map(Msisdn::to_bits));
                }
                Err(fault) => faults.note(row.line, fault),
            }
        }
        faults.finish(table.file())?;
        Ok(Self { name: name_of(table.file()), imsis: KeySet::new(&imsis), msisdns: KeySet::new(&msisdns) })
    }

    /// Whether a subscriber is on it, by either identity.
    pub fn contains(&self, imsi: Imsi, msisdn: Option<Number>) -> bool {
        self.imsis.contains(imsi.to_bits())
            || self.msisdns.len() > 0
                && msisdn.and_then(Msisdn::from_number).is_some_and(|msisdn| self.msisdns.contains(msisdn.to_bits()))
    }

    /// It will be asked whether this subscriber is on it: begins to fetch where that stands.
    #[inline]
    pub fn expect(&self, imsi: Imsi) {
        self.imsis.expect(imsi.to_bits());
    }

    /// How many identities stand on it.
    pub fn len(&self) -> usize {
        self.imsis.len() + self.msisdns.len()
    }

    /// Whether nobody is on it.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes of memory.
    pub fn bytes(&self) -> usize {
        self.imsis.bytes() + self.msisdns.bytes()
    }
}

/// What a column of IMSIs may be called.
pub(super) const IMSI_COLUMNS: &[&str] = &["imsi"];
/// What a column of numbers may be called.
pub(super) const MSISDN_COLUMNS: &[&str] = &["msisdn", "手机号", "手机号码", "号码", "电话"];

type Identities = (Option<Imsi>, Option<Msisdn>);

fn identities(row: &Row<'_, '_>, imsi: Option<usize>, msisdn: Option<usize>) -> Result<Identities, Fault> {
    let text = |column: Option<usize>| column.map(|column| row.cell(column)).filter(|text| !text.is_empty());
    let imsi = text(imsi).map(cell::imsi).transpose()?;
    let msisdn = text(msisdn).map(cell::msisdn).transpose()?;
    match imsi.is_some() || msisdn.is_some() {
        true => Ok((imsi, msisdn)),
        false => Err(Fault::new(
            ["nobody in this row", "这一行没有用户"],
            ["enter an identity, or remove the row", "请填写号码或 IMSI，或删去这一行"],
        )),
    }
}

impl fmt::Debug for SubscriberList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SubscriberList({}, {} identities)", self.name, self.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<SubscriberList, ListError> {
        SubscriberList::read(&Table::parse(Path::new("lists/vip.csv"), text.into()).unwrap())
    }

    fn check(text: &str, imsi: &str, msisdn: Option<&str>, expected: bool) {
        let list = read(text).unwrap();
        let msisdn = msisdn.map(|number| number.parse().unwrap());
        assert_eq!(list.contains(imsi.parse().unwrap(), msisdn), expected, "{text:?} {imsi} {msisdn:?}");
    }

    #[test]
    fn a_subscriber_is_on_the_list_by_either_identity() {
        check("imsi\n460001234567890\n", "460001234567890", None, true);
        check("imsi\n460001234567890\n", "460001234567891", Some("13900000001"), false);
        check("手机号\n+86 13900000001\n", "460001234567890", Some("13900000001"), true);
        check("msisdn\n13900000001\n", "460001234567890", Some("+8613900000001"), true);
        check("msisdn\n13900000001\n", "460001234567890", None, false);
        check("msisdn,imsi\n,460001234567890\n13900000001,\n", "460001234567890", None, true);
        check("msisdn\n", "460001234567890", Some("13900000001"), false);
    }

    #[test]
    fn rows_without_an_identity_are_refused() {
        assert_eq!(read("13900000001\n13900000002\n").unwrap_err().line, Some(1));
        assert_eq!(read("imsi,name\n,Li\n").unwrap_err().says()[1].0, "这一行没有用户");
        assert!(read("msisdn\n1.39E+10\n").unwrap_err().to_string().contains("a spreadsheet has rounded it"));
    }

    #[test]
    fn the_same_subscriber_twice_counts_once() {
        let list = read("msisdn\n13900000001\n+8613900000001\n").unwrap();
        assert_eq!(list.len(), 1);
    }
}

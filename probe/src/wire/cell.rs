//! Cell identifier and cell identifier list, 3GPP TS 48.008 §3.2.2.17 and §3.2.2.27; location area identification.

use event::{CellId, Lai, Plmn, Rai};

use super::{Fault, Malformed, Protocol, Reader};

/// What a cell identification discriminator says is there, in this order.
#[derive(Clone, Copy)]
struct Form {
    plmn: bool,
    lac: bool,
    ci: bool,
    /// Octets that follow and are no cell of this network: RNC or service area.
    other: u8,
}

/// Discriminator: form. 3GPP TS 48.008 §3.2.2.17 and §3.2.2.27.
const FORMS: [(u8, Form); 10] = [
    (0, Form { plmn: true, lac: true, ci: true, other: 0 }),
    (1, Form { plmn: false, lac: true, ci: true, other: 0 }),
    (2, Form { plmn: false, lac: false, ci: true, other: 0 }),
    (3, Form { plmn: false, lac: false, ci: false, other: 0 }),
    (4, Form { plmn: true, lac: true, ci: false, other: 0 }),
    (5, Form { plmn: false, lac: true, ci: false, other: 0 }),
    (8, Form { plmn: true, lac: true, ci: false, other: 2 }),
    (9, Form { plmn: false, lac: false, ci: false, other: 2 }),
    (10, Form { plmn: false, lac: true, ci: false, other: 2 }),
    (11, Form { plmn: true, lac: true, ci: false, other: 2 }),
];

const NO_CELL: u8 = 3;
const ALL_CELLS: u8 = 6;

fn form(discriminator: u8) -> Option<Form> {
    FORMS.iter().find(|(code, _)| *code == discriminator).map(|(_, form)| *form)
}

/// Location area identification, 3GPP TS 24.008 §10.5.1.3.
pub(super) fn location_area(r: &mut Reader<'_>) -> Result<Lai, Malformed> {
    const ELEMENT: &str = "location area identification";
    Ok(Lai { plmn: Plmn::from_octets(r.v(ELEMENT)?), lac: r.u16(ELEMENT)? })
}

/// Routing area identification, 3GPP TS 24.008 §10.5.5.15.
pub(super) fn routing_area(r: &mut Reader<'_>) -> Result<Rai, Malformed> {
    const ELEMENT: &str = "routing area identification";
    let lai = Lai { plmn: Plmn::from_octets(r.v(ELEMENT)?), lac: r.u16(ELEMENT)? };
    Ok(Rai { lai, rac: r.u8(ELEMENT)? })
}

/// The value of a cell identifier.
pub(super) fn cell_identifier(mut r: Reader<'_>) -> Result<CellId, Malformed> {
    const ELEMENT: &str = "cell identifier";
    let [discriminator] = r.v(ELEMENT)?;
    let form = form(discriminator & 15).ok_or(r.error(ELEMENT, Fault::Invalid))?;
    cell(form, &mut r, ELEMENT)
}

fn cell(form: Form, r: &mut Reader<'_>, element: &'static str) -> Result<CellId, Malformed> {
    let plmn = form.plmn.then(|| r.v(element)).transpose()?.map(Plmn::from_octets);
    let lac = form.lac.then(|| r.u16(element)).transpose()?;
    let ci = form.ci.then(|| r.u16(element)).transpose()?;
    r.take(usize::from(form.other), element)?;
    Ok(CellId { plmn, lac, ci })
}

/// A cell identifier list: one discriminator, then cells (or location areas) of the same form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CellIdentifierList<'a> {
    discriminator: u8,
    octets: &'a [u8],
}

const LIST: &str = "cell identifier list";

impl<'a> CellIdentifierList<'a> {
    /// Reads the element's value: the list is whole, or malformed.
    pub(super) fn read(mut r: Reader<'a>) -> Result<Self, Malformed> {
        let [discriminator] = r.v(LIST)?;
        let list = Self { discriminator: discriminator & 15, octets: r.rest() };
        match list.form() {
            Some(form) => {
                while !r.is_empty() {
                    cell(form, &mut r, LIST)?;
                }
            }
            None if list.is_empty_by_nature() => {}
            None => return Err(r.error(LIST, Fault::Invalid)),
        }
        Ok(list)
    }

    /// Whether the list stands for every cell of the BSS.
    pub const fn is_all_cells(self) -> bool {
        self.discriminator == ALL_CELLS
    }

    /// The cells, each as far as it is given: a whole one, or a location area only.
    pub fn cells(self) -> impl Iterator<Item = CellId> + use<'a> {
        let mut r = Reader::new(Protocol::Bssmap, self.octets);
        let form = self.form();
        std::iter::from_fn(move || form.filter(|_| !r.is_empty()).and_then(|form| cell(form, &mut r, LIST).ok()))
    }

    /// The form of each cell. None for what has none, which a loop over its octets would never leave.
    fn form(self) -> Option<Form> {
        form(self.discriminator).filter(|_| !self.is_empty_by_nature())
    }

    const fn is_empty_by_nature(self) -> bool {
        matches!(self.discriminator, ALL_CELLS | NO_CELL)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CGI: [u8; 7] = [0x64, 0xf0, 0x00, 0x6a, 0x11, 0x10, 0x01];

    fn reader(octets: &[u8]) -> Reader<'_> {
        Reader::new(Protocol::Bssmap, octets)
    }

    fn check(discriminator: u8, octets: &[u8], expected: &str) {
        let value = [&[discriminator], octets].concat();
        assert_eq!(cell_identifier(reader(&value)).unwrap().to_string(), expected);
        for length in 0..value.len() {
            assert_eq!(cell_identifier(reader(&value[..length])).map_err(|m| m.fault), Err(Fault::Truncated));
        }
    }

    #[test]
    fn each_discriminator_gives_what_it_holds() {
        check(0, &CGI, "460-00-27153-4097");
        check(1, &CGI[3..], "?-?-27153-4097");
        check(2, &CGI[5..], "?-?-?-4097");
        check(3, &[], "?-?");
        check(4, &CGI[..5], "460-00-27153");
        check(5, &CGI[3..5], "?-?-27153");
        check(8, &CGI, "460-00-27153");
        check(10, &CGI[3..], "?-?-27153");
        check(11, &CGI, "460-00-27153");
        assert_eq!(cell_identifier(reader(&[7, 1, 2])).map_err(|m| m.fault), Err(Fault::Invalid));
    }

    #[test]
    fn a_list_repeats_one_form() {
        let list = CellIdentifierList::read(reader(&[0x15, 0, 1, 0, 2])).unwrap();
        let areas: Vec<_> = list.cells().map(|cell| cell.lac).collect();
        assert_eq!(areas, [Some(1), Some(2)]);
        assert!(CellIdentifierList::read(reader(&[0x05, 0, 1, 0])).is_err());
        assert!(CellIdentifierList::read(reader(&[0x06])).unwrap().is_all_cells());
        assert_eq!(CellIdentifierList::read(reader(&[0x03, 9, 9])).unwrap().cells().count(), 0);
    }
}

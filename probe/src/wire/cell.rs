//! Cell identifier and cell identifier list, 3GPP TS 48.008 §3.2.2.17 and §3.2.2.27; location area identification.

use event::{CellId, Lai, Plmn};

use super::{Fault, Malformed, Reader};

/// A cell identifier list: one discriminator, then cells (or location areas) of the same form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CellIdentifierList<'a> {
    discriminator: u8,
    octets: &'a [u8],
}

impl<'a> CellIdentifierList<'a> {
    /// Whether the list says `all cells of the BSS`.
    pub fn is_all_cells(self) -> bool {
        todo!()
    }

    /// The cells, each as far as it is given: a whole one, or a location area only.
    pub fn cells(self) -> impl Iterator<Item = CellId> + use<'a> {
        std::iter::empty()
    }
}

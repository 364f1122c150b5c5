//! The cells of all areas together, roughly: most events come from elsewhere, and one look at two bits tells.

use event::CellId;

use crate::lists::Area;

/// Cells that may be in one of the areas; of a few others it is said too.
#[derive(Clone, Debug)]
pub(super) struct Ground {
    /// A bit for each code of a location area that is whole in one of the areas.
    location_areas: Bits,
    /// A bit for many cells.
    cells: Bits,
}

impl Default for Ground {
    fn default() -> Self {
        Self { location_areas: Bits::none(), cells: Bits::none() }
    }
}

impl Ground {
    pub(super) fn add(&mut self, area: &Area) {
        for (lac, ci) in area.codes() {
            match ci {
                None => self.location_areas.add(lac),
                Some(ci) => self.cells.add(scattered(lac, ci)),
            }
        }
    }

    /// Whether an area may hold the cell. Where not, none does.
    pub(super) fn may_hold(&self, cell: CellId) -> bool {
        cell.lac.is_some_and(|lac| {
            self.location_areas.has(lac) || cell.ci.is_some_and(|ci| self.cells.has(scattered(lac, ci)))
        })
    }
}

/// Cells of one location area far apart, and the same cell of several too.
fn scattered(lac: u16, ci: u16) -> u16 {
    const ODD: u32 = 0x9e37_79b1;
    ((u32::from(lac) << u16::BITS | u32::from(ci)).wrapping_mul(ODD) >> u16::BITS) as u16
}

/// A bit for each number of 16.
#[derive(Clone, Debug)]
struct Bits(Box<[u64]>);

impl Bits {
    fn none() -> Self {
        Self(vec![0; (1 << u16::BITS) / u64::BITS as usize].into())
    }

    fn add(&mut self, number: u16) {
        self.0.iter_mut().skip(usize::from(number / 64)).take(1).for_each(|word| *word |= 1 << (number % 64));
    }

    fn has(&self, number: u16) -> bool {
        self.0.get(usize::from(number / 64)).is_some_and(|word| word >> (number % 64) & 1 != 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cell_of_an_area_may_be_held_and_few_others() {
        let cell = |lac, ci| CellId { plmn: None, lac: Some(lac), ci };
        let mut ground = Ground::default();
        ground.add(&Area::new("shops", (0..500).map(|ci| cell(7, Some(ci * 3))).chain([cell(9, None)])));
        let held = (0..500).map(|ci| cell(7, Some(ci * 3))).chain([cell(9, None), cell(9, Some(4))]);
        assert!(held.into_iter().all(|cell| ground.may_hold(cell)));
        assert!([CellId::UNKNOWN, cell(7, None), cell(8, None)].iter().all(|cell| !ground.may_hold(*cell)));
        let others = (10..30).flat_map(|lac| (0..1000).map(move |ci| cell(lac, Some(ci))));
        let wrongly = others.filter(|cell| ground.may_hold(*cell)).count();
        assert!(wrongly < 400, "{wrongly} of 20,000");
    }
}

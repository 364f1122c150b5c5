//! Scenarios by the lists that they share: by cell for areas, by type allocation code for handsets. A list stands here
//! once, however many scenarios name it.

use std::fmt;
use std::sync::Arc;

use event::{CellId, Imei};

use super::table::Table;
use crate::lists::{Area, Presence, TacList};

/// Ranks of scenarios.
pub(super) type Ranks = Vec<u32>;

/// Lists, each with the ranks of the scenarios that name it.
struct Lists<L> {
    lists: Vec<(Arc<L>, Ranks)>,
    /// Their positions by address.
    known: Table<usize, u32>,
}

impl<L> Lists<L> {
    /// Adds a scenario to a list. Gives the list's position where it is new here.
    fn insert(&mut self, list: &Arc<L>, rank: u32) -> Option<u32> {
        let next = self.lists.len() as u32;
        let position = *self.known.entry(Arc::as_ptr(list) as usize).or_insert(next);
        match self.lists.get_mut(position as usize) {
            Some((_, ranks)) => {
                ranks.push(rank);
                None
            }
            None => {
                self.lists.push((Arc::clone(list), vec![rank]));
                Some(position)
            }
        }
    }

    fn at<'s>(&'s self, positions: &'s [u32]) -> impl Iterator<Item = &'s (Arc<L>, Ranks)> {
        positions.iter().filter_map(|position| self.lists.get(*position as usize))
    }
}

impl<L> Default for Lists<L> {
    fn default() -> Self {
        Self { lists: Vec::new(), known: Table::default() }
    }
}

impl<L> fmt::Debug for Lists<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} lists", self.lists.len())
    }
}

/// Scenarios by area, areas by cell.
#[derive(Debug, Default)]
pub(super) struct Places {
    areas: Lists<Area>,
    /// Areas with rows for this LAC and CI.
    by_cell: Table<(u16, u16), Vec<u32>>,
    /// Areas with a row for the whole location area: these are not in `by_cell` for its cells.
    by_location_area: Table<u16, Vec<u32>>,
}

impl Places {
    pub(super) fn insert(&mut self, area: &Arc<Area>, rank: u32) {
        let Some(position) = self.areas.insert(area, rank) else { return };
        let mut codes: Vec<(u16, Option<u16>)> = area.codes().collect();
        codes.sort_unstable();
        codes.dedup();
        let mut whole = None;
        for (lac, ci) in codes {
            match ci {
                // Sorts before the cells of its location area.
                None => {
                    whole = Some(lac);
                    self.by_location_area.entry(lac).or_default().push(position);
                }
                Some(_) if whole == Some(lac) => {}
                Some(ci) => self.by_cell.entry((lac, ci)).or_default().push(position),
            }
        }
    }

    /// Gives the scenarios whose area is entered: inside now and certainly not before.
    pub(super) fn entered(&self, before: CellId, after: CellId, hit: impl FnMut(u32)) {
        let was_outside = |area: &Area| before.lac.is_none() || area.presence(before) == Presence::Outside;
        self.each_holding(after, was_outside, hit);
    }

    /// Gives the scenarios whose area is left: inside before and certainly not now.
    pub(super) fn left(&self, before: CellId, after: CellId, hit: impl FnMut(u32)) {
        self.each_holding(before, |area| area.presence(after) == Presence::Outside, hit);
    }

    /// Gives the scenarios whose area certainly holds a cell.
    pub(super) fn at(&self, cell: CellId, hit: impl FnMut(u32)) {
        self.each_holding(cell, |_| true, hit);
    }

    /// Gives the scenarios of the areas that certainly hold a cell and that are `wanted`.
    fn each_holding(&self, cell: CellId, wanted: impl Fn(&Area) -> bool, mut hit: impl FnMut(u32)) {
        let Some(lac) = cell.lac.filter(|_| !self.areas.lists.is_empty()) else { return };
        let by_cell = cell.ci.and_then(|ci| self.by_cell.get(&(lac, ci)));
        for positions in [by_cell, self.by_location_area.get(&lac)].into_iter().flatten() {
            for (_, ranks) in self.areas.at(positions).filter(|(area, _)| area.contains(cell) && wanted(area)) {
                ranks.iter().copied().for_each(&mut hit);
            }
        }
    }
}

/// Scenarios by list of handsets, lists by type allocation code.
#[derive(Debug, Default)]
pub(super) struct Models {
    lists: Lists<TacList>,
    by_tac: Table<u32, Vec<u32>>,
}

impl Models {
    pub(super) fn insert(&mut self, list: &Arc<TacList>, rank: u32) {
        let Some(position) = self.lists.insert(list, rank) else { return };
        list.tacs().for_each(|tac| self.by_tac.entry(tac).or_default().push(position));
    }

    /// Gives the scenarios with a list that holds the device's model.
    pub(super) fn matching(&self, device: Imei, hit: impl FnMut(u32)) {
        let Some(positions) = self.by_tac.get(&device.tac()) else { return };
        self.lists.at(positions).flat_map(|(_, ranks)| ranks).copied().for_each(hit);
    }
}

/// Scenarios about another device: by the new one where they name it, else by the old one, else all.
#[derive(Debug, Default)]
pub(super) struct DeviceChanges {
    to: Models,
    from: Models,
    any: Ranks,
    /// What a scenario in `to` asks of the old device.
    and_from: Table<u32, Arc<TacList>>,
}

impl DeviceChanges {
    pub(super) fn insert(&mut self, to: Option<&Arc<TacList>>, from: Option<&Arc<TacList>>, rank: u32) {
        match (to, from) {
            (Some(to), from) => {
                self.to.insert(to, rank);
                self.and_from.extend(from.map(|from| (rank, Arc::clone(from))));
            }
            (None, Some(from)) => self.from.insert(from, rank),
            (None, None) => self.any.push(rank),
        }
    }

    pub(super) fn matching(&self, before: Imei, after: Imei, mut hit: impl FnMut(u32)) {
        self.to.matching(after, |rank| {
            if self.and_from.get(&rank).is_none_or(|from| from.contains(before)) {
                hit(rank);
            }
        });
        self.from.matching(before, &mut hit);
        self.any.iter().copied().for_each(hit);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(lac: u16, ci: Option<u16>) -> CellId {
        CellId { plmn: "46000".parse().ok(), lac: Some(lac), ci }
    }

    #[test]
    fn only_areas_at_the_cell_are_looked_at_however_many_there_are() {
        for count in [10_u16, 10_000] {
            let mut places = Places::default();
            for number in 0..count {
                let area = Area::new("shop", [cell(1, Some(number)), cell(2 + number, None)]);
                places.insert(&Arc::new(area), u32::from(number));
            }
            let looked_at = |cell: CellId| {
                let looked_at = std::cell::Cell::new(0);
                places.each_holding(cell, |_| looked_at.replace(looked_at.get() + 1) < usize::MAX, |_| {});
                looked_at.get()
            };
            assert_eq!((looked_at(cell(1, Some(3))), looked_at(cell(1, Some(20_000)))), (1, 0));
            assert_eq!((looked_at(cell(5, Some(7))), looked_at(cell(20_000, None))), (1, 0));
            assert!(places.by_cell.values().chain(places.by_location_area.values()).all(|areas| areas.len() == 1));
        }
    }

    #[test]
    fn an_area_with_rows_for_a_location_area_and_its_cells_is_entered_once() {
        let mut places = Places::default();
        let plmn = |text: &str| text.parse().ok();
        let rows = [
            cell(1, None),
            CellId { plmn: plmn("46001"), ..cell(1, None) },
            cell(1, Some(5)),
            CellId { plmn: None, ..cell(2, Some(6)) },
            cell(2, Some(6)),
        ];
        places.insert(&Arc::new(Area::new("twice", rows)), 7);
        let entered = |after: CellId| {
            let mut ranks = Vec::new();
            places.entered(CellId::UNKNOWN, after, |rank| ranks.push(rank));
            ranks
        };
        assert_eq!(
            (entered(cell(1, Some(5))), entered(cell(2, Some(6))), entered(cell(2, Some(7)))),
            (vec![7], vec![7], vec![])
        );
    }
}

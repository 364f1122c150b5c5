//! The way from a location area and a TMSI to the VLR that gave it: one VLR serves an area, or a pool of them, of which
//! the TMSI names one by its network resource identifier (3GPP TS 23.236).

use event::{Lai, Tmsi, prefetch};
use rustc_hash::FxHashSet;
use smallvec::SmallVec;

use super::{Temporary, Vlr, hash};
use crate::track::index::Index;
use crate::track::recent::Recent;

/// Location areas whose VLR is remembered; further ones are not learned.
pub const MAX_AREAS: usize = 65_536;
/// VLRs that may serve one location area; further ones are not learned. As many as a network resource identifier of five
/// bits can name.
pub const MAX_VLRS_PER_AREA: usize = 32;
/// Network resource identifiers whose VLR is remembered; further ones are not learned.
pub const MAX_NRIS: usize = 65_536;

/// What no message tells of pools.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PoolSettings {
    /// Bits of the network resource identifier in a TMSI, from bit 23 downwards: 1 to 10; 0 where there is no pool.
    pub nri_bits: u8,
    /// Network resource identifiers and the point code (or endpoint) of the MSC or SGSN that each names. Others are
    /// learned from the TMSIs that are given.
    pub mscs: Vec<(u16, u32)>,
}

/// The VLRs that serve a location area: nearly always one, which then lies in the table.
type Servers = SmallVec<[Vlr; 1]>;

/// Who serves which area.
#[derive(Default)]
struct Areas {
    known: Vec<(Lai, Servers)>,
    index: Index,
}

impl Areas {
    fn place(&self, area: Lai) -> Option<usize> {
        self.index.find(hash(&area), |place| self.known.get(place).is_some_and(|(known, _)| *known == area))
    }

    fn servers(&self, area: Lai) -> &[Vlr] {
        self.place(area).and_then(|place| self.known.get(place)).map_or(&[], |(_, servers)| servers)
    }

    fn servers_mut(&mut self, area: Lai) -> Option<&mut Servers> {
        let place = self.place(area)?;
        self.known.get_mut(place).map(|(_, servers)| servers)
    }

    /// Adds one that is not known yet.
    fn add(&mut self, area: Lai, servers: Servers) {
        self.index.insert(hash(&area), self.known.len() as u32);
        self.known.push((area, servers));
    }
}

/// An area that will be asked for, by the hash of its name.
#[derive(Clone, Copy)]
pub struct ExpectedArea(u64);

/// What was learned and configured.
pub(super) struct Pools {
    settings: PoolSettings,
    areas: Areas,
    /// What was learned or known before: nearly every connection tells the same.
    learned: Recent<(Lai, Vlr)>,
    nris: FxHashSet<(Vlr, u16)>,
    /// Areas and identifiers not learned because of a limit.
    pub(super) refused: u64,
}

impl Pools {
    pub(super) fn new(settings: &PoolSettings) -> Self {
        Self {
            settings: settings.clone(),
            areas: Areas::default(),
            learned: Recent::default(),
            nris: FxHashSet::default(),
            refused: 0,
        }
    }

    /// The VLRs that are known to serve `area`.
    pub(super) fn servers(&self, area: Lai) -> &[Vlr] {
        self.areas.servers(area)
    }

    /// Whether `vlr` is known to serve `area`.
    pub(super) fn serves(&self, vlr: Vlr, area: Lai) -> bool {
        self.servers(area).contains(&vlr)
    }

    /// The VLR that serves `area`, where no other does.
    pub(super) fn only_server(&self, area: Lai) -> Option<Vlr> {
        match self.servers(area) {
            [vlr] => Some(*vlr),
            _ => None,
        }
    }

    /// Of the VLRs that serve `area` the one that `tmsi` names.
    pub(super) fn named(&self, area: Lai, tmsi: Tmsi) -> Option<Vlr> {
        let nri = self.nri(tmsi)?;
        let mut named = self.servers(area).iter().filter(|vlr| self.is_named(**vlr, nri));
        let vlr = named.next()?;
        named.next().is_none().then_some(*vlr)
    }

    /// Begins to fetch whether that was learned.
    #[inline]
    pub(super) fn expect_area(&self, area: Lai, vlr: Vlr) {
        self.learned.expect((area, vlr));
    }

    /// Begins to fetch where is known who serves `area`.
    #[inline]
    pub(super) fn expect_last_area(&self, area: Lai) -> ExpectedArea {
        let hash = hash(&area);
        self.areas.index.expect(hash);
        ExpectedArea(hash)
    }

    /// Begins to fetch who serves the area.
    #[inline]
    pub(super) fn fetch_area(&self, ExpectedArea(hash): ExpectedArea) {
        let place = self.areas.index.guess(hash);
        place.and_then(|place| self.areas.known.get(place)).into_iter().for_each(prefetch);
    }

    /// A connection from `area` went to `vlr`. Whether none was known there before.
    #[inline]
    pub(super) fn learn_area(&mut self, area: Lai, vlr: Vlr) -> bool {
        !self.learned.has((area, vlr)) && self.add(area, vlr)
    }

    fn add(&mut self, area: Lai, vlr: Vlr) -> bool {
        if area.is_deleted() {
            return false;
        }
        let full = self.areas.known.len() >= MAX_AREAS;
        let Some(servers) = self.areas.servers_mut(area) else {
            match full {
                true => self.refused += 1,
                false => {
                    self.learned.note((area, vlr));
                    self.areas.add(area, Servers::from_buf([vlr]));
                }
            }
            return !full;
        };
        if servers.contains(&vlr) {
            self.learned.note((area, vlr));
            return false;
        }
        if servers.len() < MAX_VLRS_PER_AREA {
            servers.push(vlr);
        } else {
            self.refused += 1;
        }
        false
    }

    /// A VLR gave this TMSI.
    pub(super) fn learn_nri(&mut self, given: Temporary) {
        self.nri(given.tmsi).into_iter().for_each(|nri| self.insert_nri(given.vlr, nri));
    }

    /// A VLR gives TMSIs with this network resource identifier.
    pub(super) fn insert_nri(&mut self, vlr: Vlr, nri: u16) {
        if self.nris.len() < MAX_NRIS {
            self.nris.insert((vlr, nri));
        } else if !self.nris.contains(&(vlr, nri)) {
            self.refused += 1;
        }
    }

    /// Every area that is known, with each VLR that serves it.
    pub(super) fn areas(&self) -> impl Iterator<Item = (Lai, Vlr)> + '_ {
        self.areas.known.iter().flat_map(|(area, servers)| servers.iter().map(|vlr| (*area, *vlr)))
    }

    /// Every network resource identifier that was learned.
    pub(super) fn nris(&self) -> impl Iterator<Item = (Vlr, u16)> + '_ {
        self.nris.iter().copied()
    }

    fn is_named(&self, vlr: Vlr, nri: u16) -> bool {
        self.nris.contains(&(vlr, nri)) || self.settings.mscs.contains(&(nri, vlr.node))
    }

    /// The network resource identifier: the highest of the TMSI's 24 lower bits.
    fn nri(&self, tmsi: Tmsi) -> Option<u16> {
        const MOST_BITS: u8 = 10;
        let bits = u32::from(self.settings.nri_bits.min(MOST_BITS));
        (bits > 0).then_some(((tmsi.0 & 0x00ff_ffff) >> (24 - bits)) as u16)
    }
}

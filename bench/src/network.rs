//! The network plan: location areas, cells, BSCs with their point codes and links, MSCs with their VLRs.

use std::collections::{HashMap, VecDeque};
use std::net::Ipv4Addr;
use std::time::Duration;

use event::{CellId, Lai, Plmn, Timestamp, Tmsi};

use crate::encode::PointCode;
use crate::encode::ip::Socket;
use crate::encode::point_code::Width;
use crate::encode::sccp::Reference;
use crate::random::Random;
use crate::sgsn::PacketCore;

/// A named set of cells where people go: a shopping area.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hotspot {
    /// Its name.
    pub name: String,
    /// Its cells: location area code and cell identity.
    pub cells: Vec<(u16, u16)>,
}

/// The areas that the example scenarios speak of: a shopping mall and three phone shops.
pub fn default_hotspots() -> Vec<Hotspot> {
    vec![
        Hotspot { name: "wanda".into(), cells: vec![(0x6a11, 1001), (0x6a11, 1002)] },
        Hotspot { name: "phone-shops".into(), cells: vec![(0x6a12, 2001), (0x6a12, 2002), (0x6a13, 2003)] },
    ]
}

/// A base station controller.
#[derive(Clone, Debug)]
pub struct Bsc {
    /// Its point code.
    pub point_code: PointCode,
    /// Its links, by index.
    pub links: std::ops::Range<u32>,
    references: References,
}

/// A mobile switching centre with its VLR.
#[derive(Clone, Debug)]
struct Msc {
    references: References,
    next_tmsi: u32,
}

/// The SCCP references of one node: in order, so that one is used again only after 2²⁴ − 1 others; or those first that were
/// given back and have rested.
#[derive(Clone, Debug, Default)]
struct References {
    last: u32,
    free: VecDeque<(Timestamp, Reference)>,
}

/// So long a reference rests before it is given again.
pub const REFERENCE_REST: Duration = Duration::from_secs(1);

impl References {
    fn new(random: &mut Random) -> Self {
        Self { last: random.below(1 << 24) as u32, free: VecDeque::new() }
    }

    fn take(&mut self, now: Timestamp) -> Reference {
        if self.free.front().is_some_and(|(since, _)| now.since(*since) >= REFERENCE_REST)
            && let Some((_, reference)) = self.free.pop_front()
        {
            return reference;
        }
        self.last = if self.last >= 0x00ff_fffe { 1 } else { self.last + 1 };
        Reference(self.last)
    }
}

/// A cell and where it is connected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Site {
    /// The cell, all parts known.
    pub cell: CellId,
    /// Its location area.
    pub area: Lai,
    /// Its BSC, by index.
    pub bsc: u32,
    /// Its virtual connection of BSSGP, within its BSS.
    pub bvci: u16,
}

/// An SCCP connection by its ends: BSC and MSC by index, and their references.
#[derive(Clone, Copy, Debug)]
pub struct Line {
    /// The BSC.
    pub bsc: u32,
    /// The MSC.
    pub msc: u32,
    /// The BSC's reference.
    pub bss: Reference,
    /// The MSC's reference.
    pub at_msc: Reference,
}

/// How large the network is.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// Base station controllers, 1 to [`Size::MOST_BSCS`].
    pub bscs: u32,
    /// Links (associations) in all, at least one a BSC; in a pool at least one between any BSC and MSC.
    pub links: u32,
    /// Mobile switching centres: each serves some of the BSCs, or in a pool all of them.
    pub mscs: u32,
    /// Where the MSCs are a pool (3GPP TS 23.236), in which a phone stays with the one that its TMSI names: the bits of the
    /// network resource identifier that names it, 1 to 10.
    pub pool: Option<u32>,
    /// The width of point codes.
    pub point_codes: Width,
}

impl Size {
    /// Point codes have 14 bits and some are taken.
    pub const MOST_BSCS: u32 = 15_000;
    /// Addresses are drawn from 10.0.0.0/8, a subnet for the links of each side.
    pub const MOST_LINKS: u32 = 1 << 20;
    /// A network resource identifier has at most 10 bits, of which bit 23 of the TMSI is the first (3GPP TS 23.236 §4.4).
    pub const MOST_NRI_BITS: u32 = 10;
    /// Their point codes lie below those of BSCs.
    pub const MOST_MSCS: u32 = 512;
}

/// The network.
#[derive(Debug)]
pub struct Network {
    /// The network's code.
    pub plmn: Plmn,
    bscs: Vec<Bsc>,
    sites: Vec<Site>,
    hotspots: Vec<Vec<u32>>,
    mscs: Vec<Msc>,
    pool: Option<u32>,
    /// Whether there is an A interface.
    pub circuits: bool,
    /// The packet side, where there is a Gb interface.
    pub packet: Option<PacketCore>,
    point_codes: Width,
}

const FIRST_MSC_POINT_CODE: u16 = 257;
const FIRST_BSC_POINT_CODE: u16 = 1001;
/// The location area code of the first of its areas; the others follow.
pub const FIRST_AREA: u16 = 0x6a11;
const AREAS_PER_BSC: u32 = 2;
const LEAST_AREAS: u32 = 4;
const CELLS_PER_AREA: u16 = 8;
const CHINA_MOBILE: Plmn = Plmn::from_octets([0x64, 0xf0, 0x00]);

impl Network {
    /// A network of this size, in which every cell of the hotspots exists.
    pub fn new(size: Size, hotspots: &[Hotspot], random: &mut Random) -> Self {
        let areas = (size.bscs * AREAS_PER_BSC).max(LEAST_AREAS) as u16;
        let mut cells: Vec<(u16, u16)> = (0..areas)
            .flat_map(|index| {
                (1..=CELLS_PER_AREA).map(move |cell| (FIRST_AREA + index, 1000 * (index % 60 + 1) + cell))
            })
            .collect();
        cells.extend(hotspots.iter().flat_map(|hotspot| hotspot.cells.iter().copied()));
        cells.sort_unstable();
        cells.dedup();
        let sites = number_connections(cells.iter().map(|(lac, ci)| site(*lac, *ci, size.bscs)).collect(), size.bscs);
        let index: HashMap<(u16, u16), u32> = cells.iter().copied().zip(0..).collect();
        let hotspots = hotspots
            .iter()
            .map(|hotspot| hotspot.cells.iter().filter_map(|cell| index.get(cell).copied()).collect())
            .collect();
        let bscs = (0..size.bscs)
            .map(|bsc| Bsc {
                point_code: PointCode::new(size.point_codes, FIRST_BSC_POINT_CODE + bsc as u16),
                links: bsc * size.links / size.bscs..(bsc + 1) * size.links / size.bscs,
                references: References::new(random),
            })
            .collect();
        // All VLRs give the same values: it is not by them that they are told apart, but in a pool by the NRI in them.
        let msc = Msc { references: References::new(random), next_tmsi: random.bits() as u32 };
        let mscs = vec![msc; size.mscs.max(1) as usize];
        let Size { pool, point_codes, .. } = size;
        Self { plmn: CHINA_MOBILE, bscs, sites, hotspots, mscs, pool, point_codes, circuits: true, packet: None }
    }

    /// The BSCs, by index.
    pub fn bscs(&self) -> &[Bsc] {
        &self.bscs
    }

    /// The cell of this index; the first where there is no such.
    pub fn site(&self, index: u32) -> Site {
        let site = self.sites.get(index as usize).or_else(|| self.sites.first());
        site.copied().unwrap_or_else(|| site_of_empty_network(self.plmn))
    }

    /// All cells, by index.
    pub fn sites(&self) -> &[Site] {
        &self.sites
    }

    /// A cell anywhere.
    pub fn any_site(&self, random: &mut Random) -> u32 {
        random.below(self.sites.len() as u64) as u32
    }

    /// A cell of one of the hotspots; anywhere if there are none.
    pub fn hotspot_site(&self, random: &mut Random) -> u32 {
        let cells = random.pick(&self.hotspots).map_or(&[][..], Vec::as_slice);
        random.pick(cells).copied().unwrap_or_else(|| self.any_site(random))
    }

    /// A cell next to this one.
    pub fn neighbour(&self, site: u32, random: &mut Random) -> u32 {
        let count = self.sites.len() as u32;
        let distance = random.between(1, 3) as u32;
        if random.chance(0.5) { (site + distance) % count } else { (site + count - distance % count) % count }
    }

    /// The nearest cell, in the direction of rising codes, that another BSC (or, if `same`, this one's) serves.
    pub fn handover_target(&self, site: u32, same: bool) -> Option<u32> {
        let count = self.sites.len() as u32;
        let bsc = self.site(site).bsc;
        let near = |other: &u32| {
            let target = self.site(*other).bsc;
            (target == bsc) == same && self.msc_of(target, 0) == self.msc_of(bsc, 0)
        };
        (1..count).map(|step| (site + step) % count).find(near)
    }

    /// The MSC that serves a phone there: in a pool the one that it is registered with.
    pub fn msc_of(&self, bsc: u32, registered: u32) -> u32 {
        if self.pool.is_some() { registered } else { bsc % self.mscs.len() as u32 }
    }

    /// The MSCs that a BSC is connected to.
    pub fn mscs_of(&self, bsc: u32) -> std::ops::Range<u32> {
        let own = self.msc_of(bsc, 0);
        if self.pool.is_some() { 0..self.mscs.len() as u32 } else { own..own + 1 }
    }

    /// An MSC for a phone that comes without a TMSI there.
    pub fn any_msc(&self, bsc: u32, random: &mut Random) -> u32 {
        match self.mscs.len() {
            1 => 0,
            count => self.msc_of(bsc, random.below(count as u64) as u32),
        }
    }

    /// The MSC at the other end of a link of this BSC.
    pub fn msc_of_link(&self, bsc: u32, link: u32) -> u32 {
        let first = self.bscs.get(bsc as usize).map_or(0, |bsc| bsc.links.start);
        self.msc_of(bsc, (link - first) % self.mscs.len() as u32)
    }

    /// The first link between a BSC and an MSC.
    pub fn first_link(&self, bsc: u32, msc: u32) -> u32 {
        self.bscs.get(bsc as usize).map_or(0, |bsc| bsc.links.start) + if self.pool.is_some() { msc } else { 0 }
    }

    /// One of the links between a BSC and an MSC, and the SLS that leads there.
    pub fn route(&self, bsc: u32, msc: u32, random: &mut Random) -> (u32, u8) {
        let end = self.bscs.get(bsc as usize).map_or(1, |bsc| bsc.links.end);
        let first = self.first_link(bsc, msc);
        let step = if self.pool.is_some() { self.mscs.len() as u32 } else { 1 };
        let index = random.below(u64::from((end - first).div_ceil(step))) as u32;
        (first + step * index, (index & 15) as u8)
    }

    /// The point code of an MSC.
    pub fn msc_point_code(&self, msc: u32) -> PointCode {
        PointCode::new(self.point_codes, FIRST_MSC_POINT_CODE + msc as u16)
    }

    /// The point code of a BSC.
    pub fn point_code(&self, bsc: u32) -> PointCode {
        self.bscs.get(bsc as usize).map_or(PointCode::Itu(0), |bsc| bsc.point_code)
    }

    /// A free SCCP reference of a BSC.
    pub fn bss_reference(&mut self, bsc: u32, now: Timestamp) -> Reference {
        self.bscs.get_mut(bsc as usize).map_or(Reference(1), |bsc| bsc.references.take(now))
    }

    /// A free SCCP reference of an MSC.
    pub fn msc_reference(&mut self, msc: u32, now: Timestamp) -> Reference {
        self.mscs.get_mut(msc as usize).map_or(Reference(1), |msc| msc.references.take(now))
    }

    /// The references of a connection are free again.
    pub fn give_back(&mut self, line: Line, now: Timestamp) {
        if let Some(bsc) = self.bscs.get_mut(line.bsc as usize) {
            bsc.references.free.push_back((now, line.bss));
        }
        if let Some(msc) = self.mscs.get_mut(line.msc as usize) {
            msc.references.free.push_back((now, line.at_msc));
        }
    }

    /// A TMSI that this VLR has never given: a counter, spread by an odd factor so that neighbours look unlike. In a pool it
    /// names the MSC.
    pub fn tmsi(&mut self, msc: u32) -> Tmsi {
        let pool = self.pool;
        let Some(vlr) = self.mscs.get_mut(msc as usize) else { return Tmsi(0) };
        loop {
            vlr.next_tmsi = vlr.next_tmsi.wrapping_add(1);
            let value = vlr.next_tmsi.wrapping_mul(0x9e37_79b1);
            let value = pool.map_or(value, |bits| with_nri(value, bits, msc));
            // All ones means "no TMSI" (3GPP TS 23.003 §2.4).
            if value != u32::MAX {
                return Tmsi(value);
            }
        }
    }

    /// Where the two ends of a link are: the BSC's socket and the MSC's, whose addresses are numbered (16 of them).
    pub fn sockets(link: u32, first_bss_port: u16, msc_address: u32, msc_port: u16) -> (Socket, Socket) {
        const BSS_NETWORK: u32 = 0x0a40_0000; // 10.64.0.0
        const MSC_ADDRESSES: u32 = 16;
        let bss = Ipv4Addr::from(BSS_NETWORK + link / 4 * 16 + 10 + link % 4);
        let msc = Ipv4Addr::from(0x0a01_0001 + msc_address % MSC_ADDRESSES);
        let port = first_bss_port + (link % 4) as u16;
        (Socket { address: bss.octets(), port }, Socket { address: msc.octets(), port: msc_port })
    }
}

// What is below the NRI stays, what is above it moves up: the spread's low bits differ for 2²² TMSIs at least.
fn with_nri(value: u32, bits: u32, msc: u32) -> u32 {
    let below = 24 - bits;
    let low = value & ((1 << below) - 1);
    value >> below << 24 | msc << below | low
}

fn site(lac: u16, ci: u16, bscs: u32) -> Site {
    let bsc = u32::from(lac.wrapping_sub(FIRST_AREA)) / AREAS_PER_BSC % bscs;
    let area = Lai { plmn: CHINA_MOBILE, lac };
    Site { cell: CellId { plmn: Some(CHINA_MOBILE), lac: Some(lac), ci: Some(ci) }, area, bsc, bvci: 0 }
}

// Within a BSS; 0 is signalling's and 1 that of point-to-multipoint (3GPP TS 48.018 §5.4.1).
fn number_connections(mut sites: Vec<Site>, bscs: u32) -> Vec<Site> {
    const FIRST: u16 = 2;
    let mut next = vec![FIRST; bscs as usize];
    for site in &mut sites {
        if let Some(bvci) = next.get_mut(site.bsc as usize) {
            site.bvci = *bvci;
            *bvci += 1;
        }
    }
    sites
}

fn site_of_empty_network(plmn: Plmn) -> Site {
    Site { cell: CellId::UNKNOWN, area: Lai { plmn, lac: 0 }, bsc: 0, bvci: 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cell_of_a_hotspot_exists() {
        let mut random = Random::new(1);
        let network = Network::new(
            Size { bscs: 2, links: 2, mscs: 1, pool: None, point_codes: Width::Itu },
            &default_hotspots(),
            &mut random,
        );
        let cells: Vec<_> = network.sites.iter().map(|site| site.cell.to_string()).collect();
        for cell in ["460-00-27153-1001", "460-00-27154-2002", "460-00-27155-2003"] {
            assert!(cells.iter().any(|known| known == cell), "{cell} is missing");
        }
    }

    #[test]
    fn in_a_pool_every_bsc_reaches_every_msc_and_a_tmsi_names_one() {
        let mut random = Random::new(1);
        for bits in [2, 5, 10] {
            let size = Size { bscs: 2, links: 7, mscs: 3, pool: Some(bits), point_codes: Width::Itu };
            let mut network = Network::new(size, &[], &mut random);
            for (bsc, msc) in [(0, 0), (0, 2), (1, 0), (1, 1), (1, 2)] {
                let (link, _) = network.route(bsc, msc, &mut random);
                assert_eq!(network.msc_of_link(bsc, link), msc);
                assert_eq!(network.tmsi(msc).0 << 8 >> (32 - bits), msc);
            }
        }
    }

    #[test]
    fn a_reference_that_was_given_back_rests_before_it_is_given_again() {
        let mut references = References::default();
        let at = Timestamp::from_seconds(9);
        let first = references.take(at);
        references.free.push_back((at, first));
        assert_ne!(references.take(at), first);
        assert_eq!(references.take(at + REFERENCE_REST), first);
    }

    #[test]
    fn links_are_shared_out_and_have_sockets_of_their_own() {
        let network = Network::new(
            Size { bscs: 3, links: 10, mscs: 1, pool: None, point_codes: Width::Itu },
            &[],
            &mut Random::new(1),
        );
        let links: Vec<u32> = network.bscs().iter().flat_map(|bsc| bsc.links.clone()).collect();
        assert_eq!(links, (0..10).collect::<Vec<_>>());
        let sockets: std::collections::HashSet<_> = (0..Size::MOST_LINKS)
            .map(|link| Network::sockets(link, 2905, 0, 2905).0)
            .map(|s| (s.address, s.port))
            .collect();
        assert_eq!(sockets.len(), Size::MOST_LINKS as usize);
    }
}

//! The network plan: location areas, cells, BSCs with their point codes and links, one MSC with its VLR.

use std::collections::HashMap;
use std::net::Ipv4Addr;

use event::{CellId, Lai, Plmn, Tmsi};

use crate::encode::ip::Socket;
use crate::encode::sccp::Reference;
use crate::random::Random;

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
    /// Its point code, 14 bits.
    pub point_code: u16,
    /// Its links, by index.
    pub links: std::ops::Range<u32>,
    next_reference: u32,
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
}

/// How large the network is.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// Base station controllers, 1 to [`Size::MOST_BSCS`].
    pub bscs: u32,
    /// Links (associations) in all, at least one a BSC.
    pub links: u32,
}

impl Size {
    /// Point codes have 14 bits and some are taken.
    pub const MOST_BSCS: u32 = 15_000;
    /// Addresses are drawn from 10.0.0.0/8, a subnet for the links of each side.
    pub const MOST_LINKS: u32 = 1 << 20;
}

/// The network.
#[derive(Debug)]
pub struct Network {
    /// The network's code.
    pub plmn: Plmn,
    bscs: Vec<Bsc>,
    sites: Vec<Site>,
    hotspots: Vec<Vec<u32>>,
    next_msc_reference: u32,
    next_tmsi: u32,
}

/// The MSC's point code.
pub const MSC_POINT_CODE: u16 = 257;
const FIRST_BSC_POINT_CODE: u16 = 1001;
const FIRST_AREA: u16 = 0x6a11;
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
        let sites: Vec<Site> = cells.iter().map(|(lac, ci)| site(*lac, *ci, size.bscs)).collect();
        let index: HashMap<(u16, u16), u32> = cells.iter().copied().zip(0..).collect();
        let hotspots = hotspots
            .iter()
            .map(|hotspot| hotspot.cells.iter().filter_map(|cell| index.get(cell).copied()).collect())
            .collect();
        let bscs = (0..size.bscs)
            .map(|bsc| Bsc {
                point_code: FIRST_BSC_POINT_CODE + bsc as u16,
                links: bsc * size.links / size.bscs..(bsc + 1) * size.links / size.bscs,
                next_reference: random.below(1 << 24) as u32,
            })
            .collect();
        Self {
            plmn: CHINA_MOBILE,
            bscs,
            sites,
            hotspots,
            next_msc_reference: random.below(1 << 24) as u32,
            next_tmsi: random.bits() as u32,
        }
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
        (1..count).map(|step| (site + step) % count).find(|other| (self.site(*other).bsc == bsc) == same)
    }

    /// One of the links of a BSC and the SLS that leads there.
    pub fn route(&self, bsc: u32, random: &mut Random) -> (u32, u8) {
        let links = self.bscs.get(bsc as usize).map_or(0..1, |bsc| bsc.links.clone());
        let index = random.below(u64::from(links.end - links.start)) as u32;
        (links.start + index, (index & 15) as u8)
    }

    /// The point code of a BSC.
    pub fn point_code(&self, bsc: u32) -> u16 {
        self.bscs.get(bsc as usize).map_or(0, |bsc| bsc.point_code)
    }

    /// A free SCCP reference of a BSC. References come in order, so that one is used again only after 2²⁴ − 1 others.
    pub fn bss_reference(&mut self, bsc: u32) -> Reference {
        self.bscs.get_mut(bsc as usize).map_or(Reference(1), |bsc| next_reference(&mut bsc.next_reference))
    }

    /// A free SCCP reference of the MSC.
    pub fn msc_reference(&mut self) -> Reference {
        next_reference(&mut self.next_msc_reference)
    }

    /// A TMSI that the VLR has never given: a counter, spread by an odd factor so that neighbours look unlike.
    pub fn tmsi(&mut self) -> Tmsi {
        loop {
            self.next_tmsi = self.next_tmsi.wrapping_add(1);
            let value = self.next_tmsi.wrapping_mul(0x9e37_79b1);
            // All ones means "no TMSI" (3GPP TS 23.003 §2.4).
            if value != u32::MAX {
                return Tmsi(value);
            }
        }
    }

    /// Where the two ends of a link are: the BSC's socket and the MSC's.
    pub fn sockets(link: u32, msc_port: u16) -> (Socket, Socket) {
        const BSS_NETWORK: u32 = 0x0a40_0000; // 10.64.0.0
        const MSC_ADDRESSES: u32 = 16;
        let bss = Ipv4Addr::from(BSS_NETWORK + link / 4 * 16 + 10 + link % 4);
        let msc = Ipv4Addr::from(0x0a01_0001 + link % MSC_ADDRESSES);
        let port = 2905 + (link % 4) as u16;
        (Socket { address: bss.octets(), port }, Socket { address: msc.octets(), port: msc_port })
    }
}

fn next_reference(counter: &mut u32) -> Reference {
    *counter = if *counter >= 0x00ff_fffe { 1 } else { *counter + 1 };
    Reference(*counter)
}

fn site(lac: u16, ci: u16, bscs: u32) -> Site {
    let bsc = u32::from(lac.wrapping_sub(FIRST_AREA)) / AREAS_PER_BSC % bscs;
    let area = Lai { plmn: CHINA_MOBILE, lac };
    Site { cell: CellId { plmn: Some(CHINA_MOBILE), lac: Some(lac), ci: Some(ci) }, area, bsc }
}

fn site_of_empty_network(plmn: Plmn) -> Site {
    Site { cell: CellId::UNKNOWN, area: Lai { plmn, lac: 0 }, bsc: 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cell_of_a_hotspot_exists() {
        let mut random = Random::new(1);
        let network = Network::new(Size { bscs: 2, links: 2 }, &default_hotspots(), &mut random);
        let cells: Vec<_> = network.sites.iter().map(|site| site.cell.to_string()).collect();
        for cell in ["460-00-27153-1001", "460-00-27154-2002", "460-00-27155-2003"] {
            assert!(cells.iter().any(|known| known == cell), "{cell} is missing");
        }
    }

    #[test]
    fn links_are_shared_out_and_have_sockets_of_their_own() {
        let network = Network::new(Size { bscs: 3, links: 10 }, &[], &mut Random::new(1));
        let links: Vec<u32> = network.bscs().iter().flat_map(|bsc| bsc.links.clone()).collect();
        assert_eq!(links, (0..10).collect::<Vec<_>>());
        let sockets: std::collections::HashSet<_> =
            (0..Size::MOST_LINKS).map(|link| Network::sockets(link, 2905).0).map(|s| (s.address, s.port)).collect();
        assert_eq!(sockets.len(), Size::MOST_LINKS as usize);
    }
}

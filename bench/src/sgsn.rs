//! The packet side of the network: SGSNs, which BSS belongs to which, the virtual connections between them, and P-TMSIs.

use std::net::Ipv4Addr;

use event::{Rai, Tmsi};

use crate::encode::frame_relay::CIRCUITS;
use crate::encode::ip::Socket;
use crate::encode::ns::Name;
use crate::link::gb::{Bearer, Carrier, NetworkService, StartUp, Tunnel, Udp};
use crate::network::Site;
use crate::random::Random;

/// How the packet side is built.
#[derive(Clone, Copy, Debug)]
pub struct Layout {
    /// SGSNs, at least one: each serves neighbouring BSSs.
    pub sgsns: u32,
    /// Virtual connections of each BSS to its SGSN, at least one.
    pub connections: u32,
    /// What carries them.
    pub carrier: Carrier,
    /// The UDP port of both ends.
    pub port: u16,
    /// Whether the sub-network service configures the connections, instead of resets.
    pub sub_network_service: bool,
}

impl Layout {
    /// The SGSNs' addresses are 10.2.0.1 and following.
    pub const MOST_SGSNS: u32 = 250;
    /// The BSSs' addresses are drawn from 10.128.0.0/9.
    pub const MOST_CONNECTIONS: u32 = 16;
}

/// The SGSNs and what leads to them.
#[derive(Debug)]
pub struct PacketCore {
    layout: Layout,
    bsss: u32,
    // The P-TMSI that each SGSN gave last, before it is spread.
    given: Vec<u32>,
}

impl PacketCore {
    /// SGSNs for so many BSSs.
    pub fn new(layout: Layout, bsss: u32, random: &mut Random) -> Self {
        // All give the same values: a P-TMSI means somebody only with its SGSN.
        let given = vec![random.bits() as u32; layout.sgsns as usize];
        Self { layout, bsss, given }
    }

    /// The SGSN that serves a BSS.
    pub fn sgsn_of(&self, bss: u32) -> u32 {
        (u64::from(bss) * u64::from(self.layout.sgsns) / u64::from(self.bsss.max(1))) as u32
    }

    /// The connection that `selector` (the TLLI) leads to: load is shared among a BSS's connections (48.016 §4.4).
    pub fn route(&self, bss: u32, selector: u32) -> u32 {
        bss * self.layout.connections + selector % self.layout.connections
    }

    /// Every connection of a BSS.
    pub fn routes(&self, bss: u32) -> std::ops::Range<u32> {
        bss * self.layout.connections..(bss + 1) * self.layout.connections
    }

    /// A P-TMSI that this SGSN has never given. Its two highest bits are set (3GPP TS 23.003 §2.4).
    pub fn p_tmsi(&mut self, sgsn: u32) -> Tmsi {
        const MARK: u32 = 0xc000_0000;
        let Some(given) = self.given.get_mut(sgsn as usize) else { return Tmsi(MARK) };
        loop {
            *given = given.wrapping_add(1);
            let value = MARK | given.wrapping_mul(0x9e37_79b1) & !MARK;
            // All ones says that there is none.
            if value != u32::MAX {
                return Tmsi(value);
            }
        }
    }

    /// The routing area of a cell: a location area has two.
    pub fn routing_area(site: Site) -> Rai {
        let ci = site.cell.ci.unwrap_or(0);
        Rai { lai: site.area, rac: 1 + (ci % 8 / 4) as u8 }
    }

    /// NSEI of a BSS.
    pub fn nsei(bss: u32) -> u16 {
        const FIRST: u16 = 1001;
        FIRST + bss as u16
    }

    /// All virtual connections, in the order of their numbers; on E1 those of each BSS on a link of its own from this one on.
    pub fn connections(&self, first_line: u16) -> impl Iterator<Item = NetworkService> + '_ {
        let connection = move |bss| {
            let line = first_line + bss as u16;
            (0..self.layout.connections).map(move |index| self.connection(bss, index, line))
        };
        (0..self.bsss).flat_map(connection)
    }

    fn connection(&self, bss: u32, index: u32, line: u16) -> NetworkService {
        let (own, sgsn) = (self.bss_socket(bss, index), self.sgsn_socket(self.sgsn_of(bss)));
        let start_up = match (self.layout.sub_network_service, index) {
            (false, _) => StartUp::Reset,
            (true, 0) => StartUp::Configuration {
                bss: (0..self.layout.connections).map(|index| self.bss_socket(bss, index)).collect(),
                sgsn: vec![sgsn],
            },
            (true, _) => StartUp::Configuration { bss: Vec::new(), sgsn: Vec::new() },
        };
        let name = Name { nsei: Self::nsei(bss), ns_vci: (1 + bss * self.layout.connections + index) as u16 };
        let circuits = (CIRCUITS.end() - CIRCUITS.start()) as u32;
        let circuit = |number: u32| CIRCUITS.start() + (number % circuits) as u16;
        let bearer = match self.layout.carrier {
            Carrier::Udp => Bearer::Udp(Udp::new(own, sgsn)),
            Carrier::FrameRelay => Bearer::FrameRelay(circuit(bss * self.layout.connections + index)),
            Carrier::Gre => Bearer::Tunnel(Tunnel::new(own, sgsn), circuit(index)),
            Carrier::E1 => Bearer::Line(line, circuit(index)),
        };
        NetworkService::new(name, start_up, bearer)
    }

    fn bss_socket(&self, bss: u32, index: u32) -> Socket {
        const NETWORK: u32 = 0x0a80_0000; // 10.128.0.0
        let address = Ipv4Addr::from(NETWORK + bss * Layout::MOST_CONNECTIONS + 1 + index);
        Socket { address: address.octets(), port: self.layout.port }
    }

    fn sgsn_socket(&self, sgsn: u32) -> Socket {
        Socket { address: [10, 2, 0, 1 + sgsn as u8], port: self.layout.port }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbouring_bsss_share_an_sgsn_and_every_bss_has_connections_of_its_own() {
        let layout =
            Layout { sgsns: 2, connections: 3, carrier: Carrier::Udp, port: 23_000, sub_network_service: false };
        let core = PacketCore::new(layout, 4, &mut Random::new(1));
        assert_eq!([0, 1, 2, 3].map(|bss| core.sgsn_of(bss)), [0, 0, 1, 1]);
        let routes: Vec<u32> = (0..4).flat_map(|bss| core.routes(bss)).collect();
        assert_eq!(routes, (0..12).collect::<Vec<_>>());
        assert!(core.routes(2).contains(&core.route(2, 0xc000_0007)));
        assert_eq!(core.connections(0).count(), 12);
    }

    #[test]
    fn a_p_tmsi_is_given_once_and_looks_like_one() {
        let layout =
            Layout { sgsns: 1, connections: 1, carrier: Carrier::Udp, port: 23_000, sub_network_service: false };
        let mut core = PacketCore::new(layout, 1, &mut Random::new(1));
        let given: std::collections::HashSet<_> = (0..5000).map(|_| core.p_tmsi(0).0).collect();
        assert_eq!(given.len(), 5000);
        assert!(given.iter().all(|p_tmsi| p_tmsi >> 30 == 3));
    }
}

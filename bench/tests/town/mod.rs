//! A small town for tests, and what was made of it.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashSet};
use std::io::{self, Write};
use std::rc::Rc;
use std::time::Duration;

use bench::encode::point_code::Width;
use bench::link::gb::Carrier;
use bench::link::{Choices, Transport};
use bench::network::{Size, default_hotspots};
use bench::population::Shares;
use bench::procedures::Practice;
use bench::procedures::packet::PacketPractice;
use bench::sgsn::Layout;
use bench::simulation::Interfaces;
use bench::tap::Faults;
use bench::writer::Format;
use bench::{Plan, Report, Simulation};

const PACKETS: PacketPractice = PacketPractice {
    combined: false,
    ciphered: false,
    names_subscriber: 0.5,
    p_tmsi_reallocation: 0.5,
    authentication: 0.5,
    imeisv: 0.6,
    identity: 0.2,
    rejects: 0.05,
    periodic_update: Duration::from_secs(3240),
};

/// A quarter of an hour of 400 people, who do all that there is to do.
pub(crate) fn plan(seed: u64) -> Plan {
    Plan {
        seed,
        subscribers: 400,
        shares: Shares { roamers: 0.1, other_network: 0.05, returning: 0.0, attached: 0.7, copied_devices: 0.0 },
        start: "2026-03-02T09:00:00Z".parse().unwrap(),
        length: Duration::from_secs(900),
        lead_in: Duration::ZERO,
        size: Size { bscs: 3, links: 5, mscs: 1, pool: None, point_codes: Width::Itu },
        interfaces: Interfaces::A,
        transport: Transport::Sigtran,
        choices: Choices::default(),
        wrappings: Vec::new(),
        packet: Layout { sgsns: 1, connections: 2, carrier: Carrier::Udp, port: 23_000, sub_network_service: false },
        hotspots: default_hotspots(),
        practice: Practice {
            common_id: 0.5,
            tmsi_reallocation: 0.6,
            authentication: 0.5,
            ciphering: 0.8,
            imeisv: 0.6,
            identity: 0.2,
            rejects: 0.05,
            handovers: 0.8,
            split_links: false,
            reuse_references: false,
            unconfirmed_releases: 0.0,
            imeisv_on_attach_only: false,
            short_cells: false,
            packet: PACKETS,
            action_every: Duration::from_secs(180),
            periodic_update: Duration::from_secs(1800),
        },
        resets: None,
        faults: Faults::default(),
        format: Format::Pcap,
        feed: "capture".into(),
    }
}

/// What was made of a plan.
pub(crate) struct Made {
    pub(crate) report: Report,
    pub(crate) capture: Vec<u8>,
    pub(crate) truth: Vec<Fact>,
    /// Whose messages stand in which frame.
    pub(crate) owners: HashSet<(u64, String)>,
}

/// What several write to.
#[derive(Clone, Default)]
struct Paper(Rc<RefCell<Vec<u8>>>);

impl Write for Paper {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().write(octets)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Paper {
    fn text(&self) -> String {
        String::from_utf8(self.0.borrow().clone()).unwrap()
    }
}

/// Makes it.
pub(crate) fn make(plan: Plan) -> Made {
    let (truth, owners) = (Paper::default(), Paper::default());
    let mut simulation = Simulation::new(plan, Vec::new(), Some(truth.clone())).unwrap();
    simulation.write_owners(owners.clone()).unwrap();
    let (report, capture, _) = simulation.run(|_, _| {}).unwrap();
    let truth = truth.text().lines().map(Fact::read).collect();
    let owner = |line: &str| line.split_once(',').map(|(frame, imsi)| (frame.parse().unwrap(), imsi.to_owned()));
    Made { report, capture, truth, owners: owners.text().lines().skip(1).filter_map(owner).collect() }
}

/// A truth line: its fields as text. The writer puts no space, and no quote or comma into a value.
pub(crate) struct Fact(pub(crate) BTreeMap<String, String>);

impl Fact {
    fn read(line: &str) -> Self {
        let (head, tail) = line.split_once("\"depends\":[").unwrap();
        let (depends, tail) = tail.split_once(']').unwrap();
        let fields = head.trim_start_matches('{').split(',').chain(tail.trim_end_matches('}').split(','));
        let pairs = fields.filter_map(|field| field.split_once(':'));
        let clean = |text: &str| text.trim_matches('"').to_owned();
        let mut fields: BTreeMap<_, _> = pairs.map(|(key, value)| (clean(key), clean(value))).collect();
        fields.insert("depends".into(), depends.into());
        Self(fields)
    }

    pub(crate) fn text(&self, key: &str) -> &str {
        self.0.get(key).map_or("", String::as_str)
    }

    pub(crate) fn frame(&self) -> Option<u64> {
        self.text("frame").parse().ok()
    }

    pub(crate) fn depends(&self) -> Vec<Option<u64>> {
        self.text("depends").split(',').map(|frame| frame.parse().ok()).collect()
    }
}

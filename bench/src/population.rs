//! The people: who they are, where they live and work, what they carry; and the subscriber file about them.

use std::io::{self, Write};

use event::{Imei, Imsi, Lai, Plmn, Timestamp, Tmsi};

use crate::encode::digits;
use crate::network::Network;
use crate::packet_state::PacketState;
use crate::random::Random;
use crate::script::Sighting;
use crate::sgsn::PacketCore;

/// Whose subscriber somebody is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Ours: 46000, 46002, 46007.
    Home,
    /// Another network of the country.
    OtherNetwork,
    /// From abroad.
    Roamer,
}

/// One subscriber with the state of the phone and of the network about it.
#[derive(Debug)]
pub struct Subscriber {
    /// Permanent identity.
    pub imsi: Imsi,
    /// Whose.
    pub class: Class,
    /// The device that holds the SIM.
    pub device: Imei,
    /// Whether the phone is switched on and registered.
    pub attached: bool,
    /// What the SIM holds: the TMSI and the location area that gave it.
    pub tmsi: Option<Tmsi>,
    /// The location area that the SIM holds.
    pub area: Lai,
    /// The MSC that it is registered with, by index.
    pub msc: u32,
    /// Whether the VLR can tell who the TMSI is: not if another network gave it.
    pub known_to_vlr: bool,
    /// The serving cell, by index.
    pub site: u32,
    /// Where it lives.
    pub home: u32,
    /// Where it works.
    pub work: u32,
    /// When the network last heard of it.
    pub last_contact: Timestamp,
    /// The sightings by which an observer of the capture knows the TMSI, if it can.
    pub proof: Option<Vec<Sighting>>,
    /// What it is in the packet domain.
    pub packet: PacketState,
}

/// Shares that make a population.
#[derive(Clone, Copy, Debug)]
pub struct Shares {
    /// From abroad.
    pub roamers: f64,
    /// Of another network of the country.
    pub other_network: f64,
    /// Of our own, those who come back from abroad during the capture.
    pub returning: f64,
    /// Attached when the capture begins.
    pub attached: f64,
    /// With a handset whose number was copied from one and the same.
    pub copied_devices: f64,
}

// TAC and the share of handsets that have it. The first two are those of the example list of smartphones.
const MODELS: &[(u32, u32)] = &[
    (6, 35_390_002),
    (5, 35_824_005),
    (20, 35_154_601),
    (18, 35_893_701),
    (14, 35_226_402),
    (12, 35_600_401),
    (10, 86_101_200),
    (9, 35_711_801),
    (6, 35_979_300),
];

// PLMN, and a LAC of it from which a visitor comes.
const ABROAD: &[(&str, u16)] = &[
    ("310-260", 0x3f21),
    ("454-00", 0x0141),
    ("440-10", 0x1a02),
    ("450-05", 0x2233),
    ("262-01", 0x4c10),
    ("505-01", 0x0c7d),
];

/// A handset of a random model.
pub fn device(random: &mut Random) -> Option<Imei> {
    let tac = u64::from(random.weighted(MODELS, 35_154_601));
    let serial = random.below(1_000_000);
    let software = random.between(1, 20);
    Imei::from_digits(digits((tac * 1_000_000 + serial) * 100 + software, 16))
}

/// The handset whose number the others have that are made after it.
fn copied_device() -> Option<Imei> {
    Imei::from_digits(digits(3_515_460_112_345_601, 16))
}

/// The whole population. Subscribers that are attached when the capture begins hold a TMSI that nobody has seen given.
pub fn populate(
    count: u32,
    shares: Shares,
    start: Timestamp,
    network: &mut Network,
    random: &mut Random,
) -> Vec<Subscriber> {
    (0..count).filter_map(|index| subscriber(index, shares, start, network, random)).collect()
}

/// Makes phones of the packet domain of them: where there are two domains, of most. Those that are attached hold a P-TMSI
/// that nobody has seen given, and in network mode I are registered for calls through the SGSN.
pub fn equip(people: &mut [Subscriber], combined: bool, network: &mut Network, random: &mut Random) {
    const CAPABLE: f64 = 0.8;
    const ATTACHED: f64 = 0.85;
    for person in people {
        let site = network.site(person.site);
        let packet = &mut person.packet;
        packet.capable = !network.circuits || random.chance(CAPABLE);
        let attached = packet.capable && person.attached && random.chance(ATTACHED);
        if let (true, Some(core)) = (attached, &mut network.packet) {
            packet.sgsn = core.sgsn_of(site.bsc);
            let p_tmsi = core.p_tmsi(packet.sgsn);
            (packet.attached, packet.combined, packet.known_to_sgsn) = (true, combined, true);
            (packet.p_tmsi, packet.tlli) = (Some(p_tmsi), p_tmsi.0);
            packet.area = PacketCore::routing_area(site);
        }
        person.attached &= network.circuits;
    }
}

fn subscriber(
    index: u32,
    shares: Shares,
    start: Timestamp,
    network: &mut Network,
    random: &mut Random,
) -> Option<Subscriber> {
    let class = random.weighted(
        &[
            (per_mille(shares.roamers), Class::Roamer),
            (per_mille(shares.other_network), Class::OtherNetwork),
            (1000_u32.saturating_sub(per_mille(shares.roamers + shares.other_network)), Class::Home),
        ],
        Class::Home,
    );
    let home = network.any_site(random);
    let msc = network.any_msc(network.site(home).bsc, random);
    let arriving = match class {
        Class::Roamer => random.chance(0.6),
        // Where nobody comes back, chance is not asked: what it decides about others stays the same.
        Class::Home => shares.returning > 0.0 && random.chance(shares.returning),
        Class::OtherNetwork => false,
    };
    let attached = !arriving && random.chance(shares.attached);
    let (abroad, area) = visitor_origin(network.plmn, random);
    let prefix = match class {
        Class::Home => random.weighted(&[(60, "46000"), (25, "46002"), (15, "46007")], "46000").to_owned(),
        Class::OtherNetwork => "46001".to_owned(),
        Class::Roamer => abroad.replace('-', ""),
    };
    // No draw where nothing is copied, so that captures without stay what they are.
    let is_copy = shares.copied_devices > 0.0 && random.chance(shares.copied_devices);
    Some(Subscriber {
        imsi: imsi(&prefix, index)?,
        class,
        device: if is_copy { copied_device()? } else { device(random)? },
        attached,
        tmsi: (attached || random.chance(0.8)).then(|| network.tmsi(msc)),
        msc,
        area: if arriving { area } else { network.site(home).area },
        known_to_vlr: !arriving,
        site: home,
        home,
        work: network.any_site(random),
        last_contact: start,
        proof: None,
        packet: PacketState::new(false, network.plmn),
    })
}

fn per_mille(share: f64) -> u32 {
    (share * 1000.0).round().clamp(0.0, 1000.0) as u32
}

fn visitor_origin(own: Plmn, random: &mut Random) -> (&'static str, Lai) {
    let (name, lac) = random.pick(ABROAD).copied().unwrap_or(("310-260", 1));
    (name, Lai { plmn: name.parse().unwrap_or(own), lac })
}

// The rest of the digits comes from the index through a multiplication that hits every value once.
fn imsi(prefix: &str, index: u32) -> Option<Imsi> {
    let rest = 15 - prefix.len() as u32;
    let serial = scatter(u64::from(index), 10_u64.pow(rest));
    Imsi::from_digits(prefix.bytes().map(|byte| byte.wrapping_sub(b'0')).chain(digits(serial, rest)))
}

// A bijection of the numbers below a power of ten: the factor shares no prime with it.
fn scatter(value: u64, modulus: u64) -> u64 {
    const FACTOR: u128 = 7_640_891_577;
    ((u128::from(value) * FACTOR + 123_456_789) % u128::from(modulus)) as u64
}

/// Writes the subscriber file: a row for nearly every home subscriber, none for others. `seed` decides about tags only.
pub fn write_directory(out: &mut impl Write, people: &[Subscriber], seed: u64) -> io::Result<()> {
    const MISSING: f64 = 0.02;
    let mut random = Random::new(seed ^ 0x6469_7265_6374_6f72);
    writeln!(out, "imsi,msisdn,brand,package,value,language,consent")?;
    for (index, person) in people.iter().enumerate() {
        if person.class == Class::Home && !random.chance(MISSING) {
            write_row(out, index as u32, person, &mut random)?;
        }
    }
    out.flush()
}

fn write_row(out: &mut impl Write, index: u32, person: &Subscriber, random: &mut Random) -> io::Result<()> {
    let brand = random.weighted(&[(30, "gotone"), (45, "easyown"), (25, "mzone")], "easyown");
    let package = random.weighted(&[(40, "voice"), (35, "mixed"), (25, "data")], "mixed");
    let value = random.weighted(&[(15, "high"), (45, "medium"), (40, "low")], "medium");
    let language = random.weighted(&[(92, "zh"), (8, "en")], "zh");
    let consent = random.weighted(&[(62, "marketing;location"), (14, "marketing"), (4, "location"), (20, "")], "");
    writeln!(out, "{},{},{brand},{package},{value},{language},{consent}", person.imsi, msisdn(index))
}

/// The number of the home subscriber of this index: unique, `8613…`, 13 digits.
pub fn msisdn(index: u32) -> u64 {
    const PREFIXES: u64 = 6; // 134 to 139
    let (prefix, serial) = (u64::from(index) % PREFIXES, u64::from(index) / PREFIXES);
    (86_134 + prefix) * 100_000_000 + scatter(serial, 100_000_000)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::encode::point_code::Width;
    use crate::network::Size;

    fn people(count: u32) -> Vec<Subscriber> {
        let mut random = Random::new(3);
        let mut network =
            Network::new(Size { bscs: 1, links: 1, mscs: 1, pool: None, point_codes: Width::Itu }, &[], &mut random);
        let shares = Shares { roamers: 0.05, other_network: 0.02, returning: 0.0, attached: 0.8, copied_devices: 0.0 };
        populate(count, shares, Timestamp::from_seconds(0), &mut network, &mut random)
    }

    #[test]
    fn identities_are_unique() {
        let people = people(5000);
        let imsis: HashSet<_> = people.iter().map(|person| person.imsi).collect();
        let numbers: HashSet<_> = (0..5000).map(msisdn).collect();
        assert_eq!((imsis.len(), numbers.len()), (5000, 5000));
        assert!(numbers.iter().all(|number| number.to_string().len() == 13));
    }

    #[test]
    fn the_directory_knows_most_home_subscribers_and_nobody_else() {
        let people = people(2000);
        let mut file = Vec::new();
        write_directory(&mut file, &people, 1).unwrap();
        let text = String::from_utf8(file).unwrap();
        let home = people.iter().filter(|person| person.class == Class::Home).count();
        let rows = text.lines().count() - 1;
        assert!(rows < home && rows > home * 9 / 10, "{rows} rows of {home}");
        assert!(text.lines().skip(1).all(|line| line.starts_with("4600") && line.split(',').count() == 7));
        assert!(!text.contains("\n46001"));
    }
}

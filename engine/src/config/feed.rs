//! `[[feed]]`: where signalling comes from, and how it is read.

use std::ops::Range;
use std::path::{Path, PathBuf};

use event::{CellId, Plmn};
use probe::ProbeConfig;
use probe::capture::e1::E1Settings;
use probe::capture::live::{DEFAULT_FILTER, INTERFACE_LIMIT};
use probe::interpret::{NetworkSettings, NumberPlan};
use probe::track::e1::{LinkPlan, LinkSettings};
use probe::wire::PointCodeFormat;
use probe::wire::mtp2::SequenceFormat;
use serde::Serialize;

use super::form::Form;
use super::problem::Problem;
use super::value;

/// One feed: interfaces that make one stream of frames, or a folder that is being written.
#[derive(Clone, Debug, Serialize)]
pub struct FeedConfig {
    /// What it is called.
    pub name: String,
    /// What it is.
    #[serde(flatten)]
    pub listening: Listening,
    /// What no frame tells of the network.
    #[serde(flatten)]
    pub reading: Reading,
}

/// What frames come from.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub enum Listening {
    /// Network interfaces, merged by time.
    Interfaces {
        /// Their names.
        interfaces: Vec<String>,
        /// What the kernel gives us, in the language of pcap-filter(7).
        filter: String,
        /// Octets kept of each frame.
        snaplen: u64,
        /// Whether frames to other stations are taken too.
        promiscuous: bool,
        /// Megabytes of the kernel's ring for each interface.
        buffer_mb: u64,
    },
    /// A folder into which one program writes file after file.
    Folder {
        /// Its path.
        folder: PathBuf,
        /// Signalling links in E1 recordings; none: they are searched.
        e1_links: Vec<String>,
    },
}

impl Listening {
    /// How E1 recordings are read.
    pub fn e1_settings(&self) -> E1Settings {
        let plans: Vec<LinkPlan> = match self {
            Self::Folder { e1_links, .. } => e1_links.iter().filter_map(|plan| plan.parse().ok()).collect(),
            Self::Interfaces { .. } => Vec::new(),
        };
        let links = if plans.is_empty() { LinkSettings::Automatic } else { LinkSettings::Planned(plans) };
        E1Settings { links, raw: None }
    }
}

/// What no frame tells of the network.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Reading {
    /// Take dialled numbers as they are, without the Chinese numbering plan.
    pub raw_numbers: bool,
    /// Network indicators whose point codes have 24 bits.
    pub wide_point_codes: Vec<u8>,
    /// MTP2 links number with 12 bits where a capture does not tell.
    pub wide_sequence_numbers: bool,
    /// About cells, pools, restarts and devices.
    #[serde(skip)]
    pub network: NetworkSettings,
}

impl Reading {
    /// How the probe is to be set.
    pub fn probe_config(&self) -> ProbeConfig {
        let mut config = ProbeConfig { network: self.network.clone(), ..ProbeConfig::default() };
        if self.raw_numbers {
            config.numbers = NumberPlan::empty();
        }
        for (indicator, format) in (0..).zip(&mut config.transport.point_codes) {
            if self.wide_point_codes.contains(&indicator) {
                *format = PointCodeFormat::China;
            }
        }
        if self.wide_sequence_numbers {
            config.transport.sequence_numbers = SequenceFormat::Extended;
        }
        config
    }
}

/// Reads one section; gives the place of its name.
pub(super) fn read(mut form: Form<'_>, base: &Path) -> Option<(FeedConfig, Range<usize>)> {
    let name = form.need_placed("name", value::text);
    let listening = listening(&mut form, base);
    let reading = reading(&mut form);
    form.finish();
    let (name, place) = name?;
    Some((FeedConfig { name, listening: listening?, reading }, place))
}

fn listening(form: &mut Form<'_>, base: &Path) -> Option<Listening> {
    let interfaces = form.list("interfaces", "[\"eth1\", \"eth2\"]", value::text);
    let filter = form.read("filter", value::filter).unwrap_or_else(|| DEFAULT_FILTER.to_owned());
    let snaplen = form.read("snaplen", value::whole(64..=262_144)).unwrap_or(262_144);
    let promiscuous = form.read("promiscuous", value::flag).unwrap_or(true);
    let buffer_mb = form.read("buffer_mb", value::whole(1..=2047)).unwrap_or(64);
    let folder = form.read("folder", value::folder(base));
    let is_link = |found: &toml::de::DeValue<'_>| {
        let plan = value::text(found)?;
        let wrong = |_| Problem::Malformed { what: "signalling link", example: "0:16" };
        plan.parse::<LinkPlan>().map(|_| plan).map_err(wrong)
    };
    let e1_links = form.list("e1_links", "[\"0:16\"]", is_link).unwrap_or_default();
    match (interfaces, form.has("folder"), folder) {
        (Some(interfaces), false, _) if (1..=INTERFACE_LIMIT).contains(&interfaces.len()) => {
            Some(Listening::Interfaces { interfaces, filter, snaplen, promiscuous, buffer_mb })
        }
        (None, true, folder) => folder.map(|folder| Listening::Folder { folder, e1_links }),
        _ => {
            form.report_here(&Problem::OneNeeded { keys: vec!["interfaces", "folder"] });
            None
        }
    }
}

fn reading(form: &mut Form<'_>) -> Reading {
    let default = NetworkSettings::default();
    let cells = CellId {
        plmn: form.read("cell_network", value::parsed::<Plmn>("network", "460-00")),
        lac: form.read("cell_lac", value::whole(0..=65_535)).and_then(|lac| u16::try_from(lac).ok()),
        ci: None,
    };
    let storm_seconds = form.read("storm_seconds", value::whole(0..=86_400)).unwrap_or(default.storm_seconds);
    let devices = form.read("device_subscribers", value::whole(1..=15)).unwrap_or(8);
    let mut network = NetworkSettings { cells, storm_seconds, subscribers_of_device: devices as usize, ..default };
    network.mscs.nri_bits = form.read("nri_bits", value::whole(0..=10)).unwrap_or(0) as u8;
    network.sgsns.nri_bits = form.read("sgsn_nri_bits", value::whole(0..=10)).unwrap_or(0) as u8;
    network.mscs.mscs = form.list("nri", "[\"3=187\"]", nri).unwrap_or_default();
    Reading {
        raw_numbers: form.read("raw_numbers", value::flag).unwrap_or(false),
        wide_point_codes: form.list("wide_point_codes", "[2]", indicator).unwrap_or_default(),
        wide_sequence_numbers: form.read("wide_sequence_numbers", value::flag).unwrap_or(false),
        network,
    }
}

fn indicator(found: &toml::de::DeValue<'_>) -> Result<u8, Problem> {
    value::whole(0..=3)(found).map(|indicator| indicator as u8)
}

fn nri(found: &toml::de::DeValue<'_>) -> Result<(u16, u32), Problem> {
    let wrong = Problem::Malformed { what: "network resource identifier and its MSC", example: "3=187" };
    msc_of_nri(&value::text(found)?).ok_or(wrong)
}

/// `3=187`: a network resource identifier, and the point code of the MSC that it names.
pub(crate) fn msc_of_nri(text: &str) -> Option<(u16, u32)> {
    let (nri, msc) = text.split_once('=')?;
    nri.parse().ok().zip(msc.parse().ok())
}

//! What `synthesise` can be asked for.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use bench::link::Transport;
use bench::link::gb::Carrier;
use bench::network::{Hotspot, Size, default_hotspots};
use bench::population::Shares;
use bench::procedures::Practice;
use bench::procedures::packet::PacketPractice;
use bench::script::Side;
use bench::sgsn::Layout;
use bench::simulation::Interfaces;
use bench::tap::{Clock, Faults};
use bench::writer::Format;
use bench::{Plan, areas};
use clap::Parser;
use event::Timestamp;

use super::links::LinkOptions;
use super::words::{interfaces, minutes, minutes_or_none, share, side, transport, transports};

/// Writes a capture of A, Gb or both of a made-up network, and the truth about it: which events an ideal probe reports,
/// about whom, and from which frames. The same options and seed give the same octets on every machine.
#[derive(Parser, Debug)]
#[command(
    version,
    after_help = "\
Examples:
  synthesise --out demo.pcap                                   2,000 subscribers, half an hour
  synthesise --out demo.pcap --truth demo.truth.jsonl --directory demo.subscribers.csv
  synthesise --out lite.pcapng --transport lite --common-id never
  synthesise --out load.pcap --subscribers 1000000 --bsc 500 --associations 10000 --minutes 2
  synthesise --out gb.pcap --interface gb --sgsn 2 --gb-ciphered --truth gb.truth.jsonl
  synthesise --out all.pcap --interface both --gs              Gs: combined procedures, pages over Gb
  synthesise --out lossy.pcap --truth lossy.truth.jsonl --loss 0.001 --reorder 0.001 --lead-in 60

Shares are written as 0.25, or as `always` and `never`. Rows of the truth have the fields of `touchpoint decode --json
--reveal` and besides `depends` (frames; null where the capture lacks one), `observable` and `signalled` (a number before
normalisation). They come in the order in which connections end."
)]
pub(super) struct Options {
    /// The capture to write: pcap, or pcapng if it ends so; `-` for standard output.
    #[arg(long, value_name = "FILE")]
    pub(super) out: PathBuf,
    /// The truth to write, JSON lines.
    #[arg(long, value_name = "FILE")]
    pub(super) truth: Option<PathBuf>,
    /// A list to write of whose messages stand in each frame, CSV.
    #[arg(long, value_name = "FILE")]
    pub(super) owners: Option<PathBuf>,
    /// The subscriber file to write, CSV.
    #[arg(long, value_name = "FILE")]
    pub(super) directory: Option<PathBuf>,
    /// Decides all that is left to chance.
    #[arg(long, default_value_t = 1)]
    pub(super) seed: u64,
    /// How many subscribers.
    #[arg(long, default_value_t = 2000, value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    pub(super) subscribers: u32,
    /// How many minutes of network time.
    #[arg(long, default_value_t = 30.0, value_parser = minutes)]
    pub(super) minutes: f64,
    /// When the capture begins, RFC 3339 in UTC.
    #[arg(long, default_value = "2026-03-02T09:00:00Z")]
    pub(super) start: Timestamp,
    /// Minutes that the network has been running when the capture begins (so that it begins amid traffic).
    #[arg(long, value_name = "MINUTES", default_value_t = 0.0, value_parser = minutes_or_none)]
    pub(super) lead_in: f64,
    /// What is captured: `a`, `gb`, or `both`, with the same subscribers on them.
    #[arg(long, default_value = "a", value_parser = interfaces)]
    pub(super) interface: Interfaces,
    /// What carries the A interface.
    #[arg(long, default_value = "sigtran", value_parser = transport, long_help = format!("What carries the A interface: {}", transports()))]
    pub(super) transport: Transport,
    #[command(flatten)]
    pub(super) links: LinkOptions,
    /// Base station controllers.
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=i64::from(Size::MOST_BSCS)))]
    pub(super) bsc: u32,
    /// Mobile switching centres: each serves some of the BSCs.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=i64::from(Size::MOST_MSCS)))]
    pub(super) msc: u32,
    /// The MSCs are a pool: each serves all of the BSCs, and a TMSI names one by its NRI.
    #[arg(long)]
    pub(super) pool: bool,
    /// Bits of the network resource identifier in TMSIs of a pool.
    #[arg(long, value_name = "BITS", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=i64::from(Size::MOST_NRI_BITS)), requires = "pool")]
    pub(super) nri_bits: u32,
    /// SCTP associations (or TCP connections) in all; by default one a BSC, in a pool one to each MSC.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=i64::from(Size::MOST_LINKS)))]
    pub(super) associations: Option<u32>,
    /// SGSNs: each serves neighbouring BSSs (there is a BSS for each BSC).
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=i64::from(Layout::MOST_SGSNS)))]
    pub(super) sgsn: u32,
    /// Virtual connections of network service from each BSS to its SGSN.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=i64::from(Layout::MOST_CONNECTIONS)))]
    pub(super) ns_vc: u32,
    /// The UDP port of network service, at both ends.
    #[arg(long, value_name = "PORT", default_value_t = 23_000)]
    pub(super) ns_port: u16,
    /// Network mode I: MSC and SGSN are joined by Gs, so that phones register for both by combined procedures, and pages for
    /// calls come over Gb.
    #[arg(long)]
    pub(super) gs: bool,
    /// Everything on Gb that can be ciphered is.
    #[arg(long)]
    pub(super) gb_ciphered: bool,
    /// Dialogues on Gb in which the SGSN names the subscriber.
    #[arg(long, value_name = "SHARE", default_value = "0.7", value_parser = share)]
    pub(super) gb_imsi: f64,
    /// Registrations on Gb that bring a new P-TMSI.
    #[arg(long, value_name = "SHARE", default_value = "0.6", value_parser = share)]
    pub(super) p_tmsi_reallocation: f64,
    /// Network service is configured by its sub-network service, not by resets.
    #[arg(long)]
    pub(super) sns: bool,
    /// A folder of area files (CSV with `lac` and `ci`) where people go; by default a mall and three phone shops.
    #[arg(long, value_name = "DIR")]
    pub(super) areas: Option<PathBuf>,
    /// Seconds between two things that somebody does, on average.
    #[arg(long, value_name = "SECONDS", default_value_t = 420, value_parser = clap::value_parser!(u64).range(1..))]
    pub(super) action_every: u64,
    /// T3212 in minutes: a silent phone reports as often.
    #[arg(long, value_name = "MINUTES", default_value_t = 30, value_parser = clap::value_parser!(u64).range(6..=1530))]
    pub(super) periodic_update: u64,
    /// Subscribers from abroad.
    #[arg(long, value_name = "SHARE", default_value = "0.04", value_parser = share)]
    pub(super) roamers: f64,
    /// Subscribers of the country's other network.
    #[arg(long, value_name = "SHARE", default_value = "0.01", value_parser = share)]
    pub(super) other_network: f64,
    /// Our own subscribers who come back from abroad.
    #[arg(long, value_name = "SHARE", default_value = "never", value_parser = share)]
    pub(super) returning: f64,
    /// Subscribers whose handsets have copies of one number.
    #[arg(long, value_name = "SHARE", default_value = "never", value_parser = share)]
    pub(super) copied_devices: f64,
    /// Subscribers whose phones are on when the capture begins.
    #[arg(long, value_name = "SHARE", default_value = "0.85", value_parser = share)]
    pub(super) attached: f64,
    /// Connections in which the MSC sends Common ID.
    #[arg(long, value_name = "SHARE", default_value = "0.8", value_parser = share)]
    pub(super) common_id: f64,
    /// Location updates that bring a new TMSI.
    #[arg(long, value_name = "SHARE", default_value = "0.6", value_parser = share)]
    pub(super) tmsi_reallocation: f64,
    /// Connections with authentication.
    #[arg(long, value_name = "SHARE", default_value = "0.5", value_parser = share)]
    pub(super) authentication: f64,
    /// Connections that are ciphered.
    #[arg(long, value_name = "SHARE", default_value = "0.85", value_parser = share)]
    pub(super) ciphering: f64,
    /// Cipher mode commands that ask for the IMEISV.
    #[arg(long, value_name = "SHARE", default_value = "0.6", value_parser = share)]
    pub(super) imeisv: f64,
    /// Ask for the IMEISV only when a phone attaches.
    #[arg(long)]
    pub(super) imeisv_on_attach_only: bool,
    /// Location updates in which the MSC asks for the IMSI though it knows the TMSI.
    #[arg(long, value_name = "SHARE", default_value = "0.03", value_parser = share)]
    pub(super) identity: f64,
    /// Registrations that are rejected (four times as many of strangers').
    #[arg(long, value_name = "SHARE", default_value = "0.02", value_parser = share)]
    pub(super) rejects: f64,
    /// Calls longer than 20 s with a handover.
    #[arg(long, value_name = "SHARE", default_value = "0.15", value_parser = share)]
    pub(super) handovers: f64,
    /// BSCs name cells by location area code and cell identity, without the network.
    #[arg(long)]
    pub(super) short_cells: bool,
    /// The two directions of a connection take different links, so that CC does not come where CR went (needs
    /// --associations).
    #[arg(long)]
    pub(super) split_links: bool,
    /// SCCP references are given again a second after they are free.
    #[arg(long)]
    pub(super) reuse_references: bool,
    /// SCCP releases that nobody confirms.
    #[arg(long, value_name = "SHARE", default_value = "never", value_parser = share)]
    pub(super) unconfirmed_releases: f64,
    /// Minutes between two resets of a BSC or an MSC amid traffic, on average; 0: none.
    #[arg(long, value_name = "MINUTES", default_value_t = 0.0, value_parser = minutes_or_none)]
    pub(super) resets: f64,
    /// Frames that the tap loses.
    #[arg(long, value_name = "SHARE", default_value = "never", value_parser = share)]
    pub(super) loss: f64,
    /// Only what this side sends is lost: `bss` or `msc` (on Gb the SGSN).
    #[arg(long, value_name = "SIDE", requires = "loss", value_parser = side)]
    pub(super) loss_from: Option<Side>,
    /// A list to write of what passed on each link in each direction, and of what the tap has lost of it, CSV.
    #[arg(long, value_name = "FILE")]
    pub(super) losses: Option<PathBuf>,
    /// Write what MSC and SGSN send to this capture, stamped by another clock.
    #[arg(long, value_name = "FILE")]
    pub(super) split_directions: Option<PathBuf>,
    /// Milliseconds that the other clock is ahead when the capture begins.
    #[arg(
        long,
        value_name = "MILLISECONDS",
        default_value_t = 0,
        allow_negative_numbers = true,
        requires = "split_directions"
    )]
    pub(super) clock_offset: i64,
    /// Microseconds by which the other clock runs faster in a second.
    #[arg(
        long,
        value_name = "PPM",
        default_value_t = 0.0,
        allow_negative_numbers = true,
        requires = "split_directions"
    )]
    pub(super) clock_drift: f64,
    /// Frames that the tap captures twice.
    #[arg(long, value_name = "SHARE", default_value = "never", value_parser = share)]
    pub(super) duplicate: f64,
    /// Frames that the tap captures after their successor.
    #[arg(long, value_name = "SHARE", default_value = "never", value_parser = share)]
    pub(super) reorder: f64,
    /// Frames that a second tap captures too, 1 to 50 ms later and in another VLAN.
    #[arg(long, value_name = "SHARE", default_value = "never", value_parser = share)]
    pub(super) doubled: f64,
    /// What the truth calls the feed.
    #[arg(long, value_name = "NAME", default_value = "capture")]
    pub(super) feed: String,
    /// Say nothing on standard error but errors.
    #[arg(long)]
    pub(super) quiet: bool,
}

impl Options {
    /// What is to be made.
    pub(super) fn plan(&self) -> Result<Plan> {
        let least = if self.pool { self.bsc * self.msc } else { self.bsc };
        let links = self.associations.unwrap_or(least);
        ensure!(links >= least, "--associations {links}: at least {least} are needed");
        ensure!(
            !self.pool || self.msc <= 1 << self.nri_bits,
            "--nri-bits {}: too few to name so many MSCs",
            self.nri_bits
        );
        ensure!(
            self.roamers + self.other_network <= 1.0,
            "--roamers and --other-network: together they are more than everybody"
        );
        let (of_a, of_gb) = (self.transport.medium(), self.links.gb_carrier.medium());
        ensure!(
            self.interface != Interfaces::Both || of_a == of_gb,
            "--transport and --gb-carrier: both interfaces are in one capture, whose frames begin alike"
        );
        ensure!(!self.sns || self.links.gb_carrier == Carrier::Udp, "--sns: it is UDP that it configures");
        let medium = if self.interface.a() { of_a } else { of_gb };
        Ok(Plan {
            seed: self.seed,
            subscribers: self.subscribers,
            shares: self.shares(),
            start: self.start,
            length: Duration::from_secs_f64(self.minutes * 60.0),
            lead_in: Duration::from_secs_f64(self.lead_in * 60.0),
            size: Size {
                bscs: self.bsc,
                links,
                mscs: self.msc,
                pool: self.pool.then_some(self.nri_bits),
                point_codes: self.links.point_codes,
            },
            interfaces: self.interface,
            transport: self.transport,
            choices: self.links.choices(medium)?,
            wrappings: self.links.wrap.clone(),
            packet: Layout {
                sgsns: self.sgsn,
                connections: self.ns_vc,
                carrier: self.links.gb_carrier,
                port: self.ns_port,
                sub_network_service: self.sns,
            },
            hotspots: self.hotspots()?,
            practice: self.practice(),
            resets: (self.resets > 0.0).then(|| Duration::from_secs_f64(self.resets * 60.0)),
            faults: Faults {
                loss: self.loss,
                lossy: self.loss_from,
                duplicate: self.duplicate,
                reorder: self.reorder,
                doubled: self.doubled,
            },
            format: self.format(),
            feed: self.feed.clone(),
        })
    }

    fn shares(&self) -> Shares {
        Shares {
            roamers: self.roamers,
            other_network: self.other_network,
            returning: self.returning,
            attached: self.attached,
            copied_devices: self.copied_devices,
        }
    }

    fn practice(&self) -> Practice {
        Practice {
            common_id: self.common_id,
            tmsi_reallocation: self.tmsi_reallocation,
            authentication: self.authentication,
            ciphering: self.ciphering,
            imeisv: self.imeisv,
            identity: self.identity,
            rejects: self.rejects,
            handovers: self.handovers,
            split_links: self.split_links,
            reuse_references: self.reuse_references,
            unconfirmed_releases: self.unconfirmed_releases,
            imeisv_on_attach_only: self.imeisv_on_attach_only,
            short_cells: self.short_cells,
            packet: self.packet_practice(),
            action_every: Duration::from_secs(self.action_every),
            periodic_update: Duration::from_secs(60 * self.periodic_update),
        }
    }

    fn packet_practice(&self) -> PacketPractice {
        PacketPractice {
            combined: self.gs,
            ciphered: self.gb_ciphered,
            names_subscriber: self.gb_imsi,
            p_tmsi_reallocation: self.p_tmsi_reallocation,
            authentication: self.authentication,
            imeisv: self.imeisv,
            identity: self.identity,
            rejects: self.rejects,
            periodic_update: Duration::from_secs(60 * self.periodic_update),
        }
    }

    fn hotspots(&self) -> Result<Vec<Hotspot>> {
        match &self.areas {
            Some(folder) => areas::load(folder).context("--areas"),
            None => Ok(default_hotspots()),
        }
    }

    fn format(&self) -> Format {
        match self.out.extension() {
            Some(ending) if ending == "pcapng" => Format::Pcapng,
            _ => Format::Pcap,
        }
    }

    /// The clock of the other direction's capture.
    pub(super) fn clock(&self) -> Clock {
        Clock { offset_micros: self.clock_offset * 1000, drift_ppm: self.clock_drift }
    }
}

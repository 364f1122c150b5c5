//! `synthesise`: writes a capture of a mobile network that never was, and the truth about it.

use std::fs::File;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use bench::encode::Protocol;
use bench::link::gb::Carrier;
use bench::link::{Medium, Transport};
use bench::network::{Hotspot, Size, default_hotspots};
use bench::population::{Shares, write_directory};
use bench::procedures::Practice;
use bench::procedures::packet::PacketPractice;
use bench::script::Side;
use bench::sgsn::Layout;
use bench::simulation::Interfaces;
use bench::tap::{Clock, Faults};
use bench::writer::Format;
use bench::{Plan, Report, Simulation, areas};
use clap::Parser;
use event::Timestamp;

#[path = "synthesise/links.rs"]
mod links;
use links::LinkOptions;

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
struct Options {
    /// The capture to write: pcap, or pcapng if it ends so; `-` for standard output.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// The truth to write, JSON lines.
    #[arg(long, value_name = "FILE")]
    truth: Option<PathBuf>,
    /// A list to write of whose messages stand in each frame, CSV.
    #[arg(long, value_name = "FILE")]
    owners: Option<PathBuf>,
    /// The subscriber file to write, CSV.
    #[arg(long, value_name = "FILE")]
    directory: Option<PathBuf>,
    /// Decides all that is left to chance.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many subscribers.
    #[arg(long, default_value_t = 2000, value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    subscribers: u32,
    /// How many minutes of network time.
    #[arg(long, default_value_t = 30.0, value_parser = minutes)]
    minutes: f64,
    /// When the capture begins, RFC 3339 in UTC.
    #[arg(long, default_value = "2026-03-02T09:00:00Z")]
    start: Timestamp,
    /// Minutes that the network has been running when the capture begins (so that it begins amid traffic).
    #[arg(long, value_name = "MINUTES", default_value_t = 0.0, value_parser = minutes_or_none)]
    lead_in: f64,
    /// What is captured: `a`, `gb`, or `both`, with the same subscribers on them.
    #[arg(long, default_value = "a", value_parser = interfaces)]
    interface: Interfaces,
    /// What carries the A interface.
    #[arg(long, default_value = "sigtran", value_parser = transport, long_help = format!("What carries the A interface: {}", transports()))]
    transport: Transport,
    #[command(flatten)]
    links: LinkOptions,
    /// Base station controllers.
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=i64::from(Size::MOST_BSCS)))]
    bsc: u32,
    /// Mobile switching centres: each serves some of the BSCs.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=i64::from(Size::MOST_MSCS)))]
    msc: u32,
    /// The MSCs are a pool: each serves all of the BSCs, and a TMSI names one by its NRI.
    #[arg(long)]
    pool: bool,
    /// SCTP associations (or TCP connections) in all; by default one a BSC, in a pool one to each MSC.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=i64::from(Size::MOST_LINKS)))]
    associations: Option<u32>,
    /// SGSNs: each serves neighbouring BSSs (there is a BSS for each BSC).
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=i64::from(Layout::MOST_SGSNS)))]
    sgsn: u32,
    /// Virtual connections of network service from each BSS to its SGSN.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=i64::from(Layout::MOST_CONNECTIONS)))]
    ns_vc: u32,
    /// The UDP port of network service, at both ends.
    #[arg(long, value_name = "PORT", default_value_t = 23_000)]
    ns_port: u16,
    /// Network mode I: MSC and SGSN are joined by Gs, so that phones register for both by combined procedures, and pages for
    /// calls come over Gb.
    #[arg(long)]
    gs: bool,
    /// Everything on Gb that can be ciphered is.
    #[arg(long)]
    gb_ciphered: bool,
    /// Dialogues on Gb in which the SGSN names the subscriber.
    #[arg(long, value_name = "SHARE", default_value = "0.7", value_parser = share)]
    gb_imsi: f64,
    /// Registrations on Gb that bring a new P-TMSI.
    #[arg(long, value_name = "SHARE", default_value = "0.6", value_parser = share)]
    p_tmsi_reallocation: f64,
    /// Network service is configured by its sub-network service, not by resets.
    #[arg(long)]
    sns: bool,
    /// A folder of area files (CSV with `lac` and `ci`) where people go; by default a mall and three phone shops.
    #[arg(long, value_name = "DIR")]
    areas: Option<PathBuf>,
    /// Seconds between two things that somebody does, on average.
    #[arg(long, value_name = "SECONDS", default_value_t = 420, value_parser = clap::value_parser!(u64).range(1..))]
    action_every: u64,
    /// T3212 in minutes: a silent phone reports as often.
    #[arg(long, value_name = "MINUTES", default_value_t = 30, value_parser = clap::value_parser!(u64).range(6..=1530))]
    periodic_update: u64,
    /// Subscribers from abroad.
    #[arg(long, value_name = "SHARE", default_value = "0.04", value_parser = share)]
    roamers: f64,
    /// Subscribers of the country's other network.
    #[arg(long, value_name = "SHARE", default_value = "0.01", value_parser = share)]
    other_network: f64,
    /// Subscribers whose phones are on when the capture begins.
    #[arg(long, value_name = "SHARE", default_value = "0.85", value_parser = share)]
    attached: f64,
    /// Connections in which the MSC sends Common ID.
    #[arg(long, value_name = "SHARE", default_value = "0.8", value_parser = share)]
    common_id: f64,
    /// Location updates that bring a new TMSI.
    #[arg(long, value_name = "SHARE", default_value = "0.6", value_parser = share)]
    tmsi_reallocation: f64,
    /// Connections with authentication.
    #[arg(long, value_name = "SHARE", default_value = "0.5", value_parser = share)]
    authentication: f64,
    /// Connections that are ciphered.
    #[arg(long, value_name = "SHARE", default_value = "0.85", value_parser = share)]
    ciphering: f64,
    /// Cipher mode commands that ask for the IMEISV.
    #[arg(long, value_name = "SHARE", default_value = "0.6", value_parser = share)]
    imeisv: f64,
    /// Ask for the IMEISV only when a phone attaches.
    #[arg(long)]
    imeisv_on_attach_only: bool,
    /// Location updates in which the MSC asks for the IMSI though it knows the TMSI.
    #[arg(long, value_name = "SHARE", default_value = "0.03", value_parser = share)]
    identity: f64,
    /// Registrations that are rejected (four times as many of strangers').
    #[arg(long, value_name = "SHARE", default_value = "0.02", value_parser = share)]
    rejects: f64,
    /// Calls longer than 20 s with a handover.
    #[arg(long, value_name = "SHARE", default_value = "0.15", value_parser = share)]
    handovers: f64,
    /// The two directions of a connection take different links, so that CC does not come where CR went (needs
    /// --associations).
    #[arg(long)]
    split_links: bool,
    /// SCCP references are given again a second after they are free.
    #[arg(long)]
    reuse_references: bool,
    /// SCCP releases that nobody confirms.
    #[arg(long, value_name = "SHARE", default_value = "never", value_parser = share)]
    unconfirmed_releases: f64,
    /// Minutes between two resets of a BSC or an MSC amid traffic, on average; 0: none.
    #[arg(long, value_name = "MINUTES", default_value_t = 0.0, value_parser = minutes_or_none)]
    resets: f64,
    /// Frames that the tap loses.
    #[arg(long, value_name = "SHARE", default_value = "never", value_parser = share)]
    loss: f64,
    /// Only what this side sends is lost: `bss` or `msc` (on Gb the SGSN).
    #[arg(long, value_name = "SIDE", requires = "loss", value_parser = side)]
    loss_from: Option<Side>,
    /// A list to write of what passed on each link in each direction, and of what the tap has lost of it, CSV.
    #[arg(long, value_name = "FILE")]
    losses: Option<PathBuf>,
    /// Write what MSC and SGSN send to this capture, stamped by another clock.
    #[arg(long, value_name = "FILE")]
    split_directions: Option<PathBuf>,
    /// Milliseconds that the other clock is ahead when the capture begins.
    #[arg(
        long,
        value_name = "MILLISECONDS",
        default_value_t = 0,
        allow_negative_numbers = true,
        requires = "split_directions"
    )]
    clock_offset: i64,
    /// Microseconds by which the other clock runs faster in a second.
    #[arg(
        long,
        value_name = "PPM",
        default_value_t = 0.0,
        allow_negative_numbers = true,
        requires = "split_directions"
    )]
    clock_drift: f64,
    /// Frames that the tap captures twice.
    #[arg(long, value_name = "SHARE", default_value = "never", value_parser = share)]
    duplicate: f64,
    /// Frames that the tap captures after their successor.
    #[arg(long, value_name = "SHARE", default_value = "never", value_parser = share)]
    reorder: f64,
    /// Frames that a second tap captures too, 1 to 50 ms later and in another VLAN.
    #[arg(long, value_name = "SHARE", default_value = "never", value_parser = share)]
    doubled: f64,
    /// What the truth calls the feed.
    #[arg(long, value_name = "NAME", default_value = "capture")]
    feed: String,
    /// Say nothing on standard error but errors.
    #[arg(long)]
    quiet: bool,
}

fn share(text: &str) -> Result<f64, String> {
    match text {
        "always" => Ok(1.0),
        "never" => Ok(0.0),
        _ => text
            .parse()
            .ok()
            .filter(|share| (0.0..=1.0).contains(share))
            .ok_or_else(|| "a share is a number from 0 to 1, `always` or `never`".to_owned()),
    }
}

fn minutes(text: &str) -> Result<f64, String> {
    minutes_or_none(text)?;
    text.parse().ok().filter(|minutes| *minutes > 0.0).ok_or_else(|| "it must be more than 0".to_owned())
}

fn minutes_or_none(text: &str) -> Result<f64, String> {
    const MOST: f64 = 60.0 * 24.0 * 366.0;
    text.parse()
        .ok()
        .filter(|minutes| (0.0..=MOST).contains(minutes))
        .ok_or_else(|| "minutes are a number from 0 to a year's".to_owned())
}

fn side(text: &str) -> Result<Side, String> {
    match text {
        "bss" => Ok(Side::Bss),
        "msc" => Ok(Side::Msc),
        _ => Err("there are `bss` and `msc`".to_owned()),
    }
}

fn interfaces(text: &str) -> Result<Interfaces, String> {
    match text {
        "a" => Ok(Interfaces::A),
        "gb" => Ok(Interfaces::Gb),
        "both" => Ok(Interfaces::Both),
        _ => Err("there are `a`, `gb` and `both`".to_owned()),
    }
}

fn transport(text: &str) -> Result<Transport, String> {
    let known = Transport::ALL.iter().find(|(_, name, _)| *name == text);
    known.map(|(transport, ..)| *transport).ok_or_else(|| format!("there are {}", transports()))
}

fn transports() -> String {
    let described = Transport::ALL.iter().map(|(_, name, what)| format!("`{name}` ({what})"));
    described.collect::<Vec<_>>().join(", ")
}

impl Options {
    fn plan(&self) -> Result<Plan> {
        let least = if self.pool { self.bsc * self.msc } else { self.bsc };
        let links = self.associations.unwrap_or(least);
        ensure!(links >= least, "--associations {links}: at least {least} are needed");
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
            shares: Shares { roamers: self.roamers, other_network: self.other_network, attached: self.attached },
            start: self.start,
            length: Duration::from_secs_f64(self.minutes * 60.0),
            lead_in: Duration::from_secs_f64(self.lead_in * 60.0),
            size: Size { bscs: self.bsc, links, mscs: self.msc, pool: self.pool, point_codes: self.links.point_codes },
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

    fn clock(&self) -> Clock {
        Clock { offset_micros: self.clock_offset * 1000, drift_ppm: self.clock_drift }
    }
}

fn capture(path: &PathBuf) -> Result<Box<dyn Write>> {
    if path.as_os_str() == "-" {
        return Ok(Box::new(io::stdout()));
    }
    Ok(Box::new(create(path)?))
}

fn write_losses(out: &mut impl Write, report: &Report) -> io::Result<()> {
    writeln!(out, "link,from,frames,lost")?;
    for (link, directions) in report.carried.iter().enumerate() {
        for (from, carried) in ["bss", "msc"].into_iter().zip(directions) {
            writeln!(out, "{link},{from},{},{}", carried.frames, carried.lost)?;
        }
    }
    out.flush()
}

fn create(path: &PathBuf) -> Result<File> {
    File::create(path).with_context(|| format!("cannot write {}", path.display()))
}

fn run(options: &Options) -> Result<()> {
    let plan = options.plan()?;
    let truth = options.truth.as_ref().map(create).transpose()?.map(BufWriter::new);
    let directory = options.directory.as_ref().map(create).transpose()?;
    let (start, length) = (plan.start, plan.length);
    let of_a = if plan.interfaces.a() { plan.size.links } else { 0 };
    let of_gb = if plan.interfaces.gb() { plan.size.bscs } else { 0 };
    let e1_links = if plan.medium() == Medium::Lines { options.links.e1_links(of_a, of_gb)? } else { Vec::new() };
    ensure!(
        options.split_directions.is_none() || plan.medium() != Medium::Lines,
        "--split-directions: E1 lines have one clock"
    );
    let mut simulation = Simulation::new(plan, capture(&options.out)?, truth)?;
    if let Some(path) = &options.split_directions {
        simulation.split(capture(path)?, options.clock())?;
    }
    if let Some(path) = &options.owners {
        simulation.write_owners(BufWriter::new(create(path)?))?;
    }
    if let Some(file) = directory {
        write_directory(&mut BufWriter::new(file), simulation.people(), options.seed)?;
    }
    let show = !options.quiet && io::stderr().is_terminal();
    let (report, _, _) = simulation.run(|at, frames| {
        if show {
            let done = at.since(start).as_secs_f64() / length.as_secs_f64();
            eprint!("\r{:3.0} %  {frames} frames", done * 100.0);
        }
    })?;
    if show {
        eprint!("\r");
    }
    if let Some(path) = &options.losses {
        write_losses(&mut BufWriter::new(create(path)?), &report)?;
    }
    if !options.quiet {
        eprint!("{}", summary(&report));
        e1_links.iter().for_each(|link| eprintln!("  --e1-link {link}"));
    }
    Ok(())
}

fn summary(report: &Report) -> String {
    let mut text = format!(
        "{} frames, {} messages of SCCP and NS, {} events ({} with an identity to be known)\n",
        report.frames,
        report.messages.of_protocol(Protocol::Sccp) + report.messages.of_protocol(Protocol::Ns),
        report.events,
        report.observable
    );
    for (message, count) in report.messages.written() {
        text.push_str(&format!("  {:7} {:32} {count:9}\n", message.protocol().name(), message.name()));
    }
    text
}

fn main() -> ExitCode {
    match run(&Options::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("synthesise: {error:#}");
            ExitCode::FAILURE
        }
    }
}

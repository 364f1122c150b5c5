//! Options of `synthesise` for what carries the interfaces.

use anyhow::{Context, Result, ensure};
use bench::e1::Numbering;
use bench::encode::point_code::Width;
use bench::link::gb::Carrier;
use bench::link::{Choices, LineLayout, Medium};
use bench::mirror::Wrapping;
use bench::writer::LinkType;

/// What else there is to choose of links.
#[derive(clap::Args, Debug)]
pub(super) struct LinkOptions {
    /// How wide point codes are: `itu` (14 bits) or `china` (24 bits).
    #[arg(long, value_name = "FORMAT", default_value = "itu", value_parser = point_codes)]
    pub(super) point_codes: Width,
    /// Octets of user data beyond which SCCP messages are segmented.
    #[arg(long, value_name = "OCTETS", default_value_t = 255, value_parser = clap::value_parser!(u8).range(8..))]
    longest_data: u8,
    /// Octets beyond which a message of SCTP is fragmented and TCP goes on in another segment.
    #[arg(long, value_name = "OCTETS", default_value_t = 1400, value_parser = clap::value_parser!(u16).range(8..=1400))]
    longest_piece: u16,
    /// How a mirror wraps frames of IP, the innermost first: vlan, qinq, mpls, gre, vxlan, erspan2, erspan3, ipv6, fragments;
    /// at last ppp, sll or sll2.
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = wrapping)]
    pub(super) wrap: Vec<Wrapping>,
    /// What carries Gb.
    #[arg(long, value_name = "CARRIER", default_value = "udp", value_parser = gb_carrier, long_help = format!("What carries Gb: {}", gb_carriers()))]
    pub(super) gb_carrier: Carrier,
    /// MTP2 links number with 12 bits (Q.703 Annex A), not 7.
    #[arg(long)]
    annex_a: bool,
    /// Timeslots of each link on E1: 1 to 31, or `all` for 2,048 kbit/s without frames.
    #[arg(long, value_name = "COUNT", default_value = "1", value_parser = timeslots)]
    e1_timeslots: Timeslots,
    /// E1 lines have the cyclic redundancy check in timeslot 0.
    #[arg(long)]
    e1_crc4: bool,
    /// The bit that was on an E1 line first is the least significant one of its octet.
    #[arg(long)]
    e1_lsb_first: bool,
}

/// The timeslots of a link: a number, or all and timeslot 0 too.
#[derive(Clone, Copy, Debug)]
struct Timeslots(Option<u16>);

impl LinkOptions {
    pub(super) fn choices(&self, medium: Medium) -> Result<Choices> {
        let is_ip = medium == Medium::Frames(LinkType::Ethernet);
        ensure!(is_ip || self.wrap.is_empty(), "--wrap: only frames of IP are wrapped");
        let ends_ethernet = |wrapping: &Wrapping| wrapping.link_type() != LinkType::Ethernet;
        let ending = self.wrap.iter().position(ends_ethernet);
        ensure!(ending.is_none_or(|at| at + 1 == self.wrap.len()), "--wrap: nothing can follow ppp, sll or sll2");
        let numbering = if self.annex_a { Numbering::AnnexA } else { Numbering::Basic };
        Ok(Choices {
            longest_data: self.longest_data.into(),
            longest_piece: self.longest_piece.into(),
            layout: LineLayout {
                timeslots: self.e1_timeslots.0,
                numbering,
                crc4: self.e1_crc4,
                least_significant_first: self.e1_lsb_first,
            },
        })
    }

    /// How the probe is told where the links on E1 are, in their order: those of A and, behind them, one of Gb for each BSC.
    pub(super) fn e1_links(&self, of_a: u32, of_gb: u32) -> Result<Vec<String>> {
        const PORTS: u16 = 2048;
        let (layout, links) = (self.choices(Medium::Lines)?.layout, of_a + of_gb);
        let last = u16::try_from(links - 1).ok().filter(|last| layout.place(*last).0 < PORTS);
        let last = last.with_context(|| format!("{links} links need more than {PORTS} ports of E1"))?;
        let of_signal_units = if self.annex_a { "mtp2-annex-a" } else { "mtp2" };
        let content = |link: u16| if u32::from(link) < of_a { of_signal_units } else { "frame-relay" };
        Ok((0..=last).map(|link| format!("{}={}", layout.name(link), content(link))).collect())
    }
}

fn wrapping(text: &str) -> Result<Wrapping, String> {
    let known = Wrapping::ALL.iter().find(|(_, name)| *name == text);
    known.map(|(wrapping, _)| *wrapping).ok_or_else(|| {
        let names: Vec<_> = Wrapping::ALL.iter().map(|(_, name)| format!("`{name}`")).collect();
        format!("there are {}", names.join(", "))
    })
}

fn gb_carrier(text: &str) -> Result<Carrier, String> {
    let known = Carrier::ALL.iter().find(|(_, name, _)| *name == text);
    known.map(|(carrier, ..)| *carrier).ok_or_else(|| format!("there are {}", gb_carriers()))
}

fn gb_carriers() -> String {
    let described = Carrier::ALL.iter().map(|(_, name, what)| format!("`{name}` ({what})"));
    described.collect::<Vec<_>>().join(", ")
}

fn timeslots(text: &str) -> Result<Timeslots, String> {
    match text.parse() {
        _ if text == "all" => Ok(Timeslots(None)),
        Ok(count @ 1..=31) => Ok(Timeslots(Some(count))),
        _ => Err("it must be a number from 1 to 31, or `all`".to_owned()),
    }
}

fn point_codes(text: &str) -> Result<Width, String> {
    match text {
        "itu" => Ok(Width::Itu),
        "china" => Ok(Width::China),
        _ => Err("there are `itu` (14 bits) and `china` (24 bits)".to_owned()),
    }
}

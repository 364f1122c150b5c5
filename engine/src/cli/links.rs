//! How well the probe sees: what of each link was lost before it reached the probe, how the clocks of the inputs go, and
//! what was wrong on E1 lines.

use std::io::{self, Write};

use comfy_table::Cell;
use probe::Probe;
use probe::capture::e1::LineReport;
use probe::capture::{Capture, ClockReport};
use probe::counters::Counters;
use probe::track::loss::{Link, LinkLoss};
use probe::wire::Protocol;
use rules::feed::Feed;
use rules::language::Language;

use super::e1;
use super::json::Line;
use super::report::{grouped, new_table, right};

/// Links shown to a person: those with the greatest losses.
const SHOWN_LINKS: usize = 20;

/// What was seen of links and inputs.
pub(crate) struct Sight {
    /// The greatest losses first.
    links: Vec<LinkLoss>,
    clocks: Vec<ClockReport>,
    /// Frames whose time cannot be.
    implausible_times: u64,
    /// Frames that were given out of order.
    given_early: u64,
    /// What was seen on E1 lines.
    e1_lines: Vec<LineReport>,
    /// As `check --feed` takes them.
    feeds: Option<String>,
}

impl Sight {
    /// What the probe and, where it read one, a capture saw.
    pub(crate) fn of(probe: &Probe, capture: Option<&Capture>) -> Self {
        let mut links = probe.losses();
        links.retain(|loss| !loss.is_empty());
        // Stable: links of equal loss stay in the order of their names.
        links.sort_by_key(|loss| (!(loss.silent || loss.one_way), std::cmp::Reverse(loss.missing)));
        Self {
            links,
            clocks: capture.map(Capture::clocks).unwrap_or_default(),
            implausible_times: capture.map_or(0, Capture::implausible_times),
            given_early: capture.map_or(0, Capture::given_early),
            e1_lines: capture.map(Capture::e1_lines).unwrap_or_default(),
            feeds: feeds(&probe.counters()),
        }
    }

    /// Tables for people.
    pub(crate) fn write_tables(&self, out: &mut impl Write, language: Language) -> io::Result<()> {
        if !self.links.is_empty() {
            writeln!(out, "{}", self.links_table(language))?;
        }
        if let Some(more) = self.links.len().checked_sub(SHOWN_LINKS).filter(|more| *more > 0) {
            let more = grouped(more as u64);
            match language {
                Language::English => writeln!(out, "(and {more} links that have lost less)")?,
                Language::Chinese => writeln!(out, "(另有 {more} 条链路丢失更少，没有列出)")?,
            }
        }
        if !self.clocks.is_empty() {
            writeln!(out, "{}", self.clocks_table(language))?;
        }
        self.remarks(language).into_iter().try_for_each(|remark| writeln!(out, "{remark}"))
    }

    /// Which signalling there was, and where to read what it cannot show.
    pub(crate) fn write_feeds(&self, out: &mut impl Write) -> io::Result<()> {
        match &self.feeds {
            Some(feeds) => {
                writeln!(out, "signalling: {feeds} (what it cannot show of scenarios: check DIR --feed {feeds})")
            }
            None => Ok(()),
        }
    }

    /// On standard error: what an operator should know, and nothing where all is well.
    pub(crate) fn tell(&self) {
        for loss in self.links.iter().filter(|loss| loss.silent || loss.one_way || loss.missing > 0).take(SHOWN_LINKS) {
            eprintln!("{}", told(loss));
        }
        self.clocks.iter().filter(|clock| clock.estimate.ahead_micros != 0).for_each(|clock| {
            eprintln!("{}: clock {} ahead, which was corrected", clock.input, millis(clock.estimate.ahead_micros));
        });
        self.remarks(Language::English).iter().for_each(|remark| eprintln!("{remark}"));
    }

    /// A JSON line for each link, each clock, each E1 line and each channel in it.
    pub(crate) fn write_json(&self, out: &mut impl Write, line: &mut Line) -> io::Result<()> {
        for loss in &self.links {
            line.begin();
            link_fields(line, loss);
            out.write_all(line.end())?;
        }
        for clock in &self.clocks {
            line.begin();
            clock_fields(line, clock);
            out.write_all(line.end())?;
        }
        for report in &self.e1_lines {
            line.begin();
            e1::line_fields(line, report);
            out.write_all(line.end())?;
            for channel in &report.channels {
                line.begin();
                e1::channel_fields(line, report, channel);
                out.write_all(line.end())?;
            }
        }
        Ok(())
    }

    /// Lists within the object that is open.
    pub(crate) fn add_json(&self, line: &mut Line) {
        line.open_list("links");
        for loss in &self.links {
            line.open_item();
            link_fields(line, loss);
            line.close();
        }
        line.close_list();
        line.open_list("clocks");
        for clock in &self.clocks {
            line.open_item();
            clock_fields(line, clock);
            line.close();
        }
        line.close_list();
        line.open_list("e1_lines");
        for report in &self.e1_lines {
            line.open_item();
            e1::line_fields(line, report);
            line.close();
        }
        line.close_list();
        line.integer("implausible_times", self.implausible_times);
    }

    fn links_table(&self, language: Language) -> String {
        let mut table = new_table(language.of([
            ["link", "seen", "lost upstream", "share", "again", "unit", ""],
            ["链路", "看到", "上游丢失", "比例", "重复", "单位", ""],
        ]));
        for loss in self.links.iter().take(SHOWN_LINKS) {
            table.add_row([
                Cell::new(loss.link),
                right(loss.seen),
                right(loss.missing),
                Cell::new(percent(loss)),
                right(loss.repeated),
                Cell::new(unit(&loss.link, language)),
                Cell::new(remark(loss, language).map_or_else(|| units_without_message(loss, language), str::to_owned)),
            ]);
        }
        table.to_string()
    }

    fn clocks_table(&self, language: Language) -> String {
        let mut table = new_table(language.of([
            ["input", "frames", "clock ahead", "to within", "drift", "pairs compared"],
            ["输入", "数据帧", "时钟快", "误差", "漂移", "比对次数"],
        ]));
        for ClockReport { input, frames, estimate } in &self.clocks {
            let within = estimate.within_micros.and_then(|micros| i64::try_from(micros).ok());
            table.add_row([
                Cell::new(input),
                right(*frames),
                Cell::new(millis(estimate.ahead_micros)),
                Cell::new(within.map_or_else(|| "-".to_owned(), millis)),
                Cell::new(estimate.drift_ppm.map_or_else(|| "-".to_owned(), |ppm| format!("{ppm:.1} ppm"))),
                right(estimate.pairs),
            ]);
        }
        table.to_string()
    }

    fn remarks(&self, language: Language) -> Vec<String> {
        let mut remarks: Vec<_> = self.e1_lines.iter().flat_map(|line| e1::faults(line, language)).collect();
        let mut remark = |count: u64, what: [&str; 2]| {
            if count > 0 {
                remarks.push(format!("{} {}", grouped(count), language.of(what)));
            }
        };
        let implausible = [
            "frames had times that cannot be, and were taken at the time of the one before",
            "帧的时间不可能，按前一帧的时间处理",
        ];
        remark(self.implausible_times, implausible);
        let early =
            ["frames were taken out of order: too many would have had to be held", "帧没有按时间顺序处理：要等的太多"];
        remark(self.given_early, early);
        remarks
    }
}

/// Which signalling there was, as `check --feed` takes it: Gb is ciphered where most of its frames are. `None` where there was none.
fn feeds(counters: &Counters) -> Option<String> {
    let has_a = counters.messages().any(|(protocol, _, count)| protocol == Protocol::Bssmap && count > 0);
    let gb = match counters.packet.frames {
        0 => None,
        frames if counters.packet.frames_ciphered > frames / 2 => Some(Feed::GbCiphered),
        _ => Some(Feed::Gb),
    };
    let names: Vec<_> = has_a.then_some(Feed::A).into_iter().chain(gb).map(Feed::name).collect();
    (!names.is_empty()).then(|| names.join(","))
}

fn link_fields(line: &mut Line, loss: &LinkLoss) {
    line.plain("transport", loss.link.transport());
    line.plain("link", loss.link.ends());
    line.plain("unit", loss.link.unit());
    line.integer("seen", loss.seen);
    line.integer("missing", loss.missing);
    line.literal("share", format_args!("{:.6}", loss.share()));
    line.integer("repeated", loss.repeated);
    if let Link::Mtp2(_) = loss.link {
        line.integer("fill_in_units", loss.fill_in_units);
        line.integer("link_status_units", loss.link_status_units);
    }
    line.flag("silent", loss.silent);
    line.flag("one_way", loss.one_way);
}

fn clock_fields(line: &mut Line, clock: &ClockReport) {
    line.text("input", &clock.input);
    line.integer("frames", clock.frames);
    line.literal("clock_ahead_us", clock.estimate.ahead_micros);
    if let Some(within) = clock.estimate.within_micros {
        line.integer("within_us", within);
    }
    if let Some(drift) = clock.estimate.drift_ppm {
        line.literal("drift_ppm", format_args!("{drift:.3}"));
    }
    line.integer("pairs", clock.estimate.pairs);
}

fn told(loss: &LinkLoss) -> String {
    let LinkLoss { link, seen, missing, .. } = loss;
    let share = format!("{} of {} {} lost upstream", grouped(*missing), grouped(seen + missing), link.unit());
    match remark(loss, Language::English) {
        Some(remark) => format!("{link}: {share} ({}); {remark}", percent(loss)),
        None => format!("{link}: {share} ({})", percent(loss)),
    }
}

fn unit(link: &Link, language: Language) -> &'static str {
    match (language, link) {
        (Language::English, _) => link.unit(),
        (Language::Chinese, Link::Sctp(_)) => "数据块",
        (Language::Chinese, Link::Tcp(_)) => "字节",
        (Language::Chinese, Link::Mtp2(_)) => "信号单元",
        (Language::Chinese, Link::Ns(_)) => "LLC 帧",
    }
}

fn remark(loss: &LinkLoss, language: Language) -> Option<&'static str> {
    match (loss.silent, loss.one_way) {
        (true, _) => Some(language.of(["never seen, though acknowledged", "有确认，却从未看到"])),
        (false, true) => Some(language.of(["the other direction was never seen", "从未看到另一个方向"])),
        (false, false) => None,
    }
}

/// What there was on an MTP2 link beside messages.
fn units_without_message(loss: &LinkLoss, language: Language) -> String {
    let [fill_in, status] = [loss.fill_in_units, loss.link_status_units].map(grouped);
    match language {
        _ if loss.fill_in_units + loss.link_status_units == 0 => String::new(),
        Language::English => format!("and {fill_in} fill-in, {status} link status units"),
        Language::Chinese => format!("另有 {fill_in} 个填充、{status} 个链路状态单元"),
    }
}

fn percent(loss: &LinkLoss) -> String {
    format!("{:.4} %", 100.0 * loss.share())
}

fn millis(micros: i64) -> String {
    format!("{:.3} ms", micros as f64 / 1000.0)
}

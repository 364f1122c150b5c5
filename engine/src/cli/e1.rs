//! E1 recordings as arguments, what was wrong on their lines, and `touchpoint discover`: which timeslots carry signalling.

use std::path::PathBuf;

use comfy_table::Cell;
use event::Timestamp;
use probe::capture::Capture;
use probe::capture::e1::{BitOrder, ChannelReport, E1Settings, LineReport, RawSettings};
use probe::track::e1::{LineCounters, LinkPlan, LinkSettings};
use rules::language::Language;

use super::inputs::each_batch;
use super::json::Line;
use super::report::{grouped, new_table, right};
use super::{Ending, Failure, say};

/// How recordings of E1 lines are read.
#[derive(clap::Args, Debug)]
pub(crate) struct E1Options {
    /// A signalling link in E1 recordings: `0:16` (port 0 has both directions), `0:1-15,17-31/1:1-15,17-31` (one on each
    /// of two ports), `0:all` (2,048 kbit/s without frames); then, unless it shall be recognised, `=mtp2`, `=mtp2-annex-a`
    /// or `=frame-relay`. Without this option, links are searched.
    #[arg(long = "e1-link", value_name = "LINK")]
    links: Vec<LinkPlan>,
    #[command(flatten)]
    raw: RawOptions,
}

/// What recordings without header do not tell.
#[derive(clap::Args, Debug)]
pub(crate) struct RawOptions {
    /// Take files that are no captures for bits of E1 lines without header, of one line each (ports 0, 1, 2… in the order
    /// named), beginning at this time.
    #[arg(long, value_name = "TIME")]
    e1_raw_start: Option<Timestamp>,
    /// In them, the bit that was on the line first is the least significant of its octet.
    #[arg(long, requires = "e1_raw_start")]
    e1_raw_lsb_first: bool,
}

impl RawOptions {
    fn settings(&self) -> Option<RawSettings> {
        let bit_order = if self.e1_raw_lsb_first { BitOrder::FirstLowest } else { BitOrder::FirstHighest };
        self.e1_raw_start.map(|start| RawSettings { start, bit_order })
    }
}

impl E1Options {
    pub(crate) fn settings(&self) -> E1Settings {
        let links = match self.links.as_slice() {
            [] => LinkSettings::Automatic,
            links => LinkSettings::Planned(links.to_vec()),
        };
        E1Settings { links, raw: self.raw.settings() }
    }
}

/// What was wrong on a line, a text each.
pub(crate) fn faults(report: &LineReport, language: Language) -> Vec<String> {
    let mut texts = Vec::new();
    let faults = report.counters.faults().filter(|(_, count)| *count > 0);
    let faults: Vec<_> =
        faults.map(|(name, count)| format!("{} {}", language.of([name, in_chinese(name)]), grouped(count))).collect();
    if !report.is_aligned && report.counters.alignment_recoveries == 0 && report.counters.frames == 0 {
        texts.push(format!("E1 {}: {}", report.line, language.of(["no frame alignment", "没有帧同步"])));
    }
    if !faults.is_empty() {
        texts.push(format!("E1 {}: {}", report.line, faults.join(language.of([", ", "，"]))));
    }
    texts
}

/// What a fault of [`LineCounters::faults`] is called.
fn in_chinese(fault: &'static str) -> &'static str {
    match fault {
        "alignment_errors" => "帧同步码误码",
        "alignment_losses" => "失去帧同步",
        "frame_slips" => "帧滑码",
        "bit_slips" => "比特滑码",
        "check_errors" => "CRC-4 误码",
        "remote_alarms" => "对端告警",
        "alarm_indications" => "告警指示信号（AIS）",
        "gaps" => "录制中断",
        unnamed => unnamed,
    }
}

/// The fields of a line: where it is, and its counters by name.
pub(crate) fn line_fields(line: &mut Line, report: &LineReport) {
    place_fields(line, report);
    line.flag("aligned", report.is_aligned);
    report.counters.iter().for_each(|(name, count)| line.integer(name, count));
}

/// The fields of a channel of a line: where it is, its link's number, and its counters by name.
pub(crate) fn channel_fields(line: &mut Line, report: &LineReport, channel: &ChannelReport) {
    place_fields(line, report);
    line.plain("timeslots", channel.timeslots);
    if let Some(content) = channel.content {
        line.plain("content", content);
    }
    line.integer("link_number", u64::from(channel.link));
    channel.counters.iter().for_each(|(name, count)| line.integer(name, count));
}

fn place_fields(line: &mut Line, report: &LineReport) {
    line.integer("e1_port", u64::from(report.line.port));
    line.integer("e1_direction", u64::from(report.line.direction));
}

/// Looks for signalling in E1 recordings and prints the links found, as --e1-link of other commands takes them.
#[derive(clap::Args, Debug)]
#[command(after_help = "\
Examples:
  touchpoint discover lines.e1                         every link in a recording
  head -c 20000000 /dev/e1 | touchpoint discover \\
      --e1-raw-start 2026-03-02T09:00:00Z -            bits without header, from a pipe")]
pub(crate) struct Discover {
    /// E1 recordings, folders of them, or `-` for standard input. A minute of recording is more than enough.
    #[arg(value_name = "RECORDING", required = true)]
    recordings: Vec<PathBuf>,
    #[command(flatten)]
    raw: RawOptions,
}

impl Discover {
    pub(crate) fn run(&self) -> Result<Ending, Failure> {
        let settings = E1Settings { links: LinkSettings::Search, raw: self.raw.settings() };
        let mut capture = Capture::open_with(&self.recordings, settings)?;
        let ending = each_batch(&mut capture, |_| true)?;
        let lines = capture.e1_lines();
        if lines.is_empty() {
            return Err(Failure::new(
                "there are no E1 lines in what was named; `touchpoint decode --links` tells what other captures carry",
            ));
        }
        say(lines_table(&lines))?;
        say(links_table(&lines))?;
        Ok(ending)
    }
}

fn lines_table(lines: &[LineReport]) -> String {
    let mut table = new_table(["port", "direction", "seconds", "frames", "CRC-4", "losses", "slips", "alarms"]);
    for LineReport { line, is_aligned, counters, .. } in lines {
        table.add_row([
            right(u64::from(line.port)),
            right(u64::from(line.direction)),
            right(counters.octets * 8 / probe::wire::g704::LINE_RATE),
            Cell::new(if *is_aligned { "aligned" } else { "none" }),
            Cell::new(crc4(counters)),
            right(counters.alignment_losses + counters.gaps),
            right(counters.frame_slips + counters.bit_slips),
            right(counters.remote_alarms + counters.alarm_indications),
        ]);
    }
    table.to_string()
}

fn crc4(counters: &LineCounters) -> String {
    match (counters.checks, counters.check_errors) {
        (0, _) => "no".to_owned(),
        (_, 0) => "yes".to_owned(),
        (_, errors) => format!("yes, {} errors", grouped(errors)),
    }
}

fn links_table(lines: &[LineReport]) -> String {
    let mut table = new_table(["--e1-link", "direction", "frames", "damaged", "messages and changes"]);
    for LineReport { line, channels, .. } in lines {
        for ChannelReport { timeslots, content, counters, .. } in channels {
            let Some(content) = content else { continue };
            table.add_row([
                Cell::new(format!("{}:{timeslots}={content}", line.port)),
                right(u64::from(line.direction)),
                right(counters.frames),
                right(counters.damaged()),
                right(counters.given),
            ]);
        }
    }
    if table.is_empty() { "no signalling link was found".to_owned() } else { table.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_has_a_name_in_chinese() {
        let unnamed: Vec<_> = LineCounters::default().faults().filter(|(name, _)| in_chinese(name) == *name).collect();
        assert!(unnamed.is_empty() && LineCounters::default().faults().count() > 5, "{unnamed:?}");
    }
}

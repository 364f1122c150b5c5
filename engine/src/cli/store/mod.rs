//! `touchpoint store`: what people do with a store that no engine has open.

mod export;
mod forget;

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use comfy_table::Cell;

use crate::window::{Broken, FamilyStats, Invariant, Stats, Store};

use super::explain::existing;
use super::json::Line;
use super::report::{grouped, new_table, right};
use super::{Ending, Failure};

/// Looks into a store, checks it, makes it smaller, erases a subscriber from it, or hands its facts to analysts.
#[derive(clap::Args, Debug)]
#[command(after_help = "\
Examples:
  touchpoint store stats --store /var/lib/touchpoint
  touchpoint store check --store /var/lib/touchpoint && echo sound
  touchpoint store forget 460001234567890 --store /var/lib/touchpoint
  touchpoint store export --store /var/lib/touchpoint --out window.parquet

One program has a store open at a time: stop the engine first, or copy the folder while it is stopped.")]
pub(crate) struct StoreCommand {
    #[command(subcommand)]
    action: Action,
}

#[derive(clap::Subcommand, Debug)]
enum Action {
    Stats(StatsCommand),
    Check(CheckCommand),
    Compact(CompactCommand),
    Forget(forget::Forget),
    Export(export::Export),
}

/// Shows what a store holds, how far it has come, and how much room it takes.
#[derive(clap::Args, Debug)]
struct StatsCommand {
    /// The store of a replay or an engine.
    #[arg(long, value_name = "DIR")]
    store: PathBuf,
    /// One JSON object, for programs.
    #[arg(long)]
    json: bool,
}

/// Checks that the parts of a store agree with each other; changes nothing.
///
/// Exit code 1 where something is broken. After a crash, however it came about, nothing is.
#[derive(clap::Args, Debug)]
struct CheckCommand {
    /// The store of a replay or an engine.
    #[arg(long, value_name = "DIR")]
    store: PathBuf,
    /// One JSON object for each thing that must hold, for programs.
    #[arg(long)]
    json: bool,
    /// Show IMSIs in clear.
    #[arg(long)]
    reveal: bool,
}

/// Writes the files of a store anew, without what was deleted.
///
/// An engine does so by itself in time; needs room for a second copy meanwhile.
#[derive(clap::Args, Debug)]
struct CompactCommand {
    /// The store of a replay or an engine.
    #[arg(long, value_name = "DIR")]
    store: PathBuf,
    /// One JSON object, for programs.
    #[arg(long)]
    json: bool,
}

impl StoreCommand {
    pub(crate) fn run(&self) -> Result<Ending, Failure> {
        match &self.action {
            Action::Stats(stats) => stats.run(),
            Action::Check(check) => check.run(),
            Action::Compact(compact) => compact.run(),
            Action::Forget(forget) => forget.run(),
            Action::Export(export) => export.run(),
        }
    }
}

fn open(folder: &Path) -> Result<Store, Failure> {
    Ok(Store::open(&existing(folder)?)?)
}

impl StatsCommand {
    fn run(&self) -> Result<Ending, Failure> {
        let stats = open(&self.store)?.stats()?;
        let mut out = io::stdout().lock();
        let written = if self.json { stats_json(&mut out, &stats) } else { stats_tables(&mut out, &stats) };
        written.map_err(Failure::output)?;
        Ok(Ending::Complete)
    }
}

fn stats_json(out: &mut impl Write, stats: &Stats) -> io::Result<()> {
    let mut line = Line::new(false);
    line.begin();
    line.integer("layout", stats.layout.into());
    line.integer("starts", stats.starts.into());
    line.integer("inputs", stats.inputs);
    stats.latest.into_iter().for_each(|latest| line.time("latest", latest));
    line.integer("octets", stats.octets);
    line.open_list("families");
    for family in &stats.families {
        line.open_item();
        line.text("name", &family.name);
        rows_json(&mut line, family);
    }
    line.close_list();
    line.open_list("buckets");
    for bucket in &stats.buckets {
        line.open_item();
        line.time("from", bucket.from);
        line.time("until", bucket.until);
        line.integer("runs", bucket.runs);
        rows_json(&mut line, &bucket.rows);
    }
    line.close_list();
    out.write_all(line.end())
}

fn rows_json(line: &mut Line, family: &FamilyStats) {
    line.integer("rows", family.rows);
    line.integer("octets", family.octets);
    line.close();
}

fn stats_tables(out: &mut impl Write, stats: &Stats) -> io::Result<()> {
    let latest = stats.latest.map_or_else(|| "nothing yet".to_owned(), |latest| latest.to_string());
    writeln!(
        out,
        "layout {}, started {} times, {} inputs; facts up to {latest}",
        stats.layout, stats.starts, stats.inputs
    )?;
    let mut window = new_table(["window from (UTC)", "runs", "subscribers (about)", "octets"]);
    for bucket in &stats.buckets {
        let from = bucket.from.to_string();
        let from = Cell::new(from.get(..16).unwrap_or_default());
        window.add_row([from, right(bucket.runs), right(bucket.rows.rows), right(bucket.rows.octets)]);
    }
    let mut rows = new_table(["rows of", "how many (about)", "octets"]);
    for family in stats.families.iter().filter(|family| family.rows > 0) {
        rows.add_row([Cell::new(&family.name), right(family.rows), right(family.octets)]);
    }
    writeln!(
        out,
        "\n{window}\n\n{rows}\n\n{} octets in all, the log of the last moments included",
        grouped(stats.octets)
    )
}

impl CheckCommand {
    fn run(&self) -> Result<Ending, Failure> {
        let broken = open(&self.store)?.check()?;
        let mut out = io::stdout().lock();
        let written = if self.json { self.json(&mut out, &broken) } else { self.table(&mut out, &broken) };
        written.map_err(Failure::output)?;
        match broken.len() {
            0 => Ok(Ending::Complete),
            _ => Err(Failure::new("parts of the store do not agree; restore a copy, or start a new store")),
        }
    }

    fn json(&self, out: &mut impl Write, broken: &[Broken]) -> io::Result<()> {
        let mut line = Line::new(self.reveal);
        for invariant in Invariant::ALL {
            let of = || broken.iter().filter(|broken| broken.invariant == *invariant);
            line.begin();
            line.plain("invariant", invariant.name());
            line.flag("holds", of().next().is_none());
            line.integer("rows", of().map(|broken| broken.rows).sum());
            if let Some(imsi) = of().find_map(|broken| broken.example) {
                line.imsi("imsi", imsi);
            }
            out.write_all(line.end())?;
        }
        Ok(())
    }

    fn table(&self, out: &mut impl Write, broken: &[Broken]) -> io::Result<()> {
        if broken.is_empty() {
            return writeln!(out, "The store is sound: {} things that must hold do.", Invariant::ALL.len());
        }
        let mut table = new_table(["what must hold", "rows of", "that break it", "one of them is about"]);
        for Broken { invariant, family, rows, example } in broken {
            let example = example.map(|imsi| if self.reveal { imsi.to_string() } else { imsi.masked().to_string() });
            let about = example.unwrap_or_else(|| "-".to_owned());
            table.add_row([Cell::new(invariant.meaning()), Cell::new(family), right(*rows), Cell::new(about)]);
        }
        writeln!(out, "{table}")
    }
}

impl CompactCommand {
    fn run(&self) -> Result<Ending, Failure> {
        let store = open(&self.store)?;
        let before = store.stats()?.octets;
        store.compact(|family| {
            if !self.json {
                eprintln!("{family} is written anew")
            }
        })?;
        drop(store);
        // What was replaced goes when the store is opened next, at the latest.
        let after = open(&self.store)?.stats()?.octets;
        let mut out = io::stdout().lock();
        let written = if self.json {
            let mut line = Line::new(false);
            line.begin();
            line.integer("octets_before", before);
            line.integer("octets", after);
            out.write_all(line.end())
        } else {
            writeln!(out, "{} octets, {} before", grouped(after), grouped(before))
        };
        written.map_err(Failure::output)?;
        Ok(Ending::Complete)
    }
}

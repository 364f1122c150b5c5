//! `touchpoint report`: what scenarios have brought, by scenario and hour, beside their control groups.

mod html;
mod words;

use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;
use std::time::Duration;

use comfy_table::Cell;
use event::Timestamp;
use jiff::tz::TimeZone;
use rules::RuleSet;
use rules::language::{Language, reason_name};

use crate::results::{Funnel, Lift, Results, Summing, total};
use crate::shard;
use crate::window::{Store, Verdict};

use super::explain::existing;
use super::json::Line;
use super::report::{grouped, lines, new_table, right};
use super::{Ending, Failure, check};
use words::Words;

/// Tells what scenarios have brought: triggered, withheld, queued, sent, delivered, answered and converted, beside the control
/// group, with the lift and how sure it is.
#[derive(clap::Args, Debug)]
pub(crate) struct Report {
    /// The store of a replay or an engine.
    #[arg(long, value_name = "DIR")]
    store: PathBuf,
    /// The folder of scenarios: its titles, its language, and its clock.
    #[arg(long, value_name = "DIR")]
    scenarios: Option<PathBuf>,
    /// Only this scenario.
    #[arg(long, value_name = "NAME")]
    scenario: Option<String>,
    /// Only decisions of the last so many hours of the store.
    #[arg(long, value_name = "HOURS")]
    last: Option<u32>,
    /// What one short message costs, to sum up costs; otherwise the `price` of the policy.
    #[arg(long, value_name = "AMOUNT")]
    price: Option<f64>,
    /// A row for each hour too.
    #[arg(long)]
    hours: bool,
    /// As CSV: a row for each scenario and hour.
    #[arg(long, conflicts_with = "json")]
    csv: bool,
    /// Write a page with charts to this file, which needs nothing else.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["csv", "json"])]
    html: Option<PathBuf>,
    /// Language of what is told; otherwise that of the scenarios.
    #[arg(long, value_name = "zh|en", value_parser = check::language)]
    lang: Option<Language>,
    /// One JSON object for each scenario and hour, for programs.
    #[arg(long)]
    json: bool,
}

/// What is told, and how.
struct Told {
    results: Results,
    rules: Option<RuleSet>,
    language: Language,
    zone: TimeZone,
    price: Option<f64>,
}

impl Report {
    pub(crate) fn run(&self) -> Result<Ending, Failure> {
        let told = self.read()?;
        let mut out = io::stdout().lock();
        let written = match &self.html {
            Some(file) => return self.page(file, &told),
            None if self.csv => told.csv(&mut out),
            None if self.json => told.json(&mut out),
            None => writeln!(out, "{}", told.table(self.hours)),
        };
        written.and_then(|()| out.flush()).map_err(Failure::output)?;
        Ok(Ending::Complete)
    }

    fn read(&self) -> Result<Told, Failure> {
        let loaded = self.scenarios.as_deref().map(|folder| check::load_told(folder, self.lang)).transpose()?;
        let (rules, language) =
            loaded.map_or_else(|| (None, self.lang.unwrap_or_default()), |(rules, language)| (Some(rules), language));
        let zone = rules.as_ref().map_or(TimeZone::UTC, |rules| rules.policy().timezone.clone());
        let store = Store::open(&existing(&self.store)?)?;
        let latest = shard::times(&store)?.into_iter().max().unwrap_or(Timestamp::MIN);
        let since = self.last.map_or(Timestamp::MIN, |hours| latest - Duration::from_secs(u64::from(hours) * 3600));
        let mut summing = Summing::new(|at| hour(&zone, at));
        for entry in store.ledger()? {
            let entry = entry?;
            if entry.at < since || self.scenario.as_deref().is_some_and(|name| *entry.scenario != *name) {
                continue;
            }
            let offer = match entry.verdict {
                Verdict::Offered(id) => store.offer(entry.at, id)?,
                Verdict::Withheld(_) | Verdict::Held(_) | Verdict::Converted(_) => None,
            };
            summing.take(&entry, offer.as_ref());
        }
        let results = summing.results();
        let own = rules.as_ref().and_then(|rules| rules.policy().price);
        let price = self.price.or_else(|| own.map(|price| price.units()));
        Ok(Told { results, rules, language, zone, price })
    }

    fn page(&self, file: &PathBuf, told: &Told) -> Result<Ending, Failure> {
        let failed = |error| Failure::new(format_args!("cannot write `{}`: {error}", file.display()));
        fs::write(file, html::page(told)).map_err(failed)?;
        Ok(Ending::Complete)
    }
}

/// The beginning of the hour on the clock of a zone.
fn hour(zone: &TimeZone, at: Timestamp) -> Timestamp {
    let shown = jiff::Timestamp::from_microsecond(at.as_micros()).unwrap_or_default().to_zoned(zone.clone());
    let past = Duration::from_micros(
        shown.minute() as u64 * 60_000_000
            + shown.second() as u64 * 1_000_000
            + shown.subsec_nanosecond() as u64 / 1000,
    );
    at - past
}

impl Told {
    fn words(&self) -> &'static Words {
        words::of(self.language)
    }

    /// What people call a scenario.
    fn title(&self, name: &str) -> String {
        let mut scenarios = self.rules.iter().flat_map(RuleSet::scenarios);
        let scenario = scenarios.find(|scenario| *scenario.name == *name);
        scenario.map_or_else(|| name.to_owned(), |scenario| scenario.title.clone())
    }

    /// `03-01 17:00`.
    fn hour(&self, at: Timestamp) -> String {
        let at = jiff::Timestamp::from_microsecond(at.as_micros()).unwrap_or_default();
        at.to_zoned(self.zone.clone()).strftime("%m-%d %H:00").to_string()
    }

    fn withheld(&self, funnel: &Funnel) -> impl Iterator<Item = String> {
        let words = self.words();
        let lost = [(words.failed, funnel.failed), (words.unknown, funnel.unknown)].into_iter();
        let reasons = funnel.withheld.iter().map(|(reason, count)| (reason_name(*reason, self.language), *count));
        let named = reasons.chain(lost.filter(|(_, count)| *count > 0));
        named.map(|(name, count)| format!("{} {name}", grouped(count)))
    }

    fn cost(&self, funnel: &Funnel) -> String {
        match self.price {
            Some(price) => format!("{:.2}", price * funnel.parts as f64),
            None => grouped(funnel.parts),
        }
    }

    fn table(&self, hours: bool) -> String {
        let words = self.words();
        let mut table = new_table(words.columns(self.price.is_some()));
        for (name, of_hours) in &self.results {
            table.add_row(self.row(&self.title(name), &total(of_hours.values())));
            for (at, funnel) in of_hours.iter().filter(|_| hours) {
                table.add_row(self.row(&format!("  {}", self.hour(*at)), funnel));
            }
        }
        if self.results.is_empty() { words.nothing.to_owned() } else { table.to_string() }
    }

    fn row(&self, name: &str, funnel: &Funnel) -> Vec<Cell> {
        let counts =
            [funnel.triggered, funnel.queued, funnel.sent, funnel.delivered, funnel.answered, funnel.converted];
        let [triggered, rest @ ..] = counts.map(right);
        let mut row = vec![Cell::new(name), triggered, Cell::new(lines(self.withheld(funnel)))];
        row.extend(rest);
        row.push(Cell::new(self.cost(funnel)));
        row.push(Cell::new(funnel.lift().map_or_else(|| "-".to_owned(), |lift| self.lift(&lift))));
        row
    }

    /// `+3.1 % (1.2 to 5.0)`, in points of the hundred.
    fn lift(&self, lift: &Lift) -> String {
        let percent = |share: f64| share * 100.0;
        let (low, high) = lift.interval;
        let (to, mark) = (self.words().to, if lift.is_certain() { "" } else { " ?" });
        format!("{:+.1} % ({:.1} {to} {:.1}){mark}", percent(lift.difference), percent(low), percent(high))
    }

    fn csv(&self, out: &mut impl Write) -> io::Result<()> {
        writeln!(
            out,
            "scenario,hour,triggered,withheld,control,queued,sent,failed,unknown,delivered,answered,converted,\
             control_converted,parts"
        )?;
        for (name, hour, funnel) in self.rows() {
            let withheld: u64 = funnel.withheld.values().sum();
            let Funnel { triggered, queued, sent, failed, unknown, delivered, answered, .. } = funnel;
            let Funnel { converted, control_converted, parts, .. } = funnel;
            let name =
                if name.contains([',', '"']) { format!("\"{}\"", name.replace('"', "\"\"")) } else { name.to_owned() };
            writeln!(
                out,
                "{name},{hour},{triggered},{withheld},{},{queued},{sent},{failed},{unknown},{delivered},{answered},\
                 {converted},{control_converted},{parts}",
                funnel.control()
            )?;
        }
        Ok(())
    }

    fn json(&self, out: &mut impl Write) -> io::Result<()> {
        let mut line = Line::new(false);
        self.rows().try_for_each(|(name, hour, funnel)| {
            line.begin();
            line.text("scenario", name);
            line.time("hour", hour);
            line.integer("triggered", funnel.triggered);
            line.open("withheld");
            funnel.withheld.iter().for_each(|(reason, count)| line.integer(reason.name(), *count));
            line.close();
            for (key, count) in [
                ("queued", funnel.queued),
                ("sent", funnel.sent),
                ("failed", funnel.failed),
                ("unknown", funnel.unknown),
                ("delivered", funnel.delivered),
                ("answered", funnel.answered),
                ("converted", funnel.converted),
                ("control", funnel.control()),
                ("control_converted", funnel.control_converted),
                ("parts", funnel.parts),
            ] {
                line.integer(key, count);
            }
            out.write_all(line.end())
        })
    }

    fn rows(&self) -> impl Iterator<Item = (&str, Timestamp, &Funnel)> {
        self.results
            .iter()
            .flat_map(|(name, hours)| hours.iter().map(move |(hour, funnel)| (name.as_str(), *hour, funnel)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_begin_on_the_clock_of_the_zone() {
        let check = |zone: &str, at: &str, expected: &str| {
            let hour = hour(&TimeZone::get(zone).unwrap(), at.parse().unwrap());
            assert_eq!(hour, expected.parse().unwrap());
        };
        check("Asia/Shanghai", "2026-03-01T09:30:05.25Z", "2026-03-01T09:00:00Z");
        check("Asia/Kolkata", "2026-03-01T09:20:00Z", "2026-03-01T08:30:00Z");
        check("UTC", "1969-12-31T23:59:59Z", "1969-12-31T23:00:00Z");
    }
}

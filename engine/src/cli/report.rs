//! What a replay came to: decisions in order for programs, tables for people. All of it is read from the store, so
//! that a replay which was interrupted and resumed reports what an uninterrupted one does.

use std::collections::BTreeMap;
use std::io::{self, Write};

use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{Attribute, Cell, CellAlignment, ContentArrangement, Table};
use console::measure_text_width;
use probe::counters::Counters;
use probe::wire::Protocol;
use rules::{Reason, RuleSet};
use rustc_hash::FxHashMap;

use crate::offer::{Offer, OfferId, State};
use crate::window::{LedgerEntry, Verdict};

use super::json::Line;

/// Every decision of the store, in order of event time, and the offers that came of them.
pub(crate) struct Decisions {
    entries: Vec<LedgerEntry>,
    offers: FxHashMap<OfferId, Offer>,
}

/// What came of one decision in the end.
enum Outcome<'a> {
    Withheld(Reason),
    Offered(&'a Offer),
}

impl Decisions {
    /// Brings ledger and outbox into the one order that does not depend on threads: time, place in the input, scenario.
    pub(crate) fn new(mut entries: Vec<LedgerEntry>, offers: impl IntoIterator<Item = Offer>) -> Self {
        entries.sort_by(|a, b| (a.at, a.sequence, a.imsi, &a.scenario).cmp(&(b.at, b.sequence, b.imsi, &b.scenario)));
        Self { entries, offers: offers.into_iter().map(|offer| (offer.id, offer)).collect() }
    }

    fn outcomes(&self) -> impl Iterator<Item = (&LedgerEntry, Outcome<'_>)> {
        self.entries.iter().filter_map(|entry| {
            let outcome = match entry.verdict {
                Verdict::Withheld(reason) => Outcome::Withheld(reason),
                Verdict::Offered(id) => match self.offers.get(&id)? {
                    Offer { state: State::Withheld(reason), .. } => Outcome::Withheld(*reason),
                    Offer { state: State::Expired, .. } => Outcome::Withheld(Reason::Expired),
                    offer => Outcome::Offered(offer),
                },
            };
            Some((entry, outcome))
        })
    }

    /// One JSON line per decision.
    pub(crate) fn write_json(&self, out: &mut impl Write, reveal: bool) -> io::Result<()> {
        let mut line = Line::new(reveal);
        self.outcomes().try_for_each(|(entry, outcome)| {
            line.begin();
            line.plain("decision", if matches!(outcome, Outcome::Offered(_)) { "offer" } else { "withheld" });
            line.time("at", entry.at);
            line.text("scenario", &entry.scenario);
            line.imsi("imsi", entry.imsi);
            match outcome {
                Outcome::Withheld(reason) => line.plain("reason", reason),
                Outcome::Offered(offer) => {
                    line.plain("offer", offer.id);
                    line.plain("state", offer.state.name());
                    if let Some(to) = &offer.to {
                        line.number("msisdn", to);
                    }
                    if let State::Failed(why) = &offer.state {
                        line.text("why", why);
                    }
                    line.text("text", &offer.text);
                }
            }
            out.write_all(line.end())
        })
    }

    /// Scenarios with what was triggered, withheld and sent, those that did nothing included.
    pub(crate) fn tallies(&self, rules: &RuleSet) -> BTreeMap<String, Tally> {
        let mut tallies: BTreeMap<String, Tally> =
            rules.scenarios().iter().map(|scenario| (scenario.name.to_string(), Tally::default())).collect();
        for (entry, outcome) in self.outcomes() {
            let tally = tallies.entry(entry.scenario.to_string()).or_default();
            tally.triggered += 1;
            match outcome {
                Outcome::Withheld(reason) => *tally.withheld.entry(reason).or_default() += 1,
                Outcome::Offered(Offer { state: State::Accepted(_), .. }) => tally.sent += 1,
                Outcome::Offered(offer) => *tally.open.entry(offer.state.name()).or_default() += 1,
            }
        }
        tallies
    }

    /// The last `most` offers that were made, for people.
    pub(crate) fn offers_table(&self, most: usize, reveal: bool) -> String {
        let offers: Vec<&Offer> = self
            .outcomes()
            .filter_map(|(_, outcome)| match outcome {
                Outcome::Offered(offer) => Some(offer),
                Outcome::Withheld(_) => None,
            })
            .collect();
        if offers.is_empty() {
            return "No offer was made.".to_owned();
        }
        if most == 0 {
            return format!("({} offers are not shown)", offers.len());
        }
        let mut table = new_table(["time (UTC)", "scenario", "subscriber", "number", "state", "text"]);
        for offer in offers.iter().skip(offers.len().saturating_sub(most)) {
            let subscriber = if reveal { offer.imsi.to_string() } else { offer.imsi.masked().to_string() };
            let number = match &offer.to {
                Some(to) if reveal => to.to_string(),
                Some(to) => to.masked().to_string(),
                None => "-".to_owned(),
            };
            let time = offer.at.to_string();
            table.add_row([
                time.get(..19).unwrap_or_default(),
                &offer.scenario,
                &subscriber,
                &number,
                offer.state.name(),
                &offer.text,
            ]);
        }
        match offers.len().checked_sub(most) {
            Some(earlier) if earlier > 0 => format!("{table}\n({earlier} earlier offers are not shown)"),
            _ => table.to_string(),
        }
    }
}

/// What came of one scenario.
#[derive(Default)]
pub(crate) struct Tally {
    /// How often its trigger was met.
    pub(crate) triggered: u64,
    /// Taken by the message centre or written to the journal.
    pub(crate) sent: u64,
    /// Withheld, by reason.
    pub(crate) withheld: BTreeMap<Reason, u64>,
    /// In any other state, by name: queued, failed, unknown.
    pub(crate) open: BTreeMap<&'static str, u64>,
}

/// The table of scenarios.
pub(crate) fn scenarios_table(rules: &RuleSet, tallies: &BTreeMap<String, Tally>) -> String {
    let mut table = new_table(["scenario", "title", "triggered", "sent", "withheld", "other"]);
    for (name, tally) in tallies {
        let title = rules.scenarios().iter().find(|scenario| *scenario.name == **name);
        let withheld = tally.withheld.iter().map(|(reason, count)| format!("{count} {reason}"));
        let open = tally.open.iter().map(|(state, count)| format!("{count} {state}"));
        table.add_row([
            Cell::new(name),
            Cell::new(title.map_or("", |scenario| &scenario.title)),
            right(tally.triggered),
            right(tally.sent),
            Cell::new(lines(withheld)),
            Cell::new(lines(open)),
        ]);
    }
    table.to_string()
}

/// A line each; a dash for nothing.
pub(crate) fn lines(parts: impl Iterator<Item = String>) -> String {
    let lines: Vec<String> = parts.collect();
    if lines.is_empty() { "-".to_owned() } else { lines.join("\n") }
}

/// A table of names and counts, in the order given, without those that are zero.
pub(crate) fn counts_table<'a>(head: [&str; 2], counts: impl IntoIterator<Item = (&'a str, u64)>) -> String {
    let mut table = new_table(head);
    for (name, count) in counts.into_iter().filter(|(_, count)| *count > 0) {
        table.add_row([Cell::new(name), right(count)]);
    }
    table.to_string()
}

/// Messages of every protocol that there were any of, in the order of nesting.
pub(crate) fn messages_by_protocol(counters: &Counters) -> Vec<(&'static str, u64)> {
    let mut sums: Vec<(Protocol, u64)> = Vec::new();
    for (protocol, _, count) in counters.messages() {
        match sums.last_mut() {
            Some((last, sum)) if *last == protocol => *sum += count,
            _ => sums.push((protocol, count)),
        }
    }
    sums.into_iter().map(|(protocol, count)| (protocol.name(), count)).collect()
}

/// Puts blocks of lines beside each other, or below each other where they are wider than `most` columns.
pub(crate) fn beside(blocks: &[String], most: usize) -> String {
    const GAP: &str = "  ";
    let widths: Vec<usize> = blocks.iter().map(|block| width(block)).collect();
    if widths.iter().sum::<usize>() + GAP.len() * blocks.len().saturating_sub(1) > most {
        return blocks.join("\n");
    }
    let mut lines: Vec<_> = blocks.iter().map(|block| block.lines()).collect();
    let height = blocks.iter().map(|block| block.lines().count()).max().unwrap_or(0);
    let rows = (0..height).map(|_| {
        let cells = lines.iter_mut().zip(&widths).map(|(lines, width)| {
            let text = lines.next().unwrap_or_default();
            format!("{text}{}", " ".repeat(width.saturating_sub(measure_text_width(text))))
        });
        cells.collect::<Vec<_>>().join(GAP).trim_end().to_owned()
    });
    rows.collect::<Vec<_>>().join("\n")
}

/// Columns of the widest line, as a terminal shows it.
fn width(block: &str) -> usize {
    block.lines().map(measure_text_width).max().unwrap_or(0)
}

pub(crate) fn new_table<const N: usize>(head: [&str; N]) -> Table {
    let mut table = Table::new();
    table
        .load_style(UTF8_FULL_CONDENSED)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_header(head.map(|name| Cell::new(name).add_attribute(Attribute::Bold)));
    table
}

pub(crate) fn right(count: u64) -> Cell {
    Cell::new(grouped(count)).set_alignment(CellAlignment::Right)
}

/// `1234567` as `1,234,567`.
pub(crate) fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_grouped_by_thousands() {
        for (count, text) in [(0, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(grouped(count), text);
        }
    }

    #[test]
    fn blocks_stand_beside_each_other() {
        let blocks = ["ab\nc".to_owned(), "x\n\u{1b}[1my\u{1b}[0m\nz".to_owned(), "漫\n-".to_owned()];
        assert_eq!(beside(&blocks, 80), "ab  x  漫\nc   \u{1b}[1my\u{1b}[0m  -\n    z");
        assert_eq!(beside(&blocks, 8), blocks.join("\n"));
    }
}

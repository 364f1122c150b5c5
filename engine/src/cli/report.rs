//! What a replay came to: decisions in order for programs, tables for people. All of it is read from the store, so
//! that a replay which was interrupted and resumed reports what an uninterrupted one does.

use std::collections::BTreeMap;
use std::io::{self, Write};

use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{Attribute, Cell, CellAlignment, ContentArrangement, Table};
use console::measure_text_width;
use event::Timestamp;
use probe::counters::Counters;
use probe::wire::Protocol;
use rules::language::Language;
use rules::{Group, Reason, RuleSet, Scenario};
use rustc_hash::FxHashMap;

use crate::offer::{Offer, OfferId, State};
use crate::results::{Cohort, Share};
use crate::window::{LedgerEntry, Verdict};

use super::json::Line;
use super::teller::Teller;

/// Every decision of the store, in order of event time, and the offers that came of them.
pub(crate) struct Decisions {
    entries: Vec<LedgerEntry>,
    offers: FxHashMap<OfferId, Offer>,
}

/// What came of one decision in the end.
enum Outcome<'a> {
    Withheld(Reason),
    Offered(&'a Offer),
    Held(Timestamp),
    Converted(Group),
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
                Verdict::Held(until) => Outcome::Held(until),
                Verdict::Converted(group) => Outcome::Converted(group),
                Verdict::Offered(id) => {
                    let offer = self.offers.get(&id)?;
                    offer.state.withheld().map_or(Outcome::Offered(offer), Outcome::Withheld)
                }
            };
            Some((entry, outcome))
        })
    }

    /// One JSON line per decision.
    pub(crate) fn write_json(&self, out: &mut impl Write, reveal: bool) -> io::Result<()> {
        let mut line = Line::new(reveal);
        self.outcomes().try_for_each(|(entry, outcome)| {
            line.begin();
            line.plain("decision", outcome.name());
            line.time("at", entry.at);
            line.text("scenario", &entry.scenario);
            line.imsi("imsi", entry.imsi);
            if let Some(variant) = &entry.variant {
                line.text("variant", variant);
            }
            match outcome {
                Outcome::Withheld(reason) => line.plain("reason", reason),
                Outcome::Held(until) => line.time("until", until),
                Outcome::Converted(group) => line.plain("group", group.name()),
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
            match outcome {
                // What was held is a trigger of its own when it is decided.
                Outcome::Held(_) => *tally.open.entry(HELD).or_default() += 1,
                Outcome::Converted(group) => tally.group(group, entry).succeed(entry.imsi),
                Outcome::Withheld(reason) => tally.withhold(reason, entry),
                Outcome::Offered(offer) => tally.offer(offer, entry),
            }
        }
        tallies
    }

    /// The last `most` offers that were made, for people.
    pub(super) fn offers_table(&self, most: usize, teller: &Teller<'_>) -> String {
        let offers: Vec<&Offer> = self
            .outcomes()
            .filter_map(|(_, outcome)| match outcome {
                Outcome::Offered(offer) => Some(offer),
                Outcome::Withheld(_) | Outcome::Held(_) | Outcome::Converted(_) => None,
            })
            .collect();
        if offers.is_empty() {
            return teller.language.of(["No offer was made.", "没有发送任何内容。"]).to_owned();
        }
        let hidden = offers.len().saturating_sub(most);
        let hidden = match teller.language {
            _ if hidden == 0 => String::new(),
            Language::English => format!("({hidden} earlier offers are not shown)"),
            Language::Chinese => format!("(更早的 {hidden} 条没有列出)"),
        };
        if most == 0 {
            return hidden;
        }
        let mut table = new_table(teller.language.of([
            ["time", "scenario", "subscriber", "number", "state", "text"],
            ["时间", "场景", "用户", "号码", "状态", "内容"],
        ]));
        for offer in offers.iter().skip(offers.len().saturating_sub(most)) {
            table.add_row([
                &*teller.time(offer.at),
                &offer.scenario,
                &teller.imsi(offer.imsi),
                &teller.number(offer.to.as_ref()),
                teller.state(&offer.state),
                &offer.text,
            ]);
        }
        format!("{table}\n{hidden}").trim_end().to_owned()
    }
}

/// Held until the end of quiet hours.
const HELD: [&str; 2] = ["held", "静默顺延"];

/// What came of one scenario.
#[derive(Default)]
pub(crate) struct Tally {
    /// How often its trigger was met.
    pub(crate) triggered: u64,
    /// Taken by the message centre or written to the journal.
    pub(crate) sent: u64,
    /// Withheld, by reason.
    pub(crate) withheld: BTreeMap<Reason, u64>,
    /// In any other state, by its names in both languages: queued, failed, unknown; and [`HELD`].
    pub(crate) open: BTreeMap<[&'static str; 2], u64>,
    /// By variant, the control group under its name: those who are compared.
    pub(crate) groups: BTreeMap<String, Cohort>,
}

impl Tally {
    fn withhold(&mut self, reason: Reason, entry: &LedgerEntry) {
        self.triggered += 1;
        *self.withheld.entry(reason).or_default() += 1;
        if reason == Reason::ControlGroup {
            self.group(Group::Control, entry).take(entry.imsi);
        }
    }

    fn offer(&mut self, offer: &Offer, entry: &LedgerEntry) {
        self.triggered += 1;
        self.group(Group::Offered, entry).take(entry.imsi);
        match offer.state {
            State::Accepted(_) => self.sent += 1,
            _ => *self.open.entry(offer.state.names()).or_default() += 1,
        }
    }

    fn group(&mut self, group: Group, entry: &LedgerEntry) -> &mut Cohort {
        let name = entry.variant.as_deref().filter(|_| group == Group::Offered).unwrap_or(group.name());
        self.groups.entry(name.to_owned()).or_default()
    }

    /// The groups, where there is anything to compare: variants, or a success that is hoped for.
    pub(crate) fn compared(&self, scenario: Option<&Scenario>) -> impl Iterator<Item = (&str, Share)> {
        let is_compared =
            scenario.is_some_and(|scenario| scenario.conversion.is_some() || !scenario.variants.is_empty());
        let groups = self.groups.iter().filter(move |_| is_compared);
        groups.filter_map(|(name, cohort)| Some((name.as_str(), cohort.share()?)))
    }
}

/// `12 of 300 offered (4.0 %)`.
fn success_text(name: &str, share: Share, teller: &Teller<'_>) -> String {
    let name = Group::ALL.into_iter().find(|group| group.name() == name).map_or(name, |group| teller.group(group));
    let [converted, of] = [share.count, share.of].map(|count| grouped(count as u64));
    let share = 100.0 * share.value();
    match teller.language {
        Language::English => format!("{converted} of {of} {name} ({share:.1} %)"),
        Language::Chinese => format!("{name} {converted}/{of} ({share:.1} %)"),
    }
}

impl Outcome<'_> {
    const fn name(&self) -> &'static str {
        match self {
            Self::Withheld(_) => "withheld",
            Self::Offered(_) => "offer",
            Self::Held(_) => "held",
            Self::Converted(_) => "converted",
        }
    }
}

/// The table of scenarios.
pub(super) fn scenarios_table(rules: &RuleSet, tallies: &BTreeMap<String, Tally>, teller: &Teller<'_>) -> String {
    let mut table = new_table(teller.language.of([
        ["scenario", "title", "triggered", "sent", "withheld", "other", "success"],
        ["场景", "标题", "触发", "已发", "未发", "其他", "转化"],
    ]));
    for (name, tally) in tallies {
        let scenario = rules.scenario(name);
        let withheld = tally.withheld.iter().map(|(reason, count)| format!("{count} {}", teller.reason(*reason)));
        let compared = tally.compared(scenario).map(|(name, share)| success_text(name, share, teller));
        let open = tally.open.iter().map(|(state, count)| format!("{count} {}", teller.language.of(*state)));
        table.add_row([
            Cell::new(name),
            Cell::new(scenario.map_or("", |scenario| &scenario.title)),
            right(tally.triggered),
            right(tally.sent),
            Cell::new(lines(withheld)),
            Cell::new(lines(open)),
            Cell::new(lines(compared)),
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

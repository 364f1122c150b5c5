//! `touchpoint explain`: why a subscriber got an offer or did not. Read from the ledger, the outbox and the facts.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use event::{Event, Imsi, Number, Timestamp};
use rules::language::{Language, nearest};
use rules::scenario::{Cap, Purpose, Scenario, Scope, Unit};
use rules::{Directory, Reason, RuleSet};

use crate::offer::{Acknowledgement, Offer, State};
use crate::window::{LedgerEntry, Store, Verdict};

use super::json::{Line, Naming};
use super::teller::Teller;
use super::{Ending, Failure, check};

/// Tells every decision about a subscriber: each gate in order, the first that said no, and the evidence.
#[derive(clap::Args, Debug)]
pub(crate) struct Explain {
    /// The subscriber: an IMSI, or a number where --subscribers is given.
    #[arg(value_name = "SUBSCRIBER")]
    subscriber: String,
    /// Only decisions about this scenario.
    #[arg(value_name = "SCENARIO")]
    scenario: Option<String>,
    /// The store of a replay or an engine.
    #[arg(long, value_name = "DIR")]
    store: PathBuf,
    /// The folder of scenarios: tells how far a refusal was from an offer, in its language and on its clock.
    #[arg(long, value_name = "DIR")]
    scenarios: Option<PathBuf>,
    /// The subscriber file, to find a subscriber by number.
    #[arg(long, value_name = "CSV")]
    subscribers: Option<PathBuf>,
    /// How many events before each decision to show.
    #[arg(long, value_name = "N", default_value_t = 5)]
    events: usize,
    /// Language of what is told; otherwise that of the scenarios.
    #[arg(long, value_name = "zh|en", value_parser = check::language)]
    lang: Option<Language>,
    /// One JSON object per decision, for programs.
    #[arg(long)]
    json: bool,
    /// Show IMSI and numbers in clear.
    #[arg(long)]
    reveal: bool,
}

/// One decision with all that belongs to it.
struct Explained<'a> {
    entry: &'a LedgerEntry,
    offer: Option<Offer>,
    evidence: Vec<&'a Event>,
    /// When the refusal would have ended by itself.
    until: Option<Timestamp>,
}

impl Explain {
    pub(crate) fn run(&self) -> Result<Ending, Failure> {
        let imsi = self.imsi()?;
        let told = self.scenarios.as_deref().map(|folder| check::load_told(folder, self.lang)).transpose()?;
        let (rules, language) =
            told.map_or_else(|| (None, self.lang.unwrap_or_default()), |(rules, language)| (Some(rules), language));
        let store = Store::open(&existing(&self.store)?)?;
        let inquiry = Inquiry {
            store: &store,
            rules: rules.as_ref(),
            scenario: self.scenario.as_deref(),
            language,
            events: self.events,
            naming: Naming::new(self.reveal),
            json: self.json,
        };
        inquiry.tell(imsi, &mut io::stdout().lock())?;
        Ok(Ending::Complete)
    }

    fn imsi(&self) -> Result<Imsi, Failure> {
        let directory = self.subscribers.as_deref().map(Directory::load).transpose()?.unwrap_or_default();
        subscriber(&self.subscriber, &directory).map_err(|nobody| match (nobody, &self.subscribers) {
            (Nobody::Unknown, None) => Failure::new(format_args!("{nobody}: say which file with --subscribers")),
            _ => Failure::new(nobody),
        })
    }
}

/// Why nobody is named.
#[derive(Clone, Copy, Debug, thiserror::Error)]
pub(crate) enum Nobody {
    #[error("this number belongs to several; name one by IMSI")]
    Several,
    #[error("this is no IMSI, nor a number of the subscriber file")]
    Unknown,
}

/// Whom an IMSI or a number of the subscriber file names.
pub(crate) fn subscriber(text: &str, directory: &Directory) -> Result<Imsi, Nobody> {
    if let Ok(number) = text.parse::<Number>() {
        let mut owners = directory.with_number(number);
        match (owners.next(), owners.next()) {
            (Some(owner), None) => return Ok(owner),
            (Some(_), Some(_)) => return Err(Nobody::Several),
            (None, _) => {}
        }
    }
    text.parse().map_err(|_| Nobody::Unknown)
}

/// What is asked about a subscriber, and how it is to be told.
pub(crate) struct Inquiry<'a> {
    pub(crate) store: &'a Store,
    /// Tells how far a refusal was from an offer.
    pub(crate) rules: Option<&'a RuleSet>,
    /// Only decisions about this scenario.
    pub(crate) scenario: Option<&'a str>,
    pub(crate) language: Language,
    /// How many events before each decision.
    pub(crate) events: usize,
    pub(crate) naming: Naming,
    pub(crate) json: bool,
}

impl Inquiry<'_> {
    /// Tells every decision about a subscriber.
    pub(crate) fn tell(&self, imsi: Imsi, out: &mut impl Write) -> Result<(), Failure> {
        let Self { store, rules, language, .. } = *self;
        let teller = Teller { rules, language, reveal: matches!(self.naming, Naming::Clear) };
        let entries = store.ledger_of(imsi)?;
        let facts = store.window(imsi, Timestamp::MIN)?;
        let mut line = Line::named(self.naming.clone());
        let wanted = |entry: &&LedgerEntry| self.scenario.is_none_or(|name| *entry.scenario == *name);
        let mut count = 0;
        for entry in entries.iter().filter(wanted) {
            let offer = match entry.verdict {
                Verdict::Offered(id) => store.offer(entry.at, id)?,
                Verdict::Withheld(_) | Verdict::Held(_) | Verdict::Converted(_) => None,
            };
            let until = rules.and_then(|rules| relief(rules, entry, &entries));
            let explained = Explained { entry, offer, evidence: self.evidence(&facts, entry.at), until };
            let written = match self.json {
                true => explained.json(out, &mut line),
                false => explained.write(out, &teller),
            };
            written.map_err(Failure::output)?;
            count += 1;
        }
        if !self.json {
            writeln!(out, "{}", self.sum(count, facts.len())).map_err(Failure::output)?;
        }
        Ok(())
    }

    /// How much there was; where nothing was, what that may mean.
    fn sum(&self, decisions: usize, events: usize) -> String {
        let missing = self.scenario.filter(|_| decisions == 0);
        let known = |name: &str| self.rules.is_none_or(|rules| rules.scenario(name).is_some());
        match (missing, self.language) {
            (_, Language::English) if decisions + events == 0 => {
                "nothing is known of this subscriber: is it the right IMSI? A number is looked up in --subscribers"
                    .to_owned()
            }
            (_, Language::Chinese) if decisions + events == 0 => {
                "没有这个用户的任何事件，请核对；按手机号查询时要用 --subscribers 给出用户文件".to_owned()
            }
            (Some(name), Language::English) if !known(name) => {
                format!("there is no scenario `{name}`{}", self.meant(name))
            }
            (Some(name), Language::Chinese) if !known(name) => format!("没有叫「{name}」的场景{}", self.meant(name)),
            (Some(name), Language::English) => {
                format!("`{name}` was triggered by none of the {events} events in the window")
            }
            (Some(name), Language::Chinese) => format!("保留期内的 {events} 个事件都没有触发「{name}」"),
            (None, Language::English) => format!("{decisions} decisions; {events} events in the window"),
            (None, Language::Chinese) => format!("共 {decisions} 次判断；保留期内有 {events} 个事件"),
        }
    }

    /// The scenario that was probably meant.
    fn meant(&self, name: &str) -> String {
        let names = self.rules.into_iter().flat_map(RuleSet::scenarios).map(|scenario| &*scenario.name);
        match (nearest(name, names), self.language) {
            (None, _) => String::new(),
            (Some(nearest), Language::English) => format!("; did you mean `{nearest}`?"),
            (Some(nearest), Language::Chinese) => format!("，是不是想写「{nearest}」？"),
        }
    }

    /// The last events up to a decision, oldest first.
    fn evidence<'e>(&self, facts: &'e [Event], at: Timestamp) -> Vec<&'e Event> {
        let mut before: Vec<&Event> = facts.iter().filter(|event| event.at <= at).collect();
        before.sort_by_key(|event| event.at);
        before.split_off(before.len().saturating_sub(self.events))
    }
}

/// The folder of the database: a replay keeps it in `window`. A store is opened, never made here.
pub(crate) fn existing(folder: &Path) -> Result<PathBuf, Failure> {
    let candidates = [folder.join("window"), folder.to_owned()];
    let found = candidates.into_iter().find(|folder| folder.join("CURRENT").is_file());
    found.ok_or_else(|| Failure::new(format_args!("there is no store in `{}`", folder.display())))
}

/// What a gate said, as far as the ledger knows: those after the first refusal were not asked.
#[derive(Clone, Copy, PartialEq)]
enum Said {
    Passed,
    Refused,
    NotAsked,
}

impl Said {
    const fn name(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Refused => "refused",
            Self::NotAsked => "not_asked",
        }
    }

    const fn mark(self) -> &'static str {
        match self {
            Self::Passed => "✓",
            Self::Refused => "✗",
            Self::NotAsked => "·",
        }
    }
}

impl Explained<'_> {
    /// Why there was no offer in the end, if there was none.
    fn refusal(&self) -> Option<Reason> {
        match (self.entry.verdict, self.offer.as_ref().map(|offer| &offer.state)) {
            (Verdict::Withheld(reason), _) => Some(reason),
            (_, Some(State::Withheld(reason))) => Some(*reason),
            (_, Some(State::Expired)) => Some(Reason::Expired),
            _ => None,
        }
    }

    /// Every gate in order. Of a pattern that ended before it was complete none was asked, nor about a success.
    fn gates(&self) -> Vec<(Reason, Said)> {
        let refusal = match self.entry.verdict {
            Verdict::Converted(_) => return Vec::new(),
            Verdict::Held(_) => Some(Reason::QuietHours),
            _ => self.refusal(),
        };
        let asked = rules::policy::gates().collect::<Vec<_>>();
        let first = refusal.map(|refusal| asked.iter().position(|gate| *gate == refusal).unwrap_or(0));
        let said = |place: usize, gate: Reason| match first {
            Some(first) if place > first => Said::NotAsked,
            Some(first) if place == first && Some(gate) == refusal => Said::Refused,
            Some(first) if place == first => Said::NotAsked,
            _ => Said::Passed,
        };
        asked.iter().enumerate().map(|(place, gate)| (*gate, said(place, *gate))).collect()
    }

    fn verdict(&self, teller: &Teller<'_>) -> String {
        let variant = self.entry.variant.as_deref();
        match (self.entry.verdict, self.refusal()) {
            (Verdict::Held(until), _) => teller.held(until),
            (Verdict::Converted(group), _) => teller.success(group, variant),
            (_, Some(reason)) => teller.withheld(reason),
            (_, None) => teller.offered(self.offer.as_ref(), variant),
        }
    }

    fn write(&self, out: &mut impl Write, teller: &Teller<'_>) -> io::Result<()> {
        let entry = self.entry;
        writeln!(out, "{}  {}: {}", teller.time(entry.at), entry.scenario, self.verdict(teller))?;
        if let Some(until) = self.until {
            let (at, later) = (teller.time(until), span(until.since(entry.at), teller.language));
            match teller.language {
                Language::English => writeln!(out, "  it would have passed from {at} on ({later} later)")?,
                Language::Chinese => writeln!(out, "  {at} 以后就可以发({later}后)")?,
            }
        }
        let gates: Vec<String> =
            self.gates().into_iter().map(|(gate, said)| format!("{} {}", said.mark(), teller.gate(gate))).collect();
        if !gates.is_empty() {
            let word = teller.language.of(["gates", "关卡"]);
            writeln!(out, "  {word}: {}", gates.join("  "))?;
        }
        self.evidence.iter().try_for_each(|event| writeln!(out, "    {}", teller.event(event)))?;
        writeln!(out)
    }

    fn json(&self, out: &mut impl Write, line: &mut Line) -> io::Result<()> {
        let entry = self.entry;
        line.begin();
        let decision = match entry.verdict {
            Verdict::Held(_) => "held",
            Verdict::Converted(_) => "converted",
            _ if self.refusal().is_none() => "offer",
            _ => "withheld",
        };
        line.plain("decision", decision);
        line.time("at", entry.at);
        line.text("scenario", &entry.scenario);
        line.imsi("imsi", entry.imsi);
        if let Some(variant) = &entry.variant {
            line.text("variant", variant);
        }
        match entry.verdict {
            Verdict::Held(until) => line.time("until", until),
            Verdict::Converted(group) => line.plain("group", group.name()),
            _ => self.refusal().into_iter().for_each(|reason| line.plain("reason", reason)),
        }
        if let Some(offer) = &self.offer {
            line.plain("offer", offer.id);
            line.plain("state", offer.state.name());
            delivery_json(line, offer);
        }
        if let Some(until) = self.until {
            line.time("passes_from", until);
        }
        line.open("gates");
        self.gates().into_iter().for_each(|(gate, said)| line.plain(gate.name(), said.name()));
        line.close();
        out.write_all(line.end())
    }
}

/// How it ended, by whose word.
fn delivery_json(line: &mut Line, offer: &Offer) {
    if let Some(delivery) = offer.delivery() {
        line.plain("delivery", delivery.name());
    }
    if let Some(receipt) = offer.receipt {
        line.plain("receipt", receipt.name());
    }
    if let Some(Acknowledgement { at, cause }) = offer.acknowledged {
        line.open("phone");
        line.time("at", at);
        line.plain("said", if cause.is_none() { "rp_ack" } else { "rp_error" });
        cause.into_iter().for_each(|cause| line.integer("cause", u64::from(cause)));
        line.close();
    }
}

/// When a refusal would have ended by itself, under the set as it is now.
fn relief(rules: &RuleSet, entry: &LedgerEntry, ledger: &[LedgerEntry]) -> Option<Timestamp> {
    let Verdict::Withheld(reason) = entry.verdict else { return None };
    let counted = |counts: &dyn Fn(&Scenario) -> bool| {
        let is_counted = |name: &str| {
            rules.scenario(name).is_some_and(|scenario| scenario.purpose != Purpose::Service && counts(scenario))
        };
        offers(ledger, entry.at, is_counted)
    };
    // When the last of the policy's caps of this scope that holds lets one more through; of parts the ledger tells none.
    let capped = |scope: Scope, counts: &dyn Fn(&Scenario) -> bool| {
        let caps = rules.policy().caps.iter().filter(|cap| cap.scope == scope && cap.unit == Unit::Offers);
        let offers = counted(counts);
        caps.filter_map(|cap| frees(cap.cap, &offers)).filter(|at| *at > entry.at).max()
    };
    let scenario = rules.scenario(&entry.scenario)?;
    match reason {
        Reason::PerUserCap => {
            let own = offers(ledger, entry.at, |name| *name == *entry.scenario);
            scenario.limits.per_subscriber.and_then(|cap| frees(cap, &own))
        }
        Reason::GlobalCap => capped(Scope::All, &|_| true),
        Reason::ChannelCap => {
            let kind = scenario.send_to(entry.imsi).message.kind();
            let is_same = |other: &Scenario| other.send_to(entry.imsi).message.kind() == kind;
            capped(Scope::Kind(kind), &is_same)
        }
        Reason::CampaignCap => {
            let is_same = |other: &Scenario| other.campaign == scenario.campaign;
            capped(Scope::Campaign, &is_same)
        }
        Reason::QuietHours => Some(rules.policy().quiet_ends(entry.at)),
        _ => None,
    }
}

/// Times of the offers made before, oldest first.
fn offers(ledger: &[LedgerEntry], before: Timestamp, counts: impl Fn(&str) -> bool) -> Vec<Timestamp> {
    let made = ledger.iter().filter(|entry| matches!(entry.verdict, Verdict::Offered(_)) && counts(&entry.scenario));
    made.map(|entry| entry.at).filter(|at| *at <= before).collect()
}

/// When the cap lets one more through: when the last but so many is as old as its period.
fn frees(cap: Cap, offers: &[Timestamp]) -> Option<Timestamp> {
    let place = offers.len().checked_sub(cap.count as usize)?;
    offers.get(place).map(|at| *at + cap.per)
}

/// `3h 20m`, `2d 4h`.
fn span(span: Duration, language: Language) -> String {
    let minutes = span.as_secs().div_ceil(60);
    let (days, hours, minutes) = (minutes / 1440, minutes / 60 % 24, minutes % 60);
    let [d, h, m] = language.of([["d ", "h ", "m"], ["天", "小时", "分钟"]]);
    match (days, hours) {
        (0, 0) => format!("{minutes}{m}"),
        (0, hours) => format!("{hours}{h}{minutes}{m}"),
        (days, hours) => format!("{days}{d}{hours}{h}").trim_end().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cap_frees_when_the_last_but_so_many_is_as_old_as_its_period() {
        let at = |seconds: &[i64]| seconds.iter().map(|at| Timestamp::from_seconds(*at)).collect::<Vec<_>>();
        let cap = |count| Cap { count, per: Duration::from_secs(100) };
        let check = |count, offers: &[i64], expected: Option<i64>| {
            assert_eq!(frees(cap(count), &at(offers)), expected.map(Timestamp::from_seconds), "{count} {offers:?}");
        };
        check(1, &[5], Some(105));
        check(2, &[5, 50], Some(105));
        check(2, &[5, 50, 60], Some(150));
        check(2, &[5], None);
    }
}

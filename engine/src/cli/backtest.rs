//! `touchpoint backtest`: what scenarios would have done with facts that are there already, beside those in force.

use std::collections::BTreeMap;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use comfy_table::Cell;
use event::Timestamp;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use jiff::SignedDuration;
use rules::language::Language;
use rules::{Directory, RuleSet};
use tempfile::TempDir;

use crate::backtest::{self, Tally};
use crate::offer::channel::Lane;
use crate::offer::channel::journal;
use crate::shard;
use crate::window::Store;
use crate::{Engine, EngineConfig};

use super::explain::existing;
use super::inputs::Reading;
use super::json::Line;
use super::replay::{Replayed, default_threads};
use super::report::{grouped, lines, new_table, right};
use super::teller::Teller;
use super::{Ending, Failure, check};

/// Tries scenarios on what has happened: what they would have offered, withheld, and how many messages it would take.
#[derive(clap::Args, Debug)]
#[command(after_help = "\
Examples:
  touchpoint backtest draft --store /var/lib/touchpoint --last 24h
  touchpoint backtest draft --store /var/lib/touchpoint --diff live      what would change
  touchpoint backtest draft --pcap monday.pcap --subscribers people.csv

Nothing is sent and nothing is written into the store. Contacts from before are not counted; numbers are those of the \
subscriber file. Of a store, the first T3212 (and a tenth) of the time looked at is a warm-up: in it a first sighting is no entry.")]
pub(crate) struct Backtest {
    /// The folder of scenarios to be tried, as for `check`.
    #[arg(value_name = "DIR")]
    scenarios: PathBuf,
    /// The store whose facts to try them on.
    #[arg(long, value_name = "DIR", required_unless_present = "pcap", conflicts_with = "pcap")]
    store: Option<PathBuf>,
    /// Captures to try them on, as for `replay`.
    #[arg(long, value_name = "CAPTURE", num_args = 1..)]
    pcap: Vec<PathBuf>,
    #[command(flatten)]
    reading: Reading,
    /// How far back from the last fact of the store (48h, 90m).
    #[arg(long, value_name = "DURATION", default_value = "48h", value_parser = duration, conflicts_with = "pcap")]
    last: Duration,
    /// The folder of scenarios in force: shows what would be otherwise.
    #[arg(long, value_name = "DIR")]
    diff: Option<PathBuf>,
    /// CSV with the columns imsi, msisdn, consent and any others as tags.
    #[arg(long, value_name = "CSV")]
    subscribers: Option<PathBuf>,
    /// Language of what is told; otherwise that of the scenarios to be tried.
    #[arg(long, value_name = "zh|en", value_parser = check::language)]
    lang: Option<Language>,
    /// One JSON object per scenario, for programs.
    #[arg(long)]
    json: bool,
}

fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("`{text}` is no length of time: say 48h or 90m");
    let duration: SignedDuration = text.parse().map_err(|_| wrong())?;
    Duration::try_from(duration).map_err(|_| wrong())
}

/// Whose offers of one scenario differ.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Turnover {
    pub(crate) gained: u64,
    pub(crate) lost: u64,
}

/// What one scenario came to, in either set.
#[derive(Default)]
pub(crate) struct Compared {
    pub(crate) title: String,
    pub(crate) draft: Option<Tally>,
    pub(crate) live: Option<Tally>,
    pub(crate) turnover: Turnover,
}

impl Backtest {
    pub(crate) fn run(&self) -> Result<Ending, Failure> {
        let (draft, language) = check::load_told(&self.scenarios, self.lang)?;
        let live = self.diff.as_deref().map(|folder| check::load(folder, self.lang)).transpose()?;
        let directory = self.subscribers.as_deref().map(Directory::load).transpose()?.unwrap_or_default();
        let facts = match &self.store {
            Some(folder) => self.of_store(folder)?,
            None => self.of_captures(&draft)?,
        };
        let (subscribers, compared) = facts.compare(&draft, live.as_ref(), &directory)?;
        let mut out = io::stdout().lock();
        let written = match self.json {
            true => compared.iter().try_for_each(|(name, compared)| json(&mut out, name, compared, live.is_some())),
            false => {
                let teller = Teller { rules: Some(&draft), language, reveal: false };
                let told = facts.table(&mut out, subscribers, &compared, live.is_some(), &teller);
                told.and_then(|()| self.tell_nobody_known(&mut out, language))
            }
        };
        written.map_err(Failure::output)?;
        Ok(facts.ending)
    }

    /// Without a subscriber file little is offered, and that says nothing about the scenarios.
    fn tell_nobody_known(&self, out: &mut impl Write, language: Language) -> io::Result<()> {
        const TOLD: [&str; 2] = [
            "no subscriber file (--subscribers): nobody has a number, a consent or a tag, and marketing is withheld for that",
            "没有给出用户文件(--subscribers)：不知道任何人的号码、同意和标签，营销因此都不发",
        ];
        if self.subscribers.is_some() { Ok(()) } else { writeln!(out, "{}", language.of(TOLD)) }
    }

    fn of_store(&self, folder: &Path) -> Result<Facts, Failure> {
        Facts::of_store(Arc::new(Store::open(&existing(folder)?)?), self.last)
    }

    // The same way as a replay's, with no scenario in force.
    fn of_captures(&self, draft: &RuleSet) -> Result<Facts, Failure> {
        let mut capture = self.reading.open(&self.pcap)?;
        let folder = tempfile::Builder::new().prefix("touchpoint-").tempdir()?;
        let none = Arc::new(RuleSet::new(Vec::new(), draft.policy().clone(), String::new()));
        let lanes = vec![Lane::sole(journal::open(&folder.path().join("offers.jsonl"), false)?)];
        let mut config = EngineConfig::new(folder.path().join("window"), none, Arc::default(), lanes);
        config.threads = default_threads();
        config.retention = Duration::from_secs(u32::MAX.into());
        let mut replayed = Replayed::new(Engine::start(config)?, self.reading.probe_config());
        let ending = replayed.drive(&mut capture)?;
        let Replayed { engine, span, .. } = replayed;
        let store = engine.finish()?.store;
        let until = span.map_or(Timestamp::MIN, |span| span.last);
        Ok(Facts { store, since: Timestamp::MIN, until, is_warm: true, ending, _folder: Some(folder) })
    }
}

/// What scenarios are tried on.
pub(crate) struct Facts {
    store: Arc<Store>,
    since: Timestamp,
    until: Timestamp,
    /// Whether there is no warm-up.
    is_warm: bool,
    ending: Ending,
    /// Of a store that is only for this.
    _folder: Option<TempDir>,
}

impl Facts {
    /// What a store that nobody writes has of the last time before its last fact.
    pub(crate) fn of_store(store: Arc<Store>, last: Duration) -> Result<Self, Failure> {
        let until = shard::times(&store)?.into_iter().max().unwrap_or(Timestamp::MIN);
        if until == Timestamp::MIN {
            let folder = store.path().display();
            return Err(Failure::new(format_args!("the store `{folder}` has taken in nothing yet")));
        }
        Ok(Self { store, since: until - last, until, is_warm: false, ending: Ending::Complete, _folder: None })
    }

    pub(crate) fn compare(
        &self,
        draft: &RuleSet,
        live: Option<&RuleSet>,
        directory: &Directory,
    ) -> Result<(u64, BTreeMap<String, Compared>), Failure> {
        let areas = self.store.areas()?;
        let begin = |rules| backtest::Backtest::new(rules, directory, &areas, self.span(rules));
        let (mut tried, mut beside) = (begin(draft), live.map(begin));
        let mut turnover: BTreeMap<&str, Turnover> = BTreeMap::new();
        let progress = spinner();
        let mut subscribers = 0;
        for window in self.store.windows(self.since)? {
            let (imsi, facts) = window?;
            let offered = names(draft, &tried.subscriber(imsi, &facts));
            if let (Some(beside), Some(live)) = (&mut beside, live) {
                note(&mut turnover, &offered, &names(live, &beside.subscriber(imsi, &facts)));
            }
            subscribers += 1;
            progress.inc(1);
        }
        progress.finish_and_clear();
        let mut compared: BTreeMap<String, Compared> = BTreeMap::new();
        for (scenario, tally) in draft.scenarios().iter().zip(tried.finish()) {
            let entry = compared.entry(scenario.name.to_string()).or_default();
            (entry.title, entry.draft) = (scenario.title.clone(), Some(tally));
        }
        for (scenario, tally) in live.map(RuleSet::scenarios).unwrap_or_default().iter().zip(finished(beside)) {
            let entry = compared.entry(scenario.name.to_string()).or_default();
            if entry.draft.is_none() {
                entry.title.clone_from(&scenario.title);
            }
            entry.live = Some(tally);
        }
        for (name, turnover) in turnover {
            compared.entry(name.to_owned()).or_default().turnover = turnover;
        }
        Ok((subscribers, compared))
    }

    fn span(&self, rules: &RuleSet) -> backtest::Span {
        let warm_from = match self.is_warm {
            true => Timestamp::MIN,
            false => self.since + rules.policy().t3212.presence(None),
        };
        backtest::Span { warm_from, until: self.until }
    }

    fn table(
        &self,
        out: &mut impl Write,
        subscribers: u64,
        compared: &BTreeMap<String, Compared>,
        is_compared: bool,
        teller: &Teller<'_>,
    ) -> io::Result<()> {
        let whole = teller.language.of([
            ["scenario", "title", "triggered", "offers", "messages", "withheld", "subscribers"],
            ["场景", "标题", "触发", "发送", "短信条数", "未发", "用户"],
        ]);
        let [head @ .., _] = whole;
        let mut table = if is_compared { new_table(whole) } else { new_table(head) };
        for (name, compared) in compared {
            let mut row = vec![Cell::new(name), Cell::new(&compared.title)];
            let count = |count: fn(&Tally) -> u64| match (is_compared, &compared.live, &compared.draft) {
                (true, live, draft) => {
                    let text =
                        |tally: &Option<Tally>| tally.as_ref().map_or("–".to_owned(), |tally| grouped(count(tally)));
                    Cell::new(format!("{} → {}", text(live), text(draft)))
                }
                (false, _, draft) => right(draft.as_ref().map_or(0, count)),
            };
            row.extend([count(|tally| tally.triggered), count(|tally| tally.offers), count(|tally| tally.segments)]);
            row.push(Cell::new(withheld(compared, is_compared, teller)));
            if is_compared {
                row.push(Cell::new(format!("+{} −{}", compared.turnover.gained, compared.turnover.lost)));
            }
            table.add_row(row);
        }
        let (subscribers, until, since) = (grouped(subscribers), teller.time(self.until), teller.time(self.since));
        let summary = match (teller.language, self.is_warm) {
            (Language::English, true) => format!("{subscribers} subscribers with facts until {until}"),
            (Language::English, false) => format!("{subscribers} subscribers with facts from {since} until {until}"),
            (Language::Chinese, true) => format!("{subscribers} 个用户有事件，到 {until} 为止"),
            (Language::Chinese, false) => format!("{subscribers} 个用户有事件，从 {since} 到 {until}"),
        };
        let cost = cost(compared, is_compared, teller);
        let legend = teller.language.of([
            "\n→: in force → tried; subscribers: who would get an offer and did not, and the other way",
            "\n→：现行 → 试用；用户：+ 新收到的，− 不再收到的",
        ]);
        writeln!(out, "{table}\n{summary}{cost}{}", if is_compared { legend } else { "" })
    }
}

/// What all messages cost, where the policy to be tried says what one does.
fn cost(compared: &BTreeMap<String, Compared>, is_compared: bool, teller: &Teller<'_>) -> String {
    let Some(price) = teller.rules.and_then(|rules| rules.policy().price) else { return String::new() };
    let sum = |side: fn(&Compared) -> &Option<Tally>| {
        price.times(compared.values().filter_map(|one| side(one).as_ref()).map(|tally| tally.segments).sum())
    };
    let (tried, in_force) = (sum(|one| &one.draft).units(), sum(|one| &one.live).units());
    let amount = if is_compared { format!("{in_force:.2} → {tried:.2}") } else { format!("{tried:.2}") };
    format!("{}{amount}", teller.language.of(["; messages cost ", "；短信费用 "]))
}

fn names<'r>(rules: &'r RuleSet, scenarios: &[u32]) -> Vec<&'r str> {
    let named = scenarios.iter().filter_map(|index| rules.scenarios().get(*index as usize));
    named.map(|scenario| &*scenario.name).collect()
}

fn finished(backtest: Option<backtest::Backtest<'_>>) -> Vec<Tally> {
    backtest.map(backtest::Backtest::finish).unwrap_or_default()
}

// Who would be offered what, and is not; and the other way.
fn note<'s>(turnover: &mut BTreeMap<&'s str, Turnover>, tried: &[&'s str], in_force: &[&'s str]) {
    for gained in tried.iter().filter(|name| !in_force.contains(name)) {
        turnover.entry(gained).or_default().gained += 1;
    }
    for lost in in_force.iter().filter(|name| !tried.contains(name)) {
        turnover.entry(lost).or_default().lost += 1;
    }
}

fn withheld(compared: &Compared, is_compared: bool, teller: &Teller<'_>) -> String {
    let count = |tally: &Option<Tally>, reason| tally.as_ref().and_then(|tally| tally.withheld.get(&reason).copied());
    let reasons = compared.draft.iter().chain(&compared.live).flat_map(|tally| tally.withheld.keys().copied());
    let reasons: std::collections::BTreeSet<_> = reasons.collect();
    lines(reasons.into_iter().map(|reason| {
        let (live, draft) = (count(&compared.live, reason).unwrap_or(0), count(&compared.draft, reason).unwrap_or(0));
        let reason = teller.reason(reason);
        match is_compared {
            true => format!("{} → {} {reason}", grouped(live), grouped(draft)),
            false => format!("{} {reason}", grouped(draft)),
        }
    }))
}

fn json(out: &mut impl Write, name: &str, compared: &Compared, is_compared: bool) -> io::Result<()> {
    let mut line = Line::new(false);
    line.begin();
    line.text("scenario", name);
    line.text("title", &compared.title);
    let sides = [("tried", &compared.draft), ("in_force", &compared.live)];
    for (side, tally) in sides.into_iter().filter_map(|(side, tally)| Some((side, tally.as_ref()?))) {
        line.open(side);
        line.integer("triggered", tally.triggered);
        line.integer("offers", tally.offers);
        line.integer("messages", tally.segments);
        line.open("withheld");
        tally.withheld.iter().for_each(|(reason, count)| line.integer(reason.name(), *count));
        line.close();
        line.close();
    }
    if is_compared {
        line.integer("gained", compared.turnover.gained);
        line.integer("lost", compared.turnover.lost);
    }
    out.write_all(line.end())
}

fn spinner() -> ProgressBar {
    if !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    match ProgressStyle::with_template("{spinner} {pos} subscribers tried  {elapsed} passed") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

//! `touchpoint replay`: captures through scenarios to offers. The whole way of a packet in one file.

use std::hash::Hasher;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use event::{AreaFact, Event, Timestamp};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use probe::capture::Capture;
use probe::{Probe, ProbeConfig, Sink};
use rules::language::{Language, Site};
use rules::{Directory, RuleSet};
use siphasher::sip::SipHasher13;
use tempfile::TempDir;

use crate::offer::AddressSource;
use crate::offer::address::{Lookup, LookupConfig};
use crate::offer::channel::journal;
use crate::offer::channel::{self, Lane, Opening};
use crate::offer::consent::Consent;
use crate::reload::{Loaded, Watch};
use crate::shard::MAX_THREADS;
use crate::{Engine, EngineConfig, EngineCounters, EngineError, Summary, Warm};

use super::inputs::{self, Inputs};
use super::json::Line;
use super::links::Sight;
use super::report::{self, Decisions};
use super::teller::Teller;
use super::{Ending, Failure, check};

/// Replays captures through scenarios and delivers the offers: to a journal, or to a message centre.
#[derive(clap::Args, Debug)]
#[command(after_help = after_help())]
pub(crate) struct Replay {
    #[command(flatten)]
    inputs: Inputs,
    /// The folder of scenarios, as for `check`.
    #[arg(long, value_name = "DIR")]
    scenarios: PathBuf,
    /// CSV with the columns imsi, msisdn, consent and any others as tags.
    #[arg(long, value_name = "CSV")]
    subscribers: Option<PathBuf>,
    /// Deliver by this channel; may be repeated. `sms` and `wap_push` are for offers of that kind, other names for those
    /// that ask for them; where there is none for a kind, the first is. Passwords may stand in the environment instead.
    #[arg(long = "channel", value_name = "NAME=URL", value_parser = named)]
    channels: Vec<(String, String)>,
    /// Deliver to this message centre: the same as --channel sms=URL.
    #[arg(long, value_name = "URL", conflicts_with = "channels")]
    smsc: Option<String>,
    /// The ledger of who has refused, a CSV: looked into before sending, and written when somebody answers with a keyword.
    /// Otherwise it lies in the store.
    #[arg(long, value_name = "CSV")]
    consent: Option<PathBuf>,
    /// Ask this service for numbers that are not in the subscriber file; `{imsi}` in the URL is replaced.
    #[arg(long, value_name = "URL")]
    lookup: Option<String>,
    /// Write offers to this journal (JSON lines), whatever channel they ask for, instead of sending them.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["smsc", "channels"])]
    journal: Option<PathBuf>,
    /// Keep facts, decisions and offers in this folder.
    #[arg(long, value_name = "DIR")]
    store: Option<PathBuf>,
    /// Read the scenarios anew whenever they change: they are taken whole, once they have no errors and pass their unit tests;
    /// else those in force stay. What has begun goes on. The result then depends on when that was.
    #[arg(long)]
    watch_scenarios: bool,
    /// Matching threads, 1 to 64; the result does not depend on it.
    #[arg(long, value_name = "N", default_value_t = default_threads())]
    threads: NonZeroUsize,
    /// Start with the warm-up of a cold start: in it (T3212 and a tenth) a first sighting is a baseline, not an entry.
    #[arg(long)]
    cold: bool,
    /// Language of what is told; otherwise that of the scenarios.
    #[arg(long, value_name = "zh|en", value_parser = check::language)]
    lang: Option<Language>,
    /// One JSON line per decision, then a summary, for programs.
    #[arg(long)]
    json: bool,
    /// Show IMSI and numbers in clear.
    #[arg(long)]
    reveal: bool,
    /// How many offers to show to a person.
    #[arg(long, value_name = "N", default_value_t = 20)]
    show: usize,
}

fn after_help() -> String {
    format!(
        "\
Examples:
  touchpoint replay a.pcap --scenarios my-scenarios --subscribers people.csv
  touchpoint replay day/ --scenarios my-scenarios --journal offers.jsonl --json
  touchpoint replay a.pcap --scenarios my-scenarios --smsc 'smpp://user@127.0.0.1?source=10086'

A replay may be stopped at any moment and run again on the same store: it goes on where it was, counts nothing twice and \
sends nothing twice. With --channel the store is kept, so that this holds; without, it is thrown away at the end.

Channels:
{}

{}",
        listed(channel::URLS),
        channel::parameters()
            .iter()
            .map(|(whose, parameters)| format!("Parameters of {whose}:\n{}", listed(parameters)))
            .collect::<Vec<_>>()
            .join("\n\n")
    )
}

fn listed(entries: &[(&str, &str)]) -> String {
    let lines: Vec<String> = entries.iter().map(|(name, meaning)| format!("  {name:<20} {meaning}")).collect();
    lines.join("\n")
}

/// `NAME=URL`.
fn named(text: &str) -> Result<(String, String), String> {
    let (name, url) = text.split_once('=').ok_or("it is written NAME=URL, as in sms=smpp://user@host")?;
    let is_name =
        !name.is_empty() && name.chars().all(|character| character.is_alphanumeric() || "_-".contains(character));
    match is_name {
        true => Ok((name.to_owned(), url.to_owned())),
        false => Err(format!("`{name}` is no name for a channel; it has letters, digits, `_` and `-`")),
    }
}

pub(crate) fn default_threads() -> NonZeroUsize {
    let cores = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    NonZeroUsize::new(cores.get().min(MAX_THREADS)).unwrap_or(NonZeroUsize::MIN)
}

impl Replay {
    pub(crate) fn run(&self) -> Result<Ending, Failure> {
        // Whatever can be wrong is found before anything is done. What changes while it is read is seen.
        let watch = self.watch_scenarios.then(|| Watch::begin(&self.scenarios, self.site())).transpose()?;
        let (rules, language) = check::load_for(&self.scenarios, self.lang, &self.site())?;
        let rules = Arc::new(rules);
        let directory = Arc::new(self.directory()?);
        let mut capture = self.inputs.open()?;
        let lookup = self.lookup.as_deref().map(|url| Lookup::open(LookupConfig::new(url))).transpose()?;
        let folder = Folder::choose(self, &capture)?;
        let lanes = self.lanes(folder.path())?;

        let mut config = EngineConfig::new(folder.path().join("window"), Arc::clone(&rules), directory, lanes);
        config.threads = self.threads;
        config.warm = if self.cold { Warm::Never } else { Warm::Always };
        // The report is of the whole capture, however long.
        config.decisions = Duration::MAX;
        config.lookup = lookup.map(|lookup| Box::new(lookup) as Box<dyn AddressSource>);
        config.consent = Some(self.ledger(folder.path())?);
        config.input = capture.fingerprint();
        let mut replayed = Replayed::new(Engine::start(config)?, self.inputs.probe_config());
        replayed.watched = watch.map(|watch| Watched::new(watch, Arc::clone(&rules)));
        let ending = replayed.drive(&mut capture)?;
        let Replayed { engine, probe, span, watched, .. } = replayed;
        let (rules, reloads) = watched.map_or((rules, None), |watched| (watched.in_force, Some(watched.reloads)));
        let Summary { counters, unsettled, store, .. } = engine.finish()?;

        let entries = store.ledger()?.collect::<Result<Vec<_>, _>>()?;
        let offers = store.outbox()?.collect::<Result<Vec<_>, _>>()?;
        let results = Results {
            sight: Sight::of(&probe, Some(&capture)),
            probe,
            span,
            counters,
            subscribers: store.subscribers()?,
            decisions: Decisions::new(entries, offers),
            rules,
            reloads,
            language,
        };
        let mut out = BufWriter::new(io::stdout().lock());
        let written = if self.json { results.json(&mut out, self.reveal) } else { results.tables(&mut out, self) };
        written.and_then(|()| out.flush()).map_err(Failure::output)?;
        folder.tell(self.json, language);
        if unsettled > 0 {
            return Err(Failure::new(match language {
                Language::English => {
                    format!("{unsettled} offers could not be sent yet; run the same command again to go on with them")
                }
                Language::Chinese => format!("还有 {unsettled} 条未能发出；再运行一次同样的命令即可继续"),
            }));
        }
        Ok(ending)
    }

    fn directory(&self) -> Result<Directory, Failure> {
        match &self.subscribers {
            Some(file) => Ok(Directory::load(file)?),
            None => Ok(Directory::default()),
        }
    }

    /// The channels and their URLs, however they were named.
    fn urls(&self) -> Vec<(&str, &str)> {
        let smsc = self.smsc.iter().map(|url| ("sms", url.as_str()));
        self.channels.iter().map(|(name, url)| (name.as_str(), url.as_str())).chain(smsc).collect()
    }

    /// A journal takes what is meant for any channel.
    fn site(&self) -> Site {
        let names: Vec<String> = self.urls().iter().map(|(name, _)| (*name).to_owned()).collect();
        let senders = self.urls().into_iter().filter_map(|(_, url)| channel::sender(url)).collect();
        Site { channels: Some(names).filter(|names| !names.is_empty()), senders, ..Site::default() }
    }

    fn ledger(&self, folder: &Path) -> Result<Consent, Failure> {
        let file = match &self.consent {
            Some(file) => file.clone(),
            None => made(folder)?.join("consent.csv"),
        };
        Ok(Consent::open(&file)?)
    }

    fn lanes(&self, folder: &Path) -> Result<Vec<Lane>, Failure> {
        let opening = Opening { reveal: self.reveal, patient: false };
        let urls = self.urls();
        if !urls.is_empty() {
            return Ok(urls.iter().map(|(name, url)| channel::open(name, url, opening)).collect::<Result<_, _>>()?);
        }
        let file = match &self.journal {
            Some(file) => file.clone(),
            None => made(folder)?.join("offers.jsonl"),
        };
        Ok(vec![Lane::sole(journal::open(&file, self.reveal)?)])
    }
}

fn made(folder: &Path) -> Result<&Path, Failure> {
    let failed = |error| Failure::new(format_args!("cannot make the folder `{}`: {error}", folder.display()));
    std::fs::create_dir_all(folder).map_err(failed)?;
    Ok(folder)
}

/// The folder of the store.
enum Folder {
    /// Named by the user.
    Named(PathBuf),
    /// Ours to keep, because what was sent must not be sent again.
    Kept(PathBuf),
    /// Thrown away at the end.
    Temporary(TempDir),
}

impl Folder {
    fn choose(replay: &Replay, capture: &Capture) -> Result<Self, Failure> {
        if let Some(folder) = &replay.store {
            return Ok(Self::Named(folder.clone()));
        }
        let urls = replay.urls();
        if urls.is_empty() {
            let folder = tempfile::Builder::new().prefix("touchpoint-").tempdir();
            return folder.map(Self::Temporary).map_err(|error| {
                Failure::new(format_args!("cannot make a temporary folder: {error}; name one with --store"))
            });
        }
        // The same capture, scenarios and message centres are the same replay.
        let scenarios = replay.scenarios.canonicalize().unwrap_or_else(|_| replay.scenarios.clone());
        let mut hasher = SipHasher13::new();
        hasher.write_u64(capture.fingerprint());
        hasher.write(scenarios.as_os_str().as_encoded_bytes());
        for (_, url) in urls {
            // Neither its parameters nor who calls change which centre it is.
            let place = url.split('?').next().unwrap_or(url);
            hasher.write(place.rsplit('@').next().unwrap_or(place).as_bytes());
        }
        Ok(Self::Kept(state_folder()?.join(format!("replay-{:016x}", hasher.finish()))))
    }

    fn path(&self) -> &Path {
        match self {
            Self::Named(path) | Self::Kept(path) => path,
            Self::Temporary(folder) => folder.path(),
        }
    }

    fn tell(&self, json: bool, language: Language) {
        let Self::Kept(path) = self else { return };
        let path = path.display();
        match language {
            _ if json => {}
            Language::English => eprintln!(
                "The store is kept in {path}: what was sent is not sent again. Remove it to start over, or name another with \
                 --store."
            ),
            Language::Chinese => {
                eprintln!("数据保存在 {path}：已发送的不会重发。要从头开始请删除它，或用 --store 另指一个文件夹。");
            }
        }
    }
}

/// Where programs keep what must survive, by the XDG base directory specification.
fn state_folder() -> Result<PathBuf, Failure> {
    let absolute = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    absolute("XDG_STATE_HOME")
        .or_else(|| absolute("HOME").map(|home| home.join(".local/state")))
        .map(|base| base.join("touchpoint"))
        .ok_or_else(|| Failure::new("neither XDG_STATE_HOME nor HOME is set; name a folder with --store"))
}

/// First and last capture time.
#[derive(Clone, Copy)]
pub(crate) struct Span {
    pub(crate) first: Timestamp,
    pub(crate) last: Timestamp,
}

/// Probe and engine, driven by the frames of a capture.
pub(crate) struct Replayed {
    pub(crate) engine: Engine,
    probe: Probe,
    pub(crate) span: Option<Span>,
    progress: ProgressBar,
    watched: Option<Watched>,
}

/// Events go on to the engine, and time does with every frame.
struct Feed<'e> {
    engine: &'e mut Engine,
    /// Why the engine cannot go on.
    failed: Option<EngineError>,
}

impl<'e> Feed<'e> {
    fn new(engine: &'e mut Engine) -> Self {
        Self { engine, failed: None }
    }
}

impl Sink for Feed<'_> {
    const FRAMES: bool = true;

    fn frame(&mut self, at: Timestamp) {
        if let Err(error) = self.engine.tick(at) {
            self.failed.get_or_insert(error);
        }
    }

    fn event(&mut self, event: &Event) {
        self.engine.event(event);
    }

    fn area(&mut self, fact: &AreaFact) {
        self.engine.area(fact);
    }
}

impl Replayed {
    pub(crate) fn new(engine: Engine, config: ProbeConfig) -> Self {
        Self { engine, probe: Probe::new(config), span: None, progress: ProgressBar::hidden(), watched: None }
    }

    pub(crate) fn drive(&mut self, capture: &mut Capture) -> Result<Ending, Failure> {
        /// Frames between two looks at the progress.
        const STEP: u64 = 4096;
        let total_octets = capture.progress().total_octets;
        if let Some(total) = total_octets.filter(|_| io::stderr().is_terminal()) {
            self.progress = progress_bar(total);
        }
        let (mut ending, mut shown) = (Ending::Complete, 0);
        loop {
            match capture.batch() {
                Ok(frames) => {
                    let (Some(begin), Some(end)) = (frames.iter().next(), frames.iter().last()) else { break };
                    let first = self.span.map_or(begin.at, |span| span.first);
                    self.span = Some(Span { first, last: end.at });
                    if let Some(watched) = &mut self.watched {
                        watched.look(&mut self.engine)?;
                    }
                    let mut feed = Feed::new(&mut self.engine);
                    self.probe.frames(frames, &mut feed);
                    if let Some(error) = feed.failed {
                        return Err(error.into());
                    }
                    if total_octets.is_none() {
                        self.engine.hand_over();
                    }
                    let number = end.number;
                    if number >= shown + STEP {
                        shown = number;
                        self.progress.set_position(capture.progress().read_octets);
                        self.progress.set_message(report::grouped(number));
                    }
                }
                Err(error) => ending = inputs::cut_off(error)?,
            }
        }
        self.probe.finish(&mut Feed::new(&mut self.engine));
        self.progress.finish_and_clear();
        Ok(ending)
    }
}

fn progress_bar(total: u64) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr());
    let style = "{bar:40} {percent:>3} %  {msg} frames  {elapsed} passed, {eta} to go";
    match ProgressStyle::with_template(style) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

/// Scenarios that may change while they are replayed.
struct Watched {
    watch: Watch,
    in_force: Arc<RuleSet>,
    /// Read, but not in force yet: subscribers are still being brought over to those before.
    next: Option<Loaded>,
    reloads: Reloads,
}

/// How often scenarios were changed.
#[derive(Clone, Copy, Default)]
struct Reloads {
    taken: u64,
    refused: u64,
}

impl Watched {
    fn new(watch: Watch, in_force: Arc<RuleSet>) -> Self {
        Self { watch, in_force, next: None, reloads: Reloads::default() }
    }

    /// Takes what has been read since, and tells of it.
    fn look(&mut self, engine: &mut Engine) -> Result<(), Failure> {
        match self.watch.news() {
            Some(Ok(loaded)) => self.next = Some(loaded),
            Some(Err(refused)) => {
                self.reloads.refused += 1;
                let revision = self.in_force.revision();
                eprint!("scenarios refused: {refused}; revision {revision} stays\n{}", refused.diagnostics);
            }
            None => {}
        }
        let Some(next) = self.next.take_if(|_| engine.is_settled()) else { return Ok(()) };
        match engine.reload(Arc::clone(&next.rules)) {
            Ok(()) => {
                self.reloads.taken += 1;
                eprintln!("scenarios in force: {next}");
                self.in_force = next.rules;
                Ok(())
            }
            Err(EngineError::Renewing) => {
                self.next = Some(next);
                Ok(())
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// What a replay came to.
struct Results {
    probe: Probe,
    sight: Sight,
    span: Option<Span>,
    counters: EngineCounters,
    subscribers: u64,
    decisions: Decisions,
    /// Those in force at the end.
    rules: Arc<RuleSet>,
    reloads: Option<Reloads>,
    language: Language,
}

impl Results {
    fn json(&self, out: &mut impl Write, reveal: bool) -> io::Result<()> {
        self.decisions.write_json(out, reveal)?;
        let (transport, counters) = (self.probe.transport_counters(), self.probe.counters());
        let mut line = Line::new(reveal);
        line.begin();
        line.open("summary");
        line.integer("frames", transport.frames);
        if let Some(span) = self.span {
            line.time("first", span.first);
            line.time("last", span.last);
        }
        line.text("revision", self.rules.revision());
        if let Some(reloads) = self.reloads {
            line.open("reloads");
            line.integer("taken", reloads.taken);
            line.integer("refused", reloads.refused);
            line.close();
        }
        line.integer("subscribers", self.subscribers);
        counts(&mut line, "transport", transport.iter());
        counts(&mut line, "messages", report::messages_by_protocol(&counters).into_iter());
        counts(&mut line, "events", counters.events());
        counts(&mut line, "areas", counters.areas.iter());
        self.sight.add_json(&mut line);
        line.open("scenarios");
        for (name, tally) in self.decisions.tallies(&self.rules) {
            line.open(&name);
            line.integer("triggered", tally.triggered);
            line.integer("sent", tally.sent);
            counts(&mut line, "withheld", tally.withheld.iter().map(|(reason, count)| (reason.name(), *count)));
            counts(&mut line, "other", tally.open.iter().map(|([state, _], count)| (*state, *count)));
            line.open("groups");
            for (group, share) in tally.compared(self.rules.scenario(&name)) {
                line.open(group);
                line.integer("of", share.of as u64);
                line.integer("converted", share.count as u64);
                line.close();
            }
            line.close();
            line.close();
        }
        line.close();
        line.close();
        out.write_all(line.end())
    }

    fn tables(&self, out: &mut impl Write, replay: &Replay) -> io::Result<()> {
        let (transport, counters) = (self.probe.transport_counters(), self.probe.counters());
        let teller = Teller { rules: Some(&self.rules), language: self.language, reveal: replay.reveal };
        if let Some(span) = self.span {
            writeln!(out, "{}", network_time(transport.frames, span, &teller))?;
        }
        let [packets, messages, events] = self
            .language
            .of([["packets", "messages by protocol", "events by kind"], ["数据包", "各协议消息", "各类事件"]]);
        let blocks = [
            report::counts_table([packets, ""], transport.iter().skip(1)),
            report::counts_table([messages, ""], report::messages_by_protocol(&counters)),
            report::counts_table([events, ""], counters.events()),
        ];
        writeln!(out, "{}", report::beside(&blocks, columns()))?;
        let malformed: u64 = counters.malformed().chain(transport.malformed()).map(|(_, count)| count).sum();
        let sums =
            [self.subscribers, self.counters.unresolved, malformed, counters.areas.silent, self.counters.skipped];
        let [summary, silences, skips] = sums_told(sums.map(report::grouped), self.language);
        writeln!(out, "{summary}")?;
        if counters.areas.silent > 0 {
            writeln!(out, "{silences}")?;
        }
        self.sight.write_tables(out, self.language)?;
        if self.counters.skipped > 0 {
            writeln!(out, "{skips}")?;
        }
        writeln!(out, "\n{}", report::scenarios_table(&self.rules, &self.decisions.tallies(&self.rules), &teller))?;
        writeln!(out, "\n{}", self.decisions.offers_table(replay.show, &teller))
    }
}

fn network_time(frames: u64, span: Span, teller: &Teller<'_>) -> String {
    let (frames, seconds) = (report::grouped(frames), span.last.since(span.first).as_secs_f64());
    let [first, last] = [span.first, span.last].map(|at| teller.time(at));
    match teller.language {
        Language::English => format!("{frames} frames in {seconds:.1} s of network time, from {first} to {last}"),
        Language::Chinese => format!("{frames} 个数据帧，网络时间 {seconds:.1} 秒，从 {first} 到 {last}"),
    }
}

/// A line each about what there was, silence, and what an earlier run had done.
fn sums_told([subscribers, unresolved, malformed, silent, skipped]: [String; 5], language: Language) -> [String; 3] {
    match language {
        Language::English => [
            format!(
                "{subscribers} subscribers; {unresolved} events without a known subscriber; {malformed} malformed messages"
            ),
            format!("{silent} times nothing was heard of a location area: clocks of those last seen there stood still"),
            format!("{skipped} events had been taken in by an earlier run on this store and were not counted again"),
        ],
        Language::Chinese => [
            format!("用户 {subscribers} 个；用户未知的事件 {unresolved} 个；无法解码的消息 {malformed} 条"),
            format!("有 {silent} 次听不到某个位置区的信令：最后在那里出现的用户，计时暂停"),
            format!("有 {skipped} 个事件上次运行时已经处理，没有重复计算"),
        ],
    }
}

/// How wide the reader's terminal is; what is no terminal is as wide as it needs to be.
fn columns() -> usize {
    console::Term::stdout().size_checked().map_or(usize::MAX, |(_, columns)| usize::from(columns))
}

fn counts<'a>(line: &mut Line, key: &str, counts: impl Iterator<Item = (&'a str, u64)>) {
    line.open(key);
    counts.filter(|(_, count)| *count > 0).for_each(|(name, count)| line.integer(name, count));
    line.close();
}

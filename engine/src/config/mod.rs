//! The configuration of `touchpoint run`: strict TOML. [`load`] tells of every mistake in one run, with its line, in the way in
//! which mistakes in scenarios are told; what it gives has no mistakes left. Paths are from the folder of the file.

mod feed;
mod form;
mod problem;
mod sections;
mod value;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rules::Diagnostics;
use rules::language::{Language, Site, Source};
use serde::{Serialize, Serializer};
use toml::de::DeTable;

use crate::api::{Role, TokenHash};
use crate::offer::{Keywords, channel};
pub(crate) use feed::msc_of_nri;
pub use feed::{FeedConfig, Listening, Reading};
use form::{Findings, Form};
use problem::Problem;

/// The most feeds.
pub const FEED_LIMIT: usize = 16;
/// The most channels.
pub const CHANNEL_LIMIT: usize = 16;
/// The most tokens.
pub const TOKEN_LIMIT: usize = 1_000;

/// Everything that `run` is told.
#[derive(Clone, Debug, Serialize)]
pub struct Config {
    /// Where facts, decisions and offers are kept.
    pub store: StoreConfig,
    /// What to match against.
    pub scenarios: ScenariosConfig,
    /// Who subscribers are.
    pub subscribers: SubscribersConfig,
    /// What is listened for in answers.
    pub answers: Keywords,
    /// Where events go besides.
    pub events: EventsConfig,
    /// When a scenario is paused by itself.
    pub runaway: RunawayConfig,
    /// What is shown of people.
    pub privacy: PrivacyConfig,
    /// What is logged, and how.
    pub log: LogConfig,
    /// Where counters are to be had.
    pub metrics: MetricsConfig,
    /// Where people look.
    pub console: ConsoleConfig,
    /// Where signalling comes from.
    #[serde(rename = "feed", skip_serializing_if = "Vec::is_empty")]
    pub feeds: Vec<FeedConfig>,
    /// Where offers go.
    #[serde(rename = "channel", skip_serializing_if = "Vec::is_empty")]
    pub channels: Vec<ChannelConfig>,
}

impl Config {
    /// What scenarios can be held against.
    pub fn site(&self) -> Site {
        let channels = self.channels.iter().map(|channel| channel.name.clone()).collect();
        let senders = self.channels.iter().filter_map(|channel| channel::sender(&channel.url.0)).collect();
        Site { channels: Some(channels), senders, ..Site::default() }
    }
}

/// `[store]`.
#[derive(Clone, Debug, Serialize)]
pub struct StoreConfig {
    /// The folder; made where there is none.
    pub folder: PathBuf,
    /// Matching threads, 1 to 64.
    pub threads: usize,
    /// How long facts, decisions and offers are kept.
    #[serde(serialize_with = "length")]
    pub retention: Duration,
    /// The longest time for which a failure of the power may take away facts.
    #[serde(serialize_with = "length")]
    pub sync: Duration,
    /// Megabytes for what was read of the store lately.
    pub cache_mb: u64,
    /// Megabytes for subscribers that are kept in memory, about.
    pub subscribers_mb: u64,
    /// Megabytes of facts that a matching thread gathers before it writes them in order.
    pub arena_mb: u64,
}

/// `[scenarios]`.
#[derive(Clone, Debug, Serialize)]
pub struct ScenariosConfig {
    /// The folder, as for `check`.
    pub folder: PathBuf,
    /// Whether a change of the folder is taken over by itself; else with SIGHUP or from the console.
    pub watch: bool,
}

/// `[subscribers]`.
#[derive(Clone, Debug, Serialize)]
pub struct SubscribersConfig {
    /// CSV with the columns imsi, msisdn, consent and any others as tags.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<PathBuf>,
    /// The service to ask for numbers that are not in the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lookup: Option<SecretUrl>,
}

/// `[events]`: what shows of subscribers, for other programs.
#[derive(Clone, Debug, Serialize)]
pub struct EventsConfig {
    /// Absent: nowhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<EventsTo>,
    /// The key of the stream, where they go to a broker.
    pub stream: String,
    /// About so many entries are kept there; the oldest make room.
    pub entries: u64,
}

/// Where events go: JSON lines as of `decode --json`, identities masked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EventsTo {
    /// `file:PATH`: appended to it.
    File(PathBuf),
    /// `unix:PATH`: a stream socket that somebody listens at.
    Unix(PathBuf),
    /// `tcp:ADDRESS:PORT`.
    Tcp(SocketAddr),
    /// `redis://HOST:PORT/DATABASE` or `redis+unix:///PATH`: a stream of a broker.
    Redis(SecretUrl),
}

impl std::fmt::Display for EventsTo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File(path) => write!(f, "file:{}", path.display()),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
            Self::Tcp(address) => write!(f, "tcp:{address}"),
            Self::Redis(url) => url.fmt(f),
        }
    }
}

impl Serialize for EventsTo {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// `[runaway]`: a scenario that offers far more than its own history is paused, until a person releases it.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct RunawayConfig {
    /// Paused where the last hour has so many times the offers of its mean hour before; 0: never.
    pub factor: u64,
    /// Never paused for fewer offers in an hour.
    pub least: u64,
}

/// `[privacy]`.
#[derive(Clone, Debug, Serialize)]
pub struct PrivacyConfig {
    /// Fewer subscribers in a place are not shown as a number.
    pub minimum_cohort: u64,
    /// The keys of pseudonyms; made where there are none.
    pub keys: PathBuf,
    /// When the key is rotated by itself; absent: only by `touchpoint pseudonyms rotate`.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "some_length")]
    pub rotate_after: Option<Duration>,
}

/// `[log]`.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct LogConfig {
    /// To where, and how.
    pub format: LogFormat,
    /// Lines a second at most; what is beyond is counted, and told.
    pub lines_per_second: u64,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// For people, on standard error.
    Text,
    /// A JSON object a line, on standard error.
    Json,
    /// To systemd's journal, with fields.
    Journal,
}

/// `[metrics]`.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct MetricsConfig {
    /// `/metrics` for Prometheus, without a token; absent: only beside the console, with one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub listen: Option<SocketAddr>,
}

/// `[console]`.
#[derive(Clone, Debug, Serialize)]
pub struct ConsoleConfig {
    /// Console and API; absent: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub listen: Option<SocketAddr>,
    /// PEM files.
    #[serde(flatten)]
    pub tls: Option<TlsConfig>,
    /// Requests of one address a second.
    pub requests_per_second: u64,
    /// Who changed, revealed or released what: lines are only ever added.
    pub audit: PathBuf,
    /// Who may do what.
    #[serde(rename = "token", skip_serializing_if = "Vec::is_empty")]
    pub tokens: Vec<TokenConfig>,
}

/// A certificate and its key.
#[derive(Clone, Debug, Serialize)]
pub struct TlsConfig {
    /// The chain, PEM.
    pub certificate: PathBuf,
    /// The private key, PEM.
    pub key: PathBuf,
}

/// `[[console.token]]`: whoever shows the token with this hash.
#[derive(Clone, Debug, Serialize)]
pub struct TokenConfig {
    /// Who it is, as written into the audit log.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// SHA-256 of the token, as `touchpoint token` prints it.
    pub sha256: TokenHash,
    /// When it ends; absent: never.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "moment")]
    pub expires: Option<event::Timestamp>,
}

/// `[[channel]]`.
#[derive(Clone, Debug, Serialize)]
pub struct ChannelConfig {
    /// What scenarios and pages call it.
    pub name: String,
    /// How to reach it: `smpp://user@host:port?source=10086`, `journal:offers.jsonl`.
    pub url: SecretUrl,
}

/// A URL in which there may be a password: shown without.
#[derive(Clone, Eq, PartialEq)]
pub struct SecretUrl(pub String);

impl std::fmt::Debug for SecretUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self, f)
    }
}

impl std::fmt::Display for SecretUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Some((scheme, rest)) = self.0.split_once("://") else { return f.write_str(&self.0) };
        match rest.rsplit_once('@') {
            Some((who, place)) => {
                let user = who.split(':').next().unwrap_or_default();
                write!(f, "{scheme}://{user}:***@{place}")
            }
            None => f.write_str(&self.0),
        }
    }
}

impl Serialize for SecretUrl {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

fn some_length<S: Serializer>(some: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
    match some {
        Some(some) => length(some, serializer),
        None => serializer.serialize_none(),
    }
}

fn length<S: Serializer>(length: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    let seconds = length.as_secs();
    match (length.subsec_millis(), seconds % 3600, seconds % 60) {
        (1.., _, _) => serializer.collect_str(&format_args!("{}ms", length.as_millis())),
        (_, 0, _) => serializer.collect_str(&format_args!("{}h", seconds / 3600)),
        (_, _, 0) => serializer.collect_str(&format_args!("{}m", seconds / 60)),
        _ => serializer.collect_str(&format_args!("{seconds}s")),
    }
}

fn moment<S: Serializer>(at: &Option<event::Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
    match at {
        Some(at) => serializer.collect_str(at),
        None => serializer.serialize_none(),
    }
}

/// Reads a configuration: whole, or nothing but what is wrong with it, in this language.
pub fn load(file: &Path, language: Language) -> (Option<Config>, Diagnostics) {
    let name = file.file_name().map_or_else(|| file.to_owned(), PathBuf::from);
    let base = file.parent().unwrap_or(Path::new(""));
    let mut diagnostics = Diagnostics { folder: base.to_owned(), ..Diagnostics::default() };
    let read = std::fs::read_to_string(file);
    let source = Source { file: name, text: read.as_ref().cloned().unwrap_or_default() };
    let findings = Findings::new(&source, language);
    if let Err(error) = read {
        findings.report(0..0, &Problem::Unreadable { what: format!("`{}`: {error}", file.display()) });
        diagnostics.list = findings.finish();
        diagnostics.sources = vec![source];
        return (None, diagnostics);
    }
    let (table, errors) = DeTable::parse_recoverable(&source.text);
    for error in &errors {
        let what = error.message().lines().next().unwrap_or_default().to_owned();
        findings.report(error.span().unwrap_or(0..0), &Problem::Syntax { what });
    }
    // What a broken line leaves behind would only be complained of once more.
    let config = match errors.is_empty() {
        true => sections::read(Form::new(table.get_ref(), 0..0, &findings), base),
        false => None,
    };
    let list = findings.finish();
    let is_sound = list.is_empty();
    diagnostics.list = list;
    diagnostics.sources = vec![source];
    (config.filter(|_| is_sound), diagnostics)
}

#[cfg(test)]
mod tests;

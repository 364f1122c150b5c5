//! The look-up hook: a subscriber's number from the operator's own source (VLR export, HLR, roaming gateway) over HTTP.
//!
//! Asking never waits: a dispatcher thread owns the cache, joins questions about one IMSI, holds the rate, and gives
//! the rest to a few workers. The answer to a `GET` is JSON `{"msisdn":"…"}` or the digits alone; 404, 204 or an
//! empty answer mean that nobody knows. The environment's HTTP proxy is not used: these are subscribers' identities.

mod ask;
mod cache;
mod dispatch;

use std::io;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crossbeam::channel::{self, Receiver, Sender, TrySendError};
use event::{Imsi, Number};
use thiserror::Error;

use self::ask::{Asker, PLACEHOLDER};
use self::dispatch::Dispatcher;

/// Questions that the dispatcher has not seen yet; more are answered `Failed` at once.
const REQUESTS_LIMIT: usize = 8_192;

/// The most workers that may be asked for.
pub const WORKERS_LIMIT: usize = 64;

/// What is known about a subscriber's number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// This is it, as the source wrote it.
    Found(Number),
    /// The source knows none.
    Unknown,
    /// The source could not be asked, or its answer not be read; worth another try later. For people, without identities.
    Failed(String),
}

/// Where and how to ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LookupConfig {
    /// `https://vlr.example/msisdn?imsi={imsi}`: `http` or `https`, with `{imsi}` where the digits go.
    pub url: String,
    /// Certificates (PEM) of the authorities that an `https` source is trusted by, instead of the web's: operators have
    /// their own.
    pub authorities: Option<PathBuf>,
    /// For one question, from connecting to the last octet.
    pub timeout: Duration,
    /// Questions per second, at most.
    pub rate: NonZeroU32,
    /// Questions at once, 1 to [`WORKERS_LIMIT`].
    pub workers: usize,
    /// Numbers remembered.
    pub cache_limit: usize,
    /// For how long.
    pub cache_ttl: Duration,
    /// Subscribers remembered whom the source does not know.
    pub negative_cache_limit: usize,
    /// For how long.
    pub negative_ttl: Duration,
}

impl LookupConfig {
    /// A source at `url`, with 2 s timeout, 200 questions a second, 8 at once; 1,000,000 numbers remembered for 6 h,
    /// 100,000 unknown subscribers for 10 min.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            authorities: None,
            timeout: Duration::from_secs(2),
            rate: NonZeroU32::MIN.saturating_add(199),
            workers: 8,
            cache_limit: 1_000_000,
            cache_ttl: Duration::from_secs(6 * 3600),
            negative_cache_limit: 100_000,
            negative_ttl: Duration::from_secs(600),
        }
    }
}

/// Why a look-up hook cannot be used.
#[derive(Debug, Error)]
pub enum LookupError {
    /// Nothing says where the IMSI goes.
    #[error(
        "the look-up hook `{0}` has no `{PLACEHOLDER}`; write it where the IMSI's digits go, as in `http://host/msisdn?imsi={PLACEHOLDER}`"
    )]
    NoPlaceholder(String),
    /// It is no URL of HTTP.
    #[error("the look-up hook `{url}` is not a URL of http or https: {why}")]
    Url {
        /// What was given.
        url: String,
        /// What is wrong.
        why: String,
    },
    /// The authorities' certificates cannot be used.
    #[error("cannot use the certificates `{}` of the look-up hook: {why}; name a PEM file with `BEGIN CERTIFICATE`", path.display())]
    Authorities {
        /// Which file.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// There must be some, and not too many.
    #[error("the look-up hook has 1 to {WORKERS_LIMIT} workers, not {0}")]
    Workers(usize),
    /// The system gave no thread.
    #[error("cannot start the threads of the look-up hook: {0}; check the limit on processes")]
    Thread(io::Error),
}

/// A look-up hook. Dropping it forgets what is not answered yet.
pub struct Lookup {
    /// `None` only while being dropped.
    requests: Option<Sender<Imsi>>,
    refusals: Sender<(Imsi, Answer)>,
    answers: Receiver<(Imsi, Answer)>,
    threads: Vec<JoinHandle<()>>,
}

impl Lookup {
    /// Checks the configuration and starts the threads. The source is not asked yet: it may be down.
    pub fn open(config: LookupConfig) -> Result<Self, LookupError> {
        if !(1..=WORKERS_LIMIT).contains(&config.workers) {
            return Err(LookupError::Workers(config.workers));
        }
        let asker = Asker::new(&config)?;
        let (requests, requested) = channel::bounded(REQUESTS_LIMIT);
        let (told, answers) = channel::unbounded();
        // As many questions as workers: what waits does so in the dispatcher, which joins it.
        let (questions, asked) = channel::bounded(config.workers);
        let (replies, replied) = channel::bounded(config.workers);
        let mut threads = Vec::new();
        for _ in 0..config.workers {
            let (asker, asked, replies) = (asker.clone(), asked.clone(), replies.clone());
            threads.push(spawn("lookup", move || asker.run(&asked, &replies))?);
        }
        let dispatcher = Dispatcher::new(&config, questions, told.clone());
        threads.push(spawn("lookup-dispatch", move || dispatcher.run(&requested, &replied))?);
        Ok(Self { requests: Some(requests), refusals: told, answers, threads })
    }

    /// Asks for a subscriber's number. Never waits; one answer comes for all questions about the same IMSI that were
    /// put before it.
    pub fn request(&self, imsi: Imsi) {
        let sent = self.requests.as_ref().map(|requests| requests.try_send(imsi));
        if let Some(Err(TrySendError::Full(imsi) | TrySendError::Disconnected(imsi))) = sent {
            metrics::counter!("touchpoint_lookup_limit_reached_total", "table" => "requests").increment(1);
            // The receiving end is ours, so that sending cannot fail.
            self.refusals.send((imsi, Answer::Failed("too many questions at once".to_owned()))).unwrap_or_default();
        }
    }

    /// What became of the questions, in the order in which it became known.
    pub fn answers(&self) -> &Receiver<(Imsi, Answer)> {
        &self.answers
    }
}

impl Drop for Lookup {
    fn drop(&mut self) {
        self.requests = None;
        let panicked = self.threads.drain(..).filter_map(|thread| thread.join().err()).count();
        if panicked > 0 {
            tracing::error!(panicked, "threads of the look-up hook panicked");
        }
    }
}

fn spawn(name: &str, body: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, LookupError> {
    thread::Builder::new().name(name.to_owned()).spawn(body).map_err(LookupError::Thread)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mistakes_in_the_configuration_are_explained() {
        let check = |url: &str, workers, expected: &str| {
            let config = LookupConfig { workers, ..LookupConfig::new(url) };
            let told = Lookup::open(config).map(|_| ()).unwrap_err().to_string();
            assert!(told.contains(expected), "{told}");
        };
        check("http://host/msisdn", 1, "has no `{imsi}`");
        check("ftp://host/{imsi}", 1, "is not a URL of http or https");
        check("{imsi}", 1, "is not a URL of http or https");
        check("http://host/{imsi}", 0, "1 to 64 workers, not 0");
        check("http://host/{imsi}", 65, "1 to 64 workers, not 65");
    }

    #[test]
    fn certificates_that_are_none_are_explained() {
        let folder = tempfile::tempdir().unwrap();
        let empty = folder.path().join("empty.pem");
        std::fs::write(&empty, "").unwrap();
        let check = |path: PathBuf, expected: &str| {
            let config = LookupConfig { authorities: Some(path), ..LookupConfig::new("https://host/{imsi}") };
            let told = Lookup::open(config).map(|_| ()).unwrap_err().to_string();
            assert!(told.contains(expected) && told.contains("BEGIN CERTIFICATE"), "{told}");
        };
        check(folder.path().join("absent.pem"), "No such file");
        check(empty, "it holds no certificate");
    }

    #[test]
    fn a_source_that_is_down_is_told_without_the_subscriber() {
        // Port 9 of the loopback: nobody listens there.
        let lookup = Lookup::open(LookupConfig::new("http://127.0.0.1:9/{imsi}")).unwrap();
        let imsi: Imsi = "460001234567890".parse().unwrap();
        lookup.request(imsi);
        let (answered, answer) = lookup.answers().recv_timeout(Duration::from_secs(60)).unwrap();
        assert_eq!(answered, imsi);
        let Answer::Failed(reason) = answer else { panic!("{answer:?}") };
        assert!(reason.contains("refused") && !reason.contains("460001234567890"), "{reason}");
    }
}

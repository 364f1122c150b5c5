//! A channel that posts each offer to a server: threads that ask one after the other, patient with a server that is down
//! and certain of what they tell. What is posted and what the answer means is a [`Dialog`]'s.
//!
//! A request that may have arrived is repeated under the same identity where the server knows that again; if there is still no
//! answer, nobody knows what became of the offer.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use crossbeam::channel::Receiver;
use thiserror::Error;
use tokio::sync::mpsc;
use ureq::tls::TlsConfig;
use ureq::{Agent, Error as HttpError, Timeout};

use super::desk::{Clerk, Desk};
use super::ears::{self, Ears, Notice, Word};
use super::url::{Parameter, Url, span, store};
use super::{Channel, Report, Submission, Taken};
use crate::offer::authorities::roots;

/// The longest answer that is read, in octets.
const ANSWER_LIMIT: u64 = 64 * 1024;
/// The most requests at once.
const WORKERS_LIMIT: usize = 64;
/// Pauses while the server takes nothing: the first, and the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// Why a channel over HTTP cannot be opened.
#[derive(Debug, Error)]
pub enum WebError {
    /// The URL says something that cannot be meant.
    #[error("the URL: {0}")]
    Url(String),
    /// The certificates to trust cannot be used.
    #[error("`ca={}`: {why}; it is a PEM file with the authority's certificate", path.display())]
    Authorities {
        /// Which file.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// The server cannot tell anything.
    #[error("`listen={address}`: {source}; it is an address of this machine, and a port that nobody has")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// The system gives no thread.
    #[error("cannot start a thread of the channel: {0}; check the limits on processes")]
    Thread(#[from] std::io::Error),
}

/// Where a server is, and how to ask it.
#[derive(Clone, Debug)]
pub(super) struct Web {
    /// `http://…` or `https://…`, with what the URL says that is not ours.
    pub(super) url: String,
    pub(super) user: String,
    pub(super) password: String,
    workers: usize,
    timeout: Duration,
    authorities: Option<PathBuf>,
    /// Where it may tell what became of offers.
    listen: Option<SocketAddr>,
}

/// Of servers that tell what became of offers.
pub(super) const fn listen<C: AsMut<Web>>() -> Parameter<C> {
    Parameter {
        name: "listen",
        meaning: "address and port on which it may tell what became of offers, as 127.0.0.1:8091 (default: nowhere)",
        set: |config, value| store(&mut config.as_mut().listen, value.parse().ok().map(Some)),
    }
}

/// What any server's URL may say.
pub(super) const fn parameters<C: AsMut<Web>>() -> [Parameter<C>; 3] {
    [
        Parameter {
            name: "workers",
            meaning: "requests side by side, 1 to 64 (default 4)",
            set: |config, value| {
                let workers = value.parse().ok().filter(|workers| (1..=WORKERS_LIMIT).contains(workers));
                store(&mut config.as_mut().workers, workers)
            },
        },
        Parameter {
            name: "timeout_s",
            meaning: "wait for an answer (default 10)",
            set: |config, value| store(&mut config.as_mut().timeout, span(value)),
        },
        Parameter {
            name: "ca",
            meaning: "with https: file of the certificates to trust (PEM; default: the public authorities)",
            set: |config, value| store(&mut config.as_mut().authorities, Some(Some(value.into()))),
        },
    ]
}

impl Web {
    /// Reads `PREFIX+http://…`, setting what `own` knows; other parameters are the server's.
    pub(super) fn read<C: AsMut<Self>>(
        prefix: &str,
        url: &str,
        config: impl FnOnce(Self) -> C,
        own: &[Parameter<C>],
    ) -> Result<C, WebError> {
        let wrong = |why: &str| WebError::Url(why.to_owned());
        let plain = url.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('+')).unwrap_or(url);
        let read = Url::read(plain).map_err(WebError::Url)?;
        if !matches!(read.scheme.as_str(), "http" | "https") || read.host.is_empty() {
            return Err(wrong(&format!("it is written `{prefix}+http://host/path` or `{prefix}+https://host/path`")));
        }
        let tables: [&[Parameter<C>]; 2] = [own, &parameters()];
        let (ours, theirs) = read
            .query
            .iter()
            .cloned()
            .partition(|(name, _)| tables.iter().any(|table| table.iter().any(|parameter| parameter.name == name)));
        let web = Self {
            url: server(&read, theirs),
            user: read.user.clone(),
            password: read.password.clone(),
            workers: 4,
            timeout: Duration::from_secs(10),
            authorities: None,
            listen: None,
        };
        let mut config = config(web);
        Url { query: ours, ..read }.set(&mut config, &tables).map_err(WebError::Url)?;
        Ok(config)
    }

    /// RFC 7617, where the URL names a user.
    pub(super) fn authorization(&self) -> Option<(&'static str, String)> {
        let credentials = || BASE64_STANDARD.encode(format!("{}:{}", self.user, self.password));
        (!self.user.is_empty()).then(|| ("authorization", format!("Basic {}", credentials())))
    }

    fn agent(&self, is_named: bool) -> Result<Agent, WebError> {
        let path = self.authorities.clone().unwrap_or_default();
        let roots = roots(self.authorities.as_deref()).map_err(|why| WebError::Authorities { path, why })?;
        let config = Agent::config_builder()
            .timeout_global(Some(self.timeout))
            .http_status_as_error(false)
            .max_redirects(0)
            .proxy(None)
            .tls_config(TlsConfig::builder().root_certs(roots).build())
            .user_agent(if is_named { concat!("touchpoint/", env!("CARGO_PKG_VERSION")) } else { "" })
            .accept(if is_named { "*/*" } else { "" })
            .build();
        Ok(Agent::new_with_config(config))
    }
}

/// The address without user and password, and without what is ours.
fn server(url: &Url, theirs: Vec<(String, String)>) -> String {
    use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
    let host = if url.host.contains(':') { format!("[{}]", url.host) } else { url.host.clone() };
    let port = url.port.map(|port| format!(":{port}")).unwrap_or_default();
    let path = if url.path.is_empty() { "/" } else { &url.path };
    let pairs: Vec<String> =
        theirs.iter().map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC))).collect();
    let query = if pairs.is_empty() { String::new() } else { format!("?{}", pairs.join("&")) };
    format!("{}://{host}{port}{path}{query}", url.scheme)
}

/// What is posted, and what the answer means.
pub(super) trait Dialog: Send + Sync + 'static {
    /// `webhook`, `pap`, `mm7`.
    const NAME: &'static str;
    /// How often a request that may have arrived is repeated: not at all where the server need not know it again.
    const REPEATS: u32;
    /// Whether requests name the program that sends them, and what it takes for an answer.
    const IS_NAMED: bool = true;

    /// The request for an offer; what cannot be sent this way is told for people.
    fn request(&self, submission: &Submission) -> Result<Request, String>;

    /// What an answer means.
    fn judge(&self, status: u16, body: &str) -> Judgement;

    /// The request that takes an offer back, where there is one.
    fn withdrawal(&self, _taken: &Taken) -> Option<Request> {
        None
    }

    /// What a request of the server's own means.
    fn hear(&self, _body: &str) -> Option<Notice> {
        None
    }
}

/// A request, without the address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Request {
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Vec<u8>,
}

/// What an answer means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Judgement {
    /// Taken, under this name; the offer's own where the server gives none.
    Taken(Option<String>),
    /// Not taken now.
    Later(String),
    /// Not taken, and never.
    Refused(String),
    /// Not taken, for want of what it was to take the place of: it may go alone.
    Irreplaceable(String),
}

impl Judgement {
    /// What a status of HTTP says of itself; RFC 9110 §15.
    pub(super) fn of_status(status: u16) -> Self {
        let why = format!("the server answered with HTTP status {status}");
        match status {
            200..300 => Self::Taken(None),
            408 | 425 | 429 | 500..600 => Self::Later(why),
            _ => Self::Refused(why),
        }
    }
}

/// Opens a channel that holds this dialog.
pub(super) fn open<D: Dialog>(web: &Web, dialog: D) -> Result<Box<dyn Channel + Send>, WebError> {
    let (agent, dialog) = (web.agent(D::IS_NAMED)?, Arc::new(dialog));
    let (words, said) = ears::words();
    let words_to = web.listen.map(|_| words.clone());
    let clerk = |_| Asker {
        agent: agent.clone(),
        web: web.clone(),
        dialog: Arc::clone(&dialog),
        pause: FIRST_PAUSE,
        words: words_to.clone(),
        taken: None,
    };
    let desk = Desk::open(D::NAME, 2 * web.workers, (0..web.workers).map(clerk).collect())?;
    let Some(address) = web.listen else { return Ok(Box::new(desk)) };
    let read = Box::new(move |body: &str| dialog.hear(body));
    let unheard = |source| WebError::Listen { address, source };
    let ears = Ears::open(address, read, (words.clone(), said), desk.teller()).map_err(unheard)?;
    Ok(Box::new(Hearing { desk, words, _ears: ears }))
}

/// A desk, and where the server tells what became of offers. Their order is that of their ends.
struct Hearing {
    desk: Desk,
    words: mpsc::Sender<Word>,
    _ears: Ears,
}

impl Channel for Hearing {
    fn name(&self) -> &'static str {
        self.desk.name()
    }

    fn ready(&self) -> usize {
        self.desk.ready()
    }

    fn submit(&mut self, submission: Submission) {
        self.desk.submit(submission);
    }

    /// Receipts of more than there is room for come in vain.
    fn recall(&mut self, taken: Taken) {
        if self.words.try_send(Word::Taken(taken)).is_err() {
            metrics::counter!("touchpoint_web_notices_total", "what" => "recalls_limit_reached").increment(1);
        }
    }

    fn withdraw(&mut self, taken: Taken) {
        self.desk.withdraw(taken);
    }

    fn reports(&self) -> &Receiver<Report> {
        self.desk.reports()
    }
}

struct Asker<D> {
    agent: Agent,
    web: Web,
    dialog: Arc<D>,
    pause: Duration,
    /// To who waits for receipts.
    words: Option<mpsc::Sender<Word>>,
    /// What was taken last.
    taken: Option<Taken>,
}

/// How asking went.
enum Outcome {
    Judged(Judgement),
    /// Nothing has left.
    NotAsked(String),
    /// It may have arrived.
    NoAnswer,
}

impl<D: Dialog> Clerk for Asker<D> {
    const BATCH: usize = 1;

    fn work(&mut self, batch: &mut Vec<Submission>, tell: &mut dyn FnMut(Report)) {
        for submission in batch.drain(..) {
            tell(self.deliver(&submission));
        }
    }

    /// Accepted first, then its receipt.
    fn passed_on(&mut self) {
        if let Some((words, taken)) = self.words.as_ref().zip(self.taken.take()) {
            words.blocking_send(Word::Taken(taken)).unwrap_or_default();
        }
    }

    fn withdraw(&mut self, taken: &Taken) -> bool {
        let Some(request) = self.dialog.withdrawal(taken) else { return false };
        let outcome = self.ask(&request);
        count::<D>("withdrawal", &outcome);
        matches!(outcome, Outcome::Judged(Judgement::Taken(_)))
    }
}

impl<D: Dialog> Asker<D> {
    fn deliver(&mut self, submission: &Submission) -> Report {
        let id = submission.id;
        let request = match self.dialog.request(submission) {
            Ok(request) => request,
            Err(reason) => return Report::Refused { id, reason, again: false },
        };
        let mut outcome = self.ask(&request);
        for _ in 0..D::REPEATS {
            if !matches!(outcome, Outcome::NoAnswer) {
                break;
            }
            // An earlier one may have arrived, whatever becomes of this one.
            outcome = match self.ask(&request) {
                Outcome::NotAsked(_) | Outcome::Judged(Judgement::Later(_)) => Outcome::NoAnswer,
                heard => heard,
            };
        }
        count::<D>("offer", &outcome);
        match outcome {
            Outcome::Judged(Judgement::Taken(name)) => {
                self.pause = FIRST_PAUSE;
                let message_id = name.unwrap_or_else(|| id.to_string());
                self.taken = Some(Taken {
                    id,
                    message_id: message_id.clone(),
                    others: Vec::new(),
                    to: submission.to,
                    from: None,
                });
                Report::Accepted { id, message_id, others: Vec::new() }
            }
            Outcome::Judged(Judgement::Irreplaceable(_)) if submission.replaces.is_some() => {
                self.deliver(&Submission { replaces: None, ..submission.clone() })
            }
            Outcome::Judged(Judgement::Refused(reason) | Judgement::Irreplaceable(reason)) => {
                Report::Refused { id, reason, again: false }
            }
            Outcome::Judged(Judgement::Later(reason)) | Outcome::NotAsked(reason) => {
                self.rest();
                Report::Refused { id, reason, again: true }
            }
            Outcome::NoAnswer => Report::Unknown { id },
        }
    }

    fn ask(&self, request: &Request) -> Outcome {
        let mut asked = self.agent.post(&self.web.url);
        for (name, value) in &request.headers {
            asked = asked.header(*name, value);
        }
        let answered = asked.send(request.body.as_slice()).and_then(|mut answer| {
            let status = answer.status().as_u16();
            Ok((status, answer.body_mut().with_config().limit(ANSWER_LIMIT).read_to_string()?))
        });
        match answered {
            Ok((status, body)) => Outcome::Judged(self.dialog.judge(status, &body)),
            Err(HttpError::HostNotFound) => Outcome::NotAsked("the server's host is not found".to_owned()),
            Err(HttpError::Timeout(Timeout::Resolve | Timeout::Connect)) => {
                Outcome::NotAsked("the server cannot be reached in time".to_owned())
            }
            Err(HttpError::ConnectionFailed) => Outcome::NotAsked("the server cannot be connected to".to_owned()),
            Err(HttpError::Io(error)) if error.kind() == std::io::ErrorKind::ConnectionRefused => {
                Outcome::NotAsked(format!("the server cannot be connected to: {error}"))
            }
            Err(HttpError::Tls(why)) => Outcome::NotAsked(format!("no TLS with the server: {why}")),
            Err(HttpError::Rustls(why)) => Outcome::NotAsked(format!("no TLS with the server: {why}")),
            Err(_) => Outcome::NoAnswer,
        }
    }

    /// A server that takes nothing is asked more and more rarely.
    fn rest(&mut self) {
        thread::sleep(self.pause);
        self.pause = LONGEST_PAUSE.min(self.pause * 2);
    }
}

fn count<D: Dialog>(what: &'static str, outcome: &Outcome) {
    let outcome = match outcome {
        Outcome::Judged(Judgement::Taken(_)) => "taken",
        Outcome::Judged(Judgement::Later(_)) => "later",
        Outcome::Judged(Judgement::Refused(_) | Judgement::Irreplaceable(_)) => "refused",
        Outcome::NotAsked(_) => "not_asked",
        Outcome::NoAnswer => "no_answer",
    };
    let counter = metrics::counter!(
        "touchpoint_web_requests_total", "protocol" => D::NAME, "what" => what, "outcome" => outcome
    );
    counter.increment(1);
}

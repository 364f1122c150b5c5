//! Events for other programs: JSON lines as of `decode --json`, subscribers by pseudonym, to a file, a socket or a broker. Nobody
//! waits for whoever reads them: what finds no room is counted and dropped.

use std::convert::Infallible;
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::net::TcpStream;
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use crossbeam::channel::{Receiver, RecvTimeoutError, Sender, bounded};
use event::Event;

use super::View;
use super::broker::Stream;
use crate::cli::json::{Line, Naming};
use crate::cli::show::event_json;
use crate::config::{EventsConfig, EventsTo};

/// The most batches that wait to be written; those beyond are dropped.
const BATCHES: usize = 256;
/// Octets that are written at once.
const PIECE: usize = 1 << 16;
/// How long lines may wait for others.
const DELAY: Duration = Duration::from_millis(200);
/// How long to wait before the next attempt, and how long an attempt may take.
const PATIENCE: Duration = Duration::from_secs(1);
/// How long the last lines may take to be written once all else has ended.
const LAST: Duration = Duration::from_secs(3);

/// Events of a feed.
struct Batch {
    feed: Arc<str>,
    events: Vec<Event>,
}

/// The way to the thread that writes. It ends when this does, once all that waits is written.
pub(super) struct Relay {
    batches: Sender<Batch>,
    ending: Ending,
}

/// What tells that the last line is written: the other end is then gone.
pub(super) struct Ending(Receiver<Infallible>);

impl Relay {
    /// Begins to write. Where that is not possible yet, or no more, it is tried again every second.
    pub(super) fn begin(to: EventsTo, view: Arc<View>) -> io::Result<Self> {
        let (batches, waiting) = bounded(BATCHES);
        let (writing, ending) = bounded(0);
        let writer = Writer { to, view, out: None, text: Vec::with_capacity(2 * PIECE), lines: 0, is_told: false };
        thread::Builder::new().name("events".to_owned()).spawn(move || {
            let _writing: Sender<Infallible> = writing;
            writer.run(&waiting);
        })?;
        Ok(Self { batches, ending: Ending(ending) })
    }

    /// Nothing more is handed over.
    pub(super) fn close(self) -> Ending {
        self.ending
    }

    /// Hands over events, or drops them where too many wait.
    pub(super) fn send(&self, feed: &Arc<str>, events: Vec<Event>) {
        let count = events.len() as u64;
        if count > 0 && self.batches.try_send(Batch { feed: Arc::clone(feed), events }).is_err() {
            count_lines("dropped", count);
        }
    }
}

impl Ending {
    /// Waits until all is written, if it can be in time.
    pub(super) fn wait(self) {
        if self.0.recv_timeout(LAST) == Err(RecvTimeoutError::Timeout) {
            tracing::warn!("the last events were not taken by whoever reads them; they are lost to them");
        }
    }
}

struct Writer {
    to: EventsTo,
    view: Arc<View>,
    out: Option<Box<dyn Write + Send>>,
    text: Vec<u8>,
    /// How many lines the text has.
    lines: u64,
    /// Whether it has been told that it cannot be written.
    is_told: bool,
}

impl Writer {
    fn run(mut self, waiting: &Receiver<Batch>) {
        loop {
            match waiting.recv_timeout(DELAY) {
                Ok(Batch { feed, events }) => {
                    // The keys may have been rotated.
                    let mut line = Line::named(Naming::Pseudonyms(self.view.pseudonyms.load_full()));
                    for event in &events {
                        self.text.extend_from_slice(event_json(&mut line, event, &feed));
                    }
                    self.lines += events.len() as u64;
                    if self.text.len() >= PIECE {
                        self.write();
                    }
                }
                Err(RecvTimeoutError::Timeout) => self.write(),
                Err(RecvTimeoutError::Disconnected) => return self.write(),
            }
        }
    }

    /// Lines that cannot be written are dropped: whole ones, so that the next begin where lines begin.
    fn write(&mut self) {
        if self.text.is_empty() {
            return;
        }
        let written =
            self.out.take().map_or_else(|| open(&self.to, &self.view.config.events), Ok).and_then(|mut out| {
                out.write_all(&self.text)?;
                Ok(out)
            });
        match written {
            Ok(out) => {
                (self.out, self.is_told) = (Some(out), false);
                count_lines("written", self.lines);
            }
            Err(error) => {
                count_lines("dropped", self.lines);
                if !std::mem::replace(&mut self.is_told, true) {
                    tracing::error!("events cannot be written to `{}`: {error}; it is tried again", self.to);
                }
                thread::sleep(PATIENCE);
            }
        }
        self.text.clear();
        self.lines = 0;
    }
}

fn open(to: &EventsTo, config: &EventsConfig) -> io::Result<Box<dyn Write + Send>> {
    Ok(match to {
        EventsTo::File(path) => Box::new(OpenOptions::new().create(true).append(true).mode(0o640).open(path)?),
        EventsTo::Unix(path) => {
            let stream = UnixStream::connect(path)?;
            stream.set_write_timeout(Some(PATIENCE))?;
            Box::new(stream)
        }
        EventsTo::Tcp(address) => {
            let stream = TcpStream::connect_timeout(address, PATIENCE)?;
            stream.set_write_timeout(Some(PATIENCE))?;
            Box::new(stream)
        }
        EventsTo::Redis(url) => Box::new(Stream::open(&url.0, &config.stream, config.entries, PATIENCE)?),
    })
}

fn count_lines(what: &'static str, count: u64) {
    metrics::counter!("touchpoint_event_lines_total", "what" => what).increment(count);
}

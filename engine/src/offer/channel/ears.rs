//! What a server tells of its own accord: what became of an offer, posted to an address of ours. One task owns what is waited
//! for, and matches the two.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum_server::Handle;
use crossbeam::channel::Sender;
use tokio::sync::mpsc;

use super::receipts::{Matched, Receipt, Receipts};
use super::{Report, Taken};

/// The longest request, in octets.
const BODY_LIMIT: usize = 64 * 1024;
/// The most words that wait to be matched; beyond it who says them waits.
const WORDS_LIMIT: usize = 1024;
/// How long somebody may take to finish a request's head.
const FIRST_REQUEST: Duration = Duration::from_secs(10);

/// What a request means.
pub(super) struct Notice {
    /// The last word on a message, where it is the last.
    pub(super) receipt: Option<Receipt>,
    pub(super) media_type: &'static str,
    /// What is answered.
    pub(super) answer: String,
}

/// How a protocol reads requests; `None` where one is no notice.
pub(super) type Read = dyn Fn(&str) -> Option<Notice> + Send + Sync;

/// What the task hears.
pub(super) enum Word {
    /// An offer was taken: its receipt may come, or has.
    Taken(Taken),
    Told(Receipt),
}

/// To the task, and its own end.
pub(super) fn words() -> (mpsc::Sender<Word>, mpsc::Receiver<Word>) {
    mpsc::channel(WORDS_LIMIT)
}

/// A listener that runs; dropping it ends it.
pub(super) struct Ears {
    handle: Handle<SocketAddr>,
    thread: Option<JoinHandle<()>>,
}

struct Surface {
    read: Box<Read>,
    words: mpsc::Sender<Word>,
}

impl Ears {
    /// Listens on this address, and tells `reports` what becomes of offers.
    pub(super) fn open(
        address: SocketAddr,
        read: Box<Read>,
        (words, said): (mpsc::Sender<Word>, mpsc::Receiver<Word>),
        reports: Sender<Report>,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind(address)?;
        listener.set_nonblocking(true)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (handle, surface) = (Handle::new(), Arc::new(Surface { read, words }));
        let ends = handle.clone();
        let listen = async move {
            let router = Router::new().fallback(hear).layer(DefaultBodyLimit::max(BODY_LIMIT)).with_state(surface);
            let server = axum_server::from_tcp(listener)?.handle(ends).first_request_timeout(FIRST_REQUEST);
            tokio::select! {
                served = server.serve(router.into_make_service()) => served,
                () = match_up(said, &reports) => Ok(()),
            }
        };
        let serve = move || {
            if let Err(error) = runtime.block_on(listen) {
                tracing::error!(%address, %error, "what became of offers is not heard any more");
            }
        };
        let thread = thread::Builder::new().name("ears".to_owned()).spawn(serve)?;
        Ok(Self { handle, thread: Some(thread) })
    }
}

impl Drop for Ears {
    fn drop(&mut self) {
        self.handle.shutdown();
        // It tells itself how it ended.
        self.thread.take().into_iter().for_each(|thread| _ = thread.join());
    }
}

async fn hear(State(surface): State<Arc<Surface>>, body: String) -> Response {
    let Some(Notice { receipt, media_type, answer }) = (surface.read)(&body) else {
        count("unreadable");
        return StatusCode::BAD_REQUEST.into_response();
    };
    match receipt {
        Some(receipt) => surface.words.send(Word::Told(receipt)).await.unwrap_or_default(),
        None => count("passing"),
    }
    ([(header::CONTENT_TYPE, media_type)], answer).into_response()
}

async fn match_up(mut words: mpsc::Receiver<Word>, reports: &Sender<Report>) {
    let mut receipts = Receipts::default();
    while let Some(word) = words.recv().await {
        let matched = match word {
            Word::Taken(Taken { id, message_id, to, .. }) => receipts.expect(id, 1, &message_id, &to.to_string()),
            Word::Told(receipt) => Some(receipts.receive(receipt)),
        };
        match matched {
            Some(Matched::Offer(id, state)) => {
                count("matched");
                // Nobody listens any more only when the channel is being dropped.
                reports.send(Report::Receipt { id, state }).unwrap_or_default();
            }
            Some(Matched::Known | Matched::Segment) => count("repeated"),
            Some(Matched::Nothing) => count("unmatched"),
            None => {}
        }
    }
}

fn count(what: &'static str) {
    metrics::counter!("touchpoint_web_notices_total", "what" => what).increment(1);
}

//! A message centre by SMPP 3.4: one session, on its own thread, that never has more than its window unanswered.
//!
//! `config` reads the URL, `link` is a connection, `session` what is said over it, `exchange` the window and the
//! messages in it, `pace` how fast, `receipts` what became of them, `pdu` and `status` the octets.

mod config;
mod error;
mod exchange;
mod gate;
mod link;
mod pace;
mod pdu;
mod receipts;
mod session;
mod status;

use std::sync::Arc;
use std::thread::{self, JoinHandle};

use crossbeam::channel::{self, Receiver, Sender};
use tokio::sync::mpsc;

pub use self::config::{DEFAULT_PORT, Mode, PASSWORD_VARIABLE, SmppConfig, WINDOW_LIMIT};
pub use self::error::SmppError;
use self::exchange::Message;
use self::gate::Gate;
use self::session::Session;
use super::{Channel, Report, Submission};
use crate::offer::text::{self, Segments, TooLong};

/// A session with a message centre. Dropping it waits for the answers still missing (`close_s=` at most) and unbinds.
pub struct Smpp {
    config: SmppConfig,
    gate: Arc<Gate>,
    /// `None` only while being dropped.
    submissions: Option<mpsc::Sender<Message>>,
    refusals: Sender<Report>,
    reports: Receiver<Report>,
    thread: Option<JoinHandle<()>>,
}

impl Smpp {
    /// Connects and binds, and returns when that has succeeded or failed, `connect_s=` plus `response_s=` at most.
    /// Later breaks of the link are not errors: the session binds again by itself and reports them.
    pub fn open(config: SmppConfig) -> Result<Self, SmppError> {
        let (submissions, submitted) = mpsc::channel(config.window);
        let (told, reports) = channel::unbounded();
        let (bound, first_bind) = channel::bounded(1);
        let gate = Arc::new(Gate::default());
        let session = Session::new(config.clone(), submitted, told.clone(), Arc::clone(&gate));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(SmppError::Thread)?;
        let thread = thread::Builder::new()
            .name("smpp".to_owned())
            .spawn(move || runtime.block_on(session.run(bound)))
            .map_err(SmppError::Thread)?;
        // An end without a word is a panic in the session.
        let ended = || SmppError::Thread(std::io::Error::other("the session ended by itself"));
        first_bind.recv().unwrap_or_else(|_| Err(ended()))?;
        Ok(Self { config, gate, submissions: Some(submissions), refusals: told, reports, thread: Some(thread) })
    }

    fn message(&self, submission: Submission) -> Result<Message, Report> {
        let Submission { id, to, from, text, validity_s, .. } = submission;
        let refused = |reason| Report::Refused { id, reason, again: false };
        let source = self.config.source(from.as_deref()).ok_or_else(|| {
            refused("the sender is neither a number of up to 20 digits nor 1 to 11 ASCII characters".to_owned())
        })?;
        let segments = self.segments(&text).map_err(|error| refused(error.to_string()))?;
        Ok(Message { id, to, source, segments, validity_s })
    }

    fn segments(&self, text: &str) -> Result<Segments, TooLong> {
        if self.config.always_ucs2 { text::ucs2_segments(text) } else { text::segments(text) }
    }

    fn hand_over(&self, message: Message) -> Result<(), Report> {
        let permit = self.submissions.as_ref().and_then(|session| session.try_reserve().ok());
        let permit = permit.ok_or_else(|| Report::Refused {
            id: message.id,
            reason: "not sent: more was submitted than there was room for".to_owned(),
            again: true,
        })?;
        self.gate.hand_over(message.segments.count());
        permit.send(message);
        Ok(())
    }
}

impl Channel for Smpp {
    fn name(&self) -> &'static str {
        "smpp"
    }

    fn ready(&self) -> usize {
        self.gate.ready()
    }

    fn submit(&mut self, submission: Submission) {
        let handed_over = self.message(submission).and_then(|message| self.hand_over(message));
        // The receiving end is ours, so that sending cannot fail.
        handed_over.unwrap_or_else(|report| self.refusals.send(report).unwrap_or_default());
    }

    fn reports(&self) -> &Receiver<Report> {
        &self.reports
    }
}

impl Drop for Smpp {
    fn drop(&mut self) {
        self.submissions = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread of the message centre's session panicked");
        }
    }
}

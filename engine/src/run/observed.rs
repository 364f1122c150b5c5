//! A channel as it is seen from outside: counts what it takes and refuses, and remembers why it is down.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use arc_swap::ArcSwapOption;
use crossbeam::channel::{Receiver, bounded};
use event::Number;

use super::clock;
use super::status::ChannelStatus;
use crate::delays::{Counted, Lengths};
use crate::offer::channel::{Channel, Lane, Report, Submission, Taken};
use crate::offer::hold;

/// The most reports between a channel and the arbiter; beyond it the channel's own queue fills.
const REPORTS: usize = 1_024;

/// What was seen of a channel.
#[derive(Debug, Default)]
pub(super) struct Seen {
    name: String,
    /// The folder by which a person lets offers go, where none goes by itself.
    manual: Option<PathBuf>,
    is_ready: AtomicBool,
    submitted: AtomicU64,
    accepted: AtomicU64,
    refused: AtomicU64,
    down: ArcSwapOption<String>,
    sending: Lengths,
}

impl Seen {
    pub(super) fn status(&self) -> ChannelStatus {
        let load = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let down = self.down.load().as_deref().cloned();
        ChannelStatus {
            name: self.name.clone(),
            ready: down.is_none() && self.is_ready.load(Ordering::Relaxed),
            down,
            held: self.manual.as_deref().and_then(|folder| hold::waiting(folder).ok()),
            submitted: load(&self.submitted),
            accepted: load(&self.accepted),
            refused: load(&self.refused),
        }
    }

    /// How long offers took from their trigger, in packet time, until they were handed to the channel: what waited, because it had
    /// to or because the channel was down, is among them.
    pub(super) fn sending(&self) -> Counted {
        self.sending.read()
    }

    fn note(&self, report: &Report) {
        match report {
            Report::Accepted { .. } => _ = self.accepted.fetch_add(1, Ordering::Relaxed),
            Report::Refused { .. } => _ = self.refused.fetch_add(1, Ordering::Relaxed),
            Report::Ready => self.down.store(None),
            Report::Down { reason } => {
                tracing::warn!(channel = self.name, "channel is down: {reason}");
                self.down.store(Some(Arc::new(reason.clone())));
            }
            Report::Unknown { .. } | Report::Receipt { .. } | Report::Incoming { .. } => {}
        }
    }
}

/// A channel that is looked at.
pub(super) struct Observed {
    inner: Box<dyn Channel + Send>,
    seen: Arc<Seen>,
    reports: Receiver<Report>,
}

impl Observed {
    /// Looks at the channel of a lane.
    pub(super) fn lane(lane: Lane) -> std::io::Result<(Lane, Arc<Seen>)> {
        let Lane { name, channel: inner, terms } = lane;
        let seen = Arc::new(Seen { name: name.clone(), manual: terms.manual.clone(), ..Seen::default() });
        let (forward, reports) = bounded(REPORTS);
        let (source, noted) = (inner.reports().clone(), Arc::clone(&seen));
        thread::Builder::new().name(format!("reports-{name}")).spawn(move || {
            for report in source {
                noted.note(&report);
                if forward.send(report).is_err() {
                    break;
                }
            }
        })?;
        let channel = Box::new(Self { inner, seen: Arc::clone(&seen), reports });
        Ok((Lane { name, channel, terms }, seen))
    }
}

impl Channel for Observed {
    fn name(&self) -> &'static str {
        self.inner.name()
    }

    fn ready(&self) -> usize {
        let ready = self.inner.ready();
        self.seen.is_ready.store(ready > 0, Ordering::Relaxed);
        ready
    }

    fn submit(&mut self, submission: Submission) {
        self.seen.submitted.fetch_add(1, Ordering::Relaxed);
        self.seen.sending.add(clock::wall().since(submission.at));
        self.inner.submit(submission);
    }

    fn recall(&mut self, taken: Taken) {
        self.inner.recall(taken);
    }

    fn withdraw(&mut self, taken: Taken) {
        self.inner.withdraw(taken);
    }

    fn sender(&self, from: Option<&str>) -> Option<Number> {
        self.inner.sender(from)
    }

    fn reports(&self) -> &Receiver<Report> {
        &self.reports
    }
}

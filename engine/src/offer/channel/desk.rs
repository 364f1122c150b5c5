//! A channel that threads of its own work off: they take submissions from a bounded queue and report what became of each.
//! What a thread does with them is a [`Clerk`]'s.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};

use crossbeam::channel::{self, Receiver, Sender};

use super::{Channel, Report, Submission};

/// Works submissions off, on a thread of its own.
pub(super) trait Clerk: Send + 'static {
    /// The most submissions that are worked off together.
    const BATCH: usize;

    /// Does so, and tells what became of each, in any order.
    fn work(&mut self, batch: &mut Vec<Submission>, tell: &mut dyn FnMut(Report));
}

/// The side that submits.
pub(super) struct Desk {
    name: &'static str,
    room: usize,
    in_flight: Arc<AtomicUsize>,
    submissions: Option<Sender<Submission>>,
    refusals: Sender<Report>,
    reports: Receiver<Report>,
    threads: Vec<JoinHandle<()>>,
}

impl Desk {
    /// Starts a thread for each clerk; `room` is the most submissions that wait or are being worked off.
    pub(super) fn open<C: Clerk>(name: &'static str, room: usize, clerks: Vec<C>) -> std::io::Result<Self> {
        let (submissions, submitted) = channel::bounded(room);
        let (told, reports) = channel::unbounded();
        let in_flight = Arc::new(AtomicUsize::new(0));
        let mut threads = Vec::with_capacity(clerks.len());
        for clerk in clerks {
            let window =
                Window { submitted: submitted.clone(), reports: told.clone(), in_flight: Arc::clone(&in_flight), room };
            threads.push(thread::Builder::new().name(name.to_owned()).spawn(move || window.serve(clerk))?);
        }
        Ok(Self { name, room, in_flight, submissions: Some(submissions), refusals: told, reports, threads })
    }
}

/// The side of one clerk.
struct Window {
    submitted: Receiver<Submission>,
    reports: Sender<Report>,
    in_flight: Arc<AtomicUsize>,
    room: usize,
}

impl Window {
    fn serve<C: Clerk>(self, mut clerk: C) {
        let mut batch = Vec::new();
        while let Ok(first) = self.submitted.recv() {
            batch.push(first);
            batch.extend(self.submitted.try_iter().take(C::BATCH - 1));
            let count = batch.len();
            let mut reports = Vec::with_capacity(count);
            clerk.work(&mut batch, &mut |report| reports.push(report));
            batch.clear();
            let was_full = self.in_flight.fetch_sub(count, Ordering::AcqRel) >= self.room;
            reports.extend(was_full.then_some(Report::Ready));
            // Nobody listens any more only when the channel is being dropped.
            reports.into_iter().for_each(|report| self.reports.send(report).unwrap_or_default());
        }
    }
}

impl Channel for Desk {
    fn name(&self) -> &'static str {
        self.name
    }

    fn ready(&self) -> usize {
        self.room.saturating_sub(self.in_flight.load(Ordering::Acquire))
    }

    fn submit(&mut self, submission: Submission) {
        let id = submission.id;
        self.in_flight.fetch_add(1, Ordering::AcqRel);
        let sent = self.submissions.as_ref().map(|clerks| clerks.try_send(submission).is_ok());
        if sent != Some(true) {
            self.in_flight.fetch_sub(1, Ordering::AcqRel);
            let reason = "not sent: more was submitted than there was room for".to_owned();
            // The receiving end is ours, so that sending cannot fail.
            self.refusals.send(Report::Refused { id, reason, again: true }).unwrap_or_default();
        }
    }

    fn reports(&self) -> &Receiver<Report> {
        &self.reports
    }
}

/// Waits for what has been submitted.
impl Drop for Desk {
    fn drop(&mut self) {
        self.submissions = None;
        for thread in self.threads.drain(..) {
            if thread.join().is_err() {
                tracing::error!(channel = self.name, "a thread of the channel panicked");
            }
        }
    }
}

//! A channel that threads of its own work off: they take submissions from a bounded queue and report what became of each.
//! What a thread does with them is a [`Clerk`]'s.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};

use crossbeam::channel::{self, Receiver, Sender, select};

use super::{Channel, ReceiptState, Report, Submission, Taken};
use crate::offer::OfferId;

/// The most offers that wait to be taken back; what comes beyond is not, and counted.
const WITHDRAWALS_LIMIT: usize = 1024;

/// Works submissions off, on a thread of its own.
pub(super) trait Clerk: Send + 'static {
    /// The most submissions that are worked off together.
    const BATCH: usize;

    /// Does so, and tells what became of each, in any order.
    fn work(&mut self, batch: &mut Vec<Submission>, tell: &mut dyn FnMut(Report));

    /// What it told has been passed on.
    fn passed_on(&mut self) {}

    /// Takes an offer back, where it knows how; whether that is certain.
    fn withdraw(&mut self, _taken: &Taken) -> bool {
        false
    }
}

/// The side that submits.
pub(super) struct Desk {
    name: &'static str,
    room: usize,
    load: Arc<Load>,
    submissions: Option<Sender<Submission>>,
    withdrawals: Sender<Taken>,
    refusals: Sender<Report>,
    reports: Receiver<Report>,
    threads: Vec<JoinHandle<()>>,
}

impl Desk {
    /// Starts a thread for each clerk; `room` is the most submissions that wait or are being worked off.
    pub(super) fn open<C: Clerk>(name: &'static str, room: usize, clerks: Vec<C>) -> std::io::Result<Self> {
        let (submissions, submitted) = channel::bounded(room);
        let (withdrawals, withdrawn) = channel::bounded(WITHDRAWALS_LIMIT);
        let (told, reports) = channel::unbounded();
        let load = Arc::new(Load { in_flight: AtomicUsize::new(0), clerks: AtomicUsize::new(clerks.len()) });
        let mut threads = Vec::with_capacity(clerks.len());
        for clerk in clerks {
            let (submitted, withdrawn) = (submitted.clone(), withdrawn.clone());
            let window = Window { submitted, withdrawn, reports: told.clone(), load: Arc::clone(&load), room };
            threads.push(thread::Builder::new().name(name.to_owned()).spawn(move || window.serve(clerk))?);
        }
        Ok(Self { name, room, load, submissions: Some(submissions), withdrawals, refusals: told, reports, threads })
    }
}

impl Desk {
    /// Where others may tell what became of offers.
    pub(super) fn teller(&self) -> Sender<Report> {
        self.refusals.clone()
    }
}

/// What both sides count.
struct Load {
    /// Submissions that wait or are being worked off.
    in_flight: AtomicUsize,
    /// Clerks that work.
    clerks: AtomicUsize,
}

/// The side of one clerk.
struct Window {
    submitted: Receiver<Submission>,
    withdrawn: Receiver<Taken>,
    reports: Sender<Report>,
    load: Arc<Load>,
    room: usize,
}

const FAILED: &str = "a thread of the channel failed";

impl Window {
    fn serve<C: Clerk>(self, mut clerk: C) {
        let mut batch = Vec::new();
        loop {
            select! {
                recv(self.submitted) -> first => match first {
                    Ok(first) => batch.push(first),
                    Err(_) => return,
                },
                recv(self.withdrawn) -> taken => {
                    let withdraw = || taken.ok().filter(|taken| clerk.withdraw(taken));
                    let Ok(withdrawn) = catch_unwind(AssertUnwindSafe(withdraw)) else {
                        return self.fail(&[], Vec::new());
                    };
                    let receipt = |taken: Taken| Report::Receipt { id: taken.id, state: ReceiptState::Deleted };
                    withdrawn.map(receipt).into_iter().for_each(|report| self.reports.send(report).unwrap_or_default());
                    continue;
                }
            }
            batch.extend(self.submitted.try_iter().take(C::BATCH - 1));
            let ids: Vec<OfferId> = batch.iter().map(|submission| submission.id).collect();
            let mut reports = Vec::with_capacity(ids.len());
            // What it was at stays behind in pieces; the clerk is not asked again.
            let worked = catch_unwind(AssertUnwindSafe(|| clerk.work(&mut batch, &mut |report| reports.push(report))));
            batch.clear();
            if worked.is_err() {
                return self.fail(&ids, reports);
            }
            self.settle(ids.len(), reports);
            clerk.passed_on();
        }
    }

    fn settle(&self, count: usize, mut reports: Vec<Report>) {
        let was_full = self.load.in_flight.fetch_sub(count, Ordering::AcqRel) >= self.room;
        reports.extend((was_full && self.load.clerks.load(Ordering::Acquire) > 0).then_some(Report::Ready));
        // Nobody listens any more only when the channel is being dropped.
        reports.into_iter().for_each(|report| self.reports.send(report).unwrap_or_default());
    }

    /// What became of the rest of the batch nobody knows. The last clerk of all leaves one behind who gives everything back.
    fn fail(&self, ids: &[OfferId], mut reports: Vec<Report>) {
        tracing::error!("{FAILED}; start the program again");
        let is_last = self.load.clerks.fetch_sub(1, Ordering::AcqRel) == 1;
        let told: Vec<OfferId> = reports.iter().filter_map(Report::ends).collect();
        reports.extend(ids.iter().filter(|id| !told.contains(id)).map(|id| Report::Unknown { id: *id }));
        reports.extend(is_last.then(|| Report::Down { reason: FAILED.to_owned() }));
        self.settle(ids.len(), reports);
        if is_last {
            while let Ok(Submission { id, .. }) = self.submitted.recv() {
                self.settle(1, vec![Report::Refused { id, reason: format!("not sent: {FAILED}"), again: true }]);
            }
        }
    }
}

impl Channel for Desk {
    fn name(&self) -> &'static str {
        self.name
    }

    fn ready(&self) -> usize {
        let room = if self.load.clerks.load(Ordering::Acquire) == 0 { 0 } else { self.room };
        room.saturating_sub(self.load.in_flight.load(Ordering::Acquire))
    }

    fn submit(&mut self, submission: Submission) {
        let id = submission.id;
        self.load.in_flight.fetch_add(1, Ordering::AcqRel);
        let sent = self.submissions.as_ref().map(|clerks| clerks.try_send(submission).is_ok());
        if sent != Some(true) {
            self.load.in_flight.fetch_sub(1, Ordering::AcqRel);
            let reason = "not sent: more was submitted than there was room for".to_owned();
            // The receiving end is ours, so that sending cannot fail.
            self.refusals.send(Report::Refused { id, reason, again: true }).unwrap_or_default();
        }
    }

    fn withdraw(&mut self, taken: Taken) {
        if self.withdrawals.try_send(taken).is_err() {
            metrics::counter!("touchpoint_withdrawals_limit_reached_total").increment(1);
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::offer::channel::tests::submission;

    /// Accepts one offer, and panics at the next.
    struct Clumsy;

    impl Clerk for Clumsy {
        const BATCH: usize = 8;

        fn work(&mut self, batch: &mut Vec<Submission>, tell: &mut dyn FnMut(Report)) {
            let id = batch[0].id;
            tell(Report::Accepted { id, message_id: String::new(), others: Vec::new() });
            assert!(batch.len() == 1 && id != OfferId(9), "as a fault in a channel would");
        }
    }

    #[test]
    fn a_clerk_that_panics_leaves_nobody_waiting() {
        let mut desk = Desk::open("clumsy", 8, vec![Clumsy]).unwrap();
        let told = |desk: &Desk| desk.reports().recv_timeout(Duration::from_secs(60)).unwrap();
        desk.submit(Submission { id: OfferId(9), ..submission("hi") });
        assert_eq!(told(&desk).ends(), Some(OfferId(9)));
        assert_eq!(told(&desk), Report::Down { reason: FAILED.to_owned() });
        assert_eq!(desk.ready(), 0);
        // Handed over before it was known.
        desk.submit(Submission { id: OfferId(10), ..submission("hi") });
        let back = Report::Refused { id: OfferId(10), reason: format!("not sent: {FAILED}"), again: true };
        assert_eq!(told(&desk), back);
        assert_eq!(desk.ready(), 0);
    }
}

//! Adds up the store again and again, in a thread of its own, at a small share of its time.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crossbeam::channel::{Sender, bounded};
use event::Timestamp;

use super::View;
use super::clock;
use crate::census::Census;

/// The least time between two sums.
const PAUSE: Duration = Duration::from_secs(3);
/// Adding up takes at most one part in so many.
const SHARE: u32 = 20;

/// The thread that adds up.
pub(super) struct Surveyor {
    ends: Sender<()>,
    /// For one that is adding up.
    is_ended: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl Surveyor {
    /// Waits until it has ended, in the middle of a sum too: nobody may still read the store when the process ends.
    pub(super) fn end(self) {
        self.is_ended.store(true, Ordering::Relaxed);
        drop(self.ends);
        // A thread that panicked has told so itself.
        _ = self.thread.join();
    }
}

/// Begins.
pub(super) fn begin(view: &Arc<View>) -> std::io::Result<Surveyor> {
    let view = Arc::clone(view);
    let (ends, ended) = bounded(0);
    let is_ended = Arc::<AtomicBool>::default();
    let is_told = Arc::clone(&is_ended);
    let thread = thread::Builder::new().name("surveyor".to_owned()).spawn(move || {
        let mut pause = Duration::from_millis(200);
        while ended.recv_timeout(pause).is_err_and(|error| error.is_timeout()) {
            let begun = clock::wall();
            let now = view.status.load().now.unwrap_or(Timestamp::MIN);
            match Census::take(&view.store, now, || !is_told.load(Ordering::Relaxed)) {
                Ok(census) => census.into_iter().for_each(|census| view.census.store(Arc::new(census))),
                Err(error) => tracing::warn!("decisions cannot be added up: {error}"),
            }
            pause = PAUSE.max(clock::wall().since(begun) * SHARE);
        }
    })?;
    Ok(Surveyor { ends, is_ended, thread })
}

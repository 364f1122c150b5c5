//! The process as its service manager sees it: signals in, notifications out.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use sd_notify::NotifyState;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::flag;

/// Signals that have come.
pub(super) struct Signals {
    ends: Arc<AtomicBool>,
    reloads: Arc<AtomicBool>,
}

impl Signals {
    /// From here on SIGTERM and SIGINT end in order, a second one at once; SIGHUP reads the scenarios.
    pub(super) fn catch() -> io::Result<Self> {
        let (ends, reloads) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
        for signal in [SIGINT, SIGTERM] {
            flag::register_conditional_shutdown(signal, 1, Arc::clone(&ends))?;
            flag::register(signal, Arc::clone(&ends))?;
        }
        flag::register(SIGHUP, Arc::clone(&reloads))?;
        Ok(Self { ends, reloads })
    }

    pub(super) fn ends(&self) -> bool {
        self.ends.load(Ordering::Relaxed)
    }

    /// Whether SIGHUP has come since the last time that this was asked.
    pub(super) fn reloads(&self) -> bool {
        self.reloads.swap(false, Ordering::Relaxed)
    }
}

/// Tells systemd, where there is one.
pub(super) struct Service {
    /// How often the watchdog wants to hear.
    watchdog: Option<Duration>,
    told: Option<Instant>,
}

impl Service {
    /// Everything is open.
    pub(super) fn begin(console: Option<SocketAddr>) -> Self {
        notify(&[NotifyState::Ready]);
        match console {
            Some(address) => tracing::info!("ready; console at {address}"),
            None => tracing::info!("ready"),
        }
        Self { watchdog: sd_notify::watchdog_enabled().map(|limit| limit / 2), told: None }
    }

    /// It is alive. (The watchdog does not go by the wall, which may be set back.)
    #[expect(clippy::disallowed_methods, reason = "what the service manager hears decides nothing here")]
    pub(super) fn alive(&mut self) {
        let is_due = |every| self.told.is_none_or(|told| told.elapsed() >= every);
        if self.watchdog.is_some_and(is_due) {
            self.told = Some(Instant::now());
            notify(&[NotifyState::Watchdog]);
        }
    }

    pub(super) fn status(&self, text: &str) {
        notify(&[NotifyState::Status(text)]);
    }

    pub(super) fn reloading(&self) {
        // Without the time of the reload systemd does not wait for its end; it is not lost for that.
        match NotifyState::monotonic_usec_now() {
            Ok(now) => notify(&[NotifyState::Reloading, now]),
            Err(_) => notify(&[NotifyState::Reloading]),
        }
    }

    pub(super) fn reloaded(&self) {
        notify(&[NotifyState::Ready]);
    }

    /// From here on it ends; the process is gone after `limit`, whatever hangs.
    pub(super) fn stopping(&self, limit: Duration) {
        notify(&[NotifyState::Stopping]);
        let gone = move || {
            thread::sleep(limit);
            tracing::error!("not everything could be settled in time; the next start takes it up");
            std::process::exit(1);
        };
        // Without this thread the service manager is the limit.
        _ = thread::Builder::new().name("drain-limit".to_owned()).spawn(gone);
    }
}

fn notify(states: &[NotifyState<'_>]) {
    // Without a service manager there is nobody to be told.
    _ = sd_notify::notify(states);
}

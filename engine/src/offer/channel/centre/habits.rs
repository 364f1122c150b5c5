//! What every session with a message centre is told by its URL, whatever it speaks.

use std::path::PathBuf;
use std::time::Duration;

use super::super::url::{Parameter, Url, span, store};

/// The widest window that may be asked for.
pub const WINDOW_LIMIT: usize = 1000;
/// The most sessions with one message centre.
pub const BINDS_LIMIT: usize = 32;

/// Where the message centre is, and how to keep a session with it.
#[derive(Clone, Debug, PartialEq)]
pub(in super::super) struct Habits {
    pub(in super::super) host: String,
    pub(in super::super) port: u16,
    pub(in super::super) tls: bool,
    /// Trusted instead of the public ones.
    pub(in super::super) authorities: Option<PathBuf>,
    pub(in super::super) binds: usize,
    pub(in super::super) window: usize,
    pub(in super::super) connect_timeout: Duration,
    pub(in super::super) response_timeout: Duration,
    pub(in super::super) enquire_interval: Duration,
    pub(in super::super) reconnect_first: Duration,
    pub(in super::super) reconnect_most: Duration,
    pub(in super::super) close_timeout: Duration,
}

impl Default for Habits {
    fn default() -> Self {
        Self {
            host: String::new(),
            port: 0,
            tls: false,
            authorities: None,
            binds: 1,
            window: 10,
            connect_timeout: Duration::from_secs(10),
            response_timeout: Duration::from_secs(30),
            enquire_interval: Duration::from_secs(30),
            reconnect_first: Duration::from_secs(1),
            reconnect_most: Duration::from_secs(60),
            close_timeout: Duration::from_secs(5),
        }
    }
}

impl Habits {
    /// The place that a URL names, on this port where it names none.
    pub(in super::super) fn at(self, url: &Url, port: u16) -> Self {
        Self { host: url.host.clone(), port: url.port.unwrap_or(port), ..self }
    }

    /// The parameters that set them; times are in seconds and may have a fraction.
    pub(in super::super) const fn parameters<C: AsMut<Self>>() -> [Parameter<C>; 9] {
        [
            Parameter {
                name: "binds",
                meaning: "sessions side by side, 1 to 32 (default 1)",
                set: |config, value| {
                    let binds = value.parse().ok().filter(|binds| (1..=BINDS_LIMIT).contains(binds));
                    store(&mut config.as_mut().binds, binds)
                },
            },
            Parameter {
                name: "window",
                meaning: "most unanswered submissions of a session, 1 to 1000 (default 10; cmpp 16)",
                set: |config, value| {
                    let window = value.parse().ok().filter(|window| (1..=WINDOW_LIMIT).contains(window));
                    store(&mut config.as_mut().window, window)
                },
            },
            Parameter {
                name: "ca",
                meaning: "with TLS: file of the certificates to trust (PEM; default: the public authorities)",
                set: |config, value| {
                    let path = Some(value).filter(|path| !path.is_empty()).map(|path| Some(path.into()));
                    store(&mut config.as_mut().authorities, path)
                },
            },
            Parameter {
                name: "connect_s",
                meaning: "wait for a connection (default 10)",
                set: |config, value| store(&mut config.as_mut().connect_timeout, span(value)),
            },
            Parameter {
                name: "response_s",
                meaning: "wait for any answer (default 30; cmpp 60)",
                set: |config, value| store(&mut config.as_mut().response_timeout, span(value)),
            },
            Parameter {
                name: "enquire_link_s",
                meaning: "silence before the link is tried (default 30; cmpp 180)",
                set: |config, value| store(&mut config.as_mut().enquire_interval, span(value)),
            },
            Parameter {
                name: "reconnect_s",
                meaning: "first pause before connecting again, doubled each time (default 1)",
                set: |config, value| store(&mut config.as_mut().reconnect_first, span(value)),
            },
            Parameter {
                name: "reconnect_max_s",
                meaning: "longest such pause (default 60)",
                set: |config, value| store(&mut config.as_mut().reconnect_most, span(value)),
            },
            Parameter {
                name: "close_s",
                meaning: "wait for answers when closing (default 5)",
                set: |config, value| store(&mut config.as_mut().close_timeout, span(value)),
            },
        ]
    }
}

//! Why the channel could not be opened: what happened, and what the operator may do.

use std::io;
use std::time::Duration;

use thiserror::Error;

use super::status::Status;

/// Why [`super::Smpp::open`] failed. `centre` is `system_id@host:port`; a password is never shown.
#[derive(Debug, Error)]
pub enum SmppError {
    /// The URL says something that cannot be meant.
    #[error(
        "the message centre's URL: {0}; it is written `smpp://system_id:password@host:port?window=10&source=10086`"
    )]
    Url(String),
    /// The name does not resolve.
    #[error("cannot find the host of message centre `{centre}`: {source}; check the name, or give its address")]
    UnknownHost {
        /// Which.
        centre: String,
        /// What the resolver says.
        source: io::Error,
    },
    /// Nobody listens, or the network does not lead there.
    #[error(
        "cannot connect to message centre `{centre}`: {source}; check host, port and firewall, and that it is running"
    )]
    Connect {
        /// Which.
        centre: String,
        /// What the system says.
        source: io::Error,
    },
    /// No connection, or no answer to the bind, within the time.
    #[error(
        "message centre `{centre}` did not {step} within {}; check host, port and firewall, or give it longer with `{parameter}=`",
        seconds(*.waited)
    )]
    Silent {
        /// Which.
        centre: String,
        /// `accept the connection`, `answer the bind`.
        step: &'static str,
        /// The bound that passed.
        waited: Duration,
        /// The URL's parameter that sets it.
        parameter: &'static str,
    },
    /// It hung up instead of answering.
    #[error(
        "message centre `{centre}` closed the connection without answering the bind; check the port, and that this host's address is allowed there"
    )]
    HungUp {
        /// Which.
        centre: String,
    },
    /// Something else than SMPP came back.
    #[error("what listens at `{centre}` does not speak SMPP ({found}); check the port")]
    NotSmpp {
        /// Which.
        centre: String,
        /// What came, for people.
        found: String,
    },
    /// It answered with an error.
    #[error("message centre `{centre}` refused the bind with {status}; {advice}")]
    BindRefused {
        /// Which.
        centre: String,
        /// Name and code of the `command_status`.
        status: String,
        /// What to check.
        advice: &'static str,
    },
    /// The system gave no thread or no event queue.
    #[error("cannot start the message centre's thread: {0}; check the limits on processes and open files")]
    Thread(io::Error),
}

impl SmppError {
    pub(super) fn refused(centre: String, status: Status) -> Self {
        Self::BindRefused { centre, status: status.to_string(), advice: advice(status) }
    }
}

fn advice(status: Status) -> &'static str {
    match status {
        Status::INVALID_PASSWORD => "the password is wrong: check it in the URL, or in `TOUCHPOINT_SMPP_PASSWORD`",
        Status::INVALID_SYSTEM_ID => "it does not know this system_id: check the part of the URL before `:` and `@`",
        Status::ALREADY_BOUND => "another program is bound with this system_id: stop it, or ask for one more session",
        Status::INVALID_SYSTEM_TYPE => "set `system_type=` in the URL to what the message centre's operator gave you",
        Status::BIND_FAILED => {
            "check system_id, password, `system_type=` and `mode=` in the URL with the message centre's operator"
        }
        Status::THROTTLED | Status::QUEUE_FULL => "it is overloaded: try again later",
        _ => "ask the message centre's operator",
    }
}

fn seconds(span: Duration) -> String {
    format!("{} s", span.as_secs_f64())
}

//! Why a channel to a message centre could not be opened: what happened, and what the operator may do.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use thiserror::Error;

/// Why a session cannot be opened. `centre` is `user@host:port`; a password is never shown.
#[derive(Debug, Error)]
pub enum CentreError {
    /// The URL says something that cannot be meant.
    #[error("the message centre's URL: {why}; it is written `{form}`")]
    Url {
        /// What is wrong with it.
        why: String,
        /// How it should look.
        form: &'static str,
    },
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
    /// The handshake failed, or it is not the host that was named.
    #[error(
        "no TLS with message centre `{centre}`: {source}; check that the port is the one for TLS, that the URL's host is the \
         one in its certificate, and name who signed that with `ca=FILE`"
    )]
    Tls {
        /// Which.
        centre: String,
        /// What is wrong.
        source: io::Error,
    },
    /// The certificates to trust cannot be used.
    #[error("`ca={}`: {why}; it is a PEM file with the authority's certificate", path.display())]
    Authorities {
        /// Which file.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// No connection, or no answer to the first request, within the time.
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
        "message centre `{centre}` closed the connection without answering the bind; check the port, whether it is one for TLS, and that \
         this host's address is allowed there"
    )]
    HungUp {
        /// Which.
        centre: String,
    },
    /// Something else came back.
    #[error("what listens at `{centre}` does not speak {} ({found}); check the port", protocol.to_ascii_uppercase())]
    Foreign {
        /// Which.
        centre: String,
        /// What was expected.
        protocol: &'static str,
        /// What came, for people.
        found: String,
    },
    /// It answered with an error.
    #[error("message centre `{centre}` refused the bind with {status}; {advice}")]
    Refused {
        /// Which.
        centre: String,
        /// Name and code of the status.
        status: String,
        /// What to check.
        advice: &'static str,
    },
    /// It could not prove that it knows the password.
    #[error(
        "message centre `{centre}` does not know the shared secret: its own proof is wrong; check the secret, and that this is the right host"
    )]
    Impostor {
        /// Which.
        centre: String,
    },
    /// The system gave no thread or no event queue.
    #[error("cannot start the message centre's thread: {0}; check the limits on processes and open files")]
    Thread(io::Error),
}

fn seconds(span: Duration) -> String {
    format!("{} s", span.as_secs_f64())
}

//! Why an interface cannot be listened to: what, why, and what to do.

/// Why a live capture cannot begin.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the fields are named in the messages")]
pub enum LiveError {
    /// Nothing was named, or too much.
    #[error("{count} interfaces are named: give 1 to {limit}")]
    Interfaces { count: usize, limit: usize },
    /// The same one twice.
    #[error("interface `{interface}` is named twice: each frame would be taken twice")]
    NamedTwice { interface: String },
    /// There is no such interface.
    #[error("there is no interface `{interface}`{hint}; there are {}", .known.join(", "))]
    NoInterface { interface: String, hint: String, known: Vec<String> },
    /// The interface is not in use.
    #[error("interface `{interface}` is down: ip link set {interface} up")]
    Down { interface: String },
    /// Not allowed.
    #[error(
        "interface `{interface}` may not be listened to without the capability CAP_NET_RAW: run as root, or once: \
         setcap cap_net_raw+ep {program}"
    )]
    Denied { interface: String, program: String },
    /// The filter is none.
    #[error("the filter `{filter}` cannot be used on `{interface}`: {reason}")]
    Filter { interface: String, filter: String, reason: String },
    /// Frames that begin with something unknown.
    #[error("interface `{interface}` has link type {code}, which is not known; known are {}", super::known_links())]
    UnknownLinkType { interface: String, code: i32 },
    /// The system's reason.
    #[error("interface `{interface}` cannot be listened to: {reason}")]
    Open { interface: String, reason: String },
    /// Rights that are not needed any more could not be given up.
    #[error("capabilities cannot be given up after opening: {reason}")]
    Privileges { reason: String },
}

//! Capabilities are a thread's own: an interface's thread keeps CAP_NET_RAW for opening its interface again, every other
//! thread, so the one that reads octets from strangers, gives up all.

use caps::errors::CapsError;
use caps::{CapSet, Capability, CapsHashSet};

use super::LiveError;

/// Whether this thread may open packet sockets.
pub(super) fn may_capture() -> bool {
    caps::has_cap(None, CapSet::Effective, Capability::CAP_NET_RAW).unwrap_or(false)
}

/// Gives up every capability of this thread.
pub(super) fn give_up_all() -> Result<(), LiveError> {
    give_up_but(CapsHashSet::new()).map_err(failed)
}

/// Gives up every capability of this thread but CAP_NET_RAW, which sleeps until [`with_capture`].
pub(super) fn keep_capture() -> Result<(), LiveError> {
    let mut kept = caps::read(None, CapSet::Permitted).map_err(failed)?;
    kept.retain(|capability| *capability == Capability::CAP_NET_RAW);
    give_up_but(kept).map_err(failed)
}

/// Does what needs CAP_NET_RAW.
pub(super) fn with_capture<T>(open: impl FnOnce() -> T) -> T {
    // Where it cannot be raised, opening fails and says so.
    let _ = caps::raise(None, CapSet::Effective, Capability::CAP_NET_RAW);
    let opened = open();
    let _ = caps::drop(None, CapSet::Effective, Capability::CAP_NET_RAW);
    opened
}

// The bounding set goes first, as long as that is allowed: with it a program started by root would get all back.
fn give_up_but(permitted: CapsHashSet) -> Result<(), CapsError> {
    if caps::has_cap(None, CapSet::Effective, Capability::CAP_SETPCAP)? {
        caps::clear(None, CapSet::Bounding)?;
    }
    caps::clear(None, CapSet::Ambient)?;
    caps::clear(None, CapSet::Inheritable)?;
    caps::clear(None, CapSet::Effective)?;
    caps::set(None, CapSet::Permitted, &permitted)
}

fn failed(error: CapsError) -> LiveError {
    LiveError::Privileges { reason: error.to_string() }
}

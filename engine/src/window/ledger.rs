//! The ledger: every decision about a scenario that an event triggered, whether it led to an offer or not.

use std::sync::Arc;

use event::{Imsi, Timestamp};
use rules::Reason;

use super::octets::Octets;
use crate::offer::OfferId;

const LEDGER_VERSION: u8 = 1;
const OFFERED: u8 = 0;

/// What came of a trigger in the subscriber's shard. What became of an offer afterwards stands in the outbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Proposed to the arbiter, under this identity.
    Offered(OfferId),
    /// Withheld.
    Withheld(Reason),
}

/// One decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerEntry {
    /// Event time of the trigger.
    pub at: Timestamp,
    /// Place of the triggering event among all events of its input, in order of event time, from 1.
    pub sequence: u64,
    /// The subscriber.
    pub imsi: Imsi,
    /// The scenario's name.
    pub scenario: Arc<str>,
    /// The decision.
    pub verdict: Verdict,
}

pub(crate) fn put(out: &mut Vec<u8>, verdict: Verdict) {
    out.push(LEDGER_VERSION);
    match verdict {
        Verdict::Offered(id) => {
            out.push(OFFERED);
            out.extend_from_slice(&id.0.to_be_bytes());
        }
        Verdict::Withheld(reason) => out.push(reason.code()),
    }
}

pub(crate) fn read(octets: &[u8]) -> Option<Verdict> {
    let mut octets = Octets::new(octets);
    if octets.octet()? != LEDGER_VERSION {
        return None;
    }
    match octets.octet()? {
        OFFERED => Some(Verdict::Offered(OfferId(u128::from_be_bytes(octets.fixed()?)))),
        code => Reason::from_code(code).map(Verdict::Withheld),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_verdict_survives() {
        let withheld = Reason::ALL.into_iter().map(Verdict::Withheld);
        for verdict in withheld.chain([Verdict::Offered(OfferId(u128::MAX - 5))]) {
            let mut out = Vec::new();
            put(&mut out, verdict);
            assert_eq!(read(&out), Some(verdict));
            assert_eq!(read(&out[..out.len() - 1]), None);
        }
    }
}

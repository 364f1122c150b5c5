//! The ledger: every decision about a scenario that an event triggered, whether it led to an offer or not.

use std::sync::Arc;

use event::{Imsi, Timestamp};
use rules::{Group, Reason};

use super::octets::{Octets, put_signed, put_text};
use crate::offer::OfferId;

const LEDGER_VERSION: u8 = 2;
/// Knew neither variants nor successes.
const FIRST_VERSION: u8 = 1;
const OFFERED: u8 = 0;
const HELD: u8 = 254;
const CONVERTED: u8 = 255;

/// What came of a trigger in the subscriber's shard. What became of an offer afterwards stands in the outbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Proposed to the arbiter, under this identity.
    Offered(OfferId),
    /// Withheld.
    Withheld(Reason),
    /// Triggered in quiet hours: waits for their end, at this time, and is decided then.
    Held(Timestamp),
    /// No trigger: what was hoped for after an earlier offer has happened, in this group.
    Converted(Group),
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
    /// Which of the scenario's variants was offered, or has led to the success.
    pub variant: Option<Arc<str>>,
}

pub(crate) fn put(out: &mut Vec<u8>, verdict: Verdict, variant: Option<&str>) {
    out.push(LEDGER_VERSION);
    match verdict {
        Verdict::Offered(id) => {
            out.push(OFFERED);
            out.extend_from_slice(&id.0.to_be_bytes());
        }
        Verdict::Withheld(reason) => out.push(reason.code()),
        Verdict::Held(until) => {
            out.push(HELD);
            put_signed(out, until.as_micros());
        }
        Verdict::Converted(group) => out.extend_from_slice(&[CONVERTED, u8::from(group == Group::Control)]),
    }
    put_text(out, variant.unwrap_or_default());
}

pub(crate) fn read(octets: &[u8]) -> Option<(Verdict, Option<Arc<str>>)> {
    let mut octets = Octets::new(octets);
    let version = octets.octet()?;
    if !(FIRST_VERSION..=LEDGER_VERSION).contains(&version) {
        return None;
    }
    let verdict = match octets.octet()? {
        OFFERED => Verdict::Offered(OfferId(u128::from_be_bytes(octets.fixed()?))),
        HELD => Verdict::Held(Timestamp::from_micros(octets.signed()?)),
        CONVERTED => Verdict::Converted(*Group::ALL.get(usize::from(octets.octet()?))?),
        code => Verdict::Withheld(Reason::from_code(code)?),
    };
    let variant = if version == FIRST_VERSION { "" } else { octets.text()? };
    Some((verdict, (!variant.is_empty()).then(|| variant.into())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_verdict_survives() {
        let withheld = Reason::ALL.into_iter().map(Verdict::Withheld);
        let held = Verdict::Held(Timestamp::from_seconds(-77));
        let others = [Verdict::Offered(OfferId(u128::MAX - 5)), held].into_iter();
        for verdict in withheld.chain(others).chain(Group::ALL.map(Verdict::Converted)) {
            for variant in [None, Some("甲")] {
                let mut out = Vec::new();
                put(&mut out, verdict, variant);
                assert_eq!(read(&out), Some((verdict, variant.map(Arc::from))));
                (0..out.len()).for_each(|length| assert_eq!(read(&out[..length]), None));
            }
        }
    }

    #[test]
    fn rows_of_the_first_version_are_read() {
        assert_eq!(read(&[1, 9]), Some((Verdict::Withheld(Reason::QuietHours), None)));
        let offered = [[1, 0].as_slice(), &7_u128.to_be_bytes()].concat();
        assert_eq!(read(&offered), Some((Verdict::Offered(OfferId(7)), None)));
        assert_eq!(read(&[3, 9, 0]), None);
    }
}

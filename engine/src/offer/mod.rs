//! An offer is an intent first: durable in the outbox before a byte is sent, and its identity is derived from what
//! caused it, so that no crash, retry or replay sends it twice.

pub mod channel;

use std::fmt;

/// The identity of an offer: derived from scenario, subscriber and triggering event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OfferId(pub u128);

/// 32 hexadecimal digits.
impl fmt::Display for OfferId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

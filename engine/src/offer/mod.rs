//! An offer is an intent first: durable in the outbox before a byte is sent, and its identity is derived from what
//! caused it, so that no crash, retry or replay sends it twice.

pub mod address;
pub(crate) mod arbiter;
pub mod channel;
mod identity;
mod merge;
pub(crate) mod outbox;
mod record;
pub mod text;
mod undecided;

use event::{Imsi, Number};

pub use arbiter::Pace;
pub use identity::OfferId;
pub(crate) use identity::name_hash;
pub use record::{Offer, State};

/// Finds numbers that the subscriber file does not know. Never blocks.
pub trait AddressSource: Send {
    /// Asks for a subscriber's number. Every request is answered, once or more, in any order.
    fn request(&mut self, imsi: Imsi);

    /// The next answer, if there is one: the number, or that nobody knows it.
    fn answer(&mut self) -> Option<(Imsi, Option<Number>)>;
}

//! An offer is an intent first: durable in the outbox before a byte is sent, and its identity is derived from what
//! caused it, so that no crash, retry or replay sends it twice.

pub mod address;
mod answer;
pub(crate) mod arbiter;
mod authorities;
mod awaited;
mod back;
pub mod channel;
pub mod consent;
mod echo;
pub mod hold;
mod identity;
mod lines;
mod merge;
pub(crate) mod outbox;
mod queue;
mod record;
mod router;
mod undecided;
mod withheld;

use event::Imsi;

use address::{Answer, Lookup};

pub use answer::{Keywords, Reaction, Said};
pub use arbiter::Pace;
pub use echo::Acknowledgement;
pub(crate) use echo::PhoneAnswer;
pub use identity::OfferId;
pub use lines::LinesError;
pub use record::{Offer, Pushed, State};
pub(crate) use withheld::{GivingBack, Telling, Withheld, ends as withheld_ends};

/// Finds numbers that the subscriber file does not know. Never blocks.
pub trait AddressSource: Send {
    /// Asks for a subscriber's number. Every request is answered, alone or together with others for the same subscriber.
    fn request(&mut self, imsi: Imsi);

    /// The next answer, if there is one.
    fn answer(&mut self) -> Option<(Imsi, Answer)>;
}

impl AddressSource for Lookup {
    fn request(&mut self, imsi: Imsi) {
        Self::request(self, imsi);
    }

    fn answer(&mut self) -> Option<(Imsi, Answer)> {
        self.answers().try_recv().ok()
    }
}

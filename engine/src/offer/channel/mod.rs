//! The ways out. A channel says how much it can take at once; the outbox marks that much as being sent, durably, and
//! hands it over; reports come back by a queue.

use crossbeam::channel::Receiver;
use event::Number;

use super::OfferId;

/// An offer on its way out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submission {
    /// Which offer.
    pub id: OfferId,
    /// Whom to.
    pub to: Number,
    /// The sender shown; absent means the channel's own.
    pub from: Option<String>,
    /// The text.
    pub text: String,
    /// How long the message centre may keep trying, in seconds from now.
    pub validity_s: u64,
}

/// What a channel tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Report {
    /// The message centre took it, under this identity (of the first segment).
    Accepted {
        /// Which offer.
        id: OfferId,
        /// The message centre's name for it.
        message_id: String,
    },
    /// It was certainly not taken. `again` says whether trying later makes sense (throttled, queue full, not yet bound).
    Refused {
        /// Which offer.
        id: OfferId,
        /// For people: `submit_sm refused: ESME_RINVDSTADR (0x0000000b)`.
        reason: String,
        /// Whether to try again later.
        again: bool,
    },
    /// The link broke between send and answer: nobody knows.
    Unknown {
        /// Which offer.
        id: OfferId,
    },
    /// `ready` has grown: room in the window, or the link came up.
    Ready,
    /// The link is down, and why; the channel keeps trying by itself.
    Down {
        /// For people.
        reason: String,
    },
}

/// A way out.
pub trait Channel {
    /// `journal`, `smpp`.
    fn name(&self) -> &'static str;

    /// How many submissions would go out at once now: 0 while the link is down or the window is full.
    fn ready(&self) -> usize;

    /// Sends. Never called more often than `ready` said since it said so.
    fn submit(&mut self, submission: Submission);

    /// What became of submissions.
    fn reports(&self) -> &Receiver<Report>;
}

//! The ways out. A channel says how much it can take at once; the outbox marks that much as being sent, durably, and
//! hands it over; reports come back by a queue.

pub mod journal;
pub mod smpp;

use crossbeam::channel::Receiver;
use event::{Imsi, Number, Timestamp};

use super::OfferId;

/// An offer on its way out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submission {
    /// Which offer.
    pub id: OfferId,
    /// Whom to.
    pub to: Number,
    /// Whose offer it is: what the journal writes (masked unless told otherwise); never sent.
    pub imsi: Imsi,
    /// The scenario's name.
    pub scenario: String,
    /// Event time of the trigger.
    pub at: Timestamp,
    /// The sender shown; absent means the channel's own.
    pub from: Option<String>,
    /// The text.
    pub text: String,
    /// How long the message centre may keep trying, in seconds from now; 0 leaves it to the message centre.
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
    /// The message centre's last word on an offer that it had accepted. Comes after `Accepted`, at most once, and only
    /// while the channel still remembers the offer: receipts are evidence, never a condition.
    Receipt {
        /// Which offer.
        id: OfferId,
        /// What became of it; of several segments, the worst.
        state: ReceiptState,
    },
    /// `ready` has grown: room in the window, or the link came up.
    Ready,
    /// The link is down, and why; the channel keeps trying by itself.
    Down {
        /// For people.
        reason: String,
    },
}

/// How an accepted message ended: the final states of SMPP 3.4 §5.2.28, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ReceiptState {
    /// Delivered to the phone.
    Delivered,
    /// The message centre says that it does not know.
    Unknown,
    /// Not delivered within its validity.
    Expired,
    /// Deleted at the message centre.
    Deleted,
    /// Rejected after having been accepted.
    Rejected,
    /// Cannot be delivered.
    Undeliverable,
}

impl ReceiptState {
    /// Snake case, as in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Unknown => "unknown",
            Self::Expired => "expired",
            Self::Deleted => "deleted",
            Self::Rejected => "rejected",
            Self::Undeliverable => "undeliverable",
        }
    }
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

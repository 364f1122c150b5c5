//! The ways out. A channel says how much it can take at once; the outbox marks that much as being sent, durably, and
//! hands it over; reports come back by a queue. [`open`] makes one of a URL.

mod centre;
pub mod cmpp;
mod desk;
mod ears;
mod http;
mod incoming;
pub mod journal;
mod list;
mod mm7;
mod multipart;
mod open;
mod pap;
mod receipts;
pub mod smpp;
mod url;
mod webhook;
mod xml;

use std::num::NonZeroU32;
use std::path::PathBuf;

use crossbeam::channel::Receiver;
use event::{Imsi, Number, Timestamp};

pub use centre::{BINDS_LIMIT, CentreError, WINDOW_LIMIT};
pub use http::WebError;
pub use list::ListError;
pub use open::{ChannelError, Fault, Opening, URLS, check, open, parameters, sender};

use super::{OfferId, Pushed};

/// A channel under the name by which scenarios and fallbacks know it.
pub struct Lane {
    /// `sms` and `wap_push` are for offers of that kind that ask for no channel; where there is none of that name, the
    /// first is.
    pub name: String,
    /// The way out.
    pub channel: Box<dyn Channel + Send>,
    /// How it is used.
    pub terms: Terms,
}

/// How a channel is used, whatever it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Terms {
    /// The most offers a second; absent means as many as the channel takes.
    pub per_second: Option<NonZeroU32>,
    /// The channel that helps out when this one is down, or has been behind for a while.
    pub fallback: Option<String>,
    /// The scenarios whose offers go by it, whatever they are.
    pub scenarios: Vec<String>,
    /// The folder by which a person lets offers go: see [`super::hold`]. Absent means that they go by themselves.
    pub manual: Option<PathBuf>,
}

impl Lane {
    /// The name of a channel that takes every offer, whichever channel it asks for.
    const SOLE: &str = "*";

    /// A channel that takes every offer.
    pub fn sole(channel: Box<dyn Channel + Send>) -> Self {
        Self { name: Self::SOLE.to_owned(), channel, terms: Terms::default() }
    }

    /// Whether it takes every offer.
    pub fn is_sole(&self) -> bool {
        self.name == Self::SOLE
    }
}

/// An offer on its way out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submission {
    /// Which offer.
    pub id: OfferId,
    /// Whom to.
    pub to: Number,
    /// Whose offer it is: what the journal writes (masked unless told otherwise); never sent. Absent where only the number
    /// is known.
    pub imsi: Option<Imsi>,
    /// The scenario's name.
    pub scenario: String,
    /// Event time of the trigger.
    pub at: Timestamp,
    /// The sender shown; absent means the channel's own.
    pub from: Option<String>,
    /// The text; of a pushed address the short message that stands in for it.
    pub text: String,
    /// The address that is pushed; absent means a short message. A channel that cannot push sends the text.
    pub push: Option<Pushed>,
    /// How long the message centre may keep trying, in seconds from now; 0 leaves it to the message centre.
    pub validity_s: u64,
    /// The channel's name of the push of the same scenario that the subscriber may not have got yet: this one takes its place
    /// where the channel knows how.
    pub replaces: Option<String>,
}

/// An offer that a channel took in an earlier life of this process, and whose receipt has not come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// Which offer.
    pub id: OfferId,
    /// The message centre's name for it (of its first segment).
    pub message_id: String,
    /// Its names of the further segments, in order.
    pub others: Vec<String>,
    /// Whom it went to.
    pub to: Number,
    /// The sender that it named.
    pub from: Option<String>,
}

impl Taken {
    /// Each segment for itself, where the channel has named it.
    fn each(self) -> impl Iterator<Item = Self> {
        let Self { id, message_id, others, to, from } = self;
        let one = move |message_id| Self { id, message_id, others: Vec::new(), to, from: from.clone() };
        std::iter::once(message_id).chain(others).filter(|message_id| !message_id.is_empty()).map(one)
    }
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
        /// Its names of the further segments, in order.
        others: Vec<String>,
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
    /// A subscriber has written to one of our numbers.
    Incoming {
        /// When it came.
        at: Timestamp,
        /// The subscriber, as the message centre writes numbers.
        from: String,
        /// Our number.
        to: String,
        /// What it says: looked at for keywords, never kept.
        text: String,
    },
    /// `ready` has grown: room in the window, or the link came up.
    Ready,
    /// The link is down, and why; the channel keeps trying by itself.
    Down {
        /// For people.
        reason: String,
    },
}

impl Report {
    /// The submission that this is the end of.
    pub(super) fn ends(&self) -> Option<OfferId> {
        match self {
            Self::Accepted { id, .. } | Self::Refused { id, .. } | Self::Unknown { id } => Some(*id),
            Self::Receipt { .. } | Self::Incoming { .. } | Self::Ready | Self::Down { .. } => None,
        }
    }
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

    /// What people call it, in English and in Chinese.
    pub const fn names(self) -> [&'static str; 2] {
        let chinese = match self {
            Self::Delivered => "已送达",
            Self::Unknown => "短信中心不知结果",
            Self::Expired => "过期未送达",
            Self::Deleted => "已撤回",
            Self::Rejected => "被拒收",
            Self::Undeliverable => "无法送达",
        };
        [self.name(), chinese]
    }
}

/// A way out.
pub trait Channel {
    /// `journal`, `smpp`: the protocol.
    fn name(&self) -> &'static str;

    /// The number, or name, that phones see of what an offer names as its sender, or of one that names none: that of short messages which
    /// may be seen on their way. Absent where there is none.
    fn sender(&self, _from: Option<&str>) -> Option<Number> {
        None
    }

    /// How many submissions would go out at once now: 0 while the link is down or the window is full.
    fn ready(&self) -> usize;

    /// Sends. Never called more often than `ready` said since it said so.
    fn submit(&mut self, submission: Submission);

    /// Reminds it of an offer whose receipt may still come, and which it may ask about. A channel without receipts forgets it.
    fn recall(&mut self, _taken: Taken) {}

    /// Asks it to take an offer back that may not have been delivered yet. A channel that cannot does nothing.
    fn withdraw(&mut self, _taken: Taken) {}

    /// What became of submissions.
    fn reports(&self) -> &Receiver<Report>;
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Offer 7 with this text.
    pub(super) fn submission(text: &str) -> Submission {
        Submission {
            id: OfferId(7),
            to: "+8613900000005".parse().unwrap(),
            imsi: "460001234567890".parse().ok(),
            scenario: "test".to_owned(),
            at: "2026-03-01T09:30:00Z".parse().unwrap(),
            from: None,
            text: text.to_owned(),
            push: None,
            validity_s: 60,
            replaces: None,
        }
    }
}

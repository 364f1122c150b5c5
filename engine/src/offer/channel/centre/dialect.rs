//! What message centres' protocols differ in: the octets, and what they mean.

use bytes::BytesMut;

use super::error::CentreError;
use super::exchange::Message;
use super::habits::Habits;
use super::link::Broken;
use super::short::{Part, Wanted};
use crate::offer::channel::receipts::Receipt;
use crate::offer::channel::{ReceiptState, Taken};

/// What a session may be used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Role {
    /// Sends, and receives.
    Both,
    /// Only sends.
    Sender,
    /// Only receives.
    Receiver,
}

/// A protocol, with what the URL says of the message centre.
pub(in super::super) trait Dialect: Clone + Send + 'static {
    /// `smpp`, `cmpp`.
    const NAME: &'static str;
    /// One unit, as it was cut from the stream.
    type Pdu;

    /// What holds for any protocol.
    fn habits(&self) -> &Habits;

    /// `user@host:port`, for messages.
    fn centre(&self) -> String;

    /// The sessions to be kept.
    fn roles(&self) -> Vec<Role>;

    /// Whether receipts are asked for.
    fn has_receipts(&self) -> bool;

    /// How texts are to be given.
    fn wanted(&self) -> Wanted;

    /// The address of a sender, the channel's own where the offer names none; `None` where it is no sender.
    fn source(&self, from: Option<&str>) -> Option<Address>;

    /// Cuts the next unit from what has come in; `None` until all of it is there, the length where it cannot be one.
    fn cut(inbound: &mut BytesMut) -> Result<Option<Self::Pdu>, u32>;

    /// Writes the request that opens a session. The second time on one link, after it was refused, as the protocol allows.
    fn greet(&mut self, role: Role, sequence: u32, out: &mut BytesMut);

    /// What a unit says to that request; `None` where it is about something else.
    fn greeted(&self, pdu: &Self::Pdu, sequence: u32, out: &mut BytesMut) -> Option<Result<(), CentreError>>;

    /// Writes one part of a message.
    fn submit(&self, sequence: u32, message: &Message, part: Part<'_>, out: &mut BytesMut);

    /// Writes the request that tries the link.
    fn enquire(&self, sequence: u32, out: &mut BytesMut);

    /// Writes the request that ends the session.
    fn leave(&self, sequence: u32, out: &mut BytesMut);

    /// Writes the question what became of a message; whether the protocol has one.
    fn query(&self, _sequence: u32, _taken: &Taken, _out: &mut BytesMut) -> bool {
        false
    }

    /// Writes the request that takes back a message which has not been delivered yet; whether the protocol has one.
    fn cancel(&self, _sequence: u32, _taken: &Taken, _out: &mut BytesMut) -> bool {
        false
    }

    /// What a unit means; writes the answer that it asks for.
    fn hear(&self, pdu: Self::Pdu, out: &mut BytesMut) -> Heard;
}

/// What a unit means.
pub(in super::super) enum Heard {
    /// The answer to a submission.
    Answered(Answer),
    /// A message or a receipt has come.
    Delivered(Delivery),
    /// The answer to a question: what became of the message, where that is known for good.
    Told {
        /// Of the question.
        sequence: u32,
        /// Its end.
        state: Option<ReceiptState>,
    },
    /// The answer to the request to take a message back.
    Cancelled {
        /// Of the request.
        sequence: u32,
        /// Whether it will not be delivered.
        is_done: bool,
    },
    /// The session is over.
    Ended(Broken),
    /// Our leave was taken.
    Farewell,
    /// Nothing that matters beyond its answer.
    Nothing,
    /// The same, counted under this name.
    Odd(&'static str),
}

/// The answer to a submission.
pub(in super::super) struct Answer {
    pub(in super::super) sequence: u32,
    pub(in super::super) verdict: Verdict,
    /// The status by its name, for the counter.
    pub(in super::super) status: &'static str,
    /// For people, of a refusal: `submit_sm refused: ESME_RINVDSTADR (0x0000000b)`.
    pub(in super::super) why: String,
    /// The message centre's name of the message; empty where it gives none.
    pub(in super::super) name: String,
    /// How busy the message centre says it is, in percent of what it can take; 0 where it does not say.
    pub(in super::super) load: u8,
}

/// What an answer to a submission asks of the sender.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Verdict {
    /// Nothing: the message was taken.
    Taken,
    /// To send it again later, and everything more slowly.
    Slower,
    /// To bind again: for the message centre there is no session.
    Unbound,
    /// To give it up.
    Refused,
}

/// What has come from a phone or about one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) enum Delivery {
    /// The last word on a message.
    Receipt(Receipt),
    /// A word that is not the last, or that cannot be read.
    Passing,
    /// A message from a subscriber: from, to, and what it says where it can be read.
    Incoming {
        /// The subscriber.
        from: String,
        /// Whom to: our own number.
        to: String,
        /// The text.
        text: Option<String>,
    },
}

/// An address with its type of number and numbering plan; SMPP 3.4 §5.2.5, §5.2.6.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in super::super) struct Address {
    pub(in super::super) ton: u8,
    pub(in super::super) npi: u8,
    pub(in super::super) digits: String,
}

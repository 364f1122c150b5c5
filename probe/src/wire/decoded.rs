//! What a decoder gives: the message as far as it was understood, and where understanding stopped.

use super::{Malformed, Reader};

/// A message, and the first element of it that could not be read. What stands before that element (and what stands
/// after an optional one whose limits were clear) is in the message.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Decoded<M> {
    /// The message as far as it was understood.
    pub message: M,
    /// Where decoding stopped, if it did.
    pub malformed: Option<Malformed>,
}

impl<M> From<M> for Decoded<M> {
    fn from(message: M) -> Self {
        Self { message, malformed: None }
    }
}

impl<M> Decoded<M> {
    /// What `read` gave, or `otherwise` where a mandatory element was unreadable; with the faults that `r` noted.
    #[inline(always)]
    pub(super) fn or(read: Result<M, Malformed>, otherwise: M, r: &mut Reader<'_>) -> Self {
        let message = r.keep(read).unwrap_or(otherwise);
        Self { message, malformed: r.stopped() }
    }

    /// The same fault, another message around this one.
    #[inline(always)]
    pub(super) fn map<N>(self, wrap: impl FnOnce(M) -> N) -> Decoded<N> {
        Decoded { message: wrap(self.message), malformed: self.malformed }
    }

    /// The message alone; its fault becomes one of `r`, whose message holds this one.
    pub(super) fn noted_by(self, r: &mut Reader<'_>) -> M {
        if let Some(malformed) = self.malformed {
            r.note(malformed);
        }
        self.message
    }
}

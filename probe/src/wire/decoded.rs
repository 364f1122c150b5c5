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

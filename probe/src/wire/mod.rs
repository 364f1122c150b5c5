//! Octets to messages: pure decoders, a file per specification, fields in the specification's order.
//!
//! No state, no I/O, no clock, no allocation. A decoder borrows from the frame and gives typed values that nobody
//! validates again. What cannot be read is a [`Malformed`], which names layer and element.

mod link;
mod message;
mod reader;

pub use link::LinkType;
pub use message::{Message, Protocol, Value};
pub use reader::{Fault, Malformed, Reader};

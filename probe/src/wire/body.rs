//! Messages that are a type and elements behind it: one row of a table each, and where its elements matter a [`Body`].

use super::{Malformed, Reader, Value};

/// What stands behind a message type.
pub(super) trait Body: Sized {
    /// Reads the elements in the specification's order.
    fn read(r: &mut Reader<'_>) -> Result<Self, Malformed>;

    /// Calls `visit` with each element's name and value, in the same order.
    fn visit(&self, visit: &mut dyn FnMut(&'static str, Value<'_>));
}

/// Elements that say nothing of who, where and what: not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoElements;

impl Body for NoElements {
    fn read(_: &mut Reader<'_>) -> Result<Self, Malformed> {
        Ok(Self)
    }

    fn visit(&self, _: &mut dyn FnMut(&'static str, Value<'_>)) {}
}

/// Declares a protocol's messages by their types: code, constant and name of each, and for those with a [`Body`] the variant
/// that holds it.
macro_rules! messages {
    (
        $(#[$type_doc:meta])* pub $type:ident;
        $(#[$doc:meta])* pub $message:ident {
            $($code:literal $constant:ident $name:literal $(=> $variant:ident($body:ty))?,)*
        }
    ) => {
        $crate::wire::codes::codes! {
            $(#[$type_doc])*
            pub $type { $($code $constant $name,)* }
        }

        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq)]
        #[allow(missing_docs, reason = "the names are the specification's, and what they hold is documented there")]
        pub enum $message {
            $($($variant($body),)?)*
            /// Any other, and one whose mandatory elements could not be read.
            Other($type),
        }

        impl $message {
            /// Reads what follows a message type.
            #[inline(always)]
            pub(super) fn read(code: u8, octets: &[u8]) -> Decoded<Self> {
                let message_type = $type(code);
                let mut r = Reader::new(Protocol::$message, octets);
                let read = match message_type {
                    $($($type::$constant => <$body as Body>::read(&mut r).map(Self::$variant),)?)*
                    other => Ok(Self::Other(other)),
                };
                Decoded::or(read, Self::Other(message_type), &mut r)
            }

            /// Message type.
            pub const fn message_type(&self) -> $type {
                match self {
                    $($(Self::$variant(_) => $type::$constant,)?)*
                    Self::Other(message_type) => *message_type,
                }
            }
        }

        impl Message for $message {
            fn protocol(&self) -> Protocol {
                Protocol::$message
            }

            fn name(&self) -> &'static str {
                self.message_type().name()
            }

            fn code(&self) -> u8 {
                self.message_type().0
            }

            fn elements(&self, visit: &mut dyn FnMut(&'static str, Value<'_>)) {
                match self {
                    $($(Self::$variant(body) => <$body as Body>::visit(body, visit),)?)*
                    Self::Other(_) => {}
                }
            }
        }
    };
}

pub(super) use messages;

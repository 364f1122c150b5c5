//! The one place that touches octets, and the error that it gives.

use super::Protocol;

/// Why an element could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fault {
    /// The octets ended before the element did.
    Truncated,
    /// The octets are there but cannot mean anything.
    Invalid,
}

impl Fault {
    /// Lower case, as in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Truncated => "truncated",
            Self::Invalid => "invalid",
        }
    }
}

/// Decoding stopped: where and at which element. Small, `Copy`, and a counter's key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Malformed {
    /// The protocol whose decoder stopped.
    pub layer: Protocol,
    /// The element that it was reading, by the specification's name.
    pub element: &'static str,
    /// What was wrong.
    pub fault: Fault,
}

/// Reads octets front to back, naming what it reads, and remembers the first fault that did not end the reading.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    octets: &'a [u8],
    layer: Protocol,
    stopped: Stopped,
}

/// The first fault that was noted, its parts side by side: what is there of one that is not is known too, so that none of it is ever
/// moved from where only a part was written.
#[derive(Clone, Copy, Debug)]
struct Stopped {
    layer: Protocol,
    element: &'static str,
    fault: Option<Fault>,
}

impl<'a> Reader<'a> {
    /// Reads `octets` on behalf of `layer`.
    pub const fn new(layer: Protocol, octets: &'a [u8]) -> Self {
        Self { octets, layer, stopped: Stopped { layer, element: "", fault: None } }
    }

    /// Reads `octets`, a value found by this reader, for the same layer.
    pub const fn within(&self, octets: &'a [u8]) -> Self {
        Self::new(self.layer, octets)
    }

    /// What has not been read yet.
    pub const fn rest(&self) -> &'a [u8] {
        self.octets
    }

    /// Whether everything has been read.
    pub const fn is_empty(&self) -> bool {
        self.octets.is_empty()
    }

    /// An error of this layer at `element`.
    pub const fn error(&self, element: &'static str, fault: Fault) -> Malformed {
        Malformed { layer: self.layer, element, fault }
    }

    // Apart, so that what is rare does not lie amid what is not.
    #[cold]
    const fn truncated(&self, element: &'static str) -> Malformed {
        self.error(element, Fault::Truncated)
    }

    /// For what a message is worth having without: its value, or nothing and a note of the first fault.
    pub fn keep<T>(&mut self, read: Result<T, Malformed>) -> Option<T> {
        read.map_err(|malformed| self.note(malformed)).ok()
    }

    /// Notes a fault, unless there is one already.
    #[cold]
    pub const fn note(&mut self, Malformed { layer, element, fault }: Malformed) {
        if self.stopped.fault.is_none() {
            self.stopped = Stopped { layer, element, fault: Some(fault) };
        }
    }

    /// The first fault that was noted.
    #[inline(always)]
    pub const fn stopped(&self) -> Option<Malformed> {
        match self.stopped {
            Stopped { fault: None, .. } => None,
            Stopped { layer, element, fault: Some(fault) } => Some(Malformed { layer, element, fault }),
        }
    }

    /// Format V of a fixed length: `let [octet] = r.v("cause")?;`.
    #[inline]
    pub fn v<const N: usize>(&mut self, element: &'static str) -> Result<[u8; N], Malformed> {
        self.header(element).copied()
    }

    /// A header of several fields, where it lies: `let &[port, tag, ..] = r.header::<12>("common header")?;`. One look at
    /// the length is enough for all of it.
    #[inline]
    pub fn header<const N: usize>(&mut self, element: &'static str) -> Result<&'a [u8; N], Malformed> {
        let Some((head, rest)) = self.octets.split_first_chunk::<N>() else { return Err(self.truncated(element)) };
        self.octets = rest;
        Ok(head)
    }

    /// `count` octets.
    #[inline]
    pub fn take(&mut self, count: usize, element: &'static str) -> Result<&'a [u8], Malformed> {
        let Some((head, rest)) = self.octets.split_at_checked(count) else { return Err(self.truncated(element)) };
        self.octets = rest;
        Ok(head)
    }

    /// Passes over `count` octets, or over what is left of them.
    #[inline]
    pub fn pass(&mut self, count: usize) {
        self.octets = self.octets.split_at(count.min(self.octets.len())).1;
    }

    /// Format LV: one octet of length, then the value.
    #[inline]
    pub fn lv(&mut self, element: &'static str) -> Result<&'a [u8], Malformed> {
        let [length] = self.v(element)?;
        self.take(usize::from(length), element)
    }

    /// One octet.
    #[inline]
    pub fn u8(&mut self, element: &'static str) -> Result<u8, Malformed> {
        self.v(element).map(|[octet]| octet)
    }

    /// Big-endian number of two octets.
    #[inline]
    pub fn u16(&mut self, element: &'static str) -> Result<u16, Malformed> {
        self.v(element).map(u16::from_be_bytes)
    }

    /// Big-endian number of four octets.
    #[inline]
    pub fn u32(&mut self, element: &'static str) -> Result<u32, Malformed> {
        self.v(element).map(u32::from_be_bytes)
    }

    /// The next octet, unread.
    #[inline]
    pub fn peek(&self) -> Option<u8> {
        self.octets.first().copied()
    }
}

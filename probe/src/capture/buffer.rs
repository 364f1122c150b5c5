//! A large window over what is read, in which whole records lie.

use std::io::{self, Read};

/// Octets read at once.
pub(super) const BUFFER_OCTETS: usize = 256 << 10;

/// Octets that were read and not yet consumed. Records longer than the window widen it.
pub(super) struct Buffer {
    input: Box<dyn Read + Send>,
    octets: Vec<u8>,
    start: usize,
    end: usize,
    /// Position of the first octet of `octets` in the input.
    origin: u64,
}

impl Buffer {
    /// Nothing read yet.
    pub(super) fn new(input: Box<dyn Read + Send>) -> Self {
        Self { input, octets: vec![0; BUFFER_OCTETS], start: 0, end: 0, origin: 0 }
    }

    /// Position of the first octet that is not consumed.
    pub(super) fn position(&self) -> u64 {
        self.origin + self.start as u64
    }

    /// What lies ready.
    pub(super) fn ready(&self) -> &[u8] {
        self.octets.get(self.start..self.end).unwrap_or_default()
    }

    /// Position where the input ended, if [`Buffer::want`] said that it did.
    pub(super) fn end_position(&self) -> u64 {
        self.origin + self.end as u64
    }

    /// Reads until `count` octets lie ready; false where the input ends before.
    #[inline]
    pub(super) fn want(&mut self, count: usize) -> io::Result<bool> {
        if self.end - self.start >= count { Ok(true) } else { self.fill(count) }
    }

    /// Passes over `count` octets that lie ready.
    #[inline]
    pub(super) fn consume(&mut self, count: usize) {
        self.start = (self.start + count).min(self.end);
    }

    /// Passes over `count` octets, ready or not; false where the input ends before.
    pub(super) fn skip(&mut self, mut count: u64) -> io::Result<bool> {
        loop {
            let ready = self.end - self.start;
            match usize::try_from(count) {
                Ok(count) if count <= ready => {
                    self.consume(count);
                    return Ok(true);
                }
                _ => {
                    self.consume(ready);
                    count -= ready as u64;
                    if !self.want(1)? {
                        return Ok(false);
                    }
                }
            }
        }
    }

    #[cold]
    fn fill(&mut self, count: usize) -> io::Result<bool> {
        self.octets.copy_within(self.start..self.end, 0);
        self.origin += self.start as u64;
        self.end -= self.start;
        self.start = 0;
        if self.octets.len() < count {
            self.octets.resize(count, 0);
        }
        while self.end < count {
            let room = self.octets.get_mut(self.end..).unwrap_or_default();
            match self.input.read(room) {
                Ok(0) => return Ok(false),
                Ok(read) => self.end += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_longer_than_the_window_lie_whole() {
        let octets: Vec<u8> = (0..600_000_u32).map(|index| index as u8).collect();
        let mut buffer = Buffer::new(Box::new(io::Cursor::new(octets.clone())));
        assert!(buffer.want(10).unwrap());
        buffer.consume(10);
        assert!(buffer.want(500_000).unwrap());
        assert_eq!(buffer.ready()[..500_000], octets[10..500_010]);
        assert!(buffer.skip(599_980).unwrap());
        assert_eq!((buffer.position(), buffer.want(11).unwrap()), (599_990, false));
        assert_eq!((buffer.ready().len(), buffer.end_position()), (10, 600_000));
        assert!(!buffer.skip(11).unwrap());
    }
}

//! Frames that follow each other, copied together: whoever is given them at once can look ahead.

use super::Frame;

/// Frames of a batch: enough for their memory to be fetched side by side, few enough to stay in the fastest cache.
pub const BATCH_FRAMES: usize = 32;

/// Up to [`BATCH_FRAMES`] frames in the order of capture.
#[derive(Default)]
pub struct Batch {
    octets: Vec<u8>,
    frames: Vec<Copied>,
}

/// A frame without its octets: they begin where those of the one before end.
struct Copied {
    frame: Frame<'static>,
    end: usize,
}

impl Batch {
    /// Appends a copy of `frame`. The caller has seen that there is room.
    #[inline]
    pub fn push(&mut self, frame: &Frame<'_>) {
        self.octets.extend_from_slice(frame.captured);
        self.frames.push(Copied { frame: Frame { captured: &[], ..*frame }, end: self.octets.len() });
    }

    /// Empties it.
    pub fn clear(&mut self) {
        self.octets.clear();
        self.frames.clear();
    }

    /// Whether there is no frame in it.
    pub fn is_empty(&self) -> bool {
        self.frames.is_empty()
    }

    /// How many frames are in it.
    pub fn len(&self) -> usize {
        self.frames.len()
    }

    /// Whether there is room for no more.
    pub fn is_full(&self) -> bool {
        self.frames.len() >= BATCH_FRAMES
    }

    /// The frames in order.
    pub fn iter(&self) -> impl Iterator<Item = Frame<'_>> {
        let mut start = 0;
        self.frames.iter().map(move |Copied { frame, end }| {
            let captured = self.octets.get(start..*end).unwrap_or_default();
            start = *end;
            Frame { captured, ..*frame }
        })
    }
}

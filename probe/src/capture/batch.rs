//! Frames that follow each other, given at once: whoever takes them can look ahead.

use event::Timestamp;

use super::Frame;
use crate::wire::LinkType;

/// Frames of a batch: enough for their memory to be fetched side by side, few enough to stay in the fastest cache.
pub const BATCH_FRAMES: usize = 32;

/// Up to [`BATCH_FRAMES`] frames in the order of capture.
#[derive(Clone, Copy, Debug, Default)]
pub struct Batch<'a> {
    octets: &'a [u8],
    places: &'a [Place],
    /// The number of the first one: they count on from there.
    first: u64,
}

/// A frame without its octets and its number: where they lie.
#[derive(Debug)]
pub(crate) struct Place {
    pub(super) at: Timestamp,
    pub(super) start: u32,
    pub(super) length: u32,
    pub(super) original_length: u32,
    pub(super) file: u16,
    pub(super) link: LinkType,
}

impl Place {
    /// The place of `frame`, the octets of which begin at `start`.
    pub(crate) fn new(frame: &Frame<'_>, start: usize) -> Self {
        let Frame { at, link, captured, original_length, file, .. } = *frame;
        Self { at, start: start as u32, length: captured.len() as u32, original_length, file, link }
    }

    #[inline]
    fn frame<'a>(&self, number: u64, octets: &'a [u8]) -> Frame<'a> {
        let Self { at, start, length, original_length, file, link } = *self;
        let start = start as usize;
        let captured = octets.get(start..start + length as usize).unwrap_or_default();
        Frame { number, at, link, captured, original_length, file }
    }
}

impl<'a> Batch<'a> {
    /// Frames that lie in `octets`, numbered from `first` on.
    pub(crate) fn new(octets: &'a [u8], places: &'a [Place], first: u64) -> Self {
        Self { octets, places, first }
    }

    /// Whether there is no frame in it.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// How many frames are in it.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Capture time of its last frame.
    pub fn latest(&self) -> Option<Timestamp> {
        self.places.last().map(|place| place.at)
    }

    /// The frame with this number.
    pub(crate) fn numbered(&self, number: u64) -> Option<Frame<'a>> {
        let index = usize::try_from(number.checked_sub(self.first)?).ok()?;
        self.places.get(index).map(|place| place.frame(number, self.octets))
    }

    /// How many frames of it the capture does not hold to their end.
    pub(crate) fn snapped(&self) -> usize {
        self.places.iter().filter(|place| place.original_length > place.length).count()
    }

    /// Its first frames: `count` at most.
    pub fn first(self, count: usize) -> Self {
        Self { places: self.places.get(..count).unwrap_or(self.places), ..self }
    }

    /// Those behind the first `count`.
    pub(crate) fn after(self, count: usize) -> Self {
        Self { places: self.places.get(count..).unwrap_or_default(), first: self.first + count as u64, ..self }
    }

    /// In which the octets of the frames lie.
    #[inline]
    pub(crate) fn octets(self) -> &'a [u8] {
        self.octets
    }

    /// The frames in order.
    #[inline]
    pub fn iter(&self) -> impl Iterator<Item = Frame<'a>> + use<'a> {
        let Self { octets, places, first } = *self;
        (first..).zip(places).map(move |(number, place)| place.frame(number, octets))
    }
}

//! TMSIs given in areas whose VLR is not known yet: they wait for the first connection that tells which one it is.

use event::{Imsi, Lai, Timestamp, Tmsi};
use rustc_hash::FxHashMap;

use super::Proof;

/// Subscribers whose TMSIs wait so; those of further ones are not kept.
pub const MAX_UNPLACED: usize = 65_536;

/// What a VLR said of a subscriber, without its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unplaced {
    /// The area that the VLR serves.
    pub area: Lai,
    /// What it gave.
    pub tmsi: Tmsi,
    /// To whom.
    pub imsi: Imsi,
    /// What that rests on: [`Proof::Allocation`] or [`Proof::Paging`].
    pub proof: Proof,
    /// When it was said.
    pub at: Timestamp,
}

/// The last such word on each subscriber.
#[derive(Default)]
pub(super) struct Waiting {
    by_imsi: FxHashMap<Imsi, Unplaced>,
}

impl Waiting {
    /// Keeps one in place of what was said of the subscriber before; false at [`MAX_UNPLACED`].
    pub(super) fn keep(&mut self, unplaced: Unplaced) -> bool {
        let has_room = self.by_imsi.len() < MAX_UNPLACED || self.by_imsi.contains_key(&unplaced.imsi);
        if has_room {
            self.by_imsi.insert(unplaced.imsi, unplaced);
        }
        has_room
    }

    /// The subscriber's TMSI is deleted, or another was given.
    pub(super) fn forget(&mut self, imsi: Imsi) {
        self.by_imsi.remove(&imsi);
    }

    /// Takes out what was said in an area, in its order.
    pub(super) fn take(&mut self, area: Lai) -> Vec<Unplaced> {
        if self.by_imsi.is_empty() {
            return Vec::new();
        }
        let mut taken: Vec<_> =
            self.by_imsi.extract_if(|_, unplaced| unplaced.area == area).map(|(_, unplaced)| unplaced).collect();
        taken.sort_by_key(|unplaced| (unplaced.at, unplaced.imsi));
        taken
    }
}

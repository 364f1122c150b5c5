//! Calls whose radio link was lost, kept for as long as the phone may re-establish them (3GPP TS 24.008 §4.5.1.6).

use std::collections::VecDeque;
use std::time::Duration;

use event::{Event, Imsi, Timestamp};

use super::calls::Call;
use crate::track::identity::Temporary;

/// A phone that lost the radio link has to be back by then (T3230 is 15 s, and it searches for a cell before).
pub const REESTABLISHMENT_WINDOW: Duration = Duration::from_secs(20);
/// Phones whose calls are kept at once; beyond, the longest lost one's end.
pub const MAX_LOST: usize = 4096;

/// The calls of one phone.
pub(super) struct Lost {
    /// When the link was lost.
    pub(super) at: Timestamp,
    /// The subscriber, where known.
    pub(super) imsi: Option<Imsi>,
    /// The temporary identity that the phone held.
    pub(super) temporary: Option<Temporary>,
    /// What was going on, each with the fact that it ended here, should the phone not come back.
    pub(super) calls: Vec<(Call, Event)>,
}

/// The lost calls, in the order of their loss.
#[derive(Default)]
pub(super) struct LostCalls {
    queue: VecDeque<Lost>,
}

impl LostCalls {
    /// Keeps calls; gives back the longest lost ones where there are too many.
    pub(super) fn keep(&mut self, lost: Lost) -> Option<Lost> {
        let surplus = if self.queue.len() >= MAX_LOST { self.queue.pop_front() } else { None };
        self.queue.push_back(lost);
        surplus
    }

    /// The calls of the phone that comes back as this subscriber or with this temporary identity.
    pub(super) fn recover(&mut self, imsi: Option<Imsi>, temporary: Option<Temporary>) -> Option<Lost> {
        let same = |lost: &Lost| match (imsi, lost.imsi) {
            (Some(imsi), Some(before)) => imsi == before,
            _ => temporary.is_some() && temporary == lost.temporary,
        };
        let place = self.queue.iter().position(same)?;
        self.queue.remove(place)
    }

    /// The next calls that can no longer be re-established at `now`.
    pub(super) fn expired(&mut self, now: Timestamp) -> Option<Lost> {
        let longest = self.queue.front()?;
        if now.since(longest.at) < REESTABLISHMENT_WINDOW {
            return None;
        }
        self.queue.pop_front()
    }
}

//! What is remembered of one subscriber between events, and what a new event means in its light.

use event::{CellId, Event, Imei, Lai, Timestamp};

/// The small record per subscriber that outlives the window. Everything but `contacts` can be rebuilt from the events
/// by [`Profile::observe`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Profile {
    /// When last seen.
    pub last_seen: Option<Timestamp>,
    /// Where last seen.
    pub cell: CellId,
    /// The last location area of an accepted update.
    pub lai: Option<Lai>,
    /// Whether an IMSI detach was the last word.
    pub detached: bool,
    /// The device last seen.
    pub imei: Option<Imei>,
    /// When that device was first seen.
    pub imei_since: Option<Timestamp>,
    /// Offers made: when, and by which scenario (see [`Contact::scenario`]), oldest first; as far back as the longest cap.
    pub contacts: Vec<Contact>,
}

/// An offer that was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Contact {
    /// Time of the trigger.
    pub at: Timestamp,
    /// A stable hash of the scenario's name.
    pub scenario: u64,
    /// Whether the policy's caps count it (marketing).
    pub counted: bool,
}

/// What an event means for a subscriber whose profile was as it was before it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Change {
    /// The cell before, where the subscriber is now in another one (or in a first one, after the warm-up).
    pub moved: bool,
    /// The cell before this event.
    pub before: CellId,
    /// The cell after this event.
    pub after: CellId,
    /// Switched on.
    pub power_on: bool,
    /// Switched off.
    pub power_off: bool,
    /// The device before, where it is another one now.
    pub device_before: Option<Imei>,
    /// Came from outside our network, by the old location area of an accepted update or for want of a profile.
    pub arrived: bool,
}

impl Profile {
    /// Takes the event in and tells what it means. `warm` is false during the warm-up after a cold start, in which a
    /// first sighting is a baseline and not an entry.
    pub fn observe(&mut self, _event: &Event, _warm: bool) -> Change {
        todo!()
    }
}

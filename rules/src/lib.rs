//! Scenarios: from the files that marketing staff write to decisions about one subscriber's events.
//!
//! [`language`] reads files and explains mistakes; [`scenario`] is what they say, typed; [`lists`] are the areas,
//! targets, handsets and subscribers that they name; [`feed`] says what signalling can show; [`profile`] derives what an
//! event means for a subscriber (entered, powered on, changed the device, roamed in); [`areas`] is what is known of whole
//! location areas; [`matcher`] finds the scenarios that it triggers; [`policy`] lets each one pass or says why not;
//! [`segments`] cuts texts as they are paid for, [`push`] is a pushed address in octets; [`unit`] runs the tests of authors. No I/O beyond reading files, no clock,
//! no sockets, no packets.

pub mod areas;
pub mod feed;
pub mod language;
pub mod lists;
pub mod matcher;
pub mod policy;
pub mod profile;
pub mod push;
mod roster;
pub mod scenario;
pub mod segments;
#[cfg(test)]
mod testing;
pub mod unit;

pub use areas::Areas;
pub use language::{Diagnostic, Diagnostics, load};
pub use lists::{Directory, Subscriber};
pub use matcher::{Context, Decision, Group, Outcome, RuleSet};
pub use policy::{Policy, Reason};
pub use profile::Profile;
pub use roster::{Place, Places, Roster, SIDE_BY_SIDE, in_turn};
pub use scenario::Scenario;

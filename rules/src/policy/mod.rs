//! The contact policy and the gates between a trigger and an offer. Each "no" has a name.

mod control;
mod gates;
mod home;

use std::fmt;
use std::time::Duration;

use event::Timestamp;
use jiff::civil::Time;
use jiff::tz::TimeZone;

pub use control::scenario_hash;
pub use gates::{Case, Person, Verdict, explain, first_refusal, gates};
pub use home::Home;

use crate::scenario::{Cap, Purpose, Scenario};

/// How many offers to one subscriber are remembered. Who got as many within the longest cap gets no more: withheld as
/// [`Reason::GlobalCap`], whatever the purpose.
pub const CONTACTS_LIMIT: usize = 1024;

/// The contact policy of a scenario set: holds for every scenario; a scenario may only be stricter.
#[derive(Clone, Debug)]
pub struct Policy {
    /// Of dates and times in scenario files. Required wherever a time of day matters: quiet hours never fail open.
    pub timezone: TimeZone,
    /// From (included) to (excluded), over midnight where from is later: no marketing.
    pub quiet: Option<(Time, Time)>,
    /// Marketing offers of all scenarios to one subscriber.
    pub caps: Vec<Cap>,
    /// Share of subscribers who by a keyed hash receive no marketing at all, in hundredths of a percent.
    pub universal_control: u16,
    /// Purposes for which the subscriber must have agreed beforehand (column `consent` of the subscriber file).
    pub opt_in: Vec<Purpose>,
    /// Networks that are home (46000, 46002, 46007, 46008); empty means: the network of the serving cell.
    pub home: Vec<event::Plmn>,
    /// How often a phone reports itself.
    pub t3212: Periodic,
}

/// How often a phone that does nothing else reports itself: T3212 of its location area, 3GPP TS 24.008 §4.4.2.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Periodic {
    /// Where nothing else is said.
    pub usual: Duration,
    /// By location area code.
    pub by_lac: Vec<(u16, Duration)>,
}

impl Default for Periodic {
    fn default() -> Self {
        Self { usual: Duration::from_secs(3600), by_lac: Vec::new() }
    }
}

impl Periodic {
    /// How long a subscriber last seen in this location area is present without being seen: T3212 plus 10 %.
    pub fn presence(&self, lac: Option<u16>) -> Duration {
        let own = self.by_lac.iter().find(|(known, _)| Some(*known) == lac).map(|(_, period)| *period);
        let period = own.unwrap_or(self.usual);
        period + period / 10
    }
}

/// Why a triggered offer was withheld.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Reason {
    /// The identity rests on a doubtful TMSI binding.
    SuspectIdentity = 1,
    /// Before the first or after the last day of validity.
    OutsideValidity = 2,
    /// Not on this weekday or at this time of day.
    OutsideHours = 3,
    /// Not on the target list.
    NotInTarget = 4,
    /// On a list of those left out.
    Excluded = 5,
    /// A tag of the subscriber file does not fit.
    NotInAudience = 6,
    /// The subscriber has not agreed to this purpose.
    NoConsent = 7,
    /// In the control group.
    ControlGroup = 8,
    /// In quiet hours.
    QuietHours = 9,
    /// The scenario's cap for one subscriber is reached.
    PerUserCap = 10,
    /// The policy's cap over all scenarios is reached (or [`CONTACTS_LIMIT`]).
    GlobalCap = 11,
    /// The scenario's total is reached.
    TotalReached = 12,
    /// Nobody knows a number to send to.
    NoAddress = 13,
    /// Could not be sent before it expired.
    Expired = 14,
    /// Left the area before the time was over.
    DwellBroken = 15,
    /// Changed the device again before the time was over.
    DeviceNotStable = 16,
    /// What was to be absent happened.
    SeenBeforeDeadline = 17,
    /// What else was needed did not happen in time.
    WindowExpired = 18,
    /// Gone: switched off, or not seen for longer than phones report themselves.
    NotPresent = 19,
    /// Something had happened that must not have.
    RuledOut = 20,
}

impl Reason {
    /// All: those of the gates in their order, then those for which a pattern ends without being complete.
    pub const ALL: [Self; 20] = [
        Self::SuspectIdentity,
        Self::OutsideValidity,
        Self::OutsideHours,
        Self::NotInTarget,
        Self::Excluded,
        Self::NotInAudience,
        Self::NoConsent,
        Self::ControlGroup,
        Self::QuietHours,
        Self::PerUserCap,
        Self::GlobalCap,
        Self::TotalReached,
        Self::NoAddress,
        Self::Expired,
        Self::DwellBroken,
        Self::DeviceNotStable,
        Self::SeenBeforeDeadline,
        Self::WindowExpired,
        Self::NotPresent,
        Self::RuledOut,
    ];

    /// Snake case, as in ledgers, tests and JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::SuspectIdentity => "suspect_identity",
            Self::OutsideValidity => "outside_validity",
            Self::OutsideHours => "outside_hours",
            Self::NotInTarget => "not_in_target",
            Self::Excluded => "excluded",
            Self::NotInAudience => "not_in_audience",
            Self::NoConsent => "no_consent",
            Self::ControlGroup => "control_group",
            Self::QuietHours => "quiet_hours",
            Self::PerUserCap => "per_user_cap",
            Self::GlobalCap => "global_cap",
            Self::TotalReached => "total_reached",
            Self::NoAddress => "no_address",
            Self::Expired => "expired",
            Self::DwellBroken => "dwell_broken",
            Self::DeviceNotStable => "device_not_stable",
            Self::SeenBeforeDeadline => "seen_before_deadline",
            Self::WindowExpired => "window_expired",
            Self::NotPresent => "not_present",
            Self::RuledOut => "ruled_out",
        }
    }

    /// The stored form.
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// The inverse of [`Reason::code`].
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.code() == code)
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Until when the offer of a scenario triggered at `at` makes sense.
pub fn offer_expiry(scenario: &Scenario, at: Timestamp) -> Timestamp {
    at + scenario.limits.expires
}

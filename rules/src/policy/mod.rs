//! The contact policy and the gates between a trigger and an offer. Each "no" has a name.

mod control;
mod gates;
mod home;
mod spending;
mod wording;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use event::{Imsi, Timestamp};
use jiff::civil::Time;
use jiff::tz::TimeZone;

pub use control::scenario_hash;
pub(crate) use gates::local;
pub use gates::{Case, Person, Verdict, explain, first_refusal, gates};
pub use home::Home;
pub use spending::Spent;

use crate::lists::{Provinces, SubscriberList};
use crate::scenario::{Audience, Calendar, ContactCap, Money, NumberPattern, Purpose, Scenario};

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
    /// Whether an offer waits for the end of quiet hours where it does not expire before; else it is not made.
    pub holds: bool,
    /// Marketing offers to one subscriber.
    pub caps: Vec<ContactCap>,
    /// What a short message costs, each part of a long one.
    pub price: Option<Money>,
    /// What all marketing may cost.
    pub budget: Option<Money>,
    /// Share of subscribers who by a keyed hash receive no marketing at all, in hundredths of a percent.
    pub universal_control: u16,
    /// Purposes for which the subscriber must have agreed beforehand (column `consent` of the subscriber file).
    pub opt_in: Vec<Purpose>,
    /// Networks that are home (46000, 46002, 46007, 46008); empty means: the network of the serving cell.
    pub home: Vec<event::Plmn>,
    /// How often a phone reports itself.
    pub t3212: Periodic,
    /// Days off, and days on which they are made up for.
    pub calendar: Calendar,
    /// Which province a subscriber and a place belong to, and which are ours; absent where nobody asks.
    pub provinces: Option<Arc<Provinces>>,
    /// Numbers from which we send: what comes from them is nothing that a subscriber did.
    pub senders: Vec<NumberPattern>,
    /// People of whom nothing is stored and to whom nothing happens.
    pub protected: Option<Arc<SubscriberList>>,
    /// People who receive no marketing.
    pub do_not_disturb: Option<Arc<SubscriberList>>,
    /// Subscribers that are machines, by the digits with which their IMSI begins: for them only scenarios that say so.
    pub machines: Vec<ImsiPrefix>,
    /// Nobody but these receives anything; absent means that this is no trial.
    pub trial: Option<Arc<SubscriberList>>,
    /// Segments of subscribers that scenarios may name.
    pub segments: Vec<(String, Arc<Audience>)>,
    /// The column of the subscriber file that tells a subscriber's language.
    pub language: String,
    /// Columns of the subscriber file that texts may name.
    pub tags: Vec<String>,
    /// For so long after a call for help there is no marketing.
    pub after_emergency: Duration,
    /// How long a subscriber is remembered: no cap can count further back.
    pub remembered: Duration,
}

/// How long a subscriber is remembered where nothing is said.
pub const DEFAULT_REMEMBERED: Duration = Duration::from_secs(180 * 24 * 3600);
/// For how long after a call for help there is no marketing where nothing is said.
pub const DEFAULT_AFTER_EMERGENCY: Duration = Duration::from_secs(24 * 3600);

/// The column of the subscriber file that tells a subscriber's language, where nothing is said.
pub const DEFAULT_LANGUAGE_COLUMN: &str = "language";

/// What holds where no policy says otherwise: subscribers must have agreed to be advertised to by where they are.
impl Default for Policy {
    fn default() -> Self {
        Self {
            timezone: TimeZone::UTC,
            quiet: None,
            holds: false,
            caps: Vec::new(),
            price: None,
            budget: None,
            universal_control: 0,
            opt_in: vec![Purpose::Location],
            home: Vec::new(),
            t3212: Periodic::default(),
            calendar: Calendar::default(),
            provinces: None,
            senders: Vec::new(),
            protected: None,
            do_not_disturb: None,
            machines: Vec::new(),
            trial: None,
            segments: Vec::new(),
            language: DEFAULT_LANGUAGE_COLUMN.to_owned(),
            tags: Vec::new(),
            after_emergency: DEFAULT_AFTER_EMERGENCY,
            remembered: DEFAULT_REMEMBERED,
        }
    }
}

/// The first digits of an IMSI.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ImsiPrefix {
    digits: u32,
    value: u64,
}

impl ImsiPrefix {
    /// From 1 to 15 digits.
    pub fn new(text: &str) -> Option<Self> {
        let is_digits = !text.is_empty() && text.len() <= 15 && text.bytes().all(|byte| byte.is_ascii_digit());
        let digits = u32::try_from(text.len()).ok().filter(|_| is_digits)?;
        Some(Self { digits, value: text.parse().ok()? })
    }

    /// Whether an IMSI begins so.
    pub fn begins(&self, imsi: Imsi) -> bool {
        imsi.length() >= self.digits && imsi.prefix(self.digits) == self.value
    }

    /// How many digits they are.
    pub const fn digits(&self) -> u32 {
        self.digits
    }

    /// Their value.
    pub const fn value(&self) -> u64 {
        self.value
    }
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
    /// How often phones report themselves in this location area: as is said of it here, else as was observed there, else as
    /// usual.
    pub fn period(&self, lac: Option<u16>, observed: Option<Duration>) -> Duration {
        let own = self.by_lac.iter().find(|(known, _)| Some(*known) == lac).map(|(_, period)| *period);
        own.or(observed).unwrap_or(self.usual)
    }

    /// How long a subscriber last seen in this location area is present without being seen, where nothing was observed.
    pub fn presence(&self, lac: Option<u16>) -> Duration {
        Self::with_tenth(self.period(lac, None))
    }

    /// The time within which every phone that is there reports itself: T3212 plus 10 %.
    pub(crate) fn with_tenth(period: Duration) -> Duration {
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
    /// A machine, and the scenario does not say that it is for machines too.
    Machine = 21,
    /// Not in the sample.
    NotInSample = 22,
    /// Called for help not long ago.
    AfterEmergency = 23,
    /// On the list of those who receive no marketing.
    DoNotDisturb = 24,
    /// What is to be filled into the text is not known.
    ValueUnknown = 25,
    /// A trial, and not on its list.
    Trial = 26,
    /// The policy's cap on this kind of message is reached.
    ChannelCap = 27,
    /// The policy's cap on offers of one campaign is reached.
    CampaignCap = 28,
    /// What the scenario, or all marketing, may cost is spent.
    BudgetSpent = 29,
    /// In none of the segments.
    NotInSegment = 30,
    /// Its scenario was paused, or taken out of force, while the offer waited for its channel.
    TakenBack = 31,
}

impl Reason {
    /// All: those of the gates in their order, then those for which a pattern ends without being complete, then what may become
    /// of an offer afterwards.
    pub const ALL: [Self; 31] = [
        Self::SuspectIdentity,
        Self::OutsideValidity,
        Self::OutsideHours,
        Self::Machine,
        Self::NotInTarget,
        Self::Excluded,
        Self::NotInAudience,
        Self::NotInSegment,
        Self::NotInSample,
        Self::DoNotDisturb,
        Self::NoConsent,
        Self::ControlGroup,
        Self::AfterEmergency,
        Self::QuietHours,
        Self::PerUserCap,
        Self::CampaignCap,
        Self::GlobalCap,
        Self::ChannelCap,
        Self::ValueUnknown,
        Self::Trial,
        Self::TotalReached,
        Self::BudgetSpent,
        Self::NoAddress,
        Self::Expired,
        Self::DwellBroken,
        Self::DeviceNotStable,
        Self::SeenBeforeDeadline,
        Self::WindowExpired,
        Self::NotPresent,
        Self::RuledOut,
        Self::TakenBack,
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
            Self::Machine => "machine",
            Self::NotInSample => "not_in_sample",
            Self::AfterEmergency => "after_emergency",
            Self::DoNotDisturb => "do_not_disturb",
            Self::ValueUnknown => "value_unknown",
            Self::Trial => "trial",
            Self::ChannelCap => "channel_cap",
            Self::CampaignCap => "campaign_cap",
            Self::BudgetSpent => "budget_spent",
            Self::NotInSegment => "not_in_segment",
            Self::TakenBack => "taken_back",
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

impl Policy {
    /// [`Policy::remembered`], in microseconds.
    pub fn remembered_micros(&self) -> u64 {
        u64::try_from(self.remembered.as_micros()).unwrap_or(u64::MAX)
    }

    /// When the quiet hours that hold at this moment end; the moment itself where none hold.
    pub fn quiet_ends(&self, at: Timestamp) -> Timestamp {
        let local = self.local(at);
        let Some((_, to)) = self.quiet.filter(|quiet| gates::is_within(*quiet, local.time())) else { return at };
        let day = if local.time() < to { Ok(local.date()) } else { local.date().tomorrow() };
        let ends = day.ok().and_then(|day| self.timezone.to_timestamp(day.to_datetime(to)).ok());
        ends.map_or(at, |ends| Timestamp::from_micros(ends.as_microsecond()).max(at))
    }

    /// When a scenario's last day ends; absent where it has none.
    pub fn validity_ends(&self, scenario: &Scenario) -> Option<Timestamp> {
        let (_, last) = scenario.schedule.validity?;
        let end = self.timezone.to_timestamp(last.tomorrow().ok()?.to_datetime(Time::midnight())).ok()?;
        Some(Timestamp::from_micros(end.as_microsecond()))
    }

    /// The segment of this name.
    pub fn segment(&self, name: &str) -> Option<&Arc<Audience>> {
        self.segments.iter().find(|(known, _)| known == name).map(|(_, segment)| segment)
    }
}

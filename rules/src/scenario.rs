//! What scenario files say, typed: every name resolved to its meaning, nothing left to validate.

use std::iter;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use event::{Direction, DomainName, Number, UpdateType};
use jiff::civil::Time;

use crate::lists::{Area, SubscriberList, TacList};

mod limits;
mod schedule;
mod send;
mod text;

pub use limits::{Cap, ContactCap, Limits, Money, Scope, Unit};
pub use schedule::{Calendar, Holidays, Schedule};
pub use send::{MAX_VARIANTS, Message, MessageKind, Push, Send, Variant};
pub(crate) use text::braces;
pub use text::{MAX_VALUE_CHARS, Text, Value, Variable};

/// One scenario: when this happens to these people, send that, within these limits.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// Its name: unique in the set, part of the identity of its offers.
    pub name: Arc<str>,
    /// What people call it; the name where the file gives none.
    pub title: String,
    /// The file that it stands in, relative to the folder of the set.
    pub file: PathBuf,
    /// What it belongs to, for caps: the scenarios of one file, under the name that is written there, unless the file says
    /// otherwise.
    pub campaign: Arc<str>,
    /// What for: decides which consent is needed, and whether caps and quiet hours apply.
    pub purpose: Purpose,
    /// Among scenarios that hit together the higher goes first; 0 to 100, default 50.
    pub priority: u8,
    /// When it is in force.
    pub schedule: Schedule,
    /// What triggers it.
    pub trigger: Pattern,
    /// What it then waits for; absent where it acts at once.
    pub delay: Option<Delay>,
    /// Whom it is for.
    pub audience: Audience,
    /// What is sent, where it has no variants; where it has, the first of them.
    pub send: Send,
    /// What is sent to whom, where that is not the same for everybody.
    pub variants: Vec<Variant>,
    /// How much of it.
    pub limits: Limits,
    /// What is hoped for; absent where nobody asks.
    pub conversion: Option<Conversion>,
}

/// The rank of a scenario where nothing is said.
pub const DEFAULT_PRIORITY: u8 = 50;
/// How long an offer may wait where nothing is said.
pub const DEFAULT_EXPIRY: Duration = Duration::from_secs(30 * 60);

impl Scenario {
    /// A scenario for everybody at any time, without limits.
    pub fn new(name: &str, purpose: Purpose, trigger: impl Into<Pattern>, send: Send) -> Self {
        Self {
            name: name.into(),
            title: name.to_owned(),
            file: format!("{name}.yaml").into(),
            campaign: name.into(),
            purpose,
            priority: DEFAULT_PRIORITY,
            schedule: Schedule::default(),
            trigger: trigger.into(),
            delay: None,
            audience: Audience::default(),
            send,
            variants: Vec::new(),
            limits: Limits::default(),
            conversion: None,
        }
    }

    /// The numbers and names that it gives as senders: messages from them are our own.
    pub fn senders(&self) -> impl Iterator<Item = NumberPattern> {
        let sends = iter::once(&self.send).chain(self.variants.iter().map(|variant| &variant.send));
        let sender = |from: &str| from.parse().ok().or_else(|| Number::name(from));
        sends.filter_map(move |send| sender(send.from.as_deref()?).map(NumberPattern::Exactly))
    }

    /// All that it speaks of: the trigger's steps in order, then what calls it off, then what is hoped for.
    pub fn happenings(&self) -> impl Iterator<Item = &Happening> {
        let unless = self.delay.iter().flat_map(|delay| &delay.unless.0);
        let hoped_for = self.conversion.iter().flat_map(|conversion| &conversion.step.0);
        self.trigger.happenings().chain(unless).chain(hoped_for)
    }

    /// Those of them that bear on somebody for whom nothing has begun. The others only go on with it or end it, and are
    /// nothing without.
    pub fn beginnings(&self) -> impl Iterator<Item = &Happening> {
        let first = self.trigger.steps().take(self.trigger.beginnings()).flat_map(|step| &step.0);
        let count = first.clone().count();
        // What must last begins by itself.
        first.chain(self.happenings().skip(count).filter(|happening| happening.hold.is_some()))
    }
}

/// What a scenario waits for after its trigger. While one wait runs, another trigger begins none; what the trigger's
/// pattern rules out is judged at its end.
#[derive(Clone, Debug, Hash)]
pub struct Delay {
    /// When it ends.
    pub until: Until,
    /// What calls the offer off; nothing where there is no happening.
    pub unless: Step,
    /// Whether the subscriber must be present at its end.
    pub still_here: bool,
}

/// The end of a wait.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Until {
    /// So long after the trigger.
    After(Duration),
    /// The next of these times of day on a day of the scenario's schedule, at most [`WINDOW`] later.
    Clock(Vec<Time>),
}

/// What is hoped for after an offer. It is watched in the control group as well, from the moment of the offer that was not
/// made.
#[derive(Clone, Debug, Hash)]
pub struct Conversion {
    /// The success.
    pub step: Step,
    /// Within this time.
    pub within: Duration,
}

/// What an offer is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// Information that the subscriber needs (a roaming welcome): outside consent, caps and quiet hours; its own limits hold.
    Service,
    /// Advertising.
    Marketing,
    /// Advertising that uses where the subscriber is.
    Location,
}

impl Purpose {
    /// Lower case, as in scenario files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Service => "service",
            Self::Marketing => "marketing",
            Self::Location => "location",
        }
    }
}

/// The longest time that a pattern can look back or wait: that of the window of facts.
pub const WINDOW: Duration = Duration::from_secs(48 * 3600);
/// The most steps of a sequence, and the most conditions of a conjunction.
pub const MAX_STEPS: usize = 8;
/// The most happenings in a whole pattern.
pub const MAX_HAPPENINGS: usize = 32;
/// The most occurrences that can be counted.
pub const MAX_COUNT: u8 = 20;

/// What must happen, over time, for a scenario to be triggered. Each time it is, what it has used up is not used again.
///
/// Times are those of events; an event that comes late counts when it comes. A span holds its beginning and not its end:
/// 48 hours after an event that event no longer counts. Doubtful identities move nothing.
#[derive(Clone, Debug, Hash)]
pub enum Pattern {
    /// One step.
    Once(Step),
    /// One step after the other, each by an event of its own.
    Sequence {
        /// Two or more, in order.
        steps: Vec<Step>,
        /// From the first to the last.
        within: Duration,
    },
    /// The same step several times.
    Count {
        /// What is counted.
        of: Step,
        /// How often, 2 to [`MAX_COUNT`].
        at_least: u8,
        /// From the first to the last of them.
        within: Duration,
        /// What follows the last one that was counted in less than this is not counted.
        gap: Duration,
    },
    /// Something did not happen. While one wait runs, `after` begins no other.
    Absence {
        /// What begins the wait.
        after: Step,
        /// What ends it.
        no: Step,
        /// How long the wait is.
        lasting: Duration,
        /// Whether the subscriber must be present at its end.
        still_here: bool,
    },
    /// All steps in any order, complete with the last of them.
    All {
        /// One or more.
        of: Vec<Step>,
        /// None of which may have happened in that time.
        without: Vec<Step>,
        /// From the first to the last.
        within: Duration,
    },
}

/// Any one of these.
#[derive(Clone, Debug, Hash)]
pub struct Step(pub Vec<Happening>);

/// An event, and how long what it began must last.
#[derive(Clone, Debug, Hash)]
pub struct Happening {
    /// The event.
    pub trigger: Trigger,
    /// What must last; absent where the event alone will do.
    pub hold: Option<Hold>,
}

/// What must last after an event. It has lasted when the subscriber is next seen, unless presumed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Hold {
    /// Being in the area that was entered ([`Trigger::Enter`]).
    Dwell {
        /// For so long.
        lasting: Duration,
        /// How it is known.
        evidence: Evidence,
        /// How long an excursion does not break it.
        grace: Duration,
        /// Whether the subscriber must be present at its end ([`Evidence::Presume`]).
        still_here: bool,
    },
    /// Having the device that was changed to ([`Trigger::DeviceChange`]).
    Stable(Duration),
    /// Being here, after having arrived ([`Trigger::RoamIn`], [`Trigger::RoamBack`]). Arriving again begins it anew.
    Settle(Duration),
}

/// How it is known that a subscriber stayed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Evidence {
    /// Seen inside again after the time.
    #[default]
    Reconfirm,
    /// Not seen elsewhere when the time was over, and not gone.
    Presume,
}

impl Pattern {
    /// Its steps, in order.
    pub fn steps(&self) -> impl Iterator<Item = &Step> + Clone {
        let (first, second): (&[Step], &[Step]) = match self {
            Self::Once(step) | Self::Count { of: step, .. } => (std::slice::from_ref(step), &[]),
            Self::Sequence { steps, .. } => (steps, &[]),
            Self::Absence { after, no, .. } => (std::slice::from_ref(after), std::slice::from_ref(no)),
            Self::All { of, without, .. } => (of, without),
        };
        first.iter().chain(second)
    }

    /// How many of its first steps begin it; the others are nothing before one of these.
    fn beginnings(&self) -> usize {
        match self {
            Self::Once(_) | Self::Sequence { .. } | Self::Count { .. } | Self::Absence { .. } => 1,
            Self::All { of, without, .. } => of.len() + without.len(),
        }
    }

    /// All that it speaks of, in order of its steps.
    pub fn happenings(&self) -> impl Iterator<Item = &Happening> {
        self.steps().flat_map(|step| &step.0)
    }
}

impl From<Trigger> for Pattern {
    fn from(trigger: Trigger) -> Self {
        Self::Once(trigger.into())
    }
}

impl From<Trigger> for Step {
    fn from(trigger: Trigger) -> Self {
        Self(vec![Happening { trigger, hold: None }])
    }
}

/// An event of the subscriber that triggers a scenario.
#[derive(Clone, Debug, Hash)]
pub enum Trigger {
    /// Came into an area from outside (or, after the warm-up, is seen there for the first time).
    Enter(Arc<Area>),
    /// Left an area: seen outside after having been inside.
    Leave(Arc<Area>),
    /// Seen in an area, however long there already.
    Inside(Arc<Area>),
    /// A call.
    Call {
        /// At which moment of the call.
        phase: CallPhase,
        /// Whose call; absent means either.
        direction: Option<Direction>,
        /// The other party: any of these; empty means any number.
        numbers: Vec<NumberPattern>,
        /// How long it was; absent where it does not matter. Of a call that was not answered nothing fits.
        length: Option<LengthRange>,
        /// Why it ended: any of these causes, 3GPP TS 24.008 §10.5.4.11; empty where it does not matter.
        causes: Vec<u8>,
    },
    /// A short message.
    Sms {
        /// Sent or received; absent means either.
        direction: Option<Direction>,
        /// The other party: any of these; empty means any number.
        numbers: Vec<NumberPattern>,
    },
    /// A USSD code: any of these; empty means any.
    Ussd(Vec<NumberPattern>),
    /// Call forwarding registered or activated by the handset.
    CallForwarding,
    /// The subscriber's device is another one than before.
    DeviceChange {
        /// To a model on this list; absent means any.
        to: Option<Arc<TacList>>,
        /// From a model on this list; absent means any.
        from: Option<Arc<TacList>>,
    },
    /// A device of this list was seen.
    Device(Arc<TacList>),
    /// Arrived in our network.
    RoamIn(Vec<Origin>),
    /// Came back to the home network.
    RoamBack(Vec<Origin>),
    /// Switched on.
    PowerOn,
    /// Switched off.
    PowerOff,
    /// A location or routing area update was accepted; of this type where one is named. Routing area updates count by
    /// what they are in the circuit-switched world.
    LocationUpdate(Option<UpdateType>),
    /// A location or routing area update of any type was accepted in a cell of this area, entered now or before.
    UpdateIn(Arc<Area>),
    /// Certainly in another cell than before.
    CellChange,
    /// Seen at all.
    Seen,
    /// Attached for packet data.
    DataAttach,
    /// Left packet data.
    DataDetach,
    /// A PDP context.
    Pdp {
        /// Whether it began or ended.
        activated: bool,
        /// The access point: any of these; empty means any.
        access_points: Vec<DomainName>,
    },
    /// A host was asked for: one of these or below them; empty means any.
    Web(Vec<DomainName>),
    /// An attempt was refused: any of these. Who attempted it is not proven.
    Refused(Vec<Attempt>),
}

/// How long a call was, from its answer on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LengthRange {
    /// At least.
    pub least: Duration,
    /// At most; absent means any longer one as well.
    pub most: Option<Duration>,
}

impl LengthRange {
    /// Whether a call of this length is meant; one that was not answered has none.
    pub fn holds(&self, length: Option<Duration>) -> bool {
        length.is_some_and(|length| length >= self.least && self.most.is_none_or(|most| length <= most))
    }
}

/// What a network can refuse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Attempt {
    /// A location update.
    LocationUpdate,
    /// A call, a message or another service.
    Service,
    /// An attach or update for packet data.
    Data,
}

/// A moment of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CallPhase {
    /// Dialling or ringing begins.
    Setup,
    /// The call is answered.
    Answered,
    /// The call is over.
    Ended,
}

/// Numbers that a scenario speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NumberPattern {
    /// This number, or name.
    Exactly(Number),
    /// Numbers that begin so (`1795*` in a file).
    Prefix(Number),
}

/// Where a subscriber is at home, or comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Origin {
    /// Our network, this province.
    Home,
    /// Our network, another province.
    OtherProvince,
    /// Another network of this country.
    OtherNetwork,
    /// Abroad.
    International,
}

/// Whom a scenario is for: everybody, less those whom a condition leaves out.
#[derive(Clone, Debug, Default)]
pub struct Audience {
    /// Only these.
    pub target: Option<Arc<SubscriberList>>,
    /// Not these.
    pub exclude: Vec<Arc<SubscriberList>>,
    /// Column of the subscriber file and the values of which one must stand there.
    pub tags: Vec<(String, Vec<String>)>,
    /// Where they are at home; empty means anywhere.
    pub origins: Vec<Origin>,
    /// Only those of any of these segments; empty means everybody.
    pub segments: Vec<Arc<Audience>>,
    /// Only those whose handset, as last seen, is on this list.
    pub device: Option<Arc<TacList>>,
    /// Only this share of subscribers by a keyed hash, in hundredths of a percent; absent means all.
    pub sample: Option<u16>,
    /// Machines too (see [`crate::Policy::machines`]).
    pub machines: bool,
}

//! What shows of a location area as a whole, and so concerns everybody who was last seen there.

use std::time::Duration;

use crate::{Lai, Timestamp};

/// A fact about a location area. Of one area they come in order of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AreaFact {
    /// When it became certain, in capture time.
    pub at: Timestamp,
    /// Which.
    pub area: Lai,
    /// What.
    pub kind: AreaFactKind,
}

/// The kinds of fact about a location area.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AreaFactKind {
    /// Something that shows it has been quiet for far longer than it ever is: whoever was last seen there cannot be seen.
    Silent {
        /// What is quiet.
        source: Source,
        /// Its last sign.
        since: Timestamp,
    },
    /// Everything that shows it is heard; told at the first sign of all too.
    Heard,
    /// Phones that do nothing else report themselves so often there.
    Reports {
        /// By which timer.
        timer: ReportTimer,
        /// How often.
        every: Duration,
    },
}

impl AreaFactKind {
    /// Snake case, as in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Silent { .. } => "area_silent",
            Self::Heard => "area_heard",
            Self::Reports { .. } => "area_reports",
        }
    }
}

/// What is silent where an area is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Source {
    /// What one BSC has to do with one MSC, or one BSS with one SGSN.
    Link,
    /// A BSC, or a network service entity of Gb.
    Bss,
    /// The area itself, through whatever it is heard.
    Area,
}

impl Source {
    /// Snake case, as in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Link => "link",
            Self::Bss => "bss",
            Self::Area => "area",
        }
    }
}

/// The timers by which phones report themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ReportTimer {
    /// Periodic location updating, 3GPP TS 24.008 §4.4.2.
    T3212,
    /// Periodic routing area updating, 3GPP TS 24.008 §4.7.2.2.
    T3312,
}

impl ReportTimer {
    /// As in the specification, in small letters.
    pub const fn name(self) -> &'static str {
        match self {
            Self::T3212 => "t3212",
            Self::T3312 => "t3312",
        }
    }
}

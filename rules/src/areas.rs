//! What is known of location areas as a whole, and so of everybody last seen there: when nothing could be heard of them, and
//! how often phones there report themselves. A clock stops for whoever cannot be heard.

use std::sync::LazyLock;
use std::time::Duration;

use event::{AreaFact, AreaFactKind, Lai, ReportTimer, Timestamp};
use rustc_hash::FxHashMap;

/// The most areas of which anything is known; facts about further ones are dropped and counted.
pub const AREAS_LIMIT: usize = 65_536;
/// The most silences of one area; beyond it the oldest is forgotten.
pub const SILENCES_LIMIT: usize = 64;
/// The most changes of how often phones report that are known of one area; beyond it the oldest is forgotten.
pub const REPORTS_LIMIT: usize = 8;

static NONE: LazyLock<Areas> = LazyLock::new(Areas::default);

/// All areas of which something is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Areas {
    known: FxHashMap<Lai, AreaState>,
    has_silences: bool,
    refused: u64,
}

/// What is known of one area, in order of time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AreaState {
    /// When it could not be heard.
    pub silences: Vec<Silence>,
    /// How often phones report there.
    pub reports: Vec<Reports>,
}

/// A time in which an area could not be heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Silence {
    /// From when on it counts: when it was certain.
    pub from: Timestamp,
    /// When it was heard again.
    pub until: Option<Timestamp>,
}

/// Since when phones report so often.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reports {
    /// Since when that is known.
    pub from: Timestamp,
    /// By which timer.
    pub timer: ReportTimer,
    /// How often.
    pub every: Duration,
}

impl Areas {
    /// Of none is anything known.
    pub fn none() -> &'static Self {
        &NONE
    }

    /// Takes a fact; tells whether it says anything new. One that comes again, as in a run that goes on from an earlier one,
    /// does not.
    pub fn take(&mut self, fact: &AreaFact) -> bool {
        if !self.known.contains_key(&fact.area) {
            if fact.kind == AreaFactKind::Heard {
                return false;
            }
            if self.known.len() >= AREAS_LIMIT {
                self.refused += 1;
                return false;
            }
        }
        let state = self.known.entry(fact.area).or_default();
        match fact.kind {
            AreaFactKind::Silent { .. } => {
                self.has_silences = true;
                state.falls_silent(fact.at)
            }
            AreaFactKind::Heard => state.is_heard(fact.at),
            AreaFactKind::Reports { timer, every } => state.report(Reports { from: fact.at, timer, every }),
        }
    }

    /// Puts back what is known of an area.
    pub fn restore(&mut self, area: Lai, state: AreaState) {
        self.has_silences |= !state.silences.is_empty();
        self.known.insert(area, state);
    }

    /// What is known of an area.
    pub fn state(&self, area: Lai) -> Option<&AreaState> {
        self.known.get(&area)
    }

    /// How many facts were dropped because of [`AREAS_LIMIT`].
    pub fn refused(&self) -> u64 {
        self.refused
    }

    /// Whether any has ever been silent: if none, time goes on for everybody.
    pub(crate) fn has_silences(&self) -> bool {
        self.has_silences
    }

    /// What time is for somebody last seen then and there.
    pub(crate) fn standstill(&self, area: Option<Lai>, seen: Timestamp) -> Standstill<'_> {
        let state = area.filter(|_| !self.known.is_empty()).and_then(|area| self.known.get(&area));
        let Some(state) = state else { return Standstill::NONE };
        Standstill { silences: &state.silences, seen, every: state.every(seen), report: Duration::ZERO }
    }
}

impl AreaState {
    fn falls_silent(&mut self, at: Timestamp) -> bool {
        let place = self.silences.partition_point(|silence| silence.from < at);
        let is_known = self.silences.get(place).is_some_and(|silence| silence.from == at);
        let goes_on = place
            .checked_sub(1)
            .and_then(|before| self.silences.get(before))
            .is_some_and(|before| before.until.is_none());
        if is_known || goes_on {
            return false;
        }
        if self.silences.len() >= SILENCES_LIMIT {
            self.silences.remove(0);
        }
        self.silences.insert(place.min(self.silences.len()), Silence { from: at, until: None });
        true
    }

    fn is_heard(&mut self, at: Timestamp) -> bool {
        let open = self.silences.iter_mut().rfind(|silence| silence.until.is_none() && silence.from <= at);
        open.map(|silence| silence.until = Some(at)).is_some()
    }

    fn report(&mut self, reports: Reports) -> bool {
        let place = self.reports.partition_point(|known| known.from <= reports.from);
        let before = self.reports.iter().take(place).rfind(|known| known.timer == reports.timer);
        if before.is_some_and(|before| before.every == reports.every) {
            return false;
        }
        if self.reports.len() >= REPORTS_LIMIT {
            self.reports.remove(0);
        }
        self.reports.insert(place.min(self.reports.len()), reports);
        true
    }

    /// How often phones reported themselves there at a time: whoever reports by two timers is seen by the longer one at the
    /// latest.
    fn every(&self, at: Timestamp) -> Option<Duration> {
        let by = |timer| {
            let known = self.reports.iter().rfind(|known| known.timer == timer && known.from <= at);
            known.map(|known| known.every)
        };
        by(ReportTimer::T3212).max(by(ReportTimer::T3312))
    }
}

/// When the clocks of somebody last seen at one time in one area stand still: from when the area is silent until it has been
/// heard again for as long as every phone there needs to report itself. Whoever is seen after that is heard, too.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Standstill<'a> {
    silences: &'a [Silence],
    seen: Timestamp,
    /// How often phones there report themselves, as far as that was seen.
    pub(crate) every: Option<Duration>,
    report: Duration,
}

impl Standstill<'_> {
    const NONE: Self = Self { silences: &[], seen: Timestamp::MIN, every: None, report: Duration::ZERO };

    /// The same, where phones report so often.
    pub(crate) fn with_reports_every(self, report: Duration) -> Self {
        Self { report, ..self }
    }

    /// From and until, in order and apart; the last may have no end yet, which is [`Timestamp::MAX`].
    fn spans(&self) -> impl Iterator<Item = (Timestamp, Timestamp)> {
        let (seen, report) = (self.seen, self.report);
        let mut clear = seen;
        self.silences.iter().filter(move |silence| silence.until.is_none_or(|until| until > seen)).map(move |silence| {
            let from = silence.from.max(clear);
            clear = silence.until.map_or(Timestamp::MAX, |until| until + report).max(clear);
            (from, clear)
        })
    }

    /// How much of the time from one moment to another is none.
    pub(crate) fn between(&self, from: Timestamp, to: Timestamp) -> Duration {
        self.spans().map(|(start, end)| end.min(to).since(start.max(from))).sum()
    }

    /// When something is due that would be at `due`, of a clock that has run since `from`. `None` while nobody can tell.
    pub(crate) fn put_off(&self, due: Timestamp, from: Timestamp) -> Option<Timestamp> {
        let mut put_off = due;
        for (start, end) in self.spans() {
            let start = start.max(from);
            if put_off <= start {
                break;
            }
            if end == Timestamp::MAX {
                return None;
            }
            put_off = put_off + end.since(start);
        }
        Some(put_off)
    }

    /// When something may happen that is set for `due` by the clock on the wall. `None` while nobody can tell.
    pub(crate) fn hold_back(&self, due: Timestamp) -> Option<Timestamp> {
        let held = self.spans().fold(due, |due, (start, end)| if start <= due { end.max(due) } else { due });
        Some(held).filter(|held| *held != Timestamp::MAX)
    }
}

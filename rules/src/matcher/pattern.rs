//! A compiled pattern: how events and the passing of time move its marks, and what comes of it. Pure and small: what it
//! knows of the past is its marks alone.

use std::sync::Arc;
use std::time::Duration;

use event::{CellId, Timestamp};

use super::delay::Delay;
use super::live::{Live, Mark, Marks, SlotKind};
use super::{Group, Outcome};
use crate::lists::{Area, Presence};
use crate::policy::{Policy, Reason};
use crate::scenario::{self, Evidence, Hold, MAX_COUNT, Scenario, Step, Trigger, WINDOW};

/// What an event says about its subscriber, as far as it bears on what has begun.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment {
    pub(super) at: Timestamp,
    /// Where the subscriber is, where this proves it.
    pub(super) seen: Option<CellId>,
    pub(super) power_off: bool,
    pub(super) device_shown: bool,
    pub(super) device_changed: bool,
}

const COMPLETE: Option<Outcome> = Some(Outcome::Offer);

const fn withheld(reason: Reason) -> Option<Outcome> {
    Some(Outcome::Withheld(reason))
}

/// A set of happenings or steps, by position.
pub(super) type Bits = u64;

/// One of them.
pub(super) fn bit(position: usize) -> Bits {
    u32::try_from(position).ok().and_then(|position| 1_u64.checked_shl(position)).unwrap_or(0)
}

/// One scenario's pattern, of which happenings stand in for their positions.
#[derive(Debug)]
pub(super) struct Pattern {
    /// What lasts, by happening.
    holds: Vec<Option<Lasting>>,
    /// How many happenings are the trigger's: of the others nobody is told what became of them.
    own: usize,
    shape: Shape,
    delay: Option<Delay>,
    /// Success, and how long it is watched for.
    conversion: Option<(Bits, Duration)>,
}

/// What must last after a happening, with what it needs to know.
#[derive(Debug)]
enum Lasting {
    Dwell { area: Arc<Area>, lasting: Duration, evidence: Evidence, grace: Duration, still_here: bool },
    Stable(Duration),
    Settle(Duration),
}

#[derive(Debug)]
enum Shape {
    Once(Bits),
    Sequence { steps: Vec<Bits>, within: Duration },
    Count { of: Bits, at_least: u8, within: Duration, gap: Duration },
    Absence { after: Bits, no: Bits, lasting: Duration, still_here: bool },
    All { of: Vec<Bits>, without: Vec<Bits>, within: Duration },
}

impl Pattern {
    /// `None` where each happening alone triggers the scenario: then there is nothing to remember.
    pub(super) fn new(scenario: &Scenario, policy: &Policy) -> Option<Self> {
        let holds: Vec<_> = scenario.happenings().map(lasting).collect();
        let is_plain = scenario.delay.is_none() && scenario.conversion.is_none() && holds.iter().all(Option::is_none);
        if is_plain && matches!(scenario.trigger, scenario::Pattern::Once(_)) {
            return None;
        }
        let mut next = 0;
        let mut bits = |step: &Step| {
            let from = next;
            next += step.0.len();
            (from..next).map(bit).fold(0, |all, one| all | one)
        };
        let shape = Shape::new(&scenario.trigger, &mut bits);
        let delay = scenario.delay.as_ref().map(|delay| Delay::new(delay, bits(&delay.unless), scenario, policy));
        let conversion = scenario.conversion.as_ref();
        let conversion = conversion.map(|conversion| (bits(&conversion.step), conversion.within));
        Some(Self { holds, own: scenario.trigger.happenings().count(), shape, delay, conversion })
    }

    /// Takes an event at which these happenings were triggered.
    pub(super) fn happen(
        &self,
        marks: &mut Marks<'_>,
        triggered: Bits,
        moment: &Moment,
        mut end: impl FnMut(Timestamp, Outcome),
    ) {
        let mut happened = 0;
        for (position, hold) in self.holds.iter().enumerate() {
            let is_triggered = triggered & bit(position) != 0;
            let happens = match hold {
                None => is_triggered,
                Some(hold) => match hold.happen(marks, position, is_triggered, moment) {
                    Held::Lasted => true,
                    Held::Broken(reason) if position < self.own => {
                        end(moment.at, Outcome::Withheld(reason));
                        false
                    }
                    Held::Broken(_) | Held::Waits => false,
                },
            };
            happened |= if happens { bit(position) } else { 0 };
        }
        if happened != 0 {
            self.advance(marks, happened, moment.at, &mut end);
        }
    }

    /// These happenings have happened, whatever had to last after them.
    fn advance(&self, marks: &mut Marks<'_>, happened: Bits, at: Timestamp, end: &mut impl FnMut(Timestamp, Outcome)) {
        if self.conversion.is_some_and(|(success, _)| happened & success != 0) {
            for (kind, group) in [(SlotKind::Offered, Group::Offered), (SlotKind::Spared, Group::Control)] {
                let watched = marks.times(kind).next();
                if let Some((variant, _)) = watched {
                    marks.clear_all(kind, |_| true);
                    end(at, Outcome::Converted(group, variant));
                }
            }
        }
        let Some(delay) = &self.delay else {
            self.shape.happen(marks, happened, at).into_iter().for_each(|ending| end(at, ending));
            return;
        };
        if happened & delay.unless != 0 && marks.take(delay.slot()) {
            end(at, Outcome::Withheld(Reason::SeenBeforeDeadline));
        }
        match self.shape.happen(marks, happened, at) {
            // What is ruled out is judged when the wait is over.
            Some(Outcome::Offer | Outcome::Withheld(Reason::RuledOut)) => {
                delay.begin(marks, at).into_iter().for_each(|ending| end(at, ending));
            }
            Some(ending) => end(at, ending),
            None => {}
        }
    }

    /// The scenario was offered in this variant, or not for the sake of the control group: success is watched for from now on.
    pub(super) fn watch(&self, marks: &mut Marks<'_>, group: Group, variant: u8, at: Timestamp) {
        if self.conversion.is_some() {
            let kind = match group {
                Group::Offered => SlotKind::Offered,
                Group::Control => SlotKind::Spared,
            };
            marks.clear_all(kind, |_| true);
            marks.set(kind.at(variant.into()), at);
        }
    }

    /// When a mark's time is up, unless something happens before; `next` is the mark behind it. `gone` is when the subscriber is no longer present. Both by
    /// clocks that never stand still: see [`super::course`].
    pub(super) fn due(&self, live: &Live, mark: &Mark, next: Option<&Mark>, gone: Timestamp) -> Option<Timestamp> {
        let index = usize::from(mark.slot.index);
        match mark.slot.kind {
            SlotKind::Held => self.holds.get(index)?.as_ref()?.due(live, mark, gone),
            SlotKind::Outside => match self.holds.get(index)?.as_ref()? {
                Lasting::Dwell { grace, .. } => Some(mark.at + *grace),
                Lasting::Stable(_) | Lasting::Settle(_) => None,
            },
            SlotKind::Counted => {
                let is_newest = next.is_none_or(|next| (next.rank, next.slot.kind) != (mark.rank, SlotKind::Counted));
                self.shape.span().filter(|_| is_newest).map(|span| mark.at + span)
            }
            SlotKind::Reached | SlotKind::Awaited | SlotKind::Barred => self.shape.span().map(|span| mark.at + span),
            SlotKind::Postponed | SlotKind::Scheduled => Some(mark.at),
            SlotKind::Offered | SlotKind::Spared => self.conversion.map(|(_, within)| mark.at + within),
            // Is the policy's.
            SlotKind::Quieted => None,
        }
    }

    /// A mark's time is up, at `due`. Takes out at least this mark.
    pub(super) fn elapse(
        &self,
        marks: &mut Marks<'_>,
        mark: &Mark,
        due: Timestamp,
        gone: Timestamp,
        mut end: impl FnMut(Timestamp, Outcome),
    ) {
        marks.clear(mark.slot);
        let position = usize::from(mark.slot.index);
        let is_told = position < self.own || !matches!(mark.slot.kind, SlotKind::Held | SlotKind::Outside);
        let mut withhold = |reason| {
            if is_told {
                end(due, Outcome::Withheld(reason));
            }
        };
        match mark.slot.kind {
            SlotKind::Held => match self.holds.get(position) {
                Some(Some(Lasting::Stable(_))) => withhold(Reason::WindowExpired),
                Some(Some(Lasting::Dwell { evidence: Evidence::Presume, still_here: false, .. })) => {
                    self.advance(marks, bit(position), due, &mut end);
                }
                _ if due >= gone => withhold(Reason::NotPresent),
                _ => self.advance(marks, bit(position), due, &mut end),
            },
            SlotKind::Outside => {
                marks.clear(SlotKind::Held.at(position));
                withhold(Reason::DwellBroken);
            }
            SlotKind::Reached => {
                marks.clear_all(SlotKind::Reached, |at| at <= mark.at);
                withhold(Reason::WindowExpired);
            }
            SlotKind::Counted => {
                marks.clear_all(SlotKind::Counted, |_| true);
                withhold(Reason::WindowExpired);
            }
            SlotKind::Awaited => match self.shape {
                Shape::Absence { still_here: true, .. } if due >= gone => withhold(Reason::NotPresent),
                _ => self.complete(marks, due, &mut end),
            },
            SlotKind::Postponed | SlotKind::Scheduled => match &self.delay {
                _ if self.shape.is_ruled_out(marks) => withhold(Reason::RuledOut),
                Some(delay) if delay.still_here && due >= gone => withhold(Reason::NotPresent),
                _ => end(due, Outcome::Offer),
            },
            SlotKind::Barred | SlotKind::Offered | SlotKind::Spared | SlotKind::Quieted => {}
        }
    }

    /// Nothing more need happen; but the offer may have to wait.
    fn complete(&self, marks: &mut Marks<'_>, at: Timestamp, end: &mut impl FnMut(Timestamp, Outcome)) {
        let ending = self.delay.as_ref().map_or(COMPLETE, |delay| delay.begin(marks, at));
        ending.into_iter().for_each(|ending| end(at, ending));
    }
}

fn lasting(happening: &scenario::Happening) -> Option<Lasting> {
    Some(match (happening.hold?, &happening.trigger) {
        (Hold::Dwell { lasting, evidence, grace, still_here }, Trigger::Enter(area)) => {
            Lasting::Dwell { area: Arc::clone(area), lasting, evidence, grace, still_here }
        }
        // Of anything but an area there is nothing to stay in.
        (Hold::Dwell { .. }, _) => return None,
        (Hold::Stable(lasting), _) => Lasting::Stable(lasting),
        (Hold::Settle(lasting), _) => Lasting::Settle(lasting),
    })
}

/// What an event does to something that must last.
enum Held {
    Waits,
    Lasted,
    Broken(Reason),
}

impl Lasting {
    fn happen(&self, marks: &mut Marks<'_>, position: usize, triggered: bool, moment: &Moment) -> Held {
        let held = SlotKind::Held.at(position);
        let Some(since) = marks.find(held) else {
            if triggered && !moment.power_off {
                marks.set(held, moment.at);
            }
            return Held::Waits;
        };
        let outcome = match self {
            _ if moment.power_off && self.needs_presence() => Held::Broken(Reason::NotPresent),
            Self::Dwell { area, lasting, grace, .. } => match moment.seen.map(|cell| area.presence(cell)) {
                Some(Presence::Outside) if grace.is_zero() => Held::Broken(Reason::DwellBroken),
                Some(Presence::Outside) => return leave(marks, position, moment.at),
                Some(Presence::Inside) => {
                    marks.clear(SlotKind::Outside.at(position));
                    has_lasted(moment.at, since, *lasting)
                }
                Some(Presence::Unknown) | None => Held::Waits,
            },
            Self::Stable(_) if moment.device_changed => Held::Broken(Reason::DeviceNotStable),
            Self::Stable(lasting) if moment.device_shown || moment.seen.is_some() => {
                has_lasted(moment.at, since, *lasting)
            }
            Self::Settle(_) if triggered => {
                marks.set(held, moment.at);
                Held::Waits
            }
            Self::Settle(lasting) if moment.seen.is_some() => has_lasted(moment.at, since, *lasting),
            Self::Stable(_) | Self::Settle(_) => Held::Waits,
        };
        self.conclude(outcome, marks, position, triggered, moment)
    }

    fn conclude(
        &self,
        outcome: Held,
        marks: &mut Marks<'_>,
        position: usize,
        triggered: bool,
        moment: &Moment,
    ) -> Held {
        if matches!(outcome, Held::Waits) {
            return outcome;
        }
        marks.clear(SlotKind::Held.at(position));
        marks.clear(SlotKind::Outside.at(position));
        // The device changed again, perhaps to another that is meant.
        if triggered && !moment.power_off && matches!(self, Self::Stable(_)) {
            marks.set(SlotKind::Held.at(position), moment.at);
        }
        outcome
    }

    const fn needs_presence(&self) -> bool {
        !matches!(self, Self::Stable(_) | Self::Dwell { still_here: false, .. })
    }

    fn due(&self, live: &Live, mark: &Mark, gone: Timestamp) -> Option<Timestamp> {
        match self {
            // The excursion has its own time.
            Self::Dwell { .. } if live.find(mark.rank, SlotKind::Outside.at(mark.slot.index.into())).is_some() => None,
            Self::Dwell { lasting, evidence: Evidence::Presume, still_here: false, .. } => Some(mark.at + *lasting),
            Self::Dwell { lasting, evidence: Evidence::Presume, .. } => Some(gone.min(mark.at + *lasting)),
            Self::Dwell { evidence: Evidence::Reconfirm, .. } | Self::Settle(_) => Some(gone),
            Self::Stable(lasting) => Some(mark.at + *lasting + WINDOW),
        }
    }
}

fn leave(marks: &mut Marks<'_>, position: usize, at: Timestamp) -> Held {
    let outside = SlotKind::Outside.at(position);
    if marks.find(outside).is_none() {
        marks.set(outside, at);
    }
    Held::Waits
}

fn has_lasted(now: Timestamp, since: Timestamp, lasting: Duration) -> Held {
    if now >= since + lasting { Held::Lasted } else { Held::Waits }
}

impl Shape {
    fn new(pattern: &scenario::Pattern, bits: &mut impl FnMut(&Step) -> Bits) -> Self {
        let mut each = |steps: &[Step]| steps.iter().map(&mut *bits).collect::<Vec<_>>();
        match pattern {
            scenario::Pattern::Once(step) => Self::Once(bits(step)),
            scenario::Pattern::Sequence { steps, within } => Self::Sequence { steps: each(steps), within: *within },
            scenario::Pattern::Count { of, at_least, within, gap } => {
                Self::Count { of: bits(of), at_least: *at_least, within: *within, gap: *gap }
            }
            scenario::Pattern::Absence { after, no, lasting, still_here } => {
                let (after, no) = (bits(after), bits(no));
                Self::Absence { after, no, lasting: *lasting, still_here: *still_here }
            }
            scenario::Pattern::All { of, without, within } => {
                let of = each(of);
                Self::All { of, without: each(without), within: *within }
            }
        }
    }

    /// How long a mark of a step counts.
    const fn span(&self) -> Option<Duration> {
        match self {
            Self::Once(_) => None,
            Self::Sequence { within, .. } | Self::Count { within, .. } | Self::All { within, .. } => Some(*within),
            Self::Absence { lasting, .. } => Some(*lasting),
        }
    }

    /// Whether something has happened that must not have.
    fn is_ruled_out(&self, marks: &Marks<'_>) -> bool {
        marks.times(SlotKind::Barred).next().is_some()
    }

    /// These happenings have happened. Whatever is out of time has elapsed before. Gives what comes of it.
    fn happen(&self, marks: &mut Marks<'_>, happened: Bits, at: Timestamp) -> Option<Outcome> {
        match self {
            Self::Once(step) => COMPLETE.filter(|_| happened & step != 0),
            Self::Sequence { steps, .. } => {
                let is_complete = reach(marks, steps, happened, at);
                if is_complete {
                    marks.clear_all(SlotKind::Reached, |_| true);
                }
                COMPLETE.filter(|_| is_complete)
            }
            Self::Count { of, .. } if happened & of == 0 => None,
            Self::Count { at_least, within, gap, .. } => {
                let is_complete = count(marks, at, *within, *gap) >= usize::from(*at_least);
                if is_complete {
                    marks.clear_all(SlotKind::Counted, |_| true);
                }
                COMPLETE.filter(|_| is_complete)
            }
            Self::Absence { after, no, .. } => {
                let wait = SlotKind::Awaited.at(0);
                let is_over = happened & no != 0 && marks.take(wait);
                if happened & after != 0 && marks.find(wait).is_none() {
                    marks.set(wait, at);
                }
                withheld(Reason::SeenBeforeDeadline).filter(|_| is_over)
            }
            Self::All { of, without, .. } => {
                note(marks, SlotKind::Barred, without, happened, at);
                if !note(marks, SlotKind::Reached, of, happened, at) {
                    return None;
                }
                marks.clear_all(SlotKind::Reached, |_| true);
                if self.is_ruled_out(marks) { withheld(Reason::RuledOut) } else { COMPLETE }
            }
        }
    }
}

/// Moves each way that the happenings carry on by one step; of two ways to a step the later begun is kept, for it lives
/// longer. Tells whether the last step was reached.
fn reach(marks: &mut Marks<'_>, steps: &[Bits], happened: Bits, at: Timestamp) -> bool {
    // From the last step to the first, so that an event is one step of a way only.
    for (index, _) in steps.iter().enumerate().rev().filter(|(_, step)| happened & **step != 0) {
        let begun = match index.checked_sub(1) {
            None => Some(at),
            Some(before) => marks.find(SlotKind::Reached.at(before)),
        };
        let Some(begun) = begun else { continue };
        if index + 1 == steps.len() {
            return true;
        }
        let reached = SlotKind::Reached.at(index);
        let begun = marks.find(reached).map_or(begun, |known| known.max(begun));
        marks.set(reached, begun);
    }
    false
}

/// Counts an occurrence unless it follows too soon; tells how many there are in time.
fn count(marks: &mut Marks<'_>, at: Timestamp, within: Duration, gap: Duration) -> usize {
    let newest = marks.times(SlotKind::Counted).next_back();
    if newest.is_some_and(|(_, newest)| at.since(newest) < gap) {
        return 0;
    }
    let mut kept = [at; MAX_COUNT as usize];
    let in_time = marks.times(SlotKind::Counted).map(|(_, counted)| counted).filter(|counted| *counted + within > at);
    let before = kept.iter_mut().zip(in_time).map(|(place, counted)| *place = counted).count();
    marks.clear_all(SlotKind::Counted, |_| true);
    let all = kept.iter().take(before + 1).enumerate();
    all.for_each(|(index, counted)| marks.set(SlotKind::Counted.at(index), *counted));
    before + 1
}

/// Marks the steps that happened; tells whether one did and all are marked.
fn note(marks: &mut Marks<'_>, kind: SlotKind, steps: &[Bits], happened: Bits, at: Timestamp) -> bool {
    let mut noted = false;
    for index in (0..).zip(steps).filter(|(_, step)| happened & **step != 0).map(|(index, _)| index) {
        marks.set(kind.at(index), at);
        noted = true;
    }
    noted && marks.times(kind).count() == steps.len()
}

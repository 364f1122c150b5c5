//! What patterns mean, told in the plainest way: every way through a sequence is listed, and what is due next is looked
//! for among all that there is. No marks, no slots, nothing kept for its longer life.

use event::Timestamp;
use rules::scenario::{Evidence, Happening, Hold, Pattern, Scenario, Step, Trigger, Until, WINDOW};
use rules::{Group, Outcome, Reason};

use crate::silence::Clock;

const fn withheld(reason: Reason) -> Outcome {
    Outcome::Withheld(reason)
}

/// An event, as far as it bears on what has begun.
pub(crate) struct Tick {
    pub(crate) at: Timestamp,
    pub(crate) seen: bool,
    pub(crate) off: bool,
    pub(crate) device_shown: bool,
    pub(crate) device_changed: bool,
    /// Of each happening, in order: whether its trigger fits.
    pub(crate) fits: Vec<bool>,
    /// Of each happening: whether the subscriber is certainly inside, or outside, of the area that it enters.
    pub(crate) inside: Vec<Option<bool>>,
}

/// The first of some times of day after a moment, where there is one.
pub(crate) type NextTime<'c> = &'c dyn Fn(Timestamp) -> Option<Timestamp>;

/// What is due: when, and of those due at once the first is the least.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Due {
    pub(crate) at: Timestamp,
    what: What,
    index: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum What {
    Lasting,
    Excursion,
    Way,
    Count,
    Wait,
    Bar,
    Offer,
    Hope,
    Comparison,
}

#[derive(Clone, Copy)]
struct Begun {
    since: Timestamp,
    outside: Option<Timestamp>,
}

/// What one scenario's pattern has begun for one subscriber.
#[derive(Default)]
pub(crate) struct Naive {
    lasting: Vec<Option<Begun>>,
    /// Each way: when it began, and how many steps it has.
    ways: Vec<(Timestamp, usize)>,
    counted: Vec<Timestamp>,
    waits_since: Option<Timestamp>,
    happened: Vec<Option<Timestamp>>,
    barred: Vec<Option<Timestamp>>,
    /// Until when the offer waits, and since when its clock goes.
    waits_until: Option<(Timestamp, Timestamp)>,
    /// Since when success is hoped for, and watched for in the control group; and of which variant.
    hopes_since: Option<Timestamp>,
    compares_since: Option<Timestamp>,
    variant: u8,
}

impl Naive {
    pub(crate) fn watch(&mut self, group: Group, variant: u8, at: Timestamp) {
        self.variant = variant;
        match group {
            Group::Offered => self.hopes_since = Some(at),
            Group::Control => self.compares_since = Some(at),
        }
    }

    /// `expected` is until when the subscriber is present by a clock that always goes, since `seen`.
    pub(crate) fn due(
        &self,
        scenario: &Scenario,
        seen: Timestamp,
        expected: Timestamp,
        clock: &Clock<'_>,
    ) -> Option<Due> {
        let mut all = Vec::new();
        let by_clock = matches!(scenario.delay.as_ref().map(|delay| &delay.until), Some(Until::Clock(_)));
        let offer = |(at, begun)| if by_clock { clock.hold_back(at) } else { clock.put_off(at, begun) };
        all.extend(self.waits_until.and_then(offer).map(|at| Due { at, what: What::Offer, index: 0 }));
        if let Some(conversion) = &scenario.conversion {
            for (since, what) in [(self.hopes_since, What::Hope), (self.compares_since, What::Comparison)] {
                all.extend(since.map(|since| Due { at: since + conversion.within, what, index: 0 }));
            }
        }
        for (index, (happening, begun)) in scenario.happenings().zip(&self.lasting).enumerate() {
            let (Some(hold), Some(begun)) = (happening.hold, begun) else { continue };
            let (at, what) = match (hold, begun.outside) {
                (Hold::Dwell { grace, .. }, Some(outside)) => (outside + grace, What::Excursion),
                (Hold::Dwell { lasting, evidence: Evidence::Presume, still_here, .. }, None) => {
                    let over = begun.since + lasting;
                    (if still_here { expected.min(over) } else { over }, What::Lasting)
                }
                (Hold::Stable(lasting), _) => (begun.since + lasting + WINDOW, What::Lasting),
                _ => (expected, What::Lasting),
            };
            all.extend(clock.put_off(at, seen).map(|at| Due { at, what, index }));
        }
        match &scenario.trigger {
            Pattern::Once(_) => {}
            Pattern::Sequence { within, .. } => {
                let ways = self.ways.iter().filter(|way| self.is_latest(way));
                all.extend(ways.map(|(begun, steps)| Due { at: *begun + *within, what: What::Way, index: *steps }));
            }
            Pattern::Count { within, .. } => {
                let last = self.counted.last();
                all.extend(last.map(|last| Due { at: *last + *within, what: What::Count, index: 0 }));
            }
            Pattern::Absence { lasting, .. } => {
                let over = self.waits_since.and_then(|since| clock.put_off(since + *lasting, since));
                all.extend(over.map(|at| Due { at, what: What::Wait, index: 0 }));
            }
            Pattern::All { within, .. } => {
                let due = |times: &[Option<Timestamp>], what| -> Vec<Due> {
                    let times = times.iter().enumerate();
                    times.filter_map(|(index, at)| Some(Due { at: (*at)? + *within, what, index })).collect()
                };
                all.extend(due(&self.happened, What::Way));
                all.extend(due(&self.barred, What::Bar));
            }
        }
        all.into_iter().min()
    }

    /// Whether no other way with as many steps began later.
    fn is_latest(&self, way: &(Timestamp, usize)) -> bool {
        self.ways.iter().all(|other| other.1 != way.1 || other.0 <= way.0)
    }

    pub(crate) fn elapse(
        &mut self,
        scenario: &Scenario,
        due: Due,
        gone: Timestamp,
        next: NextTime<'_>,
    ) -> Vec<Outcome> {
        // What became of the happenings that are none of the trigger's is not told.
        let is_own = due.index < scenario.trigger.happenings().count();
        match due.what {
            What::Lasting => {
                self.lasting[due.index] = None;
                let hold = scenario.happenings().nth(due.index).unwrap().hold;
                let anyhow = matches!(hold, Some(Hold::Dwell { still_here: false, evidence: Evidence::Presume, .. }));
                let told = |reason| if is_own { vec![withheld(reason)] } else { Vec::new() };
                match hold {
                    Some(Hold::Stable(_)) => told(Reason::WindowExpired),
                    _ if gone <= due.at && !anyhow => told(Reason::NotPresent),
                    _ => {
                        let mut happened = vec![false; self.lasting.len()];
                        happened[due.index] = true;
                        self.advance(scenario, &happened, due.at, next)
                    }
                }
            }
            What::Excursion => {
                self.lasting[due.index] = None;
                if is_own { vec![withheld(Reason::DwellBroken)] } else { Vec::new() }
            }
            What::Way => {
                let within = match &scenario.trigger {
                    Pattern::Sequence { within, .. } | Pattern::All { within, .. } => *within,
                    _ => unreachable!(),
                };
                self.ways.retain(|(begun, _)| *begun + within > due.at);
                self.happened.iter_mut().for_each(|at| *at = at.filter(|at| *at + within > due.at));
                vec![withheld(Reason::WindowExpired)]
            }
            What::Count => {
                self.counted.clear();
                vec![withheld(Reason::WindowExpired)]
            }
            What::Wait => {
                self.waits_since = None;
                let must = matches!(scenario.trigger, Pattern::Absence { still_here: true, .. });
                if must && gone <= due.at {
                    return vec![withheld(Reason::NotPresent)];
                }
                self.postpone(scenario, Some(Outcome::Offer), due.at, next)
            }
            What::Bar => {
                self.barred[due.index] = None;
                Vec::new()
            }
            What::Offer => {
                self.waits_until = None;
                let must = scenario.delay.as_ref().is_some_and(|delay| delay.still_here);
                vec![match () {
                    () if self.barred.iter().any(Option::is_some) => withheld(Reason::RuledOut),
                    () if must && gone <= due.at => withheld(Reason::NotPresent),
                    () => Outcome::Offer,
                }]
            }
            What::Hope => {
                self.hopes_since = None;
                Vec::new()
            }
            What::Comparison => {
                self.compares_since = None;
                Vec::new()
            }
        }
    }

    /// What comes of a trigger's ending where the offer has to wait.
    fn postpone(
        &mut self,
        scenario: &Scenario,
        ending: Option<Outcome>,
        at: Timestamp,
        next: NextTime<'_>,
    ) -> Vec<Outcome> {
        let would_offer = matches!(ending, Some(Outcome::Offer | Outcome::Withheld(Reason::RuledOut)));
        let Some(delay) = scenario.delay.as_ref().filter(|_| would_offer) else { return ending.into_iter().collect() };
        if self.waits_until.is_some() {
            return Vec::new();
        }
        self.waits_until = match delay.until {
            Until::After(span) => Some(at + span),
            Until::Clock(_) => next(at),
        }
        .map(|until| (until, at));
        if self.waits_until.is_some() { Vec::new() } else { vec![withheld(Reason::OutsideHours)] }
    }

    pub(crate) fn happen(&mut self, scenario: &Scenario, tick: &Tick, next: NextTime<'_>) -> Vec<Outcome> {
        self.lasting.resize(tick.fits.len(), None);
        let (mut endings, mut happened) = (Vec::new(), Vec::new());
        let own = scenario.trigger.happenings().count();
        for (index, happening) in scenario.happenings().enumerate() {
            match self.lasts(index, happening, tick) {
                Ok(happens) => happened.push(happens),
                Err(reason) => {
                    endings.extend((index < own).then_some(withheld(reason)));
                    happened.push(false);
                }
            }
        }
        endings.extend(self.advance(scenario, &happened, tick.at, next));
        endings
    }

    fn advance(&mut self, scenario: &Scenario, happened: &[bool], at: Timestamp, next: NextTime<'_>) -> Vec<Outcome> {
        let mut outcomes = Vec::new();
        let (own, others) = happened.split_at(scenario.trigger.happenings().count());
        let unless = scenario.delay.as_ref().map_or(0, |delay| delay.unless.0.len());
        let (unless, success) = others.split_at(unless);
        if success.contains(&true) {
            let hopes = self.hopes_since.take().map(|_| Outcome::Converted(Group::Offered, self.variant));
            let compares = self.compares_since.take().map(|_| Outcome::Converted(Group::Control, self.variant));
            outcomes.extend(hopes.into_iter().chain(compares));
        }
        if unless.contains(&true) && self.waits_until.take().is_some() {
            outcomes.push(withheld(Reason::SeenBeforeDeadline));
        }
        let ending = self.proceed(&scenario.trigger, own, at);
        outcomes.extend(self.postpone(scenario, ending, at, next));
        outcomes
    }

    /// Whether the happening happens now; the reason where what it began has ended.
    fn lasts(&mut self, index: usize, happening: &Happening, tick: &Tick) -> Result<bool, Reason> {
        let fits = tick.fits[index];
        let Some(hold) = happening.hold else { return Ok(fits) };
        let anew = Begun { since: tick.at, outside: None };
        let Some(begun) = self.lasting[index] else {
            self.lasting[index] = (fits && !tick.off).then_some(anew);
            return Ok(false);
        };
        let is_over = |lasting| tick.at >= begun.since + lasting;
        let lasted = match hold {
            Hold::Dwell { still_here: true, .. } | Hold::Settle(_) if tick.off => {
                self.lasting[index] = None;
                return Err(Reason::NotPresent);
            }
            Hold::Dwell { lasting, grace, .. } => match tick.inside[index].filter(|_| tick.seen) {
                Some(false) if grace.is_zero() => {
                    self.lasting[index] = None;
                    return Err(Reason::DwellBroken);
                }
                Some(false) => {
                    self.lasting[index] = Some(Begun { outside: begun.outside.or(Some(tick.at)), ..begun });
                    false
                }
                Some(true) => {
                    self.lasting[index] = Some(Begun { outside: None, ..begun });
                    is_over(lasting)
                }
                None => false,
            },
            Hold::Stable(_) if tick.device_changed => {
                self.lasting[index] = fits.then_some(anew).filter(|_| !tick.off);
                return Err(Reason::DeviceNotStable);
            }
            Hold::Stable(lasting) => (tick.seen || tick.device_shown) && is_over(lasting),
            Hold::Settle(_) if fits => {
                self.lasting[index] = Some(anew);
                false
            }
            Hold::Settle(lasting) => tick.seen && is_over(lasting),
        };
        if lasted {
            self.lasting[index] = None;
        }
        Ok(lasted)
    }

    /// What comes of the trigger when these of its happenings have happened.
    fn proceed(&mut self, pattern: &Pattern, happened: &[bool], at: Timestamp) -> Option<Outcome> {
        let mut from = 0;
        let steps: Vec<bool> = pattern
            .steps()
            .map(|step: &Step| {
                let own = &happened[from..from + step.0.len()];
                from += step.0.len();
                own.contains(&true)
            })
            .collect();
        match pattern {
            Pattern::Once(_) => steps[0].then_some(Outcome::Offer),
            Pattern::Sequence { .. } => {
                let mut further = if steps[0] { vec![(at, 1)] } else { Vec::new() };
                let carried = self.ways.iter().filter(|(_, done)| steps[*done]);
                further.extend(carried.map(|(begun, done)| (*begun, done + 1)));
                let is_complete = further.iter().any(|(_, done)| *done == steps.len());
                self.ways.extend(further);
                if is_complete {
                    self.ways.clear();
                }
                is_complete.then_some(Outcome::Offer)
            }
            Pattern::Count { at_least, within, gap, .. } => {
                let too_soon = self.counted.last().is_some_and(|last| at.since(*last) < *gap);
                if !steps[0] || too_soon {
                    return None;
                }
                self.counted.retain(|counted| *counted + *within > at);
                self.counted.push(at);
                if self.counted.len() < usize::from(*at_least) {
                    return None;
                }
                self.counted.clear();
                Some(Outcome::Offer)
            }
            Pattern::Absence { .. } => {
                let ended = self.waits_since.filter(|_| steps[1]);
                if ended.is_some() {
                    self.waits_since = None;
                }
                if steps[0] && self.waits_since.is_none() {
                    self.waits_since = Some(at);
                }
                ended.map(|_| withheld(Reason::SeenBeforeDeadline))
            }
            Pattern::All { of, without, .. } => {
                self.happened.resize(of.len(), None);
                self.barred.resize(without.len(), None);
                let (wanted, barred) = steps.split_at(of.len());
                let note = |times: &mut [Option<Timestamp>], steps: &[bool]| {
                    times.iter_mut().zip(steps).filter(|(_, so)| **so).for_each(|(time, _)| *time = Some(at));
                };
                note(&mut self.happened, wanted);
                note(&mut self.barred, barred);
                if !wanted.contains(&true) || self.happened.contains(&None) {
                    return None;
                }
                self.happened.fill(None);
                let is_ruled_out = self.barred.iter().any(Option::is_some);
                Some(if is_ruled_out { withheld(Reason::RuledOut) } else { Outcome::Offer })
            }
        }
    }
}

/// The area that a happening enters.
pub(crate) fn entered(happening: &Happening) -> Option<&std::sync::Arc<rules::lists::Area>> {
    match &happening.trigger {
        Trigger::Enter(area) => Some(area),
        _ => None,
    }
}

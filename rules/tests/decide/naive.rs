//! What patterns mean, told in the plainest way: every way through a sequence is listed, and what is due next is looked
//! for among all that there is. No marks, no slots, nothing kept for its longer life.

use event::Timestamp;
use rules::Reason;
use rules::scenario::{Evidence, Happening, Hold, Pattern, Step, Trigger, WINDOW};

/// Complete, or ended for this reason.
pub(crate) type Ending = Option<Reason>;

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
}

impl Naive {
    pub(crate) fn due(&self, pattern: &Pattern, gone: Timestamp) -> Option<Due> {
        let mut all = Vec::new();
        for (index, (happening, begun)) in pattern.happenings().zip(&self.lasting).enumerate() {
            let (Some(hold), Some(begun)) = (happening.hold, begun) else { continue };
            let (at, what) = match (hold, begun.outside) {
                (Hold::Dwell { grace, .. }, Some(outside)) => (outside + grace, What::Excursion),
                (Hold::Dwell { lasting, evidence: Evidence::Presume, .. }, None) => {
                    (gone.min(begun.since + lasting), What::Lasting)
                }
                (Hold::Stable(lasting), _) => (begun.since + lasting + WINDOW, What::Lasting),
                _ => (gone, What::Lasting),
            };
            all.push(Due { at, what, index });
        }
        match pattern {
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
                all.extend(self.waits_since.map(|since| Due { at: since + *lasting, what: What::Wait, index: 0 }));
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

    pub(crate) fn elapse(&mut self, pattern: &Pattern, due: Due, gone: Timestamp) -> Vec<Ending> {
        match due.what {
            What::Lasting => {
                self.lasting[due.index] = None;
                let hold = pattern.happenings().nth(due.index).unwrap().hold;
                match hold {
                    Some(Hold::Stable(_)) => vec![Some(Reason::WindowExpired)],
                    _ if gone <= due.at => vec![Some(Reason::NotPresent)],
                    _ => {
                        let mut happened = vec![false; self.lasting.len()];
                        happened[due.index] = true;
                        self.advance(pattern, &happened, due.at)
                    }
                }
            }
            What::Excursion => {
                self.lasting[due.index] = None;
                vec![Some(Reason::DwellBroken)]
            }
            What::Way => {
                let within = match pattern {
                    Pattern::Sequence { within, .. } | Pattern::All { within, .. } => *within,
                    _ => unreachable!(),
                };
                self.ways.retain(|(begun, _)| *begun + within > due.at);
                self.happened.iter_mut().for_each(|at| *at = at.filter(|at| *at + within > due.at));
                vec![Some(Reason::WindowExpired)]
            }
            What::Count => {
                self.counted.clear();
                vec![Some(Reason::WindowExpired)]
            }
            What::Wait => {
                self.waits_since = None;
                let must = matches!(pattern, Pattern::Absence { still_here: true, .. });
                vec![(must && gone <= due.at).then_some(Reason::NotPresent)]
            }
            What::Bar => {
                self.barred[due.index] = None;
                Vec::new()
            }
        }
    }

    pub(crate) fn happen(&mut self, pattern: &Pattern, tick: &Tick) -> Vec<Ending> {
        self.lasting.resize(tick.fits.len(), None);
        let (mut endings, mut happened) = (Vec::new(), Vec::new());
        for (index, happening) in pattern.happenings().enumerate() {
            match self.lasts(index, happening, tick) {
                Ok(happens) => happened.push(happens),
                Err(reason) => {
                    endings.push(Some(reason));
                    happened.push(false);
                }
            }
        }
        endings.extend(self.advance(pattern, &happened, tick.at));
        endings
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
            Hold::Dwell { .. } | Hold::Settle(_) if tick.off => {
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

    fn advance(&mut self, pattern: &Pattern, happened: &[bool], at: Timestamp) -> Vec<Ending> {
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
            Pattern::Once(_) => steps[0].then_some(None).into_iter().collect(),
            Pattern::Sequence { .. } => {
                let mut further = if steps[0] { vec![(at, 1)] } else { Vec::new() };
                let carried = self.ways.iter().filter(|(_, done)| steps[*done]);
                further.extend(carried.map(|(begun, done)| (*begun, done + 1)));
                let is_complete = further.iter().any(|(_, done)| *done == steps.len());
                self.ways.extend(further);
                if is_complete {
                    self.ways.clear();
                }
                is_complete.then_some(None).into_iter().collect()
            }
            Pattern::Count { at_least, within, gap, .. } => {
                let too_soon = self.counted.last().is_some_and(|last| at.since(*last) < *gap);
                if !steps[0] || too_soon {
                    return Vec::new();
                }
                self.counted.retain(|counted| *counted + *within > at);
                self.counted.push(at);
                if self.counted.len() < usize::from(*at_least) {
                    return Vec::new();
                }
                self.counted.clear();
                vec![None]
            }
            Pattern::Absence { .. } => {
                let ended = self.waits_since.filter(|_| steps[1]);
                if ended.is_some() {
                    self.waits_since = None;
                }
                if steps[0] && self.waits_since.is_none() {
                    self.waits_since = Some(at);
                }
                ended.map(|_| Some(Reason::SeenBeforeDeadline)).into_iter().collect()
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
                    return Vec::new();
                }
                self.happened.fill(None);
                vec![self.barred.iter().any(Option::is_some).then_some(Reason::RuledOut)]
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

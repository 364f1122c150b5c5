//! From an event to decisions, through an index that only looks at scenarios which the event can concern, and through
//! what the subscriber's earlier events have begun.

mod course;
mod delay;
mod domains;
mod ground;
mod index;
mod interest;
mod judgement;
mod live;
mod numbers;
mod occurrence;
mod passage;
mod pattern;
mod set;
mod shared;
mod table;

use std::cell::LazyCell;

use event::{Binding, Direction, Event, Imsi, Plmn, Timestamp};

pub use self::live::{Live, MARKS_LIMIT, Mark, Slot, SlotKind};
pub use self::passage::{NO_PATTERN, Passage, PatternId};
pub use self::set::RuleSet;

use self::course::Course;
use self::occurrence::{Activity, Occurrence};
use self::pattern::Moment;
use crate::areas::Areas;
use crate::lists::Directory;
use crate::policy::{Home, Person, Reason};
use crate::profile::{Change, Profile};
use crate::scenario::Scenario;

/// Where the offer of a scenario waits for the end of quiet hours: one at a time.
const QUIETED: Slot = Slot { kind: SlotKind::Quieted, index: 0 };

/// What a decision needs to know besides the event and the profile.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// The subscriber file.
    pub directory: &'a Directory,
    /// Whether a subscriber without a number there may still get one from a look-up hook.
    pub lookup: bool,
    /// Whether the warm-up is over.
    pub warm: bool,
    /// What is known of location areas.
    pub areas: &'a Areas,
}

/// What came of one scenario that an event triggered or ended, or whose time was up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Index into [`RuleSet::scenarios`].
    pub scenario: u32,
    /// When: that of the event, or when the time was up.
    pub at: Timestamp,
    /// Since when its offer waits, where it waited for the end of quiet hours; else the same.
    pub since: Timestamp,
    /// The outcome.
    pub outcome: Outcome,
}

/// Sent, or withheld for a reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// To be offered; already counted in the profile's contacts.
    Offer,
    /// Not offered.
    Withheld(Reason),
    /// Triggered in quiet hours: the offer waits for their end, at this time, and is decided then.
    Held(Timestamp),
    /// What was hoped for after an earlier offer has happened in time; of those who were offered, by the place of the variant
    /// among the scenario's. Nothing is sent.
    Converted(Group, u8),
}

/// Whose success it is: the difference between the two is what an offer brings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Group {
    /// Of somebody who was offered it.
    Offered,
    /// Of somebody who was not, for the sake of the control group.
    Control,
}

impl Group {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Offered, Self::Control];

    /// Snake case, as in reports and JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Offered => "offered",
            Self::Control => "control",
        }
    }
}

/// Where the subscriber is at home, and what else holds for all that one event or one moment leads to.
struct Circumstances<'a> {
    imsi: Imsi,
    binding: Binding,
    at: Timestamp,
    /// Whether it is about an offer that has waited for the end of quiet hours.
    is_held: bool,
    context: Context<'a>,
}

impl RuleSet {
    /// Ends what is due by the time of the event, takes it into the profile, and appends a decision for each scenario
    /// that it triggers, highest priority first (then by name), and for each that it ends. Offers are entered in
    /// `profile.contacts`. An event without IMSI triggers nothing, nor does one of a protected person, of whom nothing is
    /// remembered either: see [`RuleSet::is_protected`].
    ///
    /// Allocates nothing but room in `decisions`, `profile.contacts` and `profile.live`.
    pub fn decide(&self, event: &Event, profile: &mut Profile, context: Context<'_>, decisions: &mut Vec<Decision>) {
        let Some(imsi) = event.imsi.filter(|imsi| !self.is_protected(*imsi, context.directory)) else { return };
        self.wake(imsi, event.at, profile, context, decisions);
        self.take(event, imsi, profile, context, decisions);
    }

    /// [`RuleSet::decide`] for the event of somebody who is not protected, and of whom nothing is due by then.
    #[inline]
    pub fn take(
        &self,
        event: &Event,
        imsi: Imsi,
        profile: &mut Profile,
        context: Context<'_>,
        decisions: &mut Vec<Decision>,
    ) {
        let has_begun = !profile.live.is_empty();
        if has_begun {
            self.credit(profile, context.areas, event.at);
        }
        profile.forget(event.at, self.remembered_micros);
        let change = profile.observe(event, context.warm);
        if self.index.interest().meets(event, &change, has_begun) || has_begun && profile.live.is_holding() {
            if !has_begun {
                // For what begins now; after a sighting there is none.
                self.credit(profile, context.areas, event.at);
            }
            self.concern(event, imsi, &change, profile, context, decisions);
        }
    }

    /// The event may trigger something, or bear on what has begun.
    #[inline(never)]
    fn concern(
        &self,
        event: &Event,
        imsi: Imsi,
        change: &Change,
        profile: &mut Profile,
        context: Context<'_>,
        decisions: &mut Vec<Decision>,
    ) {
        let serving = serving(change, profile);
        let home = Home::new(&self.policy, &serving);
        let occurrence = self.occurrence(event, imsi, change, &home);
        let before = decisions.len();
        self.happen(event, &occurrence, change, &mut profile.live, decisions);
        let circumstances = Circumstances { imsi, binding: event.binding, at: event.at, is_held: false, context };
        self.judge(&circumstances, &home, profile, decisions, before);
    }

    /// Decides about what is due for a subscriber up to `upto` without any event: in order of time, then of priority.
    /// To be called when packet time has come so far; [`RuleSet::decide`] does so itself. Costs nothing where nothing has
    /// begun.
    #[inline]
    pub fn wake(
        &self,
        imsi: Imsi,
        upto: Timestamp,
        profile: &mut Profile,
        context: Context<'_>,
        decisions: &mut Vec<Decision>,
    ) {
        if !profile.live.is_empty() {
            self.end_due(imsi, upto, profile, context, decisions);
        }
    }

    fn end_due(
        &self,
        imsi: Imsi,
        upto: Timestamp,
        profile: &mut Profile,
        context: Context<'_>,
        decisions: &mut Vec<Decision>,
    ) {
        while let Some((due, mark)) = self.next_due(profile, context.areas).filter(|(due, _)| *due <= upto) {
            let before = decisions.len();
            let gone = self.come_to(due, profile, context.areas);
            let is_held = mark.slot.kind == SlotKind::Quieted;
            let mut marks = profile.live.of(mark.rank);
            match self.pattern(mark.rank).filter(|_| !is_held) {
                Some(pattern) => {
                    let end = |at, outcome| decisions.push(ended(mark.rank, at, outcome));
                    pattern.elapse(&mut marks, &mark, due, gone, end);
                }
                None => marks.clear(mark.slot),
            }
            if is_held {
                decisions.push(Decision { since: mark.at, ..ended(mark.rank, due, Outcome::Offer) });
            }
            let serving = profile.serving();
            let home = Home::new(&self.policy, &serving);
            // Doubtful events begin nothing.
            let circumstances = Circumstances { imsi, binding: Binding::Mapped, at: due, is_held, context };
            self.judge(&circumstances, &home, profile, decisions, before);
        }
    }

    /// When [`RuleSet::wake`] may have something to decide about the subscriber, if nothing happens before: not later than
    /// that, and later than `now` where only the end of a silence can tell. Costs nothing where nothing has begun.
    #[inline]
    pub fn due(&self, profile: &Profile, areas: &Areas, now: Timestamp) -> Option<Timestamp> {
        if profile.live.is_empty() { None } else { self.next_look(profile, areas, now) }
    }

    fn next_look(&self, profile: &Profile, areas: &Areas, now: Timestamp) -> Option<Timestamp> {
        let look =
            |(_, due): (Mark, Option<Timestamp>)| due.unwrap_or_else(|| self.course(profile, areas).look_again(now));
        self.dues(profile, areas).map(look).min()
    }

    /// What a scenario sends to a subscriber, as a short message: of a pushed address the title and the address. `None`
    /// where something is not known that the text cannot do without, for which the gates have withheld it.
    pub fn text(&self, scenario: &Scenario, imsi: Imsi, profile: &Profile, context: Context<'_>) -> Option<String> {
        let person = Person::new(imsi, Binding::Mapped, None, profile, context);
        scenario.worded(&self.policy, &person)
    }

    /// Brings a subscriber over from the set before at `now`: a scenario that was not there knows what has happened by these
    /// facts, oldest first, which are only needed where [`Passage::needs_facts`]. Decides nothing, so that of such a one
    /// success is watched for only after the next offer, in either group. A first sighting before `warm_from` is a baseline.
    pub fn renew<'e>(
        &self,
        passage: &Passage,
        facts: impl IntoIterator<Item = &'e Event>,
        warm_from: Timestamp,
        now: Timestamp,
        areas: &Areas,
        profile: &mut Profile,
    ) {
        let derived = if passage.needs_facts() { self.derive(facts, warm_from, now, areas) } else { Live::default() };
        self.course(profile, areas).credit(&mut profile.live, now);
        profile.live = passage.carry(&profile.live, &derived);
    }

    /// What these facts lead to.
    fn derive<'e>(
        &self,
        facts: impl IntoIterator<Item = &'e Event>,
        warm_from: Timestamp,
        now: Timestamp,
        areas: &Areas,
    ) -> Live {
        let mut past = Profile::default();
        let mut ended = Vec::new();
        for event in facts {
            let Some(imsi) = event.imsi else { continue };
            self.elapse(&mut past, event.at, areas);
            self.course(&past, areas).credit(&mut past.live, event.at);
            let change = past.observe(event, event.at >= warm_from);
            let serving = serving(&change, &past);
            let home = Home::new(&self.policy, &serving);
            let occurrence = self.occurrence(event, imsi, &change, &home);
            self.happen(event, &occurrence, &change, &mut past.live, &mut ended);
            ended.clear();
        }
        self.elapse(&mut past, now, areas);
        self.course(&past, areas).credit(&mut past.live, now);
        past.live
    }

    fn elapse(&self, profile: &mut Profile, upto: Timestamp, areas: &Areas) {
        while let Some((due, mark)) = self.next_due(profile, areas).filter(|(due, _)| *due <= upto) {
            let gone = self.come_to(due, profile, areas);
            let mut marks = profile.live.of(mark.rank);
            match self.pattern(mark.rank) {
                Some(pattern) => pattern.elapse(&mut marks, &mark, due, gone, |_, _| {}),
                None => marks.clear(mark.slot),
            }
        }
    }

    /// The mark whose time is up first.
    fn next_due(&self, profile: &Profile, areas: &Areas) -> Option<(Timestamp, Mark)> {
        self.dues(profile, areas).filter_map(|(mark, due)| Some((due?, mark))).min()
    }

    /// When the time of each mark is up, of those that have one; without it while nobody can tell.
    fn dues<'p>(
        &'p self,
        profile: &'p Profile,
        areas: &'p Areas,
    ) -> impl Iterator<Item = (Mark, Option<Timestamp>)> + use<'p> {
        let course = LazyCell::new(move || self.course(profile, areas));
        let marks = profile.live.marks();
        marks.iter().enumerate().filter_map(move |(place, mark)| {
            let (kind, next) = (mark.slot.kind, marks.get(place + 1));
            let due = match self.pattern(mark.rank) {
                _ if kind == SlotKind::Quieted => Some(self.policy.quiet_ends(mark.at)),
                Some(pattern) if kind.is_clocked() => {
                    let due = pattern.due(&profile.live, mark, next, course.expected)?;
                    return Some((*mark, course.due(kind, due)));
                }
                Some(pattern) => pattern.due(&profile.live, mark, next, Timestamp::MAX),
                None => Some(Timestamp::MIN),
            };
            Some((*mark, Some(due?)))
        })
    }

    /// Time has come to `due`. Tells from when on the subscriber is not present.
    fn come_to(&self, due: Timestamp, profile: &mut Profile, areas: &Areas) -> Timestamp {
        let course = self.course(profile, areas);
        course.credit(&mut profile.live, due);
        course.gone()
    }

    fn credit(&self, profile: &mut Profile, areas: &Areas, now: Timestamp) {
        if areas.has_silences() {
            self.course(profile, areas).credit(&mut profile.live, now);
        }
    }

    fn course<'a>(&self, profile: &Profile, areas: &'a Areas) -> Course<'a> {
        Course::new(profile, areas, &self.policy.t3212)
    }

    /// Appends what the event ends and triggers, in order of rank; a rank stands in for the scenario.
    fn happen(
        &self,
        event: &Event,
        occurrence: &Occurrence<'_>,
        change: &Change,
        live: &mut Live,
        decisions: &mut Vec<Decision>,
    ) {
        // The triggers that fit stand before what comes of them until that is known.
        let first = decisions.len();
        self.index.triggered(occurrence, |trigger| decisions.push(ended(trigger, event.at, Outcome::Offer)));
        let Some(triggered) = decisions.get_mut(first..) else { return };
        triggered.sort_unstable_by_key(|decision| decision.scenario);
        let last = decisions.len();
        let is_evidence = event.binding != Binding::Suspect;
        if first == last && (live.is_empty() || !is_evidence) {
            return;
        }
        let moment = Moment::new(event, change);
        let (mut next, mut from) = (first, 0);
        loop {
            let happening = decisions.get(next).filter(|_| next < last).and_then(|hit| self.happening(hit.scenario));
            let begun = live.next_rank(from).filter(|_| is_evidence);
            let Some(rank) = happening.map(|(rank, _)| rank).into_iter().chain(begun).min() else { break };
            let mut triggered = 0;
            while let Some((_, bit)) = decisions
                .get(next)
                .filter(|_| next < last)
                .and_then(|hit| self.happening(hit.scenario))
                .filter(|(of, _)| *of == rank)
            {
                triggered |= bit;
                next += 1;
            }
            match self.pattern(rank) {
                None if triggered != 0 => decisions.push(ended(rank, event.at, Outcome::Offer)),
                Some(pattern) if is_evidence => {
                    let end = |at, outcome| decisions.push(ended(rank, at, outcome));
                    pattern.happen(&mut live.of(rank), triggered, &moment, end);
                }
                _ => {}
            }
            from = rank + 1;
        }
        decisions.drain(first..last);
    }

    /// The event in the words of triggers. What we have sent ourselves comes back, and is nothing that the subscriber did.
    fn occurrence<'e>(&self, event: &'e Event, imsi: Imsi, change: &'e Change, home: &Home<'_>) -> Occurrence<'e> {
        let home = Some(home).filter(|_| self.index.interest().is_in_roaming());
        let mut occurrence = Occurrence::new(event, imsi, change, home);
        if let Activity::Sms { direction: Direction::In, number: Some(sender) } = occurrence.activity
            && self.sends_from(sender)
        {
            occurrence.activity = Activity::None;
        }
        occurrence
    }
}

impl Moment {
    fn new(event: &Event, change: &Change) -> Self {
        Self {
            at: event.at,
            seen: change.seen.then(|| change.after.cell()),
            power_off: change.power_off,
            device_shown: change.device_shown,
            device_changed: change.device_before.is_some(),
        }
    }
}

/// The network of the place where the subscriber is.
fn serving(change: &Change, profile: &Profile) -> Option<Plmn> {
    change.after.cell().plmn.or(profile.lai.map(|lai| lai.plmn))
}

const fn ended(rank: u32, at: Timestamp, outcome: Outcome) -> Decision {
    Decision { scenario: rank, at, since: at, outcome }
}

#[cfg(test)]
mod tests;

//! The definitions, applied to the list of all events so far: no index, no profile, no pruning.

mod calendar;
mod gates;
mod history;
mod moment;

use std::collections::BTreeMap;
use std::time::Duration;

use event::{Binding, CellId, Event, Imsi, Interface, Kind, Timestamp};
use rules::scenario::{Pattern, Scenario};
use rules::{Group, Outcome, Reason, RuleSet};

use crate::draw::{OF_ANOTHER, Person, World};
use crate::naive::Naive;
use calendar::{next_time, quiet_ends};
use history::History;
use moment::Moment;

/// How late an event may come and still find all offers that its caps count.
const LATE: Duration = Duration::from_secs(3600);

pub(crate) struct Oracle<'w> {
    world: &'w World,
    past: Vec<Event>,
    offers: Vec<(Event, &'w Scenario)>,
    /// Since when an offer waits for the end of quiet hours, by person and scenario.
    held: BTreeMap<(Imsi, usize), Timestamp>,
    /// How many events there were when a person was last forgotten.
    forgotten: BTreeMap<Imsi, usize>,
    /// The scenarios in order of their decisions.
    scenarios: Vec<&'w Scenario>,
    /// By person and scenario.
    begun: BTreeMap<(Imsi, usize), Naive>,
}

/// When, which scenario, and what came of it.
pub(crate) type Judgement<'w> = (Timestamp, &'w str, Outcome);

impl<'w> Oracle<'w> {
    pub(crate) fn new(world: &'w World) -> Self {
        let scenarios = in_order(&world.rules);
        Self {
            world,
            past: Vec::new(),
            offers: Vec::new(),
            held: BTreeMap::new(),
            forgotten: BTreeMap::new(),
            scenarios,
            begun: BTreeMap::new(),
        }
    }

    /// What the event triggers and ends, in order, after what was due before it.
    pub(crate) fn judge(&mut self, event: &Event) -> Vec<Judgement<'w>> {
        let mut decisions = Vec::new();
        let protected = self.world.rules.policy().protected.as_ref();
        let is_protected = |person: &&Person| protected.is_some_and(|list| self.world.is_on(list, person));
        if self.world.people.iter().filter(|person| Some(person.imsi) == event.imsi).any(|person| is_protected(&person))
        {
            return decisions;
        }
        if let Some(person) = self.world.people.iter().find(|person| Some(person.imsi) == event.imsi) {
            decisions = self.wake(person, event.at);
            self.forget(person.imsi, event.at);
            let moment = self.moment(event);
            for (index, scenario) in self.scenarios.clone().into_iter().enumerate() {
                for ending in self.endings(index, scenario, &moment) {
                    decisions.push(self.decide(index, scenario, person, &moment, ending, false));
                }
            }
        }
        self.past.push(*event);
        decisions
    }

    /// Nothing is known any more of somebody of whom all is older than people are remembered.
    fn forget(&mut self, imsi: Imsi, now: Timestamp) {
        let history = self.history(imsi);
        let model = history.devices.last().map(|(_, device)| device.tac());
        let same = history.devices.iter().rev().take_while(|(_, device)| Some(device.tac()) == model);
        let shown_since = same.last().map(|(since, _)| *since);
        let offered = self.offers_to(imsi).map(|(offer, _)| offer.at).max();
        let seen = history.sightings.last().map(|sighting| sighting.at);
        let newest = seen.max(shown_since).max(offered);
        if newest.is_some_and(|newest| newest + self.world.rules.policy().remembered < now) {
            self.forgotten.insert(imsi, self.past.len());
            self.offers.retain(|(offer, _)| offer.imsi != Some(imsi));
        }
    }

    fn longest_cap(&self) -> Option<Duration> {
        let own = self.scenarios.iter().filter_map(|scenario| scenario.limits.per_subscriber);
        own.chain(self.world.rules.policy().caps.iter().map(|cap| cap.cap)).map(|cap| cap.per).max()
    }

    fn offers_to(&self, imsi: Imsi) -> impl Iterator<Item = &(Event, &'w Scenario)> {
        self.offers.iter().filter(move |(offer, _)| offer.imsi == Some(imsi))
    }

    /// From now on these rules hold: of a scenario that stays what has begun goes on, of another one that begins which the
    /// events so far would have begun, one after the other.
    pub(crate) fn reload(&mut self, after: &'w RuleSet, now: Timestamp) {
        let before = std::mem::replace(&mut self.scenarios, in_order(after));
        let (mut begun, mut held) = (std::mem::take(&mut self.begun), std::mem::take(&mut self.held));
        for (index, scenario) in self.scenarios.clone().into_iter().enumerate() {
            let is_other = scenario.conversion.as_ref().is_some_and(|conversion| conversion.within == OF_ANOTHER);
            let same = before.iter().position(|earlier| !is_other && earlier.name == scenario.name);
            for person in &self.world.people {
                let (old, new) = (same.map(|same| (person.imsi, same)), (person.imsi, index));
                match old {
                    Some(old) => {
                        self.begun.extend(begun.remove(&old).map(|begun| (new, begun)));
                        self.held.extend(held.remove(&old).map(|since| (new, since)));
                    }
                    None => _ = self.begun.insert(new, self.derived(scenario, person.imsi, now)),
                }
            }
        }
    }

    /// What a scenario would have begun by then, had it been there from the first event on.
    fn derived(&self, scenario: &Scenario, imsi: Imsi, now: Timestamp) -> Naive {
        let (mut naive, mut history) = (Naive::default(), History::default());
        if is_plain(scenario) {
            return naive;
        }
        let next = |at| next_time(self.world, scenario, at);
        let elapse = |naive: &mut Naive, history: &History, upto| {
            let clock = history.clock(self.world);
            let (seen, expected) = history.expected(self.world);
            while let Some(due) = naive.due(scenario, seen, expected, &clock).filter(|due| due.at <= upto) {
                naive.elapse(scenario, due, clock.put_off(expected, seen).unwrap_or(Timestamp::MAX), &next);
            }
        };
        for event in self.past.iter().filter(|past| past.imsi == Some(imsi)) {
            elapse(&mut naive, &history, event.at);
            if event.binding != Binding::Suspect {
                let moment = Moment { world: self.world, event, history: history.clone() };
                let fits = scenario.happenings().map(|happening| moment.triggers(&happening.trigger)).collect();
                naive.happen(scenario, &moment.tick(scenario, fits), &next);
                history.add(event);
            }
        }
        elapse(&mut naive, &history, now);
        naive
    }

    /// What is due by then, though nothing happens.
    pub(crate) fn wake(&mut self, person: &Person, upto: Timestamp) -> Vec<Judgement<'w>> {
        let mut decisions = Vec::new();
        loop {
            let history = self.history(person.imsi);
            let clock = history.clock(self.world);
            let (seen, expected) = history.expected(self.world);
            let due = |(index, scenario): (usize, &&'w Scenario)| {
                let begun = self.begun.get(&(person.imsi, index))?;
                Some((begun.due(scenario, seen, expected, &clock)?, index))
            };
            // Of those due at once the first in order, whatever it is.
            let first = self.scenarios.iter().enumerate().filter_map(due).min_by_key(|(due, index)| (due.at, *index));
            // What waits for the end of quiet hours comes last of what its scenario has due.
            let held = self.held.iter().filter(|((imsi, _), _)| *imsi == person.imsi);
            let held = held.map(|((_, index), since)| (quiet_ends(self.world, *since), *index)).min();
            if let Some((at, index)) = held.filter(|(at, _)| *at <= upto)
                && first.is_none_or(|(due, other)| (at, index) < (due.at, other))
            {
                self.held.remove(&(person.imsi, index));
                let nothing = Event { at, imsi: Some(person.imsi), ..NOTHING };
                let moment = Moment { world: self.world, event: &nothing, history: self.history(person.imsi) };
                let scenario = self.scenarios[index];
                decisions.push(self.decide(index, scenario, person, &moment, Outcome::Offer, true));
                continue;
            }
            let Some((due, index)) = first.filter(|(due, _)| due.at <= upto) else { return decisions };
            let gone = clock.put_off(expected, seen).unwrap_or(Timestamp::MAX);
            let scenario = self.scenarios[index];
            let begun = self.begun.get_mut(&(person.imsi, index)).unwrap();
            let nothing = Event { at: due.at, imsi: Some(person.imsi), ..NOTHING };
            let next = |at| next_time(self.world, scenario, at);
            for ending in begun.elapse(scenario, due, gone, &next) {
                let moment = Moment { world: self.world, event: &nothing, history: self.history(person.imsi) };
                decisions.push(self.decide(index, scenario, person, &moment, ending, false));
            }
        }
    }

    /// What comes of one scenario at the event.
    fn endings(&mut self, index: usize, scenario: &Scenario, moment: &Moment<'_>) -> Vec<Outcome> {
        let fits: Vec<bool> = scenario.happenings().map(|happening| moment.triggers(&happening.trigger)).collect();
        if is_plain(scenario) {
            return fits.contains(&true).then_some(Outcome::Offer).into_iter().collect();
        }
        if moment.event.binding == Binding::Suspect {
            return Vec::new();
        }
        let tick = moment.tick(scenario, fits);
        let next = |at| next_time(self.world, scenario, at);
        self.begun.entry((moment.event.imsi.unwrap(), index)).or_default().happen(scenario, &tick, &next)
    }

    fn decide(
        &mut self,
        index: usize,
        scenario: &'w Scenario,
        person: &Person,
        moment: &Moment<'_>,
        ending: Outcome,
        is_held: bool,
    ) -> Judgement<'w> {
        // What no cap counts any more is not known to rules that come later.
        let since = moment.event.at - self.longest_cap().unwrap_or_default() - LATE;
        self.offers.retain(|(offer, _)| offer.imsi != Some(person.imsi) || offer.at > since);
        let refusal = self.refusal(scenario, person, moment, is_held).filter(|_| ending == Outcome::Offer);
        let at = moment.event.at;
        let ends = quiet_ends(self.world, at);
        let may_wait = self.world.rules.policy().holds && ends <= at + scenario.limits.expires;
        if refusal == Some(Reason::QuietHours) && may_wait && !self.held.contains_key(&(person.imsi, index)) {
            self.held.insert((person.imsi, index), at);
            return (at, &*scenario.name, Outcome::Held(ends));
        }
        let outcome = refusal.map_or(ending, Outcome::Withheld);
        let group = match outcome {
            Outcome::Offer => {
                // Where nothing is capped nobody counts.
                if self.longest_cap().is_some() {
                    self.offers.push((*moment.event, scenario));
                }
                Some(Group::Offered)
            }
            Outcome::Withheld(Reason::ControlGroup) => Some(Group::Control),
            _ => None,
        };
        if let Some(group) = group.filter(|_| scenario.conversion.is_some()) {
            let variant = scenario.variants.iter().position(|variant| variant.share > 0).unwrap_or(0);
            self.begun.entry((person.imsi, index)).or_default().watch(group, variant as u8, moment.event.at);
        }
        (moment.event.at, &*scenario.name, outcome)
    }

    fn history(&self, imsi: Imsi) -> History {
        let mut history = History::default();
        let from = self.forgotten.get(&imsi).copied().unwrap_or_default();
        let earlier =
            self.past.iter().skip(from).filter(|past| past.imsi == Some(imsi) && past.binding != Binding::Suspect);
        earlier.for_each(|past| history.add(past));
        history
    }

    fn moment<'m>(&self, event: &'m Event) -> Moment<'m>
    where
        'w: 'm,
    {
        Moment { world: self.world, event, history: self.history(event.imsi.unwrap()) }
    }
}

/// The scenarios in order of their decisions.
fn in_order(rules: &RuleSet) -> Vec<&Scenario> {
    let mut scenarios: Vec<&Scenario> = rules.scenarios().iter().collect();
    scenarios.sort_by(|a, b| b.priority.cmp(&a.priority).then(a.name.cmp(&b.name)));
    scenarios
}

/// Whether each event alone decides, so that nothing need be remembered.
fn is_plain(scenario: &Scenario) -> bool {
    let Pattern::Once(step) = &scenario.trigger else { return false };
    let at_once = scenario.delay.is_none() && scenario.conversion.is_none();
    at_once && step.0.iter().all(|happening| happening.hold.is_none())
}

/// Stands in for an event where only time has passed: it proves nothing and triggers nothing.
const NOTHING: Event = Event {
    at: Timestamp::MIN,
    frame: 0,
    feed: 0,
    interface: Interface::A,
    imsi: None,
    binding: Binding::Mapped,
    tmsi: None,
    imei: None,
    cell: CellId::UNKNOWN,
    after_reset: false,
    kind: Kind::ServiceRejected { cause: 0 },
};

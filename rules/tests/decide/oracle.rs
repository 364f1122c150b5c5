//! The definitions, applied to the list of all events so far: no index, no profile, no pruning.

use std::collections::BTreeMap;
use std::time::Duration;

use event::{
    AreaFactKind, Binding, CellId, Direction, Event, ForwardingOperation, Imei, Imsi, Interface, Kind, Lai, Number,
    Plmn, ReportTimer, Timestamp, UpdateType,
};
use rules::scenario::{
    Attempt, CallPhase, Cap, ContactCap, Holidays, Message, NumberPattern, Origin, Pattern, Purpose, Scenario, Scope,
    Send, Text, Trigger, Unit, Until,
};
use rules::{Group, Outcome, Reason, RuleSet};

use crate::draw::{OF_ANOTHER, Person, World};
use crate::naive::{Naive, Tick, entered};
use crate::silence::{Clock, Seen};

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

    fn refusal(&self, scenario: &Scenario, person: &Person, moment: &Moment<'_>, is_held: bool) -> Option<Reason> {
        let policy = self.world.rules.policy();
        let at = moment.event.at;
        let marketing = scenario.purpose != Purpose::Service;
        let listed = |list: &std::sync::Arc<rules::lists::SubscriberList>| self.world.is_on(list, person);
        // The zone is eight hours ahead of UTC all year; 1 January 1970 was a Thursday.
        let local = at.as_micros().div_euclid(1_000_000) + 8 * 3600;
        let (day, second) = (local.div_euclid(86_400), local.rem_euclid(86_400));
        let seconds = |time: jiff::civil::Time| i64::from(time.hour()) * 3600;
        let within = |(from, to): (i64, i64), second: i64| (from <= second) && (second < to);
        let on = |day: i64| is_on(self.world, scenario, day);
        let opens = |from: jiff::civil::Time, to: jiff::civil::Time, day_of_span: i64| {
            let length = (seconds(to) - seconds(from)).rem_euclid(86_400);
            let begin = day_of_span * 86_400 + seconds(from);
            within((begin, begin + length), day * 86_400 + second)
        };
        let in_hours = match scenario.schedule.hours.is_empty() {
            true => on(day),
            false => scenario
                .schedule
                .hours
                .iter()
                .any(|(from, to)| [day - 1, day].into_iter().any(|begun| opens(*from, *to, begun) && on(begun))),
        };
        let valid = scenario.schedule.validity.is_none_or(|(first, last)| number(first) <= day && day <= number(last));
        let received = |per, counts: &dyn Fn(&Scenario) -> bool| -> Vec<&Scenario> {
            let mine = self.offers_to(person.imsi);
            mine.filter(|(offer, by)| offer.at > at - per && counts(by)).map(|(_, by)| *by).collect()
        };
        let reached =
            |cap: &Cap, counts: &dyn Fn(&Scenario) -> bool| received(cap.per, counts).len() >= cap.count as usize;
        let capped = |scope: Scope, counts: &dyn Fn(&Scenario) -> bool| {
            let own = policy.caps.iter().filter(|cap| cap.scope == scope);
            let counts = |by: &Scenario| by.purpose != Purpose::Service && counts(by);
            let exceeds = |cap: &ContactCap| match cap.unit {
                Unit::Offers => reached(&cap.cap, &counts),
                Unit::Parts => {
                    let parts = received(cap.cap.per, &counts).into_iter().map(|by| parts(by, person)).sum::<usize>();
                    parts + crate::oracle::parts(scenario, person) > cap.cap.count as usize
                }
            };
            marketing && own.into_iter().any(exceeds)
        };
        let kind = send_of(scenario).message.kind();
        let in_segment = |segment: &std::sync::Arc<rules::scenario::Audience>| {
            segment.target.as_ref().is_none_or(listed)
                && !segment.exclude.iter().any(listed)
                && segment.tags.iter().all(|(_, values)| values.iter().any(|value| value == person.brand))
        };
        let segments = &scenario.audience.segments;
        let checks = [
            (Reason::SuspectIdentity, moment.event.binding == Binding::Suspect),
            (Reason::OutsideValidity, !valid),
            (Reason::OutsideHours, !in_hours && !is_held),
            (
                Reason::Machine,
                !scenario.audience.machines
                    && policy.machines.iter().any(|prefix| {
                        let digits = prefix.digits() as usize;
                        person.imsi.to_string()[..digits] == format!("{:0digits$}", prefix.value())
                    }),
            ),
            (Reason::NotInTarget, scenario.audience.target.as_ref().is_some_and(|list| !listed(list))),
            (Reason::Excluded, scenario.audience.exclude.iter().any(listed)),
            (
                Reason::NotInAudience,
                !scenario.audience.tags.is_empty() && person.brand != "gotone"
                    || !scenario.audience.origins.is_empty() && moment.home_of(person.imsi) != Some(Origin::Home)
                    || scenario.audience.device.as_ref().is_some_and(|list| {
                        moment.device_now().is_none_or(|device| list.tacs().all(|tac| tac != device.tac()))
                    }),
            ),
            (Reason::NotInSegment, !segments.is_empty() && !segments.iter().any(in_segment)),
            (Reason::NotInSample, scenario.audience.sample == Some(0)),
            (Reason::DoNotDisturb, marketing && policy.do_not_disturb.as_ref().is_some_and(listed)),
            (
                Reason::NoConsent,
                marketing && policy.opt_in.contains(&scenario.purpose) && !person.consent.contains(&scenario.purpose),
            ),
            (Reason::ControlGroup, marketing && (policy.universal_control > 0 || scenario.limits.control > 0)),
            (
                Reason::AfterEmergency,
                marketing && moment.called_for_help().is_some_and(|called| at < called + policy.after_emergency),
            ),
            (Reason::QuietHours, marketing && !is_held && policy.quiet.is_some() && quiet_ends(self.world, at) > at),
            (
                Reason::PerUserCap,
                scenario.limits.per_subscriber.as_ref().is_some_and(|cap| reached(cap, &|by| by.name == scenario.name)),
            ),
            (Reason::CampaignCap, capped(Scope::Campaign, &|by| by.campaign == scenario.campaign)),
            (Reason::GlobalCap, capped(Scope::All, &|_| true)),
            (Reason::ChannelCap, capped(Scope::Kind(kind), &|by| send_of(by).message.kind() == kind)),
            (Reason::ValueUnknown, words_of(scenario, person).values().next().is_some() && person.brand.is_empty()),
            (Reason::Trial, policy.trial.as_ref().is_some_and(|list| !listed(list))),
            (Reason::NoAddress, person.msisdn.is_none() && !self.world.lookup),
        ];
        checks.into_iter().find(|(_, refuses)| *refuses).map(|(reason, _)| reason)
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

/// What everybody is sent, or those of the variant that has all of them.
fn send_of(scenario: &Scenario) -> &Send {
    let variant = scenario.variants.iter().find(|variant| variant.share > 0);
    variant.map_or(&scenario.send, |variant| &variant.send)
}

/// The text in the language of the person: in these cases that is the brand.
fn words_of<'s>(scenario: &'s Scenario, person: &Person) -> &'s Text {
    let send = send_of(scenario);
    let own = send.languages.iter().find(|(language, _)| language.to_lowercase() == person.brand);
    match (own, &send.message) {
        (Some((_, text)), _) => text,
        (None, Message::Sms(text) | Message::WapPush { title: text, .. }) => text,
    }
}

/// How many short messages the offer takes. Long texts are of 71 characters that GSM 7 bit does not have.
fn parts(scenario: &Scenario, person: &Person) -> usize {
    if words_of(scenario, person).longest(|_| 0) > 70 { 2 } else { 1 }
}

/// When the quiet hours of this moment end, looked for minute by minute; the moment itself where it is in none.
fn quiet_ends(world: &World, at: Timestamp) -> Timestamp {
    let Some((from, to)) = world.rules.policy().quiet else { return at };
    let is_quiet = |at: Timestamp| {
        let minute = (at.as_micros().div_euclid(60_000_000) + 8 * 60).rem_euclid(1440);
        let (from, to) = (i64::from(from.hour()) * 60, i64::from(to.hour()) * 60);
        if from < to { (from..to).contains(&minute) } else { minute >= from || minute < to }
    };
    let minute = |later: i64| Timestamp::from_micros((at.as_micros().div_euclid(60_000_000) + later) * 60_000_000);
    if is_quiet(at) { (1..).map(minute).find(|at| !is_quiet(*at)).unwrap() } else { at }
}

/// Days since 1 January 1970.
fn number(date: jiff::civil::Date) -> i64 {
    i64::from((date - jiff::civil::date(1970, 1, 1)).get_days())
}

/// Whether a day, counted from 1 January 1970, is one of the scenario's.
fn is_on(world: &World, scenario: &Scenario, day: i64) -> bool {
    let schedule = &scenario.schedule;
    let weekday = (day + 3).rem_euclid(7) as i8;
    let among = |days: &[(jiff::civil::Date, jiff::civil::Date)]| {
        days.iter().any(|(first, last)| number(*first) <= day && day <= number(*last))
    };
    let calendar = &world.rules.policy().calendar;
    let (off, made_up_for) = (among(&calendar.off), among(&calendar.working));
    let works = made_up_for || weekday < 5 && !off;
    let any_day = schedule.weekdays.is_empty() && !schedule.working_days;
    let named = schedule.weekdays.iter().any(|named| named.to_monday_zero_offset() == weekday);
    let holiday = off && !made_up_for;
    (any_day || named || schedule.working_days && works)
        && match schedule.holidays {
            None => true,
            Some(Holidays::Only) => holiday,
            Some(Holidays::Except) => !holiday,
        }
}

/// The first of the scenario's times of day after this, at most 48 hours later: looked for minute by minute.
fn next_time(world: &World, scenario: &Scenario, at: Timestamp) -> Option<Timestamp> {
    let Some(Until::Clock(times)) = scenario.delay.as_ref().map(|delay| &delay.until) else { return None };
    let minute = at.as_micros().div_euclid(60_000_000);
    (minute..=minute + 48 * 60).map(|minute| Timestamp::from_micros(minute * 60_000_000)).find(|time| {
        let local = time.as_micros() / 60_000_000 + 8 * 60;
        let (day, of_day) = (local.div_euclid(1440), local.rem_euclid(1440));
        let is_time = times.iter().any(|time| i64::from(time.hour()) * 60 + i64::from(time.minute()) == of_day);
        is_time && *time > at && *time <= at + rules::scenario::WINDOW && is_on(world, scenario, day)
    })
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

/// What the events so far say about one subscriber.
#[derive(Clone, Default)]
struct History {
    sightings: Vec<Event>,
    /// Devices shown, with the time.
    devices: Vec<(Timestamp, Imei)>,
}

impl History {
    fn add(&mut self, event: &Event) {
        let device = self.device(event);
        if self.is_sighting(event) {
            self.sightings.push(*event);
        }
        self.devices.extend(device.map(|device| (event.at, device)));
    }

    fn is_sighting(&self, event: &Event) -> bool {
        let is_newest = self.sightings.iter().all(|sighting| sighting.at <= event.at);
        let proves = match event.kind {
            Kind::ImeiSeen => false,
            kind if attempt(&kind).is_some() => false,
            Kind::CallSetup { emergency: true, .. } => !self.sightings.is_empty(),
            _ => true,
        };
        proves && is_newest
    }

    fn device(&self, event: &Event) -> Option<Imei> {
        let refused = attempt(&event.kind).is_some();
        let model = self.devices.last().map(|(_, device)| device.tac());
        let since = self.devices.iter().rev().take_while(|(_, device)| Some(device.tac()) == model).last();
        let is_newest = self.sightings.iter().all(|sighting| sighting.at <= event.at)
            && since.is_none_or(|(since, _)| *since <= event.at);
        event.imei.filter(|imei| !refused && is_newest && imei.device() != 0)
    }

    fn place(&self) -> CellId {
        self.sightings.iter().fold(CellId::UNKNOWN, |place, sighting| complete(place, sighting.cell))
    }

    /// The last sighting, and until when the subscriber is present after it by a clock that always goes.
    fn expected(&self, world: &World) -> (Timestamp, Timestamp) {
        let Some(last) = self.sightings.last() else { return (Timestamp::MIN, Timestamp::MIN) };
        let Seen { report, .. } = self.seen(world);
        (last.at, if self.detached() { last.at } else { last.at + report * 11 / 10 })
    }

    /// When and where the subscriber was seen last, and how often phones report themselves there.
    fn seen(&self, world: &World) -> Seen {
        let at = self.sightings.last().unwrap().at;
        let updates = self.sightings.iter().filter(|past| registration(&past.kind).is_some());
        let updated = updates.filter_map(|past| past.cell.lai()).next_back();
        let (plmn, lac) = (updated.map(|lai| lai.plmn), updated.map(|lai| lai.lac));
        let place = self.place();
        let place = CellId { plmn: place.plmn.or(plmn), lac: place.lac.or(lac), ci: None };
        let t3212 = &world.rules.policy().t3212;
        let special = t3212.by_lac.iter().find(|(known, _)| Some(*known) == place.lac).map(|(_, period)| *period);
        let observed = |wanted| {
            let told = world.facts.iter().filter(|fact| Some(fact.area) == place.lai() && fact.at <= at);
            let mut told = told.filter_map(|fact| match fact.kind {
                AreaFactKind::Reports { timer, every } => Some(every).filter(|_| timer == wanted),
                _ => None,
            });
            told.next_back()
        };
        let observed = observed(ReportTimer::T3212).max(observed(ReportTimer::T3312));
        Seen { at, area: place.lai(), report: special.or(observed).unwrap_or(t3212.usual) }
    }

    fn clock<'w>(&self, world: &'w World) -> Clock<'w> {
        let mut earlier = Self::default();
        let mut clock = Clock { facts: &world.facts, seen: Vec::new() };
        if !world.facts.is_empty() {
            for sighting in &self.sightings {
                earlier.sightings.push(*sighting);
                clock.seen.push(earlier.seen(world));
            }
        }
        clock
    }

    fn detached(&self) -> bool {
        self.sightings.last().is_some_and(|sighting| is_switched_off(&sighting.kind))
    }
}

fn is_switched_off(kind: &Kind) -> bool {
    matches!(kind, Kind::ImsiDetach | Kind::GprsDetach { power_off: true })
}

/// The old location area of an accepted registration, be it for calls or for data.
fn registration(kind: &Kind) -> Option<Option<Lai>> {
    match kind {
        Kind::LocationUpdate { old, .. } => Some(*old),
        Kind::GprsAttach { old, .. } | Kind::RoutingAreaUpdate { old, .. } => Some(old.map(|old| old.lai)),
        _ => None,
    }
}

/// How an accepted update counts in the circuit-switched world.
fn updating(kind: &Kind) -> Option<UpdateType> {
    use event::RoutingAreaUpdateType as R;
    match kind {
        Kind::LocationUpdate { update, .. } => Some(*update),
        Kind::RoutingAreaUpdate { update: R::Normal | R::Combined, .. } => Some(UpdateType::Normal),
        Kind::RoutingAreaUpdate { update: R::CombinedImsiAttach, .. } => Some(UpdateType::ImsiAttach),
        Kind::RoutingAreaUpdate { update: R::Periodic, .. } => Some(UpdateType::Periodic),
        Kind::RoutingAreaUpdate { update: R::Reserved, .. } => Some(UpdateType::Reserved),
        _ => None,
    }
}

/// What was refused.
fn attempt(kind: &Kind) -> Option<Attempt> {
    match kind {
        Kind::LocationUpdateRejected { .. } => Some(Attempt::LocationUpdate),
        Kind::ServiceRejected { .. } => Some(Attempt::Service),
        Kind::GprsAttachRejected { .. } | Kind::RoutingAreaUpdateRejected { .. } => Some(Attempt::Data),
        _ => None,
    }
}

/// Where somebody is who was at `place` and is now seen in `seen`.
fn complete(place: CellId, seen: CellId) -> CellId {
    match (seen.lac, place.lac) {
        (None, _) => place,
        (Some(now), Some(before)) if now == before => {
            let moved = matches!((seen.plmn, place.plmn), (Some(now), Some(before)) if now != before);
            if moved { seen } else { seen.or(place) }
        }
        _ => seen,
    }
}

/// An event, and what came before it.
struct Moment<'m> {
    world: &'m World,
    event: &'m Event,
    history: History,
}

impl Moment<'_> {
    fn triggers(&self, trigger: &Trigger) -> bool {
        let sighting = self.history.is_sighting(self.event);
        // Whoever registers after a restart was there and on before.
        let tells_of_coming = matches!(
            trigger,
            Trigger::Enter(_)
                | Trigger::Leave(_)
                | Trigger::CellChange
                | Trigger::PowerOn
                | Trigger::RoamIn(_)
                | Trigger::RoamBack(_)
        );
        if self.event.after_reset && tells_of_coming {
            return false;
        }
        match (trigger, &self.event.kind) {
            (Trigger::Enter(area), _) => sighting && self.enters(self.rows(area)),
            (Trigger::Leave(area), _) => sighting && self.leaves(self.rows(area)),
            (Trigger::Inside(area), _) => {
                let here = complete(self.history.place(), self.event.cell);
                sighting && here.lac.is_some() && certainly_inside(self.rows(area), here)
            }
            (Trigger::PowerOn, Kind::LocationUpdate { update, .. }) => {
                sighting
                    && match update {
                        UpdateType::ImsiAttach => true,
                        UpdateType::Periodic => false,
                        UpdateType::Normal | UpdateType::Reserved => self.history.detached(),
                    }
            }
            (Trigger::PowerOn, Kind::GprsAttach { .. }) => sighting && self.history.detached(),
            (Trigger::PowerOff, kind) => sighting && is_switched_off(kind),
            (Trigger::Seen, _) => sighting,
            (Trigger::CellChange, _) => {
                let (before, after) = (self.history.place(), complete(self.history.place(), self.event.cell));
                let before = self.before().unwrap_or(before);
                let other = |known: bool, same: bool| known && !same;
                sighting
                    && self.moves()
                    && (other(before.plmn.is_some() && after.plmn.is_some(), before.plmn == after.plmn)
                        || other(before.lac.is_some() && after.lac.is_some(), before.lac == after.lac)
                        || other(before.ci.is_some() && after.ci.is_some(), before.ci == after.ci))
            }
            (Trigger::LocationUpdate(wanted), kind) => {
                updating(kind).is_some_and(|update| wanted.is_none_or(|wanted| wanted == update))
            }
            (Trigger::UpdateIn(area), kind) => {
                let cell = self.event.cell;
                updating(kind).is_some() && cell.lac.is_some() && certainly_inside(self.rows(area), cell)
            }
            (Trigger::DataAttach, Kind::GprsAttach { .. }) | (Trigger::DataDetach, Kind::GprsDetach { .. }) => true,
            (Trigger::Pdp { activated, access_points }, kind) => {
                let (is_activation, name) = match kind {
                    Kind::PdpActivated { access_point } => (true, access_point),
                    Kind::PdpDeactivated { access_point } => (false, access_point),
                    _ => return false,
                };
                let bare = |name: &str| name.split(".mnc").next().unwrap().to_owned();
                let name = name.map(|name| bare(name.as_str()));
                let named = access_points.iter().any(|wanted| name.as_deref() == Some(&bare(wanted.as_str())));
                is_activation == *activated && (access_points.is_empty() || named)
            }
            (Trigger::Web(hosts), Kind::WebVisit { host }) => {
                let below = |domain: &str| format!(".{host}").ends_with(&format!(".{domain}"));
                hosts.is_empty() || hosts.iter().any(|domain| below(domain.as_str()))
            }
            (Trigger::Refused(attempts), kind) => {
                attempt(kind).is_some_and(|attempt| attempts.is_empty() || attempts.contains(&attempt))
            }
            (Trigger::DeviceChange { to, from }, _) => {
                let before = self.history.devices.last().map(|(_, device)| *device);
                match (before, self.history.device(self.event)) {
                    (Some(before), Some(now)) if before.tac() != now.tac() => {
                        to.as_ref().is_none_or(|list| list.tacs().any(|tac| tac == now.tac()))
                            && from.as_ref().is_none_or(|list| list.tacs().any(|tac| tac == before.tac()))
                    }
                    _ => false,
                }
            }
            (Trigger::Device(list), Kind::ImeiSeen) => {
                self.event.imei.is_some_and(|imei| list.tacs().any(|tac| tac == imei.tac()))
            }
            (Trigger::RoamIn(origins), kind) => {
                let arrived = registration(kind).and_then(|old| self.arrives(old));
                arrived.is_some_and(|origin| origins.is_empty() || origins.contains(&origin))
            }
            (Trigger::RoamBack(origins), kind) => {
                let returned = registration(kind).and_then(|old| self.returns(old));
                returned.is_some_and(|origin| origins.is_empty() || origins.contains(&origin))
            }
            (Trigger::Call { phase, direction, numbers, length, causes }, kind) => match call(kind) {
                Some((now, whose, number)) => {
                    let lasted = match kind {
                        Kind::CallEnded { answered, .. } => answered.length(),
                        _ => None,
                    };
                    let long_enough = length.is_none_or(|range| {
                        lasted
                            .is_some_and(|lasted| lasted >= range.least && range.most.is_none_or(|most| lasted <= most))
                    });
                    let given = match kind {
                        Kind::CallEnded { cause, .. } => *cause,
                        _ => None,
                    };
                    long_enough
                        && (causes.is_empty() || causes.iter().any(|wanted| given == Some(*wanted)))
                        && now == *phase
                        && direction.is_none_or(|direction| direction == whose)
                        && if numbers.is_empty() { is_somebody(whose, number) } else { fits(numbers, number) }
                }
                None => false,
            },
            (Trigger::Sms { direction, numbers }, Kind::Sms { direction: whose, peer }) => {
                let ours = *whose == Direction::In && peer.is_some() && {
                    let senders = &self.world.rules.policy().senders;
                    !senders.is_empty() && fits(senders, *peer)
                };
                !ours
                    && direction.is_none_or(|direction| direction == *whose)
                    && (numbers.is_empty() || fits(numbers, *peer))
            }
            (Trigger::Ussd(codes), Kind::Ussd { code }) => codes.is_empty() || fits(codes, Some(*code)),
            (Trigger::CallForwarding, Kind::CallForwarding(forwarding)) => {
                matches!(forwarding.operation, ForwardingOperation::Register | ForwardingOperation::Activate)
            }
            _ => false,
        }
    }

    /// The device that is known once the event has been taken in.
    fn device_now(&self) -> Option<Imei> {
        let shown = self.history.device(self.event).filter(|_| self.event.binding != Binding::Suspect);
        shown.or(self.history.devices.last().map(|(_, device)| *device))
    }

    /// The last call for help of somebody who was known.
    fn called_for_help(&self) -> Option<Timestamp> {
        let certain = self.event.binding != Binding::Suspect && self.history.is_sighting(self.event);
        let all = self.history.sightings.iter().chain(certain.then_some(self.event));
        let calls = all.filter(|event| match event.kind {
            Kind::CallSetup { emergency: true, .. } => true,
            Kind::CallSetup { direction: Direction::Out, number: Some(number), .. } => {
                !is_somebody(Direction::Out, Some(number))
            }
            _ => false,
        });
        calls.map(|call| call.at).next_back()
    }

    fn tick(&self, scenario: &Scenario, fits: Vec<bool>) -> Tick {
        let seen = self.history.is_sighting(self.event);
        let after = complete(self.history.place(), self.event.cell);
        let inside = |area| {
            let rows = self.rows(area);
            let is_inside = certainly_inside(rows, after);
            let known = after.lac.is_some() && (is_inside || certainly_outside(rows, after));
            known.then_some(is_inside)
        };
        let before = self.history.devices.last().map(|(_, device)| device.tac());
        let shown = self.history.device(self.event).map(|device| device.tac());
        Tick {
            at: self.event.at,
            seen,
            off: seen && is_switched_off(&self.event.kind),
            device_shown: shown.is_some(),
            device_changed: before.is_some() && shown.is_some() && before != shown,
            fits,
            inside: scenario.happenings().map(|happening| entered(happening).and_then(inside)).collect(),
        }
    }

    fn rows(&self, area: &std::sync::Arc<rules::lists::Area>) -> &[CellId] {
        let known = self.world.areas.iter().find(|(known, _)| std::sync::Arc::ptr_eq(known, area));
        known.map(|(_, rows)| rows.as_slice()).unwrap()
    }

    /// The place before; in the warm-up, of somebody never placed, the old location area.
    fn before(&self) -> Option<CellId> {
        let place = self.history.place();
        let old = registration(&self.event.kind).flatten().filter(|lai| !matches!(lai.lac, 0 | 0xfffe));
        let proven =
            old.filter(|_| !self.world.warm).map(|lai| CellId { plmn: Some(lai.plmn), lac: Some(lai.lac), ci: None });
        if place.lac.is_some() { Some(place) } else { proven }
    }

    /// Whether the place is another one than before, or was not known before.
    fn moves(&self) -> bool {
        let after = complete(self.history.place(), self.event.cell);
        match self.before() {
            Some(before) if self.history.place().lac.is_some() => before != after,
            // In the warm-up the old location area stands in, where the event proves another one.
            Some(before) => before.lai() != after.lai(),
            None => self.world.warm && after != self.history.place(),
        }
    }

    fn enters(&self, rows: &[CellId]) -> bool {
        let after = complete(self.history.place(), self.event.cell);
        let from_outside = self.before().map_or(self.world.warm, |before| certainly_outside(rows, before));
        from_outside && after.lac.is_some() && certainly_inside(rows, after)
    }

    fn leaves(&self, rows: &[CellId]) -> bool {
        let after = complete(self.history.place(), self.event.cell);
        let was_inside = self.before().is_some_and(|before| certainly_inside(rows, before));
        was_inside && after.lac.is_some() && certainly_outside(rows, after)
    }

    fn homes(&self) -> Vec<Plmn> {
        let named = &self.world.rules.policy().home;
        let sighting = self.history.is_sighting(self.event);
        let place = self.history.place();
        let place = if sighting { complete(place, self.event.cell) } else { place };
        let updates = self.history.sightings.iter().filter(|past| registration(&past.kind).is_some());
        let updated = updates.filter_map(|past| past.cell.lai()).next_back().map(|lai| lai.plmn);
        let now = registration(&self.event.kind).is_some() && sighting;
        let now = self.event.cell.lai().map(|lai| lai.plmn).filter(|_| now && self.event.binding != Binding::Suspect);
        if named.is_empty() { place.plmn.or(now).or(updated).into_iter().collect() } else { named.clone() }
    }

    fn home_of(&self, imsi: Imsi) -> Option<Origin> {
        let text = imsi.to_string();
        self.class(|home| text.starts_with(&home.to_string().replace('-', "")), &text[..3])
    }

    fn class(&self, is_home: impl Fn(&Plmn) -> bool, country: &str) -> Option<Origin> {
        let homes = self.homes();
        if homes.is_empty() {
            None
        } else if homes.iter().any(is_home) {
            Some(Origin::Home)
        } else if homes.iter().any(|home| home.to_string().starts_with(country)) {
            Some(Origin::OtherNetwork)
        } else {
            Some(Origin::International)
        }
    }

    /// Where the old location area lies, if outside our network.
    fn outside(&self, old: Option<Lai>) -> Option<Origin> {
        let plmn = old.filter(|lai| !matches!(lai.lac, 0 | 0xfffe))?.plmn;
        let country = plmn.to_string();
        self.class(|home| *home == plmn, &country[..3]).filter(|origin| *origin != Origin::Home)
    }

    fn arrives(&self, old: Option<Lai>) -> Option<Origin> {
        let home = self.home_of(self.event.imsi?).filter(|origin| *origin != Origin::Home)?;
        let deleted = old.is_some_and(|lai| matches!(lai.lac, 0 | 0xfffe));
        let unknown = self.world.warm && self.history.sightings.is_empty();
        (self.outside(old).is_some() || deleted || unknown).then_some(home)
    }

    fn returns(&self, old: Option<Lai>) -> Option<Origin> {
        let home = self.home_of(self.event.imsi?);
        if home == Some(Origin::Home) { self.outside(old) } else { None }
    }
}

/// Every cell that a partly known one can be, among those that rows speak of and one of which none speaks.
fn possible(cell: CellId) -> Vec<CellId> {
    let plmns: Vec<Plmn> = ["46000", "46001", "99999"].map(|plmn| plmn.parse().unwrap()).to_vec();
    let mut cells = Vec::new();
    for plmn in cell.plmn.map_or(plmns, |plmn| vec![plmn]) {
        for lac in cell.lac.map_or(vec![1, 2, 3, 99], |lac| vec![lac]) {
            for ci in cell.ci.map_or(vec![1, 2, 3, 99], |ci| vec![ci]) {
                cells.push(CellId { plmn: Some(plmn), lac: Some(lac), ci: Some(ci) });
            }
        }
    }
    cells
}

fn is_inside(rows: &[CellId], cell: CellId) -> bool {
    rows.iter().any(|row| {
        (row.plmn.is_none() || row.plmn == cell.plmn) && row.lac == cell.lac && (row.ci.is_none() || row.ci == cell.ci)
    })
}

fn certainly_inside(rows: &[CellId], cell: CellId) -> bool {
    possible(cell).into_iter().all(|cell| is_inside(rows, cell))
}

fn certainly_outside(rows: &[CellId], cell: CellId) -> bool {
    !possible(cell).into_iter().any(|cell| is_inside(rows, cell))
}

fn call(kind: &Kind) -> Option<(CallPhase, Direction, Option<Number>)> {
    match *kind {
        Kind::CallSetup { direction, number, emergency: false } => Some((CallPhase::Setup, direction, number)),
        Kind::CallAnswered { direction, number } => Some((CallPhase::Answered, direction, number)),
        Kind::CallEnded { direction, number, left_view: false, .. } => Some((CallPhase::Ended, direction, number)),
        _ => None,
    }
}

fn is_somebody(direction: Direction, number: Option<Number>) -> bool {
    match number.map(|number| number.to_string()) {
        None => direction == Direction::In,
        Some(number) => !["110", "112", "119", "120", "122"].contains(&number.as_str()),
    }
}

/// A number as text, ours without country code, others with 00.
fn plain(number: &Number) -> String {
    let text = number.to_string();
    match text.strip_prefix("+86").or_else(|| text.strip_prefix("0086")) {
        Some(ours) => ours.to_owned(),
        None => text.replace('+', "00"),
    }
}

fn fits(patterns: &[NumberPattern], number: Option<Number>) -> bool {
    let Some(number) = number.as_ref().map(plain) else { return false };
    // Digits without + or 00 may be an international number's as well.
    let forms = [number.clone(), number.strip_prefix("00").unwrap_or(&number).to_owned()];
    patterns.iter().any(|pattern| match pattern {
        NumberPattern::Exactly(wanted) => forms.contains(&plain(wanted)),
        NumberPattern::Prefix(prefix) => forms.iter().any(|form| form.starts_with(&plain(prefix))),
    })
}

//! What of a shard is in memory, as the engine has it: a record for each subscriber, timers, a compiled rule set. Events in,
//! offers counted.

use std::collections::BTreeSet;
use std::convert::Infallible;

use event::{Event, Imsi, Timestamp};
use rules::{Areas, Context, Decision, Directory, Outcome, Profile, Roster, RuleSet, in_turn};

use crate::fact;
use crate::stream::{self, Record, kind};

/// One subscriber.
#[derive(Debug, Default)]
struct Person {
    profile: Profile,
    /// For when the timer is set.
    armed: Option<Timestamp>,
}

/// What of a shard is in memory.
pub(crate) struct Shard<'r> {
    rules: &'r RuleSet,
    directory: Directory,
    people: Roster<Person>,
    timers: BTreeSet<(Timestamp, Imsi)>,
    events: Vec<Event>,
    decisions: Vec<Decision>,
    /// By scenario.
    pub(crate) offers: Vec<u64>,
}

impl<'r> Shard<'r> {
    pub(crate) fn new(rules: &'r RuleSet) -> Self {
        Self {
            rules,
            directory: Directory::default(),
            people: Roster::default(),
            timers: BTreeSet::new(),
            events: Vec::new(),
            decisions: Vec::new(),
            offers: vec![0; rules.scenarios().len()],
        }
    }

    /// In the stream a device is another one already when it is first told of; so each subscriber has shown one before.
    pub(crate) fn meet_everybody(&mut self) {
        for subscriber in 0..stream::SUBSCRIBERS {
            let record =
                Record { imsi: stream::FIRST_IMSI + subscriber, kind: kind::OTHER_DEVICE, ..Record::default() };
            self.event(&fact::event(&record, 0), false);
        }
    }

    /// Takes records of which the first is the `first` of the stream.
    pub(crate) fn take(&mut self, batch: &[Record], first: u64) {
        let mut events = std::mem::take(&mut self.events);
        events.clear();
        events.extend(batch.iter().zip(first..).map(|(record, index)| fact::event(record, index)));
        for [now, next, then] in in_turn(&events) {
            self.people.fetch(next.iter().filter_map(|event| event.imsi), then.iter().filter_map(|event| event.imsi));
            now.iter().for_each(|event| self.event(event, true));
        }
        self.events = events;
        if let Some(last) = batch.last() {
            self.wake(fact::at(last));
        }
    }

    fn event(&mut self, event: &Event, warm: bool) {
        let Some(imsi) = event.imsi else { return };
        let context = Context { directory: &self.directory, lookup: true, warm, areas: Areas::none() };
        let Ok(person) = self.people.find_or_make(imsi, || Ok::<_, Infallible>(Person::default()));
        self.rules.decide(event, &mut person.profile, context, &mut self.decisions);
        set_timer(self.rules, &mut self.timers, imsi, person);
        self.tell();
    }

    /// Decides what is due though nothing happened.
    fn wake(&mut self, upto: Timestamp) {
        while let Some((_, imsi)) = self.timers.first().filter(|(due, _)| *due <= upto).copied() {
            let context = Context { directory: &self.directory, lookup: true, warm: true, areas: Areas::none() };
            let Some(person) = self.people.find(imsi) else { return };
            self.rules.wake(imsi, upto, &mut person.profile, context, &mut self.decisions);
            set_timer(self.rules, &mut self.timers, imsi, person);
            self.tell();
        }
    }

    fn tell(&mut self) {
        for decision in self.decisions.drain(..).filter(|decision| decision.outcome == Outcome::Offer) {
            self.offers.iter_mut().skip(decision.scenario as usize).take(1).for_each(|offers| *offers += 1);
        }
    }
}

fn set_timer(rules: &RuleSet, timers: &mut BTreeSet<(Timestamp, Imsi)>, imsi: Imsi, person: &mut Person) {
    let due = rules.due(&person.profile, Areas::none(), Timestamp::MIN);
    if due != person.armed {
        person.armed.map(|before| timers.remove(&(before, imsi)));
        timers.extend(due.map(|due| (due, imsi)));
        person.armed = due;
    }
}

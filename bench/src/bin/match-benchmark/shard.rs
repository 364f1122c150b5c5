//! What of a shard is in memory, as the engine has it: a record for each subscriber, timers, a compiled rule set. Events in,
//! offers counted.

use std::collections::BTreeSet;
use std::convert::Infallible;

use event::{Event, Imsi, Timestamp};
use rules::{Areas, Context, Decision, Directory, Outcome, Place, Places, Profile, Roster, RuleSet, in_turn};

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
    areas: &'static Areas,
    people: Roster<Person>,
    timers: BTreeSet<(Timestamp, Imsi)>,
    decisions: Vec<Decision>,
    /// By scenario.
    pub(crate) offers: Vec<u64>,
}

impl<'r> Shard<'r> {
    pub(crate) fn new(rules: &'r RuleSet) -> Self {
        Self {
            rules,
            directory: Directory::default(),
            areas: Areas::none(),
            people: Roster::default(),
            timers: BTreeSet::new(),
            decisions: Vec::new(),
            offers: vec![0; rules.scenarios().len()],
        }
    }

    /// In the stream a device is another one already when it is first told of; so each subscriber has shown one just before.
    pub(crate) fn meet_everybody(&mut self) {
        let shown = |subscriber| Record {
            imsi: stream::FIRST_IMSI + subscriber,
            at_ms: stream::BEGIN_MS,
            kind: kind::OTHER_DEVICE,
            ..Record::default()
        };
        let mut batch = Vec::with_capacity(stream::AT_ONCE);
        for first in (0..stream::SUBSCRIBERS).step_by(stream::AT_ONCE) {
            let last = stream::SUBSCRIBERS.min(first + stream::AT_ONCE as u64);
            batch.clear();
            batch.extend((first..last).map(shown));
            self.work(&batch, std::iter::repeat(0), false);
        }
    }

    /// Takes records of which the first is the `first` of the stream.
    pub(crate) fn take(&mut self, batch: &[Record], first: u64) {
        self.work(batch, first.., true);
        if let Some(last) = batch.last() {
            self.wake(fact::at(last));
        }
    }

    fn work(&mut self, batch: &[Record], mut indices: impl Iterator<Item = u64>, warm: bool) {
        let mut places = Places::default();
        for [now, next, then] in in_turn(batch) {
            let here = places.pass(self.people.fetch(imsis(next), imsis(then)));
            for ((record, place), index) in now.iter().zip(here).zip(&mut indices) {
                self.event(&fact::event(record, index), place, warm);
            }
        }
    }

    fn event(&mut self, event: &Event, likely: Place, warm: bool) {
        let Some(imsi) = event.imsi else { return };
        let context = Context { directory: &self.directory, lookup: true, warm, areas: self.areas };
        let Ok(person) = self.people.find_or_make(imsi, likely, || Ok::<_, Infallible>(Person::default()));
        self.rules.decide(event, &mut person.profile, context, &mut self.decisions);
        set_timer(self.rules, &mut self.timers, imsi, person);
        self.tell();
    }

    /// Decides what is due though nothing happened.
    fn wake(&mut self, upto: Timestamp) {
        while let Some((_, imsi)) = self.timers.first().filter(|(due, _)| *due <= upto).copied() {
            let context = Context { directory: &self.directory, lookup: true, warm: true, areas: self.areas };
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

/// Every record of the stream has one.
fn imsis(batch: &[Record]) -> impl Iterator<Item = Imsi> {
    batch.iter().filter_map(|record| fact::imsi(record.imsi))
}

fn set_timer(rules: &RuleSet, timers: &mut BTreeSet<(Timestamp, Imsi)>, imsi: Imsi, person: &mut Person) {
    let due = rules.due(&person.profile, Areas::none(), Timestamp::MIN);
    if due != person.armed {
        let armed = std::mem::replace(&mut person.armed, due);
        change_timer(timers, imsi, armed, due);
    }
}

#[inline(never)]
fn change_timer(
    timers: &mut BTreeSet<(Timestamp, Imsi)>,
    imsi: Imsi,
    before: Option<Timestamp>,
    now: Option<Timestamp>,
) {
    before.map(|before| timers.remove(&(before, imsi)));
    timers.extend(now.map(|now| (now, imsi)));
}
